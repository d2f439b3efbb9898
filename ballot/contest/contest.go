// Package contest has the questions of a vote: contests, options, what a selection may be, and the rule by which counts or rankings
// become a decision (SPEC.md §8.3, §11.1, §11.5). It has no keys and no proofs, and does not count rankings: that is package count's.
package contest

import (
	"fmt"
	"slices"

	"mandate/ballot/ranking"
	"mandate/ballot/text"
)

// Limits of SPEC.md §8.3.
const (
	MaxContests = 32
	MaxOptions  = 128
)

// Kinds of contests.
const (
	KindChoice = "choice" // between Min and Max options are selected; the count is a homomorphic sum
	KindRanked = "ranked" // options are ranked, the most preferred first; rankings are shuffled, opened and counted
)

// A Contest is one question. Its encoding is SPEC.md §8.3's contest, which has other fields for each kind; what another kind has is zero.
type Contest struct {
	ID       string
	Kind     string
	Title    text.Texts
	Options  []Option
	Shuffled bool // each member is shown the options in an order of their own; their numbers are those of this list

	Min, Max uint64   // of a choice: how many options a ballot selects
	Decision Decision // of a choice

	Depth   uint64          // of a ranked contest: a ranking has at most that many options, and may have none
	Ranking RankingDecision // of a ranked contest
}

// An Option is one answer that can be selected, or a candidate who can be ranked.
type Option struct {
	_      struct{} `cbor:",toarray"`
	ID     string
	Title  text.Texts
	Groups []string // of representation rules; in ranked contests only
}

// Width returns the number of ciphertexts that a ballot has for the contest: of a choice one for each option, of a ranking the elements of its
// encoding (SPEC.md §16). It is 0 for a contest that Check refuses for its kind, options or depth.
func (c *Contest) Width() int {
	switch c.Kind {
	case KindChoice:
		return len(c.Options)
	case KindRanked:
		if e, err := c.Encoding(); err == nil {
			return e.Elements()
		}
	}
	return 0
}

// Encoding returns the encoding of a ranked contest's rankings.
func (c *Contest) Encoding() (*ranking.Encoding, error) {
	if c.Kind != KindRanked {
		return nil, fmt.Errorf("contest %s: a %s has no rankings", c.ID, c.Kind)
	}
	if n := len(c.Options); c.Depth < 1 || c.Depth > uint64(n) {
		return nil, fmt.Errorf("contest %s: depth: %d, want 1 to %d options", c.ID, c.Depth, n)
	}
	e, err := ranking.New(len(c.Options), int(c.Depth))
	if err != nil {
		return nil, fmt.Errorf("contest %s: %w", c.ID, err)
	}
	return e, nil
}

// Standing returns the contest with other options, and with everything that the number of options bounds lowered to it: what becomes of a
// contest when it is known who stands (SPEC.md §15.4).
func (c *Contest) Standing(options []Option) Contest {
	out, n := *c, uint64(len(options))
	out.Options = slices.Clone(options)
	if c.Kind == KindRanked {
		out.Depth, out.Ranking.Seats = min(c.Depth, n), min(c.Ranking.Seats, n)
		return out
	}
	out.Max = min(c.Max, n)
	out.Min = min(c.Min, out.Max)
	out.Decision.Seats = min(c.Decision.Seats, n)
	return out
}

// AwaitsOptions reports whether the contest can take its options from nominations: it has none, and its decision names none.
func (c *Contest) AwaitsOptions() bool {
	return len(c.Options) == 0 && (c.Kind == KindRanked || c.Decision.Method != MethodThreshold)
}

// Check reports whether the contest is well-formed; errors name the field below the given one.
func (c *Contest) Check(field string) error {
	if err := text.CheckSlug(field+".id", c.ID); err != nil {
		return err
	}
	field = fmt.Sprintf("%s (%s)", field, c.ID)
	if c.Kind != KindChoice && c.Kind != KindRanked {
		return fmt.Errorf("%s.kind: %q is not known", field, c.Kind)
	}
	if err := c.Title.Check(field + ".title"); err != nil {
		return err
	}
	n := len(c.Options)
	if n < 1 || n > MaxOptions {
		return fmt.Errorf("%s.options: %d, want 1 to %d", field, n, MaxOptions)
	}
	ids := make(map[string]bool, n)
	titles := make(map[[2]string]bool, n)
	for i, o := range c.Options {
		at := fmt.Sprintf("%s.options[%d]", field, i)
		if err := text.CheckSlug(at+".id", o.ID); err != nil {
			return err
		}
		if err := o.Title.Check(at + ".title"); err != nil {
			return err
		}
		if ids[o.ID] {
			return fmt.Errorf("%s.id: %q is there twice", at, o.ID)
		}
		ids[o.ID] = true
		for lang, s := range o.Title {
			if titles[[2]string{lang, s}] {
				return fmt.Errorf("%s.title: %q is there twice", at, s)
			}
			titles[[2]string{lang, s}] = true
		}
	}
	check := c.checkChoice
	if c.Kind == KindRanked {
		check = c.checkRanked
	}
	if err := check(field); err != nil {
		return err
	}
	for i, o := range c.Options {
		if err := c.CheckGroups(fmt.Sprintf("%s.options[%d].groups", field, i), o.Groups); err != nil {
			return err
		}
	}
	return nil
}

func (c *Contest) checkChoice(field string) error {
	n := len(c.Options)
	if c.Min > c.Max || c.Max < 1 || c.Max > uint64(n) {
		return fmt.Errorf("%s: min %d and max %d, want 0 ≤ min ≤ max ≤ %d options and max ≥ 1", field, c.Min, c.Max, n)
	}
	if c.Depth != 0 || !c.Ranking.isZero() {
		return fmt.Errorf("%s.depth: a choice has neither depth nor ranking", field)
	}
	return c.Decision.Check(field+".decision", n)
}

func (c *Contest) checkRanked(field string) error {
	if n := uint64(len(c.Options)); c.Depth < 1 || c.Depth > n {
		return fmt.Errorf("%s.depth: %d, want 1 to %d options", field, c.Depth, n)
	}
	if c.Min != 0 || c.Max != 0 || !c.Decision.isZero() {
		return fmt.Errorf("%s.min: a ranked contest has neither min, max nor counts to decide by", field)
	}
	return c.Ranking.Check(field+".ranking", len(c.Options))
}

// CheckGroups reports whether an option may be of these groups: slugs, each once, of which the contest has a representation rule.
func (c *Contest) CheckGroups(field string, groups []string) error {
	for i, g := range groups {
		if !slices.ContainsFunc(c.Ranking.Rules, func(r RankingRule) bool { return r.Group == g }) {
			return fmt.Errorf("%s: no rule of contest %s is about the group %q", field, c.ID, g)
		}
		if slices.Contains(groups[:i], g) {
			return fmt.Errorf("%s: %q is there twice", field, g)
		}
	}
	return nil
}

// CheckSelection reports whether a ballot may say so: of a choice, the indexes of the options selected, in any order; of a ranked contest the
// ranking, the index of the most preferred option first. Errors name the contest and the option. Its duration tells much about the selection.
func (c *Contest) CheckSelection(selected []int) error {
	if c.Kind != KindRanked {
		_, err := c.Selection(selected)
		return err
	}
	for i, o := range selected {
		if o < 0 || o >= len(c.Options) {
			return fmt.Errorf("contest %s: there is no candidate %d, only 0 to %d", c.ID, o, len(c.Options)-1)
		}
		if slices.Contains(selected[:i], o) {
			return fmt.Errorf("contest %s: candidate %q is ranked twice", c.ID, c.Options[o].ID)
		}
	}
	if n := uint64(len(selected)); n > c.Depth {
		return fmt.Errorf("contest %s: %d candidates ranked, at most %d", c.ID, n, c.Depth)
	}
	return nil
}

// Selection turns the selected options into the 0/1 vector that a ballot encrypts. The number of options selected must be
// between Min and Max; selected holds indexes of options, each at most once, in any order. It is an
// error for a ranked contest.
func (c *Contest) Selection(selected []int) ([]uint64, error) {
	if c.Kind == KindRanked {
		return nil, fmt.Errorf("contest %s: options are ranked, not selected", c.ID)
	}
	v := make([]uint64, len(c.Options))
	for _, i := range selected {
		if i < 0 || i >= len(v) {
			return nil, fmt.Errorf("contest %s: option %d does not exist", c.ID, i)
		}
		if v[i] == 1 {
			return nil, fmt.Errorf("contest %s: option %q is selected twice", c.ID, c.Options[i].ID)
		}
		v[i] = 1
	}
	if n := uint64(len(selected)); n < c.Min || n > c.Max {
		return nil, fmt.Errorf("contest %s: %d options selected, want %d to %d", c.ID, n, c.Min, c.Max)
	}
	return v, nil
}
