// Package backup puts a party's whole folder into one stream, while the party is at work, and brings it back.
//
// [Write] makes the stream, a tar file; [Check] reads one to its end and says what is in it, and [Restore] makes a folder of one that was checked.
// What the stream is written to encrypts it: [Seal] and [Unseal] do so with age (https://age-encryption.org/v1).
//
// The stores of Badger come first, each as it is at one moment, in pieces; then all other files; last a manifest with the size and SHA-256 of
// everything, without which nothing is believed. Secrets are in files that the party has encrypted. The stream is trusted: whoever can make one
// that its keeper restores can make anything of the party. What the party has done since, a copy cannot know; a store that was brought back says
// so of itself, and its owner does nothing twice because of it (packages mandate/bulletin/store and mandate/cmd/mandate/registrar).
package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mandate/bulletin/store"
	"mandate/cmd/mandate/registrar"
)

// A Source is what is copied.
type Source struct {
	// Dir is the party's folder.
	Dir string
	// Stores writes copies of the stores that are in use, by their path in Dir with slashes. A store that is in Dir and not named is opened,
	// which fails if it is in use.
	Stores map[string]func(io.Writer) error
}

// An Item is a file or a store in a Manifest.
type Item struct {
	Path   string `json:"path"` // in the folder, with slashes
	Kind   string `json:"kind"` // "file", "log" or "ledger"
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// A Manifest says what is in a copy.
type Manifest struct {
	Format string    `json:"format"`
	Made   time.Time `json:"made"` // when the copy was begun
	Items  []Item    `json:"items"`
}

const (
	format       = "mandate/backup/1"
	manifestName = "manifest.json"
	pieceSize    = 4 << 20
	maxManifest  = 16 << 20
	maxFile      = 2 << 30
	maxItems     = 100_000
)

// ErrNotWhole says that a copy ends before its manifest, or is not what the manifest says.
var ErrNotWhole = errors.New("the copy is not whole")

// kinds are the stores by the names of their folders.
var kinds = map[string]string{"log": "log", "ledger": "ledger"}

// Stores returns the folders of Badger stores in a folder, by their path with slashes.
func Stores(dir string) (found []string, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(p, "KEYREGISTRY")); err != nil {
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		found = append(found, filepath.ToSlash(rel))
		return filepath.SkipDir
	})
	return found, err
}

// Write writes a copy of a party's folder.
func Write(w io.Writer, s Source) error {
	m := Manifest{Format: format, Made: time.Now().UTC().Truncate(time.Second)}
	t := tar.NewWriter(w)
	stores, err := Stores(s.Dir)
	if err != nil {
		return fmt.Errorf("copying %s: %w", s.Dir, err)
	}
	for _, p := range stores {
		item, err := writeStore(t, s, p, m.Made)
		if err != nil {
			return fmt.Errorf("copying %s in %s: %w", p, s.Dir, err)
		}
		m.Items = append(m.Items, item)
	}
	err = filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) { // a file that was replaced meanwhile is there under its name
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(s.Dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && slices.Contains(stores, rel):
			return filepath.SkipDir
		case !d.Type().IsRegular() || skipped(path.Base(rel)):
			return nil
		}
		item, err := writeFile(t, name, rel, m.Made)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		m.Items = append(m.Items, item)
		return nil
	})
	if err != nil {
		return fmt.Errorf("copying %s: %w", s.Dir, err)
	}
	b, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	if err := entry(t, manifestName, b, m.Made); err != nil {
		return fmt.Errorf("copying %s: %w", s.Dir, err)
	}
	return t.Close()
}

// skipped are files that belong to a running process, or to nobody.
func skipped(base string) bool {
	return strings.HasPrefix(base, ".new-") || slices.Contains([]string{"lock", "running", "control.sock", LastName}, base)
}

func entry(t *tar.Writer, name string, b []byte, at time.Time) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), ModTime: at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := t.Write(b)
	return err
}

func writeStore(t *tar.Writer, s Source, p string, at time.Time) (Item, error) {
	item := Item{Path: p, Kind: kinds[path.Base(p)]}
	if item.Kind == "" {
		return item, errors.New("this is no store of a party")
	}
	out := &pieces{t: t, name: "store/" + p, at: at, sum: sha256.New()}
	copyTo := s.Stores[p]
	if copyTo == nil {
		dir := filepath.Join(s.Dir, filepath.FromSlash(p))
		copyTo = func(w io.Writer) error {
			if item.Kind == "ledger" {
				return registrar.BackupLedger(dir, w)
			}
			d, err := store.Open(dir, nil)
			if err != nil {
				return err
			}
			defer d.Close()
			return d.Backup(w)
		}
	}
	err := copyTo(out)
	if err == nil {
		err = out.flush()
	}
	item.Size, item.SHA256 = out.size, hex.EncodeToString(out.sum.Sum(nil))
	return item, err
}

// pieces writes what comes as entries of a tar file, each of which needs its length beforehand.
type pieces struct {
	t    *tar.Writer
	name string
	at   time.Time
	n    int
	buf  bytes.Buffer
	size int64
	sum  hash.Hash
}

func (p *pieces) Write(b []byte) (int, error) {
	p.buf.Write(b)
	for p.buf.Len() >= pieceSize {
		if err := p.piece(pieceSize); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (p *pieces) piece(n int) error {
	b := p.buf.Next(n)
	p.sum.Write(b)
	p.size += int64(len(b))
	p.n++
	return entry(p.t, fmt.Sprintf("%s/%09d", p.name, p.n), b, p.at)
}

func (p *pieces) flush() error {
	if p.buf.Len() == 0 {
		return nil
	}
	return p.piece(p.buf.Len())
}

func writeFile(t *tar.Writer, name, rel string, at time.Time) (Item, error) {
	item := Item{Path: rel, Kind: "file"}
	f, err := os.Open(name)
	if err != nil {
		return item, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return item, err
	}
	if info.Size() > maxFile {
		return item, fmt.Errorf("%d bytes, at most %d", info.Size(), maxFile)
	}
	item.Size = info.Size()
	if err := t.WriteHeader(&tar.Header{Name: "file/" + rel, Mode: 0o600, Size: item.Size, ModTime: at, Format: tar.FormatPAX}); err != nil {
		return item, err
	}
	sum := sha256.New()
	// Files are replaced and not written again, or grow at the end.
	if _, err := io.CopyN(io.MultiWriter(t, sum), f, item.Size); err != nil {
		return item, err
	}
	item.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return item, nil
}

// A content is one file or store as it comes out of a copy.
type content struct {
	path, kind string
	r          io.Reader
}

// read goes through a copy. each gets every item in order and reads as much of it as it likes. It returns the manifest once everything is as that
// says.
func read(r io.Reader, each func(c content) error) (*Manifest, error) {
	t := tar.NewReader(r)
	var got []Item
	var next *tar.Header
	advance := func() error {
		h, err := t.Next()
		if err == io.EOF {
			return fmt.Errorf("%w: it has no manifest", ErrNotWhole)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotWhole, err)
		}
		if h.Typeflag != tar.TypeReg || h.Size < 0 {
			return fmt.Errorf("%w: %.200q is no file", ErrNotWhole, h.Name)
		}
		next = h
		return nil
	}
	if err := advance(); err != nil {
		return nil, err
	}
	for next.Name != manifestName {
		if len(got) == maxItems {
			return nil, fmt.Errorf("%w: more than %d files", ErrNotWhole, maxItems)
		}
		c, one, err := itemOf(next.Name)
		if err != nil {
			return nil, err
		}
		sum, size := sha256.New(), int64(0)
		s := &sequence{t: t, more: func() bool {
			if err = advance(); err != nil {
				return false
			}
			again, _, bad := itemOf(next.Name)
			return bad == nil && !one && again.path == c.path && again.kind == c.kind
		}}
		c.r = io.TeeReader(s, writer(func(b []byte) { sum.Write(b); size += int64(len(b)) }))
		if err := each(c); err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, c.r); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotWhole, err)
		}
		if err != nil {
			return nil, err
		}
		got = append(got, Item{c.path, c.kind, size, hex.EncodeToString(sum.Sum(nil))})
	}
	b, err := io.ReadAll(io.LimitReader(t, maxManifest))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotWhole, err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%w: its manifest: %w", ErrNotWhole, err)
	}
	if m.Format != format {
		return nil, fmt.Errorf("its format is %.40q, this program reads %q", m.Format, format)
	}
	if !slices.Equal(m.Items, got) {
		return nil, fmt.Errorf("%w: its manifest says something else than what is in it", ErrNotWhole)
	}
	if _, err := t.Next(); err != io.EOF {
		return nil, fmt.Errorf("%w: something follows the manifest", ErrNotWhole)
	}
	// To the end, so that what is below notices if it was cut off.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotWhole, err)
	}
	return &m, nil
}

// itemOf returns what an entry of the tar file belongs to, and whether it is all of it.
func itemOf(name string) (c content, one bool, err error) {
	top, rest, _ := strings.Cut(name, "/")
	switch top {
	case "file":
		c.path, c.kind, one = rest, "file", true
	case "store":
		c.path = path.Dir(rest)
		c.kind = kinds[path.Base(c.path)]
	}
	if c.kind == "" || !filepath.IsLocal(filepath.FromSlash(c.path)) || path.Clean(c.path) != c.path || strings.Contains(c.path, "\\") {
		return c, false, fmt.Errorf("%w: %.200q is no name of anything in a copy", ErrNotWhole, name)
	}
	return c, one, nil
}

// A sequence reads consecutive entries as one.
type sequence struct {
	t    *tar.Reader
	more func() bool
	end  bool
}

func (s *sequence) Read(b []byte) (int, error) {
	for !s.end {
		n, err := s.t.Read(b)
		if err == io.EOF {
			s.end = !s.more()
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// Check reads a copy to its end and returns its manifest. The error wraps ErrNotWhole if it was cut off or changed.
func Check(r io.Reader) (*Manifest, error) {
	return read(r, func(content) error { return nil })
}

// ErrNotEmpty says that the folder to restore to has something in it.
var ErrNotEmpty = errors.New("the folder is not empty")

// Empty returns ErrNotEmpty if there is something in a folder; one that is not there is empty.
func Empty(dir string) error {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(files) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return err
}

// Restore makes a folder of a copy that was made at a time, as its manifest says. The folder must be empty or not be there. After an error what
// had been made is deleted; if the program is killed it stays, and the stores in it are not opened by anything.
func Restore(r io.Reader, dir string, made time.Time) (err error) {
	if err := Empty(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, clean(dir))
		}
	}()
	_, err = read(r, func(c content) error {
		name := filepath.FromSlash(c.path)
		full := filepath.Join(dir, name)
		switch c.kind {
		case "log":
			return store.Restore(full, made, c.r, &store.DBOptions{})
		case "ledger":
			return registrar.RestoreLedger(full, made, c.r)
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := io.Copy(f, c.r); err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	if err != nil {
		return fmt.Errorf("restoring to %s: %w", dir, err)
	}
	return nil
}

func clean(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, f.Name())))
	}
	return err
}

// LastName is the file in a party's folder that says when its last backup was made (RFC 3339). It is in no copy.
const LastName = "last-backup"

// Last returns when the last backup of a folder was made, zero if there is none.
func Last(dir string) (time.Time, error) {
	b, err := os.ReadFile(filepath.Join(dir, LastName))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return at, fmt.Errorf("%s: %w", LastName, err)
	}
	return at, nil
}
