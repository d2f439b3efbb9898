//go:build !voting

package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

func date(seconds uint64) string {
	return time.Unix(int64(min(seconds, record.MaxTime)), 0).UTC().Format("2 January 2006 15:04:05 UTC")
}

// read opens the log of the source: the file's log, signed by its key. It returns false with what is to be said if it cannot be compared.
func (c *court) read(ctx context.Context) (*boardlog.Tree, boardlog.SignedCheckpoint, bool, error) {
	var none boardlog.SignedCheckpoint
	if c.options.Source == nil {
		c.nothing("this evidence is nothing by itself: it is to be compared with the board's log. Give the board's address, or an audit package of it, as SOURCE")
		return nil, none, false, nil
	}
	src := c.options.Source
	signed, err := src.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return nil, none, false, fmt.Errorf("%w: %w", ErrSource, err)
	}
	c.v.Source = true
	cp, err := boardlog.Open(signed, c.policy)
	if err != nil {
		c.nothing("SOURCE is not the log that the file is about: %v", err)
		return nil, none, false, nil
	}
	tree, err := boardlog.OpenTree(ctx, src, cp)
	if err != nil {
		return nil, none, false, fmt.Errorf("%w: %w", ErrSource, err)
	}
	return tree, cp, true, nil
}

func (c *court) head(ctx context.Context, h *Head) error {
	known, err := c.checkpoint(h.Checkpoint)
	if err != nil {
		c.nothing("the checkpoint: %v", err)
		return nil
	}
	tree, cp, ok, err := c.read(ctx)
	if err != nil || !ok {
		return err
	}
	var fork *boardlog.HistoryError
	switch err := tree.Extends(ctx, known); {
	case errors.As(err, &fork):
		c.proven(c.logHolder(), "The file's checkpoint, of %d records, and that of SOURCE, of %d, are both signed with the log's key and are not of one history: two histories were shown.", known.Size(), cp.Size())
		if claim, err := ForkOf(fork); err == nil {
			c.v.Fork = &Evidence{Genesis: c.file.Genesis, Manifests: c.file.Manifests, Claim: claim}
		}
		c.not("It does not say which of the two is the right one.")
	case errors.Is(err, boardlog.ErrStale) && c.options.Live && uint64(len(known.Cosignatures())) < c.need():
		c.nothing("SOURCE shows %d records, the checkpoint has %d, but %d of the %d cosignatures that the vote demands: a board shows no checkpoint before it has them, and this one may have come from a witness", cp.Size(), known.Size(), len(known.Cosignatures()), c.need())
	case errors.Is(err, boardlog.ErrStale) && c.options.Live:
		c.proven("whoever serves SOURCE", "The log's key has signed a log of %d records. SOURCE shows %d: it holds at least %d back, or is far behind.", known.Size(), cp.Size(), known.Size()-cp.Size())
		c.not("It shows this to those who ask SOURCE themselves now: that an old log was shown leaves no trace. SOURCE may be a copy that others run; then it says nothing against the board.")
		c.not("A board that has its checkpoints cosigned signs them before it shows them; it does not say that this one was shown, unless you were shown it.")
		c.not("It does not say that the records held back contradict those that are shown.")
	case errors.Is(err, boardlog.ErrStale):
		c.nothing("SOURCE is a file with an older log of %d records, the checkpoint has %d. That is nothing against anybody: ask the board itself, by its address", cp.Size(), known.Size())
	case err != nil:
		return fmt.Errorf("%w: %w", ErrSource, err)
	default:
		c.nothing("SOURCE, of %d records, continues the checkpoint, of %d: there is one history", cp.Size(), known.Size())
	}
	return nil
}

// window is how many records are prepared at once.
const window = 256

// walk folds the source's log. before, if not nil, is called before each record is applied, with the state so far; done after it.
func (c *court) walk(ctx context.Context, tree *boardlog.Tree, before func(s *fold.State, index uint64), done func(index uint64, p *fold.Prepared, o fold.Outcome)) (*fold.State, error) {
	s := fold.New()
	var waiting [][]byte
	apply := func() {
		ps := s.Prepare(waiting)
		waiting = waiting[:0]
		for i, p := range ps {
			index := s.Size()
			if before != nil {
				before(s, index)
			}
			o := s.Apply(p)
			if o.Status == fold.Accepted && p.Record().Kind() == "opening" {
				s.Check(ps[i+1:])
			}
			done(index, p, o)
		}
	}
	err := tree.Read(ctx, 0, func(index uint64, raw []byte) error {
		if index == 0 && !c.same(raw) {
			return errOther
		}
		if waiting = append(waiting, raw); len(waiting) == window {
			apply()
		}
		return nil
	})
	switch {
	case errors.Is(err, errOther):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	apply()
	return s, nil
}

var errOther = errors.New("SOURCE has another first record than the file")

func (c *court) promise(ctx context.Context, claim *Promise) error {
	p, who, err := c.promised(claim.By, claim.Promise)
	if err != nil {
		c.nothing("%v", err)
		return nil
	}
	tree, _, ok, err := c.read(ctx)
	if err != nil || !ok {
		return err
	}
	const nowhere = ^uint64(0)
	at, listed, ended := nowhere, false, false // ended: the relay's list is there to its end
	s, err := c.walk(ctx, tree, nil, func(index uint64, r *fold.Prepared, o fold.Outcome) {
		if r.ID() == p.Ballot {
			at = min(at, index)
		}
		if rec := r.Record(); rec != nil && rec.Scope == p.Vote && o.Status == fold.Accepted {
			if b, ok := rec.Body.(*record.Promises); ok && b.Author == claim.By {
				ended = ended || b.Last
				for i := 0; i+32 <= len(b.Ballots); i += 32 {
					listed = listed || record.ID(b.Ballots[i:i+32]) == p.Ballot
				}
			}
		}
	})
	if errors.Is(err, errOther) {
		c.nothing("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	v := s.Vote(p.Vote)
	if v == nil {
		c.nothing("vote %s, whose ballot was promised, is not on the log of SOURCE", p.Vote)
		return nil
	}
	sealed := v.Sealed > 0
	due := sealed
	if r := v.Rules(); !sealed && v.Opening == nil && r != nil && r.Call.Petition != nil {
		// Nothing but a support was promised by then. SOURCE may be of before the opening, and the promise of after it.
		due = s.Now() > r.Call.Petition.Closes+slack && supportable(v.Manifest, p.At)
	}
	switch {
	case at != nowhere && (!sealed || at < v.Sealed):
		c.nothing("the promise is kept: what was promised stands at place %d of the log", at)
	case !due:
		c.nothing("%s is not on the log yet, and is owed only when the ballot box is sealed (of a support: when the petition has ended). Keep the file and compare it then", p.Ballot)
	case claim.By > 0 && listed:
		c.proven(who+", or "+c.boardHolder(), "The relay's signed list on the log names %s, and the ballot box was sealed without it.", p.Ballot)
		c.not("It does not say which of the two: whether the relay handed the ballot to the board before the end, or the board did not take it.")
	case claim.By > 0 && !ended:
		c.proven(who+", or "+c.boardHolder(), "The relay promised at %s that %s would be recorded. The ballot box was sealed at place %d of the log; up to there the log has neither it nor the end of the relay's list.", date(p.At), p.Ballot, v.Sealed)
		c.not("It does not say which of the two: whether the relay did not send its list, or the board did not take it.")
	case claim.By > 0:
		c.proven(who, "The relay promised at %s that %s would be recorded. The ballot box was sealed at place %d of the log; up to there the log does not have it, and no list of the relay names it.", date(p.At), p.Ballot, v.Sealed)
	case sealed:
		c.proven(c.boardHolder(), "The board promised at %s that %s is recorded. The ballot box was sealed at place %d of a log that the log's key has signed, and up to there the log does not have it: an accepted ballot was dropped.", date(p.At), p.Ballot, v.Sealed)
	default:
		c.proven(c.boardHolder(), "The board promised at %s to publish the support %s. The petition has ended, and the log does not have it.", date(p.At), p.Ballot)
	}
	if c.v.Proven {
		c.not("It does not say what was in it, whose it was, or whether it would have counted.")
	}
	return nil
}

// credential are codes that depend on what the same card has done. A board may have taken that a while before it is on the log (§15.2).
var credential = map[string]bool{"dup": true, "spent": true, "stale": true, "spoiled": true, "dup-randomness": true}

// clock is how far, in seconds, a board's clock may be from the time on its log when it refuses.
const clock = 300

func (c *court) refusal(ctx context.Context, claim *Refusal) error {
	var r record.Refusal
	if err := record.OpenAnswer(c.id, claim.Refusal, &r, c.board); err != nil {
		c.nothing("%v", err)
		return nil
	}
	rec, err := record.Decode(claim.Record)
	switch {
	case IsGeneral(r.Code):
		c.nothing("the refusal (%s) says something of the board at that moment, and nothing of the record", r.Code)
		return nil
	case err != nil:
		c.nothing("what was refused is no record: %v", err)
		return nil
	case rec.ID() != r.Record || rec.Scope != r.Scope:
		c.nothing("the refusal is not of this record")
		return nil
	}
	tree, _, ok, err := c.read(ctx)
	if err != nil || !ok {
		return err
	}
	// The states in which the board may have been: between the last time before the refusal and the first after it.
	var from, to uint64
	reaches := false
	err = c.walkTimes(ctx, tree, func(index, now uint64) {
		switch {
		case now+clock < r.At:
			from = index + 1
		case now > r.At+clock && !reaches:
			reaches, to = true, index
		}
	})
	if err != nil {
		return err
	}
	if !reaches {
		c.nothing("the log of SOURCE does not reach five minutes beyond %s, when the refusal was signed: compare again later", date(r.At))
		return nil
	}
	var judged *fold.Prepared
	var wrong, right uint64
	var last fold.Outcome
	recorded := false
	_, err = c.walk(ctx, tree, func(s *fold.State, index uint64) {
		if index < from || index > to && !credential[r.Code] {
			return
		}
		if judged == nil {
			judged = s.Prepare([][]byte{claim.Record})[0]
		}
		s.Check([]*fold.Prepared{judged})
		o := s.Judge(judged)
		switch {
		case recorded || o.Status == fold.Accepted:
			wrong++
		case index <= to || o.Code == r.Code:
			right++
			last = o
		}
	}, func(_ uint64, p *fold.Prepared, _ fold.Outcome) { recorded = recorded || p.ID() == r.Record })
	switch {
	case errors.Is(err, errOther):
		c.nothing("%v", err)
	case err != nil:
		return err
	case right > 0 && last.Code == r.Code:
		c.nothing("the refusal is right: by the rules the record is refused with %s", r.Code)
	case right > 0:
		c.nothing("the record is not accepted in every state in which the board may have been when it refused: %v", last)
	case wrong == 0:
		c.nothing("SOURCE shows no state in which the board may have been")
	default:
		c.proven(c.boardHolder(), "The board refused %s %s at %s (%s). By the log that it signed, the record was to be accepted in each of the %d states in which the board may have been then.", rec.Kind(), rec.ID(), date(r.At), r.Code, wrong)
		c.not("It rests on the board's own times, of which the refusal's is believed to five minutes.")
		c.not("It does not say whether the record was taken when it was sent again.")
	}
	return nil
}

// walkTimes calls f with the time records of the source's log.
func (c *court) walkTimes(ctx context.Context, tree *boardlog.Tree, f func(index, now uint64)) error {
	err := tree.Read(ctx, 0, func(index uint64, raw []byte) error {
		if rec, err := record.Decode(raw); err == nil {
			if t, ok := rec.Body.(*record.Time); ok && rec.VerifySignature(c.id, c.board) == nil {
				f(index, t.Now)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	return nil
}
