package registrar

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/registrar/issuing"
)

// A post sends the codes that members ask for on the registrar's page.
type post struct {
	config *mail.Config
	store  *mail.Store
	sender *mail.Sender
}

// openPost opens the post office of a configuration of mandate mail. What became of mails is kept in dir.
func openPost(path, dir string, log *slog.Logger) (*post, error) {
	config, err := mail.ReadConfig(path)
	if err != nil {
		return nil, daemon.Hint(fmt.Errorf("mail: %w", err), "mandate mail send -h shows such a file")
	}
	templates, err := mail.LoadTemplates(config.Templates)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	store, err := mail.OpenStore(dir)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	o := config.Options()
	o.Log = log
	sender, err := mail.New(store, templates, o)
	if err != nil {
		store.Close()
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &post{config, store, sender}, nil
}

func (p *post) close() error { return p.store.Close() }

// send sends one code. Its errors have nothing of the member.
func (p *post) send(ctx context.Context, d *registrar.Dispatch) error {
	to, _, _, err := mail.ReadCodes(bytes.NewReader(d.List), issuing.Desk{Round: d.Round, Registrar: d.Registrar})
	if err != nil {
		return err
	}
	for _, r := range to {
		r.Language = d.Language
	}
	facts := p.config.Facts()
	facts.Title, facts.Closes = d.Title, d.Closes
	_, err = p.sender.Send(ctx, "asked-"+d.Round.Short(), mail.Invitation, &facts, to)
	return err
}
