package mixnet

import (
	"errors"
	"fmt"
	"sync"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// Limits of a mix. They bound what a stage takes before any of it is read, to
// 224 bytes an item of width 1 and 672 of width 8.
const (
	MaxItems = 1 << 22 // of any width
	MaxWidth = 8
)

// Why a shuffle is refused. An encoding that is not canonical is reported as
// [group.ErrElement] or [group.ErrScalar], a ciphertext without randomness as
// [elgamal.ErrTrivial], a key that is the identity as [elgamal.ErrKey].
var (
	// ErrEmpty: there is nothing to mix.
	ErrEmpty = errors.New("no ciphertexts to mix")
	// ErrSize: a list, a stage, a proof or a part does not have its length.
	ErrSize = errors.New("wrong size")
	// ErrGenerators: the generators are not independent of each other.
	ErrGenerators = errors.New("generators coincide")
	// ErrDuplicate: two of the ciphertexts before and after a stage have the
	// same first half, so that one can be followed through the mix.
	ErrDuplicate = errors.New("ciphertexts share their randomness")
	// ErrEquation: the proof is well-formed and does not hold.
	ErrEquation = errors.New("proof does not hold")
)

// A Mix is what the stages of one mix have in common. It is immutable and
// safe for concurrent use.
//
// Lists of ciphertexts are flat: ciphertext k of item i, both from 0, is at
// i·width + k. Their encodings should be remembered ([elgamal.Decode],
// [elgamal.Ciphertext.Encoded]), or they are computed again and again.
type Mix struct {
	n, width   int
	key        group.Element
	generators []group.Element // h, h_1, …, h_N
	tables     func() *tables
}

// tables are for the mixer's multiplications.
type tables struct{ g, key, h *group.Table }

// NewMix prepares mixing n items of width ciphertexts each under the public
// key pk. The transcript says whose generators these are: it must hold a
// label, the vote and the contest, and is the same for all stages. It is left
// as it was.
//
// Nobody may know a relation between generators: whoever chooses them can
// replace votes and prove it. They are therefore always computed here.
func NewMix(generators *transcript.Transcript, pk group.Element, n, width int) (*Mix, error) {
	if n < 1 {
		return nil, ErrEmpty
	}
	if n > MaxItems || width < 1 || width > MaxWidth {
		return nil, fmt.Errorf("mix of %d items of %d ciphertexts: %w", n, width, ErrSize)
	}
	all := make([]group.Element, n+1)
	forBlocks(len(all), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			t := generators.Clone()
			t.AppendUint64("index", uint64(i))
			all[i] = t.Element("generator").Encoded()
		}
	})
	return newMix(all, pk, width)
}

// newMix is NewMix with the generators given: tests show what goes wrong when
// somebody has chosen them.
func newMix(generators []group.Element, pk group.Element, width int) (*Mix, error) {
	if pk.IsIdentity() {
		return nil, elgamal.ErrKey
	}
	pk = pk.Encoded()
	if err := checkGenerators(generators, pk); err != nil {
		return nil, err
	}
	m := &Mix{n: len(generators) - 1, width: width, key: pk, generators: generators}
	m.tables = sync.OnceValue(func() *tables {
		return &tables{group.NewTable(group.Generator()), group.NewTable(pk), group.NewTable(m.h())}
	})
	return m, nil
}

// checkGenerators reports whether the generators, g, pk and the identity are
// all different.
func checkGenerators(generators []group.Element, pk group.Element) error {
	seen := make(map[[group.ElementSize]byte]string, len(generators)+3)
	seen[group.Element{}.Encoding()] = "the identity"
	seen[group.Generator().Encoding()] = "g"
	seen[pk.Encoding()] = "the public key"
	for i := range generators {
		enc := generators[i].Encoding()
		if other, ok := seen[enc]; ok {
			if other == "" {
				other = "another generator"
			}
			return fmt.Errorf("generator %d is %s: %w", i, other, ErrGenerators)
		}
		seen[enc] = ""
	}
	return nil
}

func (m *Mix) h() group.Element    { return m.generators[0] }
func (m *Mix) hs() []group.Element { return m.generators[1:] } // h_1, …, h_N

// Items returns the number of items that are mixed, N.
func (m *Mix) Items() int { return m.n }

// Width returns the number of ciphertexts of an item, w.
func (m *Mix) Width() int { return m.width }

// ProofSize returns the length of a proof in bytes, 32·(5N + 6 + 3w).
func (m *Mix) ProofSize() int { return proofSize(m.n, m.width) }

// StageSize returns the length in bytes of an encoded stage: N·w ciphertexts
// and a proof.
func (m *Mix) StageSize() int { return StageSize(m.n, m.width) }

// StageSize is [Mix.StageSize] for a mix of n items of width ciphertexts each,
// which need not exist.
func StageSize(n, width int) int { return n*width*elgamal.Size + proofSize(n, width) }

func proofSize(n, width int) int { return group.ElementSize * (5*n + 6 + 3*width) }
