package booth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mandate/ballot/text"
)

// mostOrigins is how many other servers a policy names at most, so that headers stay of a size that servers and proxies take.
const mostOrigins = 64

// Policy returns the Content-Security-Policy of everything below /booth/: scripts and styles of the server itself, WebAssembly, and
// connections with the server itself, the board at an address and registrars at theirs. Addresses that are none are left out. The policy
// of a worker is that of its script's answer, so scripts have it too.
func Policy(board string, registrars []string) string {
	connect := []string{"'self'"}
	for _, address := range append([]string{board}, registrars...) {
		if o := origin(address); o != "" && len(connect) <= mostOrigins && !slices.Contains(connect, o) {
			connect = append(connect, o)
		}
	}
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src " +
		strings.Join(connect, " ") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// origin returns the origin of an address (RFC 6454), or nothing. An address of the log's form has no character that ends a directive.
func origin(address string) string {
	if address == "" || text.CheckURL("address", address) != nil {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'\"") {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// secure sets the headers of every answer.
func secure(h http.Header, board string, registrars []string) {
	h.Set("Content-Security-Policy", Policy(board, registrars))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions(""))
	h.Set("Cache-Control", "no-cache")
}

// permissions is a Permissions-Policy with the camera for nobody, or for the page itself.
func permissions(camera string) string {
	return "camera=(" + camera + "), geolocation=(), microphone=(), interest-cohort=()"
}
