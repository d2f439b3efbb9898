// Package issuing is what a member's client and a registrar say to each other (SPEC.md §10.1): the one-time code that tells the registrar
// who asks, the two requests, and the errors.
//
// A client asks first for its member's roll entry ([Client.Entry]), compares it with the board and shows it to the member; only then does
// it draw a card, keep it, and ask for signatures ([Client.Card]). Both requests carry the code, which stays good for repeating the same
// request. Nothing here believes the other side: a registrar parses at most [CardRequestSize] bytes, and the answer's contents are checked by
// roll.Opening.Check and credential.Requests.Open.
//
// A code is 128 random bits, typed as 28 letters and digits in groups of four, of which the last say whether it was typed right and for
// which registrar of which round it is. Code and requests print as REDACTED.
package issuing
