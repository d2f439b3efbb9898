//go:build !voting

package blind

import (
	"math/big"
	"sync"
)

// This is the only file that uses math/big, whose time depends on its operands. What
// comes in here is public, or a secret multiplied by a uniform mask. Programs built with
// the tag voting do without it.

var bigOne = big.NewInt(1)

// A varTimeModulus does the arithmetic modulo N that bigmod lacks or is slow at.
// Values are big-endian bytes.
type varTimeModulus struct{ n *big.Int }

func newVarTimeModulus(n []byte) varTimeModulus {
	return varTimeModulus{new(big.Int).SetBytes(n)}
}

// coprime reports whether gcd(x, N) = 1.
func (m varTimeModulus) coprime(x []byte) bool {
	return m.coprimeInt(new(big.Int).SetBytes(x))
}

func (m varTimeModulus) coprimeInt(x *big.Int) bool {
	return new(big.Int).GCD(nil, nil, x, m.n).Cmp(bigOne) == 0
}

// inverse returns x⁻¹ mod N in size bytes, or false if there is none. bigmod's
// InverseVarTime takes forty times as long.
func (m varTimeModulus) inverse(x []byte, size int) ([]byte, bool) {
	inv := new(big.Int).ModInverse(new(big.Int).SetBytes(x), m.n)
	if inv == nil {
		return nil, false
	}
	return inv.FillBytes(make([]byte, size)), true
}

// reduce returns x mod N in size bytes, for an x of any length.
func (m varTimeModulus) reduce(x []byte, size int) []byte {
	r := new(big.Int).SetBytes(x)
	return r.Mod(r, m.n).FillBytes(make([]byte, size))
}

// hasSmallFactor reports whether a prime ≤ 65537 divides N.
func (m varTimeModulus) hasSmallFactor() bool {
	return !m.coprimeInt(smallPrimes())
}

// smallPrimes is the product of all primes ≤ 65537.
var smallPrimes = sync.OnceValue(func() *big.Int {
	var composite [exponent + 1]bool
	var factors []*big.Int
	for p := 2; p <= exponent; p++ {
		if composite[p] {
			continue
		}
		factors = append(factors, big.NewInt(int64(p)))
		for q := 2 * p; q <= exponent; q += p { // not p², which overflows 32 bits
			composite[q] = true
		}
	}
	for len(factors) > 1 { // a product tree, to multiply numbers of like size
		half := (len(factors) + 1) / 2
		for i := half; i < len(factors); i++ {
			factors[i-half].Mul(factors[i-half], factors[i])
		}
		factors = factors[:half]
	}
	return factors[0]
})
