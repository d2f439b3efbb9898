package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar"
)

// rolls returns the rolls on the board, for a choice.
func (s *scene) rolls(chosen string) []option {
	out := []option{{Value: "", Text: s.Say("console.choose-one")}}
	s.c.store.look(func(x *saved) {
		for _, l := range x.Lists {
			if l.Record != "" {
				out = append(out, option{l.Record, s.Count("console-round.roll", uint64(l.Members), "name", l.Title, "date", l.AsOf), l.Record == chosen})
			}
		}
	})
	return out
}

func (s *scene) roundForm() form {
	now := s.c.o.Clock().UTC()
	return form{Action: "/rounds", Button: s.Say("console-round.open"), Fields: []*field{
		textsField("title", s.Say("console-round.name"), s.Say("console-round.name-hint"), true, nil),
		{Name: "roll", Kind: kindChoice, Label: s.Say("console-round.of"), Required: true, Choices: s.rolls(s.r.URL.Query().Get("roll"))},
		{Name: "slots", Kind: kindNumber, Label: s.Say("console-round.slots"), Hint: s.Say("console-round.slots-hint"), Required: true, Value: "6"},
		{Name: "petitions", Kind: kindNumber, Label: s.Say("console-round.petitions"), Hint: s.Say("console-round.petitions-hint"), Required: true, Value: "3"},
		{Name: "opens", Kind: kindTime, Label: s.Say("console-round.opens"), Hint: s.Say("console.utc"), Required: true, Value: now.Format(timeForm)},
		{Name: "closes", Kind: kindTime, Label: s.Say("console-round.closes"), Hint: s.Say("console.utc"), Required: true, Value: now.AddDate(0, 6, 0).Format(timeForm)},
	}}
}

func (s *scene) newRound() {
	s.showForm(http.StatusOK, s.Say("console-round.new"), s.Say("console-round.lead"), s.roundForm())
}

func (s *scene) openRound() {
	f := s.roundForm()
	f.fill(s.r)
	f.blame(f.need(s.Language))
	note := f.blame
	m := &record.Round{Title: textsOf(s.r, "title")}
	if len(m.Title) > 0 {
		note(errAt("title", m.Title.Check("title")))
	}
	var err error
	if m.Roll, err = record.ParseID(s.r.PostFormValue("roll")); err != nil {
		note(wrong("roll", "%s", s.Say("console.choose")))
	}
	m.Slots, err = numberOf(s.r, "slots", 1, record.MaxSlots)
	note(err)
	m.PetitionSlots, err = numberOf(s.r, "petitions", 0, record.MaxSlots)
	note(err)
	if m.PetitionSlots >= m.Slots && err == nil {
		note(wrong("petitions", "%s", s.Say("console-round.too-many")))
	}
	m.Opens, err = timeOf(s.r, "opens")
	note(err)
	m.Closes, err = timeOf(s.r, "closes")
	note(err)
	if err == nil && m.Closes <= m.Opens {
		note(wrong("closes", "%s", s.Say("console-vote.closes-before")))
	}
	known := false
	s.c.o.Board.View(func(st *fold.State) {
		r := st.Roll(m.Roll)
		known = r != nil && r.Complete()
	})
	if !known {
		note(wrong("roll", "%s", s.Say("console.choose")))
	}
	if f.Failed() {
		s.showForm(http.StatusUnprocessableEntity, s.Say("console-round.new"), s.Say("console-round.lead"), f)
		return
	}
	for _, r := range s.c.o.Registrars {
		m.Registrars = append(m.Registrars, r.Entry)
	}
	lines := []string{s.Count("console-round.what", m.Slots, "name", s.in(m.Title), "petitions", m.PetitionSlots)}
	for _, r := range m.Registrars {
		lines = append(lines, s.Say("console-round.knows", "name", r.Name, "operator", r.Operator, "channel", r.Channel))
	}
	lines = append(lines, s.shared(m.Registrars)...)
	if !s.confirm(s.Say("console-round.open"), s.Say("console-round.open"), "/rounds/new", append(lines, s.Say("console-round.final"))...) {
		return
	}
	var id record.ID
	err = s.c.officer(s.r.Context(), func(officer *commission.Commission) error {
		id, err = officer.PostRound(s.r.Context(), m)
		return err
	})
	if err != nil {
		f.blame(err)
		s.showForm(http.StatusUnprocessableEntity, s.Say("console-round.new"), s.Say("console-round.lead"), f)
		return
	}
	s.redirect("/rounds/"+id.String(), s.Say("console-round.opened"))
}

// shared says which registrars are one point of failure: who runs both, or controls a way by which both know members, can be a member to both.
func (s *scene) shared(all []record.Registrar) (out []string) {
	for i := range all {
		for j := range i {
			a, b := &all[j], &all[i]
			if a.Operator == b.Operator {
				out = append(out, s.Say("console-round.one-operator", "first", a.Name, "second", b.Name, "operator", a.Operator))
			} else if way := a.SharedWay(b); way != "" {
				out = append(out, s.Say("console-round.one-way", "first", a.Name, "second", b.Name, "way", way))
			}
		}
	}
	return out
}

type roundModel struct {
	frame
	ID           string
	Title        string
	Segment      string
	Members      uint64
	Opens        uint64
	Closes       uint64
	Now          uint64
	Slots, Taken uint64
	Petitions    uint64
	Ready        bool
	Registrars   []deskModel
	Error        string
	Shared       []string
	Removed      uint64 // entries that are off the roll
}

// deskModel is a registrar of a round.
type deskModel struct {
	Number              int
	Name, Operator, URL string
	Accepted            bool
	Keys                uint64
	Served              bool // by this machine
	Collected           int  // cards, as far as the registrar itself knows
	Published           uint64
	Sends               bool
	Channel             string
	Mailings            []mailing
}

func (s *scene) round() (id record.ID, ok bool) {
	id, err := record.ParseID(s.r.PathValue("id"))
	if err == nil {
		s.c.o.Board.View(func(st *fold.State) { ok = st.Round(id) != nil })
	}
	if !ok {
		s.missing()
	}
	return id, ok
}

func (s *scene) roundPage() {
	if id, ok := s.round(); ok {
		s.showRound(http.StatusOK, id, "")
	}
}

func (s *scene) showRound(status int, id record.ID, problem string) {
	m := roundModel{ID: id.String(), Error: problem, Ready: true}
	s.c.o.Board.View(func(st *fold.State) {
		r := st.Round(id)
		m.Title, m.Segment, m.Members = s.in(r.Manifest.Title), r.Roll.Announce.Segment, r.Roll.Announce.Count
		m.Opens, m.Closes, m.Now, m.Slots, m.Petitions = r.Manifest.Opens, r.Manifest.Closes, st.Now(), r.Manifest.Slots, r.Manifest.PetitionSlots
		for slot := range int(m.Slots) {
			if r.Slot(slot).Taken != (record.ID{}) {
				m.Taken++
			}
			m.Ready = m.Ready && r.Ready(slot)
		}
		m.Shared, m.Removed = s.shared(r.Manifest.Registrars), r.Roll.RemovedCount()
		for i, reg := range r.Manifest.Registrars {
			d := deskModel{Number: i + 1, Name: reg.Name, Operator: reg.Operator, URL: reg.URL, Accepted: r.Accepted(i + 1), Published: r.Issued(i + 1), Channel: reg.Channel}
			for slot := range int(m.Slots) {
				if r.Slot(slot).Keys[i] != nil {
					d.Keys++
				}
			}
			m.Registrars = append(m.Registrars, d)
		}
	})
	for i := range m.Registrars {
		d := &m.Registrars[i]
		if r := s.c.registrarOf(id, d.Number); r != nil {
			d.Served, d.Sends, d.Mailings = true, r.Post != nil, s.c.mailings(id, d.Number)
			if standing, err := r.Desk.Standing(id); err == nil {
				d.Collected = standing.Issued
			}
		}
	}
	m.frame = s.frame(m.Title)
	m.Live = true
	s.show(status, "round", m)
}

// registrarOf returns the registrar of a round that this machine runs under a number, from 1, or nil.
func (c *Console) registrarOf(round record.ID, number int) *Registrar {
	var key record.Key
	c.o.Board.View(func(st *fold.State) {
		if r := st.Round(round); r != nil && number >= 1 && number <= len(r.Manifest.Registrars) {
			key = r.Manifest.Registrars[number-1].Key
		}
	})
	for i := range c.o.Registrars {
		if c.o.Registrars[i].Entry.Key == key {
			return &c.o.Registrars[i]
		}
	}
	return nil
}

// codes draws a registrar's codes and hands them out as a list for mail merge: for those who have none yet, for all who have no card, or for
// one member. They exist in this list alone, so an answer that gets lost means that they are drawn again.
func (s *scene) codes() {
	id, ok := s.round()
	if !ok {
		return
	}
	number, _ := strconv.Atoi(s.r.PostFormValue("registrar"))
	r := s.c.registrarOf(id, number)
	if r == nil {
		s.missing()
		return
	}
	desk := r.Desk
	var entries []int
	which := s.r.PostFormValue("which")
	switch which {
	case "new":
	case "waiting":
		if !s.confirm(s.Say("console-round.again"), s.Say("console-round.again-button"), "/rounds/"+id.String(), s.Say("console-round.again-text")) {
			return
		}
		s.c.o.Board.View(func(st *fold.State) {
			r := st.Round(id)
			for e := range r.Roll.Announce.Count {
				if !r.IsIssued(number, e) && r.Roll.Removed(e) == nil {
					entries = append(entries, int(e))
				}
			}
		})
		if len(entries) == 0 {
			s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.nobody"))
			return
		}
	case "member":
		member := text.Clean(s.r.PostFormValue("member"))
		entry, err := desk.Find(id, member)
		if err != nil {
			s.showRound(http.StatusUnprocessableEntity, id, s.Say("console.no-member", "number", member))
			return
		}
		entries = []int{entry}
	default:
		s.missing()
		return
	}
	name := fmt.Sprintf("codes-registrar-%d-%s.csv", number, s.c.o.Clock().UTC().Format("20060102-1504"))
	if s.r.PostFormValue("how") == "send" && r.Post != nil {
		letter := mail.Invitation
		if which == "waiting" {
			letter = mail.Reminder
		}
		job := jobName(letter, id, number, s.c.o.Clock())
		if which == "member" { // beside the others: who was sent one already is sent another
			job = jobName(mail.Reminder, id, number, s.c.o.Clock())
		}
		s.mailLater(r, id, number, letter, job, entries)
		return
	}
	var members uint64
	s.c.o.Board.View(func(st *fold.State) { members = st.Round(id).Roll.Announce.Count })
	if members > atOnce && which != "member" {
		s.drawLater(desk, id, number, name, entries)
		return
	}
	var list bytes.Buffer
	if err := desk.Codes(&list, id, entries...); err != nil {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.not-ready"))
		return
	}
	if bytes.Count(list.Bytes(), []byte("\n")) < 2 {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.nobody"))
		return
	}
	s.attach(name, list.Bytes())
}

// atOnce is the largest roll whose codes are drawn while the browser waits.
const atOnce = 2000

// attach answers with a list to be kept as a file.
func (s *scene) attach(name string, list []byte) {
	h := s.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	s.w.Write(list)
}

// drawLater draws many codes as a job, and keeps the list in memory to be downloaded once.
func (s *scene) drawLater(desk *registrar.Registrar, round record.ID, number int, name string, entries []int) {
	c, download := s.c, newID()
	title, nobody, back := s.Say("console-round.drawing"), s.Say("console-round.nobody"), "/downloads/"+download
	j := c.jobs.run(c.ctx, fmt.Sprintf("codes-%s-%d", round, number), title, back, func(ctx context.Context, _ func(int, int)) error {
		list, err := drawn(ctx, desk, round, entries)
		if err != nil {
			return err
		}
		if bytes.Count(list.Bytes(), []byte("\n")) < 2 {
			return errors.New(nobody)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		now := c.o.Clock()
		for id, d := range c.downloads {
			if now.Sub(d.at) > downloadFor {
				delete(c.downloads, id)
			}
		}
		c.downloads[download] = waiting{name, list.Bytes(), now}
		time.AfterFunc(downloadFor, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.downloads, download)
		})
		return nil
	})
	s.redirect("/jobs/"+j.id, "")
}

// drawn draws codes. A registrar has its own look at the board, which can be a moment behind the page that asks.
func drawn(ctx context.Context, desk *registrar.Registrar, round record.ID, entries []int) (bytes.Buffer, error) {
	for end := time.Now().Add(time.Minute); ; {
		var list bytes.Buffer
		err := desk.Codes(&list, round, entries...)
		if !errors.Is(err, registrar.ErrUnknownRound) || time.Now().After(end) {
			return list, err
		}
		select {
		case <-ctx.Done():
			return list, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// downloadFor is how long a list waits in memory.
const downloadFor = 30 * time.Minute

// waiting is a list that can be downloaded once.
type waiting struct {
	name string
	list []byte
	at   time.Time
}

func (s *scene) downloadPage() {
	s.c.mu.Lock()
	d, ok := s.c.downloads[s.r.PathValue("id")]
	s.c.mu.Unlock()
	if !ok {
		s.message(http.StatusGone, s.Say("console-round.codes"), s.Say("console-round.gone"))
		return
	}
	s.showForm(http.StatusOK, d.name, s.Say("console-round.list-ready"), form{Action: "/downloads/" + s.r.PathValue("id"), Button: s.Say("console-round.download")})
}

func (s *scene) download() {
	id := s.r.PathValue("id")
	s.c.mu.Lock()
	d, ok := s.c.downloads[id]
	delete(s.c.downloads, id)
	s.c.mu.Unlock()
	if !ok {
		s.message(http.StatusGone, s.Say("console-round.codes"), s.Say("console-round.gone"))
		return
	}
	s.attach(d.name, d.list)
}
