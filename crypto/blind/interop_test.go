package blind_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"hash"
	"math/big"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

// stdKey is the key as crypto/rsa has it.
func stdKey(tb testing.TB, sk *blind.SecretKey) *rsa.PrivateKey {
	tb.Helper()
	k, err := x509.ParsePKCS8PrivateKey(sk.Marshal())
	if err != nil {
		tb.Fatal(err)
	}
	return k.(*rsa.PrivateKey)
}

// stdVerify is PublicKey.Verify by crypto/rsa.
func stdVerify(pk *rsa.PublicKey, msg, prefix, sig []byte) error {
	digest := sha512.Sum384(append(bytes.Clone(prefix), msg...))
	return rsa.VerifyPSS(pk, crypto.SHA384, digest[:], sig, &rsa.PSSOptions{SaltLength: 48})
}

func TestInteropWithCirclSigner(t *testing.T) {
	sk := blindtest.Key(t, 9)
	std := stdKey(t, sk)
	signer := blindrsa.NewSigner(std)
	verifier, err := blindrsa.NewVerifier(blindrsa.SHA384PSSRandomized, &std.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for seed := byte(1); seed <= 5; seed++ {
		msg := bytes.Repeat([]byte{seed}, int(seed)*40)
		req, blinded, err := blind.NewRequest(sk.Public(), msg, &[32]byte{seed}, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := signer.BlindSign(blinded)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := sk.BlindSign(blinded)
		if err != nil || !bytes.Equal(ours, answer) {
			t.Errorf("circl signs to other bytes (%v)", err)
		}
		sig, err := req.Finalize(answer)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(append(sig.Prefix[:], msg...), sig.Sig[:]); err != nil {
			t.Errorf("circl: %v", err)
		}
		if err := stdVerify(&std.PublicKey, msg, sig.Prefix[:], sig.Sig[:]); err != nil {
			t.Errorf("crypto/rsa: %v", err)
		}
	}
}

// circlIssue is a member with circl's client, in any variant, at our signer.
func circlIssue(tb testing.TB, sk *blind.SecretKey, v blindrsa.Variant, msg []byte) (input, sig []byte) {
	tb.Helper()
	client, err := blindrsa.NewClient(v, &stdKey(tb, sk).PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	input, err = client.Prepare(rand.Reader, msg)
	if err != nil {
		tb.Fatal(err)
	}
	blinded, state, err := client.Blind(rand.Reader, input)
	if err != nil {
		tb.Fatal(err)
	}
	answer, err := sk.BlindSign(blinded)
	if err != nil {
		tb.Fatal(err)
	}
	if sig, err = client.Finalize(state, answer); err != nil {
		tb.Fatal(err)
	}
	if err := client.Verify(input, sig); err != nil {
		tb.Fatal(err)
	}
	return input, sig
}

func TestInteropWithCirclClient(t *testing.T) {
	sk := blindtest.Key(t, 9)
	input, sig := circlIssue(t, sk, blindrsa.SHA384PSSRandomized, []byte("message"))
	if err := sk.Public().Verify([]byte("message"), input[:blind.PrefixSize], sig); err != nil {
		t.Error(err)
	}
}

// The variants without salt or without prefix are refused, though the signer cannot see
// which variant it signs.
func TestF9_OtherVariantsAreRefused(t *testing.T) {
	sk := blindtest.Key(t, 9)
	pk := sk.Public()
	msg := []byte("message")
	input, sig := circlIssue(t, sk, blindrsa.SHA384PSSZeroRandomized, msg)
	if err := pk.Verify(msg, input[:blind.PrefixSize], sig); err == nil {
		t.Error("PSSZERO-Randomized accepted")
	}
	for _, v := range []blindrsa.Variant{blindrsa.SHA384PSSDeterministic, blindrsa.SHA384PSSZeroDeterministic} {
		_, sig := circlIssue(t, sk, v, msg)
		for _, prefix := range [][]byte{nil, {}, make([]byte, blind.PrefixSize)} {
			if err := pk.Verify(msg, prefix, sig); err == nil {
				t.Errorf("%v accepted with a prefix of %d bytes", v, len(prefix))
			}
		}
	}
}

// forge returns the signature of an encoded message of the tester's making.
func forge(t *testing.T, sk *blind.SecretKey, em []byte) []byte {
	t.Helper()
	sig, err := sk.BlindSign(em)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// encode is EMSA-PSS-ENCODE with every choice open, as RFC 8017 §9.1.1 allows.
func encode(h, mgf func() hash.Hash, message, salt []byte, marker, trailer byte, ps func([]byte)) []byte {
	sum := func(h func() hash.Hash, parts ...[]byte) []byte {
		x := h()
		for _, p := range parts {
			x.Write(p)
		}
		return x.Sum(nil)
	}
	mHash := sum(h, message)
	seed := sum(h, make([]byte, 8), mHash, salt)
	db := make([]byte, blind.Size-len(seed)-1)
	db[len(db)-len(salt)-1] = marker
	copy(db[len(db)-len(salt):], salt)
	if ps != nil {
		ps(db[:len(db)-len(salt)-1])
	}
	for i, counter := 0, uint32(0); i < len(db); counter++ {
		for _, b := range sum(mgf, seed, binary.BigEndian.AppendUint32(nil, counter)) {
			if i < len(db) {
				db[i] ^= b
				i++
			}
		}
	}
	db[0] &= 0x7f
	return append(append(db, seed...), trailer)
}

// Signatures of encodings that deviate from the one parameter set in one point each: all
// have the right RSA part, and crypto/rsa refuses them too.
func TestF9_EncodingParametersAreFixed(t *testing.T) {
	sk := blindtest.Key(t, 10)
	std := stdKey(t, sk)
	prefix, msg := bytes.Repeat([]byte{7}, blind.PrefixSize), []byte("message")
	input := append(bytes.Clone(prefix), msg...)
	s384, s256, s512 := sha512.New384, sha256.New, sha512.New
	salt := bytes.Repeat([]byte{9}, 100)
	good := encode(s384, s384, input, salt[:48], 1, 0xbc, nil)
	topBit := bytes.Clone(good)
	topBit[0] |= 0x80
	if new(big.Int).SetBytes(topBit).Cmp(std.N) >= 0 {
		t.Fatal("choose a key whose modulus is larger, or another salt")
	}
	seedBit := bytes.Clone(good)
	seedBit[blind.Size-2] ^= 1
	for _, c := range []struct {
		name string
		em   []byte
		ok   bool
	}{
		{"right", good, true},
		{"another salt", encode(s384, s384, input, salt[1:49], 1, 0xbc, nil), true},
		{"no salt", encode(s384, s384, input, nil, 1, 0xbc, nil), false},
		{"salt of 47 bytes", encode(s384, s384, input, salt[:47], 1, 0xbc, nil), false},
		{"salt of 49 bytes", encode(s384, s384, input, salt[:49], 1, 0xbc, nil), false},
		{"salt of 32 bytes", encode(s384, s384, input, salt[:32], 1, 0xbc, nil), false},
		{"the longest salt", encode(s384, s384, input, append(salt, salt...)[:blind.Size-48-2], 1, 0xbc, nil), false},
		{"SHA-256", encode(s256, s256, input, salt[:48], 1, 0xbc, nil), false},
		{"SHA-512", encode(s512, s512, input, salt[:48], 1, 0xbc, nil), false},
		{"MGF1 with SHA-256", encode(s384, s256, input, salt[:48], 1, 0xbc, nil), false},
		{"MGF1 with SHA-512", encode(s384, s512, input, salt[:48], 1, 0xbc, nil), false},
		{"marker 2", encode(s384, s384, input, salt[:48], 2, 0xbc, nil), false},
		{"marker 0", encode(s384, s384, input, salt[:48], 0, 0xbc, nil), false},
		{"trailer cc", encode(s384, s384, input, salt[:48], 1, 0xcc, nil), false},
		{"padding not zero, last byte", encode(s384, s384, input, salt[:48], 1, 0xbc, func(ps []byte) { ps[len(ps)-1] = 1 }), false},
		{"padding not zero, first byte", encode(s384, s384, input, salt[:48], 1, 0xbc, func(ps []byte) { ps[0] = 1 }), false},
		{"an early marker", encode(s384, s384, input, salt[:48], 1, 0xbc, func(ps []byte) { ps[50] = 1 }), false},
		{"top bit", topBit, false},
		{"seed", seedBit, false},
		{"no prefix", encode(s384, s384, msg, salt[:48], 1, 0xbc, nil), false},
		{"prefix at the end", encode(s384, s384, append(bytes.Clone(msg), prefix...), salt[:48], 1, 0xbc, nil), false},
		{"prefix twice", encode(s384, s384, append(bytes.Clone(prefix), input...), salt[:48], 1, 0xbc, nil), false},
		{"zero", make([]byte, blind.Size), false},
	} {
		sig := forge(t, sk, c.em)
		ours, theirs := sk.Public().Verify(msg, prefix, sig), stdVerify(&std.PublicKey, msg, prefix, sig)
		if (ours == nil) != c.ok || (theirs == nil) != c.ok {
			t.Errorf("%s: %v, crypto/rsa %v, want ok = %v", c.name, ours, theirs, c.ok)
		}
	}
}
