package page

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// get asks for a page as a browser does.
func get(p *Pages, path, accept string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://votes.example.org"+path, nil)
	r.Header.Set("Accept-Language", accept)
	route(p).ServeHTTP(w, r)
	return w
}

func TestScenes(t *testing.T) {
	for _, name := range names(t) {
		s := scenes(t)[name]
		for _, path := range []string{"/", "/vote/" + s.vote.String()} {
			w := get(s.pages(), path, "en")
			t.Log(name, path, w.Code, w.Body.Len())
		}
	}
}
