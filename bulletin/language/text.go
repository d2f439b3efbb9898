package language

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Say returns a text by its section and key, such as "page.skip", with what is to be put in: names and values by turns. Numbers are
// written as the language writes them. A text that is not there is shown as its key; tests see to it that this does not happen.
func (l *Language) Say(key string, put ...any) string {
	return l.fill(key, l.texts[key], put)
}

// Count returns a text that depends on a number, which is put in as n.
func (l *Language) Count(key string, n uint64, put ...any) string {
	return l.fill(key, l.counts[key][l.form(n)], append([]any{"n", n}, put...))
}

// Has reports whether there is a text, or one that depends on a number.
func (l *Language) Has(key string) bool { return l.texts[key] != "" || l.counts[key] != nil }

// Keys returns the keys of all texts of the sections whose names begin with prefix, sorted.
func (l *Language) Keys(prefix string) []string {
	var out []string
	for _, keys := range [][]string{slices.Collect(maps.Keys(l.texts)), slices.Collect(maps.Keys(l.counts))} {
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) {
				out = append(out, key)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Counted reports whether a text depends on a number, so that Count and not Say returns it.
func (l *Language) Counted(key string) bool { return l.counts[key] != nil }

func (l *Language) fill(key, text string, put []any) string {
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
func (l *Language) value(v any) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsFunc(v, rightToLeft) {
			return "\u2068" + v + "\u2069"
		}
		return v
	case uint64:
		return l.Number(v)
	case int:
		return l.Number(uint64(max(v, 0)))
	case fmt.Stringer:
		return l.value(v.String())
	}
	return fmt.Sprint(v)
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

// Functions are what templates can call: say, count (of a number or a length), number, percent, at (a time in seconds since 1970), iso (the
// same for a machine), size (of bytes), when (a text with a time as an element of HTML) and period (of seconds).
func (l *Language) Functions() template.FuncMap {
	return template.FuncMap{
		"say": l.Say, "number": l.Number, "percent": l.Percent, "at": l.At, "iso": ISO, "size": l.Size, "when": l.When, "period": l.Period,
		"count": func(key string, n any, put ...any) (string, error) {
			switch n := n.(type) {
			case uint64:
				return l.Count(key, n, put...), nil
			case int:
				return l.Count(key, uint64(max(n, 0)), put...), nil
			}
			return "", fmt.Errorf("%s: counts a %T", key, n)
		},
	}
}

// When returns a text into which a time is put as {time}, as an element of HTML.
func (l *Language) When(key string, unix uint64, put ...any) template.HTML {
	before, after, found := strings.Cut(l.texts[key], "{time}")
	if !found {
		return l.Plain(key, put...)
	}
	part := func(text string) string {
		if text == "" {
			return ""
		}
		return template.HTMLEscapeString(l.fill(key, text, put))
	}
	return template.HTML(part(before) + `<time datetime="` + ISO(unix) + `">` + template.HTMLEscapeString(l.At(unix)) + `</time>` + part(after))
}

// Plain is what Say returns, as HTML.
func (l *Language) Plain(key string, put ...any) template.HTML {
	return template.HTML(template.HTMLEscapeString(l.Say(key, put...)))
}

// ISO writes a time for machines (RFC 3339), in UTC.
func ISO(unix uint64) string { return clock(unix).Format(time.RFC3339) }

// Section returns what a script needs of the language, to be written as JSON: the texts of the sections whose names begin with one of the
// prefixes, and how numbers and dates are written. With "booth" it has the sections booth and booth-error, for example.
//
//	{"code": "en", "name": "English", "direction": "ltr",
//	 "format": {"group": ",", "decimal": ".", "percent": "{n}%", "date": "{day} {month} {year}", "moment": "{date}, {time} UTC",
//	            "months": [12 names]},
//	 "texts":  {"booth.title": "…"},
//	 "counts": {"booth.answered": {"one": "…", "other": "…"}}}
//
// The plural form of a number in a browser is new Intl.PluralRules(code).select(n).
func (l *Language) Section(prefixes ...string) map[string]any {
	within := func(key string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
	}
	texts, counts := make(map[string]string), make(map[string]map[string]string)
	for key, text := range l.texts {
		if within(key) {
			texts[key] = text
		}
	}
	for key, count := range l.counts {
		if within(key) {
			counts[key] = maps.Clone(count)
		}
	}
	return map[string]any{
		"code": l.Code, "name": l.Name, "direction": l.Direction, "texts": texts, "counts": counts,
		"format": map[string]any{
			"group": l.group, "decimal": l.decimal, "percent": l.percentage, "date": l.date, "moment": l.moment, "months": slices.Clone(l.months),
		},
	}
}
