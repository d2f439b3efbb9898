package booth

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"mandate/ballot/text"
	"mandate/bulletin/booth/boothtest"
)

const voteID = "1111111111111111111111111111111111111111111111111111111111111111"

// mocked serves the pages with a worker that is none (testdata/client.js).
func mocked(t testing.TB) *httptest.Server {
	h := newHandler(Options{Facts: func() Facts {
		return Facts{Title: text.Texts{"en": "Union of Tenants", "es": "Sindicato de Inquilinos"}}
	}}, overlay{os.DirFS("testdata"), files()})
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// A state is a page as a member can meet it: an address, what is pressed to come there, and what it says then.
type state struct {
	name, path string
	press      []string // a text to press; with "=" before it a text to wait for; with "!" a script
	want       string
	never      string // must not be shown
}

const (
	vote    = "/booth/vote/" + voteID
	scanned = "#vote=" + voteID + "&ballot=3fc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
	mail    = "#round=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&code=0123-4567"
)

var toReview = []string{"=Choose one.", "No", "Review my vote", "=Is this right?"}

func after(press []string, more ...string) []string {
	return append(append([]string(nil), press...), more...)
}

var states = []state{
	{name: "card-home", path: "/booth/card?scene=empty", want: "Type or paste a code"},
	{name: "card-typo", path: "/booth/card?scene=empty", press: []string{"=Type or paste", `!document.querySelector("input.code").value = "TYPO"`, "Use this code"}, want: "typing mistake"},
	{name: "card-help", path: "/booth/card?scene=empty", press: []string{"=Type or paste", "I have no message"}, want: "Ask Auditors for a code again"},
	{name: "card-you", path: "/booth/card?scene=empty" + mail, want: "Magdalena Ortiz"},
	{name: "card-not-you", path: "/booth/card?scene=empty" + mail, press: []string{"=Is this you?", "No, this is not me"}, want: "Stop here"},
	{name: "card-keep", path: "/booth/card?scene=empty" + mail, press: []string{"=Is this you?", "Yes, this is me"}, want: "Keep your card before you go on"},
	{name: "card-keep-first", path: "/booth/card?scene=empty" + mail, press: []string{"=Is this you?", "Yes, this is me", "=Keep your card", "I have kept it"}, want: "Keep the card first"},
	{name: "card-keep-words", path: "/booth/card?scene=empty" + mail, press: []string{"=Is this you?", "Yes, this is me", "=Keep your card", "Write down", "Scan with another"}, want: "absorb"},
	{name: "card-answered", path: "/booth/card?scene=empty" + mail, press: []string{"=Is this you?", "Yes, this is me", "=Keep your card", "Write down", "I have kept it"}, want: "2 of 3 registrars have answered"},
	{name: "card-complete", path: "/booth/card?scene=empty,last" + mail, press: []string{"=Is this you?", "Yes, this is me", "=Keep your card", "Write down", "I have kept it"}, want: "Your card is complete"},
	{name: "card-elsewhere", path: "/booth/card?scene=empty,answered" + mail, press: []string{"=Is this you?", "Yes, this is me", "=Keep your card", "Write down", "I have kept it"}, want: "already answered another device"},
	{name: "card-incomplete", path: "/booth/card?scene=incomplete,unkept", want: "2 of 3 registrars"},
	{name: "card-restore", path: "/booth/card?scene=empty#restore=", want: "Bring your card here"},
	{name: "card-restore-short", path: "/booth/card?scene=empty#restore=", press: []string{"=Bring your card", `!document.querySelector("textarea").value = "abandon ability"`, "Restore from the words"}, want: "That is 2 words; there are 24"},
	{name: "card-in-link", path: "/booth/card?scene=empty#card=bWFuZGF0ZQ", want: "who sent it knows the card", never: "Your card is complete"},
	{name: "card-in-link-refused", path: "/booth/card?scene=empty#card=bWFuZGF0ZQ", press: []string{"=never a card", "It came in a message"}, want: "Type or paste a code"},
	{name: "card-replace", path: "/booth/card?scene=other-card#card=bWFuZGF0ZQ", press: []string{"I have scanned my own card"}, want: "no registrar has answered it"},
	{name: "card-replaced", path: "/booth/card?scene=other-card#card=bWFuZGF0ZQ", press: []string{"I have scanned my own card", "=another card", "Put my card in its place"}, want: "Your card is complete"},
	{name: "card-stranger", path: "/booth/card?scene=incomplete,stranger" + mail, want: "Stop here"},
	{name: "card-bad-code", path: "/booth/card?scene=empty,badcode" + mail, want: "This code is not valid"},
	{name: "card-registrar-down", path: "/booth/card?scene=empty,registrar-down" + mail, want: "The registrar does not answer"},
	{name: "card-sign-in", path: "/booth/card?scene=empty,openid", want: "Auditors: sign in with login.example.org/members", never: "Registrar of the commission: sign in"},
	{name: "card-sign-in-next", path: "/booth/card?scene=incomplete,openid", want: "Or open the message from Auditors (letter)."},
	{name: "vote-no-card", path: vote + "?scene=empty", want: "You need your voter card"},
	{name: "vote-incomplete", path: vote + "?scene=incomplete", want: "NOT cast yet"},
	{name: "vote-early", path: vote + "?scene=early", want: "Voting opens on"},
	{name: "vote-over", path: vote + "?scene=over", want: "Voting is over"},
	{name: "vote-choose", path: vote, want: "NOT cast yet"},
	{name: "vote-choose-first", path: vote, press: []string{"=Choose one", "Review my vote"}, want: "Choose one to go on"},
	{name: "vote-mock", path: vote + "?scene=mock", want: "Rehearsal"},
	{name: "vote-some", path: vote + "?scene=three", press: []string{"=Question 1 of 3", "Abstain", "Next question", "=Question 2 of 3", "A national", "Childcare", "A tenants"}, want: "You can choose 2 at most"},
	{name: "vote-review", path: vote, press: toReview, want: "NOT cast yet"},
	{name: "vote-review-three", path: vote + "?scene=three", press: []string{"=Question 1", "Yes", "Next question", "=Question 2", "<img", "Next question", "=Question 3", "Review my vote"}, want: "Blank."},
	{name: "vote-rank", path: vote + "?scene=ranked", press: []string{"=Not ranked yet", "Edith", "Grace", "María", "<img"}, want: "gets place 5"},
	{name: "vote-rank-full", path: vote + "?scene=ranked", press: []string{"=Not ranked yet", `!for (let i = 0; i < 10; i++) document.querySelector(".rest li:not([hidden]) button").click()`}, want: "This vote counts 10 places"},
	{name: "vote-rank-review", path: vote + "?scene=ranked", press: []string{"=Not ranked yet", "Edith", "Grace", "<img", "Review my vote"}, want: "37 are not ranked"},
	{name: "vote-check", path: vote, press: after(toReview, "Check this ballot"), want: "When the other device says", never: "Yes"},
	{name: "vote-opened", path: vote, press: after(toReview, "Check this ballot", "=When the other", "The other device is ready"), want: "Part 1 of 3"},
	{name: "vote-sending", path: vote + "?scene=slow", press: after(toReview, "Cast my vote", "=Sent, not yet confirmed"), want: "Sent, not yet confirmed", never: "Your vote is recorded"},
	{name: "vote-receipt", path: vote, press: after(toReview, "Cast my vote"), want: "number 1,204 in the public record", never: "not cast"},
	{name: "vote-receipt-open", path: vote, press: after(toReview, "Cast my vote", "=Your receipt", "As a QR code", "The whole receipt"), want: "mandate receipt, version 1"},
	{name: "vote-unconfirmed", path: vote + "?cast=network", press: after(toReview, "Cast my vote"), want: "We do not know yet", never: "Your vote is recorded."},
	{name: "vote-closed-meanwhile", path: vote + "?cast=closed", press: after(toReview, "Cast my vote"), want: "Closed meanwhile"},
	{name: "vote-alarm", path: vote + "?cast=alarm", press: after(toReview, "Cast my vote"), want: "something that must not happen"},
	{name: "vote-storage", path: vote + "?cast=storage", press: after(toReview, "Cast my vote", "=This browser keeps nothing"), want: "NOT cast yet"},
	{name: "vote-nothing-sent", path: vote + "?scene=pending,none", want: "gone. Please choose again.\n\nVoting closes"},
	{name: "vote-resumed", path: vote + "?scene=pending", want: "Your vote is recorded"},
	{name: "vote-resume-down", path: vote + "?scene=pending&resume=board-down", want: "We do not know yet"},
	{name: "vote-refused", path: vote + "?scene=pending,refused", want: "The board has refused this ballot"},
	{name: "vote-voted", path: vote + "?scene=voted", want: "You can replace your vote until"},
	{name: "vote-final", path: vote + "?scene=voted,once", want: "a cast ballot is final"},
	{name: "vote-other-program", path: vote + "?scene=other-program", want: "This booth is not the program that the vote names"},
	{name: "vote-foreign", path: vote + "?scene=voted,foreign", want: "Another device has voted with your card"},
	{name: "vote-board-down", path: vote + "?fail=board-down", want: "The board does not answer"},
	{name: "vote-old-board", path: vote + "?fail=old-board", want: "an older state"},
	{name: "vote-spent", path: vote + "?fail=spent", want: "already voted here"},
	{name: "support", path: "/booth/support/" + voteID, want: "2,987 members support it"},
	{name: "support-done", path: "/booth/support/" + voteID, press: []string{"=2,987", "Support this petition"}, want: "The board has your support"},
	{name: "support-supported", path: "/booth/support/" + voteID + "?scene=supported", want: "You support this petition"},
	{name: "support-over", path: "/booth/support/" + voteID + "?scene=over", want: "no longer takes supports"},
	{name: "vote-late", path: vote + "?scene=late", want: "come back later"},
	{name: "me", path: "/booth/me", want: "Issued in your name"},
	{name: "me-none", path: "/booth/me?scene=empty", want: "no voter card on this device"},
	{name: "me-foreign", path: "/booth/me?scene=foreign", want: "that is not this one"},
	{name: "me-history", path: "/booth/me", press: []string{"=Issued", "My ballots on the board"}, want: "Ballot, number 1,204"},
	{name: "me-export", path: "/booth/me", press: []string{"=Issued", "Keep or move"}, want: "Save as a file"},
	{name: "me-forget", path: "/booth/me", press: []string{"=Issued", "Remove from this device"}, want: "Remove the card from this device?"},
	{name: "check", path: "/booth/check", want: "This is the second device"},
	{name: "check-ready", path: "/booth/check" + scanned, want: "Ready"},
	{name: "check-parts", path: "/booth/check" + scanned + "&part=2/3&data=AAAA", want: "1 part of 3 is here"},
	{name: "check-says", path: "/booth/check" + scanned + "&opened=AAAA", want: "Is this what you chose?"},
	{name: "check-good", path: "/booth/check" + scanned + "&opened=AAAA", press: []string{"=Is this what", "Yes, this is"}, want: "cast a new ballot"},
	{name: "check-differs", path: "/booth/check" + scanned + "&opened=AAAA", press: []string{"=Is this what", "No, I chose"}, want: "Do not vote on that device"},
	{name: "check-lie", path: "/booth/check?scene=lie" + scanned + "&opened=AAAA", want: "This ballot does not hold"},
	{name: "receipt", path: "/booth/receipt", want: "A receipt proves"},
	{name: "receipt-good", path: "/booth/receipt#receipt=bWFuZGF0ZQ", want: "Verified"},
	{name: "receipt-bad", path: "/booth/receipt?fail=form#receipt=bWFuZGF0ZQ", want: "Not verified"},
	{name: "receipt-alarm", path: "/booth/receipt?fail=alarm#receipt=bWFuZGF0ZQ", want: "does not continue"},
	{name: "elsewhere", path: "/booth/check#board=https%3A%2F%2Felsewhere.example", want: "This page checks another board"},
}

// reach brings a page to a state.
func (s state) reach(p *boothtest.Page, base, lang string) {
	path, hash, _ := strings.Cut(s.path, "#")
	if strings.Contains(path, "?") {
		path += "&lang=" + lang
	} else {
		path += "?lang=" + lang
	}
	if hash != "" {
		path += "#" + hash
	}
	p.Go(base + path)
	for _, step := range s.press {
		switch step[0] {
		case '=':
			p.Wait(step[1:])
		case '!':
			p.Eval(step[1:]+";0", nil)
		default:
			p.Wait(step)
			p.Press(step)
		}
	}
	p.Wait(s.want)
}

// Every page in every state, on a phone in light and, if everything is to be looked at, on a desktop in dark: it says what it should, axe-core finds nothing, nothing is wider
// than the screen, and neither a script nor the policy complains.
func TestStates(t *testing.T) {
	b, s := boothtest.Start(t), mocked(t)
	for _, l := range []struct {
		name string
		look boothtest.Look
		axe  []string // rules; default all
	}{{"phone", boothtest.Phone, nil}, {"desktop", boothtest.Desktop.In(true), []string{"color-contrast"}}} {
		if l.name != "phone" && !boothtest.Everything() {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			p := b.Open(t, l.look)
			for _, st := range states {
				t.Run(st.name, func(t *testing.T) {
					p := p.For(t)
					p.Eval(`if (location.origin !== "null") { localStorage.clear(); sessionStorage.clear() }`, nil)
					p.Go("about:blank") // else an address that differs after its # only is no new page
					p.Trouble()
					st.reach(p, s.URL, "en")
					if st.never != "" && strings.Contains(p.Text(), st.never) {
						t.Errorf("the page shows %q:\n%s", st.never, p.Text())
					}
					for _, v := range p.Axe(l.axe...) {
						t.Errorf("axe: %s", v)
					}
					for _, w := range p.Wide() {
						t.Errorf("too wide: %s", w)
					}
					for _, e := range p.Trouble() {
						t.Errorf("browser: %s", e)
					}
					p.Picture(st.name + "-" + l.name)
				})
			}
		})
	}
}
