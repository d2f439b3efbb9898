package sigma

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// flushPoints is the number of points at which a batch is checked, to bound
// the memory that it takes (20 MB); larger sums are hardly faster per point.
const flushPoints = 1 << 15

// A Batch verifies many proofs, of any relations, much faster than one by
// one: every equation gets its own random 128-bit weight, and all of them are
// checked as one sum (Bellare, Garay, Rabin, EUROCRYPT '98). Elements that
// occur in several instances, like keys, are multiplied once.
//
// A Batch is not safe for concurrent use; on several processors use one for
// each.
type Batch struct {
	rand  io.Reader
	limit int // the number of points at which to flush
	added int
	err   error

	// The pending instances, their points and their scalars.
	instances []instance
	points    []group.Element
	places    map[[group.ElementSize]byte]int // of elements in points
	elements  []int                           // of each instance: places of g, elements
	opened    opened
	weights   []group.Scalar

	failed []int
}

// An instance remembers where in the batch's slices its parts begin.
type instance struct {
	r                                                          *Relation
	index, elements, moves, challenges, responses, firstWeight int
}

// NewBatch returns an empty batch. The weights are read from rand, which
// outside tests is crypto/rand.Reader: whoever predicts them can make false
// proofs that cancel.
func NewBatch(rand io.Reader) *Batch {
	b := &Batch{rand: rand, limit: flushPoints, places: make(map[[group.ElementSize]byte]int)}
	b.reset()
	return b
}

// BatchError names the proofs of a batch that do not hold.
type BatchError struct {
	// Indexes are the numbers, from 0 and ascending, of the calls of Add.
	Indexes []int
}

func (e *BatchError) Error() string {
	var list strings.Builder
	for i, x := range e.Indexes {
		if i == 8 {
			fmt.Fprintf(&list, " and %d more", len(e.Indexes)-i)
			break
		}
		if i > 0 {
			list.WriteString(",")
		}
		fmt.Fprintf(&list, " %d", x)
	}
	return fmt.Sprintf("proofs of batch that do not hold:%s", list.String())
}

// Is reports that a BatchError is an [ErrEquation].
func (e *BatchError) Is(target error) bool { return target == ErrEquation }

// Add checks everything of a proof but its equations and puts these into the
// batch. If it returns an error the proof is refused and is not part of the
// batch, which otherwise is as it was. The call counts in the numbering of
// [BatchError] in both cases.
func (b *Batch) Add(r *Relation, t *transcript.Transcript, elements []group.Element, proof []byte) error {
	index := b.added
	b.added++
	if b.err != nil {
		return b.err
	}
	in := instance{
		r: r, index: index,
		elements:   len(b.elements),
		challenges: len(b.opened.challenges),
		responses:  len(b.opened.responses),
	}
	var few [32]group.Element
	encoded := few[:0]
	for i := range elements {
		encoded = append(encoded, elements[i].Encoded())
	}
	o := opened{b.points, b.opened.challenges, b.opened.responses}
	in.moves = len(b.points)
	if err := r.open(&o, t, encoded, proof); err != nil {
		return err
	}
	b.points, b.opened.challenges, b.opened.responses = o.moves, o.challenges, o.responses
	b.elements = append(b.elements, 0) // g
	for i := range encoded {
		b.elements = append(b.elements, b.place(&encoded[i]))
	}
	b.instances = append(b.instances, in)
	if len(b.points) >= b.limit {
		b.flush()
	}
	return b.err
}

// place returns where in points an element is, adding it if need be.
func (b *Batch) place(e *group.Element) int {
	enc := e.Encoding()
	if i, ok := b.places[enc]; ok {
		return i
	}
	b.points = append(b.points, *e)
	b.places[enc] = len(b.points) - 1
	return len(b.points) - 1
}

// Verify returns nil if all proofs hold that were added, a [*BatchError] if
// some do not, or another error if the weights could not be read. The batch
// is then empty, and its numbering starts again at 0.
func (b *Batch) Verify() error {
	b.flush()
	err, failed := b.err, b.failed
	b.err, b.failed, b.added = nil, nil, 0
	if err == nil && len(failed) > 0 {
		err = &BatchError{failed}
	}
	return err
}

func (b *Batch) reset() {
	clear(b.places)
	b.points = append(b.points[:0], group.Generator())
	b.places[group.Generator().Encoding()] = 0
	b.instances, b.elements, b.weights = b.instances[:0], b.elements[:0], b.weights[:0]
	b.opened = opened{nil, b.opened.challenges[:0], b.opened.responses[:0]}
}

// flush checks the pending instances and empties the batch.
func (b *Batch) flush() {
	if b.err == nil && len(b.instances) > 0 {
		if b.err = b.drawWeights(); b.err == nil {
			sum := b.sum(b.instances)
			b.search(b.instances, sum)
			slices.Sort(b.failed)
		}
	}
	b.reset()
}

func (b *Batch) drawWeights() error {
	var n int
	for i := range b.instances {
		b.instances[i].firstWeight = n
		n += b.instances[i].r.moves
	}
	random := make([]byte, 16*n)
	if _, err := io.ReadFull(b.rand, random); err != nil {
		return fmt.Errorf("verifying batch: reading randomness: %w", err)
	}
	for i := range n {
		b.weights = append(b.weights, group.ScalarFrom128([16]byte(random[16*i:])))
	}
	return nil
}

// search adds to failed the instances that do not hold, given their weighted
// sum: half by half. What remains of a sum after the left half is the right.
func (b *Batch) search(in []instance, sum group.Element) {
	if sum.IsIdentity() {
		return
	}
	if len(in) == 1 {
		b.failed = append(b.failed, in[0].index)
		return
	}
	half := len(in) / 2
	left := b.sum(in[:half])
	b.search(in[:half], left)
	b.search(in[half:], sum.Sub(left))
}

// sum returns Σ weight·(T + c·image − Σ z·base) over all equations of the
// instances.
func (b *Batch) sum(in []instance) group.Element {
	coefs := make([]group.Scalar, len(b.points))
	occurs := make([]bool, len(b.points))
	occurs[0] = true
	var local []group.Scalar
	for i := range in {
		in := &in[i]
		r := in.r
		o := opened{
			moves:      b.points[in.moves : in.moves+r.moves],
			challenges: b.opened.challenges[in.challenges : in.challenges+len(r.leaves)],
			responses:  b.opened.responses[in.responses : in.responses+r.responses],
		}
		weights := b.weights[in.firstWeight : in.firstWeight+r.moves]
		local = slices.Grow(local[:0], r.elements)[:r.elements]
		clear(local)
		for _, l := range r.leaves {
			for k := range l.equations {
				r.weigh(local, l, &l.equations[k], &o, weights[l.firstMove+k])
			}
		}
		for k, w := range weights {
			coefs[in.moves+k], occurs[in.moves+k] = w, true
		}
		for k, s := range local {
			place := b.elements[in.elements+k]
			coefs[place], occurs[place] = coefs[place].Add(s), true
		}
	}
	if len(in) == len(b.instances) {
		return group.VarTimeMultiMul(coefs, b.points)
	}
	var scalars []group.Scalar
	var points []group.Element
	for i, o := range occurs {
		if o {
			scalars, points = append(scalars, coefs[i]), append(points, b.points[i])
		}
	}
	return group.VarTimeMultiMul(scalars, points)
}
