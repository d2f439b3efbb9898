package fold_test

import (
	"slices"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// TestViews reads the state of the story at its end, and at moments before it.
func TestViews(t *testing.T) {
	s := at(t, "certified")
	st, v := s.o.State, s.v.State()
	check := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Error(what)
		}
	}
	g, id := st.Genesis()
	check("genesis", id == s.o.Genesis && g.Origin == s.o.Config.Origin)
	check("board", st.Board().Equal(s.o.Board.Public()))
	check("votes", len(st.Votes()) == 1 && st.Votes()[0] == v && v.ID == s.v.ID && st.Vote(record.ID{1}) == nil)
	check("index of the vote", record.IDOf(s.o.Log()[v.Index]) == v.ID)
	check("rounds", len(st.Rounds()) == 1 && st.Rounds()[0] == v.Round && v.Round.ID == s.r.ID && st.Round(record.ID{1}) == nil)
	check("roll", st.Roll(s.r.Manifest.Roll) == v.Round.Roll && v.Round.Roll.Complete() && len(v.Round.Roll.Entries) == 6)
	check("time", st.Now() >= s.v.Manifest.Closes)
	check("no faults", func() bool { _, found := st.Fault(v.ID); return !found }())

	r := v.Round
	check("accepted", r.Accepted(1) && r.Accepted(2) && r.Ready(0) && r.Ready(2))
	check("keys", r.Slot(0).Keys[1].Equal(s.r.Registrars[1].Slots[0].Public()) && r.Slot(0).Taken == v.ID && r.Slot(1).Taken == record.ID{})
	check("issued", r.Issued(2) == 4 && r.IsIssued(1, 3) && !r.IsIssued(1, 4) && !r.IsIssued(1, 1<<40))
	slot, ok := r.FreeSlot()
	check("free slot", ok && slot == 1)

	check("checks", v.Checks() == 1 && v.Checkers() == 1 && v.Counted() == 3)
	check("check-faults", func() bool { ballots, cards := v.CheckFaults(); return ballots == 1 && cards == 1 }())
	check("inputs", v.Inputs() == 2 && v.HasInput(1) && v.HasInput(2) && !v.HasInput(3))
	check("shares", v.Shares(2, 1) != nil && v.Shares(3, 0) == nil && len(v.SharesOf(1)) == 2)
	check("relays", len(v.Relays()) == 1 && v.Relays()[0].Equal(s.v.Relays[0].Public()))
	check("trustees", len(v.Trustees()) == 3 && v.Trustees()[2].Equal(s.v.Trustees[2].Key.Public()))
	check("lists", v.ListsDone() && v.BoardListDone() && v.Pending() == 0)
	check("seal", record.IDOf(s.o.Log()[v.Sealed]) == find(&s, "seal").ID() && v.SealRoot == simulate.Root(s.o.Log()[:v.Sealed+1]))
	key := s.v.Credential(2).Key
	number, last, ok := v.Last(key)
	check("last ballot", ok && number == 1 && v.IsCast(last))
	_, _, ok = v.Last(s.v.Credential(3).Key)
	check("no last ballot", !ok)
	check("manifest", fold.CheckManifest(v.Manifest, 2) == nil && fold.CheckManifest(v.Manifest, 0) != nil && fold.CheckManifest(&record.Vote{}, 2) != nil)

	p := st.Prepare([][]byte{s.o.Log()[0], {1, 2, 3}})
	check("prepared", p[0].Record().Kind() == "genesis" && p[0].ID() == s.o.Genesis && p[0].Ballot() == nil && len(p[0].Raw()) > 0)
	check("prepared junk", p[1].Record() == nil && p[1].ID() == record.IDOf([]byte{1, 2, 3}))
	early := at(t, "accepted")
	check("not ready", early.o.State.Round(s.r.ID).Accepted(2) && !early.o.State.Round(s.r.ID).Ready(0))

	// All slots for votes are taken, and one for petitions is left.
	s.fork()
	s.r.Vote()
	_, ok = s.o.State.Round(s.r.ID).FreeSlot()
	check("no free slot", !ok)

	var phases []string
	for _, name := range []string{"called", "ready", "open", "cast", "closed", "listed", "sealed", "opened", "certified"} {
		scene := at(t, name)
		if p := scene.v.State().Phase.String(); !slices.Contains(phases, p) {
			phases = append(phases, p)
		}
	}
	check("phases", slices.Equal(phases, []string{"called", "open", "closed", "sealed", "certified"}))
}
