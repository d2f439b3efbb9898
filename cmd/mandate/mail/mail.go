// Package mail sends members their letters: invitations and reminders with a registrar's codes, packets, the last days of voting, results. It is
// a registrar's or the commission's tool, the library and the command mandate mail.
//
// [ReadCodes] and [ReadContacts] read to whom; [Templates] says what, in the member's language, and can be edited; a [Store] knows what became
// of every mail; [Sender.Send] sends what is not sent yet. [WritePaper] and [WriteSMS] are for members without an e-mail address.
//
// No mail is sent twice. Before a mail is handed to the server its state, with the Message-ID, is on disk; what came of it is, afterwards.
// If the power goes in between, or the connection breaks after the mail was handed over and before the server answered, nobody can know
// whether it was taken: it is then "unknown", and is sent again, under the same Message-ID, only when a person asks for that. A mail whose
// code was replaced by a new one is another mail.
//
// A mail has the member's own code and link, who sends it and why, and how to recognise fraud; neither name nor number of the member, no
// pictures and nothing that is loaded when it is opened. The store has member numbers and hashes of codes, and neither addresses nor codes.
// Logs have counts and the server's status codes alone: what a mail server says often has the address in it, so it is not kept.
//
// Whoever runs the mail server, and every server on the way, can read the codes. This is why there are several registrars, each with
// its own way to members.
package mail

import (
	"time"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/hidden"
)

// A Letter is a sort of mail.
type Letter string

const (
	Invitation Letter = "invitation" // to collect a card, with the code
	Reminder   Letter = "reminder"   // to collect it, to those who have not; with a code
	Packet     Letter = "packet"     // statements and recordings before a vote
	Closing    Letter = "closing"    // that a vote closes soon; to all, since nobody knows who voted
	Result     Letter = "result"     // what came of it
)

// Letters are all sorts.
var Letters = []Letter{Invitation, Reminder, Packet, Closing, Result}

// HasCode reports whether a letter has the member's code in it, and so is for one registrar to send.
func (l Letter) HasCode() bool { return l == Invitation || l == Reminder }

// A Recipient is one member to be reached. It prints as REDACTED.
type Recipient struct {
	hidden.Fields
	Number   string
	Name     string // for letters on paper only
	Email    string // empty: none
	Phone    string
	Language string
	Entry    int    // of the roll; −1: not known
	Code     string // as typed
	Link     string

	hash [32]byte // of the code; zero without one
}

// Facts are what a letter says to everybody.
type Facts struct {
	Organisation string            // whose vote it is
	Sender       string            // who sends the letter, such as "Registrar 1, the Riverside Credit Union"
	Contact      string            // how members ask for help
	Board        string            // the board's address
	Registrars   []string          // the names of all registrars of the round
	Title        text.Texts        // of the round or vote
	Vote         record.ID         // zero: it is about a round
	Closes       time.Time         // zero: not said
	PacketURL    string            //
	PacketHash   string            // SHA-256, in hexadecimal
	Words        map[string]string // by language: what else is to be said, such as the result
}
