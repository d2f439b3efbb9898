package page

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/record"
)

// get asks for a page as a browser does.
func get(p *Pages, path string, header ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	route(p).ServeHTTP(w, r)
	return w
}

// page returns a page of a scene.
func page(t *testing.T, name, path, code string) *element {
	t.Helper()
	s := scenes(t)[name]
	path = strings.ReplaceAll(path, "{vote}", s.vote.String())
	w := get(s.pages(), path, "Accept-Language", code)
	if w.Code != 200 {
		t.Fatalf("%s of %q: status %d", path, name, w.Code)
	}
	return parse(t, w.Body.String())
}

const votePath = "/vote/{vote}"

// inView asks for a view, whose address names the scene.
func inView(t *testing.T, v view) (*Pages, *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, v.path, nil)
	p := scenes(t)[r.URL.Query().Get("scene")].pages()
	return p, get(p, v.path)
}

// What belongs to the board and not to this package; package web tests that it is there.
var others = regexp.MustCompile(`^/(checkpoint|audit/board\.tar|votes|rounds|(votes|rounds|receipts)/[0-9a-f]{64}|booth/(card|me|receipt|verify|(vote|support)/[0-9a-f]{64})(\?[0-9a-z=&]+)?)$`)

// Every page in every state and language is whole, safe and accessible in its structure.
func TestEveryPage(t *testing.T) {
	seen := make(map[string]int) // status of local addresses
	for _, v := range views(t) {
		p, w := inView(t, v)
		code := v.name[strings.LastIndex(v.name, "-")+1:]
		bad := func(format string, args ...any) { t.Errorf("%s: %s", v.name, fmt.Sprintf(format, args...)) }
		h, body := w.Header(), w.Body.String()
		policy := Policy
		if strings.Contains(body, "<form") {
			policy = PolicyForm
		}
		if h.Get("Content-Security-Policy") != policy || h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("Content-Language") != code ||
			h.Get("Vary") != "Accept-Language" || h.Get("Set-Cookie") != "" {
			bad("headers %v", h)
		}
		if !strings.HasPrefix(body, "<!DOCTYPE html>") {
			bad("no document type")
		}
		doc := parse(t, body)
		checkStructure(bad, doc, code)
		checkSafety(bad, doc)
		checkTexts(bad, doc, body)
		for _, a := range doc.all("a", "link") {
			href := a.attr["href"]
			local, fragment, _ := strings.Cut(href, "#")
			switch {
			case strings.HasPrefix(href, "#"):
				if doc.id(fragment) == nil {
					bad("%s leads nowhere", href)
				}
			case strings.HasPrefix(local, "https://votes.example.org/"), strings.HasPrefix(local, "/"):
				path := strings.TrimPrefix(local, "https://votes.example.org")
				if others.MatchString(path) {
					continue
				}
				key := v.scene + " " + path
				if seen[key] == 0 {
					seen[key] = get(p, path).Code
				}
				if seen[key] != 200 && !strings.Contains(v.name, "missing") {
					bad("%s leads to status %d", path, seen[key])
				}
			case regexp.MustCompile(`^https?://`).MatchString(href):
				if rel := strings.Fields(a.attr["rel"]); !slices.Contains(rel, "noopener") || !slices.Contains(rel, "noreferrer") || !slices.Contains(rel, "nofollow") {
					bad("the link to %s has rel %q", href, rel)
				}
			default:
				bad("the link %q leads outside", href)
			}
		}
	}
}

func checkStructure(bad func(string, ...any), doc *element, code string) {
	one := func(name string) *element {
		all := doc.all(name)
		if len(all) != 1 || all[0].words() == "" {
			bad("%d elements <%s>", len(all), name)
			return &element{}
		}
		return all[0]
	}
	if root := one("html"); root.attr["lang"] != code || root.attr["dir"] != "ltr" {
		bad("html has %v", root.attr)
	}
	for _, name := range []string{"title", "h1", "main", "header", "footer"} {
		one(name)
	}
	if first := doc.all("a")[0]; first.attr["href"] != "#"+doc.all("main")[0].attr["id"] {
		bad("the first link is %v, not one to the content", first.attr)
	}
	level := 0
	for _, e := range doc.all("h1", "h2", "h3", "h4", "h5", "h6") {
		n := int(e.name[1] - '0')
		if n > level+1 || e.words() == "" {
			bad("heading %s %q after one of level %d", e.name, e.words(), level)
		}
		level = n
	}
	ids := make(map[string]bool)
	for _, e := range doc.all() {
		if id := e.attr["id"]; id != "" {
			if ids[id] {
				bad("the id %s is there twice", id)
			}
			ids[id] = true
		}
	}
	for _, e := range doc.all() {
		for _, of := range strings.Fields(e.attr["aria-labelledby"]) {
			if !ids[of] {
				bad("<%s> is labelled by %s, which is not there", e.name, of)
			}
		}
		switch e.name {
		case "nav":
			if e.attr["aria-label"] == "" {
				bad("a nav has no label")
			}
		case "a", "summary":
			if e.words() == "" {
				bad("a link to %s has no text", e.attr["href"])
			}
		case "svg":
			if e.attr["aria-hidden"] != "true" || e.attr["focusable"] != "false" { // the figures stand beside it
				bad("a picture is announced: %v", e.attr)
			}
		case "time":
			if _, err := time.Parse(time.RFC3339, e.attr["datetime"]); err != nil || !strings.HasSuffix(e.attr["datetime"], "Z") || !strings.HasSuffix(e.words(), "UTC") {
				bad("time %v %q", e.attr, e.words())
			}
		case "input", "select":
			if e.attr["type"] == "hidden" {
				break
			}
			labelled := false
			for _, l := range doc.all("label") {
				labelled = labelled || e.attr["id"] != "" && l.attr["for"] == e.attr["id"] && l.words() != ""
			}
			if help := e.attr["aria-describedby"]; !labelled || help != "" && doc.id(help) == nil {
				bad("a field without a label: %v", e.attr)
			}
		case "ul", "ol":
			for _, c := range e.children {
				if c.name != "li" {
					bad("<%s> in <%s>", c.name, e.name)
				}
			}
			if len(e.children) == 0 {
				bad("an empty list, of class %q", e.attr["class"])
			}
		}
	}
	current := 0
	for _, a := range doc.all("a") {
		if a.attr["aria-current"] != "" {
			current++
		}
	}
	if current != 1 {
		bad("%d languages are the present one", current)
	}
}

// checkSafety checks that nothing needs what Policy forbids, or could run.
func checkSafety(bad func(string, ...any), doc *element) {
	for _, e := range doc.all() {
		switch e.name {
		case "script", "style", "iframe", "object", "embed", "base", "foreignObject", "use", "video", "audio":
			bad("an element <%s>", e.name)
		case "form":
			if e.attr["method"] != "get" || e.attr["action"] != "" && !strings.HasPrefix(e.attr["action"], "/log") {
				bad("a form that sends elsewhere: %v", e.attr)
			}
		case "img":
			if !countPicture.MatchString(e.attr["src"]) || e.attr["alt"] == "" {
				bad("a picture %v", e.attr)
			}
		}
		for name, value := range e.attr {
			if name == "style" || name == "src" && e.name != "img" || name == "srcset" || name == "http-equiv" || name == "target" || strings.HasPrefix(name, "on") || strings.Contains(value, "javascript:") {
				bad("<%s %s=%q>", e.name, name, value)
			}
		}
	}
	for _, l := range doc.all("link") {
		if rel := l.attr["rel"]; rel != "alternate" && !strings.HasPrefix(l.attr["href"], "/pages/") {
			bad("a link %s to %s", rel, l.attr["href"])
		}
	}
}

var countPicture = regexp.MustCompile(`^/vote/[0-9a-f]{64}/count/[1-9][0-9]*/picture\.svg$`)

var unfilled = regexp.MustCompile(`\{[a-z]+\}|%!|<no value>|ZgotmplZ`)

// checkTexts checks that there is a text for everything.
func checkTexts(bad func(string, ...any), doc *element, body string) {
	if m := unfilled.FindString(body); m != "" {
		bad("%q was not filled in", m)
	}
	for _, section := range sections() {
		if m := regexp.MustCompile(`(^|[\s>(])` + section + `\.[a-z][a-z0-9-]*($|[\s<),])`).FindString(doc.text); m != "" {
			bad("the text %q is missing", m)
		}
	}
}

// TestI8_NamesAreInert: whatever somebody is called, or says, is shown as it is and does nothing.
func TestI8_NamesAreInert(t *testing.T) {
	for _, v := range views(t) {
		if !strings.HasPrefix(v.name, "hostile") || regexp.MustCompile(`-record-(time|roll|roll-part|genesis)-`).MatchString(v.name) { // these name nobody
			continue
		}
		_, w := inView(t, v)
		body := w.Body.String()
		for _, alive := range []string{"<img", "<script", `"javascript:`, "onerror=\"", "</p><"} {
			if alive == "</p><" { // between the page's own elements there is a new line
				alive = "</p><img"
			}
			if strings.Contains(strings.ToLower(body), alive) {
				t.Errorf("%s has %s", v.name, alive)
			}
		}
		doc := parse(t, body)
		if !strings.Contains(doc.text, hostile) {
			t.Errorf("%s does not show the name", v.name)
		}
		if strings.Contains(Policy, "script") || strings.Contains(Policy, "unsafe") || !strings.HasPrefix(Policy, "default-src 'none'") {
			t.Errorf("the policy allows scripts: %s", Policy)
		}
	}
	doc := page(t, "hostile", votePath, "en")
	for _, id := range []string{"results", "next", "story", "forums", "statements", "candidates", "packet", "turnout", "people"} {
		if s := doc.id(id); s == nil || id == "next" {
			continue
		}
		if s := doc.section(t, id); !strings.Contains(s.text, hostile) {
			t.Errorf("section %s does not show a name that everybody has", id)
		}
	}
}

func TestUnknownPages(t *testing.T) {
	s := scenes(t)["petition"]
	for _, path := range []string{
		"/nothing", "/vote/", "/vote/xyz", "/vote/" + strings.Repeat("0", 64), "/round/" + s.vote.String(), "/pages/", "/pages/other.css", "/pages/page.go",
		"/vote/" + s.vote.String() + "/statements?page=2", "/vote/" + s.vote.String() + "/statements?page=18446744073709551615",
	} {
		w := get(s.pages(), path, "Accept-Language", "es")
		if want := 404; strings.Contains(path, "18446744073709551615") && w.Code == 200 {
			continue // no number of a page: the first
		} else if w.Code != want || !strings.Contains(w.Body.String(), "Esta página no existe") || w.Header().Get("Content-Security-Policy") != Policy {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if w := get(scenes(t)["plain called"].pages(), "/vote/"+scenes(t)["plain called"].vote.String()+"/statements"); w.Code != 404 {
		t.Errorf("statements of a vote that takes none: status %d", w.Code)
	}
}

func TestFiles(t *testing.T) {
	p := scenes(t)["petition"].pages()
	w := get(p, "/pages/"+p.style)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", p.style, w.Code, w.Header())
	}
	if strings.Contains(w.Body.String(), "url(") || strings.Contains(w.Body.String(), "@import") {
		t.Error("the style sheet loads something else")
	}
	if w := get(p, "/pages/icon.svg"); w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("icon: %d %v", w.Code, w.Header())
	}
}

func TestAddressOfTheBoard(t *testing.T) {
	s := scenes(t)["open"]
	for _, x := range []struct {
		name string
		o    Options
		host string
		tls  bool
		want string
	}{
		{"as configured", Options{Address: "https://board.example.org/"}, "other.example", false, "https://board.example.org"},
		{"as asked for", Options{}, "127.0.0.1:8080", false, "http://127.0.0.1:8080"},
		{"behind TLS", Options{TLS: true}, "votes.example", false, "https://votes.example"},
		{"by TLS", Options{}, "votes.example", true, "https://votes.example"},
		{"a host that is none", Options{}, `x"><script>`, false, "https://board.invalid"},
	} {
		x.o.Fresh = -1
		r := httptest.NewRequest(http.MethodGet, "/vote/"+s.vote.String(), nil)
		if r.Host = x.host; x.tls {
			r.TLS = new(tls.ConnectionState)
		}
		w := httptest.NewRecorder()
		route(New(still{s.state}, x.o)).ServeHTTP(w, r)
		line := "mandate-verify -vote " + s.vote.String() + " " + x.want
		if got := parse(t, w.Body.String()).section(t, "check").classed("line")[0].words(); got != line {
			t.Errorf("%s: %q, want %q", x.name, got, line)
		}
	}
}

// Many readers at once cost one page, which is made anew when it is old; what they ask with does not grow the board.
func TestPagesAreKept(t *testing.T) {
	s := scenes(t)["open"]
	p := New(still{s.state}, Options{Fresh: time.Hour})
	path := "/vote/" + s.vote.String()
	first := get(p, path)
	tag := first.Header().Get("ETag")
	if w := get(p, path, "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("the same again: status %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := get(p, path, "Accept-Language", "es", "If-None-Match", tag); w.Code != 200 {
		t.Errorf("in another language: status %d", w.Code)
	}
	if w := get(p, path+"?lang=es"); w.Body.String() == get(p, path, "Accept-Language", "es").Body.String() {
		t.Error("a chosen language and one that the browser asks for have the same links")
	}
	p.board = still{scenes(t)["closed"].state}
	if w := get(p, path); w.Body.String() != first.Body.String() {
		t.Error("a fresh page was made anew")
	}
	p.kept.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if w := get(p, path); w.Body.String() == first.Body.String() || w.Header().Get("ETag") == tag {
		t.Error("an old page was not made anew")
	}
	for i := range 2 * shelfSize {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = fmt.Sprintf("host%d.example", i)
		w := httptest.NewRecorder()
		if route(p).ServeHTTP(w, r); w.Code != 200 || !strings.Contains(w.Body.String(), r.Host) {
			t.Fatalf("%s: status %d", r.Host, w.Code)
		}
		get(p, fmt.Sprintf("/vote/%064x", i))
	}
	if n := len(p.kept.leaves); n > shelfSize {
		t.Errorf("%d pages are kept", n)
	}
}

func TestManyReaders(t *testing.T) {
	s := scenes(t)["certified"]
	p := New(still{s.state}, Options{Fresh: time.Millisecond})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				path := []string{"/", "/vote/" + s.vote.String(), "/round/" + s.state.Vote(s.vote).Round.ID.String()}[i%3]
				if w := get(p, path, "Accept-Language", []string{"en", "es"}[i%2]); w.Code != 200 {
					t.Errorf("%s: status %d", path, w.Code)
				}
			}
		})
	}
	wg.Wait()
}

// A page may be asked for by people who do not vote: it says nothing of who they are, and has no member numbers.
func TestNoMemberNumbers(t *testing.T) {
	for _, name := range []string{"petition", "debate", "elected"} {
		s := scenes(t)[name]
		v := s.state.Vote(s.vote)
		var members []record.Member
		if p := v.Rules().Call.Petition; p != nil {
			members = append(members, p.Sponsors...)
		}
		for _, st := range v.Statements() {
			if st.Body.Member != nil {
				members = append(members, *st.Body.Member)
			}
		}
		for _, c := range v.Nominated() {
			members = append(append(members, c.Nomination.Member), c.Nomination.Seconders...)
		}
		doc := page(t, name, votePath, "en")
		for _, m := range members {
			if !strings.Contains(doc.text, m.Name) {
				t.Errorf("%s: %s is not named", name, m.Name)
			}
			if strings.Contains(doc.text, m.Number) {
				t.Errorf("%s: the number of %s is shown", name, m.Name)
			}
		}
		if len(members) == 0 {
			t.Errorf("%s: nobody is named on the log", name)
		}
	}
}

func BenchmarkVotePage(b *testing.B) {
	t := new(testing.T)
	s := scenes(t)["certified"]
	p := s.pages()
	for b.Loop() {
		if w := get(p, "/vote/"+s.vote.String()); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
