package page

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/bulletin/language"
)

// placeLink matches the address of a record's page.
var placeLink = regexp.MustCompile(`^/log/([0-9]+)`)

// places returns the places of the records that a page lists, in order.
func places(doc *element) (out []int) {
	for _, l := range doc.classed("records") {
		for _, a := range l.all("a") {
			if m := placeLink.FindStringSubmatch(a.attr["href"]); m != nil {
				n, _ := strconv.Atoi(m[1])
				out = append(out, n)
			}
		}
	}
	return out
}

// following returns the address that a page's link with a relation leads to, empty if there is none.
func following(doc *element, rel string) string {
	for _, a := range doc.all("a") {
		if a.attr["rel"] == rel {
			return a.attr["href"]
		}
	}
	return ""
}

// Page by page, the explorer shows every record once, the newest first, and leads back.
func TestExplorerShowsAll(t *testing.T) {
	s := scenes(t)["answered"]
	p := s.pages()
	var all []int
	path, pages := "/log", 0
	for ; path != ""; pages++ {
		doc := parse(t, get(p, path).Body.String())
		all = append(all, places(doc)...)
		if back := following(doc, "prev"); (back == "") != (pages == 0) {
			t.Errorf("%s leads back to %q", path, back)
		}
		path = following(doc, "next")
	}
	if len(all) != len(s.log) || pages != (len(s.log)+pageRecords-1)/pageRecords {
		t.Fatalf("%d of %d records on %d pages", len(all), len(s.log), pages)
	}
	for i, place := range all {
		if place != len(s.log)-1-i {
			t.Fatalf("record %d stands at %d", place, i)
		}
	}
}

// A filter by kind and by vote shows exactly those records.
func TestExplorerFilters(t *testing.T) {
	s := scenes(t)["town"] // with several votes
	p := s.pages()
	for _, f := range []filter{{kind: "ballot"}, {kind: "support"}, {scope: s.vote}, {kind: "call", scope: s.vote}, {scope: s.state.Vote(s.vote).Round.ID}, {kind: "keygen-test"}} {
		var want []int
		for i := len(s.log) - 1; i >= 0; i-- {
			if e := newEntry(uint64(i), s.log[i]); f.takes(&e) {
				want = append(want, i)
			}
		}
		q := url.Values{}
		if f.kind != "" {
			q.Set("kind", f.kind)
		}
		if f.scope != (record.ID{}) {
			q.Set("of", f.scope.String())
		}
		var got []int
		for path := "/log?" + q.Encode(); path != ""; {
			doc := parse(t, get(p, path).Body.String())
			got = append(got, places(doc)...)
			path = following(doc, "next")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
	if doc := page(t, "town", "/log?kind=ballot", "en"); !strings.Contains(doc.words(), "Looked through every record up to") {
		t.Error("a search that has seen everything does not say so")
	}
}

// counted counts the records that are read.
type counted struct {
	log
	read *int
}

func (c counted) Records(ctx context.Context, from, to uint64) ([][]byte, error) {
	*c.read += int(to - from)
	return c.log.Records(ctx, from, to)
}

// A search reads a bounded part of a long log, says so, and goes on where it ended; what it has read once it passes over.
func TestSearchIsBounded(t *testing.T) {
	s := scenes(t)["open"]
	at := slices.IndexFunc(s.log, func(raw []byte) bool { e := newEntry(0, raw); return e.kind() == "ballot" })
	many := log{s.log[0], s.log[at]}
	for range 5 * mostRecords {
		many = append(many, s.log[1])
	}
	read := 0
	p := New(still{s.state}, Options{Fresh: -1, Records: counted{many, &read}})
	walk := func() (requests int, found []int) {
		for path := "/log?kind=ballot"; path != ""; requests++ {
			before := read
			doc := parse(t, get(p, path).Body.String())
			if read-before > mostRecords+chunkRecords {
				t.Fatalf("one request has read %d records", read-before)
			}
			found = append(found, places(doc)...)
			path = following(doc, "next")
			if path != "" && !strings.Contains(doc.words(), "Look further back") {
				t.Fatal("the reader is not told that there is more")
			}
		}
		return requests, found
	}
	if n, found := walk(); n < 5 || !slices.Equal(found, []int{1}) {
		t.Errorf("%d requests found %v", n, found)
	}
	read = 0
	if n, found := walk(); n > 2 || read > 3*bundle || !slices.Equal(found, []int{1}) {
		t.Errorf("the second time: %d requests read %d records and found %v", n, read, found)
	}
}

func TestFindingARecord(t *testing.T) {
	s := scenes(t)["open"]
	p := s.pages()
	id := record.IDOf(s.log[40])
	for _, asked := range []string{
		"40", " 40 ", id.String(), strings.ToUpper(id.String()), id.String()[:8], id.String()[:9], strings.Join(groups(id.String()[:16]), " "),
		strings.Join(credential.IDWords(id), " "), strings.ToUpper(strings.Join(credential.IDWords(id), "-")),
	} {
		w := get(p, "/log/find?lang=es&q="+url.QueryEscape(asked))
		if w.Code != 303 || w.Header().Get("Location") != "/log/40?lang=es" {
			t.Errorf("%q: status %d, to %q", asked, w.Code, w.Header().Get("Location"))
		}
	}
	for asked, want := range map[string]string{
		"": "Say what to look for.", "999999": "neither the number", "zzzzzzzz": "neither the number", "1234567": "neither the number", "00000000": "There is no record here that fits",
		hostile: "neither the number", "abandon abandon abandon abandon abandon abandon abandon abandon": "neither the number", strings.Repeat("f", 64): "There is no record here that fits",
	} {
		w := get(p, "/log/find?q="+url.QueryEscape(asked))
		if got := parse(t, w.Body.String()).words(); w.Code != 200 || !strings.Contains(got, want) {
			t.Errorf("%q: status %d, %s", asked, w.Code, got)
		}
	}
	// Several that begin alike are listed.
	twice := append(append(log{}, s.log...), s.log[40])
	p = New(still{s.state}, Options{Fresh: -1, Records: twice})
	if got := places(parse(t, get(p, "/log/find?q="+id.String()[:10]).Body.String())); !slices.Equal(got, []int{len(s.log), 40}) {
		t.Errorf("several: %v", got)
	}
}

// A record's page shows what it says and where it is, leads to what it names, and gives its bytes.
func TestRecordPage(t *testing.T) {
	s := scenes(t)["answered"]
	p := s.pages()
	at := slices.IndexFunc(s.log, func(raw []byte) bool { return record.IDOf(raw) == s.vote })
	doc := parse(t, get(p, "/log/"+s.vote.String()).Body.String())
	for _, want := range []string{
		"Vote or petition record " + strconv.Itoa(at), s.vote.String(), "Shall the organisation buy a house for its meetings?", "¿Compra la organización una casa para sus reuniones?", "trustees", "Ana Ruiz",
		"quorum-num", "opens", "Receipt of this record",
	} {
		if !strings.Contains(doc.words(), want) {
			t.Errorf("no %q in\n%s", want, doc.words())
		}
	}
	if doc.classed("eyebrow")[1].all("a")[0].attr["href"] != "/vote/"+s.vote.String() {
		t.Error("the record of a vote does not lead to its page")
	}
	if got := parse(t, get(p, "/log/"+s.state.Vote(s.vote).Round.ID.String()).Body.String()).words(); !strings.Contains(got, "15 May 2027, 08:00 UTC") {
		t.Errorf("times are not written: %s", got)
	}
	if strings.Contains(doc.words(), "depth") { // a choice has none
		t.Error("the record has fields of another kind of contest")
	}
	w := get(p, "/log/"+strconv.Itoa(at)+"/record.cbor")
	if !bytes.Equal(w.Body.Bytes(), s.log[at]) || w.Header().Get("Content-Type") != "application/cbor" || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes, %v", w.Body.Len(), w.Header())
	}
	for i, raw := range s.log { // every one has a page, in which no secret of a roll entry is picked out
		e := newEntry(uint64(i), raw)
		body := get(p, "/log/"+strconv.Itoa(i)).Body.String()
		doc := parse(t, body)
		if !strings.Contains(doc.all("h1")[0].words(), reference().Say("record."+e.kind())) {
			t.Errorf("record %d: %s", i, doc.all("h1")[0].words())
		}
		if b, ok := e.rec.Body.(*record.Statement); ok && b.Member != nil {
			if says := doc.section(t, "says").text; strings.Contains(says, b.Member.Number) || !strings.Contains(says, b.Member.Name) {
				t.Errorf("the page of a statement has a member's number: %v", b.Member.Number)
			}
		}
		if b, ok := e.rec.Body.(*record.Ballot); ok {
			if n := len(doc.classed("fields")[0].text); n > 2000 || !strings.Contains(body, `href="/receipts/`+e.id.String()) {
				t.Errorf("the page of a ballot has %d characters", n)
			}
			if b.Number > 0 && !strings.Contains(body, `href="/log/`+b.Previous.String()+`"`) {
				t.Error("a ballot does not lead to the one it replaces")
			}
		}
	}
	states := map[string]int{}
	for i := range s.log {
		if e := newEntry(uint64(i), s.log[i]); e.kind() == "ballot" {
			states[parse(t, get(p, "/log/"+strconv.Itoa(i)).Body.String()).classed("lead")[0].words()]++
		}
	}
	if states["counts"] != 20 || states["replaced by a later ballot"] != 1 {
		t.Errorf("ballots: %v", states)
	}
	for _, path := range []string{"/log/" + strconv.Itoa(len(s.log)), "/log/007", "/log/-1", "/log/x", "/log/" + strings.Repeat("0", 64), "/log/" + strings.ToUpper(s.vote.String()), "/log/99999999999999999999", "/log/x/record.cbor"} {
		if w := get(p, path); w.Code != 404 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

// What is no record at all has a page that says so, and gives its bytes.
func TestUnreadableRecord(t *testing.T) {
	s := scenes(t)["open"]
	bad := append(append(log{}, s.log...), []byte("<script>alert(1)</script>"))
	p := New(still{s.state}, Options{Fresh: -1, Records: bad})
	path := "/log/" + strconv.Itoa(len(s.log))
	if got := parse(t, get(p, path).Body.String()).words(); !strings.Contains(got, "Unreadable record") || !strings.Contains(got, "3c7363726970743e") {
		t.Error(got)
	}
	if got := parse(t, get(p, "/log").Body.String()).words(); !strings.Contains(got, "Unreadable record") {
		t.Error(got)
	}
	if w := get(p, path+"/record.cbor"); w.Body.String() != "<script>alert(1)</script>" || w.Header().Get("Content-Type") != "application/cbor" {
		t.Errorf("%v", w.Header())
	}
}

// More readers of the log than there may be are asked to wait; a board without records has no such pages.
func TestReadersAreBounded(t *testing.T) {
	s := scenes(t)["open"]
	p := s.pages()
	for range readers {
		p.readers <- struct{}{}
	}
	for _, path := range []string{"/log", "/log/3", "/log/find?q=00000000"} {
		if w := get(p, path); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	<-p.readers
	if w := get(p, "/log"); w.Code != 200 {
		t.Errorf("with room again: status %d", w.Code)
	}
	p = New(still{s.state}, Options{Fresh: -1})
	for _, path := range []string{"/log", "/log/3", "/log/3/record.cbor", "/log/find?q=3"} {
		if w := get(p, path); w.Code != 404 {
			t.Errorf("without records: %s: status %d", path, w.Code)
		}
	}
	if body := get(p, "/vote/"+s.vote.String()).Body.String(); strings.Contains(body, `href="/log`) || strings.Contains(body, `href="/booth`) {
		t.Error("a page leads to what is not there")
	}
}

// There is a name for every kind of record, in every language.
func TestEveryKindHasAName(t *testing.T) {
	for _, l := range language.All() {
		for _, kind := range record.Kinds() {
			if !l.Has("record." + kind) {
				t.Errorf("%s: record.%s", l.Code, kind)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"0", "00000000", "abandon ability", "ff-ff ff:ff\tff", "\x00", strings.Repeat("a", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		digits, ok := beginning(asked)
		if ok && (len(digits) < fewestDigits || len(digits) > 64 || strings.Trim(digits, "0123456789abcdef") != "") {
			t.Errorf("%q: %q", asked, digits)
		}
	})
}
