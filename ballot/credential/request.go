package credential

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/sigma"
)

// Requests are a card's blind requests to one registrar, one for each slot, and what is needed to open the answer. They need not
// be kept: the same secret makes them again. It prints as REDACTED.
type Requests struct {
	hidden
	registrar uint64
	requests  []*blind.Request
	blinded   []byte
}

// NewRequests makes the requests to a registrar (counted from 1) of a round. keys are that registrar's keys for all slots in order,
// each from CheckSlotKey.
func NewRequests(secret Secret, round record.ID, registrar uint64, keys []*blind.PublicKey) (*Requests, error) {
	if len(keys) < 1 || len(keys) > record.MaxSlots {
		return nil, fmt.Errorf("registrar %d: %d slot keys, want 1 to %d", registrar, len(keys), record.MaxSlots)
	}
	if secret == (Secret{}) {
		return nil, errors.New("the card's secret is all zeros: it was never drawn")
	}
	r := &Requests{registrar: registrar, blinded: make([]byte, 0, len(keys)*blind.Size)}
	for slot, pk := range keys {
		key, err := secret.key(round, uint64(slot))
		if err != nil {
			return nil, err
		}
		seed, err := secret.blindSeed(round, uint64(slot), registrar)
		if err != nil {
			return nil, err
		}
		msg := Message(round, uint64(slot), key.Public().Encoding())
		context := KeyContext(round, uint64(slot), registrar)
		request, blinded, err := blind.NewRequest(pk, msg[:], &seed, context[:])
		clear(seed[:])
		if err != nil {
			return nil, fmt.Errorf("registrar %d, slot %d: %w", registrar, slot, err)
		}
		r.requests = append(r.requests, request)
		r.blinded = append(r.blinded, blinded...)
	}
	return r, nil
}

// Bytes returns what is sent to the registrar: 256 bytes for each slot, in order.
func (r *Requests) Bytes() []byte { return append([]byte(nil), r.blinded...) }

// An Answer is what a registrar sends back.
type Answer struct {
	_          struct{} `cbor:",toarray"`
	Signatures []byte   // blind signatures, 256 bytes for each slot, in order
	Issue      []byte   // the registrar's signed issue record for the member's entry
}

// Encode returns the answer's bytes: deterministic CBOR of [signatures, issue].
func (a *Answer) Encode() ([]byte, error) {
	b, err := record.Encode(a)
	if err != nil {
		return nil, fmt.Errorf("encoding a registrar's answer: %w", err)
	}
	return b, nil
}

// ParseAnswer reads an answer's bytes. What they say, Requests.Open checks.
func ParseAnswer(b []byte) (*Answer, error) {
	var a Answer
	if err := record.DecodeStrict(b, &a); err != nil {
		return nil, fmt.Errorf("registrar's answer: %w", err)
	}
	return &a, nil
}

// Open opens a registrar's answer. It returns the registrar's signatures for all slots, each verified, and the issue record, which the
// member can post if the registrar does not. It refuses an answer without a good issue record for exactly this entry, because a registrar that
// withholds these could make honest ballots look like stuffing (SPEC.md §9.9). genesis and round are record ids, author is the registrar's
// key in the round record.
func (r *Requests) Open(genesis, round record.ID, entry uint64, author sigma.PublicKey, a *Answer) ([]blind.Signature, *record.Record, error) {
	fail := func(err error) ([]blind.Signature, *record.Record, error) {
		return nil, nil, fmt.Errorf("answer of registrar %d: %w", r.registrar, err)
	}
	if len(a.Signatures) != len(r.blinded) {
		return fail(fmt.Errorf("signatures: %d bytes, want %d", len(a.Signatures), len(r.blinded)))
	}
	issue, err := checkIssue(genesis, round, r.registrar, entry, author, a.Issue)
	if err != nil {
		return fail(fmt.Errorf("issue record: %w", err))
	}
	signatures := make([]blind.Signature, len(r.requests))
	for slot, request := range r.requests {
		if signatures[slot], err = request.Finalize(a.Signatures[slot*blind.Size : (slot+1)*blind.Size]); err != nil {
			return fail(fmt.Errorf("slot %d: %w", slot, err))
		}
	}
	return signatures, issue, nil
}

func checkIssue(genesis, round record.ID, registrar, entry uint64, author sigma.PublicKey, raw []byte) (*record.Record, error) {
	rec, err := record.Decode(raw)
	if err != nil {
		return nil, err
	}
	body, ok := rec.Body.(*record.Issue)
	switch {
	case !ok:
		return nil, fmt.Errorf("is a %q record", rec.Kind())
	case rec.Scope != round:
		return nil, errors.New("is of another round")
	case body.Registrar != registrar:
		return nil, fmt.Errorf("is of registrar %d", body.Registrar)
	case body.Entry != entry:
		return nil, fmt.Errorf("is for entry %d, not for entry %d", body.Entry, entry)
	}
	if err := rec.VerifySignature(genesis, author); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	return rec, nil
}
