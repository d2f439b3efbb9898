package registrar

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds how many network addresses are remembered; the least recently seen are forgotten first.
const maxAddresses = 1 << 16

// A limiter bounds how many wrong codes an address can try. It slows no one who has the right one, unless they share an address with
// somebody who has not.
type limiter struct {
	burst int
	every rate.Limit
	clock func() time.Time

	mu    sync.Mutex
	known map[netip.Addr]*list.Element
	order list.List // of *caller, most recently seen first
}

type caller struct {
	addr   netip.Addr
	bucket *rate.Limiter
}

func newLimiter(burst, perMinute int, clock func() time.Time) *limiter {
	return &limiter{burst: burst, every: rate.Limit(perMinute) / 60, clock: clock, known: make(map[netip.Addr]*list.Element)}
}

// allowed reports whether the address may try a code now.
func (l *limiter) allowed(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.known[a]
	return !ok || e.Value.(*caller).bucket.TokensAt(l.clock()) >= 1
}

// failed counts a wrong code.
func (l *limiter) failed(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.known[a]
	if ok {
		l.order.MoveToFront(e)
	} else {
		if l.order.Len() >= maxAddresses {
			oldest := l.order.Back()
			delete(l.known, oldest.Value.(*caller).addr)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&caller{a, rate.NewLimiter(l.every, l.burst)})
		l.known[a] = e
	}
	e.Value.(*caller).bucket.AllowN(l.clock(), 1)
}
