package verifier

import (
	"fmt"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// followRoll keeps what a removal means for the votes of its roll. The state has just taken it.
func (a *audit) followRoll(rollRecord record.ID, b *record.RollRemoval) {
	if !b.Removed {
		return
	}
	for _, round := range a.state.Rounds() {
		if round.Roll.ID != rollRecord {
			continue
		}
		r := a.removedIssued[round.ID]
		for _, e := range b.Entries {
			all := true
			for i := range round.Manifest.Registrars {
				all = all && round.IsIssued(i+1, e)
			}
			if all {
				r++
			}
		}
		a.removedIssued[round.ID] = r
	}
	for _, v := range a.state.Votes() {
		if v.Round.Roll.ID == rollRecord && v.Phase == fold.Open {
			a.removedOpen[v.ID] += uint64(len(b.Entries))
		}
	}
}

// removals returns what became of a vote's roll, nil if nothing did.
func (a *audit) removals(v *fold.Vote) *Removals {
	all := v.Round.Roll.Removals()
	if len(all) == 0 {
		return nil
	}
	r := &Removals{
		Off: v.Round.Roll.RemovedCount(), First: all[0].At, Last: all[len(all)-1].At, Issued: a.removedIssued[v.Round.ID], Open: a.removedOpen[v.ID],
	}
	for _, x := range all {
		if n := uint64(len(x.Body.Entries)); x.Body.Removed {
			r.Removed += n
		} else {
			r.Restored += n
		}
	}
	for i := range v.Round.Manifest.Registrars {
		r.Late = append(r.Late, v.Round.IssuedRemoved(i+1))
	}
	return r
}

// Lines says it for people.
func (r *Removals) Lines() []string {
	out := []string{fmt.Sprintf("%s off it now: %d taken off and %d put back, from %s to %s.", plural(int(r.Off), "entry is", "entries are"), r.Removed, r.Restored, date(r.First), date(r.Last))}
	if r.Issued > 0 {
		out = append(out, fmt.Sprintf("%d of those taken off had a card of every registrar before: such a card is anonymous, and still votes.", r.Issued))
	}
	if r.Open > 0 {
		out = append(out, fmt.Sprintf("%d were taken off while the vote was open.", r.Open))
	}
	for i, n := range r.Late {
		if n > 0 {
			out = append(out, fmt.Sprintf("Registrar %d listed %s as issued while they were off; it may have signed before it saw that.", i+1, plural(int(n), "entry", "entries")))
		}
	}
	return out
}

// reported says in a check's detail how many checked ballots were reported.
func reported(f *Figures) string {
	if f.Faults == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of these reported to show another choice", f.Faults)
}
