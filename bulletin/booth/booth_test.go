package booth

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"

	"mandate/ballot/text"
	"mandate/bulletin/language"
)

var facts = Facts{
	Title: text.Texts{"en": "Union <of> Tenants", "es": "Sindicato"},
	Registrars: []string{
		"https://R1.example.org/votes", "https://r1.example.org/other", "http://127.0.0.1:8123", "https://r2.example.org:8443/", "", "javascript:alert(1)",
		"https://evil.example; script-src *", "https://two.example https://three.example",
	},
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// program stands for the compiled program, which is long and compresses well.
var program = bytes.Repeat([]byte("\x00asm of a booth "), 10000)

func packed(t *testing.T) fs.FS {
	t.Helper()
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	w.Write(program)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return overlay{fstest.MapFS{"booth.wasm.br": {Data: b.Bytes()}, "worker.js": {Data: []byte("postMessage(1)")}, "notes.md": {Data: []byte("notes")}}, files()}
}

var paths = []string{"card", "vote/" + voteID, "support/" + voteID, "me", "check", "receipt"}

func TestPolicyOnEveryAnswer(t *testing.T) {
	h := newHandler(Options{Board: "https://board.example/", Facts: func() Facts { return facts }}, packed(t))
	const want = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"connect-src 'self' https://board.example https://r1.example.org http://127.0.0.1:8123 https://r2.example.org:8443; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	all := []string{"", "nothing", "vote/1", "vote", "card/x", "texts/en.json", "texts/xx.json", "booth.css", "booth.wasm", "worker.js", "notes.md", h.assets.folder() + "vote.js", "assets/0000/vote.js", "../etc"}
	for _, path := range append(all, paths...) {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := httptest.NewRequest(method, "/booth/x", nil)
			r.URL.Path = "/booth/" + path
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			header := w.Result().Header
			if got := header.Get("Content-Security-Policy"); got != want {
				t.Errorf("%s %s: policy %q\nwant %q", method, path, got, want)
			}
			if header.Get("Set-Cookie") != "" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s: headers %v", method, path, header)
			}
			if method == http.MethodPost && w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
			if method == http.MethodHead && w.Body.Len() > 0 && w.Code == http.StatusOK {
				t.Errorf("%s %s: a body", method, path)
			}
			camera := slices.Contains([]string{"card", "check", "receipt"}, path) && method != http.MethodPost
			if got := strings.Contains(header.Get("Permissions-Policy"), "camera=(self)"); got != camera {
				t.Errorf("%s %s: camera allowed: %v", method, path, got)
			}
		}
	}
	if got := Policy("", nil); strings.Contains(got, "connect-src 'self';") == false {
		t.Errorf("policy of a board without rounds: %s", got)
	}
	var many []string
	for i := range 500 {
		many = append(many, "https://r"+strings.Repeat("a", i%60+1)+string(rune('a'+i%26))+".example")
	}
	if got := Policy("", many); strings.Count(got, "https://") > mostOrigins {
		t.Errorf("the policy names %d servers", strings.Count(got, "https://"))
	}
}

var inline = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|https?://[^"< ]*["< ]`)

// A page needs nothing that its policy forbids: no inline script or style, no other origin; and it is in the reader's language.
func TestShells(t *testing.T) {
	h := New(Options{Facts: func() Facts { return facts }})
	for _, path := range paths {
		for _, l := range language.All() {
			w := get(t, h, "/booth/"+path+"?lang="+l.Code)
			body := w.Body.String()
			name, _, _ := strings.Cut(path, "/")
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Content-Language") != l.Code || w.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("%s %s: %d %v", path, l.Code, w.Code, w.Header())
			}
			for _, want := range []string{`<html lang="` + l.Code + `"`, "<h1>" + l.Say("booth-title."+name) + "</h1>", `data-texts="/booth/texts/` + l.Code + ".json?v=", `hreflang="es"`, `src="/booth/` + h.assets.folder() + name + `.js"`, "<noscript>"} {
				if !strings.Contains(body, want) {
					t.Errorf("%s %s: there is no %q", path, l.Code, want)
				}
			}
			if m := inline.FindString(body); m != "" {
				t.Errorf("%s %s: %q is inline, or of another origin", path, l.Code, m)
			}
			if strings.Contains(body, "<of>") {
				t.Errorf("%s: the organisation's name is markup", path)
			}
			tag := w.Header().Get("ETag")
			if again := get(t, h, "/booth/"+path+"?lang="+l.Code, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s: %d for the page that the browser has", path, again.Code)
			}
		}
	}
	if w := get(t, h, "/booth/me", "Accept-Language", "fr, es-MX;q=0.8"); w.Header().Get("Content-Language") != "es" || w.Header().Get("Vary") != "Accept-Language" {
		t.Errorf("for a reader of French and Spanish: %v", w.Header())
	}
	for _, path := range []string{"nothing", "vote/", "vote/123", "vote/" + strings.ToUpper(voteID) + "A", "support", "me/" + voteID} {
		if w := get(t, h, "/booth/"+path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is no such page") || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := get(t, h, "/booth/"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/booth/me" {
		t.Errorf("/booth/: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := get(t, New(Options{Board: "https://board.example"}), "/booth/check"); !strings.Contains(w.Body.String(), `data-board="https://board.example"`) {
		t.Error("a page elsewhere does not say which board it is of")
	}
	if w := get(t, New(Options{Board: "https://board.example;x"}), "/booth/check"); strings.Contains(w.Body.String(), "data-board") {
		t.Error("an address that is none is taken for the board's")
	}
}

func TestAssets(t *testing.T) {
	h := newHandler(Options{}, packed(t))
	forever := "/booth/" + h.assets.folder()
	ungzip := func(b []byte) []byte {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct{ accept, encoding string }{{"gzip, deflate, br, zstd", "br"}, {"gzip, br;q=0", "gzip"}, {"BR", "br"}, {"br; q=0.5", "br"}, {"gzip;q=1.0", "gzip"}, {"gzip;q=0", ""}, {"", ""}, {"br;q=x", ""}, {"brotli", ""}} {
		w := get(t, h, forever+"booth.wasm", "Accept-Encoding", c.accept)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/wasm" || w.Header().Get("Content-Encoding") != c.encoding || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d %v", c.accept, w.Code, w.Header())
		}
		got := w.Body.Bytes()
		switch c.encoding {
		case "br":
			var err error
			if got, err = io.ReadAll(brotli.NewReader(bytes.NewReader(got))); err != nil {
				t.Fatal(err)
			}
		case "gzip":
			got = ungzip(got)
		}
		if !bytes.Equal(got, program) {
			t.Errorf("%q: another program", c.accept)
		}
	}
	for path, cache := range map[string]string{
		forever + "vote.js": "public, max-age=31536000, immutable", "/booth/vote.js": "no-cache", forever + "booth.wasm": "public, max-age=31536000, immutable", forever + "worker.js": "no-store", "/booth/worker.js": "no-store",
		"/booth/texts/en.json": "no-cache", "/booth/texts/en.json?v=" + h.texts["en"].hash: "public, max-age=31536000, immutable", "/booth/texts/en.json?v=0": "no-cache",
	} {
		w := get(t, h, path, "Accept-Encoding", "gzip")
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != cache || w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d %v, want %q", path, w.Code, w.Header(), cache)
		}
		if again := get(t, h, path, "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag")); (again.Code == http.StatusNotModified) != (cache != "no-store") {
			t.Errorf("%s: %d for what the browser has", path, again.Code)
		}
	}
	if w := get(t, h, "/booth/texts/es.json", "Accept-Encoding", "gzip"); true {
		var section struct{ Texts map[string]string }
		if err := json.Unmarshal(ungzip(w.Body.Bytes()), &section); err != nil || section.Texts["booth-vote.not-cast"] != "AÚN NO emitido" {
			t.Errorf("texts: %v, %q", err, section.Texts["booth-vote.not-cast"])
		}
	}
	for _, path := range []string{"/booth/notes.md", "/booth/README.md", "/booth/assets/vote.js", "/booth/static/vote.js", "/booth/assets/0000000000000000/vote.js", "/booth/texts/"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

var (
	named   = regexp.MustCompile(`["'](booth[a-z-]*\.[a-z0-9-]+)["']`)
	begun   = regexp.MustCompile(`["'](booth[a-z-]*\.[a-z0-9-]*)["'] \+`)
	counted = regexp.MustCompile(`count\(["'](booth[a-z-]*\.[a-z0-9-]+)["']`)
	inShell = regexp.MustCompile(`say "([a-z-]+\.[a-z0-9-]+)"`)
)

// Scripts and shells say texts that there are, count those that depend on a number, and leave none unsaid.
func TestTextsAreThereAndUsed(t *testing.T) {
	l := language.All()[0]
	used := map[string]bool{}
	var prefixes []string
	scripts, err := fs.Glob(embedded, "static/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		b, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		begins := map[string]bool{}
		for _, m := range begun.FindAllSubmatch(b, -1) {
			begins[string(m[1])] = true
			prefixes = append(prefixes, string(m[1]))
			if !slices.ContainsFunc(l.Keys("booth"), func(key string) bool { return strings.HasPrefix(key, string(m[1])) }) {
				t.Errorf("%s: no text begins with %s", name, m[1])
			}
		}
		for _, m := range named.FindAllSubmatch(b, -1) {
			key := string(m[1])
			if used[key] = true; !l.Has(key) && !begins[key] && key != "booth.wasm" { // that is a file
				t.Errorf("%s: there is no text %s", name, key)
			}
		}
		for _, m := range counted.FindAllSubmatch(b, -1) {
			if !l.Counted(string(m[1])) {
				t.Errorf("%s: %s does not depend on a number", name, m[1])
			}
		}
		if regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://`).Match(b) {
			t.Errorf("%s: makes markup or code of text, or names another origin", name)
		}
	}
	b, err := templates.ReadFile("templates/shell.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range inShell.FindAllSubmatch(b, -1) {
		if used[string(m[1])] = true; !l.Has(string(m[1])) {
			t.Errorf("the shell: there is no text %s", m[1])
		}
	}
	for page := range pages {
		used["booth-title."+page] = true
	}
	for _, key := range append(l.Keys("booth."), l.Keys("booth-")...) {
		said := used[key] || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) ||
			strings.HasPrefix(key, "booth.nav-") || strings.HasPrefix(key, "booth-title.")
		if !said {
			t.Errorf("no page says %s", key)
		}
	}
}

// Whatever can go wrong is said with what it means and what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	for _, l := range language.All() {
		for _, code := range []string{
			"other-board", "old-board", "alarm", "keys", "incomplete", "spent", "pending", "unwitnessed", "code-typo", "code", "answered", "removed", "rate", "network", "board-down", "registrar-down", "not-open", "closed", "form", "storage",
			"unsupported", "internal", "offline", "elsewhere", "not-a-card", "unknown", "signatures", "answer",
		} {
			for _, part := range []string{"", "-text", "-next"} {
				if !l.Has("booth-error." + code + part) {
					t.Errorf("%s: there is no booth-error.%s%s", l.Code, code, part)
				}
			}
		}
	}
}
