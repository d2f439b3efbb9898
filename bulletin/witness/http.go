package witness

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// waiting bounds how many requests are looked at together.
const waiting = 256

// Handler returns the witness over HTTP: POST /add-checkpoint as in c2sp.org/tlog-witness, GET / for people, GET /healthz.
func (w *Witness) Handler() http.Handler {
	places := make(chan struct{}, waiting)
	m := http.NewServeMux()
	m.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			rw.Header().Set("Retry-After", "1")
			http.Error(rw, "too many ask at once", http.StatusServiceUnavailable)
			return
		}
		w.addCheckpoint(rw, r)
	})
	m.HandleFunc("GET /{$}", w.about)
	m.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) {
		if err := w.options.DB.Err(); err != nil {
			http.Error(rw, "the store has stopped", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(rw, "ok\n")
	})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		m.ServeHTTP(rw, r)
	})
}

func (w *Witness) addCheckpoint(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, int64(MaxRequest)))
	if err != nil {
		status := http.StatusBadRequest
		if errors.As(err, new(*http.MaxBytesError)) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(rw, "the request could not be read", status)
		return
	}
	request, err := ParseRequest(body)
	var line []byte
	if err == nil {
		line, err = w.Add(r.Context(), request)
	}
	if err == nil {
		rw.Write(line)
		return
	}
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", conflict.Size)
		return
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{ErrRequest, http.StatusBadRequest}, {ErrSignature, http.StatusForbidden}, {ErrUnknownLog, http.StatusNotFound},
		{ErrFork, http.StatusConflict}, {ErrProof, http.StatusUnprocessableEntity},
	} {
		if errors.Is(err, known.err) {
			http.Error(rw, err.Error(), known.status)
			return
		}
	}
	if r.Context().Err() == nil {
		w.options.Log.Error("answering a request", "error", err)
	}
	http.Error(rw, "the witness could not answer", http.StatusInternalServerError)
}

// about says who this is and what was cosigned last.
func (w *Witness) about(rw http.ResponseWriter, _ *http.Request) {
	heads, err := w.Heads()
	if err != nil {
		w.options.Log.Error("reading what was cosigned", "error", err)
		http.Error(rw, "the witness could not answer", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(rw, "This is a witness of transparency logs (c2sp.org/tlog-witness).\n\n%s\n", w.vkey)
	for _, h := range heads {
		fmt.Fprintf(rw, "\n%s", h.Signed)
		if h.Fork != nil {
			fmt.Fprintf(rw, "\nThe log has signed two trees of one size. This proves two histories:\n\n%s", h.Fork)
		}
	}
}
