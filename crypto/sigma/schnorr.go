package sigma

import (
	"encoding/hex"
	"fmt"
	"io"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// SignatureSize is the length in bytes of a signature, T ‖ z.
const SignatureSize = 64

// schnorr is knowledge of the logarithm of X (SPEC.md §4.3).
var schnorr = func() *Relation {
	b := NewBuilder("schnorr")
	X := b.Element("X")
	return mustBuild(b, b.Linear("x", 1, Equation{X, []Term{{0, b.Generator()}}}))
}()

func mustBuild(b *Builder, root Node) *Relation {
	r, err := b.Build(root)
	if err != nil {
		panic(err)
	}
	return r
}

// A PublicKey verifies signatures. The zero value is no key and verifies
// nothing.
type PublicKey struct{ e group.Element }

// DecodePublicKey decodes 32 bytes. The identity is refused with
// [ErrIdentity], anything that is no element with [group.ErrElement].
func DecodePublicKey(b []byte) (PublicKey, error) {
	e, err := group.DecodeElement(b)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	return NewPublicKey(e)
}

// NewPublicKey returns the key X, which must not be the identity.
func NewPublicKey(X group.Element) (PublicKey, error) {
	if X.IsIdentity() {
		return PublicKey{}, fmt.Errorf("public key: %w", ErrIdentity)
	}
	return PublicKey{X.Encoded()}, nil
}

// Element returns X.
func (pk PublicKey) Element() group.Element { return pk.e }

// Encoding returns the encoding of X.
func (pk PublicKey) Encoding() [group.ElementSize]byte { return pk.e.Encoding() }

// Bytes returns the encoding of X as a new slice.
func (pk PublicKey) Bytes() []byte { return pk.e.Bytes() }

// Equal reports whether the keys are the same.
func (pk PublicKey) Equal(other PublicKey) bool { return pk.e.Equal(other.e) }

// String returns the encoding of X in hexadecimal.
func (pk PublicKey) String() string {
	enc := pk.Encoding()
	return hex.EncodeToString(enc[:])
}

// A SecretKey signs. It prints as REDACTED.
type SecretKey struct {
	x  group.Scalar
	pk PublicKey
}

// GenerateKey returns a new key made from 64 bytes of rand, which outside
// tests is crypto/rand.Reader.
func GenerateKey(rand io.Reader) (SecretKey, error) {
	x, err := group.RandomScalar(rand)
	if err != nil {
		return SecretKey{}, fmt.Errorf("generating a key: %w", err)
	}
	return NewSecretKey(x)
}

// NewSecretKey returns the key x, which must not be 0.
func NewSecretKey(x group.Scalar) (SecretKey, error) {
	pk, err := NewPublicKey(group.BaseMul(x))
	if err != nil {
		return SecretKey{}, err
	}
	return SecretKey{x, pk}, nil
}

// DecodeSecretKey decodes the 32 bytes that Bytes returns.
func DecodeSecretKey(b []byte) (SecretKey, error) {
	x, err := group.DecodeScalar(b)
	if err != nil {
		return SecretKey{}, fmt.Errorf("secret key: %w", err)
	}
	return NewSecretKey(x)
}

// Public returns the public key X = x·g.
func (sk SecretKey) Public() PublicKey { return sk.pk }

// Scalar returns x.
func (sk SecretKey) Scalar() group.Scalar { return sk.x }

// Bytes returns the encoding of x, which is secret.
func (sk SecretKey) Bytes() []byte { return sk.x.Bytes() }

// String returns a fixed text.
func (sk SecretKey) String() string { return "sigma.SecretKey(REDACTED)" }

// GoString returns a fixed text.
func (sk SecretKey) GoString() string { return sk.String() }

// Format prints a fixed text whatever the verb.
func (sk SecretKey) Format(f fmt.State, _ rune) { io.WriteString(f, sk.String()) }

// MarshalText returns a fixed text.
func (sk SecretKey) MarshalText() ([]byte, error) { return []byte(sk.String()), nil }

// MarshalJSON returns a fixed text.
func (sk SecretKey) MarshalJSON() ([]byte, error) { return []byte(`"` + sk.String() + `"`), nil }

// Sign returns a signature over the transcript, which is left as it was. The
// nonce is derived from 32 bytes of rand, the key and the transcript.
func Sign(t *transcript.Transcript, sk SecretKey, rand io.Reader) ([]byte, error) {
	if sk.pk.e.IsIdentity() {
		return nil, fmt.Errorf("signing with the zero key: %w", ErrIdentity)
	}
	w := Witness{Leaves: [][]group.Scalar{{sk.x}}}
	return schnorr.Prove(t, []group.Element{sk.pk.e}, w, rand)
}

// VerifySchnorr returns nil if sig is a signature by pk over the transcript.
func VerifySchnorr(t *transcript.Transcript, pk PublicKey, sig []byte) error {
	if pk.e.IsIdentity() {
		return fmt.Errorf("public key: %w", ErrIdentity)
	}
	return schnorr.Verify(t, []group.Element{pk.e}, sig)
}

// AddSchnorr adds a signature to the batch; see [Batch.Add].
func (b *Batch) AddSchnorr(t *transcript.Transcript, pk PublicKey, sig []byte) error {
	if pk.e.IsIdentity() {
		b.added++
		return fmt.Errorf("public key: %w", ErrIdentity)
	}
	return b.Add(schnorr, t, []group.Element{pk.e}, sig)
}
