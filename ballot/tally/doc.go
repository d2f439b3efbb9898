// Package tally turns records into the trustees' computations and back:
// key generation (SPEC.md §5.2, §5.3, §9.6), the sums of the counted ballots
// and their opening (SPEC.md §11.2 to §11.4), the shuffling and opening of
// rankings, and lots.
//
// [Ceremony] is key generation as it stands on the log. The fold and every
// trustee run the same one: Judge says what a record would come to, Commit
// makes it so. [Trustee] is one trustee's side of it: its secrets, and the
// message that it owes next.
//
// [Mixing] is the shuffling of a ranked contest's ballots and the decryption of
// what comes out (SPEC.md §9.10, §17), again with Judge and Commit; [Mixer] is
// one trustee's side of it, [Rankings] what was opened, as package count counts
// it. [Seed] is the lots that break ties (SPEC.md §11.6).
//
// [Sums] are the running products of the counted ballots' ciphertexts.
// [MakeShares] is a trustee's part in opening them, [CheckShares] its check,
// [Open] and [CheckCounts] find and check the counts.
//
// The package does no I/O and has no clock. It trusts its caller for the
// order of the records, for their signatures and for the times; everything
// else about a record is checked here.
package tally
