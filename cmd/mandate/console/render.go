package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"mandate/ballot/fold"
	"mandate/ballot/text"
	"mandate/bulletin/language"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// parsed returns the templates of each language.
var parsed = sync.OnceValue(func() map[string]*template.Template {
	out := make(map[string]*template.Template)
	for _, l := range language.All() {
		t, err := template.New("").Funcs(l.Functions()).Funcs(template.FuncMap{
			"pack": func(pairs ...any) (map[string]any, error) {
				m := make(map[string]any)
				for i := 0; i+1 < len(pairs); i += 2 {
					k, ok := pairs[i].(string)
					if !ok {
						return nil, fmt.Errorf("pack: %v is no name", pairs[i])
					}
					m[k] = pairs[i+1]
				}
				return m, nil
			},
		}).Option("missingkey=error").ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			panic(err) // they are embedded, and tested
		}
		out[l.Code] = t
	}
	return out
})

// A scene is one request: who asks, in which language, and what is answered.
type scene struct {
	*language.Language
	c       *Console
	w       http.ResponseWriter
	r       *http.Request
	session *session // nil: nobody has signed in
	base    string   // where the pages are: /console or /ceremony/TOKEN
}

// A frame is what every page has.
type frame struct {
	*scene
	Heading      string
	Organisation string
	Signed       bool
	CSRF         string
	Flash        string
	Board        string
	Base         string
	Languages    []tongue
	Crumbs       []link
	Live         bool // the page's live part is to be kept fresh
	Mock         bool // all of the page is about a mock vote
	OneMachine   bool
}

type tongue struct {
	Code, Name, Link string
	Current          bool
}

type link struct{ Text, To string }

// Root is where style sheets are, IsConsole whether the page is one for organisers.
func (f frame) Root() string {
	root, _, _ := strings.Cut(strings.TrimPrefix(f.base, "/"), "/")
	return "/" + root
}
func (f frame) IsConsole() bool { return f.base == "/console" }

// Code and Direction are the page's language, for templates.
func (f frame) Code() string      { return f.Language.Code }
func (f frame) Direction() string { return f.Language.Direction }

func (s *scene) frame(heading string, crumbs ...link) frame {
	f := frame{scene: s, Heading: heading, Board: s.c.o.BoardAddress, Base: s.base, Crumbs: crumbs}
	s.c.o.Board.View(func(st *fold.State) {
		if g, _ := st.Genesis(); g != nil {
			f.Organisation = s.in(g.Title)
		}
	})
	if s.session != nil {
		f.Signed, f.CSRF, f.Flash = true, s.session.csrf, s.c.sessions.take(s.session)
	}
	for _, l := range language.All() {
		q := url.Values{"lang": {l.Code}}
		for k, v := range s.r.URL.Query() {
			if k != "lang" {
				q[k] = v
			}
		}
		path := s.r.URL.Path
		if s.r.Method != http.MethodGet {
			path = s.base + "/"
			q = url.Values{"lang": {l.Code}}
		}
		f.Languages = append(f.Languages, tongue{l.Code, l.Name, path + "?" + q.Encode(), l == s.Language})
	}
	return f
}

// in returns a text in the page's language, else in another.
func (s *scene) in(t text.Texts) string {
	if words, ok := t[s.Language.Code]; ok {
		return words
	}
	return t.In("en")
}

// show answers with a page.
func (s *scene) show(status int, name string, model any) {
	var b bytes.Buffer
	if err := parsed()[s.Language.Code].ExecuteTemplate(&b, name, model); err != nil {
		s.c.o.Log.Error("making a page", "page", name, "error", err)
		http.Error(s.w, "The console could not make this page.", http.StatusInternalServerError)
		return
	}
	h := s.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.Language.Code)
	s.w.WriteHeader(status)
	s.w.Write(b.Bytes())
}

// message answers with a page of one sentence.
func (s *scene) message(status int, heading, sentence string) {
	s.show(status, "message", struct {
		frame
		Sentence string
	}{s.frame(heading), sentence})
}

func (s *scene) missing() {
	s.message(http.StatusNotFound, s.Say("console.missing"), s.Say("console.missing-text"))
}

// redirect sends the browser to another page of these, with something to say there.
func (s *scene) redirect(path, words string) {
	if s.session != nil && words != "" {
		s.c.sessions.say(s.session, words)
	}
	http.Redirect(s.w, s.r, s.base+path, http.StatusSeeOther)
}
