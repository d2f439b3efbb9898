package endtoend

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mandate/bulletin/booth/boothtest"
)

// A voting is what one member does, from the registrars' first message on.
type voting struct {
	*town
	b       *boothtest.Browser
	kept    kept
	receipt string // of the ballot that counts
}

func (v *voting) test(t *testing.T) {
	entry := v.entry("Eve " + evil)
	phone := v.device(t, v.b, boothtest.Phone)
	v.collect(t, phone, entry)
	first := v.castChecked(t, phone)

	// The vote is replaced, after a reload.
	phone.open(phone.vote())
	phone.Wait("Replace my vote")
	phone.says("Your vote is recorded", "Your ballot is number "+first)
	phone.look("voted")
	phone.Press("Replace my vote")
	phone.Wait("What you cast now replaces your earlier vote")
	phone.choose(choice{dues: "Yes", ranking: []string{"Uma Nair"}})
	phone.says("Blank.", "4 are not ranked")
	if second := phone.cast(); second == first {
		t.Error("the second ballot has the first one's place")
	}
	receipt := phone.receipt()
	v.restore(t, entry)
	v.check(t, receipt)
}

// collect has both registrars answer. The second one's message opens in another browser (issue: mails opened in several browsers).
func (v *voting) collect(t *testing.T, phone *device, entry int) {
	desk := v.device(t, v.b, boothtest.Desktop)
	phone.Go(v.links[0][entry])
	phone.Wait("Is this you?")
	phone.says("Town office says", "Eve "+evil, "M-100")
	phone.look("card-you")
	phone.Press("Yes, this is me")
	phone.Wait("Keep your card before you go on")
	phone.Press("I have kept it")
	phone.Wait("Keep the card first")
	phone.Press("Write down 24 words")
	phone.Wait("Check every word once more")
	phone.keepsSilent("Keep the card first")
	phone.look("card-keep")
	v.kept.Words = phone.read(".keeping > details .mnemonic li")
	if len(v.kept.Words) != 24 {
		t.Fatalf("%d words", len(v.kept.Words))
	}
	phone.Press("I have kept it")
	phone.Wait("1 of 2 registrars has answered")
	phone.look("card-answered")

	// The card is brought to where the message opened, and is complete there.
	desk.Go(v.links[1][entry])
	desk.Wait("Is this you?")
	desk.look("card-you")
	desk.Press("Yes, and I have already begun my card elsewhere")
	desk.Wait("Bring your card here")
	desk.look("card-restore")
	desk.write("textarea", strings.ToUpper(strings.Join(v.kept.Words, " ")))
	desk.Press("Restore from the words")
	desk.Wait("registrars has answered")
	desk.write("input.code", v.codes[0][entry])
	desk.Press("Use this code")
	desk.Wait("Your card is complete")
	desk.look("card-complete")

	// And where it was begun, by the code out of that message.
	phone.write("input.code", strings.ToLower(v.codes[1][entry]))
	phone.Press("Use this code")
	phone.Wait("Your card is complete")
	phone.says("You can vote now", "Dues, places and delegates")
	phone.look("card-complete")
	phone.call("card.export", object{"round": v.round}, &v.kept)

	v.flush(t.Context())
	phone.open("/booth/me")
	phone.Wait("has published that it issued your card")
	phone.look("me")
}

// castChecked votes: a first ballot is opened and checked on another device, at another server; the second one is cast.
func (v *voting) castChecked(t *testing.T, phone *device) (index string) {
	phone.open(phone.vote())
	phone.Wait("Question 1 of 4")
	phone.says("NOT cast yet", "Choose one, or none for a blank vote")
	phone.look("vote-choice")
	for i, page := range []string{"vote-approval", "vote-choose", "vote-ranking"} {
		phone.Press("Next question")
		phone.Wait([]string{"Choose all that you approve of", "Choose up to 2", "Rank as many as you like"}[i])
		phone.look(page)
	}
	phone.says(bold)
	phone.open(phone.vote())
	phone.choose(everything)
	phone.says(append(everything.words(), "NOT cast yet", "2 are not ranked")...)
	phone.look("vote-review")

	phone.says("The name of this ballot, for another device")
	link := phone.read("input[readonly]")[0]
	at, err := url.Parse(link)
	if err != nil || at.Host == hostOf(v.url) || at.Host != hostOf(v.desks[0].URL) && at.Host != hostOf(v.desks[1].URL) {
		t.Errorf("the other device is sent to %s", link)
	}
	second := v.device(t, v.b, boothtest.Phone)
	second.Go(link)
	second.Wait("This device knows the ballot's name now")
	second.look("check-ready")
	phone.Press("Check this ballot")
	phone.Wait("The other device is ready: open this ballot")
	phone.says(second.read("#booth code")[0])
	phone.look("hand-scan")
	phone.Press("The other device is ready")
	phone.Wait("Show what is inside")
	phone.look("hand-open")
	second.Go(phone.read("input[readonly]")[0])
	second.Wait("Is this what you chose?")
	second.says(append(everything.words(), "it can never count", "exactly the one whose name it was told")...)
	second.keepsSilent("Town hall", "Mia Wolf", "Uma Nair", "did not know the ballot's name")
	var order []string
	if order = second.read("ol.picked li"); strings.Join(order, "|") != strings.Join(everything.ranking, "|") {
		t.Errorf("the other device shows the ranking %q", order)
	}
	second.look("check-says")
	second.Press("Yes, this is what I chose")
	second.Wait("Your vote is not cast yet")

	phone.Press("Go on with a new ballot")
	phone.Wait("Is this right?")
	phone.says(everything.words()...)
	index = phone.cast()
	phone.look("vote-recorded")
	phone.keepsSilent(everything.words()[:3]...)
	return index
}

func hostOf(address string) string {
	_, host, _ := strings.Cut(address, "//")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// restore brings the card to browsers that know nothing of it, from the file and from the words, and votes there.
func (v *voting) restore(t *testing.T, entry int) {
	desk := v.device(t, v.b, boothtest.Desktop)
	desk.open(desk.vote())
	desk.Wait("You need your voter card")
	desk.look("vote-no-card")
	desk.Press("I have a card elsewhere")
	desk.Wait("Bring your card here")
	desk.upload("voter-card.txt", v.kept.File)
	desk.Wait("of 2 registrars") // the file has no signatures in it: the registrars answer again
	for i := range v.desks {
		desk.write("input.code", v.codes[i][entry])
		desk.Press("Use this code")
		if i == 0 {
			desk.Wait("1 of 2 registrars has answered")
		}
	}
	desk.Wait("Your card is complete")
	desk.open(desk.vote())
	desk.Wait("Another device has voted with your card") // C8
	desk.says("vote again now, which replaces that ballot")
	desk.look("vote-elsewhere")
	desk.Press("Replace my vote")
	desk.choose(everything)
	desk.cast()
	v.receipt = desk.receipt()
	desk.look("vote-recorded")
	desk.open("/booth/me")
	desk.Wait("My ballots on the board")
	desk.Press("My ballots on the board")
	desk.Wait("Made on this device")
	desk.says("Opened ballot, number", "Not made on this device", "Counts.", "Does not count.")
	desk.look("history")
}

// check checks two receipts in a browser that has nothing to do with the member: of a ballot that was replaced, and of the one that counts.
func (v *voting) check(t *testing.T, replaced string) {
	other := v.device(t, v.b, boothtest.Phone)
	other.open("/booth/receipt")
	other.Wait("Or paste the receipt")
	other.look("receipt")
	other.write("textarea", replaced)
	other.Press("Check it")
	other.Wait("Verified")
	other.says("No. A later ballot has replaced it", "Dues, places and delegates")
	other.Go(v.desks[1].URL + "/booth/receipt")
	other.Wait("Or paste the receipt")
	other.upload("receipt.txt", v.receipt)
	other.Wait("Verified")
	other.says("Yes. It is the last ballot of its card")
	other.look("receipt-verified")
	other.Press("Check another receipt")
	other.Wait("Or paste the receipt")
	other.write("textarea", strings.Replace(v.receipt, "\nindex ", "\nindex 1", 1))
	other.Press("Check it")
	other.Wait("Not verified")
	other.look("receipt-bad")
}

// A petition is supported in two taps: open the link, press the button.
func petition(t *testing.T, w *town, b *boothtest.Browser) {
	d := w.device(t, b, boothtest.Phone)
	d.card(w.member())
	w.flush(t.Context())
	d.open("/booth/support/" + w.petition.String())
	d.Wait("Support this petition")
	d.says("Shall the union found a strike fund?", "Not supported yet", "Nobody learns that it was you")
	d.look("support")
	d.Press("Support this petition")
	d.Wait("The board has your support")
	d.says("The board has promised, signed, to publish it by")
	d.look("supported")
	d.open("/booth/support/" + w.petition.String())
	d.Wait("You support this petition")
	spanish := w.device(t, b, boothtest.Phone)
	spanish.open("/booth/support/" + w.petition.String() + "?lang=es")
	spanish.Wait("¿Se crea un fondo de huelga?")
	spanish.look("support-es")
}

// result looks at what everybody sees in the end.
func (v *voting) result(t *testing.T) {
	desk, phone := v.device(t, v.b, boothtest.Desktop), v.device(t, v.b, boothtest.Phone)
	for _, d := range []*device{desk, phone} {
		for _, path := range []string{"/", "/vote/" + v.vote.String(), "/vote/" + v.vote.String() + "/result", "/log"} {
			d.open(path)
			d.lookAtPublic("public-" + strings.ReplaceAll(strings.Trim(strings.ReplaceAll(path, v.vote.String(), ""), "/"), "/", "") + "-page")
		}
	}
	desk.open("/vote/" + v.vote.String() + "/result")
	desk.says("Shall the dues be raised?", "Which places suit you?", evil, bold, "Rosa Blum")
	var files []string
	desk.Eval(`[...document.querySelectorAll("a[href]")].map((a) => a.href).filter((a) => /csv|json|tar|count/.test(a))`, &files)
	if len(files) < 4 {
		t.Errorf("downloads: %q", files)
	}
	for _, file := range files {
		got := must(http.Get(file))(t)
		body := must(io.ReadAll(got.Body))(t)
		got.Body.Close()
		if got.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s, %d bytes", file, got.Status, len(body))
		}
	}
	desk.open("/booth/receipt")
	desk.Wait("Or paste the receipt")
	desk.write("textarea", v.receipt)
	desk.Press("Check it")
	desk.Wait("Verified")
	desk.says("Yes. It is the last ballot of its card")
}

// observer verifies the whole board in a browser.
func observer(t *testing.T, w *town, b *boothtest.Browser) {
	d := w.device(t, b, boothtest.Desktop)
	d.open("/booth/verify?vote=" + w.vote.String())
	d.Wait("Verify now")
	d.Press("Verify now")
	d.Wait("Every check ran to its end and held")
	d.says("Dues, places and delegates", evil, "The rankings were shuffled by enough trustees")
	d.look("verified")
}

// inSpanish votes and looks at pages in the other language, on a dark page.
func inSpanish(t *testing.T, w *town, b *boothtest.Browser) {
	d := w.having(t, b.Open(t, boothtest.Phone.In(true)), boothtest.Phone)
	d.card(w.member())
	d.open(d.vote() + "?lang=es")
	d.Wait("Pregunta 1 de 4")
	d.says("AÚN NO emitido", "¿Se aumentan las cuotas?")
	d.Press("Sí")
	d.Press("Siguiente pregunta")
	d.Wait("Pregunta 2 de 4")
	d.Press("Ayuntamiento")
	d.Press("Siguiente pregunta")
	d.Wait("Pregunta 3 de 4")
	d.Press(evil)
	d.Press("Siguiente pregunta")
	d.Wait("Pregunta 4 de 4")
	d.Press(bold)
	d.look("vote-ranking-es")
	d.Press("Revisar mi voto")
	d.Wait("¿Está bien así?")
	d.says("Sí", "Ayuntamiento", evil, bold)
	d.look("vote-review-es")
	d.Press("Emitir mi voto")
	d.Wait("Su papeleta es la número")
	d.look("vote-recorded-es")
	for _, path := range []string{"/booth/me", "/booth/card", "/booth/receipt", "/booth/check", "/booth/verify"} {
		d.open(path + "?lang=es")
		d.Eval(`new Promise((f) => { const look = () => document.querySelector("#booth h1, main h1") && !document.querySelector("[aria-busy=true]") ? f(0) : setTimeout(look, 50); look(); })`, nil)
		d.look(strings.TrimPrefix(path, "/booth/") + "-es")
		d.keepsSilent("registrars have answered", "Check a receipt")
	}
}
