package web

import "net/http"

// secured puts the headers of every answer, errors included. No answer may run, load, frame or submit anything, whatever a browser takes it
// for; only pages have a policy of their own (page.Policy), which lets them load their style sheet and pictures from the board.
func secured(next http.Handler, tls bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
		h.Set("Cache-Control", "no-store")
		if tls || r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// Caching of what is served: see RFC 9111 and RFC 8246.
const (
	cacheForever = "public, max-age=31536000, immutable" // a full tile never changes
	cacheShortly = "public, max-age=60"                  // a partial tile stays right, but a fuller one replaces it
)
