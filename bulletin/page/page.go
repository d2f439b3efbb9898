// Package page makes the board's web pages: the organisation with its rounds and votes, one page for each round, and one for each vote, from
// the petition to the answer to its result. They are plain HTML in the reader's language, without scripts, cookies or anything from
// elsewhere, and can be read on a phone, by keyboard, and by a screen reader.
//
// New returns the pages of a board; Organisation, Round, Entry, Vote, Statements, Result, Log, Record, Find, Missing and File answer
// requests, and ResultCSV, ResultJSON and Raw with files. Package web routes to them.
//
// A page is the board's own word. It decides nothing and proves nothing, and says so: what counts is what a verifier makes of the log.
// Everything on a page that comes from the log is untrusted text. Templates escape it, and the Policy that goes with every page forbids a
// browser to run anything, whatever it finds there.
//
// All texts are those of package language, in as many languages as it has.
package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/language"
)

// Policy is the Content-Security-Policy of a page: its style sheet and pictures from the board itself, and nothing else. PolicyForm is that
// of the pages that have a form, in which a reader says what to look for; it can be sent to the board only.
const (
	Policy     = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	PolicyForm = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// asking are the pages that have a form.
var asking = map[string]bool{"log": true, "found": true, "entry": true}

// A Board is what the pages show. A *board.Board is one.
type Board interface {
	// View lets read look at the state under a lock; read must not keep or change anything of it.
	View(read func(*fold.State))
}

// Options say how pages are made.
type Options struct {
	// Address is where the board is reached, such as "https://votes.example.org", as pages tell their readers. Default: what the
	// reader's browser asked for.
	Address string
	// TLS says that a proxy before the board speaks TLS, so that the default address begins with https.
	TLS bool
	// Fresh is for how long a page is handed out again before it is made anew, so that many readers cost no more than one. Default one
	// second; negative: not at all.
	Fresh time.Duration
	// Languages are those that pages can be read in, the first being for readers of none of them. Default: all of package language.
	Languages []*language.Language
	// Records are the log, for the pages that show it record by record. Default: there are no such pages.
	Records Records
	// Head returns the newest checkpoint as signed, for the pages that say how fresh witnesses' cosignatures are; nil if there is none.
	// Default: they do not say it.
	Head func() []byte
	// Booth is where the booth is, such as "/booth": pages lead into it. Default: there is none, and pages name the commands instead.
	Booth string
	// Log is told of errors. Default slog.Default.
	Log *slog.Logger
}

// Pages are the pages of a board. Its methods may be called from several goroutines.
type Pages struct {
	board     Board
	options   Options
	languages []*language.Language
	match     language.Matcher
	templates map[*language.Language]*template.Template
	files     map[string]file
	style     string // the name of the style sheet
	records   Records
	readers   chan struct{} // one for each request that reads the log
	gists     gists
	rankings  func(v *fold.Vote, i int) (ranking, bool) // of ranked contests with a result
	kept      *shelf
}

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// New returns the pages of a board.
func New(b Board, o Options) *Pages {
	if o.Fresh == 0 {
		o.Fresh = time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	p := &Pages{
		board: b, options: o, languages: o.Languages, templates: make(map[*language.Language]*template.Template),
		files: make(map[string]file), kept: newShelf(o.Fresh),
		records: o.Records, readers: make(chan struct{}, readers), gists: gists{of: make(map[uint64]*gist)}, rankings: rankingsOf,
	}
	if len(p.languages) == 0 {
		p.languages = language.All()
	}
	p.match = language.NewMatcher(p.languages)
	for _, l := range p.languages {
		p.templates[l] = parsed(l)
	}
	p.style = p.add("style.css", "text/css; charset=utf-8")
	p.add("icon.svg", "image/svg+xml")
	return p
}

// A file is something that pages load. A file whose name has its hash never changes.
type file struct {
	kind, cache string
	body        []byte
}

// add adds a file under a name with its hash, which it returns, and under its plain name.
func (p *Pages) add(name, kind string) string {
	body, err := static.ReadFile("static/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	hash := sha256.Sum256(body)
	base, ext, _ := strings.Cut(name, ".")
	hashed := base + "-" + hex.EncodeToString(hash[:8]) + "." + ext
	p.files[hashed] = file{kind, "public, max-age=31536000, immutable", body}
	p.files[name] = file{kind, "no-cache", body}
	return hashed
}

// File answers with a file that pages load, such as the style sheet.
func (p *Pages) File(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := p.files[name]
	if !ok {
		p.Missing(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", f.cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.body)))
	w.Write(f.body)
}

// Organisation answers with the page of the organisation.
func (p *Pages) Organisation(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, "organisation", "", func(a *author) any { return a.organisation() })
}

// Round answers with the page of a round.
func (p *Pages) Round(w http.ResponseWriter, r *http.Request, id record.ID) {
	p.show(w, r, "round", id.String(), func(a *author) any {
		if round := a.state.Round(id); round != nil {
			return a.round(round)
		}
		return nil
	})
}

// Vote answers with the page of a vote.
func (p *Pages) Vote(w http.ResponseWriter, r *http.Request, id record.ID) {
	p.show(w, r, "vote", id.String(), func(a *author) any {
		if v := a.state.Vote(id); v != nil {
			return a.vote(v)
		}
		return nil
	})
}

// Statements answers with a page of all statements of a vote; the query's page counts from 1.
func (p *Pages) Statements(w http.ResponseWriter, r *http.Request, id record.ID) {
	n, err := strconv.ParseUint(r.URL.Query().Get("page"), 10, 32)
	if err != nil || n == 0 {
		n = 1
	}
	p.show(w, r, "statements", id.String()+" "+strconv.FormatUint(n, 10), func(a *author) any {
		if v := a.state.Vote(id); v != nil {
			return a.allStatements(v, int(n))
		}
		return nil
	})
}

// Missing answers that there is no such page.
func (p *Pages) Missing(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, "missing", "", func(*author) any { return nil })
}

// show answers with a page, made anew if the one that is kept is too old. The model is made under the board's lock and holds nothing of its
// state; what follows is done without.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, name, of string, model func(*author) any) {
	p.showRead(w, r, name, of, nil, model)
}

// showRead is show for a page whose model needs something that is read from the log before, without the lock.
func (p *Pages) showRead(w http.ResponseWriter, r *http.Request, name, of string, read func() error, model func(*author) any) {
	a := p.author(r)
	key := strings.Join([]string{name, of, a.Code, strconv.FormatBool(a.chosen), a.address}, " ")
	done, ok := p.kept.get(key)
	if !ok {
		if read != nil {
			if err := p.reading(read); err != nil {
				p.broken(w, name, of, err)
				return
			}
		}
		var m any
		p.board.View(func(s *fold.State) {
			a.state, a.now = s, s.Now()
			if m = model(a); m == nil {
				name, m = "missing", a.missing()
			}
		})
		var b bytes.Buffer
		if err := p.templates[a.Language].ExecuteTemplate(&b, name, m); err != nil {
			p.options.Log.Error("making a page", "page", name, "of", of, "error", err)
			http.Error(w, "The board could not make this page.", http.StatusInternalServerError)
			return
		}
		done = leaf{body: b.Bytes(), found: name != "missing"}
		sum := sha256.Sum256(done.body)
		done.tag = `"` + hex.EncodeToString(sum[:12]) + `"`
		if done.found { // names of what is not there are without number
			p.kept.put(key, done)
		}
	}
	h := w.Header()
	h.Set("Content-Security-Policy", Policy)
	if asking[name] {
		h.Set("Content-Security-Policy", PolicyForm)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", a.Code)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-cache")
	if !done.found {
		w.WriteHeader(http.StatusNotFound)
		w.Write(done.body)
		return
	}
	h.Set("ETag", done.tag)
	if r.Header.Get("If-None-Match") == done.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(done.body)))
	w.Write(done.body)
}

// broken answers that the log could not be read.
func (p *Pages) broken(w http.ResponseWriter, name, of string, err error) {
	if errors.Is(err, errBusy) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "Too many read the log at once. Ask again in a moment.", http.StatusServiceUnavailable)
		return
	}
	if !errors.Is(err, context.Canceled) {
		p.options.Log.Error("reading the log for a page", "page", name, "of", of, "error", err)
	}
	http.Error(w, "The board could not read its log.", http.StatusInternalServerError)
}

// An author makes the model of one page, for one reader, under the board's lock. A model has copies only.
type author struct {
	*language.Language
	pages   *Pages
	chosen  bool   // the reader has chosen the language in the address, and links keep it
	address string // of the board
	path    string // of the page
	query   string // of the page, without the language
	state   *fold.State
	now     uint64
}

func (p *Pages) author(r *http.Request) *author {
	a := &author{pages: p, address: p.options.Address, path: r.URL.Path}
	if a.address == "" {
		scheme := "http"
		if p.options.TLS || r.TLS != nil {
			scheme = "https"
		}
		a.address = scheme + "://" + r.Host
	}
	a.address = strings.TrimRight(a.address, "/")
	if text.CheckURL("address", a.address) != nil { // a browser asks for none such
		a.address = "https://board.invalid"
	}
	a.Language, a.chosen = p.match.Match(r)
	return a
}

// link returns the address of another page, in the language that the reader has chosen.
func (a *author) link(path string) string {
	if !a.chosen {
		return path
	}
	if strings.Contains(path, "?") {
		return path + "&lang=" + a.Code
	}
	return path + "?lang=" + a.Code
}

// booth returns the address of a page of the booth, empty if there is no booth.
func (a *author) booth(page string) string {
	if a.pages.options.Booth == "" {
		return ""
	}
	return a.link(a.pages.options.Booth + "/" + page)
}

// A frame is what all pages have.
type frame struct {
	Code, Direction string // of the language
	Title           string // of the page, for the browser
	Description     string
	Organisation    words
	Home            string
	Style           string
	Languages       []choice
	Now             uint64
	Records         uint64
	Address         string // of the board
	Here            string // the address of this page, to share
	Check           string // the line that has the verifier check what is shown
	Private         bool   // not for search engines
	Explorer        string // the address of the pages of the log; empty if there are none
	Booth           booth
}

// booth has the addresses of the booth's pages, empty if there is no booth.
type booth struct{ Card, Me, Receipt, Verify string }

// A choice is a link to the same page in a language.
type choice struct {
	Code, Name, Link string
	Current          bool
}

func (a *author) frame(title, description string) frame {
	f := frame{
		Code: a.Code, Direction: a.Direction, Title: title, Description: description, Home: a.link("/"), Style: a.pages.style, Now: a.now,
		Records: a.state.Size(), Address: a.address, Here: a.address + a.path, Check: "mandate-verify " + a.address,
	}
	if a.pages.records != nil {
		f.Explorer = a.link("/log")
	}
	if a.pages.options.Booth != "" {
		f.Booth = booth{Card: a.booth("card"), Me: a.booth("me"), Receipt: a.booth("receipt"), Verify: a.booth("verify")}
	}
	name := ""
	if g, _ := a.state.Genesis(); g != nil {
		f.Organisation = a.words(g.Title)
		name = f.Organisation.Text
	}
	switch {
	case f.Title == "":
		f.Title = name
	case name != "":
		f.Title += " · " + name
	}
	for _, l := range a.pages.languages {
		link := a.path + "?"
		if a.query != "" {
			link += a.query + "&"
		}
		f.Languages = append(f.Languages, choice{Code: l.Code, Name: l.Name, Link: link + "lang=" + l.Code, Current: l == a.Language})
	}
	return f
}

// words are a text of the log in the language nearest to the page's.
type words struct {
	Text string
	Lang string // if it is another than the page's
}

// String is the text alone, to be put into another.
func (w words) String() string { return w.Text }

func (a *author) words(t text.Texts) words {
	if s, ok := t[a.Code]; ok {
		return words{Text: s}
	}
	for _, tag := range t.Languages() { // another variety of the same language
		if base, _, _ := strings.Cut(tag, "-"); base == a.Base {
			return words{t[tag], tag}
		}
	}
	for _, tag := range append([]string{"en"}, t.Languages()...) {
		if s, ok := t[tag]; ok {
			return words{s, tag}
		}
	}
	return words{}
}

// missingPage says that there is no such page.
type missingPage struct{ frame }

func (a *author) missing() missingPage { return missingPage{a.frame(a.Say("missing.title"), "")} }

// parsed returns the templates in a language.
func parsed(l *language.Language) *template.Template {
	t := template.New("").Funcs(l.Functions()).Funcs(template.FuncMap{"bar": newBar}).Option("missingkey=error")
	return template.Must(t.ParseFS(templates, "templates/*.html")) // they are embedded, and tested
}
