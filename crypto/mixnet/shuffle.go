package mixnet

import (
	"fmt"
	"io"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// Shuffle encrypts the inputs anew, puts them in a random order and proves
// that it did. The transcript says which shuffle this is and is left as it
// was. Randomness is read from rand, which outside tests is
// crypto/rand.Reader. All that is random but the permutation is derived from
// it, the permutation and the statement, so that a reader that repeats itself
// does not use the same nonce in two proofs.
//
// Inputs that share their first half, or have none, are refused with
// [ErrDuplicate] and [elgamal.ErrTrivial]. Besides the inputs and the result
// this takes about 500 bytes of memory for each ciphertext.
func (m *Mix) Shuffle(t *transcript.Transcript, inputs []elgamal.Ciphertext, rand io.Reader) (*Stage, error) {
	in, err := m.encode("inputs", inputs)
	if err != nil {
		return nil, fmt.Errorf("shuffling: %w", err)
	}
	if err := checkDistinct(in); err != nil {
		return nil, fmt.Errorf("shuffling: inputs: %w", err)
	}
	psi, err := permutation(m.n, rand)
	if err != nil {
		return nil, fmt.Errorf("shuffling: %w", err)
	}
	s := m.begin(t, in)
	seed, err := newSeed(s, psi, rand)
	if err != nil {
		return nil, fmt.Errorf("shuffling: %w", err)
	}
	p := &prover{m: m, tables: m.tables(), psi: psi, secrets: m.draw(seed)}
	stage := &Stage{make([]elgamal.Ciphertext, len(inputs)), make([]byte, m.ProofSize())}
	l := m.lay(stage.Proof)

	p.reencrypt(stage.Outputs, inputs)
	p.commit(&l)
	out, err := m.encode("outputs", stage.Outputs)
	if err != nil {
		return nil, fmt.Errorf("shuffling: %w", err)
	}
	finish(s, out, l.c)
	p.permute(m.exponents(s))
	p.chain(&l)
	p.firstMoves(&l, stage.Outputs)
	p.respond(&l, challenge(s, &l))
	return stage, nil
}

// A prover holds what one call of Shuffle computes. Indexes are those of
// SPEC.md minus 1; r' is that of outputs, not of inputs.
type prover struct {
	m      *Mix
	tables *tables
	psi    []int32
	secrets
	uOfInput []group.Scalar // u
	u        []group.Scalar // u'
}

// secrets are all nonces and random values.
type secrets struct {
	r          []group.Scalar // r_j of input j
	rPrime     []group.Scalar // r'_ik of component k of output i, at i·w + k
	bigR       []group.Scalar // R_i, with ĉ_i = g^{R_i} h^{U_i}
	omega      [3]group.Scalar
	omega4     []group.Scalar // ω4_k
	omegaHat   []group.Scalar
	omegaPrime []group.Scalar
}

// newSeed returns the transcript from which all secrets are derived.
func newSeed(s *transcript.Transcript, psi []int32, rand io.Reader) (*transcript.Transcript, error) {
	var fresh [32]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	s = s.Clone()
	s.AppendBytes("secret permutation", bytesOf(psi))
	s.AppendBytes("rand", fresh[:])
	sum := s.Sum("seed")
	seed := transcript.New("mandate/v1 shuffle secrets")
	seed.AppendBytes("seed", sum[:])
	return seed, nil
}

func (m *Mix) draw(seed *transcript.Transcript) secrets {
	z := secrets{
		r:      make([]group.Scalar, m.n),
		rPrime: make([]group.Scalar, m.n*m.width),
		bigR:   make([]group.Scalar, m.n),
		omega: [3]group.Scalar{
			seed.Challenge("omega1"), seed.Challenge("omega2"), seed.Challenge("omega3"),
		},
		omega4:     make([]group.Scalar, m.width),
		omegaHat:   make([]group.Scalar, m.n),
		omegaPrime: make([]group.Scalar, m.n),
	}
	for k := range z.omega4 {
		t := seed.Clone()
		t.AppendUint64("component", uint64(k))
		z.omega4[k] = t.Challenge("omega4")
	}
	forBlocks(m.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			t := seed.Clone()
			t.AppendUint64("index", uint64(i))
			z.r[i] = t.Challenge("r")
			z.bigR[i] = t.Challenge("R")
			z.omegaHat[i] = t.Challenge("omega hat")
			z.omegaPrime[i] = t.Challenge("omega prime")
			for k := range m.width {
				t.AppendUint64("component", uint64(k))
				z.rPrime[i*m.width+k] = t.Challenge("r prime")
			}
		}
	})
	return z
}

// reencrypt makes the outputs, e'_i = ReEnc(e_ψ(i); r'_i).
func (p *prover) reencrypt(outputs, inputs []elgamal.Ciphertext) {
	w := p.m.width
	forBlocks(p.m.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for k := range w {
				from, r := &inputs[int(p.psi[i])*w+k], p.rPrime[i*w+k]
				outputs[i*w+k] = elgamal.Ciphertext{
					A: p.tables.g.MulAdd(r, from.A),
					B: p.tables.key.MulAdd(r, from.B),
				}.Encoded()
			}
		}
	})
}

// commit makes c_ψ(i) = g^{r_ψ(i)} h_i.
func (p *prover) commit(l *layout) {
	hs := p.m.hs()
	forBlocks(p.m.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			j := int(p.psi[i])
			put(l.c, j, p.tables.g.MulAdd(p.r[j], hs[i]).Encoding())
		}
	})
}

// permute takes u and makes u'_i = u_ψ(i).
func (p *prover) permute(u []group.Scalar) {
	p.uOfInput, p.u = u, make([]group.Scalar, len(u))
	for i, j := range p.psi {
		p.u[i] = u[j]
	}
}

// chain makes ĉ_i = g^{r̂_i} ĉ_{i−1}^{u'_i} and t̂_i = g^{ω̂_i} ĉ_{i−1}^{ω'_i},
// which are products of powers of g and h: with ĉ_i = g^{R_i} h^{U_i} and
// ĉ_0 = h,
//
//	R_i = r̂_i + u'_i·R_{i−1},  U_i = u'_i·U_{i−1},
//	t̂_i = g^{ω̂_i + ω'_i·R_{i−1}} h^{ω'_i·U_{i−1}}.
//
// It is R_i that is random; r̂_i follows from it, see respond.
func (p *prover) chain(l *layout) {
	n := p.m.n
	bigU := make([]group.Scalar, n+1)
	bigU[0] = group.ScalarFromUint64(1)
	for i := range n {
		bigU[i+1] = p.u[i].Mul(bigU[i])
	}
	half := group.ScalarFromUint64(2).Invert()
	commit := func(gExp, hExp group.Scalar) group.Element {
		return p.tables.g.MulAdd(gExp.Mul(half), p.tables.h.Mul(hExp.Mul(half)))
	}
	forBlocks(n, func(lo, hi int) {
		halves := make([]group.Element, 0, 2*blockItems)
		for i := lo; i < hi; i++ {
			halves = append(halves,
				commit(p.bigR[i], bigU[i+1]),
				commit(p.omegaPrime[i].MulAdd(p.lastR(i), p.omegaHat[i]), p.omegaPrime[i].Mul(bigU[i])))
		}
		for k, e := range group.DoubleAll(halves) {
			field := l.chain
			if k%2 == 1 {
				field = l.tHat
			}
			put(field, lo+k/2, e.Encoding())
		}
	})
}

// lastR returns R_{i−1}, where R_0 = 0.
func (p *prover) lastR(i int) group.Scalar {
	if i == 0 {
		return group.Scalar{}
	}
	return p.bigR[i-1]
}

// firstMoves makes t1, t2, t3, t41_k and t42_k.
func (p *prover) firstMoves(l *layout, outputs []elgamal.Ciphertext) {
	w := p.m.width
	t3, t4 := group.Element{}, make([]group.Element, 2*w)
	// A few at a time, for the sake of memory.
	const atOnce = 1 << 12
	for lo := 0; lo < p.m.n; lo += atOnce {
		hi := min(lo+atOnce, p.m.n)
		omega := p.omegaPrime[lo:hi]
		t3 = t3.Add(group.MultiMul(omega, p.m.hs()[lo:hi]))
		points := make([]group.Element, hi-lo)
		for k := range w {
			for i := range points {
				points[i] = outputs[(lo+i)*w+k].B
			}
			t4[k] = t4[k].Add(group.MultiMul(omega, points))
			for i := range points {
				points[i] = outputs[(lo+i)*w+k].A
			}
			t4[w+k] = t4[w+k].Add(group.MultiMul(omega, points))
		}
	}
	put(l.t, 0, p.tables.g.Mul(p.omega[0]).Encoding())
	put(l.t, 1, p.tables.g.Mul(p.omega[1]).Encoding())
	put(l.t, 2, t3.Add(p.tables.g.Mul(p.omega[2])).Encoding())
	for k, omega := range p.omega4 {
		put(l.t, 3+k, t4[k].Sub(p.tables.key.Mul(omega)).Encoding())
		put(l.t, 3+w+k, t4[w+k].Sub(p.tables.g.Mul(omega)).Encoding())
	}
}

// respond makes the s for the challenge x.
func (p *prover) respond(l *layout, x group.Scalar) {
	n, w := p.m.n, p.m.width
	var rBar, rTilde group.Scalar // Σ r_j, Σ r_j u_j
	for j := range n {
		rBar = rBar.Add(p.r[j])
		rTilde = p.r[j].MulAdd(p.uOfInput[j], rTilde)
	}
	rHat := p.bigR[n-1] // Σ r̂_i v_i, since ĉ_N = g^{r̂} h^u
	put(l.s, 0, x.MulAdd(rBar, p.omega[0]).Encoding())
	put(l.s, 1, x.MulAdd(rHat, p.omega[1]).Encoding())
	put(l.s, 2, x.MulAdd(rTilde, p.omega[2]).Encoding())
	for k := range w {
		var sum group.Scalar // Σ r'_ik u'_i
		for i := range n {
			sum = p.rPrime[i*w+k].MulAdd(p.u[i], sum)
		}
		put(l.s, 3+k, x.MulAdd(sum, p.omega4[k]).Encoding())
	}
	forBlocks(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			rHat := p.bigR[i].Sub(p.u[i].Mul(p.lastR(i)))
			put(l.sHat, i, x.MulAdd(rHat, p.omegaHat[i]).Encoding())
			put(l.sMix, i, x.MulAdd(p.u[i], p.omegaPrime[i]).Encoding())
		}
	})
}
