package command

import (
	"strings"
	"testing"
	"time"

	"mandate/verifier"
)

// The time to go follows the speed of the last while, not that of what came before the ballots.
func TestProgressEstimate(t *testing.T) {
	var out strings.Builder
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newProgress(&out, start)
	shown := func(after time.Duration, ballots, records uint64) string {
		out.Reset()
		p.showAt(start.Add(after), verifier.Progress{Ballots: ballots, Records: records, Total: 101_000})
		return strings.TrimPrefix(out.String(), "\r\x1b[K")
	}
	for _, c := range []struct {
		after            time.Duration
		ballots, records uint64
		want             string
	}{
		{100 * time.Millisecond, 0, 1000, ""}, // too soon to say anything
		{time.Second, 0, 1000, "checked 0 ballots, 1000 of 101000 records, 100 s to go at this speed"},
		{1100 * time.Millisecond, 1, 1001, ""}, // too soon after the last
		{6 * time.Second, 10_000, 11_000, "checked 10000 ballots, 11000 of 101000 records, 49 s to go at this speed"},
		{11 * time.Second, 20_000, 21_000, "checked 20000 ballots, 21000 of 101000 records, 44 s to go at this speed"},
		{61 * time.Second, 100_000, 101_000, "checked 100000 ballots, 101000 of 101000 records, 0 s to go at this speed"},
	} {
		if got := shown(c.after, c.ballots, c.records); got != c.want {
			t.Errorf("after %v: %q, want %q", c.after, got, c.want)
		}
	}
	out.Reset()
	p.clear()
	if out.String() != "\r\x1b[K" {
		t.Errorf("cleared by %q", out.String())
	}
}
