package mail

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/roll"
)

// codes writes a list as a registrar does.
func codes(list []*Recipient) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	w.Write([]string{"entry", "number", "name", "email", "code", "link"})
	for _, x := range list {
		w.Write([]string{strconv.Itoa(x.Entry), x.Number, x.Name, x.Email, x.Code, x.Link})
	}
	w.Flush()
	return b.String()
}

func problems(list []roll.Problem) string {
	var s []string
	for _, p := range list {
		s = append(s, p.String())
	}
	return strings.Join(s, "; ")
}

func TestListsOfCodes(t *testing.T) {
	list := recipients(6)
	list[4].Email, list[5].Email = "", "Mixed@Example.ORG"
	got, warnings, bad, err := ReadCodes(strings.NewReader(codes(list)), desk)
	if err != nil || len(warnings)+len(bad) > 0 || len(got) != 6 {
		t.Fatal(err, problems(warnings), problems(bad))
	}
	for i, x := range got {
		want := list[i]
		if x.Number != want.Number || x.Entry != want.Entry || x.Code != want.Code || x.Link != want.Link || x.hash != want.hash {
			t.Errorf("line %d differs", i+2)
		}
	}
	if got[5].Email != "Mixed@example.org" {
		t.Errorf("address %s", got[5].Email)
	}
	contacts, _, bad, err := ReadContacts(strings.NewReader("number,name,email,language,phone\nM000000,A,new@example.org,es,+15551234567\nM000001,B,,,\n"))
	if err != nil {
		t.Fatal(err, problems(bad))
	}
	if missing := Join(got, contacts); missing != 4 || got[0].Email != "new@example.org" || got[0].Language != "es" || got[0].Phone != "+15551234567" || got[1].Email != "" || got[2].Email == "" {
		t.Errorf("joined: %d missing", missing)
	}
}

// A list of another registrar, of another round or with lines that were changed is refused, line by line, without repeating what it has.
func TestListsThatAreNotOurs(t *testing.T) {
	list := recipients(4)
	good := codes(list)
	lines := strings.SplitAfter(good, "\r\n")
	for name, c := range map[string]struct {
		in   string
		desk issuing.Desk
		want string
	}{
		"another registrar": {good, issuing.Desk{Round: desk.Round, Registrar: 1}, "line 2: code: is no code of this registrar for this round"},
		"another round":     {good, issuing.Desk{Round: record.ID{8}, Registrar: 2}, "line 2: code: is no code"},
		"a member list":     {"number,name,email\n1,A,a@example.org\n", desk, "line 1: this is no list of codes"},
		"empty":             {"", desk, "line 1: this is no list of codes"},
		"swapped links":     {strings.Replace(good, list[0].Link, list[1].Link, 1), desk, "line 2: link: does not lead"},
		"changed code":      {strings.Replace(good, list[0].Code, list[1].Code, 1), desk, "line 2: link: does not lead"},
		"a member twice":    {good + lines[1], desk, "line 6: number: is also on line 2"},
		"no entry":          {strings.Replace(good, "\r\n1,", "\r\n-1,", 1), desk, "line 3: entry: is no number"},
		"a short line":      {good + "5,M9\r\n", desk, "line 6: is not a line"},
		"a smuggled name":   {strings.Replace(good, list[2].Name, "A\u202eb", 1), desk, "line 4: name: is not well-formed"},
	} {
		got, _, bad, err := ReadCodes(strings.NewReader(c.in), c.desk)
		if !errors.Is(err, ErrLists) || got != nil || len(bad) == 0 || !strings.HasPrefix(bad[0].String(), c.want) {
			t.Errorf("%s: %v, %s", name, err, problems(bad))
		}
		for _, x := range list {
			if s := problems(bad) + fmt.Sprint(err); strings.Contains(s, x.Code) || strings.Contains(s, x.Email) || strings.Contains(s, x.Name) {
				t.Errorf("%s: a problem repeats what the list has: %s", name, s)
			}
		}
	}
	list[1].Email = "a@example.org\r\nBcc: b@example.org"
	list[2].Email = "not an address"
	got, warnings, bad, err := ReadCodes(strings.NewReader(codes(list)), desk)
	if err != nil || len(got) != 4 || problems(warnings) != "line 3: email: is no address: the member is reached another way; line 5: email: is no address: the member is reached another way" {
		t.Fatal(err, problems(bad), problems(warnings))
	}
	if got[1].Email != "" || got[2].Email != "" {
		t.Error("bad addresses are kept")
	}
}

func FuzzReadCodes(f *testing.F) {
	f.Add([]byte(codes(recipients(2))))
	f.Add([]byte("entry,number,name,email,code,link\n0,1,\"A\nb\",,x,y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _, bad, err := ReadCodes(bytes.NewReader(b), desk)
		if (err == nil) != (len(bad) == 0) {
			t.Fatalf("%v with %d problems", err, len(bad))
		}
		for _, x := range list {
			if x.Email != "" && checkAddress(x.Email) != nil || x.Entry < 0 {
				t.Fatal("an address that cannot be used")
			}
		}
	})
}
