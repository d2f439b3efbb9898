// Package client talks to a board over HTTP (SPEC.md §8.4): it submits records, fetches receipts, and reads the log.
//
// New makes a client; Trust tells it whose promises and receipts to believe, from the log's genesis record. Submit sends a record until there
// is an answer: records are recorded once however often they are sent, so it repeats what a broken connection or a busy board left open.
//
// The client believes nothing that is not signed. A promise counts only if the board's key has signed it for the ballot that was sent; a
// receipt only if it proves the record under a checkpoint that the log has signed. It has no use for the board's summaries. What is
// read is bounded. Of a board that lies it keeps what the board has signed, for others to see.
package client

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
)

// Options say how a client works.
type Options struct {
	// HTTP sends the requests. Default: one of its own, which follows no redirects.
	HTTP *http.Client
	// Attempts is how often a request is sent at most that gets no answer, or is told to come back later. Default 10.
	Attempts int
	// Wait is how long the client waits after the first attempt; it doubles with each, up to MaxWait. A quarter of it is chance.
	// Defaults 250 ms and 10 s.
	Wait, MaxWait time.Duration
}

// A Client talks to one board. It may be used from several goroutines.
type Client struct {
	base    string
	options Options
	source  boardlog.Source
	trust   *trust
}

// trust is whose signatures to believe.
type trust struct {
	genesis record.ID
	board   sigma.PublicKey
	log     boardlog.Policy
}

// New returns a client of the board at an address such as "https://board.example". It believes nobody before Trust.
func New(address string, o Options) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("board address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("board address %q: want http or https, a host and perhaps a path", address)
	}
	if o.HTTP == nil {
		o.HTTP = newHTTP()
	}
	if o.Attempts == 0 {
		o.Attempts = 10
	}
	if o.Wait == 0 {
		o.Wait = 250 * time.Millisecond
	}
	if o.MaxWait == 0 {
		o.MaxWait = 10 * time.Second
	}
	c := &Client{base: strings.TrimSuffix(u.String(), "/"), options: o}
	c.source, err = httpsource.New(c.base, o.HTTP)
	return c, err
}

func newHTTP() *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
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

// Trust returns a client of the same board that believes the keys in a log's genesis record, whose id the caller has from its own
// reading of the log or from elsewhere.
func (c *Client) Trust(genesis *record.Genesis, id record.ID) (*Client, error) {
	if genesis == nil {
		return nil, errors.New("trusting a board: there is no genesis record")
	}
	board, err := genesis.Board.Public()
	if err != nil {
		return nil, fmt.Errorf("trusting a board: board: %w", err)
	}
	log, err := checkpoint.ParseLogKey(genesis.LogKey)
	if err != nil {
		return nil, fmt.Errorf("trusting a board: log-key: %w", err)
	}
	d := *c
	d.trust = &trust{id, board, boardlog.Policy{Origin: genesis.Origin, Log: log}}
	return &d, nil
}

// Source returns the board's log. What it returns is to be checked by package boardlog.
func (c *Client) Source() boardlog.Source { return c.source }
