package tally

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"testing"

	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const stepSeconds = 100

// A scene is a ceremony with its trustees and a clock. Everything posted goes
// through Judge, as in the fold.
type scene struct {
	tb       testing.TB
	c        *Ceremony
	trustees []*Trustee
	now      uint64
	posted   uint64
	log      []entry
	rogue    map[int]bool // trustees whose own program does not act
}

// An entry of the scene's log.
type entry struct {
	id   record.ID
	body record.Body
	now  uint64
}

func newKey() sigma.PublicKey { return must(sigma.GenerateKey(rand.Reader)).Public() }

func newScene(tb testing.TB, n, t int) *scene {
	tb.Helper()
	var keys []sigma.PublicKey
	for range n {
		keys = append(keys, newKey())
	}
	s := &scene{tb: tb, now: 1000, rogue: make(map[int]bool), c: NewCeremony(CeremonyParameters{
		Context: [32]byte{42}, Threshold: t, Trustees: keys, Step: stepSeconds, Start: 1000,
	})}
	for i := range n {
		s.trustees = append(s.trustees, must(NewTrustee(s.c, i+1)))
	}
	return s
}

// post posts a record that is accepted.
func (s *scene) post(body record.Body) {
	s.tb.Helper()
	if code, err := s.c.Judge(body, s.now); err != nil || code != "" {
		s.tb.Fatalf("%s: %s: %v", body.Kind(), code, err)
	}
	s.posted++
	e := entry{body: body, now: s.now}
	binary.BigEndian.PutUint64(e.id[:], s.posted)
	s.c.Commit(e.id, e.body, e.now)
	s.log = append(s.log, e)
}

// refuse posts a record that is refused with a code.
func (s *scene) refuse(want string, body record.Body) {
	s.tb.Helper()
	before := s.c.Hash()
	code, err := s.c.Judge(body, s.now)
	if code != want || (err == nil) != (want == "") {
		s.tb.Errorf("%s: code %q, %v; want %q", body.Kind(), code, err, want)
	}
	if s.c.Hash() != before {
		s.tb.Error("Judge changed the ceremony")
	}
}

// next returns what a trustee, from 1, has to post, and keeps its state.
func (s *scene) next(i int) record.Body {
	s.tb.Helper()
	body, state, err := s.trustees[i-1].Next(s.c, rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.trustees[i-1] = state
	return body
}

// act has trustees post what they have to, in order; all if none is named.
func (s *scene) act(trustees ...int) {
	s.tb.Helper()
	if len(trustees) == 0 {
		for i := range s.trustees {
			trustees = append(trustees, i+1)
		}
	}
	for _, i := range trustees {
		if s.rogue[i] {
			continue
		}
		if body := s.next(i); body != nil {
			s.post(body)
		}
	}
}

// reach goes on until the ceremony is at a step.
func (s *scene) reach(step Step) {
	s.tb.Helper()
	for s.c.Step() < step {
		before := s.posted
		s.act()
		if s.posted == before {
			s.tb.Fatalf("nobody has anything to say at step %v", s.c.Step())
		}
	}
	if s.c.Step() != step {
		s.tb.Fatalf("at step %v, want %v", s.c.Step(), step)
	}
}

// restart restarts the attempt for silence of a trustee, after the deadline.
func (s *scene) restart(silent int) {
	s.tb.Helper()
	s.now = s.c.Deadline() + 1
	s.post(&record.KeygenRestart{By: 1, Attempt: s.c.Attempt(), Trustee: uint64(silent), Reason: record.RestartSilent})
}

// stored returns a trustee as it comes back from storage.
func stored(tb testing.TB, t *Trustee) *Trustee {
	tb.Helper()
	b, err := t.EncodeSecret()
	if err != nil {
		tb.Fatal(err)
	}
	back, err := ParseTrustee(b)
	if err != nil {
		tb.Fatal(err)
	}
	return back
}

// replay makes the ceremony anew from a part of the log.
func (s *scene) replay(entries []entry, original []sigma.PublicKey) *Ceremony {
	s.tb.Helper()
	c := NewCeremony(CeremonyParameters{Context: s.c.context, Threshold: s.c.threshold, Trustees: original, Step: stepSeconds, Start: 1000})
	for _, e := range entries {
		if code, err := c.Judge(e.body, e.now); err != nil {
			s.tb.Fatalf("replaying %s: %s: %v", e.body.Kind(), code, err)
		}
		c.Commit(e.id, e.body, e.now)
	}
	return c
}

func (s *scene) keys() (keys []sigma.PublicKey) {
	for _, k := range s.c.Trustees() {
		keys = append(keys, must(k.Public()))
	}
	return keys
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
