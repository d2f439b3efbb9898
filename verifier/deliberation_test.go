package verifier_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/verifier"
	"mandate/verifier/command"
)

// The four templates verify, every check that applies has run, and the story begins with the call and ends with the response.
func TestTemplatesVerify(t *testing.T) {
	asked := map[string][]int{
		"members-decide":      {22, 23, 24, 25, 26, 29},
		"federal-endorsement": {22, 23, 24, 25, 26, 29},
		"national-leadership": {22, 23, 25, 26, 27, 29},
		"chapter-endorsement": {22, 28, 29},
	}
	for _, name := range rules.Templates() {
		t.Run(name, func(t *testing.T) {
			file, err := rules.Template(name)
			if err != nil {
				t.Fatal(err)
			}
			v := simulate.ByRules(t, file)
			r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
			if !r.OK() {
				t.Fatalf("%v %s %+v", r.Verdict, r.Problem, r.Votes)
			}
			for n := 22; n <= 29; n++ {
				c, want := checkOf(t, r, n), verifier.NotAsked
				if slices.Contains(asked[name], n) {
					want = verifier.Held
				}
				if c.Status != want || c.Detail == "" {
					t.Errorf("check %d %s: %v %q, want %v", n, c.Name, c.Status, c.Detail, want)
				}
			}
			story := r.Votes[0].Story
			if len(story) < 6 || story[len(story)-1].Kind != "response" || story[0].Kind != "vote" {
				t.Errorf("the story: %+v", story)
			}
			for i, l := range story {
				if !strings.HasSuffix(l.Date, " UTC") || i > 0 && (l.At < story[i-1].At || l.Index < story[i-1].Index) {
					t.Errorf("line %d: %+v", i, l)
				}
			}
			if len(r.Votes[0].Duties) != 0 {
				t.Errorf("owed: %v", r.Votes[0].Duties)
			}
		})
	}
}

// petition is a vote of 40 members that 5 % must call, by the template, with everything but the opening done by step.
func petition(t *testing.T, template string) *simulate.Vote {
	t.Helper()
	file, err := rules.Template(template)
	if err != nil {
		t.Fatal(err)
	}
	return simulate.ProposeByRules(t, file)
}

// opened puts an opening on the log, whatever the rules say.
func opened(v *simulate.Vote) *simulate.Vote {
	if v.State().Phase == fold.Called {
		v.Ceremony()
		v.Org.Reach(v.State().Manifest.Opens)
		v.Org.Append(v.Officer(v.Opening()).Raw())
		return v
	}
	v.Org.Append(v.Officer(&record.Opening{By: 1, Attempt: 1}).Raw())
	return v
}

// For every rule, an operator breaks it and opens the vote all the same: the verifier exits 1 and names the rule.
func TestBrokenRulesAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, to which it has nothing to show")
	}
	statements := func(v *simulate.Vote) {
		v.Commit()
		v.Org.Post(v.NamedStatement(0, "for", "It is right."))
		v.Org.Post(v.NamedStatement(1, "against", "It is wrong."))
	}
	forums := func(v *simulate.Vote) {
		v.Announce()
		v.Announce()
		v.Hold()
	}
	for name, c := range map[string]struct {
		check int
		code  string
		make  func(t *testing.T) *simulate.Vote
	}{
		"49 of 50 supports": {22, "rule-called", func(t *testing.T) *simulate.Vote { return opened(fortyNine(t)) }},
		"49 of 50 supports, and one of them twice": {22, "rule-called", func(t *testing.T) *simulate.Vote {
			v := fortyNine(t)
			v.Org.Append(v.SupportOf(v.Round.Credential(7, v.Plan.Rules.Call.Petition.Slot)).Raw())
			return opened(v)
		}},
		"49 of 50 supports, and one from outside the roll": {22, "rule-called", func(t *testing.T) *simulate.Vote {
			v := fortyNine(t)
			key := simulate.NewKey(t)
			b := &record.Support{Key: key.Public().Encoding(), Signatures: make([]byte, 2*record.SignatureBytes)}
			v.Org.Append(v.Org.Sign(v.ID, b, key).Raw())
			return opened(v)
		}},
		"supports by cards that nobody has issued": {22, "rule-stuffing", func(t *testing.T) *simulate.Vote {
			r := simulate.New(t, simulate.Config{Members: 40, Slots: 2, Petitions: 1}).Round()
			v := r.Propose(r.Plan(record.CallPetition, func(r *record.Rules) { r.Forums, r.Packet, r.Mailing = record.ForumRule{}, false, record.MailingRule{} }))
			for range 4 {
				c, err := r.Mint().Credential(v.Plan.Rules.Call.Petition.Slot)
				if err != nil {
					t.Fatal(err)
				}
				v.Org.Post(v.SupportOf(c))
			}
			statements(v)
			v.Reviewed()
			return opened(v)
		}},
		"five of seventeen signatures": {22, "rule-called", func(t *testing.T) *simulate.Vote {
			v := petition(t, "federal-endorsement")
			v.CallBy(1, 2, 3, 4, 5)
			v.Org.Append(v.CallOf(5).Raw())
			return opened(v)
		}},
		"one forum": {23, "rule-forums", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			v.Announce()
			v.Hold()
			v.Reveal()
			return opened(v)
		}},
		"a forum without notice": {23, "rule-forums", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			v.Announce()
			second := v.ForumBody()
			second.Starts = v.Org.State.Now() + 3600
			v.Org.Append(v.Officer(second).Raw())
			v.Hold()
			v.Org.Append(v.Officer(v.HeldBody(2)).Raw())
			v.Reveal()
			return opened(v)
		}},
		"a forum without a recording": {23, "rule-recordings", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			v.Announce()
			v.Hold()
			v.Announce()
			v.Org.Reach(v.State().Forums()[1].Announced.Starts)
			v.Org.Post(v.Officer(&record.ForumHeld{By: 1, Number: 2}))
			v.Reveal()
			return opened(v)
		}},
		"no time for statements": {24, "rule-statements", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			forums(v)
			v.Org.Reach(v.State().Manifest.Opens)
			v.Commit()
			return opened(v)
		}},
		"a packet that lacks a statement": {25, "rule-packet", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			forums(v)
			v.Reveal()
			b := v.PacketBody()
			b.Statements = b.Statements[1:]
			v.Org.Append(v.Officer(b).Raw())
			return opened(v)
		}},
		"a statement after the window": {25, "rule-packet", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			forums(v)
			v.Reviewed()
			late := v.NamedStatement(2, "against", "One more thing.")
			v.Org.Append(late.Raw())
			v.Reveal()
			b := v.PacketBody()
			b.Statements = append(b.Statements, late.ID())
			v.Org.Append(v.Officer(b).Raw())
			return opened(v)
		}},
		"a mailing that skipped a tenth of the roll": {26, "rule-mailing", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			forums(v)
			v.Reveal()
			v.Packet()
			for i := range v.Round.Registrars {
				b := v.MailingBody(i + 1)
				b.Mailed, b.Unreachable = 36, 0
				v.Org.Post(v.ByRegistrar(i+1, b))
			}
			v.Org.Reach(v.Org.State.Now() + 10*86_400)
			return opened(v)
		}},
		"a mailing that one registrar did not make": {26, "rule-mailing", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			statements(v)
			forums(v)
			v.Reveal()
			v.Packet()
			v.Org.Post(v.ByRegistrar(2, v.MailingBody(2)))
			v.Org.Reach(v.Org.State.Now() + 10*86_400)
			return opened(v)
		}},
		"a candidate more than stand": {27, "rule-nominations", func(t *testing.T) *simulate.Vote {
			v := petition(t, "national-leadership")
			v.Deliberate()
			v.Ceremony()
			v.Org.Reach(v.State().Manifest.Opens)
			b := v.Opening()
			v.Org.Post(v.Officer(&record.Withdrawal{By: 1, Slug: "candidate-03", Reason: "No time."}))
			v.Org.Append(v.Officer(b).Raw())
			return v
		}},
		"a branch vote is missing": {28, "rule-requires", func(t *testing.T) *simulate.Vote {
			o := simulate.New(t, simulate.Config{Slots: 2})
			r := o.Round()
			r.Cards(0, 1)
			branch := r.Vote()
			return opened(linked(r, branch.ID))
		}},
		"a branch vote does not verify": {28, "rule-requires", func(t *testing.T) *simulate.Vote {
			o := simulate.New(t, simulate.Config{Slots: 2})
			r := o.Round()
			r.Cards(0, 1)
			branch := r.Vote()
			branch.Ceremony()
			branch.Open()
			o.Append(branch.Officer(&record.Closing{By: 1}).Raw()) // too early
			branch.Finish()
			return opened(linked(r, branch.ID))
		}},
		"extended by more than the rules allow": {29, "rule-extend", func(t *testing.T) *simulate.Vote {
			v := plain(t)
			v.Open()
			v.Org.Append(v.Officer(&record.Extend{By: 1, Closes: v.State().Manifest.Closes + 501, Reason: "Too few have voted."}).Raw())
			v.Cast(0, []int{simulate.Yes})
			v.Finish()
			return v
		}},
		"cancelled where the rules do not allow it": {29, "rule-cancel", func(t *testing.T) *simulate.Vote {
			v := petition(t, "members-decide")
			v.CallUp()
			v.Org.Append(v.Officer(&record.Cancel{By: 1, Reason: "We do not like it."}).Raw())
			return v
		}},
		"annulled where the rules do not allow it": {29, "rule-annul", func(t *testing.T) *simulate.Vote {
			v := plain(t)
			v.Open()
			v.Org.Append(v.Officer(&record.Annul{By: 1, Reason: "We do not like it."}).Raw())
			return v
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.make(t)
			r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
			wantFailed(t, r, c.check, c.code)
			if r.Verdict.ExitCode() != 1 {
				t.Errorf("exit %d", r.Verdict.ExitCode())
			}
			var out bytes.Buffer
			command.Text(&out, r)
			for _, want := range []string{"FAILED", c.code, "rule: "} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report does not have %q:\n%s", want, out.String())
				}
			}
			last := r.Votes[0].Story
			if !slices.ContainsFunc(last, func(l verifier.Line) bool { return strings.Contains(l.Text, "NOT ALLOWED ("+c.code+")") }) {
				t.Errorf("the story does not tell of it: %+v", last)
			}
		})
	}
}

// fortyNine is a petition of which 49 members of 1000 support what 50 must.
func fortyNine(t *testing.T) *simulate.Vote {
	t.Helper()
	r := simulate.New(t, simulate.Config{Members: 1000, Slots: 2, Petitions: 1}).Round()
	entries := make([]int, 49)
	for i := range entries {
		entries[i] = i
	}
	r.Cards(entries...)
	v := r.Propose(r.Plan(record.CallPetition, func(r *record.Rules) { r.Call.Petition.Num, r.Call.Petition.Den = 1, 20 }))
	v.Support(entries...)
	return v
}

// linked proposes a vote that asks for nothing but another vote's result.
func linked(r *simulate.Round, requires ...record.ID) *simulate.Vote {
	return r.Propose(r.Plan(record.CallReason, func(rules *record.Rules) {
		rules.Forums, rules.Statements, rules.Packet, rules.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
		rules.Requires, rules.Changes.Annul = requires, false
	}))
}

// plain is a vote that can open, of which the rules ask for nothing.
func plain(t *testing.T) *simulate.Vote {
	t.Helper()
	r := simulate.New(t, simulate.Config{}).Round()
	r.Cards(0, 1)
	v := linked(r)
	v.Ceremony()
	return v
}

// A vote that requires another holds check 28 if that one is certified and has no fatal outcome.
func TestARequiredVoteThatIsCertified(t *testing.T) {
	r := simulate.New(t, simulate.Config{Slots: 2}).Round()
	r.Cards(0, 1)
	branch := r.Vote()
	branch.Ceremony()
	branch.Open()
	branch.Cast(0, []int{simulate.Yes})
	branch.Finish()
	v := linked(r, branch.ID)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	v.Finish()
	rep := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if !rep.OK() || checkOf(t, rep, 28).Status != verifier.Held {
		t.Errorf("%v %+v", rep.Verdict, checkOf(t, rep, 28))
	}
}

// What is owed and not done in time is reported with who owes it, and changes no verdict.
func TestOverdueDuties(t *testing.T) {
	v := petition(t, "members-decide")
	v.CallUp()
	v.Deliberate()
	v.Ceremony()
	v.Org.Reach(v.State().Times.Called + 43*86_400)
	r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if r.Verdict != verifier.Unfinished || r.Verdict.ExitCode() != 3 {
		t.Errorf("%v", r.Verdict)
	}
	d := r.Votes[0].Duties
	if len(d) != 1 || d[0].Code != "opening" || d[0].Who != "the commission" || !d[0].Overdue || !strings.HasSuffix(d[0].Date, " UTC") {
		t.Fatalf("owed: %v", d)
	}
	v.Open()
	for i := range 12 {
		v.Cast(i, v.Choice(i)...)
	}
	v.Finish()
	v.Org.Time(v.Org.State.Now() + 15*86_400)
	r = verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	if d := r.Votes[0].Duties; !r.OK() || len(d) != 1 || d[0].Code != "response" || d[0].Who != "National Committee" || !d[0].Overdue {
		t.Errorf("%v, owed: %v", r.Verdict, d)
	}
	var out bytes.Buffer
	command.Text(&out, r)
	if !strings.Contains(out.String(), "OVERDUE since") || !strings.Contains(out.String(), "National Committee: respond to the result") {
		t.Errorf("the report:\n%s", out.String())
	}
}

// A petition that lapsed and a vote that was cancelled have no result, and keep no other vote from being verified.
func TestVotesThatEndWithoutAResult(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 3, Petitions: 1})
	r := o.Round()
	r.Cards(0, 1, 2)
	lapsed := r.Propose(r.Plan(record.CallPetition))
	lapsed.Support(0)
	o.Time(lapsed.Manifest.Rules.Call.Petition.Closes + 1)
	cancelled := r.Propose(r.Plan(record.CallReason, func(r *record.Rules) { r.Statements = record.StatementRule{} }))
	o.Post(cancelled.Officer(&record.Cancel{By: 1, Reason: "Settled otherwise."}))
	for _, v := range []*simulate.Vote{lapsed, cancelled} {
		rep := verify(t, sourceOf(t, o), verifier.Options{Vote: v.ID})
		if rep.Verdict != verifier.Unfinished || !rep.Votes[0].Ended {
			t.Errorf("%s by its id: %v", v.State().Phase, rep.Verdict)
		}
	}
	if rep := verify(t, sourceOf(t, o), verifier.Options{}); rep.Verdict != verifier.Unfinished {
		t.Errorf("without any other vote: %v", rep.Verdict)
	}
	v := r.Vote()
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	v.Finish()
	rep := verify(t, sourceOf(t, o), verifier.Options{})
	if !rep.OK() || len(rep.Votes) != 3 {
		t.Errorf("beside a certified vote: %v", rep.Verdict)
	}
	texts := func(i int) string {
		var s []string
		for _, l := range rep.Votes[i].Story {
			s = append(s, l.Text)
		}
		return strings.Join(s, "\n")
	}
	if s := texts(0); !strings.Contains(s, "1 member supports the petition: 1 of 2.") || !strings.HasSuffix(s, "has lapsed.") {
		t.Errorf("the story of the petition:\n%s", s)
	}
	if s := texts(1); !strings.HasSuffix(s, "The vote is cancelled: Settled otherwise.") {
		t.Errorf("the story of the cancelled vote:\n%s", s)
	}
}

// F18, F15, H5: what could tell who supports a petition is said.
func TestF18_WarningsOfAPetition(t *testing.T) {
	warned := func(v *simulate.Vote, want string) bool {
		r := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
		return slices.ContainsFunc(r.Votes[0].Warnings, func(s string) bool { return strings.Contains(s, want) })
	}
	begin := func(cards ...int) *simulate.Vote {
		r := simulate.New(t, simulate.Config{Members: 30, Slots: 2, Petitions: 1}).Round()
		r.Cards(cards...)
		return r.Propose(r.Plan(record.CallPetition))
	}
	v := begin(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	var batch []*record.Record
	for e := range 4 {
		batch = append(batch, v.SupportOf(v.Round.Credential(e, v.Plan.Rules.Call.Petition.Slot)))
	}
	slices.SortFunc(batch, func(a, b *record.Record) int { x, y := a.ID(), b.ID(); return bytes.Compare(x[:], y[:]) })
	honest := v.On(v.Org.Fork())
	for _, r := range batch {
		honest.Org.Post(r)
	}
	for _, s := range []string{"having a card all but says so", "hint at each other", "sooner after another", "in the order of their ids"} {
		if warned(honest, s) {
			t.Errorf("an honest petition is warned of: %s", s)
		}
	}
	cards := checkOf(t, verify(t, sourceOf(t, honest.Org), verifier.Options{Vote: v.ID}), 22).Detail
	if !strings.Contains(cards, "4 supports of 3 needed on a roll of 30, [10 10] cards collected") {
		t.Errorf("beside the supports: %s", cards)
	}
	unsorted := v.On(v.Org.Fork())
	slices.Reverse(batch)
	for _, r := range batch {
		unsorted.Org.Post(r)
	}
	if !warned(unsorted, "in the order of their ids") {
		t.Error("supports in any order are not warned of")
	}
	hasty := v.On(v.Org.Fork())
	for _, r := range batch {
		hasty.Org.Post(r)
		hasty.Org.Time(hasty.Org.State.Now() + 1)
	}
	if !warned(hasty, "3 batches of supports were published sooner") {
		t.Error("supports one by one are not warned of")
	}
	late := v.On(v.Org.Fork())
	late.Round.Cards(20)
	late.Support(20)
	if !warned(late, "1 cards were issued after the petition began") {
		t.Error("a late card is not warned of")
	}
	few := begin(0, 1)
	few.Support(0, 1)
	if !warned(few, "2 of the 2 members who have cards support the petition") {
		t.Error("cards of supporters only are not warned of")
	}
}

// A follower of a board tells the same story as the verifier.
func TestTheStoryIsTheSameForPages(t *testing.T) {
	v := petition(t, "members-decide")
	v.CallUp()
	v.Deliberate()
	want := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID}).Votes[0].Story
	state, story := fold.New(), verifier.NewStory()
	for i, raw := range v.Org.Log() {
		p := state.Prepare([][]byte{raw})[0]
		story.Add(state, uint64(i), p, state.Apply(p))
	}
	if got := story.Of(v.ID); !slices.Equal(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if len(story.Of(record.ID{})) != 0 {
		t.Error("a vote that is not there has a story")
	}
}

// An election's story names the elected.
func TestTheStoryOfAnElection(t *testing.T) {
	c := simulate.Choose("committee", 0, 0, 100, 1)
	r := simulate.New(t, simulate.Config{Contests: []contest.Contest{c}}).Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallReason, func(rules *record.Rules) {
		rules.Forums, rules.Statements, rules.Packet, rules.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
		rules.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
	}))
	v.Nominate(0, "ada", 5)
	v.Nominate(1, "bob", 6)
	v.Nominated()
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{0})
	v.Cast(1, []int{0})
	v.Cast(2, []int{1})
	v.Finish()
	rep := verify(t, sourceOf(t, v.Org), verifier.Options{Vote: v.ID})
	story := rep.Votes[0].Story
	name := v.Round.Roll.Opening(0).Name
	if last := story[len(story)-1].Text; !rep.OK() || !strings.Contains(last, name+" 2 (elected)") {
		t.Errorf("%v: %s", rep.Verdict, last)
	}
}
