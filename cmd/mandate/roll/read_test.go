package roll

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

func read(t testing.TB, s string, m Mapping) *Preview {
	t.Helper()
	p, err := Read(strings.NewReader(s), m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestReadsWhatMembershipSystemsExport(t *testing.T) {
	ana := Person{Number: "17", Name: "José Ñandú", Email: "Jose@example.org"}
	latin, err := charmap.Windows1252.NewEncoder().String("number,name,email\n17,José Ñandú,Jose@example.org\n")
	if err != nil {
		t.Fatal(err)
	}
	full := ana
	full.Language, full.Phone, full.Chapter, full.Branch, full.Committee = "es", "+15551234567", "North", "Riverside", "Labor"
	one := func(p Person) []Person { return []Person{p} }
	for name, c := range map[string]struct {
		in   string
		m    Mapping
		want []Person
	}{
		"plain":                   {"number,name,email\n17,José Ñandú,Jose@example.org\n", Mapping{}, one(ana)},
		"mark and CR LF":          {"\ufeffnumber,name,email\r\n17,José Ñandú,Jose@example.org\r\n", Mapping{}, one(ana)},
		"semicolons":              {"number;name;email\n17;José Ñandú;Jose@example.org\n", Mapping{}, one(ana)},
		"tabs":                    {"number\tname\temail\n17\tJosé Ñandú\tJose@example.org\n", Mapping{}, one(ana)},
		"bars":                    {"number|name|email\n17|José Ñandú|Jose@example.org\n", Mapping{}, one(ana)},
		"Excel's sep":             {"sep=;\r\nnumber;name;email\r\n17;José Ñandú;Jose@example.org\r\n", Mapping{}, one(ana)},
		"commas in the header":    {"number;name;\"a,b,c,d\";email\n17;José Ñandú;;Jose@example.org\n", Mapping{}, one(ana)},
		"UTF-16":                  {utf16("number,name,email\r\n17,José Ñandú,Jose@example.org\r\n"), Mapping{}, one(ana)},
		"Windows-1252 on request": {latin, Mapping{Encoding: "latin1"}, one(ana)},
		"decomposed":              {"number,name,email\n17,Jose\u0301 N\u0303andu\u0301,Jose@example.org\n", Mapping{}, one(ana)},
		"mixed-case domain":       {"number,name,email\n17,José Ñandú,Jose@Example.ORG\n", Mapping{}, one(ana)},
		"white space":             {"number,name,email\n\n 17 ,\u00a0José  Ñandú , Jose@example.org \n   \n,,\n", Mapping{}, one(ana)},
		"first and last":          {"First Name,Last Name,E-mail Address,Membership ID\nJosé,Ñandú,Jose@example.org,17\n", Mapping{}, one(ana)},
		"Spanish":                 {"Nº de socio;Nombre;Apellidos;Correo electrónico\n17;José;Ñandú;Jose@example.org\n", Mapping{}, one(ana)},
		"Spanish, one name":       {"Número de socio;Nombre;Correo\n17;José Ñandú;Jose@example.org\n", Mapping{}, one(ana)},
		"address over lines":      {"number,name,address,email\n17,José Ñandú,\"1 Long Street\r\nFlat 2\",Jose@example.org\n", Mapping{}, one(ana)},
		"separator at line's end": {"number,name,email,\n17,José Ñandú,Jose@example.org,\n", Mapping{}, one(ana)},
		"everything": {"Committee,Branch,Chapter,Mobile,Preferred Language,Email,Name,Member No.,Joined\n" +
			"Labor,Riverside,North,(555) 123-4567,Español,Jose@example.org,José Ñandú,17,2020\n", Mapping{Country: "+1"}, one(full)},
		"given headers": {"A,B,C,Name,Number\n17,José Ñandú,Jose@example.org,x,y\n", Mapping{Number: "A", Name: "B", Email: "c"}, one(ana)},
		"not to be read": {"number,name,email\n17,José Ñandú,x@example.org\n", Mapping{Email: "-"},
			one(Person{Number: "17", Name: "José Ñandú"})},
		"only the active": {"number,name,email,Member Status\n16,Old,o@example.org,Lapsed\n17,José Ñandú,Jose@example.org,ACTIVE\n",
			Mapping{Where: map[string][]string{"member status": {"active", "life"}}}, one(ana)},
		"default language": {"number,name,lang\n17,José Ñandú,\n18,Bo,en_US\n", Mapping{DefaultLanguage: "es"},
			[]Person{{Number: "17", Name: "José Ñandú", Language: "es"}, {Number: "18", Name: "Bo", Language: "en-US"}}},
		"same line twice": {"number,name\n17,Ana\n17,Ana\n", Mapping{}, one(Person{Number: "17", Name: "Ana"})},
		"quoted quotes":   {"number,name\n17,\"Bo \"\"the Boat\"\", Jr.\"\n", Mapping{}, one(Person{Number: "17", Name: `Bo "the Boat", Jr.`})},
	} {
		p := read(t, c.in, c.m)
		if !p.OK() || !slices.Equal(p.People(), c.want) {
			t.Errorf("%s: %+v; problems %v", name, p.People(), p.Problems)
		}
	}
}

// Every problem is told with its line and column, all of them at once, and a list with a problem cannot be taken.
func TestEveryProblemIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		in       string
		m        Mapping
		problems []string
		warnings []string
	}{
		"empty":         {"", Mapping{}, []string{"is empty"}, nil},
		"only a header": {"number,name\n", Mapping{}, []string{"has a header and no member"}, nil},
		"no header":     {"17,Ana\n", Mapping{}, []string{"line 1: number: no column looks like", "line 1: name: no column looks like"}, nil},
		"Latin-1":       {"number,name\n17,Jos\xe9\n18,Ana\n19,\xd1\n", Mapping{}, []string{"line 2: is not UTF-8 (near \"17,Jos�\")", "line 4: is not UTF-8"}, nil},
		"UTF-8 read as Latin-1": {"\ufeffnumber,name\n17,José\n", Mapping{Encoding: "latin1"},
			[]string{"line 1: the file says that it is UTF-8"}, nil},
		"column twice":     {"number,name,Number\n17,Ana,17\n", Mapping{}, []string{"line 1: number: the header has this column twice"}, nil},
		"no such column":   {"number,name\n17,Ana\n", Mapping{Email: "Mail 2"}, []string{`line 1: Mail 2: the header has no such column for the e-mail address; it has "number", "name"`}, nil},
		"a column for two": {"number,name\n17,Ana\n", Mapping{Number: "name", Name: "name"}, []string{"line 1: name: this column is given for the member number and for the name"}, nil},
		"no such condition": {"number,name\n17,Ana\n", Mapping{Where: map[string][]string{"Status": {"active"}}},
			[]string{"line 1: Status: the header has no such column to choose members by"}, nil},
		"lines": {"number,name,email\n17,Ana\n18,Bo,b@example.org,c\n,Cy,\n\u0663,Di,\n1.23E+11,Eve,\n12.0,Flo,\n20,,\n21,A\u202eb,\n22,Gus,\n", Mapping{},
			[]string{"line 2: has 2 fields", "line 3: has 4 fields", "line 4: number: is empty", "line 5: number: \"\u0663\" has", "line 6: number: \"1.23E+11\" was a long number",
				"line 7: number: \"12.0\" is a number with decimals", "line 8: name: is empty", "line 9: name: has the character U+202E"}, nil},
		"same number":   {"number,name,email\n17,Ana,a@example.org\n18,Bo,\n17,Ann,a@example.org\n", Mapping{}, []string{"line 4: number: \"17\" is also on line 2, where another name stands"}, nil},
		"same person":   {"number,name,email\n17,Ana Lum,Ana@example.org\n18,ANA LUM,ana@EXAMPLE.org\n", Mapping{}, []string{"line 3: email: name and e-mail address are those of line 2"}, nil},
		"twins allowed": {"number,name,email\n17,Ana Lum,Ana@example.org\n18,ANA LUM,ana@EXAMPLE.org\n", Mapping{AllowTwins: true}, nil, []string{"line 3: email: the address is also that of line 2"}},
		"a household":   {"number,name,email\n17,Ana,home@example.org\n18,Bo,Home@example.org\n", Mapping{}, nil, []string{"line 3: email: the address is also that of line 2"}},
		"same name":     {"number,name,chapter\n17,Ana Lum,North\n18,Ána  Lum,North\n19,Ana Lum,South\n", Mapping{}, nil, []string{"line 3: name: name and segment are also those of line 2"}},
		"leading zeros": {"number,name\n0017,Ana\n17,Bo\n", Mapping{}, nil, []string{"line 3: number: \"17\" is almost \"0017\" on line 2"}},
		"capitals":      {"number,name\na17,Ana\nA17,Bo\n", Mapping{}, nil, []string{"line 3: number: \"A17\" is almost \"a17\" on line 2"}},
		"segments":      {"number,name,chapter\n17,Ana,North\n18,Bo,north\n", Mapping{}, nil, []string{"line 3: chapter: \"north\" is almost \"North\""}},
		"addresses": {"number,name,email,phone,language\n17,Ana,ana,1,Klingon\n18,Bo,b@x,,\n19,Cy,\"a@example.org\r\nBcc: e@example.org\",,\n20,Di,d..d@example.org,,\n", Mapping{}, nil,
			[]string{"line 2: email: \"ana\" is not like", "line 2: phone: \"1\" is no phone number", "line 2: language: \"Klingon\" is no language", "line 3: email: \"b@x\" has no dot",
				"line 4: email: ", "line 6: email: \"d..d@example.org\" has a dot"}},
		"quotes": {"number,name\n17,A\"na\n18,\"Bo\"x\n19,Cy\n20,\"Di\n", Mapping{},
			[]string{"line 2: has a quotation mark inside", "line 3: a quotation mark that is opened here", "line 5: a quotation mark that is opened here"}, nil},
	} {
		p := read(t, c.in, c.m)
		if p.OK() != (len(c.problems) == 0) {
			t.Errorf("%s: OK is %v", name, p.OK())
		}
		expect(t, name+": problems", p.Problems, c.problems)
		expect(t, name+": warnings", p.Warnings, c.warnings)
	}
}

func expect(t *testing.T, name string, got []Problem, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %q, want %d", name, got, len(want))
		return
	}
	for i := range got {
		if !strings.HasPrefix(got[i].String(), want[i]) {
			t.Errorf("%s: %q, want %q", name, got[i], want[i])
		}
	}
}

func TestMappingsThatMakeNoSense(t *testing.T) {
	for _, m := range []Mapping{{Separator: "x"}, {Encoding: "EBCDIC"}, {DefaultLanguage: "Klingon"}, {Country: "1"}} {
		if _, err := Read(strings.NewReader("number,name\n1,A\n"), m); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}

func TestProblemsBeyondAThousandAreCounted(t *testing.T) {
	p := read(t, "number,name\n"+strings.Repeat("1 2,Ana\n", 1500), Mapping{})
	if len(p.Problems) != 1000 || p.MoreProblems != 500 || p.OK() {
		t.Errorf("%d problems and %d more", len(p.Problems), p.MoreProblems)
	}
	var b bytes.Buffer
	if err := p.Write(&b, 3); err != nil || !strings.Contains(b.String(), "and 1497 more") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestCountsBySegment(t *testing.T) {
	p := read(t, "number,name,email,lang,chapter,phone\n1,A,a@example.org,en,North,\n2,B,,es,South,5551234\n3,C,,es,,\n", Mapping{})
	want := Counts{Members: 3, NoEmail: 2, NoPhone: 2, Neither: 1, Languages: []Count{{"en", 1}, {"es", 2}},
		Segments: map[string][]Count{"chapter": {{"", 1}, {"North", 1}, {"South", 1}}}}
	if got := p.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestCompare(t *testing.T) {
	a := Person{Number: "1", Name: "Ana"}
	b := Person{Number: "2", Name: "Bo", Email: "b@example.org"}
	c := Person{Number: "3", Name: "Cy"}
	b2 := b
	b2.Email, b2.Chapter = "bo@example.org", "North"
	d := Compare([]Person{b, a}, []Person{c, b2})
	want := &Diff{Added: []Person{c}, Removed: []Person{a}, Changed: []Change{{b, b2, []string{"email", "chapter"}}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v", d)
	}
	if d := Compare([]Person{a, b}, []Person{b, a}); !d.Empty() || d.Same != 2 {
		t.Errorf("%+v", d)
	}
	var w bytes.Buffer
	if err := d.Write(&w, 10); err != nil || !strings.Contains(w.String(), "~ 2  Bo: email, chapter") {
		t.Errorf("%v\n%s", err, w.String())
	}
}

// Whatever is read, a list that is OK has distinct numbers and well-formed people.
func FuzzRead(f *testing.F) {
	f.Add([]byte("number,name,email\n17,Ana,a@example.org\n"))
	f.Add([]byte("\ufeffsep=;\nNumber;\"Na\nme\"\n1;x\n"))
	f.Add([]byte("\xff\xfen\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Read(bytes.NewReader(b), Mapping{})
		if err != nil || !p.OK() {
			return
		}
		seen := make(map[string]bool)
		for _, l := range p.Lines {
			if err := l.Person.Check(); err != nil || seen[l.Person.Number] {
				t.Fatalf("%+v: %v", l, err)
			}
			seen[l.Person.Number] = true
		}
	})
}

func membershipExport(n int) string {
	var b strings.Builder
	b.WriteString("\ufeffChapter,Email,First Name,Last Name,Member ID,Joined,Address,Preferred Language,Mobile\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Chapter %d,Member%d@Example.org,José %d,Ñandú,M%06d,2020-01-01,\"%d Long Street, Flat 2\",%s,(555) %07d\r\n",
			i%200, i, i, i, i, []string{"en", "Spanish"}[i%2], i)
	}
	return b.String()
}

func BenchmarkList100000(b *testing.B) {
	s := membershipExport(100_000)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		for b.Loop() {
			if p := read(b, s, Mapping{Country: "+1"}); len(p.Lines) != 100_000 {
				b.Fatal(p.Problems[:min(5, len(p.Problems))])
			}
		}
	})
	people := read(b, s, Mapping{}).People()
	b.Run("compare", func(b *testing.B) {
		for b.Loop() {
			Compare(people, people)
		}
	})
}
