package count

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A committee decides what the representation rules still allow. A candidate is
// doomed when no complete committee that keeps the rules has both the elected
// and that candidate, and guarded when every such committee has that candidate
// (SPEC.md §14.11).
type committee struct {
	seats   int    // seats that can be filled
	rules   []Rule // floors possibly lowered
	mask    []uint // per candidate: bit r set if rules[r] counts the candidate
	lowered []lowering
}

// A lowering records that a floor could not be met.
type lowering struct{ rule int }

// maxStates bounds the search below. Real rules need a few thousand.
const maxStates = 1 << 20

var errEntangled = errors.New("representation rules are too entangled to be decided")

// newCommittee fixes how many seats can be filled, and lowers floors that the
// standing candidates cannot meet: first each to the number of candidates who
// stand from its group, then, while no committee of any size keeps all rules,
// the last rule whose floor is above 0 by one.
func newCommittee(e *Election, state []State) (*committee, error) {
	k := &committee{rules: slices.Clone(e.Rules), mask: make([]uint, len(state))}
	standing := 0
	for i := range state {
		if state[i] == Continuing {
			standing++
		}
	}
	for r, rule := range k.rules {
		members := 0
		for _, m := range rule.Members {
			k.mask[m] |= 1 << r
			if state[m] == Continuing {
				members++
			}
		}
		if rule.Bound == AtLeast {
			k.rules[r].N = min(rule.N, members)
		}
	}
	for {
		for k.seats = min(e.Seats, standing); k.seats >= 0; k.seats-- {
			ok, err := k.possible(state, nil, nil)
			if err != nil {
				return nil, err
			}
			if ok {
				for r := range k.rules {
					if k.rules[r].N < e.Rules[r].N {
						k.lowered = append(k.lowered, lowering{r})
					}
				}
				return k, nil
			}
		}
		last := len(k.rules) - 1
		for k.rules[last].Bound != AtLeast || k.rules[last].N == 0 {
			last-- // with all floors at 0, the empty committee is possible
		}
		k.rules[last].N--
	}
}

// A verdict is what the rules mean for a continuing candidate.
type verdict struct {
	candidate       int
	guarded, doomed bool
	rule            int // the rule that decides alone, or -1
	why             string
}

// judge returns the verdict on every continuing candidate, by number. There must
// be a vacancy.
func (k *committee) judge(state []State) ([]verdict, error) {
	var out []verdict
	byMask := make(map[uint]verdict) // candidates in the same groups share a verdict
	open := slices.Clone(state)      // without the doomed
	for i, s := range state {
		if s != Continuing {
			continue
		}
		v, ok := byMask[k.mask[i]]
		if !ok {
			with, err := k.possible(state, &i, nil)
			if err != nil {
				return nil, err
			}
			without, err := k.possible(state, nil, &i)
			if err != nil {
				return nil, err
			}
			v = verdict{doomed: !with, guarded: !without, rule: -1}
			byMask[k.mask[i]] = v
		}
		v.candidate = i
		if v.doomed {
			open[i] = Excluded
		}
		out = append(out, v)
	}
	for i := range out {
		k.explain(open, &out[i])
	}
	return out, nil
}

// explain names the rule that decides the verdict by itself, if one does. In
// state, the doomed are excluded already.
func (k *committee) explain(state []State, v *verdict) {
	if !v.doomed && !v.guarded {
		return
	}
	elected := func(r int) int { return k.count(state, Elected, r) }
	vacancies := k.seats - k.count(state, Elected, -1)
	for r, rule := range k.rules {
		member := k.mask[v.candidate]&(1<<r) != 0
		switch {
		case v.doomed && rule.Bound == AtMost && member && elected(r) == rule.N:
			v.rule, v.why = r, fmt.Sprintf("%q is exhausted", rule)
		case v.doomed && rule.Bound == AtLeast && !member && vacancies == rule.N-elected(r):
			v.rule, v.why = r, fmt.Sprintf("all remaining seats (%d) are needed for %q", vacancies, rule)
		case v.guarded && rule.Bound == AtLeast && member && k.count(state, Continuing, r) == rule.N-elected(r):
			v.rule, v.why = r, fmt.Sprintf("all continuing candidates of the group (%d) are needed for %q", k.count(state, Continuing, r), rule)
		default:
			continue
		}
		return
	}
	if v.doomed {
		v.why = "no complete committee that keeps the rules has this candidate"
	} else {
		v.why = "every complete committee that keeps the rules has this candidate"
	}
}

// count counts candidates in a state who belong to a rule's group, or all with
// rule -1.
func (k *committee) count(state []State, s State, rule int) int {
	n := 0
	for i := range state {
		if state[i] == s && (rule < 0 || k.mask[i]&(1<<rule) != 0) {
			n++
		}
	}
	return n
}

// possible reports whether a complete committee keeps the rules that has all the
// elected, further continuing candidates only, the candidate in if not nil, and
// not the candidate out if not nil.
func (k *committee) possible(state []State, in, out *int) (bool, error) {
	need := k.seats - k.count(state, Elected, -1)
	room := make([]int, len(k.rules)) // by rule: how many more are allowed, or needed
	for r, rule := range k.rules {
		room[r] = rule.N - k.count(state, Elected, r)
	}
	take := func(mask uint, n int) {
		need -= n
		for r := range room {
			if mask&(1<<r) != 0 {
				room[r] -= n
			}
		}
	}
	kinds := make(map[uint]int)
	for i, s := range state {
		switch {
		case s != Continuing || out != nil && *out == i:
		case in != nil && *in == i:
			take(k.mask[i], 1)
		default:
			kinds[k.mask[i]]++
		}
	}
	if len(k.rules) == 0 {
		return need >= 0 && need <= kinds[0], nil
	}
	var masks []uint
	for m := range kinds {
		masks = append(masks, m)
	}
	slices.Sort(masks)

	failed := make(map[string]bool)
	var search func(at int) (bool, error)
	search = func(at int) (bool, error) {
		if need < 0 {
			return false, nil
		}
		met := true
		for r, rule := range k.rules {
			if rule.Bound == AtMost && room[r] < 0 {
				return false, nil
			}
			met = met && (rule.Bound == AtMost || room[r] <= 0)
		}
		if at == len(masks) || need == 0 {
			return need == 0 && met, nil
		}
		key := string(k.place(at, need, room))
		if failed[key] {
			return false, nil
		}
		if len(failed) > maxStates {
			return false, errEntangled
		}
		mask := masks[at]
		for n := min(kinds[mask], need); n >= 0; n-- {
			take(mask, n)
			ok, err := search(at + 1)
			take(mask, -n)
			if ok || err != nil {
				return ok, err
			}
		}
		failed[key] = true
		return false, nil
	}
	return search(0)
}

// place writes where a search stands: what can follow depends on nothing else. A floor that is met is met, by however many.
func (k *committee) place(at, need int, room []int) []byte {
	key := make([]byte, 0, 2*(2+len(room))) // all numbers are below 2^16: there are at most MaxCandidates
	key = binary.BigEndian.AppendUint16(key, uint16(at))
	key = binary.BigEndian.AppendUint16(key, uint16(need))
	for r, n := range room {
		if k.rules[r].Bound == AtLeast {
			n = max(n, 0)
		}
		key = binary.BigEndian.AppendUint16(key, uint16(n))
	}
	return key
}
