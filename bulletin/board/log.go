package board

import (
	"context"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// A Log is what the board needs of its log; a *store.Log says what each method promises.
type Log interface {
	boardlog.Source // the newest checkpoint, and all tiles below it

	// Size returns how many entries are durable.
	Size() uint64
	// AppendBatch makes entries durable, one after the other and after all before, and returns the index of the first. After an error the
	// board asks for nothing more.
	AppendBatch(ctx context.Context, entries [][]byte) (first uint64, err error)
	// Entries yields the entries from … to − 1.
	Entries(ctx context.Context, from, to uint64) iter.Seq2[store.Entry, error]
	// Await returns the newest checkpoint once it covers the entry at an index.
	Await(ctx context.Context, index uint64) (store.Checkpoint, error)
	// InclusionProof proves the entry at an index in the tree of a size.
	InclusionProof(ctx context.Context, index, size uint64) (tlog.RecordProof, error)
	Close() error

	Shelf
}

// A SharedLog is a log that several front ends of one board write, in turns; package cloud says why that is one board. Only who has the turn
// may AppendBatch, Keep and Forget, and has read everything below Size before.
type SharedLog interface {
	Log

	// Refresh asks how many entries are durable, which Size then says.
	Refresh(ctx context.Context) (uint64, error)
	// Take waits until no other front end has the turn, takes it, and refreshes.
	Take(ctx context.Context) error
	// Release gives the turn back.
	Release(ctx context.Context) error
	// KeptSince returns the records that were kept since an earlier call, which returned that number; 0 is before all.
	KeptSince(since uint64) (raws [][]byte, now uint64, err error)
}
