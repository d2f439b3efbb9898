package web

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/bulletin/store/cloud"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// childFolder names the folder of a board that this program serves instead of running tests.
const childFolder = "MANDATE_TEST_BOARD"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		if err := child(folder); err != nil {
			fmt.Fprintln(os.Stderr, "board:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// childKeys are the keys of a board in another process.
type childKeys struct {
	LogSecret, LogKey, Key string
	Cloud                  *cloud.Config // where the log is, if not in the folder
}

// child serves the board in a folder until it is killed. It prints its address.
func child(folder string) error {
	b, err := os.ReadFile(filepath.Join(folder, "keys.json"))
	if err != nil {
		return err
	}
	var keys childKeys
	if err := json.Unmarshal(b, &keys); err != nil {
		return err
	}
	secret, err := hex.DecodeString(keys.Key)
	if err != nil {
		return err
	}
	c := board.Config{
		Path: filepath.Join(folder, "log"), LogKey: keys.LogKey, Look: 20 * time.Millisecond, Interval: time.Second, RecordRate: rate.Inf, Log: quiet,
		Clock: func() time.Time { // stands in a file, so that the test can move it
			b, _ := os.ReadFile(filepath.Join(folder, "clock"))
			var now int64
			fmt.Sscan(string(b), &now)
			return time.Unix(now, 0)
		},
		CheckpointInterval: 10 * time.Millisecond,
	}
	if c.Signer, err = note.NewSigner(keys.LogSecret); err != nil {
		return err
	}
	if c.Key, err = sigma.DecodeSecretKey(secret); err != nil {
		return err
	}
	held, err := open(c, keys.Cloud)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return Serve(context.Background(), l, New(held, Options{Log: quiet, Limits: Limits{Rate: rate.Inf}}))
}

// A victim is a board in another process.
type victim struct {
	t      *testing.T
	folder string
	cmd    *exec.Cmd
	url    string
}

func (v *victim) start() {
	v.t.Helper()
	v.cmd = exec.Command(os.Args[0])
	v.cmd.Env = append(os.Environ(), childFolder+"="+v.folder)
	v.cmd.Stderr = os.Stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		v.t.Fatalf("the board did not start: %v", err)
	}
	v.url = "http://" + strings.TrimSpace(line)
}

func (v *victim) kill() {
	v.cmd.Process.Kill() // SIGKILL
	v.cmd.Wait()
}

func (v *victim) clock(now uint64) {
	v.t.Helper()
	file := filepath.Join(v.folder, "clock")
	if err := os.WriteFile(file+".new", fmt.Appendln(nil, now), 0o600); err != nil {
		v.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		v.t.Fatal(err)
	}
}

// handedOut is what the board has given before it was killed.
type handedOut struct {
	mu       sync.Mutex
	promises map[record.ID]uint64 // ballots, with the index that the board said
	receipts map[record.ID][]byte
	heads    []boardlog.SignedCheckpoint // in the order in which they were seen
}

// G11: a board that is killed at random under load keeps every promise and receipt, its checkpoint never goes back, and the vote goes on.
func TestG11_KilledBoardKeepsWhatItPromised(t *testing.T) {
	const members, kills = 240, 8
	v := openVote(t, simulate.Config{Members: members, Revote: true}, members)
	folder := t.TempDir()
	keys, err := json.Marshal(childKeys{v.Org.LogSecret, v.Org.LogKey, hex.EncodeToString(v.Org.Board.Bytes()), nil})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	seed(t, filepath.Join(folder, "log"), v.Org)
	b := &victim{t: t, folder: folder}
	b.clock(v.Org.State.Now())
	ballots := make(chan *record.Record, members)
	for i := range members {
		ballots <- v.Ballot(i, []int{i % 3})
	}
	given := &handedOut{promises: make(map[record.ID]uint64), receipts: make(map[record.ID][]byte)}
	now := v.Org.State.Now()
	for round := range kills {
		b.start()
		given.check(t, v, b)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { given.load(ctx, t, v, b, ballots) })
		}
		for range 3 {
			time.Sleep(time.Duration(10+rand.IntN(40)) * time.Millisecond)
			now++
			b.clock(now) // time records are written in between
		}
		b.kill()
		cancel()
		wg.Wait()
		if len(ballots) == 0 && round < kills-1 {
			t.Logf("all ballots were cast in %d rounds", round+1)
			break
		}
	}
	b.start()
	defer b.kill()
	given.check(t, v, b)
	t.Logf("%d promises, %d receipts and %d checkpoints were handed out in %d kills", len(given.promises), len(given.receipts), len(given.heads), kills)
	if len(given.promises) == 0 || len(given.receipts) == 0 {
		t.Fatal("the board was killed before it gave anything")
	}

	// The vote goes on to its end.
	s := &site{t: t, org: v.Org, url: b.url, Client: clientOf(t, v.Org, b.url)}
	for len(ballots) > 0 {
		if _, err := s.Submit(context.Background(), <-ballots); err != nil {
			t.Fatal(err)
		}
	}
	b.clock(v.Manifest.Closes)
	if _, err := s.Submit(context.Background(), v.Officer(&record.Closing{By: 1})); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); v.State().Phase != fold.Sealed; {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the board does not seal the vote")
		}
		given.read(t, v, b)
	}
	if got := v.State().Counted(); got != members {
		t.Errorf("%d ballots are counted, %d were cast", got, members)
	}
	if f := simulate.Faults(v.Org.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
	v.Tally()
}

// load casts ballots and fetches receipts until the board is gone. Ballots that got no answer are put back.
func (h *handedOut) load(ctx context.Context, t *testing.T, v *simulate.Vote, b *victim, ballots chan *record.Record) {
	c, err := overhttp.Dial(b.url, nil, client.Options{Attempts: 1})
	if err != nil {
		t.Error(err)
		return
	}
	if c, err = c.Trust(v.Org.GenesisBody(), v.Org.Genesis); err != nil {
		t.Error(err)
		return
	}
	for ctx.Err() == nil {
		var ballot *record.Record
		select {
		case ballot = <-ballots:
		default:
			return
		}
		a, err := c.Submit(ctx, ballot)
		var refused *client.Refused
		if errors.As(err, &refused) || errors.Is(err, client.ErrUntrusted) {
			t.Errorf("a good ballot: %v", err)
		}
		if err != nil {
			ballots <- ballot
			return
		}
		h.mu.Lock()
		h.promises[ballot.ID()] = a.Index
		h.mu.Unlock()
		if a.Index%3 == 0 {
			text, err := c.Receipt(ctx, ballot.ID())
			if errors.Is(err, client.ErrUntrusted) || errors.Is(err, client.ErrUnknown) {
				t.Errorf("the receipt of a promised ballot: %v", err)
			}
			if err != nil {
				return
			}
			h.mu.Lock()
			h.receipts[ballot.ID()] = text
			h.mu.Unlock()
		}
		if a.Index%5 == 0 {
			h.see(t, v, c.Source())
		}
	}
}

// see notes the newest checkpoint. Without an answer there is none.
func (h *handedOut) see(t *testing.T, v *simulate.Vote, src boardlog.Source) {
	h.mu.Lock()
	defer h.mu.Unlock() // so that checkpoints are noted in the order in which they were shown
	raw, err := src.ReadFile(context.Background(), boardlog.CheckpointPath)
	if err != nil {
		return
	}
	head, err := boardlog.Open(raw, policyOf(t, v.Org))
	if err != nil {
		t.Errorf("a checkpoint: %v", err)
		return
	}
	if n := len(h.heads); n > 0 && head.Size() < h.heads[n-1].Size() {
		t.Errorf("the checkpoint went back from %d to %d", h.heads[n-1].Size(), head.Size())
	}
	h.heads = append(h.heads, head)
}

// read has the organisation read what is new on the log, and returns the log's tree.
func (h *handedOut) read(t *testing.T, v *simulate.Vote, b *victim) *boardlog.Tree {
	t.Helper()
	ctx := context.Background()
	src := clientOf(t, v.Org, b.url).Source()
	h.see(t, v, src)
	if len(h.heads) == 0 {
		t.Fatal("the board shows no checkpoint")
	}
	tree, err := boardlog.OpenTree(ctx, src, h.heads[len(h.heads)-1])
	if err != nil {
		t.Fatal(err)
	}
	err = tree.Read(ctx, uint64(len(v.Org.Log())), func(_ uint64, raw []byte) error {
		if out := v.Org.Append(raw); out.Status != fold.Accepted {
			return out.Err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// check sees that the board, started again, stands by all that it handed out.
func (h *handedOut) check(t *testing.T, v *simulate.Vote, b *victim) {
	t.Helper()
	tree := h.read(t, v, b)
	log := v.Org.Log()
	for id, index := range h.promises {
		if index >= uint64(len(log)) || record.IDOf(log[index]) != id {
			t.Errorf("ballot %s was promised, and is not record %d of %d", id.Short(), index, len(log))
		}
	}
	for id, text := range h.receipts {
		receipt, err := boardlog.ParseReceipt(text)
		if err != nil {
			t.Fatal(err)
		}
		known, err := receipt.Verify(policyOf(t, v.Org))
		if err == nil {
			err = tree.Extends(context.Background(), known)
		}
		if err != nil {
			t.Errorf("the receipt of %s: %v", id.Short(), err)
		}
	}
	for _, head := range h.heads {
		if err := tree.Extends(context.Background(), head); err != nil {
			t.Errorf("a checkpoint of size %d: %v", head.Size(), err)
		}
	}
}
