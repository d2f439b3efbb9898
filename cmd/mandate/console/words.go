package console

import (
	"fmt"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/record"
)

// A summary is a manifest in words.
type summary struct {
	Title    string
	Mock     bool
	Lines    []string // how it comes about, when, by whom it is counted
	Contests []contestSummary
}

type contestSummary struct {
	Title   string
	Options []string
	Lines   []string // how many can be chosen, and what decides
}

// summarise says in words what a manifest says, for a roll of so many members.
func (s *scene) summarise(m *record.Vote, members uint64) summary {
	out := summary{Title: s.in(m.Title), Mock: m.Mock}
	say := func(line string) { out.Lines = append(out.Lines, line) }
	say(s.Count("console-words.members", members))
	if m.Rules == nil {
		say(s.Say("console-words.times", "opens", s.At(m.Opens), "closes", s.At(m.Closes)))
	} else {
		s.rules(m.Rules, members, say)
	}
	if m.Revote {
		say(s.Say("turnout.replace"))
	} else {
		say(s.Say("turnout.no-replace"))
	}
	say(s.Count("console-words.trustees", m.Threshold, "of", uint64(len(m.Trustees)), "quorum", m.Quorum))
	for i := range m.Contests {
		out.Contests = append(out.Contests, s.question(m, i, members))
	}
	return out
}

func (s *scene) rules(r *record.Rules, members uint64, say func(string)) {
	switch {
	case r.Call.Petition != nil:
		p := r.Call.Petition
		need := (p.Num*members + p.Den - 1) / p.Den
		say(s.Count("console-words.petition", need, "share", s.part(p.Num, p.Den), "until", s.At(p.Closes)))
	case r.Call.Body != nil:
		say(s.Count("console-words.body", r.Call.Body.Need, "of", uint64(len(r.Call.Body.Members)), "body", r.Call.Body.Name))
	default:
		say(s.Say("console-words.reason"))
	}
	if n := uint64(len(r.Requires)); n > 0 {
		say(s.Count("gate.requires", n))
	}
	if r.Forums.Need > 0 {
		say(s.Count("forums.need", r.Forums.Need) + " " + s.Say("forums.notice", "period", s.Period(r.Forums.Notice)))
	}
	if st := r.Statements; st.Window > 0 {
		say(s.Say("console-words.statements", "window", s.Period(st.Window), "review", s.Period(st.Review)))
	}
	if n := r.Nominations; n != nil {
		say(s.Say("console-words.nominations", "window", s.Period(n.Window)) + " " + s.Count("candidates.rule", n.Seconds))
	}
	if r.Packet {
		say(s.Say("packet.text"))
	}
	say(s.Say("console-words.voting", "after", s.Period(r.Voting.After), "period", s.Period(r.Voting.Period)))
	if r.Response.Within > 0 {
		say(s.Say("console-words.response", "body", r.Response.Name, "period", s.Period(r.Response.Within)))
	}
}

// part writes a share in words.
func (s *scene) part(num, den uint64) string {
	if key := fmt.Sprintf("share.%d-%d", num, den); s.Has(key) {
		return s.Say(key)
	}
	return s.Percent(num, den)
}

func (s *scene) question(m *record.Vote, i int, members uint64) contestSummary {
	c := &m.Contests[i]
	out := contestSummary{Title: s.in(c.Title)}
	for j := range c.Options {
		out.Options = append(out.Options, s.in(c.Options[j].Title))
	}
	n := uint64(len(c.Options))
	say := func(line string) { out.Lines = append(out.Lines, line) }
	elects := n == 0
	if elects {
		say(s.Say("question.candidates"))
	}
	if c.Kind == contest.KindRanked {
		s.ranking(c, members, say)
		return out
	}
	switch {
	case c.Min == 0 && c.Max >= n:
		say(s.Say("question.choose-any"))
	case c.Min == 0:
		say(s.Count("question.choose-up-to", c.Max))
	case c.Min == c.Max:
		say(s.Count("question.choose", c.Max))
	default:
		say(s.Count("question.choose-between", c.Max, "min", c.Min))
	}
	d := &c.Decision
	switch d.Method {
	case contest.MethodThreshold:
		var over []string
		for _, j := range d.Over {
			over = append(over, s.Say("rule.quoted", "option", s.in(c.Options[j].Title)))
		}
		key := "rule.least-"
		if d.Strict {
			key = "rule.more-"
		}
		say(s.Say(key+d.Base, "option", s.in(c.Options[d.Option].Title), "share", s.part(d.Num, d.Den), "options", strings.Join(over, ", ")))
	case contest.MethodPlurality:
		key := "rule.seats"
		if elects {
			key = "rule.seats-candidates"
		}
		say(s.Count(key, d.Seats))
		if d.Lots {
			say(s.Say("rule.lots"))
		} else {
			say(s.Say("rule.no-lots"))
		}
	default:
		say(s.Say("rule.none"))
		return out
	}
	s.bounds(d.QuorumNum, d.QuorumDen, members, d.Binding, say)
	return out
}

// ranking says how candidates are ranked, and how rankings decide.
func (s *scene) ranking(c *contest.Contest, members uint64, say func(string)) {
	if n := len(c.Options); n > 0 && c.Depth >= uint64(n) {
		say(s.Say("question.rank"))
	} else {
		say(s.Count("question.rank-up-to", c.Depth))
	}
	r := &c.Ranking
	say(s.Count("rule.ranked", r.Seats, "method", s.Say("method."+r.Method)))
	for _, rule := range r.Rules {
		if rule.Min > 0 {
			say(s.Count("rule.floor", rule.Min, "group", rule.Group))
		}
		if rule.Max < r.Seats {
			say(s.Count("rule.cap", rule.Max, "group", rule.Group))
		}
	}
	s.bounds(r.QuorumNum, r.QuorumDen, members, r.Binding, say)
}

// bounds says how many must vote, and whether the result binds.
func (s *scene) bounds(num, den, members uint64, binding bool, say func(string)) {
	if num > 0 {
		say(s.Count("rule.quorum", members, "share", s.part(num, den), "need", (num*members+den-1)/den))
	}
	if binding {
		say(s.Say("rule.binding"))
	} else {
		say(s.Say("rule.advisory"))
	}
}
