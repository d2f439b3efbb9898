package cast

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/blind"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
)

func one() group.Scalar { return group.ScalarFromUint64(1) }

func random(t testing.TB) group.Scalar {
	t.Helper()
	s, err := group.RandomScalar(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every byte of a ballot is covered: by its form, by a registrar's signature or by the challenge.
func TestA1_EveryByteOfABallotCounts(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 2, 0, 1)})
	rec, _ := v.ballot(t, v.credential(t), []int{1})
	step := 1
	if testing.Short() {
		step = 17
	}
	raw := rec.Raw()
	var changed []*record.Record
	for i := 0; i < len(raw); i += step {
		b := slices.Clone(raw)
		b[i] ^= 1 << (i % 8)
		// Where the bytes are no record any more, or one of another kind or vote, there is nothing to check.
		if other, err := record.Decode(b); err == nil {
			changed = append(changed, other)
		}
	}
	if len(changed) < len(raw)/step*9/10 {
		t.Errorf("only %d of %d changes leave a record", len(changed), len(raw)/step)
	}
	checked, faults := v.form.CheckAll(v.Context, changed)
	for i := range changed {
		if checked[i] != nil || faults[i] == nil {
			t.Errorf("change %d of a ballot is accepted", i)
		}
	}
}

// What stands in the challenge and not in the ballot: the vote, its opening, its key, the slot, the question.
func TestA1_StatementOutsideTheBallotCounts(t *testing.T) {
	v := newVote(t, threeContests())
	rec, _ := v.ballot(t, v.credential(t), []int{1}, []int{0}, []int{1})
	if _, bad := v.form.Check(v.Context, rec); bad != nil {
		t.Fatal(bad)
	}
	for name, c := range map[string]struct {
		change func(o *testVote)
		code   string
	}{
		"context": {func(o *testVote) { o.Ctx[31] ^= 1 }, CodeProof},
		"key":     {func(o *testVote) { o.Key = o.Key.Add(group.Generator()) }, CodeProof},
		"slot":    {func(o *testVote) { o.Slot++ }, CodeSignatures},
		"round":   {func(o *testVote) { o.Round[0] ^= 1 }, CodeSignatures},
		"registrars": {func(o *testVote) {
			o.Registrars = []*blind.PublicKey{o.Registrars[1], o.Registrars[0], o.Registrars[2]}
		}, CodeSignatures},
	} {
		other := *v
		c.change(&other)
		other.wants(t, name, c.code, rec)
	}
	for name, contests := range map[string][]contest.Contest{
		"a higher maximum": {question("merger", 3, 0, 2), question("board", 4, 1, 2), question("venue", 2, 1, 1)},
		"another minimum":  {question("merger", 3, 1, 2), question("board", 4, 1, 2), question("venue", 2, 1, 1)}, // as many branches
		"both shifted":     {question("merger", 3, 0, 1), question("board", 4, 2, 3), question("venue", 2, 1, 1)},
		"another total":    {question("merger", 3, 0, 1), question("board", 4, 1, 2), question("venue", 2, 2, 2)},
	} {
		other := *v
		f, err := NewForm(&record.Vote{Contests: contests}, registrars)
		if err != nil {
			t.Fatal(err)
		}
		if f.relation.ID() == v.form.relation.ID() {
			t.Errorf("%s: the same relation", name)
		}
		other.form = f
		_, bad := other.form.Check(other.Context, rec)
		if bad == nil || f.relation.ProofSize() == v.form.relation.ProofSize() && bad.Code != CodeProof {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

// The forgery of Bernhard, Pereira and Warinschi: were the challenge taken of the first moves only, a ballot worth any integer could be
// made by choosing the ciphertext last. The test makes it, sees that every equation holds under the weak challenge, and that it is refused.
func TestA1_WeakFiatShamirForgery(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 1, 0, 1)})
	c := v.credential(t)
	g, pk, x := group.Generator(), v.Key, c.SecretKey()
	// For the one option and for the sum alike: branch 0 gets challenge 0, branch 1 the whole of it. First moves, with T_A = t·g and
	// T_B = t·pk + w·g, where w = 0 in branch 0:
	k, t0, t1, w := random(t), random(t), random(t), random(t)
	leaf0 := []group.Element{group.BaseMul(t0), pk.Mul(t0)}
	leaf1 := []group.Element{group.BaseMul(t1), pk.Mul(t1).Add(group.BaseMul(w))}
	moves := slices.Concat([]group.Element{group.BaseMul(k)}, leaf0, leaf1, leaf0, leaf1)
	weak := weakChallenge(moves)
	// Only now the ciphertext (r·g, v·g + r·pk): w + challenge·(v − 1) = 0.
	r := random(t)
	worth := one().Sub(w.Mul(weak.Invert()))
	A, B := group.BaseMul(r), group.BaseMul(worth).Add(pk.Mul(r))
	z0, z1, zx := t0, t1.Add(weak.Mul(r)), k.Add(weak.Mul(x.Scalar()))
	for name, holds := range map[string]bool{
		"credential": group.BaseMul(zx).Equal(moves[0].Add(c2e(t, c.Key).Mul(weak))),
		"0: A":       group.BaseMul(z0).Equal(leaf0[0]),
		"0: B":       pk.Mul(z0).Equal(leaf0[1]),
		"1: A":       group.BaseMul(z1).Equal(leaf1[0].Add(A.Mul(weak))),
		"1: B − g":   pk.Mul(z1).Equal(leaf1[1].Add(B.Sub(g).Mul(weak))),
	} {
		if !holds {
			t.Errorf("the forgery is not one: %s does not hold under the weak challenge", name)
		}
	}
	var proof []byte
	for _, m := range moves {
		proof = m.Append(proof)
	}
	var zero group.Scalar
	for _, s := range []group.Scalar{zero, weak, zero, weak, zx, z0, z1, z0, z1} {
		proof = s.Append(proof)
	}
	body := &record.Ballot{Key: c.Key, Signatures: c.Signatures, Contests: [][]byte{elgamal.Ciphertext{A: A, B: B}.Bytes()}}
	payload, err := record.Payload(v.Vote, body)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := record.Assemble(payload, proof)
	if err != nil {
		t.Fatal(err)
	}
	v.wants(t, "a ballot worth a random number", CodeProof, rec)
}

func c2e(t testing.TB, k record.Key) group.Element {
	t.Helper()
	e, err := group.DecodeElement(k[:])
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A ballot for 2, −1 or 1000 with a proof in which both branches are simulated: either the sub-challenges do not sum to the challenge,
// or, with one corrected, an equation fails.
func TestA8_SubChallengesMustSum(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 1, 0, 1)})
	c := v.credential(t)
	x := c.SecretKey()
	for _, worth := range []int64{2, -1, 1000} {
		r := random(t)
		A, B := group.BaseMul(r), group.BaseMul(group.ScalarFromInt64(worth)).Add(v.Key.Mul(r))
		body := &record.Ballot{Key: c.Key, Signatures: c.Signatures, Contests: [][]byte{elgamal.Ciphertext{A: A, B: B}.Bytes()}}
		payload, err := record.Payload(v.Vote, body)
		if err != nil {
			t.Fatal(err)
		}
		// The honest prover's proof of a false statement has the right sub-challenges.
		votes, randomness := []group.Scalar{group.ScalarFromInt64(worth)}, []group.Scalar{r}
		for _, branches := range [][]int{{0, 0}, {1, 1}, {0, 1}} {
			v.wants(t, fmt.Sprintf("%d, claimed %v", worth, branches), CodeProof, v.forge(t, c, [][]group.Scalar{votes}, [][]group.Scalar{randomness}, branches))
		}
		// Everything simulated: T = z·base − c·image.
		k := random(t)
		moves := []group.Element{group.BaseMul(k)}
		var subs, responses []group.Scalar
		for range 2 { // the option and, there being one option only, the sum
			for b := range 2 {
				z, ch := random(t), random(t)
				image := B.Sub(group.BaseMul(group.ScalarFromUint64(uint64(b))))
				moves = append(moves, group.BaseMul(z).Sub(A.Mul(ch)), v.Key.Mul(z).Sub(image.Mul(ch)))
				subs, responses = append(subs, ch), append(responses, z)
			}
		}
		tr := proofTranscript(&v.Context, payload)
		id := v.form.relation.ID()
		tr.AppendBytes("relation", id[:])
		tr.AppendElements("elements", []group.Element{v.Key, x.Public().Element(), A, B})
		tr.AppendElements("commitments", moves)
		challenge := tr.Challenge("challenge")
		zx := k.Add(challenge.Mul(x.Scalar()))
		assemble := func(subs []group.Scalar) *record.Record {
			var proof []byte
			for _, m := range moves {
				proof = m.Append(proof)
			}
			for _, s := range slices.Concat(subs, []group.Scalar{zx}, responses) {
				proof = s.Append(proof)
			}
			rec, err := record.Assemble(payload, proof)
			if err != nil {
				t.Fatal(err)
			}
			return rec
		}
		v.wants(t, fmt.Sprintf("%d, all simulated", worth), CodeProof, assemble(subs))
		corrected := slices.Clone(subs)
		corrected[1], corrected[3] = challenge.Sub(subs[0]), challenge.Sub(subs[2])
		v.wants(t, fmt.Sprintf("%d, sub-challenges corrected", worth), CodeProof, assemble(corrected))
	}
}

// Each selection is 0 or 1, and their number is not what the manifest allows.
func TestA9_OverAndUndervotes(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	for name, votes := range map[string][3][]int64{
		"two of at most one":   {{1, 1, 0}, {1, 0, 0, 0}, {1, 0}},
		"three of at most one": {{1, 1, 1}, {1, 0, 0, 0}, {1, 0}},
		"three of at most two": {{1, 0, 0}, {1, 1, 0, 1}, {1, 0}},
		"none of at least one": {{1, 0, 0}, {0, 0, 0, 0}, {1, 0}},
		"none of exactly one":  {{1, 0, 0}, {1, 0, 0, 0}, {0, 0}},
		"two of exactly one":   {{1, 0, 0}, {1, 0, 0, 0}, {1, 1}},
	} {
		var ms, rs [][]group.Scalar
		var options []int
		for _, vs := range votes {
			m, r := scalars(t, vs...)
			ms, rs = append(ms, m), append(rs, r)
		}
		for i, vs := range votes {
			for _, b := range vs {
				options = append(options, int(b))
			}
			if i < 2 { // the claimed branch of the sum; the third contest has none
				options = append(options, -1)
			}
		}
		for claim := range 4 {
			branches := slices.Clone(options)
			at := 0
			for i, b := range branches {
				if b < 0 {
					branches[i] = claim >> at & 1
					at++
				}
			}
			v.wants(t, fmt.Sprintf("%s, claimed %v", name, branches), CodeProof, v.forge(t, c, ms, rs, branches))
		}
	}
}

// segments returns for each option of threeContests where its part of the proof is: first moves, sub-challenges, responses.
func segments() (out [][3][2]int) {
	options := []int{3, 4, 2}
	sums := []int{2, 2, 1} // branches of the sum
	move, sub, resp := 1, 0, 1
	for i, n := range options {
		for range n {
			out = append(out, [3][2]int{{move, 4}, {sub, 2}, {resp, 2}})
			move, sub, resp = move+4, sub+2, resp+2
		}
		move, resp = move+2*sums[i], resp+sums[i]
		if sums[i] > 1 {
			sub += sums[i]
		}
	}
	for i := range out {
		out[i][1][0] += move
		out[i][2][0] += move + sub
	}
	return out
}

func TestA10_ProofsDoNotMove(t *testing.T) {
	v := newVote(t, threeContests())
	alice, bob := v.credential(t), v.credential(t)
	mine, _ := v.ballot(t, alice, []int{0}, []int{0, 1}, []int{0})
	again, _ := v.ballot(t, alice, []int{0}, []int{0, 1}, []int{0})
	his, _ := v.ballot(t, bob, []int{0}, []int{0, 1}, []int{0})
	segs := segments()
	move := func(seal, from []byte, i, j int) { // the proof of option i of from to option j of seal
		for part := range 3 {
			a, b := segs[i][part], segs[j][part]
			copy(seal[32*b[0]:32*(b[0]+b[1])], from[32*a[0]:32*(a[0]+a[1])])
		}
	}
	options := [][2]int{}
	for i, n := range []int{3, 4, 2} {
		for j := range n {
			options = append(options, [2]int{i, j})
		}
	}
	ciphertext := func(b *record.Ballot, o int) []byte {
		return b.Contests[options[o][0]][64*options[o][1] : 64*options[o][1]+64]
	}
	for i := range segs {
		for j := range segs {
			if i == j {
				continue
			}
			v.wants(t, fmt.Sprintf("proof of option %d at option %d", i, j), CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte {
				move(seal, mine.Seal(), i, j)
				return seal
			}))
		}
		for j := i + 1; j < len(segs); j++ {
			v.wants(t, fmt.Sprintf("options %d and %d exchanged whole", i, j), CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte {
				move(seal, mine.Seal(), i, j)
				move(seal, mine.Seal(), j, i)
				a, z := slices.Clone(ciphertext(b, i)), ciphertext(b, j)
				copy(ciphertext(b, i), z)
				copy(z, a)
				return seal
			}))
		}
		for name, other := range map[string]*record.Record{"another ballot": again, "another member": his} {
			v.wants(t, fmt.Sprintf("option %d with its proof from %s", i, name), CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte {
				move(seal, other.Seal(), i, i)
				copy(ciphertext(b, i), ciphertext(other.Body.(*record.Ballot), i))
				return seal
			}))
		}
	}
	for name, other := range map[string]*record.Record{"another ballot": again, "another member": his} {
		v.wants(t, "the whole proof of "+name, CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte { return other.Seal() }))
	}
	for name, change := range map[string]func(b *record.Ballot){
		"number":   func(b *record.Ballot) { b.Number++ },
		"previous": func(b *record.Ballot) { b.Previous[0]++ },
	} {
		v.wants(t, "another "+name, CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte { change(b); return seal }))
	}
	next := *v // the same trustees, registrars and members vote on the same question again
	next.Vote, next.Ctx = record.ID{77}, [32]byte{78}
	payload, err := record.Payload(next.Vote, mine.Body)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := record.Assemble(payload, mine.Seal())
	if err != nil {
		t.Fatal(err)
	}
	next.wants(t, "C5 the ballot of another vote", CodeProof, moved)
}

func TestB5_ScalarsHaveOneEncoding(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 2, 0, 1)})
	rec, _ := v.ballot(t, v.credential(t), []int{1})
	moves := 1 + 2*2*3
	for i := moves; i < len(rec.Seal())/32; i++ {
		changed := remake(t, rec, func(b *record.Ballot, s []byte) []byte { addOrder(s[32*i : 32*i+32]); return s })
		if _, err := group.DecodeScalar(changed.Seal()[32*i : 32*i+32]); err == nil {
			t.Fatal("the test adds another number than the order")
		}
		v.wants(t, fmt.Sprint("scalar ", i), CodeProof, changed)
	}
	v.wants(t, "a first move that is no element", CodeProof, remake(t, rec, func(b *record.Ballot, s []byte) []byte { s[63] = 0xff; return s }))
}

func TestB1_ElementsHaveOneEncoding(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 2, 0, 1)})
	rec, _ := v.ballot(t, v.credential(t), []int{1})
	p := [32]byte{0: 0xed, 31: 0x7f} // the field's prime: zero, written otherwise
	for i := 1; i < 31; i++ {
		p[i] = 0xff
	}
	bad := map[string][32]byte{"the prime": p, "negative": {1}, "a high bit": {31: 0x80}, "ones": [32]byte(bytes.Repeat([]byte{0xff}, 32))}
	square, err := hex.DecodeString("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371") // RFC 9496 appendix A.3
	if err != nil {
		t.Fatal(err)
	}
	bad["not a square"] = [32]byte(square)
	for name, e := range bad {
		if _, err := group.DecodeElement(e[:]); err == nil {
			t.Fatalf("%s is an element", name)
		}
		v.wants(t, "key: "+name, CodeNonCanonical, remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Key = e; return s }))
		for half := range 4 {
			v.wants(t, fmt.Sprintf("half %d: %s", half, name), CodeNonCanonical, remake(t, rec, func(b *record.Ballot, s []byte) []byte { copy(b.Contests[0][32*half:], e[:]); return s }))
		}
	}
	// Undecodable comes before trivial, wherever they stand.
	v.wants(t, "trivial and undecodable", CodeNonCanonical, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
		clear(b.Contests[0][:32])
		b.Contests[0][127] = 0xff
		return s
	}))
}

// A ballot in the clear has a proof that holds, and is refused all the same.
func TestB7_TrivialCiphertext(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 2, 0, 1)})
	c := v.credential(t)
	var zero group.Scalar
	votes := [][]group.Scalar{{one(), zero}}
	v.wants(t, "both halves in the clear", CodeTrivial, v.forge(t, c, votes, [][]group.Scalar{{zero, zero}}, []int{1, 0, 1}))
	v.wants(t, "one of two", CodeTrivial, v.forge(t, c, votes, [][]group.Scalar{{random(t), zero}}, []int{1, 0, 1}))
	rec := v.forge(t, c, votes, [][]group.Scalar{{random(t), random(t)}}, []int{1, 0, 1})
	if _, bad := v.form.Check(v.Context, rec); bad != nil {
		t.Errorf("with randomness, the test's own ballot: %v", bad)
	}
	v.wants(t, "no key", CodeTrivial, remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Key = record.Key{}; return s }))
}

// Without the randomness nobody can shift, negate or rerandomise another's ballot.
func TestB10_MalleatedCiphertexts(t *testing.T) {
	v := newVote(t, threeContests())
	rec, _ := v.ballot(t, v.credential(t), []int{0}, []int{1}, []int{0})
	s := random(t)
	for name, change := range map[string]func(c elgamal.Ciphertext) elgamal.Ciphertext{
		"one more": func(c elgamal.Ciphertext) elgamal.Ciphertext { c.B = c.B.Add(group.Generator()); return c },
		"rerandomised": func(c elgamal.Ciphertext) elgamal.Ciphertext {
			return elgamal.Ciphertext{A: c.A.Add(group.BaseMul(s)), B: c.B.Add(v.Key.Mul(s))}
		},
		"doubled": func(c elgamal.Ciphertext) elgamal.Ciphertext { return c.Add(c) },
		"the other way": func(c elgamal.Ciphertext) elgamal.Ciphertext {
			return elgamal.Ciphertext{A: c.A.Neg(), B: group.Generator().Sub(c.B)}
		},
	} {
		v.wants(t, name, CodeProof, remake(t, rec, func(b *record.Ballot, seal []byte) []byte {
			c, err := elgamal.Decode(b.Contests[0][:64])
			if err != nil {
				t.Fatal(err)
			}
			copy(b.Contests[0], change(c).Bytes())
			return seal
		}))
	}
}

func TestC1_CopiedBallots(t *testing.T) {
	v := newVote(t, threeContests())
	rec, _ := v.ballot(t, v.credential(t), []int{0}, []int{1, 2}, []int{0})
	mallory := v.credential(t)
	under := func(b *record.Ballot) { b.Key, b.Signatures = mallory.Key, mallory.Signatures }
	v.wants(t, "under another credential", CodeProof, remake(t, rec, func(b *record.Ballot, s []byte) []byte { under(b); return s }))
	v.wants(t, "with another key only", CodeSignatures, remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Key = mallory.Key; return s }))
	v.wants(t, "options permuted", CodeProof, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
		under(b)
		b.Contests[0] = slices.Concat(b.Contests[0][64:128], b.Contests[0][:64], b.Contests[0][128:])
		return s
	}))
	v.wants(t, "one ciphertext", CodeProof, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
		own, _ := v.ballot(t, mallory, []int{0}, []int{1, 2}, []int{0})
		*b = *own.Body.(*record.Ballot)
		copy(b.Contests[0][:64], rec.Body.(*record.Ballot).Contests[0][:64])
		return own.Seal()
	}))
	// Who knows the randomness can use it twice. Such a ballot holds by itself; that an A component occurs twice is for the board to see.
	var zero group.Scalar
	r := random(t)
	twice := v.forge(t, mallory, [][]group.Scalar{{zero, zero, zero}, {one(), zero, zero, zero}, {one(), zero}},
		[][]group.Scalar{{r, r, random(t)}, {r, random(t), random(t), random(t)}, {random(t), random(t)}}, []int{0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0})
	checked, bad := v.form.Check(v.Context, twice)
	if bad != nil {
		t.Fatal(bad)
	}
	as := checked.Votes.Randomness()
	if as[0] != as[1] || as[0] != as[3] || as[0] == as[2] {
		t.Error("Randomness does not show that an A component is there three times")
	}
}

// One credential may have many valid signatures. What counts once is the key.
func TestF11_OneKeyWithTwoSignatures(t *testing.T) {
	v := newVote(t, threeContests())
	secret := credential.NewSecret()
	c, err := v.card(t, secret).Credential(v.Slot)
	if err != nil {
		t.Fatal(err)
	}
	// The same message, blinded with another seed, gets another signature.
	msg := credential.Message(v.Round, v.Slot, c.Key)
	second := *c
	second.Signatures = nil
	for i, pk := range v.Registrars {
		req, blinded, err := blind.NewRequest(pk, msg[:], &[32]byte{9}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Repeat(blinded, slots)
		for slot := range slots { // the other slots' requests do not matter
			if uint64(slot) != v.Slot {
				clear(all[slot*blind.Size : (slot+1)*blind.Size])
				all[(slot+1)*blind.Size-1] = 2
			}
		}
		signed, err := v.issuers[i].Sign(all)
		if err != nil {
			t.Fatal(err)
		}
		s, err := req.Finalize(signed[v.Slot*blind.Size : (v.Slot+1)*blind.Size])
		if err != nil {
			t.Fatal(err)
		}
		second.Signatures = slices.Concat(second.Signatures, s.Prefix[:], s.Sig[:])
	}
	if bytes.Equal(second.Signatures, c.Signatures) {
		t.Fatal("the signatures are the same")
	}
	a, _ := v.ballot(t, c, []int{0}, []int{1}, []int{0})
	b, _ := v.ballot(t, &second, []int{1}, []int{1}, []int{0})
	checked, faults := v.form.CheckAll(v.Context, []*record.Record{a, b})
	if faults[0] != nil || faults[1] != nil {
		t.Fatal(faults)
	}
	if checked[0].Ballot.Key != checked[1].Ballot.Key || a.ID() == b.ID() {
		t.Error("two ballots of one credential do not show the same key")
	}
}

func TestF12_SignatureSetPadding(t *testing.T) {
	v := newVote(t, threeContests())
	rec, _ := v.ballot(t, v.credential(t), nil, []int{1}, []int{0})
	other := v.credential(t)
	const n = record.SignatureBytes
	for name, change := range map[string]func(s []byte) []byte{
		"registrar 1 three times":     func(s []byte) []byte { return bytes.Repeat(s[:n], 3) },
		"registrar 1 twice":           func(s []byte) []byte { return slices.Concat(s[:n], s[:n], s[2*n:]) },
		"registrars exchanged":        func(s []byte) []byte { return slices.Concat(s[n:2*n], s[:n], s[2*n:]) },
		"another credential's second": func(s []byte) []byte { return slices.Concat(s[:n], other.Signatures[n:2*n], s[2*n:]) },
		"zeros for the last":          func(s []byte) []byte { return slices.Concat(s[:2*n], make([]byte, n)) },
		"another prefix":              func(s []byte) []byte { s[n] ^= 1; return s },
	} {
		v.wants(t, name, CodeSignatures, remake(t, rec, func(b *record.Ballot, seal []byte) []byte { b.Signatures = change(b.Signatures); return seal }))
	}
	for r := range registrars { // F3: one that refuses to sign cannot be done without
		v.wants(t, fmt.Sprintf("without registrar %d", r+1), CodeSignatures, remake(t, rec, func(b *record.Ballot, seal []byte) []byte {
			clear(b.Signatures[r*n : (r+1)*n])
			return seal
		}))
		v.wants(t, fmt.Sprintf("shorter by registrar %d", r+1), CodeForm, remake(t, rec, func(b *record.Ballot, seal []byte) []byte {
			b.Signatures = slices.Delete(b.Signatures, r*n, (r+1)*n)
			return seal
		}))
	}
}

// Renaming or exchanging candidates after the call makes another vote, for which no ballot of this one holds.
func TestG14_ExchangedCandidatesMakeAnotherVote(t *testing.T) {
	contests := []contest.Contest{question("president", 2, 0, 1)}
	contests[0].Options[0].Title, contests[0].Options[1].Title = text.Texts{"en": "Ana"}, text.Texts{"en": "Bo"}
	v := newVote(t, contests)
	idOf := func(m *record.Vote) record.ID {
		rec, err := record.Sign(testGenesis, v.Round, m, v.keys[0], rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return rec.ID()
	}
	exchanged := *v.manifest
	exchanged.Contests = []contest.Contest{contests[0]}
	exchanged.Contests[0].Options = []contest.Option{{ID: "o0", Title: text.Texts{"en": "Bo"}}, {ID: "o1", Title: text.Texts{"en": "Ana"}}}
	v.Vote, v.Ctx = idOf(v.manifest), idOf(v.manifest)
	rec, _ := v.ballot(t, v.credential(t), []int{0})
	other := *v
	other.Vote, other.Ctx = idOf(&exchanged), idOf(&exchanged)
	if other.Vote == v.Vote {
		t.Fatal("a manifest with exchanged names has the same id")
	}
	other.wants(t, "as it is", CodeForm, rec)
	payload, err := record.Payload(other.Vote, rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := record.Assemble(payload, rec.Seal())
	if err != nil {
		t.Fatal(err)
	}
	other.wants(t, "addressed to the other", CodeProof, moved)
}

// A signature by the credential key for one purpose is none for another.
func TestJ10_CredentialSignaturesDoNotMoveBetweenKinds(t *testing.T) {
	v := newVote(t, []contest.Contest{question("merger", 2, 0, 1)})
	c := v.credential(t)
	ballot, _ := v.ballot(t, c, []int{1})
	check, err := NewCheck(testGenesis, v.Context, c, ballot.ID(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := c.SecretKey().Public()
	if err := check.VerifySignature(testGenesis, key); err != nil {
		t.Fatal(err)
	}
	// The credential's leaf of a ballot's proof has the form of a signature: T first, z first after the sub-challenges.
	proof := ballot.Seal()
	moves, subs := 1+2*2*3, 2*3
	part := slices.Concat(proof[:32], proof[32*(moves+subs):32*(moves+subs)+32])
	for name, payload := range map[string][]byte{"the check": check.Payload(), "the ballot": ballot.Payload()} {
		rec, err := record.Assemble(payload, part)
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.VerifySignature(testGenesis, key); err == nil {
			t.Errorf("part of a ballot's proof is a signature of %s", name)
		}
	}
	// A signature is no proof, not even as part of one.
	v.wants(t, "a signature as a seal", CodeForm, remake(t, ballot, func(b *record.Ballot, s []byte) []byte { return check.Seal() }))
	v.wants(t, "a signature inside a proof", CodeProof, remake(t, ballot, func(b *record.Ballot, s []byte) []byte {
		copy(s[:32], check.Seal()[:32])
		copy(s[32*(moves+subs):], check.Seal()[32:])
		return s
	}))
	// A record signed as a ballot is no ballot, and a ballot's proof no other record's.
	signed, err := record.Sign(testGenesis, v.Vote, ballot.Body, c.SecretKey(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v.wants(t, "a signed record", CodeForm, signed)
	if err := ballot.VerifySignature(testGenesis, key); err == nil {
		t.Error("a ballot's proof verifies as a signature")
	}
	if err := sigma.VerifySchnorr(proofTranscript(&v.Context, check.Payload()), key, check.Seal()); err == nil {
		t.Error("a check record's signature verifies as a ballot's")
	}
}
