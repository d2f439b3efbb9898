// Package credential makes voter cards: how a member gets credentials that registrars sign without seeing them, and what a
// registrar does to sign (SPEC.md §10.1, §6).
//
// A member draws a [Secret], keeps it as 24 words or as a file ([Keepsake]) before anything else happens, and asks every registrar of the
// round for its blind signatures ([NewRequests], [Requests.Open]). With all answers it has a [Card]: for each slot of the round a
// [Credential], a key that all registrars have signed. A lost card is made again from its secret: every request repeats byte for
// byte, and a registrar answers a request it has answered before, and no other for the same roll entry.
//
// A registrar's part is [Issuer]. It is pure: that the person asking is the member of a roll entry, and that each entry has at most
// one [RequestHash] and each hash one entry, is the caller's to know and to store before it signs. Sign keeps no state, so that a restart between
// storing and answering costs nothing.
//
// The registrars' keys must come from the board, checked with [CheckSlotKey]: a registrar that shows different keys to different members could
// tell their ballots apart later.
package credential
