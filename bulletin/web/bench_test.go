package web

import (
	"context"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/cast"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
)

// Members in the benchmark and ballots that each of them casts, one after the other. (Cards cost far more to make than ballots.)
const (
	benchMembers = 512
	benchBallots = 16
)

// benchmarkIntake casts ballots of yes, no or abstention with the signatures of three registrars, fully checked, and reports how many have
// their receipt in a second, and how long a member waits for it.
func benchmarkIntake(b *testing.B, connect func(b *testing.B, o *simulate.Org, c board.Config) (cast func(*record.Record) error)) {
	o := simulate.New(b, simulate.Config{Members: benchMembers, Registrars: 3, Revote: true})
	v := o.Round().Vote()
	v.Ceremony()
	v.Open()
	chains := make([][]*record.Record, benchMembers)
	ctx, form := v.Context(), v.State().Form
	cards := make([]*credential.Credential, benchMembers)
	for i := range cards {
		cred, err := v.Round.Mint().Credential(v.Manifest.Slot)
		if err != nil {
			b.Fatal(err)
		}
		cards[i] = cred
	}
	cast.Parallel(benchMembers, func(i int) {
		var previous record.ID
		for number := range uint64(benchBallots) {
			r, _, err := form.Encrypt(ctx, cards[i], number, previous, cast.NewDraft(), [][]int{{int(number+uint64(i)) % 3}})
			if err != nil {
				b.Error(err)
				return
			}
			chains[i] = append(chains[i], r)
			previous = r.ID()
		}
	})
	if b.Failed() {
		return
	}
	var waits []time.Duration
	var took, worked time.Duration
	for b.Loop() {
		b.StopTimer()
		c := configOf(o, filepath.Join(b.TempDir(), "log"))
		c.CheckpointInterval = 0 // the default
		seed(b, c.Path, o)
		send := connect(b, o, c)
		var mu sync.Mutex
		var wg sync.WaitGroup
		runtime.GC()
		b.StartTimer()
		began, before := time.Now(), processorTime(b)
		for _, chain := range chains {
			wg.Go(func() {
				own := make([]time.Duration, 0, len(chain))
				for _, r := range chain {
					sent := time.Now()
					if err := send(r); err != nil {
						b.Error(err)
						return
					}
					own = append(own, time.Since(sent))
				}
				mu.Lock()
				waits = append(waits, own...)
				mu.Unlock()
			})
		}
		wg.Wait()
		took, worked = took+time.Since(began), worked+processorTime(b)-before
	}
	if b.Failed() {
		return
	}
	slices.Sort(waits)
	b.ReportMetric(float64(len(waits))/took.Seconds(), "ballots/s")
	b.ReportMetric(float64(worked.Microseconds())/float64(len(waits)), "cpu-µs/ballot")
	b.ReportMetric(float64(waits[len(waits)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(waits[len(waits)-1].Milliseconds()), "max-ms")
	b.ReportMetric(float64(len(chains[0][0].Raw())), "bytes/ballot")
}

// processorTime is what this process has used so far on all processors. Where other programs compete for them it says more than a clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// In the board's own process: admission, checking, disk, promise and receipt.
func BenchmarkIntake(b *testing.B) {
	benchmarkIntake(b, func(b *testing.B, o *simulate.Org, c board.Config) func(*record.Record) error {
		held, err := board.Open(context.Background(), c)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { held.Close() })
		return func(r *record.Record) error {
			if _, err := held.Submit(context.Background(), r.Raw()); err != nil {
				return err
			}
			_, err := held.Receipt(context.Background(), r.ID())
			return err
		}
	})
}

// Over HTTP on loopback, with the members, who check promise and receipt, on the same processors.
func BenchmarkIntakeHTTP(b *testing.B) {
	benchmarkIntake(b, func(b *testing.B, o *simulate.Org, c board.Config) func(*record.Record) error {
		s := serveConfig(b, o, c, Options{Log: quiet, Limits: Limits{Rate: rate.Inf}})
		transport := &http.Transport{MaxIdleConnsPerHost: benchMembers}
		b.Cleanup(transport.CloseIdleConnections)
		member, err := overhttp.Dial(s.url, &http.Client{Transport: transport}, client.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if member, err = member.Trust(o.GenesisBody(), o.Genesis); err != nil {
			b.Fatal(err)
		}
		return func(r *record.Record) error {
			if _, err := member.Submit(context.Background(), r); err != nil {
				return err
			}
			_, err := member.Receipt(context.Background(), r.ID())
			return err
		}
	})
}
