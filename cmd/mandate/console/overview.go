package console

import (
	"net/http"
	"slices"

	"mandate/ballot/fold"
)

type overviewVote struct {
	ID, Title, Phase, PhaseName string
	Mock                        bool
	Overdue                     int
}

type overviewRound struct {
	ID, Title   string
	Members     uint64
	Open, Ready bool
	Slots, Free uint64
}

type overviewModel struct {
	frame
	Votes      []overviewVote
	Drafts     []draft
	Lists      []memberList
	Rounds     []overviewRound
	Trustees   int
	Keys       int // trustees who have made one
	Next       string
	NextTo     string
	Passphrase bool
	Registrars int
}

// overview shows what there is, and what is to be done first.
func (s *scene) overview() {
	m := overviewModel{Registrars: len(s.c.o.Registrars)}
	s.c.o.Board.View(func(st *fold.State) {
		for _, v := range slices.Backward(st.Votes()) {
			phase := phaseOf(v)
			o := overviewVote{ID: v.ID.String(), Title: s.in(v.Manifest.Title), Phase: phase, PhaseName: s.Say("phase." + phase), Mock: v.Manifest.Mock}
			if v.Rules() != nil {
				for _, d := range v.Duties(st.Now()) {
					if d.Overdue {
						o.Overdue++
					}
				}
			}
			m.Votes = append(m.Votes, o)
		}
		for _, r := range slices.Backward(st.Rounds()) {
			o := overviewRound{
				ID: r.ID.String(), Title: s.in(r.Manifest.Title), Members: r.Roll.Announce.Count, Open: r.Manifest.Opens <= st.Now() && st.Now() < r.Manifest.Closes,
				Ready: true, Slots: r.Manifest.Slots,
			}
			for slot := range int(r.Manifest.Slots) {
				o.Ready = o.Ready && r.Ready(slot)
				if r.Slot(slot).Taken == [32]byte{} {
					o.Free++
				}
			}
			m.Rounds = append(m.Rounds, o)
		}
	})
	for _, h := range s.c.o.Holders.List(RoleTrustee) {
		m.Trustees++
		if h.Key().Made {
			m.Keys++
		}
	}
	s.c.store.look(func(x *saved) {
		m.Passphrase = x.Passphrase != ""
		for _, l := range slices.Backward(x.Lists) {
			m.Lists = append(m.Lists, *l)
		}
		for _, d := range slices.Backward(x.Drafts) {
			if d.Vote == "" {
				m.Drafts = append(m.Drafts, d.clone())
			}
		}
	})
	committed := slices.ContainsFunc(m.Lists, func(l memberList) bool { return l.Record != "" })
	switch {
	case m.Keys < m.Trustees:
		m.Next, m.NextTo = "console-next.trustees", "/people"
	case len(m.Lists) == 0:
		m.Next, m.NextTo = "console-next.list", "/lists/new"
	case !committed:
		m.Next, m.NextTo = "console-next.commit", "/lists/"+m.Lists[0].ID
	case len(m.Rounds) == 0:
		m.Next, m.NextTo = "console-next.round", "/rounds/new"
	case len(m.Votes) == 0 && len(m.Drafts) == 0:
		m.Next, m.NextTo = "console-next.vote", "/drafts/new"
	}
	m.frame = s.frame(s.Say("console.title"))
	m.OneMachine = true
	s.show(http.StatusOK, "overview", m)
}

// Title returns a draft's title in a language, for templates.
func (d draft) In(lang string) string {
	if t := d.Title[lang]; t != "" {
		return t
	}
	return d.Title.In("en")
}
