package console

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/text"
	"mandate/bulletin/language"
	"mandate/cmd/mandate/commission"
)

// A compiler makes a manifest of a draft, and notes what is wrong by the names of the form's fields.
type compiler struct {
	*scene
	d      *draft
	state  *fold.State
	round  *fold.Round
	errors map[string]string
}

func (c *compiler) wrong(field string, err error) {
	if err == nil {
		return
	}
	var at *fieldError
	sentence := err.Error()
	if errors.As(err, &at) {
		sentence = at.sentence
	}
	if c.errors[field] == "" {
		c.errors[field] = sentence
	}
}

// Parts of a call that is ready.
type plan struct {
	vote  *record.Vote // as it would be on the board, but for who signs it and the slots
	round record.ID
	by    *rules.Rules // nil for a vote without rules
	p     rules.Parameters
	who   commission.Ceremony
	roll  uint64 // members
}

// compile makes the plan of a draft, as the board stands, or says what is wrong.
func (s *scene) compile(d *draft) (*plan, map[string]string) {
	c := &compiler{scene: s, d: d, errors: make(map[string]string)}
	p := &plan{}
	s.c.o.Board.View(func(st *fold.State) {
		c.state = st
		c.begin(p)
		if d.Template == "" {
			c.simple(p)
		} else {
			c.byRules(p)
		}
		if len(c.errors) > 0 || c.round == nil {
			return
		}
		p.roll = c.round.Roll.Announce.Count
		m := *p.vote
		m.By, m.Trustees, m.Threshold, m.Quorum, m.Witnesses = 1, p.who.Trustees, p.who.Threshold, p.who.Quorum, p.who.Witnesses
		p.vote = &m
		c.slots(p)
		if err := fold.CheckManifest(&m, len(c.round.Manifest.Registrars)); err != nil && len(c.errors) == 0 {
			c.wrong(c.place(err), err)
		}
	})
	c.state = nil
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	return p, nil
}

// place finds the field that an error of the manifest's check is about, by its beginning.
func (c *compiler) place(err error) string {
	s := err.Error()
	for i := range c.d.Contests {
		if strings.HasPrefix(s, fmt.Sprintf("contests[%d]", i)) {
			return fmt.Sprintf("contest-%d", i)
		}
	}
	for prefix, field := range map[string]string{
		"title": "title", "segment": "round", "sponsors": "sponsors", "reason": "reason", "requires": "requires", "options": "options",
		"opens": "opens", "closes": "closes", "contests": "question", "rules.call.reason": "reason",
	} {
		if strings.HasPrefix(s, prefix) {
			return field
		}
	}
	return "form"
}

// begin reads what all votes have: title, round, trustees.
func (c *compiler) begin(p *plan) {
	d := c.d
	if c.texts("title", d.Title) == nil {
		c.wrong("title", errors.New(c.Say("console.needed")))
	}
	id, err := record.ParseID(d.Round)
	if err == nil {
		c.round = c.state.Round(id)
	}
	if c.round == nil {
		c.wrong("round", errors.New(c.Say("console-vote.choose-round")))
	}
	p.round = id
	p.who.Threshold, p.who.Quorum, p.who.Witnesses = c.c.o.Threshold, c.c.o.Quorum, c.c.o.Witnesses
	for _, h := range c.c.o.Holders.List(RoleTrustee) {
		k := h.Key()
		if !k.Made {
			c.wrong("form", errors.New(c.Say("console-vote.no-key", "name", h.Name)))
			continue
		}
		p.who.Trustees = append(p.who.Trustees, record.Trustee{Name: h.Name, Key: k.Public})
	}
}

// slots says whether the round has free slots for the vote.
func (c *compiler) slots(p *plan) {
	if _, ok := c.round.FreeSlot(); !ok {
		c.wrong("round", errors.New(c.Say("console-vote.no-slot")))
	}
	need := 0
	if p.by != nil && p.by.Call.By == record.CallPetition {
		need++
	}
	if p.by != nil && p.by.Statements != nil && p.by.Statements.Anonymous {
		need++
	}
	if got := len(c.round.FreePetitionSlots(2)); got < need {
		c.wrong("round", errors.New(c.Count("console-vote.no-petition-slot", uint64(need))))
	}
}

// texts cleans and checks a text; nil if it is empty. A vote's texts are in the languages of its title.
func (c *compiler) texts(field string, typed text.Texts) text.Texts {
	t := make(text.Texts)
	for lang, s := range typed {
		if s = text.Clean(strings.ReplaceAll(s, "\r\n", "\n")); s != "" {
			t[lang] = s
		}
	}
	if len(t) == 0 {
		return nil
	}
	c.wrong(field, errAt(field, t.Check(field)))
	if field != "title" && len(c.languages()) > 0 {
		for _, l := range language.All() {
			_, there := t[l.Code]
			if _, want := c.languages()[l.Code]; want != there {
				key := "console-vote.language-missing"
				if there {
					key = "console-vote.language-more"
				}
				c.wrong(field, errors.New(c.Say(key, "language", l.Name)))
			}
		}
	}
	return t
}

// languages are those that the title is in.
func (c *compiler) languages() map[string]bool {
	out := make(map[string]bool)
	for lang, s := range c.d.Title {
		if text.Clean(s) != "" {
			out[lang] = true
		}
	}
	return out
}

func (c *compiler) time(field, typed string) uint64 {
	t, err := parseTime(typed)
	if err != nil {
		c.wrong(field, errors.New(c.Say("console.time")))
		return 0
	}
	return uint64(max(t.Unix(), 0))
}

func (c *compiler) number(field, typed string, least, most uint64) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(typed), 10, 64)
	if err != nil || n < least || n > most {
		c.wrong(field, errors.New(c.Say("console.number", "least", least, "most", most)))
	}
	return n
}

func (c *compiler) share(field, typed string) (s rules.Share) {
	if err := s.UnmarshalText([]byte(strings.TrimSpace(typed))); err != nil {
		c.wrong(field, errors.New(c.Say("console.share")))
		s.Den = 1
	}
	return s
}

// simple compiles a vote without rules.
func (c *compiler) simple(p *plan) {
	d := c.d
	opens, closes := c.time("opens", d.Opens), c.time("closes", d.Closes)
	if closes > 0 && closes <= opens {
		c.wrong("closes", errors.New(c.Say("console-vote.closes-before")))
	}
	if now := uint64(max(c.c.o.Clock().Unix(), 0)); closes > 0 && closes <= now {
		c.wrong("closes", errors.New(c.Say("console-vote.closes-past")))
	}
	p.vote = &record.Vote{
		Title: c.texts("title", d.Title), Template: "simple", Mock: d.Mock, Opens: opens, Closes: closes, Grace: 60, Step: 2 * 86_400, Revote: d.Revote,
	}
	if closes-opens > 86_400 {
		p.vote.Grace = 3600
	}
	if len(d.Contests) == 0 {
		c.wrong("form", errors.New(c.Say("console-vote.no-question")))
	}
	for i, dc := range d.Contests {
		at := fmt.Sprintf("contest-%d", i)
		k := contest.Contest{ID: fmt.Sprintf("question-%d", i+1), Kind: dc.Kind, Title: c.texts(at+"-title", dc.Title), Shuffled: dc.Shuffled}
		if k.Title == nil {
			c.wrong(at+"-title", errors.New(c.Say("console.needed")))
		}
		if len(dc.Options) == 0 {
			c.wrong(at, errors.New(c.Say("console-vote.no-options")))
		}
		k.Options = c.options(at+"-option", dc.Options)
		n := uint64(max(len(dc.Options), 1))
		if dc.Kind == contest.KindRanked {
			p.vote.Mixes = c.c.o.Threshold
			k.Depth = c.number(at+"-depth", dc.Depth, 1, n)
			k.Ranking = c.ranking(at, dc, n)
			p.vote.Contests = append(p.vote.Contests, k)
			continue
		}
		if dc.Kind != contest.KindChoice {
			c.wrong(at+"-kind", errors.New(c.Say("console.choose")))
		}
		k.Min, k.Max = c.number(at+"-min", dc.Min, 0, n), c.number(at+"-max", dc.Max, 1, n)
		if k.Min > k.Max {
			c.wrong(at+"-max", errors.New(c.Say("console-vote.max-below-min")))
		}
		k.Decision = c.decision(at, dc, n)
		p.vote.Contests = append(p.vote.Contests, k)
	}
}

func (c *compiler) options(prefix string, typed []*draftOption) (out []contest.Option) {
	ids := make(map[string]bool)
	for j, o := range typed {
		at := fmt.Sprintf("%s-%d-title", prefix, j)
		title := c.texts(at, o.Title)
		if title == nil {
			c.wrong(at, errors.New(c.Say("console.needed")))
			continue
		}
		id := slug(title.In("en"))
		if id == "" || ids[id] {
			id = fmt.Sprintf("option-%d", j+1)
		}
		ids[id] = true
		out = append(out, contest.Option{ID: id, Title: title})
	}
	return out
}

// slug makes an option's id of its title: plain letters and digits.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := b.String()
	return strings.Trim(out[:min(len(out), text.MaxSlug)], "-")
}

func (c *compiler) ranking(at string, dc *draftContest, n uint64) contest.RankingDecision {
	quorum := c.share(at+"-quorum", dc.Quorum)
	if !slices.Contains(contest.RankingMethods(), dc.Method) {
		c.wrong(at+"-method", errors.New(c.Say("console.choose")))
	}
	k := contest.RankingDecision{Method: dc.Method, Seats: 1, QuorumNum: quorum.Num, QuorumDen: max(quorum.Den, 1), Binding: dc.Binding}
	if dc.Method != contest.MethodIRV {
		k.Seats = c.number(at+"-seats", dc.Seats, 1, n)
	}
	return k
}

func (c *compiler) decision(at string, dc *draftContest, n uint64) contest.Decision {
	quorum := c.share(at+"-quorum", dc.Quorum)
	k := contest.Decision{Method: contest.MethodNone, Den: 1, Base: contest.BaseBallots, QuorumNum: quorum.Num, QuorumDen: max(quorum.Den, 1), Binding: dc.Binding}
	switch dc.Decide {
	case "share":
		share := c.share(at+"-share", dc.Share)
		k.Method, k.Num, k.Den, k.Strict = contest.MethodThreshold, share.Num, share.Den, dc.MoreThan
		k.Option = c.number(at+"-pass", dc.Pass, 1, n) - 1
		if dc.Of == "options" {
			k.Base = contest.BaseOptions
			for j, o := range dc.Options {
				if !o.Outside {
					k.Over = append(k.Over, uint64(j))
				}
			}
			if !slices.Contains(k.Over, k.Option) {
				c.wrong(at+"-pass", errors.New(c.Say("console-vote.pass-outside")))
			}
		}
	case "most":
		k.Method, k.Seats, k.Lots = contest.MethodPlurality, c.number(at+"-seats", dc.Seats, 1, n), dc.Lots
	case "nothing":
		k.QuorumNum, k.QuorumDen, k.Binding = 0, 1, false
	default:
		c.wrong(at+"-decide", errors.New(c.Say("console.choose")))
	}
	return k
}

// byRules compiles a vote by a rules file.
func (c *compiler) byRules(p *plan) {
	d := c.d
	by, err := rulesFile(d.Template, d.pace())
	if err != nil {
		c.wrong("form", err)
		return
	}
	p.by = by
	p.p = rules.Parameters{
		Now: max(uint64(max(c.c.o.Clock().Unix(), 0)), c.state.Now()), Title: c.texts("title", d.Title), Question: c.texts("question", d.Question), Mock: d.Mock,
	}
	if strings.TrimSpace(d.NotBefore) != "" {
		p.p.NotBefore = c.time("not-before", d.NotBefore)
	}
	if by.Contest.OwnOptions && len(d.Options) > 0 {
		p.p.Options = c.options("own", d.Options)
	}
	if by.Call.By == record.CallReason {
		if p.p.Reason = text.Clean(strings.ReplaceAll(d.Reason, "\r\n", "\n")); p.p.Reason == "" {
			c.wrong("reason", errors.New(c.Say("console.needed")))
		}
	}
	if by.Requires != nil {
		for _, id := range d.Requires {
			if vote, err := record.ParseID(id); err == nil {
				p.p.Requires = append(p.p.Requires, vote)
			}
		}
		if n := by.Requires.Votes; uint64(len(p.p.Requires)) < n {
			c.wrong("requires", errors.New(c.Count("console-vote.requires", n)))
		}
	}
	if by.Call.By == record.CallBody {
		for _, h := range c.c.o.Holders.List(RoleCommittee) {
			if k := h.Key(); k.Made {
				p.p.Body = append(p.p.Body, record.Officer{Name: h.Name, Key: k.Public})
			}
		}
		if len(p.p.Body) == 0 {
			c.wrong("form", errors.New(c.Say("console-vote.no-body", "body", by.Call.Body)))
		}
	}
	if by.Response != nil {
		speakers := c.c.o.Holders.List(RoleSpeaker)
		if len(speakers) == 0 || !speakers[0].Key().Made {
			c.wrong("form", errors.New(c.Say("console-vote.no-speaker", "body", by.Response.By)))
		} else {
			p.p.Responder = speakers[0].Key().Public
		}
	}
	if c.round == nil {
		return
	}
	p.p.Segment = c.round.Roll.Announce.Segment
	if by.Call.By == record.CallPetition {
		c.sponsors(p)
	}
	if len(c.errors) > 0 {
		return
	}
	q := p.p
	q.Slot, q.PetitionSlot, q.StatementSlot = 0, c.round.Manifest.Slots-1, c.round.Manifest.Slots-2
	if p.vote, err = by.Compile(q); err != nil {
		c.wrong(c.place(err), err)
		return
	}
	if slot, ok := c.round.FreeSlot(); ok {
		p.vote.Slot = uint64(slot)
	}
	if p.vote.Ranked() {
		p.vote.Mixes = p.who.Threshold
	}
	if free := c.round.FreePetitionSlots(2); p.vote.Rules.Call.Petition != nil && len(free) > 0 {
		p.vote.Rules.Call.Petition.Slot = uint64(free[0])
		free = free[1:]
		if p.vote.Rules.Statements.Anonymous && len(free) > 0 {
			p.vote.Rules.Statements.Slot = uint64(free[0])
		}
	} else if p.vote.Rules.Statements.Anonymous && len(free) > 0 {
		p.vote.Rules.Statements.Slot = uint64(free[0])
	}
}

// sponsors finds those who start a petition in the private list.
func (c *compiler) sponsors(p *plan) {
	private, err := c.c.private(c.round.Roll.Announce.RollID)
	if err != nil {
		c.wrong("sponsors", err)
		return
	}
	for _, number := range list(c.d.Sponsors) {
		i, ok := private.Find(number)
		if !ok {
			c.wrong("sponsors", errors.New(c.Say("console.no-member", "number", number)))
			continue
		}
		p.p.Sponsors = append(p.p.Sponsors, commission.Member(private, i))
	}
	if need := p.by.Call.Sponsors; uint64(len(p.p.Sponsors)) < need && c.errors["sponsors"] == "" {
		c.wrong("sponsors", errors.New(c.Count("console-vote.sponsors", need)))
	}
}
