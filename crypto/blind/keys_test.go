package blind_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

// multiple returns f·x as 256 bytes, for an x without prime factors ≤ 65537 that makes
// it 2048 bits.
func multiple(t *testing.T, f int64) []byte {
	t.Helper()
	x := new(big.Int).Lsh(big.NewInt(1), 2048)
	x.Div(x, big.NewInt(f)).SetBit(x, 0, 1)
search:
	for {
		x.Sub(x, big.NewInt(2))
		for d := int64(3); d <= 65537; d += 2 {
			if new(big.Int).Mod(x, big.NewInt(d)).Sign() == 0 {
				continue search
			}
		}
		return new(big.Int).Mul(x, big.NewInt(f)).FillBytes(make([]byte, blind.Size))
	}
}

func TestB3_PublicKeySizesAndFactors(t *testing.T) {
	good := blindtest.Key(t, 0).Public().Modulus()
	bits2047 := bytes.Clone(good)
	bits2047[0] &= 0x7f
	even := bytes.Clone(good)
	even[blind.Size-1] &^= 1
	k3072, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		modulus []byte
		want    string
	}{
		{"2047 bits", bits2047, "fewer than 2048 bits"},
		{"1024 bits", append(make([]byte, 128), good[128:]...), "fewer than 2048 bits"},
		{"1024 bits in 128 bytes", good[128:], "128 bytes"},
		{"3072 bits", k3072.N.Bytes(), "384 bytes"},
		{"a leading zero", append([]byte{0}, good...), "257 bytes"},
		{"2047 bits in a key that is right otherwise", bytes.Repeat([]byte{0x7f}, blind.Size), "fewer than 2048 bits"},
		{"even", even, "even"},
		{"nothing", nil, "0 bytes"},
		{"all ones, a multiple of 3", bytes.Repeat([]byte{0xff}, blind.Size), "prime factor"},
		{"3", multiple(t, 3), "prime factor"},
		{"5", multiple(t, 5), "prime factor"},
		{"a middling factor", multiple(t, 32719), "prime factor"},
		{"the last but one", multiple(t, 65521), "prime factor"},
		{"65537", multiple(t, 65537), "prime factor"},
	} {
		if pk, err := blind.ParsePublicKey(c.modulus); err == nil || pk != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	// 65539 is the next prime after 65537.
	for _, modulus := range [][]byte{good, multiple(t, 65539)} {
		pk, err := blind.ParsePublicKey(modulus)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(pk.Modulus(), modulus) {
			t.Error("Modulus is not what was parsed")
		}
		modulus[100] ^= 1
		if bytes.Equal(pk.Modulus(), modulus) {
			t.Error("the key shares memory with its caller")
		}
		pk.Modulus()[3] ^= 1
		if modulus[100] ^= 1; !bytes.Equal(pk.Modulus(), modulus) {
			t.Error("the key hands out its own memory")
		}
	}
}

func TestPublicKeyEqual(t *testing.T) {
	a, b := blindtest.Key(t, 0).Public(), blindtest.Key(t, 1).Public()
	again, err := blind.ParsePublicKey(a.Modulus())
	if err != nil {
		t.Fatal(err)
	}
	if !a.Equal(again) || a.Equal(b) {
		t.Error("Equal is wrong")
	}
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// rsaKey is the key of the given primes and exponent.
func rsaKey(t *testing.T, p, q *big.Int, e int64) *rsa.PrivateKey {
	t.Helper()
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(big.NewInt(e), phi)
	if d == nil {
		t.Fatalf("%d has no inverse", e)
	}
	return &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: int(e)},
		D:         d, Primes: []*big.Int{p, q},
		// Given these, crypto/rsa does not stumble over a composite p.
		Precomputed: rsa.PrecomputedValues{
			Dp:   new(big.Int).Mod(d, new(big.Int).Sub(p, one)),
			Dq:   new(big.Int).Mod(d, new(big.Int).Sub(q, one)),
			Qinv: new(big.Int).ModInverse(q, p),
		},
	}
}

func TestB3_SecretKeyParametersAreFixed(t *testing.T) {
	der := blindtest.Key(t, 0).Marshal()
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	k := parsed.(*rsa.PrivateKey)
	p, q := k.Primes[0], k.Primes[1]
	prime := func(bits int) *big.Int {
		x, err := rand.Prime(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	otherExponent := int64(17)
	for new(big.Int).Mod(p, big.NewInt(otherExponent)).Int64() == 1 || new(big.Int).Mod(q, big.NewInt(otherExponent)).Int64() == 1 {
		otherExponent = 257
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		der  []byte
		want string
	}{
		{"another exponent", pkcs8(t, rsaKey(t, p, q, otherExponent)), "exponent"},
		{"1536 bits", pkcs8(t, rsaKey(t, prime(768), prime(768), 65537)), "two 1024-bit primes"},
		{"unequal primes", pkcs8(t, rsaKey(t, prime(1200), prime(848), 65537)), "two 1024-bit primes"},
		{"3072 bits", pkcs8(t, rsaKey(t, prime(1536), prime(1536), 65537)), "bytes"},
		{"elliptic curve", pkcs8(t, ec), "not an RSA key"},
		{"trailing byte", append(bytes.Clone(der), 0), "secret key"},
		{"truncated", der[:len(der)-1], "secret key"},
		{"PKCS #1", x509.MarshalPKCS1PrivateKey(k), "secret key"},
		{"nothing", nil, "secret key"},
		{"oversized", make([]byte, 100_000), "100000 bytes"},
	} {
		if sk, err := blind.ParseSecretKey(c.der); err == nil || sk != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}

	// One of the three lengths is wrong, and the other two are right.
	near := func(bits int, top float64) *big.Int { // a prime of that length that begins with top of [1, 2)
		x := new(big.Int).Lsh(big.NewInt(int64(top*1024)), uint(bits-11))
		for x.SetBit(x, 0, 1); !x.ProbablyPrime(20) || new(big.Int).Mod(x, big.NewInt(65537)).Int64() == 1; {
			x.Add(x, big.NewInt(2))
		}
		return x
	}
	for what, k := range map[string]*rsa.PrivateKey{
		"a product of 2047 bits":      rsaKey(t, near(1024, 1.25), near(1024, 1.125), 65537),
		"a first prime of 1025 bits":  rsaKey(t, near(1025, 1.25), near(1024, 1.125), 65537),
		"a second prime of 1025 bits": rsaKey(t, near(1024, 1.125), near(1025, 1.25), 65537),
	} {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Logf("%s: crypto/x509 does not write it: %v", what, err)
			continue
		}
		if sk, err := blind.ParseSecretKey(der); err == nil || sk != nil || !strings.Contains(err.Error(), "two 1024-bit primes") {
			t.Errorf("%s: %v", what, err)
		}
	}

	// A composite p passes crypto/x509, whose checks are relations between the numbers.
	var a, b *big.Int
	composite := new(big.Int)
	for composite.BitLen() != 1024 || new(big.Int).Mod(composite, big.NewInt(65537)).Int64() == 1 {
		a, b = prime(512), prime(512)
		composite.Mul(a, b)
	}
	if _, err := blind.ParseSecretKey(pkcs8(t, rsaKey(t, composite, q, 65537))); !errors.Is(err, blind.ErrFault) {
		t.Errorf("composite factor: %v", err)
	}
}

func TestGenerateKey(t *testing.T) {
	sk, err := blind.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := blind.ParsePublicKey(sk.Public().Modulus())
	if err != nil {
		t.Fatal(err)
	}
	again, err := blind.ParseSecretKey(sk.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	sig := issue(t, again, "m", 1)
	if err := pk.Verify([]byte("m"), sig.Prefix[:], sig.Sig[:]); err != nil {
		t.Error(err)
	}
	c, err := sk.Certify([]byte("context"))
	if err != nil {
		t.Fatal(err)
	}
	if err := pk.CheckCertificate([]byte("context"), c); err != nil {
		t.Error(err)
	}
	if other, err := blind.GenerateKey(rand.Reader); err != nil || other.Public().Equal(sk.Public()) {
		t.Errorf("the next key is the same (%v)", err)
	}
}
