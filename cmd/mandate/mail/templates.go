package mail

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	"mandate/ballot/record"
)

//go:embed templates
var defaults embed.FS

// Languages are those in which there are letters without anybody writing some.
var Languages = []string{"en", "es"}

// Templates are the texts of letters: for each letter and language LETTER.LANG.txt, whose first line is the subject, LETTER.LANG.html, and
// LETTER.LANG.sms for letters with a code. They are Go templates over the fields of a page.
type Templates struct {
	text map[string]*texttemplate.Template // by file name; a letter's .txt without the subject
	html map[string]*htmltemplate.Template
}

// A page is what templates are filled with.
type page struct {
	Organisation, Sender, Contact string
	Board                         string   // its address, without a slash at the end
	Registrars                    []string // the names of all registrars
	Title                         string   // in the member's language
	Link, Code                    string   // of invitations and reminders
	VotePage                      string   // empty: it is not about a vote
	Closes                        string   // empty: not said
	PacketURL, PacketHash         string
	Words                         string // what else is to be said
	Subject                       string // for HTML
}

var functions = map[string]any{"join": strings.Join}

// LoadTemplates reads templates: those in a folder, and for what is not there those that come with the program. An empty name is no folder. Every
// template is tried: one that leaves out the code, or loads something when the mail is opened, is refused.
func LoadTemplates(dir string) (*Templates, error) {
	t := &Templates{text: make(map[string]*texttemplate.Template), html: make(map[string]*htmltemplate.Template)}
	files, err := fs.ReadDir(defaults, "templates")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := defaults.ReadFile("templates/" + f.Name())
		if err == nil {
			err = t.parse(f.Name(), b)
		}
		if err != nil {
			return nil, err
		}
	}
	if dir != "" {
		own, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		for _, f := range own {
			if !fileForm.MatchString(f.Name()) {
				return nil, fmt.Errorf("templates: %s: is no name like invitation.en.txt; letters are %v", filepath.Join(dir, f.Name()), Letters)
			}
			b, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err == nil {
				err = t.parse(f.Name(), b)
			}
			if err != nil {
				return nil, fmt.Errorf("templates: %s: %w", dir, err)
			}
		}
	}
	return t, t.try()
}

var fileForm = regexp.MustCompile(`^(invitation|reminder|packet|closing|result)\.[a-z]{2,3}(-[A-Z]{2})?\.(txt|html|sms)$`)

func (t *Templates) parse(name string, b []byte) (err error) {
	s := strings.ReplaceAll(string(b), "\r\n", "\n")
	if strings.HasSuffix(name, ".html") {
		t.html[name], err = htmltemplate.New(name).Funcs(functions).Option("missingkey=error").Parse(s)
		return err
	}
	if strings.HasSuffix(name, ".txt") {
		first, body, _ := strings.Cut(s, "\n")
		subject, ok := strings.CutPrefix(first, "Subject: ")
		if !ok {
			return fmt.Errorf("%s: the first line is not “Subject: …”", name)
		}
		if t.text[name+"/subject"], err = parseText(name, strings.TrimSpace(subject)); err != nil {
			return err
		}
		s = strings.TrimLeft(body, "\n")
	}
	t.text[name], err = parseText(name, s)
	return err
}

func parseText(name, s string) (*texttemplate.Template, error) {
	return texttemplate.New(name).Funcs(functions).Option("missingkey=error").Parse(s)
}

// WriteDefaults writes the templates that come with the program into a folder, where they can be edited. Files that are there are left alone.
func WriteDefaults(dir string) (written []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	files, err := fs.ReadDir(defaults, "templates")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := defaults.ReadFile("templates/" + f.Name())
		if err != nil {
			return written, err
		}
		path := filepath.Join(dir, f.Name())
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			_, err = out.Write(b)
			err = errors.Join(err, out.Close())
		}
		if err != nil {
			return written, fmt.Errorf("templates: %w", err)
		}
		written = append(written, path)
	}
	return written, nil
}

// language returns the language in which there is a letter for a member: the member's, that without its region, or a fallback.
func (t *Templates) language(l Letter, lang, fallback string) string {
	base, _, _ := strings.Cut(lang, "-")
	for _, one := range []string{lang, base, fallback} {
		if t.text[fmt.Sprintf("%s.%s.txt", l, one)] != nil && t.html[fmt.Sprintf("%s.%s.html", l, one)] != nil {
			return one
		}
	}
	return "en"
}

// A written letter. It has a member's code.
type written struct {
	language, subject, text, html string
}

// write fills a letter for a recipient.
func (t *Templates) write(l Letter, f *Facts, r *Recipient, fallback string) (w written, err error) {
	w.language = t.language(l, r.Language, fallback)
	p := fill(f, r, w.language)
	name := fmt.Sprintf("%s.%s", l, w.language)
	if w.subject, err = execute(t.text[name+".txt/subject"], p); err != nil {
		return w, err
	}
	w.subject = strings.Join(strings.Fields(w.subject), " ") // one line, whatever a title has
	p.Subject = w.subject
	if w.text, err = execute(t.text[name+".txt"], p); err != nil {
		return w, err
	}
	w.html, err = execute(t.html[name+".html"], p)
	return w, err
}

// sms fills a text message.
func (t *Templates) sms(l Letter, f *Facts, r *Recipient, fallback string) (string, error) {
	name := fmt.Sprintf("%s.%s.sms", l, t.language(l, r.Language, fallback))
	m := t.text[name]
	if m == nil {
		return "", fmt.Errorf("there is no template %s", name)
	}
	s, err := execute(m, fill(f, r, strings.Split(name, ".")[1]))
	return strings.TrimSpace(s), err
}

func fill(f *Facts, r *Recipient, lang string) *page {
	p := &page{Organisation: f.Organisation, Sender: f.Sender, Contact: f.Contact, Board: strings.TrimRight(f.Board, "/"), Registrars: f.Registrars,
		Title: f.Title.In(lang), Link: r.Link, Code: r.Code, PacketURL: f.PacketURL, PacketHash: f.PacketHash,
		Words: cmp.Or(f.Words[lang], f.Words["en"])}
	if f.Vote != (record.ID{}) {
		p.VotePage = p.Board + "/vote/" + f.Vote.String()
	}
	if !f.Closes.IsZero() {
		p.Closes = f.Closes.UTC().Format("2006-01-02 15:04 UTC")
	}
	return p
}

// execute fills a template of either sort.
func execute(t interface {
	Execute(w io.Writer, data any) error
}, p *page) (string, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	return b.String(), nil
}

// loads finds what a mail program would fetch when a mail is opened, or run.
var loads = regexp.MustCompile(`(?i)<(img|script|iframe|object|embed|link|video|audio|form|svg|base)\b|\b(src|srcset|background|action)\s*=|url\s*\(|@import|http-equiv`)

// try fills every template with a sample.
func (t *Templates) try() error {
	sample := page{Organisation: "O", Sender: "S", Contact: "C", Board: "https://board.example", Registrars: []string{"A", "B"}, Title: "T",
		Link: "https://board.example/booth/card#round=0&code=1", Code: "0000-1111", VotePage: "https://board.example/vote/0",
		Closes: time.Unix(0, 0).UTC().String(), PacketURL: "https://packet.example/p.txt", PacketHash: "00", Words: "W", Subject: "S"}
	needs := map[Letter][]string{
		Invitation: {sample.Link, sample.Code}, Reminder: {sample.Link, sample.Code}, Packet: {sample.PacketURL, sample.PacketHash},
		Closing: {sample.VotePage}, Result: {sample.VotePage, sample.Words},
	}
	check := func(name, s string) error {
		letter, _, _ := strings.Cut(name, ".")
		for _, want := range needs[Letter(letter)] {
			if !strings.Contains(s, want) && !strings.Contains(s, htmltemplate.HTMLEscapeString(want)) {
				return fmt.Errorf("template %s: leaves out what it is for: %s", name, strings.NewReplacer(sample.Link, "{{.Link}}", sample.Code, "{{.Code}}",
					sample.PacketURL, "{{.PacketURL}}", sample.PacketHash, "{{.PacketHash}}", sample.VotePage, "{{.VotePage}}", sample.Words, "{{.Words}}").Replace(want))
			}
		}
		return nil
	}
	for name, one := range t.text {
		s, err := execute(one, &sample)
		if err != nil {
			return fmt.Errorf("template %w", err)
		}
		if strings.HasSuffix(name, "/subject") {
			if strings.TrimSpace(s) == "" || strings.Contains(s, sample.Code) {
				return fmt.Errorf("template %s: the subject is empty, or has the code, which a locked screen would show", name)
			}
			continue
		}
		if err := check(name, s); err != nil {
			return err
		}
	}
	for name, one := range t.html {
		s, err := execute(one, &sample)
		if err != nil {
			return fmt.Errorf("template %w", err)
		}
		if found := loads.FindString(s); found != "" {
			return fmt.Errorf("template %s: has %q, which is loaded or run when the mail is opened, and tells a stranger who opens it", name, found)
		}
		if err := check(name, s); err != nil {
			return err
		}
	}
	return nil
}
