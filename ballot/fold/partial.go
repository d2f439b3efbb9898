package fold

import (
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/merkle"
)

// judges are how a state judges what a reader of little passes over: the records between seal and result, the result, and the complaints of a
// key generation. A state gets them when it is made, with New or NewPartial, and cannot be without. The booth is
// built with the tag voting, under which there is no New: it has no code that counts, mixes and opens (SPEC.md §10.8).
type judges interface {
	// ceremony returns the key generation of a vote at its beginning.
	ceremony(tally.CeremonyParameters) *tally.Ceremony
	// check does what can be done for a record before its turn.
	check(*State, *Prepared)
	// judge judges an input, shares, mix, decryption, lots or result record.
	judge(*State, *Prepared, *Vote) verdict
	// settle gives back what the tally of a vote needed that is over.
	settle(*State, *Vote)
}

// NewPartial returns the state before the first record for a reader that passes over records it has no need of (SPEC.md §10.8). What such a
// state accepts is signed by whom it must be signed by, and follows what was read. It does not show that:
//
//   - nothing was left out that would have changed it: another vote that took the slot first, an issue, a restart;
//   - the rules of SPEC.md §15.6 were met when the vote opened, which trustees and commission answer for;
//   - a result is right: it is the one that the commission has signed;
//   - a trustee was rightly complained about: a complaint ends its attempt at a key, whoever was at fault.
//
// Counts of ballots, supports and issues are of what was read. The state must not be asked to make a result, a seal or a packet.
func NewPartial() *State {
	s := newState(passing{})
	s.partial = true
	return s
}

// passing are the judges of a partial state.
type passing struct{}

func (passing) ceremony(p tally.CeremonyParameters) *tally.Ceremony {
	return tally.NewPartialCeremony(p)
}

func (passing) check(*State, *Prepared) {}

func (passing) settle(*State, *Vote) {}

// judge takes a result that the commission has signed. What it is the result of was passed over, and has no effect if it was not.
func (passing) judge(s *State, p *Prepared, v *Vote) verdict {
	b, ok := p.rec.Body.(*record.Result)
	if !ok {
		return void("passed", "%s: a light reader does not judge it", p.rec.Kind())
	}
	if bad := s.resultDue(p.rec, v, b); bad != nil {
		return *bad
	}
	return accept(func() { s.certify(v, b) })
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
