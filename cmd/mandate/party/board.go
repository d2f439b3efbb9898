package party

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// Dial returns the board at an address such as "https://board.example". It has read nothing yet. Mirrors are
// further addresses, which are asked where the board does not answer.
func Dial(address string, o client.Options, mirrors ...string) (Board, error) {
	c, err := overhttp.Dial(address, nil, o, mirrors...)
	if err != nil {
		return nil, err
	}
	return Join(c.Source(), c), nil
}

// Join returns the board whose log is at a source and which takes records through a client.
func Join(src boardlog.Source, c *client.Client) Board {
	return &remote{Follower: verifier.NewFollower(src), src: src, client: c}
}

type remote struct {
	*verifier.Follower
	src     boardlog.Source
	client  *client.Client
	trusted atomic.Pointer[client.Client] // knows the genesis record
}

// Update is Follower.Update; with the genesis record it learns whose promises and receipts to believe.
func (b *remote) Update(ctx context.Context) error {
	if err := b.Follower.Update(ctx); err != nil {
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

var errUnread = errors.New("the board's log has not been read yet")

func (b *remote) Submit(ctx context.Context, r *record.Record) ([]byte, error) {
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

func (b *remote) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	c := b.trusted.Load()
	if c == nil {
		return nil, errUnread
	}
	return c.Receipt(ctx, id)
}

func (b *remote) Records(ctx context.Context, from uint64, fn func(index uint64, raw []byte) error) error {
	policy, err := b.policy()
	if err != nil {
		return err
	}
	cp, err := boardlog.Open(b.Checkpoint(), policy)
	if err != nil {
		return err
	}
	return boardlog.Read(ctx, b.src, cp, from, fn)
}

func (b *remote) Extends(ctx context.Context, earlier []byte) error {
	policy, err := b.policy()
	if err != nil {
		return err
	}
	known, err := boardlog.Open(earlier, policy)
	if err != nil {
		return err
	}
	cp, err := boardlog.Open(b.Checkpoint(), policy)
	if err != nil {
		return err
	}
	tree, err := boardlog.OpenTree(ctx, b.src, cp)
	if err != nil {
		return err
	}
	return tree.Extends(ctx, known)
}

// policy is the policy for this log's checkpoints.
func (b *remote) policy() (boardlog.Policy, error) {
	g, _ := b.State().Genesis()
	if g == nil {
		return boardlog.Policy{}, errUnread
	}
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return boardlog.Policy{}, fmt.Errorf("the log's key: %w", err)
	}
	return boardlog.Policy{Origin: g.Origin, Log: key}, nil
}

// RefusalCode returns the code of the board's refusal that err wraps, or "".
func RefusalCode(err error) string {
	var r *client.Refused
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}
