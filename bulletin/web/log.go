package web

import (
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mandate/verifier/boardlog"
)

func (h *Handler) getCheckpoint(w http.ResponseWriter, r *http.Request) {
	h.serveFile(w, r, boardlog.CheckpointPath, "text/plain; charset=utf-8", "no-cache")
}

// getTile serves hash tiles and entry bundles. The path is parsed, and only its one right spelling is looked up.
func (h *Handler) getTile(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	tile, err := boardlog.ParseTilePath(path)
	if err != nil {
		notFound(w, r)
		return
	}
	cache := cacheForever
	if tile.W < boardlog.TileWidth {
		cache = cacheShortly
	}
	h.serveFile(w, r, path, "application/octet-stream", cache)
}

func (h *Handler) serveFile(w http.ResponseWriter, r *http.Request, path, kind, cache string) {
	b, err := h.board.Source().ReadFile(r.Context(), path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		notFound(w, r)
	case err != nil:
		h.options.Log.Error("reading the log", "path", path, "error", err)
		fail(w, http.StatusInternalServerError, "The board could not read its log.")
	default:
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", cache)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		patiently(w).Write(b)
	}
}

// getWitnesses serves the policy by which the board has its checkpoints cosigned.
func (h *Handler) getWitnesses(w http.ResponseWriter, _ *http.Request) {
	_, _, file := h.board.WitnessPolicy()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(file)
}

// getReady says whether receipts can be had: a board that waits for witnesses takes records, and cannot prove them yet.
func (h *Handler) getReady(w http.ResponseWriter, _ *http.Request) {
	if err := h.board.Err(); err != nil {
		fail(w, http.StatusServiceUnavailable, "The board has stopped.")
		return
	}
	if s := h.board.Witnesses(); s.Waiting() {
		fail(w, http.StatusServiceUnavailable, s.String())
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n"))
}

// getAudit streams the audit package of the log at its present checkpoint.
func (h *Handler) getAudit(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "application/x-tar")
		return
	}
	select {
	case h.audits <- struct{}{}:
		defer func() { <-h.audits }()
	default:
		h.busy(w)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="board.tar"`)
	if err := h.board.WriteAudit(r.Context(), patiently(w)); err != nil {
		if r.Context().Err() == nil {
			h.options.Log.Error("writing the audit package", "error", err)
		}
		panic(http.ErrAbortHandler) // the client must not take what it has for the whole
	}
}

// patience is how long a client may take for each piece of a long answer.
const (
	patience = 30 * time.Second
	piece    = 64 << 10
)

// A patient writer gives a long answer time as long as the client takes it piece by piece.
type patient struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func patiently(w http.ResponseWriter) patient { return patient{w, http.NewResponseController(w)} }

func (p patient) Write(b []byte) (written int, err error) {
	for len(b) > 0 && err == nil {
		p.control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines needs none
		var n int
		n, err = p.w.Write(b[:min(len(b), piece)])
		b, written = b[n:], written+n
	}
	return written, err
}
