package verifier

import "slices"

// A Tally says how many checks of a report ran (SPEC.md §12).
type Tally struct {
	Checks   int `json:"checks"`    // 6 of the log, and 24 of each vote that is judged
	NotAsked int `json:"not_asked"` // of these, need something that was not given, or that the vote does not have
	Ran      int `json:"ran"`       // of the others, ran to their end: held or failed
	Held     int `json:"held"`      // of these, held
}

// Asked is how many checks had to run.
func (t Tally) Asked() int { return t.Checks - t.NotAsked }

// tally counts the checks of the log and of all votes of the report.
func (r *Report) tally() Tally {
	var t Tally
	add := func(cs []Check) {
		for _, c := range cs {
			t.Checks++
			switch c.Status {
			case NotAsked:
				t.NotAsked++
			case Held:
				t.Held++
				t.Ran++
			case Failed:
				t.Ran++
			}
		}
	}
	add(r.Log)
	for _, v := range r.Votes {
		add(v.Checks)
	}
	return t
}

// verdictOf judges the checks numbered from to to: each must be there, and must have held or not been asked for. One that is missing or was
// not reached makes it unfinished at best.
func verdictOf(checks []Check, from, to int, finished bool) Verdict {
	if slices.ContainsFunc(checks, func(c Check) bool { return c.Status == Failed }) {
		return Refuted
	}
	if !finished || len(checks) != to-from+1 {
		return Unfinished
	}
	for i, c := range checks {
		if c.Number != from+i || c.Status != Held && c.Status != NotAsked {
			return Unfinished
		}
	}
	return Verified
}
