package mixnet

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// A1: the challenges depend on every part of the statement, and the proof
// holds for no other.
func TestA1_StatementIsHashed(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	honest := must(m.open(context(), in, stage))
	g := group.Generator()
	shift := func(cs []elgamal.Ciphertext, i int, a, b group.Element) []elgamal.Ciphertext {
		cs = slices.Clone(cs)
		cs[i] = elgamal.Ciphertext{A: cs[i].A.Add(a), B: cs[i].B.Add(b)}
		return cs
	}
	withGenerator := func(i int) *Mix {
		all := slices.Clone(m.generators)
		all[i] = all[i].Add(g).Encoded()
		return must(newMix(all, pk, 1))
	}
	var none group.Element
	for _, c := range []struct {
		what  string
		m     *Mix
		in    []elgamal.Ciphertext
		stage *Stage
	}{
		{"key", must(newMix(m.generators, pk.Add(g), 1)), in, stage},
		{"h", withGenerator(0), in, stage},
		{"h_3", withGenerator(3), in, stage},
		{"an input's A", m, shift(in, 1, g, none), stage},
		{"an input's B", m, shift(in, 1, none, g), stage},
		{"two inputs exchanged", m, []elgamal.Ciphertext{in[1], in[0], in[2]}, stage},
		{"an output's A", m, in, &Stage{shift(stage.Outputs, 2, g, none), stage.Proof}},
		{"an output's B", m, in, &Stage{shift(stage.Outputs, 2, none, g), stage.Proof}},
		{"two outputs exchanged", m, in, &Stage{[]elgamal.Ciphertext{stage.Outputs[1], stage.Outputs[0], stage.Outputs[2]}, stage.Proof}},
	} {
		o := must(c.m.open(context(), c.in, c.stage))
		if o.x.Equal(honest.x) {
			t.Errorf("%s: the same challenge x", c.what)
		}
		for i := range o.u {
			if o.u[i].Equal(honest.u[i]) {
				t.Errorf("%s: the same u_%d", c.what, i+1)
			}
		}
		fails(t, c.what, c.m, context(), c.in, c.stage, ErrEquation)
	}
}

// A1, the forgery: challenge and responses first, then the first moves that
// fit. They fit any outputs at all; but the challenge is another then.
func TestA1_ChallengeChosenFirst(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	stolen, _ := ballots(pk, 3, 1)
	stage := mixed(m, in, permutationMatrix(0, 1, 2)).prove(context())
	stage.Outputs = stolen
	o := must(m.open(context(), in, stage))
	chosen := random()
	o.x = chosen
	// What each equation would have t be is what is wrong with t = identity.
	identity := group.Element{}.Encoding()
	for _, field := range [][]byte{o.t, o.tHat} {
		for i := range len(field) / 32 {
			put(field, i, identity)
		}
	}
	d := must(o.decode())
	ts := o.rightSides(d)
	for i, e := range ts {
		if i < m.single() {
			put(o.t, i, e.Encoding())
		} else {
			put(o.tHat, i-m.single(), e.Encoding())
		}
	}
	if err := errors.Join(o.each(noEquation), o.fold(rand.Reader, noEquation)); err != nil {
		t.Fatalf("with the chosen challenge the forgery does not hold, so this test shows nothing: %v", err)
	}
	fails(t, "chosen challenge", m, context(), in, stage, ErrEquation)
}

// rightSides returns what the first moves would have to be, for width 1.
func (o *opened) rightSides(d decoded) []group.Element {
	minusX, g := o.x.Neg(), group.Generator()
	sum := func(s []group.Scalar, e []group.Element) group.Element { return group.VarTimeMultiMul(s, e) }
	as := func(cs []elgamal.Ciphertext) (as, bs []group.Element) {
		for _, c := range cs {
			as, bs = append(as, c.A), append(bs, c.B)
		}
		return as, bs
	}
	inA, inB := as(o.inputs)
	outA, outB := as(o.outputs)
	cBar := sum(slices.Repeat([]group.Scalar{number(1)}, o.m.n), d.c)
	for _, h := range o.m.hs() {
		cBar = cBar.Sub(h)
	}
	last := d.chain[o.m.n-1].Sub(o.m.h().Mul(product(o.u...)))
	ts := []group.Element{
		cBar.Mul(minusX).Add(g.Mul(d.s[0])),
		last.Mul(minusX).Add(g.Mul(d.s[1])),
		sum(o.u, d.c).Mul(minusX).Add(g.Mul(d.s[2])).Add(sum(d.sMix, o.m.hs())),
		sum(o.u, inB).Mul(minusX).Sub(o.m.key.Mul(d.s[3])).Add(sum(d.sMix, outB)),
		sum(o.u, inA).Mul(minusX).Sub(g.Mul(d.s[3])).Add(sum(d.sMix, outA)),
	}
	before := o.m.h()
	for i, e := range d.chain {
		ts = append(ts, e.Mul(minusX).Add(g.Mul(d.sHat[i])).Add(before.Mul(d.sMix[i])))
		before = e
	}
	return ts
}

// A4 (ii), the forgery of Lewis, Pereira and Teague: a mixer who drew
// h_i = g^{x_i} opens its commitment as it likes. With two ballots of its own
// it changes somebody else's vote, and the proof holds for whoever takes the
// generators from it; here nobody can.
func TestA4_ChosenGenerators(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	honest := must(NewMix(generators(), pk, 4, 1))
	chosen := []group.Element{honest.h()}
	logs := make([]group.Scalar, 4)
	for i := range logs {
		logs[i] = random()
		chosen = append(chosen, group.BaseMul(logs[i]).Encoded())
	}
	trusting := must(newMix(chosen, pk, 1))
	in, stage := lie(t, trusting, twoVoters(pk), number(1), logs)
	holds(t, trusting, in, stage)
	var changed group.Element
	for i := range in {
		changed = changed.Add(must(elgamal.Decrypt(x, stage.Outputs[i]))).Sub(must(elgamal.Decrypt(x, in[i])))
	}
	if !changed.Equal(group.Generator()) {
		t.Fatal("no vote was changed, so this test shows nothing")
	}
	fails(t, "chosen generators", honest, context(), in, stage, ErrEquation)
}

// A4 (iii): the generators are these, and those of another vote, contest or
// index are others.
func TestA4_GoldenGenerators(t *testing.T) {
	want := []string{
		"a232a5a6bcd500591f90a045850a3d6eb245648bd20e4b7716e5c0f1a49eac6e",
		"5c6cfacb9deb9ab10eebdc1c7820cdea7472c98210bf65104701ef35ca43a47c",
		"8c24ac3029ee4444fb5af53f60926afa6157e465a0be2dc8d370bdd0cb13e747",
		"001ed6ce193435269fb1a28c55eb00bac2b152f3e20cb61ccfe10df25337ac05",
		"aa4ca5e4fc858be3cd2fbf7d37c57b3b3b5bf36c9b1dd528eb2da983c1751506",
	}
	pk := group.BaseMul(number(2))
	zero := place{}
	m := must(NewMix(zero.generators(), pk, 4, 1))
	for i, e := range m.generators {
		if got := hex.EncodeToString(e.Bytes()); got != want[i] {
			t.Errorf("generator %d is %s, want %s", i, got, want[i])
		}
	}
	if more := must(NewMix(zero.generators(), pk, 9, 3)); !slices.EqualFunc(more.generators[:5], m.generators, group.Element.Equal) {
		t.Error("generators depend on number or width")
	}
	for what, p := range map[string]place{"vote": {vote: 1}, "contest": {contest: 1}} {
		for i, e := range must(NewMix(p.generators(), pk, 4, 1)).generators {
			if e.Equal(m.generators[i]) {
				t.Errorf("generator %d does not depend on the %s", i, what)
			}
		}
	}
}

// A4 (iv), D10: generators that coincide with each other, with the identity,
// with g or with the key are refused.
func TestA4_D10_GeneratorsCoincide(t *testing.T) {
	pk := group.BaseMul(random())
	good := must(NewMix(generators(), pk, 3, 1)).generators
	if _, err := newMix(good, pk, 1); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for what, e := range map[string]group.Element{
			"the identity": {}, "g": group.Generator(), "the key": pk, "another": good[(i+1)%4],
		} {
			bad := slices.Clone(good)
			bad[i] = e
			if _, err := newMix(bad, pk, 1); !errors.Is(err, ErrGenerators) {
				t.Errorf("generator %d is %s: %v", i, what, err)
			}
		}
		if _, err := newMix(good, good[i], 1); !errors.Is(err, ErrGenerators) {
			t.Errorf("the key is generator %d: %v", i, err)
		}
	}
}

// A6: challenges are reduced from 64 bytes, and the u_i have 128 bits.
func TestA6_Challenges(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 300, 1))
	in, _ := ballots(pk, 300, 1)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	o := must(m.open(context(), in, stage))

	// The transcript of SPEC.md, "Shuffles", written out.
	s := context()
	s.AppendElement("key", pk)
	s.AppendUint64("items", 300)
	s.AppendUint64("width", 1)
	s.AppendElements("generators", m.generators)
	var lists [2][]byte
	for k, cs := range [][]elgamal.Ciphertext{in, stage.Outputs} {
		for _, c := range cs {
			lists[k] = append(lists[k], c.Bytes()...)
		}
	}
	s.AppendBytes("inputs", lists[0])
	s.AppendBytes("outputs", lists[1])
	s.AppendBytes("permutation", stage.Proof[:32*300])
	var or, and [32]byte
	and = [32]byte(bytes.Repeat([]byte{0xff}, 32))
	for i, u := range o.u {
		t1 := s.Clone()
		t1.AppendUint64("index", uint64(i+1))
		sum := t1.Sum("u")
		want := append(slices.Clone(sum[:16]), make([]byte, 16)...)
		if !bytes.Equal(u.Bytes(), want) {
			t.Fatalf("u_%d is %x, want %x", i+1, u.Bytes(), want)
		}
		for k, b := range u.Encoding() {
			or[k] |= b
			and[k] &= b
		}
	}
	// With 300 of them every bit is 0 in some and 1 in others.
	if !bytes.Equal(or[:], append(bytes.Repeat([]byte{0xff}, 16), make([]byte, 16)...)) || and != [32]byte{} {
		t.Errorf("the u_i do not have 128 free bits: or %x, and %x", or, and)
	}
	s.AppendBytes("chain", stage.Proof[32*300:64*300])
	s.AppendBytes("commitments", stage.Proof[64*300:64*300+32*5])
	s.AppendBytes("chain commitments", stage.Proof[64*300+32*5:96*300+32*5])
	if x := group.ScalarFromUniformBytes(s.Sum("challenge")); !x.Equal(o.x) {
		t.Error("x is not what 64 bytes reduce to")
	}
}

// A7: errors +E in one equation and −E in another. With equal weights they
// cancel, which shows that the test can fail; with random ones they do not.
func TestA7_ErrorsDoNotCancel(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	p := mixed(m, in, permutationMatrix(1, 2, 0))
	E := group.BaseMul(random())
	for i := range m.equations() {
		j := (i + 1) % m.equations()
		p.tamper = func(ts []group.Element) { ts[i], ts[j] = ts[i].Add(E), ts[j].Sub(E) }
		stage := p.prove(context())
		if err := m.Verify(context(), in, stage, sevens{}); err != nil {
			t.Fatalf("equations %d and %d: the errors do not cancel under equal weights: %v", i, j, err)
		}
		fails(t, fmt.Sprint("equations ", i, j), m, context(), in, stage, ErrEquation)
	}
}

// sevens is a reader without randomness.
type sevens struct{}

func (sevens) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 7
	}
	return len(b), nil
}

// A10, D8: a proof holds at its own place only.
func TestA10_AnotherPlace(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	for what, change := range map[string]func(*place){
		"another vote":    func(p *place) { p.vote++ }, // other generators
		"another opening": func(p *place) { p.ctx++ },
		"another seal":    func(p *place) { p.seal++ },
		"another contest": func(p *place) { p.contest++ },
		"another stage":   func(p *place) { p.stage++ },
		"another mixer":   func(p *place) { p.mixer++ },
	} {
		there := here
		change(&there)
		m := must(NewMix(there.generators(), pk, 3, 1))
		fails(t, what, m, there.context(), in, stage, ErrEquation)
	}
	holds(t, m, in, stage)
}

// D8: a second stage, with a valid proof, on other inputs than the outputs of
// the first.
func TestD8_ChainBreak(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	first := must(m.Shuffle(context(), in, rand.Reader))
	substitute, _ := ballots(pk, 3, 1)
	second := must(m.Shuffle(context(), substitute, rand.Reader))
	holds(t, m, substitute, second)
	fails(t, "substituted list", m, context(), first.Outputs, second, ErrEquation)
}

// A14: with a reader that repeats itself, no two statements share a nonce.
func TestA14_NoncesDependOnTheStatement(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 2))
	in, _ := ballots(pk, 3, 2)
	other := slices.Clone(in)
	other[5] = must(elgamal.Rerandomize(pk, in[5], random())).Encoded()
	there := here
	there.stage++
	psi := must(permutation(3, sevens{}))
	seen := make(map[[32]byte]string)
	for what, c := range map[string]struct {
		t  *transcript.Transcript
		in []elgamal.Ciphertext
	}{"one": {context(), in}, "other inputs": {context(), other}, "other place": {there.context(), in}} {
		stage := must(m.Shuffle(c.t, c.in, sevens{}))
		again := must(m.Shuffle(c.t, c.in, sevens{}))
		if !bytes.Equal(stage.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same reader and statement give another proof", what)
		}
		l := m.lay(stage.Proof)
		values := [][]byte{l.t, l.tHat, l.c, l.chain}
		for i := range stage.Outputs {
			r := stage.Outputs[i].A.Sub(c.in[int(psi[i/2])*2+i%2].A) // g^{r'}
			values = append(values, r.Bytes())
		}
		for _, v := range values {
			for b := range slices.Chunk(v, 32) {
				if where, ok := seen[[32]byte(b)]; ok {
					t.Errorf("%s: a value of %s", what, where)
				}
				seen[[32]byte(b)] = what
			}
		}
	}
}

// A14: the secrets depend on the permutation and on fresh randomness, each by
// itself: the reader gives 4 bytes for ψ, then 32.
func TestA14_NoncesDependOnEverythingDrawn(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 2, 1))
	in, _ := ballots(pk, 2, 1)
	draw := func(psi, fresh byte) []byte {
		b := append([]byte{psi, 0, 0, 0}, bytes.Repeat([]byte{fresh}, 32)...)
		stage := must(m.Shuffle(context(), in, bytes.NewReader(b)))
		return m.lay(stage.Proof).t[:32] // g^{ω1}
	}
	first := draw(0, 1)
	if !bytes.Equal(first, draw(0, 1)) {
		t.Fatal("the same randomness gives another nonce, so this test shows nothing")
	}
	if bytes.Equal(first, draw(1, 1)) {
		t.Error("another permutation, the same nonce")
	}
	if bytes.Equal(first, draw(0, 2)) {
		t.Error("other randomness, the same nonce")
	}
}

// A14: all secrets of one shuffle are different.
func TestA14_SecretsDiffer(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 5, 2))
	z := m.draw(transcript.New("test"))
	all := slices.Concat(z.r, z.rPrime, z.bigR, z.omega[:], z.omega4, z.omegaHat, z.omegaPrime)
	seen := make(map[[32]byte]bool)
	for i, s := range all {
		if s.IsZero() || seen[s.Encoding()] {
			t.Errorf("secret %d is 0 or another one", i)
		}
		seen[s.Encoding()] = true
	}
	if len(all) != 5*(4+2)+3+2 {
		t.Errorf("%d secrets", len(all))
	}
}
