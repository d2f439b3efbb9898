package contest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/text"
)

func yesNo() Contest {
	return Contest{
		ID: "merger", Kind: KindChoice, Title: text.Texts{"en": "Shall we merge?", "de": "Fusionieren?"},
		Options: []Option{
			{ID: "yes", Title: text.Texts{"en": "Yes", "de": "Ja"}},
			{ID: "no", Title: text.Texts{"en": "No", "de": "Nein"}},
			{ID: "abstain", Title: text.Texts{"en": "Abstain", "de": "Enthaltung"}},
		},
		Min: 0, Max: 1,
		Decision: Decision{Method: MethodThreshold, Option: 0, Num: 1, Den: 2, Strict: true, Base: BaseOptions, Over: []uint64{0, 1}, QuorumNum: 1, QuorumDen: 10},
	}
}

func TestContestCheck(t *testing.T) {
	c := yesNo()
	if err := c.Check("contests[0]"); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Contest){
		"id":                  func(c *Contest) { c.ID = "Merger" },
		"unknown kind":        func(c *Contest) { c.Kind = "approval" },
		"groups":              func(c *Contest) { c.Options[1].Groups = []string{"north"} },
		"a depth":             func(c *Contest) { c.Depth = 1 },
		"a ranking decision":  func(c *Contest) { c.Ranking.QuorumDen = 1 },
		"no title":            func(c *Contest) { c.Title = nil },
		"no options":          func(c *Contest) { c.Options = nil },
		"too many options":    func(c *Contest) { c.Options = manyOptions(MaxOptions + 1) },
		"duplicate option id": func(c *Contest) { c.Options[2].ID = "yes" },
		"duplicate title":     func(c *Contest) { c.Options[2].Title = text.Texts{"en": "Abstain", "de": "Ja"} },
		"option id":           func(c *Contest) { c.Options[1].ID = "" },
		"option title":        func(c *Contest) { c.Options[1].Title = text.Texts{"en": "No\u200b"} },
		"min above max":       func(c *Contest) { c.Min = 2 },
		"max 0":               func(c *Contest) { c.Max = 0 },
		"max above options":   func(c *Contest) { c.Max = 4 },
		"huge min and max":    func(c *Contest) { c.Min, c.Max = 1<<63, 1<<64-1 },
		"decision":            func(c *Contest) { c.Decision.Option = 3 },
	} {
		c := yesNo()
		change(&c)
		if err := c.Check("contests[0]"); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "contests[0]") {
			t.Errorf("%s: error %q does not name the field", name, err)
		}
	}
	wide := yesNo()
	wide.Options = manyOptions(MaxOptions)
	if err := wide.Check("contests[0]"); err != nil {
		t.Error(err)
	}
}

func manyOptions(n int) []Option {
	options := make([]Option, n)
	for i := range options {
		options[i] = Option{ID: fmt.Sprint("o", i), Title: text.Texts{"en": fmt.Sprint("Option ", i)}}
	}
	return options
}

func TestSelection(t *testing.T) {
	c := yesNo()
	c.Options, c.Min, c.Max = manyOptions(4), 1, 3
	for _, one := range []struct {
		selected []int
		want     []uint64 // nil: an error
	}{
		{[]int{2}, []uint64{0, 0, 1, 0}},
		{[]int{3, 0, 1}, []uint64{1, 1, 0, 1}},
		{nil, nil},
		{[]int{0, 1, 2, 3}, nil},
		{[]int{1, 1}, nil},
		{[]int{4}, nil},
		{[]int{-1}, nil},
	} {
		got, err := c.Selection(one.selected)
		if (err != nil) != (one.want == nil) || !slices.Equal(got, one.want) {
			t.Errorf("Selection(%v) = %v, %v; want %v", one.selected, got, err, one.want)
		}
	}
	c.Min = 0
	if blank, err := c.Selection(nil); err != nil || !slices.Equal(blank, make([]uint64, 4)) {
		t.Errorf("blank: %v, %v", blank, err)
	}
}

func TestDecisionCheck(t *testing.T) {
	threshold := yesNo().Decision
	plurality := Decision{Method: MethodPlurality, Den: 1, Base: BaseBallots, QuorumDen: 1, Seats: 2}
	none := Decision{Method: MethodNone, Den: 1, Base: BaseBallots, QuorumDen: 1}
	for _, d := range []Decision{threshold, plurality, none} {
		if err := d.Check("decision", 3); err != nil {
			t.Error(err)
		}
	}
	for name, d := range map[string]Decision{
		"zero":                          {},
		"unknown method":                with(none, func(d *Decision) { d.Method = "lot" }),
		"den 0":                         with(threshold, func(d *Decision) { d.Num, d.Den = 0, 0 }),
		"more than all":                 with(threshold, func(d *Decision) { d.Num, d.Den = 3, 2 }),
		"den too large":                 with(threshold, func(d *Decision) { d.Den = 1<<32 + 1 }),
		"quorum 0 of 0":                 with(none, func(d *Decision) { d.QuorumNum, d.QuorumDen = 0, 0 }),
		"quorum 0 of 0, threshold":      with(threshold, func(d *Decision) { d.QuorumNum, d.QuorumDen = 0, 0 }),
		"quorum den 0":                  with(threshold, func(d *Decision) { d.QuorumNum, d.QuorumDen = 0, 0 }),
		"quorum above all":              with(threshold, func(d *Decision) { d.QuorumNum = 11 }),
		"quorum den too large":          with(threshold, func(d *Decision) { d.QuorumDen = 1<<32 + 1 }),
		"option not there":              with(threshold, func(d *Decision) { d.Option = 3 }),
		"base unknown":                  with(threshold, func(d *Decision) { d.Base = "members" }),
		"ballots with over":             with(threshold, func(d *Decision) { d.Base = BaseBallots }),
		"options without over":          with(threshold, func(d *Decision) { d.Over = nil }),
		"over without the option":       with(threshold, func(d *Decision) { d.Over = []uint64{1, 2} }),
		"over descending":               with(threshold, func(d *Decision) { d.Over = []uint64{1, 0} }),
		"over twice":                    with(threshold, func(d *Decision) { d.Over = []uint64{0, 0} }),
		"over not there":                with(threshold, func(d *Decision) { d.Over = []uint64{0, 3} }),
		"threshold with seats":          with(threshold, func(d *Decision) { d.Seats = 1 }),
		"no seats":                      with(plurality, func(d *Decision) { d.Seats = 0 }),
		"more seats than options":       with(plurality, func(d *Decision) { d.Seats = 4 }),
		"plurality with a fraction":     with(plurality, func(d *Decision) { d.Num = 1 }),
		"plurality with strict":         with(plurality, func(d *Decision) { d.Strict = true }),
		"plurality with another base":   with(plurality, func(d *Decision) { d.Base = BaseOptions }),
		"plurality with an option":      with(plurality, func(d *Decision) { d.Option = 1 }),
		"plurality with over":           with(plurality, func(d *Decision) { d.Over = []uint64{0} }),
		"none with a quorum":            with(none, func(d *Decision) { d.QuorumNum = 1 }),
		"none with a quorum's divisor":  with(none, func(d *Decision) { d.QuorumDen = 2 }),
		"none with lots":                with(none, func(d *Decision) { d.Lots = true }),
		"threshold with lots":           with(threshold, func(d *Decision) { d.Lots = true }),
		"an option beyond the last":     with(threshold, func(d *Decision) { d.Option, d.Base, d.Over = 3, BaseBallots, nil }),
		"none with seats":               with(none, func(d *Decision) { d.Seats = 1 }),
		"none with another denominator": with(none, func(d *Decision) { d.Den = 2 }),
	} {
		if err := d.Check("decision", 3); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "decision.") {
			t.Errorf("%s: error %q does not name the field", name, err)
		}
	}
}

func with(d Decision, change func(*Decision)) Decision {
	d.Over = slices.Clone(d.Over)
	change(&d)
	return d
}

func TestDecide(t *testing.T) {
	majority := Decision{Method: MethodThreshold, Num: 1, Den: 2, Strict: true, Base: BaseOptions, Over: []uint64{0, 1}, QuorumDen: 1}
	twoThirds := Decision{Method: MethodThreshold, Num: 2, Den: 3, Base: BaseBallots, QuorumNum: 1, QuorumDen: 5}
	seats := func(n uint64) Decision {
		return Decision{Method: MethodPlurality, Den: 1, Base: BaseBallots, QuorumDen: 1, Seats: n}
	}
	none := Decision{Method: MethodNone, Den: 1, Base: BaseBallots, QuorumDen: 1}
	for _, c := range []struct {
		name          string
		d             Decision
		counts        []uint64
		counted, roll uint64
		outcome       string
		winners       []uint64
	}{
		{"counts only", none, []uint64{5, 4}, 9, 10, OutcomeNone, nil},
		{"majority", majority, []uint64{5, 4, 90}, 99, 100, OutcomePassed, []uint64{0}},
		{"equal votes", majority, []uint64{5, 5, 1}, 11, 100, OutcomeTied, nil},
		{"minority", majority, []uint64{4, 5, 90}, 99, 100, OutcomeFailed, nil},
		{"all abstain", majority, []uint64{0, 0, 9}, 9, 100, OutcomeFailed, nil},
		{"no ballot", majority, []uint64{0, 0, 0}, 0, 100, OutcomeFailed, nil},
		{"two thirds exactly", twoThirds, []uint64{20, 10}, 30, 100, OutcomePassed, []uint64{0}},
		{"one short of two thirds", twoThirds, []uint64{19, 11}, 30, 100, OutcomeFailed, nil},
		{"abstentions count in the base", twoThirds, []uint64{19, 0, 11}, 30, 100, OutcomeFailed, nil},
		{"quorum exactly", twoThirds, []uint64{20, 0}, 20, 100, OutcomePassed, []uint64{0}},
		{"one short of the quorum", twoThirds, []uint64{19, 0}, 19, 100, OutcomeNoQuorum, nil},
		{"no quorum asked, no ballot", with(twoThirds, func(d *Decision) { d.QuorumNum = 0 }), []uint64{0, 0}, 0, 100, OutcomeFailed, nil},
		{"one seat", seats(1), []uint64{3, 7, 5}, 15, 20, OutcomeElected, []uint64{1}},
		{"two seats by index", seats(2), []uint64{5, 3, 7}, 15, 20, OutcomeElected, []uint64{0, 2}},
		{"tie at the last seat", seats(2), []uint64{5, 7, 5}, 17, 20, OutcomeTied, []uint64{1}},
		{"tie that fits", seats(2), []uint64{5, 3, 5}, 13, 20, OutcomeElected, []uint64{0, 2}},
		{"tie of all for one seat", seats(1), []uint64{4, 4, 4}, 12, 20, OutcomeTied, nil},
		{"fewer with votes than seats", seats(3), []uint64{0, 4, 0}, 4, 20, OutcomeElected, []uint64{1}},
		{"as many with votes as seats", seats(2), []uint64{1, 1, 0}, 2, 20, OutcomeElected, []uint64{0, 1}},
		{"no votes", seats(2), []uint64{0, 0, 0}, 3, 20, OutcomeFailed, nil},
		{"plurality without quorum", with(seats(1), func(d *Decision) { d.QuorumNum, d.QuorumDen = 1, 2 }), []uint64{4, 1}, 5, 20, OutcomeNoQuorum, nil},
		{"products beyond 64 bits", Decision{Method: MethodThreshold, Num: 1<<32 - 1, Den: 1 << 32, Base: BaseBallots, QuorumNum: 1 << 32, QuorumDen: 1 << 32}, []uint64{1 << 40}, 1 << 40, 1 << 40, OutcomePassed, []uint64{0}},
	} {
		outcome, winners := c.d.Decide(c.counts, c.counted, c.roll)
		if outcome != c.outcome || !slices.Equal(winners, c.winners) {
			t.Errorf("%s: %s %v, want %s %v", c.name, outcome, winners, c.outcome, c.winners)
		}
	}
}

// SPEC.md §11.5 read literally, with sorting instead of counting, must give what Decide gives.
func TestPluralityAgainstTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Uint64Range(0, 4), 1, 7).Draw(t, "counts")
		seats := rapid.IntRange(1, len(counts)).Draw(t, "seats")
		d := Decision{Method: MethodPlurality, Den: 1, Base: BaseBallots, QuorumDen: 1, Seats: uint64(seats)}
		outcome, winners := d.Decide(counts, 10, 10)

		order := make([]int, len(counts))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(counts[b]) - int(counts[a]) })
		positive := 0
		for _, n := range counts {
			if n > 0 {
				positive++
			}
		}
		want, wantOutcome := []uint64(nil), OutcomeElected
		switch {
		case positive == 0:
			wantOutcome = OutcomeFailed
		case positive < seats:
			for _, i := range order[:positive] {
				want = append(want, uint64(i))
			}
		default:
			for _, i := range order[:seats] {
				want = append(want, uint64(i))
			}
			if c := counts[order[seats-1]]; seats < len(order) && counts[order[seats]] == c {
				wantOutcome = OutcomeTied
				want = slices.DeleteFunc(want, func(i uint64) bool { return counts[i] == c })
			}
		}
		slices.Sort(want)
		if outcome != wantOutcome || !slices.Equal(winners, want) {
			t.Fatalf("%v for %d seats: %s %v, want %s %v", counts, seats, outcome, winners, wantOutcome, want)
		}
	})
}
