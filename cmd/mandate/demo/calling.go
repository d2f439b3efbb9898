package demo

import (
	"context"
	"errors"
	"fmt"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
)

// propose posts the manifest.
func (p *play) propose(ctx context.Context, requires []record.ID) error {
	_, key, err := p.newParty("committee")
	if err != nil {
		return err
	}
	p.committee = key
	parameters := rules.Parameters{
		Now: uint64(p.clock.now().Unix()), Title: titles[p.rules.Name], Reason: "The statutes ask for it at this time.",
		Responder: key.Public().Encoding(), Requires: requires,
	}
	for i := range p.rules.Call.Sponsors {
		parameters.Sponsors = append(parameters.Sponsors, commission.Member(p.private, int(i)))
	}
	if p.rules.Call.By == record.CallBody {
		for i := range bodySize {
			_, key, err := p.newParty(fmt.Sprintf("committee-member-%d", i+1))
			if err != nil {
				return err
			}
			p.body = append(p.body, key)
			parameters.Body = append(parameters.Body, record.Officer{Name: fmt.Sprintf("Committee member %d", i+1), Key: key.Public().Encoding()})
		}
	}
	p.vote, err = p.commission.Propose(ctx, p.round, p.rules, parameters, p.ceremony())
	if err == nil {
		p.say("%s: %s", p.rules.Title, p.vote)
	}
	return err
}

var titles = map[string]text.Texts{
	"members-decide":      both("Shall the organisation found a strike fund?", "¿Se crea un fondo de huelga?"),
	"federal-endorsement": both("Shall the organisation endorse Jo Rivers?", "¿Se apoya a Jo Rivers?"),
	"national-leadership": both("Election of the National Committee", "Elección del Comité Nacional"),
	"chapter-endorsement": both("Shall the chapter endorse Sam Field?", "¿Apoya la sección a Sam Field?"),
}

// call has those call the vote who may.
func (p *play) call(ctx context.Context) error {
	switch p.rules.Call.By {
	case record.CallPetition:
		return p.petition(ctx)
	case record.CallBody:
		if err := p.seen.Update(ctx); err != nil {
			return err
		}
		need := p.seen.State().Vote(p.vote).Rules().Call.Body.Need
		for i := range need {
			if _, err := party.Post(ctx, p.seen, p.vote, &record.Call{Member: i + 1}, p.body[i]); err != nil {
				return err
			}
		}
		p.say("%d of %d members of the committee sign the call, by name", need, bodySize)
	}
	return nil
}

// petition has members support the petition with their cards, and waits for the batch in which the supports appear.
func (p *play) petition(ctx context.Context) error {
	client, err := p.members()
	if err != nil {
		return err
	}
	var need, interval uint64
	p.view(func(_ *fold.State, v *fold.Vote) {
		_, need = v.Supports()
		interval = v.Rules().Call.Petition.Interval
	})
	supporters := p.people[:min(len(p.people), max(int(need), share(p.flags.members, supporting)))]
	p.say("Petition: %d supports of %d members call the vote; the others who are asked do not support it", need, p.flags.members)
	support := func(ctx context.Context, i int) error {
		_, err := client.Support(ctx, supporters[i].wallet, p.vote)
		return err
	}
	if err := p.each(ctx, "members support the petition", 16, len(supporters), support); err != nil {
		return err
	}
	now := uint64(p.clock.now().Unix())
	if err := p.reach(ctx, now+2*interval); err != nil {
		return err
	}
	p.say("Their supports appear together, in an order that says nothing")
	called := func(s *fold.State) bool { return s.Vote(p.vote).Phase == fold.Called }
	if err := p.until(ctx, func(context.Context) error { return nil }, called); err != nil {
		return err
	}
	for _, s := range supporters[:min(len(supporters), 5)] { // the receipts, later
		a, err := client.Support(ctx, s.wallet, p.vote)
		if err == nil && a.Receipt == nil {
			err = errors.New("a published support has no receipt")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
