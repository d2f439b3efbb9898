package contest

import (
	"fmt"
	"slices"

	"mandate/ballot/text"
)

// Methods of counting rankings (SPEC.md §14).
const (
	MethodIRV         = "irv"
	MethodScottishSTV = "scottish-stv"
	MethodMeekSTV     = "meek-stv"
	MethodSchulze     = "schulze"
	MethodRankedPairs = "ranked-pairs"
)

// RankingMethods returns the methods of counting rankings.
func RankingMethods() []string {
	return []string{MethodIRV, MethodScottishSTV, MethodMeekSTV, MethodSchulze, MethodRankedPairs}
}

// MaxRankingRules is the largest number of representation rules of a contest, a floor and a cap of one group being two.
const MaxRankingRules = 8

// MaxRankingWork bounds what a count has to search where rules meet in one candidate (SPEC.md §11.5): known when the vote is called, so that no
// vote is held that nobody can count.
const MaxRankingWork = 1 << 17

// A RankingDecision is the rule by which rankings decide a contest (SPEC.md §11.5). Ties are broken by lot.
type RankingDecision struct {
	_         struct{} `cbor:",toarray"`
	Method    string
	Seats     uint64
	QuorumNum uint64 // at least this fraction of the roll must have a counted ballot
	QuorumDen uint64
	Binding   bool          // binding or advisory
	Rules     []RankingRule // representation rules, in order of precedence (SPEC.md §14.11)
}

// A RankingRule says that at least Min and at most Max of the elected are of a group. Min 0 is no floor, Max = seats is no cap.
type RankingRule struct {
	_        struct{} `cbor:",toarray"`
	Group    string
	Min, Max uint64
}

// Check reports whether the decision is well-formed for a contest of n options.
func (d *RankingDecision) Check(field string, n int) error {
	if !slices.Contains(RankingMethods(), d.Method) {
		return fmt.Errorf("%s.method: %q is none of %q", field, d.Method, RankingMethods())
	}
	if d.Seats < 1 || d.Seats > uint64(n) {
		return fmt.Errorf("%s.seats: %d, want 1 to %d", field, d.Seats, n)
	}
	if d.Method == MethodIRV && d.Seats != 1 {
		return fmt.Errorf("%s.seats: %d, %s fills one", field, d.Seats, MethodIRV)
	}
	if d.QuorumDen < 1 || d.QuorumNum > d.QuorumDen || d.QuorumDen > 1<<32 {
		return fmt.Errorf("%s.quorum-den: fraction %d/%d, want 0 ≤ num ≤ den, 1 ≤ den ≤ 2^32", field, d.QuorumNum, d.QuorumDen)
	}
	return d.checkRules(field + ".rules")
}

func (d *RankingDecision) checkRules(field string) error {
	if len(d.Rules) > MaxRankingRules {
		return fmt.Errorf("%s: %d, at most %d", field, len(d.Rules), MaxRankingRules)
	}
	bounds := 0
	work := (d.Seats + 1) * min(uint64(1)<<len(d.Rules), MaxOptions)
	for i, r := range d.Rules {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := text.CheckSlug(at+".group", r.Group); err != nil {
			return err
		}
		if slices.ContainsFunc(d.Rules[:i], func(o RankingRule) bool { return o.Group == r.Group }) {
			return fmt.Errorf("%s.group: %q has a rule already", at, r.Group)
		}
		if r.Min > r.Max || r.Max > d.Seats || r.Min == 0 && r.Max == d.Seats {
			return fmt.Errorf("%s.max: at least %d and at most %d of %d seats from %q; want min ≤ max ≤ seats, and one that says something", at, r.Min, r.Max, d.Seats, r.Group)
		}
		if r.Min > 0 {
			bounds++
		}
		if r.Max < d.Seats {
			bounds++
			work *= r.Max + 1
		} else {
			work *= r.Min + 1
		}
		work = min(work, MaxRankingWork+1)
	}
	if bounds > MaxRankingRules {
		return fmt.Errorf("%s: %d floors and caps, at most %d", field, bounds, MaxRankingRules)
	}
	if work > MaxRankingWork {
		return fmt.Errorf("%s: there are too many cases to count by: the seats + 1, times 2 for each rule, times max + 1 (or min + 1, where max is all seats) of each, is above %d", field, MaxRankingWork)
	}
	return nil
}

// Quorate reports whether enough have voted: counted ballots, of a roll with so many entries.
func (d *RankingDecision) Quorate(counted, roll uint64) bool {
	return compareProducts(counted, d.QuorumDen, d.QuorumNum, roll) >= 0
}

func (d *RankingDecision) isZero() bool {
	return d.Method == "" && d.Seats == 0 && d.QuorumNum == 0 && d.QuorumDen == 0 && !d.Binding && len(d.Rules) == 0
}

func (d *Decision) isZero() bool {
	return d.Method == "" && d.Option == 0 && d.Num == 0 && d.Den == 0 && !d.Strict && d.Base == "" && len(d.Over) == 0 &&
		d.QuorumNum == 0 && d.QuorumDen == 0 && d.Seats == 0 && !d.Binding && !d.Lots
}
