package issuing

import (
	"fmt"
	"io"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/crypto/blind"
)

// ContentType is that of requests and answers. Errors are JSON.
const ContentType = "application/cbor"

// Paths of the two requests, below a registrar's address.
const (
	EntryPath = "/entries"
	CardPath  = "/cards"
)

// An EntryRequest asks which roll entry a code is for: deterministic CBOR of [round, code].
type EntryRequest struct {
	_     struct{} `cbor:",toarray"`
	Round record.ID
	Code  Code
}

// EntryRequestSize is the length of every EntryRequest in bytes: the heads of an array and two byte strings, 32 and 16 bytes.
const EntryRequestSize = 1 + 2 + 32 + 1 + 16

// A CardRequest asks for a card: deterministic CBOR of [round, code, keys, blinded].
type CardRequest struct {
	_       struct{} `cbor:",toarray"`
	Round   record.ID
	Code    Code
	Keys    record.ID // of all registrars as the board has shown them to the client: credential.CardKeys
	Blinded []byte    // 256 bytes for each slot of the round, in order
}

func (EntryRequest) String() string             { return redacted }
func (EntryRequest) GoString() string           { return redacted }
func (EntryRequest) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }
func (CardRequest) String() string              { return redacted }
func (CardRequest) GoString() string            { return redacted }
func (CardRequest) Format(s fmt.State, _ rune)  { io.WriteString(s, redacted) }

// CardRequestSize returns the length in bytes of every CardRequest to a round with so many slots, 1 to 64.
func CardRequestSize(slots int) int { return cardRequestHead + slots*blind.Size }

// cardRequestHead is what a CardRequest has more than an EntryRequest, and that: the name of the keys, and the head of a byte string.
const cardRequestHead = EntryRequestSize + (2 + 32) + 3

// MaxCardRequest is the largest CardRequest in bytes.
const MaxCardRequest = cardRequestHead + record.MaxSlots*blind.Size

// Encode returns the request's bytes.
func (r *EntryRequest) Encode() ([]byte, error) { return encode(r) }

// Encode returns the request's bytes.
func (r *CardRequest) Encode() ([]byte, error) { return encode(r) }

func encode(v any) ([]byte, error) {
	b, err := record.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a request to a registrar: %w", err)
	}
	return b, nil
}

// ParseEntryRequest reads a request's bytes.
func ParseEntryRequest(b []byte) (*EntryRequest, error) {
	var r EntryRequest
	if err := parse(b, EntryRequestSize, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// ParseCardRequest reads a request's bytes. That Blinded has the right length for the round is for the caller to check.
func ParseCardRequest(b []byte) (*CardRequest, error) {
	var r CardRequest
	if err := parse(b, MaxCardRequest, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

func parse(b []byte, limit int, v any) error {
	if len(b) > limit {
		return fmt.Errorf("request: %d bytes, at most %d", len(b), limit)
	}
	if err := record.DecodeStrict(b, v); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return nil
}

// EncodeOpening returns the answer to an EntryRequest: deterministic CBOR of [index, salt, number, name].
func EncodeOpening(o *roll.Opening) ([]byte, error) {
	b, err := record.Encode(o)
	if err != nil {
		return nil, fmt.Errorf("encoding a roll entry: %w", err)
	}
	return b, nil
}

// maxOpening bounds the answer to an EntryRequest.
const maxOpening = 1 + 9 + (2 + 32) + (2 + roll.MaxNumber) + (2 + 200)

// ParseOpening reads the answer to an EntryRequest. What it says, roll.Opening.Check checks.
func ParseOpening(b []byte) (*roll.Opening, error) {
	var o roll.Opening
	if len(b) > maxOpening {
		return nil, fmt.Errorf("roll entry: %d bytes, at most %d", len(b), maxOpening)
	}
	if err := record.DecodeStrict(b, &o); err != nil {
		return nil, fmt.Errorf("roll entry: %w", err)
	}
	return &o, nil
}
