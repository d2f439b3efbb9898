package canonical

import (
	"bytes"
	"testing"
)

func TestDecodeOneForm(t *testing.T) {
	for name, one := range map[string]struct {
		b    []byte
		want bool
	}{
		"1":                   {[]byte{1}, true},
		"24":                  {[]byte{0x18, 24}, true},
		"23 in two bytes":     {[]byte{0x18, 23}, false},
		"a tag":               {[]byte{0xc1, 1}, false},
		"a float":             {[]byte{0xf9, 0x3c, 0}, false},
		"null":                {[]byte{0xf6}, false},
		"a negative number":   {[]byte{0x20}, false},
		"nothing":             {nil, false},
		"cut off":             {[]byte{0x18}, false},
		"beyond the limit":    {[]byte{0x1a, 1, 0, 0, 0}, false},
		"as long as it is it": {[]byte{0x19, 1, 0}, true},
	} {
		var n uint64
		if rest, err := Decode(one.b, 3, &n); (err == nil) != one.want || len(rest) > 0 {
			t.Errorf("%s: %d, %x left, %v", name, n, rest, err)
		}
	}
	var n uint64
	if rest, err := Decode([]byte{1, 0xff, 0xff, 0xff}, 3, &n); err != nil || !bytes.Equal(rest, []byte{0xff, 0xff, 0xff}) {
		t.Errorf("an item, and what follows it: %x, %v", rest, err)
	}
	var m map[string]uint64
	for name, b := range map[string][]byte{
		"keys out of order": {0xa2, 0x61, 'b', 0, 0x61, 'a', 0}, "a key twice": {0xa2, 0x61, 'a', 0, 0x61, 'a', 0}, "indefinite": {0xbf, 0x61, 'a', 0, 0xff},
	} {
		if _, err := Decode(b, 100, &m); err == nil {
			t.Errorf("%s: decoded as %v", name, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	type item struct {
		_     struct{} `cbor:",toarray"`
		N     uint64
		S     string
		Bytes [2]byte
		Map   map[string]string
		List  []bool
	}
	good, err := Encode(item{N: 500, S: "ß", Map: map[string]string{"en": "x", "a": "y"}, List: []bool{true}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(append(good, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v item
		rest, err := Decode(b, 1000, &v)
		if err != nil {
			return
		}
		again, err := Encode(v)
		if err != nil || !bytes.Equal(again, b[:len(b)-len(rest)]) {
			t.Errorf("%x is encoded again as %x, %v", b, again, err)
		}
	})
}
