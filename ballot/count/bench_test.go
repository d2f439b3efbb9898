package count_test

import (
	"io"
	"math/rand/v2"
	"testing"

	"mandate/ballot/count"
)

// leadership is a vote for 17 of 40 by n members, each ranking about half of the
// candidates in an order that follows a common opinion with much noise.
func leadership(n int) *count.Election {
	rng := rand.New(rand.NewPCG(1, 2))
	e := &count.Election{Title: "Leadership", Seats: 17}
	var women, north []int
	for i := range 40 {
		e.Candidates = append(e.Candidates, count.Candidate{Name: "Candidate " + string(rune('A'+i%26)) + string(rune('A'+i/26))})
		if i%3 == 0 {
			women = append(women, i)
		}
		if i%5 == 4 {
			north = append(north, i)
		}
	}
	e.Rules = []count.Rule{
		{Bound: count.AtLeast, N: 8, Group: "women", Members: women},
		{Bound: count.AtLeast, N: 5, Group: "the north", Members: north},
	}
	for range n {
		order := make([]int, 40)
		for i := range order {
			order[i] = i
		}
		for i := range order {
			j := min(i+rng.IntN(12), 39)
			order[i], order[j] = order[j], order[i]
		}
		e.Ballots = append(e.Ballots, count.Ballot{Count: 1, Ranking: count.Strict(order[:5+rng.IntN(30)]...)})
	}
	return e
}

// BenchmarkCount counts 100,000 ballots for 17 of 40 under two floors, by every
// method (instant run-off for one seat, without rules).
func BenchmarkCount(b *testing.B) {
	e := leadership(100_000)
	for _, m := range count.Methods() {
		b.Run(string(m), func(b *testing.B) {
			for b.Loop() {
				one := *e
				if m == count.IRV {
					one.Seats, one.Rules = 1, nil
				}
				r, err := count.Count(&one, m, count.ListOrder("list"))
				if err != nil {
					b.Fatal(err)
				}
				if err := r.WriteJSON(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "ballots/s")
		})
	}
}
