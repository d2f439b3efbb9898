package fold_test

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/crypto/group"
)

// ranked is the story of a vote with a choice and two ranked contests; of four trustees three sign and mix, and two open. The scenes begin
// with "ranked ".
func ranked(t *testing.T, keep func(name string), s *scene) {
	*s = scene{o: simulate.New(t, simulate.Config{
		Members: 6, Registrars: 1, Trustees: 4, Threshold: 2, Quorum: 3, Mixes: 3, Revote: true,
		Contests: []contest.Contest{
			simulate.YesNo("question"), simulate.Rank("board", contest.MethodScottishSTV, 5, 3, 2), simulate.Rank("chair", contest.MethodIRV, 3, 3, 1),
		},
	})}
	s.r = s.o.Round()
	s.r.Cards(0, 1, 2, 3, 4)
	s.v = s.r.Vote()
	s.v.Ceremony()
	s.v.Open()
	keep("ranked open")
	s.v.Cast(0, []int{simulate.Yes}, []int{0, 1}, []int{1})
	s.v.Cast(1, []int{simulate.No}, []int{2, 1, 0}, []int{1, 2, 0})
	s.v.Cast(2, nil, []int{4}, nil)
	s.v.Cast(3, nil, nil, []int{2})
	s.v.Cast(1, []int{simulate.Yes}, []int{2, 3}, []int{0}) // again: now the last in log order
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	keep("ranked sealed")
	s.v.Inputs(1, 2)
	keep("ranked nearly signed")
	s.v.Inputs(3)
	keep("ranked signed")
	s.v.Mix(1)
	s.v.Mix(4)
	keep("ranked mixing")
	s.v.Mix(2)
	keep("ranked mixed")
	s.v.Shares(3)
	keep("ranked half opened")
	s.v.Shares(1)
	keep("ranked opened")
	s.v.Result()
	keep("ranked certified")
}

// SPEC.md §9.10.
var rankedRefusals = []refusal{
	mix("D5 before the seal", "ranked open", "phase", nil),
	mix("after the result", "ranked certified", "phase", nil),
	mix("D5 before q trustees have signed the input", "ranked nearly signed", "input-quorum", nil),
	{"a mix of no ballots", "ranked open", fold.Void, "empty", func(s *scene) []byte {
		s.empty()
		return s.v.By(1, &record.Mix{Trustee: 1, Contest: 1, Stage: 1}).Raw()
	}},
	mix("D3 a mix of a choice", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Contest = 0 }),
	{"A10 another's stage", "ranked mixing", fold.Void, "signature", func(s *scene) []byte { return s.v.By(3, s.v.MixBodies(2, 1)[0]).Raw() }},
	{"mix: a trustee who is none", "ranked mixing", fold.Void, "author", func(s *scene) []byte {
		return s.v.By(3, &record.Mix{Trustee: 5, Contest: 1, Stage: 3}).Raw()
	}},
	{"A10 another's decryption", "ranked mixed", fold.Void, "signature", func(s *scene) []byte { return s.v.By(3, s.v.MixBodies(2, 1)[0]).Raw() }},
	mix("a mix of a contest that is not there", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Contest = 3 }),
	mix("A10 a contest beyond 64 bits' half", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Contest = 1<<63 + 1 }),
	mix("stage 0", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Stage = 0 }),
	mix("a stage after the last", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Stage = 4 }),
	mix("a stage that is made", "ranked mixing", "dup", func(s *scene, b *record.Mix) { b.Stage = 1 }),
	{"D6 a trustee twice", "ranked mixing", fold.Void, "mix-author", func(s *scene) []byte {
		b := s.v.MixBodies(2, 1)[0].(*record.Mix)
		b.Trustee = 1
		return s.v.By(1, b).Raw()
	}},
	mix("a stage too early", "ranked signed", "order", func(s *scene, b *record.Mix) { b.Stage = 2 }),
	mix("D7 a part too early", "ranked signed", "order", func(s *scene, b *record.Mix) { b.Part = 1 }),
	mix("D7 a ballot less", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Data = b.Data[:len(b.Data)-224] }),
	mix("D7 a ballot more", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Data = append(b.Data, make([]byte, 224)...) }),
	mix("D7 nothing", "ranked signed", "form", func(s *scene, b *record.Mix) { b.Data = nil }),
	mix("after all stages", "ranked mixed", "dup", func(s *scene, b *record.Mix) { b.Stage = 3 }),

	decryption("D1 before the mix is complete", "ranked mixing", "order", nil),
	decryption("D1 before any mix", "ranked signed", "order", nil),
	decryption("D5 before q trustees have signed the input", "ranked nearly signed", "input-quorum", nil),
	decryption("before the seal", "ranked open", "phase", nil),
	decryption("of a choice", "ranked mixed", "form", func(s *scene, b *record.Decryption) { b.Contest = 0 }),
	decryption("again", "ranked half opened", "dup", func(s *scene, b *record.Decryption) { b.Trustee = 3 }),
	decryption("a share less", "ranked mixed", "form", func(s *scene, b *record.Decryption) { b.Shares = b.Shares[32:] }),
	decryption("D7 a share more", "ranked mixed", "form", func(s *scene, b *record.Decryption) { b.Shares = append(b.Shares, b.Shares[:32]...) }),
	decryption("no proof", "ranked mixed", "form", func(s *scene, b *record.Decryption) { b.Proof = nil }),
	decryption("a part too early", "ranked mixed", "order", func(s *scene, b *record.Decryption) { b.Part = 1 }),
	{"after a decryption that did not hold", "ranked mixed", fold.Void, "share-author", func(s *scene) []byte {
		s.fork()
		b := s.v.MixBodies(2, 1)[0].(*record.Decryption)
		bad := *b
		bad.Shares = bytes.Clone(b.Shares)
		clear(bad.Shares[:32])
		s.o.Append(s.v.By(2, &bad).Raw())
		return s.v.By(2, b).Raw()
	}},
	{"E8 shares of a ranked contest", "ranked mixed", fold.Void, "form", func(s *scene) []byte {
		b := s.v.SharesBody(1, 0)
		b.Contest = 1
		return s.v.By(1, b).Raw()
	}},

	{"D6 with a stage less than m", "ranked mixing", fold.Fatal, "result-mixes", func(s *scene) []byte {
		s.fork()
		for i := 1; i <= 2; i++ {
			s.o.Post(s.v.By(i, s.v.SharesBody(i, 0)))
		}
		b := body[*record.Result](s, "ranked certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	{"E11 with the decryptions of t-1 trustees", "ranked half opened", fold.Fatal, "result-shares", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.SharesBody(1, 0)))
		b := body[*record.Result](s, "ranked certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	{"H4 without the lots", "ranked half opened", fold.Fatal, "result-lots", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.SharesBody(1, 0)))
		s.v.MixContest(1, 1)
		s.v.MixContest(1, 2)
		b := body[*record.Result](s, "ranked certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	rankedResult("H3 a blank ballot counted as spoiled", "result-count", func(b *record.ContestResult) { b.Counts = []uint64{3, 0, 1} }),
	rankedResult("B9 a ballot less", "result-count", func(b *record.ContestResult) { b.Counts = []uint64{2, 1, 0} }),
	rankedResult("a count less", "result-count", func(b *record.ContestResult) { b.Counts = []uint64{3, 1} }),
	rankedResult("H4 other winners", "result-outcome", func(b *record.ContestResult) { b.Winners = []uint64{3, 4} }),
	rankedResult("H4 a winner less", "result-outcome", func(b *record.ContestResult) { b.Winners = b.Winners[:1] }),
	rankedResult("H4 winners in another order", "result-outcome", func(b *record.ContestResult) { slices.Reverse(b.Winners) }),
	rankedResult("no outcome", "result-outcome", func(b *record.ContestResult) { b.Outcome, b.Winners = contest.OutcomeFailed, nil }),
}

// empty seals the ballot box with nothing in it, and has the trustees sign it.
func (s *scene) empty() {
	s.fork()
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	s.v.Inputs(1, 2, 3)
}

// mix is a part of trustee 2's stage of contest 1 as it would be in the scene, or in the one where mixing begins, with a change.
func mix(name, at, code string, change func(*scene, *record.Mix)) refusal {
	return refusal{"mix: " + name, at, fold.Void, code, func(s *scene) []byte {
		b := &record.Mix{Trustee: 2, Contest: 1, Stage: 1, Data: make([]byte, 288+4*224)}
		if m := s.v.State().Mixing(1); m != nil && m.MayMix(2) {
			b = s.v.MixBodies(2, 1)[0].(*record.Mix)
			b.Data = bytes.Clone(b.Data)
		}
		if change != nil {
			change(s, b)
		}
		return s.v.By(2, b).Raw()
	}}
}

// decryption is trustee 2's decryption of contest 1, or of trustee 3 if the change says so.
func decryption(name, at, code string, change func(*scene, *record.Decryption)) refusal {
	return refusal{"decryption: " + name, at, fold.Void, code, func(s *scene) []byte {
		b := &record.Decryption{Trustee: 2, Contest: 1, Shares: make([]byte, 4*32), Proof: make([]byte, 96)}
		if m := s.v.State().Mixing(1); m != nil && m.MayDecrypt(2) {
			b = s.v.MixBodies(2, 1)[0].(*record.Decryption)
			b.Shares = bytes.Clone(b.Shares)
		}
		if change != nil {
			change(s, b)
		}
		return s.v.By(int(b.Trustee), b).Raw()
	}}
}

func rankedResult(name, code string, change func(*record.ContestResult)) refusal {
	return refusal{"ranked: " + name, "ranked opened", fold.Fatal, code, func(s *scene) []byte {
		b := s.v.ResultBody()
		c := &b.Contests[1]
		c.Counts, c.Winners = slices.Clone(c.Counts), slices.Clone(c.Winners)
		change(c)
		return s.v.Officer(b).Raw()
	}}
}

// TestD6_AStageThatDoesNotHoldBarsItsAuthor: it is void, and its author is out; the log verifies, and others go on.
func TestD6_AStageThatDoesNotHoldBarsItsAuthor(t *testing.T) {
	s := at(t, "ranked mixing")
	s.fork()
	before := s.o.State.Digest()
	good := s.v.MixBodies(2, 1)[0].(*record.Mix)
	bad := *good
	bad.Data = bytes.Clone(good.Data)
	bad.Data[len(bad.Data)-100] ^= 1
	raw := s.v.By(2, &bad).Raw()
	if o := s.o.Judge(raw); o.Status != fold.Void || o.Code != "mix" {
		t.Fatalf("judged %v", o)
	}
	if s.o.State.Digest() != before {
		t.Error("judging has changed the state")
	}
	if o := s.o.Append(raw); o.Code != "mix" {
		t.Fatalf("applied %v", o)
	}
	s.refused(s.v.By(2, good).Raw(), fold.Void, "mix-author")
	m := s.v.State().Mixing(1)
	if m.MayMix(2) || !m.MayMix(3) || len(m.Mixers()) != 2 {
		t.Errorf("mixed by %v", m.Mixers())
	}
	s.v.MixContest(3, 1)
	s.v.MixContest(2, 2) // another contest
	s.v.Shares(2, 4)     // it may still decrypt
	s.v.Result()
	if _, outcomes := simulate.Replay(s.o.Log()); simulate.Faults(outcomes) != simulate.Faults(s.o.Outcomes()) {
		t.Errorf("the same log, folded again:\n%s", simulate.Faults(outcomes))
	}
}

// TestD8_StagesOfOtherThings: a stage that was made for another contest, vote, stage or trustee, or of other ballots, does not hold. Here
// every party signs what it posts; package tally has the same for every field.
func TestA10_D8_StagesOfOtherThings(t *testing.T) {
	s := at(t, "ranked mixing")
	once := at(t, "ranked signed")
	other := at(t, "ranked sealed") // another vote of the same ballots: a fork that was sealed otherwise
	other.fork()
	other.v.Inputs(4, 3, 2)
	for name, data := range map[string][]byte{
		"D8 of the ballots themselves":        once.v.MixBodies(2, 1)[0].(*record.Mix).Data,
		"A10 of another contest":              s.v.MixBodies(2, 2)[0].(*record.Mix).Data,
		"A10 another trustee's":               s.v.MixBodies(3, 1)[0].(*record.Mix).Data,
		"A10 of another history, first stage": other.v.MixBodies(2, 1)[0].(*record.Mix).Data,
		"D3 an earlier stage again":           stageOf(&s, 4, 1).Data,
	} {
		b := &record.Mix{Trustee: 2, Contest: 1, Stage: 3, Data: data}
		if o := s.o.Judge(s.v.By(2, b).Raw()); o.Status != fold.Void || o.Code != "mix" {
			t.Errorf("%s: %v", name, o)
		}
	}
}

// stageOf returns the first part that a trustee has posted of a contest's mix.
func stageOf(s *scene, trustee, of uint64) *record.Mix {
	for _, raw := range s.o.Log() {
		if r, err := record.Decode(raw); err == nil {
			if b, ok := r.Body.(*record.Mix); ok && b.Trustee == trustee && b.Contest == of {
				return b
			}
		}
	}
	s.t.Fatal("there is no such stage")
	return nil
}

// TestA3_E7_DecryptionsThatAreNot: whatever a trustee or a thief of its signing key makes up is void.
func TestA3_E7_DecryptionsThatAreNot(t *testing.T) {
	s, earlier := at(t, "ranked mixed"), at(t, "ranked mixing")
	mine := func(i int) *record.Decryption {
		b := *s.v.MixBodies(i, 1)[0].(*record.Decryption)
		b.Shares, b.Proof = bytes.Clone(b.Shares), bytes.Clone(b.Proof)
		return &b
	}
	x := simulate.NewKey(t)
	for name, change := range map[string]func(b *record.Decryption){
		"A10 of another contest":   func(b *record.Decryption) { *b = *s.v.MixBodies(2, 2)[0].(*record.Decryption); b.Contest = 1 },
		"E7 another trustee's":     func(b *record.Decryption) { *b = *mine(1); b.Trustee = 2 },
		"A3 with another's proof":  func(b *record.Decryption) { b.Proof = mine(1).Proof },
		"E7 with another secret":   func(b *record.Decryption) { b.Shares = powers(t, mine(1).Shares, x.Scalar()) },
		"B6 the identity":          func(b *record.Decryption) { clear(b.Shares[:32]) },
		"A10 two shares exchanged": func(b *record.Decryption) { copy(b.Shares, slices.Concat(b.Shares[32:64], b.Shares[:32])) },
	} {
		b := mine(2)
		change(b)
		if o := s.o.Judge(s.v.By(2, b).Raw()); o.Status != fold.Void || o.Code != "share" {
			t.Errorf("%s: %v", name, o)
		}
	}
	if earlier.v.State().Mixing(1).MayDecrypt(2) {
		t.Error("decryption before the last stage")
	}
}

// powers raises elements of 32 bytes each.
func powers(t *testing.T, elements []byte, x group.Scalar) (out []byte) {
	t.Helper()
	es, err := record.Elements(elements)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		out = e.Mul(x).Append(out)
	}
	return out
}

// TestD5_TheListIsThatOfTheCountedBallots: each mixer computes it from the sealed log: one item for each credential, the last ballot of
// each, in the order of these. A mixer that is shown less has another root in hand, and refuses.
func TestD4_D5_TheListIsOfTheCountedBallots(t *testing.T) {
	s := at(t, "ranked signed")
	m := s.v.State().Mixing(1)
	if m.Items() != 4 || s.v.State().Mixing(0) != nil || m.Stages() != 3 {
		t.Fatalf("%d items", m.Items())
	}
	if at(t, "ranked nearly signed").v.State().Mixing(1) != nil {
		t.Error("there is something to mix before q trustees have signed the input")
	}
	less := at(t, "ranked open")
	less.fork()
	less.v.Cast(0, nil, []int{0, 1}, nil)
	less.v.Close()
	less.v.Promises()
	less.v.Seal()
	less.v.Inputs(1, 2, 3)
	w, err := tally.NewMixer(m, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, w, err = w.Next(m, s.v.Share(1), true, rand.Reader); err != nil {
		t.Fatal(err)
	}
	if bodies, _, err := w.Next(less.v.State().Mixing(1), s.v.Share(1), true, rand.Reader); err == nil || len(bodies) > 0 {
		t.Error("trustee 1 mixes a second ballot box, of one ballot")
	}
}

// TestTwoTrusteesRace: both post their parts of one stage; the one whose last part comes first has made it, and the other's parts are void.
func TestTwoTrusteesRace(t *testing.T) {
	s := at(t, "ranked signed")
	s.fork()
	one, two := s.v.MixBodies(1, 1), s.v.MixBodies(2, 1)
	s.o.Post(s.v.By(2, two[0]))
	s.refused(s.v.By(1, one[0]).Raw(), fold.Void, "dup")
	if got := s.v.State().Mixing(1).Mixers(); !slices.Equal(got, []int{2}) {
		t.Errorf("mixed by %v", got)
	}
	s.v.MixContest(1, 1) // trustee 1 makes the next stage, from the start
	s.v.MixContest(3, 1)
	s.v.Mix(4)
}
