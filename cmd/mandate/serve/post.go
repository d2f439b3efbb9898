package serve

import (
	"cmp"
	"context"
	"path/filepath"

	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/registrar/issuing"
)

// openPost opens the post of a registrar, or returns nil if it has none.
func (h *House) openPost(name string, rc *RegistrarConfig) (*mail.Post, error) {
	from := rc.Mail
	if from == nil {
		from = h.config.Mail
	}
	if from == nil {
		return nil, nil
	}
	c := *from
	c.Organisation = cmp.Or(c.Organisation, h.config.Title.In(cmp.Or(c.Language, "en")))
	c.Sender = cmp.Or(c.Sender, rc.Name+", "+rc.Operator)
	c.Board = cmp.Or(c.Board, h.URL)
	c.Contact = cmp.Or(c.Contact, rc.Contact)
	p, err := mail.OpenPost(filepath.Join(h.dir, name, "mail"), &c, h.options.Log)
	if err == nil {
		h.posts = append(h.posts, p)
	}
	return p, err
}

// sending sends the codes that members ask a registrar for.
func sending(p *mail.Post, all []RegistrarConfig) func(context.Context, *registrar.Dispatch) error {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return func(ctx context.Context, d *registrar.Dispatch) error {
		_, err := p.Send(ctx, &mail.Batch{
			Job: mail.AskedJob(), Letter: mail.Invitation, Desk: issuing.Desk{Round: d.Round, Registrar: d.Registrar},
			Title: d.Title, Closes: d.Closes, Registrars: names, List: d.List, Language: d.Language,
		})
		return err
	}
}
