package program

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/booth"
	"mandate/bulletin/store"
	"mandate/bulletin/web"
)

// A town has a board with an open vote that pins the programs of this build, and one that is called and pins others.
type town struct {
	t            *testing.T
	url          string
	board        http.Handler
	open, called record.ID
}

func newTown(t *testing.T) *town {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	o := simulate.New(t, simulate.Config{Members: 1, Slots: 3})
	r := o.Round()
	v := r.Vote(func(m *record.Vote) { m.Programs = booth.Programs() })
	v.Ceremony()
	v.Open()
	later := r.Vote(func(m *record.Vote) {
		m.Programs = append(booth.Programs(), record.Program{Name: "ballot", Hash: record.ID{3}})
		m.Programs[0].Hash[0] ^= 1
	})
	at := filepath.Join(t.TempDir(), "log")
	log, err := store.OpenLog(t.Context(), store.Options{Path: at, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(t.Context(), o.Log()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := board.Open(context.WithoutCancel(t.Context()), board.Config{
		Path: at, Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, Log: quiet, RecordRate: rate.Inf, CheckpointInterval: 20 * time.Millisecond,
		Look: time.Hour, Clock: func() time.Time { return time.Unix(int64(o.State.Now()), 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	w := &town{t: t, board: web.New(b, web.Options{Log: quiet, Limits: web.Limits{Rate: rate.Inf}}), open: v.ID, called: later.ID}
	w.url = w.serve(w.board)
	return w
}

func (w *town) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return s.URL
}

// lying serves what the board does, with the answer to some requests changed.
func (w *town) lying(lie func(r *http.Request, h http.Header, body []byte) []byte) string {
	return w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		plain := r.Clone(r.Context())
		plain.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		w.board.ServeHTTP(rec, plain)
		h := rw.Header()
		for k, v := range rec.Header() {
			h[k] = v
		}
		h.Del("Content-Length")
		body := lie(r, h, rec.Body.Bytes())
		switch {
		case body == nil:
			rec.Code = http.StatusNotFound
		case !bytes.Equal(body, rec.Body.Bytes()):
			rec.Code = http.StatusOK
		}
		rw.WriteHeader(rec.Code)
		rw.Write(body)
	}))
}

// changed is a lie about the file with a name.
func changed(name string, change func([]byte) []byte) func(*http.Request, http.Header, []byte) []byte {
	return func(r *http.Request, _ http.Header, body []byte) []byte {
		if path.Base(r.URL.Path) != name {
			return body
		}
		return change(bytes.Clone(body))
	}
}

func (w *town) run(want int, args ...string) (out, errs string) {
	w.t.Helper()
	var stdout, stderr strings.Builder
	if got := Run(w.t.Context(), args, &stdout, &stderr); got != want {
		w.t.Errorf("%q: exit status %d, want %d\n%s%s", args, got, want, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in\n%s", p, text)
		}
	}
}

func TestSame(t *testing.T) {
	w := newTown(t)
	out, errs := w.run(exitSame, w.url)
	for _, p := range booth.Programs() {
		has(t, out, fmt.Sprintf("  same     %-14s %s\n", p.Name+".wasm", p.Hash))
	}
	has(t, out, "  same     worker.js ", "  same     client.js ", "  same     wasm_exec.js ", "\nVote "+w.open.String()+"\n", "go run ./cmd/booth/build -check\n")
	if strings.Contains(out, "DIFFERS") || strings.Contains(out, w.called.String()) || errs != "" {
		t.Errorf("%s%s", out, errs)
	}
	// A registrar's pages name the board.
	registrar := w.serve(booth.New(booth.Options{Board: w.url}))
	out, _ = w.run(exitSame, registrar)
	has(t, out, "What "+registrar+" hands out", "\nVote "+w.open.String()+"\n")
	// A mirror's do not.
	mirror := w.serve(booth.New(booth.Options{}))
	w.run(exitUnreadable, mirror)
	w.run(exitSame, "-board", w.url, mirror)
}

// G9: a server that hands out a program that was changed is found, and the program named.
func TestG9_ChangedProgramIsNamed(t *testing.T) {
	w := newTown(t)
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	out, errs := w.run(exitDiffers, w.lying(changed("booth.wasm", flip)))
	if n := strings.Count(out, "  DIFFERS  booth.wasm "); n != 2 { // from this build, and from what the vote pins
		t.Errorf("%d times in\n%s", n, out)
	}
	if n := strings.Count(out, "DIFFERS "); n != 2 {
		t.Errorf("%d differ in\n%s", n, out)
	}
	has(t, out, "  same     audit.wasm ", "; in this build it is ", "; handed out is ", "\nSomething DIFFERS.\n")
	has(t, errs, "hint: ")

	for _, c := range []struct {
		name, want string
		lie        func(*http.Request, http.Header, []byte) []byte
	}{
		{"another script", "  DIFFERS  worker.js ", changed("worker.js", func(b []byte) []byte { return append(b, ' ') })},
		{"to phones only", "  DIFFERS  audit.wasm ", func(r *http.Request, h http.Header, b []byte) []byte {
			if strings.Contains(r.UserAgent(), "Android") {
				b = changed("audit.wasm", flip)(r, h, b)
			}
			return b
		}},
		{"a file that is missing", "/client.js is not handed out", changed("client.js", func([]byte) []byte { return nil })},
		{"a script more", "this build has no such file", func(r *http.Request, h http.Header, b []byte) []byte {
			if path.Base(r.URL.Path) == "more.js" {
				h.Set("Content-Type", "text/javascript")
				return []byte("leak()")
			}
			return changed("vote.js", func(b []byte) []byte { return append(b, "import './more.js';"...) })(r, h, b)
		}},
		{"a page with a script of its own", "has a script in itself", func(r *http.Request, h http.Header, b []byte) []byte {
			return bytes.Replace(b, []byte("</body>"), []byte("<script>leak()</script></body>"), 1)
		}},
		{"a page with another's script", "which is from elsewhere", func(r *http.Request, h http.Header, b []byte) []byte {
			return bytes.Replace(b, []byte("</body>"), []byte("<SCRIPT src=//elsewhere.example/x.js></SCRIPT></body>"), 1)
		}},
		{"a page that may do more", "its policy is not that of this build", func(r *http.Request, h http.Header, b []byte) []byte {
			h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "script-src", "script-src 'unsafe-inline'", 1))
			return b
		}},
	} {
		out, _ := w.run(exitDiffers, "-agent", "Android", w.lying(c.lie))
		if !strings.Contains(out, c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, out)
		}
	}
}

// What a vote pins is compared with what is handed out, though all be as in this build.
func TestPins(t *testing.T) {
	w := newTown(t)
	out, _ := w.run(exitDiffers, "-vote", w.called.String(), w.url)
	has(t, out, "\nVote "+w.called.String()+"\n", "(called) pins:", "  DIFFERS  audit.wasm ", "  same     booth.wasm ", "  DIFFERS  ballot.wasm ", "it is not handed out")
	if strings.Contains(out, w.open.String()) {
		t.Errorf("a vote that was not asked for:\n%s", out)
	}
	_, errs := w.run(exitUnreadable, "-vote", strings.Repeat("1", 64), w.url)
	has(t, errs, "error: reading the board ", "hint: ")
}

func TestCalls(t *testing.T) {
	w := &town{t: t}
	out, errs := w.run(exitSame, "-h")
	has(t, out, "Example:\n    mandate program https://")
	if errs != "" {
		t.Error(errs)
	}
	empty := w.serve(http.NotFoundHandler())
	for _, args := range [][]string{
		{}, {"a", "b"}, {"-nonsense"}, {"ftp://x.example"}, {"https://a@x.example"}, {"https://x.example/booth/"}, {"-vote", "12", "https://x.example"},
		{"-vote", strings.Repeat("0", 64), "https://x.example"}, {empty}, {"http://127.0.0.1:1"},
		{w.serve(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))},
	} {
		out, errs := w.run(exitUnreadable, args...)
		if out != "" || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, "\nhint: ") {
			t.Errorf("%q: %s%s", args, out, errs)
		}
	}
}
