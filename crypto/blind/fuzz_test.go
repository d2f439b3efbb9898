package blind_test

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"testing"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

func FuzzParsePublicKey(f *testing.F) {
	good := blindtest.Key(f, 0).Public().Modulus()
	bad, _, _ := blindtest.NotAPermutation(f)
	f.Add(good)
	f.Add(bad)
	f.Add(good[1:])
	f.Add(make([]byte, blind.Size))
	f.Add(bytes.Repeat([]byte{0xff}, blind.Size))
	f.Fuzz(func(t *testing.T, b []byte) {
		pk, err := blind.ParsePublicKey(b)
		n := new(big.Int).SetBytes(b)
		small := n.Bit(0) == 0
		for d := int64(3); d <= 257; d += 2 { // the fuzzer's keys have such a factor, if any
			small = small || new(big.Int).Mod(n, big.NewInt(d)).Sign() == 0
		}
		if err != nil {
			return
		}
		if len(b) != blind.Size || n.BitLen() != 2048 || small {
			t.Fatalf("accepted %x", b)
		}
		if !bytes.Equal(pk.Modulus(), b) {
			t.Fatal("does not re-encode to its input")
		}
		// Whatever the modulus, blinding and checking end with a value or an error.
		if req, blinded, err := blind.NewRequest(pk, []byte("m"), &[32]byte{1}, nil); err == nil {
			if len(blinded) != blind.Size {
				t.Fatalf("blinded request of %d bytes", len(blinded))
			}
			if _, err := req.Finalize(blinded); err == nil {
				t.Fatal("a request is its own signature")
			}
		}
		if err := pk.CheckCertificate(nil, blind.Certificate{1}); err == nil {
			t.Fatal("certificate without roots accepted")
		}
	})
}

func FuzzParseSecretKey(f *testing.F) {
	good := blindtest.Key(f, 0).Marshal()
	f.Add(good)
	f.Add(good[:600])
	f.Add([]byte{0x30, 0x00})
	f.Add(x509.MarshalPKCS1PrivateKey(stdKey(f, blindtest.Key(f, 0))))
	f.Fuzz(func(t *testing.T, b []byte) {
		sk, err := blind.ParseSecretKey(b)
		if err != nil {
			return
		}
		if !bytes.Equal(sk.Marshal(), b) {
			t.Fatal("does not re-encode to its input")
		}
		if _, err := blind.ParsePublicKey(sk.Public().Modulus()); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzCertificate(f *testing.F) {
	sk := blindtest.Key(f, 0)
	good, err := sk.Certify([]byte("context"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:], []byte("context"))
	f.Add(good[:], []byte("contex"))
	f.Add(good[:100], []byte("context"))
	f.Add(make([]byte, blind.CertificateSize), []byte("context"))
	f.Fuzz(func(t *testing.T, b, context []byte) {
		c, err := blind.ParseCertificate(b)
		if err != nil {
			return
		}
		if !bytes.Equal(c[:], b) {
			t.Fatal("does not re-encode to its input")
		}
		// Roots are unique, so the certificate of a context is.
		if err := sk.Public().CheckCertificate(context, c); err == nil {
			if want, err := sk.Certify(context); err != nil || want != c {
				t.Fatalf("another certificate passes for context %q", context)
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	sk := blindtest.Key(f, 0)
	pk, std := sk.Public(), &stdKey(f, sk).PublicKey
	sig := issue(f, sk, "message", 1)
	f.Add([]byte("message"), sig.Prefix[:], sig.Sig[:])
	f.Add([]byte("messag"), sig.Prefix[:], sig.Sig[:])
	f.Add([]byte("message"), sig.Prefix[:31], sig.Sig[:])
	f.Add([]byte("message"), sig.Prefix[:], sig.Sig[:255])
	f.Add([]byte{}, make([]byte, 32), pk.Modulus())
	f.Fuzz(func(t *testing.T, msg, prefix, sig []byte) {
		ours := pk.Verify(msg, prefix, sig)
		theirs := stdVerify(std, msg, prefix, sig)
		if len(prefix) != blind.PrefixSize {
			if ours == nil {
				t.Fatalf("prefix of %d bytes accepted", len(prefix))
			}
			return
		}
		if (ours == nil) != (theirs == nil) {
			t.Fatalf("we say %v, crypto/rsa %v", ours, theirs)
		}
	})
}

func FuzzBlindSign(f *testing.F) {
	sk := blindtest.Key(f, 0)
	req, blinded, err := blind.NewRequest(sk.Public(), []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		f.Fatal(err)
	}
	n := new(big.Int).SetBytes(sk.Public().Modulus())
	f.Add(blinded)
	f.Add(sk.Public().Modulus())
	f.Add(make([]byte, blind.Size))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, ferr := req.Finalize(b)
		out, err := sk.BlindSign(b)
		if (err == nil) != (len(b) == blind.Size && new(big.Int).SetBytes(b).Cmp(n) < 0) {
			t.Fatalf("BlindSign: %v", err)
		}
		if err != nil {
			return
		}
		back := new(big.Int).Exp(new(big.Int).SetBytes(out), big.NewInt(65537), n)
		if len(out) != blind.Size || back.Cmp(new(big.Int).SetBytes(b)) != 0 {
			t.Fatalf("BlindSign is not the e-th root")
		}
		// The one answer that Finalize takes is the root of its own request.
		if ferr == nil {
			root := new(big.Int).Exp(new(big.Int).SetBytes(b), big.NewInt(65537), n)
			if root.Cmp(new(big.Int).SetBytes(blinded)) != 0 {
				t.Fatal("Finalize took a wrong answer")
			}
		}
	})
}
