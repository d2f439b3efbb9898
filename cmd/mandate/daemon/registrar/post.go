package registrar

import (
	"context"
	"fmt"
	"log/slog"

	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/registrar/issuing"
)

// A post sends the codes that members ask for on the registrar's page.
type post struct{ *mail.Post }

// openPost opens the post office of a configuration of mandate mail. What became of mails is kept in dir.
func openPost(path, dir string, log *slog.Logger) (*post, error) {
	config, err := mail.ReadConfig(path)
	if err != nil {
		return nil, daemon.Hint(fmt.Errorf("mail: %w", err), "mandate mail send -h shows such a file")
	}
	p, err := mail.OpenPost(dir, config, log)
	if err != nil {
		return nil, err
	}
	return &post{p}, nil
}

func (p *post) close() error { return p.Close() }

// send sends one code. Its errors have nothing of the member.
func (p *post) send(ctx context.Context, d *registrar.Dispatch) error {
	_, err := p.Send(ctx, &mail.Batch{
		Job: mail.AskedJob(), Letter: mail.Invitation, Desk: issuing.Desk{Round: d.Round, Registrar: d.Registrar},
		Title: d.Title, Closes: d.Closes, List: d.List, Language: d.Language,
	})
	return err
}
