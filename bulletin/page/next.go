package page

import (
	"html/template"
	"slices"

	"mandate/ballot/fold"
)

// A task is something that comes next, and who owes it.
type task struct {
	Who     []string
	What    string
	When    template.HTML // empty if there is no date
	Overdue bool
}

// whose says who owes what has one debtor only; all else names its debtors.
var whose = map[string]string{
	"forum-held": "who.commission", "recording": "who.commission", "packet": "who.commission", "opening": "who.commission",
	"closing": "who.commission", "result": "who.commission", "seal": "who.board",
}

// tasks lists what comes next: what is owed by the rules (SPEC.md §15.7), and for a vote that has none, the next step.
func (a *author) tasks(v *fold.Vote) []task {
	var out []task
	if v.Phase == fold.Proposed {
		return append(out, a.calling(v))
	}
	if v.Rules() == nil {
		return a.steady(v)
	}
	for _, d := range v.Duties(a.now) {
		t := task{Who: []string{d.Who}, What: d.What, Overdue: d.Overdue}
		if key, ok := whose[d.Code]; ok {
			t.Who[0] = a.Say(key)
		}
		if key := "duty." + d.Code; a.Has(key) {
			t.What = a.Say(key)
		}
		if _, failed := v.Ceremony.Fault(); failed && d.Code == "keygen" {
			t.Who[0], t.What = a.Say("who.commission"), a.Say("duty.keygen-restart")
		}
		switch {
		case d.Code == "opening" && a.now < v.Manifest.Opens:
			t.When = a.When("date.between", v.Manifest.Opens)
			if d.Deadline > 0 {
				t.When += " " + a.When("date.and-by", d.Deadline)
			}
		case d.Deadline > 0 && d.Overdue:
			t.When = a.When("date.since", d.Deadline)
		case d.Deadline > 0:
			t.When = a.When("date.by", d.Deadline)
		}
		out = together(out, t)
	}
	if v.Phase == fold.Open && a.now < v.Manifest.Closes {
		out = append(out, task{Who: []string{a.Say("who.members")}, What: a.Say("duty.vote"), When: a.When("date.until", v.Manifest.Closes)})
	}
	slices.SortStableFunc(out, func(x, y task) int {
		switch {
		case x.Overdue == y.Overdue:
			return 0
		case x.Overdue:
			return -1
		}
		return 1
	})
	return out
}

// together adds a task, or its debtor to one that is the same for another.
func together(tasks []task, t task) []task {
	for i, other := range tasks {
		if other.What == t.What && other.When == t.When && other.Overdue == t.Overdue {
			tasks[i].Who = append(tasks[i].Who, t.Who...)
			return tasks
		}
	}
	return append(tasks, t)
}

// calling is what a proposed vote waits for.
func (a *author) calling(v *fold.Vote) task {
	if p := v.Rules().Call.Petition; p != nil {
		have, need := v.Supports()
		return task{Who: []string{a.Say("who.members")}, What: a.Count("duty.support", need-min(have, need)), When: a.When("date.until", p.Closes)}
	}
	b := v.Rules().Call.Body
	return task{Who: []string{b.Name}, What: a.Count("duty.sign", b.Need-min(uint64(len(v.Signed())), b.Need)), When: a.When("date.until", b.Closes)}
}

// steady lists what comes next in a vote without rules. There it has no deadline.
func (a *author) steady(v *fold.Vote) []task {
	m := v.Manifest
	switch v.Phase {
	case fold.Called:
		var out []task
		for _, i := range v.Ceremony.Missing() {
			out = together(out, task{Who: []string{v.TrusteeName(i)}, What: a.Say("duty.keygen"), When: a.When("date.by", v.Ceremony.Deadline())})
		}
		return append(out, task{Who: []string{a.Say("who.commission")}, What: a.Say("duty.opening"), When: a.When("date.between", m.Opens)})
	case fold.Open:
		if a.now < m.Closes {
			return []task{{Who: []string{a.Say("who.members")}, What: a.Say("duty.vote"), When: a.When("date.until", m.Closes)}}
		}
		return []task{{Who: []string{a.Say("who.commission")}, What: a.Say("duty.closing"), When: a.When("date.since", m.Closes)}}
	case fold.Closed:
		return []task{{Who: []string{a.Say("who.board")}, What: a.Say("duty.seal"), When: a.When("date.by", v.ClosedAt+m.Grace)}}
	case fold.Sealed:
		return []task{{Who: []string{a.Say("who.trustees")}, What: a.Say("duty.shares")}, {Who: []string{a.Say("who.commission")}, What: a.Say("duty.result")}}
	}
	return nil
}

// A gate is a rule that must be met before voting can open.
type gate struct {
	Text string
	Met  bool
	Note string // of a rule that the pages have no words for
}

// gates lists the rules that must be met before voting can open, as long as it has not (SPEC.md §15.6).
func (a *author) gates(v *fold.Vote) []gate {
	rules := v.Rules()
	if rules == nil || v.Phase != fold.Proposed && v.Phase != fold.Called {
		return nil
	}
	gaps := a.state.Gaps(v)
	open := func(code string) bool {
		return slices.ContainsFunc(gaps, func(g fold.Gap) bool { return g.Code == code })
	}
	var out []gate
	known := make(map[string]bool)
	add := func(code, text string, later bool) {
		known[code] = true
		out = append(out, gate{Text: text, Met: !open(code) && !later})
	}
	add("rule-called", a.Say("gate.called"), false)
	if n := uint64(len(rules.Requires)); n > 0 {
		add("rule-requires", a.Count("gate.requires", n), false)
	}
	if n := rules.Forums.Need; n > 0 {
		add("rule-forums", a.Count("gate.forums", n), false)
		if rules.Forums.Recordings {
			add("rule-recordings", a.Say("gate.recordings"), open("rule-forums"))
		}
	}
	if rules.Statements.Window > 0 {
		add("rule-statements", a.Say("gate.statements"), false)
	}
	if rules.Nominations != nil {
		add("rule-nominations", a.Say("gate.nominations"), false)
	}
	if rules.Packet {
		add("rule-packet", a.Say("gate.packet"), false)
	}
	if rules.Mailing.Needed {
		text := a.Say("gate.mailing")
		if lead := rules.Mailing.Lead; lead > 0 {
			text = a.Say("gate.mailing-lead", "period", a.Period(lead))
		}
		add("rule-mailing", text, v.Packet() == nil)
	}
	for _, g := range gaps {
		if !known[g.Code] {
			known[g.Code] = true
			text := g.Code
			if a.Has("gate." + g.Code) {
				text = a.Say("gate." + g.Code)
			}
			out = append(out, gate{Text: text, Note: g.Sentence})
		}
	}
	return out
}

// until is the key of a date that is a last moment.
func until(now, last uint64) string {
	if now > last {
		return "date.until-past"
	}
	return "date.until"
}
