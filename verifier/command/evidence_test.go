package command_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"mandate/ballot/simulate"
	"mandate/verifier/corpus/evidencetest"
)

func TestMain(m *testing.M) {
	evidencetest.Main()
	os.Exit(m.Run())
}

// G1, G2: a verifier that remembers what it has verified is shown another history, or an older log; and one that is given a receipt.
func TestG1_G2_TheVerifierKeepsEvidence(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 4})
	size := len(v.Org.Log())
	fork := v.Org.Until(size - 2)
	for range 4 {
		fork.Time(fork.State.Now() + 1)
	}
	old := v.Org.Until(size - 2)
	// The board shows at one address what the test says.
	var shown atomic.Pointer[url.URL]
	board := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httputil.NewSingleHostReverseProxy(shown.Load()).ServeHTTP(w, r)
	}))
	defer board.Close()
	show := func(o *simulate.Org) {
		u, err := url.Parse(evidencetest.Serve(t, o))
		if err != nil {
			t.Fatal(err)
		}
		shown.Store(u)
	}
	for name, c := range map[string]struct {
		then *simulate.Org
		kind string
	}{"another history": {fork, "fork"}, "an old log": {old, "head"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			show(v.Org)
			for range 2 {
				if status, out := evidencetest.Run(t, "-quiet", "-vote", v.ID.String(), "-keep", dir, board.URL); status != 0 {
					t.Fatalf("%d: %s", status, out)
				}
			}
			show(c.then)
			status, out := evidencetest.Run(t, "-quiet", "-keep", dir, board.URL)
			if status != 1 || !strings.Contains(out, "mandate-verify -evidence says what it proves") {
				t.Errorf("%d: %s", status, out)
			}
			files, err := filepath.Glob(filepath.Join(dir, "evidence-"+c.kind+"-*.txt"))
			if err != nil || len(files) != 1 {
				t.Fatalf("%v %v", files, err)
			}
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			var source []string
			if c.kind == "head" {
				source = []string{board.URL}
			}
			evidencetest.Convinces(t, c.kind, text, v, source...)
		})
	}
}

// What is no evidence cannot be read; what is evidence of nothing proves nothing.
func TestExitStatusesOfEvidence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "evidence.txt")
	if err := os.WriteFile(file, []byte("mandate/v1 evidence head\nAAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{2, "no such file", []string{"-evidence", file + ".none"}},
		{2, "hint: ", []string{"-evidence", file}},
		{2, "are for -evidence", []string{"-log-key", "x", "board.tar"}},
		{2, "judged by itself", []string{"-evidence", file, "-receipt", file}},
		{2, "SOURCE is needed", []string{"-evidence", file, "a", "b"}},
	} {
		if status, out := evidencetest.Run(t, c.args...); status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("%v: %d: %s", c.args, status, out)
		}
	}
}
