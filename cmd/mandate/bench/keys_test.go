package bench

import (
	"bytes"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
)

// What a throw-away key signs and certifies is as good as what a registrar's does, to whoever verifies.
func TestThrowAwayKeys(t *testing.T) {
	var keys []*throwAway
	round := record.ID{7}
	for i := range uint64(2) {
		k, err := newThrowAway()
		if err != nil {
			t.Fatal(err)
		}
		if len(k.parts) != primes || k.n.BitLen() != 8*blind.Size {
			t.Errorf("%d primes, %d bits", len(k.parts), k.n.BitLen())
		}
		body, err := k.slotKey(round, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if pk, err := credential.CheckSlotKey(round, body); err != nil || !pk.Equal(k.public) {
			t.Errorf("the certificate: %v", err)
		}
		keys = append(keys, k)
	}
	c, err := credentialOf(round, keys)
	if err != nil {
		t.Fatal(err)
	}
	msg := credential.Message(round, 0, c.Key)
	for i, k := range keys {
		s := c.Signatures[i*record.SignatureBytes : (i+1)*record.SignatureBytes]
		if err := k.public.Verify(msg[:], s[:blind.PrefixSize], s[blind.PrefixSize:]); err != nil {
			t.Errorf("signature %d: %v", i+1, err)
		}
	}
	if _, err := keys[0].root(bytes.Repeat([]byte{0xff}, blind.Size)); err == nil {
		t.Error("a root of more than the modulus")
	}
}

func BenchmarkThrowAwayRoot(b *testing.B) {
	k, err := newThrowAway()
	if err != nil {
		b.Fatal(err)
	}
	c := make([]byte, blind.Size)
	c[100] = 7
	for b.Loop() {
		if _, err := k.root(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCredential(b *testing.B) {
	var keys []*throwAway
	for range registrars {
		k, err := newThrowAway()
		if err != nil {
			b.Fatal(err)
		}
		keys = append(keys, k)
	}
	for b.Loop() {
		if _, err := credentialOf(record.ID{7}, keys); err != nil {
			b.Fatal(err)
		}
	}
}
