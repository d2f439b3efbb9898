// Package evidencetest has a third party judge evidence in tests: in a process of its own, with the vote's manifest and what anybody can read, and
// nothing else. It is test support: only test files may import it, and their TestMain calls Main first.
package evidencetest

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier/boardlog"
	"mandate/verifier/command"
	"mandate/verifier/corpus/electiontest"
)

const asVerifier = "MANDATE_TEST_AS_VERIFIER"

// Main is mandate-verify in the processes that Run starts; elsewhere it returns.
func Main() {
	if os.Getenv(asVerifier) != "" {
		os.Exit(command.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
}

// Run runs mandate-verify in a process of its own.
func Run(t testing.TB, args ...string) (status int, output string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asVerifier+"=1")
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(b)
}

// Package writes the audit package of a log, and returns the file's name.
func Package(t testing.TB, o *simulate.Org) string {
	t.Helper()
	return write(t, "board.tar", electiontest.Of(o, o.Log(), record.ID{}).Package)
}

// Serve serves the files of a log as it is now, and returns the address.
func Serve(t testing.TB, o *simulate.Org) string {
	t.Helper()
	b := electiontest.Of(o, o.Log(), record.ID{}).Package
	p, err := boardlog.OpenPackage(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := p.ReadFile(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Write(content)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Convinces fails unless evidence of a kind convinces a third party who has the vote's manifest and, if any is given, a source.
func Convinces(t testing.TB, kind string, text []byte, v *simulate.Vote, source ...string) {
	t.Helper()
	manifest := v.State().Raw
	args := append([]string{"-evidence", write(t, "evidence.txt", text), "-manifest", write(t, "manifest", manifest)}, source...)
	status, out := Run(t, args...)
	if status != 0 || !strings.Contains(out, "\nPROVEN, against ") || !strings.Contains(out, "of kind "+kind+" ") || !strings.Contains(out, "pinned by vote "+v.ID.String()) {
		t.Errorf("exit status %d of evidence of kind %s:\n%s", status, kind, out)
	}
	// Against another board it proves nothing.
	other := simulate.New(t, simulate.Config{})
	if status, out = Run(t, append([]string{"-evidence", args[1], "-log-key", other.LogKey}, source...)...); status != 1 {
		t.Errorf("against another log: exit status %d:\n%s", status, out)
	}
}

func write(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
