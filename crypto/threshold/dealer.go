//go:build !voting

package threshold

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
	"io"

	"mandate/crypto/group"
)

// A Dealer is one trustee's secrets in one attempt: its polynomial and its
// private sealing key. It is immutable and prints as REDACTED.
type Dealer struct {
	redacted
	p            Parameters
	index        int
	coefficients []group.Scalar // a_0 … a_{t−1}, none of them 0
	sealing      *ecdh.PrivateKey
	pkg          Package
}

// NewDealer draws the secrets of trustee index for the attempt of p and
// proves possession of them. key is the encoding of the trustee's long-term
// signing key; rand must be crypto/rand.Reader.
func NewDealer(p Parameters, index int, key [32]byte, rand io.Reader) (*Dealer, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := p.checkIndex("dealer", index); err != nil {
		return nil, err
	}
	coefficients := make([]group.Scalar, p.T)
	for j := range coefficients {
		a, err := group.RandomScalar(rand)
		for err == nil && a.IsZero() { // nobody will see this happen
			a, err = group.RandomScalar(rand)
		}
		if err != nil {
			return nil, fmt.Errorf("threshold: drawing a polynomial: %w", err)
		}
		coefficients[j] = a
	}
	private := make([]byte, 32)
	if _, err := io.ReadFull(rand, private); err != nil {
		return nil, fmt.Errorf("threshold: drawing a sealing key: %w", err)
	}
	d, c, err := newDealer(p, index, coefficients, private)
	if err != nil {
		return nil, err
	}
	if d.pkg.Proof, err = p.prove(index, key, d.pkg.Sealing, c, coefficients, rand); err != nil {
		return nil, fmt.Errorf("threshold: proving possession: %w", err)
	}
	return d, nil
}

// newDealer derives everything but the proof.
func newDealer(p Parameters, index int, coefficients []group.Scalar, private []byte) (*Dealer, Commitments, error) {
	sealing, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("threshold: sealing key: %w", err)
	}
	d := &Dealer{p: p, index: index, coefficients: coefficients, sealing: sealing}
	d.pkg.Sealing = [32]byte(sealing.PublicKey().Bytes())
	c := make(Commitments, len(coefficients))
	for j, a := range coefficients {
		c[j] = group.BaseMul(a).Encoded()
		d.pkg.Coefficients = c[j].Append(d.pkg.Coefficients)
	}
	return d, c, nil
}

// Parameters returns the attempt that d is for.
func (d *Dealer) Parameters() Parameters { return d.p }

// Index returns the trustee's index.
func (d *Dealer) Index() int { return d.index }

// Hash returns the hash to be published before the package.
func (d *Dealer) Hash() [32]byte { return d.p.PackageHash(d.index, d.pkg) }

// Package returns the package, to be published when all hashes are out.
func (d *Dealer) Package() Package {
	pkg := d.pkg
	pkg.Coefficients = append([]byte(nil), pkg.Coefficients...)
	pkg.Proof = append([]byte(nil), pkg.Proof...)
	return pkg
}

// Receiver returns the part of the secrets that opens what others seal to
// this trustee.
func (d *Dealer) Receiver() *Receiver {
	return &Receiver{p: d.p, index: d.index, sealing: d.sealing}
}

// Seal returns f(l) sealed to the l-th of the sealing keys, for l = 1 … n.
// Sealing is randomized: calling Seal twice gives other bytes that open to the
// same shares.
func (d *Dealer) Seal(sealing [][32]byte) ([][SealedSize]byte, error) {
	if len(sealing) != d.p.N {
		return nil, fmt.Errorf("threshold: %d sealing keys, want %d", len(sealing), d.p.N)
	}
	sealed := make([][SealedSize]byte, d.p.N)
	for k, key := range sealing {
		l := k + 1
		pub, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key[:])
		if err != nil {
			return nil, fmt.Errorf("threshold: sealing key of trustee %d: %w", l, err)
		}
		b, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), d.p.sealingInfo(d.index, l), d.at(l).Bytes())
		if err != nil {
			return nil, fmt.Errorf("threshold: sealing to trustee %d: %w", l, err)
		}
		if len(b) != SealedSize {
			return nil, fmt.Errorf("threshold: sealed share has %d bytes, want %d", len(b), SealedSize)
		}
		sealed[k] = [SealedSize]byte(b)
	}
	return sealed, nil
}

// at returns f(l).
func (d *Dealer) at(l int) group.Scalar {
	x := group.ScalarFromUint64(uint64(l))
	var y group.Scalar
	for j := len(d.coefficients) - 1; j >= 0; j-- {
		y = y.Mul(x).Add(d.coefficients[j])
	}
	return y
}

// sealingInfo is the HPKE info of a share (SPEC.md §5.2): a share opens only
// as the one that this dealer made for this receiver in this attempt.
func (p Parameters) sealingInfo(dealer, receiver int) []byte {
	t := p.begin("mandate/v1 sealed share")
	t.AppendUint64("dealer", uint64(dealer))
	t.AppendUint64("receiver", uint64(receiver))
	id := t.ID("info")
	return id[:]
}
