package blindtest_test

import (
	"bytes"
	"testing"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

func TestKeysAreDistinctAndSign(t *testing.T) {
	seen := make(map[string]int)
	for i := range blindtest.Keys {
		sk := blindtest.Key(t, i)
		if j, dup := seen[string(sk.Public().Modulus())]; dup {
			t.Errorf("keys %d and %d are the same", i, j)
		}
		seen[string(sk.Public().Modulus())] = i
		pk, err := blind.ParsePublicKey(sk.Public().Modulus())
		if err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		req, blinded, err := blind.NewRequest(pk, []byte("message"), &[32]byte{1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := sk.BlindSign(blinded)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := req.Finalize(answer); err != nil {
			t.Errorf("key %d: %v", i, err)
		}
	}
}

func TestNotAPermutationIsOtherwiseWellFormed(t *testing.T) {
	modulus, p, q := blindtest.NotAPermutation(t)
	pk, err := blind.ParsePublicKey(modulus)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pk.Modulus(), modulus) || !p.ProbablyPrime(20) || !q.ProbablyPrime(20) {
		t.Error("not a product of two primes")
	}
	if err := pk.CheckCertificate(nil, blind.Certificate{}); err == nil {
		t.Error("an empty certificate passes")
	}
}
