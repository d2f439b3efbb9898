package verifier_test

import (
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
	"mandate/verifier"
)

// grouped is a ranked contest with representation rules: options alternate between two groups.
func grouped(id, method string, n int, seats uint64, rules ...contest.RankingRule) contest.Contest {
	c := simulate.Rank(id, method, n, uint64(n), seats)
	for i := range c.Options {
		c.Options[i].Groups = []string{[]string{"north", "south"}[i%2]}
	}
	c.Ranking.Rules = rules
	return c
}

// spoil casts a ballot whose ranking is no ranking in every contest.
func spoil(t *testing.T, v *simulate.Vote, entry int, selections ...[]int) {
	f := v.Forge(v.Credential(entry), selections...)
	for i, elements := range f.Elements {
		for j := range elements {
			elements[j] = group.BaseMul(group.ScalarFromUint64(uint64(1 + i + j)))
		}
	}
	f.Encrypt()
	if o := v.Org.Append(f.Record().Raw()); o.Code != "" {
		t.Fatal(o.Code)
	}
}

// Two verifiers that share no code find the same in ranked votes that are as they should be.
func TestTheSecondVerifierAgreesOnRankings(t *testing.T) {
	agree := agreement(t)
	north := contest.RankingRule{Group: "north", Min: 1, Max: 1}
	south := contest.RankingRule{Group: "south", Min: 0, Max: 1}
	hold := func(c simulate.Config, cast func(v *simulate.Vote)) *simulate.Vote {
		c.Members, c.Registrars = 8, 1
		v := simulate.New(t, c).Round().Vote()
		v.Round.Cards(0, 1, 2, 3, 4, 5)
		v.Ceremony()
		v.Open()
		cast(v)
		v.Finish()
		return v
	}

	methods := hold(simulate.Config{Revote: true, Trustees: 4, Threshold: 2, Mixes: 3, Contests: []contest.Contest{
		simulate.Rank("irv", contest.MethodIRV, 4, 3, 1),
		simulate.YesNo("question"),
		grouped("stv", contest.MethodScottishSTV, 5, 3, north, contest.RankingRule{Group: "south", Min: 0, Max: 2}),
		grouped("meek", contest.MethodMeekSTV, 5, 3, contest.RankingRule{Group: "south", Min: 2, Max: 3}, north),
		grouped("schulze", contest.MethodSchulze, 4, 2, south, north),
		simulate.Rank("pairs", contest.MethodRankedPairs, 60, 60, 2), // two ciphertexts a ballot
	}}, func(v *simulate.Vote) {
		order := func(n, by int) (list []int) {
			for i := range n {
				list = append(list, (i*by+by)%n)
			}
			return list
		}
		for entry := range 4 {
			v.Cast(entry, order(4, 3)[:entry%4], []int{entry % 3}, order(5, 2+entry%3), order(5, 1+entry%2)[:2+entry%3], order(4, 1), order(60, []int{7, 11, 13, 17}[entry]))
		}
		spoil(t, v, 4, []int{0}, []int{simulate.Yes}, []int{0}, []int{1}, []int{2}, []int{3})
		v.Cast(0, []int{2, 1}, []int{simulate.No}, []int{4}, nil, nil, []int{59, 0}) // last now, where it was first
	})
	agree("all methods", verifier.Verified, packageOf(t, methods.Org), verifier.Options{Vote: methods.ID})

	alone := simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)
	for name, cast := range map[string]func(v *simulate.Vote){
		"no ballots":     func(v *simulate.Vote) {},
		"one ballot":     func(v *simulate.Vote) { v.Cast(2, []int{1, 2}) },
		"blank ballots":  func(v *simulate.Vote) { v.Cast(2, nil); v.Cast(3, nil) },
		"a tie":          func(v *simulate.Vote) { v.Cast(2, []int{1}); v.Cast(3, []int{0}); v.Cast(4, []int{2}) },
		"spoiled alone":  func(v *simulate.Vote) { spoil(t, v, 2, []int{0}) },
		"all three ways": func(v *simulate.Vote) { spoil(t, v, 2, []int{0}); v.Cast(1, nil); v.Cast(0, []int{2, 0}) },
	} {
		v := hold(simulate.Config{Contests: []contest.Contest{alone}}, cast)
		agree(name, verifier.Verified, packageOf(t, v.Org), verifier.Options{Vote: v.ID})
	}
	quorum := alone
	quorum.Ranking.QuorumNum, quorum.Ranking.QuorumDen = 1, 2
	for name, cast := range map[string]func(v *simulate.Vote){
		"quorum missed":            func(v *simulate.Vote) { v.Cast(0, []int{2, 0}) },
		"quorum missed by nothing": func(v *simulate.Vote) {},
	} {
		v := hold(simulate.Config{Contests: []contest.Contest{quorum}}, cast)
		agree(name, verifier.Verified, packageOf(t, v.Org), verifier.Options{Vote: v.ID})
	}
	// A ballot that a relay promised, recorded after the closing, takes its place in the list by its own record.
	late := simulate.New(t, simulate.Config{Members: 8, Registrars: 1, Revote: true, Relays: 1, Contests: []contest.Contest{alone}}).Round().Vote()
	late.Round.Cards(0, 1, 2)
	late.Ceremony()
	late.Open()
	late.Cast(0, []int{2})
	late.Cast(1, []int{1, 0})
	promised := late.Ballot(0, []int{0, 1})
	late.Close()
	late.Promises(promised.ID())
	if o := late.Org.Append(promised.Raw()); o.Code != "" {
		t.Fatal(o)
	}
	late.Seal()
	late.Tally()
	agree("a late ballot", verifier.Verified, packageOf(t, late.Org), verifier.Options{Vote: late.ID})
	single := hold(simulate.Config{Trustees: 1, Contests: []contest.Contest{alone}}, func(v *simulate.Vote) { v.Cast(0, []int{2}); v.Cast(1, []int{0}) })
	agree("one trustee", verifier.Verified, packageOf(t, single.Org), verifier.Options{})
}
