package fold_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
)

// tied is a sealed vote for two seats in which options 1 to 3 are level behind option 0, with the inputs signed.
func tied(t *testing.T, n, threshold int) *simulate.Vote {
	t.Helper()
	c := simulate.Choose("seats", 4, 0, 1, 2)
	c.Decision.Lots = true
	v := simulate.New(t, simulate.Config{Members: 6, Trustees: n, Threshold: threshold, Quorum: threshold, Contests: []contest.Contest{c}}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3, 4)
	v.Ceremony()
	v.Open()
	for i, option := range []int{0, 0, 1, 2, 3} {
		v.Cast(i, []int{option})
	}
	v.Close()
	v.Promises()
	v.Seal()
	for i := range threshold {
		v.Inputs(i + 1)
	}
	return v
}

// E15: every t of the trustees give the same lots; fewer give none, so nobody who comes last can choose.
func TestE15_AnyTrusteesThatSufficeGiveTheSameLots(t *testing.T) {
	const n, threshold = 4, 2
	sealed := tied(t, n, threshold)
	var winners []uint64
	for a := 1; a <= n; a++ {
		for b := a + 1; b <= n; b++ {
			v := sealed.On(sealed.Org.Fork())
			v.Shares(a)
			if _, err := v.Org.State.MakeResult(v.State(), 1); err == nil {
				t.Fatal("one trustee alone decides the lots")
			}
			v.Shares(b)
			r := v.Result().Contests[0]
			if r.Outcome != contest.OutcomeElected || len(r.Winners) != 2 || r.Winners[0] != 0 {
				t.Fatalf("trustees %d and %d: %+v", a, b, r)
			}
			if winners == nil {
				winners = r.Winners
			}
			if !slices.Equal(winners, r.Winners) {
				t.Errorf("trustees %d and %d give %v, others %v", a, b, r.Winners, winners)
			}
		}
	}
}

// E15: the seed depends on the sealed log, so that it cannot be known before, and no share of another point is taken.
func TestE15_SharesOfTheLotsAreProved(t *testing.T) {
	v := tied(t, 3, 2)
	ctx, root := v.State().Context(v.Org.Genesis), v.State().SealRoot
	for name, b := range map[string]*record.Lots{
		"of another sealed log": lotsOf(t, v, ctx, record.ID{1}),
		"of another vote":       lotsOf(t, v, [32]byte{1}, root),
		"changed":               {Trustee: 1, Share: v.LotsBody(2).Share, Proof: v.LotsBody(1).Proof},
		"in another's name":     {Trustee: 1, Share: v.LotsBody(2).Share, Proof: v.LotsBody(2).Proof},
		"no element":            {Trustee: 1, Share: [32]byte{31: 255}, Proof: v.LotsBody(1).Proof},
		"the identity":          {Trustee: 1, Proof: v.LotsBody(1).Proof},
	} {
		if o := v.Org.Judge(v.By(1, b).Raw()); o.Status != fold.Void || o.Code != "share" {
			t.Errorf("a share %s: %v", name, o)
		}
	}
	v.Shares(1)
	if o := v.Org.Judge(v.By(1, v.LotsBody(1)).Raw()); o.Code != "dup" {
		t.Errorf("a second share: %v", o)
	}
	v.Shares(2)
	seed, err := tally.DrawSeed(ctx, 2, map[int]*record.Lots{1: v.LotsBody(1), 2: v.LotsBody(2)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tally.DrawSeed(ctx, 2, map[int]*record.Lots{2: v.LotsBody(2)}); err == nil {
		t.Error("one share gives a seed")
	}
	if first := seed.Draw(0, 0, []uint64{1, 2, 3}); !slices.Equal(first, seed.Draw(0, 0, []uint64{3, 2, 1})) {
		t.Error("a draw depends on the order in which options are given")
	}
}

func lotsOf(t *testing.T, v *simulate.Vote, ctx [32]byte, root record.ID) *record.Lots {
	t.Helper()
	b, err := tally.MakeLots(ctx, root, v.Share(1), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLotsThatAreMissingOrFalse(t *testing.T) {
	v := tied(t, 3, 2)
	for i := 1; i <= 2; i++ {
		v.Org.Post(v.By(i, v.SharesBody(i, 0)))
	}
	made := &record.Result{By: 1, Roll: 6, Counted: 5, Contests: []record.ContestResult{{Counts: []uint64{2, 1, 1, 1}, Outcome: "elected", Winners: []uint64{0, 1}}}}
	if o := v.Org.Judge(v.Officer(made).Raw()); o.Status != fold.Fatal || o.Code != "result-lots" {
		t.Errorf("without the lots: %v", o)
	}
	for i := 1; i <= 2; i++ {
		v.Org.Post(v.By(i, v.LotsBody(i)))
	}
	right := v.ResultBody().Contests[0].Winners
	for other := uint64(1); other <= 3; other++ {
		made.Contests[0].Winners = []uint64{0, other}
		o := v.Org.Judge(v.Officer(made).Raw())
		if want := right[1] == other; (o.Status == fold.Accepted) != want || !want && o.Code != "result-outcome" {
			t.Errorf("winners %v: %v, the lots give %v", made.Contests[0].Winners, o, right)
		}
	}
	plain := simulate.Whole(t, simulate.Config{Members: 3})
	if plain.State().NeedsLots() {
		t.Error("a vote without lots needs lots")
	}
}
