package count

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A counter is a count in progress.
type counter struct {
	e         *Election
	lot       Lot
	res       *Result
	state     []State
	committee *committee
	history   [][]*big.Int // units held at the end of each stage

	stage           *Stage // being built
	guarded, doomed []bool
}

func newCounter(e *Election, method Method, lot Lot) (*counter, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if _, err := ParseMethod(string(method)); err != nil {
		return nil, err
	}
	if method == IRV && e.Seats != 1 {
		return nil, fmt.Errorf("instant run-off fills one seat, not %d", e.Seats)
	}
	n := len(e.Candidates)
	c := &counter{
		e:   e,
		lot: lot,
		res: &Result{
			Method: method, Title: e.Title, Seats: e.Seats,
			Candidates: slices.Clone(e.Candidates),
		},
		state:   make([]State, n),
		guarded: make([]bool, n),
		doomed:  make([]bool, n),
		stage:   &Stage{Number: 1, Action: FirstCount},
	}
	for i := range c.state {
		c.state[i] = Continuing
		if e.Candidates[i].Withdrawn {
			c.state[i] = Withdrawn
		}
	}
	return c, nil
}

// convene finds out what the representation rules allow the candidates who are
// continuing now. It comes before anybody is elected.
func (c *counter) convene() error {
	var err error
	if c.committee, err = newCommittee(c.e, c.state); err != nil {
		return err
	}
	c.res.Rules = c.committee.rules
	c.res.Target = c.committee.seats
	for _, l := range c.committee.lowered {
		c.event(Event{Kind: RuleLowered, Candidate: -1, Reason: ByRule, Rule: l.rule + 1,
			Why: fmt.Sprintf("%q cannot be met by the candidates who stand; it is lowered to %d", c.e.Rules[l.rule].String(), c.committee.rules[l.rule].N)})
	}
	if c.res.Target < c.e.Seats {
		c.note(fmt.Sprintf("%d of %d seats can be filled: candidates and representation rules allow no more", c.res.Target, c.e.Seats))
	}
	return nil
}

// empty reports whether there is nothing to count: without a valid ballot
// nobody is elected.
func (c *counter) empty() bool {
	if c.res.Ballots.Valid.Sign() > 0 {
		return false
	}
	c.note("no valid ballot: nobody is elected")
	return true
}

func (c *counter) note(s string) { c.res.Notes = append(c.res.Notes, s) }

func (c *counter) event(e Event) {
	c.stage.Events = append(c.stage.Events, e)
}

func (c *counter) stageNumber() int { return c.stage.Number }

// votes turns units into votes at the method's precision.
func (c *counter) votes(units *big.Int) Votes { return makeVotes(units, c.res.Places) }

func (c *counter) name(i int) string { return c.e.Candidates[i].Name }

// names lists candidates in words.
func (c *counter) names(list []int) string { return nameList(c.e.Candidates, list) }

func nameList(candidates []Candidate, list []int) string {
	var out []string
	for _, i := range list {
		out = append(out, candidates[i].Name)
	}
	switch n := len(out); n {
	case 0:
		return "nobody"
	case 1:
		return out[0]
	default:
		return strings.Join(out[:n-1], ", ") + " and " + out[n-1]
	}
}

// in returns the candidates in that state, by number.
func (c *counter) in(s State) []int {
	var out []int
	for i, state := range c.state {
		if state == s {
			out = append(out, i)
		}
	}
	return out
}

// open returns the continuing candidates who are not doomed.
func (c *counter) open() []int {
	return slices.DeleteFunc(c.in(Continuing), func(i int) bool { return c.doomed[i] })
}

// vacancies returns the number of seats still to fill.
func (c *counter) vacancies() int { return c.committee.seats - len(c.in(Elected)) }

// elect makes a candidate elected and judges the others anew.
func (c *counter) elect(cand int, reason Reason, why string) error {
	c.state[cand] = Elected
	c.res.Elected = append(c.res.Elected, cand)
	c.event(Event{Kind: WasElected, Candidate: cand, Reason: reason, Why: why})
	return c.judge()
}

// electAll elects candidates who all fit into the committee together: the most
// votes first, equal votes by number.
func (c *counter) electAll(cands []int, votes []*big.Int, reason Reason, why func(int) string) error {
	sorted := slices.Clone(cands)
	slices.SortStableFunc(sorted, func(a, b int) int { return votes[b].Cmp(votes[a]) })
	for _, cand := range sorted {
		c.state[cand] = Elected
		c.res.Elected = append(c.res.Elected, cand)
		c.event(Event{Kind: WasElected, Candidate: cand, Reason: reason, Why: why(cand)})
	}
	return c.judge()
}

// judge finds out whom the representation rules now guard and doom, and
// reports who is newly so.
func (c *counter) judge() error {
	if len(c.committee.rules) == 0 || c.vacancies() == 0 {
		clear(c.guarded)
		return nil
	}
	verdicts, err := c.committee.judge(c.state)
	if err != nil {
		return err
	}
	open := 0
	for _, v := range verdicts {
		if !v.doomed {
			open++
		}
	}
	for _, v := range verdicts {
		// If all who are left are needed to fill the seats, that is no guard.
		v.guarded = v.guarded && open > c.vacancies()
		if v.guarded && !c.guarded[v.candidate] {
			c.event(Event{Kind: WasGuarded, Candidate: v.candidate, Reason: ByRule, Rule: v.rule + 1, Why: c.name(v.candidate) + " is guarded: " + v.why})
		}
		if v.doomed && !c.doomed[v.candidate] {
			c.event(Event{Kind: WasDoomed, Candidate: v.candidate, Reason: ByRule, Rule: v.rule + 1, Why: c.name(v.candidate) + " is doomed: " + v.why})
		}
		c.guarded[v.candidate], c.doomed[v.candidate] = v.guarded, v.doomed
	}
	return nil
}

// close ends the stage with the units now held, and begins the next.
func (c *counter) close(held []*big.Int, nonTransferable *big.Int) {
	s := c.stage
	before := zeros(len(c.state))
	lost := new(big.Int)
	if k := len(c.history); k > 0 {
		before = c.history[k-1]
		lost.Set(c.res.Stages[k-1].NonTransferable.units)
	}
	for i, units := range held {
		s.Votes = append(s.Votes, c.votes(units))
		s.Changes = append(s.Changes, c.votes(new(big.Int).Sub(units, before[i])))
	}
	s.NonTransferable = c.votes(nonTransferable)
	s.NonTransferableChange = c.votes(new(big.Int).Sub(nonTransferable, lost))
	s.States = slices.Clone(c.state)
	for i, state := range c.state {
		if state != Continuing {
			continue
		}
		if c.guarded[i] {
			s.Guarded = append(s.Guarded, i)
		}
		if c.doomed[i] {
			s.Doomed = append(s.Doomed, i)
		}
	}
	c.history = append(c.history, clone(held))
	c.res.Stages = append(c.res.Stages, *s)
	c.stage = &Stage{Number: s.Number + 1}
}

// finish marks those who were not elected and returns the result.
func (c *counter) finish() *Result {
	for i, s := range c.state {
		if s == Continuing {
			c.state[i] = NotElected
		}
	}
	if k := len(c.res.Stages); k > 0 {
		c.res.Stages[k-1].States = slices.Clone(c.state)
	}
	return c.res
}
