package blt

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"mandate/ballot/count"
)

var counted = count.Election{
	Title: "Committee", Seats: 2, Spoiled: 3,
	Candidates: []count.Candidate{{Name: "Ada"}, {Name: "Ben"}, {Name: "Cay"}},
	Ballots:    []count.Ballot{{Count: 4, Ranking: count.Strict(1, 0)}, {Count: 1}},
	Rules: []count.Rule{
		{Bound: count.AtLeast, N: 1, Group: "north", Members: []int{0, 2}},
		{Bound: count.AtMost, N: 1, Group: "nobody"},
	},
}

// What is written after the title comes back, and a reader that knows nothing of it reads the same ballots.
func TestTerms(t *testing.T) {
	want := Terms{Method: count.MeekSTV, Rules: counted.Rules, Spoiled: 3, Lots: strings.Repeat("0f", 32), Contest: 2}
	var b, plain bytes.Buffer
	if err := WriteCounted(&b, &counted, want); err != nil {
		t.Fatal(err)
	}
	if err := Write(&plain, &counted); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b.Bytes(), plain.Bytes()) {
		t.Errorf("the ballots are written otherwise:\n%s", &b)
	}
	got, err := ParseTerms(b.Bytes())
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, %v from\n%s", got, err, &b)
	}
	f, err := Parse(b.Bytes())
	if err != nil || len(f.Notes) > 0 || f.Election.Title != "Committee" {
		t.Errorf("%+v, %v", f, err)
	}
	if got, err := ParseTerms(plain.Bytes()); got != nil || err != nil {
		t.Errorf("%+v, %v of a file without terms", got, err)
	}
}

func TestTermsThatMakeNoSense(t *testing.T) {
	seed := strings.Repeat("0f", 32)
	for _, term := range []string{
		"", "method", "method nonsense", "at-most men=1", "at-most 8=1", "at-most 8 men", "at-most -1 men=1", "at-most 1 men=0", "at-most 1 men=2-1", "at-most 1 men=1,,2",
		"at-most 1 men=x", "at-most 1 men=1001", "spoiled", "spoiled -1", "spoiled 18446744073709551615", "lots " + seed, "lots " + seed[1:] + " 0", "lots " + strings.ToUpper(seed) + " 0", "lots " + seed + " x", "nonsense 1",
	} {
		var f *Fault
		if got, err := ParseTerms([]byte("# a comment\n# counted: " + term + "\n")); !errors.As(err, &f) || f.Line != 2 {
			t.Errorf("%q: %+v, %v", term, got, err)
		}
	}
	bad := counted
	bad.Rules = []count.Rule{{Bound: count.AtMost, N: 1, Group: "a=b"}}
	if err := WriteCounted(new(bytes.Buffer), &bad, Terms{Method: count.MeekSTV}); err == nil {
		t.Error("a group that cannot be read back was written")
	}
}

func FuzzParseTerms(f *testing.F) {
	var b bytes.Buffer
	if err := WriteCounted(&b, &counted, Terms{Method: count.ScottishSTV, Lots: strings.Repeat("0f", 32)}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := ParseTerms(data); got != nil && err != nil {
			t.Fatalf("%+v and %v", got, err)
		}
	})
}
