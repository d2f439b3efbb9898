package electiontest

import (
	"bytes"
	"crypto/rand"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/blind"
	"mandate/crypto/group"
	"mandate/verifier"
)

var randomness = rand.Reader

// forge begins a ballot of member 3, who has a card and has not voted.
func forge(s *scene) *simulate.Forgery { return s.v.Forge(s.v.Credential(3), yes...) }

// badBallots are void (SPEC.md §10.4). The vote goes on and verifies; nothing in its counts changes.
func badBallots() []Election {
	var es []Election
	void := func(name, what, code string, rows []string, do func(s *scene) *record.Record) {
		es = append(es, plain.void("ballot-"+name, what, "cast", "ballot/"+code, plainResult, rows, do))
	}
	forged := func(name, what, code string, rows []string, change func(s *scene, f *simulate.Forgery)) {
		void(name, what, code, rows, func(s *scene) *record.Record {
			f := forge(s)
			change(s, f)
			return f.Record()
		})
	}
	// sealed changes the ballot after it was proved.
	sealed := func(name, what, code string, rows []string, change func(s *scene, f *simulate.Forgery)) {
		void(name, what, code, rows, func(s *scene) *record.Record {
			f := forge(s)
			seal := f.Record().Seal()
			change(s, f)
			return f.Sealed(seal)
		})
	}
	// proved changes the proof.
	proved := func(name, what, code string, rows []string, change func(proof []byte) []byte) {
		void(name, what, code, rows, func(s *scene) *record.Record {
			f := forge(s)
			return f.Sealed(change(bytes.Clone(f.Record().Seal())))
		})
	}
	blank := func(s *scene) []byte { return make([]byte, s.v.State().Form.Relation().ProofSize()) }

	forged("signature-less", "A ballot lacks a registrar's signature.", "form", []string{"F3"}, func(s *scene, f *simulate.Forgery) { f.Body.Signatures = f.Body.Signatures[record.SignatureBytes:] })
	forged("signature-more", "A ballot has a signature more than there are registrars.", "form", []string{"F12", "F4"}, func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Concat(f.Body.Signatures, f.Body.Signatures[:record.SignatureBytes])
	})
	void("contest-less", "A ballot lacks a contest: it is shorter than the others.", "form", []string{"G10"}, func(s *scene) *record.Record {
		f := forge(s)
		f.Body.Contests = f.Body.Contests[:1]
		return f.Sealed(blank(s))
	})
	void("option-more", "A ballot has an option more than the contest.", "form", []string{"J3", "G10"}, func(s *scene) *record.Record {
		f := forge(s)
		f.Body.Contests[0] = append(f.Body.Contests[0], f.Body.Contests[0][:64]...)
		return f.Sealed(blank(s))
	})
	proved("proof-longer", "A proof has a byte more.", "form", []string{"J2"}, func(p []byte) []byte { return append(p, 0) })
	proved("no-proof", "A ballot has no proof.", "form", []string{"A1", "C3"}, func([]byte) []byte { return nil })
	void("check-for-a-proof", "The signature of a check record stands where a proof is to be.", "form", []string{"J10"}, func(s *scene) *record.Record {
		return forge(s).Sealed(s.v.CheckOf(s.v.Credential(3), record.ID{1}).Seal())
	})
	sealed("key-no-element", "The credential's key is no element of the group.", "noncanonical", []string{"B1", "B2"}, func(s *scene, f *simulate.Forgery) { f.Body.Key[31] |= 0x80 })
	sealed("a-no-element", "A ciphertext's first half is no element of the group.", "noncanonical", []string{"B1", "B2"}, func(s *scene, f *simulate.Forgery) { f.Body.Contests[0][31] |= 0x80 })
	sealed("b-negative", "A ciphertext's second half is a negative encoding.", "noncanonical", []string{"B1"}, func(s *scene, f *simulate.Forgery) { f.Body.Contests[1][32+64] |= 1 })
	sealed("key-identity", "The credential's key is the identity.", "trivial", []string{"B6"}, func(s *scene, f *simulate.Forgery) { f.Body.Key = record.Key{} })
	forged("in-the-clear", "An option is encrypted with the randomness 0: everybody can read it.", "trivial", []string{"B7"}, func(s *scene, f *simulate.Forgery) {
		f.Randomness[1][1] = group.Scalar{}
		f.Encrypt()
	})
	forged("one-registrar-twice", "One registrar's signature stands twice.", "signatures", []string{"F12", "F3"}, func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Repeat(f.Body.Signatures[:record.SignatureBytes], 2)
	})
	forged("registrars-exchanged", "Two registrars' signatures stand in each other's places.", "signatures", []string{"F4", "F9"}, func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Concat(f.Body.Signatures[record.SignatureBytes:], f.Body.Signatures[:record.SignatureBytes])
	})
	forged("signature-zeros", "A registrar's signature is zeros.", "signatures", []string{"F3"}, func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = bytes.Clone(f.Body.Signatures)
		clear(f.Body.Signatures[record.SignatureBytes:])
	})
	forged("anothers-signatures", "A ballot has the signatures of another's card.", "signatures", []string{"A11", "F9"}, func(s *scene, f *simulate.Forgery) { f.Body.Signatures = s.v.Credential(0).Signatures })
	forged("unsigned-key", "Nobody has signed the key: a member casts a second ballot under a key of their own.", "signatures", []string{"F5", "F16"}, func(s *scene, f *simulate.Forgery) {
		f.Key = simulate.NewKey(s)
		f.Body.Key = f.Key.Public().Encoding()
	})
	void("another-slot", "A credential of another slot votes.", "signatures", []string{"C6"}, func(s *scene) *record.Record { return s.v.Forge(s.r.Credential(3, 1), yes...).Record() })
	void("another-round", "A credential of another round votes.", "signatures", []string{"C5", "C6"}, func(s *scene) *record.Record {
		other := s.r.On(s.o)
		other.ID = record.ID{1}
		return s.v.Forge(must(other.Mint().Credential(0)), yes...).Record()
	})
	proved("proof-bit", "A bit of a proof is flipped.", "proof", []string{"A1", "A5"}, func(p []byte) []byte { p[len(p)-1] ^= 1; return p })
	proved("proof-plus-order", "A response has the group's order added.", "proof", []string{"B5"}, func(p []byte) []byte { return addOrder(p, len(p)-32) })
	proved("first-move-no-element", "A first move of a proof is no element.", "proof", []string{"B1"}, func(p []byte) []byte { p[31] |= 0x80; return p })
	proved("proof-zeros", "A proof is zeros.", "proof", []string{"A1"}, func(p []byte) []byte { clear(p); return p })
	valued := func(option int, value uint64) func(s *scene, f *simulate.Forgery) {
		return func(s *scene, f *simulate.Forgery) { f.Values[0][option] = value; f.Encrypt() }
	}
	forged("two-votes", "An option encrypts two votes.", "proof", []string{"A8", "B8"}, valued(simulate.Yes, 2))
	forged("thousand-votes", "An option encrypts a thousand votes.", "proof", []string{"A8", "B8"}, valued(simulate.No, 1000))
	forged("minus-one-vote", "An option encrypts minus one vote.", "proof", []string{"A8", "B8"}, func(s *scene, f *simulate.Forgery) {
		f.Values[0][simulate.No] = 0
		f.Encrypt()
		c := f.Body.Contests[0]
		b := must(group.DecodeElement(c[64+32 : 128]))
		f.Body.Contests[0] = slices.Concat(c[:64+32], b.Sub(group.Generator()).Bytes(), c[128:])
	})
	forged("overvote", "Two options are selected where one can be.", "proof", []string{"A9"}, valued(simulate.No, 1))
	void("three-of-two", "Three options are selected where two can be.", "proof", []string{"A9"}, func(s *scene) *record.Record {
		return s.v.Forge(s.v.Credential(3), nil, []int{0, 1, 2}).Record()
	})
	void("undervote", "No option is selected where one must be.", "proof", []string{"A9"}, func(s *scene) *record.Record { return s.v.Forge(s.v.Credential(3), nil, nil).Record() })
	void("copy", "A member copies another's ciphertexts and proof.", "proof", []string{"C1", "C2", "A10"}, func(s *scene) *record.Record {
		f, other := forge(s), s.find("ballot")
		f.Body.Contests = other.Body.(*record.Ballot).Contests
		return f.Sealed(other.Seal())
	})
	void("copy-of-one-option", "A member copies one ciphertext of another's.", "proof", []string{"C1"}, func(s *scene) *record.Record {
		f, other := forge(s), s.find("ballot").Body.(*record.Ballot)
		f.Body.Contests[0] = slices.Concat(other.Contests[0][:64], f.Body.Contests[0][64:])
		return f.Record()
	})
	void("copy-rerandomized", "A member copies another's ciphertexts and randomizes them anew.", "proof", []string{"B10", "C1", "D1", "D2"}, func(s *scene) *record.Record {
		f, other := forge(s), s.find("ballot").Body.(*record.Ballot)
		for i, c := range other.Contests {
			f.Body.Contests[i] = nil
			for at := 0; at < len(c); at += 64 {
				r := must(group.RandomScalar(randomness))
				A, B := must(group.DecodeElement(c[at:at+32])), must(group.DecodeElement(c[at+32:at+64]))
				f.Body.Contests[i] = B.Add(s.v.State().Key.Mul(r)).Append(A.Add(group.BaseMul(r)).Append(f.Body.Contests[i]))
			}
		}
		return f.Record()
	})
	sealed("options-exchanged", "Two options are exchanged under their proof.", "proof", []string{"A10", "C1"}, func(s *scene, f *simulate.Forgery) {
		c := f.Body.Contests[0]
		f.Body.Contests[0] = slices.Concat(c[64:128], c[:64], c[128:])
	})
	sealed("contests-exchanged", "Two contests are exchanged under their proof.", "proof", []string{"A10", "G8"}, func(s *scene, f *simulate.Forgery) {
		f.Body.Contests[0], f.Body.Contests[1] = f.Body.Contests[1], f.Body.Contests[0]
	})
	forged("another-key", "A ballot is encrypted and proved under another key than the vote's.", "proof", []string{"A2", "C5"}, func(s *scene, f *simulate.Forgery) {
		f.Context.Key = s.o.Board.Public().Element()
		f.Encrypt()
	})
	forged("another-opening", "A ballot is proved for another opening of the vote.", "proof", []string{"A10", "C5"}, func(s *scene, f *simulate.Forgery) { f.Context.Ctx[0] ^= 1 })
	void("another-author", "Somebody else than the credential proves a ballot.", "proof", []string{"A10", "C3"}, func(s *scene) *record.Record {
		f := forge(s)
		f.Key = simulate.NewKey(s)
		return f.Record()
	})
	void("another-number", "A proof is of another number.", "proof", []string{"A10", "C7"}, func(s *scene) *record.Record {
		f := s.v.Forge(s.v.Credential(0), yes...)
		number := f.Body.Number
		f.Body.Number = 0
		seal := f.Record().Seal()
		f.Body.Number = number
		return f.Sealed(seal)
	})
	forged("randomness-twice", "Two options are encrypted with one randomness.", "dup-randomness", []string{"A14"}, func(s *scene, f *simulate.Forgery) {
		f.Randomness[1][1] = f.Randomness[0][1]
		f.Encrypt()
	})
	es = append(es, Election{"ballot-anothers-randomness", "A member's device draws the randomness that another's has drawn.", []string{"A14", "C2", "C4", "I7"}, verified("question passed 1/0/0 yes", "ballot/dup-randomness"), func(s *scene) {
		opened(s, simulate.Config{})
		a := s.v.Forge(s.v.Credential(0), aye()...)
		s.o.Post(a.Record())
		b := s.v.Forge(s.v.Credential(1), aye()...)
		b.Randomness = a.Randomness
		b.Encrypt()
		s.put(b.Record())
		s.v.Finish()
	}})
	void("no-predecessor", "A second ballot begins a chain anew.", "stale", []string{"C7"}, func(s *scene) *record.Record {
		f := s.v.Forge(s.v.Credential(0), yes...)
		f.Body.Number, f.Body.Previous = 0, record.ID{}
		return f.Record()
	})
	void("earlier-ballot-again", "The board records a member's first ballot again after the second.", "stale", []string{"C7", "C8"}, func(s *scene) *record.Record {
		key := s.v.Credential(2).Key
		for _, raw := range s.o.Log() {
			if r, _ := record.Decode(raw); r != nil && r.Kind() == "ballot" && r.Body.(*record.Ballot).Key == key {
				return r
			}
		}
		s.Fatal("member 2 has no ballot")
		return nil
	})
	void("number-skipped", "A ballot skips a number.", "stale", []string{"C7"}, func(s *scene) *record.Record {
		f := s.v.Forge(s.v.Credential(0), yes...)
		f.Body.Number++
		return f.Record()
	})
	forged("number-2-64-1", "A first ballot has the number 2^64 − 1.", "stale", []string{"C7"}, func(s *scene, f *simulate.Forgery) { f.Body.Number = 1<<64 - 1 })
	void("anothers-predecessor", "A ballot follows another's.", "stale", []string{"C7"}, func(s *scene) *record.Record {
		f := s.v.Forge(s.v.Credential(0), yes...)
		_, f.Body.Previous, _ = s.v.State().Last(s.v.Credential(1).Key)
		return f.Record()
	})
	es = append(es,
		Election{"ballot-two-successors", "Two devices of a member make a second ballot each at the same time: the first on the log counts.", []string{"C9", "C7"}, verified("question failed 0/1/0", "ballot/stale"), func(s *scene) {
			opened(s, simulate.Config{Revote: true})
			s.v.Cast(0, aye()...)
			a, b := s.v.Ballot(0, no()...), s.v.Ballot(0, aye()...)
			s.o.Post(a)
			s.put(b)
			s.v.Finish()
		}},
		Election{"ballot-twice", "A ballot is recorded twice, one after the other.", []string{"C1", "B9"}, verified("question passed 1/0/0 yes", "ballot/dup"), func(s *scene) {
			opened(s, simulate.Config{Revote: true})
			b := s.v.Ballot(0, aye()...)
			s.o.Post(b)
			s.put(b)
			s.v.Finish()
		}},
		Election{"ballot-spent", "A second ballot in a vote that allows one each.", []string{"C7"}, verified("question passed 1/0/0 yes", "ballot/spent"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(0, aye()...)
			s.put(s.v.Ballot(0, no()...))
			s.v.Finish()
		}},
		Election{"ballot-spent-other-signatures", "A second ballot of one key with other signatures of the registrars: the key counts, not they.", []string{"F11", "F17"}, verified("question passed 1/0/0 yes", "ballot/spent"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(0, aye()...)
			f := s.v.Forge(s.v.Credential(0), no()...)
			f.Body.Signatures = signedAgain(s, f.Body.Key)
			s.put(f.Record())
			s.v.Finish()
		}},
		Election{"ballot-spoiled", "A ballot that was opened to another device is cast.", []string{"I1"}, verified("question failed 0/1/0", "ballot/spoiled"), func(s *scene) {
			opened(s, simulate.Config{})
			b := s.v.Ballot(0, aye()...)
			s.v.Check(0, b.ID())
			s.put(b)
			s.v.Cast(1, no()...)
			s.v.Finish()
		}},
		Election{"ballot-before-the-opening", "A ballot is recorded before the vote opens.", []string{"G13"}, verified("question failed 0/1/0", "ballot/not-open"), func(s *scene) {
			begun(s, simulate.Config{})
			s.v.Ceremony()
			early := s.fork()
			early.v.Open()
			s.put(early.v.Ballot(0, aye()...))
			s.v.Open()
			s.v.Cast(1, no()...)
			s.v.Finish()
		}},
		Election{"ballot-after-closing", "A ballot that nobody has promised is recorded after the closing.", []string{"G13"}, verified("question failed 0/1/0", "ballot/closed"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(1, no()...)
			s.v.Close()
			s.put(s.v.Ballot(0, aye()...))
			s.v.Promises()
			s.v.Seal()
			s.v.Tally()
		}},
		Election{"ballot-after-the-seal", "A ballot is recorded after the seal.", []string{"G13", "D5"}, verified("question failed 0/1/0", "ballot/sealed"), func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(1, no()...)
			s.v.Close()
			s.v.Promises()
			s.v.Seal()
			s.put(s.v.Ballot(0, aye()...))
			s.v.Tally()
		}},
		Election{"ballot-of-another-vote", "A ballot of one vote is recorded in another of the same round, by its proof and key.", []string{"C5", "A10"}, verified("question failed 0/1/0", "ballot/signatures"), func(s *scene) {
			r := simulate.New(s, simulate.Config{Members: 3, Registrars: 1, Slots: 2}).Round()
			r.Cards(0, 1)
			a := r.Vote()
			s.on(r.Vote())
			a.Ceremony()
			s.v.Ceremony()
			a.Open()
			s.v.Open()
			b := a.Ballot(0, aye()...)
			body := b.Body.(*record.Ballot)
			s.put(must(record.Assemble(must(record.Payload(s.v.ID, body)), b.Seal())))
			s.v.Cast(1, no()...)
			s.v.Finish()
		}},
		ranked.void("ballot-ranked-copy", "A member copies another's ranking.", "cast", "ballot/proof", rankedResult, []string{"C3", "C1"}, func(s *scene) *record.Record {
			f, other := s.v.Forge(s.v.Credential(4), nil, nil), s.find("ballot").Body.(*record.Ballot)
			f.Body.Contests[1] = other.Contests[1]
			return f.Record()
		}),
		ranked.void("ballot-ranked-squared", "A member submits another's ranking raised to the power of two, to look for its trace after the mix.", "cast", "ballot/proof", rankedResult, []string{"D1", "D2"}, func(s *scene) *record.Record {
			f, other := s.v.Forge(s.v.Credential(4), nil, nil), s.find("ballot").Body.(*record.Ballot)
			var c []byte
			for at := 0; at < len(other.Contests[1]); at += 32 {
				e := must(group.DecodeElement(other.Contests[1][at : at+32]))
				c = e.Add(e).Append(c)
			}
			f.Body.Contests[1] = c
			return f.Record()
		}))
	return es
}

// signedAgain has the registrars sign a credential key once more, which gives other signatures of the same key.
func signedAgain(s *scene, key record.Key) []byte {
	var out []byte
	msg := credential.Message(s.r.ID, s.v.Manifest.Slot, key)
	for _, g := range s.r.Registrars {
		k := g.Slots[s.v.Manifest.Slot]
		var seed [32]byte
		rand.Read(seed[:])
		req, blinded, err := blind.NewRequest(k.Public(), msg[:], &seed, nil)
		if err != nil {
			s.Fatal(err)
		}
		sig := must(req.Finalize(must(k.BlindSign(blinded))))
		out = append(append(out, sig.Prefix[:]...), sig.Sig[:]...)
	}
	return out
}

// badChecks are check records without effect.
func badChecks() []Election {
	var es []Election
	checked := func(name, what, code string, rows []string, change func(s *scene, b *record.Check)) {
		es = append(es, plain.void("check-"+name, what, "cast", "check/"+code, plainResult, rows, func(s *scene) *record.Record {
			cred := s.v.Credential(3)
			b := &record.Check{Key: cred.Key, Signatures: cred.Signatures, Ballot: record.ID{1}}
			change(s, b)
			return s.o.Sign(s.v.ID, b, s.o.Board)
		}))
	}
	checked("signature-less", "A check lacks a registrar's signature.", "form", []string{"F3"}, func(s *scene, b *record.Check) { b.Signatures = b.Signatures[record.SignatureBytes:] })
	checked("key-no-element", "A check is by a key that is no element.", "noncanonical", []string{"B1"}, func(s *scene, b *record.Check) { b.Key[31] |= 0x80 })
	checked("key-identity", "A check is by the identity.", "trivial", []string{"B6"}, func(s *scene, b *record.Check) { b.Key = record.Key{} })
	checked("unsigned-key", "A check is by a key that nobody has signed.", "signatures", []string{"F5"}, func(s *scene, b *record.Check) { b.Key = s.o.Board.Public().Encoding() })
	checked("anothers", "The board signs a check in a member's name, to keep the ballot from counting.", "signature", []string{"G4", "A10"}, func(*scene, *record.Check) {})
	void := func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
		es = append(es, plain.void("check-"+name, what, at, "check/"+code, plainResult, rows, do))
	}
	void("of-a-cast-ballot", "A member opens a ballot after it was cast.", "cast", "cast", []string{"I1"}, func(s *scene) *record.Record {
		_, id, _ := s.v.State().Last(s.v.Credential(0).Key)
		return s.v.CheckOf(s.v.Credential(0), id)
	})
	void("again", "A member opens a ballot twice.", "cast", "dup", nil, func(s *scene) *record.Record {
		s.v.Check(3, record.ID{1})
		return s.v.CheckOf(s.v.Credential(3), record.ID{1})
	})
	void("33", "A member opens 33 ballots.", "cast", "limit", []string{"G12"}, func(s *scene) *record.Record {
		for i := range 32 {
			s.v.Check(3, record.ID{1, byte(i)})
		}
		return s.v.CheckOf(s.v.Credential(3), record.ID{2})
	})
	es = append(es,
		plain.void("check-fault-unchecked", "A member complains of a check that they did not make.", "cast", "check-fault/unchecked", plainResult, []string{"I1"}, func(s *scene) *record.Record {
			return faultOf(s, 3, record.ID{1})
		}),
		plain.void("check-fault-again", "A member complains of a check twice.", "cast", "check-fault/dup", plainResult, nil, func(s *scene) *record.Record {
			s.v.Check(3, record.ID{1})
			s.o.Post(faultOf(s, 3, record.ID{1}))
			return faultOf(s, 3, record.ID{1})
		}),
		plain.void("check-fault-in-anothers-name", "The board complains of a member's check.", "cast", "check-fault/signature", plainResult, []string{"A10"}, func(s *scene) *record.Record {
			s.v.Check(3, record.ID{1})
			c := s.v.Credential(3)
			return s.o.Sign(s.v.ID, &record.CheckFault{Key: c.Key, Signatures: c.Signatures, Ballot: record.ID{1}}, s.o.Board)
		}))
	void("after-closing", "A member opens a ballot after the closing.", "closed", "phase", nil, func(s *scene) *record.Record { return s.v.CheckOf(s.v.Credential(3), record.ID{1}) })
	return es
}

// badReceipts are honest logs, or ones from which something was taken, with receipts and opened ballots that say so or are wrong.
func badReceipts() []Election {
	var es []Election
	receipt := func(name, what string, rows []string, do func(s *scene)) {
		es = append(es, Election{"receipt-" + name, what, rows, Want{Verdict: verifier.Refuted, Check: 21, Code: "receipt", Result: ""}, do})
	}
	cast1 := func(s *scene) []byte {
		opened(s, simulate.Config{})
		return receiptOf(s.o, s.v.Cast(0, no()...))
	}
	receipt("of-a-dropped-ballot", "The board leaves out a ballot that it had recorded, and signs the rest as if nothing had been.", []string{"G3", "G1", "I3"}, func(s *scene) {
		receipt := cast1(s)
		n := len(s.o.Log()) - 1
		s.o = s.o.Until(n)
		s.rebind()
		s.v.Cast(1, aye()...)
		s.v.Finish()
		s.receipt = receipt
	})
	receipt("of-a-longer-log", "The log shown is older than the receipt.", []string{"G2"}, func(s *scene) {
		opened(s, simulate.Config{})
		s.v.Finish()
		s.o.Time(s.o.State.Now() + 1)
		id := s.o.Post(s.o.Sign(s.o.Genesis, &record.Time{Now: s.o.State.Now() + 1}, s.o.Board))
		s.receipt = receiptOf(s.o, id)
		s.o = s.o.Until(len(s.o.Log()) - 1)
		s.rebind()
	})
	receipt("no-receipt", "The receipt is no receipt.", []string{"G8"}, func(s *scene) {
		cast1(s)
		s.v.Finish()
		s.receipt = []byte("nonsense\n")
	})
	receipt("other-index", "The receipt names another index.", []string{"G5", "G8"}, func(s *scene) {
		r := cast1(s)
		s.v.Finish()
		s.receipt = bytes.Replace(r, []byte("index "), []byte("index 1"), 1)
	})
	receipt("other-record", "The receipt is of another record than it says.", []string{"G8", "G5"}, func(s *scene) {
		r := cast1(s)
		s.v.Finish()
		s.receipt = bytes.Replace(r, []byte("extra "), []byte("extra AAAAAAAAAAAAAAAA"), 1)
		at := bytes.Index(s.receipt, []byte("extra AAAAAAAAAAAAAAAA")) + len("extra AAAAAAAAAAAAAAAA")
		s.receipt = append(s.receipt[:at], s.receipt[at+16:]...)
	})
	receipt("of-another-log", "The receipt is by another log.", []string{"C5", "G7"}, func(s *scene) {
		r := cast1(s)
		opened(s, simulate.Config{})
		s.v.Finish()
		s.receipt = r
	})
	receipt("of-no-ballot", "The receipt is of the round record.", []string{"G8"}, func(s *scene) {
		opened(s, simulate.Config{})
		s.v.Finish()
		s.receipt = receiptOf(s.o, s.r.ID)
	})
	// Opened ballots.
	type device struct {
		ballot  *record.Record
		opening *cast.Opening
	}
	make := func(s *scene, entry int, options ...int) device {
		r, o, err := s.v.State().Form.Encrypt(s.v.Context(), s.v.Credential(entry), 0, record.ID{}, cast.NewDraft(), one(options...))
		if err != nil {
			s.Fatal(err)
		}
		return device{r, o}
	}
	show := func(s *scene, d device) {
		s.opened = must((&cast.Opened{Vote: s.v.ID, Opening: d.opening, Record: d.ballot}).Encode())
	}
	es = append(es,
		Election{"opened-ballot", "A member's second device checks a ballot that was opened to it: it says what the member chose, and is never cast.", []string{"I1", "I2", "I6"}, verified("question failed 0/1/0"), func(s *scene) {
			opened(s, simulate.Config{})
			d := make(s, 0, simulate.Yes)
			s.v.Check(0, d.ballot.ID())
			s.v.Cast(0, no()...)
			s.v.Finish()
			show(s, d)
		}},
		Election{"opened-another-choice", "A booth encrypts no and opens it as yes.", []string{"I1"}, Want{Verdict: verifier.Refuted, Result: "question failed 0/1/0"}, func(s *scene) {
			opened(s, simulate.Config{})
			d := make(s, 0, simulate.No)
			var fields struct {
				_          struct{} `cbor:",toarray"`
				Version    string
				Ballot     record.ID
				Seed       [32]byte
				Selections [][]uint64
			}
			if err := record.DecodeStrict(must(d.opening.Encode()), &fields); err != nil {
				s.Fatal(err)
			}
			fields.Selections = [][]uint64{{simulate.Yes}}
			d.opening = must(cast.ParseOpening(must(record.Encode(&fields))))
			s.v.Check(0, d.ballot.ID())
			s.v.Cast(0, no()...)
			s.v.Finish()
			show(s, d)
		}},
		Election{"opened-and-cast", "A booth casts the ballot that it has opened.", []string{"I1"}, Want{Verdict: verifier.Refuted, Result: "question passed 1/0/0 yes"}, func(s *scene) {
			opened(s, simulate.Config{})
			d := make(s, 0, simulate.Yes)
			s.o.Post(d.ballot)
			s.v.Finish()
			show(s, d)
		}},
		Election{"opened-nonsense", "What is to be an opened ballot is none.", []string{"J4"}, Want{Verdict: verifier.Refuted, Result: "question failed 0/0/0"}, func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Finish()
			s.opened = []byte("mandate opened ballot, version 1\nnonsense\n")
		}})
	return es
}
