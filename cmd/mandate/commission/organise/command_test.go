package organise

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/vault"
)

// An office is an officer's desk: a folder with the key, the private roll and a file of parties, at a board in memory.
type office struct {
	t     *testing.T
	dir   string
	org   *simulate.Org
	round *simulate.Round
	board *partytest.Board
	vote  string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), org: simulate.New(t, simulate.Config{Members: 30, Slots: 6, Petitions: 4, Registrars: 2})}
	o.round = o.org.Round()
	o.board = partytest.New(o.org)
	v, err := vault.Create(filepath.Join(o.dir, "officer", "vault"), []byte("open sesame"), vault.Options{WorkFactor: 3})
	o.must(err)
	o.must(v.Write(signingKey, o.org.Commission[0].Bytes()))
	o.write("passphrase", "DEMO ONLY\nopen sesame\n")
	private, err := o.round.Roll.Marshal()
	o.must(err)
	o.write("roll", string(private))
	key := func() string { return record.Key(simulate.NewKey(t).Public().Encoding()).String() }
	parties := fmt.Sprintf("threshold = 1\nquorum = 1\nresponder = %q\n[[trustee]]\nname = \"Trustee\"\nkey = %q\n", key(), key())
	for i := range 17 {
		parties += fmt.Sprintf("[[body]]\nname = \"Committee member %d\"\nkey = %q\n", i+1, key())
	}
	o.write("parties.toml", parties)
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) file(name string) string { return filepath.Join(o.dir, name) }

func (o *office) write(name, content string) string {
	o.t.Helper()
	o.must(os.WriteFile(o.file(name), []byte(content), 0o600))
	return o.file(name)
}

// run runs a verb; the arguments are divided by " | ", and the vote and the common flags are put in.
func (o *office) run(verb, args string) (code int, out, errs string) {
	o.t.Helper()
	all := []string{verb}
	if !verbs[verb].local {
		all = append(all, "-board", "https://board.example/")
	}
	if !verbs[verb].open && !verbs[verb].local {
		all = append(all, "-dir", o.file("officer"), "-passphrase", o.file("passphrase"))
	}
	if o.vote != "" && verb != "call" && verb != "step" && verb != "remove" && verb != "key" {
		all = append(all, "-vote", o.vote)
	}
	if args != "" {
		all = append(all, strings.Split(args, " | ")...)
	}
	var stdout, stderr strings.Builder
	code = run(context.Background(), all, strings.NewReader(""), &stdout, &stderr, func(string) (party.Board, error) { return o.board.View(), nil })
	return code, stdout.String(), stderr.String()
}

// does runs a verb that must succeed.
func (o *office) does(verb, args string) string {
	o.t.Helper()
	code, out, errs := o.run(verb, args)
	if code != 0 {
		o.t.Fatalf("%s %s: exit %d, %s", verb, args, code, errs)
	}
	return out
}

// fails runs a verb that must fail, saying something.
func (o *office) fails(want int, verb, args, says string) {
	o.t.Helper()
	size := len(o.org.Log())
	if code, out, errs := o.run(verb, args); code != want || !strings.Contains(errs, says) || !strings.HasPrefix(errs, "error: ") {
		o.t.Errorf("%s %s: exit %d, %q, want %q; %s", verb, args, code, errs, says, out)
	}
	if len(o.org.Log()) != size {
		o.t.Errorf("%s %s: something was posted", verb, args)
	}
}

func (o *office) state() *fold.Vote {
	id, err := record.ParseID(o.vote)
	o.must(err)
	return o.org.State.Vote(id)
}

func (o *office) reach(t uint64) { o.board.Do(func(org *simulate.Org) { org.Reach(t) }) }

// at writes a time with its zone.
func at(t uint64) string {
	return time.Unix(int64(t), 0).In(time.FixedZone("", -5*3600)).Format(time.RFC3339)
}

func (o *office) number(entry int) string { return o.round.Roll.Opening(entry).Number }

func (o *office) call(args string) {
	o.t.Helper()
	o.vote = ""
	out := o.does("call", "-round | "+o.round.ID.String()+" | -parties | "+o.file("parties.toml")+" | -title | en=A strike fund? | -roll | "+o.file("roll")+" | "+args)
	m := regexp.MustCompile(`vote: ([0-9a-f]{64})`).FindStringSubmatch(out)
	if m == nil {
		o.t.Fatal(out)
	}
	o.vote = m[1]
}

// A petition by members-decide, from the call to the packet.
func TestOrganiseAPetition(t *testing.T) {
	o := newOffice(t)
	sponsors := ""
	for i := range 10 {
		sponsors += " | -sponsor | " + o.number(i)
	}
	o.call("-template | members-decide" + sponsors)
	v := o.state()
	if v.Phase != fold.Proposed || len(v.Rules().Call.Petition.Sponsors) != 10 || v.Manifest.Template != "members-decide" {
		t.Fatalf("%v, %+v", v.Phase, v.Rules())
	}
	if out := o.does("status", ""); !strings.Contains(out, "phase: proposed") || !strings.Contains(out, "rule-called") || !strings.Contains(out, "0 supports of 2") {
		t.Error(out)
	}
	sim := &simulate.Vote{Org: o.org, Round: o.round, ID: v.ID, Plan: &simulate.Plan{Rules: v.Rules()}}
	o.board.Do(func(*simulate.Org) {
		o.round.Cards(20, 21)
		sim.Support(20, 21)
		for i := range 2 {
			sim.Plan.Seeds = append(sim.Plan.Seeds, record.ID{byte(i + 1)})
		}
		sim.Commit()
	})
	now := o.org.State.Now()
	const week = 7 * 24 * 3600
	forum := func(starts uint64) string {
		return "-title | en=A forum | -starts | " + at(starts) + " | -place | https://forum.example/live"
	}
	o.fails(1, "forum", forum(now+3600), "notice")
	o.fails(2, "forum", "-title | en=A forum | -starts | 2027-03-01 19:00", "time zone")
	o.fails(2, "forum", "-title | A forum | -starts | "+at(now+week), "want a language")
	if out := o.does("forum", forum(now+week)); out != "forum: 1\n" {
		t.Error(out)
	}
	o.does("forum", forum(now+week+3600))

	words := o.write("words.txt", "It is time.\n")
	o.does("statement", "-side | for | -text | "+words+" | -member | "+o.number(3)+" | -roll | "+o.file("roll"))
	o.fails(1, "statement", "-side | for | -text | "+words+" | -member | "+o.number(3)+" | -roll | "+o.file("roll"), "dup")
	o.fails(1, "statement", "-side | for | -text | "+words+" | -member | nobody | -roll | "+o.file("roll"), "nobody")
	insult := o.write("insult.txt", "You are all fools.")
	o.does("statement", "-side | against | -text | "+insult+" | -member | "+o.number(4)+" | -roll | "+o.file("roll"))
	o.does("withhold", "-side | against | -text | "+insult+" | -reason | It insults members.")
	if st := o.state().Statements(); len(st) != 2 || st[0].Withheld || !st[1].Withheld || st[0].Body.Text != "It is time." {
		t.Errorf("%+v", st)
	}
	o.reach(now + week + 3600)
	recording := o.write("forum.webm", "moving pictures")
	held := func(n int) string {
		return fmt.Sprintf("-number | %d | -recording | %s | -url | https://video.example/%d.webm", n, recording, n)
	}
	o.fails(2, "held", "-number | one", "-number")
	o.does("held", "-number | 1")
	o.does("held", held(1)) // the recording comes later
	o.does("held", held(2))
	out := o.file("packet.txt")
	o.fails(1, "packet", "-out | "+out, "too early")
	_, _, reviewed, _ := o.state().StatementTimes()
	o.reach(reviewed + 1)
	o.fails(2, "packet", "-out | "+out+" | -post", "-url")
	o.does("packet", "-out | "+out)
	first, err := os.ReadFile(out)
	o.must(err)
	o.does("packet", "-out | "+out+" | -post | -url | https://www.example/packet.txt")
	second, err := os.ReadFile(out)
	o.must(err)
	if string(first) != string(second) || !strings.Contains(string(first), "It is time.") || strings.Contains(string(first), "fools") || !strings.Contains(string(first), "It insults members.") {
		t.Errorf("%s", second)
	}
	if p := o.state().Packet(); p == nil || p.Body.Size != uint64(len(first)) || p.Body.Hash != simulate.File(string(first)) {
		t.Errorf("%+v", p)
	}
	status := o.does("status", "")
	for _, want := range []string{"phase: called", "What has happened", "Forum 2 was held", "rule-mailing", "Registrar 1: send the packet to every member by ", "the commission: open the vote by "} {
		if !strings.Contains(status, want) {
			t.Errorf("the status lacks %q:\n%s", want, status)
		}
	}
	// No trustee has done anything: the making of the key is begun anew.
	if out := o.does("step", ""); !strings.Contains(out, "It is done.") || o.state().Ceremony.Attempt() != 2 {
		t.Error(out)
	}
	if out := o.does("step", ""); !strings.Contains(out, "Nothing is due") {
		t.Error(out)
	}
	o.reach(now + 300*24*3600)
	if status := o.does("status", ""); !strings.Contains(status, "OVERDUE since") {
		t.Error(status)
	}
	o.fails(1, "cancel", "-reason | We do not like it.", "do not allow")
	o.fails(1, "extend", "-reason | More time. | -closes | "+at(now+300*24*3600), "phase")
	o.vote = ""
	if out := o.does("status", ""); !strings.Contains(out, "called") || !strings.Contains(out, "A strike fund?") {
		t.Error(out)
	}
}

func TestOrganiseAnElection(t *testing.T) {
	o := newOffice(t)
	o.call("-template | national-leadership | -reason | It is the year for it.")
	nominate := func(slug string, member int, seconders ...int) string {
		args := "-slug | " + slug + " | -name | en=" + slug + " | -member | " + o.number(member) + " | -roll | " + o.file("roll")
		for _, s := range seconders {
			args += " | -seconder | " + o.number(s)
		}
		return args
	}
	o.fails(1, "nominate", nominate("ana", 0, 1, 2), "seconders")
	o.fails(1, "nominate", nominate("ana", 0, 1, 2, 3, 4, 5)+" | -group | north", "groups")
	o.does("nominate", nominate("ana", 0, 1, 2, 3, 4, 5)+" | -group | minorities")
	o.does("nominate", nominate("ben", 1, 2, 3, 4, 5, 6))
	statement := o.write("ana.txt", "I keep minutes short.\n")
	o.does("accept", "-slug | ana | -statement | "+statement)
	o.does("accept", "-slug | ben")
	o.does("withdraw", "-slug | ben | -reason | He moves abroad.")
	if c := o.state().Candidates(); len(c) != 1 || c[0].Acceptance.Statement != simulate.File("I keep minutes short.\n") || len(c[0].Nomination.Groups) != 1 {
		t.Errorf("%+v", c)
	}
	o.fails(1, "annul", "-reason | No reason.", "phase")
	o.does("cancel", "-reason | The convention has decided otherwise.")
	if p := o.state().Phase; p != fold.Cancelled {
		t.Errorf("the vote is %v", p)
	}
	if out := o.does("status", ""); !strings.Contains(out, "Nobody owes anything.") || !strings.Contains(out, "otherwise") {
		t.Error(out)
	}
}

func TestOrganiseABodysCall(t *testing.T) {
	o := newOffice(t)
	o.call("-template | federal-endorsement | -not-before | 2027-06-01T08:00:00-05:00")
	b := o.state().Rules().Call.Body
	if len(b.Members) != 17 || b.Need != 6 || b.Members[16].Name != "Committee member 17" {
		t.Errorf("%+v", b)
	}
}

// Another organisation's rules, which no program was made for.
func TestOrganiseByOnesOwnRules(t *testing.T) {
	o := newOffice(t)
	text, err := rules.TemplateFile("members-decide")
	o.must(err)
	text = strings.NewReplacer(`"members-decide"`, `"our-decision"`, `"5 %"`, `"10 %"`, `sponsors = 10`, `sponsors = 0`).Replace(text)
	file := o.write("ours.toml", text)
	o.call("-rules | " + file + " | -option | north en=The north | -option | south en=The south")
	if p := o.state().Rules().Call.Petition; p.Num*10 != p.Den {
		t.Errorf("%+v", p)
	}
	if c := o.state().Manifest.Contests[0]; len(c.Options) != 2 || c.Options[1].ID != "south" {
		t.Errorf("%+v", c)
	}
	keeps := func(file, says string) {
		t.Helper()
		var out, errs strings.Builder
		runRules(t.Context(), []string{"-board", "b", "-vote", o.vote, file}, &out, &errs, func(string) (party.Board, error) { return o.board.View(), nil })
		if got := out.String() + errs.String(); !strings.Contains(got, says) {
			t.Errorf("%q, want %q", got, says)
		}
	}
	keeps(file, "The vote keeps to ")
	keeps(o.write("others.toml", strings.Replace(text, `"10 %"`, `"11 %"`, 1)), "does not keep to the rules")
	o.vote = ""
	common := "-round | " + o.round.ID.String() + " | -parties | " + o.file("parties.toml") + " | -title | en=x"
	o.fails(2, "call", common, "one of -rules and -template")
	o.fails(1, "call", common+" | -rules | "+o.write("bad.toml", strings.Replace(text, `by       = "petition"`, `by       = "nobody"`, 1)), "line ")
	o.fails(2, "call", common+" | -template | nonsense", "-template")
	o.fails(1, "call", common+" | -template | members-decide", "sponsors")
	o.fails(1, "call", "-round | "+o.round.ID.String()+" | -title | en=x | -template | members-decide | -parties | "+o.write("p.toml", "trustees = 3\n"), "-parties")
}

// An entry is taken off the roll and put back by the number that mandate roll says.
func TestOrganiseARemoval(t *testing.T) {
	o := newOffice(t)
	roll := o.round.Manifest.Roll
	common := "-roll | " + roll.String() + " | -reason | membership lapsed"
	o.does("remove", common+" | -entry | 3 | -entry | 1")
	if r := o.org.State.Roll(roll); r.Removed(3) == nil || r.Removed(1) == nil || r.RemovedCount() != 2 {
		t.Errorf("%d entries are off the roll", r.RemovedCount())
	}
	o.does("remove", common+" | -entry | 3 | -back")
	if r := o.org.State.Roll(roll); r.Removed(3) != nil || r.RemovedCount() != 1 {
		t.Errorf("%d entries are off the roll", r.RemovedCount())
	}
	o.fails(1, "remove", common+" | -entry | 1", "dup")
	o.fails(2, "remove", common+" | -entry | one", "-entry")
	o.fails(2, "remove", "-roll | x | -reason | x | -entry | 1", "-roll")
	o.fails(2, "remove", common, "-entry is needed")
}

func TestEveryVerbAnswersH(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(verbs)) {
		var out, errs strings.Builder
		if code := Run(t.Context(), []string{name, "-h"}, strings.NewReader(""), &out, &errs); code != 0 || !strings.Contains(out.String(), "Example:\n    mandate organise "+name+" ") {
			t.Errorf("%s: exit %d, %s", name, code, &out)
		}
		if !strings.Contains(usage, "\n    "+name+" ") {
			t.Errorf("%s is not in the list of verbs", name)
		}
		if code := Run(t.Context(), []string{name}, strings.NewReader(""), &out, &errs); code != 2 || !strings.Contains(errs.String(), " is needed") {
			t.Errorf("%s without flags: exit %d, %s", name, code, &errs)
		}
		// Every flag is in the text.
		c := &call{text: map[string]*string{}, list: map[string]*many{}, toggle: map[string]*bool{}}
		verbs[name].flags(c, flag.NewFlagSet(name, flag.ContinueOnError))
		for _, flags := range [][]string{slices.Collect(maps.Keys(c.text)), slices.Collect(maps.Keys(c.list)), slices.Collect(maps.Keys(c.toggle))} {
			for _, f := range flags {
				if !strings.Contains(verbs[name].usage, "\n    -"+f+" ") {
					t.Errorf("%s: -%s is not explained", name, f)
				}
			}
		}
	}
	var out, errs strings.Builder
	if code := Run(t.Context(), []string{"sing"}, strings.NewReader(""), &out, &errs); code != 2 || !strings.Contains(errs.String(), "no verb") {
		t.Errorf("exit %d, %s", code, &errs)
	}
	if code := Run(t.Context(), nil, strings.NewReader(""), &out, &errs); code != 2 {
		t.Errorf("exit %d", code)
	}
}

func TestWhoIsNoOfficer(t *testing.T) {
	o := newOffice(t)
	v, err := vault.Create(o.file("stranger"), []byte("x"), vault.Options{WorkFactor: 3})
	o.must(err)
	o.must(v.Write(signingKey, simulate.NewKey(t).Bytes()))
	o.write("x", "x\n")
	step := func(dir, phrase string) string {
		var out, errs strings.Builder
		code := run(t.Context(), []string{"step", "-board", "b", "-dir", o.file(dir), "-passphrase", o.file(phrase)}, strings.NewReader(""), &out, &errs,
			func(string) (party.Board, error) { return o.board.View(), nil })
		if code != 1 {
			t.Errorf("%s: exit %d", dir, code)
		}
		return errs.String()
	}
	if got := step("stranger", "x"); !strings.Contains(got, "not of the commission") || !strings.Contains(got, "hint: ") {
		t.Error(got)
	}
	if got := step("officer", "x"); !strings.Contains(got, "passphrase") {
		t.Error(got)
	}
	if got := step("nowhere", "x"); !strings.Contains(got, "nowhere") {
		t.Error(got)
	}
	if got := step("officer", "nowhere"); !strings.Contains(got, "-passphrase") {
		t.Error(got)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"step", "-board", "b", "-dir", o.file("officer")}, strings.NewReader("open sesame\n"), &out, &errs,
		func(string) (party.Board, error) { return o.board.View(), nil }); code != 2 || !strings.Contains(errs.String(), "no terminal") {
		t.Errorf("exit %d, %s", code, &errs)
	}
}

func TestRulesCommand(t *testing.T) {
	dir := t.TempDir()
	do := func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		code := RunRules(t.Context(), args, &out, &errs)
		return code, out.String(), errs.String()
	}
	code, out, _ := do()
	if code != 0 || !strings.Contains(out, "members-decide\n") {
		t.Errorf("exit %d, %s", code, out)
	}
	for _, name := range strings.Fields(out) {
		code, text, _ := do("-template", name)
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, said, _ := do(file); code != 0 || c != 0 || !strings.Contains(said, name) {
			t.Errorf("%s: exits %d and %d, %s", name, code, c, said)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(text, "[call]", "[call]\nnonsense = 3", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, _, errs := do(file); c != 1 || !strings.Contains(errs, "line ") || !strings.Contains(errs, "nonsense") {
			t.Errorf("%s with a field too many: exit %d, %s", name, c, errs)
		}
	}
	if code, out, _ := do("-example"); code != 0 || len(out) < 1000 {
		t.Errorf("exit %d, %s", code, out)
	}
	if code, out, _ := do("-h"); code != 0 || !strings.Contains(out, "Example:") {
		t.Errorf("exit %d, %s", code, out)
	}
	for _, bad := range [][]string{{"-template", "x"}, {"-template", "members-decide", "-example"}, {"a", "b"}, {"-x"}, {"-board", "x", "y"}, {"-board", "x", "-vote", "y"}} {
		if code, _, errs := do(bad...); code != 2 || !strings.Contains(errs, "hint:") {
			t.Errorf("%v: exit %d, %s", bad, code, errs)
		}
	}
	if code, _, errs := do(filepath.Join(dir, "nowhere")); code != 1 || errs == "" {
		t.Errorf("exit %d, %s", code, errs)
	}
}
