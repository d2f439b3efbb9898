package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/page"
)

// rulesVote is a petition that members support, on a board.
func rulesVote(t *testing.T) *simulate.Vote {
	t.Helper()
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 3, Petitions: 2})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Propose(r.Plan(record.CallPetition))
	v.Support(0)
	return v
}

// Pages are the only answers that may load something: their style sheet and pictures, from the board.
func TestPagesOverHTTP(t *testing.T) {
	v := rulesVote(t)
	s := serve(t, v.Org, func(_ *board.Config, o *Options) { o.TLS = true })
	language := http.Header{"Accept-Language": {"es-MX, en;q=0.5"}}
	vote := "/vote/" + v.ID.String()
	for path, want := range map[string]string{
		"/":                             "Por convocar",
		vote:                            "mandate-verify -vote " + v.ID.String() + " https://" + strings.TrimPrefix(s.url, "http://"),
		vote + "?lang=en":               "Share this petition",
		vote + "/statements":            "Todas las declaraciones",
		"/round/" + v.Round.ID.String(): "El padrón",
		"/vote/nothing":                 "Esta página no existe",
		"/vote/" + v.Round.ID.String():  "Esta página no existe",
		"/round/" + v.Round.ID.String() + "/entry?number=0": "Todos los registradores han emitido",
		vote + "/result":             "Todavía no hay resultado",
		"/log":                       "Explorador del tablón",
		"/log/0":                     "Comienzo del registro",
		"/log/find?q=zz":             "ni el principio de un identificador",
		"/log/99999":                 "Esta página no existe",
		vote + "/result.csv":         "Esta página no existe",
		vote + "/count/1/report.txt": "Esta página no existe",
		"/pages/no.css":              "Esta página no existe",
	} {
		resp, b := s.do(http.MethodGet, path, language.Clone(), nil)
		h := resp.Header
		if !strings.Contains(string(b), want) || h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s, no %q in\n%s", path, resp.Status, want, b)
		}
		policy := page.Policy
		if strings.Contains(string(b), "<form") {
			policy = page.PolicyForm
		}
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") != "no-referrer" || h.Get("Set-Cookie") != "" || h.Get("Strict-Transport-Security") == "" || h.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if resp, b := s.get("/log/0/record.cbor"); resp.StatusCode != 200 || record.IDOf(b) != v.Org.Genesis {
		t.Errorf("the first record as a file: %s", resp.Status)
	}
	for _, path := range []string{"/votes", "/rounds", "/nothing", "/pages/style.css", "/log/0/record.cbor"} {
		if resp, _ := s.get(path); !strings.Contains(resp.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}

// Every local link and file of the pages is there, so a reader who follows them never ends at nothing.
func TestLinksOfPagesResolve(t *testing.T) {
	v := rulesVote(t)
	s := serve(t, v.Org)
	href := regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	seen, queue := map[string]bool{"/": true}, []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		resp, b := s.get(path)
		if resp.StatusCode != 200 {
			t.Errorf("%s: %s", path, resp.Status)
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range href.FindAllStringSubmatch(string(b), -1) {
			if next := strings.ReplaceAll(m[1], "&amp;", "&"); !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	for _, path := range []string{"/votes", "/rounds", "/checkpoint", "/audit/board.tar", "/vote/" + v.ID.String() + "?lang=es", "/round/" + v.Round.ID.String() + "?lang=en", "/pages/icon.svg"} {
		if !seen[path] {
			t.Errorf("no page leads to %s", path)
		}
	}
}

// What is new on the board is on its pages.
func TestPagesFollowTheBoard(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	s := serve(t, v.Org)
	if _, b := s.get("/vote/" + v.ID.String() + "?lang=en"); !strings.Contains(string(b), "0 ballots count so far") {
		t.Errorf("%s", b)
	}
	s.post(v.Ballot(0, []int{simulate.Yes}))
	if _, b := s.get("/vote/" + v.ID.String() + "?lang=es"); !strings.Contains(string(b), "Cuenta 1 papeleta hasta ahora") {
		t.Errorf("%s", b)
	}
}
