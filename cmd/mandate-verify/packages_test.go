package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/verifier/boardlog"
)

// A shelf is a folder of audit packages and receipts, made of one vote and what might have become of it, with the names that scripts know
// things by.
type shelf struct {
	tb  testing.TB
	dir string
	env map[string]string
	log [][]byte // of whole.tar
}

// newShelf holds a vote of five ballots of which one is void, since it was sent twice, and keeps it
//
//	whole.tar, tiles/      as it was, and the same as a folder
//	called.tar, open.tar, closed.tar, sealed.tar, tallied.tar, rolls.tar
//	                       at earlier moments: rolls.tar before there was any vote
//	dropped.tar            as a board signs it that has left a ballot out
//	fraud.tar              with a result that nobody's ballots give
//	other.tar              as somebody else made up a whole vote
//	ranked.tar             a vote with a question and two ranked contests, with a tie that lots have broken
//	mixing.tar             the same after the first stage of its mixes
//	unmixed.tar            the same with a result that was certified then
//
// and the receipts of a counted ballot (early: from before the closing), of the void one, of the one left out, and of one in other.tar.
func newShelf(t testing.TB) *shelf {
	s := &shelf{tb: t, dir: t.TempDir(), env: make(map[string]string)}
	s.env["PACKAGES"] = s.dir

	v := simulate.New(t, simulate.Config{Members: 8, Registrars: 2}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3, 4)
	rolls := slices.IndexFunc(v.Org.Log(), func(raw []byte) bool { return kind(raw) == "vote" })
	s.pack("rolls", v.Org.Until(rolls))
	s.pack("called", v.Org)
	v.Ceremony()
	v.Open()
	s.pack("open", v.Org)
	before := len(v.Org.Log())
	first := v.Cast(0, []int{simulate.No})
	counted := v.Cast(1, []int{simulate.Yes})
	v.Cast(2, []int{simulate.Yes})
	v.Cast(3, []int{})
	again := v.Ballot(4, []int{simulate.Abstain})
	v.Org.Post(again)
	forked := v.Org.Fork()
	v.Org.Append(v.On(v.Org.Until(before)).Ballot(1, []int{simulate.No}).Raw()) // a second ballot of one card: void
	void := record.IDOf(v.Org.Log()[len(v.Org.Log())-1])
	s.opened(v)
	v.Close()
	s.pack("closed", v.Org)
	v.Promises()
	v.Seal()
	s.pack("sealed", v.Org)
	v.Inputs(1, 2)
	v.Shares(1, 2)
	s.pack("tallied", v.Org)
	fraud := v.On(v.Org.Fork())
	v.Result()
	s.pack("whole", v.Org)
	s.folder("tiles", v.Org)
	s.log = v.Org.Log()
	s.receipt("counted", v.Org, counted)
	s.receipt("void", v.Org, void)

	body := fraud.ResultBody()
	body.Contests[0].Counts[simulate.Yes], body.Contests[0].Counts[simulate.No] = 1, 2
	body.Contests[0].Outcome, body.Contests[0].Winners = "failed", nil
	fraud.Org.Append(fraud.Officer(body).Raw())
	s.pack("fraud", fraud.Org)

	s.receipt("early", forked, counted)
	s.receipt("dropped", forked, first)
	dropped := v.On(v.Org.Until(before))
	dropped.Cast(1, []int{simulate.Yes})
	dropped.Finish()
	s.pack("dropped", dropped.Org)

	other := simulate.Whole(t, simulate.Config{Members: 4})
	s.pack("other", other.Org)
	ballot := slices.IndexFunc(other.Org.Log(), func(raw []byte) bool { return kind(raw) == "ballot" })
	s.receipt("other", other.Org, record.IDOf(other.Org.Log()[ballot]))

	s.ranked()

	s.env["VOTE"], s.env["OTHER"] = v.ID.String(), other.ID.String()
	s.env["COUNTED"], s.env["VOID"] = counted.Short(), void.Short()
	s.env["VOID_INDEX"] = strconv.Itoa(slices.IndexFunc(s.log, func(raw []byte) bool { return record.IDOf(raw) == void }))
	return s
}

// ranked keeps the packages of a ranked vote.
func (s *shelf) ranked() {
	v := simulate.New(s.tb, simulate.Config{
		Members: 6, Registrars: 1, Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2,
		Contests: []contest.Contest{
			simulate.YesNo("question"), simulate.Rank("board", contest.MethodScottishSTV, 4, 4, 2), simulate.Rank("chair", contest.MethodIRV, 3, 3, 1),
		},
	}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3)
	v.Ceremony()
	v.Open()
	for i, ranking := range [][]int{{0, 1}, {1, 0}, {2, 3}, {}} { // three are equal
		v.Cast(i, []int{simulate.Yes}, ranking, ranking[:min(1, len(ranking))])
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	v.Mix(1)
	s.pack("mixing", v.Org)
	unmixed := v.On(v.Org.Fork())
	v.Mix(2)
	v.Shares(2, 3)
	for i := 1; i <= 2; i++ {
		unmixed.Org.Post(unmixed.By(i, unmixed.SharesBody(i, 0)))
	}
	body := v.ResultBody()
	unmixed.Org.Append(unmixed.Officer(body).Raw())
	s.pack("unmixed", unmixed.Org)
	v.Result()
	s.pack("ranked", v.Org)
	s.env["RANKED"] = v.ID.String()
}

// opened keeps ballots that a member has opened instead of casting them: one that the log knows to be spoiled, one that it does not, and one
// that says something else than its opening.
func (s *shelf) opened(v *simulate.Vote) {
	s.tb.Helper()
	prepare := func(selection int) *cast.Opened {
		rec, o, err := v.State().Form.Encrypt(v.Context(), v.Credential(4), 0, record.ID{}, cast.NewDraft(), [][]int{{selection}})
		if err != nil {
			s.tb.Fatal(err)
		}
		return &cast.Opened{Vote: v.ID, Opening: o, Record: rec}
	}
	keep := func(name string, o *cast.Opened) {
		text, err := o.Encode()
		if err != nil {
			s.tb.Fatal(err)
		}
		s.write(name+".opened", text)
	}
	yes, no := prepare(simulate.Yes), prepare(simulate.No)
	v.Check(4, yes.Record.ID())
	keep("spoiled", yes)
	keep("unmarked", no)
	lying := *no
	lying.Opening = prepare(simulate.Yes).Opening
	lying.Opening.Ballot = no.Record.ID()
	keep("lying", &lying)
	s.env["SPOILED"], s.env["UNMARKED"] = yes.Record.ID().String(), no.Record.ID().String()
}

func kind(raw []byte) string {
	r, err := record.Decode(raw)
	if err != nil {
		return ""
	}
	return r.Kind()
}

// pack keeps the audit package of a log.
func (s *shelf) pack(name string, o *simulate.Org) {
	s.tb.Helper()
	cp, src := s.open(o)
	var b bytes.Buffer
	if err := boardlog.WritePackage(context.Background(), &b, src, cp); err != nil {
		s.tb.Fatal(err)
	}
	s.write(name+".tar", b.Bytes())
}

// folder keeps a log's files in a folder.
func (s *shelf) folder(name string, o *simulate.Org) {
	s.tb.Helper()
	cp, src := s.open(o)
	s.write(filepath.Join(name, boardlog.CheckpointPath), cp.Bytes())
	for tile := range boardlog.Layout(cp.Size()) {
		path := boardlog.TilePath(tile)
		b, err := src.ReadFile(context.Background(), path)
		if err != nil {
			s.tb.Fatal(err)
		}
		s.write(filepath.Join(name, path), b)
	}
}

func (s *shelf) receipt(name string, o *simulate.Org, id record.ID) {
	s.tb.Helper()
	b, err := partytest.Receipt(o, id)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.write(name+".receipt", b)
}

func (s *shelf) write(name string, b []byte) {
	s.tb.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		s.tb.Fatal(err)
	}
}

// open returns a log's files, made of its records, and its checkpoint.
func (s *shelf) open(o *simulate.Org) (boardlog.SignedCheckpoint, boardlog.Source) {
	s.tb.Helper()
	records, signed := o.Log(), o.Checkpoint()
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	for i, r := range records {
		hs, err := tlog.StoredHashes(int64(i), r, reader)
		if err != nil {
			s.tb.Fatal(err)
		}
		hashes = append(hashes, hs...)
	}
	policy, err := partytest.Policy(o)
	if err != nil {
		s.tb.Fatal(err)
	}
	cp, err := boardlog.Open(signed, policy)
	if err != nil {
		s.tb.Fatal(err)
	}
	return cp, boardlog.SourceFunc(func(_ context.Context, path string) ([]byte, error) {
		if path == boardlog.CheckpointPath {
			return signed, nil
		}
		tile, err := boardlog.ParseTilePath(path)
		if err != nil {
			return nil, err
		}
		if tile.L >= 0 {
			return tlog.ReadTileData(tile, reader)
		}
		first := tile.N << tile.H
		if first+int64(tile.W) > int64(len(records)) {
			return nil, fs.ErrNotExist
		}
		var b []byte
		for _, r := range records[first : first+int64(tile.W)] {
			if b, err = boardlog.AppendEntry(b, r); err != nil {
				return nil, err
			}
		}
		return b, nil
	})
}

// damage copies whole.tar with one byte changed, in the middle of the first record of a kind, whose index it puts into $INDEX:
// damage kind file
func (s *shelf) damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage kind file")
	}
	i := slices.IndexFunc(s.log, func(raw []byte) bool { return kind(raw) == args[0] })
	if i < 0 {
		ts.Fatalf("there is no %s record", args[0])
	}
	b := []byte(ts.ReadFile(filepath.Join(s.dir, "whole.tar")))
	at := bytes.Index(b, s.log[i])
	if at < 0 {
		ts.Fatalf("record %d is not in the package", i)
	}
	b[at+len(s.log[i])/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
	ts.Setenv("INDEX", fmt.Sprint(i))
}

// cut copies the first percent of a file: cut percent from to
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cut percent from to")
	}
	percent, err := strconv.Atoi(args[0])
	ts.Check(err)
	b := ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(b[:len(b)*percent/100]), 0o600))
}

// The packages are what they are called.
func TestShelf(t *testing.T) {
	s := newShelf(t)
	state, outcomes := simulate.Replay(s.log)
	id, err := record.ParseID(s.env["VOTE"])
	if err != nil {
		t.Fatal(err)
	}
	if v := state.Vote(id); v == nil || v.Phase != fold.Certified || v.Counted() != 5 {
		t.Errorf("%+v", v)
	}
	void := 0
	for _, o := range outcomes {
		if o.Status == fold.Void {
			void++
		}
	}
	if void != 1 {
		t.Errorf("%d void records", void)
	}
}
