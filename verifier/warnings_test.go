package verifier_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
)

// What can make a vote that holds worth less than it looks is said, and only then: registrars who are one, few voters, voters who agree, a
// quorum that would let two histories be opened, a vote whose id nobody gave.
func TestF6_F15_WarningsOfAVote(t *testing.T) {
	const (
		operator = "registrars Registrar 1 and Registrar 2 are both run by Operator 1"
		channel  = "registrars Registrar 1 and Registrar 2 know members by the same channel, channel 1"
		alone    = "there is one registrar, who can make up voters"
		one      = "one ballot was counted: the result is how one person voted"
		few      = "3 ballots were counted: so few say much about each"
		agree    = "contest question: all ballots agree"
		quorum   = "2 of 3 trustees sign the input and no witness is asked for"
		unpinned = "the vote's id was not given"
		mock     = "this is a mock vote"
	)
	all := []string{operator, channel, alone, one, few, agree, quorum, unpinned, mock}
	none := func(*record.Round) {}
	for i, c := range []struct {
		registrars, quorum int
		round              func(*record.Round)
		yes, no            int
		pinned, mock       bool
		want               []string
	}{
		{registrars: 2, quorum: 3, round: none, yes: 6, no: 4, pinned: true},
		{registrars: 1, quorum: 2, round: none, yes: 1, want: []string{alone, one, quorum, unpinned}},
		{registrars: 2, quorum: 3, round: func(r *record.Round) { r.Registrars[1].Operator = "Operator 1" }, yes: 2, no: 1, pinned: true, want: []string{operator, few}},
		{registrars: 2, quorum: 3, round: func(r *record.Round) { r.Registrars[1].Channel = "channel 1" }, yes: 3, pinned: true, mock: true, want: []string{channel, few, agree, mock}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			r := simulate.New(t, simulate.Config{Members: 10, Registrars: c.registrars, Threshold: 2, Quorum: c.quorum}).Round(c.round)
			v := r.Vote(func(m *record.Vote) { m.Mock = c.mock })
			for e := range c.yes + c.no {
				r.Cards(e)
			}
			v.Ceremony()
			v.Open()
			for e := range c.yes + c.no {
				if e < c.yes {
					v.Cast(e, []int{simulate.Yes})
				} else {
					v.Cast(e, []int{simulate.No})
				}
			}
			v.Finish()
			var o verifier.Options
			if c.pinned {
				o.Vote = v.ID
			}
			report := verify(t, sourceOf(t, v.Org), o)
			if !report.OK() {
				t.Fatalf("%v %s", report.Verdict, report.Problem)
			}
			said := report.Votes[0].Warnings
			for _, w := range all {
				if got, want := slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, w) }), slices.Contains(c.want, w); got != want {
					t.Errorf("%q: %v, want %v, in %q", w, got, want, said)
				}
			}
		})
	}
}
