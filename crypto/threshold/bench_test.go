package threshold

import (
	"crypto/rand"
	"testing"

	"mandate/crypto/group"
)

// All of a key generation, every trustee's work and every check by one of
// them: three trustees, two needed.
func BenchmarkKeyGeneration3of2(b *testing.B) {
	p := parameters(3, 2)
	for b.Loop() {
		a := generate(b, p)
		for l, s := range a.shares {
			share, proof, err := s.Test(a.keys, rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			if err := p.VerifyTest(l+1, a.keys, share, proof); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkPartialDecrypt3(b *testing.B) {
	a := generate(b, parameters(3, 2))
	cs := a.encrypt(1, 2, 3)
	for b.Loop() {
		if _, _, err := a.shares[0].PartialDecrypt(decryption(0), cs, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyPartial3(b *testing.B) {
	a := generate(b, parameters(3, 2))
	cs := a.encrypt(1, 2, 3)
	shares, proof, err := a.shares[0].PartialDecrypt(decryption(0), cs, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := VerifyPartial(decryption(0), 1, a.keys.Trustees[0], cs, shares, proof); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCombine3(b *testing.B) {
	a := generate(b, parameters(3, 2))
	cs := a.encrypt(1, 2, 3)
	all := make(map[int][]group.Element)
	for i := 1; i <= 2; i++ {
		shares, _, err := a.shares[i-1].PartialDecrypt(decryption(0), cs, rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		all[i] = shares
	}
	for b.Loop() {
		if _, err := Combine(2, len(cs), all); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindCountOf10000(b *testing.B) {
	a := generate(b, parameters(1, 1))
	c := a.encrypt(9999)[0]
	d := c.A.Mul(a.shares[0].x)
	for b.Loop() {
		if _, err := VarTimeFindCount(c, d, 10000); err != nil {
			b.Fatal(err)
		}
	}
}
