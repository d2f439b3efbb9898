package page

import xlanguage "golang.org/x/text/language"

// A matcher finds a reader's language.
type matcher struct {
	languages []*language
	match     xlanguage.Matcher
}

func newMatcher(languages []*language) matcher {
	m := matcher{languages: languages}
	var tags []xlanguage.Tag
	for _, l := range languages {
		tags = append(tags, l.tag)
	}
	m.match = xlanguage.NewMatcher(tags)
	return m
}

// choose returns the language that was asked for by its code, else the best for an Accept-Language header. It says whether it was the former.
func (m matcher) choose(code, accept string) (l *language, chosen bool) {
	for _, l := range m.languages {
		if l.code == code {
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
