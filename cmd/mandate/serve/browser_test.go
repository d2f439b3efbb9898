package serve

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is somebody's browser without scripts: it keeps cookies as browsers do (for a host, whatever the port), and sends the forms it is
// shown.
type browser struct {
	t      *testing.T
	client *http.Client
	base   string
	status int
	page   string // the last page
	at     string // its path
	header http.Header
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, client: &http.Client{Jar: jar}}
}

func (b *browser) do(req *http.Request) *browser {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.page, b.at, b.header = resp.StatusCode, string(body), resp.Request.URL.Path, resp.Header
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.base + path
	}
	req, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

var (
	csrfForm   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	hiddenForm = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// csrf returns the token in the last page.
func (b *browser) csrf() string {
	if m := csrfForm.FindStringSubmatch(b.page); m != nil {
		return m[1]
	}
	return ""
}

// send sends a form of the last page.
func (b *browser) send(path string, pairs ...string) *browser {
	b.t.Helper()
	v := url.Values{"csrf": {b.csrf()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.post(path, v)
}

func (b *browser) post(path string, v url.Values) *browser {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// upload sends a form with a file.
func (b *browser) upload(path, field, name string, content []byte, pairs ...string) *browser {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("csrf", b.csrf())
	for i := 0; i+1 < len(pairs); i += 2 {
		w.WriteField(pairs[i], pairs[i+1])
	}
	if name != "" {
		f, err := w.CreateFormFile(field, name)
		if err != nil {
			b.t.Fatal(err)
		}
		f.Write(content)
	}
	w.Close()
	req, err := http.NewRequest(http.MethodPost, b.base+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

// confirm ticks the box of a page that asks, and sends it.
func (b *browser) confirm() *browser {
	b.t.Helper()
	if !strings.Contains(b.page, `name="asked"`) {
		b.t.Fatalf("%s (%d) does not ask for a confirmation:\n%s", b.at, b.status, words(b.page))
	}
	v := url.Values{"confirmed": {"yes"}}
	for _, m := range hiddenForm.FindAllStringSubmatch(b.page, -1) {
		v.Add(m[1], html.UnescapeString(m[2]))
	}
	v["csrf"] = v["csrf"][:1]
	return b.post(b.at, v)
}

// want checks the status of the last page and that it has some texts.
func (b *browser) want(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s: status %d, want %d:\n%s", b.at, b.status, status, words(b.page))
	}
	for _, s := range texts {
		if !strings.Contains(html.UnescapeString(b.page), s) {
			b.t.Fatalf("%s does not say %q:\n%s", b.at, s, words(b.page))
		}
	}
	return b
}

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// words are a page's words.
func words(page string) string {
	_, page, _ = strings.Cut(page, "<main")
	var out []string
	for l := range strings.SplitSeq(html.UnescapeString(tags.ReplaceAllString(page, " ")), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
