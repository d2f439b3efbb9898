package fold_test

import (
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// SPEC.md §15.1.
var ruleManifests = []refusal{
	petitionManifest("a name that is no slug", func(s *scene, r *record.Rules) { r.Name = "Members decide" }),
	petitionManifest("no method", func(s *scene, r *record.Rules) { r.Call = record.CallRule{} }),
	petitionManifest("a method nobody knows", func(s *scene, r *record.Rules) { r.Call = record.CallRule{Method: "lot"} }),
	petitionManifest("a petition and a reason", func(s *scene, r *record.Rules) { r.Call.Reason = "And the calendar." }),
	petitionManifest("called by a body, with a petition", func(s *scene, r *record.Rules) { r.Call.Method = record.CallBody }),
	petitionManifest("a petition without one", func(s *scene, r *record.Rules) { r.Call.Petition = nil }),
	petitionManifest("of nobody", func(s *scene, r *record.Rules) { r.Call.Petition.Num = 0 }),
	petitionManifest("of more than all", func(s *scene, r *record.Rules) { r.Call.Petition.Num = 21; r.Call.Petition.Den = 20 }),
	petitionManifest("with a denominator that overflows", func(s *scene, r *record.Rules) { r.Call.Petition.Den = 1<<32 + 1 }),
	petitionManifest("H5 without an interval", func(s *scene, r *record.Rules) { r.Call.Petition.Interval = 0 }),
	petitionManifest("with an interval of more than a day", func(s *scene, r *record.Rules) { r.Call.Petition.Interval = 86_401 }),
	petitionManifest("that has closed", func(s *scene, r *record.Rules) { r.Call.Petition.Closes = simulate.Begin }),
	petitionManifest("that never closes", func(s *scene, r *record.Rules) { r.Call.Petition.Closes = record.MaxTime + 1 }),
	petitionManifest("with a sponsor too few", func(s *scene, r *record.Rules) { r.Call.Petition.SponsorsNeeded = 2 }),
	petitionManifest("with one sponsor twice", func(s *scene, r *record.Rules) {
		r.Call.Petition.Sponsors = slices.Repeat(r.Call.Petition.Sponsors, 2)
	}),
	petitionManifest("with a sponsor under another name", func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Name = "Somebody" }),
	petitionManifest("with a sponsor of another entry", func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Entry = 1 }),
	petitionManifest("with a sponsor outside the roll", func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Entry = 20 }),
	petitionManifest("with a sponsor who was removed", func(s *scene, r *record.Rules) { removedFrom(s, r.Call.Petition.Sponsors[0].Entry) }),
	petitionManifest("with 65 sponsors", func(s *scene, r *record.Rules) {
		r.Call.Petition.Sponsors = slices.Repeat(r.Call.Petition.Sponsors, 65)
	}),
	petitionManifest("65 forums", func(s *scene, r *record.Rules) { r.Forums.Need = 65 }),
	petitionManifest("a notice of more than a year", func(s *scene, r *record.Rules) { r.Forums.Notice = record.MaxDuration + 1 }),
	petitionManifest("statements of no length", func(s *scene, r *record.Rules) { r.Statements.Length = 0 }),
	petitionManifest("statements of 20001 bytes", func(s *scene, r *record.Rules) { r.Statements.Length = 20_001 }),
	petitionManifest("no statement a side", func(s *scene, r *record.Rules) { r.Statements.PerSide = 0 }),
	petitionManifest("101 statements a side", func(s *scene, r *record.Rules) { r.Statements.PerSide = 101 }),
	petitionManifest("no sides", func(s *scene, r *record.Rules) { r.Statements.Sides = nil }),
	petitionManifest("one side twice", func(s *scene, r *record.Rules) { r.Statements.Sides = []string{"for", "for"} }),
	petitionManifest("a side that is no slug", func(s *scene, r *record.Rules) { r.Statements.Sides[0] = "For" }),
	petitionManifest("no window, and sides", func(s *scene, r *record.Rules) { r.Statements.Window = 0 }),
	petitionManifest("a slot for nobody", func(s *scene, r *record.Rules) { r.Statements.Anonymous = false }),
	petitionManifest("a mailing without a packet", func(s *scene, r *record.Rules) { r.Packet = false }),
	petitionManifest("a lead of no mailing", func(s *scene, r *record.Rules) { r.Mailing.Needed = false }),
	petitionManifest("voting for no time", func(s *scene, r *record.Rules) { r.Voting.Period = 0 }),
	petitionManifest("voting for more than a year", func(s *scene, r *record.Rules) { r.Voting.Period = record.MaxDuration + 1 }),
	petitionManifest("a response of nobody", func(s *scene, r *record.Rules) { r.Response.Name = "" }),
	petitionManifest("B6 a response by the identity", func(s *scene, r *record.Rules) { r.Response.Key = record.Key{} }),
	petitionManifest("a name that owes nothing", func(s *scene, r *record.Rules) { r.Response.Within = 0 }),
	petitionManifest("a deadline after more than a year", func(s *scene, r *record.Rules) { r.Deadlines.Tally = record.MaxDuration + 1 }),
	petitionManifest("a required vote that is not there", func(s *scene, r *record.Rules) { r.Requires = []record.ID{{1}} }),
	petitionManifest("17 required votes", func(s *scene, r *record.Rules) { r.Requires = make([]record.ID, 17) }),
	petitionManifest("nominations for a contest with options", func(s *scene, r *record.Rules) {
		r.Nominations = &record.NominationRule{Window: 1}
	}),
	petitionManifest("nominations for no contest", func(s *scene, r *record.Rules) {
		r.Nominations = &record.NominationRule{Contest: 1, Window: 1}
	}),
	bodyManifest("of nobody", func(b *record.BodyRule) { b.Members = nil }),
	bodyManifest("without a name", func(b *record.BodyRule) { b.Name = "" }),
	bodyManifest("of whom none must sign", func(b *record.BodyRule) { b.Need = 0 }),
	bodyManifest("of whom 18 of 17 must sign", func(b *record.BodyRule) { b.Need = 18 }),
	bodyManifest("with one key twice", func(b *record.BodyRule) { b.Members[1].Key = b.Members[0].Key }),
	bodyManifest("with one name twice", func(b *record.BodyRule) { b.Members[1].Name = b.Members[0].Name }),
	bodyManifest("B6 with the identity for a key", func(b *record.BodyRule) { b.Members[1].Key = record.Key{} }),
	bodyManifest("that could have called until now", func(b *record.BodyRule) { b.Closes = simulate.Begin }),
	election("nominations for no time", func(m *record.Vote) { m.Rules.Nominations.Window = 0 }),
	election("65 seconders", func(m *record.Vote) { m.Rules.Nominations.Seconds = 65 }),
	election("a threshold of nobody knows whom", func(m *record.Vote) {
		m.Contests[0].Decision = simulate.YesNo("x").Decision
	}),
	election("a second contest without options", func(m *record.Vote) {
		m.Contests = append(m.Contests, simulate.Choose("other", 0, 0, 1, 1))
	}),
	election("more seats than there can be candidates", func(m *record.Vote) { m.Contests[0].Decision.Seats = 129 }),
	election("J3 a ballot that is too long with 128 candidates", func(m *record.Vote) {
		m.Contests = append(m.Contests, simulate.Choose("other", 60, 0, 60, 1))
	}),
	{"a petition in a slot for votes", "issued", fold.Void, "slot-unknown", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) { r.Call.Petition.Slot = 0 })
	}},
	{"a petition in no slot", "issued", fold.Void, "slot-unknown", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) { r.Call.Petition.Slot = 4 })
	}},
	{"statements in a slot for votes", "issued", fold.Void, "slot-unknown", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) { r.Statements.Slot = 1 })
	}},
	{"F3 petition and statements in one slot", "issued", fold.Void, "slot-taken", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) { r.Statements.Slot = r.Call.Petition.Slot })
	}},
	{"the slot of another petition", "proposed", fold.Void, "slot-taken", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) {
			r.Call.Petition.Slot, r.Statements = s.v.Manifest.Rules.Call.Petition.Slot, record.StatementRule{}
		})
	}},
	{"the slot that a proposed vote has", "proposed", fold.Void, "slot-taken", func(s *scene) []byte {
		return s.o.Officer(s.r.ID, s.r.NewVote(func(m *record.Vote) { m.Slot = s.v.Manifest.Slot }).Manifest).Raw()
	}},
}

func petitionManifest(name string, change func(*scene, *record.Rules)) refusal {
	return refusal{"petition: " + name, "issued", fold.Void, "manifest", func(s *scene) []byte {
		return proposal(s, record.CallPetition, func(r *record.Rules) { change(s, r) })
	}}
}

func bodyManifest(name string, change func(*record.BodyRule)) refusal {
	return refusal{"a body " + name, "issued", fold.Void, "manifest", func(s *scene) []byte {
		return proposal(s, record.CallBody, func(r *record.Rules) { change(r.Call.Body) })
	}}
}

// proposal makes a manifest with rules.
func proposal(s *scene, method string, change func(*record.Rules)) []byte {
	s.t.Helper()
	m := s.r.NewVote().Manifest
	m.Rules = s.r.Plan(method, change).Rules
	return s.o.Officer(s.r.ID, m).Raw()
}

func election(name string, change func(*record.Vote)) refusal {
	return refusal{"election: " + name, "issued", fold.Void, "manifest", func(s *scene) []byte {
		m := s.r.NewVote().Manifest
		m.Contests = []contest.Contest{simulate.Choose("committee", 0, 0, 100, 2)}
		m.Rules = s.r.Plan(record.CallReason).Rules
		m.Rules.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
		change(m)
		return s.o.Officer(s.r.ID, m).Raw()
	}}
}

// The manifests that the cases above spoil are good otherwise.
func TestRulesAreAccepted(t *testing.T) {
	for _, method := range []string{record.CallPetition, record.CallBody, record.CallReason} {
		s := courseAt(t, "issued")
		if got := s.o.Judge(proposal(&s, method, func(*record.Rules) {})); got.Status != fold.Accepted {
			t.Errorf("%s: %v", method, got)
		}
	}
	s := courseAt(t, "issued")
	good := election("good", func(*record.Vote) {})
	if got := s.o.Judge(good.record(&s)); got.Status != fold.Accepted {
		t.Errorf("election: %v", got)
	}
	long := strings.Repeat("ü", 1000)
	if got := s.o.Judge(proposal(&s, record.CallReason, func(r *record.Rules) { r.Call.Reason = long })); got.Status != fold.Accepted {
		t.Errorf("a reason of %d bytes: %v", len(long), got)
	}
	// The largest contest that nominations can fill alone still gives ballots that fit into a record.
	m := s.r.NewVote().Manifest
	m.Contests = []contest.Contest{simulate.Choose("committee", 0, 0, 128, 17)}
	m.Rules = s.r.Plan(record.CallReason).Rules
	m.Rules.Nominations = &record.NominationRule{Window: 600, Accept: 300}
	for registrars := 1; registrars <= record.MaxRegistrars; registrars++ {
		if err := fold.CheckManifest(m, registrars); err != nil {
			t.Errorf("%d registrars: %v", registrars, err)
		}
	}
}

func TestNeeded(t *testing.T) {
	for _, c := range []struct{ num, den, roll, want uint64 }{
		{1, 20, 80_000, 4000}, {1, 20, 80_001, 4001}, {1, 20, 79_999, 4000}, {1, 1, 7, 7}, {1, 3, 17, 6}, {1, 1 << 32, 1, 1},
		{1<<32 - 1, 1 << 32, 1 << 27, 1 << 27}, {1 << 32, 1 << 32, 1 << 27, 1 << 27}, {2, 3, 10, 7},
	} {
		if got := fold.Needed(&record.PetitionRule{Num: c.num, Den: c.den}, c.roll); got != c.want {
			t.Errorf("%d/%d of %d is %d, want %d", c.num, c.den, c.roll, got, c.want)
		}
	}
}
