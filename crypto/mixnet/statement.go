package mixnet

import (
	"encoding/binary"
	"fmt"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// encode returns the encodings of a list, which must have N·w ciphertexts
// none of which is without randomness.
func (m *Mix) encode(what string, cs []elgamal.Ciphertext) ([]byte, error) {
	if len(cs) != m.n*m.width {
		return nil, fmt.Errorf("%d %s instead of %d·%d: %w", len(cs), what, m.n, m.width, ErrSize)
	}
	b := make([]byte, len(cs)*elgamal.Size)
	identity := group.Element{}.Encoding()
	err := inParallel(len(cs), blockItems, func(lo, hi int) error {
		for i := lo; i < hi; i++ {
			A := cs[i].A.Encoding()
			if A == identity {
				return fmt.Errorf("%s: %d: %w", what, i, elgamal.ErrTrivial)
			}
			put(b, 2*i, A)
			put(b, 2*i+1, cs[i].B.Encoding())
		}
		return nil
	})
	return b, err
}

// checkDistinct reports whether all A of the encoded lists differ. Inputs
// that share one are the same ballot twice, or one made from another; an
// output that shares one with an input was not mixed.
func checkDistinct(lists ...[]byte) error {
	total := 0
	for _, l := range lists {
		total += len(l) / elgamal.Size
	}
	seen := make(map[[group.ElementSize]byte]struct{}, total)
	for _, l := range lists {
		for ; len(l) > 0; l = l[elgamal.Size:] {
			seen[[group.ElementSize]byte(l)] = struct{}{}
		}
	}
	if len(seen) != total {
		return ErrDuplicate
	}
	return nil
}

// begin appends to a copy of the caller's transcript what every stage of the
// mix has in common, and the inputs.
func (m *Mix) begin(t *transcript.Transcript, in []byte) *transcript.Transcript {
	s := t.Clone()
	s.AppendElement("key", m.key)
	s.AppendUint64("items", uint64(m.n))
	s.AppendUint64("width", uint64(m.width))
	s.AppendElements("generators", m.generators)
	s.AppendBytes("inputs", in)
	return s
}

// finish appends the outputs and the commitments c, which makes S of
// SPEC.md, "Shuffles".
func finish(s *transcript.Transcript, out, c []byte) {
	s.AppendBytes("outputs", out)
	s.AppendBytes("permutation", c)
}

// exponents returns u_1, …, u_N.
func (m *Mix) exponents(s *transcript.Transcript) []group.Scalar {
	u := make([]group.Scalar, m.n)
	forBlocks(m.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			t := s.Clone()
			t.AppendUint64("index", uint64(i+1))
			u[i] = t.Weight("u")
		}
	})
	return u
}

// challenge returns x. It leaves s as it was.
func challenge(s *transcript.Transcript, l *layout) group.Scalar {
	s = s.Clone()
	s.AppendBytes("chain", l.chain)
	s.AppendBytes("commitments", l.t)
	s.AppendBytes("chain commitments", l.tHat)
	return s.Challenge("challenge")
}

// bytesOf writes a permutation for hashing.
func bytesOf(psi []int32) []byte {
	b := make([]byte, 0, 4*len(psi))
	for _, j := range psi {
		b = binary.BigEndian.AppendUint32(b, uint32(j))
	}
	return b
}
