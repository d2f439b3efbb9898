package member

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/verifier/light"
)

// A Look is what a second device has found out about an opened ballot.
type Look struct {
	Vote, Ballot record.ID
	Manifest     *record.Vote
	Selections   [][]int // the options that the ballot selects, by contest
	Phase        fold.Phase
	Spoiled      bool // the board knows that the ballot must never count
}

// Verify is what the second device does: it reads the vote from the board by itself, makes the ballot again from the opening, and says what
// the ballot selects. Only the member knows whether that is what they chose. It is an error that wraps ErrAlarm if the ballot is another
// than the opening describes, or was cast. If expect is not zero, the ballot must be that one: the id that the first device showed before it
// knew that the ballot would be opened.
func (c *Client) Verify(ctx context.Context, text []byte, expect record.ID) (*Look, error) {
	o, err := cast.ParseOpened(text)
	if err != nil {
		return nil, problem(CodeForm, "take the file or text from the first device again, whole", "%w", err)
	}
	vote, opening, rec := o.Vote, o.Opening, o.Record
	if expect != (record.ID{}) && rec.ID() != expect {
		return nil, alarm("the first device had shown ballot %s, and opens ballot %s", expect, rec.ID())
	}
	found := &Look{Vote: vote, Ballot: rec.ID(), Selections: opening.Selections()}
	focus := light.Focus{Vote: vote, Keys: func(*fold.State) []light.Chain { return []light.Chain{{Vote: vote, Key: o.BallotKey()}} }}
	err = c.look(ctx, 0, focus, func(s *fold.State) error {
		v := s.Vote(vote)
		if v == nil || v.Opening == nil {
			return problem(CodeUnknown, "check the board's address", "the ballot is of vote %s, which is not open on this board", vote)
		}
		found.Manifest, found.Phase = v.Manifest, v.Phase
		if err := v.Form.Recheck(s.CastContext(v), opening, rec); err != nil {
			return alarm("ballot %s: %w", rec.ID(), err)
		}
		if v.IsCast(rec.ID()) {
			return alarm("ballot %s was cast although it was opened", rec.ID())
		}
		found.Spoiled = v.IsSpoiled(o.BallotKey(), rec.ID())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Report says on the board that the second device has shown something else than the member chose, of a ballot that this device has opened
// (Prepared.Open). It says nothing of either choice, and changes nothing about the member's vote: it is a number by which everybody sees
// whether booths are to be trusted (SPEC.md §10.4). It returns the place of the report when it is proved to be on the log, and is done again
// without harm.
func (c *Client) Report(ctx context.Context, w *Wallet, vote, ballot record.ID) (index uint64, err error) {
	if !slices.Contains(w.memory.in(vote, false).Checked, ballot) {
		return 0, problem(CodeUnknown, "report it on the device that made the ballot", "this device has opened no ballot %s", ballot)
	}
	var who authority
	var cred *credential.Credential
	var made cast.Context
	err = w.look(ctx, c, light.Focus{Vote: vote}, func(s *fold.State) error {
		v, err := w.find(s, vote)
		if err != nil {
			return err
		}
		if v.Phase != fold.Open && v.Phase != fold.Closed {
			return problem(CodeClosed, "tell the commission and an observer", "reports are taken until the ballot box is sealed; the vote is %v", v.Phase)
		}
		made = s.CastContext(v)
		if cred, err = w.credential(v.Manifest.Slot); err != nil {
			return err
		}
		who, err = authorityOf(s, vote)
		return err
	})
	if err != nil {
		return 0, err
	}
	in := w.memory.in(vote, true)
	report := in.report(ballot) // the same again, if it was made before
	if report == nil {
		if report, err = cast.NewCheckFault(who.genesis, made, cred, ballot, rand.Reader); err != nil {
			return 0, err
		}
		in.Acts = append(in.Acts, sent{Ballot: report.Raw()})
		if err := w.save(ctx); err != nil {
			return 0, err
		}
	}
	if _, err := c.board.Submit(ctx, report); err != nil {
		return 0, boardProblem(err)
	}
	text, err := c.board.Receipt(ctx, report.ID())
	if err != nil {
		return 0, problem(CodeBoardDown, "report it again: it is recorded once however often it is sent", "the board has taken the report and does not prove that it is recorded: %w", err)
	}
	index, checkpoint, err := who.checkInclusion(text, report)
	if errors.Is(err, client.ErrUnwitnessed) {
		return 0, unwitnessed("report", report, err)
	}
	if err != nil {
		return 0, w.accuse(ctx, []exhibit{{"report", report.Raw()}, {"receipt", text}}, "the report on ballot %s: %w", ballot, err)
	}
	w.memory.see(checkpoint)
	return index, w.save(ctx)
}
