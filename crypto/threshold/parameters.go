package threshold

import (
	"errors"
	"fmt"

	"mandate/crypto/transcript"
)

// MaxTrustees is the largest number of trustees.
const MaxTrustees = 32

// Parameters say which attempt at which key this is. Everything that a
// trustee proves or encrypts during key generation is bound to all of them.
type Parameters struct {
	// Context identifies the vote: SPEC.md §9.7's ctx0.
	Context [32]byte
	// Attempt counts from 1. Nothing secret is ever used in two attempts.
	Attempt uint64
	// N is the number of trustees, at most MaxTrustees; they have the
	// indices 1 to N.
	N int
	// T is how many of them it takes to decrypt, 1 to N.
	T int
}

// Check reports whether 1 ≤ T ≤ N ≤ MaxTrustees and Attempt ≥ 1.
func (p Parameters) Check() error {
	switch {
	case p.N < 1 || p.N > MaxTrustees:
		return fmt.Errorf("threshold: %d trustees, want 1 to %d", p.N, MaxTrustees)
	case p.T < 1 || p.T > p.N:
		return fmt.Errorf("threshold: threshold %d of %d trustees", p.T, p.N)
	case p.Attempt == 0:
		return errors.New("threshold: attempts count from 1")
	}
	return nil
}

// checkIndex reports whether i is a trustee's index. Index 0 is where the
// secret itself stands on the polynomial, so it must never be one.
func (p Parameters) checkIndex(what string, i int) error {
	if i < 1 || i > p.N {
		return fmt.Errorf("threshold: %s %d, want 1 to %d", what, i, p.N)
	}
	return nil
}

// begin starts a transcript with what every message of key generation is
// bound to.
func (p Parameters) begin(label string) *transcript.Transcript {
	t := transcript.New(label)
	t.AppendBytes("ctx", p.Context[:])
	t.AppendUint64("attempt", p.Attempt)
	return t
}
