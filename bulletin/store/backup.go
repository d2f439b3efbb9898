package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// ErrRestored says that a store was brought back from a copy and that nobody has shown yet that its log goes on from where it ended. A log
// that was published beyond the copy and is then written on from the copy is two logs.
var ErrRestored = errors.New("the store was brought back from a copy")

// A Restored is what a store that was brought back from a copy says of itself.
type Restored struct {
	// Whole is false while the copy is being read, and for ever if that was broken off.
	Whole bool `json:"whole"`
	// Copied is when the copy was made.
	Copied time.Time `json:"copied"`
}

var keyRestored = []byte{partMeta, 'r'}

// Backup writes a copy of the whole store, as it is at one moment, while it is in use. What was acknowledged before the call is in it.
func (d *DB) Backup(w io.Writer) error {
	if errors.Is(d.Err(), ErrClosed) {
		return ErrClosed
	}
	// A copy that is brought back says so of itself, anew.
	return WriteCopy(d.badger, w, func(key []byte) bool { return bytes.Equal(key, keyRestored) })
}

// Restore makes a store of a copy, in a folder that is not there or empty. OpenLog refuses it with ErrRestored until Resume has been called.
func Restore(path string, copied time.Time, r io.Reader, o *DBOptions) error {
	d, err := Open(path, o)
	if err != nil {
		return err
	}
	defer d.Close()
	if state, err := d.get(keyState); err != nil || state != nil {
		return errors.Join(fmt.Errorf("bringing back the store %s: there is a log already", path), err)
	}
	mark := func(whole bool) error {
		b, err := json.Marshal(Restored{whole, copied.UTC()})
		if err != nil {
			return err
		}
		return d.update(func(txn *badger.Txn) error { return txn.Set(keyRestored, b) })
	}
	if err := mark(false); err != nil {
		return err
	}
	if err := LoadCopy(d.badger, r); err != nil {
		return fmt.Errorf("bringing back the store %s: %w", path, err)
	}
	cache := newChunkCache()
	t, err := d.loadTree(cache)
	if err == nil {
		_, err = d.loadCheckpoint(t, cache)
	}
	if err != nil {
		return fmt.Errorf("bringing back the store %s: %w", path, err)
	}
	return mark(true)
}

// Restored says whether the store was brought back from a copy and not resumed yet; nil if it was not.
func (d *DB) Restored() (*Restored, error) {
	b, err := d.get(keyRestored)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	var r Restored
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%w: what it says of the copy that it is from: %v", ErrCorrupt, err)
	}
	return &r, nil
}

// checkRestored refuses a store that was brought back and not resumed.
func (d *DB) checkRestored() error {
	switch r, err := d.Restored(); {
	case err != nil:
		return err
	case r == nil:
		return nil
	case !r.Whole:
		return fmt.Errorf("%w, and that was broken off: delete it and restore once more", ErrRestored)
	default:
		return fmt.Errorf("%w of %s: it is not written on before the log was compared with what others have seen of it (mandate restore resume)",
			ErrRestored, r.Copied.UTC().Format(time.RFC3339))
	}
}

// A Tail is a log that is not being written: a store that was brought back, to be compared with what is known of it elsewhere and to be
// completed from there.
type Tail struct {
	db    *DB
	cache *chunkCache
	tree  *tree
	head  Checkpoint
}

// OpenTail opens the log of a store for that.
func OpenTail(d *DB) (*Tail, error) {
	r, err := d.Restored()
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, errors.New("the store was not brought back from a copy, or has been resumed")
	case !r.Whole:
		return nil, d.checkRestored()
	}
	t := &Tail{db: d, cache: newChunkCache()}
	if t.tree, err = d.loadTree(t.cache); err != nil {
		return nil, err
	}
	t.head, err = d.loadCheckpoint(t.tree, t.cache)
	return t, err
}

// Size returns how many entries there are.
func (t *Tail) Size() uint64 { return t.tree.size }

// Checkpoint returns the newest checkpoint that the copy knows.
func (t *Tail) Checkpoint() Checkpoint { return t.head }

// Entry returns an entry.
func (t *Tail) Entry(index uint64) ([]byte, error) {
	entries, err := t.db.readEntries(index, 1)
	if err != nil {
		return nil, err
	}
	return entries[0], nil
}

// Root returns the tree head at a size up to Size.
func (t *Tail) Root(size uint64) (tlog.Hash, error) {
	return tlog.TreeHash(int64(size), tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return t.db.readHashes(t.tree, t.cache, indexes)
	}))
}

// Complete adds the entries that the log at a source has beyond this one, up to a checkpoint. Nothing is written before all of them have been
// found to continue this log to that checkpoint's root: if they do not, the error wraps boardlog.ErrInvalid, and the log has two histories or
// the source is wrong.
func (t *Tail) Complete(ctx context.Context, src boardlog.Source, cp boardlog.SignedCheckpoint) error {
	if cp.Size() <= t.Size() {
		return nil
	}
	grown, want := t.tree, t.Size()
	err := boardlog.Read(ctx, src, cp, want, func(index uint64, raw []byte) error {
		if index != want {
			return fmt.Errorf("entry %d after %d: %w", index, want, boardlog.ErrInvalid)
		}
		want++
		grown, _ = grown.grow([]tlog.Hash{tlog.RecordHash(raw)})
		return nil
	})
	switch {
	case err != nil:
		return err
	case grown.size != cp.Size() || grown.root() != cp.Root():
		return fmt.Errorf("the %d entries of this log and those from %d on of the other do not give the root of its checkpoint of %d: %w", t.Size(), t.Size(), cp.Size(), boardlog.ErrInvalid)
	}
	var batch [][]byte
	size := 0
	flush := func() error {
		leaves := make([]tlog.Hash, len(batch))
		for i, e := range batch {
			leaves[i] = tlog.RecordHash(e)
		}
		next, err := t.db.write(t.tree, t.cache, batch, leaves)
		if err != nil {
			return err
		}
		t.tree, batch, size = next, nil, 0
		return nil
	}
	err = boardlog.Read(ctx, src, cp, t.Size(), func(_ uint64, raw []byte) error {
		if len(batch) == defaultBatchSize || size+len(raw) > maxBatchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, append([]byte(nil), raw...)), size+len(raw)
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	if err != nil {
		return err
	}
	if t.tree.root() != cp.Root() { // the source has changed between the two readings, which Read excludes
		return t.db.stop(&StopError{ErrCorrupt})
	}
	// What is published from now on is no earlier moment than this.
	signed := cp.Only()
	if err := t.db.update(func(txn *badger.Txn) error { return txn.Set(keyCheckpoint, signed) }); err != nil {
		return err
	}
	t.head = Checkpoint{signed, cp.Size(), cp.Root()}
	return nil
}

// Resume lets the log be opened for writing again. Whoever calls it has made sure that nobody has seen a longer log than this one.
func (t *Tail) Resume() error {
	return t.db.update(func(txn *badger.Txn) error { return txn.Delete(keyRestored) })
}
