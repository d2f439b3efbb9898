// Package sigma proves and verifies statements about group elements in zero
// knowledge: that somebody knows scalars which satisfy linear equations,
// composed with AND and OR, made non-interactive by the strong Fiat–Shamir
// transform. Every proof and every signature of the system is an instance.
//
// A [Relation] is the public shape of a statement. It is declared once with a
// [Builder] and used for any number of instances:
//
//	b := sigma.NewBuilder("encryption of 0 or 1")
//	g, pk, A, B := b.Generator(), b.Element("pk"), b.Element("A"), b.Element("B")
//	minusOne := group.ScalarFromInt64(-1)
//	BminusG := b.Combination(sigma.PublicTerm{Coef: group.ScalarFromUint64(1), Ref: B}, sigma.PublicTerm{Coef: minusOne, Ref: g})
//	branch := func(name string, image sigma.Ref) sigma.Node {
//		return b.Linear(name, 1, // one witness, r
//			sigma.Equation{Image: A, Terms: []sigma.Term{{Witness: 0, Base: g}}},      // A = r·g
//			sigma.Equation{Image: image, Terms: []sigma.Term{{Witness: 0, Base: pk}}}) // image = r·pk
//	}
//	bit, err := b.Build(b.Or(branch("0", B), branch("1", BminusG)))
//
// [Relation.Prove] makes a proof, [Relation.Verify] checks one, and a [Batch]
// checks many at the price of one multi-scalar multiplication, naming those
// that fail. [Sign] and [VerifySchnorr] are signatures; [ProveEqualLogs] and
// [VerifyEqualLogs] state the equality of two logarithms.
//
// The challenge covers the caller's transcript, the relation, all elements
// and all first moves. The caller's transcript must hold whatever else the
// statement depends on. Elements are checked to be elements by the type
// system; that a key or a generator is not the identity is for the caller to
// check, except in the Schnorr and equality proofs, which refuse it.
//
// Proving is constant time in the witness and in which branches of an OR are
// true. Verifying is variable time and concerns public data only.
//
// The structure follows Cramer, Damgård, Schoenmakers (CRYPTO '94), Maurer
// (AFRICACRYPT 2009) and draft-irtf-cfrg-sigma-protocols; SPEC.md §4 is
// normative.
package sigma

import (
	"errors"
	"fmt"
	"slices"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// A Ref names an element of a relation: the zero Ref is the generator g.
type Ref int // elements are 0, 1, …; combinations are −1, −2, … until Build

// A PublicTerm is Coef·Ref.
type PublicTerm struct {
	Coef group.Scalar
	Ref  Ref
}

// A Term is w·Base for the leaf's witness number Witness, from 0.
type Term struct {
	Witness int
	Base    Ref
}

// An Equation says that Image is the sum of the terms.
type Equation struct {
	Image Ref
	Terms []Term
}

// A Node of the tree that makes up a statement.
type Node struct{ n *node }

type nodeKind int

const (
	kindLinear nodeKind = iota
	kindAnd
	kindOr
)

var kindNames = [...]string{kindLinear: "linear", kindAnd: "and", kindOr: "or"}

type node struct {
	kind     nodeKind
	children []*node
	leaf     *leaf
	or       int // of an OR: its number in depth-first pre-order
	firstSub int // of an OR: the place of its first sub-challenge
	owner    *Builder
	used     bool
}

type leaf struct {
	name      string
	number    int // in depth-first order
	witnesses int
	equations []equation
	firstMove int // the place of its first equation among all
	firstResp int // the place of its first witness among all
	underOr   bool
}

// An equation with its references resolved: elements first, combinations
// after them.
type equation struct {
	declared Equation
	image    int
	terms    []term
	support  []int // the elements that occur in it, combinations resolved
}

type term struct{ witness, base int }

// A part is coef·element.
type part struct {
	element int
	coef    group.Scalar
	unit    bool // coef is 1
}

// A Relation is the shape of a statement. It is immutable and safe for
// concurrent use.
type Relation struct {
	id         [32]byte
	elements   int      // including g
	forms      [][]part // what each reference is in terms of elements
	root       *node
	leaves     []*leaf
	orWidths   []int // the number of branches of each OR
	moves      int
	challenges int
	responses  int
	prepared   []prepared
}

// A prepared element has a table for faster multiplication.
type prepared struct {
	place int
	enc   [group.ElementSize]byte
	table *group.Table
}

// WithTable returns the same relation, prepared for proving many instances in
// which the element ref, of those declared with [Builder.Element], is e: a
// public key, for example. It makes no difference to other instances, to
// proofs or to verification.
func (r *Relation) WithTable(ref Ref, e group.Element) *Relation {
	if ref < 1 || int(ref) >= r.elements {
		panic("sigma: WithTable of a reference that is no element of the relation")
	}
	with := *r
	with.prepared = append(slices.Clone(r.prepared), prepared{int(ref), e.Encoding(), group.NewTable(e)})
	return &with
}

// ID identifies the relation: a hash of its canonical description
// (SPEC.md §4.1).
func (r *Relation) ID() [32]byte { return r.id }

// ProofSize returns the length of a proof in bytes.
func (r *Relation) ProofSize() int {
	return group.ElementSize*r.moves + group.ScalarSize*(r.challenges+r.responses)
}

// Elements returns the number of elements of an instance, g not counted:
// those declared with [Builder.Element], in that order.
func (r *Relation) Elements() int { return r.elements - 1 }

// A Builder declares a relation. Mistakes are reported by [Builder.Build].
type Builder struct {
	label        string
	names        []string
	combinations [][]PublicTerm
	err          error
}

// NewBuilder begins a relation. The label is part of its identity.
func NewBuilder(label string) *Builder { return &Builder{label: label} }

// Generator returns the reference of g.
func (b *Builder) Generator() Ref { return 0 }

// Element declares the next element of an instance.
func (b *Builder) Element(name string) Ref {
	b.names = append(b.names, name)
	return Ref(len(b.names))
}

// Combination declares an element that everybody computes from others,
// Σ Coef·Ref, such as B − v·g.
func (b *Builder) Combination(terms ...PublicTerm) Ref {
	if len(terms) == 0 {
		b.fail("combination %d has no terms", len(b.combinations))
	}
	for _, t := range terms {
		b.check(t.Ref)
	}
	b.combinations = append(b.combinations, slices.Clone(terms))
	return Ref(-len(b.combinations))
}

// Linear declares a leaf: the prover knows witnesses w_0 … w_{n−1} that
// satisfy all the equations. Witnesses are the leaf's own.
func (b *Builder) Linear(name string, witnesses int, eqs ...Equation) Node {
	l := &leaf{name: name, witnesses: witnesses}
	if len(eqs) == 0 {
		b.fail("leaf %q has no equations", name)
	}
	used := make([]bool, max(witnesses, 0))
	for i, eq := range eqs {
		b.check(eq.Image)
		if len(eq.Terms) == 0 {
			b.fail("equation %d of leaf %q has no terms", i, name)
		}
		for _, t := range eq.Terms {
			b.check(t.Base)
			if t.Witness < 0 || t.Witness >= witnesses {
				b.fail("equation %d of leaf %q has witness %d of %d", i, name, t.Witness, witnesses)
				continue
			}
			used[t.Witness] = true
		}
		eq.Terms = slices.Clone(eq.Terms)
		l.equations = append(l.equations, equation{declared: eq})
	}
	if i := slices.Index(used, false); i >= 0 {
		b.fail("witness %d of leaf %q is in no equation", i, name)
	}
	return Node{&node{kind: kindLinear, leaf: l, owner: b}}
}

// And declares that all the nodes hold.
func (b *Builder) And(nodes ...Node) Node { return b.inner(kindAnd, 1, nodes) }

// Or declares that at least one of the nodes holds; which one stays secret.
func (b *Builder) Or(nodes ...Node) Node { return b.inner(kindOr, 2, nodes) }

func (b *Builder) inner(kind nodeKind, least int, nodes []Node) Node {
	n := &node{kind: kind, owner: b}
	if len(nodes) < least {
		b.fail("%s of %d nodes", kindNames[kind], len(nodes))
	}
	for _, c := range nodes {
		b.take(c)
		n.children = append(n.children, c.n)
	}
	return Node{n}
}

// take marks a node as used: the statement is a tree.
func (b *Builder) take(n Node) {
	switch {
	case n.n == nil || n.n.owner != b:
		b.fail("a node of another relation")
	case n.n.used:
		b.fail("a node is used twice")
	default:
		n.n.used = true
	}
}

func (b *Builder) check(r Ref) {
	if int(r) > len(b.names) || -int(r) > len(b.combinations) {
		b.fail("reference %d is not of this relation", int(r))
	}
}

func (b *Builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("relation %q: "+format, append([]any{b.label}, args...)...)
	}
}

// Build returns the relation whose statement is root. The builder and its
// nodes must not be used afterwards.
func (b *Builder) Build(root Node) (*Relation, error) {
	b.take(root)
	if b.label == "" && b.err == nil {
		b.err = errors.New("relation without a label")
	}
	if b.err != nil {
		return nil, b.err
	}
	r := &Relation{elements: len(b.names) + 1, root: root.n}
	for i := range r.elements {
		r.forms = append(r.forms, []part{{element: i, coef: group.ScalarFromUint64(1), unit: true}})
	}
	for _, terms := range b.combinations {
		r.forms = append(r.forms, r.resolveForm(terms))
	}
	r.number(root.n, false)
	for _, l := range r.leaves {
		for i := range l.equations {
			r.resolveEquation(&l.equations[i])
		}
	}
	r.id = r.describe(b)
	// Built: nothing can be added to the tree any more.
	b.fail("is built already")
	return r, nil
}

// place returns the number by which SPEC.md §4.1 refers to an element or
// combination.
func (r *Relation) place(ref Ref) int {
	if ref >= 0 {
		return int(ref)
	}
	return r.elements + int(-ref) - 1
}

func (r *Relation) resolveForm(terms []PublicTerm) []part {
	sums := make([]group.Scalar, r.elements)
	for _, t := range terms {
		for _, p := range r.forms[r.place(t.Ref)] {
			sums[p.element] = t.Coef.MulAdd(p.coef, sums[p.element])
		}
	}
	one := group.ScalarFromUint64(1)
	var form []part
	for i, s := range sums {
		if !s.IsZero() {
			form = append(form, part{element: i, coef: s, unit: s.Equal(one)})
		}
	}
	return form
}

func (r *Relation) resolveEquation(eq *equation) {
	eq.image = r.place(eq.declared.Image)
	occurs := make([]bool, r.elements)
	mark := func(place int) {
		for _, p := range r.forms[place] {
			occurs[p.element] = true
		}
	}
	mark(eq.image)
	for _, t := range eq.declared.Terms {
		base := r.place(t.Base)
		eq.terms = append(eq.terms, term{t.Witness, base})
		mark(base)
	}
	for i, o := range occurs {
		if o {
			eq.support = append(eq.support, i)
		}
	}
}

// number gives leaves, ORs and the parts of a proof their places.
func (r *Relation) number(n *node, underOr bool) {
	switch n.kind {
	case kindLinear:
		l := n.leaf
		l.number, l.firstMove, l.firstResp, l.underOr = len(r.leaves), r.moves, r.responses, underOr
		r.leaves = append(r.leaves, l)
		r.moves += len(l.equations)
		r.responses += l.witnesses
	case kindOr:
		n.or, n.firstSub = len(r.orWidths), r.challenges
		r.orWidths = append(r.orWidths, len(n.children))
		r.challenges += len(n.children)
		underOr = true
	}
	for _, c := range n.children {
		r.number(c, underOr)
	}
}

// describe hashes the canonical description of SPEC.md §4.1.
func (r *Relation) describe(b *Builder) [32]byte {
	t := transcript.New("mandate/v1 relation")
	t.AppendString("label", b.label)
	t.AppendUint64("elements", uint64(r.elements))
	for _, name := range b.names {
		t.AppendString("element", name)
	}
	t.AppendUint64("combinations", uint64(len(b.combinations)))
	for _, terms := range b.combinations {
		t.AppendUint64("terms", uint64(len(terms)))
		for _, term := range terms {
			t.AppendScalar("coefficient", term.Coef)
			t.AppendUint64("reference", uint64(r.place(term.Ref)))
		}
	}
	describeNode(t, r.root)
	return t.ID("id")
}

func describeNode(t *transcript.Transcript, n *node) {
	t.AppendString("node", kindNames[n.kind])
	if n.kind != kindLinear {
		t.AppendUint64("children", uint64(len(n.children)))
		for _, c := range n.children {
			describeNode(t, c)
		}
		return
	}
	t.AppendString("name", n.leaf.name)
	t.AppendUint64("witnesses", uint64(n.leaf.witnesses))
	t.AppendUint64("equations", uint64(len(n.leaf.equations)))
	for _, eq := range n.leaf.equations {
		t.AppendUint64("image", uint64(eq.image))
		t.AppendUint64("terms", uint64(len(eq.terms)))
		for _, term := range eq.terms {
			t.AppendUint64("witness", uint64(term.witness))
			t.AppendUint64("base", uint64(term.base))
		}
	}
}
