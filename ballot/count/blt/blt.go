// Package blt reads and writes ballot files: BLT, the format in which STV
// elections are commonly exchanged, and for spreadsheets CSV.
//
// A BLT file says how many candidates and seats there are, lists groups of equal
// ballots, then names the candidates and the election:
//
//	3 2             candidates and seats
//	-2              candidate 2 has withdrawn (optional)
//	5 1 3 0         5 ballots prefer candidate 1, then 3
//	2 3=1 0         2 ballots prefer 3 and 1 equally
//	1 0             1 blank ballot
//	0               end of the ballots
//	"Ada"
//	"Ben" "Labour"  a name and a party
//	"Cay"
//	"Committee"     title
//
// [Parse] and [Read] accept the format as it is found in the wild; SPEC.md
// §14.13 says what that includes. What they cannot make sense of, such as
// a candidate who does not exist, is a [*Fault] with the number of its line. They
// never guess at a preference: a ballot that ranks a candidate twice is spoiled,
// which a note reports with the line.
//
// [Write] and [WriteCSV] publish ballots in sorted order with multiplicities, so
// that a file says nothing about the order in which ballots were cast or came
// out of a mix. Neither function reads or writes anything but the given stream.
package blt

import (
	"fmt"

	"mandate/ballot/count"
)

// MaxSize is the size in bytes of the largest file that Parse reads.
const MaxSize = 256 << 20

// A File is a ballot file's content.
type File struct {
	Election *count.Election

	// Order is the order of candidates for ties that the file states in a tie
	// line, or nil.
	Order []int

	// Notes are remarks in English on what was passed over, repaired or spoiled.
	Notes []string

	// Spoiled repeats those notes that tell, with its line, of a ballot that ranks
	// a candidate twice. Such ballots are counted in Election.Spoiled.
	Spoiled []string
}

// A Fault is what makes a file unreadable.
type Fault struct {
	Line    int // from 1; 0 if it concerns the file as a whole
	Problem string
}

func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.Problem
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
}
