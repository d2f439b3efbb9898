package board

import (
	"errors"
	"time"

	"mandate/ballot/record"
	"mandate/bulletin/store"
)

// An Observer is told what the board does, for counting: nothing of a record but its kind, and nothing of its sender. Its functions are called
// by many goroutines at once and return at once. Each may be nil.
type Observer struct {
	// Taken is called for each record that was taken: with its kind, and how long its sender waited until it was durable.
	Taken func(kind string, took time.Duration)
	// Refused is called for each refusal: with the record's kind, "" if it was not looked at, and the refusal's code.
	Refused func(kind, code string)
	// Written is called for each transaction that was brought to the disk, with how long that took.
	Written func(took time.Duration)
}

func (o Observer) taken(kind string, began time.Time) {
	if o.Taken != nil {
		o.Taken(kind, time.Since(began))
	}
}

func (o Observer) refused(kind, code string) {
	if o.Refused == nil {
		return
	}
	if kind != "" && !kinds[kind] {
		kind = "unknown"
	}
	o.Refused(kind, code)
}

// A Condition is how a board is at a moment.
type Condition struct {
	Records uint64 // durable on the log
	// Covered is how many of them the newest checkpoint covers, and Published when this process published it; zero if it has not.
	Covered   uint64
	Published time.Time
	// Ballots, Parties and Others are how many of each wait to be checked.
	Ballots, Parties, Others int64
	// Stored is how many bytes the store takes, and Free how many more the disk has beyond what is kept in reserve; 0 if the log is not in a store
	// of its own.
	Stored, Free uint64
	// Overdue is how many duties of votes are overdue by the log's time, by their code.
	Overdue map[string]int
}

// Condition returns how the board is now.
func (b *Board) Condition() Condition {
	c := Condition{Ballots: b.ballots.n.Load(), Parties: b.parties.n.Load(), Others: b.others.n.Load(), Overdue: make(map[string]int)}
	c.Records = b.log.Size()
	if l, ok := b.log.(interface {
		Checkpoint() store.Checkpoint
		Published() time.Time
		DB() *store.DB
	}); ok {
		c.Covered, c.Published = l.Checkpoint().Size, l.Published()
		c.Stored, c.Free = l.DB().Space()
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, v := range b.state.Votes() {
		for _, d := range v.Duties(b.state.Now()) {
			if d.Overdue {
				c.Overdue[d.Code]++
			}
		}
	}
	return c
}

// general are the codes of refusals that name no record.
var general = map[string]bool{CodeBusy: true, CodeRate: true, CodeStopping: true, CodeMediaType: true, record.CodeOversize: true}

// observed counts what came of a submission.
func (b *Board) observed(kind string, began time.Time, err error) {
	var refused *Refused
	switch {
	case err == nil:
		b.cfg.Observe.taken(kind, began)
	case errors.As(err, &refused) && !general[refused.Code]: // Refuse has counted those
		b.cfg.Observe.refused(kind, refused.Code)
	}
}
