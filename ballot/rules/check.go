package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// checker looks for the first thing that is wrong with rules, in the order of the struct.
type checker struct {
	r     *Rules
	lines lines
	err   *Error
}

func (c *checker) fail(field, format string, args ...any) {
	if c.err == nil {
		c.err = &Error{Line: c.lines.of(field), Field: field, Reason: fmt.Sprintf(format, args...)}
	}
}

func (c *checker) failed(field string, err error) {
	if err != nil {
		c.fail(field, "%s", strings.TrimPrefix(err.Error(), ": "))
	}
}

// sometimes are the fields that are there for one value of another field only.
var sometimes = map[string]struct {
	field  string
	values []string
}{
	"call.share":        {"call.by", []string{record.CallPetition, record.CallBody}},
	"call.runs":         {"call.by", []string{record.CallPetition, record.CallBody}},
	"call.batch":        {"call.by", []string{record.CallPetition}},
	"call.sponsors":     {"call.by", []string{record.CallPetition}},
	"call.body":         {"call.by", []string{record.CallBody}},
	"contest.pass":      {"contest.decide", []string{decideShare}},
	"contest.share":     {"contest.decide", []string{decideShare}},
	"contest.more-than": {"contest.decide", []string{decideShare}},
	"contest.of":        {"contest.decide", []string{decideShare}},
	"contest.min":       {"contest.decide", []string{decideShare, decideMost, decideNothing}},
	"contest.max":       {"contest.decide", []string{decideShare, decideMost, decideNothing}},
	"contest.seats":     {"contest.decide", []string{decideMost, decideRanking}},
	"contest.lots":      {"contest.decide", []string{decideMost}},
	"contest.method":    {"contest.decide", []string{decideRanking}},
	"contest.depth":     {"contest.decide", []string{decideRanking}},
	"contest.rules":     {"contest.decide", []string{decideRanking}},
	"contest.shuffled":  {"contest.decide", []string{decideMost, decideRanking}},
	"contest.quorum":    {"contest.decide", []string{decideShare, decideMost, decideRanking}},
}

// What a contest is decided by.
const (
	decideShare   = "share"
	decideMost    = "most"
	decideRanking = "ranking"
	decideNothing = "nothing"
)

// choices checks the fields on which it depends what other fields there must be.
func (c *checker) choices() {
	if field := "call.by"; c.lines.has(field) {
		c.oneOf(field, c.choice(field), record.CallPetition, record.CallBody, record.CallReason)
	}
	if field := "contest.decide"; c.lines.has(field) {
		c.oneOf(field, c.choice(field), decideShare, decideMost, decideRanking, decideNothing)
	}
}

func (c *checker) choice(field string) string {
	if field == "call.by" {
		return c.r.Call.By
	}
	return c.r.Contest.Decide
}

// present checks that every field is there where it must be, and only there.
func (c *checker) present(v reflect.Value, table string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		path := join(table, f.Tag.Get("toml"))
		there := c.lines.has(path)
		if v.Field(i).Kind() == reflect.Pointer {
			switch {
			case there && v.Field(i).IsNil():
				c.fail(path, "is empty")
			case there:
				c.present(v.Field(i).Elem(), path)
			}
			continue
		}
		if on, ok := sometimes[path]; ok {
			if value := c.choice(on.field); !slices.Contains(on.values, value) {
				if there {
					c.fail(path, "has no meaning with %s = %q", on.field, value)
				}
				continue
			}
		}
		if path == "contest.options" {
			if nominations := c.r.Nominations != nil; there == nominations {
				c.fail(path, "there are nominations: %v, and options: %v; want one of them", nominations, there)
			}
			continue
		}
		if !there {
			c.fail(path, "is missing")
			continue
		}
		if v.Field(i).Kind() == reflect.Struct && f.Type != reflect.TypeFor[Share]() && f.Type != reflect.TypeFor[Period]() {
			c.present(v.Field(i), path)
		}
	}
}

func (c *checker) check() {
	r := c.r
	c.failed("name", text.CheckSlug("", r.Name))
	c.failed("title", text.CheckName("", r.Title))
	c.oneOf("roll", r.Roll, rollOrganisation, rollSegment)
	if r.Call.By != record.CallReason {
		c.within("call.share", r.Call.Share.Num, 1, 1<<32)
		c.within("call.runs", r.Call.Runs.Seconds(), 1, record.MaxDuration)
	}
	switch r.Call.By {
	case record.CallPetition:
		c.within("call.batch", r.Call.Batch.Seconds(), 1, record.MaxInterval)
		c.within("call.sponsors", r.Call.Sponsors, 0, record.MaxSponsors)
	case record.CallBody:
		c.failed("call.body", text.CheckName("", r.Call.Body))
	}
	if f := r.Forums; f != nil {
		c.within("forums.need", f.Need, 1, record.MaxForums)
	}
	if s := r.Statements; s != nil {
		c.within("statements.window", s.Window.Seconds(), 1, record.MaxDuration)
		c.within("statements.length", s.Length, 1, record.MaxStatement)
		c.within("statements.per-side", s.PerSide, 1, record.MaxPerSide)
		c.within("statements.sides", uint64(len(s.Sides)), 1, record.MaxSides)
		for i, side := range s.Sides {
			c.failed("statements.sides", text.CheckSlug("", side))
			if slices.Contains(s.Sides[:i], side) {
				c.fail("statements.sides", "%q is there twice", side)
			}
		}
	}
	if n := r.Nominations; n != nil {
		c.within("nominations.window", n.Window.Seconds(), 1, record.MaxDuration)
		c.within("nominations.seconds", n.Seconds, 0, record.MaxSeconders)
	}
	if p := r.Packet; p != nil && !p.Sent && p.Lead != (Period{}) {
		c.fail("packet.lead", "%v for a packet that need not be sent", p.Lead)
	}
	if q := r.Requires; q != nil {
		c.within("requires.votes", q.Votes, 1, record.MaxRequires)
	}
	c.within("voting.period", r.Voting.Period.Seconds(), 1, record.MaxDuration)
	c.within("voting.grace", r.Voting.Grace.Seconds(), 1, record.MaxDuration)
	c.within("voting.step", r.Voting.Step.Seconds(), 1, record.MaxDuration)
	c.contest()
	if p := r.Response; p != nil {
		c.failed("response.by", text.CheckName("", p.By))
		c.within("response.within", p.Within.Seconds(), 1, record.MaxDuration)
	}
	c.fits()
}

// fits checks that voting need not open before it can.
func (c *checker) fits() {
	r, least := c.r, c.r.Voting.After.Seconds()
	if s := r.Statements; s != nil {
		least = max(least, s.Window.Seconds()+s.Review.Seconds())
	}
	if n := r.Nominations; n != nil {
		least = max(least, n.Window.Seconds()+n.Accept.Seconds())
	}
	if r.Packet != nil {
		least += r.Packet.Lead.Seconds()
	}
	if d := r.Deadlines.Opening; d != (Period{}) && d.Seconds() < least {
		c.fail("deadlines.opening", "%v after the call, and the rules before the vote take %v", d, Period{least})
	}
}

func (c *checker) oneOf(field, value string, known ...string) {
	if !slices.Contains(known, value) {
		c.fail(field, "%q is none of %q", value, known)
	}
}

func (c *checker) within(field string, n, least, most uint64) {
	if n < least || n > most {
		c.fail(field, "want %d to %d", least, most)
	}
}

func (c *checker) contest() {
	k := &c.r.Contest
	c.failed("contest.id", text.CheckSlug("", k.ID))
	options := uint64(len(k.Options))
	if c.r.Nominations != nil {
		options = record.MaxCandidates
		if k.Decide == decideShare {
			c.fail("contest.decide", "nominated candidates are decided on by %q or %q", decideMost, decideRanking)
		}
		if k.OwnOptions {
			c.fail("contest.own-options", "the options come from nominations")
		}
	} else {
		c.within("contest.options", options, 1, contest.MaxOptions)
	}
	for i, o := range k.Options {
		c.failed("contest.options", text.CheckSlug("id", o.ID))
		c.failed("contest.options", o.Title.Check("title"))
		if slices.ContainsFunc(k.Options[:i], func(other Option) bool { return other.ID == o.ID }) {
			c.fail("contest.options", "%q is there twice", o.ID)
		}
	}
	if k.Min > most(k.Max, options) || k.Max > options {
		c.fail("contest.max", "min %d and max %d of %d options", k.Min, k.Max, options)
	}
	switch k.Decide {
	case decideShare:
		if k.option(k.Pass) < 0 {
			c.fail("contest.pass", "%q is no option", k.Pass)
		}
		for i, id := range k.Of {
			if k.option(id) < 0 || slices.Contains(k.Of[:i], id) {
				c.fail("contest.of", "%q is no option, or there twice", id)
			}
		}
		if len(k.Of) > 0 && !slices.Contains(k.Of, k.Pass) {
			c.fail("contest.of", "%q is not among them", k.Pass)
		}
	case decideMost:
		c.within("contest.seats", k.Seats, 1, options)
	case decideRanking:
		c.ranking(options)
	}
	c.groups()
}

// ranking checks what is particular to a contest that is ranked, of so many options.
func (c *checker) ranking(options uint64) {
	k := &c.r.Contest
	c.oneOf("contest.method", k.Method, contest.RankingMethods()...)
	c.within("contest.seats", k.Seats, 1, options)
	c.within("contest.depth", k.Depth, 0, options)
	for i := range k.Rules {
		for _, name := range []string{"group", "min", "max"} {
			if field := fmt.Sprintf("contest.rules[%d].%s", i, name); !c.lines.has(field) {
				c.fail(field, "is missing")
			}
		}
	}
	d := k.ranking()
	if err := d.Check("contest", int(options)); err != nil { // its fields have the names that they have in a file
		field, reason, _ := strings.Cut(err.Error(), ": ")
		c.fail(field, "%s", reason)
	}
}

// groups checks that options are of groups only of which there is a rule.
func (c *checker) groups() {
	k := &c.r.Contest
	for i, o := range k.Options {
		rules := contest.Contest{ID: k.ID, Ranking: k.ranking()}
		if err := rules.CheckGroups("", o.Groups); err != nil {
			c.fail(fmt.Sprintf("contest.options[%d].groups", i), "%s", strings.TrimPrefix(err.Error(), ": "))
		}
	}
}

// most returns a number of options at most n, for which 0 stands for n.
func most(number, n uint64) uint64 {
	if number == 0 {
		return n
	}
	return number
}

// option returns the index of an option, -1 if there is none.
func (k *Contest) option(id string) int {
	return slices.IndexFunc(k.Options, func(o Option) bool { return o.ID == id })
}
