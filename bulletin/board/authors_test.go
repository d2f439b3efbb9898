package board

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// Junk without a signature uses up the limit of all senders together, and no party is kept from being heard.
func TestJunkDoesNotSilenceTrustees(t *testing.T) {
	v := simulate.New(t, simulate.Config{}).Round().Vote()
	r := start(t, v.Org, func(c *Config) { c.RecordRate, c.RecordBurst = 1e-9, 3 })
	junk := func() []byte {
		return v.Org.Sign(v.ID, &record.KeygenCommit{Trustee: 1, Attempt: 1}, simulate.NewKey(t)).Raw()
	}
	for range 3 {
		r.refused("signature", junk())
	}
	r.refused(CodeRate, junk())
	r.take(v.By(1, v.Next(1)))
	for range 2 { // its own limit is three at once
		r.refused("attempt", v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 9}).Raw())
	}
	r.refused(CodeRate, v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 9}).Raw())
	r.take(v.By(2, v.Next(2))) // others are not bounded by it
}

// A trustee cannot have the board check one false stage after another, in which time nothing else is checked. An honest board does not record
// them, so the fold does not bar it.
func TestFalseStagesAreNotCheckedAgainAndAgain(t *testing.T) {
	v := simulate.New(t, simulate.Config{Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2, Contests: []contest.Contest{simulate.Rank("r", contest.MethodIRV, 4, 4, 1)}}).Round().Vote()
	v.Ceremony()
	v.Open()
	v.Round.Cards(0, 1, 2)
	for i := range 3 {
		v.Cast(i, []int{i})
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	r := start(t, v.Org)
	whole := v.MixBodies(2, 0)
	if len(whole) != 1 {
		t.Fatalf("a stage of %d parts", len(whole))
	}
	false1 := func(at int) []byte {
		b := *whole[0].(*record.Mix)
		b.Data = bytes.Clone(b.Data)
		b.Data[len(b.Data)-at] ^= 1
		return v.By(2, &b).Raw()
	}
	r.refused("mix", false1(32))
	r.refused(CodeRate, false1(64))
	r.refused(CodeRate, v.By(2, whole[0]).Raw())
	r.refused("dup", v.By(2, v.InputBody(2)).Raw()) // other kinds are looked at
	r.take(v.By(3, v.MixBodies(3, 0)[0]))           // others go on
}

// Every kind has an author whose signature frees it of the common limit, but those of members with their cards and of the board itself.
func TestEveryKindHasItsParty(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 1}, 1)
	r := start(t, v.Org)
	free := map[string]bool{"ballot": true, "check": true, "check-fault": true, "support": true, "genesis": true, "time": true, "seal": true}
	for _, b := range []record.Body{
		&record.Roll{By: 1}, &record.RollPart{By: 1}, &record.RollRemoval{By: 1}, &record.Round{By: 1}, &record.RollAccept{Registrar: 1}, &record.SlotKey{Registrar: 1},
		&record.Issues{Registrar: 1}, &record.Issue{Registrar: 1}, &record.Vote{By: 1}, &record.KeygenCommit{Trustee: 1}, &record.KeygenPackage{Trustee: 1},
		&record.KeygenShares{Trustee: 1}, &record.KeygenAccept{Trustee: 1}, &record.KeygenComplaint{Trustee: 1}, &record.KeygenTest{Trustee: 1},
		&record.KeygenRestart{By: 1}, &record.TrusteeReplace{By: 1}, &record.Opening{By: 1}, &record.Closing{By: 1}, &record.Promises{Author: 1},
		&record.Input{Trustee: 1}, &record.Shares{Trustee: 1}, &record.Lots{Trustee: 1}, &record.Mix{Trustee: 1}, &record.Decryption{Trustee: 1}, &record.Result{By: 1}, &record.Call{Member: 1},
		&record.Forum{By: 1}, &record.ForumHeld{By: 1}, &record.Statement{By: 1}, &record.Withheld{By: 1}, &record.SeedCommit{Registrar: 1},
		&record.Seed{Registrar: 1}, &record.Packet{By: 1}, &record.Mailing{Registrar: 1}, &record.Nomination{By: 1}, &record.Acceptance{By: 1},
		&record.Withdrawal{By: 1}, &record.Extend{By: 1}, &record.Cancel{By: 1}, &record.Annul{By: 1}, &record.Response{},
	} {
		if p, i := partyOf(b); p == nobody || i != 1 {
			t.Errorf("%s: party %d, number %d", b.Kind(), p, i)
		}
		free[b.Kind()] = true
	}
	for _, kind := range record.Kinds() {
		if !free[kind] {
			t.Errorf("%s: not tried", kind)
		}
	}
	for _, x := range []*record.Record{v.Officer(&record.Closing{By: 1}), v.By(2, &record.Shares{Trustee: 2}), v.Org.Sign(v.ID, &record.Promises{Author: 1}, v.Relays[0])} {
		if _, ok := r.author(x.Raw()); !ok {
			t.Errorf("%s: its author is not known", x.Kind())
		}
	}
	for _, x := range []*record.Record{v.Officer(&record.Closing{By: 2}), v.By(2, &record.Shares{Trustee: 1}), v.Officer(&record.Statement{}), v.By(1, &record.Shares{Trustee: 99})} {
		if _, ok := r.author(x.Raw()); ok {
			t.Errorf("%s: taken for its author's", x.Kind())
		}
	}
}

// A machine's clock that leaps to the year 2099 and back does not end every vote.
func TestAClockThatLeapsAheadIsNotBelieved(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	var log strings.Builder
	var wall, steady atomic.Int64
	wall.Store(int64(v.Org.State.Now()))
	r := start(t, v.Org, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	r.calendar = &calendar{
		wall:   func() time.Time { return time.Unix(wall.Load(), 0) },
		steady: func() time.Duration { return time.Duration(steady.Load()) },
		known:  time.Unix(wall.Load(), 0),
	}
	look := func(w, s int64) (now uint64) {
		t.Helper()
		wall.Add(w)
		steady.Add(s * int64(time.Second))
		r.at(v.Org.State.Now())
		r.View(func(s *fold.State) { now = s.Now() })
		return now
	}
	before := look(100, 100)
	if r.Trouble() != "" {
		t.Error(r.Trouble())
	}
	const leap = 2_000_000_000
	if now := look(leap, 60); now != before {
		t.Fatalf("the log's time went from %d to %d", before, now)
	}
	if !strings.Contains(r.Trouble(), "clock") || !strings.Contains(log.String(), "leapt ahead") {
		t.Errorf("trouble: %q, log: %s", r.Trouble(), &log)
	}
	a := r.take(v.Ballot(0, []int{simulate.Yes})) // ballots are taken
	var p record.Promise
	if err := record.OpenAnswer(v.Org.Genesis, a.Promise, &p, v.Org.Board.Public()); err != nil || p.At > v.Manifest.Closes {
		t.Errorf("the promise is of %d, %v", p.At, err)
	}
	r.refused("closing-time", v.Officer(&record.Closing{By: 1}).Raw())
	if now := look(60, 60); now != before {
		t.Errorf("the log's time went on to %d", now)
	}
	if now := look(-leap+60, 60); now <= before || now > before+1000 { // set right
		t.Errorf("the log's time is %d, it was %d", now, before)
	}
	if r.Trouble() != "" || !strings.Contains(log.String(), "right again") {
		t.Errorf("trouble: %q", r.Trouble())
	}
	before = look(200, 0) // less than what is looked at
	if now := look(-3600, 60); now != before || r.Trouble() != "" {
		t.Errorf("set back an hour: %d, %d before; %q", now, before, r.Trouble())
	}
	if now := look(3600+60, 60); now <= before || r.Trouble() != "" {
		t.Errorf("set right again: %d, %d before; %q", now, before, r.Trouble())
	}
}

func TestTheMachinesClockIsBelieved(t *testing.T) {
	c := newCalendar(nil)
	for range 3 {
		if now, jumped := c.read(); jumped != 0 || now < uint64(time.Now().Unix())-5 {
			t.Errorf("%d, %v", now, jumped)
		}
	}
}
