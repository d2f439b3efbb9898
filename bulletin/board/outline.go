package board

import (
	"mandate/ballot/record"
)

// An outlined record is what its first bytes say: all that the first checks need, at the cost of a few comparisons, without decoding the
// rest. It is a claim only, until the record has been decoded; but what decodes always begins in this way.
type outlined struct {
	kind  string
	scope record.ID

	// Of a ballot (SPEC.md §8.3).
	key      record.Key
	number   uint64
	previous record.ID
}

// outline reads the beginning of a record. ok is false for bytes that do not begin as a record in deterministic form does.
func outline(raw []byte) (o outlined, ok bool) {
	r := reader{raw}
	if !r.head(majorArray, 2) { // record = [payload, seal]
		return o, false
	}
	payload, ok := r.bytes(majorBytes)
	if !ok {
		return o, false
	}
	r = reader{payload}
	if !r.head(majorArray, 3) { // payload = [kind, scope, body]
		return o, false
	}
	kind, ok := r.bytes(majorText)
	if !ok || len(kind) > maxKind {
		return o, false
	}
	o.kind = string(kind)
	if o.scope, ok = r.id(); !ok || o.kind != "ballot" {
		return o, ok
	}
	if !r.head(majorArray, 5) { // ballot = [key, number, previous, signatures, contests]
		return o, false
	}
	key, ok := r.id()
	if !ok {
		return o, false
	}
	o.key = record.Key(key)
	if o.number, ok = r.argument(majorUint); !ok {
		return o, false
	}
	o.previous, ok = r.id()
	return o, ok
}

// Major types of RFC 8949 §3.1.
const (
	majorUint  = 0
	majorBytes = 2
	majorText  = 3
	majorArray = 4
)

// maxKind is longer than any kind of SPEC.md §8.3.
const maxKind = 40

// A reader takes CBOR items from the front of its bytes.
type reader struct{ b []byte }

// argument takes the head of an item of a major type and returns its argument, which must be in its shortest form (RFC 8949 §4.2.1).
func (r *reader) argument(major byte) (n uint64, ok bool) {
	if len(r.b) == 0 || r.b[0]>>5 != major {
		return 0, false
	}
	info := r.b[0] & 0x1f
	if info < 24 {
		r.b = r.b[1:]
		return uint64(info), true
	}
	if info > 27 {
		return 0, false
	}
	size := 1 << (info - 24)
	if len(r.b) < 1+size {
		return 0, false
	}
	for _, c := range r.b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	if size == 1 && n < 24 || size > 1 && n>>(4*size) == 0 {
		return 0, false
	}
	r.b = r.b[1+size:]
	return n, true
}

// head takes the head of an item whose argument must be n.
func (r *reader) head(major byte, n uint64) bool {
	got, ok := r.argument(major)
	return ok && got == n
}

// bytes takes a byte or text string.
func (r *reader) bytes(major byte) ([]byte, bool) {
	n, ok := r.argument(major)
	if !ok || n > uint64(len(r.b)) {
		return nil, false
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s, true
}

// id takes a byte string of 32.
func (r *reader) id() (record.ID, bool) {
	s, ok := r.bytes(majorBytes)
	if !ok || len(s) != len(record.ID{}) {
		return record.ID{}, false
	}
	return record.ID(s), true
}
