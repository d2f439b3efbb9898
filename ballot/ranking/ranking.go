package ranking

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
)

// MaxCandidates is the largest number of candidates.
const MaxCandidates = 128

// ErrSpoiled: elements are not the encoding of a ranking.
var ErrSpoiled = errors.New("not the encoding of a ranking")

// An Encoding says how rankings of a contest are encoded. It is immutable and safe for concurrent use.
type Encoding struct {
	candidates, depth, elements int
	// shorter[l] is the number of rankings with fewer than l ranks, for l = 0 … depth + 1.
	shorter []words
}

// New returns the encoding of rankings of at most depth among the given number of candidates.
func New(candidates, depth int) (*Encoding, error) {
	if candidates < 1 || candidates > MaxCandidates {
		return nil, fmt.Errorf("ranking of %d candidates, want 1 to %d", candidates, MaxCandidates)
	}
	if depth < 1 || depth > candidates {
		return nil, fmt.Errorf("ranking of %d ranks, want 1 to %d", depth, candidates)
	}
	// Numbers are below Σ_{l ≤ depth} C!/(C−l)!.
	count, of := new(big.Int), big.NewInt(1)
	for l := range depth + 1 {
		count.Add(count, of)
		of.Mul(of, big.NewInt(int64(candidates-l)))
	}
	largest := new(big.Int).Sub(count, big.NewInt(1))
	e := &Encoding{candidates: candidates, depth: depth, elements: (largest.BitLen() + 8*chunkSize - 1) / (8 * chunkSize)}
	sum, of1 := newWords(e.elements), newWords(e.elements)
	of1[0] = 1
	for l := range depth + 2 {
		e.shorter = append(e.shorter, sum.clone())
		sum.add(of1)
		if l < depth {
			of1.mulAdd(uint64(candidates-l), 0)
		}
	}
	return e, nil
}

// Candidates returns the number of candidates.
func (e *Encoding) Candidates() int { return e.candidates }

// Depth returns the largest number of ranks.
func (e *Encoding) Depth() int { return e.depth }

// Elements returns the number of group elements of a ranking.
func (e *Encoding) Elements() int { return e.elements }

// Count returns the number of different rankings. Where it is much larger than the number of voters, an agreed ranking can serve
// as a mark (Di Cosmo 2007): the report says so.
func (e *Encoding) Count() *big.Int { return e.shorter[e.depth+1].big() }

// Number returns the number of a ranking, from 0 for the empty one.
//
// A ranking a_1, …, a_L has the number Σ_{l<L} C!/(C−l)! + ((d_1·(C−1) + d_2)·(C−2) + d_3)·…, where d_j is a_j less the number of
// candidates before it that are smaller: a place among those not yet ranked.
func (e *Encoding) Number(ranking []int) (*big.Int, error) {
	n, err := e.number(ranking)
	if err != nil {
		return nil, err
	}
	return n.big(), nil
}

// number takes time that depends on candidates and depth, but for copying the ranking, and for a ranking that is refused.
func (e *Encoding) number(ranking []int) (words, error) {
	if len(ranking) > e.depth {
		return nil, fmt.Errorf("ranking has %d ranks, of which there are %d", len(ranking), e.depth)
	}
	// Ranks that are not used hold candidate 0, and do not count.
	a := make([]int, e.depth)
	for j, c := range ranking {
		if c < 0 || c >= e.candidates {
			return nil, errors.New("ranking has a candidate who does not stand")
		}
		a[j] = c
	}
	n := newWords(e.elements)
	twice := 0
	for j := range a {
		used := subtle.ConstantTimeLessOrEq(j+1, len(ranking))
		digit := a[j]
		for i := range j {
			digit -= subtle.ConstantTimeLessOrEq(a[i]+1, a[j])
			twice |= used & subtle.ConstantTimeEq(int32(a[i]), int32(a[j]))
		}
		next := n.clone()
		next.mulAdd(uint64(e.candidates-j), uint64(digit))
		n.selectWords(used, next, n)
	}
	if twice == 1 {
		return nil, errors.New("ranking has a candidate twice")
	}
	offset := newWords(e.elements)
	for l := range e.depth + 1 {
		offset.selectWords(subtle.ConstantTimeEq(int32(l), int32(len(ranking))), e.shorter[l], offset)
	}
	n.add(offset)
	return n, nil
}

// Ranking returns the ranking with a number below [Encoding.Count], and ErrSpoiled for any other number.
func (e *Encoding) Ranking(number *big.Int) ([]int, error) {
	if number.Sign() < 0 || number.BitLen() > 8*chunkSize*e.elements {
		return nil, fmt.Errorf("%w: the number is out of range", ErrSpoiled)
	}
	return e.ranking(wordsOf(number.FillBytes(make([]byte, chunkSize*e.elements)), e.elements))
}

func (e *Encoding) ranking(n words) ([]int, error) {
	if !n.less(e.shorter[e.depth+1]) {
		return nil, fmt.Errorf("%w: the number is out of range", ErrSpoiled)
	}
	length := 0
	for !n.less(e.shorter[length+1]) {
		length++
	}
	n = n.clone()
	n.sub(e.shorter[length])
	digits := make([]int, length)
	for j := length - 1; j >= 0; j-- {
		digits[j] = int(n.divMod(uint64(e.candidates - j)))
	}
	left := make([]int, e.candidates)
	for i := range left {
		left[i] = i
	}
	ranking := make([]int, length)
	for j, d := range digits {
		ranking[j] = left[d]
		left = append(left[:d], left[d+1:]...)
	}
	return ranking, nil
}
