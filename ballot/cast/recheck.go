package cast

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
)

// ErrMismatch reports a ballot that does not say what its opening says: the device that made it is not to be trusted.
var ErrMismatch = errors.New("the ballot is not the one that its opening describes")

// Recheck is what a second device does with a ballot that is not to be cast: it sees whether the ballot is the one that the opening names,
// would be counted, and encrypts what the opening selects with the randomness that the seed gives, bit for bit. It needs no card. What is
// left unseen is the proof's randomness, which takes the card to repeat: see Repeat. The device shows o.Selections; only the member knows whether
// they are theirs. Errors are ErrMismatch, or a *Fault if the ballot would not be counted.
func (f *Form) Recheck(ctx Context, o *Opening, rec *record.Record) error {
	if rec.ID() != o.Ballot {
		return fmt.Errorf("%w: it opens ballot %v, this is %v", ErrMismatch, o.Ballot, rec.ID())
	}
	checked, bad := f.Check(ctx, rec)
	if bad != nil {
		return bad
	}
	c, err := f.ciphertexts(&ctx, checked.Ballot.Key, checked.Ballot.Number, o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMismatch, err)
	}
	for i, want := range c.encoded {
		for j := range f.widths[i] {
			at := j * elgamal.Size
			if bytes.Equal(want[at:at+elgamal.Size], checked.Ballot.Contests[i][at:at+elgamal.Size]) {
				continue
			}
			if f.encodings[i] != nil {
				return fmt.Errorf("%w: contest %s, the ranking", ErrMismatch, f.contests[i].ID)
			}
			return fmt.Errorf("%w: contest %s, option %s", ErrMismatch, f.contests[i].ID, f.contests[i].Options[j].ID)
		}
	}
	return nil
}

// Repeat is Recheck on a device that has the member's card: it makes the whole ballot again, proof and all, so that nothing in it
// can have been chosen to carry a message.
func (f *Form) Repeat(ctx Context, o *Opening, rec *record.Record, cred *credential.Credential) error {
	if err := f.Recheck(ctx, o, rec); err != nil {
		return err
	}
	b := rec.Body.(*record.Ballot)
	again, err := f.encrypt(&ctx, cred, b.Number, b.Previous, o)
	if err != nil {
		return fmt.Errorf("repeating a ballot: %w", err)
	}
	if again.ID() != rec.ID() {
		return fmt.Errorf("%w: with the card, another one comes out", ErrMismatch)
	}
	return nil
}

type storedOpening struct {
	_          struct{} `cbor:",toarray"`
	Version    string
	Ballot     record.ID
	Seed       [32]byte
	Selections [][]uint64
}

// Encode returns the opening in the clear, to go from one device to another in a picture or a link: deterministic CBOR of [version,
// ballot, seed, selections].
func (o *Opening) Encode() ([]byte, error) {
	s := storedOpening{Version: openingVersion, Ballot: o.Ballot, Seed: o.seed, Selections: make([][]uint64, len(o.selections))}
	for i, selected := range o.selections {
		for _, j := range selected {
			s.Selections[i] = append(s.Selections[i], uint64(j))
		}
	}
	b, err := record.Encode(&s)
	if err != nil {
		return nil, fmt.Errorf("encoding an opening: %w", err)
	}
	return b, nil
}

// ParseOpening reads what Encode returns.
func ParseOpening(b []byte) (*Opening, error) {
	var s storedOpening
	if err := record.DecodeStrict(b, &s); err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	if s.Version != openingVersion {
		return nil, fmt.Errorf("opening: version: %q, this program reads %q", s.Version, openingVersion)
	}
	if len(s.Selections) > contest.MaxContests {
		return nil, fmt.Errorf("opening: selections for %d contests, at most %d", len(s.Selections), contest.MaxContests)
	}
	o := &Opening{Ballot: s.Ballot, seed: s.Seed, selections: make([][]int, len(s.Selections))}
	for i, selected := range s.Selections {
		for _, j := range selected {
			if j >= contest.MaxOptions {
				return nil, fmt.Errorf("opening: selections[%d]: option %d, below %d", i, j, contest.MaxOptions)
			}
			o.selections[i] = append(o.selections[i], int(j))
		}
	}
	return o, nil
}

// NewCheck makes the record that says that a ballot was opened and must never count (SPEC.md §10.4), signed by the credential.
// genesis is the id of the log's genesis record.
func NewCheck(genesis record.ID, ctx Context, cred *credential.Credential, ballot record.ID, rand io.Reader) (*record.Record, error) {
	body := &record.Check{Key: cred.Key, Signatures: cred.Signatures, Ballot: ballot}
	return record.Sign(genesis, ctx.Vote, body, cred.SecretKey(), rand)
}

// NewCheckFault makes the record that says that the second device has shown another choice of a ballot that was checked than its member
// made (SPEC.md §10.4), signed by the credential that has checked it. It says nothing of either choice.
func NewCheckFault(genesis record.ID, ctx Context, cred *credential.Credential, ballot record.ID, rand io.Reader) (*record.Record, error) {
	body := &record.CheckFault{Key: cred.Key, Signatures: cred.Signatures, Ballot: ballot}
	return record.Sign(genesis, ctx.Vote, body, cred.SecretKey(), rand)
}
