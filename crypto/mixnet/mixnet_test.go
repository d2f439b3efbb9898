package mixnet

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
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

func number(n uint64) group.Scalar { return group.ScalarFromUint64(n) }

// A place is a shuffle's place in an election.
type place struct {
	vote, ctx, seal       byte
	contest, stage, mixer uint64
}

var here = place{vote: 1, ctx: 2, seal: 3, contest: 4, stage: 1, mixer: 2}

func (p place) context() *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle")
	t.AppendBytes("ctx", bytes.Repeat([]byte{p.ctx}, 32))
	t.AppendUint64("contest", p.contest)
	t.AppendUint64("stage", p.stage)
	t.AppendUint64("mixer", p.mixer)
	t.AppendBytes("seal", bytes.Repeat([]byte{p.seal}, 32))
	return t
}

func (p place) generators() *transcript.Transcript {
	t := transcript.New("mandate/v1 shuffle generators")
	t.AppendBytes("vote", bytes.Repeat([]byte{p.vote}, 32))
	t.AppendUint64("contest", p.contest)
	return t
}

func context() *transcript.Transcript    { return here.context() }
func generators() *transcript.Transcript { return here.generators() }

// ballots encrypts n·width different elements and returns them too.
func ballots(pk group.Element, n, width int) ([]elgamal.Ciphertext, []group.Element) {
	cs, ms := make([]elgamal.Ciphertext, n*width), make([]group.Element, n*width)
	for i := range cs {
		ms[i] = group.BaseMul(number(uint64(i + 1))).Encoded()
		cs[i] = must(elgamal.Encrypt(pk, ms[i], random())).Encoded()
	}
	return cs, ms
}

// holds checks that both verifiers accept.
func holds(t *testing.T, m *Mix, in []elgamal.Ciphertext, stage *Stage) {
	t.Helper()
	if err := m.VerifyEach(context(), in, stage); err != nil {
		t.Errorf("each: %v", err)
	}
	if err := m.Verify(context(), in, stage, rand.Reader); err != nil {
		t.Errorf("folded: %v", err)
	}
}

// fails checks that both verifiers refuse with an error that is want.
func fails(t *testing.T, what string, m *Mix, tr *transcript.Transcript, in []elgamal.Ciphertext, stage *Stage, want error) {
	t.Helper()
	if err := m.VerifyEach(tr, in, stage); !errors.Is(err, want) {
		t.Errorf("%s: each: %v, want %v", what, err, want)
	}
	if err := m.Verify(tr, in, stage, rand.Reader); !errors.Is(err, want) {
		t.Errorf("%s: folded: %v, want %v", what, err, want)
	}
}

// The outputs encrypt the items of the inputs, whole, and no ciphertext is
// among both.
func TestShuffle(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	for _, size := range []struct{ n, w int }{{1, 1}, {2, 1}, {1, 3}, {7, 1}, {7, 2}, {blockItems + 3, 1}, {100, 2}} {
		m := must(NewMix(generators(), pk, size.n, size.w))
		if m.Items() != size.n || m.Width() != size.w {
			t.Errorf("a mix of %d·%d instead of %d·%d", m.Items(), m.Width(), size.n, size.w)
		}
		in, ms := ballots(pk, size.n, size.w)
		stage, err := m.Shuffle(context(), in, rand.Reader)
		if err != nil {
			t.Fatalf("%d·%d: %v", size.n, size.w, err)
		}
		holds(t, m, in, stage)
		item := make(map[[32]byte]int)
		for i, e := range ms {
			item[e.Encoding()] = i
		}
		seen := make([]bool, size.n)
		for i := range size.n {
			for k := range size.w {
				c := stage.Outputs[i*size.w+k]
				from, ok := item[must(elgamal.Decrypt(x, c)).Encoding()]
				if !ok || from%size.w != k || k > 0 && !seen[from/size.w] {
					t.Fatalf("%d·%d: output %d is not an item of the inputs", size.n, size.w, i)
				}
				if k == 0 && seen[from/size.w] {
					t.Fatalf("%d·%d: item %d came out twice", size.n, size.w, from/size.w)
				}
				seen[from/size.w] = true
				if slices.ContainsFunc(in, func(d elgamal.Ciphertext) bool { return d.A.Equal(c.A) || d.B.Equal(c.B) }) {
					t.Errorf("%d·%d: half of output %d is half of an input", size.n, size.w, i)
				}
			}
		}
	}
}

// Three stages, each on the outputs of the one before, as bytes in parts.
func TestStages(t *testing.T) {
	x := random()
	pk := group.BaseMul(x)
	const n, w = 400, 1
	m := must(NewMix(generators(), pk, n, w))
	list, _ := ballots(pk, n, w)
	for range 3 {
		stage := must(m.Shuffle(context(), list, rand.Reader))
		parts := Split(stage.Bytes())
		if len(parts) < 2 {
			t.Fatalf("only %d parts", len(parts))
		}
		b := must(Join(parts, m.StageSize()))
		again := must(m.DecodeStage(b))
		if !bytes.Equal(again.Bytes(), b) {
			t.Error("a stage decodes to another")
		}
		holds(t, m, list, again)
		list = again.Outputs
	}
	var sum group.Element
	for _, c := range list {
		sum = sum.Add(must(elgamal.Decrypt(x, c)))
	}
	if !sum.Equal(group.BaseMul(number(n * (n + 1) / 2))) {
		t.Error("the votes are not those that were cast")
	}
}

// Sizes at which work is divided in several ways, and numbers of processors.
func TestShuffleManyOnAnyMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	pk := group.BaseMul(random())
	const n = chunkPoints/8 + 200 // more than firstMoves takes at once, too
	m, in := must(NewMix(generators(), pk, n, 1)), manyBallots(pk, n)
	stage := must(m.Shuffle(context(), in, rand.Reader))
	for _, procs := range []int{1, 3} {
		old := runtime.GOMAXPROCS(procs)
		if err := m.Verify(context(), in, stage, rand.Reader); err != nil {
			t.Errorf("%d processors: %v", procs, err)
		}
		runtime.GOMAXPROCS(old)
	}
	stage.Proof[len(stage.Proof)-32] ^= 1
	if err := m.Verify(context(), in, stage, rand.Reader); !errors.Is(err, ErrEquation) {
		t.Errorf("last response changed: %v", err)
	}
}

// The caller's transcript is left as it was.
func TestTranscriptUnchanged(t *testing.T) {
	pk := group.BaseMul(random())
	gens, tr := generators(), context()
	m := must(NewMix(gens, pk, 2, 1))
	in, _ := ballots(pk, 2, 1)
	stage := must(m.Shuffle(tr, in, rand.Reader))
	if err := errors.Join(m.Verify(tr, in, stage, rand.Reader), m.VerifyEach(tr, in, stage)); err != nil {
		t.Error(err)
	}
	if gens.Sum("x") != generators().Sum("x") || tr.Sum("x") != context().Sum("x") {
		t.Error("a transcript was changed")
	}
}

// No items, and more than there may be.
func TestNewMixRefuses(t *testing.T) {
	pk := group.BaseMul(random())
	for _, c := range []struct {
		what  string
		pk    group.Element
		n, w  int
		error error
	}{
		{"no items", pk, 0, 1, ErrEmpty},
		{"fewer than none", pk, -1, 1, ErrEmpty},
		{"too many", pk, MaxItems + 1, 1, ErrSize},
		{"no width", pk, 3, 0, ErrSize},
		{"too wide", pk, 3, MaxWidth + 1, ErrSize},
		{"B6: the identity as key", group.Element{}, 3, 1, elgamal.ErrKey},
	} {
		if _, err := NewMix(generators(), c.pk, c.n, c.w); !errors.Is(err, c.error) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// A reader that ends is reported, at every byte at which it can end.
func TestRandomnessEnds(t *testing.T) {
	pk := group.BaseMul(random())
	m := must(NewMix(generators(), pk, 3, 1))
	in, _ := ballots(pk, 3, 1)
	// Two numbers of 4 bytes for ψ, none of which is thrown away, then 32.
	for n := range 41 {
		_, err := m.Shuffle(context(), in, bytes.NewReader(bytes.Repeat([]byte{200}, n)))
		if ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); ended != (n < 40) {
			t.Errorf("shuffled with %d bytes of randomness: %v", n, err)
		}
	}
	stage := must(m.Shuffle(context(), in, rand.Reader))
	if err := m.Verify(context(), in, stage, bytes.NewReader(make([]byte, 16*m.equations()-1))); err == nil {
		t.Error("verified without randomness")
	}
}
