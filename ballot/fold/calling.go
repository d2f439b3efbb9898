package fold

import (
	"bytes"
	"maps"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/roll"
)

// Batches says in what manner a board has published a petition's supports. The more there are in a batch, and the less their order says,
// the less the log tells about who came when. It decides nothing.
type Batches struct {
	Count  int    // a batch is what stands on the log under one time
	At     uint64 // the time of the last
	Hasty  int    // batches that came sooner after another than the petition says
	Sorted bool   // whether each so far is in ascending order of record ids
	newest record.ID
}

func (b *Batches) add(id record.ID, now, interval uint64) {
	switch {
	case b.Count == 0:
		b.Count, b.Sorted = 1, true
	case now > b.At:
		if now-b.At < interval {
			b.Hasty++
		}
		b.Count++
	case bytes.Compare(id[:], b.newest[:]) < 0:
		b.Sorted = false
	}
	b.At, b.newest = now, id
}

// opening returns a roll entry as package roll knows it.
func opening(m *record.Member) *roll.Opening {
	return &roll.Opening{Index: m.Entry, Salt: m.Salt, Number: m.Number, Name: m.Name}
}

// Needed returns how many supports a petition on a roll needs: num/den of its entries, rounded up (SPEC.md §15.2).
func Needed(p *record.PetitionRule, roll uint64) uint64 {
	return (p.Num*roll + p.Den - 1) / p.Den // below 2^60
}

// Supports returns how many members support the vote's petition and how many must, 0 and 0 if it has none.
func (v *Vote) Supports() (have, need uint64) {
	if v.course == nil || v.course.rules.Call.Petition == nil {
		return 0, 0
	}
	return max(uint64(len(v.course.supports)), v.course.passed), Needed(v.course.rules.Call.Petition, v.Round.Roll.Announce.Count)
}

// HasSupported reports whether a credential has supported the petition.
func (v *Vote) HasSupported(key record.Key) bool { return v.course != nil && v.course.supports[key] }

// Batches says how the board has published the petition's supports.
func (v *Vote) Batches() Batches {
	if v.course == nil {
		return Batches{}
	}
	return v.course.batches
}

// Signed returns the members of the body, from 1, who have signed the call.
func (v *Vote) Signed() []uint64 {
	if v.course == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(v.course.signed))
}

// callCloses returns the last moment at which a proposed vote can be called.
func (v *Vote) callCloses() uint64 {
	if p := v.course.rules.Call.Petition; p != nil {
		return p.Closes
	}
	return v.course.rules.Call.Body.Closes
}

// judgeSupport makes the checks of SPEC.md §15.2 in their order.
func (s *State) judgeSupport(p *Prepared, v *Vote, b *record.Support) verdict {
	if err := checkSignaturesLength(v, b.Signatures); err != nil {
		return void("form", "support: %w", err)
	}
	c, petition := v.course, v.course.rules.Call.Petition
	switch {
	case s.now > petition.Closes:
		return void("expired", "the petition has closed at %d", petition.Closes)
	case v.Phase != Proposed && v.Phase != Called:
		return void("phase", "support: the vote is %v", v.Phase)
	case !v.Round.Ready(int(petition.Slot)):
		return void("phase", "support: the petition's slot is not ready")
	case c.supports[b.Key]:
		return void("dup", "this card has supported the petition already")
	}
	if bad := s.bearer(p, v, petition.Slot, b.Key, b.Signatures); bad != nil {
		return *bad
	}
	return accept(func() {
		c.supports[b.Key] = true
		c.batches.add(p.id, s.now, petition.Interval)
		have, need := v.Supports()
		if v.Phase == Proposed && (s.partial && p.calls || !s.partial && have >= need) {
			s.call(v)
		}
	})
}

func (s *State) judgeCall(r *record.Record, v *Vote, b *record.Call) verdict {
	c, body := v.course, v.course.rules.Call.Body
	if bad := s.by(r, "member", b.Member, c.body); bad != nil {
		return *bad
	}
	switch {
	case s.now > body.Closes:
		return void("expired", "the vote could be called until %d", body.Closes)
	case v.Phase != Proposed:
		return void("phase", "call: the vote is %v", v.Phase)
	case c.signed[b.Member]:
		return void("dup", "%s has signed already", body.Members[b.Member-1].Name)
	}
	return accept(func() {
		c.signed[b.Member] = true
		if uint64(len(c.signed)) >= body.Need {
			s.call(v)
		}
	})
}
