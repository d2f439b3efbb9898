package page

import (
	"html/template"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A call is how a vote comes about.
type call struct {
	Method   string // as in the record
	Intro    string
	Have     uint64
	Need     uint64
	Share    string // of what is needed
	Bar      bar
	Deadline template.HTML
	Reached  template.HTML // when it was; empty before
	Cards    uint64        // cards of this round that the registrars have issued, the fewest of any
	Batches  string
	Sponsors []string
	Signers  []signer
	Reason   string
	Pending  bool // it can be supported or signed now
}

// A signer is a member of the body that can call the vote.
type signer struct {
	Name   string
	Signed bool
}

func (a *author) call(v *fold.Vote) *call {
	rules := v.Rules()
	if rules == nil {
		return nil
	}
	c := &call{Method: rules.Call.Method, Pending: v.Phase == fold.Proposed, Reason: rules.Call.Reason}
	roll, closes := v.Round.Roll.Announce.Count, uint64(0)
	switch rules.Call.Method {
	case record.CallPetition:
		p := rules.Call.Petition
		c.Have, c.Need = v.Supports()
		c.Intro = a.Count("call.petition", c.Need, "share", a.share(p.Num, p.Den), "roll", roll)
		c.Batches = a.Say("call.batches", "period", a.Period(p.Interval))
		closes = p.Closes
		for i := range p.Sponsors {
			c.Sponsors = append(c.Sponsors, p.Sponsors[i].Name)
		}
		for i := range v.Round.Manifest.Registrars {
			if n := v.Round.Issued(i + 1); i == 0 || n < c.Cards {
				c.Cards = n
			}
		}
	case record.CallBody:
		b := rules.Call.Body
		signed := v.Signed()
		c.Have, c.Need = uint64(len(signed)), b.Need
		c.Intro = a.Count("call.body", b.Need, "members", uint64(len(b.Members)), "body", b.Name)
		closes = b.Closes
		for i := range b.Members {
			c.Signers = append(c.Signers, signer{b.Members[i].Name, slices.Contains(signed, uint64(i)+1)})
		}
	default:
		c.Intro = a.Say("call.reason")
		return c
	}
	c.Bar, c.Share = newGoal(c.Have, c.Need), a.Percent(min(c.Have, c.Need), c.Need)
	switch {
	case v.Times.Called > 0:
		c.Reached = a.When("call.reached", v.Times.Called)
	case c.Pending && a.now <= closes:
		c.Deadline = a.When("call.until-"+c.Method, closes)
	default:
		c.Deadline = a.When("call.over-"+c.Method, closes)
	}
	return c
}
