package board

import (
	"context"
	"sync"
)

// progress is how many records are durable on the log. It only grows, until it fails for good.
type progress struct {
	mu      sync.Mutex
	size    uint64
	err     error
	changed chan struct{} // closed and replaced at every change
}

func newProgress(size uint64) *progress {
	return &progress{size: size, changed: make(chan struct{})}
}

func (p *progress) advance(size uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size > p.size {
		p.size = size
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// fail makes every wait for more than is durable now return err. The first error stays.
func (p *progress) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

func (p *progress) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// wait returns how many records are durable once they are more than size.
func (p *progress) wait(ctx context.Context, size uint64) (uint64, error) {
	for {
		p.mu.Lock()
		now, err, changed := p.size, p.err, p.changed
		p.mu.Unlock()
		switch {
		case now > size:
			return now, nil
		case err != nil:
			return now, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}
