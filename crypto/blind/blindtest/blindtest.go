// Package blindtest holds RSA keys for tests, because making one takes about a tenth
// of a second. The keys are published with the source: whoever signs anything with
// them signs for everybody. Every function takes a [testing.TB], and only test files
// may import the package; an import test of the module refuses anything else.
package blindtest

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"mandate/crypto/blind"
)

// Keys is the number of test keys.
const Keys = 12

//go:embed testdata
var testdata embed.FS

var (
	mu   sync.Mutex
	keys [Keys]*blind.SecretKey
)

// Key returns test key i, 0 ≤ i < [Keys].
func Key(tb testing.TB, i int) *blind.SecretKey {
	tb.Helper()
	if i < 0 || i >= Keys {
		tb.Fatalf("blindtest: key %d, have 0 to %d", i, Keys-1)
	}
	mu.Lock()
	defer mu.Unlock()
	if keys[i] != nil {
		return keys[i]
	}
	block, _ := pem.Decode(read(tb, fmt.Sprintf("testdata/key%02d.pem", i)))
	if block == nil || block.Type != "TESTING PRIVATE KEY" {
		tb.Fatalf("blindtest: key %d is not in PEM", i)
	}
	sk, err := blind.ParseSecretKey(block.Bytes)
	if err != nil {
		tb.Fatalf("blindtest: key %d: %v", i, err)
	}
	keys[i] = sk
	return sk
}

// NotAPermutation returns a modulus that [blind.ParsePublicKey] accepts and no
// certificate can be made for, because 65537 divides p − 1, and its primes.
func NotAPermutation(tb testing.TB) (modulus []byte, p, q *big.Int) {
	tb.Helper()
	numbers := make(map[string]*big.Int)
	for lines := bufio.NewScanner(bytes.NewReader(read(tb, "testdata/not-a-permutation.txt"))); lines.Scan(); {
		name, digits, found := strings.Cut(lines.Text(), " = ")
		if x, ok := new(big.Int).SetString(digits, 16); found && ok {
			numbers[name] = x
		}
	}
	p, q = numbers["p"], numbers["q"]
	if p == nil || q == nil {
		tb.Fatal("blindtest: not-a-permutation.txt lacks p or q")
	}
	return new(big.Int).Mul(p, q).FillBytes(make([]byte, blind.Size)), p, q
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := testdata.ReadFile(name)
	if err != nil {
		tb.Fatalf("blindtest: %v", err)
	}
	return b
}
