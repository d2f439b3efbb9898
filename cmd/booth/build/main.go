// Build makes the programs of the booth that are committed in bulletin/booth/dist and handed out by servers:
//
//	go run ./cmd/booth/build           build and write
//	go run ./cmd/booth/build -check    build, compare with what is there, and fail if it differs
//
// It is run at the top of the checkout. The release of Go is the one that go.mod names (toolchain), so that the same source gives the same
// bytes on every machine.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

// A program is what is built: a file, of a package, with build tags.
type program struct {
	name, path, tags string
	inlined          []string // packages whose functions may be inlined
}

// The program for voting has no code that counts, mixes and opens, since it judges no tally (SPEC.md §10.8).
var programs = []program{
	{"booth.wasm", "./cmd/booth", "browser,voting", arithmetic},
	{"audit.wasm", "./cmd/booth/audit", "browser", append([]string{"runtime/...", "internal/runtime/...", "crypto/..."}, arithmetic...)},
}

// arithmetic is what takes the time of a ballot. Elsewhere inlining makes programs larger, and a ballot no faster that anybody would notice; who
// verifies ten thousand ballots notices Go's own memory too.
var arithmetic = []string{
	"crypto/internal/fips140/edwards25519/...", "crypto/internal/fips140/sha256", "crypto/internal/fips140/sha512", "crypto/internal/fips140/sha3",
	"filippo.io/...", "mandate/crypto/...",
}

// flags are the compiler's: no inlining, with exceptions, of which the last that fits counts.
func (p program) flags() []string {
	args := []string{"-gcflags=all=-l"}
	for _, path := range p.inlined {
		args = append(args, "-gcflags="+path+"=")
	}
	return args
}

// support is the script of Go's that runs them, below GOROOT.
const support = "lib/wasm/wasm_exec.js"

func main() {
	check := flag.Bool("check", false, "compare with what is there instead of writing")
	dist := flag.String("o", "bulletin/booth/dist", "the folder to write to")
	tags := flag.String("tags", "", "build tags, for tests; the result is not to be committed")
	plain := flag.Bool("plain", false, "write programs as a browser runs them, not compressed, for tests")
	flag.Parse()
	if err := run(*dist, *tags, *check, *plain); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(dist, tags string, check, plain bool) error {
	release, err := pinned("go.mod")
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "booth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	made := make(map[string][]byte) // by name, as handed out to a browser
	for _, p := range programs {
		out := filepath.Join(temp, p.name)
		args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=" + p.tags + "," + tags, "-o", out}
		args = append(append(args, p.flags()...), p.path)
		if _, err := goCommand(release, args...); err != nil {
			return err
		}
		b, err := os.ReadFile(out)
		if err != nil {
			return err
		}
		if made[p.name], err = shrink(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	root, err := goCommand(release, "env", "GOROOT")
	if err != nil {
		return err
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), filepath.FromSlash(support)))
	if err != nil {
		return err
	}
	made["wasm_exec.js"] = script
	made["programs.js"] = manifest(made)
	if check {
		return compare(dist, made)
	}
	return write(dist, made, plain)
}

// pinned returns the release of Go that go.mod names.
func pinned(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("run this at the top of the checkout: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if release, ok := strings.CutPrefix(strings.TrimSpace(line), "toolchain "); ok {
			return release, nil
		}
	}
	return "", errors.New("go.mod has no toolchain line, which pins the release of Go")
}

// goCommand runs the go command of a release and returns what it prints.
func goCommand(release string, args ...string) ([]byte, error) {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOWASM=", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOTOOLCHAIN="+release)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// manifest is the script that says what each program is: pages compare a program with it before they run it.
func manifest(made map[string][]byte) []byte {
	var b bytes.Buffer
	b.WriteString("// Made by go run ./cmd/booth/build. SHA-256 and size in bytes of the programs, not compressed.\n\nexport const programs = {\n")
	for _, name := range names(made) {
		fmt.Fprintf(&b, "\t%q: { sha256: \"%x\", size: %d },\n", name, sha256.Sum256(made[name]), len(made[name]))
	}
	b.WriteString("};\n")
	return b.Bytes()
}

func names(made map[string][]byte) []string {
	var out []string
	for name := range made {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// write writes what was made; programs compressed.
func write(dist string, made map[string][]byte, plain bool) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for _, name := range names(made) {
		b, file := made[name], name
		if strings.HasSuffix(name, ".wasm") && !plain {
			file += ".br"
			var z bytes.Buffer
			w := brotli.NewWriterOptions(&z, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
			if _, err := w.Write(b); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			b = z.Bytes()
		}
		if err := os.WriteFile(filepath.Join(dist, file), b, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, %d to download, SHA-256 %x\n", name, len(made[name]), len(b), sha256.Sum256(made[name]))
	}
	return nil
}

// compare compares what was made with what is there, programs after unpacking them: what a browser runs is what counts.
func compare(dist string, made map[string][]byte) error {
	for _, name := range names(made) {
		there, err := read(dist, name)
		if err != nil {
			return err
		}
		if !bytes.Equal(there, made[name]) {
			return fmt.Errorf("%s is not what the source gives: SHA-256 %x there, %x built; run go run ./cmd/booth/build and commit", name, sha256.Sum256(there), sha256.Sum256(made[name]))
		}
		fmt.Printf("%s: as built, SHA-256 %x\n", name, sha256.Sum256(there))
	}
	return nil
}

func read(dist, name string) ([]byte, error) {
	if !strings.HasSuffix(name, ".wasm") {
		return os.ReadFile(filepath.Join(dist, name))
	}
	f, err := os.Open(filepath.Join(dist, name+".br"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(brotli.NewReader(f))
}
