package verifier

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// Again is how many ballots there are to each one that Merge checks again, unless the options say otherwise.
const Again = 1000

// A Merged says that the proofs and signatures of ballots were checked elsewhere.
type Merged struct {
	Parts   int    `json:"parts"`
	Ballots uint64 `json:"ballots"` // that were taken from parts
	Again   uint64 `json:"again"`   // of which the parts said something, and that were checked again
}

// A PartError says that parts are not of this log, do not cover it, or say what is not so. No verdict can be made of them.
type PartError struct{ Err error }

func (e *PartError) Error() string { return e.Err.Error() }
func (e *PartError) Unwrap() error { return e.Err }

// merging is a verification with parts.
type merging struct {
	parts   []*Part
	opened  map[record.ID]uint64   // by a vote's context, the index of its opening
	ballots []map[record.ID]uint64 // by part and context, how many it must have checked
	again   uint64
	seed    maphash.Seed // of what is checked again, which no maker of parts can know
	merged  Merged
	err     error // the first contradiction
}

// Merge is Verify, with the proofs and signatures of ballots taken from parts that cover the log: it reads the whole source, checks the tree
// and judges every record by all rules, and makes the same report, but for Report.Merged.
//
// It trusts the parts for one thing: that the ballots which they do not name as void hold by themselves. So each must come from a machine and a program that the caller would
// believe a whole verification; files say nothing of their makers. What they name as void is checked again, and so is one in o.Again of the
// others, at random: a ballot that turns out otherwise, or a number that does not fit, ends it with a *PartError.
func Merge(ctx context.Context, src boardlog.Source, parts []*Part, o Options) (*Report, error) {
	parts, err := orderParts(parts)
	if err != nil {
		return nil, &PartError{err}
	}
	a := newAudit(o)
	a.merging = &merging{
		parts: parts, opened: make(map[record.ID]uint64), ballots: make([]map[record.ID]uint64, len(parts)), again: cmp.Or(o.Again, Again),
		seed: maphash.MakeSeed(), merged: Merged{Parts: len(parts)},
	}
	for i := range parts {
		a.merging.ballots[i] = make(map[record.ID]uint64)
	}
	err = a.read(ctx, src)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		a.merging.finish()
	}
	if a.merging.err != nil {
		return nil, &PartError{a.merging.err}
	}
	a.conclude(err)
	a.report.Merged = &a.merging.merged
	return a.report, nil
}

// begin checks that the parts are of the log.
func (m *merging) begin(head boardlog.SignedCheckpoint) error {
	p := m.parts[0]
	switch {
	case p.Origin != head.Origin():
		m.err = fmt.Errorf("the parts are of the log %s, the source is %s", p.Origin, head.Origin())
	case p.Size != head.Size() || p.Root != record.ID(head.Root()):
		m.err = fmt.Errorf("the parts are of %d records with root %s, the source has %d with root %x", p.Size, p.Root, head.Size(), head.Root())
	}
	return m.err
}

// of returns the number of the part with a record.
func (m *merging) of(index uint64) int {
	low, high := 0, len(m.parts)-1
	for low < high {
		if mid := (low + high) / 2; index < m.parts[mid].To {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// takes reports whether it is taken from a part that the ballot with an index holds by itself.
func (m *merging) takes(index uint64, ctx [32]byte) bool {
	p := m.parts[m.of(index)]
	return p.covers(index, ctx) && !p.isVoid(index) && !m.chosen(index)
}

// chosen reports whether a ballot is checked again.
func (m *merging) chosen(index uint64) bool { return maphash.Comparable(m.seed, index)%m.again == 0 }

// prepare is the fold's Prepare for records from an index on.
func (a *audit) prepare(from uint64, raws [][]byte) []*fold.Prepared {
	if a.merging == nil {
		return a.state.Prepare(raws)
	}
	ps := a.state.Decode(raws)
	a.check(from, ps)
	return ps
}

// check is the fold's Check for records from an index on.
func (a *audit) check(from uint64, ps []*fold.Prepared) {
	if a.merging != nil {
		a.state.Take(ps, func(i int, ctx [32]byte) bool { return a.merging.takes(from+uint64(i), ctx) })
	}
	a.state.Check(ps)
}

// compare compares the next record, about to be applied, with what its part says.
func (m *merging) compare(s *fold.State, index uint64, p *fold.Prepared) {
	rec := p.Record()
	if rec == nil || rec.Kind() != "ballot" {
		return
	}
	ctx, open := s.Opening(rec.Scope)
	n := m.of(index)
	part := m.parts[n]
	if !open || !part.covers(index, ctx) {
		return // it was checked here, if that was called for
	}
	m.ballots[n][ctx]++
	_, holds, checked := p.Alone()
	void := part.isVoid(index)
	switch {
	case !checked:
		m.fail("record %d, ballot %s: was not checked", index, p.ID())
	case holds && void:
		m.fail("%v says of record %d, ballot %s, that it does not hold, and it does", part, index, p.ID())
	case !holds && !void:
		m.fail("%v says of record %d, ballot %s, that it holds, and it does not", part, index, p.ID())
	}
	if void || m.chosen(index) {
		m.merged.Again++
	} else {
		m.merged.Ballots++
	}
}

// open notes that a vote has opened with the last record of the state.
func (m *merging) open(s *fold.State, vote record.ID) {
	if ctx, ok := s.Opening(vote); ok {
		m.opened[ctx] = s.Size() - 1
	}
}

// finish compares the numbers when all records were read: of the votes that parts have opened where they open. (A part takes a result for
// right, so that of a log with a wrong one it may know a vote that has never opened.)
func (m *merging) finish() {
	for i, p := range m.parts {
		for _, v := range p.Votes {
			at, open := m.opened[v.Context]
			if n := m.ballots[i][v.Context]; open && at == v.Opening && n != v.Ballots {
				m.fail("%v says that it has checked %d ballots of the vote opened by record %d, there are %d", p, v.Ballots, at, n)
			}
		}
	}
}

func (m *merging) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}
