package electiontest

import (
	"bytes"
	"context"
	"io/fs"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier/boardlog"
)

// files makes the audit package of the log as it is, and what else the election comes with.
func (s *scene) files() *Files {
	f := &Files{Receipt: s.receipt, Opened: s.opened}
	f.Label.Receipt, f.Label.Opened = s.receipt != nil, s.opened != nil
	log := s.o.Log()
	if s.log != nil {
		log = s.log
	}
	if f.Package = s.pkg; f.Package == nil {
		f.Package = pack(s.o, log)
	}
	if s.ask && s.v != nil {
		f.Label.Vote = s.v.ID.String()
	}
	if s.other != (record.ID{}) {
		f.Label.Vote = s.other.String()
	}
	for _, raw := range log {
		r, err := record.Decode(raw)
		if err != nil {
			continue
		}
		if v, ok := r.Body.(*record.Vote); ok {
			f.Label.Rules = f.Label.Rules || v.Rules != nil
			for i := range v.Contests {
				f.Label.Ranked = f.Label.Ranked || v.Contests[i].Kind == contest.KindRanked
			}
		}
	}
	return f
}

// sign returns the checkpoint of any log. Witnesses sign it if a vote on it names them: a package has no other signatures.
func sign(o *simulate.Org, log [][]byte) []byte {
	signers := []note.Signer{o.LogSigner}
	named := make(map[string]bool)
	for _, raw := range log {
		if r, err := record.Decode(raw); err == nil {
			if v, ok := r.Body.(*record.Vote); ok {
				for _, k := range v.Witnesses.Keys {
					named[k] = true
				}
			}
		}
	}
	for _, w := range o.Witnesses {
		if named[w.Key] {
			signers = append(signers, w.Signer)
		}
	}
	return o.SignCheckpoint(o.Config.Origin, uint64(len(log)), simulate.Root(log), signers...)
}

// Of makes the files of any log of an organisation, signed as if it had never been another, and asks for a vote on it.
func Of(o *simulate.Org, log [][]byte, vote record.ID) *Files {
	f := &Files{Package: pack(o, log)}
	f.Label.Vote = vote.String()
	return f
}

// pack makes the audit package of any log, signed as if it had never been another.
func pack(o *simulate.Org, log [][]byte) []byte {
	m := newMemory(log, sign(o, log))
	p := boardlog.Policy{Origin: o.Config.Origin, Log: must(checkpoint.ParseLogKey(o.LogKey))}
	for _, w := range o.Witnesses {
		p.Witnesses = append(p.Witnesses, must(checkpoint.ParseWitnessKey(w.Key)))
	}
	cp := must(boardlog.Open(m.checkpoint, p))
	var b bytes.Buffer
	if err := boardlog.WritePackage(context.Background(), &b, m, cp); err != nil {
		maker{}.Fatal(err)
	}
	return b.Bytes()
}

// receiptOf returns the receipt of a record of an organisation's log.
func receiptOf(o *simulate.Org, id record.ID) []byte {
	log := o.Log()
	m := newMemory(log, sign(o, log))
	for i, raw := range log {
		if record.IDOf(raw) == id {
			proof := must(tlog.ProveRecord(int64(len(log)), int64(i), m))
			return boardlog.Receipt{Record: tlog.Hash(id), Index: uint64(i), Hashes: proof, Checkpoint: m.checkpoint}.Encode()
		}
	}
	maker{}.Fatal("the log does not have the record of the receipt")
	return nil
}

// memory is a log's files made of its records.
type memory struct {
	checkpoint []byte
	records    [][]byte
	hashes     []tlog.Hash
}

func newMemory(records [][]byte, checkpoint []byte) *memory {
	m := &memory{checkpoint: checkpoint, records: records}
	for i, r := range records {
		m.hashes = append(m.hashes, must(tlog.StoredHashes(int64(i), r, m))...)
	}
	return m
}

// ReadHashes is that of tlog.HashReader.
func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = m.hashes[x]
	}
	return out, nil
}

// ReadFile is that of boardlog.Source.
func (m *memory) ReadFile(_ context.Context, path string) ([]byte, error) {
	if path == boardlog.CheckpointPath {
		return m.checkpoint, nil
	}
	tile, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	if tile.L >= 0 {
		return tlog.ReadTileData(tile, m)
	}
	first := tile.N << tile.H
	if first+int64(tile.W) > int64(len(m.records)) {
		return nil, fs.ErrNotExist
	}
	var b []byte
	for _, r := range m.records[first : first+int64(tile.W)] {
		if len(r) > record.MaxSize || len(r) == 0 { // as only a log that is wrong has it
			b = append(b, byte(len(r)>>8), byte(len(r)))
			b = append(b, r...)
			continue
		}
		if b, err = boardlog.AppendEntry(b, r); err != nil {
			return nil, err
		}
	}
	return b, nil
}
