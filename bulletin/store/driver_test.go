package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/verifier/boardlog"
)

func tesseraOptions(k *testKey) *tessera.AppendOptions {
	return tessera.NewAppendOptions().WithCheckpointSigner(k).WithBatching(100, time.Millisecond).WithCheckpointInterval(10 * time.Millisecond)
}

// TestTesseraLifecycle uses the driver through Tessera alone, and has Tessera's own checker look at what comes of it.
func TestTesseraLifecycle(t *testing.T) {
	k := newKey(t, 1)
	dir := t.TempDir()
	n := 0
	for range 2 {
		db := openDB(t, dir)
		d := NewDriver(db)
		ctx, cancel := context.WithCancel(t.Context())
		appender, shutdown, reader, err := tessera.NewAppender(ctx, d, tesseraOptions(k))
		if err != nil {
			t.Fatal(err)
		}
		awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 5*time.Millisecond)
		var futures []tessera.IndexFuture
		for range 300 {
			futures = append(futures, appender.Add(ctx, tessera.NewEntry(entry(n+len(futures)))))
		}
		for _, f := range futures {
			i, err := f()
			if err != nil || i.Index != uint64(n) || i.IsDup {
				t.Fatalf("entry %d: %+v, %v", n, i, err)
			}
			n++
		}
		if _, signed, err := awaiter.Await(ctx, futures[299]); err != nil {
			t.Fatal(err)
		} else if cp, err := boardlog.Open(signed, k.policy()); err != nil || cp.Size() != uint64(n) {
			t.Fatalf("checkpoint of %d entries: %v", cp.Size(), err)
		}
		if next, err := reader.NextIndex(ctx); err != nil || next != uint64(n) {
			t.Errorf("next index %d: %v", next, err)
		}
		if size, err := reader.IntegratedSize(ctx); err != nil || size != uint64(n) {
			t.Errorf("size %d: %v", size, err)
		}
		if err := fsck.New(testOrigin, k.verifier, reader, bundleLeaves, fsck.Opts{N: 2}).Check(ctx); err != nil {
			t.Errorf("fsck: %v", err)
		}
		for i, read := range []func() ([]byte, error){
			func() ([]byte, error) { return reader.ReadTile(ctx, 0, 99, 0) },
			func() ([]byte, error) { return reader.ReadTile(ctx, 64, 0, 1) },
			func() ([]byte, error) { return reader.ReadTile(ctx, 0, 1<<63, 0) },
			func() ([]byte, error) { return reader.ReadEntryBundle(ctx, 99, 1) },
		} {
			if _, err := read(); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("case %d: %v", i, err)
			}
		}
		if err := shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := appender.Add(ctx, tessera.NewEntry(entry(0)))(); err == nil {
			t.Error("an entry after shutdown")
		}
		if err := d.Close(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func bundleLeaves(bundle []byte) ([][]byte, error) {
	var leaves [][]byte
	for len(bundle) > 0 {
		entries, rest, err := boardlog.ParseBundle(bundle, 1)
		if err != nil {
			return nil, err
		}
		h := tlog.RecordHash(entries[0])
		leaves = append(leaves, h[:])
		bundle = rest
	}
	return leaves, nil
}

func TestContextEndsTheDriver(t *testing.T) {
	db := openDB(t, t.TempDir())
	d := NewDriver(db)
	ctx, cancel := context.WithCancel(t.Context())
	appender, _, _, err := tessera.NewAppender(ctx, d, tesseraOptions(newKey(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := appender.Add(ctx, tessera.NewEntry(entry(0)))(); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-d.log.appender.done
	if _, err := appender.Add(ctx, tessera.NewEntry(entry(1)))(); err == nil {
		t.Error("an entry after the end")
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestOtherEntryFormatsAreRefused(t *testing.T) {
	o := tesseraOptions(newKey(t, 1)).WithCTLayout()
	if _, _, _, err := tessera.NewAppender(t.Context(), NewDriver(openDB(t, t.TempDir())), o); err == nil {
		t.Error("a log of static-ct")
	}
}

// A witness is a C2SP tlog-witness: it cosigns a checkpoint that is shown to follow the last one it has seen.
type witness struct {
	t   *testing.T
	log note.Verifier
	key ed25519.PrivateKey
	v   note.Verifier

	mu   sync.Mutex
	size uint64
	root tlog.Hash
	away bool
}

func (w *witness) setAway(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = away
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		http.Error(rw, "away", http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
		return
	}
	head, signed, _ := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	var old uint64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil {
		w.t.Errorf("%q: %v", lines[0], err)
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			w.t.Error(err)
		}
		proof = append(proof, h)
	}
	cp, err := boardlog.Open(signed, boardlog.Policy{Origin: testOrigin, Log: w.log})
	if err != nil {
		w.t.Errorf("the log asks for a cosignature on\n%s\n%v", signed, err)
		http.Error(rw, err.Error(), http.StatusForbidden)
		return
	}
	if old != w.size {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", w.size)
		return
	}
	if w.size > 0 {
		if err := boardlog.VerifyConsistency(w.size, w.root, cp.Size(), cp.Root(), proof); err != nil {
			w.t.Error(err)
			http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
			return
		}
	}
	w.size, w.root = cp.Size(), cp.Root()
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	n := &note.Note{Text: string(text) + "\n"}
	cosigned, err := note.Sign(n, w)
	if err != nil {
		w.t.Error(err)
		return
	}
	rw.Write(cosigned[len(n.Text)+1:])
}

func (w *witness) Name() string    { return w.v.Name() }
func (w *witness) KeyHash() uint32 { return w.v.KeyHash() }
func (w *witness) Sign(msg []byte) ([]byte, error) {
	now := uint64(time.Now().Unix())
	return append(binary.BigEndian.AppendUint64(nil, now), ed25519.Sign(w.key, checkpoint.CosignedMessage(now, msg))...), nil
}

// TestG1_WitnessedBeforeItIsShown has a witness that is away for a time: entries are written, and nothing is shown without it.
func TestG1_WitnessedBeforeItIsShown(t *testing.T) {
	k := newKey(t, 1)
	w := &witness{t: t, log: k.verifier, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))}
	vkey := checkpoint.WitnessKey("witness.example", w.key.Public().(ed25519.PublicKey))
	var err error
	if w.v, err = checkpoint.ParseWitnessKey(vkey); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w)
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	tw, err := tessera.NewWitness(vkey, u)
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(t.TempDir(), k)
	o.Witnesses = tessera.NewWitnessGroup(1, tw)
	o.RepublishInterval = 30 * time.Millisecond
	policy := k.policy()
	policy.Witnesses, policy.Need = []note.Verifier{w.v}, 1
	l := openTest(t, o)
	n := 0
	for range 5 {
		for range 60 {
			if _, err := l.AppendAsync(t.Context(), entry(n)); err != nil {
				t.Fatal(err)
			}
			n++
		}
		c, err := l.Await(t.Context(), uint64(n)-1)
		if err != nil {
			t.Fatal(err)
		}
		cp, err := boardlog.Open(c.Signed, policy)
		if err != nil || len(cp.Cosignatures()) != 1 || cp.Account(policy.Witnesses) != nil {
			t.Fatalf("%v\n%s", err, c.Signed)
		}
	}
	w.setAway(true)
	before := l.Checkpoint()
	if i, err := l.Append(t.Context(), entry(n)); err != nil || i != uint64(n) {
		t.Fatalf("entry %d: %v", i, err)
	}
	time.Sleep(100 * time.Millisecond)
	if c := l.Checkpoint(); c.Size != before.Size {
		t.Fatalf("shown without the witness:\n%s", c.Signed)
	}
	w.setAway(false)
	c, err := l.Await(t.Context(), uint64(n))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := boardlog.Open(c.Signed, policy); err != nil {
		t.Fatal(err)
	}
	// A log that does not grow is cosigned again, so that its readers see that it is not an old state.
	first := c.Signed
	deadline := time.Now().Add(time.Minute)
	for bytes.Equal(l.Checkpoint().Signed, first) {
		if time.Now().After(deadline) {
			t.Fatal("not published again")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
