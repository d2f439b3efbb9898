package fold_test

import (
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// SPEC.md §9.3. In the story, entry 4 of six is off the roll, and entry 5 was put back.
var removalRefusals = []refusal{
	{"C5 a removal from a round", "issued", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Officer(s.r.ID, &record.RollRemoval{By: 1, Entries: []uint64{0}, Removed: true, Reason: "resigned"}).Raw()
	}},
	removal("by an officer that is none", "author", func(b *record.RollRemoval) { b.By = 3 }),
	removal("a removal signed by another officer", "signature", func(b *record.RollRemoval) { b.By = 2 }),
	{"a removal from a roll that is not whole", "begun", fold.Void, "roll", func(s *scene) []byte {
		r, err := record.Decode(longRoll(s, 1, nil, 0))
		if err != nil {
			s.t.Fatal(err)
		}
		return s.o.Officer(r.Scope, &record.RollRemoval{By: 1, Entries: []uint64{0}, Removed: true, Reason: "resigned"}).Raw()
	}},
	removal("no entries", "form", func(b *record.RollRemoval) { b.Entries = nil }),
	removal("8001 entries", "form", func(b *record.RollRemoval) { b.Entries = make([]uint64, record.MaxRemovals+1) }),
	removal("an entry past the roll", "form", func(b *record.RollRemoval) { b.Entries = []uint64{0, 6} }),
	removal("an entry twice", "form", func(b *record.RollRemoval) { b.Entries = []uint64{1, 1} }),
	removal("entries that descend", "form", func(b *record.RollRemoval) { b.Entries = []uint64{2, 1} }),
	removal("no reason", "form", func(b *record.RollRemoval) { b.Reason = "" }),
	removal("a reason of 201 bytes", "form", func(b *record.RollRemoval) { b.Reason = strings.Repeat("x", 201) }),
	removal("G14 a reason of two lines", "form", func(b *record.RollRemoval) { b.Reason = "a\nb" }),
	removal("the form before what holds", "form", func(b *record.RollRemoval) { b.Entries, b.Reason = []uint64{4}, "" }),
	removal("an entry that is off already", "dup", func(b *record.RollRemoval) { b.Entries = []uint64{0, 4} }),
	removal("putting back one that is on", "dup", func(b *record.RollRemoval) { b.Entries, b.Removed = []uint64{4, 5}, false }),
}

// removal is a record by officer 1 that would take entry 0 off the roll, changed.
func removal(name, code string, change func(*record.RollRemoval)) refusal {
	return refusal{"removal: " + name, "issued", fold.Void, code, func(s *scene) []byte {
		b := &record.RollRemoval{By: 1, Entries: []uint64{0}, Removed: true, Reason: "resigned"}
		change(b)
		return s.o.Sign(s.r.Manifest.Roll, b, s.o.Commission[0]).Raw()
	}}
}

// removedFrom takes an entry off the roll of a scene's round, in a fork of it.
func removedFrom(s *scene, entry uint64) {
	s.t.Helper()
	s.fork()
	s.o.Remove(s.r.Manifest.Roll, true, entry)
}

func TestRemovals(t *testing.T) {
	s := at(t, "issued")
	s.fork()
	roll := s.o.State.Roll(s.r.Manifest.Roll)
	count, root := roll.Announce.Count, roll.Announce.Root
	off := roll.Removed(4)
	if off == nil || off.Body.Reason != "membership lapsed" || off.At != s.o.State.Now() || record.IDOf(s.o.Log()[off.Index]) != off.ID {
		t.Fatalf("entry 4: %+v", off)
	}
	if roll.Removed(5) != nil || roll.Removed(1<<40) != nil || roll.RemovedCount() != 1 || len(roll.Removals()) != 2 {
		t.Errorf("%d entries off the roll, by %d records", roll.RemovedCount(), len(roll.Removals()))
	}
	// What a registrar signed before it saw the removal is published, and counted.
	round := s.o.State.Round(s.r.ID)
	if round.IssuedRemoved(1) != 0 {
		t.Errorf("%d issued while removed", round.IssuedRemoved(1))
	}
	s.o.Post(s.r.By(1, &record.Issue{Registrar: 1, Entry: 4}))
	round = s.o.State.Round(s.r.ID)
	if round.IssuedRemoved(1) != 1 || round.IssuedRemoved(2) != 0 || !round.IsIssued(1, 4) {
		t.Errorf("%d and %d issued while removed", round.IssuedRemoved(1), round.IssuedRemoved(2))
	}
	s.o.Remove(s.r.Manifest.Roll, true, 0, 1, 2, 3)
	s.o.Remove(s.r.Manifest.Roll, false, 4)
	roll = s.o.State.Roll(s.r.Manifest.Roll)
	if roll.Removed(4) != nil || roll.Removed(3) == nil || roll.RemovedCount() != 4 || roll.Announce.Count != count || roll.Announce.Root != root || !roll.Complete() {
		t.Errorf("%d off the roll, %+v", roll.RemovedCount(), roll.Announce)
	}
}

// TestACardThatWasCollectedStillVotes removes every member who has a card: their cards are anonymous, and vote, support and check as before.
func TestACardThatWasCollectedStillVotes(t *testing.T) {
	s := at(t, "open")
	s.fork()
	s.o.Remove(s.r.Manifest.Roll, true, 0, 1, 2, 3)
	s.v.Cast(0, yes...)
	s.v.Check(1, record.ID{1})
	s.v.Cast(1, yes...)
	s.v.Finish()
	if v := s.v.State(); v.Phase != fold.Certified || v.Counted() != 2 || v.Result.Roll != 6 {
		t.Errorf("%v, %d counted of %d", v.Phase, v.Counted(), v.Result.Roll)
	}

	p := courseAt(t, "two supports")
	removedFrom(&p, 2)
	p.v.Support(2)
	if v := p.v.State(); v.Phase != fold.Called {
		t.Errorf("with the support of a card whose member was removed later: %v", v.Phase)
	}
}

// A whole state takes removals from whole rolls only; one that has not read the roll takes them, and judges names by them.
func TestPartialStateKnowsRemovals(t *testing.T) {
	s := at(t, "called")
	s.fork()
	partial := fold.NewPartial()
	for _, raw := range s.o.Log() {
		if r, err := record.Decode(raw); err != nil || r.Kind() == "roll-part" {
			continue
		}
		if got := partial.ApplyRaw(raw); got.Status != fold.Accepted {
			t.Fatal(got)
		}
	}
	roll := partial.Roll(s.r.Manifest.Roll)
	if roll.Complete() || roll.Removed(4) == nil || roll.Removed(5) != nil {
		t.Errorf("complete %v, removed %v and %v", roll.Complete(), roll.Removed(4), roll.Removed(5))
	}
}

// TestCheckFaultChecksInOrder gives reports two defects, or all from one on: the first check that fails gives the code.
func TestCheckFaultChecksInOrder(t *testing.T) {
	order := strings.Fields("form phase unchecked dup signatures signature")
	base := at(t, "cast")
	base.fork()
	base.v.Check(3, record.ID{1})
	reported := base
	reported.fork()
	reported.v.Fault(3, record.ID{1})
	judge := func(has ...string) fold.Outcome {
		s := base
		if slices.Contains(has, "dup") {
			s = reported
		}
		if slices.Contains(has, "phase") {
			s.fork()
			s.v.Close()
			s.v.Promises()
			s.v.Seal()
		}
		cred := s.v.Credential(3)
		b := &record.CheckFault{Key: cred.Key, Signatures: slices.Clone(cred.Signatures), Ballot: record.ID{1}}
		if slices.Contains(has, "unchecked") {
			b.Ballot = record.ID{9}
		}
		if slices.Contains(has, "signatures") {
			b.Signatures[100] ^= 1
		}
		if slices.Contains(has, "form") {
			b.Signatures = b.Signatures[1:]
		}
		key := cred.SecretKey()
		if slices.Contains(has, "signature") {
			key = s.o.Board
		}
		return s.o.Judge(s.o.Sign(s.v.ID, b, key).Raw())
	}
	for i, first := range order {
		for _, second := range order[i+1:] {
			if first == "unchecked" && second == "dup" {
				continue // what was not checked was not reported
			}
			if got := judge(first, second); got.Status != fold.Void || got.Code != first {
				t.Errorf("%s and %s: %v", first, second, got)
			}
		}
		if got := judge(order[i:]...); got.Status != fold.Void || got.Code != first {
			t.Errorf("all from %s on: %v", first, got)
		}
	}
	if got := judge(); got.Status != fold.Accepted {
		t.Errorf("without defects: %v", got)
	}
}

// TestI1_AReportHasNoEffectButThatItIsCounted reports checked ballots, also after voting has closed, and casts as before.
func TestI1_AReportHasNoEffectButThatItIsCounted(t *testing.T) {
	s := at(t, "cast")
	s.fork()
	ballots, cards := s.v.State().CheckFaults()
	s.v.Check(3, record.ID{1})
	s.v.Check(3, record.ID{2})
	s.v.Check(2, record.ID{1})
	before := s.v.State().Counted()
	s.v.Fault(3, record.ID{1})
	s.v.Cast(3, []int{simulate.Yes}, []int{0})
	s.v.Close()
	s.v.Fault(3, record.ID{2})
	v := s.v.State()
	key := s.v.Credential(3).Key
	if b, c := v.CheckFaults(); b != ballots+2 || c != cards+1 || v.Checkers() != 3 || !v.IsFaulted(key, record.ID{2}) || v.IsFaulted(s.v.Credential(2).Key, record.ID{1}) {
		t.Errorf("%d ballots by %d cards of %d", b, c, v.Checkers())
	}
	if v.Counted() != before+1 || !v.IsSpoiled(key, record.ID{1}) {
		t.Errorf("%d counted", v.Counted())
	}
	s.v.Promises()
	s.v.Seal()
	s.v.Tally()
	if v := s.v.State(); v.Phase != fold.Certified {
		t.Errorf("the vote is %v", v.Phase)
	}
}
