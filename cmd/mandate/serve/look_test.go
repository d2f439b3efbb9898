package serve

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandate/ballot/fold"
	"mandate/bulletin/booth/boothtest"
	"mandate/cmd/mandate/console"
)

// Every page of the console and of a trustee in Chromium, on a phone and on a desk, in both languages and in the dark: axe finds nothing, no
// page is wider than its screen, no script or policy complains. SHOTS=folder keeps pictures.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	chrome := boothtest.Start(t)
	s := newScene(t, 2)
	phone, desk := chrome.Open(t, boothtest.Phone.In(true)), chrome.Open(t, boothtest.Desktop)
	look := func(name string, p *boothtest.Page) {
		t.Helper()
		for _, found := range p.Axe() {
			t.Errorf("%s: %s", name, found)
		}
		var wide int
		if p.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide); wide > 0 {
			t.Errorf("%s is %d pixels wider than its screen", name, wide)
		}
		for _, trouble := range p.Trouble() {
			if !strings.Contains(trouble, "status of 4") { // forms with errors are answered with 401 and 422
				t.Errorf("%s: %s", name, trouble)
			}
		}
		p.Picture("console-" + name)
	}
	press := func(p *boothtest.Page, button, then string) {
		t.Helper()
		p.Leave(`[...document.querySelectorAll("button")].find((e) => e.innerText.trim().startsWith("` + button + `")).click()`)
		p.Wait(then)
	}
	local := func(path string) string { return s.house.places.local("console") + path }
	// Each page on one of the two, by turns; on both if pictures are kept.
	turn, both := 0, os.Getenv("SHOTS") != ""
	pages := func(name, path string) {
		t.Helper()
		q := "?"
		if strings.Contains(path, "?") {
			q = "&"
		}
		turn++
		if both || turn%2 == 0 {
			phone.Go(local(path + q + "lang=en"))
			look(name+"-phone-en", phone)
		}
		if both || turn%2 == 1 {
			desk.Go(local(path + q + "lang=es"))
			look(name+"-desk-es", desk)
		}
	}
	desk.Go(local("/console/"))
	look("signed-out", desk)
	for _, p := range []*boothtest.Page{phone, desk} {
		p.Go(s.house.Console.SignIn())
		if p == phone {
			look("sign-in-phone", p)
			p.Do("signing in by keyboard", chromedp.KeyEvent("\r"))
			time.Sleep(400 * time.Millisecond)
			p.Wait("Overview")
			p.Do("skipping to the content by keyboard", chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
			var at string
			if p.Eval(`document.activeElement.id`, &at); at != "content" {
				t.Errorf("the first link leads to %q", at)
			}
			continue
		}
		press(p, "Sign in", "Overview")
	}
	pages("empty", "/console/")
	trustee := s.house.Keys.List(console.RoleTrustee)[0]
	ceremony := s.house.places.local("ceremony") + "/ceremony/" + trustee.Token + "/"
	theirs := chrome.Open(t, boothtest.Phone)
	theirs.Go(ceremony)
	look("trustee-new-phone", theirs)
	s.keys()
	theirs.Go(ceremony)
	look("trustee-locked-phone", theirs)
	theirs.Eval(`document.getElementById("passphrase").value = "`+phrase(0)+`"`, nil)
	press(theirs, "Unlock", "Your key is unlocked")
	look("trustee-unlocked-phone", theirs)
	pages("people", "/console/people")
	pages("settings", "/console/settings")
	pages("list-new", "/console/lists/new")

	s.b.get("/console/lists/new").upload("/console/lists", "file", "broken.csv", []byte(strings.Replace(members(40), "M-003", "M-002", 1)+"M-99;<img src=x onerror=alert(1)>;no-address;Hill\r\n"), "title", "With problems <b>", "as-of", "2026-11-01")
	pages("list-problems", s.b.at)
	s.b.get("/console/lists/new").upload("/console/lists", "file", "good.csv", []byte(members(40)), "title", "Members in good standing", "as-of", "2026-11-01")
	good := s.b.at
	pages("list-good", good)
	roll := s.list(members(40))
	round := s.round(roll, 4, 2)
	s.codes(round)
	people := s.collect(round, 4)
	pages("round", "/console/rounds/"+round.String())
	pages("round-new", "/console/rounds/new?roll="+roll)
	pages("templates", "/console/drafts/new")

	s.b.get("/console/drafts/new").send("/console/drafts", "template", "simple")
	draft := s.b.at
	pages("draft", draft)
	pages("draft-wrong", draft+"?check=1")
	now := s.clock.now().UTC()
	fields := []string{
		"title-en", "Where do we meet, and <i>who</i> speaks?", "title-es", "¿Dónde nos reunimos y quién habla?", "round", round.String(), "mock", "yes", "revote", "yes",
		"opens", now.Add(-time.Minute).Format("2006-01-02T15:04:05"), "closes", now.Add(time.Hour).Format("2006-01-02T15:04:05"),
		"contest-0", "1", "contest-0-title-en", "Where do we meet?", "contest-0-title-es", "¿Dónde nos reunimos?", "contest-0-kind", "choice", "contest-0-min", "0", "contest-0-max", "2",
		"contest-0-decide", "most", "contest-0-seats", "1", "contest-0-of", "options", "contest-0-quorum", "0 %", "contest-0-lots", "yes",
	}
	for j, o := range [][2]string{{"The hall", "La sala"}, {"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(2)>"}, {"Online", "En línea"}} {
		at := fmt.Sprintf("contest-0-option-%d", j)
		fields = append(fields, at, "1", at+"-title-en", o[0], at+"-title-es", o[1])
	}
	s.b.get(draft).send(draft, append(fields, "do", "save")...)
	pages("draft-checked", draft+"?check=1")
	desk.Go(local(draft + "?check=1&lang=en"))
	press(desk, "Call the vote", "cannot be changed")
	look("confirm-desk", desk)
	s.b.send(draft + "/call").confirm()
	vote := s.called()
	pages("vote-called", "/console/votes/"+vote.String())
	s.phase(vote, fold.Open)
	s.vote(people, vote, func(i int) [][]int { return [][]int{{i % 3}} })
	pages("vote-open", "/console/votes/"+vote.String())
	s.clock.reach(uint64(now.Add(2 * time.Hour).Unix()))
	s.phase(vote, fold.Sealed)
	for _, p := range []*boothtest.Page{phone, desk} { // it is long since
		p.Go(s.house.Console.SignIn())
		if p == phone {
			press(p, "Sign in", "Overview")
		} else {
			press(p, "Entrar", "Resumen")
		}
	}
	s.signIn()
	pages("vote-sealed", "/console/votes/"+vote.String())
	theirs.Go(ceremony)
	theirs.Wait("Your part of opening the result is needed")
	look("trustee-open-phone", theirs)
	s.open(vote)
	s.phase(vote, fold.Certified)
	pages("vote-certified", "/console/votes/"+vote.String())
	theirs.Go(ceremony)
	look("trustee-done-phone", theirs)

	s.b.get("/console/people").send("/console/people", "name", "Sam <b>Field</b>", "role", "speaker")
	s.b.get("/console/drafts/new").send("/console/drafts", "template", "members-decide")
	pages("draft-rules", s.b.at)
	pages("rehearsal-none", "/console/rehearsal")
	pages("overview", "/console/")
	pages("missing", "/console/nothing")
}
