package canonical

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Encode returns v in deterministic CBOR.
func Encode(v any) ([]byte, error) {
	return appendValue(nil, reflect.ValueOf(v))
}

// appendHead appends the beginning of an item in its shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n <= longestShort:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendValue(b []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return append(b, simpleNull), nil
	}
	t := v.Type()
	switch {
	case t == rawType:
		return appendItem(b, v.Bytes())
	case t.Kind() != reflect.Pointer && t.Implements(marshalerType):
		item, err := v.Interface().(Marshaler).MarshalCBOR()
		if err != nil {
			return nil, err
		}
		return appendItem(b, item)
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, simpleTrue), nil
		}
		return append(b, simpleFalse), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendHead(b, majorUint, v.Uint()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := v.Int(); n < 0 {
			return appendHead(b, majorInt, uint64(-(n + 1))), nil
		}
		return appendHead(b, majorUint, uint64(v.Int())), nil
	case reflect.String:
		return append(appendHead(b, majorText, uint64(v.Len())), v.String()...), nil
	case reflect.Slice, reflect.Array:
		return appendList(b, v)
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Struct:
		fields, err := fieldsOf(t)
		if err != nil {
			return nil, err
		}
		b = appendHead(b, majorArray, uint64(len(fields)))
		for _, i := range fields {
			if b, err = appendValue(b, v.Field(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	case reflect.Pointer, reflect.Interface:
		return appendValue(b, v.Elem()) // not valid if nil
	}
	return nil, fmt.Errorf("%v has no form", t)
}

// appendItem appends what was encoded before.
func appendItem(b, item []byte) ([]byte, error) {
	rest, err := skip(item, 0)
	if err == nil && len(rest) > 0 {
		err = errors.New("is more than one item")
	}
	if err != nil {
		return nil, fmt.Errorf("an encoded item %w", err)
	}
	return append(b, item...), nil
}

// appendList appends a byte string or an array.
func appendList(b []byte, v reflect.Value) ([]byte, error) {
	n := v.Len()
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b = slices.Grow(appendHead(b, majorBytes, uint64(n)), n)
		if v.Kind() == reflect.Slice {
			return append(b, v.Bytes()...), nil
		}
		at := len(b)
		b = b[:at+n]
		reflect.Copy(reflect.ValueOf(b[at:]), v)
		return b, nil
	}
	b = appendHead(b, majorArray, uint64(n))
	var err error
	for i := range n {
		if b, err = appendValue(b, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendMap appends a map with its keys in the order of their encodings (RFC 8949 §4.2.1).
func appendMap(b []byte, v reflect.Value) ([]byte, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%v is a map from what is no text", v.Type())
	}
	type entry struct {
		key   []byte
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key := append(appendHead(nil, majorText, uint64(it.Key().Len())), it.Key().String()...)
		entries = append(entries, entry{key, it.Value()})
	}
	slices.SortFunc(entries, func(x, y entry) int { return bytes.Compare(x.key, y.key) })
	b = appendHead(b, majorMap, uint64(len(entries)))
	var err error
	for _, e := range entries {
		if b, err = appendValue(append(b, e.key...), e.value); err != nil {
			return nil, err
		}
	}
	return b, nil
}
