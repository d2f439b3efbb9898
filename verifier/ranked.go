package verifier

import (
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A Ranked is the verified result of a ranked contest. Nothing in it is in the order of the ballots or of the mix.
type Ranked struct {
	Method    string   `json:"method"`
	Seats     uint64   `json:"seats"`
	Expressed uint64   `json:"expressed"` // ballots that rank somebody
	Blank     uint64   `json:"blank"`
	Spoiled   uint64   `json:"spoiled"`
	Winners   []uint64 `json:"winners"`   // options, in the order in which they were elected
	Depth     uint64   `json:"depth"`     // the most options that a ballot could rank
	Possible  string   `json:"possible"`  // how many different rankings there could be, decimal
	Different int      `json:"different"` // how many there were, the blank one included
	Mixers    []string `json:"mixers"`    // names of the trustees who shuffled the ballots, in the order of the stages
	Decrypted []string `json:"decrypted"` // names of those who decrypted what came out
	Seed      string   `json:"seed"`      // of the lots that break ties (SPEC.md §11.6), hexadecimal; empty if no ballot was counted

	// Count is the whole count with its stages and draws, as in SPEC.md §14.12; nil if no ballot was counted.
	Count *count.Result `json:"count,omitempty"`
	// Election is what was counted, for ballot files; nil if no ballot was counted. It must not be changed.
	Election *count.Election `json:"-"`
}

// ranked returns the result of ranked contest i of a certified vote. The fold has opened and counted it to accept the result.
func ranked(s *fold.State, v *fold.Vote, i int) *Ranked {
	c, res := &v.Manifest.Contests[i], v.Result.Contests[i]
	r := &Ranked{
		Method: c.Ranking.Method, Seats: c.Ranking.Seats, Expressed: res.Counts[0], Blank: res.Counts[1], Spoiled: res.Counts[2],
		Winners: slices.Clone(res.Winners), Depth: c.Depth, Possible: possible(c),
	}
	m := v.Mixing(i)
	if m == nil {
		return r
	}
	r.Mixers, r.Decrypted = trusteeNames(v, m.Mixers()), trusteeNames(v, m.Decrypted())
	if seed, err := s.Seed(v); err == nil {
		r.Seed = seed.String()
	}
	if counted, err := v.Count(i); err == nil {
		r.Count = counted
	}
	if opened, err := v.Rankings(i); err == nil {
		r.Different, r.Election = len(opened.Ballots), opened.Election(c, "en")
	}
	return r
}

func trusteeNames(v *fold.Vote, trustees []int) []string {
	var names []string
	for _, i := range trustees {
		names = append(names, v.TrusteeName(i))
	}
	return names
}

// possible returns how many different rankings a contest allows.
func possible(c *contest.Contest) string {
	e, err := c.Encoding()
	if err != nil {
		return ""
	}
	return e.Count().String()
}

// exceeds reports whether a decimal number is larger than n.
func exceeds(decimal string, n uint64) bool {
	other := fmt.Sprint(n)
	return len(decimal) > len(other) || len(decimal) == len(other) && decimal > other
}

// decided says what check 20 has found.
func decided(m *record.Vote) string {
	if m.Ranked() {
		return "outcomes follow from the counts and rankings, and from the lots"
	}
	return "outcomes follow from the counts"
}

// judgeMixes fills in check 30. A result without all stages is fatal, and in the report already.
func judgeMixes(c *Check, v *fold.Vote) {
	switch {
	case c.Status == Failed:
	case !v.Manifest.Ranked():
		c.Status, c.Detail = NotAsked, "no contest is ranked"
	case v.Phase != fold.Certified:
	case v.Counted() == 0:
		c.Status, c.Detail = NotAsked, "no ballot was counted"
	default:
		var stages []string
		for i := range v.Manifest.Contests {
			if m := v.Mixing(i); m != nil {
				stages = append(stages, fmt.Sprintf("%s by %s", v.Manifest.Contests[i].ID, strings.Join(trusteeNames(v, m.Mixers()), ", then ")))
			}
		}
		c.hold("%d trustees in turn have shuffled %d ballots: %s", v.Manifest.Mixes, v.Counted(), strings.Join(stages, "; "))
	}
}

// rankedWarnings lists what a reader of a ranked contest's result should know (SPEC.md §12).
func rankedWarnings(v *fold.Vote, i int) []string {
	var out []string
	c := &v.Manifest.Contests[i]
	warn := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("contest %s: ", c.ID)+fmt.Sprintf(format, args...))
	}
	m := v.Mixing(i)
	if m == nil {
		return nil
	}
	if n := possible(c); exceeds(n, v.Counted()) {
		warn("%s different rankings are possible and %d ballots were counted: whoever prescribes an unlikely ranking to a voter can look for it among the published ones", n, v.Counted())
	}
	for _, who := range trusteeNames(v, m.Barred()) {
		warn("%s has posted a shuffle or a decryption that does not hold; it was left out", who)
	}
	if spoiled := v.Result.Contests[i].Counts[2]; spoiled > 0 {
		warn("%s no ranking at all; a voting program that works makes none such", plural(int(spoiled), "ballot holds", "ballots hold"))
	}
	opened, err := v.Rankings(i)
	if err == nil && len(opened.Ballots) == 1 && opened.Ballots[0].Count == v.Counted() && v.Counted() > 1 {
		warn("all ballots agree, so everybody knows how every voter voted")
	}
	if v.Counted() == 1 {
		warn("one ballot was shuffled, which hides nothing")
	}
	return out
}

// rankedOutcome says what the result of a ranked contest is.
func rankedOutcome(c *contest.Contest, res record.ContestResult) string {
	var names []string
	for _, w := range res.Winners {
		names = append(names, c.Options[w].Title.In("en"))
	}
	ballots := fmt.Sprintf("%s, %d blank, %d spoiled", plural(int(res.Counts[0]), "ballot ranks somebody", "ballots rank somebody"), res.Counts[1], res.Counts[2])
	if len(names) == 0 {
		return fmt.Sprintf("%s; %s", ballots, res.Outcome)
	}
	return fmt.Sprintf("%s; %s: %s", ballots, res.Outcome, strings.Join(names, ", "))
}

// mixesTold is what a story has told of mixing and opening, by contest.
type mixesTold struct {
	stages map[uint64]int
	opened map[uint64]bool
	lots   bool
}

func (t *mixesTold) event(v *fold.Vote, body record.Body, tell func(format string, args ...any)) {
	if t.stages == nil {
		t.stages, t.opened = make(map[uint64]int), make(map[uint64]bool)
	}
	title := func(i uint64) string { return v.Manifest.Contests[i].Title.In("en") }
	switch b := body.(type) {
	case *record.Mix:
		m := v.Mixing(int(b.Contest))
		if m == nil {
			return
		}
		if n := len(m.Mixers()); n > t.stages[b.Contest] {
			t.stages[b.Contest] = n
			tell("%s has shuffled the ballots, stage %d of %d: %s", v.TrusteeName(int(b.Trustee)), n, m.Stages(), title(b.Contest))
		}
	case *record.Decryption:
		if m := v.Mixing(int(b.Contest)); m != nil && m.Opened() && !t.opened[b.Contest] {
			t.opened[b.Contest] = true
			tell("%d trustees have decrypted the shuffled ballots: %s", v.Manifest.Threshold, title(b.Contest))
		}
	case *record.Lots:
		if v.Manifest.Ranked() && !t.lots && uint64(v.LotsGiven()) >= v.Manifest.Threshold {
			t.lots = true
			tell("%d trustees have drawn the lots.", v.Manifest.Threshold)
		}
	}
}
