package page

import (
	"encoding/binary"
	"html/template"
	"math"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// votePage is the page of a vote, from the petition to the answer to its result.
type votePage struct {
	frame
	ID       string
	Name     words
	Phase    phase
	Lead     template.HTML
	Notices  []notice
	Kind     string
	KindNote string
	Round    link
	Roll     string // of whom
	Members  uint64 // on it
	Requires []link

	Results   []result
	Response  *response
	Contests  []question
	Counted   uint64
	Count     string // what a sentence says of it: counted so far, or final
	Checks    checked
	Voting    bool // ballots can be there
	Open      bool // members can vote now
	Replace   bool // a later ballot replaces an earlier one
	Cards     []registrar
	Tasks     []task
	Gates     []gate
	Story     []chapter
	Call      *call
	Forums    *forums
	Debate    *debate
	List      *candidates
	Packet    *packet
	Trustees  []trustee
	Threshold uint64
	Quorum    uint64
	Relays    []string
	Witnesses uint64
	Cosigners []cosigner

	Programs []program // that members' browsers are to run
	Actions  []action  // what a member can do now, in the booth
	Result   string    // the address of the page of the result; empty if there is none
	Entry    string    // of the page on which a member looks up their roll entry
	Log      string    // of the vote's records
	GroupID  []string  // the id in groups, to compare
	Offline  string    // the line that has the verifier check the audit package
	JSON     string
}

// An action is something that a reader can do on another page.
type action struct {
	Address string
	Name    string
	Main    bool
}

// A link leads to another page.
type link struct {
	Address string
	Name    words
	Note    string
}

// A phase is where a vote stands, for people.
type phase struct {
	Slug string // also a class of the style sheet
	Name string
}

// A notice is what a reader must not miss.
type notice struct {
	Tone  string // a class: bad, or calm
	Title string
	Text  string
	Quote string // somebody's words
	// Detail is what the board's own program says, in English.
	Detail string
}

// A response is the deciding body's answer to the result.
type response struct {
	Name string
	Text string
	At   uint64
}

// A program is one that members' browsers are to run, by its hash.
type program struct{ Name, Hash string }

// A trustee is one who can open the result together with others.
type trustee struct {
	Name   string
	URL    string
	Signed bool // the sealed ballot box
}

func (a *author) vote(v *fold.Vote) *votePage {
	m := v.Manifest
	name := a.words(m.Title)
	p := &votePage{
		ID: v.ID.String(), Name: name, Phase: a.phase(v), Lead: a.lead(v), Notices: a.notices(v),
		Kind: m.Template, Round: a.toRound(v.Round), Roll: v.Round.Roll.Announce.Title, Members: v.Round.Roll.Announce.Count,
		Counted: v.Counted(), Count: "counted", Checks: a.checked(v), Voting: v.Times.Opened > 0, Open: v.Phase == fold.Open && a.now < m.Closes, Replace: m.Revote, Cards: a.registrars(v.Round),
		Tasks: a.tasks(v), Gates: a.gates(v), Story: a.story(v), Call: a.call(v), Forums: a.forums(v), Debate: a.debate(v), List: a.candidates(v),
		Packet: a.packet(v), Threshold: m.Threshold, Quorum: m.Quorum, Witnesses: m.Witnesses.Need, Cosigners: a.cosigners(v),
	}
	if v.Times.Sealed > 0 {
		p.Count = "final"
	}
	p.frame = a.frame(oneLine(name.Text), p.Phase.Name)
	if a.Has("kind." + m.Template) {
		p.Kind = a.Say("kind." + m.Template)
	}
	method := "none"
	if v.Rules() != nil {
		method = v.Rules().Call.Method
	}
	p.KindNote = a.Say("kind-note." + method)
	for i := range m.Contests {
		if v.Result != nil && !a.failed(v) {
			p.Results = append(p.Results, a.result(v, i))
		} else {
			p.Contests = append(p.Contests, a.question(v, i))
		}
	}
	if b := v.Response(); b != nil {
		p.Response = &response{v.Rules().Response.Name, b.Text, v.Times.Responded}
	}
	if rules := v.Rules(); rules != nil {
		for _, id := range rules.Requires {
			if other := a.state.Vote(id); other != nil {
				p.Requires = append(p.Requires, a.toVote(other))
			}
		}
	}
	for i := range m.Trustees {
		t := trustee{Name: v.TrusteeName(i + 1), Signed: v.HasInput(i + 1)}
		if t.Name == m.Trustees[i].Name { // who took another's place has an address of their own
			t.URL = m.Trustees[i].URL
		}
		p.Trustees = append(p.Trustees, t)
	}
	for _, x := range m.Programs {
		p.Programs = append(p.Programs, program{x.Name, x.Hash.String()})
	}
	for _, r := range m.Relays {
		p.Relays = append(p.Relays, r.Name)
	}
	p.Actions, p.Entry, p.GroupID = a.actions(v), a.link("/round/"+v.Round.ID.String()+"/entry"), groups(p.ID)
	if v.Result != nil && !a.failed(v) {
		p.Result = a.link("/vote/" + p.ID + "/result")
	}
	if a.pages.records != nil {
		p.Log = a.link("/log?of=" + p.ID)
	}
	if p.Booth.Verify != "" {
		p.Booth.Verify = a.booth("verify?vote=" + p.ID)
	}
	p.Check = "mandate-verify -vote " + p.ID + " " + a.address
	p.Offline = "mandate-verify -vote " + p.ID + " board.tar"
	p.JSON = "/votes/" + p.ID
	return p
}

// actions are what a member can do for a vote in the booth.
func (a *author) actions(v *fold.Vote) []action {
	if a.pages.options.Booth == "" || a.failed(v) {
		return nil
	}
	id := v.ID.String()
	var out []action
	switch {
	case v.Phase == fold.Proposed && v.Rules().Call.Petition != nil && a.now <= v.Rules().Call.Petition.Closes:
		out = append(out, action{a.booth("support/" + id), a.Say("go.support"), true})
	case v.Phase == fold.Open && a.now < v.Manifest.Closes:
		out = append(out, action{a.booth("vote/" + id), a.Say("go.vote"), true})
	}
	if m := v.Round.Manifest; v.Phase < fold.Closed && !v.Ended() && m.Opens <= a.now && a.now < m.Closes {
		out = append(out, action{a.booth("card"), a.Say("go.card"), false})
	}
	if v.Times.Opened > 0 {
		out = append(out, action{a.booth("receipt"), a.Say("go.receipt"), false})
	}
	return append(out, action{a.booth("me"), a.Say("go.me"), false})
}

// checked is what is known of the ballots that were checked before casting.
type checked struct {
	Ballots  uint64
	Cards    uint64
	Reported uint64 // of the ballots, those of which the second device has shown another choice, as members say
	By       uint64 // cards
	Sure     string // what many checks of which none was reported say; empty if they are too few
}

// A cosigner is a witness that a vote names.
type cosigner struct {
	Name string
	At   uint64 // when it has cosigned what the board shows now, 0 if it has not
}

// cosigners returns the witnesses of a vote, with what the newest checkpoint has of them.
func (a *author) cosigners(v *fold.Vote) (out []cosigner) {
	keys, err := fold.Witnesses(v.Manifest.Witnesses)
	if err != nil {
		return nil
	}
	var text string
	var lines []checkpoint.Signature
	if head := a.pages.options.Head; head != nil {
		text, lines, _ = checkpoint.Signatures(head())
	}
	for _, k := range keys {
		c := cosigner{Name: k.Name()}
		for _, l := range lines {
			if l.By(k) && k.Verify([]byte(text), l.Sig) {
				c.At = binary.BigEndian.Uint64(l.Sig)
			}
		}
		out = append(out, c)
	}
	return out
}

func (a *author) checked(v *fold.Vote) checked {
	ballots, by := v.CheckFaults()
	c := checked{Ballots: uint64(v.Checks()), Cards: uint64(v.Checkers()), Reported: uint64(ballots), By: uint64(by)}
	if ballots == 0 {
		c.Sure = a.sure(v)
	}
	return c
}

// sure says what the checks of a vote would say if none had failed: a booth that alters a part f of all ballots escapes n checks with
// probability (1−f)^n, which is below 5 in 100 for every f above 1 − 0.05^(1/n).
func (a *author) sure(v *fold.Vote) string {
	n := v.Checks()
	if n < 10 {
		return ""
	}
	f := 1 - math.Pow(0.05, 1/float64(n))
	return a.Say("turnout.checks-sure", "percent", a.Percent(uint64(math.Ceil(f*1e6)), 1e6))
}

// groups writes an id in groups of four digits.
func groups(id string) []string {
	var out []string
	for i := 0; i < len(id); i += 4 {
		out = append(out, id[i:min(i+4, len(id))])
	}
	return out
}

// oneLine writes a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (a *author) toVote(v *fold.Vote) link {
	return link{a.link("/vote/" + v.ID.String()), a.words(v.Manifest.Title), a.phase(v).Name}
}

func (a *author) toRound(r *fold.Round) link {
	return link{Address: a.link("/round/" + r.ID.String()), Name: a.words(r.Manifest.Title)}
}

// failed reports whether the vote does not verify, so that nothing is said of its result.
func (a *author) failed(v *fold.Vote) bool {
	_, bad := a.state.Fault(v.ID)
	return bad
}

func (a *author) phase(v *fold.Vote) phase {
	slug := v.Phase.String()
	rules := v.Rules()
	switch {
	case a.failed(v):
		slug = "failed"
	case v.Phase == fold.Proposed && rules.Call.Petition != nil:
		slug = "petition"
	case v.Phase == fold.Called && rules != nil:
		slug = "deliberating"
	case v.Phase == fold.Closed || v.Phase == fold.Sealed:
		slug = "counting"
	}
	return phase{slug, a.Say("phase." + slug)}
}

// lead says in one sentence where a vote stands.
func (a *author) lead(v *fold.Vote) template.HTML {
	m := v.Manifest
	if a.failed(v) {
		return a.Plain("lead.failed")
	}
	switch v.Phase {
	case fold.Proposed:
		if p := v.Rules().Call.Petition; p != nil {
			have, need := v.Supports()
			return a.When("lead.petition", p.Closes, "have", have, "need", need)
		}
		b := v.Rules().Call.Body
		return a.When("lead.body", b.Closes, "have", len(v.Signed()), "need", b.Need, "body", b.Name)
	case fold.Called:
		switch {
		case a.now >= m.Opens && len(a.state.Gaps(v)) > 0:
			return a.When("lead.held-up", m.Opens)
		case a.now >= m.Opens:
			return a.Plain("lead.openable")
		case v.Rules() != nil:
			return a.When("lead.deliberating", m.Opens)
		}
		return a.When("lead.called", m.Opens)
	case fold.Open:
		if a.now >= m.Closes {
			return a.When("lead.closable", m.Closes)
		}
		return a.When("lead.open", m.Closes)
	case fold.Closed:
		return a.Plain("lead.closed")
	case fold.Sealed:
		return a.Plain("lead.sealed")
	case fold.Certified:
		return a.When("lead.certified", v.Times.Certified)
	}
	return a.When("lead."+v.Phase.String(), v.Times.Ended)
}

func (a *author) notices(v *fold.Vote) []notice {
	var out []notice
	if o, bad := a.state.Fault(v.ID); bad {
		text := a.Say("fault.other")
		if key := "fault." + o.Code; a.Has(key) {
			text = a.Say(key)
		}
		out = append(out, notice{Tone: "bad", Title: a.Say("notice.failed", "code", o.Code), Text: text + " " + a.Say("notice.failed-text"), Detail: o.Err.Error()})
	}
	if v.Manifest.Mock {
		out = append(out, notice{Tone: "calm", Title: a.Say("notice.mock"), Text: a.Say("notice.mock-text")})
	}
	switch v.Phase {
	case fold.Lapsed:
		out = append(out, notice{Tone: "bad", Title: a.Say("notice.lapsed"), Text: a.Say("notice.lapsed-text")})
	case fold.Cancelled:
		out = append(out, notice{Tone: "bad", Title: a.Say("notice.cancelled"), Text: a.Say("notice.reason"), Quote: v.Reason()})
	case fold.Annulled:
		out = append(out, notice{Tone: "bad", Title: a.Say("notice.annulled"), Text: a.Say("notice.reason"), Quote: v.Reason()})
	}
	if all := v.Extensions(); v.Phase == fold.Open && len(all) > 0 {
		last := all[len(all)-1]
		out = append(out, notice{Tone: "calm", Title: a.Say("notice.extended", "time", a.At(last.Closes)), Text: a.Say("notice.reason"), Quote: last.Reason})
	}
	for _, i := range v.Shortfall() {
		name := v.Round.Manifest.Registrars[i-1].Name
		out = append(out, notice{Tone: "bad", Title: a.Say("notice.shortfall", "name", name), Text: a.Say("notice.shortfall-text")})
	}
	return out
}

// A question is a contest before its result.
type question struct {
	Title   words
	How     string // many can be chosen
	Options []words
	Pending string // why there are no options yet
	Rule    []string
}

func (a *author) question(v *fold.Vote, i int) question {
	c := &v.Manifest.Contests[i]
	q := question{Title: a.words(c.Title), How: a.choosing(c), Rule: a.rule(v, i)}
	for _, o := range c.Options {
		q.Options = append(q.Options, a.words(o.Title))
	}
	if len(q.Options) == 0 && elects(v, i) {
		q.Pending = a.Say("question.candidates")
	}
	return q
}

func nominations(v *fold.Vote) *record.NominationRule {
	if v.Rules() == nil {
		return nil
	}
	return v.Rules().Nominations
}

// elects reports whether the options of contest i are nominated members.
func elects(v *fold.Vote, i int) bool {
	n := nominations(v)
	return n != nil && n.Contest == uint64(i)
}

// choosing says how many options can be chosen.
func (a *author) choosing(c *contest.Contest) string {
	switch {
	case c.Kind == contest.KindRanked && c.Depth < uint64(len(c.Options)):
		return a.Count("question.rank-up-to", c.Depth)
	case c.Kind == contest.KindRanked:
		return a.Say("question.rank")
	case c.Min == 0 && (c.Max == uint64(len(c.Options)) || c.Max >= record.MaxCandidates) && c.Max > 1:
		return a.Say("question.choose-any")
	case c.Min == c.Max:
		return a.Count("question.choose", c.Max)
	case c.Min == 0:
		return a.Count("question.choose-up-to", c.Max)
	}
	return a.Count("question.choose-between", c.Max, "min", c.Min)
}
