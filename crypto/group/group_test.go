package group

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"github.com/gtank/ristretto255"
)

// vectors returns the fields of the lines of testdata/rfc9496.txt that begin
// with kind, decoded from hexadecimal.
func vectors(t testing.TB, kind string) [][][]byte {
	t.Helper()
	f, err := os.Open("testdata/rfc9496.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][][]byte
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] != kind {
			continue
		}
		var row [][]byte
		for _, w := range words[1:] {
			b, err := hex.DecodeString(w)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, b)
		}
		all = append(all, row)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("no %s vectors: %v", kind, lines.Err())
	}
	return all
}

// elements returns one element for each way in which elements come about.
func elements(t testing.TB) map[string]Element {
	g := Generator()
	r := randomElement(t)
	decoded, err := DecodeElement(r.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Element{
		"zero value":        {},
		"computed identity": r.Sub(decoded),
		"decoded identity":  must(DecodeElement(make([]byte, 32))),
		"BaseMul 0":         BaseMul(Scalar{}),
		"g":                 g,
		"−g":                g.Neg(),
		"2g":                g.Add(g),
		"random":            r,
		"decoded":           decoded,
		"negated":           decoded.Neg(),
		"multiple":          r.Mul(randomScalar(t)),
		"base multiple":     BaseMul(randomScalar(t)),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// scalars returns the scalars at which things go wrong, and some others.
func scalars(t testing.TB) []Scalar {
	one := ScalarFromUint64(1)
	s := []Scalar{{}, one, one.Neg(), ScalarFromUint64(2), ScalarFromInt64(-2), one.Add(one).Invert(), ScalarFromUint64(1<<64 - 1)}
	for _, bit := range []uint{4, 8, 63, 64, 65, 127, 128, 129, 192, 250, 251, 252} {
		p := bigScalar(new(big.Int).Lsh(big.NewInt(1), bit))
		s = append(s, p, p.Sub(one), p.Neg(), p.Add(one).Neg())
	}
	for range 8 {
		s = append(s, randomScalar(t))
		var w [16]byte
		rand.Read(w[:])
		s = append(s, ScalarFrom128(w), ScalarFrom128(w).Neg())
	}
	return s
}

var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

func bigScalar(v *big.Int) Scalar {
	var b [32]byte
	new(big.Int).Mod(v, order).FillBytes(b[:])
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return must(DecodeScalar(b[:]))
}

func scalarBig(s Scalar) *big.Int {
	b := s.Encoding()
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return new(big.Int).SetBytes(b[:])
}

func theirs(t testing.TB, e Element) *ristretto255.Element {
	t.Helper()
	r, err := ristretto255.NewIdentityElement().SetCanonicalBytes(e.Bytes())
	if err != nil {
		t.Fatalf("gtank/ristretto255 refuses our encoding %v: %v", e, err)
	}
	return r
}

func same(t testing.TB, what string, ours Element, want *ristretto255.Element) {
	t.Helper()
	if !bytes.Equal(ours.Bytes(), want.Bytes()) {
		t.Errorf("%s = %v, gtank/ristretto255 has %x", what, ours, want.Bytes())
	}
}

func TestRFC9496SmallMultiples(t *testing.T) {
	var sum Element
	for i, v := range vectors(t, "multiple") {
		e, err := DecodeElement(v[0])
		if err != nil {
			t.Fatalf("%d·g: %v", i, err)
		}
		if !sum.Equal(e) || !bytes.Equal(sum.Bytes(), v[0]) || e.p.encode() != [32]byte(v[0]) {
			t.Errorf("%d·g = %v, want %x", i, sum, v[0])
		}
		if m := BaseMul(ScalarFromUint64(uint64(i))); !m.Equal(e) {
			t.Errorf("BaseMul(%d) = %v, want %x", i, m, v[0])
		}
		sum = sum.Add(Generator())
	}
}

func TestRFC9496HashToGroup(t *testing.T) {
	for i, v := range vectors(t, "uniform") {
		if e := FromUniformBytes([64]byte(v[0])); !bytes.Equal(e.Bytes(), v[1]) {
			t.Errorf("input %d maps to %v, want %x", i, e, v[1])
		}
	}
}

func TestB1_BadEncodings(t *testing.T) {
	bad := [][]byte{nil, {}, make([]byte, 31), make([]byte, 33), make([]byte, 64)}
	for _, v := range vectors(t, "bad") {
		bad = append(bad, v[0])
	}
	g := Generator().Bytes()
	bad = append(bad, g[:31], append(g[:32:32], 0))
	high := bytes.Clone(g)
	high[31] |= 0x80
	bad = append(bad, high)
	// p … p + 18 are the values that SetBytes of the field would wrap.
	for i := range 19 {
		b := bytes.Repeat([]byte{0xff}, 32)
		b[0], b[31] = 0xed+byte(i), 0x7f
		bad = append(bad, b)
	}
	for _, b := range bad {
		if e, err := DecodeElement(b); !errors.Is(err, ErrElement) {
			t.Errorf("decoding %x: %v, %v", b, e, err)
		}
	}
	if e, err := DecodeElement(make([]byte, 32)); err != nil || !e.IsIdentity() {
		t.Errorf("decoding the identity: %v, %v", e, err)
	}
}

// A vote must not have eight encodings: P + torsion is either the same
// element (the 4-torsion, with the same encoding) or none, and what Ed25519
// sends for any of the eight does not decode as the element.
func TestB2_TorsionShifts(t *testing.T) {
	torsion, err := new(edwards25519.Point).SetBytes(must(hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		e := randomElement(t)
		want := e.Encoding()
		shifted := e.point().edwards()
		for k := 1; k < 8; k++ {
			shifted.Add(shifted, torsion)
			f := fromEdwards(shifted)
			if even := k%2 == 0; e.Equal(f) != even || (f.Encoding() == want) != even {
				t.Errorf("shift by %d/8: Equal %v, same encoding %v", k, e.Equal(f), f.Encoding() == want)
			}
			if d, err := DecodeElement(shifted.Bytes()); err == nil && d.Equal(e) {
				t.Errorf("the Ed25519 encoding of a shift by %d/8 decodes as the element", k)
			}
		}
	}
}

func TestEncodingAgainstGtank(t *testing.T) {
	for range 500 {
		var b [64]byte
		rand.Read(b[:])
		e := FromUniformBytes(b)
		want, err := ristretto255.NewIdentityElement().SetUniformBytes(b[:])
		if err != nil {
			t.Fatal(err)
		}
		same(t, "FromUniformBytes", e, want)
		d, err := DecodeElement(want.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !d.Equal(e) || d.p.encode() != e.Encoding() || d.p.z != one {
			t.Errorf("decoded %v, want %v", d, e)
		}
		// Most random strings do not decode; both must agree.
		b[31] &= 0x7f
		b[0] &= 0xfe
		_, err = DecodeElement(b[:32])
		_, wantErr := ristretto255.NewIdentityElement().SetCanonicalBytes(b[:32])
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%x: we say %v, gtank/ristretto255 %v", b[:32], err, wantErr)
		}
	}
	for _, edge := range []byte{0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff} {
		b := [64]byte(bytes.Repeat([]byte{edge}, 64))
		want, err := ristretto255.NewIdentityElement().SetUniformBytes(b[:])
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("FromUniformBytes(%x…)", edge), FromUniformBytes(b), want)
	}
}

func TestArithmeticAgainstGtank(t *testing.T) {
	zero := ristretto255.NewIdentityElement
	s := scalars(t)
	i := 0
	for nameE, e := range elements(t) {
		te := theirs(t, e)
		if e.Encoded().Encoding() != e.Encoding() || !e.Encoded().Equal(e) {
			t.Errorf("%s: Encoded is not the same element", nameE)
		}
		same(t, "−"+nameE, e.Neg(), zero().Negate(te))
		for nameF, f := range elements(t) {
			tf := theirs(t, f)
			same(t, nameE+" + "+nameF, e.Add(f), zero().Add(te, tf))
			same(t, nameE+" − "+nameF, e.Sub(f), zero().Subtract(te, tf))
			if e.Equal(f) != (te.Equal(tf) == 1) {
				t.Errorf("%s = %s: %v", nameE, nameF, e.Equal(f))
			}
			if a, b := SelectElement(1, e, f), SelectElement(0, e, f); !a.Equal(e) || !b.Equal(f) {
				t.Errorf("SelectElement of %s and %s", nameE, nameF)
			}
		}
		if e.IsIdentity() != (te.Equal(zero()) == 1) {
			t.Errorf("%s is the identity: %v", nameE, e.IsIdentity())
		}
		table := NewTable(e)
		for range 12 {
			k := s[i%len(s)]
			i++
			ts, err := ristretto255.NewScalar().SetCanonicalBytes(k.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%x·%s", k.Bytes(), nameE)
			want := zero().ScalarMult(ts, te)
			same(t, what, e.Mul(k), want)
			same(t, "VarTimeMul "+what, VarTimeMul(k, e), want)
			same(t, "Table.Mul "+what, table.Mul(k), want)
			same(t, "BaseMul", BaseMul(k), zero().ScalarBaseMult(ts))
		}
	}
}

func TestTableEveryEdgeScalar(t *testing.T) {
	e := randomElement(t)
	table := NewTable(e)
	for _, s := range scalars(t) {
		if got, want := table.Mul(s), e.Mul(s); !got.Equal(want) {
			t.Errorf("Table.Mul(%x) = %v, want %v", s.Bytes(), got, want)
		}
		for _, f := range []Element{{}, Generator(), e.Mul(s).Neg()} {
			if got, want := table.MulAdd(s, f), e.Mul(s).Add(f); !got.Equal(want) {
				t.Errorf("Table.MulAdd(%x, %v) = %v, want %v", s.Bytes(), f, got, want)
			}
		}
	}
}

// Values are not changed by what is computed from them.
func TestImmutable(t *testing.T) {
	e, f, s, u := randomElement(t), Generator(), randomScalar(t), randomScalar(t)
	a, b, c, d := e.Encoding(), f.Encoding(), s.Encoding(), u.Encoding()
	e.Add(f)
	e.Sub(f)
	e.Neg()
	e.Mul(s)
	e.Encoded()
	VarTimeMultiMul([]Scalar{s, u}, []Element{e, f})
	NewTable(e).Mul(s)
	s.Add(u)
	s.Sub(u)
	s.Mul(u)
	s.MulAdd(u, s)
	s.Neg()
	s.Invert()
	e.Bytes()[0] ^= 1
	f.Bytes()[0] ^= 1
	s.Bytes()[0] ^= 1
	if e.Encoding() != a || f.Encoding() != b || s.Encoding() != c || u.Encoding() != d || Generator().Encoding() != b {
		t.Error("a value changed")
	}
	if got := string(e.Append([]byte("x"))); got != "x"+string(a[:]) {
		t.Errorf("Append: %x", got)
	}
}

func TestScalarArithmetic(t *testing.T) {
	check := func(what string, got Scalar, want *big.Int) {
		t.Helper()
		if scalarBig(got).Cmp(want.Mod(want, order)) != 0 {
			t.Errorf("%s = %v, want %v", what, scalarBig(got), want)
		}
	}
	all := scalars(t)
	for i, s := range all {
		u := all[(7*i+3)%len(all)]
		x, y := scalarBig(s), scalarBig(u)
		check("s + u", s.Add(u), new(big.Int).Add(x, y))
		check("s − u", s.Sub(u), new(big.Int).Sub(x, y))
		check("s · u", s.Mul(u), new(big.Int).Mul(x, y))
		check("s · u + s", s.MulAdd(u, s), new(big.Int).Add(new(big.Int).Mul(x, y), x))
		check("−s", s.Neg(), new(big.Int).Neg(x))
		check("1/s", s.Invert(), new(big.Int).Exp(x, new(big.Int).Sub(order, big.NewInt(2)), order))
		check("select 1", SelectScalar(1, s, u), x)
		check("select 0", SelectScalar(0, s, u), y)
		if !s.Equal(s) || s.Equal(u) != (x.Cmp(y) == 0) || s.IsZero() != (x.Sign() == 0) {
			t.Errorf("comparing %v and %v", x, y)
		}
	}
	for _, v := range []int64{0, 1, -1, 42, -42, 1<<63 - 1, -1 << 63} {
		check("int64", ScalarFromInt64(v), big.NewInt(v))
	}
	for _, v := range []uint64{0, 1, 1<<64 - 1} {
		check("uint64", ScalarFromUint64(v), new(big.Int).SetUint64(v))
	}
}

func TestB5_NonCanonicalScalars(t *testing.T) {
	bad := [][]byte{nil, make([]byte, 31), make([]byte, 33), bytes.Repeat([]byte{0xff}, 32)}
	for _, s := range scalars(t) {
		v := new(big.Int).Add(scalarBig(s), order)
		for range 14 { // every multiple of ℓ that fits
			if v.BitLen() <= 256 {
				var b [32]byte
				v.FillBytes(b[:])
				for i := range 16 {
					b[i], b[31-i] = b[31-i], b[i]
				}
				bad = append(bad, b[:])
			}
			v.Add(v, order)
		}
	}
	for _, b := range bad {
		if _, err := DecodeScalar(b); !errors.Is(err, ErrScalar) {
			t.Errorf("decoding %x: %v", b, err)
		}
	}
	last := bigScalar(new(big.Int).Sub(order, big.NewInt(1)))
	if s, err := DecodeScalar(last.Bytes()); err != nil || !s.Equal(ScalarFromInt64(-1)) {
		t.Errorf("decoding ℓ − 1: %v", err)
	}
}

// A 64-byte digest is reduced, not cut: every bit of it counts.
func TestA6_WideReduction(t *testing.T) {
	var b [64]byte
	rand.Read(b[:])
	v := new(big.Int)
	for i := 63; i >= 0; i-- {
		v.Lsh(v, 8).Or(v, big.NewInt(int64(b[i])))
	}
	if got := scalarBig(ScalarFromUniformBytes(b)); got.Cmp(v.Mod(v, order)) != 0 {
		t.Errorf("reduced to %v, want %v", got, v)
	}
	s := ScalarFromUniformBytes(b)
	for i := range b {
		b[i] ^= 0x10
		if ScalarFromUniformBytes(b).Equal(s) {
			t.Errorf("byte %d does not count", i)
		}
		b[i] ^= 0x10
	}
	if s, err := RandomScalar(bytes.NewReader(make([]byte, 63))); err == nil || !s.IsZero() {
		t.Error("63 bytes of randomness made a scalar")
	}
	if s, err := RandomScalar(bytes.NewReader(b[:])); err != nil || !s.Equal(ScalarFromUniformBytes(b)) {
		t.Errorf("RandomScalar is not the wide reduction: %v", err)
	}
}

func TestScalarsPrintRedacted(t *testing.T) {
	s := ScalarFromUint64(0x5ec7e7)
	text := must(s.MarshalText())
	json := must(s.MarshalJSON())
	all := fmt.Sprintf("%v %+v %#v %s %q %d %x %v", s, s, s, s, s, s, s, []Scalar{s}) + s.String() + s.GoString() + string(text) + string(json)
	if strings.Count(all, "REDACTED") != 12 || strings.Contains(strings.ToLower(all), "5ec7e7") || strings.Contains(all, fmt.Sprint(0x5ec7e7)) {
		t.Error(all)
	}
}

// The constants that point.go and ristretto.go state are those of RFC 9496.
func TestConstants(t *testing.T) {
	for name, c := range map[string]struct {
		value   field.Element
		decimal string
	}{
		"D":                 {curveD, "37095705934669439343138083508754565189542113879843219016388785533085940283555"},
		"SQRT_M1":           {sqrtM1, "19681161376707505956807079304988542015446066515923890162744021073123829784752"},
		"SQRT_AD_MINUS_ONE": {sqrtADMinusOne, "25063068953384623474111414158702152701244531502492656460079210482610430750235"},
		"INVSQRT_A_MINUS_D": {invSqrtAMinusD, "54469307008909316920995813868745141605393597292927456921205312896311721017578"},
		"ONE_MINUS_D_SQ":    {oneMinusDSquared, "1159843021668779879193775521855586647937357759715417654439879720876111806838"},
		"D_MINUS_ONE_SQ":    {dMinusOneSquared, "40440834346308536858101042469323190826248399146238708352240133220865137265952"},
		"4":                 {four, "4"},
	} {
		b := c.value.Bytes()
		v := new(big.Int)
		for i := 31; i >= 0; i-- {
			v.Lsh(v, 8).Or(v, big.NewInt(int64(b[i])))
		}
		if v.String() != c.decimal {
			t.Errorf("%s = %v, want %s", name, v, c.decimal)
		}
	}
}

func FuzzDecodeElement(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(Generator().Bytes())
	for _, v := range vectors(f, "bad") {
		f.Add(v[0])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeElement(b)
		_, wantErr := ristretto255.NewIdentityElement().SetCanonicalBytes(b)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("we say %v, gtank/ristretto255 %v", err, wantErr)
		}
		if err == nil && (!bytes.Equal(e.Bytes(), b) || e.point().encode() != [32]byte(b)) {
			t.Fatal("decoding and encoding is not the identity")
		}
	})
}

func FuzzDecodeScalar(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(ScalarFromInt64(-1).Bytes())
	f.Add(bytes.Repeat([]byte{0xff}, 32))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeScalar(b)
		if err == nil && !bytes.Equal(s.Bytes(), b) {
			t.Fatal("decoding and encoding is not the identity")
		}
		if _, wantErr := ristretto255.NewScalar().SetCanonicalBytes(b); (err == nil) != (wantErr == nil) {
			t.Fatalf("we say %v, gtank/ristretto255 %v", err, wantErr)
		}
	})
}
