package board

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/light"
)

// An Extract says which records of the log somebody needs to know who does not read all of it (SPEC.md §10.8), in ascending order.
type Extract struct {
	Size     uint64 // how many records were durable: those that are needed of them are all here
	Supports uint64 // of an outline of a vote: how many supports its petition has
	Indexes  []uint64
	Final    bool // nothing is ever added to it
}

// extracts has the places of the records that extracts consist of: some bytes for each of them, and none for ballots and for supports that have
// called no vote. It changes with the state, under the same lock.
type extracts struct {
	log    []uint64 // the genesis record, rolls, rounds and manifests
	rolls  map[record.ID]*rollPlaces
	rounds map[record.ID]*roundPlaces
	votes  map[record.ID]*votePlaces
	time   uint64 // of the last time record; 0 before the first
	before uint64 // of the one before it: the last may not be durable yet
}

type rollPlaces struct {
	announce uint64
	parts    []uint64
	removals []uint64
}

type roundPlaces struct {
	roll   record.ID
	own    []uint64 // the round, acceptances, keys, manifests
	issues []uint64
}

type votePlaces struct {
	round  record.ID
	own    []uint64
	signed map[record.Key][]uint64 // checks and reports of them, supports and statements
	called bool
}

func newExtracts() *extracts {
	return &extracts{rolls: make(map[record.ID]*rollPlaces), rounds: make(map[record.ID]*roundPlaces), votes: make(map[record.ID]*votePlaces)}
}

// mark adds a place to a list, with that of the time valid there.
func (x *extracts) mark(list []uint64, index uint64) []uint64 {
	if last := len(list) - 1; x.time > 0 && (last < 0 || list[last] < x.time) {
		list = append(list, x.time)
	}
	return append(list, index)
}

// inOutline are the kinds of records of a vote that its outline has.
var inOutline = map[string]bool{
	"keygen-commit": true, "keygen-package": true, "keygen-shares": true, "keygen-accept": true, "keygen-complaint": true, "keygen-test": true,
	"keygen-restart": true, "trustee-replace": true, "opening": true, "closing": true, "promises": true, "seal": true, "result": true,
	"extend": true, "cancel": true, "annul": true, "call": true, "seed-commit": true, "packet": true, "nomination": true, "acceptance": true,
	"withdrawal": true,
}

// note adds the record that the state has just applied.
func (x *extracts) note(s *fold.State, p *fold.Prepared, index uint64) {
	r := p.Record()
	if r == nil {
		return
	}
	switch b := r.Body.(type) {
	case *record.Genesis:
		x.log = append(x.log, index)
		return
	case *record.Time:
		x.before, x.time = x.time, index
		return
	case *record.Roll:
		x.rolls[p.ID()] = &rollPlaces{announce: index}
		x.log = append(x.log, index)
		return
	case *record.RollPart:
		if roll := x.rolls[r.Scope]; roll != nil {
			roll.parts = append(roll.parts, index)
		}
		return
	case *record.RollRemoval:
		if roll := x.rolls[r.Scope]; roll != nil {
			roll.removals = x.mark(roll.removals, index)
		}
		return
	case *record.Round:
		if s.Round(p.ID()) != nil {
			x.rounds[p.ID()] = &roundPlaces{roll: b.Roll, own: []uint64{index}}
			x.log = append(x.log, index)
		}
		return
	}
	if round := x.rounds[r.Scope]; round != nil {
		switch r.Body.(type) {
		case *record.Issue, *record.Issues:
			round.issues = append(round.issues, index)
		default:
			round.own = x.mark(round.own, index)
		}
		if s.Vote(p.ID()) != nil {
			x.votes[p.ID()] = &votePlaces{round: r.Scope, signed: make(map[record.Key][]uint64)}
			x.log = x.mark(x.log, index)
		}
		return
	}
	if v := x.votes[r.Scope]; v != nil {
		x.noteInVote(s.Vote(r.Scope), v, r, index)
	}
}

func (x *extracts) noteInVote(state *fold.Vote, v *votePlaces, r *record.Record, index uint64) {
	signed := func(key record.Key) { v.signed[key] = x.mark(v.signed[key], index) }
	switch b := r.Body.(type) {
	case *record.Check:
		signed(b.Key)
	case *record.CheckFault:
		signed(b.Key)
	case *record.Statement:
		if b.By == 0 {
			signed(b.Key)
		}
	case *record.Support:
		signed(b.Key)
		if called := state.Phase != fold.Proposed; called && !v.called {
			v.own = x.mark(v.own, index)
		}
	}
	v.called = state.Phase != fold.Proposed
	if inOutline[r.Kind()] {
		v.own = x.mark(v.own, index)
	}
}

// ErrTooMany is the error of an extract of more records than a board looks up for one request.
var ErrTooMany = errors.New("this is more than a board looks up; read the log")

// maxChain is how many ballots of one credential are looked up.
const maxChain = 4096

// extract makes an extract of places as they were when the state had size records. Those before from are known.
func (b *Board) extract(size, from uint64, final bool, lists ...[]uint64) *Extract {
	e := &Extract{Size: min(b.log.Size(), size), Final: final}
	for _, list := range lists {
		at, _ := slices.BinarySearch(list, from)
		e.Indexes = append(e.Indexes, list[at:]...)
	}
	slices.Sort(e.Indexes)
	e.Indexes = slices.Compact(e.Indexes)
	at, _ := slices.BinarySearch(e.Indexes, e.Size) // what is not durable yet is not shown
	e.Indexes = e.Indexes[:at]
	return e
}

// Outline returns the outline of a round, of a vote with its round, or, for the zero id, of the log: its rounds and manifests. It reports
// false for another id. Records before from are known and left out.
func (b *Board) Outline(id record.ID, from uint64) (*Extract, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	x := b.extracts
	genesis, time := []uint64{0}, []uint64(nil)
	if x.time > 0 {
		time = append(time, x.time)
	}
	if x.before > 0 {
		time = append([]uint64{x.before}, time...)
	}
	if id == (record.ID{}) {
		return b.extract(b.state.Size(), from, false, x.log, time), true
	}
	if round := x.rounds[id]; round != nil {
		roll := x.rolls[round.roll]
		return b.extract(b.state.Size(), from, false, genesis, []uint64{roll.announce}, roll.removals, round.own, time), true
	}
	v := x.votes[id]
	if v == nil {
		return nil, false
	}
	round := x.rounds[v.round]
	roll := x.rolls[round.roll]
	e := b.extract(b.state.Size(), from, false, genesis, []uint64{roll.announce}, roll.removals, round.own, v.own, time)
	e.Supports, _ = b.state.Vote(id).Supports()
	return e, true
}

// RollEntries returns where the entries of a roll are. It reports false if there is no such roll.
func (b *Board) RollEntries(roll record.ID) (*Extract, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places, state := b.extracts.rolls[roll], b.state.Roll(roll)
	if places == nil || state == nil {
		return nil, false
	}
	e := b.extract(b.state.Size(), 0, state.Complete(), places.parts)
	e.Final = e.Final && len(e.Indexes) == len(places.parts)
	if e.Final && len(e.Indexes) > 0 {
		e.Size = e.Indexes[len(e.Indexes)-1] + 1 // the same for everybody at any time
	}
	return e, true
}

// Issues returns where the issue records of a round are. It reports false if there is no such round.
func (b *Board) Issues(round record.ID, from uint64) (*Extract, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places := b.extracts.rounds[round]
	if places == nil {
		return nil, false
	}
	return b.extract(b.state.Size(), from, false, places.issues), true
}

// Chain returns where the accepted ballots, checks, reports of these, support and statement of a credential in a vote are. It reports false if there is no such
// vote.
func (b *Board) Chain(ctx context.Context, vote record.ID, key record.Key, from uint64) (*Extract, bool, error) {
	var lists [][]uint64
	var last record.ID
	var voted bool
	if b.shared != nil { // the ballot that is asked for may just have come through another front end
		if err := b.freshen(ctx); err != nil {
			return nil, true, err
		}
	}
	b.mu.RLock()
	size := b.state.Size()
	v := b.extracts.votes[vote]
	if v != nil {
		_, last, voted = b.state.Vote(vote).Last(key)
		lists = append(lists, slices.Clone(v.signed[key]))
	}
	b.mu.RUnlock()
	if v == nil {
		return nil, false, nil
	}
	var ballots []uint64
	for id := last; voted && id != (record.ID{}); {
		if len(ballots) == maxChain {
			return nil, true, ErrTooMany
		}
		b.mu.RLock()
		index := b.index[id]
		b.mu.RUnlock()
		if index < from {
			break
		}
		if _, err := b.durable.wait(ctx, index); err != nil {
			return nil, true, err
		}
		ballots = append(ballots, index)
		raw, err := b.entry(ctx, index)
		if err != nil {
			return nil, true, err
		}
		o, ok := outline(raw)
		if !ok || o.kind != "ballot" {
			return nil, true, fmt.Errorf("record %d is not the ballot that the state has there", index)
		}
		id = o.previous
	}
	slices.Sort(ballots)
	return b.extract(size, from, false, append(lists, ballots)...), true, nil
}

// entry returns one durable record.
func (b *Board) entry(ctx context.Context, index uint64) ([]byte, error) {
	for e, err := range b.log.Entries(ctx, index, index+1) {
		if err != nil {
			return nil, fmt.Errorf("reading record %d: %w", index, err)
		}
		return e.Data, nil
	}
	return nil, fmt.Errorf("reading record %d: it is not there", index)
}

// WriteExtract reads the records of an extract and writes it. write is called with some kilobytes at a time.
func (b *Board) WriteExtract(ctx context.Context, e *Extract, write func([]byte) error) error {
	buf := light.AppendHeader(nil, e.Size, e.Supports)
	for len(e.Indexes) > 0 {
		n := 1 // neighbours are read together
		for n < len(e.Indexes) && e.Indexes[n] == e.Indexes[0]+uint64(n) && n < 256 {
			n++
		}
		at := e.Indexes[0]
		for entry, err := range b.log.Entries(ctx, at, at+uint64(n)) {
			if err != nil {
				return fmt.Errorf("reading record %d: %w", at, err)
			}
			if buf, err = light.AppendRecord(buf, at, entry.Data); err != nil {
				return err
			}
			at++
			if len(buf) >= extractPiece {
				if err := write(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
		e.Indexes = e.Indexes[n:]
	}
	return write(buf)
}

const extractPiece = 64 << 10

// Record returns a record by its id, and its place. It reports false if there is none that is durable.
func (b *Board) Record(ctx context.Context, id record.ID) (raw []byte, index uint64, ok bool, err error) {
	if index, ok, err = b.find(ctx, id); !ok || err != nil {
		return nil, 0, false, err
	}
	if _, err := b.durable.wait(ctx, index); err != nil {
		return nil, 0, true, err
	}
	raw, err = b.entry(ctx, index)
	return raw, index, true, err
}

// Named returns the records whose ids begin with some bytes, at most so many: as a rule one.
func (b *Board) Named(prefix []byte, most int) []record.ID {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []record.ID
	for id := range b.index {
		if len(out) < most && string(id[:len(prefix)]) == string(prefix) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, c record.ID) int { return slices.Compare(a[:], c[:]) })
	return out
}
