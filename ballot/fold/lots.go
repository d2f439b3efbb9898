package fold

import (
	"errors"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// NeedsLots reports whether a contest of the vote breaks ties by lot, as every ranked contest does, so that its trustees give shares of a seed.
func (v *Vote) NeedsLots() bool {
	return slices.ContainsFunc(v.Manifest.Contests, func(c contest.Contest) bool { return c.Decision.Lots || c.Kind == contest.KindRanked })
}

// LotsGiven returns how many trustees have given their share of the seed.
func (v *Vote) LotsGiven() int { return len(v.lots) }

// Lots returns trustee i's (from 1) share of the seed, nil if it is not there.
func (v *Vote) Lots(i int) *record.Lots { return v.lots[i] }

func (s *State) judgeLots(r *record.Record, v *Vote, b *record.Lots) verdict {
	if bad := s.by(r, "trustee", b.Trustee, v.trustees); bad != nil {
		return *bad
	}
	switch {
	case v.Phase != Sealed:
		return void("phase", "lots: the vote is %v", v.Phase)
	case uint64(len(v.inputs)) < v.Manifest.Quorum:
		return void("input-quorum", "%d trustees have signed the input, %d must have", len(v.inputs), v.Manifest.Quorum)
	case !v.NeedsLots():
		return void("form", "no contest of the vote breaks ties by lot")
	case v.lots[int(b.Trustee)] != nil:
		return void("dup", "trustee %d has given its share of the lots already", b.Trustee)
	}
	y := v.Ceremony.TrusteeKeys()[b.Trustee-1]
	if err := tally.CheckLots(v.Context(s.genesisID), v.SealRoot, y, b); err != nil {
		return void("share", "trustee %d: %w", b.Trustee, err)
	}
	return accept(func() {
		v.lots[int(b.Trustee)] = b
		s.prepareCounts(v)
	})
}

// errNoSeed says that a tie is to be broken and too few trustees have given their share of the lots.
var errNoSeed = errors.New("ties are broken by lot, and too few trustees have given their shares of the lots")

// Seed returns the seed of a vote's lots, once t trustees have given their shares of it.
func (s *State) Seed(v *Vote) (tally.Seed, error) {
	if uint64(len(v.lots)) < v.Manifest.Threshold {
		return tally.Seed{}, errNoSeed
	}
	return tally.DrawSeed(v.Context(s.genesisID), int(v.Manifest.Threshold), v.lots)
}

// decide applies the rule of contest i to its counts, and breaks a tie by lot if the rule says so (SPEC.md §11.5, §11.6).
func (s *State) decide(v *Vote, i int, counts []uint64) (outcome string, winners []uint64, err error) {
	if v.Manifest.Contests[i].Kind == contest.KindRanked {
		return v.decideRanked(i)
	}
	d := &v.Manifest.Contests[i].Decision
	outcome, winners = d.Decide(counts, v.Counted(), v.Round.Roll.Announce.Count)
	if outcome != contest.OutcomeTied || !d.Lots {
		return outcome, winners, nil
	}
	seed, err := s.Seed(v)
	if err != nil {
		return "", nil, err
	}
	drawn := seed.Draw(uint64(i), 0, d.Level(counts))
	winners = append(winners, drawn[:d.Seats-uint64(len(winners))]...)
	slices.Sort(winners)
	return contest.OutcomeElected, winners, nil
}
