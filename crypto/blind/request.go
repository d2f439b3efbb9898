package blind

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha512"
	"errors"
	"fmt"

	"filippo.io/bigmod"

	"mandate/crypto/transcript"
)

// requestLabel names the derivation of a request's randomness, SPEC.md §6.3.
const requestLabel = "mandate/v1 blind request"

// ErrSharedFactor reports that a random value has a factor in common with the modulus.
// It does not happen with an honest key: the key is malformed, and must not be used.
var ErrSharedFactor = errors.New("a blinding value shares a factor with the modulus")

// A Signature is a registrar's signature of the message Prefix ‖ msg.
type Signature struct {
	Prefix [PrefixSize]byte
	Sig    [Size]byte
}

// A Request is what a member's client keeps between the blinded request and the
// registrar's answer. Whoever learns it can link the two to the signature, so it
// prints as REDACTED. It need not be stored: [NewRequest] makes it again.
type Request struct {
	redacted
	pk      *PublicKey
	msg     []byte
	prefix  [PrefixSize]byte
	inverse *bigmod.Nat // r⁻¹ mod N
}

// NewRequest blinds msg for pk, RFC 9474 §§4.1 and 4.2, and returns the 256 bytes to
// send. The key's certificate must have been checked. Everything random derives from
// the seed, as the package comment says, so the same arguments give the same request.
// The seed is uniformly random or derived from a secret that is, is known to no
// registrar, and serves one credential and one registrar; info names what for. A seed
// of zeros is refused, since it is one that somebody forgot to fill in.
func NewRequest(pk *PublicKey, msg []byte, seed *[32]byte, info []byte) (*Request, []byte, error) {
	if *seed == [32]byte{} {
		return nil, nil, errors.New("seed: all zeros")
	}
	d, err := newDerivation(pk, msg, seed, info)
	if err != nil {
		return nil, nil, err
	}
	req := &Request{pk: pk, msg: bytes.Clone(msg)}
	var salt [sLen]byte
	if err := d.expand(req.prefix[:], "prefix"); err != nil {
		return nil, nil, err
	}
	if err := d.expand(salt[:], "salt"); err != nil {
		return nil, nil, err
	}
	r, err := d.sample(pk, "blind")
	if err != nil {
		return nil, nil, err
	}
	mask, err := d.sample(pk, "mask")
	if err != nil {
		return nil, nil, err
	}
	blinded, err := pk.blind(req.msg, req.prefix[:], &salt, r)
	if err != nil {
		return nil, nil, err
	}
	if req.inverse, err = pk.invert(r, mask); err != nil {
		return nil, nil, err
	}
	return req, blinded, nil
}

// blind is Blind of RFC 9474 §4.2 with the given salt and r in [1, N−1]. The letters are
// the RFC's.
func (pk *PublicKey) blind(msg, prefix []byte, salt *[sLen]byte, r *bigmod.Nat) ([]byte, error) {
	mHash := messageHash(prefix, msg)
	em := encodePSS(&mHash, salt, len(pk.modulus))
	m, err := bigmod.NewNat().SetBytes(em, pk.n)
	if err != nil {
		return nil, fmt.Errorf("encoding the message: %w", err) // not with N > 2^2047
	}
	z := pk.power(r).Mul(m, pk.n).Bytes(pk.n)
	// Step 4, gcd(m, N) = 1, and that r is a unit, on the one value that is no secret:
	// z is a unit if and only if both are.
	if !pk.varTime.coprime(z) {
		return nil, ErrSharedFactor
	}
	return z, nil
}

// invert returns r⁻¹ mod N. The inversion itself is not constant in time, so it is given
// r·mask, which for a uniform secret mask is uniform whatever r is.
func (pk *PublicKey) invert(r, mask *bigmod.Nat) (*bigmod.Nat, error) {
	masked, err := bigmod.NewNat().SetBytes(r.Bytes(pk.n), pk.n) // a copy
	if err != nil {
		return nil, fmt.Errorf("inverting a blinding value: %w", err)
	}
	masked.Mul(mask, pk.n)
	inverse, ok := pk.varTime.inverse(masked.Bytes(pk.n), len(pk.modulus))
	if !ok {
		return nil, ErrSharedFactor
	}
	x, err := masked.SetBytes(inverse, pk.n)
	if err != nil {
		return nil, fmt.Errorf("inverting a blinding value: %w", err)
	}
	return x.Mul(mask, pk.n), nil
}

// Finalize unblinds the registrar's answer of 256 bytes and verifies the signature, RFC
// 9474 §4.4. [ErrVerification] means that the registrar did not sign this request.
func (req *Request) Finalize(blindSig []byte) (Signature, error) {
	out, err := req.finalize(blindSig)
	if err != nil {
		return Signature{}, err
	}
	return Signature{req.prefix, [Size]byte(out)}, nil
}

func (req *Request) finalize(blindSig []byte) ([]byte, error) {
	pk := req.pk
	if len(blindSig) != len(pk.modulus) {
		return nil, fmt.Errorf("blind signature: %d bytes, want %d", len(blindSig), len(pk.modulus))
	}
	z, err := bigmod.NewNat().SetBytes(blindSig, pk.n)
	if err != nil {
		return nil, fmt.Errorf("blind signature: not below the modulus: %w", ErrVerification)
	}
	sig := z.Mul(req.inverse, pk.n).Bytes(pk.n)
	if err := pk.Verify(req.msg, req.prefix[:], sig); err != nil {
		return nil, fmt.Errorf("finalizing a blind signature: %w", err)
	}
	return sig, nil
}

// A derivation expands a seed into the randomness of one request.
type derivation struct {
	prk     []byte
	context [64]byte // D of the package comment
}

func newDerivation(pk *PublicKey, msg []byte, seed *[32]byte, info []byte) (*derivation, error) {
	prk, err := hkdf.Extract(sha512.New, seed[:], []byte(requestLabel))
	if err != nil {
		return nil, fmt.Errorf("deriving a request: %w", err)
	}
	t := transcript.New(requestLabel)
	t.AppendBytes("modulus", pk.modulus)
	t.AppendBytes("message", msg)
	t.AppendBytes("info", info)
	return &derivation{prk, t.Sum("context")}, nil
}

// expand fills out with HKDF-Expand(PRK, purpose ‖ D).
func (d *derivation) expand(out []byte, purpose string) error {
	okm, err := hkdf.Expand(sha512.New, d.prk, purpose+string(d.context[:]), len(out))
	if err != nil {
		return fmt.Errorf("deriving a request's %s: %w", purpose, err)
	}
	copy(out, okm)
	return nil
}

// sample returns a uniform integer in [1, N−1] by rejection: the first of up to 256
// candidates in that range. Since N > 2^2047, each is with probability above 1/2.
func (d *derivation) sample(pk *PublicKey, purpose string) (*bigmod.Nat, error) {
	candidate := make([]byte, len(pk.modulus))
	for i := range 256 {
		if err := d.expand(candidate, purpose+string([]byte{byte(i)})); err != nil {
			return nil, err
		}
		x, err := bigmod.NewNat().SetBytes(candidate, pk.n)
		if err != nil || x.IsZero() == 1 {
			continue // says something of the rejected candidate only
		}
		return x, nil
	}
	return nil, fmt.Errorf("deriving a request's %s: no candidate below the modulus", purpose)
}
