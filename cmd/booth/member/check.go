package member

import (
	"context"

	"mandate/ballot/cast"
	"mandate/ballot/fold"
	"mandate/ballot/record"
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
