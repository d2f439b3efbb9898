package member

import (
	"errors"
	"fmt"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
)

// A memory is what a device remembers of a card beside the card itself. Losing it loses no right: registrars repeat their answers.
type memory struct {
	_       struct{} `cbor:",toarray"`
	Version string
	Round   record.ID
	Seen    []byte    // the newest checkpoint of the board that was checked, as signed
	Answers []answer  // of registrars 1 … n, empty ones not there yet
	Keys    record.ID // of all registrars as the board showed them for these answers (credential.CardKeys); zero before the first
	Votes   []voted
}

// An answer is a registrar's, opened and verified.
type answer struct {
	_          struct{} `cbor:",toarray"`
	Signatures []byte   // 288 bytes for each slot
	Issue      []byte   // the signed issue record
	Published  bool     // that record, or one with the same meaning, was seen on the board
	At         uint64   // when the answer was kept, by the device's clock
}

// voted is what the card did in one vote.
type voted struct {
	_       struct{} `cbor:",toarray"`
	Vote    record.ID
	Ballots []sent
	Checked []record.ID // ballots that were opened instead of cast
	Acts    []sent      // a support, a statement, reports of checks
}

// sent is a ballot, or another record, that was sent, as it stands on the board, with what the board answered.
type sent struct {
	_       struct{} `cbor:",toarray"`
	Ballot  []byte   // the record
	Promise []byte   // empty: none was received
	Receipt []byte   // empty: none was received
	Refused string   // the code with which the board refused it, for good
	Cast    bool     // a ballot that the board has shown as accepted
}

const (
	memoryVersion = "mandate/v1 card memory"
	maxMemory     = 64 << 20 // some hundred of the largest ballots
)

func (m *memory) encode() ([]byte, error) {
	b, err := record.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("encoding the card's memory: %w", err)
	}
	return b, nil
}

// parseMemory reads what encode returns, for a round with so many registrars.
func parseMemory(b []byte, round record.ID, registrars int) (*memory, error) {
	fail := func(err error) (*memory, error) { return nil, fmt.Errorf("the card's memory: %w", err) }
	if len(b) > maxMemory {
		return fail(fmt.Errorf("%d bytes, at most %d", len(b), maxMemory))
	}
	var m memory
	rest, err := record.DecodeFirst(b, maxMemory, &m)
	switch {
	case err != nil:
		return fail(err)
	case len(rest) != 0:
		return fail(errors.New("bytes after its end"))
	case m.Version != memoryVersion:
		return fail(fmt.Errorf("version: %q, this program reads %q", m.Version, memoryVersion))
	case m.Round != round:
		return fail(errors.New("it is of a card of another round"))
	case len(m.Answers) != registrars:
		return fail(fmt.Errorf("answers of %d registrars, the card has %d", len(m.Answers), registrars))
	}
	for i, a := range m.Answers {
		if n := len(a.Signatures); n%record.SignatureBytes != 0 || n > record.MaxSlots*record.SignatureBytes {
			return fail(fmt.Errorf("registrar %d: %d bytes of signatures", i+1, n))
		}
	}
	for i := range m.Votes {
		for j := range m.Votes[i].Ballots {
			if _, _, err := m.Votes[i].Ballots[j].record(); err != nil {
				return fail(fmt.Errorf("votes[%d].ballots[%d]: %w", i, j, err))
			}
		}
		for j, a := range m.Votes[i].Acts {
			if _, err := record.Decode(a.Ballot); err != nil {
				return fail(fmt.Errorf("votes[%d].acts[%d]: %w", i, j, err))
			}
		}
	}
	return &m, nil
}

// seenSize returns the size of the newest checkpoint seen.
func (m *memory) seenSize() uint64 {
	cp, err := checkpoint.Peek(m.Seen) // was checked before it was kept, and is checked again where it matters
	if err != nil {
		return 0
	}
	return cp.Size
}

// see remembers a checkpoint that was checked, if it is the newest.
func (m *memory) see(signed []byte) {
	cp, err := checkpoint.Peek(signed)
	if err == nil && cp.Size >= m.seenSize() {
		m.Seen = signed
	}
}

// in returns what the card did in a vote; add makes a place for it if there is none.
func (m *memory) in(vote record.ID, add bool) *voted {
	for i := range m.Votes {
		if m.Votes[i].Vote == vote {
			return &m.Votes[i]
		}
	}
	if !add {
		return &voted{Vote: vote}
	}
	m.Votes = append(m.Votes, voted{Vote: vote})
	return &m.Votes[len(m.Votes)-1]
}

// record returns the ballot.
func (s *sent) record() (*record.Record, *record.Ballot, error) {
	r, err := record.Decode(s.Ballot)
	if err != nil {
		return nil, nil, err
	}
	b, ok := r.Body.(*record.Ballot)
	if !ok {
		return nil, nil, fmt.Errorf("a %s record is no ballot", r.Kind())
	}
	return r, b, nil
}

// act returns the newest record of a kind that was sent and not refused, or nil.
func (v *voted) act(kind string) *sent {
	for i := len(v.Acts) - 1; i >= 0; i-- {
		a := &v.Acts[i]
		if r, err := record.Decode(a.Ballot); err == nil && r.Kind() == kind && a.Refused == "" {
			return a
		}
	}
	return nil
}

// report returns the report that was made of a checked ballot, or nil.
func (v *voted) report(ballot record.ID) *record.Record {
	for i := range v.Acts {
		r, err := record.Decode(v.Acts[i].Ballot)
		if err != nil {
			continue
		}
		if b, ok := r.Body.(*record.CheckFault); ok && b.Ballot == ballot {
			return r
		}
	}
	return nil
}

// compare notes which ballots the board shows as accepted, and returns one that it has shown so before and does not any more, or nil.
func (v *voted) compare(isCast func(record.ID) bool) (hidden *sent) {
	for i := range v.Ballots {
		b := &v.Ballots[i]
		if isCast(record.IDOf(b.Ballot)) {
			b.Cast = true
		} else if b.Cast {
			hidden = b
		}
	}
	return hidden
}

// find returns the ballot with an id, or nil.
func (v *voted) find(ballot record.ID) *sent {
	for i := range v.Ballots {
		if record.IDOf(v.Ballots[i].Ballot) == ballot {
			return &v.Ballots[i]
		}
	}
	return nil
}

// last returns the newest ballot that was not refused, or nil.
func (v *voted) last() *sent {
	for i := len(v.Ballots) - 1; i >= 0; i-- {
		if v.Ballots[i].Refused == "" {
			return &v.Ballots[i]
		}
	}
	return nil
}
