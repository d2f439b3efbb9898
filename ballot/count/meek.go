package count

import (
	"fmt"
	"math/big"
	"slices"
)

// Meek STV calculates to nine decimal places and ends an iteration once the
// total surplus is below omega, 0.000001.
const (
	meekPlaces = 9
	meekOne    = 1_000_000_000
	meekOmega  = 1_000
)

// meek counts by the PR Foundation's Reference Meek Rule. Comments name its
// steps; SPEC.md §14.8 repeats them and adds equal ranks and
// representation rules, on which the reference is silent.
func (c *counter) meek(groups []group) error {
	c.res.Places = meekPlaces
	m := &keeper{groups: groups, keep: make([]uint64, len(c.state))}
	m.total = new(big.Int).Mul(c.res.Ballots.Valid, big.NewInt(meekOne))
	for i, s := range c.state {
		if s == Continuing {
			m.keep[i] = meekOne // step A
		}
	}
	c.stage.Why = "each ballot counts for its first preference"
	m.distribute()
	if c.empty() {
		c.closeMeek(m)
		return nil
	}
	for {
		elected := len(c.res.Elected)
		complete, err := c.meekRound(m)
		if err != nil {
			return err
		}
		c.closeMeek(m)
		if complete {
			return nil
		}

		// Step B.3, unless the round elected somebody: exclude the doomed, or
		// else the candidate with the fewest votes.
		out, err := c.meekExclude(m, len(c.res.Elected) > elected)
		if err != nil {
			return err
		}
		if len(out) == 0 {
			continue
		}
		for _, i := range out {
			m.keep[i] = 0
		}
		if open := c.open(); len(open) <= c.vacancies() {
			// Step C: the last vacancies are filled without another distribution.
			for _, i := range out {
				m.held[i] = new(big.Int)
			}
			if _, err := c.fill(m.held, m.quota); err != nil {
				return err
			}
			c.stage.Why = "the votes of " + c.names(out) + " need not be transferred"
			c.closeMeek(m)
			return nil
		}
	}
}

// meekRound is step B.2: it distributes votes and lowers keep factors until
// somebody is elected or the surplus is small or no longer falls.
func (c *counter) meekRound(m *keeper) (complete bool, err error) {
	before := new(big.Int)
	for first := true; ; first = false {
		m.distribute()        // B.2.a
		m.setQuota(c.e.Seats) // B.2.b
		c.stage.Iterations++  // reported
		had := len(c.res.Elected)
		complete, err = c.fill(m.held, m.quota) // B.1, B.2.c
		if err != nil {
			return false, err
		}
		surplus := new(big.Int) // B.2.d
		for _, i := range c.in(Elected) {
			surplus.Add(surplus, m.held[i])
			surplus.Sub(surplus, m.quota)
		}
		if surplus.Sign() < 0 {
			surplus.SetInt64(0)
		}
		m.surplus = surplus
		if complete || len(c.res.Elected) > had {
			return complete, nil
		}
		if surplus.Cmp(big.NewInt(meekOmega)) < 0 || !first && surplus.Cmp(before) >= 0 { // B.2.e
			return false, nil
		}
		before.Set(surplus)
		for _, i := range c.in(Elected) { // B.2.f
			m.lower(i)
		}
	}
}

// meekExclude opens the next stage and returns who is excluded at its head.
func (c *counter) meekExclude(m *keeper, electedSome bool) ([]int, error) {
	c.stage.Action = Redistribution
	var doomed []int
	for _, i := range c.in(Continuing) {
		if c.doomed[i] {
			doomed = append(doomed, i)
		}
	}
	for _, i := range doomed {
		c.exclude(i, ByDoom, fmt.Sprintf("%s is doomed and is excluded", c.name(i)))
	}
	if len(doomed) > 0 {
		c.stage.Why = "all votes are distributed anew without " + c.names(doomed)
		return doomed, nil
	}
	if electedSome {
		for _, i := range c.in(Elected) {
			if m.held[i].Cmp(m.quota) > 0 {
				c.stage.From = append(c.stage.From, i)
			}
		}
		c.stage.Why = "all votes are distributed anew; of the elected, each keeps only what the quota needs"
		return nil, nil
	}

	// Everybody within the surplus of the lowest is tied with the lowest.
	var free []int
	for _, i := range c.open() {
		if !c.guarded[i] {
			free = append(free, i)
		}
	}
	_, low := extremes(m.held, free, true)
	limit := new(big.Int).Add(low, m.surplus)
	tied := slices.DeleteFunc(free, func(i int) bool { return m.held[i].Cmp(limit) > 0 })
	from := tied[0]
	if len(tied) > 1 {
		var err error
		if from, err = c.pickByLot(DrawExclusion, tied); err != nil {
			return nil, err
		}
	}
	c.exclude(from, ByFewestVotes, fmt.Sprintf("%s has the fewest votes (%s)", c.name(from), c.votes(m.held[from]).Fixed(textDecimals)))
	c.stage.Why = "all votes are distributed anew without " + c.name(from)
	return []int{from}, c.judge()
}

// closeMeek ends a stage.
func (c *counter) closeMeek(m *keeper) {
	if m.quota == nil {
		m.setQuota(c.e.Seats)
		m.surplus = new(big.Int)
	}
	c.stage.Quota = c.votes(m.quota)
	c.stage.Surplus = c.votes(m.surplus)
	for _, k := range m.keep {
		c.stage.KeepFactors = append(c.stage.KeepFactors, c.votes(new(big.Int).SetUint64(k)))
	}
	c.close(m.held, new(big.Int).Sub(m.total, sum(m.held)))
}

// A keeper distributes votes by keep factors.
type keeper struct {
	groups  []group
	keep    []uint64 // keep factors, in units; 0 for those out of the count
	held    []*big.Int
	total   *big.Int // units of all valid ballots
	quota   *big.Int
	surplus *big.Int
}

// distribute gives every candidate the share of each ballot that their keep
// factor keeps, in the order of the ballot: B.2.a. The weight of a ballot times
// a keep factor is rounded up, and the weight reduced by the same amount.
func (m *keeper) distribute() {
	held := make([]wide, len(m.keep))
	shares := make(map[string]*shares)
	for _, g := range m.groups {
		weight := uint64(meekOne)
		for _, rank := range g.ranking {
			if len(rank) > 1 {
				weight = m.distributeRank(shares, held, g.count, weight, rank)
			} else if k := m.keep[rank[0]]; k > 0 {
				kept := (weight*k + meekOne - 1) / meekOne // both at most 10^9
				held[rank[0]].addMul(g.count, kept)
				weight -= kept
			}
			if weight == 0 {
				break
			}
		}
	}
	m.held = m.held[:0:0]
	for _, h := range held {
		m.held = append(m.held, h.int())
	}
}

// setQuota is B.2.b: the votes held ÷ (seats + 1), cut off at nine decimals,
// plus 0.000000001.
func (m *keeper) setQuota(seats int) {
	m.quota = sum(m.held)
	m.quota.Quo(m.quota, big.NewInt(int64(seats)+1))
	m.quota.Add(m.quota, big.NewInt(1))
}

// lower is B.2.f: keep factor × quota, rounded up, ÷ votes, rounded up. It never
// exceeds 1.
func (m *keeper) lower(i int) {
	one := big.NewInt(meekOne)
	if m.held[i].Sign() == 0 {
		m.keep[i] = meekOne
		return
	}
	k := new(big.Int).SetUint64(m.keep[i])
	k = quoUp(k.Mul(k, m.quota), one)
	k = quoUp(k.Mul(k, one), m.held[i])
	if k.Cmp(one) > 0 {
		k = one
	}
	m.keep[i] = k.Uint64()
}

// quoUp returns a ÷ b rounded up, for a ≥ 0 and b > 0.
func quoUp(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}
