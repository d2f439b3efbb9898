package verifier_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// Every order of records that the model of a vote's life allows keeps what SPEC.md §2 promises; and none of the model's rules is idle: with any
// one of them switched off the model checker finds an order that breaks a promise.
func TestModel(t *testing.T) {
	for _, tool := range []string{"spin", "cc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s in PATH (Debian: apt-get install spin gcc)", tool)
		}
	}
	text, err := os.ReadFile("model/vote.pml")
	if err != nil {
		t.Fatal(err)
	}
	errors := regexp.MustCompile(`errors: (\d+)`)
	// check returns whether the model checker, having seen every order, found fault with the model under these switches.
	check := func(t *testing.T, switches ...string) (fault bool) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "vote.pml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		run := func(name string, args ...string) []byte {
			cmd := exec.Command(name, args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
			return out
		}
		run("spin", append(append([]string{"-a"}, switches...), "vote.pml")...)
		run("cc", "-w", "-O1", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c")
		out := run("./pan", "-m200000")
		found := errors.FindSubmatch(out)
		if found == nil || regexp.MustCompile(`(?m)^\s*error: |max search depth too small|out of memory`).Match(out) {
			t.Fatalf("the model was not searched whole:\n%s", out)
		}
		return string(found[1]) != "0"
	}
	const (
		honestMember = "-DMEMBER" // the default
		otherMember  = "-DOTHER"
		everybody    = "-DHONEST"
	)
	for _, part := range []string{honestMember, otherMember, everybody} {
		t.Run("holds"+part, func(t *testing.T) {
			t.Parallel()
			if check(t, part) {
				t.Error("there is an order of records that breaks a promise: spin -a, then ./pan and spin -t show it")
			}
		})
	}
	if testing.Short() {
		return
	}
	needed := map[string]string{
		"NO_CHAIN": honestMember, "NO_CONSISTENCY": honestMember, "NO_INPUT": otherMember, "NO_MEMORY": otherMember, "NO_MIX": otherMember, "NO_ONCE": otherMember,
		"NO_QUORUM": otherMember, "NO_SEAL": everybody, "NO_SIGNATURES": otherMember, "NO_SPOIL": otherMember, "NO_TURNS": otherMember, "NO_WAIT": everybody,
	}
	rules := regexp.MustCompile(`NO_[A-Z]+`).FindAllString(string(text), -1)
	slices.Sort(rules)
	for _, rule := range slices.Compact(rules) {
		t.Run("needs/"+rule, func(t *testing.T) {
			t.Parallel()
			if part, ok := needed[rule]; !ok || !check(t, part, "-D"+rule) {
				t.Error("without this rule the model checker finds no fault: the rule is idle, or the model blind")
			}
		})
	}
}
