package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

var (
	// ErrDiskFull says that the disk has less free space than the store keeps in reserve. Nothing was written; when there is room again,
	// the store goes on.
	ErrDiskFull = errors.New("the disk is nearly full")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
	// ErrCorrupt says that what is on disk contradicts itself.
	ErrCorrupt = errors.New("the store is damaged")
)

// A StopError says that a write has failed and that the store takes no more until it is opened again.
type StopError struct{ Err error }

func (e *StopError) Error() string {
	return fmt.Sprintf("the store has stopped after a failed write: %v", e.Err)
}
func (e *StopError) Unwrap() error { return e.Err }

// DBOptions are options of Open. The zero value is good.
type DBOptions struct {
	// MinFree is the free space in bytes below which nothing more is taken. Default 512 MiB, which is more than Badger needs to bring
	// what it holds in memory to its final place.
	MinFree uint64
	// Logger is told of trouble. Default slog.Default().
	Logger *slog.Logger
}

const (
	format         = "mandate/store/1"
	defaultMinFree = 512 << 20
	memTableSize   = 32 << 20
	maxEmptyLogs   = 64 // that are left behind by killed processes; there are 5 at most that are being deleted
)

// Keys begin with the byte of their part.
const (
	partMeta byte = iota
	partLog
	partKV
)

var keyFormat = []byte{partMeta, 'f'}

// A DB is an open store. One process at a time can have a folder open.
type DB struct {
	badger  *badger.DB
	path    string
	minFree uint64
	log     *slog.Logger

	mu      sync.Mutex
	err     error         // why no more is taken: *StopError or ErrClosed
	stopped chan struct{} // closed when err is set
	driven  bool          // has an appender

	// free is FreeSpace, and beforeCommit does nothing, but in tests.
	free         atomic.Pointer[func(path string) (uint64, error)]
	written      atomic.Pointer[func(took time.Duration)] // nil but with Observe
	beforeCommit atomic.Pointer[func() error]
}

// Open opens the store in a folder, which it makes if there is none. o may be nil.
func Open(path string, o *DBOptions) (*DB, error) {
	if o == nil {
		o = &DBOptions{}
	}
	d := &DB{path: path, minFree: o.MinFree, log: o.Logger, stopped: make(chan struct{})}
	d.onFree(FreeSpace)
	d.onCommit(func() error { return nil })
	if d.minFree == 0 {
		d.minFree = defaultMinFree
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	var err error
	// All values stay in the tree (the default of ValueThreshold), so that each write is in the write-ahead log, whose failure to sync is
	// reported; a failure to sync the value log would only be logged. The values do not compress. What is in memory at most is a few
	// tables of memTableSize.
	how := badger.DefaultOptions(path).
		WithSyncWrites(true).
		WithMemTableSize(memTableSize).
		WithNumMemtables(4).
		WithValueLogFileSize(16 << 20).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithNumCompactors(2).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{d.log})
	// Badger cuts a write-ahead log to nothing, when all in it is in its final place, before it deletes it. A process that is killed between
	// the two leaves an empty file, which Badger v4.9.6 refuses to open with this error, and makes a log of in doing so: then it opens.
	d.badger, err = badger.Open(how)
	for i := 0; err != nil && strings.Contains(err.Error(), "Create a new file") && i < maxEmptyLogs; i++ {
		d.badger, err = badger.Open(how)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	if err := d.checkFormat(); err != nil {
		d.badger.Close()
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	return d, nil
}

func (d *DB) checkFormat() error {
	// The largest batch must fit into a transaction whatever its entries are: then ErrTxnTooBig cannot come in the middle of one.
	if size, count := d.badger.MaxBatchSize(), d.badger.MaxBatchCount(); size < maxBatchWrite || count < maxBatchWrites {
		return fmt.Errorf("a transaction holds %d bytes in %d writes, a batch needs %d in %d", size, count, maxBatchWrite, maxBatchWrites)
	}
	got, err := d.get(keyFormat)
	if err != nil {
		return err
	}
	if got == nil {
		return d.update(func(txn *badger.Txn) error { return txn.Set(keyFormat, []byte(format)) })
	}
	if !bytes.Equal(got, []byte(format)) {
		return fmt.Errorf("its format is %.40q, this program writes %q", got, format)
	}
	return nil
}

// Observe has f called with the time that each transaction took to come to the disk.
func (d *DB) Observe(f func(took time.Duration)) { d.written.Store(&f) }

// Space returns how many bytes the store takes, as of the last minute, and how many can still be written before it takes no more.
func (d *DB) Space() (stored, free uint64) {
	if errors.Is(d.Err(), ErrClosed) {
		return 0, 0
	}
	tree, values := d.badger.Size()
	if free, err := (*d.free.Load())(d.path); err == nil && free > d.minFree {
		return uint64(tree + values), free - d.minFree
	}
	return uint64(tree + values), 0
}

// Close closes the store. A [Log] or [Driver] on it must be closed before.
func (d *DB) Close() error {
	d.stop(ErrClosed)
	return d.badger.Close()
}

func (d *DB) onFree(f func(path string) (uint64, error)) { d.free.Store(&f) }
func (d *DB) onCommit(f func() error)                    { d.beforeCommit.Store(&f) }

// Err returns why the store takes no more: a *StopError, or ErrClosed; nil while it works.
func (d *DB) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// stop makes the store refuse everything further. The first reason stays.
func (d *DB) stop(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
		close(d.stopped)
	}
	return d.err
}

// room reports whether there is space for more.
func (d *DB) room() error {
	free, err := (*d.free.Load())(d.path)
	if err != nil {
		return fmt.Errorf("asking for free space: %w", err)
	}
	if free < d.minFree {
		return fmt.Errorf("%w: %d bytes are free, %d are kept in reserve", ErrDiskFull, free, d.minFree)
	}
	return nil
}

// update writes in one transaction, and returns when it is on disk. Any failure to commit stops the store, except those that come before
// anything is written.
func (d *DB) update(fn func(*badger.Txn) error) error {
	if err := d.Err(); err != nil {
		return err
	}
	txn := d.badger.NewTransaction(true)
	defer txn.Discard()
	if err := fn(txn); err != nil {
		return err
	}
	// Half of the reserve is for what was taken while there was room.
	if free, err := (*d.free.Load())(d.path); err != nil || free < d.minFree/2 {
		return d.stop(&StopError{errors.Join(ErrDiskFull, err)})
	}
	if err := (*d.beforeCommit.Load())(); err != nil {
		return d.stop(&StopError{err})
	}
	began := time.Now()
	switch err := txn.Commit(); {
	case err == nil:
		if f := d.written.Load(); f != nil {
			(*f)(time.Since(began))
		}
		return nil
	case errors.Is(err, badger.ErrConflict), errors.Is(err, badger.ErrTxnTooBig):
		return err // nothing was written
	default:
		d.log.Error("store: a commit failed, nothing more is taken", "path", d.path, "err", err)
		return d.stop(&StopError{err})
	}
}

// get returns the value of a key, nil if there is none.
func (d *DB) get(key []byte) (value []byte, err error) {
	err = d.view(func(txn *badger.Txn) error {
		value, err = getIn(txn, key)
		return err
	})
	return value, err
}

func (d *DB) view(fn func(*badger.Txn) error) error {
	if errors.Is(d.Err(), ErrClosed) {
		return ErrClosed
	}
	return d.badger.View(fn)
}

func getIn(txn *badger.Txn, key []byte) ([]byte, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	value, err := item.ValueCopy([]byte{})
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	return value, nil
}

// badgerLog passes on what Badger has to say from warnings up.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(f string, args ...any)   { l.say(slog.LevelError, f, args) }
func (l badgerLog) Warningf(f string, args ...any) { l.say(slog.LevelWarn, f, args) }
func (l badgerLog) Infof(string, ...any)           {}
func (l badgerLog) Debugf(string, ...any)          {}

func (l badgerLog) say(level slog.Level, f string, args []any) {
	l.log.Log(context.Background(), level, "badger: "+string(bytes.TrimSpace(fmt.Appendf(nil, f, args...))))
}
