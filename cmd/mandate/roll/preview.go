package roll

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// A Problem is something about a list that a person should look at.
type Problem struct {
	Line     int    // from 1, the header, as a text editor counts; 0: the list as a whole
	Column   string // as the list's header calls it; empty: the line as a whole
	Sentence string
}

func (p Problem) String() string {
	s := p.Sentence
	if p.Column != "" {
		s = p.Column + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// maxProblems is how many problems, and how many warnings, are kept; the rest are counted.
const maxProblems = 1000

// A Line is a line of a list that was taken.
type Line struct {
	Line   int // where it starts
	Person Person
}

// A Preview is what a list says, before anything is done with it.
type Preview struct {
	Encoding  string // of the file
	Separator rune   // between fields
	Columns   []Column
	Ignored   []string // columns of the header that mean nothing here
	Lines     []Line   // those without a problem
	Read      int      // lines below the header that are not empty
	LeftOut   int      // by Mapping.Where
	Repeated  int      // lines that say the same as an earlier one, which was taken

	Problems     []Problem // each makes the list unfit to be taken; the first 1000
	MoreProblems int       // beyond these
	Warnings     []Problem // what was taken and may be wrong; the first 1000
	MoreWarnings int
}

func (p *Preview) problem(line int, column, format string, args ...any) {
	if len(p.Problems) == maxProblems {
		p.MoreProblems++
		return
	}
	p.Problems = append(p.Problems, Problem{line, column, fmt.Sprintf(format, args...)})
}

func (p *Preview) warn(line int, column, format string, args ...any) {
	if len(p.Warnings) == maxProblems {
		p.MoreWarnings++
		return
	}
	p.Warnings = append(p.Warnings, Problem{line, column, fmt.Sprintf(format, args...)})
}

// OK reports whether the list can be taken.
func (p *Preview) OK() bool { return len(p.Problems) == 0 && len(p.Lines) > 0 }

// People returns the members of the list, in its order.
func (p *Preview) People() []Person {
	people := make([]Person, len(p.Lines))
	for i := range p.Lines {
		people[i] = p.Lines[i].Person
	}
	return people
}

// A Count is how many members have something.
type Count struct {
	Name    string // empty: members who are in none
	Members int
}

// tally counts people by what of returns, in order of the names.
func tally(people []Person, of func(*Person) string) []Count {
	n := make(map[string]int)
	for i := range people {
		n[of(&people[i])]++
	}
	counts := make([]Count, 0, len(n))
	for name, members := range n {
		counts = append(counts, Count{name, members})
	}
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Name, b.Name) })
	return counts
}

// Counts are figures of a member list.
type Counts struct {
	Members   int
	NoEmail   int
	NoPhone   int
	Neither   int                // who are reached by letter alone
	Languages []Count            // by language; those without under the empty name
	Segments  map[string][]Count // by kind in the list Segments; absent: nobody is in any
}

// CountOf counts people.
func CountOf(people []Person) Counts {
	c := Counts{Members: len(people), Segments: make(map[string][]Count)}
	for i := range people {
		p := &people[i]
		if p.Email == "" {
			c.NoEmail++
		}
		if p.Phone == "" {
			c.NoPhone++
		}
		if p.Email == "" && p.Phone == "" {
			c.Neither++
		}
	}
	c.Languages = tally(people, func(p *Person) string { return p.Language })
	for _, kind := range Segments {
		counts := tally(people, func(p *Person) string { return p.In(kind) })
		if len(counts) > 1 || len(counts) == 1 && counts[0].Name != "" {
			c.Segments[kind] = counts
		}
	}
	return c
}

// Counts counts the members of the list.
func (p *Preview) Counts() Counts { return CountOf(p.People()) }

// Write writes the preview for a person to read: what was understood, figures, and the first most problems and warnings of each sort.
func (p *Preview) Write(w io.Writer, most int) error {
	e := &errWriter{w: w}
	e.say("File      %s, separated by %s", cmp.Or(p.Encoding, "not known"), separatorName(p.Separator))
	for _, c := range p.Columns {
		how := ""
		if c.Guessed {
			how = " (guessed)"
		}
		e.say("Column    %-9s is %q%s", c.Field, c.Header, how)
	}
	if len(p.Ignored) > 0 {
		e.say("Ignored   %s", list(p.Ignored))
	}
	e.say("Lines     %d read, %d taken", p.Read, len(p.Lines))
	if p.LeftOut > 0 {
		e.say("Left out  %d, by the condition given", p.LeftOut)
	}
	if p.Repeated > 0 {
		e.say("Repeated  %d, the same as an earlier line, taken once", p.Repeated)
	}
	e.counts(p.Counts())
	e.problems("Warnings", p.Warnings, p.MoreWarnings, most)
	e.problems("Problems", p.Problems, p.MoreProblems, most)
	return e.err
}

type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) say(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format+"\n", args...)
	}
}

// maxShown bounds the segments that are printed.
const maxShown = 40

func (e *errWriter) counts(c Counts) {
	e.say("Members   %d; without e-mail address %d, without phone %d, without both %d", c.Members, c.NoEmail, c.NoPhone, c.Neither)
	e.list("language", c.Languages)
	for _, kind := range Segments {
		e.list(kind, c.Segments[kind])
	}
}

func (e *errWriter) list(kind string, counts []Count) {
	for i, n := range counts {
		if i == maxShown {
			e.say("  %-10s and %d more", kind, len(counts)-maxShown)
			return
		}
		e.say("  %-10s %-30s %d", kind, cmp.Or(n.Name, "(none)"), n.Members)
	}
}

func (e *errWriter) problems(title string, list []Problem, more, most int) {
	if len(list) == 0 {
		return
	}
	e.say("%-9s %d", title, len(list)+more)
	for i, p := range list {
		if i == most {
			e.say("  and %d more", len(list)-most+more)
			return
		}
		e.say("  %s", p)
	}
	if more > 0 {
		e.say("  and %d more", more)
	}
}

func separatorName(r rune) string {
	switch r {
	case ',':
		return "commas"
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	case '|':
		return "bars"
	}
	return "nothing known"
}
