package mail

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/roll"
)

// maxCodes bounds a list of codes, in bytes.
const maxCodes = 512 << 20

var codesHeader = []string{"entry", "number", "name", "email", "code", "link"}

// ErrLists is wrapped by an error about what stands in a list. What is wrong with it, by line, is in the problems.
var ErrLists = errors.New("the list cannot be used")

// ReadCodes reads the list of codes that a registrar draws (registrar.Registrar.Codes). Every code must be one for the desk: a list of another
// registrar or another round is refused, and so are codes that were damaged on the way. Problems name lines and columns, and have neither
// code nor address; with any the error is ErrLists. Addresses that cannot work are warnings, and left out.
func ReadCodes(r io.Reader, desk issuing.Desk) (list []*Recipient, warnings, problems []roll.Problem, err error) {
	limited := &io.LimitedReader{R: r, N: maxCodes}
	lines := csv.NewReader(limited)
	lines.FieldsPerRecord, lines.ReuseRecord = len(codesHeader), true
	header, err := lines.Read()
	if err != nil || !slices.Equal(header, codesHeader) {
		return nil, nil, []roll.Problem{{Line: 1, Sentence: "this is no list of codes: it begins with " + strings.Join(codesHeader, ",")}}, ErrLists
	}
	problem := func(line int, column, sentence string) {
		if len(problems) < 1000 {
			problems = append(problems, roll.Problem{Line: line, Column: column, Sentence: sentence})
		}
	}
	seen := make(map[string]int)
	for {
		f, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			var bad *csv.ParseError
			line := 0
			if errors.As(err, &bad) {
				line = bad.StartLine
			}
			problem(line, "", "is not a line of a list of codes")
			if line == 0 {
				break
			}
			continue
		}
		line, _ := lines.FieldPos(0)
		x := &Recipient{Number: f[1], Name: f[2], Email: f[3], Code: f[4], Link: f[5]}
		if x.Entry, err = strconv.Atoi(f[0]); err != nil || x.Entry < 0 {
			problem(line, "entry", "is no number of a roll entry")
			continue
		}
		typed, err := issuing.ParseCode(x.Code)
		code, ok := typed.For(desk)
		if err != nil || !ok || desk.Text(code) != x.Code {
			problem(line, "code", "is no code of this registrar for this round")
			continue
		}
		again, err := issuing.ParseCode(x.Link)
		same, ok := again.For(desk)
		if round, named := issuing.LinkRound(x.Link); err != nil || !ok || same != code || !named || round != desk.Round {
			problem(line, "link", "does not lead to this round with the line's code")
			continue
		}
		p := roll.Person{Number: x.Number, Name: x.Name, Email: x.Email}
		p.Clean()
		x.Email = p.Email
		if err := p.Check(); err != nil && strings.HasPrefix(err.Error(), "email: ") {
			warnings = append(warnings, roll.Problem{Line: line, Column: "email", Sentence: "is no address: the member is reached another way"})
			x.Email = ""
		} else if err != nil {
			column, _, _ := strings.Cut(err.Error(), ": ")
			problem(line, column, "is not well-formed")
			continue
		}
		if first, twice := seen[x.Number]; twice {
			problem(line, "number", fmt.Sprintf("is also on line %d", first))
			continue
		}
		seen[x.Number] = line
		x.hash = desk.Hash(code)
		list = append(list, x)
	}
	if limited.N <= 0 {
		problem(0, "", fmt.Sprintf("has more than %d bytes", maxCodes))
	}
	if len(problems) > 0 {
		return nil, warnings, problems, ErrLists
	}
	return list, warnings, nil, nil
}

// ReadContacts reads how members are reached: contacts.csv as mandate roll export writes it, or any member list. Problems are as for ReadCodes.
func ReadContacts(r io.Reader) (list []*Recipient, warnings, problems []roll.Problem, err error) {
	p, err := roll.Read(r, roll.Mapping{AllowTwins: true})
	if err != nil {
		return nil, nil, nil, err
	}
	if !p.OK() {
		return nil, p.Warnings, p.Problems, ErrLists
	}
	for i := range p.Lines {
		x := &p.Lines[i].Person
		list = append(list, &Recipient{Number: x.Number, Name: x.Name, Email: x.Email, Phone: x.Phone, Language: x.Language, Entry: -1})
	}
	return list, p.Warnings, nil, nil
}

// Join puts the addresses and languages of contacts, by member number, in place of those of a list of codes, and returns how many of the list
// have no line in contacts; those keep the address they have.
func Join(list, contacts []*Recipient) (missing int) {
	by := make(map[string]*Recipient, len(contacts))
	for _, c := range contacts {
		by[c.Number] = c
	}
	for _, x := range list {
		c := by[x.Number]
		if c == nil {
			missing++
			continue
		}
		x.Email, x.Phone, x.Language = c.Email, c.Phone, c.Language
	}
	return missing
}
