package cloud_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/store/cloud"
	"mandate/bulletin/store/cloud/cloudtest"
	"mandate/verifier/boardlog"
)

const origin = "board.example/log"

type key struct {
	note.Signer
	policy boardlog.Policy
}

func newKey(t testing.TB, seed byte) key {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.NewChaCha8([32]byte{seed}), origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := checkpoint.ParseLogKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key{s, boardlog.Policy{Origin: origin, Log: v}}
}

func open(t testing.TB, c cloud.Config, k key) *cloud.Log {
	t.Helper()
	l, err := cloud.Open(t.Context(), options(c, k))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func options(c cloud.Config, k key) cloud.Options {
	return cloud.Options{Config: c, Origin: origin, Signer: k, Logger: slog.New(slog.DiscardHandler)}
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// write takes the turn, appends and gives it back.
func write(t testing.TB, l *cloud.Log, entries ...[]byte) uint64 {
	t.Helper()
	ctx := soon(t)
	if err := l.Take(ctx); err != nil {
		t.Fatal(err)
	}
	first, err := l.AppendBatch(ctx, entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(ctx); err != nil {
		t.Fatal(err)
	}
	return first
}

// read returns all entries, as they can be read without a checkpoint.
func read(t testing.TB, l *cloud.Log) (all [][]byte) {
	t.Helper()
	size, err := l.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range l.Entries(t.Context(), 0, size) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != uint64(len(all)) {
			t.Fatalf("entry %d comes as %d", e.Index, len(all))
		}
		all = append(all, e.Data)
	}
	return all
}

// verified waits for a checkpoint over all that is there, and reads the log as a verifier does.
func verified(t testing.TB, l *cloud.Log, k key) (all [][]byte, head boardlog.SignedCheckpoint) {
	t.Helper()
	if _, err := l.Await(soon(t), l.Size()-1); err != nil {
		t.Fatal(err)
	}
	signed, err := l.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	if head, err = boardlog.Open(signed, k.policy); err != nil {
		t.Fatal(err)
	}
	err = boardlog.Read(t.Context(), l, head, 0, func(_ uint64, b []byte) error {
		all = append(all, bytes.Clone(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, head
}

func same(t testing.TB, what string, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("%s: entry %d is %.40q, want %.40q", what, i, got[i], want[i])
		}
	}
}

func TestAppendReadReopen(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	l := open(t, c, k)
	if _, err := l.ReadFile(t.Context(), "tile/entries/000"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a bundle of an empty log: %v", err)
	}
	var want [][]byte
	for n := range 700 {
		want = append(want, fmt.Appendf(nil, "entry %d", n))
	}
	want[10] = bytes.Repeat([]byte{7}, boardlog.MaxEntrySize)
	write(t, l, want[:3]...)
	same(t, "at once", read(t, l), want[:3])
	write(t, l, want[3:300]...)
	if first := write(t, l, want[300:600]...); first != 300 {
		t.Fatalf("the batch is at %d", first)
	}
	got, head := verified(t, l, k)
	same(t, "by a verifier", got, want[:600])
	for _, i := range []uint64{0, 255, 256, 299, 599} {
		proof, err := l.InclusionProof(t.Context(), i, head.Size())
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, int64(head.Size()), tlog.Hash(head.Root()), int64(i), tlog.RecordHash(want[i])); err != nil {
			t.Fatalf("the proof of entry %d: %v", i, err)
		}
	}
	for _, path := range []string{"tile/0/001", "tile/entries/002.p/200", "tile/2/000", "tile/0/002.p/200", "checkpoint.p/1", "tile/entries/x000/000"} {
		if _, err := l.ReadFile(t.Context(), path); !errors.Is(err, fs.ErrNotExist) && path != "tile/0/001" {
			t.Errorf("%s: %v", path, err)
		}
	}
	// Partial tiles in widths that the bucket has not got are cut from those that it has.
	if b, err := l.ReadFile(t.Context(), "tile/0/002.p/17"); err != nil || len(b) != 17*tlog.HashSize {
		t.Errorf("a narrower tile: %d bytes, %v", len(b), err)
	}
	if b, err := l.ReadFile(t.Context(), "tile/entries/001.p/3"); err != nil || !bytes.HasSuffix(b, want[258]) {
		t.Errorf("a narrower bundle: %d bytes, %v", len(b), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, c, k)
	same(t, "opened again", read(t, again), want[:600])
	write(t, again, want[600:]...)
	got, _ = verified(t, again, k)
	same(t, "gone on", got, want)

	if _, err := cloud.Open(t.Context(), options(c, newKey(t, 2))); err == nil || !strings.Contains(err.Error(), "the signer is") {
		t.Fatalf("opened with another key: %v", err)
	}
}

// Front ends that write at the same time write one log, each batch whole and at the place for which it was judged.
func TestFrontEndsWriteInTurns(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	const fronts, rounds, batch = 3, 15, 20
	var mu sync.Mutex
	places := make(map[uint64]string) // of each batch's first entry
	var all sync.WaitGroup
	logs := make([]*cloud.Log, fronts)
	for f := range logs {
		logs[f] = open(t, c, k)
	}
	for f, l := range logs {
		all.Go(func() {
			for n := range rounds {
				var entries [][]byte
				for i := range batch {
					entries = append(entries, fmt.Appendf(nil, "front %d batch %d entry %d", f, n, i))
				}
				if err := l.Take(soon(t)); err != nil {
					t.Error(err)
					return
				}
				judged := l.Size()
				first, err := l.AppendBatch(soon(t), entries)
				if err != nil || first != judged {
					t.Errorf("batch at %d, judged at %d: %v", first, judged, err)
				}
				mu.Lock()
				places[first] = fmt.Sprintf("front %d batch %d ", f, n)
				mu.Unlock()
				if err := l.Release(soon(t)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	var first [][]byte
	for f, l := range logs {
		if _, err := l.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _ := verified(t, l, k)
		if f == 0 {
			first = got
		}
		same(t, fmt.Sprintf("front end %d", f), got, first)
	}
	if len(first) != fronts*rounds*batch {
		t.Fatalf("%d entries", len(first))
	}
	for at, name := range places {
		for i := range uint64(batch) {
			if want := fmt.Sprintf("%sentry %d", name, i); string(first[at+i]) != want {
				t.Fatalf("entry %d is %q, want %q", at+i, first[at+i], want)
			}
		}
	}
}

func database(t testing.TB, c cloud.Config) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", c.MySQL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// A front end that stops in its turn loses it, and when it goes on it cannot write.
func TestG11_AHolderThatWasSupersededWritesNothing(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	slow, next := open(t, c, k), open(t, c, k)
	write(t, slow, []byte("first"))
	if err := slow.Take(soon(t)); err != nil {
		t.Fatal(err)
	}
	// As if it had given no sign of life for as long as a lease.
	if _, err := database(t, c).Exec(`UPDATE MandateTurn SET ends = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND`); err != nil {
		t.Fatal(err)
	}
	if err := next.Take(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.AppendBatch(soon(t), [][]byte{[]byte("late")}); !errors.Is(err, cloud.ErrTurnLost) {
		t.Fatalf("a late write: %v", err)
	}
	if err := slow.Keep([][]byte{[]byte("late")}); !errors.Is(err, cloud.ErrTurnLost) {
		t.Fatalf("a late promise: %v", err)
	}
	if err := slow.Release(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := next.AppendBatch(soon(t), [][]byte{[]byte("second")}); err != nil {
		t.Fatal(err)
	}
	if err := next.Release(soon(t)); err != nil {
		t.Fatal(err)
	}
	same(t, "log", read(t, next), [][]byte{[]byte("first"), []byte("second")})
}

// Nothing gets into Tessera's tables beside the fence.
func TestTheFenceHolds(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	l := open(t, c, k)
	write(t, l, []byte("first"))
	db := database(t, c)
	var refused *mysql.MySQLError
	for _, set := range []string{
		`SET @mandate_holder = ''`, `SET @mandate_holder = NULL`,
	} {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(t.Context(), set); err != nil {
			t.Fatal(err)
		}
		_, err = conn.ExecContext(t.Context(), `UPDATE SeqCoord SET next = next + 1`)
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, "not announced") {
			t.Errorf("after %s: %v", set, err)
		}
		conn.Close()
	}
	if _, err := db.Exec(`DROP TRIGGER MandateFence`); err != nil {
		t.Fatal(err)
	}
	// Somebody's trigger of that name that lets everything pass.
	if _, err := db.Exec(`CREATE TRIGGER MandateFence BEFORE UPDATE ON SeqCoord FOR EACH ROW SET @x = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.Open(t.Context(), options(c, k)); err == nil || !strings.Contains(err.Error(), "MandateFence") {
		t.Fatalf("opened without a fence: %v", err)
	}
}

// A database that loses commits is not opened.
func TestG11_ADatabaseThatDoesNotSyncIsRefused(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	db := database(t, c)
	if _, err := db.Exec(`SET GLOBAL innodb_flush_log_at_trx_commit = 2`); err != nil {
		t.Fatal(err)
	}
	_, err := cloud.Open(t.Context(), options(c, k))
	if _, back := db.Exec(`SET GLOBAL innodb_flush_log_at_trx_commit = 1`); back != nil {
		t.Fatal(back)
	}
	if err == nil || !strings.Contains(err.Error(), "innodb_flush_log_at_trx_commit") {
		t.Fatalf("opened: %v", err)
	}
}

func TestShelf(t *testing.T) {
	c, k := cloudtest.New(t), newKey(t, 1)
	a, b := open(t, c, k), open(t, c, k)
	keep := func(l *cloud.Log, raws ...[]byte) {
		t.Helper()
		if err := errors.Join(l.Take(soon(t)), l.Keep(raws), l.Release(soon(t))); err != nil {
			t.Fatal(err)
		}
	}
	one, two, three := []byte("one"), []byte("two"), []byte("three")
	keep(a, one, two)
	raws, seen, err := b.KeptSince(0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "kept", raws, [][]byte{one, two})
	keep(b, three, two)
	if raws, _, err = a.KeptSince(seen); err != nil {
		t.Fatal(err)
	}
	same(t, "kept since", raws, [][]byte{three})
	if err := a.Forget([]record.ID{record.IDOf(one), record.IDOf(three)}); err != nil {
		t.Fatal(err)
	}
	if raws, err = b.Kept(); err != nil {
		t.Fatal(err)
	}
	same(t, "left", raws, [][]byte{two})
}

func TestConfig(t *testing.T) {
	good := "mysql = \"u:p@tcp(127.0.0.1:3306)/board\"\nbucket = \"b\"\n"
	for _, test := range []struct {
		name, text, want string
		mode             os.FileMode
	}{
		{"good", good, "", 0o600},
		{"open to all", good, "chmod", 0o644},
		{"misspelt", good + "buckets = \"x\"\n", "line 3: there is no field buckets", 0o600},
		{"no database", "mysql = \"u:p@tcp(127.0.0.1:3306)/\"\nbucket = \"b\"\n", "name of the database", 0o600},
		{"no bucket", "mysql = \"u:p@tcp(127.0.0.1:3306)/board\"\n", "bucket", 0o600},
		{"half a key", good + "access-key = \"x\"\n", "both or none", 0o600},
		{"prefix", good + "prefix = \"/x\"\n", "prefix", 0o600},
		{"not TOML", "mysql = \"secret", "is not as it should be", 0o600},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.toml")
			if err := os.WriteFile(path, []byte(test.text), test.mode); err != nil {
				t.Fatal(err)
			}
			c, err := cloud.ReadConfig(path)
			if test.want == "" {
				if err != nil || c.Bucket != "b" || strings.Contains(fmt.Sprintf("%v %+v %#v", c, c, c), "u:p") {
					t.Fatalf("%v %v", c, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret\"") {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}
