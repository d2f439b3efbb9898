package mixnet

import (
	"crypto/rand"
	"fmt"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// The largest size takes half a minute to prepare.
var benchSizes = []int{1_000, 10_000, 100_000}

// manyBallots is n ciphertexts, cheaply.
func manyBallots(pk group.Element, n int) []elgamal.Ciphertext {
	cs := make([]elgamal.Ciphertext, n)
	c := must(elgamal.Encrypt(pk, group.Generator(), random()))
	step := must(elgamal.Encrypt(pk, group.Generator(), random()))
	for i := range cs {
		c = c.Add(step)
		cs[i] = c
	}
	forBlocks(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			cs[i] = must(elgamal.Decode(cs[i].Bytes()))
		}
	})
	return cs
}

// Generators are computed once for all stages of a mix.
func BenchmarkGenerators(b *testing.B) {
	pk := group.BaseMul(random())
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				must(NewMix(generators(), pk, n, 1))
			}
			perItem(b, n)
		})
	}
}

// A mixer's work, generators not counted.
func BenchmarkShuffle(b *testing.B) {
	pk := group.BaseMul(random())
	for _, n := range benchSizes {
		m, in := must(NewMix(generators(), pk, n, 1)), manyBallots(pk, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				must(m.Shuffle(context(), in, rand.Reader))
			}
			perItem(b, n)
			b.ReportMetric(float64(m.StageSize())/float64(n), "bytes/item")
		})
	}
}

// The work of a verifier who has the inputs: decoding the stage and verifying
// it, generators not counted.
func BenchmarkVerify(b *testing.B) {
	pk := group.BaseMul(random())
	for _, n := range benchSizes {
		m, in := must(NewMix(generators(), pk, n, 1)), manyBallots(pk, n)
		bytes := must(m.Shuffle(context(), in, rand.Reader)).Bytes()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				stage := must(m.DecodeStage(bytes))
				if err := m.Verify(context(), in, stage, rand.Reader); err != nil {
					b.Fatal(err)
				}
			}
			perItem(b, n)
		})
	}
}

func perItem(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n)/1000, "µs/item")
}
