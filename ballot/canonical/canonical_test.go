package canonical

import (
	"bytes"
	"runtime"
	"slices"
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

// J3: what says that it has many items takes no memory for those that are not there, at any depth; and long lists are read whole.
func TestJ3_MemoryFollowsWhatWasRead(t *testing.T) {
	type large struct {
		_    struct{} `cbor:",toarray"`
		List []struct {
			_ struct{} `cbor:",toarray"`
			A [40]string
			B []struct {
				_ struct{} `cbor:",toarray"`
				C [40]string
			}
		}
	}
	b := append([]byte{0x81, 0x99, 0xff, 0xff, 0x82, 0x98, 40}, bytes.Repeat([]byte{0x60}, 40)...)
	b = append(b, 0x99, 0xff, 0x00)
	b = append(b, bytes.Repeat([]byte{0x81}, 65535)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var v large
	if _, err := Decode(b, len(b), &v); err == nil {
		t.Fatal("it was decoded")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes of memory for a record of %d", n, len(b))
	}
	for _, n := range []int{0, 1, unseen - 1, unseen, unseen + 1, 3 * unseen, 5000} {
		list := make([]uint64, n)
		for i := range list {
			list[i] = uint64(i * i)
		}
		b, err := Encode(list)
		if err != nil {
			t.Fatal(err)
		}
		var again []uint64
		if rest, err := Decode(b, len(b), &again); err != nil || len(rest) > 0 || !slices.Equal(list, again) {
			t.Errorf("%d items: %d, %v", n, len(again), err)
		}
		if n == 0 && again == nil {
			t.Error("an empty list is nil")
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
