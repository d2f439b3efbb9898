// Package text says what a text, name, slug, date or address in a record may contain (SPEC.md §8.1, §8.2).
//
// Two different strings that look the same on a screen could make members believe that they chose something else, so texts
// are in Unicode normal form C and hold no control, bidirectional or invisible characters. The functions return an error that
// names the field given by the caller; nothing is repaired silently.
package text

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of SPEC.md §8.1, in bytes unless said.
const (
	MaxText      = 2000
	MaxName      = 200
	MaxSlug      = 40
	MaxURL       = 300
	MaxLanguages = 16
)

// Texts is one text in several languages: language tag to text.
type Texts map[string]string

// In returns the text in the language lang, else in English, else in the first language by tag.
func (t Texts) In(lang string) string {
	for _, l := range []string{lang, "en"} {
		if s, ok := t[l]; ok {
			return s
		}
	}
	for _, l := range t.Languages() {
		return t[l]
	}
	return ""
}

// Languages returns the language tags in order.
func (t Texts) Languages() []string { return slices.Sorted(maps.Keys(t)) }

// Check reports whether t has 1 to 16 languages, each well-formed, with a well-formed text.
func (t Texts) Check(field string) error {
	if len(t) == 0 || len(t) > MaxLanguages {
		return fmt.Errorf("%s: %d languages, want 1 to %d", field, len(t), MaxLanguages)
	}
	for _, l := range t.Languages() {
		if !isLanguage(l) {
			return fmt.Errorf("%s: %q is not a language tag such as \"en\" or \"es-MX\"", field, l)
		}
		if err := CheckText(field+" ("+l+")", t[l]); err != nil {
			return err
		}
	}
	return nil
}

// CheckText reports whether s is a well-formed text of 1 to 2000 bytes; line feeds are allowed inside.
func CheckText(field, s string) error { return check(field, s, MaxText, true) }

// CheckLong is CheckText for a text of up to limit bytes.
func CheckLong(field, s string, limit int) error { return check(field, s, limit, true) }

// CheckName reports whether s is a well-formed name of 1 to 200 bytes on one line.
func CheckName(field, s string) error { return check(field, s, MaxName, false) }

func check(field, s string, limit int, lines bool) error {
	switch {
	case s == "":
		return fmt.Errorf("%s: is empty", field)
	case len(s) > limit:
		return fmt.Errorf("%s: %d bytes, at most %d", field, len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s: is not valid UTF-8", field)
	case !isNormal(s):
		return fmt.Errorf("%s: is not in Unicode normal form C", field)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%s: starts or ends with white space", field)
	}
	for _, r := range s {
		if r == '\n' && lines {
			continue
		}
		if forbidden(r) {
			return fmt.Errorf("%s: has the character U+%04X, which is invisible or reorders text", field, r)
		}
	}
	return nil
}

// forbidden lists the characters of SPEC.md §8.2: controls, what reorders text, and what is not seen (Unicode's
// Default_Ignorable_Code_Point).
func forbidden(r rune) bool {
	switch {
	case r <= 0x1f, r >= 0x7f && r <= 0x9f,
		r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5,
		r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f,
		r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0x3164, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r == 0xffa0, r >= 0xfff0 && r <= 0xfff8,
		r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// Clean makes a string that a person typed or a spreadsheet exported fit for a record: normal form C, surrounding white space
// removed. What remains forbidden is left for CheckText and CheckName to name.
func Clean(s string) string {
	return strings.TrimFunc(normal(s), unicode.IsSpace)
}

// CheckSlug reports whether s is a slug: 1 to 40 lower-case ASCII letters, digits and hyphens.
func CheckSlug(field, s string) error {
	if !isSlug(s) {
		return fmt.Errorf("%s: %q is not 1 to %d lower-case letters, digits and hyphens", field, s, MaxSlug)
	}
	return nil
}

// CheckDate reports whether s is a calendar date YYYY-MM-DD.
func CheckDate(field, s string) error {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return fmt.Errorf("%s: %q is not a date like 2026-05-01", field, s)
	}
	return nil
}

// CheckURL reports whether s is empty or a plain http or https address of at most 300 bytes: a host name or address, perhaps a port, perhaps
// a path (SPEC.md §8.3). The form is fixed by a regular expression there, so that two verifiers cannot disagree on it as two URL parsers do.
func CheckURL(field, s string) error {
	switch {
	case s == "":
		return nil
	case len(s) > MaxURL:
		return fmt.Errorf("%s: %d bytes, at most %d", field, len(s), MaxURL)
	case !isURL(s):
		return fmt.Errorf("%s: %q is not an address like https://board.example.org/votes", field, s)
	}
	return nil
}
