package blind_test

import (
	"bytes"
	"errors"
	"math/big"
	"testing"

	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

func certify(t *testing.T, i int, context string) blind.Certificate {
	t.Helper()
	c, err := blindtest.Key(t, i).Certify([]byte(context))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestF8_CertificateHolds(t *testing.T) {
	for i := range 3 {
		for _, context := range []string{"", "round 1, slot 2, registrar 3"} {
			c := certify(t, i, context)
			pk, err := blind.ParsePublicKey(blindtest.Key(t, i).Public().Modulus())
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := blind.ParseCertificate(bytes.Clone(c[:]))
			if err != nil || parsed != c {
				t.Fatalf("ParseCertificate: %v", err)
			}
			if err := pk.CheckCertificate([]byte(context), parsed); err != nil {
				t.Errorf("key %d, context %q: %v", i, context, err)
			}
		}
	}
}

func TestF8_CertificateIsForOneKeyAndContext(t *testing.T) {
	c := certify(t, 0, "slot 1")
	pk := blindtest.Key(t, 0).Public()
	for name, err := range map[string]error{
		"another context": pk.CheckCertificate([]byte("slot 2"), c),
		"no context":      pk.CheckCertificate(nil, c),
		"another key":     blindtest.Key(t, 1).Public().CheckCertificate([]byte("slot 1"), c),
		"zeros":           pk.CheckCertificate([]byte("slot 1"), blind.Certificate{}),
	} {
		if !errors.Is(err, blind.ErrCertificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each of the eight roots is checked, in its place and in its one encoding.
func TestF8_EveryRootIsChecked(t *testing.T) {
	pk := blindtest.Key(t, 0).Public()
	n := new(big.Int).SetBytes(pk.Modulus())
	overflowing := 0
	for context := byte(0); context < 8; context++ {
		c := certify(t, 0, string(context))
		for k := range blind.CertificateRoots {
			root := func(c *blind.Certificate, k int) []byte { return c[k*blind.Size : (k+1)*blind.Size] }
			flipped := c
			root(&flipped, k)[blind.Size-1] ^= 1
			swapped := c
			other := (k + 1) % blind.CertificateRoots
			copy(root(&swapped, k), root(&c, other))
			copy(root(&swapped, other), root(&c, k))
			negated := c
			x := new(big.Int).SetBytes(root(&c, k))
			new(big.Int).Sub(n, x).FillBytes(root(&negated, k))
			for name, bad := range map[string]blind.Certificate{"flipped": flipped, "swapped": swapped, "negated": negated} {
				if err := pk.CheckCertificate([]byte{context}, bad); !errors.Is(err, blind.ErrCertificate) {
					t.Errorf("root %d %s: %v", k, name, err)
				}
			}
			if x.Add(x, n).BitLen() <= 8*blind.Size {
				overflowing++
				plusN := c
				x.FillBytes(root(&plusN, k))
				if err := pk.CheckCertificate([]byte{context}, plusN); !errors.Is(err, blind.ErrCertificate) {
					t.Errorf("root %d + N: %v", k, err)
				}
			}
		}
		if overflowing > 0 && context > 0 {
			return
		}
	}
	t.Error("no root + N fits into 256 bytes; use another key")
}

// A key whose private power is computed elsewhere gets the same certificate; a power that is wrong gets none.
func TestF8_CertifyWith(t *testing.T) {
	sk := blindtest.Key(t, 0)
	pk := sk.Public()
	c, err := pk.CertifyWith([]byte("slot 1"), sk.BlindSign)
	if err != nil || c != certify(t, 0, "slot 1") {
		t.Errorf("not the certificate of the key: %v", err)
	}
	fails := errors.New("the module does not answer")
	for name, bad := range map[string]struct {
		root func([]byte) ([]byte, error)
		want error
	}{
		"another key's power": {blindtest.Key(t, 1).BlindSign, blind.ErrCertificate},
		"no power":            {func(c []byte) ([]byte, error) { return c, nil }, blind.ErrCertificate},
		"a failing module":    {func([]byte) ([]byte, error) { return nil, fails }, fails},
	} {
		if _, err := pk.CertifyWith([]byte("slot 1"), bad.root); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pk.CertifyWith([]byte("slot 1"), func([]byte) ([]byte, error) { return make([]byte, 10), nil }); err == nil {
		t.Error("a root of ten bytes is taken")
	}
	if _, err := pk.CertifyWith([]byte("slot 1"), func(c []byte) ([]byte, error) {
		sigma, err := sk.BlindSign(c)
		return append(sigma, 0), err
	}); err == nil {
		t.Error("a root with a byte too many is taken")
	}
}
