package voter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/party"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// Options say how a client works.
type Options struct {
	// Address is the board's, as the card file is to have it.
	Address string
	// HTTP reaches registrars. Default: a new connection for every request, with nothing in common with any other (issuing.NewHTTPClient).
	HTTP *http.Client
	// Clock is the device's clock. Default time.Now.
	Clock func() time.Time
	// Lag is how far the board's time may be behind the device's clock when a ballot is begun. Default 15 minutes.
	Lag time.Duration
	// Fresh is how old a look at the board may be to be used again. Default 0: the board is looked at every time. A program that acts
	// for many members at once sets it.
	Fresh time.Duration
}

// A Client sees one board, for one member or for many. It may be used from several goroutines.
type Client struct {
	options Options
	board   party.Board

	mu     sync.Mutex // holds the board's Update and State
	looked time.Time  // when the board was last looked at
	shown  map[checkpoint.Checkpoint]bool
}

// New returns a client of a board, which nobody else uses.
func New(board party.Board, o Options) *Client {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Lag == 0 {
		o.Lag = 15 * time.Minute
	}
	return &Client{options: o, board: board, shown: make(map[checkpoint.Checkpoint]bool)}
}

// look calls f with the board's state after a fresh look at it, or one that shows as many records as are known to be there. What f keeps
// of the state it copies.
func (c *Client) look(ctx context.Context, known uint64, f func(s *fold.State) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.options.Fresh == 0 || c.looked.IsZero() || time.Since(c.looked) > c.options.Fresh || c.board.State().Size() < known {
		if err := c.board.Update(ctx); err != nil {
			return problem("check the board's address and your connection, and try again in a minute", "reading the board: %w", err)
		}
		c.looked = time.Now()
		if cp, err := checkpoint.Peek(c.board.Checkpoint()); err == nil {
			c.shown[cp] = true
		}
	}
	if g, _ := c.board.State().Genesis(); g == nil {
		return problem("check the board's address", "the board has no genesis record")
	}
	return f(c.board.State())
}

// look is a look at the board with a card: the board must be the card's, and not older than what the card has seen.
func (w *Wallet) look(ctx context.Context, c *Client, f func(s *fold.State) error) error {
	var seen []byte
	err := c.look(ctx, w.memory.seenSize(), func(s *fold.State) error {
		_, genesis := s.Genesis()
		if genesis != w.card.Genesis {
			return problem("use the address of the board that is in the card file", "%w: its genesis record is %s, the card's is %s", ErrOtherBoard, genesis.Short(), w.card.Genesis.Short())
		}
		if s.Round(w.card.Round) == nil {
			return problem("the board may be an old copy; try again later, or with another address", "%w: the card's round is not on it", ErrOldBoard)
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
	return err
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
		return w.accuse([]exhibit{{"seen before", w.memory.Seen}, {"shown now", c.board.Checkpoint()}}, "the board shows another history than it has shown this card before: %w", err)
	case errors.Is(err, boardlog.ErrStale):
		return problem("try again later, or ask others what the board shows them; if it stays so, the board has taken records away, and the card's memory proves it",
			"%w: it shows %d records, the card has seen %d", ErrOldBoard, s.Size(), w.memory.seenSize())
	case err != nil:
		return problem("try again in a minute", "comparing the board with what the card has seen of it: %w", err)
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
}

func authorityOf(s *fold.State) (authority, error) {
	g, id := s.Genesis()
	log, err := logPolicy(g)
	return authority{id, s.Board(), log}, err
}
