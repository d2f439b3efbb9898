package booth

import (
	"strings"
	"testing"

	"mandate/bulletin/booth/boothtest"
)

var verifications = []state{
	{name: "verify", path: "/booth/verify?vote=" + voteID, want: "What this does not prove"},
	{name: "verify-all", path: "/booth/verify", want: "every vote on the board is judged"},
	{name: "verify-long", path: "/booth/verify?scene=long&vote=" + voteID, press: []string{"Verify now"}, want: "Time left, by the last seconds: a"},
	{name: "verify-verified", path: "/booth/verify?vote=" + voteID, press: []string{"Verify now"}, want: "Every check ran to its end and held."},
	{name: "verify-failed", path: "/booth/verify?scene=broken&vote=" + voteID, press: []string{"Verify now"}, want: "Record 4,990: result-count", never: "700 votes"},
	{name: "verify-unfinished", path: "/booth/verify?scene=early,mock&vote=" + voteID, press: []string{"Verify now"}, want: "Nothing is wrong so far", never: "700 votes"},
	{name: "verify-unreadable", path: "/booth/verify?scene=unread&vote=" + voteID, press: []string{"Verify now"}, want: "tile/0/x001/234", never: "700 votes"},
}

// The page that verifies says how far it is, what came of each check by number and name, and what it does not prove; axe-core finds nothing.
func TestVerifyInTheBrowser(t *testing.T) {
	b, s := boothtest.Start(t), mocked(t)
	for _, l := range []struct {
		name, lang string
		look       boothtest.Look
	}{{"phone", "en", boothtest.Phone}, {"desktop", "en", boothtest.Desktop.In(true)}} {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			for _, st := range verifications {
				p := b.Open(t, l.look)
				st.reach(p, s.URL, l.lang)
				if st.never != "" && strings.Contains(p.Text(), st.never) {
					t.Errorf("%s: the page shows %q:\n%s", st.name, st.never, p.Text())
				}
				for _, v := range p.Axe() {
					t.Errorf("%s: axe: %s", st.name, v)
				}
				for _, w := range p.Wide() {
					t.Errorf("%s: too wide: %s", st.name, w)
				}
				for _, e := range p.Trouble() {
					t.Errorf("%s: browser: %s", st.name, e)
				}
				p.Picture(st.name + "-" + l.name)
			}
		})
	}
	p := b.Open(t, boothtest.Desktop)
	verifications[3].reach(p, s.URL, "en")
	var lines int
	p.Eval(`document.querySelectorAll(".checks > li").length`, &lines)
	if text := p.Text(); lines != 30 || !strings.Contains(text, "Every ballot’s proof and signatures hold") || !strings.Contains(text, "could hand out one that always says “verified”") {
		t.Errorf("%d lines for 30 checks:\n%s", lines, text)
	}
	st := verifications[3]
	st.want = "Todas las comprobaciones llegaron hasta el final"
	st.press = []string{"Verificar ahora"}
	st.reach(b.Open(t, boothtest.Phone), s.URL, "es")
}
