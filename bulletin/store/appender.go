package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

var (
	// ErrEntrySize says that an entry is empty or larger than 65,535 bytes.
	ErrEntrySize = errors.New("an entry has 1 to 65535 bytes")
	// ErrPushback says that more entries wait to be written than may; it passes. It is Tessera's.
	ErrPushback = tessera.ErrPushback
)

const (
	maxBatchBytes    = 3 << 20  // of entries in one transaction; at least one entry fits always
	maxBatchEntries  = 4096     // in one transaction
	maxWaitingBytes  = 64 << 20 // of entries that wait
	writeOverhead    = 64       // what a write costs beside its value: its key, twice over, and Badger's marks
	maxBatchHashes   = 2*maxBatchEntries + 64
	maxBatchChunks   = maxBatchHashes/chunkSize + 2
	maxBatchWrites   = maxBatchEntries + maxBatchChunks + 2
	maxBatchWrite    = maxBatchBytes + maxBatchChunks*chunkSize*tlog.HashSize + maxBatchWrites*writeOverhead
	errorPause       = 100 * time.Millisecond // before an entry that could not be published is tried again, at least
	defaultBatchAge  = 2 * time.Millisecond
	defaultBatchSize = 1024
)

// An appender gives entries their places and writes them, in one goroutine, a batch at a time. While one batch is written the next collects.
type appender struct {
	db      *DB
	cache   *chunkCache
	tree    atomic.Pointer[tree] // what is on disk
	maxAge  time.Duration
	maxSize int
	maxWait int

	mu       sync.Mutex
	waiting  []*item // in order; not yet being written
	bytes    int     // of entries waiting or being written
	count    int     // of entries waiting or being written
	next     uint64  // the index of the next entry
	last     *item   // the entry added last
	draining bool    // no more are taken

	wake chan struct{} // has one element when the writer should look
	grew chan struct{} // has one element when the publisher should look
	done chan struct{} // closed when the writer has ended
}

// An item is an entry on its way.
type item struct {
	entry *tessera.Entry
	index uint64
	since time.Time
	done  chan struct{} // closed when err is set, or the entry is on disk
	err   error
}

func newAppender(db *DB, cache *chunkCache, t *tree, maxAge time.Duration, maxSize, maxWait int) *appender {
	a := &appender{
		db: db, cache: cache, maxAge: maxAge, maxSize: min(max(maxSize, 1), maxBatchEntries), maxWait: max(maxWait, 1), next: t.size,
		wake: make(chan struct{}, 1), grew: make(chan struct{}, 1), done: make(chan struct{}),
	}
	a.tree.Store(t)
	return a
}

// add is a tessera.AddFn. Entries added one after the other get indexes in this order. (Tessera's own storage.Queue cannot promise it: there
// a batch that is full can overtake one that is old.) What add refuses has an error at once; what it takes fails only if the store stops.
func (a *appender) add(_ context.Context, e *tessera.Entry) tessera.IndexFuture {
	it, err := a.enqueue(e)
	if err != nil {
		return func() (tessera.Index, error) { return tessera.Index{}, err }
	}
	return func() (tessera.Index, error) {
		<-it.done
		return tessera.Index{Index: it.index}, it.err
	}
}

func (a *appender) enqueue(e *tessera.Entry) (*item, error) {
	size := len(e.Data())
	if size < 1 || size > boardlog.MaxEntrySize {
		return nil, fmt.Errorf("%w, not %d", ErrEntrySize, size)
	}
	if err := a.db.Err(); err != nil {
		return nil, err
	}
	if err := a.db.room(); err != nil {
		return nil, err
	}
	it := &item{entry: e, since: time.Now(), done: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.draining:
		return nil, ErrClosed
	case a.count >= a.maxWait || a.bytes+size > maxWaitingBytes:
		return nil, fmt.Errorf("%d entries wait to be written: %w", a.count, tessera.ErrPushbackIntegration)
	}
	it.index = a.next
	a.next++
	a.count++
	a.bytes += size
	a.waiting = append(a.waiting, it)
	a.last = it
	if n := len(a.waiting); n == 1 || n == a.maxSize {
		signal(a.wake)
	}
	return it, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write is the writer. It ends when the appender has been drained, when the store stops, or with its context.
func (a *appender) write(ctx context.Context) {
	defer close(a.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		batch, pause, end := a.nextBatch()
		if len(batch) > 0 {
			if err := a.commit(batch); err != nil {
				a.fail(err)
				return
			}
			continue
		}
		if end {
			return
		}
		timer.Reset(pause)
		select {
		case <-a.wake:
		case <-timer.C:
		case <-a.db.stopped:
			a.fail(a.db.Err())
			return
		case <-ctx.Done():
			a.fail(context.Cause(ctx))
			return
		}
	}
}

// nextBatch takes the next batch, if it is due; else it says how long until then, or that there will be none.
func (a *appender) nextBatch() (batch []*item, pause time.Duration, end bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return nil, time.Hour, a.draining
	}
	n, bytes := 0, 0
	for n < len(a.waiting) && n < a.maxSize && bytes+len(a.waiting[n].entry.Data()) <= maxBatchBytes {
		bytes += len(a.waiting[n].entry.Data())
		n++
	}
	if age := time.Since(a.waiting[0].since); n == len(a.waiting) && n < a.maxSize && !a.draining && age < a.maxAge {
		return nil, a.maxAge - age, false
	}
	batch = slices.Clone(a.waiting[:n])
	clear(a.waiting[:n])
	if a.waiting = a.waiting[n:]; len(a.waiting) == 0 {
		a.waiting = nil
	}
	return batch, 0, false
}

// commit writes a batch.
func (a *appender) commit(batch []*item) error {
	entries, leaves := make([][]byte, len(batch)), make([]tlog.Hash, len(batch))
	bytes := 0
	for i, it := range batch {
		entries[i], leaves[i] = it.entry.Data(), tlog.Hash(it.entry.LeafHash())
		bytes += len(entries[i])
	}
	next, err := a.db.write(a.tree.Load(), a.cache, entries, leaves)
	if err != nil {
		err = a.db.stop(&StopError{err})
		for _, it := range batch {
			it.err = err
			close(it.done)
		}
		return err
	}
	a.tree.Store(next)
	a.mu.Lock()
	a.count -= len(batch)
	a.bytes -= bytes
	a.mu.Unlock()
	for _, it := range batch {
		close(it.done)
	}
	signal(a.grew)
	return nil
}

func concat(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// fail ends the appender: nothing that waits will be written.
func (a *appender) fail(err error) {
	a.mu.Lock()
	waiting := a.waiting
	a.waiting, a.draining = nil, true
	a.mu.Unlock()
	for _, it := range waiting {
		it.err = err
		close(it.done)
	}
}

// drain takes no more entries and waits until those that wait are written, or have failed.
func (a *appender) drain(ctx context.Context) error {
	a.mu.Lock()
	a.draining = true
	a.mu.Unlock()
	signal(a.wake)
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
