package blt

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mandate/ballot/count"
)

// Read reads a BLT file of at most MaxSize bytes.
func Read(r io.Reader) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading ballot file: %w", err)
	}
	return Parse(data)
}

// Parse reads a BLT file. Its error is a *Fault.
func Parse(data []byte) (*File, error) {
	if len(data) > MaxSize {
		return nil, &Fault{0, fmt.Sprintf("file is larger than %d MiB", MaxSize>>20)}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, &Fault{1, "file is UTF-16; save it as UTF-8"}
	}
	p := &parser{file: &File{Election: new(count.Election)}}
	text := string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if !utf8.ValidString(text) {
		text = latin1(text)
		p.note("the file is not UTF-8 and was read as Latin-1")
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if i := strings.IndexByte(text, 0); i >= 0 {
		return nil, &Fault{1 + strings.Count(text[:i], "\n"), "the file has a zero byte; it is not a text file"}
	}
	p.lines = strings.Split(text, "\n")
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// latin1 reads each byte as the character of that number.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

type parser struct {
	file  *File
	lines []string
	at    int    // index of the next line
	line  int    // number of the line read last that was not empty
	rest  string // unread remainder of that line, if any
	depth int    // of /* comments */
	named bool   // reading names, no longer ballots

	nicknames map[string]int

	skipped int // ranks
	spoiled int // lines
}

func (p *parser) note(format string, args ...any) {
	p.file.Notes = append(p.file.Notes, fmt.Sprintf(format, args...))
}

func (p *parser) fault(format string, args ...any) error {
	return &Fault{p.line, fmt.Sprintf(format, args...)}
}

// next returns the next line that is not empty, without comments.
func (p *parser) next() (string, bool) {
	if p.rest != "" {
		line := p.rest
		p.rest = ""
		return line, true
	}
	for p.at < len(p.lines) {
		line := p.lines[p.at]
		p.at++
		if line = strings.TrimSpace(p.uncomment(strings.TrimSpace(line))); line != "" {
			p.line = p.at
			return line, true
		}
	}
	return "", false
}

// uncomment cuts comments off a line: from a # or // that begins a word to the
// end, and what stands between /* and */, on several lines if need be. What
// stands in quotation marks is left alone, and so is a name or title that stands
// without them and does not itself begin so.
func (p *parser) uncomment(line string) string {
	var out strings.Builder
	quoted := false
	if p.named && p.depth == 0 && line != "" && !strings.ContainsRune("\"#/", rune(line[0])) {
		return line
	}
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		word := i == 0 || line[i-1] == ' ' || line[i-1] == '\t'
		switch {
		case p.depth > 0:
			if strings.HasPrefix(rest, "*/") {
				p.depth--
				i++
			} else if strings.HasPrefix(rest, "/*") {
				p.depth++
				i++
			}
			continue
		case rest[0] == '"':
			quoted = !quoted
		case quoted:
		case word && strings.HasPrefix(rest, "/*"):
			p.depth++
			i++
			continue
		case word && (rest[0] == '#' || strings.HasPrefix(rest, "//")):
			return out.String()
		}
		out.WriteByte(line[i])
	}
	return out.String()
}

func (p *parser) parse() error {
	if err := p.header(); err != nil {
		return err
	}
	line, err := p.ballots()
	if err != nil {
		return err
	}
	if p.depth > 0 {
		return p.fault("a comment that begins with /* does not end")
	}
	return p.names(line)
}

// header reads the numbers of candidates and seats.
func (p *parser) header() error {
	line, ok := p.next()
	if !ok {
		return &Fault{0, "file has no line with the numbers of candidates and seats"}
	}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return p.fault("expected the numbers of candidates and seats, as in \"5 2\", found %s", quote(line))
	}
	candidates, err1 := strconv.Atoi(fields[0])
	seats, err2 := strconv.Atoi(fields[1])
	switch {
	case err1 != nil || err2 != nil:
		return p.fault("expected the numbers of candidates and seats, as in \"5 2\", found %s", quote(line))
	case candidates < 1 || candidates > count.MaxCandidates:
		return p.fault("%d candidates are announced; from 1 to %d can be read", candidates, count.MaxCandidates)
	case seats < 1 || seats > count.MaxSeats:
		return p.fault("%d seats are announced; from 1 to %d can be read", seats, count.MaxSeats)
	}
	p.rest = strings.Join(fields[2:], " ")
	p.file.Election.Seats = seats
	p.file.Election.Candidates = make([]count.Candidate, candidates)
	return nil
}

// ballots reads options, withdrawals and ballots up to the line 0. If a quoted
// name comes instead, the line 0 is taken as forgotten and the name is returned.
func (p *parser) ballots() (string, error) {
	for {
		line, ok := p.next()
		switch {
		case !ok:
			return "", p.fault("the file ends before the names of the candidates")
		case line[0] == '"':
			p.note("line %d: the line \"0\" that ends the ballots is missing", p.line)
			return line, nil
		case line[0] == '[':
			if err := p.option(line); err != nil {
				return "", err
			}
			continue
		}
		fields, err := p.ballotFields(line)
		if err != nil {
			return "", err
		}
		if len(fields) == 1 && isZero(fields[0]) {
			return "", nil
		}
		if fields[0][0] == '-' && len(fields[0]) > 1 {
			if err := p.withdrawals(fields); err != nil {
				return "", err
			}
			continue
		}
		for len(fields) > 0 {
			if fields, err = p.ballot(fields); err != nil {
				return "", err
			}
		}
	}
}

// isZero reports whether a field is a 0, which is also written 00.
func isZero(field string) bool { return field != "" && strings.Trim(field, "0") == "" }

// ballotFields splits a ballot line, passing over identifiers in parentheses at
// its beginning and joining candidates around an equals sign.
func (p *parser) ballotFields(line string) ([]string, error) {
	for strings.HasPrefix(line, "(") {
		_, after, ok := strings.Cut(line, ")")
		if !ok {
			return nil, p.fault("a parenthesis does not end")
		}
		line = strings.TrimSpace(after)
	}
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return nil, p.fault("expected a ballot, found an identifier alone")
	}
	if !strings.Contains(line, "=") {
		return fields, nil
	}
	var joined []string
	for _, f := range fields {
		last := len(joined) - 1
		if last >= 0 && (f[0] == '=' || strings.HasSuffix(joined[last], "=")) {
			joined[last] += f
		} else {
			joined = append(joined, f)
		}
	}
	return joined, nil
}

// ballot reads one group of ballots and returns the fields behind its final 0. A
// line may end without one.
func (p *parser) ballot(fields []string) ([]string, error) {
	n, err := strconv.ParseUint(fields[0], 10, 63)
	switch {
	case err != nil && isNumber(fields[0]):
		return nil, p.fault("the number of ballots %s is not a whole number below 2^63", quote(fields[0]))
	case err != nil:
		return nil, p.fault("expected a ballot, \"0\" or the name of candidate 1 in quotation marks, found %s", quote(fields[0]))
	case n == 0:
		return nil, p.fault("a ballot is given 0 times")
	}
	var ranking [][]int
	seen := make(map[int]bool)
	twice := "" // a candidate ranked twice
	for i, field := range fields[1:] {
		if isZero(field) {
			return fields[i+2:], p.add(n, ranking, twice)
		}
		if field == "-" {
			p.skipped++
			continue
		}
		var rank []int
		for item := range strings.SplitSeq(field, "=") {
			c, err := p.candidate(item)
			if err != nil {
				return nil, err
			}
			if seen[c] && twice == "" {
				twice = item
			}
			seen[c] = true
			rank = append(rank, c)
		}
		ranking = append(ranking, rank)
	}
	return nil, p.add(n, ranking, twice)
}

// add adds ballots to the election, as spoiled ones if they rank a candidate
// twice.
func (p *parser) add(n uint64, ranking [][]int, twice string) error {
	e := p.file.Election
	if twice == "" {
		e.Ballots = append(e.Ballots, count.Ballot{Count: n, Ranking: ranking})
		return nil
	}
	if e.Spoiled+n < n {
		return p.fault("more than 2^64 ballots rank a candidate twice")
	}
	e.Spoiled += n
	p.spoiled++
	if p.spoiled <= maxSpoiledNotes {
		text := fmt.Sprintf("line %d: candidate %s is ranked twice; %d spoiled", p.line, quote(twice), n)
		p.file.Notes = append(p.file.Notes, text)
		p.file.Spoiled = append(p.file.Spoiled, text)
	}
	return nil
}

// maxSpoiledNotes is how many lines with spoiled ballots are named.
const maxSpoiledNotes = 20

// isNumber reports whether a field looks like one.
func isNumber(field string) bool {
	return field != "" && strings.Trim(field, "0123456789.,+-/") == ""
}

// candidate returns the index of the candidate with a number or nickname.
func (p *parser) candidate(item string) (int, error) {
	if c, ok := p.nicknames[item]; ok {
		return c, nil
	}
	total := len(p.file.Election.Candidates)
	c, err := strconv.Atoi(item)
	if err != nil && !isNumber(item) {
		return 0, p.fault("expected the number of a candidate, found %s", quote(item))
	}
	if err != nil || c < 1 || c > total {
		return 0, p.fault("there is no candidate %s; they are numbered from 1 to %d", quote(item), total)
	}
	return c - 1, nil
}

// withdrawals reads a line of negative numbers.
func (p *parser) withdrawals(fields []string) error {
	if len(p.file.Election.Ballots) > 0 {
		return p.fault("a withdrawal stands among the ballots; withdrawals come before them")
	}
	for _, f := range fields {
		number, negative := strings.CutPrefix(f, "-")
		if !negative {
			return p.fault("%s stands in a line of withdrawals", quote(f))
		}
		c, err := p.candidate(number)
		if err != nil {
			return err
		}
		p.file.Election.Candidates[c].Withdrawn = true
	}
	return nil
}

// option reads a line in brackets: nicknames, withdrawals or the order for ties.
// Others do not concern a count and are passed over.
func (p *parser) option(line string) error {
	inside, after, ok := strings.Cut(line[1:], "]")
	if !ok {
		return p.fault("a bracket does not end on its line")
	}
	p.rest = strings.TrimSpace(after)
	fields := strings.Fields(inside)
	if len(fields) == 0 {
		return p.fault("brackets are empty")
	}
	total := len(p.file.Election.Candidates)
	name, fields := fields[0], fields[1:]
	switch name {
	case "nick":
		if len(fields) != total {
			return p.fault("%d nicknames for %d candidates", len(fields), total)
		}
		p.nicknames = make(map[string]int)
		for i, f := range fields {
			if _, dup := p.nicknames[f]; dup || isNumber(f) || strings.ContainsAny(f, "=()") {
				return p.fault("nickname %s is a number, has a sign or is given twice", quote(f))
			}
			p.nicknames[f] = i
		}
	case "withdrawn", "tie":
		var list []int
		for _, f := range fields {
			c, err := p.candidate(f)
			if err != nil {
				return err
			}
			if slices.Contains(list, c) {
				return p.fault("candidate %s is listed twice", quote(f))
			}
			list = append(list, c)
		}
		if name == "tie" {
			p.file.Order = list
			break
		}
		for _, c := range list {
			p.file.Election.Candidates[c].Withdrawn = true
		}
	default:
		p.note("line %d: the option %s was passed over", p.line, quote(name))
	}
	return nil
}

// quote shows a piece of the file in a message, shortened.
func quote(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:39]) + "…"
	}
	return strconv.Quote(s)
}

// names reads the candidates and the title. first is a line already read, if not
// empty.
func (p *parser) names(first string) error {
	if p.skipped > 0 {
		p.note("%d skipped ranks (\"-\") were passed over", p.skipped)
	}
	p.named = true
	if p.spoiled > maxSpoiledNotes {
		p.note("%d lines in all hold spoiled ballots", p.spoiled)
	}
	type line struct {
		at    int
		texts []string
	}
	var lines []line
	for {
		raw := first
		if first = ""; raw == "" {
			var ok bool
			if raw, ok = p.next(); !ok {
				break
			}
		}
		texts, err := p.texts(raw)
		if err != nil {
			return err
		}
		lines = append(lines, line{p.line, texts})
	}
	e := p.file.Election
	total := len(e.Candidates)

	// Commonly each line names one candidate, and a second text on it is the
	// party. If there are too few lines for that, texts are counted off one by one.
	if len(lines) >= total {
		for i, l := range lines[:total] {
			c := &e.Candidates[i]
			switch len(l.texts) {
			case 1:
				c.Name, c.Party = splitParty(l.texts[0])
			case 2:
				c.Name, c.Party = l.texts[0], l.texts[1]
			default:
				return &Fault{l.at, fmt.Sprintf("expected a name and perhaps a party, found %d texts", len(l.texts))}
			}
			if c.Name == "" {
				return &Fault{l.at, fmt.Sprintf("candidate %d has no name", i+1)}
			}
		}
		if rest := lines[total:]; len(rest) > 0 {
			e.Title = strings.Join(rest[0].texts, " ")
			if len(rest) > 1 {
				p.note("what follows the title on line %d was passed over", rest[0].at)
			}
		}
		return nil
	}
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.texts...)
	}
	if len(texts) < total {
		return p.fault("%d candidates are announced, but only %d are named", total, len(texts))
	}
	for i := range e.Candidates {
		if e.Candidates[i].Name = texts[i]; texts[i] == "" {
			return p.fault("candidate %d has no name", i+1)
		}
	}
	if len(texts) > total {
		e.Title = texts[total]
	}
	return nil
}

// texts returns the quoted texts of a line, in which two quotation marks stand
// for one; or the whole line if it does not begin with a quotation mark, or if
// its quotation marks make no sense otherwise.
func (p *parser) texts(line string) ([]string, error) {
	if line[0] != '"' {
		return []string{line}, nil
	}
	var out []string
	rest := line
	for rest != "" {
		if rest[0] != '"' {
			return []string{strings.Trim(line, `"`)}, nil
		}
		text, after, ok := cutText(rest[1:])
		if !ok {
			return nil, p.fault("a quotation mark does not end on its line")
		}
		out = append(out, strings.TrimSpace(text))
		if after != "" && !unicode.IsSpace(rune(after[0])) && after[0] != '"' {
			return []string{strings.Trim(line, `"`)}, nil
		}
		rest = strings.TrimSpace(after)
	}
	return out, nil
}

// cutText cuts s, which follows a quotation mark, at the one that ends the text.
func cutText(s string) (text, after string, ok bool) {
	var b strings.Builder
	for {
		head, tail, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(head)
		if !strings.HasPrefix(tail, `"`) {
			return b.String(), tail, true
		}
		b.WriteByte('"')
		s = tail[1:]
	}
}

// splitParty splits a text that ends in a quoted one: a name and a party that
// some files keep in one field.
func splitParty(s string) (name, party string) {
	if !strings.HasSuffix(s, `"`) {
		return s, ""
	}
	at := strings.LastIndex(s[:len(s)-1], ` "`)
	if at < 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+2 : len(s)-1])
}
