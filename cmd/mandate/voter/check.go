package voter

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/cast"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// openedTitle begins an opened ballot's text: the title, a line break, and base64 (RFC 4648 §5, no padding) of [vote, opening, ballot] in
// deterministic CBOR, broken into lines.
const openedTitle = "mandate opened ballot, version 1"

// maxOpened bounds the text of an opened ballot: a record and its opening in base64.
const maxOpened = 128 << 10

type openedBallot struct {
	_       struct{} `cbor:",toarray"`
	Vote    record.ID
	Opening []byte // cast.Opening.Encode
	Ballot  []byte // the record
}

func encodeOpened(vote record.ID, o *cast.Opening, rec *record.Record) ([]byte, error) {
	opening, err := o.Encode()
	if err != nil {
		return nil, err
	}
	b, err := record.Encode(&openedBallot{Vote: vote, Opening: opening, Ballot: rec.Raw()})
	if err != nil {
		return nil, fmt.Errorf("encoding an opened ballot: %w", err)
	}
	text := openedTitle + "\n"
	for s := base64.RawURLEncoding.EncodeToString(b); s != ""; {
		n := min(76, len(s))
		text, s = text+s[:n]+"\n", s[n:]
	}
	return []byte(text), nil
}

// parseOpened reads the text of an opened ballot.
func parseOpened(text []byte) (record.ID, *cast.Opening, *record.Record, error) {
	fail := func(err error) (record.ID, *cast.Opening, *record.Record, error) {
		return record.ID{}, nil, nil, problem("take the file or text from the first device again, whole", "the opened ballot: %w", err)
	}
	if len(text) > maxOpened {
		return fail(fmt.Errorf("%d bytes, at most %d", len(text), maxOpened))
	}
	title, rest, _ := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if title != openedTitle {
		return fail(fmt.Errorf("it does not begin with %q", openedTitle))
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.Join(strings.Fields(rest), ""))
	if err != nil {
		return fail(err)
	}
	var o openedBallot
	left, err := record.DecodeFirst(b, maxOpened, &o)
	if err == nil && len(left) > 0 {
		err = errors.New("bytes after its end")
	}
	if err != nil {
		return fail(err)
	}
	opening, err := cast.ParseOpening(o.Opening)
	if err != nil {
		return fail(err)
	}
	rec, err := record.Decode(o.Ballot)
	if err != nil {
		return fail(err)
	}
	if rec.Scope != o.Vote {
		return fail(errors.New("the ballot is of another vote"))
	}
	return o.Vote, opening, rec, nil
}

// A Look is what a second device has found out about an opened ballot.
type Look struct {
	Vote, Ballot record.ID
	Manifest     *record.Vote
	Selections   [][]int // the options that the ballot selects, by contest
	Phase        fold.Phase
	Spoiled      bool // while voting is open: the board knows that the ballot must never count
}

// Verify is what the second device does: it reads the vote from the board by itself, makes the ballot again from the opening, and says what
// the ballot selects. Only the member knows whether that is what they chose. It is an error that wraps ErrAlarm if the ballot is another
// than the opening describes, or was cast. If expect is not zero, the ballot must be that one: the id that the first device showed before it
// knew that the ballot would be opened.
func (c *Client) Verify(ctx context.Context, text []byte, expect record.ID) (*Look, error) {
	vote, opening, rec, err := parseOpened(text)
	if err != nil {
		return nil, err
	}
	if expect != (record.ID{}) && rec.ID() != expect {
		return nil, alarm("the first device had shown ballot %s, and opens ballot %s", expect, rec.ID())
	}
	found := &Look{Vote: vote, Ballot: rec.ID(), Selections: opening.Selections()}
	err = c.look(ctx, 0, func(s *fold.State) error {
		v := s.Vote(vote)
		if v == nil || v.Phase == fold.Called {
			return problem("check the board's address", "the ballot is of vote %s, which is not open on this board", vote)
		}
		found.Manifest, found.Phase = v.Manifest, v.Phase
		if err := v.Form.Recheck(s.CastContext(v), opening, rec); err != nil {
			return alarm("ballot %s: %w", rec.ID(), err)
		}
		if v.IsCast(rec.ID()) {
			return alarm("ballot %s was cast although it was opened", rec.ID())
		}
		found.Spoiled = s.Judge(s.Prepare([][]byte{rec.Raw()})[0]).Code == "spoiled"
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
