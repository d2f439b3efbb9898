//go:build !voting

package threshold

import (
	"crypto/ecdh"
	"encoding/binary"
	"errors"
	"fmt"

	"mandate/crypto/group"
)

// Secrets are kept as a label, the parameters and fixed-length fields, so
// that each has one encoding. They are not encrypted: that is the caller's.
//
//	header   = label ‖ context (32) ‖ u64be attempt ‖ n (1) ‖ t (1) ‖ index (1)
//	dealer   = header ‖ private sealing key (32) ‖ a_0 ‖ … ‖ a_{t−1} ‖ proof (64·t)
//	receiver = header ‖ private sealing key (32)
//	share    = header ‖ x (32)
const (
	dealerLabel   = "mandate/v1 SECRET dealer\n"
	receiverLabel = "mandate/v1 SECRET receiver\n"
	shareLabel    = "mandate/v1 SECRET share\n"
	headerSize    = 32 + 8 + 3 // after the label
)

func appendHeader(label string, p Parameters, index int) []byte {
	b := append([]byte(label), p.Context[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Attempt)
	return append(b, byte(p.N), byte(p.T), byte(index))
}

// parseHeader returns the parameters, the index and what follows the header.
func parseHeader(label string, b []byte) (p Parameters, index int, rest []byte, err error) {
	if len(b) < len(label) || string(b[:len(label)]) != label {
		return p, 0, nil, errors.New("threshold: stored secret has another label")
	}
	b = b[len(label):]
	if len(b) < headerSize {
		return p, 0, nil, errors.New("threshold: stored secret is too short")
	}
	copy(p.Context[:], b)
	p.Attempt = binary.BigEndian.Uint64(b[32:])
	p.N, p.T, index = int(b[40]), int(b[41]), int(b[42])
	if err := p.Check(); err != nil {
		return p, 0, nil, fmt.Errorf("stored secret: %w", err)
	}
	if err := p.checkIndex("trustee", index); err != nil {
		return p, 0, nil, fmt.Errorf("stored secret: %w", err)
	}
	return p, index, b[headerSize:], nil
}

// EncodeSecret returns the dealer's secrets for storage.
func (d *Dealer) EncodeSecret() []byte {
	b := appendHeader(dealerLabel, d.p, d.index)
	b = append(b, d.sealing.Bytes()...)
	for _, a := range d.coefficients {
		b = append(b, a.Bytes()...)
	}
	return append(b, d.pkg.Proof...)
}

// ParseDealer decodes what EncodeSecret returned.
func ParseDealer(b []byte) (*Dealer, error) {
	p, index, b, err := parseHeader(dealerLabel, b)
	if err != nil {
		return nil, err
	}
	if want := 32 + p.T*group.ScalarSize + possession(p.T).ProofSize(); len(b) != want {
		return nil, fmt.Errorf("threshold: stored dealer: %d bytes after the header, want %d", len(b), want)
	}
	private, b := b[:32], b[32:]
	coefficients := make([]group.Scalar, p.T)
	for j := range coefficients {
		a, err := group.DecodeScalar(b[:group.ScalarSize])
		if err != nil {
			return nil, fmt.Errorf("threshold: stored dealer: coefficient %d: %w", j, err)
		}
		if a.IsZero() {
			return nil, fmt.Errorf("threshold: stored dealer: coefficient %d is 0", j)
		}
		coefficients[j], b = a, b[group.ScalarSize:]
	}
	d, _, err := newDealer(p, index, coefficients, private)
	if err != nil {
		return nil, err
	}
	d.pkg.Proof = append([]byte(nil), b...)
	return d, nil
}

// EncodeSecret returns the private sealing key for storage.
func (r *Receiver) EncodeSecret() []byte {
	return append(appendHeader(receiverLabel, r.p, r.index), r.sealing.Bytes()...)
}

// ParseReceiver decodes what EncodeSecret returned.
func ParseReceiver(b []byte) (*Receiver, error) {
	p, index, b, err := parseHeader(receiverLabel, b)
	if err != nil {
		return nil, err
	}
	sealing, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("threshold: stored receiver: %w", err)
	}
	return &Receiver{p: p, index: index, sealing: sealing}, nil
}

// EncodeSecret returns the share for storage.
func (s *SecretShare) EncodeSecret() []byte {
	return append(appendHeader(shareLabel, s.p, s.index), s.x.Bytes()...)
}

// ParseSecretShare decodes what EncodeSecret returned.
func ParseSecretShare(b []byte) (*SecretShare, error) {
	p, index, b, err := parseHeader(shareLabel, b)
	if err != nil {
		return nil, err
	}
	x, err := group.DecodeScalar(b)
	if err != nil {
		return nil, fmt.Errorf("threshold: stored share: %w", err)
	}
	return &SecretShare{p: p, index: index, x: x}, nil
}
