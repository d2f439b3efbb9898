package mixnet

import (
	"encoding/binary"
	"fmt"
	"io"
)

// permutation returns a uniformly distributed permutation of 0 … n−1, for
// n ≤ 2^31, with randomness from rand: the exchanges of Fisher and Yates
// (Knuth, TAOCP vol. 2, algorithm 3.4.2 P).
func permutation(n int, rand io.Reader) ([]int32, error) {
	psi := make([]int32, n)
	for i := range psi {
		psi[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- {
		j, err := below(uint32(i+1), rand)
		if err != nil {
			return nil, fmt.Errorf("drawing a permutation: %w", err)
		}
		psi[i], psi[j] = psi[j], psi[i]
	}
	return psi, nil
}

// below returns a uniformly distributed integer in 0 … n−1. What would make
// some of them more frequent is thrown away.
func below(n uint32, rand io.Reader) (uint32, error) {
	// 2^32 mod n values are too many.
	excess := -n % n
	for {
		var b [4]byte
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			return 0, err
		}
		if v := binary.LittleEndian.Uint32(b[:]); v >= excess {
			return v % n, nil
		}
	}
}
