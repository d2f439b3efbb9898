package mirror

import (
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/simulate"
	"mandate/verifier/boardlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/crypto/merkle"
)

// The files of a log with three levels of tiles hang together, at sizes around the edges.
func TestTilesOfThreeLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("writes some hundred files")
	}
	o := simulate.New(t, simulate.Config{})
	key, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	f := folder(t.TempDir())
	c := copying{files: f}
	var tree merkle.Frontier
	at := func(size uint64) {
		for n := c.full*boardlog.TileWidth + uint64(len(c.leaves)); n < size; n++ {
			raw := binary.BigEndian.AppendUint64(nil, n)
			if err := c.add(raw); err != nil {
				t.Fatal(err)
			}
			tree.Append(merkle.Hash(tlog.RecordHash(raw)))
		}
		if err := c.finish(size); err != nil {
			t.Fatal(err)
		}
		signed := o.SignCheckpoint(o.Config.Origin, size, record.ID(tree.Root()), []note.Signer{o.LogSigner}...)
		cp, err := boardlog.Open(signed, boardlog.Policy{Origin: o.Config.Origin, Log: key})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.keepHead(cp); err != nil {
			t.Fatal(err)
		}
		if err := f.tidy(size); err != nil {
			t.Fatal(err)
		}
		opened, err := boardlog.OpenTree(t.Context(), f, cp)
		if err == nil {
			err = opened.Check(t.Context())
		}
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
	}
	c.begin()
	for _, size := range []uint64{1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000} {
		at(size)
	}
}
