package count_test

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/count"
	"pgregory.net/rapid"
)

// anElection draws a small election: few candidates and coarse numbers, so that
// ties, exhausted ballots and tight representation rules are common.
func anElection(t *rapid.T, sharedRanks, rules bool) *count.Election {
	n := rapid.IntRange(1, 7).Draw(t, "candidates")
	e := &count.Election{Title: "t", Seats: rapid.IntRange(1, n).Draw(t, "seats")}
	for i := range n {
		e.Candidates = append(e.Candidates, count.Candidate{
			Name:      string(rune('A' + i)),
			Withdrawn: rapid.IntRange(0, 9).Draw(t, "withdrawn") == 0,
		})
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for range rapid.IntRange(0, 12).Draw(t, "groups") {
		b := count.Ballot{Count: rapid.Uint64Range(0, 9).Draw(t, "count")}
		order := rapid.Permutation(all).Draw(t, "order")[:rapid.IntRange(0, n).Draw(t, "length")]
		for _, c := range order {
			if last := len(b.Ranking) - 1; last >= 0 && sharedRanks && rapid.IntRange(0, 3).Draw(t, "shared") == 0 {
				b.Ranking[last] = append(b.Ranking[last], c)
			} else {
				b.Ranking = append(b.Ranking, []int{c})
			}
		}
		if rapid.IntRange(0, 19).Draw(t, "malformed") == 0 {
			b.Ranking = append(b.Ranking, []int{rapid.IntRange(-1, n).Draw(t, "bad")}, nil)
		}
		e.Ballots = append(e.Ballots, b)
	}
	if rules {
		for range rapid.IntRange(0, 3).Draw(t, "rules") {
			bound := rapid.SampledFrom([]count.Bound{count.AtMost, count.AtLeast}).Draw(t, "bound")
			members := rapid.Permutation(all).Draw(t, "members")[:rapid.IntRange(0, n).Draw(t, "group")]
			e.Rules = append(e.Rules, count.Rule{Bound: bound, N: rapid.IntRange(0, e.Seats).Draw(t, "n"), Group: "g", Members: members})
		}
	}
	return e
}

// byName is a lot that knows candidates by name only, and whose order differs
// from draw to draw.
type byName []count.Candidate

func (l byName) Source() string { return "names" }

func (l byName) Draw(number int, candidates []int) ([]count.Ticket, error) {
	key := func(c int) int { return (int(l[c].Name[0])*7 + number*5) % 23 }
	var out []count.Ticket
	for _, c := range candidates {
		out = append(out, count.Ticket{Candidate: c, Derivation: fmt.Sprint(key(c))})
	}
	slices.SortFunc(out, func(a, b count.Ticket) int { return key(a.Candidate) - key(b.Candidate) })
	return out, nil
}

func mustCount(t *rapid.T, e *count.Election, m count.Method) *count.Result {
	if m == count.IRV {
		one := *e
		one.Seats = 1
		e = &one
	}
	r, err := count.Count(e, m, byName(e.Candidates))
	if err != nil {
		t.Fatalf("%s: %v", m, err)
	}
	return r
}

func report(t *rapid.T, r *count.Result) string {
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBallotOrderAndGroupingChangeNothing: the same ballots in another order and
// split into other groups give the same report to the byte.
func TestBallotOrderAndGroupingChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, true, true)
		other := *e
		other.Ballots = nil
		for _, b := range e.Ballots {
			part := rapid.Uint64Range(0, b.Count).Draw(t, "part")
			ranking := make([][]int, len(b.Ranking))
			for i, rank := range b.Ranking {
				ranking[i] = slices.Clone(rank)
				slices.Reverse(ranking[i])
			}
			other.Ballots = append(other.Ballots, count.Ballot{Count: part, Ranking: ranking}, count.Ballot{Count: b.Count - part, Ranking: b.Ranking})
		}
		other.Ballots = rapid.Permutation(other.Ballots).Draw(t, "permuted")
		for _, m := range count.Methods() {
			if a, b := report(t, mustCount(t, e, m)), report(t, mustCount(t, &other, m)); a != b {
				t.Fatalf("%s: reports differ:\n%s\n%s", m, a, b)
			}
		}
	})
}

// TestLabelsChangeNothingButNames: numbering the candidates differently changes
// who is called what, and nothing else.
func TestLabelsChangeNothingButNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, true, true)
		n := len(e.Candidates)
		to := make([]int, n)
		for i := range to {
			to[i] = i
		}
		to = rapid.Permutation(to).Draw(t, "labels")
		relabel := func(list []int) []int {
			out := slices.Clone(list)
			for i, c := range out {
				if c >= 0 && c < n {
					out[i] = to[c]
				}
			}
			return out
		}
		other := &count.Election{Title: e.Title, Seats: e.Seats, Candidates: make([]count.Candidate, n)}
		for i, c := range e.Candidates {
			other.Candidates[to[i]] = c
		}
		for _, b := range e.Ballots {
			ob := count.Ballot{Count: b.Count}
			for _, rank := range b.Ranking {
				ob.Ranking = append(ob.Ranking, relabel(rank))
			}
			other.Ballots = append(other.Ballots, ob)
		}
		for _, r := range e.Rules {
			r.Members = relabel(r.Members)
			other.Rules = append(other.Rules, r)
		}
		for _, m := range count.Methods() {
			a, b := byNames(mustCount(t, e, m)), byNames(mustCount(t, other, m))
			if !slices.Equal(a, b) {
				t.Fatalf("%s: results differ:\n%s\n%s", m, strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		}
	})
}

// byNames describes a result without numbers of candidates.
func byNames(r *count.Result) []string {
	var out []string
	for n, s := range r.Stages {
		var lines []string
		for i, c := range r.Candidates {
			line := fmt.Sprint(n, " ", c.Name, " ", s.States[i], slices.Contains(s.Guarded, i), slices.Contains(s.Doomed, i))
			if len(s.Votes) > 0 {
				line += " " + s.Votes[i].String() + " " + s.Changes[i].String()
			}
			if len(s.KeepFactors) > 0 {
				line += " " + s.KeepFactors[i].String()
			}
			lines = append(lines, line)
		}
		for _, tr := range s.Transfers {
			to := "nobody"
			if tr.To >= 0 {
				to = r.Candidates[tr.To].Name
			}
			lines = append(lines, fmt.Sprint(n, " ", r.Candidates[tr.From].Name, " to ", to, " ", tr.Votes))
		}
		for _, e := range s.Events {
			if e.Candidate >= 0 {
				lines = append(lines, fmt.Sprint(n, " ", e.Kind, " ", r.Candidates[e.Candidate].Name, " ", e.Reason, " ", e.Draw, e.Stage))
			}
		}
		slices.Sort(lines)
		out = append(out, lines...)
		out = append(out, fmt.Sprint(s.Action, s.Quota, s.NonTransferable, s.Rounding, s.Iterations))
	}
	for _, d := range r.Draws {
		line := fmt.Sprint("draw ", d.Number, d.Stage, d.Purpose)
		for _, ticket := range d.Tickets {
			line += " " + r.Candidates[ticket.Candidate].Name
		}
		out = append(out, line)
	}
	for _, tier := range r.Ranking {
		var in []string
		for _, i := range tier {
			in = append(in, r.Candidates[i].Name)
		}
		slices.Sort(in)
		out = append(out, strings.Join(in, "="))
	}
	return out
}

// units turns votes into a whole number at their own precision.
func units(v count.Votes) *big.Int {
	n, ok := new(big.Int).SetString(strings.Replace(v.String(), ".", "", 1), 10)
	if !ok {
		panic("not a number: " + v.String())
	}
	return n
}

// TestVotesAreConserved: at every stage of a transferable vote, the votes of
// candidates and the non-transferable ones add up to the valid ballots, and what
// changed is what was transferred.
func TestVotesAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, true, true)
		for _, m := range []count.Method{count.IRV, count.ScottishSTV, count.MeekSTV} {
			r := mustCount(t, e, m)
			all := new(big.Int).Mul(r.Ballots.Valid, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.Places)), nil))
			for n, s := range r.Stages {
				total := units(s.NonTransferable)
				for i, v := range s.Votes {
					if v.Sign() < 0 {
						t.Fatalf("%s stage %d: candidate %d has %s votes", m, n+1, i, v)
					}
					total.Add(total, units(v))
				}
				if total.Cmp(all) != 0 || s.NonTransferable.Sign() < 0 {
					t.Fatalf("%s stage %d: %s units of %s", m, n+1, total, all)
				}
				if n == 0 || m == count.MeekSTV {
					continue
				}
				if s.NonTransferableChange.Sign() < 0 || s.Rounding.Cmp(s.NonTransferable) > 0 {
					t.Fatalf("%s stage %d: non-transferable %s (%s), rounding %s", m, n+1, s.NonTransferable, s.NonTransferableChange, s.Rounding)
				}
				change := make([]*big.Int, len(r.Candidates)+1)
				for i := range change {
					change[i] = new(big.Int)
				}
				cut := new(big.Int)
				if m == count.ScottishSTV { // an instant run-off rounds nothing
					cut.Sub(units(s.Rounding), units(r.Stages[n-1].Rounding))
				}
				for _, tr := range s.Transfers {
					to := tr.To
					if to < 0 {
						to = len(r.Candidates)
					}
					change[to].Add(change[to], units(tr.Votes))
					change[tr.From].Sub(change[tr.From], units(tr.Votes))
				}
				if cut.Sign() > 0 {
					change[s.From[0]].Sub(change[s.From[0]], cut)
					change[len(r.Candidates)].Add(change[len(r.Candidates)], cut)
				}
				for i, v := range append(slices.Clone(s.Changes), s.NonTransferableChange) {
					if units(v).Cmp(change[i]) != 0 {
						t.Fatalf("%s stage %d: row %d changed by %s, transfers say %s", m, n+1, i, v, change[i])
					}
				}
			}
		}
	})
}

// TestSeatsAndRulesAreKept: with valid ballots, exactly the seats that can be
// filled are filled, by standing candidates, and every rule as applied is kept.
// No committee that keeps the rules as given would have been larger.
func TestSeatsAndRulesAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, false, true)
		for _, m := range count.Methods() {
			r := mustCount(t, e, m)
			if r.Ballots.Valid.Sign() == 0 {
				if len(r.Elected) > 0 {
					t.Fatalf("%s: elected without a ballot", m)
				}
				continue
			}
			elected := make([]bool, len(r.Candidates))
			for _, i := range r.Elected {
				if elected[i] || r.Candidates[i].Withdrawn || r.State(i) != count.Elected {
					t.Fatalf("%s: %d is elected twice, withdrawn or not so marked", m, i)
				}
				elected[i] = true
			}
			if len(r.Elected) != r.Target {
				t.Fatalf("%s: %d elected, %d seats can be filled", m, len(r.Elected), r.Target)
			}
			if !keeps(r.Rules, elected) {
				t.Fatalf("%s: rules %v broken by %v", m, r.Rules, r.Elected)
			}
			electable := *e
			electable.Candidates = slices.Clone(e.Candidates)
			for i := range electable.Candidates {
				if m == count.Plurality || m == count.Approval {
					electable.Candidates[i].Withdrawn = r.Stages[0].Votes[i].Sign() == 0
				}
			}
			best, lowered := largest(&electable, r.Seats)
			if !lowered && best != r.Target {
				t.Fatalf("%s: %d seats could be filled, not %d", m, best, r.Target)
			}
			same := slices.EqualFunc(r.Rules, e.Rules, func(a, b count.Rule) bool { return a.N == b.N })
			if lowered == same {
				t.Fatalf("%s: rules %v applied as %v", m, e.Rules, r.Rules)
			}
		}
	})
}

func keeps(rules []count.Rule, elected []bool) bool {
	for _, r := range rules {
		n := 0
		for _, i := range r.Members {
			if elected[i] {
				n++
			}
		}
		if r.Bound == count.AtMost && n > r.N || r.Bound == count.AtLeast && n < r.N {
			return false
		}
	}
	return true
}

// largest tries all committees and returns the size of the largest that keeps
// the rules; lowered is true if there is none at all.
func largest(e *count.Election, seats int) (size int, lowered bool) {
	lowered = true
	for set := range 1 << len(e.Candidates) {
		elected := make([]bool, len(e.Candidates))
		n := 0
		ok := true
		for i := range elected {
			if elected[i] = set&(1<<i) != 0; elected[i] {
				n++
				ok = ok && !e.Candidates[i].Withdrawn
			}
		}
		if ok && n <= seats && keeps(e.Rules, elected) {
			size, lowered = max(size, n), false
		}
	}
	return size, lowered
}

// TestGuardedAndDoomed checks the verdicts at the end of every stage against all
// committees that could still be elected.
func TestGuardedAndDoomed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anElection(t, false, true)
		if len(e.Rules) == 0 {
			return
		}
		for _, m := range []count.Method{count.ScottishSTV, count.MeekSTV} {
			r := mustCount(t, e, m)
			if r.Ballots.Valid.Sign() == 0 {
				continue
			}
			for n, s := range r.Stages[:len(r.Stages)-1] {
				can := make([]int, len(r.Candidates)) // committees with that candidate
				committees := 0
				for set := range 1 << len(r.Candidates) {
					elected := make([]bool, len(r.Candidates))
					size, ok := 0, true
					for i, state := range s.States {
						if elected[i] = set&(1<<i) != 0; elected[i] {
							size++
						}
						ok = ok && (state != count.Elected || elected[i]) && (state == count.Elected || state == count.Continuing || !elected[i])
					}
					if !ok || size != r.Target || !keeps(r.Rules, elected) {
						continue
					}
					committees++
					for i, in := range elected {
						if in {
							can[i]++
						}
					}
				}
				for i, state := range s.States {
					if state != count.Continuing {
						continue
					}
					if doomed := can[i] == 0; doomed != slices.Contains(s.Doomed, i) {
						t.Fatalf("%s stage %d: candidate %d: doomed %v, reported %v", m, n+1, i, doomed, s.Doomed)
					}
					if guarded := can[i] == committees; guarded != slices.Contains(s.Guarded, i) {
						t.Fatalf("%s stage %d: candidate %d: guarded %v, reported %v", m, n+1, i, guarded, s.Guarded)
					}
				}
			}
		}
	})
}
