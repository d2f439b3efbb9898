package blind_test

import (
	"crypto/rand"
	"crypto/x509"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

func BenchmarkVerify(b *testing.B) {
	sk := blindtest.Key(b, 0)
	pk, sig := sk.Public(), issue(b, sk, "a credential key of thirty-two bytes", 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := pk.Verify([]byte("a credential key of thirty-two bytes"), sig.Prefix[:], sig.Sig[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// The same by crypto/rsa, which parses the modulus each time.
func BenchmarkVerifyCryptoRSA(b *testing.B) {
	sk := blindtest.Key(b, 0)
	std, sig := &stdKey(b, sk).PublicKey, issue(b, sk, "a credential key of thirty-two bytes", 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := stdVerify(std, []byte("a credential key of thirty-two bytes"), sig.Prefix[:], sig.Sig[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func benchRequest(b *testing.B, sk *blind.SecretKey) (*blind.Request, []byte) {
	b.Helper()
	req, blinded, err := blind.NewRequest(sk.Public(), []byte("a credential key of thirty-two bytes"), &[32]byte{1}, []byte("info"))
	if err != nil {
		b.Fatal(err)
	}
	return req, blinded
}

func BenchmarkNewRequest(b *testing.B) {
	sk := blindtest.Key(b, 0)
	for b.Loop() {
		benchRequest(b, sk)
	}
}

func BenchmarkBlindSign(b *testing.B) {
	sk := blindtest.Key(b, 0)
	_, blinded := benchRequest(b, sk)
	for b.Loop() {
		if _, err := sk.BlindSign(blinded); err != nil {
			b.Fatal(err)
		}
	}
}

// The same by circl, with math/big and base blinding.
func BenchmarkBlindSignCircl(b *testing.B) {
	sk := blindtest.Key(b, 0)
	_, blinded := benchRequest(b, sk)
	signer := blindrsa.NewSigner(stdKey(b, sk))
	for b.Loop() {
		if _, err := signer.BlindSign(blinded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFinalize(b *testing.B) {
	sk := blindtest.Key(b, 0)
	req, blinded := benchRequest(b, sk)
	answer, err := sk.BlindSign(blinded)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := req.Finalize(answer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCertify(b *testing.B) {
	sk := blindtest.Key(b, 0)
	for b.Loop() {
		if _, err := sk.Certify([]byte("context")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckCertificate(b *testing.B) {
	sk := blindtest.Key(b, 0)
	c, err := sk.Certify([]byte("context"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := sk.Public().CheckCertificate([]byte("context"), c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	modulus := blindtest.Key(b, 0).Public().Modulus()
	for b.Loop() {
		if _, err := blind.ParsePublicKey(modulus); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseSecretKey(b *testing.B) {
	der := blindtest.Key(b, 0).Marshal()
	for b.Loop() {
		if _, err := blind.ParseSecretKey(der); err != nil {
			b.Fatal(err)
		}
	}
}

// What crypto/x509 alone takes of the above.
func BenchmarkParsePKCS8(b *testing.B) {
	der := blindtest.Key(b, 0).Marshal()
	for b.Loop() {
		if _, err := x509.ParsePKCS8PrivateKey(der); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGenerateKey(b *testing.B) {
	for b.Loop() {
		if _, err := blind.GenerateKey(rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}
