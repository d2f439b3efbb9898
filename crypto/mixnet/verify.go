package mixnet

import (
	"fmt"
	"io"
	"sync"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// Verify returns nil if the outputs of the stage are a shuffle of the inputs
// by somebody who knew how, and the proof was made for this mix and this
// transcript, which is left as it was. Every equation gets a random weight of
// 128 bits, read from rand, which outside tests is crypto/rand.Reader; a false
// proof passes with probability 2^−128.
//
// Besides inputs and stage it takes about 400 bytes of memory for each
// ciphertext, and 15 MB for each processor.
func (m *Mix) Verify(t *transcript.Transcript, inputs []elgamal.Ciphertext, stage *Stage, rand io.Reader) error {
	o, err := m.open(t, inputs, stage)
	if err != nil {
		return fmt.Errorf("verifying shuffle: %w", err)
	}
	if err := o.fold(rand, noEquation); err != nil {
		return fmt.Errorf("verifying shuffle: %w", err)
	}
	return nil
}

// An opened proof is one of the right length, with its challenges.
type opened struct {
	m               *Mix
	inputs, outputs []elgamal.Ciphertext
	layout
	u []group.Scalar
	x group.Scalar
}

// open checks lists and lengths and computes the challenges. It decodes
// nothing: what is no element or scalar is hashed as it is, and refused later.
func (m *Mix) open(t *transcript.Transcript, inputs []elgamal.Ciphertext, stage *Stage) (*opened, error) {
	if len(stage.Proof) != m.ProofSize() {
		return nil, fmt.Errorf("proof of %d bytes instead of %d: %w", len(stage.Proof), m.ProofSize(), ErrSize)
	}
	in, err := m.encode("inputs", inputs)
	if err != nil {
		return nil, err
	}
	out, err := m.encode("outputs", stage.Outputs)
	if err != nil {
		return nil, err
	}
	var distinct error
	var wg sync.WaitGroup
	wg.Go(func() { distinct = checkDistinct(in, out) })
	o := &opened{m: m, inputs: inputs, outputs: stage.Outputs, layout: m.lay(stage.Proof)}
	s := m.begin(t, in)
	finish(s, out, o.c)
	o.x = challenge(s, &o.layout)
	wg.Wait()
	if distinct != nil {
		return nil, distinct
	}
	o.u = m.exponents(s)
	return o, nil
}
