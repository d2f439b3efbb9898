package canonical

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// other is another implementation of the same form: what it decodes strictly must be what encodes to the same bytes again.
var other = func() (o struct {
	enc cbor.EncMode
	dec cbor.DecMode
}) {
	var err error
	if o.enc, err = (cbor.EncOptions{
		Sort: cbor.SortCoreDeterministic, ShortestFloat: cbor.ShortestFloat16, IndefLength: cbor.IndefLengthForbidden,
		NilContainers: cbor.NilContainerAsEmpty, TagsMd: cbor.TagsForbidden,
	}).EncMode(); err != nil {
		panic(err)
	}
	if o.dec, err = (cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, MaxNestedLevels: maxDepth,
		MaxArrayElements: maxItems, MaxMapPairs: maxItems, UTF8: cbor.UTF8RejectInvalid, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}).DecMode(); err != nil {
		panic(err)
	}
	return o
}()

type inner struct {
	_  struct{} `cbor:",toarray"`
	On bool
	M  map[string]uint64
}

type everything struct {
	_      struct{} `cbor:",toarray"`
	N      uint64
	Small  uint16
	I      int
	S      string
	Fixed  [3]byte
	Bytes  []byte
	List   []inner
	Keys   [][2]byte
	Maybe  *inner
	hidden int
	Texts  map[string]string
	Raw    rawItem
}

// rawItem is a Raw for both: this package's Raw is only a byte string for the other.
type rawItem []byte

func (r rawItem) MarshalCBOR() ([]byte, error) { return r, nil }

func (r *rawItem) UnmarshalCBOR(b []byte) error {
	*r = bytes.Clone(b)
	return nil
}

func examples() []everything {
	return []everything{
		{S: "", Raw: rawItem{0}},
		{N: 1<<64 - 1, Small: 1<<16 - 1, I: -1 << 63, S: strings.Repeat("ß", 200), Fixed: [3]byte{1, 2, 3}, Bytes: make([]byte, 300), Raw: rawItem{0x81, 0x18, 1}},
		{N: 23, Small: 24, I: 255, List: []inner{{}, {On: true, M: map[string]uint64{"b": 256, "a": 1 << 32, "aa": 1 << 16, "": 0}}}, Keys: make([][2]byte, 30), Maybe: &inner{}, Raw: rawItem{0xf6}},
		{I: -25, hidden: 7, Texts: map[string]string{"en": "x", "de": "y", "fil": "z"}, Raw: rawItem{0xa1, 0x61, 'x', 0xf9, 0, 0}},
	}
}

// agree decodes b with both into a type, and compares.
func agree[T any](t *testing.T, b []byte) {
	t.Helper()
	var got, want T
	rest, err := Decode(b, len(b), &got)
	left, otherErr := other.dec.UnmarshalFirst(b, &want)
	if otherErr == nil {
		again, err := other.enc.Marshal(want)
		if err != nil || !bytes.Equal(again, b[:len(b)-len(left)]) {
			otherErr = errForm
		}
	}
	switch {
	case (err == nil) != (otherErr == nil):
		t.Fatalf("%T: %x: %v; the other: %v", got, b, err, otherErr)
	case err != nil:
		return
	case !bytes.Equal(rest, left) || !reflect.DeepEqual(got, want):
		t.Fatalf("%x: %+v, %x left; the other: %+v, %x left", b, got, rest, want, left)
	}
	if again, err := Encode(got); err != nil || !bytes.Equal(again, b[:len(b)-len(rest)]) {
		t.Fatalf("%x is encoded as %x, %v", b, again, err)
	}
}

func TestEncodeAgrees(t *testing.T) {
	for _, e := range examples() {
		got, err := Encode(e)
		want, otherErr := other.enc.Marshal(e)
		if err != nil || otherErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %x, %v; the other: %x, %v", e, got, err, want, otherErr)
		}
		agree[everything](t, got)
		for i := range got { // and what is nearly that
			for _, x := range []byte{0x01, 0x10, 0x20, 0x80} {
				bad := bytes.Clone(got)
				bad[i] ^= x
				agree[everything](t, bad)
			}
			agree[everything](t, got[:i])
		}
	}
	for _, v := range []any{nil, true, uint8(7), -300, "x", []any{1, "a", []byte{2}, nil}, map[string]any{"z": 1, "aa": []string{}}, [][]uint64{nil, {1 << 40}}, (*inner)(nil)} {
		got, err := Encode(v)
		want, otherErr := other.enc.Marshal(v)
		if err != nil || otherErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %x, %v; the other: %x, %v", v, got, err, want, otherErr)
		}
	}
}

// A Raw takes every well-formed item and says nothing of its form.
func TestRaw(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x81}, maxDepth), 0)
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"0 in nine bytes": {[]byte{0x1b, 0, 0, 0, 0, 0, 0, 0, 0}, true}, "a float": {[]byte{0xfb, 1, 2, 3, 4, 5, 6, 7, 8}, true}, "negative": {[]byte{0x38, 1}, true},
		"undefined": {[]byte{0xf7}, true}, "keys of any type": {[]byte{0xa1, 1, 2}, true}, "as deep as it may be": {deep, true}, "deeper": {append([]byte{0x81}, deep...), false},
		"a tag": {[]byte{0xc1, 0}, false}, "indefinite": {[]byte{0x9f, 0xff}, false}, "a break": {[]byte{0xff}, false}, "reserved": {[]byte{0x1c}, false},
		"a simple value in two bytes": {[]byte{0xf8, 31}, false}, "nothing": {nil, false}, "cut off": {[]byte{0x42, 1}, false}, "half a map": {[]byte{0xa1, 1}, false},
		"more than there is": {[]byte{0x9a, 0xff, 0xff, 0xff, 0xff}, false}, "a length near 2^64": {[]byte{0x5b, 255, 255, 255, 255, 255, 255, 255, 255}, false},
	} {
		var r Raw
		rest, err := Decode(c.b, 100, &r)
		if (err == nil) != c.want || err == nil && (len(rest) > 0 || !bytes.Equal(r, c.b)) {
			t.Errorf("%s: %x, %x left, %v", name, r, rest, err)
		}
		if again, err := Encode(Raw(c.b)); (err == nil) != c.want || c.want && !bytes.Equal(again, c.b) {
			t.Errorf("%s: encoded as %x, %v", name, again, err)
		}
		agree[rawItem](t, c.b)
	}
	if _, err := Encode(Raw{0, 0}); err == nil {
		t.Error("two items are one")
	}
}

// What has no form is refused, whoever asks.
func TestNoForm(t *testing.T) {
	type named struct{ N uint64 }
	type embedded struct {
		_ struct{} `cbor:",toarray"`
		inner
	}
	for _, v := range []any{1.5, named{}, &named{}, embedded{}, map[uint64]string{1: ""}, make(chan int), func() {}} {
		if b, err := Encode(v); err == nil {
			t.Errorf("%T is encoded as %x", v, b)
		}
		p := reflect.New(reflect.TypeOf(v))
		for _, b := range [][]byte{{0}, {0x80}, {0xa0}, {0x81, 0}} {
			if _, err := Decode(b, 9, p.Interface()); err == nil {
				t.Errorf("%x is decoded as %T", b, v)
			}
		}
	}
	for _, v := range []any{nil, uint64(1), (*uint64)(nil)} {
		if _, err := Decode([]byte{0}, 9, v); err == nil {
			t.Errorf("decoded into %T", v)
		}
	}
}

func FuzzAgree(f *testing.F) {
	for _, e := range examples() {
		b, err := Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x82, 0xf5, 0xa2, 0x61, 'a', 1, 0x61, 'b', 2})
	f.Add([]byte{0xa2, 0x62, 'e', 'n', 0x61, 'x', 0x62, 'e', 's', 0x61, 'y'})
	f.Fuzz(func(t *testing.T, b []byte) {
		agree[everything](t, b)
		agree[inner](t, b)
		agree[map[string]string](t, b)
		agree[[]int16](t, b)
		agree[*uint8](t, b)
		agree[rawItem](t, b)
	})
}
