package ranking

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// The arithmetic is that of big.Int modulo 2^256, with words near 0 and near 2^64 more often than by chance.
func TestWords(t *testing.T) {
	modulus := new(big.Int).Lsh(big.NewInt(1), 256)
	word := rapid.OneOf(rapid.SampledFrom([]uint64{0, 1, 2, 1<<63 - 1, 1 << 63, 1<<64 - 2, 1<<64 - 1}), rapid.Uint64())
	four := rapid.SliceOfN(word, 4, 4)
	is := func(t *rapid.T, what string, got words, want *big.Int) {
		t.Helper()
		want.Mod(want, modulus)
		if got.big().Cmp(want) != 0 {
			t.Errorf("%s is %v, want %v", what, got.big(), want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := words(four.Draw(t, "a")), words(four.Draw(t, "b"))
		m, r := word.Draw(t, "m"), word.Draw(t, "r")
		A, B, M, R := a.big(), b.big(), new(big.Int).SetUint64(m), new(big.Int).SetUint64(r)

		sum := a.clone()
		sum.add(b)
		is(t, "a + b", sum, new(big.Int).Add(A, B))
		difference := a.clone()
		difference.sub(b)
		is(t, "a − b", difference, new(big.Int).Sub(A, B))
		product := a.clone()
		product.mulAdd(m, r)
		is(t, "a·m + r", product, new(big.Int).Add(new(big.Int).Mul(A, M), R))
		if a.less(b) != (A.Cmp(B) < 0) || a.less(a) {
			t.Errorf("%v < %v is %v", A, B, a.less(b))
		}
		if m > 0 {
			q, rest := new(big.Int).DivMod(A, M, new(big.Int))
			quotient := a.clone()
			if got := quotient.divMod(m); got != rest.Uint64() {
				t.Errorf("%v mod %v is %v", A, M, got)
			}
			is(t, "a / m", quotient, q)
		}
		if got := wordsOf(a.bytes(32), 1); got.big().Cmp(A) != 0 {
			t.Errorf("the bytes of %v are those of %v", A, got.big())
		}
		chosen := newWords(1)
		chosen.selectWords(1, a, b)
		is(t, "a or b: a", chosen, A)
		chosen.selectWords(0, a, b)
		is(t, "a or b: b", chosen, B)
	})
}
