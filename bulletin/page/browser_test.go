package page

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"mandate/bulletin/language"
)

// chromium returns the path of a Chromium. The test is skipped if there is none, or if it is to be short.
func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: no browser is started")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed; on Debian: apt-get install chromium")
	return ""
}

// browse runs a headless browser on an address and returns what it prints.
func browse(t *testing.T, path, address string, flags ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(),
	}, flags...)
	cmd := exec.CommandContext(ctx, path, append(args, address)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", address, err, &errs)
	}
	return out.Bytes()
}

// A view is a page to look at: of a scene, in a language.
type view struct{ name, path, scene string }

// views returns every page of every scene in every language.
func views(t *testing.T) []view {
	var out []view
	seen := make(map[string]bool) // kinds of records
	add := func(scene, what, path string) {
		for _, l := range language.All() {
			q := "?"
			if strings.Contains(path, "?") {
				q = "&"
			}
			q += "scene=" + url.QueryEscape(scene) + "&lang=" + l.Code
			out = append(out, view{strings.ReplaceAll(scene, " ", "-") + "-" + what + "-" + l.Code, path + q, scene})
		}
	}
	for _, name := range names(t) {
		s := scenes(t)[name]
		v := s.state.Vote(s.vote)
		if v == nil {
			add(name, "organisation", "/")
			continue
		}
		add(name, "vote", "/vote/"+s.vote.String())
		if v.Result != nil || name == "open" {
			add(name, "result", "/vote/"+s.vote.String()+"/result")
		}
		switch name {
		case "open":
			add(name, "entry", "/round/"+v.Round.ID.String()+"/entry")
			add(name, "entry-issued", "/round/"+v.Round.ID.String()+"/entry?number=3")
			add(name, "entry-free", "/round/"+v.Round.ID.String()+"/entry?number=300")
			add(name, "entry-partly", "/round/"+v.Round.ID.String()+"/entry?number=77")
			add(name, "entry-unknown", "/round/"+v.Round.ID.String()+"/entry?number=4000")
			add(name, "log", "/log")
			add(name, "log-ballots", "/log?kind=ballot&of="+s.vote.String())
			add(name, "log-none", "/log?kind=annul")
			add(name, "find", "/log/find?q=00000000")
			add(name, "find-invalid", "/log/find?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")
			fallthrough
		case "hostile", "answered", "elected", "ranked":
			for i, raw := range s.log { // one record of each kind, and all kinds of the hostile board
				e := newEntry(uint64(i), raw)
				if of := map[bool]string{true: name}[name == "hostile"] + e.kind(); !seen[of] {
					seen[of] = true
					add(name, "record-"+e.kind(), "/log/"+strconv.Itoa(i))
				}
			}
		}
		switch name {
		case "town", "hostile", "overdue":
			add(name, "organisation", "/")
			add(name, "round", "/round/"+v.Round.ID.String())
		case "drawn":
			add(name, "statements", "/vote/"+s.vote.String()+"/statements")
		}
	}
	add("town", "missing", "/vote/nothing")
	return out
}

// gallery serves the pages of all scenes, the scene being named in the address, to be framed and measured by a page that may do so. It is the
// only place where a page goes without its Policy.
func gallery(t *testing.T, measure string) *httptest.Server {
	boards := make(map[string]http.Handler)
	for name, s := range scenes(t) {
		boards[name] = route(s.pages())
	}
	m := http.NewServeMux()
	m.HandleFunc("GET /measure", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, measure) })
	m.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		board, ok := boards[r.URL.Query().Get("scene")]
		if !ok {
			board = boards["town"]
		}
		board.ServeHTTP(unframed{w}, r)
	})
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return s
}

// unframed leaves out the header that forbids to frame a page.
type unframed struct{ http.ResponseWriter }

func (w unframed) WriteHeader(status int) {
	w.Header().Del("Content-Security-Policy")
	w.ResponseWriter.WriteHeader(status)
}

func (w unframed) Write(b []byte) (int, error) {
	w.Header().Del("Content-Security-Policy")
	return w.ResponseWriter.Write(b)
}

// ruler is a page that frames all others at several widths, and writes down what is wider than that.
func ruler(all []view, widths []int) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><title>ruler</title><pre id="out"></pre>`)
	for _, v := range all {
		fmt.Fprintf(&b, `<iframe name="%s" src="%s" height="500" style="border:0"></iframe>`, v.name, html.EscapeString(v.path))
	}
	list, _ := json.Marshal(widths)
	fmt.Fprintf(&b, `<script>
addEventListener("load", () => {
	const found = [];
	for (const width of %s) for (const f of document.querySelectorAll("iframe")) {
		f.width = width;
		const d = f.contentDocument, wide = [];
		for (const e of d.querySelectorAll("body *")) {
			if (e.closest(".hidden, .skip") || e.parentElement.closest(".scroll")) continue; // what is wide may be in a region that scrolls
			const r = e.getBoundingClientRect();
			if (r.right > width + 0.5 || r.left < -0.5) wide.push(e.tagName + "." + (e.getAttribute("class") || "") + " " + e.textContent.trim().slice(0, 40));
		}
		found.push({name: f.name, asked: width, width: d.documentElement.clientWidth, scroll: d.documentElement.scrollWidth,
			styled: d.defaultView.getComputedStyle(d.querySelector(".skip")).position === "absolute", wide: wide.slice(0, 5)});
	}
	document.getElementById("out").textContent = JSON.stringify(found);
});
</script>`, list)
	return b.String()
}

var output = regexp.MustCompile(`(?s)<pre id="out">(.*?)</pre>`)

// At 360 pixels (a phone) and 320 (1280 at 400 %, WCAG 1.4.10) nothing is wider than the screen.
func TestNothingIsWiderThanAPhone(t *testing.T) {
	t.Parallel()
	browser, all, widths := chromium(t), views(t), []int{360, 320}
	s := gallery(t, ruler(all, widths))
	dom := browse(t, browser, s.URL+"/measure", "--dump-dom", "--virtual-time-budget=20000")
	m := output.FindSubmatch(dom)
	if m == nil {
		t.Fatalf("the ruler is not there:\n%.2000s", dom)
	}
	var found []struct {
		Name                 string
		Asked, Width, Scroll int
		Styled               bool
		Wide                 []string
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != len(all)*len(widths) {
		t.Errorf("%d measures of %d pages at %d widths", len(found), len(all), len(widths))
	}
	for _, f := range found {
		if f.Width != f.Asked || !f.Styled {
			t.Errorf("%s: measured at %d pixels, styled: %v", f.Name, f.Width, f.Styled)
		}
		if f.Scroll > f.Asked || len(f.Wide) > 0 {
			t.Errorf("%s at %d pixels is %d wide: %q", f.Name, f.Asked, f.Scroll, f.Wide)
		}
	}
}

// Under its Policy a page gets its style sheet: what the policy forbids is not needed.
func TestStyledUnderPolicy(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	s := httptest.NewServer(route(scenes(t)["petition"].pages()))
	defer s.Close()
	picture := filepath.Join(t.TempDir(), "page.png")
	browse(t, browser, s.URL+"/vote/"+scenes(t)["petition"].vote.String(), "--screenshot="+picture, "--window-size=600,600")
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := m.At(2, 400).RGBA()
	sheet, _ := static.ReadFile("static/style.css")
	if got, want := fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8), palette(string(sheet))["ground"]; got == "ffffff" {
		t.Errorf("the ground of the page is %s, want that of the style sheet, such as %s", got, want)
	}
}

// With -artifacts, pictures of every page are kept: on a phone and a desktop, light and dark.
func TestPictures(t *testing.T) {
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		t.Skip("pictures are made with -artifacts -outputdir DIR")
	}
	browser, dir := chromium(t), t.ArtifactDir()
	s := gallery(t, "")
	only, err := regexp.Compile(os.Getenv("PICTURES"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views(t) {
		for _, size := range []string{"phone", "desktop"} {
			for _, scheme := range []string{"light", "dark"} {
				name := v.name + "-" + size + "-" + scheme
				if !only.MatchString(name) {
					continue
				}
				flags := []string{"--screenshot=" + filepath.Join(dir, name+".png"), map[string]string{"phone": "--window-size=390,14000", "desktop": "--window-size=1280,8000"}[size]}
				if scheme == "dark" {
					flags = append(flags, "--blink-settings=preferredColorScheme=0")
				}
				browse(t, browser, s.URL+v.path, flags...)
			}
		}
	}
}
