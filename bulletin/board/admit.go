package board

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A record passes three goroutines. prepare collects what waits and checks it together; own judges it in order and puts it into the state
// and in line for the log; write makes it durable and only then lets the sender be answered. So while one batch is being written, the
// next is judged and the one after is checked. The channels between them hold one batch each, so pressure reaches the queue.

// A turn is what comes of one batch: entries for the log, in order, and who waits for them.
type turn struct {
	entries [][]byte
	waiting []*submission // records of this turn, resubmissions of earlier ones, and what is refused
	keep    [][]byte      // supports that are promised and not yet published
	forget  []record.ID   // those that are
	size    uint64        // of the log after it
	done    chan struct{} // closed when it is written or has failed; nil if nobody waits for that
}

// prepare makes batches of what waits, and checks each batch's ballots together.
func (b *Board) prepare() {
	defer close(b.prepared)
	for s := range b.queue {
		batch := []*submission{s}
		for more := true; more && len(batch) < b.cfg.Batch; {
			select {
			case s, ok := <-b.queue:
				if more = ok; ok {
					batch = append(batch, s)
				}
			default:
				more = false
			}
		}
		raws := make([][]byte, len(batch))
		for i, s := range batch {
			raws[i] = s.raw
		}
		for i, p := range b.state.Prepare(raws) {
			batch[i].prepared = p
		}
		b.prepared <- batch
	}
}

// own is the only goroutine that changes the state.
func (b *Board) own() {
	defer close(b.turns)
	clock := time.NewTicker(b.cfg.Look)
	defer clock.Stop()
	for {
		var batch []*submission
		var looked chan struct{}
		select {
		case next, ok := <-b.prepared:
			if !ok {
				return
			}
			batch = next
		case <-clock.C:
		case looked = <-b.look:
		}
		if t := b.judge(batch); len(t.entries) > 0 || len(t.waiting) > 0 {
			b.turns <- t
		}
		if looked != nil {
			close(looked)
		}
	}
}

// judge admits a batch in order and does what has become due.
func (b *Board) judge(batch []*submission) turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	var t turn
	err := b.durable.failure()
	for _, s := range batch {
		b.waiting(s).n.Add(-1)
		if err == nil {
			err = b.admit(&t, s)
		}
		if err != nil {
			s.err = err
			close(s.done)
		}
	}
	if err == nil {
		err = b.duties(&t)
	}
	if err != nil {
		b.fail(err)
	}
	t.size = b.state.Size()
	return t
}

// admit judges one record and, if it is taken, makes it the next. An error is the board's own fault, not the record's.
func (b *Board) admit(t *turn, s *submission) error {
	if index, ok := b.index[s.id]; ok { // sent twice at the same time, or before it was in the index
		s.index = index
		t.waiting = append(t.waiting, s)
		return nil
	}
	if b.isKept(s.scope, s.id) {
		s.kept = true
		t.waiting = append(t.waiting, s)
		return nil
	}
	out := b.state.Judge(s.prepared)
	if !timeless[s.kind] && !unsigned[out.Code] {
		fresh, err := b.keepTime(t)
		if err != nil {
			return err
		}
		if fresh {
			out = b.state.Judge(s.prepared)
		}
	}
	if ends[s.kind] && out.Status == fold.Accepted {
		if err := b.publish(t, s.scope); err != nil {
			return err
		}
		out = b.state.Judge(s.prepared)
	}
	if out.Status == fold.Accepted && s.kind == "support" {
		if s.code, s.detail = b.hold(t, s); s.code != "" {
			t.waiting = append(t.waiting, s)
		}
		return nil
	}
	if out.Status != fold.Accepted && !b.isOwed(s.prepared) {
		// What it is refused for may be in this turn or one before it, and not durable: lost, it would make the refusal a false one.
		s.code, s.detail = out.Code, out.Err.Error()
		t.waiting = append(t.waiting, s)
		return nil
	}
	index, err := b.apply(t, s.prepared, out.Status)
	if err != nil {
		return err
	}
	s.index = index
	t.waiting = append(t.waiting, s)
	return nil
}

// isOwed reports whether a ballot was promised by a relay and is still to be recorded: then it is, whatever becomes of it (SPEC.md §8.4).
func (b *Board) isOwed(p *fold.Prepared) bool {
	r := p.Record()
	if r == nil || r.Kind() != "ballot" {
		return false
	}
	v := b.state.Vote(r.Scope)
	return v != nil && v.Phase == fold.Closed && v.IsPending(p.ID())
}

// apply makes a record the next, of the state and in line for the log.
func (b *Board) apply(t *turn, p *fold.Prepared, want fold.Status) (uint64, error) {
	if out := b.state.Apply(p); out.Status != want {
		return 0, fmt.Errorf("record %s was judged %v and then became %v", p.ID().Short(), want, out)
	}
	index := b.state.Size() - 1
	b.index[p.ID()] = index
	b.extracts.note(b.state, p, index)
	t.entries = append(t.entries, p.Raw())
	return index, nil
}

// write makes turns durable, in order, and lets those who wait be answered. A turn may have no entries: then all its records are in
// turns before it.
func (b *Board) write() {
	defer close(b.written)
	for t := range b.turns {
		err := b.durable.failure()
		if err == nil && len(t.keep) > 0 {
			err = b.log.Keep(t.keep)
		}
		if err == nil && len(t.entries) > 0 {
			err = b.append(t)
		}
		if err == nil && len(t.forget) > 0 {
			err = b.log.Forget(t.forget)
		}
		if err != nil {
			b.fail(err)
		} else {
			b.durable.advance(t.size)
		}
		for _, s := range t.waiting {
			s.err = err
			close(s.done)
		}
		if t.done != nil {
			close(t.done)
		}
	}
}

// append writes a turn's entries and returns when they are durable.
func (b *Board) append(t turn) error {
	want := t.size - uint64(len(t.entries))
	for some := range slices.Chunk(t.entries, maxAppend) {
		first, err := b.log.AppendBatch(context.Background(), some)
		if err != nil {
			return fmt.Errorf("writing to the log: %w", err)
		}
		if first != want {
			return fmt.Errorf("writing to the log: records were put at %d, not at %d", first, want)
		}
		want += uint64(len(some))
	}
	return nil
}

// maxAppend is how many records are handed to the log at once, which bounds what may wait there. More come only with supports.
const maxAppend = 1024

// ends are the kinds that end the time in which supports are taken, so that all that were promised come before them.
var ends = map[string]bool{"opening": true, "cancel": true}

// fail stops the board for good: nothing more is taken, promised or answered. What was promised is durable, so nothing is lost.
func (b *Board) fail(err error) {
	b.failOnce.Do(func() {
		b.cfg.Log.Error("the board has stopped", "error", err)
		b.durable.fail(err)
		close(b.failed)
	})
}

// timeless are the kinds that do not depend on the time on the log, so that none need be written before them. Records of members are
// among them although some have a deadline: a time record for each would tell to the second when a member did what. The board writes the
// time when a deadline passes, and that is what decides.
var timeless = map[string]bool{
	"genesis": true, "time": true, "roll": true, "roll-part": true, "round": true, "roll-accept": true, "slot-key": true,
	"issues": true, "issue": true, "ballot": true, "check": true, "check-fault": true, "support": true, "statement": true, "promises": true, "seal": true,
	"input": true, "shares": true, "mix": true, "decryption": true, "lots": true,
}

// unsigned are the codes of a record of an authority that come before, or with, the check of its signature (SPEC.md §9.1, §15). With any
// other code the record is the authority's own, and may be late or early by the log's time only. So nobody else can make the board write
// time records.
var unsigned = map[string]bool{
	record.CodeOversize: true, record.CodeMalformed: true, record.CodeUnknownKind: true,
	"genesis": true, "scope": true, "rules": true, "author": true, "signature": true,
}
