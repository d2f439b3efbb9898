package cast

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/contest"
	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// opened decrypts what a ballot says in a ranked contest.
func (v *testVote) opened(t testing.TB, votes *Votes, i int) ([]int, error) {
	t.Helper()
	var elements []group.Element
	for _, ct := range votes.Contest(i) {
		m, err := elgamal.Decrypt(v.secret, ct)
		if err != nil {
			t.Fatal(err)
		}
		elements = append(elements, m)
	}
	return v.form.Encoding(i).Decode(elements)
}

func TestRankedBallotsHoldAndSayWhatWasRanked(t *testing.T) {
	v := newVote(t, mixedContests())
	if got := v.form.Widths(); !slices.Equal(got, []int{2, 1, 2, 2}) {
		t.Fatalf("widths %v", got)
	}
	if got := v.form.Options(); !slices.Equal(got, []int{2, 0, 0, 2}) {
		t.Errorf("%v options are summed", got)
	}
	c := v.credential(t)
	everybody := indexes(60)
	slices.Reverse(everybody)
	for _, committee := range [][]int{{}, {3}, {4, 0, 1}, {0, 1, 2, 3}} {
		for _, conference := range [][]int{{}, {59, 7}, everybody} {
			rec, o := v.ballot(t, c, []int{1}, committee, conference, []int{0})
			checked, bad := v.form.Check(v.Context, rec)
			if bad != nil {
				t.Fatalf("%v %v: %v", committee, conference, bad)
			}
			for i, want := range map[int][]int{1: committee, 2: conference} {
				if got, err := v.opened(t, checked.Votes, i); err != nil || !slices.Equal(got, want) {
					t.Errorf("contest %d: %v opens as %v, %v", i, want, got, err)
				}
			}
			if as := checked.Votes.Randomness(); len(as) != 7 || as[2] != checked.Votes.Contest(1)[0].A.Encoding() || as[4] != checked.Votes.Contest(2)[1].A.Encoding() {
				t.Errorf("%d A components", len(as))
			}
			if got := o.Selections(); !slices.EqualFunc(got, [][]int{{1}, committee, conference, {0}}, slices.Equal) {
				t.Errorf("the opening says %v", got)
			}
		}
	}
}

func TestH3_RankingsThatAreNoneAreNotEncrypted(t *testing.T) {
	v := newVote(t, mixedContests())
	c := v.credential(t)
	for _, one := range []struct {
		selections [][]int
		want       string
	}{
		{[][]int{{}, {1, 2, 1}, {}, {0}}, `contest committee: candidate "o1" is ranked twice`},
		{[][]int{{}, {5}, {}, {0}}, "contest committee: there is no candidate 5"},
		{[][]int{{}, {-1}, {}, {0}}, "contest committee: there is no candidate -1"},
		{[][]int{{}, {0, 1, 2, 3, 4}, {}, {0}}, "contest committee: 5 candidates ranked, at most 4"},
		{[][]int{{}, {}, {60}, {0}}, "contest conference: there is no candidate 60"},
		{[][]int{{}, {}, {3, 3}, {0}}, `contest conference: candidate "o3" is ranked twice`},
		{[][]int{{0, 1}, {}, {}, {0}}, "contest merger: 2 options selected"},
		{[][]int{{}, {}, {0}}, "selections for 3 contests"},
	} {
		rec, o, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), one.selections)
		if rec != nil || o != nil || err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%v: %v, want %q", one.selections, err, one.want)
		}
	}
}

// Every ranking of three candidates, and none at all, makes a ballot of the same bytes but for the random ones.
func TestG10_EveryRankingHasTheSameLayout(t *testing.T) {
	v := newVote(t, []contest.Contest{ranked("a", 3, 3), question("b", 2, 0, 1)})
	c := lengthCredential(t, v)
	want, rankings := "", 0
	for _, r := range [][]int{{}, {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 0}, {2, 1}, {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for _, other := range [][]int{nil, {0}, {1}} {
			rec, _ := v.ballot(t, c, r, other)
			got := skeleton(t, rec.Raw())
			if want == "" {
				want = got
				if !strings.Contains(got, "[2:h64 h128 ]") {
					t.Errorf("a ballot is %s", got)
				}
			}
			if got != want || len(rec.Raw()) != v.form.Length(0) {
				t.Errorf("%v %v: %d bytes %s, want %d bytes %s", r, other, len(rec.Raw()), got, v.form.Length(0), want)
			}
		}
		rankings++
	}
	if want := v.form.Encoding(0).Count().Int64(); int64(rankings) != want {
		t.Errorf("%d rankings tried of %d", rankings, want)
	}
}

// Of any vote with choices and rankings, ballots of one number have one length, from the empty ranking to full depth.
func TestG10_EqualLengthForAllRankings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var contests []contest.Contest
		for i := range rapid.IntRange(1, 3).Draw(rt, "contests") {
			if rapid.Bool().Draw(rt, "ranked") {
				n := rapid.SampledFrom([]int{1, 2, 5, 54, 55, 128}).Draw(rt, "candidates")
				contests = append(contests, ranked(fmt.Sprint("c", i), n, uint64(rapid.IntRange(1, n).Draw(rt, "depth"))))
			} else {
				contests = append(contests, question(fmt.Sprint("c", i), 2, 0, 2))
			}
		}
		v := newVote(t, contests)
		c := lengthCredential(t, v)
		number := rapid.SampledFrom([]uint64{0, 24, 1 << 16, 1<<64 - 1}).Draw(rt, "number")
		for k := range 3 {
			var selections [][]int
			for _, c := range contests {
				most := int(max(c.Max, c.Depth))
				length := []int{0, most, rapid.IntRange(0, most).Draw(rt, "length")}[k]
				selections = append(selections, rapid.Permutation(indexes(len(c.Options))).Draw(rt, "order")[:length])
			}
			rec, _, err := v.form.Encrypt(v.Context, c, number, record.ID{}, NewDraft(), selections)
			if err != nil {
				rt.Fatal(err)
			}
			if got, want := len(rec.Raw()), v.form.Length(number); got != want {
				rt.Fatalf("number %d, %v: %d bytes, want %d", number, selections, got, want)
			}
		}
	})
}

func TestI1_RecheckOfARanking(t *testing.T) {
	v := newVote(t, mixedContests())
	c := v.credential(t)
	everybody := indexes(60)
	rec, o := v.ballot(t, c, []int{1}, []int{4, 0, 2}, everybody, []int{1})
	wire, err := o.Encode()
	if err != nil {
		t.Fatal(err)
	}
	second := func() *Opening {
		o, err := ParseOpening(wire)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if err := v.form.Recheck(v.Context, second(), rec); err != nil {
		t.Error(err)
	}
	if err := v.form.Repeat(v.Context, second(), rec, c); err != nil {
		t.Error(err)
	}
	if got := second().Selections(); !slices.Equal(got[1], []int{4, 0, 2}) || !slices.Equal(got[2], everybody) {
		t.Errorf("the second device shows %v", got)
	}
	for name, one := range map[string]struct {
		change func(o *Opening)
		want   string
	}{
		"another order":       {func(o *Opening) { o.selections[1] = []int{4, 2, 0} }, "contest committee, the ranking"},
		"one less":            {func(o *Opening) { o.selections[1] = []int{4, 0} }, "contest committee, the ranking"},
		"none":                {func(o *Opening) { o.selections[1] = nil }, "contest committee, the ranking"},
		"the last two":        {func(o *Opening) { o.selections[2] = append(indexes(58), 59, 58) }, "contest conference, the ranking"},
		"all but the last":    {func(o *Opening) { o.selections[2] = indexes(59) }, "contest conference, the ranking"},
		"one twice":           {func(o *Opening) { o.selections[1] = []int{4, 4} }, `candidate "o4" is ranked twice`},
		"a choice beside":     {func(o *Opening) { o.selections[3] = []int{0} }, "contest venue, option o0"},
		"another seed":        {func(o *Opening) { o.seed[31]++ }, "contest merger, option o0"},
		"more than the depth": {func(o *Opening) { o.selections[1] = []int{4, 0, 2, 1, 3} }, "5 candidates ranked"},
	} {
		lie := second()
		one.change(lie)
		if err := v.form.Recheck(v.Context, lie, rec); !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a ballot encrypts in a ranked contest need be no ranking: that is seen when it is opened, and the ballot is spoiled in that contest. It
// holds by itself.
func TestH2_WhatIsNoRankingIsSpoiled(t *testing.T) {
	v := newVote(t, []contest.Contest{ranked("committee", 5, 4)})
	c := v.credential(t)
	for _, m := range []int64{0, 1, -1, 123456} {
		plain, randomness := scalars(t, m)
		rec := v.forge(t, c, [][]group.Scalar{plain}, [][]group.Scalar{randomness}, nil)
		checked, bad := v.form.Check(v.Context, rec)
		if bad != nil {
			t.Fatalf("%d·g: %v", m, bad)
		}
		if r, err := v.opened(t, checked.Votes, 0); !errors.Is(err, ranking.ErrSpoiled) {
			t.Errorf("%d·g is the ranking %v, %v", m, r, err)
		}
	}
	// Every ranking comes back, whatever its randomness; all are elements.
	for _, r := range [][]int{{}, {0}, {4, 3, 2, 1}} {
		rec, _ := v.ballot(t, c, r)
		checked, bad := v.form.Check(v.Context, rec)
		if bad != nil {
			t.Fatal(bad)
		}
		if got, err := v.opened(t, checked.Votes, 0); err != nil || !slices.Equal(got, r) {
			t.Errorf("%v opens as %v, %v", r, got, err)
		}
	}
}
