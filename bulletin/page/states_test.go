package page

import (
	"strings"
	"testing"
)

// TestStates: what a reader must find on the page of a vote in each state, in both languages, and what must not be there.
func TestStates(t *testing.T) {
	for _, x := range []struct {
		scene, section string // "" is the whole page
		en, es         string
		not            bool
	}{
		{"petition", "", "Petition", "Petición", false},
		{"petition", "", "14 of the 20 members whose support is needed support this petition. It is open until 15 April 2027, 08:00 UTC.", "Apoyan esta petición 14 de las 20 personas que hacen falta. Está abierta hasta el 15 de abril de 2027, 08:00 UTC.", false},
		{"petition", "call", "The vote is called when 5% of the roll of 400 support it: 20 members.", "La votación se convoca cuando la apoya 5 % del padrón de 400: 20 personas.", false},
		{"petition", "call", "14 members support it, 20 needed 70%", "14 personas la apoyan, hacen falta 20 70 %", false},
		{"petition", "call", "30 of 400 members have collected a voter card", "30 de 400 personas han recogido una tarjeta", false},
		{"petition", "call", "Send on this address: https://votes.example.org/vote/", "Envíe esta dirección: https://votes.example.org/vote/", false},
		{"petition", "next", "Members: support the petition; 6 more are needed until 15 April 2027", "La membresía: apoyar la petición; faltan 6 apoyos hasta el 15 de abril", false},
		{"petition", "next", "Not yet Enough members have called", "Falta Suficientes personas han convocado", false},
		{"petition", "call", "mandate support -card my-card.txt -petition", "mandate support -card my-card.txt -petition", false},
		{"called", "call", "mandate support", "mandate support", true},
		{"debate", "statements", "-side for|against my-statement.txt", "-side for|against my-statement.txt", false},
		{"draw", "statements", "mandate statement", "mandate statement", true},
		{"open", "question", "mandate vote -card my-card.txt -vote", "mandate vote -card my-card.txt -vote", false},
		{"closing", "question", "mandate vote -card", "mandate vote -card", true},
		{"petition", "", "ballot counts", "papeletas hasta ahora", true},
		{"called", "statements", "as soon as every registrar has committed", "en cuanto cada registrador se haya comprometido", false},
		{"called", "call", "Reached on 15 January 2027", "Se alcanzó el 15 de enero", false},
		{"called", "call", "Send on this address", "Envíe esta dirección", true},
		{"called", "next", "Elections Commission, Auditors' Council: commit to the draw", "Elections Commission, Auditors' Council: comprometerse con el sorteo", false},
		{"debate", "", "Being debated", "En debate", false},
		{"debate", "statements", "Statements are taken until 29 January 2027", "Se reciben declaraciones hasta el 29 de enero de 2027", false},
		{"debate", "statements", "For 2 statements", "A favor 2 declaraciones", false},
		{"debate", "statements", "A member, without a name", "Una persona de la membresía, sin nombre", false},
		{"debate", "statements", "Against: It names a member's private address.", "En contra: It names a member's private address.", false},
		{"debate", "", "Something that cannot be printed", "Something that cannot be printed", true},
		{"debate", "next", "Overdue", "Vencido", true},
		{"overdue", "next", "The commission: hold the forums that the rules ask for due since 8 February 2027, 08:00 UTC Overdue", "La comisión: celebrar los foros que piden las reglas debía estar hecho el 8 de febrero de 2027, 08:00 UTC Vencido", false},
		{"overdue", "", "Voting was to open from 12 February 2027, 08:00 UTC on. It cannot open before", "La votación debía abrirse a partir del 12 de febrero", false},
		{"overdue", "forums", "Not on record as held", "No consta que se celebró", false},
		{"overdue", "story", "Voting closes 22", "Se cierra la votación 22", true},
		{"debate", "story", "Voting closes 22 February 2027", "Se cierra la votación 22 de febrero de 2027", false},
		{"one forum", "forums", "Recording: https://forum.example/1", "Grabación: https://forum.example/1", false},
		{"one forum", "next", "Not yet 2 forums", "Falta Se celebraron 2 foros", false},
		{"mailing", "packet", "97.8% of the roll done", "97.8 % del padrón hecho", false},
		{"mailing", "packet", "380 sent by e-mail 10 sent on paper 1 has no address 7 came back 9 still to be sent", "380 enviados por correo electrónico 10 enviados en papel 1 persona no tiene dirección 7 devueltos Faltan por enviar 9", false},
		{"mailing", "packet", "Auditors' Council Has not said anything yet.", "Auditors' Council Todavía no ha dicho nada.", false},
		{"mailing", "next", "Elections Commission, Auditors' Council: send the packet to every member by", "Elections Commission, Auditors' Council: enviar el paquete a toda la membresía a más tardar", false},
		{"mailing", "next", "Done 2 forums of all members were held. Done Their recordings are published. Done Statements", "Hecho Se celebraron 2 foros de toda la membresía. Hecho Sus grabaciones", false},
		{"open", "turnout", "20 ballots count so far, of a roll of 400: 5%.", "Cuentan 20 papeletas hasta ahora, de un padrón de 400: 5 %.", false},
		{"open", "turnout", "1 ballot was opened on a second device", "1 papeleta se abrió en un segundo dispositivo", false},
		{"open", "question", "“Yes” passes with more than half of the votes for these options together: “Yes”, “No”. The result is advisory.", "«Sí» se aprueba con más de la mitad de los votos de estas opciones juntas: «Sí», «No». El resultado es consultivo.", false},
		{"open", "", "Voting is open until 22 February 2027", "La votación está abierta hasta el 22 de febrero de 2027", false},
		{"closing", "next", "The commission: close voting by", "La comisión: cerrar la votación a más tardar", false},
		{"closed", "", "Being counted", "En recuento", false},
		{"closed", "next", "The board: seal the ballot box by", "El tablón: sellar la urna a más tardar", false},
		{"open", "turnout", "None was reported to say something else than was chosen.", "De ninguna se informó que diga algo distinto de lo elegido.", false},
		{"reported", "turnout", "They were checked with 2 cards. 1 of these ballots was reported to say something else than was chosen. The reports are signed with 1 card.",
			"Se comprobaron con 2 tarjetas. De 1 de estas papeletas se informó que dice algo distinto de lo elegido. Los avisos están firmados con 1 tarjeta.", false},
		{"reported", "turnout", "None was reported", "De ninguna se informó", true},
		{"sealed", "next", "Ana Ruiz, Ben Okafor, Chi Nguyen: sign the sealed ballot box by", "Ana Ruiz, Ben Okafor, Chi Nguyen: firmar la urna sellada", false},
		{"sealed", "turnout", "20 ballots count, of a roll", "Cuentan 20 papeletas, de un", false},
		{"certified", "results", "Passed: Yes", "Se aprueba: Sí", false},
		{"certified", "results", "Yes ✓ wins 12 votes, 60%", "Sí ✓ gana 12 votos, 60 %", false},
		{"certified", "results", "“Yes” has 12 of 17 votes, 70.6%. It needed more than half.", "«Sí» tiene 12 de 17 votos, 70.6 %. Necesitaba más de la mitad.", false},
		{"certified", "next", "National Committee: answer the result by 8 March 2027", "National Committee: responder al resultado a más tardar el 8 de marzo", false},
		{"certified", "people", "Ana Ruiz https://trustee1.example has signed the sealed ballot box", "Ana Ruiz https://trustee1.example ha firmado la urna sellada", false},
		{"no answer", "next", "National Committee: answer the result due since 8 March 2027, 08:01 UTC Overdue", "National Committee: responder al resultado debía estar hecho el 8 de marzo", false},
		{"answered", "results", "The answer of National Committee We will do as the members have decided.", "La respuesta de National Committee We will do as the members have decided.", false},
		{"lapsed", "", "This vote was not called.", "Esta votación no se convocó.", false},
		{"lapsed", "story", "The time to call the vote was over 15 April 2027", "Terminó el plazo para convocar la votación 15 de abril", false},
		{"lapsed", "story", "To come", "Por venir", true},
		{"cancelled", "", "This vote was cancelled. The reason given: The candidate has left the race.", "Esta votación se canceló. El motivo indicado: The candidate has left the race.", false},
		{"annulled", "", "This vote is void. The reason given: The question was printed wrongly", "Esta votación es nula. El motivo indicado: The question was printed wrongly", false},
		{"body", "call", "4 signatures, 6 needed", "4 firmas, hacen falta 6", false},
		{"body", "call", "Signed Committee member 11 Not signed Committee member 12", "Firmó Committee member 11 Sin firmar Committee member 12", false},
		{"body", "next", "National Committee: sign the call; 2 more signatures are needed until 14 February", "National Committee: firmar la convocatoria; faltan 2 firmas hasta el 14 de febrero", false},
		{"many statements", "statements", "All statements", "Todas las declaraciones", false},
		{"draw", "statements", "The draw waits for what the registrars have to reveal.", "El sorteo espera", false},
		{"draw", "next", "reveal their part of the draw", "revelar su parte del sorteo", false},
		{"drawn", "statements", "These were drawn by lot", "Estas salieron en el sorteo", false},
		{"nominations", "candidates", "Members can be nominated until 5 February 2027", "Se puede proponer candidaturas hasta el 5 de febrero", false},
		{"nominations", "candidates", "Withdrawn The reason given: I am moving abroad.", "Retirada El motivo indicado: I am moving abroad.", false},
		{"nominations", "question", "Rank as many as you like, the one you like best first, or none. The options are the members who are nominated", "Ordene cuantas quiera, empezando por la que prefiere, o ninguna. Las opciones son las personas propuestas", false},
		{"elected", "results", "17 candidates are elected.", "Se eligen 17 candidaturas.", false},
		{"elected", "call", "The statutes ask for it every two years.", "The statutes ask for it every two years.", false},
		{"plain called", "next", "Trustee 1, Trustee 2, Trustee 3: do their part in making the key of the vote by", "Trustee 1, Trustee 2, Trustee 3: hacer su parte de la clave", false},
		{"mock", "", "This is a mock vote. It is a rehearsal and decides nothing.", "Esto es un simulacro. Es un ensayo y no decide nada.", false},
		{"no quorum", "results", "Too few have voted: the result does not count.", "Han votado muy pocas personas: el resultado no cuenta.", false},
		{"no quorum", "results", "At least 10% of the roll must vote: 40 of 400 members.", "Debe votar al menos 10 % del padrón: 40 de 400 personas.", false},
		{"no quorum", "results", "“Yes” passes with at least two thirds of all ballots counted.", "«Sí» se aprueba con al menos dos tercios de todas las papeletas contadas.", false},
		{"broken", "", "This vote does not verify (opening-time).", "Esta votación no se verifica (opening-time).", false},
	} {
		for code, want := range map[string]string{"en": x.en, "es": x.es} {
			e := page(t, x.scene, votePath, code)
			if e = e.all("main")[0]; x.section != "" {
				e = e.section(t, x.section)
			}
			got := strings.ReplaceAll(e.words(), "\u00a0", " ")
			if strings.Contains(got, want) == x.not {
				t.Errorf("%s, %s, %s: has %q: %v\n%s", x.scene, x.section, code, want, x.not, got)
			}
		}
	}
}

// Every page tells that it is the board's word, and how to check it: with the line for this vote on this board.
func TestTheBoardsOwnWord(t *testing.T) {
	for _, v := range views(t) {
		if strings.Contains(v.path, "/log/") { // all alike
			continue
		}
		_, w := inView(t, v)
		doc := parse(t, w.Body.String())
		foot := doc.all("footer")[0]
		line := foot.classed("line")[0].words()
		if !strings.Contains(foot.words(), map[bool]string{true: "This page is the board’s own word.", false: "Esta página recoge lo que dice el propio tablón."}[strings.HasSuffix(v.name, "-en")]) ||
			!strings.HasPrefix(line, "mandate-verify ") || !strings.HasSuffix(line, " https://votes.example.org") {
			t.Errorf("%s: %q", v.name, foot.words())
		}
		if strings.Contains(v.path, "/vote/") && !strings.Contains(v.path, "/statements") && !strings.Contains(v.path, "/nothing") && !strings.Contains(line, " -vote ") {
			t.Errorf("%s: the line %q names no vote", v.name, line)
		}
	}
	s := scenes(t)["open"]
	check := page(t, "open", votePath, "en").section(t, "check")
	if got := check.classed("id")[0].words(); got != s.vote.String() {
		t.Errorf("the id is %q", got)
	}
	if got := check.classed("line")[1].words(); got != "mandate-verify -vote "+s.vote.String()+" board.tar" {
		t.Errorf("without the network: %q", got)
	}
}

// A vote that does not verify has no figures of a result, although there is one on the log.
func TestNoResultOfABrokenVote(t *testing.T) {
	s := scenes(t)["broken"]
	if s.state.Vote(s.vote).Result == nil {
		t.Fatal("there is no result on the log")
	}
	for _, path := range []string{votePath, "/"} {
		main := page(t, "broken", path, "en").all("main")[0]
		if got := main.words(); strings.Contains(got, "Passed") || strings.Contains(got, "1 vote,") || !strings.Contains(got, "Does not verify A verifier refuses this vote.") {
			t.Errorf("%s: %s", path, got)
		}
	}
	if doc := page(t, "broken", votePath, "en"); doc.id("results") != nil || doc.id("question") == nil {
		t.Error("the page has a result")
	}
	if doc := page(t, "certified", votePath, "en"); doc.id("question") != nil || doc.id("results") == nil {
		t.Error("the page of a certified vote has none")
	}
}

// Statements keep their line breaks; the newest state of a text is that of the log.
func TestLineBreaks(t *testing.T) {
	doc := page(t, "debate", votePath, "en")
	text := doc.section(t, "statements").classed("text")
	if len(text) != 3 || text[0].text != statements()["for"][0] || !strings.Contains(text[0].text, "years.\n\nA house") {
		t.Errorf("%d statements, the first %q", len(text), text[0].text)
	}
	sheet, err := static.ReadFile("static/style.css")
	if err != nil || !strings.Contains(string(sheet), ".statement .text { white-space: pre-line;") {
		t.Error("the style sheet does not keep line breaks")
	}
}

// The draw chooses twelve of twenty; all that were handed in stay to be read, page by page.
func TestDrawnAndAllStatements(t *testing.T) {
	count := func(e *element) (out []int) {
		for _, s := range e.classed("side") {
			out = append(out, len(s.classed("statement")))
		}
		return out
	}
	for scene, want := range map[string][2]int{"many statements": {shown, shown}, "draw": {shown, shown}, "drawn": {12, 10}} {
		if got := count(page(t, scene, votePath, "en").section(t, "statements")); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %d for and %d against, want %d", scene, got[0], got[1], want)
		}
	}
	s := scenes(t)["drawn"]
	chosen, _ := s.state.Selected(s.state.Vote(s.vote))
	doc := page(t, "drawn", votePath, "en")
	for _, st := range chosen {
		if e := doc.id("s-" + st.ID.String()); e == nil || !strings.Contains(e.text, st.Body.Text) {
			t.Errorf("statement %q was drawn and is not there", st.Body.Text)
		}
	}
	if got := count(page(t, "drawn", votePath+"/statements", "en")); got[0] != perPage || got[1] != 10 {
		t.Errorf("all statements: %d for and %d against on the first page", got[0], got[1])
	}
}

// Bars are as long as what they stand for.
func TestBars(t *testing.T) {
	fill := func(e *element) (out []string) {
		for _, r := range e.classed("fill") {
			out = append(out, r.attr["width"])
		}
		return out
	}
	goal := page(t, "petition", votePath, "en").section(t, "call").classed("goal")[0]
	if got := fill(goal); len(got) != 1 || got[0] != "70.00" || goal.classed("mark")[0].attr["x"] != "100.00" {
		t.Errorf("the petition's bar: %v", got)
	}
	if got := strings.Join(fill(page(t, "certified", votePath, "en").section(t, "results")), " "); got != "60.00 25.00 15.00" {
		t.Errorf("the result's bars: %s", got)
	}
	for _, x := range []struct {
		part, whole uint64
		want        string
	}{{0, 0, "0"}, {5, 0, "0"}, {1, 3, "33.33"}, {7, 5, "100.00"}, {1 << 63, 1<<64 - 1, "50.00"}} {
		if got := hundredths(x.part, x.whole); got != x.want {
			t.Errorf("%d of %d: %s, want %s", x.part, x.whole, got, x.want)
		}
	}
	if b := newGoal(30, 20); b.Fill != "100.00" || b.Mark != "66.67" {
		t.Errorf("more than needed: %+v", b)
	}
}

// The organisation's page lists every vote with its phase, and every round with each registrar's cards out of the roll.
func TestOrganisation(t *testing.T) {
	for code, want := range map[string][]string{
		"en": {"Voting is open Shall the dues be raised?", "To be called Shall the organisation buy a house", "3 members support it, 20 needed", "Rehearsal: where shall we meet? Called Mock vote",
			"Elections Commission: 30 cards of a roll of 400, 7.5%", "Auditors' Council: 30 cards of a roll of 400, 7.5%", "mandate-verify https://votes.example.org"},
		"es": {"Votación abierta ¿Se aumentan las cuotas?", "Por convocar ¿Compra la organización una casa", "3 personas la apoyan, hacen falta 20", "Ensayo: ¿dónde nos reunimos? Convocada Simulacro",
			"Elections Commission: 30 tarjetas de un padrón de 400, 7.5 %"},
	} {
		got := strings.ReplaceAll(page(t, "town", "/", code).words(), "\u00a0", " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", code, w, got)
			}
		}
	}
	if got := page(t, "overdue", "/", "en").words(); !strings.Contains(got, "Being debated 6 duties overdue") {
		t.Errorf("nothing is overdue: %s", got)
	}
	if got := page(t, "certified", "/", "en").words(); !strings.Contains(got, "Passed: Yes") {
		t.Errorf("no result: %s", got)
	}
	if got := page(t, "empty", "/", "en").words(); !strings.Contains(got, "There is no vote yet.") || !strings.Contains(got, "There is no round yet.") {
		t.Errorf("an empty board: %s", got)
	}
}

// Whoever was taken off the roll sees it where they look up their entry, and everybody sees how many there are, and why.
func TestRemovals(t *testing.T) {
	s := scenes(t)["reported"]
	round := "/round/" + s.state.Vote(s.vote).Round.ID.String()
	got := page(t, "reported", round, "en").section(t, "roll").words()
	for _, w := range []string{
		"3 of 400 entries are off this roll now.", "it cannot be recalled, and it still votes", "3 entries taken off · membership lapsed Entries: 60, 61, 62",
		"1 entry put back · removed by mistake Entries: 61", "1 entry taken off · " + hostile + " resigned Entries: 70",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in\n%s", w, got)
		}
	}
	if got := page(t, "reported", round, "es").section(t, "roll").words(); !strings.Contains(got, "3 de 400 inscripciones están ahora de baja") {
		t.Error(got)
	}
	if got := page(t, "open", round, "en").words(); strings.Contains(got, "off this roll") {
		t.Error(got)
	}
	for number, off := range map[string]bool{"60": true, "61": false, "0": false} {
		got := page(t, "reported", round+"/entry?number="+number, "en").words()
		if strings.Contains(got, "has taken this entry off the roll: membership lapsed") != off {
			t.Errorf("entry %s: %s", number, got)
		}
	}
}

func TestRound(t *testing.T) {
	s := scenes(t)["town"]
	got := page(t, "town", "/round/"+s.state.Vote(s.vote).Round.ID.String(), "en").words()
	for _, w := range []string{
		"Cards can be collected until 15 May 2027, 08:00 UTC.", "30 cards of a roll of 400, 7.5% run by Union of auditors, Chicago, knows members by: code on paper",
		"Shall the dues be raised? ballots · Voting is open", "house for its meetings? supports of the petition · Petition", "statements without a name · Petition",
		"Free, for a petition or for statements", "1 January 2027",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in\n%s", w, got)
		}
	}
}
