package web

import (
	"strings"
	"testing"
	"time"

	"mandate/ballot/simulate"
	"mandate/bulletin/booth/boothtest"
)

// An observer comes from the page of a result to the page that verifies, and the verifier in their browser reads this board and finds what
// it must.
func TestVerifyInTheBrowser(t *testing.T) {
	browser := boothtest.Start(t)
	v := simulate.Whole(t, simulate.Config{Members: 12})
	s := serve(t, v.Org)
	if resp, _ := s.get("/booth/audit.wasm"); resp.StatusCode != 200 {
		t.Skip("the verifier for browsers is not built")
	}
	s.follow() // the log is under a checkpoint
	p := browser.Open(t, boothtest.Phone)
	p.Go(s.url + "/vote/" + v.ID.String() + "/result?lang=en")
	p.Wait("Three ways")
	p.Press("In this browser")
	for begun := time.Now(); !strings.Contains(p.Text(), "Verify now"); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("the page does not begin:\n%s\n%q", p.Text(), p.Trouble())
		}
	}
	for _, id := range []string{v.ID.String()[:4], v.ID.String()[60:]} {
		if !strings.Contains(p.Text(), id) {
			t.Errorf("the id to compare is not there: %s", p.Text())
		}
	}
	p.Press("Verify now")
	for begun := time.Now(); !strings.Contains(p.Text(), "Every check ran to its end and held."); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("not verified:\n%s\n%q", p.Text(), p.Trouble())
		}
	}
	text := p.Text()
	for _, want := range []string{"This is the id that was asked for.", "What this does not prove", "8 ballots count, of a roll of 12.", "The outcome follows from the figures and the rule"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, e := range p.Trouble() {
		t.Errorf("browser: %s", e)
	}
	p.Picture("verify-real-phone")
}
