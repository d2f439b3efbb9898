package mixnet

import (
	"fmt"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// An EquationError names the equation that fails.
type EquationError struct {
	Name  string // t1, t2, t3, t41, t42 or t̂
	Index int    // from 1: of the component in t41 and t42, of the item in t̂; else 0
}

func (e *EquationError) Error() string {
	if e.Index == 0 {
		return fmt.Sprintf("equation %s: %v", e.Name, ErrEquation)
	}
	return fmt.Sprintf("equation %s_%d: %v", e.Name, e.Index, ErrEquation)
}

// Is reports that an EquationError is an [ErrEquation].
func (e *EquationError) Is(target error) bool { return target == ErrEquation }

// VerifyEach checks what [Mix.Verify] checks, one equation after the other as
// they stand in SPEC.md, "Shuffles", and returns an [*EquationError] for the
// first that fails. It needs no randomness and takes several times as long.
func (m *Mix) VerifyEach(t *transcript.Transcript, inputs []elgamal.Ciphertext, stage *Stage) error {
	o, err := m.open(t, inputs, stage)
	if err == nil {
		err = o.each(noEquation)
	}
	if err != nil {
		return fmt.Errorf("verifying shuffle: %w", err)
	}
	return nil
}

// decoded is a proof as values, with SPEC.md's letters.
type decoded struct {
	c, chain, t, tHat []group.Element
	s, sHat, sMix     []group.Scalar
}

func (o *opened) decode() (d decoded, err error) {
	elements := func(what string, field []byte) (es []group.Element) {
		for i := 0; i < len(field)/group.ElementSize && err == nil; i++ {
			e, bad := element(field, i)
			if bad != nil {
				err = fmt.Errorf("%s, number %d: %w", what, i+1, bad)
			}
			es = append(es, e)
		}
		return es
	}
	scalars := func(what string, field []byte) (ss []group.Scalar) {
		for i := 0; i < len(field)/group.ScalarSize && err == nil; i++ {
			s, bad := scalar(field, i)
			if bad != nil {
				err = fmt.Errorf("%s, number %d: %w", what, i+1, bad)
			}
			ss = append(ss, s)
		}
		return ss
	}
	d.t = elements("commitment t", o.t)
	d.s = scalars("response s", o.s)
	d.c = elements("commitment c", o.c)
	d.chain = elements("chain ĉ", o.chain)
	d.tHat = elements("commitment t̂", o.tHat)
	d.sHat = scalars("response ŝ", o.sHat)
	d.sMix = scalars("response s'", o.sMix)
	return d, err
}

// each checks the equations one by one but for number skip, which is for
// tests.
func (o *opened) each(skip int) error {
	d, err := o.decode()
	if err != nil {
		return err
	}
	m, w, minusX, g, h := o.m, o.m.width, o.x.Neg(), group.Generator(), o.m.h()
	equation := 0
	// check compares t with Σ s·e.
	check := func(name string, index int, t group.Element, s []group.Scalar, e []group.Element) error {
		number := equation
		equation++
		if number == skip || group.VarTimeMultiMul(s, e).Equal(t) {
			return nil
		}
		return &EquationError{name, index}
	}
	with := func(ss []group.Scalar, s ...group.Scalar) []group.Scalar { return append(s, ss...) }
	and := func(es []group.Element, e ...group.Element) []group.Element { return append(e, es...) }

	// c̄ = Π c_i / Π h_i, u = Π u_i, ĉ = ĉ_N / h^u, c̃ = Π c_i^{u_i}.
	var cBar group.Element
	u := group.ScalarFromUint64(1)
	for i := range m.n {
		cBar = cBar.Add(d.c[i]).Sub(m.hs()[i])
		u = u.Mul(o.u[i])
	}
	last := d.chain[m.n-1].Sub(group.VarTimeMul(u, h))
	cTilde := group.VarTimeMultiMul(o.u, d.c)

	// t1 = c̄^{−x} g^{s1}; t2 = ĉ^{−x} g^{s2}; t3 = c̃^{−x} g^{s3} Π h_i^{s'_i}.
	if err := check("t1", 0, d.t[0], []group.Scalar{minusX, d.s[0]}, []group.Element{cBar, g}); err != nil {
		return err
	}
	if err := check("t2", 0, d.t[1], []group.Scalar{minusX, d.s[1]}, []group.Element{last, g}); err != nil {
		return err
	}
	if err := check("t3", 0, d.t[2], with(d.sMix, minusX, d.s[2]), and(m.hs(), cTilde, g)); err != nil {
		return err
	}
	// t41 = B^{−x} pk^{−s4} Π B'_i^{s'_i}; t42 = A^{−x} g^{−s4} Π A'_i^{s'_i}.
	for k := range w {
		B := group.VarTimeMultiMul(o.u, component(o.inputs, w, k, false))
		err := check("t41", k+1, d.t[3+k], with(d.sMix, minusX, d.s[3+k].Neg()), and(component(o.outputs, w, k, false), B, m.key))
		if err != nil {
			return err
		}
	}
	for k := range w {
		A := group.VarTimeMultiMul(o.u, component(o.inputs, w, k, true))
		err := check("t42", k+1, d.t[3+w+k], with(d.sMix, minusX, d.s[3+k].Neg()), and(component(o.outputs, w, k, true), A, g))
		if err != nil {
			return err
		}
	}
	// t̂_i = ĉ_i^{−x} g^{ŝ_i} ĉ_{i−1}^{s'_i}.
	before := h
	for i := range m.n {
		err := check("t̂", i+1, d.tHat[i], []group.Scalar{minusX, d.sHat[i], d.sMix[i]}, []group.Element{d.chain[i], g, before})
		if err != nil {
			return err
		}
		before = d.chain[i]
	}
	return nil
}

// component returns the A or the B of ciphertext k of every item.
func component(cs []elgamal.Ciphertext, w, k int, first bool) []group.Element {
	es := make([]group.Element, 0, len(cs)/w)
	for i := k; i < len(cs); i += w {
		if first {
			es = append(es, cs[i].A)
		} else {
			es = append(es, cs[i].B)
		}
	}
	return es
}
