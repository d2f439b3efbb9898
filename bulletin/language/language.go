// Package language has every text that people read on pages, in the booth, in the organisers' console and in mail, and how each language
// writes numbers and dates.
//
// A language is one file of the folder languages, such as es.toml. All returns them, Choose and Match find the one for a reader, Say and
// Count return texts, Functions gives them to templates, and Section gives those of a part, such as the booth, to a script. To add a
// language, add its file: what it lacks is said when it is loaded, and nothing else knows how many languages there are.
//
// What is put into a text is put in as it is: whoever writes HTML escapes it. When and Plain return HTML, in which it is escaped.
package language

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/feature/plural"
	xlanguage "golang.org/x/text/language"
)

//go:embed languages/*.toml
var files embed.FS

// A Language has all texts, and how numbers and dates are written. It is read-only and may be used by several goroutines.
type Language struct {
	Code      string // a BCP 47 tag, the name of its file
	Base      string // its language alone, without a region
	Name      string // in the language itself
	Direction string // of writing: ltr or rtl

	tag    xlanguage.Tag
	texts  map[string]string            // by "section.key"
	counts map[string]map[string]string // texts that depend on a number, by plural form
	months []string

	group, decimal, percentage, date, moment string
}

// Reference is the code of the language whose file says what texts there are.
const Reference = "en"

// All returns the languages of this package, the reference first and then by their codes.
func All() []*Language { return slices.Clone(builtin()) }

var builtin = sync.OnceValue(func() []*Language {
	languages, err := Load(files)
	if err != nil {
		panic(err) // the files are embedded, and tested
	}
	return languages
})

// Load reads the languages of a folder named languages: one file for each, named by its BCP 47 tag and ".toml". Each must have exactly
// the texts of en.toml, with the same names of what is put in, and every plural form that it needs. Errors name the file and the text.
func Load(folder fs.FS) ([]*Language, error) {
	names, err := fs.Glob(folder, "languages/*.toml")
	if err != nil {
		return nil, err
	}
	var languages []*Language
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		l, err := parse(strings.TrimSuffix(path.Base(name), ".toml"), b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		languages = append(languages, l)
	}
	slices.SortStableFunc(languages, func(a, b *Language) int {
		switch {
		case a.Code == Reference:
			return -1
		case b.Code == Reference:
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	})
	if len(languages) == 0 || languages[0].Code != Reference {
		return nil, fmt.Errorf("there is no %s.toml", Reference)
	}
	for _, l := range languages[1:] {
		if err := l.covers(languages[0]); err != nil {
			return nil, fmt.Errorf("languages/%s.toml: %w", l.Code, err)
		}
	}
	return languages, nil
}

func parse(code string, b []byte) (*Language, error) {
	tag, err := xlanguage.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("the file's name is no language tag: %w", err)
	}
	base, _ := tag.Base()
	l := &Language{Code: code, Base: base.String(), tag: tag, texts: make(map[string]string), counts: make(map[string]map[string]string)}
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
		&l.Name: "language.name", &l.Direction: "language.direction", &l.group: "language.group", &l.decimal: "language.decimal",
		&l.percentage: "language.percent", &l.date: "language.date", &l.moment: "language.moment",
	} {
		if *field = l.texts[key]; *field == "" {
			return nil, fmt.Errorf("%s: is missing", key)
		}
	}
	if l.Direction != "ltr" && l.Direction != "rtl" {
		return nil, fmt.Errorf("language.direction: %q, want ltr or rtl", l.Direction)
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
func (l *Language) add(key string, value any) error {
	switch value := value.(type) {
	case string:
		if value == "" {
			return fmt.Errorf("%s: is empty", key)
		}
		l.texts[key] = value
		return nil
	case map[string]any:
		count := make(map[string]string)
		for form, text := range value {
			s, ok := text.(string)
			if !ok || s == "" {
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
func (l *Language) form(n uint64) string {
	if n >= 10_000_000 {
		n = n%10_000_000 + 10_000_000
	}
	return forms[plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)]
}

// placeholder is what stands in a text for something that is put in.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// covers reports what l lacks of the reference, or has beyond it.
func (l *Language) covers(ref *Language) error {
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
			return fmt.Errorf("%s: %s.toml has no such text", key, ref.Code)
		}
	}
	for key := range l.counts {
		if _, ok := ref.counts[key]; !ok {
			return fmt.Errorf("%s: %s.toml has no such text with plural forms", key, ref.Code)
		}
	}
	return nil
}
