package cloud

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The tables beside Tessera's own. Each of the first two has one row.
const (
	// identity is origin and key of the log; state is 'live', or why no board may open it.
	createLog = `CREATE TABLE IF NOT EXISTS MandateLog (
		id INT UNSIGNED NOT NULL PRIMARY KEY, identity VARBINARY(512) NOT NULL, state VARBINARY(512) NOT NULL) ENGINE=InnoDB`
	// holder is '' when nobody has the turn; place and number are the announcement.
	createTurn = `CREATE TABLE IF NOT EXISTS MandateTurn (
		id INT UNSIGNED NOT NULL PRIMARY KEY, holder VARBINARY(32) NOT NULL, ends DATETIME(6) NOT NULL,
		place BIGINT UNSIGNED NOT NULL, number BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB`
	// The front ends that run, each with its last sign of life.
	createFronts = `CREATE TABLE IF NOT EXISTS MandateFronts (
		holder VARBINARY(32) NOT NULL PRIMARY KEY, seen DATETIME(6) NOT NULL) ENGINE=InnoDB`
	// Records that are promised and not on the log.
	createShelf = `CREATE TABLE IF NOT EXISTS MandateShelf (
		seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, id BINARY(32) NOT NULL UNIQUE, raw BLOB NOT NULL) ENGINE=InnoDB`
	// The fence: see the package comment.
	createFence = `CREATE TRIGGER IF NOT EXISTS MandateFence BEFORE UPDATE ON SeqCoord FOR EACH ROW
		BEGIN
			UPDATE MandateTurn SET place = NEW.next, number = 0
				WHERE id = 0 AND holder = @mandate_holder AND place = OLD.next AND number > 0 AND number = NEW.next - OLD.next;
			IF ROW_COUNT() <> 1 THEN
				SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mandate: these entries are not announced';
			END IF;
		END`
)

// errFence is the number of the error that the fence raises (SIGNAL, ER_SIGNAL_EXCEPTION).
const errFence = 1644

// lease is how long a holder that gives no sign of life keeps the turn.
const lease = 5 * time.Second

// dsnOf returns the data source name with what this package needs: bounds on how long a dead server is waited for, and the holder's name,
// which the fence asks for.
func dsnOf(dsn, holder string) (*mysql.Config, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("mysql: the data source name cannot be read")
	}
	limit := func(field *time.Duration, most time.Duration) {
		if *field <= 0 || *field > most {
			*field = most
		}
	}
	limit(&c.Timeout, 10*time.Second)
	limit(&c.ReadTimeout, 30*time.Second)
	limit(&c.WriteTimeout, 30*time.Second)
	c.RejectReadOnly = true // after a failover, connections to what is now a replica are closed
	if c.Params == nil {
		c.Params = make(map[string]string)
	}
	c.Params["@mandate_holder"] = "'" + holder + "'"
	return c, nil
}

// openDatabase connects as a holder. Updates of the connections say how many rows they found, not how many they changed.
func openDatabase(dsn, holder string) (*sql.DB, error) {
	c, err := dsnOf(dsn, holder)
	if err != nil {
		return nil, err
	}
	c.ClientFoundRows = true
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	return db, nil
}

// prepare makes this package's tables, beside Tessera's, which are there, and tries the fence.
func prepare(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{
		createLog, createTurn, createFronts, createShelf,
		`INSERT IGNORE INTO MandateTurn (id, holder, ends, place, number) VALUES (0, '', UTC_TIMESTAMP(6), 0, 0)`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("making the tables: %w", err)
		}
	}
	if _, err := db.ExecContext(ctx, createFence); err != nil {
		return fmt.Errorf("making the trigger that keeps front ends from writing at once (the account needs the privilege TRIGGER, and with a binary log the server log_bin_trust_function_creators=1): %w", err)
	}
	if err := tryFence(ctx, db); err != nil {
		return err
	}
	var flush string
	if err := db.QueryRowContext(ctx, `SELECT @@innodb_flush_log_at_trx_commit`).Scan(&flush); err != nil {
		return fmt.Errorf("asking the database whether commits are durable: %w", err)
	}
	if flush != "1" {
		return fmt.Errorf("the database does not sync its log on commit (innodb_flush_log_at_trx_commit is %s, must be 1): it could lose what the board has promised", flush)
	}
	return nil
}

// tryFence makes sure that entries which nobody has announced are refused.
func tryFence(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("trying the fence: %w", err)
	}
	defer tx.Rollback()
	for _, statement := range []string{`SET @mandate_before = @mandate_holder`, `SET @mandate_holder = 'nobody'`} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("trying the fence: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE SeqCoord SET next = next + 1 WHERE id = 0`)
	if _, err := tx.ExecContext(ctx, `SET @mandate_holder = @mandate_before`); err != nil {
		return fmt.Errorf("trying the fence: %w", err)
	}
	var fenced *mysql.MySQLError
	switch {
	case err == nil:
		return errors.New("the trigger MandateFence on the table SeqCoord does not do what it must: drop it, and it is made anew")
	case !errors.As(err, &fenced) || fenced.Number != errFence:
		return fmt.Errorf("trying the fence: %w", err)
	}
	return nil
}

const (
	live = "live"
	// moving is the state of a log that is being copied to here, leaving that of one that is being copied elsewhere, and one that has been
	// is "moved to" there.
	moving  = "moving here"
	leaving = "leaving"
	movedTo = "moved to "
)

// identify makes sure that a database is used with one origin and key only, and that boards may open it.
func identify(ctx context.Context, db *sql.DB, identity string) error {
	if _, err := db.ExecContext(ctx, `INSERT IGNORE INTO MandateLog (id, identity, state) VALUES (0, ?, ?)`, identity, live); err != nil {
		return fmt.Errorf("naming the log: %w", err)
	}
	got, state, err := identityOf(ctx, db)
	switch {
	case err != nil:
		return err
	case got != identity:
		return fmt.Errorf("the database has the log %.300s, the signer is %s", got, identity)
	case state == moving || state == leaving:
		return fmt.Errorf("the log is being moved (%s), and that has not come to its end: run mandate migrate again", state)
	case state != live:
		return fmt.Errorf("the log is no longer here, it has been %.300s: a board that went on here would fork it", state)
	}
	return nil
}

// identityOf returns name and state of the log, "" if the database has none.
func identityOf(ctx context.Context, db *sql.DB) (identity, state string, err error) {
	err = db.QueryRowContext(ctx, `SELECT identity, state FROM MandateLog WHERE id = 0`).Scan(&identity, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("asking the database for the name of its log: %w", err)
	}
	return identity, state, nil
}
