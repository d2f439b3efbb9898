// Package board runs a log of records: it admits what the fold accepts, makes it durable, and only then promises.
//
// Open starts a board on a folder; Submit asks for a record to be recorded; Receipt returns the proof that one is; View and Watch show
// what there is; Close ends it. The board also writes records of its own: the time, its list of promises after a closing, and seals.
//
// One goroutine owns the state and decides the order. A promise is given when the ballot is durable on the log, in its place, and not
// before; so a board that is killed at any moment has lost nothing that it promised. When the log cannot be written, the board stops for
// good (Failed) rather than answer for what it may not have. At start it reads the whole log, checks it as any verifier would, and
// refuses to go on from one that does not hold.
//
// On a log that several front ends write (OpenOn with a SharedLog), each of them is this board: it takes the turn, reads what others have
// written, judges, makes durable, and only then answers. Whichever has the turn does what is due.
//
// The board trusts its clock and its keys. It trusts no sender, and nobody trusts it for more than being reachable: whatever it does
// otherwise shows on the log, or in the promises and refusals that it has signed.
package board

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/witness"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// A Board is a running board. Its methods may be called from several goroutines.
type Board struct {
	cfg     Config
	key     sigma.SecretKey
	genesis record.ID
	log     Log
	shared  SharedLog // the same, if there are other front ends
	policy  boardlog.Policy
	records *rate.Limiter // of records that are neither ballots nor signed by a party
	authors authors
	*calendar

	mu    sync.RWMutex // guards state, index and extracts, which only own changes
	state *fold.State
	// index has the place of every record by its id. It is in memory: at start every record is read and hashed anyway to fold it, so
	// the index costs one insertion each and can never disagree with the log; a million records take about 60 MB, a fraction of what the
	// fold itself keeps for as many ballots.
	index map[record.ID]uint64
	// extracts has the places of records for those who do not read all.
	extracts *extracts
	// supports has by vote what is promised and not on the log.
	supports map[record.ID]*supports

	// Of own alone.
	shelved     uint64 // up to where the shelf of a shared log is read
	clockBack   bool
	clockJumped bool
	sealTried   map[record.ID]uint64 // by vote: the size of the log when its seal was last refused
	sealRefused map[record.ID]string // by vote: the code

	gate     sync.RWMutex // guards stopping, and the closing of queue
	stopping bool
	queue    chan *submission // of room for all that may wait
	ballots  waiting
	others   waiting
	parties  waiting

	prepared chan []*submission
	turns    chan turn
	look     chan chan struct{}
	fresh    chan chan error
	durable  *progress
	written  chan struct{} // closed when the last turn is written

	failOnce sync.Once
	failed   chan struct{}

	closeOnce sync.Once
	closeErr  error

	general generalRefusals
}

// waiting counts submissions in the queue against the most that may be there.
type waiting struct {
	n    atomic.Int64
	most int64
}

func (b *Board) waiting(s *submission) *waiting {
	switch {
	case s.kind == "ballot":
		return &b.ballots
	case s.signed:
		return &b.parties
	}
	return &b.others
}

var errStopped = errors.New("the board is stopped")

func (b *Board) stopped() error {
	if err := b.durable.failure(); err != nil {
		return err
	}
	return errStopped
}

// View lets read look at the state under a lock; it must not keep or change anything of it. What it shows may be on the log only a moment
// later.
func (b *Board) View(read func(*fold.State)) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	read(b.state)
}

// Genesis returns the id of the log's first record.
func (b *Board) Genesis() record.ID { return b.genesis }

// Watch waits until more than size records are durable, and returns how many are.
func (b *Board) Watch(ctx context.Context, size uint64) (uint64, error) {
	return b.durable.wait(ctx, size)
}

// Failed is closed when the board has stopped after an error; Err tells it.
func (b *Board) Failed() <-chan struct{} { return b.failed }

// Err returns the error that stopped the board, nil while it runs.
func (b *Board) Err() error { return b.durable.failure() }

// Trouble says what is the matter with a board that takes records and yet needs somebody to look after it; "" if nothing is.
func (b *Board) Trouble() string {
	if _, jumped := b.read(); jumped > 0 {
		return fmt.Sprintf("the machine's clock has leapt ahead by %v and is not believed: no time is written on the log. Set it right, or start the board anew if it is right", jumped.Round(time.Second))
	}
	if s := b.Witnesses(); s.Waiting() && time.Since(s.Since) > witnessGrace {
		problems := ""
		for _, w := range s.Witnesses {
			if w.Problem != "" {
				problems += fmt.Sprintf("; %s %s", w.Name, w.Problem)
			}
		}
		return fmt.Sprintf("%v, since %v%s", s, s.Since.UTC().Format(time.RFC3339), problems)
	}
	return ""
}

// witnessGrace is how long witnesses may take before it is trouble.
const witnessGrace = 5 * time.Second

// Witnesses says how the board's witnesses stand, as far as this process asks them.
func (b *Board) Witnesses() witness.Status { return b.cfg.Witnesses.Status() }

// WitnessPolicy returns how the board has its checkpoints cosigned: the number of witnesses, their verifier keys, and both in the form of
// a policy file for other programs.
func (b *Board) WitnessPolicy() (need int, keys []string, file []byte) {
	q := b.cfg.Witnesses
	return q.Need(), q.Keys(), q.Policy(b.cfg.LogKey)
}
