package mixnet

import (
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// A plain prover makes proofs as SPEC.md writes them, slowly, sharing nothing
// with Shuffle but the layout and the hashing, and lies as it is told. An
// honest one shows that its lies are the only reason why a proof fails.
type plain struct {
	m       *Mix
	in, out []elgamal.Ciphertext
	c       []group.Element
	// open returns what the proof claims, once u is known.
	open func(u []group.Scalar) opening
	// breakAt, from 1, is a link of the chain after which it goes on as if
	// the product so far were what makes Π u'_i = Π u_i come true.
	breakAt int
	// tamper changes the first moves, in the order of equations.
	tamper func(t []group.Element)
}

// An opening is a claim about c and the ciphertexts.
type opening struct {
	u      []group.Scalar // u'
	rBar   group.Scalar
	rTilde group.Scalar
	r4     []group.Scalar // r' of each component
	log    group.Scalar   // ĉ_N = g^{R_N} h^{Π u'}; this is added to R_N to make r̂
}

func (p *plain) prove(t *transcript.Transcript) *Stage {
	m, w, g, h := p.m, p.m.width, group.Generator(), p.m.h()
	stage := &Stage{p.out, make([]byte, m.ProofSize())}
	l := m.lay(stage.Proof)
	for i, c := range p.c {
		put(l.c, i, c.Encoding())
	}
	s := m.begin(t, must(m.encode("inputs", p.in)))
	finish(s, must(m.encode("outputs", p.out)), l.c)
	u := m.exponents(s)
	o := p.open(u)

	chain := make([]group.Element, m.n)
	rHats := make([]group.Scalar, m.n)
	last, bigR := h, group.Scalar{}
	for i := range chain {
		rHats[i] = random()
		chain[i] = group.BaseMul(rHats[i]).Add(last.Mul(o.u[i]))
		bigR = o.u[i].MulAdd(bigR, rHats[i])
		if i+1 == p.breakAt {
			v := product(u...).Mul(product(o.u[i+1:]...).Invert())
			bigR = random()
			chain[i] = group.BaseMul(bigR).Add(h.Mul(v))
		}
		last = chain[i]
		put(l.chain, i, last.Encoding())
	}
	bigR = bigR.Add(o.log)

	omega := []group.Scalar{random(), random(), random()}
	omega4, omegaHat, omegaPrime := make([]group.Scalar, w), make([]group.Scalar, m.n), make([]group.Scalar, m.n)
	ts := make([]group.Element, m.equations())
	for j := range 3 {
		ts[j] = group.BaseMul(omega[j])
	}
	for k := range omega4 {
		omega4[k] = random()
		ts[3+k] = m.key.Mul(omega4[k].Neg())
		ts[3+w+k] = g.Mul(omega4[k].Neg())
	}
	last = h
	for i := range omegaHat {
		omegaHat[i], omegaPrime[i] = random(), random()
		ts[2] = ts[2].Add(m.hs()[i].Mul(omegaPrime[i]))
		for k := range omega4 {
			ts[3+k] = ts[3+k].Add(p.out[i*w+k].B.Mul(omegaPrime[i]))
			ts[3+w+k] = ts[3+w+k].Add(p.out[i*w+k].A.Mul(omegaPrime[i]))
		}
		ts[m.single()+i] = group.BaseMul(omegaHat[i]).Add(last.Mul(omegaPrime[i]))
		last = chain[i]
	}
	if p.tamper != nil {
		p.tamper(ts)
	}
	for j, e := range ts {
		if j < m.single() {
			put(l.t, j, e.Encoding())
		} else {
			put(l.tHat, j-m.single(), e.Encoding())
		}
	}
	x := challenge(s, &l)
	for j, secret := range []group.Scalar{o.rBar, bigR, o.rTilde} {
		put(l.s, j, x.MulAdd(secret, omega[j]).Encoding())
	}
	for k := range omega4 {
		put(l.s, 3+k, x.MulAdd(o.r4[k], omega4[k]).Encoding())
	}
	for i := range omegaHat {
		put(l.sHat, i, x.MulAdd(rHats[i], omegaHat[i]).Encoding())
		put(l.sMix, i, x.MulAdd(o.u[i], omegaPrime[i]).Encoding())
	}
	return stage
}

func product(s ...group.Scalar) group.Scalar {
	p := group.ScalarFromUint64(1)
	for i := range s {
		p = p.Mul(s[i])
	}
	return p
}

// A matrix says what the outputs are made of: e'_i = Π_j e_j^{M_ij}, encrypted
// anew. A permutation matrix makes a shuffle.
type matrix [][]group.Scalar

func permutationMatrix(psi ...int) matrix {
	M := make(matrix, len(psi))
	for i, j := range psi {
		M[i] = make([]group.Scalar, len(psi))
		M[i][j] = group.ScalarFromUint64(1)
	}
	return M
}

// mixed applies M and commits to it: the plain prover for it is honest about
// everything, M included, and its proof holds if M is a permutation. If M is
// orthogonal, t3, t41 and t42 hold; if its rows sum to 1, t1 does; and t2 if
// the product of all u'_i is that of all u_j.
func mixed(m *Mix, in []elgamal.Ciphertext, M matrix) *plain {
	w := m.width
	p := &plain{m: m, in: in, out: make([]elgamal.Ciphertext, len(in)), c: make([]group.Element, m.n)}
	r, rPrime := make([]group.Scalar, m.n), make([]group.Scalar, len(in))
	for j := range p.c {
		r[j] = random()
		p.c[j] = group.BaseMul(r[j])
	}
	for i := range M {
		for k := range w {
			rPrime[i*w+k] = random()
			out := elgamal.Ciphertext{A: group.BaseMul(rPrime[i*w+k]), B: m.key.Mul(rPrime[i*w+k])}
			for j, a := range M[i] {
				out.A = out.A.Add(in[j*w+k].A.Mul(a))
				out.B = out.B.Add(in[j*w+k].B.Mul(a))
			}
			p.out[i*w+k] = out.Encoded()
		}
		for j, a := range M[i] {
			p.c[j] = p.c[j].Add(m.hs()[i].Mul(a))
		}
	}
	p.open = func(u []group.Scalar) opening {
		o := opening{u: make([]group.Scalar, m.n), r4: make([]group.Scalar, w)}
		for i := range M {
			for j, a := range M[i] {
				o.u[i] = o.u[i].Add(a.Mul(u[j]))
			}
			for k := range w {
				o.r4[k] = o.r4[k].Add(rPrime[i*w+k].Mul(o.u[i]))
			}
		}
		for j := range r {
			o.rBar = o.rBar.Add(r[j])
			o.rTilde = o.rTilde.Add(r[j].Mul(u[j]))
		}
		return o
	}
	return p
}

func TestPlainProver(t *testing.T) {
	pk := group.BaseMul(random())
	for w := 1; w <= 2; w++ {
		m := must(NewMix(generators(), pk, 4, w))
		in, _ := ballots(pk, 4, w)
		stage := mixed(m, in, permutationMatrix(2, 0, 3, 1)).prove(context())
		holds(t, m, in, stage)
	}
}
