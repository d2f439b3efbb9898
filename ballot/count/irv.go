package count

import (
	"fmt"
	"math/big"
)

// instantRunoff excludes the candidate with the fewest votes until somebody has
// more than half of the votes that continuing candidates hold (SPEC.md
// §14.6).
func (c *counter) instantRunoff(groups []group) error {
	p := newPiles(groups, len(c.state), 1)
	c.stage.Why = "each ballot counts for its first preference"
	empty := c.empty()
	if err := c.judge(); err != nil {
		return err
	}
	for {
		majority := sum(p.held)
		majority.Rsh(majority, 1).Add(majority, big.NewInt(1))
		c.stage.Quota = c.votes(majority)
		complete := empty || c.vacancies() == 0
		if !complete {
			open := c.open()
			most, votes := extremes(p.held, open, false)
			switch {
			case len(open) == 1:
				complete = true
				if err := c.elect(open[0], ByLastVacancies, fmt.Sprintf("%s alone is left", c.name(open[0]))); err != nil {
					return err
				}
			case votes.Cmp(majority) >= 0:
				complete = true
				if err := c.elect(most[0], ByMajority, fmt.Sprintf("%s has a majority with %s votes", c.name(most[0]), c.votes(votes).Fixed(textDecimals))); err != nil {
					return err
				}
			}
		}
		c.close(p.held, p.lost())
		if complete {
			return nil
		}
		if c.excludeDoomed(p) {
			continue
		}
		from, err := c.pickLowest(p.held)
		if err != nil {
			return err
		}
		c.exclude(from, ByFewestVotes, fmt.Sprintf("%s has the fewest votes (%s)", c.name(from), c.votes(p.held[from]).Fixed(textDecimals)))
		if err := c.judge(); err != nil {
			return err
		}
		c.pass(p, from)
	}
}
