package blind_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"errors"
	"math/big"
	"slices"
	"testing"

	"mandate/crypto/blind/blindtest"
)

// What SignWith makes, crypto/rsa verifies; a root that is none is refused.
func TestSignWith(t *testing.T) {
	sk := blindtest.Key(t, 0)
	pk, msg := sk.Public(), []byte("a message")
	first, err := pk.SignWith(msg, sk.BlindSign)
	if err != nil {
		t.Fatal(err)
	}
	second, err := pk.SignWith(msg, sk.BlindSign)
	if err != nil || first.Prefix == second.Prefix || first.Sig == second.Sig {
		t.Errorf("signed twice: the same prefix or signature, %v", err)
	}
	digest := sha512.Sum384(slices.Concat(first.Prefix[:], msg))
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(pk.Modulus()), E: 65537}
	if err := rsa.VerifyPSS(key, crypto.SHA384, digest[:], first.Sig[:], &rsa.PSSOptions{SaltLength: 48}); err != nil {
		t.Error(err)
	}
	broken := errors.New("broken")
	for name, root := range map[string]func([]byte) ([]byte, error){
		"none":  func(c []byte) ([]byte, error) { return c, nil },
		"short": func(c []byte) ([]byte, error) { return c[1:], nil },
		"fails": func([]byte) ([]byte, error) { return nil, broken },
	} {
		if _, err := pk.SignWith(msg, root); err == nil || name == "fails" && !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
