package web

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/bulletin/booth"
	"mandate/bulletin/page"
	"mandate/verifier/boardlog"
)

// routePages routes to the pages for people: the organisation, a vote, all its statements, its result with its files, a round, the entries
// of its roll, the log record by record, the files that pages load, and the booth, which has a policy of its own.
func (h *Handler) routePages(r *mux.Router) {
	p := h.pages
	get := func(path string, f http.HandlerFunc) { r.Handle(path, only(f, http.MethodGet)) }
	get("/", p.Organisation)
	get("/vote/{id}", h.pageOf(p.Vote))
	get("/vote/{id}/statements", h.pageOf(p.Statements))
	get("/vote/{id}/result", h.pageOf(p.Result))
	get("/vote/{id}/result.csv", h.pageOf(p.ResultCSV))
	get("/vote/{id}/result.json", h.pageOf(p.ResultJSON))
	get("/vote/{id}/count/{contest}/{file}", h.pageOf(func(w http.ResponseWriter, r *http.Request, id record.ID) {
		p.CountFile(w, r, id, mux.Vars(r)["contest"], mux.Vars(r)["file"])
	}))
	get("/round/{id}", h.pageOf(p.Round))
	get("/round/{id}/entry", h.pageOf(p.Entry))
	get("/log", p.Log)
	get("/log/find", p.Find)
	get("/log/{place}", func(w http.ResponseWriter, r *http.Request) { p.Record(w, r, mux.Vars(r)["place"]) })
	get("/log/{place}/record.cbor", func(w http.ResponseWriter, r *http.Request) { p.Raw(w, r, mux.Vars(r)["place"]) })
	r.PathPrefix("/booth/").Handler(booth.New(booth.Options{Facts: func() (f booth.Facts) {
		h.board.View(func(s *fold.State) { f = booth.FactsOf(s) })
		return f
	}}))
	get("/pages/{name}", func(w http.ResponseWriter, r *http.Request) { p.File(w, r, mux.Vars(r)["name"]) })
}

// pageOf answers with the page of what the path names by its id.
func (h *Handler) pageOf(show func(http.ResponseWriter, *http.Request, record.ID)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := parseID(r)
		if !ok {
			h.pages.Missing(w, r)
			return
		}
		show(w, r, id)
	}
}

// headOf returns the board's newest checkpoint for its pages.
func headOf(b *board.Board) func() []byte {
	return func() []byte {
		signed, err := b.Source().ReadFile(context.Background(), boardlog.CheckpointPath)
		if err != nil {
			return nil
		}
		return signed
	}
}

// newPages returns the pages of a board, with those of its log.
func newPages(b *board.Board, o Options, booth string) *page.Pages {
	return page.New(b, page.Options{Address: o.Address, TLS: o.TLS, Records: b, Head: headOf(b), Booth: booth, Log: o.Log})
}
