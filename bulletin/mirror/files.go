package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// A folder is where a copy is: the log's files under their paths in log/, so that it can be served as it is by any web server; the genesis
// record; every checkpoint that was seen in seen/; promises that were handed on in promises/; and evidence.
type folder string

const (
	genesisFile = "genesis"
	logDir      = "log"
	seenDir     = "seen"
	promiseDir  = "promises"
	evidenceDir = "evidence"
)

func (f folder) prepare() error {
	for _, d := range []string{logDir, seenDir, promiseDir, evidenceDir} {
		if err := os.MkdirAll(filepath.Join(string(f), d), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// path returns where a file is. Names are the package's own, or paths of tiles that were parsed.
func (f folder) path(name string) string {
	if name == boardlog.CheckpointPath || strings.HasPrefix(name, "tile/") {
		name = logDir + "/" + name
	}
	return filepath.Join(string(f), filepath.FromSlash(name))
}

func (f folder) read(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

// write writes a file that is there whole or not at all, also after a loss of power.
func (f folder) write(name string, b []byte) (err error) {
	path := f.path(name)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o644))
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// keepHead keeps a checkpoint among those that were seen, and as the one that is served. What it covers is there already.
func (f folder) keepHead(head boardlog.SignedCheckpoint) error {
	root := head.Root()
	if err := f.write(fmt.Sprintf("%s/%020d-%x", seenDir, head.Size(), root[:4]), head.Bytes()); err != nil {
		return err
	}
	return f.write(boardlog.CheckpointPath, head.Bytes())
}

// tidy removes partial files that a fuller one has replaced. Readers are given a part of that.
func (f folder) tidy(size uint64) error {
	for level := -1; level < 8; level++ {
		last := int64(0)
		for t := range boardlog.Tiles(level, size) {
			last = t.N
		}
		for n := max(0, last-1); n <= last; n++ {
			now := boardlog.TileAt(level, n, size)
			dir := f.path(boardlog.TilePath(tlog.Tile{H: 8, L: level, N: n, W: boardlog.TileWidth})) + ".p"
			entries, err := os.ReadDir(dir)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			for _, e := range entries {
				if now.W < boardlog.TileWidth && e.Name() == fmt.Sprint(now.W) {
					continue
				}
				if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ReadFile is that of boardlog.Source. Of a tile that has grown, what is asked for is a part.
func (f folder) ReadFile(_ context.Context, path string) ([]byte, error) {
	if path == boardlog.CheckpointPath {
		return f.read(path)
	}
	tile, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	b, err := f.read(path)
	if !errors.Is(err, fs.ErrNotExist) || tile.W == boardlog.TileWidth {
		return b, err
	}
	full := tile
	full.W = boardlog.TileWidth
	name := boardlog.TilePath(full)
	if b, err = f.read(name); errors.Is(err, fs.ErrNotExist) {
		entries, failed := os.ReadDir(f.path(name) + ".p")
		if failed != nil {
			return nil, failed
		}
		for _, e := range entries {
			var width int
			if _, err := fmt.Sscan(e.Name(), &width); err == nil && width > tile.W {
				b, err = os.ReadFile(filepath.Join(f.path(name)+".p", e.Name()))
				if err == nil {
					return cut(b, tile)
				}
			}
		}
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return cut(b, tile)
}

// cut returns the beginning of a fuller tile or bundle.
func cut(b []byte, tile tlog.Tile) ([]byte, error) {
	if tile.L >= 0 {
		if len(b) < tile.W*tlog.HashSize {
			return nil, fs.ErrNotExist
		}
		return b[:tile.W*tlog.HashSize], nil
	}
	_, rest, err := boardlog.ParseBundle(b, tile.W)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	return b[:len(b)-len(rest)], nil
}

// preferring is the board's log, of which full tiles and bundles are taken from the folder if they are there.
type preferring struct {
	files folder
	board boardlog.Source
}

func (p preferring) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if t, err := boardlog.ParseTilePath(path); err == nil && t.W == boardlog.TileWidth {
		if b, err := p.files.read(path); err == nil && int64(len(b)) <= boardlog.MaxSize(path) {
			return b, nil
		}
	}
	return p.board.ReadFile(ctx, path)
}

// copying makes the files of a log of its records, which were checked. So nothing is kept as it was sent.
type copying struct {
	files  folder
	full   uint64              // bundles that are whole and kept
	above  map[int][]tlog.Hash // of each level from 1, the hashes in the tile that is not full yet
	bundle []byte              // that is not full yet
	leaves []tlog.Hash         // of its records
}

// begin goes back to the end of the last full bundle.
func (c *copying) begin() {
	if c.above == nil {
		c.above = make(map[int][]tlog.Hash)
	}
	c.bundle, c.leaves = nil, nil
}

func (c *copying) add(raw []byte) (err error) {
	if c.bundle, err = boardlog.AppendEntry(c.bundle, raw); err != nil {
		return err
	}
	if c.leaves = append(c.leaves, tlog.RecordHash(raw)); len(c.leaves) < boardlog.TileWidth {
		return nil
	}
	n := int64(c.full)
	if err := c.files.write(boardlog.TilePath(tlog.Tile{H: 8, L: -1, N: n, W: boardlog.TileWidth}), c.bundle); err != nil {
		return err
	}
	// The levels above are changed only when all files are there.
	level, hashes := 0, c.leaves
	grown := make(map[int][]tlog.Hash)
	for {
		if err := c.write(level, n, hashes); err != nil {
			return err
		}
		h := root(hashes)
		level++
		hashes = append(append([]tlog.Hash{}, c.above[level]...), h)
		if len(hashes) < boardlog.TileWidth {
			grown[level] = hashes
			break
		}
		grown[level] = nil
		n >>= 8
	}
	for l, hs := range grown {
		c.above[l] = hs
	}
	c.full++
	c.bundle, c.leaves = nil, nil
	return nil
}

// finish writes the files that are not full.
func (c *copying) finish(size uint64) error {
	if n := len(c.leaves); n > 0 {
		if err := c.files.write(boardlog.TilePath(tlog.Tile{H: 8, L: -1, N: int64(c.full), W: n}), c.bundle); err != nil {
			return err
		}
		if err := c.write(0, int64(c.full), c.leaves); err != nil {
			return err
		}
	}
	for level, hashes := range c.above {
		if len(hashes) == 0 {
			continue
		}
		if err := c.write(level, int64(c.full>>(8*level)), hashes); err != nil {
			return err
		}
	}
	return nil
}

func (c *copying) write(level int, n int64, hashes []tlog.Hash) error {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return c.files.write(boardlog.TilePath(tlog.Tile{H: 8, L: level, N: n, W: len(hashes)}), b)
}

// root returns the root over the hashes of a full tile.
func root(hashes []tlog.Hash) tlog.Hash {
	for len(hashes) > 1 {
		up := make([]tlog.Hash, len(hashes)/2)
		for i := range up {
			up[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
		}
		hashes = up
	}
	return hashes[0]
}
