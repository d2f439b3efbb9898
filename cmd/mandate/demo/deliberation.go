package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/rules"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/crypto/sigma"
)

// Who does what in a vote by the organisation's rules.
const (
	supporting = 15 // of a hundred members, support the petition; the others are asked and do not
	bodySize   = 17
	forSide    = 14 // statements of the first side, more than the rules take, so that a draw chooses
	otherSide  = 5
	standing   = 41 // members who are nominated; one does not accept
	bouncing   = 3  // of a hundred messages

	leastByRules = 25 // members that such a demo needs
)

// A play is a vote by the organisation's rules.
type play struct {
	*organisation
	rules   *rules.Rules
	private *roll.Roll
	round   record.ID
	people  []person
	vote    record.ID
	seen    party.Board // somebody's view of the board

	committee sigma.SecretKey // responds to the result
	body      []sigma.SecretKey
}

// holdByRules holds a vote by one of the rules files that come with the program, from the roll to the response.
func (o *organisation) holdByRules(ctx context.Context, template string) (record.ID, error) {
	by, err := rules.Template(template)
	if err != nil {
		return record.ID{}, err
	}
	p := &play{organisation: o, rules: by}
	if p.seen, err = o.dial(); err != nil {
		return record.ID{}, err
	}
	all := members(o.flags.members)
	list := electorate{title: "Members in good standing", members: all, slots: 3, petitions: 2}
	var requires []record.ID
	if by.Requires != nil {
		if requires, err = o.branches(ctx, all); err != nil {
			return record.ID{}, err
		}
		list.title, list.segment, list.slots, list.petitions = "Members of the chapter", "Harbour Chapter", 1, 0
	}
	if p.private, p.round, err = o.openRound(ctx, list); err != nil {
		return record.ID{}, err
	}
	// Cards are collected before there is anything to support or to vote on, so that collecting one says nothing.
	if p.people, err = o.collect(ctx, p.private, p.round); err != nil {
		return record.ID{}, err
	}
	if err := o.flush(ctx); err != nil {
		return record.ID{}, err
	}
	for _, act := range []func(context.Context) error{
		func(ctx context.Context) error { return p.propose(ctx, requires) },
		p.call, p.prepare, p.announce, p.speak, p.nominate, p.meet, p.review, p.send,
		func(ctx context.Context) error { return o.open(ctx, p.vote) },
		func(ctx context.Context) error { return o.cast(ctx, p.vote, p.people, p.private.Len()) },
		func(ctx context.Context) error { return o.tally(ctx, p.vote) },
		p.respond,
	} {
		if err := act(ctx); err != nil {
			return record.ID{}, err
		}
	}
	return p.vote, nil
}

// branches holds a vote in each of two branches, which have half of the members each, and returns the votes.
func (o *organisation) branches(ctx context.Context, all []roll.Member) ([]record.ID, error) {
	var votes []record.ID
	for i, name := range []string{"North Branch", "South Branch"} {
		o.say("The %s votes first", name)
		half := all[i*len(all)/2 : (i+1)*len(all)/2]
		private, round, err := o.openRound(ctx, electorate{title: "Members of the " + name, segment: name, members: half, slots: 1})
		if err != nil {
			return nil, err
		}
		people, err := o.collect(ctx, private, round)
		if err != nil {
			return nil, err
		}
		vote, err := o.callSimply(ctx, round, "yes-no")
		if err != nil {
			return nil, err
		}
		if err := o.open(ctx, vote); err != nil {
			return nil, err
		}
		if err := o.cast(ctx, vote, people, len(half)); err != nil {
			return nil, err
		}
		if err := o.tally(ctx, vote); err != nil {
			return nil, err
		}
		votes = append(votes, vote)
	}
	return votes, nil
}

// view looks at the vote.
func (p *play) view(look func(s *fold.State, v *fold.Vote)) {
	p.board.View(func(s *fold.State) { look(s, s.Vote(p.vote)) })
}

// reach moves the clock ahead and waits until everybody can see on the log that it is that late.
func (p *play) reach(ctx context.Context, seconds uint64) error {
	p.clock.reach(time.Unix(int64(seconds), 0))
	return p.until(ctx, p.seen.Update, func(*fold.State) bool { return p.seen.State().Now() >= seconds })
}

// prepare has the trustees make the vote's key, and the registrars commit to their seeds.
func (p *play) prepare(ctx context.Context) error {
	p.say("The vote is called. The trustees make a key that none of them has")
	if err := p.until(ctx, p.stepTrustees, func(s *fold.State) bool { return s.Vote(p.vote).Ceremony.Ready() }); err != nil {
		return err
	}
	if p.rules.Statements == nil {
		return nil
	}
	p.say("The registrars commit to seeds for a draw of statements")
	return p.until(ctx, p.stepRegistrars, func(s *fold.State) bool {
		_, _, _, ok := s.Vote(p.vote).StatementTimes()
		return ok
	})
}

// announce announces the forums that the rules ask for, a week apart.
func (p *play) announce(ctx context.Context) error {
	if p.rules.Forums == nil {
		return nil
	}
	first := p.clock.now().Add(time.Duration(p.rules.Forums.Notice.Seconds())*time.Second + time.Hour)
	for i := range p.rules.Forums.Need {
		number := fmt.Sprint(i + 1)
		starts := first.Add(time.Duration(i) * 7 * day)
		if _, err := p.commission.Announce(ctx, p.vote, both("Forum "+number+" of all members", "Foro "+number+" de toda la membresía"), starts, "https://forum.demo.invalid/"+number); err != nil {
			return err
		}
	}
	p.say("%d forums of all members are announced", p.rules.Forums.Need)
	return nil
}

// speak has members make statements, every second one with the author's name; the commission withholds one.
func (p *play) speak(ctx context.Context) error {
	if p.rules.Statements == nil {
		return nil
	}
	client, err := p.members()
	if err != nil {
		return err
	}
	sides := p.rules.Statements.Sides
	n := min(len(p.people), forSide+otherSide)
	speakers := p.people[len(p.people)-n:]
	first := min(forSide, n*3/4)
	say := func(ctx context.Context, i int) error {
		side := sides[0]
		if i >= first {
			side = sides[len(sides)-1]
		}
		words := fmt.Sprintf("I am %s it, for reason number %d.", side, i+1)
		if i%2 == 0 || !p.rules.Statements.Anonymous {
			_, err := p.commission.State(ctx, p.vote, side, words, commission.Member(p.private, speakers[i].entry))
			return err
		}
		_, err := client.Speak(ctx, speakers[i].wallet, p.vote, side, words)
		return err
	}
	// One after the other: the commission's officer does one thing at a time.
	if err := p.each(ctx, "members make statements", 1, n, say); err != nil {
		return err
	}
	p.say("One more statement is withheld, with its reason and its hash on the board")
	return p.commission.Withhold(ctx, p.vote, sides[0], "Words that are not repeated here.", "It insults a member.")
}

// nominate has members be nominated, seconded and accept.
func (p *play) nominate(ctx context.Context) error {
	n := p.rules.Nominations
	if n == nil {
		return nil
	}
	candidates := min(standing, p.private.Len()-int(n.Seconds))
	for k, i := range nominees(p.private, candidates) {
		var seconders []record.Member
		for j := range n.Seconds {
			seconders = append(seconders, commission.Member(p.private, (i+1+int(j))%p.private.Len()))
		}
		who := commission.Member(p.private, i)
		slug := fmt.Sprintf("candidate-%02d", k)
		if err := p.commission.Nominate(ctx, p.vote, slug, both(who.Name, who.Name), who, seconders, groupsOf(k, who.Name)...); err != nil {
			return err
		}
		if k == 0 {
			continue // declines
		}
		if err := p.commission.Accept(ctx, p.vote, slug, sha256.Sum256(p.candidateStatement(slug)), record.ID{}); err != nil {
			return err
		}
	}
	p.say("%d members are nominated, %d accept", candidates, candidates-1)
	return nil
}

func (p *play) candidateStatement(slug string) []byte {
	return []byte("I, " + slug + ", will keep the minutes short.\n")
}

// meet holds the forums, with recordings.
func (p *play) meet(ctx context.Context) error {
	var forums []*fold.Forum
	p.view(func(_ *fold.State, v *fold.Vote) { forums = v.Forums() })
	for _, f := range forums {
		if err := p.reach(ctx, f.Announced.Starts); err != nil {
			return err
		}
		name := fmt.Sprintf("forum-%d-%s.txt", f.Announced.Number, p.vote.Short())
		recording := fmt.Appendf(nil, "This stands for the recording of forum %d.\n", f.Announced.Number)
		if err := os.WriteFile(filepath.Join(p.dir, name), recording, 0o600); err != nil {
			return err
		}
		if err := p.commission.Held(ctx, p.vote, f.Announced.Number, sha256.Sum256(recording), "https://forum.demo.invalid/"+name); err != nil {
			return err
		}
		p.say("Forum %d is held and recorded", f.Announced.Number)
	}
	return nil
}

// review waits until it is known which statements go into the packet, and who stands.
func (p *play) review(ctx context.Context) error {
	var end uint64
	p.view(func(_ *fold.State, v *fold.Vote) {
		if _, _, reviewed, ok := v.StatementTimes(); ok {
			end = reviewed
		}
		if _, accepted, ok := v.NominationTimes(); ok {
			end = max(end, accepted)
		}
	})
	if end > 0 {
		if err := p.reach(ctx, end+1); err != nil {
			return err
		}
	}
	known := func(s *fold.State) bool {
		_, known := s.Selected(s.Vote(p.vote))
		return known
	}
	if err := p.until(ctx, p.stepRegistrars, known); err != nil {
		return err
	}
	p.view(func(s *fold.State, v *fold.Vote) {
		if selected, _ := s.Selected(v); len(v.Statements()) > 0 {
			p.say("%d of %d statements are sent to all members, by a draw where there are too many", len(selected), len(v.Statements()))
		}
	})
	return nil
}

// send makes the packet and has the registrars send it to all members.
func (p *play) send(ctx context.Context) error {
	if p.rules.Packet == nil {
		return nil
	}
	var packet []byte
	var err error
	var statements [][]byte
	p.view(func(s *fold.State, v *fold.Vote) {
		for _, c := range v.Candidates() {
			statements = append(statements, p.candidateStatement(c.Nomination.Slug))
		}
		packet, err = commission.MakePacket(s, v, statements...)
	})
	if err != nil {
		return err
	}
	name := "packet-" + p.vote.Short() + ".txt"
	if err := os.WriteFile(filepath.Join(p.dir, name), packet, 0o600); err != nil {
		return err
	}
	id, err := p.commission.PostPacket(ctx, p.vote, packet, "https://packets.demo.invalid/"+name, statements...)
	if err != nil {
		return err
	}
	n := uint64(p.private.Len())
	for i, r := range p.registrars {
		f := registrar.Figures{Mailed: n - 2, Paper: 1, Unreachable: 1, Bounced: n * bouncing / 100}
		if err := r.Mailed(ctx, p.vote, id, f); err != nil {
			return fmt.Errorf("%s: %w", p.registrars[i].name, err)
		}
	}
	p.say("The packet, %d bytes, is sent to all members; each registrar signs to how many", len(packet))
	whole := func(s *fold.State) bool {
		for i := range p.registrars {
			if m := s.Vote(p.vote).Mailing(i + 1); m == nil || !m.Whole {
				return false
			}
		}
		return true
	}
	if err := p.until(ctx, p.stepRegistrars, whole); err != nil {
		return err
	}
	var read uint64
	p.view(func(_ *fold.State, v *fold.Vote) {
		for i := range p.registrars {
			read = max(read, v.Mailing(i+1).Reached+v.Rules().Mailing.Lead)
		}
	})
	return p.reach(ctx, read)
}

// respond has the deciding body respond to the result.
func (p *play) respond(ctx context.Context) error {
	if p.rules.Response == nil {
		return nil
	}
	if err := p.seen.Update(ctx); err != nil {
		return err
	}
	_, err := party.Post(ctx, p.seen, p.vote, &record.Response{Text: "We have read the result and will do as the members have decided."}, p.committee)
	if err == nil {
		p.say("%s responds to the result", p.rules.Response.By)
	}
	return err
}
