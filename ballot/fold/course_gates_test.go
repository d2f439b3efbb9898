package fold_test

import (
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

func packetOf(s *scene, change func(*record.Packet)) record.Body {
	b := s.v.PacketBody()
	change(b)
	return b
}

func mailingOf(s *scene, change func(*record.Mailing)) record.Body {
	b := s.v.MailingBody(1)
	change(b)
	return b
}

// SPEC.md §15.5.
var sendingRefusals = []refusal{
	officer("a packet that lacks a statement", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Statements = b.Statements[1:] })
	}),
	officer("a packet with a statement that was not drawn", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) {
			b.Statements = nil
			for _, st := range s.v.State().Statements() {
				b.Statements = append(b.Statements, st.ID)
			}
		})
	}),
	officer("a packet in another order", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { slices.Reverse(b.Statements) })
	}),
	officer("a packet that lacks a recording", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Recordings = b.Recordings[:1] })
	}),
	officer("a packet with another recording", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Recordings[1] = simulate.File("cut.webm") })
	}),
	officer("a packet with a candidate in no election", "revealed", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Candidates = b.Statements[:1] })
	}),
	officer("a packet that lacks a candidate", "branch missing", "packet", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Candidates = b.Candidates[1:] })
	}),
	officer("a packet without a file", "revealed", "form", func(s *scene) record.Body {
		return packetOf(s, func(b *record.Packet) { b.Hash = record.ID{} })
	}),
	officer("a packet of no bytes", "revealed", "form", func(s *scene) record.Body { return packetOf(s, func(b *record.Packet) { b.Size = 0 }) }),
	officer("a packet at no address", "revealed", "form", func(s *scene) record.Body { return packetOf(s, func(b *record.Packet) { b.URL = "here" }) }),
	officer("a packet before the draw", "reviewed", "early", anyPacket),
	officer("a packet before the statements are in", "held", "early", anyPacket),
	officer("a packet before the forums", "six signatures", "early", anyPacket),
	officer("a packet before nominations are over", "nominated", "early", anyPacket),
	officer("a packet in an open vote", "open", "phase", anyPacket),
	registrar("a mailing before the packet", "revealed", "packet", func(s *scene) record.Body {
		return &record.Mailing{Registrar: 1, Mailed: 20}
	}),
	registrar("a mailing of another packet", "packet", "packet", func(s *scene) record.Body {
		return mailingOf(s, func(b *record.Mailing) { b.Packet = record.ID{1} })
	}),
	registrar("a mailing of a packet that was replaced", "packet", "packet", func(s *scene) record.Body {
		s.fork()
		b := mailingOf(s, unchanged)
		s.o.Post(s.v.Officer(packetOf(s, func(b *record.Packet) { b.Hash = simulate.File("second edition") })))
		return b
	}),
	registrar("a mailing to more than there are", "packet", "form", func(s *scene) record.Body {
		return mailingOf(s, func(b *record.Mailing) { b.Paper = 1 })
	}),
	registrar("a mailing that overflows", "packet", "form", func(s *scene) record.Body {
		return mailingOf(s, func(b *record.Mailing) { b.Mailed, b.Paper = 1<<63, 1<<63 })
	}),
	registrar("more bounced than were sent", "packet", "form", func(s *scene) record.Body {
		return mailingOf(s, func(b *record.Mailing) { b.Bounced = 20 })
	}),
	registrar("the same mailing again", "mailed", "dup", func(s *scene) record.Body { return mailingOf(s, unchanged) }),
	registrar("a mailing taken back", "mailed", "dup", func(s *scene) record.Body { return mailingOf(s, func(b *record.Mailing) { b.Mailed = 3 }) }),
	registrar("bounces taken back", "mailed", "dup", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.ByRegistrar(1, mailingOf(s, func(b *record.Mailing) { b.Bounced = 5 })))
		return mailingOf(s, func(b *record.Mailing) { b.Bounced = 4 })
	}),
	registrar("a mailing in a vote that was annulled", "open", "phase", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
		return mailingOf(s, unchanged)
	}),
}

func anyPacket(*scene) record.Body {
	return &record.Packet{By: 1, Hash: record.ID{1}, Size: 1}
}

// gate opens a vote in a scene that was changed so that a rule is broken.
func gate(name, in, code string, change func(*scene)) refusal {
	return refusal{name, in, fold.Fatal, code, func(s *scene) []byte {
		s.fork()
		change(s)
		return s.v.Officer(openingOf(s)).Raw()
	}}
}

// openingOf is the opening of a vote, also of one that has no key yet.
func openingOf(s *scene) *record.Opening {
	if s.v.State().Ceremony.Ready() {
		return s.v.Opening()
	}
	return &record.Opening{By: 1, Attempt: 1, Candidates: s.v.State().CandidatesID()}
}

// SPEC.md §15.6. Everything else that the rules ask for has been done in most of these.
var gateRefusals = []refusal{
	gate("two supports of three", "two supports", "rule-called", func(*scene) {}),
	gate("two supports, and one of them twice", "two supports", "rule-called", func(s *scene) {
		s.o.Append(s.v.SupportOf(s.r.Credential(1, s.v.Manifest.Rules.Call.Petition.Slot)).Raw())
	}),
	gate("two supports, and one from outside the roll", "two supports", "rule-called", func(s *scene) {
		key := simulate.NewKey(s.t)
		b := &record.Support{Key: key.Public().Encoding(), Signatures: make([]byte, 2*record.SignatureBytes)}
		s.o.Append(s.o.Sign(s.v.ID, b, key).Raw())
	}),
	gate("a petition that has lapsed", "two supports", "rule-called", func(s *scene) {
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		s.o.Append(supported(s, 3, unchanged))
	}),
	gate("five signatures of seventeen, where six are asked for", "five signatures", "rule-called", func(*scene) {}),
	gate("F5 supports by cards that nobody has issued", "issued", "rule-stuffing", func(s *scene) {
		s.v = s.r.Propose(s.r.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 7, 20 }))
		for range 7 {
			c, err := s.r.Mint().Credential(s.v.Manifest.Rules.Call.Petition.Slot)
			if err != nil {
				s.t.Fatal(err)
			}
			s.o.Post(s.v.SupportOf(c))
		}
	}),
	gate("a branch vote is missing", "branch missing", "rule-requires", func(*scene) {}),
	gate("a branch vote that does not verify", "issued", "rule-requires", func(s *scene) {
		branch := s.r.Vote()
		branch.Ceremony()
		branch.Open()
		s.o.Append(branch.Officer(&record.Closing{By: 1}).Raw()) // too early
		branch.Finish()
		nominating(s, branch.ID)
	}),
	gate("one forum", "called", "rule-forums", func(s *scene) {
		s.v.Announce()
		s.v.Hold()
	}),
	gate("two forums, one of them without notice", "called", "rule-forums", func(s *scene) {
		s.v.Announce()
		s.o.Append(s.v.Officer(forumOf(s, func(b *record.Forum) { b.Starts = s.o.State.Now() + 60 })).Raw())
		s.v.Hold()
		s.o.Append(s.v.Officer(s.v.HeldBody(2)).Raw())
	}),
	gate("two forums, the second without a recording", "forum time", "rule-recordings", func(s *scene) {
		s.o.Post(s.v.Officer(s.v.HeldBody(1)))
		s.o.Post(s.v.Officer(heldOf(s, func(b *record.ForumHeld) { b.Number, b.Recording = 2, record.ID{} })))
	}),
	gate("while statements are taken", "held", "rule-statements", func(*scene) {}),
	gate("no statements, since the registrars have not committed", "called", "rule-statements", func(s *scene) {
		s.v.Announce()
		s.v.Announce()
		s.v.Hold()
		s.o.Reach(s.o.State.Now() + 5000)
	}),
	gate("no draw, since a seed is missing", "reviewed", "rule-statements", func(s *scene) {
		s.o.Post(s.v.ByRegistrar(1, &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]}))
	}),
	gate("no packet", "revealed", "rule-packet", func(*scene) {}),
	gate("a packet that lacks a statement", "revealed", "rule-packet", func(s *scene) {
		s.o.Append(s.v.Officer(packetOf(s, func(b *record.Packet) { b.Statements = b.Statements[1:] })).Raw())
	}),
	gate("a packet with a statement after the window", "reviewed", "rule-packet", func(s *scene) {
		late := s.v.NamedStatement(5, "for", "One more thing.")
		s.o.Append(late.Raw())
		s.v.Reveal()
		s.o.Append(s.v.Officer(packetOf(s, func(b *record.Packet) { b.Statements = append(b.Statements, late.ID()) })).Raw())
	}),
	gate("nobody has mailed the packet", "packet", "rule-mailing", func(*scene) {}),
	gate("one registrar of two has not mailed the packet", "packet", "rule-mailing", func(s *scene) {
		s.o.Post(s.v.ByRegistrar(1, mailingOf(s, unchanged)))
		s.o.Reach(s.o.State.Now() + 1000)
	}),
	gate("a mailing that skipped a tenth of the roll", "packet", "rule-mailing", func(s *scene) {
		for i := 1; i <= 2; i++ {
			s.o.Post(s.v.ByRegistrar(i, mailingOf(s, func(b *record.Mailing) { b.Registrar, b.Mailed, b.Unreachable = uint64(i), 18, 0 })))
		}
		s.o.Reach(s.o.State.Now() + 1000)
	}),
	gate("no time to read the packet", "mailed", "rule-mailing", func(s *scene) { s.o.Reach(s.o.State.Now() + 299) }),
	gate("a mailing of the edition before", "ready", "rule-mailing", func(s *scene) {
		s.o.Post(s.v.Officer(packetOf(s, func(b *record.Packet) { b.Hash = simulate.File("second edition") })))
	}),
	gate("while nominations are taken", "nominated", "rule-requires", func(*scene) {}),
	gate("while nominations are taken, by itself", "issued", "rule-nominations", func(s *scene) { nominating(s) }),
	gate("nobody stands", "issued", "rule-nominations", func(s *scene) {
		nominating(s)
		s.v.Nominated()
	}),
	gate("everybody has withdrawn", "election ready", "rule-nominations", func(s *scene) {
		for _, slug := range []string{"abel", "cruz", "diaz"} {
			s.o.Post(s.v.Officer(&record.Withdrawal{By: 1, Slug: slug, Reason: "No time."}))
		}
	}),
	{"another list of candidates", "election ready", fold.Fatal, "rule-nominations", func(s *scene) []byte {
		b := s.v.Opening()
		b.Candidates = record.ID{}
		return s.v.Officer(b).Raw()
	}},
	{"C3 the list before a withdrawal", "election ready", fold.Fatal, "rule-nominations", func(s *scene) []byte {
		s.fork()
		b := s.v.Opening()
		s.o.Post(s.v.Officer(&record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}))
		return s.v.Officer(b).Raw()
	}},
	{"a list of candidates for a question", "ready", fold.Void, "form", func(s *scene) []byte {
		b := s.v.Opening()
		b.Candidates = record.ID{1}
		return s.v.Officer(b).Raw()
	}},
	{"a list of candidates in a vote without rules", "issued", fold.Void, "form", func(s *scene) []byte {
		s.fork()
		s.v = s.r.Vote()
		s.v.Ceremony()
		s.o.Reach(s.v.Manifest.Opens)
		b := s.v.Opening()
		b.Candidates = record.ID{1}
		return s.v.Officer(b).Raw()
	}},
	{"an opening of a vote that was cancelled", "ready", fold.Void, "phase", func(s *scene) []byte {
		s.fork()
		b := s.v.Opening()
		s.o.Post(s.v.Officer(&record.Cancel{By: 1, Reason: "Settled otherwise."}))
		return s.v.Officer(b).Raw()
	}},
	{"a second opening", "open", fold.Void, "phase", func(s *scene) []byte { return s.v.Officer(s.v.Opening()).Raw() }},
}

// nominating proposes an election that asks for nothing but nominations.
func nominating(s *scene, requires ...record.ID) {
	s.v = s.r.Propose(s.r.Plan(record.CallReason, func(r *record.Rules) {
		r.Nominations, r.Requires = &record.NominationRule{Window: 600, Accept: 300}, requires
		r.Forums, r.Statements, r.Packet, r.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
	}), func(m *record.Vote) { m.Contests[0] = simulate.Choose("committee", 0, 0, 100, 2) })
}

func changed(name, in, code string, status fold.Status, body func(*scene) record.Body) refusal {
	return refusal{name, in, status, code, func(s *scene) []byte { return s.v.Officer(body(s)).Raw() }}
}

var changeRefusals = []refusal{
	changed("by more than the rules allow", "open", "rule-extend", fold.Fatal, func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 501, Reason: "A storm."}
	}),
	changed("by too much in two steps", "open", "rule-extend", fold.Fatal, func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 300, Reason: "A storm."}))
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 300, Reason: "It goes on."}
	}),
	changed("where the rules do not allow it", "body open", "rule-extend", fold.Fatal, func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "A storm."}
	}),
	officer("extended backwards", "open", "form", func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes, Reason: "A storm."}
	}),
	officer("extended beyond all time", "open", "form", func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: record.MaxTime + 1, Reason: "A storm."}
	}),
	officer("extended without a reason", "open", "form", func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1}
	}),
	officer("extended when voting was over", "open", "expired", func(s *scene) record.Body {
		s.fork()
		s.o.Reach(s.v.State().Manifest.Closes)
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "Not enough have voted."}
	}),
	officer("extended before it opens", "ready", "phase", func(s *scene) record.Body {
		return &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "A storm."}
	}),
	{"closed when the manifest said, and not when the rules say", "open", fold.Fatal, "closing-time", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.State().Manifest.Closes - 1)
		if s.o.State.Now() < s.v.Manifest.Closes {
			s.t.Fatal("the manifest's time has not passed")
		}
		return s.v.Officer(&record.Closing{By: 1}).Raw()
	}},
	{"closed before the extended time", "open", fold.Fatal, "closing-time", func(s *scene) []byte {
		s.fork()
		closes := s.v.State().Manifest.Closes
		s.o.Post(s.v.Officer(&record.Extend{By: 1, Closes: closes + 500, Reason: "A storm."}))
		s.o.Reach(closes + 499)
		return s.v.Officer(&record.Closing{By: 1}).Raw()
	}},
	{"opened before the rules say", "mailed", fold.Fatal, "opening-time", func(s *scene) []byte {
		s.fork()
		s.v.Ceremony()
		s.o.Reach(s.v.State().Manifest.Opens - 1)
		if s.o.State.Now() < s.v.Manifest.Opens {
			s.t.Fatal("the manifest's time has not passed")
		}
		return s.v.Officer(s.v.Opening()).Raw()
	}},
	changed("cancelled where the rules do not allow it", "six signatures", "rule-cancel", fold.Fatal, func(s *scene) record.Body {
		return &record.Cancel{By: 1, Reason: "We do not like it."}
	}),
	changed("a proposal cancelled where the rules do not allow it", "five signatures", "rule-cancel", fold.Fatal, func(s *scene) record.Body {
		return &record.Cancel{By: 1, Reason: "We do not like it."}
	}),
	changed("annulled where the rules do not allow it", "body open", "rule-annul", fold.Fatal, func(s *scene) record.Body {
		return &record.Annul{By: 1, Reason: "We do not like it."}
	}),
	officer("cancelled when open", "open", "phase", func(s *scene) record.Body { return &record.Cancel{By: 1, Reason: "x"} }),
	officer("cancelled without a reason", "called", "form", func(s *scene) record.Body { return &record.Cancel{By: 1} }),
	officer("annulled before it opens", "ready", "phase", func(s *scene) record.Body { return &record.Annul{By: 1, Reason: "x"} }),
	officer("annulled with its result", "certified", "phase", func(s *scene) record.Body { return &record.Annul{By: 1, Reason: "x"} }),
	officer("annulled without a reason", "sealed", "form", func(s *scene) record.Body { return &record.Annul{By: 1} }),
	{"a response before the result", "sealed", fold.Void, "phase", func(s *scene) []byte { return respond(s, "Yes.") }},
	{"a second response", "responded", fold.Void, "dup", func(s *scene) []byte { return respond(s, "No.") }},
	{"a response without words", "certified", fold.Void, "form", func(s *scene) []byte { return respond(s, "") }},
	{"J10 a response of the commission", "certified", fold.Void, "signature", func(s *scene) []byte {
		return s.v.Officer(&record.Response{Text: "Yes."}).Raw()
	}},
	{"a closing of an annulled vote", "open", fold.Void, "phase", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
		s.o.Reach(s.v.Manifest.Closes + 10_000)
		return s.v.Officer(&record.Closing{By: 1}).Raw()
	}},
	{"a result of an annulled vote", "sealed", fold.Void, "phase", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
		return s.v.Officer(&record.Result{By: 1}).Raw()
	}},
}

func respond(s *scene, words string) []byte {
	return s.o.Sign(s.v.ID, &record.Response{Text: words}, s.v.Plan.Responder).Raw()
}
