package serve

import (
	"fmt"
	"io"
	"log"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"mandate/ballot/fold"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar/signin"
)

// A postOffice is a mail server that keeps what it takes.
type postOffice struct {
	addr *net.TCPAddr

	mu     sync.Mutex
	mails  map[string][]string // texts by address
	refuse func(to string) error
}

type counter struct {
	o  *postOffice
	to string
}

func newPostOffice(t testing.TB) *postOffice {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{addr: l.Addr().(*net.TCPAddr), mails: make(map[string][]string)}
	s := smtp.NewServer(o)
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "localhost", true, log.New(io.Discard, "", 0)
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return o
}

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{o: o}, nil }

func (c *counter) Reset()                               { c.to = "" }
func (c *counter) Logout() error                        { return nil }
func (c *counter) Mail(string, *smtp.MailOptions) error { return nil }
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if c.o.refuse != nil {
		return c.o.refuse(to)
	}
	return nil
}

func (c *counter) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	b, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	part, _, _ := strings.Cut(string(b), "text/html")
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(part)))
	if err != nil || params["boundary"] == "" {
		return fmt.Errorf("a mail that cannot be read: %v", err)
	}
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	c.o.mails[c.to] = append(c.o.mails[c.to], string(text))
	return nil
}

func (o *postOffice) setRefuse(f func(to string) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse = f
}

func (o *postOffice) of(to string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mails[to]
}

func (o *postOffice) total() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.mails {
		n += len(m)
	}
	return n
}

func (o *postOffice) config() *mail.Config {
	return &mail.Config{
		Contact: "help@example.org", From: mail.From{Address: "votes@example.org"}, Server: mail.Server{Host: "127.0.0.1", Port: o.addr.Port, TLS: "none"},
		Limits: mail.Limits{PerSecond: 1000, Attempts: 1},
	}
}

var codeForm = regexp.MustCompile(`\b(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}\b`)

// Codes are sent from the console by each registrar's own mail server. What a server puts off is shown and can be gone on with after the program was
// started again, and nobody is sent two. A member asks for another on a page.
func TestF17_TheConsoleSendsCodes(t *testing.T) {
	t.Parallel()
	offices := []*postOffice{newPostOffice(t), newPostOffice(t)}
	s := &scene{T: t, dir: t.TempDir(), clock: &clock{}, configure: func(c *Config) {
		c.Mail = offices[0].config()
		c.Registrars[1].Mail = offices[1].config()
		c.Registrars[1].Mail.Sender = "The auditors"
		c.Registrars[1].Channel = "paper code"
	}}
	s.start(2)
	t.Cleanup(func() { s.house.Close() })
	round := s.round(s.list(strings.Replace(members(6), "m5@example.org", "", 1)), 1, 0)
	at := "/console/rounds/" + round.String()
	later := &smtp.SMTPError{Code: 451, Message: "greylisted, m2@example.org"}
	offices[0].setRefuse(func(to string) error {
		switch {
		case to == "m2@example.org" || to == "m3@example.org":
			return later
		case to == "m4@example.org":
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	})
	figures := func(registrar int) (out [6]string) {
		m := regexp.MustCompile(`(?s)Mails of ` + []string{"One", "Two"}[registrar] + `</h3>.*?<tbody>(.*?)</tbody>`).FindStringSubmatch(s.b.get(at).page)
		if m == nil {
			return out
		}
		for i, f := range regexp.MustCompile(`<td class="figure">([0-9,]+)</td>`).FindAllStringSubmatch(m[1], 6) {
			out[i] = f[1]
		}
		return out
	}
	s.b.get(at).send(at+"/codes", "registrar", "1", "which", "new", "how", "send").want(http.StatusOK)
	s.eventually("the mails to be settled", func() bool { return figures(0) == [6]string{"2", "0", "2", "1", "0", "1"} })
	first := offices[0].of("m1@example.org")
	if len(first) != 1 || !strings.Contains(first[0], "/booth/card#round="+round.String()) || !codeForm.MatchString(first[0]) || !strings.Contains(first[0], "the code of One, Commission") {
		t.Fatalf("the mail: %q", first)
	}
	s.b.get(at).send(at+"/codes", "registrar", "2", "which", "new", "how", "send").want(http.StatusOK)
	s.eventually("the other registrar's mails", func() bool { return figures(1) == [6]string{"5", "0", "0", "0", "0", "1"} })
	if got := offices[1].of("m1@example.org"); len(got) != 1 || !strings.Contains(got[0], "The auditors") {
		t.Errorf("the second registrar's mail: %q", got)
	}

	// The program ends, and the mail server takes mails again.
	s.restart(2)
	offices[0].setRefuse(nil)
	s.b.get(at).want(http.StatusOK, "Go on: 2 mails are not sent yet")
	job := regexp.MustCompile(`name="job" value="([^"]+)"`).FindStringSubmatch(s.b.page)[1]
	s.eventually("the registrar to see the board", func() bool {
		standing, err := s.house.Registrars[0].Desk.Standing(round)
		return err == nil && standing.Ready
	})
	s.b.send(at+"/mails", "registrar", "1", "job", job, "which", "left").want(http.StatusOK)
	s.eventually("the rest to be sent", func() bool { return figures(0) == [6]string{"4", "0", "0", "1", "0", "1"} })
	if n := offices[0].total(); n != 4 {
		t.Errorf("%d mails were taken, want 4", n)
	}
	s.b.send(at+"/mails", "registrar", "1", "job", "packet-1", "which", "left").want(http.StatusNotFound)

	// A member asks for a code, which replaces the mailed one.
	page := s.house.Registrars[0].Entry.URL + "/code?lang=es&round=" + round.String()
	member := newBrowser(t, s.house.Registrars[0].Entry.URL)
	member.get(page).want(http.StatusOK, "Pedir un código nuevo", "help@example.org")
	for _, who := range []string{"M1@example.org", "stranger@example.org"} {
		member.post("/code?lang=es", url.Values{"round": {round.String()}, "who": {who}}).want(http.StatusOK, "Mire su correo")
	}
	s.eventually("the code that was asked for", func() bool { return len(offices[0].of("m1@example.org")) == 2 })
	again := offices[0].of("m1@example.org")[1]
	if codeForm.FindString(again) == codeForm.FindString(first[0]) || !strings.Contains(again, "tarjeta") {
		t.Errorf("the mail to a member who asked in Spanish: %q", again)
	}
	if offices[0].of("stranger@example.org") != nil {
		t.Error("a mail to a stranger")
	}
}

// A member is taken off a roll that is on the board, with the reason, and put back.
func TestAMemberIsTakenOffTheRoll(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	round := s.round(s.list(members(4)), 1, 0)
	at := "/console/rounds/" + round.String()
	off := func() (n uint64) {
		s.house.Board.View(func(st *fold.State) { n = st.Round(round).Roll.RemovedCount() })
		return n
	}
	s.b.get(at).send(at+"/remove", "member", "M-999", "reason", "lapsed", "do", "off").want(http.StatusUnprocessableEntity, "M-999")
	s.b.send(at+"/remove", "member", "M-002", "reason", " ", "do", "off").want(http.StatusUnprocessableEntity, "Say why")
	s.b.send(at+"/remove", "member", "M-002", "reason", "Membership lapsed", "do", "back").want(http.StatusUnprocessableEntity, "The roll has it so already")
	s.b.send(at+"/remove", "member", "M-002", "reason", "Membership lapsed", "do", "off").want(http.StatusOK, "Member 2, M-002", "The board says for good: Membership lapsed", "it cannot be recalled")
	if off() != 0 {
		t.Fatal("done before it was confirmed")
	}
	s.b.confirm().want(http.StatusOK, "It is on the board.", "1 member is off this roll.")
	s.b.get(at).send(at+"/remove", "member", "M-002", "reason", "Dues came in", "do", "back").want(http.StatusOK, "can then collect a card again").confirm().want(http.StatusOK, "0 members are off this roll.")
	if off() != 0 {
		t.Error("the member is still off the roll")
	}
}

// What registrars have in common is said before a round is on the board, and stands in the round.
func TestF6_SharedWaysAreSaidBeforeARoundIsAnnounced(t *testing.T) {
	t.Parallel()
	one := signin.Config{Issuer: "https://Login.example.org/", ClientID: "cards-1", Name: "the portal"}
	two := signin.Config{Issuer: "https://login.example.org", ClientID: "cards-2", Name: "the members' portal"}
	s := &scene{T: t, dir: t.TempDir(), clock: &clock{}, configure: func(c *Config) {
		c.Registrars[0].Channel, c.Registrars[0].SignIn = "e-mail code", one
		c.Registrars[1].Channel, c.Registrars[1].SignIn = "", two
	}}
	s.start(2)
	t.Cleanup(func() { s.house.Close() })
	roll := s.list(members(3))
	now := s.clock.now().UTC()
	s.b.get("/console/rounds/new?roll=" + roll)
	s.b.send("/console/rounds", "title-en", "Cards", "title-es", "Tarjetas", "roll", roll, "slots", "1", "petitions", "0",
		"opens", now.Format("2006-01-02T15:04"), "closes", now.AddDate(1, 0, 0).Format("2006-01-02T15:04")).want(http.StatusOK,
		"One: run by Commission, knows members by: e-mail code; openid https://login.example.org", "Two: run by Auditors, knows members by: openid https://login.example.org",
		"One and Two both know members by openid https://login.example.org. Whoever controls that can be a member to both")
	s.b.confirm().want(http.StatusOK, "both know members by openid https://login.example.org")
}

func TestF6_SignInIsConfigured(t *testing.T) {
	for _, c := range []struct{ toml, want string }{
		{"[[registrar]]\nname = \"R\"\noperator = \"O\"\n[registrar.sign-in]\nissuer = \"http://login.example.org\"\nclient-id = \"x\"\nname = \"n\"\n", "registrar 1.sign-in.issuer"},
		{"[[registrar]]\nname = \"R\"\noperator = \"O\"\n[registrar.sign-in]\nissuer = \"https://login.example.org\"\nname = \"n\"\n", "registrar 1.sign-in.client-id"},
		{"[[registrar]]\nname = \"R\"\noperator = \"O\"\nchannel = \"code\"\n[registrar.sign-in]\nclient-id = \"x\"\n", "registrar 1.sign-in.issuer: is empty"},
		{"[[registrar]]\nname = \"R\"\noperator = \"O\"\nchannel = \"code\"\n[registrar.sign-in]\nisuer = \"x\"\n", "there is no field"},
		{"[[registrar]]\nname = \"R\"\noperator = \"O\"\n", "registrar 1.channel"},
	} {
		if _, err := ParseConfig([]byte(c.toml)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.toml, err, c.want)
		}
	}
}
