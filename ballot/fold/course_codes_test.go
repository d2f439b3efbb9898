package fold_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
)

// courseRefusals has records that must be refused in a scene of the courses, for every code and every rule of SPEC.md §15.
var courseRefusals = slices.Concat(ruleManifests, callRefusals, forumRefusals, statementRefusals, nominationRefusals, sendingRefusals, gateRefusals, changeRefusals)

// courseCodes are the codes of SPEC.md §15, and two of §9 that depend on its times.
var courseCodes = strings.Fields(`rules manifest slot-unknown slot-taken form expired phase dup noncanonical trivial signatures signature author order
	notice early window removed withheld seed limit packet ended not-open rule-called rule-stuffing rule-requires rule-forums rule-recordings
	rule-statements rule-nominations rule-packet rule-mailing rule-extend rule-cancel rule-annul opening-time closing-time`)

func TestCourseRefusals(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, to which it has nothing to show")
	}
	seen, codes := make(map[string]bool), make(map[string]bool)
	for _, c := range courseRefusals {
		name := c.code + "/" + c.name
		if seen[name] {
			t.Errorf("two cases are named %q", name)
		}
		seen[name], codes[c.code] = true, true
		t.Run(name, func(t *testing.T) {
			s := courseAt(t, c.scene)
			raw := c.record(&s)
			s.refused(raw, c.status, c.code)
		})
	}
	for _, code := range courseCodes {
		if !codes[code] {
			t.Errorf("no case gives the code %q", code)
		}
		delete(codes, code)
	}
	for code := range codes {
		t.Errorf("a case gives the code %q, which SPEC.md §15 does not have", code)
	}
}

// officer is a record of the commission that is refused as void.
func officer(name, in, code string, body func(*scene) record.Body) refusal {
	return refusal{name, in, fold.Void, code, func(s *scene) []byte { return s.v.Officer(body(s)).Raw() }}
}

func registrar(name, in, code string, body func(*scene) record.Body) refusal {
	return refusal{name, in, fold.Void, code, func(s *scene) []byte { return s.v.ByRegistrar(1, body(s)).Raw() }}
}

// supported makes a support by a member's card of which something was changed before it is signed.
func supported(s *scene, entry int, change func(*record.Support)) []byte {
	c := s.r.Credential(entry, s.v.Manifest.Rules.Call.Petition.Slot)
	b := &record.Support{Key: c.Key, Signatures: slices.Clone(c.Signatures)}
	change(b)
	return s.o.Sign(s.v.ID, b, c.SecretKey()).Raw()
}

// SPEC.md §15.2.
var callRefusals = []refusal{
	{"a support of a vote without petition", "body", fold.Void, "rules", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Support{}, s.o.Board).Raw()
	}},
	{"a support of a vote without rules", "issued", fold.Void, "rules", func(s *scene) []byte {
		s.fork()
		s.v = s.r.Vote()
		return s.o.Sign(s.v.ID, &record.Support{}, s.o.Board).Raw()
	}},
	{"a response to a vote without rules", "issued", fold.Void, "rules", func(s *scene) []byte {
		s.fork()
		s.v = s.r.Vote()
		return s.v.Officer(&record.Response{Text: "Yes."}).Raw()
	}},
	{"the call of a petition", "proposed", fold.Void, "rules", func(s *scene) []byte {
		return s.v.Officer(&record.Call{Member: 1}).Raw()
	}},
	{"signatures of one registrar of two", "proposed", fold.Void, "form", func(s *scene) []byte {
		return supported(s, 0, func(b *record.Support) { b.Signatures = b.Signatures[:record.SignatureBytes] })
	}},
	{"F11 a supporter with the same card again", "two supports", fold.Void, "dup", func(s *scene) []byte {
		return s.v.SupportOf(s.r.Credential(0, s.v.Manifest.Rules.Call.Petition.Slot)).Raw()
	}},
	{"F11 the same key under other signatures", "two supports", fold.Void, "dup", func(s *scene) []byte {
		return supported(s, 0, func(b *record.Support) { b.Signatures[0] ^= 1 })
	}},
	{"F5 a supporter outside the roll", "two supports", fold.Void, "signatures", func(s *scene) []byte {
		key := simulate.NewKey(s.t)
		b := &record.Support{Key: key.Public().Encoding(), Signatures: make([]byte, 2*record.SignatureBytes)}
		return s.o.Sign(s.v.ID, b, key).Raw()
	}},
	{"F5 a supporter with another's signatures", "two supports", fold.Void, "signatures", func(s *scene) []byte {
		key, c := simulate.NewKey(s.t), s.r.Credential(3, s.v.Manifest.Rules.Call.Petition.Slot)
		return s.o.Sign(s.v.ID, &record.Support{Key: key.Public().Encoding(), Signatures: c.Signatures}, key).Raw()
	}},
	{"F3 the credential of the vote's slot", "two supports", fold.Void, "signatures", func(s *scene) []byte {
		return s.v.SupportOf(s.r.Credential(3, s.v.Manifest.Slot)).Raw()
	}},
	{"F9 registrars' signatures in another order", "two supports", fold.Void, "signatures", func(s *scene) []byte {
		return supported(s, 3, func(b *record.Support) {
			b.Signatures = slices.Concat(b.Signatures[record.SignatureBytes:], b.Signatures[:record.SignatureBytes])
		})
	}},
	{"A10 a member's support without the member", "two supports", fold.Void, "signature", func(s *scene) []byte {
		c := s.r.Credential(3, s.v.Manifest.Rules.Call.Petition.Slot)
		return s.o.Sign(s.v.ID, &record.Support{Key: c.Key, Signatures: c.Signatures}, s.o.Board).Raw()
	}},
	{"B1 a key that is no element", "two supports", fold.Void, "noncanonical", func(s *scene) []byte {
		return supported(s, 3, func(b *record.Support) { b.Key[0] |= 1 })
	}},
	{"B6 the identity for a key", "two supports", fold.Void, "trivial", func(s *scene) []byte {
		return supported(s, 3, func(b *record.Support) { b.Key = record.Key{} })
	}},
	{"G13 a support after the petition has closed", "two supports", fold.Void, "expired", func(s *scene) []byte {
		s.fork()
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		return supported(s, 3, func(*record.Support) {})
	}},
	{"a support of a called vote after the petition has closed", "called", fold.Void, "expired", func(s *scene) []byte {
		s.fork()
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		return supported(s, 3, func(*record.Support) {})
	}},
	{"a support of an open vote", "open", fold.Void, "phase", func(s *scene) []byte {
		return supported(s, 5, func(*record.Support) {})
	}},
	{"a support before the registrars have keys", "issued", fold.Void, "phase", func(s *scene) []byte {
		s.fork()
		private, id := s.o.PostRoll()
		s.r = s.o.RoundOf(private, id)
		s.r.Accept()
		s.r.MintFor(0)
		s.v = s.r.Propose(s.r.Plan(record.CallPetition))
		return supported(s, 0, func(*record.Support) {})
	}},
	{"J10 member 18 of 17", "body", fold.Void, "author", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Call{Member: 18}, s.v.Plan.Body[0]).Raw()
	}},
	{"J10 one member for another", "body", fold.Void, "signature", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Call{Member: 2}, s.v.Plan.Body[0]).Raw()
	}},
	{"one member twice", "five signatures", fold.Void, "dup", func(s *scene) []byte { return s.v.CallOf(7).Raw() }},
	{"a signature after the time", "five signatures", fold.Void, "expired", func(s *scene) []byte {
		s.fork()
		s.o.Time(s.v.Manifest.Rules.Call.Body.Closes + 1)
		return s.v.CallOf(1).Raw()
	}},
	{"a seventh signature", "six signatures", fold.Void, "phase", func(s *scene) []byte { return s.v.CallOf(1).Raw() }},
	{"a trustee before the call", "proposed", fold.Void, "phase", func(s *scene) []byte {
		return s.v.By(1, &record.KeygenCommit{Trustee: 1, Attempt: 1}).Raw()
	}},
	{"a ballot before the call", "proposed", fold.Void, "not-open", func(s *scene) []byte { return someBallot(s) }},
	{"a ballot in a petition that has lapsed", "proposed", fold.Void, "ended", func(s *scene) []byte {
		s.fork()
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1)
		return someBallot(s)
	}},
	{"a ballot in a vote that was annulled", "open", fold.Void, "ended", func(s *scene) []byte {
		s.fork()
		raw := s.v.Ballot(1, []int{simulate.Yes}).Raw()
		s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
		return raw
	}},
}

// someBallot is a ballot of the right form in a vote that is not open.
func someBallot(s *scene) []byte {
	form := s.v.State().Form
	b := &record.Ballot{Signatures: make([]byte, 2*record.SignatureBytes), Contests: [][]byte{make([]byte, 3*64)}}
	payload, err := record.Payload(s.v.ID, b)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := record.Assemble(payload, make([]byte, form.Relation().ProofSize()))
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Raw()
}

func forumOf(s *scene, change func(*record.Forum)) record.Body {
	b := s.v.ForumBody()
	change(b)
	return b
}

func heldOf(s *scene, change func(*record.ForumHeld)) record.Body {
	b := s.v.HeldBody(1)
	change(b)
	return b
}

// SPEC.md §15.3.
var forumRefusals = []refusal{
	officer("a forum before the call", "proposed", "phase", func(s *scene) record.Body { return forumOf(s, func(*record.Forum) {}) }),
	officer("a forum without notice", "called", "notice", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Starts-- }) }),
	officer("a forum yesterday", "called", "notice", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Starts = simulate.Begin }) }),
	officer("a forum after the year 9999", "called", "form", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Starts = 1<<64 - 1 }) }),
	officer("a forum without a title", "called", "form", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Title = text.Texts{} }) }),
	officer("a forum at no address", "called", "form", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Place = "javascript:x" }) }),
	officer("forum 0", "called", "form", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Number = 0 }) }),
	officer("forum 65", "called", "form", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Number = 65 }) }),
	officer("forum 2 before forum 1", "called", "order", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Number = 2 }) }),
	officer("forum 1 again", "committed", "dup", func(s *scene) record.Body { return forumOf(s, func(b *record.Forum) { b.Number = 1 }) }),
	officer("a forum of an open vote", "open", "phase", func(s *scene) record.Body { return forumOf(s, func(*record.Forum) {}) }),
	officer("a forum held before it starts", "spoken", "early", func(s *scene) record.Body { return heldOf(s, func(*record.ForumHeld) {}) }),
	officer("a forum held that was not announced", "forum time", "form", func(s *scene) record.Body {
		return heldOf(s, func(b *record.ForumHeld) { b.Number = 3 })
	}),
	officer("forum 0 held", "forum time", "form", func(s *scene) record.Body { return heldOf(s, func(b *record.ForumHeld) { b.Number = 0 }) }),
	officer("a recording at no address", "forum time", "form", func(s *scene) record.Body {
		return heldOf(s, func(b *record.ForumHeld) { b.URL = "file:///etc/passwd" })
	}),
	officer("another recording", "held", "dup", func(s *scene) record.Body {
		return heldOf(s, func(b *record.ForumHeld) { b.Recording = simulate.File("cut.webm") })
	}),
	officer("a recording taken back", "held", "dup", func(s *scene) record.Body { return heldOf(s, func(b *record.ForumHeld) { b.Recording = record.ID{} }) }),
	officer("a forum held in an open vote", "open", "phase", func(s *scene) record.Body { return heldOf(s, func(*record.ForumHeld) {}) }),
	{"J10 a forum by a registrar", "called", fold.Void, "signature", func(s *scene) []byte {
		return s.v.ByRegistrar(1, forumOf(s, func(*record.Forum) {})).Raw()
	}},
	{"J10 a forum by officer 3 of 2", "called", fold.Void, "author", func(s *scene) []byte {
		return s.v.Officer(forumOf(s, func(b *record.Forum) { b.By = 3 })).Raw()
	}},
}

func named(s *scene, entry int, change func(*record.Statement)) record.Body {
	m := s.r.Member(entry)
	b := &record.Statement{By: 1, Side: "for", Text: "It is right.", Member: &m}
	change(b)
	return b
}

// anonymous is a statement by a member's card, of which something is changed before it is signed.
func anonymous(name, in, code string, change func(*record.Statement)) refusal {
	return refusal{name, in, fold.Void, code, func(s *scene) []byte {
		c := s.r.Credential(5, s.v.Manifest.Rules.Statements.Slot)
		b := &record.Statement{Side: "for", Text: "It is right.", Key: c.Key, Signatures: slices.Clone(c.Signatures)}
		change(b)
		return s.o.Sign(s.v.ID, b, c.SecretKey()).Raw()
	}}
}

func unchanged[T any](*T) {}

var statementRefusals = []refusal{
	officer("a statement of a member who was removed", "committed", "removed", func(s *scene) record.Body { removedFrom(s, 5); return named(s, 5, unchanged) }),
	officer("a member who was removed, before the phase", "proposed", "removed", func(s *scene) record.Body { removedFrom(s, 0); return named(s, 0, unchanged) }),
	officer("a statement in a vote that takes none", "body", "rules", func(s *scene) record.Body { return named(s, 0, unchanged) }),
	officer("a statement before the call", "proposed", "phase", func(s *scene) record.Body { return named(s, 0, unchanged) }),
	officer("a statement before the registrars have committed", "called", "early", func(s *scene) record.Body { return named(s, 0, unchanged) }),
	officer("a statement after the window", "reviewed", "window", func(s *scene) record.Body { return named(s, 5, unchanged) }),
	anonymous("an anonymous statement after the window", "reviewed", "window", unchanged),
	officer("a statement in an open vote", "open", "phase", func(s *scene) record.Body { return named(s, 5, unchanged) }),
	officer("of no side", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Side = "perhaps" })
	}),
	officer("of 501 bytes", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Text = strings.Repeat("x", 501) })
	}),
	officer("without text", "committed", "form", func(s *scene) record.Body { return named(s, 0, func(b *record.Statement) { b.Text = "" }) }),
	officer("G14 with text that runs backwards", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Text = "a\u202eb" })
	}),
	officer("by nobody", "committed", "form", func(s *scene) record.Body { return named(s, 0, func(b *record.Statement) { b.Member = nil }) }),
	officer("by a member under another name", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Member.Name = "Somebody" })
	}),
	officer("by somebody outside the roll", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Member.Entry = 20 })
	}),
	officer("by a member and a card", "committed", "form", func(s *scene) record.Body {
		return named(s, 0, func(b *record.Statement) { b.Key[0] = 1 })
	}),
	officer("by one member twice", "spoken", "dup", func(s *scene) record.Body { return named(s, 0, unchanged) }),
	{"by one card twice", "spoken", fold.Void, "dup", func(s *scene) []byte {
		return s.v.AnonymousStatement(4, "for", "And yet.").Raw()
	}},
	anonymous("by a card with a name", "committed", "form", func(b *record.Statement) { b.Member = &record.Member{} }),
	anonymous("by a card with too few signatures", "committed", "form", func(b *record.Statement) { b.Signatures = b.Signatures[1:] }),
	anonymous("by a card with bad signatures", "committed", "signatures", func(b *record.Statement) { b.Signatures[300] ^= 1 }),
	anonymous("B1 by a key that is no element", "committed", "noncanonical", func(b *record.Statement) { b.Key[0] |= 1 }),
	anonymous("B6 by the identity", "committed", "trivial", func(b *record.Statement) { b.Key = record.Key{} }),
	{"by another's card", "committed", fold.Void, "signature", func(s *scene) []byte {
		c := s.r.Credential(5, s.v.Manifest.Rules.Statements.Slot)
		return s.o.Sign(s.v.ID, &record.Statement{Side: "for", Text: "x", Key: c.Key, Signatures: c.Signatures}, s.o.Board).Raw()
	}},
	{"F3 by the card's credential for the petition", "committed", fold.Void, "signatures", func(s *scene) []byte {
		c := s.r.Credential(5, s.v.Manifest.Rules.Call.Petition.Slot)
		return s.o.Sign(s.v.ID, &record.Statement{Side: "for", Text: "x", Key: c.Key, Signatures: c.Signatures}, c.SecretKey()).Raw()
	}},
	{"anonymous where names are asked for", "issued", fold.Void, "rules", func(s *scene) []byte {
		s.fork()
		s.v = s.r.Propose(s.r.Plan(record.CallReason, func(r *record.Rules) { r.Statements.Anonymous, r.Statements.Slot = false, 0 }))
		s.v.Commit()
		c := s.r.Credential(5, 2)
		return s.o.Sign(s.v.ID, &record.Statement{Side: "for", Text: "x", Key: c.Key, Signatures: c.Signatures}, c.SecretKey()).Raw()
	}},
	officer("what was withheld", "spoken", "withheld", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(withheld(s, "It is right.")))
		return named(s, 5, unchanged)
	}),
	officer("withheld before statements are taken", "called", "early", func(s *scene) record.Body { return withheld(s, "x") }),
	officer("withheld after the review", "reviewed", "window", func(s *scene) record.Body { return withheld(s, "x") }),
	officer("withheld twice", "spoken", "dup", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(withheld(s, "x")))
		return withheld(s, "x")
	}),
	officer("withheld without a reason", "spoken", "form", func(s *scene) record.Body {
		b := withheld(s, "x")
		b.Reason = ""
		return b
	}),
	officer("withheld from no side", "spoken", "form", func(s *scene) record.Body {
		b := withheld(s, "x")
		b.Side = "perhaps"
		return b
	}),
	officer("withheld in an open vote", "open", "phase", func(s *scene) record.Body { return withheld(s, "x") }),
	registrar("a second commitment", "committed", "dup", func(s *scene) record.Body { return &record.SeedCommit{Registrar: 1, Hash: record.ID{1}} }),
	registrar("a commitment in an open vote", "open", "phase", func(s *scene) record.Body { return &record.SeedCommit{Registrar: 1} }),
	registrar("registrar 3 of 2", "called", "author", func(s *scene) record.Body { return &record.SeedCommit{Registrar: 3} }),
	registrar("one registrar for another", "called", "signature", func(s *scene) record.Body { return &record.SeedCommit{Registrar: 2} }),
	registrar("a seed while statements are taken", "spoken", "early", func(s *scene) record.Body { return &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]} }),
	registrar("another seed", "reviewed", "seed", func(s *scene) record.Body { return &record.Seed{Registrar: 1, Seed: record.ID{1}} }),
	registrar("another registrar's seed", "reviewed", "seed", func(s *scene) record.Body { return &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[1]} }),
	registrar("a seed again", "revealed", "dup", func(s *scene) record.Body { return &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]} }),
	registrar("a seed in an open vote", "open", "phase", func(s *scene) record.Body { return &record.Seed{Registrar: 1, Seed: s.v.Plan.Seeds[0]} }),
}

func withheld(_ *scene, text string) *record.Withheld {
	return &record.Withheld{By: 1, Side: "for", Hash: sha256.Sum256([]byte(text)), Reason: "It names a person."}
}

func nominationOf(s *scene, change func(*record.Nomination)) record.Body {
	b := s.v.NominationBody(5, "eden", 15)
	change(b)
	return b
}

// SPEC.md §15.4.
var nominationRefusals = []refusal{
	officer("a nomination for a question", "called", "rules", func(s *scene) record.Body { return nominationOf(s, unchanged) }),
	officer("a nomination after the window", "nominated", "window", func(s *scene) record.Body {
		s.fork()
		until, _, _ := s.v.State().NominationTimes()
		s.o.Time(until + 1)
		return nominationOf(s, unchanged)
	}),
	officer("a nomination of somebody outside the roll", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Member.Entry = 20 })
	}),
	officer("a nomination under another number", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Member.Number = "1" })
	}),
	officer("a nomination that nobody seconds", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Seconders = nil })
	}),
	officer("a nomination seconded by oneself", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Seconders[0] = b.Member })
	}),
	officer("a nomination seconded by one member twice", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Seconders = slices.Repeat(b.Seconders, 2) })
	}),
	officer("a nomination seconded by a stranger", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Seconders[0].Salt[0] ^= 1 })
	}),
	officer("a nomination of a member who was removed", "nominating", "removed", func(s *scene) record.Body {
		removedFrom(s, 5)
		return nominationOf(s, unchanged)
	}),
	officer("a nomination seconded by a member who was removed", "nominating", "removed", func(s *scene) record.Body {
		removedFrom(s, 15)
		return nominationOf(s, unchanged)
	}),
	officer("a slug that is none", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Slug = "Eden" })
	}),
	officer("a name in another language than the ballot's", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Name = text.Texts{"es": "Eden"} })
	}),
	officer("a name in no language", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Name = nil })
	}),
	officer("a group of which the contest has no rule", "nominating", "form", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Groups = []string{"north"} })
	}),
	officer("a slug again", "nominated", "dup", func(s *scene) record.Body { return nominationOf(s, func(b *record.Nomination) { b.Slug = "abel" }) }),
	officer("a member again", "nominated", "dup", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Member = s.r.Member(0) })
	}),
	officer("G14 a name again", "nominated", "dup", func(s *scene) record.Body {
		return nominationOf(s, func(b *record.Nomination) { b.Name = simulate.English(s.r.Roll.Opening(0).Name) })
	}),
	officer("a nomination in an open vote", "election open", "phase", func(s *scene) record.Body { return nominationOf(s, unchanged) }),
	officer("an acceptance of nobody", "nominated", "form", func(s *scene) record.Body { return &record.Acceptance{By: 1, Slug: "eden"} }),
	officer("an acceptance again", "nominated", "dup", func(s *scene) record.Body { return &record.Acceptance{By: 1, Slug: "abel"} }),
	officer("an acceptance after a withdrawal", "nominated", "dup", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(&record.Withdrawal{By: 1, Slug: "babic", Reason: "No time."}))
		return &record.Acceptance{By: 1, Slug: "babic"}
	}),
	officer("an acceptance too late", "branch missing", "window", func(s *scene) record.Body { return &record.Acceptance{By: 1, Slug: "babic"} }),
	officer("an acceptance in an open vote", "election open", "phase", func(s *scene) record.Body { return &record.Acceptance{By: 1, Slug: "babic"} }),
	officer("a withdrawal of nobody", "nominated", "form", func(s *scene) record.Body { return &record.Withdrawal{By: 1, Slug: "eden", Reason: "x"} }),
	officer("a withdrawal without a reason", "nominated", "form", func(s *scene) record.Body { return &record.Withdrawal{By: 1, Slug: "abel"} }),
	officer("a withdrawal again", "nominated", "dup", func(s *scene) record.Body {
		s.fork()
		s.o.Post(s.v.Officer(&record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}))
		return &record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}
	}),
	officer("a withdrawal from an open vote", "election open", "phase", func(s *scene) record.Body {
		return &record.Withdrawal{By: 1, Slug: "abel", Reason: "No time."}
	}),
	officer("J3 a 129th candidate", "crowded", "limit", func(s *scene) record.Body { return &record.Acceptance{By: 1, Slug: "c128"} }),
}
