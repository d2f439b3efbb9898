package verifier_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
)

// What became of the roll is on the report of every vote that uses it, and fails nothing.
func TestRemovalsAreOnTheReport(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 6}).Round().Vote()
	roll := v.Round.Manifest.Roll
	v.Round.Cards(0, 1, 2)
	v.Org.Remove(roll, true, 2, 4, 5) // entry 2 has its card
	first := v.Org.State.Now()
	v.Org.Remove(roll, false, 5)
	v.Ceremony()
	v.Open()
	v.Org.Remove(roll, true, 0)
	last := v.Org.State.Now()
	v.Org.Post(v.Round.By(2, &record.Issue{Registrar: 2, Entry: 4}))
	v.Cast(0, []int{simulate.Yes})
	v.Cast(2, []int{simulate.Yes})
	v.Finish()
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !r.OK() {
		t.Fatalf("%v %s", r.Verdict, r.Problem)
	}
	want := &verifier.Removals{Off: 3, Removed: 4, Restored: 1, First: first, Last: last, Issued: 2, Open: 1, Late: make([]uint64, len(v.Round.Registrars))}
	want.Late[1] = 1
	got := r.Votes[0].Removals
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	text := strings.Join(got.Lines(), "\n")
	for _, s := range []string{"3 entries are off it now: 4 taken off and 1 put back", "2 of those taken off had a card", "1 were taken off while the vote was open", "Registrar 2 listed 1 entry as issued"} {
		if !strings.Contains(text, s) {
			t.Errorf("no %q in\n%s", s, text)
		}
	}
	told := slices.ContainsFunc(r.Votes[0].Story, func(l verifier.Line) bool { return l.Text == "3 entries are taken off the roll: membership lapsed" })
	if !told || r.Votes[0].Figures.Roll != 6 {
		t.Errorf("%v", r.Votes[0].Story)
	}
	other := simulate.Whole(t, simulate.Config{Members: 3})
	if r := verify(t, sourceOf(t, other.Org), verifier.Options{}); r.Votes[0].Removals != nil {
		t.Errorf("%+v", r.Votes[0].Removals)
	}
}

// How many checked ballots were reported, and by how many cards, is a figure and a warning, and fails nothing.
func TestI1_ReportsOfChecksAreOnTheReport(t *testing.T) {
	v := simulate.New(t, simulate.Config{Members: 6}).Round().Vote()
	v.Round.Cards(0, 1, 2)
	v.Ceremony()
	v.Open()
	for i := range byte(3) {
		v.Check(0, record.ID{i + 1})
	}
	v.Check(1, record.ID{9})
	v.Fault(0, record.ID{1})
	v.Fault(0, record.ID{2})
	v.Cast(2, []int{simulate.Yes})
	v.Finish()
	warned(t, v, "2 ballots of 4 checked are reported to show another choice than was made, by 1 card of 2 that checked")
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if f := r.Votes[0].Figures; f.Checked != 4 || f.Checkers != 2 || f.Faults != 2 || f.FaultCards != 1 {
		t.Errorf("%+v", f)
	}
	told := slices.ContainsFunc(r.Votes[0].Story, func(l verifier.Line) bool {
		return l.Text == "2 checked ballots are reported to show another choice than was made: 2 in all, by 1 card."
	})
	if !told {
		t.Errorf("%v", r.Votes[0].Story)
	}
}
