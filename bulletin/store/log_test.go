package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

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
