package sigma

import (
	"errors"
	"fmt"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// Why a proof is refused. A first move that is not an element and a scalar
// that is not canonical are reported as [group.ErrElement] and
// [group.ErrScalar].
var (
	// ErrElements: the instance has the wrong number of elements.
	ErrElements = errors.New("wrong number of elements")
	// ErrSize: the proof does not have the length that its relation fixes.
	ErrSize = errors.New("wrong size of proof")
	// ErrSubChallenges: the sub-challenges of an OR do not sum to its challenge.
	ErrSubChallenges = errors.New("sub-challenges do not sum to the challenge")
	// ErrEquation: the proof is well-formed and does not hold.
	ErrEquation = errors.New("proof does not hold")
	// ErrIdentity: an element is the identity and has no right to be.
	ErrIdentity = errors.New("element is the identity")
)

// Verify checks a proof that Prove made for the same transcript and elements
// and returns nil if it holds. It needs no randomness; where there is some, a
// [Batch] of one proof with several equations is faster.
func (r *Relation) Verify(t *transcript.Transcript, elements []group.Element, proof []byte) error {
	var o opened
	all := append(make([]group.Element, 0, r.elements), group.Generator())
	for i := range elements {
		all = append(all, elements[i].Encoded())
	}
	if err := r.open(&o, t, all[1:], proof); err != nil {
		return err
	}
	// The equations one by one: Σ z·base − c·image = T.
	minusOne := group.ScalarFromInt64(-1)
	coefs := make([]group.Scalar, r.elements)
	var scalars []group.Scalar
	var points []group.Element
	for _, l := range r.leaves {
		for i := range l.equations {
			eq := &l.equations[i]
			clear(coefs)
			r.weigh(coefs, l, eq, &o, minusOne)
			scalars, points = scalars[:0], points[:0]
			for _, e := range eq.support {
				scalars, points = append(scalars, coefs[e]), append(points, all[e])
			}
			if !group.VarTimeMultiMul(scalars, points).Equal(o.moves[l.firstMove+i]) {
				return fmt.Errorf("equation %d of leaf %q: %w", i, l.name, ErrEquation)
			}
		}
	}
	return nil
}

// An opened proof is decoded, and its challenge distributed.
type opened struct {
	moves      []group.Element
	challenges []group.Scalar // one for each leaf
	responses  []group.Scalar
}

// open appends to o the parts of a proof, computes the challenge and checks
// all but the equations. The elements should remember their encodings.
func (r *Relation) open(o *opened, t *transcript.Transcript, elements []group.Element, proof []byte) error {
	if len(elements) != r.Elements() {
		return fmt.Errorf("%w: %d instead of %d", ErrElements, len(elements), r.Elements())
	}
	if len(proof) != r.ProofSize() {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrSize, len(proof), r.ProofSize())
	}
	for i := range r.moves {
		e, err := group.DecodeElement(proof[:group.ElementSize])
		if err != nil {
			return fmt.Errorf("first move %d of proof: %w", i, err)
		}
		o.moves = append(o.moves, e)
		proof = proof[group.ElementSize:]
	}
	var few [16]group.Scalar
	subs := few[:0]
	for i := range r.challenges {
		c, err := group.DecodeScalar(proof[:group.ScalarSize])
		if err != nil {
			return fmt.Errorf("sub-challenge %d of proof: %w", i, err)
		}
		subs = append(subs, c)
		proof = proof[group.ScalarSize:]
	}
	for i := range r.responses {
		z, err := group.DecodeScalar(proof[:group.ScalarSize])
		if err != nil {
			return fmt.Errorf("response %d of proof: %w", i, err)
		}
		o.responses = append(o.responses, z)
		proof = proof[group.ScalarSize:]
	}
	c := r.challenge(t, elements, o.moves[len(o.moves)-r.moves:])
	return distribute(r.root, c, subs, o)
}

// distribute passes the challenge c of n down to the leaves.
func distribute(n *node, c group.Scalar, subs []group.Scalar, o *opened) error {
	switch n.kind {
	case kindLinear:
		o.challenges = append(o.challenges, c) // leaves come in their order
	case kindAnd:
		for _, child := range n.children {
			if err := distribute(child, c, subs, o); err != nil {
				return err
			}
		}
	case kindOr:
		mine := subs[n.firstSub : n.firstSub+len(n.children)]
		var sum group.Scalar
		for _, s := range mine {
			sum = sum.Add(s)
		}
		if !sum.Equal(c) {
			return fmt.Errorf("disjunction %d of proof: %w", n.or, ErrSubChallenges)
		}
		for j, child := range n.children {
			if err := distribute(child, mine[j], subs, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// weigh adds to coefs, one for each element, weight times the coefficients of
// c·image − Σ z·base.
func (r *Relation) weigh(coefs []group.Scalar, l *leaf, eq *equation, o *opened, weight group.Scalar) {
	r.weighForm(coefs, eq.image, weight.Mul(o.challenges[l.number]))
	negative := weight.Neg()
	for _, t := range eq.terms {
		r.weighForm(coefs, t.base, negative.Mul(o.responses[l.firstResp+t.witness]))
	}
}

func (r *Relation) weighForm(coefs []group.Scalar, place int, s group.Scalar) {
	for i := range r.forms[place] {
		p := &r.forms[place][i]
		if p.unit {
			coefs[p.element] = coefs[p.element].Add(s)
		} else {
			coefs[p.element] = s.MulAdd(p.coef, coefs[p.element])
		}
	}
}
