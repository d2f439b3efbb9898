package count

import (
	"fmt"
	"slices"
)

// byTotals elects those with the most votes: plurality and approval. A candidate
// without a vote cannot be elected.
func (c *counter) byTotals(totals []wide) error {
	c.stage.Why = "each ballot counts for its first preference"
	if c.res.Method == Approval {
		c.stage.Why = "each ballot counts for every candidate it names"
	}
	held := zeros(len(totals))
	for i, t := range totals {
		held[i] = t.int()
	}
	better := func(a, b int) bool { return totals[a].cmp(totals[b]) > 0 }
	standing := c.in(Continuing)
	for _, i := range standing {
		if totals[i].isZero() {
			c.state[i] = NotElected
		}
	}
	if err := c.convene(); err != nil {
		return err
	}
	if !c.empty() {
		c.res.Ranking = tiers(standing, better)
		err := c.fillInOrder(better, func(i int) string {
			return fmt.Sprintf("%s is next with %s votes", c.name(i), c.votes(held[i]).Fixed(textDecimals))
		})
		if err != nil {
			return err
		}
	}
	c.close(held, zeros(1)[0])
	return nil
}

// tiers sorts candidates by a strict partial order: first those whom nobody
// beats, then those whom nobody else beats, and so on.
func tiers(cands []int, beats func(a, b int) bool) [][]int {
	var out [][]int
	for rest := cands; len(rest) > 0; {
		top := unbeaten(rest, beats)
		out = append(out, top)
		rest = slices.DeleteFunc(slices.Clone(rest), func(i int) bool { return slices.Contains(top, i) })
	}
	return out
}

// unbeaten returns those candidates whom no other of them beats.
func unbeaten(cands []int, beats func(a, b int) bool) []int {
	return slices.DeleteFunc(slices.Clone(cands), func(i int) bool {
		return slices.ContainsFunc(cands, func(j int) bool { return beats(j, i) })
	})
}

// fillInOrder fills the seats by a strict partial order of candidates, keeping
// the representation rules: the unbeaten among those not doomed are elected
// together if they fit, or else one by one in an order drawn by lot, until the
// seats are filled (SPEC.md §14.4).
func (c *counter) fillInOrder(beats func(a, b int) bool, why func(int) string) error {
	if err := c.judge(); err != nil {
		return err
	}
	for c.vacancies() > 0 {
		top := unbeaten(c.open(), beats)
		fits, err := c.fits(top)
		if err != nil {
			return err
		}
		if fits {
			for _, i := range top {
				c.state[i] = Elected
				c.res.Elected = append(c.res.Elected, i)
				c.event(Event{Kind: WasElected, Candidate: i, Reason: ByOrder, Why: why(i)})
			}
			if err := c.judge(); err != nil {
				return err
			}
			continue
		}
		order, err := c.draw(DrawElection, top)
		if err != nil {
			return err
		}
		number := len(c.res.Draws)
		c.event(Event{Kind: TieBroken, Candidate: order[0], Others: without(top, order[0]), Reason: ByLot, Draw: number,
			Why: fmt.Sprintf("%s are tied; draw %d puts them in the order %s", c.names(top), number, c.names(order))})
		for _, i := range order {
			if c.vacancies() == 0 || c.doomed[i] {
				continue
			}
			if err := c.elect(i, ByOrder, why(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
