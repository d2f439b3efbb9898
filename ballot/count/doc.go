// Package count turns opened votes into a result: plurality, approval, instant
// run-off, Scottish STV, Meek STV, Schulze and ranked pairs, each as SPEC.md §14
// defines it.
//
// Call [Count] with an [Election] (candidates, seats, ballots, and any
// representation rules) and a [Method], or [CountTotals] when only the sums per
// candidate are known. The [Result] tells every stage of the count: who held
// how many votes, what moved where, who was elected or excluded and for what
// reason. [Result.WriteText], [Result.WriteJSON] and [Result.WriteSVG] print it.
// Reading and writing ballot files is the work of the package
// mandate/ballot/count/blt.
//
// The package knows no cryptography, reads no clock and draws no random
// number. Ties that the rules leave open are settled by a [Lot] that the caller
// provides; without one, a count that needs a lot ends in a [*LotNeeded] error
// and has no result. All arithmetic is exact: integers, or decimal fixed point
// rounded where SPEC.md §14 says so. Numbers of ballots may be as large as a file
// can state them; nothing wraps.
//
// A result depends only on the multiset of ballots, on the candidates and on
// the lots. The order of the ballots, and how equal ballots are grouped, change
// nothing. Ballots are not trusted to be well formed: a ranking that names a
// candidate twice or a candidate who does not exist is counted as spoiled, whole.
package count
