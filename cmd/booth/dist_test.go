//go:build !js

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

const dist = "../../bulletin/booth/dist"

// What is committed is what its manifest names, and the program for voting has less than 1 MB to download. The other's bound is there to be
// lowered.
func TestWhatIsHandedOut(t *testing.T) {
	manifest := string(must(os.ReadFile(filepath.Join(dist, "programs.js")))(t))
	for name, most := range map[string]int{"booth.wasm": 1_000_000, "audit.wasm": 1_600_000} {
		packed := must(os.ReadFile(filepath.Join(dist, name+".br")))(t)
		if len(packed) > most {
			t.Errorf("%s: %d bytes to download, at most %d", name, len(packed), most)
		}
		b := must(io.ReadAll(brotli.NewReader(bytes.NewReader(packed))))(t)
		if line := fmt.Sprintf("%q: { sha256: \"%x\", size: %d }", name, sha256.Sum256(b), len(b)); !strings.Contains(manifest, line) {
			t.Errorf("programs.js does not say %s", line)
		}
		if strings.Contains(string(b), "test.lie") {
			t.Errorf("%s knows how to lie", name)
		}
	}
}
