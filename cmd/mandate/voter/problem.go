package voter

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"
)

// A Problem is an error with what the member can do about it.
type Problem struct {
	Err  error
	Hint string // a sentence
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

func problem(hint, format string, args ...any) error {
	return &Problem{fmt.Errorf(format, args...), hint}
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
)

// alarm is the problem of another party that is not honest, or not what it says it is.
func alarm(format string, args ...any) error {
	return &Problem{
		fmt.Errorf("%w: %w", ErrAlarm, fmt.Errorf(format, args...)),
		"keep the card file and the files beside it as they are, and show them to the commission and to an observer",
	}
}

// An exhibit is a thing that shows what another party did.
type exhibit struct {
	name    string
	content []byte
}

// accuse is alarm with evidence, which is kept in a file beside the card.
func (w *Wallet) accuse(exhibits []exhibit, format string, args ...any) error {
	err := alarm(format, args...)
	if w.path == "" {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mandate evidence, version 1\n%v\n", err)
	for _, e := range exhibits {
		fmt.Fprintf(&b, "\n%s, %d bytes in base64:\n%s\n", e.name, len(e.content), base64.StdEncoding.EncodeToString(e.content))
	}
	text := []byte(b.String())
	name := w.path + ".evidence-" + record.IDOf(text).Short()
	if failed := vault.WriteFile(name, text, 0o600); failed != nil {
		return errors.Join(err, failed)
	}
	return &Problem{err, "the evidence is in " + name + "; keep it with the card file, and show it to the commission and to an observer"}
}
