package credential

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/sigma"
)

// A Card is a member's credentials for all slots of a round, signed by all its registrars. It prints as REDACTED.
type Card struct {
	hidden
	secret     Secret
	round      record.ID
	registrars int
	signatures [][]byte // per slot, 288 bytes for each registrar, in order
}

// NewCard makes a card of the signatures that Requests.Open returned, for registrars 1 … n in order.
func NewCard(secret Secret, round record.ID, answers [][]blind.Signature) (*Card, error) {
	n := len(answers)
	if n < 1 || n > record.MaxRegistrars {
		return nil, fmt.Errorf("card: answers of %d registrars, want 1 to %d", n, record.MaxRegistrars)
	}
	slots := len(answers[0])
	if slots < 1 || slots > record.MaxSlots {
		return nil, fmt.Errorf("card: signatures for %d slots, want 1 to %d", slots, record.MaxSlots)
	}
	c := &Card{secret: secret, round: round, registrars: n, signatures: make([][]byte, slots)}
	for i, answer := range answers {
		if len(answer) != slots {
			return nil, fmt.Errorf("card: registrar %d signed %d slots, registrar 1 signed %d", i+1, len(answer), slots)
		}
		for slot, s := range answer {
			c.signatures[slot] = append(append(c.signatures[slot], s.Prefix[:]...), s.Sig[:]...)
		}
	}
	return c, nil
}

// Round returns the id of the card's round.
func (c *Card) Round() record.ID { return c.round }

// Slots returns the number of slots.
func (c *Card) Slots() int { return len(c.signatures) }

// Registrars returns the number of registrars that signed.
func (c *Card) Registrars() int { return c.registrars }

// Credential returns the credential of a slot.
func (c *Card) Credential(slot uint64) (*Credential, error) {
	if slot >= uint64(len(c.signatures)) {
		return nil, fmt.Errorf("slot %d: the card has %d", slot, len(c.signatures))
	}
	key, err := c.secret.key(c.round, slot)
	if err != nil {
		return nil, err
	}
	return &Credential{
		Round: c.round, Slot: slot, Key: key.Public().Encoding(),
		Signatures: append([]byte(nil), c.signatures[slot]...), secret: key,
	}, nil
}

// A Credential is the right to one vote: a key pair whose public half all registrars have signed for a slot of a round. It prints as REDACTED.
type Credential struct {
	hidden
	Round      record.ID
	Slot       uint64
	Key        record.Key // K = g^x
	Signatures []byte     // 288 bytes for each registrar, in order, as they stand on a ballot
	secret     sigma.SecretKey
}

// SecretKey returns x. It makes the proof of a ballot and signs check records.
func (c *Credential) SecretKey() sigma.SecretKey { return c.secret }

const cardVersion = "mandate/v1 card"

// maxCard bounds a card's stored form: the signatures, and what stands before them.
const maxCard = record.MaxSlots*record.MaxRegistrars*record.SignatureBytes + 256

type storedCard struct {
	_          struct{} `cbor:",toarray"`
	Version    string
	Round      record.ID
	Registrars uint64
	Slots      uint64
	Secret     [32]byte
	Signatures []byte // slot by slot
}

// Marshal returns the card for a member's device to keep, its secret in the clear: deterministic CBOR of [version, round, registrars, slots,
// secret, signatures]. With it, voting needs no registrar.
func (c *Card) Marshal() ([]byte, error) {
	s := storedCard{Version: cardVersion, Round: c.round, Registrars: uint64(c.registrars), Slots: uint64(len(c.signatures)), Secret: c.secret}
	for _, b := range c.signatures {
		s.Signatures = append(s.Signatures, b...)
	}
	b, err := record.Encode(&s)
	if err != nil {
		return nil, fmt.Errorf("encoding a card: %w", err)
	}
	return b, nil
}

// ParseCard reads what Marshal returns. It does not verify the signatures, for which it has no keys.
func ParseCard(b []byte) (*Card, error) {
	fail := func(err error) (*Card, error) { return nil, fmt.Errorf("card: %w", err) }
	var s storedCard
	rest, err := record.DecodeFirst(b, maxCard, &s)
	switch {
	case err != nil:
		return fail(err)
	case len(rest) != 0:
		return fail(errors.New("bytes after its end"))
	case s.Version != cardVersion:
		return fail(fmt.Errorf("version: %q, this program reads %q", s.Version, cardVersion))
	case s.Registrars < 1 || s.Registrars > record.MaxRegistrars:
		return fail(fmt.Errorf("registrars: %d, want 1 to %d", s.Registrars, record.MaxRegistrars))
	case s.Slots < 1 || s.Slots > record.MaxSlots:
		return fail(fmt.Errorf("slots: %d, want 1 to %d", s.Slots, record.MaxSlots))
	case uint64(len(s.Signatures)) != s.Slots*s.Registrars*record.SignatureBytes:
		return fail(fmt.Errorf("signatures: %d bytes, want %d", len(s.Signatures), s.Slots*s.Registrars*record.SignatureBytes))
	}
	c := &Card{secret: s.Secret, round: s.Round, registrars: int(s.Registrars), signatures: make([][]byte, s.Slots)}
	size := c.registrars * record.SignatureBytes
	for slot := range c.signatures {
		c.signatures[slot] = s.Signatures[slot*size : (slot+1)*size]
	}
	return c, nil
}
