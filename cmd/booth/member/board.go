package member

import (
	"context"
	"errors"
	"sync/atomic"

	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/verifier/light"
)

// Join returns the board that a light reader reads and a client sends to.
func Join(r *light.Reader, c *client.Client) Board { return &lightBoard{Reader: r, client: c} }

type lightBoard struct {
	*light.Reader
	client  *client.Client
	trusted atomic.Pointer[client.Client] // knows the genesis record
}

// Update is that of the reader; with the genesis record the client learns whose promises and receipts to believe.
func (b *lightBoard) Update(ctx context.Context, f light.Focus) error {
	if err := b.Reader.Update(ctx, f); err != nil {
		return err
	}
	if b.trusted.Load() != nil {
		return nil
	}
	g, id := b.State().Genesis()
	c, err := b.client.Trust(g, id)
	if err != nil {
		return err
	}
	b.trusted.Store(c)
	return nil
}

var errUnread = errors.New("the board has not been read yet")

func (b *lightBoard) Submit(ctx context.Context, r *record.Record) ([]byte, error) {
	c := b.trusted.Load()
	if c == nil {
		return nil, errUnread
	}
	a, err := c.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.Promise, nil
}

func (b *lightBoard) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	c := b.trusted.Load()
	if c == nil {
		return nil, errUnread
	}
	return c.Receipt(ctx, id)
}
