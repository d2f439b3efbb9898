package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"mandate/ballot/record"
)

// routePages routes to the pages for people: the organisation, a vote, all its statements, a round, and the files that they load.
func (h *Handler) routePages(r *mux.Router) {
	p := h.pages
	r.Handle("/", only(p.Organisation, http.MethodGet))
	r.Handle("/vote/{id}", only(h.pageOf(p.Vote), http.MethodGet))
	r.Handle("/vote/{id}/statements", only(h.pageOf(p.Statements), http.MethodGet))
	r.Handle("/round/{id}", only(h.pageOf(p.Round), http.MethodGet))
	r.Handle("/pages/{name}", only(func(w http.ResponseWriter, r *http.Request) { p.File(w, r, mux.Vars(r)["name"]) }, http.MethodGet))
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
