package group

import "filippo.io/edwards25519/field"

// DoubleAll returns 2·e for every element, each remembering its encoding.
// Encodings of doubles are found together at the price of one inversion, so
// this takes a sixth of the time of encoding the elements. It is constant
// time.
//
// It serves where many products are encoded: halve the scalars first.
func DoubleAll(e []Element) []Element {
	// Doubling factors through the isogeny between the curve and its Jacobi
	// quartic, of which the encoding is a coordinate; on the way through, the
	// inverse square root of the encoding comes out of the formulas. See
	// Hamburg, "Decaf", CRYPTO 2015, section 6, for the isogenies; the
	// formulas are those of curve25519-dalek's double_and_compress_batch.
	type state struct{ e, f, g, h, eg, fh, prefix field.Element }
	states := make([]state, len(e))
	acc := one
	var zero field.Element
	for i := range e {
		p, s := e[i].point(), &states[i]
		var xx, yy, zz, dtt, t field.Element
		xx.Square(&p.x)
		yy.Square(&p.y)
		zz.Square(&p.z)
		dtt.Square(&p.t)
		dtt.Multiply(&dtt, &curveD)
		t.Add(&p.y, &p.y)
		s.e.Multiply(&p.x, &t)
		s.f.Add(&zz, &dtt)
		s.g.Add(&yy, &xx)
		s.h.Subtract(&zz, &dtt)
		s.eg.Multiply(&s.e, &s.g)
		s.fh.Multiply(&s.f, &s.h)
		s.prefix = acc
		// e·f·g·h is 0 for the identity (and its equals) alone.
		t.Multiply(&s.eg, &s.fh)
		t.Select(&one, &t, t.Equal(&zero))
		acc.Multiply(&acc, &t)
	}
	acc.Invert(&acc)
	doubles := make([]Element, len(e))
	for i := len(e) - 1; i >= 0; i-- {
		s, d := &states[i], &doubles[i]
		var t, inv, zInv, tInv field.Element
		t.Multiply(&s.eg, &s.fh)
		isZero := t.Equal(&zero)
		inv.Multiply(&acc, &s.prefix)
		inv.Select(&zero, &inv, isZero)
		t.Select(&one, &t, isZero)
		acc.Multiply(&acc, &t)

		d.p.x.Multiply(&s.e, &s.h)
		d.p.y.Multiply(&s.g, &s.f)
		d.p.z.Multiply(&s.f, &s.h)
		d.p.t.Multiply(&s.e, &s.g)

		zInv.Multiply(&s.eg, &inv)
		tInv.Multiply(&s.fh, &inv)
		rotate := t.Multiply(&s.eg, &zInv).IsNegative()
		var minusE, fi, a, g, h, magic field.Element
		minusE.Negate(&s.e)
		fi.Multiply(&s.f, &sqrtM1)
		a.Select(&s.g, &s.e, rotate)
		g.Select(&minusE, &s.g, rotate)
		h.Select(&fi, &s.h, rotate)
		magic.Select(&sqrtM1, &invSqrtAMinusD, rotate)

		t.Multiply(&h, &a)
		negative := t.Multiply(&t, &zInv).IsNegative()
		t.Negate(&g)
		g.Select(&t, &g, negative)

		t.Multiply(&g, &tInv)
		t.Multiply(&t, &magic)
		h.Subtract(&h, &g)
		t.Multiply(&t, &h)
		t.Absolute(&t)
		d.enc, d.encoded = [ElementSize]byte(t.Bytes()), true
	}
	return doubles
}
