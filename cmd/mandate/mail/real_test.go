package mail

import (
	"bytes"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/cmd/mandate/registrar/issuing"
)

// realServer starts a mail server that is no part of this program: aiosmtpd, which delivers into a Maildir. It returns the port and the folder.
func realServer(t *testing.T) (port int, maildir string) {
	t.Helper()
	python := ""
	for _, name := range []string{"/usr/bin/python3", "python3"} { // Debian's own sees Debian's packages
		if exec.Command(name, "-c", "import aiosmtpd").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("there is no aiosmtpd; on Debian: apt-get install python3-aiosmtpd")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	maildir = filepath.Join(t.TempDir(), "box")
	c := exec.Command(python, "-m", "aiosmtpd", "-n", "-l", fmt.Sprintf("127.0.0.1:%d", port), "-c", "aiosmtpd.handlers.Mailbox", maildir)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
			return port, maildir
		}
		if time.Now().After(end) {
			t.Fatal("aiosmtpd does not listen")
		}
	}
}

// Letters sent through a mail server that others have made are delivered whole, each once, with the member's own code in both parts.
func TestARealMailServer(t *testing.T) {
	port, maildir := realServer(t)
	o := &Config{Organisation: facts.Organisation, Sender: facts.Sender, Contact: facts.Contact, Board: facts.Board,
		From: From{Address: "votes@example.org", Name: "Votes"}, Server: Server{Host: "127.0.0.1", Port: port, TLS: "none"}, Limits: Limits{PerSecond: 1e6}}
	p, err := OpenPost(t.TempDir(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const n = 30
	var list bytes.Buffer
	list.WriteString(strings.Join(codesHeader, ",") + "\r\n")
	codes := make(map[string]string) // by address
	for _, r := range recipients(n) {
		fmt.Fprintf(&list, "%d,%s,%s,%s,%s,%s\r\n", r.Entry, r.Number, r.Name, r.Email, r.Code, r.Link)
		codes[r.Email] = r.Code
	}
	b := &Batch{Job: "invitation-real", Letter: Invitation, Desk: issuing.Desk{Round: desk.Round, Registrar: desk.Registrar}, Title: facts.Title, Closes: facts.Closes,
		Registrars: facts.Registrars, List: list.Bytes()}
	for range 2 { // the second time there is nothing to do
		f, err := p.Send(t.Context(), b)
		if err != nil || f.Sent != n || f.Total != n {
			t.Fatalf("%+v, %v", f, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(maildir, "new", "*"))
	if err != nil || len(files) != n {
		t.Fatalf("%d mails were delivered (%v), want %d", len(files), err, n)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		to, err := netmail.ParseAddress(m.Header.Get("To"))
		if err != nil {
			t.Fatal(err)
		}
		code, ok := codes[to.Address]
		if !ok || m.Header.Get("X-RcptTo") != to.Address {
			t.Errorf("a mail to %s for %s", m.Header.Get("X-RcptTo"), to.Address)
		}
		delete(codes, to.Address)
		text, html := parts(t, &post{raw: raw})
		if !strings.Contains(text, code) || !strings.Contains(html, code) {
			t.Errorf("the mail to %s has not the member's code", to.Address)
		}
	}
	if len(codes) != 0 {
		t.Errorf("%d members got no mail", len(codes))
	}
}
