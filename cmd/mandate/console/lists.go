package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"mandate/ballot/record"
	entries "mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/roll"
)

const (
	maxUpload = 60 << 20 // bytes of an upload; the commission's vault keeps files of up to 64 MiB
	shown     = 100      // problems and warnings on a page
)

var idForm = regexp.MustCompile(`^[a-z2-7]{26}$`)

// newID returns an id for something of the console's own.
func newID() string { return strings.ToLower(rand.Text()) }

func uploadName(id string) string { return "upload-" + id }
func rollName(id string) string   { return "roll-" + id }

func (s *scene) listForm() form {
	return form{Action: "/lists", Button: s.Say("console-list.look"), Multipart: true, Fields: []*field{
		{Name: "title", Kind: kindText, Label: s.Say("console-list.name"), Hint: s.Say("console-list.name-hint"), Required: true},
		{Name: "as-of", Kind: kindDate, Label: s.Say("console-list.as-of"), Required: true, Value: s.c.o.Clock().UTC().Format(time.DateOnly)},
		{Name: "file", Kind: kindFile, Label: s.Say("console-list.file"), Hint: s.Say("console-list.file-hint"), Required: true},
	}}
}

type formModel struct {
	frame
	Lead string
	Form form
}

func (s *scene) showForm(status int, heading, lead string, f form, crumbs ...link) {
	m := formModel{frame: s.frame(heading, crumbs...), Lead: lead, Form: f}
	m.Form.CSRF = m.CSRF
	s.show(status, "form", m)
}

func (s *scene) newList() {
	s.showForm(http.StatusOK, s.Say("console-list.new"), s.Say("console-list.lead"), s.listForm())
}

// upload takes a list as it was exported, and goes on to what is in it.
func (s *scene) upload() {
	f := s.listForm()
	f.fill(s.r)
	l := memberList{ID: newID(), Title: text.Clean(s.r.PostFormValue("title")), AsOf: s.r.PostFormValue("as-of")}
	f.blame(f.need(s.Language))
	if l.Title != "" {
		f.blame(errAt("title", text.CheckName("title", l.Title)))
	}
	f.blame(errAt("as-of", text.CheckDate("as-of", l.AsOf)))
	var body []byte
	file, header, err := s.r.FormFile("file")
	if err == nil {
		body, err = io.ReadAll(file)
		file.Close()
		l.File = filepath.Base(header.Filename)
	}
	if err != nil || len(body) == 0 {
		f.blame(wrong("file", "%s", s.Say("console-list.no-file")))
	}
	if f.Failed() {
		s.showForm(http.StatusUnprocessableEntity, s.Say("console-list.new"), s.Say("console-list.lead"), f)
		return
	}
	if err := s.c.o.Vault.Write(uploadName(l.ID), body); err != nil {
		s.failed(err)
		return
	}
	if err := s.c.store.change(func(x *saved) { x.Lists = append(x.Lists, &l) }); err != nil {
		s.failed(err)
		return
	}
	s.redirect("/lists/"+l.ID, "")
}

// list returns the list that the path names, or answers that there is none.
func (s *scene) list() (memberList, bool) {
	id := s.r.PathValue("id")
	l, ok := s.c.store.list(id)
	if !ok || !idForm.MatchString(id) {
		s.missing()
	}
	return l, ok
}

func (s *scene) preview(l memberList) (*roll.Preview, error) {
	b, err := s.c.o.Vault.Read(uploadName(l.ID))
	if err != nil {
		return nil, err
	}
	return roll.Read(bytes.NewReader(b), roll.Mapping{})
}

type segment struct {
	Value, Kind, Name string
	Members           int
}

type listModel struct {
	frame
	List                                       memberList
	Preview                                    *roll.Preview
	Counts                                     roll.Counts
	Problems                                   []roll.Problem
	Warnings                                   []roll.Problem
	MoreProblems                               int
	MoreWarnings                               int
	Sample                                     []roll.Person
	Segments                                   []segment
	Job                                        string
	FormError                                  string
	Members                                    uint64
	ProblemCount, WarningCount, RegistrarCount int
}

func (s *scene) listPage() {
	if l, ok := s.list(); ok {
		s.showList(http.StatusOK, l, "")
	}
}

func (s *scene) showList(status int, l memberList, problem string) {
	m := listModel{List: l, FormError: problem}
	if l.Record == "" {
		p, err := s.preview(l)
		if err != nil {
			s.failed(err)
			return
		}
		m.Preview, m.Counts = p, p.Counts()
		m.Problems, m.MoreProblems = p.Problems[:min(len(p.Problems), shown)], len(p.Problems)-min(len(p.Problems), shown)+p.MoreProblems
		m.Warnings, m.MoreWarnings = p.Warnings[:min(len(p.Warnings), shown)], len(p.Warnings)-min(len(p.Warnings), shown)+p.MoreWarnings
		m.ProblemCount, m.WarningCount = len(p.Problems)+p.MoreProblems, len(p.Warnings)+p.MoreWarnings
		people := p.People()
		m.Members = uint64(len(people))
		m.Sample = people[:min(len(people), 8)]
		for _, kind := range roll.Segments {
			for _, n := range m.Counts.Segments[kind] {
				if n.Name != "" {
					m.Segments = append(m.Segments, segment{kind + ":" + n.Name, kind, n.Name, n.Members})
				}
			}
		}
	}
	if p, ok := s.c.jobs.get("list-" + l.ID); ok && !p.Finished {
		m.Job = p.ID
	}
	m.RegistrarCount = len(s.c.o.Registrars)
	m.frame = s.frame(s.Say("console-list.title", "name", l.Title))
	s.show(status, "list", m)
}

// commitList puts the roll on the board, after which it stays as it is. What was interrupted goes on.
func (s *scene) commitList() {
	l, ok := s.list()
	if !ok {
		return
	}
	if l.Record != "" {
		s.redirect("/lists/"+l.ID, "")
		return
	}
	p, err := s.preview(l)
	if err != nil {
		s.failed(err)
		return
	}
	if !p.OK() {
		s.showList(http.StatusUnprocessableEntity, l, s.Say("console-list.not-ok"))
		return
	}
	people := p.People()
	if !l.Begun {
		kind, name, _ := strings.Cut(s.r.PostFormValue("segment"), ":")
		if kind != "" && !slices.Contains(roll.Segments, kind) {
			s.showList(http.StatusUnprocessableEntity, l, s.Say("console.choose"))
			return
		}
		l.Kind, l.Segment = kind, name
	}
	if l.Segment != "" {
		people = slices.DeleteFunc(people, func(x roll.Person) bool { return x.In(l.Kind) != l.Segment })
	}
	l.Members = len(people)
	of := l.Segment
	if of == "" {
		of = s.Say("console-list.everybody")
	}
	if !s.confirm(s.Say("console-list.commit"), s.Say("console-list.commit-button"), "/lists/"+l.ID,
		s.Count("console-list.commit-what", uint64(l.Members), "name", l.Title, "of", of), s.Say("console-list.commit-final")) {
		return
	}
	if err := s.c.store.changeList(l.ID, func(x *memberList) { x.Kind, x.Segment, x.Members, x.Begun = l.Kind, l.Segment, l.Members, true }); err != nil {
		s.failed(err)
		return
	}
	j := s.c.jobs.run(s.c.ctx, "list-"+l.ID, s.Say("console-list.committing"), "/lists/"+l.ID, func(ctx context.Context, at func(int, int)) error {
		return s.c.publish(ctx, l, people, at)
	})
	s.redirect("/jobs/"+j.id, "")
}

// publish gives the private list to the registrars and puts the commitment on the board.
func (c *Console) publish(ctx context.Context, l memberList, people []roll.Person, at func(done, total int)) error {
	private, err := c.salted(l, people)
	if err != nil {
		return err
	}
	file, err := private.Marshal()
	if err != nil {
		return err
	}
	for _, r := range c.o.Registrars {
		if err := r.Desk.AddRoll(file); err != nil {
			return fmt.Errorf("%s: %w", r.Entry.Name, err)
		}
	}
	var id record.ID
	err = c.officer(ctx, func(officer *commission.Commission) error {
		id, err = officer.PublishRoll(ctx, private, at)
		return err
	})
	if err != nil {
		return err
	}
	return c.store.changeList(l.ID, func(x *memberList) { x.Record, x.RollID = id.String(), private.ID.String() })
}

// salted returns the private roll of a list. Its salts are drawn once, and kept before anything that depends on them is published.
func (c *Console) salted(l memberList, people []roll.Person) (*entries.Roll, error) {
	b, err := c.o.Vault.Read(rollName(l.ID))
	if err == nil {
		return entries.Parse(b)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	members := make([]entries.Member, len(people))
	for i := range people {
		members[i] = people[i].Member()
	}
	private, err := entries.New(l.Title, l.Segment, l.AsOf, members)
	if err != nil {
		return nil, err
	}
	if b, err = private.Marshal(); err != nil {
		return nil, err
	}
	return private, c.o.Vault.Write(rollName(l.ID), b)
}

// private returns the private list of a roll on the board.
func (c *Console) private(rollID record.ID) (*entries.Roll, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rolls[rollID]; r != nil {
		return r, nil
	}
	id := ""
	c.store.look(func(s *saved) {
		for _, l := range s.Lists {
			if l.RollID == rollID.String() {
				id = l.ID
			}
		}
	})
	if id == "" {
		return nil, errors.New("the member list of this roll is not in this console")
	}
	b, err := c.o.Vault.Read(rollName(id))
	if err != nil {
		return nil, err
	}
	r, err := entries.Parse(b)
	if err == nil {
		c.rolls[rollID] = r
	}
	return r, err
}

// deleteList forgets an upload of which nothing is on the board.
func (s *scene) deleteList() {
	l, ok := s.list()
	if !ok {
		return
	}
	if l.Begun || l.Record != "" {
		s.redirect("/lists/"+l.ID, s.Say("console-list.kept"))
		return
	}
	err := s.c.o.Vault.Write(uploadName(l.ID), nil) // nothing of it stays
	if err == nil {
		err = s.c.store.change(func(x *saved) {
			x.Lists = slices.DeleteFunc(x.Lists, func(y *memberList) bool { return y.ID == l.ID })
		})
	}
	if err != nil {
		s.failed(err)
		return
	}
	s.redirect("/", s.Say("console-list.deleted"))
}
