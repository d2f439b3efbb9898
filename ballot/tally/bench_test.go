package tally

import (
	"crypto/rand"
	"testing"

	"mandate/ballot/record"
)

// A whole ceremony of three trustees, two needed: all messages made by the
// trustees and judged once. The keys and the states' storage are not in it.
func BenchmarkCeremony3of2(b *testing.B) {
	for b.Loop() {
		newScene(b, 3, 2).reach(StepReady)
	}
}

func threeOptions(b *testing.B) (*ballots, map[int]*record.Shares) {
	v := newBallots(b, 3, 2, 3)
	for range 100 {
		v.cast([]uint64{1, 0, 0})
	}
	return v, map[int]*record.Shares{1: v.shares(1, 0), 2: v.shares(2, 0)}
}

func BenchmarkMakeShares3Options(b *testing.B) {
	v, _ := threeOptions(b)
	share := must(v.trustees[0].Share(v.c))
	for b.Loop() {
		must(MakeShares(v.ctx, 0, share, v.sums, rand.Reader))
	}
}

func BenchmarkCheckShares3Options(b *testing.B) {
	v, shares := threeOptions(b)
	for b.Loop() {
		if err := v.check(shares[1]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen3Options100Ballots(b *testing.B) {
	v, shares := threeOptions(b)
	for b.Loop() {
		must(Open(2, v.sums, 0, shares, v.counted))
	}
}

func BenchmarkCheckCounts3Options(b *testing.B) {
	v, shares := threeOptions(b)
	for b.Loop() {
		if err := CheckCounts(2, v.sums, 0, shares, v.counted, v.counts[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSumsAdd3Options(b *testing.B) {
	v, _ := threeOptions(b)
	votes := must(v.sums.Decode(v.wire([]uint64{1, 0, 0})))
	for b.Loop() {
		v.sums.Add(votes)
	}
}
