package rules

import (
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// Which roll a vote is held on.
const (
	rollOrganisation = "organisation"
	rollSegment      = "segment"
)

// Parameters are what is particular to one vote.
type Parameters struct {
	Now       uint64     // the time at which the vote is proposed
	NotBefore uint64     // voting opens no earlier, whatever else; 0 for no such time
	Title     text.Texts // of the vote
	Question  text.Texts // of the contest; nil: the title

	Options []contest.Option // own options, where the rules allow them; nil: those of the rules
	Segment string           // of the roll; empty for the whole organisation
	Slot    uint64           // for the ballots
	Mock    bool

	PetitionSlot  uint64          // of a petition
	Sponsors      []record.Member // of a petition
	StatementSlot uint64          // of anonymous statements
	Body          []record.Officer
	Reason        string
	Responder     record.Key  // of the body that must respond
	Requires      []record.ID // other votes
}

// Compile returns the parts of a manifest that the rules determine: all but who signs it, trustees, relays and witnesses. What the rules ask
// for and the parameters do not have is an error that names the parameter.
func (r *Rules) Compile(p Parameters) (*record.Vote, error) {
	if p.Question == nil {
		p.Question = p.Title
	}
	if err := r.checkRoll(p.Segment); err != nil {
		return nil, err
	}
	c, err := r.contest(p)
	if err != nil {
		return nil, err
	}
	rules, err := r.rules(p)
	if err != nil {
		return nil, err
	}
	opens := max(p.Now, p.NotBefore)
	return &record.Vote{
		Title: p.Title, Template: r.Name, Mock: p.Mock, Slot: p.Slot, Contests: []contest.Contest{*c},
		Opens: opens, Closes: opens + r.Voting.Period.Seconds(), Grace: r.Voting.Grace.Seconds(), Step: r.Voting.Step.Seconds(),
		Revote: r.Voting.Revote, Rules: rules,
	}, nil
}

func (r *Rules) checkRoll(segment string) error {
	switch {
	case r.Roll == rollOrganisation && segment != "":
		return fmt.Errorf("segment: %q; this vote is of the whole organisation", segment)
	case r.Roll == rollSegment && segment == "":
		return errors.New("segment: this vote is held on a roll of a chapter, branch or committee, not of the whole organisation")
	}
	return nil
}

func (r *Rules) rules(p Parameters) (*record.Rules, error) {
	out := &record.Rules{
		Name:    r.Name,
		Voting:  record.VotingRule{After: r.Voting.After.Seconds(), Period: r.Voting.Period.Seconds()},
		Changes: record.ChangeRule{Extend: r.Voting.Extend.Seconds(), Cancel: r.Voting.Cancel, Annul: r.Voting.Annul},
		Deadlines: record.Deadlines{
			Forums: r.Deadlines.Forums.Seconds(), Seeds: r.Deadlines.Seeds.Seconds(), Packet: r.Deadlines.Packet.Seconds(),
			Mailing: r.Deadlines.Mailing.Seconds(), Opening: r.Deadlines.Opening.Seconds(), Closing: r.Deadlines.Closing.Seconds(),
			Tally: r.Deadlines.Tally.Seconds(),
		},
	}
	if f := r.Forums; f != nil {
		out.Forums = record.ForumRule{Need: f.Need, Notice: f.Notice.Seconds(), Recordings: f.Recordings}
	}
	if s := r.Statements; s != nil {
		out.Statements = record.StatementRule{
			Window: s.Window.Seconds(), Review: s.Review.Seconds(), Length: s.Length, PerSide: s.PerSide, Sides: s.Sides, Anonymous: s.Anonymous,
		}
		if s.Anonymous {
			out.Statements.Slot = p.StatementSlot
		}
	}
	if n := r.Nominations; n != nil {
		out.Nominations = &record.NominationRule{Window: n.Window.Seconds(), Seconds: n.Seconds, Accept: n.Accept.Seconds()}
	}
	if r.Packet != nil {
		out.Packet = true
		out.Mailing = record.MailingRule{Needed: r.Packet.Sent, Lead: r.Packet.Lead.Seconds()}
	}
	if r.Response != nil {
		if p.Responder == (record.Key{}) {
			return nil, fmt.Errorf("responder: %s must respond to the result, and its key is not given", r.Response.By)
		}
		out.Response = record.ResponseRule{Within: r.Response.Within.Seconds(), Name: r.Response.By, Key: p.Responder}
	}
	if q := r.Requires; q != nil && uint64(len(p.Requires)) < q.Votes || q == nil && len(p.Requires) > 0 {
		return nil, fmt.Errorf("requires: %d other votes; the rules ask for %d", len(p.Requires), r.required())
	}
	out.Requires = p.Requires
	return out, r.call(p, &out.Call)
}

func (r *Rules) required() uint64 {
	if r.Requires == nil {
		return 0
	}
	return r.Requires.Votes
}

func (r *Rules) call(p Parameters, out *record.CallRule) error {
	out.Method = r.Call.By
	closes := p.Now + r.Call.Runs.Seconds()
	switch r.Call.By {
	case record.CallPetition:
		if n := uint64(len(p.Sponsors)); n < r.Call.Sponsors {
			return fmt.Errorf("sponsors: %d members start the petition, %d must", n, r.Call.Sponsors)
		}
		out.Petition = &record.PetitionRule{
			Slot: p.PetitionSlot, Num: r.Call.Share.Num, Den: r.Call.Share.Den, Closes: closes, Interval: r.Call.Batch.Seconds(),
			SponsorsNeeded: r.Call.Sponsors, Sponsors: p.Sponsors,
		}
	case record.CallBody:
		if len(p.Body) == 0 {
			return fmt.Errorf("body: the members of %s are not given", r.Call.Body)
		}
		out.Body = &record.BodyRule{Name: r.Call.Body, Members: p.Body, Need: r.Call.Share.of(uint64(len(p.Body))), Closes: closes}
	case record.CallReason:
		if p.Reason == "" {
			return errors.New("reason: the vote is called for a reason, and none is given")
		}
		out.Reason = p.Reason
	}
	return nil
}

func (r *Rules) contest(p Parameters) (*contest.Contest, error) {
	k := &r.Contest
	c := &contest.Contest{ID: k.ID, Kind: contest.KindChoice, Title: p.Question, Shuffled: k.Shuffled, Min: k.Min}
	switch {
	case len(p.Options) > 0 && !k.OwnOptions:
		return nil, errors.New("options: the rules give the options of this vote")
	case k.Decide == decideRanking && len(p.Options) > 0 && uint64(len(p.Options)) < k.Seats:
		return nil, fmt.Errorf("options: %d, and the rules fill %d seats", len(p.Options), k.Seats)
	case len(p.Options) > 0 && k.Decide == decideRanking:
		c.Options = p.Options
	case len(p.Options) > 0:
		c.Options, c.Min, c.Max = p.Options, 0, 1
		c.Decision = contest.Decision{
			Method: contest.MethodPlurality, Den: 1, Base: contest.BaseBallots, QuorumNum: k.Quorum.Num, QuorumDen: max(k.Quorum.Den, 1),
			Seats: 1, Binding: k.Binding,
		}
		return c, nil
	case r.Nominations != nil:
		c.Max = most(k.Max, record.MaxCandidates)
	default:
		c.Max = most(k.Max, uint64(len(k.Options)))
		for _, o := range k.Options {
			title := make(text.Texts)
			for lang := range p.Title {
				s, ok := o.Title[lang]
				if !ok {
					return nil, fmt.Errorf("title: language %q; option %q has no title in it", lang, o.ID)
				}
				title[lang] = s
			}
			c.Options = append(c.Options, contest.Option{ID: o.ID, Title: title, Groups: o.Groups})
		}
	}
	if k.Decide == decideRanking {
		return k.ranked(c), nil
	}
	c.Decision = k.decision()
	return c, nil
}

// ranked makes a ranked contest of one that has its options, or awaits them.
func (k *Contest) ranked(c *contest.Contest) *contest.Contest {
	n := uint64(len(c.Options))
	if n == 0 {
		n = record.MaxCandidates
	}
	c.Kind, c.Min, c.Max = contest.KindRanked, 0, 0
	c.Depth, c.Ranking = min(most(k.Depth, n), n), k.ranking() // of own options there may be fewer
	return c
}

// ranking returns how rankings decide.
func (k *Contest) ranking() contest.RankingDecision {
	d := contest.RankingDecision{Method: k.Method, Seats: k.Seats, QuorumNum: k.Quorum.Num, QuorumDen: max(k.Quorum.Den, 1), Binding: k.Binding}
	for _, r := range k.Rules {
		d.Rules = append(d.Rules, contest.RankingRule{Group: r.Group, Min: r.Min, Max: r.Max})
	}
	return d
}

func (k *Contest) decision() contest.Decision {
	d := contest.Decision{Method: contest.MethodNone, Den: 1, Base: contest.BaseBallots, QuorumNum: k.Quorum.Num, QuorumDen: max(k.Quorum.Den, 1), Binding: k.Binding}
	switch k.Decide {
	case decideMost:
		d.Method, d.Seats, d.Lots = contest.MethodPlurality, k.Seats, k.Lots
	case decideShare:
		d.Method, d.Option, d.Num, d.Den, d.Strict = contest.MethodThreshold, uint64(k.option(k.Pass)), k.Share.Num, k.Share.Den, k.MoreThan
		for _, id := range k.Of {
			d.Base = contest.BaseOptions
			d.Over = append(d.Over, uint64(k.option(id)))
		}
		slices.Sort(d.Over)
	}
	return d
}
