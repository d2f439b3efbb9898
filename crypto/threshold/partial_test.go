package threshold

import (
	"crypto/rand"
	"errors"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// A partial is a share with all that it is checked against.
type partial struct {
	t       *transcript.Transcript
	trustee int
	y       group.Element
	cs      []elgamal.Ciphertext
	shares  []group.Element
	proof   []byte
}

func (p partial) verify() error {
	err := VerifyPartial(p.t, p.trustee, p.y, p.cs, p.shares, p.proof)
	b := sigma.NewBatch(rand.Reader)
	batchErr := AddPartial(b, p.t, p.trustee, p.y, p.cs, p.shares, p.proof)
	if batchErr == nil {
		batchErr = b.Verify()
	}
	if (err == nil) != (batchErr == nil) {
		panic("alone and in a batch are not the same")
	}
	return err
}

func newPartial(t *testing.T, a *attempt, i int, contest uint64, cs []elgamal.Ciphertext) partial {
	t.Helper()
	shares, proof, err := a.shares[i-1].PartialDecrypt(decryption(contest), cs, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := partial{decryption(contest), i, a.keys.Trustees[i-1], cs, shares, proof}
	if err := p.verify(); err != nil {
		t.Fatal(err)
	}
	return p
}

// A trustee that chooses its first moves before the ciphertext or the share
// can answer for a false share. Here it can not: the challenge covers both.
func TestA3_DecryptionProofIsAdaptive(t *testing.T) {
	a := generate(t, parameters(3, 2))
	x, y := a.shares[0].x, a.keys.Trustees[0]
	c := a.encrypt(1)[0]

	// As published: first moves g^k, h^k' with unrelated k and k', a challenge
	// that does not depend on the share, then the share that fits.
	forge := func(c0 group.Scalar) (group.Element, []byte) {
		k, kk := random(), random()
		t1, t2 := group.BaseMul(k), c.A.Mul(kk)
		z := k.Add(c0.Mul(x))
		// z·A = T2 + c·M
		m := c.A.Mul(z).Sub(t2).Mul(c0.Invert()).Encoded()
		proof := z.Append(t2.Append(t1.Append(nil)))
		if !group.BaseMul(z).Equal(t1.Add(y.Mul(c0))) || !c.A.Mul(z).Equal(t2.Add(m.Mul(c0))) || m.Equal(c.A.Mul(x)) {
			t.Fatal("the attack itself is wrong")
		}
		return m, proof
	}
	m, proof := forge(random())
	if err := VerifyPartial(decryption(0), 1, y, []elgamal.Ciphertext{c}, []group.Element{m}, proof); !errors.Is(err, sigma.ErrEquation) {
		t.Errorf("forged share: %v, want ErrEquation", err)
	}

	// Everything in the statement changes every weight and the challenge.
	honest := newPartial(t, a, 1, 0, a.encrypt(1, 0))
	challenge := func(p partial) (group.Scalar, group.Element) {
		st := newStatement(p.t, p.trustee, p.y, p.cs, p.shares)
		return st.transcript.Challenge("challenge"), st.base
	}
	c0, g0 := challenge(honest)
	for name, change := range map[string]func(*partial){
		"A":       func(p *partial) { p.cs[1].A = p.cs[1].A.Add(group.Generator()) },
		"B":       func(p *partial) { p.cs[1].B = p.cs[1].B.Add(group.Generator()) },
		"M":       func(p *partial) { p.shares[1] = p.shares[1].Add(group.Generator()) },
		"Y":       func(p *partial) { p.y = p.y.Add(group.Generator()) },
		"trustee": func(p *partial) { p.trustee++ },
		"tally":   func(p *partial) { p.t = decryption(1) },
		"order":   func(p *partial) { slices.Reverse(p.cs) },
	} {
		p := honest
		p.cs, p.shares = slices.Clone(p.cs), slices.Clone(p.shares)
		change(&p)
		if c, g := challenge(p); c.Equal(c0) || g.Equal(g0) {
			t.Errorf("challenge or weights do not cover %s", name)
		}
		if err := p.verify(); err == nil {
			t.Errorf("the proof serves another %s", name)
		}
	}
}

// A share of one contest, vote, trustee, option or set of ciphertexts is none
// for another.
func TestE8_A10_ShareIsForOneDecryption(t *testing.T) {
	a := generate(t, parameters(3, 2))
	cs, others := a.encrypt(3, 4), a.encrypt(3, 4)
	honest := newPartial(t, a, 1, 0, cs)
	other := newPartial(t, a, 1, 1, others)
	for name, change := range map[string]func(*partial){
		"another contest":            func(p *partial) { p.t = decryption(1) },
		"another contest's sums too": func(p *partial) { p.t, p.cs = decryption(1), others },
		"another vote": func(p *partial) {
			p.t = transcript.New("mandate/v1 shares")
			p.t.AppendBytes("ctx", []byte("Context"))
			p.t.AppendUint64("contest", 0)
		},
		"other sums":                       func(p *partial) { p.cs = others },
		"the options swapped":              func(p *partial) { slices.Reverse(p.shares) },
		"options and sums swapped":         func(p *partial) { slices.Reverse(p.shares); slices.Reverse(p.cs) },
		"the other contest's proof":        func(p *partial) { p.proof = other.proof },
		"the other contest's shares":       func(p *partial) { p.shares = other.shares },
		"one share of another":             func(p *partial) { p.shares[1] = other.shares[1] },
		"one option less":                  func(p *partial) { p.shares, p.cs = p.shares[:1], p.cs[:1] },
		"one share less":                   func(p *partial) { p.shares = p.shares[:1] },
		"one share more":                   func(p *partial) { p.shares = append(p.shares, p.shares[0]) },
		"no proof":                         func(p *partial) { p.proof = nil },
		"nothing at all":                   func(p *partial) { p.shares, p.cs = nil, nil },
		"errors that cancel with weight 1": func(p *partial) { p.shares[0], p.shares[1] = p.shares[0].Add(p.y), p.shares[1].Sub(p.y) },
	} {
		p := honest
		p.cs, p.shares = slices.Clone(p.cs), slices.Clone(p.shares)
		change(&p)
		if err := p.verify(); err == nil {
			t.Errorf("%s: verifies", name)
		}
	}
}

// A share posted under another trustee's name verifies under nobody's key.
func TestE7_SharesOfAnotherTrustee(t *testing.T) {
	a := generate(t, parameters(3, 2))
	honest := newPartial(t, a, 1, 0, a.encrypt(2))
	for _, p := range []partial{
		{honest.t, 2, a.keys.Trustees[1], honest.cs, honest.shares, honest.proof},
		{honest.t, 2, a.keys.Trustees[0], honest.cs, honest.shares, honest.proof},
		{honest.t, 1, a.keys.Trustees[1], honest.cs, honest.shares, honest.proof},
	} {
		if err := p.verify(); err == nil {
			t.Errorf("the share of trustee 1 verifies for trustee %d", p.trustee)
		}
	}
	// Y_l is what the packages give, for every l.
	for l := 1; l <= 3; l++ {
		var y group.Element
		for _, c := range a.commitments {
			y = y.Add(c[0]).Add(c[1].Mul(group.ScalarFromUint64(uint64(l))))
		}
		if !y.Equal(a.keys.Trustees[l-1]) {
			t.Errorf("Y_%d is not what the packages give", l)
		}
	}
}

// The identity as a share would leave the ciphertext as it is.
func TestB6_IdentityShare(t *testing.T) {
	a := generate(t, parameters(3, 2))
	cs := a.encrypt(1)
	zero := &SecretShare{p: a.Parameters, index: 1}
	if _, _, err := zero.PartialDecrypt(decryption(0), cs, rand.Reader); !errors.Is(err, sigma.ErrIdentity) {
		t.Errorf("a zero share decrypts: %v", err)
	}
	p := newPartial(t, a, 1, 0, cs)
	p.shares = []group.Element{{}}
	if err := p.verify(); !errors.Is(err, ErrIdentity) {
		t.Errorf("share identity: %v, want ErrIdentity", err)
	}
	p = newPartial(t, a, 1, 0, cs)
	p.y = group.Element{}
	if err := p.verify(); !errors.Is(err, sigma.ErrIdentity) {
		t.Errorf("trustee key identity: %v, want ErrIdentity", err)
	}
	// A sum without randomness has the identity as its only right share.
	trivial := []elgamal.Ciphertext{{B: group.BaseMul(group.ScalarFromUint64(3))}, cs[0]}
	p = newPartial(t, a, 1, 0, trivial)
	if !p.shares[0].IsIdentity() {
		t.Error("share of a trivial ciphertext is not the identity")
	}
	p.shares[0] = group.Generator()
	if err := p.verify(); err == nil {
		t.Error("another share of a trivial ciphertext verifies")
	}
	only := trivial[:1]
	p = newPartial(t, a, 1, 0, only)
	p.shares[0] = group.Generator()
	if err := p.verify(); err == nil {
		t.Error("another share of the only, trivial ciphertext verifies")
	}
}

// A false count, also one that is right modulo something, is refused, and none
// above the number of ballots is looked at.
func TestCountIsChecked(t *testing.T) {
	d := group.BaseMul(random())
	c := elgamal.Ciphertext{A: group.Generator(), B: d.Add(group.BaseMul(group.ScalarFromUint64(7)))}
	for _, count := range []uint64{0, 6, 8, 7 + 1<<32} {
		if err := VarTimeCheckCount(c, d, count, 1<<40); !errors.Is(err, ErrCount) {
			t.Errorf("count %d: %v, want ErrCount", count, err)
		}
	}
	if err := VarTimeCheckCount(c, d, 7, 6); !errors.Is(err, ErrCount) {
		t.Errorf("count 7 of 6 ballots: %v, want ErrCount", err)
	}
	if err := VarTimeCheckCount(c, d, 7, 7); err != nil {
		t.Error(err)
	}
	if _, err := VarTimeFindCount(c, d, 6); !errors.Is(err, elgamal.ErrNoLog) {
		t.Errorf("found count 7 of 6: %v", err)
	}
	negative := elgamal.Ciphertext{B: group.BaseMul(group.ScalarFromInt64(-1))}
	if _, err := VarTimeFindCount(negative, group.Element{}, 1<<16); !errors.Is(err, elgamal.ErrNoLog) {
		t.Errorf("found a negative count: %v", err)
	}
}

// A batch of shares names the false one, and numbers refused calls too.
func TestAddPartialNamesTheCulprit(t *testing.T) {
	a := generate(t, parameters(3, 2))
	cs := a.encrypt(1, 2)
	b := sigma.NewBatch(rand.Reader)
	for i := 1; i <= 3; i++ {
		p := newPartial(t, a, i, 0, cs)
		switch i {
		case 1:
			p.shares = p.shares[:1]
		case 2:
			p.shares[1] = p.shares[1].Add(group.Generator())
		}
		if err := AddPartial(b, p.t, i, p.y, cs, p.shares, p.proof); (err != nil) != (i == 1) {
			t.Errorf("trustee %d: %v", i, err)
		}
	}
	var bad *sigma.BatchError
	if err := b.Verify(); !errors.As(err, &bad) || !slices.Equal(bad.Indexes, []int{1}) {
		t.Errorf("batch: %v, want one that names 1", err)
	}
}

// The test before opening serves one trustee in one attempt of one vote.
func TestA10_ShareTestIsBound(t *testing.T) {
	p := parameters(3, 2)
	a := generate(t, p)
	share, proof, err := a.shares[0].Test(a.keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.VerifyTest(1, a.keys, share, proof); err != nil {
		t.Fatal(err)
	}
	again, other := p, p
	again.Attempt++
	other.Context[5]++
	keys := Keys{Joint: a.keys.Joint.Add(group.Generator()), Trustees: a.keys.Trustees}
	for name, err := range map[string]error{
		"another trustee":   p.VerifyTest(2, a.keys, share, proof),
		"another attempt":   again.VerifyTest(1, a.keys, share, proof),
		"another vote":      other.VerifyTest(1, a.keys, share, proof),
		"another joint key": p.VerifyTest(1, keys, share, proof),
		"another share":     p.VerifyTest(1, a.keys, share.Add(group.Generator()), proof),
		"the identity":      p.VerifyTest(1, a.keys, group.Element{}, proof),
		"no proof":          p.VerifyTest(1, a.keys, share, nil),
		"too few keys":      p.VerifyTest(1, Keys{Joint: a.keys.Joint, Trustees: a.keys.Trustees[:2]}, share, proof),
	} {
		if err == nil {
			t.Errorf("%s: the test holds", name)
		}
	}
	if err := p.VerifyTest(1, a.keys, group.Element{}, proof); !errors.Is(err, ErrIdentity) {
		t.Errorf("B6: share identity in the test: %v, want ErrIdentity", err)
	}
	if again.testElement().Equal(p.testElement()) || other.testElement().Equal(p.testElement()) || p.testElement().IsIdentity() {
		t.Error("test elements are not distinct")
	}
	// A share that does not work is found by its own trustee first.
	broken := &SecretShare{p: p, index: 1, x: a.shares[0].x.Add(group.ScalarFromUint64(1))}
	if _, _, err := broken.Test(a.keys, rand.Reader); err == nil {
		t.Error("a broken share was tested")
	}
	if _, _, err := a.shares[0].Test(Keys{Joint: a.keys.Joint}, rand.Reader); err == nil {
		t.Error("a share was tested without keys")
	}
}
