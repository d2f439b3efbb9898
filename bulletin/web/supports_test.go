package web

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
)

// A board that is killed at random while members support a petition publishes every support that it promised, once.
func TestG11_KilledBoardPublishesTheSupportsItPromised(t *testing.T) {
	const members = 60
	o := simulate.New(t, simulate.Config{Members: members, Slots: 4, Petitions: 2})
	round := o.Round()
	entries := make([]int, members)
	for i := range entries {
		entries[i] = i
	}
	round.Cards(entries...)
	v := round.Propose(round.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 1, 1 }))
	begun := o.State.Now()
	folder := t.TempDir()
	keys, err := json.Marshal(childKeys{o.LogSecret, o.LogKey, hex.EncodeToString(o.Board.Bytes()), nil})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	seed(t, filepath.Join(folder, "log"), o)
	b := &victim{t: t, folder: folder}
	b.clock(begun)
	supports := make(chan *record.Record, members)
	for i := range members {
		supports <- v.SupportOf(round.Credential(i, v.Plan.Rules.Call.Petition.Slot))
	}
	var mu sync.Mutex
	var promised []record.ID
	for kill := range 5 {
		b.start()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case s := <-supports:
						one, err := overhttp.Dial(b.url, nil, client.Options{Attempts: 1})
						if err == nil {
							one, err = one.Trust(o.GenesisBody(), o.Genesis)
						}
						if err == nil {
							_, err = one.Submit(context.Background(), s)
						}
						if err != nil {
							supports <- s
							return
						}
						mu.Lock()
						promised = append(promised, s.ID())
						mu.Unlock()
					default:
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(15+10*kill) * time.Millisecond)
		b.clock(begun + uint64(kill)*50) // now and then a batch is due
		time.Sleep(30 * time.Millisecond)
		b.kill()
		wg.Wait()
	}
	b.start()
	defer b.kill()
	c := clientOf(t, o, b.url)
	for len(supports) > 0 {
		s := <-supports
		if a, err := c.Submit(context.Background(), s); err != nil || a.Promise == nil {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	t.Logf("%d supports were promised before the last kill", len(promised))
	b.clock(begun + 1000)
	given := new(handedOut)
	for wait := time.Now(); v.State().Phase == fold.Proposed; {
		if have, need := v.State().Supports(); time.Since(wait) > 10*time.Second {
			t.Fatalf("%d supports of %d are on the log", have, need)
		}
		given.read(t, v, b)
	}
	if f := simulate.Faults(o.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
	if got := v.State().Batches(); !got.Sorted || got.Hasty != 0 {
		t.Errorf("%+v", got)
	}
	on := make(map[record.ID]bool)
	for _, raw := range o.Log() {
		on[record.IDOf(raw)] = true
	}
	for _, id := range promised {
		if !on[id] {
			t.Errorf("support %s was promised and is not on the log", id.Short())
		}
	}
}
