package electiontest

import (
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// badManifests call votes that are not called (SPEC.md §9.5).
func badManifests() []Election {
	var es []Election
	manifest := func(name, what, code string, rows []string, change func(s *scene, m *record.Vote)) {
		es = append(es, plain.void("manifest-"+name, what, "cast", "vote/"+code, plainResult, rows, func(s *scene) *record.Record {
			m := s.r.NewVote().Manifest
			m.Contests = []contest.Contest{simulate.YesNo("question"), simulate.Choose("board", 3, 1, 2, 1)} // its own, in all parts
			change(s, m)
			return s.o.Officer(s.r.ID, m)
		}))
	}
	manifest("quorum-below-threshold", "Fewer trustees must sign the input than can open it.", "manifest", []string{"E14"}, func(s *scene, m *record.Vote) { m.Quorum = 1 })
	manifest("threshold-0", "No trustee is needed.", "manifest", []string{"E3", "E13"}, func(s *scene, m *record.Vote) { m.Threshold = 0 })
	manifest("threshold-above-trustees", "More trustees are needed than there are.", "manifest", []string{"E3"}, func(s *scene, m *record.Vote) { m.Threshold, m.Quorum = 4, 4 })
	manifest("trustee-twice", "One trustee has two places.", "manifest", []string{"E4"}, func(s *scene, m *record.Vote) { m.Trustees[1].Key = m.Trustees[0].Key })
	manifest("trustee-identity", "A trustee's key is the identity.", "manifest", []string{"B6"}, func(s *scene, m *record.Vote) { m.Trustees[1].Key = record.Key{} })
	manifest("trustee-is-relay", "A trustee is a relay.", "manifest", []string{"J10"}, func(s *scene, m *record.Vote) { m.Relays[0].Key = m.Trustees[0].Key })
	manifest("two-options-of-one-title", "Two options look the same.", "manifest", []string{"G14"}, func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Yes") })
	manifest("invisible-character", "An option has a character that nobody sees.", "manifest", []string{"G14"}, func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Y\u200des") })
	manifest("runs-backwards", "An option's title runs backwards.", "manifest", []string{"G14", "I8"}, func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("\u202eseY") })
	manifest("not-nfc", "An option's title is not in normal form.", "manifest", []string{"G14"}, func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Si\u0301") })
	manifest("script-for-address", "A trustee's address is a script.", "manifest", []string{"I8", "J13"}, func(s *scene, m *record.Vote) { m.Trustees[1].URL = "javascript:alert(1)" })
	manifest("more-than-all", "More can be chosen than there are options.", "manifest", []string{"A9"}, func(s *scene, m *record.Vote) { m.Contests[0].Max = 4 })
	manifest("quorum-above-all", "A quorum of more than everybody.", "manifest", nil, func(s *scene, m *record.Vote) { m.Contests[0].Decision.QuorumNum = 2 })
	manifest("huge-ballot", "A ballot would be longer than a record.", "manifest", []string{"J3"}, func(s *scene, m *record.Vote) {
		m.Contests = nil
		for _, id := range []string{"a", "b", "c", "d"} {
			m.Contests = append(m.Contests, simulate.Choose(id, 128, 1, 1, 1))
		}
	})
	manifest("too-few-mixes", "A ranked contest is shuffled by fewer than open it.", "manifest", []string{"D6"}, func(s *scene, m *record.Vote) {
		m.Contests, m.Mixes = []contest.Contest{simulate.Rank("chair", contest.MethodIRV, 3, 3, 1)}, 1
	})
	manifest("mixes-of-a-choice", "A vote without ranked contests asks for mixes.", "manifest", []string{"D3"}, func(s *scene, m *record.Vote) { m.Mixes = 1 })
	manifest("log-key-for-witness", "The log's own key is named for a witness.", "manifest", []string{"G1", "G7"}, func(s *scene, m *record.Vote) { m.Witnesses.Keys[0] = s.o.LogKey })
	manifest("more-witnesses-than-there-are", "More witnesses are needed than there are.", "manifest", []string{"G1"}, func(s *scene, m *record.Vote) { m.Witnesses.Need = 2 })
	manifest("no-time", "Voting closes when it opens.", "manifest", []string{"G13"}, func(s *scene, m *record.Vote) { m.Closes = m.Opens })
	manifest("slot-beyond-the-last", "A vote is called in a slot that the round does not have.", "slot-unknown", nil, func(s *scene, m *record.Vote) { m.Slot = 3 })
	manifest("slot-of-petitions", "A vote is called in the slot of petitions.", "slot-unknown", []string{"F18"}, func(s *scene, m *record.Vote) { m.Slot = 2 })
	manifest("slot-taken", "A second vote is called in the slot of the first: its cards could vote in both.", "slot-taken", []string{"C6", "C5"}, func(s *scene, m *record.Vote) { m.Slot = 0 })
	return es
}

// badCeremonies have messages of the key generation that have no effect (SPEC.md §9.6).
func badCeremonies() []Election {
	var es []Election
	void := func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
		es = append(es, plain.void("keygen-"+name, what, at, code, plainResult, rows, do))
	}
	stopped := func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
		es = append(es, plain.stopped("keygen-"+name, what, at, code, rows, do))
	}
	void("attempt-2", "A trustee goes ahead to a second attempt.", "called", "keygen-commit/attempt", []string{"E2"}, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 2})
	})
	void("trustee-0", "A message of trustee 0, whose share would be the secret.", "called", "keygen-commit/author", []string{"E4"}, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenCommit{Trustee: 0, Attempt: 1})
	})
	void("early", "A trustee shows its package before all have committed.", "called", "keygen-package/order", []string{"E2"}, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenPackage{Trustee: 1, Attempt: 1})
	})
	void("other-shares", "A dealer posts a second list of sealed shares.", "accept", "keygen-shares/dup", []string{"E6"}, func(s *scene) *record.Record {
		b := *s.find("keygen-shares").Body.(*record.KeygenShares)
		b.Sealed = slices.Clone(b.Sealed)
		b.Sealed[0], b.Sealed[1] = b.Sealed[1], b.Sealed[0]
		return s.v.By(int(b.Trustee), &b)
	})
	void("too-few-shares", "A dealer seals shares to two of three trustees.", "shares", "keygen-shares/form", []string{"E5"}, func(s *scene) *record.Record {
		other := s.fork()
		b := *other.v.Next(1).(*record.KeygenShares)
		b.Sealed = b.Sealed[:2]
		return s.v.By(1, &b)
	})
	void("another-package", "A trustee shows another package than it has committed to.", "package", "keygen-package/keygen-hash", []string{"E2"}, func(s *scene) *record.Record {
		d := must(threshold.NewDealer(s.v.State().Ceremony.Parameters(), 1, s.v.Manifest.Trustees[0].Key, randomness))
		return s.v.By(1, packageBody(1, d.Package()))
	})
	for _, c := range []struct {
		name, what, code string
		rows             []string
		change           func(s *scene, p *threshold.Package)
	}{
		{"coefficient-more", "A dealer has a coefficient more, which raises the threshold.", "degree", []string{"E3"}, func(s *scene, p *threshold.Package) {
			p.Coefficients = append(p.Coefficients, group.Generator().Bytes()...)
		}},
		{"coefficient-less", "A dealer has a coefficient less, which lowers the threshold.", "degree", []string{"E3"}, func(s *scene, p *threshold.Package) { p.Coefficients = p.Coefficients[32:] }},
		{"last-coefficient-identity", "A dealer's last coefficient is the identity.", "pop", []string{"E3", "B6"}, func(s *scene, p *threshold.Package) { clear(p.Coefficients[32:]) }},
		{"key-identity", "A dealer's key is the identity.", "pop", []string{"B6"}, func(s *scene, p *threshold.Package) { clear(p.Coefficients[:32]) }},
		{"no-element", "A coefficient is no element of the group.", "pop", []string{"B1", "B2"}, func(s *scene, p *threshold.Package) { p.Coefficients[0] |= 1 }},
		{"rogue-key", "A dealer's key cancels those of the others: it would know the vote's key alone.", "pop", []string{"E1"}, func(s *scene, p *threshold.Package) {
			rogue := group.Generator()
			for i := 2; i <= 3; i++ {
				rogue = rogue.Sub(must(group.DecodeElement(s.v.Next(i).(*record.KeygenPackage).Coefficients[:32])))
			}
			copy(p.Coefficients, rogue.Bytes())
		}},
		{"copied-package", "A dealer copies another's package, proof included.", "pop", []string{"E1", "A10"}, func(s *scene, p *threshold.Package) {
			b := s.v.Next(2).(*record.KeygenPackage)
			*p = threshold.Package{Coefficients: b.Coefficients, Sealing: b.Sealing, Proof: b.Proof}
		}},
		{"proof-plus-order", "A response of a dealer's proof has the group's order added.", "pop", []string{"B5"}, func(s *scene, p *threshold.Package) {
			p.Proof = addOrder(p.Proof, len(p.Proof)-32)
		}},
	} {
		stopped(c.name, c.what, "called", "keygen-package/"+c.code, c.rows, func(s *scene) *record.Record {
			parameters := s.v.State().Ceremony.Parameters()
			p := must(threshold.NewDealer(parameters, 1, s.v.Manifest.Trustees[0].Key, randomness)).Package()
			// The packages of the others are known to one who corrupts the board, though not to one who waits for them to be published.
			ahead := s.fork()
			ahead.v.CeremonyUntil(tally.StepPackage)
			c.change(ahead, &p)
			copy(s.v.Trustees[1:], ahead.v.Trustees[1:])
			s.o.Post(s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1, Hash: parameters.PackageHash(1, p)}))
			for i := 2; i <= 3; i++ {
				s.o.Post(s.v.By(i, s.v.Next(i)))
			}
			return s.v.By(1, packageBody(1, p))
		})
	}
	void("complaint-with-anothers-key", "A trustee complains with the sealing key of another.", "accept", "keygen-complaint/complaint", []string{"E5"}, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: s.v.SealingKey(2)})
	})
	void("complaint-against-oneself", "A trustee complains of itself.", "accept", "keygen-complaint/complaint", []string{"E5", "E4"}, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 1, Opened: s.v.SealingKey(1)})
	})
	void("anothers-test", "A trustee posts another's test.", "test", "keygen-test/test", []string{"E7", "A10"}, func(s *scene) *record.Record {
		b := *s.fork().v.Next(2).(*record.KeygenTest)
		b.Trustee = 1
		return s.v.By(1, &b)
	})
	void("test-identity", "A trustee's test share is the identity.", "test", "keygen-test/test", []string{"B6"}, func(s *scene) *record.Record {
		b := *s.fork().v.Next(1).(*record.KeygenTest)
		b.Share = [32]byte{}
		return s.v.By(1, &b)
	})
	void("restart-without-reason", "The commission restarts for a complaint that nobody made.", "accept", "keygen-restart/fault", []string{"E5"}, func(s *scene) *record.Record {
		return s.officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartComplaint})
	})
	void("restart-unknown-reason", "The commission restarts for the weather.", "accept", "keygen-restart/form", nil, func(s *scene) *record.Record {
		return s.officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: "weather"})
	})
	void("silent-before-the-deadline", "The commission finds a trustee silent that has time left.", "accept", "keygen-restart/fault", []string{"E5"}, func(s *scene) *record.Record {
		s.o.Reach(s.v.State().Ceremony.Deadline())
		return s.officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartSilent})
	})
	void("replaced-without-fault", "The commission replaces a trustee that has done nothing wrong.", "accept", "trustee-replace/fault", []string{"E13"}, func(s *scene) *record.Record {
		return s.officer(&record.TrusteeReplace{By: 1, Trustee: 1, Name: "Our friend", Key: simulate.NewKey(s).Public().Encoding(), Reason: "We like him better."})
	})
	es = append(es,
		plain.bad("keygen-at-fault-twice", "A trustee that was silent twice goes on without being replaced.", "called", nil, unfinished("keygen-commit/fault"), false, func(s *scene) {
			silent(s, 1)
			silent(s, 1)
			s.put(s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 3}))
		}),
		plain.bad("keygen-replaced-by-another-trustee", "A trustee is replaced by another one of the same vote.", "called", []string{"E13", "E4"}, unfinished("trustee-replace/dup"), false, func(s *scene) {
			silent(s, 1)
			silent(s, 1)
			s.put(s.officer(&record.TrusteeReplace{By: 1, Trustee: 1, Name: "Again", Key: s.v.Manifest.Trustees[1].Key, Reason: "silent"}))
		}),
		plain.bad("keygen-too-many-replaced", "A second trustee is replaced, and those replaced could open the result.", "called", []string{"E13"}, unfinished("trustee-replace/fault"), false, func(s *scene) {
			silent(s, 1)
			silent(s, 1)
			replace(s, 1)
			silent(s, 2)
			silent(s, 2)
			s.put(s.officer(&record.TrusteeReplace{By: 1, Trustee: 2, Name: "Our friend", Key: simulate.NewKey(s).Public().Encoding(), Reason: "silent"}))
		}),
		plain.bad("keygen-accepts-after-a-complaint", "A trustee goes on in an attempt that has failed.", "accept", []string{"E5", "E2"}, unfinished("keygen-accept/order"), false, func(s *scene) {
			accept := s.v.Next(2)
			s.o.Post(s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: s.v.SealingKey(1)}))
			s.put(s.v.By(2, accept))
		}))
	void("when-open", "A trustee begins a key generation when the vote is open.", "open", "keygen-commit/phase", nil, func(s *scene) *record.Record {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 2})
	})
	return es
}

func packageBody(i uint64, p threshold.Package) *record.KeygenPackage {
	return &record.KeygenPackage{Trustee: i, Attempt: 1, Coefficients: p.Coefficients, Sealing: p.Sealing, Proof: p.Proof}
}

// badOpenings open a vote that must not open so (SPEC.md §9.7).
func badOpenings() []Election {
	var es []Election
	opening := func(name, what string, check int, code string, rows []string, change func(s *scene, b *record.Opening)) {
		es = append(es, plain.fatal("opening-"+name, what, "ready", check, code, rows, func(s *scene) *record.Record {
			s.o.Reach(s.v.Manifest.Opens)
			b := s.v.Opening()
			change(s, b)
			return s.officer(b)
		}))
	}
	es = append(es,
		plain.fatal("opening-early", "Voting opens before its time.", "ready", 12, "opening-time", []string{"G13"}, func(s *scene) *record.Record {
			s.o.Reach(s.v.Manifest.Opens - 1)
			return s.officer(s.v.Opening())
		}),
		plain.fatal("opening-late", "Voting opens when it was to close.", "ready", 12, "opening-time", []string{"G13"}, func(s *scene) *record.Record {
			s.o.Reach(s.v.Manifest.Closes)
			return s.officer(s.v.Opening())
		}),
		plain.fatal("opening-without-a-key", "Voting opens before the trustees have proved their shares.", "test", 11, "opening-ceremony", []string{"E3"}, func(s *scene) *record.Record {
			s.o.Reach(s.v.Manifest.Opens)
			return s.officer(s.v.Opening())
		}))
	opening("another-attempt", "The opening names another attempt.", 11, "opening-ceremony", nil, func(s *scene, b *record.Opening) { b.Attempt = 2 })
	opening("another-ceremony", "The opening names another key generation.", 11, "opening-ceremony", []string{"E6"}, func(s *scene, b *record.Opening) { b.Ceremony[0] ^= 1 })
	opening("another-key", "The opening names a key that somebody has alone.", 12, "opening-key", []string{"A2", "E1"}, func(s *scene, b *record.Opening) { b.Key = s.o.Board.Public().Encoding() })
	opening("identity", "The opening names the identity for a key, under which nothing is hidden.", 12, "opening-key", []string{"B6"}, func(s *scene, b *record.Opening) { b.Key = record.Key{} })
	opening("trustees-exchanged", "The opening has two trustees' keys in each other's places.", 12, "opening-key", []string{"E7"}, func(s *scene, b *record.Opening) {
		b.TrusteeKeys = slices.Concat(b.TrusteeKeys[32:64], b.TrusteeKeys[:32], b.TrusteeKeys[64:])
	})
	opening("another-slots-keys", "The opening names the registrars' keys of another slot.", 8, "opening-slot", []string{"F10", "C6"}, func(s *scene, b *record.Opening) { b.RegistrarKeys = s.v.State().Round.KeysID(1) })
	es = append(es,
		plain.fatal("opening-registrar-without-key", "A registrar has no key for the slot.", "accepted", 8, "opening-slot", []string{"F3"}, func(s *scene) *record.Record {
			s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
			s.v = s.r.Vote()
			s.v.Ceremony()
			s.o.Reach(s.v.Manifest.Opens)
			return s.officer(s.v.Opening())
		}),
		plain.fatal("opening-roll-not-accepted", "A registrar has not accepted the roll.", "round", 8, "opening-slot", []string{"F5"}, func(s *scene) *record.Record {
			s.r.Keys()
			s.o.Post(s.r.By(2, &record.RollAccept{Registrar: 2, Root: s.o.State.Round(s.r.ID).Roll.Announce.Root}))
			s.v = s.r.Vote()
			s.v.Ceremony()
			s.o.Reach(s.v.Manifest.Opens)
			return s.officer(s.v.Opening())
		}),
		plain.void("opening-again", "The commission opens a vote that is open.", "cast", "opening/phase", plainResult, nil, func(s *scene) *record.Record { return s.find("opening") }),
		plain.void("opening-with-candidates", "The opening of a vote without nominations names candidates.", "ready", "opening/form", plainResult, nil, func(s *scene) *record.Record {
			b := s.v.Opening()
			b.Candidates = record.ID{1}
			return s.officer(b)
		}),
		Election{"opening-fatal-and-then-right", "The commission opens a vote too early, and again in time; the vote goes on to a result and stays refuted.", []string{"J5"}, refuted(12, "opening-time"), func(s *scene) {
			plain.at(s, "ready")
			s.put(s.officer(s.v.Opening()))
			plain.finish(s, "ready")
		}})
	return es
}
