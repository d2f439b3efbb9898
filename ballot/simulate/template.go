package simulate

import (
	"fmt"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/rules"
)

// ByRules holds a whole vote by a rules file, from its proposal to the response, in an organisation of 40 members of whom 30 have cards.
// Votes that it requires are held first, each by a branch on a roll of its own.
func ByRules(tb testing.TB, file *rules.Rules) *Vote {
	tb.Helper()
	v := ProposeByRules(tb, file)
	v.CallUp()
	v.Deliberate()
	v.Ceremony()
	v.Open()
	for i := range 25 {
		v.Cast(i, v.Choice(i)...)
	}
	v.Finish()
	if v.State().Rules().Response.Within > 0 {
		v.Respond()
	}
	return v
}

// ProposeByRules is ByRules up to the proposal.
func ProposeByRules(tb testing.TB, file *rules.Rules) *Vote {
	tb.Helper()
	c := Config{Members: 40, Slots: 4, Petitions: 2}
	if file.Roll == "segment" {
		c.Segment = "Riverside chapter"
	}
	o := New(tb, c)
	var requires []record.ID
	if file.Requires != nil {
		for i := range file.Requires.Votes {
			requires = append(requires, o.branchVote(int(i)))
		}
	}
	r := o.Round()
	cards := make([]int, 30)
	for i := range cards {
		cards[i] = i
	}
	r.Cards(cards...)
	p := &Plan{Responder: NewKey(tb)}
	parameters := rules.Parameters{
		Now: o.State.Now(), Title: English("A vote by the rules"), Segment: c.Segment, PetitionSlot: 2, StatementSlot: 3,
		Reason: "The statutes ask for it.", Responder: p.Responder.Public().Encoding(), Requires: requires,
	}
	for i := range file.Call.Sponsors {
		parameters.Sponsors = append(parameters.Sponsors, r.Member(int(i)))
	}
	for i := range 17 {
		key := NewKey(tb)
		p.Body = append(p.Body, key)
		parameters.Body = append(parameters.Body, record.Officer{Name: fmt.Sprintf("Committee member %d", i+1), Key: key.Public().Encoding()})
	}
	return r.ProposeCompiled(p, file, parameters)
}

// ProposeCompiled posts the manifest that a rules file gives.
func (r *Round) ProposeCompiled(p *Plan, file *rules.Rules, parameters rules.Parameters) *Vote {
	r.Org.tb.Helper()
	compiled, err := file.Compile(parameters)
	if err != nil {
		r.Org.tb.Fatalf("simulate: %v", err)
	}
	p.Rules = compiled.Rules
	p.seeds(len(r.Registrars))
	return r.Propose(p, func(m *record.Vote) {
		full := *compiled
		full.By, full.Trustees, full.Threshold, full.Quorum, full.Relays, full.Witnesses = 1, m.Trustees, m.Threshold, m.Quorum, m.Relays, m.Witnesses
		full.Programs = m.Programs
		if full.Ranked() {
			full.Mixes = full.Threshold
		}
		*m = full
	})
}

// branchVote holds the vote of a branch, with a roll and a round of its own.
func (o *Org) branchVote(i int) record.ID {
	o.tb.Helper()
	config := o.Config
	o.Config.Segment, o.Config.Slots, o.Config.Petitions, o.Config.Members = fmt.Sprintf("Branch %d", i+1), 1, 0, 5
	o.Config.Contests = []contest.Contest{YesNo("branch")}
	r := o.Round()
	o.Config = config
	r.Cards(0, 1)
	v := r.Vote(func(m *record.Vote) { m.Contests = []contest.Contest{YesNo("branch")} })
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{Yes})
	v.Finish()
	return v.ID
}

// CallUp has a proposed vote called, by just as many as are needed.
func (v *Vote) CallUp() {
	v.Org.tb.Helper()
	switch call := v.Plan.Rules.Call; call.Method {
	case record.CallPetition:
		_, need := v.State().Supports()
		for i := range need {
			v.Support(int(i))
		}
	case record.CallBody:
		for i := range call.Body.Need {
			v.CallBy(int(i) + 1)
		}
	}
}

// candidates nominates some more members than there are seats.
func (v *Vote) candidates() {
	v.Org.tb.Helper()
	rule := v.Plan.Rules.Nominations
	c := v.State().Manifest.Contests[rule.Contest]
	seats := max(c.Decision.Seats, c.Ranking.Seats)
	for i := range int(min(seats+2, 20)) {
		var seconders []int
		for k := range int(rule.Seconds) {
			seconders = append(seconders, 39-k)
		}
		var groups []string // of each rule every second, of the next rule two and two, and so on
		for k, rule := range c.Ranking.Rules {
			if i/(k+1)%2 == 0 {
				groups = append(groups, rule.Group)
			}
		}
		b := v.NominationBody(i, fmt.Sprintf("candidate-%02d", i), seconders...)
		b.Groups = groups
		v.Org.Post(v.Officer(b))
		v.Accept(b.Slug)
	}
}
