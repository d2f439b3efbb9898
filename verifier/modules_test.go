package verifier_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// J9: every module is pinned to a version whose hash is in go.sum; nothing is replaced by something else. (CI also compares what is on the
// machine with these hashes.)
func TestJ9_ModulesArePinned(t *testing.T) {
	b, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.ParseLax("go.mod", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Replace) != 0 || len(f.Exclude) != 0 {
		t.Errorf("go.mod replaces %d and excludes %d modules", len(f.Replace), len(f.Exclude))
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Require {
		if !strings.Contains(string(sums), r.Mod.Path+" "+r.Mod.Version+" h1:") {
			t.Errorf("go.sum has no hash of %v", r.Mod)
		}
	}
	if len(f.Require) < 10 {
		t.Errorf("only %d requirements were read", len(f.Require))
	}
}
