package page

import (
	"html/template"
	"strconv"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// organisationPage is the page of the organisation: its votes, and its rounds of voter cards.
type organisationPage struct {
	frame
	Groups []group
	Rounds []roundLine
	Log    string // the verifier key of the log
	Origin string
}

// A group is votes of one kind.
type group struct {
	Slug  string
	Title string
	Votes []voteLine
}

// A voteLine is a vote in a list.
type voteLine struct {
	link
	Phase   phase
	Lead    template.HTML
	Mock    bool
	Overdue uint64 // how many duties are
	Bar     *bar   // of a petition, or of the turnout
	Figures string
	Results []string // what each contest came to
}

// A roundLine is a round in a list.
type roundLine struct {
	link
	Members    uint64
	Opens      uint64
	Closes     uint64
	Registrars []registrar
}

// A registrar, and how many cards it has issued.
type registrar struct {
	Name     string
	Operator string
	Channel  string
	URL      string
	Accepted bool // the roll
	Issued   uint64
	Members  uint64 // on the roll
	Share    string
	Bar      bar
}

func (a *author) organisation() any {
	g, _ := a.state.Genesis()
	if g == nil {
		return nil
	}
	p := &organisationPage{Log: g.LogKey, Origin: g.Origin, frame: a.frame("", a.Say("organisation.description"))}
	groups := map[string]*group{}
	for _, slug := range []string{"open", "petition", "deliberating", "counting", "ended"} {
		groups[slug] = &group{Slug: slug, Title: a.Say("group." + slug)}
	}
	votes := a.state.Votes()
	for i := len(votes) - 1; i >= 0; i-- { // the newest first
		v := votes[i]
		into := groups["ended"]
		switch v.Phase {
		case fold.Proposed:
			into = groups["petition"]
		case fold.Called:
			into = groups["deliberating"]
		case fold.Open:
			into = groups["open"]
		case fold.Closed, fold.Sealed:
			into = groups["counting"]
		}
		into.Votes = append(into.Votes, a.voteLine(v))
	}
	for _, slug := range []string{"open", "petition", "deliberating", "counting", "ended"} {
		if len(groups[slug].Votes) > 0 {
			p.Groups = append(p.Groups, *groups[slug])
		}
	}
	rounds := a.state.Rounds()
	for i := len(rounds) - 1; i >= 0; i-- {
		r := rounds[i]
		p.Rounds = append(p.Rounds, roundLine{
			link: a.toRound(r), Members: r.Roll.Announce.Count, Opens: r.Manifest.Opens, Closes: r.Manifest.Closes, Registrars: a.registrars(r),
		})
	}
	return p
}

func (a *author) voteLine(v *fold.Vote) voteLine {
	l := voteLine{link: a.toVote(v), Phase: a.phase(v), Lead: a.lead(v), Mock: v.Manifest.Mock}
	for _, d := range v.Duties(a.now) {
		if d.Overdue {
			l.Overdue++
		}
	}
	roll := v.Round.Roll.Announce.Count
	switch have, need := v.Supports(); {
	case v.Phase == fold.Proposed && need > 0:
		b := newGoal(have, need)
		l.Bar, l.Figures = &b, a.Count("call.have", have, "need", need)
	case v.Phase >= fold.Open:
		b := newBar(v.Counted(), roll)
		l.Bar, l.Figures = &b, a.Count("turnout.line", v.Counted(), "roll", roll, "percent", a.Percent(v.Counted(), roll))
	}
	if v.Result != nil && !a.failed(v) {
		for i := range v.Manifest.Contests {
			_, outcome := a.outcome(v, i)
			if len(v.Manifest.Contests) > 1 {
				outcome = oneLine(a.words(v.Manifest.Contests[i].Title).Text) + " " + outcome
			}
			l.Results = append(l.Results, outcome)
		}
	}
	return l
}

func (a *author) registrars(r *fold.Round) []registrar {
	roll := r.Roll.Announce.Count
	var out []registrar
	for i, g := range r.Manifest.Registrars {
		n := r.Issued(i + 1)
		out = append(out, registrar{
			Name: g.Name, Operator: g.Operator, Channel: g.Channel, URL: g.URL, Accepted: r.Accepted(i + 1),
			Issued: n, Members: roll, Share: a.Percent(n, roll), Bar: newBar(n, roll),
		})
	}
	return out
}

// roundPage is the page of a round: who can collect a card from whom, and what the cards are for.
type roundPage struct {
	frame
	ID         string
	Name       words
	Lead       template.HTML
	Opens      uint64
	Closes     uint64
	Open       bool // cards can be collected now
	Roll       string
	Segment    string
	AsOf       string
	RollID     string
	Members    uint64
	Registrars []registrar
	Removed    uint64    // entries that are off the roll now
	Removals   []removal // the newest first
	Slots      []slot
	Entry      string // the address of the page on which a member looks up their roll entry
	Log        string // and of the round's records; empty if they are not shown
	JSON       string
}

// A slot is one use of a round's cards.
type slot struct {
	Number   uint64
	Petition bool
	Ready    bool
	Use      string // which of its vote's uses it is
	Vote     *link
}

// A removal has taken entries off the roll, or put them back.
type removal struct {
	At      uint64
	What    string
	Reason  string
	Entries string
	More    string // how many entries are left out
}

// mostRemovals and mostRemoved are how many records and entries a page lists. The log has all.
const (
	mostRemovals = 200
	mostRemoved  = 100
)

func (a *author) removals(r *fold.Roll) []removal {
	var out []removal
	all := r.Removals()
	for i := len(all) - 1; i >= 0 && len(out) < mostRemovals; i-- {
		b := all[i].Body
		n := uint64(len(b.Entries))
		x := removal{At: all[i].At, What: a.Count("round.removed-on", n), Reason: b.Reason}
		if b.Removed {
			x.What = a.Count("round.removed-off", n)
		}
		shown := min(n, mostRemoved)
		var entries []string
		for _, e := range b.Entries[:shown] {
			entries = append(entries, strconv.FormatUint(e, 10))
		}
		x.Entries = a.Say("round.removed-entries", "entries", strings.Join(entries, ", "))
		if n > shown {
			x.More = a.Count("round.removed-more", n-shown)
		}
		out = append(out, x)
	}
	return out
}

func (a *author) round(r *fold.Round) *roundPage {
	m, roll := r.Manifest, r.Roll.Announce
	name := a.words(m.Title)
	p := &roundPage{
		ID: r.ID.String(), Name: name, Opens: m.Opens, Closes: m.Closes, Roll: roll.Title, Segment: roll.Segment, AsOf: a.Calendar(roll.AsOf),
		RollID: r.Roll.ID.String(), Members: roll.Count, Registrars: a.registrars(r), JSON: "/rounds/" + r.ID.String(),
	}
	p.Removed, p.Removals = r.Roll.RemovedCount(), a.removals(r.Roll)
	p.frame = a.frame(oneLine(name.Text), a.Say("round.description"))
	p.Entry = a.link("/round/" + p.ID + "/entry")
	if a.pages.records != nil {
		p.Log = a.link("/log?of=" + p.ID)
	}
	switch {
	case a.now < m.Opens:
		p.Lead = a.When("round.before", m.Opens)
	case a.now < m.Closes:
		p.Lead, p.Open = a.When("round.during", m.Closes), true
	default:
		p.Lead = a.When("round.after", m.Closes)
	}
	for i := range m.Slots {
		s := slot{Number: i + 1, Petition: i >= m.Slots-m.PetitionSlots, Ready: r.Ready(int(i))}
		if taken := r.Slot(int(i)).Taken; taken != (record.ID{}) {
			if v := a.state.Vote(taken); v != nil {
				to := a.toVote(v)
				s.Vote, s.Use = &to, a.use(v, i)
			}
		}
		p.Slots = append(p.Slots, s)
	}
	return p
}

// use says which use a vote makes of a slot of its round.
func (a *author) use(v *fold.Vote, slot uint64) string {
	rules := v.Rules()
	switch {
	case rules != nil && rules.Call.Petition != nil && rules.Call.Petition.Slot == slot:
		return a.Say("slot.supports")
	case rules != nil && rules.Statements.Anonymous && rules.Statements.Slot == slot:
		return a.Say("slot.statements")
	}
	return a.Say("slot.ballots")
}
