package roll

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// duplicates looks at the list as a whole: people who are in it twice, and segments that are written in two ways.
func (l *reading) duplicates() {
	var (
		number = make(map[string]int, len(l.p.Lines)) // to the place in kept
		email  = make(map[string]int)
		named  = make(map[string]int)
		like   = make(map[string]int)
	)
	kept := l.p.Lines[:0]
	for _, at := range l.p.Lines {
		p := &at.Person
		if i, ok := number[p.Number]; ok {
			if kept[i].Person == *p {
				l.p.Repeated++
				l.p.warn(at.Line, "", "says the same as line %d: taken once", kept[i].Line)
				continue
			}
			l.p.problem(at.Line, l.header("number"), "%q is also on line %d%s", p.Number, kept[i].Line, difference(&kept[i].Person, p))
			continue
		}
		fold := strings.ToUpper(p.Number)
		if _, err := strconv.ParseUint(p.Number, 10, 64); err == nil {
			fold = strings.TrimLeft(p.Number, "0")
		}
		if i, ok := like[fold]; ok {
			l.p.warn(at.Line, l.header("number"), "%q is almost %q on line %d; they are taken for two members", p.Number, kept[i].Person.Number, kept[i].Line)
		} else {
			like[fold] = len(kept)
		}
		name := plainWord(p.Name)
		twin := false
		if p.Email != "" {
			address := strings.ToLower(p.Email)
			if i, ok := email[address]; !ok {
				email[address] = len(kept)
			} else if twin = plainWord(kept[i].Person.Name) == name; twin && !l.m.AllowTwins {
				l.p.problem(at.Line, l.header("email"), "name and e-mail address are those of line %d, under another number: one person twice? If they are two, allow twins", kept[i].Line)
				continue
			} else {
				l.p.warn(at.Line, l.header("email"), "the address is also that of line %d: both codes will come to one mailbox", kept[i].Line)
			}
		}
		if same := name + "\x00" + cmp.Or(p.Phone, plainWord(p.Chapter+" "+p.Branch)); !strings.HasSuffix(same, "\x00") {
			if i, ok := named[same]; ok && !twin {
				what := "phone"
				if p.Phone == "" {
					what = "segment"
				}
				l.p.warn(at.Line, l.header("name", "last"), "name and %s are also those of line %d: one person twice?", what, kept[i].Line)
			} else if !ok {
				named[same] = len(kept)
			}
		}
		number[p.Number] = len(kept)
		kept = append(kept, at)
	}
	l.p.Lines = kept
	for _, kind := range Segments {
		spelled := make(map[string]string)
		for i := range kept {
			s := kept[i].Person.In(kind)
			if s == "" {
				continue
			}
			if other, ok := spelled[plainWord(s)]; !ok {
				spelled[plainWord(s)] = s
			} else if other != s {
				l.p.warn(kept[i].Line, l.header(kind), "%q is almost %q; they are taken for two", s, other)
				spelled[plainWord(s)] = s
			}
		}
	}
	sortByLine(l.p.Problems)
	sortByLine(l.p.Warnings)
}

func sortByLine(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int { return a.Line - b.Line })
}

// difference says in which fields two lines of one number differ.
func difference(a, b *Person) string {
	if d := changed(a, b); len(d) > 0 {
		return ", where another " + strings.Join(d, ", ") + " stands"
	}
	return ""
}
