package store

import (
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"
)

// entrySize is about that of a ballot with two options and three registrars.
const entrySize = 2048

func benchLog(b *testing.B) *Log {
	o := testOptions(b.TempDir(), newKey(b, 1))
	o.CheckpointInterval = 100 * time.Millisecond
	return openTest(b, o)
}

func randomEntry() []byte {
	e := make([]byte, entrySize)
	rand.Read(e)
	return e
}

// BenchmarkPublish appends from one goroutine as fast as the log takes it, until a checkpoint covers all.
func BenchmarkPublish(b *testing.B) {
	l := benchLog(b)
	entries := make([][]byte, 1000)
	for i := range entries {
		entries[i] = randomEntry()
	}
	b.SetBytes(entrySize)
	b.ResetTimer()
	var oldest []*Pending
	for i := range b.N {
		p, err := l.AppendAsync(b.Context(), entries[i%len(entries)])
		if err != nil {
			b.Fatal(err)
		}
		if oldest = append(oldest, p); len(oldest) == 8000 { // less than may wait
			if _, err := oldest[0].Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
			oldest = oldest[1:]
		}
	}
	if _, err := l.Await(b.Context(), uint64(b.N)-1); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkReceipt has 1,000 clients append one after the other, each waiting for its receipt.
func BenchmarkReceipt(b *testing.B) {
	l := benchLog(b)
	e := randomEntry()
	var mu sync.Mutex
	var took []time.Duration
	work := make(chan struct{})
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 1000 {
		wg.Go(func() {
			for range work {
				start := time.Now()
				index, err := l.Append(b.Context(), e)
				if err == nil {
					_, err = l.Receipt(b.Context(), index)
				}
				if err != nil {
					b.Error(err)
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkAppend is one client alone: the time until its entry is on disk.
func BenchmarkAppend(b *testing.B) {
	l := benchLog(b)
	e := randomEntry()
	for b.Loop() {
		if _, err := l.Append(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads records through the store as a verifier does, with all hashing.
func BenchmarkRead(b *testing.B) {
	k := newKey(b, 1)
	l := openTest(b, testOptions(b.TempDir(), k))
	const n = 20000
	for range n / 1000 {
		batch := make([][]byte, 1000)
		for i := range batch {
			batch[i] = randomEntry()
		}
		if _, err := l.AppendBatch(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := l.Await(b.Context(), n-1); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		check(b, l, k, nil)
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkProof makes inclusion proofs for entries all over a log.
func BenchmarkProof(b *testing.B) {
	l := openTest(b, testOptions(b.TempDir(), newKey(b, 1)))
	const n = 20000
	for i := range n / 1000 {
		batch := make([][]byte, 1000)
		for j := range batch {
			batch[j] = entry(i*1000 + j)
		}
		if _, err := l.AppendBatch(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	i := uint64(0)
	for b.Loop() {
		if _, err := l.InclusionProof(b.Context(), i%n, n); err != nil {
			b.Fatal(err)
		}
		i += 7919
	}
}
