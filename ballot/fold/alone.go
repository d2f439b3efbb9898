//go:build !voting

package fold

import (
	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/crypto/merkle"
)

// What a ballot comes to by itself, by its form, proof and registrars' signatures, follows from its bytes and the context of its vote. So it
// can be found out elsewhere than where the log is folded (SPEC.md §12): with NewAlone, Skip and Check there, and Decode and Take here.

// NewAlone returns the state before the first record for one who only checks ballots by themselves. It opens votes as the log says, and all
// ballots and records about them are passed over with Skip. It opens every vote that a state by New opens: it judges what comes before an
// opening in the same way, but that a vote which must come first is held to have the result that the commission has signed.
func NewAlone() *State { return newState(alone{}) }

type alone struct{ whole }

func (alone) check(*State, *Prepared) {}

func (alone) judge(s *State, p *Prepared, v *Vote) verdict { return passing{}.judge(s, p, v) }

// Skip makes a record the next without judging it.
func (s *State) Skip(p *Prepared) {
	s.tree.Append(merkle.Hash(p.id))
	if p.rec != nil {
		s.recorded(p)
	}
}

// Alone says under which vote's context (SPEC.md §9.7) a ballot was checked by itself, and whether it holds; ok is false if it was not checked.
func (p *Prepared) Alone() (ctx [32]byte, holds, ok bool) {
	if p.booth == nil {
		return ctx, false, false
	}
	return p.booth.ctx.Ctx, p.fault == nil, true
}

// Opening returns the context of an open vote, or false.
func (s *State) Opening(vote record.ID) (ctx [32]byte, ok bool) {
	b, ok := s.opened.Load(vote)
	if !ok {
		return ctx, false
	}
	return b.(*boothState).ctx.Ctx, true
}

// Decode is Prepare without any check: only Decode, Take and Check together do what Prepare does. It may be called like Prepare.
func (s *State) Decode(raws [][]byte) []*Prepared {
	ps := make([]*Prepared, len(raws))
	cast.Parallel(len(raws), func(i int) { ps[i] = decode(raws[i]) })
	return ps
}

// Take takes it from the caller that some of the ballots hold by themselves, those of which holds says so for the number of the ballot in ps and
// its vote's context: their form and elements are checked, their proofs and signatures are not. It leaves alone ballots whose vote is not
// open, those that were checked already, and those whose form or elements show that they do not hold. It may be called like Prepare; holds from several goroutines.
func (s *State) Take(ps []*Prepared, holds func(i int, ctx [32]byte) bool) {
	cast.Parallel(len(ps), func(i int) {
		p := ps[i]
		if p.rec == nil || p.booth != nil || p.rec.Kind() != "ballot" {
			return
		}
		opened, ok := s.opened.Load(p.rec.Scope)
		if !ok {
			return
		}
		b := opened.(*boothState)
		if !holds(i, b.ctx.Ctx) {
			return
		}
		if checked, bad := b.form.Decode(b.ctx, p.rec); bad == nil {
			p.booth, p.ballot = b, checked
		}
	})
}
