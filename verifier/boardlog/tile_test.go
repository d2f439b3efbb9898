package boardlog

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestTilePaths(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"tile/0/000":                 {H: 8, L: 0, N: 0, W: 256},
		"tile/0/x001/x234/067":       {H: 8, L: 0, N: 1234067, W: 256},
		"tile/5/x001/000.p/1":        {H: 8, L: 5, N: 1000, W: 1},
		"tile/63/999.p/255":          {H: 8, L: 63, N: 999, W: 255},
		"tile/entries/000.p/5":       {H: 8, L: -1, N: 0, W: 5},
		"tile/entries/x001/x234/067": {H: 8, L: -1, N: 1234067, W: 256},
	} {
		got, err := ParseTilePath(path)
		if err != nil || got != want || TilePath(want) != path {
			t.Errorf("%s: %+v, %v; %+v is %s", path, got, err, want, TilePath(want))
		}
	}
	for _, path := range []string{
		"", "checkpoint", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/00/000", "tile/64/000",
		"tile/-1/000", "tile/+1/000", "tile/data/000", "tile/8/0/000", "tile/entries/", "tile/entries/0/000", "tile/0/x000/001", "tile/0/001/000",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/256", "tile/0/000.p/-1", "tile/0/000.p/01", "tile/0/000.q/1",
		"/tile/0/000", "tile/0/000/", "tile//0/000", "tile/0/../0/000", "tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001", "tile/0/٠٠٠", "TILE/0/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999",
	} {
		if tile, err := ParseTilePath(path); err == nil {
			t.Errorf("%q was taken for %+v", path, tile)
		}
		if path != CheckpointPath && MaxSize(path) != 0 {
			t.Errorf("%q has a size", path)
		}
	}
	for path, want := range map[string]int64{"tile/0/000": 8192, "tile/3/000.p/2": 64, "tile/entries/000.p/2": 2 * 65537} {
		if got := MaxSize(path); got != want {
			t.Errorf("%s: at most %d bytes, want %d", path, got, want)
		}
	}
}

// TestLayout compares the tiles of a tree with those that package tlog says are there.
func TestLayout(t *testing.T) {
	for _, size := range []int64{0, 1, 255, 256, 257, 65535, 65536, 65537, 70000} {
		want := make(map[tlog.Tile]bool)
		for _, tile := range tlog.NewTiles(8, 0, size) {
			want[tile] = true
			if tile.L == 0 {
				tile.L = -1
				want[tile] = true
			}
		}
		level, n := 8, 0
		for tile := range Layout(uint64(size)) {
			if !want[tile] {
				t.Errorf("size %d: %s is not there", size, TilePath(tile))
			}
			if tile.L > level {
				t.Errorf("size %d: %s comes late", size, TilePath(tile))
			}
			level = tile.L
			n++
		}
		if n != len(want) {
			t.Errorf("size %d: %d tiles, want %d", size, n, len(want))
		}
	}
	for range Layout(1<<62 - 1) {
		break // and does not compute for ever
	}
	if tile := TileAt(0, 1<<40, 300); tile.W != 0 {
		t.Errorf("%+v is in a tree of 300", tile)
	}
}

func TestBundle(t *testing.T) {
	var b []byte
	entries := [][]byte{{1}, bytes.Repeat([]byte{2}, MaxEntrySize), {3, 3}}
	for _, e := range entries {
		var err error
		if b, err = AppendEntry(b, e); err != nil {
			t.Fatal(err)
		}
	}
	got, rest, err := ParseBundle(b, 3)
	if err != nil || len(rest) > 0 || !slices.EqualFunc(got, entries, bytes.Equal) {
		t.Fatalf("%d entries, %d bytes left, %v", len(got), len(rest), err)
	}
	for _, e := range [][]byte{nil, {}, make([]byte, MaxEntrySize+1)} {
		if _, err := AppendEntry(nil, e); err == nil {
			t.Errorf("an entry of %d bytes", len(e))
		}
	}
}

// TestImports keeps the package readable for an auditor: the standard library, the log's own formats, and nothing that serves or stores.
func TestImports(t *testing.T) {
	allowed := []string{"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog", "mandate/ballot/checkpoint"}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if path == "net/http" || strings.Contains(path, ".") && !slices.Contains(allowed, path) || strings.HasPrefix(path, "mandate/") && !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
}

func FuzzParseTilePath(f *testing.F) {
	for _, path := range []string{"tile/0/000", "tile/entries/x001/067.p/255", "tile/63/x999/999", "tile/0/x000/001", "checkpoint"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParseTilePath(path)
		if err == nil && (TilePath(tile) != path || tile.W < 1 || tile.W > 256 || tile.L < -1 || tile.L > 63 || tile.N < 0) {
			t.Fatalf("%q was taken for %+v", path, tile)
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	b, _ := AppendEntry(nil, []byte("one"))
	b, _ = AppendEntry(b, []byte("two"))
	f.Add(b, 2)
	f.Add(b, 1)
	f.Add(b[:4], 2)
	f.Add([]byte{0, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		if width < 0 || width > TileWidth {
			return
		}
		entries, rest, err := ParseBundle(b, width)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			if again, err = AppendEntry(again, e); err != nil {
				t.Fatal(err)
			}
		}
		if len(entries) != width || !bytes.Equal(append(again, rest...), b) {
			t.Fatal("encodes to other bytes")
		}
	})
}

func FuzzParseTile(f *testing.F) {
	f.Add(make([]byte, 64), 2)
	f.Add(make([]byte, 63), 2)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		if width < 0 || width > TileWidth {
			return
		}
		if hashes, err := ParseTile(b, width); err == nil && len(hashes)*tlog.HashSize != len(b) {
			t.Fatalf("%d hashes in %d bytes", len(hashes), len(b))
		}
	})
}
