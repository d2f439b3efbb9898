package board

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// A memoryLog is a Log in memory that can be made to fail, and that shows the order of what the board does with it.
type memoryLog struct {
	signer note.Signer

	mu      sync.Mutex
	entries [][]byte
	hashes  []tlog.Hash
	broken  error         // of the next Append
	slow    chan struct{} // if not nil, Append takes one before it does anything
	appends int
	older   *memoryLog // if not nil, whose checkpoint is shown
	shelf   map[record.ID][]byte
}

func newMemoryLog(signer note.Signer, entries ...[]byte) *memoryLog {
	l := &memoryLog{signer: signer}
	l.add(entries)
	return l
}

func (l *memoryLog) add(entries [][]byte) {
	for _, e := range entries {
		n := int64(len(l.entries))
		hs, err := tlog.StoredHashes(n, e, l.reader())
		if err != nil {
			panic(err)
		}
		l.entries, l.hashes = append(l.entries, e), append(l.hashes, hs...)
	}
}

func (l *memoryLog) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = l.hashes[x]
		}
		return out, nil
	})
}

func (l *memoryLog) Size() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.entries))
}

func (l *memoryLog) AppendBatch(_ context.Context, entries [][]byte) (uint64, error) {
	l.mu.Lock()
	slow := l.slow
	l.mu.Unlock()
	if slow != nil {
		<-slow
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appends++
	if l.broken != nil {
		return 0, l.broken
	}
	first := uint64(len(l.entries))
	l.add(entries)
	return first, nil
}

func (l *memoryLog) Entries(_ context.Context, from, to uint64) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for i := from; i < to; i++ {
			if !yield(store.Entry{Index: i, Data: l.entries[i]}, nil) {
				return
			}
		}
	}
}

func (l *memoryLog) head() (store.Checkpoint, error) {
	size := int64(len(l.entries))
	root, err := tlog.TreeHash(size, l.reader())
	if err != nil {
		return store.Checkpoint{}, err
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, root)}, l.signer)
	return store.Checkpoint{Signed: signed, Size: uint64(size), Root: root}, err
}

func (l *memoryLog) Await(_ context.Context, index uint64) (store.Checkpoint, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index >= uint64(len(l.entries)) {
		return store.Checkpoint{}, errors.New("a record that is not durable is waited for")
	}
	return l.head()
}

func (l *memoryLog) InclusionProof(_ context.Context, index, size uint64) (tlog.RecordProof, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return tlog.ProveRecord(int64(size), int64(index), l.reader())
}

func (l *memoryLog) ReadFile(_ context.Context, path string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if path == boardlog.CheckpointPath {
		if l.older != nil {
			return l.older.ReadFile(context.Background(), path)
		}
		if len(l.entries) == 0 {
			return nil, fs.ErrNotExist
		}
		h, err := l.head()
		return h.Signed, err
	}
	t, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	if t.L >= 0 {
		return tlog.ReadTileData(t, l.reader())
	}
	var b []byte
	for i := t.N * boardlog.TileWidth; i < t.N*boardlog.TileWidth+int64(t.W); i++ {
		if i >= int64(len(l.entries)) {
			return nil, fs.ErrNotExist
		}
		e := l.entries[i]
		b = append(append(b, byte(len(e)>>8), byte(len(e))), e...)
	}
	return b, nil
}

func (l *memoryLog) Close() error { return nil }

// has returns where a record is, -1 if nowhere.
func (l *memoryLog) has(id record.ID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.entries {
		if record.IDOf(e) == id {
			return i
		}
	}
	return -1
}

func (l *memoryLog) Keep(raws [][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	if l.shelf == nil {
		l.shelf = make(map[record.ID][]byte)
	}
	for _, raw := range raws {
		l.shelf[record.IDOf(raw)] = raw
	}
	return nil
}

func (l *memoryLog) Forget(ids []record.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		delete(l.shelf, id)
	}
	return nil
}

func (l *memoryLog) Kept() ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.shelf)), nil
}
