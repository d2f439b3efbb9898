package remote

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What net/http says of connections and of handlers that panic names no address.
func TestE12_ErrorLogNamesNoAddress(t *testing.T) {
	var out bytes.Buffer
	l := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	errors := ErrorLog(l, slog.LevelDebug)
	errors.Printf("http: TLS handshake error from 203.0.113.7:4711: EOF")
	errors.Printf("http: panic serving [2001:db8::7%%eth0]:80: oops")
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))
	s.Config.ErrorLog = errors
	s.Start()
	client := &http.Client{Timeout: time.Minute}
	if resp, err := client.Get(s.URL); err == nil {
		resp.Body.Close()
	}
	s.Close()
	got := out.String()
	for _, address := range []string{"203.0.113", "2001:db8", "127.0.0.1", "4711"} {
		if strings.Contains(got, address) {
			t.Errorf("%s is in the log:\n%s", address, got)
		}
	}
	if strings.Count(got, "oops") != 2 || strings.Count(got, "(address)") != 3 {
		t.Errorf("the log says\n%s", got)
	}
}
