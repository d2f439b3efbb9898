package reply

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

var examples = []string{
	`{}`, ` { } `, `{"index": 7, "id": "00ff"}`, `{"error":"No. \"x\" \u00fc\ud83d\ude00 \ud83d \/","code":"spent"}`, `{"records":["a","b"],"more":null}`,
	`{"n":-0.5e+7,"t":[true,false,[],{}]}`, `{"a":1,"a":2}`, `[]`, `"x"`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":}`, `{"a"}`, `{,}`, `{"a":1,}`, `{"a":[1,]}`,
	`{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\u 123"}`, `{"a":"`, `{"a":1}x`, `{"a":nul}`, ``, `{"a":"\udc00\ud800x"}`, `{"a":18446744073709551615}`,
	`{"\u0061":"\"\\\b\f\n\r\t"}`, `{"a":"\u00FC\u00Zc"}`,
}

// generic gives what encoding/json decodes the same form as here.
func generic(v any) any {
	switch v := v.(type) {
	case json.Number:
		return Number(v)
	case map[string]any:
		o := make(Object)
		for name, x := range v {
			o[name] = generic(x)
		}
		return o
	case []any:
		list := []any{}
		for _, x := range v {
			list = append(list, generic(x))
		}
		return list
	}
	return v
}

// agree compares with encoding/json, which takes bytes that are not UTF-8, names that are there twice, and values nested deep as well.
func agree(t *testing.T, b []byte) {
	t.Helper()
	got, err := Parse(b)
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	otherErr := json.Unmarshal(b, &m)
	if otherErr == nil {
		otherErr = d.Decode(&m)
	}
	if err != nil {
		return
	}
	if otherErr != nil || !reflect.DeepEqual(any(got), generic(m)) {
		t.Fatalf("%q: %v; the other: %v, %v", b, got, m, otherErr)
	}
}

func TestParse(t *testing.T) {
	good := map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 27: true, 28: true, 29: true}
	for i, s := range examples {
		agree(t, []byte(s))
		if _, err := Parse([]byte(s)); (err == nil) != good[i] {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"{\"a\":\"\xff\"}", `{"a":[[[[[[[[[[0]]]]]]]]]]}`} {
		if o, err := Parse([]byte(s)); err == nil {
			t.Errorf("%s is taken as %v", s, o)
		}
	}
}

func TestValues(t *testing.T) {
	o, err := Parse([]byte(`{"s":"x","n":7,"minus":-7,"half":0.5,"list":["a","b"],"empty":[],"mixed":["a",1],"nothing":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := o.String("s"); !ok || s != "x" {
		t.Error("s")
	}
	if n, ok := o.Uint64("n"); !ok || n != 7 {
		t.Error("n")
	}
	for _, name := range []string{"s", "minus", "half", "list", "nothing", "none"} {
		if n, ok := o.Uint64(name); ok {
			t.Errorf("%s is %d", name, n)
		}
	}
	for name, want := range map[string]string{"list": "[a b] true", "empty": "[] true", "nothing": "[] true", "mixed": "[] false", "s": "[] false", "none": "[] false"} {
		if list, ok := o.Strings(name); fmt.Sprint(list, ok) != want {
			t.Errorf("%s: %v, %v", name, list, ok)
		}
	}
	if s, ok := o.String("n"); ok || s != "" {
		t.Error("a number is a string")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range slices.Concat(examples, []string{`{"a":{"b":[1,"c",{"d":null}]}}`}) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b) })
}
