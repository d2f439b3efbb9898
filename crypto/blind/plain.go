package blind

import (
	"bytes"
	"encoding/binary"

	"filippo.io/bigmod"
)

// A plainModulus does what a varTimeModulus does, without math/big, which the program
// that members load in their browsers is too small for. It is slower. What comes in is
// public, or a secret multiplied by a uniform mask.
type plainModulus struct {
	modulus []byte
	n       *bigmod.Modulus // nil if N is not odd or not above 1
}

func newPlainModulus(n []byte) plainModulus {
	m := plainModulus{modulus: bytes.Clone(n)}
	if len(n) > 0 && n[len(n)-1]&1 == 1 {
		m.n, _ = bigmod.NewModulus(n) // another error is noticed where the key is made
	}
	return m
}

// coprime reports whether gcd(x, N) = 1, for an x below N.
func (m plainModulus) coprime(x []byte) bool {
	_, ok := m.inverse(x, len(m.modulus))
	return ok
}

// inverse returns x⁻¹ mod N in size bytes, or false if there is none.
func (m plainModulus) inverse(x []byte, size int) ([]byte, bool) {
	if m.n == nil {
		return nil, false
	}
	a, err := bigmod.NewNat().SetBytes(x, m.n)
	if err != nil {
		return nil, false
	}
	inv, ok := bigmod.NewNat().InverseVarTime(a, m.n)
	if !ok {
		return nil, false
	}
	return padded(inv.Bytes(m.n), size), true
}

// reduce returns x mod N in size bytes, for an x of any length.
func (m plainModulus) reduce(x []byte, size int) []byte {
	above, err := bigmod.NewModulus(bytes.Repeat([]byte{0xff}, max(len(x), len(m.modulus))+1)) // odd, and larger than x and N
	if err != nil || m.n == nil {
		return make([]byte, size) // as zero, which shares all factors with N
	}
	wide, err := bigmod.NewNat().SetBytes(x, above)
	if err != nil {
		return make([]byte, size)
	}
	return padded(bigmod.NewNat().Mod(wide, m.n).Bytes(m.n), size)
}

// padded returns big-endian bytes in size bytes.
func padded(b []byte, size int) []byte {
	out := make([]byte, size)
	if n := len(b) - size; n > 0 {
		b = b[n:]
	}
	copy(out[size-len(b):], b)
	return out
}

// hasSmallFactor reports whether a prime ≤ 65537 divides N.
func (m plainModulus) hasSmallFactor() bool {
	var composite [exponent + 1]bool
	n := padded(m.modulus, (len(m.modulus)+3)/4*4)
	for p := uint64(2); p <= exponent; p++ {
		if composite[p] {
			continue
		}
		for q := 2 * p; q <= exponent; q += p {
			composite[q] = true
		}
		var r uint64
		for i := 0; i < len(n); i += 4 {
			r = (r<<32 | uint64(binary.BigEndian.Uint32(n[i:]))) % p
		}
		if r == 0 {
			return true
		}
	}
	return false
}
