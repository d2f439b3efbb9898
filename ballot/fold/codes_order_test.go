package fold_test

import (
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// orderRefusals fail two checks of SPEC.md §9 each: the first that the specification names gives the code. For ballots and check records see
// TestBallotChecksInOrder and TestCheckChecksInOrder.
var orderRefusals = []refusal{
	{"before the author", "issued", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Sign(s.o.Genesis, &record.Issue{Registrar: 9}, s.o.Board).Raw()
	}},
	{"before the signature", "issued", fold.Void, "author", func(s *scene) []byte {
		return s.o.Sign(s.r.ID, &record.Issue{Registrar: 9}, s.o.Board).Raw()
	}},
	{"before the phase of a restart", "open", fold.Void, "author", func(s *scene) []byte {
		return s.v.Officer(&record.KeygenRestart{By: 3, Attempt: 1, Trustee: 1, Reason: record.RestartSilent}).Raw()
	}},
	{"before the phase of a replacement", "open", fold.Void, "signature", func(s *scene) []byte {
		return s.v.By(1, &record.TrusteeReplace{By: 1, Trustee: 1}).Raw()
	}},
	{"before the phase", "called", fold.Void, "signature", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Closing{By: 1}, s.o.Board).Raw()
	}},
	{"before fatal phases", "ready", fold.Void, "signature", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, s.v.Opening(), s.o.Board).Raw() // at the wrong time, too
	}},
	{"roll-id before the form", "rolled", fold.Void, "dup", func(s *scene) []byte {
		return s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: find(s, "roll").Body.(*record.Roll).RollID}).Raw()
	}},
	{"part before the form", "rolled", fold.Void, "order", func(s *scene) []byte {
		return s.o.Officer(find(s, "roll").ID(), &record.RollPart{By: 1, Part: 1, Entries: make([]byte, 1)}).Raw()
	}},
	{"before the round's form", "rolled", fold.Void, "roll", func(s *scene) []byte {
		return s.o.Officer(s.o.Genesis, &record.Round{By: 1}).Raw()
	}},
	{"before the roll's root", "accepted", fold.Void, "dup", func(s *scene) []byte {
		return s.r.By(1, &record.RollAccept{Registrar: 1, Root: record.ID{1}}).Raw()
	}},
	{"slot before a key that is no key", "issued", fold.Void, "dup", func(s *scene) []byte {
		return s.r.By(1, &record.SlotKey{Registrar: 1, Slot: 0}).Raw()
	}},
	{"before the certificate", "accepted", fold.Void, "key-reuse", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
		b := s.r.SlotKey(1, 0)
		b.Slot, b.Roots = 1, [record.SlotRootsSize]byte{}
		return s.r.By(1, b).Raw()
	}},
	{"before the form of issues", "round", fold.Void, "phase", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1}).Raw()
	}},
	{"issues that are there and one that cannot be", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{1, 3, 6}}).Raw()
	}},
	{"before the slot", "called", fold.Void, "manifest", func(s *scene) []byte {
		return called(s, func(m *record.Vote) { m.Slot, m.Grace = 9, 0 })
	}},
	{"before the ceremony", "called", fold.Fatal, "opening-time", func(s *scene) []byte { return s.v.Officer(&record.Opening{By: 1}).Raw() }},
	{"before the slot and the key", "called", fold.Fatal, "opening-ceremony", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Opens)
		return s.v.Officer(&record.Opening{By: 1}).Raw()
	}},
	{"before the keys", "accepted", fold.Fatal, "opening-slot", func(s *scene) []byte {
		s.fork()
		v := s.r.Vote()
		v.Ceremony()
		s.o.Reach(v.Manifest.Opens)
		return v.Officer(&record.Opening{By: 1, Attempt: 1}).Raw()
	}},
	opening("before the ceremony's hash", "opening-key", func(s *scene, b *record.Opening) {
		b.Key, b.Ceremony = record.Key{}, record.ID{}
	}),
	opening("before the registrars' keys", "opening-ceremony", func(s *scene, b *record.Opening) {
		b.Ceremony, b.RegistrarKeys = record.ID{}, record.ID{}
	}),
	{"parts before their form", "closed", fold.Void, "order", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Promises{Part: 1, Ballots: make([]byte, 1)}, s.o.Board).Raw()
	}},
	{"before the stuffing", "open", fold.Fatal, "seal-promises", func(s *scene) []byte {
		s.fork()
		for range 5 {
			cred, err := s.r.Mint().Credential(s.v.Manifest.Slot)
			if err != nil {
				s.t.Fatal(err)
			}
			s.o.Post(s.v.BallotOf(cred, yes...))
		}
		s.v.Close()
		return sealRecord(s)
	}},
	input("before the checkpoint", "input-root", func(s *scene, b *record.Input) { b.Size, b.Checkpoint = 0, "" }),
	{"before whether there is anything to open", "open", fold.Void, "input-quorum", func(s *scene) []byte {
		s.fork()
		s.v.Close()
		s.v.Promises()
		s.v.Seal()
		return s.v.By(1, &record.Shares{Trustee: 1, Contest: 9}).Raw()
	}},
	{"before the contest", "open", fold.Void, "empty", func(s *scene) []byte {
		s.fork()
		s.v.Close()
		s.v.Promises()
		s.v.Seal()
		s.v.Inputs(2, 3)
		return s.v.By(1, &record.Shares{Trustee: 1, Contest: 9}).Raw()
	}},
	{"before whether shares are right", "opened", fold.Void, "dup", func(s *scene) []byte {
		return s.v.By(1, &record.Shares{Trustee: 1, Contest: 0}).Raw()
	}},
	{"before the shares", "sealed", fold.Fatal, "result-input", func(s *scene) []byte { return s.v.Officer(&record.Result{By: 1}).Raw() }},
	{"before the counts", "signed", fold.Fatal, "result-shares", func(s *scene) []byte { return s.v.Officer(&record.Result{By: 1}).Raw() }},
	result("before the outcomes", "result-count", func(b *record.Result) {
		b.Contests[1].Counts = []uint64{3, 0, 2}
		b.Contests[0].Winners = []uint64{simulate.No}
	}),
}
