package web

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/bulletin/remote"
)

// Content types and headers of SPEC.md §8.4.
const (
	TypeRecord  = "application/cbor"
	TypePromise = "application/mandate-promise"
	TypeRefusal = "application/mandate-refusal"

	HeaderCode  = "Mandate-Code"  // of a refusal
	HeaderIndex = "Mandate-Index" // of a promised ballot, a hint: the receipt proves it
)

// CodeWitnesses is the code in the answer to a request for a receipt that lacks cosignatures yet.
const CodeWitnesses = "witnesses"

// witnessPatience is how long a request for a receipt waits for witnesses.
const witnessPatience = 3 * time.Second

// status is the HTTP status of a refusal.
func status(code string) int {
	switch code {
	case record.CodeMalformed, record.CodeUnknownKind:
		return http.StatusBadRequest
	case record.CodeOversize:
		return http.StatusRequestEntityTooLarge
	case board.CodeMediaType:
		return http.StatusUnsupportedMediaType
	case board.CodeRate:
		return http.StatusTooManyRequests
	case board.CodeBusy, board.CodeStopping:
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}

// retryAfter is after how many seconds a record may be sent again that was refused for the board's condition.
var retryAfter = map[string]string{board.CodeBusy: "2", board.CodeRate: "10", board.CodeStopping: "10"}

// costly are the codes of refusals that come only after costly checks, and that no correct program is refused with.
var costly = map[string]bool{
	"noncanonical": true, "trivial": true, "signatures": true, "proof": true, "dup-randomness": true, "signature": true, "key": true,
}

func (h *Handler) postRecord(w http.ResponseWriter, r *http.Request) {
	addr := remote.Addr(r, h.options.Proxies)
	if !h.senders.allow(addr) {
		h.refuse(w, h.board.Refuse(board.CodeRate))
		return
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != TypeRecord || r.Header.Get("Content-Encoding") != "" {
		h.refuse(w, h.board.Refuse(board.CodeMediaType))
		return
	}
	raw, err := body(w, r)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			h.refuse(w, h.board.Refuse(record.CodeOversize))
		} else {
			fail(w, http.StatusBadRequest, "The request broke off before the record was there.")
		}
		return
	}
	a, err := h.board.Submit(r.Context(), raw)
	if err != nil {
		var refused *board.Refused
		if errors.As(err, &refused) && costly[refused.Code] {
			h.senders.punish(addr)
		}
		h.refuse(w, err)
		return
	}
	if a.Promise != nil {
		w.Header().Set("Content-Type", TypePromise)
		if !a.Kept {
			w.Header().Set(HeaderIndex, strconv.FormatUint(a.Index, 10))
		}
		w.Write(a.Promise)
		return
	}
	h.writeJSON(w, struct {
		Index uint64    `json:"index"`
		ID    record.ID `json:"id"`
	}{a.Index, a.ID})
}

// body reads a record's bytes, at most as many as a record can have. It takes memory as they come, not as they are announced.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > record.MaxSize {
		return nil, &http.MaxBytesError{Limit: record.MaxSize}
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), 4096)) + bytes.MinRead)
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, record.MaxSize))
	return b.Bytes(), err
}

// refuse answers with a signed refusal, or says that there is no answer.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	var refused *board.Refused
	switch {
	case errors.As(err, &refused):
		w.Header().Set("Content-Type", TypeRefusal)
		w.Header().Set(HeaderCode, refused.Code)
		if after, ok := retryAfter[refused.Code]; ok {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status(refused.Code))
		w.Write(refused.Signed)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		fail(w, http.StatusServiceUnavailable, "The answer took too long. Send the same again: it is recorded once.")
	default:
		h.options.Log.Error("answering a record", "error", err)
		fail(w, http.StatusInternalServerError, "The board made a mistake. Send the same again: it is recorded once.")
	}
}

// parseID parses an id of a path: 64 hexadecimal digits in lower case, its only spelling.
func parseID(r *http.Request) (record.ID, bool) {
	s := mux.Vars(r)["id"]
	id, err := record.ParseID(s)
	return id, err == nil && strings.ToLower(s) == s
}

func (h *Handler) getReceipt(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID(r)
	if !ok {
		notFound(w, r)
		return
	}
	select {
	case h.receipts <- struct{}{}:
		defer func() { <-h.receipts }()
	default:
		h.busy(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.options.ReceiptWait)
	defer cancel()
	go func() {
		look := time.NewTicker(500 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-h.closing:
				cancel()
			case <-look.C: // who waits for witnesses is told so, and not kept waiting
				if s := h.board.Witnesses(); s.Waiting() && time.Since(s.Since) > witnessPatience {
					cancel()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	receipt, err := h.board.Receipt(ctx, id)
	switch {
	case errors.Is(err, board.ErrUnknown):
		fail(w, http.StatusNotFound, "No such record is on this board.")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "2")
		if s := h.board.Witnesses(); s.Waiting() {
			w.Header().Set(HeaderCode, CodeWitnesses)
			fail(w, http.StatusServiceUnavailable, "The record is recorded, "+s.String()+". Ask again.")
			return
		}
		fail(w, http.StatusServiceUnavailable, "The record is not under a checkpoint yet. Ask again.")
	case err != nil:
		h.options.Log.Error("making a receipt", "record", id, "error", err)
		fail(w, http.StatusInternalServerError, "The board could not make the receipt.")
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(receipt)
	}
}

func (h *Handler) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "2")
	fail(w, http.StatusServiceUnavailable, "Too many ask for this at once. Ask again in a moment.")
}
