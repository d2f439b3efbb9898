package tally

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"mandate/ballot/record"
	"mandate/crypto/mixnet"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

// A Mixer is one trustee's side of mixing and decrypting one ranked contest: which sealed ballot box it works on, the one list that it has
// decrypted, and the stage that it has made. It is immutable. It holds no secrets: how the stage was shuffled is forgotten when it is made.
//
// A trustee's loop is: follow the log, call Next with its Mixing, store what Next returns with Encode, and only then post the records, in
// order. The loop can be killed at any point; started again from what was stored, it posts the same records again or goes on.
type Mixer struct {
	trustee int
	vote    record.ID
	contest uint64
	root    record.ID // of the sealed log
	stage   uint64    // that was made, 0 for none
	input   record.ID // hash of the list that was mixed
	data    []byte    // the stage
	opened  record.ID // hash of the list that was decrypted, zero for none
}

var (
	// ErrSecondBox is returned when a trustee is to mix or decrypt another ballot box than the one it has worked on, or to decrypt another list
	// of it. Somebody shows it two histories; it gives nothing.
	ErrSecondBox = errors.New("the ballots to be mixed or decrypted are not those worked on before")

	// ErrLostStage is returned when parts of a stage stand on the log that the stored state did not make, or has lost. A trustee cannot make
	// the same stage again; others go on without it.
	ErrLostStage = errors.New("parts of a stage in this trustee's name are not of its making")
)

// NewMixer returns the side of trustee i, from 1, before it has done anything.
func NewMixer(m *Mixing, i int) (*Mixer, error) {
	if i < 1 || i > len(m.p.Trustees) {
		return nil, fmt.Errorf("trustee: %d, want 1 to %d", i, len(m.p.Trustees))
	}
	return &Mixer{trustee: i, vote: m.p.Vote, contest: m.p.Contest, root: m.p.Root}, nil
}

// Next returns the records that the trustee has to post now, in this order, none if it has to wait for others or is done, and its state from
// then on. The state must be stored before the first of them is posted; it is w itself if nothing has changed.
//
// The mixing must be of a log that the trustee has itself read and judged, in which the input of the tally is the one that it has signed, and
// has its quorum; everything before its own step is verified then. Next works on nothing but what this log gives, and refuses any other.
//
// With eager false a stage is made only when it is the trustee's turn, so that not several make it at once; with true, say after a pause in
// which the others did nothing, whenever the trustee may. The share is the trustee's, for the decryption. rand must be crypto/rand.Reader.
func (w *Mixer) Next(m *Mixing, share *threshold.SecretShare, eager bool, rand io.Reader) ([]record.Body, *Mixer, error) {
	var bodies []record.Body
	err := w.matches(m)
	next := w
	switch {
	case err != nil || m.list == nil: // closed: the result is certified
	case m.MayMix(w.trustee):
		bodies, next, err = w.mix(m, eager, rand)
	case m.MayDecrypt(w.trustee):
		bodies, next, err = w.decrypt(m, share, rand)
	}
	if err != nil {
		return nil, w, fmt.Errorf("contest %d, trustee %d: %w", m.p.Contest, w.trustee, err)
	}
	return bodies, next, nil
}

// matches reports whether m is of the ballot box that this state is about.
func (w *Mixer) matches(m *Mixing) error {
	switch {
	case m.p.Vote != w.vote || m.p.Contest != w.contest:
		return errors.New("the stored state is of another contest")
	case m.p.Root != w.root:
		return ErrSecondBox
	}
	return nil
}

// hash names the list that comes next.
func (m *Mixing) hash() (record.ID, error) {
	list, err := m.list.ciphertexts()
	if err != nil {
		return record.ID{}, err
	}
	t := transcript.New("mandate/v1 mixer's list")
	for i := range list {
		t.AppendBytes("ciphertext", list[i].Bytes())
	}
	return record.ID(t.ID("list")), nil
}

func (w *Mixer) mix(m *Mixing, eager bool, rand io.Reader) ([]record.Body, *Mixer, error) {
	stage := uint64(len(m.mixers)) + 1
	posted, _ := m.Parts(w.trustee)
	if w.stage != stage && posted == 0 && !eager && m.Turn() != w.trustee {
		return nil, w, nil
	}
	input, err := m.hash()
	switch {
	case err != nil:
		return nil, w, err
	case w.stage == stage && w.input != input:
		return nil, w, ErrSecondBox
	case w.stage != stage && posted > 0:
		return nil, w, ErrLostStage
	}
	next := w
	if w.stage != stage {
		made := *w
		made.stage, made.input = stage, input
		if made.data, err = m.shuffle(w.trustee, stage, rand); err != nil {
			return nil, w, err
		}
		next = &made
	}
	parts := mixnet.Split(next.data)
	for p := range posted {
		if !bytes.Equal(m.parts[w.trustee].data[p], parts[p]) {
			return nil, w, ErrLostStage
		}
	}
	var bodies []record.Body
	for p := posted; p < len(parts); p++ {
		bodies = append(bodies, &record.Mix{Trustee: uint64(w.trustee), Contest: w.contest, Stage: stage, Part: uint64(p), Data: parts[p]})
	}
	return bodies, next, nil
}

// shuffle makes the next stage.
func (m *Mixing) shuffle(trustee int, stage uint64, rand io.Reader) ([]byte, error) {
	mix, err := m.mix()
	if err != nil {
		return nil, err
	}
	inputs, err := m.list.ciphertexts()
	if err != nil {
		return nil, err
	}
	made, err := mix.Shuffle(m.shuffleTranscript(stage, uint64(trustee)), inputs, rand)
	if err != nil {
		return nil, err
	}
	return made.Bytes(), nil
}

func (w *Mixer) decrypt(m *Mixing, share *threshold.SecretShare, rand io.Reader) ([]record.Body, *Mixer, error) {
	list, err := m.hash()
	switch {
	case err != nil:
		return nil, w, err
	case w.opened != record.ID{} && w.opened != list:
		return nil, w, ErrSecondBox
	case share == nil || share.Index() != w.trustee || !share.Fits(m.p.Trustees[w.trustee-1]):
		return nil, w, errors.New("the share is not this trustee's of the vote's key")
	}
	bodies, err := m.decrypt(share, rand)
	if err != nil {
		return nil, w, err
	}
	posted, _ := m.Parts(w.trustee)
	for p := range posted { // the shares are the same each time
		if !bytes.Equal(m.parts[w.trustee].data[p], bodies[p].(*record.Decryption).Shares) {
			return nil, w, errors.New("shares in this trustee's name are not of its making")
		}
	}
	next := w
	if w.opened != list {
		begun := *w.WithoutStage() // it is on the log, or of no use any more
		begun.opened = list
		next = &begun
	}
	return bodies[posted:], next, nil
}

// decrypt makes all parts of a trustee's decryption of the list as it stands.
func (m *Mixing) decrypt(share *threshold.SecretShare, rand io.Reader) ([]record.Body, error) {
	list, err := m.list.ciphertexts()
	if err != nil {
		return nil, err
	}
	shares, proof, err := share.PartialDecrypt(m.decryptionTranscript(), list, rand)
	if err != nil {
		return nil, err
	}
	var bodies []record.Body
	for part := range slices.Chunk(encodeElements(shares), mixnet.PartSize) {
		bodies = append(bodies, &record.Decryption{Trustee: uint64(share.Index()), Contest: m.p.Contest, Part: uint64(len(bodies)), Shares: part})
	}
	bodies[len(bodies)-1].(*record.Decryption).Proof = proof
	return bodies, nil
}

// WithoutStage returns the state without the stage, for when nothing can come of it any more; w itself if it has none. What the trustee has
// worked on stays known.
func (w *Mixer) WithoutStage() *Mixer {
	if w.stage == 0 {
		return w
	}
	rest := *w
	rest.stage, rest.input, rest.data = 0, record.ID{}, nil
	return &rest
}

// storedMixer is the encoding of a Mixer.
type storedMixer struct {
	_       struct{} `cbor:",toarray"`
	Label   string
	Trustee int
	Vote    record.ID
	Contest uint64
	Root    record.ID
	Stage   uint64
	Input   record.ID
	Data    []byte
	Opened  record.ID
}

const mixerLabel = "mandate/v1 mixer"

// maxStoredMixer bounds the encoding: a stage of the largest mix, and the rest.
const maxStoredMixer = 1<<31 - 1

// Encode returns the state for storage.
func (w *Mixer) Encode() ([]byte, error) {
	return record.Encode(storedMixer{
		Label: mixerLabel, Trustee: w.trustee, Vote: w.vote, Contest: w.contest, Root: w.root,
		Stage: w.stage, Input: w.input, Data: w.data, Opened: w.opened,
	})
}

// ParseMixer decodes what Encode returned.
func ParseMixer(b []byte) (*Mixer, error) {
	var s storedMixer
	rest, err := record.DecodeFirst(b, maxStoredMixer, &s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("stored mixer: %w", err)
	case len(rest) > 0 || s.Label != mixerLabel || s.Trustee < 1 || s.Trustee > threshold.MaxTrustees:
		return nil, errors.New("stored mixer: is of another kind")
	case (s.Stage == 0) != (len(s.Data) == 0):
		return nil, errors.New("stored mixer: the stage is missing")
	}
	return &Mixer{
		trustee: s.Trustee, vote: s.Vote, contest: s.Contest, root: s.Root, stage: s.Stage, input: s.Input, data: s.Data, opened: s.Opened,
	}, nil
}
