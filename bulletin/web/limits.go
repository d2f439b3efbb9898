package web

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound what senders can make the board do.
type Limits struct {
	// Rate and Burst are the records that one remote address may send: so many per second, and at once. An IPv6 address stands for
	// its /64. Many members can share one address (a meeting hall), so they are generous; default 50 and 500.
	Rate  rate.Limit
	Burst int
	// Penalty is how many records' worth a record counts that was refused only after costly checks; default 20.
	Penalty int
	// Addresses is how many remote addresses are remembered; the least recently seen are forgotten first. Default 65,536.
	Addresses int
	// Receipts is how many requests may wait for a receipt at once, Audits how many may read the whole log or look through it, Extracts how many may read an
	// extract of it. Defaults 4096, 4 and 256.
	Receipts, Audits, Extracts int
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if l.Rate == 0 {
		l.Rate = 50
	}
	def(&l.Burst, 500)
	def(&l.Penalty, 20)
	def(&l.Addresses, 1<<16)
	def(&l.Receipts, 4096)
	def(&l.Audits, 4)
	def(&l.Extracts, 256)
	return l
}

// senders limits how fast each remote address sends. Its table is bounded.
type senders struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	known map[netip.Addr]*list.Element
	order list.List // of *sender, most recently seen first
}

type sender struct {
	addr    netip.Addr
	limiter *rate.Limiter
}

func newSenders(l Limits) *senders {
	return &senders{limits: l, now: time.Now, known: make(map[netip.Addr]*list.Element)}
}

func (s *senders) limiter(addr netip.Addr) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.known[addr]; ok {
		s.order.MoveToFront(e)
		return e.Value.(*sender).limiter
	}
	if s.order.Len() >= s.limits.Addresses {
		oldest := s.order.Back()
		delete(s.known, oldest.Value.(*sender).addr)
		s.order.Remove(oldest)
	}
	n := &sender{addr, rate.NewLimiter(s.limits.Rate, s.limits.Burst)}
	s.known[addr] = s.order.PushFront(n)
	return n.limiter
}

// allow reports whether the address may send one more record now.
func (s *senders) allow(addr netip.Addr) bool { return s.limiter(addr).AllowN(s.now(), 1) }

// punish counts a costly refusal against the address. A debt grows to a burst and one penalty at most: others may share the address.
func (s *senders) punish(addr netip.Addr) {
	l, now := s.limiter(addr), s.now()
	if l.TokensAt(now) > -float64(s.limits.Burst) {
		l.ReserveN(now, min(s.limits.Penalty, s.limits.Burst))
	}
}
