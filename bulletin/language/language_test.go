package language

import (
	"encoding/json"
	"io/fs"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const day = 86_400

// What is wrong with a language's file is said, by key.
func TestLanguagesAreChecked(t *testing.T) {
	en, err := files.ReadFile("languages/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	with := func(code, old, new string) fs.FS {
		changed := strings.Replace(string(en), old, new, 1)
		if changed == string(en) && old != "" {
			t.Fatalf("%q is not in the file", old)
		}
		return fstest.MapFS{"languages/en.toml": {Data: en}, "languages/" + code + ".toml": {Data: []byte(changed)}}
	}
	if l, err := Load(with("de", "", "")); err != nil || len(l) != 2 || l[0].Code != "en" || l[1].Code != "de" {
		t.Fatalf("a copy under another name: %v", err)
	}
	for name, x := range map[string]struct{ code, old, new, want string }{
		"a missing text":           {"de", "skip = ", "skipp = ", "page.skip: is missing"},
		"a text too many":          {"de", "[page]\n", "[page]\nextra = \"x\"\n", "page.extra: en.toml has no such text"},
		"another placeholder":      {"de", "by {time}", "by {date}", `date.by: has "{date}" put in, want "{time}"`},
		"a placeholder left out":   {"de", "by {time}", "by", `date.by: has "" put in`},
		"a plural form missing":    {"pl", "", "", "needs"},
		"a plural form too many":   {"ja", "", "", "does not know"},
		"a plural without its sum": {"de", `{ one = "{n} day", other = "{n} days" }`, `"{n} days"`, "period.days"},
		"no plural text":           {"de", `"{n} day"`, "1", "period.days.one: is no text"},
		"a number for a text":      {"de", `"Skip to the content"`, "7", "page.skip: is neither"},
		"no language":              {"no language", "", "", "no language tag"},
		"no direction":             {"de", `direction = "ltr"`, `direction = "up"`, "language.direction"},
		"a month missing":          {"de", `3 = "March"`, "", "month.3: is missing"},
		"outside":                  {"de", "[language]", "x = 1\n[language]", "x: is outside all sections"},
		"no TOML":                  {"de", "[language]", "[language", "toml"},
	} {
		if _, err := Load(with(x.code, x.old, x.new)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
	if _, err := Load(fstest.MapFS{"languages/de.toml": {Data: en}}); err == nil {
		t.Error("a folder without the reference was taken")
	}
}

func TestChoosingALanguage(t *testing.T) {
	m := NewMatcher(builtin())
	for _, x := range []struct {
		asked, accept, want string
		chosen              bool
	}{
		{"", "", "en", false},
		{"", "es", "es", false},
		{"", "es-MX,en;q=0.8", "es", false},
		{"", "fr,es;q=0.5,en;q=0.4", "es", false},
		{"", "de", "en", false},
		{"", "*", "en", false},
		{"", "not a header;;;q=x", "en", false},
		{"", strings.Repeat("es,", 1000), "en", false},
		{"es", "en", "es", true},
		{"en", "es", "en", true},
		{"../es", "es", "es", false},
		{"ES", "en", "en", false},
	} {
		if l, chosen := m.Choose(x.asked, x.accept); l.Code != x.want || chosen != x.chosen {
			t.Errorf("%q %.20q: %s %v", x.asked, x.accept, l.Code, chosen)
		}
	}
}

func FuzzChooseLanguage(f *testing.F) {
	for _, s := range []string{"es-MX,en;q=0.8", "*", "en-US-u-co-phonebk-x-foo", "zh-Hant-TW;q=1.000", ",;=,", "a-b-c-d-e"} {
		f.Add(s, s)
	}
	m := NewMatcher(builtin())
	f.Fuzz(func(t *testing.T, asked, accept string) {
		if l, chosen := m.Choose(asked, accept); l == nil || chosen && l.Code != asked {
			t.Errorf("%v %v", l, chosen)
		}
	})
}

func TestNumbersAndDates(t *testing.T) {
	en, es := builtin()[0], builtin()[1]
	for _, x := range []struct{ got, want string }{
		{en.Number(0), "0"}, {en.Number(999), "999"}, {en.Number(1000), "1,000"}, {es.Number(1234567), "1,234,567"}, {en.Number(1<<64 - 1), "18,446,744,073,709,551,615"},
		{en.Percent(1, 3), "33.3%"}, {es.Percent(1, 3), "33.3\u00a0%"}, {en.Percent(1, 2), "50%"}, {en.Percent(0, 5), "0%"}, {en.Percent(5, 5), "100%"},
		{en.Percent(1, 100_000), "0.1%"}, {en.Percent(99_999, 100_000), "99.9%"}, {en.Percent(0, 0), "0%"}, {en.Percent(12, 10), "120%"},
		{en.At(1_800_000_000), "15 January 2027, 08:00 UTC"}, {es.At(1_800_000_000), "15 de enero de 2027, 08:00 UTC"},
		{en.Calendar("2027-12-01"), "1 December 2027"}, {en.Calendar("soon"), "soon"},
		{en.Period(14 * day), "14 days"}, {en.Period(day), "1 day"}, {es.Period(36 * 3600), "36 horas"}, {es.Period(60), "1 minuto"}, {en.Period(61), "61 seconds"}, {en.Period(0), "0 seconds"},
		{en.Size(999), "999 bytes"}, {en.Size(1500), "1.5 kB"}, {en.Size(12_345_678), "12 MB"}, {en.Size(3_000_000_000), "3 GB"}, {en.Size(5_000_000_000_000), "5,000 GB"},
		{en.Count("badge.overdue", 1), "1 duty overdue"}, {en.Count("badge.overdue", 2), "2 duties overdue"}, {es.Count("badge.overdue", 0), "0 obligaciones vencidas"},
		{en.Count("badge.overdue", 10_000_001), "10,000,001 duties overdue"}, {en.Count("round.members", 1<<40), "1,099,511,627,776 members on the roll."},
		{en.Say("no.such"), "no.such"}, {en.Say("step.forum", "title", "{name} & <b>"), "Forum: {name} & <b>"},
		{en.Say("step.forum", "title", "שלום"), "Forum: \u2068שלום\u2069"},
		{string(en.When("date.by", 0)), `by <time datetime="1970-01-01T00:00:00Z">1 January 1970, 00:00 UTC</time>`},
		{string(en.When("lead.body", 0, "have", 1, "need", 2, "body", "<b>{time}")),
			`1 of the 2 signatures of &lt;b&gt;{time} that are needed are there. They can be given until <time datetime="1970-01-01T00:00:00Z">1 January 1970, 00:00 UTC</time>.`},
	} {
		if x.got != x.want {
			t.Errorf("%q, want %q", x.got, x.want)
		}
	}
}

// A language whose plural has many forms, and which is written from right to left, needs nothing but its file.
func TestAnotherLanguage(t *testing.T) {
	languages, err := Load(fstest.MapFS{"languages/en.toml": {Data: read(t, "en")}, "languages/ar.toml": {Data: arabic(t)}})
	if err != nil {
		t.Fatal(err)
	}
	l := languages[1]
	if got := l.Period(3 * day); got != "FEW 3" {
		t.Errorf("three days: %q", got)
	}
	if l.Direction != "rtl" || l.Code != "ar" || l.Base != "ar" {
		t.Errorf("%+v", l)
	}
	if got, chosen := NewMatcher(languages).Match(httptest.NewRequest("GET", "/?lang=ar", nil)); got != l || !chosen {
		t.Errorf("chosen: %v", got.Code)
	}
	if len(l.Keys("")) != len(languages[0].Keys("")) {
		t.Error("it has fewer texts")
	}
}

func read(t *testing.T, code string) []byte {
	t.Helper()
	b, err := files.ReadFile("languages/" + code + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// arabic is English under the rules of Arabic.
func arabic(t *testing.T) []byte {
	s := strings.Replace(string(read(t, "en")), `direction = "ltr"`, `direction = "rtl"`, 1)
	s = regexp.MustCompile(`\{ one = ("[^"]*"), other = ("[^"]*") \}`).ReplaceAllString(s, `{ zero = $2, one = $1, two = $2, few = $2, many = $2, other = $2 }`)
	return []byte(strings.Replace(s, `few = "{n} days"`, `few = "FEW {n}"`, 1))
}

// What scripts get is the texts of their sections and no others, with what they need to write numbers.
func TestSection(t *testing.T) {
	es, _ := Choose("es", "")
	b, err := json.Marshal(es.Section("period", "gate"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Code, Name, Direction string
		Format                struct {
			Group, Decimal, Percent, Date, Moment string
			Months                                []string
		}
		Texts  map[string]string
		Counts map[string]map[string]string
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Code != "es" || got.Direction != "ltr" || len(got.Format.Months) != 12 || !strings.Contains(got.Format.Percent, "{n}") || got.Format.Group == "" {
		t.Errorf("%s", b)
	}
	if got.Texts["gate.title"] != es.Say("gate.title") || got.Counts["period.days"]["one"] != "{n} día" {
		t.Errorf("%v %v", got.Texts, got.Counts)
	}
	for key := range got.Texts {
		if !strings.HasPrefix(key, "gate.") && !strings.HasPrefix(key, "period.") {
			t.Errorf("%s is of no section that was asked for", key)
		}
	}
	if !es.Has("gate.title") || !es.Has("period.days") || es.Has("gate.none") || !es.Counted("period.days") || es.Counted("gate.title") {
		t.Error("what there is")
	}
}

// Texts in Spanish are not those in English: what is the same in both is listed here.
func TestTranslated(t *testing.T) {
	same := regexp.MustCompile(`^(language|size|share|month|date)\.`)
	en, es := All()[0], All()[1]
	for key, text := range en.texts {
		if es.texts[key] == text && !same.MatchString(key) && regexp.MustCompile(`[a-z]{4,} [a-z]{3,}`).MatchString(text) {
			t.Errorf("%s is not translated: %s", key, text)
		}
	}
	for key, count := range en.counts {
		if es.counts[key]["other"] == count["other"] && regexp.MustCompile(`[a-z]{4,}`).MatchString(strings.ReplaceAll(count["other"], "{", "")) && !same.MatchString(key) {
			t.Errorf("%s is not translated: %v", key, count)
		}
	}
}
