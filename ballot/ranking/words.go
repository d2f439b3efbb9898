package ranking

import (
	"encoding/binary"
	"math/big"
	"math/bits"
	"slices"
)

// words is an integer of fixed length, least significant word first. Unlike those of big.Int its operations do not depend on
// how large it is.
type words []uint64

// newWords returns 0 with room for what the given number of elements holds.
func newWords(elements int) words { return make(words, 4*elements) }

// wordsOf returns the integer b, most significant byte first.
func wordsOf(b []byte, elements int) words {
	padded := make([]byte, 32*elements)
	copy(padded[len(padded)-len(b):], b)
	w := newWords(elements)
	for i := range w {
		w[i] = binary.BigEndian.Uint64(padded[len(padded)-8*(i+1):])
	}
	return w
}

// bytes returns the integer, which must be that small, in size bytes, most significant first.
func (w words) bytes(size int) []byte {
	var b []byte
	for _, x := range slices.Backward(w) {
		b = binary.BigEndian.AppendUint64(b, x)
	}
	return b[len(b)-size:]
}

func (w words) big() *big.Int { return new(big.Int).SetBytes(w.bytes(8 * len(w))) }

func (w words) clone() words { return slices.Clone(w) }

// add sets w = w + v.
func (w words) add(v words) {
	var carry uint64
	for i := range w {
		w[i], carry = bits.Add64(w[i], v[i], carry)
	}
}

// sub sets w = w − v.
func (w words) sub(v words) {
	var borrow uint64
	for i := range w {
		w[i], borrow = bits.Sub64(w[i], v[i], borrow)
	}
}

// less reports whether w < v.
func (w words) less(v words) bool {
	var borrow uint64
	for i := range w {
		_, borrow = bits.Sub64(w[i], v[i], borrow)
	}
	return borrow == 1
}

// mulAdd sets w = w·m + a.
func (w words) mulAdd(m, a uint64) {
	for i := range w {
		hi, lo := bits.Mul64(w[i], m)
		var carry uint64
		w[i], carry = bits.Add64(lo, a, 0)
		a = hi + carry
	}
}

// divMod sets w = w / d, for d > 0, and returns the remainder.
func (w words) divMod(d uint64) (rest uint64) {
	for i := len(w) - 1; i >= 0; i-- {
		w[i], rest = bits.Div64(rest, w[i], d)
	}
	return rest
}

// selectWords sets w to a if cond is 1 and to b if it is 0.
func (w words) selectWords(cond int, a, b words) {
	mask := -uint64(cond)
	for i := range w {
		w[i] = a[i]&mask | b[i]&^mask
	}
}
