package fold_test

import (
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/merkle"
)

// A partial state that is given every record comes to the same as a whole one, and one that is given less passes over the rest.
func TestPartialState(t *testing.T) {
	s := at(t, "certified")
	log := s.o.Log()
	partial := fold.NewPartial()
	var tree merkle.Frontier
	for i, raw := range log {
		p := partial.Prepare([][]byte{raw})[0]
		keep := p.Record().Kind()
		if keep != "ballot" && keep != "issues" && keep != "issue" && keep != "input" && keep != "shares" {
			partial.Pass(&tree)
			if got := partial.Apply(p); got.Status != fold.Accepted {
				t.Errorf("record %d, %s: %v", i, keep, got)
			}
		}
		tree.Append(merkle.Hash(p.ID()))
	}
	partial.Pass(&tree)
	v := partial.Vote(s.v.ID)
	if v.Phase != fold.Certified || partial.Root() != s.o.State.Root() || partial.Size() != s.o.State.Size() || v.Index != s.v.State().Index || v.SealRoot != s.v.State().SealRoot {
		t.Errorf("phase %v, size %d, manifest at %d", v.Phase, partial.Size(), v.Index)
	}
	if v.Counted() != 0 || !v.Key.Equal(s.v.State().Key) {
		t.Errorf("%d counted", v.Counted())
	}
	defer func() {
		if recover() == nil {
			t.Error("a state went back")
		}
	}()
	partial.Pass(&merkle.Frontier{})
}

// A vote is called in a partial state by the support that called it, and by no other.
func TestPartialStateOfAPetition(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	r := o.Round()
	r.Cards(3)
	v := r.Propose(r.Plan("petition"))
	log := o.Log()
	for _, calling := range []bool{false, true} {
		s := fold.NewPartial()
		for _, raw := range log {
			s.ApplyRaw(raw)
		}
		s.PassSupports(v.ID, 7)
		if have, _ := s.Vote(v.ID).Supports(); have != 7 {
			t.Errorf("%d supports, 7 were passed over", have)
		}
		support := s.Prepare([][]byte{v.SupportOf(r.Credential(3, v.Manifest.Rules.Call.Petition.Slot)).Raw()})[0]
		apply := s.Apply
		want := fold.Proposed
		if calling {
			apply, want = s.ApplyCalling, fold.Called
		}
		if got := apply(support); got.Status != fold.Accepted || s.Vote(v.ID).Phase != want {
			t.Errorf("calling %v: %v, %v", calling, got, s.Vote(v.ID).Phase)
		}
	}
}

// A partial state does not open complaints: the attempt has failed, and the restart names one of the two. The key is that of the attempt after it.
func TestE5_ComplaintsInAPartialState(t *testing.T) {
	s := at(t, "accept")
	s.fork()
	s.o.Post(s.v.By(3, falseComplaint(&s, 3, 1)))
	read := func() *fold.State {
		state := fold.NewPartial()
		for _, raw := range s.o.Log() {
			state.ApplyRaw(raw)
		}
		return state
	}
	for i, want := range []fold.Status{fold.Void, fold.Accepted, fold.Void, fold.Accepted, fold.Void} {
		b := &record.KeygenRestart{By: 1, Attempt: 1, Trustee: uint64(i), Reason: record.RestartComplaint}
		if got := read().ApplyRaw(s.v.Officer(b).Raw()); got.Status != want {
			t.Errorf("a restart that names trustee %d: %v", i, got)
		}
	}
	against := falseComplaint(&s, 2, 2)
	if got := read().ApplyRaw(s.v.By(2, against).Raw()); got.Status != fold.Void {
		t.Errorf("a complaint in an attempt that has failed: %v", got)
	}
	s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 3, Reason: record.RestartComplaint}))
	goOn(&s, 2)
	whole, partial := s.v.State().Ceremony, read().Vote(s.v.ID).Ceremony
	if !partial.Ready() || partial.Attempt() != 2 || !partial.Key().Equal(whole.Key()) || partial.Hash() != whole.Hash() {
		t.Errorf("step %v of attempt %d", partial.Step(), partial.Attempt())
	}
}

// What only a whole state judges has no effect in a partial one, and a result is the one that the commission has signed.
func TestPartialStatePassesOver(t *testing.T) {
	s := at(t, "certified")
	partial := fold.NewPartial()
	var tree merkle.Frontier
	passed := 0
	for _, raw := range s.o.Log() {
		p := partial.Prepare([][]byte{raw})[0]
		partial.Pass(&tree)
		got := partial.Apply(p)
		switch p.Record().Kind() {
		case "input", "shares", "lots":
			if passed++; got.Status != fold.Void || got.Code != "passed" {
				t.Errorf("%s: %v", p.Record().Kind(), got)
			}
		default:
			if got.Status != fold.Accepted {
				t.Errorf("%s: %v", p.Record().Kind(), got)
			}
		}
		tree.Append(merkle.Hash(p.ID()))
	}
	if v := partial.Vote(s.v.ID); passed == 0 || v.Phase != fold.Certified || v.Inputs() != 0 {
		t.Errorf("%d passed over, phase %v, %d inputs", passed, v.Phase, v.Inputs())
	}
}
