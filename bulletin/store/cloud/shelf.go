package cloud

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mandate/ballot/record"
)

// shelfTimeout bounds what is done with the shelf.
const shelfTimeout = 30 * time.Second

// Keep returns when records that are promised and not on the log are durable. The caller has the turn: in the same transaction the row that
// says so is held, so nobody can take the turn, judge without these records, and then find them.
func (l *Log) Keep(raws [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), shelfTimeout)
	defer cancel()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keeping records: %w", err)
	}
	defer tx.Rollback()
	var holder string
	if err := tx.QueryRowContext(ctx, `SELECT holder FROM MandateTurn WHERE id = 0 FOR UPDATE`).Scan(&holder); err != nil {
		return fmt.Errorf("keeping records: %w", err)
	}
	if holder != l.holder {
		return fmt.Errorf("keeping records: %w", ErrTurnLost)
	}
	for _, raw := range raws {
		id := record.IDOf(raw)
		if _, err := tx.ExecContext(ctx, `INSERT IGNORE INTO MandateShelf (id, raw) VALUES (?, ?)`, id[:], raw); err != nil {
			return fmt.Errorf("keeping records: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keeping records: %w", err)
	}
	return nil
}

// Forget removes records that are on the log now, if they are there.
func (l *Log) Forget(ids []record.ID) error {
	ctx, cancel := context.WithTimeout(context.Background(), shelfTimeout)
	defer cancel()
	for len(ids) > 0 {
		some := ids[:min(len(ids), 500)]
		ids = ids[len(some):]
		args := make([]any, len(some))
		for i := range some {
			args[i] = some[i][:]
		}
		statement := `DELETE FROM MandateShelf WHERE id IN (?` + strings.Repeat(",?", len(some)-1) + `)`
		if _, err := l.db.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("forgetting records: %w", err)
		}
	}
	return nil
}

// Kept returns all that are there.
func (l *Log) Kept() ([][]byte, error) {
	raws, _, err := l.KeptSince(0)
	return raws, err
}

// KeptSince returns those that were kept since an earlier call, which returned that number; 0 is before all.
func (l *Log) KeptSince(since uint64) (raws [][]byte, now uint64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), shelfTimeout)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, `SELECT seq, raw FROM MandateShelf WHERE seq > ? ORDER BY seq`, since)
	if err != nil {
		return nil, since, fmt.Errorf("reading what is kept off the log: %w", err)
	}
	defer rows.Close()
	now = since
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&now, &raw); err != nil {
			return nil, since, fmt.Errorf("reading what is kept off the log: %w", err)
		}
		raws = append(raws, raw)
	}
	if err := rows.Err(); err != nil {
		return nil, since, fmt.Errorf("reading what is kept off the log: %w", err)
	}
	return raws, now, nil
}
