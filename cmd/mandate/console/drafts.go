package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/bulletin/language"
	"mandate/cmd/mandate/commission"
)

type templateChoice struct{ Name, Title, Text string }

func (s *scene) newDraft() {
	m := struct {
		frame
		Templates []templateChoice
	}{frame: s.frame(s.Say("console-vote.new"))}
	for _, name := range append([]string{"simple"}, rules.Templates()...) {
		m.Templates = append(m.Templates, templateChoice{name, s.Say("console-template." + name), s.Say("console-template." + name + "-text")})
	}
	s.show(http.StatusOK, "templates", m)
}

func (s *scene) startDraft() {
	name := s.r.PostFormValue("template")
	if name == "simple" {
		name = ""
	} else if !slices.Contains(rules.Templates(), name) {
		s.missing()
		return
	}
	d := newDraft(newID(), name)
	now := s.c.o.Clock().UTC()
	d.Opens, d.Closes = now.AddDate(0, 0, 7).Format("2006-01-02T")+"08:00", now.AddDate(0, 0, 14).Format("2006-01-02T")+"20:00"
	s.c.o.Board.View(func(st *fold.State) {
		if all := st.Rounds(); len(all) > 0 {
			d.Round = all[len(all)-1].ID.String()
		}
	})
	if err := s.c.store.keepDraft(d); err != nil {
		s.failed(err)
		return
	}
	s.redirect("/drafts/"+d.ID, "")
}

// draft returns the draft that the path names, or answers that there is none.
func (s *scene) draft() (draft, bool) {
	d, ok := s.c.store.draft(s.r.PathValue("id"))
	switch {
	case !ok:
		s.missing()
	case d.Vote != "":
		s.redirect("/votes/"+d.Vote, "")
		ok = false
	}
	return d, ok
}

type inputModel struct {
	Name, Label, Hint, Error string
	Area, Required           bool
	Values                   []translation
}

type contestModel struct {
	*draftContest
	At                                   string // the prefix of the fields' names
	Number                               int
	Title                                inputModel
	Options                              []optionModel
	Kinds, Decides, Ofs, Passes, Methods []option
	Only                                 bool // there is no other
}

// Ordinal counts questions from 1, for people.
func (c contestModel) Ordinal() int { return c.Number + 1 }

// Ordinal counts options from 1, for people.
func (o optionModel) Ordinal() int { return o.Number + 1 }

type optionModel struct {
	At      string
	Number  int
	Title   inputModel
	Outside bool
}

type draftModel struct {
	frame
	Draft      draft
	Kind       string // the template's name for people
	Errors     map[string]string
	Wrong      []wrongAt // for the summary
	Title      inputModel
	Question   inputModel
	Rounds     []option
	Paces      []option
	Requires   []option
	Contests   []contestModel
	Own        []optionModel
	AllowsOwn  bool
	Rules      bool
	ByReason   bool
	ByPetition bool
	ByBody     bool
	Sponsors   uint64
	Needs      uint64 // other votes
	Summary    *summary
	Checked    bool
}

// A wrongAt says what is wrong with a field.
type wrongAt struct{ Value, Label, Text string }

// labelOf names a field of the form for people.
func (s *scene) labelOf(name string) string {
	var i, j int
	if n, _ := fmt.Sscanf(name, "contest-%d-option-%d-", &i, &j); n == 2 {
		return s.Say("console-vote.contest", "n", i+1) + ", " + s.Say("console-vote.option", "n", j+1)
	}
	if n, _ := fmt.Sscanf(name, "own-%d-", &j); n == 1 {
		return s.Say("console-vote.option", "n", j+1)
	}
	if n, _ := fmt.Sscanf(name, "contest-%d", &i); n == 1 {
		label := s.Say("console-vote.contest", "n", i+1)
		switch rest := strings.TrimPrefix(name, fmt.Sprintf("contest-%d", i)); rest {
		case "":
		case "-title":
			label += ", " + s.Say("console-vote.asks")
		case "-kind":
			label += ", " + s.Say("console-vote.answer")
		default:
			label += ", " + s.Say("console-vote."+rest[1:])
		}
		return label
	}
	switch name {
	case "sponsors":
		return s.Say("console-vote.sponsors-label")
	case "reason":
		return s.Say("console-field.reason")
	case "requires":
		return s.Say("console.votes")
	}
	return s.Say("console-vote." + name)
}

func (s *scene) draftPage() {
	if d, ok := s.draft(); ok {
		s.showDraft(http.StatusOK, d, s.r.URL.Query().Get("check") != "")
	}
}

func (s *scene) input(name, label, hint string, required bool, t map[string]string, errs map[string]string) inputModel {
	in := inputModel{Name: name, Label: label, Hint: hint, Required: required, Error: errs[name]}
	for _, l := range language.All() {
		in.Values = append(in.Values, translation{l.Code, l.Name, name + "-" + l.Code, t[l.Code]})
	}
	return in
}

func (s *scene) options(chosen string, prefix string, values ...string) []option {
	var out []option
	for _, v := range values {
		out = append(out, option{v, s.Say(prefix + v), v == chosen})
	}
	return out
}

// showDraft shows the form; with what is wrong in it, or what it comes to in words, if that was asked for.
func (s *scene) showDraft(status int, d draft, check bool) {
	errs := map[string]string{}
	m := draftModel{Draft: d, Checked: check}
	if check {
		p, wrong := s.compile(&d)
		if wrong != nil {
			errs = wrong
		} else {
			sum := s.summarise(p.vote, p.roll)
			m.Summary = &sum
		}
	}
	m.Errors = errs
	for _, name := range sorted(errs) {
		m.Wrong = append(m.Wrong, wrongAt{name, s.labelOf(name), errs[name]})
	}
	heading := s.Say("console-template.simple")
	if d.Template != "" {
		heading = s.Say("console-template." + d.Template)
	}
	m.Kind = heading
	m.Title = s.input("title", s.Say("console-vote.title"), s.Say("console-vote.title-hint"), true, d.Title, errs)
	m.Question = s.input("question", s.Say("console-vote.question"), s.Say("console-vote.question-hint"), false, d.Question, errs)
	m.Rounds = []option{{Value: "", Text: s.Say("console.choose-one")}}
	s.c.o.Board.View(func(st *fold.State) {
		for _, r := range st.Rounds() {
			id := r.ID.String()
			m.Rounds = append(m.Rounds, option{id, s.Count("console-round.roll", r.Roll.Announce.Count, "name", s.in(r.Manifest.Title), "date", r.Roll.Announce.AsOf), id == d.Round})
		}
		for _, v := range st.Votes() {
			id := v.ID.String()
			m.Requires = append(m.Requires, option{id, s.in(v.Manifest.Title), slices.Contains(d.Requires, id)})
		}
	})
	for _, pace := range []int{0, 60, 10, 2} {
		text := s.Say("console-vote.pace-real")
		if pace > 0 {
			text = s.Say("console-vote.pace", "period", s.Period(uint64(pace)))
		}
		m.Paces = append(m.Paces, option{fmt.Sprint(pace), text, pace == d.Pace})
	}
	if d.Template != "" {
		by, err := rulesFile(d.Template, 86_400)
		if err != nil {
			s.failed(err)
			return
		}
		m.Rules, m.AllowsOwn = true, by.Contest.OwnOptions
		m.ByReason, m.ByPetition, m.ByBody = by.Call.By == record.CallReason, by.Call.By == record.CallPetition, by.Call.By == record.CallBody
		m.Sponsors = by.Call.Sponsors
		if by.Requires != nil {
			m.Needs = by.Requires.Votes
		}
	}
	optionsOf := func(prefix string, of []*draftOption) (out []optionModel) {
		for j, o := range of {
			at := fmt.Sprintf("%s-%d", prefix, j)
			out = append(out, optionModel{at, j, s.input(at+"-title", s.Say("console-vote.option", "n", j+1), "", true, o.Title, errs), o.Outside})
		}
		return out
	}
	m.Own = optionsOf("own", d.Options)
	for i, c := range d.Contests {
		at := fmt.Sprintf("contest-%d", i)
		k := contestModel{
			draftContest: c, At: at, Number: i, Only: len(d.Contests) == 1,
			Title: s.input(at+"-title", s.Say("console-vote.asks"), "", true, c.Title, errs), Options: optionsOf(at+"-option", c.Options),
			Kinds:   s.options(c.Kind, "console-kind.", contest.KindChoice, contest.KindRanked),
			Decides: s.options(c.Decide, "console-decide.", "share", "most", "nothing"),
			Ofs:     s.options(c.Of, "console-of.", "options", "ballots"),
			Methods: s.options(c.Method, "method.", contest.RankingMethods()...),
		}
		for j, o := range c.Options {
			n := fmt.Sprint(j + 1)
			k.Passes = append(k.Passes, option{n, strings.TrimSpace(n + ". " + s.in(o.Title)), n == c.Pass})
		}
		m.Contests = append(m.Contests, k)
	}
	title := heading
	if t := s.in(d.Title); t != "" {
		title = t
	}
	m.frame = s.frame(title)
	m.Mock = d.Mock
	s.show(status, "draft", m)
}

// saveDraft keeps what was typed, whatever it is, and does what the button says.
func (s *scene) saveDraft() {
	d, ok := s.draft()
	if !ok {
		return
	}
	d.read(s.r)
	do := s.r.PostFormValue("do")
	d.edit(do)
	if err := s.c.store.keepDraft(d); err != nil {
		s.failed(err)
		return
	}
	switch {
	case do == "check":
		status := http.StatusOK
		if _, wrong := s.compile(&d); wrong != nil {
			status = http.StatusUnprocessableEntity
		}
		s.showDraft(status, d, true)
	case do == "save":
		s.redirect("/drafts/"+d.ID, s.Say("console.saved"))
	default:
		verb, where, _ := strings.Cut(do, ":")
		anchor := ""
		switch verb {
		case "add-contest":
			anchor = fmt.Sprintf("#contest-%d", len(d.Contests)-1)
		case "add-option", "remove-option":
			first, _, _ := strings.Cut(where, ".")
			anchor = "#contest-" + first + "-options"
		case "add-own", "remove-own":
			anchor = "#own"
		}
		s.redirect("/drafts/"+d.ID+anchor, "")
	}
}

func (s *scene) deleteDraft() {
	d, ok := s.draft()
	if !ok {
		return
	}
	if !s.confirm(s.Say("console-vote.delete"), s.Say("console-vote.delete"), "/drafts/"+d.ID, s.Say("console-vote.delete-what", "title", s.in(d.Title))) {
		return
	}
	err := s.c.store.change(func(x *saved) {
		x.Drafts = slices.DeleteFunc(x.Drafts, func(y *draft) bool { return y.ID == d.ID })
	})
	if err != nil {
		s.failed(err)
		return
	}
	s.redirect("/", s.Say("console-vote.deleted"))
}

// callDraft puts the vote on the board.
func (s *scene) callDraft() {
	d, ok := s.draft()
	if !ok {
		return
	}
	p, wrong := s.compile(&d)
	if wrong != nil {
		s.showDraft(http.StatusUnprocessableEntity, d, true)
		return
	}
	lines := []string{s.Say("console-vote.call-what", "title", s.in(p.vote.Title))}
	if d.Mock {
		lines = append(lines, s.Say("notice.mock-text"))
	}
	if !s.confirm(s.Say("console-vote.call"), s.Say("console-vote.call"), "/drafts/"+d.ID+"?check=1", append(lines, s.Say("console-vote.call-final"))...) {
		return
	}
	id, err := s.c.call(s.r.Context(), d, p)
	if err != nil {
		d.Calling = false
		if kept := s.c.store.keepDraft(d); kept != nil {
			s.failed(kept)
			return
		}
		m := s.Say("console-vote.refused")
		s.c.o.Log.Error("calling a vote", "error", err)
		s.message(http.StatusConflict, m, err.Error())
		return
	}
	s.redirect("/votes/"+id.String(), s.Say("console-vote.called"))
}

// call posts the manifest. That it is being posted is kept first, so that a vote is not called twice when the program is killed meanwhile.
func (c *Console) call(ctx context.Context, d draft, p *plan) (id record.ID, err error) {
	ctx = context.WithoutCancel(ctx) // a browser that goes away does not leave it half done
	err = c.officer(ctx, func(officer *commission.Commission) error {
		if now, ok := c.store.draft(d.ID); !ok || now.Vote != "" {
			return fmt.Errorf("the vote is called already")
		}
		d.Calling = true
		if err := c.store.keepDraft(d); err != nil {
			return err
		}
		if p.by == nil {
			vote := *p.vote
			id, err = officer.Call(ctx, p.round, &vote)
		} else {
			id, err = officer.Propose(ctx, p.round, p.by, p.p, p.who)
		}
		if err != nil {
			return err
		}
		d.Calling, d.Vote = false, id.String()
		return c.store.change(func(s *saved) {
			if i := slices.IndexFunc(s.Drafts, func(x *draft) bool { return x.ID == d.ID }); i >= 0 {
				s.Drafts[i] = &d
			}
			if d.Manual {
				s.Manual = append(s.Manual, d.Vote)
			}
		})
	})
	return id, err
}
