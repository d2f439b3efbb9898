package verifier_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
	"mandate/verifier"
)

// A mixing is a sealed vote with a choice (contest 0) and ranked contests of one ciphertext (1) and of two (2) a ballot. Of its nine trustees two
// decrypt, and three mix.
func mixing(t *testing.T) *simulate.Vote {
	v := simulate.New(t, simulate.Config{Members: 6, Registrars: 1, Trustees: 9, Threshold: 2, Mixes: 3, Contests: []contest.Contest{
		simulate.YesNo("question"), simulate.Rank("chair", contest.MethodIRV, 3, 2, 1), simulate.Rank("board", contest.MethodScottishSTV, 60, 60, 2)}}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3)
	v.Ceremony()
	v.Open()
	for entry := range 3 {
		v.Cast(entry, []int{simulate.Yes}, []int{entry, (entry + 1) % 3}, []int{7 + entry, 50})
	}
	v.Close()
	v.Promises()
	v.Seal()
	return v
}

func mixBody(v *simulate.Vote, trustee, contest int) *record.Mix {
	body := *v.MixBodies(trustee, contest)[0].(*record.Mix)
	body.Data = bytes.Clone(body.Data)
	return &body
}

func decryptionBody(v *simulate.Vote, trustee, contest int) *record.Decryption {
	body := *v.MixBodies(trustee, contest)[0].(*record.Decryption)
	body.Shares, body.Proof = bytes.Clone(body.Shares), bytes.Clone(body.Proof)
	return &body
}

// wantVoid appends a record of a trustee's, of which the first verifier must find what the test is about.
func wantVoid(t *testing.T, v *simulate.Vote, code string, trustee int, body record.Body) {
	t.Helper()
	if o := v.Org.Append(v.By(trustee, body).Raw()); o.Code != code {
		t.Errorf("%s %q, want %q: %s", body.Kind(), o.Code, code, o)
	}
}

// Two verifiers that share no code find the same faults in mixes, decryptions, lots and results of ranked contests.
func TestTheSecondVerifierAgreesOnBadMixes(t *testing.T) {
	agree := agreement(t)
	v := mixing(t)
	fork := func() *simulate.Vote { return v.On(v.Org.Fork()) }

	// What a whole tally says, for use where it is too early.
	whole := fork()
	whole.Inputs(1, 2)
	early := mixBody(whole, 1, 1)
	whole.Mix(1, 2, 3)
	earlyDecryption := decryptionBody(whole, 1, 1)
	whole.Shares(1, 2)
	result := whole.Officer(whole.ResultBody()).Raw()
	agree("nothing wrong", verifier.Unfinished, packageOf(t, whole.Org), verifier.Options{Vote: v.ID})

	w := fork()
	fatal := func(code string, raw []byte) {
		t.Helper()
		if o := w.Org.Append(raw); o.Code != code {
			t.Errorf("result: %v, want %q", o, code)
		}
	}
	void := func(code string, trustee int, body record.Body) {
		t.Helper()
		wantVoid(t, w, code, trustee, body)
	}
	void("input-quorum", 1, early)
	void("input-quorum", 1, earlyDecryption)
	fatal("result-input", result)
	w.Inputs(1, 2)
	fatal("result-shares", result)
	for i := range 2 {
		w.Org.Post(w.By(1+i, w.SharesBody(1+i, 0)))
	}
	fatal("result-mixes", result)

	// Forms and orders of stages.
	change := func(change func(b *record.Mix)) *record.Mix {
		b := mixBody(w, 1, 1)
		change(b)
		return b
	}
	void("form", 1, change(func(b *record.Mix) { b.Contest = 3 }))
	void("form", 1, change(func(b *record.Mix) { b.Contest = 0 }))
	void("form", 1, change(func(b *record.Mix) { b.Contest = 1 << 63 }))
	void("form", 1, change(func(b *record.Mix) { b.Stage = 0 }))
	void("form", 1, change(func(b *record.Mix) { b.Stage = 4 }))
	void("form", 1, change(func(b *record.Mix) { b.Stage = 1<<64 - 1 }))
	void("form", 1, change(func(b *record.Mix) { b.Data = b.Data[1:] }))
	void("form", 1, change(func(b *record.Mix) { b.Data = append(b.Data, 0) }))
	void("form", 1, change(func(b *record.Mix) { b.Data = nil }))
	void("order", 1, change(func(b *record.Mix) { b.Part = 1 }))
	void("order", 1, change(func(b *record.Mix) { b.Stage = 2 }))
	void("order", 1, earlyDecryption)
	void("form", 1, &record.Decryption{Trustee: 1, Contest: 0})
	void("form", 1, &record.Decryption{Trustee: 1, Contest: 9})
	void("form", 1, &record.Shares{Trustee: 1, Contest: 1, Shares: make([]byte, 96), Proof: make([]byte, 96)})

	// Stages that are no shuffles. Each bars its author from the contest.
	const n = 3
	list := func(width int) int { return 64 * width * n }
	noncanonical := bytes.Repeat([]byte{0xff}, 32)
	copied := bytes.Clone(early.Data) // another vote's proof, were it not for the fork
	for i, alter := range []func(data []byte, width int){
		func(data []byte, width int) { data[list(width)+32*2*n+32*3+1] ^= 1 },                 // t41
		func(data []byte, width int) { copy(data, data[64*width:128*width]) },                 // an item twice
		func(data []byte, width int) { copy(data[list(width):], data[list(width)+32:][:32]) }, // c_1 = c_2
		func(data []byte, width int) { copy(data[len(data)-32:], noncanonical) },              // s'
		func(data []byte, width int) { copy(data, make([]byte, 32)) },                         // the identity
		func(data []byte, width int) { copy(data[32:], group.Generator().Bytes()) },           // a B
	} {
		for contest, width := range []int{1: 1, 2: 2} {
			if width > 0 {
				trustee := 4 + i
				b := mixBody(w, trustee, contest)
				alter(b.Data, width)
				void("mix", trustee, b)
			}
		}
	}
	void("mix-author", 9, &record.Mix{Trustee: 9, Contest: 1, Stage: 1})
	void("mix-author", 4, &record.Mix{Trustee: 4, Contest: 2, Stage: 2, Part: 7})

	// Stages of others: trustee 3's as trustee 1's, and the first as the second.
	replay := func(b *record.Mix, trustee, stage uint64) *record.Mix {
		again := *b
		again.Trustee, again.Stage = trustee, stage
		return &again
	}
	of3 := mixBody(w, 3, 1)
	first := mixBody(w, 1, 1)
	w.Org.Post(w.By(1, first))
	void("dup", 1, first)
	void("dup", 3, of3)
	void("mix-author", 1, replay(first, 1, 2))
	x := w.On(w.Org.Fork()) // trustees that are barred have to be more than are needed
	wantVoid(t, x, "mix", 2, replay(first, 2, 2))
	wantVoid(t, x, "mix", 3, replay(of3, 3, 2))
	wantVoid(t, x, "mix-author", 3, replay(of3, 3, 2))
	agree("stages replayed", verifier.Refuted, packageOf(t, x.Org), verifier.Options{Vote: v.ID})
	y := w.On(v.Org.Fork())
	y.Inputs(1, 2)
	wantVoid(t, y, "mix", 2, &record.Mix{Trustee: 2, Contest: 1, Stage: 1, Data: copied})
	wantVoid(t, y, "mix", 3, &record.Mix{Trustee: 3, Contest: 1, Stage: 1, Data: append(bytes.Clone(copied[:list(1)]), of3.Data[list(1):]...)})
	agree("proofs of others", verifier.Unfinished, packageOf(t, y.Org), verifier.Options{Vote: v.ID})

	w.MixContest(2, 1)
	fatal("result-mixes", result)
	w.MixContest(3, 1)
	w.MixContest(1, 2)
	w.MixContest(2, 2)
	void("dup", 4, &record.Mix{Trustee: 4, Contest: 1, Stage: 3})
	void("form", 4, &record.Mix{Trustee: 4, Contest: 1, Stage: 4})
	fatal("result-shares", result)
	w.MixContest(3, 2)

	// Decryptions. One that does not hold bars its author.
	decryption := func(trustee int, change func(b *record.Decryption)) *record.Decryption {
		b := decryptionBody(w, trustee, 1)
		change(b)
		return b
	}
	void("order", 1, decryption(1, func(b *record.Decryption) { b.Part = 1 }))
	void("form", 1, decryption(1, func(b *record.Decryption) { b.Shares = b.Shares[:64] }))
	void("form", 1, decryption(1, func(b *record.Decryption) { b.Proof = nil }))
	void("form", 1, decryption(1, func(b *record.Decryption) { b.Proof = append(b.Proof, 0) }))
	void("share", 4, decryption(4, func(b *record.Decryption) { copy(b.Shares, b.Shares[32:64]) }))
	void("share", 5, decryption(5, func(b *record.Decryption) { b.Proof[40] ^= 1 }))
	void("share", 6, decryption(6, func(b *record.Decryption) { copy(b.Shares, noncanonical) }))
	void("share", 7, decryption(7, func(b *record.Decryption) { copy(b.Shares, make([]byte, 32)) }))
	void("share", 8, decryption(9, func(b *record.Decryption) { b.Trustee = 8 }))
	void("share-author", 4, &record.Decryption{Trustee: 4, Contest: 1})
	w.MixContest(9, 1)
	void("dup", 9, &record.Decryption{Trustee: 9, Contest: 1})
	fatal("result-shares", result)
	w.MixContest(1, 1)
	w.MixContest(1, 2)
	fatal("result-shares", result)
	w.MixContest(4, 2) // barred from mixing it

	// Lots.
	lots := w.LotsBody(1)
	lots.Proof = slices.Clone(lots.Proof)
	lots.Proof[0] ^= 1
	void("share", 1, lots)
	w.Org.Post(w.By(1, w.LotsBody(1)))
	void("dup", 1, w.LotsBody(1))
	fatal("result-lots", result)
	w.Org.Post(w.By(5, w.LotsBody(5)))

	// Results.
	wrong := func(code string, change func(b *record.Result)) {
		t.Helper()
		b := w.ResultBody()
		change(b)
		fatal(code, w.Officer(b).Raw())
	}
	wrong("result-count", func(b *record.Result) { b.Contests[1].Counts[0]-- })
	wrong("result-count", func(b *record.Result) { b.Contests[1].Counts = b.Contests[1].Counts[:2] })
	wrong("result-count", func(b *record.Result) { b.Contests[2].Counts = append(b.Contests[2].Counts, 0) })
	wrong("result-outcome", func(b *record.Result) { b.Contests[1].Outcome = contest.OutcomeFailed })
	wrong("result-outcome", func(b *record.Result) { b.Contests[1].Winners[0] = (b.Contests[1].Winners[0] + 1) % 3 })
	wrong("result-outcome", func(b *record.Result) { slices.Reverse(b.Contests[2].Winners) })
	wrong("result-outcome", func(b *record.Result) { b.Contests[2].Winners = b.Contests[2].Winners[:1] })
	w.Result()
	agree("everything wrong, and a result", verifier.Refuted, packageOf(t, w.Org), verifier.Options{Vote: v.ID})

	quorum := simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)
	quorum.Ranking.QuorumNum, quorum.Ranking.QuorumDen = 1, 1
	missed := simulate.New(t, simulate.Config{Members: 3, Registrars: 1, Contests: []contest.Contest{quorum}}).Round().Vote()
	missed.Round.Cards(0)
	missed.Ceremony()
	missed.Open()
	missed.Cast(0, []int{1})
	missed.Close()
	missed.Promises()
	missed.Seal()
	missed.Inputs(1, 2)
	missed.Mix(1, 2)
	missed.MixContest(1, 0)
	missed.MixContest(2, 0)
	noQuorum := &record.Result{By: 1, Roll: 3, Counted: 1, Contests: []record.ContestResult{{Counts: []uint64{1, 0, 0}, Outcome: contest.OutcomeNoQuorum}}}
	if o := missed.Org.Append(missed.Officer(noQuorum).Raw()); o.Code != "result-lots" {
		t.Errorf("%v", o)
	}
	agree("quorum missed without lots", verifier.Refuted, packageOf(t, missed.Org), verifier.Options{Vote: missed.ID})

	empty := simulate.New(t, simulate.Config{Members: 3, Registrars: 1, Contests: []contest.Contest{simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)}}).Round().Vote()
	empty.Ceremony()
	empty.Open()
	empty.Close()
	wantVoid(t, empty, "phase", 1, &record.Mix{Trustee: 1, Stage: 1})
	wantVoid(t, empty, "phase", 1, &record.Decryption{Trustee: 1})
	empty.Promises()
	empty.Seal()
	wantVoid(t, empty, "input-quorum", 1, &record.Mix{Trustee: 1, Stage: 1})
	empty.Inputs(1, 2)
	wantVoid(t, empty, "empty", 1, &record.Mix{Trustee: 1, Stage: 1})
	wantVoid(t, empty, "empty", 1, &record.Decryption{Trustee: 1, Contest: 7})
	empty.Org.Post(empty.By(1, empty.LotsBody(1)))
	body := empty.ResultBody()
	for _, change := range []func(b *record.ContestResult){
		func(b *record.ContestResult) { b.Counts = []uint64{0, 0, 1} },
		func(b *record.ContestResult) { b.Counts = []uint64{} },
		func(b *record.ContestResult) { b.Outcome = "lost" },
		func(b *record.ContestResult) { b.Outcome = contest.OutcomeElected },
		func(b *record.ContestResult) { b.Winners = []uint64{1} },
	} {
		wrong := *body
		wrong.Contests = slices.Clone(body.Contests)
		change(&wrong.Contests[0])
		empty.Org.Append(empty.Officer(&wrong).Raw())
	}
	longer := *body
	longer.Contests = append(slices.Clone(body.Contests), body.Contests[0])
	empty.Org.Append(empty.Officer(&longer).Raw())
	done := empty.On(empty.Org.Fork())
	done.Result()
	agree("nothing to mix, results", verifier.Refuted, packageOf(t, done.Org), verifier.Options{Vote: empty.ID})
	agree("nothing to mix", verifier.Refuted, packageOf(t, empty.Org), verifier.Options{Vote: empty.ID})
}

// Two verifiers that share no code find the same manifests and ballots of ranked contests well-formed.
func TestTheSecondVerifierAgreesOnRankedForms(t *testing.T) {
	agree := agreement(t)
	r := simulate.New(t, simulate.Config{Members: 6, Registrars: 1, Slots: 2, Trustees: 4, Threshold: 2, Mixes: 3, Contests: []contest.Contest{
		grouped("board", contest.MethodScottishSTV, 5, 3, contest.RankingRule{Group: "north", Min: 1, Max: 2}, contest.RankingRule{Group: "south", Max: 2}), simulate.YesNo("question")}}).Round()
	manifest := func(change func(b *record.Vote, c *contest.Contest)) {
		t.Helper()
		v := r.NewVote(func(b *record.Vote) {
			b.Contests = slices.Clone(b.Contests)
			c := &b.Contests[0]
			c.Options, c.Ranking.Rules = slices.Clone(c.Options), slices.Clone(c.Ranking.Rules)
			change(b, c)
		})
		if o := r.Org.Append(r.Org.Officer(r.ID, v.Manifest).Raw()); o.Code != "manifest" {
			t.Errorf("%v", o)
		}
	}
	manifest(func(b *record.Vote, c *contest.Contest) { c.Depth = 0 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Depth = 6 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Seats = 0 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Seats = 6 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Method = contest.MethodIRV })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Method = "borda" })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.QuorumDen = 0 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.QuorumDen = 1<<32 + 1 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.QuorumNum, c.Ranking.QuorumDen = 3, 2 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules[0].Min = 3 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules[0].Max = 4 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules[1].Max = 3 })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules[1].Group = "north" })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules[1].Group = "South" })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Ranking.Rules = c.Ranking.Rules[:1] })
	manifest(func(b *record.Vote, c *contest.Contest) { c.Options[0].Groups = []string{"north", "north"} })
	manifest(func(b *record.Vote, c *contest.Contest) { // nine bounds of five rules
		for _, name := range []string{"a", "b", "c"} {
			c.Ranking.Rules = append(c.Ranking.Rules, contest.RankingRule{Group: name, Min: 1, Max: 2})
		}
	})
	manifest(func(b *record.Vote, c *contest.Contest) { // rules whose cases nobody can search
		for i := range 20 {
			c.Options = append(c.Options, contest.Option{ID: fmt.Sprint("more-", i), Title: simulate.English(fmt.Sprint("More ", i))})
		}
		c.Ranking.Seats = 17
		c.Ranking.Rules = []contest.RankingRule{{Group: "north", Min: 2, Max: 8}, {Group: "south", Min: 2, Max: 8}, {Group: "a", Max: 8}, {Group: "b", Max: 8}}
	})
	manifest(func(b *record.Vote, c *contest.Contest) { c.Options = nil })
	manifest(func(b *record.Vote, c *contest.Contest) {
		b.Contests[1] = simulate.YesNo("question")
		b.Contests[1].Options[0].Groups = []string{"north"}
	})
	manifest(func(b *record.Vote, c *contest.Contest) { b.Mixes = 1 })
	manifest(func(b *record.Vote, c *contest.Contest) { b.Mixes = 5 })
	manifest(func(b *record.Vote, c *contest.Contest) { b.Mixes = 0 })
	manifest(func(b *record.Vote, c *contest.Contest) { b.Contests = b.Contests[1:] }) // and mixes

	v := r.Vote(func(b *record.Vote) { // what is just allowed: eight bounds, and groups that nobody is of
		c := &b.Contests[0]
		c.Ranking.Rules = slices.Concat(c.Ranking.Rules, []contest.RankingRule{{Group: "a", Min: 1, Max: 2}, {Group: "b", Max: 1}, {Group: "c", Min: 3, Max: 3}, {Group: "d", Max: 0}})
	})
	r.Cards(0, 1, 2, 3)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{0, 2, 1}, []int{simulate.Yes})
	ballot := func(code string, forge func(f *simulate.Forgery)) {
		t.Helper()
		f := v.Forge(v.Credential(1), []int{3}, []int{simulate.No})
		forge(f)
		if o := v.Org.Append(f.Record().Raw()); o.Code != code {
			t.Errorf("%v, want %q", o, code)
		}
	}
	ballot("form", func(f *simulate.Forgery) { f.Body.Contests[0] = f.Body.Contests[0][:63] })
	ballot("form", func(f *simulate.Forgery) { f.Body.Contests[0] = append(f.Body.Contests[0], f.Body.Contests[0]...) })
	ballot("noncanonical", func(f *simulate.Forgery) { f.Body.Contests[0][63] = 0xff })
	ballot("trivial", func(f *simulate.Forgery) { clear(f.Body.Contests[0][:32]) })
	ballot("proof", func(f *simulate.Forgery) { // somebody's ranking, turned round
		e, err := group.DecodeElement(f.Body.Contests[0][:32])
		if err != nil {
			t.Fatal(err)
		}
		copy(f.Body.Contests[0], e.Neg().Bytes())
	})
	ballot("dup-randomness", func(f *simulate.Forgery) { f.Randomness[0][0] = f.Randomness[1][0]; f.Encrypt() })
	ballot("", func(f *simulate.Forgery) { clear(f.Body.Contests[0][32:]) }) // B = 1: it opens to no ranking

	// Checked ballots that showed something else, and entries taken off the roll.
	code := func(code string, r *record.Record) {
		t.Helper()
		if o := v.Org.Append(r.Raw()); o.Code != code {
			t.Errorf("%v, want %q", o, code)
		}
	}
	checked := v.Ballot(2, []int{4}, []int{simulate.No})
	fault := v.FaultOf(v.Credential(2), checked.ID())
	code("unchecked", fault)
	v.Check(2, checked.ID())
	code("spoiled", checked)
	code("unchecked", v.FaultOf(v.Credential(3), checked.ID()))
	code("", fault)
	code("dup", fault)
	removal := func(entries []uint64, removed bool, reason string) *record.Record {
		return v.Org.Officer(r.Manifest.Roll, &record.RollRemoval{By: 1, Entries: entries, Removed: removed, Reason: reason})
	}
	code("dup", removal([]uint64{2}, false, "put back too early"))
	code("form", removal([]uint64{2, 2}, true, "resigned"))
	code("form", removal([]uint64{6}, true, "resigned"))
	code("form", removal([]uint64{2}, true, ""))
	code("", removal([]uint64{2, 4}, true, "resigned"))
	code("dup", removal([]uint64{3, 4}, true, "resigned"))
	code("", removal([]uint64{4}, false, "removed by mistake"))
	code("", removal([]uint64{3, 4}, true, "resigned"))
	v.Finish()
	code("phase", v.FaultOf(v.Credential(2), checked.ID()))
	agree("forms", verifier.Verified, packageOf(t, r.Org), verifier.Options{Vote: v.ID})

	// The structure of a contest is a matter of decoding.
	raw := r.Org.Officer(r.ID, r.NewVote().Manifest).Raw()
	for name, old := range map[string][2]string{
		"a kind of contest": {"\x66ranked", "\x66rankee"},
		"a choice in name":  {"\x66ranked", "\x66choice"},
		"a field as text":   {"\x6cscottish-stv\x03", "\x6cscottish-stv\x60"},
	} {
		org := r.Org.Fork()
		changed := bytes.Replace(raw, []byte(old[0]), []byte(old[1]), 1)
		if o := org.Append(changed); o.Code != "malformed" || bytes.Equal(raw, changed) {
			t.Errorf("%s: %v", name, o)
		}
		agree(name, verifier.Refuted, packageOf(t, org), verifier.Options{Vote: v.ID})
	}
}

// Two verifiers that share no code put stages together that are posted in parts, by several trustees at once.
func TestTheSecondVerifierAgreesOnParts(t *testing.T) {
	agree := agreement(t)
	const n = 169 // the fewest ballots of three ciphertexts each of which a stage has two parts
	v := simulate.New(t, simulate.Config{Members: n, Registrars: 1, Trustees: 3, Threshold: 2, Mixes: 2, Contests: []contest.Contest{
		simulate.Rank("board", contest.MethodScottishSTV, 128, 128, 9)}}).Round().Vote()
	var everybody []int
	for i := range n {
		everybody = append(everybody, i)
	}
	v.Round.Cards(everybody...)
	v.Ceremony()
	v.Open()
	for i := range n {
		v.Cast(i, []int{i % 128, (i + 7) % 128}[:1+i%2])
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	one, two, three := v.MixBodies(1, 0), v.MixBodies(2, 0), v.MixBodies(3, 0)
	if len(one) != 2 {
		t.Fatal(len(one))
	}
	part := func(b record.Body, change func(b *record.Mix)) *record.Mix {
		again := *b.(*record.Mix)
		change(&again)
		return &again
	}
	wantVoid(t, v, "order", 1, one[1])
	v.Org.Post(v.By(1, one[0]))
	wantVoid(t, v, "dup", 1, one[0])
	wantVoid(t, v, "order", 2, two[1])
	wantVoid(t, v, "order", 1, part(one[1], func(b *record.Mix) { b.Part = 2 }))
	wantVoid(t, v, "form", 1, part(one[1], func(b *record.Mix) { b.Data = one[0].(*record.Mix).Data }))
	v.Org.Post(v.By(2, two[0]))
	v.Org.Post(v.By(3, three[0]))
	v.Org.Post(v.By(1, one[1]))
	wantVoid(t, v, "dup", 2, two[1])

	// What trustee 3 posted of the first stage is dropped: its parts of the second begin anew. And they are no shuffle of what is there now.
	second := func(b *record.Mix) { b.Stage = 2 }
	wantVoid(t, v, "order", 3, part(three[1], second))
	v.Org.Post(v.By(3, part(three[0], second)))
	wantVoid(t, v, "mix", 3, part(three[1], second))
	wantVoid(t, v, "mix-author", 3, part(three[0], second))
	v.MixContest(2, 0)
	v.Shares(1, 3)
	v.Result()
	agree("parts", verifier.Verified, packageOf(t, v.Org), verifier.Options{Vote: v.ID})
}
