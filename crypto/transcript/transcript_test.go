package transcript

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"mandate/crypto/group"
)

// Golden vectors change only with the specification, and then by
//
//	go test ./crypto/transcript -run TestGolden -update
var update = flag.Bool("update", false, "rewrite testdata/golden.txt")

// A write is one append in the form in which golden.txt states it.
type write struct {
	kind, label string
	data        []byte
}

func (w write) apply(t *Transcript) {
	elements := make([]group.Element, len(w.data)/32)
	scalars := make([]group.Scalar, len(w.data)/32)
	for i := range elements {
		switch w.kind {
		case "element", "elements":
			elements[i] = must(group.DecodeElement(w.data[32*i : 32*i+32]))
		case "scalar", "scalars":
			scalars[i] = must(group.DecodeScalar(w.data[32*i : 32*i+32]))
		}
	}
	switch w.kind {
	case "bytes":
		t.AppendBytes(w.label, w.data)
	case "string":
		t.AppendString(w.label, string(w.data))
	case "uint64":
		var v uint64
		for _, b := range w.data {
			v = v<<8 | uint64(b)
		}
		t.AppendUint64(w.label, v)
	case "element":
		t.AppendElement(w.label, elements[0])
	case "elements":
		t.AppendElements(w.label, elements)
	case "scalar":
		t.AppendScalar(w.label, scalars[0])
	case "scalars":
		t.AppendScalars(w.label, scalars)
	default:
		panic(w.kind)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func sum(protocol string, writes ...write) [64]byte {
	t := New(protocol)
	for _, w := range writes {
		w.apply(t)
	}
	return t.Sum("out")
}

// stream is SPEC.md §3.2 written a second time, with nothing shared.
func stream(protocol string, writes []write, output string) []byte {
	types := map[string]byte{"bytes": 1, "string": 2, "uint64": 3, "element": 4, "elements": 5, "scalar": 6, "scalars": 7}
	var b []byte
	item := func(kind byte, label string, data []byte) {
		b = append(b, kind, byte(len(label)))
		b = append(b, label...)
		for shift := 56; shift >= 0; shift -= 8 {
			b = append(b, byte(len(data)>>shift))
		}
		b = append(b, data...)
	}
	item(0, protocol, nil)
	for _, w := range writes {
		item(types[w.kind], w.label, w.data)
	}
	item(0xff, output, nil)
	return b
}

func examples() map[string][]write {
	g := group.Generator()
	two := g.Add(g).Bytes()
	minus := group.ScalarFromInt64(-1).Bytes()
	return map[string][]write{
		"empty":  {},
		"bytes":  {{"bytes", "b", []byte{0, 1, 2, 0xff}}, {"bytes", "", nil}},
		"string": {{"string", "s", []byte("Soll die Satzung geändert werden?")}, {"string", "empty", nil}},
		"uint64": {{"uint64", "n", bytes.Repeat([]byte{0}, 8)}, {"uint64", "n", bytes.Repeat([]byte{0xff}, 8)}},
		"group": {
			{"element", "one", g.Bytes()},
			{"elements", "list", append(append(make([]byte, 32), g.Bytes()...), two...)},
			{"elements", "none", nil},
			{"scalar", "one", group.ScalarFromUint64(1).Bytes()},
			{"scalars", "list", append(make([]byte, 32), minus...)},
		},
		"long": {{"bytes", strings.Repeat("l", 255), bytes.Repeat([]byte("0123456789"), 1000)}},
	}
}

func TestGolden(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`# Transcripts and their outputs (SPEC.md §3.2). A line "append" is kind, label in
# hexadecimal, data in hexadecimal; "-" is an empty string. Regenerate, for a
# reason worth writing down, with: go test ./crypto/transcript -run TestGolden -update
`)
	dash := func(s []byte) string {
		if len(s) == 0 {
			return "-"
		}
		return hex.EncodeToString(s)
	}
	all := examples()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		protocol := "mandate/v1 test " + name
		tr := New(protocol)
		fmt.Fprintf(&b, "\nprotocol %s\n", protocol)
		for _, w := range all[name] {
			w.apply(tr)
			fmt.Fprintf(&b, "append %s %s %s\n", w.kind, dash([]byte(w.label)), dash(w.data))
		}
		s, id := tr.Sum("out"), tr.ID("out")
		fmt.Fprintf(&b, "sum out %x\nid out %x\nchallenge out %x\nweight out %x\nelement out %v\n",
			s, id, tr.Challenge("out").Bytes(), tr.Weight("out").Bytes(), tr.Element("out"))
		if want := sha512.Sum512(stream(protocol, all[name], "out")); s != want {
			t.Errorf("%s: sum %x, want %x", name, s, want)
		}
	}
	const file = "testdata/golden.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("outputs differ from %s:\n%s", file, b.Bytes())
	}
}

// A11: an output depends on the message, is not constant and not zero.
func TestA11_OutputDependsOnContent(t *testing.T) {
	t1, t2 := New("p"), New("p")
	t1.AppendString("message", "m1")
	t2.AppendString("message", "m2")
	if t1.Sum("c") == t2.Sum("c") || t1.Sum("c") == ([64]byte{}) {
		t.Error("Sum does not depend on what was appended")
	}
	if t1.Challenge("c").Equal(t2.Challenge("c")) || t1.Challenge("c").IsZero() {
		t.Error("Challenge does not depend on what was appended")
	}
	if t1.Element("c").Equal(t2.Element("c")) || t1.Element("c").IsIdentity() || t1.Element("c").Equal(group.Generator()) {
		t.Error("Element does not depend on what was appended")
	}
	if t1.Weight("c").Equal(t2.Weight("c")) || t1.ID("c") == t2.ID("c") {
		t.Error("Weight or ID does not depend on what was appended")
	}
}

// A13: bytes that move from one field to its neighbour, or change their label
// or type, change the digest, whatever the bytes are.
func TestA13_FieldsDoNotRunTogether(t *testing.T) {
	data := []byte("\x01\x01a\x00\x00\x00\x00\x00\x00\x00\x01b\xff\x00")
	seen := map[[64]byte]string{}
	add := func(what string, s [64]byte) {
		t.Helper()
		if before, ok := seen[s]; ok {
			t.Errorf("%s has the digest of %s", what, before)
		}
		seen[s] = what
	}
	for _, kind := range []string{"bytes", "string"} {
		add(kind+" whole", sum("p", write{kind, "a", data}))
		for i := range len(data) + 1 {
			add(fmt.Sprintf("%s split at %d", kind, i), sum("p", write{kind, "a", data[:i]}, write{kind, "a", data[i:]}))
			add(fmt.Sprintf("%s label grown by %d", kind, i), sum("p", write{kind, "a" + string(data[:i]), data[i:]}, write{kind, "", nil}))
			add(fmt.Sprintf("%s protocol grown by %d", kind, i), sum("p"+string(data[:i]), write{kind, "a", data[i:]}, write{kind, "b", nil}))
		}
	}
	// The bytes of a later item, put into an earlier one's data.
	items := stream("p", []write{{"bytes", "a", nil}, {"bytes", "b", data}}, "out")
	add("two items", sum("p", write{"bytes", "a", nil}, write{"bytes", "b", data}))
	add("one item holding the second", sum("p", write{"bytes", "a", items[21:]}))
	add("the output's item as data", sum("p", write{"bytes", "a", stream("", nil, "out")}))

	// The same 32 bytes as every type that holds them.
	g := group.ScalarFromUint64(0).Bytes() // an element and a scalar
	for _, kind := range []string{"bytes", "string", "element", "elements", "scalar", "scalars"} {
		add("32 bytes as "+kind, sum("p", write{kind, "a", g}))
	}
	add("8 bytes as uint64", sum("p", write{"uint64", "a", g[:8]}))
	add("8 bytes as bytes", sum("p", write{"bytes", "a", g[:8]}))
	add("two lists of one", sum("p", write{"elements", "a", g}, write{"elements", "a", g}))
	add("one list of two", sum("p", write{"elements", "a", append(g, g...)}))
	add("order 1", sum("p", write{"bytes", "a", []byte("x")}, write{"bytes", "b", []byte("y")}))
	add("order 2", sum("p", write{"bytes", "b", []byte("y")}, write{"bytes", "a", []byte("x")}))
	add("nothing", sum("p"))
	add("an empty item", sum("p", write{"bytes", "", nil}))
	other := New("p")
	add("another output", other.Sum("out2"))
	add("an empty output label", other.Sum(""))
}

func TestOutputsLeaveTheTranscript(t *testing.T) {
	t1, t2 := New("p"), New("p")
	t1.AppendUint64("n", 7)
	t2.AppendUint64("n", 7)
	a := t1.Sum("x")
	t1.ID("x")
	t1.Challenge("y")
	t1.Weight("z")
	t1.Element("e")
	if t1.Sum("x") != a {
		t.Error("taking an output changed the transcript")
	}
	t1.AppendString("more", "m")
	t2.AppendString("more", "m")
	if t1.Sum("x") != t2.Sum("x") || t1.Sum("x") == a {
		t.Error("appending after an output differs from appending without")
	}
}

func TestClonesAreIndependent(t *testing.T) {
	t1 := New("p")
	t1.AppendString("shared", "s")
	before := t1.Sum("x")
	t2 := t1.Clone()
	if t2.Sum("x") != before {
		t.Error("a clone differs from its original")
	}
	t2.AppendString("a", "1")
	if t1.Sum("x") != before {
		t.Error("appending to a clone changed the original")
	}
	t1.AppendString("a", "1")
	if t1.Sum("x") != t2.Sum("x") {
		t.Error("the same appends to original and clone differ")
	}
}

func TestOutputForms(t *testing.T) {
	tr := New("p")
	s := tr.Sum("x")
	id := tr.ID("x")
	if !bytes.Equal(id[:], s[:32]) {
		t.Error("ID is not the first half of Sum")
	}
	if !tr.Challenge("x").Equal(group.ScalarFromUniformBytes(s)) {
		t.Error("Challenge is not Sum reduced")
	}
	if w := tr.Weight("x").Bytes(); !bytes.Equal(w, append(s[:16:16], make([]byte, 16)...)) {
		t.Error("Weight is not the first 16 bytes of Sum")
	}
	if !tr.Element("x").Equal(group.FromUniformBytes(s)) {
		t.Error("Element is not Sum mapped to the group")
	}
}

func TestLongLabelPanics(t *testing.T) {
	long := strings.Repeat("l", 256)
	for name, f := range map[string]func(){
		"New":         func() { New(long) },
		"AppendBytes": func() { New("p").AppendBytes(long, nil) },
		"Sum":         func() { New("p").Sum(long) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s accepted a label of 256 bytes", name)
				}
			}()
			f()
		}()
	}
}

// Whatever is appended is hashed as SPEC.md §3.2 says, and no two splits of
// the same bytes agree.
func FuzzTranscript(f *testing.F) {
	f.Add("p", "label", []byte("data"), 2)
	f.Add("", "", []byte{}, 0)
	f.Fuzz(func(t *testing.T, protocol, label string, data []byte, cut int) {
		if len(protocol) > 255 || len(label) > 255 || cut < 0 || cut > len(data) {
			return
		}
		w := []write{{"bytes", label, data[:cut]}, {"string", label, data[cut:]}}
		got := sum(protocol, w...)
		if want := sha512.Sum512(stream(protocol, w, "out")); got != want {
			t.Fatalf("sum %x, want %x", got, want)
		}
		if cut > 0 && sum(protocol, write{"bytes", label, data[:cut-1]}, write{"string", label, data[cut-1:]}) == got {
			t.Fatal("two splits of the same bytes agree")
		}
	})
}

func BenchmarkChallenge(b *testing.B) {
	prefix := New("mandate/v1 bench")
	prefix.AppendBytes("context", make([]byte, 200))
	es := make([]group.Element, 10)
	for i := range es {
		es[i] = group.Generator()
	}
	b.ReportAllocs()
	for b.Loop() {
		t := prefix.Clone()
		t.AppendElements("elements", es)
		t.Challenge("challenge")
	}
}
