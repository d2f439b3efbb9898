package sigma

import (
	"crypto/rand"
	"math/big"
	"slices"
	"testing"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// J11: the cases on which verifiers of Ed25519 disagree (Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020) have one
// answer here, alone and in a batch: refused. ristretto255 has no small-order elements and one encoding for each element.
func TestJ11_NoTwoVerifiersDisagree(t *testing.T) {
	sk, err := GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	message := transcript.New("test")
	message.AppendString("message", "taming")
	good, err := Sign(message, sk, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	add := func(b []byte, n *big.Int) []byte {
		le := slices.Clone(b)
		slices.Reverse(le)
		sum := new(big.Int).Add(new(big.Int).SetBytes(le), n).FillBytes(make([]byte, 32))
		slices.Reverse(sum)
		return sum
	}
	tooLarge := slices.Repeat([]byte{0xff}, 32)
	smallOrder := append([]byte{0xec}, slices.Repeat([]byte{0xff}, 30)...)
	smallOrder = append(smallOrder, 0x7f) // the point of order 2 of edwards25519
	identity := make([]byte, 32)
	for name, sig := range map[string][]byte{
		"S ≥ ℓ":            slices.Concat(good[:32], add(good[32:], order)),
		"S = 2^256 − 1":    slices.Concat(good[:32], tooLarge),
		"R not canonical":  slices.Concat(tooLarge, good[32:]),
		"R of small order": slices.Concat(smallOrder, good[32:]),
		"R the identity":   slices.Concat(identity, good[32:]),
		"R and S zero":     make([]byte, 64),
		"sign bit set":     slices.Concat(append(slices.Clone(good[:31]), good[31]|0x80), good[32:]),
		"a byte more":      append(slices.Clone(good), 0),
		"a byte less":      good[:63],
	} {
		alone := VerifySchnorr(message, sk.Public(), sig)
		b := NewBatch(rand.Reader)
		batched := b.AddSchnorr(message, sk.Public(), sig)
		if batched == nil {
			batched = b.Verify()
		}
		if alone == nil || batched == nil {
			t.Errorf("%s: alone %v, in a batch %v", name, alone, batched)
		}
	}
	for name, key := range map[string][]byte{"identity": identity, "small order": smallOrder, "not canonical": tooLarge} {
		if _, err := DecodePublicKey(key); err == nil {
			t.Errorf("a public key that is %s was taken", name)
		}
	}
	if _, err := NewPublicKey(group.Element{}); err == nil {
		t.Error("the identity was taken for a public key")
	}
}
