package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/verifier/corpus/electiontest"
)

// rows are the attacks of README's table: of each letter so many.
var rows = map[string]int{"A": 14, "B": 10, "C": 10, "D": 11, "E": 15, "F": 19, "G": 14, "H": 6, "I": 11, "J": 13}

// Every attack is in an election, or in the table that says why not and where it is tested.
func TestEveryAttackIsAnswered(t *testing.T) {
	covered := make(map[string]bool)
	for _, e := range electiontest.All() {
		for _, r := range e.Rows {
			covered[r] = true
		}
	}
	for letter, n := range rows {
		for i := 1; i <= n; i++ {
			row := fmt.Sprint(letter, i)
			other, ok := electiontest.RowsElsewhere[row]
			if covered[row] == ok || ok && other.Why == "" {
				t.Errorf("%s: in an election: %v; in the table: %q", row, covered[row], other.Why)
			}
			delete(covered, row)
		}
	}
	for row := range covered {
		t.Errorf("%s is no row", row)
	}
}

// words that stand in code letters in SPEC.md and are no codes: fields, kinds, outcomes, programs.
var words = strings.Fields(`
	after against ballots base board booth branch by candidates ceremony closes contests counts counted ctx data den depth elected elements failed forums
	grace info input interval irv key lead length max me member min name need next no-quorum nominations none now num number opened opens option options
	over part passed period petition petition-slots pk plurality previous programs quorum-den quorum-num rand ranked ranking-decision reason recording
	registrar-keys requires response-rule review roll-id root seats seconds silent size slots statements step strict supports text threshold tied
	trustee-keys verify voting within witness opening ballot-opening mandate-verify card body credential audit true false accept code keygen`)

// codes that are also a word or a kind.
var alsoCodes = strings.Fields("roll complaint signatures genesis key mix proof removed packet seed withheld")

// Every code of SPEC.md §9 to §12 and §15 is given by an election, or is in the table that says why not.
func TestEveryCodeIsGiven(t *testing.T) {
	b, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	section := func(from, to string) string {
		_, rest, ok1 := strings.Cut(string(b), "\n"+from)
		text, _, ok2 := strings.Cut(rest, "\n"+to)
		if !ok1 || !ok2 {
			t.Fatalf("SPEC.md has no %q before %q", from, to)
		}
		return text
	}
	// §10.1 is between members and registrars, §10.8 and §10.9 are about clients: none of their codes is the fold's.
	text := section("## 9. ", "### 10.1 ") + section("### 10.2 ", "### 10.8 ") + section("## 11. ", "## 12. ") + section("## 12. ", "## 13. ") + section("## 15. ", "## 16. ")
	specified := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([a-z][a-z-]+)`").FindAllStringSubmatch(text, -1) {
		specified[m[1]] = true
	}
	for _, w := range slices.Concat(words, record.Kinds()) {
		if !slices.Contains(alsoCodes, w) {
			delete(specified, w)
		}
	}
	given := make(map[string]bool)
	for _, e := range electiontest.All() {
		for _, v := range e.Want.Void {
			_, code, _ := strings.Cut(v, "/")
			given[code] = true
		}
		if e.Want.Code != "package" { // a fault of check 1, which has no code
			given[e.Want.Code] = true
		}
	}
	delete(given, "")
	for _, code := range slices.Sorted(maps.Keys(specified)) {
		if _, ok := electiontest.CodesElsewhere[code]; ok == given[code] {
			t.Errorf("SPEC.md has the code %q (or a new word); given by an election: %v, in the table: %v", code, given[code], ok)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(given)) {
		if !specified[code] {
			t.Errorf("an election gives the code %q, and SPEC.md does not have it", code)
		}
	}
	if len(specified) < 80 {
		t.Errorf("only %d codes found: %v", len(specified), slices.Sorted(maps.Keys(specified)))
	}
}

// The tests that the tables name are there, and so is everything that a name promises.
func TestTheTablesAreTrue(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, "_test.go") {
			b, err := os.ReadFile(path)
			sources.Write(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := sources.String()
	for _, table := range []map[string]electiontest.Elsewhere{electiontest.CodesElsewhere, electiontest.RowsElsewhere} {
		for name, e := range table {
			for _, test := range e.Tests {
				if !strings.Contains(all, "\nfunc "+test+"(") {
					t.Errorf("%s: there is no test %s", name, test)
				}
			}
		}
	}
	names := make(map[string]bool)
	for _, e := range electiontest.All() {
		if names[e.Name] || !regexp.MustCompile(`^[a-zA-Z0-9-]+$`).MatchString(e.Name) {
			t.Errorf("the name %q is there twice, or is none", e.Name)
		}
		names[e.Name] = true
		if !strings.HasSuffix(e.What, ".") {
			t.Errorf("%s: %q is no sentence", e.Name, e.What)
		}
	}
	if len(names) < 150 {
		t.Errorf("only %d elections", len(names))
	}
}
