// Package contest has the questions of a vote: contests, options, what a selection may be, and the rule by which counts
// become a decision (SPEC.md §8.3, §11.1, §11.5). It knows no cryptography.
package contest

import (
	"fmt"

	"mandate/ballot/text"
)

// Limits of SPEC.md §8.3.
const (
	MaxContests = 32
	MaxOptions  = 128
)

// KindChoice is a contest in which between Min and Max options are selected; its count is a homomorphic sum.
const KindChoice = "choice"

// A Contest is one question. Its encoding is SPEC.md §8.3's contest.
type Contest struct {
	_        struct{} `cbor:",toarray"`
	ID       string
	Kind     string
	Title    text.Texts
	Options  []Option
	Min, Max uint64
	Decision Decision
}

// An Option is one answer that can be selected.
type Option struct {
	_     struct{} `cbor:",toarray"`
	ID    string
	Title text.Texts
}

// Check reports whether the contest is well-formed; errors name the field below the given one.
func (c *Contest) Check(field string) error {
	if err := text.CheckSlug(field+".id", c.ID); err != nil {
		return err
	}
	field = fmt.Sprintf("%s (%s)", field, c.ID)
	if c.Kind != KindChoice {
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
	if c.Min > c.Max || c.Max < 1 || c.Max > uint64(n) {
		return fmt.Errorf("%s: min %d and max %d, want 0 ≤ min ≤ max ≤ %d options and max ≥ 1", field, c.Min, c.Max, n)
	}
	return c.Decision.Check(field+".decision", n)
}

// Selection turns the selected options into the 0/1 vector that a ballot encrypts. The number of options selected must be
// between Min and Max; selected holds indexes of options, each at most once, in any order.
func (c *Contest) Selection(selected []int) ([]uint64, error) {
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
