package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// What a registrar does for a vote with rules (SPEC.md §15): it draws a seed for the draw of statements, commits to it before any
// statement is known and reveals it afterwards, and says to how many members it has sent the packet.

// Figures say what became of the mailing of a packet. Every entry of the roll is in one of the first three numbers, once it was tried.
type Figures struct {
	Mailed      uint64 // by e-mail or another way to a device
	Paper       uint64
	Unreachable uint64 // no address is known
	Bounced     uint64 // of those mailed, or sent on paper: what came back
}

// ErrNotPacket says that figures are of another packet than the present one.
var ErrNotPacket = errors.New("this is not the vote's present packet")

// Mailed tells the registrar what became of mailing a vote's packet so far. The registrar keeps it, and says it on the board at its next
// step. Figures can be given again as they grow; none but the unreachable may become fewer.
func (r *Registrar) Mailed(ctx context.Context, vote, packet record.ID, f Figures) error {
	r.duty.Lock()
	defer r.duty.Unlock()
	if r.options.Board == nil {
		return errNoBoard
	}
	if err := r.options.Board.Update(ctx); err != nil {
		return fmt.Errorf("reading the board: %w", err)
	}
	v := r.options.Board.State().Vote(vote)
	switch {
	case v == nil:
		return fmt.Errorf("vote %s is not on the board", vote.Short())
	case r.mine(v.Round.Manifest) == 0:
		return fmt.Errorf("vote %s: this is not a registrar of its round", vote.Short())
	case v.Packet() == nil || v.Packet().ID != packet:
		return fmt.Errorf("packet %s: %w", packet.Short(), ErrNotPacket)
	}
	count := v.Round.Roll.Announce.Count
	// None is greater than the roll, so that the sums below do not overflow.
	if max(f.Mailed, f.Paper, f.Unreachable) > count || f.Mailed+f.Paper+f.Unreachable > count || f.Bounced > f.Mailed+f.Paper {
		return fmt.Errorf("figures: %d mailed, %d on paper, %d unreachable of %d on the roll, %d bounced: they do not add up", f.Mailed, f.Paper, f.Unreachable, count, f.Bounced)
	}
	if m := v.Mailing(int(r.mine(v.Round.Manifest))); m != nil && (f.Mailed < m.Body.Mailed || f.Paper < m.Body.Paper || f.Bounced < m.Body.Bounced) {
		return fmt.Errorf("figures: %d mailed, %d on paper, %d bounced stand on the board already, and cannot become fewer", m.Body.Mailed, m.Body.Paper, m.Body.Bounced)
	}
	b, err := record.Encode(&mailed{Packet: packet, Mailed: f.Mailed, Paper: f.Paper, Unreachable: f.Unreachable, Bounced: f.Bounced})
	if err != nil {
		return err
	}
	if err := r.vault.Write(mailedName(vote), b); err != nil {
		return err
	}
	delete(r.said, vote)
	return nil
}

// mailed is what is kept of figures.
type mailed struct {
	_                                   struct{} `cbor:",toarray"`
	Packet                              record.ID
	Mailed, Paper, Unreachable, Bounced uint64
}

func mailedName(vote record.ID) string { return "mailed-" + vote.String() }
func seedName(vote record.ID) string   { return "seed-" + vote.String() }

// errLostSeed says that the registrar has committed to a seed that it does not have.
var errLostSeed = errors.New("the seed that this registrar has committed to is not in this folder; restore the folder's newest copy")

// serveVotes does what the rules of a round's votes ask of registrar i. It reports whether it posted anything. An error in one vote does not
// keep it from the others.
func (r *Registrar) serveVotes(ctx context.Context, s *fold.State, round *fold.Round, i int) (posted bool, err error) {
	var errs []error
	for _, v := range s.Votes() {
		if v.Round.ID != round.ID || v.Rules() == nil || v.Ended() || v.Phase == fold.Certified {
			continue
		}
		for _, do := range []func(*fold.State, *fold.Vote, int) (record.Body, error){r.draw, r.mailing} {
			body, err := do(s, v, i)
			if err == nil && body != nil {
				err = r.post(ctx, v.ID, body)
				posted = posted || err == nil
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("vote %s: %w", v.ID.Short(), err))
			}
		}
	}
	return posted, errors.Join(errs...)
}

// draw returns the commitment to a seed, or the seed, when it is due, nil otherwise.
func (r *Registrar) draw(s *fold.State, v *fold.Vote, i int) (record.Body, error) {
	if v.Rules().Statements.Window == 0 || v.Phase != fold.Called {
		return nil, nil
	}
	if !v.HasCommitted(i) {
		seed, err := r.seed(v.ID)
		if errors.Is(err, fs.ErrNotExist) {
			rand.Read(seed[:])
			err = r.vault.Write(seedName(v.ID), seed[:]) // before anybody can know of it
		}
		if err != nil {
			return nil, err
		}
		return &record.SeedCommit{Registrar: uint64(i), Hash: fold.SeedHash(v.ID, uint64(i), seed)}, nil
	}
	_, _, reviewed, ok := v.StatementTimes()
	if _, known := s.Selected(v); known || !ok || s.Now() <= reviewed || v.HasRevealed(i) {
		return nil, nil
	}
	seed, err := r.seed(v.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errLostSeed
	}
	if err != nil {
		return nil, err
	}
	return &record.Seed{Registrar: uint64(i), Seed: seed}, nil
}

// seed returns the seed for a vote, or fs.ErrNotExist.
func (r *Registrar) seed(vote record.ID) (record.ID, error) {
	b, err := r.vault.Read(seedName(vote))
	if err != nil {
		return record.ID{}, err
	}
	if len(b) != len(record.ID{}) {
		return record.ID{}, fmt.Errorf("the seed for vote %s has %d bytes", vote.Short(), len(b))
	}
	return record.ID(b), nil
}

// mailing returns what the registrar has been told of the mailing of the present packet, nil if the board has it.
func (r *Registrar) mailing(_ *fold.State, v *fold.Vote, i int) (record.Body, error) {
	p := v.Packet()
	if p == nil || !v.Rules().Mailing.Needed || r.said[v.ID] == p.ID {
		return nil, nil
	}
	b, err := r.vault.Read(mailedName(v.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var told mailed
	if err == nil {
		err = record.DecodeStrict(b, &told)
	}
	if err != nil {
		return nil, fmt.Errorf("what was told of the mailing: %w", err)
	}
	if told.Packet != p.ID {
		r.said[v.ID] = p.ID // nothing is known of this one
		return nil, nil
	}
	body := &record.Mailing{
		Registrar: uint64(i), Packet: told.Packet, Mailed: told.Mailed, Paper: told.Paper, Unreachable: told.Unreachable, Bounced: told.Bounced,
	}
	if m := v.Mailing(i); m != nil && *m.Body == *body {
		r.said[v.ID] = p.ID
		return nil, nil
	}
	return body, nil
}
