package cloud

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

const (
	// watch is how often the database is asked for a new checkpoint.
	watch = 100 * time.Millisecond
	// alive is how often a front end says that it runs; one that has not for absent does not.
	alive  = 5 * time.Second
	absent = 30 * time.Second
)

// follow looks for new checkpoints and says that this front end runs.
func (l *Log) follow() {
	defer close(l.ended)
	ctx := l.run
	var said time.Time
	var troubled bool
	for {
		err := l.look(ctx)
		if err == nil && time.Since(said) >= alive {
			_, err = l.db.ExecContext(ctx, `INSERT INTO MandateFronts (holder, seen) VALUES (?, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE seen = UTC_TIMESTAMP(6)`, l.holder)
			said = time.Now()
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil && !troubled {
			l.log.Warn("cloud: looking for a new checkpoint", "error", err)
		}
		troubled = err != nil
		if pause(ctx, watch) != nil {
			return
		}
	}
}

// look takes up a new checkpoint, if there is one. The bucket can show an older one again for a moment, when a front end that published it was
// slow; what is shown here never goes back.
func (l *Log) look(ctx context.Context) error {
	var at int64
	var size uint64
	if err := l.db.QueryRowContext(ctx, `SELECT publishedAt, COALESCE(size, 0) FROM PubCoord WHERE id = 0`).Scan(&at, &size); err != nil {
		return fmt.Errorf("asking for the checkpoint: %w", err)
	}
	old := l.newest.Load()
	if at == old.at && size <= old.Size && old.Signed != nil || at == 0 {
		return nil
	}
	signed, err := l.bucket.read(ctx, boardlog.CheckpointPath)
	if err != nil {
		return err
	}
	head, err := checkpoint.Peek(signed) // the board checks it when it opens, everybody else always
	if err != nil {
		return fmt.Errorf("%w: the checkpoint in the bucket: %v", store.ErrCorrupt, err)
	}
	c := store.Checkpoint{Signed: signed, Size: head.Size, Root: tlog.Hash(head.Root)}
	if c.Size < old.Size || c.Size < size {
		return nil // the right one comes
	}
	grow(&l.integrated, c.Size)
	grow(&l.size, c.Size)
	l.newest.Store(&published{c, at, make(chan struct{})})
	close(old.changed)
	return nil
}

// Checkpoint returns the newest checkpoint that this front end knows of; one with no Signed if there is none yet.
func (l *Log) Checkpoint() store.Checkpoint { return l.newest.Load().Checkpoint }

// Await returns the newest checkpoint as soon as it covers an entry, whether that is there yet or not.
func (l *Log) Await(ctx context.Context, index uint64) (store.Checkpoint, error) {
	for {
		now := l.newest.Load()
		if now.Size > index {
			return now.Checkpoint, nil
		}
		select {
		case <-now.changed:
		case <-l.ended:
			return store.Checkpoint{}, store.ErrClosed
		case <-ctx.Done():
			return store.Checkpoint{}, ctx.Err()
		}
	}
}
