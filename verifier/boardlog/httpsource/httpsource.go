// Package httpsource reads a board's log over HTTP: a boardlog.Source for the C2SP tlog-tiles files below a URL.
//
// It believes nothing that it is sent, and bounds what it takes: bytes, time, redirects and repetitions. What the files say is for package
// boardlog to check.
package httpsource

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mandate/verifier/boardlog"
)

// A Source reads the files of one log. Its fields may be set before its first use.
type Source struct {
	// Client sends the requests.
	Client *http.Client
	// Timeout is how long one attempt may take, its body included. Default 30 s.
	Timeout time.Duration
	// Attempts is how often a request is made before its failure is reported. Default 4. A file that is not there is not asked for again.
	Attempts int
	// Pause is the time before the second attempt; it doubles with every further one. Where the server says how long to wait, that is
	// done, up to MaxPause. Defaults 250 ms and 10 s.
	Pause, MaxPause time.Duration

	base string
}

// New returns a source for the log at a URL, with the given client, if any. The default client follows three redirects, and none to
// another host or from https to http.
func New(base string, client ...*http.Client) (*Source, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("the board's URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the board's URL %q: want http or https and a host, without user, query or fragment", base)
	}
	s := &Source{
		Timeout: 30 * time.Second, Attempts: 4, Pause: 250 * time.Millisecond, MaxPause: 10 * time.Second,
		base: strings.TrimRight(u.String(), "/") + "/",
	}
	for _, c := range client {
		if c != nil {
			s.Client = c
		}
	}
	if s.Client == nil {
		s.Client = newClient()
	}
	return s, nil
}

func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	t.ResponseHeaderTimeout = 15 * time.Second
	t.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{Transport: t, CheckRedirect: checkRedirect}
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 3 || r.URL.Host != first.Host || first.Scheme == "https" && r.URL.Scheme != "https" {
		return fmt.Errorf("%w to %s", errRedirect, r.URL.Redacted())
	}
	return nil
}

var errRedirect = errors.New("a redirect that is not followed")

// ReadFile implements boardlog.Source.
func (s *Source) ReadFile(ctx context.Context, path string) ([]byte, error) {
	most := boardlog.MaxSize(path)
	if most == 0 {
		return nil, fmt.Errorf("%.80q is no file of a log", path)
	}
	return s.Get(ctx, path, most)
}

// Get reads what is at a path below the URL, which may end in a query: at most so many bytes.
func (s *Source) Get(ctx context.Context, path string, most int64) ([]byte, error) {
	pause := s.Pause
	for attempt := 1; ; attempt++ {
		b, err := s.get(ctx, path, most)
		var again *retryError
		if err == nil || !errors.As(err, &again) || attempt >= s.Attempts || ctx.Err() != nil {
			return b, err
		}
		// Half of the pause is left to chance, so that clients which failed together do not come back together.
		wait := pause/2 + jitter(pause/2)
		if again.after > 0 {
			wait = again.after
		}
		select {
		case <-time.After(min(wait, s.MaxPause)):
		case <-ctx.Done():
			return nil, err
		}
		pause *= 2
	}
}

// A retryError is a failure that may pass.
type retryError struct {
	err   error
	after time.Duration // what the server asks for, 0 if nothing
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

func (s *Source) get(ctx context.Context, path string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "mandate")
	resp, err := s.Client.Do(req)
	if errors.Is(err, errRedirect) {
		return nil, err
	}
	if err != nil {
		return nil, &retryError{err: err}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return nil, fmt.Errorf("GET %s: %s: %w", req.URL, resp.Status, fs.ErrNotExist)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout:
		after, _ := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16)
		return nil, &retryError{fmt.Errorf("GET %s: %s", req.URL, resp.Status), time.Duration(after) * time.Second}
	default:
		return nil, fmt.Errorf("GET %s: %s", req.URL, resp.Status)
	}
	// The limit is on what the body unpacks to.
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, &retryError{err: fmt.Errorf("GET %s: %w", req.URL, err)}
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("GET %s: more than %d bytes", req.URL, most)
	}
	return b, nil
}

// jitter is a random part of d, so that many who were turned away at once do not come back at once.
func jitter(d time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return time.Duration(binary.LittleEndian.Uint64(b[:]) % uint64(d+1))
}
