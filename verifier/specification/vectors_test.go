package specification_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/cryptotest"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

// The vectors that every implementation of SPEC.md can use (§20). Each file is a JSON object that begins with "what", which says how to read
// it. Go generate makes these anew, and those beside the code: to the same bytes, which the tests hold them to.
//
//go:generate go test -p 1 -run Golden|Vectors|IsMadeAnew mandate/crypto/transcript mandate/crypto/sigma mandate/crypto/threshold mandate/crypto/mixnet mandate/ballot/cast mandate/verifier/boardlog mandate/verifier/specification -update
//go:generate env UPDATE_GOLDEN=1 go test -run Golden mandate/ballot/count
//go:generate sh -c "cd ../../crypto/blind/testdata && python3 -B reference.py >vectors.json"
//go:generate sh -c "cd ../../crypto/sigma/testdata && python3 -B reference.py make >vectors.txt"
//go:generate sh -c "cd ../../crypto/threshold/testdata && python3 -B reference.py make >reference.json"
//go:generate sh -c "cd ../../crypto/mixnet/testdata && python3 -B reference.py make >reference.json"
//go:generate sh -c "cd ../../ballot/ranking/testdata && python3 -B reference.py >vectors.json"

// What the implementations in Python make is what is there. (What programs in Go make, each test that uses it holds to the file.)
func TestReferencesAreMadeAnew(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3 in PATH")
	}
	for _, c := range []struct {
		dir, file string
		args      []string
	}{
		{"crypto/blind", "vectors.json", nil}, {"crypto/sigma", "vectors.txt", []string{"make"}}, {"crypto/threshold", "reference.json", []string{"make"}},
		{"crypto/mixnet", "reference.json", []string{"make"}}, {"ballot/ranking", "vectors.json", nil},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Parallel()
			dir := "../../" + c.dir + "/testdata/"
			cmd := exec.Command(python, append([]string{"-B", "reference.py"}, c.args...)...)
			cmd.Dir = dir
			got, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(dir + c.file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("reference.py makes something else than %s has", c.file)
			}
		})
	}
}

type object struct{ members []member }

type member struct {
	name  string
	value any
}

// obj is a JSON object whose members keep their order.
func obj(pairs ...any) object {
	var o object
	for i := 0; i < len(pairs); i += 2 {
		o.members = append(o.members, member{pairs[i].(string), pairs[i+1]})
	}
	return o
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func vectors(t *testing.T, name string, o object) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(o); err != nil {
		t.Fatal(err)
	}
	compare(t, "../testdata/vectors/"+name+".json", b.String())
}

func h(b []byte) string { return hex.EncodeToString(b) }

func elements(es ...group.Element) []string {
	out := []string{}
	for _, e := range es {
		out = append(out, h(e.Bytes()))
	}
	return out
}

func scalars(ss ...group.Scalar) []string {
	out := []string{}
	for _, s := range ss {
		out = append(out, h(s.Bytes()))
	}
	return out
}

// drawn returns the i-th of a stream of scalars and elements for vectors.
func drawn(i int) *transcript.Transcript {
	t := transcript.New("mandate/v1 test drawn")
	t.AppendUint64("i", uint64(i))
	return t
}

func TestVectorsOfTheGroup(t *testing.T) {
	var mapped, reduced []object
	for i := range 6 {
		u := drawn(i).Sum("uniform")
		mapped = append(mapped, obj("uniform", h(u[:]), "element", h(group.FromUniformBytes(u).Bytes())))
		reduced = append(reduced, obj("uniform", h(u[:]), "scalar", h(group.ScalarFromUniformBytes(u).Bytes())))
	}
	var sum group.Element
	all := transcript.New("mandate/v1 test accumulated")
	for i := range 2000 {
		e, s := drawn(i).Element("element"), drawn(i).Challenge("scalar")
		sum = sum.Add(e.Mul(s))
		all.AppendElement("sum", sum)
		all.AppendScalar("inverse", s.Invert())
	}
	id := all.ID("all")
	vectors(t, "group", obj(
		"what", "SPEC.md §3.1. \"uniform\" is the 64 bytes Sum(\"uniform\") of T(\"mandate/v1 test drawn\"; integer i), i from 0, mapped to the group and reduced to a scalar. "+
			"\"all\" accumulates 2000: with e = Element(\"element\") and s = Challenge(\"scalar\") of that transcript, for i from 0 on, sum := sum · e^s from the identity on; append to T(\"mandate/v1 test accumulated\") element sum, "+
			"scalar inverse = 1/s mod ℓ; at the end ID(\"all\").",
		"elements", mapped, "scalars", reduced, "sum", h(sum.Bytes()), "all", h(id[:]),
	))
}

func TestVectorsOfTheTranscript(t *testing.T) {
	build := func(i int, running []byte) *transcript.Transcript {
		tr := transcript.New("mandate/v1 test transcript")
		tr.AppendUint64("i", uint64(i))
		tr.AppendBytes("bytes", running[:i%65])
		tr.AppendString("string", strings.Repeat("ä", i%40))
		e, s := drawn(i).Element("element"), drawn(i).Challenge("scalar")
		tr.AppendElement("element", e)
		tr.AppendElements("elements", []group.Element{e, group.Generator()}[:i%3])
		tr.AppendScalar("scalar", s)
		tr.AppendScalars("scalars", []group.Scalar{s, s}[:i%3])
		return tr
	}
	running := make([]byte, 64)
	var cases []object
	for i := range 1000 {
		tr := build(i, running)
		sum, id := tr.Sum("out"), tr.ID("id")
		if i < 4 {
			cases = append(cases, obj("i", i, "sum", h(sum[:]), "id", h(id[:]), "challenge", h(tr.Challenge("challenge").Bytes()),
				"weight", h(tr.Weight("weight").Bytes()), "element", h(tr.Element("element").Bytes())))
		}
		running = sum[:]
	}
	vectors(t, "transcript", obj(
		"what", "SPEC.md §3.2. Case i is T(\"mandate/v1 test transcript\"; integer i; bytes bytes = the first i mod 65 bytes of the sum of case i − 1, of which there were 64 zero bytes before case 0; "+
			"string string = \"ä\" i mod 40 times; element element = e; elements elements = the first i mod 3 of e, g; scalar scalar = s; scalars scalars = the first i mod 3 of s, s), with e and s as in group.json; "+
			"sum is Sum(\"out\"), the others ID(\"id\"), Challenge(\"challenge\"), Weight(\"weight\") as 32 bytes, Element(\"element\"). \"last\" is the sum of case 999. Byte for byte items: crypto/transcript/testdata/golden.txt.",
		"cases", cases, "last", h(running),
	))
}

func TestVectorsOfEncryption(t *testing.T) {
	x := drawn(1).Challenge("key")
	pk := group.BaseMul(x)
	var integers, messages []object
	var list []elgamal.Ciphertext
	for i, v := range []uint64{0, 1, 2, 3, 100000} {
		r := drawn(10 + i).Challenge("r")
		c, err := elgamal.EncryptInteger(pk, v, r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
		integers = append(integers, obj("value", v, "r", h(r.Bytes()), "ciphertext", h(append(c.A.Bytes(), c.B.Bytes()...))))
	}
	for i := range 3 {
		m, r := drawn(20+i).Element("m"), drawn(20+i).Challenge("r")
		c, err := elgamal.Encrypt(pk, m, r)
		if err != nil {
			t.Fatal(err)
		}
		again := drawn(30 + i).Challenge("r")
		d, err := elgamal.Rerandomize(pk, c, again)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, obj("message", h(m.Bytes()), "r", h(r.Bytes()), "ciphertext", h(append(c.A.Bytes(), c.B.Bytes()...)),
			"r'", h(again.Bytes()), "encrypted again", h(append(d.A.Bytes(), d.B.Bytes()...))))
	}
	sum := elgamal.Sum(list)
	vectors(t, "encryption", obj(
		"what", "SPEC.md §5.1, §11.2, §17.2: ElGamal under key = g^secret with the randomness r. Integers are encrypted in the exponent, \"sum\" is the product of their ciphertexts; messages are elements, encrypted again with r'.",
		"secret", h(x.Bytes()), "key", h(pk.Bytes()), "integers", integers, "sum", h(append(sum.A.Bytes(), sum.B.Bytes()...)), "messages", messages,
	))
}

// A fixed reader gives the 32 bytes that a prover asks for.
func fixed(i int) (rand []byte, r *bytes.Reader) {
	sum := drawn(i).ID("rand")
	return sum[:], bytes.NewReader(sum[:])
}

func TestVectorsOfProofs(t *testing.T) {
	context := func(i int) *transcript.Transcript {
		tr := transcript.New("mandate/v1 test proof")
		tr.AppendUint64("i", uint64(i))
		return tr
	}
	var cases []object
	put := func(what string, r *sigma.Relation, es []group.Element, w sigma.Witness) {
		i := len(cases)
		rand, reader := fixed(100 + i)
		proof, err := r.Prove(context(i), es, w, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(context(i), es, proof); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		id := r.ID()
		witness := [][]string{}
		for _, l := range w.Leaves {
			witness = append(witness, scalars(l...))
		}
		branches := w.Branches
		if branches == nil {
			branches = []int{}
		}
		cases = append(cases, obj("relation", what, "id", h(id[:]), "elements", elements(es...), "witness", witness, "branches", branches, "rand", h(rand), "proof", h(proof)))
	}
	x := drawn(50).Challenge("x")
	X := group.BaseMul(x)
	build := func(b *sigma.Builder, root sigma.Node) *sigma.Relation {
		r, err := b.Build(root)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one := func(image, base sigma.Ref) sigma.Equation {
		return sigma.Equation{Image: image, Terms: []sigma.Term{{Witness: 0, Base: base}}}
	}

	b := sigma.NewBuilder("schnorr")
	put("schnorr (§4.3)", build(b, b.Linear("x", 1, one(b.Element("X"), b.Generator()))), []group.Element{X}, sigma.Witness{Leaves: [][]group.Scalar{{x}}})

	b = sigma.NewBuilder("equality of logarithms")
	G := drawn(51).Element("G")
	g1, y1, m1 := b.Element("G"), b.Element("Y"), b.Element("M")
	put("equality of logarithms (§4.4)", build(b, b.Linear("x", 1, one(y1, b.Generator()), one(m1, g1))), []group.Element{G, X, G.Mul(x)}, sigma.Witness{Leaves: [][]group.Scalar{{x}}})

	b = sigma.NewBuilder("possession")
	var eqs []sigma.Equation
	var as []group.Scalar
	var phis []group.Element
	for j := range 3 {
		phi := b.Element(fmt.Sprint("phi", j))
		eqs = append(eqs, sigma.Equation{Image: phi, Terms: []sigma.Term{{Witness: j, Base: b.Generator()}}})
		a := drawn(60 + j).Challenge("a")
		as, phis = append(as, a), append(phis, group.BaseMul(a))
	}
	put("possession (§5.2), t = 3", build(b, b.Linear("coefficients", 3, eqs...)), phis, sigma.Witness{Leaves: [][]group.Scalar{as}})

	// Two witnesses in one equation, a combination, an OR of an AND and a leaf.
	b = sigma.NewBuilder("test")
	p, q, s := b.Element("P"), b.Element("Q"), b.Element("S")
	c := b.Combination(sigma.PublicTerm{Coef: group.ScalarFromUint64(2), Ref: p}, sigma.PublicTerm{Coef: group.ScalarFromInt64(-3), Ref: q})
	root := b.And(
		b.Linear("both", 2, sigma.Equation{Image: s, Terms: []sigma.Term{{Witness: 0, Base: b.Generator()}, {Witness: 1, Base: p}}}),
		b.Or(b.And(b.Linear("c", 1, one(c, b.Generator())), b.Linear("p", 1, one(p, b.Generator()))), b.Linear("s", 1, one(s, q))),
	)
	u, v := drawn(70).Challenge("u"), drawn(71).Challenge("v")
	P, Q := X, group.BaseMul(u)
	twoXminus3u := x.Add(x).Sub(u.Add(u).Add(u))
	put("and, or, combination and two witnesses: both: S = w0·g + w1·P; or of (c: 2P − 3Q = w·g and p: P = w·g) and s: S = w·Q", build(b, root),
		[]group.Element{P, Q, group.BaseMul(u).Add(P.Mul(v))},
		sigma.Witness{Leaves: [][]group.Scalar{{u, v}, {twoXminus3u}, {x}, {u}}, Branches: []int{0}})

	vectors(t, "proofs", obj(
		"what", "SPEC.md §4 and, for whoever wants to repeat the proofs, §10.7. Case i, from 0, is a proof under the caller's transcript T(\"mandate/v1 test proof\"; integer i). \"elements\" are those of the statement without g, "+
			"\"witness\" those of each leaf in order, \"branches\" the true branch of each OR, \"rand\" the prover's 32 bytes. Every byte of a proof, and of an element, matters. Ballots' proofs: ballot/cast/testdata; shuffles: crypto/mixnet/testdata.",
		"cases", cases,
	))
}

func TestVectorsOfLots(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 7)
	ctx, root := drawn(80).ID("ctx"), record.ID(drawn(81).ID("root"))
	p := threshold.Parameters{Context: drawn(82).ID("ctx0"), Attempt: 1, N: 3, T: 2}
	var dealers []*threshold.Dealer
	var commitments []threshold.Commitments
	var sealing [][32]byte
	for i := 1; i <= p.N; i++ {
		rand := &stream{n: i}
		d, err := threshold.NewDealer(p, i, drawn(90+i).ID("key"), rand)
		if err != nil {
			t.Fatal(err)
		}
		dealers = append(dealers, d)
		pkg := d.Package()
		c, err := p.CheckPackage(i, drawn(90+i).ID("key"), pkg)
		if err != nil {
			t.Fatal(err)
		}
		commitments, sealing = append(commitments, c), append(sealing, pkg.Sealing)
	}
	keys, err := p.NewKeys(commitments)
	if err != nil {
		t.Fatal(err)
	}
	var sealed [][][threshold.SealedSize]byte
	for _, d := range dealers {
		s, err := d.Seal(sealing)
		if err != nil {
			t.Fatal(err)
		}
		sealed = append(sealed, s)
	}
	var trustees []object
	lots := make(map[int]*record.Lots)
	for l := 1; l <= p.N; l++ {
		var mine [][threshold.SealedSize]byte
		for _, s := range sealed {
			mine = append(mine, s[l-1])
		}
		share, err := dealers[l-1].Receiver().Receive(commitments, mine)
		if err != nil {
			t.Fatal(err)
		}
		secret := share.EncodeSecret()
		rand, reader := fixed(110 + l)
		body, err := tally.MakeLots(ctx, root, share, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tally.CheckLots(ctx, root, keys.Trustees[l-1], body); err != nil {
			t.Fatal(err)
		}
		lots[l] = body
		trustees = append(trustees, obj("x", h(secret[len(secret)-group.ScalarSize:]), "Y", h(keys.Trustees[l-1].Bytes()), "rand", h(rand), "share", h(body.Share[:]), "proof", h(body.Proof)))
	}
	var seed tally.Seed
	for i, pair := range [][2]int{{1, 2}, {1, 3}, {2, 3}} {
		s, err := tally.DrawSeed(ctx, p.T, map[int]*record.Lots{pair[0]: lots[pair[0]], pair[1]: lots[pair[1]]})
		if err != nil || i > 0 && s != seed {
			t.Fatalf("%v: another seed, %v", pair, err)
		}
		seed = s
	}
	var draws []object
	for i := range 4 {
		options := []uint64{0, 1, 2, 3, 4}[:2+i]
		draws = append(draws, obj("contest", i%2, "draw", i, "options", options, "order", seed.Draw(uint64(i%2), uint64(i), slices.Clone(options))))
	}
	vectors(t, "lots", obj(
		"what", "SPEC.md §11.6: three trustees, of whom any two suffice, evaluate the point of the lots; the seed, and draws with it. Proofs as in proofs.json with the transcript of §11.3, made with \"rand\".",
		"ctx", h(ctx[:]), "root", h(root[:]), "t", p.T, "key", h(keys.Joint.Bytes()), "trustees", trustees, "seed", seed.String(), "draws", draws,
	))
}

// A stream is bytes of transcripts, for provers that draw as many as they like.
type stream struct{ n, at int }

func (s *stream) Read(b []byte) (int, error) {
	for i := range b {
		sum := drawn(1000*s.n + s.at).Sum("stream")
		b[i] = sum[0]
		s.at++
	}
	return len(b), nil
}

func TestVectorsOfDecisions(t *testing.T) {
	quorum := contest.Decision{Method: contest.MethodThreshold, Num: 2, Den: 3, Base: contest.BaseBallots, QuorumNum: 1, QuorumDen: 4}
	options := contest.Decision{Method: contest.MethodThreshold, Num: 1, Den: 2, Strict: true, Base: contest.BaseOptions, Over: []uint64{0, 1}, QuorumDen: 1}
	seats := contest.Decision{Method: contest.MethodPlurality, Den: 1, Base: contest.BaseBallots, QuorumDen: 1, Seats: 2}
	none := contest.Decision{Method: contest.MethodNone, Den: 1, Base: contest.BaseBallots, QuorumDen: 1}
	var cases []object
	put := func(d contest.Decision, counted, roll uint64, counts ...uint64) {
		outcome, winners := d.Decide(counts, counted, roll)
		over := d.Over
		if over == nil {
			over = []uint64{}
		}
		if winners == nil {
			winners = []uint64{}
		}
		cases = append(cases, obj(
			"decision", []any{d.Method, d.Option, d.Num, d.Den, d.Strict, d.Base, over, d.QuorumNum, d.QuorumDen, d.Seats, d.Binding, d.Lots},
			"counts", counts, "counted", counted, "roll", roll, "outcome", outcome, "winners", winners))
	}
	for _, n := range []uint64{0, 1, 2, 3} {
		put(quorum, 3, 12, n, 3-n)
	}
	put(quorum, 3, 13, 3, 0)
	put(quorum, 0, 0, 0, 0)
	for _, c := range [][]uint64{{2, 1, 9}, {1, 1, 0}, {0, 0, 4}, {1, 2, 0}, {0, 0, 0}} {
		put(options, c[0]+c[1]+c[2], 20, c...)
	}
	for _, c := range [][]uint64{{3, 2, 1}, {3, 2, 2}, {2, 2, 2}, {2, 0, 0}, {0, 0, 0}, {1, 1, 0}} {
		put(seats, 6, 20, c...)
	}
	put(none, 5, 20, 1, 4)
	big := uint64(1) << 32
	huge := contest.Decision{Method: contest.MethodThreshold, Num: big - 1, Den: big, Base: contest.BaseBallots, QuorumDen: 1}
	put(huge, big, big, big-1, 1)
	put(huge, big, big, big-2, 2)
	vectors(t, "decisions", obj(
		"what", "SPEC.md §11.5: choices. \"decision\" is the CBOR array of §8.3, in its order; a tie that \"lots\" would break is shown without them.",
		"cases", cases,
	))
}

// accumulatedElection is the i-th of the elections of counting.json.
func accumulatedElection(i int) *count.Election {
	sum := func(name string, k int) [64]byte {
		t := drawn(i)
		t.AppendUint64(name, uint64(k))
		return t.Sum("election")
	}
	top := sum("head", 0)
	n := 3 + int(top[0])%4
	e := &count.Election{Title: "election", Seats: 1 + int(top[1])%(n-1)}
	for c := range n {
		e.Candidates = append(e.Candidates, count.Candidate{Name: fmt.Sprint("c", c)})
	}
	for k := range 12 {
		s := sum("ballot", k)
		order := make([]int, n)
		for c := range order {
			order[c] = c
		}
		sort.SliceStable(order, func(a, b int) bool { return s[order[a]] < s[order[b]] })
		e.Ballots = append(e.Ballots, count.Ballot{Count: 1 + uint64(s[32])%9, Ranking: count.Strict(order[:1+int(s[33])%n]...)})
	}
	return e
}

// counted says what is normative of a count.
func counted(t *testing.T, e *count.Election, m count.Method) string {
	t.Helper()
	if m == count.IRV {
		e.Seats = 1
	}
	order := make([]int, len(e.Candidates))
	for c := range order {
		order[c] = c
	}
	r, err := count.Count(e, m, count.ListOrder("by number", order...))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", m, e.Seats)
	for _, c := range r.Elected {
		fmt.Fprintf(&b, " %d", c+1)
	}
	b.WriteByte('\n')
	for _, s := range r.Stages {
		fmt.Fprintf(&b, "%d", s.Number)
		for _, v := range s.Votes {
			fmt.Fprintf(&b, " %s", v.Fixed(9))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestVectorsOfCounting(t *testing.T) {
	var methods []object
	for _, m := range count.Methods() {
		all := sha256.New()
		var first []string
		for i := range 200 {
			s := counted(t, accumulatedElection(i), m)
			all.Write([]byte(s))
			if i < 2 {
				first = append(first, s)
			}
		}
		methods = append(methods, obj("method", m, "first", first, "all", h(all.Sum(nil))))
	}
	var elections []object
	for i := range 2 {
		e := accumulatedElection(i)
		var ballots [][]any
		for _, b := range e.Ballots {
			var ranks []int
			for _, r := range b.Ranking {
				ranks = append(ranks, r[0]+1)
			}
			ballots = append(ballots, []any{b.Count, ranks})
		}
		elections = append(elections, obj("candidates", len(e.Candidates), "seats", e.Seats, "ballots", ballots))
	}
	vectors(t, "counting", obj(
		"what", "SPEC.md §14: 200 elections by each method, ties drawn in the order of the candidates' numbers. Election i, from 0: with head = Sum(\"election\") of T(\"mandate/v1 test drawn\"; integer i; integer head = 0) there are n = 3 + head[0] mod 4 candidates "+
			"and 1 + head[1] mod (n − 1) seats (with irv always 1); ballot k of 12, with s = Sum(\"election\") of T(\"mandate/v1 test drawn\"; integer i; integer ballot = k), ranks the first 1 + s[33] mod n of the candidates sorted by their bytes s[0], s[1], … (by number if equal), "+
			"and stands for 1 + s[32] mod 9 ballots. Its count is written as a line of method, seats and the numbers of the elected, in order, and one of each stage: its number and the votes of each candidate with nine decimals. \"first\" are the counts of elections 0 and 1, \"all\" is SHA-256 of all 200, one after the other. "+
			"Whole reports: ballot/count/testdata.",
		"elections", elections, "methods", methods,
	))
}

func TestVectorsOfRankings(t *testing.T) {
	var spaces []object
	for _, s := range [][2]int{{1, 1}, {4, 4}, {5, 3}, {60, 1}, {128, 2}} {
		e, err := ranking.New(s[0], s[1])
		if err != nil {
			t.Fatal(err)
		}
		all, n := sha256.New(), e.Count().Int64()
		for i := int64(0); i < n; i += 1 + n/300 {
			r, err := e.Ranking(bigInt(i))
			if err != nil {
				t.Fatal(err)
			}
			es, err := e.Encode(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range es {
				all.Write(x.Bytes())
			}
		}
		spaces = append(spaces, obj("candidates", s[0], "depth", s[1], "rankings", n, "step", 1+n/300, "all", h(all.Sum(nil))))
	}
	vectors(t, "rankings", obj(
		"what", "SPEC.md §16: \"all\" is SHA-256 over the elements of the rankings with the numbers 0, step, 2·step, … below their number. Single ones: ballot/ranking/testdata/vectors.json.",
		"spaces", spaces,
	))
}

func bigInt(i int64) *big.Int { return big.NewInt(i) }

// Records of every kind, and bytes that are none.
func TestVectorsOfRecords(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 9)
	votes := wholeVotes(t)
	byKind := make(map[string][]byte)
	for _, name := range slices.Sorted(maps.Keys(votes)) {
		for _, raw := range votes[name].Log() {
			r, err := record.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if was := byKind[r.Kind()]; was == nil || len(raw) < len(was) {
				byKind[r.Kind()] = raw
			}
		}
	}
	var records []object
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		id := record.IDOf(byKind[kind])
		records = append(records, obj("kind", kind, "id", id.String(), "record", h(byKind[kind])))
	}

	// The record [payload, seal] of a closing is 82 58 …; its payload ["closing", scope, [1]].
	scope := bytes.Repeat([]byte{7}, 32)
	head := append(append([]byte{0x83, 0x67}, "closing"...), append([]byte{0x58, 32}, scope...)...)
	wrap := func(payload []byte) []byte {
		out := []byte{0x82, 0x58, byte(len(payload))}
		return append(append(out, payload...), append([]byte{0x58, 64}, make([]byte, 64)...)...)
	}
	with := func(body ...byte) []byte { return append(slices.Clone(head), body...) }
	good := wrap(with(0x81, 0x01))
	if _, err := record.Decode(good); err != nil {
		t.Fatal(err)
	}
	var refused []object
	put := func(why string, raw []byte) {
		_, err := record.Decode(raw)
		var form *record.FormError
		if !errors.As(err, &form) {
			t.Fatalf("%s: %v", why, err)
		}
		refused = append(refused, obj("why", why, "code", form.Code, "record", h(raw)))
	}
	put("nothing", nil)
	put("not CBOR", []byte{0xff})
	put("cut off", good[:len(good)-1])
	put("a byte after it", append(slices.Clone(good), 0))
	put("a third field", append(append([]byte{0x83}, good[1:]...), 0x01))
	put("a seal that is a text", func() []byte { b := slices.Clone(good); b[len(b)-66] = 0x78; return b }())
	put("an integer in two bytes where one suffices", wrap(with(0x81, 0x18, 0x01)))
	put("an array of indefinite length", wrap(with(0x9f, 0x01, 0xff)))
	put("a length in two bytes where one suffices", wrap(with(0x98, 0x01, 0x01)))
	put("a tag", wrap(with(0x81, 0xc0, 0x01)))
	put("a float", wrap(with(0x81, 0xf9, 0x3c, 0x00)))
	put("null", wrap(with(0x81, 0xf6)))
	put("a negative integer", wrap(with(0x81, 0x20)))
	put("a field more", wrap(with(0x82, 0x01, 0x01)))
	put("no field", wrap(with(0x80)))
	put("a body that is a map", wrap(with(0xa0)))
	put("a scope of 31 bytes", wrap(append(append([]byte{0x83, 0x67}, "closing"...), append(append([]byte{0x58, 31}, scope[:31]...), 0x81, 0x01)...)))
	put("a kind that is bytes", wrap(append(append([]byte{0x83, 0x47}, "closing"...), head[9:]...)))
	unknown := slices.Clone(head)
	copy(unknown[2:], "closinh")
	put("a kind that is not listed", wrap(append(slices.Clone(unknown), 0x81, 0x01)))
	put("a kind that is not listed, with any body", wrap(append(slices.Clone(unknown), 0x81, 0x20)))
	put("a kind that is not listed, with a body that is no array", wrap(append(slices.Clone(unknown), 0x01)))
	put("a kind that is not listed, with a body of indefinite length", wrap(append(slices.Clone(unknown), 0x9f, 0xff)))
	text := func(b ...byte) []byte { // an annul with this reason
		p := append([]byte{0x83, 0x65}, "annul"...)
		p = append(append(p, 0x58, 32), scope...)
		p = append(p, 0x82, 0x01, 0x60|byte(len(b)))
		return wrap(append(p, b...))
	}
	if _, err := record.Decode(text('n', 'o')); err != nil {
		t.Fatal(err)
	}
	put("a text that is not UTF-8", text(0xff, 0xfe))
	put("a text with half a surrogate pair", text(0xed, 0xa0, 0x80))
	put("a text with an overlong character", text(0xc0, 0x80))
	vectors(t, "records", obj(
		"what", "SPEC.md §8.1, §9.1: a record of every kind, the shortest of several whole votes, with its id; their scopes are not here. And bytes that do not decode, with the code.",
		"records", records, "refused", refused,
	))
}
