package console

import (
	"net/http"

	"mandate/ballot/text"
)

type personModel struct {
	Name, Link string
	Key        Key
}

type peopleModel struct {
	frame
	Trustees, Committee, Speakers []personModel
	Ready                         int
	Threshold, Quorum             uint64
	Form                          form
	CanRehearse                   bool
}

func (s *scene) personForm() form {
	return form{Action: "/people", Button: s.Say("console-people.add"), Fields: []*field{
		{Name: "name", Kind: kindText, Label: s.Say("console-people.name"), Required: true},
		{Name: "role", Kind: kindChoice, Label: s.Say("console-people.role"), Required: true, Choices: s.options("", "console-role.", RoleCommittee, RoleSpeaker)},
	}}
}

func (s *scene) people() { s.showPeople(http.StatusOK, s.personForm()) }

func (s *scene) showPeople(status int, f form) {
	m := peopleModel{Threshold: s.c.o.Threshold, Quorum: s.c.o.Quorum, CanRehearse: s.c.o.Rehearse != nil}
	of := func(role string) (out []personModel) {
		for _, h := range s.c.o.Holders.List(role) {
			out = append(out, personModel{h.Name, s.c.o.CeremonyAddress + "/ceremony/" + h.Token + "/", h.Key()})
		}
		return out
	}
	m.Trustees, m.Committee, m.Speakers = of(RoleTrustee), of(RoleCommittee), of(RoleSpeaker)
	for _, t := range m.Trustees {
		if t.Key.Made {
			m.Ready++
		}
	}
	m.frame = s.frame(s.Say("console-people.title"))
	m.Form = f
	m.Form.CSRF = m.CSRF
	m.OneMachine = true
	s.show(status, "people", m)
}

// addPerson makes a place, with its link, for a member of the committee or its speaker.
func (s *scene) addPerson() {
	f := s.personForm()
	f.fill(s.r)
	f.blame(f.need(s.Language))
	role, name := s.r.PostFormValue("role"), text.Clean(s.r.PostFormValue("name"))
	if name != "" {
		f.blame(errAt("name", text.CheckName("name", name)))
	}
	switch role {
	case RoleCommittee:
	case RoleSpeaker:
		if len(s.c.o.Holders.List(RoleSpeaker)) > 0 {
			f.blame(wrong("role", "%s", s.Say("console-people.one-speaker")))
		}
	default:
		f.blame(wrong("role", "%s", s.Say("console.choose")))
	}
	if !f.Failed() {
		f.blame(s.c.o.Holders.Next(role, name))
	}
	if f.Failed() {
		s.showPeople(http.StatusUnprocessableEntity, f)
		return
	}
	s.redirect("/people", s.Say("console-people.added", "name", name))
}

type rehearsalModel struct {
	frame
	Running  bool
	State    RehearsalState
	Trustees []trusteeRehearsal
	Can      bool
}

type trusteeRehearsal struct {
	Name           string
	Joined, Opened bool
}

func (s *scene) rehearsalPage() {
	m := rehearsalModel{Can: s.c.o.Rehearse != nil}
	s.c.mu.Lock()
	if s.c.rehearsal != nil {
		m.Running, m.State = true, s.c.rehearsal.State()
	}
	s.c.mu.Unlock()
	if m.Running {
		for i, h := range s.c.o.Holders.List(RoleTrustee) {
			m.Trustees = append(m.Trustees, trusteeRehearsal{h.Name, m.State.Joined[i], m.State.Opened[i]})
		}
	}
	m.frame = s.frame(s.Say("console-rehearsal.title"))
	m.Mock, m.Live = true, m.Running
	s.show(http.StatusOK, "rehearsal", m)
}

// changeRehearsal starts a rehearsal, or ends the one there is.
func (s *scene) changeRehearsal() {
	s.c.mu.Lock()
	old := s.c.rehearsal
	s.c.rehearsal = nil
	s.c.mu.Unlock()
	if old != nil {
		old.Close()
	}
	if s.r.PostFormValue("do") == "start" && s.c.o.Rehearse != nil {
		r, err := s.c.o.Rehearse(s.c.ctx)
		if err != nil {
			s.failed(err)
			return
		}
		s.c.mu.Lock()
		s.c.rehearsal, old = r, s.c.rehearsal
		s.c.mu.Unlock()
		if old != nil { // somebody else has started one meanwhile
			old.Close()
		}
	}
	s.redirect("/rehearsal", "")
}

// practice returns the rehearsal under way, or nil.
func (c *Console) practice() Rehearsal {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rehearsal
}
