package roll

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// Limits of a member list, checked before anything is parsed.
const (
	MaxCSV  = 1 << 30 // bytes of the file: ten million members and more
	MaxLine = 8192    // bytes of a line
)

// maxProblems is how many problems are kept; the rest are counted.
const maxProblems = 1000

// A Problem is something wrong with a member list.
type Problem struct {
	Line  int    // from 1, the header; 0: the file as a whole
	Field string // the column; empty: the line as a whole
	Err   error
}

func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", p.Field)
	}
	return b.String() + p.Err.Error()
}

func (p Problem) Unwrap() error { return p.Err }

// Problems is everything that is wrong with a member list, in the order of its lines. It is the error of ReadCSV.
type Problems struct {
	List []Problem // the first 1000
	More int       // how many there are beyond these
}

func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List)+1)
	for _, one := range p.List {
		lines = append(lines, one.Error())
	}
	if p.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", p.More))
	}
	return "member list: " + strings.Join(lines, "\n")
}

func (p *Problems) add(line int, field string, err error) {
	if len(p.List) == maxProblems {
		p.More++
		return
	}
	p.List = append(p.List, Problem{line, field, err})
}

// A List is a member list as read from a file.
type List struct {
	Members []Member
	Ignored []string // columns of the header that mean nothing here
}

// ReadCSV reads a member list as spreadsheets export it (RFC 4180): UTF-8 with or without byte order mark, lines ended by LF or CR LF,
// fields separated by commas, semicolons or tabs (whichever the header has), quoted where needed. The first line is the header; it has
// the columns "number" and "name", may have "email", and the order is free. Other columns are ignored and listed. Empty lines are
// skipped. A field does not span lines. Number, name and e-mail are brought to Unicode normal form C without surrounding white space.
//
// If anything is wrong the error is a *Problems with all that is, by line and column, and no list is returned: it is never half read.
// Other errors are those of reading from r.
func ReadCSV(r io.Reader) (*List, error) {
	var c csvReader
	limited := &io.LimitedReader{R: r, N: MaxCSV + 1}
	lines := bufio.NewReaderSize(limited, 1<<16)
	for {
		b, err := c.readLine(lines)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading a member list, line %d: %w", c.line, err)
		}
		if limited.N == 0 {
			c.problems.add(0, "", fmt.Errorf("has more than %d bytes", MaxCSV))
			return nil, &c.problems
		}
		if !c.take(b) {
			break
		}
	}
	c.end()
	if len(c.problems.List) > 0 {
		return nil, &c.problems
	}
	return &c.list, nil
}

type csvReader struct {
	line      int // number of the line last read
	separator byte
	columns   []string
	at        map[string]int // column to its place
	firstLine map[string]int // member number to the line that has it
	list      List
	problems  Problems
}

// errLong stands for a line whose rest has been skipped.
var errLong = fmt.Errorf("has more than %d bytes", MaxLine)

// readLine returns the next line without its end, nil if it is too long or not text, or io.EOF.
func (c *csvReader) readLine(r *bufio.Reader) ([]byte, error) {
	b, err := r.ReadSlice('\n')
	if err == io.EOF && len(b) == 0 {
		return nil, io.EOF
	}
	c.line++
	long := err == bufio.ErrBufferFull
	for err == bufio.ErrBufferFull {
		_, err = r.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if long || len(b) > MaxLine {
		c.problems.add(c.line, "", errLong)
		return nil, nil
	}
	return b, nil
}

// take deals with one line and reports whether to go on.
func (c *csvReader) take(b []byte) bool {
	if c.line == 1 {
		if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
			c.problems.add(1, "", errors.New("the file is UTF-16; save it as “CSV UTF-8”"))
			return false
		}
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	if b == nil && c.columns != nil {
		return true // too long, and noted
	}
	if !utf8.Valid(b) {
		c.problems.add(c.line, "", fmt.Errorf("is not UTF-8 (near %q); save the file as “CSV UTF-8”", firstInvalid(b)))
		return c.columns != nil
	}
	if c.columns == nil {
		return c.header(string(b))
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return true
	}
	c.member(string(b))
	return true
}

func firstInvalid(b []byte) string {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return string(bytes.ToValidUTF8(b[max(0, i-10):min(len(b), i+10)], []byte("�")))
		}
		i += n
	}
	return ""
}

// header reads the first line and reports whether there is any point in reading on.
func (c *csvReader) header(s string) bool {
	c.separator = ','
	for _, sep := range []byte{';', '\t'} {
		if strings.Count(s, string(sep)) > strings.Count(s, string(c.separator)) {
			c.separator = sep
		}
	}
	columns, err := c.split(s)
	if err != nil {
		c.problems.add(c.line, "", fmt.Errorf("header: %w", err))
		return false
	}
	c.columns, c.at, c.firstLine = columns, make(map[string]int), make(map[string]int)
	for i, name := range columns {
		name = strings.ToLower(text.Clean(name))
		if name == "number" || name == "name" || name == "email" {
			if _, ok := c.at[name]; ok {
				c.problems.add(c.line, name, errors.New("the header has this column twice"))
			}
			c.at[name] = i
		} else {
			c.list.Ignored = append(c.list.Ignored, text.Clean(columns[i]))
		}
	}
	for _, name := range []string{"number", "name"} {
		if _, ok := c.at[name]; !ok {
			c.problems.add(c.line, name, errors.New("the header has no such column; the first line must name the columns, such as number,name,email"))
		}
	}
	return len(c.problems.List) == 0
}

func (c *csvReader) member(s string) {
	fields, err := c.split(s)
	if err != nil {
		c.problems.add(c.line, "", err)
		return
	}
	if len(fields) != len(c.columns) {
		c.problems.add(c.line, "", fmt.Errorf("has %d fields, the header has %d", len(fields), len(c.columns)))
		return
	}
	m := Member{Number: text.Clean(fields[c.at["number"]]), Name: text.Clean(fields[c.at["name"]])}
	if i, ok := c.at["email"]; ok {
		m.Email = text.Clean(fields[i])
	}
	before := len(c.problems.List) + c.problems.More
	for _, f := range []struct {
		name string
		err  error
	}{{"number", checkNumber(m.Number)}, {"name", text.CheckName("name", m.Name)}, {"email", checkEmail(m.Email)}} {
		if f.err != nil { // its text starts with the field, which the problem names by itself
			c.problems.add(c.line, f.name, errors.New(strings.TrimPrefix(f.err.Error(), f.name+": ")))
		}
	}
	if first, ok := c.firstLine[m.Number]; ok && m.Number != "" {
		c.problems.add(c.line, "number", fmt.Errorf("%q is also on line %d", m.Number, first))
	} else {
		c.firstLine[m.Number] = c.line
	}
	if len(c.problems.List)+c.problems.More > before {
		return
	}
	if len(c.list.Members) == record.MaxRoll {
		c.problems.add(c.line, "", fmt.Errorf("more than %d members", record.MaxRoll))
		return
	}
	c.list.Members = append(c.list.Members, m)
}

// split takes a line apart (RFC 4180 §2, without line breaks inside quotes).
func (c *csvReader) split(s string) ([]string, error) {
	fields := make([]string, 0, max(4, len(c.columns)))
	for {
		var field string
		if strings.HasPrefix(s, `"`) {
			var b strings.Builder
			s = s[1:]
			for {
				before, after, ok := strings.Cut(s, `"`)
				if !ok {
					return nil, fmt.Errorf("field %d: a quotation mark is opened and not closed on this line", len(fields)+1)
				}
				b.WriteString(before)
				s = after
				if !strings.HasPrefix(s, `"`) {
					break
				}
				b.WriteByte('"')
				s = s[1:]
			}
			field = b.String()
			if s != "" && s[0] != c.separator {
				return nil, fmt.Errorf("field %d: text after the closing quotation mark", len(fields)+1)
			}
		} else {
			end := strings.IndexByte(s, c.separator)
			if end < 0 {
				end = len(s)
			}
			field, s = s[:end], s[end:]
			if strings.Contains(field, `"`) {
				return nil, fmt.Errorf("field %d: a quotation mark inside a field that is not quoted", len(fields)+1)
			}
		}
		fields = append(fields, field)
		if s == "" {
			return fields, nil
		}
		s = s[1:]
	}
}

// end says what only the end of the file can show.
func (c *csvReader) end() {
	switch {
	case len(c.problems.List) > 0:
	case c.columns == nil:
		c.problems.add(0, "", errors.New("is empty"))
	case len(c.list.Members) == 0:
		c.problems.add(0, "", errors.New("has a header and no member"))
	}
}
