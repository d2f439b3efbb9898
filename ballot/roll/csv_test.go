package roll

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestReadCSV(t *testing.T) {
	ana := Member{"17", "José Ñandú", "jose@example.org"}
	bo := Member{"0018", `Bo "the Boat", Jr.`, ""}
	for name, c := range map[string]struct {
		in      string
		want    []Member
		ignored []string
	}{
		"plain":             {"number,name,email\n17,José Ñandú,jose@example.org\n", []Member{ana}, nil},
		"no newline at end": {"number,name\n17,Ana", []Member{{"17", "Ana", ""}}, nil},
		"CR LF and mark":    {"\ufeffnumber,name,email\r\n17,José Ñandú,jose@example.org\r\n", []Member{ana}, nil},
		"quoted":            {"number,name\n0018,\"Bo \"\"the Boat\"\", Jr.\"\n", []Member{bo}, nil},
		"all quoted":        {"\"number\",\"name\",\"email\"\n\"17\",\"José Ñandú\",\"jose@example.org\"\n", []Member{ana}, nil},
		"semicolons":        {"number;name;email\n17;José Ñandú;jose@example.org\n", []Member{ana}, nil},
		"tabs":              {"number\tname\temail\n17\tJosé Ñandú\tjose@example.org\n", []Member{ana}, nil},
		"other order, more": {"Chapter,Email, NAME ,Number,joined\nNorth,jose@example.org,José Ñandú,17,2020\n", []Member{ana}, []string{"Chapter", "joined"}},
		"decomposed":        {"number,name,email\n17,Jose\u0301 N\u0303andu\u0301,jose@example.org\n", []Member{ana}, nil},
		"spaces and blanks": {"number,name,email\n\n 17 , José Ñandú\u00a0, jose@example.org \n   \n", []Member{ana}, nil},
		"separator in mail": {"number,name,email\n17,\"Ñandú; José\",jose@example.org\n", []Member{{"17", "Ñandú; José", "jose@example.org"}}, nil},
	} {
		l, err := ReadCSV(strings.NewReader(c.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(l.Members, c.want) || !slices.Equal(l.Ignored, c.ignored) {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// Every problem is told with its line and column, all of them at once, and nothing is taken of a list with a problem.
func TestReadCSVNamesEveryProblem(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	for name, c := range map[string]struct {
		in   string
		want []string // the beginnings of the problems
	}{
		"empty":          {"", []string{"is empty"}},
		"only a mark":    {"\ufeff", []string{"line 1: number: ", "line 1: name: "}},
		"no header":      {"17,Ana\n", []string{"line 1: number: the header has no such column", "line 1: name: "}},
		"half a header":  {"number,surname\n17,Ana\n", []string{"line 1: name: the header has no such column"}},
		"column twice":   {"number,name,Name\n17,Ana,Ana\n", []string{"line 1: name: the header has this column twice"}},
		"only a header":  {"number,name\n", []string{"has a header and no member"}},
		"UTF-16":         {"\xff\xfen\x00u\x00m\x00", []string{"line 1: the file is UTF-16"}},
		"Latin-1":        {"number,name\n17,Jos\xe9\n18,Ana\n", []string{"line 2: is not UTF-8 (near \"17,Jos�\")"}},
		"Latin-1 header": {"number,name,pr\xe9nom\n17,Ana,x\n", []string{"line 1: is not UTF-8"}},
		"all at once": {
			"number,name,email\n" +
				"17,Ana,ana@example.org\n" +
				"17,Bo,bo@example.org\n" + // 3
				",Cy,\n" + // 4
				"20,,cy\n" + // 5, two
				"21,Dee\n" + // 6
				"22,\"Dee,x\n" + // 7
				"23,\"Dee\"x,\n" + // 8
				"24,De\"e,\n" + // 9
				"25,Dee\u202e,\n" + // 10
				"２６,Dee,\n" + // 11
				"\n" +
				"27," + long + ",\n" + // 13
				"28,Ok,ok@example.org\n" +
				"17,Eve,\n", // 15
			[]string{
				`line 3: number: "17" is also on line 2`,
				"line 4: number: is empty",
				"line 5: name: is empty",
				"line 5: email: \"cy\" is not like",
				"line 6: has 2 fields, the header has 3",
				"line 7: field 2: a quotation mark is opened and not closed",
				"line 8: field 2: text after the closing quotation mark",
				"line 9: field 2: a quotation mark inside a field",
				"line 10: name: has the character U+202E",
				"line 11: number: ",
				"line 13: has more than 8192 bytes",
				`line 15: number: "17" is also on line 2`,
			},
		},
		"long header": {"number,name," + strings.Repeat("x", 100_000) + "\n17,Ana,\n", []string{"line 1: has more than 8192 bytes", "line 1: number", "line 1: name"}},
		"null":        {"number,name\n17,A\x00na\n", []string{"line 2: name: has the character U+0000"}},
	} {
		l, err := ReadCSV(strings.NewReader(c.in))
		var ps *Problems
		if l != nil || !errors.As(err, &ps) {
			t.Errorf("%s: %v, %v", name, l, err)
			continue
		}
		if len(ps.List) != len(c.want) {
			t.Errorf("%s: %d problems, want %d:\n%v", name, len(ps.List), len(c.want), err)
			continue
		}
		for i, p := range ps.List {
			if !strings.HasPrefix(p.Error(), c.want[i]) {
				t.Errorf("%s: problem %d is %q, want %q …", name, i, p, c.want[i])
			}
			if !strings.Contains(err.Error(), p.Error()) {
				t.Errorf("%s: %q is not in the whole message", name, p)
			}
		}
	}
}

func TestReadCSVCountsWhatItDoesNotList(t *testing.T) {
	var b strings.Builder
	b.WriteString("number,name\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "%d,\n", i)
	}
	_, err := ReadCSV(strings.NewReader(b.String()))
	var ps *Problems
	if !errors.As(err, &ps) || len(ps.List) != 1000 || ps.More != 500 || !strings.HasSuffix(err.Error(), "and 500 more") {
		t.Errorf("%d listed, %d more", len(ps.List), ps.More)
	}
}

// endless gives the same bytes for ever.
type endless []byte

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

func TestJ3_ReadCSVIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a gigabyte")
	}
	_, err := ReadCSV(io.MultiReader(strings.NewReader("number,name\n"), endless(bytes.Repeat([]byte("x"), 1<<16))))
	if err == nil || !strings.Contains(err.Error(), "has more than 1073741824 bytes") {
		t.Errorf("an endless line: %v", err)
	}
}

func TestReadCSVPassesOnReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader("number,name\n17,Ana\n18,B"), iotestErr{broken})
	if _, err := ReadCSV(r); !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v", err)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }

func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{
		"number,name,email\n17,Ana,ana@example.org\n", "number;name\n\"1\"\"\";x", "\ufeffnumber\tname\r\n1\tx\r\n", "number,name\n\"", "\xff\xfe", "name,number\n,,\n\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ReadCSV(strings.NewReader(s))
		if err != nil {
			if l != nil {
				t.Error("a list beside an error")
			}
			return
		}
		// What is read can stand in a roll.
		if _, err := New("T", "", "2026-05-01", l.Members); err != nil {
			t.Errorf("%q is read, and then refused: %v", s, err)
		}
	})
}
