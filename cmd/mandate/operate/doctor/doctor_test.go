package doctor

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/bulletin/store"
	"mandate/cmd/mandate/operate/backup"
	parties "mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
)

// A patient is a board's folder and configuration in which nothing is wrong.
type patient struct {
	*testing.T
	base string
	port string
}

func newPatient(t *testing.T) *patient {
	p := &patient{T: t, base: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, p.port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	p.write("board.toml", fmt.Sprintf("title = { en = \"x\" }\nlisten = \"127.0.0.1:%s\"\naddress = \"https://board.example\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\npassphrase = \"phrase\"\n", p.port), 0o600)
	p.write("phrase", "correct horse\n", 0o600)
	p.certificate("board.example", time.Now().AddDate(1, 0, 0))
	p.write("k.pem", "", 0o600)
	v, err := vault.Create(p.path("data/vault"), []byte("correct horse"), vault.Options{WorkFactor: 3})
	if err == nil {
		_, err = parties.Key(v, "signing-key")
	}
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(p.path("data"), 0o700)
	p.write("data/"+backup.LastName, time.Now().UTC().Format(time.RFC3339), 0o644)
	db, err := store.Open(p.path("data/log"), &store.DBOptions{MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	return p
}

func (p *patient) path(name string) string { return filepath.Join(p.base, filepath.FromSlash(name)) }

func (p *patient) write(name, text string, mode os.FileMode) {
	p.Helper()
	os.Remove(p.path(name))
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o700); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), mode); err != nil {
		p.Fatal(err)
	}
	if err := os.Chmod(p.path(name), mode); err != nil {
		p.Fatal(err)
	}
}

func (p *patient) certificate(name string, until time.Time) {
	p.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		p.Fatal(err)
	}
	p.write("c.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o600)
}

// wrong returns what the doctor says is wrong, by check.
func (p *patient) wrong() map[string]Finding {
	p.Helper()
	var out, errs bytes.Buffer
	code := Run(p.Context(), []string{"-config", p.path("board.toml"), "-json"}, &out, &errs)
	var said struct {
		Well     bool
		Findings []Finding
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		p.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	if said.Well != (code == 0) {
		p.Errorf("well %v, exit status %d", said.Well, code)
	}
	wrong := make(map[string]Finding)
	for _, f := range said.Findings {
		// How fast and full this machine's disk is, no test decides.
		if f.State == "wrong" && f.Check != "disk" {
			if f.Do == "" {
				p.Errorf("%s: %s, and nothing to do about it", f.Check, f.Says)
			}
			wrong[f.Check] = f
		}
	}
	return wrong
}

func TestTheDoctorFindsWhatIsBroken(t *testing.T) {
	healthy := newPatient(t)
	if wrong := healthy.wrong(); len(wrong) > 0 {
		t.Fatalf("of a healthy party: %v", wrong)
	}
	for name, c := range map[string]struct {
		harm  func(p *patient)
		check string
		says  string
	}{
		"a key that is misspelt":  {func(p *patient) { p.write("board.toml", "titel = 1\n", 0o600) }, "config", "line 1: there is no key titel"},
		"no folder":               {func(p *patient) { os.RemoveAll(p.path("data")) }, "folder", "is not there"},
		"an open folder":          {func(p *patient) { os.Chmod(p.path("data"), 0o755) }, "folder", "0755"},
		"an open secret":          {func(p *patient) { os.Chmod(p.path("data/vault/signing-key.age"), 0o644) }, "secrets", "signing-key.age"},
		"another passphrase":      {func(p *patient) { p.write("phrase", "wrong\n", 0o600) }, "passphrase", ""},
		"an open passphrase":      {func(p *patient) { p.write("phrase", "correct horse\n", 0o644) }, "passphrase", "0644"},
		"no passphrase":           {func(p *patient) { os.Remove(p.path("phrase")) }, "passphrase", ""},
		"a key that is lost":      {func(p *patient) { os.Remove(p.path("data/vault/signing-key.age")) }, "secrets", ""},
		"an old copy":             {func(p *patient) { p.write("data/"+backup.LastName, "2026-01-01T00:00:00Z", 0o644) }, "backup", "2026-01-01"},
		"no copy":                 {func(p *patient) { os.Remove(p.path("data/" + backup.LastName)) }, "backup", "none"},
		"a certificate that ends": {func(p *patient) { p.certificate("board.example", time.Now().Add(100*time.Hour)) }, "certificate", "expires"},
		"one that has ended":      {func(p *patient) { p.certificate("board.example", time.Now().Add(-time.Hour)) }, "certificate", "has expired"},
		"one of another name":     {func(p *patient) { p.certificate("other.example", time.Now().AddDate(1, 0, 0)) }, "certificate", "other.example"},
		"no certificate":          {func(p *patient) { p.write("c.pem", "x", 0o600) }, "certificate", "has none"},
		"a port in use": {func(p *patient) {
			l, err := net.Listen("tcp", "127.0.0.1:"+p.port)
			if err != nil {
				p.Fatal(err)
			}
			p.Cleanup(func() { l.Close() })
		}, "ports", "in use"},
		"a log that was restored": {func(p *patient) {
			var b bytes.Buffer
			db, err := store.Open(p.path("data/log"), &store.DBOptions{MinFree: 1})
			if err == nil {
				err = db.Backup(&b)
				db.Close()
			}
			os.RemoveAll(p.path("data/log"))
			if err == nil {
				err = store.Restore(p.path("data/log"), time.Now(), &b, &store.DBOptions{MinFree: 1})
			}
			if err != nil {
				p.Fatal(err)
			}
		}, "store", "stays closed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			c.harm(p)
			wrong := p.wrong()
			if f, ok := wrong[c.check]; !ok || len(wrong) != 1 || !strings.Contains(f.Says, c.says) {
				t.Errorf("got %+v, want %s: …%s…", wrong, c.check, c.says)
			}
		})
	}
}

// A board's machine with another clock, and one that takes nothing.
func TestTheDoctorComparesClocks(t *testing.T) {
	var ahead time.Duration
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
	}))
	defer s.Close()
	look := func() string {
		f := &findings{now: time.Now()}
		clock(t.Context(), f, nil, s.URL)
		return fmt.Sprint(f.all)
	}
	if got := look(); strings.Contains(got, "wrong") {
		t.Error(got)
	}
	ahead = time.Hour
	if got := look(); !strings.Contains(got, "wrong") || !strings.Contains(got, "1h0m") && !strings.Contains(got, "59m5") {
		t.Error(got)
	}
	ahead, status = 0, http.StatusServiceUnavailable
	if got := look(); !strings.Contains(got, "does not take records") {
		t.Error(got)
	}
}

func TestCommand(t *testing.T) {
	for args, want := range map[string]int{"-h": 0, "": 2, "-config a -dir b": 2, "-config x.toml": 2, "-config x.toml -party witness": 2, "-what": 2, "-dir x y": 2, "-dir /does/not/exist": 1, "-config /does/not/exist/board.toml": 1} {
		var out bytes.Buffer
		if got := Run(t.Context(), strings.Fields(args), &out, &out); got != want {
			t.Errorf("doctor %s: %d, want %d\n%s", args, got, want, &out)
		}
	}
}
