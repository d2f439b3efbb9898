package text

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestG14_TextsThatDeceiveTheEyeAreRefused(t *testing.T) {
	for name, s := range map[string]string{
		"empty":                    "",
		"invalid UTF-8":            "Ana\xff",
		"decomposed":               "Jose\u0301",
		"compatibility of Å":       "\u212bngström", // canonically U+00C5
		"right-to-left override":   "Ana \u202egnimmuL",
		"isolate":                  "Ana \u2066Lumming\u2069",
		"arabic letter mark":       "Ana\u061cLumming",
		"left-to-right mark":       "Ana\u200eLumming",
		"zero-width space":         "Ana\u200bLumming",
		"zero-width joiner":        "Ana\u200dLumming",
		"soft hyphen":              "Ana\u00adLumming",
		"word joiner":              "Ana\u2060Lumming",
		"byte order mark":          "\ufeffAna",
		"tag characters":           "Yes\U000e0041",
		"variation selector":       "Yes\ufe0f!",
		"combining grapheme join":  "Y\u034fes",
		"Hangul filler":            "\u3164\u3164",
		"line separator":           "Ana\u2028Lumming",
		"null":                     "Ana\x00",
		"escape":                   "\x1b[31mAna",
		"delete":                   "Ana\x7f!",
		"C1 control":               "Ana\u0085!",
		"leading space":            " Ana",
		"trailing no-break space":  "Ana\u00a0",
		"line feed at the end":     "Ana\n",
		"carriage return":          "Ana\rLumming",
		"deprecated format":        "Ana\u206aLumming",
		"invisible musical":        "Ana\U0001d173Lumming",
		"supplementary variation":  "Ana\U000e0100Lumming",
		"mongolian vowel separato": "Ana\u180eLumming",
	} {
		if err := CheckName("name", s); err == nil {
			t.Errorf("%s: name %q accepted", name, s)
		} else if !strings.HasPrefix(err.Error(), "name: ") {
			t.Errorf("%s: error %q does not name the field", name, err)
		}
		if err := CheckText("text", s); err == nil {
			t.Errorf("%s: text %q accepted", name, s)
		}
	}
}

func TestG14_OrdinaryTextsAreAccepted(t *testing.T) {
	for _, s := range []string{"Ana", "José Ñandú", "Łódź", "Ångström", "李小龙", "عائشة", "Ελένη", "O'Neill-Smith, Jr.", "½ + ½", "🗳 vote", "한국어"} {
		if err := CheckName("name", s); err != nil {
			t.Error(err)
		}
	}
	if err := CheckText("text", "First line.\nSecond line."); err != nil {
		t.Error(err)
	}
	if err := CheckName("name", "First line.\nSecond line."); err == nil {
		t.Error("a name on two lines is accepted")
	}
}

func TestLengthsOfTexts(t *testing.T) {
	for _, c := range []struct {
		check func(field, s string) error
		limit int
	}{{CheckText, MaxText}, {CheckName, MaxName}} {
		if err := c.check("x", strings.Repeat("a", c.limit)); err != nil {
			t.Error(err)
		}
		if err := c.check("x", strings.Repeat("a", c.limit+1)); err == nil {
			t.Errorf("%d bytes accepted", c.limit+1)
		}
		// The limit is in bytes, not in characters.
		if err := c.check("x", strings.Repeat("é", c.limit/2+1)); err == nil {
			t.Errorf("%d bytes in two-byte characters accepted", c.limit+2)
		}
	}
}

// Two verifiers must agree on what is in normal form. SPEC.md §8.2 names the version of Unicode; a toolchain that brings another one
// must not change the rule unnoticed.
func TestNormalFormIsThatOfTheSpecifiedUnicode(t *testing.T) {
	if norm.Version != "15.0.0" {
		t.Errorf("normal form C is that of Unicode %s; SPEC.md §8.2 says 15.0", norm.Version)
	}
}

func TestTexts(t *testing.T) {
	good := Texts{"en": "Yes", "es-MX": "Sí", "gsw": "Jo"}
	if err := good.Check("title"); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"es-MX": "Sí", "en": "Yes", "fr": "Yes"} {
		if got := good.In(lang); got != want {
			t.Errorf("In(%q) = %q, want %q", lang, got, want)
		}
	}
	if got := (Texts{"fr": "Oui", "de": "Ja"}).In("es"); got != "Ja" {
		t.Errorf("without English: %q, want the first by tag", got)
	}
	if got := (Texts{}).In("en"); got != "" {
		t.Errorf("no texts: %q", got)
	}
	many := Texts{}
	for i := range MaxLanguages + 1 {
		many[string([]byte{'a', 'a' + byte(i)})] = "x"
	}
	for name, bad := range map[string]Texts{
		"none": {}, "too many": many, "tag in capitals": {"EN": "x"}, "tag of one letter": {"e": "x"}, "tag with newline": {"en\n": "x"},
		"empty text": {"en": ""}, "one bad of two": {"en": "x", "fr": "x\u200b"},
	} {
		if err := bad.Check("title"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSlugsDatesAddresses(t *testing.T) {
	type check func(field, s string) error
	for _, c := range []struct {
		name      string
		check     check
		good, bad []string
	}{
		{"slug", CheckSlug,
			[]string{"a", "0", "yes-no", strings.Repeat("a", 40)},
			[]string{"", "-a", "A", "a_b", "a b", "a\n", "é", strings.Repeat("a", 41)}},
		{"date", CheckDate,
			[]string{"2026-05-01", "2024-02-29"},
			[]string{"", "2026-5-1", "2025-02-29", "2026-13-01", "2026-05-01T00:00:00Z", "26-05-01", "2026-05-01 "}},
		{"address", CheckURL,
			[]string{"", "https://a.example", "http://127.0.0.1:8080/x?y=z#f", "http://[::1]:80/", "https://xn--bcher-kva.example/"},
			[]string{"a.example", "ftp://a.example", "javascript:alert(1)", "https://", "https:///x", "https://user@a.example", "https://u:p@a.example/",
				"https://a.example/ x", "https://bücher.example", "http://:80", "https://a.example?q", "https://a.example\n", "https://a.example:80:80/",
				"HTTPS://a.example", "https://-a.example", "https://a.example./\u202e", "https://a.example/" + strings.Repeat("x", 300)}},
	} {
		for _, s := range c.good {
			if err := c.check("field", s); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		for _, s := range c.bad {
			if err := c.check("field", s); err == nil {
				t.Errorf("%s %q accepted", c.name, s)
			} else if !strings.HasPrefix(err.Error(), "field: ") {
				t.Errorf("%s: error %q does not name the field", c.name, err)
			}
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{" José ", "Jose\u0301", "\u00a0x\u3000", "a\xffb", "\u202ex", "\u0344", "ﬀ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := Clean(s)
		if again := Clean(clean); again != clean {
			t.Errorf("cleaning %q twice: %q, then %q", s, clean, again)
		}
		if CheckName("name", s) == nil && clean != s {
			t.Errorf("%q is well-formed, and Clean changed it to %q", s, clean)
		}
	})
}
