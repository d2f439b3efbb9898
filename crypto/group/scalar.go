package group

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"filippo.io/edwards25519"
)

// ScalarSize is the length in bytes of an encoded scalar.
const ScalarSize = 32

// ErrScalar is returned for bytes that are not the canonical encoding of a
// scalar: 32 bytes, little-endian, below ℓ.
var ErrScalar = errors.New("not a canonical scalar")

// A Scalar is an integer modulo ℓ = 2^252 +
// 27742317777372353535851937790883648493, the order of the group. The zero
// value is 0.
//
// Scalars are often secret, so they print as REDACTED; to print a public
// one, print its Encoding.
type Scalar struct {
	_ [0]func()
	s edwards25519.Scalar
}

// DecodeScalar decodes the 32-byte little-endian encoding of an integer below
// ℓ and returns [ErrScalar] for anything else.
func DecodeScalar(b []byte) (Scalar, error) {
	var s Scalar
	if _, err := s.s.SetCanonicalBytes(b); err != nil {
		return Scalar{}, ErrScalar
	}
	return s, nil
}

// ScalarFromUniformBytes returns the little-endian integer b modulo ℓ. Of
// uniformly distributed b it makes a uniformly distributed scalar, up to a
// bias below 2^-259.
func ScalarFromUniformBytes(b [64]byte) Scalar {
	var s Scalar
	if _, err := s.s.SetUniformBytes(b[:]); err != nil {
		panic(err) // the length is right
	}
	return s
}

// ScalarFromUint64 returns v.
func ScalarFromUint64(v uint64) Scalar {
	var b [64]byte
	binary.LittleEndian.PutUint64(b[:], v)
	return ScalarFromUniformBytes(b)
}

// ScalarFromInt64 returns v modulo ℓ.
func ScalarFromInt64(v int64) Scalar {
	negative := uint64(v >> 63) // all ones or all zeros
	s := ScalarFromUint64((uint64(v) ^ negative) - negative)
	return SelectScalar(int(negative&1), s.Neg(), s)
}

// ScalarFrom128 returns the little-endian integer b.
func ScalarFrom128(b [16]byte) Scalar {
	var wide [64]byte
	copy(wide[:], b[:])
	return ScalarFromUniformBytes(wide)
}

// RandomScalar returns a uniformly distributed scalar made from 64 bytes of
// r, which outside tests is crypto/rand.Reader.
func RandomScalar(r io.Reader) (Scalar, error) {
	var b [64]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return Scalar{}, fmt.Errorf("reading randomness for a scalar: %w", err)
	}
	return ScalarFromUniformBytes(b), nil
}

// Add returns s + t.
func (s Scalar) Add(t Scalar) Scalar {
	s.s.Add(&s.s, &t.s)
	return s
}

// Sub returns s − t.
func (s Scalar) Sub(t Scalar) Scalar {
	s.s.Subtract(&s.s, &t.s)
	return s
}

// Mul returns s·t.
func (s Scalar) Mul(t Scalar) Scalar {
	s.s.Multiply(&s.s, &t.s)
	return s
}

// MulAdd returns s·t + u.
func (s Scalar) MulAdd(t, u Scalar) Scalar {
	s.s.MultiplyAdd(&s.s, &t.s, &u.s)
	return s
}

// Neg returns −s.
func (s Scalar) Neg() Scalar {
	s.s.Negate(&s.s)
	return s
}

// Invert returns 1/s, and 0 for s = 0.
func (s Scalar) Invert() Scalar {
	s.s.Invert(&s.s)
	return s
}

// Equal reports whether s = t.
func (s Scalar) Equal(t Scalar) bool { return s.s.Equal(&t.s) == 1 }

// IsZero reports whether s = 0.
func (s Scalar) IsZero() bool {
	var zero edwards25519.Scalar
	return s.s.Equal(&zero) == 1
}

// Encoding returns the canonical encoding, 32 bytes little-endian.
func (s Scalar) Encoding() [ScalarSize]byte { return [ScalarSize]byte(s.s.Bytes()) }

// Bytes returns the canonical encoding as a new slice.
func (s Scalar) Bytes() []byte { return s.s.Bytes() }

// Append appends the canonical encoding to b.
func (s Scalar) Append(b []byte) []byte { return append(b, s.s.Bytes()...) }

// SelectScalar returns a if cond is 1 and b if it is 0, in constant time.
func SelectScalar(cond int, a, b Scalar) Scalar {
	c := ScalarFromUint64(uint64(subtle.ConstantTimeEq(int32(cond), 1)))
	return c.MulAdd(a.Sub(b), b)
}

const redacted = "group.Scalar(REDACTED)"

// String returns a fixed text.
func (s Scalar) String() string { return redacted }

// GoString returns a fixed text.
func (s Scalar) GoString() string { return redacted }

// Format prints a fixed text whatever the verb.
func (s Scalar) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText returns a fixed text.
func (s Scalar) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns a fixed text.
func (s Scalar) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
