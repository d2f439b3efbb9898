package sigma

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"mandate/crypto/group"
)

func TestBuilderMistakes(t *testing.T) {
	leaf := func(b *Builder) Node {
		return b.Linear("x", 1, Equation{b.Element("X"), []Term{{0, b.Generator()}}})
	}
	for name, c := range map[string]struct {
		build func(b *Builder) Node
		err   string
	}{
		"no node":          {func(b *Builder) Node { return Node{} }, "another relation"},
		"foreign node":     {func(b *Builder) Node { return leaf(NewBuilder("other")) }, "another relation"},
		"foreign child":    {func(b *Builder) Node { return b.Or(leaf(b), leaf(NewBuilder("other"))) }, "another relation"},
		"node twice":       {func(b *Builder) Node { n := leaf(b); return b.Or(n, n) }, "used twice"},
		"root inside":      {func(b *Builder) Node { n := leaf(b); b.And(n); return n }, "used twice"},
		"or of one":        {func(b *Builder) Node { return b.Or(leaf(b)) }, "or of 1"},
		"and of none":      {func(b *Builder) Node { return b.And() }, "and of 0"},
		"no equations":     {func(b *Builder) Node { return b.Linear("x", 1) }, "no equations"},
		"no terms":         {func(b *Builder) Node { return b.Linear("x", 0, Equation{Image: b.Element("X")}) }, "no terms"},
		"unused witness":   {func(b *Builder) Node { return b.Linear("x", 2, Equation{b.Element("X"), []Term{{0, 0}}}) }, "witness 1 of leaf \"x\" is in no equation"},
		"unknown witness":  {func(b *Builder) Node { return b.Linear("x", 1, Equation{b.Element("X"), []Term{{1, 0}}}) }, "witness 1 of 1"},
		"negative witness": {func(b *Builder) Node { return b.Linear("x", 1, Equation{b.Element("X"), []Term{{-1, 0}}}) }, "witness -1 of 1"},
		"unknown image":    {func(b *Builder) Node { return b.Linear("x", 1, Equation{1, []Term{{0, 0}}}) }, "reference 1"},
		"unknown base":     {func(b *Builder) Node { return b.Linear("x", 1, Equation{0, []Term{{0, 7}}}) }, "reference 7"},
		"unknown combination": {func(b *Builder) Node {
			return b.Linear("x", 1, Equation{-1, []Term{{0, 0}}})
		}, "reference -1"},
		"later combination": {func(b *Builder) Node { b.Combination(PublicTerm{scalar(1), -1}); return leaf(b) }, "reference -1"},
		"empty combination": {func(b *Builder) Node { b.Combination(); return leaf(b) }, "no terms"},
	} {
		b := NewBuilder("mistake")
		r, err := b.Build(c.build(b))
		if r != nil || err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.err)
		}
	}
	b := NewBuilder("")
	if _, err := b.Build(leaf(b)); err == nil {
		t.Error("no label: accepted")
	}
	b = NewBuilder("twice")
	n := leaf(b)
	if _, err := b.Build(n); err != nil {
		t.Error(err)
	}
	if _, err := b.Build(n); err == nil {
		t.Error("built twice")
	}
}

// Every part of the shape is part of the id.
func TestA5_RelationID(t *testing.T) {
	seen := make(map[[32]byte]string)
	add := func(name string, build func(b *Builder) Node) {
		t.Helper()
		label := "shape"
		if l, ok := strings.CutPrefix(name, "label "); ok {
			label = l
		}
		b := NewBuilder(label)
		id := mustBuild(b, build(b)).ID()
		if before, ok := seen[id]; ok {
			t.Errorf("%q has the id of %q", name, before)
		}
		seen[id] = name
	}
	var g Ref
	simple := func(b *Builder) Node {
		return b.Linear("x", 1, Equation{b.Element("X"), []Term{{0, g}}})
	}
	add("simple", simple)
	add("label other", simple)
	add("leaf name", func(b *Builder) Node { return b.Linear("y", 1, Equation{b.Element("X"), []Term{{0, g}}}) })
	add("element name", func(b *Builder) Node { return b.Linear("x", 1, Equation{b.Element("Y"), []Term{{0, g}}}) })
	add("one more element", func(b *Builder) Node { n := simple(b); b.Element("Y"); return n })
	add("image g", func(b *Builder) Node { b.Element("X"); return b.Linear("x", 1, Equation{g, []Term{{0, g}}}) })
	add("base X", func(b *Builder) Node { X := b.Element("X"); return b.Linear("x", 1, Equation{X, []Term{{0, X}}}) })
	add("two terms", func(b *Builder) Node { return b.Linear("x", 1, Equation{b.Element("X"), []Term{{0, g}, {0, g}}}) })
	add("two witnesses", func(b *Builder) Node { return b.Linear("x", 2, Equation{b.Element("X"), []Term{{0, g}, {1, g}}}) })
	add("two witnesses, swapped", func(b *Builder) Node {
		return b.Linear("x", 2, Equation{b.Element("X"), []Term{{1, g}, {0, g}}})
	})
	add("two equations", func(b *Builder) Node {
		X := b.Element("X")
		return b.Linear("x", 1, Equation{X, []Term{{0, g}}}, Equation{X, []Term{{0, g}}})
	})
	add("and of one", func(b *Builder) Node { return b.And(simple(b)) })
	add("and", func(b *Builder) Node { return b.And(simple(b), simple(b)) })
	add("or", func(b *Builder) Node { return b.Or(simple(b), simple(b)) })
	add("and of and", func(b *Builder) Node { return b.And(b.And(simple(b)), simple(b)) })
	add("and of and 2", func(b *Builder) Node { return b.And(b.And(simple(b), simple(b))) })
	for coef := range int64(3) {
		for ref := range 2 {
			add(fmt.Sprintf("combination %d·%d", coef, ref), func(b *Builder) Node {
				X := b.Element("X")
				return b.Linear("x", 1, Equation{b.Combination(PublicTerm{scalar(coef), Ref(ref)}), []Term{{0, X}}})
			})
		}
	}
	add("combination of a combination", func(b *Builder) Node {
		X := b.Element("X")
		c := b.Combination(PublicTerm{scalar(1), X})
		return b.Linear("x", 1, Equation{b.Combination(PublicTerm{scalar(1), c}), []Term{{0, X}}})
	})

	b := NewBuilder("shape")
	first := mustBuild(b, simple(b))
	b = NewBuilder("shape")
	if again := mustBuild(b, simple(b)); again.ID() != first.ID() {
		t.Error("the same shape has two ids")
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		r              *Relation
		size, elements int
	}{{schnorr, SignatureSize, 1}, {equalLogs, EqualLogsSize, 3}, {bitRelation, 32 * 8, 3}} {
		if c.r.ProofSize() != c.size || c.r.Elements() != c.elements {
			t.Errorf("size %d with %d elements, want %d with %d", c.r.ProofSize(), c.r.Elements(), c.size, c.elements)
		}
	}
}

func TestProveRefusesMisshapenWitness(t *testing.T) {
	pk, r := group.BaseMul(random()), random()
	A, B := encrypt(pk, 0, r)
	es := []group.Element{pk, A, B}
	leaves := [][]group.Scalar{{r}, {r}}
	for name, w := range map[string]Witness{
		"empty":            {},
		"no branch":        {Leaves: leaves},
		"two branches":     {Leaves: leaves, Branches: []int{0, 0}},
		"branch −1":        {Leaves: leaves, Branches: []int{-1}},
		"branch 2":         {Leaves: leaves, Branches: []int{2}},
		"one leaf":         {Leaves: leaves[:1], Branches: []int{0}},
		"a leaf too short": {Leaves: [][]group.Scalar{{r}, {}}, Branches: []int{0}},
		"a leaf too long":  {Leaves: [][]group.Scalar{{r}, {r, r}}, Branches: []int{0}},
	} {
		if _, err := bitRelation.Prove(context(), es, w, rand.Reader); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := bitRelation.Prove(context(), es[:2], Witness{Leaves: leaves, Branches: []int{0}}, rand.Reader); err == nil {
		t.Error("two elements: accepted")
	}
}

// The witnesses of branches that do not hold are not looked at.
func TestFalseBranchesNeedNoWitness(t *testing.T) {
	pk, r := group.BaseMul(random()), random()
	for v := range 2 {
		A, B := encrypt(pk, int64(v), r)
		es := []group.Element{pk, A, B}
		leaves := [][]group.Scalar{{{}}, {{}}}
		leaves[v][0] = r
		proof := must(bitRelation.Prove(context(), es, Witness{Leaves: leaves, Branches: []int{v}}, rand.Reader))
		if err := check(t, bitRelation, context(), es, proof); err != nil {
			t.Errorf("bit %d: %v", v, err)
		}
		// Nor is a wrong branch a proof.
		proof = must(bitRelation.Prove(context(), es, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{1 - v}}, rand.Reader))
		if err := check(t, bitRelation, context(), es, proof); err == nil {
			t.Errorf("bit %d proved as %d", v, 1-v)
		}
	}
}

// A table changes the speed of proving and nothing else.
func TestWithTable(t *testing.T) {
	pk, other, r := group.BaseMul(random()), group.BaseMul(random()), random()
	const refPK, refA = 1, 2
	A, B := encrypt(pk, 1, r)
	w := Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{1}}
	es := []group.Element{pk, A, B}
	stuck := func() *bytes.Reader { return bytes.NewReader(make([]byte, 32)) }
	want := must(bitRelation.Prove(context(), es, w, stuck()))
	for name, rel := range map[string]*Relation{
		"for pk":       bitRelation.WithTable(refPK, pk),
		"for another":  bitRelation.WithTable(refPK, other),
		"for pk and A": bitRelation.WithTable(refPK, pk).WithTable(refA, A),
	} {
		if rel.ID() != bitRelation.ID() || !bytes.Equal(must(rel.Prove(context(), es, w, stuck())), want) {
			t.Errorf("table %s: another proof or id", name)
		}
		if err := check(t, rel, context(), es, want); err != nil {
			t.Errorf("table %s: %v", name, err)
		}
	}
	for _, ref := range []Ref{-1, 0, 4} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("table for reference %d accepted", ref)
				}
			}()
			bitRelation.WithTable(ref, pk)
		}()
	}
}

// What is built is finished: the same tree is not built into a second relation, to which something was added meanwhile.
func TestABuilderBuildsOnce(t *testing.T) {
	b := NewBuilder("once")
	X := b.Element("X")
	root := b.Linear("x", 1, Equation{X, []Term{{0, b.Generator()}}})
	if _, err := b.Build(root); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Build(root); err == nil || r != nil {
		t.Errorf("built twice: %v", err)
	}
}
