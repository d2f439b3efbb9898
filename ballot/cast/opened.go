package cast

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/record"
)

// openedTitle begins an opened ballot's text: the title, a line break, and base64 (RFC 4648 §5, no padding) of [vote, opening, ballot] in
// deterministic CBOR, broken into lines (SPEC.md §10.1.6).
const openedTitle = "mandate opened ballot, version 1"

// MaxOpened bounds the text of an opened ballot, in bytes: a record and its opening in base64.
const MaxOpened = 128 << 10

// An Opened is a ballot that is to be looked at and never to be cast, as it goes to a second device.
type Opened struct {
	Vote    record.ID
	Opening *Opening
	Record  *record.Record // the ballot
}

type storedOpened struct {
	_       struct{} `cbor:",toarray"`
	Vote    record.ID
	Opening []byte // Opening.Encode
	Ballot  []byte // the record
}

// Encode returns the text of an opened ballot. It says how the ballot would have voted.
func (o *Opened) Encode() ([]byte, error) {
	opening, err := o.Opening.Encode()
	if err != nil {
		return nil, err
	}
	b, err := record.Encode(&storedOpened{Vote: o.Vote, Opening: opening, Ballot: o.Record.Raw()})
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

// ParseOpened reads the text of an opened ballot. Lines may end in LF or CR LF and be broken anywhere after the title. Nothing is known of
// the ballot before Recheck.
func ParseOpened(text []byte) (*Opened, error) {
	fail := func(err error) (*Opened, error) { return nil, fmt.Errorf("the opened ballot: %w", err) }
	if len(text) > MaxOpened {
		return fail(fmt.Errorf("%d bytes, at most %d", len(text), MaxOpened))
	}
	title, rest, _ := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if title != openedTitle {
		return fail(fmt.Errorf("it does not begin with %q", openedTitle))
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.Join(strings.Fields(rest), ""))
	if err != nil {
		return fail(err)
	}
	var s storedOpened
	left, err := record.DecodeFirst(b, MaxOpened, &s)
	if err == nil && len(left) > 0 {
		err = errors.New("bytes after its end")
	}
	if err != nil {
		return fail(err)
	}
	o := &Opened{Vote: s.Vote}
	if o.Opening, err = ParseOpening(s.Opening); err != nil {
		return fail(err)
	}
	if o.Record, err = record.Decode(s.Ballot); err != nil {
		return fail(err)
	}
	if _, ok := o.Record.Body.(*record.Ballot); !ok {
		return fail(fmt.Errorf("a %s record is no ballot", o.Record.Kind()))
	}
	if o.Record.Scope != o.Vote {
		return fail(errors.New("the ballot is of another vote"))
	}
	return o, nil
}

// BallotKey returns the credential's key that the ballot names.
func (o *Opened) BallotKey() record.Key { return o.Record.Body.(*record.Ballot).Key }
