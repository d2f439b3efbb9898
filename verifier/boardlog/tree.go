package boardlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// A Tree reads the hashes of a log's tree from its tiles. It returns none that does not hang on the root of its checkpoint. It is safe for
// concurrent use, and holds at most one full and one partial tile of each level.
type Tree struct {
	src  Source
	cp   SignedCheckpoint
	size uint64
	root tlog.Hash
	edge map[int]tileHashes // the partial tile of each level that has one

	mu   sync.Mutex
	full map[int]tileHashes // the last full tile read of each level
}

type tileHashes struct {
	n      int64
	hashes []tlog.Hash
}

// OpenTree reads the right edge of the tree and checks that it hashes to the checkpoint's root.
func OpenTree(ctx context.Context, src Source, cp SignedCheckpoint) (*Tree, error) {
	if !cp.opened {
		return nil, errNotOpened
	}
	t, err := openTree(ctx, src, cp.Size(), cp.Root())
	if err != nil {
		return nil, err
	}
	t.cp = cp
	return t, nil
}

func openTree(ctx context.Context, src Source, size uint64, root tlog.Hash) (*Tree, error) {
	t := &Tree{src: src, size: size, root: root, edge: make(map[int]tileHashes), full: make(map[int]tileHashes)}
	var peaks []tlog.Hash // roots of the complete subtrees that make up the tree, left to right (RFC 6962 §2.1)
	for level := topLevel(size); level >= 0; level-- {
		tile := TileAt(level, int64(hashesAt(level, size)>>tileHeight), size)
		if tile.W == 0 {
			continue
		}
		hashes, err := readTile(ctx, src, tile)
		if err != nil {
			return nil, err
		}
		t.edge[level] = tileHashes{tile.N, hashes}
		for rest := hashes; len(rest) > 0; {
			n := 1 << (bits.Len(uint(len(rest))) - 1)
			peaks = append(peaks, subtreeRoot(rest[:n]))
			rest = rest[n:]
		}
	}
	if headOf(peaks) != root {
		return nil, &RootError{size}
	}
	return t, nil
}

// headOf hashes the roots of a tree's complete subtrees, largest first, to the tree head (RFC 6962 §2.1).
func headOf(peaks []tlog.Hash) tlog.Hash {
	if len(peaks) == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(peaks[i], h)
	}
	return h
}

// subtreeRoot returns the root over a power of two of hashes.
func subtreeRoot(hashes []tlog.Hash) tlog.Hash {
	var level [TileWidth]tlog.Hash
	n := copy(level[:], hashes)
	for ; n > 1; n /= 2 {
		for i := range n / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
	}
	return level[0]
}

// Size returns the number of records in the tree.
func (t *Tree) Size() uint64 { return t.size }

// Root returns the tree head.
func (t *Tree) Root() tlog.Hash { return t.root }

// readTile reads and parses a hash tile. A log that has grown may have only the full tile where a partial one is wanted: then the first
// hashes of that are taken (C2SP tlog-tiles, "Partial Tiles").
func readTile(ctx context.Context, src Source, tile tlog.Tile) ([]tlog.Hash, error) {
	data, err := readPartial(ctx, src, tile, func(full []byte) ([]byte, error) {
		if len(full) != TileWidth*tlog.HashSize {
			return nil, fmt.Errorf("%d bytes, want %d", len(full), TileWidth*tlog.HashSize)
		}
		return full[:tile.W*tlog.HashSize], nil
	})
	if err != nil {
		return nil, err
	}
	hashes, err := ParseTile(data, tile.W)
	if err != nil {
		return nil, tileError(tile, err)
	}
	return hashes, nil
}

// readPartial reads a tile or bundle, or the full one in place of a partial one that is not there, cut to size by cut.
func readPartial(ctx context.Context, src Source, tile tlog.Tile, cut func(full []byte) ([]byte, error)) ([]byte, error) {
	path := TilePath(tile)
	data, err := src.ReadFile(ctx, path)
	if tile.W < TileWidth && errors.Is(err, fs.ErrNotExist) {
		full := tile
		full.W = TileWidth
		if data, fullErr := src.ReadFile(ctx, TilePath(full)); fullErr == nil {
			data, err = cut(data)
			if err != nil {
				return nil, tileError(tile, err)
			}
			return data, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return data, nil
}

func tileError(t tlog.Tile, err error) error {
	first, last := span(t)
	return &TileError{TilePath(t), first, last, err}
}

var errTileHash = errors.New("its hashes are not those that the log committed to")

// tile returns the hashes of a tile of the tree, checked against its parent; a partial one was checked when the tree was opened.
func (t *Tree) tile(ctx context.Context, level int, n int64) ([]tlog.Hash, error) {
	if e, ok := t.edge[level]; ok && e.n == n {
		return e.hashes, nil
	}
	t.mu.Lock()
	f, ok := t.full[level]
	t.mu.Unlock()
	if ok && f.n == n {
		return f.hashes, nil
	}
	want, err := t.parent(ctx, level, n)
	if err != nil {
		return nil, err
	}
	hashes, err := readFullTile(ctx, t.src, level, n, want)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.full[level] = tileHashes{n, hashes}
	t.mu.Unlock()
	return hashes, nil
}

// parent returns the hash that a full tile must have, from the tile above it.
func (t *Tree) parent(ctx context.Context, level int, n int64) (tlog.Hash, error) {
	if n < 0 || uint64(n) >= hashesAt(level+1, t.size) {
		return tlog.Hash{}, fmt.Errorf("tile %d of level %d is not in a tree of size %d", n, level, t.size)
	}
	above, err := t.tile(ctx, level+1, n>>tileHeight)
	if err != nil {
		return tlog.Hash{}, err
	}
	return above[n%TileWidth], nil
}

func readFullTile(ctx context.Context, src Source, level int, n int64, want tlog.Hash) ([]tlog.Hash, error) {
	tile := tlog.Tile{H: tileHeight, L: level, N: n, W: TileWidth}
	hashes, err := readTile(ctx, src, tile)
	if err != nil {
		return nil, err
	}
	if subtreeRoot(hashes) != want {
		return nil, tileError(tile, errTileHash)
	}
	return hashes, nil
}

// reader returns the tree as a tlog.HashReader.
func (t *Tree) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			height, n := tlog.SplitStoredHashIndex(x)
			level, below := height/tileHeight, height%tileHeight
			first := n << below // the subtree's first hash among those of its tile's level
			tile, err := t.tile(ctx, level, first>>tileHeight)
			if err != nil {
				return nil, err
			}
			at := int(first % TileWidth)
			if at+1<<below > len(tile) {
				return nil, fmt.Errorf("hash %d is not in a tree of size %d", x, t.size)
			}
			hashes[i] = subtreeRoot(tile[at : at+1<<below])
		}
		return hashes, nil
	})
}

// LeafHash returns the leaf hash of a record, which is the record's id.
func (t *Tree) LeafHash(ctx context.Context, index uint64) (tlog.Hash, error) {
	if index >= t.size {
		return tlog.Hash{}, fmt.Errorf("record %d is not in a log of %d", index, t.size)
	}
	tile, err := t.tile(ctx, 0, int64(index>>tileHeight))
	if err != nil {
		return tlog.Hash{}, err
	}
	return tile[index%TileWidth], nil
}

// Peaks returns the roots of the complete subtrees that make up the tree at an earlier size, largest first: one for each bit set in size
// (RFC 6962 §2.1).
func (t *Tree) Peaks(ctx context.Context, size uint64) ([]tlog.Hash, error) {
	if size > t.size {
		return nil, fmt.Errorf("size %d is not in a log of %d", size, t.size)
	}
	var indexes []int64
	for rest := size; rest > 0; {
		level := bits.Len64(rest) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, int64((size-rest)>>level)))
		rest -= 1 << level
	}
	return t.reader(ctx).ReadHashes(indexes)
}

// RootAt returns the tree head that the log had at an earlier size.
func (t *Tree) RootAt(ctx context.Context, size uint64) (tlog.Hash, error) {
	if size > t.size {
		return tlog.Hash{}, fmt.Errorf("size %d is not in a log of %d", size, t.size)
	}
	return tlog.TreeHash(int64(size), t.reader(ctx))
}

// ProveInclusion returns the proof that the record at an index is in the tree of a size not larger than this one's.
func (t *Tree) ProveInclusion(ctx context.Context, index, size uint64) (tlog.RecordProof, error) {
	if index >= size || size > t.size {
		return nil, fmt.Errorf("record %d at size %d is not in a log of %d", index, size, t.size)
	}
	return tlog.ProveRecord(int64(size), int64(index), t.reader(ctx))
}

// ProveConsistency returns the proof that the tree of one size is a beginning of that of a larger one.
func (t *Tree) ProveConsistency(ctx context.Context, from, to uint64) (tlog.TreeProof, error) {
	if from > to || to > t.size {
		return nil, fmt.Errorf("sizes %d and %d are not in a log of %d", from, to, t.size)
	}
	if from == 0 {
		return tlog.TreeProof{}, nil
	}
	return tlog.ProveTree(int64(to), int64(from), t.reader(ctx))
}

// Extends checks that a checkpoint known from elsewhere, such as a receipt's, is a past of this tree. The error is ErrStale when the known
// one is larger, a [*HistoryError] when they contradict each other.
func (t *Tree) Extends(ctx context.Context, known SignedCheckpoint) error {
	if !known.opened || !t.cp.opened {
		return errNotOpened
	}
	if known.Origin() != t.cp.Origin() {
		return invalidf("a checkpoint of the log %q, this is %q", known.Origin(), t.cp.Origin())
	}
	if known.Size() > t.size {
		return fmt.Errorf("a checkpoint of size %d is known, the log shown has %d: %w", known.Size(), t.size, ErrStale)
	}
	root, err := t.RootAt(ctx, known.Size())
	if err != nil {
		return err
	}
	if root != known.Root() {
		h := &HistoryError{Known: known, Shown: t.cp}
		if known.Size() > 0 && known.Size() < t.size {
			h.Prefix, _ = t.ProvePrefix(ctx, known.Size()) // that there are two histories is known without it
		}
		return h
	}
	return nil
}
