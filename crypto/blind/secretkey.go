//go:build !voting

package blind

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// maxDER bounds what ParseSecretKey looks at; a 2048-bit key takes about 1,220.
const maxDER = 1300

// ErrFault reports that a private power did not pass the check of its result. The
// result is withheld, because it could reveal the key; the machine is not to be
// trusted with it.
var ErrFault = errors.New("the private power failed its check")

// A SecretKey signs for one round and slot. It prints as REDACTED, and is safe for
// concurrent use.
type SecretKey struct {
	redacted
	pub    *PublicKey
	der    []byte          // PKCS #8
	p, q   *bigmod.Modulus // N = p·q
	dP, dQ []byte          // e⁻¹ modulo p−1 and q−1, each as long as its prime
	qInv   *bigmod.Nat     // q⁻¹ mod p
	qModN  *bigmod.Nat     // q, as long as N
}

// GenerateKey makes a key. Like [crypto/rsa.GenerateKey], to which it hands random, it
// draws from the system's secure source whatever random is; callers pass
// crypto/rand.Reader.
func GenerateKey(random io.Reader) (*SecretKey, error) {
	k, err := rsa.GenerateKey(random, 8*Size)
	if err != nil {
		return nil, fmt.Errorf("generating an RSA key: %w", err)
	}
	return newSecretKey(k)
}

// ParseSecretKey reads the form that [SecretKey.Marshal] writes, and that form only. It
// refuses any key but one of two 1024-bit primes, a 2048-bit modulus and e = 65537,
// and one whose parts do not belong together.
func ParseSecretKey(der []byte) (*SecretKey, error) {
	if len(der) > maxDER {
		return nil, fmt.Errorf("secret key: %d bytes, want at most %d", len(der), maxDER)
	}
	parsed, err := parsePKCS8(der)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	k, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("secret key: not an RSA key")
	}
	if k.E != exponent {
		return nil, fmt.Errorf("secret key: exponent %d, want %d", k.E, exponent)
	}
	if k.N.BitLen() != 8*Size || len(k.Primes) != 2 ||
		k.Primes[0].BitLen() != 4*Size || k.Primes[1].BitLen() != 4*Size {
		return nil, errors.New("secret key: not two 1024-bit primes with a 2048-bit product")
	}
	sk, err := newSecretKey(k)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(der, sk.der) {
		return nil, errors.New("secret key: not in canonical form")
	}
	// crypto/x509 checks the numbers against each other, but not that p and q are
	// prime. A damaged file is better noticed now than at the first member.
	if _, err := sk.root(bigmod.NewNat().SetUint(2).ExpandFor(sk.pub.n)); err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return sk, nil
}

func newSecretKey(k *rsa.PrivateKey) (*SecretKey, error) {
	der, err := marshalPKCS8(k) // precomputes and validates
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	sk := &SecretKey{der: der}
	if sk.pub, err = newPublicKey(k.N.Bytes()); err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	if sk.p, err = bigmod.NewModulus(k.Primes[0].Bytes()); err != nil {
		return nil, fmt.Errorf("secret key: p: %w", err)
	}
	if sk.q, err = bigmod.NewModulus(k.Primes[1].Bytes()); err != nil {
		return nil, fmt.Errorf("secret key: q: %w", err)
	}
	// Exponents of fixed length, because bigmod's time depends on it.
	sk.dP = k.Precomputed.Dp.FillBytes(make([]byte, sk.p.Size()))
	sk.dQ = k.Precomputed.Dq.FillBytes(make([]byte, sk.q.Size()))
	qInv := k.Precomputed.Qinv.FillBytes(make([]byte, sk.p.Size()))
	if sk.qInv, err = bigmod.NewNat().SetBytes(qInv, sk.p); err != nil {
		return nil, fmt.Errorf("secret key: CRT coefficient: %w", err)
	}
	sk.qModN = sk.q.Nat().ExpandFor(sk.pub.n)
	return sk, nil
}

// Marshal returns the key as PKCS #8 in DER, in the clear: for a file that is itself
// encrypted.
func (sk *SecretKey) Marshal() []byte { return bytes.Clone(sk.der) }

// Public returns the key to publish.
func (sk *SecretKey) Public() *PublicKey { return sk.pub }

// BlindSign answers a blinded request of 256 bytes, RFC 9474 §4.3, with 256 bytes. The
// request, as an integer, must be below the modulus. BlindSign is deterministic and
// keeps no state; to answer each roll entry once is the caller's business. It takes
// the same time for every key and request. [ErrFault] means that a computing fault
// happened and nothing was released.
func (sk *SecretKey) BlindSign(blinded []byte) ([]byte, error) {
	if len(blinded) != len(sk.pub.modulus) {
		return nil, fmt.Errorf("blinded request: %d bytes, want %d", len(blinded), len(sk.pub.modulus))
	}
	m, err := bigmod.NewNat().SetBytes(blinded, sk.pub.n)
	if err != nil {
		return nil, errors.New("blinded request: not below the modulus")
	}
	s, err := sk.root(m)
	if err != nil {
		return nil, fmt.Errorf("signing a blinded request: %w", err)
	}
	return s.Bytes(sk.pub.n), nil
}

// root returns the e-th root of c modulo N: RSASP1 of RFC 8017 §5.2.1, step 2.b, in
// constant time, checked against c before it is returned.
func (sk *SecretKey) root(c *bigmod.Nat) (*bigmod.Nat, error) {
	n, p, q := sk.pub.n, sk.p, sk.q
	t := bigmod.NewNat()
	m1 := bigmod.NewNat().Exp(t.Mod(c, p), sk.dP, p)
	m2 := bigmod.NewNat().Exp(t.Mod(c, q), sk.dQ, q)
	m := m1.Sub(t.Mod(m2, p), p).Mul(sk.qInv, p) // h = (m1 − m2)·qInv mod p
	m.ExpandFor(n).Mul(sk.qModN, n)              // q·h
	m.Add(m2.ExpandFor(n), n)                    // m = m2 + q·h
	if sk.pub.power(m).Equal(c) != 1 {
		return nil, ErrFault
	}
	return m, nil
}

// Certify makes the certificate of the key for a context: the bytes that say which
// round, slot and registrar the key is for.
func (sk *SecretKey) Certify(context []byte) (Certificate, error) {
	var c Certificate
	rho, err := sk.pub.challenges(context)
	if err != nil {
		return Certificate{}, err
	}
	for k, x := range rho {
		sigma, err := sk.root(x)
		if err != nil {
			return Certificate{}, fmt.Errorf("certifying a key, root %d: %w", k, err)
		}
		copy(c[k*Size:], sigma.Bytes(sk.pub.n))
	}
	return c, nil
}
