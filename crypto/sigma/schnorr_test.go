package sigma

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mandate/crypto/group"
)

func TestSignAndVerify(t *testing.T) {
	sk := must(GenerateKey(rand.Reader))
	pk := sk.Public()
	sig := must(Sign(context(), sk, rand.Reader))
	if len(sig) != SignatureSize {
		t.Errorf("signature of %d bytes", len(sig))
	}
	if err := VerifySchnorr(context(), pk, sig); err != nil {
		t.Error(err)
	}
	other := must(GenerateKey(rand.Reader)).Public()
	if err := VerifySchnorr(context(), other, sig); !errors.Is(err, ErrEquation) {
		t.Errorf("another key: %v", err)
	}
	b := NewBatch(rand.Reader)
	if err := b.AddSchnorr(context(), pk, sig); err != nil {
		t.Fatal(err)
	}
	if err := b.AddSchnorr(context(), other, sig); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err == nil || err.Error() != "proofs of batch that do not hold: 1" {
		t.Errorf("batch: %v", err)
	}
}

// B5, J11: a signature has one encoding; z + ℓ and −T are others' business.
func TestB5_SignatureIsNotMalleable(t *testing.T) {
	sk := must(GenerateKey(rand.Reader))
	sig := must(Sign(context(), sk, rand.Reader))
	z := bigOf(sig[32:])
	bad := append(sig[:32:32], littleEndian(z.Add(z, order))...)
	if err := VerifySchnorr(context(), sk.Public(), bad); !errors.Is(err, group.ErrScalar) {
		t.Errorf("z + ℓ: %v", err)
	}
	T := must(group.DecodeElement(sig[:32]))
	bad = append(T.Neg().Bytes(), must(group.DecodeScalar(sig[32:])).Neg().Bytes()...)
	if err := VerifySchnorr(context(), sk.Public(), bad); !errors.Is(err, ErrEquation) {
		t.Errorf("−T, −z: %v", err)
	}
}

func TestKeys(t *testing.T) {
	sk := must(GenerateKey(rand.Reader))
	again := must(DecodeSecretKey(sk.Bytes()))
	if !again.Scalar().Equal(sk.Scalar()) || !again.Public().Equal(sk.Public()) {
		t.Error("a secret key does not survive its encoding")
	}
	pk := must(DecodePublicKey(sk.Public().Bytes()))
	if !pk.Equal(sk.Public()) || pk.Encoding() != sk.Public().Encoding() || !pk.Element().Equal(group.BaseMul(sk.Scalar())) {
		t.Error("a public key does not survive its encoding")
	}
	if pk.Equal(must(GenerateKey(rand.Reader)).Public()) {
		t.Error("two keys are equal")
	}
	if got := fmt.Sprint(pk); got != fmt.Sprintf("%x", pk.Bytes()) {
		t.Errorf("public key prints as %s", got)
	}
	for _, b := range [][]byte{nil, make([]byte, 31), bytes.Repeat([]byte{0xff}, 32)} {
		if _, err := DecodePublicKey(b); !errors.Is(err, group.ErrElement) {
			t.Errorf("public key %x: %v", b, err)
		}
		if _, err := DecodeSecretKey(b); !errors.Is(err, group.ErrScalar) {
			t.Errorf("secret key %x: %v", b, err)
		}
	}
	if _, err := GenerateKey(bytes.NewReader(nil)); err == nil {
		t.Error("a key without randomness")
	}
	if _, err := GenerateKey(bytes.NewReader(make([]byte, 64))); !errors.Is(err, ErrIdentity) {
		t.Error("a key from zeros")
	}
}

func TestSecretsPrintRedacted(t *testing.T) {
	sk := must(NewSecretKey(scalar(0x5ec7e7)))
	w := Witness{Leaves: [][]group.Scalar{{scalar(0x5ec7e7)}}, Branches: []int{0x5ec7e7}}
	for _, v := range []any{sk, w, &sk, &w, []any{sk, w}, map[string]any{"sk": sk}} {
		all := fmt.Sprintf("%v|%+v|%#v|%s|%q|%d|%x|%s", v, v, v, v, v, v, v, must(json.Marshal(v)))
		for i, s := range strings.Split(all, "|") {
			if !strings.Contains(s, "REDACTED") && i != 2 { // %#v of a pointer is an address
				t.Errorf("%T prints as %s", v, s)
			}
		}
		if low := strings.ToLower(all); strings.Contains(low, "5ec7e7") || strings.Contains(all, fmt.Sprint(0x5ec7e7)) || strings.Contains(low, "e7c75e") {
			t.Errorf("%T prints its secret: %s", v, all)
		}
	}
	if text := must(sk.MarshalText()); !strings.Contains(string(text), "REDACTED") {
		t.Errorf("%s", text)
	}
	if text := must(w.MarshalText()); !strings.Contains(string(text), "REDACTED") || !strings.Contains(w.GoString()+sk.GoString(), "REDACTED") {
		t.Errorf("%s", text)
	}
}
