// Package overhttp reaches a board over HTTP for package client: Dial returns a client of the board at an address.
package overhttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandate/bulletin/client"
	"mandate/verifier/boardlog/httpsource"
)

// Dial returns a client of the board at an address such as "https://board.example". It believes nobody before Trust, and has sent nothing.
// The HTTP client may be nil: then it is one of its own, which follows no redirects. Mirrors are further addresses, of copies of the board's
// log that hand records on: they are asked where the board does not answer.
func Dial(address string, h *http.Client, o client.Options, mirrors ...string) (*client.Client, error) {
	if h == nil {
		h = Trusting(nil)
	}
	var transports []client.Transport
	var logs sources
	for i, a := range append([]string{address}, mirrors...) {
		t, log, err := reach(a, h)
		if err != nil {
			return nil, err
		}
		if len(mirrors) > 0 && i == 0 {
			log.Attempts = 2 // there is somebody else to ask
		}
		transports, logs = append(transports, t), append(logs, log)
	}
	if len(mirrors) == 0 {
		return client.New(transports[0], logs[0], o), nil
	}
	return client.New(client.FirstOf(transports[0], transports[1:]...), logs, o), nil
}

func reach(address string, h *http.Client) (*transport, *httpsource.Source, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, fmt.Errorf("board address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, nil, fmt.Errorf("board address %q: want http or https, a host and perhaps a path", address)
	}
	t := &transport{base: strings.TrimSuffix(u.String(), "/"), http: h}
	log, err := httpsource.New(t.base, h)
	return t, log, err
}

// sources is the first of these logs that answers. They are of one log, or what is read is refused.
type sources []*httpsource.Source

func (s sources) ReadFile(ctx context.Context, path string) (b []byte, err error) {
	for _, log := range s {
		var failed error
		if b, failed = log.ReadFile(ctx, path); failed == nil || errors.Is(failed, fs.ErrNotExist) {
			return b, failed
		}
		err = errors.Join(err, failed)
	}
	return nil, err
}

// Trusting returns an HTTP client for Dial that believes certificates of the authorities given; nil: of those that the machine believes.
func Trusting(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  45 * time.Second, // a receipt is waited for up to 30
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// transport is a client.Transport.
type transport struct {
	base string
	http *http.Client
}

func (t *transport) Send(ctx context.Context, r client.Request) (client.Answer, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, t.base+r.Path, body)
	if err != nil {
		return client.Answer{}, err
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/cbor")
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return client.Answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, r.Limit+1))
	if err != nil {
		return client.Answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(b)) > r.Limit {
		return client.Answer{}, fmt.Errorf("%w: more than %d bytes", client.ErrLong, r.Limit)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return client.Answer{
		Status: resp.StatusCode, Type: kind, Index: resp.Header.Get("Mandate-Index"), RetryAfter: resp.Header.Get("Retry-After"), Body: b,
	}, nil
}
