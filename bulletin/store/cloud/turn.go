package cloud

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ErrTurnLost says that another front end has taken the turn, because this one gave no sign of life: what it was about to write was not
// written. The log must be opened again.
var ErrTurnLost = errors.New("another front end has taken the turn")

const (
	// maxWaiting is how many entries may be sequenced and not yet in the bucket before nobody takes a turn.
	maxWaiting = 65536
	// longest is how long a holder that does give signs of life may keep the turn.
	longest = 10 * time.Minute
)

// Take waits until no other front end has the turn, and takes it. What others have written until then is durable and in Size. Whoever has the
// turn may AppendBatch, Keep and Forget; one goroutine does all of that.
func (l *Log) Take(ctx context.Context) error {
	for {
		waiting, err := l.waiting(ctx)
		if err != nil {
			return fmt.Errorf("taking the turn: %w", err)
		}
		if waiting <= maxWaiting {
			took, err := l.update(ctx, `UPDATE MandateTurn SET holder = ?, ends = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, number = 0
				WHERE id = 0 AND (holder = '' OR holder = ? OR ends < UTC_TIMESTAMP(6)) AND (SELECT state FROM MandateLog WHERE id = 0) = ?`,
				l.holder, lease.Microseconds(), l.holder, live)
			if err != nil {
				return fmt.Errorf("taking the turn: %w", err)
			}
			if took {
				break
			}
		}
		if err := pause(ctx, 2*time.Millisecond+rand.N(8*time.Millisecond)); err != nil {
			return fmt.Errorf("taking the turn: %w", err)
		}
	}
	if _, err := l.Refresh(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	l.turn = cancel
	go l.renew(ctx)
	return nil
}

// renew gives signs of life while this front end has the turn.
func (l *Log) renew(ctx context.Context) {
	for pause(ctx, lease/4) == nil {
		_, err := l.update(ctx, `UPDATE MandateTurn SET ends = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id = 0 AND holder = ?`, lease.Microseconds(), l.holder)
		if err != nil && ctx.Err() == nil {
			l.log.Warn("cloud: the lease of the turn could not be renewed", "error", err)
		}
	}
}

// Release gives the turn back. If that fails, others get it when the lease has run out.
func (l *Log) Release(ctx context.Context) error {
	l.turn()
	if _, err := l.update(ctx, `UPDATE MandateTurn SET holder = '', number = 0 WHERE id = 0 AND holder = ?`, l.holder); err != nil {
		return fmt.Errorf("giving the turn back: %w", err)
	}
	return nil
}

// announce says what will be written next. It is false if this front end has not got the turn any more.
func (l *Log) announce(ctx context.Context, place, number uint64) (bool, error) {
	return l.update(ctx, `UPDATE MandateTurn SET place = ?, number = ? WHERE id = 0 AND holder = ?`, place, number, l.holder)
}

// An outcome says what became of an announcement.
type outcome int

const (
	unwritten outcome = iota // and never will be: it is withdrawn
	written
	lost // the turn
)

// settle finds out whether what was announced was written, and withdraws the announcement if not. A transaction that is under way holds the
// row, so this waits for its end.
func (l *Log) settle(ctx context.Context, place, number uint64) (outcome, error) {
	withdrawn, err := l.update(ctx, `UPDATE MandateTurn SET number = 0 WHERE id = 0 AND holder = ? AND place = ? AND number = ?`, l.holder, place, number)
	if err != nil {
		return lost, err
	}
	if withdrawn {
		return unwritten, nil
	}
	var used bool
	err = l.db.QueryRowContext(ctx, `SELECT holder = ? AND place = ? AND number = 0 FROM MandateTurn WHERE id = 0`, l.holder, place+number).Scan(&used)
	switch {
	case err != nil:
		return lost, err
	case used:
		return written, nil
	}
	return lost, nil
}

// update changes one row, if it is there.
func (l *Log) update(ctx context.Context, statement string, args ...any) (found bool, err error) {
	result, err := l.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// waiting returns how many entries are sequenced and not yet in the bucket.
func (l *Log) waiting(ctx context.Context) (n uint64, err error) {
	err = l.db.QueryRowContext(ctx, `SELECT SeqCoord.next - IntCoord.seq FROM SeqCoord JOIN IntCoord USING (id) WHERE id = 0`).Scan(&n)
	return n, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
