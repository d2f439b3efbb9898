package contest

import (
	"fmt"
	"math/bits"
	"slices"
)

// Methods of deciding (SPEC.md §11.5).
const (
	MethodNone      = "none"      // counts only
	MethodThreshold = "threshold" // one option passes if it reaches a fraction of a base
	MethodPlurality = "plurality" // the options with most votes win seats
)

// Bases of a threshold.
const (
	BaseBallots = "ballots" // all counted ballots
	BaseOptions = "options" // the sum over the listed options
)

// Outcomes of a contest.
const (
	OutcomeNone     = "none"
	OutcomePassed   = "passed"
	OutcomeFailed   = "failed"
	OutcomeTied     = "tied"
	OutcomeNoQuorum = "no-quorum"
	OutcomeElected  = "elected"
)

// A Decision is the rule by which a contest's counts decide it.
type Decision struct {
	_         struct{} `cbor:",toarray"`
	Method    string
	Option    uint64   // threshold: the option that must reach it
	Num, Den  uint64   // threshold: the fraction
	Strict    bool     // threshold: more than the fraction, not just the fraction
	Base      string   // threshold: the fraction of what
	Over      []uint64 // base "options": the options that make up the base, ascending
	QuorumNum uint64   // at least this fraction of the roll must have a counted ballot
	QuorumDen uint64
	Seats     uint64 // plurality: how many options win
	Binding   bool   // binding or advisory
	Lots      bool   // plurality: a tie for the last seats is broken by lot
}

// Check reports whether the decision is well-formed for a contest of n options.
func (d *Decision) Check(field string, n int) error {
	bad := func(name, format string, args ...any) error {
		return fmt.Errorf("%s.%s: %s", field, name, fmt.Sprintf(format, args...))
	}
	if d.Den < 1 || d.Num > d.Den || d.Den > 1<<32 {
		return bad("den", "fraction %d/%d, want 0 ≤ num ≤ den, 1 ≤ den ≤ 2^32", d.Num, d.Den)
	}
	if d.QuorumDen < 1 || d.QuorumNum > d.QuorumDen || d.QuorumDen > 1<<32 {
		return bad("quorum-den", "fraction %d/%d, want 0 ≤ num ≤ den, 1 ≤ den ≤ 2^32", d.QuorumNum, d.QuorumDen)
	}
	if d.Method != MethodThreshold {
		if d.Option != 0 || d.Num != 0 || d.Den != 1 || d.Strict || d.Base != BaseBallots || len(d.Over) != 0 || d.Lots && d.Method != MethodPlurality {
			return bad("method", "%q has fields that belong to a threshold", d.Method)
		}
	}
	switch d.Method {
	case MethodNone:
		if d.QuorumNum != 0 || d.QuorumDen != 1 || d.Seats != 0 {
			return bad("method", "none has neither quorum nor seats")
		}
	case MethodPlurality:
		if d.Seats < 1 || d.Seats > uint64(n) {
			return bad("seats", "%d, want 1 to %d", d.Seats, n)
		}
	case MethodThreshold:
		if d.Seats != 0 || d.Lots {
			return bad("seats", "a threshold has neither seats nor lots")
		}
		if d.Option >= uint64(n) {
			return bad("option", "%d does not exist", d.Option)
		}
		switch d.Base {
		case BaseBallots:
			if len(d.Over) != 0 {
				return bad("over", "base ballots takes none")
			}
		case BaseOptions:
			for i, o := range d.Over {
				if o >= uint64(n) || i > 0 && o <= d.Over[i-1] {
					return bad("over", "%v, want ascending options", d.Over)
				}
			}
			if !slices.Contains(d.Over, d.Option) {
				return bad("over", "does not contain option %d", d.Option)
			}
		default:
			return bad("base", "%q is not known", d.Base)
		}
	default:
		return bad("method", "%q is not known", d.Method)
	}
	return nil
}

// Decide applies the rule to a contest's counts, counted ballots and roll entries, and returns the outcome and the winning options,
// ascending (SPEC.md §11.5). The decision must have passed Check for len(counts) options.
func (d *Decision) Decide(counts []uint64, counted, roll uint64) (outcome string, winners []uint64) {
	if d.Method == MethodNone {
		return OutcomeNone, nil
	}
	if compareProducts(counted, d.QuorumDen, d.QuorumNum, roll) < 0 {
		return OutcomeNoQuorum, nil
	}
	if d.Method == MethodPlurality {
		return d.plurality(counts)
	}
	base := counted
	if d.Base == BaseOptions {
		base = 0
		for _, j := range d.Over {
			base += counts[j]
		}
	}
	c := compareProducts(counts[d.Option], d.Den, d.Num, base)
	switch {
	case base == 0 && !d.Strict, c < 0:
		return OutcomeFailed, nil
	case c > 0 || !d.Strict:
		return OutcomePassed, []uint64{d.Option}
	case base > 0:
		return OutcomeTied, nil
	default:
		return OutcomeFailed, nil
	}
}

func (d *Decision) plurality(counts []uint64) (string, []uint64) {
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b uint64) int { return compareProducts(b, 1, a, 1) })
	if sorted[0] == 0 {
		return OutcomeFailed, nil
	}
	last := max(sorted[d.Seats-1], 1) // an option without a vote wins nothing
	var above, level []uint64
	for j, n := range counts {
		switch {
		case n > last:
			above = append(above, uint64(j))
		case n == last:
			level = append(level, uint64(j))
		}
	}
	if uint64(len(above)+len(level)) > d.Seats {
		return OutcomeTied, above
	}
	winners := append(above, level...)
	slices.Sort(winners)
	return OutcomeElected, winners
}

// Level returns the options that share the count of the last seat, ascending: those between whom a tie of a plurality is.
func (d *Decision) Level(counts []uint64) []uint64 {
	sorted := slices.Sorted(slices.Values(counts))
	last := max(sorted[len(sorted)-int(d.Seats)], 1)
	var level []uint64
	for j, n := range counts {
		if n == last {
			level = append(level, uint64(j))
		}
	}
	return level
}

// compareProducts compares a·b with c·d without overflow.
func compareProducts(a, b, c, d uint64) int {
	h1, l1 := bits.Mul64(a, b)
	h2, l2 := bits.Mul64(c, d)
	switch {
	case h1 != h2:
		if h1 < h2 {
			return -1
		}
		return 1
	case l1 != l2:
		if l1 < l2 {
			return -1
		}
		return 1
	}
	return 0
}
