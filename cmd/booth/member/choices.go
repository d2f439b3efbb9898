package member

import (
	"slices"

	"mandate/ballot/contest"
)

// A Choice is what a ballot says in one contest, in words.
type Choice struct {
	Title  string
	Ranked bool     // then Chosen is in order of preference, the first first
	Chosen []string // titles of the options; none: blank
}

// InWords says what is selected in each contest, in a language. Of selections that do not fit it says what it can.
func InWords(contests []contest.Contest, selections [][]int, lang string) []Choice {
	out := make([]Choice, len(contests))
	for i := range contests {
		c := &contests[i]
		out[i].Title, out[i].Ranked = c.Title.In(lang), c.Kind == contest.KindRanked
		if i >= len(selections) {
			continue
		}
		chosen := slices.Clone(selections[i])
		if !out[i].Ranked {
			slices.Sort(chosen) // in the order in which they were asked
		}
		for _, j := range chosen {
			if j >= 0 && j < len(c.Options) {
				out[i].Chosen = append(out[i].Chosen, c.Options[j].Title.In(lang))
			}
		}
	}
	return out
}
