package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// maxAsked is the largest body of a request on the socket, in bytes: a private roll.
const maxAsked = 256 << 20

// A Control is how an operator's commands reach the party that runs: HTTP on a Unix socket of mode 0600. Whoever can open it could as well
// read the party's memory.
type Control struct {
	mux *http.ServeMux
}

// NewControl returns a Control that answers nothing yet.
func NewControl() *Control { return &Control{mux: http.NewServeMux()} }

// Answer says how a request is answered: what is written goes to the command's standard output. An error is shown with its hint; nothing may
// have been written before.
func (c *Control) Answer(verb string, answer func(r *http.Request, w io.Writer) error) {
	c.mux.HandleFunc("POST /"+verb, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxAsked)
		err := answer(r, w)
		if err == nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		json.NewEncoder(w).Encode(problem{err.Error(), HintOf(err)})
	})
}

type problem struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

// Serve answers until ctx ends. The party's folder must have been claimed: a socket that is there is one that a process left when it died.
func (c *Control) Serve(ctx context.Context, path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("socket: %w", err)
	}
	// The socket is made in the party's folder, whose mode is 0700, so that nobody can open it before its own mode is set.
	l, err := net.Listen("unix", path)
	if err != nil {
		return Hint(fmt.Errorf("socket: %w", err), "a path of more than about 100 bytes is too long for a socket: name a shorter one (socket = \"/run/mandate/…\")")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return fmt.Errorf("socket: %w", err)
	}
	s := &http.Server{Handler: c.mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if s.Shutdown(drain) != nil {
			s.Close()
		}
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("socket: %w", err)
	}
	return nil
}

// errNotRunning is returned by Ask if no process answers.
var errNotRunning = errors.New("the party does not run")

// NotRunning reports whether an error of Ask says that no process answers.
func NotRunning(err error) bool { return errors.Is(err, errNotRunning) }

// Ask asks the party that runs, and copies its answer.
func (c *Common) Ask(ctx context.Context, verb string, query url.Values, body io.Reader, out io.Writer) error {
	h := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", c.Socket)
	}}}
	defer h.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://party/"+verb+"?"+query.Encode(), body)
	if err != nil {
		return err
	}
	resp, err := h.Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return Hint(fmt.Errorf("%w: nobody answers at %s", errNotRunning, c.Socket), "start it with the verb run, and look at what it logs")
	}
	if err != nil {
		return fmt.Errorf("asking the party that runs: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		_, err := io.Copy(out, resp.Body)
		return err
	}
	var p problem
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err == nil && json.Unmarshal(b, &p) == nil && p.Error != "" {
		if p.Hint == "" {
			return errors.New(p.Error)
		}
		return Hint(errors.New(p.Error), "%s", p.Hint)
	}
	return fmt.Errorf("the party that runs answers %s: %s", resp.Status, strings.TrimSpace(string(b)))
}
