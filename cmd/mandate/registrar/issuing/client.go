package issuing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
)

// A Client is a member's side of the two requests.
type Client struct {
	// HTTP sends the requests; nil means NewHTTPClient's. It should share nothing with what later casts a ballot: a connection, cookie or
	// TLS ticket in common would tell the two apart from other members'.
	HTTP *http.Client
}

// NewHTTPClient returns a client of its own for one registrar: a new connection for every request, no cookies, no redirects, no compression,
// no TLS session tickets.
func NewHTTPClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	t.DisableCompression = true
	return &http.Client{
		Transport:     t,
		Timeout:       60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
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
	client := c.HTTP
	if client == nil {
		client = NewHTTPClient()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the registrar's address on the board is not well-formed")
	}
	req.Header.Set("Content-Type", ContentType)
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reaching the registrar: %w", err) // names the address, which has no secret in it
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody+1))
		return nil, parseError(resp.StatusCode, b)
	}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || t != ContentType {
		return nil, fmt.Errorf("the registrar's answer is of type %q, want %s", plain(resp.Header.Get("Content-Type"), 100), ContentType)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("reading the registrar's answer: %w", err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("the registrar's answer has more than %d bytes", limit)
	}
	return b, nil
}

// Address returns the base address of a registrar as the round record has it, without a slash at its end.
func Address(r *record.Registrar) string { return strings.TrimRight(r.URL, "/") }
