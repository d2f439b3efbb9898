package roll

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Mapping says what the columns of a list are called, in its own header. Capitals, accents, spaces and punctuation do not matter. An empty
// field is guessed from what membership systems usually call it; "-" means that the list has no such column, or that it is not to be read.
// The zero Mapping guesses everything. As a TOML file it has the keys said.
type Mapping struct {
	Number    string `toml:"number"`    // member number; every list has one
	Name      string `toml:"name"`      // the whole name; or
	First     string `toml:"first"`     // first and
	Last      string `toml:"last"`      // last name, which are joined
	Email     string `toml:"email"`     //
	Language  string `toml:"language"`  //
	Phone     string `toml:"phone"`     //
	Chapter   string `toml:"chapter"`   //
	Branch    string `toml:"branch"`    //
	Committee string `toml:"committee"` //

	// Separator between fields: ",", ";", "tab" or "|". Empty: what the header has most of.
	Separator string `toml:"separator"`
	// Encoding of the file: "utf-8", "utf-16" or "windows-1252", of which Latin-1 is a part. Empty: UTF-8, or UTF-16 if its mark says so;
	// anything else is refused, because a guess would put wrong letters into names.
	Encoding string `toml:"encoding"`
	// Where keeps only lines whose columns have one of the values given, such as Status = ["active"]. Capitals do not matter.
	Where map[string][]string `toml:"where"`
	// DefaultLanguage is that of members for whom the list has none.
	DefaultLanguage string `toml:"default-language"`
	// Country is the code that is put before phone numbers without one, such as "+1".
	Country string `toml:"country"`
	// AllowTwins takes two lines with the same name and e-mail address but different numbers for two people. Otherwise they are a problem.
	AllowTwins bool `toml:"allow-twins"`
}

// The fields of a list, in the order in which columns are looked for.
var fieldNames = []string{"number", "name", "first", "last", "email", "language", "phone", "chapter", "branch", "committee"}

// named returns what the mapping says of a field.
func (m *Mapping) named(field string) *string {
	return map[string]*string{
		"number": &m.Number, "name": &m.Name, "first": &m.First, "last": &m.Last, "email": &m.Email, "language": &m.Language,
		"phone": &m.Phone, "chapter": &m.Chapter, "branch": &m.Branch, "committee": &m.Committee,
	}[field]
}

// Set sets the header's name of a field: number, name, first, last, email, language, phone, chapter, branch or committee.
func (m *Mapping) Set(field, header string) error {
	p := m.named(field)
	if p == nil {
		return fmt.Errorf("%q is no field of a member list; the fields are %s", field, strings.Join(fieldNames, ", "))
	}
	*p = header
	return nil
}

// usual is what lists call their columns, likeliest first, as folded by plainWord.
var usual = map[string][]string{
	"number": {"number", "membernumber", "memberno", "memberid", "membershipnumber", "membershipno", "membershipid", "membernum", "membershipnum",
		"constituentid", "contactid", "numero", "numerodesocio", "numerodesocia", "numerodemiembro", "numerodeafiliado", "numerodeafiliada",
		"numerodeafiliacion", "nsocio", "nosocio", "nodesocio", "nafiliado", "mitgliedsnummer", "id", "externalid", "akid", "nbid"},
	"name": {"name", "fullname", "membername", "displayname", "nombrecompleto", "nombreyapellidos", "nombreyapellido", "contactname"},
	"first": {"firstname", "first", "givenname", "givennames", "forename", "preferredname", "nombre", "nombres",
		"primernombre", "vorname"},
	"last":      {"lastname", "last", "surname", "familyname", "apellidos", "apellido", "nachname"},
	"email":     {"email", "emailaddress", "primaryemail", "mail", "correo", "correoelectronico", "email1", "direcciondecorreo", "contactemail"},
	"language":  {"language", "preferredlanguage", "lang", "locale", "idioma", "lengua", "idiomapreferido", "sprache"},
	"phone":     {"mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "phone", "phonenumber", "primaryphone", "movil", "telefonomovil", "celular", "telefono", "tel"},
	"chapter":   {"chapter", "chaptername", "localchapter", "local", "capitulo", "seccion", "agrupacion"},
	"branch":    {"branch", "branchname", "subchapter", "neighborhoodbranch", "rama", "sucursal", "nucleo"},
	"committee": {"committee", "committeename", "workinggroup", "comite", "comision"},
}

// plainWord is a word by its letters and digits alone: lower case, without accents.
func plainWord(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// A Column is a column of a list that means something here.
type Column struct {
	Field   string // number, name, first, last, email, language, phone, chapter, branch or committee
	Header  string // what the list calls it
	Guessed bool
	at      int
}

// find finds the columns in a header, and returns which were not read. Its problems are about the header.
func (m *Mapping) find(header []string) (columns []Column, ignored []string, wrong []Problem) {
	words := make([]string, len(header))
	for i, h := range header {
		words[i] = plainWord(h)
	}
	taken := make(map[int]string)
	take := func(field string, i int, guessed bool) {
		taken[i] = field
		columns = append(columns, Column{field, clean(header[i]), guessed, i})
	}
	for _, field := range fieldNames {
		name := *m.named(field)
		if name == "" || name == "-" {
			continue
		}
		i := slices.Index(header, name)
		if i < 0 {
			i = slices.Index(words, plainWord(name))
		}
		switch {
		case i < 0 || words[i] == "":
			wrong = append(wrong, Problem{1, name, fmt.Sprintf("the header has no such column for the %s; it has %s", meaning(field), list(header))})
		case taken[i] != "":
			wrong = append(wrong, Problem{1, name, fmt.Sprintf("this column is given for the %s and for the %s", meaning(taken[i]), meaning(field))})
		case slices.Contains(words[i+1:], words[i]) && slices.Contains(header[i+1:], header[i]):
			wrong = append(wrong, Problem{1, name, "the header has this column twice"})
		default:
			take(field, i, false)
		}
	}
	has := func(field string) bool {
		return slices.ContainsFunc(columns, func(c Column) bool { return c.Field == field })
	}
	for _, field := range fieldNames {
		if *m.named(field) != "" {
			continue
		}
		if (field == "first" || field == "last") && has("name") || field == "name" && (has("first") || has("last")) {
			continue
		}
		for _, word := range usual[field] {
			i := slices.Index(words, word)
			if i < 0 || taken[i] != "" {
				continue
			}
			if slices.Contains(words[i+1:], word) {
				wrong = append(wrong, Problem{1, clean(header[i]), "the header has this column twice"})
			}
			take(field, i, true)
			break
		}
	}
	// “Nombre” alone is a whole name; beside “Apellidos” it is the first.
	if has("first") && !has("last") && m.Last == "" && m.First == "" {
		for i := range columns {
			if columns[i].Field == "first" {
				columns[i].Field = "name"
			}
		}
	}
	if !has("number") && m.Number == "" {
		wrong = append(wrong, Problem{1, "number", fmt.Sprintf("no column looks like a member number: say which it is; the header has %s", list(header))})
	}
	if !has("name") && !has("last") && m.Name == "" && m.Last == "" {
		wrong = append(wrong, Problem{1, "name", fmt.Sprintf("no column looks like a name: say which it is, or which have the first and the last name; the header has %s", list(header))})
	}
	where := make(map[string]bool)
	for name := range m.Where {
		if !slices.Contains(words, plainWord(name)) {
			wrong = append(wrong, Problem{1, name, fmt.Sprintf("the header has no such column to choose members by; it has %s", list(header))})
		}
		where[plainWord(name)] = true
	}
	for i, h := range header {
		if taken[i] == "" && !where[words[i]] {
			ignored = append(ignored, clean(h))
		}
	}
	return columns, ignored, wrong
}

func meaning(field string) string {
	switch field {
	case "number":
		return "member number"
	case "first", "last":
		return field + " name"
	case "email":
		return "e-mail address"
	}
	return field
}

// list names columns for a sentence.
func list(header []string) string {
	const most = 20
	var quoted []string
	for _, h := range header[:min(most, len(header))] {
		quoted = append(quoted, fmt.Sprintf("%q", clean(h)))
	}
	s := strings.Join(quoted, ", ")
	if len(header) > most {
		s += fmt.Sprintf(" and %d more", len(header)-most)
	}
	return s
}
