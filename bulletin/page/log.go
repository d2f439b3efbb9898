package page

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/record"
)

// logPage is a page of the log's records.
type logPage struct {
	frame
	Size   uint64
	Kinds  []pick
	Votes  []pick
	All    bool // no filter
	Lines  []logLine
	First  uint64 // the records that were looked at for this page
	Last   uint64
	Newer  string // addresses; empty if there is none
	Older  string
	Whole  bool   // everything older was looked at
	Lang   string // to keep in forms; empty if it was not chosen
	Filter string // what is filtered, for the heading
}

// A pick is something that can be picked.
type pick struct {
	Value   string
	Name    string
	Current bool
}

// A logLine is a record in a list.
type logLine struct {
	Index   uint64
	Address string
	Kind    string // for people
	Slug    string
	Words   words  // what it says in short
	Note    string // the same, of what needs no words
	Of      *link  // the vote or round
	ID      string // short
}

func (a *author) log(f filter, size, before, low uint64, found []entry) *logPage {
	p := &logPage{Size: size, All: f.all(), First: low, Whole: low == 0, Lang: a.kept()}
	if before > 0 {
		p.Last = before - 1
	}
	query := url.Values{}
	if f.kind != "" {
		query.Set("kind", f.kind)
	}
	if f.scope != (record.ID{}) {
		query.Set("of", f.scope.String())
	}
	at := func(before uint64) string {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		if before < size {
			q.Set("before", strconv.FormatUint(before, 10))
		}
		if len(q) == 0 {
			return a.link("/log")
		}
		return a.link("/log?" + q.Encode())
	}
	if low > 0 {
		p.Older = at(low)
	}
	if before < size {
		p.Newer = at(size)
		if f.all() { // pages are of one size
			p.Newer = at(min(before+pageRecords, size))
		}
		a.query = strings.TrimPrefix(strings.TrimPrefix(at(before), "/log"), "?")
	} else {
		a.query = query.Encode()
	}
	a.query = without(a.query, "lang")
	for _, kind := range slices.Sorted(slices.Values(record.Kinds())) {
		p.Kinds = append(p.Kinds, pick{kind, a.Say("record." + kind), kind == f.kind})
	}
	slices.SortFunc(p.Kinds, func(x, y pick) int { return strings.Compare(x.Name, y.Name) })
	votes := a.state.Votes()
	for i := len(votes) - 1; i >= 0 && len(p.Votes) < mostItems; i-- {
		v := votes[i]
		p.Votes = append(p.Votes, pick{v.ID.String(), oneLine(a.words(v.Manifest.Title).Text), v.ID == f.scope})
	}
	rounds := a.state.Rounds()
	for i := len(rounds) - 1; i >= 0 && len(p.Votes) < 2*mostItems; i-- {
		r := rounds[i]
		p.Votes = append(p.Votes, pick{r.ID.String(), oneLine(a.words(r.Manifest.Title).Text), r.ID == f.scope})
	}
	for i := range found {
		l := a.logLine(&found[i])
		if f.scope != (record.ID{}) { // the same for all
			l.Of = nil
		}
		p.Lines = append(p.Lines, l)
	}
	p.frame = a.frame(a.Say("log.title"), a.Say("log.description"))
	return p
}

// without returns a query without one of its keys.
func without(query, key string) string {
	q, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	q.Del(key)
	return q.Encode()
}

// kept returns the language that forms have to keep, because the reader has chosen it.
func (a *author) kept() string {
	if a.chosen {
		return a.Code
	}
	return ""
}

func (a *author) kindName(kind string) string {
	if kind == "" {
		return a.Say("record.unreadable")
	}
	return a.Say("record." + kind)
}

func (a *author) logLine(e *entry) logLine {
	l := logLine{
		Index: e.index, Address: a.link("/log/" + strconv.FormatUint(e.index, 10)), Kind: a.kindName(e.kind()), Slug: e.kind(), ID: e.id.Short(),
	}
	if e.rec == nil {
		return l
	}
	l.Of = a.of(e.rec.Scope)
	switch b := e.rec.Body.(type) {
	case *record.Time:
		l.Note = a.At(b.Now)
	case *record.Genesis:
		l.Words = a.words(b.Title)
	case *record.Round:
		l.Words = a.words(b.Title)
	case *record.Vote:
		l.Words = a.words(b.Title)
	case *record.Roll:
		l.Words.Text = b.Title
	case *record.Forum:
		l.Words = a.words(b.Title)
	case *record.Nomination:
		l.Words = a.words(b.Name)
	case *record.Statement:
		l.Note = a.sideName(b.Side)
	case *record.Ballot:
		l.Note = a.ballotState(e)
	case *record.Issues:
		l.Note = a.Count("log.entries", uint64(len(b.Entries)))
	}
	return l
}

// of leads to the vote or round of a record, nil if it is of the whole log.
func (a *author) of(scope record.ID) *link {
	if v := a.state.Vote(scope); v != nil {
		to := a.toVote(v)
		return &to
	}
	if r := a.state.Round(scope); r != nil {
		to := a.toRound(r)
		return &to
	}
	return nil
}

// ballotState says what has become of a ballot.
func (a *author) ballotState(e *entry) string {
	b, ok := e.rec.Body.(*record.Ballot)
	v := a.state.Vote(e.rec.Scope)
	if !ok || v == nil {
		return ""
	}
	_, last, is := v.Last(b.Key)
	switch {
	case is && last == e.id:
		return a.Say("ballot.counts")
	case v.IsCast(e.id):
		return a.Say("ballot.replaced")
	}
	return a.Say("ballot.void")
}

// recordPage is the page of one record.
type recordPage struct {
	frame
	Index   uint64
	Kind    string
	Slug    string
	ID      string
	Size    uint64 // bytes
	Of      *link
	Self    *link  // the page of the vote or round that this record begins
	State   string // of a ballot
	Fields  []field
	Seal    string // hex
	Proof   bool   // the seal is a ballot's proof, not a signature
	Hex     string // of the first bytes
	Rest    uint64 // bytes that are not shown
	Raw     string
	Receipt string
	Earlier string
	Later   string
	Log     string
}

// mostRaw is how many bytes of a record are shown as they are.
const mostRaw = 2048

func (a *author) record(e *entry) *recordPage {
	at := strconv.FormatUint(e.index, 10)
	p := &recordPage{
		Index: e.index, Kind: a.kindName(e.kind()), Slug: e.kind(), ID: e.id.String(), Size: uint64(len(e.raw)),
		Hex: hex.EncodeToString(e.raw[:min(len(e.raw), mostRaw)]), Rest: uint64(max(len(e.raw)-mostRaw, 0)),
		Raw: "/log/" + at + "/record.cbor", Receipt: "/receipts/" + e.id.String(), Log: a.link("/log"),
	}
	if e.index > 0 {
		p.Earlier = a.link("/log/" + strconv.FormatUint(e.index-1, 10))
	}
	if e.index+1 < a.pages.records.Size() {
		p.Later = a.link("/log/" + strconv.FormatUint(e.index+1, 10))
	}
	if e.rec != nil {
		p.Of, p.Self, p.State = a.of(e.rec.Scope), a.of(e.id), a.ballotState(e)
		p.Fields, p.Proof = a.fields(e.rec.Body), e.kind() == "ballot"
		seal := e.rec.Seal()
		p.Seal = hex.EncodeToString(seal[:min(len(seal), mostHex)])
		if len(seal) > mostHex {
			p.Seal += "…"
		}
	}
	a.path = "/log/" + at // whatever it was asked for by
	p.frame = a.frame(a.Say("record.title", "index", at, "kind", p.Kind), "")
	p.frame.Private = true
	return p
}

// foundPage is what a search has come to, unless it leads straight to a record.
type foundPage struct {
	frame
	Asked string
	Valid bool // it is something that can be looked for
	Lines []logLine
	Older string // to look further back
	Lang  string
}

func (a *author) found(asked string, valid bool, low uint64, found []entry) *foundPage {
	p := &foundPage{Asked: asked, Valid: valid, Lang: a.kept()}
	for i := range found {
		p.Lines = append(p.Lines, a.logLine(&found[i]))
	}
	a.query = url.Values{"q": {asked}}.Encode()
	if low > 0 {
		p.Older = a.link("/log/find?" + a.query + "&before=" + strconv.FormatUint(low, 10))
	}
	p.frame = a.frame(a.Say("find.title"), "")
	p.frame.Private = true
	return p
}
