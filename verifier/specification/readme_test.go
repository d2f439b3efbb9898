package specification_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

func security(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok1 := strings.Cut(string(b), "\n## Security\n")
	text, _, ok2 := strings.Cut(text, "\n## ")
	if !ok1 || !ok2 {
		t.Fatal("README.md has no section on security")
	}
	return text
}

// README's table of dependencies has every module that the code imports, and no other; the verifier links the first four.
func TestDependenciesAreInTheReadme(t *testing.T) {
	b, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	moduleOf := func(path string) string {
		best := ""
		for _, r := range mod.Require {
			if p := r.Mod.Path; (path == p || strings.HasPrefix(path, p+"/")) && len(p) > len(best) {
				best = p
			}
		}
		return best
	}
	imported := make(map[string]bool)
	sources(t, func(path, text string) {
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			return // in somebody's editor
		}
		for _, i := range f.Imports {
			if p, err := strconv.Unquote(i.Path.Value); err == nil {
				if m := moduleOf(p); m != "" {
					imported[m] = true
				}
			}
		}
	}, ".go")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z]+\\.[a-z]+/.*) \\| .+ \\| [A-Z][A-Za-z0-9.-]+ \\|$").FindAllStringSubmatch(security(t), -1) {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.Split(row[1], " | ")[0], -1) {
			listed = append(listed, m[1])
		}
	}
	for _, m := range listed {
		if !imported[m] {
			t.Errorf("README.md has %s, which nothing imports", m)
		}
		delete(imported, m)
	}
	for m := range imported {
		t.Errorf("README.md does not have %s, which is imported", m)
	}

	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command in PATH")
	}
	out, err := exec.Command("go", "list", "-deps", "mandate/cmd/mandate-verify").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		if m := moduleOf(p); m != "" && !slices.Contains(listed[:4], m) && m != "golang.org/x/sys" {
			t.Errorf("the verifier links %s", m)
		}
	}
}

// README's sizes, for who wants to know how long it takes to read the code, are right within a quarter.
func TestSizesInTheReadme(t *testing.T) {
	rows := 0
	for _, m := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([0-9]+) \\|").FindAllStringSubmatch(security(t), -1) {
		if strings.Contains(m[1], "SPEC.md") {
			continue
		}
		rows++
		lines := 0
		for _, folder := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[1], -1) {
			for _, pattern := range []string{"*.go", "*.js"} {
				files, err := filepath.Glob("../../" + folder[1] + "/" + pattern)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, ".test.js") {
						continue
					}
					b, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					lines += bytes.Count(b, []byte("\n"))
				}
			}
		}
		said, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if lines*4 < said*3 || lines*4 > said*5 {
			t.Errorf("%s has %d lines, README.md says %d", m[1], lines, said)
		}
	}
	if rows < 12 {
		t.Errorf("only %d rows", rows)
	}
}
