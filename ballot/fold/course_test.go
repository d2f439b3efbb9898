package fold_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// courseKinds are the kinds of SPEC.md §15, which stand on the log only for votes with rules.
var courseKinds = []string{
	"support", "call", "forum", "forum-held", "statement", "withheld", "seed-commit", "seed", "packet", "mailing",
	"nomination", "acceptance", "withdrawal", "extend", "cancel", "annul", "response",
}

// courses has the scenes of three votes with rules: one called by petition, from the first support to the response; one called by a
// body; and an election, with nominations and a required vote.
var (
	courses    = make(map[string]scene)
	courseOnce sync.Once
)

func courseAt(t *testing.T, name string) scene {
	t.Helper()
	courseOnce.Do(func() { petitionStory(t); bodyStory(t); electionStory(t); crowdedStory(t) })
	s, ok := courses[name]
	if !ok {
		t.Fatalf("there is no scene %q", name)
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

func keepIn(s *scene, name string) {
	c := *s
	c.fork()
	courses[name] = c
}

// petitionStory: three of 20 members must support. Statements: four for, of which three are taken, and an anonymous one against.
func petitionStory(t *testing.T) {
	s := &scene{t: t, o: simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})}
	s.r = s.o.Round()
	s.r.Cards(0, 1, 2, 3, 4, 5)
	keepIn(s, "issued")
	s.v = s.r.Propose(s.r.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 3, 20 }))
	keepIn(s, "proposed")
	s.v.Support(0, 1)
	keepIn(s, "two supports")
	s.v.Support(2)
	keepIn(s, "called")
	s.v.Announce()
	s.v.Announce()
	s.v.Commit()
	keepIn(s, "committed")
	for i := range 4 {
		s.o.Post(s.v.NamedStatement(i, "for", fmt.Sprintf("Reason %d.", i)))
	}
	s.o.Post(s.v.AnonymousStatement(4, "against", "Think of the cost."))
	keepIn(s, "spoken")
	s.o.Reach(s.v.State().Forums()[0].Announced.Starts)
	keepIn(s, "forum time")
	s.v.Hold()
	keepIn(s, "held")
	s.v.Reviewed()
	keepIn(s, "reviewed")
	s.v.Reveal()
	keepIn(s, "revealed")
	s.v.Packet()
	keepIn(s, "packet")
	s.v.Mail()
	keepIn(s, "mailed")
	s.v.Ceremony()
	s.o.Reach(s.v.State().Manifest.Opens)
	keepIn(s, "ready")
	s.v.Open()
	keepIn(s, "open")
	s.v.Cast(0, []int{simulate.Yes})
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	keepIn(s, "sealed")
	s.v.Tally()
	keepIn(s, "certified")
	s.v.Respond()
	keepIn(s, "responded")
}

// bodyStory: five of the six members of the body have signed.
func bodyStory(t *testing.T) {
	s := &scene{t: t, o: simulate.New(t, simulate.Config{Members: 20, Slots: 2, Petitions: 1})}
	s.r = s.o.Round()
	s.r.Cards(0, 1)
	s.v = s.r.Propose(s.r.Plan(record.CallBody, func(r *record.Rules) {
		r.Statements, r.Forums.Recordings = record.StatementRule{}, false
		r.Changes = record.ChangeRule{}
	}))
	keepIn(s, "body")
	s.v.CallBy(2, 3, 5, 7, 11)
	keepIn(s, "five signatures")
	s.v.CallBy(13)
	keepIn(s, "six signatures")
	s.v.Announce()
	s.v.Announce()
	s.v.Hold()
	s.v.Packet()
	s.v.Mail()
	s.v.Ceremony()
	s.o.Reach(s.v.State().Manifest.Opens)
	keepIn(s, "body ready")
	s.v.Open()
	keepIn(s, "body open")
}

// electionStory: an election of two, called by the calendar, that must wait for another vote.
func electionStory(t *testing.T) {
	committee := simulate.Choose("committee", 0, 0, 100, 2)
	committee.Decision.Lots = true
	s := &scene{t: t, o: simulate.New(t, simulate.Config{Members: 20, Slots: 2, Contests: []contest.Contest{committee}})}
	s.r = s.o.Round()
	s.r.Cards(0, 1, 2)
	branch := s.r.Vote(func(m *record.Vote) { m.Contests = []contest.Contest{simulate.YesNo("question")} })
	s.v = s.r.Propose(s.r.Plan(record.CallReason, func(r *record.Rules) {
		r.Requires = []record.ID{branch.ID}
		r.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
		r.Forums, r.Statements = record.ForumRule{}, record.StatementRule{}
	}))
	keepIn(s, "nominating")
	for i, slug := range []string{"cruz", "abel", "diaz"} {
		s.v.Nominate(i, slug, 10+i)
	}
	s.o.Post(s.v.Officer(s.v.NominationBody(3, "babic", 13)))
	s.v.Ceremony()
	keepIn(s, "nominated")
	s.v.Nominated()
	s.v.Packet()
	s.v.Mail()
	keepIn(s, "branch missing")
	branch.Ceremony()
	branch.Open()
	branch.Cast(0, []int{simulate.Yes})
	branch.Finish()
	s.o.Reach(s.v.State().Manifest.Opens)
	keepIn(s, "election ready")
	s.v.Open()
	keepIn(s, "election open")
}

// crowdedStory: as many candidates stand as can, and another is nominated.
func crowdedStory(t *testing.T) {
	s := &scene{t: t, o: simulate.New(t, simulate.Config{Members: record.MaxCandidates + 1})}
	s.r = s.o.Round()
	nominating(s)
	for i := range record.MaxCandidates {
		s.v.Nominate(i, fmt.Sprintf("c%d", i))
	}
	s.o.Post(s.v.Officer(s.v.NominationBody(record.MaxCandidates, "c128")))
	keepIn(s, "crowded")
}

func TestWholeCourse(t *testing.T) {
	s := courseAt(t, "responded")
	state, outcomes := simulate.Replay(s.o.Log())
	if f := simulate.Faults(outcomes); f != "" {
		t.Fatalf("refused records:\n%s", f)
	}
	v := state.Vote(s.v.ID)
	have, need := v.Supports()
	if v.Phase != fold.Certified || have != 3 || need != 3 || v.Response() == nil || v.Manifest.Closes != v.Times.Opened+1000 {
		t.Errorf("%v, %d of %d supports, response %v, times %+v, closes %d", v.Phase, have, need, v.Response(), v.Times, v.Manifest.Closes)
	}
	if d := v.Duties(state.Now() + 1e6); len(d) != 0 {
		t.Errorf("a vote that is over owes %+v", d)
	}
	if state.Digest() != s.o.State.Digest() {
		t.Error("the same log gives two states")
	}
	e := courseAt(t, "election open")
	var slugs []string
	for _, o := range e.v.State().Manifest.Contests[0].Options {
		slugs = append(slugs, o.ID)
	}
	if !slices.Equal(slugs, []string{"abel", "cruz", "diaz"}) {
		t.Errorf("the candidates are %q", slugs)
	}
}
