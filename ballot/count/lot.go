package count

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
)

// A Lot settles what the rules of a count leave to chance.
//
// Draw is called with the draw's number, 1 for the first draw of a count, and
// the candidates to be put in order, ascending. It returns one ticket for each
// of them in the order drawn. The candidate drawn first is the one to whom the
// thing happens for which the draw is held: who is excluded, whose surplus goes
// first, who takes the last seat. Source says in one line where the order comes
// from, for the report.
type Lot interface {
	Draw(number int, candidates []int) ([]Ticket, error)
	Source() string
}

// A Ticket is one candidate's place in a draw. Derivation lets a reader repeat
// the draw, for example by giving the hash that candidates were sorted by.
type Ticket struct {
	Candidate  int
	Derivation string
}

// A Draw is a lot that was drawn.
type Draw struct {
	Number  int
	Stage   int // number of the stage in whose course it was drawn
	Purpose Purpose
	Tickets []Ticket // in the order drawn
	Source  string
}

// A Purpose says what a draw decides.
type Purpose string

// What draws decide. The candidate drawn first is the one who is excluded,
// whose surplus is transferred or who is elected; in DrawMajorities the draw
// orders all candidates of majorities that tie in a cycle.
const (
	DrawExclusion  Purpose = "exclusion"
	DrawSurplus    Purpose = "surplus"
	DrawElection   Purpose = "election"
	DrawMajorities Purpose = "majorities"
)

// LotNeeded is the error of a count that needs a lot and has none. The same
// count with a lot repeats every step up to here.
type LotNeeded struct {
	Number     int
	Purpose    Purpose
	Candidates []int
}

func (e *LotNeeded) Error() string {
	return fmt.Sprintf("draw %d (%s) among %d candidates needs a lot", e.Number, e.Purpose, len(e.Candidates))
}

// ListOrder is a lot that is none: whoever is listed first is drawn first. It
// serves where the order was drawn beforehand, as with a ballot file's tie line,
// or to count examples. Candidates who are not listed come last, by number.
func ListOrder(source string, order ...int) Lot { return listOrder{source, order} }

type listOrder struct {
	source string
	order  []int
}

func (l listOrder) Source() string { return l.source }

func (l listOrder) Draw(_ int, candidates []int) ([]Ticket, error) {
	place := func(c int) int {
		if at := slices.Index(l.order, c); at >= 0 {
			return at
		}
		return len(l.order) + c
	}
	sorted := slices.Clone(candidates)
	slices.SortFunc(sorted, func(a, b int) int { return place(a) - place(b) })
	out := make([]Ticket, len(sorted))
	for i, c := range sorted {
		out[i] = Ticket{c, "place " + strconv.Itoa(place(c)+1)}
	}
	return out, nil
}

// draw holds one draw and records it. It returns the candidates in the order
// drawn.
func (c *counter) draw(purpose Purpose, candidates []int) ([]int, error) {
	number := len(c.res.Draws) + 1
	if c.lot == nil {
		return nil, &LotNeeded{number, purpose, slices.Clone(candidates)}
	}
	tickets, err := c.lot.Draw(number, slices.Clone(candidates))
	if err != nil {
		return nil, fmt.Errorf("draw %d (%s): %w", number, purpose, err)
	}
	order := make([]int, len(tickets))
	for i, t := range tickets {
		order[i] = t.Candidate
	}
	if !slices.Equal(slices.Sorted(slices.Values(order)), candidates) {
		return nil, fmt.Errorf("draw %d (%s): the lot did not order the %d candidates drawn for", number, purpose, len(candidates))
	}
	c.res.Draws = append(c.res.Draws, Draw{number, c.stageNumber(), purpose, tickets, c.lot.Source()})
	return order, nil
}

// pick returns the one among tied candidates, who hold equal votes now, to whom
// the purpose happens: by the votes at the most recent earlier stage at which
// they were unequal (the fewest for an exclusion, the most otherwise), among
// those who are equal there by the stage before, and so on; then by lot. See
// SPEC.md §14.3. Ties and what settled them become events of the stage.
func (c *counter) pick(purpose Purpose, tied []int) (int, error) {
	all := tied
	for s := len(c.history) - 1; s >= 0 && len(tied) > 1; s-- {
		held := c.history[s]
		best := held[tied[0]]
		for _, t := range tied[1:] {
			if cmp := held[t].Cmp(best); purpose == DrawExclusion && cmp < 0 || purpose != DrawExclusion && cmp > 0 {
				best = held[t]
			}
		}
		rest := slices.DeleteFunc(slices.Clone(tied), func(t int) bool { return held[t].Cmp(best) != 0 })
		if len(rest) == 1 {
			word := "most"
			if purpose == DrawExclusion {
				word = "fewest"
			}
			c.event(Event{Kind: TieBroken, Candidate: rest[0], Others: without(all, rest[0]), Reason: ByEarlierStage, Stage: s + 1,
				Why: fmt.Sprintf("%s are tied; %s had the %s votes of them at stage %d (%s)",
					c.names(all), c.name(rest[0]), word, s+1, c.votes(best).Fixed(textDecimals))})
		}
		tied = rest
	}
	if len(tied) == 1 {
		return tied[0], nil
	}
	return c.pickByLot(purpose, tied)
}

// pickByLot returns the candidate drawn first.
func (c *counter) pickByLot(purpose Purpose, tied []int) (int, error) {
	order, err := c.draw(purpose, tied)
	if err != nil {
		return 0, err
	}
	number := len(c.res.Draws)
	c.event(Event{Kind: TieBroken, Candidate: order[0], Others: without(tied, order[0]), Reason: ByLot, Draw: number,
		Why: fmt.Sprintf("%s are tied; draw %d picked %s", c.names(tied), number, c.name(order[0]))})
	return order[0], nil
}

func without(list []int, c int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(x int) bool { return x == c })
}

// extremes returns those of the candidates who hold the fewest votes, or the
// most, and how many they hold.
func extremes(votes []*big.Int, candidates []int, fewest bool) ([]int, *big.Int) {
	var out []int
	var best *big.Int
	for _, c := range candidates {
		cmp := -1
		if best != nil {
			cmp = votes[c].Cmp(best)
			if !fewest {
				cmp = -cmp
			}
		}
		if cmp < 0 {
			best, out = votes[c], nil
		}
		if cmp <= 0 {
			out = append(out, c)
		}
	}
	return out, best
}
