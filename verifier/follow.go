package verifier

import (
	"context"
	"errors"
	"fmt"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// logPolicy returns the policy for a log's checkpoints by what its genesis record says.
func logPolicy(g *record.Genesis) (boardlog.Policy, error) {
	key, err := checkpoint.ParseLogKey(g.LogKey)
	return boardlog.Policy{Origin: g.Origin, Log: key}, err
}

// readHead reads a source's checkpoint and checks it with the log key that the source's first record names. Reading the records through it
// checks that this record is in the tree.
func readHead(ctx context.Context, src boardlog.Source) (boardlog.SignedCheckpoint, error) {
	var none boardlog.SignedCheckpoint
	first, err := boardlog.Genesis(ctx, src)
	if err != nil {
		return none, fmt.Errorf("reading the first record: %w", err)
	}
	rec, err := record.Decode(first)
	if err != nil {
		return none, &boardlog.RecordError{Err: fmt.Errorf("the first record, which should name the log's key: %w", err)}
	}
	g, ok := rec.Body.(*record.Genesis)
	if !ok {
		return none, &boardlog.RecordError{Err: fmt.Errorf("a %s record is first, so the log's key is not known", rec.Kind())}
	}
	policy, err := logPolicy(g)
	if err != nil {
		return none, &boardlog.RecordError{Err: err}
	}
	signed, err := src.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return none, fmt.Errorf("reading the checkpoint: %w", err)
	}
	head, err := boardlog.Open(signed, policy)
	if err != nil {
		return none, &CheckpointError{err}
	}
	return head, nil
}

// A CheckpointError says that a checkpoint is there and is not to be believed.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// A Follower keeps up with a board: it reads what is new, checks that it continues what it has read before, and folds it. It keeps nothing
// on disk; a new one reads the log from the start.
type Follower struct {
	src   boardlog.Source
	state *fold.State
	head  boardlog.SignedCheckpoint
}

// NewFollower returns a follower that has read nothing.
func NewFollower(src boardlog.Source) *Follower { return &Follower{src: src, state: fold.New()} }

// State returns the fold of what has been read and checked. It changes with the next Update.
func (f *Follower) State() *fold.State { return f.state }

// Checkpoint returns the newest checkpoint that was checked, in its signed form; nil before the first.
func (f *Follower) Checkpoint() []byte {
	if !f.head.Opened() {
		return nil
	}
	return f.head.Bytes()
}

// Update reads what is new. Every record is checked to be in the tree before it is folded, so after an error State holds what had been
// read so far, and Update can be called again. A *boardlog.HistoryError proves that the board has shown two histories; boardlog.ErrStale
// says that it shows less than before.
func (f *Follower) Update(ctx context.Context) error {
	head, err := readHead(ctx, f.src)
	if err != nil {
		return err
	}
	tree, err := boardlog.OpenTree(ctx, f.src, head)
	if err != nil {
		return err
	}
	if f.head.Opened() {
		if err := tree.Extends(ctx, f.head); err != nil {
			return err
		}
	}
	var w [][]byte
	apply := func() error {
		ps := f.state.Prepare(w)
		w = w[:0]
		for i, p := range ps {
			o := f.state.Apply(p)
			switch {
			case o.Status == fold.Fatal && f.state.Size() == 1:
				f.state = fold.New() // so that the next Update fails as well, and no state without a genesis record is handed out
				return fmt.Errorf("the board's first record: %v", o)
			case o.Status == fold.Accepted && p.Record().Kind() == "opening":
				f.state.Check(ps[i+1:])
			}
		}
		return nil
	}
	err = tree.Read(ctx, f.state.Size(), func(_ uint64, raw []byte) error {
		if w = append(w, raw); len(w) == window {
			return apply()
		}
		return nil
	})
	if err := errors.Join(err, apply()); err != nil {
		return err
	}
	if f.state.Root() != record.ID(head.Root()) {
		root := f.state.Root()
		f.state = fold.New()
		return fmt.Errorf("the board's records give the root %s, its checkpoint says %x", root, head.Root())
	}
	f.head = head
	return nil
}
