package serve

import (
	"net/http"
	"strings"
	"testing"
)

// Codes of a long list are drawn while a page shows that work is under way, and the list is handed out once.
func TestManyCodes(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	round := s.round(s.list(members(2100)), 1, 0)
	at := "/console/rounds/" + round.String()
	s.b.get(at)
	s.b.send(at+"/codes", "registrar", "1", "which", "new").want(http.StatusOK, "Codes are being drawn")
	s.wait(s.b.at, "Done:")
	_, link, _ := strings.Cut(s.b.page, `href="/console/downloads/`)
	link = "/console/downloads/" + link[:26]
	s.b.get(link).want(http.StatusOK, "It can be downloaded once")
	token := s.b.csrf()
	s.b.send(link).want(http.StatusOK)
	if n := strings.Count(s.b.page, "\r\n"); n != 2101 {
		t.Errorf("%d lines", n)
	}
	s.b.send(link, "csrf", token).want(http.StatusForbidden) // the page that was sent back is no form
	s.b.get(link).want(http.StatusGone, "downloaded already")
	s.b.get(at).send(at+"/codes", "registrar", "2", "which", "member", "member", "M-777").want(http.StatusOK, "M-777", "/booth/card#")
	s.b.get(at).send(at+"/codes", "registrar", "2", "which", "member", "member", "M-9999").want(http.StatusUnprocessableEntity, "No member on the roll has the number M-9999.")
}
