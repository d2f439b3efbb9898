package simulate

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// A Plan is the rules of a vote, with the keys of those whom they name.
type Plan struct {
	Rules     *record.Rules
	Body      []sigma.SecretKey // who can call the vote
	Responder sigma.SecretKey   // who must respond to the result
	Seeds     []record.ID       // of the registrars
}

// File returns the hash of a file that has the given name for its content.
func File(name string) record.ID { return sha256.Sum256([]byte(name)) }

// Plan makes rules that ask for everything: a call by the method (for a petition, of a tenth of the roll; for a body, of six members of
// 17), two forums, statements for and against, anonymous ones if the round has a slot for them, a packet, a mailing and a response.
func (r *Round) Plan(method string, change ...func(*record.Rules)) *Plan {
	r.Org.tb.Helper()
	now := r.Org.State.Now()
	p := &Plan{Responder: NewKey(r.Org.tb)}
	p.Rules = &record.Rules{
		Name:       "members-decide",
		Call:       record.CallRule{Method: method},
		Forums:     record.ForumRule{Need: 2, Notice: 700, Recordings: true},
		Statements: record.StatementRule{Window: 1000, Review: 200, Length: 500, PerSide: 3, Sides: []string{"for", "against"}},
		Packet:     true,
		Mailing:    record.MailingRule{Needed: true, Lead: 300},
		Voting:     record.VotingRule{After: 2000, Period: 1000},
		Changes:    record.ChangeRule{Extend: 500, Cancel: true, Annul: true},
		Response:   record.ResponseRule{Within: 5000, Name: "The committee", Key: p.Responder.Public().Encoding()},
		Deadlines: record.Deadlines{
			Forums: 2000, Seeds: 400, Packet: 2500, Mailing: 500, Opening: 4000, Closing: 600, Tally: 800,
		},
	}
	free := r.Org.State.Round(r.ID).FreePetitionSlots(2)
	take := func() (slot uint64, ok bool) {
		if len(free) == 0 {
			return 0, false
		}
		slot, free = uint64(free[0]), free[1:]
		return slot, true
	}
	switch method {
	case record.CallPetition:
		slot, _ := take()
		p.Rules.Call.Petition = &record.PetitionRule{
			Slot: slot, Num: 1, Den: 10, Closes: now + 5000, Interval: 60, SponsorsNeeded: 1, Sponsors: []record.Member{r.Member(0)},
		}
	case record.CallBody:
		body := &record.BodyRule{Name: "The committee", Need: 6, Closes: now + 5000}
		for i := range 17 {
			key := NewKey(r.Org.tb)
			p.Body = append(p.Body, key)
			body.Members = append(body.Members, record.Officer{Name: fmt.Sprintf("Committee member %d", i+1), Key: key.Public().Encoding()})
		}
		p.Rules.Call.Body = body
	default:
		p.Rules.Call.Reason = "The statutes ask for it every two years."
	}
	if slot, ok := take(); ok {
		p.Rules.Statements.Anonymous, p.Rules.Statements.Slot = true, slot
	}
	for _, f := range change {
		f(p.Rules)
	}
	p.seeds(len(r.Registrars))
	return p
}

// seeds draws the seeds of n registrars.
func (p *Plan) seeds(n int) {
	for range n {
		var seed record.ID
		rand.Read(seed[:])
		p.Seeds = append(p.Seeds, seed)
	}
}

// Member opens a roll entry, as its member allows.
func (r *Round) Member(entry int) record.Member {
	o := r.Roll.Opening(entry)
	return record.Member{Entry: o.Index, Salt: o.Salt, Number: o.Number, Name: o.Name}
}

// Propose posts the manifest of a vote with rules.
func (r *Round) Propose(p *Plan, change ...func(*record.Vote)) *Vote {
	r.Org.tb.Helper()
	v := r.Vote(append([]func(*record.Vote){func(m *record.Vote) { m.Rules = p.Rules }}, change...)...)
	v.Plan = p
	return v
}

// SupportOf makes the support of a petition by a credential of anybody's.
func (v *Vote) SupportOf(c *credential.Credential) *record.Record {
	v.Org.tb.Helper()
	return v.Org.Sign(v.ID, &record.Support{Key: c.Key, Signatures: c.Signatures}, c.SecretKey())
}

// Support has members, named by roll entry, support the petition.
func (v *Vote) Support(entries ...int) {
	v.Org.tb.Helper()
	for _, e := range entries {
		v.Org.Post(v.SupportOf(v.Round.Credential(e, v.Plan.Rules.Call.Petition.Slot)))
	}
}

// CallBy has members of the body, from 1, sign the call.
func (v *Vote) CallBy(members ...int) {
	v.Org.tb.Helper()
	for _, i := range members {
		v.Org.Post(v.CallOf(i))
	}
}

// CallOf makes the signature of a member of the body, from 1.
func (v *Vote) CallOf(member int) *record.Record {
	v.Org.tb.Helper()
	return v.Org.Sign(v.ID, &record.Call{Member: uint64(member)}, v.Plan.Body[member-1])
}

// ByRegistrar signs a body in the vote as registrar i, from 1.
func (v *Vote) ByRegistrar(i int, body record.Body) *record.Record {
	v.Org.tb.Helper()
	return v.Org.Sign(v.ID, body, v.Round.Registrars[i-1].Key)
}

// Commit has every registrar commit to its seed.
func (v *Vote) Commit() {
	v.Org.tb.Helper()
	for i, seed := range v.Plan.Seeds {
		n := uint64(i + 1)
		v.Org.Post(v.ByRegistrar(i+1, &record.SeedCommit{Registrar: n, Hash: fold.SeedHash(v.ID, n, seed)}))
	}
}

// Reveal waits for the end of the review and has every registrar reveal its seed.
func (v *Vote) Reveal() {
	v.Org.tb.Helper()
	v.Reviewed()
	for i, seed := range v.Plan.Seeds {
		v.Org.Post(v.ByRegistrar(i+1, &record.Seed{Registrar: uint64(i + 1), Seed: seed}))
	}
}

// Reviewed waits until no statement can be taken or withheld any more.
func (v *Vote) Reviewed() {
	v.Org.tb.Helper()
	_, _, reviewed, ok := v.State().StatementTimes()
	if !ok {
		v.Org.tb.Fatalf("simulate: no statements are taken")
	}
	v.Org.Reach(reviewed + 1)
}

// ForumBody returns the announcement of the next forum, with the notice that the rules ask for.
func (v *Vote) ForumBody() *record.Forum {
	return &record.Forum{
		By: 1, Number: uint64(len(v.State().Forums())) + 1, Title: English("A forum of all members"),
		Starts: v.Org.State.Now() + v.State().Rules().Forums.Notice, Place: "https://forum.example/live",
	}
}

// Announce announces the next forum.
func (v *Vote) Announce() {
	v.Org.tb.Helper()
	v.Org.Post(v.Officer(v.ForumBody()))
}

// HeldBody returns the record of a forum (from 1) with its recording.
func (v *Vote) HeldBody(number int) *record.ForumHeld {
	return &record.ForumHeld{
		By: 1, Number: uint64(number), Recording: File(fmt.Sprintf("forum %d.webm", number)), URL: fmt.Sprintf("https://forum.example/%d", number),
	}
}

// Hold waits for the forums announced and says that they were held.
func (v *Vote) Hold() {
	v.Org.tb.Helper()
	for i, f := range v.State().Forums() {
		if f.Held == nil {
			v.Org.Reach(f.Announced.Starts)
			v.Org.Post(v.Officer(v.HeldBody(i + 1)))
		}
	}
}

// NamedStatement makes a member's statement under the member's name.
func (v *Vote) NamedStatement(entry int, side, text string) *record.Record {
	v.Org.tb.Helper()
	m := v.Round.Member(entry)
	return v.Officer(&record.Statement{By: 1, Side: side, Text: text, Member: &m})
}

// AnonymousStatement makes a member's statement without the member's name.
func (v *Vote) AnonymousStatement(entry int, side, text string) *record.Record {
	v.Org.tb.Helper()
	c := v.Round.Credential(entry, v.Plan.Rules.Statements.Slot)
	return v.Org.Sign(v.ID, &record.Statement{Side: side, Text: text, Key: c.Key, Signatures: c.Signatures}, c.SecretKey())
}

// PacketBody returns what the packet has to be now.
func (v *Vote) PacketBody() *record.Packet {
	v.Org.tb.Helper()
	b, err := v.Org.State.PacketBody(v.State())
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	b.By, b.Hash, b.Size, b.URL = 1, File("packet.zip"), 1_000_000, "https://forum.example/packet.zip"
	return b
}

// Packet posts the packet.
func (v *Vote) Packet() {
	v.Org.tb.Helper()
	v.Org.Post(v.Officer(v.PacketBody()))
}

// MailingBody returns a registrar's word that the packet was sent to everybody.
func (v *Vote) MailingBody(i int) *record.Mailing {
	roll := v.State().Round.Roll.Announce.Count
	return &record.Mailing{Registrar: uint64(i), Packet: v.State().Packet().ID, Mailed: roll - 1, Unreachable: 1}
}

// Mail has every registrar say that the packet was sent to everybody.
func (v *Vote) Mail() {
	v.Org.tb.Helper()
	for i := range v.Round.Registrars {
		v.Org.Post(v.ByRegistrar(i+1, v.MailingBody(i+1)))
	}
}

// NominationBody returns the nomination of a member, named by roll entry, by others.
func (v *Vote) NominationBody(entry int, slug string, seconders ...int) *record.Nomination {
	b := &record.Nomination{By: 1, Slug: slug, Name: English(v.Round.Roll.Opening(entry).Name), Member: v.Round.Member(entry)}
	for _, e := range seconders {
		b.Seconders = append(b.Seconders, v.Round.Member(e))
	}
	return b
}

// Nominate nominates a member, who accepts.
func (v *Vote) Nominate(entry int, slug string, seconders ...int) {
	v.Org.tb.Helper()
	v.Org.Post(v.Officer(v.NominationBody(entry, slug, seconders...)))
	v.Accept(slug)
}

// Accept has a nominated member accept.
func (v *Vote) Accept(slug string) {
	v.Org.tb.Helper()
	v.Org.Post(v.Officer(&record.Acceptance{By: 1, Slug: slug, Statement: File(slug + ".txt"), Photo: File(slug + ".jpg")}))
}

// Nominated waits until nobody can be nominated or accept any more.
func (v *Vote) Nominated() {
	v.Org.tb.Helper()
	if _, until, ok := v.State().NominationTimes(); ok {
		v.Org.Reach(until + 1)
	}
}

// Respond has the deciding body respond to the result.
func (v *Vote) Respond() {
	v.Org.tb.Helper()
	v.Org.Post(v.Org.Sign(v.ID, &record.Response{Text: "We will do as the members have decided."}, v.Plan.Responder))
}

// Deliberate goes through everything that the rules ask for between the call and the opening, with a statement of each side, and with two
// candidates more than there are seats if there are none.
func (v *Vote) Deliberate() {
	v.Org.tb.Helper()
	rules := v.State().Rules()
	if rules.Nominations != nil && len(v.State().Nominated()) == 0 {
		v.candidates()
	}
	if rules.Statements.Window > 0 {
		v.Commit()
		for i, side := range rules.Statements.Sides {
			v.Org.Post(v.NamedStatement(i, side, "I am "+side+" it."))
		}
	}
	for range rules.Forums.Need {
		v.Announce()
	}
	v.Hold()
	if rules.Statements.Window > 0 {
		v.Reveal()
	}
	v.Nominated()
	if rules.Packet {
		v.Packet()
	}
	if rules.Mailing.Needed {
		v.Mail()
		v.Org.Reach(v.Org.State.Now() + rules.Mailing.Lead)
	}
}
