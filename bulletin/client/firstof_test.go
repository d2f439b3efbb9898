package client

import (
	"context"
	"errors"
	"testing"
)

type sends func(Request) (Answer, error)

func (s sends) Send(_ context.Context, r Request) (Answer, error) { return s(r) }

// G4: a mirror is asked when the board does not answer, and only then.
func TestG4_AMirrorIsAskedWhenTheBoardIsSilent(t *testing.T) {
	down := errors.New("no route to host")
	mirror := sends(func(Request) (Answer, error) { return Answer{Status: 200, Index: "mirror"}, nil })
	for name, c := range map[string]struct {
		board Answer
		err   error
		want  string
	}{
		"no answer":          {err: down, want: "mirror"},
		"a proxy's answer":   {board: Answer{Status: 502, Type: "text/html"}, want: "mirror"},
		"a promise":          {board: Answer{Status: 200, Index: "board"}, want: "board"},
		"a refusal":          {board: Answer{Status: 409, Type: typeRefusal, Index: "board"}, want: "board"},
		"busy, and signed":   {board: Answer{Status: 503, Type: typeRefusal, Index: "board"}, want: "board"},
		"no such receipt":    {board: Answer{Status: 404, Type: "text/plain", Index: "board"}, want: "board"},
		"an answer too long": {err: ErrLong, want: "mirror"},
	} {
		a, err := FirstOf(sends(func(Request) (Answer, error) { return c.board, c.err }), mirror).Send(t.Context(), Request{})
		if err != nil || a.Index != c.want {
			t.Errorf("%s: %+v, %v; want that of the %s", name, a, err, c.want)
		}
	}
	silent := sends(func(Request) (Answer, error) { return Answer{}, errors.New("neither") })
	if _, err := FirstOf(sends(func(Request) (Answer, error) { return Answer{}, down }), silent).Send(t.Context(), Request{}); !errors.Is(err, down) {
		t.Error(err)
	}
}
