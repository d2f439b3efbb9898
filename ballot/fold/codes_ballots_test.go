package fold_test

import (
	"bytes"
	"crypto/rand"
	"slices"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
)

var randomness = rand.Reader

// yes is a choice in both contests of the story.
var yes = [][]int{{simulate.Yes}, {0}}

// SPEC.md §10.4, ballots. Members 0 to 3 have cards; 0, 1 and 2 have voted in the scene "cast".
var ballotRefusals = []refusal{
	forged("F3 a registrar's signature less", "form", func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = f.Body.Signatures[record.SignatureBytes:]
	}),
	forged("F12 a registrar's signature more", "form", func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Concat(f.Body.Signatures, f.Body.Signatures[:record.SignatureBytes])
	}),
	forged("no signatures", "form", func(s *scene, f *simulate.Forgery) { f.Body.Signatures = nil }),
	{"a contest less", "cast", fold.Void, "form", func(s *scene) []byte {
		f := forge(s)
		f.Body.Contests = f.Body.Contests[:1]
		return f.Sealed(make([]byte, s.v.State().Form.Relation().ProofSize())).Raw()
	}},
	{"J3 an option more", "cast", fold.Void, "form", func(s *scene) []byte {
		f := forge(s)
		f.Body.Contests[0] = append(f.Body.Contests[0], f.Body.Contests[0][:64]...)
		return f.Sealed(make([]byte, s.v.State().Form.Relation().ProofSize())).Raw()
	}},
	{"a proof with a byte more", "cast", fold.Void, "form", func(s *scene) []byte {
		f := forge(s)
		return f.Sealed(append(bytes.Clone(f.Record().Seal()), 0)).Raw()
	}},
	{"a proof with an element less", "cast", fold.Void, "form", func(s *scene) []byte {
		f := forge(s)
		return f.Sealed(f.Record().Seal()[32:]).Raw()
	}},
	{"no proof", "cast", fold.Void, "form", func(s *scene) []byte { return forge(s).Sealed(nil).Raw() }},
	{"before the opening", "ready", fold.Void, "not-open", func(s *scene) []byte {
		open := at(s.t, "open")
		return open.v.Ballot(3, yes...).Raw()
	}},
	{"G13 after the seal", "sealed", fold.Void, "sealed", func(s *scene) []byte { return s.v.Ballot(3, yes...).Raw() }},
	{"G13 after the result", "certified", fold.Void, "sealed", func(s *scene) []byte { return s.v.Ballot(3, yes...).Raw() }},
	{"G13 after closing and unlisted", "closed", fold.Void, "closed", func(s *scene) []byte { return s.v.Ballot(3, yes...).Raw() }},
	{"G13 after closing, another one being listed", "closed", fold.Void, "closed", func(s *scene) []byte {
		s.fork()
		s.v.Promises(s.v.Ballot(3, yes...).ID())
		return s.v.Ballot(3, yes...).Raw()
	}},
	{"I1 a ballot that was opened", "cast", fold.Void, "spoiled", func(s *scene) []byte {
		s.fork()
		b := s.v.Ballot(3, yes...)
		s.v.Check(3, b.ID())
		return b.Raw()
	}},
	{"I1 a promised ballot that was opened", "cast", fold.Void, "spoiled", func(s *scene) []byte {
		s.fork()
		b := s.v.Ballot(3, yes...)
		s.v.Check(3, b.ID())
		s.v.Close()
		s.v.Promises(b.ID())
		return b.Raw()
	}},
	{"C1 the same ballot again", "open", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		b := s.v.Ballot(3, yes...)
		s.o.Post(b)
		return b.Raw()
	}},
	{"C7 a first ballot after a first ballot", "cast", fold.Void, "stale", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(0), yes...)
		f.Body.Number, f.Body.Previous = 0, record.ID{}
		return f.Record().Raw()
	}},
	{"C7 the first ballot after the second", "cast", fold.Void, "stale", func(s *scene) []byte {
		key := s.v.Credential(2).Key
		for _, raw := range s.o.Log() {
			if r, _ := record.Decode(raw); r.Kind() == "ballot" && r.Body.(*record.Ballot).Key == key {
				return raw
			}
		}
		return nil
	}},
	{"C7 a number left out", "cast", fold.Void, "stale", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(0), yes...)
		f.Body.Number++
		return f.Record().Raw()
	}},
	{"C7 number 2^64-1 first", "cast", fold.Void, "stale", func(s *scene) []byte {
		f := forge(s)
		f.Body.Number = 1<<64 - 1
		return f.Record().Raw()
	}},
	{"C7 a predecessor of a first ballot", "cast", fold.Void, "stale", func(s *scene) []byte {
		f := forge(s)
		f.Body.Previous = find(s, "ballot").ID()
		return f.Record().Raw()
	}},
	{"C7 another's ballot for predecessor", "cast", fold.Void, "stale", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(0), yes...)
		_, f.Body.Previous, _ = s.v.State().Last(s.v.Credential(1).Key)
		return f.Record().Raw()
	}},
	{"C9 a second successor of one ballot", "cast", fold.Void, "stale", func(s *scene) []byte {
		s.fork()
		a, b := s.v.Ballot(0, []int{simulate.Yes}, []int{0}), s.v.Ballot(0, []int{simulate.No}, []int{0})
		s.o.Post(a)
		return b.Raw()
	}},
	{"F11 a second ballot with other signatures of one key", "once", fold.Void, "spent", func(s *scene) []byte {
		s.fork()
		s.v.Cast(0, yes[0])
		f := s.v.Forge(s.v.Credential(0), yes[0])
		f.Body.Signatures = resign(s, f.Body.Key)
		return f.Record().Raw()
	}},
	{"C7 a second ballot where there is one", "once", fold.Void, "spent", func(s *scene) []byte {
		s.fork()
		s.v.Cast(0, yes[0])
		return s.v.Ballot(0, yes[0]).Raw()
	}},
	{"J10 a key that is no element", "cast", fold.Void, "noncanonical", func(s *scene) []byte {
		f := forge(s)
		f.Body.Key[31] |= 0x80
		return f.Sealed(f.Record().Seal()).Raw()
	}},
	{"B1 an A that is no element", "cast", fold.Void, "noncanonical", func(s *scene) []byte { return encoded(s, 0, 31, 0x80) }},
	{"B1 a B that is negative", "cast", fold.Void, "noncanonical", func(s *scene) []byte { return encoded(s, 1, 32+64, 1) }},
	{"B6 the identity for key", "cast", fold.Void, "trivial", func(s *scene) []byte {
		f := forge(s)
		f.Body.Key = record.Key{}
		return f.Sealed(f.Record().Seal()).Raw()
	}},
	{"B7 a vote in the clear", "cast", fold.Void, "trivial", func(s *scene) []byte {
		f := forge(s)
		f.Randomness[1][1] = group.Scalar{}
		f.Encrypt()
		return f.Record().Raw()
	}},
	forged("F12 one registrar's signature twice", "signatures", func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Repeat(f.Body.Signatures[:record.SignatureBytes], 2)
	}),
	forged("F4 two registrars in each other's place", "signatures", func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = slices.Concat(f.Body.Signatures[record.SignatureBytes:], f.Body.Signatures[:record.SignatureBytes])
	}),
	forged("F3 a registrar's signature of zeros", "signatures", func(s *scene, f *simulate.Forgery) {
		f.Body.Signatures = bytes.Clone(f.Body.Signatures)
		clear(f.Body.Signatures[record.SignatureBytes:])
	}),
	forged("another's signatures", "signatures", func(s *scene, f *simulate.Forgery) { f.Body.Signatures = s.v.Credential(0).Signatures }),
	{"a key that nobody has signed", "cast", fold.Void, "signatures", func(s *scene) []byte {
		f := forge(s)
		f.Key = simulate.NewKey(s.t)
		f.Body.Key = f.Key.Public().Encoding()
		return f.Record().Raw()
	}},
	{"C6 a credential of another slot", "cast", fold.Void, "signatures", func(s *scene) []byte {
		f := s.v.Forge(s.r.Credential(3, 1), yes...)
		return f.Record().Raw()
	}},
	{"C6 a credential of another round with the same keys", "cast", fold.Void, "signatures", func(s *scene) []byte {
		other := s.r.On(s.o)
		other.ID = record.ID{1}
		cred, err := other.Mint().Credential(0)
		if err != nil {
			s.t.Fatal(err)
		}
		return s.v.Forge(cred, yes...).Record().Raw()
	}},
	{"A1 a proof with a bit flipped", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		proof := bytes.Clone(f.Record().Seal())
		proof[len(proof)-1] ^= 1
		return f.Sealed(proof).Raw()
	}},
	{"B5 a response plus the group's order", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		proof := f.Record().Seal()
		return f.Sealed(addOrder(proof, len(proof)-32)).Raw()
	}},
	{"A8 a first move that is no element", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		proof := bytes.Clone(f.Record().Seal())
		proof[31] |= 0x80
		return f.Sealed(proof).Raw()
	}},
	{"A8 two votes for one option", "cast", fold.Void, "proof", func(s *scene) []byte { return valued(s, 0, simulate.Yes, 2) }},
	{"A8 a thousand votes for one option", "cast", fold.Void, "proof", func(s *scene) []byte { return valued(s, 0, simulate.No, 1000) }},
	{"A9 two options where one can be selected", "cast", fold.Void, "proof", func(s *scene) []byte { return valued(s, 0, simulate.No, 1) }},
	{"A9 three options where two can be selected", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(3), []int{}, []int{0, 1, 2})
		return f.Record().Raw()
	}},
	{"A9 no option where one must be selected", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(3), []int{}, []int{})
		return f.Record().Raw()
	}},
	{"C1 another's ciphertexts and proof", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		other := find(s, "ballot")
		f.Body.Contests = other.Body.(*record.Ballot).Contests
		return f.Sealed(other.Seal()).Raw()
	}},
	{"C1 another's ciphertext in one's own ballot", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		other := find(s, "ballot").Body.(*record.Ballot)
		f.Body.Contests[0] = slices.Concat(other.Contests[0][:64], f.Body.Contests[0][64:])
		return f.Record().Raw()
	}},
	{"B10 another's ciphertexts, rerandomized", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		other := find(s, "ballot").Body.(*record.Ballot)
		for i, contest := range other.Contests {
			f.Body.Contests[i] = nil
			for at := 0; at < len(contest); at += 64 {
				r, err := group.RandomScalar(randomness)
				if err != nil {
					s.t.Fatal(err)
				}
				A, errA := group.DecodeElement(contest[at : at+32])
				B, errB := group.DecodeElement(contest[at+32 : at+64])
				if errA != nil || errB != nil {
					s.t.Fatal(errA, errB)
				}
				A, B = A.Add(group.BaseMul(r)), B.Add(s.v.State().Key.Mul(r))
				f.Body.Contests[i] = B.Append(A.Append(f.Body.Contests[i]))
			}
		}
		return f.Record().Raw()
	}},
	{"A10 two options in each other's place", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		seal := f.Record().Seal()
		c := f.Body.Contests[0]
		f.Body.Contests[0] = slices.Concat(c[64:128], c[:64], c[128:])
		return f.Sealed(seal).Raw()
	}},
	{"A10 two contests in each other's place", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		seal := f.Record().Seal()
		f.Body.Contests[0], f.Body.Contests[1] = f.Body.Contests[1], f.Body.Contests[0]
		return f.Sealed(seal).Raw()
	}},
	{"A10 a proof of another number", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := s.v.Forge(s.v.Credential(0), yes...)
		number := f.Body.Number
		f.Body.Number = 0
		seal := f.Record().Seal()
		f.Body.Number = number
		return f.Sealed(seal).Raw()
	}},
	forged("A2 a proof under another key", "proof", func(s *scene, f *simulate.Forgery) {
		f.Context.Key = s.o.Board.Public().Element()
		f.Encrypt()
	}),
	forged("A10 a proof for another opening of the vote", "proof", func(s *scene, f *simulate.Forgery) { f.Context.Ctx[0] ^= 1 }),
	{"A10 a proof by another key than the credential's", "cast", fold.Void, "proof", func(s *scene) []byte {
		f := forge(s)
		f.Key = simulate.NewKey(s.t)
		return f.Record().Raw()
	}},
	{"J10 a signature of a check for a proof", "cast", fold.Void, "form", func(s *scene) []byte {
		f := forge(s)
		return f.Sealed(s.v.CheckOf(s.v.Credential(3), record.ID{1}).Seal()).Raw()
	}},
	{"A14 the randomness of one's last ballot", "cast", fold.Void, "dup-randomness", func(s *scene) []byte {
		s.fork()
		first := forge(s)
		s.o.Post(first.Record())
		second := forge(s)
		second.Randomness = first.Randomness
		second.Encrypt()
		return second.Record().Raw()
	}},
	{"A14 the randomness of one option of a ballot that was replaced", "cast", fold.Void, "dup-randomness", func(s *scene) []byte {
		s.fork()
		first := forge(s)
		s.o.Post(first.Record())
		s.v.Cast(3, yes...)
		third := forge(s)
		third.Randomness[1][2] = first.Randomness[0][0]
		third.Encrypt()
		return third.Record().Raw()
	}},
	{"C2 the randomness of another's ballot", "cast", fold.Void, "dup-randomness", func(s *scene) []byte {
		s.fork()
		first := s.v.Forge(s.v.Credential(0), yes...)
		s.o.Post(first.Record())
		second := forge(s)
		second.Randomness[0][1] = first.Randomness[0][1]
		second.Encrypt()
		return second.Record().Raw()
	}},
	{"A14 one randomness twice in a ballot", "cast", fold.Void, "dup-randomness", func(s *scene) []byte {
		f := forge(s)
		f.Randomness[1][1] = f.Randomness[0][1]
		f.Encrypt()
		return f.Record().Raw()
	}},
}

// forge begins a ballot of member 3, who has not voted in the story.
func forge(s *scene) *simulate.Forgery {
	s.t.Helper()
	return s.v.Forge(s.v.Credential(3), yes...)
}

// forged is a ballot of member 3 that was changed before it was proved.
func forged(name, code string, change func(*scene, *simulate.Forgery)) refusal {
	return refusal{name, "cast", fold.Void, code, func(s *scene) []byte {
		f := forge(s)
		change(s, f)
		return f.Record().Raw()
	}}
}

// encoded is a ballot with a bit set in one byte of a contest.
func encoded(s *scene, contest, at int, bit byte) []byte {
	s.t.Helper()
	f := forge(s)
	seal := f.Record().Seal()
	f.Body.Contests[contest][at] |= bit
	return f.Sealed(seal).Raw()
}

// valued is a ballot of which an option encrypts another value than the choice makes it.
func valued(s *scene, contest, option int, value uint64) []byte {
	s.t.Helper()
	f := forge(s)
	f.Values[contest][option] = value
	f.Encrypt()
	return f.Record().Raw()
}

// resign has the registrars sign a credential key once more, which gives other signatures of the same key.
func resign(s *scene, key record.Key) []byte {
	s.t.Helper()
	var out []byte
	msg := credential.Message(s.r.ID, s.v.Manifest.Slot, key)
	for _, g := range s.r.Registrars {
		out = append(out, signBlindly(s, g.Slots[s.v.Manifest.Slot], msg[:])...)
	}
	return out
}

// SPEC.md §10.4, check records.
var checkRefusals = []refusal{
	checked("a registrar's signature less", "form", func(s *scene, b *record.Check) { b.Signatures = b.Signatures[record.SignatureBytes:] }),
	{"a check before the opening", "ready", fold.Void, "phase", func(s *scene) []byte {
		open := at(s.t, "open")
		return open.v.CheckOf(open.v.Credential(3), record.ID{1}).Raw()
	}},
	{"a check after closing", "closed", fold.Void, "phase", func(s *scene) []byte {
		return s.v.CheckOf(s.v.Credential(3), record.ID{1}).Raw()
	}},
	{"I1 a ballot that was cast", "cast", fold.Void, "cast", func(s *scene) []byte {
		_, id, _ := s.v.State().Last(s.v.Credential(0).Key)
		return s.v.CheckOf(s.v.Credential(0), id).Raw()
	}},
	{"I1 a ballot that was cast and replaced", "cast", fold.Void, "cast", func(s *scene) []byte {
		_, id, _ := s.v.State().Last(s.v.Credential(0).Key)
		s.fork()
		s.v.Cast(0, yes...)
		return s.v.CheckOf(s.v.Credential(0), id).Raw()
	}},
	{"the same check again", "cast", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		s.v.Check(3, record.ID{1})
		return s.v.CheckOf(s.v.Credential(3), record.ID{1}).Raw()
	}},
	{"a 33rd check", "cast", fold.Void, "limit", func(s *scene) []byte {
		s.fork()
		for i := range fold.MaxChecks {
			s.v.Check(3, record.ID{1, byte(i)})
		}
		return s.v.CheckOf(s.v.Credential(3), record.ID{2}).Raw()
	}},
	checked("B1 a key that is no element", "noncanonical", func(s *scene, b *record.Check) { b.Key[31] |= 0x80 }),
	checked("B6 the identity for key", "trivial", func(s *scene, b *record.Check) { b.Key = record.Key{} }),
	checked("a key that nobody has signed", "signatures", func(s *scene, b *record.Check) { b.Key = s.o.Board.Public().Encoding() }),
	checked("F12 one registrar's signature twice", "signatures", func(s *scene, b *record.Check) {
		b.Signatures = slices.Repeat(b.Signatures[:record.SignatureBytes], 2)
	}),
	checked("a check signed by the board", "signature", func(s *scene, b *record.Check) {}),
	{"J10 a ballot's proof for a signature", "cast", fold.Void, "signature", func(s *scene) []byte {
		return reseal(s, s.v.CheckOf(s.v.Credential(3), record.ID{1}), forge(s).Record().Seal())
	}},
}

// SPEC.md §10.4, check-fault records. Member 3 has not checked anything in the story, member 1 has, and has reported it.
var checkFaultRefusals = []refusal{
	faulted("a registrar's signature less", "form", func(s *scene, b *record.CheckFault) { b.Signatures = b.Signatures[record.SignatureBytes:] }),
	{"a report after the seal", "sealed", fold.Void, "phase", func(s *scene) []byte {
		b := find(s, "check").Body.(*record.Check)
		return s.v.FaultOf(s.v.Credential(1), b.Ballot).Raw()
	}},
	{"a report before the opening", "ready", fold.Void, "phase", func(s *scene) []byte {
		open := at(s.t, "open")
		return open.v.FaultOf(open.v.Credential(3), record.ID{1}).Raw()
	}},
	{"a report of a ballot that was not checked", "cast", fold.Void, "unchecked", func(s *scene) []byte {
		s.fork()
		s.v.Check(3, record.ID{2})
		return s.v.FaultOf(s.v.Credential(3), record.ID{1}).Raw()
	}},
	{"I1 a report of a ballot that another has checked", "cast", fold.Void, "unchecked", func(s *scene) []byte {
		b := find(s, "check").Body.(*record.Check)
		return s.v.FaultOf(s.v.Credential(3), b.Ballot).Raw()
	}},
	{"a report of a ballot that was cast", "cast", fold.Void, "unchecked", func(s *scene) []byte {
		_, id, _ := s.v.State().Last(s.v.Credential(0).Key)
		return s.v.FaultOf(s.v.Credential(0), id).Raw()
	}},
	{"the same report again", "cast", fold.Void, "dup", func(s *scene) []byte {
		b := find(s, "check").Body.(*record.Check)
		return s.v.FaultOf(s.v.Credential(1), b.Ballot).Raw()
	}},
	faulted("F12 one registrar's signature twice", "signatures", func(s *scene, b *record.CheckFault) {
		b.Signatures = slices.Repeat(b.Signatures[:record.SignatureBytes], 2)
	}),
	faulted("a report signed by the board", "signature", func(s *scene, b *record.CheckFault) {}),
}

// faulted is a report by member 3, who has checked the ballot, changed and signed by the board.
func faulted(name, code string, change func(*scene, *record.CheckFault)) refusal {
	return refusal{"check-fault: " + name, "cast", fold.Void, code, func(s *scene) []byte {
		s.fork()
		s.v.Check(3, record.ID{1})
		cred := s.v.Credential(3)
		b := &record.CheckFault{Key: cred.Key, Signatures: cred.Signatures, Ballot: record.ID{1}}
		change(s, b)
		return s.o.Sign(s.v.ID, b, s.o.Board).Raw()
	}}
}

// checked is a check by member 3, changed and signed by the board.
func checked(name, code string, change func(*scene, *record.Check)) refusal {
	return refusal{"check: " + name, "cast", fold.Void, code, func(s *scene) []byte {
		cred := s.v.Credential(3)
		b := &record.Check{Key: cred.Key, Signatures: cred.Signatures, Ballot: record.ID{1}}
		change(s, b)
		return s.o.Sign(s.v.ID, b, s.o.Board).Raw()
	}}
}
