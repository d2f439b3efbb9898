package tally

import (
	"crypto/rand"
	"slices"
	"testing"

	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/threshold"
)

// mixScene is the mixing of some ballots by trustees who share a key.
type mixScene struct {
	*scene
	m      *Mixing
	mixers []*Mixer // side of trustee i at i − 1
}

// encrypted returns the ciphertexts of some elements, as on ballots.
func (s *scene) encrypted(elements ...group.Element) (wire []byte) {
	for _, e := range elements {
		r := must(group.RandomScalar(rand.Reader))
		c := elgamal.Ciphertext{A: group.BaseMul(r), B: e.Add(s.c.Key().Mul(r))}
		wire = c.Append(wire)
	}
	return wire
}

// parameters of a mixing of what elements encrypt.
func (s *scene) mixing(e *ranking.Encoding, m int, elements ...group.Element) MixingParameters {
	return MixingParameters{
		Context: [32]byte{7}, Vote: record.ID{8}, Contest: 1, Root: record.ID{9}, Key: s.c.Key(), Trustees: s.c.TrusteeKeys(),
		Threshold: s.c.Parameters().T, Mixes: m, Encoding: e, Inputs: s.encrypted(elements...),
	}
}

// newMixScene is the mixing, in m stages, of n ballots for four candidates; ballot i ranks as rankingOf says.
func newMixScene(tb testing.TB, trustees, t, m, n int) *mixScene {
	tb.Helper()
	s := newScene(tb, trustees, t)
	s.reach(StepReady)
	e := must(ranking.New(4, 4))
	var elements []group.Element
	for i := range n {
		elements = append(elements, must(e.Encode(rankingOf(i)))...)
	}
	return s.mixed(s.mixing(e, m, elements...))
}

func (s *scene) mixed(p MixingParameters) *mixScene {
	s.tb.Helper()
	x := &mixScene{scene: s, m: must(NewMixing(p))}
	for i := range s.trustees {
		x.mixers = append(x.mixers, must(NewMixer(x.m, i+1)))
	}
	return x
}

// rankingOf is a ranking of at most four candidates, the same for i and i + 8.
func rankingOf(i int) []int {
	all := [][]int{{}, {0}, {1, 0}, {2, 1, 0, 3}, {3}, {3, 2}, {0, 1, 2}, {2}}
	return all[i%len(all)]
}

// fork is the scene as it is now; what happens in one does not in the other.
func (x *mixScene) fork() *mixScene {
	c := *x
	c.mixers = slices.Clone(x.mixers)
	return &c
}

func (x *mixScene) share(i int) *threshold.SecretShare {
	x.tb.Helper()
	s, err := x.trustees[i-1].Share(x.c)
	if err != nil {
		x.tb.Fatal(err)
	}
	return s
}

// bodies returns what trustee i posts next, and keeps its state.
func (x *mixScene) bodies(i int) []record.Body {
	x.tb.Helper()
	bodies, w, err := x.mixers[i-1].Next(x.m, x.share(i), true, rand.Reader)
	if err != nil {
		x.tb.Fatal(err)
	}
	x.mixers[i-1] = w
	return bodies
}

// add posts records that are accepted.
func (x *mixScene) add(bodies ...record.Body) {
	x.tb.Helper()
	for _, b := range bodies {
		code, checked, err := x.m.Judge(b, nil)
		if err != nil || code != "" {
			x.tb.Fatalf("%s: %s: %v", b.Kind(), code, err)
		}
		x.m = x.m.Commit(b, checked)
	}
}

// act has trustees do what they can, one after the other.
func (x *mixScene) act(trustees ...int) {
	x.tb.Helper()
	for _, i := range trustees {
		bodies := x.bodies(i)
		if len(bodies) == 0 {
			x.tb.Fatalf("trustee %d has nothing to post", i)
		}
		x.add(bodies...)
	}
}

// refuse judges a record, which is refused with a code.
func (x *mixScene) refuse(what, want string, b record.Body) {
	x.tb.Helper()
	if code, _, err := x.m.Judge(b, nil); code != want || err == nil {
		x.tb.Errorf("%s: code %q, %v; want %q", what, code, err, want)
	}
}

// list returns the list that comes next.
func (x *mixScene) list() []elgamal.Ciphertext {
	x.tb.Helper()
	return must(x.m.list.ciphertexts())
}

// stage makes a stage of other things than the log gives: of other inputs, as if for other parameters, with another number and mixer.
func (x *mixScene) stage(p MixingParameters, inputs []elgamal.Ciphertext, stage, mixer uint64) []byte {
	x.tb.Helper()
	mix := must(mixnet.NewMix(generatorsTranscript(&p), p.Key, len(inputs)/p.Encoding.Elements(), p.Encoding.Elements()))
	as := &Mixing{mixingBase: &mixingBase{p: p}}
	return must(mix.Shuffle(as.shuffleTranscript(stage, mixer), inputs, rand.Reader)).Bytes()
}

// cut makes the records of a stage of any bytes.
func (x *mixScene) cut(trustee, stage int, data []byte) (bodies []record.Body) {
	for p, part := range mixnet.Split(data) {
		bodies = append(bodies, &record.Mix{Trustee: uint64(trustee), Contest: 1, Stage: uint64(stage), Part: uint64(p), Data: part})
	}
	return bodies
}
