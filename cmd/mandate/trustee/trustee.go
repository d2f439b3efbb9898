// Package trustee is the party that holds a share of a vote's decryption key: it takes part in key generation, shows that its stored share
// works, and once the ballot box is sealed signs the log it has checked, shuffles the ballots of ranked contests in its turn, and gives its
// part of the decryption of the sums and of the shuffled ballots.
//
// A trustee believes only what it has folded itself from the board's log, every stage of a mix included. It opens nothing but the sums and
// the lists that it computes from that log, and signs one sealed input per vote, ever: the input is in its vault before it is posted, and
// another one is refused and kept as evidence. What it says is stored before it is said, a whole stage of a mix too, so it can be killed at
// any moment and goes on from its folder. How it has shuffled is nowhere.
package trustee

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// A Trustee is one trustee at work on one board.
type Trustee struct {
	board party.Board
	vault *vault.Vault
	key   sigma.SecretKey
	log   *slog.Logger

	now    func() time.Time
	pauses map[contestKey]pause
	tidied map[record.ID]bool
}

// New returns the trustee whose secrets are in v and whose signing key is key.
func New(board party.Board, v *vault.Vault, key sigma.SecretKey, log *slog.Logger) *Trustee {
	return &Trustee{
		board: board, vault: v, key: key, log: log,
		now: time.Now, pauses: make(map[contestKey]pause), tidied: make(map[record.ID]bool),
	}
}

// ErrSecondInput is returned when the log shows another sealed input than the one this trustee has signed. The trustee gives nothing more
// for that vote; both inputs are in its vault.
var ErrSecondInput = errors.New("the board shows another sealed ballot box than the one signed before; this is evidence of two histories")

// ErrUnwitnessed is returned while the board's checkpoint lacks cosignatures that the vote demands. The trustee signs nothing, and tries again.
var ErrUnwitnessed = errors.New("the sealed ballot box waits for witnesses")

// ErrRefuted is returned when the log holds a record that makes the vote fail verification. The trustee gives nothing for such a vote.
var ErrRefuted = errors.New("the vote does not verify")

// Step does what this trustee owes each vote now. It reports whether it posted anything. An error in one vote does not keep it from the others.
// Two processes started on one folder take turns.
func (t *Trustee) Step(ctx context.Context) (posted bool, err error) {
	return t.StepVotes(ctx, func(*fold.Vote) bool { return true })
}

// StepVotes is Step for the votes that pick returns true for: a trustee may want to be asked before a ballot box is opened.
func (t *Trustee) StepVotes(ctx context.Context, pick func(*fold.Vote) bool) (posted bool, err error) {
	if err := t.board.Update(ctx); err != nil {
		return false, party.Accuse(err, t.board, t.vault)
	}
	unlock, err := t.vault.Lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := party.Remember(ctx, t.board, t.vault); err != nil {
		return false, err
	}
	var errs []error
	for _, v := range t.board.State().Votes() {
		i := t.indexIn(v)
		if i == 0 || !pick(v) {
			continue
		}
		did, err := t.serve(ctx, v, i)
		posted = posted || did
		if err != nil {
			errs = append(errs, fmt.Errorf("vote %s: %w", v.ID.Short(), err))
		}
	}
	return posted, errors.Join(errs...)
}

// indexIn returns this trustee's index in a vote, from 1, or 0 if it has none.
func (t *Trustee) indexIn(v *fold.Vote) int {
	own := t.key.Public().Bytes()
	for i, k := range v.Trustees() {
		if bytes.Equal(k.Bytes(), own) {
			return i + 1
		}
	}
	return 0
}

func (t *Trustee) serve(ctx context.Context, v *fold.Vote, i int) (bool, error) {
	if fault, ok := t.board.State().Fault(v.ID); ok {
		return false, fmt.Errorf("%w: %v", ErrRefuted, fault)
	}
	switch v.Phase {
	case fold.Called:
		return t.generate(ctx, v, i)
	case fold.Sealed:
		return t.open(ctx, v, i)
	case fold.Certified, fold.Annulled:
		return false, t.tidy(v)
	}
	return false, nil
}

// generate takes the next step of key generation.
func (t *Trustee) generate(ctx context.Context, v *fold.Vote, i int) (bool, error) {
	side, err := t.load(v, i)
	if err != nil {
		return false, err
	}
	body, next, err := side.Next(v.Ceremony, rand.Reader)
	if err != nil {
		return false, err
	}
	if next != side {
		b, err := next.EncodeSecret()
		if err != nil {
			return false, err
		}
		if err := t.vault.Write(t.keyName(v.ID), b); err != nil {
			return false, err
		}
	}
	if body == nil {
		return false, nil
	}
	return true, t.post(ctx, v.ID, body)
}

func (t *Trustee) load(v *fold.Vote, i int) (*tally.Trustee, error) {
	b, err := t.vault.Read(t.keyName(v.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return tally.NewTrustee(v.Ceremony, i)
	}
	if err != nil {
		return nil, err
	}
	return tally.ParseTrustee(b)
}

// open signs the sealed input and, when enough trustees have, gives this trustee's shares and takes its part in the mix.
func (t *Trustee) open(ctx context.Context, v *fold.Vote, i int) (posted bool, err error) {
	if !v.HasInput(i) {
		if err := t.witnessed(v); err != nil {
			return false, err
		}
	}
	if err := t.commit(v); err != nil {
		return false, err
	}
	if !v.HasInput(i) {
		body := &record.Input{Trustee: uint64(i), Size: v.Sealed + 1, Root: v.SealRoot, Checkpoint: string(t.board.Checkpoint())}
		return true, t.post(ctx, v.ID, body)
	}
	if uint64(v.Inputs()) < v.Manifest.Quorum || v.Counted() == 0 {
		return false, nil
	}
	owed, err := t.owed(v, i)
	for _, body := range owed {
		if err := t.post(ctx, v.ID, body); err != nil {
			return posted, err
		}
		posted = true
	}
	mixed, mixErr := t.mix(ctx, v, i)
	return posted || mixed, errors.Join(err, mixErr)
}

// witnessed checks that the checkpoint which the board shows has the cosignatures that the vote demands: before that, nothing is signed, and
// the ballot box that is shown is not yet the one that this trustee works on.
func (t *Trustee) witnessed(v *fold.Vote) error {
	g, _ := t.board.State().Genesis()
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return fmt.Errorf("the log's key: %w", err)
	}
	witnesses, err := fold.Witnesses(v.Manifest.Witnesses)
	if err != nil {
		return err
	}
	_, err = checkpoint.Open(t.board.Checkpoint(), checkpoint.Policy{Origin: g.Origin, Log: key, Witnesses: witnesses, Need: int(v.Manifest.Witnesses.Need)})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwitnessed, err)
	}
	return nil
}

// owed makes the shares that this trustee has still to give: of the sums of each choice, and of the lots if a contest breaks ties by lot.
func (t *Trustee) owed(v *fold.Vote, i int) ([]record.Body, error) {
	var contests []int
	for c := range v.Manifest.Contests {
		if v.Manifest.Contests[c].Kind == contest.KindChoice && v.Shares(i, c) == nil {
			contests = append(contests, c)
		}
	}
	lots := v.NeedsLots() && v.Lots(i) == nil
	if len(contests) == 0 && !lots {
		return nil, nil
	}
	side, err := t.load(v, i)
	if err != nil {
		return nil, err
	}
	share, err := side.Share(v.Ceremony)
	if err != nil {
		return nil, err
	}
	_, genesis := t.board.State().Genesis()
	var owed []record.Body
	for _, c := range contests {
		body, err := tally.MakeShares(v.Context(genesis), c, share, v.Sums(), rand.Reader)
		if err != nil {
			return owed, fmt.Errorf("contest %d: %w", c, err)
		}
		owed = append(owed, body)
	}
	if lots {
		body, err := tally.MakeLots(v.Context(genesis), v.SealRoot, share, rand.Reader)
		if err != nil {
			return owed, err
		}
		owed = append(owed, body)
	}
	return owed, nil
}

// commit makes the sealed input of a vote the only one that this trustee will ever work on.
func (t *Trustee) commit(v *fold.Vote) error {
	input := binary.BigEndian.AppendUint64(nil, v.Sealed+1)
	input = append(input, v.SealRoot[:]...)
	input = append(input, v.OpeningID[:]...)
	signed, err := t.vault.Read(inputName(v.ID))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.vault.Write(inputName(v.ID), append(input, t.board.Checkpoint()...))
	case err != nil:
		return err
	case len(signed) < len(input) || !bytes.Equal(signed[:len(input)], input):
		if err := t.vault.Write(inputName(v.ID)+".second", append(input, t.board.Checkpoint()...)); err != nil {
			return errors.Join(ErrSecondInput, err)
		}
		return ErrSecondInput
	}
	return nil
}

// keyName names the state of key generation. It is another one with another signing key: a trustee that was replaced can take a place again,
// with a new key and nothing of the old one's.
func (t *Trustee) keyName(vote record.ID) string {
	return fmt.Sprintf("key-%s-%x", vote, t.key.Public().Bytes()[:8])
}

// inputName names the sealed input, of which there is one for each vote, whatever the key.
func inputName(vote record.ID) string { return "input-" + vote.String() }

func (t *Trustee) post(ctx context.Context, vote record.ID, body record.Body) error {
	if _, err := party.Post(ctx, t.board, vote, body, t.key); err != nil {
		return err
	}
	t.log.Info("posted", "kind", body.Kind(), "vote", vote.Short())
	return nil
}
