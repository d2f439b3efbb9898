package web

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/store/cloud"
	"mandate/bulletin/store/cloud/cloudtest"
	"mandate/verifier/boardlog"
)

// open opens a board, on a log in a database and a bucket if there is a configuration of one.
func open(c board.Config, at *cloud.Config) (*board.Board, error) {
	if at == nil {
		return board.Open(context.Background(), c)
	}
	log, err := openCloud(c, *at)
	if err != nil {
		return nil, err
	}
	return board.OpenOn(context.Background(), c, log)
}

func openCloud(c board.Config, at cloud.Config) (*cloud.Log, error) {
	return cloud.Open(context.Background(), cloud.Options{Config: at, Origin: c.Signer.Name(), Signer: c.Signer, Logger: quiet})
}

// seedCloud writes an organisation's records so far to a new log.
func seedCloud(t testing.TB, o *simulate.Org, at cloud.Config) {
	t.Helper()
	log, err := openCloud(configOf(o, ""), at)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := log.Take(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(ctx, o.Log()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Release(ctx), log.Close()); err != nil {
		t.Fatal(err)
	}
}

// serveFronts starts several front ends of a board on an organisation's log. Each request goes to the next of them.
func serveFronts(t testing.TB, o *simulate.Org, n int) *site {
	t.Helper()
	at := cloudtest.New(t)
	seedCloud(t, o, at)
	s := &site{t: t, org: o}
	s.time.Store(int64(o.State.Now()))
	c := configOf(o, "")
	c.Clock = func() time.Time { return time.Unix(s.time.Load(), 0) }
	c.Look = time.Hour
	var urls []*url.URL
	for range n {
		b, err := open(c, &at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		server := httptest.NewServer(New(b, Options{Log: quiet, Limits: Limits{Rate: rate.Inf}}))
		t.Cleanup(server.Close)
		u, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.fronts, urls = append(s.fronts, b), append(urls, u)
	}
	var next atomic.Uint64
	balance := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(urls[next.Add(1)%uint64(n)])
	}})
	t.Cleanup(balance.Close)
	s.b, s.url, s.Client = s.fronts[0], balance.URL, clientOf(t, o, balance.URL)
	return s
}

// followFronts reads what is new, whichever front end has written it, before a checkpoint covers it.
func (s *site) followFronts(ctx context.Context) {
	s.t.Helper()
	if err := s.b.Refresh(ctx); err != nil {
		s.t.Fatal(err)
	}
	raws, err := s.b.Records(ctx, uint64(len(s.org.Log())), s.b.Size())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, raw := range raws {
		if out := s.org.Append(slices.Clone(raw)); out.Status == fold.Fatal {
			s.t.Fatal(out)
		}
	}
}

// agree sees that all front ends, and one that starts now, have the same log, and say the same of a vote.
func (s *site) agree(vote record.ID) (counted uint64) {
	s.t.Helper()
	var roots []record.ID
	for i, b := range s.fronts {
		if err := b.Refresh(context.Background()); err != nil {
			s.t.Fatal(err)
		}
		b.View(func(st *fold.State) {
			roots = append(roots, st.Root())
			if n := uint64(st.Vote(vote).Counted()); i == 0 {
				counted = n
			} else if n != counted {
				s.t.Errorf("front end %d counts %d ballots, the first %d", i, n, counted)
			}
		})
	}
	if len(slices.Compact(roots)) != 1 {
		s.t.Errorf("the front ends' logs have the roots %v", roots)
	}
	return counted
}

func TestWholeVoteOnFrontEnds(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			wholeVote(t, func(o *simulate.Org) *site { return serveFronts(t, o, n) })
		})
	}
}

// Ballots of one card that are sent to different front ends at once: one is taken, and no front end promises another.
func TestC9_BallotsThatRaceAcrossFrontEnds(t *testing.T) {
	const n = 24
	v := openVote(t, simulate.Config{Members: 2, Revote: true}, 2)
	s := serveFronts(t, v.Org, 3)
	var taken atomic.Uint64
	var wg sync.WaitGroup
	for i := range n {
		ballot := v.Ballot(0, []int{i % 3})
		wg.Go(func() {
			_, err := s.fronts[i%3].Submit(context.Background(), ballot.Raw())
			var refused *board.Refused
			switch {
			case err == nil:
				taken.Add(1)
			case !errors.As(err, &refused) || refused.Code != "stale":
				t.Errorf("%v, want stale", err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("%d ballots of one card were promised", taken.Load())
	}
	s.follow()
	if got := s.agree(v.ID); got != 1 || v.State().Counted() != 1 {
		t.Errorf("%d ballots are counted, by a reader %d", got, v.State().Counted())
	}
}

// If a ballot that the fold voids came onto the log all the same, it would be void for all alike, and no front end would stop.
func TestC9_AVoidBallotIsVoidOnEveryFrontEnd(t *testing.T) {
	v := openVote(t, simulate.Config{Members: 2, Revote: true}, 2)
	at := cloudtest.New(t)
	seedCloud(t, v.Org, at)
	log, err := openCloud(configOf(v.Org, ""), at)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s := &site{t: t, org: v.Org}
	ctx := context.Background()
	front := func() *board.Board {
		c := configOf(v.Org, "")
		c.Look = time.Hour
		c.Clock = func() time.Time { return time.Unix(int64(v.Org.State.Now()), 0) }
		b, err := open(c, &at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	s.fronts = []*board.Board{front(), front()}
	s.b = s.fronts[0]
	one, two := v.Ballot(0, []int{simulate.Yes}), v.Ballot(0, []int{simulate.No})
	if err := log.Take(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(ctx, [][]byte{one.Raw(), two.Raw(), one.Raw()}); err != nil {
		t.Fatal(err)
	}
	if err := log.Release(ctx); err != nil {
		t.Fatal(err)
	}
	s.fronts = append(s.fronts, front())
	other := v.Ballot(1, []int{simulate.Yes})
	if _, err := s.fronts[1].Submit(ctx, other.Raw()); err != nil {
		t.Fatal(err)
	}
	s.follow()
	if got := s.agree(v.ID); got != 2 || v.State().Counted() != 2 {
		t.Errorf("%d ballots are counted, by a reader %d", got, v.State().Counted())
	}
}

// Ballots come through some front ends while the vote is closed through another. What was promised is on the log before the closing, so
// the board owes nothing afterwards, and no promise is given any more.
func TestG3_NothingIsPromisedAfterAClosingThroughAnotherFrontEnd(t *testing.T) {
	const members = 60
	v := openVote(t, simulate.Config{Members: members}, members)
	s := serveFronts(t, v.Org, 3)
	s.at(v.Manifest.Closes)
	ballots := make(chan *record.Record, members)
	for i := range members {
		ballots <- v.Ballot(i, []int{simulate.Yes})
	}
	close(ballots)
	var mu sync.Mutex
	promised := make(map[record.ID]uint64)
	refused := 0
	var closing atomic.Bool
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for ballot := range ballots {
				a, err := s.fronts[1+i%2].Submit(context.Background(), ballot.Raw())
				var no *board.Refused
				mu.Lock()
				switch {
				case err == nil && a.Promise != nil:
					promised[ballot.ID()] = a.Index
				case errors.As(err, &no) && (no.Code == "closed" || no.Code == "sealed"):
					refused++
				default:
					t.Errorf("%+v, %v", a, err)
				}
				enough := len(promised) >= members/3
				mu.Unlock()
				if enough && !closing.Swap(true) {
					wg.Go(func() {
						if _, err := s.fronts[0].Submit(context.Background(), v.Officer(&record.Closing{By: 1}).Raw()); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
	wg.Wait()
	if err := s.fronts[2].Look(context.Background()); err != nil { // another one seals it
		t.Fatal(err)
	}
	s.follow()
	t.Logf("%d promised, %d refused", len(promised), refused)
	if len(promised)+refused != members {
		t.Errorf("%d of %d were answered", len(promised)+refused, members)
	}
	at := slices.IndexFunc(v.Org.Log(), func(raw []byte) bool {
		r, err := record.Decode(raw)
		return err == nil && r.Kind() == "closing"
	})
	for id, index := range promised {
		if int(index) > at || record.IDOf(v.Org.Log()[index]) != id {
			t.Errorf("ballot %s was promised at %d, the closing is at %d", id.Short(), index, at)
		}
	}
	if got := s.agree(v.ID); v.State().Phase != fold.Sealed || got != uint64(len(promised)) {
		t.Errorf("%v with %d ballots of %d promised", v.State().Phase, got, len(promised))
	}
	if f := simulate.Faults(v.Org.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
}

// A support that one front end has promised is published by another.
func TestG11_SupportsOfAFrontEndThatIsGoneArePublished(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 6, Slots: 4, Petitions: 2})
	round := o.Round()
	round.Cards(0, 1, 2, 3, 4, 5)
	v := round.Propose(round.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 1, 1 }))
	s := serveFronts(t, o, 3)
	support := func(i int) *record.Record { return v.SupportOf(round.Credential(i, v.Plan.Rules.Call.Petition.Slot)) }
	ctx := context.Background()
	for i := range 3 {
		if a, err := s.fronts[1].Submit(ctx, support(i).Raw()); err != nil || !a.Kept {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	var refused *board.Refused
	if _, err := s.fronts[2].Submit(ctx, support(0).Raw()); !errors.As(err, &refused) || refused.Code != "dup" {
		t.Fatalf("another support with the card of one that is kept: %v", err)
	}
	if err := s.fronts[1].Close(); err != nil {
		t.Fatal(err)
	}
	for i := 3; i < 6; i++ {
		if _, err := s.fronts[2].Submit(ctx, support(i).Raw()); err != nil {
			t.Fatal(err)
		}
	}
	s.fronts = []*board.Board{s.fronts[0], s.fronts[2]}
	s.at(o.State.Now() + v.Plan.Rules.Call.Petition.Interval + 1)
	if have, _ := v.State().Supports(); have != 6 {
		t.Errorf("%d supports are on the log", have)
	}
	if f := simulate.Faults(o.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
}

// G11: of three front ends in processes of their own one is killed under load. Nothing that any of them promised is lost, all receipts hold,
// and the tree is one; the vote goes on with the others.
func TestG11_AFrontEndIsKilledUnderLoad(t *testing.T) {
	const members, fronts = 240, 3
	at := cloudtest.New(t)
	v := openVote(t, simulate.Config{Members: members, Revote: true}, members)
	folder := t.TempDir()
	keys, err := json.Marshal(childKeys{v.Org.LogSecret, v.Org.LogKey, hex.EncodeToString(v.Org.Board.Bytes()), &at})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	seedCloud(t, v.Org, at)
	now := v.Org.State.Now()
	ballots := make(chan *record.Record, members)
	for i := range members {
		ballots <- v.Ballot(i, []int{i % 3})
	}
	var victims []*victim
	var given []*handedOut
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wg sync.WaitGroup
	for range fronts {
		b := &victim{t: t, folder: folder}
		b.clock(now)
		b.start()
		defer b.kill()
		victims = append(victims, b)
		given = append(given, &handedOut{promises: make(map[record.ID]uint64), receipts: make(map[record.ID][]byte)})
	}
	for i, b := range victims {
		for range 8 {
			wg.Go(func() { given[i].load(ctx, t, v, b, ballots) })
		}
	}
	promised := func(i int) int {
		given[i].mu.Lock()
		defer given[i].mu.Unlock()
		return len(given[i].promises)
	}
	for begun := time.Now(); promised(1) < 20 && len(ballots) > 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("nothing is promised")
		}
		now++
		victims[0].clock(now) // time records are written in between, by whoever has the turn
	}
	victims[1].kill()
	wg.Wait()
	left := len(ballots)
	s := &site{t: t, org: v.Org, url: victims[2].url, Client: clientOf(t, v.Org, victims[2].url)}
	for len(ballots) > 0 {
		if _, err := s.Submit(ctx, <-ballots); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("the front ends promised %d, %d (killed) and %d; %d ballots were without an answer", promised(0), promised(1), promised(2), left)
	if promised(0) == 0 || promised(1) == 0 || promised(2) == 0 {
		t.Error("a front end has promised nothing")
	}
	victims[0].clock(v.Manifest.Closes)
	if _, err := s.Submit(ctx, v.Officer(&record.Closing{By: 1})); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); v.State().Phase != fold.Sealed; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("the board does not seal the vote")
		}
		given[2].read(t, v, victims[2])
	}
	// What each of them handed out holds on the others, and on one that starts now.
	victims[1].start()
	var heads []boardlog.SignedCheckpoint
	for _, h := range given {
		h.heads, heads = nil, append(heads, h.heads...)
	}
	for _, b := range victims {
		for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) { // a front end may know the newest checkpoint a moment later
			probe := new(handedOut)
			probe.see(t, v, clientOf(t, v.Org, b.url).Source())
			if len(probe.heads) == 1 && probe.heads[0].Size() >= uint64(len(v.Org.Log())) {
				break
			}
			if time.Since(begun) > time.Minute {
				t.Fatal("a front end shows no checkpoint that covers all")
			}
		}
		for _, h := range given {
			h.heads = nil
			h.check(t, v, b)
		}
		all := &handedOut{}
		all.see(t, v, clientOf(t, v.Org, b.url).Source())
		tree, err := boardlog.OpenTree(ctx, clientOf(t, v.Org, b.url).Source(), all.heads[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, head := range heads {
			if err := tree.Extends(ctx, head); err != nil {
				t.Errorf("a checkpoint of size %d: %v", head.Size(), err)
			}
		}
	}
	if got := v.State().Counted(); got != members {
		t.Errorf("%d ballots are counted, %d were cast", got, members)
	}
	if f := simulate.Faults(v.Org.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}
	v.Tally()
}

// Both kinds of store side by side: one front end on Badger, one and three on a database and a bucket, all in this process, so with the
// same processors. A member waits for the promise, and then, unless only that is looked at, for the receipt.
func BenchmarkIntakeStores(b *testing.B) {
	for _, fronts := range []int{0, 1, 3} {
		for _, wait := range []string{"promise", "receipt"} {
			b.Run(fmt.Sprintf("fronts=%d/%s", fronts, wait), func(b *testing.B) {
				benchmarkIntake(b, func(b *testing.B, o *simulate.Org, c board.Config) func(*record.Record) error {
					var at *cloud.Config
					if fronts > 0 {
						empty := cloudtest.New(b)
						seedCloud(b, o, empty)
						at = &empty
					}
					var boards []*board.Board
					for range max(fronts, 1) {
						front, err := open(c, at)
						if err != nil {
							b.Fatal(err)
						}
						b.Cleanup(func() { front.Close() })
						boards = append(boards, front)
					}
					var next atomic.Uint64
					return func(r *record.Record) error {
						front := boards[next.Add(1)%uint64(len(boards))]
						_, err := front.Submit(context.Background(), r.Raw())
						if err == nil && wait == "receipt" {
							_, err = front.Receipt(context.Background(), r.ID())
						}
						return err
					}
				})
			})
		}
	}
}
