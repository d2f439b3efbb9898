package record

import (
	"fmt"
	"io"

	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// A Promise says that a ballot will be recorded, whatever then becomes of it (SPEC.md §8.4).
type Promise struct {
	_      struct{} `cbor:",toarray"`
	Tag    string   // "promise"
	Vote   ID
	Ballot ID
	At     uint64
}

// A Refusal says that a record is not taken, and why (SPEC.md §8.4).
type Refusal struct {
	_        struct{} `cbor:",toarray"`
	Tag      string   // "refusal"
	Scope    ID
	Record   ID
	Code     string
	Sentence string
	At       uint64
}

func (*Promise) tag() string { return "promise" }
func (*Refusal) tag() string { return "refusal" }

// An Answer is a promise or a refusal.
type Answer interface{ tag() string }

// SignAnswer signs a promise or refusal by the board or a relay, and returns its encoding.
func SignAnswer(genesis ID, a Answer, key sigma.SecretKey, rand io.Reader) ([]byte, error) {
	switch a := a.(type) {
	case *Promise:
		a.Tag = a.tag()
	case *Refusal:
		a.Tag = a.tag()
	}
	payload, err := Encode(a)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", a.tag(), err)
	}
	sig, err := sigma.Sign(answered(genesis, a, payload), key, rand)
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", a.tag(), err)
	}
	return Encode(envelope{Payload: payload, Seal: sig})
}

// OpenAnswer decodes an answer into a and verifies its signature.
func OpenAnswer(genesis ID, b []byte, a Answer, key sigma.PublicKey) error {
	var e envelope
	if err := DecodeStrict(b, &e); err != nil {
		return fmt.Errorf("%s: envelope: %w", a.tag(), err)
	}
	if err := DecodeStrict(e.Payload, a); err != nil {
		return fmt.Errorf("%s: %w", a.tag(), err)
	}
	var tag string
	switch a := a.(type) {
	case *Promise:
		tag = a.Tag
	case *Refusal:
		tag = a.Tag
	}
	if tag != a.tag() {
		return fmt.Errorf("%s: is a %q", a.tag(), tag)
	}
	if err := sigma.VerifySchnorr(answered(genesis, a, e.Payload), key, e.Seal); err != nil {
		return fmt.Errorf("%s: signature: %w", a.tag(), err)
	}
	return nil
}

func answered(genesis ID, a Answer, payload []byte) *transcript.Transcript {
	t := transcript.New("mandate/v1 " + a.tag())
	t.AppendBytes("genesis", genesis[:])
	t.AppendBytes("payload", payload)
	return t
}
