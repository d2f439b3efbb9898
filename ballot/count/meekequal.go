package count

import "math/big"

// shares are what the candidates of one shared rank keep of a ballot that
// reaches it, and what passes on, as exact fractions. They count the rank as all
// orders of its candidates at once, each equally often (SPEC.md §14.8).
// They depend on the keep factors only, so they are calculated
// once per distribution and rank.
type shares struct {
	kept   []*big.Int // numerators, in the order of the rank
	passed *big.Int   // numerator
	over   *big.Int   // common denominator
}

// distributeRank distributes a ballot's weight over a shared rank and returns
// the weight left for the next. Amounts are rounded down; what that leaves over
// becomes non-transferable.
func (m *keeper) distributeRank(known map[string]*shares, held []wide, count, weight uint64, rank []int) uint64 {
	live := make([]int, 0, len(rank))
	hopeful := true
	for _, i := range rank {
		if k := m.keep[i]; k > 0 {
			live = append(live, i)
			hopeful = hopeful && k == meekOne
		}
	}
	switch {
	case len(live) == 0:
		return weight
	case len(live) == 1: // as if it were ranked alone
		kept := (weight*m.keep[live[0]] + meekOne - 1) / meekOne
		held[live[0]].addMul(count, kept)
		return weight - kept
	case hopeful: // everybody keeps all: equal parts
		for _, i := range live {
			held[i].addMul(count, weight/uint64(len(live)))
		}
		return 0
	}
	key := string(rankingKey(nil, [][]int{live}))
	s, ok := known[key]
	if !ok {
		s = m.shares(live)
		known[key] = s
	}
	of := func(numerator *big.Int) uint64 {
		n := new(big.Int).SetUint64(weight)
		n.Mul(n, numerator)
		return n.Quo(n, s.over).Uint64() // at most weight
	}
	for j, i := range live {
		held[i].addMul(count, of(s.kept[j]))
	}
	return of(s.passed)
}

// shares calculates the shares of n candidates with keep factors k_i. In a random
// order, candidate i comes after exactly the set S of the others with
// probability |S|! (n-1-|S|)! / n!, and then keeps k_i Π_{j∈S} (1 - k_j). Summed
// over all S of one size m, the products are the m-th elementary symmetric
// polynomial of the others' 1 - k_j.
func (m *keeper) shares(live []int) *shares {
	n := len(live)
	one := big.NewInt(meekOne)
	unkept := make([]*big.Int, n)
	for j, i := range live {
		unkept[j] = new(big.Int).SetUint64(meekOne - m.keep[i])
	}
	factorial := make([]*big.Int, n+1)
	power := make([]*big.Int, n+1) // of meekOne
	factorial[0], power[0] = big.NewInt(1), big.NewInt(1)
	for j := 1; j <= n; j++ {
		factorial[j] = new(big.Int).Mul(factorial[j-1], big.NewInt(int64(j)))
		power[j] = new(big.Int).Mul(power[j-1], one)
	}

	s := &shares{over: new(big.Int).Mul(factorial[n], power[n]), passed: new(big.Int).Set(factorial[n])}
	for _, u := range unkept {
		s.passed.Mul(s.passed, u)
	}
	for j, i := range live {
		poly := zeros(n) // poly[d]: sum of products of d of the others' unkept
		poly[0].SetInt64(1)
		for o, u := range unkept {
			if o == j {
				continue
			}
			for d := n - 1; d > 0; d-- {
				poly[d].Add(poly[d], new(big.Int).Mul(poly[d-1], u))
			}
		}
		total := new(big.Int)
		for d := range poly {
			term := new(big.Int).Mul(poly[d], power[n-1-d])
			term.Mul(term, factorial[d])
			total.Add(total, term.Mul(term, factorial[n-1-d]))
		}
		s.kept = append(s.kept, total.Mul(total, new(big.Int).SetUint64(m.keep[i])))
	}
	return s
}
