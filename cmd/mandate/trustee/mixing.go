package trustee

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/cmd/mandate/party"
	"mandate/crypto/threshold"
)

// A trustee whose turn it is has this long, and more for more ballots, to begin the next stage, or to go on with it, before the next one steps
// in, and then the one after that. A stage that two have made is work for nothing and does no harm.
const (
	patience          = time.Minute
	patiencePerBallot = time.Millisecond
)

// contestKey names a ranked contest of a vote.
type contestKey struct {
	vote    record.ID
	contest int
}

// A pause is since when nothing has happened in the mixing of a contest. It is forgotten when the program ends.
type pause struct {
	stages, parts int
	since         time.Time
}

// mix does what this trustee owes the ranked contests: a stage of the mix when its turn has come, or the others were silent for long, and its
// decryption of what comes out of the last one.
func (t *Trustee) mix(ctx context.Context, v *fold.Vote, i int) (posted bool, err error) {
	var errs []error
	for c := range v.Manifest.Contests {
		m := v.Mixing(c)
		if m == nil {
			continue
		}
		eager := t.outOfPatience(contestKey{v.ID, c}, m, i)
		begun, _ := m.Parts(i)
		if !(m.MayMix(i) && (eager || begun > 0 || m.Turn() == i)) && !m.MayDecrypt(i) {
			continue
		}
		did, err := t.mixContest(ctx, v, m, i, c, eager)
		posted = posted || did
		if err != nil {
			errs = append(errs, err)
		}
	}
	return posted, errors.Join(errs...)
}

func (t *Trustee) mixContest(ctx context.Context, v *fold.Vote, m *tally.Mixing, i, c int, eager bool) (posted bool, err error) {
	side, err := t.loadMixer(v, m, i, c)
	if err != nil {
		return false, err
	}
	var share *threshold.SecretShare
	if m.Mixed() {
		keys, err := t.load(v, i)
		if err != nil {
			return false, err
		}
		if share, err = keys.Share(v.Ceremony); err != nil {
			return false, err
		}
	}
	started := t.now()
	bodies, next, err := side.Next(m, share, eager, rand.Reader)
	if err != nil || len(bodies) == 0 {
		return false, err
	}
	if next != side {
		t.log.Info("computed", "kind", bodies[0].Kind(), "vote", v.ID.Short(), "contest", c, "parts", len(bodies), "time", t.now().Sub(started).Round(time.Millisecond))
		if err := t.storeMixer(v.ID, c, next); err != nil {
			return false, err
		}
	}
	n, err := party.PostAll(ctx, t.board, v.ID, bodies, t.key)
	if n > 0 {
		t.log.Info("posted", "kind", bodies[0].Kind(), "vote", v.ID.Short(), "contest", c, "parts", n)
	}
	// Another has made the stage meanwhile, or the result is there, or a part stands on the log that is in no checkpoint yet: the next look
	// at the log tells.
	if slices.Contains([]string{"dup", "phase"}, party.RefusalCode(err)) {
		t.log.Info("not needed", "kind", bodies[0].Kind(), "vote", v.ID.Short(), "contest", c, "parts", len(bodies)-n)
		err = nil
	}
	return n > 0, err
}

// outOfPatience reports whether those before trustee i have let so much time pass that it steps in.
func (t *Trustee) outOfPatience(key contestKey, m *tally.Mixing, i int) bool {
	now := pause{stages: len(m.Mixers()), since: t.now()}
	n := len(t.board.State().Vote(key.vote).Trustees())
	for j := 1; j <= n; j++ {
		posted, _ := m.Parts(j)
		now.parts += posted
	}
	last, ok := t.pauses[key]
	if !ok || last.stages != now.stages || last.parts != now.parts {
		t.pauses[key] = now
		return false
	}
	if !m.MayMix(i) {
		return false
	}
	before := 0 // trustees who should step in earlier
	for j := m.Turn(); j != i; j = j%n + 1 {
		if m.MayMix(j) {
			before++
		}
	}
	each := patience + time.Duration(m.Items())*patiencePerBallot
	return before > 0 && now.since.Sub(last.since) >= time.Duration(before)*each
}

// mixerName names what a trustee has done to the ballots of a contest, of which there is one, whatever the key.
func mixerName(vote record.ID, contest int) string {
	return fmt.Sprintf("mixer-%s-%d", vote, contest)
}

func (t *Trustee) loadMixer(v *fold.Vote, m *tally.Mixing, i, c int) (*tally.Mixer, error) {
	b, err := t.vault.Read(mixerName(v.ID, c))
	if errors.Is(err, fs.ErrNotExist) {
		return tally.NewMixer(m, i)
	}
	if err != nil {
		return nil, err
	}
	return tally.ParseMixer(b)
}

func (t *Trustee) storeMixer(vote record.ID, c int, w *tally.Mixer) error {
	b, err := w.Encode()
	if err != nil {
		return err
	}
	return t.vault.Write(mixerName(vote, c), b)
}

// tidy drops the stages that are kept of a vote that is over: they stand on the log, or nothing can come of them any more. What the trustee
// has worked on stays known.
func (t *Trustee) tidy(v *fold.Vote) error {
	if t.tidied[v.ID] || !v.Manifest.Ranked() {
		return nil
	}
	for c := range v.Manifest.Contests {
		if v.Manifest.Contests[c].Kind != contest.KindRanked {
			continue
		}
		b, err := t.vault.Read(mixerName(v.ID, c))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		w, err := tally.ParseMixer(b)
		if err != nil {
			return err
		}
		if rest := w.WithoutStage(); rest != w {
			if err := t.storeMixer(v.ID, c, rest); err != nil {
				return err
			}
		}
	}
	t.tidied[v.ID] = true
	return nil
}
