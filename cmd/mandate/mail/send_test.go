package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/registrar/issuing"
)

var desk = issuing.Desk{Round: record.ID{7, 7}, Registrar: 2}

const board = "https://board.example.org"

// recipients returns n members with codes, every second of whom reads Spanish.
func recipients(n int) []*Recipient {
	var list []*Recipient
	for i := range n {
		c := issuing.NewCode()
		list = append(list, &Recipient{Number: fmt.Sprintf("M%06d", i), Name: fmt.Sprintf("Member Secretname%d", i), Email: fmt.Sprintf("m%d@members.example", i),
			Language: []string{"en", "es-MX"}[i%2], Entry: i, Code: desk.Text(c), Link: desk.Link(board+"/booth/card", c), hash: desk.Hash(c)})
	}
	return list
}

var facts = &Facts{Organisation: "The Example Society", Sender: "Registrar 2, the Riverside Library", Contact: "help@example.org", Board: board,
	Registrars: []string{"The Credit Union", "The Riverside Library", "The Union of Printers"}, Title: text.Texts{"en": "Cards of 2027", "es": "Tarjetas de 2027"},
	Closes: time.Date(2027, 3, 1, 18, 0, 0, 0, time.UTC)}

// fast are options for a server in the same test.
func fast(o *office) Options {
	return Options{Server: Server{Host: "127.0.0.1", Port: o.addr.Port, TLS: "none", Timeout: Duration(5 * time.Second)}, From: From{Address: "votes@example.org", Name: "Votes"},
		PerSecond: 1e6, FirstRetry: 10 * time.Millisecond, LongestRetry: 40 * time.Millisecond, Patience: 5 * time.Second, Log: slog.New(slog.DiscardHandler)}
}

func templates(t testing.TB) *Templates {
	t.Helper()
	x, err := LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func sender(t testing.TB, s *Store, o Options) *Sender {
	t.Helper()
	x, err := New(s, templates(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func send(t testing.TB, s *Sender, job string, l Letter, to []*Recipient) Figures {
	t.Helper()
	f, err := s.Send(t.Context(), job, l, facts, to)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parts returns the two texts of a mail.
func parts(t testing.TB, p *post) (plain, html string) {
	t.Helper()
	m := p.message(t)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return plain, html
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			plain = string(b)
		} else {
			html = string(b)
		}
	}
}

func TestEachMemberGetsTheirOwnCodeInTheirLanguage(t *testing.T) {
	o := new(office).start(t, nil)
	list := recipients(40)
	f := send(t, sender(t, openStore(t, t.TempDir()), fast(o)), "invitation-1", Invitation, list)
	if want := (Figures{Total: 40, Sent: 40}); f != want {
		t.Fatalf("%+v", f)
	}
	by := make(map[string]post)
	for _, p := range o.taken() {
		by[p.to] = p
	}
	ids := make(map[string]bool)
	for i, x := range list {
		p, ok := by[x.Email]
		if !ok {
			t.Fatalf("member %d got no mail", i)
		}
		m := p.message(t)
		plain, html := parts(t, &p)
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		words := [][]string{{"Collect your voter card: Cards of 2027", "en", "How to recognise fraud"},
			{"Recoja su tarjeta de votante: Tarjetas de 2027", "es", "Cómo reconocer un fraude"}}[i%2]
		if subject != words[0] || m.Header.Get("Content-Language") != words[1] {
			t.Errorf("member %d: subject %q in %s", i, subject, m.Header.Get("Content-Language"))
		}
		for _, s := range []string{plain, html} {
			if strings.Count(s, x.Code) < 2 || !strings.Contains(strings.ReplaceAll(s, "&amp;", "&"), x.Link) || !strings.Contains(s, words[2]) || !strings.Contains(s, facts.Sender) ||
				!strings.Contains(s, facts.Contact) || !strings.Contains(s, "The Union of Printers") {
				t.Fatalf("member %d:\n%s", i, s)
			}
			for j, other := range list {
				if j != i && strings.Contains(s, other.Code) {
					t.Fatalf("member %d was sent the code of %d", i, j)
				}
			}
			if strings.Contains(s, x.Name) || strings.Contains(s, x.Number) || strings.Contains(s, "<img") {
				t.Errorf("member %d: the mail has more than it should:\n%s", i, s)
			}
		}
		id := m.Header.Get("Message-ID")
		if ids[id] || !strings.HasSuffix(id, "@example.org>") || m.Header.Get("Auto-Submitted") != "auto-generated" || p.from != "votes@example.org" {
			t.Errorf("headers: %v", m.Header)
		}
		ids[id] = true
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != x.Email || to[0].Name != "" {
			t.Errorf("To: %v, %v", to, err)
		}
	}
	if o.sessions > 2 {
		t.Errorf("%d connections for 40 mails", o.sessions)
	}
}

// A list that is sent again sends nothing; a new code is sent, and only that.
func TestNothingIsSentTwiceAndNewCodesAre(t *testing.T) {
	o := new(office).start(t, nil)
	dir := t.TempDir()
	store := openStore(t, dir)
	list := recipients(10)
	send(t, sender(t, store, fast(o)), "invitation-1", Invitation, list[:6])
	if f := send(t, sender(t, store, fast(o)), "invitation-1", Invitation, list); f.Sent != 10 || len(o.taken()) != 10 {
		t.Fatalf("%+v, %d mails", f, len(o.taken()))
	}
	again := recipients(3)[2]
	if f := send(t, sender(t, store, fast(o)), "invitation-1", Invitation, []*Recipient{list[0], again}); f.Sent != 10 || f.Total != 10 {
		t.Fatalf("%+v", f)
	}
	p := o.taken()[10:]
	if plain, _ := parts(t, &p[0]); len(p) != 1 || p[0].to != again.Email || !strings.Contains(plain, again.Code) {
		t.Fatalf("%d more mails", len(p))
	}
	if f := send(t, sender(t, store, fast(o)), "reminder-1", Reminder, list[:2]); f.Sent != 2 || len(o.taken()) != 13 {
		t.Fatalf("%+v", f)
	}
	if jobs, err := store.Jobs(); err != nil || fmt.Sprint(jobs) != "[invitation-1 reminder-1]" {
		t.Errorf("%v, %v", jobs, err)
	}
}

func TestLaterForeverAndNever(t *testing.T) {
	o := &office{rcpt: func(to string, try int) error {
		switch {
		case to == "m1@members.example" && try <= 2, to == "m2@members.example":
			return tryLater
		case to == "m3@members.example":
			return noSuchUser
		}
		return nil
	}, data: func(_ *smtp.Conn, to string, try int) error {
		switch {
		case to == "m5@members.example" && try == 1:
			return tryLater
		case to == "m6@members.example":
			return noSuchUser
		case to == "m7@members.example":
			time.Sleep(100 * time.Millisecond)
		}
		return nil
	}}
	o.start(t, nil)
	list := recipients(9)
	list[4].Email = ""
	list[8].Email = "x@example.org\r\nBcc: everybody@example.org"
	store := openStore(t, t.TempDir())
	opts := fast(o)
	opts.Attempts = 4
	f := send(t, sender(t, store, opts), "j", Invitation, list)
	if want := (Figures{Total: 9, Sent: 4, Deferred: 1, Bounced: 3, Unreachable: 1}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	if kept, err := store.Figures("j"); err != nil || kept != f {
		t.Errorf("on disk: %+v, %v", kept, err)
	}
	states, err := store.States("j")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[string]State{
		"M000001": {Status: Sent, Attempts: 3}, "M000002": {Status: Deferred, Attempts: 4, Reply: 451, Enhanced: "4.7.1", Stage: "rcpt"},
		"M000003": {Status: Bounced, Attempts: 1, Reply: 550, Enhanced: "5.1.1", Stage: "rcpt"}, "M000005": {Status: Sent, Attempts: 2},
		"M000006": {Status: Bounced, Attempts: 1, Reply: 550, Enhanced: "5.1.1", Stage: "message"}, "M000008": {Status: Bounced, Attempts: 1, Stage: "address"},
	} {
		got := states[n]
		got.Code, got.MessageID, got.At = [32]byte{}, "", 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", n, got, want)
		}
	}
	if mailed, paper, unreachable, bounced := f.Mailing(); mailed != 7 || paper != 0 || unreachable != 1 || bounced != 3 {
		t.Error(f.Mailing())
	}
	// The next run takes up what was deferred, and, if asked to, what was refused.
	o.rcpt, o.data = nil, nil
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f.Sent != 5 || f.Bounced != 3 {
		t.Errorf("%+v", f)
	}
	opts.ResendBounced = true
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f.Sent != 7 || f.Bounced != 1 {
		t.Errorf("%+v", f)
	}
	for _, p := range o.taken() {
		if m := p.message(t); m.Header.Get("Bcc") != "" || strings.Contains(p.to, "everybody") {
			t.Errorf("a header was smuggled in: %v to %s", m.Header, p.to)
		}
	}
	if n, err := store.MarkBounced("j", 5, "M000001", "M000004", "nobody"); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// Where a connection breaks decides what is known: before the mail's end was sent, that it was not taken; after, nothing.
func TestConnectionsThatBreak(t *testing.T) {
	var mu sync.Mutex
	broken := make(map[string]bool)
	once := func(to string) bool {
		mu.Lock()
		defer mu.Unlock()
		first := !broken[to]
		broken[to] = true
		return first
	}
	o := new(office)
	o.data = func(c *smtp.Conn, to string, _ int) error { // the mail is there, and is thrown away
		if to == "m1@members.example" && once(to) {
			return hangUp(c)
		}
		return nil
	}
	o.after = func(c *smtp.Conn, to string, _ int) error { // the mail is taken, and nobody is told
		if to == "m2@members.example" && once(to) {
			return hangUp(c)
		}
		return nil
	}
	o.start(t, nil)
	o.rcpt = func(to string, _ int) error {
		if to == "m3@members.example" && once(to) {
			return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "closing"}
		}
		return nil
	}
	list := recipients(6)
	store := openStore(t, t.TempDir())
	opts := fast(o)
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f != (Figures{Total: 6, Sent: 4, Unknown: 2}) {
		t.Fatalf("%+v", f)
	}
	before := len(o.taken())
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f.Unknown != 2 || len(o.taken()) != before {
		t.Errorf("without being asked to: %+v", f)
	}
	opts.ResendUnknown = true
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f != (Figures{Total: 6, Sent: 6}) {
		t.Errorf("%+v", f)
	}
	ids := make(map[string][]string)
	for _, p := range o.taken() {
		ids[p.to] = append(ids[p.to], p.message(t).Header.Get("Message-ID"))
	}
	if x := ids["m2@members.example"]; len(x) != 2 || x[0] != x[1] {
		t.Errorf("a mail that was sent again has ids %v", x)
	}
	if x := ids["m1@members.example"]; len(x) != 1 {
		t.Errorf("%v", x)
	}
}

func TestAServerThatIsAwayComesBack(t *testing.T) {
	o := new(office).start(t, nil)
	opts := fast(o)
	opts.Server.Port = freePort(t)
	opts.Patience = 50 * time.Millisecond
	store := openStore(t, t.TempDir())
	list := recipients(5)
	f, err := sender(t, store, opts).Send(t.Context(), "j", Invitation, facts, list)
	if !errors.Is(err, ErrAway) || f.Queued != 5 {
		t.Fatalf("%+v, %v", f, err)
	}
	if strings.Contains(err.Error(), "example") {
		t.Errorf("%v", err)
	}
	if f := send(t, sender(t, store, fast(o)), "j", Invitation, list); f.Sent != 5 {
		t.Errorf("%+v", f)
	}
}

// A server that refuses us is not told the whole list, and nobody is taken for unreachable because of it.
func TestAServerThatRefusesEverything(t *testing.T) {
	o := new(office).start(t, nil)
	o.fromErr = &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "votes@example.org is not yours"}
	store := openStore(t, t.TempDir())
	list := recipients(200)
	f, err := sender(t, store, fast(o)).Send(t.Context(), "j", Invitation, facts, list)
	if !errors.Is(err, ErrRefused) || f.Queued != 200 || strings.Contains(err.Error(), "votes@") {
		t.Fatalf("%+v, %v", f, err)
	}
	o.mu.Lock()
	o.fromErr = nil
	o.mu.Unlock()
	o.data = func(*smtp.Conn, string, int) error { return noSuchUser }
	opts := fast(o)
	opts.MostRefused = 10
	if f, err = sender(t, store, opts).Send(t.Context(), "j", Invitation, facts, list); !errors.Is(err, ErrRefused) || f.Bounced < 10 || f.Bounced > 12 {
		t.Fatalf("%+v, %v", f, err)
	}
	o.data = nil
	opts.ResendBounced = true
	if f := send(t, sender(t, store, opts), "j", Invitation, list); f.Sent != 200 {
		t.Errorf("%+v", f)
	}
}

func TestStoppingAndGoingOn(t *testing.T) {
	o := new(office).start(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	o.after = func(*smtp.Conn, string, int) error {
		if len(o.taken()) >= 20 {
			stop()
		}
		return nil
	}
	store := openStore(t, t.TempDir())
	list := recipients(100)
	f, err := sender(t, store, fast(o)).Send(ctx, "j", Invitation, facts, list)
	if !errors.Is(err, context.Canceled) || f.Sent != len(o.taken()) || f.Sent+f.Queued != 100 || f.Unknown != 0 {
		t.Fatalf("%+v, %v, %d mails", f, err, len(o.taken()))
	}
	o.after = nil
	if f := send(t, sender(t, store, fast(o)), "j", Invitation, list); f.Sent != 100 || len(o.taken()) != 100 {
		t.Errorf("%+v", f)
	}
}

func TestTheRateIsKept(t *testing.T) {
	o := new(office).start(t, nil)
	opts := fast(o)
	opts.PerSecond = 50
	begin := time.Now()
	send(t, sender(t, openStore(t, t.TempDir()), opts), "j", Invitation, recipients(22))
	if d := time.Since(begin); d < 380*time.Millisecond { // 22 less the two at once, 20 ms each
		t.Errorf("22 mails in %v", d)
	}
}

func TestTLSMustSucceed(t *testing.T) {
	config, ca := certificate(t)
	secure := (&office{login: true}).start(t, config)
	plain := new(office).start(t, nil)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("# the library's server\nopen sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		port   int
		change func(*Server)
		sent   int
	}{
		"good":                   {secure.addr.Port, func(*Server) {}, 1},
		"unknown certificate":    {secure.addr.Port, func(s *Server) { s.CA = "" }, 0},
		"no STARTTLS":            {plain.addr.Port, func(*Server) {}, 0},
		"wrong password":         {secure.addr.Port, func(s *Server) { s.PasswordFile = wrong }, 0},
		"TLS where there is not": {plain.addr.Port, func(s *Server) { s.TLS = "tls" }, 0},
	} {
		opts := fast(plain)
		opts.Patience = 50 * time.Millisecond
		opts.Server = Server{Host: "localhost", Port: c.port, CA: ca, Username: "registrar", PasswordFile: password, Timeout: Duration(2 * time.Second)}
		c.change(&opts.Server)
		f, err := sender(t, openStore(t, t.TempDir()), opts).Send(t.Context(), "j", Invitation, facts, recipients(1))
		if f.Sent != c.sent || (err == nil) != (c.sent == 1) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(plain.taken()); n != 0 {
		t.Errorf("%d codes crossed in the clear", n)
	}
	for _, s := range []Server{{}, {Host: "mail.example.org", TLS: "none"}, {Host: "localhost", TLS: "maybe"}, {Host: "localhost", Username: "x"},
		{Host: "localhost", CA: password}, {Host: "localhost", CA: "nothing"}} {
		if err := s.load(); err == nil {
			t.Errorf("%q %q: taken", s.Host, s.TLS)
		}
	}
}

// Neither logs nor errors nor the store's files have an address, a name or a code, whatever servers say.
func TestE12_NothingAboutMembersIsLogged(t *testing.T) {
	o := &office{rcpt: func(to string, try int) error {
		switch {
		case to == "m1@members.example" && try == 1:
			return &smtp.SMTPError{Code: 451, Message: "later, " + to}
		case strings.HasPrefix(to, "m2"):
			return &smtp.SMTPError{Code: 550, Message: "never, " + to}
		}
		return nil
	}, after: func(c *smtp.Conn, to string, _ int) error {
		if to == "m3@members.example" {
			return hangUp(c)
		}
		return nil
	}}
	o.start(t, nil)
	var logged bytes.Buffer
	opts := fast(o)
	opts.Log = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	old := slog.Default()
	slog.SetDefault(opts.Log)
	defer slog.SetDefault(old)
	dir := t.TempDir()
	store, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	opts.MostRefused = 8
	list := recipients(40)
	_, err = sender(t, store, opts).Send(t.Context(), "j", Invitation, facts, list)
	if !errors.Is(err, ErrRefused) {
		t.Logf("%v", err)
	}
	fmt.Fprintf(&logged, "%v %+v %#v %s", err, list[0], list[1], list)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logged.String(), `"job":"j"`) {
		t.Fatalf("nothing was logged:\n%s", logged.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	hay := map[string][]byte{"the log": logged.Bytes()}
	for _, path := range files {
		if hay[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for where, b := range hay {
		for _, x := range list {
			for _, secret := range []string{x.Code, strings.ReplaceAll(x.Code, "-", ""), x.Email, x.Name, "members.example", "Secretname"} {
				if bytes.Contains(b, []byte(secret)) {
					t.Fatalf("%s has %q", where, secret)
				}
			}
		}
	}
}

func BenchmarkSend10000(b *testing.B) {
	o := new(office).start(b, nil)
	list := recipients(10_000)
	for b.Loop() {
		opts := fast(o)
		opts.Connections = 8
		if f := send(b, sender(b, openStore(b, b.TempDir()), opts), "j", Invitation, list); f.Sent != len(list) {
			b.Fatalf("%+v", f)
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
