package board_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/store"
	"mandate/bulletin/store/cloud"
	"mandate/bulletin/store/cloud/cloudtest"
	"mandate/verifier/boardlog"
)

var quiet = slog.New(slog.DiscardHandler)

// onEveryStore runs a test with a board on each kind of store, whose log begins with an organisation's. open opens the board; a board that
// was closed can be opened again.
func onEveryStore(t *testing.T, o *simulate.Org, test func(t *testing.T, open func() *board.Board)) {
	config := board.Config{
		Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, RecordRate: rate.Inf, Log: quiet, Look: time.Hour, MinFree: 1,
		Clock:              func() time.Time { return time.Unix(int64(o.State.Now()), 0) },
		CheckpointInterval: 10 * time.Millisecond,
	}
	ctx := context.Background()
	must := func(t *testing.T, b *board.Board, err error) *board.Board {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	t.Run("badger", func(t *testing.T) {
		c := config
		c.Path = filepath.Join(t.TempDir(), "log")
		log, err := store.OpenLog(ctx, store.Options{Path: c.Path, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet, MinFree: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.AppendBatch(ctx, o.Log()); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		test(t, func() *board.Board {
			b, err := board.Open(ctx, c)
			return must(t, b, err)
		})
	})
	t.Run("mysql-s3", func(t *testing.T) {
		at := cloudtest.New(t)
		open := func() *cloud.Log {
			log, err := cloud.Open(ctx, cloud.Options{Config: at, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			return log
		}
		log := open()
		if err := log.Take(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := log.AppendBatch(ctx, o.Log()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(log.Release(ctx), log.Close()); err != nil {
			t.Fatal(err)
		}
		test(t, func() *board.Board {
			b, err := board.OpenOn(ctx, config, open())
			return must(t, b, err)
		})
	})
}

// What a board says of its log holds on every store: places, receipts, files, records, an audit package, and all of it after a restart.
func TestStoresConform(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 2})
	key, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	policy := boardlog.Policy{Origin: o.LogSigner.Name(), Log: key}
	var rolls []*record.Record // more than one tile is wide
	for i := range 280 {
		rolls = append(rolls, o.Officer(o.Genesis, &record.Roll{
			By:     1,
			RollID: record.ID{1, byte(i), byte(i >> 8)}, Title: "Everybody", AsOf: "2026-01-01", Count: 1, Root: record.ID{2},
		}))
	}
	onEveryStore(t, o, func(t *testing.T, open func() *board.Board) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		b := open()
		begun := b.Size()
		places := make([]uint64, len(rolls))
		var all sync.WaitGroup
		for at := range slices.Chunk(rolls, 40) {
			first := slices.Index(rolls, at[0])
			all.Go(func() {
				for i, r := range at {
					a, err := b.Submit(ctx, r.Raw())
					if err != nil {
						t.Error(err)
						return
					}
					places[first+i] = a.Index
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		if again, err := b.Submit(ctx, rolls[7].Raw()); err != nil || again.Index != places[7] {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		var before []byte
		for _, when := range []string{"at once", "after a restart"} {
			if size := b.Size(); size != begun+uint64(len(rolls)) {
				t.Fatalf("%s: %d records, want %d", when, size, begun+uint64(len(rolls)))
			}
			newest := slices.Index(places, slices.Max(places)) // its receipt waits for a checkpoint that covers all
			for _, i := range []int{newest, 0, 1, 100, 255, 279} {
				text, err := b.Receipt(ctx, rolls[i].ID())
				if err != nil {
					t.Fatalf("%s: the receipt of record %d: %v", when, places[i], err)
				}
				receipt, err := boardlog.ParseReceipt(text)
				if err == nil {
					_, err = receipt.Verify(policy)
				}
				if err != nil || receipt.Index != places[i] || receipt.Record != tlog.Hash(rolls[i].ID()) {
					t.Errorf("%s: the receipt of record %d: %+v, %v", when, places[i], receipt, err)
				}
				raws, err := b.Records(ctx, places[i], places[i]+1)
				if err != nil || !bytes.Equal(raws[0], rolls[i].Raw()) {
					t.Errorf("%s: record %d: %v", when, places[i], err)
				}
			}
			if _, err := b.Receipt(ctx, record.ID{9}); !errors.Is(err, board.ErrUnknown) {
				t.Errorf("%s: the receipt of no record: %v", when, err)
			}
			for _, path := range []string{"tile/0/001.p/256", "tile/1/001", "tile/0/002", "tile/entries/003", "checkpoint/", "../checkpoint", "tile/x"} {
				if _, err := b.Source().ReadFile(ctx, path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %s: %v", when, path, err)
				}
			}
			for path, size := range map[string]int{"tile/0/000": 256 * 32, "tile/0/000.p/9": 9 * 32, "tile/0/001.p/3": 3 * 32, "tile/1/000.p/1": 32} {
				if data, err := b.Source().ReadFile(ctx, path); err != nil || len(data) != size {
					t.Errorf("%s: %s has %d bytes, want %d: %v", when, path, len(data), size, err)
				}
			}
			var tar bytes.Buffer
			if err := b.WriteAudit(ctx, &tar); err != nil {
				t.Fatal(err)
			}
			switch p, err := boardlog.OpenPackage(bytes.NewReader(tar.Bytes()), int64(tar.Len())); {
			case err != nil:
				t.Errorf("%s: the audit package: %v", when, err)
			case before != nil && !bytes.Equal(tar.Bytes(), before):
				t.Errorf("%s the audit package is another", when)
			default:
				p.Close()
				before = tar.Bytes()
			}
			if when == "at once" {
				if err := b.Close(); err != nil {
					t.Fatal(err)
				}
				b = open()
			}
		}
	})
}
