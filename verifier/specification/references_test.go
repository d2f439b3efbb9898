package specification_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/verifier"
	"mandate/verifier/boardlog"
	"mandate/verifier/corpus/electiontest"
)

// sources calls do for every file of the project with one of the endings.
func sources(t testing.TB, do func(path, text string), endings ...string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains(endings, filepath.Ext(path)):
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			if os.IsNotExist(err) {
				return nil // another test's, and gone
			}
			return err
		}
		do(path, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	// a citation of one or several sections: "§9.4", "§§6.2–6.5", "§6.2 and 6.3"
	citation      = regexp.MustCompile(`§+ ?([0-9]+(?:\.[0-9]+)*)((?:(?:, | and |, and | to |–|-| or )§?[0-9]+(?:\.[0-9]+)+)*)`)
	sectionNumber = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)*`)
	// what else is cited by section
	otherTexts  = regexp.MustCompile(`RFC|draft-ietf|OpenID|ISO|WebAssembly|Lemire|NIST|FIPS|c2sp|CHVote|IEC`)
	commentEdge = regexp.MustCompile(`\s*\n\s*(?://|#|\*)?\s*`)
)

// Every section that code cites is one of SPEC.md, and every section that SPEC.md cites of itself.
func TestSectionsThatAreCitedExist(t *testing.T) {
	known := sections(t)
	cited := make(map[string]bool)
	files := 0
	look := func(path, text string) {
		files++
		text = commentEdge.ReplaceAllString(text, " ")
		for _, m := range citation.FindAllStringSubmatchIndex(text, -1) {
			before := text[max(0, m[0]-60):m[0]]
			if i := strings.LastIndex(before, "SPEC"); i >= 0 {
				before = before[i:]
			}
			if otherTexts.MatchString(before) {
				continue
			}
			for _, n := range sectionNumber.FindAllString(text[m[0]:m[1]], -1) {
				cited[n] = true
				if !known[n] {
					t.Errorf("%s: %q cites §%s, which SPEC.md does not have", path, text[max(0, m[0]-40):m[1]], n)
				}
			}
		}
	}
	sources(t, look, ".go", ".js", ".mjs", ".py", ".pml", ".toml")
	if files < 300 || len(cited) < 60 {
		t.Errorf("only %d sections in %d files", len(cited), files)
	}
	look("SPEC.md", specText(t))
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	look("README.md", string(readme))
	for _, n := range []string{"99", "0.1", "10.1.8", "9.11"} {
		if known[n] {
			t.Errorf("there is a section %s", n)
		}
	}
}

// A row of the table of checks in SPEC.md §12.
type checkRow struct {
	name  string
	codes []string
}

func checkRows(t *testing.T) map[int]checkRow {
	t.Helper()
	out := make(map[int]checkRow)
	for _, m := range regexp.MustCompile(`(?m)^\| ([0-9]+) \| ([a-z ]+) \| .* \| (.*) \|$`).FindAllStringSubmatch(sectionOf(t, "12"), -1) {
		n, _ := strconv.Atoi(m[1])
		r := checkRow{name: m[2]}
		for _, c := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(m[3], -1) {
			r.codes = append(r.codes, c[1])
		}
		out[n] = r
	}
	return out
}

// Every check of SPEC.md §12 is one that the verifier makes, under its number and name, and the other way round.
func TestEveryCheckIsMade(t *testing.T) {
	rows := checkRows(t)
	b := readExample(t)
	pkg := b.audit(t)
	source, err := boardlog.OpenPackage(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := verifier.Verify(t.Context(), source, verifier.Options{})
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[int]string)
	for _, c := range append(slices.Clone(report.Log), report.Votes[0].Checks...) {
		made[c.Number] = c.Name
	}
	for _, n := range slices.Sorted(maps.Keys(rows)) {
		if rows[n].name != made[n] {
			t.Errorf("check %d is %q in SPEC.md and %q in the verifier", n, rows[n].name, made[n])
		}
		delete(made, n)
	}
	if len(made) > 0 || len(rows) < 30 {
		t.Errorf("%d checks in SPEC.md; the verifier has besides %v", len(rows), made)
	}
	verify, err := os.ReadFile("../checks.go")
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range rows {
		for _, code := range r.codes {
			if n > 3 && n != 7 && n != 21 && !strings.Contains(string(verify), strconv.Quote(code)+": ") {
				t.Errorf("no check of verifier/checks.go fails by %q", code)
			}
		}
	}
}

// Every check fails in an election of the corpus, by each of its codes, or the corpus says why none can make it fail.
func TestEveryCheckFailsInAnElection(t *testing.T) {
	rows := checkRows(t)
	failed := make(map[int]string)
	codes := make(map[string]int)
	for _, e := range electiontest.All() {
		if e.Want.Check != 0 {
			failed[e.Want.Check] = e.Name
			codes[e.Want.Code] = e.Want.Check
		}
	}
	for _, n := range slices.Sorted(maps.Keys(rows)) {
		why := electiontest.CannotFail[n]
		if (failed[n] == "") != (why != "") {
			t.Errorf("check %d, %s, fails in the election %q; the corpus says of it %q", n, rows[n].name, failed[n], why)
		}
		for _, code := range rows[n].codes {
			if _, elsewhere := electiontest.CodesElsewhere[code]; !elsewhere && codes[code] == 0 {
				t.Errorf("check %d, %s, fails by %q in no election", n, rows[n].name, code)
			}
		}
	}
	for code, n := range codes {
		if _, ok := rows[n]; !ok || code != "" && code != rows[n].name && !slices.Contains(rows[n].codes, code) {
			t.Errorf("the corpus has check %d fail by %q, SPEC.md by %v", n, code, rows[n].codes)
		}
	}
}

// Every code that the fold gives stands in code letters in SPEC.md. (That each there is given: packages fold and corpus.)
func TestCodesOfTheFoldAreSpecified(t *testing.T) {
	text := specText(t)
	given := regexp.MustCompile(`\b(?:void\(|fatal\([^,()]*(?:\([^()]*\))?,\s*)"([a-z-]+)"`)
	seen := make(map[string]bool)
	sources(t, func(path, source string) {
		if !strings.HasPrefix(path, "../../ballot/fold/") || strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range given.FindAllStringSubmatch(source, -1) {
			seen[m[1]] = true
			if !strings.Contains(text, "`"+m[1]+"`") {
				t.Errorf("%s gives the code %q, and SPEC.md does not have it", path, m[1])
			}
		}
	}, ".go")
	if len(seen) < 50 {
		t.Errorf("only %d codes: %v", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}

// The codes with which a board refuses for itself (§8.4), and a registrar (§10.1.4), with its statuses, are those of their programs.
func TestCodesOfServersAreSpecified(t *testing.T) {
	constants := func(path string) map[string]bool {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out := make(map[string]bool)
		for _, m := range regexp.MustCompile(`(?m)^\tCode[A-Za-z]+ += "([a-z-]+)"`).FindAllStringSubmatch(string(b), -1) {
			out[m[1]] = true
		}
		return out
	}
	_, general, _ := strings.Cut(specText(t), "\n### 8.4 ")
	general, _, _ = strings.Cut(general, "\n### 8.5 ")
	boards := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| general \\|").FindAllStringSubmatch(general, -1) {
		boards[m[1]] = true
	}
	delete(boards, "oversize") // which is the fold's too
	if is := constants("../../bulletin/board/sentences.go"); !maps.Equal(is, boards) {
		t.Errorf("a board's codes: %v, SPEC.md §8.4: %v", is, boards)
	}

	_, interfaces, _ := strings.Cut(specText(t), "\n#### 10.1.4 ")
	interfaces, _, _ = strings.Cut(interfaces, "\n#### 10.1.5 ")
	specified := map[string]string{} // status by code
	for _, m := range regexp.MustCompile("(?m)^\\| ([0-9]{3} `.*?) \\|").FindAllStringSubmatch(strings.ReplaceAll(interfaces, "| `", "`"), -1) {
		status := ""
		for _, w := range regexp.MustCompile("[0-9]{3}|`[a-z-]+`").FindAllString(m[1], -1) {
			if w[0] != '`' {
				status = w
				continue
			}
			specified[strings.Trim(w, "`")] = status
		}
	}
	b, err := os.ReadFile("../../cmd/mandate/registrar/issuing/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string) // of the constants
	for _, m := range regexp.MustCompile(`(?m)^\t(Code[A-Za-z]+) += "([a-z-]+)"`).FindAllStringSubmatch(string(b), -1) {
		names[m[1]] = m[2]
	}
	answered := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(Code[A-Za-z]+): +\{([0-9]+),`).FindAllStringSubmatch(string(b), -1) {
		answered[names[m[1]]] = m[2]
	}
	if !maps.Equal(specified, answered) || len(answered) != len(names) {
		t.Errorf("a registrar's codes: %v, SPEC.md §10.1.4: %v", answered, specified)
	}
}
