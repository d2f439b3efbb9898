package merkle

import (
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The frontier agrees with tlog's tree hash at every size, and a clone is independent.
func TestG5_RootsAgreeWithTlog(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	var f Frontier
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Root(); got != want {
			t.Fatalf("size %d: root %v, want %v", n, got, want)
		}
		if f.Size() != uint64(n) {
			t.Fatalf("size %d, want %d", f.Size(), n)
		}
		data := binary.BigEndian.AppendUint64(nil, uint64(n))
		hs, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
		c := f.Clone()
		c.Append(tlog.RecordHash([]byte("another")))
		if f.Root() != want {
			t.Fatal("appending to a clone changed the original")
		}
		f.Append(tlog.RecordHash(data))
	}
}
