package program

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andybalholm/brotli"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/booth"
)

// What is taken of one server at most.
const (
	maxFile  = 64 << 20 // bytes, unpacked
	maxFiles = 200
	timeout  = 2 * time.Minute // for one file
)

// A site is a server of the booth's pages.
type site struct {
	base   string
	host   string
	agent  string
	client *http.Client
}

func newSite(address, agent string) (*site, error) {
	address = strings.TrimRight(address, "/")
	u, err := url.Parse(address)
	if err != nil || text.CheckURL("URL", address) != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("URL %q: want http or https and a host, without user, query or fragment", address)
	}
	if u.Path != "" {
		return nil, fmt.Errorf("URL %q: want the address of a server without a path: the booth is below /booth/", address)
	}
	// Scripts come from where the page is, so no redirect to elsewhere is followed.
	client := &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if first := via[0].URL; len(via) > 3 || r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
			return fmt.Errorf("a redirect to %s, which is not followed", r.URL.Redacted())
		}
		return nil
	}}
	return &site{base: address, host: u.Host, agent: agent, client: client}, nil
}

// served is what a server hands out.
type served struct {
	files    map[string]file // by path, such as "/booth/assets/0123456789abcdef/worker.js"
	problems []string
	board    string // its address, as pages name it; "" if they are the board's own
}

type file struct {
	hash    record.ID // SHA-256 of what a browser gets, unpacked
	missing bool
}

// pages are those of the booth, below /booth/. Pages of votes are followed by a vote's id.
var pages = []string{"me", "card", "check", "receipt", "verify", "vote/", "support/"}

// fetch reads the pages, the scripts that they load, and the programs.
func (s *site) fetch(ctx context.Context, vote record.ID) (*served, error) {
	out := &served{files: make(map[string]file)}
	var queue []string
	for _, page := range pages {
		if strings.HasSuffix(page, "/") {
			page += vote.String()
		}
		p := "/booth/" + page
		body, header, err := s.get(ctx, p)
		if err != nil {
			return nil, err
		}
		if !allows(header.Get("Content-Security-Policy")) {
			out.problem("%s: its policy is not that of this build: %q", p, header.Get("Content-Security-Policy"))
		}
		if m := boardOf.FindSubmatch(body); m != nil {
			out.board = html.UnescapeString(string(m[1]))
		}
		queue = append(queue, s.loads(out, p, body)...)
	}
	// A page's scripts are in a folder, and so is all that they load by name.
	for _, p := range slices.Clone(queue) {
		for name := range booth.Hashes() {
			queue = append(queue, path.Join(path.Dir(p), name))
		}
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if _, ok := out.files[p]; ok {
			continue
		}
		if len(out.files) == maxFiles {
			return nil, fmt.Errorf("the pages load more than %d files", maxFiles)
		}
		body, _, err := s.get(ctx, p)
		switch {
		case errors.Is(err, errMissing):
			out.files[p] = file{missing: true}
			continue
		case err != nil:
			return nil, err
		}
		out.files[p] = file{hash: sha256.Sum256(body)}
		if path.Ext(p) == ".js" {
			queue = append(queue, s.imports(out, p, body)...)
		}
	}
	return out, nil
}

func (s *served) problem(format string, args ...any) {
	if p := fmt.Sprintf(format, args...); !slices.Contains(s.problems, p) {
		s.problems = append(s.problems, p)
	}
}

var (
	boardOf   = regexp.MustCompile(`<body\b[^>]*\sdata-board="([^"]*)"`)
	scriptTag = regexp.MustCompile(`(?is)<script\b([^>]*)>(.*?)</script`)
	styleTag  = regexp.MustCompile(`(?is)<link\b[^>]*\brel="?stylesheet\b[^>]*>`)
	source    = regexp.MustCompile(`(?is)\b(?:src|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))`)
	// Imports of scripts, and what they name by its place beside them. A program that hides what it loads is another than this build's.
	imported = regexp.MustCompile(`(?:\bfrom|\bimport|\bimport\s*\(|new\s+URL\s*\()\s*["']([^"']+)["']`)
)

// loads returns the paths of what a page loads.
func (s *site) loads(out *served, page string, body []byte) (paths []string) {
	for _, m := range scriptTag.FindAllSubmatch(body, -1) {
		src := source.FindSubmatch(m[1])
		if src == nil || strings.TrimSpace(string(m[2])) != "" {
			out.problem("%s: has a script in itself, as no page of this build has", page)
			continue
		}
		paths = s.follow(out, paths, page, html.UnescapeString(string(src[1])+string(src[2])+string(src[3])))
	}
	for _, m := range styleTag.FindAll(body, -1) {
		if src := source.FindSubmatch(m); src != nil {
			paths = s.follow(out, paths, page, html.UnescapeString(string(src[1])+string(src[2])+string(src[3])))
		}
	}
	if len(paths) == 0 {
		out.problem("%s: loads no scripts", page)
	}
	return paths
}

func (s *site) imports(out *served, at string, body []byte) (paths []string) {
	for _, m := range imported.FindAllSubmatch(body, -1) {
		paths = s.follow(out, paths, at, string(m[1]))
	}
	return paths
}

// follow adds the path that a reference leads to.
func (s *site) follow(out *served, paths []string, from, reference string) []string {
	base := &url.URL{Path: from}
	u, err := base.Parse(reference)
	if err != nil || u.Host != "" && u.Host != s.host || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		out.problem("%s: loads %.200q, which is from elsewhere", from, reference)
		return paths
	}
	return append(paths, u.EscapedPath())
}

// allows reports whether a page's policy is that of this build, but for whom it may speak with: the servers that its log names.
func allows(policy string) bool {
	strip := func(policy string) []string {
		var kept []string
		for d := range strings.SplitSeq(policy, ";") {
			if fields := strings.Fields(d); len(fields) > 0 && fields[0] != "connect-src" {
				kept = append(kept, strings.Join(fields, " "))
			}
		}
		slices.Sort(kept)
		return kept
	}
	return slices.Equal(strip(policy), strip(booth.Policy("", nil)))
}

var errMissing = errors.New("not found")

// get reads a file as a browser does.
func (s *site) get(ctx context.Context, p string) ([]byte, http.Header, error) {
	wrap := func(err error) ([]byte, http.Header, error) {
		return nil, nil, fmt.Errorf("fetching %s%s: %w", s.base, p, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+p, nil)
	if err != nil {
		return wrap(err)
	}
	req.Header.Set("User-Agent", s.agent)
	req.Header.Set("Accept-Encoding", "gzip, deflate, br") // what is handed out may depend on it
	resp, err := s.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // says the address again
			err = u.Err
		}
		return wrap(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return wrap(errMissing)
	case resp.StatusCode != http.StatusOK:
		return wrap(fmt.Errorf("status %d", resp.StatusCode))
	}
	var body io.Reader = resp.Body
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); e {
	case "":
	case "br":
		body = brotli.NewReader(body)
	case "gzip":
		if body, err = gzip.NewReader(body); err != nil {
			return wrap(err)
		}
	default:
		return wrap(fmt.Errorf("it is compressed by %.20q, which is not understood", e))
	}
	b, err := io.ReadAll(io.LimitReader(body, maxFile+1))
	if err != nil {
		return wrap(err)
	}
	if len(b) > maxFile {
		return wrap(fmt.Errorf("it is longer than %d bytes", maxFile))
	}
	return b, resp.Header, nil
}
