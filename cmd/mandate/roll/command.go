package roll

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const usage = `Roll makes the rolls of an organisation: who may vote, as of a date. It reads member lists as membership systems export them, shows what
is wrong with them before anything is taken, and keeps the list and its rolls in a folder that only the commission has.

Usage:
    mandate roll VERB [FLAGS] [FILES]

Lists:
    preview     what a list says: columns, figures, problems by line; nothing is kept
    diff        what differs between two lists
    take        take a list into the folder, in place of the one before
    add         add a member to the folder's list
    change      change a member's name, address, language or segment
    remove      take a member off the list

Rolls:
    make        make a roll of the whole list, of one segment, or of each
    show        the list and the rolls of the folder
    export      write what a registrar needs of a roll
    committed   note that a roll is on the board; from then on it does not change

Every verb answers -h.

Exit status: 0 it is done; 1 the list has problems, or it could not be done; 2 the call makes no sense.

Example:
    mandate roll preview members.csv
    mandate roll take -dir members members.csv
    mandate roll make -dir members -name national -title "All members" -as-of 2027-03-01
    mandate roll export -dir members -name national -by email -out for-registrar-1
`

// errMisuse is wrapped by errors about how a verb was called.
var errMisuse = errors.New("the call makes no sense")

func misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errMisuse, fmt.Errorf(format, args...))
}

// errProblems ends a verb that has written a list's problems.
var errProblems = errors.New("the list has problems: nothing was taken of it")

// A call is a verb with its flags.
type call struct {
	out, err io.Writer
	in       io.Reader
	files    []string
	dir      string
	most     int
	mapping  mappingFlags
	text     map[string]*string
	toggle   map[string]*bool
}

func (c *call) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

type verb struct {
	usage string
	dir   bool // works in a folder
	reads int  // lists that are given as arguments
	text  []string
	bools []string
	needs []string
	run   func(*call) error
}

// Run is the command mandate roll.
func Run(_ context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	v, ok := verbs[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "error: there is no verb %q\nhint: mandate roll -h lists them\n", args[0])
		return 2
	}
	c := &call{in: in, out: stdout, err: stderr, text: make(map[string]*string), toggle: make(map[string]*bool)}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if v.dir {
		f.StringVar(&c.dir, "dir", "", "")
	}
	f.IntVar(&c.most, "most", 20, "")
	if v.reads > 0 {
		c.mapping.declare(f)
	}
	for _, n := range v.text {
		c.text[n] = f.String(n, "", "")
	}
	for _, n := range v.bools {
		c.toggle[n] = f.Bool(n, false, "")
	}
	err := f.Parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, v.usage)
		return 0
	}
	c.files = f.Args()
	if err == nil {
		err = v.check(c, f)
	}
	if err != nil {
		err = misuse("%w", err)
	} else {
		err = v.run(c)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "error: %v\n", strings.TrimPrefix(err.Error(), errMisuse.Error()+": "))
	if errors.Is(err, errMisuse) {
		fmt.Fprintf(stderr, "hint: mandate roll %s -h says how to call it\n", args[0])
		return 2
	}
	if hint := c.hint(err); hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return 1
}

func (v *verb) check(c *call, f *flag.FlagSet) error {
	needs := v.needs
	if v.dir {
		needs = append([]string{"dir"}, needs...)
	}
	for _, n := range needs {
		if f.Lookup(n).Value.String() == "" {
			return fmt.Errorf("-%s is needed", n)
		}
	}
	if len(c.files) < v.reads {
		return fmt.Errorf("%d files are given, want %d", len(c.files), v.reads)
	}
	if len(c.files) > v.reads {
		return fmt.Errorf("%q is not understood; flags stand before files", c.files[v.reads])
	}
	return nil
}

func (c *call) hint(err error) string {
	switch {
	case errors.Is(err, errProblems):
		return "correct the list where it comes from and export it again; -h names the flags for columns, encoding and members to leave out"
	case errors.Is(err, fs.ErrNotExist) && c.dir != "" && strings.Contains(err.Error(), peopleFile):
		return "mandate roll take makes the folder from the first list"
	case errors.Is(err, ErrThere):
		return "mandate roll change changes a member's line"
	case errors.Is(err, ErrNotThere):
		return "mandate roll show -dir " + c.dir + " -member NUMBER finds members of the list and of rolls"
	}
	return ""
}

const mappingUsage = `How the list is read, all of it optional:
    -mapping FILE       a TOML file with the same settings; flags come on top of it
    -column FIELD=NAME  the column for a field, by its name in the list's header; - for none; can be repeated. Fields: number, name, first,
                        last, email, language, phone, chapter, branch, committee. Others are guessed
    -where NAME=VALUE   take only lines with this value in that column; can be repeated, several values of a column meaning any of them
    -separator CHAR     , ; | or tab
    -encoding NAME      windows-1252 (which has Latin-1) or utf-16; without it the list must be UTF-8
    -language LANG      language of members of whom the list has none
    -country CODE       code that is put before phone numbers without one, such as +1
    -allow-twins        two lines with one name and one e-mail address but two numbers are two people
    -most N             show at most N problems and warnings (default 20)
`

// mappingFlags are the flags by which a Mapping is given.
type mappingFlags struct {
	file    string
	columns []string
	where   []string
	m       Mapping
	given   bool
}

func (g *mappingFlags) declare(f *flag.FlagSet) {
	note := func(set func(string) error) func(string) error {
		return func(s string) error { g.given = true; return set(s) }
	}
	f.Func("mapping", "", note(func(s string) error { g.file = s; return nil }))
	f.Func("column", "", note(func(s string) error { g.columns = append(g.columns, s); return nil }))
	f.Func("where", "", note(func(s string) error { g.where = append(g.where, s); return nil }))
	for name, p := range map[string]*string{"separator": &g.m.Separator, "encoding": &g.m.Encoding, "language": &g.m.DefaultLanguage, "country": &g.m.Country} {
		f.Func(name, "", note(func(s string) error { *p = s; return nil }))
	}
	f.BoolFunc("allow-twins", "", note(func(s string) error { g.m.AllowTwins = s == "true"; return nil }))
}

// mapping returns the mapping that flags, the file they name, or else the folder say.
func (g *mappingFlags) mapping(f *Folder) (m Mapping, err error) {
	if g.file != "" {
		b, err := os.ReadFile(g.file)
		if err != nil {
			return m, fmt.Errorf("-mapping: %w", err)
		}
		if m, err = ParseMapping(b); err != nil {
			return m, fmt.Errorf("-mapping: %s: %w", g.file, err)
		}
	} else if f != nil && !g.given {
		m, _, err = f.Mapping()
		return m, err
	}
	for _, c := range g.columns {
		field, name, ok := strings.Cut(c, "=")
		if !ok {
			return m, misuse("-column %q: want a field and a column, such as number=ID", c)
		}
		if err := m.Set(field, name); err != nil {
			return m, misuse("-column: %w", err)
		}
	}
	for _, w := range g.where {
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return m, misuse("-where %q: want a column and a value, such as Status=Active", w)
		}
		if m.Where == nil {
			m.Where = make(map[string][]string)
		}
		m.Where[name] = append(m.Where[name], value)
	}
	for _, f := range []struct{ to, from *string }{
		{&m.Separator, &g.m.Separator}, {&m.Encoding, &g.m.Encoding}, {&m.DefaultLanguage, &g.m.DefaultLanguage}, {&m.Country, &g.m.Country},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	m.AllowTwins = m.AllowTwins || g.m.AllowTwins
	if err := m.check(); err != nil {
		return m, misuse("%w", err)
	}
	return m, nil
}

// preview reads a list; - is standard input.
func (c *call) preview(path string, m Mapping) (*Preview, error) {
	if path == "-" {
		return Read(c.in, m)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, m)
}

// read reads a list that must be without problems; if it has some, they are written.
func (c *call) read(path string, m Mapping) (*Preview, error) {
	p, err := c.preview(path, m)
	if err != nil {
		return nil, err
	}
	if !p.OK() {
		p.Write(c.out, c.most)
		return nil, fmt.Errorf("%s: %w", path, errProblems)
	}
	return p, nil
}

// slugOf makes a roll's name in the folder of a segment's name.
func slugOf(kind, segment string, taken []string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.ToLower(segment), func(r rune) bool { return plainWord(string(r)) == "" }) {
		for _, r := range plainWord(word) {
			if r < 0x80 {
				b.WriteRune(r)
			}
		}
		b.WriteByte('-')
	}
	s := strings.Trim(b.String(), "-")
	if s != kind && !strings.HasPrefix(s, kind+"-") {
		s = strings.Trim(kind+"-"+s, "-")
	}
	s = strings.TrimRight(s[:min(len(s), 34)], "-")
	for i := 2; slices.Contains(taken, s); i++ {
		s = fmt.Sprintf("%.34s-%d", strings.TrimRight(strings.TrimSuffix(s, fmt.Sprintf("-%d", i-1)), "-"), i)
	}
	return s
}
