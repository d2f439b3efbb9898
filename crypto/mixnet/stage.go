package mixnet

import (
	"fmt"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// A Stage is what one mixer publishes.
type Stage struct {
	// Outputs are N·w ciphertexts with their encodings remembered; they are
	// the inputs of the next stage.
	Outputs []elgamal.Ciphertext
	// Proof is [Mix.ProofSize] bytes.
	Proof []byte
}

// Bytes returns the encoding of the stage: the outputs, A ‖ B each, and the
// proof.
func (s *Stage) Bytes() []byte {
	b := make([]byte, 0, len(s.Outputs)*elgamal.Size+len(s.Proof))
	for i := range s.Outputs {
		b = s.Outputs[i].Append(b)
	}
	return append(b, s.Proof...)
}

// DecodeStage decodes [Mix.StageSize] bytes. Nothing of the proof is checked
// but its length.
func (m *Mix) DecodeStage(b []byte) (*Stage, error) {
	if len(b) != m.StageSize() {
		return nil, fmt.Errorf("stage of %d bytes instead of %d: %w", len(b), m.StageSize(), ErrSize)
	}
	outputs, err := DecodeCiphertexts(b[:len(b)-m.ProofSize()])
	if err != nil {
		return nil, fmt.Errorf("decoding stage: %w", err)
	}
	return &Stage{outputs, append([]byte(nil), b[len(b)-m.ProofSize():]...)}, nil
}

// DecodeCiphertexts decodes ciphertexts of 64 bytes each, on all processors.
func DecodeCiphertexts(b []byte) ([]elgamal.Ciphertext, error) {
	if len(b)%elgamal.Size != 0 {
		return nil, fmt.Errorf("ciphertexts of %d bytes: %w", len(b), ErrSize)
	}
	cs := make([]elgamal.Ciphertext, len(b)/elgamal.Size)
	err := inParallel(len(cs), blockItems, func(lo, hi int) error {
		for i := lo; i < hi; i++ {
			var err error
			if cs[i], err = elgamal.Decode(b[elgamal.Size*i : elgamal.Size*(i+1)]); err != nil {
				return fmt.Errorf("ciphertext %d: %w", i, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return cs, nil
}

// A layout is where the parts of a proof are: 32 bytes for each element and
// scalar, in this order.
type layout struct {
	c     []byte // c_1, …, c_N
	chain []byte // ĉ_1, …, ĉ_N
	t     []byte // t1, t2, t3, t41_1, …, t41_w, t42_1, …, t42_w
	tHat  []byte // t̂_1, …, t̂_N
	s     []byte // s1, s2, s3, s4_1, …, s4_w
	sHat  []byte // ŝ_1, …, ŝ_N
	sMix  []byte // s'_1, …, s'_N
}

// lay divides a proof, which must be of the right length.
func (m *Mix) lay(proof []byte) (l layout) {
	for _, part := range []struct {
		field *[]byte
		count int
	}{
		{&l.c, m.n}, {&l.chain, m.n}, {&l.t, 3 + 2*m.width}, {&l.tHat, m.n},
		{&l.s, 3 + m.width}, {&l.sHat, m.n}, {&l.sMix, m.n},
	} {
		size := group.ElementSize * part.count
		*part.field, proof = proof[:size:size], proof[size:]
	}
	return l
}

func element(field []byte, i int) (group.Element, error) {
	return group.DecodeElement(field[group.ElementSize*i : group.ElementSize*(i+1)])
}

func scalar(field []byte, i int) (group.Scalar, error) {
	return group.DecodeScalar(field[group.ScalarSize*i : group.ScalarSize*(i+1)])
}

func put(field []byte, i int, enc [32]byte) { copy(field[32*i:32*(i+1)], enc[:]) }
