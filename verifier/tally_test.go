package verifier

import (
	"fmt"
	"slices"
	"testing"
)

// A check that did not run, that is not there, or that stands in another's place keeps everything from being verified.
func TestJ5_J6_EveryCheckMustRun(t *testing.T) {
	for _, part := range []struct{ from, to int }{{checkPackage, checkClock}, {checkVote, checkMixes}} {
		held := newChecks(part.from, part.to)
		if got := verdictOf(held, part.from, part.to, true); got != Unfinished {
			t.Errorf("checks %d to %d, of which none ran: %v", part.from, part.to, got)
		}
		for i := range held {
			held[i].hold("it does")
		}
		if got := verdictOf(held, part.from, part.to, true); got != Verified {
			t.Errorf("checks %d to %d, which all held: %v", part.from, part.to, got)
		}
		if got := verdictOf(held, part.from, part.to, false); got != Unfinished {
			t.Errorf("a vote that is not certified: %v", got)
		}
		for i := range held {
			for what, change := range map[string]func(cs []Check) []Check{
				"did not run":                 func(cs []Check) []Check { cs[i].Status = NotReached; return cs },
				"has a status that none has":  func(cs []Check) []Check { cs[i].Status = 9; return cs },
				"is not there":                func(cs []Check) []Check { return slices.Delete(cs, i, i+1) },
				"is another's a second time":  func(cs []Check) []Check { cs[i] = cs[(i+1)%len(cs)]; return cs },
				"failed":                      func(cs []Check) []Check { cs[i].fail(Finding{Index: -1}); return cs },
				"failed, and another not run": func(cs []Check) []Check { cs[(i+1)%len(cs)].Status = NotReached; cs[i].fail(Finding{}); return cs },
			} {
				if got := verdictOf(change(slices.Clone(held)), part.from, part.to, true); got == Verified {
					t.Errorf("check %d %s: %v", part.from+i, what, got)
				}
			}
		}
	}
}

func TestTally(t *testing.T) {
	r := &Report{Log: newChecks(checkPackage, checkClock), Votes: []VoteReport{{Checks: newChecks(checkVote, checkMixes)}}}
	for i := range r.Log {
		r.Log[i].hold("it does")
	}
	vote := r.Votes[0].Checks
	vote[0].hold("it does")
	vote[1].fail(Finding{Index: -1})
	vote[2].Status = NotAsked
	if got, want := fmt.Sprint(r.tally(), r.tally().Asked()), "{30 1 8 7} 29"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
