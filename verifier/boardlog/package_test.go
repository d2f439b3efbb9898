package boardlog

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// packed writes a package of a log in memory.
func packed(t testing.TB, l *testLog, size int, witnesses ...cosigner) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePackage(t.Context(), &b, l.files(size, witnesses...), l.open(size, witnesses...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// audit does with a package what a verifier does, as far as this package goes.
func audit(ctx context.Context, p *Package, policy Policy, fn func(uint64, []byte) error) error {
	defer p.Close()
	signed, err := p.ReadFile(ctx, CheckpointPath)
	if err != nil {
		return err
	}
	cp, err := Open(signed, policy)
	if err != nil {
		return err
	}
	if err := Read(ctx, p, cp, 0, fn); err != nil {
		return err
	}
	return cp.Account(policy.Witnesses)
}

func auditTar(t testing.TB, b []byte, policy Policy) error {
	p, err := OpenPackage(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	return audit(t.Context(), p, policy, func(uint64, []byte) error { return nil })
}

// unpack writes a tar file's files into a new folder, as tar(1) does.
func unpack(t testing.TB, b []byte) string {
	t.Helper()
	dir := t.TempDir()
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, h.Name)
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPackageRoundTrip(t *testing.T) {
	w := newWitness(t, "w1", 1700000000)
	l := newTestLog(t, testOrigin, 1).fill(1024, 40)
	for _, size := range append(sizes, 0) {
		b := packed(t, l, size, w)
		if again := packed(t, l, size, w); !bytes.Equal(b, again) {
			t.Fatalf("size %d: two packages of one log differ", size)
		}
		p, err := OpenPackage(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		dir := unpack(t, b)
		d, err := OpenPackageFile(dir)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		for i, p := range []*Package{p, d} {
			n := 0
			err := audit(t.Context(), p, l.policy(w), func(i uint64, b []byte) error {
				if n++; string(b) != string(l.records[i]) {
					return fmt.Errorf("record %d is another", i)
				}
				return nil
			})
			if err != nil || n != size {
				t.Fatalf("size %d, form %d: %d records, %v", size, i, n, err)
			}
		}
		// A package is a source: packing it again gives the same bytes.
		var again bytes.Buffer
		p, _ = OpenPackage(bytes.NewReader(b), int64(len(b)))
		if err := WritePackage(t.Context(), &again, p, l.open(size, w)); err != nil || !bytes.Equal(again.Bytes(), b) {
			t.Fatalf("size %d: packed again it differs: %v", size, err)
		}
		if _, err := p.ReadFile(t.Context(), "tile/0/999"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a tile that is not there: %v", err)
		}
	}
}

// TestPackageIsPlainUstar compares the headers with those that archive/tar writes for the same fields.
func TestPackageIsPlainUstar(t *testing.T) {
	for name, size := range map[string]int64{"checkpoint": 300, "tile/entries/x001/x234/067.p/255": 16776960, "tile/0/000": 8192, "empty": 0} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		err := w.WriteHeader(&tar.Header{Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if h := tarHeader(name, size); !bytes.Equal(h[:], b.Bytes()) {
			t.Errorf("%s: archive/tar writes\n%q\nthis writes\n%q", name, b.Bytes(), h[:])
		}
	}
}

// TestEveryByteOfAPackageIsCovered changes each byte of a small package in turn.
func TestEveryByteOfAPackageIsCovered(t *testing.T) {
	w := newWitness(t, "w1", 1700000000)
	l := newTestLog(t, testOrigin, 1).fill(3, 40)
	b := packed(t, l, 3, w)
	if err := auditTar(t, b, l.policy(w)); err != nil {
		t.Fatal(err)
	}
	for i := range b {
		old := b[i]
		b[i] ^= 1 << rand.IntN(8)
		if err := auditTar(t, b, l.policy(w)); !errors.Is(err, ErrInvalid) {
			t.Fatalf("byte %d, %#02x for %#02x: %v", i, b[i], old, err)
		}
		b[i] = old
	}
}

func TestG6_ChangedRecordInAPackageIsNamed(t *testing.T) {
	const size = 600
	l := newTestLog(t, testOrigin, 1).fill(size, 60)
	b := packed(t, l, size)
	dir := unpack(t, b)
	for range 200 {
		index := rand.IntN(size)
		record := l.records[index]
		at := bytes.Index(b, record)
		if bytes.LastIndex(b, record) != at {
			continue // a short record that stands elsewhere too
		}
		at += rand.IntN(2+len(record)) - 2
		changed := bytes.Clone(b)
		changed[at] ^= 1 << rand.IntN(8)
		var bad *RecordError
		if err := auditTar(t, changed, l.policy()); !errors.As(err, &bad) || bad.Index != uint64(index) {
			t.Fatalf("byte %d, in record %d: %v", at, index, err)
		}
	}
	// The same in a folder.
	path := filepath.Join(dir, "tile/entries/001")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var bad *RecordError
	if err := audit(t.Context(), p, l.policy(), func(uint64, []byte) error { return nil }); !errors.As(err, &bad) || bad.Index != 256 {
		t.Fatalf("record 256 changed in a folder: %v", err)
	}
}

func TestTruncatedPackage(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 20)
	b := packed(t, l, 300)
	for n := 0; n < len(b); n += 1 + rand.IntN(7) {
		if err := auditTar(t, b[:n], l.policy()); !errors.Is(err, ErrTruncated) || errors.Is(err, ErrInvalid) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	if err := auditTar(t, b[:len(b)-1], l.policy()); !errors.Is(err, ErrTruncated) {
		t.Fatalf("without its last byte: %v", err)
	}
	// A shorter reader than was said.
	if _, err := OpenPackage(bytes.NewReader(b[:5000]), int64(len(b))); !errors.Is(err, ErrTruncated) {
		t.Fatalf("a file that shrank: %v", err)
	}
	for _, missing := range []string{"tile/0/000", "tile/entries/001.p/44", "tile/1/000.p/1", "checkpoint"} {
		dir := unpack(t, b)
		if err := os.Remove(filepath.Join(dir, missing)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDir(dir); !errors.Is(err, ErrTruncated) || errors.Is(err, ErrInvalid) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestMalformedPackage(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 20)
	b := packed(t, l, 300)
	sized := func(name string, data []byte) []byte {
		var out bytes.Buffer
		writeFile(&out, name, data)
		return out.Bytes()
	}
	first := sized(CheckpointPath, l.checkpoint(300))
	rest := b[len(first):]
	for name, bad := range map[string][]byte{
		"a byte too many":             append(bytes.Clone(b), 0),
		"another file at the end":     append(bytes.Clone(b[:len(b)-1024]), append(sized("extra", []byte("x")), make([]byte, 1024)...)...),
		"another file at the start":   append(sized("extra", []byte("x")), b...),
		"without its checkpoint":      rest,
		"two checkpoints":             append(bytes.Clone(first), b...),
		"not a tar file":              bytes.Repeat([]byte("x"), 2000),
		"an empty checkpoint":         append(sized(CheckpointPath, nil), rest...),
		"a checkpoint of a few bytes": append(sized(CheckpointPath, []byte("x")), rest...),
		"a huge checkpoint":           append(sized(CheckpointPath, make([]byte, 1<<15)), rest...),
		"a log of 2^62 records":       append(sized(CheckpointPath, fmt.Appendf(nil, "a\n%d\n%s\n\n", uint64(1)<<62, l.root(1))), rest...),
		"a log of 2^62-1 records":     append(sized(CheckpointPath, fmt.Appendf(nil, "a\n%d\n%s\n\n", uint64(1)<<62-1, l.root(1))), rest...),
	} {
		if _, err := OpenPackage(bytes.NewReader(bad), int64(len(bad))); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(dir string) error{
		"a foreign file":         func(dir string) error { return os.WriteFile(filepath.Join(dir, "README"), nil, 0o644) },
		"a file that is no tile": func(dir string) error { return os.WriteFile(filepath.Join(dir, "tile/0/000.p"), nil, 0o644) },
		"a tile too long": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "tile/0/000"), make([]byte, 8193), 0o644)
		},
		"a symbolic link": func(dir string) error {
			name := filepath.Join(dir, "tile/0/000")
			if err := os.Rename(name, name+"x"); err != nil {
				return err
			}
			return os.Symlink(name+"x", name)
		},
	} {
		dir := unpack(t, b)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDir(dir); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenPackageFile(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestWritePackageRefusesABadSource(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(300, 20)
	src, cp := l.files(300), l.open(300)
	for path := range src {
		if path == CheckpointPath {
			continue // the one that was opened is written
		}
		bad := src.with(path, func(b []byte) []byte { b[rand.IntN(len(b))] ^= 1; return b })
		if err := WritePackage(t.Context(), io.Discard, bad, cp); !errors.Is(err, ErrInvalid) {
			t.Errorf("a changed %s: %v", path, err)
		}
	}
	if err := WritePackage(t.Context(), io.Discard, src, SignedCheckpoint{}); err == nil {
		t.Error("a package below a checkpoint that nobody checked")
	}
	full := errors.New("full")
	for n := range 8 {
		if err := WritePackage(t.Context(), &failingWriter{n, full}, src, cp); err != full && !errors.Is(err, full) {
			t.Errorf("a writer that fails after %d writes: %v", n, err)
		}
	}
}

type failingWriter struct {
	n   int
	err error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.n--; w.n < 0 {
		return 0, w.err
	}
	return len(b), nil
}

// FuzzOpenPackage looks for a package that opens and is not the one encoding of its files.
func FuzzOpenPackage(f *testing.F) {
	l := newTestLog(f, testOrigin, 1).fill(300, 20)
	for _, size := range []int{0, 1, 3, 256, 300} {
		b := packed(f, l, size)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := OpenPackage(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTruncated) {
				t.Fatalf("an error of neither kind: %v", err)
			}
			return
		}
		var again bytes.Buffer
		names := []string{CheckpointPath}
		for tile := range Layout(p.size) {
			names = append(names, TilePath(tile))
		}
		for _, name := range names {
			data, err := p.ReadFile(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(&again, name, data)
		}
		again.Write(make([]byte, 1024))
		if !bytes.Equal(again.Bytes(), b) {
			t.Fatal("its files, packed again, are other bytes")
		}
		audit(t.Context(), p, Policy{Origin: testOrigin, Log: l.key, Witnesses: []note.Verifier{}}, func(uint64, []byte) error { return nil })
	})
}
