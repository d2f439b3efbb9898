package booth

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed static dist
var embedded embed.FS

// files returns the files that are embedded: those of both folders, in one.
func files() fs.FS {
	static, err := fs.Sub(embedded, "static")
	if err != nil {
		panic(err) // it is embedded
	}
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err)
	}
	return overlay{static, dist}
}

// overlay is the files of several folders: of those with the same name, the first's.
type overlay []fs.FS

func (o overlay) Open(name string) (fs.File, error) {
	for _, f := range o[:len(o)-1] {
		if file, err := f.Open(name); err == nil && name != "." {
			return file, nil
		}
	}
	return o[len(o)-1].Open(name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, f := range o {
		entries, err := fs.ReadDir(f, name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !slices.ContainsFunc(all, func(have fs.DirEntry) bool { return have.Name() == e.Name() }) {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// kinds are the types of files that are served. Others are not.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".wasm": "application/wasm",
}

// assets are the files that pages load. Scripts import each other by relative names, so it is the folder that has the hash of them all: what
// is below assets/HASH/ never changes.
type assets struct {
	hash  string
	files map[string]*asset
}

func newAssets(from fs.FS) *assets {
	a := &assets{files: make(map[string]*asset)}
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		panic(err) // it is embedded
	}
	all := sha256.New()
	for _, e := range entries {
		name, packed := strings.CutSuffix(e.Name(), ".br")
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			continue
		}
		body, err := fs.ReadFile(from, e.Name())
		if err != nil {
			panic(err)
		}
		one := newAsset(kind, body)
		one.packed = packed
		one.fresh = name == worker
		a.files[name] = one
		io.WriteString(all, name+" "+one.hash+"\n")
	}
	a.hash = hex.EncodeToString(all.Sum(nil)[:8])
	return a
}

// worker is the script whose answer's policy is that of all its connections. It is asked for anew each time, since a new round's registrars
// are in a new policy only.
const worker = "worker.js"

// folder is where the files are below /booth/ that never change.
func (a *assets) folder() string { return "assets/" + a.hash + "/" }

// serve answers if there is a file at a path below /booth/: in the folder with the hash, or under its plain name.
func (a *assets) serve(w http.ResponseWriter, r *http.Request, path string) bool {
	name, forever := strings.CutPrefix(path, a.folder())
	f, ok := a.files[name]
	if ok {
		f.serve(w, r, forever)
	}
	return ok
}

// An asset is a file that pages load.
type asset struct {
	kind   string
	body   []byte
	hash   string // of body
	packed bool   // body is under brotli
	fresh  bool   // never kept by a browser
	gzip   func() []byte
}

func newAsset(kind string, body []byte) *asset {
	hash := sha256.Sum256(body)
	a := &asset{kind: kind, body: body, hash: hex.EncodeToString(hash[:8])}
	a.gzip = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one
		io.Copy(z, a.plain())
		z.Close()
		return b.Bytes()
	})
	return a
}

// plain returns what the file has in it.
func (a *asset) plain() io.Reader {
	if a.packed {
		return brotli.NewReader(bytes.NewReader(a.body))
	}
	return bytes.NewReader(a.body)
}

// serve answers with the file, compressed as the browser takes it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, forever bool) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	switch {
	case a.fresh:
		h.Set("Cache-Control", "no-store")
	case forever:
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	accepted := r.Header.Get("Accept-Encoding")
	encoding := ""
	switch {
	case a.packed && accepts(accepted, "br"):
		encoding = "br"
	case accepts(accepted, "gzip"):
		encoding = "gzip"
	}
	tag := `"` + a.hash + encoding + `"`
	h.Set("ETag", tag)
	if !a.fresh && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	switch {
	case encoding == "gzip":
		body = a.gzip()
	case encoding == "" && a.packed:
		if r.Method == http.MethodGet {
			io.Copy(w, a.plain())
		}
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// accepts reports whether an Accept-Encoding header takes an encoding (RFC 9110 §12.5.3).
func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, weight, _ := strings.Cut(strings.ToLower(part), ";")
		if strings.TrimSpace(name) != encoding {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		if !ok {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts are strings
	}
	return b
}
