package mixnet

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockItems is how many items a processor takes at a time.
const blockItems = 256

// inParallel calls f for ranges [lo, hi) of at most block items that cover
// 0 … n−1, on all processors. If any call fails it returns the error of the
// lowest range that it knows of.
func inParallel(n, block int, f func(lo, hi int) error) error {
	blocks := (n + block - 1) / block
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed = blocks // the lowest block that failed
		first  error
	)
	work := func() {
		for {
			b := int(next.Add(1)) - 1
			if b >= blocks {
				return
			}
			if err := f(b*block, min((b+1)*block, n)); err != nil {
				mu.Lock()
				if b < failed {
					failed, first = b, err
				}
				mu.Unlock()
				return
			}
		}
	}
	for range min(runtime.GOMAXPROCS(0), blocks) {
		wg.Go(work)
	}
	wg.Wait()
	return first
}

// forBlocks is inParallel for what cannot fail.
func forBlocks(n int, f func(lo, hi int)) {
	_ = inParallel(n, blockItems, func(lo, hi int) error {
		f(lo, hi)
		return nil
	})
}
