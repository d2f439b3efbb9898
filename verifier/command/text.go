package command

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"mandate/verifier"
)

const barWidth = 30

// Text prints a report for people: a line for each check with its number in SPEC.md §12, then the result.
func Text(w io.Writer, r *verifier.Report) {
	if r.Origin != "" {
		fmt.Fprintf(w, "Board %s, %d records, root %s\n", r.Origin, r.Size, r.Root)
	}
	checks(w, r.Log)
	for i := range r.Votes {
		vote(w, &r.Votes[i])
	}
	void(w, r)
	opened(w, r.Opened)
	if m := r.Merged; m != nil {
		fmt.Fprintf(w, "\nMerged from %d parts: proofs and signatures of %d ballots were checked by whoever made these, %d more by them and here.\n", m.Parts, m.Ballots, m.Again)
	}
	fmt.Fprintf(w, "\n%s\n%s\n", ran(r.Tally), conclusion(r.Verdict))
}

func checks(w io.Writer, cs []verifier.Check) {
	for _, c := range cs {
		mark := map[verifier.Status]string{verifier.Held: "ok", verifier.Failed: "FAILED", verifier.NotReached: "not yet", verifier.NotAsked: "-"}[c.Status]
		fmt.Fprintf(w, "  %2d %-14s %-8s %s\n", c.Number, c.Name, mark, c.Detail)
		for _, f := range c.Faults[min(1, len(c.Faults)):] {
			fmt.Fprintf(w, "     %-14s %-8s %s\n", "", "", f)
		}
	}
}

func vote(w io.Writer, v *verifier.VoteReport) {
	fmt.Fprintf(w, "\nVote %s\n", v.ID)
	if v.Title != nil {
		fmt.Fprintf(w, "  %s (%s)\n", oneLine(v.Title.In("en")), v.Phase)
	}
	checks(w, v.Checks)
	for _, s := range v.Warnings {
		fmt.Fprintf(w, "  note: %s\n", s)
	}
	programs(w, v)
	removals(w, v)
	story(w, v)
	if v.Verdict != verifier.Verified {
		return
	}
	f := v.Figures
	fmt.Fprintf(w, "\n  %d of %d members voted.\n", f.Counted, f.Roll)
	for _, c := range v.Contests {
		contest(w, &c, f.Counted)
	}
}

// programs prints what members' browsers were to run.
func programs(w io.Writer, v *verifier.VoteReport) {
	if len(v.Programs) > 0 {
		fmt.Fprintln(w, "\n  Programs that browsers are to run (SHA-256; compare with what is served: mandate program ADDRESS):")
	}
	for _, p := range v.Programs {
		fmt.Fprintf(w, "    %-10s %s\n", p.Name, p.Hash)
	}
}

// removals prints what became of the roll.
func removals(w io.Writer, v *verifier.VoteReport) {
	if v.Removals == nil {
		return
	}
	fmt.Fprintln(w, "\n  Removals from the roll (they stop cards from being collected, and change no figure):")
	for _, s := range v.Removals.Lines() {
		fmt.Fprintf(w, "    %s\n", s)
	}
}

// story prints what has happened, and what is owed.
func story(w io.Writer, v *verifier.VoteReport) {
	if len(v.Story) > 0 {
		fmt.Fprintln(w, "\n  What happened, by the log's time:")
	}
	for _, l := range v.Story {
		fmt.Fprintf(w, "    %s  %s\n", l.Date, l.Text)
	}
	if len(v.Duties) > 0 {
		fmt.Fprintln(w, "\n  What is owed:")
	}
	for _, d := range v.Duties {
		fmt.Fprintf(w, "    %s\n", d)
	}
}

func contest(w io.Writer, c *verifier.Contest, counted uint64) {
	fmt.Fprintf(w, "\n  %s\n", oneLine(c.Title.In("en")))
	if c.Ranked != nil {
		ranked(w, c)
	} else {
		options(w, c, counted)
	}
	kind := "advisory"
	if c.Binding {
		kind = "binding"
	}
	fmt.Fprintf(w, "    Outcome: %s (%s)\n", c.Outcome, kind)
}

// options prints the options of a choice with their counts.
func options(w io.Writer, c *verifier.Contest, counted uint64) {
	width := 0
	for _, o := range c.Options {
		width = max(width, len([]rune(o.Title.In("en"))))
	}
	width = min(width, 40)
	for _, o := range c.Options {
		n := 0
		if counted > 0 {
			n = int(o.Count * barWidth / counted)
		}
		mark := ""
		if o.Winner {
			mark = "  *"
		}
		fmt.Fprintf(w, "    %-*s %8d  %s%s\n", width, oneLine(o.Title.In("en")), o.Count, strings.Repeat("█", n), mark)
	}
}

func void(w io.Writer, r *verifier.Report) {
	if len(r.VoidTotal) == 0 {
		return
	}
	fmt.Fprintln(w, "\nVoid records, which count for nothing:")
	for _, k := range slices.Sorted(maps.Keys(r.VoidTotal)) {
		fmt.Fprintf(w, "  %6d %s\n", r.VoidTotal[k], k)
	}
	const most = 20
	for _, f := range r.Void[:min(most, len(r.Void))] {
		fmt.Fprintf(w, "  %s\n", f)
	}
	if len(r.Void) > most {
		fmt.Fprintln(w, "  … the JSON report lists more")
	}
}

// opened prints what an opened ballot says.
func opened(w io.Writer, o *verifier.Opened) {
	if o == nil {
		return
	}
	fmt.Fprintf(w, "\nOpened ballot %s\n", o.Ballot)
	if o.Fault != "" {
		fmt.Fprintf(w, "  FAILED   %s\n", o.Fault)
		return
	}
	fmt.Fprintf(w, "  ok       made again from its opening, it is the same, and it says:\n")
	for _, c := range o.Says {
		fmt.Fprintf(w, "  %s\n", oneLine(c.Title.In("en")))
		for i, t := range c.Chosen {
			rank := ""
			if c.Ranked {
				rank = fmt.Sprintf("%d. ", i+1)
			}
			fmt.Fprintf(w, "    %s%s\n", rank, oneLine(t.In("en")))
		}
		if len(c.Chosen) == 0 {
			fmt.Fprintf(w, "    nothing (blank)\n")
		}
	}
	if o.Spoiled {
		fmt.Fprintf(w, "  The log says that it can never be cast.\n")
	} else {
		fmt.Fprintf(w, "  note: the log does not say that it can never be cast; it was not cast so far\n")
	}
	fmt.Fprintf(w, "  Compare its id with the one that the first device showed before it was opened. If that is not what you chose, do not vote with\n  that device, and tell the commission.\n")
}

// ran says how many of the checks that had to run did.
func ran(t verifier.Tally) string {
	s := fmt.Sprintf("%d of %d checks ran, %d held", t.Ran, t.Asked(), t.Held)
	if t.NotAsked > 0 {
		s += fmt.Sprintf("; %d more are not asked for here (-)", t.NotAsked)
	}
	return s + "."
}

func conclusion(v verifier.Verdict) string {
	switch v {
	case verifier.Verified:
		return "VERIFIED: every check ran to its end and held."
	case verifier.Unfinished:
		return "NOT FINISHED: nothing is wrong, and the vote is not certified yet."
	case verifier.Refuted:
		return "FAILED: a check failed; what it belongs to must not be believed."
	}
	return "UNREADABLE: the source could not be read whole, so nothing is known."
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
