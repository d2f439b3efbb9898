package fold_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/ballot/text"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// SPEC.md §9.5.
var manifestRefusals = []refusal{
	manifest("no title", func(s *scene, m *record.Vote) { m.Title = nil }),
	manifest("17 languages", func(s *scene, m *record.Vote) {
		for i := range 16 {
			m.Title[fmt.Sprintf("%c%c", 'a'+i, 'a'+i)] = "x"
		}
	}),
	manifest("a language that is none", func(s *scene, m *record.Vote) { m.Title["English"] = "x" }),
	manifest("a template that is no slug", func(s *scene, m *record.Vote) { m.Template = "Members decide" }),
	manifest("no trustees", func(s *scene, m *record.Vote) { m.Trustees = nil }),
	manifest("33 trustees", func(s *scene, m *record.Vote) { m.Trustees = slices.Repeat(m.Trustees, 11) }),
	manifest("threshold 0", func(s *scene, m *record.Vote) { m.Threshold = 0 }),
	manifest("a threshold of more than the trustees", func(s *scene, m *record.Vote) { m.Threshold, m.Quorum = 4, 4 }),
	manifest("E14 a quorum below the threshold", func(s *scene, m *record.Vote) { m.Quorum = 1 }),
	manifest("a quorum of more than the trustees", func(s *scene, m *record.Vote) { m.Quorum = 4 }),
	manifest("mixes without ranked contests", func(s *scene, m *record.Vote) { m.Mixes = 1 }),
	manifest("closes when it opens", func(s *scene, m *record.Vote) { m.Closes = m.Opens }),
	manifest("closes after the year 9999", func(s *scene, m *record.Vote) { m.Closes = record.MaxTime + 1 }),
	manifest("no grace", func(s *scene, m *record.Vote) { m.Grace = 0 }),
	manifest("a grace of more than a year", func(s *scene, m *record.Vote) { m.Grace = record.MaxDuration + 1 }),
	manifest("no time for a step", func(s *scene, m *record.Vote) { m.Step = 0 }),
	manifest("more than a year for a step", func(s *scene, m *record.Vote) { m.Step = record.MaxDuration + 1 }),
	manifest("17 relays", func(s *scene, m *record.Vote) { m.Relays = slices.Repeat(m.Relays, 17) }),
	manifest("one trustee twice", func(s *scene, m *record.Vote) { m.Trustees[1].Key = m.Trustees[0].Key }),
	manifest("B6 identity for a trustee's key", func(s *scene, m *record.Vote) { m.Trustees[1].Key = record.Key{} }),
	manifest("a trustee without a name", func(s *scene, m *record.Vote) { m.Trustees[1].Name = "" }),
	manifest("a trustee with a user name in the address", func(s *scene, m *record.Vote) { m.Trustees[1].URL = "https://a@b.example" }),
	manifest("J10 a trustee who is a relay", func(s *scene, m *record.Vote) { m.Relays[0].Key = m.Trustees[0].Key }),
	manifest("no contests", func(s *scene, m *record.Vote) { m.Contests = nil }),
	manifest("33 contests", func(s *scene, m *record.Vote) {
		m.Contests = nil
		for i := range 33 {
			m.Contests = append(m.Contests, simulate.YesNo(fmt.Sprintf("c%d", i)))
		}
	}),
	manifest("J3 a ballot of more than a record", func(s *scene, m *record.Vote) {
		m.Contests = nil
		for i := range 4 {
			m.Contests = append(m.Contests, simulate.Choose(fmt.Sprintf("c%d", i), 128, 1, 1, 1))
		}
	}),
	manifest("two contests of one name", func(s *scene, m *record.Vote) { m.Contests[1].ID = m.Contests[0].ID }),
	manifest("a contest with a language more", func(s *scene, m *record.Vote) { m.Contests[0].Title["es"] = "¿Así sea?" }),
	manifest("an option with a language less", func(s *scene, m *record.Vote) { m.Contests[0].Options[0].Title = text.Texts{"es": "Sí"} }),
	manifest("no options", func(s *scene, m *record.Vote) { m.Contests[0].Options = nil }),
	manifest("129 options", func(s *scene, m *record.Vote) { m.Contests[0] = simulate.Choose("question", 129, 1, 1, 1) }),
	manifest("two options of one name", func(s *scene, m *record.Vote) { m.Contests[0].Options[1].ID = "yes" }),
	manifest("G14 two options of one title", func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Yes") }),
	manifest("G14 an invisible character", func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Y\u200des") }),
	manifest("G14 a title that runs backwards", func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("\u202eseY") }),
	manifest("G14 a title that is not NFC", func(s *scene, m *record.Vote) { m.Contests[0].Options[1].Title = simulate.English("Si\u0301") }),
	manifest("a text of 2001 bytes", func(s *scene, m *record.Vote) { m.Contests[0].Title = simulate.English(strings.Repeat("x", 2001)) }),
	manifest("A9 nothing can be selected", func(s *scene, m *record.Vote) { m.Contests[0].Max = 0 }),
	manifest("A9 more selected than there are options", func(s *scene, m *record.Vote) { m.Contests[0].Max = 4 }),
	manifest("min above max", func(s *scene, m *record.Vote) { m.Contests[0].Min = 2 }),
	manifest("a decision by an option that is not there", func(s *scene, m *record.Vote) { m.Contests[0].Decision.Option = 3 }),
	manifest("a decision by a method nobody knows", func(s *scene, m *record.Vote) { m.Contests[0].Decision.Method = "lot" }),
	manifest("a decision of more than all", func(s *scene, m *record.Vote) { m.Contests[0].Decision.Num = 3 }),
	manifest("a quorum of more than all", func(s *scene, m *record.Vote) { m.Contests[0].Decision.QuorumNum = 2 }),
	manifest("more seats than options", func(s *scene, m *record.Vote) { m.Contests[1].Decision.Seats = 4 }),
	manifest("more witnesses needed than there are", func(s *scene, m *record.Vote) { m.Witnesses.Need = 2 }),
	manifest("a witness key that is none", func(s *scene, m *record.Vote) { m.Witnesses.Keys[0] = "w+0+A" }),
	manifest("G7 the log's key for a witness's", func(s *scene, m *record.Vote) { m.Witnesses.Keys[0] = s.o.LogKey }),
	manifest("one witness under two names", func(s *scene, m *record.Vote) {
		_, rest, _ := strings.Cut(m.Witnesses.Keys[0], "+")
		key, err := base64.StdEncoding.DecodeString(strings.SplitN(rest, "+", 2)[1])
		if err != nil {
			panic(err)
		}
		m.Witnesses.Keys = append(m.Witnesses.Keys, checkpoint.WitnessKey("another", key[1:]))
	}),
	manifest("nine programs", func(s *scene, m *record.Vote) {
		m.Programs = nil
		for i := range 9 {
			m.Programs = append(m.Programs, record.Program{Name: fmt.Sprintf("p%d", i), Hash: record.ID{1}})
		}
	}),
	manifest("two programs of one name", func(s *scene, m *record.Vote) { m.Programs[1].Name = m.Programs[0].Name }),
	manifest("a program whose name is a file's", func(s *scene, m *record.Vote) { m.Programs[0].Name = "booth.wasm" }),
	manifest("a program without a hash", func(s *scene, m *record.Vote) { m.Programs[1].Hash = record.ID{} }),
	manifest("one witness twice", func(s *scene, m *record.Vote) { m.Witnesses.Keys = slices.Repeat(m.Witnesses.Keys, 2) }),
	{"slot 3 of 3", "issued", fold.Void, "slot-unknown", func(s *scene) []byte { return called(s, func(m *record.Vote) { m.Slot = 3 }) }},
	{"a petition's slot", "issued", fold.Void, "slot-unknown", func(s *scene) []byte { return called(s, func(m *record.Vote) { m.Slot = 2 }) }},
	{"no slot", "issued", fold.Void, "slot-unknown", func(s *scene) []byte { return called(s, func(m *record.Vote) { m.Slot = 1<<64 - 1 }) }},
	{"the slot of the first vote", "called", fold.Void, "slot-taken", func(s *scene) []byte { return called(s, func(m *record.Vote) { m.Slot = 0 }) }},
	{"the same manifest again", "called", fold.Void, "slot-taken", func(s *scene) []byte { return find(s, "vote").Raw() }},
}

func manifest(name string, change func(*scene, *record.Vote)) refusal {
	return refusal{name, "issued", fold.Void, "manifest", func(s *scene) []byte {
		return called(s, func(m *record.Vote) { change(s, m) })
	}}
}

// called makes the record that calls a vote, with a manifest of its own in all parts.
func called(s *scene, change func(*record.Vote)) []byte {
	s.t.Helper()
	m := s.r.NewVote().Manifest
	m.Contests = []contest.Contest{simulate.YesNo("question"), simulate.Choose("board", 3, 1, 2, 1)}
	change(m)
	return s.o.Officer(s.r.ID, m).Raw()
}

// SPEC.md §9.6.
var ceremonyRefusals = []refusal{
	{"attempt 0", "called", fold.Void, "attempt", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1}).Raw()
	}},
	{"attempt 2", "called", fold.Void, "attempt", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 2}).Raw()
	}},
	{"a message of the attempt before", "accept", fold.Void, "attempt", func(s *scene) []byte {
		s.fork()
		accept := s.v.Next(1)
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartSilent}))
		return s.v.By(1, accept).Raw()
	}},
	{"a restart of another attempt", "called", fold.Void, "attempt", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		return s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 2, Trustee: 1, Reason: record.RestartSilent}).Raw()
	}},
	{"E6 a second commitment", "called", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.Next(1)))
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1, Hash: record.ID{1}}).Raw()
	}},
	{"E6 a second package", "package", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		b := s.v.Next(1)
		s.o.Post(s.v.By(1, b))
		return s.v.By(1, b).Raw()
	}},
	{"E6 other shares", "shares", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		b := s.v.Next(1).(*record.KeygenShares)
		s.o.Post(s.v.By(1, b))
		other := *b
		other.Sealed = slices.Clone(b.Sealed)
		other.Sealed[0], other.Sealed[1] = other.Sealed[1], other.Sealed[0]
		return s.v.By(1, &other).Raw()
	}},
	{"E5 a complaint after having accepted", "accept", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.Next(1)))
		return s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2}).Raw()
	}},
	{"a second test", "test", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.Next(1)))
		return s.v.By(1, &record.KeygenTest{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"E2 a package before all have committed", "called", fold.Void, "order", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenPackage{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"shares before all packages", "package", fold.Void, "order", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenShares{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"accepts before all shares", "shares", fold.Void, "order", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenAccept{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"E5 complains before all shares", "shares", fold.Void, "order", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2}).Raw()
	}},
	{"tests before all have accepted", "accept", fold.Void, "order", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenTest{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"E5 goes on after a complaint", "accept", fold.Void, "order", func(s *scene) []byte {
		s.fork()
		accept := s.v.Next(2)
		s.o.Post(s.v.By(1, falseComplaint(s, 1, 2)))
		return s.v.By(2, accept).Raw()
	}},
	{"E2 another package than committed to", "package", fold.Void, "keygen-hash", func(s *scene) []byte {
		d := dealer(s, 1)
		return s.v.By(1, packageBody(1, d.Package())).Raw()
	}},
	{"E2 the package with another proof", "package", fold.Void, "keygen-hash", func(s *scene) []byte {
		b := s.v.Next(1).(*record.KeygenPackage)
		b.Proof = slices.Clone(b.Proof)
		b.Proof[0] ^= 1
		return s.v.By(1, b).Raw()
	}},
	packaged("E3 one coefficient more", "degree", func(s *scene, p *threshold.Package) {
		p.Coefficients = append(p.Coefficients, group.Generator().Bytes()...)
	}),
	packaged("E3 one coefficient less", "degree", func(s *scene, p *threshold.Package) { p.Coefficients = p.Coefficients[32:] }),
	packaged("E3 no coefficients", "degree", func(s *scene, p *threshold.Package) { p.Coefficients = nil }),
	packaged("E3 half a coefficient", "degree", func(s *scene, p *threshold.Package) { p.Coefficients = p.Coefficients[16:] }),
	packaged("E3 the identity for the last coefficient", "pop", func(s *scene, p *threshold.Package) { clear(p.Coefficients[32:]) }),
	packaged("B6 the identity for the first coefficient", "pop", func(s *scene, p *threshold.Package) { clear(p.Coefficients[:32]) }),
	packaged("B1 a coefficient that is no element", "pop", func(s *scene, p *threshold.Package) { p.Coefficients[0] |= 1 }),
	packaged("E1 a key that cancels the others'", "pop", func(s *scene, p *threshold.Package) {
		// φ_10 = g / (φ_20 φ_30): the joint key would be g, of which everybody knows the logarithm.
		rogue := group.Generator()
		for i := 2; i <= 3; i++ {
			other, err := group.DecodeElement(s.v.Next(i).(*record.KeygenPackage).Coefficients[:32])
			if err != nil {
				s.t.Fatal(err)
			}
			rogue = rogue.Sub(other)
		}
		copy(p.Coefficients, rogue.Bytes())
	}),
	packaged("E1 another trustee's package", "pop", func(s *scene, p *threshold.Package) {
		b := s.v.Next(2).(*record.KeygenPackage)
		*p = threshold.Package{Coefficients: b.Coefficients, Sealing: b.Sealing, Proof: b.Proof}
	}),
	packaged("E1 another sealing key", "pop", func(s *scene, p *threshold.Package) { p.Sealing = dealer(s, 1).Package().Sealing }),
	packaged("a sealing key of low order", "pop", func(s *scene, p *threshold.Package) { p.Sealing = [32]byte{1} }),
	packaged("no proof", "pop", func(s *scene, p *threshold.Package) { p.Proof = nil }),
	packaged("B5 a response plus the group's order", "pop", func(s *scene, p *threshold.Package) {
		p.Proof = addOrder(p.Proof, len(p.Proof)-32)
	}),
	{"E1 a package of another vote", "called", fold.Void, "pop", func(s *scene) []byte {
		s.fork()
		other := s.r.Vote(func(m *record.Vote) { m.Trustees[0].Key = s.v.Manifest.Trustees[0].Key })
		other.Trustees[0].Key = s.v.Trustees[0].Key
		d := dealerOf(s, other, 1)
		p := s.v.State().Ceremony.Parameters()
		s.o.Post(s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1, Hash: p.PackageHash(1, d.Package())}))
		for i := 2; i <= 3; i++ {
			s.o.Post(s.v.By(i, s.v.Next(i)))
		}
		return s.v.By(1, packageBody(1, d.Package())).Raw()
	}},
	{"two sealed shares of three", "shares", fold.Void, "form", func(s *scene) []byte {
		b := *s.v.Next(1).(*record.KeygenShares)
		b.Sealed = b.Sealed[:2]
		return s.v.By(1, &b).Raw()
	}},
	{"four sealed shares of three", "shares", fold.Void, "form", func(s *scene) []byte {
		b := *s.v.Next(1).(*record.KeygenShares)
		b.Sealed = slices.Repeat(b.Sealed, 2)[:4]
		return s.v.By(1, &b).Raw()
	}},
	{"E5 against oneself", "accept", fold.Void, "complaint", func(s *scene) []byte {
		return s.v.By(1, falseComplaint(s, 1, 1)).Raw()
	}},
	{"E4 against trustee 0", "accept", fold.Void, "complaint", func(s *scene) []byte {
		return s.v.By(1, falseComplaint(s, 1, 0)).Raw()
	}},
	{"against trustee 4", "accept", fold.Void, "complaint", func(s *scene) []byte {
		return s.v.By(1, falseComplaint(s, 1, 4)).Raw()
	}},
	{"E5 with another key than one's own", "accept", fold.Void, "complaint", func(s *scene) []byte {
		b := falseComplaint(s, 2, 1)
		b.Trustee, b.Against = 1, 2
		return s.v.By(1, b).Raw()
	}},
	{"E7 the test of another trustee", "test", fold.Void, "test", func(s *scene) []byte {
		b := *s.v.Next(2).(*record.KeygenTest)
		b.Trustee = 1
		return s.v.By(1, &b).Raw()
	}},
	{"B6 the identity for a share", "test", fold.Void, "test", func(s *scene) []byte {
		b := *s.v.Next(1).(*record.KeygenTest)
		b.Share = [32]byte{}
		return s.v.By(1, &b).Raw()
	}},
	{"a share that is no element", "test", fold.Void, "test", func(s *scene) []byte {
		b := *s.v.Next(1).(*record.KeygenTest)
		b.Share[31] = 0xff
		return s.v.By(1, &b).Raw()
	}},
	{"A10 a proof that is of another share", "test", fold.Void, "test", func(s *scene) []byte {
		b := *s.v.Next(1).(*record.KeygenTest)
		b.Proof = s.v.Next(2).(*record.KeygenTest).Proof
		return s.v.By(1, &b).Raw()
	}},
	{"silent before the deadline", "called", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.State().Ceremony.Deadline())
		return restart(s, 1, record.RestartSilent)
	}},
	{"E5 silent, of one who has spoken", "called", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, s.v.Next(1)))
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		return restart(s, 1, record.RestartSilent)
	}},
	{"silent, of nobody", "called", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		return restart(s, 0, record.RestartSilent)
	}},
	{"silent, when the key is ready", "ready", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		return restart(s, 1, record.RestartSilent)
	}},
	{"silent, after a complaint", "accept", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, falseComplaint(s, 1, 2)))
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		return restart(s, 3, record.RestartSilent)
	}},
	{"E5 a complaint that nobody made", "accept", fold.Void, "fault", func(s *scene) []byte {
		return restart(s, 2, record.RestartComplaint)
	}},
	{"E5 a complaint, naming the wrong one", "accept", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.By(1, falseComplaint(s, 1, 2)))
		return restart(s, 2, record.RestartComplaint)
	}},
	{"a reason nobody knows", "called", fold.Void, "form", func(s *scene) []byte { return restart(s, 1, "weather") }},
	{"replaces one without fault", "called", fold.Void, "fault", func(s *scene) []byte { return replaced(s, nil) }},
	{"replaces one with one fault", "called", fold.Void, "fault", func(s *scene) []byte {
		s.fork()
		silence(s, 1)
		return replaced(s, nil)
	}},
	{"replaces nobody", "called", fold.Void, "fault", func(s *scene) []byte {
		return replaced(s, func(b *record.TrusteeReplace) { b.Trustee = 4 })
	}},
	{"replaces by a name that is none", "called", fold.Void, "form", func(s *scene) []byte {
		return replaced(s, func(b *record.TrusteeReplace) { b.Name = "" })
	}},
	{"replaces without a reason", "called", fold.Void, "form", func(s *scene) []byte {
		return replaced(s, func(b *record.TrusteeReplace) { b.Reason = "" })
	}},
	{"B6 replaces by the identity", "called", fold.Void, "form", func(s *scene) []byte {
		return replaced(s, func(b *record.TrusteeReplace) { b.Key = record.Key{} })
	}},
	{"replaces by another trustee of the vote", "called", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		silence(s, 2)
		return replaced(s, func(b *record.TrusteeReplace) { b.Key = s.v.Manifest.Trustees[1].Key })
	}},
	{"replaces by the one who is replaced", "called", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		silence(s, 2)
		return replaced(s, func(b *record.TrusteeReplace) { b.Key = s.v.Manifest.Trustees[0].Key })
	}},
	{"key generation when the vote is open", "open", fold.Void, "phase", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 2}).Raw()
	}},
	{"a restart when the vote is open", "open", fold.Void, "phase", func(s *scene) []byte { return restart(s, 1, record.RestartSilent) }},
	{"a replacement when the vote is open", "open", fold.Void, "phase", func(s *scene) []byte { return replaced(s, nil) }},
}

// dealer draws secrets of a trustee for the current attempt.
func dealer(s *scene, i int) *threshold.Dealer {
	s.t.Helper()
	return dealerOf(s, s.v, i)
}

func dealerOf(s *scene, v *simulate.Vote, i int) *threshold.Dealer {
	s.t.Helper()
	d, err := threshold.NewDealer(v.State().Ceremony.Parameters(), i, v.Manifest.Trustees[i-1].Key, randomness)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func packageBody(i uint64, p threshold.Package) *record.KeygenPackage {
	return &record.KeygenPackage{Trustee: i, Attempt: 1, Coefficients: p.Coefficients, Sealing: p.Sealing, Proof: p.Proof}
}

// packaged is a package by trustee 1 that is not quite right, and that it has committed to.
func packaged(name, code string, change func(*scene, *threshold.Package)) refusal {
	return refusal{name, "called", fold.Void, code, func(s *scene) []byte {
		s.fork()
		p := dealer(s, 1).Package()
		// The packages of the others are known to one who corrupts the board, though not to one who waits for them to be published.
		ahead := *s
		ahead.fork()
		ahead.v.CeremonyUntil(tally.StepPackage)
		change(&ahead, &p)
		copy(s.v.Trustees[1:], ahead.v.Trustees[1:])
		hash := s.v.State().Ceremony.Parameters().PackageHash(1, p)
		s.o.Post(s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1, Hash: hash}))
		for i := 2; i <= 3; i++ {
			s.o.Post(s.v.By(i, s.v.Next(i)))
		}
		return s.v.By(1, packageBody(1, p)).Raw()
	}}
}

// falseComplaint is one of trustee i against a share that is good.
func falseComplaint(s *scene, i, against int) *record.KeygenComplaint {
	s.t.Helper()
	return &record.KeygenComplaint{Trustee: uint64(i), Attempt: 1, Against: uint64(against), Opened: s.v.SealingKey(i)}
}

func restart(s *scene, trustee uint64, reason string) []byte {
	return s.v.Officer(&record.KeygenRestart{By: 1, Attempt: s.v.State().Ceremony.Attempt(), Trustee: trustee, Reason: reason}).Raw()
}

// silence has trustee 1 miss its deadline so many times.
func silence(s *scene, times int) {
	s.t.Helper()
	for range times {
		c := s.v.State().Ceremony
		s.o.Reach(c.Deadline() + 1)
		s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: c.Attempt(), Trustee: 1, Reason: record.RestartSilent}))
	}
}

// replaced makes the record that replaces trustee 1.
func replaced(s *scene, change func(*record.TrusteeReplace)) []byte {
	b := &record.TrusteeReplace{
		By: 1, Trustee: 1, Name: "Trustee 4", URL: "https://trustee4.example", Key: simulate.NewKey(s.t).Public().Encoding(), Reason: "silent twice",
	}
	if change != nil {
		change(b)
	}
	return s.v.Officer(b).Raw()
}

// SPEC.md §9.7.
var openingRefusals = []refusal{
	{"a second opening", "open", fold.Void, "phase", func(s *scene) []byte { return find(s, "opening").Raw() }},
	{"before its time", "ready", fold.Fatal, "opening-time", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Opens - 1)
		return s.v.Officer(s.v.Opening()).Raw()
	}},
	{"G13 when voting was to close", "ready", fold.Fatal, "opening-time", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Closes)
		return s.v.Officer(s.v.Opening()).Raw()
	}},
	{"without a key", "test", fold.Fatal, "opening-ceremony", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Opens)
		return s.v.Officer(s.v.Opening()).Raw()
	}},
	{"before any package", "called", fold.Fatal, "opening-ceremony", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Opens)
		return s.v.Officer(&record.Opening{By: 1, Attempt: 1}).Raw()
	}},
	opening("a key of attempt 2", "opening-ceremony", func(s *scene, b *record.Opening) { b.Attempt = 2 }),
	opening("E6 another ceremony", "opening-ceremony", func(s *scene, b *record.Opening) { b.Ceremony[0] ^= 1 }),
	opening("F10 other registrars' keys", "opening-slot", func(s *scene, b *record.Opening) { b.RegistrarKeys = s.v.State().Round.KeysID(1) }),
	opening("A2 another key", "opening-key", func(s *scene, b *record.Opening) { b.Key = s.o.Board.Public().Encoding() }),
	opening("B6 the identity for the key", "opening-key", func(s *scene, b *record.Opening) { b.Key = record.Key{} }),
	opening("E7 two trustees' keys in each other's place", "opening-key", func(s *scene, b *record.Opening) {
		b.TrusteeKeys = slices.Concat(b.TrusteeKeys[32:64], b.TrusteeKeys[:32], b.TrusteeKeys[64:])
	}),
	opening("a trustee's key less", "opening-key", func(s *scene, b *record.Opening) { b.TrusteeKeys = b.TrusteeKeys[:64] }),
	{"a registrar has no key for the slot", "accepted", fold.Fatal, "opening-slot", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
		return unready(s)
	}},
	{"a registrar has not accepted the roll", "round", fold.Fatal, "opening-slot", func(s *scene) []byte {
		s.fork()
		s.r.Keys()
		s.o.Post(s.r.By(2, &record.RollAccept{Registrar: 2, Root: s.o.State.Round(s.r.ID).Roll.Announce.Root}))
		return unready(s)
	}},
}

func opening(name, code string, change func(*scene, *record.Opening)) refusal {
	return refusal{name, "ready", fold.Fatal, code, func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Opens)
		b := s.v.Opening()
		change(s, b)
		return s.v.Officer(b).Raw()
	}}
}

// unready opens a vote in a round that is not ready.
func unready(s *scene) []byte {
	s.t.Helper()
	v := s.r.Vote()
	v.Ceremony()
	s.o.Reach(v.Manifest.Opens)
	return v.Officer(v.Opening()).Raw()
}
