package web

import (
	"net/http"
	"strings"
)

// public lets pages of any origin use what is not a page: a booth or a check page that another host serves reads the log and sends records
// as any program can. Credentials are never part of it, and there are none. A browser's question beforehand (the Fetch standard's preflight)
// is answered.
func public(next http.Handler, methods ...string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", allow)
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", exposed)
		next.ServeHTTP(w, r)
	})
}

// exposed are the headers that a page of another origin may read.
const exposed = HeaderCode + ", " + HeaderIndex + ", Retry-After"
