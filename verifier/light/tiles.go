package light

import (
	"context"
	"strings"

	"mandate/verifier/boardlog"
)

// maxTiles is how many full tiles are kept: 8 KiB each.
const maxTiles = 512

// A tileCache keeps full hash tiles, which never change. What it keeps is checked each time it is used, as if it were read.
type tileCache struct {
	src  boardlog.Source
	full map[string][]byte
}

func newTileCache(src boardlog.Source) *tileCache {
	return &tileCache{src, make(map[string][]byte)}
}

func (c *tileCache) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if b, ok := c.full[path]; ok {
		return b, nil
	}
	b, err := c.src.ReadFile(ctx, path)
	keep := err == nil && strings.HasPrefix(path, "tile/") && !strings.HasPrefix(path, "tile/entries/") && !strings.Contains(path, ".p/")
	if keep && len(b) == boardlog.TileWidth*32 {
		if len(c.full) >= maxTiles {
			clear(c.full)
		}
		c.full[path] = b
	}
	return b, err
}
