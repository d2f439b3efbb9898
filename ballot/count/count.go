package count

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Count counts the election by the method. The lot may be nil; then a count that
// needs one returns a *LotNeeded error. Other errors say why the election as a
// whole cannot be counted so: no candidates, too many seats, instant run-off for
// several seats, representation rules beyond this implementation's limits.
func Count(e *Election, method Method, lot Lot) (*Result, error) {
	c, err := newCounter(e, method, lot)
	if err != nil {
		return nil, err
	}
	strict := method == Plurality || method == IRV || method == ScottishSTV
	groups, ballots := e.groups(strict)
	c.res.Ballots = ballots
	if method != Plurality && method != Approval { // where it depends on the votes who can be elected
		if err := c.convene(); err != nil {
			return nil, err
		}
	}
	switch method {
	case Plurality, Approval:
		totals := make([]wide, len(e.Candidates))
		for _, g := range groups {
			for i, rank := range g.ranking {
				for _, cand := range rank {
					if method == Approval || i == 0 {
						totals[cand].add(g.count)
					}
				}
			}
		}
		err = c.byTotals(totals)
	case IRV:
		err = c.instantRunoff(groups)
	case ScottishSTV:
		err = c.scottish(groups)
	case MeekSTV:
		err = c.meek(groups)
	case Schulze, RankedPairs:
		err = c.condorcet(comparePairs(len(e.Candidates), groups))
	}
	if err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// CountTotals is Count for plurality and approval when only the sum of votes per
// candidate is known, as after a homomorphic tally: ballots is the number of
// valid ballots, blank ones included; e.Ballots must be empty and e.Spoiled is
// reported beside them.
func CountTotals(e *Election, totals []uint64, ballots uint64, method Method, lot Lot) (*Result, error) {
	if method != Plurality && method != Approval {
		return nil, fmt.Errorf("method %s cannot be counted from totals", method)
	}
	if len(e.Ballots) > 0 {
		return nil, errors.New("election has ballots beside totals")
	}
	c, err := newCounter(e, method, lot)
	if err != nil {
		return nil, err
	}
	if len(totals) != len(e.Candidates) {
		return nil, fmt.Errorf("%d totals for %d candidates", len(totals), len(e.Candidates))
	}
	sums := make([]wide, len(totals))
	for i, t := range totals {
		if t > ballots {
			return nil, fmt.Errorf("total %d of candidate %d exceeds the %d ballots", t, i+1, ballots)
		}
		if e.Candidates[i].Withdrawn && t > 0 {
			return nil, fmt.Errorf("candidate %d has withdrawn but has votes", i+1)
		}
		sums[i].add(t)
	}
	c.setBallots(ballots)
	if err := c.byTotals(sums); err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// CountPairs is Count for Schulze and ranked pairs when only the comparisons in
// pairs are known: preferred[a][b] ballots prefer candidate a to b, of so many
// ballots. It also serves where a ballot may have no opinion on a candidate, which
// a ranking cannot say. e.Ballots must be empty.
func CountPairs(e *Election, preferred [][]uint64, ballots uint64, method Method, lot Lot) (*Result, error) {
	if method != Schulze && method != RankedPairs {
		return nil, fmt.Errorf("method %s cannot be counted from pairs", method)
	}
	if len(e.Ballots) > 0 {
		return nil, errors.New("election has ballots beside pairs")
	}
	c, err := newCounter(e, method, lot)
	if err != nil {
		return nil, err
	}
	n := len(e.Candidates)
	if len(preferred) != n || slices.ContainsFunc(preferred, func(row []uint64) bool { return len(row) != n }) {
		return nil, fmt.Errorf("pairs are not a table of %d by %d candidates", n, n)
	}
	p := make(pairs, n)
	for a, row := range preferred {
		p[a] = make([]wide, n)
		for b, k := range row {
			if a == b && k != 0 || k > ballots || preferred[b][a] > ballots-k {
				return nil, fmt.Errorf("pair of candidates %d and %d: numbers exceed the %d ballots", a+1, b+1, ballots)
			}
			p[a][b].add(k)
		}
	}
	c.setBallots(ballots)
	if err := c.convene(); err != nil {
		return nil, err
	}
	if err := c.condorcet(p); err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// setBallots states the numbers of ballots where only sums are known.
func (c *counter) setBallots(valid uint64) {
	v := new(big.Int).SetUint64(valid)
	spoiled := new(big.Int).SetUint64(c.e.Spoiled)
	c.res.Ballots = Ballots{Total: new(big.Int).Add(v, spoiled), Valid: v, Blank: new(big.Int), Spoiled: spoiled}
}
