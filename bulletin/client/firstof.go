package client

import (
	"context"
	"strings"
)

// FirstOf returns a transport that asks the first of these, the board, and where that does not answer the others in turn: mirrors, which hand
// what they are sent on to the board (SPEC.md §7.7). An answer is whatever the board has signed, or has said itself; what comes from something
// between (SPEC.md §8.5) is none. With no others it is the first.
func FirstOf(board Transport, mirrors ...Transport) Transport {
	if len(mirrors) == 0 {
		return board
	}
	return firstOf(append([]Transport{board}, mirrors...))
}

type firstOf []Transport

func (f firstOf) Send(ctx context.Context, r Request) (Answer, error) {
	var first Answer
	var failed error
	for i, t := range f {
		a, err := t.Send(ctx, r)
		if err == nil && (a.Status < 500 || strings.HasPrefix(a.Type, "application/mandate-")) || ctx.Err() != nil {
			return a, err
		}
		if i == 0 {
			first, failed = a, err
		}
	}
	return first, failed // what the board itself came to says most
}
