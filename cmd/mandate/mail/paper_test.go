package mail

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func table(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", path, info.Mode(), err)
	}
	return lines
}

func TestMembersWithoutEmail(t *testing.T) {
	o := new(office)
	o.rcpt = func(to string, _ int) error {
		if to == "m0@members.example" {
			return noSuchUser
		}
		return nil
	}
	o.start(t, nil)
	list := recipients(6)
	list[1].Email, list[2].Email = "", ""
	list[1].Phone, list[3].Phone = "+15551234567", "+15557654321"
	list[2].Name = "=HYPERLINK(1)"
	store := openStore(t, t.TempDir())
	if f := send(t, sender(t, store, fast(o)), "j", Invitation, list); f != (Figures{Total: 6, Sent: 3, Bounced: 1, Unreachable: 2}) {
		t.Fatalf("%+v", f)
	}
	dir, now := t.TempDir(), time.Unix(1e9, 0)
	messages, letters := filepath.Join(dir, "sms.csv"), filepath.Join(dir, "letters.csv")
	if n, err := WriteSMS(messages, store, templates(t), "j", Invitation, facts, list, NotReached, "en", now); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if x := table(t, messages); len(x) != 2 || x[1][0] != "M000001" || x[1][1] != "+15551234567" || !strings.Contains(x[1][2], list[1].Code) || !strings.HasPrefix(x[1][2], "Registrar 2") {
		t.Errorf("%v", x)
	}
	for range 2 { // written again it has the same lines
		if n, err := WritePaper(letters, store, "j", list, CameBack, now); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		x := table(t, letters)
		if len(x) != 3 || x[1][0] != "M000000" || x[2][0] != "M000002" || x[2][1] != "'=HYPERLINK(1)" || x[2][3] != list[2].Code || x[2][4] != list[2].Link {
			t.Errorf("%v", x)
		}
	}
	f, err := store.Figures("j")
	if want := (Figures{Total: 6, Sent: 3, OnPaper: 2, BySMS: 1}); f != want || err != nil {
		t.Errorf("%+v, %v", f, err)
	}
	if mailed, paper, unreachable, bounced := f.Mailing(); mailed != 4 || paper != 2 || unreachable+bounced != 0 {
		t.Error(f.Mailing())
	}
	before := len(o.taken())
	if f := send(t, sender(t, store, fast(o)), "j", Invitation, list); f.OnPaper != 2 || len(o.taken()) != before {
		t.Errorf("who was reached on paper is sent mail: %+v", f)
	}
	if n, err := WritePaper(letters, store, "j", list, Everybody, now); n != 5 || err != nil {
		t.Error(n, err)
	}
	if _, err := WritePaper(letters, store, "other", list[3:4], NotReached, now); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	if _, err := WritePaper(letters, store, "j", list, "some", now); err == nil {
		t.Error("-who some")
	}
	if _, err := WriteSMS(messages, store, templates(t), "j", Packet, facts, list, Everybody, "en", now); err == nil {
		t.Error("a packet by sms")
	}
}
