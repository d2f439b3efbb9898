package blind

import (
	"bytes"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"filippo.io/bigmod"
)

// The vectors of RFC 9474 Appendix A have a 4096-bit key, which ParsePublicKey and
// ParseSecretKey refuse, so this test goes in below them.
type rfc9474 struct {
	Key     struct{ P, Q, N, E, D string }
	Vectors []struct {
		Name       string
		Msg        string
		Prefix     string `json:"msg_prefix"`
		InputMsg   string `json:"input_msg"`
		Salt       string
		EncodedMsg string `json:"encoded_msg"`
		Inv        string
		BlindedMsg string `json:"blinded_msg"`
		BlindSig   string `json:"blind_sig"`
		Sig        string
	}
}

func loadRFC9474(t *testing.T) (rfc9474, *SecretKey) {
	t.Helper()
	b, err := os.ReadFile("testdata/rfc9474.json")
	if err != nil {
		t.Fatal(err)
	}
	var v rfc9474
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if v.Key.E != "010001" || len(v.Vectors) != 4 {
		t.Fatalf("e = %s, %d vectors", v.Key.E, len(v.Vectors))
	}
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: hexInt(t, v.Key.N), E: exponent},
		D:         hexInt(t, v.Key.D),
		Primes:    []*big.Int{hexInt(t, v.Key.P), hexInt(t, v.Key.Q)},
	}
	k.Precompute()
	sk, err := newSecretKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return v, sk
}

func hexInt(t *testing.T, s string) *big.Int {
	t.Helper()
	x, ok := new(big.Int).SetString(s, 16)
	if !ok {
		t.Fatalf("not hexadecimal: %q", s)
	}
	return x
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func nat(t *testing.T, x *big.Int, n *bigmod.Modulus) *bigmod.Nat {
	t.Helper()
	y, err := bigmod.NewNat().SetBytes(x.FillBytes(make([]byte, n.Size())), n)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func TestRFC9474_AppendixA(t *testing.T) {
	v, sk := loadRFC9474(t)
	pk := sk.pub
	ours := 0
	for _, c := range v.Vectors {
		t.Run(c.Name, func(t *testing.T) {
			msg, prefix, sig := unhex(t, c.Msg), unhex(t, c.Prefix), unhex(t, c.Sig)
			if !bytes.Equal(append(bytes.Clone(prefix), msg...), unhex(t, c.InputMsg)) {
				t.Fatal("input_msg is not msg_prefix ‖ msg")
			}
			if len(c.Salt) != 2*sLen { // PSSZERO: RFC 9474 §5
				mHash := messageHash(prefix, msg)
				if err := pk.verifyHash(&mHash, sig); err == nil {
					t.Error("a signature without salt verifies")
				}
				return
			}
			inv := hexInt(t, c.Inv)
			r := new(big.Int).ModInverse(inv, pk.varTime.n)
			salt := [sLen]byte(unhex(t, c.Salt))
			if c.EncodedMsg != "" {
				mHash := messageHash(prefix, msg)
				if em := encodePSS(&mHash, &salt, len(pk.modulus)); !bytes.Equal(em, unhex(t, c.EncodedMsg)) {
					t.Errorf("encoded_msg = %x", em)
				}
			}
			blinded, err := pk.blind(msg, prefix, &salt, nat(t, r, pk.n))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(blinded, unhex(t, c.BlindedMsg)) {
				t.Errorf("blinded_msg = %x", blinded)
			}
			blindSig, err := sk.BlindSign(blinded)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(blindSig, unhex(t, c.BlindSig)) {
				t.Errorf("blind_sig = %x", blindSig)
			}
			if len(prefix) == 0 { // Deterministic
				if err := pk.Verify(msg, prefix, sig); err == nil {
					t.Error("a signature without prefix verifies")
				}
				return
			}
			ours++
			req := &Request{pk: pk, msg: msg, prefix: [PrefixSize]byte(prefix), inverse: nat(t, inv, pk.n)}
			got, err := req.finalize(blindSig)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, sig) {
				t.Errorf("sig = %x", got)
			}
			if err := pk.Verify(msg, prefix, sig); err != nil {
				t.Error(err)
			}
		})
	}
	if ours != 1 {
		t.Errorf("%d vectors of RSABSSA-SHA384-PSS-Randomized ran, want 1", ours)
	}
}
