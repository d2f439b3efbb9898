package registrar

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds how many network addresses are remembered; the least recently seen are forgotten first.
const maxAddresses = 1 << 16

// A limiter bounds how many wrong codes an address can try, and the like. It slows no one who has the right one, unless they share an address
// with somebody who has not.
type limiter[K comparable] struct {
	burst int
	every rate.Limit
	clock func() time.Time

	mu    sync.Mutex
	known map[K]*list.Element
	order list.List // of *caller[K], most recently seen first
}

type caller[K comparable] struct {
	addr   K
	bucket *rate.Limiter
}

func newLimiter[K comparable](burst int, every rate.Limit, clock func() time.Time) *limiter[K] {
	return &limiter[K]{burst: burst, every: every, clock: clock, known: make(map[K]*list.Element)}
}

// take counts one and reports whether that was allowed.
func (l *limiter[K]) take(a K) bool {
	if !l.allowed(a) {
		return false
	}
	l.failed(a)
	return true
}

// allowed reports whether the address may try a code now.
func (l *limiter[K]) allowed(a K) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.known[a]
	return !ok || e.Value.(*caller[K]).bucket.TokensAt(l.clock()) >= 1
}

// failed counts a wrong code.
func (l *limiter[K]) failed(a K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.known[a]
	if ok {
		l.order.MoveToFront(e)
	} else {
		if l.order.Len() >= maxAddresses {
			oldest := l.order.Back()
			delete(l.known, oldest.Value.(*caller[K]).addr)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&caller[K]{a, rate.NewLimiter(l.every, l.burst)})
		l.known[a] = e
	}
	e.Value.(*caller[K]).bucket.AllowN(l.clock(), 1)
}
