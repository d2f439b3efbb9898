package serve

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/checkpoint"
)

// TestWitnessesAreInTheConfiguration has a policy beside the configuration: the board has it, and votes state it.
func TestWitnessesAreInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	config, policy := filepath.Join(dir, "serve.toml"), filepath.Join(dir, "policy.txt")
	if err := os.WriteFile(config, []byte("witnesses = \"policy.txt\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(config); err == nil || !strings.Contains(err.Error(), "policy.txt") {
		t.Fatalf("a policy that is not there: %v", err)
	}
	key := func(i byte) string {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = i
		return checkpoint.WitnessKey(fmt.Sprintf("w%d.example", i), ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	}
	flat := fmt.Sprintf("witness one %s https://one.example # the north\nwitness two %s https://two.example/w\ngroup both 1 one two\n", key(1), key(2))
	for _, c := range []struct {
		policy string
		need   uint64
		keys   int
		bad    string
	}{
		{policy: flat + "quorum both\n", need: 1, keys: 2},
		{policy: flat + "quorum one\n", need: 1, keys: 1},
		{policy: flat + "quorum none\n"},
		{policy: flat + "group more all both one\nquorum more\n", bad: "group of groups"},
		{policy: strings.ReplaceAll(flat, "two.example/w", "one.example") + "quorum both\n", bad: "two witnesses"},
		{policy: strings.ReplaceAll(flat, key(2), key(1)) + "quorum both\n", bad: "twice"},
		{policy: flat, bad: "quorum"},
	} {
		if err := os.WriteFile(policy, []byte(c.policy), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadConfig(config)
		if c.bad != "" {
			if err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%s\nwant an error with %q: %v", c.policy, c.bad, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n%v", c.policy, err)
			continue
		}
		if p := (&House{config: got}).witnesses(); p.Need != c.need || len(p.Keys) != c.keys {
			t.Errorf("%s\nvotes state %+v", c.policy, p)
		}
	}
}
