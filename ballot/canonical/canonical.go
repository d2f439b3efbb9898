// Package canonical is the one form in which everything on the board is encoded: deterministic CBOR (RFC 8949 §4.2.1), SPEC.md §8.1.
//
// [Encode] writes it. [Decode] reads it strictly: of all bytes that say the same it accepts one. It trusts nothing about its input.
//
// Of CBOR there is what the board needs: unsigned integers, byte strings, text, arrays, maps from texts, true and false, and null for a
// pointer to nothing. A struct is an array of its fields and says so in its first: _ struct{} `cbor:",toarray"`. Slices, maps and byte strings
// that are nil are empty ones. A type with the methods of [Marshaler] and [Unmarshaler] has a form of its own.
package canonical

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// A Raw is an item that is left encoded: well-formed, and nothing else is said of its form.
type Raw []byte

// A Marshaler encodes itself: it returns one item in deterministic form.
type Marshaler interface{ MarshalCBOR() ([]byte, error) }

// An Unmarshaler, a pointer, decodes itself of one well-formed item. It must refuse every form but the one that its Marshaler returns.
type Unmarshaler interface{ UnmarshalCBOR([]byte) error }

const (
	// maxItems of an array or a map: more than fit into the largest record. How many items there may be is the rules' matter, not the form's.
	maxItems = 65535
	maxDepth = 12
)

// Major types of RFC 8949 §3.1, and what there is of type 7.
const (
	majorUint    = 0
	majorInt     = 1
	majorBytes   = 2
	majorText    = 3
	majorArray   = 4
	majorMap     = 5
	majorTag     = 6
	majorSimple  = 7
	simpleFalse  = 0xf4
	simpleTrue   = 0xf5
	simpleNull   = 0xf6
	indefinite   = 31 // additional information
	longestShort = 23
)

var (
	rawType         = reflect.TypeFor[Raw]()
	marshalerType   = reflect.TypeFor[Marshaler]()
	unmarshalerType = reflect.TypeFor[Unmarshaler]()
)

// fieldsOf returns the indices of a struct's fields in the order of the array that it is.
func fieldsOf(t reflect.Type) ([]int, error) {
	if known, ok := structs.Load(t); ok {
		return known.([]int), nil
	}
	if t.NumField() == 0 || t.Field(0).Name != "_" || t.Field(0).Tag.Get("cbor") != ",toarray" {
		return nil, fmt.Errorf("%v is a struct that does not say that it is an array", t)
	}
	fields := make([]int, 0, t.NumField()-1)
	for i := 1; i < t.NumField(); i++ {
		f := t.Field(i)
		if f.Anonymous || f.Tag != "" {
			return nil, fmt.Errorf("%v has the field %s, which is embedded or has a tag", t, f.Name)
		}
		if f.IsExported() {
			fields = append(fields, i)
		}
	}
	structs.Store(t, fields)
	return fields, nil
}

var structs sync.Map // reflect.Type → []int

var errForm = errors.New("is not in deterministic form")
