package sigma

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// spoil returns the proof with its last response one higher.
func spoil(proof []byte) []byte {
	bad := bytes.Clone(proof)
	last := bad[len(bad)-32:]
	copy(last, must(group.DecodeScalar(last)).Add(scalar(1)).Bytes())
	return bad
}

type statement struct {
	r     *Relation
	es    []group.Element
	proof []byte
}

func statements(n int) []statement {
	xs := examples()
	var all []statement
	for i := range n {
		x := xs[i%len(xs)]
		es, w := x.instance()
		all = append(all, statement{x.relation, es, must(x.relation.Prove(context(), es, w, rand.Reader))})
	}
	return all
}

func TestA7_BatchNamesCulprits(t *testing.T) {
	all := statements(40)
	b := NewBatch(rand.Reader)
	for _, bad := range [][]int{nil, {0}, {39}, {0, 39}, {19, 20}, {5, 6, 7, 8}, {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}} {
		for i, s := range all {
			proof := s.proof
			if slices.Contains(bad, i) {
				proof = spoil(proof)
			}
			if err := b.Add(s.r, context(), s.es, proof); err != nil {
				t.Fatal(i, err)
			}
		}
		err := b.Verify()
		var batchErr *BatchError
		switch {
		case bad == nil && err != nil:
			t.Errorf("good batch: %v", err)
		case bad != nil && (!errors.As(err, &batchErr) || !slices.Equal(batchErr.Indexes, bad)):
			t.Errorf("want %v: %v", bad, err)
		case bad != nil && !errors.Is(err, ErrEquation):
			t.Errorf("%v is not ErrEquation", err)
		}
	}
	// All of them wrong.
	for _, s := range all {
		if err := b.Add(s.r, context(), s.es, spoil(s.proof)); err != nil {
			t.Fatal(err)
		}
	}
	var batchErr *BatchError
	if err := b.Verify(); !errors.As(err, &batchErr) || len(batchErr.Indexes) != 40 || !strings.Contains(err.Error(), "and 32 more") {
		t.Errorf("forty wrong proofs: %v", err)
	}
	if err := b.Verify(); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
}

// What Add refuses counts in the numbering and leaves the rest as it was.
func TestBatchRefusals(t *testing.T) {
	all := statements(12)
	b := NewBatch(rand.Reader)
	for i, s := range all {
		proof, context, es := s.proof, context(), s.es
		refused := true
		switch i {
		case 2:
			proof = proof[:len(proof)-1]
		case 4:
			proof = append(bytes.Repeat([]byte{0xff}, 32), proof[32:]...)
		case 5:
			proof = append(proof[:len(proof)-32:len(proof)-32], bytes.Repeat([]byte{0xff}, 32)...)
		case 6:
			es = es[1:]
		case 7:
			proof, refused = spoil(proof), false
		default:
			refused = false
		}
		if err := b.Add(s.r, context, es, proof); (err != nil) != refused {
			t.Errorf("%d: %v", i, err)
		}
	}
	var batchErr *BatchError
	if err := b.Verify(); !errors.As(err, &batchErr) || !slices.Equal(batchErr.Indexes, []int{7}) {
		t.Errorf("want 7: %v", err)
	}
}

// A batch that is larger than what is checked at once, with shared elements.
func TestBatchAcrossFlushes(t *testing.T) {
	sk := must(GenerateKey(rand.Reader))
	x := random()
	Y := group.BaseMul(x)
	message := func(i int) *transcript.Transcript {
		tr := context()
		tr.AppendUint64("i", uint64(i))
		return tr
	}
	const n = 2500 // a signature by a known key is one point
	b := NewBatch(rand.Reader)
	if b.limit != flushPoints {
		t.Errorf("batch flushes at %d points", b.limit)
	}
	b.limit = 600
	flushes := 0
	for i := range n {
		sig := must(Sign(message(i), sk, rand.Reader))
		if i == 17 || i == n-5 {
			sig = spoil(sig)
		}
		if err := b.AddSchnorr(message(i), sk.Public(), sig); err != nil {
			t.Fatal(err)
		}
		if len(b.instances) == 0 {
			flushes++
		}
	}
	G := group.BaseMul(random())
	if err := b.AddEqualLogs(context(), G, Y, G.Mul(x), must(ProveEqualLogs(context(), G, Y, G.Mul(x), x, rand.Reader))); err != nil {
		t.Fatal(err)
	}
	var batchErr *BatchError
	if err := b.Verify(); !errors.As(err, &batchErr) || !slices.Equal(batchErr.Indexes, []int{17, n - 5}) || flushes != 4 {
		t.Errorf("want 17 and %d, after %d flushes: %v", n-5, flushes, err)
	}
}

// Without randomness for the weights nothing verifies.
func TestBatchWithoutRandomness(t *testing.T) {
	s := statements(1)[0]
	b := NewBatch(iotest.ErrReader(errors.New("no entropy")))
	if err := b.Add(s.r, context(), s.es, s.proof); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(); err == nil || errors.Is(err, ErrEquation) || !strings.Contains(err.Error(), "no entropy") {
		t.Errorf("batch without randomness: %v", err)
	}
}

// Relations are shared between goroutines, each with a batch of its own.
func TestConcurrentUse(t *testing.T) {
	all := statements(16)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			b := NewBatch(rand.Reader)
			for _, s := range all {
				if err := b.Add(s.r, context(), s.es, s.proof); err != nil {
					t.Error(err)
				}
				if err := s.r.Verify(context(), s.es, s.proof); err != nil {
					t.Error(err)
				}
			}
			if err := b.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// The caller may go on using its slices.
func TestBatchKeepsItsOwnCopies(t *testing.T) {
	b := NewBatch(rand.Reader)
	for _, s := range statements(16) {
		es, proof := slices.Clone(s.es), bytes.Clone(s.proof)
		if err := b.Add(s.r, context(), es, proof); err != nil {
			t.Fatal(err)
		}
		clear(es)
		clear(proof)
	}
	if err := b.Verify(); err != nil {
		t.Error(err)
	}
}

// Whatever bytes a proof has, alone and in a batch agree and nothing panics.
func FuzzVerify(f *testing.F) {
	all := statements(len(examples()))
	for i, s := range all {
		f.Add(uint8(i), s.proof, uint16(0), uint8(0))
		f.Add(uint8(i), s.proof, uint16(33), uint8(1))
		f.Add(uint8(i), s.proof[:len(s.proof)-1], uint16(0), uint8(0))
	}
	f.Fuzz(func(t *testing.T, which uint8, proof []byte, at uint16, flip uint8) {
		s := all[int(which)%len(all)]
		proof = bytes.Clone(proof)
		if int(at) < len(proof) {
			proof[at] ^= flip
		}
		if err := check(t, s.r, context(), s.es, proof); err == nil && !bytes.Equal(proof, s.proof) {
			t.Fatalf("forged: %x", proof)
		}
	})
}

func FuzzDecodeKeys(f *testing.F) {
	sk := must(GenerateKey(rand.Reader))
	f.Add(sk.Bytes())
	f.Add(sk.Public().Bytes())
	f.Add(make([]byte, 32))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if pk, err := DecodePublicKey(b); err == nil && (!bytes.Equal(pk.Bytes(), b) || pk.Element().IsIdentity()) {
			t.Fatal("public key: decoding and encoding is not the identity")
		}
		if sk, err := DecodeSecretKey(b); err == nil && (!bytes.Equal(sk.Bytes(), b) || sk.Scalar().IsZero()) {
			t.Fatal("secret key: decoding and encoding is not the identity")
		}
	})
}

// The same instance many times over is one set of elements.
func TestBatchOfOneInstanceManyTimes(t *testing.T) {
	s := statements(8)[7]
	b := NewBatch(rand.Reader)
	for range 50 {
		if err := b.Add(s.r, context(), s.es, s.proof); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := len(b.points), 1+len(s.es)+50*s.r.moves; got != want {
		t.Errorf("%d points pending, want %d", got, want)
	}
	if err := b.Verify(); err != nil {
		t.Error(err)
	}
}
