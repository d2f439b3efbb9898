// Package roll is the member list on its way from the membership system to the board: the library and the command mandate roll.
//
// [Read] reads a list as a membership system exports it and returns a [Preview]: what was understood, figures, and every problem with its
// line; nothing is taken of a list before a person has seen that. A [Folder] keeps the list that was taken: members can be added and removed
// until a roll of it is on the board, [Compare] says what differs between two lists, and [Folder.Make] draws the salts of a roll, of all
// members or of a segment (package ballot/roll has the commitment). [Folder.Export] writes what each registrar needs.
//
// The folder holds names, addresses and salts of all members, in files that only their owner can read. Whoever reads it knows who is on the
// roll; nobody can vote with it. That the members exist, that they are members and that a list is the right one is nothing that this package
// could know: registrars look at the list too, before they accept the roll.
package roll

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// MaxList is the largest list that is read, in bytes: a million members and more.
const MaxList = 512 << 20

// maxColumns bounds a header.
const maxColumns = 1000

// Read reads a member list as membership systems and spreadsheets export it (RFC 4180): columns in any order, as many others as there are,
// with or without byte order mark, lines ended by LF or CR LF, fields separated by commas, semicolons, tabs or bars, quoted where needed, which
// may span lines. What is wrong with the list is in the preview. The error is one of reading from r, or of the mapping itself.
func Read(r io.Reader, m Mapping) (*Preview, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxList+1))
	if err != nil {
		return nil, fmt.Errorf("reading a member list: %w", err)
	}
	l := &reading{m: m, p: &Preview{}}
	if len(b) > MaxList {
		l.p.problem(0, "", "has more than %d bytes", MaxList)
		return l.p, nil
	}
	if b = l.decode(b); b != nil {
		l.read(b)
	}
	return l.p, nil
}

func (m *Mapping) check() error {
	if _, err := m.separator(); err != nil {
		return err
	}
	if _, err := m.encoding(); err != nil {
		return err
	}
	if tag, ok := language(m.DefaultLanguage); !ok || tag != m.DefaultLanguage {
		return fmt.Errorf("default language: %q is none like en or es", m.DefaultLanguage)
	}
	if m.Country != "" && !regexp.MustCompile(`^\+[1-9][0-9]{0,3}$`).MatchString(m.Country) {
		return fmt.Errorf("country: %q is no code like +1 or +34", m.Country)
	}
	return nil
}

func (m *Mapping) separator() (rune, error) {
	switch m.Separator {
	case "":
		return 0, nil
	case "tab", "\t":
		return '\t', nil
	case ",", ";", "|":
		return rune(m.Separator[0]), nil
	}
	return 0, fmt.Errorf("separator: %q is none of , ; | tab", m.Separator)
}

func (m *Mapping) encoding() (encoding.Encoding, error) {
	switch strings.ToLower(m.Encoding) {
	case "", "utf-8", "utf8":
		return nil, nil
	case "utf-16", "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "windows-1252", "cp1252", "ansi", "latin1", "latin-1", "iso-8859-1", "iso-8859-15":
		return charmap.Windows1252, nil
	}
	return nil, fmt.Errorf("encoding: %q is none of utf-8, utf-16, windows-1252", m.Encoding)
}

// reading is a list being read.
type reading struct {
	m       Mapping
	p       *Preview
	columns map[string]Column
	where   map[int][]string // column to the values wanted, folded
	fields  int              // of the header
}

// decode returns the list in UTF-8, or nil and a problem.
func (l *reading) decode(b []byte) []byte {
	e, _ := l.m.encoding()
	name := "UTF-8"
	wide := bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
	switch {
	case wide && l.m.Encoding == "":
		e, name = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16"
	case e == charmap.Windows1252 && bytes.HasPrefix(b, []byte("\ufeff")):
		l.p.problem(1, "", "the file says that it is UTF-8, not %s: leave the encoding out", l.m.Encoding)
		return nil
	case e == charmap.Windows1252:
		name = "Windows-1252"
	case e != nil:
		name = "UTF-16"
	}
	l.p.Encoding = name
	if e != nil {
		out, err := e.NewDecoder().Bytes(b)
		if err != nil {
			l.p.problem(0, "", "is not %s: %v", name, err)
			return nil
		}
		b = out
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if utf8.Valid(b) {
		return b
	}
	line := 0
	for one := range bytes.Lines(b) {
		line++
		if !utf8.Valid(one) {
			l.p.problem(line, "", "is not UTF-8 (near %q): export the list as “CSV UTF-8”, or, if names look right when it is read as %s, say that this is its encoding",
				nearInvalid(one), "windows-1252")
			if len(l.p.Problems) == 5 {
				break
			}
		}
	}
	return nil
}

func nearInvalid(b []byte) string {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return string(bytes.ToValidUTF8(bytes.TrimRight(b[max(0, i-10):min(len(b), i+10)], "\r\n"), []byte("�")))
		}
		i += n
	}
	return ""
}

func (l *reading) read(b []byte) {
	if rest, ok := bytes.CutPrefix(b, []byte("sep=")); ok && len(rest) > 1 { // what Excel writes above the header
		if at := bytes.IndexByte(rest, '\n'); at >= 0 && at <= 3 {
			if l.m.Separator == "" {
				l.m.Separator = string(rest[:1])
			}
			b = append([]byte("\n"), rest[at+1:]...) // keeps the count of lines
		}
	}
	sep, err := l.m.separator()
	if err != nil {
		l.p.problem(1, "", "%v", err)
		return
	}
	if sep == 0 {
		sep = likeliest(b)
	}
	l.p.Separator = sep
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = sep, -1, true
	header, err := r.Read()
	if err == io.EOF {
		l.p.problem(0, "", "is empty")
		return
	}
	if err == nil && len(header) > maxColumns {
		err = fmt.Errorf("has %d columns, at most %d", len(header), maxColumns)
	}
	if err != nil {
		l.p.problem(1, "", "the header: %s", csvSentence(err))
		return
	}
	header = slices.Clone(header)
	for len(header) > 1 && header[len(header)-1] == "" { // a separator at the end of every line
		header = header[:len(header)-1]
	}
	l.fields = len(header)
	columns, ignored, wrong := l.m.find(header)
	l.p.Columns, l.p.Ignored, l.p.Problems = columns, ignored, wrong
	if len(wrong) > 0 {
		return
	}
	l.columns = make(map[string]Column)
	for _, c := range columns {
		l.columns[c.Field] = c
	}
	l.where = make(map[int][]string)
	for name, values := range l.m.Where {
		at := slices.IndexFunc(header, func(h string) bool { return plainWord(h) == plainWord(name) })
		for _, v := range values {
			l.where[at] = append(l.where[at], plainWord(v))
		}
	}
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		line, _ := 0, 0
		if err != nil {
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				line = bad.StartLine
			}
			l.p.Read++
			l.p.problem(line, "", "%s", csvSentence(err))
			continue
		}
		line, _ = r.FieldPos(0)
		l.line(line, fields)
	}
	l.duplicates()
	if len(l.p.Problems) == 0 && len(l.p.Lines) == 0 {
		l.p.problem(0, "", "has a header and no member")
	}
}

// likeliest returns the separator that the first line has most of, outside quotes.
func likeliest(b []byte) rune {
	line := bytes.TrimLeft(b, "\r\n")
	n := make(map[byte]int)
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			n[c]++
		}
	}
	best := byte(',')
	for _, sep := range []byte{';', '\t', '|'} {
		if n[sep] > n[best] {
			best = sep
		}
	}
	return rune(best)
}

func csvSentence(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return "a quotation mark that is opened here is not closed where the field ends; inside a quoted field it is written twice"
	case errors.Is(err, csv.ErrBareQuote):
		return "has a quotation mark inside a field that is not quoted"
	}
	return err.Error()
}

// field returns a column of a line, cleaned.
func (l *reading) field(fields []string, name string) string {
	c, ok := l.columns[name]
	if !ok || c.at >= len(fields) {
		return ""
	}
	return clean(fields[c.at])
}

var (
	exponent = regexp.MustCompile(`^[0-9][.,][0-9]+[eE]\+?[0-9]+$`)
	decimal  = regexp.MustCompile(`^[0-9]+[.,]0+$`)
)

func (l *reading) line(line int, fields []string) {
	empty := true
	for _, f := range fields {
		empty = empty && strings.TrimSpace(f) == ""
	}
	if empty {
		return
	}
	l.p.Read++
	if extra := fields[min(l.fields, len(fields)):]; len(fields) < l.fields || strings.Join(extra, "") != "" {
		l.p.problem(line, "", "has %d fields, the header has %d", len(fields), l.fields)
		return
	}
	for at, values := range l.where {
		if !slices.Contains(values, plainWord(fields[at])) {
			l.p.LeftOut++
			return
		}
	}
	p := Person{
		Number: l.field(fields, "number"), Name: l.field(fields, "name"), Email: l.field(fields, "email"), Language: l.field(fields, "language"),
		Phone: l.field(fields, "phone"), Chapter: l.field(fields, "chapter"), Branch: l.field(fields, "branch"), Committee: l.field(fields, "committee"),
	}
	if p.Name == "" {
		p.Name = clean(l.field(fields, "first") + " " + l.field(fields, "last"))
	}
	before := len(l.p.Problems) + l.p.MoreProblems
	l.number(line, &p)
	nameColumn := l.header("name", "last", "first")
	if err := text.CheckName("name", p.Name); err != nil {
		l.p.problem(line, nameColumn, "%s", after(err, "name: "))
	} else if strings.ContainsAny(p.Name, "@") {
		l.p.warn(line, nameColumn, "%q looks like an e-mail address", p.Name)
	}
	for _, kind := range Segments {
		if s := p.In(kind); s != "" {
			if err := text.CheckName(kind, s); err != nil {
				l.p.problem(line, l.header(kind), "%s", after(err, kind+": "))
			}
		}
	}
	l.contact(line, &p)
	if len(l.p.Problems)+l.p.MoreProblems > before {
		return
	}
	if len(l.p.Lines) == record.MaxRoll {
		l.p.problem(line, "", "more than %d members", record.MaxRoll)
		return
	}
	l.p.Lines = append(l.p.Lines, Line{line, p})
}

func after(err error, prefix string) string { return strings.TrimPrefix(err.Error(), prefix) }

// header returns what the list calls the first of some fields that it has.
func (l *reading) header(fields ...string) string {
	for _, f := range fields {
		if c, ok := l.columns[f]; ok {
			return c.Header
		}
	}
	return fields[0]
}

func (l *reading) number(line int, p *Person) {
	column := l.header("number")
	m := Person{Number: p.Number, Name: "x"}
	switch err := m.Check(); {
	case err != nil:
		l.p.problem(line, column, "%s", after(err, "number: "))
	case exponent.MatchString(p.Number):
		l.p.problem(line, column, "%q was a long number before a spreadsheet rounded it: format the column as text and export again", p.Number)
	case decimal.MatchString(p.Number):
		l.p.problem(line, column, "%q is a number with decimals: format the column as text and export again", p.Number)
	}
}

// contact looks at what can be wrong without a member losing the vote: an address that cannot work is left out.
func (l *reading) contact(line int, p *Person) {
	p.Email = cleanEmail(p.Email)
	if err := checkEmail(p.Email); err != nil {
		l.p.warn(line, l.header("email"), "%s: taken without an address", err)
		p.Email = ""
	}
	if p.Phone = cleanPhone(p.Phone); p.Phone != "" && !phoneForm.MatchString(p.Phone) {
		l.p.warn(line, l.header("phone"), "%q is no phone number: taken without one", p.Phone)
		p.Phone = ""
	}
	if p.Phone != "" && p.Phone[0] != '+' && l.m.Country != "" {
		code := l.m.Country[1:]
		if code == "1" && len(p.Phone) == 11 && p.Phone[0] == '1' { // North America: the 1 is the code
			p.Phone = "+" + p.Phone
		} else {
			p.Phone = l.m.Country + strings.TrimPrefix(p.Phone, "0")
		}
	}
	tag, ok := language(p.Language)
	if !ok {
		l.p.warn(line, l.header("language"), "%q is no language that is known, such as en or Spanish", p.Language)
	}
	if p.Language = tag; !ok || tag == "" {
		p.Language = l.m.DefaultLanguage
	}
}
