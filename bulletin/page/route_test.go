package page

import (
	"net/http"

	"mandate/ballot/record"
)

// route routes to pages as package web does.
func route(p *Pages) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", p.Organisation)
	of := func(show func(http.ResponseWriter, *http.Request, record.ID)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			id, err := record.ParseID(r.PathValue("id"))
			if err != nil {
				p.Missing(w, r)
				return
			}
			show(w, r, id)
		}
	}
	m.HandleFunc("GET /vote/{id}", of(p.Vote))
	m.HandleFunc("GET /vote/{id}/statements", of(p.Statements))
	m.HandleFunc("GET /vote/{id}/result", of(p.Result))
	m.HandleFunc("GET /vote/{id}/result.csv", of(p.ResultCSV))
	m.HandleFunc("GET /vote/{id}/result.json", of(p.ResultJSON))
	m.HandleFunc("GET /vote/{id}/count/{contest}/{file}", func(w http.ResponseWriter, r *http.Request) {
		of(func(w http.ResponseWriter, r *http.Request, id record.ID) {
			p.CountFile(w, r, id, r.PathValue("contest"), r.PathValue("file"))
		})(w, r)
	})
	m.HandleFunc("GET /round/{id}", of(p.Round))
	m.HandleFunc("GET /round/{id}/entry", of(p.Entry))
	m.HandleFunc("GET /log", p.Log)
	m.HandleFunc("GET /log/find", p.Find)
	m.HandleFunc("GET /log/{place}", func(w http.ResponseWriter, r *http.Request) { p.Record(w, r, r.PathValue("place")) })
	m.HandleFunc("GET /log/{place}/record.cbor", func(w http.ResponseWriter, r *http.Request) { p.Raw(w, r, r.PathValue("place")) })
	m.HandleFunc("GET /pages/{name}", func(w http.ResponseWriter, r *http.Request) { p.File(w, r, r.PathValue("name")) })
	m.HandleFunc("GET /", p.Missing)
	return m
}
