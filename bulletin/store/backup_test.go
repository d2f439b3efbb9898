package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// copyOf returns a copy of an open log's store.
func copyOf(t *testing.T, l *Log) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.DB().Backup(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func appendTo(t *testing.T, l *Log, from, to int) {
	t.Helper()
	var batch [][]byte
	for i := from; i < to; i++ {
		batch = append(batch, entry(i))
	}
	if _, err := l.AppendBatch(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Await(t.Context(), uint64(to-1)); err != nil {
		t.Fatal(err)
	}
}

func restoreTo(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := Restore(path, time.Unix(1_800_000_000, 0), bytes.NewReader(b), &DBOptions{Logger: quiet}); err != nil {
		t.Fatal(err)
	}
}

func tailOf(t *testing.T, path string) (*Tail, *DB) {
	t.Helper()
	d, err := Open(path, &DBOptions{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	tail, err := OpenTail(d)
	if err != nil {
		t.Fatal(err)
	}
	return tail, d
}

func headOfLog(t *testing.T, k *testKey, src boardlog.Source) boardlog.SignedCheckpoint {
	t.Helper()
	b, err := src.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	c, err := boardlog.Open(b, k.policy())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A copy that is older than what was published is not written on: with the missing entries from a reader it is the log again, and with a
// reader's copy of another log it stays closed.
func TestG11_ARestoredLogIsCompletedBeforeItGoesOn(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	appendTo(t, l, 0, 300)
	kv, err := l.DB().KV("shelf")
	if err == nil {
		err = kv.Put([]byte("held"), []byte("support"))
	}
	if err != nil {
		t.Fatal(err)
	}
	old := copyOf(t, l)
	appendTo(t, l, 300, 900)
	whole := headOfLog(t, k, l)

	path := filepath.Join(t.TempDir(), "log")
	restoreTo(t, path, old)
	if _, err := OpenLog(t.Context(), testOptions(path, k)); !errors.Is(err, ErrRestored) || !strings.Contains(err.Error(), "2027-01-15") {
		t.Fatalf("opened: %v", err)
	}

	other := openTest(t, testOptions(t.TempDir(), k)) // the same key, another history
	appendTo(t, other, 0, 299)
	if _, err := other.Append(t.Context(), []byte("another")); err != nil {
		t.Fatal(err)
	}
	appendTo(t, other, 300, 400)

	tail, d := tailOf(t, path)
	if tail.Size() != 300 || tail.Checkpoint().Size > 300 {
		t.Fatalf("size %d", tail.Size())
	}
	if err := tail.Complete(t.Context(), other, headOfLog(t, k, other)); !errors.Is(err, boardlog.ErrInvalid) || tail.Size() != 300 {
		t.Fatalf("another history was taken: %v, size %d", err, tail.Size())
	}
	broken := boardlog.SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
		b, err := l.ReadFile(ctx, path)
		if strings.Contains(path, "entries/002") && len(b) > 0 {
			b = bytes.Clone(b)
			b[len(b)-1] ^= 1
		}
		return b, err
	})
	if err := tail.Complete(t.Context(), broken, whole); !errors.Is(err, boardlog.ErrInvalid) || tail.Size() != 300 {
		t.Fatalf("damaged entries were taken: %v, size %d", err, tail.Size())
	}
	if err := tail.Complete(t.Context(), l, whole); err != nil {
		t.Fatal(err)
	}
	if root, err := tail.Root(900); err != nil || root != whole.Root() || tail.Checkpoint().Size != 900 {
		t.Fatalf("root %v, %v", root, err)
	}
	d.Close()
	if _, err := OpenLog(t.Context(), testOptions(path, k)); !errors.Is(err, ErrRestored) { // completed is not resumed
		t.Fatalf("opened: %v", err)
	}
	tail, d = tailOf(t, path)
	if err := tail.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTail(d); err == nil {
		t.Error("resumed twice")
	}
	d.Close()

	l.Close()
	again := openTest(t, testOptions(path, k))
	defer again.Close()
	appendTo(t, again, 900, 950)
	now := headOfLog(t, k, again)
	tree, err := boardlog.OpenTree(t.Context(), again, now)
	if err == nil {
		err = tree.Extends(t.Context(), whole)
	}
	if err == nil {
		err = tree.Check(t.Context())
	}
	if err != nil {
		t.Errorf("the log does not go on from what was published: %v", err)
	}
	kv, err = again.DB().KV("shelf")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := kv.Get([]byte("held")); err != nil || string(v) != "support" {
		t.Errorf("what was beside the log: %q, %v", v, err)
	}
	// A copy of a log that was restored once is a copy like any other.
	third := filepath.Join(t.TempDir(), "log")
	restoreTo(t, third, copyOf(t, again))
	tail, _ = tailOf(t, third)
	if tail.Size() != 950 {
		t.Errorf("size %d", tail.Size())
	}
}

// A copy that is made while entries come in is whole up to some entry.
func TestACopyOfALogInUse(t *testing.T) {
	k := newKey(t, 2)
	l := openTest(t, testOptions(t.TempDir(), k))
	defer l.Close()
	appendTo(t, l, 0, 50)
	stop := make(chan struct{})
	written := make(chan error, 1)
	go func() {
		for i := 50; ; i++ {
			select {
			case <-stop:
				written <- nil
				return
			default:
			}
			if _, err := l.Append(context.Background(), entry(i)); err != nil {
				written <- err
				return
			}
		}
	}()
	for i := range 3 {
		size := l.Size()
		path := filepath.Join(t.TempDir(), fmt.Sprint(i))
		restoreTo(t, path, copyOf(t, l))
		tail, d := tailOf(t, path)
		if tail.Size() < size {
			t.Errorf("%d entries were on disk before, the copy has %d", size, tail.Size())
		}
		want, err := l.Root(t.Context(), tail.Size())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tail.Root(tail.Size()); err != nil || got != want {
			t.Errorf("the copy's root is %v, %v", tlog.Hash(got), err)
		}
		d.Close()
	}
	close(stop)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

// What was broken off is no store.
func TestARestoreThatWasBrokenOff(t *testing.T) {
	k := newKey(t, 3)
	l := openTest(t, testOptions(t.TempDir(), k))
	appendTo(t, l, 0, 400)
	b := copyOf(t, l)
	l.Close()
	path := filepath.Join(t.TempDir(), "log")
	if err := Restore(path, time.Now(), bytes.NewReader(b[:len(b)/2]), &DBOptions{Logger: quiet}); err == nil {
		t.Fatal("half a copy was taken for a whole one")
	}
	if _, err := OpenLog(t.Context(), testOptions(path, k)); !errors.Is(err, ErrRestored) || !strings.Contains(err.Error(), "broken off") {
		t.Errorf("opened: %v", err)
	}
	d, err := Open(path, &DBOptions{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := OpenTail(d); !errors.Is(err, ErrRestored) {
		t.Errorf("opened: %v", err)
	}
	used := t.TempDir()
	l = openTest(t, testOptions(used, k))
	appendTo(t, l, 0, 1)
	l.Close()
	if err := Restore(used, time.Now(), bytes.NewReader(b), &DBOptions{Logger: quiet}); err == nil {
		t.Error("a log was written over")
	}
}

func FuzzReadCopy(f *testing.F) {
	f.Add([]byte{0, 0})
	f.Add([]byte("\x01\x02avv\x01\x00b\x00\x02"))
	f.Add([]byte("\x01\x02avv\x01\x00a\x00\x02"))
	f.Add([]byte("\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var n int
		err := readCopy(bytes.NewReader(b), func(key, value []byte) error {
			if len(key) == 0 || len(key)+len(value) > len(b) {
				t.Errorf("a key of %d and a value of %d bytes", len(key), len(value))
			}
			n++
			return nil
		})
		if err == nil && n > len(b) {
			t.Errorf("%d keys in %d bytes", n, len(b))
		}
	})
}
