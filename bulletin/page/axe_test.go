package page

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"mandate/bulletin/booth/boothtest"
)

// few are the views that are looked at unless everything is to be: one of each page, and those with most on them.
var few = regexp.MustCompile(`^(petition-vote|debate-vote|mailing-vote|open-vote|answered-vote|answered-result|broken-vote|elected-vote|ranked-result|ranked-vote|town-organisation|town-round|town-missing|drawn-statements|open-entry-issued|open-entry-unknown|open-log|open-find|open-find-invalid|hostile-vote|hostile-record-vote|record-ballot|open-record-vote)-(en|es)$`)

// Every page in every state, under its policy, on a phone in light and, if everything is to be looked at, at the size of a desktop in dark: axe-core finds nothing, nothing is
// wider than the screen, at 200 % neither, and the policy has nothing to stop.
func TestAccessible(t *testing.T) {
	browser := boothtest.Start(t)
	boards := make(map[string]http.Handler)
	for name, s := range scenes(t) {
		boards[name] = route(s.pages())
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scene := r.URL.Query().Get("scene")
		if from, err := url.Parse(r.Referer()); scene == "" && err == nil { // of a file that a page loads
			scene = from.Query().Get("scene")
		}
		board, ok := boards[scene]
		if !ok {
			board = boards["open"]
		}
		board.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	only := few.MatchString
	if boothtest.Everything() {
		only = func(name string) bool { // records are all alike
			return !strings.Contains(name, "record-") || regexp.MustCompile(`record-(vote|ballot|nomination|mix|issues)-`).MatchString(name)
		}
	}
	if pattern := os.Getenv("PICTURES"); pattern != "" {
		only = regexp.MustCompile(pattern).MatchString
	}
	for name, x := range map[string]struct {
		look boothtest.Look
		code string
	}{
		"phone":   {boothtest.Phone, "en"},
		"desktop": {boothtest.Desktop.In(true), "es"},
		"zoomed":  {boothtest.Look{Width: 640, Height: 400}, "es"}, // a desktop at 200 %
	} {
		if name != "phone" && !boothtest.Everything() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *boothtest.Page
			for i, v := range views(t) {
				if !strings.HasSuffix(v.name, "-"+x.code) || !only(v.name) {
					continue
				}
				if p == nil || i%40 == 0 { // a tab has a time limit
					p = browser.Open(t, x.look)
				}
				p.Go(s.URL + v.path)
				if name != "zoomed" {
					for _, found := range p.Axe() {
						t.Errorf("%s: axe: %s", v.name, found)
					}
				}
				for _, w := range p.Wide() {
					if !strings.Contains(w, "IMG.") && !inTable.MatchString(w) {
						t.Errorf("%s: too wide: %s", v.name, w)
					}
				}
				for _, e := range p.Trouble() {
					if !strings.Contains(e, "status of 404") || v.name != "town-missing-"+x.code {
						t.Errorf("%s: browser: %s", v.name, e)
					}
				}
				p.Picture("pages-" + v.name + "-" + name)
			}
		})
	}
}

// inTable matches what may be wider than the screen: what is in a region that can be scrolled.
var inTable = regexp.MustCompile(`^(TABLE|THEAD|TBODY|TR|TH|TD|SPAN)\.`)
