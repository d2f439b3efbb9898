package voter

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mandate/ballot/contest"
	"mandate/cmd/booth/member"
)

// ask prints a question with its options.
func ask(w io.Writer, i, n int, c *contest.Contest, lang string) {
	fmt.Fprintf(w, "\nQuestion %d of %d: %s\n", i+1, n, c.Title.In(lang))
	for j := range c.Options {
		fmt.Fprintf(w, "  %2d  %s  [%s]\n", j+1, c.Options[j].Title.In(lang), c.Options[j].ID)
	}
	if c.Kind == contest.KindRanked {
		fmt.Fprintf(w, "Rank %s, the one you like best first, by number or by the word in brackets, with commas between. An empty line is a blank vote.\n", howMany(c))
		return
	}
	fmt.Fprintf(w, "Choose %s, by number or by the word in brackets; several with commas between. %s\n", howMany(c),
		map[bool]string{true: "An empty line is a blank vote.", false: "This question takes no blank vote."}[c.Min == 0])
}

func howMany(c *contest.Contest) string {
	switch {
	case c.Kind == contest.KindRanked:
		return fmt.Sprintf("at most %d", c.Depth)
	case c.Min == c.Max:
		return fmt.Sprintf("exactly %d", c.Min)
	case c.Min == 0:
		return fmt.Sprintf("at most %d", c.Max)
	}
	return fmt.Sprintf("%d to %d", c.Min, c.Max)
}

// parseChoice reads which options a line selects, or ranks in its order: their numbers, from 1, or their ids. An id of digits only cannot be used, because it could
// be taken for a number.
func parseChoice(line string, c *contest.Contest) ([]int, error) {
	selected := []int{}
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
		at := -1
		if n, err := strconv.Atoi(word); err == nil {
			at = n - 1
		} else {
			at = slices.IndexFunc(c.Options, func(o contest.Option) bool { return o.ID == strings.ToLower(word) })
		}
		if at < 0 || at >= len(c.Options) {
			return nil, errors.New("there is no such option; options have the numbers 1 to " + strconv.Itoa(len(c.Options)))
		}
		selected = append(selected, at)
	}
	if err := c.CheckSelection(selected); err != nil {
		return nil, fmt.Errorf("choose %s, each option once", howMany(c))
	}
	return selected, nil
}

// inWords says what is selected, a line for each question and each option.
func inWords(w io.Writer, contests []contest.Contest, selections [][]int, lang string) {
	for _, c := range member.InWords(contests, selections, lang) {
		fmt.Fprintf(w, "  %s\n", c.Title)
		for i, title := range c.Chosen {
			if c.Ranked {
				title = fmt.Sprintf("%d. %s", i+1, title)
			}
			fmt.Fprintf(w, "    %s\n", title)
		}
		if len(c.Chosen) == 0 {
			fmt.Fprintf(w, "    nothing (blank)\n")
		}
	}
}
