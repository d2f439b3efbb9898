package booth

import (
	"bytes"
	"crypto/sha256"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"mandate/ballot/record"
)

// Programs returns the programs of the booth that this build has embedded and hands out, by name: "audit" and "booth", with the SHA-256 of
// their WebAssembly as a browser runs it. A vote's manifest pins them (SPEC.md §9.5). The caller may change the slice.
func Programs() []record.Program { return append([]record.Program(nil), embeddedPrograms()...) }

// wasm is how the file of a program ends; what is before it is the program's name.
const wasm = ".wasm"

// embeddedPrograms unpacks and hashes, once, what is there: not what a list says about it.
var embeddedPrograms = sync.OnceValue(func() []record.Program {
	all, err := programsOf(files())
	if err != nil {
		panic(err) // it is embedded
	}
	return all
})

func programsOf(from fs.FS) (all []record.Program, err error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, packed := strings.CutSuffix(e.Name(), ".br")
		if path.Ext(name) != wasm {
			continue
		}
		body, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return nil, err
		}
		var plain io.Reader = bytes.NewReader(body)
		if packed {
			plain = brotli.NewReader(plain)
		}
		hash := sha256.New()
		if _, err := io.Copy(hash, plain); err != nil {
			return nil, err
		}
		all = append(all, record.Program{Name: strings.TrimSuffix(name, wasm), Hash: record.ID(hash.Sum(nil))})
	}
	return all, nil
}
