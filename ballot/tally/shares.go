package tally

import (
	"errors"
	"fmt"
	"io"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

// sharesTranscript begins S of SPEC.md §11.3; package threshold appends the
// trustee and the ciphertexts.
func sharesTranscript(ctx [32]byte, contest uint64) *transcript.Transcript {
	t := transcript.New("mandate/v1 shares")
	t.AppendBytes("ctx", ctx[:])
	t.AppendUint64("contest", contest)
	return t
}

// MakeShares returns a trustee's shares of the decryption of a contest's sums,
// with their proof (SPEC.md §11.3). ctx is the open vote's. The sums must be
// those that the trustee has itself computed from a log that it has verified
// and signed as sealed: this function decrypts whatever it is given.
func MakeShares(ctx [32]byte, contest int, s *threshold.SecretShare, sums *Sums, rand io.Reader) (*record.Shares, error) {
	if contest < 0 || contest >= sums.Contests() {
		return nil, fmt.Errorf("contest: %d, the vote has %d", contest, sums.Contests())
	}
	shares, proof, err := s.PartialDecrypt(sharesTranscript(ctx, uint64(contest)), sums.Contest(contest), rand)
	if err != nil {
		return nil, fmt.Errorf("shares of contest %d: %w", contest, err)
	}
	return &record.Shares{Trustee: uint64(s.Index()), Contest: uint64(contest), Shares: encodeElements(shares), Proof: proof}, nil
}

// CheckShares returns nil if the shares are what the trustee with public key y
// must give for the sums (SPEC.md §11.3). y is the ceremony's for the trustee
// that the body names, who must have signed it.
func CheckShares(ctx [32]byte, sums *Sums, y group.Element, b *record.Shares) error {
	cs, shares, err := decodeShares(sums, b)
	if err != nil {
		return err
	}
	return threshold.VerifyPartial(sharesTranscript(ctx, b.Contest), int(b.Trustee), y, cs, shares, b.Proof)
}

func decodeShares(sums *Sums, b *record.Shares) ([]elgamal.Ciphertext, []group.Element, error) {
	if b.Contest >= uint64(sums.Contests()) {
		return nil, nil, fmt.Errorf("contest: %d, the vote has %d", b.Contest, sums.Contests())
	}
	if b.Trustee < 1 || b.Trustee > threshold.MaxTrustees {
		return nil, nil, fmt.Errorf("trustee: %d, want 1 to %d", b.Trustee, threshold.MaxTrustees)
	}
	cs := sums.Contest(int(b.Contest))
	if len(b.Shares) != len(cs)*group.ElementSize {
		return nil, nil, fmt.Errorf("shares: %d bytes, want %d for %d options", len(b.Shares), len(cs)*group.ElementSize, len(cs))
	}
	shares, err := record.Elements(b.Shares)
	if err != nil {
		return nil, nil, fmt.Errorf("shares: %w", err)
	}
	return cs, shares, nil
}

// Open finds the counts of a contest from accepted shares by trustee, of which
// there must be t or more (SPEC.md §11.4). counted is the number of counted
// ballots, at least 1, and bounds every count.
func Open(t int, sums *Sums, contest int, shares map[int]*record.Shares, counted uint64) ([]uint64, error) {
	cs, ds, err := combine(t, sums, contest, shares)
	if err != nil {
		return nil, err
	}
	counts := make([]uint64, len(cs))
	for j := range cs {
		if counts[j], err = threshold.VarTimeFindCount(cs[j], ds[j], counted); err != nil {
			return nil, fmt.Errorf("contest %d, option %d: %w", contest, j, err)
		}
	}
	return counts, nil
}

// CheckCounts returns nil if the counts are those that the sums hold (SPEC.md
// §11.4). It searches nothing: a count is claimed, and right or wrong.
func CheckCounts(t int, sums *Sums, contest int, shares map[int]*record.Shares, counted uint64, counts []uint64) error {
	cs, ds, err := combine(t, sums, contest, shares)
	if err != nil {
		return err
	}
	if len(counts) != len(cs) {
		return fmt.Errorf("contest %d: %d counts for %d options", contest, len(counts), len(cs))
	}
	for j := range cs {
		if err := threshold.VarTimeCheckCount(cs[j], ds[j], counts[j], counted); err != nil {
			return fmt.Errorf("contest %d, option %d: %w", contest, j, err)
		}
	}
	return nil
}

// CheckEmpty returns nil if the counts are those of a contest in which no
// ballot was counted: there are no shares then, and nothing to decrypt.
func CheckEmpty(options int, counts []uint64) error {
	if len(counts) != options {
		return fmt.Errorf("%d counts for %d options", len(counts), options)
	}
	for j, n := range counts {
		if n != 0 {
			return fmt.Errorf("option %d: count %d, but no ballot was counted", j, n)
		}
	}
	return nil
}

func combine(t int, sums *Sums, contest int, shares map[int]*record.Shares) ([]elgamal.Ciphertext, []group.Element, error) {
	if contest < 0 || contest >= sums.Contests() {
		return nil, nil, fmt.Errorf("contest: %d, the vote has %d", contest, sums.Contests())
	}
	decoded := make(map[int][]group.Element, len(shares))
	var cs []elgamal.Ciphertext
	for i, b := range shares {
		if b == nil || b.Trustee != uint64(i) || b.Contest != uint64(contest) {
			return nil, nil, errors.New("shares are of another trustee or contest")
		}
		var err error
		if cs, decoded[i], err = decodeShares(sums, b); err != nil {
			return nil, nil, fmt.Errorf("trustee %d: %w", i, err)
		}
	}
	ds, err := threshold.Combine(t, len(sums.contests[contest]), decoded)
	if err != nil {
		return nil, nil, fmt.Errorf("contest %d: %w", contest, err)
	}
	return cs, ds, nil
}

// encodeElements concatenates encodings.
func encodeElements(es []group.Element) []byte {
	b := make([]byte, 0, len(es)*group.ElementSize)
	for _, e := range es {
		b = e.Append(b)
	}
	return b
}
