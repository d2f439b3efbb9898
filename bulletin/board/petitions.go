package board

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/store"
)

// A support says nothing about who gave it, but the moment at which it appears might. So the board keeps a support off the log, durably,
// promises it at once, and publishes supports in batches at the interval that the petition states: each batch under a time of its own and
// in the order of the records' ids (SPEC.md §15.2). All that it has promised is on the log before the petition ends, whatever ends it.

// A Shelf keeps records that are not yet on the log.
type Shelf interface {
	// Keep returns when records are durable.
	Keep(raws [][]byte) error
	// Forget removes records, if they are there.
	Forget(ids []record.ID) error
	// Kept returns all that are there.
	Kept() ([][]byte, error)
}

// supports are the promised supports of one vote that are not on the log yet.
type supports struct {
	kept map[record.ID]*fold.Prepared
	keys map[record.Key]bool
}

// hold takes a support that the fold would accept as the next. It returns the code of a refusal otherwise.
func (b *Board) hold(t *turn, s *submission) (code, detail string) {
	p, key := s.prepared, s.prepared.Record().Body.(*record.Support).Key
	if of := b.supports[s.scope]; of != nil && of.keys[key] {
		return "dup", "this card has supported the petition already"
	}
	b.put(p)
	t.keep = append(t.keep, p.Raw())
	t.waiting = append(t.waiting, s)
	s.kept = true
	return "", ""
}

// put has a support wait for its batch.
func (b *Board) put(p *fold.Prepared) {
	r := p.Record()
	of := b.supports[r.Scope]
	if of == nil {
		of = &supports{kept: make(map[record.ID]*fold.Prepared), keys: make(map[record.Key]bool)}
		b.supports[r.Scope] = of
	}
	of.kept[p.ID()] = p
	of.keys[r.Body.(*record.Support).Key] = true
}

// isKept reports whether a record waits for its batch.
func (b *Board) isKept(vote, id record.ID) bool {
	of := b.supports[vote]
	return of != nil && of.kept[id] != nil
}

// publish puts all supports of a vote that wait onto the log, under the time that is there.
func (b *Board) publish(t *turn, vote record.ID) error {
	of := b.supports[vote]
	if of == nil {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(of.kept), func(x, y record.ID) int { return bytes.Compare(x[:], y[:]) })
	for _, id := range ids {
		if _, err := b.apply(t, of.kept[id], fold.Accepted); err != nil {
			return fmt.Errorf("publishing a support that was promised: %w", err)
		}
	}
	t.forget = append(t.forget, ids...)
	delete(b.supports, vote)
	return nil
}

// publishDue publishes the batches that are due. A batch for which there would be no next one before the petition closes waits for its end.
func (b *Board) publishDue(t *turn) error {
	for vote := range b.supports {
		v := b.state.Vote(vote)
		petition := v.Rules().Call.Petition
		due := max(v.Batches().At, v.Times.Begun) + petition.Interval
		if !b.batchDue(v) {
			continue
		}
		if _, err := b.keepTime(t); err != nil {
			return err
		}
		if b.state.Now() < due || b.supports[vote] == nil { // the clock is not believed, or the petition has closed just now
			continue
		}
		if err := b.publish(t, vote); err != nil {
			return err
		}
	}
	return nil
}

// batchDue reports whether the next batch of a petition's supports is due.
func (b *Board) batchDue(v *fold.Vote) bool {
	petition, now := v.Rules().Call.Petition, b.now()
	return now >= max(v.Batches().At, v.Times.Begun)+petition.Interval && now+petition.Interval <= petition.Closes
}

// publishEnding publishes the supports of all petitions that close before a time that is about to be written.
func (b *Board) publishEnding(t *turn, now uint64) error {
	closes := func(vote record.ID) uint64 { return b.state.Vote(vote).Rules().Call.Petition.Closes }
	var ending []record.ID
	for vote := range b.supports {
		if closes(vote) < now {
			ending = append(ending, vote)
		}
	}
	slices.SortFunc(ending, func(x, y record.ID) int {
		if a, b := closes(x), closes(y); a != b {
			return int(min(max(int64(a)-int64(b), -1), 1))
		}
		return bytes.Compare(x[:], y[:])
	})
	for _, vote := range ending {
		if end := closes(vote); end > b.state.Now() {
			if err := b.post(t, b.genesis, &record.Time{Now: end}); err != nil {
				return err
			}
		}
		if err := b.publish(t, vote); err != nil {
			return err
		}
	}
	return nil
}

// recall takes up the supports that were promised before the board was stopped.
func (b *Board) recall(ctx context.Context) error {
	if b.shared != nil {
		return b.catchUp(ctx)
	}
	raws, err := b.log.Kept()
	if err != nil {
		return fmt.Errorf("reading what is kept off the log: %w", err)
	}
	var done []record.ID
	for _, p := range b.state.Prepare(raws) {
		if _, ok := b.index[p.ID()]; ok {
			done = append(done, p.ID())
			continue
		}
		if out := b.state.Judge(p); out.Status != fold.Accepted || p.Record().Kind() != "support" {
			return fmt.Errorf("support %s was promised and cannot be recorded: %v", p.ID(), out)
		}
		b.put(p)
	}
	if len(done) == 0 {
		return nil
	}
	return b.log.Forget(done)
}

// storeLog is a log on disk with its shelf beside it.
type storeLog struct {
	*store.Log
	kv *store.KV
}

func openStore(log *store.Log) (*storeLog, error) {
	kv, err := log.DB().KV(store.Shelf)
	return &storeLog{log, kv}, err
}

// keepAtOnce is how many records are written in one transaction, which holds about 4 MB.
const keepAtOnce = 32

func (l *storeLog) Keep(raws [][]byte) error {
	for some := range slices.Chunk(raws, keepAtOnce) {
		err := l.kv.Update(func(tx *store.Tx) error {
			var errs []error
			for _, raw := range some {
				id := record.IDOf(raw)
				errs = append(errs, tx.Put(id[:], raw))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *storeLog) Forget(ids []record.ID) error {
	for some := range slices.Chunk(ids, 1000) {
		err := l.kv.Update(func(tx *store.Tx) error {
			var errs []error
			for _, id := range some {
				errs = append(errs, tx.Delete(id[:]))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *storeLog) Kept() (raws [][]byte, err error) {
	err = l.kv.View(func(tx *store.Tx) error {
		for e, err := range tx.All(nil) {
			if err != nil {
				return err
			}
			raws = append(raws, e.Value)
		}
		return nil
	})
	return raws, err
}
