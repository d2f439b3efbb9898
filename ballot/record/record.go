// Package record is the form of everything that stands on the board (SPEC.md §8): deterministic CBOR, sizes, signatures, ids.
//
// A record is an envelope of a payload and a seal. The payload says its kind, the scope it is bound to and its body; the seal is
// its author's Schnorr signature, or the proof of a ballot. Decode is strict: what it accepts encodes again to the same bytes. It
// trusts nothing about its input. It says nothing about whether a record may stand where it stands: that is package fold's.
package record

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/canonical"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// MaxSize is the largest record in bytes: the entry limit of C2SP tlog-tiles.
const MaxSize = 65535

// An ID is a record's id: the RFC 6962 leaf hash of its bytes (SPEC.md §1).
type ID [32]byte

// String returns the id as 64 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first 16 hexadecimal digits, for people only; nothing compares it.
func (id ID) Short() string { return hex.EncodeToString(id[:8]) }

// MarshalText returns the id as 64 hexadecimal digits.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText parses 64 hexadecimal digits.
func (id *ID) UnmarshalText(b []byte) error {
	parsed, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID parses 64 hexadecimal digits.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 64 {
		return id, fmt.Errorf("id %q: %d characters, want 64 hexadecimal digits", s, len(s))
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("id %q: %w", s, err)
	}
	return id, nil
}

// IDOf returns the id of a record's bytes.
func IDOf(raw []byte) ID { return ID(tlog.RecordHash(raw)) }

// A Key is the encoding of a Schnorr public key: 32 bytes.
type Key [32]byte

// String returns the key as 64 hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// Public decodes the key. The identity and encodings that are no group element are errors.
func (k Key) Public() (sigma.PublicKey, error) { return sigma.DecodePublicKey(k[:]) }

// Codes of a record that does not decode (SPEC.md §9.1).
const (
	CodeOversize    = "oversize"
	CodeMalformed   = "malformed"
	CodeUnknownKind = "unknown-kind"
)

// A FormError says why bytes are no record. Its code is one of SPEC.md §9.1's.
type FormError struct {
	Code string
	Err  error
}

func (e *FormError) Error() string { return e.Code + ": " + e.Err.Error() }
func (e *FormError) Unwrap() error { return e.Err }

// A Record is a decoded record. It is immutable.
type Record struct {
	Scope ID
	Body  Body

	raw, payload, seal []byte
	id                 ID
}

// Kind returns the record's kind, such as "ballot".
func (r *Record) Kind() string { return r.Body.Kind() }

// ID returns the record's id.
func (r *Record) ID() ID { return r.id }

// Raw returns the record's bytes; they must not be changed.
func (r *Record) Raw() []byte { return r.raw }

// Payload returns the bytes that the seal covers; they must not be changed.
func (r *Record) Payload() []byte { return r.payload }

// Seal returns the signature, or a ballot's proof; it must not be changed.
func (r *Record) Seal() []byte { return r.seal }

type envelope struct {
	_       struct{} `cbor:",toarray"`
	Payload []byte
	Seal    []byte
}

type content struct {
	_     struct{} `cbor:",toarray"`
	Kind  string
	Scope ID
	Body  canonical.Raw
}

// Encode returns v in deterministic CBOR. It is for the bodies of this package and for other signed structures of SPEC.md §8.4.
func Encode(v any) ([]byte, error) { return canonical.Encode(v) }

// DecodeStrict decodes deterministic CBOR of at most MaxSize bytes into v and refuses bytes that v does not encode to again.
func DecodeStrict(b []byte, v any) error {
	rest, err := DecodeFirst(b, MaxSize, v)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes after the end", len(rest))
	}
	return nil
}

// DecodeFirst is DecodeStrict for the first item in b, of at most limit bytes, and returns the bytes after it. It is for files
// that hold a sequence of items, or larger ones than a record.
func DecodeFirst(b []byte, limit int, v any) (rest []byte, err error) {
	return canonical.Decode(b, limit, v)
}

// Decode parses the bytes of a record. Errors are *FormError. It keeps raw, which must not be changed afterwards.
func Decode(raw []byte) (*Record, error) {
	if len(raw) == 0 || len(raw) > MaxSize {
		return nil, &FormError{CodeOversize, fmt.Errorf("%d bytes, want 1 to %d", len(raw), MaxSize)}
	}
	malformed := func(what string, err error) error {
		return &FormError{CodeMalformed, fmt.Errorf("%s: %w", what, err)}
	}
	var e envelope
	if err := DecodeStrict(raw, &e); err != nil {
		return nil, malformed("envelope", err)
	}
	var c content
	if err := DecodeStrict(e.Payload, &c); err != nil {
		return nil, malformed("payload", err)
	}
	body := newBody(c.Kind)
	if body == nil {
		if c.Body[0]>>5 != 4 { // major type of an array, RFC 8949 §3.1
			return nil, malformed("payload", errors.New("body is not an array"))
		}
		return nil, &FormError{CodeUnknownKind, fmt.Errorf("kind %q", c.Kind)}
	}
	if err := DecodeStrict(c.Body, body); err != nil {
		return nil, malformed(c.Kind, err)
	}
	return &Record{Scope: c.Scope, Body: body, raw: raw, payload: e.Payload, seal: e.Seal, id: IDOf(raw)}, nil
}

// Payload returns the bytes to be sealed for a body in a scope.
func Payload(scope ID, body Body) ([]byte, error) {
	b, err := Encode(body)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", body.Kind(), err)
	}
	p, err := Encode(content{Kind: body.Kind(), Scope: scope, Body: b})
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", body.Kind(), err)
	}
	return p, nil
}

// Assemble makes a record of a payload and its seal. The result has been decoded, so it is well-formed.
func Assemble(payload, seal []byte) (*Record, error) {
	raw, err := Encode(envelope{Payload: payload, Seal: seal})
	if err != nil {
		return nil, err
	}
	return Decode(raw)
}

// Sign makes a record signed by its author (SPEC.md §8.1). genesis is the id of the log's genesis record, zero for that record itself.
func Sign(genesis, scope ID, body Body, key sigma.SecretKey, rand io.Reader) (*Record, error) {
	payload, err := Payload(scope, body)
	if err != nil {
		return nil, err
	}
	seal, err := sigma.Sign(signed(genesis, payload), key, rand)
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", body.Kind(), err)
	}
	return Assemble(payload, seal)
}

// VerifySignature reports whether the seal is the Schnorr signature of its author (SPEC.md §8.1).
func (r *Record) VerifySignature(genesis ID, author sigma.PublicKey) error {
	return sigma.VerifySchnorr(signed(genesis, r.payload), author, r.seal)
}

func signed(genesis ID, payload []byte) *transcript.Transcript {
	t := transcript.New("mandate/v1 record")
	t.AppendBytes("genesis", genesis[:])
	t.AppendBytes("payload", payload)
	return t
}

// Elements decodes a concatenation of group elements, 32 bytes each.
func Elements(b []byte) ([]group.Element, error) {
	if len(b)%group.ElementSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of group elements", len(b))
	}
	es := make([]group.Element, len(b)/group.ElementSize)
	for i := range es {
		e, err := group.DecodeElement(b[i*group.ElementSize : (i+1)*group.ElementSize])
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		es[i] = e
	}
	return es, nil
}
