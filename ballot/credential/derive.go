package credential

import (
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// Labels of the derivations of SPEC.md §10.1.
const (
	keyLabel   = "mandate/v1 credential"
	blindLabel = "mandate/v1 blind"
)

// derive is HKDF-SHA512 with the secret as input, the round's id as salt, and the label with the numbers as info.
func (s Secret) derive(round record.ID, size int, label string, numbers ...uint64) ([]byte, error) {
	info := []byte(label)
	for _, n := range numbers {
		info = binary.BigEndian.AppendUint64(info, n)
	}
	b, err := hkdf.Key(sha512.New, s[:], round[:], string(info), size)
	if err != nil {
		return nil, fmt.Errorf("deriving %q: %w", label, err)
	}
	return b, nil
}

// key returns the credential's key pair x, K = g^x of a slot.
func (s Secret) key(round record.ID, slot uint64) (sigma.SecretKey, error) {
	b, err := s.derive(round, 64, keyLabel, slot)
	if err != nil {
		return sigma.SecretKey{}, err
	}
	defer clear(b)
	return sigma.NewSecretKey(group.ScalarFromUniformBytes([64]byte(b)))
}

// blindSeed returns the seed of the blind request of a slot to a registrar.
func (s Secret) blindSeed(round record.ID, slot, registrar uint64) (seed [32]byte, err error) {
	b, err := s.derive(round, 32, blindLabel, slot, registrar)
	if err != nil {
		return seed, err
	}
	defer clear(b)
	return [32]byte(b), nil
}

// Message returns what every registrar signs blindly for the credential key of a slot: 64 bytes.
func Message(round record.ID, slot uint64, key record.Key) [64]byte {
	t := transcript.New("mandate/v1 credential")
	t.AppendBytes("round", round[:])
	t.AppendUint64("slot", slot)
	t.AppendBytes("key", key[:])
	return t.Sum("credential")
}

// KeyContext returns the context of the certificate of a registrar's key for a slot (SPEC.md §9.4).
func KeyContext(round record.ID, slot, registrar uint64) [32]byte {
	t := transcript.New("mandate/v1 slot key")
	t.AppendBytes("round", round[:])
	t.AppendUint64("slot", slot)
	t.AppendUint64("registrar", registrar)
	return t.ID("context")
}

// CheckSlotKey returns the key that a slot-key record publishes. It is an error if the modulus is not one that is allowed, or if the
// certificate does not hold for this round, slot and registrar; nothing may be blinded for such a key.
func CheckSlotKey(round record.ID, b *record.SlotKey) (*blind.PublicKey, error) {
	pk, err := blind.ParsePublicKey(b.Modulus[:])
	if err != nil {
		return nil, fmt.Errorf("registrar %d, slot %d: %w", b.Registrar, b.Slot, err)
	}
	context := KeyContext(round, b.Slot, b.Registrar)
	if err := pk.CheckCertificate(context[:], blind.Certificate(b.Roots)); err != nil {
		return nil, fmt.Errorf("registrar %d, slot %d: %w", b.Registrar, b.Slot, err)
	}
	return pk, nil
}
