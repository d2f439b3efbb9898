package board

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
)

// A rig is a board on a log in memory that an organisation has begun, with a clock that the test sets.
type rig struct {
	t   testing.TB
	org *simulate.Org
	log *memoryLog
	*Board
	time atomic.Int64
}

// start starts a board on an organisation's log. Its clock stands at the time on that log.
func start(t testing.TB, o *simulate.Org, change ...func(*Config)) *rig {
	t.Helper()
	return startOn(t, o, newMemoryLog(o.LogSigner, o.Log()...), change...)
}

func startOn(t testing.TB, o *simulate.Org, log *memoryLog, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, org: o, log: log}
	r.time.Store(int64(o.State.Now()))
	c := configOf(o)
	c.Clock = func() time.Time { return time.Unix(r.time.Load(), 0) }
	c.Look = time.Hour // tests look by themselves
	for _, f := range change {
		f(&c)
	}
	var err error
	if r.Board, err = OpenOn(context.Background(), c, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func configOf(o *simulate.Org) Config {
	return Config{
		Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, RecordRate: rate.Inf,
		Log: slog.New(slog.DiscardHandler),
	}
}

// at sets the board's clock and has it look.
func (r *rig) at(now uint64) {
	r.t.Helper()
	r.time.Store(int64(now))
	if err := r.Look(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	r.settle()
}

// settle waits until everything that the board has taken is durable.
func (r *rig) settle() {
	r.t.Helper()
	var size uint64
	r.View(func(s *fold.State) { size = s.Size() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := r.Watch(ctx, size-1); err != nil {
		r.t.Fatal(err)
	}
}

// take submits a record that must be taken.
func (r *rig) take(rec *record.Record) Answer {
	r.t.Helper()
	a, err := r.Submit(context.Background(), rec.Raw())
	if err != nil {
		r.t.Fatalf("%s: %v", rec.Kind(), err)
	}
	return a
}

// refused submits bytes that must be refused with a code, by a refusal that holds.
func (r *rig) refused(code string, raw []byte) *Refused {
	r.t.Helper()
	_, err := r.Submit(context.Background(), raw)
	var got *Refused
	if !errors.As(err, &got) || got.Code != code {
		r.t.Fatalf("got %v, want a refusal with code %s", err, code)
	}
	var p record.Refusal
	if err := record.OpenAnswer(r.org.Genesis, got.Signed, &p, r.org.Board.Public()); err != nil {
		r.t.Fatal(err)
	}
	if p.Code != code || p.Sentence != got.Sentence || p.Sentence == "" {
		r.t.Fatalf("the refusal says %+v", p)
	}
	if p.Record != record.IDOf(raw) && !(p.Record == record.ID{} && (got.Temporary() || code == "oversize")) {
		r.t.Fatalf("the refusal is of record %s", p.Record.Short())
	}
	return got
}

// promised checks that an answer is a promise of exactly that ballot.
func (r *rig) promised(rec *record.Record, a Answer) {
	r.t.Helper()
	var p record.Promise
	if err := record.OpenAnswer(r.org.Genesis, a.Promise, &p, r.org.Board.Public()); err != nil {
		r.t.Fatal(err)
	}
	if p.Vote != rec.Scope || p.Ballot != rec.ID() {
		r.t.Fatalf("the promise is of %v in %v", p.Ballot, p.Vote)
	}
	if at := r.log.has(rec.ID()); !a.Kept && (at < 0 || uint64(at) != a.Index) {
		r.t.Fatalf("the ballot was promised at %d, it is at %d", a.Index, at)
	}
}

// phase returns the phase of a vote as the board sees it.
func (r *rig) phase(vote record.ID) (p fold.Phase) {
	r.View(func(s *fold.State) { p = s.Vote(vote).Phase })
	return p
}

// openVote returns an organisation with an open vote and cards for some members.
func openVote(t testing.TB, c simulate.Config, cards int, change ...func(*record.Vote)) *simulate.Vote {
	t.Helper()
	if c.Members == 0 {
		c.Members = max(cards, 1)
	}
	o := simulate.New(t, c)
	r := o.Round()
	entries := make([]int, cards)
	for i := range entries {
		entries[i] = i
	}
	v := r.Vote(change...)
	v.Ceremony()
	if cards > 0 {
		r.Cards(entries...)
	}
	v.Open()
	return v
}

func TestBallotIsPromisedWhenDurable(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	r.log.slow = make(chan struct{})
	ballot := v.Ballot(0, []int{simulate.Yes})
	answered := make(chan Answer)
	go func() { answered <- r.take(ballot) }()
	select {
	case <-answered:
		t.Fatal("a promise was given before the ballot was durable")
	case <-time.After(100 * time.Millisecond):
	}
	again := make(chan Answer)
	go func() { again <- r.take(ballot) }()
	select {
	case <-again:
		t.Fatal("a promise was repeated before the ballot was durable")
	case <-time.After(100 * time.Millisecond):
	}
	close(r.log.slow)
	a := <-answered
	r.promised(ballot, a)
	r.promised(ballot, <-again)
}

func TestResubmissionIsAnsweredAlike(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	ballot := v.Ballot(0, []int{simulate.No})
	a := r.take(ballot)
	size := r.log.Size()
	b := r.take(ballot)
	r.promised(ballot, b)
	if a.Index != b.Index || r.log.Size() != size {
		t.Errorf("recorded at %d and then at %d; the log went from %d to %d", a.Index, b.Index, size, r.log.Size())
	}
	opening, _ := record.Decode(v.Org.Log()[len(v.Org.Log())-1])
	if got := r.take(opening); got.Index != uint64(len(v.Org.Log())-1) || got.Promise != nil {
		t.Errorf("a record that is not a ballot, sent again: %+v", got)
	}
}

// follow has the organisation read what is new on the board's log, as every party does.
func (r *rig) follow() {
	r.t.Helper()
	r.settle()
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	for _, raw := range r.log.entries[len(r.org.Log()):] {
		if out := r.org.Append(raw); out.Status == fold.Fatal {
			r.t.Fatal(out)
		}
	}
}

// post submits a record that must be taken, and has the organisation read on.
func (r *rig) post(rec *record.Record) {
	r.t.Helper()
	r.take(rec)
	r.follow()
}

// The whole life of a vote, in which the board is asked for everything and writes time, list and seal by itself.
func TestWholeVote(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 4, Registrars: 3, Revote: true})
	round := o.Round()
	round.Cards(0, 1, 2, 3)
	r := start(t, o)
	v := round.NewVote()
	call := o.Officer(round.ID, v.Manifest)
	r.at(simulate.Begin + 10)
	r.post(call)
	if v.ID = call.ID(); o.State.Now() != simulate.Begin+10 {
		t.Fatalf("the vote was called at %d by the log", o.State.Now())
	}
	for i := range v.Trustees {
		side, err := tally.NewTrustee(v.State().Ceremony, i+1)
		if err != nil {
			t.Fatal(err)
		}
		v.Trustees[i].Side = side
	}
	for !v.State().Ceremony.Ready() {
		for i := range v.Trustees {
			if body := v.Next(i + 1); body != nil {
				r.post(v.By(i+1, body))
			}
		}
	}
	r.refused("opening-time", v.Officer(v.Opening()).Raw())
	r.at(v.Manifest.Opens)
	r.post(v.Officer(v.Opening()))
	for i := range 4 {
		r.post(v.Ballot(i, []int{simulate.Yes}))
	}
	r.post(v.Ballot(3, []int{simulate.No}))
	r.refused("closing-time", v.Officer(&record.Closing{By: 1}).Raw())
	r.at(v.Manifest.Closes)
	r.post(v.Officer(&record.Closing{By: 1}))
	if got := v.State().Phase; got != fold.Sealed {
		t.Fatalf("after the closing the vote is %v, want the board to seal it", got)
	}
	for i := range v.Manifest.Quorum {
		r.post(v.By(int(i)+1, v.InputBody(int(i)+1)))
	}
	for i := range v.Manifest.Threshold {
		r.post(v.By(int(i)+1, v.SharesBody(int(i)+1, 0)))
	}
	r.post(v.Officer(v.ResultBody()))
	if got := v.State().Result.Contests[0]; got.Counts[simulate.Yes] != 3 || got.Counts[simulate.No] != 1 || got.Outcome != "passed" {
		t.Errorf("the result is %+v", got)
	}
	if f := simulate.Faults(o.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
}
