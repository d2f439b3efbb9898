package voter

import (
	"reflect"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/simulate"
)

func TestChoicesAsTyped(t *testing.T) {
	c := simulate.Choose("c", 12, 0, 3, 1)
	for line, want := range map[string][]int{
		"": {}, "1": {0}, " 3 ": {2}, "12,1": {11, 0}, "1, 2; 3": {0, 1, 2}, "o7": {7}, "O7 o8": {7, 8}, "2 o0": {1, 0},
	} {
		if got, err := parseChoice(line, &c); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
	for _, line := range []string{"0", "13", "-1", "1 1", "1 2 3 4", "o12", "yes", "1.5", "99999999999999999999", "o1 2"} {
		if got, err := parseChoice(line, &c); err == nil {
			t.Errorf("%q: %v", line, got)
		}
	}
	must := simulate.Choose("c", 3, 1, 1, 1)
	if _, err := parseChoice("", &must); err == nil || !strings.Contains(err.Error(), "exactly 1") {
		t.Errorf("blank where it is not allowed: %v", err)
	}
	// An option whose id is a number cannot be mistaken for the option at that place.
	must.Options[0].ID, must.Options[2].ID = "3", "1"
	if got, err := parseChoice("3", &must); err != nil || got[0] != 2 {
		t.Errorf("%v, %v", got, err)
	}
	var b strings.Builder
	inWords(&b, []contest.Contest{simulate.YesNo("q"), c}, [][]int{{1}, {}}, "en")
	if got := b.String(); got != "  Shall it be so?\n    No\n  Who shall it be?\n    nothing (blank)\n" {
		t.Errorf("%q", got)
	}
}

func TestRankingsAsTyped(t *testing.T) {
	c := simulate.Choose("c", 12, 0, 0, 1)
	c.Kind, c.Depth = contest.KindRanked, 3
	for line, want := range map[string][]int{"": {}, "12, 1, o4": {11, 0, 4}, "1 12": {0, 11}} {
		if got, err := parseChoice(line, &c); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
	for _, line := range []string{"1 1", "1 2 3 4", "13"} {
		if got, err := parseChoice(line, &c); err == nil {
			t.Errorf("%q: %v", line, got)
		}
	}
	var b strings.Builder
	ask(&b, 0, 1, &c, "en")
	if !strings.Contains(b.String(), "Rank at most 3, the one you like best first") {
		t.Error(b.String())
	}
}

func FuzzParseChoice(f *testing.F) {
	f.Add("1, 2")
	f.Add("o3;o4")
	f.Fuzz(func(t *testing.T, line string) {
		c := simulate.Choose("c", 6, 1, 3, 1)
		selected, err := parseChoice(line, &c)
		if err != nil {
			return
		}
		if _, err := c.Selection(selected); err != nil {
			t.Errorf("%q selects %v: %v", line, selected, err)
		}
	})
}
