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
