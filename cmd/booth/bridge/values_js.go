//go:build js

package bridge

import (
	"errors"
	"fmt"
	"syscall/js"
)

// JSON is a value that is handed to the page parsed.
type JSON string

// Limits of what a page hands over.
const (
	maxDepth  = 6
	maxValues = 20_000
	maxString = 512 << 10 // bytes
)

var errValue = errors.New("a parameter is of a kind or size that the program does not take")

// fromJS returns a value of JSON's kinds, or bytes.
func fromJS(v js.Value) (any, error) {
	left := maxValues
	return fromValue(v, maxDepth, &left)
}

func fromValue(v js.Value, depth int, left *int) (any, error) {
	if *left--; depth == 0 || *left < 0 {
		return nil, errValue
	}
	switch v.Type() {
	case js.TypeUndefined, js.TypeNull:
		return nil, nil
	case js.TypeBoolean:
		return v.Bool(), nil
	case js.TypeNumber:
		return v.Float(), nil
	case js.TypeString:
		if s := v.String(); len(s) <= maxString {
			return s, nil
		}
		return nil, errValue
	case js.TypeObject:
	default:
		return nil, errValue
	}
	if js.Global().Get("Array").Call("isArray", v).Bool() {
		n := v.Length()
		if n > *left {
			return nil, errValue
		}
		out := make([]any, n)
		for i := range out {
			x, err := fromValue(v.Index(i), depth-1, left)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	}
	if v.InstanceOf(js.Global().Get("Uint8Array")) {
		return bytesFromJS(v, maxString)
	}
	keys := js.Global().Get("Object").Call("keys", v)
	n := keys.Length()
	if n > *left {
		return nil, errValue
	}
	out := make(map[string]any, n)
	for i := range n {
		key := keys.Index(i).String()
		if len(key) > 100 {
			return nil, errValue
		}
		x, err := fromValue(v.Get(key), depth-1, left)
		if err != nil {
			return nil, err
		}
		out[key] = x
	}
	return out, nil
}

// toJS returns a result of a call as the page gets it.
func toJS(v any) js.Value {
	switch v := v.(type) {
	case nil:
		return js.Null()
	case JSON:
		return js.Global().Get("JSON").Call("parse", string(v))
	case []byte:
		return bytesToJS(v)
	case []any:
		out := js.Global().Get("Array").New(len(v))
		for i, x := range v {
			out.SetIndex(i, toJS(x))
		}
		return out
	case map[string]any:
		out := js.Global().Get("Object").New()
		for k, x := range v {
			out.Set(k, toJS(x))
		}
		return out
	}
	return js.ValueOf(v)
}

func bytesToJS(b []byte) js.Value {
	out := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(out, b)
	return out
}

func bytesFromJS(v js.Value, limit int64) ([]byte, error) {
	if v.Type() != js.TypeObject || !v.InstanceOf(js.Global().Get("Uint8Array")) {
		return nil, fmt.Errorf("the worker did not hand over bytes")
	}
	n := v.Length()
	if int64(n) > limit {
		return nil, fmt.Errorf("%d bytes, at most %d", n, limit)
	}
	b := make([]byte, n)
	js.CopyBytesToGo(b, v)
	return b, nil
}
