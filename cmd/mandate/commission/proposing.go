package commission

import (
	"cmp"
	"context"
	"fmt"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/bulletin/booth"
)

// A Ceremony is who counts a vote: the parts of a manifest that no rules file determines.
type Ceremony struct {
	Trustees          []record.Trustee
	Threshold, Quorum uint64 // t and q of SPEC.md §9.5
	Mixes             uint64 // m, if a contest is ranked; 0 for t, since more stages hide nothing from t trustees, who can open ballots as they were cast
	Relays            []record.Relay
	Witnesses         record.WitnessPolicy
}

// Propose posts the manifest of a vote by a rules file, in a round, and returns the vote's id. The parameters' Now, Segment and slots are
// filled in: the round's next free slots. If another vote takes one of them first, the board refuses with slot-taken, and Propose can be
// repeated. A vote by reason is called by this; one by petition or by a body is not yet.
func (c *Commission) Propose(ctx context.Context, round record.ID, by *rules.Rules, p rules.Parameters, who Ceremony) (record.ID, error) {
	officer, err := c.ready(ctx)
	if err != nil {
		return record.ID{}, err
	}
	s := c.board.State()
	r := s.Round(round)
	if r == nil {
		return record.ID{}, fmt.Errorf("round %s is not on the board", round.Short())
	}
	slot, ok := r.FreeSlot()
	if !ok {
		return record.ID{}, fmt.Errorf("round %s has no free slot: all its %d are taken", round.Short(), r.Manifest.Slots-r.Manifest.PetitionSlots)
	}
	p.Slot, p.Segment, p.Now = uint64(slot), r.Roll.Announce.Segment, max(p.Now, s.Now())
	free := r.FreePetitionSlots(2)
	take := func(slot *uint64, what string) error {
		if len(free) == 0 {
			return fmt.Errorf("round %s has no free slot for %s: all its %d petition slots are taken", round.Short(), what, r.Manifest.PetitionSlots)
		}
		*slot, free = uint64(free[0]), free[1:]
		return nil
	}
	if by.Call.By == record.CallPetition {
		if err := take(&p.PetitionSlot, "a petition"); err != nil {
			return record.ID{}, err
		}
	}
	if by.Statements != nil && by.Statements.Anonymous {
		if err := take(&p.StatementSlot, "anonymous statements"); err != nil {
			return record.ID{}, err
		}
	}
	vote, err := by.Compile(p)
	if err != nil {
		return record.ID{}, fmt.Errorf("manifest: %w", err)
	}
	vote.By, vote.Trustees, vote.Threshold, vote.Quorum, vote.Relays, vote.Witnesses = officer, who.Trustees, who.Threshold, who.Quorum, who.Relays, who.Witnesses
	if vote.Ranked() {
		vote.Mixes = cmp.Or(who.Mixes, who.Threshold)
	}
	vote.Programs = booth.Programs()
	if err := fold.CheckManifest(vote, len(r.Manifest.Registrars)); err != nil {
		return record.ID{}, fmt.Errorf("manifest: %w", err)
	}
	return c.post(ctx, round, vote)
}

// vote returns a vote with rules after a fresh look at the board, and the officer's index.
func (c *Commission) vote(ctx context.Context, vote record.ID) (v *fold.Vote, by uint64, err error) {
	if by, err = c.ready(ctx); err != nil {
		return nil, 0, err
	}
	if v = c.board.State().Vote(vote); v == nil {
		return nil, 0, fmt.Errorf("vote %s is not on the board", vote.Short())
	}
	if v.Rules() == nil {
		return nil, 0, fmt.Errorf("vote %s has no rules: it is called, and opens when its time has come", vote.Short())
	}
	return v, by, nil
}
