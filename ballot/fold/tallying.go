package fold

import (
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

func (s *State) judgeInput(r *record.Record, v *Vote, b *record.Input) verdict {
	if bad := s.by(r, "trustee", b.Trustee, v.trustees); bad != nil {
		return *bad
	}
	if v.Phase != Sealed {
		return void("phase", "input: the vote is %v", v.Phase)
	}
	if v.inputs[b.Trustee] {
		return void("dup", "trustee %d has signed the input already", b.Trustee)
	}
	if b.Size != v.Sealed+1 || b.Root != v.SealRoot {
		return void("input-root", "trustee %d signed another input: size %d root %s, the log has size %d root %s",
			b.Trustee, b.Size, b.Root.Short(), v.Sealed+1, v.SealRoot.Short())
	}
	if err := s.checkCheckpoint(b.Checkpoint, b.Size, v.Manifest.Witnesses); err != nil {
		return void("input-checkpoint", "trustee %d: %w", b.Trustee, err)
	}
	return accept(func() {
		if v.inputs[b.Trustee] = true; uint64(len(v.inputs)) == v.Manifest.Quorum {
			s.startMixing(v)
		}
	})
}

func (s *State) judgeShares(r *record.Record, v *Vote, b *record.Shares) verdict {
	if bad := s.by(r, "trustee", b.Trustee, v.trustees); bad != nil {
		return *bad
	}
	switch {
	case v.Phase != Sealed:
		return void("phase", "shares: the vote is %v", v.Phase)
	case uint64(len(v.inputs)) < v.Manifest.Quorum:
		return void("input-quorum", "%d trustees have signed the input, %d must have", len(v.inputs), v.Manifest.Quorum)
	case v.Counted() == 0:
		return void("empty", "no ballot was counted, so there is nothing to open")
	case b.Contest >= uint64(len(v.Manifest.Contests)) || v.Manifest.Contests[b.Contest].Kind != contest.KindChoice:
		return void("form", "contest: %d is no contest of the vote whose ballots are summed up", b.Contest)
	}
	key := shareKey{b.Trustee, b.Contest}
	if v.shares[key] != nil {
		return void("dup", "trustee %d has given its share of contest %d already", b.Trustee, b.Contest)
	}
	y := v.Ceremony.TrusteeKeys()[b.Trustee-1]
	if err := tally.CheckShares(v.Context(s.genesisID), v.box.sums, y, b); err != nil {
		return void("share", "trustee %d, contest %d: %w", b.Trustee, b.Contest, err)
	}
	return accept(func() { v.shares[key] = b })
}

// SharesOf returns the accepted shares of a contest by trustee.
func (v *Vote) SharesOf(contest int) map[int]*record.Shares {
	out := make(map[int]*record.Shares)
	for k, b := range v.shares {
		if k.contest == uint64(contest) {
			out[int(k.trustee)] = b
		}
	}
	return out
}

func (s *State) judgeResult(r *record.Record, v *Vote, b *record.Result) verdict {
	if bad := s.resultDue(r, v, b); bad != nil {
		return *bad
	}
	if code, err := v.checkTallied(); err != nil {
		return fatal(v.ID, code, "%w", err)
	}
	roll, counted := v.Round.Roll.Announce.Count, v.Counted()
	if b.Roll != roll || b.Counted != counted || len(b.Contests) != len(v.Manifest.Contests) {
		return fatal(v.ID, "result-count", "result: %d ballots of %d members in %d contests; the log has %d of %d in %d",
			b.Counted, b.Roll, len(b.Contests), counted, roll, len(v.Manifest.Contests))
	}
	for i, got := range b.Contests {
		if err := s.checkCounts(v, i, got.Counts); err != nil {
			return fatal(v.ID, "result-count", "contest %s: %w", v.Manifest.Contests[i].ID, err)
		}
	}
	for i, got := range b.Contests {
		c := &v.Manifest.Contests[i]
		outcome, winners, err := s.decide(v, i, got.Counts)
		switch {
		case errors.Is(err, errNoSeed):
			return fatal(v.ID, "result-lots", "contest %s: %w", c.ID, err)
		case err != nil: // rules that this program cannot search (SPEC.md §14.11)
			return fatal(v.ID, "result-outcome", "contest %s: %w", c.ID, err)
		}
		if got.Outcome != outcome || !slices.Equal(got.Winners, winners) {
			return fatal(v.ID, "result-outcome", "contest %s: %s %v is claimed, the counts give %s %v", c.ID, got.Outcome, got.Winners, outcome, winners)
		}
	}
	return accept(func() { s.certify(v, b) })
}

// resultDue checks that the commission has signed a result, and that it is time for one.
func (s *State) resultDue(r *record.Record, v *Vote, b *record.Result) *verdict {
	if bad := s.officer(r, b.By); bad != nil {
		return bad
	}
	if v.Phase != Sealed {
		bad := void("phase", "result: the vote is %v", v.Phase)
		return &bad
	}
	return nil
}

// certify makes a result the vote's.
func (s *State) certify(v *Vote, b *record.Result) {
	v.Phase, v.Result, v.Times.Certified = Certified, b, s.now
	s.settle(v)
}

// settle notes that a sealed vote needs the log's roots and its ballots no longer.
func (s *State) settle(v *Vote) {
	s.judges.settle(s, v)
	if s.live--; s.live == 0 {
		clear(s.roots)
	}
}

func (s *State) checkCounts(v *Vote, i int, counts []uint64) error {
	if v.Manifest.Contests[i].Kind == contest.KindRanked {
		want, err := v.rankedCounts(i)
		if err == nil && !slices.Equal(counts, want) {
			err = fmt.Errorf("%d ballots expressed, blank and spoiled; the log has %d", counts, want)
		}
		return err
	}
	if v.Counted() == 0 {
		return tally.CheckEmpty(len(v.Manifest.Contests[i].Options), counts)
	}
	return tally.CheckCounts(int(v.Manifest.Threshold), v.box.sums, i, v.SharesOf(i), v.Counted(), counts)
}

// MakeResult computes the result of a sealed vote from what is on the log. It fails if inputs or shares are missing.
func (s *State) MakeResult(v *Vote, by uint64) (*record.Result, error) {
	if v.Phase != Sealed {
		return nil, fmt.Errorf("result: the vote is %v", v.Phase)
	}
	if n := uint64(len(v.inputs)); n < v.Manifest.Quorum {
		return nil, fmt.Errorf("result: %d trustees have signed the input, %d must have", n, v.Manifest.Quorum)
	}
	res := &record.Result{By: by, Roll: v.Round.Roll.Announce.Count, Counted: v.Counted()}
	for i := range v.Manifest.Contests {
		c := &v.Manifest.Contests[i]
		var counts []uint64
		var err error
		switch {
		case c.Kind == contest.KindRanked:
			if counts, err = v.rankedCounts(i); err != nil {
				return nil, fmt.Errorf("contest %s: %w", c.ID, err)
			}
		case v.Counted() == 0:
			counts = make([]uint64, len(c.Options))
		default:
			if counts, err = tally.Open(int(v.Manifest.Threshold), v.box.sums, i, v.SharesOf(i), v.Counted()); err != nil {
				return nil, err
			}
		}
		outcome, winners, err := s.decide(v, i, counts)
		if err != nil {
			return nil, fmt.Errorf("contest %s: %w", c.ID, err)
		}
		res.Contests = append(res.Contests, record.ContestResult{Counts: counts, Outcome: outcome, Winners: winners})
	}
	return res, nil
}
