package trustee

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

var quiet = slog.New(slog.DiscardHandler)

// office is a trustee's folder and key; every step opens it anew, as after a restart.
type office struct {
	dir   string
	key   sigma.SecretKey
	board *memory
}

func (f *office) open(t *testing.T) *Trustee {
	t.Helper()
	v, err := vault.Open(f.dir, []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	return New(f.board, v, f.key, quiet)
}

func (f *office) step(t *testing.T) bool {
	t.Helper()
	posted, err := f.open(t).Step(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return posted
}

// forget has the trustee know nothing of what the board has shown, for tests of what it does then.
func (f *office) forget(t *testing.T) {
	t.Helper()
	heads, err := filepath.Glob(filepath.Join(f.dir, "head-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if err := os.Remove(h); err != nil {
			t.Fatal(err)
		}
	}
}

// call calls a vote whose trustees have only their folders and the board.
func call(t *testing.T, c simulate.Config) (*simulate.Vote, *memory, []*office) {
	t.Helper()
	board := &memory{Org: simulate.New(t, c)}
	var offices []*office
	v := board.Org.Round().Vote(func(m *record.Vote) {
		for i := range m.Trustees {
			f := &office{dir: t.TempDir(), key: simulate.NewKey(t), board: board}
			if _, err := vault.Create(f.dir, []byte("pass"), vault.Options{WorkFactor: 2}); err != nil {
				t.Fatal(err)
			}
			m.Trustees[i].Key = f.key.Public().Encoding()
			offices = append(offices, f)
		}
	})
	return v, board, offices
}

// work has trustees take steps until none has anything to do.
func work(t *testing.T, offices ...*office) {
	t.Helper()
	for range 100 {
		idle := true
		for _, f := range offices {
			if f.step(t) {
				idle = false
			}
		}
		if idle {
			return
		}
	}
	t.Fatal("the trustees do not come to an end")
}

// toSeal has a vote opened, voted in and sealed.
func toSeal(t *testing.T, v *simulate.Vote, choices ...int) {
	t.Helper()
	entries := make([]int, len(choices))
	for i := range entries {
		entries[i] = i
	}
	v.Round.Cards(entries...)
	v.Open()
	for i, c := range choices {
		v.Cast(i, []int{c})
	}
	v.Close()
	v.Promises()
	v.Seal()
}

// Any t of n trustees, as long as q have signed the input, come to the same result.
func TestE10_AnyTrusteesThatSufficeGiveTheSameResult(t *testing.T) {
	for _, c := range []struct{ n, t, q, act int }{{3, 2, 2, 2}, {4, 2, 3, 3}} {
		t.Run(fmt.Sprintf("n=%d t=%d q=%d", c.n, c.t, c.q), func(t *testing.T) {
			v, board, offices := call(t, simulate.Config{Members: 6, Trustees: c.n, Threshold: c.t, Quorum: c.q})
			work(t, offices...)
			toSeal(t, v, simulate.Yes, simulate.No, simulate.Yes, simulate.Abstain)
			sealed := board.Org
			for absent := range 1 << c.n {
				var acting []*office
				for i, f := range offices {
					if absent>>i&1 == 0 {
						acting = append(acting, f)
					}
				}
				if len(acting) != c.act {
					continue
				}
				board.Org = sealed.Fork()
				for _, f := range acting {
					f.forget(t)
				}
				work(t, acting...)
				officer := commission.New(board, board.Org.Commission[0], quiet)
				if posted, err := officer.Step(context.Background()); err != nil || !posted {
					t.Fatalf("trustees %b: certified %v, %v", ^absent, posted, err)
				}
				got := board.Org.State.Vote(v.ID)
				if got.Phase != fold.Certified || !slices.Equal(got.Result.Contests[0].Counts, []uint64{2, 1, 1}) {
					t.Errorf("trustees %b: %v %+v", ^absent, got.Phase, got.Result)
				}
			}
			board.Org = sealed.Fork()
			for _, f := range offices[:c.q-1] {
				f.forget(t)
				f.step(t)
				f.step(t)
			}
			if s := board.Org.State.Vote(v.ID); len(s.SharesOf(0)) != 0 {
				t.Error("shares were given before enough trustees had signed the input")
			}
		})
	}
}

// E14, D5: a trustee that has signed one sealed ballot box gives nothing for another, and keeps what it was shown.
func TestE14_ASecondSealedInputIsRefused(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 6, Trustees: 3, Threshold: 2, Quorum: 2})
	work(t, offices...)
	ready := board.Org.Fork()
	toSeal(t, v, simulate.Yes, simulate.No)
	offices[0].step(t)

	board.Org = ready
	other := v.On(ready)
	toSeal(t, other, simulate.Yes, simulate.No, simulate.No)
	var two *boardlog.HistoryError
	if posted, err := offices[0].open(t).Step(context.Background()); !errors.As(err, &two) || posted {
		t.Fatalf("posted %v, %v", posted, err)
	}
	offices[0].forget(t)
	for range 2 {
		posted, err := offices[0].open(t).Step(context.Background())
		if !errors.Is(err, ErrSecondInput) || posted {
			t.Fatalf("posted %v, %v", posted, err)
		}
	}
	if s := board.Org.State.Vote(v.ID); s.Inputs() != 0 || len(s.SharesOf(0)) != 0 {
		t.Error("the trustee worked on a second history")
	}
	secrets, err := vault.Open(offices[0].dir, []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := secrets.Read(inputName(v.ID) + ".second")
	if err != nil || !strings.Contains(string(kept), board.Org.GenesisBody().Origin) {
		t.Errorf("the other history's checkpoint was not kept: %v", err)
	}
}

// E14, E2: the board shows a trustee that is started again an earlier moment, and lets it fail there, so that key generation begins anew. The trustee
// keeps the share that the voters of the first history rely on.
func TestE14_AnEarlierMomentWithAnotherFutureIsRefused(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	early := board.Org.Fork()
	work(t, offices...)
	toSeal(t, v, simulate.Yes, simulate.No)
	first := board.Org

	board.Org = early
	c := early.State.Vote(v.ID).Ceremony
	early.Time(c.Deadline() + 1)
	early.Post(v.On(early).Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartSilent}))
	for len(early.Log()) < len(first.Log()) {
		early.Time(early.State.Now())
	}
	for _, f := range offices {
		var two *boardlog.HistoryError
		if posted, err := f.open(t).Step(context.Background()); !errors.As(err, &two) || posted {
			t.Fatalf("posted %v, %v", posted, err)
		}
		kept, err := filepath.Glob(filepath.Join(f.dir, "head-*.second.age"))
		if err != nil || len(kept) != 1 {
			t.Errorf("the evidence is not kept: %v %v", kept, err)
		}
	}
	board.Org = first
	work(t, offices...)
	if n := len(first.State.Vote(v.ID).SharesOf(0)); n != 3 {
		t.Errorf("%d shares of 3", n)
	}
}

// A trustee that missed two deadlines is put back into its place with a new key, by the same people on the same folder.
func TestAReplacedTrusteeComesBackWithANewKey(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	officer := commission.New(board, board.Org.Commission[0], quiet)
	c := board.Org.State.Vote(v.ID).Ceremony
	offices[2].step(t) // commits, and is not heard of again
	for range 2 {
		work(t, offices[:2]...)
		board.Org.Time(c.Deadline() + 1)
		if posted, err := officer.Step(context.Background()); err != nil || !posted {
			t.Fatalf("restarted %v, %v", posted, err)
		}
	}
	offices[2].key = simulate.NewKey(t)
	with := record.Trustee{Name: "Trustee 3 again", Key: offices[2].key.Public().Encoding()}
	if err := officer.Replace(context.Background(), v.ID, 3, with, "was ill"); err != nil {
		t.Fatal(err)
	}
	work(t, offices...)
	if !c.Ready() || c.Attempt() != 3 {
		t.Errorf("attempt %d, waits for %v of %v", c.Attempt(), c.Missing(), c.Step())
	}
}

// E9: a trustee gives nothing for a vote that does not verify.
func TestE9_ATrusteeRefusesARefutedVote(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	work(t, offices...)
	toSeal(t, v, simulate.Yes, simulate.No)
	board.Org.Append([]byte("not a record"))
	posted, err := offices[0].open(t).Step(context.Background())
	if !errors.Is(err, ErrRefuted) || posted {
		t.Fatalf("posted %v, %v", posted, err)
	}
}

// A trustee whose folder is lost after key generation signs the input and cannot decrypt; it makes nothing up.
func TestAShareThatIsLostIsLost(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	work(t, offices...)
	toSeal(t, v, simulate.Yes, simulate.No)
	lost := &office{dir: t.TempDir(), key: offices[0].key, board: board}
	if _, err := vault.Create(lost.dir, []byte("pass"), vault.Options{WorkFactor: 2}); err != nil {
		t.Fatal(err)
	}
	work(t, offices[1])
	lost.step(t)
	if _, err := lost.open(t).Step(context.Background()); err == nil {
		t.Fatal("a trustee without a share gave one")
	}
	work(t, offices[1], offices[2])
	if n := len(board.Org.State.Vote(v.ID).SharesOf(0)); n != 2 {
		t.Errorf("%d shares, want those of the two others", n)
	}
}

// A record that the board refuses is said again at the next step, from the same secrets.
func TestWhatWasNotRecordedIsSaidAgain(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	refusing := true
	board.Submitted = func(*record.Record) error {
		refusing = !refusing
		if !refusing {
			return errors.New("the network is down")
		}
		return nil
	}
	for range 100 {
		for _, f := range offices {
			f.open(t).Step(context.Background())
		}
	}
	if c := board.Org.State.Vote(v.ID).Ceremony; !c.Ready() || c.Attempt() != 1 {
		t.Fatalf("attempt %d, step %v", c.Attempt(), c.Step())
	}
}

// A silent trustee is named, the attempt starts anew, and the one who comes back takes part.
func TestASilentTrusteeIsNamed(t *testing.T) {
	v, board, offices := call(t, simulate.Config{Members: 4})
	officer := commission.New(board, board.Org.Commission[0], quiet)
	work(t, offices[:2]...)
	state := board.Org.State.Vote(v.ID)
	if posted, err := officer.Step(context.Background()); err != nil || posted {
		t.Fatalf("before the deadline: %v %v", posted, err)
	}
	board.Org.Time(state.Ceremony.Deadline() + 1)
	if posted, err := officer.Step(context.Background()); err != nil || !posted {
		t.Fatalf("after the deadline: %v %v", posted, err)
	}
	if state.Ceremony.Attempt() != 2 || state.Ceremony.Faults(3) != 1 {
		t.Fatalf("attempt %d, faults %d", state.Ceremony.Attempt(), state.Ceremony.Faults(3))
	}
	work(t, offices...)
	if !state.Ceremony.Ready() {
		t.Errorf("waits for %v of %v", state.Ceremony.Missing(), state.Ceremony.Step())
	}
}
