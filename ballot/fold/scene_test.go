package fold_test

import (
	"slices"
	"sync"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
)

// A scene is an organisation at one moment of a story, in which a whole vote is held. Scenes are shared between tests: a test that puts
// something on the log does so in a fork.
type scene struct {
	t *testing.T
	o *simulate.Org
	r *simulate.Round
	v *simulate.Vote

	own bool // nobody else has it
}

// fork makes the scene's organisation one that nobody shares.
func (s *scene) fork() {
	s.own = true
	s.o = s.o.Fork()
	if s.r != nil {
		s.r = s.r.On(s.o)
	}
	if s.v != nil {
		s.v = s.v.On(s.o)
		s.r = s.v.Round
	}
}

// story is one vote from the first record to the last, with a scene at each step. Two contests, three trustees of whom two open the
// result, two registrars, a relay and a witness; four of six members have cards, three have voted, one of them twice.
func story(t *testing.T) {
	var s scene
	keep := func(name string) {
		c := s
		if c.o != nil {
			c.fork()
		}
		scenes[name] = c
	}
	s.o = simulate.New(t, simulate.Config{
		Members: 6, Registrars: 2, Slots: 3, Petitions: 1, Trustees: 3, Threshold: 2, Quorum: 2, Revote: true, Relays: 1, Witnesses: 1,
		Contests: []contest.Contest{simulate.YesNo("question"), simulate.Choose("board", 3, 1, 2, 1)},
	})
	keep("begun")
	private, id := s.o.PostRoll()
	keep("rolled")
	s.r = s.o.RoundOf(private, id)
	keep("round")
	s.r.Accept()
	keep("accepted")
	s.r.Keys()
	s.o.Remove(id, true, 4, 5)
	s.o.Remove(id, false, 5)
	s.r.Cards(0, 1, 2, 3)
	keep("issued")
	s.v = s.r.Vote()
	keep("called")
	for _, step := range []tally.Step{tally.StepPackage, tally.StepShares, tally.StepAccept, tally.StepTest} {
		s.v.CeremonyUntil(step)
		keep(step.String())
	}
	s.v.Ceremony()
	keep("ready")
	s.v.Open()
	keep("open")
	s.v.Cast(0, []int{simulate.Yes}, []int{0})
	checked := s.v.Ballot(1, []int{simulate.Yes}, []int{1}).ID()
	s.v.Check(1, checked)
	s.v.Fault(1, checked)
	s.v.Cast(1, []int{simulate.No}, []int{0, 2})
	s.v.Cast(2, nil, []int{1})
	s.v.Cast(2, []int{simulate.Yes}, []int{2})
	keep("cast")
	s.v.Close()
	keep("closed")
	s.v.Promises()
	keep("listed")
	s.v.Seal()
	keep("sealed")
	s.v.Inputs(1, 2)
	keep("signed")
	s.v.Shares(1, 2)
	keep("opened")
	s.v.Result()
	keep("certified")

	// Another organisation, whose vote allows one ballot each and has one contest.
	s = scene{o: simulate.New(t, simulate.Config{Members: 2})}
	s.r = s.o.Round()
	s.r.Cards(0, 1)
	s.v = s.r.Vote()
	s.v.Ceremony()
	s.v.Open()
	keep("once")

	ranked(t, keep, &s)
}

var (
	scenes = make(map[string]scene)
	once   sync.Once
)

// at returns a scene of the story.
func at(t *testing.T, name string) scene {
	t.Helper()
	once.Do(func() { story(t) })
	s, ok := scenes[name]
	if !ok {
		t.Fatalf("the story has no scene %q", name)
	}
	s.t, s.o, s.own = t, s.o.For(t), false
	if s.r != nil {
		s.r = s.r.On(s.o)
	}
	if s.v != nil {
		s.v = s.v.On(s.o)
		s.r = s.v.Round
	}
	return s
}

// refused checks that a record in a scene has an outcome other than accepted, and changes nothing, whether judged or put on the log. It
// leaves the record on the scene's log.
func (s *scene) refused(raw []byte, status fold.Status, code string) {
	s.t.Helper()
	before := s.o.State.Digest()
	got := s.o.Judge(raw)
	if got.Status != status || got.Code != code || got.Err == nil {
		s.t.Fatalf("judged %v, want %v(%s)", got, status, code)
	}
	if s.o.State.Digest() != before {
		s.t.Fatalf("judging has changed the state")
	}
	if !s.own {
		s.fork()
	}
	waited := s.v != nil && s.v.State() != nil && s.v.State().IsPending(record.IDOf(raw))
	if again := s.o.Append(raw); again.Status != got.Status || again.Code != got.Code || again.Scope != got.Scope {
		s.t.Fatalf("applied %v, judged %v", again, got)
	}
	if s.o.State.Digest() != before && !waited { // a promised ballot that is recorded is waited for no longer, whatever came of it
		s.t.Fatalf("a record that is %v has changed the state", got)
	}
	if fault, _ := s.o.State.Fault(got.Scope); status == fold.Fatal && fault.Code != code {
		s.t.Fatalf("the state remembers %v after %v", fault, got)
	}
}

func TestWholeVote(t *testing.T) {
	s := at(t, "certified")
	state, outcomes := simulate.Replay(s.o.Log())
	if f := simulate.Faults(outcomes); f != "" {
		t.Fatalf("refused records:\n%s", f)
	}
	v := state.Vote(s.v.ID)
	if v.Phase != fold.Certified || v.Counted() != 3 || v.Result.Counted != 3 || v.Result.Roll != 6 {
		t.Fatalf("phase %v, counted %d, result %+v", v.Phase, v.Counted(), v.Result)
	}
	for i, want := range []record.ContestResult{
		{Counts: []uint64{2, 1, 0}, Outcome: contest.OutcomePassed, Winners: []uint64{simulate.Yes}},
		{Counts: []uint64{2, 0, 2}, Outcome: contest.OutcomeTied},
	} {
		got := v.Result.Contests[i]
		if !slices.Equal(got.Counts, want.Counts) || got.Outcome != want.Outcome || !slices.Equal(got.Winners, want.Winners) {
			t.Errorf("contest %d: %+v, want %+v", i, got, want)
		}
	}
	if len(v.Shortfall()) != 0 {
		t.Errorf("registrars %v have too few issue records", v.Shortfall())
	}
	if state.Digest() != s.o.State.Digest() || state.Root() != simulate.Root(s.o.Log()) {
		t.Error("the same log gives two states")
	}
}

// TestJudgeChangesNothing judges every record of a vote before it is applied, and some that are not the next.
func TestJudgeChangesNothing(t *testing.T) {
	s := at(t, "certified")
	log := s.o.Log()
	state := fold.New()
	ps := state.Prepare(log)
	for i, p := range ps {
		before := state.Digest()
		for _, j := range []int{i, i + 1, i + 7, i - 1, 0} {
			if j < 0 || j >= len(ps) {
				continue
			}
			if got := state.Judge(ps[j]); j == i && got.Status != fold.Accepted {
				t.Fatalf("record %d: %v", i, got)
			}
		}
		if state.Digest() != before {
			t.Fatalf("record %d: judging has changed the state", i)
		}
		if got := state.Apply(p); got.Status != fold.Accepted {
			t.Fatalf("record %d: %v", i, got)
		}
		if state.Digest() == before && p.Record().Kind() != "time" {
			t.Errorf("record %d, %s: accepted, and the digest is the same", i, p.Record().Kind())
		}
	}
}
