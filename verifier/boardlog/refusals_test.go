package boardlog

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

// What is asked of a tree beyond its size is an error, never another tree's answer.
func TestNothingIsProvedBeyondTheTree(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 40)
	tree, err := OpenTree(t.Context(), l.files(300), l.open(300))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for what, ask := range map[string]func() error{
		"the root of a larger tree":      func() error { _, err := tree.RootAt(ctx, 301); return err },
		"the subtrees of a larger tree":  func() error { _, err := tree.Peaks(ctx, 301); return err },
		"a record that is not there":     func() error { _, err := tree.LeafHash(ctx, 300); return err },
		"a record at its size":           func() error { _, err := tree.ProveInclusion(ctx, 5, 5); return err },
		"a record in a larger tree":      func() error { _, err := tree.ProveInclusion(ctx, 5, 301); return err },
		"a larger tree before a smaller": func() error { _, err := tree.ProveConsistency(ctx, 200, 100); return err },
		"a larger tree after it":         func() error { _, err := tree.ProveConsistency(ctx, 200, 301); return err },
		"records after the last":         func() error { return tree.Read(ctx, 301, func(uint64, []byte) error { return nil }) },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), "log of 300") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := OpenTree(ctx, l.files(300), SignedCheckpoint{}); !errors.Is(err, errNotOpened) {
		t.Errorf("the tree of a checkpoint that was not opened: %v", err)
	}
	if err := tree.Extends(ctx, SignedCheckpoint{}); !errors.Is(err, errNotOpened) {
		t.Errorf("a past that was not opened: %v", err)
	}
	other := l.open(10)
	other.head.Origin = "other.example/log"
	if err := tree.Extends(ctx, other); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "other.example/log") {
		t.Errorf("the past of another log with the same records: %v", err)
	}
	if err := tree.Extends(ctx, l.open(10)); err != nil {
		t.Errorf("its own past: %v", err)
	}
	missing := l.files(300)
	for path := range missing {
		if strings.HasPrefix(path, "tile/0/") {
			delete(missing, path)
		}
	}
	if tree, err := OpenTree(ctx, missing, l.open(300)); err == nil {
		if _, err := tree.RootAt(ctx, 10); err == nil {
			t.Error("a root from tiles that are not there")
		}
		if err := tree.Extends(ctx, l.open(10)); err == nil || errors.As(err, new(*HistoryError)) {
			t.Errorf("a past without its tiles: %v", err)
		}
	}
}

// The head of a package's checkpoint, which is read before anything is known of keys, has one form.
func TestUnsignedHeads(t *testing.T) {
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	good := "log\n7\n" + root + "\n\n— log AAAA\n"
	if size, _, err := unsignedHead([]byte(good)); err != nil || size != 7 {
		t.Fatalf("%d, %v", size, err)
	}
	for what, head := range map[string]string{
		"too long":             good + strings.Repeat("x", checkpoint.MaxSize),
		"two lines":            "log\n7",
		"no size":              strings.Replace(good, "7", "seven", 1),
		"a size with zeros":    strings.Replace(good, "7", "007", 1),
		"a size with a sign":   strings.Replace(good, "7", "+7", 1),
		"a size of 2^62":       strings.Replace(good, "7", "4611686018427387904", 1),
		"a root of 31 bytes":   strings.Replace(good, root, base64.StdEncoding.EncodeToString(make([]byte, 31)), 1),
		"a root in hex digits": strings.Replace(good, root, strings.Repeat("0", 63)+"!", 1),
	} {
		if _, _, err := unsignedHead([]byte(head)); !errors.As(err, new(*HeadError)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Each rule of the form of a tar file is broken alone, with all others kept.
func TestHeadersOfAPackage(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	good := packed(t, l, 3)
	p := &tarPackage{}
	next, err := func() (int64, error) {
		p.r, p.length = bytes.NewReader(good), int64(len(good))
		return p.header(0, CheckpointPath, 1, checkpoint.MaxSize, new(extent))
	}()
	if err != nil {
		t.Fatal(err)
	}
	size := p.length
	header := func(b []byte, least, most int64) error {
		p := &tarPackage{r: bytes.NewReader(b), length: int64(len(b))}
		_, err := p.header(0, CheckpointPath, least, most, new(extent))
		return err
	}
	with := func(at int, to byte) []byte { b := bytes.Clone(good); b[at] = to; return b }
	for _, c := range []struct {
		what, part string
		err        error
	}{
		{"no checkpoint but zeros", "", header(make([]byte, 4*tarBlock), 1, checkpoint.MaxSize)},
		{"a size that is no number", "header", header(with(124, 'x'), 1, checkpoint.MaxSize)},
		{"a wrong mode", "header", header(with(100, '1'), 1, checkpoint.MaxSize)},
		{"less than the least", "size", header(good, size, size)},
		{"more than the most", "size", header(good, 1, 10)},
		{"padding that is not zero", "padding", header(with(int(next)-1, 1), 1, checkpoint.MaxSize)},
		{"a header cut short", "", header(good[:100], 1, checkpoint.MaxSize)},
		{"content cut short", "", header(good[:next-1], 1, checkpoint.MaxSize)},
	} {
		var bad *PackageError
		switch {
		case c.part == "" && !errors.Is(c.err, ErrTruncated):
			t.Errorf("%s: %v", c.what, c.err)
		case c.part != "" && (!errors.As(c.err, &bad) || bad.Part != c.part):
			t.Errorf("%s: %v, want a fault of %s", c.what, c.err, c.part)
		}
	}
	for at := range 2 * tarBlock {
		if err := auditTar(t, with(len(good)-1-at, 1), l.policy()); err == nil {
			t.Fatalf("byte %d before the end is not zero", at)
		}
	}
}

// What is in a folder beside a log's files, or is none, is refused.
func TestFoldersThatAreNoPackage(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	good := packed(t, l, 3)
	in := func(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	tile := TilePath(TileAt(0, 0, 3))
	for what, change := range map[string]func(dir string) error{
		"a tile of a larger tree": func(dir string) error {
			return os.WriteFile(in(dir, TilePath(TileAt(0, 0, 4))), make([]byte, 128), 0o644)
		},
		"a link in place of a tile": func(dir string) error {
			return errors.Join(os.Rename(in(dir, tile), in(dir, "../outside")), os.Symlink("../../../outside", in(dir, tile)))
		},
		"a tile that is too short": func(dir string) error { return os.Truncate(in(dir, tile), 64) },
		"a tile that is too long":  func(dir string) error { return os.Truncate(in(dir, tile), 128) },
		"a checkpoint too long":    func(dir string) error { return os.Truncate(in(dir, CheckpointPath), checkpoint.MaxSize+1) },
		"no checkpoint":            func(dir string) error { return os.Remove(in(dir, CheckpointPath)) },
		"a missing tile":           func(dir string) error { return os.Remove(in(dir, tile)) },
		"a file of another kind":   func(dir string) error { return os.WriteFile(in(dir, "tile/notes.txt"), nil, 0o644) },
	} {
		dir := filepath.Join(t.TempDir(), "log")
		if err := os.Rename(unpack(t, good), dir); err != nil {
			t.Fatal(err)
		}
		if p, err := OpenPackageFile(dir); err != nil {
			t.Fatal(err)
		} else if err := audit(t.Context(), p, l.policy(), func(uint64, []byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if p, err := OpenPackageFile(dir); err == nil {
			p.Close()
			t.Errorf("%s: the folder is opened", what)
		}
	}
	if _, err := OpenPackageFile(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

// A package whose writer or source fails is not written as if it were whole.
func TestWritingAPackageFails(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 40)
	size := len(packed(t, l, 300))
	for after := 0; after < size; after += 997 {
		left := after
		w := writerFunc(func(b []byte) (int, error) {
			if left -= len(b); left < 0 {
				return 0, errors.New("disk full")
			}
			return len(b), nil
		})
		if err := WritePackage(t.Context(), w, l.files(300), l.open(300)); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Fatalf("after %d bytes: %v", after, err)
		}
	}
	files := l.files(300)
	for path := range files {
		if path == CheckpointPath {
			continue // the checkpoint is given
		}
		src := SourceFunc(func(ctx context.Context, p string) ([]byte, error) {
			if p == path {
				return nil, errors.New("no connection")
			}
			return files.ReadFile(ctx, p)
		})
		if err := WritePackage(t.Context(), new(bytes.Buffer), src, l.open(300)); err == nil {
			t.Errorf("without %s a package is written", path)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A proof has one spelling, and no hash, size or length beyond what a log can have.
func TestProofsBeyondTheBounds(t *testing.T) {
	h := tlog.Hash{1}
	for what, err := range map[string]error{
		"a record at the size":       VerifyInclusion(4, h, 4, h, nil),
		"a tree of 2^62":             VerifyInclusion(1<<62, h, 0, h, nil),
		"a tree of 2^62 afterwards":  VerifyConsistency(1, h, 1<<62, h, nil),
		"the larger before the less": VerifyConsistency(5, h, 4, h, nil),
	} {
		if err == nil {
			t.Errorf("%s: it holds", what)
		}
	}
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	long := l.receipt(1, 3)
	p, err := ParseProof(long.Encode())
	if err != nil {
		t.Fatal(err)
	}
	p.Extra = make([]byte, maxExtraSize+1)
	if _, err := ParseProof(p.Encode()); !errors.Is(err, ErrInvalid) {
		t.Errorf("%d bytes of extra: %v", len(p.Extra), err)
	}
	p.Extra = nil
	for range maxProofHashes + 1 {
		p.Hashes = append(p.Hashes, h)
	}
	if _, err := ParseProof(p.Encode()); !errors.Is(err, ErrInvalid) {
		t.Errorf("%d hashes: %v", len(p.Hashes), err)
	}
	for _, text := range []string{proofHeader + "\n", proofHeader + "\nindex 1", proofHeader + "\nindex 1\n", proofHeader + "\nextra AAAA\n"} {
		if _, err := ParseProof([]byte(text)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, path := range []string{"", "tile", "tile/", "tile/8/0", "tile/data/000", "tile/0/-01", "tile/0/0", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/entries/data/000", "tile/0/" + strings.Repeat("x001/", 40) + "000"} {
		if got, err := ParseTilePath(path); err == nil {
			t.Errorf("%q is %v", path, fmt.Sprint(got))
		}
	}
}
