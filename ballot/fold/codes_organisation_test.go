package fold_test

import (
	"bytes"
	"slices"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
	"mandate/crypto/blind/blindtest"
)

// SPEC.md §9.1.
var formRefusals = []refusal{
	{"J3 one byte too long", "begun", fold.Fatal, "oversize", func(s *scene) []byte { return make([]byte, record.MaxSize+1) }},
	{"nothing", "begun", fold.Fatal, "oversize", func(s *scene) []byte { return []byte{} }},
	{"J4 no CBOR", "begun", fold.Fatal, "malformed", func(s *scene) []byte { return []byte("hello") }},
	{"J2 a byte after the end", "begun", fold.Fatal, "malformed", func(s *scene) []byte {
		return append(bytes.Clone(s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board).Raw()), 0)
	}},
	{"J2 a field too many", "begun", fold.Fatal, "malformed", func(s *scene) []byte {
		return encode(s.t, []any{"time", s.o.Genesis[:], []any{uint64(simulate.Begin), 1}}, make([]byte, 64))
	}},
	{"J2 an integer for a text", "begun", fold.Fatal, "malformed", func(s *scene) []byte {
		return encode(s.t, []any{"time", s.o.Genesis[:], []any{"now"}}, make([]byte, 64))
	}},
	{"J2 a short id", "begun", fold.Fatal, "malformed", func(s *scene) []byte {
		return encode(s.t, []any{"time", s.o.Genesis[:31], []any{uint64(simulate.Begin)}}, make([]byte, 64))
	}},
	{"J12 a kind nobody knows", "begun", fold.Fatal, "unknown-kind", func(s *scene) []byte {
		return encode(s.t, []any{"time2", s.o.Genesis[:], []any{uint64(simulate.Begin)}}, make([]byte, 64))
	}},
	{"a second one", "begun", fold.Fatal, "genesis", func(s *scene) []byte { return s.o.Log()[0] }},
	{"another record first", "begun", fold.Fatal, "genesis", func(s *scene) []byte {
		s.o = s.o.Until(0)
		s.r, s.v = nil, nil
		return s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board).Raw()
	}},
	genesis("J12 an older version", func(s *scene, g *record.Genesis) { g.Version = "mandate/v0" }),
	genesis("origin with a space", func(s *scene, g *record.Genesis) { g.Origin = "a b" }),
	genesis("origin with a plus", func(s *scene, g *record.Genesis) { g.Origin = "a+b" }),
	genesis("origin with a scheme", func(s *scene, g *record.Genesis) { g.Origin = "https://a.example" }),
	genesis("no origin", func(s *scene, g *record.Genesis) { g.Origin = "" }),
	genesis("G7 a log key of another name", func(s *scene, g *record.Genesis) { g.Origin += "x" }),
	genesis("a log key that is none", func(s *scene, g *record.Genesis) { g.LogKey = g.LogKey[:20] }),
	genesis("a witness's key for the log's", func(s *scene, g *record.Genesis) { g.LogKey = simulate.NewWitness(s.t, g.Origin).Key }),
	genesis("no title", func(s *scene, g *record.Genesis) { g.Title = nil }),
	genesis("B6 identity for the board's key", func(s *scene, g *record.Genesis) { g.Board = record.Key{} }),
	genesis("no commission", func(s *scene, g *record.Genesis) { g.Commission = nil }),
	genesis("17 officers", func(s *scene, g *record.Genesis) { g.Commission = manyOfficers(s, 17) }),
	genesis("one officer twice", func(s *scene, g *record.Genesis) { g.Commission[1].Key = g.Commission[0].Key }),
	genesis("an officer with the board's key", func(s *scene, g *record.Genesis) { g.Commission[1].Key = g.Board }),
	genesis("an officer without a name", func(s *scene, g *record.Genesis) { g.Commission[1].Name = "" }),
	{"scope of the first record", "begun", fold.Fatal, "genesis", func(s *scene) []byte {
		b := s.o.GenesisBody()
		s.o = s.o.Until(0)
		zero := *s.o
		zero.Genesis = record.ID{}
		return zero.Sign(record.ID{1}, b, s.o.Board).Raw()
	}},
	{"nothing follows a bad beginning", "begun", fold.Void, "scope", func(s *scene) []byte {
		good := s.o.Log()[1]
		s.o = s.o.Until(0)
		if got := s.o.Append(good); got.Code != "genesis" {
			s.t.Fatalf("first record: %v", got)
		}
		return good
	}},
	{"a genesis record in second place", "begun", fold.Fatal, "genesis", func(s *scene) []byte {
		log := s.o.Log()
		s.o = s.o.Until(0)
		s.o.Append(log[1])
		return log[0]
	}},
	{"C5 time of another log", "begun", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Sign(record.ID{1}, &record.Time{Now: simulate.Begin}, s.o.Board).Raw()
	}},
	{"roll with a round for scope", "round", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Officer(s.r.ID, &record.Roll{By: 1}).Raw()
	}},
	{"part of no roll", "rolled", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Officer(s.o.Genesis, &record.RollPart{By: 1}).Raw()
	}},
	{"round with a roll for scope", "rolled", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Officer(record.ID{1}, &record.Round{By: 1}).Raw()
	}},
	{"vote of no round", "issued", fold.Void, "scope", func(s *scene) []byte {
		return s.o.Officer(s.o.Genesis, s.r.NewVote().Manifest).Raw()
	}},
	{"ballot of no vote", "open", fold.Void, "scope", func(s *scene) []byte {
		b := s.v.Ballot(0, []int{simulate.Yes}, []int{0})
		return s.o.Sign(s.r.ID, b.Body, s.o.Board).Raw()
	}},
	{"officer 3 of 2", "rolled", fold.Void, "author", func(s *scene) []byte {
		b := body[*record.Round](s, "round", "round")
		b.By = 3
		return s.o.Officer(s.o.Genesis, &b).Raw()
	}},
	{"officer 0", "begun", fold.Void, "author", func(s *scene) []byte {
		return s.o.Officer(s.o.Genesis, &record.Roll{By: 0}).Raw()
	}},
	{"registrar 3 of 2", "accepted", fold.Void, "author", func(s *scene) []byte {
		return s.o.Sign(s.r.ID, &record.Issue{Registrar: 3, Entry: 1}, s.r.Registrars[0].Key).Raw()
	}},
	{"F12 registrar 0", "accepted", fold.Void, "author", func(s *scene) []byte {
		return s.o.Sign(s.r.ID, &record.Issue{Registrar: 0, Entry: 1}, s.r.Registrars[0].Key).Raw()
	}},
	{"E4 trustee 0", "called", fold.Void, "author", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenCommit{Trustee: 0, Attempt: 1}).Raw()
	}},
	{"E11 trustee 4 of 3", "signed", fold.Void, "author", func(s *scene) []byte {
		b := s.v.SharesBody(1, 0)
		b.Trustee = 4
		return s.v.By(1, b).Raw()
	}},
	{"relay 2 of 1", "closed", fold.Void, "author", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Promises{Author: 2, Last: true}, s.v.Relays[0]).Raw()
	}},
	{"registrar 1's in the name of registrar 2", "round", fold.Void, "signature", func(s *scene) []byte {
		b := body[*record.RollAccept](s, "accepted", "roll-accept")
		b.Registrar = 2
		return s.r.By(1, &b).Raw()
	}},
	{"B5 a signature plus the group's order", "begun", fold.Void, "signature", func(s *scene) []byte {
		r := s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board)
		return reseal(s, r, addOrder(r.Seal(), 32))
	}},
	{"J11 a signature of zeros", "begun", fold.Void, "signature", func(s *scene) []byte {
		r := s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board)
		return reseal(s, r, make([]byte, 64))
	}},
	{"a signature with a byte more", "begun", fold.Void, "signature", func(s *scene) []byte {
		r := s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board)
		return reseal(s, r, append(bytes.Clone(r.Seal()), 0))
	}},
	{"C5 made for another log", "begun", fold.Void, "signature", func(s *scene) []byte {
		other := *s.o
		other.Genesis = record.ID{1}
		return other.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin}, s.o.Board).Raw()
	}},
	{"the clock goes back", "begun", fold.Fatal, "time-back", func(s *scene) []byte {
		return s.o.Sign(s.o.Genesis, &record.Time{Now: simulate.Begin - 1}, s.o.Board).Raw()
	}},
	{"a time past the year 9999", "begun", fold.Void, "form", func(s *scene) []byte {
		return s.o.Sign(s.o.Genesis, &record.Time{Now: record.MaxTime + 1}, s.o.Board).Raw()
	}},
}

// genesis is a log that begins with a genesis record that is not quite right.
func genesis(name string, change func(*scene, *record.Genesis)) refusal {
	return refusal{name, "begun", fold.Fatal, "genesis", func(s *scene) []byte {
		b := s.o.GenesisBody()
		change(s, b)
		s.o = s.o.Until(0)
		return signGenesis(s, b, s.o.Board).Raw()
	}}
}

func manyOfficers(s *scene, n int) []record.Officer {
	var out []record.Officer
	for range n {
		out = append(out, record.Officer{Name: "Officer", Key: simulate.NewKey(s.t).Public().Encoding()})
	}
	return out
}

// find returns the first record of a kind on a scene's log.
func find(s *scene, kind string) *record.Record {
	s.t.Helper()
	for _, raw := range s.o.Log() {
		if r, err := record.Decode(raw); err == nil && r.Kind() == kind {
			return r
		}
	}
	s.t.Fatalf("no %s record on the log", kind)
	return nil
}

// body returns a copy of the body of the first record of a kind in a later scene.
func body[P interface{ *T }, T any](s *scene, later, kind string) T {
	s.t.Helper()
	l := at(s.t, later)
	b, ok := find(&l, kind).Body.(any).(P)
	if !ok {
		s.t.Fatalf("the %s record's body has another type", kind)
	}
	return *b
}

func reseal(s *scene, r *record.Record, seal []byte) []byte {
	s.t.Helper()
	return encode(s.t, r.Payload(), seal)
}

// addOrder adds the group's order to the scalar at an offset, which gives another encoding of the same scalar. It is below 2^256.
func addOrder(b []byte, at int) []byte {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	out := bytes.Clone(b)
	carry := 0
	for i := range 32 {
		carry += int(out[at+i]) + int(order[i])
		out[at+i] = byte(carry)
		carry >>= 8
	}
	return out
}

// SPEC.md §9.3 and §9.4.
var organisationRefusals = []refusal{
	{"the same roll-id again", "rolled", fold.Void, "dup", func(s *scene) []byte {
		b := find(s, "roll").Body.(*record.Roll)
		return s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: b.RollID, Title: "Other", AsOf: b.AsOf, Count: 1}).Raw()
	}},
	rollForm("no entries", func(b *record.Roll) { b.Count = 0 }),
	rollForm("too many entries", func(b *record.Roll) { b.Count = record.MaxRoll + 1 }),
	rollForm("no title", func(b *record.Roll) { b.Title = "" }),
	rollForm("G14 a title with an invisible character", func(b *record.Roll) { b.Title = "All\u200bmembers" }),
	rollForm("a segment that ends in a space", func(b *record.Roll) { b.Segment = "North " }),
	rollForm("a date that is none", func(b *record.Roll) { b.AsOf = "2027-1-1" }),
	{"a second part first", "begun", fold.Void, "order", func(s *scene) []byte { return longRoll(s, 1) }},
	{"a part after the last", "rolled", fold.Void, "order", func(s *scene) []byte {
		return s.o.Officer(find(s, "roll").ID(), &record.RollPart{By: 1, Part: 1, Entries: make([]byte, 32)}).Raw()
	}},
	{"the same part again", "rolled", fold.Void, "dup", func(s *scene) []byte { return find(s, "roll-part").Raw() }},
	{"a first part of 1999", "begun", fold.Void, "form", func(s *scene) []byte {
		return longRoll(s, 0, func(b *record.RollPart) { b.Entries = b.Entries[32:] })
	}},
	{"a last part of two", "begun", fold.Void, "form", func(s *scene) []byte {
		return longRoll(s, 1, func(b *record.RollPart) { b.Entries = append(b.Entries, make([]byte, 32)...) }, 0)
	}},
	{"a part that is no number of entries", "begun", fold.Void, "form", func(s *scene) []byte {
		return longRoll(s, 1, func(b *record.RollPart) { b.Entries = b.Entries[1:] }, 0)
	}},
	{"another last entry", "begun", fold.Void, "roll-root", func(s *scene) []byte {
		return longRoll(s, 1, func(b *record.RollPart) { b.Entries[31] ^= 1 }, 0)
	}},
	{"a round of a roll that is not whole", "begun", fold.Void, "roll", func(s *scene) []byte {
		part := longRoll(s, 1, nil, 0)
		r, err := record.Decode(part)
		if err != nil {
			s.t.Fatal(err)
		}
		b, _ := s.o.RoundBody(r.Scope)
		return s.o.Officer(s.o.Genesis, b).Raw()
	}},
	{"a round of no roll", "rolled", fold.Void, "roll", func(s *scene) []byte {
		b, _ := s.o.RoundBody(s.o.Genesis)
		return s.o.Officer(s.o.Genesis, b).Raw()
	}},
	roundForm("no title", func(s *scene, b *record.Round) { b.Title = nil }),
	roundForm("no registrars", func(s *scene, b *record.Round) { b.Registrars = nil }),
	roundForm("nine registrars", func(s *scene, b *record.Round) { b.Registrars = slices.Repeat(b.Registrars, 5)[:9] }),
	roundForm("F12 one registrar twice", func(s *scene, b *record.Round) { b.Registrars[1].Key = b.Registrars[0].Key }),
	roundForm("B6 identity for a registrar's key", func(s *scene, b *record.Round) { b.Registrars[1].Key = record.Key{} }),
	roundForm("a registrar without an operator", func(s *scene, b *record.Round) { b.Registrars[0].Operator = "" }),
	roundForm("a registrar with a script for address", func(s *scene, b *record.Round) { b.Registrars[0].URL = "javascript:alert(1)" }),
	roundForm("no slots", func(s *scene, b *record.Round) { b.Slots, b.PetitionSlots = 0, 0 }),
	roundForm("65 slots", func(s *scene, b *record.Round) { b.Slots = 65 }),
	roundForm("more petition slots than slots", func(s *scene, b *record.Round) { b.PetitionSlots = b.Slots + 1 }),
	roundForm("closes when it opens", func(s *scene, b *record.Round) { b.Closes = b.Opens }),
	roundForm("closes after the year 9999", func(s *scene, b *record.Round) { b.Closes = record.MaxTime + 1 }),
	{"a registrar accepts the roll twice", "accepted", fold.Void, "dup", func(s *scene) []byte { return find(s, "roll-accept").Raw() }},
	{"a registrar accepts another roll", "round", fold.Void, "roll-root", func(s *scene) []byte {
		return s.r.By(1, &record.RollAccept{Registrar: 1, Root: record.ID{1}}).Raw()
	}},
	{"a key for slot 3 of 3", "accepted", fold.Void, "form", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Slot = 3
		return s.r.By(1, b).Raw()
	}},
	{"a second key of one slot", "issued", fold.Void, "dup", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Modulus[0] ^= 1
		return s.r.By(1, b).Raw()
	}},
	{"C6 a key of another slot", "accepted", fold.Void, "key-reuse", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
		s.r.Registrars[0].Slots[1] = s.r.Registrars[0].Slots[0]
		return s.r.By(1, s.r.SlotKey(1, 1)).Raw()
	}},
	{"F10: a key of another registrar", "accepted", fold.Void, "key-reuse", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
		s.r.Registrars[1].Slots[0] = s.r.Registrars[0].Slots[0]
		return s.r.By(2, s.r.SlotKey(2, 0)).Raw()
	}},
	{"C6 a key of another round", "issued", fold.Void, "key-reuse", func(s *scene) []byte {
		s.fork()
		private, id := s.o.PostRoll()
		next := s.o.RoundOf(private, id)
		next.Registrars[0].Slots[0] = s.r.Registrars[0].Slots[0]
		return next.By(1, next.SlotKey(1, 0)).Raw()
	}},
	{"F8 a root that is wrong", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Roots[1000] ^= 1
		return s.r.By(1, b).Raw()
	}},
	{"F8 the certificate of another slot", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Slot = 1
		return s.r.By(1, b).Raw()
	}},
	{"F8 the certificate of another registrar", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Registrar = 2
		return s.r.By(2, b).Raw()
	}},
	{"F8 a key that is no permutation", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		modulus, _, _ := blindtest.NotAPermutation(s.t)
		b.Modulus = [record.ModulusSize]byte(modulus)
		return s.r.By(1, b).Raw()
	}},
	{"B3 an even modulus", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Modulus[record.ModulusSize-1] &= 0xfe
		return s.r.By(1, b).Raw()
	}},
	{"B3 a modulus of 2047 bits", "accepted", fold.Void, "key", func(s *scene) []byte {
		b := s.r.SlotKey(1, 0)
		b.Modulus[0] &= 0x7f
		return s.r.By(1, b).Raw()
	}},
	{"issues of a registrar who has not accepted the roll", "round", fold.Void, "phase", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{0}}).Raw()
	}},
	{"issues of nobody", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1}).Raw()
	}},
	{"F5 an entry that is not on the roll", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{5, 6}}).Raw()
	}},
	{"F5 one entry twice", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{4, 4}}).Raw()
	}},
	{"8001 entries", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: make([]uint64, record.MaxIssues+1)}).Raw()
	}},
	{"F19 an entry that is not on the roll, alone", "issued", fold.Void, "form", func(s *scene) []byte {
		return s.r.By(1, &record.Issue{Registrar: 1, Entry: 6}).Raw()
	}},
	{"issues that are all there", "issued", fold.Void, "dup", func(s *scene) []byte {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{1, 3}}).Raw()
	}},
	{"F19 an issue that is there", "issued", fold.Void, "dup", func(s *scene) []byte {
		return s.r.By(1, &record.Issue{Registrar: 1, Entry: 3}).Raw()
	}},
}

func rollForm(name string, change func(*record.Roll)) refusal {
	return refusal{"roll: " + name, "rolled", fold.Void, "form", func(s *scene) []byte {
		b := *find(s, "roll").Body.(*record.Roll)
		b.RollID = record.ID{1}
		change(&b)
		return s.o.Officer(s.o.Genesis, &b).Raw()
	}}
}

func roundForm(name string, change func(*scene, *record.Round)) refusal {
	return refusal{"round: " + name, "rolled", fold.Void, "form", func(s *scene) []byte {
		b, _ := s.o.RoundBody(find(s, "roll").ID())
		change(s, b)
		return s.o.Officer(s.o.Genesis, b).Raw()
	}}
}

// longRoll announces a roll of two parts on a fork of the scene, posts the parts in post, and returns part n, changed.
func longRoll(s *scene, n int, rest ...any) []byte {
	s.t.Helper()
	s.fork()
	entries := make([]roll.Hash, record.PartEntries+1)
	for i := range entries {
		entries[i] = roll.Hash{byte(i), byte(i >> 8)}
	}
	id := s.o.Post(s.o.Officer(s.o.Genesis, &record.Roll{
		By: 1, RollID: record.ID{2}, Title: strings.Repeat("x", text.MaxName), AsOf: "2028-02-29", Count: uint64(len(entries)), Root: roll.Root(entries),
	}))
	parts := roll.Parts(1, entries)
	b := parts[n]
	for _, x := range rest {
		switch x := x.(type) {
		case int:
			s.o.Post(s.o.Officer(id, parts[x]))
		case func(*record.RollPart):
			x(b)
		}
	}
	return s.o.Officer(id, b).Raw()
}
