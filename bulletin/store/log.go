package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// Options say what a log is and how it works.
type Options struct {
	// Path is the folder of the store; DB is a store that is open already. One of them is given. A store given as DB is not closed by
	// Close.
	Path string
	DB   *DB
	// Origin is the log's name, the first line of its checkpoints.
	Origin string
	// Signer signs checkpoints. Its name must be Origin.
	Signer note.Signer

	// Witnesses must cosign each checkpoint before it is published. Default: none.
	Witnesses tessera.WitnessGroup
	// WitnessTimeout is how long they have for one checkpoint. Default 5 s.
	WitnessTimeout time.Duration
	// HTTPClient talks to witnesses. Default: one with a timeout of 10 s.
	HTTPClient *http.Client

	// CheckpointInterval is the least time between two checkpoints. Default 100 ms.
	CheckpointInterval time.Duration
	// RepublishInterval is how old the checkpoint of a log that does not grow may become before witnesses are asked again. Default 10
	// minutes; negative: never.
	RepublishInterval time.Duration
	// BatchMaxAge is how long an entry waits for others to be written with. Default 2 ms; negative: not at all.
	BatchMaxAge time.Duration
	// BatchMaxSize is how many entries are written together at most. Default 1024, at most 4096; whatever it says, a batch has at most 3
	// MiB.
	BatchMaxSize int
	// MaxWaiting is how many entries may wait to be written before more are refused with ErrPushback. Default 16384; whatever it says,
	// they have at most 64 MiB.
	MaxWaiting int
	// ShutdownTimeout is how long Close may take to publish the last checkpoint. Default 10 s.
	ShutdownTimeout time.Duration

	// MinFree and Logger are as in DBOptions. With DB they are not looked at.
	MinFree uint64
	Logger  *slog.Logger
}

// A Log is a board's log. It is safe for concurrent use. As a boardlog.Source it has what the newest checkpoint covers.
type Log struct {
	db       *DB
	owned    bool
	driver   *Driver
	reader   *logReader
	add      tessera.AddFn
	cancel   context.CancelFunc
	shutdown time.Duration

	order  sync.Mutex // held while an entry is given its place
	closed sync.Once
	err    error // of Close
}

var keyIdentity = []byte{partLog, 'i'} // origin and key hash of the signer

// OpenLog opens a log, which is empty if the store is new. The context is for opening only.
func OpenLog(ctx context.Context, o Options) (*Log, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	l := &Log{db: o.DB, shutdown: o.ShutdownTimeout}
	if l.db == nil {
		var err error
		if l.db, err = Open(o.Path, &DBOptions{MinFree: o.MinFree, Logger: o.Logger}); err != nil {
			return nil, err
		}
		l.owned = true
	}
	if err := l.open(ctx, o); err != nil {
		if l.owned {
			l.db.Close()
		}
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return l, nil
}

// check fills in the defaults.
func (o *Options) check() error {
	switch {
	case (o.Path == "") == (o.DB == nil):
		return errors.New("want a path or a store, and not both")
	case o.Signer == nil:
		return errors.New("no signer is given")
	case o.Origin == "" || o.Signer.Name() != o.Origin:
		return fmt.Errorf("origin %q is not the name of the signer, %q", o.Origin, o.Signer.Name())
	case o.CheckpointInterval < 0 || o.WitnessTimeout < 0 || o.ShutdownTimeout < 0 || o.BatchMaxSize < 0 || o.BatchMaxSize > maxBatchEntries || o.MaxWaiting < 0:
		return fmt.Errorf("checkpoint interval %v, witness timeout %v, shutdown timeout %v, batch size %d, waiting %d: out of bounds",
			o.CheckpointInterval, o.WitnessTimeout, o.ShutdownTimeout, o.BatchMaxSize, o.MaxWaiting)
	}
	set(&o.WitnessTimeout, 5*time.Second)
	set(&o.CheckpointInterval, 100*time.Millisecond)
	set(&o.RepublishInterval, max(10*time.Minute, o.CheckpointInterval))
	set(&o.BatchMaxAge, defaultBatchAge)
	set(&o.BatchMaxSize, defaultBatchSize)
	set(&o.MaxWaiting, 16384)
	set(&o.ShutdownTimeout, 10*time.Second)
	return nil
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (l *Log) open(ctx context.Context, o Options) error {
	if err := l.db.checkMoved(); err != nil {
		return err
	}
	if err := l.db.checkRestored(); err != nil {
		return err
	}
	if err := l.db.checkIdentity(o.Signer); err != nil {
		return err
	}
	l.driver = NewDriver(l.db)
	l.driver.HTTPClient, l.driver.Hasty = o.HTTPClient, o.Witnesses.N > 0
	to := tessera.NewAppendOptions().
		WithCheckpointSigner(o.Signer).
		WithBatching(uint(o.BatchMaxSize), max(o.BatchMaxAge, 0)).
		WithPushback(uint(o.MaxWaiting)).
		WithCheckpointInterval(o.CheckpointInterval).
		WithCheckpointRepublishInterval(max(o.RepublishInterval, 0)).
		WithWitnesses(o.Witnesses, &tessera.WitnessOptions{Timeout: o.WitnessTimeout})
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	// Tessera's own shutdown only polls for the checkpoint that Driver.Close publishes, so it is not needed.
	appender, _, _, err := tessera.NewAppender(run, l.driver, to)
	if err != nil {
		cancel()
		if l.driver.failure != nil {
			err = l.driver.failure // Tessera passes on the text alone
		}
		return err
	}
	l.add, l.cancel, l.reader = appender.Add, cancel, l.driver.log
	return nil
}

// checkIdentity makes sure that a store is used with one origin and key only: its checkpoints would contradict those of another.
func (d *DB) checkIdentity(s note.Signer) error {
	want := fmt.Sprintf("%s+%08x", s.Name(), s.KeyHash())
	got, err := d.get(keyIdentity)
	switch {
	case err != nil:
		return err
	case got == nil:
		return d.update(func(txn *badger.Txn) error { return txn.Set(keyIdentity, []byte(want)) })
	case string(got) != want:
		return fmt.Errorf("the store is the log %.300s, the signer is %s", got, want)
	}
	return nil
}

// Close takes no more entries, writes those that wait, publishes a checkpoint that covers them (with witnesses: if they cosign it at once), and
// closes the log. With an error the log is closed as well; what is on disk and not yet covered by a checkpoint will be when it is opened again.
func (l *Log) Close() error {
	l.closed.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), l.shutdown)
		defer cancel()
		l.err = l.driver.Close(ctx)
		l.cancel()
		if l.owned {
			l.err = errors.Join(l.err, l.db.Close())
		}
	})
	return l.err
}

// DB returns the store that the log is in.
func (l *Log) DB() *DB { return l.db }

// Stopped is closed when the store takes no more: Err says why.
func (l *Log) Stopped() <-chan struct{} { return l.db.stopped }

// Err returns why the store takes no more, nil while it works.
func (l *Log) Err() error { return l.db.Err() }

// Append adds an entry and returns its index when it is on disk. If the context ends before, the entry may still come to be on disk.
func (l *Log) Append(ctx context.Context, entry []byte) (index uint64, err error) {
	p, err := l.AppendAsync(ctx, entry)
	if err != nil {
		return 0, err
	}
	return p.Wait(ctx)
}

// AppendBatch adds entries in order, with no others among them, and returns the index of the first when all are on disk. A batch that is
// refused is refused whole.
func (l *Log) AppendBatch(ctx context.Context, entries [][]byte) (first uint64, err error) {
	if len(entries) == 0 {
		return 0, errors.New("an empty batch")
	}
	l.order.Lock()
	pending, err := l.placeAll(ctx, entries)
	l.order.Unlock()
	if err != nil {
		return 0, err
	}
	// The entries are written in order, so the last is on disk after all others, unless the store has stopped.
	for _, p := range pending {
		if _, err := p.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return pending[0].index, nil
}

// placeAll gives a batch its places. Its caller holds order, so that what there is room for now there will be room for.
func (l *Log) placeAll(ctx context.Context, entries [][]byte) ([]*Pending, error) {
	size := 0
	for _, e := range entries {
		if len(e) < 1 || len(e) > boardlog.MaxEntrySize {
			return nil, fmt.Errorf("%w, not %d", ErrEntrySize, len(e))
		}
		size += len(e)
	}
	a := l.reader.appender
	a.mu.Lock()
	count, waiting := a.count, a.bytes
	a.mu.Unlock()
	switch {
	case len(entries) > a.maxWait || size > maxWaitingBytes:
		return nil, fmt.Errorf("a batch of %d entries and %d bytes, at most %d and %d can wait", len(entries), size, a.maxWait, maxWaitingBytes)
	case count+len(entries) > a.maxWait || waiting+size > maxWaitingBytes:
		return nil, fmt.Errorf("%d entries wait to be written: %w", count, tessera.ErrPushbackIntegration)
	}
	pending := make([]*Pending, 0, len(entries))
	for _, e := range entries {
		p, err := l.place(ctx, e)
		if err != nil && len(pending) > 0 {
			// Some are on their way and the rest is not: the log is not what its owner takes it for.
			err = l.db.stop(&StopError{fmt.Errorf("a batch was taken in part: %w", err)})
		}
		if err != nil {
			return nil, err
		}
		pending = append(pending, p)
	}
	return pending, nil
}

// A Pending is an entry that has its place in the log and is on its way to the disk.
type Pending struct {
	index  uint64
	done   <-chan struct{}
	future tessera.IndexFuture
}

// Index returns the entry's index, which is final if Wait succeeds; if it does not, the log has stopped.
func (p *Pending) Index() uint64 { return p.index }

// Done is closed when Wait returns at once.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Wait returns the entry's index when the entry is on disk. The error is that of the context, or a *StopError, or ErrClosed.
func (p *Pending) Wait(ctx context.Context) (uint64, error) {
	select {
	case <-p.done:
	default:
		select {
		case <-p.done:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	i, err := p.future()
	return i.Index, err
}

// AppendAsync gives an entry its place and returns at once. Entries that one goroutine hands over get increasing indexes; equal entries get
// one each. An error says that the entry was not taken: ErrEntrySize, ErrPushback, ErrDiskFull, ErrClosed or a *StopError. The bytes may be
// changed afterwards.
func (l *Log) AppendAsync(ctx context.Context, entry []byte) (*Pending, error) {
	l.order.Lock()
	defer l.order.Unlock()
	return l.place(ctx, entry)
}

func (l *Log) place(ctx context.Context, entry []byte) (*Pending, error) {
	if len(entry) < 1 || len(entry) > boardlog.MaxEntrySize {
		return nil, fmt.Errorf("%w, not %d", ErrEntrySize, len(entry))
	}
	e := tessera.NewEntry(append([]byte(nil), entry...))
	future := l.add(context.WithoutCancel(ctx), e)
	a := l.reader.appender
	a.mu.Lock()
	last := a.last
	a.mu.Unlock()
	if last == nil || last.entry != e {
		// It was refused, so the future does not wait.
		_, err := future()
		if err == nil {
			err = errors.New("an entry was taken and has no place")
		}
		return nil, err
	}
	return &Pending{last.index, last.done, future}, nil
}

// Size returns how many entries are on disk. The newest checkpoint may cover fewer.
func (l *Log) Size() uint64 { return l.reader.appender.tree.Load().size }

// Checkpoint returns the newest checkpoint; one with no Signed if there is none yet.
func (l *Log) Checkpoint() Checkpoint { return l.reader.publisher.newest.Load().Checkpoint }

// Published returns when this process published the newest checkpoint, zero if another did.
func (l *Log) Published() time.Time { return l.reader.publisher.newest.Load().at }

// Await returns the newest checkpoint as soon as it covers an entry, whether that is there yet or not.
func (l *Log) Await(ctx context.Context, index uint64) (Checkpoint, error) {
	return l.reader.publisher.await(ctx, index)
}

// Receipt waits for a checkpoint that covers an entry, and returns the receipt under it.
func (l *Log) Receipt(ctx context.Context, index uint64) (boardlog.Receipt, error) {
	c, err := l.Await(ctx, index)
	if err != nil {
		return boardlog.Receipt{}, err
	}
	leaf, err := l.LeafHash(ctx, index)
	if err != nil {
		return boardlog.Receipt{}, err
	}
	proof, err := l.InclusionProof(ctx, index, c.Size)
	if err != nil {
		return boardlog.Receipt{}, err
	}
	return boardlog.Receipt{Record: leaf, Index: index, Hashes: proof, Checkpoint: c.Signed}, nil
}

// Entry returns an entry that is on disk.
func (l *Log) Entry(ctx context.Context, index uint64) ([]byte, error) {
	if err := l.within(ctx, index, l.Size()); err != nil {
		return nil, err
	}
	entries, err := l.db.readEntries(index, 1)
	if err != nil {
		return nil, err
	}
	return entries[0], nil
}

func (l *Log) within(ctx context.Context, index, size uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if index >= size {
		return fmt.Errorf("entry %d of a log of %d: %w", index, size, fs.ErrNotExist)
	}
	return nil
}

// An Entry is what Entries yields.
type Entry struct {
	Index uint64
	Data  []byte
}

// Entries yields the entries from one index up to and without another, all of which must be on disk. After an error it yields nothing more.
func (l *Log) Entries(ctx context.Context, from, to uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if size := l.Size(); from > to || to > size {
			yield(Entry{}, fmt.Errorf("entries %d to %d of a log of %d: %w", from, to, size, fs.ErrNotExist))
			return
		}
		for from < to {
			err := ctx.Err()
			var entries [][]byte
			if err == nil {
				entries, err = l.db.readEntries(from, int(min(to-from, boardlog.TileWidth)))
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(Entry{from, e}, nil) {
					return
				}
				from++
			}
		}
	}
}

func (l *Log) hashes() tlog.HashReader {
	t, cache := l.reader.appender.tree.Load(), l.reader.appender.cache
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return l.db.readHashes(t, cache, indexes) })
}

// LeafHash returns an entry's leaf hash, SHA-256(0x00 ‖ entry).
func (l *Log) LeafHash(ctx context.Context, index uint64) (tlog.Hash, error) {
	if err := l.within(ctx, index, l.Size()); err != nil {
		return tlog.Hash{}, err
	}
	h, err := l.hashes().ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}

// Root returns the tree head at any size up to Size.
func (l *Log) Root(ctx context.Context, size uint64) (tlog.Hash, error) {
	if size > 0 {
		if err := l.within(ctx, size-1, l.Size()); err != nil {
			return tlog.Hash{}, err
		}
	}
	return tlog.TreeHash(int64(size), l.hashes())
}

// InclusionProof proves that an entry is in the tree of a size (RFC 6962 §2.1.1).
func (l *Log) InclusionProof(ctx context.Context, index, size uint64) (tlog.RecordProof, error) {
	if now := l.Size(); index >= size || size > now {
		return nil, fmt.Errorf("entry %d at size %d of a log of %d: %w", index, size, now, fs.ErrNotExist)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return tlog.ProveRecord(int64(size), int64(index), l.hashes())
}

// ConsistencyProof proves that the tree of one size is a beginning of that of another (RFC 6962 §2.1.2). From size 0 it is empty.
func (l *Log) ConsistencyProof(ctx context.Context, from, to uint64) (tlog.TreeProof, error) {
	if now := l.Size(); from > to || to > now {
		return nil, fmt.Errorf("sizes %d and %d of a log of %d: %w", from, to, now, fs.ErrNotExist)
	}
	if err := ctx.Err(); err != nil || from == 0 {
		return tlog.TreeProof{}, err
	}
	return tlog.ProveTree(int64(to), int64(from), l.hashes())
}

// ReadFile implements boardlog.Source: the newest checkpoint, and every tile and bundle, also partial ones, below it or below an earlier one.
func (l *Log) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := l.Checkpoint()
	if path == boardlog.CheckpointPath {
		if c.Signed == nil {
			return nil, fmt.Errorf("the log has no checkpoint yet: %w", fs.ErrNotExist)
		}
		return bytes.Clone(c.Signed), nil
	}
	t, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	if t.W > boardlog.TileAt(t.L, t.N, c.Size).W {
		return nil, fmt.Errorf("%s below a checkpoint of %d entries: %w", path, c.Size, fs.ErrNotExist)
	}
	return l.db.tile(l.reader.appender.tree.Load(), l.reader.appender.cache, t)
}
