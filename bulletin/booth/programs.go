package booth

import (
	"bytes"
	"crypto/sha256"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"mandate/ballot/record"
)

// wasm is how the file of a program ends; what is before it is the program's name.
const wasm = ".wasm"

// Programs returns the programs of the booth that this build has embedded and hands out, by name: "audit" and "booth", with the SHA-256 of
// their WebAssembly as a browser runs it. A vote's manifest pins them (SPEC.md §9.5).
func Programs() []record.Program {
	var all []record.Program
	for _, name := range slices.Sorted(maps.Keys(embeddedHashes())) {
		if path.Ext(name) == wasm {
			all = append(all, record.Program{Name: strings.TrimSuffix(name, wasm), Hash: embeddedHashes()[name]})
		}
	}
	return all
}

// Hashes returns the SHA-256 of every file that this build hands out for pages to load, by its name, such as "worker.js" or "booth.wasm", as
// a browser gets it once it is unpacked.
func Hashes() map[string]record.ID { return maps.Clone(embeddedHashes()) }

// embeddedHashes unpacks and hashes, once, what is there: not what a list says about it.
var embeddedHashes = sync.OnceValue(func() map[string]record.ID {
	all, err := hashes(files())
	if err != nil {
		panic(err) // it is embedded
	}
	return all
})

func hashes(from fs.FS) (map[string]record.ID, error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, err
	}
	all := make(map[string]record.ID)
	for _, e := range entries {
		name, packed := strings.CutSuffix(e.Name(), ".br")
		if _, served := kinds[path.Ext(name)]; !served {
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
		all[name] = record.ID(hash.Sum(nil))
	}
	return all, nil
}
