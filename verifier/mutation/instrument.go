package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// switchSource is the package that instrumented code asks whether a refusal is disabled. It is in no build but the instrumented ones.
//
//go:embed switch.go.txt
var switchSource []byte

const switchPath = "ballot/mutant"

// A site is one refusal.
type site struct {
	id   int
	file string // from the module's root
	line int
	fn   string
	text string // of the condition, or of the statement
	nth  int    // of the same text in the same function
}

// key names a site in a way that outlives changes elsewhere in the file.
func (s site) key() string {
	k := s.file + " " + s.fn + ": " + s.text
	if s.nth > 0 {
		k += fmt.Sprintf(" (%d)", s.nth+1)
	}
	return k
}

// instrument writes copies of the packages' files with every refusal behind a switch, and a file for go build -overlay that puts them in place.
func instrument(root, dir string, packages []string) (overlay string, sites []site, err error) {
	replace := make(map[string]string)
	put := func(path string, src []byte) error {
		name := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		replace[filepath.Join(root, path)] = name
		return os.WriteFile(name, src, 0o600)
	}
	if err := put(switchPath+"/mutant.go", switchSource); err != nil {
		return "", nil, err
	}
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(root, p, "*.go"))
		if err != nil {
			return "", nil, err
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			src, err := os.ReadFile(f)
			if err != nil {
				return "", nil, err
			}
			path := p + "/" + filepath.Base(f)
			changed, found, err := mutable(path, src, len(sites)+1)
			if err != nil {
				return "", nil, err
			}
			if len(found) == 0 {
				continue
			}
			sites = append(sites, found...)
			if err := put(path, changed); err != nil {
				return "", nil, err
			}
		}
	}
	// The program says which election it is at.
	const program, begin = "verifier/corpus/main.go", "func one(s source, out, second string, verify bool) (inSecond bool, err error) {\n"
	src, err := os.ReadFile(filepath.Join(root, program))
	if err != nil {
		return "", nil, err
	}
	text := strings.Replace(string(src), begin, begin+"mutant.Election(s.name)\n", 1)
	if text == string(src) {
		return "", nil, fmt.Errorf("%s has no longer the function of which the election is taken", program)
	}
	if err := put(program, []byte(withImport(text))); err != nil {
		return "", nil, err
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, sites, os.WriteFile(overlay, b, 0o600)
}

// instrumentTests adds the packages' tests to an overlay: each says that it is at work, as the program says of elections. Of tests that run
// beside each other the last that began is taken for both.
func instrumentTests(root, dir, overlay string, packages []string) error {
	b, err := os.ReadFile(overlay)
	if err != nil {
		return err
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(root, p, "*_test.go"))
		if err != nil {
			return err
		}
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			const begin = "(t *testing.T) {\n"
			text := strings.ReplaceAll(string(src), begin, begin+"mutant.Election(t.Name())\n")
			if text == string(src) || strings.Contains(text, "//go:build") {
				continue
			}
			name := filepath.Join(dir, strings.ReplaceAll(p, "/", "_")+"_"+filepath.Base(f))
			if err := os.WriteFile(name, []byte(withImport(text)), 0o600); err != nil {
				return err
			}
			o.Replace[f] = name
		}
	}
	if b, err = json.Marshal(&o); err != nil {
		return err
	}
	return os.WriteFile(overlay, b, 0o600)
}

// withImport imports the switch without moving a line.
func withImport(src string) string {
	at := strings.Index(src, "\npackage ") + 1
	end := at + strings.IndexByte(src[at:], '\n')
	return src[:end] + `; import "mandate/` + switchPath + `"` + src[end:]
}

// mutable puts the refusals of a file behind switches with ids from first on.
func mutable(path string, src []byte, first int) ([]byte, []site, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	type edit struct {
		at   int
		text string
	}
	var edits []edit
	var sites []site
	seen := make(map[string]int)
	fn := ""
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	add := func(n ast.Node, before, after string) {
		text := strings.Join(strings.Fields(string(src[offset(n.Pos()):offset(n.End())])), " ")
		s := site{id: first + len(sites), file: path, line: fset.Position(n.Pos()).Line, fn: fn, text: text}
		s.nth = seen[s.key()]
		seen[s.key()]++
		sites = append(sites, s)
		edits = append(edits, edit{offset(n.Pos()), fmt.Sprintf(before, s.id)}, edit{offset(n.End()), after})
	}
	var condition func(e ast.Expr)
	condition = func(e ast.Expr) {
		if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.LOR {
			condition(b.X)
			condition(b.Y)
			return
		}
		add(e, "mutant.Refuse(%d, ", ")")
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			fn = n.Name.Name
		case *ast.IfStmt:
			if refuses(n.Body.List) {
				condition(n.Cond)
			}
		case *ast.SwitchStmt:
			if n.Tag != nil {
				break
			}
			for _, s := range n.Body.List {
				if c := s.(*ast.CaseClause); refuses(c.Body) {
					for _, e := range c.List {
						condition(e)
					}
				}
			}
		case *ast.ExprStmt:
			if call, ok := n.X.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "fail" {
					add(n, "if mutant.Refuse(%d, true) { ", " }")
				}
			}
		}
		return true
	})
	if len(sites) == 0 {
		return src, nil, nil
	}
	// From the end to the beginning; of two at one place the one that closes stands before the one that opens.
	slices.SortStableFunc(edits, func(a, b edit) int { return b.at - a.at })
	out := string(src)
	for i := 0; i < len(edits); {
		j := i
		var closes, opens string
		for ; j < len(edits) && edits[j].at == edits[i].at; j++ {
			if t := edits[j].text; strings.HasPrefix(t, ")") || strings.HasPrefix(t, " }") {
				closes += t
			} else {
				opens += t
			}
		}
		at := edits[i].at
		out = out[:at] + closes + opens + out[at:]
		i = j
	}
	return []byte(withImport(out)), sites, nil
}

// refuses reports whether statements end in a return that says no.
func refuses(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	r, ok := body[len(body)-1].(*ast.ReturnStmt)
	return ok && slices.ContainsFunc(r.Results, saysNo)
}

// saysNo reports whether a returned value is a void or fatal outcome, a fault or an error, as they are written in this module.
func saysNo(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.Ident:
			return slices.Contains([]string{"void", "fatal", "fault", "fail", "bad", "refuse", "proofFault"}, f.Name) || strings.HasSuffix(f.Name, "f") && f.Name != "f"
		case *ast.SelectorExpr:
			pkg, ok := f.X.(*ast.Ident)
			return ok && (pkg.Name == "fmt" && f.Sel.Name == "Errorf" || pkg.Name == "errors" && f.Sel.Name == "New")
		}
	case *ast.UnaryExpr:
		lit, ok := e.X.(*ast.CompositeLit)
		if !ok || e.Op != token.AND {
			return false
		}
		id, ok := lit.Type.(*ast.Ident)
		return ok && (strings.HasSuffix(id.Name, "Error") || strings.HasSuffix(id.Name, "Fault"))
	case *ast.StarExpr:
		id, ok := e.X.(*ast.Ident)
		return ok && id.Name == "bad"
	case *ast.Ident:
		n := e.Name
		return n == "err" || n == "bad" || len(n) > 3 && strings.HasPrefix(strings.ToLower(n), "err") && n[3] >= 'A' && n[3] <= 'Z'
	}
	return false
}
