package verifier_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier/boardlog"
)

// memory is a log's files made of its records.
type memory struct {
	checkpoint []byte
	records    [][]byte
	hashes     []tlog.Hash
}

func newMemory(t testing.TB, records [][]byte, checkpoint []byte) *memory {
	t.Helper()
	m := &memory{checkpoint: checkpoint, records: records}
	for i, r := range records {
		hs, err := tlog.StoredHashes(int64(i), r, m)
		if err != nil {
			t.Fatal(err)
		}
		m.hashes = append(m.hashes, hs...)
	}
	return m
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = m.hashes[x]
	}
	return out, nil
}

func (m *memory) ReadFile(_ context.Context, path string) ([]byte, error) {
	if path == boardlog.CheckpointPath {
		return m.checkpoint, nil
	}
	tile, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	first := tile.N << tile.H
	if tile.L >= 0 {
		return tlog.ReadTileData(tile, m)
	}
	if first+int64(tile.W) > int64(len(m.records)) {
		return nil, fs.ErrNotExist
	}
	var b []byte
	for _, r := range m.records[first : first+int64(tile.W)] {
		if b, err = boardlog.AppendEntry(b, r); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// sourceOf returns the log of an organisation as it is.
func sourceOf(t testing.TB, o *simulate.Org) *memory {
	t.Helper()
	return newMemory(t, o.Log(), o.Checkpoint())
}

// resigned returns a log of any records under a checkpoint that the board signs for them.
func resigned(t testing.TB, o *simulate.Org, records [][]byte) *memory {
	t.Helper()
	signed := o.SignCheckpoint(o.GenesisBody().Origin, uint64(len(records)), simulate.Root(records), o.LogSigner)
	return newMemory(t, records, signed)
}

// packageOf returns the audit package of a log.
func packageOf(t testing.TB, o *simulate.Org) []byte {
	t.Helper()
	m := sourceOf(t, o)
	cp, err := boardlog.Open(m.checkpoint, policyOf(t, o))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := boardlog.WritePackage(context.Background(), &b, m, cp); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func policyOf(t testing.TB, o *simulate.Org) boardlog.Policy {
	t.Helper()
	key, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	var ws []note.Verifier
	return boardlog.Policy{Origin: o.GenesisBody().Origin, Log: key, Witnesses: ws}
}

// receiptFor returns the receipt of a record of a log.
func receiptFor(t testing.TB, o *simulate.Org, id record.ID) []byte {
	t.Helper()
	m := sourceOf(t, o)
	cp, err := boardlog.Open(m.checkpoint, policyOf(t, o))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range m.records {
		if record.IDOf(r) != id {
			continue
		}
		proof, err := tlog.ProveRecord(int64(len(m.records)), int64(i), m)
		if err != nil {
			t.Fatal(err)
		}
		return boardlog.Receipt{Record: tlog.Hash(id), Index: uint64(i), Hashes: proof, Checkpoint: cp.Bytes()}.Encode()
	}
	t.Fatal(fmt.Errorf("record %s is not on the log", id.Short()))
	return nil
}
