package electiontest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
	"mandate/verifier"
)

// bounds is an election with a void record for each of the bounds of one kind of record: each record breaks one of them, and no other. The
// story goes on to its result, which is empty for one that ends here.
func bounds[T any](st *story, name, what, at, code, result string, rows []string, changes []func(s *scene, b *T), make func(s *scene, change func(b *T)) *record.Record) Election {
	want := verified(result, slices.Repeat([]string{code}, len(changes))...)
	if result == "" {
		want.Verdict = verifier.Unfinished
	}
	return st.bad("bounds-"+name, what, at, rows, want, result != "", func(s *scene) {
		for _, c := range changes {
			s.put(make(s, func(b *T) { c(s, b) }))
		}
	})
}

// badBounds break every bound on a value, a number of items or the form of a text, each by as little as can be.
func badBounds() []Election {
	es := []Election{
		bounds(&plain, "manifest", "Votes are called with manifests that are not well-formed, in many ways.", "cast", "vote/manifest", plainResult, []string{"G14", "J3", "B3"}, manifestBounds,
			func(s *scene, change func(*record.Vote)) *record.Record {
				m := s.r.NewVote().Manifest
				m.Contests = []contest.Contest{simulate.YesNo("question"), simulate.Choose("board", 3, 1, 2, 1)}
				change(m)
				return s.o.Officer(s.r.ID, m)
			}),
		bounds(&plain, "ranked-manifest", "Ranked votes are called with manifests that are not well-formed.", "cast", "vote/manifest", plainResult, []string{"D6", "H4"}, rankedBounds,
			func(s *scene, change func(*record.Vote)) *record.Record {
				m := s.r.NewVote().Manifest
				m.Contests, m.Mixes = []contest.Contest{simulate.Rank("board", contest.MethodScottishSTV, 4, 4, 2)}, 2
				change(m)
				return s.o.Officer(s.r.ID, m)
			}),
		bounds(&petition, "petition", "Votes are proposed with rules that are not well-formed, in many ways.", "issued", "vote/manifest", "", []string{"F18"}, petitionBounds,
			func(s *scene, change func(*record.Rules)) *record.Record {
				m := s.r.NewVote().Manifest
				m.Rules = s.r.Plan(record.CallPetition).Rules
				change(m.Rules)
				return s.o.Officer(s.r.ID, m)
			}),
		bounds(&petition, "body", "Votes are proposed that a body is to call, of which something is not well-formed.", "issued", "vote/manifest", "", []string{"B6"}, bodyBounds,
			func(s *scene, change func(*record.BodyRule)) *record.Record {
				m := s.r.NewVote().Manifest
				m.Rules = s.r.Plan(record.CallBody).Rules
				change(m.Rules.Call.Body)
				return s.o.Officer(s.r.ID, m)
			}),
		bounds(&petition, "nominations", "Elections are proposed whose nominations are not well-formed.", "issued", "vote/manifest", "", []string{"J3"}, nominationRuleBounds,
			func(s *scene, change func(*record.Vote)) *record.Record {
				m := s.r.NewVote().Manifest
				m.Contests = []contest.Contest{simulate.Choose("committee", 0, 0, 100, 2)}
				m.Rules = s.r.Plan(record.CallReason).Rules
				m.Rules.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
				change(m)
				return s.o.Officer(s.r.ID, m)
			}),
		bounds(&plain, "roll", "Rolls are announced that are not well-formed.", "cast", "roll/form", plainResult, []string{"G14"}, rollBounds,
			func(s *scene, change func(*record.Roll)) *record.Record {
				b := *s.find("roll").Body.(*record.Roll)
				b.RollID = record.ID{1}
				change(&b)
				return s.o.Officer(s.o.Genesis, &b)
			}),
		bounds(&plain, "round", "Rounds are announced that are not well-formed.", "cast", "round/form", plainResult, []string{"F6", "F12", "B6"}, roundBounds,
			func(s *scene, change func(*record.Round)) *record.Record {
				b, _ := s.o.RoundBody(s.find("roll").ID())
				change(b)
				return s.o.Officer(s.o.Genesis, b)
			}),
		bounds(&plain, "issues", "Registrars publish lists of issues that are not well-formed.", "cast", "issues/form", plainResult, []string{"F5"}, issuesBounds,
			func(s *scene, change func(*record.Issues)) *record.Record {
				b := &record.Issues{Registrar: 1, Entries: []uint64{4, 5}}
				change(b)
				return s.r.By(1, b)
			}),
		bounds(&petition, "forum", "Forums are announced that are not well-formed.", "called", "forum/form", courseResult, []string{"I8"}, forumBounds,
			func(s *scene, change func(*record.Forum)) *record.Record {
				b := s.v.ForumBody()
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "forum-held", "Forums are said to be held in words that are not well-formed.", "forum time", "forum-held/form", courseResult, []string{"I8"}, heldBounds,
			func(s *scene, change func(*record.ForumHeld)) *record.Record {
				b := s.v.HeldBody(1)
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "statement", "Statements under a name are not well-formed.", "committed", "statement/form", courseResult, []string{"G14", "F6"}, statementBounds,
			func(s *scene, change func(*record.Statement)) *record.Record {
				m := s.r.Member(5)
				b := &record.Statement{By: 1, Side: "for", Text: "It is right.", Member: &m}
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "anonymous-statement", "Statements without a name are not well-formed.", "committed", "statement/form", courseResult, []string{"F3"}, anonymousBounds,
			func(s *scene, change func(*record.Statement)) *record.Record {
				c := s.r.Credential(5, s.v.Manifest.Rules.Statements.Slot)
				b := &record.Statement{Side: "for", Text: "It is right.", Key: c.Key, Signatures: slices.Clone(c.Signatures)}
				change(b)
				return s.o.Sign(s.v.ID, b, c.SecretKey())
			}),
		bounds(&petition, "withheld", "Statements are withheld in words that are not well-formed.", "spoken", "withheld/form", courseResult, nil, withheldBounds,
			func(s *scene, change func(*record.Withheld)) *record.Record {
				b := withhold("x")
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "packet", "Packets are not well-formed.", "revealed", "packet/form", courseResult, nil, packetBounds,
			func(s *scene, change func(*record.Packet)) *record.Record {
				b := s.v.PacketBody()
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "wrong-packet", "Packets have otherwise than the selected statements and the forums' recordings.", "revealed", "packet/packet", courseResult, nil, wrongPackets,
			func(s *scene, change func(*record.Packet)) *record.Record {
				b := s.v.PacketBody()
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "mailing", "Mailings have numbers that cannot be.", "packet", "mailing/form", courseResult, []string{"B8"}, mailingBounds,
			func(s *scene, change func(*record.Mailing)) *record.Record {
				b := s.v.MailingBody(1)
				change(b)
				return s.v.ByRegistrar(1, b)
			}),
		bounds(&election, "nomination", "Nominations are not well-formed.", "nominating", "nomination/form", electionResult, []string{"G14", "F6"}, nominationBounds,
			func(s *scene, change func(*record.Nomination)) *record.Record {
				b := s.v.NominationBody(5, "eden", 15)
				change(b)
				return s.officer(b)
			}),
		bounds(&plain, "replacement", "Trustees are replaced in words that are not well-formed.", "called", "trustee-replace/form", plainResult, []string{"B6", "E13"}, replacementBounds,
			func(s *scene, change func(*record.TrusteeReplace)) *record.Record {
				b := &record.TrusteeReplace{By: 1, Trustee: 1, Name: "Trustee 4", Key: simulate.NewKey(s).Public().Encoding(), Reason: "silent twice"}
				change(b)
				return s.officer(b)
			}),
		bounds(&plain, "restart", "Restarts name trustees who are not at fault.", "accept", "keygen-restart/fault", plainResult, []string{"E5"}, restartBounds,
			func(s *scene, change func(*record.KeygenRestart)) *record.Record {
				b := &record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartComplaint}
				change(b)
				return s.officer(b)
			}),
		bounds(&petition, "extend", "Voting is extended in words that are not well-formed.", "open", "extend/form", courseResult, nil, extendBounds,
			func(s *scene, change func(*record.Extend)) *record.Record {
				b := &record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "A storm."}
				change(b)
				return s.officer(b)
			}),
		bounds(&plain, "removal", "Entries are taken off the roll in words that are not well-formed.", "cast", "roll-removal/form", plainResult, nil, removalBounds,
			func(s *scene, change func(*record.RollRemoval)) *record.Record {
				b := &record.RollRemoval{By: 1, Entries: []uint64{4, 5}, Removed: true, Reason: "left"}
				change(b)
				return s.o.Officer(s.find("roll").ID(), b)
			}),
		bounds(&plain, "complaint", "Complaints are of trustees who are not there.", "accept", "keygen-complaint/complaint", plainResult, []string{"E4"}, complaintBounds,
			func(s *scene, change func(*record.KeygenComplaint)) *record.Record {
				b := &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: s.v.SealingKey(1)}
				change(b)
				return s.v.By(1, b)
			}),
		bounds(&plain, "test", "A trustee's test is none, in several ways.", "test", "keygen-test/test", plainResult, []string{"B1", "A10"}, testBounds,
			func(s *scene, change func(*record.KeygenTest)) *record.Record {
				b := *s.fork().v.Next(1).(*record.KeygenTest)
				change(&b)
				return s.v.By(1, &b)
			}),
	}
	for i, c := range []struct {
		what   string
		change func(s *scene, g *record.Genesis)
	}{
		{"The genesis record has no title.", func(s *scene, g *record.Genesis) { g.Title = nil }},
		{"The genesis record names 17 officers.", func(s *scene, g *record.Genesis) {
			g.Commission = nil
			for range 17 {
				g.Commission = append(g.Commission, record.Officer{Name: "Officer", Key: simulate.NewKey(s).Public().Encoding()})
			}
		}},
		{"An officer has no name.", func(s *scene, g *record.Genesis) { g.Commission[1].Name = "" }},
		{"An officer's key is the identity.", func(s *scene, g *record.Genesis) { g.Commission[1].Key = record.Key{} }},
	} {
		es = append(es, Election{fmt.Sprintf("bounds-genesis-%d", i+1), c.what, nil, refuted(5, "genesis"), func(s *scene) {
			o := simulate.New(s, simulate.Config{})
			b := o.GenesisBody()
			c.change(s, b)
			zero := *o
			zero.Genesis = record.ID{}
			s.o, s.ask = o.Until(0), false
			s.raw(zero.Sign(record.ID{}, b, o.Board).Raw())
		}})
	}
	for i, c := range []struct{ what, origin string }{
		{"The log's name has a space.", "a b"}, {"The log's name has a plus.", "a+b"}, {"The log's name has a scheme.", "https://a.example"},
		{"The log's name has 201 bytes.", strings.Repeat("a", 201)},
	} {
		es = append(es, Election{fmt.Sprintf("bounds-origin-%d", i+1), c.what, []string{"G7"}, refuted(2, "checkpoint"), func(s *scene) {
			o := simulate.New(s, simulate.Config{})
			b := o.GenesisBody()
			b.Origin = c.origin
			zero := *o
			zero.Genesis = record.ID{}
			s.o, s.ask = o.Until(0), false
			s.raw(zero.Sign(record.ID{}, b, o.Board).Raw())
		}})
	}
	es = append(es, plain.bad("bounds-roll-parts", "A roll of two parts: the first an entry short, the last an entry long, a byte short, with another entry, and before the first.", "cast", []string{"F5"},
		verified(plainResult, "roll-part/order", "roll-part/form", "roll-part/form", "roll-part/form", "roll-part/roll-root"), true, func(s *scene) {
			entries := make([]roll.Hash, record.PartEntries+1)
			for i := range entries {
				entries[i] = roll.Hash{byte(i), byte(i >> 8)}
			}
			id := s.o.Post(s.o.Officer(s.o.Genesis, &record.Roll{
				By: 1, RollID: record.ID{2}, Title: strings.Repeat("x", text.MaxName), AsOf: "2028-02-29", Count: uint64(len(entries)), Root: roll.Root(entries),
			}))
			part := func(n int, change func(b *record.RollPart)) *record.Record {
				b := roll.Parts(1, entries)[n]
				b.Entries = slices.Clone(b.Entries)
				change(b)
				return s.o.Officer(id, b)
			}
			s.put(part(1, func(*record.RollPart) {}))
			s.put(part(0, func(b *record.RollPart) { b.Entries = b.Entries[32:] }))
			s.o.Post(part(0, func(*record.RollPart) {}))
			s.put(part(1, func(b *record.RollPart) { b.Entries = append(b.Entries, make([]byte, 32)...) }))
			s.put(part(1, func(b *record.RollPart) { b.Entries = b.Entries[1:] }))
			s.put(part(1, func(b *record.RollPart) { b.Entries[31] ^= 1 }))
		}))
	return es
}

type change[T any] = []func(s *scene, b *T)

var manifestBounds = change[record.Vote]{
	func(s *scene, m *record.Vote) { m.Title = nil },
	func(s *scene, m *record.Vote) {
		for i := range 16 {
			m.Title[fmt.Sprintf("%c%c", 'a'+i, 'a'+i)] = "x"
		}
	},
	func(s *scene, m *record.Vote) { m.Title["English"] = "x" },
	func(s *scene, m *record.Vote) { m.Template = "Members decide" },
	func(s *scene, m *record.Vote) { m.Trustees = nil },
	func(s *scene, m *record.Vote) {
		for i := range 30 {
			m.Trustees = append(m.Trustees, record.Trustee{Name: fmt.Sprintf("T%d", i), Key: simulate.NewKey(s).Public().Encoding()})
		}
	},
	func(s *scene, m *record.Vote) { m.Quorum = 4 },
	func(s *scene, m *record.Vote) { m.Closes = record.MaxTime + 1 },
	func(s *scene, m *record.Vote) { m.Grace = 0 },
	func(s *scene, m *record.Vote) { m.Grace = record.MaxDuration + 1 },
	func(s *scene, m *record.Vote) { m.Step = 0 },
	func(s *scene, m *record.Vote) { m.Step = record.MaxDuration + 1 },
	func(s *scene, m *record.Vote) {
		for i := range 16 {
			m.Relays = append(m.Relays, record.Relay{Name: fmt.Sprintf("R%d", i), Key: simulate.NewKey(s).Public().Encoding()})
		}
	},
	func(s *scene, m *record.Vote) { m.Trustees[1].Name = "" },
	func(s *scene, m *record.Vote) { m.Relays[0].Name = "" },
	func(s *scene, m *record.Vote) { m.Relays[0].URL = "here" },
	func(s *scene, m *record.Vote) { m.Relays[0].Key = record.Key{} },
	func(s *scene, m *record.Vote) { m.Trustees[1].URL = "https://a@b.example" },
	func(s *scene, m *record.Vote) { m.Contests = nil },
	func(s *scene, m *record.Vote) {
		m.Contests = nil
		for i := range 33 {
			m.Contests = append(m.Contests, simulate.Choose(fmt.Sprintf("c%d", i), 1, 1, 1, 1))
		}
	},
	func(s *scene, m *record.Vote) { m.Contests[1].ID = m.Contests[0].ID },
	func(s *scene, m *record.Vote) { m.Contests[0].ID = "Question" },
	func(s *scene, m *record.Vote) { m.Contests[0].Title["es"] = "¿Así sea?" },
	func(s *scene, m *record.Vote) { m.Contests[0].Options[0].Title = text.Texts{"es": "Sí"} },
	func(s *scene, m *record.Vote) { m.Contests[0].Options = nil },
	func(s *scene, m *record.Vote) {
		m.Contests = m.Contests[:1]
		m.Contests[0] = simulate.Choose("question", 129, 1, 1, 1)
	},
	func(s *scene, m *record.Vote) { m.Contests[0].Options[1].ID = "yes" },
	func(s *scene, m *record.Vote) { m.Contests[0].Options[1].ID = "N/O" },
	func(s *scene, m *record.Vote) { m.Contests[0].Title = simulate.English(strings.Repeat("x", 2001)) },
	func(s *scene, m *record.Vote) { m.Contests[0].Max = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Min = 2 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Option = 3 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Method = "lot" },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Num = 3 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Den = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.QuorumDen = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Lots = true },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Over = []uint64{1, 0} },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Over = []uint64{1, 2} },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Seats = 1 },
	func(s *scene, m *record.Vote) { m.Contests[1].Decision.Seats = 4 },
	func(s *scene, m *record.Vote) { m.Contests[1].Decision.Seats = 0 },
	func(s *scene, m *record.Vote) { m.Witnesses.Keys[0] = "w+0+A" },
	func(s *scene, m *record.Vote) { m.Witnesses.Keys = slices.Repeat(m.Witnesses.Keys, 2) },
	func(s *scene, m *record.Vote) {
		_, rest, _ := strings.Cut(m.Witnesses.Keys[0], "+")
		key := must(base64.StdEncoding.DecodeString(strings.SplitN(rest, "+", 2)[1]))
		m.Witnesses.Keys = append(m.Witnesses.Keys, checkpoint.WitnessKey("another", key[1:]))
	},
	func(s *scene, m *record.Vote) {
		m.Witnesses.Keys = nil
		for i := range 17 {
			m.Witnesses.Keys = append(m.Witnesses.Keys, simulate.NewWitness(s, fmt.Sprintf("w%d.example", i)).Key)
		}
	},
	func(s *scene, m *record.Vote) {
		m.Programs = nil
		for i := range 9 {
			m.Programs = append(m.Programs, record.Program{Name: fmt.Sprintf("p%d", i), Hash: record.ID{1}})
		}
	},
	func(s *scene, m *record.Vote) { m.Programs[1].Name = m.Programs[0].Name },
	func(s *scene, m *record.Vote) { m.Programs[0].Name = "booth.wasm" },
	func(s *scene, m *record.Vote) { m.Programs[1].Hash = record.ID{} },
}

var rankedBounds = change[record.Vote]{
	func(s *scene, m *record.Vote) { m.Contests[0].Depth = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Depth = 5 },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.Method = "borda" },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.Seats = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.Seats = 5 },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.Method = contest.MethodIRV },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.QuorumDen = 0 },
	func(s *scene, m *record.Vote) { m.Contests[0].Ranking.QuorumNum = 2 },
	func(s *scene, m *record.Vote) { m.Contests[0].Options[0].Groups = []string{"men"} },
	func(s *scene, m *record.Vote) {
		m.Contests[0].Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 2, Max: 1}}
	},
	func(s *scene, m *record.Vote) {
		m.Contests[0].Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 0, Max: 2}}
	},
	func(s *scene, m *record.Vote) {
		m.Contests[0].Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 0, Max: 3}}
	},
	func(s *scene, m *record.Vote) {
		m.Contests[0].Ranking.Rules = []contest.RankingRule{{Group: "Men", Min: 1, Max: 2}}
	},
	func(s *scene, m *record.Vote) {
		m.Contests[0].Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 1, Max: 2}, {Group: "men", Min: 0, Max: 1}}
	},
	func(s *scene, m *record.Vote) { m.Mixes = 4 },
	func(s *scene, m *record.Vote) { m.Mixes = 0 },
}

var petitionBounds = change[record.Rules]{
	func(s *scene, r *record.Rules) { r.Name = "Members decide" },
	func(s *scene, r *record.Rules) { r.Call = record.CallRule{} },
	func(s *scene, r *record.Rules) { r.Call = record.CallRule{Method: "lot"} },
	func(s *scene, r *record.Rules) {
		r.Call = record.CallRule{Method: record.CallReason, Reason: "a\u202eb"}
	},
	func(s *scene, r *record.Rules) { r.Call.Reason = "And the calendar." },
	func(s *scene, r *record.Rules) { r.Call.Method = record.CallBody },
	func(s *scene, r *record.Rules) { r.Call.Petition = nil },
	func(s *scene, r *record.Rules) { r.Call.Petition.Num = 0 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 21, 20 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Den = 1<<32 + 1 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Interval = 0 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Interval = 86_401 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Closes = simulate.Begin },
	func(s *scene, r *record.Rules) { r.Call.Petition.Closes = record.MaxTime + 1 },
	func(s *scene, r *record.Rules) { r.Call.Petition.SponsorsNeeded = 2 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors = slices.Repeat(r.Call.Petition.Sponsors, 2) },
	func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Name = "Somebody" },
	func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Entry = 1 },
	func(s *scene, r *record.Rules) { r.Call.Petition.Sponsors[0].Entry = 20 },
	func(s *scene, r *record.Rules) {
		r.Call.Petition.Sponsors = slices.Repeat(r.Call.Petition.Sponsors, 65)
	},
	func(s *scene, r *record.Rules) { r.Forums.Need = 65 },
	func(s *scene, r *record.Rules) { r.Forums.Notice = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Statements.Window = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Statements.Review = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Statements.Length = 0 },
	func(s *scene, r *record.Rules) { r.Statements.Length = 20_001 },
	func(s *scene, r *record.Rules) { r.Statements.PerSide = 0 },
	func(s *scene, r *record.Rules) { r.Statements.PerSide = 101 },
	func(s *scene, r *record.Rules) { r.Statements.Sides = nil },
	func(s *scene, r *record.Rules) { r.Statements.Sides = strings.Split("abcdefghi", "") },
	func(s *scene, r *record.Rules) { r.Statements.Sides = []string{"for", "for"} },
	func(s *scene, r *record.Rules) { r.Statements.Sides[0] = "For" },
	func(s *scene, r *record.Rules) { r.Statements.Window = 0 },
	func(s *scene, r *record.Rules) { r.Statements.Anonymous = false },
	func(s *scene, r *record.Rules) { r.Packet = false },
	func(s *scene, r *record.Rules) { r.Mailing.Needed = false },
	func(s *scene, r *record.Rules) { r.Mailing.Lead = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Voting.Period = 0 },
	func(s *scene, r *record.Rules) { r.Voting.Period = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Voting.After = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Changes.Extend = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Response.Name = "" },
	func(s *scene, r *record.Rules) { r.Response.Key = record.Key{} },
	func(s *scene, r *record.Rules) { r.Response.Within = 0 },
	func(s *scene, r *record.Rules) { r.Response.Within = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Deadlines.Forums = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Deadlines.Tally = record.MaxDuration + 1 },
	func(s *scene, r *record.Rules) { r.Requires = []record.ID{{1}} },
	func(s *scene, r *record.Rules) { r.Requires = make([]record.ID, 17) },
	func(s *scene, r *record.Rules) { r.Nominations = &record.NominationRule{Window: 1} },
	func(s *scene, r *record.Rules) { r.Nominations = &record.NominationRule{Contest: 1, Window: 1} },
}

var bodyBounds = change[record.BodyRule]{
	func(s *scene, b *record.BodyRule) { b.Members = nil },
	func(s *scene, b *record.BodyRule) {
		for i := range 48 {
			b.Members = append(b.Members, record.Officer{Name: fmt.Sprintf("M%d", i), Key: simulate.NewKey(s).Public().Encoding()})
		}
	},
	func(s *scene, b *record.BodyRule) { b.Name = "" },
	func(s *scene, b *record.BodyRule) { b.Need = 0 },
	func(s *scene, b *record.BodyRule) { b.Need = 18 },
	func(s *scene, b *record.BodyRule) { b.Members[1].Key = b.Members[0].Key },
	func(s *scene, b *record.BodyRule) { b.Members[1].Name = b.Members[0].Name },
	func(s *scene, b *record.BodyRule) { b.Members[1].Name = "" },
	func(s *scene, b *record.BodyRule) { b.Members[1].Key = record.Key{} },
	func(s *scene, b *record.BodyRule) { b.Closes = simulate.Begin },
	func(s *scene, b *record.BodyRule) { b.Closes = record.MaxTime + 1 },
}

var nominationRuleBounds = change[record.Vote]{
	func(s *scene, m *record.Vote) { m.Rules.Nominations.Window = 0 },
	func(s *scene, m *record.Vote) { m.Rules.Nominations.Window = record.MaxDuration + 1 },
	func(s *scene, m *record.Vote) { m.Rules.Nominations.Accept = record.MaxDuration + 1 },
	func(s *scene, m *record.Vote) { m.Rules.Nominations.Seconds = 65 },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision = simulate.YesNo("x").Decision },
	func(s *scene, m *record.Vote) { m.Contests = append(m.Contests, simulate.Choose("other", 0, 0, 1, 1)) },
	func(s *scene, m *record.Vote) { m.Contests[0].Decision.Seats = 129 },
	func(s *scene, m *record.Vote) {
		m.Contests = append(m.Contests, simulate.Choose("other", 60, 0, 60, 1))
	},
}

var rollBounds = change[record.Roll]{
	func(s *scene, b *record.Roll) { b.Count = 0 },
	func(s *scene, b *record.Roll) { b.Count = record.MaxRoll + 1 },
	func(s *scene, b *record.Roll) { b.Title = "" },
	func(s *scene, b *record.Roll) { b.Title = "All\u200bmembers" },
	func(s *scene, b *record.Roll) { b.Segment = "North " },
	func(s *scene, b *record.Roll) { b.AsOf = "2027-1-1" },
	func(s *scene, b *record.Roll) { b.AsOf = "2027-02-29" },
}

var roundBounds = change[record.Round]{
	func(s *scene, b *record.Round) { b.Title = nil },
	func(s *scene, b *record.Round) { b.Registrars = nil },
	func(s *scene, b *record.Round) {
		for i := range 7 {
			g := b.Registrars[0]
			g.Name, g.Key = fmt.Sprintf("R%d", i), simulate.NewKey(s).Public().Encoding()
			b.Registrars = append(b.Registrars, g)
		}
	},
	func(s *scene, b *record.Round) { b.Registrars[1].Key = record.Key{} },
	func(s *scene, b *record.Round) { b.Registrars[0].Name = "" },
	func(s *scene, b *record.Round) { b.Registrars[0].Operator = "" },
	func(s *scene, b *record.Round) { b.Registrars[0].Channel = "" },
	func(s *scene, b *record.Round) { b.Registrars[0].URL = "javascript:alert(1)" },
	func(s *scene, b *record.Round) { b.Slots, b.PetitionSlots = 0, 0 },
	func(s *scene, b *record.Round) { b.Slots = 65 },
	func(s *scene, b *record.Round) { b.PetitionSlots = b.Slots + 1 },
	func(s *scene, b *record.Round) { b.Closes = b.Opens },
	func(s *scene, b *record.Round) { b.Closes = record.MaxTime + 1 },
}

var issuesBounds = change[record.Issues]{
	func(s *scene, b *record.Issues) { b.Entries = nil },
	func(s *scene, b *record.Issues) { b.Entries = []uint64{5, 4} },
	func(s *scene, b *record.Issues) { b.Entries = []uint64{4, 1 << 63} },
	func(s *scene, b *record.Issues) { b.Entries = make([]uint64, record.MaxIssues+1) },
}

var forumBounds = change[record.Forum]{
	func(s *scene, b *record.Forum) { b.Starts = 1<<64 - 1 },
	func(s *scene, b *record.Forum) { b.Starts = record.MaxTime + 1 },
	func(s *scene, b *record.Forum) { b.Title = text.Texts{} },
	func(s *scene, b *record.Forum) { b.Number = 0 },
	func(s *scene, b *record.Forum) { b.Number = 65 },
}

var heldBounds = change[record.ForumHeld]{
	func(s *scene, b *record.ForumHeld) { b.Number = 0 },
	func(s *scene, b *record.ForumHeld) { b.Number = 3 },
	func(s *scene, b *record.ForumHeld) { b.URL = "file:///etc/passwd" },
}

var statementBounds = change[record.Statement]{
	func(s *scene, b *record.Statement) { b.Side = "perhaps" },
	func(s *scene, b *record.Statement) { b.Text = "" },
	func(s *scene, b *record.Statement) { b.Text = "a\u202eb" },
	func(s *scene, b *record.Statement) { b.Member = nil },
	func(s *scene, b *record.Statement) { b.Member.Entry = 20 },
	func(s *scene, b *record.Statement) { b.Member.Number = "1 2" },
	func(s *scene, b *record.Statement) { b.Key[0] = 1 },
	func(s *scene, b *record.Statement) { b.Signatures = make([]byte, 576) },
}

var anonymousBounds = change[record.Statement]{
	func(s *scene, b *record.Statement) { b.Member = &record.Member{} },
	func(s *scene, b *record.Statement) { b.Signatures = b.Signatures[1:] },
	func(s *scene, b *record.Statement) { b.Signatures = nil },
}

var withheldBounds = change[record.Withheld]{
	func(s *scene, b *record.Withheld) { b.Reason = "" },
	func(s *scene, b *record.Withheld) { b.Side = "perhaps" },
}

var packetBounds = change[record.Packet]{
	func(s *scene, b *record.Packet) { b.Hash = record.ID{} },
	func(s *scene, b *record.Packet) { b.Size = 0 },
	func(s *scene, b *record.Packet) { b.URL = "here" },
}

var wrongPackets = change[record.Packet]{
	func(s *scene, b *record.Packet) { b.Statements = b.Statements[1:] },
	func(s *scene, b *record.Packet) { b.Recordings = b.Recordings[:1] },
	func(s *scene, b *record.Packet) { b.Candidates = b.Statements[:1] },
}

var mailingBounds = change[record.Mailing]{
	func(s *scene, b *record.Mailing) { b.Mailed = 21 },
	func(s *scene, b *record.Mailing) { b.Paper = 21 },
	func(s *scene, b *record.Mailing) { b.Unreachable = 21 },
	func(s *scene, b *record.Mailing) { b.Paper = 1 },
	func(s *scene, b *record.Mailing) { b.Bounced = 20 },
}

var nominationBounds = change[record.Nomination]{
	func(s *scene, b *record.Nomination) { b.Member.Entry = 20 },
	func(s *scene, b *record.Nomination) { b.Member.Number = "1" },
	func(s *scene, b *record.Nomination) { b.Seconders = nil },
	func(s *scene, b *record.Nomination) { b.Seconders = slices.Repeat(b.Seconders, 2) },
	func(s *scene, b *record.Nomination) { b.Seconders = slices.Repeat(b.Seconders, 65) },
	func(s *scene, b *record.Nomination) { b.Seconders[0].Salt[0] ^= 1 },
	func(s *scene, b *record.Nomination) { b.Slug = "Eden" },
	func(s *scene, b *record.Nomination) { b.Name = text.Texts{"es": "Eden"} },
	func(s *scene, b *record.Nomination) { b.Name = nil },
	func(s *scene, b *record.Nomination) { b.Groups = []string{"north"} },
}

var replacementBounds = change[record.TrusteeReplace]{
	func(s *scene, b *record.TrusteeReplace) { b.Name = "" },
	func(s *scene, b *record.TrusteeReplace) { b.Reason = "" },
	func(s *scene, b *record.TrusteeReplace) { b.URL = "here" },
	func(s *scene, b *record.TrusteeReplace) { b.Key = record.Key{} },
}

var restartBounds = change[record.KeygenRestart]{
	func(s *scene, b *record.KeygenRestart) {},
	func(s *scene, b *record.KeygenRestart) { b.Trustee = 0 },
	func(s *scene, b *record.KeygenRestart) { b.Trustee, b.Reason = 0, record.RestartSilent },
	func(s *scene, b *record.KeygenRestart) { b.Trustee, b.Reason = 4, record.RestartSilent },
	func(s *scene, b *record.KeygenRestart) { b.Reason = record.RestartSilent },
}

var extendBounds = change[record.Extend]{
	func(s *scene, b *record.Extend) { b.Closes-- },
	func(s *scene, b *record.Extend) { b.Closes = record.MaxTime + 1 },
	func(s *scene, b *record.Extend) { b.Reason = "" },
}

var removalBounds = change[record.RollRemoval]{
	func(s *scene, b *record.RollRemoval) { b.Entries = nil },
	func(s *scene, b *record.RollRemoval) { b.Entries = []uint64{5, 4} },
	func(s *scene, b *record.RollRemoval) { b.Entries = []uint64{4, 4} },
	func(s *scene, b *record.RollRemoval) { b.Entries = []uint64{4, 6} },
	func(s *scene, b *record.RollRemoval) { b.Entries = make([]uint64, record.MaxIssues+1) },
	func(s *scene, b *record.RollRemoval) { b.Reason = "" },
}

var complaintBounds = change[record.KeygenComplaint]{
	func(s *scene, b *record.KeygenComplaint) { b.Against = 0 },
	func(s *scene, b *record.KeygenComplaint) { b.Against = 4 },
	func(s *scene, b *record.KeygenComplaint) { b.Opened = [32]byte{1} },
}

var testBounds = change[record.KeygenTest]{
	func(s *scene, b *record.KeygenTest) { b.Share[31] = 0xff },
	func(s *scene, b *record.KeygenTest) { b.Proof = b.Proof[1:] },
	func(s *scene, b *record.KeygenTest) { b.Proof = s.fork().v.Next(2).(*record.KeygenTest).Proof },
}

// badAgain repeats every record of a finished vote at its end: as it is, and signed by somebody who has no say in it.
func badAgain() []Election {
	var es []Election
	for _, c := range []struct {
		name, result string
		st           *story
		at           string
	}{{"plain", plainResult, &plain, "certified"}, {"ranked", rankedResult, &ranked, "certified"}, {"petition", courseResult, &petition, "responded"}, {"body", courseResult, &body, "certified"}, {"election", electionResult, &election, "certified"}} {
		es = append(es,
			c.st.bad("again-"+c.name, "Every record of a finished vote that is not a time is recorded once more.", c.at, []string{"C5", "C7", "J5"}, verified(c.result), false, func(s *scene) {
				for _, raw := range s.o.Log()[1:] {
					r := must(record.Decode(raw))
					code, there := again[r.Kind()]
					if there {
						s.void = append(s.void, r.Kind()+"/"+code)
						s.put(r)
					}
				}
			}),
			c.st.bad("stranger-"+c.name, "Every record of a finished vote is recorded once more, signed by somebody who has no say in it.", c.at, []string{"A10", "J10"}, verified(c.result), false, func(s *scene) {
				stranger := simulate.NewKey(s)
				for _, raw := range s.o.Log()[1:] {
					r := must(record.Decode(raw))
					if _, there := again[r.Kind()]; there && !slices.Contains([]string{"ballot", "check", "support", "statement"}, r.Kind()) {
						s.void = append(s.void, r.Kind()+"/signature")
						s.put(s.o.Sign(r.Scope, r.Body, stranger))
					}
				}
			}))
	}
	return es
}

// again says what becomes of a record that is repeated when the vote has its result. A round, a forum and the like of what may be there twice
// are not in it.
var again = map[string]string{
	"roll": "dup", "roll-part": "dup", "roll-accept": "dup", "slot-key": "dup", "issues": "dup", "vote": "slot-taken",
	"keygen-commit": "phase", "keygen-package": "phase", "keygen-shares": "phase", "keygen-accept": "phase", "keygen-test": "phase", "opening": "phase",
	"ballot": "sealed", "check": "phase", "closing": "phase", "promises": "phase", "seal": "phase", "input": "phase", "shares": "phase", "mix": "phase",
	"decryption": "phase", "lots": "phase", "result": "phase",
	"support": "phase", "call": "phase", "forum": "phase", "forum-held": "phase", "statement": "phase", "seed-commit": "phase", "seed": "phase",
	"packet": "phase", "mailing": "dup", "nomination": "phase", "acceptance": "phase", "response": "dup",
}
