package group

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"runtime"
	"testing"
)

func naive(s []Scalar, e []Element) Element {
	var sum Element
	for i := range s {
		sum = sum.Add(e[i].Mul(s[i]))
	}
	return sum
}

// pool is some elements of known logarithm, so that large sums can be checked
// with one multiplication.
type pool struct {
	logs     []Scalar
	elements []Element
}

func newPool(t testing.TB, n int) pool {
	p := pool{make([]Scalar, n), make([]Element, n)}
	for i := range n {
		p.logs[i] = randomScalar(t)
		p.elements[i] = BaseMul(p.logs[i])
		if i%2 == 0 {
			p.elements[i] = must(DecodeElement(p.elements[i].Bytes()))
		}
	}
	return p
}

func TestVarTimeMultiMulSmall(t *testing.T) {
	edges := scalars(t)
	var points []Element
	for _, e := range elements(t) {
		points = append(points, e)
	}
	rng := mathrand.New(mathrand.NewPCG(1, 2))
	for n := range 34 {
		var s []Scalar
		var e []Element
		for range n {
			s = append(s, edges[rng.IntN(len(edges))])
			e = append(e, points[rng.IntN(len(points))])
		}
		if got, want := VarTimeMultiMul(s, e), naive(s, e); !got.Equal(want) || got.Encoding() != want.Encoding() {
			t.Errorf("%d points: %v, want %v", n, got, want)
		}
	}
}

// Every size from 0 to 300, which has the border between the two methods in
// it, with edge scalars, short scalars and repeated points mixed in.
func TestVarTimeMultiMulEverySize(t *testing.T) {
	edges := scalars(t)
	p := newPool(t, 60)
	rng := mathrand.New(mathrand.NewPCG(3, 4))
	for n := range 301 {
		s, e := make([]Scalar, n), make([]Element, n)
		var log Scalar
		for i := range n {
			switch k := rng.IntN(len(p.logs)); rng.IntN(8) {
			case 0: // the identity
				s[i] = edges[rng.IntN(len(edges))]
			case 1, 2:
				s[i], e[i] = edges[rng.IntN(len(edges))], p.elements[k]
				log = log.Add(s[i].Mul(p.logs[k]))
			case 3, 4:
				var w [16]byte
				rand.Read(w[:])
				s[i], e[i] = ScalarFrom128(w), p.elements[k]
				if k%3 == 0 {
					s[i] = s[i].Neg()
				}
				log = log.Add(s[i].Mul(p.logs[k]))
			default:
				s[i], e[i] = randomScalar(t), p.elements[k]
				log = log.Add(s[i].Mul(p.logs[k]))
			}
		}
		if got, want := VarTimeMultiMul(s, e), BaseMul(log); !got.Equal(want) {
			t.Fatalf("%d points: %v, want %v", n, got, want)
		}
	}
}

// Sums so large that they go through several windows sizes, goroutines and,
// for the last, more than one pass.
func TestVarTimeMultiMulLarge(t *testing.T) {
	p := newPool(t, 100)
	for _, n := range []int{parallelFrom - 1, parallelFrom, 3_000, 20_000, maxPass + 700} {
		s, e := make([]Scalar, n), make([]Element, n)
		var log Scalar
		for i := range n {
			s[i] = p.logs[(i%100*7+i%13)%100]
			if n > maxPass || i%3 == 0 {
				var w [16]byte
				rand.Read(w[:i%17])
				s[i] = ScalarFrom128(w)
			}
			e[i] = p.elements[i%100]
			log = log.Add(s[i].Mul(p.logs[i%100]))
		}
		want := BaseMul(log).Encoding()
		for _, procs := range []int{1, 2, 5} {
			old := runtime.GOMAXPROCS(procs)
			got := VarTimeMultiMul(s, e).Encoding()
			runtime.GOMAXPROCS(old)
			if got != want {
				t.Errorf("%d points on %d processors: %x, want %x", n, procs, got, want)
			}
		}
	}
}

// All points the same, all scalars the same, sums that cancel.
func TestVarTimeMultiMulDegenerate(t *testing.T) {
	for _, n := range []int{1, 2, bucketsFrom - 1, bucketsFrom, 2_000} {
		for _, k := range scalars(t)[:20] {
			s, e := make([]Scalar, n), make([]Element, n)
			for i := range n {
				s[i], e[i] = k, Generator()
			}
			want := BaseMul(k.Mul(ScalarFromUint64(uint64(n))))
			if got := VarTimeMultiMul(s, e); !got.Equal(want) {
				t.Errorf("%d times %x·g: %v, want %v", n, k.Bytes(), got, want)
			}
			for i := range n / 2 {
				e[2*i] = e[2*i].Neg()
			}
			want = BaseMul(k.Mul(ScalarFromUint64(uint64(n % 2))))
			if got := VarTimeMultiMul(s, e); !got.Equal(want) {
				t.Errorf("%d alternating %x·g: %v, want %v", n, k.Bytes(), got, want)
			}
		}
	}
}

func TestVarTimeMultiMulPanicsOnLengths(t *testing.T) {
	defer func() {
		if r := recover(); r == nil {
			t.Error("slices of different lengths were accepted")
		}
	}()
	VarTimeMultiMul(make([]Scalar, 2), make([]Element, 3))
}

func FuzzVarTimeMultiMul(f *testing.F) {
	f.Add(uint64(1), uint16(7))
	f.Add(uint64(2), uint16(200))
	p := newPool(f, 16)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		rng := mathrand.New(mathrand.NewPCG(seed, 0))
		s, e := make([]Scalar, n%400), make([]Element, n%400)
		var log Scalar
		for i := range s {
			var b [64]byte
			for j := range rng.IntN(65) {
				b[j] = byte(rng.Uint32())
			}
			s[i] = ScalarFromUniformBytes(b)
			if rng.IntN(2) == 0 {
				s[i] = s[i].Neg()
			}
			k := rng.IntN(16)
			e[i] = p.elements[k]
			log = log.Add(s[i].Mul(p.logs[k]))
		}
		if got, want := VarTimeMultiMul(s, e), BaseMul(log); !got.Equal(want) {
			t.Fatal(fmt.Sprint(len(s), " points: ", got, ", want ", want))
		}
	})
}
