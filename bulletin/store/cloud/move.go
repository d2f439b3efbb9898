package cloud

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/transparency-dev/tessera"
	tesseraaws "github.com/transparency-dev/tessera/storage/aws"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// A Still is a log that no front end writes, because it is moved elsewhere or has been moved here. It is a store.Moving.
type Still struct {
	*Log
	name, state string
}

func openStill(ctx context.Context, c Config) (*Still, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	quieten(slog.Default())
	var name [8]byte
	rand.Read(name[:])
	l := &Log{log: slog.Default(), holder: hex.EncodeToString(name[:]), ended: make(chan struct{}), turn: func() {}}
	l.newest.Store(&published{changed: make(chan struct{})})
	var err error
	if l.tiles, err = lru.New[place, []byte](4096); err != nil {
		return nil, err
	}
	sdk, options, err := c.sdk(ctx)
	if err != nil {
		return nil, err
	}
	l.bucket = openBucket(c, sdk, options)
	if l.db, err = openDatabase(c.MySQL, l.holder); err != nil {
		return nil, err
	}
	return &Still{Log: l}, nil
}

// OpenStill opens a log to be moved elsewhere. It refuses one that a front end writes, and from then on no front end can write it, until
// Stay is called.
func OpenStill(ctx context.Context, c Config) (_ *Still, err error) {
	s, err := openStill(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening the log to be moved: %w", err)
	}
	defer func() {
		if err != nil {
			s.db.Close()
		}
	}()
	if there, err := hasTable(ctx, s.db, "MandateLog"); err != nil || !there {
		return nil, errors.Join(err, errors.New("opening the log to be moved: the database has none"))
	}
	if s.name, s.state, err = identityOf(ctx, s.db); err != nil {
		return nil, err
	}
	if s.state == moving {
		return nil, errors.New("opening the log to be moved: it is being moved here, and that has not come to its end")
	}
	var running int
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM MandateFronts WHERE seen > UTC_TIMESTAMP(6) - INTERVAL ? SECOND`, int(absent.Seconds())).Scan(&running); err != nil {
		return nil, fmt.Errorf("asking which front ends run: %w", err)
	}
	if running > 0 {
		return nil, fmt.Errorf("%d front ends of the board run, or were killed less than %v ago: stop them all first", running, absent)
	}
	if s.state == live {
		if _, err := s.update(ctx, `UPDATE MandateLog SET state = ? WHERE id = 0 AND state = ?`, leaving, live); err != nil {
			return nil, fmt.Errorf("keeping front ends from the log: %w", err)
		}
	}
	if err := s.settled(ctx); err != nil {
		return nil, errors.Join(err, s.Stay(ctx))
	}
	return s, nil
}

// settled reads what the log has, and makes sure that a checkpoint covers all of it.
func (s *Still) settled(ctx context.Context) error {
	if _, err := s.Refresh(ctx); err != nil {
		return err
	}
	if err := s.lookIntegrated(ctx); err != nil {
		return err
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	if size, c := s.Size(), s.Checkpoint(); size == 0 || c.Size != size || s.integrated.Load() != size {
		return fmt.Errorf("of %d entries a checkpoint covers %d: start the board once, stop it in order, and try again", size, c.Size)
	}
	return nil
}

// Name returns origin and key of the log.
func (s *Still) Name() string { return s.name }

// MovedTo says where the log has been moved, "" if it has not been.
func (s *Still) MovedTo() string {
	to, ok := strings.CutPrefix(s.state, movedTo)
	if !ok {
		return ""
	}
	return to
}

// SetMoved says for ever that the log is elsewhere now.
func (s *Still) SetMoved(ctx context.Context, to string) error {
	if _, err := s.update(ctx, `UPDATE MandateLog SET state = ? WHERE id = 0`, movedTo+to); err != nil {
		return fmt.Errorf("noting that the log has been moved: %w", err)
	}
	s.state = movedTo + to
	return nil
}

// Stay lets front ends write a log again that was not moved after all.
func (s *Still) Stay(ctx context.Context) error {
	if _, err := s.update(ctx, `UPDATE MandateLog SET state = ? WHERE id = 0 AND state = ?`, live, leaving); err != nil {
		return fmt.Errorf("letting front ends write again: %w", err)
	}
	return nil
}

// Activate lets boards open a log that has been moved here.
func (s *Still) Activate(ctx context.Context) error {
	if _, err := s.update(ctx, `UPDATE MandateLog SET state = ? WHERE id = 0 AND state = ?`, live, moving); err != nil {
		return fmt.Errorf("letting boards open the log: %w", err)
	}
	return nil
}

// Close closes it.
func (s *Still) Close() error { return s.db.Close() }

// MoveHere copies a log to an empty database and bucket, or goes on with doing so. No board can open it until Activate is called.
func MoveHere(ctx context.Context, c Config, from store.Moving) (_ *Still, err error) {
	s, err := openStill(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("moving a log to %v: %w", c, err)
	}
	if err := s.fill(ctx, c, from); err != nil {
		return nil, errors.Join(fmt.Errorf("moving a log to %v: %w", c, err), s.db.Close())
	}
	return s, nil
}

func (s *Still) fill(ctx context.Context, c Config, from store.Moving) error {
	there, err := hasTable(ctx, s.db, "MandateLog")
	if err != nil {
		return err
	}
	if !there {
		if other, err := hasTable(ctx, s.db, "SeqCoord"); err != nil || other {
			return errors.Join(err, errors.New("the database has tables of another log"))
		}
	}
	if _, err := s.db.ExecContext(ctx, createLog); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO MandateLog (id, identity, state) VALUES (0, ?, ?)`, from.Name(), moving); err != nil {
		return err
	}
	if s.name, s.state, err = identityOf(ctx, s.db); err != nil {
		return err
	}
	head := from.Checkpoint()
	if s.name != from.Name() || s.state != moving && from.MovedTo() == "" {
		return fmt.Errorf("the database has a log already: %s, %s", s.name, s.state)
	}
	if s.state == live { // the mark of the source says that it came here
		return s.settled(ctx)
	}
	dsn, err := dsnOf(c.MySQL, s.holder)
	if err != nil {
		return err
	}
	sdk, options, err := c.sdk(ctx)
	if err != nil {
		return err
	}
	driver, err := tesseraaws.New(ctx, tesseraaws.Config{SDKConfig: &sdk, S3Options: options, Bucket: c.Bucket, BucketPrefix: c.Prefix, DSN: dsn.FormatDSN(), MaxOpenConns: 4, MaxIdleConns: 2})
	if err != nil {
		return err
	}
	target, err := tessera.NewMigrationTarget(ctx, driver, tessera.NewMigrationOptions())
	if err != nil {
		return err
	}
	if err := prepare(ctx, s.db); err != nil {
		return err
	}
	if err := s.lookIntegrated(ctx); err != nil {
		return err
	}
	if s.integrated.Load() < head.Size {
		err := target.Migrate(ctx, 8, head.Size, head.Root[:], func(ctx context.Context, n uint64, width uint8) ([]byte, error) {
			t := tlog.Tile{H: 8, L: -1, N: int64(n), W: int(width)}
			if width == 0 {
				t.W = boardlog.TileWidth
			}
			return from.ReadFile(ctx, boardlog.TilePath(t))
		})
		if err != nil {
			return err
		}
	}
	if err := s.bucket.write(ctx, boardlog.CheckpointPath, head.Signed); err != nil {
		return err
	}
	kept, err := from.Kept()
	if err != nil {
		return err
	}
	if err := s.begin(ctx, head.Size, kept); err != nil {
		return err
	}
	return s.settled(ctx)
}

// begin sets what Tessera's migration leaves as it was: the next index, which otherwise were 0, and what is published. It passes the fence in
// the one way that there is.
func (s *Still) begin(ctx context.Context, size uint64, kept [][]byte) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var next uint64
	if err := tx.QueryRowContext(ctx, `SELECT next FROM SeqCoord WHERE id = 0 FOR UPDATE`).Scan(&next); err != nil {
		return err
	}
	type step struct {
		statement string
		args      []any
	}
	steps := []step{
		{`UPDATE PubCoord SET publishedAt = ?, size = ? WHERE id = 0`, []any{time.Now().Unix(), size}},
		{`UPDATE GCCoord SET fromSize = ? WHERE id = 0`, []any{size - size%boardlog.TileWidth}}, // there are no partial files before
		{`DELETE FROM MandateShelf`, nil},
	}
	if next != size {
		steps = append(steps,
			step{`UPDATE MandateTurn SET holder = ?, place = ?, number = ? WHERE id = 0`, []any{s.holder, next, size - next}},
			step{`UPDATE SeqCoord SET next = ? WHERE id = 0`, []any{size}},
			step{`UPDATE MandateTurn SET holder = '' WHERE id = 0`, nil})
	}
	for _, raw := range kept {
		id := record.IDOf(raw)
		steps = append(steps, step{`INSERT INTO MandateShelf (id, raw) VALUES (?, ?)`, []any{id[:], raw}})
	}
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
