package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"mandate/ballot/record"
	"mandate/bulletin/web"
)

const (
	// connections is how many members can be connected to the board at once; a board takes 10,000 by itself. Who comes beyond that waits for a
	// connection, and the wait counts.
	connections = 9000
	// patience is how long a member waits for an answer or a receipt at most.
	patience = 30 * time.Second
)

// given is what the board has handed out for one ballot.
type given struct {
	ballot           *record.Record
	promise, receipt []byte
}

// A generator plays the members.
type generator struct {
	url  string
	http *http.Client

	mu       sync.Mutex
	pool     []*record.Record // ballots that are not cast yet; those that were refused come last
	reserve  int              // how many are not to be taken
	given    []given
	refusals map[string]int // signed refusals, which say the same to many; how many got each
}

func newGenerator(url string) *generator {
	return &generator{
		url: url, refusals: make(map[string]int),
		http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true}},
	}
}

func (g *generator) take() (*record.Record, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pool) <= g.reserve {
		return nil, false
	}
	b := g.pool[0]
	g.pool = g.pool[1:]
	return b, true
}

// An outcome is how a member fared, with times since the member was to come.
type outcome struct {
	accepted, refused            bool // neither: there was no answer, or one that does not say what to do
	promised, receipted, refusal time.Duration
}

// visit sends a ballot and, if it is promised, fetches the receipt. Nothing is checked here but what kind of answer it is: checks are the
// members' work and come later.
func (g *generator) visit(ctx context.Context, ballot *record.Record, began time.Time) (o outcome) {
	header, status, body, err := g.ask(ctx, http.MethodPost, "/records", ballot.Raw())
	switch {
	case err == nil && status == http.StatusOK && header.Get("Content-Type") == web.TypePromise:
		o.accepted, o.promised = true, time.Since(began)
	case err == nil && header.Get("Content-Type") == web.TypeRefusal && seconds(header) > 0:
		o.refused, o.refusal = true, time.Since(began)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.refusals[string(body)]++
		g.pool = append(g.pool, ballot)
		return o
	default:
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pool = append(g.pool, ballot) // it may be on the log: sending it again is answered like the first time
		return o
	}
	kept := given{ballot: ballot, promise: body}
	for time.Since(began) < patience && ctx.Err() == nil {
		header, status, body, err := g.ask(ctx, http.MethodGet, "/receipts/"+ballot.ID().String(), nil)
		if err == nil && status == http.StatusOK {
			kept.receipt, o.receipted = body, time.Since(began)
			break
		}
		if err == nil && seconds(header) == 0 {
			break // it is not said to come later
		}
		time.Sleep(max(time.Duration(seconds(header))*time.Second, 100*time.Millisecond))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.given = append(g.given, kept)
	return o
}

// seconds is after how many seconds one is told to come again.
func seconds(h http.Header) int {
	n, _ := strconv.Atoi(h.Get("Retry-After"))
	return n
}

// maxReply bounds what is read of an answer: a receipt is the longest.
const maxReply = 64 << 10

func (g *generator) ask(ctx context.Context, method, path string, body []byte) (http.Header, int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, g.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", web.TypeRecord)
	}
	resp, err := g.http.Do(req)
	if err != nil {
		return nil, 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return resp.Header, resp.StatusCode, b, err
}

// A Stage is some time under one load.
type Stage struct {
	Clients  int     `json:"clients,omitempty"`            // at once, each coming again when it has its receipt
	Offered  float64 `json:"offered_per_second,omitempty"` // or members who come by a schedule, whatever became of those before
	Seconds  float64 `json:"seconds"`
	Came     int     `json:"came"`
	Accepted int     `json:"accepted"`
	Refused  int     `json:"refused"` // with a signed refusal that says when to come again
	Unclear  int     `json:"unclear"` // with no answer, or another one

	PerSecond   float64 `json:"ballots_per_second"` // accepted, promised and receipted
	PromiseP50  float64 `json:"promise_p50_seconds"`
	PromiseP99  float64 `json:"promise_p99_seconds"`
	ReceiptP50  float64 `json:"receipt_p50_seconds"`
	ReceiptP99  float64 `json:"receipt_p99_seconds"`
	ReceiptMax  float64 `json:"receipt_max_seconds"`
	RefusalP99  float64 `json:"refusal_p99_seconds"`
	Unreceipted int     `json:"unreceipted"` // promised, and no receipt in time

	BoardCPU float64 `json:"board_cpu_seconds_per_ballot"` // of the board's process, refusals included; 0 where the system does not tell
}

func (s Stage) refusedShare() float64 { return float64(s.Refused) / float64(max(s.Came, 1)) }

// closed has so many members at the board at once for a time, or until so many ballots are cast.
func (g *generator) closed(ctx context.Context, clients, ballots int, length time.Duration, cpu func() time.Duration) Stage {
	var left atomic.Int64
	left.Store(int64(ballots))
	c := newCourse(cpu)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for time.Since(c.began) < length && ctx.Err() == nil && left.Add(-1) >= 0 {
				b, ok := g.take()
				if !ok {
					return
				}
				c.note(g.visit(ctx, b, time.Now()))
			}
		})
	}
	wait.Wait()
	s := c.stage()
	s.Clients = clients
	return s
}

// open has members come at a rate for a time: each at a moment that was drawn before, with gaps as between people who know nothing of each
// other. Nobody waits for anybody, and times count from the drawn moment, so what a slow board makes others wait is not left out.
func (g *generator) open(ctx context.Context, perSecond float64, length time.Duration, cpu func() time.Duration) Stage {
	c := newCourse(cpu)
	var wait sync.WaitGroup
	due := c.began
	for due.Sub(c.began) < length && ctx.Err() == nil {
		time.Sleep(time.Until(due))
		b, ok := g.take()
		if !ok {
			break
		}
		at := due
		wait.Go(func() { c.note(g.visit(ctx, b, at)) })
		due = due.Add(time.Duration(-math.Log(1-rand.Float64()) / perSecond * float64(time.Second)))
	}
	wait.Wait()
	s := c.stage()
	s.Offered = perSecond
	return s
}

// course collects the outcomes of a stage.
type course struct {
	began time.Time
	cpu   func() time.Duration
	used  time.Duration

	mu       sync.Mutex
	outcomes []outcome
}

func newCourse(cpu func() time.Duration) *course {
	return &course{began: time.Now(), cpu: cpu, used: cpu()}
}

func (c *course) note(o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes = append(c.outcomes, o)
}

func (c *course) stage() Stage {
	s := Stage{Seconds: time.Since(c.began).Seconds(), Came: len(c.outcomes)}
	var promises, receipts, refusals []time.Duration
	for _, o := range c.outcomes {
		switch {
		case o.accepted && o.receipted == 0:
			s.Unreceipted++
			fallthrough
		case o.accepted:
			s.Accepted++
			promises = append(promises, o.promised)
			if o.receipted > 0 {
				receipts = append(receipts, o.receipted)
			}
		case o.refused:
			s.Refused++
			refusals = append(refusals, o.refusal)
		default:
			s.Unclear++
		}
	}
	s.PerSecond = float64(len(receipts)) / s.Seconds
	s.PromiseP50, s.PromiseP99 = percentile(promises, 50), percentile(promises, 99)
	s.ReceiptP50, s.ReceiptP99, s.ReceiptMax = percentile(receipts, 50), percentile(receipts, 99), percentile(receipts, 100)
	s.RefusalP99 = percentile(refusals, 99)
	s.BoardCPU = (c.cpu() - c.used).Seconds() / float64(max(s.Accepted, 1))
	return s
}

// percentile sorts times and returns that below which so many in a hundred are, in seconds; 0 of none.
func percentile(times []time.Duration, percent int) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[(len(times)-1)*percent/100].Seconds()
}

var errUncast = errors.New("ballots are left that the board has neither taken nor refused")
