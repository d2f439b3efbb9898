package group

import (
	mathrand "math/rand/v2"
	"runtime"
	"testing"
)

// Every number of points over several groups, with edge scalars and the
// identity among them, against Element.Mul.
func TestMultiMul(t *testing.T) {
	edges := scalars(t)
	var points []Element
	for _, e := range elements(t) {
		points = append(points, e)
	}
	rng := mathrand.New(mathrand.NewPCG(5, 6))
	for n := range 34 {
		var s []Scalar
		var e []Element
		for range n {
			s = append(s, edges[rng.IntN(len(edges))])
			e = append(e, points[rng.IntN(len(points))])
		}
		if got, want := MultiMul(s, e), naive(s, e); !got.Equal(want) || got.Encoding() != want.Encoding() {
			t.Errorf("%d points: %v, want %v", n, got, want)
		}
	}
}

func TestMultiMulEveryEdgeScalar(t *testing.T) {
	p := newPool(t, 5)
	for _, k := range scalars(t) {
		for j := range 5 { // in every place of a group
			s := append([]Scalar(nil), p.logs...)
			s[j] = k
			if got, want := MultiMul(s, p.elements), naive(s, p.elements); !got.Equal(want) {
				t.Errorf("%x in place %d: %v, want %v", k.Bytes(), j, got, want)
			}
		}
	}
}

func TestMultiMulLarge(t *testing.T) {
	p := newPool(t, 100)
	const n = 10_002
	s, e := make([]Scalar, n), make([]Element, n)
	var log Scalar
	for i := range n {
		s[i], e[i] = p.logs[(i%100*7+i%13)%100], p.elements[i%100]
		log = log.Add(s[i].Mul(p.logs[i%100]))
	}
	want := BaseMul(log).Encoding()
	for _, procs := range []int{1, 2, 5} {
		old := runtime.GOMAXPROCS(procs)
		got := MultiMul(s, e).Encoding()
		runtime.GOMAXPROCS(old)
		if got != want {
			t.Errorf("on %d processors: %x, want %x", procs, got, want)
		}
	}
}

func TestMultiMulPanicsOnLengths(t *testing.T) {
	defer func() {
		if r := recover(); r == nil {
			t.Error("slices of different lengths were accepted")
		}
	}()
	MultiMul(make([]Scalar, 2), make([]Element, 3))
}

func TestDoubleAll(t *testing.T) {
	var all []Element
	for _, e := range elements(t) {
		all = append(all, e, e.Add(e), e.Sub(e))
	}
	all = append(all, Element{}, Generator().Sub(Generator()))
	for range 500 {
		all = append(all, randomElement(t))
	}
	// All representatives of the identity, and of another element.
	for _, e := range []Element{{}, randomElement(t)} {
		for _, torsion := range fourTorsion(t) {
			shifted := e
			shifted.p.add(e.point(), torsion)
			all = append(all, shifted)
		}
	}
	for _, size := range []int{0, 1, 2, len(all)} {
		got := DoubleAll(all[:size])
		if len(got) != size {
			t.Fatalf("%d doubles of %d", len(got), size)
		}
		for i, e := range all[:size] {
			want := e.Add(e)
			if !got[i].Equal(want) || got[i].Encoding() != want.Encoding() || got[i].p.encode() != want.Encoding() {
				t.Errorf("%d: DoubleAll(%v) = %v, want %v", i, e, got[i], want)
			}
		}
	}
}

// fourTorsion returns the points of order 1, 2 and 4, which all represent the
// identity.
func fourTorsion(t *testing.T) []*point {
	t.Helper()
	i := sqrtM1
	order4 := point{x: i, z: one} // (√−1, 0)
	points := []*point{&identity}
	for range 3 {
		var p point
		p.add(points[len(points)-1], &order4)
		points = append(points, &p)
	}
	for k, p := range points {
		if p.equal(&identity) != 1 {
			t.Fatalf("%d·(√−1, 0) does not represent the identity", k)
		}
	}
	return points
}

func BenchmarkMultiMul(b *testing.B) {
	const n = 10_000
	p := newPool(b, 100)
	s, e := make([]Scalar, n), make([]Element, n)
	for i := range n {
		s[i], e[i] = p.logs[i*7%100], p.elements[i%100]
	}
	for b.Loop() {
		MultiMul(s, e)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n/1000, "µs/point")
}

func BenchmarkDoubleAll(b *testing.B) {
	e := newPool(b, 1000).elements
	for b.Loop() {
		DoubleAll(e)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/element")
}
