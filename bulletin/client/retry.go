package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type request struct {
	method, path string
	body         []byte
	limit        int64 // of the answer's bytes
}

// An answer is what the board said, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// A laterError says that the board asks to come back later.
type laterError struct {
	error
	after time.Duration
}

func (e *laterError) Unwrap() error { return e.error }

// maxRetryAfter bounds how long the client lets itself be told to wait.
const maxRetryAfter = 30 * time.Second

func (a answer) retryAfter() time.Duration {
	n, err := strconv.ParseUint(a.header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRetryAfter)
}

// unexpected is the error of an answer that is none of the board's: one worth another attempt if something between it and the board is busy
// or broken.
func (a answer) unexpected() error {
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(a.body), "?"), "\n")
	err := fmt.Errorf("HTTP status %d: %.200q", a.status, line)
	switch a.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout,
		http.StatusInternalServerError:
		return &laterError{err, a.retryAfter()}
	}
	return err
}

// errLong is not worth another attempt.
var errLong = errors.New("the answer is longer than it can be")

// persist sends a request until use accepts or finally refuses the answer.
func (c *Client) persist(ctx context.Context, r request, use func(answer) error) error {
	wait := c.options.Wait
	for attempt := 1; ; attempt++ {
		a, err := c.once(ctx, r)
		var after time.Duration
		if err == nil {
			err = use(a)
			var later *laterError
			if !errors.As(err, &later) {
				return err
			}
			err, after = later.error, later.after
		} else if errors.Is(err, errLong) {
			return fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		}
		if attempt >= c.options.Attempts {
			return fmt.Errorf("after %d attempts: %w", attempt, err)
		}
		pause := time.NewTimer(max(after, spread(wait)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		}
		wait = min(2*wait, c.options.MaxWait)
	}
}

// spread takes up to a quarter off a wait, so that clients that failed together do not come back together.
func spread(wait time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	return wait - time.Duration(binary.BigEndian.Uint64(b[:])%uint64(wait/4+1))
}

// once sends a request once and reads the answer.
func (c *Client) once(ctx context.Context, r request) (answer, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return answer{}, err
	}
	if r.body != nil {
		req.Header.Set("Content-Type", typeRecord)
	}
	resp, err := c.options.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(b)) > r.limit {
		return answer{}, fmt.Errorf("%w: more than %d bytes", errLong, r.limit)
	}
	return answer{resp.StatusCode, resp.Header, b}, nil
}
