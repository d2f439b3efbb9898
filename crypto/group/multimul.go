package group

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"filippo.io/edwards25519/field"
)

const (
	// Below this many points interleaved signed windows are faster than
	// buckets.
	bucketsFrom = 150
	// Above this many points the sum is split, so that memory is bounded
	// (25 MB) and the points of a pass stay near the processor.
	maxPass = 1 << 17
	// Below this many points starting goroutines costs more than it gives.
	parallelFrom = 512
)

// VarTimeMul returns s·e. Its duration depends on s.
func VarTimeMul(s Scalar, e Element) Element {
	return VarTimeMultiMul([]Scalar{s}, []Element{e})
}

// VarTimeMultiMul returns Σ s_i·e_i. It panics if s and e are not of the same
// length. Its duration depends on the scalars: those near 0, positive or
// negative, take as many steps as they have bits. Large sums use all
// processors; the result is the same however many there are.
func VarTimeMultiMul(s []Scalar, e []Element) Element {
	if len(s) != len(e) {
		panic("group: VarTimeMultiMul of slices of different lengths")
	}
	var sum Element
	sum.p = identity
	for len(s) > 0 {
		n := min(len(s), maxPass)
		part := varTimePass(s[:n], e[:n])
		sum.p.add(&sum.p, &part)
		s, e = s[n:], e[n:]
	}
	return sum
}

// A magnitude is a scalar as a sign and an absolute value below 2^252, four
// words with the least significant first.
type magnitude struct {
	words    [4]uint64
	negative bool
}

var orderWords = [4]uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}

func varTimeMagnitude(s *Scalar) magnitude {
	b := s.Encoding()
	var m magnitude
	for i := range m.words {
		m.words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	// −s is shorter than s if s is near ℓ.
	if m.words[3] >= 0x0800000000000000 {
		var borrow uint64
		for i := range m.words {
			m.words[i], borrow = bits.Sub64(orderWords[i], m.words[i], borrow)
		}
		m.negative = true
	}
	return m
}

func (m *magnitude) bitLen() int {
	for i := 3; i >= 0; i-- {
		if m.words[i] != 0 {
			return 64*i + bits.Len64(m.words[i])
		}
	}
	return 0
}

// window returns the c bits from bit i on, for c ≤ 16.
func (m *magnitude) window(i, c int) int {
	if i >= 256 {
		return 0
	}
	w, shift := i/64, i%64
	v := m.words[w] >> shift
	if shift+c > 64 && w < 3 {
		v |= m.words[w+1] << (64 - shift)
	}
	return int(v & (1<<c - 1))
}

func varTimePass(s []Scalar, e []Element) point {
	mags := make([]magnitude, len(s))
	lens := make([]int, len(s))
	// Sort by length, longest first, by counting; zeros are left out.
	var start [256]int
	for i := range s {
		mags[i] = varTimeMagnitude(&s[i])
		lens[i] = mags[i].bitLen()
		start[lens[i]]++
	}
	n := 0
	for l := 255; l > 0; l-- {
		start[l], n = n, n+start[l]
	}
	if n == 0 {
		return identity
	}
	order := make([]int, n)
	for i, l := range lens {
		if l > 0 {
			order[start[l]] = i
			start[l]++
		}
	}
	// start[l] is now the number of scalars with at least l bits.
	if n < bucketsFrom {
		return straus(mags, e, order, lens[order[0]])
	}
	return pippenger(mags, e, order, &start)
}

// straus interleaves the multiplications: signed digits in width-5
// non-adjacent form, odd multiples of each point in a table, and one chain of
// doublings for all (Straus 1964).
func straus(mags []magnitude, e []Element, order []int, maxLen int) point {
	type row struct {
		naf   [256]int8
		table [8]cachedPoint // 1, 3, …, 15 times the point
	}
	rows := make([]row, len(order))
	for i, k := range order {
		r := &rows[i]
		mags[k].nonAdjacentForm(&r.naf)
		p := *e[k].point()
		var twice point
		twice.double(&p)
		r.table[0].set(&p)
		for j := 1; j < len(r.table); j++ {
			p.add(&p, &twice)
			r.table[j].set(&p)
		}
	}
	acc := identity
	for bit := maxLen; bit >= 0; bit-- { // a digit can stand one above the length
		var eT, hT field.Element
		acc.doubleXYZ(&acc, &eT, &hT)
		needT := true
		for i := range rows {
			d := rows[i].naf[bit]
			if d == 0 {
				continue
			}
			if needT {
				acc.t.Multiply(&eT, &hT)
				needT = false
			}
			if d > 0 {
				acc.addCached(&rows[i].table[d/2])
			} else {
				acc.subCached(&rows[i].table[-d/2])
			}
		}
		if bit == 0 && needT {
			acc.t.Multiply(&eT, &hT)
		}
	}
	return acc
}

// nonAdjacentForm writes odd digits in [−15, 15] with Σ digits_i·2^i = m, any
// five consecutive ones with at most one that is not 0.
func (m *magnitude) nonAdjacentForm(digits *[256]int8) {
	const w = 5
	sign := 1
	if m.negative {
		sign = -1
	}
	carry := 0
	for i := 0; i < 256; {
		v := carry + m.window(i, w)
		if v&1 == 0 {
			i++
			continue
		}
		carry = 0
		if v > 1<<(w-1) {
			v -= 1 << w
			carry = 1
		}
		digits[i] = int8(sign * v)
		i += w
	}
}

// pippenger is the bucket method with signed digits of c bits (Pippenger
// 1976; Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery
// identification", INDOCRYPT 2012, section 4). active[l] is the number of
// scalars with at least l bits, which come first in order.
func pippenger(mags []magnitude, e []Element, order []int, active *[256]int) point {
	n := len(order)
	c := bestWindow(active)
	var perWindow []int // how many points have a digit in the window
	for w := 0; w*c < 255; w++ {
		// A scalar of l bits can carry into bit l.
		a := n
		if w > 0 {
			a = active[w*c]
		}
		if a == 0 {
			break
		}
		perWindow = append(perWindow, a)
	}

	src := make([]*point, n)
	for i, k := range order {
		src[i] = e[k].point()
	}
	points := make([]affinePoint, n)
	toAffine(points, src)

	// digits[w][i] is digit w of point i, in [−2^(c−1), 2^(c−1)].
	digits := make([][]int16, len(perWindow))
	for w, a := range perWindow {
		digits[w] = make([]int16, a)
	}
	for i, k := range order {
		m := &mags[k]
		carry := 0
		for w := range digits {
			if i >= len(digits[w]) {
				break
			}
			d := m.window(w*c, c) + carry
			carry = 0
			if d > 1<<(c-1) {
				d -= 1 << c
				carry = 1
			}
			if m.negative {
				d = -d
			}
			digits[w][i] = int16(d)
		}
	}

	sums := make([]point, len(perWindow))
	var next atomic.Int64
	work := func() {
		buckets := make([]bucket, 1<<(c-1))
		for {
			// The low windows are the long ones, so they come first.
			w := int(next.Add(1)) - 1
			if w >= len(sums) {
				return
			}
			bucketSum(&sums[w], buckets, digits[w], points)
		}
	}
	if workers := min(runtime.GOMAXPROCS(0), len(sums)); workers > 1 && n >= parallelFrom {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(work)
		}
		wg.Wait()
	} else {
		work()
	}

	acc := sums[len(sums)-1]
	for w := len(sums) - 2; w >= 0; w-- {
		for range c {
			acc.double(&acc)
		}
		acc.add(&acc, &sums[w])
	}
	return acc
}

// bestWindow returns the number of bits per digit with the least additions.
func bestWindow(active *[256]int) int {
	best, bestCost := 0, 0
	for c := 4; c <= 15; c++ {
		cost := 0
		for bit := 1; bit < 255 && active[bit] > 0; bit += c {
			// Emptying a bucket takes two additions, each a quarter dearer
			// than one to a bucket.
			cost += 4*active[bit] + 10<<(c-1)
		}
		if best == 0 || cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

type bucket struct {
	p    point
	full bool
}

// bucketSum sets sum to Σ digits_i·points_i.
func bucketSum(sum *point, buckets []bucket, digits []int16, points []affinePoint) {
	for i := range buckets {
		buckets[i].full = false
	}
	var negated affinePoint
	for i, d := range digits {
		if d == 0 {
			continue
		}
		if d > 0 {
			if b := &buckets[d-1]; b.full {
				b.p.addAffine(&points[i])
			} else {
				b.p.setAffine(&points[i])
				b.full = true
			}
			continue
		}
		if b := &buckets[-d-1]; b.full {
			b.p.subAffine(&points[i])
		} else {
			negated.negate(&points[i])
			b.p.setAffine(&negated)
			b.full = true
		}
	}
	// Σ j·bucket_j is the sum of the running sums from the top.
	running := identity
	*sum = identity
	empty := true
	for j := len(buckets) - 1; j >= 0; j-- {
		if buckets[j].full {
			if empty {
				running, empty = buckets[j].p, false
			} else {
				running.add(&running, &buckets[j].p)
			}
		}
		if !empty {
			sum.add(sum, &running)
		}
	}
}

func (q *affinePoint) negate(p *affinePoint) {
	q.yPlusX, q.yMinusX = p.yMinusX, p.yPlusX
	q.t2d.Negate(&p.t2d)
}

// A cachedPoint is a point in the form that additions want, for any Z.
type cachedPoint struct {
	affinePoint
	z2 field.Element // 2Z
}

func (q *cachedPoint) set(p *point) {
	q.fromAffine(&p.x, &p.y, &p.t)
	q.z2.Add(&p.z, &p.z)
}

// addCached sets v = v + q.
func (v *point) addCached(q *cachedPoint) {
	var a, b, c, d field.Element
	a.Subtract(&v.y, &v.x)
	a.Multiply(&a, &q.yMinusX)
	b.Add(&v.y, &v.x)
	b.Multiply(&b, &q.yPlusX)
	c.Multiply(&v.t, &q.t2d)
	d.Multiply(&v.z, &q.z2)
	v.complete(&a, &b, &c, &d)
}

// subCached sets v = v − q.
func (v *point) subCached(q *cachedPoint) {
	var n cachedPoint
	n.negate(&q.affinePoint)
	n.z2 = q.z2
	v.addCached(&n)
}
