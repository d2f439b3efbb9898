// Package transcript is the one place where the system hashes: what a proof,
// a signature, an identifier or a derived generator depends on is appended to
// a [Transcript], item by item, and a challenge or digest is taken from it.
//
// Every item carries its type, its label and its length, so that two
// different sequences of appends never hash the same bytes (SPEC.md §3.2):
//
//	item = type ‖ len(label) as one byte ‖ label ‖ len(data) as u64be ‖ data
//
// The outputs are SHA-512 of all items and of one last item that holds the
// output's label and can stand nowhere else. Taking an output leaves the
// transcript as it was.
//
//	t := transcript.New("mandate/v1 example")
//	t.AppendString("question", "Shall we?")
//	t.AppendElement("key", pk)
//	c := t.Challenge("challenge")
//
// Labels are constants of the program, at most 255 bytes; a longer one is a
// programming error and panics. A Transcript is not safe for concurrent use;
// clones are independent of each other.
package transcript

import (
	"crypto/sha512"
	"encoding/binary"
	"hash"

	"mandate/crypto/group"
)

// The types of items (SPEC.md §3.2).
const (
	typeProtocol byte = iota
	typeBytes
	typeString
	typeUint64
	typeElement
	typeElements
	typeScalar
	typeScalars

	typeOutput byte = 0xff
)

// A Transcript is everything that was appended to it, in order. Make one with
// [New] or [Transcript.Clone]; the zero value is not usable.
type Transcript struct {
	h       hash.Cloner
	scratch []byte
}

// New returns a transcript whose first item is the protocol label.
func New(label string) *Transcript {
	t := &Transcript{h: sha512.New().(hash.Cloner)}
	t.item(typeProtocol, label, nil)
	return t
}

// Clone returns an independent transcript with the same content.
func (t *Transcript) Clone() *Transcript {
	return &Transcript{h: t.cloneHash()}
}

func (t *Transcript) cloneHash() hash.Cloner {
	h, err := t.h.Clone()
	if err != nil {
		panic("transcript: SHA-512 does not clone: " + err.Error())
	}
	return h
}

// header writes all of an item but its data.
func (t *Transcript) header(kind byte, label string, size int) {
	t.scratch = appendHeader(t.scratch[:0], kind, label, size)
	t.h.Write(t.scratch)
}

func (t *Transcript) item(kind byte, label string, data []byte) {
	t.header(kind, label, len(data))
	t.h.Write(data)
}

func appendHeader(b []byte, kind byte, label string, size int) []byte {
	if len(label) > 255 {
		panic("transcript: label longer than 255 bytes: " + label[:40] + "…")
	}
	b = append(b, kind, byte(len(label)))
	b = append(b, label...)
	return binary.BigEndian.AppendUint64(b, uint64(size))
}

// AppendBytes appends a byte string.
func (t *Transcript) AppendBytes(label string, b []byte) { t.item(typeBytes, label, b) }

// AppendString appends a text in UTF-8.
func (t *Transcript) AppendString(label, s string) {
	t.header(typeString, label, len(s))
	t.scratch = append(t.scratch[:0], s...)
	t.h.Write(t.scratch)
}

// AppendUint64 appends an integer, 8 bytes, most significant first.
func (t *Transcript) AppendUint64(label string, v uint64) {
	t.header(typeUint64, label, 8)
	t.scratch = binary.BigEndian.AppendUint64(t.scratch[:0], v)
	t.h.Write(t.scratch)
}

// AppendElement appends a group element, 32 bytes.
func (t *Transcript) AppendElement(label string, e group.Element) {
	t.header(typeElement, label, group.ElementSize)
	t.scratch = e.Append(t.scratch[:0])
	t.h.Write(t.scratch)
}

// AppendElements appends a list of group elements, 32 bytes each.
func (t *Transcript) AppendElements(label string, es []group.Element) {
	t.header(typeElements, label, group.ElementSize*len(es))
	for i := range es {
		enc := es[i].Encoding()
		t.scratch = append(t.scratch[:0], enc[:]...)
		t.h.Write(t.scratch)
	}
}

// AppendScalar appends a scalar, 32 bytes little-endian.
func (t *Transcript) AppendScalar(label string, s group.Scalar) {
	t.header(typeScalar, label, group.ScalarSize)
	t.scratch = s.Append(t.scratch[:0])
	t.h.Write(t.scratch)
}

// AppendScalars appends a list of scalars, 32 bytes little-endian each.
func (t *Transcript) AppendScalars(label string, ss []group.Scalar) {
	t.header(typeScalars, label, group.ScalarSize*len(ss))
	for i := range ss {
		t.scratch = ss[i].Append(t.scratch[:0])
		t.h.Write(t.scratch)
	}
}

// Sum returns 64 bytes that depend on everything appended and on label.
func (t *Transcript) Sum(label string) [64]byte {
	h := t.cloneHash()
	t.scratch = appendHeader(t.scratch[:0], typeOutput, label, 0)
	h.Write(t.scratch)
	// hash.Hash.Sum appends to its argument and must not be ignored.
	return [64]byte(h.Sum(t.scratch[:0]))
}

// ID returns the first 32 bytes of Sum.
func (t *Transcript) ID(label string) [32]byte {
	sum := t.Sum(label)
	return [32]byte(sum[:32])
}

// Challenge returns Sum as a little-endian integer modulo the group order.
func (t *Transcript) Challenge(label string) group.Scalar {
	return group.ScalarFromUniformBytes(t.Sum(label))
}

// Weight returns the first 16 bytes of Sum as a little-endian integer.
func (t *Transcript) Weight(label string) group.Scalar {
	sum := t.Sum(label)
	return group.ScalarFrom128([16]byte(sum[:16]))
}

// Element returns Sum mapped to the group, an element whose logarithm nobody
// knows.
func (t *Transcript) Element(label string) group.Element {
	return group.FromUniformBytes(t.Sum(label))
}
