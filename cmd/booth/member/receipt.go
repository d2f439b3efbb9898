package member

import (
	"context"
	"errors"
	"fmt"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
	"mandate/verifier/evidence"
	"mandate/verifier/light"
)

// A Proven is what a receipt proves.
type Proven struct {
	Record record.ID // of the ballot, or other record
	Index  uint64    // in the log
	Size   uint64    // of the log whose checkpoint the receipt has
	// Newest is the size of the log now, which still has that checkpoint for its past, and Root its tree head.
	Newest uint64
	Root   record.ID
	Time   uint64 // the board's time now
	// Body is the record itself and Vote its vote, if the board has handed it out; nil if not. Its id is Record.
	Body *record.Record
	Vote *fold.Vote // valid until the next look at the board
	// Accepted says that the record is a ballot that was taken, and Counts that it is the one of its card that counts.
	Accepted, Counts bool
}

// CheckReceipt checks a receipt on any device: that the log's key has signed the checkpoint in it, that the record is under that
// checkpoint, and that the log as it is shown now continues it. It is an error that wraps ErrAlarm if the log of now is another, ErrOldBoard
// if it is older than the receipt. body is the record if the caller has it, or nil; with it, it is said what the record is and whether it
// counts.
func (c *Client) CheckReceipt(ctx context.Context, text, body []byte) (*Proven, error) {
	receipt, err := boardlog.ParseReceipt(text)
	if err != nil {
		return nil, problem(CodeForm, "take the whole receipt as it was given", "this is no receipt: %w", err)
	}
	p := &Proven{Record: record.ID(receipt.Record), Index: receipt.Index}
	focus := light.Focus{}
	if body != nil {
		if p.Body, err = record.Decode(body); err != nil || p.Body.ID() != p.Record {
			return nil, alarm("the record handed out is not the one that the receipt names, %s", p.Record)
		}
		focus.Vote = p.Body.Scope
		if b, ok := p.Body.Body.(*record.Ballot); ok {
			focus.Keys = func(*fold.State) []light.Chain { return []light.Chain{{Vote: p.Body.Scope, Key: b.Key}} }
		}
	}
	err = c.look(ctx, 0, focus, func(s *fold.State) error {
		who, err := authorityOf(s, record.ID{})
		if err != nil {
			return err
		}
		head, err := receipt.Verify(who.log)
		if err != nil {
			return problem(CodeAlarm, "a receipt of another board, or one that was changed, proves nothing; keep it and show it to an observer", "%w: %w", ErrAlarm, err)
		}
		p.Size, p.Newest, p.Root, p.Time = head.Size(), s.Size(), s.Root(), s.Now()
		if err := c.continues(ctx, receipt.Checkpoint); err != nil {
			return err
		}
		if p.Body == nil {
			return nil
		}
		if p.Vote = s.Vote(p.Body.Scope); p.Vote == nil {
			return nil
		}
		if b, ok := p.Body.Body.(*record.Ballot); ok {
			_, last, voted := p.Vote.Last(b.Key)
			p.Accepted, p.Counts = p.Vote.IsCast(p.Record), voted && last == p.Record
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// continues checks that the board's log of now has a checkpoint for its past.
func (c *Client) continues(ctx context.Context, earlier []byte) error {
	err := c.board.Extends(ctx, earlier)
	var fork *boardlog.HistoryError
	switch {
	case errors.As(err, &fork):
		return alarm("the board shows another history than the one that the receipt is of: %w", err).with(evidence.OfHistory(c.board.State(), fork))
	case errors.Is(err, boardlog.ErrStale):
		p := &Problem{Code: CodeOldBoard, Err: fmt.Errorf("%w: %w: it shows less than the receipt proves", ErrOldBoard, err),
			Hint: "try again later, or ask others what the board shows them; if it stays so, the board holds records back, and the receipt proves it"}
		return p.with(evidence.Of(c.board.State(), record.ID{}, &evidence.Head{Checkpoint: earlier}))
	case err != nil:
		return problem(CodeBoardDown, "try again in a minute", "comparing the board with the receipt: %w", err)
	}
	return nil
}
