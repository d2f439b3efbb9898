package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/verifier/boardlog"
	"mandate/verifier/light"
)

// Times that requests may take. A receipt is waited for up to 30 seconds by the board itself.
const (
	shortTime = 20 * time.Second
	longTime  = 45 * time.Second
)

// A board is a member.Board: what of it is needed is read by a light reader.
type board struct {
	*light.Reader
	client   *client.Client
	trusted  *client.Client // knows the genesis record; nil before it is read
	progress Progress
}

func newBoard(fetch func(context.Context, Request) (Reply, error), address string) *board {
	src := &source{fetch, address}
	return &board{
		Reader: light.NewReader(src, light.Options{}),
		client: client.New(&transport{fetch, address}, src, client.Options{Attempts: 5, MaxWait: 4 * time.Second}),
	}
}

func (b *board) tell(what string, done, total uint64) {
	if b.progress != nil {
		b.progress(what, done, total)
	}
}

func (b *board) Update(ctx context.Context, f light.Focus) error {
	if err := b.Reader.Update(ctx, f); err != nil {
		return err
	}
	if b.trusted != nil {
		return nil
	}
	g, id := b.State().Genesis()
	c, err := b.client.Trust(g, id)
	if err == nil {
		b.trusted = c
	}
	return err
}

var errUnread = errors.New("the board's log has not been read yet")

func (b *board) Submit(ctx context.Context, r *record.Record) ([]byte, error) {
	if b.trusted == nil {
		return nil, errUnread
	}
	b.tell("sending", 0, 0)
	a, err := b.trusted.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	b.tell("promised", 0, 0)
	return a.Promise, nil
}

func (b *board) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	if b.trusted == nil {
		return nil, errUnread
	}
	receipt, err := b.trusted.Receipt(ctx, id)
	if err == nil {
		b.tell("recorded", 0, 0)
	}
	return receipt, err
}

func (b *board) Records(ctx context.Context, from uint64, fn func(index uint64, raw []byte) error) error {
	total := b.State().Size()
	return b.Reader.Records(ctx, from, func(index uint64, raw []byte) error {
		if index%256 == 0 || index+1 == total {
			b.tell("reading", index+1, total)
		}
		return fn(index, raw)
	})
}

// policy says whose checkpoints to believe: the log's own key's.
func (b *board) policy() (boardlog.Policy, error) {
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

// transport carries records to the board.
type transport struct {
	fetch   func(context.Context, Request) (Reply, error)
	address string
}

func (t *transport) Send(ctx context.Context, r client.Request) (client.Answer, error) {
	a, err := t.fetch(ctx, Request{URL: t.address + r.Path, Body: r.Body, Limit: r.Limit, Timeout: longTime})
	if err != nil {
		return client.Answer{}, err
	}
	if int64(len(a.Body)) > r.Limit {
		return client.Answer{}, fmt.Errorf("%w: more than %d bytes", client.ErrLong, r.Limit)
	}
	return client.Answer{Status: a.Status, Type: a.Type, Index: a.Index, RetryAfter: a.RetryAfter, Body: a.Body}, nil
}

// source has the log's files and the board's extracts.
type source struct {
	fetch   func(context.Context, Request) (Reply, error)
	address string
}

// NewSource returns the files of the log of the board at an address, for whoever reads it whole.
func NewSource(env Env, address string) boardlog.Source {
	return &source{env.Fetch, strings.TrimRight(address, "/")}
}

// ReadFile reads a file of the log: those that never change may come from the browser's cache.
func (s *source) ReadFile(ctx context.Context, path string) ([]byte, error) {
	limit := boardlog.MaxSize(path)
	if limit == 0 {
		return nil, fmt.Errorf("%.80q is no file of a log", path)
	}
	return s.get(ctx, "/"+path, limit, strings.HasPrefix(path, "tile/") && !strings.Contains(path, ".p/"))
}

// Get reads an extract. Only a roll's entries never change.
func (s *source) Get(ctx context.Context, path string, limit int64) ([]byte, error) {
	return s.get(ctx, "/"+strings.TrimPrefix(path, "/"), limit, strings.HasPrefix(path, "outline/roll/"))
}

// attempts is how often a file is asked for that gets no answer.
const attempts = 3

func (s *source) get(ctx context.Context, path string, limit int64, cached bool) ([]byte, error) {
	var failed error
	for attempt := range attempts {
		if attempt > 0 {
			select {
			case <-time.After(time.Duration(attempt) * 400 * time.Millisecond):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		a, err := s.fetch(ctx, Request{URL: s.address + path, Limit: limit, Timeout: shortTime, Cached: cached})
		switch {
		case err != nil:
			failed = err
		case a.Status == 200 && int64(len(a.Body)) > limit:
			return nil, fmt.Errorf("%s: more than %d bytes", path, limit)
		case a.Status == 200:
			return a.Body, nil
		case a.Status == 404 || a.Status == 410:
			return nil, fmt.Errorf("%s: status %d: %w", path, a.Status, fs.ErrNotExist)
		case a.Status >= 500 || a.Status == 429:
			failed = fmt.Errorf("%s: status %d", path, a.Status)
		default:
			return nil, fmt.Errorf("%s: status %d", path, a.Status)
		}
	}
	return nil, failed
}

// registrars carries requests to registrars.
type registrars struct {
	fetch func(context.Context, Request) (Reply, error)
}

func (r registrars) Post(ctx context.Context, url string, body []byte, limit int) (issuing.Reply, error) {
	a, err := r.fetch(ctx, Request{URL: url, Body: body, Limit: int64(limit), Timeout: longTime})
	if err != nil {
		return issuing.Reply{}, err
	}
	return issuing.Reply{Status: a.Status, Type: a.Type, Body: a.Body}, nil
}
