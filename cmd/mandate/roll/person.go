package roll

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	entries "mandate/ballot/roll"
	"mandate/ballot/text"
)

// A Person is one member as a member list has them. Number and Name are committed to on the board; the rest is for reaching the member and
// for making the rolls of segments, and stays with commission and registrars.
type Person struct {
	Number    string // unique in the list; 1 to 64 visible ASCII characters
	Name      string // normal form C
	Email     string // its domain in lower case; empty: none that works
	Language  string // such as "en" or "es-MX"; empty: not known
	Phone     string // digits, with a plus before the country's code if that is known; empty: none that works
	Chapter   string // empty: the member is in none, or the list does not say
	Branch    string
	Committee string
}

// Segments are the fields by which a roll can be a part of the list.
var Segments = []string{"chapter", "branch", "committee"}

// In returns the person's segment of a kind in Segments.
func (p *Person) In(kind string) string {
	switch kind {
	case "chapter":
		return p.Chapter
	case "branch":
		return p.Branch
	case "committee":
		return p.Committee
	}
	return ""
}

// Member returns what goes into a roll.
func (p *Person) Member() entries.Member {
	return entries.Member{Number: p.Number, Name: p.Name, Email: p.Email}
}

// Clean brings the fields to the form in which they are kept: normal form C, single spaces, an e-mail address whose domain is in lower
// case, a phone number without punctuation, a language as a tag.
func (p *Person) Clean() {
	for _, f := range []*string{&p.Number, &p.Name, &p.Email, &p.Language, &p.Phone, &p.Chapter, &p.Branch, &p.Committee} {
		*f = clean(*f)
	}
	p.Email = cleanEmail(p.Email)
	p.Phone = cleanPhone(p.Phone)
	if tag, ok := language(p.Language); ok {
		p.Language = tag
	}
}

// Check reports whether a person that was cleaned is well-formed; errors name the field.
func (p *Person) Check() error {
	m := p.Member()
	if err := m.Check(); err != nil {
		return err
	}
	if err := checkEmail(p.Email); err != nil {
		return fmt.Errorf("email: %w", err)
	}
	if p.Language != "" {
		if tag, ok := language(p.Language); !ok || tag != p.Language {
			return fmt.Errorf("language: %q is none like en or es", p.Language)
		}
	}
	if p.Phone != "" && !phoneForm.MatchString(p.Phone) {
		return fmt.Errorf("phone: %q is none like +15551234567", p.Phone)
	}
	for _, kind := range Segments {
		if s := p.In(kind); s != "" {
			if err := text.CheckName(kind, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean is normal form C with every run of white space, of whatever kind, made one space.
func clean(s string) string {
	plain := true // most fields are: no work for them
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c < ' ' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Join(strings.FieldsFunc(norm.NFC.String(s), unicode.IsSpace), " ")
}

func cleanEmail(s string) string {
	s = strings.TrimPrefix(s, "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	return s[:at] + LowerASCII(s[at:])
}

// LowerASCII makes small letters of ASCII's capitals and leaves all else: in domains other letters are not the same for having the same small
// letter, such as a capital dotted İ and i.
func LowerASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}, s)
}

// checkEmail finds what is no address of one mailbox: what the roll refuses, and slips that no mail server takes.
func checkEmail(s string) error {
	if s == "" {
		return nil
	}
	m := entries.Member{Number: "1", Name: "x", Email: s}
	if err := m.Check(); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "email: "))
	}
	local, domain, _ := strings.Cut(s, "@")
	switch {
	case !strings.Contains(domain, "."):
		return fmt.Errorf("%q has no dot after the @", s)
	case strings.Contains(s, ".."), strings.HasPrefix(local, "."), strings.HasSuffix(local, "."), strings.HasPrefix(domain, "-"):
		return fmt.Errorf("%q has a dot or hyphen where an address has none", s)
	case len(local) > 64:
		return fmt.Errorf("%q has more than 64 characters before the @", s)
	}
	for _, r := range domain {
		if r < 0x80 && !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.') {
			return fmt.Errorf("%q has %q after the @", s, r)
		}
	}
	return nil
}

var phoneForm = regexp.MustCompile(`^\+?[0-9]{5,15}$`)

func cleanPhone(s string) string {
	if s == "" {
		return s
	}
	s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "tel:"), "tel.")
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()\u2010\u2011\u2013", r) {
			return -1
		}
		return r
	}, s)
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		s = "+" + rest
	}
	return s
}

var tagForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`)

// language returns the tag for a language as lists name it, or false.
func language(s string) (string, bool) {
	low := strings.ToLower(s)
	switch low {
	case "":
		return "", true
	case "english", "inglés", "ingles", "eng":
		return "en", true
	case "spanish", "español", "espanol", "castellano", "spa":
		return "es", true
	}
	base, region, ok := strings.Cut(strings.ReplaceAll(low, "_", "-"), "-")
	if ok {
		base += "-" + strings.ToUpper(region)
	}
	return base, tagForm.MatchString(base)
}
