package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
)

const (
	// sampleSize is how many ballots are checked again beside their bare operations.
	sampleSize = 4096
	// batch is how many ballots make one sum, as in the check.
	batch = 1024
	// realCards is how many cards are issued with keys like real ones.
	realCards = 128
)

// sample is some ballots of the vote, and what they are checked with.
type sample struct {
	context cast.Context
	form    *cast.Form
	asked   contest.Contest
	ballots []*record.Record
}

// measure checks the ballots by themselves, without log and fold, and then does no more than the mathematics of it.
func (s *sample) measure(ctx context.Context, r *Report) error {
	n := len(s.ballots)
	var failed error
	cpu, wall := cost(ctx, n, func() {
		_, faults := s.form.CheckAll(s.context, s.ballots)
		for _, f := range faults {
			if f != nil {
				failed = f
			}
		}
	})
	if failed != nil {
		return fmt.Errorf("checking ballots: %w", failed)
	}
	r.CheckCPU, r.CheckBallotsPerSecond = cpu, 1/wall.Seconds()
	msgs := make([][64]byte, n)
	bodies := make([]*record.Ballot, n)
	for i, b := range s.ballots {
		bodies[i] = b.Body.(*record.Ballot)
		msgs[i] = credential.Message(s.context.Round, s.context.Slot, bodies[i].Key)
	}
	var bad atomic.Bool
	r.BareSignaturesCPU, _ = cost(ctx, n, func() {
		cast.Parallel(n, func(i int) {
			for j, pk := range s.context.Registrars {
				sig := bodies[i].Signatures[j*record.SignatureBytes : (j+1)*record.SignatureBytes]
				if pk.Verify(msgs[i][:], sig[:blind.PrefixSize], sig[blind.PrefixSize:]) != nil {
					bad.Store(true)
				}
			}
		})
	})
	encodings := make([][][32]byte, n)
	for i := range encodings {
		encodings[i] = s.elementsOf(bodies[i], s.ballots[i].Seal())
	}
	r.BarePoints = len(encodings[0])
	weights, err := newWeights(min(n, batch), r.BarePoints, s.firstMoves())
	if err != nil {
		return err
	}
	r.BareProofCPU, _ = cost(ctx, n, func() {
		cast.Parallel((n+batch-1)/batch, func(i int) {
			if sum(encodings[i*batch:min((i+1)*batch, n)], weights) != nil {
				bad.Store(true)
			}
		})
	})
	if bad.Load() {
		return errors.New("a ballot that was counted has a signature that does not verify or an element that does not decode")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	bare := r.BareSignaturesCPU + r.BareProofCPU
	r.CheckOverBare = r.CheckCPU / bare
	r.VerifyOverBare = r.Verification.CPU / float64(r.Ballots) / bare
	return nil
}

// firstMoves is how many first moves a ballot's proof has: one of the credential, two for each of both branches of every option, and two for
// each sum that is allowed; of a ranking one for each element (SPEC.md §10.3).
func (s *sample) firstMoves() int {
	if s.asked.Kind == contest.KindRanked {
		return 1 + s.asked.Width()
	}
	return 1 + 4*len(s.asked.Options) + 2*int(s.asked.Max-s.asked.Min+1)
}

// elementsOf returns the encodings of a ballot's own elements, and then of its proof's first moves.
func (s *sample) elementsOf(b *record.Ballot, proof []byte) [][32]byte {
	out := [][32]byte{b.Key}
	for _, c := range b.Contests {
		for i := 0; i < len(c); i += group.ElementSize {
			out = append(out, [32]byte(c[i:]))
		}
	}
	for i := range s.firstMoves() {
		out = append(out, [32]byte(proof[i*group.ElementSize:]))
	}
	return out
}

// newWeights draws scalars as long as those of a batch of so many ballots: 128 bits for first moves, else the group's whole length.
func newWeights(ballots, elements, firstMoves int) ([]group.Scalar, error) {
	out := make([]group.Scalar, 0, ballots*elements)
	for range ballots {
		for i := range elements {
			if i >= elements-firstMoves {
				var w [16]byte
				rand.Read(w[:]) // never fails
				out = append(out, group.ScalarFrom128(w))
				continue
			}
			s, err := group.RandomScalar(rand.Reader)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// sum decodes all elements and multiplies them as one sum.
func sum(encodings [][][32]byte, weights []group.Scalar) error {
	var points []group.Element
	for _, ballot := range encodings {
		for i := range ballot {
			e, err := group.DecodeElement(ballot[i][:])
			if err != nil {
				return err
			}
			points = append(points, e)
		}
	}
	group.VarTimeMultiMul(weights[:len(points)], points)
	return nil
}

// cost does something for n ballots, again and again for a while, and returns what one of them takes: in seconds of processor time, all cores
// added up, and by the clock.
func cost(ctx context.Context, n int, do func()) (cpu float64, wall time.Duration) {
	runtime.GC()
	began, before := time.Now(), processorTime()
	runs := 0
	for runs == 0 || time.Since(began) < 400*time.Millisecond && ctx.Err() == nil {
		do()
		runs++
	}
	wall = time.Since(began) / time.Duration(runs*n)
	return processorSeconds(processorTime()-before, time.Since(began)) / float64(runs*n), wall
}

// issueCards issues some cards with keys like real ones: the member's requests, every registrar's signature and issue record, and the
// member's checks of them. It returns how many are issued in a second.
func issueCards(ctx context.Context) (perSecond float64, err error) {
	issuers := make([]*credential.Issuer, registrars)
	signers := make([]sigma.SecretKey, registrars)
	public := make([][]*blind.PublicKey, registrars)
	genesis, round := record.ID{1}, record.ID{2} // the cards are for no board
	err = each(ctx, registrars, registrars, func(i int) error {
		key, err := blind.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		if signers[i], err = sigma.GenerateKey(rand.Reader); err != nil {
			return err
		}
		public[i] = []*blind.PublicKey{key.Public()}
		issuers[i], err = credential.NewIssuer(round, uint64(i+1), []*blind.SecretKey{key})
		return err
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = each(ctx, runtime.GOMAXPROCS(0), realCards, func(entry int) error {
		secret := credential.NewSecret()
		answers := make([][]blind.Signature, registrars)
		for i := range answers {
			requests, err := credential.NewRequests(secret, round, uint64(i+1), public[i])
			if err != nil {
				return err
			}
			signed, err := issuers[i].Sign(requests.Bytes())
			if err != nil {
				return err
			}
			issue, err := record.Sign(genesis, round, &record.Issue{Registrar: uint64(i + 1), Entry: uint64(entry)}, signers[i], rand.Reader)
			if err != nil {
				return err
			}
			answer := &credential.Answer{Signatures: signed, Issue: issue.Raw()}
			if answers[i], _, err = requests.Open(genesis, round, uint64(entry), signers[i].Public(), answer); err != nil {
				return err
			}
		}
		_, err := credential.NewCard(secret, round, answers)
		return err
	})
	return realCards / time.Since(began).Seconds(), err
}
