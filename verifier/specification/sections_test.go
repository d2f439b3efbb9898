package specification_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func decode(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := cbor.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

var heading = regexp.MustCompile(`(?m)^(#{2,4}) ([0-9]+(?:\.[0-9]+)*)\.? `)

// sections lists the numbers of the sections of SPEC.md.
func sections(t testing.TB) map[string]bool {
	t.Helper()
	out := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(specText(t), -1) {
		if out[m[2]] {
			t.Errorf("SPEC.md has two sections %s", m[2])
		}
		if len(m[1]) != 2+strings.Count(m[2], ".") {
			t.Errorf("SPEC.md's heading of section %s is of the wrong depth", m[2])
		}
		out[m[2]] = true
	}
	return out
}

// sectionOf returns the text of a section without subsections' numbers in its own, up to the next heading of the same depth.
func sectionOf(t testing.TB, number string) string {
	t.Helper()
	_, rest, ok := strings.Cut(specText(t), "\n## "+number+". ")
	if !ok {
		t.Fatalf("SPEC.md has no section %s", number)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// The files that SPEC.md names exist, and every file of shared vectors is named.
func TestFilesThatAreNamedExist(t *testing.T) {
	text := specText(t)
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile("`((?:crypto|ballot|verifier|bulletin|cmd)/[A-Za-z0-9./-]+)`").FindAllStringSubmatch(text, -1) {
		named[m[1]] = true
		if _, err := os.Stat("../../" + m[1]); err != nil {
			t.Errorf("SPEC.md names %s: %v", m[1], err)
		}
	}
	files, err := filepath.Glob("../testdata/vectors/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named["verifier/testdata/vectors/"+filepath.Base(f)] {
			t.Errorf("SPEC.md does not name %s", f)
		}
	}
	if len(named) < 20 || len(files) < 8 {
		t.Errorf("%d files named, %d of shared vectors", len(named), len(files))
	}
}

// SPEC.md's list of contents has every section.
func TestContents(t *testing.T) {
	_, contents, _ := strings.Cut(specText(t), "\nContents: ")
	contents, _, _ = strings.Cut(contents, "\n\n")
	for n := range sections(t) {
		if !strings.Contains(n, ".") && !strings.Contains(contents, "§"+n+" ") {
			t.Errorf("the contents do not have §%s", n)
		}
	}
}
