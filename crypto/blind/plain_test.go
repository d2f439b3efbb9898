package blind

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"slices"
	"testing"
)

// A plainModulus gives what a varTimeModulus gives.
func TestPlainModulus(t *testing.T) {
	numbers := func(n *big.Int) [][]byte {
		var out [][]byte
		for _, x := range []*big.Int{new(big.Int), big.NewInt(1), big.NewInt(2), big.NewInt(3), big.NewInt(65537), new(big.Int).Sub(n, big.NewInt(1)), new(big.Int).Div(n, big.NewInt(3))} {
			if x.Cmp(n) < 0 {
				out = append(out, x.FillBytes(make([]byte, Size)))
			}
		}
		for range 10 {
			x, err := rand.Int(rand.Reader, n)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, x.FillBytes(make([]byte, Size)))
		}
		return out
	}
	p, err := rand.Prime(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	q, err := rand.Prime(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	pq := new(big.Int).Mul(p, q)
	for _, n := range []*big.Int{pq, new(big.Int).Mul(big.NewInt(65537), new(big.Int).SetBit(new(big.Int).Rsh(pq, 16), 0, 1)), new(big.Int).Mul(big.NewInt(3), new(big.Int).SetBit(new(big.Int).Rsh(pq, 2), 0, 1))} {
		if n.BitLen() > 8*Size {
			continue
		}
		b := n.FillBytes(make([]byte, Size))
		m, want := newPlainModulus(b), newVarTimeModulus(b)
		if got := m.hasSmallFactor(); got != want.hasSmallFactor() {
			t.Errorf("%v has a small factor: %v", n, got)
		}
		values := numbers(n)
		if n == pq {
			values = append(values, p.FillBytes(make([]byte, Size)), new(big.Int).Mul(q, big.NewInt(7)).FillBytes(make([]byte, Size)))
		}
		for _, x := range values {
			if got := m.coprime(x); got != want.coprime(x) {
				t.Errorf("%x is coprime to %v: %v", x, n, got)
			}
			got, ok := m.inverse(x, Size)
			inverse, has := want.inverse(x, Size)
			if ok != has || !bytes.Equal(got, inverse) {
				t.Errorf("the inverse of %x modulo %v is %x, %v", x, n, got, ok)
			}
			for _, wide := range [][]byte{x, slices.Concat(x, x), append(bytes.Clone(x), 1, 2, 3), x[:7], nil, bytes.Repeat([]byte{0xff}, 2*Size)} {
				if got := m.reduce(wide, Size); !bytes.Equal(got, want.reduce(wide, Size)) {
					t.Errorf("%x modulo %v is %x", wide, n, got)
				}
			}
		}
	}
}

func BenchmarkPlainInverse(b *testing.B) {
	n := bytes.Repeat([]byte{0xfd}, Size)
	m := newPlainModulus(n)
	x := append(make([]byte, 8), bytes.Repeat([]byte{0x95, 0x17}, Size/2-4)...)
	for b.Loop() {
		m.inverse(x, Size)
	}
}
