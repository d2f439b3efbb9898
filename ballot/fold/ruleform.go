package fold

import (
	"fmt"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// checkRules checks everything about a manifest's rules that needs no log (SPEC.md §15.1).
func checkRules(b *record.Vote) error {
	r := b.Rules
	if r == nil {
		return nil
	}
	for _, check := range []func(*record.Vote, *record.Rules) error{checkCall, checkStatementRule, checkPeriods, checkNominationRule} {
		if err := check(b, r); err != nil {
			return fmt.Errorf("rules.%w", err)
		}
	}
	if err := text.CheckSlug("rules.name", r.Name); err != nil {
		return err
	}
	if r.Forums.Need > record.MaxForums {
		return fmt.Errorf("rules.forums.need: %d, at most %d", r.Forums.Need, record.MaxForums)
	}
	if r.Mailing.Needed && !r.Packet || !r.Mailing.Needed && r.Mailing.Lead != 0 {
		return fmt.Errorf("rules.mailing: needed %v and lead %d, with packet %v", r.Mailing.Needed, r.Mailing.Lead, r.Packet)
	}
	if n := len(r.Requires); n > record.MaxRequires {
		return fmt.Errorf("rules.requires: %d votes, at most %d", n, record.MaxRequires)
	}
	seen := make(map[record.ID]bool)
	for _, id := range r.Requires {
		if seen[id] {
			return fmt.Errorf("rules.requires: vote %s is there twice", id.Short())
		}
		seen[id] = true
	}
	return checkResponse(&r.Response)
}

func checkCall(_ *record.Vote, r *record.Rules) error {
	c := &r.Call
	has := func(method string, there bool) error {
		if there != (c.Method == method) {
			return fmt.Errorf("call.%s: a vote called by %q has one: %v, want %v", method, c.Method, there, c.Method == method)
		}
		return nil
	}
	for _, err := range []error{
		has(record.CallPetition, c.Petition != nil), has(record.CallBody, c.Body != nil), has(record.CallReason, c.Reason != ""),
	} {
		if err != nil {
			return err
		}
	}
	switch c.Method {
	case record.CallPetition:
		return checkPetition(c.Petition)
	case record.CallBody:
		return checkBody(c.Body)
	case record.CallReason:
		return text.CheckText("call.reason", c.Reason)
	}
	return fmt.Errorf("call.method: %q is not known", c.Method)
}

func checkPetition(p *record.PetitionRule) error {
	switch {
	case p.Num < 1 || p.Num > p.Den || p.Den > 1<<32:
		return fmt.Errorf("call.petition: share %d/%d, want 0 < num ≤ den ≤ 2^32", p.Num, p.Den)
	case p.Interval < 1 || p.Interval > record.MaxInterval:
		return fmt.Errorf("call.petition.interval: %d seconds, want 1 to %d", p.Interval, record.MaxInterval)
	case p.Closes > record.MaxTime:
		return fmt.Errorf("call.petition.closes: %d, at most %d", p.Closes, uint64(record.MaxTime))
	case len(p.Sponsors) > record.MaxSponsors || p.SponsorsNeeded > uint64(len(p.Sponsors)):
		return fmt.Errorf("call.petition.sponsors: %d, want %d to %d", len(p.Sponsors), p.SponsorsNeeded, record.MaxSponsors)
	}
	return nil
}

func checkBody(b *record.BodyRule) error {
	if err := text.CheckName("call.body.name", b.Name); err != nil {
		return err
	}
	n := uint64(len(b.Members))
	switch {
	case n < 1 || n > record.MaxBody:
		return fmt.Errorf("call.body.members: %d, want 1 to %d", n, record.MaxBody)
	case b.Need < 1 || b.Need > n:
		return fmt.Errorf("call.body.need: %d, want 1 to %d members", b.Need, n)
	case b.Closes > record.MaxTime:
		return fmt.Errorf("call.body.closes: %d, at most %d", b.Closes, uint64(record.MaxTime))
	}
	keys, names := newKeySet(), make(map[string]bool)
	for i, m := range b.Members {
		at := fmt.Sprintf("call.body.members[%d]", i)
		if err := text.CheckName(at+".name", m.Name); err != nil {
			return err
		}
		if names[m.Name] {
			return fmt.Errorf("%s.name: %q is there twice", at, m.Name)
		}
		names[m.Name] = true
		if err := keys.add(at+".key", m.Key); err != nil {
			return err
		}
	}
	return nil
}

func checkStatementRule(_ *record.Vote, r *record.Rules) error {
	s := &r.Statements
	n := len(s.Sides)
	if !s.Anonymous && s.Slot != 0 {
		return fmt.Errorf("statements.slot: %d, and no anonymous statements are taken", s.Slot)
	}
	if s.Window == 0 {
		if s.Review != 0 || s.Length != 0 || s.PerSide != 0 || n != 0 || s.Anonymous {
			return fmt.Errorf("statements: window 0 and other fields that are not 0")
		}
		return nil
	}
	switch {
	case s.Length < 1 || s.Length > record.MaxStatement:
		return fmt.Errorf("statements.length: %d bytes, want 1 to %d", s.Length, record.MaxStatement)
	case s.PerSide < 1 || s.PerSide > record.MaxPerSide:
		return fmt.Errorf("statements.per-side: %d, want 1 to %d", s.PerSide, record.MaxPerSide)
	case n < 1 || n > record.MaxSides:
		return fmt.Errorf("statements.sides: %d, want 1 to %d", n, record.MaxSides)
	}
	seen := make(map[string]bool)
	for i, side := range s.Sides {
		if err := text.CheckSlug(fmt.Sprintf("statements.sides[%d]", i), side); err != nil {
			return err
		}
		if seen[side] {
			return fmt.Errorf("statements.sides[%d]: %q is there twice", i, side)
		}
		seen[side] = true
	}
	return nil
}

// checkPeriods bounds everything that is added to a time, so that no sum is out of range.
func checkPeriods(_ *record.Vote, r *record.Rules) error {
	periods := []struct {
		name  string
		value uint64
	}{
		{"forums.notice", r.Forums.Notice}, {"statements.window", r.Statements.Window}, {"statements.review", r.Statements.Review},
		{"mailing.lead", r.Mailing.Lead}, {"voting.after", r.Voting.After}, {"voting.period", r.Voting.Period},
		{"changes.extend", r.Changes.Extend}, {"response.within", r.Response.Within},
		{"deadlines.forums", r.Deadlines.Forums}, {"deadlines.seeds", r.Deadlines.Seeds}, {"deadlines.packet", r.Deadlines.Packet},
		{"deadlines.mailing", r.Deadlines.Mailing}, {"deadlines.opening", r.Deadlines.Opening}, {"deadlines.closing", r.Deadlines.Closing},
		{"deadlines.tally", r.Deadlines.Tally},
	}
	for _, p := range periods {
		if p.value > record.MaxDuration {
			return fmt.Errorf("%s: %d seconds, at most %d", p.name, p.value, record.MaxDuration)
		}
	}
	if r.Voting.Period < 1 {
		return fmt.Errorf("voting.period: 0 seconds, at least 1")
	}
	return nil
}

func checkNominationRule(b *record.Vote, r *record.Rules) error {
	n := r.Nominations
	if n == nil {
		return nil
	}
	if n.Contest >= uint64(len(b.Contests)) {
		return fmt.Errorf("nominations.contest: %d, the vote has %d", n.Contest, len(b.Contests))
	}
	c := &b.Contests[n.Contest]
	switch {
	case len(c.Options) > 0:
		return fmt.Errorf("nominations.contest: %s has options, which are to come from nominations", c.ID)
	case !c.AwaitsOptions():
		return fmt.Errorf("nominations.contest: %s decides by an option that is not known yet", c.ID)
	case n.Window < 1 || n.Window > record.MaxDuration || n.Accept > record.MaxDuration:
		return fmt.Errorf("nominations: window %d and accept %d seconds, want 1 to %d", n.Window, n.Accept, record.MaxDuration)
	case n.Seconds > record.MaxSeconders:
		return fmt.Errorf("nominations.seconds: %d, at most %d", n.Seconds, record.MaxSeconders)
	}
	return nil
}

func checkResponse(r *record.ResponseRule) error {
	if r.Within == 0 {
		if r.Name != "" || r.Key != (record.Key{}) {
			return fmt.Errorf("rules.response: nobody owes one, and there is a name or a key")
		}
		return nil
	}
	if err := text.CheckName("rules.response.name", r.Name); err != nil {
		return err
	}
	if _, err := r.Key.Public(); err != nil {
		return fmt.Errorf("rules.response.key: %w", err)
	}
	return nil
}

// checkRulesHere checks what a manifest's rules say of the log: sponsors, linked votes, and that there is time left to call the vote.
func (s *State) checkRulesHere(round *Round, b *record.Vote) error {
	if b.Rules == nil {
		return nil
	}
	for _, id := range b.Rules.Requires {
		if s.votes[id] == nil && !s.partial {
			return fmt.Errorf("rules.requires: vote %s is not on the log", id.Short())
		}
	}
	closes := uint64(record.MaxTime)
	if p := b.Rules.Call.Petition; p != nil {
		closes = p.Closes
		if err := checkMembers(round.Roll, p.Sponsors, nobody); err != nil {
			return fmt.Errorf("rules.call.petition.sponsors%w", err)
		}
		if bad := removed(round.Roll, p.Sponsors...); bad != nil {
			return fmt.Errorf("rules.call.petition.sponsors: %w", bad.Err)
		}
	}
	if body := b.Rules.Call.Body; body != nil {
		closes = body.Closes
	}
	if closes <= s.now {
		return fmt.Errorf("rules.call: closes at %d, it is %d", closes, s.now)
	}
	return nil
}

// checkRulesSlots checks that the slots for a petition and for anonymous statements are free.
func (s *State) checkRulesSlots(round *Round, b *record.Vote) *verdict {
	if b.Rules == nil {
		return nil
	}
	var slots []uint64
	if p := b.Rules.Call.Petition; p != nil {
		slots = append(slots, p.Slot)
	}
	if b.Rules.Statements.Anonymous {
		slots = append(slots, b.Rules.Statements.Slot)
	}
	for i, slot := range slots {
		if slot < round.Manifest.Slots-round.Manifest.PetitionSlots || slot >= round.Manifest.Slots {
			bad := void("slot-unknown", "slot %d is not one of the round's %d petition slots", slot, round.Manifest.PetitionSlots)
			return &bad
		}
		if taken := round.slots[slot].Taken; taken != (record.ID{}) || i > 0 && slot == slots[0] {
			bad := void("slot-taken", "petition slot %d is taken", slot)
			return &bad
		}
	}
	return nil
}
