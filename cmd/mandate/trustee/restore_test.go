package trustee

import (
	"context"
	"os"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// A trustee that was brought back from any copy of its folder, of each moment of key generation and opening, says nothing that contradicts what it
// has said since: every record of its own that it posts again is refused by nobody, the others come to the result, and the vote's log has one of
func TestE14_ARestoredTrusteeSaysNothingTwice(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	var copies []string
	keep := func() {
		t.Helper()
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(offices[0].dir)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, dir)
	}
	stepAll := func() {
		t.Helper()
		for range 40 {
			before := len(board.Org.Log())
			keep()
			for _, f := range offices {
				f.step(t)
			}
			if len(board.Org.Log()) == before {
				return
			}
		}
		t.Fatal("the trustees do not come to an end")
	}
	stepAll()
	toSeal(t, v, simulate.Yes, simulate.No)
	stepAll()
	size := len(board.Org.Log())
	if n := len(board.Org.State.Vote(v.ID).SharesOf(0)); n != 3 || len(copies) < 6 {
		t.Fatalf("%d shares, %d copies", n, len(copies))
	}
	board.Submitted = func(r *record.Record) error {
		t.Errorf("a %s is posted again", r.Kind())
		return nil
	}
	for i, dir := range copies {
		f := &office{dir: dir, key: offices[0].key, board: board}
		for range 3 {
			// It may refuse to go on; it may not speak.
			if posted, err := f.open(t).Step(context.Background()); posted {
				t.Errorf("copy %d: it posted (%v)", i, err)
			}
		}
	}
	if len(board.Org.Log()) != size {
		t.Errorf("the log has grown from %d to %d", size, len(board.Org.Log()))
	}
}
