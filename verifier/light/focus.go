package light

import (
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A Focus says what somebody needs to know of a board. A reader of the whole log knows it anyway; a light reader asks for that and no more.
// What it asks for tells the board what its member is at: so it never asks for a roll entry, and for the credential of one slot at a time.
type Focus struct {
	// Round is a round to know, Vote a vote with its round; zero for none. With neither, the rounds and votes on the board are known by
	// their first records alone.
	Round, Vote record.ID
	// Entries asks for the entries of the round's roll, Issues for its issue records: all of them.
	Entries, Issues bool
	// Keys, if not nil, says which credentials' records to ask for, given the state without them.
	Keys func(*fold.State) []Chain
	// Found are records that were found by reading the whole log, by index: they are folded too, without being asked for.
	Found map[uint64][]byte
}

// A Chain is what was done in a vote with one credential: its ballots, checks and reports of these, support and statement.
type Chain struct {
	Vote record.ID
	Key  record.Key
}
