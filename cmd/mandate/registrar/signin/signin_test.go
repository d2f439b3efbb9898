package signin

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/cmd/mandate/registrar/signin/signintest"
)

const back = "http://127.0.0.1:1/signin/callback"

func secretFile(t testing.TB, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("# from the provider\n"+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func provider(t testing.TB, op *signintest.Provider, change func(*Config), clock func() time.Time) *Provider {
	t.Helper()
	c := Config{Issuer: op.URL, ClientID: op.ClientID, ClientSecretFile: secretFile(t, op.Secret), Name: "the portal"}
	if change != nil {
		change(&c)
	}
	p, err := New(c, clock)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// visit follows the member's browser to the provider, and returns with what it is sent back.
func visit(t testing.TB, address string) url.Values {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	u, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(u.String(), back+"?") {
		t.Fatalf("the browser is sent to %s", u)
	}
	return u.Query()
}

func signIn(t testing.TB, p *Provider) (*Identity, error) {
	t.Helper()
	address, begun, err := p.Begin(t.Context(), back, "")
	if err != nil {
		return nil, err
	}
	return p.Finish(t.Context(), begun, visit(t, address))
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Reason != reason {
		t.Errorf("got %v, want reason %q", err, reason)
	}
}

func TestSignIn(t *testing.T) {
	op := signintest.New(t)
	op.As(map[string]any{"email": "Ana@example.org", "email_verified": true, "member_number": 1042, "groups": []string{"a"}})
	for name, c := range map[string]struct {
		change func(*Config)
		want   Identity
	}{
		"email":               {nil, Identity{Email: "Ana@example.org"}},
		"a number as number":  {func(c *Config) { c.Claim = "member_number" }, Identity{Number: "1042"}},
		"the provider's name": {func(c *Config) { c.Claim = "sub" }, Identity{Number: "user"}},
	} {
		got, err := signIn(t, provider(t, op, c.change, nil))
		if err != nil || *got != c.want {
			t.Errorf("%s: %v; right is %v", name, err, err == nil && *got == c.want)
		}
	}
	_, err := signIn(t, provider(t, op, func(c *Config) { c.Claim = "groups" }, nil))
	wantReason(t, err, ReasonClaim)
	_, err = signIn(t, provider(t, op, func(c *Config) { c.Claim = "nothing" }, nil))
	wantReason(t, err, ReasonClaim)
}

// Providers that say more at an address of their own.
func TestClaimsOfTheProvidersOwnAddress(t *testing.T) {
	op := signintest.New(t)
	op.Do(func(p *signintest.Provider) {
		p.Userinfo = map[string]any{"sub": "user", "email": "ana@example.org", "email_verified": "true"}
	})
	got, err := signIn(t, provider(t, op, nil, nil))
	if err != nil || got.Email != "ana@example.org" {
		t.Errorf("got an error: %v", err)
	}
	op.Do(func(p *signintest.Provider) { p.Userinfo["sub"] = "another" })
	_, err = signIn(t, provider(t, op, nil, nil))
	wantReason(t, err, ReasonToken)
}

// Tokens that are none for this sign-in (OpenID Connect Core section 3.1.3.7).
func TestF6_TokensThatAreNoAnswer(t *testing.T) {
	op := signintest.New(t)
	p := provider(t, op, nil, nil)
	old := time.Now().Add(-time.Hour).Unix()
	good := func() map[string]any { return map[string]any{"email": "ana@example.org", "email_verified": true} }
	for name, c := range map[string]struct {
		change func(op *signintest.Provider)
		reason string
	}{
		"wrong nonce":          {func(op *signintest.Provider) { op.Claims["nonce"] = "another" }, ReasonToken},
		"no nonce":             {func(op *signintest.Provider) { op.Claims["nonce"] = "" }, ReasonToken},
		"expired":              {func(op *signintest.Provider) { op.Claims["exp"] = old }, ReasonToken},
		"issued long ago":      {func(op *signintest.Provider) { op.Claims["iat"] = old }, ReasonToken},
		"issued later":         {func(op *signintest.Provider) { op.Claims["iat"] = time.Now().Add(time.Hour).Unix() }, ReasonToken},
		"another issuer":       {func(op *signintest.Provider) { op.Claims["iss"] = "https://login.example.net" }, ReasonToken},
		"another audience":     {func(op *signintest.Provider) { op.Claims["aud"] = "another" }, ReasonToken},
		"several audiences":    {func(op *signintest.Provider) { op.Claims["aud"] = []string{op.ClientID, "another"} }, ReasonToken},
		"another party's":      {func(op *signintest.Provider) { op.Claims["azp"] = "another" }, ReasonToken},
		"alg none":             {func(op *signintest.Provider) { op.Sign = signintest.None }, ReasonToken},
		"alg HS256":            {func(op *signintest.Provider) { op.Sign = op.Shared }, ReasonToken},
		"another key":          {func(op *signintest.Provider) { op.Sign = signintest.Forged }, ReasonToken},
		"no token":             {func(op *signintest.Provider) { op.Sign = func(*rsa.PrivateKey, []byte) string { return "" } }, ReasonToken},
		"another access token": {func(op *signintest.Provider) { op.Claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }, ReasonToken},
		"address not verified": {func(op *signintest.Provider) { op.Claims["email_verified"] = false }, ReasonUnverified},
		"nothing of verifying": {func(op *signintest.Provider) { delete(op.Claims, "email_verified") }, ReasonUnverified},
		"no address":           {func(op *signintest.Provider) { delete(op.Claims, "email") }, ReasonClaim},
		"the member declines": {func(op *signintest.Provider) {
			op.Back = func(v url.Values) { v.Del("code"); v.Set("error", "access_denied") }
		}, ReasonDeclined},
		"mixed-up providers": {func(op *signintest.Provider) {
			op.Back = func(v url.Values) { v.Set("iss", "https://login.example.net") }
		}, ReasonIssuer},
		"another state":    {func(op *signintest.Provider) { op.Back = func(v url.Values) { v.Set("state", "another") } }, ReasonState},
		"two states":       {func(op *signintest.Provider) { op.Back = func(v url.Values) { v.Add("state", v.Get("state")) } }, ReasonState},
		"a code of nobody": {func(op *signintest.Provider) { op.Back = func(v url.Values) { v.Set("code", "guess") } }, ReasonToken},
	} {
		op.Do(func(op *signintest.Provider) {
			op.Claims, op.Sign, op.Back = good(), nil, nil
			c.change(op)
		})
		_, err := signIn(t, p)
		t.Run(name, func(t *testing.T) { wantReason(t, err, c.reason) })
		if err != nil && strings.Contains(err.Error(), "ana@") {
			t.Errorf("%s: the error says who: %v", name, err)
		}
	}
	op.Do(func(op *signintest.Provider) { op.Claims, op.Sign, op.Back = good(), nil, nil })
	if _, err := signIn(t, p); err != nil {
		t.Errorf("none of these: %v", err)
	}
}

// A provider that says that it names itself in its answers, and then does not (RFC 9207 §2.4).
func TestAnAnswerWithoutTheProvidersName(t *testing.T) {
	op := signintest.New(t)
	op.Do(func(op *signintest.Provider) {
		op.Answers, op.Claims = true, map[string]any{"email": "a@example.org", "email_verified": true}
	})
	p := provider(t, op, nil, nil)
	if _, err := signIn(t, p); err != nil {
		t.Errorf("with it: %v", err)
	}
	op.Do(func(op *signintest.Provider) { op.Back = func(v url.Values) { v.Del("iss") } })
	_, err := signIn(t, p)
	wantReason(t, err, ReasonIssuer)
}

func TestReplayAndAge(t *testing.T) {
	op := signintest.New(t)
	op.As(map[string]any{"email": "a@example.org", "email_verified": true})
	now := time.Now()
	p := provider(t, op, func(c *Config) { c.MaxAge = Duration(5 * time.Minute) }, func() time.Time { return now })
	address, begun, err := p.Begin(t.Context(), back, "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(address, "max_age=300") {
		t.Errorf("the provider is not asked for a fresh sign-in: %s", address)
	}
	returned := visit(t, address)
	if _, err := p.Finish(t.Context(), begun, returned); err != nil {
		t.Fatal(err)
	}
	_, err = p.Finish(t.Context(), begun, returned) // the provider has given away its code
	wantReason(t, err, ReasonToken)
	now = now.Add(lifetime + time.Second)
	_, err = p.Finish(t.Context(), begun, returned)
	wantReason(t, err, ReasonExpired)
	now = time.Now()
	op.As(map[string]any{"email": "a@example.org", "email_verified": true, "auth_time": now.Add(-time.Hour).Unix()})
	_, err = signIn(t, p)
	wantReason(t, err, ReasonStale)
	op.As(map[string]any{"email": "a@example.org", "email_verified": true, "auth_time": nil})
	_, err = signIn(t, p)
	wantReason(t, err, ReasonStale)
}

// A provider that is away, comes back, or says that it is another.
func TestAProviderThatIsAway(t *testing.T) {
	op := signintest.New(t)
	op.Do(func(op *signintest.Provider) {
		op.Down, op.Claims = true, map[string]any{"email": "a@example.org", "email_verified": true}
	})
	now := time.Now()
	p := provider(t, op, nil, func() time.Time { return now })
	_, err := signIn(t, p)
	wantReason(t, err, ReasonProvider)
	op.Do(func(op *signintest.Provider) { op.Down = false })
	_, err = signIn(t, p)
	wantReason(t, err, ReasonProvider) // it is left alone for a moment
	now = now.Add(pause)
	if _, err = signIn(t, p); err != nil {
		t.Errorf("it is back: %v", err)
	}
	op.Do(func(op *signintest.Provider) { op.Issuer = "https://login.example.net" })
	_, err = signIn(t, provider(t, op, nil, nil))
	wantReason(t, err, ReasonProvider)
}

// take takes from a jar what a browser with cookies comes back with.
func take(j *Jar, cookies []*http.Cookie, state string, tls bool) (*Pending, error) {
	r := httptest.NewRequest(http.MethodGet, "/signin/callback?state="+url.QueryEscape(state), nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return j.Take(httptest.NewRecorder(), r, tls)
}

// A link that finishes somebody else's sign-in is of no use in another browser, nor a second time in this one.
func TestF6_SignInsBelongToTheBrowser(t *testing.T) {
	op := signintest.New(t)
	now := time.Now()
	j := NewJar(func() time.Time { return now })
	p := provider(t, op, nil, nil)
	_, mine, err := p.Begin(t.Context(), back, "note")
	if err != nil {
		t.Fatal(err)
	}
	_, theirs, err := p.Begin(t.Context(), back, "note")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := j.Put(w, mine, true); err != nil {
		t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	c := cookies[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 600 {
		t.Errorf("the cookie is %v", c)
	}
	for _, secret := range []string{mine.Nonce, mine.Verifier, mine.State} {
		if strings.Contains(c.Value, secret) {
			t.Error("the cookie shows what is in it")
		}
	}
	if s := fmt.Sprintf("%v %+v", mine, *mine); strings.Contains(s, mine.Verifier) {
		t.Error("a Pending prints its secrets")
	}
	_, err = take(j, nil, mine.State, true)
	wantReason(t, err, ReasonState)
	_, err = take(j, cookies, theirs.State, true) // login CSRF: their answer, my browser
	wantReason(t, err, ReasonState)
	renamed := *c // session fixation: a cookie of theirs under the name of mine
	renamed.Name = name(theirs.State, true)
	_, err = take(j, []*http.Cookie{&renamed}, theirs.State, true)
	wantReason(t, err, ReasonState)
	_, err = take(NewJar(nil), cookies, mine.State, true) // of another program
	wantReason(t, err, ReasonState)
	for _, state := range []string{"", "x", mine.State + "A", strings.Repeat("A", 26)} {
		_, err = take(j, cookies, state, true)
		wantReason(t, err, ReasonState)
	}
	got, err := take(j, cookies, mine.State, true)
	if err != nil || *got != *mine {
		t.Errorf("what comes back is not what was begun: %v", err)
	}
	_, err = take(j, cookies, mine.State, true) // again
	wantReason(t, err, ReasonState)
	w = httptest.NewRecorder()
	if err := j.Put(w, theirs, false); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lifetime + 2*time.Second)
	_, err = take(j, w.Result().Cookies(), theirs.State, false)
	wantReason(t, err, ReasonExpired)
}

func TestConfig(t *testing.T) {
	good := Config{Issuer: "https://login.example.org", ClientID: "registrar", Name: "the portal"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*Config){
		"issuer":    func(c *Config) { c.Issuer = "http://login.example.org" },
		"issuer ":   func(c *Config) { c.Issuer = "https://login.example.org?x=1" },
		"client-id": func(c *Config) { c.ClientID = "" },
		"claim":     func(c *Config) { c.Claim = "e mail" },
		"scopes":    func(c *Config) { c.Scopes = []string{"a b"} },
		"name":      func(c *Config) { c.Name = "" },
		"max-age":   func(c *Config) { c.MaxAge = 1 },
	} {
		c := good
		change(&c)
		if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), strings.TrimSpace(field)) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	for _, path := range []string{"nowhere", secretFile(t, "")[:0] + secretFile(t, " ")} {
		c := good
		c.ClientSecretFile = path
		if _, err := New(c, nil); err == nil {
			t.Errorf("a secret in %s is taken", path)
		}
	}
}

// Two registrars with one provider have one way, however its address is written.
func TestF6_OneProviderIsOneWay(t *testing.T) {
	for _, issuer := range []string{"https://login.example.org/members", "https://LOGIN.example.org/members/", "https://login.example.org:443/members"} {
		c := Config{Issuer: issuer}
		if got, want := c.Way(), "openid https://login.example.org/members"; got != want {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
	for _, issuer := range []string{"https://login.example.org:8443/members", "https://login.example.org/Members", "https://login.example.org"} {
		c := Config{Issuer: issuer}
		if c.Way() == "openid https://login.example.org/members" {
			t.Errorf("%s is another provider", issuer)
		}
	}
}
