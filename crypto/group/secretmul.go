package group

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync"
)

const (
	// Points are taken in groups of five, whose 16 sums ±p_1 ± p_2 ± … ± p_5
	// with a fixed sign of p_1 are a tableRow.
	groupPoints = digitBits
	// The rows of this many groups share an inversion and stay close to the
	// processor.
	groupsAtOnce = 16
	// A scalar or the scalar plus ℓ is an odd number of at most 254 bits.
	signBits = 254
)

// MultiMul returns Σ s_i·e_i. It panics if s and e are not of the same
// length. It is constant time: its duration depends on their number only.
// For long sums it takes about a third of the time of as many calls of
// [Element.Mul] on one processor, and uses all of them. Where the scalars are
// public [VarTimeMultiMul] takes a third of that again.
func MultiMul(s []Scalar, e []Element) Element {
	if len(s) != len(e) {
		panic("group: MultiMul of slices of different lengths")
	}
	// Long enough that the doublings at the end of each share do not count.
	const share = 1000 * groupPoints
	workers := min(runtime.GOMAXPROCS(0), 1+len(s)/share)
	sums := make([]point, workers)
	var wg sync.WaitGroup
	for w := range workers {
		lo, hi := len(s)*w/workers, len(s)*(w+1)/workers
		wg.Go(func() { sums[w] = multiMul(s[lo:hi], e[lo:hi]) })
	}
	wg.Wait()
	for w := range sums[1:] {
		sums[0].add(&sums[0], &sums[w+1])
	}
	return Element{p: sums[0]}
}

// multiMul writes every scalar as Σ ±2^i, every sign of which selects one of
// the 32 signed sums of the points of a group: an addition for every bit of
// five scalars. The doublings are done once for all (cf. Lim and Lee, CRYPTO
// '94; Hamburg, "Fast and compact elliptic-curve cryptography", 2012, section
// 3.3, for the signs).
func multiMul(s []Scalar, e []Element) point {
	acc := make([]point, signBits) // acc[i] is to be multiplied by 2^i
	for i := range acc {
		acc[i] = identity
	}
	var rows [groupsAtOnce]tableRow
	var sums [groupsAtOnce * rowSize]point
	var signs [groupsAtOnce * groupPoints]magnitude
	var q affinePoint
	for len(s) > 0 {
		n := min(groupsAtOnce*groupPoints, len(s))
		groups := (n + groupPoints - 1) / groupPoints
		for k := range groups {
			lo, hi := k*groupPoints, min((k+1)*groupPoints, n)
			signedSums((*[rowSize]point)(sums[k*rowSize:]), e[lo:hi])
			for j := range groupPoints {
				if lo+j < n {
					signs[lo+j] = signsOf(&s[lo+j])
				} else {
					signs[lo+j] = magnitude{} // any multiple of the identity
				}
			}
		}
		pack(rows[:groups], sums[:groups*rowSize])
		s, e = s[n:], e[n:]
		for i := range acc {
			w, shift := i/64, i%64
			for k := range groups {
				of := signs[k*groupPoints : (k+1)*groupPoints]
				first := of[0].words[w] >> shift & 1
				var index uint64
				for j := 1; j < groupPoints; j++ {
					same := ^(of[j].words[w]>>shift ^ first) & 1
					index |= same << (j - 1)
				}
				rows[k].lookup(&q, byte(index+1), int(1-first))
				acc[i].addAffine(&q)
			}
		}
	}
	sum := acc[signBits-1]
	for i := signBits - 2; i >= 0; i-- {
		sum.double(&sum)
		sum.add(&sum, &acc[i])
	}
	return sum
}

// signedSums sets sums[k] to p_1 ± p_2 ± … ± p_5, where bit j−2 of k says
// that p_j is added. Missing points are the identity.
func signedSums(sums *[rowSize]point, e []Element) {
	sums[0] = *e[0].point()
	var twice [groupPoints - 1]point
	for j := range twice {
		twice[j] = identity
		if j+1 < len(e) {
			p := e[j+1].point()
			var n point
			n.negate(p)
			sums[0].add(&sums[0], &n)
			twice[j].double(p)
		}
	}
	for k := 1; k < rowSize; k++ {
		top := bits.Len(uint(k)) - 1
		sums[k].add(&sums[k-1<<top], &twice[top])
	}
}

// signsOf returns words whose bit i is 1 if +2^i and 0 if −2^i is in the sum
// that is s: with odd n = Σ n_i·2^i < 2^254, n = 2^253 + Σ_{i<253} ±2^i, where
// the sign is + if n_{i+1} is 1.
func signsOf(s *Scalar) magnitude {
	b := s.Encoding()
	var m magnitude
	for i := range m.words {
		m.words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	// An even s becomes s + ℓ, which is odd.
	even := m.words[0]&1 - 1
	var carry uint64
	for i := range m.words {
		m.words[i], carry = bits.Add64(m.words[i], orderWords[i]&even, carry)
	}
	for i := range 3 {
		m.words[i] = m.words[i]>>1 | m.words[i+1]<<63
	}
	m.words[3] = m.words[3]>>1 | 1<<(signBits-1-192)
	return m
}
