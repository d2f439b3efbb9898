package fold_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// A refusal is a record that must be refused in a scene of the story.
type refusal struct {
	name   string // with the rows of the attacks it answers, if any
	scene  string
	status fold.Status
	code   string
	record func(s *scene) []byte // it may change the scene after s.fork()
}

// refusals has at least one record for every code of SPEC.md §9 to §11.
var refusals = slices.Concat(formRefusals, organisationRefusals, manifestRefusals, ceremonyRefusals, openingRefusals,
	removalRefusals, ballotRefusals, checkRefusals, checkFaultRefusals, closingRefusals, tallyRefusals, rankedRefusals, orderRefusals)

func TestRefusals(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, to which it has nothing to show")
	}
	seen := make(map[string]bool)
	for _, c := range refusals {
		name := c.code + "/" + c.name
		if seen[name] {
			t.Errorf("two cases are named %q", name)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			s := at(t, c.scene)
			raw := c.record(&s)
			s.refused(raw, c.status, c.code)
		})
	}
}

// words that stand in code letters in SPEC.md §9 to §11 and are neither codes nor kinds: fields, outcomes, methods.
var words = strings.Fields(`
	member mandate-verify supports now roll-id count petition-slots slots opens closes grace step against opened key trustee-keys ceremony registrar-keys
	complaint silent input size root checkpoint roll counted none no-quorum option num den seats quorum-num quorum-den over
	threshold ballots options passed tied failed plurality elected base signatures contests number previous credential strict ctx
	name elements info pk branch next rand witness depth irv max min ranked ranking-decision proof counts`)

// codes that are also a word or a kind, and so are not found by looking for what is neither.
var alsoCodes = strings.Fields("roll complaint signatures genesis key mix proof")

// TestJ5_EveryCodeHasACase looks up the codes in the specification itself, so that a code that is added there needs a case here. Every
// word in code letters that is no kind of record and no known word is taken for a code.
func TestJ5_EveryCodeHasACase(t *testing.T) {
	b, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok1 := strings.Cut(string(b), "\n## 9. ")
	text, _, ok2 := strings.Cut(rest, "\n## 12. ")
	if !ok1 || !ok2 {
		t.Fatal("SPEC.md has no sections 9 to 11")
	}
	// §10.1 is between members and registrars: none of its codes is the fold's.
	before, cards, ok1 := strings.Cut(text, "\n### 10.1 ")
	_, after, ok2 := strings.Cut(cards, "\n### 10.2 ")
	if !ok1 || !ok2 {
		t.Fatal("SPEC.md has no section 10.1")
	}
	// Nor those of §10.8 and §10.9, which are about clients.
	ballots, clients, ok1 := strings.Cut(after, "\n### 10.8 ")
	_, tally, ok2 := strings.Cut(clients, "\n## 11. ")
	if !ok1 || !ok2 {
		t.Fatal("SPEC.md has no sections 10.8 and 11")
	}
	text = before + ballots + tally
	specified := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([a-z][a-z-]+)`").FindAllStringSubmatch(text, -1) {
		specified[m[1]] = true
	}
	for _, w := range slices.Concat(words, record.Kinds()) {
		if !slices.Contains(alsoCodes, w) {
			delete(specified, w)
		}
	}
	cased := map[string]bool{
		"result-lots": true, // TestLotsThatAreMissingOrFalse
		"removed":     true, // TestCourseRefusals
		"mix":         true, // TestD6_AStageThatDoesNotHoldBarsItsAuthor
	}
	for _, c := range refusals {
		cased[c.code] = true
	}
	for _, code := range slices.Sorted(maps.Keys(specified)) {
		if !cased[code] {
			t.Errorf("SPEC.md §9 to §11 has the code %q (or a new word), and no case gives it", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(cased)) {
		if !specified[code] {
			t.Errorf("a case has the code %q, and SPEC.md §9 to §11 does not", code)
		}
	}
	if len(specified) < 50 {
		t.Errorf("only %d codes found in SPEC.md: %v", len(specified), slices.Sorted(maps.Keys(specified)))
	}
}

// TestA10_AnotherSignerIsRefused signs every record of the story again with another party's key, at its own place on the log.
func TestA10_AnotherSignerIsRefused(t *testing.T) {
	s := at(t, "certified")
	log := s.o.Log()
	state := fold.New()
	kinds := make(map[string]bool)
	for i, raw := range log {
		r, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		strangers := []sigma.SecretKey{s.o.Board, s.o.Commission[0], s.o.Commission[1], s.r.Registrars[0].Key, s.v.Trustees[0].Key, s.v.Relays[0]}
		for j, k := range strangers {
			want, code := fold.Void, "signature"
			switch r.Kind() {
			case "ballot":
				code = "form" // a signature where a proof should be
			case "genesis":
				want, code = fold.Fatal, "genesis"
			}
			forged := s.o.Sign(r.Scope, r.Body, k)
			if r.Kind() == "genesis" {
				forged = signGenesis(&s, r.Body, k)
			}
			author := r.VerifySignature(genesisOf(&s, r), k.Public()) == nil
			got := state.Judge(state.Prepare([][]byte{forged.Raw()})[0])
			if author {
				continue // this was its author
			}
			if got.Status != want || got.Code != code {
				t.Errorf("%d: %s signed by stranger %d: %v", i, r.Kind(), j, got)
			}
			kinds[r.Kind()] = true
		}
		if got := state.ApplyRaw(raw); got.Status != fold.Accepted {
			t.Fatalf("%d: %s: %v", i, r.Kind(), got)
		}
	}
	for _, k := range record.Kinds() {
		if !kinds[k] && !slices.Contains(courseKinds, k) && !slices.Contains([]string{"issue", "lots", "mix", "decryption", "keygen-complaint", "keygen-restart", "trustee-replace"}, k) {
			t.Errorf("the story has no %s record", k)
		}
	}
}

func genesisOf(s *scene, r *record.Record) record.ID {
	if r.Kind() == "genesis" {
		return record.ID{}
	}
	return s.o.Genesis
}

func signGenesis(s *scene, b record.Body, k sigma.SecretKey) *record.Record {
	o := *s.o
	o.Genesis = record.ID{}
	return o.Sign(record.ID{}, b, k)
}

// encode makes the bytes of a record of any payload, decodable or not.
func encode(t *testing.T, payload, seal any) []byte {
	t.Helper()
	p, ok := payload.([]byte)
	if !ok {
		var err error
		if p, err = record.Encode(payload); err != nil {
			t.Fatal(err)
		}
	}
	b, err := record.Encode([]any{p, seal})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
