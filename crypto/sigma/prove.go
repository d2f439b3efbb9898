package sigma

import (
	"crypto/subtle"
	"fmt"
	"io"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// A Witness is what a prover knows.
type Witness struct {
	// Leaves holds for each leaf, in depth-first order, its witnesses. For a
	// leaf in a branch that does not hold the values do not matter; use the
	// same or zeros, so as not to tell by timing which branch it is.
	Leaves [][]group.Scalar
	// Branches holds for each OR, in depth-first pre-order, the number, from
	// 0, of a branch that holds. It does not matter for an OR inside a branch
	// that does not hold.
	Branches []int
}

// String returns a fixed text: a witness is secret.
func (w Witness) String() string { return "sigma.Witness(REDACTED)" }

// GoString returns a fixed text.
func (w Witness) GoString() string { return w.String() }

// Format prints a fixed text whatever the verb.
func (w Witness) Format(f fmt.State, _ rune) { io.WriteString(f, w.String()) }

// MarshalText returns a fixed text.
func (w Witness) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// MarshalJSON returns a fixed text.
func (w Witness) MarshalJSON() ([]byte, error) { return []byte(`"` + w.String() + `"`), nil }

// Prove returns a proof, [Relation.ProofSize] bytes, that the prover knows a
// witness for the instance: the elements in the order of their declaration,
// without g. The transcript t is the caller's context and is left as it was.
// 32 bytes are read from rand, which outside tests is crypto/rand.Reader; the
// nonces are derived from them, the witness and the statement, so that a
// broken rand does not reveal the witness.
//
// Prove does not check that the witness satisfies the relation: if it does
// not, neither will the proof verify.
func (r *Relation) Prove(t *transcript.Transcript, elements []group.Element, w Witness, rand io.Reader) ([]byte, error) {
	if len(elements) != r.Elements() {
		return nil, fmt.Errorf("proving: %w: %d instead of %d", ErrElements, len(elements), r.Elements())
	}
	if err := r.checkWitness(&w); err != nil {
		return nil, fmt.Errorf("proving: %w", err)
	}
	all, encoded := r.resolve(elements)
	p := &prover{r: r, w: &w, refs: all, tables: make([]*group.Table, len(all))}
	for i := range r.prepared {
		if pr := &r.prepared[i]; pr.enc == all[pr.place].Encoding() {
			p.tables[pr.place] = pr.table
		}
	}
	if err := p.drawNonces(t, encoded, rand); err != nil {
		return nil, err
	}

	p.moves = make([]group.Element, r.moves)
	p.commit(r.root, 1, group.Scalar{})
	p.respond(r.root, 1, r.challenge(t, encoded, p.moves))

	proof := make([]byte, 0, r.ProofSize())
	for i := range p.moves {
		proof = p.moves[i].Append(proof)
	}
	for _, c := range p.subs {
		proof = c.Append(proof)
	}
	for _, z := range p.responses {
		proof = z.Append(proof)
	}
	return proof, nil
}

func (r *Relation) checkWitness(w *Witness) error {
	if len(w.Leaves) != len(r.leaves) {
		return fmt.Errorf("witness for %d leaves instead of %d", len(w.Leaves), len(r.leaves))
	}
	for i, l := range r.leaves {
		if len(w.Leaves[i]) != l.witnesses {
			return fmt.Errorf("%d witnesses for leaf %q instead of %d", len(w.Leaves[i]), l.name, l.witnesses)
		}
	}
	if len(w.Branches) != len(r.orWidths) {
		return fmt.Errorf("witness names %d branches instead of %d", len(w.Branches), len(r.orWidths))
	}
	for i, b := range w.Branches {
		if b < 0 || b >= r.orWidths[i] {
			return fmt.Errorf("witness names a branch that disjunction %d does not have", i)
		}
	}
	return nil
}

// resolve returns all elements and combinations by place, and the elements
// of the instance with their encodings remembered.
func (r *Relation) resolve(elements []group.Element) (all, encoded []group.Element) {
	all = make([]group.Element, 0, len(r.forms))
	all = append(all, group.Generator())
	for _, e := range elements {
		all = append(all, e.Encoded())
	}
	encoded = all[1:]
	for _, form := range r.forms[r.elements:] {
		// Both coefficients and elements are public.
		scalars := make([]group.Scalar, len(form))
		points := make([]group.Element, len(form))
		for i, p := range form {
			scalars[i], points[i] = p.coef, all[p.element]
		}
		all = append(all, group.VarTimeMultiMul(scalars, points))
	}
	return all, encoded
}

// challenge hashes the caller's context, the relation, the statement and the
// first moves (SPEC.md §4.2).
func (r *Relation) challenge(t *transcript.Transcript, elements, moves []group.Element) group.Scalar {
	t = t.Clone()
	t.AppendBytes("relation", r.id[:])
	t.AppendElements("elements", elements)
	t.AppendElements("commitments", moves)
	return t.Challenge("challenge")
}

// A prover holds what one call of Prove computes. Which branches of an OR
// hold is secret, so every branch is treated alike: every leaf gets a nonce z
// and a challenge c that is random in a simulated branch and 0 in a true one,
// its first move is T = Σ z·base − c·image, and at the end c·w is added to z
// in a true branch and 0 in a simulated one.
type prover struct {
	r         *Relation
	w         *Witness
	refs      []group.Element
	tables    []*group.Table
	moves     []group.Element
	subs      []group.Scalar // sub-challenges; until respond, random
	responses []group.Scalar // responses; until respond, nonces
}

// drawNonces sets nonces and random sub-challenges to
// H(H(context, statement, witness, rand), number).
func (p *prover) drawNonces(t *transcript.Transcript, elements []group.Element, rand io.Reader) error {
	var fresh [32]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return fmt.Errorf("proving: reading randomness: %w", err)
	}
	t = t.Clone()
	t.AppendBytes("relation", p.r.id[:])
	t.AppendElements("elements", elements)
	for _, ws := range p.w.Leaves {
		t.AppendScalars("witness", ws)
	}
	for _, b := range p.w.Branches {
		t.AppendUint64("branch", uint64(b))
	}
	t.AppendBytes("rand", fresh[:])
	seed := transcript.New("mandate/v1 nonces")
	sum := t.Sum("nonces")
	seed.AppendBytes("seed", sum[:])
	draw := func(n int) []group.Scalar {
		s := make([]group.Scalar, n)
		for i := range s {
			seed.AppendUint64("next", uint64(i))
			s[i] = seed.Challenge("nonce")
		}
		return s
	}
	p.responses = draw(p.r.responses)
	p.subs = draw(p.r.challenges)
	return nil
}

// commit computes the first moves below n. active is 1 if n is true and 0 if
// it is simulated; c is its challenge in the latter case and 0 in the former.
func (p *prover) commit(n *node, active int, c group.Scalar) {
	switch n.kind {
	case kindLinear:
		for i := range n.leaf.equations {
			p.moves[n.leaf.firstMove+i] = p.firstMove(n.leaf, &n.leaf.equations[i], c)
		}
	case kindAnd:
		for _, child := range n.children {
			p.commit(child, active, c)
		}
	case kindOr:
		rest := p.restBranch(n, active)
		others := p.otherChallenges(n, rest)
		for j, child := range n.children {
			isRest := subtle.ConstantTimeEq(int32(j), int32(rest))
			// In a true OR the rest is the true branch, with challenge 0 for
			// now; in a simulated one it is whatever is left of c.
			cj := group.SelectScalar(isRest, c.Sub(others), p.subs[n.firstSub+j])
			childActive := active & isRest
			p.commit(child, childActive, group.SelectScalar(childActive, group.Scalar{}, cj))
		}
	}
}

// restBranch returns the branch of an OR whose challenge is what the others
// leave: the true one, or the last if the OR is simulated.
func (p *prover) restBranch(n *node, active int) int {
	return subtle.ConstantTimeSelect(active, p.w.Branches[n.or], len(n.children)-1)
}

// otherChallenges returns the sum of the random sub-challenges of all
// branches but rest.
func (p *prover) otherChallenges(n *node, rest int) group.Scalar {
	var sum group.Scalar
	for j := range n.children {
		isRest := subtle.ConstantTimeEq(int32(j), int32(rest))
		sum = sum.Add(group.SelectScalar(isRest, group.Scalar{}, p.subs[n.firstSub+j]))
	}
	return sum
}

func (p *prover) firstMove(l *leaf, eq *equation, c group.Scalar) group.Element {
	var move group.Element
	for _, t := range eq.terms {
		move = move.Add(p.mul(p.responses[l.firstResp+t.witness], t.base))
	}
	if l.underOr { // public: what is under no OR is never simulated
		move = move.Sub(p.mul(c, eq.image))
	}
	return move.Encoded()
}

func (p *prover) mul(s group.Scalar, place int) group.Element {
	if place == 0 {
		return group.BaseMul(s)
	}
	if t := p.tables[place]; t != nil {
		return t.Mul(s)
	}
	return p.refs[place].Mul(s)
}

// respond distributes the challenge c of n and turns nonces into responses.
func (p *prover) respond(n *node, active int, c group.Scalar) {
	switch n.kind {
	case kindLinear:
		l := n.leaf
		masked := group.SelectScalar(active, c, group.Scalar{})
		for k, w := range p.w.Leaves[l.number] {
			z := &p.responses[l.firstResp+k]
			*z = masked.MulAdd(w, *z)
		}
	case kindAnd:
		for _, child := range n.children {
			p.respond(child, active, c)
		}
	case kindOr:
		rest := p.restBranch(n, active)
		left := c.Sub(p.otherChallenges(n, rest))
		for j, child := range n.children {
			isRest := subtle.ConstantTimeEq(int32(j), int32(rest))
			sub := &p.subs[n.firstSub+j]
			*sub = group.SelectScalar(isRest, left, *sub)
			p.respond(child, active&isRest, *sub)
		}
	}
}
