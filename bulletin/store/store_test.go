package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/verifier/boardlog"
)

const testOrigin = "board.example/log"

// A testKey signs as the log, and remembers what it has signed.
type testKey struct {
	note.Signer
	verifier note.Verifier

	mu    sync.Mutex
	sizes []uint64
	fail  error
}

func (k *testKey) Sign(msg []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var size uint64
	if _, err := fmt.Sscanf(string(bytes.SplitN(msg, []byte("\n"), 3)[1]), "%d", &size); err != nil {
		return nil, err
	}
	if k.fail != nil {
		return nil, k.fail
	}
	k.sizes = append(k.sizes, size)
	return k.Signer.Sign(msg)
}

func (k *testKey) setFail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail = err
}

func (k *testKey) signed() []uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.sizes)
}

func (k *testKey) policy() boardlog.Policy {
	return boardlog.Policy{Origin: testOrigin, Log: k.verifier}
}

func newKey(t testing.TB, seed byte) *testKey {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.NewChaCha8([32]byte{seed}), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := checkpoint.ParseLogKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{Signer: s, verifier: v}
}

var quiet = slog.New(slog.DiscardHandler)

func testOptions(path string, k *testKey) Options {
	return Options{Path: path, Origin: testOrigin, Signer: k, CheckpointInterval: 10 * time.Millisecond, MinFree: 1, Logger: quiet}
}

func openTest(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := OpenLog(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func entry(i int) []byte { return fmt.Appendf(nil, "entry %d", i) }

// check reads the whole log as a verifier does, at the newest checkpoint, and returns that.
func check(t testing.TB, l *Log, k *testKey, want func(i uint64, b []byte) bool) boardlog.SignedCheckpoint {
	t.Helper()
	signed, err := l.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(signed, k.policy())
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	err = boardlog.Read(t.Context(), l, cp, 0, func(i uint64, b []byte) error {
		if n++; want != nil && !want(i, b) {
			return fmt.Errorf("entry %d is %q", i, b)
		}
		return nil
	})
	if err != nil || n != cp.Size() {
		t.Fatalf("read %d of %d entries: %v", n, cp.Size(), err)
	}
	return cp
}
