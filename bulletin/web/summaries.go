package web

import (
	"net/http"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// Summaries are for people and scripts. They prove nothing: whoever must know reads the log.

type organisationSummary struct {
	Genesis record.ID     `json:"genesis"`
	Origin  string        `json:"origin"`
	Title   text.Texts    `json:"title"`
	Now     uint64        `json:"now"`     // the time on the log
	Records uint64        `json:"records"` // on the log, of which the last may not be under a checkpoint yet
	Votes   []voteSummary `json:"votes"`
}

type voteSummary struct {
	ID        record.ID        `json:"id"`
	Index     uint64           `json:"index"`
	Round     record.ID        `json:"round"`
	Slot      uint64           `json:"slot"`
	Title     text.Texts       `json:"title"`
	Template  string           `json:"template"`
	Mock      bool             `json:"mock"`
	Phase     string           `json:"phase"`
	Opens     uint64           `json:"opens"`
	Closes    uint64           `json:"closes"`
	ClosedAt  uint64           `json:"closed_at,omitempty"`
	SealBy    uint64           `json:"seal_by,omitempty"` // until then promised ballots are waited for
	Revote    bool             `json:"revote"`
	Roll      uint64           `json:"roll"`
	Counted   uint64           `json:"counted"` // ballots that count so far
	Checked   int              `json:"checked"` // ballots opened instead of cast
	Pending   int              `json:"pending"` // ballots promised and still to be recorded
	Trustees  []trusteeSummary `json:"trustees"`
	Threshold uint64           `json:"threshold"`
	Quorum    uint64           `json:"quorum"`
	Ceremony  *ceremonySummary `json:"ceremony,omitempty"` // while the vote is called
	Contests  []contestSummary `json:"contests"`
	Duties    []dutySummary    `json:"duties,omitempty"` // what is owed by the vote's rules
}

type dutySummary struct {
	Code     string `json:"code"`
	Who      string `json:"who"`
	What     string `json:"what"`
	Deadline uint64 `json:"deadline,omitempty"`
	Overdue  bool   `json:"overdue,omitempty"`
}

type trusteeSummary struct {
	Key    string `json:"key"`
	Signed bool   `json:"signed"` // the sealed input
}

type ceremonySummary struct {
	Attempt  uint64 `json:"attempt"`
	Step     string `json:"step"`
	Deadline uint64 `json:"deadline"`
	Missing  []int  `json:"missing"` // trustees, from 1, whose message of this step is not there
	Ready    bool   `json:"ready"`
}

type contestSummary struct {
	ID      string          `json:"id"`
	Title   text.Texts      `json:"title"`
	Min     uint64          `json:"min"`
	Max     uint64          `json:"max"`
	Options []optionSummary `json:"options"`
	Outcome string          `json:"outcome,omitempty"` // once certified
}

type optionSummary struct {
	ID    string     `json:"id"`
	Title text.Texts `json:"title"`
	Count *uint64    `json:"count,omitempty"` // once certified
	Won   bool       `json:"won,omitempty"`
}

type roundSummary struct {
	ID         record.ID          `json:"id"`
	Title      text.Texts         `json:"title"`
	Roll       rollSummary        `json:"roll"`
	Opens      uint64             `json:"opens"`
	Closes     uint64             `json:"closes"`
	Registrars []registrarSummary `json:"registrars"`
	Slots      []slotSummary      `json:"slots"`
}

type rollSummary struct {
	ID      record.ID `json:"id"`
	Title   string    `json:"title"`
	Segment string    `json:"segment"`
	AsOf    string    `json:"as_of"`
	Count   uint64    `json:"count"`
}

type registrarSummary struct {
	Name     string `json:"name"`
	Operator string `json:"operator"`
	Channel  string `json:"channel"`
	URL      string `json:"url"`
	Accepted bool   `json:"accepted"` // the roll
	Issued   uint64 `json:"issued"`   // cards, as published
}

type slotSummary struct {
	Ready bool       `json:"ready"`
	Vote  *record.ID `json:"vote,omitempty"` // that has taken it
}

func (h *Handler) getVotes(w http.ResponseWriter, _ *http.Request) {
	var out organisationSummary
	h.board.View(func(s *fold.State) {
		g, id := s.Genesis()
		out = organisationSummary{
			Genesis: id, Origin: g.Origin, Title: g.Title, Now: s.Now(), Records: s.Size(), Votes: []voteSummary{},
		}
		for _, v := range s.Votes() {
			out.Votes = append(out.Votes, summarizeVote(v, s.Now()))
		}
	})
	h.writeJSON(w, out)
}

func (h *Handler) getVote(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID(r)
	var out *voteSummary
	h.board.View(func(s *fold.State) {
		if v := s.Vote(id); ok && v != nil {
			sum := summarizeVote(v, s.Now())
			out = &sum
		}
	})
	if out == nil {
		notFound(w, r)
		return
	}
	h.writeJSON(w, out)
}

func summarizeVote(v *fold.Vote, now uint64) voteSummary {
	m := v.Manifest
	out := voteSummary{
		ID: v.ID, Index: v.Index, Round: v.Round.ID, Slot: m.Slot, Title: m.Title, Template: m.Template, Mock: m.Mock,
		Phase: v.Phase.String(), Opens: m.Opens, Closes: m.Closes, Revote: m.Revote, Roll: v.Round.Roll.Announce.Count,
		Counted: v.Counted(), Checked: v.Checks(), Pending: v.Pending(), Threshold: m.Threshold, Quorum: m.Quorum,
	}
	if v.Phase >= fold.Closed {
		out.ClosedAt = v.ClosedAt
	}
	if v.Phase == fold.Closed {
		out.SealBy = v.ClosedAt + m.Grace
	}
	for i, k := range v.Trustees() {
		out.Trustees = append(out.Trustees, trusteeSummary{Key: k.String(), Signed: v.HasInput(i + 1)})
	}
	if c := v.Ceremony; v.Phase == fold.Called {
		out.Ceremony = &ceremonySummary{
			Attempt: c.Attempt(), Step: c.Step().String(), Deadline: c.Deadline(), Missing: append([]int{}, c.Missing()...), Ready: c.Ready(),
		}
	}
	for _, d := range v.Duties(now) {
		out.Duties = append(out.Duties, dutySummary{d.Code, d.Who, d.What, d.Deadline, d.Overdue})
	}
	for i := range m.Contests {
		out.Contests = append(out.Contests, summarizeContest(&m.Contests[i], v.Result, i))
	}
	return out
}

func summarizeContest(c *contest.Contest, result *record.Result, i int) contestSummary {
	out := contestSummary{ID: c.ID, Title: c.Title, Min: c.Min, Max: c.Max}
	for _, o := range c.Options {
		out.Options = append(out.Options, optionSummary{ID: o.ID, Title: o.Title})
	}
	if result != nil {
		got := result.Contests[i]
		out.Outcome = got.Outcome
		for j := range out.Options {
			out.Options[j].Count = &got.Counts[j]
		}
		for _, j := range got.Winners {
			out.Options[j].Won = true
		}
	}
	return out
}

func (h *Handler) getRounds(w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Rounds []roundSummary `json:"rounds"`
	}{[]roundSummary{}}
	h.board.View(func(s *fold.State) {
		for _, r := range s.Rounds() {
			out.Rounds = append(out.Rounds, summarizeRound(r))
		}
	})
	h.writeJSON(w, out)
}

func (h *Handler) getRound(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID(r)
	var out *roundSummary
	h.board.View(func(s *fold.State) {
		if round := s.Round(id); ok && round != nil {
			sum := summarizeRound(round)
			out = &sum
		}
	})
	if out == nil {
		notFound(w, r)
		return
	}
	h.writeJSON(w, out)
}

func summarizeRound(r *fold.Round) roundSummary {
	m, a := r.Manifest, r.Roll.Announce
	out := roundSummary{
		ID: r.ID, Title: m.Title, Opens: m.Opens, Closes: m.Closes,
		Roll: rollSummary{ID: r.Roll.ID, Title: a.Title, Segment: a.Segment, AsOf: a.AsOf, Count: a.Count},
	}
	for i, g := range m.Registrars {
		out.Registrars = append(out.Registrars, registrarSummary{
			Name: g.Name, Operator: g.Operator, Channel: g.Channel, URL: g.URL, Accepted: r.Accepted(i + 1), Issued: r.Issued(i + 1),
		})
	}
	for i := range m.Slots {
		s := slotSummary{Ready: r.Ready(int(i))}
		if taken := r.Slot(int(i)).Taken; taken != (record.ID{}) {
			s.Vote = &taken
		}
		out.Slots = append(out.Slots, s)
	}
	return out
}
