package tally

import (
	"fmt"

	"mandate/crypto/elgamal"
)

// Votes are the ciphertexts of one ballot, decoded and proved.
type Votes interface {
	// Contest returns the ciphertexts of contest i, from 0, one per option.
	Contest(i int) []elgamal.Ciphertext
}

// Sums are, for each option of each contest, the product of the ciphertexts
// of all counted ballots (SPEC.md §11.2). They are not safe for concurrent use
// with Add and Sub.
type Sums struct {
	contests [][]elgamal.Ciphertext
}

// NewSums returns the sums of no ballot, which are all the identity, for
// contests of so many options.
func NewSums(options []int) *Sums {
	s := &Sums{contests: make([][]elgamal.Ciphertext, len(options))}
	for i, n := range options {
		s.contests[i] = make([]elgamal.Ciphertext, n)
	}
	return s
}

// Add adds a ballot that is counted from now on. The ballot must have been
// accepted, so that it has the form of the sums; any other is a programming
// error and panics.
func (s *Sums) Add(v Votes) { s.update(v, elgamal.Ciphertext.Add) }

// Sub takes away a ballot that was added and is not counted any more.
func (s *Sums) Sub(v Votes) { s.update(v, elgamal.Ciphertext.Sub) }

func (s *Sums) update(v Votes, op func(a, b elgamal.Ciphertext) elgamal.Ciphertext) {
	for i, sum := range s.contests {
		cs := v.Contest(i)
		if len(cs) != len(sum) {
			panic(fmt.Sprintf("tally: ballot with %d options in contest %d, which has %d", len(cs), i, len(sum)))
		}
		for j := range sum {
			sum[j] = op(sum[j], cs[j])
		}
	}
}

// Contests returns the number of contests.
func (s *Sums) Contests() int { return len(s.contests) }

// Contest returns the sums of contest i, from 0, one per option. It is the
// caller's.
func (s *Sums) Contest(i int) []elgamal.Ciphertext {
	out := make([]elgamal.Ciphertext, len(s.contests[i]))
	for j, c := range s.contests[i] {
		out[j] = c.Encoded()
	}
	return out
}

// Decode decodes the ciphertexts of one ballot as they stand in its record,
// per contest and option A ‖ B (SPEC.md §10.2), for sums of this form.
func (s *Sums) Decode(contests [][]byte) (Votes, error) {
	if len(contests) != len(s.contests) {
		return nil, fmt.Errorf("contests: %d, want %d", len(contests), len(s.contests))
	}
	votes := make(wireVotes, len(contests))
	for i, b := range contests {
		n := len(s.contests[i])
		if len(b) != n*elgamal.Size {
			return nil, fmt.Errorf("contests[%d]: %d bytes, want %d for %d options", i, len(b), n*elgamal.Size, n)
		}
		for j := range n {
			c, err := elgamal.Decode(b[j*elgamal.Size : (j+1)*elgamal.Size])
			if err != nil {
				return nil, fmt.Errorf("contests[%d], option %d: %w", i, j, err)
			}
			votes[i] = append(votes[i], c)
		}
	}
	return votes, nil
}

type wireVotes [][]elgamal.Ciphertext

func (v wireVotes) Contest(i int) []elgamal.Ciphertext { return v[i] }
