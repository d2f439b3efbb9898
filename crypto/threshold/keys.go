package threshold

import (
	"errors"
	"fmt"

	"mandate/crypto/group"
)

// ErrIdentity is returned where a key or a share is the identity: everyone
// could decrypt.
var ErrIdentity = errors.New("is the identity")

// Keys are the public keys that the packages of all trustees give.
type Keys struct {
	// Joint is pk = Π_i φ_i0, to which everything is encrypted.
	Joint group.Element
	// Trustees are Y_l = Π_i Π_j φ_ij^{l^j} = g^{x_l}, Y_1 first.
	Trustees []group.Element
}

// NewKeys computes the keys from the commitments of dealers 1 … n. It takes
// public data only. ErrIdentity is returned if any of the keys is the
// identity.
func (p Parameters) NewKeys(commitments []Commitments) (Keys, error) {
	if err := p.Check(); err != nil {
		return Keys{}, err
	}
	if len(commitments) != p.N {
		return Keys{}, fmt.Errorf("threshold: commitments of %d dealers, want %d", len(commitments), p.N)
	}
	sum := make(Commitments, p.T) // of the polynomial Σ_i f_i
	for i, c := range commitments {
		if len(c) != p.T {
			return Keys{}, fmt.Errorf("threshold: dealer %d: %w", i+1, ErrDegree)
		}
		for j := range c {
			sum[j] = sum[j].Add(c[j])
		}
	}
	k := Keys{Joint: sum[0].Encoded(), Trustees: make([]group.Element, p.N)}
	if k.Joint.IsIdentity() {
		return Keys{}, fmt.Errorf("threshold: joint key %w", ErrIdentity)
	}
	for l := range k.Trustees {
		k.Trustees[l] = sum.VarTimeAt(l + 1).Encoded()
		if k.Trustees[l].IsIdentity() {
			return Keys{}, fmt.Errorf("threshold: key of trustee %d %w", l+1, ErrIdentity)
		}
	}
	return k, nil
}
