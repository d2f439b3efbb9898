package electiontest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// Verify runs the verifier over an election.
func (f *Files) Verify(ctx context.Context) (*verifier.Report, error) {
	p, err := boardlog.OpenPackage(bytes.NewReader(f.Package), int64(len(f.Package)))
	if err != nil {
		return verifier.Unread(err), nil
	}
	return verifier.Verify(ctx, p, f.Options())
}

// Judge says what a report has otherwise than the label: nothing, if the verifier has found just what it has to find.
func (l *Label) Judge(r *verifier.Report) []string {
	var wrong []string
	differ := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			wrong = append(wrong, fmt.Sprintf("%s: %s, want %s", what, g, w))
		}
	}
	e := &l.Expect
	differ("verdict", r.Verdict, e.Verdict)
	differ("exit status", r.Verdict.ExitCode(), e.Exit)
	differ("success", r.OK(), e.Verdict == verifier.Verified.String())
	var failed []string
	for _, c := range Checks(r) {
		if c.Status != verifier.Failed {
			continue
		}
		code := ""
		if len(c.Faults) > 0 {
			code = c.Faults[0].Code
		}
		if f := fmt.Sprintf("%d (%s)", c.Number, code); !slices.Contains(failed, f) {
			failed = append(failed, f)
		}
	}
	var want []string
	if e.Check != 0 {
		want = []string{fmt.Sprintf("%d (%s)", e.Check, e.Code)}
	}
	differ("failed checks", failed, want)
	voids := slices.Clone(e.Void)
	slices.Sort(voids)
	var found []string
	for _, v := range slices.Sorted(maps.Keys(r.VoidTotal)) {
		found = append(found, slices.Repeat([]string{v}, int(r.VoidTotal[v]))...)
	}
	differ("void records", found, voids)
	var results []string
	for i := range r.Votes {
		if v := &r.Votes[i]; len(v.Contests) > 0 {
			results = append(results, ResultOf(v.Contests))
		}
	}
	if got := strings.Join(results, " | "); !matches(got, e.Result) {
		differ("result", got, e.Result)
	}
	return wrong
}

// matches compares results. " ?" at the end of a wanted one stands for winners of whom lots decide.
func matches(got, want string) bool {
	g, w := strings.Split(got, "; "), strings.Split(want, "; ")
	return slices.EqualFunc(g, w, func(g, w string) bool {
		begin, open := strings.CutSuffix(w, " ?")
		return g == w || open && strings.HasPrefix(g, begin+" ")
	})
}

// Checks returns all checks of a report, of the log and of each vote.
func Checks(r *verifier.Report) []verifier.Check {
	cs := slices.Clone(r.Log)
	for i := range r.Votes {
		cs = append(cs, r.Votes[i].Checks...)
	}
	return cs
}

// ResultOf writes results as labels do: for each contest its id, outcome, counts (of a ranked one those expressed, blank and spoiled), and the
// ids of the winners in the order of the ballot.
func ResultOf(contests []verifier.Contest) string {
	var all []string
	for _, c := range contests {
		var counts, winners []string
		for _, o := range c.Options {
			counts = append(counts, fmt.Sprint(o.Count))
			if o.Winner {
				winners = append(winners, o.ID)
			}
		}
		if k := c.Ranked; k != nil {
			counts = []string{fmt.Sprint(k.Expressed), fmt.Sprint(k.Blank), fmt.Sprint(k.Spoiled)}
		}
		all = append(all, strings.Join(append([]string{c.ID, c.Outcome, strings.Join(counts, "/")}, winners...), " "))
	}
	return strings.Join(all, "; ")
}
