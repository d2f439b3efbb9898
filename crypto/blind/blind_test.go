package blind_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

// issue runs the whole protocol.
func issue(tb testing.TB, sk *blind.SecretKey, msg string, seed byte) blind.Signature {
	tb.Helper()
	req, blinded, err := blind.NewRequest(sk.Public(), []byte(msg), &[32]byte{seed}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	answer, err := sk.BlindSign(blinded)
	if err != nil {
		tb.Fatal(err)
	}
	sig, err := req.Finalize(answer)
	if err != nil {
		tb.Fatal(err)
	}
	return sig
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// vectors.json comes from testdata/reference.py, a second implementation that shares no
// code with this one.
func TestA11_KnownAnswers(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Modulus  string
		Requests []struct {
			Message, Seed, Info, Prefix, Blinded, Sig string
			BlindSig                                  string `json:"blind_sig"`
			Candidate                                 int
		}
		Certificates []struct{ Context, Certificate string }
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	sk := blindtest.Key(t, 0)
	pk, err := blind.ParsePublicKey(unhex(t, v.Modulus))
	if err != nil || !pk.Equal(sk.Public()) {
		t.Fatalf("the vectors are not for key 0 (%v)", err)
	}
	candidates := make(map[int]bool)
	for i, c := range v.Requests {
		candidates[c.Candidate] = true
		seed := [32]byte(unhex(t, c.Seed))
		req, blinded, err := blind.NewRequest(pk, unhex(t, c.Message), &seed, unhex(t, c.Info))
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(blinded); got != c.Blinded {
			t.Errorf("request %d: blinded = %s", i, got)
		}
		answer, err := sk.BlindSign(unhex(t, c.Blinded))
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(answer); got != c.BlindSig {
			t.Errorf("request %d: blind signature = %s", i, got)
		}
		sig, err := req.Finalize(answer)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if got := hex.EncodeToString(sig.Prefix[:]); got != c.Prefix {
			t.Errorf("request %d: prefix = %s", i, got)
		}
		if got := hex.EncodeToString(sig.Sig[:]); got != c.Sig {
			t.Errorf("request %d: signature = %s", i, got)
		}
	}
	if !candidates[0] || !candidates[1] || !candidates[3] {
		t.Errorf("the vectors take candidates %v, want 0, 1 and 3 among them", candidates)
	}
	for i, c := range v.Certificates {
		got, err := sk.Certify(unhex(t, c.Context))
		if err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(got[:]) != c.Certificate {
			t.Errorf("certificate %d differs", i)
		}
	}
	if len(v.Certificates) != 2 {
		t.Errorf("%d certificates", len(v.Certificates))
	}
}

func TestA11_SignatureOfOneMessageIsNotOfAnother(t *testing.T) {
	sk := blindtest.Key(t, 1)
	pk := sk.Public()
	s1, s2 := issue(t, sk, "m1", 1), issue(t, sk, "m2", 1)
	if err := pk.Verify([]byte("m1"), s1.Prefix[:], s1.Sig[:]); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"m1's on m2":                pk.Verify([]byte("m2"), s1.Prefix[:], s1.Sig[:]),
		"m1's with m2's prefix":     pk.Verify([]byte("m1"), s2.Prefix[:], s1.Sig[:]),
		"m2's with m1's prefix":     pk.Verify([]byte("m2"), s1.Prefix[:], s2.Sig[:]),
		"m1's on the empty message": pk.Verify(nil, s1.Prefix[:], s1.Sig[:]),
		"m1's under another key":    blindtest.Key(t, 2).Public().Verify([]byte("m1"), s1.Prefix[:], s1.Sig[:]),
		"zero":                      pk.Verify([]byte("m1"), s1.Prefix[:], make([]byte, blind.Size)),
		"one":                       pk.Verify([]byte("m1"), s1.Prefix[:], append(make([]byte, blind.Size-1), 1)),
	} {
		if !errors.Is(err, blind.ErrVerification) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyRefusesEveryBitFlip(t *testing.T) {
	sk := blindtest.Key(t, 1)
	sig := issue(t, sk, "message", 1)
	for bit := range 8 * blind.Size {
		b := sig.Sig
		b[bit/8] ^= 1 << (bit % 8)
		if err := sk.Public().Verify([]byte("message"), sig.Prefix[:], b[:]); !errors.Is(err, blind.ErrVerification) {
			t.Fatalf("bit %d flipped: %v", bit, err)
		}
	}
	for bit := range 8 * blind.PrefixSize {
		b := sig.Prefix
		b[bit/8] ^= 1 << (bit % 8)
		if err := sk.Public().Verify([]byte("message"), b[:], sig.Sig[:]); !errors.Is(err, blind.ErrVerification) {
			t.Fatalf("prefix bit %d flipped: %v", bit, err)
		}
	}
}

func TestWrongLengths(t *testing.T) {
	sk := blindtest.Key(t, 1)
	pk := sk.Public()
	sig := issue(t, sk, "m", 1)
	req, _, err := blind.NewRequest(pk, []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 255, 257, 512} {
		b := make([]byte, size)
		if _, err := blind.ParsePublicKey(b); err == nil {
			t.Errorf("modulus of %d bytes accepted", size)
		}
		if _, err := sk.BlindSign(b); err == nil {
			t.Errorf("blinded request of %d bytes accepted", size)
		}
		if _, err := req.Finalize(b); err == nil {
			t.Errorf("blind signature of %d bytes accepted", size)
		}
		if err := pk.Verify([]byte("m"), sig.Prefix[:], b); err == nil {
			t.Errorf("signature of %d bytes accepted", size)
		}
		if _, err := blind.ParseCertificate(b); err == nil {
			t.Errorf("certificate of %d bytes accepted", size)
		}
	}
	// Leading or trailing zeros, or leaving out a leading zero, make no second encoding.
	if err := pk.Verify([]byte("m"), sig.Prefix[:], append([]byte{0}, sig.Sig[:]...)); err == nil {
		t.Error("signature with a leading zero byte accepted")
	}
	_, blinded, err := blind.NewRequest(pk, []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sk.BlindSign(blinded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := req.Finalize(append([]byte{0}, answer...)); err == nil {
		t.Error("blind signature with a leading zero byte accepted")
	}
	for _, size := range []int{0, 31, 33} {
		if err := pk.Verify([]byte("m"), make([]byte, size), sig.Sig[:]); err == nil {
			t.Errorf("prefix of %d bytes accepted", size)
		}
	}
	if err := pk.Verify(append(sig.Prefix[:], 'm'), nil, sig.Sig[:]); err == nil {
		t.Error("a prefix inside the message accepted")
	}
}

// x and x + N are the same residue, but only x is an encoding of it.
func TestNotBelowModulusIsRefused(t *testing.T) {
	sk := blindtest.Key(t, 0)
	pk := sk.Public()
	n := new(big.Int).SetBytes(pk.Modulus())
	plusN := func(b []byte) ([]byte, bool) {
		x := new(big.Int).SetBytes(b)
		if x.Add(x, n).BitLen() > 8*blind.Size {
			return nil, false
		}
		return x.FillBytes(make([]byte, blind.Size)), true
	}
	var signatures, requests, answers int
	for seed := byte(1); seed < 60; seed++ {
		req, blinded, err := blind.NewRequest(pk, []byte("m"), &[32]byte{seed}, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := sk.BlindSign(blinded)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := req.Finalize(answer)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := plusN(sig.Sig[:]); ok {
			signatures++
			if err := pk.Verify([]byte("m"), sig.Prefix[:], b); !errors.Is(err, blind.ErrVerification) {
				t.Errorf("signature + N: %v", err)
			}
		}
		if b, ok := plusN(blinded); ok {
			requests++
			if _, err := sk.BlindSign(b); err == nil {
				t.Error("blinded request + N signed")
			}
		}
		if b, ok := plusN(answer); ok {
			answers++
			if _, err := req.Finalize(b); !errors.Is(err, blind.ErrVerification) {
				t.Errorf("blind signature + N: %v", err)
			}
		}
		if signatures > 0 && requests > 0 && answers > 0 {
			break
		}
	}
	if signatures == 0 || requests == 0 || answers == 0 {
		t.Errorf("tried %d signatures, %d requests, %d answers", signatures, requests, answers)
	}
	if _, err := sk.BlindSign(pk.Modulus()); err == nil {
		t.Error("the modulus itself signed")
	}
}

func TestF2_RepeatAndRestartGiveTheSameBytes(t *testing.T) {
	sk := blindtest.Key(t, 3)
	_, blinded, err := blind.NewRequest(sk.Public(), []byte("m"), &[32]byte{9}, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := sk.BlindSign(blinded)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := blind.ParseSecretKey(sk.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, k := range []*blind.SecretKey{sk, restored} {
		for i := range 4 {
			wg.Go(func() {
				// Another request in between has no effect on this one.
				if _, err := k.BlindSign(append(make([]byte, blind.Size-1), byte(i))); err != nil {
					t.Error(err)
				}
				if again, err := k.BlindSign(blinded); err != nil || !bytes.Equal(again, first) {
					t.Errorf("the same request got other bytes (%v)", err)
				}
			})
		}
	}
	wg.Wait()
	if !bytes.Equal(restored.Marshal(), sk.Marshal()) {
		t.Error("a restored key is stored as other bytes")
	}
}

func TestF11_OneMessageHasManySignatures(t *testing.T) {
	sk := blindtest.Key(t, 4)
	a, b := issue(t, sk, "credential", 1), issue(t, sk, "credential", 2)
	if a.Prefix == b.Prefix || a.Sig == b.Sig {
		t.Error("two issuings gave one signature")
	}
	for _, s := range []blind.Signature{a, b} {
		if err := sk.Public().Verify([]byte("credential"), s.Prefix[:], s.Sig[:]); err != nil {
			t.Error(err)
		}
	}
}

func TestF16_RequestsDeriveFromTheSeedAlone(t *testing.T) {
	pk, other := blindtest.Key(t, 5).Public(), blindtest.Key(t, 6).Public()
	make := func(pk *blind.PublicKey, msg string, seed byte, info string) string {
		_, blinded, err := blind.NewRequest(pk, []byte(msg), &[32]byte{seed}, []byte(info))
		if err != nil {
			t.Fatal(err)
		}
		return string(blinded)
	}
	base := make(pk, "m", 1, "info")
	if make(pk, "m", 1, "info") != base {
		t.Error("the same seed gave another request: a restored card would not match")
	}
	seen := map[string]string{base: "the first"}
	for name, blinded := range map[string]string{
		"another seed":    make(pk, "m", 2, "info"),
		"another message": make(pk, "m2", 1, "info"),
		"another info":    make(pk, "m", 1, "info2"),
		"another key":     make(other, "m", 1, "info"),
		"a moved border":  make(pk, "mi", 1, "nfo"),
	} {
		if same, dup := seen[blinded]; dup {
			t.Errorf("%s gives the request of %s", name, same)
		}
		seen[blinded] = name
	}
	if _, _, err := blind.NewRequest(pk, []byte("m"), new([32]byte), nil); err == nil {
		t.Error("a seed that nobody filled in is accepted")
	}
}

// A signature that begins with a zero byte has 256 bytes all the same.
func TestLeadingZerosAreNotDropped(t *testing.T) {
	sk := blindtest.Key(t, 1)
	for i := range 2000 {
		info := []byte{byte(i), byte(i >> 8)}
		req, blinded, err := blind.NewRequest(sk.Public(), []byte("message"), &[32]byte{1}, info)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := sk.BlindSign(blinded)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := req.Finalize(answer)
		if err != nil {
			t.Fatal(err)
		}
		if sig.Sig[0] != 0 {
			continue
		}
		if err := sk.Public().Verify([]byte("message"), sig.Prefix[:], sig.Sig[:]); err != nil {
			t.Error(err)
		}
		if err := sk.Public().Verify([]byte("message"), sig.Prefix[:], sig.Sig[1:]); err == nil {
			t.Error("255 bytes accepted")
		}
		return
	}
	t.Fatal("no signature begins with a zero byte")
}

// The registrar's side cannot make a client accept what is no signature.
func TestFinalizeRefusesWrongAnswers(t *testing.T) {
	sk := blindtest.Key(t, 7)
	req, blinded, err := blind.NewRequest(sk.Public(), []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := blind.NewRequest(sk.Public(), []byte("m"), &[32]byte{2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(sk *blind.SecretKey, b []byte) []byte {
		out, err := sk.BlindSign(b)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	answer := sign(sk, blinded)
	flipped := bytes.Clone(answer)
	flipped[200] ^= 1
	small := append(make([]byte, 1), answer[1:]...)
	for name, b := range map[string][]byte{
		"another request's": sign(sk, foreign),
		"a flipped bit":     flipped,
		"zeros":             make([]byte, blind.Size),
		"the request":       blinded,
		"the modulus":       sk.Public().Modulus(),
		"a cleared byte":    small,
	} {
		if sig, err := req.Finalize(b); !errors.Is(err, blind.ErrVerification) || sig != (blind.Signature{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := req.Finalize(answer); err != nil {
		t.Errorf("the right answer after wrong ones: %v", err)
	}
}

func TestRequestKeepsItsOwnMessage(t *testing.T) {
	sk := blindtest.Key(t, 7)
	msg := []byte("message")
	req, blinded, err := blind.NewRequest(sk.Public(), msg, &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sk.BlindSign(blinded)
	if err != nil {
		t.Fatal(err)
	}
	msg[0] = 'X'
	if _, err := req.Finalize(answer); err != nil {
		t.Error(err)
	}
}

func TestE12_SecretsPrintRedacted(t *testing.T) {
	sk := blindtest.Key(t, 8)
	req, _, err := blind.NewRequest(sk.Public(), []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	type box struct {
		Key *blind.SecretKey
		Req *blind.Request
	}
	for _, v := range []any{sk, *sk, req, *req, box{sk, req}, []any{sk, req}} {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
			fmt.Fprintf(&out, verb, v)
		}
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(j)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		if !strings.Contains(out.String(), "REDACTED") {
			t.Errorf("%T does not say that it is redacted", v)
		}
		if out.Len() > 2500 { // the least secret part would be longer in eleven forms
			t.Errorf("%T prints %d bytes: %.300s", v, out.Len(), out.String())
		}
	}
	if fmt.Sprint(sk) != "REDACTED" || fmt.Sprint(req) != "REDACTED" || sk.GoString() != "REDACTED" || req.String() != "REDACTED" {
		t.Error("not the plain word")
	}
}
