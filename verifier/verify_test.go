package verifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

func verify(t testing.TB, src boardlog.Source, o verifier.Options) *verifier.Report {
	t.Helper()
	r, err := verifier.Verify(context.Background(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkOf(t testing.TB, r *verifier.Report, number int) verifier.Check {
	t.Helper()
	for _, c := range r.Log {
		if c.Number == number {
			return c
		}
	}
	for _, v := range r.Votes {
		for _, c := range v.Checks {
			if c.Number == number {
				return c
			}
		}
	}
	t.Fatalf("the report has no check %d", number)
	return verifier.Check{}
}

// wantFailed reports whether a report is refuted by exactly that check and code.
func wantFailed(t testing.TB, r *verifier.Report, number int, code string) {
	t.Helper()
	c := checkOf(t, r, number)
	if r.Verdict != verifier.Refuted || r.OK() || c.Status != verifier.Failed || len(c.Faults) == 0 || c.Faults[0].Code != code {
		t.Errorf("verdict %v, check %d %v %q %v; want it failed with %s", r.Verdict, number, c.Status, c.Detail, c.Faults, code)
	}
}

func TestAWholeVoteIsVerified(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 30, Registrars: 3, Revote: true})
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() || r.Verdict.ExitCode() != 0 {
		t.Fatalf("verdict %v, problem %q, %+v", r.Verdict, r.Problem, r.Votes)
	}
	vote := r.Votes[0]
	state := v.State()
	if vote.Figures.Counted != state.Counted() || vote.Figures.Roll != 30 {
		t.Errorf("figures %+v", vote.Figures)
	}
	for j, o := range vote.Contests[0].Options {
		if o.Count != state.Result.Contests[0].Counts[j] {
			t.Errorf("option %s: %d, want %d", o.ID, o.Count, state.Result.Contests[0].Counts[j])
		}
	}
	// J5: every check of the specification is in the report and has run; only the receipt was not asked for, and the rules of a vote that has none.
	var seen []int
	for _, c := range append(slices.Clone(r.Log), vote.Checks...) {
		seen = append(seen, c.Number)
		if want := c.Number >= 21; (c.Status == verifier.NotAsked) != want || !want && c.Status != verifier.Held {
			t.Errorf("check %d %s: %v %s", c.Number, c.Name, c.Status, c.Detail)
		}
	}
	for n := 1; n <= 30; n++ {
		if !slices.Contains(seen, n) {
			t.Errorf("check %d is missing", n)
		}
	}
}

func TestJ6_AZeroReportIsNotVerified(t *testing.T) {
	var r verifier.Report
	if r.OK() || r.Verdict.ExitCode() == 0 || (*verifier.Report)(nil).OK() {
		t.Error("a report that nobody made says verified")
	}
	r.Verdict = verifier.Verified
	if r.OK() {
		t.Error("a report that Verify did not make says verified")
	}
	if c := (verifier.Check{}); c.Status == verifier.Held {
		t.Error("a check that did not run holds")
	}
}

func TestAnUnfinishedVoteIsUnfinished(t *testing.T) {
	full := simulate.Whole(t, simulate.Config{Members: 6})
	log := full.Org.Log()
	for n := 1; n < len(log); n++ {
		o := full.Org.Until(n)
		r := verify(t, sourceOf(t, o), verifier.Options{})
		if r.Verdict != verifier.Unfinished || r.Verdict.ExitCode() != 3 {
			t.Fatalf("after %d of %d records: %v %s", n, len(log), r.Verdict, r.Problem)
		}
	}
}

func TestAnotherVotesIDIsMissing(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3})
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: record.ID{1}})
	wantFailed(t, r, 7, "vote-missing")
}

// A whole vote made up by somebody else has another id.
func TestC5_AWhollyRegeneratedBoardFailsUnderTheID(t *testing.T) {
	real := simulate.Whole(t, simulate.Config{Members: 4})
	made := simulate.Whole(t, simulate.Config{Members: 4})
	if r := verify(t, sourceOf(t, made.Org), verifier.Options{}); !r.OK() {
		t.Fatalf("nothing is wrong in it by itself: %v", r.Verdict)
	}
	wantFailed(t, verify(t, sourceOf(t, made.Org), verifier.Options{Vote: real.ID}), 7, "vote-missing")
}

// A board leaves out a ballot that it had recorded, and signs the rest as if nothing had been.
func TestG3_ADroppedBallotIsShownByItsReceipt(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 5}).Round().Vote()
	v.Round.Cards(0, 1, 2)
	v.Ceremony()
	v.Open()
	dropped := v.Cast(0, []int{simulate.No})
	receipt := receiptFor(t, v.Org, dropped)
	index := len(v.Org.Log()) - 1
	without := v.On(v.Org.Until(index))
	without.Cast(1, []int{simulate.Yes})
	without.Finish()
	src := sourceOf(t, without.Org)
	if r := verify(t, src, verifier.Options{Vote: v.ID}); !r.OK() {
		t.Fatalf("without the receipt nothing is wrong: %v", r.Verdict)
	}
	wantFailed(t, verify(t, src, verifier.Options{Vote: v.ID, Receipt: receipt}), 21, "receipt")

	v.Cast(1, []int{simulate.Yes})
	v.Finish()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID, Receipt: receipt})
	if !r.OK() || checkOf(t, r, 21).Status != verifier.Held {
		t.Errorf("the honest board: %v, %+v", r.Verdict, checkOf(t, r, 21))
	}
	for _, bad := range [][]byte{{}, []byte("nonsense"), bytes.Replace(receipt, []byte("index "), []byte("index 1"), 1)} {
		wantFailed(t, verify(t, sourceOf(t, v.Org), verifier.Options{Receipt: bad}), 21, "receipt")
	}
}

// What a dishonest operator puts on the log at the end of a vote, and the check that fails.
func TestJ5_ADishonestResultIsRefuted(t *testing.T) {
	base := simulate.New(t, simulate.Config{Members: 8, Registrars: 2}).Round().Vote()
	base.Round.Cards(0, 1, 2, 3)
	base.Ceremony()
	base.Open()
	for i := range 3 {
		base.Cast(i, []int{i % 2})
	}
	fork := func() *simulate.Vote { return base.On(base.Org.Fork()) }
	result := func(v *simulate.Vote, change func(*record.Result)) {
		b := v.ResultBody()
		change(b)
		v.Org.Append(v.Officer(b).Raw())
	}
	closed := func() *simulate.Vote {
		v := fork()
		v.Close()
		v.Promises()
		return v
	}
	tallied := func() *simulate.Vote {
		v := closed()
		v.Seal()
		v.Inputs(1, 2)
		v.Shares(1, 2)
		return v
	}
	for name, c := range map[string]struct {
		check int
		code  string
		make  func() *simulate.Vote
	}{
		"B9: a ballot counted twice": {19, "result-count", func() *simulate.Vote {
			v := tallied()
			result(v, func(r *record.Result) { r.Contests[0].Counts[0]++; r.Counted++ })
			return v
		}},
		"a count moved to another option": {19, "result-count", func() *simulate.Vote {
			v := tallied()
			result(v, func(r *record.Result) { r.Contests[0].Counts[0]--; r.Contests[0].Counts[1]++ })
			return v
		}},
		"B8: a count beyond the ballots": {19, "result-count", func() *simulate.Vote {
			v := tallied()
			result(v, func(r *record.Result) { r.Contests[0].Counts[0] = 1<<64 - 1 })
			return v
		}},
		"another outcome": {20, "result-outcome", func() *simulate.Vote {
			v := tallied()
			result(v, func(r *record.Result) { r.Contests[0].Outcome, r.Contests[0].Winners = "tied", nil })
			return v
		}},
		"E11: too few shares": {18, "result-shares", func() *simulate.Vote {
			v := closed()
			v.Seal()
			v.Inputs(1, 2)
			v.Shares(1)
			b := &record.Result{By: 1, Roll: 8, Counted: 3, Contests: []record.ContestResult{{Counts: []uint64{2, 1, 0}, Outcome: "passed", Winners: []uint64{0}}}}
			v.Org.Append(v.Officer(b).Raw())
			return v
		}},
		"E7: a share in another trustee's name": {18, "result-shares", func() *simulate.Vote {
			v := closed()
			v.Seal()
			v.Inputs(1, 2)
			v.Shares(1)
			swapped := v.SharesBody(1, 0)
			swapped.Trustee = 2
			v.Org.Append(v.By(2, swapped).Raw())
			b := &record.Result{By: 1, Roll: 8, Counted: 3, Contests: []record.ContestResult{{Counts: []uint64{2, 1, 0}, Outcome: "passed", Winners: []uint64{0}}}}
			v.Org.Append(v.Officer(b).Raw())
			return v
		}},
		"E14: too few signatures on the input": {17, "result-input", func() *simulate.Vote {
			v := closed()
			v.Seal()
			v.Inputs(1)
			b := &record.Result{By: 1, Roll: 8, Counted: 3, Contests: []record.ContestResult{{Counts: []uint64{2, 1, 0}, Outcome: "passed", Winners: []uint64{0}}}}
			v.Org.Append(v.Officer(b).Raw())
			return v
		}},
		"sealed before promised ballots": {16, "seal-promises", func() *simulate.Vote {
			v := fork()
			v.Close()
			v.Org.Append(v.Org.Sign(v.ID, &record.Seal{}, v.Org.Board).Raw())
			return v
		}},
		"closed early": {15, "closing-time", func() *simulate.Vote {
			v := fork()
			v.Org.Append(v.Officer(&record.Closing{By: 1}).Raw())
			return v
		}},
		"G13: the clock went back": {6, "time-back", func() *simulate.Vote {
			v := fork()
			v.Org.Append(v.Org.Sign(v.Org.Genesis, &record.Time{Now: 1}, v.Org.Board).Raw())
			return v
		}},
		"J12: an unknown kind": {4, "unknown-kind", func() *simulate.Vote {
			v := fork()
			raw := bytes.Replace(v.Officer(&record.Closing{By: 1}).Raw(), []byte("closing"), []byte("closinh"), 1)
			v.Org.Append(raw)
			return v
		}},
		"not a record": {4, "malformed", func() *simulate.Vote {
			v := fork()
			v.Org.Append([]byte("hello"))
			return v
		}},
		"a second genesis": {5, "genesis", func() *simulate.Vote {
			v := fork()
			v.Org.Append(v.Org.Log()[0])
			return v
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.make()
			wantFailed(t, verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID}), c.check, c.code)
		})
	}
}

// F5: all registrars together mint more credentials than they put on record.
func TestF5_MoreCredentialsThanIssueRecords(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 8, Registrars: 2}).Round().Vote()
	v.Round.Cards(0)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	for range 2 {
		cred, err := v.Round.Mint().Credential(v.Manifest.Slot)
		if err != nil {
			t.Fatal(err)
		}
		v.Org.Post(v.BallotOf(cred, []int{simulate.No}))
	}
	v.Close()
	v.Promises()
	v.Org.Append(v.Org.Sign(v.ID, &record.Seal{}, v.Org.Board).Raw())
	wantFailed(t, verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID}), 14, "stuffing")
}

// A void record is reported and fails nothing.
func TestVoidRecordsAreReportedOnly(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 8}).Round().Vote()
	v.Round.Cards(0, 1, 2)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	f := v.Forge(v.Credential(1), []int{simulate.Yes})
	f.Values[0][0] = 2
	f.Encrypt()
	v.Org.Append(f.Record().Raw())
	v.Cast(2, []int{})
	v.Finish()
	late := v.Forge(v.Credential(1), []int{simulate.Yes})
	v.Org.Append(late.Record().Raw())
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() || r.VoidTotal["ballot/proof"] != 1 || r.VoidTotal["ballot/sealed"] != 1 || r.Votes[0].Figures.Counted != 2 {
		t.Errorf("%v, void %v, figures %+v", r.Verdict, r.VoidTotal, r.Votes[0].Figures)
	}
}

// A report is the same however many records are prepared at once and however many processors there are, with bad ballots between good ones.
func TestReportsDoNotDependOnWindows(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 12, Revote: true}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	v.Ceremony()
	v.Open()
	for i := range 9 {
		v.Cast(i, []int{simulate.Yes})
		if i%3 == 0 {
			f := v.Forge(v.Credential(9+i/3), []int{simulate.Yes})
			f.Values[0][0] = 2
			f.Encrypt()
			v.Org.Append(f.Record().Raw())
		}
	}
	v.Cast(3, []int{simulate.No})
	v.Finish()
	var want []byte
	for _, procs := range []int{1, 2, 5} {
		old := runtime.GOMAXPROCS(procs)
		for _, window := range []int{0, 1, 7} {
			r := verify(t, sourceOf(t, v.Org), verifier.Options{Window: window})
			got, err := json.Marshal(r)
			if err != nil || !r.OK() || r.VoidTotal["ballot/proof"] != 3 || r.Votes[0].Figures.Counted != 9 {
				t.Errorf("%v: %v, void %v, figures %+v", err, r.Verdict, r.VoidTotal, r.Votes[0].Figures)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("windows of %d records on %d processors:\n%s\nwant\n%s", window, procs, got, want)
			}
		}
		runtime.GOMAXPROCS(old)
	}
	f := verifier.NewFollower(sourceOf(t, v.Org))
	if err := f.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	if root := f.State().Root(); !bytes.Contains(want, []byte(root.String())) || f.State().Vote(v.ID).Counted() != 9 {
		t.Error("the follower and the verifier see different logs")
	}
}
