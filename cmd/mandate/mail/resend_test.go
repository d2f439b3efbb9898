package mail

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/registrar/issuing/overhttp"
	"mandate/cmd/mandate/vault"
)

// A registrar's codes as it draws them, sent, lost and sent again: the mail has what the registrar takes, and after another one nothing that
// was sent before is good.
func TestF6_ACodeThatIsSentAgainIsAnother(t *testing.T) {
	org := simulate.New(t, simulate.Config{Members: 4, Registrars: 2, Slots: 1})
	var members []roll.Member
	for i := range 4 {
		members = append(members, roll.Member{Number: fmt.Sprintf("M%d", i), Name: fmt.Sprintf("Member %d", i), Email: fmt.Sprintf("m%d@members.example", i)})
	}
	private, err := roll.New("All", "", "2027-01-01", members)
	if err != nil {
		t.Fatal(err)
	}
	announcement, entries := private.Announcement(1)
	id := org.Post(org.Officer(org.Genesis, announcement))
	for _, part := range roll.Parts(1, entries) {
		org.Post(org.Officer(id, part))
	}
	r, err := registrar.Create(filepath.Join(t.TempDir(), "registrar"), []byte("a passphrase"), registrar.Options{
		Board: partytest.New(org).View(), Link: board + "/booth/card", Log: slog.New(slog.DiscardHandler), Vault: vault.Options{WorkFactor: 3},
		Clock: func() time.Time { return time.Unix(simulate.Begin, 0) }, Stale: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	desktop := httptest.NewServer(r.Handler())
	defer desktop.Close()
	round := org.RoundOf(private, id, func(m *record.Round) { m.Registrars[0].Key, m.Registrars[0].URL = r.Key(), desktop.URL })
	b, err := private.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.AddRoll(b); err != nil {
		t.Fatal(err)
	}
	org.Post(round.By(2, round.SlotKey(2, 0)))
	if err := r.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	desk := issuing.Desk{Round: round.ID, Registrar: 1}
	draw := func(entries ...int) []*Recipient {
		t.Helper()
		var b bytes.Buffer
		if err := r.Codes(&b, round.ID, entries...); err != nil {
			t.Fatal(err)
		}
		list, warnings, bad, err := ReadCodes(&b, desk)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, problems(bad))
		}
		return list
	}

	o := new(office).start(t, nil)
	store := openStore(t, t.TempDir())
	send(t, sender(t, store, fast(o)), "invitation-1", Invitation, draw())
	lost, _ := private.Find("M2")
	send(t, sender(t, store, fast(o)), "invitation-1", Invitation, draw(lost))

	var links []string // that M2 was sent
	for _, p := range o.taken() {
		if plain, _ := parts(t, &p); p.to == "m2@members.example" {
			for line := range strings.Lines(plain) {
				if strings.HasPrefix(line, board+"/booth/card#") {
					links = append(links, strings.TrimSpace(line))
				}
			}
		}
	}
	if len(o.taken()) != 5 || len(links) != 2 {
		t.Fatalf("%d mails, %d links", len(o.taken()), len(links))
	}
	client := issuing.Client{Transport: overhttp.New()}
	for i, link := range links {
		typed, err := issuing.ParseCode(link)
		if err != nil {
			t.Fatal(err)
		}
		code, ok := typed.For(desk)
		if !ok {
			t.Fatal("a link is not for the registrar")
		}
		opening, err := client.Entry(t.Context(), desktop.URL, &issuing.EntryRequest{Round: round.ID, Code: code})
		if i == 0 && err == nil {
			t.Error("the earlier code is still good")
		}
		if i == 1 && (err != nil || opening.Number != "M2") {
			t.Errorf("the new code: %v, %v", opening, err)
		}
	}
}
