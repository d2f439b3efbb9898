//go:build !voting

package tally

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"mandate/ballot/record"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

var (
	// ErrReplaced is returned to a trustee in whose place another stands.
	ErrReplaced = errors.New("another trustee has taken this one's place")

	// ErrForeign is returned when a message stands on the log in this
	// trustee's name that its stored state did not make: the state was lost,
	// or somebody else has its signing key. The trustee can take part again in
	// the next attempt.
	ErrForeign = errors.New("a message in this trustee's name is not of its making")

	// ErrHistory is returned when the log is not a continuation of the one
	// that this trustee worked on before. Somebody shows it two histories.
	ErrHistory = errors.New("the log is not a continuation of the one seen before")
)

// A Trustee is one trustee's side of key generation for one vote: all its
// secrets, and what it has said. It is immutable and prints as REDACTED.
//
// A trustee's loop is: follow the log, call Next with its Ceremony, store what
// Next returns with EncodeSecret, and only then post the message. The loop can
// be killed at any point; started again from what was stored, it says the same
// again or goes on.
type Trustee struct {
	redacted
	context   [32]byte
	n, t      int
	index     int
	key       record.Key
	attempt   uint64                 // 0 before the first
	dealer    *threshold.Dealer      // until its shares are sealed
	receiver  *threshold.Receiver    // until all trustees have accepted
	share     *threshold.SecretShare // from when this trustee accepts
	committed [32]byte               // hash of all trustees' commitments, from when its package is made
	sent      []record.Body          // in this attempt, sent[step−1]
}

// NewTrustee returns the side of trustee index, from 1, before it has said
// anything. It has no secrets yet.
func NewTrustee(c *Ceremony, index int) (*Trustee, error) {
	if index < 1 || index > len(c.trustees) {
		return nil, fmt.Errorf("trustee: %d, want 1 to %d", index, len(c.trustees))
	}
	return &Trustee{context: c.context, n: len(c.trustees), t: c.threshold, index: index, key: c.trustees[index-1]}, nil
}

// Index returns the trustee's index, from 1.
func (t *Trustee) Index() int { return t.index }

// Share returns the trustee's share of the key that c has made ready.
func (t *Trustee) Share(c *Ceremony) (*threshold.SecretShare, error) {
	if err := t.matches(c); err != nil {
		return nil, err
	}
	switch {
	case !c.Ready():
		return nil, errors.New("key generation is not complete")
	case t.share == nil || t.attempt != c.Attempt():
		return nil, fmt.Errorf("trustee %d has no share of the key of attempt %d", t.index, c.Attempt())
	case !t.share.Fits(c.TrusteeKeys()[t.index-1]):
		return nil, fmt.Errorf("trustee %d: the share does not fit its key of attempt %d", t.index, c.Attempt())
	}
	return t.share, nil
}

// Next returns the message that the trustee has to post now, nil if it has to
// wait for others, and its state from then on. The state must be stored
// before the message is posted; it is t itself if nothing has changed.
//
// In a new attempt all secrets are drawn anew and those of the old one are
// dropped; an older attempt than one taken part in is refused. So no
// polynomial is ever used twice, and no share of it is sealed to two
// different keys. rand must be crypto/rand.Reader.
func (t *Trustee) Next(c *Ceremony, rand io.Reader) (record.Body, *Trustee, error) {
	if err := t.matches(c); err != nil {
		return nil, t, err
	}
	now := *t
	if c.Attempt() > t.attempt {
		now = Trustee{context: t.context, n: t.n, t: t.t, index: t.index, key: t.key, attempt: c.Attempt()}
	}
	now.sent = slices.Clip(now.sent) // appending must not write into t's
	body, err := now.next(c, rand)
	if err != nil {
		return nil, t, fmt.Errorf("trustee %d, attempt %d: %w", t.index, c.Attempt(), err)
	}
	if now.same(t) {
		return body, t, nil
	}
	return body, &now, nil
}

// same reports whether storing t again in place of u would change nothing.
func (t *Trustee) same(u *Trustee) bool {
	return t.attempt == u.attempt && t.dealer == u.dealer && t.receiver == u.receiver && t.share == u.share &&
		t.committed == u.committed && len(t.sent) == len(u.sent)
}

// matches reports whether c is the ceremony of this state, not turned back.
func (t *Trustee) matches(c *Ceremony) error {
	switch {
	case c.context != t.context || len(c.trustees) != t.n || c.threshold != t.t:
		return fmt.Errorf("trustee %d: the stored state is of another vote", t.index)
	case c.trustees[t.index-1] != t.key:
		return fmt.Errorf("trustee %d: %w", t.index, ErrReplaced)
	case c.Attempt() < t.attempt:
		return fmt.Errorf("trustee %d: attempt %d after attempt %d: %w", t.index, c.Attempt(), t.attempt, ErrHistory)
	}
	return nil
}

// next does Next on a copy of the state.
func (t *Trustee) next(c *Ceremony, rand io.Reader) (record.Body, error) {
	if err := t.adopt(c); err != nil {
		return nil, err
	}
	if c.step > StepCommit {
		h := c.committed()
		if t.committed != ([32]byte{}) && t.committed != h {
			return nil, fmt.Errorf("the trustees' commitments have changed: %w", ErrHistory)
		}
		t.committed = h
	}
	if _, failed := c.Fault(); failed || c.faults[t.index-1] >= MaxFaults {
		return nil, nil
	}
	if c.step >= StepAccept && t.share == nil && t.receiver != nil {
		if complaint, err := t.receive(c); err != nil || complaint != nil {
			return complaint, err
		}
	}
	if c.step >= StepTest { // nobody can complain any more
		t.dealer, t.receiver = nil, nil
	}
	if c.step == StepReady || c.Posted(c.step, t.index) != nil {
		return nil, nil
	}
	if len(t.sent) < int(c.step) {
		body, err := t.make(c, rand)
		if err != nil {
			return nil, err
		}
		t.sent = append(t.sent, body)
	}
	return t.sent[c.step-1], nil
}

// committed returns a hash of all trustees' commitments to their packages.
func (c *Ceremony) committed() [32]byte {
	h := transcript.New("mandate/v1 trustee view")
	for _, b := range c.posted[StepCommit] {
		commit := b.(*record.KeygenCommit)
		h.AppendBytes("hash", commit.Hash[:])
	}
	return h.ID("view")
}

// adopt compares this trustee's messages on the log with those that it made.
// A state restored from a copy may lack the last ones; they follow from its
// secrets as long as the first, the commitment to these secrets, is known.
func (t *Trustee) adopt(c *Ceremony) error {
	for s := StepCommit; s < StepReady; s++ {
		posted := c.Posted(s, t.index)
		switch {
		case posted == nil:
			continue
		case len(t.sent) >= int(s):
			same, err := equal(posted, t.sent[s-1])
			if err != nil {
				return err
			}
			if !same {
				return fmt.Errorf("%s: %w", posted.Kind(), ErrForeign)
			}
		case s == StepCommit || len(t.sent) != int(s)-1:
			return fmt.Errorf("%s: %w", posted.Kind(), ErrForeign)
		default:
			t.sent = append(t.sent, posted)
		}
	}
	return nil
}

func equal(a, b record.Body) (bool, error) {
	if a.Kind() != b.Kind() {
		return false, nil
	}
	x, err := record.Encode(a)
	if err != nil {
		return false, err
	}
	y, err := record.Encode(b)
	if err != nil {
		return false, err
	}
	return bytes.Equal(x, y), nil
}

// make makes the message of the current step.
func (t *Trustee) make(c *Ceremony, rand io.Reader) (record.Body, error) {
	trustee, attempt := uint64(t.index), c.attempt
	if c.step == StepCommit {
		d, err := threshold.NewDealer(c.Parameters(), t.index, t.key, rand)
		if err != nil {
			return nil, err
		}
		t.dealer, t.receiver = d, d.Receiver()
		return &record.KeygenCommit{Trustee: trustee, Attempt: attempt, Hash: d.Hash()}, nil
	}
	if c.step <= StepShares && t.dealer == nil || c.step >= StepAccept && t.share == nil {
		return nil, fmt.Errorf("the secrets of step %v are not in the stored state", c.step)
	}
	switch c.step {
	case StepPackage:
		pkg := t.dealer.Package()
		return &record.KeygenPackage{Trustee: trustee, Attempt: attempt, Coefficients: pkg.Coefficients, Sealing: pkg.Sealing, Proof: pkg.Proof}, nil
	case StepShares:
		if _, err := c.Keys(); err != nil {
			return nil, err
		}
		var sealing [][32]byte
		for _, b := range c.posted[StepPackage] {
			sealing = append(sealing, b.(*record.KeygenPackage).Sealing)
		}
		sealed, err := t.dealer.Seal(sealing)
		if err != nil {
			return nil, err
		}
		t.dealer = nil // the polynomial has done its work
		return &record.KeygenShares{Trustee: trustee, Attempt: attempt, Sealed: sealed}, nil
	case StepAccept:
		return &record.KeygenAccept{Trustee: trustee, Attempt: attempt}, nil
	default:
		keys, err := c.Keys()
		if err != nil {
			return nil, err
		}
		share, proof, err := t.share.Test(keys, rand)
		if err != nil {
			return nil, err
		}
		return &record.KeygenTest{Trustee: trustee, Attempt: attempt, Share: share.Encoding(), Proof: proof}, nil
	}
}

// receive opens what all trustees sealed to this one. It sets the share, or
// returns a complaint if another's share is bad.
func (t *Trustee) receive(c *Ceremony) (record.Body, error) {
	if len(t.sent) >= int(StepAccept) {
		if complaint, ok := t.sent[StepAccept-1].(*record.KeygenComplaint); ok {
			return complaint, nil // once revealed, the sealing key serves nobody
		}
	}
	var sealed [][threshold.SealedSize]byte
	for _, b := range c.posted[StepShares] {
		sealed = append(sealed, b.(*record.KeygenShares).Sealed[t.index-1])
	}
	share, err := t.receiver.Receive(c.packages, sealed)
	var bad *threshold.BadShareError
	if errors.As(err, &bad) && len(t.sent) < int(StepAccept) {
		complaint := &record.KeygenComplaint{
			Trustee: uint64(t.index), Attempt: c.attempt, Against: uint64(bad.Dealer), Opened: t.receiver.Reveal(),
		}
		t.sent = append(t.sent, complaint)
		return complaint, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := c.Keys()
	if err != nil {
		return nil, err
	}
	if !share.Fits(keys.Trustees[t.index-1]) {
		return nil, errors.New("the sum of the shares does not fit the key")
	}
	t.share = share
	return nil, nil
}
