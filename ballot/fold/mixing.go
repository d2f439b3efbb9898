package fold

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/mixnet"
	"mandate/crypto/sigma"
)

// mixKey names the mixing of a ranked contest.
type mixKey struct {
	vote    record.ID
	contest uint64
}

// mixState is what checking the last part of a stage or of a decryption needs. It never changes; the next record brings another.
type mixState struct {
	mixing   *tally.Mixing
	genesis  record.ID
	trustees []sigma.PublicKey
}

// rankedTally is how far the tally of the ranked contests is, by contest; nil for a choice.
type rankedTally struct {
	mixings []*tally.Mixing
	counts  []func() (*count.Result, error) // from when rankings are opened and lots drawn
}

// tallied returns the tally of the ranked contests, an empty one before the inputs suffice.
func (v *Vote) tallied() *rankedTally {
	if t, ok := v.ranked.(*rankedTally); ok {
		return t
	}
	return new(rankedTally)
}

// Mixing returns the mixing of a contest (from 0) and the decryption of what comes out. It is nil for a choice, before q trustees have signed
// the sealed input, and where no ballot was counted. It is immutable; every record of the mixing gives another.
func (v *Vote) Mixing(contest int) *tally.Mixing {
	mixings := v.tallied().mixings
	if contest < 0 || contest >= len(mixings) {
		return nil
	}
	return mixings[contest]
}

// errNotRanked says that a contest has no rankings.
var errNotRanked = errors.New("the contest is not ranked, or no ballot was counted")

// Rankings returns the opened rankings of a contest (from 0), once t trustees have decrypted them. It takes a while the first time.
func (v *Vote) Rankings(contest int) (*tally.Rankings, error) {
	m := v.Mixing(contest)
	if m == nil {
		return nil, errNotRanked
	}
	return m.Rankings()
}

// Count returns the count of a ranked contest (from 0) with all its stages, once its rankings are opened and t trustees have given their shares
// of the lots. Titles and names are English if there are such. It takes a while the first time.
func (v *Vote) Count(contest int) (*count.Result, error) {
	m := v.Mixing(contest)
	switch {
	case m == nil:
		return nil, errNotRanked
	case v.tallied().counts[contest] != nil:
		return v.tallied().counts[contest]()
	case !m.Opened():
		_, err := m.Rankings()
		return nil, err
	}
	return nil, errNoSeed
}

// checkMixable refuses a vote with more voters than can be mixed, before they vote.
func checkMixable(b *record.Vote, roll uint64) error {
	if b.Ranked() && roll > mixnet.MaxItems {
		return fmt.Errorf("contests: the roll has %d entries, and at most %d ballots of a ranked contest can be shuffled", roll, mixnet.MaxItems)
	}
	return nil
}

// startMixing begins the mixing of every ranked contest: the inputs of the tally suffice now.
func (s *State) startMixing(v *Vote) {
	if v.Counted() == 0 || !v.Manifest.Ranked() {
		return
	}
	contests := v.Manifest.Contests
	v.ranked = &rankedTally{make([]*tally.Mixing, len(contests)), make([]func() (*count.Result, error), len(contests))}
	for i := range contests {
		if contests[i].Kind != contest.KindRanked {
			continue
		}
		encoding, err := contests[i].Encoding()
		if err != nil { // the manifest was checked
			continue
		}
		m, err := tally.NewMixing(tally.MixingParameters{
			Context: v.Context(s.genesisID), Vote: v.ID, Contest: uint64(i), Root: v.SealRoot, Key: v.Key, Trustees: v.Ceremony.TrusteeKeys(),
			Threshold: int(v.Manifest.Threshold), Mixes: int(v.Manifest.Mixes), Encoding: encoding, Inputs: v.box.inputs(i),
		})
		if err == nil { // there are ballots, all of the form
			s.setMixing(v, uint64(i), m)
		}
	}
}

// setMixing puts a mixing in the place of the one before.
func (s *State) setMixing(v *Vote, contest uint64, m *tally.Mixing) {
	v.tallied().mixings[contest] = m
	s.mixing.Store(mixKey{v.ID, contest}, &mixState{m, s.genesisID, v.trustees})
}

// endMixing gives back the memory of a vote's mixings when nothing can follow.
func (s *State) endMixing(v *Vote) {
	mixings := v.tallied().mixings
	for i, m := range mixings {
		if m != nil {
			mixings[i] = m.Closed()
			s.mixing.Delete(mixKey{v.ID, uint64(i)})
		}
	}
}

// prepareCounts sees which contests can be counted now. They are counted when somebody asks.
func (s *State) prepareCounts(v *Vote) {
	t := int(v.Manifest.Threshold)
	if len(v.lots) < t {
		return
	}
	counts := v.tallied().counts
	for i, m := range v.tallied().mixings {
		if m == nil || !m.Opened() || counts[i] != nil {
			continue
		}
		ctx, lots, c := v.Context(s.genesisID), maps.Clone(v.lots), &v.Manifest.Contests[i]
		counts[i] = sync.OnceValues(func() (*count.Result, error) {
			seed, err := tally.DrawSeed(ctx, t, lots)
			if err != nil {
				return nil, err
			}
			rankings, err := m.Rankings()
			if err != nil {
				return nil, err
			}
			return rankings.Count(c, i, seed, "en")
		})
	}
}

// mixPart returns the contest and trustee that a record of mixing or decrypting is of, or false if it is none.
func mixPart(b record.Body) (trustee, contest uint64, ok bool) {
	switch b := b.(type) {
	case *record.Mix:
		return b.Trustee, b.Contest, true
	case *record.Decryption:
		return b.Trustee, b.Contest, true
	}
	return 0, 0, false
}

// checkMixing verifies the stage or decryption that a record completes, unless it was not signed by its author, or its turn has not come.
func (s *State) checkMixing(p *Prepared) {
	trustee, contest, ok := mixPart(p.rec.Body)
	if !ok || p.mixed != nil {
		return
	}
	state, ok := s.mixing.Load(mixKey{p.rec.Scope, contest})
	if !ok {
		return
	}
	m := state.(*mixState)
	if trustee < 1 || trustee > uint64(len(m.trustees)) || !m.mixing.Completes(p.rec.Body) || p.rec.VerifySignature(m.genesis, m.trustees[trustee-1]) != nil {
		return
	}
	p.mixed = m.mixing.Check(p.rec.Body)
}

// judgeMixing judges a part of a stage or of a decryption (SPEC.md §9.10).
func (s *State) judgeMixing(p *Prepared, v *Vote, trustee, of uint64) verdict {
	r, contests := p.rec, v.Manifest.Contests
	if bad := s.by(r, "trustee", trustee, v.trustees); bad != nil {
		return *bad
	}
	switch {
	case v.Phase != Sealed:
		return void("phase", "%s: the vote is %v", r.Kind(), v.Phase)
	case uint64(len(v.inputs)) < v.Manifest.Quorum:
		return void("input-quorum", "%d trustees have signed the input, %d must have", len(v.inputs), v.Manifest.Quorum)
	case v.Counted() == 0:
		return void("empty", "no ballot was counted, so there is nothing to mix")
	case of >= uint64(len(contests)) || contests[of].Kind != contest.KindRanked:
		return void("form", "contest: %d is no ranked contest of the vote", of)
	}
	m := v.Mixing(int(of))
	if m == nil { // its ballots are no list, which cannot be
		return void("form", "contest: %d cannot be mixed", of)
	}
	code, checked, err := m.Judge(r.Body, p.mixed)
	if checked != nil {
		p.mixed = checked
	}
	if err != nil {
		refused := void(code, "%s: %w", r.Kind(), err)
		if errors.As(err, new(*tally.BarredError)) {
			refused.commit = func() { s.setMixing(v, of, m.Bar(r.Body)) }
		}
		return refused
	}
	return accept(func() {
		s.setMixing(v, of, m.Commit(r.Body, checked))
		s.prepareCounts(v)
	})
}

// Tallied returns nil if everything that a result needs is on the log, and else what is missing.
func (v *Vote) Tallied() error {
	if _, err := v.checkTallied(); err != nil {
		return err
	}
	if v.Counted() > 0 && v.NeedsLots() && uint64(len(v.lots)) < v.Manifest.Threshold {
		return errNoSeed
	}
	return nil
}

// checkTallied returns why the contests cannot be counted yet, and the code of a result that is certified all the same.
func (v *Vote) checkTallied() (code string, err error) {
	if v.Phase != Sealed {
		return "phase", fmt.Errorf("the vote is %v", v.Phase)
	}
	if uint64(len(v.inputs)) < v.Manifest.Quorum {
		return "result-input", fmt.Errorf("%d trustees have signed the input, %d must have", len(v.inputs), v.Manifest.Quorum)
	}
	if v.Counted() == 0 {
		return "", nil
	}
	for i := range v.Manifest.Contests {
		c := &v.Manifest.Contests[i]
		if c.Kind == contest.KindRanked {
			if code, err := v.checkMixed(i); err != nil {
				return code, err
			}
		} else if n := len(v.SharesOf(i)); uint64(n) < v.Manifest.Threshold {
			return "result-shares", fmt.Errorf("contest %s: shares of %d trustees, %d are needed", c.ID, n, v.Manifest.Threshold)
		}
	}
	return "", nil
}

// checkMixed returns why a ranked contest cannot have a result yet: the code of the record that certifies it all the same, and the reason.
func (v *Vote) checkMixed(i int) (code string, err error) {
	m, id := v.Mixing(i), v.Manifest.Contests[i].ID
	if !m.Mixed() {
		return "result-mixes", fmt.Errorf("contest %s: %d of %d trustees have shuffled the ballots", id, len(m.Mixers()), m.Stages())
	}
	if !m.Opened() {
		return "result-shares", fmt.Errorf("contest %s: %d trustees have decrypted the ballots, %d must have", id, len(m.Decrypted()), v.Manifest.Threshold)
	}
	return "", nil
}

// rankedCounts returns what the result of a ranked contest has as counts: ballots expressed, blank and spoiled.
func (v *Vote) rankedCounts(i int) ([]uint64, error) {
	if v.Counted() == 0 {
		return make([]uint64, 3), nil
	}
	r, err := v.Rankings(i)
	if err != nil {
		return nil, err
	}
	return r.Counts(), nil
}

// decideRanked applies the rule of ranked contest i (SPEC.md §11.5).
func (v *Vote) decideRanked(i int) (outcome string, winners []uint64, err error) {
	d := &v.Manifest.Contests[i].Ranking
	if v.Counted() > 0 && v.tallied().counts[i] == nil {
		return "", nil, errNoSeed
	}
	if !d.Quorate(v.Counted(), v.Round.Roll.Announce.Count) {
		return contest.OutcomeNoQuorum, nil, nil
	}
	if v.Counted() == 0 {
		return contest.OutcomeFailed, nil, nil
	}
	counted, err := v.Count(i)
	if err != nil {
		return "", nil, err
	}
	for _, c := range counted.Elected {
		winners = append(winners, uint64(c))
	}
	if len(winners) == 0 {
		return contest.OutcomeFailed, nil, nil
	}
	return contest.OutcomeElected, winners, nil
}
