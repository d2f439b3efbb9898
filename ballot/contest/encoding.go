package contest

import (
	"errors"
	"fmt"

	"mandate/ballot/canonical"
	"mandate/ballot/text"
)

// The two shapes of SPEC.md §8.3's contest.

type encodedChoice struct {
	_        struct{} `cbor:",toarray"`
	ID       string
	Kind     string
	Title    text.Texts
	Options  []Option
	Min, Max uint64
	Shuffled bool
	Decision Decision
}

type encodedRanked struct {
	_        struct{} `cbor:",toarray"`
	ID       string
	Kind     string
	Title    text.Texts
	Options  []Option
	Depth    uint64
	Shuffled bool
	Ranking  RankingDecision
}

// MarshalCBOR returns the contest in its kind's shape. It is an error if the kind is not known, or a field is set that the kind has not.
func (c Contest) MarshalCBOR() ([]byte, error) {
	switch c.Kind {
	case KindChoice:
		if c.Depth != 0 || !c.Ranking.isZero() {
			return nil, fmt.Errorf("contest %s: a choice has neither depth nor ranking", c.ID)
		}
		return canonical.Encode(encodedChoice{ID: c.ID, Kind: c.Kind, Title: c.Title, Options: c.Options, Min: c.Min, Max: c.Max, Shuffled: c.Shuffled, Decision: c.Decision})
	case KindRanked:
		if c.Min != 0 || c.Max != 0 || !c.Decision.isZero() {
			return nil, fmt.Errorf("contest %s: a ranked contest has neither min, max nor counts to decide by", c.ID)
		}
		return canonical.Encode(encodedRanked{ID: c.ID, Kind: c.Kind, Title: c.Title, Options: c.Options, Depth: c.Depth, Shuffled: c.Shuffled, Ranking: c.Ranking})
	}
	return nil, fmt.Errorf("contest %s: kind: %q is not known", c.ID, c.Kind)
}

// UnmarshalCBOR reads what MarshalCBOR returns, and refuses everything else.
func (c *Contest) UnmarshalCBOR(b []byte) error {
	var fields []canonical.Raw
	if err := decode(b, &fields); err != nil {
		return err
	}
	if len(fields) < 2 {
		return errors.New("contest: has no kind")
	}
	var kind string
	if err := decode(fields[1], &kind); err != nil {
		return fmt.Errorf("contest: kind: %w", err)
	}
	switch kind {
	case KindChoice:
		var e encodedChoice
		if err := decode(b, &e); err != nil {
			return fmt.Errorf("contest: %w", err)
		}
		*c = Contest{ID: e.ID, Kind: e.Kind, Title: e.Title, Options: e.Options, Shuffled: e.Shuffled, Min: e.Min, Max: e.Max, Decision: e.Decision}
	case KindRanked:
		var e encodedRanked
		if err := decode(b, &e); err != nil {
			return fmt.Errorf("contest: %w", err)
		}
		*c = Contest{ID: e.ID, Kind: e.Kind, Title: e.Title, Options: e.Options, Shuffled: e.Shuffled, Depth: e.Depth, Ranking: e.Ranking}
	default:
		return fmt.Errorf("contest: kind: %q is not known", kind)
	}
	return nil
}

func decode(b []byte, v any) error {
	rest, err := canonical.Decode(b, len(b), v)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the end", len(rest))
	}
	return err
}
