// Package commission is the party that puts the question and keeps the calendar: it announces rolls and rounds, calls votes, opens and
// closes them, restarts a key generation that failed, and certifies results. For votes with rules it posts what has to come before the
// opening: forums, statements, nominations, the packet ([Commission.Propose], [Commission.Announce], [MakePacket] and the others);
// [Status] says what has happened, what comes next and who owes what. RunOrganise and RunRules are the commands.
//
// It is not trusted for anything but being on time: all it signs is checked against the log by everybody, and it can sign nothing that
// follows from the log otherwise than the log says.
package commission

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/bulletin/booth"
	"mandate/cmd/mandate/party"
	"mandate/crypto/sigma"
)

// A Commission is one officer of the commission at work on one board.
type Commission struct {
	board party.Board
	key   sigma.SecretKey
	log   *slog.Logger
}

// New returns the officer with that key.
func New(board party.Board, key sigma.SecretKey, log *slog.Logger) *Commission {
	return &Commission{board: board, key: key, log: log}
}

// ErrNotOfficer is returned when the log's genesis record does not name the officer's key.
var ErrNotOfficer = errors.New("this key is not of the commission that the board names")

// officer returns the index, from 1, of the officer's key in the genesis record.
func (c *Commission) officer() (uint64, error) {
	g, _ := c.board.State().Genesis()
	if g == nil {
		return 0, errors.New("the board has no genesis record yet")
	}
	own := record.Key(c.key.Public().Bytes())
	for i, o := range g.Commission {
		if o.Key == own {
			return uint64(i + 1), nil
		}
	}
	return 0, ErrNotOfficer
}

// post signs a body in the officer's name and has it recorded.
func (c *Commission) post(ctx context.Context, scope record.ID, body record.Body) (record.ID, error) {
	id, err := party.Post(ctx, c.board, scope, body, c.key)
	if err == nil {
		c.log.Info("posted", "kind", body.Kind(), "record", id.Short())
	}
	return id, err
}

// PostRoll announces a roll with all its parts and returns the announcement's id.
func (c *Commission) PostRoll(ctx context.Context, r *roll.Roll) (record.ID, error) {
	return c.PublishRoll(ctx, r, func(int, int) {})
}

// PublishRoll is PostRoll for long lists: it tells progress how many of how many records are posted, and what an earlier call for the same
// roll has posted before it was interrupted, it does not post again.
func (c *Commission) PublishRoll(ctx context.Context, r *roll.Roll, progress func(done, total int)) (record.ID, error) {
	by, err := c.ready(ctx)
	if err != nil {
		return record.ID{}, err
	}
	_, genesis := c.board.State().Genesis()
	announcement, entries := r.Announcement(by)
	parts := roll.Parts(by, entries)
	total := 1 + len(parts)
	id, err := c.announced(ctx, r.ID)
	if err == nil && id == (record.ID{}) {
		id, err = c.post(ctx, genesis, announcement)
	}
	if err != nil {
		return record.ID{}, err
	}
	progress(1, total)
	for i, p := range parts {
		// A part that is there already is refused as a duplicate.
		if _, err := c.post(ctx, id, p); err != nil && party.RefusalCode(err) != "dup" {
			return record.ID{}, err
		}
		progress(2+i, total)
	}
	return id, nil
}

// RemoveFromRoll takes entries off a roll that is on the board, named by the record that announced it, or puts them back. It stops their
// members from collecting a card and nothing else: a card that was collected is anonymous. The reason is public for good, beside indices that
// the members and every registrar can put names to: it says the rule, not the story. It returns the id of the record, of the last if there are
// more than fit into one.
func (c *Commission) RemoveFromRoll(ctx context.Context, rollRecord record.ID, entries []uint64, removed bool, reason string) (id record.ID, err error) {
	by, err := c.ready(ctx)
	if err != nil {
		return record.ID{}, err
	}
	entries = slices.Compact(slices.Sorted(slices.Values(entries)))
	for some := range slices.Chunk(entries, record.MaxRemovals) {
		if id, err = c.post(ctx, rollRecord, &record.RollRemoval{By: by, Entries: some, Removed: removed, Reason: reason}); err != nil {
			return record.ID{}, err
		}
	}
	return id, nil
}

// announced returns the id of the record that announces a roll, zero if there is none.
func (c *Commission) announced(ctx context.Context, rollID record.ID) (id record.ID, err error) {
	err = c.board.Records(ctx, 0, func(_ uint64, raw []byte) error {
		r, err := record.Decode(raw)
		if err != nil {
			return nil // void, and none of ours
		}
		if body, ok := r.Body.(*record.Roll); ok && body.RollID == rollID && c.board.State().Roll(r.ID()) != nil {
			id = r.ID()
		}
		return nil
	})
	return id, err
}

// PostRound announces an issuing round and returns its id. The field By is filled in.
func (c *Commission) PostRound(ctx context.Context, round *record.Round) (record.ID, error) {
	by, err := c.ready(ctx)
	if err != nil {
		return record.ID{}, err
	}
	_, genesis := c.board.State().Genesis()
	round.By = by
	return c.post(ctx, genesis, round)
}

// Call posts a vote's manifest in a round and returns the vote's id. The fields By and Slot are filled in with this officer and the round's
// next free slot, and Programs, if it is nil, with the programs that this build hands out to browsers; if another vote takes that slot first, the board refuses with slot-taken and Call can be repeated.
func (c *Commission) Call(ctx context.Context, round record.ID, vote *record.Vote) (record.ID, error) {
	by, err := c.ready(ctx)
	if err != nil {
		return record.ID{}, err
	}
	r := c.board.State().Round(round)
	if r == nil {
		return record.ID{}, fmt.Errorf("round %s is not on the board", round.Short())
	}
	slot, ok := r.FreeSlot()
	if !ok {
		return record.ID{}, fmt.Errorf("round %s has no free slot: all its %d are taken", round.Short(), r.Manifest.Slots-r.Manifest.PetitionSlots)
	}
	vote.By, vote.Slot = by, uint64(slot)
	if vote.Programs == nil {
		vote.Programs = booth.Programs()
	}
	if err := fold.CheckManifest(vote, len(r.Manifest.Registrars)); err != nil {
		return record.ID{}, fmt.Errorf("manifest: %w", err)
	}
	return c.post(ctx, round, vote)
}

// CatchUp reads the log until it has so many records, for ten seconds at most. What a board has taken stands in a checkpoint, by which the
// officer goes, a moment later: whoever has seen it on the board itself waits for that.
func (c *Commission) CatchUp(ctx context.Context, size uint64) error {
	for end := time.Now().Add(10 * time.Second); ; {
		if err := c.board.Update(ctx); err != nil {
			return err
		}
		have := c.board.State().Size()
		if have >= size {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the board has %d records and shows %d of them", size, have)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *Commission) ready(ctx context.Context) (by uint64, err error) {
	if err := c.board.Update(ctx); err != nil {
		return 0, err
	}
	return c.officer()
}

// Replace puts another trustee in the place of one who was at fault too often.
func (c *Commission) Replace(ctx context.Context, vote record.ID, trustee int, with record.Trustee, reason string) error {
	by, err := c.ready(ctx)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.TrusteeReplace{
		By: by, Trustee: uint64(trustee), Name: with.Name, URL: with.URL, Key: with.Key, Reason: reason,
	})
	return err
}

// Step does what is due in every vote: it restarts a key generation that has failed or waits for a silent trustee, opens once every rule is
// met, closes and certifies.
// It reports whether it posted anything. An error in one vote does not keep it from the others.
func (c *Commission) Step(ctx context.Context) (posted bool, err error) {
	return c.StepVotes(ctx, func(*fold.Vote) bool { return true })
}

// StepVotes is Step for the votes that pick returns true for.
func (c *Commission) StepVotes(ctx context.Context, pick func(*fold.Vote) bool) (posted bool, err error) {
	by, err := c.ready(ctx)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, v := range c.board.State().Votes() {
		if !pick(v) {
			continue
		}
		body, err := c.due(v, by)
		if err == nil && body != nil {
			_, err = c.post(ctx, v.ID, body)
			posted = posted || err == nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("vote %s: %w", v.ID.Short(), err))
		}
	}
	return posted, errors.Join(errs...)
}

// due returns the record that the commission owes a vote now, nil for none.
func (c *Commission) due(v *fold.Vote, by uint64) (record.Body, error) {
	s := c.board.State()
	switch Due(s, v) {
	case DueRestart:
		restart := v.Ceremony.Due(s.Now())
		restart.By = by
		return restart, nil
	case DueOpening:
		return Opening(v, by), nil
	case DueClosing:
		return &record.Closing{By: by}, nil
	case DueResult:
		return s.MakeResult(v, by)
	}
	return nil, nil
}

// What the commission can owe a vote.
const (
	DueRestart = "restart" // of a key generation that failed, or waits for a silent trustee
	DueOpening = "opening"
	DueClosing = "closing"
	DueResult  = "result"
)

// Due says what the commission can and has to do for a vote now, as a state of the log shows it; "" for nothing.
func Due(s *fold.State, v *fold.Vote) string {
	switch v.Phase {
	case fold.Called:
		if v.Ceremony.Due(s.Now()) != nil {
			return DueRestart
		}
		// By rules, voting goes on for its period from the opening, however late that is (SPEC.md §15.6).
		over := v.Rules() == nil && s.Now() >= v.Manifest.Closes
		if s.Now() >= v.Manifest.Opens && !over && v.Ceremony.Ready() && v.Round.Ready(int(v.Manifest.Slot)) && len(s.Gaps(v)) == 0 {
			return DueOpening
		}
	case fold.Open:
		if s.Now() >= v.Manifest.Closes {
			return DueClosing
		}
	case fold.Sealed:
		if uint64(v.Inputs()) >= v.Manifest.Quorum && (v.Counted() == 0 || sharesSuffice(v)) {
			return DueResult
		}
	}
	return ""
}

func sharesSuffice(v *fold.Vote) bool {
	for i := range v.Manifest.Contests {
		if v.Manifest.Contests[i].Kind == contest.KindRanked {
			if m := v.Mixing(i); m == nil || !m.Opened() {
				return false
			}
			continue
		}
		if uint64(len(v.SharesOf(i))) < v.Manifest.Threshold {
			return false
		}
	}
	return !v.NeedsLots() || uint64(v.LotsGiven()) >= v.Manifest.Threshold
}

// Opening returns the opening record of a vote whose key and slot are ready (SPEC.md §9.7).
func Opening(v *fold.Vote, by uint64) *record.Opening {
	var ys []byte
	for _, y := range v.Ceremony.TrusteeKeys() {
		ys = y.Append(ys)
	}
	return &record.Opening{
		By: by, Attempt: v.Ceremony.Attempt(), Key: record.Key(v.Ceremony.Key().Encoding()), TrusteeKeys: ys,
		Ceremony: v.Ceremony.Hash(), RegistrarKeys: v.Round.KeysID(int(v.Manifest.Slot)), Candidates: v.CandidatesID(),
	}
}
