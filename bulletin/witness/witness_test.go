package witness

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// TestProtocol has every answer of c2sp.org/tlog-witness.
func TestProtocol(t *testing.T) {
	l, stranger := newLog(t, "log.example/a"), newLog(t, "log.example/b")
	s := newScene(t, l)
	empty := l.request(0)
	bogus := Request{Checkpoint: l.sign(fmt.Sprintf("%s\n0\n%v\n", l.origin, tlog.Hash{1}))}
	s.refuses(bogus, http.StatusUnprocessableEntity, "")
	s.cosigns(empty)
	s.cosigns(empty)

	l.grow("0", "1", "2")
	s.refuses(stranger.grow("0").request(0), http.StatusNotFound, "")
	impostor := newLog(t, l.origin)
	s.refuses(impostor.grow("0").request(0), http.StatusForbidden, "")
	s.refuses(l.request(4), http.StatusBadRequest, "")
	s.refuses(l.request(2), http.StatusConflict, sizeType)
	proved := l.request(0)
	proved.Proof = tlog.TreeProof{l.root()}
	s.refuses(proved, http.StatusUnprocessableEntity, "")
	s.cosigns(l.request(0))
	s.refuses(l.request(0), http.StatusConflict, sizeType)
	s.cosigns(l.request(3)) // again, with a newer time

	l.grow("3", "4", "5", "6")
	s.again() // what was cosigned is on disk
	bad := l.request(3)
	bad.Proof = slices.Clone(bad.Proof)
	bad.Proof[0][0] ^= 1
	s.refuses(bad, http.StatusUnprocessableEntity, "")
	short := l.request(3)
	short.Proof = short.Proof[1:]
	s.refuses(short, http.StatusUnprocessableEntity, "")
	s.cosigns(l.request(3))

	for _, body := range []string{"", "old 7\n", "old 07\n\n" + string(l.sign(l.text())), "old 7\n\n", "old 7\n\n" + l.origin + "\nno note", strings.Repeat("x", MaxRequest)} {
		if status, _, _ := s.post([]byte(body)); status != http.StatusBadRequest {
			t.Errorf("%.40q: status %d", body, status)
		}
	}
	if status, _, _ := s.post(make([]byte, MaxRequest+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body: status %d", status)
	}
}

// TestG1_TwoForksGetOneCosignature has a log that forks at one size, and one that goes on from different pasts.
func TestG1_TwoForksGetOneCosignature(t *testing.T) {
	l := newLog(t, "log.example/a").grow("0", "1")
	s := newScene(t, l)
	s.cosigns(l.request(0))
	a, b := l.fork().grow("a"), l.fork().grow("b")
	s.cosigns(a.request(2))
	s.refuses(b.request(2), http.StatusConflict, "text/plain; charset=utf-8")
	s.refuses(b.request(3), http.StatusConflict, "text/plain; charset=utf-8")
	s.again()
	longer := b.fork().grow("c", "d")
	s.refuses(longer.request(3), http.StatusUnprocessableEntity, "")
	s.refuses(longer.request(0), http.StatusConflict, sizeType)
	s.cosigns(a.grow("c").request(3))

	heads, err := s.Heads()
	if err != nil || len(heads) != 1 {
		t.Fatal(heads, err)
	}
	one, other, ok := strings.Cut(string(heads[0].Fork), "\n\n"+l.origin+"\n")
	if !ok || !strings.HasPrefix(one, l.origin+"\n3\n") || !strings.HasPrefix(other, "3\n") || strings.Contains(one, other) {
		t.Fatalf("the two trees are not kept:\n%s", heads[0].Fork)
	}
	a.refusesRollback(s)
}

// refusesRollback asserts that no earlier size is cosigned any more.
func (l *testLog) refusesRollback(s *scene) {
	l.t.Helper()
	earlier := newLog(l.t, l.origin)
	earlier.signer, earlier.vkey = l.signer, l.vkey
	earlier.grow("0", "1", "a")
	for old := range int64(4) {
		s.refuses(earlier.request(old), http.StatusConflict, sizeType)
	}
}

// TestG1_ForksAtOnce has many forks ask at the same moment.
func TestG1_ForksAtOnce(t *testing.T) {
	l := newLog(t, "log.example/a").grow("0")
	s := newScene(t, l)
	s.cosigns(l.request(0))
	var requests []Request
	for i := range 32 {
		requests = append(requests, l.fork().grow(fmt.Sprint(i)).request(1))
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	signed := 0
	for _, r := range requests {
		wait.Go(func() {
			_, err := s.Add(background, r)
			mu.Lock()
			defer mu.Unlock()
			var conflict *ConflictError
			switch {
			case err == nil:
				signed++
			case !errors.Is(err, ErrFork) && !errors.As(err, &conflict):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if signed != 1 {
		t.Fatalf("%d of 32 forks have a cosignature", signed)
	}
}

// TestForeignCheckpoints has what other logs write: extension lines, lines of other keys, an origin that is not the key's name.
func TestForeignCheckpoints(t *testing.T) {
	l, other := newLog(t, "sum.example"), newLog(t, "somebody.example")
	l.origin = "a sum database tree"
	l.grow("0", "1")
	s := newScene(t, l)
	s.cosigns(Request{Checkpoint: l.sign(l.text()+"an extension\n", other.signer)})
	heads, err := s.Heads()
	if err != nil || strings.Contains(string(heads[0].Signed), other.origin) || !strings.Contains(string(heads[0].Signed), "an extension") {
		t.Fatalf("kept: %v\n%s", err, heads[0].Signed)
	}
	v, err := torchwood.NewCosignatureVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	line, err := s.Add(background, Request{Old: 2, Checkpoint: l.sign(l.text())})
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(append(l.sign(l.text()), line...), note.VerifierList(v))
	if err != nil {
		t.Fatalf("torchwood does not take it: %v", err)
	}
	if at, err := torchwood.CosignatureTimestamp(n.Sigs[0]); err != nil || at == 0 {
		t.Fatal(at, err)
	}
}

// TestG7_KeysOfAnotherLog has a log sign with its key what another log's checkpoint would be.
func TestG7_KeysOfAnotherLog(t *testing.T) {
	a, b := newLog(t, "log.example/a").grow("0"), newLog(t, "log.example/b").grow("0")
	s := newScene(t, a, b)
	s.refuses(Request{Checkpoint: b.sign(a.text())}, http.StatusForbidden, "")
	both := a.sign(a.text(), b.signer)
	s.cosigns(Request{Checkpoint: both})
	damaged := []byte(strings.Replace(string(a.sign(a.text())), "\n1\n", "\n2\n", 1))
	if _, err := s.Add(background, Request{Old: 1, Checkpoint: damaged}); err == nil {
		t.Fatal("a text that was not signed is cosigned")
	}
}

func TestLogs(t *testing.T) {
	l := newLog(t, "log.example/a")
	logs, err := ParseLogs("# ours\n\n" + l.vkey + "\n  " + l.vkey + "  another origin # and why\n")
	if err != nil || len(logs) != 2 || logs[0].Origin != l.origin || logs[1].Origin != "another origin" {
		t.Fatal(logs, err)
	}
	for _, bad := range []string{"x", l.vkey + " a\tb", l.vkey[:len(l.vkey)-2], "PRIVATE+KEY+a+b+c"} {
		if _, err := ParseLogs(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzRequest(f *testing.F) {
	l := newLog(f, "log.example/a").grow("0", "1", "2", "3", "4")
	for _, old := range []int64{0, 3, 5} {
		f.Add(l.request(old).Bytes())
	}
	f.Add([]byte("old 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		if err != nil {
			if !errors.Is(err, ErrRequest) {
				t.Fatal(err)
			}
			return
		}
		if got := r.Bytes(); string(got) != string(b) {
			t.Fatalf("%q is written as %q", b, got)
		}
	})
}
