package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/record"
)

func TestEveryLetterInEveryLanguage(t *testing.T) {
	x := templates(t)
	f := *facts
	f.Vote, f.PacketURL, f.PacketHash = record.ID{1}, "https://files.example.org/packet.txt", strings.Repeat("ab", 32)
	f.Title = map[string]string{"en": "A <b>question</b> & more", "es": "Una pregunta"}
	f.Words = map[string]string{"en": "Yes: 7 <of> 9\nNo: 2", "es": "Sí: 7"}
	for _, l := range Letters {
		seen := make(map[string]bool)
		for _, lang := range append(Languages, "fr") {
			r := recipients(1)[0]
			r.Language = lang
			if !l.HasCode() {
				r.Code, r.Link = "", ""
			}
			w, err := x.write(l, &f, r, "es")
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"fr": "es"}[lang]; w.language != lang && w.language != want {
				t.Errorf("%s for %s is in %s", l, lang, w.language)
			}
			if lang == "en" {
				if strings.Contains(w.html, "<b>") || !strings.Contains(w.text, "A <b>question</b> & more") || strings.Contains(w.html, "<of>") {
					t.Errorf("%s: what belongs into HTML as text is not\n%s", l, w.html)
				}
			}
			if !strings.Contains(w.html, `<html lang="`+w.language+`">`) || strings.Contains(w.text, "{{") || strings.Contains(w.text, "\n\n\n") || strings.Contains(w.text, "<no value>") {
				t.Errorf("%s in %s:\n%s", l, lang, w.text)
			}
			if lang != "fr" && seen[w.subject] {
				t.Errorf("%s has one subject in two languages", l)
			}
			seen[w.subject] = true
			if l.HasCode() {
				m, err := x.sms(l, &f, r, "en")
				if err != nil || !strings.Contains(m, r.Code) || !strings.Contains(m, r.Link) {
					t.Errorf("%s by sms: %s, %v", l, m, err)
				}
			}
		}
	}
}

func TestOwnTemplates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "letters")
	written, err := WriteDefaults(dir)
	if err != nil || len(written) != 24 {
		t.Fatal(len(written), err)
	}
	if _, err := LoadTemplates(dir); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "invitation.en.txt")
	if err := os.WriteFile(own, []byte("Subject: Hello\r\n\r\n{{.Code}} {{.Link}}\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if written, err := WriteDefaults(dir); len(written) != 0 || err != nil {
		t.Errorf("own texts are overwritten: %v, %v", written, err)
	}
	x, err := LoadTemplates(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := recipients(1)[0]
	if w, err := x.write(Invitation, facts, r, "en"); err != nil || w.subject != "Hello" || w.text != r.Code+" "+r.Link+"\n" {
		t.Errorf("%q %q %v", w.subject, w.text, err)
	}
	for name, c := range map[string][2]string{
		"no subject":         {"invitation.en.txt", "{{.Code}} {{.Link}}"},
		"code in subject":    {"invitation.en.txt", "Subject: {{.Code}}\n{{.Code}} {{.Link}}"},
		"no code":            {"invitation.fr.txt", "Subject: Bonjour\n{{.Link}}"},
		"no link":            {"reminder.en.html", "<p>{{.Code}}</p>"},
		"picture":            {"invitation.en.html", `<p>{{.Code}} {{.Link}}<IMG SRC="https://tracker.example/x.png"></p>`},
		"picture in a style": {"invitation.en.html", `<p style="background: url(https://tracker.example)">{{.Code}} {{.Link}}</p>`},
		"script":             {"result.en.html", `<script>x</script>{{.VotePage}}{{.Words}}`},
		"unknown field":      {"invitation.en.txt", "Subject: x\n{{.Code}} {{.Link}} {{.Password}}"},
		"a member's name":    {"invitation.en.txt", "Subject: x\n{{.Code}} {{.Link}} {{.Name}}"},
		"broken":             {"invitation.en.txt", "Subject: x\n{{.Code"},
		"unknown letter":     {"greeting.en.txt", "Subject: x\n"},
		"unknown file":       {"invitation.txt", "Subject: x\n"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c[0]), []byte(c[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadTemplates(dir); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := LoadTemplates("nothing"); err == nil {
		t.Error("a folder that is not there")
	}
}
