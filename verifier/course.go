package verifier

import (
	"fmt"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A course is what a reader should know of how a vote went, beyond what is right or wrong: it makes warnings and changes no verdict.
type course struct {
	issued   []uint64 // cards issued by each registrar before it opened
	cards    []uint64 // the same before its petition began
	late     uint64   // cards issued while it was open
	overtime uint64   // ballots accepted while it was open, when it was to be closed already
	listed   uint64   // ballots accepted after the closing
	replaced []string // trustees, "2 by Jane Doe"
	unkept   int      // ballots that were listed as promised and are missing from the sealed box
	unlisted bool     // somebody's list of promises was not complete at the seal
}

// course returns what is known of how a vote went.
func (a *audit) course(vote record.ID) *course {
	c := a.courses[vote]
	if c == nil {
		c = new(course)
		a.courses[vote] = c
	}
	return c
}

// follow keeps what an accepted record means for the course of its vote.
func (a *audit) follow(rec *record.Record) {
	v := a.state.Vote(rec.Scope)
	if v == nil {
		return
	}
	c := a.course(v.ID)
	switch b := rec.Body.(type) {
	case *record.TrusteeReplace:
		c.replaced = append(c.replaced, fmt.Sprintf("%d by %s", b.Trustee, b.Name))
	case *record.Opening:
		for i := range v.Round.Manifest.Registrars {
			c.issued = append(c.issued, v.Round.Issued(i+1))
		}
	case *record.Ballot:
		switch {
		case v.Phase == fold.Closed:
			c.listed++
		case a.state.Now() >= v.Manifest.Closes:
			c.overtime++
		}
	case *record.Closing:
		for i, before := range c.issued {
			c.late = max(c.late, v.Round.Issued(i+1)-before)
		}
	case *record.Seal:
		c.unkept, c.unlisted = v.Pending(), !v.ListsDone()
	}
}

// warnings lists what the course of a vote gives to think about (SPEC.md §12).
func (c *course) warnings(v *fold.Vote) []string {
	var out []string
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	m := v.Manifest
	for _, r := range c.replaced {
		warn("a trustee was replaced after the vote was called: trustee %s", r)
	}
	// A tenth of the time for voting is late.
	tenth := max(1, (m.Closes-m.Opens)/10)
	if opened := v.Times.Opened; v.Phase >= fold.Open && m.Rules == nil && opened-m.Opens > tenth { // by rules, the time for voting does not shrink
		warn("voting opened %s after it was due, which left %s of %s", seconds(opened-m.Opens), seconds(m.Closes-opened), seconds(m.Closes-m.Opens))
	}
	if v.Phase >= fold.Closed && v.ClosedAt-m.Closes > tenth {
		warn("voting was closed %s after it was due", seconds(v.ClosedAt-m.Closes))
	}
	if c.overtime > 0 {
		warn("%d ballots were recorded when voting was due to be closed and was not", c.overtime)
	}
	if c.listed > 0 {
		warn("%d ballots were recorded after the closing, on the word of the board or a relay that they had been promised before it", c.listed)
	}
	if c.unkept > 0 {
		warn("the ballot box was sealed without %d ballots that were listed as promised", c.unkept)
	}
	if c.unlisted {
		warn("the ballot box was sealed before the board and every relay had listed what they had promised")
	}
	if c.late > 0 {
		warn("%d cards were issued while voting was open; a late card and a ballot soon after hint at each other", c.late)
	}
	return out
}

// seconds prints a number of seconds for people.
func seconds(n uint64) string { return (time.Duration(n) * time.Second).String() }
