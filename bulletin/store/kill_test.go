package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/verifier/boardlog"
)

// childFolder names the environment variable that makes the test binary the process to be killed, on the store in this folder.
const childFolder = "MANDATE_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := appendUntilKilled(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// appendUntilKilled appends from many goroutines, and says on standard output what it has been told, a line each in one write:
//
//	entry INDEX HASH      acknowledged
//	put KEY               acknowledged
//	receipt BASE64        handed out
func appendUntilKilled(dir string) error {
	l, err := OpenLog(context.Background(), testOptions(dir, newKey(fatal{}, 1)))
	if err != nil {
		return err
	}
	kv, err := l.DB().KV("promises")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	ctx := context.Background()
	var wg sync.WaitGroup
	failed := make(chan error, 32)
	for g := range 24 {
		wg.Go(func() {
			for i := 0; ; i++ {
				b := make([]byte, 1+mathrand.IntN(4000))
				rand.Read(b)
				hash := tlog.RecordHash(b)
				if g%8 == 0 {
					if err := kv.Put(hash[:], b); err != nil {
						failed <- err
						return
					}
					fmt.Printf("put %s\n", hash)
				}
				index, err := l.Append(ctx, b)
				if err != nil {
					failed <- err
					return
				}
				fmt.Printf("entry %d %s\n", index, hash)
				if g%4 == 0 {
					r, err := l.Receipt(ctx, index)
					if err != nil {
						failed <- err
						return
					}
					fmt.Printf("receipt %s\n", base64.StdEncoding.EncodeToString(r.Encode()))
				}
			}
		})
	}
	return <-failed
}

// fatal is a testing.TB for the child, of which only Helper and Fatal are called.
type fatal struct{ testing.TB }

func (fatal) Helper()           {}
func (fatal) Fatal(args ...any) { fmt.Println(append([]any{"error"}, args...)...); os.Exit(1) }

// TestG11_KillLoop kills a process that appends under load, at random moments, and then holds the store to what that process has said.
func TestG11_KillLoop(t *testing.T) {
	dir, k := t.TempDir(), newKey(t, 1)
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	entries := make(map[uint64]tlog.Hash) // of all rounds
	puts := make(map[tlog.Hash]bool)
	var receipts []boardlog.Receipt
	var newest boardlog.SignedCheckpoint
	said, last := 0, uint64(0)
	for round := range rounds {
		said += killed(t, dir, func(line string) {
			var index uint64
			var hash string
			switch {
			case strings.HasPrefix(line, "entry "):
				if _, err := fmt.Sscanf(line, "entry %d %s", &index, &hash); err != nil {
					t.Fatal(err)
				}
				h, err := tlog.ParseHash(hash)
				if err != nil {
					t.Fatal(err)
				}
				if _, twice := entries[index]; twice {
					t.Fatalf("round %d: two entries have index %d", round, index)
				}
				if index < last {
					t.Fatalf("round %d: index %d, the log had %d entries before", round, index, last)
				}
				entries[index] = h
			case strings.HasPrefix(line, "put "):
				h, err := tlog.ParseHash(strings.TrimPrefix(line, "put "))
				if err != nil {
					t.Fatal(err)
				}
				puts[h] = true
			case strings.HasPrefix(line, "receipt "):
				b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "receipt "))
				if err != nil {
					t.Fatal(err)
				}
				r, err := boardlog.ParseReceipt(b)
				if err != nil {
					t.Fatal(err)
				}
				receipts = append(receipts, r)
			default:
				t.Fatalf("round %d: the child says %q", round, line)
			}
		})

		l, err := OpenLog(t.Context(), testOptions(dir, k))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		leaves := make(map[uint64]tlog.Hash)
		cp := check(t, l, k, func(i uint64, b []byte) bool { leaves[i] = tlog.RecordHash(b); return true })
		for i, h := range entries {
			if leaves[i] != h {
				t.Fatalf("round %d: entry %d was acknowledged and is not there (size %d)", round, i, l.Size())
			}
		}
		kv, err := l.DB().KV("promises")
		if err != nil {
			t.Fatal(err)
		}
		for h := range puts {
			if b, err := kv.Get(h[:]); err != nil || tlog.RecordHash(b) != h {
				t.Fatalf("round %d: a promise was acknowledged and is not there: %v", round, err)
			}
		}
		tree, err := boardlog.OpenTree(t.Context(), l, cp)
		if err != nil {
			t.Fatal(err)
		}
		// Every checkpoint that was handed out is a past of this one, and so is the one that this test saw last.
		for _, r := range receipts {
			signed, err := r.Verify(k.policy())
			if err != nil {
				t.Fatalf("round %d: receipt of %d: %v", round, r.Index, err)
			}
			if err := tree.Extends(t.Context(), signed); err != nil {
				t.Fatalf("round %d: receipt of %d: %v", round, r.Index, err)
			}
			if leaves[r.Index] != r.Record {
				t.Fatalf("round %d: entry %d is not the one of its receipt", round, r.Index)
			}
		}
		if newest.Opened() {
			if err := tree.Extends(t.Context(), newest); err != nil {
				t.Fatalf("round %d: the checkpoint went back: %v", round, err)
			}
		}
		newest, last = cp, l.Size()
		if cp.Size() != last {
			t.Fatalf("round %d: opened with a checkpoint of %d of %d entries", round, cp.Size(), last)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rounds, %d lines, %d entries acknowledged of %d, %d receipts, %d promises", rounds, said, len(entries), last, len(receipts), len(puts))
	if len(entries) < rounds || len(receipts) == 0 || len(puts) == 0 {
		t.Error("the child hardly came to anything")
	}
}

// killed runs the child on a folder for a while, kills it, and passes on all that it has said.
func killed(t *testing.T, dir string, say func(line string)) (lines int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the child says %q: %v", line, err)
	}
	time.AfterFunc(time.Duration(20+mathrand.IntN(180))*time.Millisecond, func() { cmd.Process.Kill() })
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break // a line without its end was not said
		}
		lines++
		say(strings.TrimSuffix(line, "\n"))
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
	return lines
}
