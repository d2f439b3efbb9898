package tally

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/transcript"
)

// Codes of records of mixing and decryption that Judge refuses, beside those of key generation (SPEC.md §9.10).
const (
	CodeMix         = "mix"          // the stage is no shuffle of its input
	CodeMixAuthor   = "mix-author"   // the trustee may mix no more
	CodeShare       = "share"        // the shares are not those of the trustee's key
	CodeShareAuthor = "share-author" // the trustee may give no shares any more
)

// MixingParameters is what the mixing of a contest starts from. It must not be changed afterwards.
type MixingParameters struct {
	Context   [32]byte // ctx of the open vote
	Vote      record.ID
	Contest   uint64
	Root      record.ID       // the log's root that the inputs of the tally sign
	Key       group.Element   // pk
	Trustees  []group.Element // Y_1 … Y_n
	Threshold int             // t
	Mixes     int             // m
	Encoding  *ranking.Encoding
	// Inputs are the contest's ciphertexts of the counted ballots in the order in which they stand on the log, 64 bytes for each element of
	// each ranking; at least one ballot.
	Inputs []byte
}

// A Mixing is the mixing of one ranked contest's ballots, and the decryption of what comes out, as the records so far have made it
// (SPEC.md §9.10). It is immutable: Commit and Bar return the next one. Judge and Check may be called from several goroutines.
type Mixing struct {
	*mixingBase
	list      *mixList        // the outputs of the last stage, or the inputs
	mixers    []int           // who has mixed, by stage
	parts     map[int]*parts  // of the present stage, or of the decryption, by trustee
	decrypted []int           // who has decrypted, in log order
	shares    map[int]*shares // of the first t of these
	barred    map[int]bool    // from mixing
	mute      map[int]bool    // from decrypting
	rankings  func() (*Rankings, error)
}

// mixingBase never changes.
type mixingBase struct {
	p     MixingParameters
	items int // N
	mix   func() (*mixnet.Mix, error)
}

// mixList is a list of ciphertexts between stages.
type mixList struct {
	ciphertexts func() ([]elgamal.Ciphertext, error) // decoded when first needed
}

// shares are the decoded shares of one trustee, behind a pointer because there are many.
type shares struct{ of []group.Element }

// parts are what a trustee has posted of a stage or a decryption. It is not changed once it is there.
type parts struct{ data [][]byte }

// NewMixing returns the mixing of a contest before the first stage. Nothing costly is done.
func NewMixing(p MixingParameters) (*Mixing, error) {
	size := p.Encoding.Elements() * elgamal.Size
	n := len(p.Inputs) / size
	switch {
	case n < 1:
		return nil, fmt.Errorf("mixing contest %d: %w", p.Contest, mixnet.ErrEmpty)
	case len(p.Inputs)%size != 0:
		return nil, fmt.Errorf("mixing contest %d: inputs of %d bytes are no rankings of %d", p.Contest, len(p.Inputs), size)
	}
	b := &mixingBase{p: p, items: n}
	b.mix = sync.OnceValues(func() (*mixnet.Mix, error) {
		return mixnet.NewMix(generatorsTranscript(&p), p.Key, n, p.Encoding.Elements())
	})
	in := &mixList{sync.OnceValues(func() ([]elgamal.Ciphertext, error) { return mixnet.DecodeCiphertexts(p.Inputs) })}
	return &Mixing{mixingBase: b, list: in}, nil
}

// generatorsTranscript begins the transcript of SPEC.md §17.1.
func generatorsTranscript(p *MixingParameters) *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle generators")
	t.AppendBytes("vote", p.Vote[:])
	t.AppendUint64("contest", p.Contest)
	return t
}

// shuffleTranscript begins S of SPEC.md §17.3; package mixnet appends the rest.
func (m *Mixing) shuffleTranscript(stage, mixer uint64) *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle")
	t.AppendBytes("ctx", m.p.Context[:])
	t.AppendUint64("contest", m.p.Contest)
	t.AppendUint64("stage", stage)
	t.AppendUint64("mixer", mixer)
	t.AppendBytes("seal", m.p.Root[:])
	return t
}

// decryptionTranscript begins S of SPEC.md §11.3 for a decryption; package threshold appends the trustee and the ciphertexts.
func (m *Mixing) decryptionTranscript() *transcript.Transcript {
	t := transcript.New("mandate/v1 decryption")
	t.AppendBytes("ctx", m.p.Context[:])
	t.AppendBytes("root", m.p.Root[:])
	t.AppendUint64("contest", m.p.Contest)
	return t
}

// Items returns the number of ballots that are mixed.
func (m *Mixing) Items() int { return m.items }

// Stages returns the number of stages that there will be, m.
func (m *Mixing) Stages() int { return m.p.Mixes }

// Mixers returns the trustees whose stages stand, in the order of the stages.
func (m *Mixing) Mixers() []int { return slices.Clone(m.mixers) }

// Mixed reports whether all stages are there, so that decryption can begin.
func (m *Mixing) Mixed() bool { return len(m.mixers) == m.p.Mixes }

// MayMix reports whether trustee i, from 1, could make the next stage: there is one, it has made none, and none of its stages was refused.
func (m *Mixing) MayMix(i int) bool {
	return !m.Mixed() && !m.barred[i] && !slices.Contains(m.mixers, i)
}

// Turn returns the trustee who should make the next stage, so that not several make it at once: of those who may, the first after the one
// who made the last stage, by index and in a circle. Any other may as well (SPEC.md §9.10). It is 0 if nobody may.
func (m *Mixing) Turn() int {
	n := len(m.p.Trustees)
	last := int(m.p.Contest) % n // with several contests not everybody waits for the same one
	if len(m.mixers) > 0 {
		last = m.mixers[len(m.mixers)-1]
	}
	for k := range n {
		if i := (last+k)%n + 1; m.MayMix(i) {
			return i
		}
	}
	return 0
}

// Decrypted returns the trustees whose decryptions stand, in log order.
func (m *Mixing) Decrypted() []int { return slices.Clone(m.decrypted) }

// MayDecrypt reports whether trustee i, from 1, could give its part of the decryption now.
func (m *Mixing) MayDecrypt(i int) bool {
	return m.Mixed() && !m.mute[i] && !slices.Contains(m.decrypted, i)
}

// Barred returns the trustees, ascending, who have posted a whole stage or decryption that did not hold.
func (m *Mixing) Barred() []int {
	all := maps.Clone(m.barred)
	if all == nil {
		all = make(map[int]bool)
	}
	maps.Copy(all, m.mute)
	return slices.Sorted(maps.Keys(all))
}

// Parts returns how many parts trustee i, from 1, has posted of the present stage, or of its decryption, and how many these have.
func (m *Mixing) Parts(i int) (posted, of int) {
	if p := m.parts[i]; p != nil {
		posted = len(p.data)
	}
	return posted, mixnet.PartCount(m.size())
}

// PartCounts returns how many parts a stage has, and a decryption.
func (m *Mixing) PartCounts() (stage, decryption int) {
	return mixnet.PartCount(mixnet.StageSize(m.items, m.width())), mixnet.PartCount(m.items * m.width() * group.ElementSize)
}

// Opened reports whether enough trustees have decrypted.
func (m *Mixing) Opened() bool { return m.rankings != nil }

var errNotDecrypted = errors.New("too few trustees have decrypted the rankings")

// Rankings returns what the ballots say, once Opened. Opening takes a while the first time.
func (m *Mixing) Rankings() (*Rankings, error) {
	if m.rankings == nil {
		return nil, errNotDecrypted
	}
	return m.rankings()
}

// Closed returns the same without the ciphertexts: nothing can follow, and the memory is given back.
func (m *Mixing) Closed() *Mixing {
	c := *m
	base := *m.mixingBase
	base.p.Inputs, base.mix = nil, nil
	c.mixingBase, c.list, c.parts, c.shares = &base, nil, nil, nil
	return &c
}

// width is the number of ciphertexts of a ranking, k.
func (m *Mixing) width() int { return m.p.Encoding.Elements() }

// size is the length in bytes of the present stage or, after the last one, of a decryption.
func (m *Mixing) size() int {
	if m.Mixed() {
		return m.items * m.width() * group.ElementSize
	}
	return mixnet.StageSize(m.items, m.width())
}

// ahead returns a copy that can be changed without changing m.
func (m *Mixing) ahead() *Mixing {
	next := *m
	next.parts = maps.Clone(m.parts)
	if next.parts == nil {
		next.parts = make(map[int]*parts)
	}
	return &next
}

// with returns the set with one more.
func with(set map[int]bool, i int) map[int]bool {
	set = maps.Clone(set)
	if set == nil {
		set = make(map[int]bool)
	}
	set[i] = true
	return set
}

// plus returns parts with one more.
func (p *parts) plus(data []byte) *parts {
	if p == nil {
		return &parts{[][]byte{data}}
	}
	return &parts{append(slices.Clip(p.data), data)}
}
