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
	"mandate/verifier/evidence"
)

// A Problem is an error with what the member can do about it.
type Problem struct {
	Code string // stable, for programs that say it in the member's language: one of the constants below
	Err  error
	Hint string // a sentence
	// Evidence is a file that shows others what another party did (SPEC.md §7.6); nil if there is none, or none is needed.
	Evidence []byte

	kept bool // the evidence is beside the card
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// Kept reports whether the evidence is beside the card already.
func (p *Problem) Kept() bool { return p.kept }

// Codes of problems.
const (
	CodeOtherBoard    = "other-board"    // not the board that the card is for
	CodeOldBoard      = "old-board"      // the board shows an old state of itself
	CodeAlarm         = "alarm"          // another party did what an honest one does not do
	CodeKeys          = "keys"           // the board has shown this device other keys than a registrar, or than before: an alarm too
	CodeIncomplete    = "incomplete"     // answers of registrars are missing
	CodeSpent         = "spent"          // the card has voted, supported or spoken, and does so once
	CodePending       = "pending"        // a ballot was sent and its receipt is not here
	CodeUnwitnessed   = "unwitnessed"    // it is recorded, and witnesses that the vote demands have not cosigned it yet
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
	return &Problem{Code: code, Err: fmt.Errorf(format, args...), Hint: hint}
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
func alarm(format string, args ...any) *Problem {
	return &Problem{
		Code: CodeAlarm, Err: fmt.Errorf("%w: %w", ErrAlarm, fmt.Errorf(format, args...)),
		Hint: "keep the card and everything beside it as it is, and show it to the commission and to an observer",
	}
}

// with adds evidence, if it could be made.
func (p *Problem) with(e *evidence.Evidence, err error) *Problem {
	for _, x := range exhibited(e, err) {
		p.Evidence = x.content
	}
	return p
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
		Code: code, Err: fmt.Errorf("%w: %w", ErrAlarm, fmt.Errorf(format, args...)),
		Hint: "keep the card and everything beside it as it is, and show it to the commission and to an observer",
	}
	for _, e := range exhibits {
		if e.name == portable {
			err.Evidence = e.content
		}
	}
	if w.keep == nil {
		return err
	}
	text := err.Evidence
	if text == nil {
		var b strings.Builder
		fmt.Fprintf(&b, "mandate exhibits, version 1\n%v\n", err)
		for _, e := range exhibits {
			fmt.Fprintf(&b, "\n%s, %d bytes in base64:\n%s\n", e.name, len(e.content), base64.StdEncoding.EncodeToString(e.content))
		}
		text = []byte(b.String())
	}
	place, failed := w.keepEvidence(ctx, text)
	if failed != nil {
		return errors.Join(err, failed)
	}
	hint := "the evidence is in " + place + "; keep it with the card, and show it to the commission and to an observer"
	return &Problem{Code: code, Err: err, Hint: hint, Evidence: err.Evidence, kept: true}
}

// portable is the name of an exhibit that is a file of evidence: others can judge it without anything else that this device has.
const portable = "evidence"

// keepEvidence keeps evidence beside the card, under a name that follows from what it says.
func (w *Wallet) keepEvidence(ctx context.Context, text []byte) (place string, err error) {
	name := Evidence + record.IDOf(text).Short()
	return w.keep.Place(name), w.keep.Put(context.WithoutCancel(ctx), name, text)
}

// exhibited makes an exhibit of a claim; nil if that cannot be.
func exhibited(e *evidence.Evidence, err error) []exhibit {
	if err != nil {
		return nil
	}
	b, err := e.Encode()
	if err != nil {
		return nil
	}
	return []exhibit{{portable, b}}
}

// exhibit makes an exhibit of a claim against who is believed.
func (a *authority) exhibit(c evidence.Claim) []exhibit {
	e := a.file
	e.Claim = c
	return exhibited(&e, nil)
}

// broken makes an exhibit of a promise that was not kept. The refusal, if any, is the same board's of the same record.
func (a *authority) broken(promise, refusal []byte) []exhibit {
	var p record.Promise
	var r record.Refusal
	if record.OpenAnswer(a.genesis, promise, &p, a.board) != nil {
		return nil
	}
	if record.OpenAnswer(a.genesis, refusal, &r, a.board) == nil && evidence.Contradicts(&p, &r, a.relays) {
		return a.exhibit(&evidence.Answers{Promise: promise, Refusal: refusal})
	}
	return a.exhibit(&evidence.Promise{Promise: promise})
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
	return &Problem{Code: code, Err: fmt.Errorf("the board refuses (%s): %w", r.Code, err), Hint: r.Sentence}
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
	return &Problem{Code: code, Err: fmt.Errorf("%s: %w", o.name(), err), Hint: "the sentence above is the registrar's own; if it does not help, contact " + o.manifest.Operator}
}
