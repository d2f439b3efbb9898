// Package canonical is the one form in which everything on the board is encoded: deterministic CBOR (RFC 8949 §4.2.1), SPEC.md §8.1.
//
// [Encode] writes it. [Decode] reads it strictly: of all bytes that say the same it accepts one. It trusts nothing about its input.
package canonical

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// A Raw is an item that is left encoded.
type Raw = cbor.RawMessage

// maxItems of an array or a map: more than fit into the largest record. How many items there may be is the rules' matter, not the form's.
const maxItems = 65535

var (
	encMode = must(cbor.EncOptions{
		Sort:          cbor.SortCoreDeterministic,
		ShortestFloat: cbor.ShortestFloat16,
		IndefLength:   cbor.IndefLengthForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
		TagsMd:        cbor.TagsForbidden,
	}.EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   12,
		MaxArrayElements:  maxItems,
		MaxMapPairs:       maxItems,
		UTF8:              cbor.UTF8RejectInvalid,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic("canonical: " + err.Error())
	}
	return v
}

// Encode returns v in deterministic CBOR.
func Encode(v any) ([]byte, error) { return encMode.Marshal(v) }

// Decode decodes the first item of b, of at most limit bytes, into v, and returns the bytes after it. It refuses bytes that v does not
// encode to again.
func Decode(b []byte, limit int, v any) (rest []byte, err error) {
	rest, err = decMode.UnmarshalFirst(b[:min(len(b), limit)], v)
	if err != nil {
		if len(b) > limit {
			err = fmt.Errorf("%w (of %d bytes the first %d are looked at)", err, len(b), limit)
		}
		return nil, err
	}
	rest = b[min(len(b), limit)-len(rest):]
	again, err := encMode.Marshal(v)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(b[:len(b)-len(rest)], again) {
		return nil, errors.New("is not in deterministic form")
	}
	return rest, nil
}
