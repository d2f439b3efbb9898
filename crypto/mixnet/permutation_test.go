package mixnet

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// chiSquare returns Σ (observed − expected)²/expected over the 4! permutations
// of 0 … 3.
func chiSquare(t *testing.T, draws int, draw func() []int32) float64 {
	t.Helper()
	count := make(map[[4]int32]int)
	for range draws {
		psi := [4]int32(draw())
		sorted := slices.Sorted(slices.Values(psi[:]))
		if !slices.Equal(sorted, []int32{0, 1, 2, 3}) {
			t.Fatalf("%v is no permutation", psi)
		}
		count[psi]++
	}
	expected := float64(draws) / 24
	sum := float64(24-len(count)) * expected
	for _, n := range count {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

// With 23 degrees of freedom a fair draw exceeds this once in 10^9 times.
const chiSquareBound = 90

// D9: all 4! permutations are equally likely. Fisher–Yates that is off by one
// and a modulus without rejection are caught by the same test.
func TestD9_PermutationIsUniform(t *testing.T) {
	const draws = 48_000
	fair := chiSquare(t, draws, func() []int32 { return must(permutation(4, rand.Reader)) })
	if fair > chiSquareBound {
		t.Errorf("χ² = %.0f", fair)
	}
	offByOne := chiSquare(t, draws, func() []int32 {
		psi := []int32{0, 1, 2, 3}
		for i := 3; i > 0; i-- {
			j := must(below(uint32(i), rand.Reader)) // rand()·i, not rand()·(i+1)
			psi[i], psi[j] = psi[j], psi[i]
		}
		return psi
	})
	everywhere := chiSquare(t, draws, func() []int32 {
		psi := []int32{0, 1, 2, 3}
		for i := range psi {
			j := must(below(4, rand.Reader)) // anywhere, not only below
			psi[i], psi[j] = psi[j], psi[i]
		}
		return psi
	})
	modulo := chiSquare(t, draws, func() []int32 {
		psi := []int32{0, 1, 2, 3}
		var b [4]byte
		rand.Read(b[:])
		for i := 3; i > 0; i-- {
			j := int(b[i]&15) % (i + 1) // 16 is not a multiple of 3
			psi[i], psi[j] = psi[j], psi[i]
		}
		return psi
	})
	if min(offByOne, everywhere, modulo) < chiSquareBound {
		t.Errorf("biased permutations pass: χ² = %.0f, %.0f, %.0f", offByOne, everywhere, modulo)
	}
}

// D9: it is this permutation that is applied, in this direction, and the one
// that the shuffle draws. The first bytes of randomness are its own.
func TestD9_PermutationIsApplied(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	const n = 5
	m := must(NewMix(generators(), pk, n, 1))
	in, ms := ballots(pk, n, 1)
	for range 10 {
		b := make([]byte, 100)
		rand.Read(b)
		psi := must(permutation(n, bytes.NewReader(b)))
		stage := must(m.Shuffle(context(), in, bytes.NewReader(b)))
		for i, j := range psi {
			if got := must(elgamal.Decrypt(x, stage.Outputs[i])); !got.Equal(ms[j]) {
				t.Errorf("ψ = %v: output %d is not input %d", psi, i, j)
			}
		}
	}
}

// D9: every place of a long permutation takes every value about equally often.
func TestD9_EveryPlace(t *testing.T) {
	const n, draws = 20, 20_000
	var count [n][n]int
	for range draws {
		for i, j := range must(permutation(n, rand.Reader)) {
			count[i][j]++
		}
	}
	for i := range count {
		var chi float64
		for _, c := range count[i] {
			d := float64(c) - draws/n
			chi += d * d / (draws / n)
		}
		if chi > chiSquareBound { // 19 degrees of freedom
			t.Errorf("place %d: χ² = %.0f", i, chi)
		}
	}
}

// D9: below throws away exactly the values that would be too many.
func TestD9_Rejection(t *testing.T) {
	words := func(vs ...uint32) io.Reader {
		var b []byte
		for _, v := range vs {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return bytes.NewReader(b)
	}
	for _, n := range []uint32{1, 2, 3, 5, 6, 7, 1000, 1 << 16, 1<<31 - 1, 1 << 31} {
		excess := uint32((1 << 32) % uint64(n))
		if got := must(below(n, words(excess))); got != excess%n {
			t.Errorf("below(%d) of %d is %d", n, excess, got)
		}
		if got := must(below(n, words(1<<32-1))); uint64(got) != (1<<32-1)%uint64(n) {
			t.Errorf("below(%d) of 2^32 − 1 is %d", n, got)
		}
		if excess > 0 {
			if _, err := below(n, words(excess-1)); err == nil {
				t.Errorf("below(%d) takes %d", n, excess-1)
			}
			if got := must(below(n, words(0, excess-1, excess+1))); got != (excess+1)%n {
				t.Errorf("below(%d) after two refused values is %d", n, got)
			}
		}
	}
	if _, err := permutation(3, words(7)); !errors.Is(err, io.EOF) {
		t.Errorf("randomness ended: %v", err)
	}
}

// J8: what a mixer does with its secrets takes no variable time.
func TestJ8_MixerIsConstantTime(t *testing.T) {
	for _, file := range []string{"shuffle.go", "permutation.go"} {
		if b := must(os.ReadFile(file)); bytes.Contains(b, []byte("VarTime")) {
			t.Errorf("%s uses a variable-time function", file)
		}
	}
}

// D9: randomness comes from the caller, who has it from crypto/rand, and from
// no package that only looks random. A5: nobody hashes by hand.
func TestD9_Imports(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		n++
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path := must(strconv.Unquote(i.Path.Value))
			if strings.Contains(path, "rand") || strings.Contains(path, "sha") || path == "hash" {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d files were read", n)
	}
}
