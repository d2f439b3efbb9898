package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

// A Checkpoint is the newest tree head that the log has published: signed, witnessed if witnesses are configured, and on disk.
type Checkpoint struct {
	Signed []byte // C2SP tlog-checkpoint; nil before the first
	Size   uint64
	Root   tlog.Hash
}

// published is a checkpoint that stays in place until changed is closed.
type published struct {
	Checkpoint
	at      time.Time // when this process published it, zero if another did
	changed chan struct{}
}

// A publisher signs what is on disk, at most once in an interval, and keeps the result on disk.
type publisher struct {
	db       *DB
	appender *appender
	sign     func(ctx context.Context, size uint64, root []byte) ([]byte, error)
	interval time.Duration
	again    time.Duration // how old the checkpoint of a log that does not grow may become, 0 for no limit

	mu     sync.Mutex // held while publishing
	newest atomic.Pointer[published]
	done   chan struct{} // closed when run has ended
}

// loadCheckpoint reads the newest checkpoint, and checks that it is of this tree's past.
func (d *DB) loadCheckpoint(t *tree, cache *chunkCache) (Checkpoint, error) {
	var c Checkpoint
	signed, err := d.get(keyCheckpoint)
	if err != nil || signed == nil {
		return c, err
	}
	c.Signed = signed
	if c.Size, c.Root, err = headOf(signed); err != nil {
		return c, fmt.Errorf("%w: its checkpoint: %v", ErrCorrupt, err)
	}
	if c.Size > t.size {
		return c, fmt.Errorf("%w: a checkpoint of %d entries is published, there are %d", ErrCorrupt, c.Size, t.size)
	}
	root, err := tlog.TreeHash(int64(c.Size), tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return d.readHashes(t, cache, indexes)
	}))
	if err != nil {
		return c, err
	}
	if root != c.Root {
		return c, fmt.Errorf("%w: its hashes do not give the root of its checkpoint at size %d", ErrCorrupt, c.Size)
	}
	return c, nil
}

// headOf reads size and root of a checkpoint that this store has signed.
func headOf(signed []byte) (size uint64, root tlog.Hash, err error) {
	text, _, err := checkpoint.Signatures(signed)
	if err != nil {
		return 0, root, err
	}
	_, rest, _ := bytes.Cut([]byte(text), []byte("\n"))
	line, rest, _ := bytes.Cut(rest, []byte("\n"))
	if _, err := fmt.Sscanf(string(line), "%d", &size); err != nil || fmt.Sprint(size) != string(line) || size >= 1<<62 {
		return 0, root, fmt.Errorf("size %.40q is no number", line)
	}
	root, err = tlog.ParseHash(string(bytes.TrimSuffix(rest, []byte("\n"))))
	return size, root, err
}

// maxErrorPause is how long it takes at most until what failed is tried again.
const maxErrorPause = 3 * time.Second

// run publishes until its context ends: at once when the log has grown after a quiet time, else once in an interval.
func (p *publisher) run(ctx context.Context) {
	defer close(p.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var tried time.Time
	pause := errorPause
	for {
		select {
		case <-p.appender.grew:
		case <-timer.C:
		case <-p.db.stopped:
			return
		case <-ctx.Done():
			return
		}
		if wait := time.Until(tried.Add(p.interval)); wait > 0 {
			timer.Reset(wait)
			continue
		}
		tried = time.Now()
		if err := p.publish(ctx); err != nil {
			if ctx.Err() == nil && pause == errorPause { // said once, until it works again
				p.db.log.Warn("store: no checkpoint could be published, it will be tried again", slog.Any("err", err))
			}
			timer.Reset(max(p.interval, pause))
			pause = min(2*pause, maxErrorPause) // whoever is asked for cosignatures should not be asked all the time
			continue
		}
		pause = errorPause
		if p.again > 0 {
			timer.Reset(p.again)
		}
	}
}

// publish makes the newest checkpoint that of what is on disk.
func (p *publisher) publish(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, old := p.appender.tree.Load(), p.newest.Load()
	if old.Signed != nil && t.size == old.Size && (p.again <= 0 || time.Since(old.at) < p.again) {
		return nil
	}
	if t.size < old.Size {
		return p.db.stop(&StopError{fmt.Errorf("a checkpoint of size %d is published, the log has %d", old.Size, t.size)})
	}
	root := t.root()
	signed, err := p.sign(ctx, t.size, root[:])
	if err != nil {
		return fmt.Errorf("signing the checkpoint of size %d: %w", t.size, err)
	}
	if size, signedRoot, err := headOf(signed); err != nil || size != t.size || signedRoot != root || len(signed) > checkpoint.MaxSize {
		return fmt.Errorf("the signer gave no checkpoint of size %d: %w", t.size, err)
	}
	if err := p.db.update(func(txn *badger.Txn) error { return txn.Set(keyCheckpoint, signed) }); err != nil {
		return err
	}
	p.newest.Store(&published{Checkpoint{signed, t.size, root}, time.Now(), make(chan struct{})})
	close(old.changed)
	return nil
}

// await returns the newest checkpoint once it covers an entry.
func (p *publisher) await(ctx context.Context, index uint64) (Checkpoint, error) {
	for {
		now := p.newest.Load()
		if now.Size > index {
			return now.Checkpoint, nil
		}
		select {
		case <-now.changed:
		case <-p.db.stopped:
			return Checkpoint{}, p.db.Err()
		case <-p.done:
			if now = p.newest.Load(); now.Size > index {
				return now.Checkpoint, nil
			}
			if err := p.db.Err(); err != nil {
				return Checkpoint{}, err
			}
			return Checkpoint{}, ErrClosed
		case <-ctx.Done():
			return Checkpoint{}, ctx.Err()
		}
	}
}

// finish publishes until the checkpoint covers all that is on disk, once nothing is appended any more. If it is hasty, it tries once.
func (p *publisher) finish(ctx context.Context, hasty bool) error {
	for {
		err := p.db.Err()
		if err == nil {
			err = p.publish(ctx)
		}
		if size := p.appender.tree.Load().size; p.newest.Load().Size == size {
			return nil
		} else if p.db.Err() != nil || ctx.Err() != nil {
			return fmt.Errorf("of %d entries on disk a checkpoint covers %d: %w", size, p.newest.Load().Size, err)
		} else if hasty && err != nil {
			p.db.log.Warn("store: closed without a checkpoint of all entries, which is published when it is opened again", "entries", size, "err", err)
			return nil
		}
		select {
		case <-time.After(max(p.interval, errorPause)):
		case <-ctx.Done():
		}
	}
}
