package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// G3, G11, G12: a board that is sent more than it can take refuses with a signed answer that says when to come again, and keeps every promise.
func TestG3_G12_LoadedBoardShedsAndLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("holds a vote under load; run without -short")
	}
	l, err := loadPlan{members: 450, queue: 8}.run(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var text, js bytes.Buffer
	if err := l.write(&text, false); err != nil {
		t.Errorf("the board did wrong: %v\n%s", err, &text)
	}
	if l.Refused == 0 || l.Unclear != 0 {
		t.Errorf("a queue of 8 ballots: %d were refused, %d got no clear answer\n%s", l.Refused, l.Unclear, &text)
	}
	if l.Promised != 450 || l.Counted != 450 || l.Verdict != "verified" {
		t.Errorf("%d promises, %d counted, %s", l.Promised, l.Counted, l.Verdict)
	}
	if r := l.Recovery; r.Came == 0 || r.Accepted == 0 || r.Unclear != 0 {
		t.Errorf("afterwards: %+v", r)
	}
	if err := l.write(&js, true); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(js.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"load_ballots_per_second", "load_p99_seconds", "load_refused", "load_promised"} {
		if n, _ := got[key].(float64); n <= 0 {
			t.Errorf("%s: %v", key, got[key])
		}
	}
	if got["load_lost"] != 0.0 || got["load_broken_receipts"] != 0.0 {
		t.Errorf("load_lost: %v, load_broken_receipts: %v", got["load_lost"], got["load_broken_receipts"])
	}
}

// What the board must never do is an error whatever else went well.
func TestWhatALoadedBoardDidWrong(t *testing.T) {
	for want, l := range map[string]*Load{
		"": {Ballots: 5, Counted: 5},
		"2 ballots were promised and are not on the": {Ballots: 5, Counted: 5, Lost: 2},
		"1 receipts do not hold":                     {Ballots: 5, Counted: 5, Broken: 1},
		"3 promises or refusals are not the board's": {Ballots: 5, Counted: 5, False: 3},
		"1 ballots were promised and are not counte": {Ballots: 5, Counted: 4},
	} {
		err := l.write(io.Discard, true)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// Times count from when a member was to come, and refusals do not count as service.
func TestStage(t *testing.T) {
	c := newCourse(func() time.Duration { return 0 })
	for i := range 100 {
		c.note(outcome{accepted: true, promised: time.Duration(i) * time.Millisecond, receipted: time.Duration(i+1) * time.Millisecond})
	}
	c.note(outcome{refused: true, refusal: time.Second})
	c.note(outcome{accepted: true, promised: 5 * time.Second})
	c.note(outcome{})
	s := c.stage()
	if s.Came != 103 || s.Accepted != 101 || s.Refused != 1 || s.Unclear != 1 || s.Unreceipted != 1 {
		t.Errorf("%+v", s)
	}
	if s.ReceiptP50 != 0.050 || s.ReceiptP99 != 0.099 || s.ReceiptMax != 0.1 || s.RefusalP99 != 1 {
		t.Errorf("%+v", s)
	}
}
