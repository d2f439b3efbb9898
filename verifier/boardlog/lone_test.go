package boardlog

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

var errGone = errors.New("the disk is gone")

// Here all is right but one thing, so that no other check can be the one that refuses it.

func TestTextsWithOneFault(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(9, 20)
	text := string(l.receipt(4, 9).Encode())
	hash := strings.SplitAfter(text, "\n")[3]
	for what, bad := range map[string]string{
		"an index without its word":    strings.Replace(text, "index 4", "4", 1),
		"an index line that is a hash": strings.Replace(text, "index 4", "index "+hash, 1),
		"more after a hash's padding":  strings.Replace(text, hash, strings.TrimSuffix(hash, "\n")+"A\n", 1),
	} {
		if p, err := ParseProof([]byte(bad)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
	}
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	if _, _, err := unsignedHead([]byte("log\n7\n" + root + "A\n\n")); !errors.As(err, new(*HeadError)) {
		t.Errorf("more after a root's padding: %v", err)
	}
	if _, _, err := ParseBundle([]byte{0, 0, 0, 1, 7}, 2); err == nil {
		t.Error("an entry without bytes")
	}

	// A proof that would hold if there were trees so large.
	leaf := tlog.Hash{1}
	top, proof := leaf, make([]tlog.Hash, 62)
	for i := range proof {
		proof[i] = tlog.Hash{2, byte(i)}
		top = tlog.NodeHash(top, proof[i])
	}
	if err := VerifyInclusion(1<<62, top, 0, leaf, proof); err == nil {
		t.Error("a record in a tree of 2^62")
	}
	if err := VerifyConsistency(1, leaf, 1<<62, top, proof); err == nil {
		t.Error("a tree of 2^62 after one of 1")
	}
	if _, _, err := PrefixRoots(1, 1<<62, append([]tlog.Hash{leaf}, proof...)); err == nil {
		t.Error("the root of a tree of 2^62")
	}
	for n := range 62 {
		if before, after, err := PrefixRoots(1, 1<<61, proof[:n]); (err == nil) != (n == 62) {
			t.Errorf("%d hashes: %v, %v, %v", n, before, after, err)
		}
	}
}

// A tree whose tiles cannot be read any more proves nothing, and says why.
func TestATreeWithoutItsTiles(t *testing.T) {
	const size = 256*256 + 300
	l := newTestLog(t, testOrigin, 1).fill(size, 8)
	files := l.files(size)
	gone := false
	src := SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
		if gone {
			return nil, errGone
		}
		return files.ReadFile(ctx, path)
	})
	tree, err := OpenTree(t.Context(), src, l.open(size))
	if err != nil {
		t.Fatal(err)
	}
	gone = true
	past := l.open(300)
	ctx := t.Context()
	for what, ask := range map[string]func() error{
		"a leaf":                 func() error { _, err := tree.LeafHash(ctx, 5); return err },
		"an earlier root":        func() error { _, err := tree.RootAt(ctx, 5); return err },
		"the peaks":              func() error { _, err := tree.Peaks(ctx, 5); return err },
		"a past":                 func() error { return tree.Extends(ctx, past) },
		"a prefix at the left":   func() error { _, err := tree.ProvePrefix(ctx, 5); return err },
		"a prefix in the middle": func() error { _, err := tree.ProvePrefix(ctx, 3*256+5); return err },
		"a prefix at the right":  func() error { _, err := tree.ProvePrefix(ctx, 256*256+7); return err },
		"inclusion":              func() error { _, err := tree.ProveInclusion(ctx, 5, size); return err },
		"consistency":            func() error { _, err := tree.ProveConsistency(ctx, 5, size); return err },
		"its records":            func() error { return tree.Check(ctx) },
	} {
		if err := ask(); !errors.Is(err, errGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Genesis(ctx, src); !errors.Is(err, errGone) {
		t.Errorf("a genesis record: %v", err)
	}
}

func TestAFullTileInPlaceOfAPartialOneIsWhole(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 8)
	for _, size := range []int{3 * 32, 255 * 32, 257 * 32} {
		files := l.files(3)
		path := TilePath(TileAt(0, 0, 3))
		full := append(bytes.Clone(files[path]), make([]byte, 300*32)...)[:size]
		delete(files, path)
		files[TilePath(TileAt(0, 0, 256))] = full
		if _, err := OpenTree(t.Context(), files, l.open(3)); !errors.As(err, new(*TileError)) {
			t.Errorf("a full tile of %d bytes: %v", size, err)
		}
	}
}

func TestFoldersWithOneFault(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	good := packed(t, l, 3)
	tile := filepath.FromSlash(TilePath(TileAt(0, 0, 3)))
	changed := func(change func(dir string) error) (*Package, error) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "log")
		if err := errors.Join(os.Rename(unpack(t, good), dir), change(dir)); err != nil {
			t.Fatal(err)
		}
		p, err := OpenDir(dir)
		if err == nil {
			t.Cleanup(func() { p.Close() })
		}
		return p, err
	}
	var wrong *PackageError
	if _, err := changed(func(dir string) error {
		larger := filepath.Join(dir, filepath.FromSlash(TilePath(TileAt(0, 0, 4))))
		return errors.Join(os.Rename(filepath.Join(dir, tile), larger), os.Truncate(larger, 4*32))
	}); !errors.As(err, &wrong) {
		t.Errorf("a tile of a larger tree in place of one: %v", err)
	}
	if _, err := changed(func(dir string) error { // a link's size is that of its text
		link := filepath.Join(dir, tile)
		return errors.Join(os.Remove(link), os.Symlink(strings.Repeat("./", 45)+"000000", link))
	}); !errors.As(err, &wrong) {
		t.Errorf("a link with the size of a tile: %v", err)
	}
	if _, err := changed(func(dir string) error {
		return errors.Join(os.RemoveAll(filepath.Join(dir, "tile")), os.WriteFile(filepath.Join(dir, CheckpointPath), []byte("log\n"), 0o644))
	}); !errors.As(err, new(*HeadError)) {
		t.Errorf("a checkpoint without a size: %v", err)
	}
	for what, change := range map[string]func(name string) error{
		"a folder":                        func(name string) error { return errors.Join(os.Remove(name), os.Mkdir(name, 0o755)) },
		"a link to outside of the folder": func(name string) error { return errors.Join(os.Remove(name), os.Symlink("../..", name)) },
	} {
		if _, err := changed(func(dir string) error { return change(filepath.Join(dir, CheckpointPath)) }); err == nil || errors.As(err, new(*HeadError)) {
			t.Errorf("a checkpoint that is %s, and cannot be read: %v", what, err)
		}
	}
	if _, err := OpenDir(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}

	var at string
	p, err := changed(func(dir string) error { at = filepath.Join(dir, tile); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, make([]byte, 4*32), 0o644); err != nil {
		t.Fatal(err)
	}
	if b, err := p.ReadFile(t.Context(), filepath.ToSlash(tile)); !errors.As(err, &wrong) {
		t.Errorf("a tile that has grown since: %d bytes, %v", len(b), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.ReadFile(ctx, CheckpointPath); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := p.ReadFile(t.Context(), TilePath(TileAt(0, 0, 4))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a tile of a larger tree: %v", err)
	}
}

// failsOnce reads and writes, but once.
type failsOnce struct {
	at int
	r  io.ReaderAt
	w  io.Writer
}

func (f *failsOnce) ReadAt(b []byte, offset int64) (int, error) {
	if f.at--; f.at == 0 {
		return 0, errGone
	}
	return f.r.ReadAt(b, offset)
}

func (f *failsOnce) Write(b []byte) (int, error) {
	if f.at--; f.at == 0 {
		return 0, errGone
	}
	return f.w.Write(b)
}

// A disk that fails for a moment is the disk's fault, not the package's, and what was written meanwhile is no package.
func TestADiskThatFailsOnce(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	good := packed(t, l, 3)
	for at := 1; ; at++ {
		f := &failsOnce{at: at, r: bytes.NewReader(good)}
		_, err := OpenPackage(f, int64(len(good)))
		if f.at > 0 {
			if err != nil || at < 6 {
				t.Errorf("%d readings: %v", at-1, err)
			}
			break
		}
		if !errors.Is(err, errGone) {
			t.Errorf("reading %d: %v", at, err)
		}
	}
	for at := 1; ; at++ {
		f := &failsOnce{at: at, w: io.Discard}
		err := WritePackage(t.Context(), f, l.files(3), l.open(3))
		if f.at > 0 {
			if err != nil || at < 6 {
				t.Errorf("%d writings: %v", at-1, err)
			}
			break
		}
		if !errors.Is(err, errGone) {
			t.Errorf("writing %d: %v", at, err)
		}
	}
	if _, err := OpenPackage(bytes.NewReader(good), int64(len(good))-1); !errors.Is(err, ErrTruncated) {
		t.Errorf("a byte less than there is: %v", err)
	}
	p, err := OpenPackage(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	p.files.(*tarPackage).r = &failsOnce{at: 1, r: bytes.NewReader(good)}
	if b, err := p.ReadFile(t.Context(), CheckpointPath); !errors.Is(err, errGone) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if checkpoint.MaxSize+maxProofHashes*45+maxExtraSize*4/3+200 > MaxReceiptSize {
		t.Error("the parts of a proof may be longer than the whole")
	}
}
