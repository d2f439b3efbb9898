package boardlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

const (
	// CheckpointPath is where the checkpoint is.
	CheckpointPath = "checkpoint"

	// TileWidth is the number of hashes or entries in a full tile or bundle.
	TileWidth = 1 << tileHeight

	// MaxEntrySize is the size in bytes of the largest entry (C2SP tlog-tiles); the smallest is 1.
	MaxEntrySize = 1<<16 - 1

	tileHeight  = 8
	entryLevel  = -1 // tlog.Tile.L of an entry bundle
	maxPathSize = 64
)

// TilePath returns the C2SP tlog-tiles path of a tile of height 8; level -1 is entry bundles.
func TilePath(t tlog.Tile) string {
	t.H = tileHeight
	path := t.Path()
	if rest, ok := strings.CutPrefix(path, "tile/8/data/"); ok {
		return "tile/entries/" + rest
	}
	return "tile/" + strings.TrimPrefix(path, "tile/8/")
}

// ParseTilePath is the inverse of TilePath. It refuses every other spelling.
func ParseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > maxPathSize {
		return tlog.Tile{}, fmt.Errorf("%.64q is not the path of a tile", path)
	}
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	} else if strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, fmt.Errorf("%q is not the path of a tile", path)
	}
	t, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil || t.L > 63 || t.N < 0 || TilePath(t) != path {
		return tlog.Tile{}, fmt.Errorf("%q is not the path of a tile", path)
	}
	return t, nil
}

// MaxSize returns the largest size in bytes of the file at a path of a log, 0 when there can be no such file.
func MaxSize(path string) int64 {
	if path == CheckpointPath {
		return checkpoint.MaxSize
	}
	t, err := ParseTilePath(path)
	if err != nil {
		return 0
	}
	if t.L == entryLevel {
		return int64(t.W) * (2 + MaxEntrySize)
	}
	return int64(t.W) * tlog.HashSize
}

// TileAt returns the tile at a level (-1 is entry bundles) and number as it is in a tree of the given size. It has width 0 when that tree
// has no such tile.
func TileAt(level int, n int64, size uint64) tlog.Tile {
	t := tlog.Tile{H: tileHeight, L: level, N: n}
	width := hashesAt(level, size)
	if n < 0 || uint64(n) > width>>tileHeight {
		return t
	}
	t.W = int(min(width-uint64(n)<<tileHeight, TileWidth))
	return t
}

// hashesAt returns how many complete subtrees of height 8·level a tree of the given size has: the hashes in all tiles of that level.
func hashesAt(level int, size uint64) uint64 {
	return size >> (tileHeight * max(level, 0))
}

// topLevel returns the highest level that has a tile, -1 for the empty tree.
func topLevel(size uint64) int {
	level := -1
	for hashesAt(level+1, size) > 0 {
		level++
		if level == 7 {
			break // 256⁸ overflows, and no tree is that large
		}
	}
	return level
}

// Tiles returns all tiles of one level (-1 is entry bundles) of a tree of the given size, in order.
func Tiles(level int, size uint64) iter.Seq[tlog.Tile] {
	return func(yield func(tlog.Tile) bool) {
		for n := int64(0); ; n++ {
			t := TileAt(level, n, size)
			if t.W == 0 || !yield(t) {
				return
			}
		}
	}
}

// Layout returns all tiles and bundles of a tree of the given size in the order of an audit package (SPEC.md §7): hash tiles from the
// highest level to level 0, then entry bundles, each level in order of its indexes.
func Layout(size uint64) iter.Seq[tlog.Tile] {
	return func(yield func(tlog.Tile) bool) {
		for level := topLevel(size); level >= entryLevel; level-- {
			for t := range Tiles(level, size) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// span returns the indexes of the first and last record below a tile.
func span(t tlog.Tile) (first, last uint64) {
	height := tileHeight * max(t.L, 0)
	first = uint64(t.N) << tileHeight << height
	return first, first + uint64(t.W)<<height - 1
}

// ParseTile parses a tile of exactly width hashes.
func ParseTile(data []byte, width int) ([]tlog.Hash, error) {
	if len(data) != width*tlog.HashSize {
		return nil, invalidf("%d bytes, want %d", len(data), width*tlog.HashSize)
	}
	hashes := make([]tlog.Hash, width)
	for i := range hashes {
		hashes[i] = tlog.Hash(data[i*tlog.HashSize:])
	}
	return hashes, nil
}

// AppendEntry appends an entry to a bundle.
func AppendEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) == 0 || len(entry) > MaxEntrySize {
		return nil, fmt.Errorf("entry of %d bytes, want 1 to %d", len(entry), MaxEntrySize)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...), nil
}

var (
	errEntryEmpty = errors.New("an entry without bytes")
	errEntryEnds  = errors.New("its bundle ends within it")
)

// ParseBundle parses the first width entries of a bundle and returns what follows them, which must be nothing in a bundle of that width.
// The entries share data's memory. An error is a [*RecordError] with the index within the bundle.
func ParseBundle(data []byte, width int) (entries [][]byte, rest []byte, err error) {
	entries = make([][]byte, 0, min(width, len(data)/3))
	for i := range width {
		if len(data) < 2 {
			return nil, nil, &RecordError{uint64(i), errEntryEnds}
		}
		n := int(binary.BigEndian.Uint16(data))
		if n == 0 {
			return nil, nil, &RecordError{uint64(i), errEntryEmpty}
		}
		if len(data) < 2+n {
			return nil, nil, &RecordError{uint64(i), errEntryEnds}
		}
		entries = append(entries, data[2:2+n:2+n])
		data = data[2+n:]
	}
	return entries, data, nil
}
