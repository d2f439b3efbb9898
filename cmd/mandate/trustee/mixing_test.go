package trustee

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/vault"
)

// ranked calls a vote with a choice and a ranked contest, has the trustees make its key and so many members vote.
func ranked(t *testing.T, voters int, c simulate.Config) (*simulate.Vote, *memory, []*office) {
	t.Helper()
	c.Members, c.Registrars = voters, 1
	c.Contests = []contest.Contest{simulate.YesNo("q"), simulate.Rank("order", contest.MethodIRV, 3, 3, 1)}
	v, board, offices := call(t, c)
	work(t, offices...)
	entries := make([]int, voters)
	for i := range entries {
		entries[i] = i
	}
	v.Round.Cards(entries...)
	v.Open()
	for i := range entries {
		v.Cast(i, v.Choice(i)...)
	}
	v.Close()
	v.Promises()
	v.Seal()
	return v, board, offices
}

func certify(t *testing.T, board *memory) {
	t.Helper()
	if posted, err := commission.New(board, board.Org.Commission[0], quiet).Step(context.Background()); err != nil || !posted {
		t.Fatalf("certified %v, %v", posted, err)
	}
}

// kept returns what a trustee's folder has of the mix of contest 1.
func (f *office) kept(t *testing.T, vote record.ID) (stored []byte) {
	t.Helper()
	v, err := vault.Open(f.dir, []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	if stored, err = v.Read(mixerName(vote, 1)); err != nil {
		t.Fatal(err)
	}
	return stored
}

// D5: trustees that are killed before any of their records, of which a stage has two, and again before they have heard of it, go on from their folders with the same bytes; the result
// is certified, and the stages that they kept are dropped.
func TestD5_TrusteesAreKilledBetweenParts(t *testing.T) {
	const voters = 270
	v, board, offices := ranked(t, voters, simulate.Config{Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2})
	type place struct{ trustee, stage, part uint64 }
	said := make(map[place][]byte)
	killed := errors.New("killed")
	board.Submitted = func(r *record.Record) error {
		b, ok := r.Body.(*record.Mix)
		if !ok {
			return nil
		}
		at := place{b.Trustee, b.Stage, b.Part}
		first, again := said[at]
		switch {
		case !again:
			said[at] = b.Data
			if b.Part == 0 {
				if len(offices[b.Trustee-1].kept(t, v.ID)) < 224*voters {
					t.Errorf("trustee %d has not kept its stage", b.Trustee)
				}
			}
			return killed
		case !bytes.Equal(first, b.Data):
			t.Errorf("stage %d, part %d of trustee %d has changed", b.Stage, b.Part, b.Trustee)
		}
		return nil
	}
	board.Recorded = func(r *record.Record) error {
		if r.Kind() == "mix" || r.Kind() == "decryption" {
			return killed
		}
		return nil
	}
	for range 20 {
		for _, f := range offices {
			if _, err := f.open(t).Step(context.Background()); err != nil && !errors.Is(err, killed) {
				t.Fatal(err)
			}
		}
	}
	m := board.Org.State.Vote(v.ID).Mixing(1)
	if len(said) != 4 || !m.Opened() || len(m.Decrypted()) != 3 {
		t.Fatalf("%d parts, stages %v, decrypted %v", len(said), m.Mixers(), m.Decrypted())
	}
	certify(t, board)
	got := board.Org.State.Vote(v.ID).Result.Contests[1]
	if got.Counts[0]+got.Counts[1] != voters || got.Counts[2] != 0 || got.Outcome != contest.OutcomeElected {
		t.Errorf("%+v", got)
	}
	for i, f := range offices {
		f.step(t)
		if n := len(f.kept(t, v.ID)); n > 1000 {
			t.Errorf("trustee %d keeps %d bytes", i+1, n)
		}
	}
}

// A trustee who has made a stage in vain, and whom the result came without, does not keep it for ever.
func TestAStageMadeInVainIsDropped(t *testing.T) {
	v, board, offices := ranked(t, 4, simulate.Config{Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2})
	var down bool
	board.Submitted = func(r *record.Record) error {
		if b, ok := r.Body.(*record.Mix); ok && b.Trustee == 2 { // whose turn it is
			down = true
			return errors.New("the network is down")
		}
		return nil
	}
	for range 3 {
		offices[0].step(t)
		offices[1].open(t).Step(context.Background())
	}
	if !down || len(offices[1].kept(t, v.ID)) < 4*224 {
		t.Fatalf("no stage was made in vain")
	}
	mixWithout(t, v, board, offices[0], offices[2])
	certify(t, board)
	offices[1].step(t)
	if n := len(offices[1].kept(t, v.ID)); n > 500 {
		t.Errorf("the trustee keeps %d bytes", n)
	}
}

// mixWithout has two trustees do everything without the third, after a pause.
func mixWithout(t *testing.T, v *simulate.Vote, board *memory, offices ...*office) {
	t.Helper()
	now := time.Now()
	var sides []*Trustee
	for _, f := range offices {
		side := f.open(t)
		side.now = func() time.Time { return now }
		sides = append(sides, side)
	}
	for range 10 {
		now = now.Add(10 * patience)
		for _, s := range sides {
			if _, err := s.Step(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if m := board.Org.State.Vote(v.ID).Mixing(1); !m.Opened() {
		t.Fatalf("mixed by %v, decrypted by %v", m.Mixers(), m.Decrypted())
	}
}

// The turn of a trustee who is not heard of any more is taken over after a while, by the next one first; nobody works twice before that.
func TestASilentMixersTurnIsTakenOver(t *testing.T) {
	v, board, offices := ranked(t, 6, simulate.Config{Trustees: 4, Threshold: 2, Quorum: 3, Mixes: 2})
	now := time.Now()
	var sides []*Trustee
	for _, f := range offices {
		side := f.open(t)
		side.now = func() time.Time { return now }
		sides = append(sides, side)
	}
	state := func() *tally.Mixing { return board.Org.State.Vote(v.ID).Mixing(1) }
	step := func(trustees ...int) (posted bool) {
		t.Helper()
		for _, i := range trustees {
			did, err := sides[i-1].Step(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			posted = posted || did
		}
		return posted
	}
	for step(1, 3, 4) { // inputs, shares and lots
	}
	// Contest 1 begins with trustee 2, who is not there.
	if m := state(); m.Turn() != 2 || len(m.Mixers()) != 0 {
		t.Fatalf("turn of %d, stages by %v", m.Turn(), m.Mixers())
	}
	each := patience + 6*patiencePerBallot
	now = now.Add(each - time.Second)
	if step(1, 3, 4) {
		t.Error("somebody was impatient")
	}
	now = now.Add(2 * time.Second)
	if step(4, 1) {
		t.Error("trustee 3 is the next")
	}
	if !step(3) || !slices.Equal(state().Mixers(), []int{3}) {
		t.Fatalf("stages by %v", state().Mixers())
	}
	// The pause begins anew with each stage, and the turn is trustee 4's.
	if step(1) || !step(4) || !slices.Equal(state().Mixers(), []int{3, 4}) {
		t.Fatalf("stages by %v", state().Mixers())
	}
	for step(1, 3, 4) {
	}
	if !state().Opened() {
		t.Error("not opened")
	}
	certify(t, board)
}

// D5: a trustee that has decrypted the shuffled ballots of one history gives nothing for another shuffle of the same box.
func TestD5_ASecondShuffleOfTheSameBoxIsNotDecrypted(t *testing.T) {
	v, board, offices := ranked(t, 5, simulate.Config{Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2})
	for range 2 {
		offices[0].step(t)
		offices[1].step(t)
	}
	two := board.Org.Fork()
	work(t, offices...)
	first := board.Org.State.Vote(v.ID).Mixing(1)
	if !first.Opened() {
		t.Fatal("not opened")
	}
	sealed := func(o *simulate.Org) record.ID { return o.State.Vote(v.ID).SealRoot }
	if sealed(two) != sealed(board.Org) {
		t.Fatal("another box")
	}

	// The board shows all of them another future of the sealed box. Trustees 2 and 3 have lost all that they knew; trustee 1 has forgotten only
	// what the log was.
	board.Org = two
	for _, f := range offices {
		f.forget(t)
	}
	mixWithout(t, v, board, lost(t, offices[1], v.ID), lost(t, offices[2], v.ID))
	posted, err := offices[0].open(t).Step(context.Background())
	if !errors.Is(err, tally.ErrSecondBox) || posted {
		t.Errorf("posted %v, %v", posted, err)
	}
	if slices.Contains(board.Org.State.Vote(v.ID).Mixing(1).Decrypted(), 1) {
		t.Error("trustee 1 has decrypted two lists")
	}
}

// lost returns the trustee without what it knows of the mix.
func lost(t *testing.T, f *office, vote record.ID) *office {
	t.Helper()
	if err := os.Remove(filepath.Join(f.dir, mixerName(vote, 1)+".age")); err != nil {
		t.Fatal(err)
	}
	return f
}

// D8: a board puts a stage on the log that is no shuffle of the list before. Every trustee finds out for itself, and goes on from the list as it was.
func TestD8_AStageThatDoesNotHoldIsNotBuiltOn(t *testing.T) {
	v, board, offices := ranked(t, 5, simulate.Config{Trustees: 3, Threshold: 2, Quorum: 2, Mixes: 2})
	var forged []byte
	board.Submitted = func(r *record.Record) error {
		if b, ok := r.Body.(*record.Mix); ok && b.Trustee == 2 {
			bad := *b
			bad.Data = slices.Clone(b.Data)
			bad.Data[len(bad.Data)-32] ^= 1 // a response
			forged = board.Org.Sign(v.ID, &bad, offices[1].key).Raw()
			return errors.New("dropped")
		}
		return nil
	}
	for range 3 {
		for _, f := range offices {
			f.open(t).Step(context.Background())
		}
	}
	if forged == nil {
		t.Fatal("trustee 2 has posted no stage")
	}
	board.Submitted = nil
	if o := board.Org.Append(forged); o.Status != fold.Void || o.Code != tally.CodeMix {
		t.Fatalf("%v", o)
	}
	for range 20 { // trustee 2 is barred from the mix, and can still decrypt
		for _, f := range offices {
			f.step(t)
		}
	}
	m := board.Org.State.Vote(v.ID).Mixing(1)
	if !slices.Equal(m.Mixers(), []int{3, 1}) || !m.Opened() || !slices.Equal(m.Barred(), []int{2}) {
		t.Errorf("stages by %v, decrypted by %v, barred %v", m.Mixers(), m.Decrypted(), m.Barred())
	}
	certify(t, board)
}
