package credential_test

import (
	"errors"
	"strings"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
)

func TestIDWords(t *testing.T) {
	id := record.IDOf([]byte("a ballot"))
	words := credential.IDWords(id)
	if len(words) != credential.IDWordCount {
		t.Fatalf("%d words", len(words))
	}
	joined := strings.Join(words, "-")
	short := make([]string, len(words))
	for i, w := range words {
		short[i] = w[:min(4, len(w))]
	}
	for _, typed := range []string{joined, strings.ToUpper(joined), " 1. " + strings.Join(words, ", ") + "\n", strings.Join(short, " ")} {
		if got, err := credential.ParseIDWords(typed); err != nil || string(got[:]) != string(id[:credential.IDPrefix]) {
			t.Errorf("%q: %x, %v", typed, got, err)
		}
	}
	if w := credential.IDWords(record.ID{}); strings.Join(w[:7], " ") != strings.Repeat("abandon ", 6)+"abandon" { // a fixed case for other programs
		t.Errorf("the words of zero are %q", w)
	}
	var bad *credential.WordError
	swapped := append([]string{words[1], words[0]}, words[2:]...)
	for _, typed := range []string{"", strings.Join(words[1:], " "), strings.Join(swapped, " "), "zzzz " + strings.Join(words[1:], " "), strings.Repeat("abandon ", 60)} {
		if _, err := credential.ParseIDWords(typed); !errors.As(err, &bad) || !strings.Contains(err.Error(), "of the record") {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func FuzzParseIDWords(f *testing.F) {
	f.Add(strings.Join(credential.IDWords(record.ID{1, 2, 3}), " "))
	f.Add("abandon, abandon")
	f.Fuzz(func(t *testing.T, s string) {
		prefix, err := credential.ParseIDWords(s)
		if err != nil {
			return
		}
		var id record.ID
		copy(id[:], prefix[:])
		if again, err := credential.ParseIDWords(strings.Join(credential.IDWords(id), " ")); err != nil || again != prefix {
			t.Errorf("%q: %x and %x (%v)", s, prefix, again, err)
		}
	})
}
