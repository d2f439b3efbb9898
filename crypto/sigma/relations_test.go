package sigma

import (
	"crypto/rand"
	"testing"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func random() group.Scalar { return must(group.RandomScalar(rand.Reader)) }

func scalar(v int64) group.Scalar { return group.ScalarFromInt64(v) }

func context() *transcript.Transcript {
	t := transcript.New("mandate/v1 test")
	t.AppendString("context", "sigma")
	return t
}

// bitRelation says that (A, B) encrypts 0 or 1: elements pk, A, B.
var bitRelation = func() *Relation {
	b := NewBuilder("bit")
	pk, A, B := b.Element("pk"), b.Element("A"), b.Element("B")
	return mustBuild(b, bitNode(b, pk, A, B))
}()

func bitNode(b *Builder, pk, A, B Ref) Node {
	shifted := b.Combination(PublicTerm{scalar(1), B}, PublicTerm{scalar(-1), b.Generator()})
	branch := func(name string, image Ref) Node {
		return b.Linear(name, 1,
			Equation{A, []Term{{0, b.Generator()}}},
			Equation{image, []Term{{0, pk}}})
	}
	return b.Or(branch("0", B), branch("1", shifted))
}

func encrypt(pk group.Element, v int64, r group.Scalar) (A, B group.Element) {
	return group.BaseMul(r), pk.Mul(r).Add(group.BaseMul(scalar(v)))
}

// An example is a relation with a way to make true instances.
type example struct {
	name     string
	relation *Relation
	instance func() ([]group.Element, Witness)
}

func examples() []example {
	var all []example
	add := func(name string, r *Relation, f func() ([]group.Element, Witness)) {
		all = append(all, example{name, r, f})
	}
	add("schnorr", schnorr, func() ([]group.Element, Witness) {
		x := random()
		return []group.Element{group.BaseMul(x)}, Witness{Leaves: [][]group.Scalar{{x}}}
	})
	add("equal logarithms", equalLogs, func() ([]group.Element, Witness) {
		x, G := random(), group.BaseMul(random())
		return []group.Element{G, group.BaseMul(x), G.Mul(x)}, Witness{Leaves: [][]group.Scalar{{x}}}
	})
	for v := range 2 {
		add([]string{"bit 0", "bit 1"}[v], bitRelation, func() ([]group.Element, Witness) {
			pk, r := group.BaseMul(random()), random()
			A, B := encrypt(pk, int64(v), r)
			return []group.Element{pk, A, B}, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{v}}
		})
	}

	// Two witnesses in one equation, with a base that is a combination.
	{
		b := NewBuilder("two witnesses")
		h, C, D := b.Element("h"), b.Element("C"), b.Element("D")
		k := b.Combination(PublicTerm{scalar(2), h}, PublicTerm{scalar(3), b.Generator()})
		kk := b.Combination(PublicTerm{scalar(-1), k}, PublicTerm{scalar(1), C})
		r := mustBuild(b, b.Linear("opening", 2,
			Equation{C, []Term{{0, b.Generator()}, {1, h}}},
			Equation{D, []Term{{0, k}, {1, b.Generator()}, {0, b.Generator()}}},
			Equation{kk, []Term{{0, b.Generator()}, {1, h}}}))
		add("two witnesses", r, func() ([]group.Element, Witness) {
			// The third equation asks for k = 0, so h = −3/2·g.
			u, v := random(), random()
			h := group.BaseMul(scalar(-3).Mul(scalar(2).Invert()))
			C := group.BaseMul(u).Add(h.Mul(v))
			D := group.BaseMul(v).Add(group.BaseMul(u))
			return []group.Element{h, C, D}, Witness{Leaves: [][]group.Scalar{{u, v}}}
		})
	}

	// A ballot: a credential key and three bits whose sum is 0, 1 or 2.
	{
		b := NewBuilder("ballot")
		pk, X := b.Element("pk"), b.Element("X")
		nodes := []Node{b.Linear("credential", 1, Equation{X, []Term{{0, b.Generator()}}})}
		var sumA, sumB []PublicTerm
		for range 3 {
			A, B := b.Element("A"), b.Element("B")
			nodes = append(nodes, bitNode(b, pk, A, B))
			sumA, sumB = append(sumA, PublicTerm{scalar(1), A}), append(sumB, PublicTerm{scalar(1), B})
		}
		A := b.Combination(sumA...)
		var sums []Node
		for k := range int64(3) {
			B := b.Combination(append(sumB[:3:3], PublicTerm{scalar(-k), b.Generator()})...)
			sums = append(sums, b.Linear("sum", 1,
				Equation{A, []Term{{0, b.Generator()}}},
				Equation{B, []Term{{0, pk}}}))
		}
		nodes = append(nodes, b.Or(sums...))
		r := mustBuild(b, b.And(nodes...))
		for _, votes := range [][]int{{0, 0, 0}, {0, 1, 0}, {1, 0, 1}} {
			add("ballot", r, func() ([]group.Element, Witness) {
				x, pk := random(), group.BaseMul(random())
				es := []group.Element{pk, group.BaseMul(x)}
				w := Witness{Leaves: [][]group.Scalar{{x}}}
				var sumR group.Scalar
				sum := 0
				for _, v := range votes {
					r := random()
					A, B := encrypt(pk, int64(v), r)
					es = append(es, A, B)
					w.Leaves = append(w.Leaves, []group.Scalar{r}, []group.Scalar{r})
					w.Branches = append(w.Branches, v)
					sumR, sum = sumR.Add(r), sum+v
				}
				for range 3 {
					w.Leaves = append(w.Leaves, []group.Scalar{sumR})
				}
				w.Branches = append(w.Branches, sum)
				return es, w
			})
		}
	}

	// Every nesting: Or(x0, And(x1, Or(x2, And(x3, x4))), Or(x5, x6)), with
	// each minimal set of known logarithms.
	{
		b := NewBuilder("nested")
		var x []Node
		for range 7 {
			X := b.Element("X")
			x = append(x, b.Linear("x", 1, Equation{X, []Term{{0, b.Generator()}}}))
		}
		r := mustBuild(b, b.Or(x[0], b.And(x[1], b.Or(x[2], b.And(x[3], x[4]))), b.Or(x[5], x[6])))
		for _, c := range []struct {
			name     string
			known    []int
			branches []int // of the outer, the inner, the last OR
		}{
			{"nested: x0", []int{0}, []int{0, 1, 0}},
			{"nested: x1 and x2", []int{1, 2}, []int{1, 0, 1}},
			{"nested: x1, x3 and x4", []int{1, 3, 4}, []int{1, 1, 0}},
			{"nested: x5", []int{5}, []int{2, 0, 0}},
			{"nested: x6", []int{6}, []int{2, 1, 1}},
		} {
			add(c.name, r, func() ([]group.Element, Witness) {
				w := Witness{Branches: c.branches, Leaves: make([][]group.Scalar, 7)}
				es := make([]group.Element, 7)
				for i := range es {
					es[i], w.Leaves[i] = group.BaseMul(random()), []group.Scalar{random()}
				}
				for _, i := range c.known {
					es[i] = group.BaseMul(w.Leaves[i][0])
				}
				return es, w
			})
		}
	}
	return all
}

func forEach(t *testing.T, f func(t *testing.T, x example)) {
	for _, x := range examples() {
		t.Run(x.name, func(t *testing.T) { f(t, x) })
	}
}

// check verifies alone and in a batch and fails if the two disagree.
func check(t testing.TB, r *Relation, tr *transcript.Transcript, es []group.Element, proof []byte) error {
	t.Helper()
	before := tr.Sum("x")
	err := r.Verify(tr, es, proof)
	b := NewBatch(rand.Reader)
	batchErr := b.Add(r, tr, es, proof)
	if batchErr == nil {
		batchErr = b.Verify()
	}
	if (err == nil) != (batchErr == nil) {
		t.Errorf("alone: %v, in a batch: %v", err, batchErr)
	}
	if tr.Sum("x") != before {
		t.Error("verifying changed the caller's transcript")
	}
	return err
}

func TestProveAndVerify(t *testing.T) {
	forEach(t, func(t *testing.T, x example) {
		es, w := x.instance()
		tr := context()
		before := tr.Sum("x")
		proof, err := x.relation.Prove(tr, es, w, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if tr.Sum("x") != before {
			t.Error("proving changed the caller's transcript")
		}
		if len(proof) != x.relation.ProofSize() {
			t.Errorf("proof of %d bytes, want %d", len(proof), x.relation.ProofSize())
		}
		if err := check(t, x.relation, tr, es, proof); err != nil {
			t.Error(err)
		}
	})
}
