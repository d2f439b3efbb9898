package page

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
)

// hostile is what a candidate, a member or anybody else may be called (ATTACKS row I8).
const hostile = `<img src=x onerror=alert(1)>`

const day = 86_400

// A still is a board that stands still.
type still struct{ *fold.State }

func (s still) View(read func(*fold.State)) { read(s.State) }

// A scene is a board at a moment, and the vote that it is about.
type scene struct {
	state *fold.State
	vote  record.ID
	log   log
}

func (s scene) pages() *Pages {
	return New(still{s.state}, Options{Address: "https://votes.example.org", Fresh: -1, Records: s.log, Booth: "/booth"})
}

// A log is Records in memory.
type log [][]byte

func (l log) Size() uint64 { return uint64(len(l)) }

func (l log) Find(id record.ID) (uint64, bool) {
	i := slices.IndexFunc(l, func(raw []byte) bool { return record.IDOf(raw) == id })
	return uint64(max(i, 0)), i >= 0
}

func (l log) Records(_ context.Context, from, to uint64) ([][]byte, error) {
	if from > to || to > l.Size() {
		return nil, fs.ErrNotExist
	}
	return l[from:to], nil
}

func (l log) IDs(ctx context.Context, from, to uint64) (ids []record.ID, err error) {
	raws, err := l.Records(ctx, from, to)
	for _, raw := range raws {
		ids = append(ids, record.IDOf(raw))
	}
	return ids, err
}

// scenes returns boards at all moments that pages have to show. They are made once, and by whichever test asks first.
func scenes(t *testing.T) map[string]scene {
	t.Helper()
	made.once.Do(func() { made.scenes = makeScenes(t) })
	if made.scenes == nil {
		t.Fatal("the scenes were not made")
	}
	return made.scenes
}

var made struct {
	once   sync.Once
	scenes map[string]scene
}

// names returns the names of all scenes.
func names(t *testing.T) []string { return slices.Sorted(maps.Keys(scenes(t))) }

func both(en, es string) text.Texts { return text.Texts{"en": en, "es": es} }

// A stage is an organisation with a round and cards, on which stories begin.
type stage struct {
	t     *testing.T
	round *simulate.Round
	out   map[string]scene
}

// keep keeps a moment of a story as a scene, and goes on.
func (s *stage) keep(name string, v *simulate.Vote) {
	s.t.Helper()
	o := v.Org.Fork()
	s.out[name] = scene{o.State, v.ID, o.Log()}
}

// begin begins a story on the stage as it was at first.
func (s *stage) begin() *simulate.Round {
	s.t.Helper()
	return s.round.On(s.round.Org.Fork())
}

func makeScenes(t *testing.T) map[string]scene {
	o := simulate.New(t, simulate.Config{Members: 400, Slots: 6, Petitions: 3, Revote: true})
	s := &stage{t: t, out: make(map[string]scene)}
	s.out["empty"] = scene{o.Fork().State, record.ID{}, o.Log()}
	r := o.Round(func(m *record.Round) {
		m.Title = both("Voter cards, spring 2027", "Tarjetas de votación, primavera de 2027")
		m.Closes = m.Opens + 120*day
		for i, name := range []string{"Elections Commission", "Auditors' Council"} {
			m.Registrars[i].Name, m.Registrars[i].Operator = name, []string{"Elections Commission", "Union of auditors, Chicago"}[i]
			m.Registrars[i].Channel = []string{"code by e-mail", "code on paper"}[i]
		}
	})
	var entries []int
	for i := range 30 {
		entries = append(entries, i)
	}
	r.Cards(entries...)
	s.round = r
	s.petition()
	s.endings()
	s.committee()
	s.leadership()
	s.plain()
	s.ranked()
	s.hostile()
	s.broken()
	return s.out
}

// propose posts the manifest of a vote by a template.
func propose(t *testing.T, r *simulate.Round, template string, title text.Texts, change ...func(*record.Vote)) *simulate.Vote {
	t.Helper()
	file, err := rules.Template(template)
	if err != nil {
		t.Fatal(err)
	}
	p := &simulate.Plan{Responder: simulate.NewKey(t)}
	parameters := rules.Parameters{
		Now: r.Org.State.Now(), Title: title, PetitionSlot: 3, StatementSlot: 4, Reason: "The statutes ask for it every two years.",
		Responder: p.Responder.Public().Encoding(),
	}
	for i := range file.Call.Sponsors {
		parameters.Sponsors = append(parameters.Sponsors, r.Member(int(i)))
	}
	for i := range 17 {
		key := simulate.NewKey(t)
		p.Body = append(p.Body, key)
		parameters.Body = append(parameters.Body, record.Officer{Name: fmt.Sprintf("Committee member %d", i+1), Key: key.Public().Encoding()})
	}
	compiled, err := file.Compile(parameters)
	if err != nil {
		t.Fatal(err)
	}
	p.Rules = compiled.Rules
	for i := range r.Registrars {
		p.Seeds = append(p.Seeds, simulate.File(fmt.Sprint("seed ", i)))
	}
	return r.Propose(p, append([]func(*record.Vote){func(m *record.Vote) {
		full := *compiled
		full.By, full.Trustees, full.Threshold, full.Quorum = 1, m.Trustees, m.Threshold, m.Quorum
		for i, name := range []string{"Ana Ruiz", "Ben Okafor", "Chi Nguyen"} {
			full.Trustees[i].Name = name
		}
		if full.Ranked() {
			full.Mixes = full.Threshold
		}
		*m = full
	}}, change...)...)
}

var house = both("Shall the organisation buy a house for its meetings?", "¿Compra la organización una casa para sus reuniones?")

func statements() map[string][]string {
	long := strings.TrimSpace(strings.Repeat("A house of our own costs more in the first years and less in every year after. ", 12))
	return map[string][]string{
		"for":     {"We have rented for thirty years.\n\nA house is cheaper, and nobody can give us notice.\n— that is all", long},
		"against": {"We are a movement, not a landlord."},
	}
}

// speak has members make statements: the first of each side by name, the others without.
func speak(v *simulate.Vote) {
	member := 0
	for _, side := range []string{"for", "against"} {
		for i, text := range statements()[side] {
			if i == 0 {
				v.Org.Post(v.NamedStatement(member, side, text))
			} else {
				v.Org.Post(v.AnonymousStatement(member, side, text))
			}
			member++
		}
	}
}

// petition is a story from a petition to the answer to its result.
func (s *stage) petition() {
	r := s.begin()
	r.Org.Post(r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{77}})) // the other registrar has not answered yet
	v := propose(s.t, r, "members-decide", house)
	for i := range 14 {
		v.Support(i)
	}
	s.keep("petition", v)
	for i := 14; i < 20; i++ {
		v.Support(i)
	}
	s.keep("called", v)
	v.Commit()
	v.Announce()
	speak(v)
	bad := v.NamedStatement(5, "against", "Something that cannot be printed.")
	v.Org.Post(bad)
	v.Org.Post(v.Officer(&record.Withheld{By: 1, Side: "against", Hash: simulate.File("Something that cannot be printed."), Reason: "It names a member's private address."}))
	s.keep("debate", v)
	late := v.On(v.Org.Fork())
	late.Org.Reach(late.State().Times.Called + 43*day)
	s.keep("overdue", late)
	v.Hold()
	v.Announce()
	s.keep("one forum", v)
	v.Hold()
	v.Reviewed()
	v.Packet()
	body := v.MailingBody(1)
	body.Mailed, body.Paper, body.Bounced = 380, 10, 7
	v.Org.Post(v.ByRegistrar(1, body))
	s.keep("mailing", v)
	body.Mailed, body.Paper, body.Bounced = 381, 18, 7
	v.Org.Post(v.ByRegistrar(1, body))
	v.Org.Post(v.ByRegistrar(2, v.MailingBody(2)))
	v.Org.Reach(v.Org.State.Now() + 3*day)
	v.Ceremony()
	v.Open()
	for i := range 20 {
		v.Cast(i, []int{[]int{0, 0, 1, 2, 0}[i%5]})
	}
	v.Cast(3, []int{1})
	v.Check(21, record.IDOf([]byte("a ballot that was opened")))
	s.keep("open", v)
	reported := v.On(v.Org.Fork())
	reported.Check(22, record.IDOf([]byte("another")))
	reported.Fault(22, record.IDOf([]byte("another")))
	reported.Org.Remove(reported.Round.Manifest.Roll, true, 60, 61, 62)
	reported.Org.Remove(reported.Round.Manifest.Roll, false, 61)
	reported.Org.Post(reported.Org.Officer(reported.Round.Manifest.Roll, &record.RollRemoval{By: 1, Entries: []uint64{70}, Removed: true, Reason: hostile + " resigned"}))
	s.keep("reported", reported)
	annulled := v.On(v.Org.Fork())
	annulled.Org.Post(annulled.Officer(&record.Annul{By: 1, Reason: "The question was printed wrongly in the packet."}))
	s.keep("annulled", annulled)
	v.Org.Reach(v.State().Manifest.Closes + 60)
	s.keep("closing", v)
	v.Close()
	s.keep("closed", v)
	v.Promises()
	v.Seal()
	s.keep("sealed", v)
	v.Tally()
	s.keep("certified", v)
	v.Org.Reach(v.Org.State.Now() + 15*day)
	s.keep("no answer", v)
	v.Respond()
	s.keep("answered", v)
}

// endings are votes that end without a result.
func (s *stage) endings() {
	v := propose(s.t, s.begin(), "members-decide", house)
	v.Support(1, 2)
	v.Org.Reach(v.Plan.Rules.Call.Petition.Closes + 1)
	s.keep("lapsed", v)
	v = propose(s.t, s.begin(), "federal-endorsement", both("Endorsement of Maria López for the Senate", "Respaldo a María López para el Senado"))
	v.CallUp()
	v.Org.Post(v.Officer(&record.Cancel{By: 1, Reason: "The candidate has left the race."}))
	s.keep("cancelled", v)
}

// committee is a vote that a committee calls, and the draw of its statements.
func (s *stage) committee() {
	v := propose(s.t, s.begin(), "federal-endorsement", both("Endorsement of Maria López for the Senate", "Respaldo a María López para el Senado"))
	v.CallBy(2, 3, 5, 11)
	s.keep("body", v)
	v.CallBy(16, 17)
	v.Commit()
	for i := range 30 {
		v.Org.Post(v.NamedStatement(100+i, []string{"for", "for", "against"}[i%3], fmt.Sprintf("Statement number %d.", i+1)))
	}
	s.keep("many statements", v)
	v.Reviewed()
	s.keep("draw", v)
	v.Reveal()
	s.keep("drawn", v)
}

// leadership is an election with nominations.
func (s *stage) leadership() {
	v := propose(s.t, s.begin(), "national-leadership", both("Election of the National Committee", "Elección del Comité Nacional"))
	nominate := func(i int, slug string) {
		b := v.NominationBody(i, slug, 50, 51, 52, 53, 54)
		b.Name = both(b.Member.Name, b.Member.Name)
		v.Org.Post(v.Officer(b))
	}
	for i := range 20 {
		slug := fmt.Sprintf("candidate-%02d", i)
		nominate(i, slug)
		v.Org.Post(v.Officer(&record.Acceptance{By: 1, Slug: slug, Statement: simulate.File(slug + ".txt"), Photo: simulate.File(slug + ".jpg")}))
	}
	nominate(30, "reluctant")
	v.Org.Post(v.Officer(&record.Withdrawal{By: 1, Slug: "candidate-07", Reason: "I am moving abroad."}))
	s.keep("nominations", v)
	v.Announce()
	v.Announce()
	v.Hold()
	v.Nominated()
	v.Packet()
	v.Mail()
	v.Org.Reach(v.Org.State.Now() + 5*day)
	v.Ceremony()
	v.Open()
	for i := range 25 {
		v.Cast(i, []int{i % 19, (i + 1) % 19, (i * 7) % 19}[:1+i%2])
	}
	v.Finish()
	s.keep("elected", v)
}

// plain is votes without rules, and an organisation with several votes at once.
func (s *stage) plain() {
	dues := func(m *record.Vote) {
		m.Title, m.Template = both("Shall the dues be raised?", "¿Se aumentan las cuotas?"), "dues"
		c := simulate.YesNo("dues")
		c.Title = both("Shall the monthly dues be raised by two dollars?", "¿Se aumentan las cuotas mensuales en dos dólares?")
		c.Options[0].Title, c.Options[1].Title, c.Options[2].Title = both("Yes", "Sí"), both("No", "No"), both("Abstain", "Abstención")
		c.Decision = contest.Decision{
			Method: contest.MethodThreshold, Num: 2, Den: 3, Base: contest.BaseBallots, QuorumNum: 1, QuorumDen: 10, Binding: true,
		}
		m.Contests = []contest.Contest{c}
		m.Closes = m.Opens + 10*day
	}
	r := s.begin()
	v := r.Vote(dues)
	s.keep("plain called", v)
	v.Ceremony()
	v.Open()
	mock := r.Vote(dues, func(m *record.Vote) {
		m.Title, m.Mock = both("Rehearsal: where shall we meet?", "Ensayo: ¿dónde nos reunimos?"), true
		c := simulate.Choose("place", 4, 1, 2, 1)
		c.Title = both("Which cities suit you?", "¿Qué ciudades le convienen?")
		for i, city := range []string{"Chicago", "Atlanta", "Denver", "Saint Louis"} {
			c.Options[i].Title = both(city, city)
		}
		m.Contests = []contest.Contest{c}
	})
	s.keep("mock", mock)
	petition := propose(s.t, r, "members-decide", house, func(m *record.Vote) { m.Slot = 2 })
	petition.Support(1, 2, 3)
	s.keep("town", petition)
	for i := range 29 {
		v.Cast(i, []int{simulate.Yes})
	}
	v.Finish()
	s.keep("no quorum", v)
}

// ranked is a vote on ranked contests: by transferable votes with a representation rule and ties, by instant run-off, and in pairs.
func (s *stage) ranked() {
	stv := simulate.Rank("delegates", contest.MethodScottishSTV, 7, 5, 3)
	stv.Title = both("Who are our delegates?", "¿Quiénes serán nuestras delegadas y delegados?")
	for i, name := range []string{"Ana Ruiz", "Ben Okafor", "María de los Ángeles Rodríguez", "Dee Park", "Eli Roth", hostile, "Gil Sanz"} {
		stv.Options[i].Title = both(name, name)
	}
	stv.Options[3].Groups, stv.Options[6].Groups = []string{"minorities"}, []string{"minorities"}
	stv.Ranking.Rules = []contest.RankingRule{{Group: "minorities", Min: 1, Max: 3}}
	irv := simulate.Rank("name", contest.MethodIRV, 4, 4, 1)
	irv.Title = both("What is our newsletter called?", "¿Cómo se llamará nuestro boletín?")
	pairs := simulate.Rank("logo", contest.MethodSchulze, 4, 4, 1)
	pairs.Title = both("Which logo?", "¿Qué logotipo?")
	for i, name := range []string{"The Commons", "Bread and Roses", "Forward", "The Bulletin"} {
		irv.Options[i].Title, pairs.Options[i].Title = both(name, name), both("Design "+name[:1]+strconv.Itoa(i), "Diseño "+name[:1]+strconv.Itoa(i))
	}
	v := s.begin().Vote(func(m *record.Vote) {
		m.Title, m.Template = both("Delegates, a name and a logo", "Delegación, un nombre y un logotipo"), "delegates"
		m.Contests, m.Mixes = []contest.Contest{stv, irv, pairs}, m.Threshold
		m.Programs = []record.Program{{Name: "booth", Hash: simulate.File("booth.wasm")}}
		m.Closes = m.Opens + 10*day
	})
	v.Ceremony()
	v.Open()
	s.keep("ranked open", v)
	for i := range 24 {
		delegates := [][]int{{0, 3, 1}, {0, 1}, {1, 3, 6}, {2, 4, 3, 6, 1}, {3}, {4, 5}, {5, 4, 2}, nil}[i%8]
		v.Cast(i, delegates, [][]int{{0, 1}, {1, 2, 3}, {2, 1}, {3}}[i%4], [][]int{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0}, nil}[i%5])
	}
	v.Finish()
	s.keep("ranked", v)
}

// hostile is a vote in which everybody is called by a piece of HTML.
func (s *stage) hostile() {
	o := simulate.New(s.t, simulate.Config{Members: 10, Slots: 4, Petitions: 2})
	r := o.Round(func(m *record.Round) {
		m.Title = text.Texts{"en": hostile + " round"}
		for i := range m.Registrars {
			m.Registrars[i].Name, m.Registrars[i].Operator, m.Registrars[i].Channel = hostile+fmt.Sprint(i), hostile, hostile
		}
	})
	r.Cards(0, 1, 2, 3, 4)
	p := r.Plan(record.CallPetition, func(rules *record.Rules) {
		rules.Nominations = &record.NominationRule{Window: 100, Seconds: 0, Accept: 100}
		rules.Response.Name = hostile + " committee"
	})
	v := r.Propose(p, func(m *record.Vote) {
		m.Title, m.Template = text.Texts{"en": hostile + " title", "fr": "Titre"}, "members-decide"
		c := simulate.Choose("seats", 1, 0, 2, 1)
		c.Title, c.Options = text.Texts{"en": hostile + " question", "fr": "Question"}, nil
		m.Contests = []contest.Contest{c}
		for i := range m.Trustees {
			m.Trustees[i].Name = hostile
		}
	})
	v.CallUp()
	v.Commit()
	v.Org.Post(v.NamedStatement(1, "for", "</p>"+hostile+"<script>alert(1)</script>\n<a href=\"javascript:alert(1)\">x</a>"))
	v.Org.Post(v.Officer(&record.Withheld{By: 1, Side: "for", Hash: simulate.File("x"), Reason: hostile}))
	n := v.NominationBody(2, "evil")
	n.Name = text.Texts{"en": hostile, "fr": `"><script>alert(1)</script>`}
	v.Org.Post(v.Officer(n))
	v.Org.Post(v.Officer(&record.Acceptance{By: 1, Slug: "evil"}))
	forum := v.ForumBody()
	forum.Title = text.Texts{"en": hostile}
	v.Org.Post(v.Officer(forum))
	v.Announce()
	v.Hold()
	v.Reviewed()
	v.Packet()
	v.Mail()
	v.Org.Reach(v.Org.State.Now() + 300)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{0})
	v.Finish()
	v.Org.Post(v.Org.Sign(v.ID, &record.Response{Text: hostile}, v.Plan.Responder))
	s.keep("hostile", v)
}

// broken is a vote that an operator opened too early, and then went on with as if nothing had been.
func (s *stage) broken() {
	r := s.begin()
	v := r.Vote()
	v.Ceremony()
	v.Org.Append(v.Officer(v.Opening()).Raw())
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	v.Finish()
	s.keep("broken", v)
}
