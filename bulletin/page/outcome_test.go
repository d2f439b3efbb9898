package page

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/ballot/count/blt"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/language"
)

const resultPath = "/vote/{vote}/result"

// The page of a result has the outcome before anything else, the rule and its figures, the quorum, and every file.
func TestResultPage(t *testing.T) {
	for code, want := range map[string][]string{
		"en": {"Passed: Yes", "12 votes, 60%", "“Yes” has 12 of 17 votes", "20 ballots count, of a roll of 400: 5%", "1 ballot was opened on a second device", "With the second verifier.", "We will do as the members have decided."},
		"es": {"Se aprueba: Sí", "12 votos, 60 %", "«Sí» tiene 12 de 17 votos", "Cuentan 20 papeletas", "1 papeleta se abrió", "Con el segundo verificador."},
	} {
		doc := page(t, "answered", resultPath, code)
		got := strings.ReplaceAll(doc.words(), "\u00a0", " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", code, w, got)
			}
		}
		if first := doc.all("section")[0]; first.attr["aria-labelledby"] != "results" || len(first.classed("fill")) != 3 {
			t.Errorf("%s: bars are not first", code)
		}
	}
	if got := page(t, "no quorum", resultPath, "en").words(); !strings.Contains(got, "✗ 29 members voted, 40 needed: the quorum is not reached.") {
		t.Error(got)
	}
	if got := page(t, "open", resultPath, "en").words(); !strings.Contains(got, "There is no result yet.") || strings.Contains(got, "Downloads") {
		t.Error(got)
	}
	if got := page(t, "broken", resultPath, "en").words(); !strings.Contains(got, "Voting was opened before its time.") || strings.Contains(got, "Passed") || strings.Contains(got, "Downloads") {
		t.Error(got)
	}
}

func fileOf(t *testing.T, scene, path string) []byte {
	t.Helper()
	s := scenes(t)[scene]
	w := get(s.pages(), strings.ReplaceAll(path, "{vote}", s.vote.String()))
	if w.Code != 200 {
		t.Fatalf("%s: status %d", path, w.Code)
	}
	return w.Body.Bytes()
}

func TestResultFiles(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(fileOf(t, "answered", resultPath+".csv"))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v %v", rows, err)
	}
	if got := strings.Join(rows[1][2:], "|"); got != "yes|Yes|12|yes|passed" {
		t.Errorf("%s", got)
	}
	var j resultFile
	if err := json.Unmarshal(fileOf(t, "answered", resultPath+".json"), &j); err != nil {
		t.Fatal(err)
	}
	if j.Vote != scenes(t)["answered"].vote || j.Counted != 20 || *j.Contests[0].Options[0].Votes != 12 || !slices.Equal(j.Contests[0].Winners, []string{"yes"}) || j.Roll != 400 || len(j.Contests[0].Rule) < 2 {
		t.Errorf("%+v", j)
	}
	for _, scene := range []string{"open", "broken", "annulled", "petition"} { // nothing, where there is no result or none that verifies
		s := scenes(t)[scene]
		for _, ext := range []string{".csv", ".json"} {
			if w := get(s.pages(), "/vote/"+s.vote.String()+"/result"+ext); w.Code != 404 {
				t.Errorf("%s of %s: status %d", ext, scene, w.Code)
			}
		}
	}
	for in, want := range map[string]string{"=1+1": "'=1+1", "+x": "'+x", "-x": "'-x", "@x": "'@x", "Ana\nRuiz": "Ana Ruiz", "": "", "a=b": "a=b"} {
		if got := cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A ranked contest: elected in order, every stage in a table with headers, lots with their derivation, and files that read back.
func TestRankedResult(t *testing.T) {
	s := scenes(t)["ranked"]
	v := s.state.Vote(s.vote)
	doc := page(t, "ranked", resultPath, "en")
	k, ok := rankingsOf(v, 0)
	if !ok {
		t.Fatal("the fold has no count")
	}
	var elected []string
	for _, li := range doc.section(t, "results").classed("elected")[0].all("li") {
		elected = append(elected, li.words())
	}
	var want []string
	for _, w := range v.Result.Contests[0].Winners {
		want = append(want, v.Manifest.Contests[0].Options[w].Title["en"])
	}
	if len(want) != 3 || !slices.Equal(elected, want) {
		t.Errorf("elected: %q, want %q", elected, want)
	}
	section := doc.section(t, "count-1")
	table := section.all("table")[0]
	if heads := table.all("thead")[0].all("th"); len(heads) != len(k.Result.Stages)+2 {
		t.Errorf("%d columns for %d stages", len(heads), len(k.Result.Stages))
	}
	rows := table.all("tbody")[0].all("tr")
	if len(rows) != len(v.Manifest.Contests[0].Options)+1 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, r := range rows[:len(rows)-1] {
		for n, c := range r.all("td")[:len(k.Result.Stages)] {
			votes, _, _ := strings.Cut(c.words(), " ")
			if got, want := strings.TrimRight(strings.TrimRight(k.Result.Stages[n].Votes[i].Fixed(5), "0"), "."), strings.TrimRight(votes, "."); got != want && got != strings.TrimRight(strings.TrimRight(want, "0"), ".") {
				t.Errorf("stage %d, row %d: %s, want %s", n+1, i, votes, got)
			}
		}
	}
	if !strings.Contains(section.words(), "Draw 1, at stage") || len(section.all("code")) < 2 || !strings.Contains(section.words(), "the excluded") {
		t.Errorf("no lots or steps: %s", section.words())
	}
	if img := section.all("img"); len(img) != 1 || img[0].attr["alt"] == "" {
		t.Error("no picture")
	}
	if got := page(t, "ranked", resultPath, "es").section(t, "count-1").words(); !strings.Contains(got, "primeras preferencias") || strings.Contains(got, "is elected") {
		t.Errorf("not in Spanish: %s", got)
	}
	if got := doc.section(t, "count-3").words(); !strings.Contains(got, "The order that the method finds") {
		t.Errorf("no order: %s", got)
	}
	base := "/vote/{vote}/count/"
	parsed, err := blt.Parse(fileOf(t, "ranked", base+"1/ballots.blt"))
	if err != nil || len(parsed.Election.Candidates) != 7 || parsed.Election.Seats != 3 {
		t.Errorf("BLT: %v", err)
	}
	if terms, err := blt.ParseTerms(fileOf(t, "ranked", base+"1/ballots.blt")); err != nil || terms == nil || terms.Method == "" || len(terms.Lots) != 64 {
		t.Errorf("how the ballots were counted: %+v, %v", terms, err)
	}
	if rows, err := csv.NewReader(bytes.NewReader(fileOf(t, "ranked", base+"2/ballots.csv"))).ReadAll(); err != nil || len(rows) < 4 {
		t.Errorf("CSV: %v", err)
	}
	if !json.Valid(fileOf(t, "ranked", base+"1/report.json")) || !strings.Contains(string(fileOf(t, "ranked", base+"1/report.txt")), "Ana Ruiz") {
		t.Error("reports")
	}
	d := xml.NewDecoder(bytes.NewReader(fileOf(t, "ranked", base+"3/picture.svg")))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && slices.Contains([]string{"script", "foreignObject", "image", "style"}, e.Name.Local) {
			t.Errorf("the picture has <%s>", e.Name.Local)
		}
	}
	for _, path := range []string{"0/report.txt", "01/report.txt", "4/report.txt", "1/other.txt", "x/report.txt", "1/"} {
		if w := get(s.pages(), strings.ReplaceAll(base, "{vote}", s.vote.String())+path); w.Code != 404 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	other := scenes(t)["answered"] // of a choice there is no such file
	if w := get(other.pages(), "/vote/"+other.vote.String()+"/count/1/report.txt"); w.Code != 404 {
		t.Errorf("of a choice: status %d", w.Code)
	}
	if got := page(t, "ranked open", votePath, "es").section(t, "check").words(); !strings.Contains(got, "booth.wasm"+simulate.File("booth.wasm").String()) {
		t.Errorf("the program is not named: %s", got)
	}
	question := page(t, "ranked open", votePath, "en").section(t, "question").words()
	for _, w := range []string{"Rank up to 5, the one you like best first, or none.", "3 candidates are elected, by the single transferable vote", "At least 1 of the elected is from this group: members of racial or national minorities."} {
		if !strings.Contains(question, w) {
			t.Errorf("no %q in\n%s", w, question)
		}
	}
}

func TestEntryPage(t *testing.T) {
	s := scenes(t)["open"]
	path := "/round/" + s.state.Vote(s.vote).Round.ID.String() + "/entry"
	for query, want := range map[string][2]string{
		"":                                {"It is not your member number.", "Roll entry"},
		"?number=3":                       {"Every registrar has issued a card for this entry.", "No card"},
		"?number=300":                     {"No registrar has issued a card for this entry.", "If it was not you"},
		"?number=77":                      {"✓ Card issued Elections Commission code by e-mail https://registrar1.example ○ No card Auditors' Council", "Every registrar"},
		"?number=400":                     {"There is no such entry on this roll: “400”", "Roll entry"},
		"?number=-1":                      {"There is no such entry on this roll", "Roll entry"},
		"?number=%3Cimg+src%3D":           {"There is no such entry on this roll", "Roll entry"},
		"?number=99999999999999999999999": {"There is no such entry on this roll", "Roll entry"},
	} {
		got := page(t, "open", path+query, "en").all("main")[0].words()
		if w := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(want[0], "✓ ", ""), "○ ", ""), "“400”", "400"); !strings.Contains(got, w) || strings.Contains(got, want[1]) {
			t.Errorf("%s: no %q, or %q, in\n%s", query, w, want[1], got)
		}
	}
	if got := page(t, "open", path+"?number=3", "es").words(); !strings.Contains(got, "Si no fue usted") || !strings.Contains(got, s.state.Vote(s.vote).Round.Roll.Entries[3].String()) {
		t.Error(got)
	}
	if w := get(s.pages(), "/round/"+strings.Repeat("0", 64)+"/entry"); w.Code != 404 {
		t.Errorf("of no round: status %d", w.Code)
	}
}

// Every fatal code of the fold has a sentence in every language, and so has every rule that an opening can break.
func TestEveryFaultHasWords(t *testing.T) {
	files, err := filepath.Glob("../../ballot/fold/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	codes := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			id, ok := c.Fun.(*ast.Ident)
			if !ok || (id.Name != "fatal" && id.Name != "gap") {
				return true
			}
			for _, arg := range c.Args[:min(2, len(c.Args))] {
				if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, _ := strconv.Unquote(lit.Value); regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(s) {
						codes[s] = true
					}
				}
			}
			return true
		})
	}
	for _, code := range []string{record.CodeMalformed, record.CodeOversize, record.CodeUnknownKind} {
		codes[code] = true
	}
	if len(codes) < 20 {
		t.Fatalf("only %d codes: the fold has other names", len(codes))
	}
	for _, l := range language.All() {
		for code := range codes {
			if !l.Has("fault." + code) {
				t.Errorf("%s: fault.%s", l.Code, code)
			}
		}
	}
	doc := page(t, "broken", votePath, "es")
	if got := doc.classed("notice")[0].words(); !strings.Contains(got, "La votación se abrió antes de tiempo.") || doc.classed("notice")[0].all("details")[0].all("p")[0].attr["lang"] != "en" {
		t.Error(got)
	}
}

// Why voting goes on longer is said while it does, and stays in the story.
func TestExtension(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 10, Slots: 4, Petitions: 2})
	r := o.Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallReason, func(rules *record.Rules) { rules.Changes.Extend = 5000 }))
	v.Deliberate()
	v.Ceremony()
	v.Open()
	v.Org.Post(v.Officer(&record.Extend{By: 1, Closes: v.State().Manifest.Closes + 1000, Reason: "A storm.\n" + hostile}))
	for code, want := range map[string][2]string{"en": {"Voting goes on longer, until", "Voting was extended to"}, "es": {"La votación se prolonga hasta el", "La votación se prolongó hasta el"}} {
		s := scene{state: v.Org.State, vote: v.ID, log: v.Org.Log()}
		doc := parse(t, get(s.pages(), "/vote/"+v.ID.String()+"?lang="+code).Body.String())
		if got := doc.classed("notice")[0].words(); !strings.Contains(got, want[0]) || !strings.Contains(got, "A storm. "+hostile) {
			t.Errorf("%s: %s", code, got)
		}
		if got := doc.section(t, "story").words(); !strings.Contains(got, want[1]) || !strings.Contains(got, ": A storm. "+hostile) {
			t.Errorf("%s: %s", code, got)
		}
	}
}

// What a member can do is in the booth, and only when it can be done.
func TestActions(t *testing.T) {
	for scene, want := range map[string]string{
		"petition": "support", "open": "vote", "called": "", "closing": "", "certified": "", "lapsed": "", "broken": "",
	} {
		s := scenes(t)[scene]
		doc := page(t, scene, votePath, "en")
		main := ""
		for _, a := range doc.classed("main") {
			main = a.attr["href"]
		}
		if want != "" {
			want = "/booth/" + want + "/" + s.vote.String()
		}
		if main != want {
			t.Errorf("%s: %q, want %q", scene, main, want)
		}
	}
	if href := page(t, "open", votePath+"?lang=es", "en").classed("main")[0].attr["href"]; !strings.HasSuffix(href, "?lang=es") {
		t.Errorf("the booth is not in the reader's language: %s", href)
	}
	if !strings.Contains(page(t, "open", votePath, "en").section(t, "check").text, "In this browser") {
		t.Error("the browser's verifier is not offered")
	}
}

// What many checks without a fault say.
func TestSure(t *testing.T) {
	a := &author{Language: reference()}
	s := scenes(t)["open"]
	if got := a.sure(s.state.Vote(s.vote)); got != "" {
		t.Errorf("of one check: %q", got)
	}
}
