package group

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// A point of the curve edwards25519 in extended coordinates: x = X/Z,
// y = Y/Z, xy = T/Z (Hisil, Wong, Carter, Dawson, ASIACRYPT 2008). Unlike
// edwards25519.Point it lets the bucket method keep points in whatever form
// makes the next addition cheapest.
type point struct {
	x, y, z, t field.Element
}

// An affinePoint is a point with Z = 1, in the form that additions want.
type affinePoint struct {
	yPlusX, yMinusX, t2d field.Element // y + x, y − x, 2dxy
}

var identity = point{y: *new(field.Element).One(), z: *new(field.Element).One()}

func constant(b ...byte) field.Element {
	var e field.Element
	if _, err := e.SetBytes(b); err != nil {
		panic(err)
	}
	return e
}

var (
	one  = *new(field.Element).One()
	four = *new(field.Element).Mult32(&one, 4)

	// d of the curve equation −x² + y² = 1 + dx²y².
	curveD = constant(
		0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75,
		0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
		0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c,
		0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52)
	curve2D = *new(field.Element).Add(&curveD, &curveD)
)

// add sets v = p + q. The formula is complete, so v, p and q may be equal or
// alias.
func (v *point) add(p, q *point) {
	var a, b, c, d, s, t field.Element
	s.Subtract(&p.y, &p.x)
	t.Subtract(&q.y, &q.x)
	a.Multiply(&s, &t)
	s.Add(&p.y, &p.x)
	t.Add(&q.y, &q.x)
	b.Multiply(&s, &t)
	c.Multiply(&p.t, &q.t)
	c.Multiply(&c, &curve2D)
	d.Multiply(&p.z, &q.z)
	d.Add(&d, &d)
	v.complete(&a, &b, &c, &d)
}

// complete is the common end of the additions.
func (v *point) complete(a, b, c, d *field.Element) {
	var e, f, g, h field.Element
	e.Subtract(b, a)
	f.Subtract(d, c)
	g.Add(d, c)
	h.Add(b, a)
	v.x.Multiply(&e, &f)
	v.y.Multiply(&g, &h)
	v.z.Multiply(&f, &g)
	v.t.Multiply(&e, &h)
}

// addAffine sets v = v + q.
func (v *point) addAffine(q *affinePoint) {
	var a, b, c, d field.Element
	a.Subtract(&v.y, &v.x)
	a.Multiply(&a, &q.yMinusX)
	b.Add(&v.y, &v.x)
	b.Multiply(&b, &q.yPlusX)
	c.Multiply(&v.t, &q.t2d)
	d.Add(&v.z, &v.z)
	v.complete(&a, &b, &c, &d)
}

// subAffine sets v = v − q.
func (v *point) subAffine(q *affinePoint) {
	var a, b, c, d, f, g field.Element
	a.Subtract(&v.y, &v.x)
	a.Multiply(&a, &q.yPlusX)
	b.Add(&v.y, &v.x)
	b.Multiply(&b, &q.yMinusX)
	c.Multiply(&v.t, &q.t2d)
	d.Add(&v.z, &v.z)
	f.Add(&d, &c)
	g.Subtract(&d, &c)
	c.Subtract(&b, &a)
	d.Add(&b, &a)
	v.x.Multiply(&c, &f)
	v.y.Multiply(&g, &d)
	v.z.Multiply(&f, &g)
	v.t.Multiply(&c, &d)
}

// setAffine sets v = q.
func (v *point) setAffine(q *affinePoint) {
	var x2, y2 field.Element
	x2.Subtract(&q.yPlusX, &q.yMinusX)
	y2.Add(&q.yPlusX, &q.yMinusX)
	v.x.Add(&x2, &x2)
	v.y.Add(&y2, &y2)
	v.z.Set(&four)
	v.t.Multiply(&x2, &y2)
}

// double sets v = 2p.
func (v *point) double(p *point) {
	var e, h field.Element
	v.doubleXYZ(p, &e, &h)
	v.t.Multiply(&e, &h)
}

// doubleXYZ sets v = 2p except for T, which is e·h and is not needed for
// doubling v again.
func (v *point) doubleXYZ(p *point, e, h *field.Element) {
	var xx, yy, zz, s, f, g field.Element
	xx.Square(&p.x)
	yy.Square(&p.y)
	zz.Square(&p.z)
	zz.Add(&zz, &zz)
	s.Add(&p.x, &p.y)
	s.Square(&s)
	h.Add(&yy, &xx)
	g.Subtract(&yy, &xx)
	e.Subtract(&s, h)
	f.Subtract(&zz, &g)
	v.x.Multiply(e, &f)
	v.y.Multiply(&g, h)
	v.z.Multiply(&f, &g)
}

func (v *point) negate(p *point) {
	v.x.Negate(&p.x)
	v.y.Set(&p.y)
	v.z.Set(&p.z)
	v.t.Negate(&p.t)
}

// selectPoint sets v to a if cond is 1 and to b if it is 0.
func (v *point) selectPoint(a, b *point, cond int) {
	v.x.Select(&a.x, &b.x, cond)
	v.y.Select(&a.y, &b.y, cond)
	v.z.Select(&a.z, &b.z, cond)
	v.t.Select(&a.t, &b.t, cond)
}

// fromAffine sets q to the point (x, y).
func (q *affinePoint) fromAffine(x, y, xy *field.Element) {
	q.yPlusX.Add(y, x)
	q.yMinusX.Subtract(y, x)
	q.t2d.Multiply(xy, &curve2D)
}

// edwards converts p, which must be on the curve.
func (p *point) edwards() *edwards25519.Point {
	q, err := new(edwards25519.Point).SetExtendedCoordinates(&p.x, &p.y, &p.z, &p.t)
	if err != nil {
		panic("group: internal error: point not on the curve")
	}
	return q
}

// toAffine converts points at the price of one inversion for all
// (Montgomery's trick). Nothing in it depends on the values except for the
// points whose Z is 1 already, as it is for every decoded one.
func toAffine(dst []affinePoint, src []*point) {
	prefix := make([]field.Element, 0, len(src))
	acc := one
	for _, p := range src {
		if p.z == one {
			continue
		}
		prefix = append(prefix, acc)
		acc.Multiply(&acc, &p.z)
	}
	if len(prefix) > 0 {
		acc.Invert(&acc)
	}
	for i := len(src) - 1; i >= 0; i-- {
		p := src[i]
		if p.z == one {
			dst[i].fromAffine(&p.x, &p.y, &p.t)
			continue
		}
		var zInv, x, y, xy field.Element
		zInv.Multiply(&acc, &prefix[len(prefix)-1])
		prefix = prefix[:len(prefix)-1]
		acc.Multiply(&acc, &p.z)
		x.Multiply(&p.x, &zInv)
		y.Multiply(&p.y, &zInv)
		xy.Multiply(&p.t, &zInv)
		dst[i].fromAffine(&x, &y, &xy)
	}
}
