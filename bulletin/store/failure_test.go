package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

func TestG11_RepublishedAtStart(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.ShutdownTimeout = 50 * time.Millisecond
	l := openTest(t, o)
	k.setFail(errors.New("the signer is away"))
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Await(short, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a checkpoint without a signer: %v", err)
	}
	if err := l.Close(); err == nil {
		t.Fatal("closed without a checkpoint of everything, and nothing said")
	}
	// It opens without the signer too, and publishes as soon as that is back.
	l = openTest(t, o)
	if l.Size() != 1 || l.Checkpoint().Size != 0 {
		t.Fatalf("size %d, checkpoint of %d", l.Size(), l.Checkpoint().Size)
	}
	k.setFail(nil)
	if c, err := l.Await(t.Context(), 0); err != nil || c.Size != 1 {
		t.Fatalf("checkpoint of %d: %v", c.Size, err)
	}
	l.Close()
	// With the signer there, opening alone is enough.
	k.setFail(errors.New("the signer is away"))
	l = openTest(t, o)
	if _, err := l.Append(t.Context(), entry(1)); err != nil {
		t.Fatal(err)
	}
	l.Close()
	k.setFail(nil)
	l = openTest(t, o)
	if c := l.Checkpoint(); c.Size != 2 {
		t.Fatalf("opened with a checkpoint of %d of 2 entries", c.Size)
	}
}

// TestG11_SignedAfterTheCommit holds a commit back: meanwhile nothing may be acknowledged, signed or shown.
func TestG11_SignedAfterTheCommit(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Await(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	l.db.onCommit(func() error {
		once.Do(func() { close(reached); <-release })
		return nil
	})
	p, err := l.AppendAsync(t.Context(), entry(1))
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	time.Sleep(50 * time.Millisecond)
	select {
	case <-p.Done():
		t.Error("acknowledged before it was on disk")
	default:
	}
	if l.Size() != 1 || l.Checkpoint().Size != 1 || slices.Max(k.signed()) != 1 {
		t.Errorf("before the commit: size %d, checkpoint of %d, signed %v", l.Size(), l.Checkpoint().Size, k.signed())
	}
	close(release)
	if c, err := l.Await(t.Context(), 1); err != nil || c.Size != 2 {
		t.Fatal(err)
	}
	if s := k.signed(); !slices.IsSorted(s) {
		t.Errorf("signed sizes go back: %v", s)
	}
}

func TestG11_FailedCommitStopsTheStore(t *testing.T) {
	k := newKey(t, 1)
	dir := t.TempDir()
	l := openTest(t, testOptions(dir, k))
	for i := range 10 {
		if _, err := l.Append(t.Context(), entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	before, err := l.Await(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := l.DB().KV("promises")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	l.db.onCommit(func() error { return broken })
	var stop *StopError
	var pending []*Pending
	for i := range 5 {
		p, err := l.AppendAsync(t.Context(), entry(10+i))
		if err != nil {
			if !errors.As(err, &stop) {
				t.Fatal(err)
			}
			continue
		}
		pending = append(pending, p)
	}
	for _, p := range pending {
		if _, err := p.Wait(t.Context()); !errors.As(err, &stop) || !errors.Is(err, broken) {
			t.Errorf("entry %d: %v", p.Index(), err)
		}
	}
	// The disk is well again, but what is on it is not known: everything is refused.
	l.db.onCommit(func() error { return nil })
	if _, err := l.Append(t.Context(), entry(10)); !errors.As(err, &stop) {
		t.Errorf("append: %v", err)
	}
	if _, err := l.AppendBatch(t.Context(), [][]byte{entry(10)}); !errors.As(err, &stop) {
		t.Errorf("batch: %v", err)
	}
	if err := kv.Put([]byte("k"), nil); !errors.As(err, &stop) {
		t.Errorf("put: %v", err)
	}
	if _, err := l.Await(t.Context(), 10); !errors.As(err, &stop) {
		t.Errorf("await: %v", err)
	}
	<-l.Stopped()
	if err := l.Err(); !errors.As(err, &stop) {
		t.Errorf("err: %v", err)
	}
	// Reading goes on.
	if b, err := l.Entry(t.Context(), 9); err != nil || string(b) != string(entry(9)) {
		t.Errorf("entry 9: %q, %v", b, err)
	}
	check(t, l, k, nil)
	if max := slices.Max(k.signed()); max != 10 || l.Checkpoint().Size != before.Size {
		t.Errorf("signed up to %d, shown %d", max, l.Checkpoint().Size)
	}
	l.Close()
	l = openTest(t, testOptions(dir, k))
	if i, err := l.Append(t.Context(), entry(10)); err != nil || i != 10 {
		t.Errorf("after opening again: entry %d, %v", i, err)
	}
}

func TestG11_FailedCheckpointStopsTheStore(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	broken := errors.New("input/output error")
	var n atomic.Int32
	l.db.onCommit(func() error {
		if n.Add(1) == 2 { // the entry is the first, its checkpoint the second
			return broken
		}
		return nil
	})
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Await(t.Context(), 0); !errors.Is(err, broken) {
		t.Fatalf("a checkpoint that is not on disk: %v", err)
	}
	if l.Checkpoint().Size != 0 {
		t.Fatal("it is shown")
	}
}

func TestDiskFull(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.MinFree = 1000
	l := openTest(t, o)
	kv, err := l.DB().KV("promises")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Await(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	var free atomic.Uint64
	l.db.onFree(func(string) (uint64, error) { return free.Load(), nil })
	free.Store(999)
	if _, err := l.Append(t.Context(), entry(1)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("append: %v", err)
	}
	if _, err := l.AppendBatch(t.Context(), [][]byte{entry(1), entry(2)}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("batch: %v", err)
	}
	if err := kv.Put([]byte("k"), nil); !errors.Is(err, ErrDiskFull) {
		t.Errorf("put: %v", err)
	}
	// It passes.
	free.Store(1000)
	if i, err := l.Append(t.Context(), entry(1)); err != nil || i != 1 {
		t.Errorf("with room again: entry %d, %v", i, err)
	}
	if _, err := l.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	// What was taken while there was room is not written over the edge.
	l.db.onFree(func(string) (uint64, error) {
		if free.Add(^uint64(0)) == 999 {
			return 1000, nil // asked by append
		}
		return 499, nil // asked before the commit
	})
	var stop *StopError
	if _, err := l.Append(t.Context(), entry(2)); !errors.As(err, &stop) || !errors.Is(err, ErrDiskFull) {
		t.Errorf("a disk that filled up meanwhile: %v", err)
	}
}

func TestStoreOfAnotherLog(t *testing.T) {
	dir := t.TempDir()
	k := newKey(t, 1)
	openTest(t, testOptions(dir, k)).Close()
	if l, err := OpenLog(t.Context(), testOptions(dir, newKey(t, 2))); err == nil {
		l.Close()
		t.Error("opened with another key")
	}
	skey, _, err := note.GenerateKey(rand.NewChaCha8([32]byte{1}), "elsewhere.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(dir, k)
	o.Origin, o.Signer = "elsewhere.example", s
	if l, err := OpenLog(t.Context(), o); err == nil {
		l.Close()
		t.Error("opened under another name")
	}
	for name, o := range map[string]Options{
		"no path":             {Origin: testOrigin, Signer: k},
		"no signer":           {Origin: testOrigin, Path: dir},
		"no origin":           {Signer: k, Path: dir},
		"another origin":      {Origin: "x", Signer: k, Path: dir},
		"a negative interval": {Origin: testOrigin, Signer: k, Path: dir, CheckpointInterval: -1},
		"too large a batch":   {Origin: testOrigin, Signer: k, Path: dir, BatchMaxSize: maxBatchEntries + 1},
	} {
		if l, err := OpenLog(t.Context(), o); err == nil {
			l.Close()
			t.Errorf("opened with %s", name)
		}
	}
	l := openTest(t, testOptions(dir, k))
	if _, err := OpenLog(t.Context(), testOptions(dir, k)); err == nil {
		t.Error("opened twice")
	}
	o = testOptions("", k)
	o.DB = l.DB()
	if _, err := OpenLog(t.Context(), o); err == nil {
		t.Error("two appenders on one store")
	}
}

// TestG11_DamagedStoreIsNotOpened changes what is on disk behind the log's back.
func TestG11_DamagedStoreIsNotOpened(t *testing.T) {
	k := newKey(t, 1)
	sound := t.TempDir()
	whole := openTest(t, testOptions(sound, k))
	for i := range 50 {
		if _, err := whole.AppendAsync(t.Context(), entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := whole.Close(); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(txn *badger.Txn) error{
		"state lost":     func(txn *badger.Txn) error { return txn.Delete(keyState) },
		"state short":    func(txn *badger.Txn) error { return txn.Set(keyState, make([]byte, 39)) },
		"size zero":      func(txn *badger.Txn) error { return txn.Set(keyState, make([]byte, 40)) },
		"size too large": func(txn *badger.Txn) error { return txn.Set(keyState, bytes.Repeat([]byte{255}, 40)) },
		"another root": func(txn *badger.Txn) error {
			return txn.Set(keyState, append(binary.BigEndian.AppendUint64(nil, 50), make([]byte, 32)...))
		},
		"an older size": func(txn *badger.Txn) error {
			return txn.Set(keyState, append(binary.BigEndian.AppendUint64(nil, 49), make([]byte, 32)...))
		},
		"last entry lost":    func(txn *badger.Txn) error { return txn.Delete(keyEntry(49)) },
		"last entry changed": func(txn *badger.Txn) error { return txn.Set(keyEntry(49), []byte("another")) },
		"last hashes lost":   func(txn *badger.Txn) error { return txn.Delete(keyHashes(3)) },
		"hashes lost":        func(txn *badger.Txn) error { return txn.Delete(keyHashes(1)) },
		"hashes cut":         func(txn *badger.Txn) error { return txn.Set(keyHashes(1), make([]byte, 31)) },
		"checkpoint changed": func(txn *badger.Txn) error { return txn.Set(keyCheckpoint, []byte("x")) },
		"checkpoint of another": func(txn *badger.Txn) error {
			b, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n3\n%s\n", testOrigin, tlog.Hash{})}, k.Signer)
			if err != nil {
				return err
			}
			return txn.Set(keyCheckpoint, b)
		},
		"checkpoint of more": func(txn *badger.Txn) error {
			b, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n51\n%s\n", testOrigin, tlog.Hash{})}, k.Signer)
			if err != nil {
				return err
			}
			return txn.Set(keyCheckpoint, b)
		},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
			t.Fatal(err)
		}
		d, err := Open(dir, &DBOptions{MinFree: 1, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.update(damage); err != nil {
			t.Fatal(err)
		}
		d.Close()
		if l, err := OpenLog(t.Context(), testOptions(dir, k)); !errors.Is(err, ErrCorrupt) {
			if err == nil {
				l.Close()
			}
			t.Errorf("%s: %v", name, err)
		}
	}
	// An entry in the middle is found when it is read.
	dir := t.TempDir()
	l := openTest(t, testOptions(dir, k))
	for i := range 50 {
		if _, err := l.Append(t.Context(), entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := l.Await(t.Context(), 49)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(c.Signed, k.policy())
	if err != nil {
		t.Fatal(err)
	}
	nobody := func(uint64, []byte) error { return nil }
	if err := l.db.update(func(txn *badger.Txn) error { return txn.Set(keyEntry(20), []byte("another")) }); err != nil {
		t.Fatal(err)
	}
	var bad *boardlog.RecordError
	if err := boardlog.Read(t.Context(), l, cp, 0, nobody); !errors.As(err, &bad) || bad.Index != 20 {
		t.Errorf("entry 20 changed: %v", err)
	}
	if err := l.db.update(func(txn *badger.Txn) error { return txn.Delete(keyEntry(20)) }); err != nil {
		t.Fatal(err)
	}
	if err := boardlog.Read(t.Context(), l, cp, 0, nobody); !errors.Is(err, ErrCorrupt) {
		t.Errorf("entry 20 lost: %v", err)
	}
	if _, err := l.Entry(t.Context(), 20); !errors.Is(err, ErrCorrupt) {
		t.Errorf("entry 20 lost: %v", err)
	}
}

func TestAnotherFormatIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.update(func(txn *badger.Txn) error { return txn.Set(keyFormat, []byte("mandate/store/2")) }); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Open(dir, nil); err == nil {
		t.Error("opened")
	}
	if _, err := Open(filepath.Join(os.DevNull, "x"), nil); err == nil {
		t.Error("opened what is no folder")
	}
}

// TestG11_KilledWhileATableIsDeleted has the empty file that a process leaves that is killed while Badger deletes a write-ahead log.
func TestG11_KilledWhileATableIsDeleted(t *testing.T) {
	dir, k := t.TempDir(), newKey(t, 1)
	l := openTest(t, testOptions(dir, k))
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00000.mem", "00099.mem"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l = openTest(t, testOptions(dir, k))
	if b, err := l.Entry(t.Context(), 0); err != nil || !bytes.Equal(b, entry(0)) {
		t.Fatal(b, err)
	}
}

func TestWritesAreSynced(t *testing.T) {
	l := openTest(t, testOptions(t.TempDir(), newKey(t, 1)))
	o := l.db.badger.Opts()
	if !o.SyncWrites || o.InMemory || o.ValueThreshold < maxValueSize || o.ValueThreshold <= boardlog.MaxEntrySize {
		t.Errorf("sync %v, in memory %v; a value log, whose failures are not reported, for values from %d bytes on", o.SyncWrites, o.InMemory, o.ValueThreshold)
	}
}
