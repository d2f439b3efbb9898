package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/registrar/issuing"
)

type desktop struct {
	t    *testing.T
	dir  string
	dial dialer
}

func (d *desktop) write(name, content string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// run calls the command with an exit status, and returns what it wrote.
func (d *desktop) run(want int, args ...string) (stdout, stderr string) {
	d.t.Helper()
	var out, err bytes.Buffer
	if got := command(context.Background(), args, &out, &err, d.dial); got != want {
		d.t.Fatalf("%v: exit status %d, want %d\n%s%s", args, got, want, out.String(), err.String())
	}
	return out.String(), err.String()
}

func desktopOf(t *testing.T, o *office) (*desktop, string) {
	d := &desktop{t: t, dir: t.TempDir()}
	return d, d.write("mail.toml", fmt.Sprintf(`organisation = "The Example Society"
sender = "Registrar 2, the Riverside Library"
contact = "help@example.org"
board = %q
registrar = 2
registrars = ["The Credit Union", "The Riverside Library"]
[from]
address = "votes@example.org"
[server]
host = "127.0.0.1"
port = %d
tls = "none"
[limits]
per-second = 1000.0
attempts = 2
first-retry = "10ms"
patience = "1s"
`, board, o.addr.Port))
}

func TestSendFromTheCommandLine(t *testing.T) {
	o := new(office).start(t, nil)
	d, config := desktopOf(t, o)
	list := recipients(4)
	list[3].Email = ""
	file := d.write("codes.csv", codes(list))
	contacts := d.write("contacts.csv", "number,name,email,language\nM000000,A,new@example.org,es\nM000001,B,m1@members.example,en\nM000002,C,m2@members.example,\n")
	store := filepath.Join(d.dir, "mails")
	args := []string{"send", "-config", config, "-store", store, "-job", "invitation-1", "-letter", "invitation", "-title", "en=Cards", "-title", "es=Tarjetas",
		"-closes", "2027-03-01T18:00:00+01:00", "-round", desk.Round.String(), "-codes", file, "-contacts", contacts}
	out, _ := d.run(0, append(args, "-dry-run")...)
	if !strings.Contains(out, "4 members, 1 without an e-mail address; nothing was sent") || len(o.taken()) != 0 {
		t.Errorf("%s", out)
	}
	out, warned := d.run(0, args...)
	if !strings.Contains(out, "sent            3\n") || !strings.Contains(out, "unreachable      1\n") || !strings.Contains(warned, "1 members with codes have no line") {
		t.Errorf("%s%s", out, warned)
	}
	d.run(0, args...)
	if posts := o.taken(); len(posts) != 3 {
		t.Fatalf("%d mails", len(posts))
	}
	for _, p := range o.taken() {
		if p.to != "new@example.org" {
			continue
		}
		if plain, _ := parts(t, &p); !strings.Contains(plain, "Las tarjetas se pueden recoger hasta 2027-03-01 17:00 UTC") {
			t.Errorf("%s", plain)
		}
	}
	out, _ = d.run(0, "status", "-store", store)
	if out != "invitation-1\n" {
		t.Errorf("jobs: %s", out)
	}
	each := filepath.Join(d.dir, "each.csv")
	out, _ = d.run(0, "status", "-store", store, "-job", "invitation-1", "-list", each)
	if !strings.Contains(out, "for a mailing record: mailed 3, paper 0, unreachable 1, bounced 0\n") {
		t.Errorf("%s", out)
	}
	if b, err := os.ReadFile(each); err != nil || !strings.Contains(string(b), "\nM000003,unreachable,") || strings.Contains(string(b), "example.org,") {
		t.Errorf("%s%v", b, err)
	}
	d.run(0, "bounced", "-store", store, "-job", "invitation-1", "M000001")
	d.run(1, "bounced", "-store", store, "-job", "invitation-1", "M000001")
	d.run(2, "bounced", "-store", store, "-job", "invitation-1")
	d.run(1, "status", "-store", store, "-job", "other")

	// The commission's letters go to a list of members, and have no codes.
	packet := d.write("packet.txt", "statements")
	d.run(0, "send", "-config", config, "-store", store, "-job", "packet-1", "-letter", "packet", "-title", "en=A question", "-vote", strings.Repeat("ab", 32), "-contacts", contacts,
		"-packet", packet, "-packet-url", "https://files.example.org/packet.txt", "-words", "en="+d.write("words", "Read it.\n"))
	last := o.taken()[len(o.taken())-1]
	plain, _ := parts(t, &last)
	for _, want := range []string{"https://files.example.org/packet.txt", "Read it.", board + "/vote/" + strings.Repeat("ab", 32), fmt.Sprintf("%x", sha256.Sum256([]byte("statements")))} {
		if !strings.Contains(plain, want) {
			t.Errorf("no %q in\n%s", want, plain)
		}
	}
	d.run(2, "send", "-config", config, "-store", store, "-job", "result-1", "-letter", "result", "-title", "en=A question", "-vote", strings.Repeat("ab", 32), "-contacts", contacts)
	d.run(2, "send", "-config", config, "-store", store, "-job", "closing-1", "-letter", "closing", "-title", "en=A question", "-vote", strings.Repeat("ab", 32), "-codes", file)

	// A list of another registrar is refused, and nothing is said that it has.
	other := d.write("other.toml", strings.Replace(read(t, config), "registrar = 2", "registrar = 1", 1))
	args[2] = other
	_, warned = d.run(1, args...)
	if !strings.Contains(warned, "line 2: code: is no code of this registrar for this round") || strings.Contains(warned, list[0].Code) {
		t.Errorf("%s", warned)
	}
	for name, change := range map[string][2]string{"unknown key": {"sender =", "sendr ="}, "number": {"registrar = 2", "registrar = 3"}, "tls": {`tls = "none"`, `tls = "maybe"`},
		"from": {"votes@example.org", "votes"}, "limit": {"attempts = 2", "attempts = -2"}, "duration": {`"10ms"`, `"soon"`}, "password": {"[limits]", "username = \"x\"\n[limits]"}} {
		args[2] = d.write("bad.toml", strings.Replace(read(t, config), change[0], change[1], 1))
		if _, warned := d.run(1, append(args, "-dry-run")...); !strings.HasPrefix(warned, "error: ") && !strings.Contains(warned, "\nerror: ") {
			t.Errorf("%s: %s", name, warned)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Reminders go to those who have no card by what the board says.
func TestRemindersLeaveOutWhoHasACard(t *testing.T) {
	o := new(office).start(t, nil)
	d, config := desktopOf(t, o)
	org := simulate.New(t, simulate.Config{Members: 5})
	round := org.Round()
	org.Time(simulate.Begin)
	org.Post(round.By(2, &record.Issues{Registrar: 2, Entries: []uint64{0, 3}}))
	d.dial = func(string) (party.Board, error) { return partytest.New(org).View(), nil }
	desk := issuing.Desk{Round: round.ID, Registrar: 2}
	list := recipients(5)
	for _, x := range list {
		c := issuing.NewCode()
		x.Code, x.Link = desk.Text(c), desk.Link(board+"/booth/card", c)
	}
	args := []string{"send", "-config", config, "-store", filepath.Join(d.dir, "mails"), "-job", "reminder-1", "-letter", "reminder", "-title", "en=Cards", "-title", "es=Tarjetas",
		"-round", round.ID.String(), "-codes", d.write("codes.csv", codes(list))}
	out, _ := d.run(0, args...)
	if !strings.Contains(out, "3 of 5 members have no card yet") || len(o.taken()) != 3 {
		t.Fatalf("%s%d mails", out, len(o.taken()))
	}
	for _, p := range o.taken() {
		if p.to == list[0].Email || p.to == list[3].Email {
			t.Errorf("a reminder to a member with a card")
		}
	}
	d.dial = func(string) (party.Board, error) { return nil, fmt.Errorf("no board") }
	d.run(1, args...)
	d.run(0, append(args, "-to-all")...)
	if len(o.taken()) != 5 {
		t.Errorf("%d mails", len(o.taken()))
	}
}
