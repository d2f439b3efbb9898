package fold

import (
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/transcript"
)

// A Candidate is a nominated member.
type Candidate struct {
	ID           record.ID // of the nomination
	Nomination   *record.Nomination
	AcceptanceID record.ID
	Acceptance   *record.Acceptance // nil before it
	Withdrawal   *record.Withdrawal // nil if there is none
}

// Stands reports whether the candidate has accepted and not withdrawn.
func (c *Candidate) Stands() bool { return c.Acceptance != nil && c.Withdrawal == nil }

// Nominated returns all who were nominated, in log order.
func (v *Vote) Nominated() []*Candidate {
	if v.course == nil {
		return nil
	}
	return slices.Clone(v.course.candidates)
}

// Candidates returns those who stand, in order of their slugs: the options of the contest that takes nominations.
func (v *Vote) Candidates() []*Candidate {
	if v.course == nil {
		return nil
	}
	var out []*Candidate
	for _, c := range v.course.candidates {
		if c.Stands() {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *Candidate) int { return strings.Compare(a.Nomination.Slug, b.Nomination.Slug) })
	return out
}

// CandidatesID hashes the list of those who stand, as the opening names it: zero for a vote without nominations (SPEC.md §15.4).
func (v *Vote) CandidatesID() record.ID {
	if v.Manifest.Rules == nil || v.Manifest.Rules.Nominations == nil {
		return record.ID{}
	}
	t := transcript.New("mandate/v1 candidates")
	t.AppendBytes("vote", v.ID[:])
	for _, c := range v.Candidates() {
		t.AppendBytes("nomination", c.ID[:])
		t.AppendBytes("acceptance", c.AcceptanceID[:])
	}
	return t.ID("candidates")
}

// NominationTimes returns until when members can be nominated, and until when they can accept. It reports false if the vote is not called
// yet or takes no nominations.
func (v *Vote) NominationTimes() (nominated, accepted uint64, ok bool) {
	if v.course == nil || v.course.rules.Nominations == nil || v.Phase < Called {
		return 0, 0, false
	}
	n := v.course.rules.Nominations
	return v.Times.Called + n.Window, v.Times.Called + n.Window + n.Accept, true
}

// asked returns a manifest with as many options as there can be in the contest that takes nominations: what is checked before they are known.
func asked(b *record.Vote) *record.Vote {
	if b.Rules == nil || b.Rules.Nominations == nil || b.Rules.Nominations.Contest >= uint64(len(b.Contests)) {
		return b
	}
	n := b.Rules.Nominations.Contest
	if len(b.Contests[n].Options) > 0 {
		return b
	}
	m := *b
	m.Contests = slices.Clone(b.Contests)
	for i := range record.MaxCandidates {
		o := contest.Option{ID: fmt.Sprintf("candidate-%d", i), Title: make(text.Texts)}
		for lang := range b.Title {
			o.Title[lang] = o.ID
		}
		m.Contests[n].Options = append(m.Contests[n].Options, o)
	}
	return &m
}

// filled returns the manifest with those who stand for options. What the contest allows and elects is bounded by their number.
func (v *Vote) filled() *record.Vote {
	m := *v.Manifest
	m.Contests = slices.Clone(m.Contests)
	var options []contest.Option
	for _, s := range v.Candidates() {
		options = append(options, contest.Option{ID: s.Nomination.Slug, Title: s.Nomination.Name, Groups: s.Nomination.Groups})
	}
	c := &m.Contests[m.Rules.Nominations.Contest]
	*c = c.Standing(options)
	return &m
}

// freeze fixes what the opening fixes: for how long voting goes on, and the candidates.
func (v *Vote) freeze() {
	if v.course == nil {
		return
	}
	v.amend(func(m *record.Vote) {
		m.Closes = min(max(m.Closes, v.Times.Opened+m.Rules.Voting.Period), record.MaxTime)
		v.course.closes = m.Closes
	})
	if v.course.rules.Nominations == nil {
		return
	}
	m := v.filled()
	if form, err := cast.NewForm(m, len(v.Round.keys)); err == nil { // there is no error, since there was none with more candidates
		v.Manifest, v.Form, v.box = m, form, newBox(m.Contests)
	}
}

func (s *State) judgeNomination(r *record.Record, v *Vote, b *record.Nomination) verdict {
	c := v.course
	until, _, _ := v.NominationTimes()
	err := checkNomination(v, b)
	off := removed(v.Round.Roll, append([]record.Member{b.Member}, b.Seconders...)...)
	switch {
	case v.Phase != Called:
		return void("phase", "nomination: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "nomination: %w", err)
	case off != nil:
		return *off
	case s.now > until:
		return void("window", "rule: nominations were taken until %d, it is %d", until, s.now)
	}
	for _, other := range c.candidates {
		n := other.Nomination
		if n.Slug == b.Slug || n.Member.Entry == b.Member.Entry {
			return void("dup", "%s is nominated already", n.Slug)
		}
		for lang, name := range b.Name {
			if n.Name[lang] == name {
				return void("dup", "%s is nominated under the same name", n.Slug)
			}
		}
	}
	return accept(func() { c.candidates = append(c.candidates, &Candidate{ID: r.ID(), Nomination: b}) })
}

func checkNomination(v *Vote, b *record.Nomination) error {
	if err := text.CheckSlug("slug", b.Slug); err != nil {
		return err
	}
	if err := b.Name.Check("name"); err != nil {
		return err
	}
	if got, want := fmt.Sprint(b.Name.Languages()), fmt.Sprint(v.Manifest.Title.Languages()); got != want {
		return fmt.Errorf("name: languages %s, the vote's title has %s", got, want)
	}
	if err := checkMember(v.Round.Roll, &b.Member); err != nil {
		return fmt.Errorf("member: %w", err)
	}
	rule := v.course.rules.Nominations
	if err := v.Manifest.Contests[rule.Contest].CheckGroups("groups", b.Groups); err != nil {
		return err
	}
	if n := uint64(len(b.Seconders)); n < rule.Seconds || n > record.MaxSeconders {
		return fmt.Errorf("seconders: %d, want %d to %d", n, rule.Seconds, record.MaxSeconders)
	}
	if err := checkMembers(v.Round.Roll, b.Seconders, b.Member.Entry); err != nil {
		return fmt.Errorf("seconders%w", err)
	}
	return nil
}

func (c *course) candidate(slug string) *Candidate {
	for _, x := range c.candidates {
		if x.Nomination.Slug == slug {
			return x
		}
	}
	return nil
}

func (s *State) judgeAcceptance(r *record.Record, v *Vote, b *record.Acceptance) verdict {
	c := v.course
	x := c.candidate(b.Slug)
	_, until, _ := v.NominationTimes()
	switch {
	case v.Phase != Called:
		return void("phase", "acceptance: the vote is %v", v.Phase)
	case x == nil:
		return void("form", "slug: %q is not nominated", b.Slug)
	case x.Acceptance != nil || x.Withdrawal != nil:
		return void("dup", "%s has accepted or withdrawn already", b.Slug)
	case s.now > until:
		return void("window", "rule: nominations could be accepted until %d, it is %d", until, s.now)
	case c.stands >= record.MaxCandidates:
		return void("limit", "%d candidates stand, as many as can", c.stands)
	}
	return accept(func() {
		x.Acceptance, x.AcceptanceID = b, r.ID()
		c.stands++
	})
}

func (s *State) judgeWithdrawal(v *Vote, b *record.Withdrawal) verdict {
	c := v.course
	x, err := c.candidate(b.Slug), text.CheckText("reason", b.Reason)
	switch {
	case v.Phase != Called:
		return void("phase", "withdrawal: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "withdrawal: %w", err)
	case x == nil:
		return void("form", "slug: %q is not nominated", b.Slug)
	case x.Withdrawal != nil:
		return void("dup", "%s has withdrawn already", b.Slug)
	}
	return accept(func() {
		if x.Acceptance != nil {
			c.stands--
		}
		x.Withdrawal = b
	})
}
