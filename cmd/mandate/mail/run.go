package mail

import (
	"container/heap"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/time/rate"

	"mandate/ballot/text"
)

// A piece is one mail of a run.
type piece struct {
	to    *Recipient
	state State
	tries int       // in this run
	due   time.Time // zero: at once
	count Status    // as what it is counted now
}

// later is a heap of pieces by when they are due.
type later []*piece

func (l later) Len() int           { return len(l) }
func (l later) Less(i, j int) bool { return l[i].due.Before(l[j].due) }
func (l later) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *later) Push(x any)        { *l = append(*l, x.(*piece)) }
func (l *later) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

// run is one call of Send.
type run struct {
	*Sender
	ctx     context.Context
	job     string
	letter  Letter
	facts   *Facts
	client  *gomail.Client
	limiter *rate.Limiter
	figures Figures
	todo    later
	refused int       // in a row
	away    time.Time // since when the server is out of reach; zero: it is not
	downs   int       // how often it was, in a row
	hold    time.Time // until then nothing is tried
	replies map[int]int
}

// Send sends a letter to recipients, as far as that was not done already under the job's name, which is a slug such as invitation-2027-q1. It
// returns when every mail is settled or has been tried as often as the options say, when ctx ends, or when the server refuses everything; what
// is not settled then, the next call with the same job and list takes up. Recipients whose code was replaced since are sent the new one.
func (s *Sender) Send(ctx context.Context, job string, l Letter, f *Facts, to []*Recipient) (Figures, error) {
	if err := text.CheckSlug("job", job); err != nil {
		return Figures{}, err
	}
	if err := f.check(l); err != nil {
		return Figures{}, err
	}
	if err := s.store.take(job); err != nil {
		return Figures{}, err
	}
	defer s.store.release(job)
	r := &run{Sender: s, ctx: ctx, job: job, letter: l, facts: f, limiter: rate.NewLimiter(rate.Limit(s.o.PerSecond), max(1, s.o.Connections)),
		replies: make(map[int]int)}
	var err error
	if r.client, err = s.o.Server.client(); err != nil {
		return Figures{}, fmt.Errorf("mail server: %w", err)
	}
	if err := r.plan(to); err != nil {
		return Figures{}, err
	}
	s.o.Log.Info("sending", "job", job, "letter", string(l), "mails", len(r.todo), "done", r.figures.Total-len(r.todo))
	err = r.work()
	s.o.Log.Info("sent", "job", job, "sent", r.figures.Sent, "deferred", r.figures.Deferred, "queued", r.figures.Queued, "bounced", r.figures.Bounced,
		"unknown", r.figures.Unknown, "unreachable", r.figures.Unreachable, "replies", fmt.Sprint(r.replies))
	return r.figures, err
}

func (f *Facts) check(l Letter) error {
	if f.Organisation == "" || f.Sender == "" || f.Contact == "" || f.Board == "" {
		return errors.New("letter: organisation, sender, contact and board must be said")
	}
	if err := text.CheckURL("board", f.Board); err != nil {
		return err
	}
	if err := f.Title.Check("title"); err != nil {
		return err
	}
	switch l {
	case Invitation, Reminder:
	case Packet:
		if f.PacketURL == "" || len(f.PacketHash) != 64 {
			return errors.New("letter: a packet has an address and a SHA-256")
		}
		return text.CheckURL("packet", f.PacketURL)
	case Closing, Result:
		if f.Vote == (Facts{}.Vote) {
			return fmt.Errorf("letter: %s: of which vote?", l)
		}
		if l == Result && len(f.Words) == 0 {
			return errors.New("letter: a result has words")
		}
	default:
		return fmt.Errorf("letter: %q is none of %v", l, Letters)
	}
	return nil
}

// plan finds what is to be done and writes it down.
func (r *run) plan(to []*Recipient) error {
	known, err := r.store.States(r.job)
	if err != nil {
		return err
	}
	now := r.o.now()
	change := make(map[string]*State)
	seen := make(map[string]bool, len(to))
	for _, x := range to {
		if seen[x.Number] {
			return errors.New("a member is in the list twice")
		}
		seen[x.Number] = true
		if r.letter.HasCode() != (x.Code != "") {
			if r.letter.HasCode() {
				return fmt.Errorf("letter: %s: a member of the list has no code", r.letter)
			}
			y := *x // what has no place for a code is given none
			y.Code, y.Link, y.hash = "", "", [32]byte{}
			x = &y
		}
		st, there := known[x.Number]
		if !there || st.Code != x.hash {
			st = State{Status: Queued, Code: x.hash, MessageID: messageID(r.o.From.Address), At: uint64(now.Unix())}
			there = false
		}
		before := st.Status
		switch st.Status {
		case Sending: // and then the power went
			st.Status = Unknown
		case Unreachable:
			st.Status = Queued
		case Bounced:
			if r.o.ResendBounced {
				st.Status = Queued
			}
		}
		if st.Status == Unknown && r.o.ResendUnknown {
			st.Status = Queued
		}
		if x.Email == "" && (st.Status == Queued || st.Status == Deferred) {
			st.Status = Unreachable
		}
		if !there || st.Status != before {
			s := st
			change[x.Number] = &s
		}
		known[x.Number] = st
		if st.Status == Queued || st.Status == Deferred {
			p := &piece{to: x, state: st, count: st.Status}
			if st.Status == Deferred {
				p.due = time.Unix(int64(st.At), 0).Add(r.o.FirstRetry)
			}
			r.todo = append(r.todo, p)
		}
	}
	heap.Init(&r.todo)
	for number, st := range known {
		r.figures.Total++
		if st.Status == Sending && !seen[number] { // of an earlier run, and not in this list
			st.Status = Unknown
			change[number] = &st
		}
		r.figures.add(st.Status, 1)
	}
	return r.store.put(r.job, change)
}

// work hands pieces to connections until there is nothing to do.
func (r *run) work() error {
	todo := make(chan *piece)
	done := make(chan result)
	var lines sync.WaitGroup
	for range min(r.o.Connections, max(1, len(r.todo))) {
		lines.Go(func() {
			l := &line{client: r.client}
			defer l.quit()
			for p := range todo {
				done <- r.deliver(l, p)
			}
		})
	}
	defer lines.Wait()
	defer close(todo)
	var stop error
	busy := 0
	told := time.Now()
	for busy > 0 || stop == nil && len(r.todo) > 0 {
		var next chan *piece
		var first *piece
		var wait <-chan time.Time
		if stop == nil && len(r.todo) > 0 {
			first = r.todo[0]
			if d := max(first.due.Sub(r.o.now()), r.hold.Sub(r.o.now())); d > 0 {
				wait = time.After(d)
			} else {
				next = todo
			}
		}
		select {
		case next <- first:
			heap.Pop(&r.todo)
			busy++
		case <-wait:
		case x := <-done:
			busy--
			if err := r.settle(x); err != nil && stop == nil {
				stop = err
			}
		case <-ended(r.ctx, stop):
			stop = r.ctx.Err()
		}
		if r.o.Progress != nil && time.Since(told) > 200*time.Millisecond {
			told = time.Now()
			r.o.Progress(r.figures)
		}
	}
	if r.o.Progress != nil {
		r.o.Progress(r.figures)
	}
	return stop
}

// ended is the context's end, unless the run stops already.
func ended(ctx context.Context, stop error) <-chan struct{} {
	if stop != nil {
		return nil
	}
	return ctx.Done()
}

// A result is a piece with what came of it.
type result struct {
	p    *piece
	a    answer
	err  error // of our own, which stops the run
	idle bool  // it was not tried
}

// deliver hands one mail to the server, its state being on disk before and after.
func (r *run) deliver(l *line, p *piece) result {
	if r.limiter.Wait(r.ctx) != nil {
		return result{p: p, idle: true}
	}
	if err := l.open(r.ctx); err != nil { // nothing was begun
		l.drop()
		if r.ctx.Err() != nil {
			return result{p: p, idle: true}
		}
		return result{p: p, a: answer{status: Queued, broken: true, all: true}}
	}
	w, err := r.templates.write(r.letter, r.facts, p.to, r.o.Language)
	if err != nil {
		return result{p: p, err: fmt.Errorf("template of letter %s: cannot be filled", r.letter)}
	}
	m, err := r.o.From.message(p.to.Email, w, p.state.MessageID, r.o.now())
	if errors.Is(err, errNoAddress) {
		return r.keep(p, answer{status: Bounced, stage: "address"})
	}
	if err != nil {
		return result{p: p, err: err}
	}
	before := p.state.Status
	p.state.Status, p.state.At = Sending, uint64(r.o.now().Unix())
	if err := r.store.putOne(r.job, p.to.Number, &p.state); err != nil {
		p.state.Status = before
		return result{p: p, err: err}
	}
	err = r.client.SendWithSMTPClient(l.conn, m)
	a := judge(err, m.IsDelivered())
	if a.broken {
		l.drop()
	}
	return r.keep(p, a)
}

// keep writes down what came of a piece.
func (r *run) keep(p *piece, a answer) result {
	st := &p.state
	st.Status, st.At = a.status, uint64(r.o.now().Unix())
	st.Reply, st.Enhanced, st.Stage = uint64(a.reply), a.enhanced, a.stage
	if a.status != Queued {
		st.Attempts++
	}
	return result{p: p, a: a, err: r.store.putOne(r.job, p.to.Number, st)}
}

// settle decides how it goes on after a piece.
func (r *run) settle(x result) error {
	p, a := x.p, x.a
	if x.err != nil || x.idle {
		return x.err
	}
	r.count(p, a)
	switch a.status {
	case Sent:
		r.refused, r.downs, r.away = 0, 0, time.Time{}
	case Bounced:
		r.refused++
	case Deferred:
		p.tries++
		if p.tries < r.o.Attempts {
			p.due = r.o.now().Add(r.backoff(p.tries))
			heap.Push(&r.todo, p)
		}
	case Queued:
		heap.Push(&r.todo, p)
	}
	if a.all && a.stage == "mail" && a.reply >= 500 {
		return fmt.Errorf("%w (it answered %d to the sender's address)", ErrRefused, a.reply)
	}
	if r.refused >= r.o.MostRefused {
		return fmt.Errorf("%w (%d refused one after another, the last with %d %s)", ErrRefused, r.refused, a.reply, a.enhanced)
	}
	if a.all {
		now := r.o.now()
		if r.away.IsZero() {
			r.away = now
			r.o.Log.Warn("the mail server is out of reach or closes connections", "job", r.job, "reply", a.reply)
		}
		if now.Sub(r.away) > r.o.Patience {
			return ErrAway
		}
		r.downs++
		r.hold = now.Add(min(r.o.FirstRetry, 30*time.Second, time.Second<<min(r.downs-1, 5)))
	}
	return nil
}

// count corrects the figures.
func (r *run) count(p *piece, a answer) {
	if a.reply != 0 {
		r.replies[a.reply]++
	}
	r.figures.add(p.count, -1)
	r.figures.add(a.status, 1)
	p.count = a.status
}

// backoff returns how long a mail waits after its nth “later”: doubling, with up to a fifth more, so that they do not all come back at once.
func (r *run) backoff(n int) time.Duration {
	d := r.o.FirstRetry
	for range n - 1 {
		d = min(2*d, r.o.LongestRetry)
	}
	var b [8]byte
	rand.Read(b[:])
	return d + time.Duration(binary.LittleEndian.Uint64(b[:])%uint64(d/5+1))
}
