package demo

import (
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/roll"
	"mandate/ballot/rules"
	"mandate/ballot/tally"
)

// leaders is the contest of national-leadership with so many members' nominees.
func leaders(t *testing.T, members_, candidates int) *contest.Contest {
	t.Helper()
	private, err := roll.New("m", "", "2026-01-01", members(members_))
	if err != nil {
		t.Fatal(err)
	}
	by, err := rules.Template("national-leadership")
	if err != nil {
		t.Fatal(err)
	}
	v, err := by.Compile(rules.Parameters{Now: 1, Title: both("T", "T"), Reason: "r", Responder: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	var options []contest.Option
	for k, i := range nominees(private, candidates) {
		name := private.Opening(i).Name
		options = append(options, option(fmt.Sprintf("c%02d", k), name, name, groupsOf(k, name)...))
	}
	c := v.Contests[0].Standing(options)
	return &c
}

// Voters are of many minds: 17 of 40 are elected, both rules on seats bind, and few of the elected have next to no votes.
func TestRankingsOfADemo(t *testing.T) {
	c := leaders(t, 100, 40)
	r := new(tally.Rankings)
	lengths := make(map[int]int)
	for range 200 {
		ranking := rank(c)
		lengths[len(ranking)]++
		seen := make(map[int]bool)
		for _, x := range ranking {
			if seen[x] || x < 0 || x >= 40 {
				t.Fatalf("ranking %v", ranking)
			}
			seen[x] = true
		}
		r.Ballots = append(r.Ballots, count.Ballot{Count: 1, Ranking: count.Strict(ranking...)})
	}
	got, err := r.Count(c, 0, tally.Seed{1}, "en")
	if err != nil {
		t.Fatal(err)
	}
	if got.Ballots.Blank.Int64() == 0 || lengths[40] == 0 || len(lengths) < 10 {
		t.Errorf("%v rankings by length", lengths)
	}
	has := func(i int, group string) bool { return slices.Contains(c.Options[i].Groups, group) }
	var men, minorities, bound int
	for _, i := range got.Elected {
		if has(i, "men") {
			men++
		}
		if has(i, "minorities") {
			minorities++
		}
	}
	for _, s := range got.Stages {
		for _, e := range s.Events {
			if e.Kind == count.WasGuarded || e.Kind == count.WasDoomed {
				bound++
			}
		}
	}
	if len(got.Elected) != 17 || men > 8 || men < 6 || minorities < 5 || bound == 0 {
		t.Errorf("%d elected, %d men, %d of minorities, %d guarded or doomed", len(got.Elected), men, minorities, bound)
	}
}

// With few members fewer stand, and the seats can still be filled by the rules.
func TestNomineesOfFewMembers(t *testing.T) {
	c := leaders(t, leastByRules, leastByRules-6)
	got, err := new(tally.Rankings).Count(c, 0, tally.Seed{1}, "en")
	if err != nil || got.Target != 17 {
		t.Errorf("%+v, %v", got, err)
	}
}
