// Package merkle grows the tree of RFC 6962 §2.1 one leaf at a time, keeping only the roots of its complete subtrees.
//
// Leaf and node hashes are those of golang.org/x/mod/sumdb/tlog; what this adds is a root at every size in logarithmic memory.
package merkle

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// A Hash is a tree hash: 32 bytes.
type Hash = tlog.Hash

// A Frontier is the right edge of a tree. Its zero value is the empty tree.
type Frontier struct {
	size  uint64
	peaks []Hash // roots of the complete subtrees, largest first: one for each bit set in size
}

// Resume returns the frontier of a tree of a size, given the roots of its complete subtrees, largest first: one for each bit set in size.
func Resume(size uint64, peaks []Hash) (*Frontier, error) {
	if want := bits.OnesCount64(size); len(peaks) != want {
		return nil, fmt.Errorf("a tree of size %d has %d complete subtrees, not %d", size, want, len(peaks))
	}
	return &Frontier{size: size, peaks: append([]Hash(nil), peaks...)}, nil
}

// Size returns the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Append adds a leaf, given its leaf hash SHA-256(0x00 ‖ data).
func (f *Frontier) Append(leaf Hash) {
	h := leaf
	for range bits.TrailingZeros64(^f.size) {
		last := len(f.peaks) - 1
		h = tlog.NodeHash(f.peaks[last], h)
		f.peaks = f.peaks[:last]
	}
	f.peaks = append(f.peaks, h)
	f.size++
}

// Root returns the tree head. That of the empty tree is SHA-256 of nothing.
func (f *Frontier) Root() Hash {
	if len(f.peaks) == 0 {
		return sha256.Sum256(nil)
	}
	h := f.peaks[len(f.peaks)-1]
	for i := len(f.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.peaks[i], h)
	}
	return h
}

// Clone returns an independent copy.
func (f *Frontier) Clone() *Frontier {
	return &Frontier{size: f.size, peaks: append([]Hash(nil), f.peaks...)}
}
