package registrar

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"strings"
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

// address returns the network address that a request counts for; an IPv6 address stands for its /64. A proxy's header is believed only if the
// connection is from one of the proxies, and then the last address in it that is not a proxy's.
func address(req *http.Request, proxies []netip.Prefix) netip.Addr {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		host = req.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	a = a.Unmap()
	hops := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isProxy(a, proxies); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = hop.Unmap()
	}
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

func isProxy(a netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
