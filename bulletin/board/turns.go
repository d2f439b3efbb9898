package board

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mandate/ballot/record"
)

// This file is what a board does on a SharedLog: the same as on a log of its own, in turns. Whoever has the turn has read everything, judges
// against that, and gives the turn back when it is durable. So nothing on the log was judged against less than what is before it, whichever
// front end it came through, and no duty belongs to one of them.

const (
	// follow is how often a front end reads what others have written while it has nothing to write itself.
	follow = 200 * time.Millisecond
	// turnTimeout is how long a front end waits for the turn before it says that it is busy.
	turnTimeout = 20 * time.Second
)

// errNoTurn says that the turn could not be had. Nothing was written.
var errNoTurn = errors.New("the turn could not be had")

// inTurn calls do while this front end has the turn, or at once if there are no others.
func (b *Board) inTurn(ctx context.Context, do func() error) error {
	if b.shared == nil {
		return do()
	}
	if err := b.shared.Take(ctx); err != nil {
		return err
	}
	err := do()
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTimeout)
	defer cancel()
	return errors.Join(err, b.shared.Release(release))
}

// ownInTurns is own for a shared log.
func (b *Board) ownInTurns() {
	defer close(b.turns)
	clock, others := time.NewTicker(b.cfg.Look), time.NewTicker(follow)
	defer clock.Stop()
	defer others.Stop()
	troubled := false
	for {
		var batch []*submission
		var looked chan struct{}
		var asked []chan error
		look := false
		select {
		case next, ok := <-b.prepared:
			if !ok {
				return
			}
			batch = next
		case <-clock.C:
			look = true
		case looked = <-b.look:
			look = true
		case <-others.C:
		case c := <-b.fresh:
			asked = append(asked, c)
			for more := true; more; { // one look serves all who have asked before it
				select {
				case c := <-b.fresh:
					asked = append(asked, c)
				default:
					more = false
				}
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), turnTimeout)
		var err error
		if len(batch) == 0 {
			err = b.catchUp(ctx)
		}
		if err == nil && (len(batch) > 0 || look && b.owes()) {
			err = b.take(ctx, batch)
		}
		cancel()
		if err != nil && !troubled {
			b.cfg.Log.Warn("the log could not be read, or its turn had; it will be tried again", "error", err)
		}
		troubled = err != nil
		for _, c := range asked {
			c <- err
		}
		if looked != nil {
			close(looked)
		}
	}
}

// take has the turn, judges a batch in it, and does what is due. With an error nothing was judged.
func (b *Board) take(ctx context.Context, batch []*submission) error {
	err := b.shared.Take(ctx)
	if err == nil {
		if err = b.catchUp(ctx); err == nil {
			if t := b.judge(batch); len(t.entries) > 0 || len(t.waiting) > 0 {
				t.done = make(chan struct{})
				b.turns <- t
				<-t.done
			}
		}
		release, cancel := context.WithTimeout(context.Background(), turnTimeout)
		defer cancel()
		if err := b.shared.Release(release); err != nil {
			b.cfg.Log.Warn("the turn could not be given back; others get it in some seconds", "error", err)
		}
	}
	if err != nil {
		for _, s := range batch {
			b.waiting(s).n.Add(-1)
			s.err = fmt.Errorf("%w: %w", errNoTurn, err)
			close(s.done)
		}
	}
	return err
}

// catchUp reads what other front ends have written and kept. Only own calls it.
func (b *Board) catchUp(ctx context.Context) error {
	if err := b.durable.failure(); err != nil {
		return err
	}
	size, err := b.shared.Refresh(ctx)
	if err != nil {
		return err
	}
	var raws [][]byte
	if from := b.state.Size(); from < size {
		for e, err := range b.shared.Entries(ctx, from, size) {
			if err != nil {
				return fmt.Errorf("reading the log: %w", err)
			}
			raws = append(raws, e.Data)
			o, _ := outline(e.Data)
			if len(raws) == window || o.kind == "opening" || e.Index == size-1 {
				if err := b.replayAll(raws); err != nil {
					b.fail(err)
					return err
				}
				raws = raws[:0]
			}
		}
	}
	kept, shelved, err := b.shared.KeptSince(b.shelved)
	if err != nil {
		return err
	}
	prepared := b.state.Prepare(kept)
	b.mu.Lock()
	for _, p := range prepared {
		if _, there := b.index[p.ID()]; !there && p.Record() != nil && p.Record().Kind() == "support" {
			b.put(p)
		}
	}
	b.shelved = shelved
	b.mu.Unlock()
	b.durable.advance(size)
	return nil
}

// replayAll applies records that other front ends have written.
func (b *Board) replayAll(raws [][]byte) error {
	prepared := b.state.Prepare(raws)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range prepared {
		index := b.state.Size()
		if err := b.replay(p); err != nil {
			return fmt.Errorf("the log does not hold: record %d: %w", index, err)
		}
		if r := p.Record(); r != nil && b.isKept(r.Scope, p.ID()) {
			of := b.supports[r.Scope]
			if delete(of.kept, p.ID()); len(of.kept) == 0 {
				delete(b.supports, r.Scope)
			}
		}
	}
	return nil
}

// Refresh returns when this front end has read everything that was durable when it was called; at once if there are no other front ends.
func (b *Board) Refresh(ctx context.Context) error {
	if b.shared == nil {
		return nil
	}
	return b.freshen(ctx)
}

// freshen returns when this front end has read everything that was durable when it was called.
func (b *Board) freshen(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case b.fresh <- done:
	case <-b.written:
		return b.stopped()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%w: %w", errNoTurn, err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// find returns the place of a record, also of one that another front end has just written.
func (b *Board) find(ctx context.Context, id record.ID) (index uint64, ok bool, err error) {
	if index, ok = b.Find(id); ok || b.shared == nil {
		return index, ok, nil
	}
	if err := b.freshen(ctx); err != nil {
		return 0, false, err
	}
	index, ok = b.Find(id)
	return index, ok, nil
}
