package cast

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// yesNoAbstain is the ballot of the project's figures: three options, at most one.
func yesNoAbstain() []contest.Contest { return []contest.Contest{question("merger", 3, 0, 1)} }

func ballots(b *testing.B, v *testVote, n int) []*record.Record {
	b.Helper()
	cards := make([]*credential.Credential, min(n, 50))
	for i := range cards {
		cards[i] = v.credential(b)
	}
	recs := make([]*record.Record, n)
	Parallel(n, func(i int) {
		rec, _, err := v.form.Encrypt(v.Context, cards[i%len(cards)], uint64(i), record.ID{}, NewDraft(), [][]int{{i % 3}})
		if err != nil {
			panic(err)
		}
		recs[i] = rec
	})
	return recs
}

func BenchmarkEncrypt(b *testing.B) {
	for name, contests := range map[string][]contest.Contest{"yes or no": {question("a", 2, 0, 1)}, "yes, no, abstain": yesNoAbstain(), "approval of 20": {question("a", 20, 0, 20)},
		"ranked of 40": {ranked("a", 40, 17)}} {
		b.Run(name, func(b *testing.B) {
			v := newVote(b, contests)
			c := v.credential(b)
			for b.Loop() {
				if _, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), [][]int{{1}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(v.form.Length(0)), "bytes/ballot")
		})
		b.Run(name+", prepared", func(b *testing.B) {
			v := newVote(b, contests)
			c := v.credential(b)
			f, err := v.form.WithTable(v.Key)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, _, err := f.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), [][]int{{1}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheckAlone(b *testing.B) {
	v := newVote(b, yesNoAbstain())
	rec := ballots(b, v, 1)[0]
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			if _, bad := v.form.Check(v.Context, rec); bad != nil {
				b.Fatal(bad)
			}
		}
	})
	b.Run("without signatures", func(b *testing.B) {
		for b.Loop() {
			_, s, bad := v.form.decode(&v.Context, rec)
			if bad != nil {
				b.Fatal(bad)
			}
			if err := v.form.relation.Verify(s.transcript, s.elements, s.proof); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("signatures only", func(b *testing.B) {
		body := rec.Body.(*record.Ballot)
		for b.Loop() {
			if bad := checkSignatures(&v.Context, body.Key, body.Signatures); bad != nil {
				b.Fatal(bad)
			}
		}
	})
	b.Run("decode record", func(b *testing.B) {
		for b.Loop() {
			if _, err := record.Decode(rec.Raw()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCheckAll(b *testing.B) {
	v := newVote(b, yesNoAbstain())
	recs := ballots(b, v, 10_000)
	for _, n := range []int{1_000, 10_000} {
		perBallot := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/ballot")
		}
		b.Run(fmt.Sprintf("%d whole", n), func(b *testing.B) {
			for b.Loop() {
				_, faults := v.form.CheckAll(v.Context, recs[:n])
				for _, bad := range faults {
					if bad != nil {
						b.Fatal(bad)
					}
				}
			}
			perBallot(b)
		})
		b.Run(fmt.Sprintf("%d without signatures", n), func(b *testing.B) {
			size := min(chunkSize, n/runtime.GOMAXPROCS(0))
			for b.Loop() {
				Parallel((n+size-1)/size, func(i int) {
					batch := sigma.NewBatch(rand.Reader)
					for _, rec := range recs[i*size : min((i+1)*size, n)] {
						_, s, bad := v.form.decode(&v.Context, rec)
						if bad != nil {
							panic(bad)
						}
						if err := batch.Add(v.form.relation, s.transcript, s.elements, s.proof); err != nil {
							panic(err)
						}
					}
					if err := batch.Verify(); err != nil {
						panic(err)
					}
				})
			}
			perBallot(b)
		})
	}
}
