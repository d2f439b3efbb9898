package roll

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"mandate/ballot/record"
	entries "mandate/ballot/roll"
)

const members = `number,name,email,language,phone,chapter
1,Ana Lum,ana@example.org,en,+15550000001,North
2,Bo,bo@example.org,es,,North
3,"Cy, Jr.",,en,+15550000003,South
4,Di,,,,
`

func folder(t *testing.T) *Folder {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "members"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Take(read(t, members, Mapping{})); err != nil {
		t.Fatal(err)
	}
	return f
}

func numbers(people []Person) string {
	var n []string
	for i := range people {
		n = append(n, people[i].Number)
	}
	return strings.Join(n, " ")
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestTheFolderKeepsTheList(t *testing.T) {
	f := folder(t)
	again := must(Open(f.Dir()))(t)
	people := must(again.People())(t)
	if want := read(t, members, Mapping{}).People(); !slices.Equal(people, want) {
		t.Errorf("%+v, want %+v", people, want)
	}
	if _, err := Create(f.Dir()); err == nil {
		t.Error("a second list in the folder")
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a list: %v", err)
	}
	d := must(f.Take(read(t, "number,name\n1,Ana Lum\n5,Eve\n", Mapping{})))(t)
	if numbers(d.Added) != "5" || numbers(d.Removed) != "2 3 4" || len(d.Changed) != 1 {
		t.Errorf("%+v", d)
	}
	if _, err := f.Take(read(t, "number,name\n1,\n", Mapping{})); err == nil {
		t.Error("a list with a problem is taken")
	}
	if got := numbers(must(f.People())(t)); got != "1 5" {
		t.Errorf("after a list that was not taken: %s", got)
	}
}

func TestAdditionsAndRemovals(t *testing.T) {
	f := folder(t)
	if err := f.Add(Person{Number: " 5 ", Name: "Eve\u0301", Email: "E@Example.org", Phone: "(555) 123-4567", Language: "Spanish"}); err != nil {
		t.Fatal(err)
	}
	people := must(f.People())(t)
	if want := (Person{Number: "5", Name: "Evé", Email: "E@example.org", Phone: "5551234567", Language: "es"}); people[4] != want {
		t.Errorf("%+v, want %+v", people[4], want)
	}
	people[4].Name = "Eve"
	for name, c := range map[string]struct{ got, want error }{
		"add":                {f.Add(Person{Number: "1", Name: "Again"}), ErrThere},
		"change":             {f.Change(people[4]), nil},
		"change nobody":      {f.Change(Person{Number: "9", Name: "X"}), ErrNotThere},
		"remove":             {f.Remove("1", "resigned"), nil},
		"remove nobody":      {f.Remove("9", "resigned"), ErrNotThere},
		"add without a name": {f.Add(Person{Number: "9"}), errors.New("name")},
		"remove silently":    {f.Remove("2", " "), errors.New("reason")},
		"bad address":        {f.Add(Person{Number: "9", Name: "X", Email: "x@y.z\r\nBcc: e@example.org"}), errors.New("email")},
	} {
		if !errors.Is(c.got, c.want) && (c.got == nil || c.want == nil || !strings.Contains(c.got.Error(), c.want.Error())) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if got := numbers(must(f.People())(t)); got != "2 3 4 5" {
		t.Errorf("the list has %s", got)
	}
	b := must(os.ReadFile(filepath.Join(f.Dir(), changesFile)))(t)
	if s := string(b); !strings.Contains(s, ",removed,1,resigned\n") || !strings.Contains(s, ",added,5,\n") {
		t.Errorf("changes:\n%s", s)
	}
}

func TestRollsOfOneList(t *testing.T) {
	f := folder(t)
	whole := must(f.Make(Spec{Slug: "national", Title: "All", AsOf: "2027-03-01"}))(t)
	north := must(f.Make(Spec{Slug: "north", Title: "North", Kind: "chapter", Segment: "North", AsOf: "2027-03-01"}))(t)
	if whole.Count != 4 || north.Count != 2 {
		t.Errorf("%d and %d members", whole.Count, north.Count)
	}
	m, r, err := f.Roll("north")
	if err != nil || *m != *north || r.Segment != "North" || r.ID != north.RollID {
		t.Fatalf("%+v, %v", m, err)
	}
	if a, _ := r.Announcement(1); a.Root != north.Root {
		t.Error("another root than was told")
	}
	for name, s := range map[string]Spec{
		"nobody":       {Slug: "x", Title: "X", Kind: "chapter", Segment: "West", AsOf: "2027-03-01"},
		"no such kind": {Slug: "x", Title: "X", Kind: "name", Segment: "Bo", AsOf: "2027-03-01"},
		"half a part":  {Slug: "x", Title: "X", Kind: "chapter", AsOf: "2027-03-01"},
		"date":         {Slug: "x", Title: "X", AsOf: "1 March"},
		"climbing":     {Slug: "../x", Title: "X", AsOf: "2027-03-01"},
	} {
		if _, err := f.Make(s); err == nil {
			t.Errorf("%s: made", name)
		}
	}

	// Until it is on the board a roll follows the list, then not any more.
	if err := f.Remove("1", "lapsed"); err != nil {
		t.Fatal(err)
	}
	if d := must(f.Since("north"))(t); numbers(d.Removed) != "1" || len(d.Added) != 0 {
		t.Errorf("%+v", d)
	}
	next := must(f.Make(Spec{Slug: "north", Title: "North", Kind: "chapter", Segment: "North", AsOf: "2027-03-01"}))(t)
	if next.Count != 1 || next.RollID == north.RollID {
		t.Errorf("made again: %+v", next)
	}
	id := record.ID{1}
	if err := f.Committed("north", id); err != nil {
		t.Fatal(err)
	}
	if err := f.Committed("north", record.ID{2}); err == nil {
		t.Error("it is on the board twice")
	}
	if _, err := f.Make(Spec{Slug: "north", Title: "North", Kind: "chapter", Segment: "North", AsOf: "2027-03-01"}); err == nil {
		t.Error("a roll on the board is made again")
	}
	rolls := must(f.Rolls())(t)
	if len(rolls) != 2 || rolls[0].Committed() || rolls[1].Record != id {
		t.Errorf("%+v", rolls)
	}
}

func TestARegistrarGetsTheAddressesOfItsChannel(t *testing.T) {
	f := folder(t)
	must(f.Make(Spec{Slug: "national", Title: "All", AsOf: "2027-03-01"}))(t)
	if err := f.Change(Person{Number: "1", Name: "Ana Lum", Email: "new@example.org", Phone: "+15559999999", Chapter: "North"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("2", "lapsed"); err != nil {
		t.Fatal(err)
	}
	_, original, err := f.Roll("national")
	if err != nil {
		t.Fatal(err)
	}
	for by, want := range map[Channel][2]string{
		ByEmail: {"new@example.org", ""}, ByPhone: {"", "+15559999999"}, ByLetter: {"", ""}, ByAll: {"new@example.org", "+15559999999"},
	} {
		private, contacts, err := f.Export("national", by)
		if err != nil {
			t.Fatal(err)
		}
		r := must(entries.Parse(private))(t)
		a, hashes := original.Announcement(1)
		if err := r.CheckCommitment(a, hashes); err != nil {
			t.Errorf("%s: %v", by, err)
		}
		people := read(t, string(contacts), Mapping{}).People()
		if numbers(people) != "1 2 3 4" || people[0].Email != want[0] || people[0].Phone != want[1] || people[0].Chapter != "" {
			t.Errorf("%s: %+v", by, people)
		}
		if i, _ := r.Find("1"); r.Member(i).Email != want[0] {
			t.Errorf("%s: the private file has address %q", by, r.Member(i).Email)
		}
	}
	if _, _, err := f.Export("national", "pigeon"); err == nil {
		t.Error("a channel that does not exist")
	}
	id := must(age.GenerateX25519Identity())(t)
	sealed := must(Seal([]byte("secret"), id.Recipient().String()))(t)
	open := must(age.Decrypt(bytes.NewReader(sealed), id))(t)
	if b := must(io.ReadAll(open))(t); string(b) != "secret" {
		t.Errorf("decrypted: %q", b)
	}
	if _, err := Seal(nil, "age1wrong"); err == nil {
		t.Error("sealed to nobody")
	}
}

// Nobody but the owner of the account can read what the folder has.
func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	f := folder(t)
	must(f.Make(Spec{Slug: "national", Title: "All", AsOf: "2027-03-01"}))(t)
	if err := f.KeepMapping(Mapping{Number: "ID"}); err != nil {
		t.Fatal(err)
	}
	if m, ok, err := f.Mapping(); m.Number != "ID" || !ok || err != nil {
		t.Errorf("%+v %v %v", m, ok, err)
	}
	n := 0
	err := filepath.WalkDir(f.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		n++
		return err
	})
	if err != nil || n != 9 {
		t.Errorf("%d files and folders: %v", n, err)
	}
}

func TestNamesOfSegmentsAsNamesOfRolls(t *testing.T) {
	var taken []string
	for _, c := range [][2]string{{"North", "chapter-north"}, {"São Paulo / Centro", "chapter-sao-paulo-centro"}, {"NORTH", "chapter-north-2"}, {"north!", "chapter-north-3"},
		{"Chapter 9", "chapter-9"}, {"東京", "chapter"}, {"大阪", "chapter-2"}, {strings.Repeat("long ", 20), "chapter-long-long-long-long-long-l"}} {
		got := slugOf("chapter", c[0], taken)
		if got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
		taken = append(taken, got)
	}
}
