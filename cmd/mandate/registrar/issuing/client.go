package issuing

import (
	"context"
	"fmt"
	"strings"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
)

// A Transport carries one request to a registrar, by itself: each with a connection of its own as far as the program can tell, without cookies,
// redirects or anything else in common with another. What it would share with what later casts a ballot would tell the two apart from other
// members'.
type Transport interface {
	// Post sends a body of ContentType to an address and reads the answer, of which it takes at most limit bytes and one more. An error
	// says that there was no answer.
	Post(ctx context.Context, url string, body []byte, limit int) (Reply, error)
}

// A Reply is what was answered.
type Reply struct {
	Status int    // of HTTP
	Type   string // the content type, without parameters, in lower case
	Body   []byte
}

// A Client is a member's side of the two requests.
type Client struct {
	Transport Transport
}

// Entry asks a registrar at an address which roll entry the code is for. A refusal is an *Error.
func (c *Client) Entry(ctx context.Context, address string, r *EntryRequest) (*roll.Opening, error) {
	body, err := r.Encode()
	if err != nil {
		return nil, err
	}
	answer, err := c.post(ctx, address+EntryPath, body, maxOpening)
	if err != nil {
		return nil, err
	}
	return ParseOpening(answer)
}

// Card asks a registrar at an address for signatures. A refusal is an *Error.
func (c *Client) Card(ctx context.Context, address string, r *CardRequest) (*credential.Answer, error) {
	body, err := r.Encode()
	if err != nil {
		return nil, err
	}
	answer, err := c.post(ctx, address+CardPath, body, record.MaxSize)
	if err != nil {
		return nil, err
	}
	return credential.ParseAnswer(answer)
}

func (c *Client) post(ctx context.Context, url string, body []byte, limit int) ([]byte, error) {
	r, err := c.Transport.Post(ctx, url, body, max(limit, maxErrorBody))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reaching the registrar: %w", err) // names the address, which has no secret in it
	case r.Status != statusOK:
		return nil, parseError(r.Status, r.Body)
	case len(r.Body) > limit:
		return nil, fmt.Errorf("the registrar's answer has more than %d bytes", limit)
	case r.Type != ContentType:
		return nil, fmt.Errorf("the registrar's answer is of type %q, want %s", plain(r.Type, 100), ContentType)
	}
	return r.Body, nil
}

// Address returns the base address of a registrar as the round record has it, without a slash at its end.
func Address(r *record.Registrar) string { return strings.TrimRight(r.URL, "/") }
