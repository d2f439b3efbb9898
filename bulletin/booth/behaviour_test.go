package booth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mandate/bulletin/booth/boothtest"
)

// calls returns the methods that a page has called, with their parameters.
func calls(p *boothtest.Page) (out []string) {
	var raw [][2]json.RawMessage
	p.Eval(`window.calls`, &raw)
	for _, c := range raw {
		out = append(out, strings.Trim(string(c[0]), `"`)+" "+string(c[1]))
	}
	return out
}

func (s *scene) last(method string) string {
	s.t.Helper()
	all := calls(s.Page)
	for _, c := range slices.Backward(all) {
		if rest, ok := strings.CutPrefix(c, method+" "); ok {
			return rest
		}
	}
	s.t.Fatalf("%s was not called: %q", method, all)
	return ""
}

// A scene is a page that a test works with.
type scene struct {
	*boothtest.Page
	t    *testing.T
	base string
}

func (s *scene) keys(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.Do("typing", chromedp.KeyEvent(k))
	}
}

// focus moves on by Tab until what has the focus begins with a text, or is called so.
func (s *scene) focus(text string) {
	s.t.Helper()
	var at string
	for range 60 {
		s.keys(kb.Tab)
		s.Eval(`(() => { const e = document.activeElement; return (e.getAttribute("aria-label") ?? (e.labels?.length ? e.labels[0].innerText : e.textContent)).trim().replace(/^\+/, ""); })()`, &at)
		if strings.HasPrefix(at, text) {
			return
		}
	}
	s.t.Fatalf("Tab does not lead to %q; last: %q", text, at)
}

func (s *scene) ranking() (names []string) {
	s.Eval(`[...document.querySelectorAll(".ranked .name")].map((e) => e.innerText)`, &names)
	return names
}

func (s *scene) ranks(want ...string) {
	s.t.Helper()
	if got := s.ranking(); !slices.Equal(got, want) {
		s.t.Fatalf("ranking %q, want %q", got, want)
	}
}

func (s *scene) live() (text string) {
	s.Eval(`new Promise((r) => setTimeout(() => r(document.getElementById("live").textContent), 120))`, &text)
	return text
}

func TestBehaviour(t *testing.T) {
	b, server := boothtest.Start(t), mocked(t)
	for name, test := range map[string]func(*scene){
		"ranking by keyboard alone": func(s *scene) {
			s.Go(s.base + vote + "?lang=en&scene=ranked")
			s.Wait("Not ranked yet")
			s.focus("Search by name")
			s.keys("nunez", kb.Enter) // without its accent
			s.ranks("Edith Núñez")
			if got := s.live(); got != "Edith Núñez has place 1." {
				t.Errorf("announced: %q", got)
			}
			s.focus("Farid")
			s.keys(kb.ArrowDown, kb.Enter, kb.Enter) // the second in the list, then the one that comes to its place
			s.ranks("Edith Núñez", "Wanjiru Kamau", "<img src=x onerror=alert(1)>")
			s.Eval(`document.querySelector(".ranked .grip").focus(), 0`, nil)
			s.keys(kb.ArrowDown, kb.ArrowDown, " ", kb.ArrowUp, kb.Home) // to the third; pick up; move
			if got := s.live(); got != "<img src=x onerror=alert(1)> is now at place 1 of 3." {
				t.Errorf("announced: %q", got)
			}
			s.keys(kb.Escape)
			s.ranks("Edith Núñez", "Wanjiru Kamau", "<img src=x onerror=alert(1)>")
			s.keys(" ", kb.ArrowUp, " ")
			s.ranks("Edith Núñez", "<img src=x onerror=alert(1)>", "Wanjiru Kamau")
			s.Do("moving", chromedp.KeyEvent(kb.ArrowUp, chromedp.KeyModifiers(input.ModifierAlt)))
			s.ranks("<img src=x onerror=alert(1)>", "Edith Núñez", "Wanjiru Kamau")
			s.keys(kb.End, kb.Delete)
			s.ranks("<img src=x onerror=alert(1)>", "Edith Núñez")
			s.focus("Review my vote")
			s.keys(kb.Enter)
			s.Wait("38 are not ranked")
			if got := s.last("ballot.prepare"); !strings.Contains(got, `"selections":[[39,4]]`) {
				t.Errorf("prepared: %s", got)
			}
			s.focus("Cast my vote")
			s.keys(kb.Enter)
			s.Wait("number 1,204")
		},
		"ranking by dragging": func(s *scene) {
			s.Go(s.base + vote + "?lang=en&scene=ranked")
			s.Wait("Not ranked yet")
			for _, name := range []string{"Edith", "Grace", "Hana", "Iker"} {
				s.Press(name)
			}
			var at struct{ X, Y, To float64 }
			s.Eval(`(() => { document.querySelector(".ranked").scrollIntoView({ behavior: "instant" }); const all = [...document.querySelectorAll(".ranked .grip")], a = all[3].getBoundingClientRect(), b = all[0].getBoundingClientRect(); return {x: a.x + 12, y: a.y + 20, to: b.y + 4}; })()`, &at)
			mouse := func(kind input.MouseType, y float64) chromedp.Action {
				return input.DispatchMouseEvent(kind, at.X, y).WithButton(input.Left).WithButtons(1).WithClickCount(1)
			}
			s.Do("dragging", mouse(input.MousePressed, at.Y), mouse(input.MouseMoved, at.Y-30), mouse(input.MouseMoved, (at.Y+at.To)/2), mouse(input.MouseMoved, at.To), mouse(input.MouseReleased, at.To))
			s.ranks("Iker Etxeberria", "Edith Núñez", "Grace Kim", "Hana Sato")
			if got := s.live(); got != "Iker Etxeberria is now at place 1 of 4." {
				t.Errorf("announced: %q", got)
			}
			s.Press("Move Grace Kim down")
			s.Press("Take Edith Núñez out")
			s.ranks("Iker Etxeberria", "Hana Sato", "Grace Kim")
		},
		"choosing by keyboard alone": func(s *scene) {
			s.Go(s.base + vote + "?lang=en&scene=three")
			s.Wait("Question 1 of 3")
			s.focus("Yes")
			s.keys(kb.ArrowDown, " ")
			s.focus("Next question")
			s.keys(kb.Enter)
			s.Wait("Question 2 of 3")
			s.focus("A national strike fund")
			s.keys(" ")
			s.focus("Next question")
			s.keys(kb.Enter)
			s.Wait("Question 3 of 3")
			s.focus("Review my vote")
			s.keys(kb.Enter)
			s.Wait("Is this right?")
			if got := s.last("ballot.prepare"); !strings.Contains(got, `"selections":[[1],[1],[]]`) {
				t.Errorf("prepared: %s", got)
			}
		},
		"the browser's back button": func(s *scene) {
			s.Go(s.base + vote + "?lang=en&scene=three")
			s.Wait("Question 1 of 3")
			s.Press("Abstain")
			s.Press("Next question")
			s.Wait("Question 2 of 3")
			s.Press("Childcare")
			s.Eval(`history.back(), 0`, nil)
			s.Wait("Question 1 of 3")
			var chosen bool
			if s.Eval(`document.querySelectorAll("input")[2].checked`, &chosen); !chosen {
				t.Error("going back has lost the choice")
			}
			s.Press("Next question")
			s.Wait("Question 2 of 3")
			s.Press("Next question")
			s.Wait("Question 3 of 3")
			s.Press("Review my vote")
			s.Wait("Is this right?")
			s.Eval(`history.back(), 0`, nil)
			s.Wait("Question 3 of 3")
			s.last("ballot.drop")
			s.Press("Review my vote")
			s.Wait("Is this right?")
			s.Press("Change: Which two")
			s.Wait("Question 2 of 3")
		},
		"nothing of the choice is left": func(s *scene) {
			s.Go(s.base + vote + "?lang=en")
			s.Wait("Choose one.")
			s.Press("Abstain")
			s.Press("Review my vote")
			s.Wait("Is this right?")
			s.Press("Cast my vote")
			s.Wait("number 1,204")
			gone := func(when string) {
				s.t.Helper()
				var kept string
				s.Eval(`document.documentElement.outerHTML + JSON.stringify(history.state) + location.href + JSON.stringify({...localStorage, ...sessionStorage})`, &kept)
				if strings.Contains(kept, "Abstain") {
					t.Errorf("%s the page still has the choice", when)
				}
			}
			gone("after casting")
			s.Eval(`history.back(), 0`, nil)
			s.live()
			gone("after going back")
			if strings.Contains(s.Text(), "Review my vote") || !strings.Contains(s.Text(), "number 1,204") {
				t.Errorf("after going back: %.300s", s.Text())
			}
			s.Leave(`location.reload()`)
			s.Wait("Housing proposal")
			var checked int
			if s.Eval(`document.querySelectorAll(":checked").length`, &checked); checked != 0 {
				t.Error("a reload shows a choice")
			}
		},
		"a connection that is lost comes back": func(s *scene) {
			s.Go(s.base + vote + "?lang=en&cast=network")
			s.Wait("Choose one.")
			s.Press("Yes")
			s.Press("Review my vote")
			s.Wait("Is this right?")
			s.Do("going offline", network.EmulateNetworkConditions(true, 0, 0, 0))
			s.Wait("No connection. Nothing is lost")
			s.Press("Cast my vote")
			s.Wait("Your connection was lost")
			if strings.Contains(s.Text(), "Your vote is recorded\n") {
				t.Error("the page says that the vote is recorded")
			}
			s.Do("coming back", network.EmulateNetworkConditions(false, 0, -1, -1))
			s.Wait("number 1,204")
			if got := s.last("ballot.resume"); !strings.Contains(got, voteID) {
				t.Errorf("resumed: %s", got)
			}
		},
		"a check on a second device": func(s *scene) {
			s.Go(s.base + vote + "?lang=en")
			s.Wait("Choose one.")
			s.Press("No")
			s.Press("Review my vote")
			s.Wait("Is this right?")
			// The name is there for everybody, before it is said whether the ballot is cast or checked; else a device could lie to those who cast.
			if shown := s.Text(); !strings.Contains(shown, "r2.example.org") || !strings.Contains(shown, "3fc1c1") {
				t.Errorf("the ballot's name is not shown beside the choice to cast it:\n%s", shown)
			}
			s.Press("Check this ballot")
			s.Wait("Back to the code")
			s.Press("Back to the code")
			s.Wait("Is this right?")
			var prepared int
			if s.Eval(`window.calls.filter((c) => c[0] === "ballot.prepare").length`, &prepared); prepared != 1 {
				t.Errorf("%d ballots were made: the one whose name is known must be the one that can be cast", prepared)
			}
			s.Press("Check this ballot")
			s.Wait("Back to the code")
			other := &scene{b.Open(s.t, boothtest.Phone), s.t, s.base}
			other.Go(s.base + "/booth/check?lang=en" + scanned)
			other.Wait("This device knows the ballot's name now")
			s.Press("The other device is ready")
			s.Wait("Part 1 of 3")
			s.Press("Next part")
			s.Wait("Part 2 of 3")
			s.last("ballot.open")
			var address string
			if other.Eval(`location.href`, &address); strings.Contains(address, "#") {
				t.Errorf("the address keeps what the link said: %s", address)
			}
			tabs := []*boothtest.Page{other.Page}
			for i, part := range []string{"2/3&data=Qg", "1/3&data=QQ", "3/3&data=Qy-_"} { // each scan opens a tab, in any order
				tab := other.Beside(boothtest.Phone)
				tabs = append(tabs, tab)
				tab.Go(fmt.Sprintf("%s/booth/check?lang=en%s&part=%s", s.base, scanned, part))
				if i < 2 {
					tab.Wait(fmt.Sprintf("%d part", i+1))
				}
			}
			last := &scene{tabs[3], s.t, s.base}
			last.Wait("Is this what you chose?")
			if got := last.last("opened.check"); !strings.Contains(got, `"text":"mandate opened ballot, version 1\nQQQgQy-_\n"`) || !strings.Contains(got, `"ballot":"3fc1`) {
				t.Errorf("checked: %s", got)
			}
			if strings.Contains(last.Text(), "did not know the ballot's name") {
				t.Error("the device is said not to have known the ballot")
			}
			last.Press("Yes, this is")
			last.Wait("cast a new ballot")
			var kept int
			if last.Eval(`localStorage.length`, &kept); kept != 0 {
				t.Error("the device keeps what it was shown")
			}
			s.Press("Go on with a new ballot")
			s.Wait("Is this right?")
			if got := s.last("ballot.prepare"); !strings.Contains(got, `"selections":[[1]]`) {
				t.Errorf("prepared anew: %s", got)
			}
			s.Press("Cast my vote")
			s.Wait("number 1,204")
		},
		"another ballot than the one that was named": func(s *scene) {
			s.Go(s.base + "/booth/check?lang=en" + scanned)
			s.Wait("Ready")
			s.Leave(`location.hash = "#vote=` + voteID + `&ballot=` + strings.Repeat("77", 32) + `&opened=AAAA"`)
			s.Wait("The other device has swapped it")
		},
		"another ballot than the one that was named, in parts of several": func(s *scene) {
			s.Go(s.base + "/booth/check?lang=en" + scanned)
			s.Wait("Ready")
			for i, part := range []string{"&part=1/2&data=AAAA", "&opened=AAAA"} { // what is inside two others, one after the other
				s.Leave(`location.hash = "#vote=` + voteID + `&ballot=` + strings.Repeat([]string{"66", "77"}[i], 32) + part + `"`)
			}
			s.Wait("The other device has swapped it")
		},
		"another name after the first": func(s *scene) {
			s.Go(s.base + "/booth/check?lang=en" + scanned)
			s.Wait("Ready")
			s.Leave(`location.hash = "#vote=` + voteID + `&ballot=` + strings.Repeat("77", 32) + `"`)
			s.Wait("is swapping ballots")
			s.Leave(`location.hash = "#ballot=` + strings.Repeat("77", 32) + `&opened=AAAA"`)
			s.Wait("The other device has swapped it")
			s.Go(s.base + "/booth/check?lang=en&scene=new#vote=" + voteID + "&ballot=" + strings.Repeat("88", 32))
			s.Wait("is swapping ballots")
			s.Press("I have made a new ballot there")
			s.Wait("Ready")
			s.Leave(`location.hash = "#ballot=` + strings.Repeat("88", 32) + `&opened=AAAA"`)
			s.Wait("Is this what you chose?")
			if text := s.Text(); strings.Contains(text, "has swapped it") || strings.Contains(text, "did not know the ballot's name") {
				t.Errorf("an honest device is accused:\n%s", text)
			}
		},
		"a second link in the same tab": func(s *scene) {
			s.Go(s.base + "/booth/card?lang=en&scene=incomplete")
			s.Wait("2 of 3 registrars")
			s.Leave(`location.hash = "` + mail + `"`)
			s.Wait("2 of 3 registrars") // the card is here: it collects at once
			if got := s.last("card.collect"); !strings.Contains(got, "0123-4567") {
				t.Errorf("collected: %s", got)
			}
		},
		"a reload before the card is kept": func(s *scene) {
			s.Go(s.base + "/booth/card?lang=en&scene=incomplete,unkept" + mail)
			s.Wait("Keep your card before you go on")
			s.Leave(`location.reload()`)
			s.Wait("Keep your card before you go on") // the code is not lost with the address
			var address string
			if s.Eval(`location.href`, &address); strings.Contains(address, "0123") {
				t.Errorf("the address keeps the code: %s", address)
			}
		},
		"support in two taps": func(s *scene) {
			s.Go(s.base + "/booth/support/" + voteID + "?lang=en")
			s.Wait("2,987 members")
			s.Press("Support this petition")
			s.Wait("The board has your support")
			if got := s.last("support.do"); !strings.Contains(got, voteID) {
				t.Errorf("supported: %s", got)
			}
		},
		"in Spanish": func(s *scene) {
			s.Go(s.base + vote + "?lang=es")
			s.Wait("AÚN NO emitido")
			s.Press("Abstención")
			s.Press("Revisar mi voto")
			s.Wait("¿Está bien así?")
			s.Press("Emitir mi voto")
			s.Wait("Su papeleta es la número 1,204")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scene{b.Open(t, boothtest.Phone), t, server.URL}
			test(s)
			for _, e := range s.Trouble() {
				if !strings.Contains(e, "ERR_INTERNET_DISCONNECTED") {
					t.Errorf("browser: %s", e)
				}
			}
		})
	}
}

// At 200 % and at 400 % (WCAG 1.4.10) nothing is wider than the screen, and what has the focus is not under what sticks to the edges.
func TestZoomed(t *testing.T) {
	b, server := boothtest.Start(t), mocked(t)
	for _, look := range []boothtest.Look{{Width: 640, Height: 400}, {Width: 320, Height: 256}} {
		p := b.Open(t, look)
		for _, path := range []string{vote + "?lang=es&scene=ranked,mock", vote + "?lang=en&scene=three", "/booth/me?lang=es&scene=foreign", "/booth/card?lang=es&scene=empty"} {
			p.Go(server.URL + path)
			p.Wait("\n\n")
			s := &scene{p, t, server.URL}
			s.live()
			for _, w := range p.Wide() {
				t.Errorf("%d wide: %s: %s", look.Width, path, w)
			}
			for range 25 {
				s.keys(kb.Tab)
				var covered string
				p.Eval(`(() => {
					const e = document.activeElement, r = e.getBoundingClientRect();
					if (e === document.body || e.closest(".standing, .onward, .skip") || r.height === 0) return "";
					const hidden = (x) => { const q = document.querySelector(x); if (!q || !["sticky", "fixed"].includes(getComputedStyle(q).position)) return false; const s = q.getBoundingClientRect(); return s.height > 0 && r.top >= s.top - 1 && r.bottom <= s.bottom + 1; };
					return hidden(".standing") || hidden(".onward") ? e.outerHTML.slice(0, 80) : "";
				})()`, &covered)
				if covered != "" {
					t.Errorf("%d wide: %s: what has the focus is covered: %s", look.Width, path, covered)
				}
			}
		}
	}
}
