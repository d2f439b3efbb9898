// Package group is the prime-order group in which everything is computed:
// ristretto255 (RFC 9496) and its scalar field.
//
// [Element] and [Scalar] are immutable values. The zero Element is the
// identity and the zero Scalar is 0. Go's == is not defined on them; use
// Equal.
//
// What comes from elsewhere enters through [DecodeElement] and
// [DecodeScalar], which accept exactly one encoding of each value and return
// [ErrElement] or [ErrScalar] for everything else. The identity is a valid
// element: whoever gives an element a meaning (a key, a generator) decides
// whether the identity may have it.
//
// Everything is constant time in the values it is given, except decoding and
// the functions whose names begin with VarTime, which are for public data
// only.
//
// The curve is filippo.io/edwards25519 and its field package. This package
// adds the ristretto255 encoding, hashing to the group, and multi-scalar
// multiplications: one by buckets, and one in constant time. The group is
// written additively: Mul(s, e) is what the specification writes e^s.
package group

import (
	"encoding/hex"
	"errors"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// ElementSize is the length in bytes of an encoded element.
const ElementSize = 32

// ErrElement is returned for bytes that are not the canonical encoding of an
// element (RFC 9496 §4.3.1).
var ErrElement = errors.New("not a canonical ristretto255 element")

// An Element of the group. The zero value is the identity.
type Element struct {
	// Equal elements can have different representations, so == would lie.
	_ [0]func()
	// p is a representative on the curve, except that the zero value stands
	// for the identity.
	p point
	// enc is the encoding of the element if encoded is set.
	enc     [ElementSize]byte
	encoded bool
}

// Generator returns g, the standard generator (RFC 9496 §4.1).
func Generator() Element { return generator }

var generator = func() Element {
	X, Y, Z, T := edwards25519.NewGeneratorPoint().ExtendedCoordinates()
	return Element{p: point{*X, *Y, *Z, *T}}.Encoded()
}()

// DecodeElement decodes the 32-byte canonical encoding of an element, the
// identity included, and returns [ErrElement] for anything else. The element
// remembers its encoding, so that encoding it again costs nothing.
func DecodeElement(b []byte) (Element, error) {
	var e Element
	if len(b) != ElementSize || !e.p.decode((*[ElementSize]byte)(b)) {
		return Element{}, ErrElement
	}
	copy(e.enc[:], b)
	e.encoded = true
	return e, nil
}

// Encoding returns the canonical encoding (RFC 9496 §4.3.2).
func (e Element) Encoding() [ElementSize]byte {
	if e.encoded {
		return e.enc
	}
	return e.point().encode()
}

// Bytes returns the canonical encoding as a new slice.
func (e Element) Bytes() []byte {
	b := e.Encoding()
	return b[:]
}

// Append appends the canonical encoding to b.
func (e Element) Append(b []byte) []byte {
	enc := e.Encoding()
	return append(b, enc[:]...)
}

// Encoded returns the same element, remembering its encoding. Encoding is
// about as expensive as twenty additions, so call this once for an element
// that is hashed and then also sent.
func (e Element) Encoded() Element {
	if !e.encoded {
		e.enc, e.encoded = e.point().encode(), true
	}
	return e
}

// String returns the encoding in hexadecimal.
func (e Element) String() string {
	b := e.Encoding()
	return hex.EncodeToString(b[:])
}

// point returns the representative, which is never the all-zero struct.
func (e *Element) point() *point {
	if e.p.z == (field.Element{}) { // Z is never 0 on the curve
		return &identity
	}
	return &e.p
}

// Add returns e + f.
func (e Element) Add(f Element) Element {
	var r Element
	r.p.add(e.point(), f.point())
	return r
}

// Sub returns e − f.
func (e Element) Sub(f Element) Element {
	var r, n Element
	n.p.negate(f.point())
	r.p.add(e.point(), &n.p)
	return r
}

// Neg returns −e.
func (e Element) Neg() Element {
	var r Element
	r.p.negate(e.point())
	return r
}

// Equal reports whether e and f are the same element (RFC 9496 §4.3.3).
func (e Element) Equal(f Element) bool {
	return e.point().equal(f.point()) == 1
}

// IsIdentity reports whether e is the identity.
func (e Element) IsIdentity() bool {
	return e.point().equal(&identity) == 1
}

// SelectElement returns a if cond is 1 and b if it is 0, in constant time.
func SelectElement(cond int, a, b Element) Element {
	var r Element
	r.p.selectPoint(a.point(), b.point(), cond)
	return r
}

// Mul returns s·e.
func (e Element) Mul(s Scalar) Element {
	var q edwards25519.Point
	q.ScalarMult(&s.s, e.point().edwards())
	return fromEdwards(&q)
}

// BaseMul returns s·g.
func BaseMul(s Scalar) Element {
	var q edwards25519.Point
	q.ScalarBaseMult(&s.s)
	return fromEdwards(&q)
}

func fromEdwards(q *edwards25519.Point) Element {
	X, Y, Z, T := q.ExtendedCoordinates()
	return Element{p: point{*X, *Y, *Z, *T}}
}
