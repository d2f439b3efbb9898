package roll

import (
	"cmp"
	"io"
	"slices"
	"strings"
)

// A Change is a member whose line differs between two lists.
type Change struct {
	Old, New Person
	Fields   []string // those that differ: name, email, language, phone, chapter, branch, committee
}

// A Diff is what differs between two lists, members being compared by their numbers; each list in order of the numbers.
type Diff struct {
	Added, Removed []Person
	Changed        []Change
	Same           int
}

// Empty reports whether the lists have the same members with the same fields.
func (d *Diff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Compare returns what differs between two lists, in each of which numbers are distinct. The order of their lines does not matter.
func Compare(before, after []Person) *Diff {
	d := new(Diff)
	old := make(map[string]*Person, len(before))
	for i := range before {
		old[before[i].Number] = &before[i]
	}
	for i := range after {
		now := &after[i]
		was, ok := old[now.Number]
		if !ok {
			d.Added = append(d.Added, *now)
			continue
		}
		delete(old, now.Number)
		if fields := changed(was, now); len(fields) > 0 {
			d.Changed = append(d.Changed, Change{*was, *now, fields})
		} else {
			d.Same++
		}
	}
	for _, p := range old {
		d.Removed = append(d.Removed, *p)
	}
	slices.SortFunc(d.Added, byNumber)
	slices.SortFunc(d.Removed, byNumber)
	slices.SortFunc(d.Changed, func(a, b Change) int { return byNumber(a.New, b.New) })
	return d
}

func byNumber(a, b Person) int { return cmp.Compare(a.Number, b.Number) }

// changed names the fields in which two lines of a member differ.
func changed(a, b *Person) []string {
	var fields []string
	for _, f := range []struct{ name, a, b string }{
		{"name", a.Name, b.Name}, {"email", a.Email, b.Email}, {"language", a.Language, b.Language}, {"phone", a.Phone, b.Phone},
		{"chapter", a.Chapter, b.Chapter}, {"branch", a.Branch, b.Branch}, {"committee", a.Committee, b.Committee},
	} {
		if f.a != f.b {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Write writes the difference for a person to read, at most most lines of each sort.
func (d *Diff) Write(w io.Writer, most int) error {
	e := &errWriter{w: w}
	e.say("Added     %d", len(d.Added))
	e.people("+", d.Added, most)
	e.say("Removed   %d", len(d.Removed))
	e.people("-", d.Removed, most)
	e.say("Changed   %d", len(d.Changed))
	for i, c := range d.Changed {
		if i == most {
			e.say("  and %d more", len(d.Changed)-most)
			break
		}
		e.say("  ~ %s  %s: %s", c.New.Number, c.New.Name, strings.Join(c.Fields, ", "))
	}
	e.say("The same  %d", d.Same)
	return e.err
}

func (e *errWriter) people(sign string, people []Person, most int) {
	for i := range people {
		if i == most {
			e.say("  and %d more", len(people)-most)
			return
		}
		e.say("  %s %s  %s", sign, people[i].Number, people[i].Name)
	}
}
