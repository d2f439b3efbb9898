package board

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// Size returns how many records are durable: View may show the effects of a few more, which are about to be.
func (b *Board) Size() uint64 { return b.log.Size() }

// Find returns the place of a record by its id, and false if there is none. The record may become durable only a moment later.
func (b *Board) Find(id record.ID) (index uint64, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	index, ok = b.index[id]
	return index, ok
}

// Records returns the durable records from … to − 1. The caller says how many it can bear: all are in memory at once.
func (b *Board) Records(ctx context.Context, from, to uint64) ([][]byte, error) {
	if size := b.log.Size(); from > to || to > size {
		return nil, fmt.Errorf("records %d to %d of a log of %d: %w", from, to, size, fs.ErrNotExist)
	}
	var out [][]byte
	for e, err := range b.log.Entries(ctx, from, to) {
		if err != nil {
			return nil, fmt.Errorf("reading records %d to %d: %w", from, to, err)
		}
		out = append(out, e.Data)
	}
	return out, nil
}

// IDs returns the ids of the durable records from … to − 1, which lie in one bundle of 256. A whole bundle costs one read of its hashes.
func (b *Board) IDs(ctx context.Context, from, to uint64) ([]record.ID, error) {
	if from%boardlog.TileWidth == 0 && to == from+boardlog.TileWidth {
		tile, err := b.log.ReadFile(ctx, boardlog.TilePath(boardlog.TileAt(0, int64(from/boardlog.TileWidth), to)))
		if err == nil {
			hashes, err := boardlog.ParseTile(tile, boardlog.TileWidth)
			if err != nil {
				return nil, fmt.Errorf("reading ids %d to %d: %w", from, to, err)
			}
			ids := make([]record.ID, len(hashes))
			for i, h := range hashes {
				ids[i] = record.ID(h)
			}
			return ids, nil
		}
		if !errors.Is(err, fs.ErrNotExist) { // not under a checkpoint yet
			return nil, fmt.Errorf("reading ids %d to %d: %w", from, to, err)
		}
	}
	raws, err := b.Records(ctx, from, to)
	if err != nil {
		return nil, err
	}
	ids := make([]record.ID, len(raws))
	for i, raw := range raws {
		ids[i] = record.IDOf(raw)
	}
	return ids, nil
}
