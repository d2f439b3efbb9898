// Package member is a member's client as a library, for a program on a terminal and for a booth in a browser: it collects a voter card from
// all registrars of a round, casts ballots with it, and shows what became of them. It links no net/http, opens no files and talks to nobody
// but through its Board, its Registrars and its Keep.
//
// A [Client] sees one board. [Client.Enter] asks a registrar which roll entry a one-time code is for, and compares the answer with the board;
// [Client.NewWallet] draws the card and keeps it, before anything that depends on it has left the device; [Client.Collect] gets one
// registrar's signatures. With all of them, [Client.Begin] starts a ballot, [Booth.Encrypt] makes it of the member's choice and shows the
// id to which the device is now committed, and then the member says whether it is cast ([Prepared.Cast]) or opened on a second device
// ([Prepared.Open], [Client.Verify]). [Client.History] lists every ballot that was ever cast with the card, [Client.CheckReceipt] checks
// a receipt. [Client.Support] supports a petition and [Client.Speak] makes a statement with the card, without the member's name.
//
// The client believes no server. Registrars' keys come from the board's log alone, where the fold has checked their certificates; every
// signature, issue record, promise and receipt is verified; the id of a ballot is computed from the bytes that were sent. A board that is
// another than the card's, older than what the card has seen, or behind the device's clock is refused. Errors that a member can do something
// about are a [*Problem].
//
// A [Wallet] is two pieces in a [Keep]: the card, which is all there is to keep, and the device's memory (registrars' answers, ballots
// sent, receipts), which can be lost. Neither ever holds a choice or the randomness of a ballot: once a ballot is to be cast these are
// overwritten. That does not make the system receipt-free: a member who changes this program can keep them (SPEC.md §13).
package member
