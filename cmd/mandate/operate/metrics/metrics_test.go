package metrics

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, m *Metrics, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestReadinessNamesWhatIsWrong(t *testing.T) {
	m := New(slog.New(slog.DiscardHandler))
	var trouble error
	m.Ready("board", func() error { return trouble })
	if code, text := get(t, m, "/readyz"); code != http.StatusOK || text != "ok\n" {
		t.Errorf("%d %s", code, text)
	}
	trouble = errors.New("the disk is full")
	if code, text := get(t, m, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "board: the disk is full") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := get(t, m, "/healthz"); code != http.StatusOK { // it lives
		t.Errorf("%d", code)
	}
	m.Looked("trustee", nil, nil)
	m.Looked("trustee", nil, trouble)
	_, text := get(t, m, "/metrics")
	for _, want := range []string{`mandate_party_failed_looks_total{party="trustee"} 1`, `mandate_party_looked_timestamp_seconds{party="trustee"} `, "go_goroutines"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "the disk is full") {
		t.Error("the text of an error is among the figures")
	}
}

// Without a host the listener is on the loopback interface.
func TestListenIsLocal(t *testing.T) {
	l, err := Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		t.Errorf("listens on %v", l.Addr())
	}
}
