package mixnet

import (
	"errors"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// Bytes that are no whole number of ciphertexts are none, and are not cut.
func TestD7_CiphertextsAreWhole(t *testing.T) {
	in, _ := ballots(group.BaseMul(random()), 2, 1)
	b := in[1].Append(in[0].Append(nil))
	if cs, err := DecodeCiphertexts(b); err != nil || len(cs) != 2 {
		t.Fatalf("%d, %v", len(cs), err)
	}
	for _, n := range []int{1, elgamal.Size - 1, elgamal.Size + 1, 2*elgamal.Size - 1} {
		if _, err := DecodeCiphertexts(b[:n]); !errors.Is(err, ErrSize) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
