package registrar

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/registrar/signin"
	"mandate/cmd/mandate/registrar/signin/signintest"
)

const boothPage = "https://votes.example.org/booth/card"

// withProvider gives the scene's registrar an identity provider.
func (s *scene) withProvider(change func(*signin.Config)) *signintest.Provider {
	s.t.Helper()
	op := signintest.New(s.t)
	path := filepath.Join(s.t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(op.Secret), 0o600); err != nil {
		s.t.Fatal(err)
	}
	c := signin.Config{Issuer: op.URL, ClientID: op.ClientID, ClientSecretFile: path, Name: "the portal"}
	if change != nil {
		change(&c)
	}
	var err error
	if s.r.provider, err = signin.New(c, nil); err != nil {
		s.t.Fatal(err)
	}
	s.r.jar = signin.NewJar(nil) // the provider has the clock of the machine
	s.r.options.SignIn, s.r.options.Link = c, boothPage
	return op
}

// A member's browser.
type visitor struct {
	t    testing.TB
	http *http.Client
	at   string // where it is, if that is not a page of the registrar
	code int
	page string
	head http.Header
}

func newVisitor(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t}
	v.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "votes.example.org" {
			v.at = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return v
}

func (v *visitor) took(resp *http.Response, err error) *visitor {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.code, v.page, v.head = resp.StatusCode, string(b), resp.Header
	return v
}

func (v *visitor) get(address string) *visitor {
	v.t.Helper()
	v.at = ""
	return v.took(v.http.Get(address))
}

func (v *visitor) post(address string, f url.Values) *visitor {
	v.t.Helper()
	v.at = ""
	return v.took(v.http.PostForm(address, f))
}

func (v *visitor) want(status int, texts ...string) {
	v.t.Helper()
	if v.code != status || v.at != "" {
		v.t.Errorf("status %d at %q, want %d:\n%s", v.code, v.at, status, v.page)
	}
	for _, s := range texts {
		if !strings.Contains(v.page, s) {
			v.t.Errorf("the page does not say %q:\n%s", s, v.page)
		}
	}
}

// landed returns the code with which the member has come to the booth.
func (s *scene) landed(v *visitor) issuing.Code {
	s.t.Helper()
	if !strings.HasPrefix(v.at, boothPage+"?lang=en#round="+s.round.ID.String()+"&code=") {
		s.t.Fatalf("the member is at %q:\n%d %s", v.at, v.code, v.page)
	}
	_, text, _ := strings.Cut(v.at, "&code=")
	return s.code(text)
}

func (s *scene) signInAddress() string {
	return s.server.URL + "/signin?lang=en&round=" + s.round.ID.String()
}

func (s *scene) emailOf(entry int) string { return s.round.Roll.Member(entry).Email }

// A member signs in, is given a code in place of the earlier one, and with it the card: once.
func TestF17_SigningInIsACodeAndNeverASecondCard(t *testing.T) {
	s := newScene(t, 4, 1)
	op := s.withProvider(nil)
	op.As(map[string]any{"email": strings.ToUpper(s.emailOf(2)), "email_verified": true})
	member := newVisitor(t)
	code := s.landed(member.get(s.signInAddress()))
	if code == s.codes[2] {
		t.Error("the code is the earlier one")
	}
	req := s.requests(credential.NewSecret())
	_, err := s.ask(s.codes[2], req)
	wantRefusal(t, err, issuing.CodeCode) // the mailed one is void
	a, err := s.ask(code, req)
	if err != nil {
		t.Fatal(err)
	}
	s.open(2, req, a)

	// Again, from another browser: the same request is answered, another is not.
	code = s.landed(newVisitor(t).get(s.signInAddress()))
	again, err := s.ask(code, req)
	if err != nil || string(again.Signatures) != string(a.Signatures) {
		t.Errorf("the same request is not answered the same: %v", err)
	}
	_, err = s.ask(code, s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)

	// By the member number.
	op = s.withProvider(func(c *signin.Config) { c.Claim = "member_number" })
	op.As(map[string]any{"member_number": s.round.Roll.Member(1).Number})
	code = s.landed(newVisitor(t).get(s.signInAddress()))
	entry, err := s.client.Entry(t.Context(), s.server.URL, &issuing.EntryRequest{Round: s.round.ID, Code: code})
	if err != nil || entry.Index != 1 {
		t.Errorf("the code is not for entry 1: %v", err)
	}
}

func TestSignInsThatAreRefusedSayWhatToDo(t *testing.T) {
	s := newScene(t, 4, 1)
	op := s.withProvider(nil)
	for name, c := range map[string]struct {
		change func(op *signintest.Provider)
		status int
		says   string
	}{
		"nobody":     {func(op *signintest.Provider) { op.Claims["email"] = "stranger@example.net" }, 403, "Your account is not on the roll"},
		"unverified": {func(op *signintest.Provider) { op.Claims["email_verified"] = false }, 403, "not confirmed"},
		"claim":      {func(op *signintest.Provider) { delete(op.Claims, "email") }, 403, "Your account says too little"},
		"declined":   {func(op *signintest.Provider) { op.Back = func(v url.Values) { v.Set("error", "access_denied") } }, 403, "You were not signed in"},
		"none":       {func(op *signintest.Provider) { op.Sign = signintest.None }, 403, "could not be used"},
	} {
		op.Do(func(op *signintest.Provider) {
			op.Claims, op.Sign, op.Back = map[string]any{"email": s.emailOf(0), "email_verified": true}, nil, nil
			c.change(op)
		})
		v := newVisitor(t).get(s.signInAddress())
		t.Run(name, func(t *testing.T) {
			v.t = t
			v.want(c.status, c.says)
			if !strings.Contains(v.head.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("a page without a policy")
			}
		})
	}
	spanish := newVisitor(t)
	op.Do(func(op *signintest.Provider) {
		op.Claims, op.Sign, op.Back = map[string]any{"email": "s@example.net", "email_verified": true}, nil, nil
	})
	spanish.get(s.server.URL+"/signin?lang=es&round="+s.round.ID.String()).want(403, "Su cuenta no está en el padrón")
	op.As(map[string]any{"email": s.emailOf(0), "email_verified": true})

	newVisitor(t).get(s.server.URL+"/signin/callback?lang=en").want(403, "Begin again")
	newVisitor(t).get(s.server.URL+"/signin?lang=en&round="+strings.Repeat("0", 64)).want(404, "not a round of this registrar")
	newVisitor(t).get(s.server.URL+"/signin?lang=en&round=%3Cscript%3E").want(404, "not a round of this registrar")

	// Two entries with one address, and one that was taken off.
	if err := s.round.Roll.SetEmail(1, strings.ToUpper(s.emailOf(0))); err != nil {
		t.Fatal(err)
	}
	s.addRoll()
	s.step()
	newVisitor(t).get(s.signInAddress()).want(403, "stands for several members")
	op.As(map[string]any{"email": s.emailOf(3), "email_verified": true})
	s.board.Do(func(org *simulate.Org) {
		org.Post(org.Officer(s.round.Manifest.Roll, &record.RollRemoval{By: 1, Entries: []uint64{3}, Removed: true, Reason: "membership lapsed in May"}))
	})
	s.step()
	newVisitor(t).get(s.signInAddress()).want(403, "taken your entry off the roll: membership lapsed in May")

	// Without a provider.
	s.r.provider = nil
	newVisitor(t).get(s.signInAddress()).want(404, "There is no signing in here")
	if got := s.log.String(); strings.Contains(got, "@") || strings.Contains(got, "Wilhelmina") || strings.Contains(got, "M-77") {
		t.Errorf("the log says who: %s", got)
	}
}

// Somebody else's sign-in, finished in a member's browser, is refused; and so is a member's own, twice.
func TestF6_SomebodyElsesSignInIsRefused(t *testing.T) {
	s := newScene(t, 2, 1)
	op := s.withProvider(nil)
	op.As(map[string]any{"email": s.emailOf(0), "email_verified": true})
	attacker := newVisitor(t)
	planted := ""
	follow := attacker.http.CheckRedirect
	attacker.http.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, callbackPath) {
			planted = r.URL.String()
			return http.ErrUseLastResponse
		}
		return follow(r, via)
	}
	attacker.get(s.signInAddress())
	if planted == "" {
		t.Fatal("the attacker was not sent back")
	}
	victim := newVisitor(t)
	victim.get(planted).want(403, "do not use it")
	op.As(map[string]any{"email": s.emailOf(1), "email_verified": true})
	victim.get(s.signInAddress())
	s.landed(victim)
	victim.get(planted).want(403, "do not use it") // beside a sign-in of their own
	attacker.get(planted)
	attacker.http.CheckRedirect = follow
	attacker.get(planted).want(403, "Begin again")
}

func TestVisitsAreLimited(t *testing.T) {
	s := newScene(t, 2, 1)
	v := newVisitor(t)
	for range visitsAtOnce {
		v.get(s.server.URL + "/code?lang=en")
	}
	v.want(200)
	v.get(s.server.URL+"/code?lang=en").want(429, "Too many visits")
	v.get(s.signInAddress()).want(404) // which asks nobody
	s.withProvider(nil)
	v.get(s.signInAddress()).want(429, "Too many visits")
	s.clock.advance(time.Minute)
	v.get(s.server.URL + "/code?lang=en").want(200)
}

// post is where codes that were asked for arrive.
type post struct {
	mu   sync.Mutex
	sent []*Dispatch
	err  error
}

func (p *post) send(_ context.Context, d *Dispatch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, d)
	return p.err
}

func (p *post) all() []*Dispatch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

// settle waits until nothing that was asked for is under way.
func (s *scene) settle() {
	s.r.errands.wg.Wait()
}

// A code that is asked for is sent to the member's address and nowhere else, makes the earlier one void, and is never a second card. The page says
// the same to everybody.
func TestF17_ACodeThatIsAskedForIsNeverASecondCard(t *testing.T) {
	s := newScene(t, 4, 1)
	v := newVisitor(t)
	page := s.server.URL + "/code?lang=en&round=" + s.round.ID.String()
	s.r.options.Contact = "help@example.org, 555 0100"
	v.get(page).want(200, "Ask the people who run it", "help@example.org, 555 0100")
	p := new(post)
	s.r.options.Send = p.send
	v.get(page).want(200, "Member number or e-mail address", `name="round" value="`+s.round.ID.String())
	secret, _ := s.collect(2)

	f := url.Values{"round": {s.round.ID.String()}}
	var pages []string
	for _, who := range []string{s.emailOf(2), "stranger@example.net", "M-000", s.round.Roll.Member(1).Number + " "} {
		f.Set("who", who)
		v.post(page, f).want(200, "Look at your e-mail")
		pages = append(pages, v.page)
		s.settle()
	}
	for i := range pages {
		if pages[i] != pages[0] {
			t.Error("the page shows who is on the roll")
		}
	}
	f.Set("who", "")
	v.post(page, f).want(422, "Type your member number")
	if len(p.all()) != 2 {
		t.Fatalf("%d codes were sent, want those of two members", len(p.all()))
	}
	first := string(p.all()[0].List)
	if strings.Count(first, "\r\n") != 2 || !strings.Contains(first, s.emailOf(2)) || p.all()[0].Language != "en" || p.all()[0].Registrar != 1 {
		t.Errorf("what is sent: %q", first)
	}
	old := s.codes[2]
	s.codes[2] = s.code(strings.Split(strings.Split(first, "\r\n")[1], ",")[4])
	_, err := s.ask(old, s.requests(secret))
	wantRefusal(t, err, issuing.CodeCode)
	if _, err := s.ask(s.codes[2], s.requests(secret)); err != nil {
		t.Errorf("the card that there is: %v", err)
	}
	_, err = s.ask(s.codes[2], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)

	// Three times, then once an hour, whatever address the question comes from.
	f.Set("who", s.emailOf(2))
	for range 5 {
		v.post(page, f).want(200)
		s.settle()
	}
	if got := len(p.all()); got != 4 {
		t.Errorf("%d codes were sent, want 3 to one and 1 to another", got)
	}
	s.clock.advance(time.Hour)
	p.err = errors.New("no such luck")
	v.post(page, f).want(200)
	s.settle()
	if got := len(p.all()); got != 5 {
		t.Errorf("%d codes were sent after an hour, want 5", got)
	}
	if got := s.log.String(); strings.Contains(got, "@") || strings.Contains(got, "M-77") || strings.Contains(got, "Wilhelmina") {
		t.Errorf("the log says who: %s", got)
	}
}

func TestNobodyOffTheRollIsSentACode(t *testing.T) {
	s := newScene(t, 2, 1)
	p := new(post)
	s.r.options.Send = p.send
	s.board.Do(func(org *simulate.Org) {
		org.Post(org.Officer(s.round.Manifest.Roll, &record.RollRemoval{By: 1, Entries: []uint64{1}, Removed: true, Reason: "lapsed"}))
	})
	s.step()
	newVisitor(t).post(s.server.URL+"/code?lang=en", url.Values{"round": {s.round.ID.String()}, "who": {s.emailOf(1)}}).want(200, "Look at your e-mail")
	s.settle()
	if len(p.all()) != 0 {
		t.Error("a code was sent to a member who is off the roll")
	}
}

// What a browser sends along when it only gets a page is not read: neither memory nor disk is filled by it.
func TestJ3_BodiesOfPagesAreNotRead(t *testing.T) {
	s := newScene(t, 2, 1)
	s.withProvider(nil)
	for _, path := range []string{"/code", "/signin", "/signin/callback"} {
		body := &counted{Reader: io.MultiReader(
			strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"), strings.NewReader(strings.Repeat("x", 1<<20)), strings.NewReader("\r\n--b--\r\n"))}
		req := httptest.NewRequest(http.MethodGet, path, body)
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		s.r.Handler().ServeHTTP(httptest.NewRecorder(), req)
		if body.n > 0 {
			t.Errorf("%s: %d bytes were read", path, body.n)
		}
	}
}

type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// Only ASCII letters lose their capitals: whoever has an address of a domain that is written like another is not the other.
func TestF6_AddressesThatLookAlikeAreSeveral(t *testing.T) {
	if folded("Ana.Ruiz@Example.ORG") != folded("ana.ruiz@example.org") {
		t.Error("capitals matter")
	}
	for _, other := range []string{"ana@g\u0130thub.example", "ana@g\u0131thub.example"} {
		if folded(other) == folded("ana@github.example") {
			t.Errorf("%q is taken for another", other)
		}
	}
}
