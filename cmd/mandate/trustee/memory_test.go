package trustee

import (
	"context"
	"fmt"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/verifier/boardlog"
)

// memory is a party's view of an organisation's log, always up to date. Tests may replace Org, as a board that shows another history does.
type memory struct {
	Org *simulate.Org
	// Submitted, if not nil, is called with every record before it is judged; an error is what the party gets.
	Submitted func(*record.Record) error
	// Recorded, if not nil, is called with every record that stands on the log now; an error is what the party gets instead of the answer.
	Recorded func(*record.Record) error
}

// A refused is the board's refusal.
type refused struct{ Outcome fold.Outcome }

func (r *refused) Error() string { return "the board refuses: " + r.Outcome.String() }

// Update has nothing to do.
func (b *memory) Update(context.Context) error { return nil }

// State returns the organisation's state.
func (b *memory) State() *fold.State { return b.Org.State }

// Checkpoint returns the log's checkpoint of now.
func (b *memory) Checkpoint() []byte { return b.Org.Checkpoint() }

// Submit puts a record on the log if the fold accepts it.
func (b *memory) Submit(_ context.Context, r *record.Record) ([]byte, error) {
	if b.Submitted != nil {
		if err := b.Submitted(r); err != nil {
			return nil, err
		}
	}
	if o := b.Org.Judge(r.Raw()); o.Status != fold.Accepted {
		return nil, &refused{o}
	}
	b.Org.Append(r.Raw())
	if b.Recorded != nil {
		return nil, b.Recorded(r)
	}
	return nil, nil
}

// Receipt reports whether the record stands on the log; there are no receipts in memory.
func (b *memory) Receipt(_ context.Context, id record.ID) ([]byte, error) {
	for _, raw := range b.Org.Log() {
		if record.IDOf(raw) == id {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("record %s is not on the log", id.Short())
}

// Extends compares the log with the one that an earlier checkpoint is of.
func (b *memory) Extends(_ context.Context, earlier []byte) error {
	known, err := b.open(earlier)
	if err != nil {
		return err
	}
	shown, err := b.open(b.Checkpoint())
	switch log := b.Org.Log(); {
	case err != nil:
		return err
	case known.Size() > uint64(len(log)):
		return boardlog.ErrStale
	case record.ID(known.Root()) != simulate.Root(log[:known.Size()]):
		return partytest.History(b.Org, known, shown)
	}
	return nil
}

func (b *memory) open(signed []byte) (boardlog.SignedCheckpoint, error) {
	key, err := checkpoint.ParseLogKey(b.Org.LogKey)
	if err != nil {
		return boardlog.SignedCheckpoint{}, err
	}
	return boardlog.Open(signed, boardlog.Policy{Origin: b.Org.Config.Origin, Log: key})
}

// Records hands on the log's records.
func (b *memory) Records(_ context.Context, from uint64, fn func(index uint64, raw []byte) error) error {
	for i, raw := range b.Org.Log() {
		if uint64(i) >= from {
			if err := fn(uint64(i), raw); err != nil {
				return err
			}
		}
	}
	return nil
}
