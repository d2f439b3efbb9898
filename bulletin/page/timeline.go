package page

import (
	"cmp"
	"html/template"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// States of a step.
const (
	stepDone  = "done"
	stepNow   = "now"
	stepAhead = "ahead"
)

// A step is a dated line of the story of a vote.
type step struct {
	State string
	Text  string
	When  template.HTML // empty if no date is known
	at    uint64
}

// A chapter is the steps of one state.
type chapter struct {
	State string
	Title string
	Steps []step
}

// story tells the story of a vote: what was done in the order in which it was, what is under way, and what is to come.
func (a *author) story(v *fold.Vote) []chapter {
	t := timeline{author: a, v: v}
	t.called()
	if v.Rules() != nil {
		t.debate()
		t.sending()
	}
	t.voting()
	t.ended()
	var out []chapter
	for _, state := range []string{stepDone, stepNow, stepAhead} {
		c := chapter{State: state, Title: a.Say("story." + state)}
		for _, s := range t.steps {
			if s.State == state {
				c.Steps = append(c.Steps, s)
			}
		}
		var last uint64
		for i := range c.Steps { // what has no date yet comes after what is told before it
			if c.Steps[i].at == 0 {
				c.Steps[i].at = last
			}
			last = max(last, c.Steps[i].at)
		}
		slices.SortStableFunc(c.Steps, func(x, y step) int { return cmp.Compare(x.at, y.at) })
		if len(c.Steps) > 0 {
			out = append(out, c)
		}
	}
	return out
}

type timeline struct {
	*author
	v     *fold.Vote
	steps []step
}

func (t *timeline) done(at uint64, text string) {
	t.steps = append(t.steps, step{stepDone, text, t.When("date.on", at), at})
}

// under adds what is under way until a time, 0 if there is none.
func (t *timeline) under(last uint64, text string) {
	s := step{State: stepNow, Text: text, at: last}
	if last > 0 {
		s.When = t.When(until(t.now, last), last)
	}
	t.steps = append(t.steps, s)
}

// ahead adds what is to come. It will not in a vote that has ended.
func (t *timeline) ahead(key string, at uint64, text string) {
	if t.v.Ended() {
		return
	}
	s := step{State: stepAhead, Text: text, at: at}
	if at > 0 {
		s.When = t.When(key, at)
	}
	t.steps = append(t.steps, s)
}

func (t *timeline) called() {
	v, rules := t.v, t.v.Rules()
	if rules == nil {
		t.done(v.Times.Called, t.Say("step.called"))
		return
	}
	method := rules.Call.Method
	if method == record.CallReason {
		t.done(v.Times.Called, t.Say("step.called-reason"))
		return
	}
	t.done(v.Times.Begun, t.Say("step.begun-"+method))
	switch {
	case v.Times.Called > 0:
		t.done(v.Times.Called, t.Say("step.called-"+method))
	case v.Phase == fold.Proposed && method == record.CallPetition:
		t.under(rules.Call.Petition.Closes, t.Say("step.petition"))
	case v.Phase == fold.Proposed:
		t.under(rules.Call.Body.Closes, t.Say("step.body"))
	}
}

// span adds something that goes on from one time to another.
func (t *timeline) span(from, to uint64, doing, did string) {
	switch {
	case t.now > to:
		t.done(to, t.Say(did))
	case t.now >= from:
		t.under(to, t.Say(doing))
	default:
		t.ahead("date.from", from, t.Say(doing))
	}
}

func (t *timeline) debate() {
	v, rules := t.v, t.v.Rules()
	if rules.Statements.Window > 0 {
		if opens, closes, reviewed, ok := v.StatementTimes(); ok {
			t.span(opens, closes, "step.statements", "step.statements-over")
			if reviewed > closes {
				t.span(closes+1, reviewed, "step.review", "step.review-over")
			}
		} else {
			t.ahead("", 0, t.Say("step.statements"))
		}
	}
	if rules.Nominations != nil {
		if nominated, accepted, ok := v.NominationTimes(); ok {
			t.span(v.Times.Called, nominated, "step.nominations", "step.nominations-over")
			if accepted > nominated {
				t.span(nominated+1, accepted, "step.acceptances", "step.acceptances-over")
			}
		} else {
			t.ahead("", 0, t.Say("step.nominations"))
		}
	}
	all := v.Forums()
	for _, f := range all {
		title := t.words(f.Announced.Title)
		switch {
		case f.Held != nil:
			t.done(f.Announced.Starts, t.Say("step.forum-held", "title", title))
		case t.now >= f.Announced.Starts && !v.Ended():
			t.under(0, t.Say("step.forum-due", "title", title))
		default:
			t.ahead("date.on", f.Announced.Starts, t.Say("step.forum", "title", title))
		}
	}
	if n := rules.Forums.Need; uint64(len(all)) < n {
		t.ahead("date.by", t.deadline(rules.Deadlines.Forums), t.Count("step.forums-missing", n-uint64(len(all))))
	}
}

// deadline is so many seconds after the call, 0 if there is none or it is not known.
func (t *timeline) deadline(within uint64) uint64 {
	if within == 0 || t.v.Times.Called == 0 {
		return 0
	}
	return t.v.Times.Called + within
}

func (t *timeline) sending() {
	v, rules := t.v, t.v.Rules()
	packet := v.Packet()
	if rules.Packet {
		if packet != nil {
			t.done(packet.At, t.Say("step.packet-made"))
		} else {
			t.ahead("date.by", t.deadline(rules.Deadlines.Packet), t.Say("step.packet"))
		}
	}
	if !rules.Mailing.Needed {
		return
	}
	var last uint64
	whole := 0
	for i := range v.Round.Manifest.Registrars {
		if m := v.Mailing(i + 1); m != nil && m.Whole {
			whole++
			last = max(last, m.Reached)
		}
	}
	switch {
	case whole == len(v.Round.Manifest.Registrars):
		t.done(last, t.Say("step.mailed"))
	case packet != nil && v.Phase == fold.Called:
		t.under(0, t.Say("step.mailing"))
	default:
		t.ahead("", 0, t.Say("step.mailing"))
	}
}

func (t *timeline) voting() {
	v, m := t.v, t.v.Manifest
	switch {
	case v.Times.Opened > 0:
		t.done(v.Times.Opened, t.Say("step.opened"))
	case v.Phase == fold.Called:
		t.ahead("date.between", m.Opens, t.Say("step.opening"))
	default:
		t.ahead("", 0, t.Say("step.opening"))
	}
	for _, e := range v.Extensions() {
		t.done(e.At, t.Say("step.extended", "time", t.At(e.Closes), "reason", oneLine(e.Reason)))
	}
	switch {
	case v.Times.Closed > 0:
		t.done(v.Times.Closed, t.Say("step.closed"))
	case v.Phase == fold.Open:
		t.under(m.Closes, t.Say("step.voting"))
	case v.Phase == fold.Called && (v.Rules() == nil || t.now <= m.Opens): // by rules, voting that opens late closes later
		t.ahead("date.on", m.Closes, t.Say("step.closing"))
	default:
		t.ahead("", 0, t.Say("step.closing"))
	}
	switch {
	case v.Times.Sealed > 0:
		t.done(v.Times.Sealed, t.Say("step.sealed"))
	case v.Phase == fold.Closed:
		t.under(v.Times.Closed+m.Grace, t.Say("step.sealing"))
	default:
		t.ahead("", 0, t.Say("step.seal"))
	}
	switch {
	case v.Times.Certified > 0:
		t.done(v.Times.Certified, t.Say("step.certified"))
	case v.Phase == fold.Sealed:
		t.under(0, t.Say("step.tally"))
	default:
		t.ahead("", 0, t.Say("step.result"))
	}
	rules := v.Rules()
	if rules == nil || rules.Response.Within == 0 {
		return
	}
	switch who := rules.Response.Name; {
	case v.Times.Responded > 0:
		t.done(v.Times.Responded, t.Say("step.responded", "name", who))
	case v.Phase == fold.Certified:
		t.under(v.Times.Certified+rules.Response.Within, t.Say("step.response", "name", who))
	default:
		t.ahead("", 0, t.Say("step.response", "name", who))
	}
}

func (t *timeline) ended() {
	if t.v.Ended() {
		t.done(t.v.Times.Ended, t.Say("step."+t.v.Phase.String()))
	}
}
