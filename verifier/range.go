package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// A Range names records of a log whose size need not be known yet. The zero value is the whole log.
type Range struct {
	From, To uint64 // from the first to the one before To; To 0 is the end
	I, N     uint64 // or, if N is not 0, the I-th of N ranges of the same length, from 1
}

// on returns the range on a log of a size.
func (r Range) on(size uint64) (from, to uint64, err error) {
	from, to = r.From, cmp.Or(r.To, size)
	if r.N > 0 {
		if r.I < 1 || r.I > r.N || r.N > MaxParts {
			return 0, 0, fmt.Errorf("range %d/%d: want 1/1 to %d/%d", r.I, r.N, MaxParts, MaxParts)
		}
		if r.N > size {
			return 0, 0, fmt.Errorf("range %d/%d: the log has %d records", r.I, r.N, size)
		}
		at := func(i uint64) uint64 { return size/r.N*i + min(i, size%r.N) }
		from, to = at(r.I-1), at(r.I)
	}
	if from >= to || to > size {
		return 0, 0, fmt.Errorf("range %d:%d: the log has %d records", from, to, size)
	}
	return from, to, nil
}

// errEnd ends reading at the end of a range.
var errEnd = errors.New("the end of the range")

// VerifyRange checks the ballots of a range of a log by themselves (SPEC.md §12): what takes nearly all of a verification's time. It reads the log from its
// start to the end of the range, each record checked to be in the tree, for the keys of the votes that are open there; it keeps no ballots.
// Whether the source is whole and the vote is right is for Merge to say.
//
// An error of the source is the one that Verify reports.
func VerifyRange(ctx context.Context, src boardlog.Source, which Range, progress func(Progress)) (*Part, error) {
	head, err := readHead(ctx, src)
	if err != nil {
		return nil, err
	}
	p := &Part{Format: partFormat, Program: program(), Origin: head.Origin(), Size: head.Size(), Root: record.ID(head.Root())}
	if p.From, p.To, err = which.on(p.Size); err != nil {
		return nil, err
	}
	r := &ranger{part: p, state: fold.NewAlone()}
	err = boardlog.Read(ctx, src, head, 0, func(index uint64, raw []byte) error {
		if index >= p.To {
			return errEnd
		}
		if r.window = append(r.window, raw); len(r.window) < window {
			return nil
		}
		if progress != nil {
			defer func() { progress(Progress{Ballots: p.Ballots(), Records: r.state.Size(), Total: p.To}) }()
		}
		return r.flush()
	})
	if err != nil && !errors.Is(err, errEnd) {
		return nil, err
	}
	if err := r.flush(); err != nil {
		return nil, err
	}
	return p, nil
}

// ranger is a range under way.
type ranger struct {
	part   *Part
	state  *fold.State
	window [][]byte
}

// flush goes on by the records of the window.
func (r *ranger) flush() error {
	start := r.state.Size()
	ps := r.state.Decode(r.window)
	r.window = nil
	var ballots []*fold.Prepared // to be checked
	var indices []uint64
	for i, p := range ps {
		index := start + uint64(i)
		rec := p.Record()
		if rec == nil {
			r.state.Apply(p)
			continue
		}
		switch rec.Body.(type) {
		case *record.Ballot:
			if ctx, open := r.state.Opening(rec.Scope); open && index >= r.part.From {
				ballots, indices = append(ballots, p), append(indices, index)
				r.part.vote(ctx).Ballots++
			}
			r.state.Skip(p)
		case *record.Check, *record.CheckFault:
			r.state.Skip(p)
		case *record.Opening:
			_, before := r.state.Opening(rec.Scope)
			r.state.Apply(p)
			if ctx, open := r.state.Opening(rec.Scope); open && !before {
				if len(r.part.Votes) == MaxPartVotes {
					return fmt.Errorf("more than %d votes on the log are open", MaxPartVotes)
				}
				r.part.Votes = append(r.part.Votes, PartVote{Context: ctx, Opening: index})
			}
		default:
			r.state.Apply(p)
		}
	}
	r.state.Check(ballots)
	for i, p := range ballots {
		if _, holds, _ := p.Alone(); holds {
			continue
		}
		if len(r.part.Void) == MaxPartVoid {
			return fmt.Errorf("more than %d ballots of the range do not hold; take smaller ranges", MaxPartVoid)
		}
		r.part.Void = append(r.part.Void, indices[i])
	}
	return nil
}
