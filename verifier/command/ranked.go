package command

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
	"mandate/verifier"
)

// ranked prints the result of a ranked contest: the elected in order with the reason, what rules and lots did, and how the ballots were mixed.
func ranked(w io.Writer, c *verifier.Contest) {
	r := c.Ranked
	fmt.Fprintf(w, "    %s: %s, %s, of whom a ballot ranks at most %d\n", r.Method, plural(r.Seats, "seat", "seats"), plural(uint64(len(c.Options)), "candidate", "candidates"), r.Depth)
	fmt.Fprintf(w, "    %s, %d blank, %d spoiled; %d different ballots of %s possible ones\n",
		plural(r.Expressed, "ballot ranks somebody", "ballots rank somebody"), r.Blank, r.Spoiled, r.Different, about(r.Possible))
	if len(r.Mixers) > 0 {
		fmt.Fprintf(w, "    Shuffled by %s; decrypted by %s\n", strings.Join(r.Mixers, ", then "), strings.Join(r.Decrypted, ", "))
	}
	width := 0
	for _, i := range r.Winners {
		width = max(width, len([]rune(c.Options[i].Title.In("en"))))
	}
	width = min(width, 40)
	for n, i := range r.Winners {
		fmt.Fprintf(w, "    %2d. %-*s  %s\n", n+1, width, oneLine(c.Options[i].Title.In("en")), why(r.Count, int(i)))
	}
	if r.Count != nil {
		bounds(w, r.Count)
		lots(w, r)
	}
}

// why says at which stage and for which reason a candidate was elected.
func why(r *count.Result, candidate int) string {
	if r == nil {
		return ""
	}
	for _, s := range r.Stages {
		for _, e := range s.Events {
			if e.Kind == count.WasElected && e.Candidate == candidate {
				return fmt.Sprintf("stage %d: %s", s.Number, oneLine(strings.TrimPrefix(e.Why, r.Candidates[candidate].Name+" ")))
			}
		}
	}
	return ""
}

// bounds says what the representation rules did.
func bounds(w io.Writer, r *count.Result) {
	for i, rule := range r.Rules {
		elected := 0
		for _, c := range r.Elected {
			if slices.Contains(rule.Members, c) {
				elected++
			}
		}
		effect := effectOf(r, i+1)
		if effect == "" {
			effect = "it alone bound nobody"
		}
		fmt.Fprintf(w, "    Rule %d: %s; %d elected; %s\n", i+1, rule, elected, effect)
	}
	if effect := effectOf(r, 0); effect != "" && len(r.Rules) > 1 {
		fmt.Fprintf(w, "    The rules together: %s\n", effect)
	}
}

// effectOf says whom a rule, from 1, has kept in the count or out of the seats; 0 is all rules together, where no single one decides.
func effectOf(r *count.Result, rule int) string {
	first, kept, barred := 0, 0, 0
	for _, s := range r.Stages {
		for _, e := range s.Events {
			switch {
			case e.Rule != rule:
				continue
			case e.Kind == count.WasGuarded:
				kept++
			case e.Kind == count.WasDoomed:
				barred++
			default:
				continue
			}
			if first == 0 {
				first = s.Number
			}
		}
	}
	switch {
	case kept > 0 && barred > 0:
		return fmt.Sprintf("from stage %d on %d could not be excluded, and %d could not be elected", first, kept, barred)
	case kept > 0:
		return fmt.Sprintf("from stage %d on %d could not be excluded", first, kept)
	case barred > 0:
		return fmt.Sprintf("from stage %d on %d could not be elected", first, barred)
	}
	return ""
}

// lots prints the ties that lots have broken, so that anybody can draw them again.
func lots(w io.Writer, r *verifier.Ranked) {
	if len(r.Count.Draws) == 0 {
		fmt.Fprintln(w, "    No tie was broken by lot")
		return
	}
	fmt.Fprintf(w, "    Lots, drawn from the seed %s (SPEC.md §11.6):\n", r.Seed)
	const most = 10
	for _, d := range r.Count.Draws[:min(most, len(r.Count.Draws))] {
		fmt.Fprintf(w, "      draw %d, stage %d, %s:\n", d.Number, d.Stage, d.Purpose)
		for i, t := range d.Tickets[:min(most, len(d.Tickets))] {
			fmt.Fprintf(w, "        %d. %s  %s\n", i+1, t.Derivation, oneLine(r.Count.Candidates[t.Candidate].Name))
		}
		if n := len(d.Tickets); n > most {
			fmt.Fprintf(w, "        … and %d more\n", n-most)
		}
	}
	if n := len(r.Count.Draws); n > most {
		fmt.Fprintf(w, "      … and %d more draws, in the report\n", n-most)
	}
}

// about shortens a large decimal number for people.
func about(decimal string) string {
	if len(decimal) <= 12 {
		return decimal
	}
	return fmt.Sprintf("%s.%s·10^%d", decimal[:1], decimal[1:2], len(decimal)-1)
}

func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// writeReports writes how every ranked contest that was verified was counted: all stages as text, as JSON and as a picture, and the opened
// ballots in two formats. It returns the paths.
func writeReports(dir string, report *verifier.Report) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	votes := 0
	for i := range report.Votes {
		if len(rankedOf(&report.Votes[i])) > 0 {
			votes++
		}
	}
	var paths []string
	for i := range report.Votes {
		v := &report.Votes[i]
		contests := rankedOf(v)
		for _, n := range contests {
			prefix := ""
			if votes > 1 {
				prefix = v.ID.Short() + "-"
			}
			if len(contests) > 1 {
				prefix += v.Contests[n].ID + "-"
			}
			r := v.Contests[n].Ranked
			terms := blt.Terms{Method: r.Count.Method, Lots: r.Seed, Contest: uint64(n)}
			for _, f := range []struct {
				name  string
				write func(io.Writer) error
			}{
				{"report.txt", r.Count.WriteText},
				{"report.json", r.Count.WriteJSON},
				{"transfers.svg", r.Count.WriteSVG},
				{"ballots.blt", func(w io.Writer) error { return blt.WriteCounted(w, r.Election, terms) }},
				{"ballots.csv", func(w io.Writer) error { return blt.WriteCSV(w, r.Election) }},
			} {
				path := filepath.Join(dir, prefix+f.name)
				if err := writeFile(path, f.write); err != nil {
					return paths, err
				}
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// rankedOf returns the contests of a vote, from 0, that rankings were counted in.
func rankedOf(v *verifier.VoteReport) []int {
	var out []int
	for i := range v.Contests {
		if r := v.Contests[i].Ranked; r != nil && r.Count != nil && r.Election != nil {
			out = append(out, i)
		}
	}
	return out
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}
