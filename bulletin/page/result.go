package page

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
)

// A result is a contest with its counts.
type result struct {
	Title   words
	Tone    string // a class: good, bad or plain
	Outcome string
	Figures string // what the rule was applied to
	Rows    []row
	Won     string // what is said of those who did
	Rule    []string
	Quorum  *quorum
	Ranked  *ranked // of a ranked contest, which has no rows
}

// A quorum is how many had to vote.
type quorum struct {
	Text string
	Met  bool
	Bar  bar
}

// A row is an option with its votes.
type row struct {
	Name  words
	Votes uint64
	Share string // of all ballots counted
	Bar   bar
	Won   bool
}

func (a *author) result(v *fold.Vote, i int) result {
	c, got := &v.Manifest.Contests[i], v.Result.Contests[i]
	counted := v.Result.Counted
	r := result{Title: a.words(c.Title), Rule: a.rule(v, i), Won: a.Say("result.won"), Quorum: a.quorum(v, i)}
	if elects(v, i) {
		r.Won = a.Say("result.elected")
	}
	r.Tone, r.Outcome = a.outcome(v, i)
	if c.Kind == contest.KindRanked {
		r.Ranked = a.ranked(v, i)
		return r
	}
	for j, o := range c.Options {
		n := got.Counts[j]
		r.Rows = append(r.Rows, row{
			Name: a.words(o.Title), Votes: n, Share: a.Percent(n, counted), Bar: newBar(n, counted), Won: slices.Contains(got.Winners, uint64(j)),
		})
	}
	if c.Decision.Method == contest.MethodPlurality {
		slices.SortStableFunc(r.Rows, func(x, y row) int { return cmp.Compare(y.Votes, x.Votes) })
	}
	if d := &c.Decision; d.Method == contest.MethodThreshold && got.Outcome != contest.OutcomeNoQuorum {
		base := counted
		if d.Base == contest.BaseOptions {
			base = 0
			for _, j := range d.Over {
				base += got.Counts[j]
			}
		}
		key := "result.least"
		if d.Strict {
			key = "result.more"
		}
		r.Figures = a.Count(key, base, "option", a.words(c.Options[d.Option].Title), "votes", got.Counts[d.Option],
			"percent", a.Percent(got.Counts[d.Option], base), "share", a.share(d.Num, d.Den))
	}
	return r
}

// quorum says how many had to vote for a contest to count, nil if the rule does not ask.
func (a *author) quorum(v *fold.Vote, i int) *quorum {
	num, den := quorumOf(&v.Manifest.Contests[i])
	if num == 0 {
		return nil
	}
	need, counted := part(num, den, v.Round.Roll.Announce.Count), v.Result.Counted
	q := &quorum{Met: counted >= need, Bar: newGoal(counted, need)}
	key := "result.quorum-missed"
	if q.Met {
		key = "result.quorum-met"
	}
	q.Text = a.Count(key, counted, "need", need)
	return q
}

// quorumOf returns which part of the roll must vote for a contest to count, 0 if the rule does not ask.
func quorumOf(c *contest.Contest) (num, den uint64) {
	if c.Kind == contest.KindRanked {
		return c.Ranking.QuorumNum, c.Ranking.QuorumDen
	}
	return c.Decision.QuorumNum, c.Decision.QuorumDen
}

// outcome says what a contest came to.
func (a *author) outcome(v *fold.Vote, i int) (tone, sentence string) {
	c, got := &v.Manifest.Contests[i], v.Result.Contests[i]
	option := ""
	if c.Decision.Method == contest.MethodThreshold {
		option = a.words(c.Options[c.Decision.Option].Title).Text
	}
	switch got.Outcome {
	case contest.OutcomePassed:
		return "good", a.Say("outcome.passed", "option", option)
	case contest.OutcomeElected:
		key := "outcome.elected"
		if elects(v, i) || c.Kind == contest.KindRanked {
			key = "outcome.elected-candidates"
		}
		return "good", a.Count(key, uint64(len(got.Winners)))
	case contest.OutcomeNone:
		return "plain", a.Say("outcome.none")
	case contest.OutcomeNoQuorum:
		return "bad", a.Say("outcome.no-quorum")
	case contest.OutcomeTied:
		if option == "" {
			return "bad", a.Say("outcome.tied-seats")
		}
		return "bad", a.Say("outcome.tied", "option", option)
	}
	if option == "" {
		return "bad", a.Say("outcome.no-votes")
	}
	return "bad", a.Say("outcome.failed", "option", option)
}

// rule says in words how a contest is decided (SPEC.md §11.5).
func (a *author) rule(v *fold.Vote, i int) []string {
	c, roll := &v.Manifest.Contests[i], v.Round.Roll.Announce.Count
	d := &c.Decision
	var out []string
	if c.Kind == contest.KindRanked {
		out = a.rankedRule(c)
	}
	switch d.Method {
	case "": // ranked
	case contest.MethodThreshold:
		var over []string
		for _, j := range d.Over {
			over = append(over, a.Say("rule.quoted", "option", a.words(c.Options[j].Title)))
		}
		key := "rule.least-"
		if d.Strict {
			key = "rule.more-"
		}
		out = append(out, a.Say(key+d.Base, "option", a.words(c.Options[d.Option].Title), "share", a.share(d.Num, d.Den), "options", strings.Join(over, ", ")))
	case contest.MethodPlurality:
		key := "rule.seats"
		if elects(v, i) {
			key = "rule.seats-candidates"
		}
		out = append(out, a.Count(key, d.Seats))
		if d.Lots {
			out = append(out, a.Say("rule.lots"))
		} else {
			out = append(out, a.Say("rule.no-lots"))
		}
	default:
		out = append(out, a.Say("rule.none"))
	}
	if num, den := quorumOf(c); num > 0 {
		out = append(out, a.Count("rule.quorum", roll, "share", a.share(num, den), "need", part(num, den, roll)))
	}
	if d.Method == contest.MethodNone {
		return out
	}
	if d.Binding || c.Ranking.Binding {
		return append(out, a.Say("rule.binding"))
	}
	return append(out, a.Say("rule.advisory"))
}

// rankedRule says in words how rankings decide.
func (a *author) rankedRule(c *contest.Contest) []string {
	d := &c.Ranking
	out := []string{a.Count("rule.ranked", d.Seats, "method", a.Say("method."+d.Method)), a.Say("method-as." + d.Method)}
	for _, r := range d.Rules {
		if r.Min > 0 {
			out = append(out, a.Count("rule.floor", r.Min, "group", a.groupName(r.Group)))
		}
		if r.Max < d.Seats {
			out = append(out, a.Count("rule.cap", r.Max, "group", a.groupName(r.Group)))
		}
	}
	return append(out, a.Say("rule.lots"))
}

// part returns num/den of n, rounded up; num ≤ den ≤ 2^32.
func part(num, den, n uint64) uint64 {
	hi, lo := bits.Mul64(num, n)
	if hi >= den { // of no roll
		return n
	}
	q, r := bits.Div64(hi, lo, den)
	if r > 0 {
		q++
	}
	return q
}

// share writes a fraction: in words where the language has words for it, else in hundredths if that is exact, else as it is.
func (a *author) share(num, den uint64) string {
	for x, y := num, den; y != 0; {
		x, y = y, x%y
		if y == 0 && x > 1 {
			num, den = num/x, den/x
		}
	}
	if key := "share." + strconv.FormatUint(num, 10) + "-" + strconv.FormatUint(den, 10); a.Has(key) {
		return a.Say(key)
	}
	if num*1000%den == 0 {
		return a.Percent(num, den)
	}
	return a.Number(num) + "/" + a.Number(den)
}

// A bar is a picture of a part of a whole. The figures stand beside it.
type bar struct {
	Fill string // 0 to 100
	Mark string // where there is something to reach; empty if nowhere
}

func newBar(part, whole uint64) bar { return bar{Fill: hundredths(part, whole)} }

// newGoal is a bar of what there is towards what is to be reached.
func newGoal(have, need uint64) bar {
	whole := max(have, need)
	return bar{Fill: hundredths(have, whole), Mark: hundredths(need, whole)}
}

func hundredths(part, whole uint64) string {
	if whole == 0 {
		return "0"
	}
	return strconv.FormatFloat(min(float64(part)/float64(whole), 1)*100, 'f', 2, 64)
}
