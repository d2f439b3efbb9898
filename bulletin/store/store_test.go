package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/verifier/boardlog"
)

const testOrigin = "board.example/log"

// A testKey signs as the log, and remembers what it has signed.
type testKey struct {
	note.Signer
	verifier note.Verifier

	mu    sync.Mutex
	sizes []uint64
	fail  error
}

func (k *testKey) Sign(msg []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var size uint64
	if _, err := fmt.Sscanf(string(bytes.SplitN(msg, []byte("\n"), 3)[1]), "%d", &size); err != nil {
		return nil, err
	}
	if k.fail != nil {
		return nil, k.fail
	}
	k.sizes = append(k.sizes, size)
	return k.Signer.Sign(msg)
}

func (k *testKey) setFail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail = err
}

func (k *testKey) signed() []uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.sizes)
}

func (k *testKey) policy() boardlog.Policy {
	return boardlog.Policy{Origin: testOrigin, Log: k.verifier}
}

func newKey(t testing.TB, seed byte) *testKey {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.NewChaCha8([32]byte{seed}), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := checkpoint.ParseLogKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{Signer: s, verifier: v}
}

var quiet = slog.New(slog.DiscardHandler)

func testOptions(path string, k *testKey) Options {
	return Options{Path: path, Origin: testOrigin, Signer: k, CheckpointInterval: 10 * time.Millisecond, MinFree: 1, Logger: quiet}
}

func openTest(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := OpenLog(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func entry(i int) []byte { return fmt.Appendf(nil, "entry %d", i) }

// check reads the whole log as a verifier does, at the newest checkpoint, and returns that.
func check(t testing.TB, l *Log, k *testKey, want func(i uint64, b []byte) bool) boardlog.SignedCheckpoint {
	t.Helper()
	signed, err := l.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(signed, k.policy())
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	err = boardlog.Read(t.Context(), l, cp, 0, func(i uint64, b []byte) error {
		if n++; want != nil && !want(i, b) {
			return fmt.Errorf("entry %d is %q", i, b)
		}
		return nil
	})
	if err != nil || n != cp.Size() {
		t.Fatalf("read %d of %d entries: %v", n, cp.Size(), err)
	}
	return cp
}

func TestAppendAndRead(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.BatchMaxSize = 100
	l := openTest(t, o)
	ctx := t.Context()
	if c := l.Checkpoint(); c.Signed == nil || c.Size != 0 || c.Root != sha256.Sum256(nil) {
		t.Fatalf("a new log's checkpoint: %+v", c)
	}
	check(t, l, k, nil)
	const n = 700
	var pending []*Pending
	for i := range n {
		b := entry(i)
		p, err := l.AppendAsync(ctx, b)
		if err != nil || p.Index() != uint64(i) {
			t.Fatalf("entry %d: %v, %v", i, p, err)
		}
		clear(b) // the log has its own
		pending = append(pending, p)
	}
	for i, p := range pending {
		if index, err := p.Wait(ctx); err != nil || index != uint64(i) {
			t.Fatalf("entry %d has index %d: %v", i, index, err)
		}
	}
	if l.Size() != n {
		t.Fatalf("size %d", l.Size())
	}
	c, err := l.Await(ctx, n-1)
	if err != nil || c.Size != n {
		t.Fatalf("checkpoint of %d: %v", c.Size, err)
	}
	cp := check(t, l, k, func(i uint64, b []byte) bool { return string(b) == string(entry(int(i))) })
	if cp.Root() != c.Root {
		t.Fatal("the checkpoint has another root than it says")
	}
	for _, i := range []int{0, 255, 256, n - 1} {
		if b, err := l.Entry(ctx, uint64(i)); err != nil || string(b) != string(entry(i)) {
			t.Errorf("entry %d: %q, %v", i, b, err)
		}
		r, err := l.Receipt(ctx, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := boardlog.ParseReceipt(r.Encode())
		if err != nil || parsed.Record != tlog.RecordHash(entry(i)) {
			t.Errorf("receipt of %d: %v", i, err)
		}
		if _, err := parsed.Verify(k.policy()); err != nil {
			t.Errorf("receipt of %d: %v", i, err)
		}
	}
	next := uint64(250)
	for e, err := range l.Entries(ctx, 250, 600) {
		if err != nil || e.Index != next || string(e.Data) != string(entry(int(next))) {
			t.Fatalf("entry %d: %+v, %v", next, e, err)
		}
		next++
	}
	if next != 600 {
		t.Fatalf("entries up to %d", next)
	}
	for _, sizes := range [][2]uint64{{0, 0}, {0, 700}, {1, 1}, {1, 700}, {256, 512}, {257, 699}, {700, 700}} {
		proof, err := l.ConsistencyProof(ctx, sizes[0], sizes[1])
		from, err2 := l.Root(ctx, sizes[0])
		to, err3 := l.Root(ctx, sizes[1])
		if err := errors.Join(err, err2, err3, boardlog.VerifyConsistency(sizes[0], from, sizes[1], to, proof)); err != nil {
			t.Errorf("from %d to %d: %v", sizes[0], sizes[1], err)
		}
	}
	for size := uint64(1); size <= n; size += 37 {
		index := rand.Uint64N(size)
		proof, err := l.InclusionProof(ctx, index, size)
		root, err2 := l.Root(ctx, size)
		if err := errors.Join(err, err2, boardlog.VerifyInclusion(size, root, index, tlog.RecordHash(entry(int(index))), proof)); err != nil {
			t.Errorf("%d of %d: %v", index, size, err)
		}
	}
}

func TestOutOfBounds(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	ctx := t.Context()
	for i := range 3 {
		if _, err := l.Append(ctx, entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Await(ctx, 2); err != nil {
		t.Fatal(err)
	}
	_, entryErr := l.Entry(ctx, 3)
	_, leafErr := l.LeafHash(ctx, 3)
	_, rootErr := l.Root(ctx, 4)
	_, proofErr := l.InclusionProof(ctx, 3, 3)
	_, sizeErr := l.InclusionProof(ctx, 1, 4)
	_, treeErr := l.ConsistencyProof(ctx, 1, 4)
	_, backErr := l.ConsistencyProof(ctx, 2, 1)
	var entriesErr error
	for _, entriesErr = range l.Entries(ctx, 0, 4) {
	}
	for i, err := range []error{entryErr, leafErr, rootErr, proofErr, sizeErr, treeErr, backErr, entriesErr} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	for path, want := range map[string]bool{
		"checkpoint": true, "tile/0/000.p/3": true, "tile/0/000.p/1": true, "tile/entries/000.p/2": true, "tile/entries/000.p/3": true,
		"tile/0/000": false, "tile/0/000.p/4": false, "tile/entries/000": false, "tile/entries/001.p/1": false, "tile/1/000.p/1": false, "tile/0/x999/x999/999": false,
		"": false, "tile/0/00": false, "../LOCK": false,
	} {
		_, err := l.ReadFile(ctx, path)
		if (err == nil) != want || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, size := range []int{0, boardlog.MaxEntrySize + 1} {
		if _, err := l.Append(ctx, make([]byte, size)); !errors.Is(err, ErrEntrySize) {
			t.Errorf("an entry of %d bytes: %v", size, err)
		}
	}
	if i, err := l.Append(ctx, make([]byte, boardlog.MaxEntrySize)); err != nil || i != 3 {
		t.Errorf("the largest entry: %d, %v", i, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := l.Await(short, 100); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for what does not come: %v", err)
	}
}

// TestG11_OrderOfAppends has one goroutine append as fast as it can while batches are cut by age, by number and by size at once.
func TestG11_OrderOfAppends(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.BatchMaxSize, o.BatchMaxAge, o.MaxWaiting = 7, 50*time.Microsecond, 1<<20
	l := openTest(t, o)
	const n = 2000
	var pending []*Pending
	for i := range n {
		p, err := l.AppendAsync(t.Context(), entry(i))
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, p)
		if rand.IntN(100) == 0 {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		}
	}
	for i, p := range pending {
		if index, err := p.Wait(t.Context()); err != nil || index != uint64(i) || p.Index() != index {
			t.Fatalf("entry %d has index %d: %v", i, index, err)
		}
	}
	for e, err := range l.Entries(t.Context(), 0, n) {
		if err != nil || string(e.Data) != string(entry(int(e.Index))) {
			t.Fatalf("entry %d: %q, %v", e.Index, e.Data, err)
		}
	}
}

func TestG11_EqualEntriesAreNotJoined(t *testing.T) {
	l := openTest(t, testOptions(t.TempDir(), newKey(t, 1)))
	for i := range 5 {
		if index, err := l.Append(t.Context(), []byte("the same")); err != nil || index != uint64(i) {
			t.Fatalf("entry %d has index %d: %v", i, index, err)
		}
	}
}

func TestConcurrentAppends(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	var mu sync.Mutex
	got := make(map[uint64]string)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 50 {
				b := fmt.Appendf(nil, "%d/%d", g, i)
				index, err := l.Append(t.Context(), b)
				if err != nil {
					t.Error(err)
					return
				}
				r, err := l.Receipt(t.Context(), index)
				if err != nil || r.Record != tlog.RecordHash(b) {
					t.Errorf("receipt of %d: %v", index, err)
				}
				if cp, err := r.Verify(k.policy()); err != nil || cp.Size() <= index {
					t.Errorf("receipt of %d: %v", index, err)
				}
				mu.Lock()
				got[index] = string(b)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(got) != 800 || l.Size() != 800 {
		t.Fatalf("%d indexes, size %d", len(got), l.Size())
	}
	check(t, l, k, func(i uint64, b []byte) bool { return got[i] == string(b) })
}

func TestAppendBatch(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.MaxWaiting = 40
	l := openTest(t, o)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			var batch [][]byte
			for i := range 10 {
				batch = append(batch, fmt.Appendf(nil, "%d/%d", g, i))
			}
			for n := 0; n < 10; {
				first, err := l.AppendBatch(t.Context(), batch)
				if errors.Is(err, ErrPushback) {
					time.Sleep(time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				n++
				for i, want := range batch {
					if b, err := l.Entry(t.Context(), first+uint64(i)); err != nil || !bytes.Equal(b, want) {
						t.Errorf("entry %d: %q, %v", i, b, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if l.Size() != 800 {
		t.Fatalf("size %d", l.Size())
	}
	for name, batch := range map[string][][]byte{"empty": {}, "with an empty entry": {{1}, {}}, "larger than may wait": slices.Repeat([][]byte{{1}}, 41)} {
		if _, err := l.AppendBatch(t.Context(), batch); err == nil || errors.Is(err, ErrPushback) || l.Size() != 800 {
			t.Errorf("a batch %s: %v", name, err)
		}
	}
}

func TestReopen(t *testing.T) {
	k := newKey(t, 1)
	dir := t.TempDir()
	n := 0
	var last Checkpoint
	for range 6 {
		l, err := OpenLog(t.Context(), testOptions(dir, k))
		if err != nil {
			t.Fatal(err)
		}
		if l.Size() != uint64(n) || l.Checkpoint().Size < last.Size {
			t.Fatalf("size %d, want %d", l.Size(), n)
		}
		for range rand.IntN(200) {
			if _, err := l.AppendAsync(t.Context(), entry(n)); err != nil {
				t.Fatal(err)
			}
			n++
		}
		// Close writes and publishes what waits.
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if last = l.Checkpoint(); last.Size != uint64(n) {
			t.Fatalf("closed with a checkpoint of %d entries, of %d", last.Size, n)
		}
		if _, err := l.Append(t.Context(), entry(n)); !errors.Is(err, ErrClosed) {
			t.Fatalf("append after closing: %v", err)
		}
		if _, err := l.Await(t.Context(), uint64(n)); !errors.Is(err, ErrClosed) {
			t.Fatalf("waiting after closing: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatalf("closed twice: %v", err)
		}
	}
	l := openTest(t, testOptions(dir, k))
	check(t, l, k, func(i uint64, b []byte) bool { return string(b) == string(entry(int(i))) })
}

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

func TestPushback(t *testing.T) {
	k := newKey(t, 1)
	o := testOptions(t.TempDir(), k)
	o.MaxWaiting, o.BatchMaxSize = 20, 4
	l := openTest(t, o)
	release := make(chan struct{})
	l.db.onCommit(func() error { <-release; return nil })
	var pending []*Pending
	for i := range 20 {
		p, err := l.AppendAsync(t.Context(), entry(i))
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		pending = append(pending, p)
	}
	if _, err := l.AppendAsync(t.Context(), entry(20)); !errors.Is(err, ErrPushback) || !errors.Is(err, tessera.ErrPushbackIntegration) {
		t.Errorf("one more than may wait: %v", err)
	}
	close(release)
	for i, p := range pending {
		if index, err := p.Wait(t.Context()); err != nil || index != uint64(i) {
			t.Fatalf("entry %d: %d, %v", i, index, err)
		}
	}
	if i, err := l.Append(t.Context(), entry(20)); err != nil || i != 20 {
		t.Errorf("the refused one again: %d, %v", i, err)
	}
	// In bytes.
	l.db.onCommit(func() error { time.Sleep(time.Millisecond); return nil })
	a := l.reader.appender
	a.mu.Lock()
	a.bytes += maxWaitingBytes
	a.mu.Unlock()
	if _, err := l.AppendAsync(t.Context(), entry(21)); !errors.Is(err, ErrPushback) {
		t.Errorf("one byte more than may wait: %v", err)
	}
}

// TestLargestBatchFits fills batches with the entries that cost most, so that ErrTxnTooBig would come if it could.
func TestLargestBatchFits(t *testing.T) {
	for _, size := range []int{1, 1000, boardlog.MaxEntrySize} {
		k := newKey(t, 1)
		o := testOptions(t.TempDir(), k)
		o.BatchMaxSize, o.BatchMaxAge, o.MaxWaiting = maxBatchEntries, time.Second, 1<<20
		l := openTest(t, o)
		var mu sync.Mutex
		largest, before := 0, uint64(0)
		l.db.onCommit(func() error {
			mu.Lock()
			defer mu.Unlock()
			largest = max(largest, int(l.Size()-before))
			before = l.Size()
			return nil
		})
		n := min(maxBatchEntries*2, 4*maxBatchBytes/size)
		var last *Pending
		for range n {
			p, err := l.AppendAsync(t.Context(), make([]byte, size))
			if err != nil {
				t.Fatal(err)
			}
			last = p
		}
		if _, err := last.Wait(t.Context()); err != nil {
			t.Fatalf("entries of %d bytes: %v", size, err)
		}
		if _, err := l.Await(t.Context(), uint64(n)-1); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if want := min(maxBatchEntries, maxBatchBytes/size); largest != want {
			t.Errorf("entries of %d bytes: the largest batch has %d, want %d", size, largest, want)
		}
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

func TestWritesAreSynced(t *testing.T) {
	l := openTest(t, testOptions(t.TempDir(), newKey(t, 1)))
	o := l.db.badger.Opts()
	if !o.SyncWrites || o.InMemory || o.ValueThreshold < maxValueSize || o.ValueThreshold <= boardlog.MaxEntrySize {
		t.Errorf("sync %v, in memory %v; a value log, whose failures are not reported, for values from %d bytes on", o.SyncWrites, o.InMemory, o.ValueThreshold)
	}
}

// TestAuditPackage writes a package straight from the store, and reads it back.
func TestAuditPackage(t *testing.T) {
	k := newKey(t, 1)
	l := openTest(t, testOptions(t.TempDir(), k))
	for i := range 300 {
		if _, err := l.AppendAsync(t.Context(), entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := l.Await(t.Context(), 299)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(c.Signed, k.policy())
	if err != nil {
		t.Fatal(err)
	}
	// The log has grown when the package is written.
	for i := range 300 {
		if _, err := l.Append(t.Context(), entry(300+i)); err != nil {
			t.Fatal(err)
		}
		if i == 50 {
			break
		}
	}
	var b bytes.Buffer
	if err := boardlog.WritePackage(t.Context(), &b, l, cp); err != nil {
		t.Fatal(err)
	}
	p, err := boardlog.OpenPackage(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := boardlog.Read(t.Context(), p, cp, 0, func(uint64, []byte) error { n++; return nil }); err != nil || n != 300 {
		t.Fatalf("%d records, %v", n, err)
	}
	if err := boardlog.WritePackage(t.Context(), io.Discard, l, boardlog.SignedCheckpoint{}); err == nil {
		t.Error("a package below no checkpoint")
	}
}
