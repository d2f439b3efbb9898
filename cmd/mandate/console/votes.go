package console

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/commission"
)

type taskModel struct {
	Who, What string
	When      template.HTML
	Overdue   bool
}

type trusteeModel struct {
	Name     string
	Key      Key
	Known    bool // it is one of this machine
	Done     bool // with the making of the key
	Signed   bool // the sealed ballot box
	Consents bool
}

// A gateModel is a rule that is not met yet.
type gateModel struct{ Sentence, Lang string }

// A resultModel is what a question came to.
type resultModel struct {
	Title, Outcome string
	Rows           []resultRow
}

type resultRow struct {
	Option string
	Votes  uint64
	Won    bool
}

type voteModel struct {
	frame
	ID         string
	Phase      string
	PhaseName  string
	Lead       template.HTML
	Rules      bool
	Petition   bool
	Have, Need uint64
	Signatures uint64
	Turnout    uint64
	Members    uint64
	Percent    string
	Checks     int
	Reported   int // of them, those reported to show another choice
	Reporters  int // cards
	Opens      uint64
	Closes     uint64
	Round      string
	Desks      []deskModel
	Tasks      []taskModel
	Gates      []gateModel
	Trustees   []trusteeModel
	ReadyKeys  uint64 // trustees who have done their part of the present step
	Ceremony   bool   // the key is being made
	KeyReady   bool
	Quorum     uint64
	Inputs     uint64
	Counting   bool
	Acts       []actLink
	Automatic  bool
	Ended      bool
	Summary    summary
	Results    []resultModel
	Fault      string
	Statements int
	Forums     int
}

type actLink struct {
	To, Text string
	Danger   bool
}

// voteOf returns the id that the path names, or answers that there is no such vote.
func (s *scene) voteOf() (id record.ID, ok bool) {
	id, err := record.ParseID(s.r.PathValue("id"))
	if err == nil {
		s.c.o.Board.View(func(st *fold.State) { ok = st.Vote(id) != nil })
	}
	if !ok {
		s.missing()
	}
	return id, ok
}

// phase is a vote's phase as pages call it.
func phaseOf(v *fold.Vote) string {
	switch v.Phase {
	case fold.Proposed:
		if v.Rules().Call.Petition != nil {
			return "petition"
		}
		return "proposed"
	case fold.Called:
		if v.Rules() != nil {
			return "deliberating"
		}
		return "called"
	case fold.Open:
		return "open"
	case fold.Closed, fold.Sealed:
		return "counting"
	case fold.Certified:
		return "certified"
	case fold.Lapsed:
		return "lapsed"
	case fold.Cancelled:
		return "cancelled"
	}
	return "annulled"
}

func (s *scene) votePage() {
	id, ok := s.voteOf()
	if !ok {
		return
	}
	m := voteModel{ID: id.String(), Automatic: s.c.Automatic(id)}
	title := ""
	s.c.o.Board.View(func(st *fold.State) {
		v := st.Vote(id)
		title = s.in(v.Manifest.Title)
		s.describe(&m, st, v)
	})
	for i := range m.Trustees {
		t := &m.Trustees[i]
		for _, h := range s.c.o.Holders.List(RoleTrustee) {
			if k := h.Key(); k.Made && h.Name == t.Name {
				t.Key, t.Known, t.Consents = k, true, h.Consented(id)
			}
		}
	}
	mock := m.Mock
	m.frame = s.frame(title)
	m.Mock, m.Live = mock, !m.Ended
	s.show(http.StatusOK, "vote", m)
}

// describe fills the model from the board's state, which it must not keep.
func (s *scene) describe(m *voteModel, st *fold.State, v *fold.Vote) {
	now := st.Now()
	m.Phase = phaseOf(v)
	m.PhaseName = s.Say("phase." + m.Phase)
	if f, bad := st.Fault(v.ID); bad {
		m.Fault = f.String()
	}
	m.Rules, m.Mock = v.Rules() != nil, v.Manifest.Mock
	m.Members, m.Opens, m.Closes, m.Round = v.Round.Roll.Announce.Count, v.Manifest.Opens, v.Manifest.Closes, v.Round.ID.String()
	m.Have, m.Need = v.Supports()
	m.Petition = m.Need > 0 && v.Phase == fold.Proposed
	if m.Rules {
		m.Signatures, m.Statements, m.Forums = uint64(len(v.Signed())), len(v.Statements()), len(v.Forums())
	}
	m.Turnout, m.Percent, m.Checks = v.Counted(), s.Percent(v.Counted(), m.Members), v.Checks()
	m.Reported, m.Reporters = v.CheckFaults()
	m.Ended = v.Ended() || v.Phase == fold.Certified && (!m.Rules || v.Response() != nil || v.Rules().Response.Within == 0)
	m.Summary = s.summarise(v.Manifest, m.Members)
	for i, reg := range v.Round.Manifest.Registrars {
		m.Desks = append(m.Desks, deskModel{Number: i + 1, Name: reg.Name, Accepted: v.Round.Accepted(i + 1), Published: v.Round.Issued(i + 1)})
	}
	if m.Rules && (v.Phase == fold.Proposed || v.Phase == fold.Called) {
		for _, g := range st.Gaps(v) {
			m.Gates = append(m.Gates, s.gate(v, g))
		}
	}
	s.tasks(m, st, v, now)
	m.Ceremony = v.Phase == fold.Called && v.Ceremony != nil && !v.Ceremony.Ready()
	m.KeyReady = v.Phase >= fold.Called && v.Ceremony != nil && v.Ceremony.Ready()
	m.Counting, m.Quorum, m.Inputs = v.Phase == fold.Sealed, v.Manifest.Quorum, uint64(v.Inputs())
	for i := range v.Manifest.Trustees {
		t := trusteeModel{Name: v.TrusteeName(i + 1), Signed: v.Phase >= fold.Sealed && v.HasInput(i+1)}
		if m.Ceremony {
			t.Done = !slices.Contains(v.Ceremony.Missing(), i+1)
		}
		if m.KeyReady || t.Done {
			t.Done = true
			m.ReadyKeys++
		}
		m.Trustees = append(m.Trustees, t)
	}
	if v.Phase == fold.Certified {
		for i := range v.Result.Contests {
			m.Results = append(m.Results, s.result(v, i))
		}
	}
	if v.Ended() {
		return
	}
	for _, a := range acts {
		if a.offered(st, v, m.Automatic) {
			m.Acts = append(m.Acts, actLink{"/votes/" + m.ID + "/" + a.name, s.Say("console-act." + a.name), a.final})
		}
	}
}

// gate says a rule that is not met in the page's language, or else in the fold's words.
func (s *scene) gate(v *fold.Vote, g fold.Gap) gateModel {
	r, name := v.Rules(), strings.TrimPrefix(g.Code, "rule-")
	switch name {
	case "requires":
		return gateModel{Sentence: s.Count("gate.requires", uint64(len(r.Requires)))}
	case "forums":
		return gateModel{Sentence: s.Count("gate.forums", r.Forums.Need)}
	case "mailing":
		if r.Mailing.Lead > 0 {
			return gateModel{Sentence: s.Say("gate.mailing-lead", "period", s.Period(r.Mailing.Lead))}
		}
	}
	if key := "gate." + name; s.Has(key) && !s.Counted(key) {
		return gateModel{Sentence: s.Say(key)}
	}
	return gateModel{g.Sentence, "en"}
}

// result says what a question came to. How rankings were counted, the public page shows.
func (s *scene) result(v *fold.Vote, i int) resultModel {
	c, got := &v.Manifest.Contests[i], v.Result.Contests[i]
	m := resultModel{Title: s.in(c.Title)}
	option := ""
	if c.Kind == contest.KindChoice && c.Decision.Method == contest.MethodThreshold {
		option = s.in(c.Options[c.Decision.Option].Title)
	}
	switch got.Outcome {
	case contest.OutcomePassed, contest.OutcomeFailed, contest.OutcomeTied:
		key := "outcome." + got.Outcome
		if option == "" {
			key = map[string]string{contest.OutcomeFailed: "outcome.no-votes", contest.OutcomeTied: "outcome.tied-seats"}[got.Outcome]
		}
		m.Outcome = s.Say(key, "option", option)
	case contest.OutcomeElected:
		m.Outcome = s.Count("outcome.elected", uint64(len(got.Winners)))
	default:
		m.Outcome = s.Say("outcome." + got.Outcome)
	}
	for j := range c.Options {
		row := resultRow{Option: s.in(c.Options[j].Title), Won: slices.Contains(got.Winners, uint64(j))}
		if c.Kind == contest.KindChoice {
			row.Votes = got.Counts[j]
		}
		if c.Kind == contest.KindChoice || row.Won {
			m.Rows = append(m.Rows, row)
		}
	}
	return m
}

// tasks says who owes what.
func (s *scene) tasks(m *voteModel, st *fold.State, v *fold.Vote, now uint64) {
	add := func(who, what string, when template.HTML, overdue bool) {
		for i := range m.Tasks {
			if t := &m.Tasks[i]; t.What == what && t.When == when && t.Overdue == overdue {
				t.Who += ", " + who
				return
			}
		}
		m.Tasks = append(m.Tasks, taskModel{who, what, when, overdue})
	}
	if v.Rules() == nil {
		switch v.Phase {
		case fold.Called:
			for _, i := range v.Ceremony.Missing() {
				add(v.TrusteeName(i), s.Say("duty.keygen"), s.When("date.by", v.Ceremony.Deadline()), false)
			}
			add(s.Say("who.commission"), s.Say("duty.opening"), s.When("date.between", v.Manifest.Opens), false)
		case fold.Open:
			add(s.Say("who.commission"), s.Say("duty.closing"), s.When("date.between", v.Manifest.Closes), now > v.Manifest.Closes)
		case fold.Closed:
			add(s.Say("who.board"), s.Say("duty.seal"), s.When("date.by", v.ClosedAt+v.Manifest.Grace), false)
		case fold.Sealed:
			add(s.Say("who.trustees"), s.Say("duty.shares"), "", false)
		}
		return
	}
	if v.Phase == fold.Proposed {
		if p := v.Rules().Call.Petition; p != nil {
			add(s.Say("who.members"), s.Count("duty.support", m.Need-min(m.Have, m.Need)), s.When("date.until", p.Closes), false)
		} else if b := v.Rules().Call.Body; b != nil {
			add(b.Name, s.Count("duty.sign", b.Need-min(m.Signatures, b.Need)), s.When("date.until", b.Closes), false)
		}
	}
	for _, d := range v.Duties(now) {
		who, what := d.Who, d.What
		if key, ok := whose[d.Code]; ok {
			who = s.Say(key)
		}
		if key := "duty." + d.Code; s.Has(key) && d.Code != "support" && d.Code != "sign" {
			what = s.Say(key)
		} else if v.Phase == fold.Proposed {
			continue // said above
		}
		var when template.HTML
		switch {
		case d.Code == "opening" && now < v.Manifest.Opens:
			when = s.When("date.between", v.Manifest.Opens)
		case d.Deadline > 0 && d.Overdue:
			when = s.When("date.since", d.Deadline)
		case d.Deadline > 0:
			when = s.When("date.by", d.Deadline)
		}
		add(who, what, when, d.Overdue)
	}
}

// whose says who owes what has one debtor only; all else names its debtors.
var whose = map[string]string{
	"forum-held": "who.commission", "recording": "who.commission", "packet": "who.commission", "opening": "who.commission",
	"closing": "who.commission", "result": "who.commission", "seal": "who.board",
}

// due reports whether the commission owes a vote something now.
func due(what string) func(*fold.State, *fold.Vote, bool) bool {
	return func(s *fold.State, v *fold.Vote, automatic bool) bool { return commission.Due(s, v) == what }
}
