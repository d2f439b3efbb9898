//go:build !voting

package tally

import "mandate/crypto/threshold"

// NewCeremony returns key generation at its beginning: attempt 1, nothing
// posted.
func NewCeremony(p CeremonyParameters) *Ceremony {
	return newCeremony(p, opened)
}

func opened(p threshold.Parameters, c threshold.Complaint) (fault, other int, err error) {
	fault, err = p.Adjudicate(c)
	return fault, 0, err
}
