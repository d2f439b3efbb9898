package mixnet

import (
	"fmt"
	"io"
	"runtime"
	"sync"

	"mandate/crypto/group"
)

// chunkPoints is how many points go into a multi-scalar multiplication at
// once. It bounds memory, to 15 MB for each processor; in larger sums points
// are hardly cheaper.
const chunkPoints = 1 << 15

// Equations are numbered t1, t2, t3, t41_1 … t41_w, t42_1 … t42_w,
// t̂_1 … t̂_N.
const noEquation = -1

func (m *Mix) equations() int { return m.single() + m.n }

// single returns the number of equations before t̂_1.
func (m *Mix) single() int { return 3 + 2*m.width }

// fold checks all equations at once: Σ weight·(right side − left side) = 0.
// Equation number skip is left out, which only tests do.
func (o *opened) fold(rand io.Reader, skip int) error {
	m := o.m
	f := &folded{opened: o}
	if err := f.drawWeights(rand, skip); err != nil {
		return err
	}
	few, err := f.common()
	if err != nil {
		return err
	}
	var sum group.Element
	var mu sync.Mutex
	perItem := 4 + 4*m.width
	chunk := min(chunkPoints/perItem, (m.n+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	err = inParallel(m.n, chunk, func(lo, hi int) error {
		z := newTerms((hi - lo) * perItem)
		var g, h group.Scalar
		for i := lo; i < hi; i++ {
			atG, atH, err := f.item(z, i)
			if err != nil {
				return err
			}
			g, h = g.Add(atG), h.Add(atH)
		}
		part := z.sum()
		mu.Lock()
		defer mu.Unlock()
		sum = sum.Add(part)
		few.coefs[coefG], few.coefs[coefH] = few.coefs[coefG].Add(g), few.coefs[coefH].Add(h)
		return nil
	})
	if err != nil {
		return err
	}
	if !sum.Add(few.sum()).IsIdentity() {
		return ErrEquation
	}
	return nil
}

// A folded proof is one whose equations have weights.
type folded struct {
	*opened
	weights []group.Scalar
}

func (f *folded) drawWeights(rand io.Reader, skip int) error {
	random := make([]byte, 16*f.m.equations())
	if _, err := io.ReadFull(rand, random); err != nil {
		return fmt.Errorf("reading randomness: %w", err)
	}
	f.weights = make([]group.Scalar, f.m.equations())
	forBlocks(len(f.weights), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if i != skip {
				f.weights[i] = group.ScalarFrom128([16]byte(random[16*i:]))
			}
		}
	})
	return nil
}

// terms are those of a sum Σ coef·point.
type terms struct {
	points []group.Element
	coefs  []group.Scalar
}

func newTerms(n int) *terms { return &terms{make([]group.Element, 0, n), make([]group.Scalar, 0, n)} }

func (z *terms) add(coef group.Scalar, e group.Element) {
	z.points, z.coefs = append(z.points, e), append(z.coefs, coef)
}

func (z *terms) sum() group.Element { return group.VarTimeMultiMul(z.coefs, z.points) }

// The places in common of elements that stand in many equations.
const (
	coefG = iota
	coefKey
	coefH
	coefFew
)

// common returns the terms of g, pk, h and of t1, …, t42_w, without what
// items add.
func (f *folded) common() (*terms, error) {
	m, w := f.m, f.m.width
	z := newTerms(coefFew + m.single())
	z.add(group.Scalar{}, group.Generator())
	z.add(group.Scalar{}, m.key)
	z.add(group.Scalar{}, m.h())
	for k := range m.single() {
		t, err := element(f.t, k)
		if err != nil {
			return nil, fmt.Errorf("commitment t, number %d: %w", k+1, err)
		}
		z.add(f.weights[k].Neg(), t)
	}
	g, key := &z.coefs[coefG], &z.coefs[coefKey]
	for k := range 3 + w {
		s, err := scalar(f.s, k)
		if err != nil {
			return nil, fmt.Errorf("response s, number %d: %w", k+1, err)
		}
		if k < 3 {
			*g = g.Add(f.weights[k].Mul(s)) // g^{s1}, g^{s2}, g^{s3}
		} else {
			*key = key.Sub(f.weights[k].Mul(s)) // pk^{−s4} of t41
			*g = g.Sub(f.weights[k+w].Mul(s))   // g^{−s4} of t42
		}
	}
	// t2: ĉ = ĉ_N / h^u with u = Π u_i.
	u := group.ScalarFromUint64(1)
	for i := range f.u {
		u = u.Mul(f.u[i])
	}
	z.coefs[coefH] = f.x.Mul(f.weights[1]).Mul(u)
	return z, nil
}

// item appends the terms of c_i, h_i, ĉ_i, t̂_i and of the ciphertexts of
// input and output i, and returns what it adds to the coefficients of g and h.
// Here i counts from 0, in SPEC.md from 1.
func (f *folded) item(z *terms, i int) (g, h group.Scalar, err error) {
	m, w, x, u := f.m, f.m.width, f.x, f.u[i]
	fail := func(what string, number int, err error) (group.Scalar, group.Scalar, error) {
		return g, h, fmt.Errorf("%s, number %d: %w", what, number, err)
	}
	c, err := element(f.c, i)
	if err != nil {
		return fail("commitment c", i+1, err)
	}
	chain, err := element(f.chain, i)
	if err != nil {
		return fail("chain ĉ", i+1, err)
	}
	tHat, err := element(f.tHat, i)
	if err != nil {
		return fail("commitment t̂", i+1, err)
	}
	sHat, err := scalar(f.sHat, i)
	if err != nil {
		return fail("response ŝ", i+1, err)
	}
	sMix, err := scalar(f.sMix, i)
	if err != nil {
		return fail("response s'", i+1, err)
	}
	w1, w2, w3, hats := f.weights[0], f.weights[1], f.weights[2], f.weights[m.single():]

	// t1: c̄ = Π c_i / Π h_i. t3: c̃ = Π c_i^{u_i}.
	z.add(u.MulAdd(w3, w1).Mul(x).Neg(), c)
	z.add(w3.MulAdd(sMix, w1.Mul(x)), m.hs()[i])

	// t̂_i = ĉ_i^{−x} g^{ŝ_i} ĉ_{i−1}^{s'_i}: ĉ_i stands in this equation and
	// in the next, ĉ_N in t2 instead, and ĉ_0 is h.
	inTwo := hats[i].Mul(x).Neg()
	if i < m.n-1 {
		next, err := scalar(f.sMix, i+1)
		if err != nil {
			return fail("response s'", i+2, err)
		}
		inTwo = hats[i+1].MulAdd(next, inTwo)
	} else {
		inTwo = inTwo.Sub(w2.Mul(x))
	}
	z.add(inTwo, chain)
	z.add(hats[i].Neg(), tHat)
	g = hats[i].Mul(sHat)
	if i == 0 {
		h = hats[i].Mul(sMix)
	}

	// t41, t42: A = Π A_i^{u_i}, B = Π B_i^{u_i} and the outputs.
	minusXU := x.Mul(u).Neg()
	for k := range w {
		w41, w42 := f.weights[3+k], f.weights[3+w+k]
		in, out := &f.inputs[i*w+k], &f.outputs[i*w+k]
		z.add(w42.Mul(minusXU), in.A)
		z.add(w42.Mul(sMix), out.A)
		z.add(w41.Mul(minusXU), in.B)
		z.add(w41.Mul(sMix), out.B)
	}
	return g, h, nil
}
