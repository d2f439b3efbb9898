package fold

import (
	"errors"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// NeedsLots reports whether a contest of the vote breaks ties by lot, so that its trustees give shares of a seed.
func (v *Vote) NeedsLots() bool {
	return slices.ContainsFunc(v.Manifest.Contests, func(c contest.Contest) bool { return c.Decision.Lots })
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
	return accept(func() { v.lots[int(b.Trustee)] = b })
}

// errNoSeed says that a tie is to be broken and too few trustees have given their share of the lots.
var errNoSeed = errors.New("a tie is to be broken by lot, and too few trustees have given their shares of it")

// decide applies the rule of contest i to its counts, and breaks a tie by lot if the rule says so (SPEC.md §11.5, §11.6).
func (s *State) decide(v *Vote, i int, counts []uint64) (outcome string, winners []uint64, err error) {
	d := &v.Manifest.Contests[i].Decision
	outcome, winners = d.Decide(counts, v.Counted(), v.Round.Roll.Announce.Count)
	if outcome != contest.OutcomeTied || !d.Lots {
		return outcome, winners, nil
	}
	if uint64(len(v.lots)) < v.Manifest.Threshold {
		return "", nil, errNoSeed
	}
	seed, err := tally.DrawSeed(v.Context(s.genesisID), int(v.Manifest.Threshold), v.lots)
	if err != nil {
		return "", nil, err
	}
	drawn := seed.Draw(uint64(i), 0, d.Level(counts))
	winners = append(winners, drawn[:d.Seats-uint64(len(winners))]...)
	slices.Sort(winners)
	return contest.OutcomeElected, winners, nil
}
