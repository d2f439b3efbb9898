package commission_test

import (
	"context"
	"log/slog"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
)

var quiet = slog.New(slog.DiscardHandler)

// two calls two votes of one round whose keys are ready, the second with an hour more for everything.
func two(t *testing.T) (o *simulate.Org, first, second *simulate.Vote) {
	t.Helper()
	o = simulate.New(t, simulate.Config{Members: 3, Slots: 2})
	r := o.Round()
	first = r.Vote()
	second = r.Vote(func(m *record.Vote) { m.Opens, m.Closes = m.Opens+3600, m.Closes+3600 })
	first.Ceremony()
	second.Ceremony()
	return o, first, second
}

// Key generation took so long that voting would be over: the officer does not open a vote in which nobody can vote, and goes on with others.
func TestAVoteIsNotOpenedWhenItWasToClose(t *testing.T) {
	o, first, second := two(t)
	o.Reach(second.Manifest.Opens)
	officer := commission.New(partytest.New(o).View(), o.Commission[0], quiet)
	for range 3 {
		if _, err := officer.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if p := first.State().Phase; p != fold.Called {
		t.Errorf("the vote whose time is over is %v", p)
	}
	if p := second.State().Phase; p != fold.Open {
		t.Errorf("the other vote is %v", p)
	}
}

// What goes wrong in one vote does not keep the officer from the others.
func TestOneVotesErrorIsNotTheOthers(t *testing.T) {
	o, first, second := two(t)
	first.Open()
	o.Reach(second.Manifest.Opens)
	view := partytest.New(o).View()
	view.Record = func(r *record.Record) *record.Record {
		if r.Scope == first.ID {
			return o.Sign(r.Scope, r.Body, o.Board) // refused
		}
		return r
	}
	officer := commission.New(view, o.Commission[0], quiet)
	posted, err := officer.Step(context.Background())
	if !posted || err == nil {
		t.Errorf("posted %v, error %v", posted, err)
	}
	if a, b := first.State().Phase, second.State().Phase; a != fold.Open || b != fold.Open {
		t.Errorf("the first vote is %v, the second %v", a, b)
	}
}

// Entries are taken off a roll and put back, each once however they are listed, and more than fit into one record by several.
func TestRemoveFromRoll(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 5})
	_, id := o.PostRoll()
	view := partytest.New(o).View()
	officer := commission.New(view, o.Commission[1], quiet)
	done, err := officer.RemoveFromRoll(t.Context(), id, []uint64{4, 0, 4}, true, "on the roll twice")
	if err != nil {
		t.Fatal(err)
	}
	roll := o.State.Roll(id)
	if off := roll.Removed(4); off == nil || off.ID != done || off.Body.By != 2 || off.Body.Reason != "on the roll twice" || roll.Removed(0) == nil || roll.RemovedCount() != 2 {
		t.Errorf("%+v", off)
	}
	if _, err := officer.RemoveFromRoll(t.Context(), id, []uint64{1, 4}, true, "resigned"); party.RefusalCode(err) != "dup" {
		t.Errorf("an entry that is off already: %v", err)
	}
	if _, err := officer.RemoveFromRoll(t.Context(), id, []uint64{5}, true, "resigned"); party.RefusalCode(err) != "form" {
		t.Errorf("an entry past the roll: %v", err)
	}
	if _, err := officer.RemoveFromRoll(t.Context(), id, []uint64{0}, false, "removed by mistake"); err != nil || roll.Removed(0) != nil {
		t.Errorf("putting back: %v", err)
	}
}
