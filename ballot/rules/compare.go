package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/record"
)

// slack is by how much the times in a manifest may differ from the log's: it was drawn up before it was posted.
const slack = 86_400

// Compare reports whether a manifest keeps to the rules: whether they would have been compiled into it, but for what is particular to a vote.
// begun is the time of the log at the manifest, segment that of its roll. The manifest is the one in the record (package fold's Proposal):
// as a vote goes on, its times and candidates are filled in.
func (r *Rules) Compare(v *record.Vote, begun uint64, segment string) error {
	if v.Rules == nil {
		return errors.New("rules: the manifest has none")
	}
	if len(v.Contests) != 1 {
		return fmt.Errorf("contests: %d, the rules have one", len(v.Contests))
	}
	closes := closing(&v.Rules.Call)
	if until := begun + r.Call.Runs.Seconds(); closes > 0 && (closes > until+slack || closes+slack < until) {
		return fmt.Errorf("call.runs: the vote can be called until %d, by the rules until %d", closes, until)
	}
	if latest := begun + max(r.Voting.After.Seconds(), r.Deadlines.Opening.Seconds()); v.Opens > latest+slack {
		return fmt.Errorf("voting.after: voting opens at %d at the earliest, by the rules at %d", v.Opens, latest)
	}
	want, err := r.Compile(r.parameters(v, segment))
	if err != nil {
		return err
	}
	setClosing(&want.Rules.Call, closes)
	want.By, want.Trustees, want.Threshold, want.Quorum, want.Mixes = v.By, v.Trustees, v.Threshold, v.Quorum, v.Mixes
	want.Relays, want.Witnesses, want.Programs = v.Relays, v.Witnesses, v.Programs
	if field := differ(reflect.ValueOf(want).Elem(), reflect.ValueOf(v).Elem()); field != "" {
		return fmt.Errorf("%s: the manifest has something else than the rules", field)
	}
	return nil
}

// parameters returns what is particular to a manifest.
func (r *Rules) parameters(v *record.Vote, segment string) Parameters {
	p := Parameters{
		NotBefore: v.Opens, Title: v.Title, Question: v.Contests[0].Title, Segment: segment, Slot: v.Slot, Mock: v.Mock,
		StatementSlot: v.Rules.Statements.Slot, Reason: v.Rules.Call.Reason, Responder: v.Rules.Response.Key, Requires: v.Rules.Requires,
	}
	if q := v.Rules.Call.Petition; q != nil {
		p.PetitionSlot, p.Sponsors = q.Slot, q.Sponsors
	}
	if b := v.Rules.Call.Body; b != nil {
		p.Body = b.Members
	}
	same := func(a contest.Option, b Option) bool { return a.ID == b.ID }
	if r.Contest.OwnOptions && !slices.EqualFunc(v.Contests[0].Options, r.Contest.Options, same) {
		p.Options = v.Contests[0].Options
	}
	return p
}

func closing(c *record.CallRule) uint64 {
	switch {
	case c.Petition != nil:
		return c.Petition.Closes
	case c.Body != nil:
		return c.Body.Closes
	}
	return 0
}

func setClosing(c *record.CallRule, closes uint64) {
	if c.Petition != nil {
		c.Petition.Closes = closes
	}
	if c.Body != nil {
		c.Body.Closes = closes
	}
}

// differ returns the path of the first field in which two values differ, empty if there is none.
func differ(a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			name := a.Type().Field(i).Name
			if name == "_" {
				continue
			}
			if d := differ(a.Field(i), b.Field(i)); d != "" {
				return strings.TrimSuffix(name+"."+d, ".")
			}
		}
		return ""
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return unless(a.IsNil() && b.IsNil())
		}
		return differ(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return "."
		}
		for i := range a.Len() {
			if d := differ(a.Index(i), b.Index(i)); d != "" {
				return strings.TrimSuffix(fmt.Sprintf("[%d].%s", i, d), ".")
			}
		}
		return ""
	}
	return unless(reflect.DeepEqual(a.Interface(), b.Interface()))
}

// unless returns a path that is not empty, for a leaf that differs.
func unless(equal bool) string {
	if equal {
		return ""
	}
	return "."
}
