// Package overhttp reaches registrars over HTTP for package issuing: New returns a Transport.
package overhttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"mandate/cmd/mandate/registrar/issuing"
)

// New returns a transport that has a new connection for every request, no cookies, no redirects, no compression, no TLS session tickets.
func New() issuing.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	t.DisableCompression = true
	return transport{&http.Client{
		Transport:     t,
		Timeout:       60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// NewWith returns a transport on an HTTP client, which decides what requests have in common.
func NewWith(h *http.Client) issuing.Transport { return transport{h} }

type transport struct{ http *http.Client }

func (t transport) Post(ctx context.Context, url string, body []byte, limit int) (issuing.Reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return issuing.Reply{}, errors.New("the registrar's address on the board is not well-formed")
	}
	req.Header.Set("Content-Type", issuing.ContentType)
	resp, err := t.http.Do(req)
	if err != nil {
		return issuing.Reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil && resp.StatusCode == http.StatusOK {
		return issuing.Reply{}, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return issuing.Reply{Status: resp.StatusCode, Type: kind, Body: b}, nil
}
