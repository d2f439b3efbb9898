package tally

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"mandate/ballot/count"
	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
)

// Any m trustees in any order, and any t of them, give the same rankings: those that went in, sorted.
func TestD6_EveryOrderGivesTheSameRankings(t *testing.T) {
	for _, c := range []struct{ n, t, m int }{{1, 1, 1}, {3, 2, 2}, {3, 2, 3}, {4, 3, 4}} {
		begin := newMixScene(t, c.n, c.t, c.m, 20)
		for first := range c.n {
			x := begin.fork()
			for k := range c.m {
				x.act((first+k)%c.n + 1)
			}
			if !x.m.Mixed() || len(x.m.Mixers()) != c.m || x.m.Turn() != 0 {
				t.Fatalf("%+v: mixed by %v", c, x.m.Mixers())
			}
			for k := range c.t {
				if x.m.Opened() {
					t.Fatalf("%+v: opened by %d trustees", c, k)
				}
				x.act((first+2*c.n-k)%c.n + 1)
			}
			got := must(x.m.Rankings())
			if want := []uint64{17, 3, 0}; !slices.Equal(got.Counts(), want) {
				t.Fatalf("%+v: %v, want %v", c, got.Counts(), want)
			}
			want := []count.Ballot{
				{Count: 3, Ranking: [][]int{}}, {Count: 3, Ranking: count.Strict(0)}, {Count: 2, Ranking: count.Strict(0, 1, 2)},
				{Count: 3, Ranking: count.Strict(1, 0)}, {Count: 2, Ranking: count.Strict(2)}, {Count: 3, Ranking: count.Strict(2, 1, 0, 3)},
				{Count: 2, Ranking: count.Strict(3)}, {Count: 2, Ranking: count.Strict(3, 2)},
			}
			if fmt.Sprint(got.Ballots) != fmt.Sprint(want) {
				t.Fatalf("%+v: %v, want %v", c, got.Ballots, want)
			}
		}
	}
}

// H1: what is published is the rankings in sorted order with multiplicities, whatever the order in the log or the mix.
func TestH1_RankingsAreSorted(t *testing.T) {
	var before *Rankings
	for range 3 {
		x := newMixScene(t, 2, 2, 2, 17)
		x.act(1, 2, 1, 2)
		got := must(x.m.Rankings())
		if !slices.IsSortedFunc(got.Ballots, func(a, b count.Ballot) int { return count.CompareRankings(a.Ranking, b.Ranking) }) {
			t.Errorf("not sorted: %v", got.Ballots)
		}
		if before != nil && !reflect.DeepEqual(before, got) {
			t.Errorf("another mix, other rankings: %v and %v", before, got)
		}
		before = got
	}
}

// H2, H3: what encodes no ranking is spoiled, whole, and only its number is told.
func TestH2_H3_WhatIsNoRankingIsSpoiled(t *testing.T) {
	s := newScene(t, 2, 2)
	s.reach(StepReady)
	e := must(ranking.New(4, 2)) // 17 rankings
	deeper := must(ranking.New(4, 4))
	other := func(ranks ...int) group.Element { return must(deeper.Encode(ranks))[0] }
	elements := map[string]group.Element{
		"the identity":                  {},
		"the generator":                 group.Generator(),
		"any element":                   group.BaseMul(must(group.RandomScalar(rand.Reader))),
		"a ranking of more ranks":       other(0, 1, 2),
		"another ranking of more":       other(3, 2, 1, 0),
		"an encoding and the generator": must(e.Encode([]int{1}))[0].Add(group.Generator()),
		"another free byte":             laterFree(t, must(e.Encode([]int{2, 1}))[0]),
	}
	var all []group.Element
	for name, element := range elements {
		if _, err := e.Decode([]group.Element{element}); !errors.Is(err, ranking.ErrSpoiled) {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, element)
	}
	all = append(all, must(e.Encode([]int{3, 0}))[0], must(e.Encode(nil))[0])
	x := s.mixed(s.mixing(e, 2, all...))
	x.act(2, 1, 1, 2)
	got := must(x.m.Rankings())
	if want := []uint64{1, 1, uint64(len(elements))}; !slices.Equal(got.Counts(), want) || len(got.Ballots) != 2 {
		t.Errorf("%v, %v; want %v", got.Counts(), got.Ballots, want)
	}
}

// laterFree returns the element that carries the same bytes with a later free byte.
func laterFree(t *testing.T, e group.Element) group.Element {
	enc := e.Encoding()
	for free := int(enc[0]) + 2; free <= 254; free += 2 {
		enc[0] = byte(free)
		if other, err := group.DecodeElement(enc[:]); err == nil {
			return other
		}
	}
	t.Fatal("there is no other free byte")
	return e
}

// A ranking of several elements is spoiled if any of them is, and comes through the mix together.
func TestD7_RankingsOfSeveralElements(t *testing.T) {
	s := newScene(t, 2, 1)
	s.reach(StepReady)
	e := must(ranking.New(128, 128))
	if e.Elements() != 3 {
		t.Fatalf("%d elements", e.Elements())
	}
	long := make([]int, 128)
	for i := range long {
		long[i] = 127 - i
	}
	one, two := must(e.Encode(long)), must(e.Encode([]int{5}))
	var all []group.Element
	all = append(all, one...)
	all = append(all, two...)
	all = append(all, one[0], group.Generator(), one[2])
	all = append(all, one...)
	x := s.mixed(s.mixing(e, 1, all...))
	x.act(2, 1)
	got := must(x.m.Rankings())
	if !slices.Equal(got.Counts(), []uint64{3, 0, 1}) || len(got.Ballots) != 2 || got.Ballots[1].Count != 2 {
		t.Errorf("%v %v", got.Counts(), got.Ballots)
	}
}

// Stages that were made of other things than the log has. Every one of them has the right length.
func TestA4_A10_D4_D8_OtherStagesAreRefused(t *testing.T) {
	x := newMixScene(t, 3, 2, 2, 9)
	first := x.list()
	x.act(3)
	list, p := x.list(), x.m.p
	with := func(change func(p *MixingParameters)) MixingParameters {
		q := p
		change(&q)
		return q
	}
	replaced := slices.Clone(list)
	replaced[4] = first[4]
	swapped := slices.Clone(list)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	good := x.stage(p, list, 2, 1)
	changed := func(change func(b []byte)) []byte {
		b := bytes.Clone(good)
		change(b)
		return b
	}
	third := x.fork()
	third.add(x.cut(1, 2, good)...)
	again := must(x.m.mix())
	for name, data := range map[string][]byte{
		"A4 generators of another vote":       x.stage(with(func(p *MixingParameters) { p.Vote[0]++ }), list, 2, 1),
		"A10 another contest":                 x.stage(with(func(p *MixingParameters) { p.Contest++ }), list, 2, 1),
		"A10 another vote's context":          x.stage(with(func(p *MixingParameters) { p.Context[0]++ }), list, 2, 1),
		"A10 another sealed log":              x.stage(with(func(p *MixingParameters) { p.Root[0]++ }), list, 2, 1),
		"A10 another stage":                   x.stage(p, list, 1, 1),
		"A10 another mixer":                   x.stage(p, list, 2, 2),
		"D8 the inputs of the first stage":    x.stage(p, first, 2, 1),
		"D4 a ciphertext replaced":            x.stage(p, replaced, 2, 1),
		"D8 inputs in another order":          x.stage(p, swapped, 2, 1),
		"A2 another key":                      x.stage(with(func(p *MixingParameters) { p.Key = p.Trustees[0] }), list, 2, 1),
		"D8 a stage on top of the right one":  x.stage(p, third.list(), 2, 1),
		"an output altered":                   changed(func(b []byte) { copy(b, first[0].Bytes()) }),
		"an output that is no element":        changed(func(b []byte) { b[31] |= 0x80 }),
		"two outputs in each other's place":   changed(func(b []byte) { copy(b, slices.Concat(b[64:128], b[:64])) }),
		"D3 an output twice":                  changed(func(b []byte) { copy(b[64:128], b[:64]) }),
		"D3 an output that is an input":       changed(func(b []byte) { copy(b, list[3].Bytes()) }),
		"the first response altered":          changed(func(b []byte) { b[len(b)-1-32*20] ^= 1 }),
		"B5 the last response plus the order": changed(func(b []byte) { b[len(b)-1] |= 0xf0 }),
		"nothing but zeros":                   make([]byte, again.StageSize()),
	} {
		x.refuse(name, CodeMix, x.cut(1, 2, data)[0])
	}
	x.add(x.cut(1, 2, good)...)
}

// D7, and the order of parts and stages.
func TestD7_PartsOutOfPlace(t *testing.T) {
	x := newMixScene(t, 4, 2, 3, 300) // a stage has two parts
	parts := x.bodies(1)
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	as := func(b record.Body, change func(b *record.Mix)) record.Body {
		c := *b.(*record.Mix)
		change(&c)
		return &c
	}
	x.refuse("the second part first", CodeOrder, parts[1])
	x.refuse("a part that no stage has", CodeOrder, as(parts[0], func(b *record.Mix) { b.Part = 1 << 40 }))
	x.refuse("stage 0", CodeForm, as(parts[0], func(b *record.Mix) { b.Stage = 0 }))
	x.refuse("a stage beyond the last", CodeForm, as(parts[0], func(b *record.Mix) { b.Stage = 4 }))
	x.refuse("the second stage first", CodeOrder, as(parts[0], func(b *record.Mix) { b.Stage = 2 }))
	x.refuse("nobody's", CodeForm, as(parts[0], func(b *record.Mix) { b.Trustee = 0 }))
	x.refuse("trustee 5 of 4", CodeForm, as(parts[0], func(b *record.Mix) { b.Trustee = 5 }))
	x.refuse("trustee 2^64-1", CodeForm, as(parts[0], func(b *record.Mix) { b.Trustee = 1<<64 - 1 }))
	for name, data := range map[string][]byte{
		"empty": nil, "a byte less": make([]byte, mixnet.PartSize-1), "a byte more": make([]byte, mixnet.PartSize+1), "the second part's length": parts[1].(*record.Mix).Data,
	} {
		x.refuse("a part: "+name, CodeForm, as(parts[0], func(b *record.Mix) { b.Data = data }))
	}
	x.add(parts[0])
	x.refuse("the first part again", CodeDup, parts[0])
	x.refuse("the last part, of N-1 ballots", CodeForm, as(parts[1], func(b *record.Mix) { b.Data = b.Data[:len(b.Data)-224] }))
	x.refuse("the last part, of N+1 ballots", CodeForm, as(parts[1], func(b *record.Mix) { b.Data = append(bytes.Clone(b.Data), make([]byte, 224)...) }))
	x.refuse("another's second part", CodeOrder, as(parts[1], func(b *record.Mix) { b.Trustee = 2 }))
	// Another is faster: what was begun is of no use any more.
	x.act(3)
	x.refuse("a stage that was made", CodeDup, parts[1])
	if posted, of := x.m.Parts(1); posted != 0 || of != 2 {
		t.Errorf("%d parts of %d", posted, of)
	}
	x.refuse("D6 the same trustee twice", CodeMixAuthor, as(parts[0], func(b *record.Mix) { b.Stage, b.Trustee = 2, 3 }))
	x.act(1)
	x.refuse("a stage too early", CodeMixAuthor, as(parts[0], func(b *record.Mix) { b.Stage = 3 }))
	x.act(2)
	x.refuse("a stage after the last", CodeDup, as(parts[0], func(b *record.Mix) { b.Stage, b.Trustee = 3, 4 }))
}

// A trustee whose stage does not hold is out; the others go on as if it had not been there.
func TestD6_WhoMixesBadlyIsOut(t *testing.T) {
	x := newMixScene(t, 3, 2, 2, 300)
	good := x.stage(x.m.p, x.list(), 1, 2)
	bad := bytes.Clone(good)
	bad[len(bad)-33] ^= 1
	parts := x.cut(2, 1, bad)
	x.add(parts[0])
	code, checked, err := x.m.Judge(parts[1], nil)
	if code != CodeMix || !errors.As(err, new(*BarredError)) {
		t.Fatalf("%s: %v", code, err)
	}
	if again, _, err := x.m.Judge(parts[1], checked); again != CodeMix || err == nil {
		t.Errorf("judged again: %s: %v", again, err)
	}
	x.m = x.m.Bar(parts[1])
	if x.m.MayMix(2) || !x.m.MayMix(1) || !x.m.MayMix(3) {
		t.Error("who may mix")
	}
	if posted, _ := x.m.Parts(2); posted != 0 {
		t.Error("its parts are still there")
	}
	x.refuse("its right stage", CodeMixAuthor, x.cut(2, 1, good)[0])
	x.act(3, 1) // two stages, and now decryption, in which it may take part
	x.act(2, 1)
	if r := must(x.m.Rankings()); !slices.Equal(r.Counts(), []uint64{262, 38, 0}) {
		t.Error(r.Counts())
	}
}

// A3, D5: decryptions of other things than the output of the last stage.
func TestA3_D5_OtherDecryptionsAreRefused(t *testing.T) {
	x := newMixScene(t, 3, 2, 2, 9)
	early := must(x.m.decrypt(x.share(1), rand.Reader))[0]
	x.refuse("D1 before any stage", CodeOrder, early)
	x.act(1)
	x.refuse("D1 after one of two stages", CodeOrder, must(x.m.decrypt(x.share(1), rand.Reader))[0])
	before := x.m
	x.act(2)
	good := func() *record.Decryption { return must(x.m.decrypt(x.share(1), rand.Reader))[0].(*record.Decryption) }
	of := func(m *Mixing, i int) *record.Decryption {
		return must(m.decrypt(x.share(i), rand.Reader))[0].(*record.Decryption)
	}
	with := func(change func(p *MixingParameters)) *record.Decryption {
		m := *x.m
		base := *m.mixingBase
		m.mixingBase = &base
		change(&base.p)
		return of(&m, 1)
	}
	changed := func(change func(b *record.Decryption)) *record.Decryption {
		b := good()
		change(b)
		return b
	}
	es := must(decodeElements(good().Shares))
	g := group.Generator()
	for name, b := range map[string]*record.Decryption{
		"D5 of the list before the last stage": of(before, 1),
		"D5 of the ballots themselves":         early.(*record.Decryption),
		"A10 of another contest":               with(func(p *MixingParameters) { p.Contest++ }),
		"A10 of another vote":                  with(func(p *MixingParameters) { p.Context[0]++ }),
		"A10 of another sealed log":            with(func(p *MixingParameters) { p.Root[0]++ }),
		"E7 with another's share":              changed(func(b *record.Decryption) { *b = *of(x.m, 2); b.Trustee = 1 }),
		"A3 another's shares, own proof":       changed(func(b *record.Decryption) { b.Shares = of(x.m, 2).Shares }),
		"B6 the identity":                      changed(func(b *record.Decryption) { clear(b.Shares[:32]) }),
		"no element":                           changed(func(b *record.Decryption) { b.Shares[31] |= 0x80 }),
		"A10 two shares in each other's place": changed(func(b *record.Decryption) { copy(b.Shares, slices.Concat(b.Shares[32:64], b.Shares[:32])) }),
		"A7 errors that cancel": changed(func(b *record.Decryption) {
			copy(b.Shares, es[1].Sub(g).Append(es[0].Add(g).Append(nil)))
		}),
		"B5 a response plus the order": changed(func(b *record.Decryption) { b.Proof[len(b.Proof)-1] |= 0xf0 }),
	} {
		x.refuse(name, CodeShare, b)
	}
	x.refuse("a share less", CodeForm, changed(func(b *record.Decryption) { b.Shares = b.Shares[32:] }))
	x.refuse("a share more", CodeForm, changed(func(b *record.Decryption) { b.Shares = append(b.Shares, b.Shares[:32]...) }))
	x.refuse("no proof", CodeForm, changed(func(b *record.Decryption) { b.Proof = nil }))
	x.refuse("two proofs", CodeForm, changed(func(b *record.Decryption) { b.Proof = append(b.Proof, b.Proof...) }))
	bad := changed(func(b *record.Decryption) { b.Shares = of(x.m, 2).Shares })
	mute := x.m.Bar(bad)
	if code, _, _ := mute.Judge(good(), nil); code != CodeShareAuthor || mute.MayDecrypt(1) {
		t.Errorf("after a decryption that did not hold: %s", code)
	}
	b := good()
	x.add(b)
	x.refuse("the same again", CodeDup, b)
}

// A decryption of several parts: the proof comes with the last.
func TestDecryptionInParts(t *testing.T) {
	x := newMixScene(t, 2, 1, 1, record.MaxDecryption+1)
	x.act(1)
	parts := x.bodies(2)
	if len(parts) != 2 || len(parts[0].(*record.Decryption).Shares) != 32*record.MaxDecryption {
		t.Fatalf("%d parts", len(parts))
	}
	early := *parts[0].(*record.Decryption)
	early.Proof = parts[1].(*record.Decryption).Proof
	x.refuse("a proof too early", CodeForm, &early)
	x.refuse("the last part first", CodeOrder, parts[1])
	x.add(parts[0])
	x.refuse("a part again", CodeDup, parts[0])
	if rest := x.bodies(2); len(rest) != 1 || rest[0].(*record.Decryption).Part != 1 {
		t.Errorf("it goes on with %d parts", len(rest))
	}
	x.add(parts[1])
	if r := must(x.m.Rankings()); r.Expressed+r.Blank != record.MaxDecryption+1 || r.Spoiled != 0 {
		t.Error(r.Counts())
	}
}

// A check is of one record after certain others, and is used for nothing else.
func TestJ7_ChecksAreBound(t *testing.T) {
	x := newMixScene(t, 3, 2, 2, 300)
	good, other := x.bodies(1), x.cut(1, 1, x.stage(x.m.p, x.list(), 1, 1))
	if x.m.Completes(good[0]) || x.m.Completes(good[1]) || x.m.Check(good[1]) != nil {
		t.Error("checked before its turn")
	}
	x.add(good[0])
	if !x.m.Completes(good[1]) {
		t.Fatal("the last part does not complete")
	}
	checked := x.m.Check(good[1])
	if _, used, err := x.m.Judge(good[1], checked); err != nil || used != checked {
		t.Errorf("a check is not used: %v", err)
	}
	// The parts of two stages, each of which is good, are none.
	if code, _, err := x.m.Judge(other[1], checked); code != CodeMix || err == nil {
		t.Errorf("another last part: %s %v", code, err)
	}
	same := *good[1].(*record.Mix)
	if _, used, err := x.m.Judge(&same, checked); err != nil || used == checked {
		t.Errorf("a copy: %v", err)
	}
	foreign := newMixScene(t, 3, 2, 2, 300)
	foreign.add(foreign.bodies(1)[0])
	if code, _, err := foreign.m.Judge(good[1], checked); code != CodeMix || err == nil {
		t.Errorf("in another mix: %s %v", code, err)
	}
}

func TestNewMixingRefuses(t *testing.T) {
	s := newScene(t, 1, 1)
	s.reach(StepReady)
	e := must(ranking.New(3, 3))
	for _, inputs := range [][]byte{nil, make([]byte, 63), make([]byte, 65)} {
		p := s.mixing(e, 1)
		p.Inputs = inputs
		if _, err := NewMixing(p); err == nil {
			t.Errorf("%d bytes of inputs", len(inputs))
		}
	}
	x := s.mixed(s.mixing(e, 1, must(e.Encode([]int{1, 2}))...)) // one ballot is mixed
	x.act(1, 1)
	if r := must(x.m.Closed().Rankings()); !slices.Equal(r.Counts(), []uint64{1, 0, 0}) {
		t.Error(r.Counts())
	}
	if _, err := newMixScene(t, 1, 1, 1, 2).m.Rankings(); err == nil {
		t.Error("rankings before they are decrypted")
	}
	var c elgamal.Ciphertext
	p := s.mixing(e, 1)
	p.Inputs = c.Bytes()
	trivial := must(NewMixing(p))
	if _, err := trivial.shuffle(1, 1, rand.Reader); !errors.Is(err, elgamal.ErrTrivial) {
		t.Errorf("D1 a ciphertext without randomness: %v", err)
	}
}
