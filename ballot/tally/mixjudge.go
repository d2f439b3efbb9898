package tally

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/sigma"
	"mandate/crypto/threshold"
)

// A Checked is what checking a whole stage, or a whole decryption, came to: the costly part of judging its last part. It holds for this
// record after these others only, and is good for nothing else.
type Checked struct {
	body   record.Body
	list   *mixList
	before *parts
	code   string
	err    error
	stage  *mixnet.Stage
	shares *shares
}

// is reports whether a check was made of this record in this state.
func (c *Checked) is(m *Mixing, part mixPart) bool {
	return c != nil && c.body == part.body && c.list == m.list && c.before == m.parts[part.trustee]
}

// mixPart is what records of mixes and decryptions have in common.
type mixPart struct {
	body    record.Body
	trustee int
	part    uint64
	data    []byte
}

// partOf returns a record's part, or false if it is none.
func partOf(body record.Body) (mixPart, bool) {
	switch b := body.(type) {
	case *record.Mix:
		return mixPart{b, int(min(b.Trustee, threshold.MaxTrustees+1)), b.Part, b.Data}, true
	case *record.Decryption:
		return mixPart{b, int(min(b.Trustee, threshold.MaxTrustees+1)), b.Part, b.Shares}, true
	}
	return mixPart{}, false
}

// place makes the checks that cost nothing, and says whether the record is the last part of a stage or decryption.
func (m *Mixing) place(body record.Body) (part mixPart, last bool, code string, err error) {
	part, ok := partOf(body)
	i := part.trustee
	if !ok || i < 1 || i > len(m.p.Trustees) {
		return part, false, CodeForm, fmt.Errorf("%s: trustee %d, want 1 to %d", body.Kind(), i, len(m.p.Trustees))
	}
	refuse := func(code, format string, args ...any) (mixPart, bool, string, error) {
		return part, false, code, fmt.Errorf("contest %d, trustee %d: "+format, slices.Concat([]any{m.p.Contest, i}, args)...)
	}
	switch b := body.(type) {
	case *record.Mix:
		stage := uint64(len(m.mixers)) + 1
		switch {
		case b.Stage < 1 || b.Stage > uint64(m.p.Mixes):
			return refuse(CodeForm, "stage: %d, want 1 to %d", b.Stage, m.p.Mixes)
		case b.Stage < stage:
			return refuse(CodeDup, "stage %d was made by trustee %d", b.Stage, m.mixers[b.Stage-1])
		case m.barred[i] || slices.Contains(m.mixers, i):
			return refuse(CodeMixAuthor, "it has made a stage, or tried to, and can make no other")
		case b.Stage > stage:
			return refuse(CodeOrder, "stage %d, the mix is at stage %d", b.Stage, stage)
		}
	case *record.Decryption:
		switch {
		case !m.Mixed():
			return refuse(CodeOrder, "%d of %d stages are made, and only what has passed all is decrypted", len(m.mixers), m.p.Mixes)
		case slices.Contains(m.decrypted, i):
			return refuse(CodeDup, "it has decrypted already")
		case m.mute[i]:
			return refuse(CodeShareAuthor, "its decryption did not hold, and it can give no other")
		}
	}
	posted, of := m.Parts(i)
	last = posted+1 == of
	switch {
	case part.part < uint64(posted):
		return refuse(CodeDup, "part %d is there already", part.part)
	case part.part > uint64(posted):
		return refuse(CodeOrder, "part %d, part %d of %d is next", part.part, posted, of)
	case len(part.data) != mixnet.PartLength(m.size(), posted):
		return refuse(CodeForm, "part %d: %d bytes, want %d", posted, len(part.data), mixnet.PartLength(m.size(), posted))
	}
	if b, ok := body.(*record.Decryption); ok {
		want := 0
		if last {
			want = sigma.EqualLogsSize
		}
		if len(b.Proof) != want {
			return refuse(CodeForm, "part %d: proof of %d bytes, want %d", posted, len(b.Proof), want)
		}
	}
	return part, last, "", nil
}

// Completes reports whether a record is the last part of a stage, or of a decryption, whose turn has come.
func (m *Mixing) Completes(body record.Body) bool {
	_, last, _, err := m.place(body)
	return err == nil && last
}

// Check verifies a stage, or a decryption, by its last part, and returns nil for any other record, and for one whose turn has not come. What it
// returns makes judging the record cheap.
func (m *Mixing) Check(body record.Body) *Checked {
	part, last, _, err := m.place(body)
	if err != nil || !last {
		return nil
	}
	c := &Checked{body: body, list: m.list, before: m.parts[part.trustee]}
	whole := make([]byte, 0, m.size())
	if c.before != nil {
		whole = append(whole, slices.Concat(c.before.data...)...)
	}
	whole = append(whole, part.data...)
	switch b := body.(type) {
	case *record.Mix:
		c.code = CodeMix
		c.stage, c.err = m.checkStage(b, whole)
	case *record.Decryption:
		c.code = CodeShare
		c.shares, c.err = m.checkDecryption(b, whole)
	}
	return c
}

func (m *Mixing) checkStage(b *record.Mix, whole []byte) (*mixnet.Stage, error) {
	mix, err := m.mix()
	if err != nil {
		return nil, err
	}
	inputs, err := m.list.ciphertexts()
	if err != nil {
		return nil, err
	}
	stage, err := mix.DecodeStage(whole)
	if err != nil {
		return nil, err
	}
	return stage, mix.Verify(m.shuffleTranscript(b.Stage, b.Trustee), inputs, stage, rand.Reader)
}

func (m *Mixing) checkDecryption(b *record.Decryption, whole []byte) (*shares, error) {
	list, err := m.list.ciphertexts()
	if err != nil {
		return nil, err
	}
	es, err := decodeElements(whole)
	if err != nil {
		return nil, err
	}
	y := m.p.Trustees[b.Trustee-1]
	return &shares{es}, threshold.VerifyPartial(m.decryptionTranscript(), int(b.Trustee), y, list, es, b.Proof)
}

// Judge says what would become of a part of a stage or of a decryption if it came next: nothing, or an error with the code of the first check
// that fails. Its signature, author and scope, the vote's phase and the quorum of inputs are the caller's to check. Known is what Check said of
// it before, or nil; what is returned is to be given to Commit, or to Judge again.
//
// A record that is refused with a *BarredError has an effect all the same: Bar.
func (m *Mixing) Judge(body record.Body, known *Checked) (code string, checked *Checked, err error) {
	part, last, code, err := m.place(body)
	switch {
	case err != nil:
		return code, nil, err
	case !last:
		return "", nil, nil
	}
	if !known.is(m, part) {
		known = m.Check(body)
	}
	if known.err != nil {
		return known.code, known, fmt.Errorf("contest %d, trustee %d: %w", m.p.Contest, part.trustee, &BarredError{known.err})
	}
	return "", known, nil
}

// A BarredError says that a stage or a decryption is complete and does not hold. Its author can post no other for the contest.
type BarredError struct{ Err error }

func (e *BarredError) Error() string { return e.Err.Error() }
func (e *BarredError) Unwrap() error { return e.Err }

// Bar returns the mixing after a last part that Judge has refused with a *BarredError: what its author has posted of it is dropped, and
// nothing further of that kind is taken from it.
func (m *Mixing) Bar(body record.Body) *Mixing {
	part, ok := partOf(body)
	if !ok {
		return m
	}
	next := m.ahead()
	delete(next.parts, part.trustee)
	if m.Mixed() {
		next.mute = with(m.mute, part.trustee)
	} else {
		next.barred = with(m.barred, part.trustee)
	}
	return next
}

// Commit returns the mixing after a record that Judge has accepted in this state, with what Judge returned for it.
func (m *Mixing) Commit(body record.Body, checked *Checked) *Mixing {
	part, ok := partOf(body)
	if !ok {
		return m
	}
	next := m.ahead()
	switch {
	case checked == nil:
		next.parts[part.trustee] = m.parts[part.trustee].plus(part.data)
	case checked.stage != nil: // what others have begun of this stage is of no use any more
		outputs := checked.stage.Outputs
		next.list = &mixList{func() ([]elgamal.Ciphertext, error) { return outputs, nil }}
		next.mixers, next.parts = append(slices.Clone(m.mixers), part.trustee), nil
	case checked.shares != nil:
		delete(next.parts, part.trustee)
		next.decrypted = append(slices.Clone(m.decrypted), part.trustee)
		if len(next.decrypted) > m.p.Threshold {
			break // any t give the same
		}
		next.shares = maps.Clone(m.shares)
		if next.shares == nil {
			next.shares = make(map[int]*shares)
		}
		next.shares[part.trustee] = checked.shares
		if len(next.decrypted) == m.p.Threshold {
			opening := next
			next.rankings = sync.OnceValues(func() (*Rankings, error) { return opening.open() })
		}
	}
	return next
}

var errLength = errors.New("is no list of elements")

// decodeElements decodes elements of 32 bytes each, on all processors.
func decodeElements(b []byte) ([]group.Element, error) {
	if len(b)%group.ElementSize != 0 {
		return nil, errLength
	}
	es := make([]group.Element, len(b)/group.ElementSize)
	bad := make([]error, blocks(len(es)))
	forBlocks(len(es), func(block, lo, hi int) {
		for i := lo; i < hi && bad[block] == nil; i++ {
			var err error
			if es[i], err = group.DecodeElement(b[i*group.ElementSize : (i+1)*group.ElementSize]); err != nil {
				bad[block] = fmt.Errorf("share %d: %w", i, err)
			}
		}
	})
	for _, err := range bad {
		if err != nil {
			return nil, err
		}
	}
	return es, nil
}
