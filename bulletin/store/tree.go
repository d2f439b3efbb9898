package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/bits"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

var (
	keyState      = []byte{partLog, 's'} // u64be(size) ‖ root
	keyCheckpoint = []byte{partLog, 'c'} // the newest checkpoint
)

// keyEntry is where an entry is: its bytes.
func keyEntry(index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{partLog, 'e'}, index)
}

// keyHashes is where a run of chunkSize hashes is, in the order of tlog.StoredHashIndex; the last may be shorter.
func keyHashes(chunk int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{partLog, 'h'}, uint64(chunk))
}

// chunkSize is how many hashes share a value. One tile's worth of leaf hashes is then in 17 values at most, and the last value, which is
// written again with every batch, is at most 1 KiB.
const chunkSize = 32

type chunk [chunkSize]tlog.Hash

// A tree is the log's tree at one size. It does not change.
type tree struct {
	size  uint64
	peaks []tlog.Hash // roots of the complete subtrees, largest first
	tail  []tlog.Hash // the stored hashes after the last full chunk
}

func (t *tree) root() tlog.Hash {
	if len(t.peaks) == 0 {
		return sha256.Sum256(nil) // RFC 6962 §2.1
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}

// fullChunks returns how many chunks are full.
func (t *tree) fullChunks() int64 { return tlog.StoredHashCount(int64(t.size)) / chunkSize }

// grow returns the tree with more leaves, and the chunks that have become full.
func (t *tree) grow(leaves []tlog.Hash) (next *tree, full []*chunk) {
	next = &tree{size: t.size, peaks: slices.Clone(t.peaks), tail: slices.Clone(t.tail)}
	store := func(h tlog.Hash) {
		if next.tail = append(next.tail, h); len(next.tail) == chunkSize {
			full = append(full, (*chunk)(next.tail))
			next.tail = nil
		}
	}
	for _, h := range leaves {
		// A leaf is stored, then each subtree that it completes (tlog.StoredHashes).
		store(h)
		for range bits.TrailingZeros64(^next.size) {
			last := len(next.peaks) - 1
			h = tlog.NodeHash(next.peaks[last], h)
			next.peaks = next.peaks[:last]
			store(h)
		}
		next.peaks = append(next.peaks, h)
		next.size++
	}
	return next, full
}

// loadTree reads the tree from the store and checks it against its root and its last entry.
func (d *DB) loadTree(cache *chunkCache) (*tree, error) {
	state, err := d.get(keyState)
	if err != nil || state == nil {
		return &tree{}, err
	}
	if len(state) != 8+tlog.HashSize {
		return nil, fmt.Errorf("%w: size and root in %d bytes", ErrCorrupt, len(state))
	}
	t := &tree{size: binary.BigEndian.Uint64(state)}
	root := tlog.Hash(state[8:])
	if t.size == 0 || t.size >= 1<<62 {
		return nil, fmt.Errorf("%w: its size is %d", ErrCorrupt, t.size)
	}
	if n := tlog.StoredHashCount(int64(t.size)) % chunkSize; n > 0 {
		tail, err := d.get(keyHashes(t.fullChunks()))
		if err != nil {
			return nil, err
		}
		if t.tail, err = boardlog.ParseTile(tail, int(n)); err != nil {
			return nil, fmt.Errorf("%w: the last hashes: %v", ErrCorrupt, err)
		}
	}
	var at []int64 // of the peaks
	for from, rest := uint64(0), t.size; rest > 0; {
		height := bits.Len64(rest) - 1
		at = append(at, tlog.StoredHashIndex(height, int64(from>>height)))
		from += 1 << height
		rest -= 1 << height
	}
	at = append(at, tlog.StoredHashIndex(0, int64(t.size)-1))
	hashes, err := d.readHashes(t, cache, at)
	if err != nil {
		return nil, err
	}
	last := hashes[len(at)-1]
	t.peaks = hashes[: len(at)-1 : len(at)-1]
	if t.root() != root {
		return nil, fmt.Errorf("%w: its hashes do not give its root at size %d", ErrCorrupt, t.size)
	}
	entry, err := d.get(keyEntry(t.size - 1))
	if err != nil {
		return nil, err
	}
	if tlog.RecordHash(entry) != last {
		return nil, fmt.Errorf("%w: its last entry, %d, is not there or is another", ErrCorrupt, t.size-1)
	}
	return t, nil
}

// write adds entries, whose leaf hashes are given, after those of a tree and returns the tree that they make: entries, hashes, size and root in
// one transaction. They have to fit into one.
func (d *DB) write(now *tree, cache *chunkCache, entries [][]byte, leaves []tlog.Hash) (*tree, error) {
	next, full := now.grow(leaves)
	err := d.update(func(txn *badger.Txn) error {
		for i, e := range entries {
			if err := txn.Set(keyEntry(now.size+uint64(i)), e); err != nil {
				return err
			}
		}
		for i, c := range full {
			if err := txn.Set(keyHashes(now.fullChunks()+int64(i)), concat(c[:])); err != nil {
				return err
			}
		}
		if len(next.tail) > 0 {
			if err := txn.Set(keyHashes(next.fullChunks()), concat(next.tail)); err != nil {
				return err
			}
		}
		root := next.root()
		return txn.Set(keyState, append(binary.BigEndian.AppendUint64(nil, next.size), root[:]...))
	})
	if err != nil {
		return nil, err
	}
	for i, c := range full {
		cache.put(now.fullChunks()+int64(i), c)
	}
	return next, nil
}

// readHashes returns stored hashes of a tree.
func (d *DB) readHashes(t *tree, cache *chunkCache, indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	full, count := t.fullChunks(), tlog.StoredHashCount(int64(t.size))
	var missing []int
	var held *chunk // of the index before
	heldNumber := int64(-1)
	for i, x := range indexes {
		number, at := x/chunkSize, x%chunkSize
		switch {
		case x < 0 || x >= count:
			return nil, fmt.Errorf("hash %d is not in a tree of size %d", x, t.size)
		case number == full:
			hashes[i] = t.tail[at]
			continue
		case number != heldNumber:
			held, heldNumber = cache.get(number), number
		}
		if held == nil {
			missing = append(missing, i)
			continue
		}
		hashes[i] = held[at]
	}
	if len(missing) == 0 {
		return hashes, nil
	}
	heldNumber = -1
	err := d.view(func(txn *badger.Txn) error {
		for _, i := range missing {
			number, at := indexes[i]/chunkSize, indexes[i]%chunkSize
			if number != heldNumber {
				b, err := getIn(txn, keyHashes(number))
				if err != nil {
					return err
				}
				list, err := boardlog.ParseTile(b, chunkSize)
				if err != nil {
					return fmt.Errorf("%w: hashes from %d on: %v", ErrCorrupt, number*chunkSize, err)
				}
				held, heldNumber = (*chunk)(list), number
				cache.put(number, held)
			}
			hashes[i] = held[at]
		}
		return nil
	})
	return hashes, err
}

// readEntries returns the entries from an index on, which must be there.
func (d *DB) readEntries(from uint64, n int) ([][]byte, error) {
	entries := make([][]byte, 0, n)
	err := d.view(func(txn *badger.Txn) error {
		if n == 1 {
			b, err := getIn(txn, keyEntry(from))
			if err == nil && b != nil {
				entries = append(entries, b)
			}
			return err
		}
		o := badger.DefaultIteratorOptions
		o.PrefetchSize = n
		o.Prefix = keyEntry(0)[:2]
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Seek(keyEntry(from)); it.Valid() && len(entries) < n; it.Next() {
			if want := keyEntry(from + uint64(len(entries))); string(it.Item().Key()) != string(want) {
				break
			}
			b, err := it.Item().ValueCopy(nil)
			if err != nil {
				return fmt.Errorf("reading the store: %w", err)
			}
			entries = append(entries, b)
		}
		return nil
	})
	if err == nil && len(entries) < n {
		err = fmt.Errorf("%w: entry %d is not there", ErrCorrupt, from+uint64(len(entries)))
	}
	return entries, err
}

// tile derives a hash tile, or an entry bundle (level -1), of a tree.
func (d *DB) tile(t *tree, cache *chunkCache, tile tlog.Tile) ([]byte, error) {
	if whole := boardlog.TileAt(tile.L, tile.N, t.size); tile.W < 1 || tile.W > whole.W {
		return nil, fmt.Errorf("%s in a log of %d entries: %w", boardlog.TilePath(tile), t.size, fs.ErrNotExist)
	}
	if tile.L >= 0 {
		return tlog.ReadTileData(tile, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			return d.readHashes(t, cache, indexes)
		}))
	}
	entries, err := d.readEntries(uint64(tile.N)*boardlog.TileWidth, tile.W)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, e := range entries {
		if b, err = boardlog.AppendEntry(b, e); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrCorrupt, err)
		}
	}
	return b, nil
}

// A chunkCache holds the chunks used last, so that the proof of a new entry needs no reading. Chunks do not change, and the store's owner is
// the only writer, so nothing in it goes stale.
type chunkCache struct {
	mu         sync.Mutex
	young, old map[int64]*chunk
}

// generation is how many chunks, of 1 KiB, are put before the older half is let go.
const generation = 8192

func newChunkCache() *chunkCache { return &chunkCache{young: make(map[int64]*chunk)} }

func (c *chunkCache) get(number int64) *chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, ok := c.young[number]; ok {
		return h
	}
	h, ok := c.old[number]
	if ok {
		c.putLocked(number, h)
	}
	return h
}

func (c *chunkCache) put(number int64, h *chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putLocked(number, h)
}

func (c *chunkCache) putLocked(number int64, h *chunk) {
	if len(c.young) >= generation {
		c.young, c.old = make(map[int64]*chunk, generation), c.young
	}
	c.young[number] = h
}
