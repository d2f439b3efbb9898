package specification_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandate/verifier/corpus/electiontest"
)

// attacks of the table in SPEC.md §19: of each letter so many.
var attacks = map[string]int{"A": 14, "B": 10, "C": 10, "D": 11, "E": 15, "F": 19, "G": 14, "H": 6, "I": 11, "J": 13}

var (
	attackRow = regexp.MustCompile(`(?m)^\| ([A-J][0-9]+) \| (.+) \| (.+) \| (.+) \|$`)
	testName  = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
)

// Every attack has its row in SPEC.md §19, with an answer and with tests that exist, or is said to be accepted; and every attack that a
// test names is a row.
func TestTheTableOfAttacksIsTrue(t *testing.T) {
	functions := make(map[string]bool)
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	sources(t, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range function.FindAllStringSubmatch(text, -1) {
				functions[m[1]] = true
			}
		}
	}, ".go")

	var want []string
	for _, letter := range []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"} {
		for i := range attacks[letter] {
			want = append(want, fmt.Sprint(letter, i+1))
		}
	}
	var rows []string
	for _, m := range attackRow.FindAllStringSubmatch(sectionOf(t, "19"), -1) {
		rows = append(rows, m[1])
		tests := testName.FindAllStringSubmatch(m[4], -1)
		if len(tests) == 0 && !strings.Contains(m[3], "accepted") {
			t.Errorf("%s has neither a test nor is it accepted", m[1])
		}
		if len(tests) == 0 && m[4] != "—" {
			t.Errorf("%s: %q is no test", m[1], m[4])
		}
	}
	if !slices.Equal(rows, want) {
		t.Errorf("the table has the rows %v", rows)
	}
	name := regexp.MustCompile(`^(?:Test|Fuzz)((?:[A-J][0-9]+_)+)`)
	ids := regexp.MustCompile(`[A-J][0-9]+`)
	for f := range functions {
		if m := name.FindStringSubmatch(f); m != nil {
			for _, id := range ids.FindAllString(m[1], -1) {
				if !slices.Contains(want, id) {
					t.Errorf("%s carries the number of no attack", f)
				}
			}
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range testName.FindAllStringSubmatch(specText(t)+string(readme), -1) {
		named++
		if !functions[m[1]] {
			t.Errorf("SPEC.md or README.md names %s, and there is no such test", m[1])
		}
	}
	if named < 200 || len(functions) < 1000 {
		t.Errorf("%d of %d tests are named", named, len(functions))
	}
}

// SPEC.md §19.1 says of the same checks, codes and attacks as the corpus why no election shows them.
func TestWhatNoElectionShowsIsSaid(t *testing.T) {
	_, text, _ := strings.Cut(sectionOf(t, "19"), "\n### 19.1 ")
	want := make(map[string]bool)
	for n, why := range electiontest.CannotFail {
		want[fmt.Sprintf("| check %d | %s |", n, why)] = true
	}
	for code, e := range electiontest.CodesElsewhere {
		want["| `"+code+"` | "+e.Why+" |"] = true
	}
	for row, e := range electiontest.RowsElsewhere {
		want["| "+row+" | "+e.Why+" |"] = true
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "| ") && line != "| | why |" {
			if !want[line] {
				t.Errorf("the corpus does not say %q", line)
			}
			delete(want, line)
		}
	}
	for line := range want {
		t.Errorf("SPEC.md §19.1 does not have %q", line)
	}
}
