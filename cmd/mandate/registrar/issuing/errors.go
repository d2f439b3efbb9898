package issuing

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"mandate/bulletin/client/reply"
)

// Codes of a registrar's refusals (SPEC.md §10.1).
const (
	CodeMediaType = "media-type" // the request is not application/cbor
	CodeOversize  = "oversize"   // longer than any request to this registrar
	CodeMalformed = "malformed"  // not deterministic CBOR of the request, or of another length than the round's
	CodeRound     = "round"      // this registrar does not serve the round
	CodeNotOpen   = "not-open"   // cards cannot be collected yet
	CodeNotReady  = "not-ready"  // the registrar has not accepted the roll, or the keys of all registrars are not on the board
	CodeClosed    = "closed"     // cards cannot be collected any more
	CodeKeys      = "keys"       // the board has shown the client other keys than the registrar
	CodeRate      = "rate"       // too many wrong codes from this address
	CodeBusy      = "busy"       // more requests than the registrar can serve at once
	CodeCode      = "code"       // the code is none, or was replaced by a newer one
	CodeAnswered  = "answered"   // another request was answered for this roll entry
	CodeClash     = "clash"      // the same request was answered for another roll entry
	CodeRestored  = "restored"   // the board says that a card was issued, and the registrar does not know to which request
	CodeRemoved   = "removed"    // the commission has taken the entry off the roll, and no request was answered for it
	CodeRequest   = "request"    // a blinded value is not below the slot's modulus
	CodeBoard     = "board"      // the registrar has not seen the board for too long
	CodeStopping  = "stopping"   // the registrar is shutting down
	CodeFault     = "fault"      // the registrar failed
)

// statusOK is the status of an answer that is no refusal. This package links no net/http, which is too much for a booth.
const statusOK = 200

// refusals are the statuses of HTTP and the sentences of the codes. A sentence tells a member what to do next.
var refusals = map[string]struct {
	status   int
	sentence string
}{
	CodeMediaType: {415, "A request for a card is sent with the content type application/cbor. Use a program made for this purpose."},
	CodeOversize:  {413, "This is larger than any request for a card. Use a program made for this purpose."},
	CodeMalformed: {400, "This request cannot be read. Reload the page, or install the newest version of the program, and try again."},
	CodeRound:     {404, "This registrar does not issue cards of that round. Use the link in its newest message to you."},
	CodeNotOpen:   {503, "Cards cannot be collected yet. Keep the code and come back when the round has opened."},
	CodeNotReady:  {503, "This registrar is still checking the list of members and making its keys. Keep the code and come back later."},
	CodeClosed:    {410, "The time for collecting cards of this round is over. Ask the commission when the next round opens."},
	CodeKeys:      {409, "The board has shown your device other keys than it shows us: do not collect here. Somebody may be trying to mark your card. Keep what your device has kept as evidence, show it to the commission and to an observer, and collect with another device and another connection when it is explained."},
	CodeRate:      {429, "Too many wrong codes came from your network. Wait ten minutes, then type the code exactly as it stands in the message."},
	CodeBusy:      {503, "Many members are collecting cards just now. Your code stays good: try again in a minute."},
	CodeCode:      {403, "This code is not known here. Use the newest message from this registrar, for a new code replaces the old one; or ask it for a new code."},
	CodeAnswered:  {409, "A card was issued for your entry already, to another request. Restore that card from its file or its 24 words; it can be collected again as often as needed. If you never asked for one, tell the commission: somebody may have used your code."},
	CodeClash:     {409, "This very request was answered for another member. Your device has drawn the same secret as theirs: begin again with a new card, on another device."},
	CodeRestored:  {409, "After a loss of data this registrar does not know whether, or for which request, it has given you a card. If your card is complete it is good; if not, tell the commission and this registrar: they can see what the board says of your entry, and let you collect."},
	CodeRemoved:   {403, "The commission has taken your entry off the roll. If that is wrong, ask the commission to put it back; your code stays good for then."},
	CodeRequest:   {400, "This request does not fit this registrar's keys. Fetch the keys from the board again, and try again."},
	CodeBoard:     {503, "This registrar cannot reach the board just now. Your code stays good: try again in some minutes."},
	CodeStopping:  {503, "This registrar is being restarted. Your code stays good: try again in a minute."},
	CodeFault:     {500, "This registrar has failed. Your code stays good: try again later, and tell the registrar if it happens again."},
}

// An Error is a registrar's refusal.
type Error struct {
	Status   int    // of HTTP
	Code     string // stable; one of this package's if it is a registrar that says it
	Sentence string // for the member
}

func (e *Error) Error() string { return e.Sentence + " (" + e.Code + ")" }

// Temporary reports whether the same request may be answered later.
func (e *Error) Temporary() bool {
	return e.Status == 503 || e.Status == 429 || e.Status == 500
}

// Refuse returns the refusal with a code of this package.
func Refuse(code string) *Error {
	r, ok := refusals[code]
	if !ok {
		panic("issuing: " + code + " is not a code of refusal")
	}
	return &Error{r.status, code, r.sentence}
}

// RefuseRemoved is Refuse(CodeRemoved) with the commission's reason.
func RefuseRemoved(reason string) *Error {
	e := Refuse(CodeRemoved)
	e.Sentence = "The commission has taken your entry off the roll: " + reason + ". If that is wrong, ask the commission to put it back; your code stays good for then."
	return e
}

type errorBody struct {
	Error string `json:"error"`
	Code  string `json:"code"`
}

// Body returns the refusal as JSON: {"error": sentence, "code": code}.
func (e *Error) Body() []byte {
	b, err := json.Marshal(errorBody{e.Sentence, e.Code})
	if err != nil { // two strings always encode
		panic("issuing: " + err.Error())
	}
	return b
}

const (
	maxErrorBody = 4096
	maxSentence  = 600
)

// parseError reads a refusal as a server sent it, to be shown to a person: nothing in it can move the cursor or be long.
func parseError(status int, b []byte) *Error {
	body, err := reply.Parse(b[:min(len(b), maxErrorBody)])
	code, _ := body.String("code")
	sentence, _ := body.String("error")
	if err != nil || code == "" || sentence == "" {
		return &Error{status, "status", fmt.Sprintf("The registrar's address answers with status %d and not as a registrar does. Check the address on the board, and try again later.", status)}
	}
	return &Error{status, plain(code, 40), plain(sentence, maxSentence)}
}

// plain makes a stranger's text fit for a terminal.
func plain(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + " …"
}
