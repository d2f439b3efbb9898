// Package web serves a board over HTTP (SPEC.md §8.4): the log as C2SP tlog-tiles, the submission of records, receipts, summaries, the
// audit package, and the pages of package page. New returns the handler, Serve runs it with limits and shuts it down in order.
//
// It trusts nothing in a request. Limits come before work, paths are parsed and never joined to a folder, and no answer but a page can be
// taken by a browser for one. What it serves is public and the same for everybody; there are no cookies and no sessions.
package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"mandate/bulletin/board"
	"mandate/bulletin/page"
)

// Options say how a board is served.
type Options struct {
	Limits Limits
	// Proxies are the addresses of reverse proxies before the board, whose X-Forwarded-For is believed. Default none.
	Proxies []netip.Prefix
	// Address is where the board is reached, such as "https://votes.example.org", as its pages tell their readers. Default: what the
	// reader's browser asked for.
	Address string
	// TLS says that a proxy before the board speaks TLS, so that browsers are told never to come without.
	TLS bool
	// ReceiptWait is how long a request for a receipt waits for the record's checkpoint. Default 30 seconds.
	ReceiptWait time.Duration
	// Connections is how many connections Serve keeps at once. Default 10,000.
	Connections int
	// Log is told of errors. Default slog.Default.
	Log *slog.Logger
}

// A Handler serves a board.
type Handler struct {
	board    *board.Board
	options  Options
	pages    *page.Pages
	senders  *senders
	receipts chan struct{} // one for each request that waits for a receipt
	audits   chan struct{} // one for each request that reads the whole log
	extracts chan struct{} // one for each request that reads many records, or looks for some
	closing  chan struct{} // closed when the server shuts down
	close    func()
	routes   http.Handler
	times    times
}

// New returns the handler of a board.
func New(b *board.Board, o Options) *Handler {
	o.Limits = o.Limits.withDefaults()
	if o.ReceiptWait == 0 {
		o.ReceiptWait = 30 * time.Second
	}
	if o.Connections == 0 {
		o.Connections = 10_000
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Handler{
		board: b, options: o, pages: newPages(b, o, "/booth"), senders: newSenders(o.Limits),
		receipts: make(chan struct{}, o.Limits.Receipts), audits: make(chan struct{}, o.Limits.Audits), extracts: make(chan struct{}, o.Limits.Extracts), closing: make(chan struct{}),
		times: defaultTimes,
	}
	h.close = sync.OnceFunc(func() { close(h.closing) })
	r := mux.NewRouter().SkipClean(true) // a path that is not clean is no path of ours
	r.Handle("/records", public(only(h.postRecord, http.MethodPost), http.MethodPost))
	r.Handle("/receipts/{id}", public(only(h.getReceipt, http.MethodGet), http.MethodGet))
	r.Handle("/checkpoint", public(only(h.getCheckpoint, http.MethodGet), http.MethodGet))
	r.Handle("/tile/{rest:.*}", public(only(h.getTile, http.MethodGet), http.MethodGet))
	r.Handle("/votes", public(only(h.getVotes, http.MethodGet), http.MethodGet))
	r.Handle("/votes/{id}", public(only(h.getVote, http.MethodGet), http.MethodGet))
	r.Handle("/rounds", public(only(h.getRounds, http.MethodGet), http.MethodGet))
	r.Handle("/rounds/{id}", public(only(h.getRound, http.MethodGet), http.MethodGet))
	r.Handle("/audit/board.tar", public(only(h.getAudit, http.MethodGet), http.MethodGet))
	r.Handle("/witnesses", public(only(h.getWitnesses, http.MethodGet), http.MethodGet))
	r.Handle("/healthz", only(h.getHealth, http.MethodGet))
	r.Handle("/readyz", only(h.getReady, http.MethodGet))
	h.routeExtracts(r)
	h.routePages(r)
	r.NotFoundHandler = http.HandlerFunc(notFound)
	h.routes = secured(plainPaths(r), o.TLS)
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

// plainPaths refuses paths with percent-encoding: no path of the board needs it, so there is one spelling for each.
func plainPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.EscapedPath(), "%") {
			notFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// only answers other methods with 405. Whoever may GET may HEAD.
func only(f http.HandlerFunc, methods ...string) http.Handler {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", allow)
			fail(w, http.StatusMethodNotAllowed, "This address takes "+allow+" only.")
			return
		}
		f(w, r)
	})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusNotFound, "There is nothing at this address.")
}

// fail answers with one sentence in plain text.
func fail(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(sentence + "\n"))
}

func (h *Handler) writeJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		h.options.Log.Error("encoding an answer", "error", err)
		fail(w, http.StatusInternalServerError, "The board made a mistake.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(b, '\n'))
}

func (h *Handler) getHealth(w http.ResponseWriter, _ *http.Request) {
	if err := h.board.Err(); err != nil {
		fail(w, http.StatusServiceUnavailable, "The board has stopped.")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if trouble := h.board.Trouble(); trouble != "" {
		w.Write([]byte("records are taken, but " + trouble + "\n"))
		return
	}
	w.Write([]byte("ok\n"))
}
