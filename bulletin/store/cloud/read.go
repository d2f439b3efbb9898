package cloud

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// Entries yields the entries from one index up to and without another, all of which must be durable. After an error it yields nothing more.
func (l *Log) Entries(ctx context.Context, from, to uint64) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if size := l.Size(); from > to || to > size {
			yield(store.Entry{}, fmt.Errorf("entries %d to %d of a log of %d: %w", from, to, size, fs.ErrNotExist))
			return
		}
		for from < to {
			entries, err := l.some(ctx, from)
			if err != nil {
				yield(store.Entry{}, fmt.Errorf("reading entry %d: %w", from, err))
				return
			}
			for _, e := range entries[:min(uint64(len(entries)), to-from)] {
				if !yield(store.Entry{Index: from, Data: e}, nil) {
					return
				}
				from++
			}
		}
	}
}

// some returns at least one entry, from an index on that is durable: from the bucket if they are there, else from where they wait for it.
// Between the two questions they may have gone from one to the other, so the bucket is looked at again.
func (l *Log) some(ctx context.Context, from uint64) ([][]byte, error) {
	if from >= l.integrated.Load() {
		entries, err := l.sequenced(ctx, from)
		if err != nil || len(entries) > 0 {
			return entries, err
		}
		if err := l.lookIntegrated(ctx); err != nil {
			return nil, err
		}
		if size := l.integrated.Load(); from >= size {
			return nil, fmt.Errorf("%w: it is neither waiting nor among the %d in the bucket", store.ErrCorrupt, size)
		}
	}
	entries, err := l.bundle(ctx, int64(from/boardlog.TileWidth), int(from%boardlog.TileWidth)+1)
	if err != nil {
		return nil, err
	}
	return entries[from%boardlog.TileWidth:], nil
}

func (l *Log) lookIntegrated(ctx context.Context) error {
	var size uint64
	if err := l.db.QueryRowContext(ctx, `SELECT seq FROM IntCoord WHERE id = 0`).Scan(&size); err != nil {
		return fmt.Errorf("asking what is in the bucket: %w", err)
	}
	grow(&l.integrated, size)
	return nil
}

// A sequenced entry is as Tessera's driver keeps it (storage/internal.SequencedEntry; its table Tessera says that this is the format).
type sequenced struct {
	BundleData []byte // of a bundle of this one entry
	LeafHash   []byte
}

// sequenced returns entries from an index on that are not in the bucket yet, none if that one is.
func (l *Log) sequenced(ctx context.Context, from uint64) (entries [][]byte, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT seq, v FROM Seq WHERE id = 0 AND seq >=
		(SELECT MAX(seq) FROM Seq WHERE id = 0 AND seq <= ?) ORDER BY seq LIMIT 8`, from)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	next := from
	for rows.Next() {
		var at uint64
		var packed []byte
		if err := rows.Scan(&at, &packed); err != nil {
			return nil, err
		}
		var batch []sequenced
		if err := gob.NewDecoder(bytes.NewReader(packed)).Decode(&batch); err != nil {
			return nil, fmt.Errorf("%w: the batch at %d: %v", store.ErrCorrupt, at, err)
		}
		if at > next {
			break // a gap: not from this moment
		}
		for i, s := range batch {
			if at+uint64(i) != next {
				continue
			}
			e, rest, err := boardlog.ParseBundle(s.BundleData, 1)
			if err != nil || len(rest) > 0 {
				return nil, fmt.Errorf("%w: entry %d in the batch at %d", store.ErrCorrupt, next, at)
			}
			entries = append(entries, e[0])
			next++
		}
	}
	return entries, rows.Err()
}

// bundle returns at least the first entries of a bundle that is in the bucket.
func (l *Log) bundle(ctx context.Context, n int64, least int) ([][]byte, error) {
	width := l.width(-1, n)
	data, err := l.bucket.tile(ctx, tlog.Tile{H: 8, L: -1, N: n, W: width})
	if err != nil {
		return nil, err
	}
	entries, _, err := boardlog.ParseBundle(data, max(width, least))
	if err != nil {
		return nil, fmt.Errorf("%w: bundle %d: %v", store.ErrCorrupt, n, err)
	}
	return entries, nil
}

// width returns how wide a tile or bundle (level -1) is now that is in the bucket. Partial ones are there in the widths in which they were
// when something was put into the bucket; a full one replaces them.
func (l *Log) width(level int, n int64) int { return boardlog.TileAt(level, n, l.integrated.Load()).W }

// A place is that of a hash tile.
type place struct {
	level int
	n     int64
}

// hashTile returns at least the first hashes of a tile.
func (l *Log) hashTile(ctx context.Context, level int, n int64, least int) ([]byte, error) {
	at := place{level, n}
	if data, ok := l.tiles.Get(at); ok && len(data) >= least*tlog.HashSize {
		return data, nil
	}
	if l.width(level, n) < least {
		if err := l.lookIntegrated(ctx); err != nil {
			return nil, err
		}
	}
	width := l.width(level, n)
	if width < least {
		return nil, fmt.Errorf("tile %d of level %d is in the bucket with %d hashes, not with %d: %w", n, level, width, least, fs.ErrNotExist)
	}
	data, err := l.bucket.tile(ctx, tlog.Tile{H: 8, L: level, N: n, W: width})
	if err != nil {
		return nil, err
	}
	if len(data) < least*tlog.HashSize || len(data)%tlog.HashSize != 0 || len(data) > boardlog.TileWidth*tlog.HashSize {
		return nil, fmt.Errorf("%w: tile %d of level %d has %d bytes", store.ErrCorrupt, n, level, len(data))
	}
	l.tiles.Add(at, data)
	return data, nil
}

// InclusionProof proves that an entry is in the tree of a size (RFC 6962 §2.1.1), which a checkpoint has covered.
func (l *Log) InclusionProof(ctx context.Context, index, size uint64) (tlog.RecordProof, error) {
	if now := l.Size(); index >= size || size > now {
		return nil, fmt.Errorf("entry %d at size %d of a log of %d: %w", index, size, now, fs.ErrNotExist)
	}
	return tlog.ProveRecord(int64(size), int64(index), tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			t := tlog.TileForIndex(8, x)
			data, err := l.hashTile(ctx, t.L, t.N, t.W)
			if err != nil {
				return nil, err
			}
			t.W = len(data) / tlog.HashSize
			if hashes[i], err = tlog.HashFromTile(t, data, x); err != nil {
				return nil, err
			}
		}
		return hashes, nil
	}))
}

// ReadFile implements boardlog.Source: the newest checkpoint, and every tile and bundle, also partial ones, below it or below an earlier one.
func (l *Log) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := l.Checkpoint()
	if path == boardlog.CheckpointPath {
		if c.Signed == nil {
			return nil, fmt.Errorf("the log has no checkpoint yet: %w", fs.ErrNotExist)
		}
		return bytes.Clone(c.Signed), nil
	}
	t, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	if t.W > boardlog.TileAt(t.L, t.N, c.Size).W {
		return nil, fmt.Errorf("%s below a checkpoint of %d entries: %w", path, c.Size, fs.ErrNotExist)
	}
	if t.L >= 0 {
		data, err := l.hashTile(ctx, t.L, t.N, t.W)
		if err != nil {
			return nil, err
		}
		return bytes.Clone(data[:t.W*tlog.HashSize]), nil
	}
	if l.width(-1, t.N) < t.W {
		if err := l.lookIntegrated(ctx); err != nil {
			return nil, err
		}
	}
	entries, err := l.bundle(ctx, t.N, t.W)
	if err != nil {
		return nil, err
	}
	var data []byte
	for _, e := range entries[:t.W] {
		if data, err = boardlog.AppendEntry(data, e); err != nil {
			return nil, err
		}
	}
	return data, nil
}
