package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/bulletin/store"
)

// A testLog is a log in memory, with any origin.
type testLog struct {
	t      testing.TB
	origin string
	vkey   string
	signer note.Signer
	stored []tlog.Hash
	size   int64
}

func newLog(t testing.TB, name string) *testLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &testLog{t: t, origin: name, vkey: vkey, signer: signer}
}

func (l *testLog) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, _ error) {
		for _, i := range indexes {
			out = append(out, l.stored[i])
		}
		return out, nil
	})
}

// fork returns another log with the same key and, up to now, the same entries.
func (l *testLog) fork() *testLog {
	f := *l
	f.stored = append([]tlog.Hash(nil), l.stored...)
	return &f
}

func (l *testLog) grow(entries ...string) *testLog {
	l.t.Helper()
	for _, e := range entries {
		h, err := tlog.StoredHashes(l.size, []byte(e), l.reader())
		if err != nil {
			l.t.Fatal(err)
		}
		l.stored, l.size = append(l.stored, h...), l.size+1
	}
	return l
}

func (l *testLog) root() tlog.Hash {
	l.t.Helper()
	h, err := tlog.TreeHash(l.size, l.reader())
	if err != nil {
		l.t.Fatal(err)
	}
	return h
}

func (l *testLog) text() string { return fmt.Sprintf("%s\n%d\n%v\n", l.origin, l.size, l.root()) }

func (l *testLog) sign(text string, more ...note.Signer) []byte {
	l.t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, append([]note.Signer{l.signer}, more...)...)
	if err != nil {
		l.t.Fatal(err)
	}
	return signed
}

// request asks for a cosignature of the log as it is.
func (l *testLog) request(old int64) Request {
	l.t.Helper()
	r := Request{Old: uint64(old), Checkpoint: l.sign(l.text())}
	if old > 0 && old < l.size {
		p, err := tlog.ProveTree(l.size, old, l.reader())
		if err != nil {
			l.t.Fatal(err)
		}
		r.Proof = p
	}
	return r
}

// A scene is a witness of some logs over HTTP.
type scene struct {
	t testing.TB
	*Witness
	db   *store.DB
	path string
	url  string
	logs string
}

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))

func newScene(t testing.TB, logs ...*testLog) *scene {
	t.Helper()
	s := &scene{t: t, path: t.TempDir()}
	for _, l := range logs {
		s.logs += l.vkey + " " + l.origin + "\n"
	}
	s.open()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Handler().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *scene) open() {
	s.t.Helper()
	db, err := store.Open(s.path, &store.DBOptions{MinFree: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	s.db = db
	s.Witness, err = New(Options{DB: db, Name: "witness.example/one", Key: testKey, Logs: func() ([]Log, error) { return ParseLogs(s.logs) }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
}

// again closes and opens the witness.
func (s *scene) again() {
	s.t.Helper()
	if err := s.db.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

// post sends a request and returns the answer.
func (s *scene) post(body []byte) (status int, kind, text string) {
	s.t.Helper()
	a, err := http.Post(s.url+"/add-checkpoint", "text/plain", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	var b bytes.Buffer
	b.ReadFrom(a.Body)
	return a.StatusCode, a.Header.Get("Content-Type"), b.String()
}

// cosigns asserts that a request gets a cosignature that verifies.
func (s *scene) cosigns(r Request) {
	s.t.Helper()
	status, _, text := s.post(r.Bytes())
	if status != http.StatusOK {
		s.t.Fatalf("status %d: %s", status, text)
	}
	key, err := checkpoint.ParseWitnessKey(s.VerifierKey())
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Count(text, "\n") != 1 {
		s.t.Fatalf("not one line: %q", text)
	}
	n, err := note.Open(append(bytes.Clone(r.Checkpoint), text...), note.VerifierList(key))
	if err != nil || len(n.Sigs) != 1 {
		s.t.Fatalf("the cosignature does not verify: %v", err)
	}
}

// refuses asserts the status of an answer.
func (s *scene) refuses(r Request, want int, kind string) {
	s.t.Helper()
	status, got, text := s.post(r.Bytes())
	if status != want || kind != "" && got != kind {
		s.t.Fatalf("status %d %s: %s; want %d %s", status, got, text, want, kind)
	}
	if kind == sizeType && text != fmt.Sprintf("%d\n", s.size(r)) {
		s.t.Fatalf("says the size is %q, it is %d", text, s.size(r))
	}
}

const sizeType = "text/x.tlog.size"

// size is what was cosigned last of a request's log.
func (s *scene) size(r Request) int64 {
	s.t.Helper()
	origin, _, _ := strings.Cut(string(r.Checkpoint), "\n")
	heads, err := s.Heads()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range heads {
		if h.Origin == origin {
			return h.Tree.N
		}
	}
	return 0
}

var background = context.Background()
