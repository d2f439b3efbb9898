package commission_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party/partytest"
)

// An officer opens a vote as soon as every rule is met and its time has come, and not before.
func TestAVoteIsOpenedWhenItsRulesAreMet(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Propose(r.Plan(record.CallPetition))
	officer := commission.New(partytest.New(o).View(), o.Commission[0], quiet)
	step := func(what string) {
		t.Helper()
		if _, err := officer.Step(context.Background()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if p := v.State().Phase; p != fold.Proposed && p != fold.Called {
			t.Fatalf("%s: the vote is %v", what, p)
		}
	}
	step("proposed")
	v.Support(0, 1)
	v.Ceremony()
	step("called")
	o.Reach(v.State().Manifest.Opens)
	step("its time has come")
	v.Deliberate()
	if _, err := officer.Step(context.Background()); err != nil || v.State().Phase != fold.Open {
		t.Fatalf("the vote is %v, %v", v.State().Phase, err)
	}
}

// The opening of an election fixes the candidates.
func TestTheOpeningNamesTheCandidates(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 8, Slots: 3, Petitions: 1})
	r := o.Round()
	v := r.Propose(r.Plan(record.CallReason, func(r *record.Rules) {
		r.Nominations = &record.NominationRule{Window: 500, Seconds: 1, Accept: 100}
		r.Statements = record.StatementRule{}
	}), func(m *record.Vote) {
		c := simulate.YesNo("committee")
		c.Options, c.Min, c.Max = nil, 0, 128
		c.Decision = contest.Decision{Method: contest.MethodPlurality, Den: 1, Base: contest.BaseBallots, QuorumDen: 1, Seats: 2}
		m.Contests = []contest.Contest{c}
	})
	v.Nominate(1, "ana", 2)
	v.Nominate(2, "ben", 3)
	v.Nominate(3, "cem", 4)
	v.Ceremony()
	v.Deliberate()
	o.Reach(v.State().Manifest.Opens)
	if _, err := commission.New(partytest.New(o).View(), o.Commission[0], quiet).Step(context.Background()); err != nil {
		t.Fatal(err)
	}
	if c := v.State().Manifest.Contests[0]; v.State().Phase != fold.Open || len(c.Options) != 3 || c.Options[2].ID != "cem" {
		t.Errorf("the vote is %v with %+v", v.State().Phase, c)
	}
}

// The candidates of a ranked contest stand with the groups that their nominations name, and the count keeps the rules on seats.
func TestARankedElectionOfNominees(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 8, Registrars: 1, Slots: 3, Petitions: 1})
	r := o.Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallReason, func(r *record.Rules) {
		r.Nominations = &record.NominationRule{Window: 500, Seconds: 1, Accept: 100}
		r.Statements = record.StatementRule{}
	}), func(m *record.Vote) {
		c := simulate.Rank("committee", contest.MethodScottishSTV, 0, 128, 2)
		c.Ranking.Rules = []contest.RankingRule{{Group: "north", Min: 1, Max: 2}}
		m.Contests, m.Mixes = []contest.Contest{c}, m.Threshold
	})
	officer := commission.New(partytest.New(o).View(), o.Commission[0], quiet)
	step := func() {
		t.Helper()
		if posted, err := officer.Step(context.Background()); err != nil || !posted {
			t.Fatalf("posted %v, %v; the vote is %v", posted, err, v.State().Phase)
		}
	}
	for i, slug := range []string{"ana", "ben", "cem"} {
		var groups []string
		if slug == "cem" {
			groups = []string{"north"}
		}
		by := func(entry int) record.Member { return r.Member(entry) }
		if err := officer.Nominate(context.Background(), v.ID, slug, simulate.English(slug), by(i+1), []record.Member{by(i + 2)}, groups...); err != nil {
			t.Fatal(err)
		}
		if err := officer.Accept(context.Background(), v.ID, slug, record.ID{1}, record.ID{}); err != nil {
			t.Fatal(err)
		}
	}
	v.Ceremony()
	v.Deliberate()
	o.Reach(v.State().Manifest.Opens)
	step()
	c := v.State().Manifest.Contests[0]
	if v.State().Phase != fold.Open || len(c.Options) != 3 || !slices.Equal(c.Options[2].Groups, []string{"north"}) || c.Depth != 3 {
		t.Fatalf("the vote is %v with %+v", v.State().Phase, c)
	}
	for i := range 3 { // nobody ranks cem
		v.Cast(i, []int{0, 1})
	}
	o.Reach(v.State().Manifest.Closes)
	step()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	if posted, err := officer.Step(context.Background()); err != nil || posted {
		t.Fatalf("before the mix: %v, %v", posted, err)
	}
	v.Mix(1, 2)
	v.Shares(1, 2)
	step()
	if got := v.State().Result.Contests[0]; !slices.Equal(got.Winners, []uint64{0, 2}) || !slices.Equal(got.Counts, []uint64{3, 0, 0}) {
		t.Errorf("%+v", got)
	}
}

// The packet is the same for everybody who makes it from the same board, and no other file can be posted as it.
func TestThePacketFollowsFromTheBoard(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 8, Slots: 4, Petitions: 2})
	r := o.Round()
	v := r.Propose(r.Plan(record.CallReason))
	view := partytest.New(o).View()
	officer := commission.New(view, o.Commission[0], quiet)
	if _, err := commission.MakePacket(o.State, v.State()); err == nil || !strings.Contains(err.Error(), "too early") {
		t.Errorf("before statements are known: %v", err)
	}
	v.Commit()
	o.Post(v.NamedStatement(3, "for", "First of all, yes."))
	o.Post(v.NamedStatement(4, "against", "Not now."))
	v.Announce()
	v.Announce()
	v.Hold()
	v.Reviewed()
	packet, err := commission.MakePacket(o.State, v.State())
	if err != nil {
		t.Fatal(err)
	}
	if err := view.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	again, err := commission.MakePacket(view.State(), view.State().Vote(v.ID))
	if err != nil || string(again) != string(packet) {
		t.Errorf("another party makes another packet: %v\n%s\n%s", err, packet, again)
	}
	for _, want := range []string{"First of all, yes.", "Not now.", "Statements: for", "SHA-256: " + v.HeldBody(2).Recording.String(), v.ID.String()} {
		if !strings.Contains(string(packet), want) {
			t.Errorf("the packet lacks %q:\n%s", want, packet)
		}
	}
	shorter := strings.Replace(string(packet), "Not now.", "", 1)
	if _, err := officer.PostPacket(context.Background(), v.ID, []byte(shorter), "https://packets.example/1"); err == nil || v.State().Packet() != nil {
		t.Errorf("a packet without a statement was posted: %v", err)
	}
	if _, err := officer.PostPacket(context.Background(), v.ID, packet, "https://packets.example/1"); err != nil || v.State().Packet() == nil {
		t.Errorf("the packet was not posted: %v", err)
	}
}
