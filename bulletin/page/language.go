package page

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/feature/plural"
	xlanguage "golang.org/x/text/language"
)

//go:embed languages/*.toml
var languageFiles embed.FS

// A language has all texts of the pages, and how numbers and dates are written. It is one file of the folder languages.
type language struct {
	code      string // a BCP 47 tag, the name of its file
	base      string // its language alone, without a region
	tag       xlanguage.Tag
	name      string
	direction string
	texts     map[string]string            // by "section.key"
	counts    map[string]map[string]string // texts that depend on a number, by plural form
	months    []string

	group, decimal, percentage, date, moment string

	templates *template.Template
}

// reference is the language whose file says what texts there are.
const reference = "en"

// builtin returns the languages of this package, the reference first.
var builtin = sync.OnceValue(func() []*language {
	languages, err := load(languageFiles)
	if err != nil {
		panic(err) // the files are embedded, and tested
	}
	return languages
})

// load reads all languages of a folder.
func load(files fs.FS) ([]*language, error) {
	names, err := fs.Glob(files, "languages/*.toml")
	if err != nil {
		return nil, err
	}
	var languages []*language
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		l, err := parseLanguage(strings.TrimSuffix(path.Base(name), ".toml"), b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.templates, err = parsed(l); err != nil {
			return nil, err
		}
		languages = append(languages, l)
	}
	slices.SortStableFunc(languages, func(a, b *language) int {
		switch {
		case a.code == reference:
			return -1
		case b.code == reference:
			return 1
		}
		return strings.Compare(a.code, b.code)
	})
	if len(languages) == 0 || languages[0].code != reference {
		return nil, fmt.Errorf("there is no %s.toml", reference)
	}
	for _, l := range languages[1:] {
		if err := l.covers(languages[0]); err != nil {
			return nil, fmt.Errorf("languages/%s.toml: %w", l.code, err)
		}
	}
	return languages, nil
}

func parseLanguage(code string, b []byte) (*language, error) {
	tag, err := xlanguage.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("the file's name is no language tag: %w", err)
	}
	base, _ := tag.Base()
	l := &language{code: code, base: base.String(), tag: tag, texts: make(map[string]string), counts: make(map[string]map[string]string)}
	var sections map[string]any
	if err := toml.Unmarshal(b, &sections); err != nil {
		return nil, err
	}
	for name, value := range sections {
		section, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: is outside all sections", name)
		}
		for key, value := range section {
			if err := l.add(name+"."+key, value); err != nil {
				return nil, err
			}
		}
	}
	for field, key := range map[*string]string{
		&l.name: "language.name", &l.direction: "language.direction", &l.group: "language.group", &l.decimal: "language.decimal",
		&l.percentage: "language.percent", &l.date: "language.date", &l.moment: "language.moment",
	} {
		if *field = l.texts[key]; *field == "" {
			return nil, fmt.Errorf("%s: is missing", key)
		}
	}
	if l.direction != "ltr" && l.direction != "rtl" {
		return nil, fmt.Errorf("language.direction: %q, want ltr or rtl", l.direction)
	}
	for m := range 12 {
		month, ok := l.texts["month."+strconv.Itoa(m+1)]
		if !ok {
			return nil, fmt.Errorf("month.%d: is missing", m+1)
		}
		l.months = append(l.months, month)
	}
	return l, nil
}

// forms are CLDR's plural forms.
var forms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// add adds a text, or one that has a form for each plural form of the language.
func (l *language) add(key string, value any) error {
	switch value := value.(type) {
	case string:
		l.texts[key] = value
		return nil
	case map[string]any:
		count := make(map[string]string)
		for form, text := range value {
			s, ok := text.(string)
			if !ok {
				return fmt.Errorf("%s.%s: is no text", key, form)
			}
			count[form] = s
		}
		needed := map[string]bool{}
		for n := range 1000 {
			needed[l.form(uint64(n))] = true
		}
		for form := range needed {
			if _, ok := count[form]; !ok {
				return fmt.Errorf("%s: has no form %q, which the language needs", key, form)
			}
		}
		for form := range count {
			if !needed[form] {
				return fmt.Errorf("%s: has a form %q, which the language does not know", key, form)
			}
		}
		l.counts[key] = count
		return nil
	}
	return fmt.Errorf("%s: is neither a text nor a table of plural forms", key)
}

// form returns the plural form of a whole number. Numbers of any size are like those below ten million with the same last digits, but for
// their being large (see [plural.Rules.MatchPlural]).
func (l *language) form(n uint64) string {
	if n >= 10_000_000 {
		n = n%10_000_000 + 10_000_000
	}
	return forms[plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)]
}

// placeholder is what stands in a text for something that is put in.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// covers reports what l lacks of the reference, or has beyond it.
func (l *language) covers(ref *language) error {
	holes := func(s string) string {
		found := placeholder.FindAllString(s, -1)
		slices.Sort(found)
		return strings.Join(slices.Compact(found), " ")
	}
	others := func(s string) string { return holes(strings.ReplaceAll(s, "{n}", "")) } // "one member" needs no figure
	for key, want := range ref.texts {
		got, ok := l.texts[key]
		switch {
		case !ok:
			return fmt.Errorf("%s: is missing", key)
		case holes(got) != holes(want):
			return fmt.Errorf("%s: has %q put in, want %q", key, holes(got), holes(want))
		}
	}
	for key, want := range ref.counts {
		got, ok := l.counts[key]
		if !ok {
			return fmt.Errorf("%s: is missing", key)
		}
		for form, text := range got {
			if others(text) != others(want["other"]) {
				return fmt.Errorf("%s.%s: has %q put in, want %q", key, form, holes(text), holes(want["other"]))
			}
		}
	}
	for key := range l.texts {
		if _, ok := ref.texts[key]; !ok {
			return fmt.Errorf("%s: %s.toml has no such text", key, ref.code)
		}
	}
	for key := range l.counts {
		if _, ok := ref.counts[key]; !ok {
			return fmt.Errorf("%s: %s.toml has no such text with plural forms", key, ref.code)
		}
	}
	return nil
}

// say returns a text with what is to be put in: names and values by turns. Numbers are written as the language writes them.
func (l *language) say(key string, put ...any) string {
	return l.fill(key, l.texts[key], put)
}

// count returns a text that depends on a number, which is put in as n.
func (l *language) count(key string, n uint64, put ...any) string {
	return l.fill(key, l.counts[key][l.form(n)], append([]any{"n", n}, put...))
}

// fill puts values into a text. A text that is not there is shown as its key: the tests see to it that this does not happen.
func (l *language) fill(key, text string, put []any) string {
	if text == "" {
		return key
	}
	pairs := make([]string, 0, len(put))
	for i := 0; i+1 < len(put); i += 2 {
		pairs = append(pairs, "{"+put[i].(string)+"}", l.value(put[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// value writes what is put into a text. A name with letters that run from right to left is isolated, or it would reorder the text around it.
func (l *language) value(v any) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsFunc(v, rightToLeft) {
			return "\u2068" + v + "\u2069"
		}
		return v
	case words:
		return l.value(v.Text)
	case uint64:
		return l.number(v)
	case int:
		return l.number(uint64(max(v, 0)))
	}
	return fmt.Sprint(v)
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

// has reports whether there is a text.
func (l *language) has(key string) bool { return l.texts[key] != "" }

// functions are what templates can call.
func (l *language) functions() template.FuncMap {
	return template.FuncMap{
		"say": l.say, "number": l.number, "percent": l.percent, "at": l.at, "size": l.size,
		"iso":  func(unix uint64) string { return clock(unix).Format(time.RFC3339) },
		"when": l.when,
		"bar":  newBar,
		"count": func(key string, n any, put ...any) (string, error) { // of a number or a length
			switch n := n.(type) {
			case uint64:
				return l.count(key, n, put...), nil
			case int:
				return l.count(key, uint64(n), put...), nil
			}
			return "", fmt.Errorf("%s: counts a %T", key, n)
		},
	}
}

// when returns a text into which a time is put, as an element of HTML.
func (l *language) when(key string, unix uint64, put ...any) template.HTML {
	before, after, found := strings.Cut(l.texts[key], "{time}")
	if !found {
		return template.HTML(template.HTMLEscapeString(l.say(key, put...)))
	}
	part := func(text string) string {
		if text == "" {
			return ""
		}
		return template.HTMLEscapeString(l.fill(key, text, put))
	}
	return template.HTML(part(before) + `<time datetime="` + clock(unix).Format(time.RFC3339) + `">` + template.HTMLEscapeString(l.at(unix)) + `</time>` + part(after))
}

// plain is what say returns, as HTML.
func (l *language) plain(key string, put ...any) template.HTML {
	return template.HTML(template.HTMLEscapeString(l.say(key, put...)))
}
