package httpsource

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandate/verifier/boardlog"
)

var _ boardlog.Source = (*Source)(nil)

func serve(t *testing.T, h http.HandlerFunc) *Source {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	s, err := New(srv.URL + "/log/")
	if err != nil {
		t.Fatal(err)
	}
	s.Pause, s.MaxPause, s.Timeout = time.Millisecond, 5*time.Millisecond, 2*time.Second
	return s
}

func TestReadFile(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/log/tile/0/x001/000.p/2" || r.Method != http.MethodGet {
			http.NotFound(w, r)
			return
		}
		w.Write(make([]byte, 64))
	})
	if b, err := s.ReadFile(t.Context(), "tile/0/x001/000.p/2"); err != nil || len(b) != 64 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := s.ReadFile(t.Context(), "tile/0/000"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	for _, path := range []string{"", "../secret", "tile/0/0", "checkpoint?x=1", "tile/0/000#"} {
		if _, err := s.ReadFile(t.Context(), path); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q was asked for: %v", path, err)
		}
	}
}

func TestRetries(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{
		"status 503": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) },
		"status 429, waiting": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60") // more than MaxPause
			http.Error(w, "", http.StatusTooManyRequests)
		},
		"a connection that breaks": func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"a body that breaks off": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "64")
			w.Write(make([]byte, 10))
		},
	} {
		var n atomic.Int32
		h := func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) < 4 {
				fail(w, r)
				return
			}
			w.Write(make([]byte, 64))
		}
		s := serve(t, h)
		if b, err := s.ReadFile(t.Context(), "tile/0/000.p/2"); err != nil || len(b) != 64 || n.Load() != 4 {
			t.Errorf("%s: %d bytes after %d attempts, %v", name, len(b), n.Load(), err)
		}
		n.Store(-10)
		if _, err := s.ReadFile(t.Context(), "tile/0/000.p/2"); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, boardlog.ErrInvalid) || n.Load() < -6 || n.Load() > -2 { // net/http itself repeats a request on a connection that was idle
			t.Errorf("%s, for ever: after %d attempts, %v", name, n.Load()+10, err)
		}
	}
	for status, want := range map[int]int32{http.StatusNotFound: 1, http.StatusForbidden: 1, http.StatusGone: 1, http.StatusBadRequest: 1} {
		var n atomic.Int32
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); w.WriteHeader(status) })
		if _, err := s.ReadFile(t.Context(), "checkpoint"); err == nil || n.Load() != want {
			t.Errorf("status %d: %d attempts, %v", status, n.Load(), err)
		}
	}
}

func TestLimits(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 65)) })
	if _, err := s.ReadFile(t.Context(), "tile/0/000.p/2"); err == nil {
		t.Error("a tile of 65 bytes where there can be 64")
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 1<<20))
	z.Close()
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	})
	if b, err := s.ReadFile(t.Context(), "checkpoint"); err == nil {
		t.Errorf("a checkpoint of %d bytes", len(b))
	}
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	s.Timeout, s.Attempts = 20*time.Millisecond, 2
	start := time.Now()
	if _, err := s.ReadFile(t.Context(), "checkpoint"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
		t.Errorf("a server that says nothing: %v after %v", err, time.Since(start))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ReadFile(ctx, "checkpoint"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("another host's")) }))
	defer other.Close()
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/log/checkpoint":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/elsewhere":
			w.Write([]byte("moved"))
		case "/log/tile/0/000":
			http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
		default:
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}
	})
	if b, err := s.ReadFile(t.Context(), "checkpoint"); err != nil || string(b) != "moved" {
		t.Errorf("a redirect: %q, %v", b, err)
	}
	if b, err := s.ReadFile(t.Context(), "tile/0/000"); err == nil {
		t.Errorf("a redirect to another host: %q", b)
	}
	asked.Store(0)
	if _, err := s.ReadFile(t.Context(), "tile/1/000"); err == nil || asked.Load() != 4 {
		t.Errorf("redirected in a circle %d times: %v", asked.Load(), err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{"", "board.example", "ftp://board.example", "file:///etc", "http://", "http://a:b@board.example", "http://board.example/?x", "http://board.example/#x", "http://[::1"} {
		if _, err := New(base); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
	mine := &http.Client{}
	if s, err := New("https://board.example", mine); err != nil || s.Client != mine {
		t.Errorf("with a client: %v", err)
	}
	if s, err := New("https://board.example", nil); err != nil || s.Client == nil {
		t.Errorf("without a client: %v", err)
	}
}
