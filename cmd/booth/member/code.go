package member

import (
	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
)

// A Desk is where a code that a member typed is good: a registrar of a round.
type Desk struct {
	Window    *Window
	Registrar int // from 1
	Code      issuing.Code
}

// FindDesk reads a code as a member types it, or the whole link that it stands in, and says for which registrar it is, without asking anybody.
// want is the round if it is known, else zero: then it is the round that the link names, or the only one that is open.
func FindDesk(rounds []Window, want record.ID, line string) (*Desk, error) {
	typed, err := issuing.ParseCode(line)
	if err != nil {
		return nil, problem(CodeTypo, "copy it from the message; what stands before and after it does not belong to it", "what was typed %w", err)
	}
	w, err := findWindow(rounds, want, line)
	if err != nil {
		return nil, err
	}
	for i := range w.Registrars {
		if code, ok := typed.For(issuing.Desk{Round: w.Round, Registrar: uint64(i + 1)}); ok {
			return &Desk{w, i + 1, code}, nil
		}
	}
	return nil, problem(CodeTypo, "compare it with the message, character by character; or it is a code of an earlier round",
		"this code was not typed right, or is for another round than %s", w.Round.Short())
}

func findWindow(rounds []Window, want record.ID, line string) (*Window, error) {
	if id, ok := issuing.LinkRound(line); ok {
		if want != (record.ID{}) && want != id {
			return nil, problem(CodeForm, "use the link of the newest message, or another card", "this link is for round %s, the card is for round %s", id.Short(), want.Short())
		}
		want = id
	}
	var open []*Window
	for i := range rounds {
		if rounds[i].Round == want {
			return &rounds[i], nil
		}
		if rounds[i].IsOpen() {
			open = append(open, &rounds[i])
		}
	}
	switch {
	case want != (record.ID{}):
		return nil, problem(CodeUnknown, "check the board's address", "round %s is not on this board", want)
	case len(open) == 0:
		return nil, problem(CodeClosed, "check the board's address, or ask the commission when the next round opens", "the board has no round in which cards can be collected")
	case len(open) > 1:
		return nil, problem(CodeForm, "name the round, or give the whole link from the message", "the board has %d rounds in which cards can be collected", len(open))
	}
	return open[0], nil
}
