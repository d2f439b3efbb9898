package verifier_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/count"
)

// An electionCase is an election as second/counting.js reads it.
type electionCase struct {
	Method     count.Method     `json:"method"`
	Seats      int              `json:"seats"`
	Candidates int              `json:"candidates"`
	Groups     map[string][]int `json:"groups"`
	Rules      []ruleCase       `json:"rules"`
	Ballots    [][]int          `json:"ballots"`
}

type ruleCase struct {
	Group string `json:"group"`
	Min   int    `json:"min"`
	Max   int    `json:"max"`
}

// A countSummary is what two counts must agree on.
type countSummary struct {
	Fillable int
	Elected  []int
	Draws    []drawSummary
	Stages   []stageSummary
}

type drawSummary struct {
	Number, Stage int
	Purpose       string
	Order         []int
}

type stageSummary struct {
	Votes []string
	Quota string
}

// placeLot is the lot of second/counting.js.
type placeLot struct{}

func (placeLot) Source() string { return "a formula" }

func (placeLot) Draw(number int, candidates []int) ([]count.Ticket, error) {
	place := func(c int) int { return (37*c + 61*number) % 131 }
	var tickets []count.Ticket
	for _, c := range slices.SortedFunc(slices.Values(candidates), func(a, b int) int { return cmp.Compare(place(a), place(b)) }) {
		tickets = append(tickets, count.Ticket{Candidate: c})
	}
	return tickets, nil
}

// randomElection makes few ballots of many candidates, so that ties, exhausted ballots and last vacancies are common.
func randomElection(r *rand.Rand, method count.Method) electionCase {
	e := electionCase{Method: method, Candidates: 1 + r.IntN(8), Groups: map[string][]int{}, Rules: []ruleCase{}, Ballots: [][]int{}}
	e.Seats = 1 + r.IntN(e.Candidates)
	if method == count.IRV {
		e.Seats = 1
	}
	depth := 1 + r.IntN(e.Candidates)
	for range r.IntN(25) {
		ballot := r.Perm(e.Candidates)[:1+r.IntN(depth)]
		if r.IntN(3) == 0 { // the same preferences again and again make surpluses
			slices.Sort(ballot)
		}
		e.Ballots = append(e.Ballots, ballot)
	}
	if r.IntN(2) == 0 {
		return e
	}
	for i := range 1 + r.IntN(3) {
		name := fmt.Sprintf("g%d", i)
		e.Groups[name] = append([]int{}, r.Perm(e.Candidates)[:r.IntN(e.Candidates+1)]...)
		rule := ruleCase{Group: name, Max: r.IntN(e.Seats + 1)}
		rule.Min = r.IntN(rule.Max + 1)
		if rule.Min > 0 || rule.Max < e.Seats {
			e.Rules = append(e.Rules, rule)
		}
	}
	return e
}

func (e electionCase) count(t *testing.T) countSummary {
	election := &count.Election{Seats: e.Seats}
	for i := range e.Candidates {
		election.Candidates = append(election.Candidates, count.Candidate{Name: fmt.Sprintf("C%d", i)})
	}
	for _, b := range e.Ballots {
		election.Ballots = append(election.Ballots, count.Ballot{Count: 1, Ranking: count.Strict(b...)})
	}
	for _, r := range e.Rules { // SPEC.md §11.5
		if r.Min > 0 {
			election.Rules = append(election.Rules, count.Rule{Bound: count.AtLeast, N: r.Min, Group: r.Group, Members: e.Groups[r.Group]})
		}
		if r.Max < e.Seats {
			election.Rules = append(election.Rules, count.Rule{Bound: count.AtMost, N: r.Max, Group: r.Group, Members: e.Groups[r.Group]})
		}
	}
	result, err := count.Count(election, e.Method, placeLot{})
	if err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
	units := func(v count.Votes) string {
		s := strings.TrimLeft(strings.ReplaceAll(v.String(), ".", ""), "0")
		return cmp.Or(s, "0")
	}
	s := countSummary{Fillable: result.Target, Elected: append([]int{}, result.Elected...), Draws: []drawSummary{}, Stages: []stageSummary{}}
	for _, d := range result.Draws {
		draw := drawSummary{Number: d.Number, Stage: d.Stage, Purpose: string(d.Purpose)}
		for _, ticket := range d.Tickets {
			draw.Order = append(draw.Order, ticket.Candidate)
		}
		s.Draws = append(s.Draws, draw)
	}
	if len(e.Ballots) == 0 {
		return s // what is reported of the stages of no count is no matter of §14
	}
	for _, stage := range result.Stages {
		one := stageSummary{Votes: []string{}}
		for _, v := range stage.Votes {
			one.Votes = append(one.Votes, units(v))
		}
		if e.Method != count.Schulze && e.Method != count.RankedPairs {
			one.Quota = units(stage.Quota)
		}
		s.Stages = append(s.Stages, one)
	}
	return s
}

// Both implementations of SPEC.md §14 count random elections alike: who is elected, every draw, and the votes at the end of every stage.
func TestTheSecondVerifierCountsAlike(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs node in PATH")
	}
	r := rand.New(rand.NewPCG(14, 2026))
	var cases []electionCase
	for range 500 {
		for _, m := range []count.Method{count.IRV, count.ScottishSTV, count.MeekSTV, count.Schulze, count.RankedPairs} {
			cases = append(cases, randomElection(r, m))
		}
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "second/counting.js")
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	var got []countSummary
	if err := json.Unmarshal(output, &got); err != nil || len(got) != len(cases) {
		t.Fatalf("%d counts of %d: %v", len(got), len(cases), err)
	}
	failures := map[count.Method]int{}
	for i, e := range cases {
		if want := e.count(t); !reflect.DeepEqual(got[i], want) {
			if failures[e.Method]++; failures[e.Method] <= 2 {
				t.Errorf("%+v:\nfirst  %+v\nsecond %+v", e, want, got[i])
			}
		}
	}
	if len(failures) > 0 {
		t.Errorf("%v of %d", failures, len(cases))
	}
}
