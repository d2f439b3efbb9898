package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"time"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/transcript"
)

// mostShuffled is how many ballots are shuffled at most: the time grows with their number, the rate does not.
const mostShuffled = 100_000

// Shuffling is what one stage of a mix costs: of ballots of one ciphertext, as a ranked contest of up to 54 candidates has them.
type Shuffling struct {
	Items               int     `json:"shuffle_ballots"`
	GeneratorsPerSecond float64 `json:"shuffle_generators_per_second"` // once for all stages of a mix
	ProvePerSecond      float64 `json:"shuffle_prove_per_second"`      // shuffled and proved
	ProveCPU            float64 `json:"shuffle_prove_cpu_seconds_per_ballot"`
	VerifyPerSecond     float64 `json:"shuffle_verify_per_second"` // decoded and verified
	VerifyCPU           float64 `json:"shuffle_verify_cpu_seconds_per_ballot"`
}

// shuffle shuffles ballots once, with proof, and verifies that.
func shuffle(ctx context.Context, n int) (*Shuffling, error) {
	s := &Shuffling{Items: min(max(n, 2), mostShuffled)}
	secret, err := group.RandomScalar(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := elgamal.NewKey(group.BaseMul(secret))
	if err != nil {
		return nil, err
	}
	ballots := make([]elgamal.Ciphertext, s.Items)
	err = each(ctx, runtime.GOMAXPROCS(0), len(ballots), func(i int) error {
		r, err := group.RandomScalar(rand.Reader)
		if err != nil {
			return err
		}
		c, err := key.EncryptInteger(uint64(i), r)
		ballots[i] = c.Encoded()
		return err
	})
	if err != nil {
		return nil, err
	}
	w := startWatch(s.Items)
	m, err := mixnet.NewMix(transcript.New("mandate bench generators"), key.Element(), s.Items, 1)
	if err != nil {
		return nil, err
	}
	s.GeneratorsPerSecond, _ = w.stop()
	proof := transcript.New("mandate bench shuffle")
	w = startWatch(s.Items)
	stage, err := m.Shuffle(proof.Clone(), ballots, rand.Reader)
	if err != nil {
		return nil, err
	}
	s.ProvePerSecond, s.ProveCPU = w.stop()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wire := stage.Bytes()
	w = startWatch(s.Items)
	if stage, err = m.DecodeStage(wire); err != nil {
		return nil, fmt.Errorf("decoding a stage: %w", err)
	}
	if err := m.Verify(proof.Clone(), ballots, stage, rand.Reader); err != nil {
		return nil, fmt.Errorf("verifying a stage: %w", err)
	}
	s.VerifyPerSecond, s.VerifyCPU = w.stop()
	return s, nil
}

// watch times something that is done once.
type watch struct {
	items  int
	began  time.Time
	before time.Duration
}

func startWatch(items int) watch {
	runtime.GC() // of what was before
	return watch{items, time.Now(), processorTime()}
}

// stop returns how many items a second were done, and the processor time of one in seconds, all cores added up.
func (w watch) stop() (perSecond, cpu float64) {
	took := time.Since(w.began)
	return float64(w.items) / took.Seconds(), processorSeconds(processorTime()-w.before, took) / float64(w.items)
}
