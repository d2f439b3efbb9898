package board

// Codes of refusals that are the board's own and not of the fold (SPEC.md §8.4).
const (
	CodeBusy      = "busy"       // more is waiting than the board takes at once
	CodeRate      = "rate"       // the sender, or all senders together, sent too much too fast
	CodeStopping  = "stopping"   // the board is shutting down, or has stopped after an error
	CodeMediaType = "media-type" // the request is not of type application/cbor
)

// aboutMember are the sentences for ballots, check records and reports of checks: members read them. Each says what is the matter and what to do next.
// Codes are those of SPEC.md §10.4 and the codes of §9.1 that a ballot can meet.
var aboutMember = map[string]string{
	"oversize":       "This is larger than any ballot can be. Reload the voting page and cast your vote again.",
	"malformed":      "This is not a ballot that can be read. Reload the voting page and cast your vote again.",
	"scope":          "This ballot belongs to a vote that is not on this board. Check that you followed the link for this vote.",
	"form":           "This ballot has not the form that this vote asks for. Reload the voting page and cast your vote again.",
	"not-open":       "Voting has not opened yet. Keep your card and come back when it has.",
	"ended":          "This vote has ended without a result. No ballot of it is taken any more.",
	"sealed":         "Voting is over and the ballot box is sealed. This ballot was not taken.",
	"closed":         "Voting has closed. This ballot was not taken, because it was not promised before the closing.",
	"spoiled":        "You checked this ballot by opening it, and an opened ballot can never be cast. Make a new ballot and cast that one.",
	"spent":          "Your card has voted already, and this vote allows one ballot for each card. If you did not cast it, tell the commission.",
	"stale":          "Another ballot was cast with your card after this one was made. Look at your card's ballots; if all are yours, vote once more.",
	"dup":            "This is recorded already. You need not send it again.",
	"noncanonical":   "A number in this ballot is not written as it must be. Reload the voting page and cast your vote again.",
	"trivial":        "This ballot would show your vote openly, so it was not taken. Use another device or voting page, and tell the commission.",
	"signatures":     "A registrar's signature on your card is not valid for this vote. Load your card again from its file; if that fails, ask the registrars.",
	"proof":          "The proof in this ballot does not hold, so it was not taken. Reload the voting page and vote again; if it fails again, use another device.",
	"dup-randomness": "Part of this ballot is a copy of another ballot, so it was not taken. Vote again on another device, and tell the commission.",
	"phase":          "Ballots of this vote can be checked only while voting is open, and reported until the ballot box is sealed.",
	"cast":           "This ballot has been cast, and a cast ballot cannot be opened for checking.",
	"limit":          "Your card has checked as many ballots as it may. Cast one now, or ask the commission for help.",
	"unchecked":      "Your card has checked no such ballot on this board. Send the check record first, then report it.",
	"signature":      "This is not signed with your card. Load your card again from its file and repeat the check.",
}

// aboutAny are the sentences for all other records, read by those who run a vote. The detail that names the field is put after them.
var aboutAny = map[string]string{
	CodeBusy:      "The board has more to do than it can take just now. Nothing is lost: send the same again in a few seconds.",
	CodeRate:      "Too much was sent from your network in a short time. Nothing is lost: wait a minute and send the same again.",
	CodeStopping:  "The board is stopping and takes nothing new. Nothing is lost: send the same again when it is back.",
	CodeMediaType: "A record is sent with the content type application/cbor. Set it and send the same again.",

	// SPEC.md §9.1, §9.2
	"oversize":     "A record has 1 to 65,535 bytes. Split what you send into more records.",
	"malformed":    "This is not a record in the form of SPEC.md §8.1. Make it again with a program that follows the specification.",
	"unknown-kind": "This kind of record is not known to this board. Use a program made for this version of the protocol.",
	"genesis":      "A log has one genesis record, its first. To begin anew, set up a new board.",
	"scope":        "What this record belongs to is not on this board. Post that first, or check that this is the right board.",
	"author":       "The record names an author who does not exist. Check the number of the party in your settings.",
	"signature":    "The record is not signed by the party it names. Check that you use the right key and the right board.",
	"time-back":    "The time of a log never goes back. Check the board's clock.",

	// SPEC.md §9.3 – §9.5
	"dup":          "The board has such a record from you already, and it stands. Nothing needs to be done if it says the same.",
	"form":         "A field of the record is not as it must be. Correct it and send it again.",
	"order":        "This is not the part or message that comes next. Post what is missing first.",
	"roll-root":    "The roll does not have the root that was announced. Compare the list with the announcement.",
	"roll":         "The roll is not on the board whole. Post all its parts first.",
	"removed":      "A member named here was taken off the roll. If that was wrong, put the entry back first.",
	"key-reuse":    "This key is used elsewhere on this board. Make a fresh key for each slot.",
	"key":          "This key or its certificate is not valid. Make a new key for this slot.",
	"phase":        "This record belongs to another phase of the vote or round. Look at where it stands.",
	"manifest":     "The manifest is not well-formed. Correct the field that is named and call the vote again.",
	"slot-unknown": "The round has no such slot for votes. Choose one of its free slots.",
	"slot-taken":   "Another vote took this slot first. Choose a free slot and call the vote again.",

	// SPEC.md §9.6
	"attempt":     "Key generation is at another attempt. Read the board and go on from its present attempt.",
	"keygen-hash": "The package is not the one that was committed to. Post the package you committed to, or ask for a restart.",
	"degree":      "The package does not have as many coefficients as the threshold. Make it for the vote's threshold.",
	"pop":         "The proof that the trustee knows its part of the key does not hold. Make the package again for this vote and attempt.",
	"complaint":   "The complaint does not open the complainer's own sealing key. Post the private key of that sealing key.",
	"test":        "The trustee's share fails the test decryption. Restore the share that was made in this attempt.",
	"fault":       "No fault of that trustee is on the record. Wait for the deadline of the step, or name the trustee at fault.",

	// SPEC.md §9.7, §9.9
	"opening-time":     "It is too early to open this vote. Send the same after the time in its manifest.",
	"opening-ceremony": "The vote cannot be opened with this ceremony. Wait until the trustees' key is ready, and name the ceremony on the board.",
	"opening-slot":     "A registrar has not accepted the roll or posted its key for this slot. Wait for it, then open the vote.",
	"opening-key":      "The keys named are not those that the trustees generated. Compute the opening again from the board.",
	"closing-time":     "It is too early to close this vote. Send the same after the time in its manifest.",
	"seal-promises":    "Promised ballots are still to be recorded. The board seals the vote when they are in or the time of grace is over.",
	"stuffing":         "More cards voted than any registrar has published as issued. The registrars must publish their issue records first.",

	// SPEC.md §9.10
	"input-root":       "This is not the sealed input on the board. Do not sign it again: keep both and tell the commission and the other trustees.",
	"input-checkpoint": "The checkpoint in this record is not one of this log's, or lacks witnesses. Fetch a newer checkpoint and sign again.",
	"input-quorum":     "Not enough trustees have signed the sealed input yet. Send the same when they have.",
	"empty":            "No ballot was counted, so there is nothing to open.",
	"share":            "The trustee's part of the decryption does not hold. Compute it again from the board with the share of this vote.",
	"mix":              "This is no shuffle of the ballots as they stand on the board. Nothing more is taken for this stage but its right last part.",
	"mix-author":       "This trustee has made a stage of this mix already, or one that does not hold. The others go on.",
	"share-author":     "This trustee has posted a decryption that does not hold. The others go on.",
	"result-mixes":     "Not enough trustees have shuffled the ballots for a result. Wait for them.",
	"result-input":     "Not enough trustees have signed the sealed input for a result. Wait for them.",
	"result-shares":    "Not enough trustees have given their part for a result. Wait for them.",
	"result-count":     "The numbers in this result are not those on the board. Compute the result again from the board.",
	"result-lots":      "The ties in this result are not broken by the lots on the board. Wait for the lots, then compute the result again.",
	"result-outcome":   "The outcome in this result is not what the manifest's rule gives. Compute the result again from the board.",

	// SPEC.md §15
	"rules":            "The rules of this vote have no use for such a record. Read its rules.",
	"expired":          "This comes too late: the time for it is over.",
	"early":            "This comes too early. Send the same when what has to come before it is there.",
	"window":           "The rules of this vote take this only within a certain time, and that time is over.",
	"notice":           "The rules of this vote ask that forums are announced earlier. Announce one that starts later.",
	"limit":            "The rules take no more of these.",
	"ended":            "The vote has ended without a result. Nothing more is taken for it.",
	"withheld":         "The commission has withheld a statement with this text, and gave its reason on the board.",
	"seed":             "This is not the seed that the registrar committed to. Reveal that one.",
	"packet":           "The packet is not the one that the rules ask for. Make it again from what is on the board.",
	"rule-called":      "The vote has not been called as its rules ask. Wait for the missing supports or signatures.",
	"rule-stuffing":    "More cards have supported or spoken than any registrar has published as issued. The registrars must publish their issue records first.",
	"rule-requires":    "Another vote must have its certified result first. Wait for it.",
	"rule-forums":      "The rules ask for more forums before voting opens. Hold them first.",
	"rule-recordings":  "The rules ask for recordings of the forums before voting opens. Publish them first.",
	"rule-statements":  "The statements to be sent to members are not known yet. Wait for the end of the review and the registrars' seeds.",
	"rule-nominations": "The list of those who stand is not closed, or not the one on the board. Wait for its end and compute the opening again.",
	"rule-packet":      "The rules ask for a packet for members before voting opens. Post it first.",
	"rule-mailing":     "The rules ask that the packet has been sent to every member, and for some time. Wait for the registrars' records of it.",
	"rule-extend":      "The rules do not allow voting to be extended by so much.",
	"rule-cancel":      "The rules do not allow this vote to be cancelled.",
	"rule-annul":       "The rules do not allow this vote to be annulled.",
}

// sentence returns what a refusal with that code says to the author of a record of that kind. detail is for those who run a vote.
func sentence(kind, code, detail string) string {
	member := kind == "ballot" || kind == "check" || kind == "check-fault"
	if s, ok := aboutMember[code]; ok && member {
		return s
	}
	s, ok := aboutAny[code]
	if !ok {
		s = "The record is not taken (" + code + ")."
	}
	if detail = clip(detail); detail != "" && !member {
		s += " Detail: " + detail
	}
	return s
}
