package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// Content types and headers of SPEC.md §8.5.
const (
	typeRecord  = "application/cbor"
	typePromise = "application/mandate-promise"
	typeRefusal = "application/mandate-refusal"
	maxAnswer   = 8 << 10

	forever = "public, max-age=31536000, immutable"
)

// relayed are the headers of the board's answer that are handed on.
var relayed = []string{"Content-Type", "Mandate-Index", "Mandate-Code", "Retry-After"}

// Handler returns what serves the copy under the paths that the board has for it: /checkpoint, /tile/, /records, /records/ID, /receipts/ID and
// /audit/board.tar; and /status and /evidence/ of its own. Everything is public and the same for everybody.
func (m *Mirror) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /checkpoint", m.getCheckpoint)
	mux.HandleFunc("GET /tile/", m.getTile)
	mux.HandleFunc("GET /records/{id}", m.getRecord)
	mux.HandleFunc("GET /receipts/{id}", m.getReceipt)
	mux.HandleFunc("GET /audit/board.tar", m.getAudit)
	mux.HandleFunc("GET /status", m.getStatus)
	mux.HandleFunc("GET /evidence/{$}", m.getEvidences)
	mux.HandleFunc("GET /evidence/{name}", m.getEvidence)
	mux.HandleFunc("POST /records", m.postRecord)
	mux.HandleFunc("OPTIONS /", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Mandate-Code, Mandate-Index, Retry-After")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func fail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, sentence+"\n")
}

func notFound(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "There is nothing at this address.")
}

func send(w http.ResponseWriter, kind, cache string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Write(b)
}

// served returns the checkpoint and the tree that are served now, nil before there is a copy.
func (m *Mirror) served() (boardlog.SignedCheckpoint, *boardlog.Tree) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.head, m.tree
}

func (m *Mirror) getCheckpoint(w http.ResponseWriter, _ *http.Request) {
	head, tree := m.served()
	if tree == nil {
		fail(w, http.StatusServiceUnavailable, "There is no copy yet.")
		return
	}
	send(w, "text/plain; charset=utf-8", "no-cache", head.Bytes())
}

func (m *Mirror) getTile(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	tile, err := boardlog.ParseTilePath(path)
	head, tree := m.served()
	if err != nil || tree == nil || tile.W > boardlog.TileAt(tile.L, tile.N, head.Size()).W {
		notFound(w)
		return
	}
	b, err := m.files.ReadFile(r.Context(), path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		notFound(w)
	case err != nil:
		m.options.Log.Error("reading the copy", "path", path, "error", err)
		fail(w, http.StatusInternalServerError, "The mirror could not read its copy.")
	case tile.W < boardlog.TileWidth:
		send(w, "application/octet-stream", "public, max-age=60", b)
	default:
		send(w, "application/octet-stream", forever, b)
	}
}

// find returns the place of the record that a request names.
func (m *Mirror) find(r *http.Request) (index uint64, id record.ID, ok bool) {
	s := r.PathValue("id")
	id, err := record.ParseID(s)
	if err != nil || id.String() != s {
		return 0, id, false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	index, ok = m.index[id]
	return index, id, ok && index < m.head.Size()
}

func (m *Mirror) getRecord(w http.ResponseWriter, r *http.Request) {
	index, _, ok := m.find(r)
	if !ok {
		notFound(w)
		return
	}
	_, tree := m.served()
	var raw []byte
	found := errors.New("found")
	err := tree.Read(r.Context(), index, func(_ uint64, b []byte) error {
		raw = b
		return found
	})
	if !errors.Is(err, found) {
		m.options.Log.Error("reading the copy", "record", index, "error", err)
		fail(w, http.StatusInternalServerError, "The mirror could not read its copy.")
		return
	}
	w.Header().Set("Mandate-Index", strconv.FormatUint(index, 10))
	send(w, typeRecord, forever, raw)
}

func (m *Mirror) getReceipt(w http.ResponseWriter, r *http.Request) {
	_, id, ok := m.find(r)
	if !ok && m.await(r.Context(), id) {
		w.Header().Set("Retry-After", "2")
		fail(w, http.StatusServiceUnavailable, "The board has promised this record, and the copy does not have it yet. Ask again.")
		return
	}
	index, _, ok := m.find(r)
	if !ok {
		fail(w, http.StatusNotFound, "No such record is in this copy.")
		return
	}
	head, tree := m.served()
	proof, err := tree.ProveInclusion(r.Context(), index, head.Size())
	if err != nil {
		m.options.Log.Error("making a receipt", "record", id, "error", err)
		fail(w, http.StatusInternalServerError, "The mirror could not make the receipt.")
		return
	}
	receipt := boardlog.Receipt{Record: tlog.Hash(id), Index: index, Hashes: proof, Checkpoint: head.Bytes()}
	send(w, "text/plain; charset=utf-8", "no-store", receipt.Encode())
}

// await brings the copy up to date for a record that is not in it; one that the board has promised through this mirror is waited for. It
// reports whether that is still to come: to say that there is no such record would be to accuse the board.
func (m *Mirror) await(ctx context.Context, id record.ID) bool {
	ctx, cancel := context.WithTimeout(ctx, receiptWait)
	defer cancel()
	for {
		m.mu.RLock()
		_, promised := m.promises[id]
		at, there := m.index[id]
		there = there && at < m.head.Size()
		fresh, failed := time.Since(m.tried) < time.Second, m.trouble["board"] != ""
		m.mu.RUnlock()
		pause := time.Second
		switch {
		case there:
			return false
		case fresh && (failed || !promised):
			return promised
		case fresh:
		case m.working.TryLock(): // one looks for all who ask: a board that does not answer must not be asked once for each
			err := m.follow(ctx)
			m.working.Unlock()
			if err != nil && ctx.Err() == nil {
				m.options.Log.Warn("following the board", "error", err)
			}
			continue
		default:
			pause = 50 * time.Millisecond
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return promised
		}
	}
}

// receiptWait is how long a request for a receipt waits, as at the board.
const receiptWait = 30 * time.Second

func (m *Mirror) getAudit(w http.ResponseWriter, r *http.Request) {
	head, tree := m.served()
	if tree == nil {
		fail(w, http.StatusServiceUnavailable, "There is no copy yet.")
		return
	}
	m.mu.RLock()
	head = m.withWitnesses(head)
	m.mu.RUnlock()
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="board.tar"`)
	if r.Method == http.MethodHead {
		return
	}
	if err := boardlog.WritePackage(r.Context(), patient{w}, m.files, head); err != nil {
		if r.Context().Err() == nil {
			m.options.Log.Error("writing the audit package", "error", err)
		}
		panic(http.ErrAbortHandler) // the client must not take what it has for the whole
	}
}

// A patient writer gives a long answer time as long as the client takes it piece by piece.
type patient struct{ http.ResponseWriter }

func (p patient) Write(b []byte) (written int, err error) {
	control := http.NewResponseController(p.ResponseWriter)
	for piece := range slices.Chunk(b, 64<<10) {
		control.SetWriteDeadline(time.Now().Add(30 * time.Second)) // a writer without deadlines needs none
		n, err := p.ResponseWriter.Write(piece)
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

// getStatus says how the mirror stands, for people and scripts. It proves nothing.
func (m *Mirror) getStatus(w http.ResponseWriter, _ *http.Request) {
	names, err := m.Evidence()
	if err != nil {
		m.options.Log.Error("listing evidence", "error", err)
	}
	m.mu.RLock()
	_, genesis := m.state.Genesis()
	status := struct {
		Board    string            `json:"board"`
		Genesis  record.ID         `json:"genesis"`
		Records  uint64            `json:"records"`
		Looked   time.Time         `json:"looked"`
		Trouble  map[string]string `json:"trouble"`
		Evidence []string          `json:"evidence"`
	}{m.options.Board, genesis, m.head.Size(), m.looked.UTC(), maps.Clone(m.trouble), append([]string{}, names...)}
	m.mu.RUnlock()
	b, err := json.Marshal(status)
	if err != nil {
		fail(w, http.StatusInternalServerError, "The mirror made a mistake.")
		return
	}
	send(w, "application/json", "no-store", append(b, '\n'))
}

func (m *Mirror) getEvidences(w http.ResponseWriter, _ *http.Request) {
	names, err := m.Evidence()
	if err != nil {
		fail(w, http.StatusInternalServerError, "The mirror could not read its folder.")
		return
	}
	send(w, "text/plain; charset=utf-8", "no-store", []byte(strings.Join(append(names, ""), "\n")))
}

func (m *Mirror) getEvidence(w http.ResponseWriter, r *http.Request) {
	names, err := m.Evidence()
	if name := r.PathValue("name"); err == nil && slices.Contains(names, name) {
		if b, err := m.files.read(evidenceDir + "/" + name); err == nil {
			send(w, "text/plain; charset=utf-8", "no-store", b)
			return
		}
	}
	notFound(w)
}

// postRecord hands a record on to the board, byte for byte, and the board's signed answer back. What the board has promised is remembered.
func (m *Mirror) postRecord(w http.ResponseWriter, r *http.Request) {
	if !m.relay.Allow() {
		w.Header().Set("Retry-After", "5")
		fail(w, http.StatusServiceUnavailable, "Too much is sent through this mirror at once. Send the same again in a moment.")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, record.MaxSize+1)) // what is too long, the board refuses, and signs that
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "A record has at most 65,535 bytes.")
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, strings.TrimRight(m.options.Board, "/")+"/records", bytes.NewReader(raw))
	if err != nil {
		fail(w, http.StatusInternalServerError, "The mirror made a mistake.")
		return
	}
	for _, h := range []string{"Content-Type", "Content-Encoding"} {
		if v := r.Header.Get(h); v != "" {
			req.Header.Set(h, v)
		}
	}
	silent := func(err error) {
		m.options.Log.Error("the board does not answer a record", "record", record.IDOf(raw), "error", err)
		w.Header().Set("Retry-After", "10")
		fail(w, http.StatusBadGateway, "The board does not answer. Send the same again: it is recorded once.")
	}
	resp, err := m.http().Do(req)
	if err != nil {
		silent(err)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		silent(errors.Join(err, errors.New("the answer is not whole")))
		return
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	m.answered(raw, answer, kind)
	for _, h := range relayed {
		if v := resp.Header.Get(h); v != "" {
			w.Header().Set(h, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	w.Write(answer)
}

var relayHTTP = &http.Client{
	Timeout:       45 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (m *Mirror) http() *http.Client {
	if m.options.HTTP != nil {
		return m.options.HTTP
	}
	return relayHTTP
}
