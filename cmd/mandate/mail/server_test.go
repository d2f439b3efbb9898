package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A post is what a test's mail server has taken.
type post struct {
	from, to string
	raw      []byte
}

func (p *post) message(t testing.TB) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(p.raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// An office is a mail server that does what a test asks for.
type office struct {
	mu       sync.Mutex
	posts    []post
	tries    map[string]int // by address
	sessions int
	login    bool // asks for one
	fromErr  error
	rcpt     func(to string, try int) error               // nil: takes everybody
	data     func(c *smtp.Conn, to string, try int) error // before the mail is taken
	after    func(c *smtp.Conn, to string, try int) error // after
	server   *smtp.Server
	addr     *net.TCPAddr
}

type session struct {
	o        *office
	c        *smtp.Conn
	from, to string
	in       bool
}

func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sessions++
	return &session{o: o, c: c}, nil
}

func (s *session) AuthMechanisms() []string {
	if !s.o.login {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "registrar" || password != "open sesame" {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.o.login && !s.in {
		return smtp.ErrAuthRequired
	}
	s.from = from
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	return s.o.fromErr
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	s.o.mu.Lock()
	s.o.tries[to]++
	try := s.o.tries[to]
	s.o.mu.Unlock()
	if s.o.rcpt != nil {
		return s.o.rcpt(to, try)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.o.mu.Lock()
	try := s.o.tries[s.to]
	s.o.mu.Unlock()
	if s.o.data != nil {
		if err := s.o.data(s.c, s.to, try); err != nil {
			return err
		}
	}
	s.o.mu.Lock()
	s.o.posts = append(s.o.posts, post{s.from, s.to, b})
	s.o.mu.Unlock()
	if s.o.after != nil {
		return s.o.after(s.c, s.to, try)
	}
	return nil
}

func (o *office) taken() []post {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.posts
}

// start starts the server on loopback.
func (o *office) start(t testing.TB, config *tls.Config) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.tries = make(map[string]int)
	o.addr = l.Addr().(*net.TCPAddr)
	o.server = smtp.NewServer(o)
	o.server.Domain, o.server.TLSConfig, o.server.AllowInsecureAuth = "localhost", config, config == nil
	o.server.ReadTimeout, o.server.WriteTimeout = 10*time.Second, 10*time.Second
	o.server.ErrorLog = log.New(io.Discard, "", 0)
	go o.server.Serve(l)
	t.Cleanup(func() { o.server.Close() })
	return o
}

// later and never are a server's answers.
var (
	tryLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, ana@example.org"}
	noSuchUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<ana@example.org> does not live here"}
)

// hangUp breaks the connection.
func hangUp(c *smtp.Conn) error {
	c.Conn().Close()
	return errors.New("hung up")
}

// certificate makes a certificate for localhost, and a file with it.
func certificate(t testing.TB) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, path
}
