package contest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/count"
	"mandate/ballot/text"
)

// committee elects four of six, at least one of the north, at most two of the staff.
func committee() Contest {
	c := Contest{
		ID: "committee", Kind: KindRanked, Title: text.Texts{"en": "Committee"}, Options: manyOptions(6), Depth: 4, Shuffled: true,
		Ranking: RankingDecision{
			Method: MethodScottishSTV, Seats: 4, QuorumNum: 1, QuorumDen: 10, Binding: true,
			Rules: []RankingRule{{Group: "north", Min: 1, Max: 4}, {Group: "staff", Min: 0, Max: 2}},
		},
	}
	c.Options[0].Groups = []string{"staff", "north"}
	c.Options[5].Groups = []string{"north"}
	return c
}

func TestRankedContestCheck(t *testing.T) {
	good := committee()
	if err := good.Check("contests[0]"); err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		change func(*Contest)
		field  string
	}{
		"no options":            {func(c *Contest) { c.Options = nil }, "options"},
		"too many options":      {func(c *Contest) { c.Options = manyOptions(MaxOptions + 1) }, "options"},
		"depth 0":               {func(c *Contest) { c.Depth = 0 }, "depth"},
		"depth above options":   {func(c *Contest) { c.Depth = 7 }, "depth"},
		"huge depth":            {func(c *Contest) { c.Depth = 1<<64 - 1 }, "depth"},
		"min":                   {func(c *Contest) { c.Min = 1 }, "min"},
		"max":                   {func(c *Contest) { c.Max = 1 }, "min"},
		"a decision by counts":  {func(c *Contest) { c.Decision.Den = 1 }, "min"},
		"a group twice":         {func(c *Contest) { c.Options[5].Groups = []string{"north", "north"} }, "options[5].groups"},
		"a group without rule":  {func(c *Contest) { c.Options[5].Groups = []string{"south"} }, "options[5].groups"},
		"unknown method":        {func(c *Contest) { c.Ranking.Method = "borda" }, "ranking.method"},
		"no method":             {func(c *Contest) { c.Ranking.Method = "" }, "ranking.method"},
		"plurality":             {func(c *Contest) { c.Ranking.Method = MethodPlurality }, "ranking.method"},
		"no seats":              {func(c *Contest) { c.Ranking.Seats = 0 }, "ranking.seats"},
		"more seats than stand": {func(c *Contest) { c.Ranking.Seats = 7 }, "ranking.seats"},
		"irv for four":          {func(c *Contest) { c.Ranking.Method = MethodIRV }, "ranking.seats"},
		"quorum den 0":          {func(c *Contest) { c.Ranking.QuorumDen = 0 }, "ranking.quorum-den"},
		"quorum above all":      {func(c *Contest) { c.Ranking.QuorumNum = 11 }, "ranking.quorum-den"},
		"huge quorum den":       {func(c *Contest) { c.Ranking.QuorumDen = 1<<32 + 1 }, "ranking.quorum-den"},
		"a rule's group":        {func(c *Contest) { c.Ranking.Rules[1].Group = "Staff" }, "ranking.rules[1].group"},
		"two rules of a group":  {func(c *Contest) { c.Ranking.Rules[1].Group = "north" }, "ranking.rules[1].group"},
		"floor above cap":       {func(c *Contest) { c.Ranking.Rules[1].Min = 3 }, "ranking.rules[1].max"},
		"cap above seats":       {func(c *Contest) { c.Ranking.Rules[0].Max = 5 }, "ranking.rules[0].max"},
		"a rule of nothing":     {func(c *Contest) { c.Ranking.Rules[0].Min = 0 }, "ranking.rules[0].max"},
		"nine bounds": {func(c *Contest) {
			for i := range 9 {
				c.Ranking.Rules = append(c.Ranking.Rules[:i:i], RankingRule{Group: fmt.Sprint("g", i), Min: 1, Max: 4})
			}
			c.Options = manyOptions(6)
		}, "ranking.rules"},
		"five groups with floor and cap": {func(c *Contest) {
			for i := range 5 {
				c.Ranking.Rules = append(c.Ranking.Rules[:i:i], RankingRule{Group: fmt.Sprint("g", i), Min: 1, Max: 3})
			}
			c.Options = manyOptions(6)
		}, "ranking.rules"},
		"rules that cannot be searched": {func(c *Contest) {
			for i := range 4 {
				c.Ranking.Rules = append(c.Ranking.Rules[:i:i], RankingRule{Group: fmt.Sprint("g", i), Min: 2, Max: 8})
			}
			c.Options, c.Ranking.Seats = manyOptions(20), 17
		}, "ranking.rules"},
	} {
		c := committee()
		c.Ranking.Rules = slices.Clone(c.Ranking.Rules)
		one.change(&c)
		if err := c.Check("contests[0]"); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "contests[0] (committee)."+one.field+":") {
			t.Errorf("%s: error %q does not name %s", name, err, one.field)
		}
	}
	single := committee()
	single.Ranking = RankingDecision{Method: MethodIRV, Seats: 1, QuorumDen: 1}
	single.Options = manyOptions(6)
	if err := single.Check("c"); err != nil {
		t.Error(err)
	}
	wide := committee()
	wide.Options, wide.Depth = manyOptions(MaxOptions), MaxOptions
	if err := wide.Check("c"); err != nil {
		t.Error(err)
	}
}

// The methods are those that package count has, but for the two that need no rankings; so many rules it counts with.
func TestMethodsAreThoseOfCount(t *testing.T) {
	var want []string
	for _, m := range count.Methods() {
		if m != count.Plurality && m != count.Approval {
			want = append(want, string(m))
		}
	}
	if !slices.Equal(RankingMethods(), want) || MaxRankingRules != count.MaxRules {
		t.Errorf("%v, %d rules; count has %v, %d", RankingMethods(), MaxRankingRules, want, count.MaxRules)
	}
}

func TestWidth(t *testing.T) {
	ranked := func(options int, depth uint64) *Contest {
		return &Contest{Kind: KindRanked, Options: manyOptions(options), Depth: depth}
	}
	for _, one := range []struct {
		c    *Contest
		want int
	}{
		{&Contest{Kind: KindChoice, Options: manyOptions(3)}, 3},
		{ranked(1, 1), 1}, {ranked(54, 54), 1}, {ranked(55, 55), 2}, {ranked(128, 35), 1}, {ranked(128, 128), 3},
		{ranked(0, 0), 0}, {ranked(3, 4), 0}, {ranked(3, 0), 0}, {ranked(129, 3), 0}, {ranked(3, 1<<63), 0},
		{&Contest{Kind: "approval", Options: manyOptions(3)}, 0},
	} {
		if got := one.c.Width(); got != one.want {
			t.Errorf("%s of %d options, depth %d: width %d, want %d", one.c.Kind, len(one.c.Options), one.c.Depth, got, one.want)
		}
		if e, err := one.c.Encoding(); (err == nil) != (one.c.Kind == KindRanked && one.want > 0) || err == nil && e.Depth() != int(one.c.Depth) {
			t.Errorf("%s of %d options, depth %d: encoding %v, %v", one.c.Kind, len(one.c.Options), one.c.Depth, e, err)
		}
	}
}

// What is no ranking is refused before it is encrypted, with the names of contest and candidate.
func TestH3_RankingsThatAreNone(t *testing.T) {
	c := committee()
	for _, good := range [][]int{nil, {}, {5}, {0, 1, 2, 3}, {3, 5, 0}} {
		if err := c.CheckSelection(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, one := range []struct {
		ranking []int
		want    string
	}{
		{[]int{6}, "candidate 6"}, {[]int{1, -1}, "candidate -1"}, {[]int{2, 1, 2}, `"o2" is ranked twice`}, {[]int{0, 0}, `"o0" is ranked twice`},
		{[]int{0, 1, 2, 3, 4}, "5 candidates ranked, at most 4"}, {[]int{0, 1, 2, 3, 3}, `"o3" is ranked twice`},
	} {
		if err := c.CheckSelection(one.ranking); err == nil || !strings.Contains(err.Error(), "contest committee: ") || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%v: %v, want %q", one.ranking, err, one.want)
		}
	}
	if v, err := c.Selection([]int{1}); err == nil {
		t.Errorf("a ranking as a choice is %v", v)
	}
	choice := yesNo()
	if choice.CheckSelection([]int{2}) != nil || choice.CheckSelection([]int{0, 1}) == nil {
		t.Error("CheckSelection of a choice is not Selection")
	}
}

func TestStanding(t *testing.T) {
	four := manyOptions(4)
	c := committee()
	c.Options, c.Depth, c.Ranking.Seats, c.Ranking.Rules = nil, 128, 17, []RankingRule{{Group: "north", Min: 5, Max: 9}}
	if !c.AwaitsOptions() {
		t.Error("a ranked contest without options awaits none")
	}
	got := c.Standing(four)
	if len(got.Options) != 4 || got.Depth != 4 || got.Ranking.Seats != 4 || got.Max != 0 || got.Ranking.Rules[0] != c.Ranking.Rules[0] {
		t.Errorf("of four who stand: %+v", got)
	}
	if c.Options != nil || c.Depth != 128 || c.Ranking.Seats != 17 {
		t.Errorf("the contest itself is changed: %+v", c)
	}
	few := committee()
	if got := few.Standing(manyOptions(100)); got.Depth != 4 || got.Ranking.Seats != 4 || len(got.Options) != 100 {
		t.Errorf("of a hundred: %+v", got)
	}
	choice := Contest{Kind: KindChoice, Min: 5, Max: 128, Decision: Decision{Method: MethodPlurality, Seats: 17}}
	if got := choice.Standing(four); got.Max != 4 || got.Min != 4 || got.Decision.Seats != 4 || !choice.AwaitsOptions() {
		t.Errorf("a choice among four: %+v", got)
	}
	choice.Decision.Method = MethodThreshold
	if choice.AwaitsOptions() || got.AwaitsOptions() {
		t.Error("awaits options that it has or names")
	}
}

func TestQuorate(t *testing.T) {
	d := RankingDecision{QuorumNum: 1, QuorumDen: 3}
	for _, one := range []struct {
		counted, roll uint64
		want          bool
	}{{0, 0, true}, {33, 100, false}, {34, 100, true}, {33, 99, true}, {1 << 62, 1<<64 - 1, false}} {
		if got := d.Quorate(one.counted, one.roll); got != one.want {
			t.Errorf("%d of %d: %v", one.counted, one.roll, got)
		}
	}
	if none := (&RankingDecision{QuorumDen: 1}); !none.Quorate(0, 100) {
		t.Error("no quorum asked for, and none reached")
	}
}

// A ranking passes CheckSelection if and only if its encoding encodes it.
func TestSelectionAgreesWithEncoding(t *testing.T) {
	c := committee()
	e, err := c.Encoding()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SliceOfN(rapid.IntRange(-1, 6), 0, 5).Draw(t, "ranking")
		_, number := e.Number(r)
		if err := c.CheckSelection(r); (err == nil) != (number == nil) {
			t.Errorf("%v: %v, but the encoding says %v", r, err, number)
		}
	})
}

// What is of one kind alone is refused of the other, whatever else it says.
func TestKindsAreNotMixed(t *testing.T) {
	c := committee()
	c.Min, c.Max = 0, 6
	if v, err := c.Selection(nil); err == nil {
		t.Errorf("a ranked contest has the selection %v", v)
	}
	c = yesNo()
	c.Depth = 1
	if _, err := c.Encoding(); err == nil {
		t.Error("a choice has rankings")
	}
	for _, depth := range []uint64{0, 7, 1<<32 + 1, 1 << 63, 1<<64 - 1} {
		c := committee()
		c.Depth = depth
		if _, err := c.Encoding(); err == nil {
			t.Errorf("%d ranks of six", depth)
		}
	}
	d := committee().Ranking
	d.QuorumNum, d.QuorumDen = 0, 0
	if err := d.Check("ranking", 6); err == nil {
		t.Error("a quorum of 0/0")
	}
}
