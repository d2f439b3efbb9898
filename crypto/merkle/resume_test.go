package merkle

import (
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// A frontier that is resumed goes on like the one it was taken from; one of too few or too many subtrees is none.
func TestG5_Resume(t *testing.T) {
	var f Frontier
	for n := range uint64(40) {
		resumed, err := Resume(n, f.peaks)
		if err != nil {
			t.Fatal(err)
		}
		f.Append(tlog.RecordHash([]byte{byte(n)}))
		resumed.Append(tlog.RecordHash([]byte{byte(n)}))
		if resumed.Root() != f.Root() || resumed.Size() != n+1 {
			t.Fatalf("size %d: another root", n+1)
		}
		if _, err := Resume(n+1, append([]Hash{{}}, f.peaks...)); err == nil {
			t.Errorf("size %d: one subtree more", n+1)
		}
		if _, err := Resume(n+1, f.peaks[1:]); err == nil {
			t.Errorf("size %d: one subtree less", n+1)
		}
	}
}
