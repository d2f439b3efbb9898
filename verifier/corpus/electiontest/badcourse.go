package electiontest

import (
	"slices"
	"strings"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// badCourses have records of SPEC.md §15 without effect. Where the vote goes on to its result, it verifies.
func badCourses() []Election {
	var es []Election
	in := func(st *story, result string) func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
		return func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
			es = append(es, st.void("course-"+name, what, at, code, result, rows, do))
		}
	}
	void, ofBody, ofElection := in(&petition, courseResult), in(&body, courseResult), in(&election, electionResult)
	support := func(s *scene, entry int, change func(b *record.Support)) *record.Record {
		c := s.r.Credential(entry, s.v.Manifest.Rules.Call.Petition.Slot)
		b := &record.Support{Key: c.Key, Signatures: slices.Clone(c.Signatures)}
		change(b)
		return s.o.Sign(s.v.ID, b, c.SecretKey())
	}
	ofBody("support-without-petition", "A support of a vote that no petition calls.", "proposed", "support/rules", nil, func(s *scene) *record.Record { return s.o.Sign(s.v.ID, &record.Support{}, s.o.Board) })
	es = append(es, plain.void("course-response-without-rules", "A response to a vote without rules.", "cast", "response/rules", plainResult, nil, func(s *scene) *record.Record {
		return s.officer(&record.Response{Text: "Yes."})
	}))
	void("support-short", "A support lacks a registrar's signature.", "two supports", "support/form", []string{"F3"}, func(s *scene) *record.Record {
		return support(s, 3, func(b *record.Support) { b.Signatures = b.Signatures[:record.SignatureBytes] })
	})
	void("support-twice", "A member supports a petition twice.", "two supports", "support/dup", []string{"F11"}, func(s *scene) *record.Record {
		return s.v.SupportOf(s.r.Credential(0, s.v.Manifest.Rules.Call.Petition.Slot))
	})
	void("support-from-outside", "Somebody outside the roll supports a petition.", "two supports", "support/signatures", []string{"F5", "F18"}, func(s *scene) *record.Record {
		key := simulate.NewKey(s)
		return s.o.Sign(s.v.ID, &record.Support{Key: key.Public().Encoding(), Signatures: make([]byte, 2*record.SignatureBytes)}, key)
	})
	void("support-with-the-votes-slot", "A support is by the credential of the vote's own slot.", "two supports", "support/signatures", []string{"F3", "C6"}, func(s *scene) *record.Record {
		return s.v.SupportOf(s.r.Credential(3, s.v.Manifest.Slot))
	})
	void("support-without-its-member", "The board signs a support with a member's key and signatures.", "two supports", "support/signature", []string{"A10"}, func(s *scene) *record.Record {
		c := s.r.Credential(3, s.v.Manifest.Rules.Call.Petition.Slot)
		return s.o.Sign(s.v.ID, &record.Support{Key: c.Key, Signatures: c.Signatures}, s.o.Board)
	})
	void("support-no-element", "A support's key is no element.", "two supports", "support/noncanonical", []string{"B1"}, func(s *scene) *record.Record {
		return support(s, 3, func(b *record.Support) { b.Key[0] |= 1 })
	})
	void("support-identity", "A support's key is the identity.", "two supports", "support/trivial", []string{"B6"}, func(s *scene) *record.Record {
		return support(s, 3, func(b *record.Support) { b.Key = record.Key{} })
	})
	es = append(es, petition.bad("course-support-late", "A support comes after the petition has closed, and the vote has lapsed.", "two supports", []string{"G13"}, unfinished("support/expired"), false, func(s *scene) {
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		s.put(support(s, 3, func(*record.Support) {}))
	}))
	void("support-when-open", "A support comes when the vote is open.", "open", "support/phase", nil, func(s *scene) *record.Record { return support(s, 5, func(*record.Support) {}) })
	ofBody("call-by-stranger", "A member of the body that there is not calls the vote.", "five signatures", "call/author", []string{"J10"}, func(s *scene) *record.Record {
		return s.o.Sign(s.v.ID, &record.Call{Member: 18}, s.v.Plan.Body[0])
	})
	ofBody("call-in-anothers-name", "A member of the body calls the vote in another's name.", "five signatures", "call/signature", []string{"J10", "A10"}, func(s *scene) *record.Record {
		return s.o.Sign(s.v.ID, &record.Call{Member: 1}, s.v.Plan.Body[1])
	})
	ofBody("call-twice", "A member of the body calls the vote twice.", "five signatures", "call/dup", nil, func(s *scene) *record.Record { return s.v.CallOf(7) })
	es = append(es, body.bad("course-call-late", "A member of the body signs after the time for it.", "five signatures", []string{"G13"}, unfinished("call/expired"), false, func(s *scene) {
		s.o.Time(s.v.Manifest.Rules.Call.Body.Closes + 1)
		s.put(s.v.CallOf(1))
	}))
	someBallot := func(s *scene) *record.Record {
		form := s.v.State().Form
		b := &record.Ballot{Signatures: make([]byte, 2*record.SignatureBytes), Contests: [][]byte{make([]byte, 3*64)}}
		return must(record.Assemble(must(record.Payload(s.v.ID, b)), make([]byte, form.Relation().ProofSize())))
	}
	void("ballot-before-the-call", "A ballot in a vote that nobody has called.", "two supports", "ballot/not-open", nil, someBallot)
	es = append(es, petition.bad("course-ballot-in-a-lapsed-vote", "A ballot in a vote that has lapsed.", "two supports", nil, unfinished("ballot/ended"), false, func(s *scene) {
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		s.put(someBallot(s))
	}))
	void("keygen-before-the-call", "A trustee begins before the vote is called.", "two supports", "keygen-commit/phase", nil, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1})
	})

	forum := func(change func(b *record.Forum)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record { b := s.v.ForumBody(); change(b); return s.officer(b) }
	}
	void("forum-without-notice", "A forum is announced with a second less notice than the rules ask for.", "called", "forum/notice", nil, forum(func(b *record.Forum) { b.Starts-- }))
	void("forum-at-no-address", "A forum is at a script.", "called", "forum/form", []string{"I8"}, forum(func(b *record.Forum) { b.Place = "javascript:x" }))
	void("forum-2-first", "Forum 2 is announced before forum 1.", "called", "forum/order", nil, forum(func(b *record.Forum) { b.Number = 2 }))
	void("forum-again", "Forum 1 is announced again.", "committed", "forum/dup", nil, forum(func(b *record.Forum) { b.Number = 1 }))
	void("forum-held-early", "A forum was held before it began, it is said.", "spoken", "forum-held/early", nil, func(s *scene) *record.Record { return s.officer(s.v.HeldBody(1)) })
	void("forum-not-announced", "A forum was held that nobody announced.", "forum time", "forum-held/form", nil, func(s *scene) *record.Record { return s.officer(s.v.HeldBody(3)) })
	void("recording-replaced", "Another recording is put in the place of a forum's.", "held", "forum-held/dup", []string{"G14"}, func(s *scene) *record.Record {
		b := s.v.HeldBody(1)
		b.Recording = simulate.File("cut.webm")
		return s.officer(b)
	})

	named := func(entry int, change func(b *record.Statement)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record {
			m := s.r.Member(entry)
			b := &record.Statement{By: 1, Side: "for", Text: "It is right.", Member: &m}
			change(b)
			return s.officer(b)
		}
	}
	same := func(*record.Statement) {}
	void("statement-early", "A statement before the registrars have committed to the draw.", "called", "statement/early", []string{"E15"}, named(5, same))
	void("statement-late", "A statement after the time for it.", "reviewed", "statement/window", nil, named(5, same))
	void("statement-too-long", "A statement is too long.", "committed", "statement/form", []string{"J3"}, named(5, func(b *record.Statement) { b.Text = strings.Repeat("x", 501) }))
	void("statement-in-anothers-name", "A statement is in the name of a member who is not of that number.", "committed", "statement/form", []string{"F6"}, named(5, func(b *record.Statement) { b.Member.Name = "Somebody" }))
	void("statement-twice", "A member makes a second statement.", "spoken", "statement/dup", nil, named(0, same))
	void("statement-of-a-removed-member", "A statement is in the name of a member who was taken off the roll.", "committed", "statement/removed", nil, func(s *scene) *record.Record {
		s.o.Post(removal(s, true, 5))
		return named(5, same)(s)
	})
	void("statement-that-was-withheld", "A statement comes that was withheld before.", "spoken", "statement/withheld", nil, func(s *scene) *record.Record {
		s.o.Post(s.officer(withhold("It is right.")))
		return named(5, same)(s)
	})
	anonymous := func(change func(b *record.Statement)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record {
			c := s.r.Credential(5, s.v.Manifest.Rules.Statements.Slot)
			b := &record.Statement{Side: "for", Text: "It is right.", Key: c.Key, Signatures: slices.Clone(c.Signatures)}
			change(b)
			return s.o.Sign(s.v.ID, b, c.SecretKey())
		}
	}
	void("statement-bad-signatures", "An anonymous statement is by a card that one registrar has not signed.", "committed", "statement/signatures", []string{"F3"}, anonymous(func(b *record.Statement) { b.Signatures[300] ^= 1 }))
	void("statement-identity", "An anonymous statement is by the identity.", "committed", "statement/trivial", []string{"B6"}, anonymous(func(b *record.Statement) { b.Key = record.Key{} }))
	void("statement-no-element", "An anonymous statement's key is no element.", "committed", "statement/noncanonical", []string{"B1"}, anonymous(func(b *record.Statement) { b.Key[0] |= 1 }))
	void("statement-by-anothers-card", "The board signs an anonymous statement with a member's card.", "committed", "statement/signature", []string{"A10"}, func(s *scene) *record.Record {
		c := s.r.Credential(5, s.v.Manifest.Rules.Statements.Slot)
		return s.o.Sign(s.v.ID, &record.Statement{Side: "for", Text: "x", Key: c.Key, Signatures: c.Signatures}, s.o.Board)
	})
	ofBody("statement-where-none-are-taken", "A statement in a vote that takes none.", "six signatures", "statement/rules", nil, named(0, same))
	void("withheld-late", "A statement is withheld after the review.", "reviewed", "withheld/window", nil, func(s *scene) *record.Record { return s.officer(withhold("x")) })
	void("withheld-twice", "A statement is withheld twice.", "spoken", "withheld/dup", nil, func(s *scene) *record.Record {
		s.o.Post(s.officer(withhold("x")))
		return s.officer(withhold("x"))
	})
	registrar := func(b record.Body) func(s *scene) *record.Record {
		return func(s *scene) *record.Record { return s.v.ByRegistrar(1, b) }
	}
	void("seed-committed-twice", "A registrar commits to a second seed.", "committed", "seed-commit/dup", []string{"E15"}, registrar(&record.SeedCommit{Registrar: 1, Hash: record.ID{1}}))
	void("seed-early", "A registrar shows its seed while statements are taken.", "spoken", "seed/early", []string{"E15"}, func(s *scene) *record.Record {
		return s.v.ByRegistrar(1, &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]})
	})
	void("another-seed", "A registrar shows another seed than it has committed to.", "reviewed", "seed/seed", []string{"E15"}, registrar(&record.Seed{Registrar: 1, Seed: record.ID{1}}))
	void("seed-twice", "A registrar shows its seed twice.", "revealed", "seed/dup", nil, func(s *scene) *record.Record {
		return s.v.ByRegistrar(1, &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]})
	})

	packet := func(change func(s *scene, b *record.Packet)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record { b := s.v.PacketBody(); change(s, b); return s.officer(b) }
	}
	void("packet-lacks-a-statement", "A packet lacks a statement.", "revealed", "packet/packet", nil, packet(func(s *scene, b *record.Packet) { b.Statements = b.Statements[1:] }))
	void("packet-in-another-order", "A packet has the statements in another order.", "revealed", "packet/packet", nil, packet(func(s *scene, b *record.Packet) { slices.Reverse(b.Statements) }))
	void("packet-another-recording", "A packet has another recording.", "revealed", "packet/packet", nil, packet(func(s *scene, b *record.Packet) { b.Recordings[1] = simulate.File("cut.webm") }))
	void("packet-of-no-bytes", "A packet has no bytes.", "revealed", "packet/form", nil, packet(func(s *scene, b *record.Packet) { b.Size = 0 }))
	void("packet-early", "A packet comes before the statements are drawn.", "reviewed", "packet/early", nil, func(s *scene) *record.Record { return s.officer(&record.Packet{By: 1, Hash: record.ID{1}, Size: 1}) })
	mailing := func(change func(b *record.Mailing)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record { b := s.v.MailingBody(1); change(b); return s.v.ByRegistrar(1, b) }
	}
	void("mailing-of-another-packet", "A registrar mails another packet.", "packet", "mailing/packet", nil, mailing(func(b *record.Mailing) { b.Packet = record.ID{1} }))
	void("mailing-overflow", "A registrar's numbers overflow.", "packet", "mailing/form", []string{"B8"}, mailing(func(b *record.Mailing) { b.Mailed, b.Paper = 1<<63, 1<<63 }))
	void("mailing-taken-back", "A registrar takes back what it has mailed.", "mailed", "mailing/dup", nil, mailing(func(b *record.Mailing) { b.Mailed = 3 }))

	nomination := func(change func(s *scene, b *record.Nomination)) func(s *scene) *record.Record {
		return func(s *scene) *record.Record {
			b := s.v.NominationBody(5, "eden", 15)
			change(s, b)
			return s.officer(b)
		}
	}
	void("nomination-for-a-question", "Somebody is nominated for a question.", "called", "nomination/rules", nil, nomination(func(*scene, *record.Nomination) {}))
	ofElection("nomination-by-oneself", "A member seconds their own nomination.", "nominating", "nomination/form", nil, nomination(func(s *scene, b *record.Nomination) { b.Seconders[0] = b.Member }))
	ofElection("nomination-of-a-stranger", "Somebody who is not on the roll is nominated.", "nominating", "nomination/form", []string{"F6"}, nomination(func(s *scene, b *record.Nomination) { b.Member.Salt[0] ^= 1 }))
	ofElection("nomination-of-a-namesake", "A second candidate has the name of another.", "nominated", "nomination/dup", []string{"G14"}, nomination(func(s *scene, b *record.Nomination) {
		b.Name = simulate.English(s.r.Roll.Opening(0).Name)
	}))
	ofElection("nomination-late", "Somebody is nominated after the time for it.", "ready", "nomination/window", nil, nomination(func(*scene, *record.Nomination) {}))
	ofElection("acceptance-again", "A candidate accepts twice.", "nominated", "acceptance/dup", nil, func(s *scene) *record.Record { return s.officer(&record.Acceptance{By: 1, Slug: "abel"}) })
	ofElection("acceptance-of-nobody", "Somebody accepts who was not nominated.", "nominated", "acceptance/form", nil, func(s *scene) *record.Record { return s.officer(&record.Acceptance{By: 1, Slug: "eden"}) })
	es = append(es, Election{"course-candidate-129", "A 129th candidate accepts.", []string{"J3"}, unfinished("acceptance/limit"), func(s *scene) {
		bare(s, simulate.Config{Members: record.MaxCandidates + 1, Registrars: 1}, func(r *record.Rules) { r.Nominations = &record.NominationRule{Window: 600, Accept: 300} },
			func(m *record.Vote) { m.Contests[0] = simulate.Choose("committee", 0, 0, 100, 2) })
		slug := func(i int) string { return "c" + joined([]int{i}) }
		for i := range record.MaxCandidates {
			s.v.Nominate(i, slug(i))
		}
		s.o.Post(s.officer(s.v.NominationBody(record.MaxCandidates, slug(record.MaxCandidates))))
		s.put(s.officer(&record.Acceptance{By: 1, Slug: slug(record.MaxCandidates)}))
	}})
	void("extended-when-over", "Voting is extended after its end.", "cast", "extend/expired", []string{"G13"}, func(s *scene) *record.Record {
		s.o.Reach(s.v.State().Manifest.Closes)
		return s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "Not enough have voted."})
	})
	void("extended-without-reason", "Voting is extended without a reason.", "open", "extend/form", nil, func(s *scene) *record.Record {
		return s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1})
	})
	void("cancelled-when-open", "A vote is cancelled when it is open.", "open", "cancel/phase", nil, func(s *scene) *record.Record { return s.officer(&record.Cancel{By: 1, Reason: "x"}) })
	es = append(es, petition.bad("course-annulled-with-its-result", "A vote is annulled that has its result.", "certified", nil, verified(courseResult, "annul/phase"), true, func(s *scene) {
		s.put(s.officer(&record.Annul{By: 1, Reason: "We do not like it."}))
	}), petition.bad("course-response-of-another", "The commission responds in the name of the deciding body.", "certified", []string{"J10"}, verified(courseResult, "response/signature"), true, func(s *scene) {
		s.put(s.officer(&record.Response{Text: "We will not."}))
	}), petition.bad("course-response-again", "The deciding body responds twice.", "responded", nil, verified(courseResult, "response/dup"), true, func(s *scene) {
		s.put(s.o.Sign(s.v.ID, &record.Response{Text: "No."}, s.v.Plan.Responder))
	}), petition.bad("course-manifest", "A vote is proposed that requires one that is not there.", "issued", nil, unfinished("vote/manifest"), false, func(s *scene) {
		p := s.r.Plan(record.CallReason)
		p.Rules.Requires = []record.ID{{1}}
		m := s.r.NewVote(func(m *record.Vote) { m.Rules = p.Rules })
		s.put(s.o.Officer(s.r.ID, m.Manifest))
	}), petition.bad("course-slot-taken", "A second petition is proposed in the slot of the first.", "two supports", []string{"C6"}, verified(courseResult, "vote/slot-taken"), true, func(s *scene) {
		p := s.r.Plan(record.CallPetition)
		p.Rules.Call.Petition.Slot = s.v.Manifest.Rules.Call.Petition.Slot
		p.Rules.Statements = record.StatementRule{}
		m := s.r.NewVote(func(m *record.Vote) { m.Rules = p.Rules })
		s.put(s.o.Officer(s.r.ID, m.Manifest))
	}))
	return es
}

// badGates are votes by rules that open, or change, otherwise than their rules allow.
func badGates() []Election {
	var es []Election
	// opened puts an opening on the log, whatever the rules say. It is the first fault of a check of the rules.
	gate := func(st *story, name, what, at string, check int, code string, rows []string, void []string, do func(s *scene)) {
		es = append(es, st.bad("gate-"+name, what, at, rows, refuted(check, code, void...), false, func(s *scene) {
			do(s)
			b := &record.Opening{By: 1, Attempt: 1, Candidates: s.v.State().CandidatesID()}
			if s.v.State().Ceremony.Ready() {
				b = s.v.Opening()
			}
			s.put(s.officer(b))
		}))
	}
	none := func(*scene) {}
	gate(&petition, "two-supports-of-three", "A petition lacks a support.", "two supports", 22, "rule-called", nil, nil, none)
	gate(&petition, "support-twice", "A petition lacks a support, and has one twice.", "two supports", 22, "rule-called", []string{"F11"}, []string{"support/dup"}, func(s *scene) {
		s.put(s.v.SupportOf(s.r.Credential(1, s.v.Manifest.Rules.Call.Petition.Slot)))
	})
	gate(&petition, "lapsed", "A petition has lapsed.", "two supports", 22, "rule-called", []string{"G13"}, nil, func(s *scene) { s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1) })
	gate(&body, "five-of-six", "A member of the body is missing.", "five signatures", 22, "rule-called", nil, nil, none)
	gate(&petition, "stuffed", "Supports are by cards that no registrar has put on record.", "issued", 22, "rule-stuffing", []string{"F5", "F18"}, nil, func(s *scene) {
		s.v = s.r.Propose(s.r.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 7, 20 }))
		for range 7 {
			s.o.Post(s.v.SupportOf(must(s.r.Mint().Credential(s.v.Manifest.Rules.Call.Petition.Slot))))
		}
	})
	gate(&petition, "one-forum", "One forum of two was held.", "called", 23, "rule-forums", nil, nil, func(s *scene) { s.v.Announce(); s.v.Hold() })
	gate(&petition, "no-recording", "A forum has no recording.", "forum time", 23, "rule-recordings", nil, nil, func(s *scene) {
		s.o.Post(s.officer(s.v.HeldBody(1)))
		b := s.v.HeldBody(2)
		b.Recording = record.ID{}
		s.o.Post(s.officer(b))
	})
	gate(&petition, "statements-not-over", "Voting opens while statements are taken.", "held", 24, "rule-statements", nil, nil, none)
	gate(&petition, "no-draw", "A registrar has not shown its seed, and there is no draw.", "reviewed", 24, "rule-statements", []string{"E15"}, nil, func(s *scene) {
		s.o.Post(s.v.ByRegistrar(1, &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]}))
	})
	gate(&petition, "no-packet", "There is no packet.", "revealed", 25, "rule-packet", nil, nil, none)
	gate(&petition, "packet-lacks-a-statement", "The packet lacks a statement.", "revealed", 25, "rule-packet", nil, []string{"packet/packet"}, func(s *scene) {
		b := s.v.PacketBody()
		b.Statements = b.Statements[1:]
		s.put(s.officer(b))
	})
	gate(&petition, "no-mailing", "Nobody has mailed the packet.", "packet", 26, "rule-mailing", nil, nil, none)
	gate(&petition, "mailing-not-whole", "Two members were left out of the mailing.", "packet", 26, "rule-mailing", []string{"G4"}, nil, func(s *scene) {
		for i := 1; i <= 2; i++ {
			b := s.v.MailingBody(i)
			b.Mailed, b.Unreachable = 18, 0
			s.o.Post(s.v.ByRegistrar(i, b))
		}
		s.o.Reach(s.o.State.Now() + 1000)
	})
	gate(&petition, "mailing-too-late", "Members have a second less to read the packet than the rules say.", "mailed", 26, "rule-mailing", nil, nil, func(s *scene) { s.o.Reach(s.o.State.Now() + 299) })
	gate(&petition, "packet-after-the-mailing", "The packet was replaced after it was mailed.", "ready", 26, "rule-mailing", nil, nil, func(s *scene) {
		b := s.v.PacketBody()
		b.Hash = simulate.File("second edition")
		s.o.Post(s.officer(b))
	})
	gate(&election, "everybody-withdrew", "All candidates have withdrawn.", "ready", 27, "rule-nominations", nil, nil, func(s *scene) {
		for _, slug := range []string{"abel", "cruz", "diaz"} {
			s.o.Post(s.officer(&record.Withdrawal{By: 1, Slug: slug, Reason: "No time."}))
		}
	})
	es = append(es,
		election.fatal("gate-another-list-of-candidates", "The opening is for the candidates before one withdrew.", "ready", 27, "rule-nominations", []string{"G14"}, func(s *scene) *record.Record {
			b := s.v.Opening()
			s.o.Post(s.officer(&record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}))
			return s.officer(b)
		}),
		Election{"gate-nominations-not-over", "Voting opens while nominations are taken.", nil, refuted(27, "rule-nominations"), func(s *scene) {
			bare(s, simulate.Config{}, func(r *record.Rules) { r.Nominations = &record.NominationRule{Window: 600, Accept: 300} },
				func(m *record.Vote) { m.Contests[0] = simulate.Choose("committee", 0, 0, 100, 2) })
			s.put(s.officer(&record.Opening{By: 1, Attempt: 1, Candidates: s.v.State().CandidatesID()}))
		}},
		Election{"gate-required-vote-missing", "The vote that had to come first has no result.", nil, refuted(28, "rule-requires"), func(s *scene) { required(s, false) }},
		Election{"gate-required-vote-refuted", "The vote that had to come first does not verify.", []string{"J5"}, refuted(28, "rule-requires"), func(s *scene) { required(s, true) }},
		petition.fatal("gate-extended-too-far", "Voting is extended by a second more than the rules allow.", "open", 29, "rule-extend", []string{"G13"}, func(s *scene) *record.Record {
			return s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 501, Reason: "A storm."})
		}),
		petition.fatal("gate-extended-in-two-steps", "Voting is extended twice, by more than the rules allow together.", "open", 29, "rule-extend", []string{"G13"}, func(s *scene) *record.Record {
			s.o.Post(s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 300, Reason: "A storm."}))
			return s.officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 300, Reason: "It goes on."})
		}),
		body.fatal("gate-cancelled", "A vote is cancelled whose rules do not allow it.", "six signatures", 29, "rule-cancel", []string{"G4"}, func(s *scene) *record.Record {
			return s.officer(&record.Cancel{By: 1, Reason: "We do not like it."})
		}),
		body.fatal("gate-annulled", "A vote is annulled whose rules do not allow it.", "open", 29, "rule-annul", []string{"G4"}, func(s *scene) *record.Record {
			return s.officer(&record.Annul{By: 1, Reason: "We do not like it."})
		}),
		petition.fatal("gate-closed-by-the-manifest", "A vote is closed when its manifest said, and not when its rules say.", "open", 15, "closing-time", []string{"G13"}, func(s *scene) *record.Record {
			s.o.Reach(s.v.State().Manifest.Closes - 1)
			return s.officer(&record.Closing{By: 1})
		}),
		petition.fatal("gate-opened-by-the-manifest", "A vote is opened when its manifest said, and not when its rules say.", "mailed", 12, "opening-time", []string{"G13"}, func(s *scene) *record.Record {
			s.v.Ceremony()
			s.o.Reach(s.v.State().Manifest.Opens - 1)
			return s.officer(s.v.Opening())
		}))
	return es
}

// required opens a vote whose rules ask for another's result, which is not there, or does not verify.
func required(s *scene, refute bool) {
	r := simulate.New(s, simulate.Config{Members: 6, Slots: 2}).Round()
	r.Cards(0, 1)
	first := r.Vote()
	if refute {
		first.Ceremony()
		first.Open()
		first.Org.Append(first.Officer(&record.Closing{By: 1}).Raw()) // too early
		first.Finish()
	}
	s.on(r.Propose(r.Plan(record.CallReason, func(rules *record.Rules) {
		rules.Forums, rules.Statements, rules.Packet, rules.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
		rules.Requires = []record.ID{first.ID}
	})))
	s.v.Ceremony()
	s.o.Reach(s.v.State().Manifest.Opens)
	s.put(s.officer(s.v.Opening()))
}
