// Package light reads as much of a board as one member's device needs, and proves what it reads (SPEC.md §10.8).
//
// A [Reader] asks the board for extracts: the few records that say what a round and a vote are (an outline), the entries of a roll, the issue
// records of a round, what was done with one credential. It believes no extract: every record in it is found by hash tiles in the tree of a
// checkpoint that the log has signed and that continues the newest one seen before, and is then folded in the order of the log by package
// fold, which checks who has signed it and what it may follow. What such a reading cannot show, [mandate/ballot/fold.NewPartial] says: above
// all that nothing was left out. Whoever needs that reads the whole log.
//
// The package has the form of extracts too ([AppendHeader], [AppendRecord], [ParseExtract]), for the board that hands them out.
package light
