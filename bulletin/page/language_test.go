package page

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"mandate/bulletin/language"
)

func reference() *language.Language { return language.All()[0] }

// own returns the keys of the texts of pages. Those of other programs are in sections whose names begin with theirs.
func own() (out []string) {
	for _, key := range reference().Keys("") {
		if !regexp.MustCompile(`^(booth|console|mail|serve|registrar-page|trustee-page)`).MatchString(key) {
			out = append(out, key)
		}
	}
	return out
}

// sections returns the sections of the texts of pages.
func sections() []string {
	found := make(map[string]bool)
	for _, key := range own() {
		section, _, _ := strings.Cut(key, ".")
		found[section] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// sources returns the package's own code and templates.
func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	files, _ := filepath.Glob("*.go")
	more, _ := filepath.Glob("templates/*.html")
	for _, name := range append(files, more...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		s, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(s)
	}
	return b.String()
}

// Every text that pages ask for is there, in the right form, and every text that is there is asked for.
func TestEveryTextIsThereAndUsed(t *testing.T) {
	code, ref := sources(t), reference()
	for _, m := range regexp.MustCompile(`\b([Ss]ay|[Pp]lain|[Ww]hen|[Cc]ount)(?:\(| )"([a-z-]+\.[a-z0-9-]+)"`).FindAllStringSubmatch(code, -1) {
		if strings.HasSuffix(m[2], "-") {
			continue
		}
		if !ref.Has(m[2]) || ref.Counted(m[2]) != strings.EqualFold(m[1], "count") {
			t.Errorf("%s %q: there is no such text", m[1], m[2])
		}
	}
	used := func(key string) bool {
		if strings.Contains(code, `"`+key+`"`) {
			return true
		}
		for i := range key { // made of a beginning and something else
			if key[i] == '.' || key[i] == '-' {
				if strings.Contains(code, `"`+key[:i+1]+`"`) {
					return true
				}
			}
		}
		return regexp.MustCompile(`^(language|month|period|size)\.`).MatchString(key) // by package language itself
	}
	for _, key := range own() {
		if !used(key) {
			t.Errorf("%s: is not used", key)
		}
	}
}

// There are words for every duty and for every rule that package fold knows.
func TestEveryDutyAndRuleHasWords(t *testing.T) {
	first := func(file, function string) (out []string) {
		f, err := parser.ParseFile(token.NewFileSet(), "../../ballot/fold/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				name := ""
				switch f := c.Fun.(type) {
				case *ast.SelectorExpr:
					name = f.Sel.Name
				case *ast.Ident:
					name = f.Name
				}
				if name != function || len(c.Args) == 0 {
					return true
				}
				if lit, ok := c.Args[0].(*ast.BasicLit); ok {
					s, _ := strconv.Unquote(lit.Value)
					out = append(out, s)
				}
			}
			return true
		})
		return out
	}
	duties, rules := first("duties.go", "owe"), first("gates.go", "gap")
	if len(duties) < 10 || len(rules) < 8 {
		t.Fatalf("fold has other names: %d duties, %d rules", len(duties), len(rules))
	}
	for _, code := range duties {
		if !reference().Has("duty." + code) {
			t.Errorf("duty %s has no words", code)
		}
	}
	for _, code := range rules {
		if !reference().Has("gate."+code) && !strings.Contains(sources(t), `add("`+code+`"`) {
			t.Errorf("rule %s has no words", code)
		}
	}
}

// A language whose plural has many forms, and which is written from right to left, needs nothing but its file: every page is there in it.
func TestAnotherLanguage(t *testing.T) {
	en, err := os.ReadFile("../language/languages/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	arabic := strings.Replace(string(en), `direction = "ltr"`, `direction = "rtl"`, 1)
	arabic = regexp.MustCompile(`\{ one = ("[^"]*"), other = ("[^"]*") \}`).ReplaceAllString(arabic, `{ zero = $2, one = $1, two = $2, few = $2, many = $2, other = $2 }`)
	arabic = regexp.MustCompile(`(?m)^([0-9a-z-]+ = ")([^"]*"(?: +#.*)?)$`).ReplaceAllString(arabic, `${1}٭$2`)
	arabic = strings.Replace(arabic, `direction = "٭rtl"`, `direction = "rtl"`, 1)
	languages, err := language.Load(fstest.MapFS{"languages/en.toml": {Data: en}, "languages/ar.toml": {Data: []byte(arabic)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t) {
		s := scenes(t)[name]
		p := New(still{s.state}, Options{Address: "https://votes.example.org", Fresh: -1, Languages: languages})
		path := "/vote/" + s.vote.String()
		if s.state.Vote(s.vote) == nil {
			path = "/"
		}
		body := get(p, path, "Accept-Language", "ar-EG").Body.String()
		doc := parse(t, body)
		bad := func(format string, args ...any) { t.Errorf(name+": "+format, args...) }
		checkTexts(bad, doc, body)
		if root := doc.all("html")[0]; root.attr["lang"] != "ar" || root.attr["dir"] != "rtl" {
			bad("%v", root.attr)
		}
		if h1 := doc.all("h1")[0]; len(h1.all("span")) != 1 || h1.all("span")[0].attr["lang"] != "en" {
			bad("a title in another language than the page's is not marked")
		}
		if n := len(doc.all("header")[0].all("a")); n != 3 {
			bad("%d links in the header, want the organisation and two languages", n)
		}
		for _, h := range doc.all("h2") {
			if !strings.Contains(h.words(), "٭") {
				bad("the heading %q is not of the language", h.words())
			}
		}
	}
}

// A chosen language goes with the links of the page.
func TestLinksKeepTheLanguage(t *testing.T) {
	s := scenes(t)["many statements"]
	for _, a := range parse(t, get(s.pages(), "/vote/"+s.vote.String()+"?lang=es", "Accept-Language", "en").Body.String()).all("a") {
		if h := a.attr["href"]; strings.HasPrefix(h, "/") && !others.MatchString(h) && !strings.Contains(h, "lang=") {
			t.Errorf("%s forgets the language", h)
		}
	}
}

func TestShares(t *testing.T) {
	a := &author{Language: reference()}
	for _, x := range []struct {
		num, den uint64
		want     string
	}{{1, 2, "half"}, {5, 10, "half"}, {2, 3, "two thirds"}, {1, 20, "5%"}, {1, 8, "12.5%"}, {3, 7, "3/7"}, {0, 4, "0%"}, {1, 1, "100%"}, {1 << 31, 1 << 32, "half"}} {
		if got := a.share(x.num, x.den); got != x.want {
			t.Errorf("%d/%d: %q, want %q", x.num, x.den, got, x.want)
		}
	}
	for _, x := range []struct{ num, den, n, want uint64 }{{1, 20, 400, 20}, {1, 3, 17, 6}, {1, 10, 401, 41}, {0, 1, 9, 0}, {1 << 32, 1 << 32, 1 << 27, 1 << 27}, {1<<32 - 1, 1 << 32, 1 << 27, 1 << 27}} {
		if got := part(x.num, x.den, x.n); got != x.want {
			t.Errorf("%d/%d of %d: %d, want %d", x.num, x.den, x.n, got, x.want)
		}
	}
}
