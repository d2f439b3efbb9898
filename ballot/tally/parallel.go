package tally

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockItems is how many items of a long list a processor takes at a time.
const blockItems = 256

// blocks returns how many blocks n items are.
func blocks(n int) int { return (n + blockItems - 1) / blockItems }

// forBlocks calls f for each block of n items, which are those from lo to hi − 1, on all processors.
func forBlocks(n int, f func(block, lo, hi int)) {
	all := blocks(n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), all) {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b < all; b = int(next.Add(1)) - 1 {
				f(b, b*blockItems, min((b+1)*blockItems, n))
			}
		})
	}
	wg.Wait()
}
