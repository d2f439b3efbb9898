package organise

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/rules"
)

var voteVerb = &verb{
	usage: `Calls a vote without rules: one question, which the commission puts, from one time to another. Votes that members, a body or the statutes
call are proposed with mandate organise call.

Usage:
    mandate organise vote -board URL -dir FOLDER -round ID -title LANG=TEXT … -option OPTION … -trustee FILE … -opens DATE -closes DATE [FLAGS]

` + commonUsage + `    -round ID           the round whose cards are used
    -title LANG=TEXT    the vote's title, once for each language
    -question LANG=TEXT the question, if it is not the title
    -option OPTION      an answer: "ID en=TEXT | es=TEXT", once for each
    -opens DATE         voting opens: with the time zone, or "+2h" from now; the trustees make the key before
    -closes DATE        voting closes
    -trustee FILE       a trustee's entry, which mandate trustee init has written; once for each
    -threshold N        so many trustees open the result; default more than half of them
    -quorum N           so many must have signed the ballot box first; default all of three
    -parties FILE       trustees, witnesses and relays as mandate organise call has them
    -min N              a ballot selects so many options at least; default 0
    -max N              and at most; default 1
    -seats N            so many options with most votes win; default 1
    -pass ID            instead, this option passes if it has more than the share
    -share N/M          of all ballots; default 1/2
    -rank METHOD        instead, options are ranked: irv, scottish-stv, meek-stv, schulze, ranked-pairs
    -depth N            a ranking has at most so many; default all
    -turnout N/M        of the roll must have voted; default 0
    -step DURATION      how long trustees have for each step of making the key; default 48h
    -grace DURATION     how long promised ballots are waited for after the closing; default 1h, 1m for a vote of a day
    -final              a ballot cannot be replaced by a later one
    -binding            the result binds
    -mock               a rehearsal that decides nothing

Example:
    mandate organise vote -config commission.toml -round 77ab… -title "en=Shall we found a strike fund?" -option "yes en=Yes" \
        -option "no en=No" -pass yes -opens +48h -closes +96h -trustee ana-entry.toml -trustee ben-entry.toml -trustee chi-entry.toml
`, needs: []string{"round", "title", "option", "opens", "closes"},
	flags: func(c *call, f *flag.FlagSet) {
		c.partiesFlags(f)
		c.texts(f, "round", "opens", "closes", "min", "max", "seats", "pass", "share", "rank", "depth", "turnout", "step", "grace")
		c.lists(f, "title", "question", "option")
		c.switches(f, "final", "binding", "mock")
	},
	run: func(ctx context.Context, c *call) error {
		round, err := record.ParseID(c.get("round"))
		if err != nil {
			return misuse("-round: %w", err)
		}
		vote, err := c.plainVote()
		if err != nil {
			return err
		}
		id, err := c.officer.Call(ctx, round, vote)
		if err == nil {
			c.say("vote: %s", id)
		}
		return err
	},
}

// plainVote reads a vote without rules.
func (c *call) plainVote() (*record.Vote, error) {
	who, err := c.who()
	if err != nil {
		return nil, err
	}
	ceremony, err := who.ceremony()
	if err != nil {
		return nil, err
	}
	v := &record.Vote{
		Template: "simple", Mock: *c.toggle["mock"], Revote: !*c.toggle["final"], Trustees: ceremony.Trustees, Threshold: ceremony.Threshold,
		Quorum: ceremony.Quorum, Relays: ceremony.Relays, Witnesses: ceremony.Witnesses,
	}
	if v.Title, err = readTexts("title", c.all("title")); err != nil {
		return nil, err
	}
	if v.Opens, v.Closes, err = c.window(); err != nil {
		return nil, err
	}
	grace := "1h"
	if v.Closes-v.Opens <= 86_400 {
		grace = "1m"
	}
	for _, x := range []struct {
		flag, otherwise string
		to              *uint64
	}{{"step", "48h", &v.Step}, {"grace", grace, &v.Grace}} {
		s := c.get(x.flag)
		if s == "" {
			s = x.otherwise
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < time.Second {
			return nil, misuse("-%s %q: want a time such as 48h or 90s", x.flag, s)
		}
		*x.to = uint64(d / time.Second)
	}
	question, err := c.question(v)
	if err != nil {
		return nil, err
	}
	v.Contests = []contest.Contest{*question}
	return v, nil
}

// question reads the question, and how it is decided.
func (c *call) question(v *record.Vote) (*contest.Contest, error) {
	q := &contest.Contest{ID: "question-1", Kind: contest.KindChoice, Title: v.Title}
	var err error
	if given := c.all("question"); len(given) > 0 {
		if q.Title, err = readTexts("question", given); err != nil {
			return nil, err
		}
	}
	for _, s := range c.all("option") {
		o, err := readOption(s)
		if err != nil {
			return nil, err
		}
		q.Options = append(q.Options, o)
	}
	n := uint64(len(q.Options))
	turnout, err := c.share("turnout", "0/1")
	if err != nil {
		return nil, err
	}
	seats, err := c.number("seats", 1)
	if err != nil {
		return nil, err
	}
	if method := c.get("rank"); method != "" {
		if c.get("pass") != "" || c.get("min") != "" || c.get("max") != "" {
			return nil, misuse("-rank has neither -pass nor -min and -max")
		}
		if !slices.Contains(contest.RankingMethods(), method) {
			return nil, misuse("-rank: there is no method %q", method)
		}
		q.Kind, v.Mixes = contest.KindRanked, v.Threshold
		q.Ranking = contest.RankingDecision{Method: method, Seats: seats, QuorumNum: turnout.Num, QuorumDen: turnout.Den, Binding: *c.toggle["binding"]}
		q.Depth, err = c.number("depth", n)
		return q, err
	}
	if q.Min, err = c.number("min", 0); err != nil {
		return nil, err
	}
	if q.Max, err = c.number("max", 1); err != nil {
		return nil, err
	}
	q.Decision = contest.Decision{
		Method: contest.MethodPlurality, Den: 1, Base: contest.BaseBallots, QuorumNum: turnout.Num, QuorumDen: turnout.Den, Seats: seats, Binding: *c.toggle["binding"],
	}
	if pass := c.get("pass"); pass != "" {
		i := slices.IndexFunc(q.Options, func(o contest.Option) bool { return o.ID == pass })
		if i < 0 {
			return nil, misuse("-pass: there is no option %q", pass)
		}
		share, err := c.share("share", "1/2")
		if err != nil {
			return nil, err
		}
		d := &q.Decision
		d.Method, d.Option, d.Num, d.Den, d.Strict, d.Seats = contest.MethodThreshold, uint64(i), share.Num, share.Den, true, 0
	}
	return q, nil
}

// share reads a fraction.
func (c *call) share(flag, otherwise string) (s rules.Share, err error) {
	given := c.get(flag)
	if given == "" {
		given = otherwise
	}
	if err := s.UnmarshalText([]byte(given)); err != nil {
		return s, misuse("-%s: %w", flag, fmt.Errorf("%q: %w", given, err))
	}
	return s, nil
}
