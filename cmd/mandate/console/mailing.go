package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar/issuing"
)

// jobName names the mails of one letter from one registrar, of a round. Invitations are one job, so that nobody is sent two under it; reminders
// are a new one each time.
func jobName(l mail.Letter, round record.ID, number int, at time.Time) string {
	name := jobsOf(l, round, number)
	if l == mail.Invitation {
		return name
	}
	return name + "-" + at.UTC().Format("200601021504")
}

func jobsOf(l mail.Letter, round record.ID, number int) string {
	return fmt.Sprintf("%s-%s-%d", l, round.String()[:8], number)
}

// A mailing is what became of the mails of one job, on a round's page.
type mailing struct {
	mail.Job
	Reminder bool
	When     string
}

// Left is how many mails can be gone on with.
func (m mailing) Left() int { return m.Figures.Queued + m.Figures.Deferred }

// mailings returns a registrar's mails of a round.
func (c *Console) mailings(round record.ID, number int) (out []mailing) {
	r := c.registrarOf(round, number)
	if r == nil || r.Post == nil {
		return nil
	}
	for _, l := range []mail.Letter{mail.Invitation, mail.Reminder} {
		prefix := jobsOf(l, round, number)
		jobs, err := r.Post.Jobs(prefix)
		if err != nil {
			c.o.Log.Error("reading what became of mails", "error", err)
			continue
		}
		for _, j := range jobs {
			m := mailing{Job: j, Reminder: l == mail.Reminder}
			if at, err := time.Parse("-200601021504", strings.TrimPrefix(j.Name, prefix)); err == nil {
				m.When = at.Format("2006-01-02 15:04 UTC")
			}
			out = append(out, m)
		}
	}
	return out
}

// mailList sends a list of codes through a registrar's post.
func (c *Console) mailList(ctx context.Context, round record.ID, number int, letter mail.Letter, job string, list []byte, at func(done, total int)) error {
	r := c.registrarOf(round, number)
	if r == nil || r.Post == nil {
		return errors.New("this registrar has no mail server")
	}
	b := &mail.Batch{Job: job, Letter: letter, Desk: issuing.Desk{Round: round, Registrar: uint64(number)}, List: list}
	var rollID record.ID
	c.o.Board.View(func(st *fold.State) {
		x := st.Round(round)
		b.Title, b.Closes, rollID = x.Manifest.Title, time.Unix(int64(x.Manifest.Closes), 0), x.Roll.Announce.RollID
		for _, g := range x.Manifest.Registrars {
			b.Registrars = append(b.Registrars, g.Name)
		}
	})
	b.Contacts = c.contacts(rollID)
	b.Progress = func(f mail.Figures) { at(f.Total-f.Queued-f.Deferred, f.Total) }
	f, err := r.Post.Send(ctx, b)
	at(f.Total-f.Queued-f.Deferred, f.Total)
	return err
}

// contacts returns the languages that a roll's member list has, as it was uploaded; nil if it is not here.
func (c *Console) contacts(rollID record.ID) []*mail.Recipient {
	id := ""
	c.store.look(func(s *saved) {
		for _, l := range s.Lists {
			if l.RollID == rollID.String() {
				id = l.ID
			}
		}
	})
	if id == "" {
		return nil
	}
	b, err := c.o.Vault.Read(uploadName(id))
	if err != nil {
		return nil
	}
	list, _, _, err := mail.ReadContacts(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return list
}

// resume goes on with mails that are not sent yet: new codes are drawn for their members, since the earlier ones are nowhere, and what was sent is not
// sent again.
func (s *scene) resume() {
	id, ok := s.round()
	if !ok {
		return
	}
	number, _ := strconv.Atoi(s.r.PostFormValue("registrar"))
	r, job := s.c.registrarOf(id, number), s.r.PostFormValue("job")
	letter := mail.Invitation
	if strings.HasPrefix(job, jobsOf(mail.Reminder, id, number)) {
		letter = mail.Reminder
	} else if job != jobsOf(mail.Invitation, id, number) {
		r = nil
	}
	if r == nil || r.Post == nil || text.CheckSlug("job", job) != nil {
		s.missing()
		return
	}
	numbers, err := r.Post.Left(job, s.r.PostFormValue("which") == "unknown")
	if err != nil {
		s.failed(err)
		return
	}
	var entries []int
	s.c.o.Board.View(func(st *fold.State) {
		x := st.Round(id)
		for _, n := range numbers {
			if e, err := r.Desk.Find(id, n); err == nil && x.Roll.Removed(uint64(e)) == nil {
				entries = append(entries, e)
			}
		}
	})
	if len(entries) == 0 {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.nobody"))
		return
	}
	s.mailLater(r, id, number, letter, job, entries)
}

// mailLater draws codes and sends them, as a job.
func (s *scene) mailLater(r *Registrar, round record.ID, number int, letter mail.Letter, job string, entries []int) {
	c, nobody := s.c, s.Say("console-round.nobody")
	j := c.jobs.run(c.ctx, fmt.Sprintf("codes-%s-%d", round, number), s.Say("console-round.sending"), "/rounds/"+round.String(), func(ctx context.Context, at func(int, int)) error {
		list, err := drawn(ctx, r.Desk, round, entries)
		if err != nil {
			return err
		}
		if bytes.Count(list.Bytes(), []byte("\n")) < 2 {
			return errors.New(nobody)
		}
		return c.mailList(ctx, round, number, letter, job, list.Bytes(), at)
	})
	s.redirect("/jobs/"+j.id, "")
}
