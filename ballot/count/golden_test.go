package count_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
)

// TestGoldenReports pins every report of one small election to the byte. Set
// UPDATE_GOLDEN=1 to write the files anew, and say in the commit why they changed.
func TestGoldenReports(t *testing.T) {
	data, err := os.ReadFile("testdata/committee.blt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range count.Methods() {
		f, err := blt.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		e := f.Election
		e.Rules = []count.Rule{{Bound: count.AtMost, N: 1, Group: "the north", Members: []int{0, 1}}}
		if m == count.IRV {
			e.Seats, e.Rules = 1, nil
		}
		r := tallyBy(t, e, m, count.ListOrder("the tie line of the file", f.Order...))
		var text, doc, svg bytes.Buffer
		for ext, write := range map[string]func() error{
			"txt":  func() error { return r.WriteText(&text) },
			"json": func() error { return r.WriteJSON(&doc) },
			"svg":  func() error { return r.WriteSVG(&svg) },
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
			got := map[string]*bytes.Buffer{"txt": &text, "json": &doc, "svg": &svg}[ext].Bytes()
			path := filepath.Join("testdata", "committee."+string(m)+"."+ext)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; got:\n%s", path, got)
			}
		}
		// The same document, without indentation.
		compact, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		if err := json.Compact(&a, doc.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&b, compact); err != nil {
			t.Fatal(err)
		}
		if a.Len() == 0 || a.String() != b.String() {
			t.Errorf("%s: MarshalJSON and WriteJSON differ", m)
		}
	}
}
