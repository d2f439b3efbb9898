package count

import (
	"fmt"
	"math/big"
)

// Scottish STV calculates to five decimal places (rule 48(3)).
const (
	scottishPlaces = 5
	scottishOne    = 100_000
)

// scottish counts by the Scottish Local Government Elections Order 2007 (SSI
// 2007/42), schedule 1, rules 45 to 52. SPEC.md §14.7 has the steps;
// comments here name the rules.
func (c *counter) scottish(groups []group) error {
	c.res.Places = scottishPlaces
	p := newPiles(groups, len(c.state), scottishOne) // rule 45
	c.stage.Why = "each ballot counts for its first preference"

	// Rule 46: votes ÷ (seats + 1), ignoring decimal places, plus one.
	quota := new(big.Int).Quo(c.res.Ballots.Valid, big.NewInt(int64(c.e.Seats)+1))
	quota.Add(quota, big.NewInt(1))
	quota.Mul(quota, big.NewInt(scottishOne))

	empty := c.empty()
	for {
		c.stage.Quota = c.votes(quota)
		complete := empty
		if !empty {
			var err error
			if complete, err = c.fill(p.held, quota); err != nil {
				return err
			}
		}
		c.stage.Rounding = c.votes(p.cut)
		c.close(p.held, p.lost())
		if complete {
			return nil
		}
		if err := c.scottishStep(p, quota); err != nil {
			return err
		}
	}
}

// scottishStep opens the next stage: the doomed are excluded, or the largest
// surplus is transferred, or the candidate with the fewest votes is excluded.
func (c *counter) scottishStep(p *piles, quota *big.Int) error {
	if c.excludeDoomed(p) {
		return nil
	}

	// Rules 48 and 49: the largest surplus, ties by the most recent unequal
	// stage, then by lot.
	var over []int
	for _, i := range c.in(Elected) {
		if p.held[i].Cmp(quota) > 0 {
			over = append(over, i)
		}
	}
	if len(over) > 0 {
		over, _ = extremes(p.held, over, false)
		from, err := c.pick(DrawSurplus, over)
		if err != nil {
			return err
		}
		total := new(big.Int).Set(p.held[from])
		surplus := new(big.Int).Sub(total, quota)
		c.stage.Action, c.stage.From = SurplusTransfer, []int{from}
		c.stage.Why = fmt.Sprintf("the surplus of %s (%s) is transferred: each ballot at its value × %s ÷ %s",
			c.name(from), c.votes(surplus).Fixed(textDecimals), c.votes(surplus).Fixed(textDecimals), c.votes(total).Fixed(textDecimals))
		to, spent := p.move(from, quota, transferValue(surplus, total), c.receives)
		c.transfers(from, to, spent)
		return nil
	}

	// Rules 50 and 51: the fewest votes among those who are not guarded.
	from, err := c.pickLowest(p.held)
	if err != nil {
		return err
	}
	c.exclude(from, ByFewestVotes, fmt.Sprintf("%s has the fewest votes (%s)", c.name(from), c.votes(p.held[from]).Fixed(textDecimals)))
	if err := c.judge(); err != nil {
		return err
	}
	c.pass(p, from)
	return nil
}

// transferValue returns the rule of 48(3): surplus × value ÷ votes, to five
// decimal places, any remainder being ignored. Few values differ, so each is
// calculated once.
func transferValue(surplus, total *big.Int) func(uint64) uint64 {
	known := make(map[uint64]uint64)
	return func(value uint64) uint64 {
		v, ok := known[value]
		if !ok {
			n := new(big.Int).SetUint64(value)
			n.Mul(n, surplus)
			v = n.Quo(n, total).Uint64() // at most value
			known[value] = v
		}
		return v
	}
}

// receives reports whether a candidate can be given papers.
func (c *counter) receives(i int) bool { return c.state[i] == Continuing && !c.doomed[i] }

// excludeDoomed excludes all doomed candidates in one stage, and reports whether
// there were any.
func (c *counter) excludeDoomed(p *piles) bool {
	var doomed []int
	for _, i := range c.in(Continuing) {
		if c.doomed[i] {
			doomed = append(doomed, i)
		}
	}
	for _, i := range doomed {
		c.exclude(i, ByDoom, fmt.Sprintf("%s is doomed and is excluded", c.name(i)))
	}
	for _, i := range doomed {
		c.pass(p, i)
	}
	return len(doomed) > 0
}

// exclude makes a candidate excluded, at the head of a stage.
func (c *counter) exclude(i int, reason Reason, why string) {
	c.state[i] = Excluded
	c.stage.Action = ExclusionAction
	c.stage.From = append(c.stage.From, i)
	c.stage.Why = "the votes of " + c.names(c.stage.From) + " are transferred at the value at which they came"
	c.event(Event{Kind: WasExcluded, Candidate: i, Reason: reason, Why: why})
}

// pass hands on the papers of an excluded candidate at their value.
func (c *counter) pass(p *piles, from int) {
	same := func(v uint64) uint64 { return v }
	to, spent := p.move(from, new(big.Int), same, c.receives)
	c.transfers(from, to, spent)
}

// pickLowest returns the candidate to exclude for holding the fewest votes.
func (c *counter) pickLowest(held []*big.Int) (int, error) {
	var free []int
	for _, i := range c.open() {
		if !c.guarded[i] {
			free = append(free, i)
		}
	}
	lowest, _ := extremes(held, free, true)
	return c.pick(DrawExclusion, lowest)
}

// fill elects everybody who has reached the quota, most votes first, as far as
// the representation rules allow (rule 47), then fills the last vacancies (rule
// 52). It reports whether the count is complete.
func (c *counter) fill(held []*big.Int, quota *big.Int) (complete bool, err error) {
	if c.stage.Number == 1 {
		if err := c.judge(); err != nil {
			return false, err
		}
	}
	for c.vacancies() > 0 {
		var reached []int
		for _, i := range c.open() {
			if held[i].Cmp(quota) >= 0 {
				reached = append(reached, i)
			}
		}
		if len(reached) == 0 {
			break
		}
		reached, _ = extremes(held, reached, false)
		why := func(i int) string {
			return fmt.Sprintf("%s has reached the quota with %s votes", c.name(i), c.votes(held[i]).Fixed(textDecimals))
		}
		fits, err := c.fits(reached)
		if err != nil {
			return false, err
		}
		if fits {
			if err := c.electAll(reached, held, ByQuota, why); err != nil {
				return false, err
			}
			continue
		}
		first, err := c.pick(DrawElection, reached)
		if err != nil {
			return false, err
		}
		if err := c.elect(first, ByQuota, why(first)); err != nil {
			return false, err
		}
	}
	if open := c.open(); c.vacancies() > 0 && len(open) <= c.vacancies() {
		return true, c.electAll(open, held, ByLastVacancies, func(i int) string {
			return fmt.Sprintf("%s fills one of the last vacancies with %s votes", c.name(i), c.votes(held[i]).Fixed(textDecimals))
		})
	}
	return c.vacancies() == 0, nil
}

// fits reports whether all these candidates can be elected together.
func (c *counter) fits(cands []int) (bool, error) {
	if len(cands) > c.vacancies() {
		return false, nil
	}
	state := append([]State(nil), c.state...)
	for _, i := range cands {
		state[i] = Elected
	}
	return c.committee.possible(state, nil, nil)
}
