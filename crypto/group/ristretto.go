package group

import (
	"filippo.io/edwards25519/field"
)

// Constants of RFC 9496 §4.1.
var (
	sqrtM1 = constant(
		0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4,
		0x78, 0xe4, 0x2f, 0xad, 0x06, 0x18, 0x43, 0x2f,
		0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00, 0x4d, 0x2b,
		0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b)
	sqrtADMinusOne = constant(
		0x1b, 0x2e, 0x7b, 0x49, 0xa0, 0xf6, 0x97, 0x7e,
		0xbd, 0x54, 0x78, 0x1b, 0x0c, 0x8e, 0x9d, 0xaf,
		0xfd, 0xd1, 0xf5, 0x31, 0xc9, 0xfc, 0x3c, 0x0f,
		0xac, 0x48, 0x83, 0x2b, 0xbf, 0x31, 0x69, 0x37)
	invSqrtAMinusD = constant(
		0xea, 0x40, 0x5d, 0x80, 0xaa, 0xfd, 0xc8, 0x99,
		0xbe, 0x72, 0x41, 0x5a, 0x17, 0x16, 0x2f, 0x9d,
		0x40, 0xd8, 0x01, 0xfe, 0x91, 0x7b, 0xc2, 0x16,
		0xa2, 0xfc, 0xaf, 0xcf, 0x05, 0x89, 0x6c, 0x78)
	oneMinusDSquared = constant(
		0x76, 0xc1, 0x5f, 0x94, 0xc1, 0x09, 0x7c, 0xe2,
		0x0f, 0x35, 0x5e, 0xcd, 0x38, 0xa1, 0x81, 0x2c,
		0xe4, 0xdf, 0x70, 0xbe, 0xdd, 0xab, 0x94, 0x99,
		0xd7, 0xe0, 0xb3, 0xb2, 0xa8, 0x72, 0x90, 0x02)
	dMinusOneSquared = constant(
		0x20, 0x4d, 0xed, 0x44, 0xaa, 0x5a, 0xad, 0x31,
		0x99, 0x19, 0x1e, 0xb0, 0x2c, 0x4a, 0x9e, 0xd2,
		0xeb, 0x4e, 0x9b, 0x52, 0x2f, 0xd3, 0xdc, 0x4c,
		0x41, 0x22, 0x6c, 0xf6, 0x7a, 0xb3, 0x68, 0x59)
)

// decode sets p to the element encoded by b, with Z = 1, and reports whether
// b is its canonical encoding: RFC 9496 §4.3.1, names as there.
func (p *point) decode(b *[ElementSize]byte) bool {
	var s field.Element
	if _, err := s.SetBytes(b[:]); err != nil {
		return false
	}
	if [ElementSize]byte(s.Bytes()) != *b || s.IsNegative() == 1 {
		return false
	}
	var ss, u1, u2, u2Sqr, v, t, invSqrt, denX, denY field.Element
	ss.Square(&s)
	u1.Subtract(&one, &ss)
	u2.Add(&one, &ss)
	u2Sqr.Square(&u2)
	v.Square(&u1)
	v.Multiply(&v, &curveD)
	v.Negate(&v)
	v.Subtract(&v, &u2Sqr)
	t.Multiply(&v, &u2Sqr)
	_, wasSquare := invSqrt.SqrtRatio(&one, &t)
	denX.Multiply(&invSqrt, &u2)
	denY.Multiply(&invSqrt, &denX)
	denY.Multiply(&denY, &v)
	p.x.Add(&s, &s)
	p.x.Multiply(&p.x, &denX)
	p.x.Absolute(&p.x)
	p.y.Multiply(&u1, &denY)
	p.z = one
	p.t.Multiply(&p.x, &p.y)
	return wasSquare == 1 && p.t.IsNegative() == 0 && p.y.Equal(new(field.Element)) == 0
}

// encode returns the canonical encoding: RFC 9496 §4.3.2, names as there.
func (p *point) encode() [ElementSize]byte {
	var u1, u2, t, invSqrt, den1, den2, zInv, ix0, iy0, enchanted field.Element
	u1.Add(&p.z, &p.y)
	t.Subtract(&p.z, &p.y)
	u1.Multiply(&u1, &t)
	u2.Multiply(&p.x, &p.y)
	t.Square(&u2)
	t.Multiply(&t, &u1)
	invSqrt.SqrtRatio(&one, &t) // always a square
	den1.Multiply(&invSqrt, &u1)
	den2.Multiply(&invSqrt, &u2)
	zInv.Multiply(&den1, &den2)
	zInv.Multiply(&zInv, &p.t)
	ix0.Multiply(&p.x, &sqrtM1)
	iy0.Multiply(&p.y, &sqrtM1)
	enchanted.Multiply(&den1, &invSqrtAMinusD)

	rotate := t.Multiply(&p.t, &zInv).IsNegative()
	var x, y, denInv field.Element
	x.Select(&iy0, &p.x, rotate)
	y.Select(&ix0, &p.y, rotate)
	denInv.Select(&enchanted, &den2, rotate)

	isNegative := t.Multiply(&x, &zInv).IsNegative()
	t.Negate(&y)
	y.Select(&t, &y, isNegative)

	t.Subtract(&p.z, &y)
	t.Multiply(&t, &denInv)
	t.Absolute(&t)
	return [ElementSize]byte(t.Bytes())
}

// equal returns 1 if p and q represent the same element: RFC 9496 §4.3.3.
func (p *point) equal(q *point) int {
	var a, b field.Element
	a.Multiply(&p.x, &q.y)
	b.Multiply(&p.y, &q.x)
	r := a.Equal(&b)
	a.Multiply(&p.y, &q.y)
	b.Multiply(&p.x, &q.x)
	return r | a.Equal(&b)
}

// FromUniformBytes maps 64 uniformly distributed bytes to a uniformly
// distributed element of which nobody knows the logarithm: RFC 9496 §4.3.4.
func FromUniformBytes(b [64]byte) Element {
	var t field.Element
	var p1, p2 point
	// The most significant bit of each half is masked, as SetBytes does.
	if _, err := t.SetBytes(b[:32]); err != nil {
		panic(err) // the length is right
	}
	p1.mapUniform(&t)
	if _, err := t.SetBytes(b[32:]); err != nil {
		panic(err)
	}
	p2.mapUniform(&t)
	var e Element
	e.p.add(&p1, &p2)
	return e
}

// mapUniform is the function MAP of RFC 9496 §4.3.4, names as there.
func (p *point) mapUniform(t *field.Element) {
	var minusOne, r, u, c, v, s, sPrime, n, w0, w1, w2, w3, tmp field.Element
	minusOne.Negate(&one)
	r.Square(t)
	r.Multiply(&r, &sqrtM1)
	u.Add(&r, &one)
	u.Multiply(&u, &oneMinusDSquared)
	v.Multiply(&r, &curveD)
	v.Subtract(&minusOne, &v)
	tmp.Add(&r, &curveD)
	v.Multiply(&v, &tmp)

	_, wasSquare := s.SqrtRatio(&u, &v)
	sPrime.Multiply(&s, t)
	sPrime.Absolute(&sPrime)
	sPrime.Negate(&sPrime)
	s.Select(&s, &sPrime, wasSquare)
	c.Select(&minusOne, &r, wasSquare)

	n.Subtract(&r, &one)
	n.Multiply(&n, &c)
	n.Multiply(&n, &dMinusOneSquared)
	n.Subtract(&n, &v)

	w0.Multiply(&s, &v)
	w0.Add(&w0, &w0)
	w1.Multiply(&n, &sqrtADMinusOne)
	tmp.Square(&s)
	w2.Subtract(&one, &tmp)
	w3.Add(&one, &tmp)

	p.x.Multiply(&w0, &w3)
	p.y.Multiply(&w2, &w1)
	p.z.Multiply(&w1, &w3)
	p.t.Multiply(&w0, &w2)
}
