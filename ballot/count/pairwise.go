package count

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// A PairwiseResult says how the candidates compare in pairs, and what the method
// made of it. Both matrices are indexed by candidate.
type PairwiseResult struct {
	// Preferred[a][b] is the number of ballots that prefer a to b.
	Preferred [][]*big.Int
	// Strengths[a][b] is the strength of the strongest path from a to b, as the
	// numbers of ballots for and against in its weakest link, or nil if there is
	// no path (Schulze).
	Strengths [][]*Strength
	// Locked lists the majorities in the order in which they were considered,
	// and whether each was locked in (ranked pairs).
	Locked []Majority
}

// A Strength is how strong a majority is: For ballots against Against.
type Strength struct{ For, Against *big.Int }

// A Majority is a pair of which more ballots prefer Winner.
type Majority struct {
	Winner, Loser int
	Locked        bool // false: contradicted what was locked before
	Strength
}

// pairs counts, for each ordered pair of candidates, the ballots that prefer the
// first.
type pairs [][]wide

// comparePairs compares candidates on each ballot. A candidate who is listed is
// preferred to those who are not; candidates in one rank, or both not listed,
// are not compared.
func comparePairs(n int, groups []group) pairs {
	p := make(pairs, n)
	for i := range p {
		p[i] = make([]wide, n)
	}
	below := make([]bool, n)
	for _, g := range groups {
		for i := range below {
			below[i] = true
		}
		for _, rank := range g.ranking {
			for _, a := range rank {
				below[a] = false
			}
			for _, a := range rank {
				for b, lower := range below {
					if lower {
						p[a][b].add(g.count)
					}
				}
			}
		}
	}
	return p
}

// link is a majority of one candidate over another by number of ballots.
type link struct{ winner, loser int }

// links returns all majorities among the candidates in classes of equal
// strength, strongest first, and each class in order of numbers. A majority is
// stronger if more ballots are for it, or as many for and fewer against it.
func (p pairs) links(cands []int) [][]link {
	var all []link
	for _, a := range cands {
		for _, b := range cands {
			if p[a][b].cmp(p[b][a]) > 0 {
				all = append(all, link{a, b})
			}
		}
	}
	slices.SortFunc(all, func(x, y link) int {
		return cmp.Or(p.compare(y, x), cmp.Compare(x.winner, y.winner), cmp.Compare(x.loser, y.loser))
	})
	var classes [][]link
	for i, l := range all {
		if i == 0 || p.compare(l, all[i-1]) != 0 {
			classes = append(classes, nil)
		}
		classes[len(classes)-1] = append(classes[len(classes)-1], l)
	}
	return classes
}

// compare compares the strengths of two majorities.
func (p pairs) compare(x, y link) int {
	return cmp.Or(p[x.winner][x.loser].cmp(p[y.winner][y.loser]), p[y.loser][y.winner].cmp(p[x.loser][x.winner]))
}

func (p pairs) strength(l link) Strength {
	return Strength{p[l.winner][l.loser].int(), p[l.loser][l.winner].int()}
}

// condorcet counts by Schulze or ranked pairs.
func (c *counter) condorcet(p pairs) error {
	c.stage.Action = PairwiseAction
	c.stage.Why = "each ballot prefers the candidates it lists to those listed later or not at all"
	pr := &PairwiseResult{}
	for _, row := range p {
		counts := make([]*big.Int, len(row))
		for i, w := range row {
			counts[i] = w.int()
		}
		pr.Preferred = append(pr.Preferred, counts)
	}
	c.res.Pairwise = pr
	if !c.empty() {
		standing := c.in(Continuing)
		var beats func(a, b int) bool
		var err error
		if c.res.Method == Schulze {
			beats = p.strongestPaths(standing, pr)
		} else if beats, err = c.lockPairs(p, standing, pr); err != nil {
			return err
		}
		c.res.Ranking = tiers(standing, beats)
		err = c.fillInOrder(beats, func(i int) string {
			beaten := 0
			for _, j := range standing {
				if beats(i, j) {
					beaten++
				}
			}
			return fmt.Sprintf("%s is next in the final order, ahead of %d of %d others", c.name(i), beaten, len(standing)-1)
		})
		if err != nil {
			return err
		}
	}
	c.stage.States = slices.Clone(c.state)
	c.res.Stages = append(c.res.Stages, *c.stage)
	return nil
}

// strongestPaths is the Schulze method: a beats b if the strongest path from a
// to b is stronger than the strongest path from b to a, the strength of a path
// being that of its weakest link (SPEC.md §14.9).
func (p pairs) strongestPaths(cands []int, pr *PairwiseResult) func(a, b int) bool {
	classes := p.links(cands)
	paths := make([][]int, len(p)) // 0: no path; else the higher the stronger
	pr.Strengths = make([][]*Strength, len(p))
	for i := range p {
		paths[i] = make([]int, len(p))
		pr.Strengths[i] = make([]*Strength, len(p))
	}
	for i, class := range classes {
		for _, l := range class {
			paths[l.winner][l.loser] = len(classes) - i
		}
	}
	for _, via := range cands {
		for _, a := range cands {
			first := paths[a][via]
			if a == via || first == 0 {
				continue
			}
			for _, b := range cands {
				if b != a && b != via {
					paths[a][b] = max(paths[a][b], min(first, paths[via][b]))
				}
			}
		}
	}
	for a, row := range paths {
		for b, rank := range row {
			if rank > 0 {
				s := p.strength(classes[len(classes)-rank][0])
				pr.Strengths[a][b] = &s
			}
		}
	}
	return func(a, b int) bool { return paths[a][b] > paths[b][a] }
}

// lockPairs is the method of ranked pairs: majorities are locked in from the
// strongest on, leaving out those that would close a cycle. Among majorities of
// equal strength the order matters only for those in a common cycle; a lot
// orders their candidates (SPEC.md §14.10).
func (c *counter) lockPairs(p pairs, cands []int, pr *PairwiseResult) (func(a, b int) bool, error) {
	locked := newReach(len(p))
	consider := func(l link) {
		ok := !locked.has(l.loser, l.winner)
		if ok {
			locked.add(l)
		}
		pr.Locked = append(pr.Locked, Majority{l.winner, l.loser, ok, p.strength(l)})
	}
	for _, class := range p.links(cands) {
		all := locked.copy()
		for _, l := range class {
			if !locked.has(l.loser, l.winner) {
				all.add(l)
			}
		}
		var cyclic []link
		for _, l := range class {
			if all.has(l.loser, l.winner) && !locked.has(l.loser, l.winner) {
				cyclic = append(cyclic, l)
			} else {
				consider(l)
			}
		}
		if len(cyclic) == 0 {
			continue
		}
		var tied []int
		for _, l := range cyclic {
			tied = append(tied, l.winner, l.loser)
		}
		slices.Sort(tied)
		order, err := c.draw(DrawMajorities, slices.Compact(tied))
		if err != nil {
			return nil, err
		}
		number := len(c.res.Draws)
		c.event(Event{Kind: TieBroken, Candidate: order[0], Others: order[1:], Reason: ByLot, Draw: number,
			Why: fmt.Sprintf("majorities of equal strength form a cycle; draw %d considers them in the order %s", number, c.names(order))})
		place := func(i int) int { return slices.Index(order, i) }
		slices.SortFunc(cyclic, func(x, y link) int {
			return cmp.Or(cmp.Compare(place(x.winner), place(y.winner)), cmp.Compare(place(y.loser), place(x.loser)))
		})
		for _, l := range cyclic {
			consider(l)
		}
	}
	return locked.has, nil
}

// reach is the transitive closure of a relation.
type reach [][]bool

func newReach(n int) reach {
	r := make(reach, n)
	for i := range r {
		r[i] = make([]bool, n)
	}
	return r
}

func (r reach) copy() reach {
	out := make(reach, len(r))
	for i := range r {
		out[i] = slices.Clone(r[i])
	}
	return out
}

func (r reach) has(a, b int) bool { return r[a][b] }

// add adds a link and everything that follows from it.
func (r reach) add(l link) {
	if r[l.winner][l.loser] {
		return
	}
	for a := range r {
		if (a == l.winner || r[a][l.winner]) && !r[a][l.loser] {
			r[a][l.loser] = true
			for b, ok := range r[l.loser] {
				if ok {
					r[a][b] = true
				}
			}
		}
	}
}
