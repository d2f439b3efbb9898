package boardlog

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/crypto/merkle"
)

// A prefix proof gives the roots of both trees, of every pair of sizes, and with a hash more, less or changed not these.
func TestG5_PrefixProofs(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(40, 20)
	for n := 1; n <= 40; n++ {
		tree, err := OpenTree(t.Context(), l.files(n), l.open(n))
		if err != nil {
			t.Fatal(err)
		}
		for m := 1; m <= n; m++ {
			proof, err := tree.ProvePrefix(t.Context(), uint64(m))
			if err != nil {
				t.Fatal(err)
			}
			holds := func(proof []tlog.Hash) bool {
				before, root, err := PrefixRoots(uint64(m), uint64(n), proof)
				return err == nil && before == l.root(m) && root == l.root(n)
			}
			if !holds(proof) {
				t.Fatalf("%d of %d: the proof does not hold", m, n)
			}
			for i := range proof {
				changed := bytes.Clone(proof[i][:])
				changed[0] ^= 1
				other := append(append([]tlog.Hash(nil), proof[:i]...), tlog.Hash(changed))
				if holds(append(other, proof[i+1:]...)) || holds(proof[:i]) {
					t.Fatalf("%d of %d: holds without hash %d", m, n, i)
				}
			}
			if holds(append(append([]tlog.Hash(nil), proof...), tlog.Hash{})) {
				t.Fatalf("%d of %d: holds with a hash more", m, n)
			}
			peaks, err := tree.Peaks(t.Context(), uint64(m))
			if err != nil {
				t.Fatal(err)
			}
			if f, err := merkle.Resume(uint64(m), peaks); err != nil || f.Root() != l.root(m) {
				t.Fatalf("%d of %d: the subtrees give another root: %v", m, n, err)
			}
		}
		for _, m := range []uint64{0, uint64(n) + 1} {
			if _, err := tree.ProvePrefix(t.Context(), m); err == nil {
				t.Errorf("%d of %d: proved", m, n)
			}
			if _, _, err := PrefixRoots(m, uint64(n), nil); err == nil {
				t.Errorf("%d of %d: roots of nothing", m, n)
			}
		}
	}
}

// What is wrong is said with its place, and a file is opened like a folder.
func TestFaultsSayWhereTheyAre(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	good := packed(t, l, 3)
	open := func(b []byte) error {
		name := filepath.Join(t.TempDir(), "board.tar")
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := OpenPackageFile(name)
		if err != nil {
			return err
		}
		if signed, err := p.ReadFile(t.Context(), CheckpointPath); err != nil || !bytes.Equal(signed, l.checkpoint(3)) {
			t.Errorf("the checkpoint of the package: %v", err)
		}
		if _, err := p.ReadFile(t.Context(), "notes.txt"); err == nil {
			t.Error("a file that is none of a log")
		}
		return audit(t.Context(), p, l.policy(), func(uint64, []byte) error { return nil })
	}
	if err := open(good); err != nil {
		t.Fatal(err)
	}
	changed := func(at int, to byte) []byte { b := bytes.Clone(good); b[at] = to; return b }
	record := bytes.Index(good, l.records[2])
	for want, err := range map[string]error{
		"audit package, checkpoint: header at byte 124: ": open(changed(124, 'x')),
		"ends before or in checkpoint":                    open(good[:10]),
		"record 2: ":                                      open(changed(record, good[record]^1)),
		"two histories: ":                                 (&HistoryError{Known: l.open(2), Shown: l.open(3)}),
		"byte ":                                           open(append(bytes.Clone(good), 0)),
		"root":                                            &RootError{Size: 3},
		"tile":                                            tileError(TileAt(0, 0, 3), errTileHash),
		"checkpoint: 1 lines, want origin, size, root and signa": open(bytes.Replace(good, []byte("\n"), []byte("x"), -1)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := (&HistoryError{}); !errors.Is(err, ErrInvalid) {
		t.Error("two histories are not invalid")
	}
}

// The genesis record is read from the first bundle, and from nothing else.
func TestGenesisOfAFailingSource(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	files := l.files(3)
	got, err := Genesis(t.Context(), files)
	if err != nil || !bytes.Equal(got, l.records[0]) {
		t.Fatalf("%v", err)
	}
	for path := range files {
		src := SourceFunc(func(ctx context.Context, p string) ([]byte, error) {
			if p == path {
				return nil, errors.New("no connection")
			}
			return files.ReadFile(ctx, p)
		})
		if _, err := Genesis(t.Context(), src); err == nil && !strings.HasPrefix(path, "tile/0") {
			t.Errorf("without %s there is a genesis record", path)
		}
	}
}
