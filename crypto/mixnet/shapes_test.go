package mixnet

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// D3: an item twice, before, after or across a stage.
func TestD3_Duplicates(t *testing.T) {
	pk := group.BaseMul(random())
	const n, w = 3, 2
	m := must(NewMix(generators(), pk, n, w))
	for _, c := range []struct{ i, j int }{{0, 2}, {0, 1}, {1, 4}} { // another item, the same one, another component
		in, _ := ballots(pk, n, w)
		in[c.j] = elgamal.Ciphertext{A: in[c.i].A, B: in[c.j].B}
		if _, err := m.Shuffle(context(), in, rand.Reader); !errors.Is(err, ErrDuplicate) {
			t.Errorf("inputs %d and %d: shuffled: %v", c.i, c.j, err)
		}
		fails(t, "inputs", m, context(), in, mixed(m, in, permutationMatrix(1, 2, 0)).prove(context()), ErrDuplicate)

		in, _ = ballots(pk, n, w)
		stage := must(m.Shuffle(context(), in, rand.Reader))
		stage.Outputs[c.j].A = stage.Outputs[c.i].A
		fails(t, "outputs", m, context(), in, stage, ErrDuplicate)

		stage = must(m.Shuffle(context(), in, rand.Reader))
		stage.Outputs[c.j] = in[c.i]
		fails(t, "not mixed", m, context(), in, stage, ErrDuplicate)
	}
	in, _ := ballots(pk, n, w)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	// B may repeat: it says nothing without A.
	if err := checkDistinct(must(m.encode("inputs", in))); err != nil {
		t.Error(err)
	}
	in[3].A = group.Element{}
	if _, err := m.Shuffle(context(), in, rand.Reader); !errors.Is(err, elgamal.ErrTrivial) {
		t.Errorf("B7: a trivial input: %v", err)
	}
	fails(t, "B7: a trivial input", m, context(), in, stage, elgamal.ErrTrivial)
	in, _ = ballots(pk, n, w)
	stage.Outputs[0].A = group.Element{}
	fails(t, "B7: a trivial output", m, context(), in, stage, elgamal.ErrTrivial)
}

// D7: other numbers and widths, and proofs of every wrong length around the
// right one, are errors and never panics.
func TestD7_Shapes(t *testing.T) {
	pk := group.BaseMul(random())
	const n, w = 4, 2
	m := must(NewMix(generators(), pk, n, w))
	in, _ := ballots(pk, n, w)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	for _, size := range []struct{ n, w int }{{0, 2}, {1, 2}, {3, 2}, {5, 2}, {4, 1}, {4, 3}, {8, 1}, {2, 4}} {
		what := fmt.Sprintf("%d·%d", size.n, size.w)
		other, _ := ballots(pk, size.n, size.w)
		if size.n*size.w != n*w {
			if _, err := m.Shuffle(context(), other, rand.Reader); !errors.Is(err, ErrSize) {
				t.Errorf("%s: shuffled: %v", what, err)
			}
			fails(t, what+" inputs", m, context(), other, stage, ErrSize)
			fails(t, what+" outputs", m, context(), in, &Stage{other, stage.Proof}, ErrSize)
		}
		if size.n == 0 {
			continue
		}
		// A stage of another mix with the same ciphertexts, as far as they go.
		m2 := must(NewMix(generators(), pk, size.n, size.w))
		other2 := must(m2.Shuffle(context(), other, rand.Reader))
		fails(t, what+" proof", m, context(), in, &Stage{stage.Outputs, other2.Proof}, ErrSize)
		fails(t, what+" stage", m2, context(), other, stage, ErrSize)
		if _, err := m.DecodeStage(other2.Bytes()); !errors.Is(err, ErrSize) {
			t.Errorf("%s: decoded as 4·2: %v", what, err)
		}
	}
	b := stage.Bytes()
	for cut := range b {
		if _, err := m.DecodeStage(b[:cut]); !errors.Is(err, ErrSize) {
			t.Fatalf("%d bytes: %v", cut, err)
		}
	}
	for _, more := range []int{1, 31, 32, 64, len(b)} {
		if _, err := m.DecodeStage(append(slices.Clone(b), b[:more]...)); !errors.Is(err, ErrSize) {
			t.Fatalf("%d bytes more: %v", more, err)
		}
	}
	for _, size := range []int{0, 1, 31, 32, m.ProofSize() - 32, m.ProofSize() - 1, m.ProofSize() + 1, m.ProofSize() + 32, 2 * m.ProofSize()} {
		proof := append(slices.Clone(stage.Proof), stage.Proof...)[:size]
		fails(t, fmt.Sprintf("proof of %d bytes", size), m, context(), in, &Stage{stage.Outputs, proof}, ErrSize)
	}
	fails(t, "zero stage", m, context(), in, new(Stage), ErrSize)
	if m.ProofSize() != len(stage.Proof) || m.StageSize() != len(b) || m.ProofSize() != 32*(5*n+6+3*w) {
		t.Error("sizes")
	}
}

// B1, B5: encodings that are not canonical, in every place of a proof and of
// the outputs.
func TestB1_B5_EncodingsOfAProof(t *testing.T) {
	pk := group.BaseMul(random())
	const n, w = 2, 2
	m := must(NewMix(generators(), pk, n, w))
	in, _ := ballots(pk, n, w)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	order := must(hex.DecodeString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
	elements := 3*n + m.single()
	for at := range len(stage.Proof) / 32 {
		changed := &Stage{stage.Outputs, slices.Clone(stage.Proof)}
		b := changed.Proof[32*at : 32*at+32]
		if at < elements {
			for _, bad := range [][]byte{bytes.Repeat([]byte{0xff}, 32), append([]byte{1}, make([]byte, 31)...)} {
				copy(b, bad)
				fails(t, fmt.Sprintf("element %d of the proof", at), m, context(), in, changed, group.ErrElement)
			}
			continue
		}
		carry := 0 // the scalar plus ℓ
		for i := range b {
			carry += int(b[i]) + int(order[i])
			b[i], carry = byte(carry), carry>>8
		}
		fails(t, fmt.Sprintf("scalar %d of the proof", at), m, context(), in, changed, group.ErrScalar)
	}
	b := stage.Bytes()
	for at := range n * w * 2 {
		bad := slices.Clone(b)
		bad[32*at] |= 1 // negative
		if _, err := m.DecodeStage(bad); !errors.Is(err, group.ErrElement) {
			t.Errorf("half %d of the outputs: %v", at, err)
		}
	}
}
