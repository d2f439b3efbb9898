package ranking

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/crypto/group"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// all calls f with every ranking, shorter ones first, each length in lexical order.
func all(candidates, depth int, f func(ranking []int)) {
	var extend func(ranking []int, length int)
	extend = func(ranking []int, length int) {
		if len(ranking) == length {
			f(ranking)
			return
		}
		for c := range candidates {
			if !slices.Contains(ranking, c) {
				extend(append(ranking, c), length)
			}
		}
	}
	for length := range depth + 1 {
		extend(nil, length)
	}
}

// Every ranking of few candidates has its place in that order as number, and B4: its own element, from which it comes back.
func TestB4_EveryRanking(t *testing.T) {
	for candidates := 1; candidates <= 5; candidates++ {
		for depth := 1; depth <= candidates; depth++ {
			e := must(New(candidates, depth))
			if e.Candidates() != candidates || e.Depth() != depth || e.Elements() != 1 {
				t.Errorf("%d candidates, depth %d: %+v", candidates, depth, e)
			}
			next := int64(0)
			seen := make(map[[32]byte]bool)
			all(candidates, depth, func(ranking []int) {
				n := must(e.Number(ranking))
				if n.Cmp(big.NewInt(next)) != 0 {
					t.Errorf("%d candidates: %v has number %v instead of %d", candidates, ranking, n, next)
				}
				next++
				if got, err := e.Ranking(n); err != nil || !slices.Equal(got, ranking) {
					t.Errorf("%d candidates: number %v is %v, want %v: %v", candidates, n, got, ranking, err)
				}
				roundTrip(t, e, ranking)
				enc := must(e.Encode(ranking))[0].Encoding()
				if seen[enc] {
					t.Errorf("%v has another ranking's element", ranking)
				}
				seen[enc] = true
			})
			if e.Count().Cmp(big.NewInt(next)) != 0 {
				t.Errorf("%d candidates, depth %d: %v rankings instead of %d", candidates, depth, e.Count(), next)
			}
			for _, n := range []*big.Int{big.NewInt(-1), e.Count(), new(big.Int).Lsh(e.Count(), 300)} {
				if _, err := e.Ranking(n); !errors.Is(err, ErrSpoiled) {
					t.Errorf("number %v: %v", n, err)
				}
			}
		}
	}
}

func roundTrip(t interface {
	Helper()
	Errorf(string, ...any)
}, e *Encoding, ranking []int) {
	t.Helper()
	elements, err := e.Encode(ranking)
	if err != nil {
		t.Errorf("encoding %v: %v", ranking, err)
		return
	}
	if len(elements) != e.Elements() {
		t.Errorf("%v has %d elements instead of %d", ranking, len(elements), e.Elements())
	}
	// As they come out of a decryption: as points, without a remembered encoding.
	for k := range elements {
		enc := elements[k].Encoding()
		if _, err := group.DecodeElement(enc[:]); err != nil || enc[0] < 2 || enc[31] != 0 {
			t.Errorf("%v: element %d is %x: %v", ranking, k, enc, err)
		}
		elements[k] = elements[k].Add(group.Generator()).Sub(group.Generator())
	}
	if got, err := e.Decode(elements); err != nil || !slices.Equal(got, ranking) {
		t.Errorf("%v comes back as %v: %v", ranking, got, err)
	}
}

// Any ranking of many candidates, in one element and in several.
func TestAnyRanking(t *testing.T) {
	for _, size := range []struct{ candidates, depth, elements int }{
		{54, 54, 1}, {55, 55, 2}, {80, 80, 2}, {128, 35, 1}, {128, 36, 2}, {128, 128, 3}, {40, 17, 1},
	} {
		e := must(New(size.candidates, size.depth))
		if e.Elements() != size.elements {
			t.Errorf("%d candidates, depth %d: %d elements, want %d", size.candidates, size.depth, e.Elements(), size.elements)
		}
		everybody := make([]int, size.candidates)
		for i := range everybody {
			everybody[i] = i
		}
		rapid.Check(t, func(t *rapid.T) {
			order := rapid.Permutation(everybody).Draw(t, "order")
			ranking := order[:rapid.IntRange(0, size.depth).Draw(t, "length")]
			n := must(e.Number(ranking))
			if n.Cmp(e.Count()) >= 0 {
				t.Errorf("number %v of %v", n, e.Count())
			}
			if got, err := e.Ranking(n); err != nil || !slices.Equal(got, ranking) {
				t.Errorf("number of %v is that of %v: %v", ranking, got, err)
			}
		})
		// Embedding takes longer: a few of them.
		for length := range 4 {
			roundTrip(t, e, everybody[len(everybody)-size.depth:][:size.depth*length/3])
		}
	}
}

// Any number below Count is a ranking's, and the next one is no ranking's.
func TestAnyNumber(t *testing.T) {
	for _, candidates := range []int{54, 80} {
		e := must(New(candidates, candidates))
		rapid.Check(t, func(t *rapid.T) {
			b := rapid.SliceOfN(rapid.Byte(), 60, 60).Draw(t, "bytes")
			n := new(big.Int).SetBytes(b)
			n.Mod(n, e.Count())
			ranking, err := e.Ranking(n)
			if err != nil {
				t.Fatal(err)
			}
			if got := must(e.Number(ranking)); got.Cmp(n) != 0 {
				t.Errorf("number %v is that of %v, which has %v", n, ranking, got)
			}
		})
		last := must(e.Ranking(new(big.Int).Sub(e.Count(), big.NewInt(1))))
		if len(last) != candidates || last[0] != candidates-1 || last[candidates-1] != 0 {
			t.Errorf("the last ranking is %v", last)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {0, 1}, {-1, -1}, {1, 0}, {5, -1}, {5, 6}, {MaxCandidates + 1, 1}} {
		if _, err := New(size[0], size[1]); err == nil {
			t.Errorf("%d candidates, depth %d", size[0], size[1])
		}
	}
}

// B4, and equal length whatever the choice: the number of elements depends on nothing but candidates and depth, and the least
// number of elements is used.
func TestElementsNeeded(t *testing.T) {
	for candidates := 1; candidates <= MaxCandidates; candidates++ {
		e := must(New(candidates, candidates))
		last := new(big.Int).Sub(e.Count(), big.NewInt(1))
		if want := (last.BitLen() + 239) / 240; e.Elements() != want || (want == 1) != (candidates <= 54) {
			t.Errorf("%d candidates: %d elements for numbers of %d bits", candidates, e.Elements(), last.BitLen())
		}
	}
}

// H3: what is no ranking is refused before it is encrypted.
func TestH3_NoRankings(t *testing.T) {
	e := must(New(5, 3))
	for what, r := range map[string][]int{
		"twice": {1, 1}, "twice, apart": {1, 2, 1}, "unknown": {5}, "negative": {-1}, "too long": {0, 1, 2, 3},
		"far out": {math.MaxInt}, "far out, negative": {math.MinInt}, "0 twice": {0, 0},
		"a multiple of 2^16 more": {1<<16 + 1}, "1 in 31 bits": {math.MinInt + 1},
	} {
		if _, err := e.Encode(r); err == nil || errors.Is(err, ErrSpoiled) {
			t.Errorf("%s: encoded: %v", what, err)
		}
		if _, err := e.Number(r); err == nil {
			t.Errorf("%s: has a number", what)
		}
	}
}

// H2: elements that are not the encoding of a ranking are spoiled, whatever makes them so.
func TestH2_Spoiled(t *testing.T) {
	for _, candidates := range []int{5, 54, 80} {
		e := must(New(candidates, candidates))
		good := must(e.Encode([]int{3, 1}))
		bytesOf := func(n *big.Int) []byte { return n.FillBytes(make([]byte, chunkSize*e.elements)) }
		for k := range good {
			enc := good[k].Encoding()
			var cases []group.Element
			// The same bytes with every larger free byte: H2's room for marks.
			for free := int(enc[0]) + 2; free < 256; free += 2 {
				other := enc
				other[0] = byte(free)
				if d, err := group.DecodeElement(other[:]); err == nil {
					cases = append(cases, d)
				}
			}
			if len(cases) < 5 {
				t.Fatal("hardly any other free bytes")
			}
			// Free byte 0, and bytes where 0 must be.
			for last := range 16 {
				for free := 0; free < 64; free += 2 {
					other := enc
					other[0], other[31] = byte(free), byte(last)
					if d, err := group.DecodeElement(other[:]); err == nil && (free == 0 || last > 0) {
						cases = append(cases, d)
					}
				}
			}
			cases = append(cases, group.Element{}, group.Generator(), good[k].Add(group.Generator()), good[k].Neg())
			for _, c := range cases {
				bad := slices.Clone(good)
				bad[k] = c
				if r, err := e.Decode(bad); !errors.Is(err, ErrSpoiled) {
					t.Errorf("%d candidates: element %d %v is %v: %v", candidates, k, c, r, err)
				}
			}
		}
		// Numbers that no ranking has.
		for _, n := range []*big.Int{e.Count(), new(big.Int).Add(e.Count(), big.NewInt(7)), new(big.Int).SetBytes(bytes.Repeat([]byte{0xff}, chunkSize*e.elements))} {
			b := bytesOf(n)
			bad := make([]group.Element, e.elements)
			for k := range bad {
				bad[k] = must(embed((*[chunkSize]byte)(b[chunkSize*k:])))
			}
			if r, err := e.Decode(bad); !errors.Is(err, ErrSpoiled) {
				t.Errorf("%d candidates: number %v is %v: %v", candidates, n, r, err)
			}
		}
		for _, wrong := range [][]group.Element{nil, good[1:], append(slices.Clone(good), group.Element{})} {
			if _, err := e.Decode(wrong); err == nil || errors.Is(err, ErrSpoiled) {
				t.Errorf("%d elements: %v", len(wrong), err)
			}
		}
	}
}

// Vectors of a second implementation, testdata/reference.py.
func TestH3_ReferenceVectors(t *testing.T) {
	var vectors []struct {
		Candidates, Depth, Elements int
		Count                       string
		Ranking                     []int
		Number, Encoding            string
		Refused, Spoiled            string
	}
	if err := json.Unmarshal(must(os.ReadFile("testdata/vectors.json")), &vectors); err != nil {
		t.Fatal(err)
	}
	why := map[string]string{"number": "out of range", "free byte": "free byte", "form": "no embedded bytes",
		"too long": "ranks", "unknown candidate": "does not stand", "twice": "twice"}
	kinds := make(map[string]int)
	for i, v := range vectors {
		e := must(New(v.Candidates, v.Depth))
		if e.Elements() != v.Elements || e.Count().String() != v.Count {
			t.Errorf("vector %d: %d elements, %v rankings", i, e.Elements(), e.Count())
		}
		var elements []group.Element
		for b := range slices.Chunk(must(hex.DecodeString(v.Encoding)), 32) {
			elements = append(elements, must(group.DecodeElement(b)))
		}
		switch {
		case v.Refused != "":
			kinds[v.Refused]++
			if _, err := e.Encode(v.Ranking); err == nil || !strings.Contains(err.Error(), why[v.Refused]) {
				t.Errorf("vector %d: %v, want %s", i, err, v.Refused)
			}
		case v.Spoiled != "":
			kinds[v.Spoiled]++
			if _, err := e.Decode(elements); !errors.Is(err, ErrSpoiled) || !strings.Contains(err.Error(), why[v.Spoiled]) {
				t.Errorf("vector %d: %v, want %s", i, err, v.Spoiled)
			}
		default:
			kinds["good"]++
			if n := must(e.Number(v.Ranking)); n.String() != v.Number {
				t.Errorf("vector %d: number %v, want %s", i, n, v.Number)
			}
			if got := must(e.Encode(v.Ranking)); !slices.EqualFunc(got, elements, group.Element.Equal) {
				t.Errorf("vector %d: encoded as %v", i, got)
			}
			if got, err := e.Decode(elements); err != nil || !slices.Equal(got, v.Ranking) {
				t.Errorf("vector %d: decoded as %v: %v", i, got, err)
			}
		}
	}
	if len(kinds) != 1+len(why) || kinds["good"] < 50 {
		t.Errorf("kinds of vectors: %v", kinds)
	}
}

// The least free byte is used also when it lies beyond those that are always tried. Such bytes are rare: this one was searched for.
func TestLateFreeByte(t *testing.T) {
	chunk := must(hex.DecodeString("71692e00d3628911203a942b11a66743040fb6b3c33074e7bdc326c54300"))
	e, err := embed((*[chunkSize]byte)(chunk))
	if err != nil {
		t.Fatal(err)
	}
	enc := e.Encoding()
	if enc[0] < leastFree+2*surelyTried || !bytes.Equal(enc[1:31], chunk) || enc[31] != 0 {
		t.Errorf("embedded as %x", enc)
	}
	if got, err := extract(enc); err != nil || !bytes.Equal(got[:], chunk) {
		t.Errorf("extracted %x: %v", got, err)
	}
}

// A decoded ranking encodes to the same elements, and whatever else is spoiled.
func FuzzDecode(f *testing.F) {
	e := must(New(80, 80))
	for _, r := range [][]int{nil, {0}, {79, 3, 5}} {
		var b []byte
		for _, el := range must(e.Encode(r)) {
			b = el.Append(b)
		}
		f.Add(b)
	}
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		var elements []group.Element
		for c := range slices.Chunk(b, 32) {
			el, err := group.DecodeElement(c)
			if err != nil {
				return
			}
			elements = append(elements, el)
		}
		r, err := e.Decode(elements)
		if err != nil {
			if len(elements) == 2 && !errors.Is(err, ErrSpoiled) {
				t.Errorf("two elements: %v", err)
			}
			return
		}
		if again := must(e.Encode(r)); !slices.EqualFunc(again, elements, group.Element.Equal) {
			t.Errorf("%x decodes to %v, which encodes to %v", b, r, again)
		}
	})
}

// A list of numbers either is a ranking and comes back, or is refused.
func FuzzEncode(f *testing.F) {
	f.Add(uint8(3), []byte{0, 1, 2})
	f.Add(uint8(3), []byte{2, 2})
	f.Add(uint8(60), []byte{59, 60})
	f.Fuzz(func(t *testing.T, candidates uint8, list []byte) {
		e, err := New(int(candidates%60)+1, int(candidates%60)+1)
		if err != nil {
			t.Fatal(err)
		}
		ranking := make([]int, len(list))
		seen := make(map[byte]bool)
		valid := len(list) <= e.depth
		for i, c := range list {
			ranking[i] = int(c)
			valid = valid && !seen[c] && int(c) < e.candidates
			seen[c] = true
		}
		n, err := e.Number(ranking)
		if (err == nil) != valid {
			t.Fatalf("%v of %d: %v", ranking, e.candidates, err)
		}
		if err == nil {
			if got := must(e.Ranking(n)); !slices.Equal(got, ranking) {
				t.Errorf("%v comes back as %v", ranking, got)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := must(New(54, 54))
	r := must(e.Ranking(new(big.Int).Sub(e.Count(), big.NewInt(12345))))
	for b.Loop() {
		must(e.Encode(r))
	}
}

func BenchmarkDecode(b *testing.B) {
	e := must(New(54, 54))
	elements := must(e.Encode(must(e.Ranking(new(big.Int).Sub(e.Count(), big.NewInt(12345))))))
	for b.Loop() {
		must(e.Decode(elements))
	}
}
