package booth

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"mandate/ballot/record"
)

// What manifests pin is what the list says that pages compare a program with before they run it.
func TestProgramsAreThoseOfTheList(t *testing.T) {
	list, err := fs.ReadFile(files(), "programs.js")
	if err != nil {
		t.Fatal(err)
	}
	all := Programs()
	if len(all) != 2 || all[0].Name != "audit" || all[1].Name != "booth" {
		t.Fatalf("programs: %v", all)
	}
	for _, p := range all {
		if !strings.Contains(string(list), fmt.Sprintf("%q: { sha256: %q,", p.Name+".wasm", p.Hash)) {
			t.Errorf("%s, %s, is not on the list:\n%s", p.Name, p.Hash, list)
		}
	}
	Hashes()["booth.wasm"] = record.ID{}
	if Programs()[1] != all[1] {
		t.Error("a caller changes what others get")
	}
}

// A file is hashed as a browser gets it, whether it is embedded compressed or not; what is not served is left out.
func TestHashes(t *testing.T) {
	hash := "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // SHA-256 of "x"
	packed := []byte{0x0b, 0x00, 0x80, 'x', 0x03}                              // "x" under brotli
	from := fstest.MapFS{"a.wasm": {Data: []byte("x")}, "b.wasm.br": {Data: packed}, "c.js": {Data: []byte("x")}, "README.md": {Data: []byte("x")}}
	all, err := hashes(from)
	if err != nil || len(all) != 3 || all["a.wasm"].String() != hash || all["b.wasm"] != all["a.wasm"] || all["c.js"] != all["a.wasm"] {
		t.Errorf("%v, %v", all, err)
	}
	from["b.wasm.br"] = &fstest.MapFile{Data: packed[:3]}
	if _, err := hashes(from); err == nil {
		t.Error("half a program is one")
	}
}
