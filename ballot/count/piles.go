package count

import "math/big"

// A paper is a group of equal ballots in a candidate's hands: where the group's
// ranking stands, and what each ballot of it is worth there.
type paper struct {
	group int
	at    int    // index into the group's preferences of the candidate who holds it
	value uint64 // units
}

// Piles are ballots sorted by the candidate who holds them, as on the tables of
// a count by hand.
type piles struct {
	one    uint64 // units in one vote
	counts []uint64
	prefs  [][]int
	papers [][]paper  // by candidate
	held   []*big.Int // units, by candidate
	spent  *big.Int   // units on ballots without a further preference
	cut    *big.Int   // units lost by rounding transfer values down
}

// newPiles gives each ballot to its first preference.
func newPiles(groups []group, candidates int, one uint64) *piles {
	p := &piles{
		one:    one,
		papers: make([][]paper, candidates),
		spent:  new(big.Int),
		cut:    new(big.Int),
	}
	held := make([]wide, candidates)
	for i, g := range groups {
		prefs := g.prefs()
		p.counts = append(p.counts, g.count)
		p.prefs = append(p.prefs, prefs)
		p.papers[prefs[0]] = append(p.papers[prefs[0]], paper{i, 0, one})
		held[prefs[0]].addMul(g.count, one)
	}
	for _, h := range held {
		p.held = append(p.held, h.int())
	}
	return p
}

// lost returns the units that no candidate holds.
func (p *piles) lost() *big.Int { return new(big.Int).Add(p.spent, p.cut) }

// move hands all papers of a candidate on to the next preference on each for
// whom receives is true, at the value that revalue makes of each paper's own.
// The candidate is left with kept units; what the values do not account for is
// rounding. It returns what moved: to[i] units to candidate i, and spent.
func (p *piles) move(from int, kept *big.Int, revalue func(uint64) uint64, receives func(int) bool) (to []*big.Int, spent *big.Int) {
	sums := make([]wide, len(p.papers))
	var none wide
	for _, s := range p.papers[from] {
		value := revalue(s.value)
		prefs := p.prefs[s.group]
		at := s.at + 1
		for at < len(prefs) && !receives(prefs[at]) {
			at++
		}
		if at == len(prefs) {
			none.addMul(p.counts[s.group], value)
			continue
		}
		next := prefs[at]
		p.papers[next] = append(p.papers[next], paper{s.group, at, value})
		sums[next].addMul(p.counts[s.group], value)
	}
	p.papers[from] = nil

	spent = none.int()
	cut := new(big.Int).Sub(p.held[from], kept)
	cut.Sub(cut, spent)
	p.held[from] = new(big.Int).Set(kept)
	p.spent.Add(p.spent, spent)
	for i := range sums {
		units := sums[i].int()
		to = append(to, units)
		cut.Sub(cut, units)
		p.held[i] = new(big.Int).Add(p.held[i], units)
	}
	p.cut.Add(p.cut, cut)
	return to, spent
}

// transfers lists what moved, for the report.
func (c *counter) transfers(from int, to []*big.Int, spent *big.Int) {
	for i, units := range to {
		if units.Sign() > 0 {
			c.stage.Transfers = append(c.stage.Transfers, Transfer{from, i, c.votes(units)})
		}
	}
	if spent.Sign() > 0 {
		c.stage.Transfers = append(c.stage.Transfers, Transfer{from, -1, c.votes(spent)})
	}
}
