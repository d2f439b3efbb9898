package simulate

import (
	"crypto/rand"
	"maps"

	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// Close waits for the time and closes the vote.
func (v *Vote) Close() {
	v.Org.tb.Helper()
	v.Org.Reach(v.State().Manifest.Closes)
	v.Org.Post(v.Officer(&record.Closing{By: 1}))
}

// Promised makes the record in which the board (author 0) or a relay lists ballots it has promised.
func (v *Vote) Promised(author, part int, last bool, ballots ...record.ID) *record.Record {
	v.Org.tb.Helper()
	b := &record.Promises{Author: uint64(author), Part: uint64(part), Last: last}
	for _, id := range ballots {
		b.Ballots = append(b.Ballots, id[:]...)
	}
	key := v.Org.Board
	if author > 0 {
		key = v.Relays[author-1]
	}
	return v.Org.Sign(v.ID, b, key)
}

// Promises has the board and every relay end their lists of promised ballots: the first relay lists these, the others none.
func (v *Vote) Promises(ballots ...record.ID) {
	v.Org.tb.Helper()
	if len(ballots) > 0 && len(v.Relays) == 0 {
		v.Org.tb.Fatal("simulate: a vote without relays has nobody to list promised ballots")
	}
	v.Org.Post(v.Promised(0, 0, true))
	for i := range v.Relays {
		v.Org.Post(v.Promised(i+1, 0, true, ballots...))
		ballots = nil
	}
}

// Seal seals the ballot box.
func (v *Vote) Seal() {
	v.Org.tb.Helper()
	v.Org.Post(v.Org.Sign(v.ID, &record.Seal{}, v.Org.Board))
}

// InputBody returns what trustee i, from 1, signs as the input of the tally.
func (v *Vote) InputBody(i int) *record.Input {
	v.Org.tb.Helper()
	s := v.State()
	return &record.Input{Trustee: uint64(i), Size: s.Sealed + 1, Root: s.SealRoot, Checkpoint: string(v.Org.Checkpoint())}
}

// Inputs has trustees, from 1, sign the input of the tally.
func (v *Vote) Inputs(trustees ...int) {
	v.Org.tb.Helper()
	for _, i := range trustees {
		v.Org.Post(v.By(i, v.InputBody(i)))
	}
}

// SharesBody returns trustee i's shares of a contest.
func (v *Vote) SharesBody(i, contest int) *record.Shares {
	v.Org.tb.Helper()
	b, err := tally.MakeShares(v.State().Context(v.Org.Genesis), contest, v.Share(i), v.State().Sums(), rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return b
}

// LotsBody returns trustee i's share of the lots.
func (v *Vote) LotsBody(i int) *record.Lots {
	v.Org.tb.Helper()
	b, err := tally.MakeLots(v.State().Context(v.Org.Genesis), v.State().SealRoot, v.Share(i), rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return b
}

// MixBodies returns what trustee i, from 1, posts of a stage or of the decryption of a ranked contest, whosever turn it is. It is the same each
// time, as long as the stage is not complete.
func (v *Vote) MixBodies(i, contest int) []record.Body {
	v.Org.tb.Helper()
	t, m := &v.Trustees[i-1], v.State().Mixing(contest)
	if m == nil {
		v.Org.tb.Fatalf("simulate: contest %d is not mixed", contest)
	}
	w := t.Mixers[contest]
	if w == nil {
		var err error
		if w, err = tally.NewMixer(m, i); err != nil {
			v.Org.tb.Fatalf("simulate: %v", err)
		}
	}
	bodies, next, err := w.Next(m, v.Share(i), true, rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	t.Mixers = maps.Clone(t.Mixers)
	if t.Mixers == nil {
		t.Mixers = make(map[int]*tally.Mixer)
	}
	t.Mixers[contest] = next
	return bodies
}

// Mix has trustees, from 1, shuffle every ranked contest, one after the other.
func (v *Vote) Mix(trustees ...int) {
	v.Org.tb.Helper()
	for _, i := range trustees {
		for contest := range v.Manifest.Contests {
			if v.State().Mixing(contest) != nil {
				v.MixContest(i, contest)
			}
		}
	}
}

// MixContest has a trustee, from 1, shuffle one contest or, when the stages are complete, decrypt it.
func (v *Vote) MixContest(i, contest int) {
	v.Org.tb.Helper()
	for _, body := range v.MixBodies(i, contest) {
		v.Org.Post(v.By(i, body))
	}
}

// Shares has trustees, from 1, post their shares of all contests, or their decryptions of those that are ranked, and their shares of the lots if a
// contest breaks ties by lot.
func (v *Vote) Shares(trustees ...int) {
	v.Org.tb.Helper()
	for _, i := range trustees {
		for contest := range v.Manifest.Contests {
			if v.State().Mixing(contest) != nil {
				v.MixContest(i, contest)
				continue
			}
			v.Org.Post(v.By(i, v.SharesBody(i, contest)))
		}
		if v.State().NeedsLots() {
			v.Org.Post(v.By(i, v.LotsBody(i)))
		}
	}
}

// ResultBody computes the result.
func (v *Vote) ResultBody() *record.Result {
	v.Org.tb.Helper()
	b, err := v.Org.State.MakeResult(v.State(), 1)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return b
}

// Result certifies the result and returns it.
func (v *Vote) Result() *record.Result {
	v.Org.tb.Helper()
	b := v.ResultBody()
	v.Org.Post(v.Officer(b))
	return b
}

// Finish closes an open vote, seals it, and has the first trustees that suffice tally it.
func (v *Vote) Finish() *record.Result {
	v.Org.tb.Helper()
	v.Close()
	v.Promises()
	v.Seal()
	return v.Tally()
}

// Tally has the first trustees that suffice tally a sealed vote.
func (v *Vote) Tally() *record.Result {
	v.Org.tb.Helper()
	for i := range v.Manifest.Quorum {
		v.Inputs(int(i) + 1)
	}
	if v.State().Counted() > 0 {
		for i := range v.Manifest.Mixes {
			v.Mix(int(i) + 1)
		}
		for i := range v.Manifest.Threshold {
			v.Shares(int(i) + 1)
		}
	}
	return v.Result()
}
