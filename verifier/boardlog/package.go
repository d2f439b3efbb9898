package boardlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

// A Package is an audit package: a whole log at one checkpoint, as a tar file or the folder unpacked from it (SPEC.md §7). It is a [Source].
//
// Opening it checks its form: every file that the tree has and no other, each of a possible size, and in a tar file every byte that is not
// in a file. What is in the files is checked by [Open], [Read] from record 0, and [SignedCheckpoint.Account]: after these, no byte of the
// package is unaccounted for.
type Package struct {
	size  uint64 // as its checkpoint says, which nobody has checked
	files interface {
		readFile(path string, t tlog.Tile) ([]byte, error) // t is the zero Tile for the checkpoint
	}
	closer io.Closer
}

// Close closes the file or folder that the package was opened from.
func (p *Package) Close() error {
	if p.closer == nil {
		return nil
	}
	return p.closer.Close()
}

// ReadFile implements [Source].
func (p *Package) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var t tlog.Tile
	if path != CheckpointPath {
		var err error
		if t, err = ParseTilePath(path); err != nil {
			return nil, err
		}
		if TileAt(t.L, t.N, p.size) != t {
			return nil, fmt.Errorf("audit package: %s: %w", path, fs.ErrNotExist)
		}
	}
	return p.files.readFile(path, t)
}

// sizeRange returns the smallest and largest size of a tile's file.
func sizeRange(t tlog.Tile) (least, most int64) {
	if t.L == entryLevel {
		return int64(t.W) * 3, int64(t.W) * (2 + MaxEntrySize)
	}
	return int64(t.W) * tlog.HashSize, int64(t.W) * tlog.HashSize
}

// tarPackage is a package in a tar file.
type tarPackage struct {
	r          io.ReaderAt
	length     int64
	size       uint64
	checkpoint extent
	extents    []extent // of Layout's files
}

type extent struct{ offset, size int64 }

// OpenPackageFile opens an audit package in a tar file, or a folder that holds the same files.
func OpenPackageFile(name string) (*Package, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return OpenDir(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	p, err := OpenPackage(f, info.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	p.closer = f
	return p, nil
}

// OpenPackage opens an audit package of length bytes in tar form.
func OpenPackage(r io.ReaderAt, length int64) (*Package, error) {
	p := &tarPackage{r: r, length: length}
	next, err := p.header(0, CheckpointPath, 1, checkpoint.MaxSize, &p.checkpoint)
	if err != nil {
		return nil, err
	}
	signed, err := p.readFile(CheckpointPath, tlog.Tile{})
	if err != nil {
		return nil, err
	}
	p.size, _, err = unsignedHead(signed)
	if err != nil {
		return nil, err
	}
	for t := range Layout(p.size) {
		least, most := sizeRange(t)
		var e extent
		if next, err = p.header(next, TilePath(t), least, most, &e); err != nil {
			return nil, err
		}
		p.extents = append(p.extents, e)
	}
	if err := p.end(next); err != nil {
		return nil, err
	}
	return &Package{size: p.size, files: p}, nil
}

// header checks the header and padding of the file that must come at an offset, and returns where the next begins.
func (p *tarPackage) header(offset int64, name string, least, most int64, e *extent) (next int64, err error) {
	var h [tarBlock]byte
	if err := p.readAt(h[:], offset, name); err != nil {
		return 0, err
	}
	if h == zeroBlock {
		return 0, fmt.Errorf("%s is missing: %w", name, ErrTruncated)
	}
	size, ok := tarSize(h[:])
	if !ok {
		return 0, &PackageError{name, "header", offset + 124, errors.New("size is no number")}
	}
	want := tarHeader(name, size)
	if at := firstDifference(h[:], want[:]); at >= 0 {
		return 0, &PackageError{name, "header", offset + int64(at), fmt.Errorf("byte %#02x, want %#02x", h[at], want[at])}
	}
	if size < least || size > most {
		return 0, &PackageError{name, "size", offset + 124, fmt.Errorf("%d bytes, want %d to %d", size, least, most)}
	}
	*e = extent{offset + tarBlock, size}
	padding := make([]byte, tarPadding(size))
	if err := p.readAt(padding, e.offset+size, name); err != nil {
		return 0, err
	}
	if at := firstDifference(padding, zeroBlock[:len(padding)]); at >= 0 {
		return 0, &PackageError{name, "padding", e.offset + size + int64(at), errors.New("byte is not zero")}
	}
	return e.offset + size + int64(len(padding)), nil
}

// end checks the two blocks of zeros that end the file, and that nothing follows.
func (p *tarPackage) end(offset int64) error {
	var blocks [2 * tarBlock]byte
	if err := p.readAt(blocks[:], offset, "the end"); err != nil {
		return err
	}
	for at, b := range blocks {
		if b != 0 {
			return &PackageError{"", "end", offset + int64(at), errors.New("byte is not zero")}
		}
	}
	if end := offset + int64(len(blocks)); p.length != end {
		return &PackageError{"", "end", end, fmt.Errorf("%d bytes too many", p.length-end)}
	}
	return nil
}

func (p *tarPackage) readAt(b []byte, offset int64, name string) error {
	if offset > p.length-int64(len(b)) {
		return fmt.Errorf("it has %d bytes and ends before or in %s: %w", p.length, name, ErrTruncated)
	}
	n, err := p.r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("it ends before or in %s: %w", name, ErrTruncated)
	}
	return fmt.Errorf("audit package: reading %s: %w", name, err)
}

func (p *tarPackage) readFile(path string, t tlog.Tile) ([]byte, error) {
	e := p.checkpoint
	if t.W > 0 {
		e = p.extents[p.ordinal(t)]
	}
	b := make([]byte, e.size)
	if err := p.readAt(b, e.offset, path); err != nil {
		return nil, err
	}
	return b, nil
}

// ordinal returns the place of a tile in Layout.
func (p *tarPackage) ordinal(t tlog.Tile) uint64 {
	n := uint64(t.N)
	for level := topLevel(p.size); level > t.L; level-- {
		n += tileCount(level, p.size)
	}
	return n
}

// tileCount returns how many tiles there are of a level.
func tileCount(level int, size uint64) uint64 {
	return (hashesAt(level, size) + TileWidth - 1) >> tileHeight
}

// dirPackage is a package in a folder.
type dirPackage struct {
	root *os.Root
}

// OpenDir opens an audit package in a folder: the files of the tar form, and no others.
func OpenDir(name string) (*Package, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	d := &dirPackage{root}
	size, err := d.check()
	if err != nil {
		root.Close()
		return nil, err
	}
	return &Package{size: size, files: d, closer: root}, nil
}

// check compares the files in the folder with those that the tree must have.
func (d *dirPackage) check() (size uint64, err error) {
	signed, err := d.readFile(CheckpointPath, tlog.Tile{})
	if err != nil {
		return 0, err
	}
	if size, _, err = unsignedHead(signed); err != nil {
		return 0, err
	}
	var have uint64
	err = fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path == CheckpointPath {
			return err
		}
		t, err := ParseTilePath(path)
		if err != nil || TileAt(t.L, t.N, size) != t {
			return &PackageError{fmt.Sprintf("%.100q", path), "name", -1, fmt.Errorf("a tree of size %d has no such file", size)}
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return &PackageError{path, "name", -1, errors.New("not a regular file")}
		}
		if least, most := sizeRange(t); info.Size() < least || info.Size() > most {
			return &PackageError{path, "size", -1, fmt.Errorf("%d bytes, want %d to %d", info.Size(), least, most)}
		}
		have++
		return nil
	})
	if err != nil {
		return 0, err
	}
	var want uint64
	for level := topLevel(size); level >= entryLevel; level-- {
		want += tileCount(level, size)
	}
	if have == want {
		return size, nil
	}
	for t := range Layout(size) {
		if _, err := d.root.Lstat(TilePath(t)); err != nil {
			return 0, fmt.Errorf("%s: %v: %w", TilePath(t), errors.Unwrap(err), ErrTruncated)
		}
	}
	return 0, fmt.Errorf("it has %d files, want %d: %w", have, want, ErrTruncated)
}

func (d *dirPackage) readFile(path string, t tlog.Tile) ([]byte, error) {
	f, err := d.root.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w", path, ErrTruncated)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	most := MaxSize(path)
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, &PackageError{path, "size", -1, fmt.Errorf("more than %d bytes", most)}
	}
	return b, nil
}

// WritePackage writes the log at a checkpoint to w as an audit package. It checks everything that it writes. Of the checkpoint's signatures
// it writes the log's and those of the policy's witnesses that cp was opened with.
func WritePackage(ctx context.Context, w io.Writer, src Source, cp SignedCheckpoint) error {
	tree, err := OpenTree(ctx, src, cp)
	if err != nil {
		return err
	}
	if err := writeFile(w, CheckpointPath, cp.Only()); err != nil {
		return err
	}
	for t := range Layout(cp.Size()) {
		if t.L == entryLevel {
			break // the bundles come last
		}
		hashes, err := tree.tile(ctx, t.L, t.N)
		if err != nil {
			return err
		}
		data := make([]byte, 0, len(hashes)*tlog.HashSize)
		for _, h := range hashes {
			data = append(data, h[:]...)
		}
		if err := writeFile(w, TilePath(t), data); err != nil {
			return err
		}
	}
	err = tree.bundles(ctx, 0, func(b bundle) error {
		if b.err != nil {
			return b.err
		}
		return writeFile(w, TilePath(b.tile), b.data)
	})
	if err != nil {
		return err
	}
	if _, err := w.Write(make([]byte, 2*tarBlock)); err != nil {
		return fmt.Errorf("writing the audit package: %w", err)
	}
	return nil
}

func writeFile(w io.Writer, name string, data []byte) error {
	h := tarHeader(name, int64(len(data)))
	for _, b := range [][]byte{h[:], data, zeroBlock[:tarPadding(int64(len(data)))]} {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("writing the audit package: %s: %w", name, err)
		}
	}
	return nil
}
