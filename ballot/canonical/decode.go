package canonical

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

var (
	errShort = errors.New("ends too early")
	errType  = errors.New("is of another type")
)

// Decode decodes the first item of b, of at most limit bytes, into v, and returns the bytes after it. v is a pointer to a zero value. It
// refuses bytes that v does not encode to again.
func Decode(b []byte, limit int, v any) (rest []byte, err error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return nil, fmt.Errorf("%T is not a pointer to decode into", v)
	}
	short := b[:min(len(b), limit)]
	left, err := readValue(short, p.Elem(), 0)
	if err != nil {
		if len(b) > limit {
			err = fmt.Errorf("%w (of %d bytes the first %d are looked at)", err, len(b), limit)
		}
		return nil, err
	}
	return b[len(short)-len(left):], nil
}

// head reads the beginning of an item of any form that RFC 8949 §3 allows, but of indefinite length: its major type, additional
// information and argument.
func head(b []byte) (major, info byte, n uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, 0, 0, nil, errShort
	}
	major, info, b = b[0]>>5, b[0]&31, b[1:]
	switch {
	case info <= longestShort:
		return major, info, uint64(info), b, nil
	case info == indefinite:
		return 0, 0, 0, nil, errors.New("is of indefinite length")
	case info > 27:
		return 0, 0, 0, nil, errors.New("begins with a byte that is not used")
	}
	size := 1 << (info - 24)
	if len(b) < size {
		return 0, 0, 0, nil, errShort
	}
	switch size {
	case 1:
		n = uint64(b[0])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b))
	case 4:
		n = uint64(binary.BigEndian.Uint32(b))
	default:
		n = binary.BigEndian.Uint64(b)
	}
	return major, info, n, b[size:], nil
}

// shortest reads the beginning of an item of one type in its one form.
func shortest(b []byte, want byte) (n uint64, rest []byte, err error) {
	major, info, n, rest, err := head(b)
	switch {
	case err != nil:
		return 0, nil, err
	case major != want:
		return 0, nil, errType
	case info == 24 && n <= longestShort, info == 25 && n < 1<<8, info == 26 && n < 1<<16, info == 27 && n < 1<<32:
		return 0, nil, errForm
	}
	return n, rest, nil
}

// items reads the beginning of an array or a map. Each item has at least size bytes.
func items(b []byte, want byte, size, depth int) (n int, rest []byte, err error) {
	count, rest, err := shortest(b, want)
	switch {
	case err != nil:
		return 0, nil, err
	case depth >= maxDepth:
		return 0, nil, errDepth
	case count > maxItems:
		return 0, nil, fmt.Errorf("has %d items, at most %d", count, maxItems)
	case count > uint64(len(rest)/size):
		return 0, nil, errShort
	}
	return int(count), rest, nil
}

var errDepth = fmt.Errorf("is nested more than %d deep", maxDepth)

// text reads a byte string or a text.
func text(b []byte, want byte) (s, rest []byte, err error) {
	n, rest, err := shortest(b, want)
	switch {
	case err != nil:
		return nil, nil, err
	case n > uint64(len(rest)):
		return nil, nil, errShort
	}
	s, rest = rest[:n], rest[n:]
	if want == majorText && !utf8.Valid(s) {
		return nil, nil, errors.New("is not UTF-8")
	}
	return s, rest, nil
}

func readValue(b []byte, v reflect.Value, depth int) (rest []byte, err error) {
	t := v.Type()
	switch {
	case t == rawType:
		if rest, err = skip(b, depth); err != nil {
			return nil, err
		}
		v.SetBytes(bytes.Clone(b[:len(b)-len(rest)]))
		return rest, nil
	case t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(unmarshalerType):
		if rest, err = skip(b, depth); err != nil {
			return nil, err
		}
		return rest, v.Addr().Interface().(Unmarshaler).UnmarshalCBOR(b[:len(b)-len(rest)])
	}
	switch v.Kind() {
	case reflect.Bool:
		if len(b) == 0 {
			return nil, errShort
		}
		if b[0] != simpleTrue && b[0] != simpleFalse {
			return nil, errType
		}
		v.SetBool(b[0] == simpleTrue)
		return b[1:], nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, rest, err := shortest(b, majorUint)
		if err == nil && v.OverflowUint(n) {
			err = errors.New("is too large")
		}
		if err != nil {
			return nil, err
		}
		v.SetUint(n)
		return rest, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return readInt(b, v)
	case reflect.String:
		s, rest, err := text(b, majorText)
		if err != nil {
			return nil, err
		}
		v.SetString(string(s))
		return rest, nil
	case reflect.Slice, reflect.Array:
		return readList(b, v, depth)
	case reflect.Map:
		return readMap(b, v, depth)
	case reflect.Struct:
		return readStruct(b, v, depth)
	case reflect.Pointer:
		if len(b) > 0 && b[0] == simpleNull {
			v.SetZero()
			return b[1:], nil
		}
		v.Set(reflect.New(t.Elem()))
		return readValue(b, v.Elem(), depth)
	}
	return nil, fmt.Errorf("%v has no form", t)
}

func readInt(b []byte, v reflect.Value) (rest []byte, err error) {
	want := byte(majorUint)
	if len(b) > 0 && b[0]>>5 == majorInt {
		want = majorInt
	}
	n, rest, err := shortest(b, want)
	if err == nil && (n > 1<<63-1 || v.OverflowInt(int64(n))) {
		err = errors.New("is too large")
	}
	if err != nil {
		return nil, err
	}
	if want == majorInt {
		v.SetInt(-int64(n) - 1)
	} else {
		v.SetInt(int64(n))
	}
	return rest, nil
}

// unseen is for how many items memory is taken before any of them was read. Five bytes can say that there are thousands of large ones.
const unseen = 32

// readList reads a byte string or an array.
func readList(b []byte, v reflect.Value, depth int) (rest []byte, err error) {
	t := v.Type()
	if t.Elem().Kind() == reflect.Uint8 {
		s, rest, err := text(b, majorBytes)
		switch {
		case err != nil:
			return nil, err
		case v.Kind() == reflect.Slice:
			v.SetBytes(append([]byte{}, s...))
		case len(s) != v.Len():
			return nil, fmt.Errorf("has %d bytes, want %d", len(s), v.Len())
		default:
			reflect.Copy(v, reflect.ValueOf(s))
		}
		return rest, nil
	}
	n, rest, err := items(b, majorArray, 1, depth)
	switch {
	case err != nil:
		return nil, err
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, min(n, unseen), min(n, unseen)))
	case n != v.Len():
		return nil, fmt.Errorf("has %d items, want %d", n, v.Len())
	}
	for i := range n {
		if i == v.Len() {
			v.Grow(min(i, n-i)) // at most as many again
			v.SetLen(i + min(i, n-i))
		}
		if rest, err = readValue(rest, v.Index(i), depth+1); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return rest, nil
}

func readMap(b []byte, v reflect.Value, depth int) (rest []byte, err error) {
	t := v.Type()
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%v is a map from what is no text", t)
	}
	n, rest, err := items(b, majorMap, 2, depth)
	if err != nil {
		return nil, err
	}
	m := reflect.MakeMapWithSize(t, min(n, unseen))
	var before []byte
	for i := range n {
		start := rest
		s, after, err := text(rest, majorText)
		if err != nil {
			return nil, fmt.Errorf("a key: %w", err)
		}
		encoded := start[:len(start)-len(after)]
		if i > 0 && bytes.Compare(before, encoded) >= 0 {
			return nil, fmt.Errorf("the key %q: %w: keys ascend, each once", s, errForm)
		}
		before = encoded
		value := reflect.New(t.Elem()).Elem()
		if rest, err = readValue(after, value, depth+1); err != nil {
			return nil, fmt.Errorf("%q: %w", s, err)
		}
		m.SetMapIndex(reflect.ValueOf(string(s)).Convert(t.Key()), value)
	}
	v.Set(m)
	return rest, nil
}

func readStruct(b []byte, v reflect.Value, depth int) (rest []byte, err error) {
	t := v.Type()
	fields, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	n, rest, err := items(b, majorArray, 1, depth)
	if err != nil {
		return nil, err
	}
	if n != len(fields) {
		return nil, fmt.Errorf("has %d items, want %d", n, len(fields))
	}
	for _, i := range fields {
		if rest, err = readValue(rest, v.Field(i), depth+1); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Field(i).Name, err)
		}
	}
	return rest, nil
}

// skip passes over one well-formed item of any type but a tag, in any form (RFC 8949 §5.3.1), at a depth.
func skip(b []byte, depth int) (rest []byte, err error) {
	major, info, n, rest, err := head(b)
	if err != nil {
		return nil, err
	}
	switch major {
	case majorBytes, majorText:
		if n > uint64(len(rest)) {
			return nil, errShort
		}
		return rest[n:], nil
	case majorArray, majorMap:
		switch {
		case depth >= maxDepth:
			return nil, errDepth
		case n > maxItems:
			return nil, fmt.Errorf("has %d items, at most %d", n, maxItems)
		}
		if major == majorMap {
			n *= 2
		}
		for range n {
			if rest, err = skip(rest, depth+1); err != nil {
				return nil, err
			}
		}
	case majorTag:
		return nil, errors.New("has a tag")
	case majorSimple:
		if info == 24 && n < 32 {
			return nil, errForm
		}
	}
	return rest, nil
}
