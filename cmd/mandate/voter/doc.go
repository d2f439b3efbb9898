// Package voter is a member's client: it collects a voter card from all registrars of a round, casts ballots with it, and shows what became
// of them.
//
// A [Client] sees one board. [Client.Enter] asks a registrar which roll entry a one-time code is for, and compares the answer with the board;
// [Client.NewWallet] draws the card and keeps it in a file, before anything that depends on it has left the device; [Client.Collect] gets one
// registrar's signatures. With all of them, [Client.Begin] starts a ballot, [Booth.Encrypt] makes it of the member's choice and shows the
// id to which the device is now committed, and then the member says whether it is cast ([Prepared.Cast]) or opened on a second device
// ([Prepared.Open], [Client.Verify]). [Client.History] lists every ballot that was ever cast with the card. [RunCard], [RunVote], [RunCheck]
// and [RunReceipt] are the commands. [Client.Support] supports a petition and [Client.Speak] makes a statement with the card, without the
// member's name; [RunSupport] and [RunStatement] are the commands for that.
//
// The client believes no server. Registrars' keys come from the board's log alone, where the fold has checked their certificates; every
// signature, issue record, promise and receipt is verified; the reference of a ballot is computed from the bytes that were sent. A board that is
// another than the card's, older than what the card has seen, or behind the device's clock is refused.
//
// A [Wallet] is two files: the card file, which is all there is to keep, and beside it the device's memory (registrars' answers, ballots
// sent, receipts), which can be lost. Neither ever holds a choice or the randomness of a ballot: once a ballot is to be cast these are
// overwritten. That does not make the system receipt-free: a member who changes this program can keep them (SPEC.md §13).
package voter
