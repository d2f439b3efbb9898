package rules_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
)

// aBoard is a vote of a chapter that ranks people whom the rules name.
const aBoard = `
name  = "garden-board"
title = "Board of the garden"
roll  = "organisation"

[call]
by = "reason"

[voting]
after  = "1 day"
period = "2 days"
extend = "0 days"
cancel = false
annul  = false
revote = true
grace  = "30 minutes"
step   = "1 day"

[contest]
id          = "board"
own-options = false
decide      = "ranking"
method      = "meek-stv"
seats       = 2
depth       = 3
shuffled    = false
quorum      = "0 %"
binding     = true

[[contest.options]]
id     = "ana"
title  = { en = "Ana" }
groups = ["north"]

[[contest.options]]
id    = "bo"
title = { en = "Bo" }

[[contest.options]]
id    = "cy"
title = { en = "Cy" }

[[contest.options]]
id     = "dee"
title  = { en = "Dee" }
groups = ["north", "new"]

[[contest.rules]]
group = "north"
min   = 1
max   = 2

[[contest.rules]]
group = "new"
min   = 0
max   = 1

[deadlines]
forums  = "0 days"
seeds   = "0 days"
packet  = "0 days"
mailing = "0 days"
opening = "1 day"
closing = "1 day"
tally   = "1 day"
`

func TestARankedBoard(t *testing.T) {
	file, err := rules.Parse([]byte(aBoard))
	if err != nil {
		t.Fatal(err)
	}
	m, err := file.Compile(rules.Parameters{Title: text.Texts{"en": "Who?"}, Reason: "So."})
	if err != nil {
		t.Fatal(err)
	}
	c := m.Contests[0]
	want := contest.RankingDecision{Method: contest.MethodMeekSTV, Seats: 2, QuorumDen: 1, Binding: true, Rules: []contest.RankingRule{{Group: "north", Min: 1, Max: 2}, {Group: "new", Min: 0, Max: 1}}}
	if c.Kind != contest.KindRanked || c.Depth != 3 || c.Shuffled || fmt.Sprint(c.Ranking) != fmt.Sprint(want) || !slices.Equal(c.Options[3].Groups, []string{"north", "new"}) || c.Max != 0 {
		t.Errorf("%+v", c)
	}
	if err := c.Check("contest"); err != nil {
		t.Error(err)
	}
	// A whole vote: bo and cy have most votes, and one of the north must be there.
	v := simulate.ProposeByRules(t, file)
	v.CallUp()
	v.Deliberate()
	v.Ceremony()
	v.Open()
	for i := range 9 {
		v.Cast(i, [][]int{{1, 2}, {2, 1}, {1, 2, 3}}[i%3])
	}
	res := v.Finish().Contests[0]
	if res.Outcome != contest.OutcomeElected || len(res.Winners) != 2 || !slices.Contains(res.Winners, 1) || !slices.Contains(res.Winners, 0) && !slices.Contains(res.Winners, 3) {
		t.Errorf("%+v", res)
	}
	if f := simulate.Faults(v.Org.Outcomes()); f != "" {
		t.Errorf("refused records:\n%s", f)
	}
	if err := file.Compare(v.State().Proposal(), v.State().Times.Begun, ""); err != nil {
		t.Error(err)
	}
}

func TestBadRankedFiles(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		line     int
		field    string
		reason   string
	}{
		"a method nobody knows":     {`"meek-stv"`, `"borda"`, 23, "contest.method", "none of"},
		"a method of no rankings":   {`"meek-stv"`, `"plurality"`, 23, "contest.method", "none of"},
		"a missing method":          {"method      = \"meek-stv\"\n", "", 19, "contest.method", "is missing"},
		"one seat for two":          {`"meek-stv"`, `"irv"`, 24, "contest.seats", "irv fills one"},
		"no seats":                  {"seats       = 2", "seats       = 0", 24, "contest.seats", "want 1 to 4"},
		"more seats than options":   {"seats       = 2", "seats       = 5", 24, "contest.seats", "want 1 to 4"},
		"deeper than there are":     {"depth       = 3", "depth       = 5", 25, "contest.depth", "want 0 to 4"},
		"a negative depth":          {"depth       = 3", "depth       = -1", 25, "contest.depth", ""},
		"a missing depth":           {"depth       = 3\n", "", 19, "contest.depth", "is missing"},
		"a missing shuffled":        {"shuffled    = false\n", "", 19, "contest.shuffled", "is missing"},
		"shuffled in words":         {"shuffled    = false", `shuffled    = "no"`, 26, "contest.shuffled", ""},
		"min of a ranking":          {"depth       = 3", "depth       = 3\nmin = 0", 26, "contest.min", `no meaning with contest.decide = "ranking"`},
		"max of a ranking":          {"depth       = 3", "depth       = 3\nmax = 0", 26, "contest.max", "no meaning"},
		"lots of a ranking":         {"depth       = 3", "depth       = 3\nlots = true", 26, "contest.lots", "no meaning"},
		"nothing, and its rankings": {`"ranking"`, `"nothing"`, 19, "contest.min", "is missing"},
		"a missing quorum":          {"quorum      = \"0 %\"\n", "", 19, "contest.quorum", "is missing"},
		"no rules":                  {aBoard[strings.Index(aBoard, "[[contest.rules]]"):strings.Index(aBoard, "[deadlines]")], "", 19, "contest.rules", "is missing"},
		"a rule without a floor":    {"min   = 1\n", "", 48, "contest.rules[0].min", "is missing"},
		"a rule without a cap":      {"max   = 1\n", "", 53, "contest.rules[1].max", "is missing"},
		"a rule without a group":    {"group = \"new\"\n", "", 53, "contest.rules[1].group", "is missing"},
		"a group in capitals":       {`group = "new"`, `group = "New"`, 54, "contest.rules[1].group", "lower-case"},
		"a floor above a cap":       {"max   = 2", "max   = 0", 51, "contest.rules[0].max", "min ≤ max"},
		"a cap above the seats":     {"max   = 2", "max   = 3", 51, "contest.rules[0].max", "of 2 seats"},
		"a rule of nothing":         {"max   = 1", "max   = 2", 56, "contest.rules[1].max", "says something"},
		"two rules of one group":    {`group = "new"`, `group = "north"`, 54, "contest.rules[1].group", "has a rule already"},
		"a field of no rule":        {"max   = 1", "max   = 1\nmost = 2", 57, "contest.rules.most", "there is no such field"},
		"a group without a rule":    {`["north", "new"]`, `["south"]`, 46, "contest.options[3].groups", `no rule of contest board is about the group "south"`},
		"a group twice":             {`["north", "new"]`, `["new", "new"]`, 46, "contest.options[3].groups", "twice"},
		"groups that are no list":   {`["north", "new"]`, `"north"`, 46, "", ""},
		"options and nominations":   {"[voting]", "[nominations]\nwindow = \"1 day\"\nseconds = 1\naccept = \"0 days\"\n\n[voting]", 0, "contest.options", "want one of them"},
		"an option of another kind": {"title = { en = \"Bo\" }", "title = { en = \"Bo\" }\nmin = 1", 0, "contest.options.min", "there is no such field"},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(aBoard, c.old, c.new, 1)
			if file == aBoard {
				t.Fatal("nothing was changed")
			}
			_, err := rules.Parse([]byte(file))
			var e *rules.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			if c.line != 0 && e.Line != c.line || c.field != "" && e.Field != c.field || !strings.Contains(e.Reason, c.reason) {
				t.Errorf("%v; want line %d, field %s, %q", err, c.line, c.field, c.reason)
			}
		})
	}
}

// Rules in a list of inline tables are the same rules, and as strictly read; none at all are written [].
func TestRulesWrittenInline(t *testing.T) {
	from, to := strings.Index(aBoard, "[[contest.rules]]"), strings.Index(aBoard, "[deadlines]")
	inline := func(s string) string {
		return strings.Replace(aBoard[:from]+aBoard[to:], "quorum ", "rules = "+s+"\nquorum ", 1)
	}
	compiled := func(file string) string {
		r, err := rules.Parse([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Compile(rules.Parameters{Title: text.Texts{"en": "Who?"}, Reason: "So."})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(m.Contests[0])
	}
	if got, want := compiled(inline(`[{ group = "north", min = 1, max = 2 }, { group = "new", min = 0, max = 1 }]`)), compiled(aBoard); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	_, err := rules.Parse([]byte(inline(`[{ group = "north", min = 1, max = 2 }, { group = "new", max = 1 }]`)))
	if err == nil || err.Error() != "line 27: contest.rules[1].min: is missing" {
		t.Errorf("without a floor: %v", err)
	}
	none := strings.NewReplacer(`groups = ["north"]`, "", `groups = ["north", "new"]`, "").Replace(inline("[]"))
	if r, err := rules.Parse([]byte(none)); err != nil || len(r.Contest.Rules) != 0 {
		t.Errorf("no rules: %v", err)
	}
}

// A members-decide vote whose rules have the options ranked: the rules' own, or those of whoever calls it.
func TestOwnOptionsRanked(t *testing.T) {
	members, err := rules.TemplateFile("members-decide")
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(members, "min         = 1"), strings.Index(members, "quorum ")
	file, err := rules.Parse([]byte(members[:from] + "decide = \"ranking\"\nmethod = \"irv\"\nseats = 1\ndepth = 3\nshuffled = true\nrules = []\n" + members[to:]))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 2, 3, 5} {
		p := rules.Parameters{Title: text.Texts{"en": "Which?"}, Sponsors: make([]record.Member, 10), Responder: record.Key{1}}
		if n > 0 {
			p.Options = simulate.Choose("x", n, 0, 1, 1).Options
		}
		m, err := file.Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		c := m.Contests[0]
		if err := c.Check("contest"); err != nil || c.Kind != contest.KindRanked || n > 0 && len(c.Options) != n || c.Depth != uint64(min(3, len(c.Options))) || !c.Shuffled {
			t.Errorf("%d options: %v: %+v", n, err, c)
		}
		if err := file.Compare(m, 0, ""); err != nil {
			t.Errorf("%d options: %v", n, err)
		}
	}
	two, err := rules.Parse([]byte(strings.Replace(aBoard, "own-options = false", "own-options = true", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Compile(rules.Parameters{Title: text.Texts{"en": "Who?"}, Reason: "So.", Options: simulate.Choose("x", 1, 0, 1, 1).Options}); err == nil || !strings.HasPrefix(err.Error(), "options: 1") {
		t.Errorf("one option for two seats: %v", err)
	}
}

// Another number of seats or other representation rules than the organisation has are found out.
func TestCompareRanked(t *testing.T) {
	file, err := rules.Template("national-leadership")
	if err != nil {
		t.Fatal(err)
	}
	m, err := file.Compile(rules.Parameters{Title: text.Texts{"en": "Election"}, Reason: "So.", Responder: record.Key{1}})
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(c *contest.Contest){
		"":                                    func(c *contest.Contest) {},
		"Contests.[0].Ranking.Seats":          func(c *contest.Contest) { c.Ranking.Seats = 18 },
		"Contests.[0].Ranking.Method":         func(c *contest.Contest) { c.Ranking.Method = contest.MethodMeekSTV },
		"Contests.[0].Ranking.Rules.[1].Max":  func(c *contest.Contest) { c.Ranking.Rules[1].Max = 9 },
		"Contests.[0].Ranking.Rules.[0].Min":  func(c *contest.Contest) { c.Ranking.Rules[0].Min = 4 },
		"Contests.[0].Ranking.Rules":          func(c *contest.Contest) { c.Ranking.Rules = c.Ranking.Rules[:1] },
		"Contests.[0].Ranking.QuorumNum":      func(c *contest.Contest) { c.Ranking.QuorumNum = 1 },
		"Contests.[0].Ranking.Binding":        func(c *contest.Contest) { c.Ranking.Binding = false },
		"Contests.[0].Depth":                  func(c *contest.Contest) { c.Depth = 17 },
		"Contests.[0].Shuffled":               func(c *contest.Contest) { c.Shuffled = false },
		"Contests.[0].Kind":                   func(c *contest.Contest) { *c = simulate.Choose(c.ID, 0, 0, 128, 17); c.Shuffled = true },
		"Contests.[0].Ranking.Rules.[0].Grou": func(c *contest.Contest) { c.Ranking.Rules[0].Group = "majorities" },
	} {
		v := copyOf(t, m)
		change(&v.Contests[0])
		err := file.Compare(v, 0, "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
	m.By, m.Threshold, m.Quorum, m.Mixes = 1, 1, 1, 1
	m.Trustees = []record.Trustee{{Name: "T", Key: simulate.NewKey(t).Public().Encoding()}}
	m.Rules.Response.Key = simulate.NewKey(t).Public().Encoding()
	if err := fold.CheckManifest(m, 3); err != nil {
		t.Errorf("the fold refuses the template: %v", err)
	}
	if c := m.Contests[0]; len(c.Options) != 0 || c.Depth != 128 || !c.AwaitsOptions() {
		t.Errorf("%+v", c)
	}
}
