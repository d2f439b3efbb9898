package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"mandate/ballot/cast"
	"mandate/ballot/record"
)

const (
	// loadMembers is how many members vote under load unless it is said.
	loadMembers = 60_000
	// stageTime is how long a stage lasts at most.
	stageTime = 10 * time.Second
	// goodWait is how long a member is to wait for a receipt at most, 99 in 100.
	goodWait = time.Second
)

// A loadPlan says how a board is loaded. First come members in a closed loop, ever more at once; then by a schedule, at a multiple of what
// the board has taken, until it refuses half of them; then as few as in the beginning. What was refused comes again, and so does everybody
// else: in the end all have voted, every promise and receipt is held against the log, and the vote is counted and verified.
type loadPlan struct {
	members int
	queue   int // how many ballots may wait to be checked; 0 for what a board has of itself
}

var (
	closedClients = []int{1, 16, 64, 256, 1024}
	openMultiples = []float64{0.5, 1, 2, 4, 8, 16}
)

// A Load has the figures of a board under load.
type Load struct {
	Machine     Machine `json:"machine"`
	Cores       int     `json:"cores"` // for the board and its members together
	Ballots     int     `json:"ballots"`
	Registrars  int     `json:"registrars"`
	Options     int     `json:"options"`
	BallotBytes int     `json:"ballot_bytes"`

	// The best stage of the closed loop: the fastest of those in which 99 of 100 have their receipt in a second, if there are any.
	PerSecond  float64 `json:"load_ballots_per_second"` // checked, durable, promised and receipted
	Clients    int     `json:"load_clients"`
	P50        float64 `json:"load_p50_seconds"` // from sending a ballot to holding its receipt
	P99        float64 `json:"load_p99_seconds"`
	PromiseP99 float64 `json:"load_promise_p99_seconds"`
	BoardCPU   float64 `json:"load_board_cpu_seconds_per_ballot"`

	Closed   []Stage `json:"load_closed"`
	Open     []Stage `json:"load_open"`
	Recovery Stage   `json:"load_recovery"` // after the last of these, as many come as in the first

	HalfRefused float64 `json:"load_half_refused_at_per_second"` // 0 if it was not reached
	Refused     int     `json:"load_refused"`
	Unclear     int     `json:"load_unclear"`
	Promised    int     `json:"load_promised"`
	Lost        int     `json:"load_lost"`            // promised, and not on the log
	Broken      int     `json:"load_broken_receipts"` // that do not hold
	False       int     `json:"load_false_answers"`   // promises and refusals that the board has not signed, or for something else
	Counted     uint64  `json:"counted"`
	Verdict     string  `json:"verdict"`
}

// run loads a board. The error is about the run; what the board did wrong is in the figures, and what write returns.
func (p loadPlan) run(ctx context.Context, stderr io.Writer) (*Load, error) {
	say := func(format string, args ...any) { fmt.Fprintf(stderr, "• "+format+"\n", args...) }
	dir, err := os.MkdirTemp("", "mandate-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l := &Load{Machine: thisMachine(), Cores: runtime.GOMAXPROCS(0), Ballots: p.members, Registrars: registrars, Options: len(question().Options)}
	say("making a board in a process of its own, %d registrars, %d trustees and a roll of %d members", registrars, trustees, p.members)
	o := &organisation{dir: dir, members: p.members, asked: question()}
	if _, err := o.found(ctx, func(ctx context.Context, officer record.Key) (err error) {
		if o.apart, err = startBoard(ctx, dir, officer, p.queue, stderr); err == nil {
			o.url = o.apart.url
		}
		return err
	}); err != nil {
		return nil, fmt.Errorf("making the board: %w", err)
	}
	defer o.apart.end()
	if err := o.call(ctx); err != nil {
		return nil, fmt.Errorf("calling the vote: %w", err)
	}
	g := newGenerator(o.url)
	defer g.http.CloseIdleConnections()
	say("making %d ballots", p.members)
	if g.pool, err = o.ballots(ctx); err != nil {
		return nil, fmt.Errorf("making ballots: %w", err)
	}
	l.BallotBytes = len(g.pool[0].Raw())
	l.load(ctx, o, g, say)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	say("%d ballots are left: they are cast now, those that were refused again", len(g.pool))
	for attempt := 0; len(g.pool) > 0; attempt++ {
		if attempt == 50 {
			return nil, errUncast
		}
		s := g.closed(ctx, 64, len(g.pool), time.Hour, o.apart.processorTime)
		l.Refused, l.Unclear = l.Refused+s.Refused, l.Unclear+s.Unclear
		if s.Accepted < s.Came {
			time.Sleep(time.Second)
		}
	}
	say("holding %d promises and receipts against the log", len(g.given))
	if err := l.check(ctx, o, g); err != nil {
		return nil, fmt.Errorf("checking the log: %w", err)
	}
	say("closing, tallying, certifying and verifying the vote")
	if err := o.finish(ctx); err != nil {
		return nil, fmt.Errorf("ending the vote: %w", err)
	}
	pkg := filepath.Join(dir, "board.tar")
	if _, err := o.save(ctx, pkg); err != nil {
		return nil, fmt.Errorf("fetching the audit package: %w", err)
	}
	v, err := verifyApart(ctx, pkg)
	if err != nil {
		return nil, fmt.Errorf("verifying: %w", err)
	}
	l.Counted, l.Verdict = v.Counted, v.Verdict
	return l, nil
}

// ballots makes a ballot for every member.
func (o *organisation) ballots(ctx context.Context) ([]*record.Record, error) {
	if err := o.view.Update(ctx); err != nil {
		return nil, err
	}
	state := o.view.State()
	v := state.Vote(o.vote)
	form, err := v.Form.WithTable(state.CastContext(v).Key)
	if err != nil {
		return nil, err
	}
	out := make([]*record.Record, o.members)
	return out, each(ctx, runtime.GOMAXPROCS(0), len(out), func(i int) error {
		cred, err := credentialOf(o.round, o.keys)
		if err != nil {
			return err
		}
		out[i], _, err = form.Encrypt(state.CastContext(v), cred, 0, record.ID{}, cast.NewDraft(), [][]int{o.choice(i)})
		return err
	})
}

// load has members come.
func (l *Load) load(ctx context.Context, o *organisation, g *generator, say func(string, ...any)) {
	note := func(s Stage) Stage {
		l.Refused, l.Unclear = l.Refused+s.Refused, l.Unclear+s.Unclear
		say("  %s", s.line())
		return s
	}
	cpu := o.apart.processorTime
	var best Stage
	for _, n := range closedClients {
		s := note(g.closed(ctx, n, l.Ballots/15, stageTime/2, cpu))
		l.Closed = append(l.Closed, s)
		good, before := s.ReceiptP99 < goodWait.Seconds(), best.ReceiptP99 < goodWait.Seconds()
		if best.Came == 0 || good && !before || good == before && s.PerSecond > best.PerSecond {
			best = s
		}
	}
	l.PerSecond, l.Clients, l.P50, l.P99, l.PromiseP99, l.BoardCPU = best.PerSecond, best.Clients, best.ReceiptP50, best.ReceiptP99, best.PromiseP99, best.BoardCPU
	fastest := cmp.Or(best.PerSecond, 1)
	// Half of the ballots are for the open loop. A stage that is not refused takes what the board can, and the queue.
	length := min(stageTime, time.Duration(float64(l.Ballots)/2/float64(len(openMultiples))/fastest*float64(time.Second)))
	g.reserve = int(openMultiples[0]*fastest*length.Seconds()) + 1 // for the recovery
	for _, m := range openMultiples {
		if len(g.pool) <= g.reserve {
			break
		}
		s := note(g.open(ctx, m*fastest, length, cpu))
		l.Open = append(l.Open, s)
		if s.refusedShare() >= 0.5 {
			l.HalfRefused = s.Offered
			break
		}
		if ctx.Err() != nil {
			return
		}
	}
	g.reserve = 0
	l.Recovery = note(g.open(ctx, openMultiples[0]*fastest, length, cpu))
}

func (s Stage) line() string {
	who := fmt.Sprintf("%4d at once", s.Clients)
	if s.Offered > 0 {
		who = fmt.Sprintf("%6.0f come a second", s.Offered)
	}
	return fmt.Sprintf("%-20s %6.0f/s receipted; receipt after %.2f s (half), %.2f s (99 in 100); %d of %d refused after %.2f s (99 in 100)",
		who, s.PerSecond, s.ReceiptP50, s.ReceiptP99, s.Refused, s.Came, s.RefusalP99)
}

// wrong is what the board must never do, under whatever load.
func (l *Load) wrong() error {
	var out error
	for _, x := range []struct {
		n    int
		what string
	}{
		{l.Lost, "ballots were promised and are not on the log"}, {l.Broken, "receipts do not hold"},
		{l.False, "promises or refusals are not the board's"}, {l.Ballots - int(l.Counted), "ballots were promised and are not counted"},
	} {
		if x.n != 0 {
			out = errors.Join(out, fmt.Errorf("%d %s", x.n, x.what))
		}
	}
	return out
}

func (l *Load) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return errors.Join(writeJSON(w, l), l.wrong())
	}
	p := &printer{w: w}
	p.print("Machine: %s, for the board and its members together", describe(l.Machine, l.Cores))
	if l.Machine.Load != nil {
		p.print("Before the run %.1f programs wanted to run on it at a time, on average over a minute.", *l.Machine.Load)
	}
	p.print("Vote: %d ballots of %d options with the signatures of %d registrars, %d bytes each", l.Ballots, l.Options, l.Registrars, l.BallotBytes)
	p.print("")
	p.print("%.0f ballots a second checked, on disk, promised and receipted, with %d members at once; receipt after %.2f s (half of them), %.2f s (99 in 100)", l.PerSecond, l.Clients, l.P50, l.P99)
	if l.BoardCPU > 0 {
		p.print("%.0f µs of processor time in the board's process for each: %.0f a second on %d cores without members", l.BoardCPU*1e6, float64(l.Cores)/l.BoardCPU, l.Cores)
	}
	p.print("")
	p.print("Members who come again when they have their receipt:")
	for _, s := range l.Closed {
		p.print("  %s", s.line())
	}
	p.print("Members who come by a schedule, times counted from it:")
	for _, s := range l.Open {
		p.print("  %s", s.line())
	}
	p.print("Afterwards:")
	p.print("  %s", l.Recovery.line())
	p.print("")
	if l.HalfRefused > 0 {
		p.print("Half were refused when %.0f came a second.", l.HalfRefused)
	} else {
		p.print("There were too few ballots to have half of them refused: -members takes more.")
	}
	p.print("%d refusals, each signed and saying when to come again; %d visits without a clear answer.", l.Refused, l.Unclear)
	p.print("%d promises: %d lost, %d receipts that do not hold, %d answers that are not the board's.", l.Promised, l.Lost, l.Broken, l.False)
	p.print("%d ballots counted: %s.", l.Counted, l.Verdict)
	return errors.Join(p.err, l.wrong())
}
