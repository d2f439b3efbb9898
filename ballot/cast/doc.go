// Package cast encrypts, proves and checks one ballot (SPEC.md §10).
//
// A [Form] is what all ballots of a vote have in common: which ciphertexts, which statement about them, which length. It is made of the
// vote's manifest. A [Context] is what the opening of the vote adds: the key, the registrars' keys, and the context of every proof.
//
// A booth draws a [Draft] before it knows the member's choice, and [Form.Encrypt] turns it into a record and an [Opening]. The record's id
// is the commitment: the member sees it, and only then says whether the ballot is to be cast or checked. To cast it, wipe the opening and send
// the record. To check it, give the opening to a second device, which runs [Form.Recheck], and post [NewCheck]; a checked ballot never
// counts, so a fresh draft is needed for the next.
//
// [Form.Check] and, for many ballots on all processors, [Form.CheckAll] judge ballots as steps 1 and 5 to 7 of SPEC.md §10.4 say. What
// depends on other ballots is package fold's. The verdict on a ballot does not depend on the batch in which it is checked.
//
// A choice is encrypted option by option, and proved to be one that the manifest allows. A ranking is encrypted as it is encoded (package
// ranking), and proved to be nobody's copy; one that is none is spoiled when it is opened, and costs its author a vote.
//
// Encrypting takes the same time and makes as many bytes whatever the choice or ranking. Checking is of public data.
package cast
