package blt_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
	"pgregory.net/rapid"
)

func parse(t *testing.T, text string) *blt.File {
	t.Helper()
	f, err := blt.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f
}

func ballots(e *count.Election) string {
	var out []string
	for _, b := range e.Ballots {
		s := strings.Repeat("|", int(b.Count))
		for _, rank := range b.Ranking {
			s += " "
			for i, c := range rank {
				if i > 0 {
					s += "="
				}
				s += string(rune('1' + c))
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// plain is the file whose variants the tests below must read alike.
const plain = "3 2\n-2\n2 1 3 0\n1 3=1 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n"

func TestWildVariants(t *testing.T) {
	want := parse(t, plain).Election
	for about, text := range map[string]string{
		"byte order mark":          "\ufeff" + plain,
		"Windows line ends":        strings.ReplaceAll(plain, "\n", "\r\n"),
		"old Mac line ends":        strings.ReplaceAll(plain, "\n", "\r"),
		"no final line end":        strings.TrimSuffix(plain, "\n"),
		"spaces and tabs":          " 3\t2 \n\n -2\n 2  1\t3 0 \n1 3 = 1 0\n1 0\n 0 \n  \"Ada\"\n\"Ben\"  \n\n\"Cay\"\n\"Title\"\n\n",
		"no 0 at the end of lines": "3 2\n-2\n2 1 3\n1 3=1\n1\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"no line 0":                strings.Replace(plain, "\n0\n", "\n", 1),
		"comments":                 "# a file\n3 2 # header\n-2 // gone\n/* two\nlines */ 2 1 3 0\n1 3=1 0 /* equal */\n1 0\n0\n\"Ada\" # x\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"nested comments":          "3 2\n/* a /* b */ c */\n-2\n2 1 3 0\n1 3=1 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"identifiers":              "3 2\n-2\n(a1) 2 1 3 0\n(b) (c d) 1 3=1 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"nicknames":                "3 2\n[nick a b c]\n[withdrawn b]\n2 a c 0\n1 c=a 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"skipped ranks":            "3 2\n-2\n2 1 - 3 0\n1 3=1 - 0\n1 - 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"withdrawal in the header": "3 2 -2\n2 1 3 0\n1 3=1 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"several on a line":        "3 2\n-2\n2 1 3 0 1 3=1 0\n1 0\n0\n\"Ada\"\n\"Ben\"\n\"Cay\"\n\"Title\"\n",
		"names on one line":        "3 2\n-2\n2 1 3 0\n1 3=1 0\n1 0\n0\n\"Ada\" \"Ben\" \"Cay\" \"Title\"\n",
		"names without quotes":     "3 2\n-2\n2 1 3 0\n1 3=1 0\n1 0\n0\nAda\nBen\nCay\nTitle\n",
		"more after the title":     plain + "\n\"a source\"\nA: 123 votes\n",
	} {
		got := parse(t, text).Election
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", about, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for line, want := range map[string]count.Candidate{
		`"Ada"`:                  {Name: "Ada"},
		`"Ada" "Labour"`:         {Name: "Ada", Party: "Labour"},
		`"Ada ""Labour"""`:       {Name: "Ada", Party: "Labour"},
		`"Ada ""Al"" Smith"`:     {Name: `Ada "Al" Smith`},
		`"Ada "Al" Smith"`:       {Name: `Ada "Al" Smith`},
		`"Ada ""Al"" """""`:      {Name: `Ada "Al"`},
		`" Ada  B "`:             {Name: "Ada  B"},
		`"Ada, #1 // x /* y */"`: {Name: "Ada, #1 // x /* y */"},
		`Ada #1 of 2`:            {Name: "Ada #1 of 2"},
		`"Åda Ødegård 李"`:        {Name: "Åda Ødegård 李"},
	} {
		f := parse(t, "1 1\n1 1 0\n0\n"+line+"\n\"T\"\n")
		if got := f.Election.Candidates[0]; got != want || f.Election.Title != "T" {
			t.Errorf("%s: got %+v, title %q", line, got, f.Election.Title)
		}
	}
	f := parse(t, "1 1\n1 1 0\n0\n\"J\xf6rg\"\nWard #4 - Coldside")
	if f.Election.Candidates[0].Name != "Jörg" || f.Election.Title != "Ward #4 - Coldside" || len(f.Notes) != 1 {
		t.Errorf("got %+v, notes %q", f.Election, f.Notes)
	}
}

func TestTieLineAndNotes(t *testing.T) {
	f := parse(t, "3 2\n[tie 3 1]\n[droop precision=5]\n1 1 - 2 0\n0\n\"A\"\n\"B\"\n\"C\"\n\"T\"\nmore")
	if !slices.Equal(f.Order, []int{2, 0}) {
		t.Errorf("order %v", f.Order)
	}
	if want := []string{`line 3: the option "droop" was passed over`, `1 skipped ranks ("-") were passed over`, "what follows the title on line 9 was passed over"}; !slices.Equal(f.Notes, want) {
		t.Errorf("notes %q, want %q", f.Notes, want)
	}
}

// TestH3_RankedTwice: a ballot that ranks a candidate twice is spoiled whole and
// reported with its line; the others count.
func TestH3_RankedTwice(t *testing.T) {
	f := parse(t, "3 1\n5 1 2 0\n2 2 3 2 0\n\n1 3=3 0\n4 3\n0\n\"A\"\n\"B\"\n\"C\"\n")
	if got := ballots(f.Election); got != "||||| 1 2; |||| 3" || f.Election.Spoiled != 3 {
		t.Errorf("got %s, %d spoiled", got, f.Election.Spoiled)
	}
	want := []string{`line 3: candidate "2" is ranked twice; 2 spoiled`, `line 5: candidate "3" is ranked twice; 1 spoiled`}
	if !slices.Equal(f.Spoiled, want) || !slices.Equal(f.Notes, want) {
		t.Errorf("got %q", f.Spoiled)
	}
}

func TestFaults(t *testing.T) {
	const end = "0\n\"A\"\n\"B\"\n\"T\"\n"
	for _, tc := range []struct {
		text, want string
	}{
		{"", "file has no line with the numbers of candidates and seats"},
		{"# only a comment\n", "file has no line with the numbers of candidates and seats"},
		{"\xff\xfe3\x00", "line 1: file is UTF-16; save it as UTF-8"},
		{"2 1\n1 1 0\n0\n\"A\x00\"", "line 4: the file has a zero byte; it is not a text file"},
		{"2\n" + end, `line 1: expected the numbers of candidates and seats, as in "5 2", found "2"`},
		{"two 1\n" + end, `line 1: expected the numbers of candidates and seats, as in "5 2", found "two 1"`},
		{"0 1\n" + end, "line 1: 0 candidates are announced; from 1 to 1000 can be read"},
		{"1001 1\n" + end, "line 1: 1001 candidates are announced; from 1 to 1000 can be read"},
		{"2 0\n" + end, "line 1: 0 seats are announced; from 1 to 1000 can be read"},
		{"\n# x\n2 1\n1 1 3 0\n" + end, `line 4: there is no candidate "3"; they are numbered from 1 to 2`},
		{"2 1\n1 1 -2 0\n" + end, `line 2: there is no candidate "-2"; they are numbered from 1 to 2`},
		{"2 1\n1 1 99999999999999999999 0\n" + end, `line 2: there is no candidate "99999999999999999999"; they are numbered from 1 to 2`},
		{"2 1\n1 1 x 0\n" + end, `line 2: expected the number of a candidate, found "x"`},
		{"2 1\n1 1= 0\n" + end, `line 2: there is no candidate "0"; they are numbered from 1 to 2`},
		{"2 1\n0 1 0\n" + end, "line 2: a ballot is given 0 times"},
		{"2 1\n1.5 1 0\n" + end, `line 2: the number of ballots "1.5" is not a whole number below 2^63`},
		{"2 1\n9223372036854775808 1 0\n" + end, `line 2: the number of ballots "9223372036854775808" is not a whole number below 2^63`},
		{"2 1\nthree 1 0\n" + end, `line 2: expected a ballot, "0" or the name of candidate 1 in quotation marks, found "three"`},
		{"2 1\n1 1 0\n-2\n" + end, "line 3: a withdrawal stands among the ballots; withdrawals come before them"},
		{"2 1\n-2 1\n" + end, `line 2: "1" stands in a line of withdrawals`},
		{"2 1\n(id 1 1 0\n" + end, "line 2: a parenthesis does not end"},
		{"2 1\n(id)\n" + end, "line 2: expected a ballot, found an identifier alone"},
		{"2 1\n[nick a]\n" + end, "line 2: 1 nicknames for 2 candidates"},
		{"2 1\n[nick a a]\n" + end, `line 2: nickname "a" is a number, has a sign or is given twice`},
		{"2 1\n[nick a 1]\n" + end, `line 2: nickname "1" is a number, has a sign or is given twice`},
		{"2 1\n[tie 1 1]\n" + end, `line 2: candidate "1" is listed twice`},
		{"2 1\n[tie 1 2\n" + end, "line 2: a bracket does not end on its line"},
		{"2 1\n[]\n" + end, "line 2: brackets are empty"},
		{"2 1\n1 1 0\n", "line 2: the file ends before the names of the candidates"},
		{"2 1\n1 1 0\n/* 0\n\"A\"\n", "line 2: the file ends before the names of the candidates"},
		{"2 1\n1 1 0\n0\n\"A\"\n", "line 4: 2 candidates are announced, but only 1 are named"},
		{"2 1\n1 1 0\n0\n\"A\"\n\"\"\n", "line 5: candidate 2 has no name"},
		{"2 1\n1 1 0\n0\n\"A\"\n\"B\n", "line 5: a quotation mark does not end on its line"},
		{"2 1\n1 1 0\n0\n\"A\" \"x\" \"y\"\n\"B\"\n", "line 4: expected a name and perhaps a party, found 3 texts"},
	} {
		_, err := blt.Parse([]byte(tc.text))
		var fault *blt.Fault
		if !errors.As(err, &fault) || err.Error() != tc.want {
			t.Errorf("%q: got %v, want %s", tc.text, err, tc.want)
		}
	}
	if _, err := blt.Parse(make([]byte, blt.MaxSize+1)); err == nil || err.Error() != "file is larger than 256 MiB" {
		t.Errorf("a file of any size: %v", err)
	}
	if _, err := blt.Read(broken{}); err == nil {
		t.Error("a read error was swallowed")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestH1_SortedOutput: what is published has rankings in sorted order with
// multiplicities, whatever order they came in.
func TestH1_SortedOutput(t *testing.T) {
	e := &count.Election{Seats: 2, Title: `The "T"`, Candidates: []count.Candidate{
		{Name: "Ada", Party: "Labour"}, {Name: `Ben "Al"`, Withdrawn: true}, {Name: "=cmd"},
	}, Ballots: []count.Ballot{
		{Count: 1, Ranking: count.Strict(2)},
		{Count: 2, Ranking: [][]int{{0}, {2, 1}}},
		{Count: 0, Ranking: count.Strict(1)},
		{Count: 1, Ranking: nil},
		{Count: 3, Ranking: count.Strict(0, 1)},
		{Count: 4, Ranking: count.Strict(2)},
		{Count: 1, Ranking: [][]int{{0}, {1, 2}}},
		{Count: 1<<63 - 1, Ranking: count.Strict(2, 0)},
		{Count: 1<<63 - 1, Ranking: count.Strict(2, 0)},
		{Count: 1, Ranking: count.Strict(0)},
	}}
	const want = "3 2\n-2\n1 0\n1 1 0\n3 1 2 0\n3 1 2=3 0\n5 3 0\n9223372036854775807 3 1 0\n9223372036854775807 3 1 0\n0\n" +
		"\"Ada \"\"Labour\"\"\"\n\"Ben \"\"Al\"\" \"\"\"\"\"\n\"=cmd\"\n\"The \"\"T\"\"\"\n"
	const wantCSV = "count,rank1,rank2\r\n1,,\r\n1,Ada,\r\n3,Ada,\"Ben \"\"Al\"\"\"\r\n3,Ada,\"Ben \"\"Al\"\" = =cmd\"\r\n5,'=cmd,\r\n18446744073709551614,'=cmd,Ada\r\n"
	for range 3 {
		slices.Reverse(e.Ballots)
		var b, c bytes.Buffer
		if err := errors.Join(blt.Write(&b, e), blt.WriteCSV(&c, e)); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("got %s, want %s", b.String(), want)
		}
		if c.String() != wantCSV {
			t.Errorf("got %q, want %q", c.String(), wantCSV)
		}
		slices.SortStableFunc(e.Ballots, func(a, b count.Ballot) int { return int(a.Count%3) - int(b.Count%3) })
	}
	f := parse(t, want)
	if !reflect.DeepEqual(f.Election.Candidates, e.Candidates) || f.Election.Title != e.Title {
		t.Errorf("read back as %+v", f.Election)
	}
	for _, bad := range []*count.Election{
		{Seats: 1, Candidates: []count.Candidate{{Name: "a\nb"}}},
		{Seats: 1, Candidates: []count.Candidate{{Name: ""}}},
		{Seats: 1, Candidates: []count.Candidate{{Name: "a", Party: "\x1b"}}},
		{Seats: 1, Candidates: []count.Candidate{{Name: "a"}}, Title: " t"},
		{Seats: 1, Candidates: []count.Candidate{{Name: "a"}}, Ballots: []count.Ballot{{Count: 1, Ranking: count.Strict(1)}}},
		{Seats: 1, Candidates: []count.Candidate{{Name: "a"}}, Ballots: []count.Ballot{{Count: 1, Ranking: [][]int{{}}}}},
	} {
		if err := blt.Write(io.Discard, bad); err == nil {
			t.Errorf("%+v was written", bad)
		}
	}
}

// TestWriteParse: what Write writes, Parse reads back as the same election with
// its ballots sorted, and that is written to the same bytes.
func TestWriteParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[A-Za-zé"'#/\*\[\]\(\)=,0-9]([A-Za-zé "'#/\*\-]{0,10}[A-Za-z0-9"#/\*])?`)
		n := rapid.IntRange(1, 5).Draw(t, "candidates")
		e := &count.Election{Seats: rapid.IntRange(1, 5).Draw(t, "seats"), Title: text.Draw(t, "title")}
		all := make([]int, n)
		for i := range n {
			all[i] = i
			c := count.Candidate{Name: text.Draw(t, "name"), Withdrawn: rapid.Bool().Draw(t, "withdrawn")}
			if rapid.Bool().Draw(t, "has party") {
				c.Party = strings.ReplaceAll(text.Draw(t, "party"), `"`, "'")
			}
			e.Candidates = append(e.Candidates, c)
		}
		for range rapid.IntRange(0, 6).Draw(t, "groups") {
			order := rapid.Permutation(all).Draw(t, "order")[:rapid.IntRange(0, n).Draw(t, "length")]
			b := count.Ballot{Count: rapid.Uint64Range(1, 1<<40).Draw(t, "count"), Ranking: count.Strict(order...)}
			if len(b.Ranking) > 1 && rapid.Bool().Draw(t, "shared") {
				b.Ranking = append(b.Ranking[:len(b.Ranking)-2], []int{order[len(order)-2], order[len(order)-1]})
			}
			e.Ballots = append(e.Ballots, b)
		}
		var first, second bytes.Buffer
		if err := blt.Write(&first, e); err != nil {
			t.Fatal(err)
		}
		f, err := blt.Parse(first.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, first.String())
		}
		got := f.Election
		if !reflect.DeepEqual(got.Candidates, e.Candidates) || got.Title != e.Title || got.Seats != e.Seats || len(f.Notes) > 0 {
			t.Fatalf("got %+v (notes %q), want %+v from\n%s", got, f.Notes, e, first.String())
		}
		if err := blt.Write(&second, got); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("written twice: %v\n%s\n%s", err, first.String(), second.String())
		}
	})
}

// FuzzParse: any file is read or refused with a fault; what is read can be counted
// by every method, and if it can be written, is read back to the same bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte("\ufeff3 2\n[nick a b c]\n[tie c b a]\n5 a b=c 0\n1 b=c\n3 c 0\n0\n\"A\" \"x\"\n\"B \"\"y\"\"\"\nC\n"))
	f.Add([]byte("2 1\r\n/* /* */ */(id) 9223372036854775807 1 - 2 0 1 2 0\r\n0\r\n\"A\" \"B\" \"T\""))
	f.Add([]byte("4 3\n-1 -2\n1 3 3 0\n1 0\n\"J\xf6rg\"\nb\nc\nd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		file, err := blt.Parse(data)
		if err != nil {
			var fault *blt.Fault
			if !errors.As(err, &fault) || fault.Line < 0 || fault.Line > bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1 {
				t.Fatalf("not a fault of a line: %v", err)
			}
			return
		}
		e := file.Election
		if len(e.Candidates) <= 12 {
			for _, m := range count.Methods() {
				one := *e
				if m == count.IRV {
					one.Seats = 1
				}
				r, err := count.Count(&one, m, count.ListOrder("file", file.Order...))
				if err != nil {
					t.Fatalf("%s: %v", m, err)
				}
				if err := errors.Join(r.WriteText(io.Discard), r.WriteJSON(io.Discard), r.WriteSVG(io.Discard), blt.WriteCSV(io.Discard, e)); err != nil {
					t.Fatal(err)
				}
			}
		}
		var first, second bytes.Buffer
		if blt.Write(&first, e) != nil {
			return // a name with control characters, for example
		}
		again, err := blt.Parse(first.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, first.String())
		}
		if err := blt.Write(&second, again.Election); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("written twice: %v\n%q\n%q", err, first.String(), second.String())
		}
	})
}

// TestFilesInTheWild reads every ballot file in the folder of real elections, and
// reads back what it writes.
func TestFilesInTheWild(t *testing.T) {
	dir := os.Getenv("MANDATE_ELECTIONS")
	if dir == "" {
		t.Skip("MANDATE_ELECTIONS does not name the folder of real elections")
	}
	files := 0
	spoiled := map[string]uint64{"csm8.blt": 3, "stackoverflow-com-2011-election-results.blt": 2}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".blt" && ext != ".HIL" {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := blt.Parse(data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		if f.Election.Spoiled != spoiled[d.Name()] {
			t.Errorf("%s: %d spoiled", path, f.Election.Spoiled)
		}
		if f.Election.Title == "" {
			t.Errorf("%s: no title", path)
		}
		var first, second bytes.Buffer
		if err := blt.Write(&first, f.Election); err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		again, err := blt.Parse(first.Bytes())
		if err != nil || !reflect.DeepEqual(again.Election.Candidates, f.Election.Candidates) {
			t.Errorf("%s: read back: %v", path, err)
			return nil
		}
		if err := blt.Write(&second, again.Election); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: written twice: %v", path, err)
		}
		return nil
	})
	if err != nil || files < 60 {
		t.Errorf("%d files, %v", files, err)
	}
}
