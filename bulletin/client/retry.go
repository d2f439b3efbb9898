package client

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A laterError says that the board asks to come back later.
type laterError struct {
	error
	after time.Duration
}

func (e *laterError) Unwrap() error { return e.error }

// maxUnwitnessed is how often a receipt is asked for at most that waits for witnesses: they may be away for long.
const maxUnwitnessed = 3

// maxRetryAfter bounds how long the client lets itself be told to wait.
const maxRetryAfter = 30 * time.Second

func (a Answer) retryAfter() time.Duration {
	n, err := strconv.ParseUint(a.RetryAfter, 10, 16)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRetryAfter)
}

// unexpected is the error of an answer that is none of the board's: one worth another attempt if something between it and the board is busy
// or broken.
func (a Answer) unexpected() error {
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(a.Body), "?"), "\n")
	err := fmt.Errorf("HTTP status %d: %.200q", a.Status, line)
	switch a.Status {
	case 408, 429, 500, 502, 503, 504:
		return &laterError{err, a.retryAfter()}
	}
	return err
}

// persist sends a request until use accepts or finally refuses the answer.
func (c *Client) persist(ctx context.Context, r Request, use func(Answer) error) error {
	wait := c.options.Wait
	for attempt := 1; ; attempt++ {
		a, err := c.transport.Send(ctx, r)
		var after time.Duration
		if err == nil {
			err = use(a)
			var later *laterError
			if !errors.As(err, &later) {
				return err
			}
			err, after = later.error, later.after
		} else if errors.Is(err, ErrLong) {
			return fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		}
		if attempt >= c.options.Attempts || attempt >= maxUnwitnessed && errors.Is(err, ErrUnwitnessed) {
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
