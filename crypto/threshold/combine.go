package threshold

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// ErrIncomplete is returned when fewer than t trustees have given their
// shares: then nothing at all is known.
var ErrIncomplete = errors.New("too few shares")

// Lagrange returns λ_i = Π_{l∈I, l≠i} l/(l−i) for each i of the trustees I, in
// their order: Σ λ_i·f(i) = f(0) for every polynomial of a degree below |I|
// (SPEC.md §11.4). The indices are distinct and 1 to MaxTrustees.
func Lagrange(trustees []int) ([]group.Scalar, error) {
	if len(trustees) == 0 {
		return nil, fmt.Errorf("threshold: no trustees: %w", ErrIncomplete)
	}
	var seen [MaxTrustees + 1]bool
	for _, i := range trustees {
		if i < 1 || i > MaxTrustees {
			return nil, fmt.Errorf("threshold: trustee %d, want 1 to %d", i, MaxTrustees)
		}
		if seen[i] {
			return nil, fmt.Errorf("threshold: trustee %d is there twice", i)
		}
		seen[i] = true
	}
	lambdas := make([]group.Scalar, len(trustees))
	for k, i := range trustees {
		num, den := group.ScalarFromUint64(1), group.ScalarFromUint64(1)
		for _, l := range trustees {
			if l != i {
				num = num.Mul(group.ScalarFromUint64(uint64(l)))
				den = den.Mul(group.ScalarFromInt64(int64(l - i)))
			}
		}
		lambdas[k] = num.Mul(den.Invert())
	}
	return lambdas, nil
}

// Combine returns D_j = Π_{i∈I} M_ij^{λ_i} = A_j^x for each of count
// ciphertexts, from verified shares by trustee of which it uses those of the t
// lowest indices. Every choice of t gives the same. With fewer it returns
// ErrIncomplete.
func Combine(t, count int, shares map[int][]group.Element) ([]group.Element, error) {
	if t < 1 || t > MaxTrustees {
		return nil, fmt.Errorf("threshold: threshold %d, want 1 to %d", t, MaxTrustees)
	}
	if len(shares) < t {
		return nil, fmt.Errorf("threshold: shares of %d trustees, %d are needed: %w", len(shares), t, ErrIncomplete)
	}
	trustees := slices.Sorted(maps.Keys(shares))[:t]
	for _, i := range trustees {
		if len(shares[i]) != count {
			return nil, fmt.Errorf("threshold: trustee %d: %d shares for %d ciphertexts", i, len(shares[i]), count)
		}
	}
	lambdas, err := Lagrange(trustees)
	if err != nil {
		return nil, err
	}
	ds := make([]group.Element, count)
	forBlocks(count, func(lo, hi int) {
		ms := make([]group.Element, t)
		for j := lo; j < hi; j++ {
			for k, i := range trustees {
				ms[k] = shares[i][j]
			}
			ds[j] = group.VarTimeMultiMul(lambdas, ms)
		}
	})
	return ds, nil
}

// ErrCount is returned for a count that a sum does not hold.
var ErrCount = errors.New("the sum does not hold this count")

// VarTimeCheckCount returns nil if T ≤ max and B = g^T · D (SPEC.md §11.4),
// else ErrCount.
func VarTimeCheckCount(c elgamal.Ciphertext, d group.Element, count, max uint64) error {
	if count > max {
		return fmt.Errorf("threshold: count %d of at most %d: %w", count, max, ErrCount)
	}
	if !group.BaseMul(group.ScalarFromUint64(count)).Add(d).Equal(c.B) {
		return fmt.Errorf("threshold: count %d: %w", count, ErrCount)
	}
	return nil
}

// VarTimeFindCount returns the T ≤ max with B = g^T · D, or an error that is
// elgamal.ErrNoLog. It tries about 2√max elements.
func VarTimeFindCount(c elgamal.Ciphertext, d group.Element, max uint64) (uint64, error) {
	count, err := elgamal.VarTimeLog(c.B.Sub(d), max)
	if err != nil {
		return 0, fmt.Errorf("threshold: opening a sum: %w", err)
	}
	return count, nil
}
