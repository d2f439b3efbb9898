package sigma

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

var g = group.Generator()

// order is ℓ.
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

func bigOf(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func littleEndian(v *big.Int) []byte {
	b := v.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func scalarOf(v *big.Int) group.Scalar {
	return must(group.DecodeScalar(littleEndian(new(big.Int).Mod(v, order))))
}

func proofOf(moves []group.Element, scalars ...group.Scalar) []byte {
	var b []byte
	for _, m := range moves {
		b = m.Append(b)
	}
	for _, s := range scalars {
		b = s.Append(b)
	}
	return b
}

// A weak Fiat–Shamir challenge: the first moves and nothing of the statement.
func weakChallenge(moves ...group.Element) group.Scalar {
	t := transcript.New("weak")
	t.AppendElements("commitments", moves)
	return t.Challenge("challenge")
}

// A1: every part of statement and context changes the challenge and spoils
// the proof.
func TestA1_StatementMutator(t *testing.T) {
	forEach(t, func(t *testing.T, x example) {
		r := x.relation
		es, w := x.instance()
		proof := must(r.Prove(context(), es, w, rand.Reader))
		moves := decodeElements(proof[:32*r.moves])
		c := r.challenge(context(), es, moves)
		refused := func(what string, tr *transcript.Transcript, es []group.Element) {
			t.Helper()
			if r.challenge(tr, es, moves).Equal(c) {
				t.Errorf("%s: same challenge", what)
			}
			if err := check(t, r, tr, es, proof); err == nil {
				t.Errorf("%s: accepted", what)
			}
		}
		for i := range es {
			for name, e := range map[string]group.Element{
				"+ g": es[i].Add(g), "− g": es[i].Sub(g), "negated": es[i].Neg(), "doubled": es[i].Add(es[i]), "identity": {},
			} {
				mutated := slices.Clone(es)
				mutated[i] = e
				refused(fmt.Sprintf("element %d %s", i, name), context(), mutated)
			}
			// Every byte: what still decodes is refused.
			enc := es[i].Encoding()
			for k := range enc {
				b := enc
				b[k] ^= 1 << (k % 8)
				if e, err := group.DecodeElement(b[:]); err == nil {
					mutated := slices.Clone(es)
					mutated[i] = e
					refused(fmt.Sprintf("element %d byte %d", i, k), context(), mutated)
				}
			}
			for j := range i {
				mutated := slices.Clone(es)
				mutated[i], mutated[j] = es[j], es[i]
				refused(fmt.Sprintf("elements %d and %d swapped", i, j), context(), mutated)
			}
		}
		more := context()
		more.AppendString("more", "")
		refused("longer context", more, es)
		refused("another protocol", transcript.New("mandate/v1 other"), es)
		for _, n := range []int{0, len(es) - 1, len(es) + 1} {
			if err := check(t, r, context(), append(slices.Clone(es), g)[:n], proof); !errors.Is(err, ErrElements) {
				t.Errorf("%d elements: %v", n, err)
			}
		}
	})
}

// A1, the forgery of Bernhard, Pereira and Warinschi: commit, then solve for
// the statement. It works against the weak challenge and fails against ours.
func TestA1_WeakFiatShamirForgery(t *testing.T) {
	t.Run("schnorr", func(t *testing.T) {
		T, z := group.BaseMul(random()), random()
		forge := func(c group.Scalar) []group.Element {
			return []group.Element{group.BaseMul(z).Sub(T).Mul(c.Invert())}
		}
		c := weakChallenge(T)
		es := forge(c)
		if !group.BaseMul(z).Equal(T.Add(es[0].Mul(c))) {
			t.Fatal("the forgery does not even work against the weak challenge")
		}
		if err := check(t, schnorr, context(), es, proofOf([]group.Element{T}, z)); !errors.Is(err, ErrEquation) {
			t.Errorf("forged signature: %v", err)
		}
	})
	// A ballot for an arbitrary number of votes: with T_00 = a0·g,
	// T_01 = a0·pk + b0·g, T_10 = a1·g, T_11 = a1·pk + b1·g the two branches
	// ask for c0 = −b0/m and c1 = −b1/(m−1), and c0 + c1 = c(T) is a quadratic
	// equation for the vote m.
	t.Run("ballot", func(t *testing.T) {
		pk := group.BaseMul(random())
		for {
			a0, a1, b0, b1, r := random(), random(), random(), random(), random()
			moves := []group.Element{
				group.BaseMul(a0), pk.Mul(a0).Add(group.BaseMul(b0)),
				group.BaseMul(a1), pk.Mul(a1).Add(group.BaseMul(b1)),
			}
			c := weakChallenge(moves...)
			// c·m² + (b0 + b1 − c)·m − b0 = 0
			p := b0.Add(b1).Sub(c)
			disc := bigOf(p.Mul(p).Add(c.Mul(b0).Mul(scalar(4))).Bytes())
			root := new(big.Int).ModSqrt(disc, order)
			if root == nil {
				continue // no solution for this commitment; the attacker tries another
			}
			m := scalarOf(root).Sub(p).Mul(c.Mul(scalar(2)).Invert())
			c0 := b0.Neg().Mul(m.Invert())
			c1 := b1.Neg().Mul(m.Sub(scalar(1)).Invert())
			z0, z1 := a0.Add(c0.Mul(r)), a1.Add(c1.Mul(r))
			A, B := group.BaseMul(r), pk.Mul(r).Add(group.BaseMul(m))
			weak := c0.Add(c1).Equal(c) &&
				group.BaseMul(z0).Equal(moves[0].Add(A.Mul(c0))) && pk.Mul(z0).Equal(moves[1].Add(B.Mul(c0))) &&
				group.BaseMul(z1).Equal(moves[2].Add(A.Mul(c1))) && pk.Mul(z1).Equal(moves[3].Add(B.Sub(g).Mul(c1)))
			if !weak {
				t.Fatal("the forgery does not even work against the weak challenge")
			}
			es := []group.Element{pk, A, B}
			if err := check(t, bitRelation, context(), es, proofOf(moves, c0, c1, z0, z1)); !errors.Is(err, ErrSubChallenges) {
				t.Errorf("forged ballot: %v", err)
			}
			// The same with a sub-challenge bent to the true challenge.
			c1 = bitRelation.challenge(context(), es, moves).Sub(c0)
			if err := check(t, bitRelation, context(), es, proofOf(moves, c0, c1, z0, z1)); !errors.Is(err, ErrEquation) {
				t.Errorf("forged ballot with bent sub-challenge: %v", err)
			}
			return
		}
	})
}

// A2: whoever chooses the key or the shape of the statement after the
// challenge gets another challenge.
func TestA2_ParametersAreBound(t *testing.T) {
	// A false statement "A and B have one logarithm for (g, pk)" for any A
	// and B, by whoever may still choose pk when the challenge is known.
	b := NewBuilder("one logarithm")
	pk, refA, refB := b.Element("pk"), b.Element("A"), b.Element("B")
	rel := mustBuild(b, b.Linear("r", 1, Equation{refA, []Term{{0, b.Generator()}}}, Equation{refB, []Term{{0, pk}}}))
	r, k := random(), random()
	A, B := group.BaseMul(r), group.BaseMul(random())
	T0, T1 := group.BaseMul(k), group.BaseMul(random())
	c := weakChallenge(T0, T1)
	z := k.Add(c.Mul(r))
	key := T1.Add(B.Mul(c)).Mul(z.Invert())
	if !group.BaseMul(z).Equal(T0.Add(A.Mul(c))) || !key.Mul(z).Equal(T1.Add(B.Mul(c))) || key.Mul(r).Equal(B) {
		t.Fatal("the forgery does not even work against the weak challenge")
	}
	if err := check(t, rel, context(), []group.Element{key, A, B}, proofOf([]group.Element{T0, T1}, z)); !errors.Is(err, ErrEquation) {
		t.Errorf("key chosen after the challenge: %v", err)
	}

	// The shape is part of the challenge: label, names and coefficients too.
	build := func(label, name string, coef int64) *Relation {
		b := NewBuilder(label)
		X := b.Element(name)
		Y := b.Combination(PublicTerm{scalar(coef), X})
		return mustBuild(b, b.Linear("x", 1, Equation{Y, []Term{{0, b.Generator()}}}))
	}
	x := random()
	es := []group.Element{group.BaseMul(x)}
	proof := must(build("shape", "X", 1).Prove(context(), es, Witness{Leaves: [][]group.Scalar{{x}}}, rand.Reader))
	if err := check(t, build("shape", "X", 1), context(), es, proof); err != nil {
		t.Error(err)
	}
	for _, other := range []*Relation{schnorr, build("other", "X", 1), build("shape", "Y", 1), build("shape", "X", 2)} {
		if err := check(t, other, context(), es, proof); !errors.Is(err, ErrEquation) {
			t.Errorf("another relation: %v", err)
		}
	}
}

// A3: a trustee who commits first and then sets the share (or the ciphertext)
// to fit, as in sVote and iVote.
func TestA3_AdaptiveDecryptionProof(t *testing.T) {
	x := random()
	Y := group.BaseMul(x)
	G := group.BaseMul(random())
	for name, weak := range map[string]func(G, Y, T1, T2 group.Element) group.Scalar{
		"first moves only":       func(_, _, T1, T2 group.Element) group.Scalar { return weakChallenge(T1, T2) },
		"all but the share":      func(G, Y, T1, T2 group.Element) group.Scalar { return weakChallenge(G, Y, T1, T2) },
		"all but the ciphertext": func(_, Y, T1, T2 group.Element) group.Scalar { return weakChallenge(Y, T1, T2) },
	} {
		a := random()
		T1, T2 := group.BaseMul(a), group.BaseMul(random())
		c := weak(G, Y, T1, T2)
		z := a.Add(c.Mul(x))
		M := G.Mul(z).Sub(T2).Mul(c.Invert())
		if M.Equal(G.Mul(x)) || !G.Mul(z).Equal(T2.Add(M.Mul(c))) || !group.BaseMul(z).Equal(T1.Add(Y.Mul(c))) {
			t.Fatalf("%s: the forgery does not even work against the weak challenge", name)
		}
		proof := proofOf([]group.Element{T1, T2}, z)
		if err := check(t, equalLogs, context(), []group.Element{G, Y, M}, proof); !errors.Is(err, ErrEquation) {
			t.Errorf("%s: forged share: %v", name, err)
		}
		if err := VerifyEqualLogs(context(), G, Y, M, proof); !errors.Is(err, ErrEquation) {
			t.Errorf("%s: forged share: %v", name, err)
		}
	}
	// The caller's context holds whose share of what it is: a proof moves
	// neither to another index nor to another tally.
	for _, tag := range []string{"trustee", "tally"} {
		bind := func(v uint64) *transcript.Transcript {
			tr := context()
			tr.AppendUint64(tag, v)
			return tr
		}
		M := G.Mul(x)
		proof := must(ProveEqualLogs(bind(1), G, Y, M, x, rand.Reader))
		if err := VerifyEqualLogs(bind(1), G, Y, M, proof); err != nil {
			t.Error(err)
		}
		if err := VerifyEqualLogs(bind(2), G, Y, M, proof); !errors.Is(err, ErrEquation) {
			t.Errorf("another %s: %v", tag, err)
		}
	}
}

// A5: every byte of a proof counts, and nothing may be added or left out.
func TestA5_ProofMutator(t *testing.T) {
	forEach(t, func(t *testing.T, x example) {
		r := x.relation
		es, w := x.instance()
		proof := must(r.Prove(context(), es, w, rand.Reader))
		for i := range proof {
			bad := bytes.Clone(proof)
			bad[i] ^= 1 << (i % 8)
			if err := r.Verify(context(), es, bad); err == nil {
				t.Errorf("byte %d changed: accepted", i)
			}
		}
		for _, bad := range [][]byte{nil, proof[:32], proof[:len(proof)-1], proof[:len(proof)-32], append(bytes.Clone(proof), 0), append(bytes.Clone(proof), make([]byte, 32)...)} {
			if err := check(t, r, context(), es, bad); !errors.Is(err, ErrSize) {
				t.Errorf("%d bytes instead of %d: %v", len(bad), len(proof), err)
			}
		}
		// Two parts of the same kind in each other's place.
		for i := 32; i < len(proof); i += 32 {
			bad := bytes.Clone(proof)
			copy(bad[i-32:], proof[i:i+32])
			copy(bad[i:], proof[i-32:i])
			if err := r.Verify(context(), es, bad); err == nil {
				t.Errorf("parts at %d swapped: accepted", i)
			}
		}
	})
}

// A6: challenges use all of a 64-byte digest.
func TestA6_ChallengesAreWide(t *testing.T) {
	var or, and [32]byte
	for i := range and {
		and[i] = 0xff
	}
	for i := range uint64(200) {
		tr := context()
		tr.AppendUint64("i", i)
		c := schnorr.challenge(tr, []group.Element{g}, []group.Element{g})
		for k, b := range c.Bytes() {
			or[k] |= b
			and[k] &= b
		}
		tr.AppendBytes("relation", schnorr.id[:])
		tr.AppendElements("elements", []group.Element{g})
		tr.AppendElements("commitments", []group.Element{g})
		if !c.Equal(group.ScalarFromUniformBytes(tr.Sum("challenge"))) {
			t.Fatal("the challenge is not the 64-byte digest reduced")
		}
	}
	want := [32]byte(bytes.Repeat([]byte{0xff}, 32))
	want[31] = 0x0f
	if or != want || and != ([32]byte{}) {
		t.Errorf("bits always 0: %x, always 1: %x", or, and)
	}
}

// forgeBit is a prover without a witness that simulates both branches.
func forgeBit(es []group.Element, c0, c1, z0, z1 group.Scalar) []byte {
	pk, A, B := es[0], es[1], es[2]
	return proofOf([]group.Element{
		group.BaseMul(z0).Sub(A.Mul(c0)), pk.Mul(z0).Sub(B.Mul(c0)),
		group.BaseMul(z1).Sub(A.Mul(c1)), pk.Mul(z1).Sub(B.Sub(g).Mul(c1)),
	}, c0, c1, z0, z1)
}

// A8: ballots worth 2, −1 and 1000 with both branches simulated.
func TestA8_SubChallengesMustSum(t *testing.T) {
	pk := group.BaseMul(random())
	for _, v := range []int64{2, -1, 1000} {
		A, B := encrypt(pk, v, random())
		es := []group.Element{pk, A, B}
		c0, c1, z0, z1 := random(), random(), random(), random()
		proof := forgeBit(es, c0, c1, z0, z1)
		// Every equation holds; only the sum does not.
		o := opened{decodeElements(proof[:128]), []group.Scalar{c0, c1}, []group.Scalar{z0, z1}}
		for _, l := range bitRelation.leaves {
			for i := range l.equations {
				coefs := make([]group.Scalar, 4)
				bitRelation.weigh(coefs, l, &l.equations[i], &o, scalar(-1))
				if !group.VarTimeMultiMul(coefs, append([]group.Element{g}, es...)).Equal(o.moves[l.firstMove+i]) {
					t.Fatal("the simulation is wrong, so this test shows nothing")
				}
			}
		}
		if err := check(t, bitRelation, context(), es, proof); !errors.Is(err, ErrSubChallenges) {
			t.Errorf("ballot worth %d, both branches simulated: %v", v, err)
		}
		c := bitRelation.challenge(context(), es, o.moves)
		for i, subs := range [][2]group.Scalar{{c0, c.Sub(c0)}, {c.Sub(c1), c1}, {c, {}}, {{}, c}} {
			bad := proofOf(o.moves, subs[0], subs[1], z0, z1)
			if err := check(t, bitRelation, context(), es, bad); !errors.Is(err, ErrEquation) {
				t.Errorf("ballot worth %d, sub-challenges bent (%d): %v", v, i, err)
			}
		}
		// The honest prover cannot do it either.
		for branch := range 2 {
			w := Witness{Leaves: [][]group.Scalar{{random()}, {random()}}, Branches: []int{branch}}
			proof := must(bitRelation.Prove(context(), es, w, rand.Reader))
			if err := check(t, bitRelation, context(), es, proof); !errors.Is(err, ErrEquation) {
				t.Errorf("ballot worth %d: %v", v, err)
			}
		}
	}
}

// A8 and B5: sub-challenges and responses have one encoding each.
func TestA8_B5_NoncanonicalScalars(t *testing.T) {
	forEach(t, func(t *testing.T, x example) {
		r := x.relation
		es, w := x.instance()
		proof := must(r.Prove(context(), es, w, rand.Reader))
		for i := 32 * r.moves; i < len(proof); i += 32 {
			v := bigOf(proof[i : i+32])
			for range 15 {
				v.Add(v, order)
				if v.BitLen() > 256 {
					break
				}
				bad := bytes.Clone(proof)
				copy(bad[i:], littleEndian(v))
				if err := check(t, r, context(), es, bad); !errors.Is(err, group.ErrScalar) {
					t.Errorf("multiple of ℓ added to the scalar at %d: %v", i, err)
				}
			}
		}
	})
}

// A10, C5: a proof is of no use in any other place.
func TestA10_ProofsDoNotMove(t *testing.T) {
	pk := group.BaseMul(random())
	place := func(contest, option uint64) *transcript.Transcript {
		tr := context()
		tr.AppendUint64("contest", contest)
		tr.AppendUint64("option", option)
		return tr
	}
	r := random()
	A, B := encrypt(pk, 1, r)
	es := []group.Element{pk, A, B}
	proof := must(bitRelation.Prove(place(0, 1), es, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{1}}, rand.Reader))
	for _, p := range [][2]uint64{{0, 0}, {1, 0}, {1, 1}, {0, 2}} {
		if err := check(t, bitRelation, place(p[0], p[1]), es, proof); !errors.Is(err, ErrSubChallenges) {
			t.Errorf("moved to contest %d, option %d: %v", p[0], p[1], err)
		}
	}
	if err := check(t, bitRelation, place(0, 1), es, proof); err != nil {
		t.Error(err)
	}
}

// A11: every signature and proof fails on another message.
func TestA11_SignOneVerifyAnother(t *testing.T) {
	message := func(m string) *transcript.Transcript {
		tr := context()
		tr.AppendString("message", m)
		return tr
	}
	sk := must(GenerateKey(rand.Reader))
	sig := must(Sign(message("m1"), sk, rand.Reader))
	if err := VerifySchnorr(message("m1"), sk.Public(), sig); err != nil {
		t.Error(err)
	}
	if err := VerifySchnorr(message("m2"), sk.Public(), sig); !errors.Is(err, ErrEquation) {
		t.Errorf("signature on another message: %v", err)
	}
	forEach(t, func(t *testing.T, x example) {
		es, w := x.instance()
		proof := must(x.relation.Prove(message("m1"), es, w, rand.Reader))
		if err := check(t, x.relation, message("m1"), es, proof); err != nil {
			t.Error(err)
		}
		if err := check(t, x.relation, message("m2"), es, proof); err == nil {
			t.Error("proof on another message accepted")
		}
	})
}

// A14: with a broken random number generator, two statements, two contexts
// or two witnesses still get different nonces.
func TestA14_HedgedNonces(t *testing.T) {
	stuck := func() *bytes.Reader { return bytes.NewReader(make([]byte, 32)) }
	tr2 := context()
	tr2.AppendString("message", "2")
	forEach(t, func(t *testing.T, x example) {
		r := x.relation
		es1, w1 := x.instance()
		es2, w2 := x.instance()
		seen := make(map[string]string)
		for name, proof := range map[string][]byte{
			"first":           must(r.Prove(context(), es1, w1, stuck())),
			"another context": must(r.Prove(tr2, es1, w1, stuck())),
			"another both":    must(r.Prove(context(), es2, w2, stuck())),
			"another witness": must(r.Prove(context(), es1, w2, stuck())),
			"another element": must(r.Prove(context(), es2, w1, stuck())),
			"working random":  must(r.Prove(context(), es1, w1, rand.Reader)),
		} {
			// Under the same nonces the first move, or for a simulated leaf
			// the response, would be the same.
			for i := 0; i < len(proof); i += 32 {
				part := string(proof[i : i+32])
				if before, ok := seen[part]; ok && before != name {
					t.Errorf("part %d of %q is in %q too", i/32, name, before)
				}
				seen[part] = name
			}
		}
		if !bytes.Equal(must(r.Prove(context(), es1, w1, stuck())), must(r.Prove(context(), es1, w1, stuck()))) {
			t.Error("the prover uses other randomness than it is given")
		}
		if _, err := r.Prove(context(), es1, w1, bytes.NewReader(make([]byte, 31))); err == nil {
			t.Error("proved with 31 bytes of randomness")
		}
	})
}

// B1: first moves that are not elements.
func TestB1_BadFirstMoves(t *testing.T) {
	bad := [][]byte{
		bytes.Repeat([]byte{0xff}, 32),
		append([]byte{1}, make([]byte, 31)...),                                               // negative
		littleEndian(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))), // p
		littleEndian(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(20))), // −1
		must(hex.DecodeString("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371")),
	}
	forEach(t, func(t *testing.T, x example) {
		es, w := x.instance()
		proof := must(x.relation.Prove(context(), es, w, rand.Reader))
		for i := range x.relation.moves {
			for _, b := range bad {
				mutated := bytes.Clone(proof)
				copy(mutated[32*i:], b)
				if err := check(t, x.relation, context(), es, mutated); !errors.Is(err, group.ErrElement) {
					t.Errorf("first move %d is %x: %v", i, b, err)
				}
			}
			// The identity is an element, so it fails only as an equation.
			mutated := bytes.Clone(proof)
			copy(mutated[32*i:], make([]byte, 32))
			if err := check(t, x.relation, context(), es, mutated); err == nil {
				t.Errorf("first move %d is the identity: accepted", i)
			}
		}
	})
}

// B6: the identity is no public key, and everybody knows its logarithm.
func TestB6_IdentityKeys(t *testing.T) {
	zero := []group.Element{{}}
	proof := must(schnorr.Prove(context(), zero, Witness{Leaves: [][]group.Scalar{{{}}}}, rand.Reader))
	if err := schnorr.Verify(context(), zero, proof); err != nil {
		t.Fatalf("the proof for 0·g is wrong, so this test shows nothing: %v", err)
	}
	if err := VerifySchnorr(context(), PublicKey{}, proof); !errors.Is(err, ErrIdentity) {
		t.Errorf("signature by the identity: %v", err)
	}
	b := NewBatch(rand.Reader)
	if err := b.AddSchnorr(context(), PublicKey{}, proof); !errors.Is(err, ErrIdentity) {
		t.Errorf("signature by the identity in a batch: %v", err)
	}
	if _, err := NewPublicKey(group.BaseMul(group.Scalar{})); !errors.Is(err, ErrIdentity) {
		t.Errorf("key 0·g: %v", err)
	}
	if _, err := DecodePublicKey(make([]byte, 32)); !errors.Is(err, ErrIdentity) {
		t.Errorf("decoding the identity as a key: %v", err)
	}
	if _, err := DecodeSecretKey(make([]byte, 32)); !errors.Is(err, ErrIdentity) {
		t.Errorf("decoding 0 as a secret key: %v", err)
	}
	if _, err := Sign(context(), SecretKey{}, rand.Reader); !errors.Is(err, ErrIdentity) {
		t.Errorf("signing with the zero key: %v", err)
	}
	var O group.Element
	G := group.BaseMul(random())
	if _, err := ProveEqualLogs(context(), G, O, O, group.Scalar{}, rand.Reader); !errors.Is(err, ErrIdentity) {
		t.Errorf("proving a zero share: %v", err)
	}
	eq := must(equalLogs.Prove(context(), []group.Element{G, O, O}, Witness{Leaves: [][]group.Scalar{{{}}}}, rand.Reader))
	if err := VerifyEqualLogs(context(), G, O, O, eq); !errors.Is(err, ErrIdentity) {
		t.Errorf("a zero share: %v", err)
	}
	if err := b.AddEqualLogs(context(), G, O, O, eq); !errors.Is(err, ErrIdentity) {
		t.Errorf("a zero share in a batch: %v", err)
	}
	// M = O for a ciphertext that is not: no proof of it verifies.
	x := random()
	eq = must(ProveEqualLogs(context(), G, group.BaseMul(x), O, x, rand.Reader))
	if err := VerifyEqualLogs(context(), G, group.BaseMul(x), O, eq); !errors.Is(err, ErrEquation) {
		t.Errorf("share O of a ciphertext: %v", err)
	}
}

// B10: a shifted or rerandomized copy of a ciphertext does not carry its
// proof along.
func TestB10_MauledCiphertext(t *testing.T) {
	pk, r, s := group.BaseMul(random()), random(), random()
	A, B := encrypt(pk, 0, r)
	proof := must(bitRelation.Prove(context(), []group.Element{pk, A, B}, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{0}}, rand.Reader))
	for name, es := range map[string][]group.Element{
		"shifted":      {pk, A, B.Add(g)},
		"rerandomized": {pk, A.Add(group.BaseMul(s)), B.Add(pk.Mul(s))},
		"squared":      {pk, A.Add(A), B.Add(B)},
	} {
		if err := check(t, bitRelation, context(), es, proof); !errors.Is(err, ErrSubChallenges) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
