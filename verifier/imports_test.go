package verifier_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A listed is a package of the module as `go list -json` has it.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
	Incomplete bool
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command in PATH")
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps,Standard,Incomplete", "mandate/...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v: %s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var ps []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

// Arrows run one way: cmd → bulletin → verifier → ballot → crypto.
func TestImportsRunOneWay(t *testing.T) {
	level := map[string]int{"crypto": 0, "ballot": 1, "verifier": 2, "bulletin": 3, "cmd": 4}
	of := func(path string) (int, bool) {
		rest, ok := strings.CutPrefix(path, "mandate/")
		if !ok {
			return 0, false
		}
		top, _, _ := strings.Cut(rest, "/")
		n, ok := level[top]
		if !ok {
			t.Errorf("%s is in no known folder", path)
		}
		return n, ok
	}
	for _, p := range listPackages(t) {
		from, _ := of(p.ImportPath)
		for _, i := range p.Imports {
			if to, ours := of(i); ours && to > from {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// What only some packages may import, directly. A pattern that ends in a slash stands for everything below it.
var restricted = map[string][]string{
	// The standalone verifier and everything below it are free of servers and stores.
	"github.com/gorilla/mux":              {"mandate/bulletin/web"},
	"github.com/transparency-dev/tessera": {"mandate/bulletin/store", "mandate/bulletin/store/", "mandate/bulletin/witness"},
	"github.com/dgraph-io/badger/v4":      {"mandate/bulletin/store", "mandate/cmd/mandate/registrar"},
	"github.com/cloudflare/circl":         {},
	"net/http":                            {"mandate/verifier/boardlog/httpsource", "mandate/verifier/corpus/evidencetest", "mandate/bulletin/", "mandate/cmd/"},
	// A5: all hashing goes through one transcript, but for trees, RSA-PSS, key derivation and files' formats.
	// Files and texts of a deliberation are named by plain SHA-256, as people and tools know it.
	"crypto/sha256": {"mandate/cmd/", "mandate/ballot/fold", "mandate/ballot/simulate", "mandate/crypto/merkle", "mandate/ballot/checkpoint", "mandate/ballot/credential", "mandate/verifier", "mandate/verifier/", "mandate/bulletin/"},
	"crypto/sha512": {"mandate/crypto/transcript", "mandate/crypto/blind", "mandate/ballot/credential", "mandate/ballot/cast"},
	"crypto/md5":    {}, "crypto/sha1": {}, "golang.org/x/crypto/sha3": {}, "crypto/sha3": {},
	// J8: big.Int is not constant time. The bench's keys are thrown away.
	"math/big": {"mandate/ballot/ranking", "mandate/crypto/blind", "mandate/crypto/blind/blindtest", "mandate/ballot/count", "mandate/ballot/count/", "mandate/cmd/mandate/bench"},
	// D9, I7: no randomness but the system's. How long to wait before another attempt, and when members of a load arrive, is no secret.
	"math/rand": {"mandate/bulletin/store/cloud", "mandate/cmd/mandate/bench"},
	// Test support holds everybody's secrets.
	"mandate/crypto/blind/blindtest":       {"mandate/ballot/simulate", "mandate/verifier/corpus/electiontest"},
	"mandate/ballot/simulate":              {"mandate/cmd/mandate/party/partytest", "mandate/verifier/corpus/electiontest", "mandate/verifier/corpus/evidencetest"},
	"mandate/verifier/corpus/electiontest": {"mandate/verifier/corpus", "mandate/verifier/corpus/evidencetest", "mandate/cmd/mandate/party/partytest"},
	"mandate/cmd/mandate/party/partytest":  {},
	"golang.org/x/mod/sumdb/tlog/tlogtest": {},
	"github.com/gtank/ristretto255":        {"mandate/crypto/group"},
	"unsafe":                               {},
}

func TestImportsAreConfined(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, i := range p.Imports {
			for pattern, allowed := range restricted {
				if i != pattern && !strings.HasPrefix(i, pattern+"/") {
					continue
				}
				ok := slices.ContainsFunc(allowed, func(a string) bool {
					return p.ImportPath == a || strings.HasSuffix(a, "/") && strings.HasPrefix(p.ImportPath, a)
				})
				if !ok {
					t.Errorf("%s imports %s, which only %v may", p.ImportPath, i, allowed)
				}
			}
		}
	}
}

// An auditor who reads the standalone verifier reads no server, no store and no test support.
func TestI10_TheVerifierLinksNoServer(t *testing.T) {
	for _, p := range listPackages(t) {
		if !strings.HasPrefix(p.ImportPath, "mandate/verifier") && p.ImportPath != "mandate/cmd/mandate-verify" {
			continue
		}
		if strings.HasPrefix(p.ImportPath, "mandate/verifier/corpus") || p.ImportPath == "mandate/verifier/mutation" {
			continue // programs that test the verifier, and no part of it
		}
		for _, d := range p.Deps {
			for _, bad := range []string{"badger", "gorilla/mux", "tessera", "mandate/bulletin", "mandate/cmd", "httptest", "simulate", "testing"} {
				if strings.Contains(d, bad) {
					t.Errorf("%s depends on %s", p.ImportPath, d)
				}
			}
		}
	}
}

// F1: there is no blind signature but RSA's; a blind Schnorr signer would be forgeable by concurrent sessions.
func TestF1_NoOtherBlindSignature(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, i := range p.Imports {
			if strings.Contains(i, "blind") && i != "mandate/crypto/blind" && i != "mandate/crypto/blind/blindtest" {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
