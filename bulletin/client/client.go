// Package client talks to a board (SPEC.md §8.4): it submits records, fetches receipts, and reads the log.
//
// New makes a client on a Transport, which package overhttp has for programs, and a browser's fetch for pages; Trust tells it whose promises
// and receipts to believe, from the log's genesis record. Submit sends a record until there is an answer: records are recorded once however
// often they are sent, so it repeats what a broken connection or a busy board left open.
//
// The client believes nothing that is not signed. A promise counts only if the board's key has signed it for the ballot that was sent; a
// receipt only if it proves the record under a checkpoint that the log has signed. It has no use for the board's summaries. What is
// read is bounded. Of a board that lies it keeps what the board has signed, for others to see.
package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// A Transport carries requests to one board. It follows no redirects, adds no cookies, and may be used from several goroutines.
type Transport interface {
	// Send sends a request once and reads the answer whole. It is an error that wraps ErrLong if there are more bytes than the request's
	// limit; any other error says that there was no answer.
	Send(ctx context.Context, r Request) (Answer, error)
}

// A Request is one to a board: a POST of a record if it has a body, else a GET.
type Request struct {
	Path  string // below the board's address, with a slash at the beginning
	Body  []byte // of type application/cbor
	Limit int64  // of the answer's bytes
}

// An Answer is what a board said, read whole.
type Answer struct {
	Status     int    // of HTTP
	Type       string // the content type, without parameters, in lower case
	Index      string // the header Mandate-Index
	RetryAfter string // the header Retry-After
	Body       []byte
}

// ErrLong is wrapped by a Transport's error about an answer that is longer than it can be. It is not worth another attempt.
var ErrLong = errors.New("the answer is longer than it can be")

// Options say how a client works.
type Options struct {
	// Attempts is how often a request is sent at most that gets no answer, or is told to come back later. Default 10.
	Attempts int
	// Wait is how long the client waits after the first attempt; it doubles with each, up to MaxWait. A quarter of it is chance.
	// Defaults 250 ms and 10 s.
	Wait, MaxWait time.Duration
}

// A Client talks to one board. It may be used from several goroutines.
type Client struct {
	transport Transport
	options   Options
	source    boardlog.Source
	trust     *trust
}

// trust is whose signatures to believe.
type trust struct {
	genesis record.ID
	board   sigma.PublicKey
	log     boardlog.Policy
}

// New returns a client of the board that a transport reaches and whose log is at a source. It believes nobody before Trust.
func New(t Transport, log boardlog.Source, o Options) *Client {
	if o.Attempts == 0 {
		o.Attempts = 10
	}
	if o.Wait == 0 {
		o.Wait = 250 * time.Millisecond
	}
	if o.MaxWait == 0 {
		o.MaxWait = 10 * time.Second
	}
	return &Client{transport: t, source: log, options: o}
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
