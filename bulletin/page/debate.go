package page

import (
	"html/template"
	"strconv"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// debate is the statements on the question, side by side.
type debate struct {
	Status   template.HTML // of taking and choosing them
	Taken    string        // the sides as the rules name them, if anonymous statements are taken now
	Rule     []string
	Sides    []side
	Withheld []withheld
	All      string // the address of the page with all statements
	More     bool   // which has more than is here
}

type side struct {
	Name  string
	Given uint64 // statements that are not withheld
	Shown []statement
}

type statement struct {
	ID     string
	Author string // empty for one without a name
	Text   string
	At     uint64
}

// withheld is a statement that is not published.
type withheld struct {
	Side   string
	Reason string
	Hash   string
}

// shown is how many statements of a side stand on a page before those that are sent to the members are known.
const shown = 10

func (a *author) debate(v *fold.Vote) *debate {
	rules := v.Rules()
	if rules == nil || rules.Statements.Window == 0 || v.Ended() && len(v.Statements()) == 0 {
		return nil
	}
	r := &rules.Statements
	chosen, known := a.chosenStatements(v)
	d := &debate{Status: a.statementStatus(v, chosen, known), All: a.link("/vote/" + v.ID.String() + "/statements")}
	d.Rule = append(d.Rule, a.Count("statements.rule", r.PerSide, "length", r.Length))
	if r.Anonymous {
		d.Rule = append(d.Rule, a.Say("statements.anonymous-rule"))
	}
	all := v.Statements()
	opens, closes, _, ok := v.StatementTimes()
	if ok && r.Anonymous && v.Phase == fold.Called && opens <= a.now && a.now <= closes {
		d.Taken = strings.Join(r.Sides, "|")
	}
	for _, slug := range r.Sides {
		s := side{Name: a.sideName(slug)}
		for _, st := range all {
			if st.Withheld || st.Body.Side != slug {
				continue
			}
			s.Given++
			if known && chosen[st.ID] || !known && len(s.Shown) < shown {
				s.Shown = append(s.Shown, a.statement(st))
			}
		}
		if v.Phase == fold.Proposed {
			continue
		}
		d.More = d.More || s.Given > uint64(len(s.Shown))
		d.Sides = append(d.Sides, s)
	}
	for _, w := range v.Withholdings() {
		d.Withheld = append(d.Withheld, withheld{Side: a.sideName(w.Side), Reason: w.Reason, Hash: w.Hash.String()})
	}
	return d
}

func (a *author) statement(st *fold.Statement) statement {
	s := statement{ID: st.ID.String(), Text: st.Body.Text, At: st.At}
	if st.Body.Member != nil {
		s.Author = st.Body.Member.Name
	}
	return s
}

// chosenStatements returns the statements that are sent to the members, or false as long as they are not known.
func (a *author) chosenStatements(v *fold.Vote) (map[record.ID]bool, bool) {
	ids := make(map[record.ID]bool)
	if list, known := a.state.Selected(v); known {
		for _, st := range list {
			ids[st.ID] = true
		}
		return ids, true
	}
	if p := v.Packet(); p != nil { // of a vote that has ended since
		for _, id := range p.Body.Statements {
			ids[id] = true
		}
		return ids, true
	}
	return nil, false
}

// statementStatus says where taking and choosing statements stands.
func (a *author) statementStatus(v *fold.Vote, chosen map[record.ID]bool, known bool) template.HTML {
	opens, closes, reviewed, ok := v.StatementTimes()
	switch {
	case known && a.isDrawn(v, chosen):
		return a.Plain("statements.drawn")
	case known:
		return a.Plain("statements.all-chosen")
	case v.Ended():
		return a.Plain("statements.ended")
	case v.Phase == fold.Proposed:
		return a.Plain("statements.after-call")
	case !ok:
		return a.Plain("statements.waiting")
	case a.now < opens:
		return a.When("statements.from", opens)
	case a.now <= closes:
		return a.When("statements.until", closes)
	case a.now <= reviewed:
		return a.When("statements.review", reviewed)
	}
	return a.Plain("statements.draw")
}

// isDrawn reports whether there are statements that were not chosen.
func (a *author) isDrawn(v *fold.Vote, chosen map[record.ID]bool) bool {
	for _, st := range v.Statements() {
		if !st.Withheld && !chosen[st.ID] {
			return true
		}
	}
	return false
}

// sideName names a side of the question. Those that the pages know are translated, others are shown as the rules name them.
func (a *author) sideName(slug string) string {
	if a.Has("side." + slug) {
		return a.Say("side." + slug)
	}
	return slug
}

// statementsPage is one page of all statements of a vote.
type statementsPage struct {
	frame
	Vote     link
	Sides    []side
	Page     int
	Pages    int
	Earlier  string // addresses of the pages before and after; empty if there is none
	Later    string
	Withheld uint64
}

// perPage is how many statements of a side stand on one page.
const perPage = 20

func (a *author) allStatements(v *fold.Vote, n int) any {
	rules := v.Rules()
	if rules == nil || rules.Statements.Window == 0 {
		return nil
	}
	to := a.toVote(v)
	p := &statementsPage{Vote: to, Page: n, Pages: 1, Withheld: uint64(len(v.Withholdings()))}
	from, all := (n-1)*perPage, v.Statements()
	for _, slug := range rules.Statements.Sides {
		s := side{Name: a.sideName(slug)}
		for _, st := range all {
			if st.Withheld || st.Body.Side != slug {
				continue
			}
			if i := int(s.Given); i >= from && i < from+perPage {
				s.Shown = append(s.Shown, a.statement(st))
			}
			s.Given++
		}
		p.Pages = max(p.Pages, int(s.Given+perPage-1)/perPage)
		p.Sides = append(p.Sides, s)
	}
	if n > p.Pages {
		return nil
	}
	if n > 1 {
		a.query = "page=" + strconv.Itoa(n)
		p.Earlier = a.link(a.path + "?page=" + strconv.Itoa(n-1))
	}
	if n < p.Pages {
		p.Later = a.link(a.path + "?page=" + strconv.Itoa(n+1))
	}
	p.frame = a.frame(a.Say("statements.all-title", "title", oneLine(to.Name.Text)), "")
	return p
}
