// Package booth serves the pages on which members collect voter cards, vote, check a ballot on a second device, support petitions and check
// receipts. New returns their handler, which is mounted at /booth/: on the board, and on the registrars, from whose addresses second devices
// check the ballots that the board's pages have encrypted.
//
// A page is a shell in the reader's language, and scripts that show one view after another (folder static). All cryptography is the
// program of package cmd/booth, compiled to WebAssembly and run in a worker (folder dist); the scripts never see a card's secret before the
// member asks for it, and forget a choice when it is cast. They build pages from text only, so what comes from the log is never markup.
//
// The server learns nothing here: it hands out files that are the same for everybody, sets no cookies, and sees neither what follows # in a
// link nor what is typed. Policy says what a page may run and speak with: scripts of this server, WebAssembly, and the board and the
// registrars that the log names. Nothing is inline, and nothing is from elsewhere.
package booth

import (
	"io/fs"
	"net/http"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/language"
)

// Options say what pages are of.
type Options struct {
	// Board is the address of the board whose votes these are, such as "https://votes.example.org". Default: where the pages are from.
	Board string
	// Facts returns what the log says for the pages; FactsOf takes it from a state. It is asked for each page. Default: nothing is known.
	Facts func() Facts
}

// Facts are what pages take from the log.
type Facts struct {
	Title      text.Texts // the organisation's name
	Registrars []string   // the addresses of all rounds' registrars, which pages may speak with
}

// FactsOf returns the facts of a state of the log: the newest rounds' registrars first.
func FactsOf(s *fold.State) Facts {
	var f Facts
	if g, _ := s.Genesis(); g != nil {
		f.Title = g.Title
	}
	rounds := s.Rounds()
	for i := range rounds {
		for _, r := range rounds[len(rounds)-1-i].Manifest.Registrars {
			f.Registrars = append(f.Registrars, r.URL)
		}
	}
	return f
}

// A Handler serves the pages.
type Handler struct {
	options Options
	assets  *assets
	texts   map[string]*asset // by language
	shells  shells
}

// New returns the handler of the pages, to be mounted at /booth/ without taking that off the path.
func New(o Options) *Handler { return newHandler(o, files()) }

// newHandler serves other files than those that are embedded, in tests.
func newHandler(o Options, from fs.FS) *Handler {
	o.Board = strings.TrimRight(o.Board, "/")
	if text.CheckURL("board", o.Board) != nil { // it goes into a policy
		o.Board = ""
	}
	if o.Facts == nil {
		o.Facts = func() Facts { return Facts{} }
	}
	return &Handler{options: o, assets: newAssets(from), texts: texts(), shells: newShells()}
}

// pages are the names of the pages below /booth/. Those of votes are followed by a vote's id.
var pages = map[string]struct{ ofVote, camera bool }{
	"card": {camera: true}, "vote": {ofVote: true}, "support": {ofVote: true}, "me": {}, "check": {camera: true}, "receipt": {camera: true}, "verify": {},
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	facts := h.options.Facts()
	secure(w.Header(), h.options.Board, facts.Registrars)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address takes GET and HEAD only.", http.StatusMethodNotAllowed)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/booth/")
	if !ok {
		h.missing(w, r, facts)
		return
	}
	if path == "" {
		http.Redirect(w, r, "/booth/me", http.StatusSeeOther)
		return
	}
	if name, ok := strings.CutPrefix(path, "texts/"); ok {
		h.serveTexts(w, r, facts, strings.TrimSuffix(name, ".json"))
		return
	}
	if h.assets.serve(w, r, path) {
		return
	}
	name, id, below := strings.Cut(path, "/")
	page, ok := pages[name]
	if _, err := record.ParseID(id); !ok || below != page.ofVote || page.ofVote && err != nil {
		h.missing(w, r, facts)
		return
	}
	if page.camera {
		w.Header().Set("Permissions-Policy", permissions("self"))
	}
	h.show(w, r, facts, name, http.StatusOK)
}

func (h *Handler) missing(w http.ResponseWriter, r *http.Request, facts Facts) {
	h.show(w, r, facts, "missing", http.StatusNotFound)
}

func (h *Handler) serveTexts(w http.ResponseWriter, r *http.Request, facts Facts, code string) {
	t, ok := h.texts[code]
	if !ok {
		h.missing(w, r, facts)
		return
	}
	t.serve(w, r, r.URL.Query().Get("v") == t.hash)
}

// Style is the pages' style sheet, for servers that have pages of their own for members beside these.
func Style() []byte {
	b, err := fs.ReadFile(files(), "booth.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return b
}

// sections are the parts of a language's texts that scripts use.
const sections = "booth"

// texts returns the texts for scripts, as JSON, by language.
func texts() map[string]*asset {
	out := make(map[string]*asset)
	for _, l := range language.All() {
		out[l.Code] = newAsset("application/json", encode(l.Section(sections)))
	}
	return out
}
