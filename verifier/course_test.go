package verifier_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/verifier"
)

// warned checks that a verified vote's report has exactly the warnings that contain these texts, beside those that every test vote has.
func warned(t *testing.T, v *simulate.Vote, want ...string) {
	t.Helper()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() {
		t.Fatalf("%v %s", r.Verdict, r.Problem)
	}
	var got []string
	for _, w := range r.Votes[0].Warnings {
		if !strings.Contains(w, "no witness is asked for") && !strings.Contains(w, "so few say much") && !strings.Contains(w, "one ballot was counted") {
			got = append(got, w)
		}
	}
	if !slices.EqualFunc(got, want, strings.Contains) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

func TestG13_TheCalendarIsOnTheReport(t *testing.T) {
	vote := func() *simulate.Vote {
		v := simulate.New(t, simulate.Config{Members: 5, Relays: 1}).Round().Vote()
		v.Round.Cards(0, 1, 2)
		v.Ceremony()
		return v
	}
	t.Run("in time", func(t *testing.T) {
		v := vote()
		v.Open()
		v.Cast(0, []int{simulate.Yes})
		v.Finish()
		warned(t, v)
	})
	t.Run("opened in the last second", func(t *testing.T) {
		v := vote()
		v.Org.Reach(v.Manifest.Closes - 1)
		v.Open()
		v.Finish()
		warned(t, v, "voting opened 16m39s after it was due, which left 1s of 16m40s")
	})
	t.Run("kept open", func(t *testing.T) {
		v := vote()
		v.Open()
		v.Cast(0, []int{simulate.Yes})
		v.Org.Reach(v.Manifest.Closes + 7200)
		v.Cast(1, []int{simulate.No})
		v.Finish()
		warned(t, v, "voting was closed 2h0m0s after it was due", "1 ballots were recorded when voting was due to be closed")
	})
	t.Run("promised ballots", func(t *testing.T) {
		v := vote()
		v.Open()
		late, missing := v.Ballot(0, []int{simulate.Yes}), v.Ballot(1, []int{simulate.Yes})
		v.Close()
		v.Org.Post(v.Promised(1, 0, true, late.ID(), missing.ID()))
		v.Org.Post(late)
		v.Org.Time(v.State().ClosedAt + v.Manifest.Grace)
		v.Seal()
		v.Tally()
		warned(t, v, "1 ballots were recorded after the closing", "without 1 ballots that were listed", "before the board and every relay had listed")
	})
}

// Whoever controls the board's clock and a commission key can have every trustee found silent, and put others in their place, under the same
// vote's id. It is not to go unnoticed.
func TestE13_ReplacedTrusteesAreOnTheReport(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 3, Trustees: 4, Threshold: 3}).Round().Vote()
	var want []string
	for i := range 2 { // as many as may be replaced

		for range 2 {
			c := v.State().Ceremony
			v.Org.Reach(c.Deadline() + 1)
			v.Org.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: c.Attempt(), Trustee: uint64(i + 1), Reason: record.RestartSilent}))
		}
		key, name := simulate.NewKey(t), fmt.Sprintf("Our Friend %d", i+1)
		v.Org.Post(v.Officer(&record.TrusteeReplace{By: 1, Trustee: uint64(i + 1), Name: name, Key: key.Public().Encoding(), Reason: "silent"}))
		side, err := tally.NewTrustee(v.State().Ceremony, i+1)
		if err != nil {
			t.Fatal(err)
		}
		v.Trustees[i] = simulate.Trustee{Key: key, Side: side}
		want = append(want, fmt.Sprintf("trustee %d by %s", i+1, name))
	}
	v.Ceremony()
	v.Open()
	v.Finish()
	warned(t, v, want...)
}

// A receipt is for one vote. Where all votes of a log are judged it says nothing of the others, and fails none of them.
func TestAReceiptIsForOneVote(t *testing.T) {
	r := simulate.New(t, simulate.Config{Members: 3, Slots: 2}).Round()
	r.Cards(0)
	first := r.Vote()
	first.Ceremony()
	first.Open()
	ballot := first.Cast(0, []int{simulate.Yes})
	first.Finish()
	second := r.Vote()
	second.Ceremony()
	second.Open()
	second.Finish()
	src, receipt := sourceOf(t, r.Org), receiptFor(t, r.Org, ballot)
	report := verify(t, src, verifier.Options{Receipt: receipt})
	if !report.OK() {
		t.Fatalf("%v %+v", report.Verdict, report.Votes)
	}
	for i, want := range []verifier.Status{verifier.Held, verifier.NotAsked} {
		if c := report.Votes[i].Checks[21-7]; c.Number != 21 || c.Status != want {
			t.Errorf("vote %d: %+v, want %v", i, c, want)
		}
	}
	wantFailed(t, verify(t, src, verifier.Options{Vote: second.ID, Receipt: receipt}), 21, "receipt")
	// Nor is a receipt for a record that is no ballot one for any vote.
	wantFailed(t, verify(t, src, verifier.Options{Receipt: receiptFor(t, r.Org, r.ID)}), 21, "receipt")
}

// A result that must not be believed is not in the report, for programs that look no further.
func TestJ6_ARefutedVoteShowsNoResult(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 3}).Round().Vote()
	v.Round.Cards(0)
	v.Ceremony()
	if out := v.Org.Append(v.Officer(v.Opening()).Raw()); out.Code != "opening-time" {
		t.Fatal(out)
	}
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	v.Finish()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	wantFailed(t, r, 12, "opening-time")
	v.Org.Append([]byte("not a record"))
	for _, r := range []*verifier.Report{r, verify(t, sourceOf(t, v.Org), verifier.Options{})} {
		if len(r.Votes[0].Contests) != 0 || r.Votes[0].Verdict != verifier.Refuted {
			t.Errorf("%v, %+v", r.Votes[0].Verdict, r.Votes[0].Contests)
		}
	}
}

// A first record that is no valid genesis record is refused as often as it is read: a party that asks again gets no state without one.
func TestAFollowerStaysWithoutGenesis(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	g := o.GenesisBody()
	g.Commission = nil
	o.Genesis = record.ID{}
	log := [][]byte{o.Sign(record.ID{}, g, o.Board).Raw()}
	f := verifier.NewFollower(resigned(t, o, log))
	for range 3 {
		if err := f.Update(context.Background()); err == nil {
			t.Fatal("a log without a genesis record was read")
		}
	}
	if f.Checkpoint() != nil || f.State().Size() != 0 {
		t.Errorf("%d records", f.State().Size())
	}
	if out := fold.New().ApplyRaw(log[0]); out.Code != "genesis" {
		t.Error(out)
	}
}

// A fatal outcome refutes a vote also where no check is listed for its code; the verifier once looked for check 0 and panicked.
func TestJ5_EveryFatalOutcomeFailsACheck(t *testing.T) {
	r := simulate.New(t, simulate.Config{Members: 3, Slots: 2, Petitions: 1}).Round()
	v := r.Propose(r.Plan(record.CallPetition))
	if out := v.Org.Append(v.Officer(&record.Opening{By: 1}).Raw()); out.Status != fold.Fatal {
		t.Fatalf("a vote that nobody has called is opened: %v", out)
	}
	if report := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID}); report.Verdict != verifier.Refuted {
		t.Errorf("%v", report.Verdict)
	}
}
