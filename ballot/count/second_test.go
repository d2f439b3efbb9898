package count_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"mandate/ballot/count"
	"pgregory.net/rapid"
)

// A second counter for Scottish STV, written from the Order alone and as unlike
// the first as possible: every ballot on its own, fractions, no piles, no merging.
// It serves for comparison only.
type secondCounter struct {
	e       *count.Election
	lot     count.Lot
	papers  []*secondPaper
	out     map[int]bool // excluded, withdrawn
	in      []int        // elected
	history []map[int]*big.Rat
	draws   int
	quota   *big.Rat
	stages  []string
}

type secondPaper struct {
	prefs  []int
	holder int // -1: nobody
	value  *big.Rat
}

func (s *secondCounter) total(c int) *big.Rat {
	sum := new(big.Rat)
	for _, p := range s.papers {
		if p.holder == c {
			sum.Add(sum, p.value)
		}
	}
	return sum
}

func (s *secondCounter) next(p *secondPaper) {
	at := slices.Index(p.prefs, p.holder)
	for _, c := range p.prefs[at+1:] {
		if !s.out[c] && !slices.Contains(s.in, c) {
			p.holder = c
			return
		}
	}
	p.holder = -1
}

func (s *secondCounter) tie(tied []int, least bool) int {
	for i := len(s.history) - 1; i >= 0 && len(tied) > 1; i-- {
		var keep []int
		for _, c := range tied {
			worse := slices.ContainsFunc(tied, func(d int) bool {
				cmp := s.history[i][d].Cmp(s.history[i][c])
				return least && cmp < 0 || !least && cmp > 0
			})
			if !worse {
				keep = append(keep, c)
			}
		}
		tied = keep
	}
	if len(tied) == 1 {
		return tied[0]
	}
	s.draws++
	tickets, _ := s.lot.Draw(s.draws, tied)
	return tickets[0].Candidate
}

func (s *secondCounter) record(what string) {
	votes := make(map[int]*big.Rat)
	line := what
	for c := range s.e.Candidates {
		votes[c] = s.total(c)
		line += " " + votes[c].FloatString(5)
	}
	s.history = append(s.history, votes)
	s.stages = append(s.stages, line+fmt.Sprint(s.in))
}

func (s *secondCounter) run() {
	for c := range s.e.Candidates {
		if s.e.Candidates[c].Withdrawn {
			s.out[c] = true
		}
	}
	for _, b := range s.e.Ballots {
		seen := make(map[int]bool)
		var prefs []int
		bad := false
		for _, rank := range b.Ranking {
			if len(rank) != 1 || rank[0] < 0 || rank[0] >= len(s.e.Candidates) || seen[rank[0]] {
				bad = true
				break
			}
			seen[rank[0]] = true
			if !s.out[rank[0]] {
				prefs = append(prefs, rank[0])
			}
		}
		for range b.Count {
			if !bad && len(prefs) > 0 {
				s.papers = append(s.papers, &secondPaper{prefs, prefs[0], big.NewRat(1, 1)})
			}
		}
	}
	if len(s.papers) == 0 {
		return
	}
	s.quota = big.NewRat(int64(len(s.papers)/(s.e.Seats+1)+1), 1)
	standing := func() (out []int) {
		for c := range s.e.Candidates {
			if !s.out[c] && !slices.Contains(s.in, c) {
				out = append(out, c)
			}
		}
		return out
	}
	elect := func(list []int) {
		slices.SortStableFunc(list, func(a, b int) int { return s.total(b).Cmp(s.total(a)) })
		s.in = append(s.in, list...)
	}
	for what := "first"; ; {
		var reached []int
		for _, c := range standing() {
			if s.total(c).Cmp(s.quota) >= 0 {
				reached = append(reached, c)
			}
		}
		elect(reached)
		left := s.e.Seats - len(s.in)
		done := left == 0
		if rest := standing(); !done && len(rest) <= left {
			elect(rest)
			done = true
		}
		s.record(what)
		if done {
			return
		}
		var most, fewest []int
		for _, c := range s.in {
			if s.total(c).Cmp(s.quota) > 0 {
				if len(most) > 0 && s.total(c).Cmp(s.total(most[0])) > 0 {
					most = nil
				}
				if len(most) == 0 || s.total(c).Cmp(s.total(most[0])) == 0 {
					most = append(most, c)
				}
			}
		}
		if len(most) > 0 {
			slices.Sort(most)
			from := s.tie(most, false)
			total := s.total(from)
			surplus := new(big.Rat).Sub(total, s.quota)
			var moved []*secondPaper
			for _, p := range s.papers {
				if p.holder == from {
					moved = append(moved, p)
				}
			}
			for _, p := range moved {
				v := new(big.Rat).Mul(p.value, surplus)
				v.Quo(v, total).Mul(v, big.NewRat(100000, 1))
				cut := new(big.Int).Quo(v.Num(), v.Denom())
				p.value = new(big.Rat).SetFrac(cut, big.NewInt(100000))
				s.next(p)
			}
			// The quota stays behind, as a paper that never moves.
			s.papers = append(s.papers, &secondPaper{[]int{from}, from, s.quota})
			what = fmt.Sprint("surplus ", from)
			continue
		}
		for _, c := range standing() {
			if len(fewest) > 0 && s.total(c).Cmp(s.total(fewest[0])) < 0 {
				fewest = nil
			}
			if len(fewest) == 0 || s.total(c).Cmp(s.total(fewest[0])) == 0 {
				fewest = append(fewest, c)
			}
		}
		from := s.tie(fewest, true)
		s.out[from] = true
		for _, p := range s.papers {
			if p.holder == from {
				s.next(p)
			}
		}
		what = fmt.Sprint("exclusion ", from)
	}
}

// TestH4_SecondCounterAgrees compares Scottish STV with the second counter.
func TestH4_SecondCounterAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, false, false)
		r := mustCount(t, e, count.ScottishSTV)
		s := &secondCounter{e: e, lot: byName(e.Candidates), out: make(map[int]bool)}
		s.run()
		if len(s.papers) == 0 {
			return
		}
		var got []string
		var elected []int
		for _, stage := range r.Stages {
			line := "first"
			switch stage.Action {
			case count.SurplusTransfer:
				line = fmt.Sprint("surplus ", stage.From[0])
			case count.ExclusionAction:
				line = fmt.Sprint("exclusion ", stage.From[0])
			}
			for _, v := range stage.Votes {
				line += " " + v.String()
			}
			for _, ev := range stage.Events {
				if ev.Kind == count.WasElected {
					elected = append(elected, ev.Candidate)
				}
			}
			got = append(got, line+fmt.Sprint(elected))
		}
		if !slices.Equal(got, s.stages) || len(r.Draws) != s.draws {
			t.Fatalf("got %q (%d draws)\nsecond counter %q (%d draws)", got, len(r.Draws), s.stages, s.draws)
		}
	})
}

// preferences counts preferences in pairs ballot by ballot.
func preferences(e *count.Election) [][]int {
	n := len(e.Candidates)
	out := make([][]int, n)
	for a := range out {
		out[a] = make([]int, n)
	}
	for _, b := range e.Ballots {
		place := make([]int, n)
		bad := false
		for i := range place {
			place[i] = n + 1
		}
		for i, rank := range b.Ranking {
			bad = bad || len(rank) == 0
			for _, c := range rank {
				if c < 0 || c >= n || place[c] <= n {
					bad = true
				} else {
					place[c] = i
				}
			}
		}
		for a := range n {
			for c := range n {
				if !bad && place[a] < place[c] && !e.Candidates[a].Withdrawn && !e.Candidates[c].Withdrawn {
					out[a][c] += int(b.Count)
				}
			}
		}
	}
	return out
}

// stronger compares majorities as SPEC.md §14.9 does.
func stronger(forA, againstA, forB, againstB int) bool {
	return forA > forB || forA == forB && againstA < againstB
}

// TestH4_SchulzeByAllPaths compares with strengths found by walking every path.
func TestH4_SchulzeByAllPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, true, false)
		r := mustCount(t, e, count.Schulze)
		if r.Ballots.Valid.Sign() == 0 {
			return
		}
		p := preferences(e)
		n := len(p)
		type strength struct{ f, a int }
		strongest := func(from, to int) (best strength) {
			var walk func(at int, weakest strength, seen int)
			walk = func(at int, weakest strength, seen int) {
				if at == to {
					if stronger(weakest.f, weakest.a, best.f, best.a) {
						best = weakest
					}
					return
				}
				for next := range n {
					if p[at][next] <= p[next][at] || seen&(1<<next) != 0 {
						continue
					}
					w := strength{p[at][next], p[next][at]}
					if stronger(w.f, w.a, weakest.f, weakest.a) {
						w = weakest
					}
					walk(next, w, seen|1<<next)
				}
			}
			walk(from, strength{1 << 30, 0}, 1<<from)
			return best
		}
		tier := make(map[int]int)
		for i, list := range r.Ranking {
			for _, c := range list {
				tier[c] = i
			}
		}
		for a := range n {
			for b := range n {
				if a == b || e.Candidates[a].Withdrawn || e.Candidates[b].Withdrawn {
					continue
				}
				want := strongest(a, b)
				got := r.Pairwise.Strengths[a][b]
				if (got == nil) != (want.f == 0) || got != nil && (got.For.Int64() != int64(want.f) || got.Against.Int64() != int64(want.a)) {
					t.Fatalf("path from %d to %d: got %v, want %v", a, b, got, want)
				}
				back := strongest(b, a)
				if stronger(want.f, want.a, back.f, back.a) && tier[a] >= tier[b] {
					t.Fatalf("%d beats %d but does not come before it: %v", a, b, r.Ranking)
				}
			}
		}
	})
}

// TestH4_RankedPairsIsSound checks what defines the method: locked majorities
// close no cycle; a majority is left out only if locked ones that are considered
// before it, none weaker, lead from its loser to its winner; and the order of
// candidates follows the locked ones.
func TestH4_RankedPairsIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, true, false)
		r := mustCount(t, e, count.RankedPairs)
		if r.Ballots.Valid.Sign() == 0 {
			return
		}
		p := preferences(e)
		n := len(p)
		edges := make([][]bool, n)
		for i := range edges {
			edges[i] = make([]bool, n)
		}
		leads := func(from, to int) bool {
			seen := make([]bool, n)
			queue := []int{from}
			for len(queue) > 0 {
				at := queue[0]
				queue = queue[1:]
				for next, ok := range edges[at] {
					if ok && !seen[next] {
						seen[next] = true
						queue = append(queue, next)
					}
				}
			}
			return seen[to]
		}
		majorities := 0
		for a := range n {
			for b := range n {
				if p[a][b] > p[b][a] {
					majorities++
				}
			}
		}
		if len(r.Pairwise.Locked) != majorities {
			t.Fatalf("%d majorities considered of %d", len(r.Pairwise.Locked), majorities)
		}
		for i, m := range r.Pairwise.Locked {
			if i > 0 {
				before := r.Pairwise.Locked[i-1]
				if stronger(p[m.Winner][m.Loser], p[m.Loser][m.Winner], p[before.Winner][before.Loser], p[before.Loser][before.Winner]) {
					t.Fatalf("majority %d is stronger than the one before", i)
				}
			}
			if contradicted := leads(m.Loser, m.Winner); contradicted == m.Locked {
				t.Fatalf("majority %d (%d over %d): locked %v, contradicted %v", i, m.Winner, m.Loser, m.Locked, contradicted)
			}
			if m.Locked {
				edges[m.Winner][m.Loser] = true
			}
		}
		for i, tier := range r.Ranking {
			for _, a := range tier {
				for _, later := range r.Ranking[:i+1] {
					for _, b := range later {
						if leads(a, b) {
							t.Fatalf("%d leads to %d but does not come before it: %v", a, b, r.Ranking)
						}
					}
				}
			}
		}
	})
}
