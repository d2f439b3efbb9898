package threshold

import (
	"errors"
	"fmt"
	"io"

	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// A SecretShare is x_l, trustee l's share of the decryption key. It is
// immutable and prints as REDACTED.
type SecretShare struct {
	redacted
	p     Parameters
	index int
	x     group.Scalar
}

// Parameters returns the attempt that made the share.
func (s *SecretShare) Parameters() Parameters { return s.p }

// Index returns the trustee's index.
func (s *SecretShare) Index() int { return s.index }

// Fits reports whether y = g^{x_l}, the trustee's public key.
func (s *SecretShare) Fits(y group.Element) bool { return group.BaseMul(s.x).Equal(y) }

// Test proves that the share works, before anything is encrypted to the
// joint key: it returns P^{x_l} for the attempt's test element P, and a proof
// of sigma.EqualLogsSize bytes (SPEC.md §5.3).
func (s *SecretShare) Test(k Keys, rand io.Reader) (share group.Element, proof []byte, err error) {
	if len(k.Trustees) != s.p.N {
		return group.Element{}, nil, fmt.Errorf("threshold: %d keys, want %d", len(k.Trustees), s.p.N)
	}
	y := k.Trustees[s.index-1]
	if !s.Fits(y) {
		return group.Element{}, nil, errors.New("threshold: the share does not fit the trustee's key")
	}
	element := s.p.testElement()
	share = element.Mul(s.x).Encoded()
	proof, err = sigma.ProveEqualLogs(s.p.testTranscript(s.index, k), element, y, share, s.x, rand)
	if err != nil {
		return group.Element{}, nil, fmt.Errorf("threshold: testing the share: %w", err)
	}
	return share, proof, nil
}

// VerifyTest checks what trustee l's Test returned.
func (p Parameters) VerifyTest(l int, k Keys, share group.Element, proof []byte) error {
	if err := p.Check(); err != nil {
		return err
	}
	if err := p.checkIndex("trustee", l); err != nil {
		return err
	}
	if len(k.Trustees) != p.N {
		return fmt.Errorf("threshold: %d keys, want %d", len(k.Trustees), p.N)
	}
	if share.IsIdentity() {
		return fmt.Errorf("threshold: test share %w", ErrIdentity)
	}
	if err := sigma.VerifyEqualLogs(p.testTranscript(l, k), p.testElement(), k.Trustees[l-1], share, proof); err != nil {
		return fmt.Errorf("threshold: test of trustee %d: %w", l, err)
	}
	return nil
}

// testElement is P, of which nobody knows the logarithm. Its label is its
// own, so that no decryption ever needs P^x.
func (p Parameters) testElement() group.Element {
	return p.begin("mandate/v1 test element").Element("element").Encoded()
}

func (p Parameters) testTranscript(l int, k Keys) *transcript.Transcript {
	t := p.begin("mandate/v1 share test")
	t.AppendUint64("trustee", uint64(l))
	t.AppendElement("key", k.Joint)
	return t
}
