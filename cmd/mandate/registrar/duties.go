package registrar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/cmd/mandate/party"
	"mandate/crypto/blind"
)

// A RollError says that the private list is not the one that the board commits to. Its text names no member; the error it wraps does, and is
// for the registrar's eyes.
type RollError struct {
	Round record.ID
	err   error
}

func (e *RollError) Error() string {
	return fmt.Sprintf("round %s: the private list is not the roll on the board; nothing is accepted or signed before the commission has explained it", e.Round.Short())
}

func (e *RollError) Unwrap() error { return e.err }

// Errors of rounds that this registrar cannot serve.
var (
	errNoRoll  = errors.New("the round's private list was not given to this registrar yet")
	errLostKey = errors.New("a slot key on the board is not in this folder; restore the folder's newest copy")
	errNoBoard = errors.New("registrar: no board was given")
)

// Run does the registrar's duties until ctx ends, and then publishes what is left to publish. A pass that fails is logged and repeated.
func (r *Registrar) Run(ctx context.Context) error {
	tick := time.NewTicker(r.options.Look)
	defer tick.Stop()
	for {
		if err := r.Step(ctx); err != nil && ctx.Err() == nil {
			r.options.Log.Error("registrar", "error", err)
		}
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		r.stopping.Store(true)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return r.Flush(last)
	}
}

// Step is one pass of duties: it looks at the board, accepts rolls that it has checked, posts keys, publishes issue records if it is
// time, and does what the rules of votes ask for. What fails in one round does not keep it from the others.
func (r *Registrar) Step(ctx context.Context) error { return r.pass(ctx, false) }

// Flush publishes all issue records that are not on the board yet, however few they are.
func (r *Registrar) Flush(ctx context.Context) error { return r.pass(ctx, true) }

func (r *Registrar) pass(ctx context.Context, flush bool) error {
	r.duty.Lock()
	defer r.duty.Unlock()
	board := r.options.Board
	if board == nil {
		return errNoBoard
	}
	if err := board.Update(ctx); err != nil {
		return fmt.Errorf("reading the board: %w", party.Accuse(err, board, r.vault))
	}
	if err := party.Remember(ctx, board, r.vault); err != nil {
		return err
	}
	now := r.options.Clock()
	regular := !now.Before(r.due)
	faults := make(map[record.ID]error)
	posted := false
	for _, round := range board.State().Rounds() {
		i := int(r.mine(round.Manifest))
		if i == 0 {
			continue
		}
		did, err := r.serve(ctx, round, i)
		if err == nil {
			var more bool
			more, err = r.publish(ctx, round, i, flush || regular || r.isUrgent(board.State(), round.ID))
			did = did || more
		}
		// What a vote asks of the registrar is owed whether or not its private list is there.
		more, failed := r.serveVotes(ctx, board.State(), round, i)
		if err = errors.Join(err, failed); err != nil {
			faults[round.ID] = err
		}
		posted = posted || did || more
	}
	if posted {
		if err := board.Update(ctx); err != nil {
			return fmt.Errorf("reading the board: %w", err)
		}
	}
	if regular {
		r.due = now.Add(r.options.Publish)
	}
	r.publishView(board.State(), faults)
	var errs []error
	for id, err := range faults {
		errs = append(errs, fmt.Errorf("round %s: %w", id.Short(), err))
	}
	return errors.Join(errs...)
}

// serve does what is to be done once for a round: it reports whether it posted anything.
func (r *Registrar) serve(ctx context.Context, round *fold.Round, i int) (posted bool, err error) {
	list := r.rolls[round.Roll.Announce.RollID]
	if list == nil {
		return false, errNoRoll
	}
	if err := r.remember(round); err != nil {
		return false, err
	}
	if !round.Accepted(i) {
		if err := checkRoll(list, round); err != nil {
			return false, err
		}
		body := &record.RollAccept{Registrar: uint64(i), Root: round.Roll.Announce.Root}
		if err := r.post(ctx, round.ID, body); err != nil {
			return false, err
		}
		posted = true
	}
	did, err := r.serveKeys(ctx, round, i)
	return posted || did, err
}

// checkRoll is the registrar's own check before it accepts a roll: the list is exactly what the board commits to. That the numbers are
// distinct, roll.Parse has checked.
func checkRoll(list *roll.Roll, round *fold.Round) error {
	hashes := make([]roll.Hash, len(round.Roll.Entries))
	for i, e := range round.Roll.Entries {
		hashes[i] = roll.Hash(e)
	}
	if err := list.CheckCommitment(round.Roll.Announce, hashes); err != nil {
		return &RollError{round.ID, err}
	}
	return nil
}

// remember loads which entries of a round the ledger has issued a card to.
func (r *Registrar) remember(round *fold.Round) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.issued[round.ID] != nil {
		return nil
	}
	set := newEntrySet(round.Roll.Announce.Count)
	err := r.ledger.seats(round.ID, func(entry uint64, s seat) {
		if len(s.Issue) > 0 {
			set.add(entry)
		}
	})
	if err == nil {
		r.issued[round.ID] = set
	}
	return err
}

// serveKeys loads the keys of a round's slots, makes those that are missing, and posts those that are not on the board.
func (r *Registrar) serveKeys(ctx context.Context, round *fold.Round, i int) (posted bool, err error) {
	slots := int(round.Manifest.Slots)
	keys, missing := r.keys[round.ID], []int(nil)
	for slot := range slots {
		if round.Slot(slot).Keys[i-1] == nil {
			missing = append(missing, slot)
		}
	}
	if len(keys) == slots && len(missing) == 0 {
		return false, nil
	}
	if keys == nil {
		keys = make([]*blind.SecretKey, slots)
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(2 * signers()) // making a key is work, posting it is mostly waiting
	for slot := range slots {
		g.Go(func() error {
			public := round.Slot(slot).Keys[i-1]
			k, err := r.slotKey(round.ID, slot)
			switch {
			case errors.Is(err, fs.ErrNotExist) && public != nil:
				return errLostKey
			case errors.Is(err, fs.ErrNotExist):
				k, err = r.makeSlotKey(inner, round.ID, slot)
			}
			if err != nil {
				return err
			}
			keys[slot] = k
			if public == nil {
				body, err := credential.NewSlotKey(round.ID, uint64(i), uint64(slot), k)
				if err != nil {
					return err
				}
				return r.post(inner, round.ID, body)
			}
			if !bytes.Equal(public.Modulus(), k.Public().Modulus()) {
				return errLostKey
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return false, err
	}
	r.keys[round.ID] = keys
	return len(missing) > 0, nil
}

// post says something in the registrar's name, of a round or a vote. That the board has it already is as good.
func (r *Registrar) post(ctx context.Context, scope record.ID, body record.Body) error {
	_, err := party.Post(ctx, r.options.Board, scope, body, r.key)
	if party.RefusalCode(err) == "dup" {
		return nil
	}
	if err == nil {
		r.options.Log.Info("posted", "kind", body.Kind(), "scope", scope.Short())
	}
	return err
}

// publish posts the issue records that the board does not have, if it is time.
func (r *Registrar) publish(ctx context.Context, round *fold.Round, i int, now bool) (posted bool, err error) {
	if !now {
		return false, nil
	}
	r.mu.Lock()
	entries := r.issued[round.ID].without(publishedBy(round, i))
	r.mu.Unlock()
	for batch := range slices.Chunk(entries, record.MaxIssues) {
		if err := r.post(ctx, round.ID, &record.Issues{Registrar: uint64(i), Entries: batch}); err != nil {
			return posted, fmt.Errorf("publishing issue records: %w", err)
		}
		posted = true
	}
	return posted, nil
}

// isUrgent reports whether a vote of the round is about to close or has closed and is not sealed: what is not published then makes the
// registrar fall short at the seal (SPEC.md §9.9).
func (r *Registrar) isUrgent(s *fold.State, round record.ID) bool {
	now := max(s.Now(), uint64(max(r.options.Clock().Unix(), 0)))
	margin := uint64(max(3*r.options.Look, 30*time.Second).Seconds())
	for _, v := range s.Votes() {
		if v.Round.ID != round {
			continue
		}
		if v.Phase == fold.Closed || v.Phase == fold.Open && now+margin >= v.Manifest.Closes {
			return true
		}
	}
	return false
}
