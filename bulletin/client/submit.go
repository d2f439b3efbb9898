package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"mandate/ballot/record"
	"mandate/bulletin/client/reply"
)

// Accepted is the board's answer for a record it has taken.
type Accepted struct {
	Index   uint64 // where the board says the record is; only a receipt proves it. 0 for a support that is not published yet
	Promise []byte // of a ballot or support: the promise, signed by the board for exactly this record
}

// A Refused is the board's refusal of a record.
type Refused struct {
	Code     string // stable, of SPEC.md §9, §10.4 or §8.4
	Sentence string // for people: what is the matter and what to do next
	Raw      []byte // as signed by the board, to show to others; not checked by a client without Trust
}

func (r *Refused) Error() string { return "the board refuses: " + r.Sentence + " (" + r.Code + ")" }

// ErrUntrusted is wrapped by errors that say that the board's answer is not what it must be: not signed by the board, or for something else
// than was sent. Then the board, or whoever stands before it, is at fault, and asking again will not help.
var ErrUntrusted = errors.New("the board's answer cannot be believed")

// Answers of SPEC.md §8.4, with statuses of HTTP: this package links no net/http, which is too much for a booth.
const (
	typePromise = "application/mandate-promise"
	typeRefusal = "application/mandate-refusal"

	statusOK          = 200
	statusNotFound    = 404
	statusUnavailable = 503

	maxAnswer = 8 << 10
)

// isPromised reports whether the board answers a record by a promise.
func isPromised(r *record.Record) bool { return r.Kind() == "ballot" || r.Kind() == "support" }

// Submit sends a record until the board has answered. The error is a *Refused if the board refuses. For a ballot or support, the client must have been
// told whom to Trust: an answer without a promise that holds is an error that wraps ErrUntrusted.
func (c *Client) Submit(ctx context.Context, r *record.Record) (*Accepted, error) {
	if isPromised(r) && c.trust == nil {
		return nil, fmt.Errorf("sending a %s: no key is known to check the board's promise with", r.Kind())
	}
	var out *Accepted
	err := c.persist(ctx, Request{Path: "/records", Body: r.Raw(), Limit: maxAnswer}, func(a Answer) error {
		var err error
		out, err = c.accepted(r, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sending %s %s: %w", r.Kind(), r.ID().Short(), err)
	}
	return out, nil
}

// accepted reads the board's answer to a record.
func (c *Client) accepted(r *record.Record, a Answer) (*Accepted, error) {
	kind := a.Type
	if kind == typeRefusal {
		return nil, c.refused(r, a)
	}
	if a.Status != statusOK {
		return nil, a.unexpected()
	}
	if isPromised(r) {
		return c.promised(r, kind, a)
	}
	if kind != "application/json" {
		return nil, fmt.Errorf("%w: content type %q", ErrUntrusted, kind)
	}
	got, err := reply.Parse(a.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	index, ok := got.Uint64("index")
	if !ok {
		return nil, fmt.Errorf("%w: it has no index", ErrUntrusted)
	}
	name, _ := got.String("id")
	id, err := record.ParseID(name)
	if err != nil {
		return nil, fmt.Errorf("%w: id: %w", ErrUntrusted, err)
	}
	if id != r.ID() {
		return nil, fmt.Errorf("%w: it is for record %s, sent was %s", ErrUntrusted, id.Short(), r.ID().Short())
	}
	return &Accepted{Index: index}, nil
}

func (c *Client) promised(r *record.Record, kind string, a Answer) (*Accepted, error) {
	if kind != typePromise {
		return nil, fmt.Errorf("%w: content type %q, want a promise", ErrUntrusted, kind)
	}
	var p record.Promise
	if err := record.OpenAnswer(c.trust.genesis, a.Body, &p, c.trust.board); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if p.Ballot != r.ID() || p.Vote != r.Scope {
		return nil, fmt.Errorf("%w: it promises ballot %s of vote %s, sent was %s", ErrUntrusted, p.Ballot.Short(), p.Vote.Short(), r.ID().Short())
	}
	index, _ := strconv.ParseUint(a.Index, 10, 64)
	return &Accepted{Index: index, Promise: a.Body}, nil
}

// Codes of refusals that name no record: they are about the board's condition, or about a request it has not read (SPEC.md §8.4).
var general = map[string]bool{"busy": true, "rate": true, "stopping": true, "oversize": true, "media-type": true}

// refused reads a refusal. One that is about the board's condition is a reason to try again.
func (c *Client) refused(r *record.Record, a Answer) error {
	var p record.Refusal
	if c.trust == nil {
		if err := readUnsigned(a.Body, &p); err != nil {
			return fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
	} else if err := record.OpenAnswer(c.trust.genesis, a.Body, &p, c.trust.board); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if p.Record != r.ID() && !(general[p.Code] && p.Record == record.ID{}) {
		return fmt.Errorf("%w: it refuses record %s, sent was %s", ErrUntrusted, p.Record.Short(), r.ID().Short())
	}
	refused := &Refused{Code: p.Code, Sentence: p.Sentence, Raw: a.Body}
	if p.Code == "busy" || p.Code == "rate" || p.Code == "stopping" {
		return &laterError{refused, a.retryAfter()}
	}
	return refused
}

// readUnsigned decodes a refusal without checking who signed it.
func readUnsigned(b []byte, r *record.Refusal) error {
	var e struct {
		_         struct{} `cbor:",toarray"`
		Payload   []byte
		Signature []byte
	}
	if err := record.DecodeStrict(b, &e); err != nil {
		return err
	}
	return record.DecodeStrict(e.Payload, r)
}
