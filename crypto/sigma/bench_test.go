package sigma

import (
	"crypto/rand"
	"fmt"
	"testing"

	"mandate/crypto/group"
)

// Run with -cpu 1,2 for figures per core and on both.

func bitInstances(n int) (es [][]group.Element, ws []Witness) {
	pk := group.BaseMul(random()).Encoded()
	for i := range n {
		r := random()
		A, B := encrypt(pk, int64(i%2), r)
		es = append(es, []group.Element{pk, A.Encoded(), B.Encoded()})
		ws = append(ws, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{i % 2}})
	}
	return es, ws
}

func BenchmarkBitProve(b *testing.B) {
	es, ws := bitInstances(1)
	tr := context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bitRelation.Prove(tr, es[0], ws[0], rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBitProveWithTable(b *testing.B) {
	es, ws := bitInstances(1)
	tr := context()
	r := bitRelation.WithTable(1, es[0][0])
	for b.Loop() {
		if _, err := r.Prove(tr, es[0], ws[0], rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBitVerify(b *testing.B) {
	es, ws := bitInstances(1)
	tr := context()
	proof := must(bitRelation.Prove(tr, es[0], ws[0], rand.Reader))
	b.ReportAllocs()
	for b.Loop() {
		if err := bitRelation.Verify(tr, es[0], proof); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBitBatch(b *testing.B) {
	const most = 10_000
	es, ws := bitInstances(most)
	tr := context()
	proofs := make([][]byte, most)
	for i := range proofs {
		proofs[i] = must(bitRelation.Prove(tr, es[i], ws[i], rand.Reader))
	}
	for _, n := range []int{10, 100, 1_000, most} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			batch := NewBatch(rand.Reader)
			for b.Loop() {
				for i := range n {
					if err := batch.Add(bitRelation, tr, es[i], proofs[i]); err != nil {
						b.Fatal(err)
					}
				}
				if err := batch.Verify(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n)/1000, "µs/proof")
		})
	}
}

// One false proof among many: what naming the culprit costs.
func BenchmarkBitBatchWithCulprit(b *testing.B) {
	const n = 1_000
	es, ws := bitInstances(n)
	tr := context()
	proofs := make([][]byte, n)
	for i := range proofs {
		proofs[i] = must(bitRelation.Prove(tr, es[i], ws[i], rand.Reader))
	}
	proofs[n/3] = spoil(proofs[n/3])
	batch := NewBatch(rand.Reader)
	for b.Loop() {
		for i := range n {
			if err := batch.Add(bitRelation, tr, es[i], proofs[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Verify(); err == nil {
			b.Fatal("accepted")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n)/1000, "µs/proof")
}

func BenchmarkSign(b *testing.B) {
	sk, tr := must(GenerateKey(rand.Reader)), context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Sign(tr, sk, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifySchnorr(b *testing.B) {
	sk, tr := must(GenerateKey(rand.Reader)), context()
	sig := must(Sign(tr, sk, rand.Reader))
	b.ReportAllocs()
	for b.Loop() {
		if err := VerifySchnorr(tr, sk.Public(), sig); err != nil {
			b.Fatal(err)
		}
	}
}
