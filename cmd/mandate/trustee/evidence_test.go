package trustee

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mandate/ballot/simulate"
	"mandate/verifier/boardlog"
	"mandate/verifier/corpus/evidencetest"
)

func TestMain(m *testing.M) {
	evidencetest.Main()
	os.Exit(m.Run())
}

// only returns the one file of evidence beside a trustee's vault.
func (f *office) only(t *testing.T) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(f.dir, "evidence-*.txt"))
	if err != nil || len(names) != 1 {
		t.Fatalf("evidence %v, %v; want one", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// G1, G2: a trustee is shown a log that contradicts the one it has worked on, or an older one. What it keeps convinces others.
func TestG1_G2_ATrusteeKeepsEvidence(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	work(t, offices...)
	honest := board.Org
	base := len(honest.Log())
	old := honest.Until(base - 1)
	fork := honest.Until(base - 1)
	for range 3 {
		fork.Time(fork.State.Now() + 7)
	}
	board.Org = old
	if _, err := offices[0].open(t).Step(context.Background()); !errors.Is(err, boardlog.ErrStale) {
		t.Fatal(err)
	}
	evidencetest.Convinces(t, "head", offices[0].only(t), v, evidencetest.Serve(t, old))
	board.Org = fork
	var two *boardlog.HistoryError
	if _, err := offices[1].open(t).Step(context.Background()); !errors.As(err, &two) {
		t.Fatal(err)
	}
	evidencetest.Convinces(t, "fork", offices[1].only(t), v)
}
