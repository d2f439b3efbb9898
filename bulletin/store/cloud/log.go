package cloud

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/transparency-dev/tessera"
	tesseraaws "github.com/transparency-dev/tessera/storage/aws"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// Options say what a log is and how it works.
type Options struct {
	Config
	// Origin is the log's name, the first line of its checkpoints.
	Origin string
	// Signer signs checkpoints. Its name must be Origin. All front ends of a log have the same key.
	Signer note.Signer

	// Witnesses must cosign each checkpoint before it is published. Default: none.
	Witnesses tessera.WitnessGroup
	// WitnessTimeout is how long they have for one checkpoint. Default 5 s.
	WitnessTimeout time.Duration
	// HTTPClient talks to witnesses. Default: one with a timeout of 10 s.
	HTTPClient *http.Client

	// CheckpointInterval is the least time between two checkpoints of all front ends together. Default and least 1 s.
	CheckpointInterval time.Duration
	// RepublishInterval is how old the checkpoint of a log that does not grow may become before witnesses are asked again. Default 10
	// minutes; negative: never.
	RepublishInterval time.Duration
	// ShutdownTimeout is how long Close waits for a checkpoint that covers everything. Default 10 s.
	ShutdownTimeout time.Duration
	// Logger is told of trouble. Default slog.Default().
	Logger *slog.Logger
}

// A Log is a board's log as one of its front ends sees it. It is a board.SharedLog. Reading is safe for concurrent use; as a boardlog.Source
// it has what the newest checkpoint that this front end knows of covers.
type Log struct {
	db       *sql.DB
	bucket   *bucket
	holder   string
	log      *slog.Logger
	shutdown time.Duration

	add    tessera.AddFn
	run    context.Context    // of Tessera's work and of follow
	cancel context.CancelFunc // of run
	ended  chan struct{}      // closed when follow has ended

	size       atomic.Uint64 // of what is durable and known here
	integrated atomic.Uint64 // of what is known to be in the bucket
	newest     atomic.Pointer[published]
	tiles      *lru.Cache[place, []byte]

	// Of the goroutine that has the turn.
	turn context.CancelFunc

	closed sync.Once
	err    error // of Close
}

// published is a checkpoint that stays in place until changed is closed.
type published struct {
	store.Checkpoint
	at      int64 // when the database says that it was published, seconds since 1970
	changed chan struct{}
}

const (
	// A batch is sent at once, so that it is no larger than what a database takes in one packet by default (16 MiB).
	maxBatchEntries = 1024
	maxBatchBytes   = 4 << 20
	// batchAge is how long Tessera collects a batch, all of whose entries are there at once.
	batchAge = 3 * time.Millisecond
)

// Open opens a log, which is empty if database and bucket are new. The context is for opening only.
func Open(ctx context.Context, o Options) (*Log, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	l, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return l, nil
}

func (o *Options) check() error {
	if err := o.Config.check(); err != nil {
		return err
	}
	switch {
	case o.Signer == nil:
		return errors.New("no signer is given")
	case o.Origin == "" || o.Signer.Name() != o.Origin:
		return fmt.Errorf("origin %q is not the name of the signer, %q", o.Origin, o.Signer.Name())
	case o.CheckpointInterval < 0 || o.WitnessTimeout < 0 || o.ShutdownTimeout < 0:
		return fmt.Errorf("checkpoint interval %v, witness timeout %v, shutdown timeout %v: none may be negative", o.CheckpointInterval, o.WitnessTimeout, o.ShutdownTimeout)
	}
	set(&o.WitnessTimeout, 5*time.Second)
	o.CheckpointInterval = max(o.CheckpointInterval, time.Second)
	set(&o.RepublishInterval, max(10*time.Minute, o.CheckpointInterval))
	set(&o.ShutdownTimeout, 10*time.Second)
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return nil
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func identity(s note.Signer) string { return fmt.Sprintf("%s+%08x", s.Name(), s.KeyHash()) }

func open(ctx context.Context, o Options) (*Log, error) {
	quieten(o.Logger)
	l := &Log{log: o.Logger, shutdown: o.ShutdownTimeout, ended: make(chan struct{}), turn: func() {}}
	var name [8]byte
	rand.Read(name[:])
	l.holder = hex.EncodeToString(name[:])
	l.newest.Store(&published{changed: make(chan struct{})})
	var err error
	if l.tiles, err = lru.New[place, []byte](4096); err != nil { // of up to 8 KiB
		return nil, err
	}
	if l.db, err = openDatabase(o.MySQL, l.holder); err != nil {
		return nil, err
	}
	if err := l.start(ctx, o); err != nil {
		if l.cancel != nil {
			l.cancel()
		}
		l.db.Close()
		return nil, err
	}
	go l.follow()
	return l, nil
}

func (l *Log) start(ctx context.Context, o Options) error {
	// A log that is elsewhere now, or another one, is not touched.
	if there, err := hasTable(ctx, l.db, "MandateLog"); err != nil {
		return err
	} else if there {
		if err := identify(ctx, l.db, identity(o.Signer)); err != nil {
			return err
		}
	}
	sdk, options, err := o.sdk(ctx)
	if err != nil {
		return err
	}
	l.bucket = openBucket(o.Config, sdk, options)
	dsn, err := dsnOf(o.MySQL, l.holder)
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.run, l.cancel = run, cancel
	driver, err := tesseraaws.New(run, tesseraaws.Config{
		SDKConfig: &sdk, S3Options: options, Bucket: o.Bucket, BucketPrefix: o.Prefix, DSN: dsn.FormatDSN(), MaxOpenConns: 8, MaxIdleConns: 4, HTTPClient: o.HTTPClient,
	})
	if err != nil {
		return err
	}
	// Nobody has another batch under way while one is announced, so batches of Tessera's queue are never full. Push-back is Take's.
	appender, _, _, err := tessera.NewAppender(run, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(o.Signer).
		WithBatching(maxBatchEntries+1, batchAge).
		WithPushback(1<<40).
		WithCheckpointInterval(o.CheckpointInterval).
		WithCheckpointRepublishInterval(max(o.RepublishInterval, 0)).
		WithWitnesses(o.Witnesses, &tessera.WitnessOptions{Timeout: o.WitnessTimeout}))
	if err != nil {
		return err
	}
	l.add = appender.Add
	if err := prepare(ctx, l.db); err != nil {
		return err
	}
	if err := identify(ctx, l.db, identity(o.Signer)); err != nil {
		return err
	}
	if _, err := l.Refresh(ctx); err != nil {
		return err
	}
	return l.look(ctx)
}

func hasTable(ctx context.Context, db *sql.DB, name string) (there bool, err error) {
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?`, name).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("asking the database for its tables: %w", err)
	}
	return there, nil
}

var quietOnce sync.Once

// quieten has Tessera's driver speak through a logger, from warnings up.
func quieten(to *slog.Logger) {
	quietOnce.Do(func() { klog.SetSlogLogger(slog.New(warnings{to.Handler()})) })
}

// warnings passes on what is a warning or worse.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// Size returns how many entries are durable, as far as this front end knows. The newest checkpoint may cover fewer.
func (l *Log) Size() uint64 { return l.size.Load() }

// Refresh asks how many entries are durable, which Size then says.
func (l *Log) Refresh(ctx context.Context) (uint64, error) {
	var size uint64
	if err := l.db.QueryRowContext(ctx, `SELECT next FROM SeqCoord WHERE id = 0`).Scan(&size); err != nil {
		return 0, fmt.Errorf("asking for the size of the log: %w", err)
	}
	grow(&l.size, size)
	return l.size.Load(), nil
}

func grow(to *atomic.Uint64, size uint64) {
	for {
		now := to.Load()
		if size <= now || to.CompareAndSwap(now, size) {
			return
		}
	}
}

// AppendBatch adds entries in order, with no others among them, and returns the index of the first when all are durable. The caller has the
// turn, and has read all entries below Size. After an error that is not ErrTurnLost it is not known how many of them are on the log.
func (l *Log) AppendBatch(ctx context.Context, entries [][]byte) (first uint64, err error) {
	if len(entries) == 0 {
		return 0, errors.New("an empty batch")
	}
	for _, e := range entries {
		if len(e) < 1 || len(e) > boardlog.MaxEntrySize {
			return 0, fmt.Errorf("%w, not %d", store.ErrEntrySize, len(e))
		}
	}
	first = l.size.Load()
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && n < maxBatchEntries && size+len(entries[n]) <= maxBatchBytes {
			size += len(entries[n])
			n++
		}
		if err := l.append(ctx, entries[:n]); err != nil {
			return 0, fmt.Errorf("writing entries from %d on: %w", l.size.Load(), err)
		}
		entries = entries[n:]
	}
	return first, nil
}

// patience is how long a batch is tried again.
const patience = time.Minute

// append writes a batch that is one transaction.
func (l *Log) append(ctx context.Context, entries [][]byte) error {
	place, number := l.size.Load(), uint64(len(entries))
	began := time.Now()
	for attempt := 1; ; attempt++ {
		mine, err := l.announce(ctx, place, number)
		if err == nil && !mine {
			return ErrTurnLost
		}
		if err == nil {
			if err = l.send(ctx, place, entries); err == nil {
				l.size.Store(place + number)
				return nil
			}
		}
		// The outcome may be unknown: the connection may have broken during the commit.
		what, settleErr := l.settle(ctx, place, number)
		for settleErr != nil && time.Since(began) < patience && pause(ctx, 200*time.Millisecond) == nil {
			what, settleErr = l.settle(ctx, place, number)
		}
		switch {
		case settleErr != nil:
			return errors.Join(err, settleErr)
		case what == written:
			l.size.Store(place + number)
			return nil
		case what == lost:
			return fmt.Errorf("%w (%w)", ErrTurnLost, err)
		case time.Since(began) >= patience:
			return err
		}
		if attempt > 1 {
			l.log.Warn("cloud: a batch was not written, and is sent again", "entries", number, "error", err)
		}
		if err := pause(ctx, min(time.Duration(attempt)*5*time.Millisecond, time.Second)); err != nil {
			return err
		}
	}
}

// send hands a batch to Tessera, and returns when all its pieces are written or have failed.
func (l *Log) send(ctx context.Context, place uint64, entries [][]byte) error {
	futures := make([]tessera.IndexFuture, len(entries))
	for i, e := range entries {
		futures[i] = l.add(context.WithoutCancel(ctx), tessera.NewEntry(e))
	}
	var failed error
	for i, future := range futures {
		at, err := future()
		if err == nil && at.Index != place+uint64(i) {
			err = fmt.Errorf("entry %d was put at %d", place+uint64(i), at.Index)
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// Close waits until a checkpoint covers all that is known here, for a while, and ends this front end. With an error it has ended as well; what
// no checkpoint covers yet, another front end's will, or that of the next start.
func (l *Log) Close() error {
	l.closed.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), l.shutdown)
		defer cancel()
		l.turn()
		if size := l.size.Load(); size > 0 {
			if _, err := l.Await(ctx, size-1); err != nil {
				l.err = fmt.Errorf("of %d entries a checkpoint covers %d: %w", size, l.Checkpoint().Size, err)
			}
		}
		l.cancel()
		<-l.ended
		if _, err := l.db.ExecContext(ctx, `DELETE FROM MandateFronts WHERE holder = ?`, l.holder); err != nil {
			l.err = errors.Join(l.err, fmt.Errorf("taking leave: %w", err))
		}
		l.err = errors.Join(l.err, l.db.Close())
	})
	return l.err
}
