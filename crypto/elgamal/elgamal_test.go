package elgamal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"mandate/crypto/group"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func random() group.Scalar { return must(group.RandomScalar(rand.Reader)) }

func integer(v int64) group.Element { return group.BaseMul(group.ScalarFromInt64(v)) }

func TestEncryptDecrypt(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	key := must(NewKey(pk))
	if !key.Element().Equal(pk) {
		t.Error("Key.Element is another key")
	}
	m, r := group.BaseMul(random()), random()
	c := must(Encrypt(pk, m, r))
	if want := (Ciphertext{group.BaseMul(r), m.Add(pk.Mul(r))}); !c.Equal(want) {
		t.Error("Encrypt is not (r·g, m + r·pk)")
	}
	if !c.Equal(must(key.Encrypt(m, r))) {
		t.Error("Key.Encrypt differs from Encrypt")
	}
	if got := must(Decrypt(x, c)); !got.Equal(m) {
		t.Errorf("decrypted %v, want %v", got, m)
	}
	if got := must(Decrypt(x.Add(group.ScalarFromUint64(1)), c)); got.Equal(m) {
		t.Error("another key decrypts")
	}
	v := must(EncryptInteger(pk, 41, r))
	if !v.Equal(must(key.EncryptInteger(41, r))) {
		t.Error("Key.EncryptInteger differs from EncryptInteger")
	}
	r2 := random()
	fresh := must(Rerandomize(pk, v, r2))
	if !fresh.Equal(must(key.Rerandomize(v, r2))) {
		t.Error("Key.Rerandomize differs from Rerandomize")
	}
	if fresh.A.Equal(v.A) || fresh.B.Equal(v.B) || !must(Decrypt(x, fresh)).Equal(integer(41)) {
		t.Error("rerandomized to the same ciphertext or to another plaintext")
	}
	if !fresh.Equal(must(EncryptInteger(pk, 41, r.Add(r2)))) {
		t.Error("randomness does not add up")
	}
}

func TestHomomorphism(t *testing.T) {
	x := random()
	key := must(NewKey(group.BaseMul(x)))
	var cs []Ciphertext
	for v := range uint64(10) {
		cs = append(cs, must(key.EncryptInteger(v, random())))
	}
	if got := must(VarTimeLog(must(Decrypt(x, Sum(cs))), 100)); got != 45 {
		t.Errorf("sum %d, want 45", got)
	}
	if got := must(Decrypt(x, cs[7].Sub(cs[3]))); !got.Equal(integer(4)) {
		t.Error("difference is not 4")
	}
	if s := Sum(nil); !s.Equal(Ciphertext{}) || !s.IsTrivial() {
		t.Error("the sum of none is not zero")
	}
}

func TestB7_TrivialCiphertext(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	c := Ciphertext{B: integer(1)}
	if !c.IsTrivial() {
		t.Error("A = 0 is not trivial")
	}
	if _, err := Decrypt(x, c); !errors.Is(err, ErrTrivial) {
		t.Errorf("decrypting A = 0: %v", err)
	}
	if _, err := Encrypt(pk, integer(1), group.Scalar{}); !errors.Is(err, ErrTrivial) {
		t.Errorf("encrypting with r = 0: %v", err)
	}
	// A sum of honest ciphertexts can be trivial, if somebody arranges it.
	a, b := must(EncryptInteger(pk, 1, x)), must(EncryptInteger(pk, 1, x.Neg()))
	if sum := a.Add(b); !sum.IsTrivial() || must(VarTimeLog(sum.B, 2)) != 2 {
		t.Error("r − r does not make a trivial sum")
	}
}

func TestB6_IdentityKey(t *testing.T) {
	if _, err := Encrypt(group.Element{}, integer(1), random()); !errors.Is(err, ErrKey) {
		t.Errorf("encrypting under the identity: %v", err)
	}
	if _, err := EncryptInteger(group.BaseMul(group.Scalar{}), 1, random()); !errors.Is(err, ErrKey) {
		t.Errorf("encrypting under 0·g: %v", err)
	}
	if _, err := Rerandomize(group.Element{}, Ciphertext{}, random()); !errors.Is(err, ErrKey) {
		t.Errorf("rerandomizing under the identity: %v", err)
	}
	if _, err := NewKey(group.Element{}); !errors.Is(err, ErrKey) {
		t.Errorf("preparing the identity: %v", err)
	}
}

func TestB1_Decode(t *testing.T) {
	c := must(EncryptInteger(group.BaseMul(random()), 1, random()))
	b := c.Bytes()
	d, err := Decode(b)
	if err != nil || !d.Equal(c) || !bytes.Equal(d.Bytes(), b) || !bytes.Equal(d.Encoded().Append([]byte{7}), append([]byte{7}, b...)) {
		t.Errorf("decoding an encoding: %v", err)
	}
	if c.Equal(Ciphertext{c.A, c.A}) || c.Equal(Ciphertext{c.B, c.B}) {
		t.Error("Equal compares one half only")
	}
	for _, n := range []int{0, 32, 63, 65, 128} {
		if _, err := Decode(make([]byte, n)); !errors.Is(err, ErrSize) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, i := range []int{0, 32} { // negative field elements
		bad := bytes.Clone(b)
		bad[i] |= 1
		if _, err := Decode(bad); !errors.Is(err, group.ErrElement) {
			t.Errorf("bad half at %d: %v", i, err)
		}
	}
}

// A14: equal randomness shows; the board looks for equal A.
func TestA14_EqualRandomnessShows(t *testing.T) {
	pk, r := group.BaseMul(random()), random()
	a, b := must(EncryptInteger(pk, 0, r)), must(EncryptInteger(pk, 1, r))
	if !a.A.Equal(b.A) || !b.B.Sub(a.B).Equal(group.Generator()) {
		t.Error("two votes under one r do not differ by g")
	}
}

func TestB8_LogIsExact(t *testing.T) {
	for _, max := range []uint64{0, 1, 2, 3, 4, 8, 9, 10, 99, 100, 101} {
		for v := range max + 1 {
			if got, err := VarTimeLog(integer(int64(v)), max); err != nil || got != v {
				t.Fatalf("log of %d·g up to %d: %d, %v", v, max, got, err)
			}
		}
		for _, v := range []int64{int64(max) + 1, int64(max) + 2, 2*int64(max) + 2, -1, -2, -int64(max) - 1, 1 << 40} {
			if got, err := VarTimeLog(integer(v), max); !errors.Is(err, ErrNoLog) {
				t.Fatalf("log of %d·g up to %d: %d, %v", v, max, got, err)
			}
		}
	}
	for _, v := range []uint64{1<<20 - 1, 1 << 20} {
		if got, err := VarTimeLog(integer(int64(v)), 1<<20); err != nil || got != v {
			t.Errorf("log of %d·g: %d, %v", v, got, err)
		}
	}
	if _, err := VarTimeLog(group.BaseMul(random()), 1<<16); !errors.Is(err, ErrNoLog) {
		t.Errorf("log of a random element: %v", err)
	}
	if _, err := VarTimeLog(integer(1), MaxLog+1); err == nil || errors.Is(err, ErrNoLog) {
		t.Errorf("an excessive bound: %v", err)
	}
}

// B8: sums beyond 32 bits are not cut.
func TestB8_LargeSums(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	for _, v := range []uint64{1<<31 - 1, 1<<31 + 1, 1<<32 + 1} {
		if got, err := VarTimeLog(integer(int64(v)), 1<<32+2); err != nil || got != v {
			t.Errorf("log of %d·g: %d, %v", v, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(make([]byte, 64))
	f.Add(must(EncryptInteger(group.Generator(), 1, random())).Bytes())
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Decode(b); err == nil && !bytes.Equal(c.Bytes(), b) {
			t.Fatal("decoding and encoding is not the identity")
		}
	})
}

func BenchmarkEncryptInteger(b *testing.B) {
	key, r := must(NewKey(group.BaseMul(random()))), random()
	for b.Loop() {
		if _, err := key.EncryptInteger(1, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecrypt(b *testing.B) {
	x := random()
	c := must(EncryptInteger(group.BaseMul(x), 1, random()))
	for b.Loop() {
		if _, err := Decrypt(x, c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVarTimeLogMillion(b *testing.B) {
	e := integer(999_999)
	for b.Loop() {
		if _, err := VarTimeLog(e, 1_000_000); err != nil {
			b.Fatal(err)
		}
	}
}
