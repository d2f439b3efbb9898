package group

import (
	"crypto/rand"
	"fmt"
	"testing"
)

func randomScalar(t testing.TB) Scalar {
	t.Helper()
	s, err := RandomScalar(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func randomElement(t testing.TB) Element {
	t.Helper()
	var b [64]byte
	rand.Read(b[:])
	return FromUniformBytes(b)
}

func BenchmarkDecode(b *testing.B) {
	enc := randomElement(b).Bytes()
	for b.Loop() {
		if _, err := DecodeElement(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e := randomElement(b)
	for b.Loop() {
		e.Encoding()
	}
}

func BenchmarkFromUniformBytes(b *testing.B) {
	var in [64]byte
	rand.Read(in[:])
	for b.Loop() {
		FromUniformBytes(in)
	}
}

func BenchmarkAdd(b *testing.B) {
	e := randomElement(b)
	for b.Loop() {
		e = e.Add(e)
	}
}

func BenchmarkMul(b *testing.B) {
	s, e := randomScalar(b), randomElement(b)
	for b.Loop() {
		e.Mul(s)
	}
}

func BenchmarkVarTimeMul(b *testing.B) {
	s, e := randomScalar(b), randomElement(b)
	for b.Loop() {
		VarTimeMul(s, e)
	}
}

func BenchmarkBaseMul(b *testing.B) {
	s := randomScalar(b)
	for b.Loop() {
		BaseMul(s)
	}
}

func BenchmarkTableMul(b *testing.B) {
	s, t := randomScalar(b), NewTable(randomElement(b))
	for b.Loop() {
		t.Mul(s)
	}
}

func BenchmarkNewTable(b *testing.B) {
	e := randomElement(b)
	for b.Loop() {
		NewTable(e)
	}
}

// Elements as they come from a board, decoded; run with -cpu 1,2.
func BenchmarkVarTimeMultiMul(b *testing.B) {
	const most = 100_000
	elements := make([]Element, most)
	long := make([]Scalar, most)
	short := make([]Scalar, most)
	step := randomElement(b)
	e := randomElement(b)
	for i := range elements {
		e = e.Add(step)
		d, err := DecodeElement(e.Bytes())
		if err != nil {
			b.Fatal(err)
		}
		elements[i], long[i] = d, randomScalar(b)
		var w [16]byte
		rand.Read(w[:])
		short[i] = ScalarFrom128(w)
	}
	for _, n := range []int{5, 10, 30, 100, 150, 200, 300, 1_000, 10_000, most} {
		for _, k := range []struct {
			name    string
			scalars []Scalar
		}{{"128", short}, {"253", long}} {
			b.Run(fmt.Sprintf("bits=%s/n=%d", k.name, n), func(b *testing.B) {
				for b.Loop() {
					VarTimeMultiMul(k.scalars[:n], elements[:n])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n)/1000, "µs/point")
			})
		}
	}
}
