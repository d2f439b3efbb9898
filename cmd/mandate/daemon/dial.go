package daemon

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/cmd/mandate/party"
)

// A BoardLink says how a party reaches the board.
type BoardLink struct {
	// Board is the entry file that the board's operator has handed over: its address, and which log it is.
	Board string `toml:"board"`
	// CA is a file with certificates (PEM) of an authority of one's own, believed besides those that the machine believes.
	CA string `toml:"ca"`
	// Look is how often the party looks at the board. Default "5s".
	Look Duration `toml:"look"`
}

// Complete fills in what was left out.
func (l *BoardLink) Complete(base string) error {
	if l.Board == "" {
		return errors.New("board: the board's entry file is needed")
	}
	if l.Look.Duration == 0 {
		l.Look.Duration = 5 * time.Second
	}
	l.Board, l.CA = Under(base, l.Board), Under(base, l.CA)
	return nil
}

// Entry returns the board's entry.
func (l *BoardLink) Entry() (*BoardEntry, error) {
	const hint = "the board's operator gets it with: mandate board entry"
	e, err := ReadEntry(l.Board)
	if err != nil {
		return nil, Hint(fmt.Errorf("board: %w", err), hint)
	}
	if e.Board == nil {
		return nil, Hint(fmt.Errorf("board: %s has no [board]", l.Board), hint)
	}
	return e.Board, nil
}

// Dial returns the party's own view of the board, with the board's entry. It has read nothing yet. A log that begins otherwise than the entry
// says is refused.
func (l *BoardLink) Dial() (party.Board, *BoardEntry, error) {
	e, err := l.Entry()
	if err != nil {
		return nil, nil, err
	}
	h, err := l.Client()
	if err != nil {
		return nil, nil, err
	}
	c, err := overhttp.Dial(e.URL, h, client.Options{})
	if err != nil {
		return nil, nil, err
	}
	return &pinned{Board: party.Join(c.Source(), c), entry: e}, e, nil
}

// Client returns the HTTP client with which the party reaches the board, nil for the usual one.
func (l *BoardLink) Client() (*http.Client, error) {
	if l.CA == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(l.CA)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca: %s has no certificate in PEM", l.CA)
	}
	return overhttp.Trusting(roots), nil
}

// pinned is a board that must be the one of an entry.
type pinned struct {
	party.Board
	entry *BoardEntry
}

func (p *pinned) Update(ctx context.Context) error {
	if err := p.Board.Update(ctx); err != nil {
		return err
	}
	if g, id := p.State().Genesis(); g != nil && (id != p.entry.Genesis || g.LogKey != p.entry.LogKey) {
		return Hint(fmt.Errorf("%s shows another log than the board's entry names: it begins with %s, not %s", p.entry.URL, id.Short(), p.entry.Genesis.Short()),
			"nothing was done; ask the board's operator, in another way than by this address, for the entry")
	}
	return nil
}
