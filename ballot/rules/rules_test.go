package rules_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
)

// fields calls do for every field of a rules file by its path.
func fields(t reflect.Type, table string, do func(table, name string)) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("toml")
		do(table, name)
		sub := f.Type
		for sub.Kind() == reflect.Pointer || sub.Kind() == reflect.Slice {
			sub = sub.Elem()
		}
		if sub.Kind() == reflect.Struct && sub != reflect.TypeFor[rules.Share]() && sub != reflect.TypeFor[rules.Period]() {
			fields(sub, strings.TrimPrefix(table+"."+name, "."), do)
		}
	}
}

// The example has every field, each with an explanation on its line or on one before it.
func TestTheExampleExplainsEveryField(t *testing.T) {
	if _, err := rules.Parse([]byte(rules.Example())); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(rules.Example(), "\n")
	find := func(from int, name, what string) int {
		for i := from; i < len(lines); i++ {
			l := strings.TrimLeft(lines[i], "# ")
			if l == name || strings.HasPrefix(l, name+" ") || strings.HasPrefix(l, name+"=") {
				return i
			}
		}
		t.Errorf("the example does not have %s", what)
		return from
	}
	fields(reflect.TypeFor[rules.Rules](), "", func(table, name string) {
		from := 0
		if table != "" {
			header := "[" + table + "]"
			if table == "contest.options" || table == "contest.rules" {
				header = "[[" + table + "]]"
			}
			from = find(0, header, header)
		}
		if table == "contest.options" || name == "options" || slices.Contains([]string{"call", "voting", "contest", "deadlines"}, name) && table == "" {
			return // explained as a whole
		}
		if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, "# "), "["+name+"]") }); table == "" && i >= 0 {
			return
		}
		i := find(from, name, table+"."+name)
		if table != "" && !strings.Contains(strings.TrimLeft(lines[i], "# "), "#") && name != "window" && name != "sides" && name != "id" {
			t.Errorf("%s.%s is not explained: %s", table, name, lines[i])
		}
	})
}

func TestTemplates(t *testing.T) {
	want := []string{"chapter-endorsement", "federal-endorsement", "members-decide", "national-leadership"}
	if got := rules.Templates(); !slices.Equal(got, want) {
		t.Fatalf("the templates are %q", got)
	}
	for _, name := range want {
		r, err := rules.Template(name)
		if err != nil {
			t.Fatal(err)
		}
		if r.Name != name {
			t.Errorf("%s is named %s", name, r.Name)
		}
	}
	if _, err := rules.Template("lot"); err == nil || !strings.Contains(err.Error(), "members-decide") {
		t.Errorf("an unknown template: %v", err)
	}
}

// The four templates are held from the proposal to the response.
func TestTemplatesEndToEnd(t *testing.T) {
	for _, name := range rules.Templates() {
		t.Run(name, func(t *testing.T) {
			file, err := rules.Template(name)
			if err != nil {
				t.Fatal(err)
			}
			v := simulate.ByRules(t, file)
			if f := simulate.Faults(v.Org.Outcomes()); f != "" {
				t.Errorf("refused records:\n%s", f)
			}
			state := v.State()
			if state.Phase != fold.Certified || state.Response() == nil || len(state.Duties(v.Org.State.Now()+1e7)) != 0 {
				t.Errorf("%v, owed %+v", state.Phase, state.Duties(v.Org.State.Now()+1e7))
			}
			if err := file.Compare(state.Proposal(), state.Times.Begun, v.Org.Config.Segment); err != nil {
				t.Errorf("the manifest does not keep to the rules: %v", err)
			}
			if name == "national-leadership" {
				committee, result := state.Manifest.Contests[0], state.Result.Contests[0]
				if len(committee.Options) != 19 || len(result.Winners) != 17 || result.Outcome != contest.OutcomeElected {
					t.Errorf("%d candidates, %s: %d", len(committee.Options), result.Outcome, len(result.Winners))
				}
				if k := committee.Ranking; committee.Depth != 19 || !committee.Shuffled || k.Method != contest.MethodScottishSTV || k.Seats != 17 || len(k.Rules) != 2 {
					t.Errorf("%+v", committee)
				}
				men, minorities := 0, 0
				for _, w := range result.Winners {
					if slices.Contains(committee.Options[w].Groups, "men") {
						men++
					}
					if slices.Contains(committee.Options[w].Groups, "minorities") {
						minorities++
					}
				}
				if men > 8 || minorities < 5 {
					t.Errorf("%d men and %d of minorities are elected", men, minorities)
				}
			}
			if have, need := state.Supports(); name == "members-decide" && (have != 2 || need != 2) {
				t.Errorf("%d supports of %d", have, need)
			}
			if got := len(state.Signed()); name == "federal-endorsement" && got != 6 {
				t.Errorf("%d of 17 signed", got)
			}
		})
	}
}

// anotherOrganisation is written from the example alone: a tenth of the members, one forum, two thirds, 15 % quorum.
const anotherOrganisation = `
name  = "water-board"
title = "Vote of the users"
roll  = "organisation"

[call]
by       = "petition"
share    = "10 %"
runs     = "6 weeks"
batch    = "30 minutes"
sponsors = 3

[forums]
need       = 1
notice     = "10 days"
recordings = false

[voting]
after  = "2 weeks"
period = "5 days"
extend = "0 days"
cancel = false
annul  = false
revote = false
grace  = "30 minutes"
step   = "1 day"

[contest]
id          = "plan"
own-options = false
min         = 0
max         = 1
decide      = "share"
pass        = "agree"
share       = "2/3"
more-than   = false
of          = ["agree", "disagree"]
quorum      = "15 %"
binding     = true

[[contest.options]]
id    = "agree"
title = { en = "I agree", nl = "Eens" }

[[contest.options]]
id    = "disagree"
title = { en = "I disagree", nl = "Oneens" }

[deadlines]
forums  = "2 weeks"
seeds   = "0 days"
packet  = "0 days"
mailing = "0 days"
opening = "3 weeks"
closing = "1 day"
tally   = "3 days"
`

func TestAnotherOrganisation(t *testing.T) {
	file, err := rules.Parse([]byte(anotherOrganisation))
	if err != nil {
		t.Fatal(err)
	}
	v := simulate.ProposeByRules(t, file)
	v.Support(0, 1, 2)
	if v.State().Phase != fold.Proposed {
		t.Fatalf("3 of 40: %v", v.State().Phase)
	}
	v.Support(3)
	if v.State().Phase != fold.Called {
		t.Fatalf("4 of 40: %v", v.State().Phase)
	}
	v.Ceremony()
	v.Org.Reach(v.State().Manifest.Opens)
	if got := v.Org.Judge(v.Officer(v.Opening()).Raw()); got.Status != fold.Fatal || got.Code != "rule-forums" {
		t.Errorf("without a forum: %v", got)
	}
	v.Deliberate()
	for yes, want := range map[int]string{3: contest.OutcomeFailed, 4: contest.OutcomePassed} {
		w := v.On(v.Org.Fork())
		w.Open()
		for i := range 6 {
			choice := []int{1}
			if i < yes {
				choice = []int{0}
			}
			w.Cast(i, choice)
		}
		if res := w.Finish(); res.Contests[0].Outcome != want {
			t.Errorf("%d of 6: %s", yes, res.Contests[0].Outcome)
		}
	}
	v.Open()
	for i := range 5 {
		v.Cast(i, []int{0})
	}
	if res := v.Finish(); res.Contests[0].Outcome != contest.OutcomeNoQuorum {
		t.Errorf("5 of 40: %s", res.Contests[0].Outcome)
	}
}

// A bad file is refused with the line and the reason.
func TestBadFiles(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		line     int
		field    string
		reason   string
	}{
		"not TOML":                     {`by       = "petition"`, `by       = petition`, 7, "", ""},
		"an unknown field":             {"sponsors = 3", "sponsors = 3\nmoney = 5", 12, "call.money", "there is no such field"},
		"an unknown table":             {"[voting]", "[money]\nx = 1\n\n[voting]", 18, "money", "there is no such field"},
		"a field twice":                {"sponsors = 3", "sponsors = 3\nsponsors = 4", 12, "", ""},
		"a missing field":              {"sponsors = 3\n", "", 6, "call.sponsors", "is missing"},
		"a missing table":              {"[deadlines]", "[requires]\nvotes = 1\n[packet]\nsent = true\nlead = \"0 days\"\n#", 0, "", ""},
		"a number for a period":        {`"6 weeks"`, `6`, 9, "call.runs", ""},
		"a period without a unit":      {`"6 weeks"`, `"6"`, 9, "call.runs", "is not a period"},
		"a period of no unit known":    {`"6 weeks"`, `"6 moons"`, 9, "call.runs", "is not a period"},
		"a period of more than a year": {`"6 weeks"`, `"53 weeks"`, 9, "call.runs", "more than a year"},
		"no time":                      {`"6 weeks"`, `"0 days"`, 9, "call.runs", "want 1"},
		"a share of more than all":     {`"10 %"`, `"110 %"`, 8, "call.share", "not between 0 and 1"},
		"a share as a table":           {`"10 %"`, `{ Num = 1, Den = 0 }`, 8, "", ""},
		"a share of nothing":           {`"10 %"`, `"0 %"`, 8, "call.share", "want 1"},
		"a share in words":             {`"10 %"`, `"a tenth"`, 8, "call.share", "is not a share"},
		"a negative number":            {"sponsors = 3", "sponsors = -3", 11, "call.sponsors", ""},
		"too many sponsors":            {"sponsors = 3", "sponsors = 65", 11, "call.sponsors", "want 0 to 64"},
		"a yes for true":               {"recordings = false", `recordings = "no"`, 16, "forums.recordings", ""},
		"a method nobody knows":        {`by       = "petition"`, `by       = "lot"`, 7, "call.by", "none of"},
		"a field of another method":    {`by       = "petition"`, `by       = "body"`, 10, "call.batch", `no meaning with call.by = "body"`},
		"a reason with a share":        {`by       = "petition"`, `by       = "reason"`, 8, "call.share", "no meaning"},
		"no forums":                    {"need       = 1", "need       = 0", 14, "forums.need", "want 1"},
		"a roll nobody knows":          {`"organisation"`, `"everybody"`, 4, "roll", "none of"},
		"an option nobody has":         {`pass        = "agree"`, `pass        = "yes"`, 34, "contest.pass", `"yes" is no option`},
		"a base without the option":    {`["agree", "disagree"]`, `["disagree"]`, 37, "contest.of", `"agree" is not among them`},
		"a base with an option twice":  {`["agree", "disagree"]`, `["agree", "agree"]`, 37, "contest.of", "twice"},
		"more than there are":          {"max         = 1", "max         = 3", 32, "contest.max", "of 2 options"},
		"seats of a share":             {`pass        = "agree"`, "pass        = \"agree\"\nseats = 1", 35, "contest.seats", "no meaning"},
		"two options of one name":      {`id    = "disagree"`, `id    = "agree"`, 0, "contest.options", "twice"},
		"an option without a title":    {`title = { en = "I agree", nl = "Eens" }`, "", 0, "contest.options", "title"},
		"an invisible character":       {"Vote of the users", "Vote\u200b of the users", 3, "title", "U+200B"},
		"a name in capitals":           {`"water-board"`, `"Water board"`, 2, "name", "lower-case"},
		"open before it can":           {`opening = "3 weeks"`, `opening = "13 days"`, 54, "deadlines.opening", "take 14 days"},
		"nominations and options":      {"[voting]", "[nominations]\nwindow = \"1 day\"\nseconds = 1\naccept = \"1 day\"\n\n[voting]", 0, "contest.options", "want one of them"},
		"an empty table":               {"[voting]", "[packet]\n\n[voting]", 18, "packet.sent", "is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(anotherOrganisation, c.old, c.new, 1)
			if file == anotherOrganisation {
				t.Fatal("nothing was changed")
			}
			_, err := rules.Parse([]byte(file))
			var e *rules.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			if c.line != 0 && e.Line != c.line || c.field != "" && e.Field != c.field || !strings.Contains(e.Reason, c.reason) {
				t.Errorf("%v; want line %d, field %s, %q", err, c.line, c.field, c.reason)
			}
			if e.Line == 0 && c.line != 0 || e.Reason == "" {
				t.Errorf("%#v", e)
			}
		})
	}
	if _, err := rules.Parse(make([]byte, rules.MaxSize+1)); err == nil {
		t.Error("a huge file is read")
	}
	if _, err := rules.Parse(nil); err == nil {
		t.Error("nothing is a rules file")
	}
}

func TestCompileAsksForWhatIsMissing(t *testing.T) {
	for want, c := range map[string]struct {
		template string
		change   func(*rules.Parameters)
	}{
		"sponsors":  {"members-decide", func(p *rules.Parameters) { p.Sponsors = p.Sponsors[1:] }},
		"responder": {"members-decide", func(p *rules.Parameters) { p.Responder = record.Key{} }},
		"segment":   {"members-decide", func(p *rules.Parameters) { p.Segment = "Riverside" }},
		"title":     {"members-decide", func(p *rules.Parameters) { p.Title = text.Texts{"eo": "Ĉu?"} }},
		"requires":  {"members-decide", func(p *rules.Parameters) { p.Requires = make([]record.ID, 1) }},
		"body":      {"federal-endorsement", func(p *rules.Parameters) { p.Body = nil }},
		"options":   {"federal-endorsement", func(p *rules.Parameters) { p.Options = make([]contest.Option, 2) }},
		"reason":    {"national-leadership", func(p *rules.Parameters) { p.Reason = "" }},
		"requires ": {"chapter-endorsement", func(p *rules.Parameters) { p.Segment, p.Requires = "Riverside", nil }},
		"segment ":  {"chapter-endorsement", func(p *rules.Parameters) { p.Requires = make([]record.ID, 1) }},
	} {
		file, err := rules.Template(c.template)
		if err != nil {
			t.Fatal(err)
		}
		p := rules.Parameters{
			Title: text.Texts{"en": "Shall we?"}, Sponsors: make([]record.Member, 10), Responder: record.Key{1}, Body: make([]record.Officer, 17), Reason: "So.",
		}
		c.change(&p)
		if _, err := file.Compile(p); err == nil || !strings.HasPrefix(err.Error(), strings.TrimSpace(want)+":") {
			t.Errorf("%s: %v, want an error about %s", c.template, err, want)
		}
	}
}

// Whoever calls a members-decide vote may give options of their own, and the one with most votes wins.
func TestOwnOptions(t *testing.T) {
	file, err := rules.Template("members-decide")
	if err != nil {
		t.Fatal(err)
	}
	options := simulate.Choose("x", 3, 0, 1, 1).Options
	v, err := file.Compile(rules.Parameters{
		Title: text.Texts{"en": "Which?"}, Sponsors: make([]record.Member, 10), Responder: record.Key{1}, Options: options,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := v.Contests[0]
	if err := c.Check("contest"); err != nil || len(c.Options) != 3 || c.Min != 0 || c.Max != 1 || c.Decision.Method != contest.MethodPlurality || c.Decision.Binding {
		t.Errorf("%v: %+v", err, c)
	}
	if err := file.Compare(v, 0, ""); err != nil {
		t.Error(err)
	}
}

// An operator who writes other rules into a manifest than the organisation has is found out by whoever has the file.
func TestCompare(t *testing.T) {
	file, err := rules.Template("members-decide")
	if err != nil {
		t.Fatal(err)
	}
	v := simulate.ProposeByRules(t, file)
	begun := v.State().Times.Begun
	for want, change := range map[string]func(*record.Vote){
		"":                          func(m *record.Vote) { m.Threshold = 3 },
		"Rules.Call.Petition.Num":   func(m *record.Vote) { m.Rules.Call.Petition.Num = 19 },
		"Rules.Forums.Need":         func(m *record.Vote) { m.Rules.Forums.Need = 1 },
		"Rules.Packet":              func(m *record.Vote) { m.Rules.Packet = false },
		"Rules.Changes.Cancel":      func(m *record.Vote) { m.Rules.Changes.Cancel = true },
		"Rules.Statements.Sides":    func(m *record.Vote) { m.Rules.Statements.Sides = []string{"for"} },
		"Rules.Response.Within":     func(m *record.Vote) { m.Rules.Response.Within++ },
		"Rules.Nominations":         func(m *record.Vote) { m.Rules.Nominations = &record.NominationRule{} },
		"Contests.[0].Decision.Num": func(m *record.Vote) { m.Contests[0].Decision.Num = 0 },
		"Contests.[0].Options":      func(m *record.Vote) { m.Contests[0].Options[0].Title = text.Texts{"en": "No"} },
		"Revote":                    func(m *record.Vote) { m.Revote = false },
		"Closes":                    func(m *record.Vote) { m.Closes += 30 * 86_400 },
		"call.runs":                 func(m *record.Vote) { m.Rules.Call.Petition.Closes += 30 * 86_400 },
		"voting.after":              func(m *record.Vote) { m.Opens += 300 * 86_400; m.Closes += 300 * 86_400 },
		"rules: the manifest":       func(m *record.Vote) { m.Rules = nil },
		"contests: 2":               func(m *record.Vote) { m.Contests = append(m.Contests, m.Contests[0]) },
		"Template":                  func(m *record.Vote) { m.Template = "federal-endorsement" },
		"sponsors":                  func(m *record.Vote) { m.Rules.Call.Method = record.CallReason; m.Rules.Call.Petition = nil },
	} {
		m := copyOf(t, v.State().Proposal())
		change(m)
		err := file.Compare(m, begun, "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := file.Compare(v.State().Proposal(), begun, "Riverside"); err == nil {
		t.Error("on a chapter's roll it keeps to the rules of the whole organisation")
	}
}

func copyOf(t *testing.T, v *record.Vote) *record.Vote {
	t.Helper()
	b, err := record.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	var out record.Vote
	if err := record.DecodeStrict(b, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p, again rules.Period
		n := rapid.Uint64Range(0, record.MaxDuration).Draw(t, "seconds")
		if err := p.UnmarshalText(fmt.Appendf(nil, "%d seconds", n)); err != nil || p.Seconds() != n {
			t.Fatalf("%d seconds are %v, %v", n, p, err)
		}
		if err := again.UnmarshalText([]byte(p.String())); err != nil || again != p {
			t.Fatalf("%d is written %q and read %d, %v", n, p, again.Seconds(), err)
		}
		den := rapid.Uint64Range(1, 999_999_999).Draw(t, "den")
		s := rules.Share{Num: rapid.Uint64Range(0, den).Draw(t, "num"), Den: den}
		var read rules.Share
		if err := read.UnmarshalText([]byte(s.String())); err != nil || read.Num*s.Den != s.Num*read.Den {
			t.Fatalf("%+v is written %q and read %+v, %v", s, s, read, err)
		}
	})
	for text, want := range map[string]rules.Share{"5 %": {1, 20}, "5%": {1, 20}, "12.5 %": {1, 8}, "100 %": {1, 1}, "1/3": {1, 3}, "2/4": {1, 2}, "0 %": {0, 1}, "33.333333 %": {33333333, 100000000}} {
		var s rules.Share
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %+v, %v", text, s, err)
		}
	}
	for _, bad := range []string{"", "5", "%", "-5 %", "1/0", "5/3", "0.05", "1 / 3", "101 %", "5 %%", "1.1234567 %"} {
		if err := new(rules.Share).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a share", bad)
		}
	}
	for text, want := range map[string]uint64{"14 days": 14 * 86_400, "1 day": 86_400, "1 day 12 hours": 129_600, "2 weeks": 14 * 86_400, "0 days": 0, "90 seconds": 90, "52 weeks 1 day": 365 * 86_400} {
		var p rules.Period
		if err := p.UnmarshalText([]byte(text)); err != nil || p.Seconds() != want {
			t.Errorf("%q is %d, %v", text, p.Seconds(), err)
		}
	}
	for _, bad := range []string{"", "14", "days", "14days", "-1 days", "1.5 days", "12 hours 1 day", "1 day 1 day", "366 days", "99999999999 days", "1 month"} {
		if err := new(rules.Period).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a period", bad)
		}
	}
}

// FuzzParse: whatever is in a file, it is refused with an *Error, or compiles into rules that the fold accepts.
func FuzzParse(f *testing.F) {
	f.Add([]byte(rules.Example()))
	f.Add([]byte(anotherOrganisation))
	f.Add([]byte(aBoard))
	for _, name := range rules.Templates() {
		text, err := rules.TemplateFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := rules.Parse(file)
		if err != nil {
			var e *rules.Error
			if !errors.As(err, &e) || e.Reason == "" {
				t.Errorf("%#v", err)
			}
			return
		}
		title := text.Texts{}
		for _, o := range r.Contest.Options {
			for lang := range o.Title {
				title[lang] = "x"
			}
		}
		if len(title) == 0 {
			title["en"] = "x"
		}
		key := simulate.NewKey(t)
		p := rules.Parameters{
			Title: title, Sponsors: make([]record.Member, r.Call.Sponsors), Responder: key.Public().Encoding(), Reason: "So.",
			Body: []record.Officer{{Name: "A", Key: key.Public().Encoding()}},
		}
		if r.Roll == "segment" {
			p.Segment = "x"
		}
		if r.Requires != nil {
			for i := range r.Requires.Votes {
				p.Requires = append(p.Requires, record.ID{byte(i)})
			}
		}
		m, err := r.Compile(p)
		if err != nil {
			return // an option that has not all languages
		}
		if err := r.Compare(m, 0, p.Segment); err != nil {
			t.Errorf("what it compiles does not keep to it: %v", err)
		}
		m.By, m.Threshold, m.Quorum = 1, 1, 1
		if m.Ranked() {
			m.Mixes = 1
		}
		m.Trustees = []record.Trustee{{Name: "T", Key: key.Public().Encoding()}}
		if err := fold.CheckManifest(m, 1); err != nil && !strings.Contains(err.Error(), "ask less in one vote") && !strings.Contains(err.Error(), "title") {
			t.Errorf("the fold refuses what the rules allow: %v", err)
		}
	})
}
