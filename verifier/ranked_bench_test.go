//go:build unix

package verifier_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/simulate"
	"mandate/verifier"
)

// BenchmarkRankedVote is a whole ranked vote of N ballots from the closing to the certified result, three trustees mixing and two opening: what
// the trustees, the board's fold and the commission compute, one after the other, and the verification of the whole log. The election is
// 17 seats among 40 candidates. Making the cards and ballots is not measured, and takes most of the time. Every step has its time and, for
// machines that have other work, the processor's.
//
//	go test -run '^$' -bench RankedVote/1000$ -benchtime 1x ./verifier
func BenchmarkRankedVote(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkRankedVote(b, n) })
	}
}

func benchmarkRankedVote(b *testing.B, n int) {
	open := simulate.New(b, simulate.Config{
		Members: n, Registrars: 1, Trustees: 3, Threshold: 2, Quorum: 3, Mixes: 3,
		Contests: []contest.Contest{simulate.Rank("committee", contest.MethodScottishSTV, 40, 40, 17)},
	}).Round().Vote()
	for from := 0; from < n; from += 8000 {
		var some []int
		for i := from; i < min(from+8000, n); i++ {
			some = append(some, i)
		}
		open.Round.Cards(some...)
	}
	open.Ceremony()
	open.Open()
	for i := range n {
		open.Cast(i, open.Choice(i)...)
	}
	sealed := open
	sealed.Close()
	sealed.Promises()
	sealed.Seal()
	steps := make(map[string]time.Duration)
	step := func(name string, do func()) {
		start, cpu := time.Now(), cpuTime(b)
		do()
		steps[name] += time.Since(start)
		steps[name+"-cpu"] += cpuTime(b) - cpu
	}
	for b.Loop() {
		b.StopTimer()
		v := sealed.On(sealed.Org.Fork())
		b.StartTimer()
		v.Inputs(1, 2, 3)
		for i := 1; i <= 3; i++ {
			step("mix", func() { v.MixBodies(i, 0) })
			step("admit-mix", func() { v.Mix(i) })
		}
		for i := 1; i <= 2; i++ {
			step("decrypt", func() { v.MixBodies(i, 0) })
			step("decrypt-and-admit", func() { v.Shares(i) })
		}
		step("open-and-count", func() { v.ResultBody() })
		step("certify", func() { v.Result() })
		b.StopTimer()
		src := sourceOf(b, v.Org)
		step("verify", func() {
			if r := verify(b, src, verifier.Options{Vote: v.ID}); !r.OK() {
				b.Fatalf("%v: %+v", r.Verdict, r.Votes)
			}
		})
		b.StartTimer()
	}
	for name, d := range steps {
		b.ReportMetric(d.Seconds()/float64(b.N), name+"-s/op")
	}
}

// cpuTime is what all processors have done for this program.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
