//go:build !voting

package fold

import (
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// New returns the state before the first record. It is not there in programs that are built with the tag voting, which have only NewPartial.
func New() *State { return newState(whole{}) }

// whole are the judges of a state that is given every record.
type whole struct{}

func (whole) ceremony(p tally.CeremonyParameters) *tally.Ceremony { return tally.NewCeremony(p) }

func (whole) check(s *State, p *Prepared) { s.checkMixing(p) }

func (whole) settle(s *State, v *Vote) { s.endMixing(v) }

func (whole) judge(s *State, p *Prepared, v *Vote) verdict {
	switch b := p.rec.Body.(type) {
	case *record.Input:
		return s.judgeInput(p.rec, v, b)
	case *record.Shares:
		return s.judgeShares(p.rec, v, b)
	case *record.Mix:
		return s.judgeMixing(p, v, b.Trustee, b.Contest)
	case *record.Decryption:
		return s.judgeMixing(p, v, b.Trustee, b.Contest)
	case *record.Lots:
		return s.judgeLots(p.rec, v, b)
	case *record.Result:
		return s.judgeResult(p.rec, v, b)
	}
	return void("kind", "%s: is no record of a tally", p.rec.Kind()) // judge gives it no other
}
