package member

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/registrar/issuing"
)

// A Problem is an error with what the member can do about it.
type Problem struct {
	Code string // stable, for programs that say it in the member's language: one of the constants below
	Err  error
	Hint string // a sentence
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// Codes of problems.
const (
	CodeOtherBoard    = "other-board"    // not the board that the card is for
	CodeOldBoard      = "old-board"      // the board shows an old state of itself
	CodeAlarm         = "alarm"          // another party did what an honest one does not do
	CodeKeys          = "keys"           // the board has shown this device other keys than a registrar, or than before: an alarm too
	CodeIncomplete    = "incomplete"     // answers of registrars are missing
	CodeSpent         = "spent"          // the card has voted, supported or spoken, and does so once
	CodePending       = "pending"        // a ballot was sent and its receipt is not here
	CodeTypo          = "code-typo"      // what was typed is no code, or was not typed right
	CodeCode          = "code"           // the registrar does not know the code
	CodeAnswered      = "answered"       // the registrar has answered another request for this roll entry
	CodeRemoved       = "removed"        // the commission has taken the roll entry off the roll
	CodeRate          = "rate"           // too many requests from this network
	CodeBoardDown     = "board-down"     // the board cannot be reached, or not read
	CodeRegistrarDown = "registrar-down" // a registrar cannot be reached, or does not serve now
	CodeNotOpen       = "not-open"       // it is too early
	CodeClosed        = "closed"         // it is too late
	CodeForm          = "form"           // what was asked for makes no sense here
	CodeStorage       = "storage"        // what has to be kept cannot be kept, or not be read
	CodeUnknown       = "unknown"        // a round, vote or ballot is not on the board
	CodeSignatures    = "signatures"     // the registrars' answers that were kept do not hold
	CodeInternal      = "internal"
)

func problem(code, hint, format string, args ...any) error {
	return &Problem{code, fmt.Errorf(format, args...), hint}
}

// CodeOf returns the code of the problem that an error wraps; CodeInternal if it wraps none.
func CodeOf(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return CodeInternal
}

var (
	// ErrOtherBoard is wrapped when the board is not the one that the card was made for.
	ErrOtherBoard = errors.New("this is not the board that the card is for")

	// ErrOldBoard is wrapped when the board shows less than the card has seen before, or a time far behind the device's clock.
	ErrOldBoard = errors.New("the board shows an old state of itself")

	// ErrAlarm is wrapped when another party has done what an honest one does not do.
	ErrAlarm = errors.New("this is not what an honest device, board or registrar does")

	// ErrIncomplete is wrapped when registrars' answers are missing from a card.
	ErrIncomplete = errors.New("the card is not complete")

	// ErrSpent is wrapped when the card has voted and the vote allows no second ballot.
	ErrSpent = errors.New("the card has voted already, and this vote allows one ballot for each card")

	// ErrPending is wrapped when a ballot was sent and its receipt has not been received yet.
	ErrPending = errors.New("a ballot that was sent has no receipt yet")

	// ErrSupported is wrapped when the card has supported the petition already.
	ErrSupported = errors.New("this card has supported the petition already")
)

// alarm is the problem of another party that is not honest, or not what it says it is.
func alarm(format string, args ...any) error {
	return &Problem{
		CodeAlarm, fmt.Errorf("%w: %w", ErrAlarm, fmt.Errorf(format, args...)),
		"keep the card and everything beside it as it is, and show it to the commission and to an observer",
	}
}

// An exhibit is a thing that shows what another party did.
type exhibit struct {
	name    string
	content []byte
}

// accuse is alarm with evidence, which is kept beside the card.
func (w *Wallet) accuse(ctx context.Context, exhibits []exhibit, format string, args ...any) error {
	return w.convict(ctx, CodeAlarm, exhibits, format, args...)
}

// accuseOfKeys is accuse of a board that shows different keys of registrars.
func (w *Wallet) accuseOfKeys(ctx context.Context, exhibits []exhibit, format string, args ...any) error {
	return w.convict(ctx, CodeKeys, exhibits, format, args...)
}

func (w *Wallet) convict(ctx context.Context, code string, exhibits []exhibit, format string, args ...any) error {
	err := &Problem{
		code, fmt.Errorf("%w: %w", ErrAlarm, fmt.Errorf(format, args...)),
		"keep the card and everything beside it as it is, and show it to the commission and to an observer",
	}
	if w.keep == nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mandate evidence, version 1\n%v\n", err)
	for _, e := range exhibits {
		fmt.Fprintf(&b, "\n%s, %d bytes in base64:\n%s\n", e.name, len(e.content), base64.StdEncoding.EncodeToString(e.content))
	}
	text := []byte(b.String())
	name := Evidence + record.IDOf(text).Short()
	if failed := w.keep.Put(context.WithoutCancel(ctx), name, text); failed != nil {
		return errors.Join(err, failed)
	}
	return &Problem{code, err, "the evidence is in " + w.keep.Place(name) + "; keep it with the card, and show it to the commission and to an observer"}
}

// boardProblem makes an error of the board's client a problem. A refusal's sentence says what to do.
func boardProblem(err error) error {
	var r *client.Refused
	if !errors.As(err, &r) {
		return problem(CodeBoardDown, "try again in a minute", "%w", err)
	}
	code := CodeForm
	switch r.Code {
	case "closed", "sealed", "ended", "expired", "window":
		code = CodeClosed
	case "not-open", "early":
		code = CodeNotOpen
	case "spent", "dup":
		code = CodeSpent
	case "rate":
		code = CodeRate
	case "busy", "stopping":
		code = CodeBoardDown
	}
	return &Problem{code, fmt.Errorf("the board refuses (%s): %w", r.Code, err), r.Sentence}
}

// isRefused returns the board's refusal that an error wraps, or nil.
func isRefused(err error) *client.Refused {
	var r *client.Refused
	errors.As(err, &r)
	return r
}

// refused makes a registrar's refusal a problem.
func (o *office) refused(err error) error {
	var refusal *issuing.Error
	if !errors.As(err, &refusal) {
		return problem(CodeRegistrarDown, "nothing is lost: try again later with the same code", "%s: %w", o.name(), err)
	}
	code := CodeForm
	switch refusal.Code {
	case issuing.CodeCode:
		code = CodeCode
	case issuing.CodeAnswered, issuing.CodeRestored, issuing.CodeClash:
		code = CodeAnswered
	case issuing.CodeRemoved:
		code = CodeRemoved
	case issuing.CodeRate:
		code = CodeRate
	case issuing.CodeNotOpen, issuing.CodeNotReady:
		code = CodeNotOpen
	case issuing.CodeClosed:
		code = CodeClosed
	case issuing.CodeBusy, issuing.CodeBoard, issuing.CodeStopping, issuing.CodeFault, "status":
		code = CodeRegistrarDown
	}
	return &Problem{code, fmt.Errorf("%s: %w", o.name(), err), "the sentence above is the registrar's own; if it does not help, contact " + o.manifest.Operator}
}
