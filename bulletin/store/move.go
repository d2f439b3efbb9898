package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// A Moving is a log that no board writes, because it is moved from one kind of store to another. As a source it has what its checkpoint covers,
// which is all.
type Moving interface {
	boardlog.Source
	// Name returns origin and key of the log.
	Name() string
	// Checkpoint is the newest one, byte for byte.
	Checkpoint() Checkpoint
	// Kept returns the records that are promised and not on the log.
	Kept() ([][]byte, error)
	// MovedTo says where the log has been moved, "" if it has not been.
	MovedTo() string
}

// keyMoved is there if the log is not to be written here: it is being moved here, or has been moved elsewhere.
var keyMoved = []byte{partMeta, 'm'}

const (
	movingHere = "moving here"
	movedTo    = "moved to "
)

// checkMoved refuses a store whose log is elsewhere, or not whole.
func (d *DB) checkMoved() error {
	mark, err := d.get(keyMoved)
	switch {
	case err != nil || len(mark) == 0:
		return err
	case string(mark) == movingHere:
		return errors.New("the log is being moved here, and that has not come to its end: run mandate migrate again")
	default:
		return fmt.Errorf("the log is no longer here, it has been %.300s: a board that went on here would fork it", mark)
	}
}

// Shelf is the prefix of the KV in which a board keeps records that are promised and not on the log, each under its id.
const Shelf = "supports"

// A Still is a log in Badger that no board writes. It is a Moving.
type Still struct {
	db    *DB
	cache *chunkCache
	tree  *tree
	head  Checkpoint
	name  string
	mark  string
}

// OpenStill opens a log to be moved elsewhere. A board that runs has the folder open, so it fails then.
func OpenStill(path string, o *DBOptions) (*Still, error) {
	s, err := openStill(path, o)
	if err != nil {
		return nil, fmt.Errorf("opening the log to be moved: %w", err)
	}
	switch {
	case s.mark == movingHere:
		err = s.db.checkMoved()
	case s.tree.size == 0 || s.head.Size != s.tree.size:
		err = fmt.Errorf("of %d entries a checkpoint covers %d: start the board once, stop it in order, and try again", s.tree.size, s.head.Size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the log to be moved: %w", err), s.db.Close())
	}
	return s, nil
}

func openStill(path string, o *DBOptions) (_ *Still, err error) {
	s := &Still{cache: newChunkCache()}
	if s.db, err = Open(path, o); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s *Still) load() error {
	if err := s.db.checkRestored(); err != nil {
		return err
	}
	name, err := s.db.get(keyIdentity)
	if err != nil {
		return err
	}
	mark, err := s.db.get(keyMoved)
	if err != nil {
		return err
	}
	s.name, s.mark = string(name), string(mark)
	if s.tree, err = s.db.loadTree(s.cache); err != nil {
		return err
	}
	s.head, err = s.db.loadCheckpoint(s.tree, s.cache)
	return err
}

// Name implements Moving.
func (s *Still) Name() string { return s.name }

// Checkpoint implements Moving.
func (s *Still) Checkpoint() Checkpoint { return s.head }

// MovedTo implements Moving.
func (s *Still) MovedTo() string {
	to, ok := strings.CutPrefix(s.mark, movedTo)
	if !ok {
		return ""
	}
	return to
}

// ReadFile implements boardlog.Source.
func (s *Still) ReadFile(_ context.Context, path string) ([]byte, error) {
	if path == boardlog.CheckpointPath {
		return bytes.Clone(s.head.Signed), nil
	}
	t, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	return s.db.tile(s.tree, s.cache, t)
}

// Kept implements Moving.
func (s *Still) Kept() (raws [][]byte, err error) {
	kv, err := s.db.KV(Shelf)
	if err != nil {
		return nil, err
	}
	err = kv.View(func(tx *Tx) error {
		for e, err := range tx.All(nil) {
			if err != nil {
				return err
			}
			raws = append(raws, e.Value)
		}
		return nil
	})
	return raws, err
}

func (s *Still) set(mark string) error {
	err := s.db.update(func(txn *badger.Txn) error {
		if mark == "" {
			return txn.Delete(keyMoved)
		}
		return txn.Set(keyMoved, []byte(mark))
	})
	if err == nil {
		s.mark = mark
	}
	return err
}

// SetMoved says for ever that the log is elsewhere now.
func (s *Still) SetMoved(_ context.Context, to string) error { return s.set(movedTo + to) }

// Stay does nothing: as long as it is open no board can open it, and then any can, unless SetMoved was called.
func (s *Still) Stay(context.Context) error { return nil }

// Activate lets boards open a log that has been moved here.
func (s *Still) Activate(context.Context) error {
	if s.mark != movingHere {
		return nil
	}
	return s.set("")
}

// Close closes it.
func (s *Still) Close() error { return s.db.Close() }

// MoveHere copies a log into a folder that is not there or empty, or goes on with doing so. No board can open it until Activate is called.
// policy is that of the log's key.
func MoveHere(ctx context.Context, path string, o *DBOptions, from Moving, policy checkpoint.Policy) (*Still, error) {
	s, err := openStill(path, o)
	if err != nil {
		return nil, fmt.Errorf("moving a log to %s: %w", path, err)
	}
	if err := s.fill(ctx, from, policy); err != nil {
		return nil, errors.Join(fmt.Errorf("moving a log to %s: %w", path, err), s.db.Close())
	}
	return s, nil
}

func (s *Still) fill(ctx context.Context, from Moving, policy checkpoint.Policy) error {
	switch {
	case s.mark == "" && s.tree.size > 0 && from.MovedTo() != "" && s.name == from.Name():
		return nil // the mark of the source says that it came here
	case s.mark == "" && (s.tree.size > 0 || s.name != "") || s.mark != "" && s.mark != movingHere || s.name != "" && s.name != from.Name():
		return fmt.Errorf("there is a log already: %s", s.name)
	}
	err := s.db.update(func(txn *badger.Txn) error {
		return errors.Join(txn.Set(keyMoved, []byte(movingHere)), txn.Set(keyIdentity, []byte(from.Name())))
	})
	if err != nil {
		return err
	}
	s.mark, s.name = movingHere, from.Name()
	want := from.Checkpoint()
	cp, err := boardlog.Open(want.Signed, policy)
	if err != nil {
		return err
	}
	t := &Tail{db: s.db, cache: s.cache, tree: s.tree, head: s.head}
	if err := t.Complete(ctx, from, cp); err != nil {
		return err
	}
	s.tree = t.tree
	kept, err := from.Kept()
	if err != nil {
		return err
	}
	kv, err := s.db.KV(Shelf)
	if err != nil {
		return err
	}
	for _, raw := range kept {
		id := record.IDOf(raw)
		if err := kv.Put(id[:], raw); err != nil {
			return err
		}
	}
	if err := s.db.update(func(txn *badger.Txn) error { return txn.Set(keyCheckpoint, want.Signed) }); err != nil {
		return err
	}
	s.head, err = s.db.loadCheckpoint(s.tree, s.cache)
	return err
}
