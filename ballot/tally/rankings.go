package tally

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/ranking"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// Rankings are the opened ballots of a ranked contest: each different ranking with how often it was given, sorted. They are in no order that
// says anything about who gave them, or about the mix; of spoiled ballots there is only the number (SPEC.md §11.4).
type Rankings struct {
	// Ballots are in the order of count.CompareRankings, the blank ones included. They must not be changed.
	Ballots []count.Ballot
	// Expressed, Blank and Spoiled add up to the counted ballots.
	Expressed, Blank, Spoiled uint64
}

// Counts returns what the contest's result has as counts.
func (r *Rankings) Counts() []uint64 { return []uint64{r.Expressed, r.Blank, r.Spoiled} }

// open decrypts and decodes every ranking.
func (m *Mixing) open() (*Rankings, error) {
	list, err := m.list.ciphertexts()
	if err != nil {
		return nil, err
	}
	given := make(map[int][]group.Element, len(m.shares))
	for i, s := range m.shares {
		given[i] = s.of
	}
	ds, err := threshold.Combine(m.p.Threshold, len(list), given)
	if err != nil {
		return nil, fmt.Errorf("contest %d: %w", m.p.Contest, err)
	}
	k := m.width()
	found := make([]tallied, blocks(m.items))
	forBlocks(m.items, func(block, lo, hi int) {
		t := tallied{rankings: make(map[string]uint64)}
		elements := make([]group.Element, k)
		for i := lo; i < hi; i++ {
			for j := range elements {
				elements[j] = list[i*k+j].B.Sub(ds[i*k+j])
			}
			t.add(m.p.Encoding, elements)
		}
		found[block] = t
	})
	all := tallied{rankings: make(map[string]uint64)}
	for _, t := range found {
		if t.err != nil {
			return nil, fmt.Errorf("contest %d: %w", m.p.Contest, t.err)
		}
		all.spoiled += t.spoiled
		for key, n := range t.rankings {
			all.rankings[key] += n
		}
	}
	return all.sorted(), nil
}

// tallied are rankings by how often they occur. A ranking's key has a byte for each rank.
type tallied struct {
	rankings map[string]uint64
	spoiled  uint64
	err      error
}

func (t *tallied) add(e *ranking.Encoding, elements []group.Element) {
	ranks, err := e.Decode(elements)
	switch {
	case errors.Is(err, ranking.ErrSpoiled):
		t.spoiled++
		return
	case err != nil:
		t.err = err
		return
	}
	key := make([]byte, len(ranks))
	for i, c := range ranks {
		key[i] = byte(c) // there are at most 128 candidates
	}
	t.rankings[string(key)]++
}

func (t *tallied) sorted() *Rankings {
	r := &Rankings{Spoiled: t.spoiled}
	for key, n := range t.rankings {
		if key == "" {
			r.Blank += n
		} else {
			r.Expressed += n
		}
		ranks := make([]int, len(key))
		for i := range ranks {
			ranks[i] = int(key[i])
		}
		r.Ballots = append(r.Ballots, count.Ballot{Count: n, Ranking: count.Strict(ranks...)})
	}
	slices.SortFunc(r.Ballots, func(a, b count.Ballot) int { return count.CompareRankings(a.Ranking, b.Ranking) })
	return r
}

// Election returns what there is to count in a ranked contest, with titles and names in a language, or another if the contest lacks it.
func (r *Rankings) Election(c *contest.Contest, lang string) *count.Election {
	e := &count.Election{Title: c.Title.In(lang), Seats: int(c.Ranking.Seats), Ballots: r.Ballots, Spoiled: r.Spoiled}
	for _, o := range c.Options {
		e.Candidates = append(e.Candidates, count.Candidate{Name: o.Title.In(lang)})
	}
	for _, rule := range c.Ranking.Rules {
		var members []int
		for j, o := range c.Options {
			if slices.Contains(o.Groups, rule.Group) {
				members = append(members, j)
			}
		}
		if rule.Min > 0 {
			e.Rules = append(e.Rules, count.Rule{Bound: count.AtLeast, N: int(rule.Min), Group: rule.Group, Members: members})
		}
		if rule.Max < c.Ranking.Seats {
			e.Rules = append(e.Rules, count.Rule{Bound: count.AtMost, N: int(rule.Max), Group: rule.Group, Members: members})
		}
	}
	return e
}

// Count counts contest i, from 0, by its method, with ties broken by the vote's lots.
func (r *Rankings) Count(c *contest.Contest, i int, seed Seed, lang string) (*count.Result, error) {
	return count.Count(r.Election(c, lang), count.Method(c.Ranking.Method), seed.Lot(uint64(i)))
}

// Lot returns the lots of a ranked contest, whose draws are numbered from 1.
func (s Seed) Lot(contest uint64) count.Lot { return seedLot{s, contest} }

type seedLot struct {
	seed    Seed
	contest uint64
}

func (l seedLot) Source() string {
	return fmt.Sprintf("contest %d of the lots with the seed %s, which the trustees made together after the ballot box was sealed", l.contest, l.seed)
}

func (l seedLot) Draw(number int, candidates []int) ([]count.Ticket, error) {
	options := make([]uint64, len(candidates))
	for i, c := range candidates {
		options[i] = uint64(c)
	}
	tickets := make([]count.Ticket, len(candidates))
	for i, o := range l.seed.Draw(l.contest, uint64(number), options) {
		t := l.seed.ticket(l.contest, uint64(number), o)
		tickets[i] = count.Ticket{Candidate: int(o), Derivation: hex.EncodeToString(t[:])}
	}
	return tickets, nil
}
