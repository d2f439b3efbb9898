package serve

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/booth/boothtest"
	"mandate/cmd/mandate/console"
)

// A click is somebody's Chromium, in which everything is done by the pages' own controls.
type click struct {
	*boothtest.Page
	t *testing.T
}

// fill writes into fields by their names, or ticks them.
func (c click) fill(pairs ...string) {
	c.t.Helper()
	b, err := json.Marshal(pairs)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Eval(`((pairs) => { for (let i = 0; i < pairs.length; i += 2) {
		const e = document.querySelector("[name=" + CSS.escape(pairs[i]) + "]:not([type=hidden])");
		if (!e) throw new Error("there is no field " + pairs[i]);
		if (e.type === "checkbox") e.checked = true; else e.value = pairs[i + 1];
	} })(`+string(b)+`)`, nil)
}

// press presses the control that a selector finds, and waits for a text on the page that comes.
func (c click) press(selector, then string) {
	c.t.Helper()
	b, err := json.Marshal(selector)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Leave(`const s = ` + string(b) + `, e = document.querySelector(s); if (!e) throw new Error("there is no " + s); e.click();`)
	c.Wait(then)
}

// An organiser runs a mock vote in a browser: from the template to the published result, with two trustees in browsers of their own.
func TestAnOrganiserInABrowser(t *testing.T) {
	t.Parallel()
	chrome := boothtest.Start(t)
	s := newScene(t, 2)
	desk := click{chrome.Open(t, boothtest.Desktop), t}
	desk.Go(s.house.Console.SignIn())
	desk.press("main form button", "Overview")

	var trustees []click
	for i, h := range s.house.Keys.List(console.RoleTrustee) {
		c := click{chrome.Open(t, boothtest.Phone), t}
		c.Go(s.house.places.local("ceremony") + "/ceremony/" + h.Token + "/")
		c.Wait("Make your key")
		c.fill("passphrase", phrase(i), "again", phrase(i))
		c.press(`form[action$="/make"] button`, "Your key is unlocked")
		trustees = append(trustees, c)
	}
	round := s.round(s.list(members(6)), 2, 0)
	s.codes(round)
	people := s.collect(round, 4)

	local := func(path string) string { return s.house.places.local("console") + path }
	desk.Go(local("/console/drafts/new"))
	desk.Wait("A simple vote")
	desk.press(`form:has([name=template][value=simple]) button`, "Check")
	now := s.clock.now().UTC()
	form := "2006-01-02T15:04:05"
	desk.fill("title-en", "Where do we meet?", "title-es", "¿Dónde nos reunimos?", "mock", "", "opens", now.Add(-time.Minute).Format(form), "closes", now.Add(time.Hour).Format(form),
		"round", round.String(), "contest-0-title-en", "Where do we meet?", "contest-0-title-es", "¿Dónde nos reunimos?",
		"contest-0-option-0-title-en", "The hall", "contest-0-option-0-title-es", "La sala", "contest-0-option-1-title-en", "Online", "contest-0-option-1-title-es", "En línea")
	desk.press(`button[name=do][value=check]:not(.hidden)`, "This is a mock vote")
	desk.press(`form[action$="/call"] button`, "cannot be changed")
	desk.fill("confirmed", "")
	desk.press("main form button.danger", "The vote is on the board.")
	var address string
	desk.Eval(`location.pathname`, &address)
	vote, err := record.ParseID(address[strings.LastIndexByte(address, '/')+1:])
	if err != nil {
		t.Fatal(err)
	}
	s.phase(vote, fold.Open)
	s.vote(people, vote, func(i int) [][]int { return [][]int{{i % 4 / 3}} })
	desk.Go(local("/console/votes/" + vote.String()))
	desk.Wait("4")
	desk.Picture("organiser-open")
	desk.Go(s.house.URL + "/vote/" + vote.String()) // two hours from now the console asks for the sign-in again, whatever page is open
	desk.Wait("Where do we meet?")
	s.clock.reach(uint64(now.Add(2 * time.Hour).Unix()))
	s.phase(vote, fold.Sealed)
	for i, c := range trustees {
		c.Leave(`location.reload()`)
		c.Wait("type your passphrase") // it is long since
		c.fill("passphrase", phrase(i))
		c.press(`form[action$="/unlock"] button`, "Your part of opening the result is needed")
		c.press(`form[action$="/open"] button`, "sealed ballot box")
		c.fill("confirmed", "")
		c.press("main form button.danger", "Your key")
	}
	s.phase(vote, fold.Certified)
	desk.Go(s.house.URL + "/vote/" + vote.String() + "/result")
	desk.Wait("The hall")
	if text := desk.Text(); !strings.Contains(text, "3 votes") || !strings.Contains(text, "mock") {
		t.Errorf("the result:\n%.1500s", text)
	}
	desk.Picture("organiser-result")
	for _, c := range append(trustees, desk) {
		for _, trouble := range c.Trouble() {
			t.Errorf("browser: %s", trouble)
		}
	}
}
