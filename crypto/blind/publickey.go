package blind

import (
	"bytes"
	"errors"
	"fmt"

	"filippo.io/bigmod"
)

const (
	// Size is the number of bytes of a modulus, of a blinded request, of a
	// registrar's answer, and of a signature.
	Size = 256

	// PrefixSize is the number of bytes of a signature's message prefix,
	// RFC 9474 §4.1.
	PrefixSize = 32

	// exponent is e, a prime.
	exponent = 65537
)

// ErrVerification reports a signature that is not one of the message under the
// key.
var ErrVerification = errors.New("signature does not verify")

// A PublicKey is a registrar's key for one round and slot: a modulus N of exactly
// 2048 bits; the exponent is 65537. It is safe for concurrent use.
type PublicKey struct {
	n       *bigmod.Modulus
	modulus []byte // N, big-endian
	varTime varTimeModulus
}

// ParsePublicKey reads a modulus of 256 bytes, big-endian. It refuses one that
// does not have exactly 2048 bits, is even, or has a prime factor ≤ 65537 (SPEC.md
// §6.1). Whether the key is safe to blind for, only [PublicKey.CheckCertificate] can
// say.
func ParsePublicKey(modulus []byte) (*PublicKey, error) {
	if len(modulus) != Size {
		return nil, fmt.Errorf("modulus: %d bytes, want %d", len(modulus), Size)
	}
	if modulus[0]&0x80 == 0 {
		return nil, errors.New("modulus: fewer than 2048 bits")
	}
	if modulus[Size-1]&1 == 0 {
		return nil, errors.New("modulus: even")
	}
	pk, err := newPublicKey(modulus)
	if err != nil {
		return nil, err
	}
	if pk.varTime.hasSmallFactor() {
		return nil, fmt.Errorf("modulus: has a prime factor ≤ %d", exponent)
	}
	return pk, nil
}

// newPublicKey does not look at the modulus beyond that it is odd and > 1.
func newPublicKey(modulus []byte) (*PublicKey, error) {
	n, err := bigmod.NewModulus(modulus)
	if err != nil {
		return nil, fmt.Errorf("modulus: %w", err)
	}
	return &PublicKey{n, bytes.Clone(modulus), newVarTimeModulus(modulus)}, nil
}

// Modulus returns N as 256 bytes, big-endian.
func (pk *PublicKey) Modulus() []byte { return bytes.Clone(pk.modulus) }

// Equal reports whether both keys have the same modulus.
func (pk *PublicKey) Equal(other *PublicKey) bool {
	return bytes.Equal(pk.modulus, other.modulus)
}

// Verify checks a 256-byte signature of msg with a 32-byte prefix: RSASSA-PSS-VERIFY
// of RFC 8017 §8.1.2 over prefix ‖ msg with SHA-384 and a salt of exactly 48 bytes,
// as RFC 9474 §4.5 has it. A signature that as an integer is not below N is
// refused, so that each has one encoding.
//
// It gives the answers of [crypto/rsa.VerifyPSS], which parses the modulus for every
// signature; here this is done once for the key.
func (pk *PublicKey) Verify(msg, prefix, sig []byte) error {
	if len(prefix) != PrefixSize {
		return fmt.Errorf("prefix: %d bytes, want %d", len(prefix), PrefixSize)
	}
	mHash := messageHash(prefix, msg)
	return pk.verifyHash(&mHash, sig)
}

// verifyHash takes public values, and its time depends on them.
func (pk *PublicKey) verifyHash(mHash *[hLen]byte, sig []byte) error {
	if len(sig) != len(pk.modulus) {
		return fmt.Errorf("signature: %d bytes, want %d", len(sig), len(pk.modulus))
	}
	s, err := bigmod.NewNat().SetBytes(sig, pk.n)
	if err != nil {
		return fmt.Errorf("signature: not below the modulus: %w", ErrVerification)
	}
	em := pk.power(s).Bytes(pk.n)
	if !verifyPSS(mHash, em) {
		return ErrVerification
	}
	return nil
}

// power returns x^e mod N: RSAVP1 of RFC 8017 §5.2.2. It does not depend on x in
// time.
func (pk *PublicKey) power(x *bigmod.Nat) *bigmod.Nat {
	return bigmod.NewNat().ExpShortVarTime(x, exponent, pk.n)
}
