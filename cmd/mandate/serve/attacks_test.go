package serve

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/cmd/mandate/console"
)

// Names that are paths, in addresses and uploads, find nothing and write nothing outside.
func TestJ13_NamesAreNoPaths(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	s.house.Console.SignIn()
	secret, err := os.ReadFile(filepath.Join(s.dir, "secrets", "commission"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/console/static/../../secrets/commission", "/console/static/..%2f..%2fsecrets%2fcommission", "/console/static/%2e%2e/style.css",
		"/console/lists/..", "/console/lists/..%2fconsole.json", "/console/lists/console.json", "/console/drafts/../settings/..", "/console/votes/../../etc/passwd",
		"/console/jobs/%00", "/console//settings", "/console/static/console.css%00.js", "/console/rounds/" + strings.Repeat("a", 64),
	} {
		// Not through url.Parse, which would clean some of these.
		req := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.b.base, "http://"), Opaque: path}, Header: http.Header{}}
		s.b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, k := range s.b.client.Jar.Cookies(&url.URL{Scheme: "http", Host: req.URL.Host, Path: "/console/"}) {
			req.AddCookie(k)
		}
		s.b.do(req)
		if s.b.status == http.StatusOK && !strings.Contains(s.b.page, "There is no such page") || strings.Contains(s.b.page, strings.TrimSpace(string(secret))) {
			t.Errorf("%s: %d\n%s", path, s.b.status, words(s.b.page))
		}
	}
	s.signIn()
	before := files(t, s.dir)
	s.b.get("/console/lists/new").upload("/console/lists", "file", "../../../../../../tmp/evil;$(touch evil).csv", []byte(members(2)), "title", "T", "as-of", "2026-01-01").want(http.StatusOK, "evil;$(touch evil).csv")
	for name := range files(t, s.dir) {
		if !before[name] && !strings.Contains(name, filepath.Join("commission", "vault", "upload-")) {
			t.Errorf("a file %s", name)
		}
	}
	if _, err := os.Stat("/tmp/evil;$(touch evil).csv"); err == nil {
		t.Error("a file outside")
	}
	s.b.send(s.b.at+"/delete").want(http.StatusOK, "The upload is deleted.")
}

// files are the names of all files of a folder, but for those of stores.
func files(t *testing.T, dir string) map[string]bool {
	out := make(map[string]bool)
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && !strings.Contains(path, "/log/") && !strings.Contains(path, "/ledger/") && !strings.Contains(path, ".new-") {
			out[path] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Without a session there is nothing; a link works once; a token that somebody else has put into the browser is no session, before signing in
// and after.
func TestSessionsCannotBeFixed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	stranger := newBrowser(t, s.b.base)
	for _, path := range []string{"/console/", "/console/people", "/console/drafts/new", "/console/settings", "/console/lists/new", "/console/rehearsal"} {
		stranger.get(path).want(http.StatusUnauthorized, "Sign in")
	}
	for _, path := range []string{"/console/drafts", "/console/settings", "/console/people", "/console/rehearsal", "/console/sign-out"} {
		stranger.post(path, url.Values{"template": {"simple"}, "csrf": {s.b.get("/console/").csrf()}}).want(http.StatusUnauthorized)
	}
	link := strings.TrimPrefix(s.house.Console.SignIn(), s.b.base)
	at := &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.b.base, "http://"), Path: "/console/"}
	planted := &http.Cookie{Name: "mandate-console", Value: "planted", Path: "/console/"}
	stranger.client.Jar.SetCookies(at, []*http.Cookie{planted})
	stranger.get(link).want(http.StatusOK)
	stranger.get(link).want(http.StatusOK) // looking does not use it up
	stranger.post(link, nil).want(http.StatusOK, "Overview")
	for _, k := range stranger.client.Jar.Cookies(at) {
		if k.Name == "mandate-console" && k.Value == "planted" {
			t.Error("the planted token is the session")
		}
	}
	other := newBrowser(t, s.b.base)
	other.client.Jar.SetCookies(at, []*http.Cookie{planted})
	other.get("/console/").want(http.StatusUnauthorized)
	other.post(link, nil).want(http.StatusUnauthorized, "This link has been used")
	// Signing out ends it on the server, not only in the browser.
	old := stranger.client.Jar.Cookies(at)
	stranger.get("/console/").send("/console/sign-out").want(http.StatusOK, "Sign in")
	other.client.Jar.SetCookies(at, old)
	other.get("/console/").want(http.StatusUnauthorized)
	// A session that does nothing for long ends.
	s.clock.reach(uint64(s.clock.now().Add(time.Hour).Unix()))
	s.b.get("/console/").want(http.StatusUnauthorized)
}

// The cookie of the console does not go where members vote, although that is the same host; it is out of reach of scripts and of other sites.
func TestTheCookieIsOffTheVotingPath(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	board, err := url.Parse(s.house.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/records", "/booth/vote/x", "/votes", "/checkpoint", "/booth/card"} {
		if got := s.b.client.Jar.Cookies(board.JoinPath(path)); len(got) > 0 {
			t.Errorf("%s gets %v", path, got)
		}
	}
	link := s.house.Console.SignIn()
	resp, err := http.DefaultTransport.RoundTrip(mustRequest(t, http.MethodPost, link, nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, k := range resp.Cookies() {
		if !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/console/" || len(k.Value) < 40 {
			t.Errorf("%+v", k)
		}
	}
	if len(resp.Cookies()) != 1 {
		t.Errorf("%d cookies", len(resp.Cookies()))
	}
	for _, r := range []string{s.house.URL + "/", s.house.Registrars[0].Entry.URL + "/"} {
		resp, err := http.Get(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if len(resp.Cookies()) > 0 {
			t.Errorf("%s sets %v", r, resp.Cookies())
		}
	}
}

func mustRequest(t *testing.T, method, address string, v url.Values) *http.Request {
	req, err := http.NewRequest(method, address, strings.NewReader(v.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// A form that another site sends, or one without the session's token, changes nothing; neither does a request under another name for this host.
func TestForgedFormsAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	s.b.get("/console/")
	good := s.b.csrf()
	forged := func(token string, change func(*http.Request)) int {
		req := mustRequest(t, http.MethodPost, s.b.base+"/console/people", url.Values{"csrf": {token}, "name": {"Mallory"}, "role": {"speaker"}})
		change(req)
		return s.b.do(req).status
	}
	for name, one := range map[string]struct {
		token  string
		change func(*http.Request)
		status int
	}{
		"no token":       {"", func(*http.Request) {}, http.StatusForbidden},
		"another token":  {strings.Repeat("A", len(good)), func(*http.Request) {}, http.StatusForbidden},
		"another site":   {good, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"another port":   {good, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		"another origin": {good, func(r *http.Request) { r.Header.Set("Origin", s.house.URL) }, http.StatusForbidden},
		"another name":   {good, func(r *http.Request) { r.Host = "rebound.example" }, http.StatusMisdirectedRequest},
	} {
		if got := forged(one.token, one.change); got != one.status {
			t.Errorf("%s: %d, want %d", name, got, one.status)
		}
	}
	if n := len(s.house.Keys.List(console.RoleSpeaker)); n != 0 {
		t.Errorf("%d speakers", n)
	}
	if got := forged(good, func(*http.Request) {}); got != http.StatusOK || len(s.house.Keys.List(console.RoleSpeaker)) != 1 {
		t.Errorf("the genuine form: %d", got)
	}
	// What changes something is a POST.
	for _, path := range []string{"/console/sign-out", "/console/drafts"} {
		if s.b.get(path); s.b.status == http.StatusOK && !strings.Contains(s.b.page, "no such page") {
			t.Errorf("GET %s: %d", path, s.b.status)
		}
	}
	s.b.get("/console/").want(http.StatusOK, "Overview")
}

// Names with markup are text on every page, in every form.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	const evil = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
	s.b.get("/console/people").send("/console/people", "name", evil, "role", "committee").want(http.StatusOK)
	list := "number,name\r\n1,\"" + strings.ReplaceAll(evil, `"`, `""`) + "\"\r\n"
	s.b.get("/console/lists/new").upload("/console/lists", "file", evil+".csv", []byte(list), "title", evil, "as-of", "2026-01-01").want(http.StatusOK)
	at := s.b.at
	s.b.get("/console/drafts/new").send("/console/drafts", "template", "members-decide")
	draft := s.b.at
	s.b.send(draft, "title-en", evil, "title-es", evil, "reason", evil, "sponsors", evil, "round", evil, "not-before", evil, "own-0", "1", "own-0-title-en", evil, "do", "check").want(http.StatusUnprocessableEntity)
	for _, path := range []string{"/console/", "/console/people", at, draft, draft + "?check=1"} {
		s.b.get(path)
		if strings.Contains(s.b.page, "<img") || strings.Contains(s.b.page, "<script>") || strings.Contains(s.b.page, `"><`+"img") {
			t.Errorf("%s has markup of a name", path)
		}
		if csp := s.b.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; ") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %q", path, csp)
		}
	}
}

// Guessing passphrases is slow at the console and at a trustee's page, and no session at one page is one at another.
func TestPassphrases(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.b.get("/console/settings").send("/console/settings", "passphrase", "too short", "again", "too short").want(http.StatusUnprocessableEntity, "At least 12 characters.")
	s.b.send("/console/settings", "passphrase", "a longer passphrase", "again", "another passphrase").want(http.StatusUnprocessableEntity, "The two are not the same.")
	s.b.send("/console/settings", "passphrase", "a longer passphrase", "again", "a longer passphrase").want(http.StatusOK, "The passphrase is set.")
	kept, err := os.ReadFile(filepath.Join(s.dir, "commission", "console", "console.json"))
	if err != nil || strings.Contains(string(kept), "longer") || !strings.Contains(string(kept), "argon2id$") {
		t.Errorf("%v\n%s", err, kept)
	}
	b := newBrowser(t, s.b.base)
	b.get("/console/").send("/console/sign-in", "passphrase", "a wrong passphrase").want(http.StatusUnauthorized, "That is not right.")
	b.send("/console/sign-in", "passphrase", "a longer passphrase").want(http.StatusOK, "Overview")
	guesser := newBrowser(t, s.b.base)
	last := 0
	for range 12 {
		last = guesser.post("/console/sign-in", url.Values{"passphrase": {"guess"}}).status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twelfth guess: %d", last)
	}

	s.restart(2) // the limits of signing in are forgotten, the passphrase is not
	s.b.get("/console/settings").want(http.StatusOK, "A passphrase is set.")
	s.keys()
	a, at := s.trustee(0)
	a.get(at+"/").send(at+"/unlock", "passphrase", "wrong").want(http.StatusUnauthorized, "That is not right.")
	a.send(at+"/lock", "csrf", "x").want(http.StatusUnauthorized)
	a.send(at+"/unlock", "passphrase", phrase(0)).want(http.StatusOK, "Your key is unlocked")
	_, other := s.trustee(1)
	a.get(other+"/").want(http.StatusOK, "To do something here, type your passphrase.")
	a.send(other + "/lock").want(http.StatusUnauthorized)
	a.get(at+"/").send(at+"/make", "passphrase", "yet another one", "again", "yet another one").want(http.StatusConflict, "There is a key already.")
	a.get(at+"/").send(at+"/lock").want(http.StatusOK, "Your key is locked")
	a.get("/ceremony/"+strings.Repeat("A", 26)+"/").want(http.StatusNotFound, "This link does not work")
	// The trustee's page signs nobody in to the console.
	a.send(at+"/unlock", "passphrase", phrase(0)).want(http.StatusOK)
	c := newBrowser(t, s.b.base)
	c.client.Jar = a.client.Jar
	c.get("/console/").want(http.StatusUnauthorized)
	for _, name := range []string{"trustee-1", "trustee-2"} {
		for file := range files(t, filepath.Join(s.dir, name)) {
			if raw, err := os.ReadFile(file); err != nil || strings.Contains(string(raw), "correct horse") {
				t.Errorf("%s has the passphrase (%v)", file, err)
			}
		}
	}
}

// A link made on the machine beside the running program works once.
func TestALinkFromTheTerminal(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	link, err := console.NewLink(filepath.Join(s.dir, "commission", "console"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.b.base)
	path := strings.TrimPrefix(link, s.b.base)
	b.get(path).want(http.StatusOK, "signs you in once")
	b.post(path, nil).want(http.StatusOK, "Overview")
	newBrowser(t, s.b.base).post(path, nil).want(http.StatusUnauthorized)
	if _, err := console.NewLink(t.TempDir()); err == nil {
		t.Error("a link where there is no console")
	}
}
