package mixnet

import (
	"bytes"
	"crypto/rand"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// A stage that decodes encodes to the same bytes, and no bytes but those of
// the mixer verify.
func FuzzDecodeStage(f *testing.F) {
	pk := group.BaseMul(number(3))
	m := must(NewMix(generators(), pk, 2, 1))
	in := make([]elgamal.Ciphertext, 2)
	for i := range in {
		in[i] = must(elgamal.EncryptInteger(pk, uint64(i), number(uint64(7+i)))).Encoded()
	}
	good := must(m.Shuffle(context(), in, sevens{})).Bytes()
	f.Add(good)
	f.Add(good[1:])
	f.Add([]byte{})
	f.Add(make([]byte, m.StageSize()))
	for at := 0; at < len(good); at += 64 {
		b := bytes.Clone(good)
		b[at] ^= 2
		f.Add(b)
		copy(b[at:at+32], good[:32]) // an element where it does not belong
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		stage, err := m.DecodeStage(b)
		if err != nil {
			return
		}
		if !bytes.Equal(stage.Bytes(), b) {
			t.Fatal("decodes to something else")
		}
		folded, each := m.Verify(context(), in, stage, rand.Reader), m.VerifyEach(context(), in, stage)
		if (folded == nil) != (each == nil) {
			t.Fatalf("folded: %v, each: %v", folded, each)
		}
		if folded == nil && !bytes.Equal(b, good) {
			t.Fatal("a second proof verifies")
		}
	})
}

// A list of ciphertexts that decodes encodes to the same bytes.
func FuzzDecodeCiphertexts(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 64))
	f.Add(make([]byte, 100))
	f.Add(append(group.Generator().Bytes(), group.Generator().Bytes()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		cs, err := DecodeCiphertexts(b)
		if err != nil {
			return
		}
		var again []byte
		for _, c := range cs {
			again = c.Append(again)
		}
		if !bytes.Equal(again, b) {
			t.Fatal("decodes to something else")
		}
	})
}
