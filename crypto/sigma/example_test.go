package sigma_test

import (
	"crypto/rand"
	"fmt"

	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// An encryption of 0 or 1, proved and verified.
func Example() {
	b := sigma.NewBuilder("encryption of 0 or 1")
	g, pk, A, B := b.Generator(), b.Element("pk"), b.Element("A"), b.Element("B")
	minusOne := group.ScalarFromInt64(-1)
	BminusG := b.Combination(sigma.PublicTerm{Coef: group.ScalarFromUint64(1), Ref: B}, sigma.PublicTerm{Coef: minusOne, Ref: g})
	branch := func(name string, image sigma.Ref) sigma.Node {
		return b.Linear(name, 1, // one witness, r
			sigma.Equation{Image: A, Terms: []sigma.Term{{Witness: 0, Base: g}}},      // A = r·g
			sigma.Equation{Image: image, Terms: []sigma.Term{{Witness: 0, Base: pk}}}) // image = r·pk
	}
	bit, err := b.Build(b.Or(branch("0", B), branch("1", BminusG)))
	if err != nil {
		panic(err)
	}

	key := group.FromUniformBytes([64]byte{1})
	r, err := group.RandomScalar(rand.Reader)
	if err != nil {
		panic(err)
	}
	elements := []group.Element{key, group.BaseMul(r), key.Mul(r).Add(group.Generator())} // a vote
	context := transcript.New("mandate/v1 example")
	context.AppendString("question", "Shall we?")
	proof, err := bit.Prove(context, elements, sigma.Witness{
		Leaves:   [][]group.Scalar{{r}, {r}},
		Branches: []int{1},
	}, rand.Reader)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(proof), bit.Verify(context, elements, proof))

	context.AppendString("answer", "We shall.")
	fmt.Println(bit.Verify(context, elements, proof))
	// Output:
	// 256 <nil>
	// disjunction 0 of proof: sub-challenges do not sum to the challenge
}
