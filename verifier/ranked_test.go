package verifier_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
	"mandate/verifier"
)

// leadership is a whole vote with a choice and a ranked contest, up to the result.
func leadership(t *testing.T) *simulate.Vote {
	t.Helper()
	return simulate.Whole(t, simulate.Config{
		Members: 12, Registrars: 2, Trustees: 4, Threshold: 2, Quorum: 3, Mixes: 3, Revote: true,
		Contests: []contest.Contest{simulate.YesNo("question"), simulate.Rank("board", contest.MethodScottishSTV, 5, 4, 2)},
	})
}

func TestARankedVoteIsVerified(t *testing.T) {
	v := leadership(t)
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() {
		t.Fatalf("verdict %v, problem %q, %+v", r.Verdict, r.Problem, r.Votes)
	}
	for _, c := range r.Votes[0].Checks {
		if want := c.Number >= 21 && c.Number < 30; (c.Status == verifier.NotAsked) != want || !want && c.Status != verifier.Held {
			t.Errorf("check %d %s: %v %s", c.Number, c.Name, c.Status, c.Detail)
		}
	}
	if c := checkOf(t, r, 30); !strings.Contains(c.Detail, "Trustee 1, then Trustee 2, then Trustee 3") {
		t.Errorf("check 30: %s", c.Detail)
	}
	choice, board := r.Votes[0].Contests[0], r.Votes[0].Contests[1]
	if choice.Ranked != nil || choice.Kind != contest.KindChoice || board.Kind != contest.KindRanked || board.Ranked == nil || !board.Binding {
		t.Fatalf("%+v %+v", choice, board)
	}
	res, k := v.State().Result.Contests[1], board.Ranked
	if !slices.Equal(res.Counts, []uint64{k.Expressed, k.Blank, k.Spoiled}) || !slices.Equal(res.Winners, k.Winners) || len(k.Winners) != 2 {
		t.Errorf("%+v, the result is %+v", k, res)
	}
	for j, o := range board.Options {
		if o.Winner != slices.Contains(k.Winners, uint64(j)) {
			t.Errorf("option %d: %+v", j, o)
		}
	}
	if k.Possible != "206" || k.Depth != 4 || k.Method != "scottish-stv" || k.Seats != 2 || len(k.Mixers) != 3 || len(k.Decrypted) != 2 || len(k.Seed) != 64 {
		t.Errorf("%+v", k)
	}
	if k.Count == nil || len(k.Count.Elected) != 2 || k.Election == nil || len(k.Election.Ballots) != k.Different {
		t.Errorf("count %+v, election %+v", k.Count, k.Election)
	}
	var lines []string
	for _, l := range r.Votes[0].Story {
		lines = append(lines, l.Text)
	}
	story := strings.Join(lines, "\n")
	for _, want := range []string{
		"Trustee 2 has shuffled the ballots, stage 2 of 3: Who shall it be", "2 trustees have decrypted the shuffled ballots", "2 trustees have drawn the lots.",
		"7 ballots rank somebody, 1 blank, 0 spoiled; elected: Candidate",
	} {
		if strings.Count(story, want) != 1 {
			t.Errorf("the story has not once %q:\n%s", want, story)
		}
	}
	var back map[string]any
	b, err := json.Marshal(r)
	if err != nil || json.Unmarshal(b, &back) != nil || !bytes.Contains(b, []byte(`"action":"first-count"`)) {
		t.Errorf("as JSON: %v", err)
	}
}

// H1, H2: what a reader of a ranked result must be told.
func TestH1_H2_WarningsOfRankedVotes(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 4, Registrars: 1, Contests: []contest.Contest{simulate.Rank("board", contest.MethodIRV, 4, 4, 1)}}).Round().Vote()
	v.Round.Cards(0, 1)
	v.Ceremony()
	v.Open()
	one := v.On(v.Org.Fork())
	one.Cast(0, []int{2})
	one.Finish()
	r := verify(t, sourceOf(t, one.Org), verifier.Options{})
	warnedOf(t, r, "65 different rankings are possible and 1 ballots were counted", "one ballot was shuffled, which hides nothing")

	two := v.On(v.Org.Fork())
	two.Cast(0, []int{2, 1})
	two.Cast(1, []int{2, 1})
	two.Close()
	two.Promises()
	two.Seal()
	two.Inputs(1, 2)
	bad := *two.MixBodies(3, 0)[0].(*record.Mix)
	bad.Data = bytes.Clone(bad.Data)
	bad.Data[len(bad.Data)-1] ^= 1
	if o := two.Org.Append(two.By(3, &bad).Raw()); o.Code != "mix" {
		t.Fatal(o)
	}
	two.Mix(1, 2)
	two.Shares(1, 3)
	two.Result()
	r = verify(t, sourceOf(t, two.Org), verifier.Options{})
	if !r.OK() {
		t.Errorf("%v: a stage that does not hold is void and fails nothing", r.Verdict)
	}
	warnedOf(t, r, "all ballots agree", "Trustee 3 has posted a shuffle or a decryption that does not hold")

	spoiled := v.On(v.Org.Fork())
	f := spoiled.Forge(spoiled.Credential(0), nil)
	f.Elements[0][0] = group.Generator()
	f.Encrypt()
	spoiled.Org.Post(f.Record())
	spoiled.Cast(1, []int{0})
	spoiled.Finish()
	r = verify(t, sourceOf(t, spoiled.Org), verifier.Options{})
	warnedOf(t, r, "1 ballot holds no ranking at all")
	if k := r.Votes[0].Contests[0].Ranked; k.Spoiled != 1 || k.Different != 1 || k.Count.Ballots.Spoiled.Uint64() != 1 {
		t.Errorf("%+v", k)
	}
}

func warnedOf(t *testing.T, r *verifier.Report, want ...string) {
	t.Helper()
	all := strings.Join(r.Votes[0].Warnings, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("no warning has %q:\n%s", w, all)
		}
	}
}

func TestRankedVoteWithoutBallots(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 4, Registrars: 1, Contests: []contest.Contest{simulate.Rank("board", contest.MethodIRV, 4, 4, 1)}}).Round().Vote()
	v.Ceremony()
	v.Open()
	v.Finish()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{})
	if !r.OK() || checkOf(t, r, 30).Status != verifier.NotAsked {
		t.Errorf("%v %+v", r.Verdict, checkOf(t, r, 30))
	}
	if k := r.Votes[0].Contests[0].Ranked; k.Count != nil || k.Possible != "65" || len(k.Winners) != 0 {
		t.Errorf("%+v", k)
	}
}

// A board that records whatever it is given, and a commission that certifies all the same: the log has what no honest board takes, and the
// verifier says which check fails. In each story the honest result of the honest log is certified at the end.
func TestD_WhatADishonestBoardRecords(t *testing.T) {
	honest := leadership(t)
	certified := honest.State().Result
	sealed := honest.On(honest.Org.Until(int(honest.State().Sealed) + 1))
	sealed.Inputs(1, 2, 3)
	choice := func(v *simulate.Vote) {
		for i := 1; i <= 2; i++ {
			v.Org.Post(v.By(i, v.SharesBody(i, 0)))
			v.Org.Post(v.By(i, v.LotsBody(i)))
		}
	}
	// record puts a stage or a decryption on the log, changed, and wants it void with a code.
	misplace := func(v *simulate.Vote, i int, code string, change func(b record.Body)) {
		t.Helper()
		b := v.MixBodies(i, 1)[0]
		switch c := b.(type) {
		case *record.Mix:
			d := *c
			d.Data = bytes.Clone(c.Data)
			b = &d
		case *record.Decryption:
			d := *c
			d.Shares = bytes.Clone(c.Shares)
			b = &d
		}
		change(b)
		if o := v.Org.Append(v.By(i, b).Raw()); o.Status != fold.Void || o.Code != code {
			t.Fatalf("%v, want %s", o, code)
		}
	}
	for name, c := range map[string]struct {
		check int
		code  string
		void  string
		do    func(v *simulate.Vote)
	}{
		"D6 m-1 stages": {30, "result-mixes", "", func(v *simulate.Vote) { v.Mix(1, 2) }},
		"D6 the third stage by the first mixer": {30, "result-mixes", "mix/mix-author", func(v *simulate.Vote) {
			v.Mix(1, 2)
			b := *v.MixBodies(3, 1)[0].(*record.Mix)
			b.Trustee = 1
			if o := v.Org.Append(v.By(1, &b).Raw()); o.Code != "mix-author" {
				t.Fatal(o)
			}
		}},
		"D8 a stage of the ballots as they were": {30, "result-mixes", "mix/mix", func(v *simulate.Vote) {
			first := v.On(v.Org.Fork()).MixBodies(3, 1)[0].(*record.Mix).Data
			v.Mix(1, 2)
			misplace(v, 3, "mix", func(b record.Body) { b.(*record.Mix).Data = first })
		}},
		"A4 an output altered": {30, "result-mixes", "mix/mix", func(v *simulate.Vote) {
			v.Mix(1, 2)
			misplace(v, 3, "mix", func(b record.Body) { b.(*record.Mix).Data[40] ^= 1 })
		}},
		"D7 a stage of a ballot less": {30, "result-mixes", "mix/form", func(v *simulate.Vote) {
			v.Mix(1, 2)
			misplace(v, 3, "form", func(b record.Body) { m := b.(*record.Mix); m.Data = m.Data[:len(m.Data)-224] })
		}},
		"D1 decrypted before the last stage": {30, "result-mixes", "decryption/order", func(v *simulate.Vote) {
			v.Mix(1, 2)
			early := v.On(v.Org.Fork())
			early.Mix(3)
			for i := 1; i <= 2; i++ {
				v.Org.Append(v.By(i, early.MixBodies(i, 1)[0]).Raw())
			}
		}},
		"A3 shares that are not the trustee's": {18, "result-shares", "decryption/share", func(v *simulate.Vote) {
			v.Mix(1, 2, 3)
			v.MixContest(1, 1)
			other := v.MixBodies(4, 1)[0].(*record.Decryption).Shares
			misplace(v, 2, "share", func(b record.Body) { b.(*record.Decryption).Shares = bytes.Clone(other) })
		}},
		"E11 t-1 decryptions": {18, "result-shares", "", func(v *simulate.Vote) {
			v.Mix(1, 2, 3)
			v.MixContest(4, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := sealed.On(sealed.Org.Fork())
			c.do(v)
			choice(v)
			v.Org.Append(v.Officer(certified).Raw())
			r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
			wantFailed(t, r, c.check, c.code)
			if c.void != "" && r.VoidTotal[c.void] == 0 {
				t.Errorf("void records %v, want %s", r.VoidTotal, c.void)
			}
			if r.Votes[0].Contests != nil {
				t.Error("a result that is not to be believed is shown")
			}
		})
	}
	// H4: winners other than the count's, and counts other than those opened.
	opened := honest.On(honest.Org.Until(len(honest.Org.Log()) - 1))
	for name, c := range map[string]struct {
		check  int
		code   string
		change func(k *record.ContestResult)
	}{
		"H4 another winner":           {20, "result-outcome", func(k *record.ContestResult) { k.Winners = []uint64{k.Winners[0], 5 - k.Winners[1]} }},
		"H4 nobody elected":           {20, "result-outcome", func(k *record.ContestResult) { k.Outcome, k.Winners = contest.OutcomeFailed, nil }},
		"H3 a blank ballot expressed": {19, "result-count", func(k *record.ContestResult) { k.Counts = []uint64{k.Counts[0] + 1, k.Counts[1] - 1, 0} }},
	} {
		t.Run(name, func(t *testing.T) {
			v := opened.On(opened.Org.Fork())
			b := *certified
			b.Contests = slices.Clone(b.Contests)
			c.change(&b.Contests[1])
			v.Org.Append(v.Officer(&b).Raw())
			wantFailed(t, verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID}), c.check, c.code)
		})
	}
}

// Any byte of a shuffle that a board changes makes the log another one, and its verification fail.
func TestD11_AStageChangedOnTheLog(t *testing.T) {
	v := leadership(t)
	log := v.Org.Log()
	for n, raw := range log {
		r, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if r.Kind() != "mix" && r.Kind() != "decryption" {
			continue
		}
		changed := slices.Clone(log)
		changed[n] = bytes.Clone(raw)
		changed[n][len(raw)/2] ^= 4
		o := v.Org.Rebuild(changed)
		if got := verify(t, sourceOf(t, o), verifier.Options{Vote: v.ID}); got.Verdict != verifier.Refuted {
			t.Errorf("record %d, %s: %v", n, r.Kind(), got.Verdict)
		}
	}
}

// D7: stages of several records. A part is missing, there twice, or another's; what is not whole is nothing, and disturbs nobody.
func TestD7_StagesOfSeveralParts(t *testing.T) {
	if testing.Short() {
		t.Skip("makes hundreds of voter cards")
	}
	const n = 270
	v := simulate.New(t, simulate.Config{
		Members: n, Registrars: 1, Contests: []contest.Contest{simulate.Rank("board", contest.MethodIRV, 4, 4, 1)},
	}).Round().Vote()
	var all []int
	for i := range n {
		all = append(all, i)
	}
	v.Round.Cards(all...)
	v.Ceremony()
	v.Open()
	for i := range n {
		v.Cast(i, v.Choice(i)...)
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	first, other := v.MixBodies(1, 0), v.MixBodies(2, 0)
	if len(first) != 2 {
		t.Fatalf("%d parts", len(first))
	}
	v.Org.Post(v.By(2, other[0]))
	v.Org.Post(v.By(1, first[0]))
	if o := v.Org.Append(v.By(1, first[0]).Raw()); o.Code != "dup" {
		t.Fatal(o)
	}
	v.Org.Post(v.By(1, first[1]))
	if o := v.Org.Append(v.By(2, other[1]).Raw()); o.Code != "dup" { // the stage is made
		t.Fatal(o)
	}
	second := v.MixBodies(2, 0)
	v.Org.Post(v.By(2, second[0]))
	missing := v.On(v.Org.Fork())
	v.Org.Post(v.By(2, second[1]))
	v.Shares(1, 3)
	v.Result()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() || r.VoidTotal["mix/dup"] != 2 {
		t.Errorf("%v, void %v", r.Verdict, r.VoidTotal)
	}
	if k := r.Votes[0].Contests[0].Ranked; k.Expressed+k.Blank != n || k.Spoiled != 0 {
		t.Errorf("%+v", k)
	}
	for i := 1; i <= 2; i++ {
		missing.Org.Post(missing.By(i, missing.LotsBody(i)))
	}
	missing.Org.Append(missing.Officer(v.State().Result).Raw())
	wantFailed(t, verify(t, sourceOf(t, missing.Org), verifier.Options{Vote: v.ID}), 30, "result-mixes")
}
