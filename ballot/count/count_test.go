package count_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/count"
)

// candidates makes candidates called A, B, C and so on.
func candidates(n int) []count.Candidate {
	var out []count.Candidate
	for i := range n {
		out = append(out, count.Candidate{Name: string(rune('A' + i))})
	}
	return out
}

// ballot is n ballots that rank the candidates of those letters; '=' joins equals.
func ballot(n uint64, letters string) count.Ballot {
	b := count.Ballot{Count: n}
	equal := false
	for _, r := range letters {
		if r == '=' {
			equal = true
			continue
		}
		c := int(r - 'A')
		if last := len(b.Ranking) - 1; equal {
			b.Ranking[last] = append(b.Ranking[last], c)
		} else {
			b.Ranking = append(b.Ranking, []int{c})
		}
		equal = false
	}
	return b
}

func letters(list []int) string {
	out := ""
	for _, i := range list {
		out += string(rune('A' + i))
	}
	return out
}

func held(s count.Stage) string {
	var out []string
	for _, v := range s.Votes {
		out = append(out, v.String())
	}
	return strings.Join(out, " ")
}

// whys lists what happened, in words.
func whys(r *count.Result) []string {
	var out []string
	for _, s := range r.Stages {
		for _, e := range s.Events {
			out = append(out, string(e.Kind)+": "+e.Why)
		}
	}
	return out
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestH3_MalformedRankings: rankings that different tools could read differently
// are spoiled whole, by every method.
func TestH3_MalformedRankings(t *testing.T) {
	data, err := os.ReadFile("testdata/rankings.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		About      string
		Candidates int
		Withdrawn  []int
		Ranking    [][]int
		Expect     string
		Strict     string // with a method that allows no equal first preferences
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		for _, m := range count.Methods() {
			e := &count.Election{Seats: 1, Candidates: candidates(v.Candidates)}
			for _, i := range v.Withdrawn {
				e.Candidates[i].Withdrawn = true
			}
			e.Ballots = []count.Ballot{{Count: 3, Ranking: v.Ranking}, ballot(5, "A")}
			r := tallyBy(t, e, m, count.ListOrder("list"))
			want := v.Expect
			if strict := m == count.Plurality || m == count.IRV || m == count.ScottishSTV; strict && v.Strict != "" {
				want = v.Strict
			}
			got := map[string]int64{"valid": r.Ballots.Valid.Int64() - 5, "blank": r.Ballots.Blank.Int64(), "spoiled": r.Ballots.Spoiled.Int64()}
			if got[want] != 3 || r.Ballots.Total.Int64() != 8 {
				t.Errorf("%s: %s: got %v, want %s", v.About, m, got, want)
			}
		}
	}
}

// TestMeekByHand follows two rounds of the reference rule with pencil and paper.
func TestMeekByHand(t *testing.T) {
	e := &count.Election{Seats: 2, Candidates: candidates(3), Ballots: []count.Ballot{ballot(5, "AB"), ballot(2, "C"), ballot(1, "B")}}
	r := tallyBy(t, e, count.MeekSTV, nil)
	// Round 1: quota 8 ÷ 3, cut off, plus 0.000000001; A is elected. Keep factor of
	// A: 1 × 2.666666667 ÷ 5 = 0.5333333334, up to 0.533333334. Round 2: A keeps
	// 5 × 0.533333334 and passes on 5 × 0.466666666.
	if got, want := held(r.Stages[0]), "5.000000000 1.000000000 2.000000000"; got != want {
		t.Errorf("round 1: %s, want %s", got, want)
	}
	s := r.Stages[1]
	if got, want := held(s), "2.666666670 3.333333330 2.000000000"; got != want {
		t.Errorf("round 2: %s, want %s", got, want)
	}
	if got := s.KeepFactors[0].String(); got != "0.533333334" {
		t.Errorf("keep factor %s", got)
	}
	if got := s.Quota.String(); got != "2.666666667" {
		t.Errorf("quota %s", got)
	}
	if letters(r.Elected) != "AB" || len(r.Stages) != 2 {
		t.Errorf("elected %s in %d stages", letters(r.Elected), len(r.Stages))
	}
}

// TestMeekTieWithinTheSurplus: at an exclusion, everybody is tied with the lowest
// who is ahead by no more than the surplus that is still to move.
func TestMeekTieWithinTheSurplus(t *testing.T) {
	e := &count.Election{Seats: 2, Candidates: candidates(3), Ballots: []count.Ballot{
		ballot(1, "AB"), ballot(4, "AC"), ballot(3, "B"), ballot(2, "C"),
	}}
	r := tallyBy(t, e, count.MeekSTV, count.ListOrder("list", 1))
	if s := r.Stages[1]; held(s) != "3.333333335 3.333333333 3.333333332" || s.Surplus.String() != "0.000000001" {
		t.Errorf("before the exclusion: %s, surplus %s", held(s), s.Surplus)
	}
	if letters(r.Elected) != "AC" || len(r.Draws) != 1 || len(r.Draws[0].Tickets) != 2 {
		t.Errorf("elected %s after draws %v", letters(r.Elected), r.Draws)
	}
}

// TestMeekEqualRanks: a shared rank counts as all its orders at once. Of A=B on 6
// ballots each has 3. A, elected by 4 more, keeps 3/7 of 7: from a ballot A=B it is
// first in half of the orders.
func TestMeekEqualRanks(t *testing.T) {
	e := &count.Election{Seats: 2, Candidates: candidates(4), Ballots: []count.Ballot{
		ballot(6, "A=BC"), ballot(4, "AD"), ballot(1, "C"), ballot(2, "D"), ballot(1, "DC"),
	}}
	r := tallyBy(t, e, count.MeekSTV, nil)
	if got, want := held(r.Stages[0]), "7.000000000 3.000000000 1.000000000 3.000000000"; got != want {
		t.Errorf("first: %s, want %s", got, want)
	}
	// Quota 14 ÷ 3 = 4.666666667; keep factor k = 4.666666667 ÷ 7, up: 0.666666667.
	// Each A=B ballot, B keeping all: A k/2, B (1 + (1-k))/2, and nothing passes.
	// A: 6 × 0.333333333 + 4 × 0.666666667; B: 6 × 0.666666666; D: 3 + 4 × 0.333333333.
	if got, want := held(r.Stages[1]), "4.666666666 3.999999996 1.000000000 4.333333332"; got != want {
		t.Errorf("second: %s, want %s", got, want)
	}
}

// TestRulesGuardAndDoom counts with a floor and a cap, and follows the verdicts.
// A, B and C are men, C and D from the north. At most one of the three seats may
// go to a man, at least one to the north.
func TestRulesGuardAndDoom(t *testing.T) {
	e := &count.Election{Seats: 3, Candidates: candidates(6),
		Ballots: []count.Ballot{
			ballot(10, "AB"), ballot(9, "BAE"), ballot(4, "C"), ballot(1, "D"), ballot(8, "E"), ballot(2, "F"), ballot(2, "FE"),
		},
		Rules: []count.Rule{
			{Bound: count.AtMost, N: 1, Group: "men", Members: []int{0, 1, 2}},
			{Bound: count.AtLeast, N: 1, Group: "the north", Members: []int{2, 3}},
		}}
	// Quota 36 ÷ 4 + 1 = 10. A is elected; B and C are doomed, so that D, with the
	// fewest votes of all, is needed for the north. B's 9 votes go to E.
	r := tallyBy(t, e, count.ScottishSTV, nil)
	wantLines(t, whys(r), []string{
		"elected: A has reached the quota with 10.00000 votes",
		`doomed: B is doomed: "at most 1 from men" is exhausted`,
		`doomed: C is doomed: "at most 1 from men" is exhausted`,
		`guarded: D is guarded: all continuing candidates of the group (1) are needed for "at least 1 from the north"`,
		"excluded: B is doomed and is excluded",
		"excluded: C is doomed and is excluded",
		"elected: E has reached the quota with 17.00000 votes",
		`doomed: F is doomed: all remaining seats (1) are needed for "at least 1 from the north"`,
		"elected: D fills one of the last vacancies with 1.00000 votes",
	})
	if s := r.Stages[0]; letters(s.Doomed) != "BC" || letters(s.Guarded) != "D" {
		t.Errorf("stage 1: doomed %s, guarded %s", letters(s.Doomed), letters(s.Guarded))
	}
	if s := r.Stages[1]; s.Action != count.ExclusionAction || letters(s.From) != "BC" || held(s) != "10.00000 0.00000 0.00000 1.00000 17.00000 4.00000" {
		t.Errorf("stage 2: %s of %s: %s", s.Action, letters(s.From), held(s))
	}
	for _, m := range []count.Method{count.Plurality, count.Approval, count.MeekSTV, count.Schulze, count.RankedPairs} {
		r := tallyBy(t, e, m, count.ListOrder("list"))
		if !slices.Contains(r.Elected, 3) || len(r.Elected) != 3 {
			t.Errorf("%s elected %s", m, letters(r.Elected))
		}
	}
}

// TestRulesThatCannotBeMet: a floor beyond the candidates who stand is lowered,
// said at stage 1; a cap is kept and leaves seats empty.
func TestRulesThatCannotBeMet(t *testing.T) {
	e := &count.Election{Seats: 3, Candidates: candidates(4),
		Ballots: []count.Ballot{ballot(5, "A"), ballot(4, "B"), ballot(3, "C"), ballot(1, "D")},
		Rules: []count.Rule{
			{Bound: count.AtLeast, N: 2, Group: "x", Members: []int{3}},
			{Bound: count.AtMost, N: 1, Group: "y", Members: []int{0, 1, 2}},
		}}
	r := tallyBy(t, e, count.Plurality, nil)
	wantLines(t, whys(r), []string{
		`rule-lowered: "at least 2 from x" cannot be met by the candidates who stand; it is lowered to 1`,
		`guarded: D is guarded: all continuing candidates of the group (1) are needed for "at least 1 from x"`,
		"elected: A is next with 5.00000 votes",
		`doomed: B is doomed: all remaining seats (1) are needed for "at least 1 from x"`,
		`doomed: C is doomed: all remaining seats (1) are needed for "at least 1 from x"`,
		"elected: D is next with 1.00000 votes",
	})
	if r.Target != 2 || len(r.Notes) != 1 || r.Rules[0].N != 1 || e.Rules[0].N != 2 {
		t.Errorf("target %d, notes %q, rules %v", r.Target, r.Notes, r.Rules)
	}
	// Contradictory rules: the last floor gives way.
	e.Rules = []count.Rule{
		{Bound: count.AtLeast, N: 2, Group: "x", Members: []int{0, 1}},
		{Bound: count.AtLeast, N: 2, Group: "y", Members: []int{2, 3}},
	}
	r = tallyBy(t, e, count.ScottishSTV, nil)
	if letters(slices.Sorted(slices.Values(r.Elected))) != "ABC" || r.Rules[1].N != 1 {
		t.Errorf("elected %s under %v", letters(r.Elected), r.Rules)
	}
}

// TestRulesDecideAmongEquals: when candidates reach the quota together and the
// rules allow one of them, an earlier stage decides, or else a lot.
func TestRulesDecideAmongEquals(t *testing.T) {
	cap1 := []count.Rule{{Bound: count.AtMost, N: 1, Group: "men", Members: []int{0, 1}}}
	e := &count.Election{Seats: 2, Candidates: candidates(3), Rules: cap1,
		Ballots: []count.Ballot{ballot(4, "A"), ballot(4, "B"), ballot(2, "C")}}
	r := tallyBy(t, e, count.ScottishSTV, count.ListOrder("list", 1))
	if letters(r.Elected) != "BC" || len(r.Draws) != 1 || r.Draws[0].Purpose != count.DrawElection {
		t.Errorf("elected %s, draws %v", letters(r.Elected), r.Draws)
	}
	e = &count.Election{Seats: 2, Candidates: candidates(4), Rules: cap1,
		Ballots: []count.Ballot{ballot(3, "A"), ballot(2, "B"), ballot(1, "CB"), ballot(2, "D")}}
	r = tallyBy(t, e, count.ScottishSTV, nil) // A has a quota at once; B is doomed
	if letters(r.Elected) != "AD" {
		t.Errorf("elected %s", letters(r.Elected))
	}
}

// TestTiesByEarlierStage: B and C are tied for exclusion after A's votes moved;
// B had fewer before.
func TestTiesByEarlierStage(t *testing.T) {
	e := &count.Election{Seats: 1, Candidates: candidates(4),
		Ballots: []count.Ballot{ballot(1, "AB"), ballot(2, "B"), ballot(3, "C"), ballot(4, "D")}}
	for _, m := range []count.Method{count.IRV, count.ScottishSTV} {
		r := tallyBy(t, e, m, nil)
		if s := r.Stages[2]; letters(s.From) != "B" || s.Events[0].Reason != count.ByEarlierStage || s.Events[0].Stage != 1 {
			t.Errorf("%s: stage 3 excludes %s: %v", m, letters(s.From), s.Events)
		}
	}
}

// TestLots: a count asks for a lot only where its rules leave no choice, says so
// without one, and refuses what is no order of the candidates.
func TestLots(t *testing.T) {
	tied := &count.Election{Seats: 1, Candidates: candidates(3), Ballots: []count.Ballot{ballot(2, "A"), ballot(2, "B")}}
	for m, want := range map[count.Method]struct {
		purpose count.Purpose
		among   string
		winner  string
	}{
		count.Plurality:   {count.DrawElection, "AB", "B"},
		count.Approval:    {count.DrawElection, "AB", "B"},
		count.IRV:         {count.DrawExclusion, "AB", "A"},
		count.ScottishSTV: {count.DrawExclusion, "AB", "A"},
		count.MeekSTV:     {count.DrawExclusion, "AB", "A"},
		count.Schulze:     {count.DrawElection, "AB", "B"},
		count.RankedPairs: {count.DrawElection, "AB", "B"},
	} {
		var needed *count.LotNeeded
		if _, err := count.Count(tied, m, nil); !errors.As(err, &needed) {
			t.Errorf("%s: %v", m, err)
			continue
		}
		if needed.Number != 1 || needed.Purpose != want.purpose || letters(needed.Candidates) != want.among {
			t.Errorf("%s: %+v", m, needed)
		}
		r := tallyBy(t, tied, m, count.ListOrder("list", 1, 0)) // B is drawn first
		if letters(r.Elected) != want.winner {
			t.Errorf("%s: elected %s", m, letters(r.Elected))
		}
		if d := r.Draws[0]; d.Source != "list" || letters([]int{d.Tickets[0].Candidate, d.Tickets[1].Candidate}) != "BA" || d.Tickets[0].Derivation != "place 1" {
			t.Errorf("%s: draw %+v", m, d)
		}
		for _, bad := range []badLot{{1}, {0, 0}, {0, 2}, {0, 1, 2}} {
			if _, err := count.Count(tied, m, bad); err == nil {
				t.Errorf("%s: lot %v was accepted", m, bad)
			}
		}
	}
	// Two seats for two tied candidates: no lot.
	tied.Seats = 2
	for _, m := range []count.Method{count.Plurality, count.ScottishSTV, count.MeekSTV, count.Schulze} {
		r, err := count.Count(tied, m, nil)
		if err != nil && m != count.MeekSTV && m != count.ScottishSTV {
			t.Errorf("%s: %v", m, err)
		}
		if err == nil && letters(slices.Sorted(slices.Values(r.Elected))) != "AB" {
			t.Errorf("%s: elected %s", m, letters(r.Elected))
		}
	}
}

type badLot []int

func (l badLot) Source() string { return "bad" }

func (l badLot) Draw(int, []int) (out []count.Ticket, err error) {
	for _, c := range l {
		out = append(out, count.Ticket{Candidate: c})
	}
	return out, nil
}

// TestRankedPairsCycle: three majorities of equal strength in a cycle. The lot
// orders them; with B first, then C, then A, B over C and C over A are locked.
func TestRankedPairsCycle(t *testing.T) {
	e := &count.Election{Seats: 1, Candidates: candidates(3),
		Ballots: []count.Ballot{ballot(1, "ABC"), ballot(1, "BCA"), ballot(1, "CAB")}}
	r := tallyBy(t, e, count.RankedPairs, count.ListOrder("list", 1, 2, 0))
	var got []string
	for _, m := range r.Pairwise.Locked {
		verdict := ">"
		if !m.Locked {
			verdict = "x"
		}
		got = append(got, letters([]int{m.Winner})+verdict+letters([]int{m.Loser}))
	}
	wantLines(t, got, []string{"B>C", "C>A", "AxB"})
	if letters(r.Elected) != "B" || r.Draws[0].Purpose != count.DrawMajorities {
		t.Errorf("elected %s, draws %v", letters(r.Elected), r.Draws)
	}
	// Schulze leaves all three equal, and then draws for the seat.
	r = tallyBy(t, e, count.Schulze, count.ListOrder("list", 2))
	if letters(r.Elected) != "C" || len(r.Ranking) != 1 {
		t.Errorf("Schulze elected %s, ranking %v", letters(r.Elected), r.Ranking)
	}
}

// TestFromSums counts from totals and from pairs, and refuses sums that no
// ballots could have.
func TestFromSums(t *testing.T) {
	e := &count.Election{Seats: 2, Candidates: candidates(3), Spoiled: 1}
	r, err := count.CountTotals(e, []uint64{3, 7, 5}, 8, count.Approval, nil)
	if err != nil || letters(r.Elected) != "BC" || r.Ballots.Total.Int64() != 9 {
		t.Errorf("got %v, %v", r, err)
	}
	for _, bad := range [][]uint64{{3, 7}, {3, 7, 9}} {
		if _, err := count.CountTotals(e, bad, 8, count.Plurality, nil); err == nil {
			t.Errorf("totals %v of 8 ballots were accepted", bad)
		}
	}
	pairs := [][]uint64{{0, 5, 6}, {3, 0, 4}, {2, 4, 0}}
	r, err = count.CountPairs(e, pairs, 8, count.Schulze, count.ListOrder("list"))
	if err != nil || letters(r.Elected) != "AB" {
		t.Errorf("got %v, %v", r, err)
	}
	for _, bad := range [][][]uint64{{{0, 5}, {3, 0}}, {{0, 5, 6}, {4, 0, 4}, {2, 4, 0}}, {{1, 5, 6}, {3, 0, 4}, {2, 4, 0}}, {{0}, {0, 0, 0}, {0, 0, 0}}} {
		if _, err := count.CountPairs(e, bad, 8, count.Schulze, nil); err == nil {
			t.Errorf("pairs %v of 8 ballots were accepted", bad)
		}
	}
	if _, err := count.CountTotals(e, []uint64{3, 7, 5}, 8, count.IRV, nil); err == nil {
		t.Error("an instant run-off was counted from totals")
	}
	e.Candidates[0].Withdrawn = true
	if _, err := count.CountTotals(e, []uint64{3, 7, 5}, 8, count.Plurality, nil); err == nil {
		t.Error("votes for a withdrawn candidate were accepted")
	}
}

// TestUnfitElections: what cannot be counted at all is an error.
func TestUnfitElections(t *testing.T) {
	for about, e := range map[string]*count.Election{
		"no candidates":       {Seats: 1},
		"no seats":            {Candidates: candidates(2)},
		"too many candidates": {Seats: 1, Candidates: make([]count.Candidate, count.MaxCandidates+1)},
		"an unknown bound":    {Seats: 1, Candidates: candidates(2), Rules: []count.Rule{{Bound: "about"}}},
		"an unknown member":   {Seats: 1, Candidates: candidates(2), Rules: []count.Rule{{Bound: count.AtMost, Members: []int{2}}}},
		"a member twice":      {Seats: 1, Candidates: candidates(2), Rules: []count.Rule{{Bound: count.AtMost, Members: []int{1, 1}}}},
		"a negative floor":    {Seats: 1, Candidates: candidates(2), Rules: []count.Rule{{Bound: count.AtLeast, N: -1}}},
		"too many rules":      {Seats: 1, Candidates: candidates(2), Rules: make([]count.Rule, count.MaxRules+1)},
	} {
		if _, err := count.Count(e, count.ScottishSTV, nil); err == nil {
			t.Errorf("an election with %s was counted", about)
		}
	}
	if _, err := count.Count(&count.Election{Seats: 2, Candidates: candidates(3)}, count.IRV, nil); err == nil {
		t.Error("an instant run-off filled two seats")
	}
	if _, err := count.Count(&count.Election{Seats: 1, Candidates: candidates(3)}, "borda", nil); err == nil {
		t.Error("an unknown method was counted")
	}
}

// TestNobodyWithoutAVote: by plurality and approval, a candidate without a vote is
// not elected; a seat stays empty, and a floor that would need one is lowered.
func TestNobodyWithoutAVote(t *testing.T) {
	for _, m := range []count.Method{count.Plurality, count.Approval} {
		e := &count.Election{Seats: 3, Candidates: candidates(4), Ballots: []count.Ballot{ballot(2, "A"), ballot(1, "C")},
			Rules: []count.Rule{{Bound: count.AtLeast, N: 1, Group: "x", Members: []int{3}}}}
		r := tallyBy(t, e, m, nil)
		if letters(r.Elected) != "AC" || r.Target != 2 || r.Rules[0].N != 0 || r.State(3) != count.NotElected || len(r.Ranking) != 3 {
			t.Errorf("%s: elected %s of %d, rules %v, ranking %v", m, letters(r.Elected), r.Target, r.Rules, r.Ranking)
		}
	}
}

// TestNoBallots: without a valid ballot nobody is elected, by no method.
func TestNoBallots(t *testing.T) {
	for _, m := range count.Methods() {
		e := &count.Election{Seats: 1, Candidates: candidates(2), Ballots: []count.Ballot{{Count: 3}}, Spoiled: 2,
			Rules: []count.Rule{{Bound: count.AtLeast, N: 1, Group: "x", Members: []int{1}}}}
		r := tallyBy(t, e, m, nil)
		if len(r.Elected) != 0 || r.Ballots.Blank.Int64() != 3 || r.Ballots.Spoiled.Int64() != 2 || len(r.Notes) == 0 {
			t.Errorf("%s: elected %v, ballots %+v, notes %q", m, r.Elected, r.Ballots, r.Notes)
		}
		for _, write := range []func(io.Writer) error{r.WriteText, r.WriteJSON, r.WriteSVG} {
			if err := write(io.Discard); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestI8_HostileNames: names cannot leave the text of a report or picture.
func TestI8_HostileNames(t *testing.T) {
	e := &count.Election{Seats: 1, Title: "<script>alert(1)</script>", Candidates: []count.Candidate{
		{Name: "<img src=x onerror=alert(1)>"}, {Name: "\x1b[2J\u202eevil\x00"}, {Name: "]]>&amp;\"'"},
	}, Ballots: []count.Ballot{ballot(3, "ABC"), ballot(2, "BC"), ballot(1, "CB")}}
	for _, m := range count.Methods() {
		r := tallyBy(t, e, m, count.ListOrder("list"))
		var text, svg bytes.Buffer
		if err := errors.Join(r.WriteText(&text), r.WriteSVG(&svg)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(text.String(), "\x1b\x00\u202e") {
			t.Errorf("%s: control characters in the text report", m)
		}
		if bytes.Contains(svg.Bytes(), []byte("<script")) || bytes.Contains(svg.Bytes(), []byte("<img")) {
			t.Errorf("%s: markup in the picture", m)
		}
		dec := xml.NewDecoder(&svg)
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: picture is no XML: %v", m, err)
			}
		}
	}
}

func TestVotesText(t *testing.T) {
	for _, s := range []string{"0", "0.00000", "905.13482", "-129.00000", "18446744073709551616.000000000", "-0.00001"} {
		var v count.Votes
		if err := v.UnmarshalText([]byte(s)); err != nil || v.String() != s {
			t.Errorf("%s: got %s, %v", s, v, err)
		}
	}
	for _, s := range []string{"", "-", ".5", "1.", "+1", "01", "1e3", "1,000", "-0", "1_0", "0x10", " 1", strings.Repeat("9", 65)} {
		var v count.Votes
		if err := v.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read as %s", s, v)
		}
	}
	var v, w count.Votes
	if err := errors.Join(v.UnmarshalText([]byte("1.999999999")), w.UnmarshalText([]byte("-1.999999999"))); err != nil {
		t.Fatal(err)
	}
	if v.Fixed(5) != "1.99999" || w.Fixed(5) != "-1.99999" || v.Fixed(11) != "1.99999999900" || v.Fixed(0) != "1" {
		t.Errorf("got %s %s %s %s", v.Fixed(5), w.Fixed(5), v.Fixed(11), v.Fixed(0))
	}
	if v.Cmp(w) != 1 || (count.Votes{}).Cmp(v) != -1 {
		t.Error("comparison is wrong")
	}
}
