//go:build !voting

package threshold

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"

	"mandate/crypto/group"
)

// ErrNotSealingKey is returned for a complaint that does not reveal the
// complainer's private sealing key. It says nothing about anyone's share.
var ErrNotSealingKey = errors.New("not the private key of the complainer's sealing key")

// A BadShareError says whose share does not open or does not fit the
// dealer's commitments.
type BadShareError struct {
	Dealer int // the trustee who sealed it
	Err    error
}

func (e *BadShareError) Error() string {
	return fmt.Sprintf("threshold: share of trustee %d: %v", e.Dealer, e.Err)
}

func (e *BadShareError) Unwrap() error { return e.Err }

// A Receiver opens the shares that are sealed to one trustee in one attempt.
// It is immutable and prints as REDACTED.
type Receiver struct {
	redacted
	p       Parameters
	index   int
	sealing *ecdh.PrivateKey
}

// Parameters returns the attempt that r is for.
func (r *Receiver) Parameters() Parameters { return r.p }

// Index returns the trustee's index.
func (r *Receiver) Index() int { return r.index }

// Receive opens the shares that dealers 1 … n sealed to this trustee, checks
// each against its dealer's commitments and returns their sum
// x_l = Σ_i f_i(l). A *BadShareError names the first other dealer whose share
// is bad; a bad share of one's own is another error, because it is nobody
// else's fault.
func (r *Receiver) Receive(commitments []Commitments, sealed [][SealedSize]byte) (*SecretShare, error) {
	if len(commitments) != r.p.N || len(sealed) != r.p.N {
		return nil, fmt.Errorf("threshold: %d commitments and %d shares, want %d of each", len(commitments), len(sealed), r.p.N)
	}
	var x group.Scalar
	var own error
	for k := range sealed {
		share, err := openShare(r.p, k+1, r.index, r.sealing, commitments[k], sealed[k])
		switch {
		case err != nil && k+1 == r.index:
			own = err
		case err != nil:
			return nil, &BadShareError{Dealer: k + 1, Err: err}
		}
		x = x.Add(share)
	}
	if own != nil {
		return nil, fmt.Errorf("threshold: share of this trustee for itself: %w", own)
	}
	return &SecretShare{p: r.p, index: r.index, x: x}, nil
}

// Reveal returns the private sealing key, for a complaint. It makes public
// every share that was sealed to this trustee, so the attempt ends with it.
func (r *Receiver) Reveal() [32]byte { return [32]byte(r.sealing.Bytes()) }

// Adjudicate returns the index of the trustee who lied: the dealer, if the
// share does not open or does not fit the commitments, else the receiver. If
// the complaint does not reveal the receiver's sealing key it judges nobody
// and returns ErrNotSealingKey.
func (p Parameters) Adjudicate(c Complaint) (liar int, err error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	if err := p.checkIndex("dealer", c.Dealer); err != nil {
		return 0, err
	}
	if err := p.checkIndex("receiver", c.Receiver); err != nil {
		return 0, err
	}
	if c.Dealer == c.Receiver {
		return 0, fmt.Errorf("threshold: trustee %d complains about itself", c.Receiver)
	}
	if len(c.Commitments) != p.T {
		return 0, fmt.Errorf("threshold: %d commitments, want %d", len(c.Commitments), p.T)
	}
	private, err := ecdh.X25519().NewPrivateKey(c.Opened[:])
	if err != nil || !bytes.Equal(private.PublicKey().Bytes(), c.Sealing[:]) {
		return 0, fmt.Errorf("threshold: complaint of trustee %d: %w", c.Receiver, ErrNotSealingKey)
	}
	if _, err := openShare(p, c.Dealer, c.Receiver, private, c.Commitments, c.Sealed); err != nil {
		return c.Dealer, nil
	}
	return c.Receiver, nil
}

// openShare opens a share and checks g^{f_i(l)} = Π_j φ_ij^{l^j} (SPEC.md
// §5.2). The left side is secret, the right side public.
func openShare(p Parameters, dealer, receiver int, private *ecdh.PrivateKey, c Commitments, sealed [SealedSize]byte) (group.Scalar, error) {
	if len(c) != p.T {
		return group.Scalar{}, fmt.Errorf("%d commitments, want %d", len(c), p.T)
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return group.Scalar{}, fmt.Errorf("sealing key: %w", err)
	}
	b, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), p.sealingInfo(dealer, receiver), sealed[:])
	if err != nil {
		return group.Scalar{}, fmt.Errorf("does not open: %w", err)
	}
	share, err := group.DecodeScalar(b)
	if err != nil {
		return group.Scalar{}, fmt.Errorf("opens to no scalar: %w", err)
	}
	if !group.BaseMul(share).Equal(c.VarTimeAt(receiver)) {
		return group.Scalar{}, errors.New("does not fit the dealer's commitments")
	}
	return share, nil
}
