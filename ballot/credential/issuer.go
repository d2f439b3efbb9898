//go:build !voting

package credential

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/transcript"
)

// An Issuer is a registrar's signing step for one round: one secret key for each slot. It is safe for concurrent use.
type Issuer struct {
	round     record.ID
	registrar uint64
	keys      []*blind.SecretKey
}

// NewIssuer returns the issuer of a registrar (counted from 1) with its keys for all slots in order. Keys must differ: one key in two
// slots would make a credential of the one good in the other.
func NewIssuer(round record.ID, registrar uint64, keys []*blind.SecretKey) (*Issuer, error) {
	if len(keys) < 1 || len(keys) > record.MaxSlots {
		return nil, fmt.Errorf("issuer: %d slot keys, want 1 to %d", len(keys), record.MaxSlots)
	}
	for i := range keys {
		for j := range i {
			if keys[i].Public().Equal(keys[j].Public()) {
				return nil, fmt.Errorf("issuer: slots %d and %d have the same key", j, i)
			}
		}
	}
	return &Issuer{round, registrar, append([]*blind.SecretKey(nil), keys...)}, nil
}

// RequestSize returns the length of a member's request, in bytes.
func (s *Issuer) RequestSize() int { return len(s.keys) * blind.Size }

// ErrRequestSize reports a request with another number of slots than the round's.
var ErrRequestSize = errors.New("the request has not 256 bytes for each slot")

// Sign answers a request: 256 bytes for each slot, in order, signed with that slot's key. It returns as many bytes. The same request
// has the same answer. Whether it may be signed is the caller's to know: see RequestHash.
func (s *Issuer) Sign(request []byte) ([]byte, error) {
	if len(request) != s.RequestSize() {
		return nil, fmt.Errorf("%w: %d bytes, want %d", ErrRequestSize, len(request), s.RequestSize())
	}
	out := make([]byte, 0, len(request))
	for slot, key := range s.keys {
		signed, err := key.BlindSign(request[slot*blind.Size : (slot+1)*blind.Size])
		if err != nil {
			return nil, fmt.Errorf("slot %d: %w", slot, err)
		}
		out = append(out, signed...)
	}
	return out, nil
}

// RequestHash returns by what a registrar remembers a request. It stores the hash for the roll entry, durably, before it signs, and
// then signs for that entry nothing with another hash: a second card for one member would be a second vote. Nor does it sign one hash for two
// entries: two members with equal requests have devices that drew the same secret, and would find their votes replacing each other's.
// It is ID("request") of T("mandate/v1 card request"; bytes round; integer registrar; bytes request).
func (s *Issuer) RequestHash(request []byte) [32]byte {
	t := transcript.New("mandate/v1 card request")
	t.AppendBytes("round", s.round[:])
	t.AppendUint64("registrar", s.registrar)
	t.AppendBytes("request", request)
	return t.ID("request")
}

// NewSlotKey makes the body of the record that publishes a registrar's key for a slot, with its certificate.
func NewSlotKey(round record.ID, registrar, slot uint64, key *blind.SecretKey) (*record.SlotKey, error) {
	context := KeyContext(round, slot, registrar)
	certificate, err := key.Certify(context[:])
	if err != nil {
		return nil, fmt.Errorf("slot %d: %w", slot, err)
	}
	return &record.SlotKey{
		Registrar: registrar, Slot: slot,
		Modulus: [record.ModulusSize]byte(key.Public().Modulus()), Roots: certificate,
	}, nil
}
