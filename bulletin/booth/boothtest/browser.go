// Package boothtest drives a real browser over pages, for tests: it starts Chromium, opens pages at the sizes of a phone and a desktop,
// finds what axe-core objects to (WCAG 2.2 AA), and keeps pictures.
//
// axe.min.js is axe-core 4.14.1 (https://github.com/dequelabs/axe-core, Mozilla Public License 2.0), as published.
package boothtest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

// Everything reports whether tests are to look at every page in every state at every size, which takes minutes, and not at the more telling part:
// whether MANDATE_EVERY_PAGE is set.
func Everything() bool { return os.Getenv("MANDATE_EVERY_PAGE") != "" }

// A Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// Start starts a Chromium, which ends with the test. The test is skipped if there is none, or if it is to be short.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("short: no browser is started")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed; on Debian: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		// The last one stands for what Chromium asks Google about the forms of every page, which is not the pages' doing.
		chromedp.Flag("disable-features", "site-per-process,Translate,BlinkGenPropertyTrees,AutofillServerCommunication"),
		chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", true), chromedp.WSURLReadTimeout(time.Minute))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); end() })
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return &Browser{ctx}
}

// A Look is how a page is looked at.
type Look struct {
	Width, Height int64
	Dark, Still   bool // the reader prefers a dark page; reduced motion
	Scale         float64
}

// The looks of most tests.
var (
	Phone   = Look{Width: 360, Height: 640}
	Desktop = Look{Width: 1280, Height: 800}
)

// In returns the look on a dark page.
func (l Look) In(dark bool) Look {
	l.Dark = dark
	return l
}

// A Page is a tab of the browser, with its own storage.
type Page struct {
	Ctx     context.Context
	t       testing.TB
	own     cdp.BrowserContextID // its storage
	trouble *trouble
}

// trouble is what a tab has complained about.
type trouble struct {
	mu  sync.Mutex
	all []string
}

// Open opens a tab with storage of its own, which is closed with the test. Errors of scripts and what the pages' policy has stopped are kept; see Trouble.
func (b *Browser) Open(t testing.TB, l Look) *Page {
	t.Helper()
	return b.window(t, l, target.CreateBrowserContext())
}

// Through is Open of a tab of which every request goes to a proxy, such as "http://127.0.0.1:3128", those to this machine too.
func (b *Browser) Through(t testing.TB, l Look, proxy string) *Page {
	t.Helper()
	return b.window(t, l, target.CreateBrowserContext().WithProxyServer(proxy).WithProxyBypassList("<-loopback>"))
}

func (b *Browser) window(t testing.TB, l Look, storage *target.CreateBrowserContextParams) *Page {
	t.Helper()
	c := chromedp.FromContext(b.ctx)
	browser := cdp.WithExecutor(b.ctx, c.Browser)
	own, err := storage.Do(browser)
	if err != nil {
		t.Fatalf("opening storage: %v", err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(browser) // a browser without windows opens no tabs
	if err != nil {
		t.Fatalf("opening a window: %v", err)
	}
	p := b.open(t, l, b.ctx, chromedp.WithTargetID(id))
	p.own = own
	return p
}

// Beside opens another tab that shares its storage with p.
func (p *Page) Beside(l Look) *Page {
	p.t.Helper()
	q := (&Browser{p.Ctx}).open(p.t, l, p.Ctx, chromedp.WithExistingBrowserContext(p.own))
	q.own = p.own
	return q
}

func (b *Browser) open(t testing.TB, l Look, parent context.Context, options ...chromedp.ContextOption) *Page {
	ctx, cancel := chromedp.NewContext(parent, options...)
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	p := &Page{Ctx: ctx, t: t, trouble: new(trouble)}
	t.Cleanup(func() { stop(); cancel() })
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.note("exception: " + e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				p.note(fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
			}
		}
	})
	scheme, motion := "light", "no-preference"
	if l.Dark {
		scheme = "dark"
	}
	if l.Still {
		motion = "reduce"
	}
	if l.Scale == 0 {
		l.Scale = 1
	}
	err := chromedp.Run(ctx, log.Enable(), network.Enable(),
		emulation.SetDeviceMetricsOverride(l.Width, l.Height, l.Scale, l.Width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion}}))
	if err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	return p
}

func (p *Page) note(s string) {
	p.trouble.mu.Lock()
	defer p.trouble.mu.Unlock()
	p.trouble.all = append(p.trouble.all, s)
}

// For returns the tab for a subtest.
func (p *Page) For(t testing.TB) *Page {
	return &Page{Ctx: p.Ctx, t: t, own: p.own, trouble: p.trouble}
}

// Trouble returns what scripts and the policy have complained about, and forgets it.
func (p *Page) Trouble() []string {
	p.trouble.mu.Lock()
	defer p.trouble.mu.Unlock()
	out := p.trouble.all
	p.trouble.all = nil
	return out
}

// Do runs actions; an error ends the test.
func (p *Page) Do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.Ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v\npage: %.600s", what, err, p.Text())
	}
}

// Go opens an address in the tab.
func (p *Page) Go(address string) {
	p.t.Helper()
	p.Do("opening "+address, chromedp.Navigate(address))
}

// Leave evaluates a script that leads to another page, and returns once that has loaded.
func (p *Page) Leave(script string) {
	p.t.Helper()
	// The script runs after its evaluation has been answered: a page that is being left answers nothing.
	p.Eval(`window.before = true, setTimeout(() => { `+script+` }, 50), 0`, nil)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var there bool // an error is that of a page that is just being left
		if err := chromedp.Run(p.Ctx, chromedp.Evaluate(`!window.before && document.readyState === "complete"`, &there)); err == nil && there {
			return
		}
	}
	p.t.Fatalf("%s does not load another page\npage: %.1500s\n%q", script, p.Text(), p.Trouble())
}

// Text returns the text that the page shows.
func (p *Page) Text() string {
	var s string
	ctx, cancel := context.WithTimeout(p.Ctx, 3*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.body.innerText`, &s)); err != nil {
		return err.Error()
	}
	return s
}

// Wait waits until the page shows a text, whatever its case, a minute at most.
func (p *Page) Wait(text string) {
	p.t.Helper()
	quoted, _ := json.Marshal(strings.ToLower(text))
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var ok bool // an error is that of a page that is just being left
		if err := chromedp.Run(p.Ctx, chromedp.Evaluate(`document.body?.innerText.toLowerCase().includes(`+string(quoted)+`)`, &ok)); err == nil && ok {
			return
		}
	}
	p.t.Fatalf("the page does not show %q\npage: %.1500s\n%q", text, p.Text(), p.Trouble())
}

// Press clicks what has a text: a button, a link, a summary or a label. The text must be the beginning of its own.
func (p *Page) Press(text string) {
	p.t.Helper()
	quoted, _ := json.Marshal(text)
	var ok bool
	script := `(() => {
		const e = [...document.querySelectorAll("button, a, summary, label")].find((e) => e.checkVisibility() && (e.getAttribute("aria-label") ?? e.innerText).trim().replace(/^[+]\s*/, "").startsWith(` + string(quoted) + `));
		e?.click();
		return !!e;
	})()`
	p.Do("pressing "+text, chromedp.Evaluate(script, &ok))
	if !ok {
		p.t.Fatalf("there is no %q to press\npage: %.1500s", text, p.Text())
	}
}

// Eval evaluates a script, which may return a promise, into v.
func (p *Page) Eval(script string, v any) {
	p.t.Helper()
	p.Do("evaluating", chromedp.Evaluate(script, v, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// Axe returns what axe-core objects to on the page: by the rules with these names, or, if none are named, by all of WCAG 2.2 AA and of best
// practice.
func (p *Page) Axe(rules ...string) []string {
	p.t.Helper()
	var there bool
	p.Eval(`typeof axe === "object"`, &there)
	if !there {
		p.Do("loading axe", chromedp.Evaluate(axe+";0", nil))
	}
	var found []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, FailureSummary string }
	}
	if rules == nil {
		rules = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}
	}
	only, _ := json.Marshal(rules)
	p.Eval(`axe.run(document, {runOnly: `+string(only)+`, resultTypes: ["violations"], preload: false}).then((r) => r.violations)`, &found)
	var out []string
	for _, v := range found {
		for _, n := range v.Nodes {
			out = append(out, fmt.Sprintf("%s (%s): %s: %s\n%s", v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary))
		}
	}
	return out
}

// Wide returns what sticks out of the page at the sides.
func (p *Page) Wide() []string {
	p.t.Helper()
	var out []string
	p.Eval(`(() => {
		const width = document.documentElement.clientWidth, out = [];
		if (document.documentElement.scrollWidth > width) out.push("the page is " + document.documentElement.scrollWidth + " wide, the screen " + width);
		for (const e of document.querySelectorAll("body *")) {
			if (e.closest(".hidden, .skip") || !e.checkVisibility()) continue;
			const r = e.getBoundingClientRect();
			if (r.right > width + 0.5 || r.left < -0.5) out.push(e.tagName + "." + (e.getAttribute("class") || "") + " " + e.textContent.trim().slice(0, 40));
		}
		return out.slice(0, 5);
	})()`, &out)
	return out
}

// Picture keeps a picture of the whole page, in the folder that the environment names as SHOTS, or in the test's artifacts.
func (p *Page) Picture(name string) {
	p.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	var b []byte
	p.Do("taking a picture", chromedp.ActionFunc(func(ctx context.Context) error {
		var err error
		b, err = page.CaptureScreenshot().WithCaptureBeyondViewport(os.Getenv("SHOTS_FOLD") == "").WithFormat(page.CaptureScreenshotFormatPng).Do(ctx)
		return err
	}), chromedp.ActionFunc(func(context.Context) error {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644)
	}))
}
