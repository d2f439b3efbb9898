package electiontest

import (
	"bytes"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// badClosings have records of SPEC.md §9.9 that must not be so.
func badClosings() []Election {
	seal := func(s *scene) *record.Record { return s.o.Sign(s.v.ID, &record.Seal{}, s.o.Board) }
	void := func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) Election {
		return plain.void("closing-"+name, what, at, code, plainResult, rows, do)
	}
	es := []Election{
		plain.fatal("closing-early", "Voting is closed before its time.", "cast", 15, "closing-time", []string{"G13"}, func(s *scene) *record.Record {
			s.o.Reach(s.v.Manifest.Closes - 1)
			return s.officer(&record.Closing{By: 1})
		}),
		void("again", "Voting is closed twice.", "closed", "closing/phase", nil, func(s *scene) *record.Record { return s.find("closing") }),
		void("part-left-out", "A relay's list begins with its second part.", "closed", "promises/order", []string{"G3"}, func(s *scene) *record.Record { return s.v.Promised(1, 1, true) }),
		void("part-after-the-last", "The board goes on with a list that was at its end.", "listed", "promises/dup", nil, func(s *scene) *record.Record { return s.v.Promised(0, 1, true) }),
		void("half-an-id", "A relay lists an id and a half.", "closed", "promises/form", []string{"J4"}, func(s *scene) *record.Record {
			return s.o.Sign(s.v.ID, &record.Promises{Author: 1, Last: true, Ballots: make([]byte, 48)}, s.v.Relays[0])
		}),
		void("list-of-the-board", "The board lists a ballot that it has not recorded, to let it in late.", "closed", "promises/form", []string{"G13"}, func(s *scene) *record.Record {
			return s.v.Promised(0, 0, true, record.ID{1})
		}),
		void("too-many-promises", "A relay lists more than four ids for each entry of the roll.", "closed", "promises/limit", []string{"G12"}, func(s *scene) *record.Record {
			return s.v.Promised(1, 0, true, make([]record.ID, 25)...)
		}),
		void("relay-2-of-1", "A list by a relay that the manifest does not name.", "closed", "promises/author", []string{"F12"}, func(s *scene) *record.Record {
			return s.o.Sign(s.v.ID, &record.Promises{Author: 2, Last: true}, s.v.Relays[0])
		}),
		plain.fatal("seal-without-lists", "The box is sealed without the lists of promises.", "closed", 16, "seal-promises", []string{"G3"}, seal),
		plain.fatal("seal-without-a-relays-list", "The box is sealed without a relay's list.", "closed", 16, "seal-promises", []string{"G3"}, func(s *scene) *record.Record {
			s.o.Post(s.v.Promised(0, 0, true))
			return seal(s)
		}),
		plain.fatal("seal-without-a-promised-ballot", "The box is sealed without a ballot that a relay has promised, before the time for it is over.", "closed", 16, "seal-promises", []string{"G3"}, func(s *scene) *record.Record {
			s.v.Promises(s.v.Ballot(3, yes...).ID())
			s.o.Reach(s.v.State().ClosedAt + s.v.Manifest.Grace - 1)
			return seal(s)
		}),
		void("seal-again", "The box is sealed twice.", "sealed", "seal/phase", nil, seal),
		plain.fatal("seal-stuffed", "All registrars together make more voters than they have put on record.", "open", 14, "stuffing", []string{"F5", "F3"}, func(s *scene) *record.Record {
			for i := range 5 {
				s.o.Post(s.v.BallotOf(must(s.r.Mint().Credential(s.v.Manifest.Slot)), []int{i % 2}, []int{0}))
			}
			s.v.Close()
			s.v.Promises()
			return seal(s)
		}),
		{"seal-stuffed-one-honest-registrar", "A card that one of two registrars has not signed votes: it does not.", []string{"F5", "F3"}, verified("question passed 1/0/0 yes", "ballot/signatures"), func(s *scene) {
			opened(s, simulate.Config{Registrars: 2})
			s.v.Cast(0, aye()...)
			cred := must(s.r.Mint().Credential(s.v.Manifest.Slot))
			f := s.v.Forge(cred, no()...)
			f.Body.Signatures = bytes.Clone(f.Body.Signatures)
			copy(f.Body.Signatures[record.SignatureBytes:], s.v.Credential(1).Signatures[record.SignatureBytes:])
			s.put(f.Record())
			s.v.Finish()
		}},
	}
	return es
}

// badTallies have records of SPEC.md §9.10 that must not be so.
func badTallies() []Election {
	var es []Election
	input := func(name, what, code string, rows []string, change func(s *scene, b *record.Input)) {
		es = append(es, plain.void("input-"+name, what, "sealed", "input/"+code, plainResult, rows, func(s *scene) *record.Record {
			b := s.v.InputBody(3)
			change(s, b)
			return s.v.By(3, b)
		}))
	}
	head := func(b *record.Input, cp []byte) { b.Checkpoint = string(cp) }
	input("another-root", "A trustee signs another root.", "input-root", []string{"E14", "D5"}, func(s *scene, b *record.Input) { b.Root[0] ^= 1 })
	input("without-the-last-record", "A trustee signs a box without its last record.", "input-root", []string{"D5", "E9"}, func(s *scene, b *record.Input) { b.Size-- })
	input("no-checkpoint", "A trustee signs an input without a checkpoint.", "input-checkpoint", []string{"G7"}, func(s *scene, b *record.Input) { b.Checkpoint = "" })
	input("earlier-checkpoint", "A trustee's checkpoint is from before the seal.", "input-checkpoint", []string{"G2"}, func(s *scene, b *record.Input) { head(b, s.o.CheckpointAt(int(b.Size)-1)) })
	input("without-witness", "A trustee's checkpoint has no witness.", "input-checkpoint", []string{"G1", "E14"}, func(s *scene, b *record.Input) {
		head(b, s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, s.o.LogSigner))
	})
	input("another-witness", "Another witness of that name has cosigned a trustee's checkpoint.", "input-checkpoint", []string{"G1", "G7"}, func(s *scene, b *record.Input) {
		head(b, s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, s.o.LogSigner, simulate.NewWitness(s, "witness1.example").Signer))
	})
	input("another-origin", "A trustee's checkpoint is of another log.", "input-checkpoint", []string{"G7", "C5"}, func(s *scene, b *record.Input) {
		head(b, s.o.SignCheckpoint("other.example/log", b.Size, b.Root, s.o.LogSigner, s.o.Witnesses[0].Signer))
	})
	input("another-history", "A trustee's checkpoint is of another history.", "input-checkpoint", []string{"E14", "G1"}, func(s *scene, b *record.Input) {
		head(b, s.o.SignCheckpoint(s.o.Config.Origin, b.Size, record.ID{1}, s.o.LogSigner, s.o.Witnesses[0].Signer))
	})
	es = append(es,
		plain.void("input-twice", "A trustee signs a second input.", "signed", "input/dup", plainResult, []string{"E14", "D5"}, func(s *scene) *record.Record { return s.v.By(1, s.v.InputBody(1)) }),
		plain.void("shares-before-the-quorum", "A trustee opens the sums before enough have signed the input.", "sealed", "shares/input-quorum", plainResult, []string{"E14", "E9"}, func(s *scene) *record.Record {
			return s.v.By(1, s.v.SharesBody(1, 0))
		}),
		plain.void("shares-before-the-seal", "A trustee opens the sums before the box is sealed.", "closed", "shares/phase", plainResult, []string{"E9"}, func(s *scene) *record.Record { return s.v.By(1, s.v.SharesBody(1, 0)) }),
		Election{"shares-of-no-ballots", "A trustee opens the sums of no ballots.", []string{"B7"}, verified("question failed 0/0/0", "shares/empty"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Close()
			s.v.Promises()
			s.v.Seal()
			s.v.Inputs(1, 2)
			s.put(s.v.By(1, &record.Shares{Trustee: 1}))
			s.v.Result()
		}})
	shares := func(name, what, code string, rows []string, change func(s *scene, b *record.Shares)) {
		es = append(es, plain.void("shares-"+name, what, "signed", "shares/"+code, plainResult, rows, func(s *scene) *record.Record {
			b := s.v.SharesBody(3, 0)
			change(s, b)
			return s.v.By(3, b)
		}))
	}
	shares("of-no-contest", "A trustee's shares are of a contest that is not there.", "form", []string{"E8"}, func(s *scene, b *record.Shares) { b.Contest = 2 })
	shares("of-another-contest", "A trustee's shares of one contest are posted for another.", "share", []string{"E8", "A10"}, func(s *scene, b *record.Shares) { b.Contest = 1 })
	shares("of-another-trustee", "A trustee posts another's shares as its own.", "share", []string{"E7"}, func(s *scene, b *record.Shares) { *b = *s.v.SharesBody(2, 0); b.Trustee = 3 })
	shares("identity", "A share is the identity: it would open to whatever its trustee likes.", "share", []string{"B6", "A3"}, func(s *scene, b *record.Shares) { clear(b.Shares[:32]) })
	shares("no-element", "A share is no element of the group.", "share", []string{"B1"}, func(s *scene, b *record.Shares) { b.Shares[31] |= 0x80 })
	shares("one-less", "A share is missing.", "share", []string{"J4"}, func(s *scene, b *record.Shares) { b.Shares = b.Shares[32:] })
	shares("no-proof", "Shares have no proof.", "share", []string{"E8", "A3"}, func(s *scene, b *record.Shares) { b.Proof = nil })
	shares("exchanged", "Two shares are exchanged, so that two options' counts would be.", "share", []string{"A10", "A3"}, func(s *scene, b *record.Shares) {
		b.Shares = slices.Concat(b.Shares[32:64], b.Shares[:32], b.Shares[64:])
	})
	shares("opposite-errors", "Two shares are wrong by opposite factors, which a careless batch would not see.", "share", []string{"A7"}, func(s *scene, b *record.Shares) {
		e, es := s.o.Board.Public().Element(), must(record.Elements(b.Shares))
		b.Shares = es[2].Append(es[1].Sub(e).Append(es[0].Add(e).Append(nil)))
	})
	shares("proof-of-others", "Shares have the proof of others.", "share", []string{"A3", "A10"}, func(s *scene, b *record.Shares) { b.Proof = s.v.SharesBody(3, 1).Proof })
	shares("response-plus-order", "A response has the group's order added.", "share", []string{"B5"}, func(s *scene, b *record.Shares) { b.Proof = addOrder(b.Proof, len(b.Proof)-32) })
	es = append(es, plain.void("shares-again", "A trustee posts its shares twice.", "tallied", "shares/dup", plainResult, nil, func(s *scene) *record.Record { return s.v.By(1, s.v.SharesBody(1, 0)) }))

	result := func(name, what string, check int, code string, rows []string, change func(b *record.Result)) {
		es = append(es, plain.fatal("result-"+name, what, "tallied", check, code, rows, func(s *scene) *record.Record {
			b := s.v.ResultBody()
			change(b)
			return s.officer(b)
		}))
	}
	certified := func() *record.Result {
		r := at(&plain, "certified").v.State().Result
		return r
	}
	es = append(es,
		plain.fatal("result-too-few-inputs", "A result is certified before enough trustees have signed the input.", "sealed", 17, "result-input", []string{"E14"}, func(s *scene) *record.Record {
			s.v.Inputs(1)
			return s.officer(certified())
		}),
		plain.fatal("result-too-few-shares", "A result is certified with the shares of one trustee of two.", "signed", 18, "result-shares", []string{"E11"}, func(s *scene) *record.Record {
			s.v.Shares(3)
			return s.officer(certified())
		}),
		plain.fatal("result-one-contest-opened", "Two trustees have opened one contest, and one the other.", "signed", 18, "result-shares", []string{"E11"}, func(s *scene) *record.Record {
			for i := 1; i <= 2; i++ {
				s.o.Post(s.v.By(i, s.v.SharesBody(i, 0)))
			}
			s.o.Post(s.v.By(1, s.v.SharesBody(1, 1)))
			return s.officer(certified())
		}))
	result("vote-moved", "A vote is moved from yes to no.", 19, "result-count", []string{"B8"}, func(b *record.Result) { b.Contests[0].Counts = []uint64{1, 2, 0} })
	result("vote-less", "A vote is left out of a count.", 19, "result-count", []string{"B9"}, func(b *record.Result) { b.Contests[0].Counts = []uint64{2, 0, 0} })
	result("more-than-ballots", "A count is larger than there are ballots.", 19, "result-count", []string{"B8"}, func(b *record.Result) { b.Contests[0].Counts = []uint64{4, 1, 0} })
	result("2-64-1", "A count is 2^64 − 1.", 19, "result-count", []string{"B8"}, func(b *record.Result) { b.Contests[0].Counts = []uint64{2, 1, 1<<64 - 1} })
	result("ballot-more", "One more ballot is said to be counted than there are.", 19, "result-count", []string{"B9"}, func(b *record.Result) { b.Counted++ })
	result("another-roll", "The roll is said to have an entry more.", 19, "result-count", nil, func(b *record.Result) { b.Roll++ })
	result("contest-less", "A contest is left out.", 19, "result-count", nil, func(b *record.Result) { b.Contests = b.Contests[:1] })
	result("another-outcome", "Yes has failed, it is said.", 20, "result-outcome", []string{"H4"}, func(b *record.Result) { b.Contests[0].Outcome, b.Contests[0].Winners = "failed", nil })
	result("another-winner", "No has won, it is said.", 20, "result-outcome", []string{"H4"}, func(b *record.Result) { b.Contests[0].Winners = []uint64{simulate.No} })
	result("tie-broken", "The commission breaks a tie.", 20, "result-outcome", []string{"E15", "H4"}, func(b *record.Result) {
		b.Contests[1].Outcome, b.Contests[1].Winners = "elected", []uint64{0}
	})
	es = append(es,
		plain.bad("result-again", "A second result, which says otherwise, follows the first.", "certified", nil, verified(plainResult, "result/phase"), false, func(s *scene) {
			b := *certified()
			b.Counted++
			s.put(s.officer(&b))
		}),
		Election{"result-of-another-log", "A ballot is taken out of a finished log, and all of it signed anew.", []string{"B9", "G3"}, refuted(17, "result-input", "input/input-root", "input/input-root", "shares/input-quorum", "shares/input-quorum"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(0, aye()...)
			s.v.Cast(1, no()...)
			s.v.Finish()
			log := s.o.Log()
			i := slices.IndexFunc(log, func(raw []byte) bool { r, err := record.Decode(raw); return err == nil && r.Kind() == "ballot" })
			s.o = s.o.Rebuild(slices.Delete(log, i, i+1))
		}},
		Election{"result-lots-missing", "A tie is to be broken by lot, and one trustee of two has drawn.", []string{"E15"}, refuted(20, "result-lots"), func(s *scene) {
			tiedByLot(s)
			s.o.Post(s.v.By(1, s.v.LotsBody(1)))
			b := &record.Result{By: 1, Roll: 5, Counted: 2, Contests: []record.ContestResult{{Counts: []uint64{1, 1}, Outcome: "elected", Winners: []uint64{0}}}}
			s.put(s.officer(b))
		}},
		Election{"result-lots-not-heeded", "A tie is broken in favour of the one whom the lots did not choose.", []string{"E15", "H4"}, refuted(20, "result-outcome"), func(s *scene) {
			tiedByLot(s)
			for i := 1; i <= 2; i++ {
				s.o.Post(s.v.By(i, s.v.LotsBody(i)))
			}
			b := s.v.ResultBody()
			b.Contests[0].Winners = []uint64{1 - b.Contests[0].Winners[0]}
			s.put(s.officer(b))
		}},
		Election{"lots-anothers", "A trustee posts another's share of the lots, twice its own, and one where there is nothing to draw.", []string{"E15", "E7"}, verified("board elected 1/1 ?", "lots/share", "lots/dup"), func(s *scene) {
			tiedByLot(s)
			b := *s.v.LotsBody(2)
			b.Trustee = 1
			s.put(s.v.By(1, &b))
			for i := 1; i <= 2; i++ {
				s.o.Post(s.v.By(i, s.v.LotsBody(i)))
			}
			s.put(s.v.By(1, s.v.LotsBody(1)))
			s.v.Result()
		}},
		plain.void("lots-without-need", "A trustee draws lots in a vote that has no use for them.", "signed", "lots/form", plainResult, nil, func(s *scene) *record.Record { return s.v.By(1, &record.Lots{Trustee: 1}) }))
	return es
}

// tiedByLot is a vote whose tie the lots must break, opened up to them.
func tiedByLot(s *scene) {
	opened(s, contests(plurality(2, 1, 1, 1, func(c *contest.Contest) { c.Decision.Lots = true })))
	s.v.Cast(0, one(0)...)
	s.v.Cast(1, one(1)...)
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	s.v.Inputs(1, 2)
	for i := 1; i <= 2; i++ {
		s.o.Post(s.v.By(i, s.v.SharesBody(i, 0)))
	}
}

// brokenMix is a stage of the ranked contest by a trustee with a bit flipped in its proof.
func brokenMix(s *scene, i int) *record.Mix {
	b := *s.fork().v.MixBodies(i, 1)[0].(*record.Mix)
	b.Data = bytes.Clone(b.Data)
	b.Data[len(b.Data)-100] ^= 1
	return &b
}

// badMixes have stages and decryptions that are none. Where others go on, the vote verifies; where the commission certifies without them, it
// does not.
func badMixes() []Election {
	var es []Election
	mix := func(name, what, at, code string, rows []string, change func(s *scene, b *record.Mix)) {
		es = append(es, ranked.void("mix-"+name, what, at, "mix/"+code, rankedResult, rows, func(s *scene) *record.Record {
			b := *s.fork().v.MixBodies(2, 1)[0].(*record.Mix)
			b.Data = bytes.Clone(b.Data)
			change(s, &b)
			return s.v.By(int(b.Trustee), &b)
		}))
	}
	mix("of-a-choice", "A trustee shuffles a contest that is summed up.", "signed", "form", []string{"D3"}, func(s *scene, b *record.Mix) { b.Contest = 0 })
	mix("too-early", "A trustee makes the second stage before the first.", "signed", "order", []string{"D8"}, func(s *scene, b *record.Mix) { b.Stage = 2 })
	mix("made-already", "A trustee makes a stage again that is made.", "mixing", "dup", []string{"D8", "D3"}, func(s *scene, b *record.Mix) { b.Stage = 1 })
	mix("ballot-less", "A stage has a ballot less than the one before.", "signed", "form", []string{"D7"}, func(s *scene, b *record.Mix) { b.Data = b.Data[:len(b.Data)-224] })
	mix("ballot-more", "A stage has a ballot more than the one before.", "signed", "form", []string{"D7", "D4"}, func(s *scene, b *record.Mix) { b.Data = append(b.Data, make([]byte, 224)...) })
	mix("nothing", "A stage has no ballots.", "signed", "form", []string{"D7"}, func(s *scene, b *record.Mix) { b.Data = nil })
	mix("same-trustee", "A trustee makes a second stage, so that fewer than three have mixed.", "mixing", "mix-author", []string{"D6"}, func(s *scene, b *record.Mix) { b.Trustee = 1 })
	es = append(es, ranked.void("mix-before-the-quorum", "A trustee shuffles before enough have signed the input.", "nearly signed", "mix/input-quorum", rankedResult, []string{"D5"}, func(s *scene) *record.Record {
		return s.v.By(2, &record.Mix{Trustee: 2, Contest: 1, Stage: 1, Data: make([]byte, 288+4*224)})
	}))
	decryption := func(name, what, at, code string, rows []string, change func(s *scene, b *record.Decryption)) {
		es = append(es, ranked.void("decryption-"+name, what, at, "decryption/"+code, rankedResult, rows, func(s *scene) *record.Record {
			b := &record.Decryption{Trustee: 2, Contest: 1, Shares: make([]byte, 4*32), Proof: make([]byte, 96)}
			if m := s.v.State().Mixing(1); m != nil && m.MayDecrypt(2) {
				c := *s.fork().v.MixBodies(2, 1)[0].(*record.Decryption)
				b = &c
				b.Shares = bytes.Clone(b.Shares)
			}
			change(s, b)
			return s.v.By(int(b.Trustee), b)
		}))
	}
	decryption("before-the-last-stage", "A trustee decrypts before all have shuffled.", "mixing", "order", []string{"D1", "D6", "E9"}, func(*scene, *record.Decryption) {})
	decryption("of-a-choice", "A trustee decrypts the ballots of a contest that is summed up.", "mixed", "form", []string{"E9"}, func(s *scene, b *record.Decryption) { b.Contest = 0 })
	decryption("share-less", "A decryption lacks a share.", "mixed", "form", []string{"D7"}, func(s *scene, b *record.Decryption) { b.Shares = b.Shares[32:] })
	decryption("no-proof", "A decryption has no proof.", "mixed", "form", []string{"A3"}, func(s *scene, b *record.Decryption) { b.Proof = nil })
	decryption("again", "A trustee decrypts twice.", "half opened", "dup", []string{"D5"}, func(s *scene, b *record.Decryption) { b.Trustee = 3 })
	decryption("exchanged", "Two shares of a decryption are exchanged.", "mixed", "share", []string{"A10", "A3"}, func(s *scene, b *record.Decryption) {
		copy(b.Shares, slices.Concat(b.Shares[32:64], b.Shares[:32]))
	})
	decryption("anothers", "A trustee posts another's decryption as its own.", "mixed", "share", []string{"E7"}, func(s *scene, b *record.Decryption) {
		*b = *s.fork().v.MixBodies(4, 1)[0].(*record.Decryption)
		b.Trustee = 2
	})
	es = append(es, ranked.bad("decryption-after-being-barred", "A trustee whose decryption did not hold tries again.", "mixed", nil,
		verified(rankedResult, "decryption/share", "decryption/share-author"), true, func(s *scene) {
			good := s.fork().v.MixBodies(2, 1)[0].(*record.Decryption)
			bad := *good
			bad.Shares = bytes.Clone(good.Shares)
			clear(bad.Shares[:32])
			s.put(s.v.By(2, &bad))
			s.put(s.v.By(2, good))
		}))

	// The commission certifies the honest result all the same.
	certify := func(name, what, from string, want Want, rows []string, do func(s *scene)) {
		es = append(es, ranked.bad("ranked-"+name, what, from, rows, want, false, func(s *scene) {
			do(s)
			for i := 1; i <= 2; i++ {
				if s.v.State().Shares(i, 0) == nil {
					s.o.Append(s.v.By(i, s.v.SharesBody(i, 0)).Raw())
				}
			}
			s.put(s.officer(at(&ranked, "certified").v.State().Result))
		}))
	}
	certify("stage-less", "A ranked contest was shuffled by two of three.", "mixing", refuted(30, "result-mixes"), []string{"D6"}, func(*scene) {})
	certify("no-stage", "A ranked contest was not shuffled.", "signed", refuted(30, "result-mixes"), []string{"D6"}, func(*scene) {})
	certify("stage-altered", "The last mixer alters an output.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"A4", "D11"}, func(s *scene) {
		b := *s.v.MixBodies(2, 1)[0].(*record.Mix)
		b.Data = bytes.Clone(b.Data)
		b.Data[40] ^= 1
		s.put(s.v.By(2, &b))
	})
	certify("stage-proof-altered", "A bit of the last mixer's proof is flipped.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"D11", "A4"}, func(s *scene) { s.put(s.v.By(2, brokenMix(s, 2))) })
	certify("chain-broken", "The last mixer shuffles the ballots as they were, and not what the one before it has made.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"D8", "D5"}, func(s *scene) {
		data := at(&ranked, "signed").v.MixBodies(2, 1)[0].(*record.Mix).Data
		s.put(s.v.By(2, &record.Mix{Trustee: 2, Contest: 1, Stage: 3, Data: data}))
	})
	certify("stage-of-another", "A mixer posts the stage that another has made for itself.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"A10", "D6"}, func(s *scene) {
		data := s.fork().v.MixBodies(3, 1)[0].(*record.Mix).Data
		s.put(s.v.By(2, &record.Mix{Trustee: 2, Contest: 1, Stage: 3, Data: data}))
	})
	certify("duplicate-in-a-stage", "The last mixer puts one output in the place of another.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"D3", "D4"}, func(s *scene) {
		b := *s.v.MixBodies(2, 1)[0].(*record.Mix)
		b.Data = bytes.Clone(b.Data)
		copy(b.Data[:64], b.Data[64:128])
		s.put(s.v.By(2, &b))
	})
	certify("output-identity", "The last mixer makes an output the identity.", "mixing", refuted(30, "result-mixes", "mix/mix"), []string{"B6", "B7"}, func(s *scene) {
		b := *s.v.MixBodies(2, 1)[0].(*record.Mix)
		b.Data = bytes.Clone(b.Data)
		clear(b.Data[:64])
		s.put(s.v.By(2, &b))
	})
	certify("decryption-less", "A ranked contest was decrypted by one trustee of two.", "half opened", refuted(18, "result-shares"), []string{"E11"}, func(*scene) {})
	certify("lots-less", "The rankings are open, and one trustee of two has drawn lots.", "half opened", refuted(20, "result-lots"), []string{"E15", "H4"}, func(s *scene) { s.v.MixContest(1, 1) })
	rankedResults := func(name, what string, check int, code string, rows []string, change func(c *record.ContestResult)) {
		es = append(es, ranked.fatal("ranked-"+name, what, "tallied", check, code, rows, func(s *scene) *record.Record {
			b := s.v.ResultBody()
			c := &b.Contests[1]
			c.Counts, c.Winners = slices.Clone(c.Counts), slices.Clone(c.Winners)
			change(c)
			return s.officer(b)
		}))
	}
	rankedResults("blank-counted-as-spoiled", "A blank ballot is said to be spoiled.", 19, "result-count", []string{"H3", "H2"}, func(c *record.ContestResult) { c.Counts = []uint64{3, 0, 1} })
	rankedResults("ballot-less", "A ballot is left out of the count.", 19, "result-count", []string{"B9"}, func(c *record.ContestResult) { c.Counts = []uint64{2, 1, 0} })
	rankedResults("another-winner", "Another is said to be elected.", 20, "result-outcome", []string{"H4"}, func(c *record.ContestResult) { c.Winners = []uint64{1} })
	rankedResults("nobody-elected", "Nobody is said to be elected.", 20, "result-outcome", []string{"H4"}, func(c *record.ContestResult) { c.Outcome, c.Winners = contest.OutcomeFailed, nil })
	return es
}
