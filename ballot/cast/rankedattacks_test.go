package cast

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// Every byte of a ranked ballot is covered: by its form, by a registrar's signature or by the challenge.
func TestA1_EveryByteOfARankedBallotCounts(t *testing.T) {
	v := newVote(t, []contest.Contest{ranked("conference", 60, 60)})
	rec, _ := v.ballot(t, v.credential(t), []int{17, 3})
	raw := rec.Raw()
	var changed []*record.Record
	for i := range raw {
		b := slices.Clone(raw)
		b[i] ^= 1 << (i % 8)
		if other, err := record.Decode(b); err == nil {
			changed = append(changed, other)
		}
	}
	if len(changed) < len(raw)*9/10 {
		t.Errorf("only %d of %d changes leave a record", len(changed), len(raw))
	}
	checked, faults := v.form.CheckAll(v.Context, changed)
	for i := range changed {
		if checked[i] != nil || faults[i] == nil {
			t.Errorf("change %d of a ballot is accepted", i)
		}
	}
}

// A relation says of each contest whether it is ranked: a proof of a choice is none of a ranking of as many ciphertexts.
func TestA1_KindsOfContestsAreInTheRelation(t *testing.T) {
	seen := map[[32]byte]string{}
	for name, contests := range map[string][]contest.Contest{
		"a ranking":       {ranked("a", 60, 60)},
		"two rankings":    {ranked("a", 5, 5), ranked("b", 5, 5)},
		"a choice":        {question("a", 2, 0, 2)},
		"both":            {question("a", 2, 0, 2), ranked("b", 60, 60)},
		"the other way":   {ranked("b", 60, 60), question("a", 2, 0, 2)},
		"one ciphertext":  {ranked("a", 5, 5)},
		"a choice of one": {question("a", 1, 0, 1)},
	} {
		f, err := NewForm(&record.Vote{Contests: contests}, registrars)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[f.relation.ID()]; ok {
			t.Errorf("%s has the relation of %s", name, other)
		}
		seen[f.relation.ID()] = name
	}
	// The vote's id, in ctx, is what tells contests apart that are alike but for candidates or depth.
	v := newVote(t, []contest.Contest{ranked("a", 5, 5)})
	rec, _ := v.ballot(t, v.credential(t), []int{1})
	other := *v
	other.Ctx[0]++
	other.wants(t, "another vote of as many ciphertexts", CodeProof, rec)
}

// A provedLeaf says where the proof of a leaf is: its first move (of the equation for A) and its response. ct is the ciphertext, by contest and
// number; both are -1 for the credential.
type provedLeaf struct {
	move, response int
	contest, ct    int
	ranked         bool
}

// provedLeaves returns the leaves of a form's proofs, but those of sums.
func provedLeaves(f *Form) []provedLeaf {
	leaves := []provedLeaf{{contest: -1, ct: -1}}
	move, response, subs := 1, 1, 0
	for i, width := range f.widths {
		c := &f.contests[i]
		if c.Kind == contest.KindRanked {
			for j := range width {
				leaves = append(leaves, provedLeaf{move, response, i, j, true})
				move, response = move+1, response+1
			}
			continue
		}
		for j := range width {
			leaves = append(leaves, provedLeaf{move, response, i, j, false})
			move, response, subs = move+4, response+2, subs+2
		}
		sums := int(c.Max - c.Min + 1)
		move, response = move+2*sums, response+sums
		if sums > 1 {
			subs += sums
		}
	}
	for k := range leaves {
		leaves[k].response += move + subs
	}
	if response+move+subs != f.relation.ProofSize()/32 {
		panic("the test does not know where the parts of a proof are")
	}
	return leaves
}

func TestA10_RankedProofsDoNotMove(t *testing.T) {
	v := newVote(t, mixedContests())
	alice, bob := v.credential(t), v.credential(t)
	choices := [][]int{{1}, {0, 1}, {7, 8, 9}, {0}}
	mine, _ := v.ballot(t, alice, choices...)
	again, _ := v.ballot(t, alice, choices...)
	his, _ := v.ballot(t, bob, choices...)
	leaves := provedLeaves(v.form)
	word := func(b []byte, i int) []byte { return b[32*i : 32*i+32] }
	move := func(seal, from []byte, a, b provedLeaf) { // the proof of a in from to b in seal
		copy(word(seal, b.move), word(from, a.move))
		copy(word(seal, b.response), word(from, a.response))
	}
	ciphertext := func(b *record.Ballot, l provedLeaf) []byte { return b.Contests[l.contest][64*l.ct : 64*l.ct+64] }
	for i, a := range leaves {
		for j, b := range leaves {
			if i == j || !a.ranked && !b.ranked { // between choices: TestA10_ProofsDoNotMove
				continue
			}
			v.wants(t, fmt.Sprintf("proof of leaf %d at leaf %d", i, j), CodeProof, remake(t, mine, func(_ *record.Ballot, seal []byte) []byte {
				move(seal, mine.Seal(), a, b)
				return seal
			}))
			if i > j || a.contest < 0 || b.contest < 0 {
				continue
			}
			v.wants(t, fmt.Sprintf("leaves %d and %d exchanged whole", i, j), CodeProof, remake(t, mine, func(body *record.Ballot, seal []byte) []byte {
				move(seal, mine.Seal(), a, b)
				move(seal, mine.Seal(), b, a)
				x, y := ciphertext(body, a), ciphertext(body, b)
				kept := slices.Clone(x)
				copy(x, y)
				copy(y, kept)
				return seal
			}))
		}
		if !a.ranked {
			continue
		}
		for name, other := range map[string]*record.Record{"another ballot": again, "another member": his} {
			v.wants(t, fmt.Sprintf("leaf %d with its proof from %s", i, name), CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte {
				move(seal, other.Seal(), a, a)
				copy(ciphertext(b, a), ciphertext(other.Body.(*record.Ballot), a))
				return seal
			}))
		}
		for name, change := range map[string]func(ct []byte){
			"B of another ballot":  func(ct []byte) { copy(ct[32:], ciphertext(again.Body.(*record.Ballot), a)[32:]) },
			"B is A":               func(ct []byte) { copy(ct[32:], ct[:32]) },
			"B is the identity":    func(ct []byte) { clear(ct[32:]) },
			"A of another ballot":  func(ct []byte) { copy(ct[:32], ciphertext(again.Body.(*record.Ballot), a)[:32]) },
			"A and B are switched": func(ct []byte) { copy(ct, slices.Concat(ct[32:], ct[:32])) },
		} {
			v.wants(t, fmt.Sprintf("leaf %d, %s", i, name), CodeProof, remake(t, mine, func(b *record.Ballot, seal []byte) []byte { change(ciphertext(b, a)); return seal }))
		}
	}
	v.wants(t, "C5 another vote's context", CodeProof, func() *record.Record {
		other := *v
		other.Ctx[0]++
		rec, _ := other.ballot(t, alice, choices...)
		return rec
	}())
}

// B5: s and s + ℓ are not both responses; A8 has no place in a ranked contest, since nothing is left open there.
func TestB5_ScalarsOfARankedProofHaveOneEncoding(t *testing.T) {
	v := newVote(t, []contest.Contest{ranked("conference", 60, 60)})
	rec, _ := v.ballot(t, v.credential(t), []int{1})
	const moves = 3 // the credential and two elements
	if got := len(rec.Seal()) / 32; got != 2*moves {
		t.Fatalf("a proof of %d parts", got)
	}
	for i := moves; i < 2*moves; i++ {
		v.wants(t, fmt.Sprint("scalar ", i), CodeProof, remake(t, rec, func(_ *record.Ballot, s []byte) []byte { addOrder(s[32*i : 32*i+32]); return s }))
		v.wants(t, fmt.Sprintf("scalar %d is zero", i), CodeProof, remake(t, rec, func(_ *record.Ballot, s []byte) []byte { clear(s[32*i : 32*i+32]); return s }))
	}
	for i := range moves {
		v.wants(t, fmt.Sprintf("first move %d is no element", i), CodeProof, remake(t, rec, func(_ *record.Ballot, s []byte) []byte { s[32*i+31] = 0xff; return s }))
		v.wants(t, fmt.Sprintf("first move %d is the identity", i), CodeProof, remake(t, rec, func(_ *record.Ballot, s []byte) []byte { clear(s[32*i : 32*i+32]); return s }))
	}
}

func TestB1_ElementsOfARankingHaveOneEncoding(t *testing.T) {
	v := newVote(t, mixedContests())
	rec, _ := v.ballot(t, v.credential(t), []int{1}, []int{2}, []int{3}, []int{0})
	for name, e := range map[string][32]byte{"negative": {1}, "a high bit": {31: 0x80}, "ones": [32]byte(bytes.Repeat([]byte{0xff}, 32))} {
		for _, at := range [][2]int{{1, 0}, {1, 1}, {2, 0}, {2, 1}, {2, 2}, {2, 3}} {
			v.wants(t, fmt.Sprintf("half %v: %s", at, name), CodeNonCanonical, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
				copy(b.Contests[at[0]][32*at[1]:], e[:])
				return s
			}))
		}
	}
	v.wants(t, "J12 an element less", CodeForm, remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Contests[2] = b.Contests[2][:64]; return s }))
	v.wants(t, "J12 an element more", CodeForm, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
		b.Contests[1] = append(b.Contests[1], b.Contests[2][:64]...)
		return s
	}))
	v.wants(t, "as many ciphertexts as candidates", CodeForm, remake(t, rec, func(b *record.Ballot, s []byte) []byte {
		b.Contests[1] = bytes.Repeat(b.Contests[1], 5)
		return s
	}))
}

// A ranking in the clear has a proof that holds, and is refused all the same.
func TestB7_TrivialRanking(t *testing.T) {
	v := newVote(t, []contest.Contest{ranked("conference", 60, 60)})
	c := v.credential(t)
	var zero group.Scalar
	plain, randomness := scalars(t, 5, 6)
	for name, r := range map[string][]group.Scalar{"both": {zero, zero}, "the first": {zero, randomness[0]}, "the second": {randomness[0], zero}} {
		v.wants(t, name, CodeTrivial, v.forge(t, c, [][]group.Scalar{plain}, [][]group.Scalar{r}, nil))
	}
	if _, bad := v.form.Check(v.Context, v.forge(t, c, [][]group.Scalar{plain}, [][]group.Scalar{randomness}, nil)); bad != nil {
		t.Errorf("with randomness, the test's own ballot: %v", bad)
	}
}

// Somebody who could cast another's ranking, or one related to it, would see after the mix which it was: twice the same among the opened, or
// the two that fit together.
func TestC1_CopiedRankings(t *testing.T) {
	v := newVote(t, mixedContests())
	rec, _ := v.ballot(t, v.credential(t), []int{1}, []int{2, 0}, []int{3}, []int{0})
	mallory := v.credential(t)
	own, _ := v.ballot(t, mallory, []int{1}, []int{2, 0}, []int{3}, []int{0})
	theirs := rec.Body.(*record.Ballot)
	s := random(t)
	for name, change := range map[string]func(ct elgamal.Ciphertext) elgamal.Ciphertext{
		"as it is": func(ct elgamal.Ciphertext) elgamal.Ciphertext { return ct },
		"rerandomised": func(ct elgamal.Ciphertext) elgamal.Ciphertext {
			return elgamal.Ciphertext{A: ct.A.Add(group.BaseMul(s)), B: ct.B.Add(v.Key.Mul(s))}
		},
		"doubled": func(ct elgamal.Ciphertext) elgamal.Ciphertext { return ct.Add(ct) },
		"shifted": func(ct elgamal.Ciphertext) elgamal.Ciphertext { ct.B = ct.B.Add(group.Generator()); return ct },
	} {
		ct, err := elgamal.Decode(theirs.Contests[1])
		if err != nil {
			t.Fatal(err)
		}
		copied := change(ct).Bytes()
		v.wants(t, name+", on another's ballot", CodeProof, remake(t, own, func(b *record.Ballot, seal []byte) []byte { copy(b.Contests[1], copied); return seal }))
		if name != "as it is" {
			v.wants(t, name, CodeProof, remake(t, rec, func(b *record.Ballot, seal []byte) []byte { copy(b.Contests[1], copied); return seal }))
		}
	}
	v.wants(t, "the whole ballot under another credential", CodeProof, remake(t, rec, func(b *record.Ballot, seal []byte) []byte {
		b.Key, b.Signatures = mallory.Key, mallory.Signatures
		return seal
	}))
	// Who knows the randomness can use it twice: such a ballot holds by itself, and what the board compares shows it.
	var zero group.Scalar
	r := random(t)
	twice := v.forge(t, mallory, [][]group.Scalar{{zero, one()}, {one()}, {one(), zero}, {one(), zero}}, [][]group.Scalar{{random(t), r}, {r}, {r, random(t)}, {random(t), random(t)}},
		[]int{0, 1, 1, 1, 0})
	checked, bad := v.form.Check(v.Context, twice)
	if bad != nil {
		t.Fatal(bad)
	}
	if as := checked.Votes.Randomness(); as[1] != as[2] || as[1] != as[3] || as[0] == as[1] || as[4] == as[3] {
		t.Error("Randomness does not show that an A component is there three times")
	}
}

// A14: with the same draw, another ranking, number or vote has other nonces; in another ballot the same seed encrypts with other randomness.
func TestA14_RankedNoncesDifferWhereRandomnessRepeats(t *testing.T) {
	v := newVote(t, mixedContests())
	c := v.credential(t)
	moves := 0
	for _, n := range []int{1, 4 + 4 + 2*2, 1, 2, 4 + 4 + 2} {
		moves += n
	}
	seen := map[[32]byte]string{}
	as := map[[32]byte]string{}
	other := v.Context
	other.Ctx[0]++
	for _, one := range []struct {
		name    string
		ctx     Context
		number  uint64
		ranking []int
	}{{"a ballot", v.Context, 0, []int{1, 2}}, {"another ranking", v.Context, 0, []int{2, 1}}, {"another number", v.Context, 1, []int{1, 2}}, {"another vote", other, 0, []int{1, 2}}} {
		o := &Opening{seed: [32]byte{7}, selections: [][]int{{0}, one.ranking, {4}, {0}}}
		rec, err := v.form.encrypt(&one.ctx, c, one.number, record.ID{}, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range moves {
			m := [32]byte(rec.Seal()[32*i:])
			if was, ok := seen[m]; ok {
				t.Errorf("%s has a first move of %s, which would give away what its witness is", one.name, was)
			}
			seen[m] = one.name
		}
		if one.name == "another ranking" {
			continue // the same seed for two ballots of one number: a draft serves once
		}
		for i, ct := range rec.Body.(*record.Ballot).Contests {
			for ; len(ct) > 0; ct = ct[64:] {
				if was, ok := as[[32]byte(ct)]; ok {
					t.Errorf("%s has randomness of %s, contest %d", one.name, was, i)
				}
				as[[32]byte(ct)] = one.name
			}
		}
	}
}
