package boardlog

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxPrefixHashes is how many hashes the proof of a prefix has at most.
const MaxPrefixHashes = maxProofHashes + 1

// ProvePrefix returns hashes from which both the root of this tree and the one it had at an earlier size follow: SUBPROOF(size, D, false)
// of RFC 6962 §2.1.2. Unlike a consistency proof it says what the earlier root was whatever somebody claims, so it convinces others that a
// checkpoint of that size with another root is of another history (SPEC.md §7.6). The size is 1 to that of the tree.
func (t *Tree) ProvePrefix(ctx context.Context, size uint64) ([]tlog.Hash, error) {
	if size == 0 || size > t.size {
		return nil, fmt.Errorf("size %d is not in a log of %d", size, t.size)
	}
	return t.prefix(ctx, 0, t.size, size)
}

// prefix is SUBPROOF(m, D[lo:hi], false).
func (t *Tree) prefix(ctx context.Context, lo, hi, m uint64) ([]tlog.Hash, error) {
	if m == hi-lo {
		h, err := t.subtree(ctx, lo, hi)
		return []tlog.Hash{h}, err
	}
	k := split(hi - lo)
	var (
		proof []tlog.Hash
		other tlog.Hash
		err   error
	)
	if m <= k {
		if proof, err = t.prefix(ctx, lo, lo+k, m); err == nil {
			other, err = t.subtree(ctx, lo+k, hi)
		}
	} else {
		if proof, err = t.prefix(ctx, lo+k, hi, m-k); err == nil {
			other, err = t.subtree(ctx, lo, lo+k)
		}
	}
	if err != nil {
		return nil, err
	}
	return append(proof, other), nil
}

// subtree returns MTH(D[lo:hi]), where lo is a multiple of the largest power of two in hi − lo.
func (t *Tree) subtree(ctx context.Context, lo, hi uint64) (tlog.Hash, error) {
	n := hi - lo
	if n&(n-1) == 0 {
		level := bits.Len64(n) - 1
		h, err := t.reader(ctx).ReadHashes([]int64{tlog.StoredHashIndex(level, int64(lo>>level))})
		if err != nil {
			return tlog.Hash{}, err
		}
		return h[0], nil
	}
	k := split(n)
	left, err := t.subtree(ctx, lo, lo+k)
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := t.subtree(ctx, lo+k, hi)
	return tlog.NodeHash(left, right), err
}

// split returns the largest power of two below n, which is at least 2.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

var errPrefix = errors.New("the proof of an earlier size has too many or too few hashes")

// PrefixRoots returns the roots that follow from a proof by ProvePrefix: that of the tree at an earlier size, and that of the tree itself.
// If the second is what a checkpoint of that size says, the first is the only root that its history had at the earlier size.
func PrefixRoots(earlier, size uint64, proof []tlog.Hash) (before, root tlog.Hash, err error) {
	if earlier == 0 || earlier > size || size >= 1<<62 || len(proof) > MaxPrefixHashes {
		return before, root, errPrefix
	}
	before, root, rest, ok := prefixRoots(earlier, size, proof)
	if !ok || len(rest) > 0 {
		return tlog.Hash{}, tlog.Hash{}, errPrefix
	}
	return before, root, nil
}

func prefixRoots(m, n uint64, proof []tlog.Hash) (before, root tlog.Hash, rest []tlog.Hash, ok bool) {
	if m == n {
		if len(proof) == 0 {
			return before, root, nil, false
		}
		return proof[0], proof[0], proof[1:], true
	}
	k := split(n)
	left := m <= k
	if left {
		before, root, rest, ok = prefixRoots(m, k, proof)
	} else {
		before, root, rest, ok = prefixRoots(m-k, n-k, proof)
	}
	if !ok || len(rest) == 0 {
		return before, root, nil, false
	}
	other := rest[0]
	if left {
		return before, tlog.NodeHash(root, other), rest[1:], true
	}
	return tlog.NodeHash(other, before), tlog.NodeHash(other, root), rest[1:], true
}
