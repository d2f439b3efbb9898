package overhttp

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
)

func TestJ3_ClientBoundsWhatItReads(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", issuing.ContentType)
		if r.URL.Path == "/refuse"+issuing.CardPath {
			w.WriteHeader(500)
		}
		block := bytes.Repeat([]byte{0x82}, 1<<16)
		for range 1000 { // 64 MiB, if anybody wants them
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	c := issuing.Client{Transport: New()}
	r := &issuing.CardRequest{Round: record.ID{1}, Code: issuing.NewCode(), Keys: record.ID{7}, Blinded: make([]byte, 256)}
	if _, err := c.Card(t.Context(), endless.URL, r); err == nil || !strings.Contains(err.Error(), "more than 65535 bytes") {
		t.Error(err)
	}
	if _, err := c.Card(t.Context(), endless.URL+"/refuse", r); err == nil {
		t.Error("no error")
	}
	if _, err := c.Entry(t.Context(), endless.URL, &issuing.EntryRequest{Round: record.ID{1}}); err == nil {
		t.Error("no error")
	}
}

func TestClientFollowsNoRedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the code went to another address") }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	c := issuing.Client{Transport: New()}
	if _, err := c.Entry(t.Context(), s.URL, &issuing.EntryRequest{Round: record.ID{1}, Code: issuing.NewCode()}); err == nil {
		t.Error("no error")
	}
}

// Every request is a connection of its own, without cookies: two of them have nothing in common that a server could see.
func TestF14_RequestsShareNoConnection(t *testing.T) {
	seen := make(map[string]bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen[r.RemoteAddr] || len(r.Cookies()) > 0 {
			t.Errorf("request from %s with cookies %v", r.RemoteAddr, r.Cookies())
		}
		seen[r.RemoteAddr] = true
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		w.WriteHeader(403)
	}))
	defer s.Close()
	c := issuing.Client{Transport: New()}
	for range 3 {
		c.Entry(t.Context(), s.URL, &issuing.EntryRequest{Round: record.ID{1}})
	}
	if len(seen) != 3 {
		t.Errorf("%d connections for 3 requests", len(seen))
	}
}
