package text

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

var expressions = []struct {
	name   string
	form   *regexp.Regexp
	is     func(string) bool
	pieces []string
}{
	{"slug", regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`), isSlug, []string{"a", "z", "0", "9", "-", "A", "", "é", "\n", "abcdefghij", "{", "`", "/", ":"}},
	{"language", regexp.MustCompile(`^[a-z]{2,3}(-[A-Z]{2})?$`), isLanguage, []string{"a", "es", "z", "-", "M", "X", "MX", "", "1", "\n", "{", "@", "["}},
	{"url", regexp.MustCompile(`^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?$`), isURL,
		[]string{"http://", "https://", "a", "Z", "9", ".", "-", ":", "8080", "123456", "/", "[", "]", "::1", "f", "G", "~", "!", " ", "é", "\n", "?", "@", "x.example", "/votes"}},
}

// The forms are the expressions of SPEC.md §8.1 and §8.3, on whatever is made of pieces that matter to them.
func TestFormsAreTheExpressions(t *testing.T) {
	for _, e := range expressions {
		t.Run(e.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := ""
				for _, p := range rapid.SliceOfN(rapid.SampledFrom(e.pieces), 0, 9).Draw(t, "pieces") {
					s += p
				}
				if got, want := e.is(s), e.form.MatchString(s); got != want {
					t.Fatalf("%q: %v, the expression says %v", s, got, want)
				}
			})
		})
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range []string{"", "a-b", "-a", "es-MX", "http://a", "https://[::1]:80/x", "http://a:/", "http://a.b-:1", "http://[", "http://a]", "http://a:123456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, e := range expressions {
			if got, want := e.is(s), e.form.MatchString(s); got != want {
				t.Fatalf("%s %q: %v, the expression says %v", e.name, s, got, want)
			}
		}
	})
}
