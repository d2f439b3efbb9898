package page

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// Records are what the pages of the log read. A *board.Board is one.
type Records interface {
	// Size returns how many records can be read.
	Size() uint64
	// Find returns the place of a record by its id.
	Find(id record.ID) (index uint64, ok bool)
	// Records returns the records from … to − 1.
	Records(ctx context.Context, from, to uint64) ([][]byte, error)
	// IDs returns the ids of the records from … to − 1, which lie in one bundle of 256.
	IDs(ctx context.Context, from, to uint64) ([]record.ID, error)
}

// Limits of what one request reads. A search that ends at one of them says how far it came, and goes on from there when it is asked to.
const (
	pageRecords  = 50       // on a page of the log
	chunkRecords = 32       // read at a time: 2 MB at most
	mostRecords  = 4096     // read for one page
	mostBytes    = 16 << 20 // read for one page
	mostTiles    = 512      // of 256 ids, read for one search
	readers      = 4        // requests that read the log at once
	bundle       = 256      // records of which the gist is kept
	fewestDigits = 8        // of the beginning of an id that is looked for
)

// An entry is a record in its place.
type entry struct {
	index uint64
	id    record.ID
	raw   []byte
	rec   *record.Record // nil if it does not decode
}

func newEntry(index uint64, raw []byte) entry {
	e := entry{index: index, id: record.IDOf(raw), raw: raw}
	if rec, err := record.Decode(raw); err == nil {
		e.rec = rec
	}
	return e
}

func (e *entry) kind() string {
	if e.rec == nil {
		return ""
	}
	return e.rec.Kind()
}

// A filter says which records are looked for. Its zero value is all.
type filter struct {
	kind  string
	scope record.ID // a vote or a round
}

func (f filter) all() bool { return f == filter{} }

func (f filter) takes(e *entry) bool {
	if f.kind != "" && e.kind() != f.kind {
		return false
	}
	return f.scope == record.ID{} || e.rec != nil && e.rec.Scope == f.scope || e.id == f.scope
}

// A gist says what there is in a full bundle, which never changes, so that a search can pass over it without reading.
type gist struct {
	kinds  []string
	scopes []record.ID
	ids    []record.ID // of what can be a scope itself
}

func (g *gist) add(e *entry) {
	if kind := e.kind(); !slices.Contains(g.kinds, kind) {
		g.kinds = append(g.kinds, kind)
	}
	if e.rec != nil && !slices.Contains(g.scopes, e.rec.Scope) {
		g.scopes = append(g.scopes, e.rec.Scope)
	}
	switch e.kind() {
	case "vote", "round":
		g.ids = append(g.ids, e.id)
	}
}

func (g *gist) mayHave(f filter) bool {
	return (f.kind == "" || slices.Contains(g.kinds, f.kind)) &&
		(f.scope == record.ID{} || slices.Contains(g.scopes, f.scope) || slices.Contains(g.ids, f.scope))
}

// gists are those of the bundles that searches have read.
type gists struct {
	mu sync.Mutex
	of map[uint64]*gist
}

func (g *gists) get(bundle uint64) *gist {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of[bundle]
}

func (g *gists) put(bundle uint64, found *gist) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.of[bundle] = found
}

// errBusy says that too many read the log at once.
var errBusy = errors.New("too many read the log at once")

// reading lets read the log, or says that too many do.
func (p *Pages) reading(read func() error) error {
	select {
	case p.readers <- struct{}{}:
	default:
		return errBusy
	}
	defer func() { <-p.readers }()
	return read()
}

// search returns the newest records before a place that a filter takes, newest first, at most pageRecords. Everything from low on was
// looked at; if low is not 0 there may be more before.
func (p *Pages) search(ctx context.Context, f filter, before uint64) (found []entry, low uint64, err error) {
	records, low := 0, min(before, p.records.Size())
	size, bytes := p.records.Size(), 0
	var of *gist // of the bundle that is being read from its end
	for low > 0 && len(found) < pageRecords && records < mostRecords && bytes < mostBytes {
		n := (low - 1) / bundle
		first := n * bundle
		if known := p.gists.get(n); known != nil && !known.mayHave(f) {
			low = first
			continue
		}
		from := first
		if low-first > chunkRecords {
			from = low - chunkRecords
		}
		raws, err := p.records.Records(ctx, from, low)
		if err != nil {
			return nil, 0, err
		}
		if low == first+bundle && low <= size {
			of = new(gist)
		}
		for i := len(raws) - 1; i >= 0; i-- {
			e := newEntry(from+uint64(i), raws[i])
			records, bytes = records+1, bytes+len(raws[i])
			if of != nil {
				of.add(&e)
			}
			if len(found) < pageRecords {
				if f.takes(&e) {
					found = append(found, e)
				}
				low = e.index
			}
		}
		if len(found) == pageRecords {
			return found, low, nil
		}
		if low == first && of != nil {
			p.gists.put(n, of)
			of = nil
		}
	}
	return found, low, nil
}

// starting returns the newest records before a place whose ids begin with some digits, at most pageRecords, and how far it has looked.
func (p *Pages) starting(ctx context.Context, digits string, before uint64) (found []uint64, low uint64, err error) {
	low = min(before, p.records.Size())
	for range mostTiles {
		if low == 0 || len(found) == pageRecords {
			break
		}
		from := (low - 1) / bundle * bundle
		ids, err := p.records.IDs(ctx, from, low)
		if err != nil {
			return nil, 0, err
		}
		for i := len(ids) - 1; i >= 0; i-- {
			if strings.HasPrefix(ids[i].String(), digits) && len(found) < pageRecords {
				found = append(found, from+uint64(i))
			}
		}
		low = from
	}
	return found, low, nil
}

// Log answers with a page of the log's records, newest first. The query's before is the place from which on they were seen; kind and vote
// say which are looked for.
func (p *Pages) Log(w http.ResponseWriter, r *http.Request) {
	if p.records == nil {
		p.Missing(w, r)
		return
	}
	q := r.URL.Query()
	f := filter{}
	if slices.Contains(record.Kinds(), q.Get("kind")) {
		f.kind = q.Get("kind")
	}
	if id, err := record.ParseID(q.Get("of")); err == nil {
		f.scope = id
	}
	size := p.records.Size()
	before := size
	if n, err := strconv.ParseUint(q.Get("before"), 10, 64); err == nil && n < size {
		before = n
	}
	var found []entry
	var low uint64
	of := strings.Join([]string{f.kind, f.scope.String(), strconv.FormatUint(before, 10)}, " ")
	p.showRead(w, r, "log", of, func() (err error) {
		found, low, err = p.search(r.Context(), f, before)
		return err
	}, func(a *author) any { return a.log(f, size, before, low, found) })
}

// Record answers with the page of the record at a place: its index, or its id.
func (p *Pages) Record(w http.ResponseWriter, r *http.Request, place string) {
	index, ok := p.place(place)
	if !ok {
		p.Missing(w, r)
		return
	}
	var e entry
	p.showRead(w, r, "record", strconv.FormatUint(index, 10), func() error {
		raws, err := p.records.Records(r.Context(), index, index+1)
		if err == nil {
			e = newEntry(index, raws[0])
		}
		return err
	}, func(a *author) any { return a.record(&e) })
}

// Raw answers with the bytes of the record at a place, as a file.
func (p *Pages) Raw(w http.ResponseWriter, r *http.Request, place string) {
	index, ok := p.place(place)
	if !ok {
		p.Missing(w, r)
		return
	}
	raws, err := p.records.Records(r.Context(), index, index+1)
	if err != nil {
		p.broken(w, "record.cbor", place, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/cbor")
	h.Set("Content-Disposition", `attachment; filename="record-`+strconv.FormatUint(index, 10)+`.cbor"`)
	h.Set("Content-Length", strconv.Itoa(len(raws[0])))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(raws[0])
}

// place returns the index that a place names, its index or its id in their one spelling, if there is a record.
func (p *Pages) place(s string) (index uint64, ok bool) {
	if p.records == nil {
		return 0, false
	}
	if id, err := record.ParseID(s); err == nil {
		index, ok = p.records.Find(id)
		return index, ok && id.String() == s && index < p.records.Size()
	}
	index, err := strconv.ParseUint(s, 10, 64)
	return index, err == nil && strconv.FormatUint(index, 10) == s && index < p.records.Size()
}

// Find leads to the record that the query's q names: by its index, its id, the beginning of its id, or the words that the booth shows of
// it. It lists them if there are several.
func (p *Pages) Find(w http.ResponseWriter, r *http.Request) {
	if p.records == nil {
		p.Missing(w, r)
		return
	}
	asked := strings.TrimSpace(r.URL.Query().Get("q"))
	const enough = 400
	if len(asked) > enough {
		asked = asked[:enough]
	}
	if index, ok := p.place(strings.ToLower(asked)); ok {
		p.lead(w, r, index)
		return
	}
	digits, ok := beginning(asked)
	before := p.records.Size()
	if n, err := strconv.ParseUint(r.URL.Query().Get("before"), 10, 64); err == nil && n < before {
		before = n
	}
	var found []entry
	low := uint64(0)
	if ok {
		var places []uint64
		err := p.reading(func() (err error) {
			if places, low, err = p.starting(r.Context(), digits, before); err != nil {
				return err
			}
			if len(places) == 1 && before == p.records.Size() {
				return nil
			}
			for _, at := range places {
				raws, err := p.records.Records(r.Context(), at, at+1)
				if err != nil {
					return err
				}
				found = append(found, newEntry(at, raws[0]))
			}
			return nil
		})
		switch {
		case err != nil:
			p.broken(w, "find", digits, err)
			return
		case len(places) == 1 && before == p.records.Size():
			p.lead(w, r, places[0])
			return
		}
	}
	p.show(w, r, "found", strings.Join([]string{asked, strconv.FormatUint(before, 10), strconv.FormatUint(p.records.Size(), 10)}, " "), func(a *author) any {
		return a.found(asked, ok, low, found)
	})
}

// lead leads a reader to a record's page.
func (p *Pages) lead(w http.ResponseWriter, r *http.Request, index uint64) {
	to := "/log/" + strconv.FormatUint(index, 10)
	if l, chosen := p.match.Match(r); chosen {
		to += "?lang=" + url.QueryEscape(l.Code)
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// beginning returns the digits with which an id begins that was asked for by some of its digits, in groups or not, or by its words. It reports false for
// what cannot be looked for.
func beginning(asked string) (digits string, ok bool) {
	s := strings.ToLower(strings.Join(strings.FieldsFunc(asked, func(r rune) bool { return r == ' ' || r == '-' || r == ':' || r == '\t' }), ""))
	even := s
	if len(even)%2 == 1 {
		even += "0"
	}
	if _, err := hex.DecodeString(even); err == nil && len(s) >= fewestDigits && len(s) <= 64 {
		return s, true
	}
	if prefix, err := credential.ParseIDWords(asked); err == nil {
		return hex.EncodeToString(prefix[:]), true
	}
	return "", false
}

// Entry answers with the page on which a member sees whether cards were issued for an entry of a round's roll.
func (p *Pages) Entry(w http.ResponseWriter, r *http.Request, id record.ID) {
	asked := strings.TrimSpace(r.URL.Query().Get("number"))
	n, err := strconv.ParseUint(asked, 10, 64)
	known := err == nil
	of := id.String()
	if known {
		of += " " + strconv.FormatUint(n, 10)
	} else if asked != "" {
		of += " ?"
	}
	p.show(w, r, "entry", of, func(a *author) any {
		var round *fold.Round
		if round = a.state.Round(id); round == nil {
			return nil
		}
		return a.entry(round, asked, n, known)
	})
}
