package threshold

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockItems is how many ciphertexts a processor takes at a time.
const blockItems = 256

// forBlocks calls f for ranges [lo, hi) that cover 0 … n−1, on all processors.
// How the work is divided says nothing about what is computed.
func forBlocks(n int, f func(lo, hi int)) {
	blocks := (n + blockItems - 1) / blockItems
	workers := min(runtime.GOMAXPROCS(0), blocks)
	if workers <= 1 {
		f(0, n)
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b < blocks; b = int(next.Add(1)) - 1 {
				f(b*blockItems, min((b+1)*blockItems, n))
			}
		})
	}
	wg.Wait()
}
