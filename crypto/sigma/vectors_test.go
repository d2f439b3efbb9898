package sigma

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// testdata/go.txt changes only with the specification, and then by
//
//	go test ./crypto/sigma -run TestGolden -update
//
// testdata/vectors.txt is made by testdata/reference.py.
var update = flag.Bool("update", false, "rewrite testdata/go.txt")

var named = map[string]*Relation{"schnorr": schnorr, "equality": equalLogs, "bit": bitRelation}

type vector struct {
	kind, name string
	data       [][]byte
}

func readVectors(t testing.TB, file string) []vector {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] == "#" {
			continue
		}
		v := vector{kind: words[0], name: words[1]}
		for _, w := range words[2:] {
			v.data = append(v.data, must(hex.DecodeString(w)))
		}
		all = append(all, v)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("no vectors in %s: %v", file, lines.Err())
	}
	return all
}

func vectorContext(message []byte) *transcript.Transcript {
	t := transcript.New("mandate/v1 test vectors")
	t.AppendBytes("message", message)
	return t
}

func decodeElements(b []byte) []group.Element {
	var es []group.Element
	for c := range slices.Chunk(b, group.ElementSize) {
		es = append(es, must(group.DecodeElement(c)))
	}
	return es
}

// Proofs made by an implementation in another language, from SPEC.md alone,
// verify, and what it refuses does not.
func TestA11_KnownAnswers(t *testing.T) {
	for i, v := range readVectors(t, "testdata/vectors.txt") {
		r := named[v.name]
		if v.kind == "relation" {
			if id := r.ID(); !bytes.Equal(id[:], v.data[0]) {
				t.Errorf("relation %s has id %x, want %x", v.name, id, v.data[0])
			}
			continue
		}
		es := decodeElements(v.data[1])
		err := check(t, r, vectorContext(v.data[0]), es, v.data[2])
		if (err == nil) != (v.kind == "proof") {
			t.Errorf("vector %d, %s %s: %v", i, v.kind, v.name, err)
		}
		if v.name == "schnorr" {
			pk := must(NewPublicKey(es[0]))
			if err := VerifySchnorr(vectorContext(v.data[0]), pk, v.data[2]); (err == nil) != (v.kind == "proof") {
				t.Errorf("vector %d, %s signature: %v", i, v.kind, err)
			}
		}
	}
}

// With fixed randomness the prover is deterministic, and these are its
// proofs; the other implementation accepts them.
func TestGolden(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Made by go test ./crypto/sigma -run TestGolden -update; the lines are explained in reference.py.\n")
	x, h, r := scalar(11), scalar(13), scalar(17)
	X, H := group.BaseMul(x), group.BaseMul(h)
	A := group.BaseMul(r)
	for _, c := range []struct {
		name     string
		elements []group.Element
		w        Witness
	}{
		{"schnorr", []group.Element{X}, Witness{Leaves: [][]group.Scalar{{x}}}},
		{"equality", []group.Element{H, X, H.Mul(x)}, Witness{Leaves: [][]group.Scalar{{x}}}},
		{"bit", []group.Element{X, A, X.Mul(r)}, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{0}}},
		{"bit", []group.Element{X, A, X.Mul(r).Add(group.Generator())}, Witness{Leaves: [][]group.Scalar{{r}, {r}}, Branches: []int{1}}},
	} {
		message := []byte("golden " + c.name)
		proof := must(named[c.name].Prove(vectorContext(message), c.elements, c.w, bytes.NewReader(make([]byte, 32))))
		var es []byte
		for _, e := range c.elements {
			es = e.Append(es)
		}
		fmt.Fprintf(&b, "relation %s %x\nproof %s %x %x %x\n", c.name, named[c.name].ID(), c.name, message, es, proof)
	}
	const file = "testdata/go.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := must(os.ReadFile(file)); !bytes.Equal(b.Bytes(), want) {
		t.Errorf("proofs differ from %s:\n%s", file, b.Bytes())
	}
}

func TestA12_OtherImplementationAccepts(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run testdata/reference.py")
	}
	for _, file := range []string{"testdata/go.txt", "testdata/vectors.txt"} {
		in, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		cmd := exec.Command(python, "testdata/reference.py", "check")
		cmd.Stdin = in
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", file, err, out)
		}
	}
}
