// Package migrate is the command mandate migrate: it moves a board's log from one kind of store to another, without changing a byte of it.
//
// A log that goes on in two places is two logs, for which there is evidence against the board. So the order of things is: nobody writes the
// old one; it is copied, and the copy is verified whole and compared; the old one is marked as moved, for ever; only then can a board open
// the new one. Whenever this is broken off, it is run again and goes on: at no moment can both be opened.
package migrate

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/bulletin/store/cloud"
	"mandate/verifier/boardlog"
)

const usage = `Migrate moves a board's log to another kind of store, byte for byte, when one machine is outgrown, or back.

Usage:
    mandate migrate -from STORE -to STORE

A STORE is one of
    badger:FOLDER     the folder of a log on one machine: the folder log in the board's own one
    mysql-s3:FILE     a log in a database and a bucket, which the file names (keys mysql, bucket, endpoint, region, access-key, secret-key)

The board must be stopped, with all its front ends, and the target must be empty. The log is verified whole before and after. The old store
is kept and marked as moved: no board opens it any more. If the command is broken off, run it again.

Example:
    mandate migrate -from badger:data/log -to mysql-s3:store.toml
`

// Run is the command.
func Run(ctx context.Context, args []string, _ io.Reader, out, stderr io.Writer) int {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	from := flags.String("from", "", "")
	to := flags.String("to", "", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return 0
	case err != nil || flags.NArg() > 0 || *from == "" || *to == "":
		if err == nil {
			err = errors.New("-from and -to are needed, and nothing else")
		}
		fmt.Fprintf(stderr, "error: %v\nhint: mandate migrate -h\n", err)
		return 2
	}
	if err := Migrate(ctx, *from, *to, out); err != nil {
		fmt.Fprintf(stderr, "error: %v\n", err)
		var hint *hinted
		if errors.As(err, &hint) {
			fmt.Fprintf(stderr, "hint: %s\n", hint.hint)
		}
		return 1
	}
	return 0
}

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// A moving is one end of the move.
type moving interface {
	store.Moving
	SetMoved(ctx context.Context, to string) error
	Stay(ctx context.Context) error
	Activate(ctx context.Context) error
	Close() error
}

// A kind is a kind of store. Its functions take what follows its name in an argument.
type kind struct {
	open     func(ctx context.Context, where string) (moving, error)
	moveHere func(ctx context.Context, where string, from moving, policy checkpoint.Policy) (moving, error)
	name     func(where string) (string, error) // without secrets, as the old store remembers it
}

var kinds = map[string]kind{
	"badger": {
		func(_ context.Context, where string) (moving, error) {
			if _, err := os.Stat(filepath.Join(where, "MANIFEST")); err != nil { // Badger would make a new one
				return nil, fmt.Errorf("%s is not the folder of a log: %w", where, fs.ErrNotExist)
			}
			s, err := store.OpenStill(where, badgerOptions)
			if err != nil {
				return nil, &hinted{err, "if the board runs, stop it first"}
			}
			return s, nil
		},
		func(ctx context.Context, where string, from moving, policy checkpoint.Policy) (moving, error) {
			s, err := store.MoveHere(ctx, where, badgerOptions, from, policy)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		func(where string) (string, error) {
			where, err := filepath.Abs(where)
			return "badger:" + where, err
		},
	},
	"mysql-s3": {
		func(ctx context.Context, where string) (moving, error) {
			c, err := cloud.ReadConfig(where)
			if err != nil {
				return nil, err
			}
			s, err := cloud.OpenStill(ctx, c)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		func(ctx context.Context, where string, from moving, _ checkpoint.Policy) (moving, error) {
			c, err := cloud.ReadConfig(where)
			if err != nil {
				return nil, err
			}
			s, err := cloud.MoveHere(ctx, c, from)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		func(where string) (string, error) {
			c, err := cloud.ReadConfig(where)
			return c.String(), err
		},
	},
}

var badgerOptions = &store.DBOptions{Logger: slog.New(slog.DiscardHandler)}

func parse(argument string) (k kind, where string, err error) {
	name, where, ok := strings.Cut(argument, ":")
	k, known := kinds[name]
	if !ok || !known || where == "" {
		return k, "", fmt.Errorf("%q: want badger:FOLDER or mysql-s3:FILE", argument)
	}
	return k, where, nil
}

// Migrate moves a log. What it does it says to out.
func Migrate(ctx context.Context, from, to string, out io.Writer) (err error) {
	source, whence, err := parse(from)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	target, where, err := parse(to)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	name, err := target.name(where)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	old, err := source.open(ctx, whence)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // the log has not been moved, unless it is marked so
			err = errors.Join(err, old.Stay(context.WithoutCancel(ctx)))
		}
		err = errors.Join(err, old.Close())
	}()
	if moved := old.MovedTo(); moved != "" && moved != name {
		return fmt.Errorf("the log has been moved to %s already", moved)
	}
	head, err := verify(ctx, old)
	if err != nil {
		return fmt.Errorf("the log to be moved does not hold: %w", err)
	}
	fmt.Fprintf(out, "%s: %d records, root %v\n", old.Name(), head.size, head.root)
	moved, err := target.moveHere(ctx, where, old, head.policy)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, moved.Close()) }()
	after, err := verify(ctx, moved)
	if err != nil {
		return fmt.Errorf("the copy does not hold: %w", err)
	}
	if err := head.same(after); err != nil {
		return err
	}
	if err := sameShelf(old, moved); err != nil {
		return err
	}
	if err := old.SetMoved(ctx, name); err != nil {
		return err
	}
	if err := moved.Activate(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "moved to %s, byte for byte; the old store is marked and no board opens it any more\n", name)
	return nil
}

// A verified log.
type verified struct {
	size   uint64
	root   record.ID
	signed []byte
	policy checkpoint.Policy
}

func (v verified) same(w verified) error {
	if v.size != w.size || v.root != w.root || !bytes.Equal(v.signed, w.signed) {
		return fmt.Errorf("the copy is another: %d records, root %v; they were %d, root %v", w.size, w.root, v.size, v.root)
	}
	return nil
}

// verify reads a log whole as a verifier does, under the key that its genesis record names.
func verify(ctx context.Context, m moving) (v verified, err error) {
	c := m.Checkpoint()
	first, err := m.ReadFile(ctx, boardlog.TilePath(boardlog.TileAt(-1, 0, c.Size)))
	if err != nil {
		return v, err
	}
	entries, _, err := boardlog.ParseBundle(first, 1)
	if err != nil {
		return v, err
	}
	r, err := record.Decode(entries[0])
	if err != nil {
		return v, fmt.Errorf("record 0: %w", err)
	}
	genesis, ok := r.Body.(*record.Genesis)
	if !ok {
		return v, fmt.Errorf("record 0 is a %s record, want genesis", r.Kind())
	}
	v.policy.Origin = genesis.Origin
	if v.policy.Log, err = checkpoint.ParseLogKey(genesis.LogKey); err != nil {
		return v, err
	}
	head, err := boardlog.Open(c.Signed, v.policy)
	if err != nil {
		return v, err
	}
	var count uint64
	err = boardlog.Read(ctx, m, head, 0, func(uint64, []byte) error { count++; return nil })
	if err == nil && count != head.Size() {
		err = fmt.Errorf("%d of %d records could be read", count, head.Size())
	}
	v.size, v.root, v.signed = head.Size(), record.ID(head.Root()), c.Signed
	return v, err
}

// sameShelf compares what is promised and not on the log.
func sameShelf(old, moved moving) error {
	was, err := old.Kept()
	if err != nil {
		return err
	}
	is, err := moved.Kept()
	if err != nil {
		return err
	}
	slices.SortFunc(was, bytes.Compare)
	slices.SortFunc(is, bytes.Compare)
	if !slices.EqualFunc(was, is, bytes.Equal) {
		return fmt.Errorf("of %d records that are promised and not on the log yet the copy has %d, or others", len(was), len(is))
	}
	return nil
}
