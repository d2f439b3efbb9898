package elgamal

import (
	"errors"
	"fmt"
	"math"

	"mandate/crypto/group"
)

// MaxLog is the largest bound for [VarTimeLog]: at it the search takes
// seconds and 50 MB.
const MaxLog = 1 << 36

// ErrNoLog: the element is not T·g for any T within the bound.
var ErrNoLog = errors.New("no logarithm within the bound")

// VarTimeLog returns the T ≤ max with T·g = target, or [ErrNoLog]. It tries
// about 2√max elements, baby steps and giant steps (Shanks 1971), and checks
// T·g = target before it returns. It finds what a sum says; a verifier who is
// told T needs no search and only checks the equation.
//
// The bound must not exceed [MaxLog].
func VarTimeLog(target group.Element, max uint64) (uint64, error) {
	if max > MaxLog {
		return 0, fmt.Errorf("searching a logarithm: bound %d is above %d", max, uint64(MaxLog))
	}
	// T = giant·steps + baby with baby < steps.
	steps := uint64(math.Sqrt(float64(max))) + 1
	babies := make(map[[group.ElementSize]byte]uint64, steps)
	g := group.Generator()
	var e group.Element
	for i := range steps {
		babies[e.Encoding()] = i
		e = e.Add(g)
	}
	// e is now steps·g.
	rest := target
	for giant := uint64(0); giant*steps <= max; giant++ {
		if baby, ok := babies[rest.Encoding()]; ok {
			T := giant*steps + baby
			if T > max {
				break
			}
			if !group.BaseMul(group.ScalarFromUint64(T)).Equal(target) {
				return 0, errors.New("searching a logarithm: internal error: T·g is not the target")
			}
			return T, nil
		}
		rest = rest.Sub(e)
	}
	return 0, fmt.Errorf("searching a logarithm up to %d: %w", max, ErrNoLog)
}
