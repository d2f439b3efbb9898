package daemon

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/vault"
)

func common(t *testing.T) *Common {
	t.Helper()
	dir := t.TempDir()
	return &Common{Dir: filepath.Join(dir, "data"), Passphrase: filepath.Join(dir, "passphrase"), Socket: filepath.Join(dir, "socket")}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// E12: the passphrase comes from a file that nobody else can read, from systemd, or from a terminal; it is drawn if there is none yet.
func TestE12_Passphrase(t *testing.T) {
	c := common(t)
	v, err := c.NewVault(nil, io.Discard)
	must(t, err)
	must(t, v.Write("signing-key", []byte("secret")))
	drawn, err := os.ReadFile(c.Passphrase)
	must(t, err)
	if info, err := os.Stat(c.Passphrase); err != nil || info.Mode().Perm() != 0o600 || len(bytes.TrimSpace(drawn)) < 20 {
		t.Errorf("drawn: %v, %v, %d bytes", info.Mode(), err, len(drawn))
	}
	v, err = c.OpenVault(nil, io.Discard)
	must(t, err)
	if b, err := v.Read("signing-key"); err != nil || string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
	wrong := func(want, hint string) {
		t.Helper()
		if _, err := c.OpenVault(strings.NewReader("open sesame\n"), io.Discard); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(HintOf(err), hint) {
			t.Errorf("%v (hint %q), want %q (%q)", err, HintOf(err), want, hint)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		must(t, os.Chmod(c.Passphrase, mode))
		wrong("others than its owner", "chmod 600")
	}
	must(t, os.Chmod(c.Passphrase, 0o400))
	if _, err := c.OpenVault(nil, io.Discard); err != nil {
		t.Error(err)
	}
	must(t, os.Remove(c.Passphrase))
	wrong("no such file", "bring the file back")
	must(t, os.WriteFile(c.Passphrase, []byte("another one\n"), 0o600))
	wrong("passphrase", "belong together")
	must(t, os.WriteFile(c.Passphrase, []byte("\n\n"), 0o600))
	wrong("is empty", "")
	c.Passphrase = ""
	wrong("no terminal", "passphrase = ")
	credentials := t.TempDir()
	must(t, os.WriteFile(filepath.Join(credentials, "passphrase"), drawn, 0o440)) // as systemd gives it
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	if _, err := c.OpenVault(nil, io.Discard); err != nil {
		t.Error(err)
	}
}

// One process works in a folder, and a folder is made once.
func TestClaim(t *testing.T) {
	c := common(t)
	if _, err := c.Claim(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(HintOf(err), "init") {
		t.Errorf("%v (hint %q)", err, HintOf(err))
	}
	if _, err := os.Stat(c.Dir); err == nil {
		t.Error("a folder was made")
	}
	release, err := c.ClaimNew()
	must(t, err)
	_, err = c.NewVault(nil, io.Discard)
	must(t, err)
	if _, err := c.Claim(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another process (%d) works in", os.Getpid())) || HintOf(err) == "" {
		t.Errorf("%v (hint %q)", err, HintOf(err))
	}
	release()
	if _, err := c.ClaimNew(); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Error(err)
	}
	release, err = c.Claim()
	must(t, err)
	release()
}

// The socket is its owner's alone; answers and errors with their hints arrive; one that a killed process has left is no obstacle.
func TestControl(t *testing.T) {
	c := common(t)
	var out bytes.Buffer
	if err := c.Ask(t.Context(), "echo", nil, nil, &out); !NotRunning(err) || HintOf(err) == "" {
		t.Errorf("%v (hint %q)", err, HintOf(err))
	}
	left, err := net.Listen("unix", c.Socket)
	must(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	if err := c.Ask(t.Context(), "echo", nil, nil, &out); !NotRunning(err) {
		t.Errorf("a socket without a process: %v", err)
	}
	control := NewControl()
	control.Answer("echo", func(r *http.Request, w io.Writer) error {
		if r.URL.Query().Get("fail") != "" {
			return Hint(errors.New("it failed"), "do %s", "this")
		}
		_, err := io.Copy(w, r.Body)
		return err
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- control.Serve(ctx, c.Socket) }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if err = c.Ask(t.Context(), "echo", nil, strings.NewReader("hello"), &out); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil || out.String() != "hello" {
		t.Errorf("%q, %v", &out, err)
	}
	if info, err := os.Stat(c.Socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := c.Ask(t.Context(), "echo", url.Values{"fail": {"yes"}}, nil, &out); err == nil || err.Error() != "it failed" || HintOf(err) != "do this" {
		t.Errorf("%v (hint %q)", err, HintOf(err))
	}
	if err := c.Ask(t.Context(), "sing", nil, nil, &out); err == nil || NotRunning(err) {
		t.Errorf("an unknown verb: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	long := &Common{Socket: filepath.Join(t.TempDir(), strings.Repeat("x", 120))}
	if err := control.Serve(t.Context(), long.Socket); err == nil || !strings.Contains(HintOf(err), "shorter") {
		t.Errorf("%v (hint %q)", err, HintOf(err))
	}
}

// A board that shows another log than the one of the entry is refused, whoever has the address now.
func TestA5_AnotherLog(t *testing.T) {
	org := simulate.New(t, simulate.Config{Members: 2})
	board := partytest.New(org)
	g, id := org.State.Genesis()
	entry := &BoardEntry{URL: "https://board.example", Genesis: id, LogKey: g.LogKey}
	must(t, (&pinned{Board: board.View(), entry: entry}).Update(t.Context()))
	other := *entry
	other.Genesis[0] ^= 1
	if err := (&pinned{Board: board.View(), entry: &other}).Update(t.Context()); err == nil || !strings.Contains(err.Error(), "another log") || HintOf(err) == "" {
		t.Errorf("another genesis record: %v (hint %q)", err, HintOf(err))
	}
	other = *entry
	other.LogKey += "x"
	if err := (&pinned{Board: board.View(), entry: &other}).Update(t.Context()); err == nil {
		t.Error("another key is taken")
	}
}

// A certificate is read again when it has changed, at the latest when the process is told; one that cannot be used changes nothing.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	s := &Server{Listen: "127.0.0.1:0", Address: "https://127.0.0.1", Certificate: "c.pem", Key: "k.pem"}
	must(t, s.Complete(dir))
	if _, err := s.Open(t.Context(), slog.New(slog.DiscardHandler)); err == nil || HintOf(err) == "" {
		t.Errorf("without files: %v (hint %q)", err, HintOf(err))
	}
	issue := func(name string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
		must(t, err)
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		must(t, vault.WriteFile(s.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		must(t, vault.WriteFile(s.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	}
	issue("first.example")
	l, err := s.Open(t.Context(), slog.New(slog.DiscardHandler))
	must(t, err)
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		served <- Serve(ctx, l, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	}()
	shows := func(name string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			must(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
			c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
			must(t, err)
			got := c.ConnectionState().PeerCertificates[0].DNSNames[0]
			c.Close()
			if got == name {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s is shown, want %s", got, name)
			}
		}
	}
	shows("first.example")
	issue("second.example")
	shows("second.example")
	must(t, os.WriteFile(s.Certificate, []byte("none"), 0o600))
	shows("second.example")
	issue("third.example")
	shows("third.example")
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// A certificate of an authority of one's own is believed where the configuration names it.
func TestCA(t *testing.T) {
	dir := t.TempDir()
	l := &BoardLink{Board: "b.toml", CA: "ca.pem"}
	must(t, l.Complete(dir))
	e := entryOf(t)
	b, err := e.Marshal("x")
	must(t, err)
	must(t, os.WriteFile(l.Board, b, 0o600))
	if _, _, err := l.Dial(); err == nil || !strings.Contains(err.Error(), "ca: ") {
		t.Error(err)
	}
	must(t, os.WriteFile(l.CA, []byte("none"), 0o600))
	if _, _, err := l.Dial(); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Error(err)
	}
}

// entryOf has a party of every kind.
func entryOf(t testing.TB) *Entry {
	org := simulate.New(t, simulate.Config{Members: 1})
	g, id := org.State.Genesis()
	key := Key(org.Commission[0].Public().Encoding())
	return &Entry{
		Board:      &BoardEntry{URL: "https://board.example", Genesis: id, LogKey: g.LogKey},
		Officers:   []OfficerEntry{{"Commission", key}},
		Registrars: []RegistrarEntry{{"Registrar", "Auditors", "e-mail code", "https://cards.example", key}},
		Trustees:   []TrusteeEntry{{"Ana \"A\" Ruiz", "", key}, {"Ben", "https://ben.example", key}},
	}
}

// An entry is read as it was written, and nothing else is.
func TestEntry(t *testing.T) {
	e := entryOf(t)
	b, err := e.Marshal("What it is for.")
	must(t, err)
	got, err := ParseEntry(b)
	must(t, err)
	again, err := got.Marshal("What it is for.")
	must(t, err)
	if !bytes.Equal(b, again) || len(got.Trustees) != 2 || got.Trustees[0].Trustee().Name != "Ana \"A\" Ruiz" || !reflect.DeepEqual(got.Board, e.Board) {
		t.Errorf("%s\n%s", b, again)
	}
	for from, to := range map[string]string{
		"[board]":                             "[bord]",
		"operator":                            "operater",
		"https://cards.example":               "javascript:alert(1)",
		"'Auditors'":                          "''",
		"'https://board.example'":             "''",
		e.Board.LogKey:                        "none",
		record.ID(e.Board.Genesis).String():   strings.Repeat("0", 64),
		record.ID(e.Officers[0].Key).String(): strings.Repeat("f", 64),
		"log-key = ":                          "witnesses-needed = 1\nlog-key = ",
		"[board]\n":                           "[board]\nwitnesses-needed = 1\nwitnesses = ['none']\n",
		"[[officer]]\nname = 'Commission'\n":  "[[officer]]\nname = 'Commission'\nname = 'Twice'\n",
	} {
		bad := strings.Replace(string(b), from, to, 1)
		if bad == string(b) {
			t.Errorf("%s is not in the entry", from)
		}
		if _, err := ParseEntry([]byte(bad)); err == nil {
			t.Errorf("%s in place of %s is taken", to, from)
		}
	}
	if _, err := ParseEntry([]byte("[[trustee]]\nname = 'Ana'\n")); err == nil || !strings.Contains(err.Error(), "key is needed") {
		t.Error(err)
	}
	if _, err := ParseEntry(bytes.Repeat([]byte("#\n"), maxEntry)); err == nil {
		t.Error("a long file is taken")
	}
}

func FuzzParseEntry(f *testing.F) {
	b, err := entryOf(f).Marshal("seed")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("[board]\nurl = 'https://x.example'\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(b)
		if err != nil {
			return
		}
		once, err := e.Marshal("again")
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseEntry(once)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		if twice, err := again.Marshal("again"); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v\n%s\n%s", err, once, twice)
		}
	})
}

// Whatever file a disk refuses, its operator is told what to do; a hint of its own comes first.
func TestHintsOfDisks(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.EROFS: "make it writable", syscall.ENOSPC: "make room", syscall.EDQUOT: "make room", syscall.ENOENT: "",
	} {
		err := fmt.Errorf("writing a key: %w", &os.PathError{Op: "open", Path: "data/key", Err: errno})
		if got := HintOf(err); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%v: hint %q", err, got)
		}
		if got := HintOf(Hint(err, "ask Ana")); got != "ask Ana" {
			t.Errorf("%v: hint %q", err, got)
		}
	}
}
