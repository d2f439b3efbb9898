package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/verifier/light"
)

// routeExtracts routes to what is for those who do not read the whole log (SPEC.md §10.8), and for finding a record.
func (h *Handler) routeExtracts(r *mux.Router) {
	get := func(path string, f http.HandlerFunc) { r.Handle(path, public(only(f, http.MethodGet), http.MethodGet)) }
	get("/outline/{id}", h.extractOf(func(id record.ID, from uint64) (*board.Extract, bool) { return h.board.Outline(id, from) }))
	get("/outline/roll/{id}", h.extractOf(func(id record.ID, _ uint64) (*board.Extract, bool) { return h.board.RollEntries(id) }))
	get("/outline/issues/{id}", h.extractOf(h.board.Issues))
	get("/chain/{id}/{key}", h.getChain)
	get("/records/{id}", h.getRecord)
	get("/words/{words}", h.getWords)
}

// extractOf answers with an extract of what the path names by its id.
func (h *Handler) extractOf(find func(record.ID, uint64) (*board.Extract, bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := parseID(r)
		from, plain := parseFrom(r)
		if !ok || !plain {
			notFound(w, r)
			return
		}
		e, ok := find(id, from)
		if !ok {
			notFound(w, r)
			return
		}
		h.writeExtract(w, r, e)
	}
}

func (h *Handler) getChain(w http.ResponseWriter, r *http.Request) {
	vote, ok := parseID(r)
	s := mux.Vars(r)["key"]
	key, err := record.ParseID(s)
	from, plain := parseFrom(r)
	if !ok || !plain || err != nil || strings.ToLower(s) != s {
		notFound(w, r)
		return
	}
	if !h.admitExtract(w) {
		return
	}
	defer func() { <-h.extracts }()
	e, ok, err := h.board.Chain(r.Context(), vote, record.Key(key), from)
	switch {
	case errors.Is(err, board.ErrTooMany):
		fail(w, http.StatusUnprocessableEntity, "There are more ballots of this card than are looked up. Read the whole log.")
	case err != nil:
		h.troubled(w, r, err)
	case !ok:
		notFound(w, r)
	default:
		h.stream(w, r, e)
	}
}

// parseFrom reads the query of an extract: none, or from which index on.
func parseFrom(r *http.Request) (uint64, bool) {
	if r.URL.RawQuery == "" {
		return 0, true
	}
	s, ok := strings.CutPrefix(r.URL.RawQuery, "from=")
	n, err := strconv.ParseUint(s, 10, 62)
	return n, ok && err == nil && strconv.FormatUint(n, 10) == s
}

// admitExtract takes one of the places for those who read extracts at once.
func (h *Handler) admitExtract(w http.ResponseWriter) bool {
	select {
	case h.extracts <- struct{}{}:
		return true
	default:
		h.busy(w)
		return false
	}
}

func (h *Handler) writeExtract(w http.ResponseWriter, r *http.Request, e *board.Extract) {
	if !h.admitExtract(w) {
		return
	}
	defer func() { <-h.extracts }()
	h.stream(w, r, e)
}

func (h *Handler) stream(w http.ResponseWriter, r *http.Request, e *board.Extract) {
	w.Header().Set("Content-Type", light.Type)
	if e.Final {
		w.Header().Set("Cache-Control", cacheForever)
	}
	if r.Method == http.MethodHead {
		return
	}
	out := patiently(w)
	err := h.board.WriteExtract(r.Context(), e, func(b []byte) error {
		_, err := out.Write(b)
		return err
	})
	if err != nil {
		if r.Context().Err() == nil {
			h.options.Log.Error("writing an extract", "error", err)
		}
		panic(http.ErrAbortHandler) // the client must not take what it has for the whole
	}
}

// getRecord answers with a record's bytes; whoever asks knows from the id whether they are the right ones.
func (h *Handler) getRecord(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID(r)
	if !ok {
		notFound(w, r)
		return
	}
	raw, index, ok, err := h.board.Record(r.Context(), id)
	switch {
	case err != nil:
		h.troubled(w, r, err)
	case !ok:
		fail(w, http.StatusNotFound, "No such record is on this board.")
	default:
		w.Header().Set("Content-Type", TypeRecord)
		w.Header().Set("Content-Disposition", `attachment; filename="record.cbor"`)
		w.Header().Set(HeaderIndex, strconv.FormatUint(index, 10))
		w.Header().Set("Cache-Control", cacheForever)
		w.Write(raw)
	}
}

// getWords answers with the ids of the records that eight words name. Whoever asks compares each with the words.
func (h *Handler) getWords(w http.ResponseWriter, r *http.Request) {
	prefix, err := credential.ParseIDWords(mux.Vars(r)["words"])
	if err != nil {
		fail(w, http.StatusNotFound, "These are not the eight words of a record.")
		return
	}
	select { // all ids are looked through
	case h.audits <- struct{}{}:
		defer func() { <-h.audits }()
	default:
		h.busy(w)
		return
	}
	ids := h.board.Named(prefix[:], 16)
	if ids == nil {
		ids = []record.ID{}
	}
	h.writeJSON(w, struct {
		Records []record.ID `json:"records"`
	}{ids})
}

func (h *Handler) troubled(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil && !errors.Is(err, context.Canceled) {
		h.options.Log.Error("reading records", "error", err)
	}
	fail(w, http.StatusInternalServerError, "The board could not read its log.")
}
