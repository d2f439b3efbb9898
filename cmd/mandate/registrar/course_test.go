package registrar

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// deliberated is a scene with a called vote whose rules ask for everything. The second registrar is simulated.
func deliberated(t *testing.T) (*scene, *simulate.Vote) {
	t.Helper()
	s := newScene(t, 8, 1)
	var v *simulate.Vote
	s.board.Do(func(*simulate.Org) {
		v = s.round.Propose(s.round.Plan(record.CallReason, func(r *record.Rules) { r.Statements.PerSide = 1 }))
	})
	return s, v
}

// The registrar commits to a seed at the call, keeps it over a restart, and reveals it when a draw needs it and not before.
func TestSeedIsCommittedToAndRevealed(t *testing.T) {
	s, v := deliberated(t)
	s.step()
	if !v.State().HasCommitted(1) {
		t.Fatal("no commitment")
	}
	size := len(s.round.Org.Log())
	s.restart()
	if len(s.round.Org.Log()) != size {
		t.Error("after a restart it has said more")
	}
	s.board.Do(func(o *simulate.Org) {
		o.Post(v.ByRegistrar(2, &record.SeedCommit{Registrar: 2, Hash: fold.SeedHash(v.ID, 2, v.Plan.Seeds[1])}))
		for i := range 3 {
			o.Post(v.NamedStatement(i, "for", fmt.Sprintf("Reason %d.", i)))
		}
	})
	s.step()
	if v.State().HasRevealed(1) {
		t.Fatal("the seed was revealed while statements are taken")
	}
	s.board.Do(func(*simulate.Org) { v.Reviewed() })
	s.step()
	if !v.State().HasRevealed(1) {
		t.Fatal("the seed was not revealed")
	}
	s.board.Do(func(o *simulate.Org) {
		o.Post(v.ByRegistrar(2, &record.Seed{Registrar: 2, Seed: v.Plan.Seeds[1]}))
		if got, known := o.State.Selected(v.State()); !known || len(got) != 1 {
			t.Errorf("%d statements are selected, %v", len(got), known)
		}
	})
	size = len(s.round.Org.Log())
	s.step()
	if len(s.round.Org.Log()) != size {
		t.Error("it has said more")
	}
}

func TestSeedIsNotRevealedWithoutNeed(t *testing.T) {
	s, v := deliberated(t)
	s.step()
	s.board.Do(func(o *simulate.Org) {
		o.Post(v.ByRegistrar(2, &record.SeedCommit{Registrar: 2, Hash: fold.SeedHash(v.ID, 2, v.Plan.Seeds[1])}))
		o.Post(v.NamedStatement(0, "for", "Yes."))
		v.Reviewed()
	})
	s.step()
	if v.State().HasRevealed(1) {
		t.Error("a seed was revealed for nothing")
	}
}

func TestLostSeedIsSaid(t *testing.T) {
	s, v := deliberated(t)
	s.step()
	if err := os.Remove(filepath.Join(s.dir, "registrar", vaultDir, seedName(v.ID)+".age")); err != nil {
		t.Fatal(err)
	}
	s.board.Do(func(o *simulate.Org) {
		o.Post(v.ByRegistrar(2, &record.SeedCommit{Registrar: 2, Hash: fold.SeedHash(v.ID, 2, v.Plan.Seeds[1])}))
		o.Post(v.NamedStatement(0, "for", "Yes."))
		o.Post(v.NamedStatement(1, "for", "Yes!"))
		v.Reviewed()
	})
	if err := s.r.Step(t.Context()); !errors.Is(err, errLostSeed) {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsSaidOfVotesWithoutRules(t *testing.T) {
	s := newScene(t, 3, 1)
	s.board.Do(func(*simulate.Org) { s.round.Vote() })
	size := len(s.round.Org.Log())
	s.step()
	if len(s.round.Org.Log()) != size {
		t.Error("it has said something")
	}
}

func (s *scene) mailed(v *simulate.Vote, f Figures) error {
	s.t.Helper()
	return s.r.Mailed(s.t.Context(), v.ID, v.State().Packet().ID, f)
}

func TestMailing(t *testing.T) {
	s := newScene(t, 8, 1)
	var v *simulate.Vote
	s.board.Do(func(*simulate.Org) {
		v = s.round.Propose(s.round.Plan(record.CallReason, func(r *record.Rules) {
			r.Statements, r.Forums = record.StatementRule{}, record.ForumRule{}
		}))
	})
	if err := s.r.Mailed(t.Context(), v.ID, record.ID{1}, Figures{Mailed: 1}); !errors.Is(err, ErrNotPacket) {
		t.Errorf("before the packet: %v", err)
	}
	s.board.Do(func(*simulate.Org) { v.Packet() })
	s.step()
	if v.State().Mailing(1) != nil {
		t.Fatal("it has spoken of a mailing of which it was told nothing")
	}
	for _, bad := range []Figures{{Mailed: 9}, {Mailed: 4, Paper: 5}, {Mailed: 1 << 63, Paper: 1 << 63, Unreachable: 1}, {Mailed: 2, Bounced: 3}} {
		if err := s.mailed(v, bad); err == nil || !strings.Contains(err.Error(), "add up") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	first := Figures{Mailed: 5, Paper: 1, Unreachable: 1}
	if err := s.mailed(v, first); err != nil {
		t.Fatal(err)
	}
	s.restart() // steps
	if m := v.State().Mailing(1); m == nil || m.Whole || m.Body.Mailed != 5 || m.Body.Paper != 1 {
		t.Fatalf("%+v", m)
	}
	size := len(s.round.Org.Log())
	s.step()
	if len(s.round.Org.Log()) != size {
		t.Error("it has said the same again")
	}
	if err := s.mailed(v, Figures{Mailed: 4}); err == nil || !strings.Contains(err.Error(), "fewer") {
		t.Errorf("fewer: %v", err)
	}
	if err := s.mailed(v, Figures{Mailed: 6, Paper: 1, Unreachable: 1, Bounced: 2}); err != nil {
		t.Fatal(err)
	}
	s.step()
	if m := v.State().Mailing(1); !m.Whole || m.Body.Bounced != 2 {
		t.Errorf("%+v", m)
	}
	s.board.Do(func(*simulate.Org) { v.Packet() }) // a new packet: what was said of the old one is not said of it
	s.step()
	if m := v.State().Mailing(1); m != nil {
		t.Errorf("%+v", m)
	}
}
