package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/store"
	"mandate/bulletin/store/cloud"
	"mandate/bulletin/store/cloud/cloudtest"
	"mandate/verifier/boardlog"
)

var quiet = slog.New(slog.DiscardHandler)

// configFile writes the file that names a database and a bucket.
func configFile(t *testing.T, c cloud.Config) string {
	t.Helper()
	b, err := toml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store.toml")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openBadger(o *simulate.Org, folder string) (*store.Log, error) {
	return store.OpenLog(context.Background(), store.Options{Path: folder, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet, MinFree: 1})
}

func openCloud(o *simulate.Org, c cloud.Config) (*cloud.Log, error) {
	return cloud.Open(context.Background(), cloud.Options{Config: c, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet})
}

// whole returns all files of an audit package of a log's newest checkpoint.
func whole(t *testing.T, o *simulate.Org, src boardlog.Source) []byte {
	t.Helper()
	signed, err := src.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	policy := boardlog.Policy{Origin: o.LogSigner.Name(), Log: keyOf(t, o)}
	head, err := boardlog.Open(signed, policy)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := boardlog.WritePackage(t.Context(), &b, src, head); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func migrate(t *testing.T, from, to string) {
	t.Helper()
	var out, stderr bytes.Buffer
	if status := Run(t.Context(), []string{"-from", from, "-to", to}, nil, &out, &stderr); status != 0 {
		t.Fatalf("exit %d: %s", status, stderr.String())
	}
	if !strings.Contains(out.String(), "root ") || !strings.Contains(out.String(), "moved to ") {
		t.Errorf("it says %q", out.String())
	}
}

func refused(t *testing.T, want, from, to string) {
	t.Helper()
	var out, stderr bytes.Buffer
	if status := Run(t.Context(), []string{"-from", from, "-to", to}, nil, &out, &stderr); status != 1 || !strings.Contains(stderr.String(), want) {
		t.Fatalf("exit %d: %q, want %q", status, stderr.String(), want)
	}
}

// A log goes there and back, and is the same, byte for byte. Neither store that it has left can be opened.
func TestThereAndBack(t *testing.T) {
	c := cloudtest.New(t)
	o := simulate.New(t, simulate.Config{Members: 1})
	here, there, home := filepath.Join(t.TempDir(), "log"), configFile(t, c), filepath.Join(t.TempDir(), "home")
	entries := o.Log()
	for i := range 700 {
		entries = append(entries, fmt.Appendf(nil, "entry %d", i))
	}
	log, err := openBadger(o, here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	refused(t, "stop it first", "badger:"+here, "mysql-s3:"+there)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if log, err = openBadger(o, here); err != nil {
		t.Fatal(err)
	}
	before := whole(t, o, log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}

	migrate(t, "badger:"+here, "mysql-s3:"+there)
	migrate(t, "badger:"+here, "mysql-s3:"+there) // again: it is there
	if _, err := openBadger(o, here); err == nil || !strings.Contains(err.Error(), "moved to mysql-s3") {
		t.Fatalf("the old store opens: %v", err)
	}
	refused(t, "moved to mysql-s3", "badger:"+here, "badger:"+home)
	far, err := openCloud(o, c)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole(t, o, far), before) {
		t.Fatal("the log is another")
	}
	// It goes on where it was.
	ctx := t.Context()
	if err := far.Take(ctx); err != nil {
		t.Fatal(err)
	}
	if first, err := far.AppendBatch(ctx, [][]byte{[]byte("one more")}); err != nil || first != uint64(len(entries)) {
		t.Fatalf("the next entry is at %d: %v", first, err)
	}
	if err := far.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Await(ctx, uint64(len(entries))); err != nil {
		t.Fatal(err)
	}
	// As soon as it has said so for the first time, it runs.
	running := func(err error) bool { return err != nil && strings.Contains(err.Error(), "run, or were killed") }
	for begun := time.Now(); !running(Migrate(ctx, "mysql-s3:"+there, "badger:"+home, new(bytes.Buffer))); {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("a log that a front end writes is moved away")
		}
	}
	before = whole(t, o, far)
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}

	migrate(t, "mysql-s3:"+there, "badger:"+home)
	if _, err := openCloud(o, c); err == nil || !strings.Contains(err.Error(), "moved to badger") {
		t.Fatalf("the old store opens: %v", err)
	}
	if log, err = openBadger(o, home); err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if !bytes.Equal(whole(t, o, log), before) {
		t.Fatal("the log is another")
	}
	if i, err := log.Append(t.Context(), []byte("at home")); err != nil || i != uint64(len(entries))+1 {
		t.Fatalf("the next entry is at %d: %v", i, err)
	}
}

// What is broken off can be run again, and until then no board opens either store for writing.
func TestBrokenOff(t *testing.T) {
	c := cloudtest.New(t)
	o := simulate.New(t, simulate.Config{Members: 1})
	here, there := filepath.Join(t.TempDir(), "log"), configFile(t, c)
	log, err := openBadger(o, here)
	if err != nil {
		t.Fatal(err)
	}
	entries := o.Log()
	for i := range 300 {
		entries = append(entries, fmt.Appendf(nil, "entry %d", i))
	}
	if _, err := log.AppendBatch(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"copied", "marked"} {
		old, err := store.OpenStill(here, badgerOptions)
		if err != nil {
			t.Fatal(err)
		}
		moved, err := cloud.MoveHere(t.Context(), c, old)
		if err != nil {
			t.Fatal(err)
		}
		if at == "marked" {
			if err := old.SetMoved(t.Context(), c.String()); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(moved.Close(), old.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := openCloud(o, c); err == nil || !strings.Contains(err.Error(), "run mandate migrate again") {
			t.Fatalf("%s: the new store opens: %v", at, err)
		}
	}
	if _, err := openBadger(o, here); err == nil {
		t.Fatal("the old store opens")
	}
	migrate(t, "badger:"+here, "mysql-s3:"+there)
	l, err := openCloud(o, c)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	refused(t, "there is a log already", "mysql-s3:"+there, "badger:"+otherLog(t))
}

// otherLog returns the folder of another log.
func otherLog(t *testing.T) string {
	o := simulate.New(t, simulate.Config{Members: 2, Origin: "other.example/log"})
	folder := filepath.Join(t.TempDir(), "other")
	log, err := openBadger(o, folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(t.Context(), o.Log()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// A vote goes on after the move, with the supports that were promised before it.
func TestAVoteIsMovedInTheMiddle(t *testing.T) {
	c := cloudtest.New(t)
	o := simulate.New(t, simulate.Config{Members: 4, Slots: 4, Petitions: 2})
	round := o.Round()
	round.Cards(0, 1, 2, 3)
	v := round.Propose(round.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 1, 1 }))
	here, there := filepath.Join(t.TempDir(), "log"), configFile(t, c)
	log, err := openBadger(o, here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(t.Context(), o.Log()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	now := o.State.Now()
	config := board.Config{
		Path: here, Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, RecordRate: rate.Inf, Log: quiet, Look: time.Hour, MinFree: 1,
		Clock: func() time.Time { return time.Unix(int64(now), 0) },
	}
	support := func(i int) []byte {
		return v.SupportOf(round.Credential(i, v.Plan.Rules.Call.Petition.Slot)).Raw()
	}
	b, err := board.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if a, err := b.Submit(t.Context(), support(i)); err != nil || !a.Kept {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	migrate(t, "badger:"+here, "mysql-s3:"+there)
	far, err := openCloud(o, c)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = board.OpenOn(t.Context(), config, far); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Submit(t.Context(), support(3)); err != nil {
		t.Fatal(err)
	}
	now += v.Plan.Rules.Call.Petition.Interval + 1
	if err := b.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.View(func(s *fold.State) {
		if have, _ := s.Vote(v.ID).Supports(); have != 4 {
			t.Errorf("%d supports are on the log", have)
		}
	})
}

func TestUsage(t *testing.T) {
	var out, stderr bytes.Buffer
	if Run(t.Context(), []string{"-h"}, nil, &out, &stderr) != 0 || !strings.Contains(out.String(), "Example:") {
		t.Errorf("-h: %s%s", out.String(), stderr.String())
	}
	for _, args := range [][]string{{}, {"-from", "badger:x"}, {"-from", "badger:x", "-to", "badger:y", "z"}, {"-x"}} {
		if Run(t.Context(), args, nil, &out, &stderr) != 2 {
			t.Errorf("%q is taken", args)
		}
	}
	refused(t, "want badger:FOLDER", "tape:x", "badger:y")
	refused(t, "is not the folder of a log", "badger:"+t.TempDir(), "badger:"+t.TempDir())
}

func keyOf(t *testing.T, o *simulate.Org) note.Verifier {
	t.Helper()
	v, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
