package mixnet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// onlyWithout checks that a stage is refused, by a verifier that names the
// equation, and that it would be accepted by verifiers without this equation,
// whose number is given.
func onlyWithout(t *testing.T, what string, m *Mix, in []elgamal.Ciphertext, stage *Stage, equation int, want EquationError) {
	t.Helper()
	o := must(m.open(context(), in, stage))
	if err := o.fold(rand.Reader, equation); err != nil {
		t.Errorf("%s: folded, without equation %v: %v", what, want, err)
	}
	if err := o.each(equation); err != nil {
		t.Errorf("%s: each, without equation %v: %v", what, want, err)
	}
	fails(t, what, m, context(), in, stage, ErrEquation)
	var named *EquationError
	if err := m.VerifyEach(context(), in, stage); !errors.As(err, &named) || *named != want {
		t.Errorf("%s: %v, want %v", what, err, &want)
	}
}

// D11: for each of the 3 + 2w + N equations there is a proof in which only
// this one fails, so a verifier without it does not pass this test.
func TestD11_EveryEquationIsLoadBearing(t *testing.T) {
	pk := group.BaseMul(random())
	for w := 1; w <= 2; w++ {
		const n = 4
		m := must(NewMix(generators(), pk, n, w))
		in, _ := ballots(pk, n, w)
		p := mixed(m, in, permutationMatrix(3, 1, 0, 2))
		names := []EquationError{{"t1", 0}, {"t2", 0}, {"t3", 0}}
		for _, name := range []string{"t41", "t42"} {
			for k := range w {
				names = append(names, EquationError{name, k + 1})
			}
		}
		for i := range n {
			names = append(names, EquationError{"t̂", i + 1})
		}
		if len(names) != m.equations() || w == 1 && len(names) != 5+n {
			t.Fatalf("%d equations", len(names))
		}
		for number, name := range names {
			p.tamper = func(ts []group.Element) { ts[number] = ts[number].Add(group.Generator()) }
			onlyWithout(t, fmt.Sprint("width ", w), m, in, p.prove(context()), number, name)
		}
	}
}

// What a mixer could do if an equation were not checked. Each of these
// changes votes.

// Without t1, rows need not sum to 1: votes are turned into their opposites.
func TestD11_WithoutT1VotesChangeSign(t *testing.T) {
	x := random()
	m := must(NewMix(generators(), group.BaseMul(x), 3, 1))
	in, ms := ballots(m.key, 3, 1)
	M := permutationMatrix(1, 0, 2)
	M[0][1], M[1][0] = M[0][1].Neg(), M[1][0].Neg()
	stage := mixed(m, in, M).prove(context())
	onlyWithout(t, "signs", m, in, stage, 0, EquationError{"t1", 0})
	if got := must(elgamal.Decrypt(x, stage.Outputs[1])); !got.Equal(ms[0].Neg()) {
		t.Error("the vote was not changed, so this test shows nothing")
	}
}

// thirds is orthogonal with rows that sum to 1: (2/3)·J − I.
func thirds() matrix {
	M := make(matrix, 3)
	third := number(3).Invert()
	for i := range M {
		M[i] = slices.Repeat([]group.Scalar{third.Add(third)}, 3)
		M[i][i] = third.Neg()
	}
	return M
}

// Without t2, any orthogonal matrix will do whose rows sum to 1.
func TestD11_WithoutT2VotesAreMelted(t *testing.T) {
	x := random()
	m := must(NewMix(generators(), group.BaseMul(x), 3, 1))
	in, _ := ballots(m.key, 3, 1)
	in[2] = must(elgamal.EncryptInteger(m.key, 9, random())).Encoded()
	stage := mixed(m, in, thirds()).prove(context())
	onlyWithout(t, "thirds", m, in, stage, 1, EquationError{"t2", 0})
	for i, vote := range []int64{7, 6, -1} { // were 1, 2, 9
		if got := must(elgamal.Decrypt(x, stage.Outputs[i])); !got.Equal(group.BaseMul(group.ScalarFromInt64(vote))) {
			t.Errorf("vote %d became another one than expected", i)
		}
	}
}

// Without one t̂_i the chain breaks there, and t2 says nothing any more.
func TestD11_WithoutALinkVotesAreMelted(t *testing.T) {
	m := must(NewMix(generators(), group.BaseMul(random()), 3, 1))
	in, _ := ballots(m.key, 3, 1)
	for i := range 3 {
		p := mixed(m, in, thirds())
		p.breakAt = i + 1
		onlyWithout(t, "thirds", m, in, p.prove(context()), m.single()+i, EquationError{"t̂", i + 1})
	}
}

// Without t41 or t42 any half of any output can be replaced.
func TestD11_WithoutT4VotesAreReplaced(t *testing.T) {
	m := must(NewMix(generators(), group.BaseMul(random()), 3, 2))
	in, _ := ballots(m.key, 3, 2)
	for k := range 2 {
		for first := range 2 {
			p := mixed(m, in, permutationMatrix(1, 0, 2))
			out, name := &p.out[2*2+k], "t41"
			if first == 1 {
				out.A, name = out.A.Add(group.Generator()).Encoded(), "t42"
			} else {
				out.B = out.B.Add(group.Generator()).Encoded()
			}
			onlyWithout(t, "replaced", m, in, p.prove(context()), 3+2*first+k, EquationError{name, k + 1})
		}
	}
}

// lie is a mixer with two ballots of its own, numbers 1 and 2, among four, who
// adds delta to the vote in number 0. It solves for two u' that make up for
// it with its own ballots and have the right product. It leaves all but t3 in
// order, and t3 too if somebody tells it the logarithms of the h_i.
func lie(t *testing.T, m *Mix, others [2]elgamal.Ciphertext, delta group.Scalar, logs []group.Scalar) (in []elgamal.Ciphertext, stage *Stage) {
	t.Helper()
	a := []group.Scalar{1: number(5), 2: number(7)} // its votes
	rho := []group.Scalar{1: random(), 2: random()}
	in = []elgamal.Ciphertext{0: others[0], 3: others[1]}
	for i := 1; i <= 2; i++ {
		in[i] = must(elgamal.Encrypt(m.key, group.BaseMul(a[i]), rho[i])).Encoded()
	}
	for range 100 { // half of them succeed
		p := &plain{m: m, in: in, out: make([]elgamal.Ciphertext, 4), c: make([]group.Element, 4)}
		r, rPrime := make([]group.Scalar, 4), make([]group.Scalar, 4)
		for i := range in {
			r[i], rPrime[i] = random(), random()
			p.c[i] = group.BaseMul(r[i]).Add(m.hs()[i])
			p.out[i] = must(elgamal.Rerandomize(m.key, in[i], rPrime[i]))
		}
		p.out[0].B = p.out[0].B.Add(group.BaseMul(delta))
		for i := range p.out {
			p.out[i] = p.out[i].Encoded()
		}
		solved := false
		p.open = func(u []group.Scalar) opening {
			o := opening{u: slices.Clone(u), r4: make([]group.Scalar, 1)}
			// u'_1·a_1 + u'_2·a_2 = S and u'_1·u'_2 = u_1·u_2.
			S := u[1].Mul(a[1]).Add(u[2].Mul(a[2])).Sub(u[0].Mul(delta))
			root, ok := sqrt(S.Mul(S).Sub(number(4).Mul(a[1]).Mul(a[2]).Mul(u[1]).Mul(u[2])))
			if !ok {
				return o
			}
			solved = true
			o.u[1] = S.Add(root).Mul(number(2).Mul(a[1]).Invert())
			o.u[2] = S.Sub(o.u[1].Mul(a[1])).Mul(a[2].Invert())
			for i := range r {
				o.rBar = o.rBar.Add(r[i])
				o.rTilde = o.rTilde.Add(r[i].Mul(u[i]))
				o.r4[0] = o.r4[0].Add(rPrime[i].Mul(o.u[i]))
				if logs != nil {
					o.rTilde = o.rTilde.Add(u[i].Sub(o.u[i]).Mul(logs[i]))
				}
				if i == 1 || i == 2 {
					o.r4[0] = o.r4[0].Add(o.u[i].Sub(u[i]).Mul(rho[i]))
				}
			}
			return o
		}
		if stage = p.prove(context()); solved {
			return in, stage
		}
	}
	t.Fatal("no solution found")
	return nil, nil
}

// sqrt returns a square root modulo ℓ.
func sqrt(s group.Scalar) (group.Scalar, bool) {
	order, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	order.Add(order, new(big.Int).Lsh(big.NewInt(1), 252))
	b := s.Bytes()
	slices.Reverse(b)
	root := new(big.Int).ModSqrt(new(big.Int).SetBytes(b), order)
	if root == nil {
		return group.Scalar{}, false
	}
	b = root.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return must(group.DecodeScalar(b)), true
}

func twoVoters(pk group.Element) [2]elgamal.Ciphertext {
	return [2]elgamal.Ciphertext{
		must(elgamal.EncryptInteger(pk, 1, random())).Encoded(),
		must(elgamal.EncryptInteger(pk, 3, random())).Encoded(),
	}
}

// Without t3 the u' have nothing to do with the commitment, and a mixer with
// two ballots can change somebody else's.
func TestD11_WithoutT3VotesAreChanged(t *testing.T) {
	m := must(NewMix(generators(), group.BaseMul(random()), 4, 1))
	in, stage := lie(t, m, twoVoters(m.key), number(1), nil)
	onlyWithout(t, "changed", m, in, stage, 2, EquationError{"t3", 0})
}

// D11: every element of a proof +g, every scalar +1.
func TestD11_EveryPartOfAProofMatters(t *testing.T) {
	pk := group.BaseMul(random())
	const n, w = 3, 2
	m := must(NewMix(generators(), pk, n, w))
	in, _ := ballots(pk, n, w)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	elements := 2*n + m.single() + n
	for at := range len(stage.Proof) / 32 {
		changed := &Stage{stage.Outputs, slices.Clone(stage.Proof)}
		b := changed.Proof[32*at : 32*at+32]
		if at < elements {
			copy(b, must(group.DecodeElement(b)).Add(group.Generator()).Bytes())
		} else {
			copy(b, must(group.DecodeScalar(b)).Add(number(1)).Bytes())
		}
		fails(t, fmt.Sprintf("part %d of the proof", at), m, context(), in, changed, ErrEquation)
	}
	for at := range in {
		for _, list := range []*[]elgamal.Ciphertext{&in, &stage.Outputs} {
			old := *list
			*list = slices.Clone(old)
			(*list)[at].A = old[at].A.Add(group.Generator())
			fails(t, fmt.Sprintf("A of ciphertext %d", at), m, context(), in, stage, ErrEquation)
			(*list)[at] = old[at]
			(*list)[at].B = old[at].B.Add(group.Generator())
			fails(t, fmt.Sprintf("B of ciphertext %d", at), m, context(), in, stage, ErrEquation)
			*list = old
		}
	}
	holds(t, m, in, stage)
}
