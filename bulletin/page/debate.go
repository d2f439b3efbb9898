package page

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// forums are the forums of all members.
type forums struct {
	Need   uint64
	Notice string
	List   []forum
}

type forum struct {
	Number    uint64
	Title     words
	Starts    uint64
	Announced template.HTML
	Place     string // an address
	Held      bool
	Due       bool   // it was to begin and is not on record as held
	Recording string // hash of the file
	URL       string // of the recording, or of a report
}

func (a *author) forums(v *fold.Vote) *forums {
	rules, all := v.Rules(), v.Forums()
	if rules == nil || (rules.Forums.Need == 0 || v.Ended()) && len(all) == 0 {
		return nil
	}
	out := &forums{Need: rules.Forums.Need}
	if rules.Forums.Notice > 0 {
		out.Notice = a.say("forums.notice", "period", a.period(rules.Forums.Notice))
	}
	for _, f := range all {
		b := f.Announced
		x := forum{
			Number: b.Number, Title: a.words(b.Title), Starts: b.Starts, Announced: a.when("forums.announced", f.At), Place: b.Place,
			Held: f.Held != nil, Due: f.Held == nil && a.now >= b.Starts,
		}
		if f.Held != nil {
			x.URL = f.Held.URL
			if f.HasRecording() {
				x.Recording = f.Held.Recording.String()
			}
		}
		out.List = append(out.List, x)
	}
	return out
}

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
	d.Rule = append(d.Rule, a.count("statements.rule", r.PerSide, "length", r.Length))
	if r.Anonymous {
		d.Rule = append(d.Rule, a.say("statements.anonymous-rule"))
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
		return a.plain("statements.drawn")
	case known:
		return a.plain("statements.all-chosen")
	case v.Ended():
		return a.plain("statements.ended")
	case v.Phase == fold.Proposed:
		return a.plain("statements.after-call")
	case !ok:
		return a.plain("statements.waiting")
	case a.now < opens:
		return a.when("statements.from", opens)
	case a.now <= closes:
		return a.when("statements.until", closes)
	case a.now <= reviewed:
		return a.when("statements.review", reviewed)
	}
	return a.plain("statements.draw")
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
	if a.has("side." + slug) {
		return a.say("side." + slug)
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
	p.frame = a.frame(a.say("statements.all-title", "title", oneLine(to.Name.Text)), "")
	return p
}

// candidates are the members who were nominated.
type candidates struct {
	Rule   string
	Status template.HTML
	List   []candidate
}

type candidate struct {
	Name      words
	State     string // stands, nominated or withdrawn
	Label     string
	Seconders []string
	Statement string // hashes of the files
	Photo     string
	Reason    string // of the withdrawal
}

func (a *author) candidates(v *fold.Vote) *candidates {
	rule := nominations(v)
	if rule == nil || v.Ended() && len(v.Nominated()) == 0 {
		return nil
	}
	out := &candidates{Status: a.plain("candidates.fixed")}
	if rule.Seconds > 0 {
		out.Rule = a.count("candidates.rule", rule.Seconds)
	}
	nominated, accepted, ok := v.NominationTimes()
	switch {
	case v.Ended():
		out.Status = ""
	case !ok:
		out.Status = a.plain("candidates.after-call")
	case a.now <= nominated:
		out.Status = a.when("candidates.until", nominated)
	case a.now <= accepted:
		out.Status = a.when("candidates.accept", accepted)
	case v.Phase == fold.Called:
		out.Status = a.plain("candidates.over")
	}
	for _, c := range v.Nominated() {
		x := candidate{Name: a.words(c.Nomination.Name), State: "nominated"}
		for i := range c.Nomination.Seconders {
			x.Seconders = append(x.Seconders, c.Nomination.Seconders[i].Name)
		}
		if b := c.Acceptance; b != nil {
			x.State = "stands"
			x.Statement, x.Photo = hash(b.Statement), hash(b.Photo)
		}
		if c.Withdrawal != nil {
			x.State, x.Reason = "withdrawn", c.Withdrawal.Reason
		}
		x.Label = a.say("candidates." + x.State)
		out.List = append(out.List, x)
	}
	order := []string{"stands", "nominated", "withdrawn"}
	slices.SortStableFunc(out.List, func(x, y candidate) int { return slices.Index(order, x.State) - slices.Index(order, y.State) })
	return out
}

// hash writes the hash of a file, nothing if there is no file.
func hash(id record.ID) string {
	if id == (record.ID{}) {
		return ""
	}
	return id.String()
}

// packet is the file that every member is to be sent, and how that went.
type packet struct {
	Made       bool
	At         uint64
	Hash       string
	Size       uint64
	URL        string
	Statements uint64
	Recordings uint64
	Candidates uint64
	Mailing    bool // asked for
	Lead       string
	Mailings   []mailing
}

// mailing is a registrar's word on the sending.
type mailing struct {
	Name        string
	Said        bool
	At          uint64
	Mailed      uint64
	Paper       uint64
	Unreachable uint64
	Bounced     uint64
	Open        uint64 // entries that nothing was tried for yet
	Tried       string // part of the roll
	Bar         bar
}

func (a *author) packet(v *fold.Vote) *packet {
	rules := v.Rules()
	if rules == nil || !rules.Packet || v.Ended() && v.Packet() == nil {
		return nil
	}
	out := &packet{Mailing: rules.Mailing.Needed}
	if rules.Mailing.Lead > 0 {
		out.Lead = a.say("packet.lead", "period", a.period(rules.Mailing.Lead))
	}
	p := v.Packet()
	if p == nil {
		return out
	}
	b := p.Body
	out.Made, out.At, out.Hash, out.Size, out.URL = true, p.At, b.Hash.String(), b.Size, b.URL
	out.Statements, out.Recordings, out.Candidates = uint64(len(b.Statements)), uint64(len(b.Recordings)), uint64(len(b.Candidates))
	if !out.Mailing {
		return out
	}
	roll := v.Round.Roll.Announce.Count
	for i, g := range v.Round.Manifest.Registrars {
		x := mailing{Name: g.Name, Open: roll}
		if m := v.Mailing(i + 1); m != nil {
			b := m.Body
			tried := b.Mailed + b.Paper + b.Unreachable
			x = mailing{Name: g.Name, Said: true, At: m.At, Mailed: b.Mailed, Paper: b.Paper, Unreachable: b.Unreachable, Bounced: b.Bounced, Open: roll - min(tried, roll)}
			x.Tried, x.Bar = a.percent(tried, roll), newBar(tried, roll)
		}
		out.Mailings = append(out.Mailings, x)
	}
	return out
}
