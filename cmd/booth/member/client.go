package member

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
	"mandate/verifier/evidence"
	"mandate/verifier/light"
)

// A Board is the board as one member sees it: a reader of its whole log, or a light one (package light). Update and State are for one
// goroutine at a time; Submit and Receipt may be called beside them.
type Board interface {
	// Update reads what is new on the log, checks that it continues what was read before, and folds it, or as much of it as the focus asks for.
	Update(ctx context.Context, focus light.Focus) error
	// State returns the fold of what has been read and checked. It is valid until the next Update.
	State() *fold.State
	// Checkpoint returns the newest checkpoint that was checked, as signed; nil before the first.
	Checkpoint() []byte
	// Extends checks that the newest checkpoint that was checked continues an earlier one of the same log, given as signed. The error is a
	// *boardlog.HistoryError if the two prove that the board has shown two histories, and wraps boardlog.ErrStale if the newest is older.
	Extends(ctx context.Context, earlier []byte) error
	// Submit sends a record. It returns the board's signed promise for a ballot or a support, and nil for another record that was recorded. A
	// refusal is an error that wraps a *client.Refused. Sending the same record again is answered as the first time.
	Submit(ctx context.Context, r *record.Record) (promise []byte, err error)
	// Receipt returns the receipt of a record. It waits for the record to be in a checkpoint.
	Receipt(ctx context.Context, id record.ID) ([]byte, error)
	// Records reads the whole log from an index to the newest checkpoint that was checked. A record handed to fn is in that log.
	Records(ctx context.Context, from uint64, fn func(index uint64, raw []byte) error) error
}

// Options say how a client works.
type Options struct {
	// Address is the board's, as the card is to have it.
	Address string
	// Registrars reaches registrars. Nothing that it sends may have anything in common with what is sent to the board.
	Registrars issuing.Transport
	// Clock is the device's clock. Default time.Now.
	Clock func() time.Time
	// Lag is how far the board's time may be behind the device's clock when a ballot is begun. Default 15 minutes.
	Lag time.Duration
	// Fresh is how old a look at the board may be to be used again. Default 0: the board is looked at every time. A program that acts
	// for many members at once sets it, with a board that reads the whole log.
	Fresh time.Duration
}

// A Client sees one board, for one member or, if the board reads the whole log, for many. It may be used from several goroutines.
type Client struct {
	options Options
	board   Board

	mu     sync.Mutex // holds the board's Update and State
	looked time.Time  // when the board was last looked at
	shown  map[checkpoint.Checkpoint]bool
}

// New returns a client of a board, which nobody else uses.
func New(board Board, o Options) *Client {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Lag == 0 {
		o.Lag = 15 * time.Minute
	}
	return &Client{options: o, board: board, shown: make(map[checkpoint.Checkpoint]bool)}
}

// Address returns the board's address.
func (c *Client) Address() string { return c.options.Address }

// View calls f with the board's state after a fresh look at it, without a card. What f keeps of the state it copies.
func (c *Client) View(ctx context.Context, focus light.Focus, f func(*fold.State) error) error {
	return c.look(ctx, 0, focus, f)
}

// look is View of a board that shows as many records as are known to be there, if it was looked at before.
func (c *Client) look(ctx context.Context, known uint64, focus light.Focus, f func(s *fold.State) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.options.Fresh == 0 || c.looked.IsZero() || time.Since(c.looked) > c.options.Fresh || c.board.State().Size() < known {
		if err := c.update(ctx, focus); err != nil {
			return err
		}
	}
	if g, _ := c.board.State().Genesis(); g == nil {
		return problem(CodeBoardDown, "check the board's address", "the board has no genesis record")
	}
	return f(c.board.State())
}

func (c *Client) update(ctx context.Context, focus light.Focus) error {
	var fork *boardlog.HistoryError
	switch err := c.board.Update(ctx, focus); {
	case errors.As(err, &fork):
		return alarm("the board shows another history than it has shown this device before: %w", err).with(evidence.OfHistory(c.board.State(), fork))
	case errors.Is(err, boardlog.ErrStale):
		return problem(CodeOldBoard, "try again later, or ask others what the board shows them", "%w: %w", ErrOldBoard, err)
	case err != nil:
		return problem(CodeBoardDown, "check the board's address and your connection, and try again in a minute", "reading the board: %w", err)
	}
	c.looked = time.Now()
	if cp, err := checkpoint.Peek(c.board.Checkpoint()); err == nil {
		c.shown[cp] = true
	}
	return nil
}

// View calls f with the board's state after a fresh look at it with a card: the board must be the card's, and not older than what the card
// has seen. What f keeps of the state it copies.
func (w *Wallet) View(ctx context.Context, c *Client, focus light.Focus, f func(*fold.State) error) error {
	focus.Round = w.card.Round
	return w.look(ctx, c, focus, f)
}

func (w *Wallet) look(ctx context.Context, c *Client, focus light.Focus, f func(s *fold.State) error) error {
	if focus.Vote == (record.ID{}) {
		focus.Round = w.card.Round
	}
	var seen []byte
	err := c.look(ctx, w.memory.seenSize(), focus, func(s *fold.State) error {
		_, genesis := s.Genesis()
		if genesis != w.card.Genesis {
			return problem(CodeOtherBoard, "use the address of the board that is in the card", "%w: its genesis record is %s, the card's is %s", ErrOtherBoard, genesis.Short(), w.card.Genesis.Short())
		}
		if err := w.checkSeen(ctx, c, s); err != nil {
			return err
		}
		seen = c.board.Checkpoint()
		return f(s)
	})
	if seen != nil {
		w.memory.see(seen)
	}
	var p *Problem
	if errors.As(err, &p) && p.Evidence != nil && !p.kept && w.keep != nil {
		place, failed := w.keepEvidence(ctx, p.Evidence)
		if failed != nil {
			return errors.Join(err, failed)
		}
		p.kept = true
		p.Hint += "; the evidence is in " + place
	}
	return err
}

// round returns the card's round.
func (w *Wallet) round(s *fold.State) (*fold.Round, error) {
	if r := s.Round(w.card.Round); r != nil {
		return r, nil
	}
	return nil, problem(CodeOldBoard, "the board may be an old copy; try again later, or with another address", "%w: the card's round is not on it", ErrOldBoard)
}

// checkSeen refuses a board whose log does not continue the log that the card has seen before.
func (w *Wallet) checkSeen(ctx context.Context, c *Client, s *fold.State) error {
	if len(w.memory.Seen) == 0 || c.hasShown(w.memory.Seen) {
		return nil
	}
	err := c.board.Extends(ctx, w.memory.Seen)
	var fork *boardlog.HistoryError
	switch {
	case errors.As(err, &fork):
		return w.accuse(ctx, append(exhibited(evidence.OfHistory(s, fork)), exhibit{"seen before", w.memory.Seen}, exhibit{"shown now", c.board.Checkpoint()}), "the board shows another history than it has shown this card before: %w", err)
	case errors.Is(err, boardlog.ErrStale):
		p := &Problem{Code: CodeOldBoard, Err: fmt.Errorf("%w: it shows %d records, the card has seen %d", ErrOldBoard, s.Size(), w.memory.seenSize()),
			Hint: "try again later, or ask others what the board shows them; if it stays so, the board holds records back, and what this device has kept proves it"}
		return p.with(evidence.Of(s, record.ID{}, &evidence.Head{Checkpoint: w.memory.Seen}))
	case err != nil:
		return problem(CodeBoardDown, "try again in a minute", "comparing the board with what the card has seen of it: %w", err)
	}
	return nil
}

// hasShown reports whether a checkpoint is one of those that this client has seen itself, one after the other.
func (c *Client) hasShown(signed []byte) bool {
	cp, err := checkpoint.Peek(signed)
	return err == nil && c.shown[cp]
}

// logPolicy says whose checkpoints to believe: the log's own key's.
func logPolicy(g *record.Genesis) (boardlog.Policy, error) {
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return boardlog.Policy{}, fmt.Errorf("the log's key: %w", err)
	}
	return boardlog.Policy{Origin: g.Origin, Log: key}, nil
}

// authority is whose answers to believe.
type authority struct {
	genesis record.ID
	board   sigma.PublicKey
	log     boardlog.Policy
	file    evidence.Evidence // without a claim
	relays  int               // of the vote
	// witnessed is log with the witnesses that the vote demands.
	witnessed boardlog.Policy
}

// authorityOf returns it for a vote, or for the board if vote is zero.
func authorityOf(s *fold.State, vote record.ID) (authority, error) {
	g, id := s.Genesis()
	log, err := logPolicy(g)
	if err != nil {
		return authority{}, err
	}
	e, err := evidence.Of(s, vote, nil)
	if err != nil {
		return authority{}, err
	}
	a := authority{genesis: id, board: s.Board(), log: log, file: *e, relays: -1, witnessed: log}
	if v := s.Vote(vote); v != nil {
		a.relays = len(v.Relays())
		if a.witnessed.Witnesses, err = fold.Witnesses(v.Manifest.Witnesses); err != nil {
			return authority{}, err
		}
		a.witnessed.Need = int(v.Manifest.Witnesses.Need)
	}
	return a, nil
}
