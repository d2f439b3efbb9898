package fold

import (
	"fmt"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// A Removal is an accepted record that takes entries off a roll for those who collect cards, or puts them back. Nothing that is computed from a
// roll changes with it (SPEC.md §9.3).
type Removal struct {
	ID    record.ID
	Index uint64 // of its record in the log
	At    uint64 // the log's time
	Body  *record.RollRemoval
}

// Removed returns by what an entry is off the roll now, nil if it is not.
func (r *Roll) Removed(entry uint64) *Removal { return r.removed[entry] }

// RemovedCount returns how many entries are off the roll now.
func (r *Roll) RemovedCount() uint64 { return uint64(len(r.removed)) }

// Removals returns all removals and puttings back, in log order.
func (r *Roll) Removals() []*Removal { return slices.Clone(r.removals) }

// judgeRollRemoval makes the checks of SPEC.md §9.3 in their order.
func (s *State) judgeRollRemoval(r *record.Record, b *record.RollRemoval) verdict {
	roll := s.rolls[r.Scope]
	if roll == nil {
		return void("scope", "roll %s is not on the log", r.Scope.Short())
	}
	if v := s.officer(r, b.By); v != nil {
		return *v
	}
	if !roll.Complete() && !s.partial {
		return void("roll", "roll %s is not on the log whole", r.Scope.Short())
	}
	if err := checkRemoval(b, roll.Announce.Count); err != nil {
		return void("form", "roll-removal: %w", err)
	}
	for _, e := range b.Entries {
		if (roll.removed[e] != nil) == b.Removed {
			if b.Removed {
				return void("dup", "entry %d is off the roll already", e)
			}
			return void("dup", "entry %d is on the roll", e)
		}
	}
	return accept(func() {
		this := &Removal{ID: r.ID(), Index: s.tree.Size() - 1, At: s.now, Body: b}
		roll.removals = append(roll.removals, this)
		if roll.removed == nil {
			roll.removed = make(map[uint64]*Removal)
		}
		for _, e := range b.Entries {
			if b.Removed {
				roll.removed[e] = this
			} else {
				delete(roll.removed, e)
			}
		}
	})
}

func checkRemoval(b *record.RollRemoval, count uint64) error {
	if n := len(b.Entries); n < 1 || n > record.MaxRemovals {
		return fmt.Errorf("entries: %d, want 1 to %d", n, record.MaxRemovals)
	}
	for i, e := range b.Entries {
		if e >= count {
			return fmt.Errorf("entries: %d, the roll has %d", e, count)
		}
		if i > 0 && e <= b.Entries[i-1] {
			return fmt.Errorf("entries: %d after %d is not ascending", e, b.Entries[i-1])
		}
	}
	return text.CheckName("reason", b.Reason)
}

// removed finds among members who act by their names one whose entry is off the roll.
func removed(roll *Roll, members ...record.Member) *verdict {
	for _, m := range members {
		if off := roll.Removed(m.Entry); off != nil {
			v := void("removed", "entry %d was taken off the roll: %s", m.Entry, off.Body.Reason)
			return &v
		}
	}
	return nil
}
