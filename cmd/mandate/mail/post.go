package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"mandate/ballot/text"
	"mandate/cmd/mandate/registrar/issuing"
)

// A Post sends a registrar's codes for a program that goes on: when an organiser asks for it, or a member has asked for a code.
type Post struct {
	config    *Config
	store     *Store
	templates *Templates
	log       *slog.Logger
}

// OpenPost opens a registrar's post, with its store in a folder of its own. Of the configuration, registrar and registrars are not looked at: a
// Batch says whose codes it has.
func OpenPost(dir string, c *Config, log *slog.Logger) (*Post, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	t, err := LoadTemplates(c.Templates)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	s, err := OpenStore(dir)
	if err != nil {
		return nil, err
	}
	p := &Post{config: c, store: s, templates: t, log: cmp.Or(log, slog.Default())}
	if _, err := p.sender(nil); err != nil { // the files that the configuration names are there
		return nil, errors.Join(err, s.Close())
	}
	return p, nil
}

// Check reports whether a configuration for sending codes is complete; errors name the field.
func (c *Config) Check() error {
	for field, s := range map[string]string{"organisation": c.Organisation, "sender": c.Sender, "contact": c.Contact, "board": c.Board} {
		if s == "" {
			return fmt.Errorf("%s: is empty", field)
		}
	}
	if err := text.CheckURL("board", c.Board); err != nil {
		return err
	}
	_, err := c.Options().withDefaults()
	return err
}

// Contact is whom members ask for help.
func (p *Post) Contact() string { return p.config.Contact }

// Close closes the store. No Batch may be under way.
func (p *Post) Close() error { return p.store.Close() }

func (p *Post) sender(progress func(Figures)) (*Sender, error) {
	o := p.config.Options()
	o.Log, o.Progress = p.log, progress
	return New(p.store, p.templates, o)
}

// A Batch is codes to be sent.
type Batch struct {
	Job        string // a slug; what was sent under it is not sent again
	Letter     Letter // Invitation or Reminder
	Desk       issuing.Desk
	Title      text.Texts // of the round
	Closes     time.Time
	Registrars []string      // the names of all registrars of the round; nil: those of the configuration
	List       []byte        // as registrar.Registrar.Codes writes it
	Contacts   []*Recipient  // newer addresses and languages, if they are known
	Language   string        // in which all of them read, if it is known
	Progress   func(Figures) // may be nil
}

// Send sends a batch and returns when every mail is settled, or has been tried as often as the configuration says. Its errors and figures have
// nothing of members.
func (p *Post) Send(ctx context.Context, b *Batch) (Figures, error) {
	list, _, problems, err := ReadCodes(bytes.NewReader(b.List), b.Desk)
	if err != nil {
		return Figures{}, fmt.Errorf("mail: %w (%d problems)", err, len(problems))
	}
	if b.Contacts != nil {
		Join(list, b.Contacts)
	}
	for _, x := range list {
		x.Language = cmp.Or(b.Language, x.Language)
	}
	f := p.config.Facts()
	f.Title, f.Closes = b.Title, b.Closes
	if b.Registrars != nil {
		f.Registrars = b.Registrars
	}
	s, err := p.sender(b.Progress)
	if err != nil {
		return Figures{}, err
	}
	return s.Send(ctx, b.Job, b.Letter, &f, list)
}

// AskedJob returns a name for the mail to a member who has asked for a code: each is a job of its own, so that none waits for another that a mail
// server puts off.
func AskedJob() string { return "asked-" + strings.ToLower(rand.Text()) }

// A Job is what became of the mails of one job.
type Job struct {
	Name    string
	Figures Figures
	Working bool // mails of it are being sent now
}

// Jobs returns the jobs whose names begin with a prefix.
func (p *Post) Jobs(prefix string) ([]Job, error) {
	names, err := p.store.Jobs()
	if err != nil {
		return nil, err
	}
	var out []Job
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		f, err := p.store.Figures(name)
		if err != nil {
			return nil, err
		}
		p.store.mu.Lock()
		working := p.store.used[name]
		p.store.mu.Unlock()
		out = append(out, Job{name, f, working})
	}
	return out, nil
}

// Left returns the member numbers whose mails of a job are still to be sent; with unknown also those of which nobody knows whether they arrived. To
// go on, new codes are drawn for them: the store has none.
func (p *Post) Left(job string, unknown bool) ([]string, error) {
	states, err := p.store.States(job)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(states, func(_ string, s State) bool {
		return s.Status != Queued && s.Status != Deferred && !(unknown && (s.Status == Unknown || s.Status == Sending))
	})
	return slices.Sorted(maps.Keys(states)), nil
}
