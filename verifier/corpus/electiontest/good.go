package electiontest

import (
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/ballot/text"
	"mandate/verifier"
)

func verified(result string, void ...string) Want {
	return Want{Verdict: verifier.Verified, Result: result, Void: void}
}

func unfinished(void ...string) Want { return Want{Verdict: verifier.Unfinished, Void: void} }

// held holds a vote of an organisation: all members have cards, and member i casts choices[i], nil for a member who does not vote.
func held(s *scene, c simulate.Config, choices ...[][]int) {
	opened(s, c)
	for i, choice := range choices {
		if choice != nil {
			s.v.Cast(i, choice...)
		}
	}
	s.v.Finish()
}

// opened opens a vote of an organisation of which all members have cards.
func opened(s *scene, c simulate.Config, change ...func(*record.Vote)) {
	begun(s, c, change...)
	s.v.Ceremony()
	s.v.Open()
}

// begun calls a vote of an organisation of which all members have cards.
func begun(s *scene, c simulate.Config, change ...func(*record.Vote)) {
	if c.Members == 0 {
		c.Members = 5
	}
	if c.Registrars == 0 {
		c.Registrars = 1
	}
	r := simulate.New(s, c).Round()
	r.Cards(some(c.Members)...)
	s.on(r.Vote(change...))
}

// one is a choice in one contest.
func one(options ...int) [][]int { return [][]int{options} }

func contests(cs ...contest.Contest) simulate.Config { return simulate.Config{Contests: cs} }

// question is YesNo with another decision.
func question(change func(*contest.Contest)) contest.Contest {
	c := simulate.YesNo("question")
	change(&c)
	return c
}

// plurality is Choose with another decision.
func plurality(n int, min, max, seats uint64, change func(*contest.Contest)) contest.Contest {
	c := simulate.Choose("board", n, min, max, seats)
	if change != nil {
		change(&c)
	}
	return c
}

// silent has the commission find trustee i silent in the step that it did not take.
func silent(s *scene, i int) {
	c := s.v.State().Ceremony
	s.o.Reach(c.Deadline() + 1)
	s.o.Post(s.officer(&record.KeygenRestart{By: 1, Attempt: c.Attempt(), Trustee: uint64(i), Reason: record.RestartSilent}))
}

// replace has another trustee take the place of trustee i.
func replace(s *scene, i int) {
	key := simulate.NewKey(s)
	s.o.Post(s.officer(&record.TrusteeReplace{
		By: 1, Trustee: uint64(i), Name: fmt.Sprintf("Trustee %d's successor", i), Key: key.Public().Encoding(), Reason: "silent twice",
	}))
	s.v.Trustees[i-1] = simulate.Trustee{Key: key, Side: must(tally.NewTrustee(s.v.State().Ceremony, i))}
}

// faultOf says that a member's second device has shown another choice of a checked ballot.
func faultOf(s *scene, entry int, ballot record.ID) *record.Record {
	c := s.v.Credential(entry)
	return s.o.Sign(s.v.ID, &record.CheckFault{Key: c.Key, Signatures: c.Signatures, Ballot: ballot}, c.SecretKey())
}

// removal takes entries off the roll, or puts them back.
func removal(s *scene, removed bool, entries ...uint64) *record.Record {
	return s.o.Officer(s.find("roll").ID(), &record.RollRemoval{By: 1, Entries: entries, Removed: removed, Reason: "left the organisation"})
}

func no() [][]int  { return one(simulate.No) }
func aye() [][]int { return one(simulate.Yes) }

func goodChoices() []Election {
	var es []Election
	good := func(name, what string, want Want, do func(s *scene), rows ...string) {
		es = append(es, Election{"good-" + name, what, rows, want, do})
	}
	plainly := func(name, what, result string, c contest.Contest, choices ...[][]int) {
		good(name, what, verified(result), func(s *scene) { held(s, contests(c), choices...) })
	}
	good("whole-vote", "A choice and an approval contest, two registrars, a relay and a witness; one member opens a ballot to check it, one votes twice.",
		verified(plainResult), func(s *scene) { plain.at(s, "certified") }, "C8", "I1")
	good("nothing-asked", "The same vote, and the verifier is not told which one to look for.", verified(plainResult), func(s *scene) { plain.at(s, "certified"); s.ask = false })
	good("receipt", "A member's receipt is checked with the log.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{})
		id := s.v.Cast(0, aye()...)
		s.receipt = receiptOf(s.o, id)
		s.v.Finish()
	}, "G2", "G3")
	good("receipt-of-a-replaced-ballot", "The receipt is of a ballot that its member has replaced.", verified("question failed 0/1/0"), func(s *scene) {
		opened(s, simulate.Config{Revote: true})
		id := s.v.Cast(0, aye()...)
		s.receipt = receiptOf(s.o, id)
		s.v.Cast(0, no()...)
		s.v.Finish()
	}, "C8")
	good("receipt-of-a-void-ballot", "The receipt is of a ballot with the proof of another: it stands where the board said, and is not counted.", verified("question failed 0/1/0", "ballot/proof"), func(s *scene) {
		opened(s, simulate.Config{})
		f := s.v.Forge(s.v.Credential(0), aye()...)
		f.Values[0][0] = 2
		f.Encrypt()
		r := f.Record()
		s.put(r)
		s.receipt = receiptOf(s.o, r.ID())
		s.v.Cast(1, no()...)
		s.v.Finish()
	})

	plainly("yes", "Yes passes.", "question passed 3/1/1 yes", simulate.YesNo("question"), aye(), no(), aye(), one(simulate.Abstain), aye())
	plainly("no", "Yes fails.", "question failed 1/2/0", simulate.YesNo("question"), aye(), no(), no())
	plainly("tied", "As many say yes as say no.", "question tied 1/1/1", simulate.YesNo("question"), aye(), no(), one(simulate.Abstain))
	plainly("blank", "Everybody casts a blank ballot.", "question failed 0/0/0", simulate.YesNo("question"), one(), one(), one())
	plainly("nobody", "Nobody votes.", "question failed 0/0/0", simulate.YesNo("question"))
	plainly("one-ballot", "One member votes, and everybody sees how.", "question passed 1/0/0 yes", simulate.YesNo("question"), aye())
	plainly("unanimous", "All ballots agree, which is warned of.", "question passed 4/0/0 yes", simulate.YesNo("question"), aye(), aye(), aye(), aye())
	plainly("two-thirds", "Two thirds of yes and no are asked for, and reached to the vote.", "question passed 2/1/0 yes",
		question(func(c *contest.Contest) { c.Decision.Num, c.Decision.Den, c.Decision.Strict = 2, 3, false }), aye(), no(), aye())
	plainly("two-thirds-missed", "More than two thirds are asked for, and just two thirds say yes.", "question tied 2/1/0",
		question(func(c *contest.Contest) { c.Decision.Num, c.Decision.Den = 2, 3 }), aye(), no(), aye())
	plainly("of-all-ballots", "More than half of all ballots are asked for, abstentions included.", "question failed 2/0/3",
		question(func(c *contest.Contest) { c.Decision.Base, c.Decision.Over = contest.BaseBallots, nil }), aye(), aye(), one(2), one(2), one(2))
	plainly("quorum-met", "Three fifths of the roll must vote, and do.", "question passed 2/1/0 yes",
		question(func(c *contest.Contest) { c.Decision.QuorumNum, c.Decision.QuorumDen = 3, 5 }), aye(), aye(), no())
	plainly("quorum-missed", "Three fifths of the roll must vote, and two do.", "question no-quorum 2/0/0",
		question(func(c *contest.Contest) { c.Decision.QuorumNum, c.Decision.QuorumDen = 3, 5 }), aye(), aye())
	plainly("no-decision", "A contest that only asks.", "question none 1/1/0", question(func(c *contest.Contest) {
		c.Decision = contest.Decision{Method: contest.MethodNone, Den: 1, Base: contest.BaseBallots, QuorumDen: 1}
	}), aye(), no())
	plainly("advice", "A decision that does not bind.", "question passed 1/0/0 yes", question(func(c *contest.Contest) { c.Decision.Binding = false }), aye())
	plainly("choose-one", "Exactly one of four must be chosen.", "board elected 0/2/1/0 o1", plurality(4, 1, 1, 1, nil), one(1), one(1), one(2))
	plainly("approval", "Any number of four can be approved of, and two are elected.", "board elected 3/2/1/0 o0 o1", plurality(4, 0, 4, 2, nil), one(0, 1), one(0, 1, 2), one(0))
	plainly("limited-vote", "Two or three of five must be chosen, for three seats.", "board elected 3/2/1/1/0 o0 o1", plurality(5, 2, 3, 2, nil), one(0, 1), one(0, 1, 2), one(0, 3))
	plainly("all-must-be-chosen", "As many must be chosen as there are.", "board tied 1/1", plurality(2, 2, 2, 1, nil), one(0, 1))
	plainly("fewer-than-seats", "Fewer have votes than there are seats.", "board elected 1/0/0 o0", plurality(3, 0, 3, 2, nil), one(0))
	plainly("nobody-chosen", "Nobody has a vote.", "board failed 0/0/0", plurality(3, 0, 3, 2, nil), one(), one())
	plainly("tied-seats", "Two are level for the last seat, and nothing breaks the tie.", "board tied 2/1/1 o0", plurality(3, 0, 3, 2, nil), one(0, 1), one(0, 2))
	plainly("tied-by-lot", "Two are level for the last seat, and the trustees' lots break the tie.", "board elected 2/1/1 o0 ?",
		plurality(3, 0, 3, 2, func(c *contest.Contest) { c.Decision.Lots = true }), one(0, 1), one(0, 2))
	plainly("shuffled-options", "Booths show the options in an order of their own.", "board elected 0/1 o1", plurality(2, 0, 1, 1, func(c *contest.Contest) { c.Shuffled = true }), one(1))
	plainly("one-option", "A contest of one option.", "board elected 2 o0", plurality(1, 0, 1, 1, nil), one(0), one(0), one())
	plainly("many-options", "A contest of 40 options.", "board elected 0/0/0/0/0/0/0/1/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0 o7", plurality(40, 0, 1, 1, nil), one(7))

	good("many-contests", "Six contests of all sorts on one ballot.", verified("a passed 1/1/1 yes; b elected 1/2/0 o1; c elected 2/1 o0; d tied 1/1/1; e failed 0/2/0; f elected 0/3 o1"), func(s *scene) {
		a := simulate.YesNo("a")
		a.Decision.Num, a.Decision.Strict = 1, false
		held(s, contests(a, simulate.Choose("b", 3, 1, 1, 1), simulate.Choose("c", 2, 1, 1, 1), simulate.Choose("d", 3, 1, 1, 1), simulate.YesNo("e"), simulate.Choose("f", 2, 1, 2, 1)),
			[][]int{{0}, {1}, {0}, {0}, {1}, {1}}, [][]int{{1}, {1}, {0}, {1}, {1}, {1}}, [][]int{{2}, {0}, {1}, {2}, nil, {1}})
	})
	good("two-languages", "Titles in two languages, with accents and other scripts.", verified("question passed 1/0/0 yes"), func(s *scene) {
		c := simulate.YesNo("question")
		both := func(en, other string) text.Texts { return text.Texts{"en": en, "ar": other} }
		c.Title = both("Shall it be so — née “Ünïque”?", "هل يكون كذلك؟")
		c.Options[0].Title, c.Options[1].Title, c.Options[2].Title = both("Yes", "نعم"), both("No", "لا"), both("Abstain", "امتناع")
		opened(s, contests(c), func(m *record.Vote) { m.Title = both("A vote", "تصويت") })
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "G14", "I8")
	good("markup", "Titles that would be markup in a page.", verified("question passed 1/0/0 yes"), func(s *scene) {
		c := simulate.YesNo("question")
		c.Options[1].Title = simulate.English("<img src=x onerror=alert(1)>")
		held(s, contests(c), aye())
	}, "I8")
	good("mock", "A mock vote, which decides nothing.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{}, func(m *record.Vote) { m.Mock = true })
		s.v.Cast(0, aye()...)
		s.v.Finish()
	})
	good("revotes", "Two members vote three times each; the last ballots count.", verified("question tied 1/1/0"), func(s *scene) {
		opened(s, simulate.Config{Revote: true})
		for _, c := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 2}, {1, 0}, {0, 1}} {
			s.v.Cast(c[0], one(c[1])...)
		}
		s.v.Finish()
	}, "C7")
	good("one-registrar", "One registrar, with which nothing is proved of who votes.", verified("question passed 1/0/0 yes"), func(s *scene) { held(s, simulate.Config{Registrars: 1}, aye()) }, "F5", "F6")
	good("registrars-of-one-operator", "Two registrars that one operator runs, which is warned of.", verified("question passed 1/0/0 yes"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: 4}).Round(func(m *record.Round) { m.Registrars[1].Operator = m.Registrars[0].Operator })
		r.Cards(0, 1)
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "F6")
	good("four-registrars", "Four registrars.", verified("question passed 2/1/0 yes"), func(s *scene) { held(s, simulate.Config{Registrars: 4}, aye(), aye(), no()) }, "F3", "F4")
	good("one-trustee", "One trustee.", verified("question passed 1/0/0 yes"), func(s *scene) { held(s, simulate.Config{Trustees: 1}, aye()) }, "E13")
	good("five-trustees", "Five trustees, of whom three open and four sign.", verified("question passed 2/1/0 yes"), func(s *scene) {
		held(s, simulate.Config{Trustees: 5, Threshold: 3, Quorum: 4}, aye(), no(), aye())
	}, "E10", "E14")
	good("all-trustees-needed", "All trustees must open, and all sign.", verified("question passed 1/0/0 yes"), func(s *scene) { held(s, simulate.Config{Trustees: 3, Threshold: 3}, aye()) }, "E11")
	for _, who := range [][]int{{1, 3}, {3, 2}, {3, 1, 2}} {
		good(fmt.Sprintf("opened-by-%s", joined(who)), fmt.Sprintf("Trustees %v open the sums, in this order: the counts are the same.", who), verified(plainResult), func(s *scene) {
			plain.at(s, "signed")
			s.v.Shares(who...)
			s.v.Result()
		}, "E10", "E11")
	}
	good("promised-ballots", "A relay has promised two ballots before the closing; they are recorded after it and count.", verified("question passed 2/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{Relays: 1})
		a, b := s.v.Ballot(0, aye()...), s.v.Ballot(1, aye()...)
		s.v.Close()
		s.v.Promises(b.ID(), a.ID())
		s.o.Post(a)
		s.o.Post(b)
		s.v.Seal()
		s.v.Tally()
	}, "G3", "G4", "G13")
	good("promise-not-kept", "A ballot that a relay has promised never comes; the box is sealed when the time for it is over, which is warned of.", verified("question failed 0/1/0"), func(s *scene) {
		opened(s, simulate.Config{Relays: 2})
		s.v.Cast(1, no()...)
		missing := s.v.Ballot(0, aye()...)
		s.v.Close()
		s.o.Post(s.v.Promised(2, 0, true, missing.ID()))
		s.o.Time(s.v.State().ClosedAt + s.v.Manifest.Grace)
		s.v.Seal()
		s.v.Tally()
	}, "G3")
	good("lists-of-several-parts", "A relay's list of promises in three parts, one of them empty.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{Relays: 1})
		b := s.v.Ballot(0, aye()...)
		s.v.Close()
		s.o.Post(s.v.Promised(0, 0, true))
		s.o.Post(s.v.Promised(1, 0, false))
		s.o.Post(s.v.Promised(1, 1, false, b.ID()))
		s.o.Post(s.v.Promised(1, 2, true))
		s.o.Post(b)
		s.v.Seal()
		s.v.Tally()
	})
	good("witnesses", "Three witnesses, of whom two must cosign the sealed log.", verified("question passed 1/0/0 yes"), func(s *scene) {
		held(s, simulate.Config{Witnesses: 3, Need: 2}, aye())
	}, "G1", "E14")
	good("trustee-silent", "A trustee is silent in the first attempt; the second makes the key.", verified("question passed 1/0/0 yes"), func(s *scene) {
		begun(s, simulate.Config{})
		silent(s, 2)
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "E2")
	good("trustee-replaced", "A trustee is silent twice and replaced, which is warned of.", verified("question passed 1/0/0 yes"), func(s *scene) {
		begun(s, simulate.Config{})
		silent(s, 3)
		silent(s, 3)
		replace(s, 3)
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "E13")
	good("false-complaint", "A trustee complains of a share that is good: it is itself found at fault, and a second attempt makes the key.", verified("question passed 1/0/0 yes"), func(s *scene) {
		begun(s, simulate.Config{})
		s.v.CeremonyUntil(tally.StepAccept)
		s.o.Post(s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: s.v.SealingKey(1)}))
		s.o.Post(s.officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartComplaint}))
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "E5")
	good("true-complaint", "A trustee seals shares to the others in each other's places; one of them complains, the dealer is found at fault, and a second attempt makes the key.", verified("question passed 1/0/0 yes"), func(s *scene) {
		begun(s, simulate.Config{})
		s.v.CeremonyUntil(tally.StepShares)
		bad := *s.v.Next(2).(*record.KeygenShares)
		bad.Sealed = slices.Clone(bad.Sealed)
		bad.Sealed[0], bad.Sealed[2] = bad.Sealed[2], bad.Sealed[0]
		s.o.Post(s.v.By(1, s.v.Next(1)))
		s.o.Post(s.v.By(2, &bad))
		s.o.Post(s.v.By(3, s.v.Next(3)))
		s.o.Post(s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: s.v.SealingKey(1)}))
		s.o.Post(s.officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartComplaint}))
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "E5")
	good("checked-ballots", "A member opens two ballots to another device before casting a third.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{})
		for range 2 {
			s.v.Check(0, s.v.Ballot(0, no()...).ID())
		}
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "I1", "I2")
	good("check-showed-another-choice", "A member's second device shows another choice than the member made, and the member says so on the log: nobody can tell who is wrong, and nothing fails.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{})
		id := s.v.Ballot(0, no()...).ID()
		s.v.Check(0, id)
		s.o.Post(faultOf(s, 0, id))
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "I1", "I2")
	good("entries-removed", "Two entries are taken off the roll, and one is put back; who has a card votes.", verified("question passed 2/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{})
		s.o.Post(removal(s, true, 1, 3))
		s.o.Post(removal(s, false, 3))
		s.v.Cast(0, aye()...)
		s.v.Cast(1, aye()...)
		s.v.Finish()
	}, "F17")
	good("two-votes-at-once", "Two votes with the cards of one round, at the same time; both are judged.", verified("question passed 2/0/0 yes | question tied 1/1/0"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: 3, Registrars: 2, Slots: 2}).Round()
		r.Cards(0, 1, 2)
		a, b := r.Vote(), r.Vote()
		for _, v := range []*simulate.Vote{a, b} {
			v.Ceremony()
		}
		a.Open()
		b.Open()
		a.Cast(0, aye()...)
		b.Cast(0, aye()...)
		b.Cast(1, no()...)
		a.Cast(2, aye()...)
		a.Finish()
		b.Finish()
		s.on(a)
		s.ask = false
	}, "A10", "C5")
	good("two-rounds", "Two rounds, one after the other, each with a vote; the second is asked for.", verified("question failed 0/1/0"), func(s *scene) {
		held(s, simulate.Config{}, aye())
		r := s.o.Round()
		r.Cards(0, 1)
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(1, no()...)
		s.v.Finish()
	}, "C6", "F10")
	good("segment", "A vote of a chapter, on a roll of its own.", verified("question passed 1/0/0 yes"), func(s *scene) { held(s, simulate.Config{Segment: "Riverside chapter"}, aye()) })
	good("roll-of-two-parts", "A roll of 2001 entries, which is in two parts.", verified("question passed 1/0/0 yes"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: record.PartEntries + 1, Registrars: 1}).Round()
		r.Cards(0, 1999, 2000)
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(2000, aye()...)
		s.v.Finish()
	}, "F15")
	good("more-than-a-bundle", "A log of more than 256 records, whose first files are full.", verified("question tied 13/13/14"), func(s *scene) {
		opened(s, simulate.Config{Members: 40, Revote: true})
		for n := range 240 {
			s.v.Cast(n%40, one(n%3)...)
		}
		s.v.Finish()
	}, "G5", "G6")
	good("issues-one-by-one", "Issue records for one entry each, one of them posted by the member, after the registrar's own list.", verified("question passed 1/0/0 yes"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: 4}).Round()
		for e := range 3 {
			r.MintFor(e)
		}
		r.Issues(0)
		for i := range r.Registrars {
			for _, e := range []uint64{2, 1} {
				s.o = r.Org
				s.o.Post(r.By(i+1, &record.Issue{Registrar: uint64(i + 1), Entry: e}))
			}
		}
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(1, aye()...)
		s.v.Finish()
	}, "F19")
	good("registrar-behind", "One of two registrars publishes fewer issue records than there are voters: it is named, and nothing fails.", verified("question passed 2/0/0 yes"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: 4}).Round()
		r.MintFor(0)
		r.MintFor(1)
		r.Org.Post(r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{0, 1}}))
		r.Org.Post(r.By(2, &record.Issues{Registrar: 2, Entries: []uint64{0}}))
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.v.Cast(1, aye()...)
		s.v.Finish()
	}, "F5", "F19")
	good("late-card", "A card is issued while the vote is open, which is warned of.", verified("question passed 1/0/0 yes"), func(s *scene) {
		r := simulate.New(s, simulate.Config{Members: 4}).Round()
		r.Cards(0)
		s.on(r.Vote())
		s.v.Ceremony()
		s.v.Open()
		r.Cards(1)
		s.v.Round.Cards(2)
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "F14")
	good("late-opening-and-closing", "Voting opens and closes later than the manifest says; ballots in between count, which is warned of.", verified("question passed 2/0/0 yes"), func(s *scene) {
		begun(s, simulate.Config{})
		s.v.Ceremony()
		s.o.Reach(s.v.Manifest.Closes - 10)
		s.v.Open()
		s.v.Cast(0, aye()...)
		s.o.Reach(s.v.Manifest.Closes + 7200)
		s.v.Cast(1, aye()...)
		s.v.Finish()
	}, "G13")
	good("slow-clock", "The board's time stands still: records of one time.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{})
		s.o.Time(s.o.State.Now())
		s.v.Cast(0, aye()...)
		s.v.Finish()
	}, "G13")
	good("record-twice", "A promise of the same ballot twice, and a time twice: nothing is wrong with either.", verified("question passed 1/0/0 yes"), func(s *scene) {
		opened(s, simulate.Config{Relays: 1})
		b := s.v.Ballot(0, aye()...)
		s.v.Close()
		s.o.Post(s.v.Promised(0, 0, true))
		s.o.Post(s.v.Promised(1, 0, true, b.ID(), b.ID()))
		s.o.Post(b)
		s.v.Seal()
		s.v.Tally()
	})

	// What is not finished.
	for _, c := range [][3]string{
		{"begun", "A log of its genesis record and a time.", "I10"}, {"round", "A round is announced.", ""}, {"issued", "Members have collected cards.", ""},
		{"called", "A vote is called.", ""}, {"test", "The trustees have accepted their shares.", ""}, {"ready", "The key is ready.", ""}, {"open", "Voting is open.", ""},
		{"cast", "Members have voted.", ""}, {"closed", "Voting is closed.", ""}, {"sealed", "The box is sealed.", ""}, {"signed", "The trustees have signed the input.", ""},
		{"tallied", "The trustees have opened the sums, and nobody has certified a result.", "E10"},
	} {
		var rows []string
		if c[2] != "" {
			rows = []string{c[2]}
		}
		good("unfinished-"+c[0], c[1], unfinished(), func(s *scene) { plain.at(s, c[0]) }, rows...)
	}
	return es
}

// joined writes numbers for a name.
func joined(ns []int) string {
	var s string
	for i, n := range ns {
		if i > 0 {
			s += "-"
		}
		s += fmt.Sprint(n)
	}
	return s
}

// forgeElement casts a ballot of a ranked contest that encrypts elements of the caller's choice.
func forgeElement(s *scene, entry int, change func(f *simulate.Forgery)) {
	f := s.v.Forge(s.v.Credential(entry), make([][]int, len(s.v.Manifest.Contests))...)
	change(f)
	f.Encrypt()
	s.o.Post(f.Record())
}

func goodRanked() []Election {
	var es []Election
	good := func(name, what string, want Want, do func(s *scene), rows ...string) {
		es = append(es, Election{"good-ranked-" + name, what, rows, want, do})
	}
	// 0 has the most first preferences and is ahead of everybody in pairs, too.
	rankings := [][][]int{one(0, 1, 2), one(0, 2, 1), one(0, 1), one(1, 2, 0), one(2)}
	for _, m := range contest.RankingMethods() {
		c := simulate.Rank("chair", m, 3, 3, 1)
		good(m, "Five rankings of three candidates for one seat, counted by "+m+".", verified("chair elected 5/0/0 c0"), func(s *scene) { held(s, contests(c), rankings...) }, "H3", "H4")
	}
	for _, m := range contest.RankingMethods() {
		if m == contest.MethodIRV {
			continue
		}
		c := simulate.Rank("board", m, 4, 4, 2)
		good(m+"-two-seats", "Two seats, counted by "+m+".", verified("board elected 5/0/0 c0 c1"), func(s *scene) {
			held(s, contests(c), one(0, 1, 2, 3), one(0, 1, 3), one(0, 1), one(1, 0, 2), one(1, 0))
		}, "H4")
	}
	good("whole-vote", "A choice and a ranked contest on one ballot; one member votes twice.", verified(rankedResult), func(s *scene) { ranked.at(s, "certified") }, "C3", "D6", "D11")
	good("depth-one", "Only one of four can be ranked.", verified("chair elected 3/1/0 c3"), func(s *scene) {
		held(s, contests(simulate.Rank("chair", contest.MethodIRV, 4, 1, 1)), one(3), one(3), one(0), one())
	})
	good("all-mix", "Every trustee shuffles.", verified("chair elected 3/0/0 c1"), func(s *scene) {
		held(s, simulate.Config{Mixes: 3, Contests: []contest.Contest{simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)}}, one(1), one(1, 2), one(2, 0))
	}, "D6")
	good("one-ballot", "One ranking is shuffled, which hides nothing and is warned of.", verified("chair elected 1/0/0 c2"), func(s *scene) {
		held(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)), one(2, 1))
	}, "F15")
	good("nobody", "Nobody votes, and there is nothing to shuffle.", verified("chair failed 0/0/0"), func(s *scene) { held(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 3, 1))) }, "D7")
	good("blank", "Everybody's ranking is empty.", verified("chair failed 0/3/0"), func(s *scene) {
		held(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)), one(), one(), one())
	})
	good("quorum-missed", "Half of the roll must vote, and a fifth does.", verified("chair no-quorum 1/0/0"), func(s *scene) {
		c := simulate.Rank("chair", contest.MethodSchulze, 3, 3, 1)
		c.Ranking.QuorumNum, c.Ranking.QuorumDen = 1, 2
		held(s, contests(c), one(1))
	})
	good("tied-by-lot", "Everybody ranks another one first: the trustees' lots decide.", verified("chair elected 3/0/0 ?"), func(s *scene) {
		held(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)), one(0), one(1), one(2))
	}, "E15", "H4")
	good("spoiled", "Three ballots hold no ranking: an element that stands for nothing, the identity, and a ranking that is too long.", verified("chair elected 2/0/3 c2"), func(s *scene) {
		opened(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)))
		s.v.Cast(0, one(2, 0)...)
		s.v.Cast(1, one(2)...)
		deeper := simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)
		long := must(must(deeper.Encoding()).Encode([]int{0, 1, 2}))
		forgeElement(s, 2, func(f *simulate.Forgery) { f.Elements[0][0] = f.Context.Key })
		forgeElement(s, 3, func(f *simulate.Forgery) { f.Elements[0][0] = f.Context.Key.Sub(f.Context.Key) })
		forgeElement(s, 4, func(f *simulate.Forgery) { f.Elements[0][0] = long[0] })
		s.v.Finish()
	}, "H2", "H3")
	good("quotas", "At most one of the elected may be of a group, and at least one of another.", verified("board elected 5/0/0 c0 c3 c4"), func(s *scene) {
		c := simulate.Rank("board", contest.MethodScottishSTV, 5, 5, 3)
		c.Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 0, Max: 1}, {Group: "north", Min: 1, Max: 3}}
		for _, j := range []int{0, 1, 2} {
			c.Options[j].Groups = []string{"men"}
		}
		c.Options[4].Groups = []string{"north"}
		held(s, contests(c), one(0, 1, 2, 3), one(0, 1, 2, 3), one(0, 1, 2, 3), one(0, 1, 2, 3), one(0, 1, 2, 3))
	})
	good("many-candidates", "Twenty-four candidates, all of whom can be ranked: two elements a ballot or more.", verified("board elected 2/0/0 c0 c1"), func(s *scene) {
		order := some(24)
		held(s, contests(simulate.Rank("board", contest.MethodSchulze, 24, 24, 2)), [][]int{order}, [][]int{order})
	}, "B4")
	good("two-contests", "Two ranked contests of different widths, and a choice between them.", verified("a elected 2/1/0 c1; question tied 1/1/1; b elected 3/0/0 c0"), func(s *scene) {
		held(s, contests(simulate.Rank("a", contest.MethodIRV, 3, 3, 1), simulate.YesNo("question"), simulate.Rank("b", contest.MethodRankedPairs, 20, 20, 1)),
			[][]int{{1}, {0}, {0, 1}}, [][]int{{1, 2}, {1}, {0, 2}}, [][]int{nil, {2}, {0}})
	}, "A10")
	good("mixer-barred", "A trustee posts a shuffle that does not hold, and is barred from mixing; the others go on, which is warned of.", verified(rankedResult, "mix/mix"), func(s *scene) {
		ranked.at(s, "mixing")
		s.put(s.v.By(2, brokenMix(s, 2)))
		s.v.Mix(3)
		s.v.Shares(2, 4)
		s.v.Result()
	}, "D6", "D11")
	good("decrypter-barred", "A trustee posts a decryption that does not hold, and is barred from decrypting; two others open.", verified(rankedResult, "decryption/share"), func(s *scene) {
		ranked.at(s, "mixed")
		b := *s.v.MixBodies(2, 1)[0].(*record.Decryption)
		b.Shares = slices.Clone(b.Shares)
		clear(b.Shares[:32])
		s.put(s.v.By(2, &b))
		s.v.Shares(4, 1)
		s.v.Result()
	}, "A3", "B6")
	good("mixers-race", "Two trustees make one stage at once: the one whose last part comes first has made it.", verified("chair elected 2/0/0 c0", "mix/dup"), func(s *scene) {
		opened(s, contests(simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)))
		s.v.Cast(0, one(0)...)
		s.v.Cast(1, one(0, 1)...)
		s.v.Close()
		s.v.Promises()
		s.v.Seal()
		s.v.Inputs(1, 2)
		a, b := s.v.MixBodies(1, 0), s.v.MixBodies(2, 0)
		s.o.Post(s.v.By(2, b[0]))
		s.put(s.v.By(1, a[0]))
		s.v.MixContest(3, 0)
		s.v.Shares(3, 1)
		s.v.Result()
	})
	good("unfinished-mixing", "Two of three stages are made.", unfinished(), func(s *scene) { ranked.at(s, "mixing") })
	good("unfinished-opening", "One of two trustees has decrypted.", unfinished(), func(s *scene) { ranked.at(s, "half opened") }, "E11")
	return es
}
