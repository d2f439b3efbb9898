package electiontest

import (
	"crypto/sha256"
	"fmt"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
)

// courseResult is the result of the petition story.
const courseResult = "question passed 1/0/0 yes"

// petition is a vote that three of 20 members must call. Statements: four for, of which three are taken, and an anonymous one against.
var petition = story{steps: []step{
	{"issued", func(s *scene) {
		s.o = simulate.New(s, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
		s.r = s.o.Round()
		s.r.Cards(0, 1, 2, 3, 4, 5)
	}},
	{"proposed", func(s *scene) {
		s.v = s.r.Propose(s.r.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 3, 20 }))
	}},
	{"two supports", func(s *scene) { s.v.Support(0, 1) }},
	{"called", func(s *scene) { s.v.Support(2) }},
	{"committed", func(s *scene) { s.v.Announce(); s.v.Announce(); s.v.Commit() }},
	{"spoken", func(s *scene) {
		for i := range 4 {
			s.o.Post(s.v.NamedStatement(i, "for", fmt.Sprintf("Reason %d.", i)))
		}
		s.o.Post(s.v.AnonymousStatement(4, "against", "Think of the cost."))
	}},
	{"forum time", func(s *scene) { s.o.Reach(s.v.State().Forums()[0].Announced.Starts) }},
	{"held", func(s *scene) { s.v.Hold() }},
	{"reviewed", func(s *scene) { s.v.Reviewed() }},
	{"revealed", func(s *scene) { s.v.Reveal() }},
	{"packet", func(s *scene) { s.v.Packet() }},
	{"mailed", func(s *scene) { s.v.Mail() }},
	{"ready", func(s *scene) { s.v.Ceremony(); s.o.Reach(s.v.State().Manifest.Opens) }},
	{"open", func(s *scene) { s.v.Open() }},
	{"cast", func(s *scene) { s.v.Cast(0, aye()...) }},
	{"sealed", func(s *scene) { s.v.Close(); s.v.Promises(); s.v.Seal() }},
	{"certified", func(s *scene) { s.v.Tally() }},
	{"responded", func(s *scene) { s.v.Respond() }},
}}

// body is a vote that six members of a body must call; its rules forbid every change.
var body = story{steps: []step{
	{"proposed", func(s *scene) {
		s.o = simulate.New(s, simulate.Config{Members: 20, Slots: 2, Petitions: 1})
		s.r = s.o.Round()
		s.r.Cards(0, 1)
		s.v = s.r.Propose(s.r.Plan(record.CallBody, func(r *record.Rules) {
			r.Statements, r.Forums.Recordings = record.StatementRule{}, false
			r.Changes = record.ChangeRule{}
		}))
	}},
	{"five signatures", func(s *scene) { s.v.CallBy(2, 3, 5, 7, 11) }},
	{"six signatures", func(s *scene) { s.v.CallBy(13) }},
	{"ready", func(s *scene) {
		s.v.Announce()
		s.v.Announce()
		s.v.Hold()
		s.v.Packet()
		s.v.Mail()
		s.v.Ceremony()
		s.o.Reach(s.v.State().Manifest.Opens)
	}},
	{"open", func(s *scene) { s.v.Open() }},
	{"cast", func(s *scene) { s.v.Cast(0, aye()...) }},
	{"certified", func(s *scene) { s.v.Finish() }},
}}

const electionResult = "committee elected 2/1/0 abel cruz"

// election is one of two seats, called by the calendar, with nominations. It waits for another vote.
var election = story{steps: []step{
	{"nominating", func(s *scene) {
		committee := simulate.Choose("committee", 0, 0, 100, 2)
		s.o = simulate.New(s, simulate.Config{Members: 20, Slots: 2, Contests: []contest.Contest{committee}})
		s.r = s.o.Round()
		s.r.Cards(0, 1, 2)
		s.first = s.r.Vote(func(m *record.Vote) { m.Contests = []contest.Contest{simulate.YesNo("question")} })
		s.v = s.r.Propose(s.r.Plan(record.CallReason, func(r *record.Rules) {
			r.Requires = []record.ID{s.first.ID}
			r.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
			r.Forums, r.Statements = record.ForumRule{}, record.StatementRule{}
		}))
	}},
	{"nominated", func(s *scene) {
		for i, slug := range []string{"cruz", "abel", "diaz"} {
			s.v.Nominate(i, slug, 10+i)
		}
		s.o.Post(s.officer(s.v.NominationBody(3, "babic", 13)))
		s.v.Ceremony()
	}},
	{"ready", func(s *scene) {
		s.v.Nominated()
		s.v.Packet()
		s.v.Mail()
		s.first.Ceremony()
		s.first.Open()
		s.first.Cast(0, aye()...)
		s.first.Finish()
		s.o.Reach(s.v.State().Manifest.Opens)
	}},
	{"open", func(s *scene) { s.v.Open() }},
	{"cast", func(s *scene) { s.v.Cast(0, one(0, 1)...); s.v.Cast(1, one(0)...) }},
	{"certified", func(s *scene) { s.v.Finish() }},
}}

// bare proposes a vote whose rules ask for nothing but a reason to call it, and forbid nothing.
func bare(s *scene, c simulate.Config, change func(*record.Rules), manifest ...func(*record.Vote)) {
	if c.Members == 0 {
		c.Members = 6
	}
	s.o = simulate.New(s, c)
	s.r = s.o.Round()
	s.r.Cards(0, 1, 2)
	s.v = s.r.Propose(s.r.Plan(record.CallReason, func(r *record.Rules) {
		r.Forums, r.Statements, r.Packet, r.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
		if change != nil {
			change(r)
		}
	}), manifest...)
}

func withhold(text string) *record.Withheld {
	return &record.Withheld{By: 1, Side: "for", Hash: sha256.Sum256([]byte(text)), Reason: "It names a person."}
}

func goodCourses() []Election {
	var es []Election
	good := func(name, what string, want Want, do func(s *scene), rows ...string) {
		es = append(es, Election{"good-course-" + name, what, rows, want, do})
	}
	good("petition", "Called by petition; forums with recordings, statements of two sides with a draw, one of them anonymous, a packet, a mailing, and a response to the result.",
		verified(courseResult), func(s *scene) { petition.at(s, "responded") }, "F18", "E15")
	good("body", "Called by six members of a body.", verified(courseResult), func(s *scene) { body.at(s, "certified") })
	good("election", "Called by the calendar; three candidates stand, one does not accept, and another vote had to be held before.",
		verified(electionResult), func(s *scene) { election.at(s, "certified") })
	good("reason", "The rules ask for nothing but a reason.", verified("question failed 0/1/0"), func(s *scene) {
		bare(s, simulate.Config{}, nil)
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, no()...)
		s.v.Finish()
	})
	good("nomination-of-a-ranked-contest", "Candidates of a ranked contest are nominated; fewer stand than could be ranked.", verified("board elected 2/0/0 ada bob"), func(s *scene) {
		c := simulate.Rank("board", contest.MethodScottishSTV, 0, 5, 2)
		bare(s, simulate.Config{Contests: []contest.Contest{c}}, func(r *record.Rules) { r.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300} })
		s.v.Nominate(0, "ada", 5)
		s.v.Nominate(1, "bob", 4)
		s.v.Nominate(2, "cem", 3)
		s.v.Nominated()
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, one(0, 1)...)
		s.v.Cast(1, one(1, 0)...)
		s.v.Finish()
	})
	good("candidate-withdraws", "A candidate withdraws before the opening.", verified("committee elected 2/1 cruz diaz"), func(s *scene) {
		election.at(s, "nominated")
		s.o.Post(s.officer(&record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}))
		election.finish(s, "nominated")
	})
	good("statement-withheld", "A statement is withheld: it is in no packet, and its author's second one is taken by nobody.", verified(courseResult), func(s *scene) {
		petition.at(s, "spoken")
		s.o.Post(s.officer(withhold("Reason 1.")))
		petition.finish(s, "spoken")
	})
	good("packet-replaced", "A second edition of the packet, which is mailed anew.", verified(courseResult), func(s *scene) {
		petition.at(s, "packet")
		s.v.Mail()
		b := s.v.PacketBody()
		b.Hash = simulate.File("second edition")
		s.o.Post(s.officer(b))
		petition.finish(s, "packet")
	})
	good("mailing-in-steps", "A registrar says what it has sent in two records, and later what came back.", verified(courseResult), func(s *scene) {
		petition.at(s, "packet")
		part := s.v.MailingBody(1)
		part.Mailed -= 3
		s.o.Post(s.v.ByRegistrar(1, part))
		s.v.Mail()
		back := s.v.MailingBody(2)
		back.Bounced = 2
		s.o.Post(s.v.ByRegistrar(2, back))
		petition.finish(s, "mailed")
	})
	good("recording-later", "A forum's recording is published some time after it.", verified(courseResult), func(s *scene) {
		petition.at(s, "forum time")
		b := s.v.HeldBody(1)
		recorded := *b
		b.Recording, b.URL = record.ID{}, ""
		s.o.Post(s.officer(b))
		s.o.Post(s.officer(&recorded))
		petition.finish(s, "forum time")
	})
	good("extended", "Voting is extended as the rules allow.", verified(courseResult), func(s *scene) {
		petition.at(s, "open")
		s.o.Post(s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 500, Reason: "A storm."}))
		petition.finish(s, "open")
	})
	good("opened-late", "A vote by rules opens late, and is open for its whole period.", verified(courseResult), func(s *scene) {
		petition.at(s, "ready")
		s.o.Reach(s.v.State().Manifest.Closes + 5)
		petition.finish(s, "ready")
	})
	good("supports-go-on", "Members go on to support a petition that has been called.", verified(courseResult), func(s *scene) {
		petition.at(s, "called")
		s.v.Support(3, 4)
		petition.finish(s, "called")
	})
	good("response-owed", "Nobody has responded to the result in time: it is said who owes it, and nothing fails.", verified(courseResult), func(s *scene) {
		petition.at(s, "certified")
		s.o.Time(s.o.State.Now() + 100_000)
	})
	good("cancelled", "The commission cancels a called vote, as the rules allow.", unfinished(), func(s *scene) {
		petition.at(s, "mailed")
		s.o.Post(s.officer(&record.Cancel{By: 1, Reason: "Settled otherwise."}))
	})
	good("annulled", "The commission annuls an open vote, as the rules allow.", unfinished(), func(s *scene) {
		petition.at(s, "cast")
		s.o.Post(s.officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
	})
	good("annulled-when-sealed", "The commission annuls a sealed vote, as the rules allow.", unfinished(), func(s *scene) {
		petition.at(s, "sealed")
		s.o.Post(s.officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
	})
	good("lapsed", "Too few support a petition, and it lapses.", unfinished(), func(s *scene) {
		petition.at(s, "two supports")
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
	})
	good("lapsed-body", "Too few members of the body sign, and the proposal lapses.", unfinished(), func(s *scene) {
		body.at(s, "five signatures")
		s.o.Time(s.v.Manifest.Rules.Call.Body.Closes + 1)
	})
	good("beside-a-lapsed-petition", "A petition lapses and gives its slot back; the vote that takes the slot verifies.", verified("question passed 1/0/0 yes"), func(s *scene) {
		petition.at(s, "two supports")
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		s.v = s.r.Vote()
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(3, aye()...)
		s.v.Finish()
		s.ask = false
	})
	good("unfinished-petition", "A petition goes on.", unfinished(), func(s *scene) { petition.at(s, "two supports") })
	good("unfinished-deliberation", "Statements are taken.", unfinished(), func(s *scene) { petition.at(s, "spoken") })
	for _, name := range rules.Templates() {
		good("template-"+name, "A vote by the rules file "+name+" that comes with the program, with 25 ballots.", verified(templateResults[name]), func(s *scene) {
			s.on(simulate.ByRules(s, must(rules.Template(name))))
		})
	}
	return es
}

// templateResults are those of simulate.ByRules. Of 25 members, member n chooses option n mod 3. Lots may decide who is elected to the committee.
var templateResults = map[string]string{
	"members-decide": "question passed 9/8/8 yes", "federal-endorsement": "endorsement passed 9/8/8 yes", "chapter-endorsement": "endorsement passed 9/8/8 yes",
	"national-leadership": "committee elected 23/2/0 ?",
}
