//go:build !voting

package tally

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/threshold"
)

const trusteeLabel = "mandate/v1 SECRET trustee"

// storedTrustee is a Trustee in deterministic CBOR.
type storedTrustee struct {
	_         struct{} `cbor:",toarray"`
	Label     string
	Context   [32]byte
	N, T      uint64
	Trustee   uint64
	Key       record.Key
	Attempt   uint64
	Dealer    []byte // empty if there is none; so the next two
	Receiver  []byte
	Share     []byte
	Committed [32]byte
	Sent      []storedMessage
}

type storedMessage struct {
	_    struct{} `cbor:",toarray"`
	Kind string
	Body []byte
}

// EncodeSecret returns the state for storage. It holds secrets and is not
// encrypted: that is the caller's.
func (t *Trustee) EncodeSecret() ([]byte, error) {
	s := storedTrustee{
		Label: trusteeLabel, Context: t.context, N: uint64(t.n), T: uint64(t.t), Trustee: uint64(t.index), Key: t.key,
		Attempt: t.attempt, Committed: t.committed,
	}
	if t.dealer != nil {
		s.Dealer = t.dealer.EncodeSecret()
	}
	if t.receiver != nil {
		s.Receiver = t.receiver.EncodeSecret()
	}
	if t.share != nil {
		s.Share = t.share.EncodeSecret()
	}
	for _, body := range t.sent {
		b, err := record.Encode(body)
		if err != nil {
			return nil, fmt.Errorf("storing trustee %d: %s: %w", t.index, body.Kind(), err)
		}
		s.Sent = append(s.Sent, storedMessage{Kind: body.Kind(), Body: b})
	}
	b, err := record.Encode(s)
	if err != nil {
		return nil, fmt.Errorf("storing trustee %d: %w", t.index, err)
	}
	return b, nil
}

// ParseTrustee decodes what EncodeSecret returned. Errors never contain
// secrets.
func ParseTrustee(b []byte) (*Trustee, error) {
	var s storedTrustee
	if err := record.DecodeStrict(b, &s); err != nil {
		return nil, errors.New("stored trustee: is damaged, or no trustee's state") // a CBOR error may quote what it read
	}
	p := threshold.Parameters{Context: s.Context, Attempt: max(s.Attempt, 1), N: int(min(s.N, 255)), T: int(min(s.T, 255))}
	if s.Label != trusteeLabel {
		return nil, errors.New("stored trustee: has another label")
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("stored trustee: %w", err)
	}
	if s.Trustee < 1 || s.Trustee > s.N {
		return nil, fmt.Errorf("stored trustee: trustee %d of %d", s.Trustee, s.N)
	}
	t := &Trustee{context: s.Context, n: p.N, t: p.T, index: int(s.Trustee), key: s.Key, attempt: s.Attempt, committed: s.Committed}
	if err := t.parseSecrets(p, s); err != nil {
		return nil, fmt.Errorf("stored trustee: %w", err)
	}
	for i, m := range s.Sent {
		body, err := parseMessage(m)
		if err != nil {
			return nil, fmt.Errorf("stored trustee: message %d: %w", i, err)
		}
		if got, _ := messageOf(body); got != (message{Step(i + 1), s.Trustee, s.Attempt}) {
			return nil, fmt.Errorf("stored trustee: message %d is of step %v, trustee %d, attempt %d", i, got.step, got.trustee, got.attempt)
		}
		t.sent = append(t.sent, body)
	}
	return t, nil
}

// parseSecrets decodes the secrets, which must be of this trustee and attempt.
func (t *Trustee) parseSecrets(p threshold.Parameters, s storedTrustee) (err error) {
	check := func(what string, got threshold.Parameters, index int) error {
		if got != p || index != t.index || s.Attempt == 0 {
			return fmt.Errorf("%s is of another trustee or attempt", what)
		}
		return nil
	}
	if len(s.Dealer) > 0 {
		if t.dealer, err = threshold.ParseDealer(s.Dealer); err != nil {
			return err
		}
		if err := check("dealer", t.dealer.Parameters(), t.dealer.Index()); err != nil {
			return err
		}
	}
	if len(s.Receiver) > 0 {
		if t.receiver, err = threshold.ParseReceiver(s.Receiver); err != nil {
			return err
		}
		if err := check("receiver", t.receiver.Parameters(), t.receiver.Index()); err != nil {
			return err
		}
	}
	if len(s.Share) > 0 {
		if t.share, err = threshold.ParseSecretShare(s.Share); err != nil {
			return err
		}
		if err := check("share", t.share.Parameters(), t.share.Index()); err != nil {
			return err
		}
	}
	return nil
}

// parseMessage decodes one of a trustee's own messages.
func parseMessage(m storedMessage) (record.Body, error) {
	var body record.Body
	switch m.Kind {
	case "keygen-commit":
		body = new(record.KeygenCommit)
	case "keygen-package":
		body = new(record.KeygenPackage)
	case "keygen-shares":
		body = new(record.KeygenShares)
	case "keygen-accept":
		body = new(record.KeygenAccept)
	case "keygen-complaint":
		body = new(record.KeygenComplaint)
	case "keygen-test":
		body = new(record.KeygenTest)
	default:
		return nil, errors.New("is of no kind of key generation")
	}
	if err := record.DecodeStrict(m.Body, body); err != nil {
		return nil, fmt.Errorf("%s: is damaged", m.Kind)
	}
	return body, nil
}
