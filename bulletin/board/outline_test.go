package board

import (
	"bytes"
	"testing"

	"mandate/ballot/record"
)

func assembled(t testing.TB, scope record.ID, body record.Body, seal int) []byte {
	t.Helper()
	payload, err := record.Payload(scope, body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Assemble(payload, make([]byte, seal))
	if err != nil {
		t.Fatal(err)
	}
	return r.Raw()
}

func TestOutline(t *testing.T) {
	scope := record.ID{1, 2, 3, 31: 32}
	for _, body := range []record.Body{
		&record.Seal{},
		&record.Time{Now: 1 << 40},
		&record.RollPart{Entries: make([]byte, 64000)},
		&record.Ballot{Signatures: make([]byte, 864), Contests: [][]byte{make([]byte, 192)}},
	} {
		for _, seal := range []int{0, 23, 24, 64, 255, 256, 1000} {
			raw := assembled(t, scope, body, seal)
			if o, ok := outline(raw); !ok || o.kind != body.Kind() || o.scope != scope {
				t.Errorf("%s with a seal of %d bytes: outline gives %+v, %v", body.Kind(), seal, o, ok)
			}
		}
	}
}

func TestOutlineOfBallot(t *testing.T) {
	for _, number := range []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		b := &record.Ballot{Key: record.Key{7}, Number: number, Previous: record.ID{9}, Signatures: make([]byte, 864), Contests: [][]byte{{1}}}
		o, ok := outline(assembled(t, record.ID{3}, b, 900))
		if !ok || o.key != b.Key || o.number != number || o.previous != b.Previous {
			t.Errorf("number %d: outline gives %+v, %v", number, o, ok)
		}
	}
}

func TestOutlineRefuses(t *testing.T) {
	raw := assembled(t, record.ID{}, &record.Seal{}, 64)
	for n := range 40 {
		if _, ok := outline(raw[:n]); ok {
			t.Errorf("the first %d bytes have an outline", n)
		}
	}
	for name, b := range map[string][]byte{
		"array of three":       append([]byte{0x83}, raw[1:]...),
		"non-minimal length":   append([]byte{0x82, 0x58, 0x10}, raw[2:]...),
		"non-minimal 16 bits":  append([]byte{0x82, 0x59, 0x00, 0x30}, raw[3:]...),
		"indefinite length":    append([]byte{0x82, 0x5f}, raw[2:]...),
		"tagged":               append([]byte{0xd8, 0x18}, raw...),
		"32-bit length":        append([]byte{0x82, 0x5a, 0, 0, 0, 0x30}, raw[3:]...),
		"text for the payload": append([]byte{0x82, raw[1] | 0x20}, raw[2:]...),
	} {
		if _, ok := outline(b); ok {
			t.Errorf("%s: has an outline", name)
		}
	}
}

// What decodes must have an outline, and the same one: else the first checks would refuse a good record.
func FuzzOutline(f *testing.F) {
	f.Add(assembled(f, record.ID{1}, &record.Seal{}, 64))
	f.Add(assembled(f, record.ID{2}, &record.Ballot{Signatures: make([]byte, 864), Contests: [][]byte{make([]byte, 192)}}, 1000))
	f.Add([]byte{0x82, 0x43, 0x83, 0x60, 0x40})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, ok := outline(bytes.Clone(b))
		r, err := record.Decode(b)
		if err != nil {
			return
		}
		if !ok || o.kind != r.Kind() || o.scope != r.Scope {
			t.Fatalf("decodes as %s in %v, outline is %+v, %v", r.Kind(), r.Scope, o, ok)
		}
		if b, is := r.Body.(*record.Ballot); is && (o.key != b.Key || o.number != b.Number || o.previous != b.Previous) {
			t.Fatalf("decodes as ballot %d of %v after %v, outline is %+v", b.Number, b.Key, b.Previous, o)
		}
	})
}
