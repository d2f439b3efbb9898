package simulate_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// folded checks that a log of a vote is accepted to the last record.
func folded(t *testing.T, v *simulate.Vote) *fold.Vote {
	t.Helper()
	state, outcomes := simulate.Replay(v.Org.Log())
	if f := simulate.Faults(outcomes); f != "" {
		t.Fatalf("refused records:\n%s", f)
	}
	got := state.Vote(v.ID)
	if got.Phase != fold.Certified {
		t.Fatalf("phase %v", got.Phase)
	}
	return got
}

func TestWhole(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 20, Revote: true})
	got := folded(t, v)
	if got.Counted() != 14 || got.Round.Issued(1) != 16 || got.Result.Roll != 20 {
		t.Errorf("%d counted of %d cards of %d members", got.Counted(), got.Round.Issued(1), got.Result.Roll)
	}
	var sum uint64
	for _, n := range got.Result.Contests[0].Counts {
		sum += n
	}
	if sum == 0 || sum >= got.Counted() {
		t.Errorf("counts %v of %d ballots, of which some are blank", got.Result.Contests[0].Counts, got.Counted())
	}
}

// TestTwoVotesAndTwoRounds holds three votes on one log, two of them at once with the same cards.
func TestTwoVotesAndTwoRounds(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 4, Registrars: 2, Slots: 2})
	r := o.Round()
	r.Cards(3, 0, 1)
	a := r.Vote()
	b := r.Vote(func(m *record.Vote) {
		m.Contests = []contest.Contest{simulate.Choose("seats", 4, 1, 2, 2)}
		m.Revote = true
	})
	a.Ceremony()
	b.Ceremony()
	a.Open()
	b.Open()
	a.Cast(0, []int{simulate.Yes})
	b.Cast(0, []int{0, 1})
	a.Cast(3, []int{simulate.No})
	b.Cast(3, []int{3})
	b.Cast(3, []int{1})
	a.Finish()
	b.Finish()
	next := o.Round(func(m *record.Round) { m.Slots = 1 })
	next.Cards(2)
	c := next.Vote()
	c.Ceremony()
	c.Open()
	c.Cast(2, nil)
	c.Finish()
	for i, want := range map[*simulate.Vote][]uint64{a: {1, 1, 0}, b: {1, 2, 0, 0}, c: {0, 0, 0}} {
		if got := folded(t, i).Result.Contests[0].Counts; !slices.Equal(got, want) {
			t.Errorf("counts %v, want %v", got, want)
		}
	}
}

// TestForksAreIndependent goes on from one moment in two ways.
func TestForksAreIndependent(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3, Registrars: 1})
	log := v.Org.Log()
	opened := slices.IndexFunc(log, func(raw []byte) bool {
		r, err := record.Decode(raw)
		return err == nil && r.Kind() == "opening"
	})
	a := v.On(v.Org.Until(opened + 1))
	b := v.On(v.Org.Until(opened + 1))
	a.Cast(0, []int{simulate.Yes})
	a.Finish()
	b.Cast(0, []int{simulate.No})
	b.Round.Cards(2)
	b.Cast(2, []int{simulate.No})
	b.Finish()
	if x, y := folded(t, a).Result.Contests[0].Counts, folded(t, b).Result.Contests[0].Counts; !slices.Equal(x, []uint64{1, 0, 0}) || !slices.Equal(y, []uint64{0, 2, 0}) {
		t.Errorf("counts %v and %v", x, y)
	}
	for i, raw := range v.Org.Log() {
		if !bytes.Equal(raw, log[i]) {
			t.Fatalf("record %d of the first log has changed", i)
		}
	}
	if len(v.Org.Log()) != len(log) {
		t.Error("the first log has grown")
	}
}

// TestRebuild leaves a ballot out of a log whose result counts it.
func TestRebuild(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3, Registrars: 1})
	log := v.Org.Log()
	i := slices.IndexFunc(log, func(raw []byte) bool {
		r, err := record.Decode(raw)
		return err == nil && r.Kind() == "ballot"
	})
	less := v.Org.Rebuild(slices.Concat(log[:i], log[i+1:]))
	fault, found := less.State.Fault(v.ID)
	if !found || fault.Code != "result-input" {
		t.Errorf("a log without a ballot: %v", fault)
	}
	if bytes.Equal(less.Checkpoint(), v.Org.CheckpointAt(len(log)-1)) {
		t.Error("another log has the same checkpoint")
	}
	if _, found := v.Org.State.Fault(v.ID); found || len(v.Org.Log()) != len(log) {
		t.Error("the first log has changed")
	}
}

// TestForgeIsHonestUntilChanged: a ballot made the long way, and not changed, is accepted.
func TestForgeIsHonestUntilChanged(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 4, Revote: true, Contests: []contest.Contest{
		simulate.YesNo("a"), simulate.Choose("b", 3, 1, 1, 1), simulate.Choose("c", 2, 0, 2, 1),
	}})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	o.Post(v.Forge(v.Credential(0), []int{simulate.Yes}, []int{2}, []int{0, 1}).Record())
	o.Post(v.Forge(v.Credential(0), nil, []int{0}, nil).Record())
	f := v.Forge(v.Credential(1), []int{simulate.Yes}, []int{2}, []int{0, 1})
	f.Values[0][simulate.Yes] = 3
	f.Encrypt()
	if got := o.Append(f.Record().Raw()); got.Code != "proof" {
		t.Errorf("three votes for one option: %v", got)
	}
}

// TestSameRandomnessSameLog: with the randomness of the process fixed, two organisations are alike to the last byte.
func TestSameRandomnessSameLog(t *testing.T) {
	logs := make([][][]byte, 3)
	for i, seed := range []uint64{1, 1, 2} {
		t.Run("", func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, seed)
			logs[i] = simulate.Whole(t, simulate.Config{Members: 2, Registrars: 1, Trustees: 1}).Org.Log()
		})
	}
	if !slices.EqualFunc(logs[0], logs[1], bytes.Equal) {
		t.Error("the same seed gives two logs")
	}
	if slices.EqualFunc(logs[0], logs[2], bytes.Equal) {
		t.Error("two seeds give one log")
	}
}

// TestOnlyTestsImportThis looks at every file of the module. Other test support is named so: blindtest, partytest.
func TestOnlyTestsImportThis(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		for _, i := range f.Imports {
			if i.Path.Value == `"mandate/ballot/simulate"` && !strings.HasSuffix(f.Name.Name, "test") {
				t.Errorf("%s imports it and is no test", path)
			}
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("%d files: %v", files, err)
	}
}

func BenchmarkWhole(b *testing.B) {
	for b.Loop() {
		simulate.Whole(b, simulate.Config{Members: 10})
	}
}
