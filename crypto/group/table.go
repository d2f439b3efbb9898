package group

import (
	"encoding/binary"

	"filippo.io/edwards25519/field"
)

// Digits of scalars in tables have 5 bits and a sign. A larger table would
// need fewer additions, but reading all of a row would take longer than that
// saves.
const (
	digitBits = 5
	rowSize   = 1 << (digitBits - 1)
	rowCount  = 51 // 5·51 = 255 bits, more than a scalar has
)

// A Table holds multiples of one fixed element, with which multiplying it
// takes a quarter of the time of [Element.Mul] and is as constant-time. It is
// 80 kB, costs about eight multiplications to make, and is safe for concurrent
// use.
type Table struct {
	// rows[i][j] = (j+1)·32^i·e
	rows [rowCount]tableRow
}

// NewTable precomputes the multiples of e.
func NewTable(e Element) *Table {
	all := make([]point, rowCount*rowSize)
	base := *e.point()
	for i := range rowCount {
		row := all[rowSize*i : rowSize*(i+1)]
		row[0] = base
		for j := 1; j < rowSize; j++ {
			row[j].add(&row[j-1], &base)
		}
		base.double(&row[rowSize-1])
	}
	t := new(Table)
	pack(t.rows[:], all)
	return t
}

// Mul returns s·e for the table's element e, in constant time.
func (t *Table) Mul(s Scalar) Element { return t.MulAdd(s, Element{}) }

// MulAdd returns s·e + f for the table's element e, in constant time.
func (t *Table) MulAdd(s Scalar, f Element) Element {
	digits := signedRadix32(s.Encoding())
	r := *f.point()
	var q affinePoint
	for i := range t.rows {
		sign := digits[i] >> 7 // 0 or −1
		t.rows[i].lookup(&q, byte((digits[i]+sign)^sign), int(sign&1))
		r.addAffine(&q)
	}
	return Element{p: r}
}

// signedRadix32 returns digits in [−16, 15] with Σ digits_i·32^i = b < 2^253.
func signedRadix32(b [32]byte) (digits [rowCount]int8) {
	var carry int8
	for i := range digits {
		bit := digitBits * i
		v := uint16(b[bit/8])
		if bit/8 < 31 {
			v |= uint16(b[bit/8+1]) << 8
		}
		d := int8(v>>(bit%8)&31) + carry
		carry = (d + 16) >> digitBits
		digits[i] = d - carry<<digitBits
	}
	return digits
}

// A tableRow is read as a whole whatever is wanted of it.
type tableRow [rowSize]packedPoint

// A packedPoint is an affinePoint in twelve words: its three coordinates,
// 32 bytes each. Reading all of a row of these takes a third of the time
// that field.Element.Select takes.
type packedPoint [12]uint64

// pack writes points into rows.
func pack(rows []tableRow, points []point) {
	src := make([]*point, len(points))
	for i := range points {
		src[i] = &points[i]
	}
	dst := make([]affinePoint, len(points))
	toAffine(dst, src)
	for i := range dst {
		p := &rows[i/rowSize][i%rowSize]
		for j, f := range []*field.Element{&dst[i].yPlusX, &dst[i].yMinusX, &dst[i].t2d} {
			b := f.Bytes()
			for k := range 4 {
				p[4*j+k] = binary.LittleEndian.Uint64(b[8*k:])
			}
		}
	}
}

// lookup sets q to the entry number abs of the row, from 1, to the identity
// if abs is 0, and to the negative of it if negative is 1.
func (row *tableRow) lookup(q *affinePoint, abs byte, negative int) {
	var a packedPoint
	a[0] = equalMask(abs, 0) & 1 // the identity is (1, 1, 0)
	a[4] = a[0]
	for j := range row {
		m := equalMask(abs, j+1)
		r := &row[j]
		a[0] |= r[0] & m
		a[1] |= r[1] & m
		a[2] |= r[2] & m
		a[3] |= r[3] & m
		a[4] |= r[4] & m
		a[5] |= r[5] & m
		a[6] |= r[6] & m
		a[7] |= r[7] & m
		a[8] |= r[8] & m
		a[9] |= r[9] & m
		a[10] |= r[10] & m
		a[11] |= r[11] & m
	}
	unpack(&q.yPlusX, a[0], a[1], a[2], a[3])
	unpack(&q.yMinusX, a[4], a[5], a[6], a[7])
	unpack(&q.t2d, a[8], a[9], a[10], a[11])
	q.yPlusX.Swap(&q.yMinusX, negative)
	var n field.Element
	n.Negate(&q.t2d)
	q.t2d.Select(&n, &q.t2d, negative)
}

// equalMask returns all ones if a = b, else 0, for b < 256.
func equalMask(a byte, b int) uint64 {
	return uint64(((int64(a) ^ int64(b)) - 1) >> 63)
}

func unpack(f *field.Element, w0, w1, w2, w3 uint64) {
	var b [32]byte
	binary.LittleEndian.PutUint64(b[0:], w0)
	binary.LittleEndian.PutUint64(b[8:], w1)
	binary.LittleEndian.PutUint64(b[16:], w2)
	binary.LittleEndian.PutUint64(b[24:], w3)
	if _, err := f.SetBytes(b[:]); err != nil {
		panic(err) // the length is right
	}
}
