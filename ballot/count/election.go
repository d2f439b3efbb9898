package count

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// A Method names a counting rule; the names are those of the command line.
type Method string

// The counting rules. SPEC.md §14 defines each.
const (
	Plurality   Method = "plurality"    // most first preferences
	Approval    Method = "approval"     // most mentions
	IRV         Method = "irv"          // instant run-off, one seat
	ScottishSTV Method = "scottish-stv" // SSI 2007/42 rules 45 to 52
	MeekSTV     Method = "meek-stv"     // PR Foundation reference rule
	Schulze     Method = "schulze"      // strongest paths, winning votes
	RankedPairs Method = "ranked-pairs" // Tideman, winning votes
)

// Methods returns all methods in the order in which help texts list them.
func Methods() []Method {
	return []Method{Plurality, Approval, IRV, ScottishSTV, MeekSTV, Schulze, RankedPairs}
}

// ParseMethod returns the method of that name.
func ParseMethod(name string) (Method, error) {
	if m := Method(name); slices.Contains(Methods(), m) {
		return m, nil
	}
	return "", fmt.Errorf("unknown counting method %q", name)
}

// Limits of an election. They bound the work of a count, whose worst case grows
// with the cube of the number of candidates.
const (
	MaxCandidates = 1000
	MaxSeats      = 1000
	MaxRules      = 8
)

// A Candidate stands for election. In rankings and results a candidate is an
// index into [Election.Candidates]; reports print that index plus one, the
// candidate's number in a ballot file.
type Candidate struct {
	Name      string
	Party     string // may be empty
	Withdrawn bool   // passed over on every ballot
}

// A Ballot is a group of Count identical ballots. Ranking lists ranks from the
// most preferred on; a rank holds the candidates preferred equally there,
// commonly one. Candidates left out are preferred less than all listed ones. An
// empty ranking is a blank ballot.
type Ballot struct {
	Count   uint64
	Ranking [][]int
}

// Strict returns the ranking that prefers the given candidates in this order,
// one per rank.
func Strict(candidates ...int) [][]int {
	r := make([][]int, len(candidates))
	for i, c := range candidates {
		r[i] = []int{c}
	}
	return r
}

// A Bound says which way a [Rule] limits.
type Bound string

// The bounds of a representation rule.
const (
	AtMost  Bound = "at-most"
	AtLeast Bound = "at-least"
)

// A Rule is a representation rule: at most, or at least, N of the elected come
// from Members. Groups may overlap and need not cover all candidates.
type Rule struct {
	Bound   Bound
	N       int
	Group   string // what the group is called in reports
	Members []int
}

// String prints the rule as reports do, for example "at least 5 from minorities".
func (r Rule) String() string {
	word := "at most"
	if r.Bound == AtLeast {
		word = "at least"
	}
	return fmt.Sprintf("%s %d from %s", word, r.N, r.Group)
}

// An Election is what there is to count.
type Election struct {
	Title      string
	Seats      int
	Candidates []Candidate
	Ballots    []Ballot
	Rules      []Rule // in order of precedence; SPEC.md §14.11

	// Spoiled is the number of ballots that could not even be read as a
	// ranking. They are reported with those that Count itself finds spoiled.
	Spoiled uint64
}

// check reports what makes e unfit to be counted at all. Faults of single
// ballots are not among it: they spoil the ballot.
func (e *Election) check() error {
	switch n := len(e.Candidates); {
	case n == 0:
		return errors.New("election has no candidates")
	case n > MaxCandidates:
		return fmt.Errorf("election has %d candidates, more than %d", n, MaxCandidates)
	}
	if e.Seats < 1 || e.Seats > MaxSeats {
		return fmt.Errorf("election has %d seats; from 1 to %d can be counted", e.Seats, MaxSeats)
	}
	if len(e.Rules) > MaxRules {
		return fmt.Errorf("election has %d representation rules, more than %d", len(e.Rules), MaxRules)
	}
	for i, r := range e.Rules {
		if r.Bound != AtMost && r.Bound != AtLeast {
			return fmt.Errorf("representation rule %d: unknown bound %q", i+1, r.Bound)
		}
		if r.N < 0 || r.N > MaxSeats {
			return fmt.Errorf("representation rule %d: number %d is out of range", i+1, r.N)
		}
		seen := make(map[int]bool)
		for _, c := range r.Members {
			if c < 0 || c >= len(e.Candidates) || seen[c] {
				return fmt.Errorf("representation rule %d: member %d is unknown or listed twice", i+1, c+1)
			}
			seen[c] = true
		}
	}
	return nil
}

// A group is a set of equal valid ballots with withdrawn candidates removed.
type group struct {
	count   uint64
	ranking [][]int
}

// prefs returns the strict order of a ranking without shared ranks.
func (g group) prefs() []int {
	out := make([]int, len(g.ranking))
	for i, rank := range g.ranking {
		out[i] = rank[0]
	}
	return out
}

// groups sorts the ballots into valid, blank and spoiled ones (SPEC.md
// §14.1). With strict, a ranking ends before its first shared rank,
// and is spoiled if that is its first. Equal ballots come out merged and in
// sorted order, so that a count cannot depend on how they came in.
func (e *Election) groups(strict bool) ([]group, Ballots) {
	var valid, blank, spoiled wide
	spoiled.add(e.Spoiled)
	merged := make(map[string]int)
	var out []group
	var key []byte
	seen := make([]int, len(e.Candidates)) // seen[c] == i+1: on ballot i
	for i, b := range e.Ballots {
		if b.Count == 0 {
			continue
		}
		if !e.wellFormed(b.Ranking, seen, i+1) {
			spoiled.add(b.Count)
			continue
		}
		ranking := e.standing(b.Ranking)
		if len(ranking) == 0 {
			blank.add(b.Count)
			continue
		}
		if strict {
			shared := slices.IndexFunc(ranking, func(rank []int) bool { return len(rank) > 1 })
			if shared == 0 {
				spoiled.add(b.Count)
				continue
			}
			if shared > 0 {
				ranking = ranking[:shared]
			}
		}
		valid.add(b.Count)
		key = rankingKey(key[:0], ranking)
		at, ok := merged[string(key)]
		if ok && out[at].count <= 1<<63-1 && b.Count <= 1<<63-1 {
			out[at].count += b.Count // at most 2^64-2
			continue
		}
		merged[string(key)] = len(out)
		out = append(out, group{b.Count, ranking})
	}
	slices.SortStableFunc(out, func(a, b group) int { return CompareRankings(a.ranking, b.ranking) })
	total := new(big.Int).Add(valid.int(), blank.int())
	total.Add(total, spoiled.int())
	return out, Ballots{Total: total, Valid: valid.int(), Blank: blank.int(), Spoiled: spoiled.int()}
}

// wellFormed reports whether a ranking has no empty rank, no unknown candidate
// and none twice. seen is scratch space that marks candidates with mark.
func (e *Election) wellFormed(ranking [][]int, seen []int, mark int) bool {
	for _, rank := range ranking {
		if len(rank) == 0 {
			return false
		}
		for _, c := range rank {
			if c < 0 || c >= len(seen) || seen[c] == mark {
				return false
			}
			seen[c] = mark
		}
	}
	return true
}

// standing returns the ranking without withdrawn candidates, each rank in
// ascending order. It may be the ranking itself, which is not changed.
func (e *Election) standing(ranking [][]int) [][]int {
	settled := !slices.ContainsFunc(ranking, func(rank []int) bool {
		return len(rank) > 1 || e.Candidates[rank[0]].Withdrawn
	})
	if settled {
		return ranking
	}
	out := make([][]int, 0, len(ranking))
	for _, rank := range ranking {
		kept := make([]int, 0, len(rank))
		for _, c := range rank {
			if !e.Candidates[c].Withdrawn {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 {
			slices.Sort(kept)
			out = append(out, kept)
		}
	}
	return out
}

func rankingKey(key []byte, ranking [][]int) []byte {
	for _, rank := range ranking {
		for _, c := range rank {
			key = append(key, byte(c>>8), byte(c))
		}
		key = append(key, 0xff, 0xff) // no candidate has this number
	}
	return key
}

// CompareRankings orders rankings for publication: rank by rank, a rank being
// compared as the ascending list of its candidates, and a ranking that ends
// first coming first. Published ballots are sorted so, which says nothing about
// the order in which they were cast or came out of a mix.
func CompareRankings(a, b [][]int) int {
	return slices.CompareFunc(a, b, func(x, y []int) int {
		if len(x) > 1 {
			x = slices.Sorted(slices.Values(x))
		}
		if len(y) > 1 {
			y = slices.Sorted(slices.Values(y))
		}
		return slices.Compare(x, y)
	})
}
