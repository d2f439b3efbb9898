package fold

import (
	"mandate/ballot/record"
	"mandate/crypto/merkle"
)

// NewPartial returns the state before the first record for a reader that passes over records it has no need of (SPEC.md §10.8). What such a
// state accepts is signed by whom it must be signed by, and follows what was read. It does not show that:
//
//   - nothing was left out that would have changed it: another vote that took the slot first, an issue, a restart;
//   - the rules of SPEC.md §15.6 were met when the vote opened, which trustees and commission answer for;
//   - a result is right: it is the one that the commission has signed.
//
// Counts of ballots, supports and issues are of what was read. The state must not be asked to make a result, a seal or a packet.
func NewPartial() *State {
	s := New()
	s.partial = true
	return s
}

// Pass moves a partial state forward to the next record that is read, at the size of a tree, over those that are not.
func (s *State) Pass(to *merkle.Frontier) {
	if !s.partial || to.Size() < s.tree.Size() {
		panic("fold: a whole state passes over nothing, and no state goes back")
	}
	s.tree = *to.Clone()
}

// ApplyCalling is Apply, in a partial state, of the support with which a petition has reached its threshold; those before it were passed over.
func (s *State) ApplyCalling(p *Prepared) Outcome {
	p.calls = s.partial
	return s.Apply(p)
}

// PassSupports notes how many supports of a vote there are of which a partial state has read none: it is what somebody has said.
func (s *State) PassSupports(vote record.ID, have uint64) {
	if v := s.votes[vote]; s.partial && v != nil && v.course != nil {
		v.course.passed = have
	}
}
