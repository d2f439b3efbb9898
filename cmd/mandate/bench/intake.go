package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"mandate/ballot/cast"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
)

const (
	// clients is how many members are at once between sending a ballot and holding its receipt.
	clients = 256
	// chunk is how many ballots are made before they are sent, so that memory does not grow with the vote.
	chunk = 10_000
)

// cast makes the ballots and sends them, in turns: making is the members' work and not part of intake. It returns some of the ballots.
func (o *organisation) cast(ctx context.Context, r *Report, stderr io.Writer) (*sample, error) {
	if err := o.view.Update(ctx); err != nil {
		return nil, err
	}
	state := o.view.State()
	v := state.Vote(o.vote)
	s := &sample{context: state.CastContext(v), form: v.Form, asked: o.asked}
	member, err := o.member(state)
	if err != nil {
		return nil, err
	}
	form, err := v.Form.WithTable(s.context.Key)
	if err != nil {
		return nil, err
	}
	bar := progressbar.NewOptions(2*o.members, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("• members make ballots and cast them"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(20), progressbar.OptionOnCompletion(func() { fmt.Fprintln(stderr) }))
	waits := make([]time.Duration, 0, o.members)
	var making, taking, worked time.Duration
	for start := 0; start < o.members; start += chunk {
		n := min(chunk, o.members-start)
		ballots := make([]*record.Record, n)
		spent := make([]time.Duration, n)
		err := each(ctx, runtime.GOMAXPROCS(0), n, func(i int) error {
			cred, err := credentialOf(o.round, o.keys)
			if err != nil {
				return err
			}
			began := time.Now()
			ballots[i], _, err = form.Encrypt(s.context, cred, 0, record.ID{}, cast.NewDraft(), [][]int{o.choice(start + i)})
			spent[i] = time.Since(began)
			bar.Add(1)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("making ballots: %w", err)
		}
		for _, d := range spent {
			making += d
		}
		took := make([]time.Duration, n)
		began, before := time.Now(), processorTime()
		err = each(ctx, clients, n, func(i int) error {
			began := time.Now()
			if err := member(ctx, ballots[i]); err != nil {
				return err
			}
			took[i] = time.Since(began)
			bar.Add(1)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("casting ballots: %w", err)
		}
		taking += time.Since(began)
		worked += processorTime() - before
		waits = append(waits, took...)
		if start == 0 {
			s.ballots = ballots[:min(n, sampleSize)]
		}
	}
	slices.Sort(waits)
	at := func(percent int) float64 { return waits[(len(waits)-1)*percent/100].Seconds() }
	r.BallotBytes = len(s.ballots[0].Raw())
	r.MakeBallotsPerSecond = float64(o.members) / making.Seconds() * float64(r.Cores)
	r.IntakeBallotsPerSecond = float64(o.members) / taking.Seconds()
	r.IntakeP50, r.IntakeP99, r.IntakeMax = at(50), at(99), at(100)
	r.IntakeCPU = worked.Seconds() / float64(o.members)
	return s, nil
}

// member returns what a member does with a ballot: send it, check the promise, wait for the receipt and check that.
func (o *organisation) member(s *fold.State) (func(context.Context, *record.Record) error, error) {
	c, err := overhttp.Dial(o.url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}, client.Options{})
	if err != nil {
		return nil, err
	}
	if c, err = c.Trust(s.Genesis()); err != nil {
		return nil, err
	}
	return func(ctx context.Context, ballot *record.Record) error {
		if _, err := c.Submit(ctx, ballot); err != nil {
			return err
		}
		_, err := c.Receipt(ctx, ballot.ID())
		return err
	}, nil
}

// each does one thing for 0 … n−1, so many at once. The first error ends it.
func each(ctx context.Context, atOnce, n int, do func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(atOnce, n) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}
