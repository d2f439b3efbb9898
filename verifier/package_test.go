package verifier_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

func openAndVerify(t testing.TB, pkg []byte, o verifier.Options) *verifier.Report {
	t.Helper()
	p, err := boardlog.OpenPackage(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		return verifier.Unread(err)
	}
	return verify(t, p, o)
}

// J5: after any single byte of a package is changed it fails, and where the byte is a record's, the record is named.
func TestJ5_EveryByteOfAPackageIsCovered(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 6})
	pkg := packageOf(t, v.Org)
	if r := openAndVerify(t, pkg, verifier.Options{Vote: v.ID}); !r.OK() {
		t.Fatalf("untouched: %v %s", r.Verdict, r.Problem)
	}
	kinds := make(map[string]bool)
	records := v.Org.Log()
	for i, raw := range records {
		at := bytes.Index(pkg, raw)
		if at < 0 {
			t.Fatalf("record %d is not in the package", i)
		}
		rec, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		kinds[rec.Kind()] = true
		for range 3 {
			changed := bytes.Clone(pkg)
			changed[at+rand.IntN(len(raw))] ^= byte(1 + rand.IntN(255))
			r := openAndVerify(t, changed, verifier.Options{Vote: v.ID})
			wantFailed(t, r, 3, "tree")
			if c := checkOf(t, r, 3); c.Faults[0].Index != int64(i) {
				t.Errorf("%s record %d was changed, %d is named", rec.Kind(), i, c.Faults[0].Index)
			}
		}
	}
	if len(kinds) < 15 {
		t.Errorf("only %d kinds were tried", len(kinds))
	}
	for range 400 {
		changed := bytes.Clone(pkg)
		at := rand.IntN(len(pkg))
		changed[at] ^= byte(1 + rand.IntN(255))
		if r := openAndVerify(t, changed, verifier.Options{Vote: v.ID}); r.OK() || r.Verdict == verifier.Unfinished {
			t.Errorf("byte %d of %d was changed: %v", at, len(pkg), r.Verdict)
		}
	}
}

func TestATruncatedPackageIsUnreadable(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3})
	pkg := packageOf(t, v.Org)
	for _, n := range []int{0, 1, 511, 512, 600, 4096, len(pkg) / 2, len(pkg) - 1024, len(pkg) - 512, len(pkg) - 1} {
		if r := openAndVerify(t, pkg[:n], verifier.Options{}); r.Verdict.ExitCode() != 2 {
			t.Errorf("%d of %d bytes: %v %s", n, len(pkg), r.Verdict, r.Problem)
		}
	}
	if r := openAndVerify(t, append(bytes.Clone(pkg), 0), verifier.Options{}); r.Verdict.ExitCode() != 1 {
		t.Errorf("a byte more: %v", r.Verdict)
	}
}

// G1, G2: a follower notices when a board takes back what it has shown.
func TestG1_AFollowerNoticesTwoHistories(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 5}).Round().Vote()
	v.Round.Cards(0, 1)
	v.Ceremony()
	v.Open()
	before := len(v.Org.Log())
	v.Cast(0, []int{simulate.Yes})
	v.Cast(1, []int{simulate.Yes})
	other := v.On(v.Org.Until(before))
	other.Cast(1, []int{simulate.No})
	other.Cast(0, []int{simulate.No})

	shown := sourceOf(t, v.Org)
	f := verifier.NewFollower(boardlog.SourceFunc(func(ctx context.Context, path string) ([]byte, error) { return shown.ReadFile(ctx, path) }))
	ctx := context.Background()
	if err := f.Update(ctx); err != nil {
		t.Fatal(err)
	}
	size := f.State().Size()
	shown = sourceOf(t, other.Org)
	var two *boardlog.HistoryError
	if err := f.Update(ctx); !errors.As(err, &two) || len(two.Known.Bytes()) == 0 || len(two.Shown.Bytes()) == 0 {
		t.Errorf("another history of the same size: %v", err)
	}
	shown = sourceOf(t, v.Org.Until(before))
	if err := f.Update(ctx); !errors.Is(err, boardlog.ErrStale) {
		t.Errorf("an older log: %v", err)
	}
	shown = sourceOf(t, v.Org)
	if err := f.Update(ctx); err != nil || f.State().Size() != size {
		t.Errorf("back to the first history: %v, size %d", err, f.State().Size())
	}
}

// J7: what is counted is what was checked. A source that answers differently when it is asked again cannot have one thing checked and
// another counted.
func TestJ7_ASourceThatAnswersTwiceDifferently(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 5}).Round().Vote()
	v.Round.Cards(0, 1)
	v.Ceremony()
	v.Open()
	fork := len(v.Org.Log())
	v.Cast(0, []int{simulate.Yes})
	v.Finish()
	other := v.On(v.Org.Until(fork))
	other.Cast(0, []int{simulate.No})
	other.Finish()
	for name, second := range map[string]boardlog.Source{"another history": sourceOf(t, other.Org), "nothing": boardlog.SourceFunc(func(context.Context, string) ([]byte, error) { return nil, nil })} {
		first := sourceOf(t, v.Org)
		asked := make(map[string]int)
		var mu sync.Mutex
		for after := range 3 {
			clear(asked)
			r := verify(t, boardlog.SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
				mu.Lock()
				defer mu.Unlock()
				if asked[path]++; asked[path] > after {
					return second.ReadFile(ctx, path)
				}
				return first.ReadFile(ctx, path)
			}), verifier.Options{Vote: v.ID})
			if !r.OK() {
				continue
			}
			want := v.State().Result.Contests[0].Counts
			if r.Root == record.ID(simulate.Root(other.Org.Log())) {
				want = other.State().Result.Contests[0].Counts
			}
			for j, o := range r.Votes[0].Contests[0].Options {
				if o.Count != want[j] {
					t.Errorf("%s after %d answers: verified root %s with the counts of another log", name, after, r.Root.Short())
				}
			}
		}
	}
}
