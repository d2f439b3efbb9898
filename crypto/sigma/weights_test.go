package sigma

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// A7: errors +E and −E in two proofs. With equal weights they cancel, which
// the first half shows; with random ones the batch names both.
func TestA7_ErrorsDoNotCancel(t *testing.T) {
	E := group.BaseMul(random())
	wrong := func(tr *transcript.Transcript, x group.Scalar, E group.Element) ([]group.Element, []byte) {
		es, k := []group.Element{group.BaseMul(x)}, random()
		T := group.BaseMul(k).Add(E)
		c := schnorr.challenge(tr, es, []group.Element{T})
		return es, proofOf([]group.Element{T}, k.Add(c.Mul(x)))
	}
	fill := func(b *Batch) {
		for i := range 10 {
			x := random()
			es := []group.Element{group.BaseMul(x)}
			proof := must(schnorr.Prove(context(), es, Witness{Leaves: [][]group.Scalar{{x}}}, rand.Reader))
			switch i {
			case 3:
				es, proof = wrong(context(), x, E)
			case 8:
				es, proof = wrong(context(), x, E.Neg())
			}
			if err := b.Add(schnorr, context(), es, proof); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := NewBatch(constantReader(7))
	fill(b)
	if err := b.Verify(); err != nil {
		t.Fatalf("the errors do not cancel under equal weights, so this test shows nothing: %v", err)
	}
	b = NewBatch(rand.Reader)
	fill(b)
	var batchErr *BatchError
	if err := b.Verify(); !errors.As(err, &batchErr) || !slices.Equal(batchErr.Indexes, []int{3, 8}) {
		t.Errorf("errors +E and −E: %v", err)
	}
}

// A7 within one proof: each equation has its own weight.
func TestA7_EquationsHaveTheirOwnWeights(t *testing.T) {
	x, k, E := random(), random(), group.BaseMul(random())
	G := group.BaseMul(random())
	es := []group.Element{G, group.BaseMul(x), G.Mul(x)}
	moves := []group.Element{group.BaseMul(k).Add(E), G.Mul(k).Sub(E)}
	c := equalLogs.challenge(context(), es, moves)
	proof := proofOf(moves, k.Add(c.Mul(x)))
	if err := check(t, equalLogs, context(), es, proof); !errors.Is(err, ErrEquation) {
		t.Errorf("errors +E and −E in one proof: %v", err)
	}
	b := NewBatch(constantReader(1))
	if err := b.Add(equalLogs, context(), es, proof); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err != nil {
		t.Errorf("the errors do not cancel under equal weights, so this test shows nothing: %v", err)
	}
}

// A7: the weights are of 128 bits, fresh for every batch, and no two alike.
func TestA7_WeightsAre128BitsOfTheReader(t *testing.T) {
	b := NewBatch(&counter{})
	for i := range 6 {
		x := random()
		es := []group.Element{group.BaseMul(x)}
		proof := must(schnorr.Prove(context(), es, Witness{Leaves: [][]group.Scalar{{x}}}, rand.Reader))
		if err := b.Add(schnorr, context(), es, proof); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := b.drawWeights(); err != nil {
		t.Fatal(err)
	}
	for i, w := range b.weights {
		var want [32]byte
		binary.LittleEndian.PutUint64(want[:], uint64(2*i))
		binary.LittleEndian.PutUint64(want[8:], uint64(2*i+1))
		if w.Encoding() != want {
			t.Errorf("weight %d is %x, want %x", i, w.Encoding(), want)
		}
	}
}

type constantReader byte

func (c constantReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0
		if i%16 == 0 {
			p[i] = byte(c)
		}
	}
	return len(p), nil
}

// counter reads as 0, 1, 2, … in 64-bit words.
type counter struct{ n uint64 }

func (c *counter) Read(p []byte) (int, error) {
	for i := 0; i+8 <= len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], c.n)
		c.n++
	}
	return len(p) &^ 7, nil
}
