package board

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
)

// reopen tries to start a board on a log.
func reopen(c Config, log Log) error {
	b, err := OpenOn(context.Background(), c, log)
	if err != nil {
		return err
	}
	return b.Close()
}

func TestNewLogGetsItsGenesisRecord(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	c := configOf(o)
	if err := reopen(c, newMemoryLog(o.LogSigner)); err == nil || !strings.Contains(err.Error(), "no genesis record is given") {
		t.Errorf("a new log without a genesis record: %v", err)
	}
	bad := *o.GenesisBody()
	bad.Commission = nil
	c.Genesis = &bad
	if err := reopen(c, newMemoryLog(o.LogSigner)); err == nil || !strings.Contains(err.Error(), "commission: 0 keys") {
		t.Errorf("a genesis record without a commission: %v", err)
	}
	c.Genesis = &record.Genesis{Title: o.GenesisBody().Title, Commission: o.GenesisBody().Commission}
	log := newMemoryLog(o.LogSigner)
	for range 2 { // the second time it is there
		if err := reopen(c, log); err != nil {
			t.Fatal(err)
		}
	}
	if len(log.entries) != 1 {
		t.Fatalf("the log has %d records", len(log.entries))
	}
	r, err := record.Decode(log.entries[0])
	if err != nil {
		t.Fatal(err)
	}
	if g := r.Body.(*record.Genesis); g.LogKey != o.LogKey || g.Board != o.Board.Public().Encoding() || g.Origin != o.LogSigner.Name() {
		t.Errorf("the genesis record says %+v", g)
	}
}

func TestRestartGoesOnWhereItWas(t *testing.T) {
	v := openVote(t, simulate.Config{Revote: true}, 3)
	r := start(t, v.Org)
	first := v.Ballot(0, []int{simulate.Yes})
	a := r.take(first)
	r.take(v.Ballot(1, []int{simulate.No}))
	r.follow()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := startOn(t, v.Org, r.log)
	if b := again.take(first); b.Index != a.Index {
		t.Errorf("the ballot was at %d and is at %d", a.Index, b.Index)
	}
	again.post(v.Ballot(0, []int{simulate.No})) // its successor
	again.at(v.Manifest.Closes)
	again.post(v.Officer(&record.Closing{By: 1}))
	again.follow()
	v.Tally()
	if f := simulate.Faults(v.Org.Outcomes()); f != "" {
		t.Error(f)
	}
	if got := v.State().Result.Contests[0].Counts; !slices.Equal(got, []uint64{0, 2, 0}) {
		t.Errorf("the result is %v", got)
	}
}

// A board that was killed between a closing and what it owes then, does it when it is back.
func TestRestartAfterClosing(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	v.Cast(0, []int{simulate.Yes})
	v.Close()
	r := start(t, v.Org)
	r.at(v.Manifest.Closes)
	if got := r.phase(v.ID); got != fold.Sealed {
		t.Errorf("the vote is %v", got)
	}
}

func TestLogThatDoesNotHoldIsRefused(t *testing.T) {
	v := openVote(t, simulate.Config{}, 3)
	for i := range 3 {
		v.Cast(i, []int{simulate.Yes})
	}
	whole, signer := v.Org.Log(), v.Org.LogSigner
	for name, x := range map[string]struct {
		edit func([][]byte) [][]byte
		want string
	}{
		"as it is": {func(l [][]byte) [][]byte { return l }, ""},
		"a byte of a ballot changed": {func(l [][]byte) [][]byte {
			l[len(l)-2][len(l[len(l)-2])-1] ^= 1
			return l
		}, "void(proof)"},
		"a ballot twice": {func(l [][]byte) [][]byte { return append(l, l[len(l)-2]) }, "again"},
		"a second ballot of a card": {func(l [][]byte) [][]byte {
			return append(l, v.Ballot(0, []int{simulate.No}).Raw())
		}, "void(spent)"},
		"no record":         {func(l [][]byte) [][]byte { return append(l, []byte("hello")) }, "fatal(malformed)"},
		"an early closing":  {func(l [][]byte) [][]byte { return append(l, v.Officer(&record.Closing{By: 1}).Raw()) }, "fatal(closing-time)"},
		"without a genesis": {func(l [][]byte) [][]byte { return l[1:] }, "fatal(genesis)"},
		"a stranger's record": {func(l [][]byte) [][]byte {
			return append(l, v.Org.Sign(v.ID, &record.Closing{By: 1}, simulate.NewKey(t)).Raw())
		}, "void(signature)"},
	} {
		l := make([][]byte, len(whole))
		for i := range l {
			l[i] = slices.Clone(whole[i])
		}
		err := reopen(configOf(v.Org), newMemoryLog(signer, x.edit(l)...))
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

// Records were lost, or are not those that the log has signed.
func TestLogBehindItsCheckpointIsRefused(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	fork := v.On(v.Org.Fork())
	v.Cast(0, []int{simulate.Yes})
	fork.Cast(1, []int{simulate.Yes})
	shown := newMemoryLog(v.Org.LogSigner, v.Org.Log()...)
	for name, x := range map[string]struct {
		log  [][]byte
		want string
	}{
		"fewer records":  {v.Org.Log()[:len(v.Org.Log())-1], "is signed, there are"},
		"other records":  {fork.Org.Log(), "do not give the root"},
		"the same":       {v.Org.Log(), ""},
		"records beyond": {append(v.Org.Log(), v.Ballot(1, []int{simulate.No}).Raw()), ""},
	} {
		log := newMemoryLog(v.Org.LogSigner, x.log...)
		log.older = shown
		err := reopen(configOf(v.Org), log)
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

func TestKeysOfAnotherBoardAreRefused(t *testing.T) {
	o, other := simulate.New(t, simulate.Config{}), simulate.New(t, simulate.Config{})
	for name, change := range map[string]func(*Config){
		"board key":     func(c *Config) { c.Key = other.Board },
		"both log keys": func(c *Config) { c.Signer, c.LogKey = other.LogSigner, other.LogKey },
		"log key":       func(c *Config) { c.LogKey = other.LogKey },
		"no signer":     func(c *Config) { c.Signer = nil },
		"no key":        func(c *Config) { c.Key = sigma.SecretKey{} },
		"no log key":    func(c *Config) { c.LogKey = "" },
		"negative":      func(c *Config) { c.Batch = -1 },
	} {
		c := configOf(o)
		change(&c)
		if err := reopen(c, newMemoryLog(o.LogSigner, o.Log()...)); err == nil {
			t.Errorf("%s: the board started", name)
		}
	}
}
