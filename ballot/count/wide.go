package count

import (
	"math/big"
	"math/bits"
)

// A wide is an unsigned 128-bit sum. The inner loops of the counts add into it:
// up to 2^34 groups of up to 2^63 papers worth up to 10^9 units each fit, so
// that no limit on the number of ballots is needed.
type wide struct{ hi, lo uint64 }

// add adds n.
func (w *wide) add(n uint64) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, n, 0)
	w.hi += carry
}

// addMul adds n × m.
func (w *wide) addMul(n, m uint64) {
	hi, lo := bits.Mul64(n, m)
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, lo, 0)
	w.hi, _ = bits.Add64(w.hi, hi, carry)
}

// cmp compares w with v.
func (w wide) cmp(v wide) int {
	switch {
	case w.hi != v.hi && w.hi < v.hi, w.hi == v.hi && w.lo < v.lo:
		return -1
	case w == v:
		return 0
	}
	return 1
}

func (w wide) isZero() bool { return w.hi == 0 && w.lo == 0 }

// int returns w as a new big integer.
func (w wide) int() *big.Int {
	n := new(big.Int).SetUint64(w.hi)
	n.Lsh(n, 64)
	return n.Or(n, new(big.Int).SetUint64(w.lo))
}
