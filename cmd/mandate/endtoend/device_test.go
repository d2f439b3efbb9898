package endtoend

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"mandate/bulletin/booth/boothtest"
)

// A device is somebody's browser, with storage of its own, at a board.
type device struct {
	*boothtest.Page
	t    *testing.T
	w    *town
	base string // the board's address
	size string
	may  []string // complaints of the browser that are in order
}

// device opens a browser; what scripts and the pages' policy complain about in it fails the test.
func (w *town) device(t *testing.T, b *boothtest.Browser, look boothtest.Look) *device {
	t.Helper()
	return w.having(t, b.Open(t, look), look)
}

func (w *town) having(t *testing.T, p *boothtest.Page, look boothtest.Look) *device {
	d := &device{Page: p, t: t, w: w, base: w.url, size: "desktop"}
	if look.Width < 500 {
		d.size = "phone"
	}
	d.attend(p)
	return d
}

// attend fails the test for what a page complains about, and for a script that a name has run.
func (d *device) attend(p *boothtest.Page) {
	chromedp.ListenTarget(p.Ctx, func(event any) {
		if e, ok := event.(*page.EventJavascriptDialogOpening); ok {
			d.t.Errorf("I8: a name has run a script: %s", e.Message)
		}
	})
	d.t.Cleanup(func() {
	next:
		for _, e := range p.Trouble() {
			for _, may := range d.may {
				if strings.Contains(e, may) {
					continue next
				}
			}
			d.t.Errorf("browser: %s", e)
		}
	})
}

// open opens a page of the board's.
func (d *device) open(path string) {
	d.t.Helper()
	d.Go(d.base + path)
}

// says fails the test for texts that the page does not show.
func (d *device) says(texts ...string) {
	d.t.Helper()
	shown := strings.ToLower(d.Text())
	for _, text := range texts {
		if !strings.Contains(shown, strings.ToLower(text)) {
			d.t.Errorf("the page does not say %q:\n%.1500s", text, shown)
		}
	}
}

// keepsSilent fails the test for texts that the page shows.
func (d *device) keepsSilent(texts ...string) {
	d.t.Helper()
	shown := strings.ToLower(d.Text())
	for _, text := range texts {
		if strings.Contains(shown, strings.ToLower(text)) {
			d.t.Errorf("the page says %q:\n%.1500s", text, shown)
		}
	}
}

// look has axe-core and a ruler judge the page as it is, looks for names that have become markup, and keeps a picture.
func (d *device) look(name string) {
	d.t.Helper()
	for _, found := range d.Axe() {
		d.t.Errorf("%s: axe: %s", name, found)
	}
	for _, wide := range d.Wide() {
		d.t.Errorf("%s: too wide: %s", name, wide)
	}
	d.plain(name)
	d.Picture("live-" + name + "-" + d.size)
}

// lookAtPublic is look at one of the board's own pages, in which wide tables scroll within the page.
func (d *device) lookAtPublic(name string) {
	d.t.Helper()
	for _, found := range d.Axe() {
		d.t.Errorf("%s: axe: %s", name, found)
	}
	var wide int
	if d.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide); wide > 0 {
		d.t.Errorf("%s: %d pixels wider than the screen", name, wide)
	}
	d.plain(name)
	d.Picture("live-" + name + "-" + d.size)
}

// plain fails the test for names that have become markup.
func (d *device) plain(name string) {
	d.t.Helper()
	var made int
	if d.Eval(`document.querySelectorAll('img[src="x"], [onerror], main b, bdi *').length`, &made); made > 0 {
		d.t.Errorf("%s: I8: a name has become markup", name)
	}
}

// write types into the first control that a selector finds.
func (d *device) write(selector, text string) {
	d.t.Helper()
	quoted, _ := json.Marshal([]string{selector, text})
	d.Eval(`(([s, text]) => { const e = document.querySelector(s); if (!e) throw new Error("there is no " + s); e.focus(); e.value = text; e.dispatchEvent(new Event("input", {bubbles: true})); })(`+string(quoted)+`)`, nil)
}

// upload gives a file to the page's first field for one.
func (d *device) upload(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.Do("uploading "+name, chromedp.SetUploadFiles(`input[type=file]`, []string{path}, chromedp.ByQuery))
}

// read returns the text of what a selector finds, whether it is in sight or not.
func (d *device) read(selector string) []string {
	d.t.Helper()
	quoted, _ := json.Marshal(selector)
	var out []string
	d.Eval(`[...document.querySelectorAll(`+string(quoted)+`)].map((e) => typeof e.value === "string" ? e.value : e.textContent)`, &out)
	return out
}

// call calls the booth's program on a page of its own, as pages do.
func (d *device) call(method string, params map[string]any, out any) {
	d.t.Helper()
	what, _ := json.Marshal([]any{method, params})
	var got json.RawMessage
	d.Eval(`(async ([method, params]) => {
		window.mandateBooth ??= await (await import("/booth/client.js")).connect({board: document.body.dataset.board || location.origin});
		return (await window.mandateBooth.call(method, params)) ?? null;
	})(`+string(what)+`)`, &got)
	if out == nil {
		return
	}
	if err := json.Unmarshal(got, out); err != nil {
		d.t.Fatal(err)
	}
}

type object = map[string]any

// A kept card is what a member has of it.
type kept struct {
	File  string
	Words []string
}

// card collects a whole card without looking at pages, and returns it.
func (d *device) card(entry int) kept {
	d.t.Helper()
	d.open("/booth/me")
	var k kept
	d.call("card.create", object{"round": d.w.round, "code": d.w.codes[0][entry]}, &k)
	d.call("card.kept", object{"round": d.w.round}, nil)
	for i := range d.w.desks {
		d.call("card.collect", object{"round": d.w.round, "code": d.w.codes[i][entry]}, nil)
	}
	return k
}

// A choice is what a member chooses in the vote's four contests, by the names on the page.
type choice struct {
	dues             string
	places, auditors []string
	ranking          []string
}

// choose goes through the four questions to the review.
func (d *device) choose(c choice) {
	d.t.Helper()
	d.Wait("Question 1 of 4")
	if c.dues != "" {
		d.Press(c.dues)
	}
	d.Press("Next question")
	d.Wait("Question 2 of 4")
	for _, name := range c.places {
		d.Press(name)
	}
	d.Press("Next question")
	d.Wait("Question 3 of 4")
	for _, name := range c.auditors {
		d.Press(name)
	}
	d.Press("Next question")
	d.Wait("Question 4 of 4")
	for _, name := range c.ranking {
		d.Press(name)
	}
	d.Press("Review my vote")
	d.Wait("Is this right?")
}

// everything is a choice in every contest, with both names that are markup.
var everything = choice{dues: "No", places: []string{"School", "Online"}, auditors: []string{evil, "Pau Serra"}, ranking: []string{"Tess Ode", bold, "Rosa Blum"}}

// words are the names in a choice.
func (c choice) words() []string {
	out := append(append(append([]string(nil), c.places...), c.auditors...), c.ranking...)
	if c.dues != "" {
		out = append(out, c.dues)
	}
	return out
}

func (d *device) vote() string { return "/booth/vote/" + d.w.vote.String() }

// cast casts the ballot under review and returns its number in the record.
func (d *device) cast() (index string) {
	d.t.Helper()
	d.Press("Cast my vote")
	d.Wait("Your ballot is number")
	_, rest, _ := strings.Cut(d.Text(), "Your ballot is number ")
	index, _, _ = strings.Cut(rest, " ")
	return index
}

// receipt is the text of the receipt that the page shows.
func (d *device) receipt() string {
	d.t.Helper()
	for _, text := range d.read("pre") {
		if strings.HasPrefix(text, "c2sp.org/tlog-proof") {
			return text
		}
	}
	d.t.Fatalf("there is no receipt on the page: %.1500s", d.Text())
	return ""
}

// fails calls the booth's program and returns the code with which it refuses.
func (d *device) fails(method string, params map[string]any) (code string) {
	d.t.Helper()
	what, _ := json.Marshal([]any{method, params})
	d.Eval(`(async ([method, params]) => {
		window.mandateBooth ??= await (await import("/booth/client.js")).connect({board: document.body.dataset.board || location.origin});
		try { await window.mandateBooth.call(method, params); } catch (e) { return e.code; }
		return "";
	})(`+string(what)+`)`, &code)
	return code
}
