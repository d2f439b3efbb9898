package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// A Driver is a tessera.Driver on a store. It has Tessera's append lifecycle only, with C2SP tlog-tiles entries; a log is moved elsewhere by
// reading it.
type Driver struct {
	// HTTPClient talks to witnesses. Default: one with a timeout of 10 s.
	HTTPClient *http.Client
	// Hasty says that Close does not wait for a checkpoint that cannot be had at once, as when witnesses are away: it is published when the
	// store is opened again.
	Hasty bool

	db *DB

	mu      sync.Mutex
	log     *logReader
	cancel  context.CancelFunc
	failure error // of Appender
}

// NewDriver returns the driver for a store's log.
func NewDriver(db *DB) *Driver { return &Driver{db: db} }

// Appender implements Tessera's append lifecycle. A store has one appender in its life. It works until the context ends, or Close is
// called, which is the better way: ending the context gives up entries that are not yet written.
func (d *Driver) Appender(ctx context.Context, o *tessera.AppendOptions) (_ *tessera.Appender, _ tessera.LogReader, err error) {
	defer func() { d.failure = err }()
	if o.EntriesPath()(0, 0) != "tile/entries/000" {
		return nil, nil, errors.New("store: only the entry bundles of C2SP tlog-tiles are kept")
	}
	if o.CheckpointInterval() <= 0 {
		return nil, nil, fmt.Errorf("store: checkpoint interval %v", o.CheckpointInterval())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.db.drive(); err != nil {
		return nil, nil, err
	}
	cache := newChunkCache()
	t, err := d.db.loadTree(cache)
	if err != nil {
		return nil, nil, err
	}
	c, err := d.db.loadCheckpoint(t, cache)
	if err != nil {
		return nil, nil, err
	}
	a := newAppender(d.db, cache, t, o.BatchMaxAge(), int(o.BatchMaxSize()), int(o.PushbackMaxOutstanding()))
	p := &publisher{db: d.db, appender: a, interval: o.CheckpointInterval(), again: o.CheckpointRepublishInterval(), done: make(chan struct{})}
	p.newest.Store(&published{Checkpoint: c, changed: make(chan struct{})})
	r := &logReader{d.db, a, p}
	client := d.HTTPClient
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	p.sign = o.CheckpointPublisher(signerReader{r}, client)
	// A crash may have come between the last entries and their checkpoint. If no checkpoint can be had now, it is tried again later.
	if err := p.publish(ctx); err != nil {
		d.db.log.Warn("store: no checkpoint could be published yet", "err", err)
	}
	run, cancel := context.WithCancel(ctx)
	d.log, d.cancel = r, cancel
	go a.write(run)
	go p.run(run)
	return &tessera.Appender{Add: a.add}, r, nil
}

// drive makes sure that one appender at most writes the log.
func (d *DB) drive() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.err != nil:
		return d.err
	case d.driven:
		return errors.New("store: the log has an appender already")
	}
	d.driven = true
	return nil
}

// Close takes no more entries, writes those that wait, publishes a checkpoint for them, and ends the driver. With an error it has ended as
// well: what could not be published will be when the store is opened again.
func (d *Driver) Close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil {
		return nil
	}
	err := d.log.appender.drain(ctx)
	if err == nil {
		err = d.log.publisher.finish(ctx, d.Hasty)
	}
	d.cancel()
	<-d.log.appender.done
	<-d.log.publisher.done
	d.log = nil
	return err
}

// A logReader reads what is on disk, whether a checkpoint covers it or not. It is a tessera.LogReader.
type logReader struct {
	db        *DB
	appender  *appender
	publisher *publisher
}

// ReadCheckpoint implements tessera.LogReader.
func (r *logReader) ReadCheckpoint(context.Context) ([]byte, error) {
	if c := r.publisher.newest.Load(); c.Signed != nil {
		return c.Signed, nil
	}
	return nil, os.ErrNotExist
}

// signerReader is what the checkpoint publisher reads from. Of the checkpoint before it wants the size only, as a hint for witnesses; where
// there is none, it is told 0 in place of an error, which it would log.
type signerReader struct{ *logReader }

// ReadCheckpoint implements tessera.LogReader.
func (r signerReader) ReadCheckpoint(ctx context.Context) ([]byte, error) {
	signed, err := r.logReader.ReadCheckpoint(ctx)
	if errors.Is(err, os.ErrNotExist) {
		return []byte("none\n0\n\n\n"), nil
	}
	return signed, err
}

// ReadTile implements tessera.LogReader.
func (r *logReader) ReadTile(_ context.Context, level, index uint64, p uint8) ([]byte, error) {
	if level > 63 {
		return nil, os.ErrNotExist
	}
	return r.tile(int(level), index, p)
}

// ReadEntryBundle implements tessera.LogReader.
func (r *logReader) ReadEntryBundle(_ context.Context, index uint64, p uint8) ([]byte, error) {
	return r.tile(-1, index, p)
}

func (r *logReader) tile(level int, index uint64, p uint8) ([]byte, error) {
	if index >= 1<<62 {
		return nil, os.ErrNotExist
	}
	width := int(p)
	if p == 0 {
		width = boardlog.TileWidth
	}
	return r.db.tile(r.appender.tree.Load(), r.appender.cache, tlog.Tile{H: 8, L: level, N: int64(index), W: width})
}

// NextIndex implements tessera.LogReader.
func (r *logReader) NextIndex(context.Context) (uint64, error) {
	r.appender.mu.Lock()
	defer r.appender.mu.Unlock()
	return r.appender.next, nil
}

// IntegratedSize implements tessera.LogReader.
func (r *logReader) IntegratedSize(context.Context) (uint64, error) {
	return r.appender.tree.Load().size, nil
}
