package threshold

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"testing"

	"mandate/crypto/group"
)

// sealTo seals any bytes to a trustee, as a dishonest dealer would.
func sealTo(t *testing.T, key [32]byte, info, plaintext []byte) (sealed [SealedSize]byte) {
	t.Helper()
	pub := must(hpke.DHKEM(ecdh.X25519()).NewPublicKey(key[:]))
	b := must(hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, plaintext))
	copy(sealed[:], b)
	return sealed
}

// Whatever is wrong with a share, its dealer is named; a complaint about a
// good share names the complainer; one that shows nothing names nobody.
func TestE5_AdjudicationNamesTheLiar(t *testing.T) {
	const dealer, receiver = 2, 3
	p := parameters(3, 2)
	a := generate(t, p)
	key, info := a.packages[receiver-1].Sealing, p.sealingInfo(dealer, receiver)
	again := p
	again.Attempt++
	right := a.dealers[dealer-1].at(receiver)
	noncanonical := right.Bytes()
	noncanonical[31] |= 0xf0
	damaged := a.sealed[dealer-1][receiver-1]
	damaged[40] ^= 1
	complaint := Complaint{
		Dealer: dealer, Receiver: receiver, Commitments: a.commitments[dealer-1], Sealing: key,
		Opened: a.dealers[receiver-1].Receiver().Reveal(),
	}
	for name, sealed := range map[string][SealedSize]byte{
		"another share":           sealTo(t, key, info, right.Add(group.ScalarFromUint64(1)).Bytes()),
		"another trustee's share": sealTo(t, key, info, a.dealers[dealer-1].at(1).Bytes()),
		"the share of 0":          sealTo(t, key, info, a.dealers[dealer-1].at(0).Bytes()),
		"no scalar":               sealTo(t, key, info, noncanonical),
		"one byte":                sealTo(t, key, info, []byte{1}),
		"sealed as another's":     sealTo(t, key, p.sealingInfo(1, receiver), right.Bytes()),
		"sealed to another":       sealTo(t, a.packages[0].Sealing, info, right.Bytes()),
		"of another attempt":      sealTo(t, key, again.sealingInfo(dealer, receiver), right.Bytes()),
		"damaged":                 damaged,
		"zeros":                   {},
		"meant for another":       a.sealed[dealer-1][0],
	} {
		complaint.Sealed = sealed
		if liar, err := p.Adjudicate(complaint); err != nil || liar != dealer {
			t.Errorf("%s: liar %d, %v; want %d", name, liar, err, dealer)
		}
		all := a.sealedTo(receiver)
		all[dealer-1] = sealed
		var bad *BadShareError
		if s, err := a.dealers[receiver-1].Receiver().Receive(a.commitments, all); !errors.As(err, &bad) || bad.Dealer != dealer || s != nil {
			t.Errorf("%s: received with error %v, want one that names %d", name, err, dealer)
		}
	}

	complaint.Sealed = a.sealed[dealer-1][receiver-1]
	if liar, err := p.Adjudicate(complaint); err != nil || liar != receiver {
		t.Errorf("false complaint: liar %d, %v; want %d", liar, err, receiver)
	}
	complaint.Opened[0] ^= 1 // a bit that X25519 ignores
	if liar, err := p.Adjudicate(complaint); err != nil || liar != receiver {
		t.Errorf("false complaint, other bits of the same key: liar %d, %v; want %d", liar, err, receiver)
	}
	complaint.Opened = a.dealers[0].Receiver().Reveal()
	if _, err := p.Adjudicate(complaint); !errors.Is(err, ErrNotSealingKey) {
		t.Errorf("another's private key: %v, want ErrNotSealingKey", err)
	}
	complaint.Opened = [32]byte{}
	if _, err := p.Adjudicate(complaint); !errors.Is(err, ErrNotSealingKey) {
		t.Errorf("no private key: %v, want ErrNotSealingKey", err)
	}
	complaint.Opened = a.dealers[receiver-1].Receiver().Reveal()
	complaint.Dealer = receiver
	if _, err := p.Adjudicate(complaint); err == nil {
		t.Error("a complaint about oneself was judged")
	}
	complaint.Dealer, complaint.Commitments = dealer, complaint.Commitments[:1]
	if _, err := p.Adjudicate(complaint); err == nil {
		t.Error("a complaint with commitments of another degree was judged")
	}
}

// A trustee's own bad share is nobody else's fault, and is found last.
func TestOwnBadShareNamesNobody(t *testing.T) {
	p := parameters(3, 2)
	a := generate(t, p)
	all := a.sealedTo(1)
	all[0] = [SealedSize]byte{}
	var bad *BadShareError
	if _, err := a.dealers[0].Receiver().Receive(a.commitments, all); err == nil || errors.As(err, &bad) {
		t.Errorf("own bad share: %v", err)
	}
	all[2] = [SealedSize]byte{}
	if _, err := a.dealers[0].Receiver().Receive(a.commitments, all); !errors.As(err, &bad) || bad.Dealer != 3 {
		t.Errorf("own and another's bad share: %v, want one that names 3", err)
	}
	if _, err := a.dealers[0].Receiver().Receive(a.commitments[:2], all); err == nil {
		t.Error("two of three commitments were enough")
	}
}

// Sealing twice gives other bytes and the same shares.
func TestSealIsRandomized(t *testing.T) {
	p := parameters(2, 1)
	a := generate(t, p)
	again := must(a.dealers[0].Seal([][32]byte{a.packages[0].Sealing, a.packages[1].Sealing}))
	if again[1] == a.sealed[0][1] {
		t.Error("sealing is deterministic")
	}
	s, err := a.dealers[1].Receiver().Receive(a.commitments, [][SealedSize]byte{again[1], a.sealed[1][1]})
	if err != nil || !s.Fits(a.keys.Trustees[1]) {
		t.Errorf("shares sealed again: %v", err)
	}
}

func TestReadersNeedRandomness(t *testing.T) {
	a := generate(t, parameters(2, 1))
	if _, _, err := a.shares[0].Test(a.keys, &limited{0}); err == nil {
		t.Error("a test without randomness")
	}
	if _, _, err := a.shares[0].PartialDecrypt(decryption(0), a.encrypt(1), &limited{0}); err == nil {
		t.Error("a decryption without randomness")
	}
	if _, _, err := a.shares[0].PartialDecrypt(decryption(0), nil, rand.Reader); err == nil {
		t.Error("nothing was decrypted")
	}
}
