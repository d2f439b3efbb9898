package blind

import (
	"crypto/rand"
	"fmt"
)

// SignWith makes a signature of msg that nobody has blinded, with a fresh prefix and salt: RSASSA-PSS-SIGN of RFC 8017
// §8.1.1. The private power is computed somewhere else: root returns the e-th root, modulo N, of 256 bytes. It is for
// who needs many signatures and has nothing to hide, such as a benchmark. The signature is verified before it is
// returned.
func (pk *PublicKey) SignWith(msg []byte, root func(c []byte) ([]byte, error)) (Signature, error) {
	var s Signature
	var salt [sLen]byte
	rand.Read(s.Prefix[:]) // never fails
	rand.Read(salt[:])
	mHash := messageHash(s.Prefix[:], msg)
	sig, err := root(encodePSS(&mHash, &salt, len(pk.modulus)))
	if err != nil {
		return Signature{}, fmt.Errorf("signing: %w", err)
	}
	if err := pk.Verify(msg, s.Prefix[:], sig); err != nil {
		return Signature{}, fmt.Errorf("signing: %w", err)
	}
	s.Sig = [Size]byte(sig)
	return s, nil
}
