package mixnet

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"testing"
	"testing/cryptotest"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// testdata/reference.json is made by testdata/reference.py, a second
// implementation from SPEC.md alone. testdata/go.json was made here and holds
// there; it changes only with the specification, and then by
//
//	go test ./crypto/mixnet -run TestD11_GoldenVectors -update
var update = flag.Bool("update", false, "rewrite testdata/go.json")

type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }
func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// A vector is a shuffle at its place.
type vector struct {
	MadeBy     string     `json:"made_by"`
	Vote       hexBytes   `json:"vote"`
	Context    hexBytes   `json:"ctx"`
	Seal       hexBytes   `json:"seal"`
	Contest    uint64     `json:"contest"`
	Stage      uint64     `json:"stage"`
	Mixer      uint64     `json:"mixer"`
	Width      int        `json:"width"`
	Key        hexBytes   `json:"key"`
	Generators []hexBytes `json:"generators"`
	Inputs     hexBytes   `json:"inputs"`
	Outputs    hexBytes   `json:"outputs"`
	Proof      hexBytes   `json:"proof"`
}

func (v *vector) generators() *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle generators")
	t.AppendBytes("vote", v.Vote)
	t.AppendUint64("contest", v.Contest)
	return t
}

func (v *vector) context() *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle")
	t.AppendBytes("ctx", v.Context)
	t.AppendUint64("contest", v.Contest)
	t.AppendUint64("stage", v.Stage)
	t.AppendUint64("mixer", v.Mixer)
	t.AppendBytes("seal", v.Seal)
	return t
}

func (v *vector) check(t *testing.T) {
	t.Helper()
	m, err := NewMix(v.generators(), must(group.DecodeElement(v.Key)), len(v.Inputs)/64/v.Width, v.Width)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Generators) != len(m.generators) {
		t.Fatalf("%d generators", len(v.Generators))
	}
	for i, e := range m.generators {
		if !bytes.Equal(e.Bytes(), v.Generators[i]) {
			t.Errorf("generator %d", i)
		}
	}
	in, err := DecodeCiphertexts(v.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	stage, err := m.DecodeStage(append(bytes.Clone(v.Outputs), v.Proof...))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.VerifyEach(v.context(), in, stage), m.Verify(v.context(), in, stage, rand.Reader)); err != nil {
		t.Error(err)
	}
	v.Mixer++
	if err := m.Verify(v.context(), in, stage, rand.Reader); !errors.Is(err, ErrEquation) {
		t.Errorf("of another mixer: %v", err)
	}
	v.Mixer--
}

func checkVectors(t *testing.T, b []byte, madeBy string) {
	t.Helper()
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) != 2 || vs[0].Width != 1 || vs[1].Width != 2 {
		t.Fatal("other vectors than expected")
	}
	for i := range vs {
		if vs[i].MadeBy != madeBy {
			t.Errorf("made by %s", vs[i].MadeBy)
		}
		vs[i].check(t)
	}
}

// D11: the proofs of a second implementation, made from the specification
// alone, hold here.
func TestD11_ReferenceVectors(t *testing.T) {
	checkVectors(t, must(os.ReadFile("testdata/reference.json")), "reference.py")
}

// D11: what was made here once still holds, and what is made here holds in
// the second implementation.
func TestD11_GoldenVectors(t *testing.T) {
	const file = "testdata/go.json"
	if *update {
		if err := os.WriteFile(file, newVectors(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := must(os.ReadFile(file))
	if !bytes.Equal(newVectors(t), b) {
		t.Errorf("from the same randomness something else is made than %s has", file)
	}
	checkVectors(t, b, "go")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run the second implementation")
	}
	cmd := exec.Command(python, "-B", "testdata/reference.py", "check")
	cmd.Stdin = bytes.NewReader(b)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("reference.py: %v\n%s", err, out)
	}
}

// newVectors are the same each time.
func newVectors(t *testing.T) []byte {
	cryptotest.SetGlobalRandom(t, 1)
	var vs []vector
	for _, size := range []struct{ n, w int }{{5, 1}, {3, 2}} {
		pk := group.BaseMul(random())
		v := vector{
			MadeBy: "go", Vote: make([]byte, 32), Context: make([]byte, 32), Seal: make([]byte, 32),
			Contest: 1, Stage: 2, Mixer: 5, Width: size.w, Key: pk.Bytes(),
		}
		for _, b := range []hexBytes{v.Vote, v.Context, v.Seal} {
			rand.Read(b)
		}
		m := must(NewMix(v.generators(), pk, size.n, size.w))
		for _, e := range m.generators {
			v.Generators = append(v.Generators, e.Bytes())
		}
		in, _ := ballots(pk, size.n, size.w)
		for _, c := range in {
			v.Inputs = c.Append(v.Inputs)
		}
		b := must(m.Shuffle(v.context(), in, rand.Reader)).Bytes()
		v.Outputs, v.Proof = b[:len(v.Inputs)], b[len(v.Inputs):]
		vs = append(vs, v)
	}
	b, err := json.MarshalIndent(vs, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}
