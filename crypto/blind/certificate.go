package blind

import (
	"errors"
	"fmt"

	"filippo.io/bigmod"

	"mandate/crypto/transcript"
)

const (
	// CertificateRoots is the number of e-th roots in a [Certificate].
	CertificateRoots = 8

	// CertificateSize is the number of bytes of a [Certificate].
	CertificateSize = CertificateRoots * Size

	certificateLabel = "mandate/v1 key certificate" // SPEC.md §6.2

	// challengeBlocks transcript sums of 64 bytes make a value 512 bits longer than N,
	// so that its residue is uniform but for 2^−512.
	challengeBlocks = 5
)

// ErrCertificate reports a certificate that does not hold for the key and context.
var ErrCertificate = errors.New("key certificate does not hold")

// A Certificate shows that raising to the power 65537 permutes the units modulo N, so
// that requests blinded for the key reveal nothing. It is σ_0 ‖ … ‖ σ_7, each 256 bytes
// big-endian.
type Certificate [CertificateSize]byte

// ParseCertificate reads 2,048 bytes. It does not check what they say.
func ParseCertificate(b []byte) (Certificate, error) {
	if len(b) != CertificateSize {
		return Certificate{}, fmt.Errorf("key certificate: %d bytes, want %d", len(b), CertificateSize)
	}
	return Certificate(b), nil
}

// challenges returns ρ_0..ρ_7 in [0, N−1], as the package comment says.
func (pk *PublicKey) challenges(context []byte) (rho [CertificateRoots]*bigmod.Nat, err error) {
	t := transcript.New(certificateLabel)
	t.AppendBytes("modulus", pk.modulus)
	t.AppendBytes("context", context)
	product := bigmod.NewNat().SetUint(1).ExpandFor(pk.n)
	for k := range rho {
		var wide [challengeBlocks * 64]byte
		for b := range challengeBlocks {
			u := t.Clone()
			u.AppendUint64("root", uint64(k))
			u.AppendUint64("block", uint64(b))
			sum := u.Sum("challenge")
			copy(wide[64*b:], sum[:])
		}
		reduced := pk.varTime.reduce(wide[:], len(pk.modulus))
		if rho[k], err = bigmod.NewNat().SetBytes(reduced, pk.n); err != nil {
			return rho, fmt.Errorf("key certificate: %w", err)
		}
		product.Mul(rho[k], pk.n)
	}
	// Only among units is the share of e-th powers at most 1/e.
	if !pk.varTime.coprime(product.Bytes(pk.n)) {
		return rho, fmt.Errorf("%w: a challenge shares a factor with the modulus", ErrCertificate)
	}
	return rho, nil
}

// CertifyWith makes the certificate of a key whose private power is computed somewhere else,
// such as in a security module: root returns the e-th root, modulo N, of 256 bytes. The
// certificate is checked before it is returned.
func (pk *PublicKey) CertifyWith(context []byte, root func(c []byte) ([]byte, error)) (Certificate, error) {
	var c Certificate
	rho, err := pk.challenges(context)
	if err != nil {
		return Certificate{}, err
	}
	for k, x := range rho {
		sigma, err := root(x.Bytes(pk.n))
		if err != nil {
			return Certificate{}, fmt.Errorf("certifying a key, root %d: %w", k, err)
		}
		if len(sigma) != Size {
			return Certificate{}, fmt.Errorf("certifying a key, root %d: %d bytes, want %d", k, len(sigma), Size)
		}
		copy(c[k*Size:], sigma)
	}
	if err := pk.CheckCertificate(context, c); err != nil {
		return Certificate{}, fmt.Errorf("certifying a key: %w", err)
	}
	return c, nil
}

// CheckCertificate checks that each σ_k is below N and that σ_k^65537 = ρ_k. A key that
// passes, for a modulus that [ParsePublicKey] accepted, is safe to blind for. It returns
// [ErrCertificate], wrapped, if the certificate does not hold.
func (pk *PublicKey) CheckCertificate(context []byte, c Certificate) error {
	rho, err := pk.challenges(context)
	if err != nil {
		return err
	}
	for k, x := range rho {
		sigma, err := bigmod.NewNat().SetBytes(c[k*Size:(k+1)*Size], pk.n)
		if err != nil {
			return fmt.Errorf("%w: root %d is not below the modulus", ErrCertificate, k)
		}
		if pk.power(sigma).Equal(x) != 1 {
			return fmt.Errorf("%w: root %d", ErrCertificate, k)
		}
	}
	return nil
}
