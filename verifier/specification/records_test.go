package specification_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/fxamacker/cbor/v2"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/verifier/corpus/electiontest"
)

// whole votes that have, between them, a record of every kind, all accepted.
func wholeVotes(t *testing.T) map[string]*simulate.Org {
	out := make(map[string]*simulate.Org)

	lots := simulate.Choose("board", 3, 1, 3, 2)
	lots.Decision.Lots = true
	out["choices and a ranking"] = simulate.Whole(t, simulate.Config{
		Members: 6, Slots: 2, Revote: true, Relays: 1, Witnesses: 2, Need: 1,
		Contests: []contest.Contest{simulate.YesNo("question"), lots, simulate.Rank("ranking", "scottish-stv", 4, 3, 2)},
	}).Org

	// Key generation that fails twice by one trustee, a member who is removed, a ballot that was not what its member chose.
	v := simulate.New(t, simulate.Config{Members: 5}).Round().Vote()
	o := v.Org
	v.Round.Cards(0, 1, 2)
	o.Post(v.Round.By(1, &record.Issue{Registrar: 1, Entry: 3}))
	roll := v.State().Round.Roll.ID
	o.Remove(roll, true, 3, 4)
	o.Remove(roll, false, 4)
	v.CeremonyUntil(tally.StepAccept)
	o.Post(v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: v.SealingKey(1)}))
	o.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartComplaint}))
	o.Time(o.State.Now() + v.Manifest.Step + 1)
	o.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: 2, Trustee: 1, Reason: record.RestartSilent}))
	v.Trustees[0].Key = simulate.NewKey(t)
	o.Post(v.Officer(&record.TrusteeReplace{
		By: 1, Trustee: 1, Name: "Another", URL: "https://another.example", Key: v.Trustees[0].Key.Public().Encoding(), Reason: "It was silent.",
	}))
	side, err := tally.NewTrustee(v.State().Ceremony, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Trustees[0].Side = side
	v.Ceremony()
	v.Open()
	shown := v.Ballot(0, []int{simulate.Yes})
	v.Check(0, shown.ID())
	v.Fault(0, shown.ID())
	v.Cast(0, []int{simulate.No})
	v.Finish()
	out["a ceremony with faults"] = o

	// A petition, with all that comes after it, extended and then annulled.
	r := simulate.New(t, simulate.Config{Members: 12, Slots: 3, Petitions: 2}).Round()
	r.Cards(0, 1, 2, 3)
	v = r.Propose(r.Plan(record.CallPetition))
	v.Support(0, 1)
	v.Commit()
	v.Org.Post(v.NamedStatement(0, "for", "I am for it."))
	v.Org.Post(v.AnonymousStatement(1, "against", "I am against it."))
	v.Org.Post(v.Officer(&record.Withheld{By: 1, Side: "for", Hash: sha256.Sum256([]byte("It is her fault.")), Reason: "It names a person."}))
	for range 2 {
		v.Announce()
	}
	v.Hold()
	v.Reveal()
	v.Packet()
	v.Mail()
	v.Org.Reach(v.Org.State.Now() + 300)
	v.Ceremony()
	v.Open()
	v.Org.Post(v.Officer(&record.Extend{By: 1, Closes: v.State().Manifest.Closes + 100, Reason: "The board was out of reach."}))
	v.Org.Post(v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
	out["a petition"] = v.Org

	// Votes by the rules files that come with the program: two are held, of the others there is the beginning.
	for _, name := range rules.Templates() {
		file, err := rules.Template(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "federal-endorsement" {
			out[name] = simulate.ByRules(t, file).Org
			continue
		}
		v := simulate.ProposeByRules(t, file)
		v.CallUp()
		if file.Nominations != nil {
			v.Nominate(0, "ada", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
			v.Org.Post(v.Officer(&record.Withdrawal{By: 1, Slug: "ada", Reason: "No time."}))
		}
		if v.State().Rules().Changes.Cancel {
			v.Org.Post(v.Officer(&record.Cancel{By: 1, Reason: "It has become pointless."}))
		}
		out[name] = v.Org
	}
	return out
}

// Every record of whole votes is one by the grammar of SPEC.md, with a name for every kind.
func TestRecordsFollowTheGrammar(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 9)
	g := specGrammar(t)
	seen := make(map[string]int)
	for name, o := range wholeVotes(t) {
		for i, raw := range o.Log() {
			r, err := record.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.check("record", raw); err != nil {
				t.Errorf("%s: record %d: %v", name, i, err)
			}
			if err := g.check(ruleOf(r.Kind()), r.Payload()); err != nil {
				t.Errorf("%s: record %d by the rule of its kind: %v", name, i, err)
			}
			if seen[r.Kind()]++; seen[r.Kind()] == 1 {
				mutate(t, g, r)
			}
		}
	}
	for _, kind := range record.Kinds() {
		if seen[kind] == 0 {
			t.Errorf("no vote of this test has a record of kind %s", kind)
		}
	}
	if len(seen) != len(record.Kinds()) {
		t.Errorf("%d kinds, package record has %d", len(seen), len(record.Kinds()))
	}
}

// ruleOf returns the name of the rule for a kind: the kind, but where a rule for something else has that name.
func ruleOf(kind string) string {
	switch kind {
	case "time", "call":
		return kind + "-record"
	}
	return kind
}

// mutate changes a record's payload in every place and sees that the grammar refuses what package record refuses for its structure: so the
// grammar is neither wider nor narrower than the decoder.
func mutate(t *testing.T, g *grammar, r *record.Record) {
	t.Helper()
	loose := g.loose()
	var payload []any
	if err := cbor.Unmarshal(r.Payload(), &payload); err != nil {
		t.Fatal(err)
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string) {
		t.Helper()
		b, err := mode.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := mode.Marshal([]any{b, r.Seal()})
		if err != nil {
			t.Fatal(err)
		}
		_, decoding := record.Decode(raw)
		grammar := g.check("record", raw)
		if decoding != nil && grammar == nil {
			t.Errorf("%s: %s: the grammar allows it, and package record says %v", r.Kind(), what, decoding)
		}
		// Bounds are not the decoder's matter (SPEC.md §8.1).
		if decoding == nil {
			if err := loose.check(ruleOf(r.Kind()), b); err != nil {
				t.Errorf("%s: %s: package record takes it, and the grammar, without bounds, says %v", r.Kind(), what, err)
			}
		}
	}
	var walk func(list []any, path string)
	walk = func(list []any, path string) {
		for i, old := range list {
			for name, other := range map[string]any{"an integer": uint64(1), "a text": "x", "bytes": []byte{1}, "null": nil, "a truth value": true, "an empty array": []any{}} {
				list[i] = other
				try(path + " " + string(rune('a'+i)) + " is " + name)
			}
			if b, ok := old.([]byte); ok && len(b) > 0 {
				list[i] = append(bytes.Clone(b), 0)
				try(path + " has a byte more")
				list[i] = b[:len(b)-1]
				try(path + " has a byte less")
			}
			if inner, ok := old.([]any); ok {
				list[i] = append(slices.Clone(inner), uint64(0))
				try(path + " has a field more")
				if len(inner) > 0 {
					list[i] = inner[:len(inner)-1]
					try(path + " has a field less")
				}
				list[i] = inner
				walk(inner[:min(len(inner), 12)], path+"/"+string(rune('a'+i)))
			}
			list[i] = old
		}
	}
	body, _ := payload[2].([]any)
	payload[0] = r.Kind() + "x"
	try("another kind")
	payload[0] = r.Kind()
	payload[1] = []byte("short")
	try("a short scope")
	scope := r.Scope
	payload[1] = scope[:]
	walk(body, "body")
	payload[2] = append(slices.Clone(body), uint64(1))
	try("a field more")
	if len(body) > 0 {
		payload[2] = body[:len(body)-1]
		try("a field less")
	}
}

// Random bytes and random CBOR are no records by the grammar.
func TestTheGrammarRefuses(t *testing.T) {
	g := specGrammar(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := make([]byte, random.IntN(60))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		if g.check("record", b) == nil {
			t.Errorf("the grammar takes %x for a record", b)
		}
	}
	if len(g.rules) < 80 {
		t.Errorf("%d rules: %v", len(g.rules), slices.Sorted(maps.Keys(g.rules)))
	}
	for name, text := range map[string]string{
		"twice": "a = uint\na = tstr\n", "undefined": "a = [b: c]\n", "no rule": "= uint\n", "open": "a = [b: uint\n", "character": "a = uint!\n",
	} {
		if _, err := parseCDDL(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What goes between a member and others, off the log, is in the grammar too: the opening of a ballot on a second device.
func TestOpeningsFollowTheGrammar(t *testing.T) {
	g := specGrammar(t)
	e := makeExample(t)
	for _, b := range e.openings {
		if err := g.check("ballot-opening", b); err != nil {
			t.Error(err)
		}
	}
	if g.check("ballot-opening", e.openings[0][:40]) == nil {
		t.Error("the grammar takes half an opening")
	}
}

// The grammar allows every record of the corpus of elections, of good ones and of bad ones, that the fold accepts there.
func TestRecordsOfTheCorpusFollowTheGrammar(t *testing.T) {
	if testing.Short() {
		t.Skip("holds dozens of elections")
	}
	g := specGrammar(t)
	records, elections := 0, 0
	for i, e := range electiontest.All() {
		if i%21 != 0 {
			continue
		}
		f, err := e.Make()
		if err != nil {
			t.Fatal(err)
		}
		var log [][]byte
		for r := tar.NewReader(bytes.NewReader(f.Package)); ; {
			h, err := r.Next()
			if err != nil {
				break // the end, or the package is the bad thing
			}
			if !strings.HasPrefix(h.Name, "tile/entries/") {
				continue
			}
			bundle, _ := io.ReadAll(r)
			for len(bundle) >= 2 {
				n := min(len(bundle), 2+int(binary.BigEndian.Uint16(bundle)))
				log, bundle = append(log, bundle[2:n]), bundle[n:]
			}
		}
		elections++
		_, outcomes := simulate.Replay(log)
		for j, o := range outcomes {
			if o.Status != fold.Accepted {
				continue
			}
			records++
			if err := g.check("record", log[j]); err != nil {
				t.Errorf("%s: record %d is accepted, and the grammar refuses it: %v", e.Name, j, err)
			}
		}
	}
	if elections < 15 || records < 300 {
		t.Errorf("%d records of %d elections", records, elections)
	}
}
