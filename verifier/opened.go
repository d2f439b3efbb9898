package verifier

import (
	"fmt"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// An Opened is what was found out about a ballot that was opened instead of being cast (SPEC.md §10.1.6). Only its member knows whether
// what it says is what they chose.
type Opened struct {
	Vote   record.ID `json:"vote"`
	Ballot record.ID `json:"ballot"` // to compare with what the device that made it had shown before
	// Says is what the ballot says, by contest: it was made again of its opening and is the same. Nil if it is not, or could not be.
	Says []Said `json:"says,omitempty"`
	// Spoiled says that the log has the record that keeps the ballot from ever being cast.
	Spoiled bool `json:"spoiled"`
	// Fault says why the ballot does not hold; "" if it does.
	Fault string `json:"fault,omitempty"`
}

// A Said is what a ballot says in a contest.
type Said struct {
	Title  text.Texts   `json:"title"`
	Ranked bool         `json:"ranked"` // then Chosen is in order of preference, the first first
	Chosen []text.Texts `json:"chosen"` // none: blank
}

// judgeOpened checks the opened ballot against the vote on the log.
func (a *audit) judgeOpened() {
	if a.options.Opened == nil {
		return
	}
	o := &Opened{}
	a.report.Opened = o
	if err := a.open(o); err != nil {
		o.Fault, o.Says = err.Error(), nil
		a.report.Verdict = Refuted
	}
}

func (a *audit) open(out *Opened) error {
	o, err := cast.ParseOpened(a.options.Opened)
	if err != nil {
		return err
	}
	out.Vote, out.Ballot = o.Vote, o.Record.ID()
	v := a.state.Vote(o.Vote)
	switch {
	case a.options.Vote != (record.ID{}) && a.options.Vote != o.Vote:
		return fmt.Errorf("the ballot is of vote %s, asked for was %s", o.Vote, a.options.Vote)
	case v == nil || v.Opening == nil:
		return fmt.Errorf("the ballot is of vote %s, which has not opened on this log", o.Vote)
	}
	if err := v.Form.Recheck(a.state.CastContext(v), o.Opening, o.Record); err != nil {
		return fmt.Errorf("ballot %s: %w", out.Ballot, err)
	}
	out.Spoiled = v.IsSpoiled(o.BallotKey(), out.Ballot)
	if v.IsCast(out.Ballot) {
		return fmt.Errorf("ballot %s was cast although it was opened", out.Ballot)
	}
	selections := o.Opening.Selections()
	for i := range v.Manifest.Contests {
		c := &v.Manifest.Contests[i]
		said := Said{Title: c.Title, Ranked: c.Kind == contest.KindRanked}
		chosen := slices.Clone(selections[i])
		if !said.Ranked {
			slices.Sort(chosen)
		}
		for _, j := range chosen {
			said.Chosen = append(said.Chosen, c.Options[j].Title)
		}
		out.Says = append(out.Says, said)
	}
	return nil
}
