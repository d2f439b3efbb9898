package fold

import (
	"strings"
	"testing"
)

// The log's name goes into keys, checkpoints and addresses, and has one spelling.
func TestOrigins(t *testing.T) {
	for _, good := range []string{"a", "board.example/log", strings.Repeat("a", 200), "[::1]:8080/~x"} {
		if err := checkOrigin(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for what, bad := range map[string]string{
		"nothing": "", "201 bytes": strings.Repeat("a", 201), "a space": "a b", "a line break": "a\nb", "a delete": "a\x7f", "a letter beyond ASCII": "ü.example",
		"a plus sign": "a+b", "a scheme": "https://board.example",
	} {
		if err := checkOrigin(bad); err == nil {
			t.Errorf("%s: %q is taken", what, bad)
		}
	}
}
