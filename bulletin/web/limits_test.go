package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"mandate/bulletin/remote"
)

func TestRemote(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, x := range []struct {
		from      string
		forwarded []string
		want      string
	}{
		{"192.0.2.7:1234", nil, "192.0.2.7"},
		{"[::ffff:192.0.2.7]:1234", nil, "192.0.2.7"},
		{"[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::"},
		{"[fe80::1%eth0]:1234", nil, "fe80::"},
		{"192.0.2.7:1234", []string{"203.0.113.9"}, "192.0.2.7"},           // no proxy of ours
		{"10.1.1.1:1234", []string{"203.0.113.9"}, "203.0.113.9"},          //
		{"10.1.1.1:1234", []string{"6.6.6.6, 203.0.113.9"}, "203.0.113.9"}, // the sender's own claim before it
		{"10.1.1.1:1234", []string{"6.6.6.6", "203.0.113.9, 10.2.2.2"}, "203.0.113.9"},
		{"[::1]:1234", []string{"2001:db8:1:2:3::"}, "2001:db8:1:2::"},
		{"10.1.1.1:1234", nil, "10.1.1.1"},
		{"10.1.1.1:1234", []string{"nonsense"}, "10.1.1.1"},
		{"10.1.1.1:1234", []string{"10.3.3.3"}, "10.3.3.3"},
		{"nonsense", nil, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: x.from, Header: http.Header{"X-Forwarded-For": x.forwarded}}
		if got := remote.Addr(r, proxies).String(); got != x.want {
			t.Errorf("from %s, forwarded for %q: counted as %s, want %s", x.from, x.forwarded, got, x.want)
		}
	}
}

func TestSendersAreLimitedOneByOne(t *testing.T) {
	s := newSenders(Limits{Rate: 1, Burst: 3, Penalty: 2, Addresses: 2}.withDefaults())
	now := time.Unix(1000, 0)
	s.now = func() time.Time { return now }
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	for i := range 3 {
		if !s.allow(a) {
			t.Fatalf("record %d of a burst of 3 is refused", i)
		}
	}
	if s.allow(a) {
		t.Error("a fourth record is taken")
	}
	if !s.allow(b) {
		t.Error("another address has to pay for it")
	}
	now = now.Add(time.Second)
	if !s.allow(a) || s.allow(a) {
		t.Error("after a second not exactly one more is taken")
	}
	for range 100 {
		s.punish(b) // 2 left; the debt ends somewhere
	}
	now = now.Add(6 * time.Second)
	if !s.allow(b) {
		t.Error("a punished address never comes back")
	}
	s.allow(c) // a is the least recently seen
	if len(s.known) != 2 || s.order.Len() != 2 {
		t.Errorf("%d addresses are remembered", len(s.known))
	}
	if _, ok := s.known[a]; ok {
		t.Error("the least recently seen address is remembered")
	}
}

func TestTableOfSendersIsBounded(t *testing.T) {
	s := newSenders(Limits{Addresses: 100}.withDefaults())
	for i := range 10_000 {
		s.allow(netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
	}
	if len(s.known) != 100 || s.order.Len() != 100 {
		t.Errorf("%d and %d addresses are remembered", len(s.known), s.order.Len())
	}
}
