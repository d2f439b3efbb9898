package page

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// sections returns the sections of a language's file.
func sections() []string {
	found := make(map[string]bool)
	for key := range builtin()[0].texts {
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
	code, ref := sources(t), builtin()[0]
	for _, m := range regexp.MustCompile(`\b(say|plain|when|count)(?:\(| )"([a-z-]+\.[a-z0-9-]+)"`).FindAllStringSubmatch(code, -1) {
		if strings.HasSuffix(m[2], "-") {
			continue
		}
		_, plain := ref.texts[m[2]]
		_, counted := ref.counts[m[2]]
		if m[1] == "count" && !counted || m[1] != "count" && !plain {
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
		return strings.HasPrefix(key, "month.")
	}
	for key := range ref.texts {
		if !used(key) {
			t.Errorf("%s: is not used", key)
		}
	}
	for key := range ref.counts {
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
		if !builtin()[0].has("duty." + code) {
			t.Errorf("duty %s has no words", code)
		}
	}
	for _, code := range rules {
		if !builtin()[0].has("gate."+code) && !strings.Contains(sources(t), `add("`+code+`"`) {
			t.Errorf("rule %s has no words", code)
		}
	}
}

// What is wrong with a language's file is said, by key.
func TestLanguagesAreChecked(t *testing.T) {
	en, err := languageFiles.ReadFile("languages/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	with := func(code, old, new string) fs.FS {
		changed := strings.Replace(string(en), old, new, 1)
		if changed == string(en) && old != "" {
			t.Fatalf("%q is not in the file", old)
		}
		return fstest.MapFS{"languages/en.toml": {Data: en}, "languages/" + code + ".toml": {Data: []byte(changed)}}
	}
	if l, err := load(with("de", "", "")); err != nil || len(l) != 2 || l[0].code != "en" || l[1].code != "de" {
		t.Fatalf("a copy under another name: %v", err)
	}
	for name, x := range map[string]struct{ code, old, new, want string }{
		"a missing text":           {"de", "skip = ", "skipp = ", "page.skip: is missing"},
		"a text too many":          {"de", "[page]\n", "[page]\nextra = \"x\"\n", "page.extra: en.toml has no such text"},
		"another placeholder":      {"de", "by {time}", "by {date}", `date.by: has "{date}" put in, want "{time}"`},
		"a placeholder left out":   {"de", "by {time}", "by", `date.by: has "" put in`},
		"a plural form missing":    {"pl", "", "", "needs"},
		"a plural form too many":   {"ja", "", "", "does not know"},
		"a plural without its sum": {"de", `{ one = "{n} day", other = "{n} days" }`, `"{n} days"`, "period.days"},
		"no plural text":           {"de", `"{n} day"`, "1", "period.days.one: is no text"},
		"a number for a text":      {"de", `"Skip to the content"`, "7", "page.skip: is neither"},
		"no language":              {"no language", "", "", "no language tag"},
		"no direction":             {"de", `direction = "ltr"`, `direction = "up"`, "language.direction"},
		"a month missing":          {"de", `3 = "March"`, "", "month.3: is missing"},
		"outside":                  {"de", "[language]", "x = 1\n[language]", "x: is outside all sections"},
		"no TOML":                  {"de", "[language]", "[language", "toml"},
	} {
		if _, err := load(with(x.code, x.old, x.new)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	if _, err := load(fstest.MapFS{"languages/de.toml": {Data: en}}); err == nil {
		t.Error("a folder without the reference was taken")
	}
}

// A language whose plural has many forms, and which is written from right to left, needs nothing but its file.
func TestAnotherLanguage(t *testing.T) {
	en, _ := languageFiles.ReadFile("languages/en.toml")
	arabic := strings.Replace(string(en), `direction = "ltr"`, `direction = "rtl"`, 1)
	arabic = regexp.MustCompile(`\{ one = ("[^"]*"), other = ("[^"]*") \}`).ReplaceAllString(arabic, `{ zero = $2, one = $1, two = $2, few = $2, many = $2, other = $2 }`)
	arabic = strings.Replace(arabic, `few = "{n} days"`, `few = "FEW {n}"`, 1)
	languages, err := load(fstest.MapFS{"languages/en.toml": {Data: en}, "languages/ar.toml": {Data: []byte(arabic)}})
	if err != nil {
		t.Fatal(err)
	}
	l := languages[1]
	if got := l.period(3 * day); got != "FEW 3" {
		t.Errorf("three days: %q", got)
	}
	s := scenes(t)["debate"]
	p := s.pages()
	p.languages, p.match = languages, newMatcher(languages)
	doc := parse(t, get(p, "/vote/"+s.vote.String(), "Accept-Language", "ar-EG").Body.String())
	if root := doc.all("html")[0]; root.attr["lang"] != "ar" || root.attr["dir"] != "rtl" {
		t.Errorf("%v", root.attr)
	}
	if h1 := doc.all("h1")[0]; len(h1.all("span")) != 1 || h1.all("span")[0].attr["lang"] != "en" {
		t.Error("a title in another language than the page's is not marked")
	}
	if n := len(doc.all("header")[0].all("a")); n != 3 {
		t.Errorf("%d links in the header, want the organisation and two languages", n)
	}
}

func TestChoosingALanguage(t *testing.T) {
	m := newMatcher(builtin())
	for _, x := range []struct {
		asked, accept, want string
		chosen              bool
	}{
		{"", "", "en", false},
		{"", "es", "es", false},
		{"", "es-MX,en;q=0.8", "es", false},
		{"", "fr,es;q=0.5,en;q=0.4", "es", false},
		{"", "de", "en", false},
		{"", "*", "en", false},
		{"", "not a header;;;q=x", "en", false},
		{"", strings.Repeat("es,", 1000), "en", false},
		{"es", "en", "es", true},
		{"en", "es", "en", true},
		{"../es", "es", "es", false},
		{"ES", "en", "en", false},
	} {
		if l, chosen := m.choose(x.asked, x.accept); l.code != x.want || chosen != x.chosen {
			t.Errorf("%q %.20q: %s %v", x.asked, x.accept, l.code, chosen)
		}
	}
	// A chosen language goes with the links of the page.
	s := scenes(t)["many statements"]
	for _, a := range parse(t, get(s.pages(), "/vote/"+s.vote.String()+"?lang=es", "Accept-Language", "en").Body.String()).all("a") {
		if h := a.attr["href"]; strings.HasPrefix(h, "/") && !others.MatchString(h) && !strings.Contains(h, "lang=") {
			t.Errorf("%s forgets the language", h)
		}
	}
}

func FuzzChooseLanguage(f *testing.F) {
	for _, s := range []string{"es-MX,en;q=0.8", "*", "en-US-u-co-phonebk-x-foo", "zh-Hant-TW;q=1.000", ",;=,", "a-b-c-d-e"} {
		f.Add(s, s)
	}
	m := newMatcher(builtin())
	f.Fuzz(func(t *testing.T, asked, accept string) {
		if l, chosen := m.choose(asked, accept); l == nil || chosen && l.code != asked {
			t.Errorf("%v %v", l, chosen)
		}
	})
}

func TestNumbersAndDates(t *testing.T) {
	en, es := builtin()[0], builtin()[1]
	for _, x := range []struct{ got, want string }{
		{en.number(0), "0"}, {en.number(999), "999"}, {en.number(1000), "1,000"}, {es.number(1234567), "1,234,567"}, {en.number(1<<64 - 1), "18,446,744,073,709,551,615"},
		{en.percent(1, 3), "33.3%"}, {es.percent(1, 3), "33.3\u00a0%"}, {en.percent(1, 2), "50%"}, {en.percent(0, 5), "0%"}, {en.percent(5, 5), "100%"},
		{en.percent(1, 100_000), "0.1%"}, {en.percent(99_999, 100_000), "99.9%"}, {en.percent(0, 0), "0%"}, {en.percent(12, 10), "120%"},
		{en.at(1_800_000_000), "15 January 2027, 08:00 UTC"}, {es.at(1_800_000_000), "15 de enero de 2027, 08:00 UTC"},
		{en.calendar("2027-12-01"), "1 December 2027"}, {en.calendar("soon"), "soon"},
		{en.period(14 * day), "14 days"}, {en.period(day), "1 day"}, {es.period(36 * 3600), "36 horas"}, {es.period(60), "1 minuto"}, {en.period(61), "61 seconds"}, {en.period(0), "0 seconds"},
		{en.size(999), "999 bytes"}, {en.size(1500), "1.5 kB"}, {en.size(12_345_678), "12 MB"}, {en.size(3_000_000_000), "3 GB"}, {en.size(5_000_000_000_000), "5,000 GB"},
		{en.count("badge.overdue", 1), "1 duty overdue"}, {en.count("badge.overdue", 2), "2 duties overdue"}, {es.count("badge.overdue", 0), "0 obligaciones vencidas"},
		{en.count("badge.overdue", 10_000_001), "10,000,001 duties overdue"}, {en.count("round.members", 1<<40), "1,099,511,627,776 members on the roll."},
		{en.say("no.such"), "no.such"}, {en.say("step.forum", "title", "{name} & <b>"), "Forum: {name} & <b>"},
		{en.say("step.forum", "title", "שלום"), "Forum: \u2068שלום\u2069"},
		{string(en.when("date.by", 0)), `by <time datetime="1970-01-01T00:00:00Z">1 January 1970, 00:00 UTC</time>`},
		{string(en.when("lead.body", 0, "have", 1, "need", 2, "body", "<b>{time}")),
			`1 of the 2 signatures of &lt;b&gt;{time} that are needed are there. They can be given until <time datetime="1970-01-01T00:00:00Z">1 January 1970, 00:00 UTC</time>.`},
	} {
		if x.got != x.want {
			t.Errorf("%q, want %q", x.got, x.want)
		}
	}
	a := &author{language: en}
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
