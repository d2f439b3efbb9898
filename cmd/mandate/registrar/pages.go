package registrar

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"sync"

	"mandate/bulletin/booth"
	"mandate/bulletin/language"
)

//go:embed pages/*.html
var pageFiles embed.FS

// templates are those of the pages, by language.
var templates = sync.OnceValue(func() map[string]*template.Template {
	out := make(map[string]*template.Template)
	for _, l := range language.All() {
		out[l.Code] = template.Must(template.New("").Funcs(l.Functions()).Option("missingkey=error").ParseFS(pageFiles, "pages/*.html")) // embedded, and tested
	}
	return out
})

// A page is one for members, without scripts.
type page struct {
	Name      string // what it is about: a text of section registrar-page
	Desk      *desk  // nil: not known
	Wrong     string // what is wrong with what was typed
	Sentences []string

	Code, Direction   string
	Heading           string
	Registrar, Round  string // names
	RoundID           string
	Booth             string // where the member goes on
	Again, Ask, Style string
	Contact, Provider string
	Good              bool
	Languages         []tongue
}

type tongue struct {
	Code, Name, Link string
	Current          bool
}

// policy is the Content-Security-Policy of pages: their style sheet, and their form.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// tell shows a page of which the texts NAME and NAME-text say what is the matter and what to do.
func (r *Registrar) tell(w http.ResponseWriter, req *http.Request, l *language.Language, status int, name string, d *desk, put ...any) {
	if r.provider != nil {
		put = append(put, "provider", r.provider.Name())
	}
	registrar := l.Say("registrar-page.this")
	if d != nil {
		registrar = d.name
	}
	put = append(put, "name", registrar)
	r.show(w, req, l, status, &page{Name: name, Desk: d, Good: name == "asked", Sentences: []string{l.Say("registrar-page."+name+"-text", put...)}, Heading: l.Say("registrar-page."+name, put...)})
}

// again is on which pages trying again helps.
var again = map[string]bool{"state": true, "expired": true, "declined": true, "stale": true, "token": true, "provider": true, "fault": true, "issuer": true, "unverified": true, "nobody": true}

func (r *Registrar) show(w http.ResponseWriter, req *http.Request, l *language.Language, status int, p *page) {
	p.Code, p.Direction, p.Style, p.Contact = l.Code, l.Direction, stylePath, r.options.Contact
	if p.Heading == "" {
		p.Heading = l.Say("registrar-page." + p.Name)
	}
	q := url.Values{"lang": {l.Code}}
	if d := p.Desk; d != nil {
		p.Registrar, p.RoundID = d.name, d.Round.String()
		if p.Round = d.titles[l.Code]; p.Round == "" {
			p.Round = d.titles.In("en")
		}
		q.Set("round", p.RoundID)
	}
	if r.provider != nil {
		p.Provider = r.provider.Name()
		if p.Desk != nil && again[p.Name] {
			p.Again = signInPath + "?" + q.Encode()
		}
	}
	if p.Name != "ask" && p.Name != "asked" && p.Name != "by-hand" && p.Desk != nil {
		p.Ask = askPath + "?" + q.Encode()
	}
	if r.options.Link != "" {
		p.Booth = r.options.Link + "?lang=" + l.Code
	}
	for _, other := range language.All() {
		o := url.Values{"lang": {other.Code}}
		if p.RoundID != "" {
			o.Set("round", p.RoundID)
		}
		p.Languages = append(p.Languages, tongue{other.Code, other.Name, "?" + o.Encode(), other.Code == l.Code})
	}
	var b bytes.Buffer
	if err := templates()[l.Code].ExecuteTemplate(&b, "page", p); err != nil {
		r.options.Log.Error("making a page", "page", p.Name, "error", err)
		http.Error(w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", l.Code)
	h.Set("Content-Security-Policy", policy)
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		w.Write(b.Bytes())
	}
}

var styleSheet = sync.OnceValue(booth.Style)

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Write(styleSheet())
}
