// Package elgamal encrypts group elements, and small integers as v·g, under a
// key whose secret nobody or a set of trustees holds: (A, B) =
// (r·g, m + r·pk), SPEC.md §5.1.
//
// Ciphertexts can be added, which adds what is in them, and rerandomized.
// They are malleable: whoever accepts one from somebody else demands a proof
// of its randomness (package sigma) beside it.
//
// A ciphertext with A the identity is its own plaintext. It is a valid
// encoding and a valid sum, but nobody may cast it and nobody should decrypt
// it: see [Ciphertext.IsTrivial] and [ErrTrivial].
package elgamal

import (
	"errors"
	"fmt"

	"mandate/crypto/group"
)

// Size is the length in bytes of an encoded ciphertext, A ‖ B.
const Size = 2 * group.ElementSize

var (
	// ErrTrivial: A is the identity, so the ciphertext hides nothing.
	ErrTrivial = errors.New("trivial ciphertext")
	// ErrKey: the public key is the identity, so encryption would hide nothing.
	ErrKey = errors.New("public key is the identity")
	// ErrSize: an encoded ciphertext is not 64 bytes.
	ErrSize = errors.New("wrong size of ciphertext")
)

// A Ciphertext is an encryption of B − x·A for the secret key x.
type Ciphertext struct{ A, B group.Element }

// Decode decodes 64 bytes A ‖ B. Errors are [ErrSize] and
// [group.ErrElement].
func Decode(b []byte) (Ciphertext, error) {
	if len(b) != Size {
		return Ciphertext{}, fmt.Errorf("%w: %d bytes instead of %d", ErrSize, len(b), Size)
	}
	A, err := group.DecodeElement(b[:group.ElementSize])
	if err != nil {
		return Ciphertext{}, fmt.Errorf("first half of ciphertext: %w", err)
	}
	B, err := group.DecodeElement(b[group.ElementSize:])
	if err != nil {
		return Ciphertext{}, fmt.Errorf("second half of ciphertext: %w", err)
	}
	return Ciphertext{A, B}, nil
}

// Append appends the encoding A ‖ B to b.
func (c Ciphertext) Append(b []byte) []byte { return c.B.Append(c.A.Append(b)) }

// Bytes returns the encoding A ‖ B.
func (c Ciphertext) Bytes() []byte { return c.Append(make([]byte, 0, Size)) }

// Encoded returns the same ciphertext with its encoding remembered; see
// [group.Element.Encoded].
func (c Ciphertext) Encoded() Ciphertext { return Ciphertext{c.A.Encoded(), c.B.Encoded()} }

// Equal reports whether both halves are equal.
func (c Ciphertext) Equal(d Ciphertext) bool { return c.A.Equal(d.A) && c.B.Equal(d.B) }

// IsTrivial reports whether A is the identity.
func (c Ciphertext) IsTrivial() bool { return c.A.IsIdentity() }

// Add returns an encryption of the sum of what c and d encrypt. The zero
// Ciphertext is the sum of none.
func (c Ciphertext) Add(d Ciphertext) Ciphertext {
	return Ciphertext{c.A.Add(d.A), c.B.Add(d.B)}
}

// Sub returns an encryption of the difference of what c and d encrypt.
func (c Ciphertext) Sub(d Ciphertext) Ciphertext {
	return Ciphertext{c.A.Sub(d.A), c.B.Sub(d.B)}
}

// Sum returns the sum of the ciphertexts.
func Sum(cs []Ciphertext) Ciphertext {
	var sum Ciphertext
	for i := range cs {
		sum = sum.Add(cs[i])
	}
	return sum
}

// Encrypt returns (r·g, m + r·pk). The randomness r is fresh and uniform, from
// [group.RandomScalar], or derived so by the caller; 0 is refused with
// [ErrTrivial]. For many encryptions under one key use a [Key].
func Encrypt(pk, m group.Element, r group.Scalar) (Ciphertext, error) {
	return encrypt(pk, pk.Mul, m, r)
}

// EncryptInteger returns (r·g, v·g + r·pk), an encryption of v that adds up.
func EncryptInteger(pk group.Element, v uint64, r group.Scalar) (Ciphertext, error) {
	return Encrypt(pk, group.BaseMul(group.ScalarFromUint64(v)), r)
}

// Rerandomize returns another encryption of what c encrypts, c + (r·g, r·pk).
func Rerandomize(pk group.Element, c Ciphertext, r group.Scalar) (Ciphertext, error) {
	z, err := Encrypt(pk, group.Element{}, r)
	if err != nil {
		return Ciphertext{}, err
	}
	return c.Add(z), nil
}

func encrypt(pk group.Element, mul func(group.Scalar) group.Element, m group.Element, r group.Scalar) (Ciphertext, error) {
	if pk.IsIdentity() {
		return Ciphertext{}, fmt.Errorf("encrypting: %w", ErrKey)
	}
	if r.IsZero() {
		return Ciphertext{}, fmt.Errorf("encrypting with randomness 0: %w", ErrTrivial)
	}
	return Ciphertext{group.BaseMul(r), m.Add(mul(r))}, nil
}

// A Key is a public key prepared for many encryptions. It is safe for
// concurrent use.
type Key struct {
	pk    group.Element
	table *group.Table
}

// NewKey prepares pk. The identity is refused with [ErrKey].
func NewKey(pk group.Element) (*Key, error) {
	if pk.IsIdentity() {
		return nil, ErrKey
	}
	return &Key{pk.Encoded(), group.NewTable(pk)}, nil
}

// Element returns pk.
func (k *Key) Element() group.Element { return k.pk }

// Encrypt is the function [Encrypt] under the key.
func (k *Key) Encrypt(m group.Element, r group.Scalar) (Ciphertext, error) {
	return encrypt(k.pk, k.table.Mul, m, r)
}

// EncryptInteger is the function [EncryptInteger] under the key.
func (k *Key) EncryptInteger(v uint64, r group.Scalar) (Ciphertext, error) {
	return k.Encrypt(group.BaseMul(group.ScalarFromUint64(v)), r)
}

// Rerandomize is the function [Rerandomize] under the key.
func (k *Key) Rerandomize(c Ciphertext, r group.Scalar) (Ciphertext, error) {
	z, err := k.Encrypt(group.Element{}, r)
	if err != nil {
		return Ciphertext{}, err
	}
	return c.Add(z), nil
}

// Decrypt returns B − x·A for the secret key x. A trivial ciphertext is
// refused with [ErrTrivial].
func Decrypt(x group.Scalar, c Ciphertext) (group.Element, error) {
	if c.IsTrivial() {
		return group.Element{}, fmt.Errorf("decrypting: %w", ErrTrivial)
	}
	return c.B.Sub(c.A.Mul(x)), nil
}
