package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"mandate/cmd/mandate/roll"
	"mandate/crypto/hidden"
)

// A Server is a mail server that takes mails for everybody (a smarthost).
type Server struct {
	hidden.Fields `toml:"-"`

	Host string `toml:"host"`
	Port int    `toml:"port"` // default 587; with tls = "tls" 465; with "none" 25
	// TLS is "starttls", which must succeed (the default), "tls" from the first byte, or "none", for a server on this machine only.
	TLS string `toml:"tls"`
	// CA is a file with the certificates (PEM) that the server's is checked against. Default those of the system.
	CA string `toml:"ca"`
	// Username and PasswordFile are given to servers that ask for a login. The file's last line is the password.
	Username     string `toml:"username"`
	PasswordFile string `toml:"password-file"`
	// Hello is the name by which this machine calls itself. Default its host name.
	Hello string `toml:"hello"`
	// Timeout is for connecting, and for each mail. Default a minute.
	Timeout Duration `toml:"timeout"`

	password string
	roots    *x509.CertPool
}

// Duration is a time.Duration that TOML writes as in "90s".
type Duration time.Duration

// UnmarshalText reads a duration such as 90s or 15m.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil && v < 0 {
		err = fmt.Errorf("%q is negative", b)
	}
	*d = Duration(v)
	return err
}

// load checks the settings and reads the files they name.
func (s *Server) load() error {
	if s.Host == "" {
		return errors.New("server: host: is empty")
	}
	switch s.TLS {
	case "":
		s.TLS = "starttls"
	case "starttls", "tls":
	case "none":
		if !local(s.Host) {
			return errors.New(`server: tls: "none" is for a server on this machine: codes must not cross a network in the clear`)
		}
	default:
		return fmt.Errorf("server: tls: %q is none of starttls, tls, none", s.TLS)
	}
	if s.Port == 0 {
		s.Port = map[string]int{"starttls": 587, "tls": 465, "none": 25}[s.TLS]
	}
	if s.Timeout == 0 {
		s.Timeout = Duration(time.Minute)
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		return errors.New("server: username and password-file: give both or neither")
	}
	if s.PasswordFile != "" {
		b, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return fmt.Errorf("server: password-file: %w", err)
		}
		lines := strings.Split(strings.TrimRight(string(b), "\r\n"), "\n")
		if s.password = strings.TrimRight(lines[len(lines)-1], "\r"); s.password == "" {
			return fmt.Errorf("server: password-file: %s is empty", s.PasswordFile)
		}
	}
	if s.CA != "" {
		b, err := os.ReadFile(s.CA)
		if err != nil {
			return fmt.Errorf("server: ca: %w", err)
		}
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(b) {
			return fmt.Errorf("server: ca: %s has no certificate", s.CA)
		}
	}
	return nil
}

func local(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

func (s *Server) client() (*gomail.Client, error) {
	o := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(time.Duration(s.Timeout)), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}),
	}
	if s.Hello != "" {
		o = append(o, gomail.WithHELO(s.Hello))
	}
	switch s.TLS {
	case "tls":
		o = append(o, gomail.WithSSL())
	case "starttls":
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.Username != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.TLS == "none" {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		o = append(o, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.Username), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(s.Host, o...)
}

// A line is one connection to the server, opened when it is needed.
type line struct {
	client *gomail.Client
	conn   *smtp.Client
}

func (l *line) open(ctx context.Context) (err error) {
	if l.conn == nil {
		l.conn, err = l.client.DialToSMTPClientWithContext(ctx)
	}
	return err
}

// drop ends the connection without further words.
func (l *line) drop() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// quit ends the connection politely.
func (l *line) quit() {
	if l.conn != nil {
		l.client.CloseWithSMTPClient(l.conn)
		l.conn = nil
	}
}

// An answer is what came of handing over a mail.
type answer struct {
	status   Status
	reply    int
	enhanced string
	stage    string
	broken   bool // the connection is of no use any more
	all      bool // it is about the sender or the server, not about this mail
}

// judge says what an error of go-mail means. Its text has addresses and is looked at by nobody.
func judge(err error, taken bool) answer {
	if err == nil {
		return answer{status: Sent}
	}
	if taken { // and what failed came after it
		return answer{status: Sent, broken: true}
	}
	var e *gomail.SendError
	if !errors.As(err, &e) {
		return answer{status: Queued, broken: true, all: true}
	}
	a := answer{reply: e.ErrorCode(), enhanced: e.EnhancedStatusCode()}
	if a.reply < 400 || a.reply > 599 {
		a.reply = 0
	}
	switch e.Reason {
	case gomail.ErrSMTPMailFrom:
		a.stage, a.all, a.broken = "mail", true, true
	case gomail.ErrSMTPRcptTo:
		a.stage = "rcpt"
	case gomail.ErrSMTPData:
		a.stage, a.broken = "data", true
	case gomail.ErrWriteContent: // the mail's end was not sent: the server must not deliver it (RFC 5321 §4.1.1.4)
		a.stage, a.broken, a.reply = "message", true, 0
	case gomail.ErrSMTPDataClose: // its end was sent
		a.stage, a.broken = "message", true
		if a.reply == 0 {
			a.status = Unknown
			return a
		}
	case gomail.ErrConnCheck:
		return answer{status: Queued, broken: true, all: true}
	default: // the mail could not be made
		return answer{status: Bounced, stage: "address"}
	}
	switch {
	case a.reply == 0: // the connection broke
		a.status, a.broken, a.all = Queued, true, true
	case a.reply == 421: // the server closes
		a.status, a.broken, a.all = Deferred, true, true
	case a.reply < 500:
		a.status = Deferred
	case a.all: // the sender is refused, for this mail and all others
		a.status = Queued
	default:
		a.status = Bounced
	}
	return a
}

// checkAddress reports whether s is an e-mail address that can stand in a header.
func checkAddress(s string) error {
	p := roll.Person{Number: "1", Name: "x", Email: s}
	if s == "" {
		return errors.New("is empty")
	}
	if err := p.Check(); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "email: "))
	}
	return nil
}

// From says in whose name mails are sent.
type From struct {
	Address string `toml:"address"`
	Name    string `toml:"name"`
	ReplyTo string `toml:"reply-to"` // where answers go; default the address
	Bounces string `toml:"bounces"`  // where mails that come back go; default the address
}

// message makes a mail. Its errors have no address.
func (f *From) message(to string, w written, id string, now time.Time) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(f.Name, f.Address); err != nil {
		return nil, errors.New("from: is no address")
	}
	if f.ReplyTo != "" {
		if err := m.ReplyTo(f.ReplyTo); err != nil {
			return nil, errors.New("reply-to: is no address")
		}
	}
	if f.Bounces != "" {
		if err := m.EnvelopeFrom(f.Bounces); err != nil {
			return nil, errors.New("bounces: is no address")
		}
	}
	if err := m.To(to); err != nil {
		return nil, errNoAddress
	}
	m.Subject(w.subject)
	m.SetMessageIDWithValue(id)
	m.SetDateWithValue(now)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", w.language)
	m.SetBodyString(gomail.TypeTextPlain, w.text)
	m.AddAlternativeString(gomail.TypeTextHTML, w.html)
	return m, nil
}

var errNoAddress = errors.New("the member's address is none")

// messageID draws a Message-ID, which says nothing about the member.
func messageID(from string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	_, domain, _ := strings.Cut(from, "@")
	return hex.EncodeToString(b[:]) + "@" + domain
}
