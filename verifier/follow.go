package verifier

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// Head reads a source's checkpoint and checks it with the log key that the source's first record names. Whether that record is in the tree
// is for the caller to check, by hashing all records.
func Head(ctx context.Context, src boardlog.Source) (checkpoint.Checkpoint, error) {
	_, head, err := readHead(ctx, src)
	return head, err
}

func readHead(ctx context.Context, src boardlog.Source) ([]byte, checkpoint.Checkpoint, error) {
	var none checkpoint.Checkpoint
	signed, err := src.ReadFile(ctx, "checkpoint")
	if err != nil {
		return nil, none, fmt.Errorf("reading the checkpoint: %w", err)
	}
	claim, err := checkpoint.Peek(signed)
	if err != nil {
		return nil, none, &CheckpointError{err}
	}
	if claim.Size == 0 {
		return nil, none, &CheckpointError{errors.New("checkpoint: the log is empty")}
	}
	first, err := boardlog.Entry(ctx, src, 0, claim.Size)
	if err != nil {
		return nil, none, fmt.Errorf("reading the first record: %w", err)
	}
	rec, err := record.Decode(first)
	if err != nil {
		return nil, none, &CheckpointError{fmt.Errorf("checkpoint: the first record, which should name the log's key: %w", err)}
	}
	g, ok := rec.Body.(*record.Genesis)
	if !ok {
		return nil, none, &CheckpointError{errors.New("checkpoint: the first record is no genesis record, so the log's key is not known")}
	}
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return nil, none, &CheckpointError{err}
	}
	head, err := checkpoint.Open(signed, checkpoint.Policy{Origin: g.Origin, Log: key})
	if err != nil {
		return nil, none, &CheckpointError{err}
	}
	return signed, head, nil
}

// A HistoryError says that a board has shown two histories. Before and After are its signed checkpoints, which together prove it.
type HistoryError struct {
	Before, After []byte
	Err           error
}

func (e *HistoryError) Error() string { return e.Err.Error() }
func (e *HistoryError) Unwrap() error { return e.Err }

// A Follower keeps up with a board: it reads what is new, checks that it continues what it has read before, and folds it. It keeps nothing
// on disk; a new one reads the log from the start.
type Follower struct {
	src    boardlog.Source
	state  *fold.State
	signed []byte // the newest checkpoint that was checked
	head   checkpoint.Checkpoint
}

// NewFollower returns a follower that has read nothing.
func NewFollower(src boardlog.Source) *Follower { return &Follower{src: src, state: fold.New()} }

// State returns the fold of what has been read and checked. It is valid until the next Update.
func (f *Follower) State() *fold.State { return f.state }

// Checkpoint returns the newest checkpoint that was checked, in its signed form; nil before the first.
func (f *Follower) Checkpoint() []byte { return f.signed }

// Update reads what is new. After an error State is as it was, or empty if records had been read that do not hold; calling Update
// again is safe. A *HistoryError proves that the board has shown two histories.
func (f *Follower) Update(ctx context.Context) error {
	signed, head, err := readHead(ctx, f.src)
	if err != nil {
		return err
	}
	forked := func(format string, args ...any) error {
		return &HistoryError{Before: f.signed, After: signed, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case head.Size < f.head.Size:
		return forked("the board shows %d records, it had shown %d before", head.Size, f.head.Size)
	case head.Size == f.head.Size && head.Root != f.head.Root:
		return forked("the board shows two different logs of %d records", head.Size)
	}
	if f.state.Size() == head.Size {
		f.signed = signed
		return nil
	}
	if err := f.read(ctx, head); err != nil {
		f.state = fold.New() // it may hold records that do not belong to the log
		var fork *forkError
		if errors.As(err, &fork) {
			return forked("%w", err)
		}
		return err
	}
	f.signed, f.head = bytes.Clone(signed), head
	return nil
}

type forkError struct{ size uint64 }

func (e *forkError) Error() string {
	return fmt.Sprintf("the board's log of now does not continue the log of %d records that it had shown before", e.size)
}

// read folds the records after the state's size and checks the roots at the old and the new checkpoint's sizes.
func (f *Follower) read(ctx context.Context, head checkpoint.Checkpoint) error {
	var w [][]byte
	apply := func() error {
		for _, p := range f.state.Prepare(w) {
			f.state.Check([]*fold.Prepared{p})
			o := f.state.Apply(p)
			if o.Status == fold.Fatal && f.state.Size() == 1 {
				return fmt.Errorf("the board's first record: %v", o)
			}
			if f.state.Size() == f.head.Size && f.state.Root() != record.ID(f.head.Root) {
				return &forkError{f.head.Size}
			}
		}
		w = w[:0]
		return nil
	}
	err := boardlog.Entries(ctx, f.src, f.state.Size(), head.Size, func(_ uint64, entry []byte) error {
		if w = append(w, entry); len(w) == window {
			return apply()
		}
		return nil
	})
	if err == nil {
		err = apply()
	}
	if err != nil {
		return err
	}
	if f.state.Root() != record.ID(head.Root) {
		return fmt.Errorf("the board's records give the root %s, its checkpoint says %x", f.state.Root(), head.Root)
	}
	return nil
}
