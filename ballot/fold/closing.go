package fold

import (
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

func (s *State) judgeClosing(r *record.Record, v *Vote, b *record.Closing) verdict {
	if bad := s.officer(r, b.By); bad != nil {
		return *bad
	}
	if v.Phase != Open {
		return void("phase", "closing: the vote is %v", v.Phase)
	}
	if s.now < v.Manifest.Closes {
		return fatal(v.ID, "closing-time", "voting closes at %d, it is %d", v.Manifest.Closes, s.now)
	}
	return accept(func() { v.Phase, v.ClosedAt, v.Times.Closed = Closed, s.now, s.now })
}

// maxListed is how many promised ballots a relay can list for each roll entry (SPEC.md §9.9).
const maxListed = 4

func (s *State) judgePromises(r *record.Record, v *Vote, b *record.Promises) verdict {
	if b.Author > uint64(len(v.relays)) {
		return void("author", "promises: relay %d does not exist", b.Author)
	}
	author, who := s.board, "the board"
	if b.Author > 0 {
		author, who = v.relays[b.Author-1], "the relay"
	}
	if bad := s.signedBy(r, who, author); bad != nil {
		return *bad
	}
	if v.Phase != Closed {
		return void("phase", "promises: the vote is %v", v.Phase)
	}
	list := &v.lists[b.Author]
	switch {
	case list.done || b.Part < list.parts:
		return void("dup", "promises: part %d is there already, or the list was ended", b.Part)
	case b.Part > list.parts:
		return void("order", "promises: part %d, part %d is next", b.Part, list.parts)
	case len(b.Ballots)%32 != 0 || len(b.Ballots) > 32*record.MaxPromises:
		return void("form", "promises: %d bytes, want up to %d ids of 32", len(b.Ballots), record.MaxPromises)
	case b.Author == 0 && len(b.Ballots) > 0:
		// A board promises what is on the log already. With a list of its own it could alone admit ballots made after the closing.
		return void("form", "promises: the board lists %d ballots, and promises none that it has not recorded", len(b.Ballots)/32)
	case list.ballots+uint64(len(b.Ballots)/32) > maxListed*v.Round.Roll.Announce.Count:
		return void("limit", "promises: the relay lists more than %d ballots for each roll entry", maxListed)
	}
	return accept(func() {
		list.parts++
		list.ballots += uint64(len(b.Ballots) / 32)
		list.done = b.Last
		for i := 0; i < len(b.Ballots); i += 32 {
			id := record.ID(b.Ballots[i : i+32])
			if !v.promised[id] && !v.box.rows.isCast(id) { // listed before: it is pending already, or was recorded since
				v.pending[id] = true
			}
			v.promised[id] = true
		}
	})
}

// ListsDone reports whether the board and every relay have posted the last part of their lists of promises.
func (v *Vote) ListsDone() bool {
	for _, l := range v.lists {
		if !l.done {
			return false
		}
	}
	return true
}

// BoardListDone reports whether the board has posted the last part of its list of promises.
func (v *Vote) BoardListDone() bool { return v.lists[0].done }

// Pending returns how many ballots are listed as promised and not yet recorded.
func (v *Vote) Pending() int { return len(v.pending) }

// IsPending reports whether a ballot is listed as promised and not yet recorded.
func (v *Vote) IsPending(ballot record.ID) bool { return v.pending[ballot] }

func (s *State) judgeSeal(r *record.Record, v *Vote) verdict {
	if bad := s.signedBy(r, "the board", s.board); bad != nil {
		return *bad
	}
	if v.Phase != Closed {
		return void("phase", "seal: the vote is %v", v.Phase)
	}
	if !s.partial && s.now < v.ClosedAt+v.Manifest.Grace && (!v.ListsDone() || len(v.pending) > 0) {
		return fatal(v.ID, "seal-promises", "%d promised ballots are still to be recorded, or a list of promises is missing", len(v.pending))
	}
	counted := v.Counted()
	var short []int
	for i := range v.Round.issued {
		if v.Round.issued[i].count < counted {
			short = append(short, i+1)
		}
	}
	if len(short) == len(v.Round.issued) && !s.partial {
		return fatal(v.ID, "stuffing", "%d credentials voted, and no registrar has issue records for as many", counted)
	}
	return accept(func() {
		v.Phase, v.Sealed, v.shortfall = Sealed, s.tree.Size()-1, short
		v.SealRoot, v.Times.Sealed = record.ID(s.tree.Root()), s.now
		s.live++
	})
}

// Relays returns the relays' signing keys.
func (v *Vote) Relays() []sigma.PublicKey { return v.relays }
