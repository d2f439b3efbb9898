package page

import (
	"strconv"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/count/blt"
	"mandate/ballot/fold"
)

// A ranking is how a ranked contest was counted: what was counted, with all rankings, and the count.
type ranking struct {
	Election *count.Election
	Result   *count.Result
	terms    blt.Terms // of the file of opened ballots
}

// ranked is a ranked contest with its count.
type ranked struct {
	Number    int     // of the contest in the manifest, from 1
	Elected   []words // in the order in which they were elected
	Expressed uint64
	Blank     uint64
	Spoiled   uint64
	Quota     string
	Order     []orderLine // of methods that order the candidates
	Stages    []stageHead
	Rows      []stageRow
	Rest      []string // non-transferable, by stage; empty if the method has none
	Steps     []stageStep
	Draws     []draw
	Picture   string // addresses
	Text      string
	JSON      string
	BLT       string
	CSV       string
	Truncated bool // the table has not all stages
}

type orderLine struct {
	Names []words
}

type stageHead struct {
	Number int
	Action string
	Quota  string
}

// A stageRow is a candidate through the stages.
type stageRow struct {
	Name  words
	State string // of the end: elected, excluded …
	Label string
	Cells []stageCell
}

type stageCell struct {
	Votes string
	State string // elected or excluded, at this stage
	Label string
}

// A stageStep tells a stage in words.
type stageStep struct {
	Number int
	Text   string
	Events []string
}

// A draw is a lot that was drawn.
type draw struct {
	Number  int
	Stage   int
	Purpose string
	Source  string
	Tickets []ticket
}

type ticket struct {
	Name       words
	Derivation string
}

// mostStages is how many stages a table shows; the report has all.
const mostStages = 200

// ranked makes the model of a ranked contest, of which there is a result.
func (a *author) ranked(v *fold.Vote, i int) *ranked {
	c, got := &v.Manifest.Contests[i], v.Result.Contests[i]
	base := "/vote/" + v.ID.String() + "/count/" + strconv.Itoa(i+1)
	out := &ranked{Number: i + 1}
	if len(got.Counts) == 3 {
		out.Expressed, out.Blank, out.Spoiled = got.Counts[0], got.Counts[1], got.Counts[2]
	}
	for _, w := range got.Winners {
		if w < uint64(len(c.Options)) {
			out.Elected = append(out.Elected, a.words(c.Options[w].Title))
		}
	}
	k, ok := a.pages.rankings(v, i)
	if !ok {
		return out
	}
	out.Picture, out.Text, out.JSON, out.BLT, out.CSV = base+"/picture.svg", base+"/report.txt", base+"/report.json", base+"/ballots.blt", base+"/ballots.csv"
	a.stages(out, c, k.Result)
	return out
}

// groupName names a group of a representation rule.
func (a *author) groupName(slug string) string {
	if a.Has("group-name." + slug) {
		return a.Say("group-name." + slug)
	}
	return slug
}

// stages fills in the stages of a count.
func (a *author) stages(out *ranked, c *contest.Contest, r *count.Result) {
	name := func(i int) words {
		if i < 0 || i >= len(c.Options) {
			return words{}
		}
		return a.words(c.Options[i].Title)
	}
	names := func(list []int) string {
		var all []string
		for _, i := range list {
			all = append(all, name(i).Text)
		}
		return strings.Join(all, ", ")
	}
	for _, equal := range r.Ranking {
		var l orderLine
		for _, i := range equal {
			l.Names = append(l.Names, name(i))
		}
		out.Order = append(out.Order, l)
	}
	stages := r.Stages
	if len(stages) > mostStages {
		stages, out.Truncated = stages[:mostStages], true
	}
	rows := make([]stageRow, len(r.Candidates))
	for i := range rows {
		rows[i] = stageRow{Name: name(i), State: string(r.State(i)), Label: a.Say("state." + string(r.State(i)))}
	}
	for n, s := range stages {
		head := stageHead{Number: s.Number, Action: a.Say("action." + string(s.Action))}
		if s.Quota.Sign() > 0 {
			head.Quota = a.votes(s.Quota)
			if n == 0 {
				out.Quota = head.Quota
			}
		}
		out.Stages = append(out.Stages, head)
		for i := range rows {
			cell := stageCell{}
			if i < len(s.Votes) {
				cell.Votes = a.votes(s.Votes[i])
			}
			before := count.Continuing
			if n > 0 && i < len(stages[n-1].States) {
				before = stages[n-1].States[i]
			}
			if i < len(s.States) && s.States[i] != before && (s.States[i] == count.Elected || s.States[i] == count.Excluded) {
				cell.State, cell.Label = string(s.States[i]), a.Say("state."+string(s.States[i]))
			}
			rows[i].Cells = append(rows[i].Cells, cell)
		}
		if r.Method == count.ScottishSTV || r.Method == count.MeekSTV || r.Method == count.IRV {
			out.Rest = append(out.Rest, a.votes(s.NonTransferable))
		}
		step := stageStep{Number: s.Number, Text: a.Say("action-of."+string(s.Action), "names", names(s.From))}
		for _, e := range s.Events {
			step.Events = append(step.Events, a.event(&e, r, name, names))
		}
		out.Steps = append(out.Steps, step)
	}
	if len(r.Stages) > 0 && len(r.Stages[0].Votes) > 0 {
		out.Rows = rows
	}
	for _, x := range r.Draws {
		y := draw{Number: x.Number, Stage: x.Stage, Purpose: a.Say("draw." + string(x.Purpose)), Source: x.Source}
		for _, t := range x.Tickets {
			y.Tickets = append(y.Tickets, ticket{name(t.Candidate), t.Derivation})
		}
		out.Draws = append(out.Draws, y)
	}
}

// event says in words what happened to a candidate.
func (a *author) event(e *count.Event, r *count.Result, name func(int) words, names func([]int) string) string {
	key := "event." + string(e.Kind)
	if with := key + "-" + string(e.Reason); a.Has(with) {
		key = with
	}
	rule := ""
	if e.Rule > 0 && e.Rule <= len(r.Rules) {
		rule = a.boundName(r.Rules[e.Rule-1])
	}
	return a.Say(key, "name", name(e.Candidate), "others", names(e.Others), "rule", rule, "draw", e.Draw, "stage", e.Stage)
}

func (a *author) boundName(r count.Rule) string {
	key := "rule.cap"
	if r.Bound == count.AtLeast {
		key = "rule.floor"
	}
	return strings.TrimSuffix(a.Count(key, uint64(max(r.N, 0)), "group", a.groupName(r.Group)), ".")
}

// votes writes a number of votes: whole numbers as they are, others with as many decimals as they carry, five at most. It has the decimal
// sign of the reports, a full stop, since rows of such figures are compared with these.
func (a *author) votes(v count.Votes) string {
	s := v.Fixed(min(v.Places(), 5))
	if whole, decimals, ok := strings.Cut(s, "."); ok && strings.Trim(decimals, "0") == "" {
		s = whole
	}
	return s
}
