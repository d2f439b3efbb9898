package commission_test

import (
	"context"
	"log/slog"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/commission"
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
func TestG13_AVoteIsNotOpenedWhenItWasToClose(t *testing.T) {
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
