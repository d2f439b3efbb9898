package trustee

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"mandate/ballot/simulate"
	"mandate/cmd/mandate/vault"
)

// TestG1_NoInputWithoutTheQuorum has one of two witnesses missing when the ballot box is sealed: no trustee signs anything, or binds itself to
// that box, until the other has cosigned.
func TestG1_NoInputWithoutTheQuorum(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4, Trustees: 3, Threshold: 2, Quorum: 2, Witnesses: 3, Need: 2})
	work(t, offices...)
	toSeal(t, v, simulate.Yes, simulate.No)
	all := board.Org.Witnesses
	board.Org.Witnesses = all[:1]
	for _, f := range offices {
		if posted, err := f.open(t).Step(context.Background()); !errors.Is(err, ErrUnwitnessed) || posted {
			t.Fatalf("posted %v, %v", posted, err)
		}
	}
	secrets, err := vault.Open(offices[0].dir, []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.Read(inputName(v.ID)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the trustee is bound to a box that is not witnessed: %v", err)
	}
	board.Org.Witnesses = all[1:]
	work(t, offices...)
	if s := v.State(); s.Inputs() < 2 || len(s.SharesOf(0)) < 2 {
		t.Fatalf("%d inputs, %d shares", s.Inputs(), len(s.SharesOf(0)))
	}
}
