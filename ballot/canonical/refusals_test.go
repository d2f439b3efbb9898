package canonical

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

type failing struct{}

func (failing) MarshalCBOR() ([]byte, error) { return nil, errors.New("not today") }

type own struct{ b []byte }

func (o *own) UnmarshalCBOR(b []byte) error { o.b = b; return nil }

type pair struct {
	_    struct{} `cbor:",toarray"`
	A, B uint64
}

type nested []nested

// Bytes that are wrong in one place alone, at the end where nothing after them would be missed, are refused by every kind of value.
func TestDecodeRefusesEachKind(t *testing.T) {
	zeros := func(head ...byte) []byte { return append(head, make([]byte, 70000)...) }
	for what, c := range map[string]struct {
		v any
		b []byte
	}{
		"a number that is a text":         {new(uint64), []byte{0x60}},
		"a number too large":              {new(uint8), []byte{0x19, 1, 0}},
		"a text that is a number":         {new(string), []byte{1}},
		"a text that is cut off":          {new(string), []byte{0x61}},
		"bytes that are a number":         {new([]byte), []byte{1}},
		"three bytes for two":             {new([2]byte), []byte{0x43, 1, 2, 3}},
		"one byte for two":                {new([2]byte), []byte{0x41, 1}},
		"a list that is a map":            {new([]uint64), []byte{0xa0}},
		"a list of a text":                {new([]uint64), []byte{0x81, 0x60}},
		"one item for two":                {new([2]uint64), []byte{0x81, 1}},
		"a map that is a list":            {new(map[string]uint64), []byte{0x80}},
		"a map to a text":                 {new(map[string]uint64), []byte{0xa1, 0x61, 'a', 0x60}},
		"a key that is a number":          {new(map[string]uint64), []byte{0xa1, 1, 1}},
		"a struct that is a map":          {new(pair), []byte{0xa0}},
		"a struct with a wrong last":      {new(pair), []byte{0x82, 1, 0x60}},
		"a truth of no bytes":             {new(bool), nil},
		"an item of one's own of nothing": {new(own), nil},
		"an item of one's own, cut off":   {new(own), []byte{0x42, 1}},
		"13 lists in each other":          {new(nested), append(bytes.Repeat([]byte{0x81}, maxDepth), 0x80)},
		"65,536 items":                    {new([]uint64), zeros(0x9a, 0, 1, 0, 0)[:5+65536]},
		"65,536 items left encoded":       {new(Raw), zeros(0x9a, 0, 1, 0, 0)[:5+65536]},
		"an unused byte and 16 others":    {new(Raw), zeros(0x1c)[:17]},
		"an unused byte and 64 others":    {new(Raw), zeros(0x1e)[:65]},
	} {
		if rest, err := Decode(c.b, len(c.b), c.v); err == nil {
			t.Errorf("%s: %v, %d bytes left", what, reflect.ValueOf(c.v).Elem(), len(rest))
		}
	}
	if _, err := Decode(append(bytes.Repeat([]byte{0x81}, maxDepth-1), 0x80), 100, new(nested)); err != nil {
		t.Errorf("%d lists in each other: %v", maxDepth, err)
	}
}

// What has no form has none inside of others either, and a struct says in its first field that it is an array.
func TestNoFormInside(t *testing.T) {
	for _, v := range []any{
		failing{}, []any{1.5}, []float64{1.5}, map[string]float64{"a": 1.5}, struct{}{},
		struct {
			_ struct{} `cbor:",toarray"`
			F float64
		}{},
		struct {
			_ struct{} `cbor:",toarray"`
			N uint64   `cbor:"n"`
		}{},
		struct {
			N uint64 `cbor:",toarray"`
		}{},
		struct {
			_ struct{}
			N uint64
		}{},
	} {
		if b, err := Encode(v); err == nil {
			t.Errorf("%T is encoded as %x", v, b)
		}
	}
}
