package endtoend

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/record"
	"mandate/bulletin/booth/boothtest"
)

// A wire is a proxy through which one browser reaches everything, and which keeps what it sees.
type wire struct {
	*httptest.Server
	t    *testing.T
	mu   sync.Mutex
	seen []exchange
}

// An exchange is a request and its answer.
type exchange struct {
	connection string // of the browser
	method     string
	url        *url.URL
	header     http.Header
	body       []byte
	status     int
	answer     http.Header
	size       int // of the answer
}

func newWire(t *testing.T) *wire {
	w := &wire{t: t}
	transport := &http.Transport{DisableCompression: true}
	w.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e := exchange{connection: r.RemoteAddr, method: r.Method, url: r.URL, header: r.Header.Clone(), body: body}
		if r.Method == http.MethodConnect || !r.URL.IsAbs() || r.URL.Hostname() != "127.0.0.1" {
			w.keep(e)
			http.Error(out, "there is nothing else in this world", http.StatusBadGateway)
			return
		}
		request, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		request.Header = r.Header.Clone()
		request.Header.Del("Proxy-Connection")
		answer, err := transport.RoundTrip(request)
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		maps.Copy(out.Header(), answer.Header)
		out.WriteHeader(answer.StatusCode)
		n, _ := io.Copy(out, answer.Body)
		e.status, e.answer, e.size = answer.StatusCode, answer.Header, int(n)
		w.keep(e)
	}))
	t.Cleanup(func() { w.Close(); transport.CloseIdleConnections() })
	return w
}

func (w *wire) keep(e exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, e)
}

// since returns what was seen after the first n exchanges.
func (w *wire) since(n int) []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen[n:])
}

var (
	ids     = regexp.MustCompile(`[0-9a-f]{64}|assets/[0-9a-f]{16}`)
	numbers = regexp.MustCompile(`[0-9]+`)
)

// shape is what a network can see of exchanges: which, in which order, and how long they are.
func (w *town) shape(all []exchange) string {
	var b strings.Builder
	for _, e := range all {
		host := "registrar"
		if e.url.Host == hostOf(w.url) {
			host = "board"
		}
		path := numbers.ReplaceAllString(ids.ReplaceAllString(e.url.RequestURI(), "ID"), "N")
		fmt.Fprintf(&b, "%s %s %s, %d bytes: %d", e.method, host, path, len(e.body), e.status)
		if e.method == http.MethodPost {
			fmt.Fprintf(&b, ", %d bytes", e.size)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// stored returns everything that the browser keeps for the board: databases, storage, caches, history.
func (d *device) stored() (pieces map[string]string) {
	d.t.Helper()
	d.Eval(`(async () => {
		const out = {}, wait = (r) => new Promise((yes, no) => { r.onsuccess = () => yes(r.result); r.onerror = () => no(r.error); });
		const hex = (v) => v instanceof Uint8Array ? Array.from(v, (b) => b.toString(16).padStart(2, "0")).join("") : JSON.stringify(v);
		for (const { name } of await indexedDB.databases()) {
			const db = await wait(indexedDB.open(name));
			for (const table of db.objectStoreNames) {
				const store = db.transaction(table).objectStore(table);
				const [keys, values] = await Promise.all([wait(store.getAllKeys()), wait(store.getAll())]);
				keys.forEach((k, i) => { out[name + "/" + table + "/" + k] = hex(values[i]); });
			}
			db.close();
		}
		for (const [name, s] of [["local", localStorage], ["session", sessionStorage]]) for (const [k, v] of Object.entries(s)) out[name + "/" + k] = v;
		for (const name of await caches.keys()) out["cache/" + name] = "a cache";
		out.history = JSON.stringify(history.state) + location.href;
		out.cookies = document.cookie;
		return out;
	})()`, &pieces)
	return pieces
}

// proofLine is how long one hash of a receipt's proof is, with the end of its line, as hex.
const proofLine = 2 * 45

// A voting session as the network, the servers and the device's storage see it, for two members who choose differently: G10, F14, I4.
func sessions(t *testing.T, w *town, b *boothtest.Browser) {
	var shapes []string
	var kept []map[string]int
	for i, c := range []choice{everything, {}} {
		entry := w.entry([]string{"Jo Rivers", "Eli Stone"}[i]) // of one length
		seen := newWire(t)
		d := w.having(t, b.Through(t, boothtest.Phone, seen.URL), boothtest.Phone)
		d.Go(w.links[0][entry])
		d.Wait("Is this you?")
		d.Press("Yes, this is me")
		d.Wait("Keep your card before you go on")
		d.Press("Write down 24 words")
		d.Press("I have kept it")
		d.Wait("1 of 2 registrars has answered")
		d.Go(w.links[1][entry])
		d.Wait("Your card is complete")
		d.open(d.vote())
		d.Wait("Question 1 of 4")
		begun, before := len(seen.since(0)), d.stored()
		d.choose(c)
		prepared := d.stored()
		for key, value := range prepared {
			if before[key] != value && key != "history" && !strings.Contains(key, "memory") {
				t.Errorf("I4: preparing a ballot has changed what is kept under %s", key)
			}
		}
		d.cast()
		shapes = append(shapes, w.shape(seen.since(begun)))
		after := d.stored()
		d.nothingIsLeft(c, after, "after casting")
		sizes := make(map[string]int)
		for key, value := range after {
			if strings.HasSuffix(key, "/card") && value != before[key] {
				t.Errorf("I4: voting has changed the card")
			}
			if key != "history" && !strings.HasSuffix(key, "/card") { // in which there are words, long ones and short ones
				sizes[ids.ReplaceAllString(key, "ID")] = len(value)
			}
		}
		kept = append(kept, sizes)
		d.Eval(`history.back(), 0`, nil)
		d.Eval(`new Promise((f) => setTimeout(f, 300)).then(() => 0)`, nil)
		d.nothingIsLeft(c, d.stored(), "after going back")
		d.open(d.vote())
		d.Wait("Replace my vote")
		d.nothingIsLeft(c, d.stored(), "after coming again")
		w.judge(t, seen.since(0), entry)
	}
	if shapes[0] != shapes[1] || !strings.Contains(shapes[0], "POST board /records") {
		t.Errorf("G10: what goes over the network depends on the choice:\n%s\n%s", shapes[0], shapes[1])
	}
	for key := range kept[1] {
		if more := kept[1][key] - kept[0][key]; strings.HasSuffix(key, "memory") && more%proofLine == 0 { // the log was longer
			kept[1][key] = kept[0][key]
		}
	}
	if !maps.Equal(kept[0], kept[1]) {
		t.Errorf("I4: how much the device keeps depends on the choice:\n%v\n%v", kept[0], kept[1])
	}
	t.Logf("a ballot's way:\n%s", shapes[0])
}

// nothingIsLeft sees to it that neither the page nor the storage has what was chosen.
func (d *device) nothingIsLeft(c choice, stored map[string]string, when string) {
	d.t.Helper()
	var page string
	d.Eval(`document.documentElement.outerHTML + [...document.querySelectorAll("input, textarea")].map((e) => e.checked + e.value).join()`, &page)
	for _, name := range c.words() {
		if len(name) > 3 && strings.Contains(page, name) {
			d.t.Errorf("I4: %s the page has %q", when, name)
		}
		for key, value := range stored {
			if len(name) > 3 && (strings.Contains(value, name) || strings.Contains(value, hex.EncodeToString([]byte(name)))) {
				d.t.Errorf("I4: %s %s has %q", when, key, name)
			}
		}
	}
	if stored["cookies"] != "" {
		d.t.Errorf("%s there are cookies: %s", when, stored["cookies"])
	}
}

// judge looks at all exchanges of a member's session.
func (w *town) judge(t *testing.T, all []exchange, entry int) {
	hosts := map[string]bool{hostOf(w.url): true}
	for _, d := range w.desks {
		hosts[hostOf(d.URL)] = true
	}
	hostOn := make(map[string]string) // by connection
	member := w.roll.Member(entry)
	var ballots, cards int
	for _, e := range all {
		at := e.method + " " + e.url.String()
		if !hosts[e.url.Host] {
			t.Errorf("a request to a server that is no party of the vote: %s", at)
			continue
		}
		if host, known := hostOn[e.connection]; known && host != e.url.Host {
			t.Errorf("F14: one connection is used for %s and for %s", host, e.url.Host)
		}
		hostOn[e.connection] = e.url.Host
		for _, name := range []string{"Cookie", "Authorization", "Referer"} {
			if e.header.Get(name) != "" {
				t.Errorf("%s: %s: %s", at, name, e.header.Get(name))
			}
		}
		if e.answer.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", at)
		}
		if e.method != http.MethodOptions && (e.answer.Get("Content-Security-Policy") == "" || strings.Contains(e.answer.Get("Content-Security-Policy"), "unsafe-inline") || strings.Contains(e.answer.Get("Content-Security-Policy"), "'unsafe-eval'")) {
			t.Errorf("%s: policy %q", at, e.answer.Get("Content-Security-Policy"))
		}
		for _, secret := range []string{member.Number, member.Name, member.Email, w.codes[0][entry], w.codes[1][entry]} {
			if strings.Contains(e.url.String(), secret) || strings.Contains(e.url.String(), url.QueryEscape(secret)) || bytes.Contains(e.body, []byte(secret)) {
				t.Errorf("%s says %q", at, secret)
			}
		}
		if e.method != http.MethodPost {
			if len(e.body) > 0 {
				t.Errorf("%s has a body", at)
			}
			continue
		}
		if e.url.Host == hostOf(w.url) { // the board sees ballots, and nothing that a registrar has seen
			r, err := record.Decode(e.body)
			if err != nil || e.url.Path != "/records" || r.Kind() != "ballot" {
				t.Errorf("%s: %v", at, err)
				continue
			}
			ballots++
			key := r.Body.(*record.Ballot).Key
			for _, other := range all {
				if other.url.Host != hostOf(w.url) && (bytes.Contains(other.body, key[:]) || bytes.Contains(other.body, w.vote[:]) || strings.Contains(other.url.String(), key.String())) {
					t.Errorf("F14: a registrar is told of the ballot's credential or vote: %s", other.url)
				}
			}
		} else if e.url.Path == "/cards" {
			cards++
		}
	}
	if ballots != 1 || cards != len(w.desks) {
		t.Errorf("%d ballots and %d requests for cards were seen", ballots, cards)
	}
}
