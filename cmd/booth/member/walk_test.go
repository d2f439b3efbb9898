package member

import (
	"bytes"
	"reflect"
	"testing"
)

// holds reports where in what a value reaches, unexported fields included, some bytes stand.
func holds(v any, secret []byte) (path string) {
	type place struct {
		at uintptr
		of reflect.Type
	}
	seen := make(map[place]bool)
	var walk func(v reflect.Value, at string) string
	walk = func(v reflect.Value, at string) string {
		if v.Type().PkgPath() == "net/http" {
			return "" // connections, which have goroutines of their own; nothing secret was sent
		}
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				return ""
			}
			if v.Kind() == reflect.Pointer {
				p := place{v.Pointer(), v.Type()}
				if seen[p] {
					return ""
				}
				seen[p] = true
			}
			return walk(v.Elem(), at)
		case reflect.Struct:
			for i := range v.NumField() {
				if found := walk(v.Field(i), at+"."+v.Type().Field(i).Name); found != "" {
					return found
				}
			}
		case reflect.String:
			if bytes.Contains([]byte(v.String()), secret) {
				return at
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				if found := walk(k, at+"[key]") + walk(v.MapIndex(k), at+"[…]"); found != "" {
					return found
				}
			}
		case reflect.Slice, reflect.Array:
			switch v.Type().Elem().Kind() {
			case reflect.Uint8:
				b := make([]byte, v.Len())
				for i := range b {
					b[i] = byte(v.Index(i).Uint())
				}
				if bytes.Contains(b, secret) {
					return at
				}
			default:
				for i := range v.Len() {
					if found := walk(v.Index(i), at+"[]"); found != "" {
						return found
					}
				}
			}
		}
		return ""
	}
	return walk(reflect.ValueOf(v), "")
}

func TestHolds(t *testing.T) {
	type inner struct{ secret [4]byte }
	v := &struct {
		m map[string]*inner
		n any
	}{m: map[string]*inner{"x": {secret: [4]byte{1, 2, 3, 4}}}}
	if holds(v, []byte{2, 3}) == "" || holds(v, []byte{3, 2}) != "" {
		t.Error("the walk does not find what is there")
	}
}
