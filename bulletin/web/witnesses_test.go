package web

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/store"
	"mandate/bulletin/witness"
	"mandate/verifier/boardlog"
)

// A tower is a witness over HTTP that can be away.
type tower struct {
	vkey, url string
	away      atomic.Bool
}

func newTower(t testing.TB, name, logKey string) *tower {
	t.Helper()
	db, err := store.Open(t.TempDir(), &store.DBOptions{MinFree: 1, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w, err := witness.New(witness.Options{
		DB: db, Name: name, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte(name)[:1], 32)), Log: quiet,
		Logs: func() ([]witness.Log, error) { return witness.ParseLogs(logKey) },
	})
	if err != nil {
		t.Fatal(err)
	}
	tw := &tower{vkey: w.VerifierKey()}
	answer := w.Handler()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if tw.away.Load() {
			panic(http.ErrAbortHandler)
		}
		answer.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	tw.url = s.URL
	return tw
}

// quorum returns the policy of some of the towers.
func quorum(t testing.TB, need int, vkeysAndURLs ...string) *witness.Quorum {
	t.Helper()
	var b strings.Builder
	names := ""
	for i := 0; i < len(vkeysAndURLs); i += 2 {
		fmt.Fprintf(&b, "witness w%d %s %s\n", i, vkeysAndURLs[i], vkeysAndURLs[i+1])
		names += fmt.Sprintf(" w%d", i)
	}
	fmt.Fprintf(&b, "group g %d%s\nquorum g\n", need, names)
	q, err := witness.ParsePolicy([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// until waits for a condition.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// witnessed returns the policy of the log with its witnesses.
func witnessed(t testing.TB, o *simulate.Org, q *witness.Quorum) boardlog.Policy {
	t.Helper()
	p := policyOf(t, o)
	p.Need = q.Need()
	for _, k := range q.Keys() {
		v, err := checkpoint.ParseWitnessKey(k)
		if err != nil {
			t.Fatal(err)
		}
		p.Witnesses = append(p.Witnesses, v)
	}
	return p
}

// waits asserts that a ballot is promised, that its receipt waits for witnesses, and that the board says so everywhere.
func (s *site) waits(ballot *record.Record, want string) {
	s.t.Helper()
	a, err := s.Submit(context.Background(), ballot)
	if err != nil || a.Promise == nil {
		s.t.Fatalf("without witnesses a ballot is not promised: %v", err)
	}
	until(s.t, want, func() bool {
		resp, body := s.get("/readyz")
		return resp.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(body), want)
	})
	resp, body := s.get("/receipts/" + ballot.ID().String())
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), want) || resp.Header.Get(HeaderCode) != CodeWitnesses {
		s.t.Fatalf("receipt: status %d: %s", resp.StatusCode, body)
	}
	if _, err := s.Receipt(context.Background(), ballot.ID()); !errors.Is(err, client.ErrUnwitnessed) {
		s.t.Fatalf("the client takes it for another error: %v", err)
	}
	until(s.t, "trouble", func() bool { return strings.Contains(s.b.Trouble(), want) })
}

// complete waits until the ballot's receipt has its quorum.
func (s *site) complete(ballot *record.Record, p boardlog.Policy) {
	s.t.Helper()
	until(s.t, "a receipt with the quorum", func() bool {
		text, err := s.Receipt(context.Background(), ballot.ID())
		if err != nil {
			return false
		}
		r, err := boardlog.ParseReceipt(text)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := r.Verify(p); err != nil {
			s.t.Fatalf("%v\n%s", err, text)
		}
		return true
	})
	until(s.t, "ready", func() bool { resp, _ := s.get("/readyz"); return resp.StatusCode == http.StatusOK })
}

// TestG1_ReceiptsWaitForWitnesses has one of two witnesses away, and come back.
func TestG1_ReceiptsWaitForWitnesses(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	a, b := newTower(t, "a.example", v.Org.LogKey), newTower(t, "b.example", v.Org.LogKey)
	q := quorum(t, 2, a.vkey, a.url, b.vkey, b.url)
	s := serve(t, v.Org, func(c *board.Config, _ *Options) { c.Witnesses = q })
	policy := witnessed(t, v.Org, q)
	first := v.Ballot(0, v.Choice(0)...)
	if _, err := s.Submit(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	s.complete(first, policy)
	if _, body := s.get("/witnesses"); !strings.Contains(string(body), "log "+v.Org.LogKey) || !strings.Contains(string(body), a.vkey) {
		t.Errorf("the policy: %s", body)
	}
	b.away.Store(true)
	second := v.Ballot(1, v.Choice(1)...)
	s.waits(second, "waiting for witnesses: 1 of 2")
	b.away.Store(false)
	s.complete(second, policy)
	if s.b.Trouble() != "" {
		t.Error(s.b.Trouble())
	}
}

// TestG1_BoardBegunWithoutWitnesses has a board begun, closed and opened again while no witness answers: it shows no checkpoint.
func TestG1_BoardBegunWithoutWitnesses(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 1})
	a := newTower(t, "a.example", o.LogKey)
	a.away.Store(true)
	c := configOf(o, t.TempDir())
	c.Witnesses, c.Genesis = quorum(t, 1, a.vkey, a.url), o.GenesisBody()
	b, err := board.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatalf("closing without witnesses: %v", err)
	}
	s := serveConfig(t, o, c, Options{Log: quiet})
	if resp, _ := s.get("/checkpoint"); resp.StatusCode != http.StatusNotFound {
		t.Fatalf("a checkpoint without witnesses: status %d", resp.StatusCode)
	}
	if s.b.Size() == 0 {
		t.Fatal("the log is not begun")
	}
	a.away.Store(false)
	until(t, "a checkpoint", func() bool {
		resp, body := s.get("/checkpoint")
		if resp.StatusCode != http.StatusOK {
			return false
		}
		if _, err := boardlog.Open(body, witnessed(t, o, c.Witnesses)); err != nil {
			t.Fatal(err)
		}
		return true
	})
}

// TestG2_CosignedAgain has a log that does not grow: its checkpoint is cosigned again, so that its age shows that the board is alive.
func TestG2_CosignedAgain(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 1})
	a := newTower(t, "a.example", o.LogKey)
	path := t.TempDir()
	q := quorum(t, 1, a.vkey, a.url)
	log, err := store.OpenLog(context.Background(), store.Options{
		Path: path, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet, Witnesses: q.Group(), HTTPClient: q.Client(nil),
		CheckpointInterval: 10 * time.Millisecond, RepublishInterval: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.Append(context.Background(), o.Log()[0]); err != nil {
		t.Fatal(err)
	}
	at := func() uint64 {
		c, err := log.Await(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		cp, err := boardlog.Open(c.Signed, witnessed(t, o, q))
		if err != nil {
			t.Fatal(err)
		}
		return cp.Cosignatures()[0].Time
	}
	first := at()
	until(t, "a newer cosignature", func() bool { return at() > first })
}

// signs is the transport to a witness that cosigns whatever it is sent.
type signs struct{ witness simulate.Witness }

func (s signs) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	request, err := witness.ParseRequest(body)
	if err != nil {
		return nil, err
	}
	text, _, _ := strings.Cut(string(request.Checkpoint), "\n\n")
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, s.witness.Signer)
	if err != nil {
		return nil, err
	}
	line := signed[len(text)+2:]
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(line)), Request: r}, nil
}

// TestG2_ThePageSaysWhoWitnesses has the page of a vote name its witnesses, and when they have cosigned what the board shows.
func TestG2_ThePageSaysWhoWitnesses(t *testing.T) {
	v := openVote(t, simulate.Config{Witnesses: 1}, 1)
	one := v.Org.Witnesses[0]
	s := serve(t, v.Org, func(c *board.Config, _ *Options) {
		c.Witnesses, c.WitnessTransport = quorum(t, 1, one.Key, "https://one.example"), signs{one}
	})
	ballot := v.Ballot(0, v.Choice(0)...)
	if _, err := s.Submit(context.Background(), ballot); err != nil {
		t.Fatal(err)
	}
	s.complete(ballot, witnessed(t, v.Org, quorum(t, 1, one.Key, "https://one.example")))
	name, _, _ := strings.Cut(one.Key, "+")
	until(t, "the page says who has cosigned", func() bool {
		_, body := s.get("/vote/" + v.ID.String())
		return bytes.Contains(body, []byte("<bdi>"+name+"</bdi>")) && bytes.Contains(body, []byte("signed the newest record"))
	})
}
