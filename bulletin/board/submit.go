package board

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// An Answer is what the sender of a record that was taken gets.
type Answer struct {
	ID      record.ID
	Index   uint64 // in the log
	Promise []byte // the signed promise of SPEC.md §8.4; nil unless the record is a ballot or a support
	Kept    bool   // a support that will be on the log with its batch, and has no index yet
}

// A submission is a record on its way through the board.
type submission struct {
	outlined
	raw    []byte
	id     record.ID
	signed bool   // by the party that it names
	effort effort // if it is

	prepared *fold.Prepared

	// What came of it, set before done is closed.
	index        uint64
	kept         bool
	code, detail string // of a refusal; code is empty if the record was taken
	err          error  // the board has failed
	done         chan struct{}
}

// Submit asks for a record to be recorded, and returns when it is, durably, or is refused with a *Refused. Sending a recorded record
// again is answered like the first time. The bytes must not be changed afterwards. When ctx ends before the answer is there, the record
// may be recorded or not; sending it again tells.
func (b *Board) Submit(ctx context.Context, raw []byte) (a Answer, err error) {
	kind, began := "", time.Now()
	defer func() { b.observed(kind, began, err) }()
	if len(raw) == 0 || len(raw) > record.MaxSize {
		return Answer{}, b.Refuse(record.CodeOversize)
	}
	s := &submission{raw: raw, id: record.IDOf(raw), done: make(chan struct{})}
	var ok bool
	if s.outlined, ok = outline(raw); !ok {
		return Answer{}, b.refuse("", record.ID{}, s.id, record.CodeMalformed, "the first bytes are not those of a record")
	}
	kind = s.kind
	index, known, code, detail, size := b.glance(s)
	if code != "" && b.shared != nil { // other front ends may have written what it waits for
		if err := b.freshen(ctx); err != nil {
			return Answer{}, b.unavailable(err)
		}
		index, known, code, detail, size = b.glance(s)
	}
	switch {
	case known:
		if _, err := b.durable.wait(ctx, index); err != nil {
			return Answer{}, b.unavailable(err)
		}
		s.index = index
		return b.taken(s)
	case code != "":
		if size > 0 { // what it is refused for may not be durable yet
			if _, err := b.durable.wait(ctx, size-1); err != nil {
				return Answer{}, b.unavailable(err)
			}
		}
		return Answer{}, b.refuse(s.kind, s.scope, s.id, code, detail)
	case !b.allow(s):
		return Answer{}, b.Refuse(CodeRate)
	}
	if err := b.enqueue(s); err != nil {
		return Answer{}, err
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	switch {
	case s.err != nil:
		return Answer{}, b.unavailable(s.err)
	case s.code != "":
		if s.signed && (s.kind == "mix" && s.code == tally.CodeMix || s.kind == "decryption" && s.code == tally.CodeShare) {
			b.authors.waste(s.effort, time.Now())
		}
		return Answer{}, b.refuse(s.kind, s.scope, s.id, s.code, s.detail)
	}
	return b.taken(s)
}

// allow bounds records other than ballots: those of each party by its own limit, all others together.
func (b *Board) allow(s *submission) bool {
	if s.kind == "ballot" {
		return true
	}
	key, signed := b.author(s.raw)
	if s.signed = signed; signed {
		s.effort = effort{key, s.scope, s.kind}
		return b.authors.limit(key).Allow() && !b.authors.waiting(s.effort, time.Now())
	}
	return b.records.Allow()
}

// glance makes the checks that cost next to nothing: is the record known, and can it be taken at all, on a log of that size. It decides nothing
// that the fold would decide otherwise at this moment, and spares it ballots that cannot be accepted whatever their proofs: else anyone could
// make the board check proofs by sending other people's ballots back with a byte changed. Codes are in the order of SPEC.md §10.4.
func (b *Board) glance(s *submission) (index uint64, known bool, code, detail string, size uint64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if index, known = b.index[s.id]; known {
		return index, true, "", "", 0
	}
	if !kinds[s.kind] {
		return 0, false, record.CodeUnknownKind, fmt.Sprintf("kind %q", s.kind), 0
	}
	if s.kind == "ballot" {
		code, detail = b.glanceBallot(s)
	}
	return 0, false, code, detail, b.state.Size()
}

func (b *Board) glanceBallot(s *submission) (code, detail string) {
	v := b.state.Vote(s.scope)
	switch {
	case v == nil:
		return "scope", "the vote is not on the log"
	case v.Phase == fold.Closed && v.IsPending(s.id):
		return "", "" // a relay promised it, so it is to be recorded whatever becomes of it
	case len(s.raw) != v.Form.Length(s.number):
		return "form", fmt.Sprintf("%d bytes, every ballot numbered %d has %d", len(s.raw), s.number, v.Form.Length(s.number))
	case v.Ended():
		return "ended", "the vote has ended without a result"
	case v.Phase == fold.Proposed || v.Phase == fold.Called:
		return "not-open", "voting has not opened"
	case v.Phase >= fold.Sealed:
		return "sealed", "the ballot box is sealed"
	case v.Phase == fold.Closed:
		return "closed", "voting has closed, and the ballot is on no list of promised ones"
	case v.IsSpoiled(s.key, s.id):
		return "spoiled", "this ballot was opened for checking"
	}
	number, last, again := v.Last(s.key)
	switch {
	case again && !v.Manifest.Revote:
		return "spent", "this card has voted"
	case again && (s.number != number+1 || s.previous != last), !again && (s.number != 0 || s.previous != record.ID{}):
		return "stale", "the ballot does not follow the last one cast with this card"
	}
	return "", ""
}

var kinds = func() map[string]bool {
	m := make(map[string]bool)
	for _, k := range record.Kinds() {
		m[k] = true
	}
	return m
}()

// enqueue puts a submission into the queue, if there is room and the board is not stopping.
func (b *Board) enqueue(s *submission) error {
	b.gate.RLock()
	defer b.gate.RUnlock()
	if b.stopping {
		return b.Refuse(CodeStopping)
	}
	if waiting := b.waiting(s); waiting.n.Add(1) > waiting.most {
		waiting.n.Add(-1)
		return b.Refuse(CodeBusy)
	}
	b.queue <- s // has room for all that may wait
	return nil
}

// taken answers for a record that is durable, at its index or on the shelf.
func (b *Board) taken(s *submission) (Answer, error) {
	a := Answer{ID: s.id, Index: s.index, Kept: s.kept}
	if s.kind != "ballot" && s.kind != "support" {
		return a, nil
	}
	p, err := record.SignAnswer(b.genesis, &record.Promise{Vote: s.scope, Ballot: s.id, At: b.now()}, b.key, rand.Reader)
	if err != nil {
		return Answer{}, fmt.Errorf("promising a ballot: %w", err)
	}
	a.Promise = p
	return a, nil
}

// unavailable turns the failure of the board into what its callers get.
func (b *Board) unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, errNoTurn) {
		return b.Refuse(CodeBusy)
	}
	return b.Refuse(CodeStopping)
}
