package witness

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
)

// TestForeignLog has a log of Tessera's own driver for files published only with this witness's cosignature.
func TestForeignLog(t *testing.T) {
	ctx, cancel := context.WithTimeout(background, time.Minute)
	defer cancel()
	l := newLog(t, "foreign.example/log")
	s := newScene(t, l)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	w, err := tessera.NewWitness(s.VerifierKey(), u)
	if err != nil {
		t.Fatal(err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, shutdown, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(l.signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(4, 10*time.Millisecond).
		WithWitnesses(tessera.NewWitnessGroup(1, w), nil))
	if err != nil {
		t.Fatal(err)
	}
	key, err := checkpoint.ParseWitnessKey(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	logKey, err := note.NewVerifier(l.vkey)
	if err != nil {
		t.Fatal(err)
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	for i := range 3 {
		_, signed, err := awaiter.Await(ctx, a.Add(ctx, tessera.NewEntry([]byte{byte(i)})))
		if err != nil {
			t.Fatal(err)
		}
		head, err := checkpoint.Open(signed, checkpoint.Policy{Origin: l.origin, Log: logKey, Witnesses: []note.Verifier{key}, Need: 1})
		if err != nil {
			t.Fatalf("%v\n%s", err, signed)
		}
		if head.Size != uint64(i+1) {
			t.Fatalf("size %d after %d entries", head.Size, i+1)
		}
	}
	if err := shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	heads, err := s.Heads()
	if err != nil || len(heads) != 1 || heads[0].Tree.N != 3 {
		t.Fatal(heads, err)
	}
}
