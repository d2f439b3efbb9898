package language

import (
	"net/http"
	"sync"

	xlanguage "golang.org/x/text/language"
)

// Choose returns the language of this package that was asked for by its code, else the best for an Accept-Language header, which may be
// empty. It reports whether it was the former.
func Choose(code, accept string) (l *Language, chosen bool) { return standard().Choose(code, accept) }

// Match returns the language of this package for a request: what its query's lang says, else what the browser asks for. It reports
// whether it was the former, so that links on the page keep it.
func Match(r *http.Request) (l *Language, chosen bool) { return standard().Match(r) }

var standard = sync.OnceValue(func() Matcher { return NewMatcher(builtin()) })

// A Matcher finds a reader's language among some.
type Matcher struct {
	languages []*Language
	match     xlanguage.Matcher
}

// NewMatcher returns a matcher of languages, at least one. The first is for readers of none of them.
func NewMatcher(languages []*Language) Matcher {
	m := Matcher{languages: languages}
	var tags []xlanguage.Tag
	for _, l := range languages {
		tags = append(tags, l.tag)
	}
	m.match = xlanguage.NewMatcher(tags)
	return m
}

// Match is as the function Match.
func (m Matcher) Match(r *http.Request) (l *Language, chosen bool) {
	return m.Choose(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}

// Choose is as the function Choose.
func (m Matcher) Choose(code, accept string) (l *Language, chosen bool) {
	for _, l := range m.languages {
		if l.Code == code {
			return l, true
		}
	}
	const enough = 200 // bytes; nobody reads so many languages
	if len(accept) > enough {
		return m.languages[0], false
	}
	tags, _, err := xlanguage.ParseAcceptLanguage(accept)
	if err != nil {
		return m.languages[0], false
	}
	_, i, _ := m.match.Match(tags...)
	return m.languages[i], false
}
