package boardlog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// readAhead is how many bundles, each with its level-0 tile, are fetched and hashed before the one whose turn it is. In the worst case, full
// bundles of the largest entries, each takes 16 MiB.
const readAhead = 4

// Read hands the records of a log to fn in order, from index from to the end of the checkpoint's tree. Before fn gets a record, its leaf
// hash has been found in the tree; and even if there are no records to read, the tiles at the tree's right edge have been checked against
// the root.
//
// A wrong record ends it with a [*RecordError]; the records before it have been handed on. An error of fn ends it and is returned as it is.
// fn may keep the record, which shares memory with up to 255 others.
func Read(ctx context.Context, src Source, cp SignedCheckpoint, from uint64, fn func(index uint64, record []byte) error) error {
	tree, err := OpenTree(ctx, src, cp)
	if err != nil {
		return err
	}
	return tree.Read(ctx, from, fn)
}

// Read is the function Read, on a tree that is open already.
func (t *Tree) Read(ctx context.Context, from uint64, fn func(index uint64, record []byte) error) error {
	if from > t.size {
		return fmt.Errorf("reading from record %d of a log of %d", from, t.size)
	}
	return t.bundles(ctx, from, func(b bundle) error {
		first, _ := span(b.tile)
		for i, entry := range b.entries {
			if index := first + uint64(i); index >= from {
				if err := fn(index, entry); err != nil {
					return err
				}
			}
		}
		return b.err
	})
}

// Check reads a whole log and hands it to nobody.
func (t *Tree) Check(ctx context.Context) error {
	return t.Read(ctx, 0, func(uint64, []byte) error { return nil })
}

// A bundle is one entry bundle, checked: entries are those before the first that is wrong, err says what that is.
type bundle struct {
	tile    tlog.Tile // level -1
	data    []byte
	entries [][]byte
	err     error
}

// bundles calls fn with the checked bundles that hold the records from index from on, in order. They are fetched and checked ahead, several
// at a time.
func (t *Tree) bundles(ctx context.Context, from uint64, fn func(bundle) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ahead []chan bundle
	defer func() {
		cancel()
		for _, c := range ahead {
			<-c
		}
	}()
	next := int64(from >> tileHeight)
	for {
		for len(ahead) < readAhead {
			tile := TileAt(entryLevel, next, t.size)
			if tile.W == 0 {
				break
			}
			next++
			c := make(chan bundle, 1)
			ahead = append(ahead, c)
			if tile.W < TileWidth {
				hashes := t.edge[0].hashes
				go func() { c <- checkBundle(ctx, t.src, tile, func() ([]tlog.Hash, error) { return hashes, nil }) }()
				continue
			}
			want, err := t.parent(ctx, 0, tile.N)
			if err != nil {
				c <- bundle{tile: tile, err: err}
				continue
			}
			go func() {
				c <- checkBundle(ctx, t.src, tile, func() ([]tlog.Hash, error) { return readFullTile(ctx, t.src, 0, tile.N, want) })
			}()
		}
		if len(ahead) == 0 {
			return nil
		}
		b := <-ahead[0]
		ahead = ahead[1:]
		if err := fn(b); err != nil {
			return err
		}
		if b.err != nil {
			return b.err
		}
	}
}

var (
	errRecordHash = errors.New("its hash is not the one that the log committed to")
	errTrailing   = errors.New("there are bytes after the last entry of its bundle")
)

// checkBundle reads a bundle and compares the hash of every entry with the level-0 tile.
func checkBundle(ctx context.Context, src Source, tile tlog.Tile, hashes func() ([]tlog.Hash, error)) bundle {
	b := bundle{tile: tile}
	leaves, err := hashes()
	if err != nil {
		b.err = err
		return b
	}
	b.data, b.err = readPartial(ctx, src, tile, func(full []byte) ([]byte, error) {
		_, rest, err := ParseBundle(full, tile.W)
		if err != nil {
			return full, nil // the caller finds the same error
		}
		return full[:len(full)-len(rest)], nil
	})
	if b.err != nil {
		return b
	}
	first, _ := span(tile)
	entries, rest, err := ParseBundle(b.data, tile.W)
	if err != nil {
		// The entries before the one that does not parse may be what made it so: the first wrong hash is the record to name.
		var bad *RecordError
		if !errors.As(err, &bad) {
			b.err = err
			return b
		}
		entries, _, _ = ParseBundle(b.data, int(bad.Index))
		b.err = &RecordError{first + bad.Index, bad.Err}
	} else if len(rest) > 0 {
		b.err = &RecordError{first + uint64(tile.W) - 1, errTrailing}
		entries = entries[:len(entries)-1]
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != leaves[i] {
			b.entries, b.err = entries[:i], &RecordError{first + uint64(i), errRecordHash}
			return b
		}
	}
	b.entries = entries
	return b
}

// Genesis returns record 0 of a log whose checkpoint nobody has checked yet: the record that names the log's key. It is the record that
// the checkpoint's root stands for, and no more is known of it; what is believed because of it must be checked by [Open] with the key it
// names, and by comparing its hash with one from elsewhere.
func Genesis(ctx context.Context, src Source) ([]byte, error) {
	signed, err := src.ReadFile(ctx, CheckpointPath)
	if err != nil {
		return nil, fmt.Errorf("reading the checkpoint: %w", err)
	}
	size, root, err := unsignedHead(signed)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return nil, invalidf("the log is empty")
	}
	t, err := openTree(ctx, src, size, root)
	if err != nil {
		return nil, err
	}
	tile := TileAt(entryLevel, 0, size)
	b := checkBundle(ctx, src, tile, func() ([]tlog.Hash, error) { return t.tile(ctx, 0, 0) })
	if len(b.entries) > 0 {
		return b.entries[0], nil
	}
	return nil, b.err
}
