package tally

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// E15: any t trustees give the same seed, fewer none; a share holds for one trustee, vote and sealed log only.
func TestE15_OneSeed(t *testing.T) {
	s := newScene(t, 4, 2)
	s.reach(StepReady)
	ctx, root := [32]byte{7}, record.ID{9}
	lots := make(map[int]*record.Lots)
	for i := 1; i <= 4; i++ {
		share := must(s.trustees[i-1].Share(s.c))
		lots[i] = must(MakeLots(ctx, root, share, rand.Reader))
		if err := CheckLots(ctx, root, s.c.TrusteeKeys()[i-1], lots[i]); err != nil {
			t.Fatalf("trustee %d: %v", i, err)
		}
	}
	y := s.c.TrusteeKeys()[0]
	for what, err := range map[string]error{
		"another vote":       CheckLots([32]byte{8}, root, y, lots[1]),
		"another log":        CheckLots(ctx, record.ID{8}, y, lots[1]),
		"another trustee":    CheckLots(ctx, root, s.c.TrusteeKeys()[1], lots[1]),
		"another's name":     CheckLots(ctx, root, y, &record.Lots{Trustee: 2, Share: lots[1].Share, Proof: lots[1].Proof}),
		"another's share":    CheckLots(ctx, root, y, &record.Lots{Trustee: 1, Share: lots[2].Share, Proof: lots[1].Proof}),
		"no element":         CheckLots(ctx, root, y, &record.Lots{Trustee: 1, Share: [32]byte{1}, Proof: lots[1].Proof}),
		"the identity":       CheckLots(ctx, root, y, &record.Lots{Trustee: 1, Proof: lots[1].Proof}),
		"a proof cut short":  CheckLots(ctx, root, y, &record.Lots{Trustee: 1, Share: lots[1].Share, Proof: lots[1].Proof[1:]}),
		"the proof of other": CheckLots(ctx, root, y, &record.Lots{Trustee: 1, Share: lots[1].Share, Proof: lots[2].Proof}),
	} {
		if err == nil {
			t.Errorf("%s: the share is accepted", what)
		}
	}
	of := func(trustees ...int) map[int]*record.Lots {
		m := make(map[int]*record.Lots)
		for _, i := range trustees {
			m[i] = lots[i]
		}
		return m
	}
	want := must(DrawSeed(ctx, 2, lots))
	for _, two := range subsets(4, 2) {
		if got, err := DrawSeed(ctx, 2, of(two...)); err != nil || got != want {
			t.Errorf("trustees %v: %v, %v; want %v", two, got, err, want)
		}
	}
	if _, err := DrawSeed(ctx, 2, of(3)); !errors.Is(err, threshold.ErrIncomplete) {
		t.Errorf("one of two: %v", err)
	}
	if _, err := DrawSeed(ctx, 2, map[int]*record.Lots{1: lots[1], 2: {Share: [32]byte{1}}}); err == nil {
		t.Error("a seed from no element")
	}
	if other := must(DrawSeed([32]byte{8}, 2, lots)); other == want {
		t.Error("the seed does not depend on the vote")
	}
}

// A draw is a permutation of what it is given, in whatever order that is, and each draw, contest and seed has its own.
func TestDrawsDiffer(t *testing.T) {
	options := []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	draw := func(seed byte, contest, number uint64, options []uint64) string {
		return fmt.Sprint(Seed{seed}.Draw(contest, number, options))
	}
	want := draw(1, 0, 0, options)
	backwards := slices.Clone(options)
	slices.Reverse(backwards)
	if draw(1, 0, 0, backwards) != want {
		t.Error("the order in which options are given matters")
	}
	drawn := Seed{1}.Draw(0, 0, options)
	slices.Sort(drawn)
	if !slices.Equal(drawn, options) {
		t.Errorf("%v", drawn)
	}
	for what, other := range map[string]string{"seed": draw(2, 0, 0, options), "contest": draw(1, 1, 0, options), "draw": draw(1, 0, 1, options)} {
		if other == want {
			t.Errorf("the %s does not matter", what)
		}
	}
}

// Rankings are counted by the contest's method and rules, and ties are broken by the vote's lots, with the tickets on the report.
func TestRankingsAreCounted(t *testing.T) {
	english := func(s string) text.Texts { return text.Texts{"en": s} }
	c := &contest.Contest{
		ID: "board", Title: english("Board"), Kind: contest.KindRanked, Depth: 2,
		Ranking: contest.RankingDecision{Method: contest.MethodScottishSTV, Seats: 2, Rules: []contest.RankingRule{{Group: "north", Min: 1, Max: 2}, {Group: "south", Min: 0, Max: 1}}},
		Options: []contest.Option{
			{ID: "ada", Title: english("Ada"), Groups: []string{"north"}}, {ID: "bob", Title: english("Bob"), Groups: []string{"south"}},
			{ID: "cem", Title: english("Cem"), Groups: []string{"south"}},
		},
	}
	r := &Rankings{Ballots: []count.Ballot{{Count: 3, Ranking: count.Strict(1)}, {Count: 3, Ranking: count.Strict(2)}}, Expressed: 6, Spoiled: 1}
	e := r.Election(c, "en")
	want := []count.Rule{
		{Bound: count.AtLeast, N: 1, Group: "north", Members: []int{0}}, {Bound: count.AtMost, N: 1, Group: "south", Members: []int{1, 2}},
	}
	if fmt.Sprint(e.Rules) != fmt.Sprint(want) || len(e.Candidates) != 3 || e.Candidates[2].Name != "Cem" || e.Spoiled != 1 || e.Seats != 2 {
		t.Errorf("%+v", e)
	}
	// Of Bob and Cem, who are level, one can sit: the lots say who, as Seed.Draw has it.
	winners := make(map[int]bool)
	for s := range byte(16) {
		result, err := r.Count(c, 0, Seed{s}, "en")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(result.Elected, 0) || len(result.Elected) != 2 {
			t.Fatalf("elected %v", result.Elected)
		}
		winners[result.Elected[0]+result.Elected[1]] = true
		again := must(r.Count(c, 0, Seed{s}, "en"))
		if fmt.Sprint(again.Elected) != fmt.Sprint(result.Elected) {
			t.Error("the same lots, another result")
		}
	}
	if len(winners) != 2 {
		t.Error("the lots decide nothing")
	}
	lot := Seed{1}.Lot(3)
	if !strings.Contains(lot.Source(), Seed{1}.String()) {
		t.Errorf("%s", lot.Source())
	}
	tickets := must(lot.Draw(1, []int{4, 5, 6}))
	for i, o := range (Seed{1}).Draw(3, 1, []uint64{4, 5, 6}) {
		ticket := Seed{1}.ticket(3, 1, o)
		if tickets[i].Candidate != int(o) || tickets[i].Derivation != fmt.Sprintf("%x", ticket) {
			t.Errorf("ticket %d: %+v", i, tickets[i])
		}
	}
}

// A light reader opens no complaint: either of the two can be named for the restart, and nobody who has no part in it.
func TestPartialCeremonyOpensNoComplaint(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepShares)
	p := CeremonyParameters{Context: [32]byte{42}, Threshold: 2, Trustees: s.keys(), Step: stepSeconds, Start: 1000}
	s.reach(StepAccept)
	c := NewPartialCeremony(p)
	for _, e := range s.log {
		if code, err := c.Judge(e.body, e.now); err != nil || code != "" {
			t.Fatalf("%s: %s: %v", e.body.Kind(), code, err)
		}
		c.Commit(e.id, e.body, e.now)
	}
	judge := func(b record.Body) string { code, _ := c.Judge(b, s.now); return code }
	if code := judge(&record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 1, Opened: [32]byte{1}}); code == "" {
		t.Error("a trustee complains of itself")
	}
	complaint := &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: [32]byte{1}}
	if code := judge(complaint); code != "" {
		t.Fatalf("complaint: %s", code)
	}
	c.Commit(record.ID{99}, complaint, s.now)
	for trustee, accepted := range map[uint64]bool{1: true, 2: true, 3: false} {
		if code := judge(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: trustee, Reason: record.RestartComplaint}); (code == "") != accepted {
			t.Errorf("restart naming trustee %d: %q", trustee, code)
		}
	}
}

// Before the packages there are no keys.
func TestNoKeysBeforePackages(t *testing.T) {
	s := newScene(t, 2, 1)
	for ; s.c.Step() <= StepPackage; s.act() {
		if _, err := s.c.Keys(); err == nil {
			t.Errorf("keys at step %v", s.c.Step())
		}
	}
	if _, err := s.c.Keys(); err != nil {
		t.Error(err)
	}
}

// What a mixing says of itself follows what is posted.
func TestMixingSaysWhereItIs(t *testing.T) {
	x := newMixScene(t, 2, 1, 2, 3)
	if x.m.Items() != 3 || x.m.Stages() != 2 || len(x.m.Decrypted()) != 0 || len(x.m.Barred()) != 0 {
		t.Errorf("at the beginning: %d items, %d stages, decrypted by %v, barred %v", x.m.Items(), x.m.Stages(), x.m.Decrypted(), x.m.Barred())
	}
	if stage, decryption := x.m.PartCounts(); stage != 1 || decryption != 1 {
		t.Errorf("parts: %d and %d", stage, decryption)
	}
	bad := *x.bodies(1)[0].(*record.Mix)
	bad.Data = slices.Clone(bad.Data)
	bad.Data[len(bad.Data)-1] ^= 1
	_, _, err := x.m.Judge(&bad, nil)
	if b := new(BarredError); !errors.As(err, &b) || errors.Unwrap(b) == nil {
		t.Fatalf("a stage that does not hold: %v", err)
	}
	if barred := x.m.Bar(&bad).Barred(); !slices.Equal(barred, []int{1}) {
		t.Errorf("barred: %v", barred)
	}
	x.act(1, 2, 2)
	if !slices.Equal(x.m.Decrypted(), []int{2}) {
		t.Errorf("decrypted by %v", x.m.Decrypted())
	}
	if _, err := decodeElements(make([]byte, group.ElementSize+1)); err == nil {
		t.Error("elements of 33 bytes")
	}
}
