package booth

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"

	"mandate/bulletin/language"
)

//go:embed templates/*.html
var templates embed.FS

// shells are the template of pages in each language.
type shells map[string]*template.Template

func newShells() shells {
	s := make(shells)
	for _, l := range language.All() {
		s[l.Code] = template.Must(template.New("").Funcs(l.Functions()).Option("missingkey=error").ParseFS(templates, "templates/*.html")) // embedded, and tested
	}
	return s
}

// A shell is a page before its scripts run.
type shell struct {
	Code, Direction string // of the language
	Page            string
	Missing         bool
	Title           string
	Name            string // of the organisation
	NameLang        string // if it is another than the page's
	Board           string // its address, if it is elsewhere
	Home            string
	Folder          string // of the files
	Texts           string
	Languages       []choice
	Nav             []choice
}

// A choice is a link.
type choice struct {
	Code, Name, Link string
	Current          bool
}

// show answers with a page.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, facts Facts, page string, status int) {
	l, chosen := language.Match(r)
	link := func(path string) string {
		if chosen {
			path += "?lang=" + l.Code
		}
		return path
	}
	s := shell{
		Code: l.Code, Direction: l.Direction, Page: page, Missing: page == "missing", Title: l.Say("booth-title." + page), Board: h.options.Board,
		Home: link(h.options.Board + "/"), Folder: "/booth/" + h.assets.folder(), Texts: "/booth/texts/" + l.Code + ".json?v=" + h.texts[l.Code].hash,
	}
	s.Name, s.NameLang = l.Code, ""
	if s.Name = facts.Title.In(l.Code); s.Name == "" {
		s.Name = "Mandate"
	} else if _, ok := facts.Title[l.Code]; !ok {
		for _, tag := range facts.Title.Languages() {
			if facts.Title[tag] == s.Name {
				s.NameLang = tag
			}
		}
	}
	for _, other := range language.All() {
		s.Languages = append(s.Languages, choice{Code: other.Code, Name: other.Name, Link: "?lang=" + other.Code, Current: other.Code == l.Code})
	}
	for _, name := range []string{"me", "receipt", "check"} {
		s.Nav = append(s.Nav, choice{Name: l.Say("booth.nav-" + name), Link: link("/booth/" + name), Current: name == page})
	}
	var b bytes.Buffer
	if err := h.shells[l.Code].ExecuteTemplate(&b, "shell", s); err != nil {
		http.Error(w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", l.Code)
	header.Set("Vary", "Accept-Language")
	if status == http.StatusOK {
		sum := sha256.Sum256(b.Bytes())
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	header.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		w.Write(b.Bytes())
	}
}
