package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

var quiet = slog.New(slog.DiscardHandler)

// A site is a board served over HTTP, with a clock that the test sets, and the organisation that uses it.
type site struct {
	t    testing.TB
	org  *simulate.Org
	b    *board.Board
	url  string
	time atomic.Int64
	*client.Client
	fronts []*board.Board // if there are several, b is one of them
}

// seed writes an organisation's records so far to a new log.
func seed(t testing.TB, path string, o *simulate.Org) {
	t.Helper()
	log, err := store.OpenLog(context.Background(), store.Options{Path: path, Origin: o.LogSigner.Name(), Signer: o.LogSigner, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendBatch(context.Background(), o.Log()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func configOf(o *simulate.Org, path string) board.Config {
	return board.Config{
		Path: path, Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, Log: quiet, RecordRate: rate.Inf,
		CheckpointInterval: 20 * time.Millisecond,
	}
}

// serve starts a site on an organisation's log.
func serve(t testing.TB, o *simulate.Org, change ...func(*board.Config, *Options)) *site {
	t.Helper()
	s := &site{t: t, org: o}
	s.time.Store(int64(o.State.Now()))
	c := configOf(o, filepath.Join(t.TempDir(), "log"))
	c.Clock = func() time.Time { return time.Unix(s.time.Load(), 0) }
	c.Look = time.Hour
	options := Options{Log: quiet, Limits: Limits{Rate: rate.Inf}}
	for _, f := range change {
		f(&c, &options)
	}
	seed(t, c.Path, o)
	served := serveConfig(t, o, c, options)
	s.b, s.url, s.Client = served.b, served.url, served.Client
	return s
}

// serveConfig starts a site on a log that is there.
func serveConfig(t testing.TB, o *simulate.Org, c board.Config, options Options) *site {
	t.Helper()
	b, err := board.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	server := httptest.NewServer(New(b, options))
	t.Cleanup(server.Close)
	return &site{t: t, org: o, b: b, url: server.URL, Client: clientOf(t, o, server.URL)}
}

func clientOf(t testing.TB, o *simulate.Org, url string) *client.Client {
	t.Helper()
	c, err := overhttp.Dial(url, nil, client.Options{Attempts: 3, Wait: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.Trust(o.GenesisBody(), o.Genesis); err != nil {
		t.Fatal(err)
	}
	return c
}

// openVote returns an organisation with an open vote and cards for some members.
func openVote(t testing.TB, c simulate.Config, cards int) *simulate.Vote {
	t.Helper()
	c.Members = max(c.Members, cards, 1)
	o := simulate.New(t, c)
	r := o.Round()
	v := r.Vote()
	v.Ceremony()
	var entries []int
	for i := range cards {
		entries = append(entries, i)
	}
	if cards > 0 {
		r.Cards(entries...)
	}
	v.Open()
	return v
}

// follow reads what is new on the log as anybody would: from tiles, under a signed checkpoint.
func (s *site) follow() {
	s.t.Helper()
	ctx := context.Background()
	if s.fronts != nil {
		s.followFronts(ctx)
		return
	}
	var size uint64
	s.b.View(func(st *fold.State) { size = st.Size() })
	var head boardlog.SignedCheckpoint
	for begun := time.Now(); head.Size() < size; {
		if time.Since(begun) > 10*time.Second {
			s.t.Fatalf("no checkpoint covers the %d records", size)
		}
		raw, err := s.Source().ReadFile(ctx, boardlog.CheckpointPath)
		if err != nil {
			s.t.Fatal(err)
		}
		if head, err = boardlog.Open(raw, policyOf(s.t, s.org)); err != nil {
			s.t.Fatal(err)
		}
	}
	err := boardlog.Read(ctx, s.Source(), head, uint64(len(s.org.Log())), func(_ uint64, raw []byte) error {
		if out := s.org.Append(slices.Clone(raw)); out.Status == fold.Fatal {
			return out.Err
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func policyOf(t testing.TB, o *simulate.Org) boardlog.Policy {
	t.Helper()
	key, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	return boardlog.Policy{Origin: o.LogSigner.Name(), Log: key}
}

// post submits a record that must be taken, and follows.
func (s *site) post(r *record.Record) *client.Accepted {
	s.t.Helper()
	a, err := s.Submit(context.Background(), r)
	if err != nil {
		s.t.Fatalf("%s: %v", r.Kind(), err)
	}
	s.follow()
	return a
}

// at sets the board's clock and has it look.
func (s *site) at(now uint64) {
	s.t.Helper()
	s.time.Store(int64(now))
	if err := s.b.Look(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.follow()
}

// get fetches a path as it is written.
func (s *site) get(path string) (*http.Response, []byte) {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, nil)
}

func (s *site) do(method, path string, header http.Header, body io.Reader) (*http.Response, []byte) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.URL.Opaque = "//" + r.URL.Host + path
	if header != nil {
		r.Header = header
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, b
}

func TestWholeVoteOverHTTP(t *testing.T) {
	wholeVote(t, func(o *simulate.Org) *site { return serve(t, o) })
}

// wholeVote holds a vote on a site on an organisation's log.
func wholeVote(t *testing.T, serve func(*simulate.Org) *site) {
	o := simulate.New(t, simulate.Config{Members: 6, Registrars: 3, Revote: true})
	round := o.Round()
	round.Cards(0, 1, 2, 3, 4)
	s := serve(o)
	v := round.NewVote()
	call := o.Officer(round.ID, v.Manifest)
	s.post(call)
	v.ID = call.ID()
	for i := range v.Trustees {
		side, err := tally.NewTrustee(v.State().Ceremony, i+1)
		if err != nil {
			t.Fatal(err)
		}
		v.Trustees[i].Side = side
	}
	for !v.State().Ceremony.Ready() {
		for i := range v.Trustees {
			if body := v.Next(i + 1); body != nil {
				s.post(v.By(i+1, body))
			}
		}
	}
	var refused *client.Refused
	if _, err := s.Submit(context.Background(), v.Officer(v.Opening())); !errors.As(err, &refused) || refused.Code != "opening-time" {
		t.Fatalf("an early opening: %v", err)
	}
	s.at(v.Manifest.Opens)
	s.post(v.Officer(v.Opening()))
	var wg sync.WaitGroup
	for i := range 5 {
		ballot := v.Ballot(i, []int{simulate.Yes})
		wg.Go(func() {
			a, err := s.Submit(context.Background(), ballot)
			if err != nil {
				t.Error(err)
				return
			}
			text, err := s.Receipt(context.Background(), ballot.ID())
			if err != nil {
				t.Error(err)
				return
			}
			receipt, err := boardlog.ParseReceipt(text)
			if err != nil || receipt.Index != a.Index || record.ID(receipt.Record) != ballot.ID() {
				t.Errorf("the receipt says %d, the answer said %d: %v", receipt.Index, a.Index, err)
			}
		})
	}
	wg.Wait()
	s.follow()
	s.post(v.Ballot(4, []int{simulate.No}))
	s.at(v.Manifest.Closes)
	s.post(v.Officer(&record.Closing{By: 1}))
	if got := v.State().Phase; got != fold.Sealed {
		t.Fatalf("after the closing the vote is %v", got)
	}
	for i := range v.Manifest.Quorum {
		input := v.InputBody(int(i) + 1)
		input.Checkpoint = string(s.covered())
		s.post(v.By(int(i)+1, input))
	}
	for i := range v.Manifest.Threshold {
		s.post(v.By(int(i)+1, v.SharesBody(int(i)+1, 0)))
	}
	s.post(v.Officer(v.ResultBody()))
	if got := v.State().Result.Contests[0]; !slices.Equal(got.Counts, []uint64{4, 1, 0}) || got.Outcome != "passed" {
		t.Errorf("the result is %+v", got)
	}
	if f := simulate.Faults(o.Outcomes()); f != "" {
		t.Errorf("the board admitted what the fold does not accept:\n%s", f)
	}

	s.covered()
	var sum voteSummary
	if _, b := s.get("/votes/" + v.ID.String()); json.Unmarshal(b, &sum) != nil || sum.Phase != "certified" || sum.Counted != 5 ||
		*sum.Contests[0].Options[simulate.Yes].Count != 4 || !sum.Contests[0].Options[simulate.Yes].Won || sum.Contests[0].Outcome != "passed" {
		t.Errorf("the summary is %s", b)
	}
	resp, tar := s.get("/audit/board.tar")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-tar" {
		t.Fatalf("the audit package: %s %v", resp.Status, resp.Header)
	}
	checkPackage(t, o, tar)
}

// covered returns a checkpoint that covers all that the organisation has read. All front ends know that, then.
func (s *site) covered() (raw []byte) {
	s.t.Helper()
	sources := []boardlog.Source{s.Source()}
	for _, b := range s.fronts {
		sources = append(sources, b.Source())
		if err := b.Refresh(context.Background()); err != nil {
			s.t.Fatal(err)
		}
	}
	for begun := time.Now(); len(sources) > 0; time.Sleep(10 * time.Millisecond) {
		var err error
		if raw, err = sources[0].ReadFile(context.Background(), boardlog.CheckpointPath); err == nil {
			head, err := boardlog.Open(raw, policyOf(s.t, s.org))
			if err != nil {
				s.t.Fatal(err)
			}
			if head.Size() >= uint64(len(s.org.Log())) {
				sources = sources[1:]
			}
		}
		if time.Since(begun) > time.Minute {
			s.t.Fatalf("no checkpoint covers the %d records: %v", len(s.org.Log()), err)
		}
	}
	return raw
}

// checkPackage reads an audit package whole, and compares it with the organisation's log.
func checkPackage(t *testing.T, o *simulate.Org, tar []byte) {
	t.Helper()
	p, err := boardlog.OpenPackage(bytes.NewReader(tar), int64(len(tar)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.ReadFile(context.Background(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	head, err := boardlog.Open(raw, policyOf(t, o))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = boardlog.Read(context.Background(), p, head, 0, func(i uint64, raw []byte) error {
		n++
		if !bytes.Equal(raw, o.Log()[i]) {
			return fmt.Errorf("record %d is another", i)
		}
		return nil
	})
	if err != nil || n != len(o.Log()) {
		t.Errorf("the package has %d of %d records: %v", n, len(o.Log()), err)
	}
}

func TestSummaries(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 1}, 2)
	s := serve(t, v.Org)
	var all organisationSummary
	if resp, b := s.get("/votes"); resp.Header.Get("Content-Type") != "application/json" || json.Unmarshal(b, &all) != nil ||
		all.Genesis != v.Org.Genesis || len(all.Votes) != 1 || all.Votes[0].ID != v.ID || all.Votes[0].Phase != "open" || all.Records != uint64(len(v.Org.Log())) {
		t.Errorf("%s %s", resp.Status, b)
	}
	var rounds struct{ Rounds []roundSummary }
	if _, b := s.get("/rounds"); json.Unmarshal(b, &rounds) != nil || len(rounds.Rounds) != 1 || *rounds.Rounds[0].Slots[0].Vote != v.ID {
		t.Errorf("%s", b)
	}
	var round roundSummary
	if _, b := s.get("/rounds/" + v.Round.ID.String()); json.Unmarshal(b, &round) != nil || round.Registrars[0].Issued != 2 || !round.Registrars[1].Accepted {
		t.Errorf("%s", b)
	}
	s.post(v.Ballot(0, []int{simulate.Yes}))
	s.at(v.Manifest.Closes)
	s.post(v.Officer(&record.Closing{By: 1}))
	s.post(v.Promised(1, 0, true, v.Org.Genesis))
	var sum voteSummary
	if _, b := s.get("/votes/" + v.ID.String()); json.Unmarshal(b, &sum) != nil || sum.Phase != "closed" || sum.Counted != 1 || sum.Pending != 1 ||
		sum.SealBy != v.State().ClosedAt+v.Manifest.Grace || sum.Contests[0].Options[0].Count != nil {
		t.Errorf("%s", b)
	}
}

func TestSubmittingOverHTTP(t *testing.T) {
	v := openVote(t, simulate.Config{}, 3)
	s := serve(t, v.Org, func(c *board.Config, _ *Options) { c.RecordRate, c.RecordBurst = 1e-9, 4 })
	cbor := http.Header{"Content-Type": {TypeRecord}}
	good := v.Ballot(0, []int{simulate.Yes})
	bad := slices.Clone(v.Ballot(1, []int{simulate.Yes}).Raw())
	bad[len(bad)-1] ^= 1
	unsigned := v.Org.Sign(v.ID, &record.Closing{By: 1}, simulate.NewKey(t)).Raw()
	for _, x := range []struct {
		name   string
		header http.Header
		body   []byte
		status int
		code   string
	}{
		{"a ballot", cbor, good.Raw(), 200, ""},
		{"the same", cbor, good.Raw(), 200, ""},
		{"with a parameter", http.Header{"Content-Type": {"application/cbor; charset=x"}}, good.Raw(), 200, ""},
		{"a bad proof", cbor, bad, 409, "proof"},
		{"spent", cbor, v.Ballot(0, []int{simulate.No}).Raw(), 409, "spent"},
		{"no record", cbor, []byte("hello"), 400, "malformed"},
		{"nothing", cbor, nil, 413, "oversize"},
		{"too much", cbor, make([]byte, record.MaxSize+1), 413, "oversize"},
		{"a form", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, good.Raw(), 415, "media-type"},
		{"without a type", http.Header{}, good.Raw(), 415, "media-type"},
		{"compressed", http.Header{"Content-Type": {TypeRecord}, "Content-Encoding": {"gzip"}}, good.Raw(), 415, "media-type"},
		{"unsigned", cbor, unsigned, 409, "signature"},
		{"unknown kind", cbor, unknownKind(t), 400, "unknown-kind"},
		{"unsigned", cbor, v.Org.Sign(v.ID, &record.Seal{}, simulate.NewKey(t)).Raw(), 409, "signature"},
		{"unsigned", cbor, v.Org.Sign(v.Org.Genesis, &record.Time{}, simulate.NewKey(t)).Raw(), 409, "signature"},
		{"unsigned", cbor, v.Org.Sign(v.ID, &record.Result{By: 1}, simulate.NewKey(t)).Raw(), 409, "signature"},
		{"too many others", cbor, v.Org.Sign(v.ID, &record.Input{Trustee: 1}, simulate.NewKey(t)).Raw(), 429, "rate"},
	} {
		for _, chunked := range []bool{false, true} {
			var body io.Reader = bytes.NewReader(x.body)
			if chunked {
				body = struct{ io.Reader }{body} // its length is not known beforehand
				if x.code == "signature" || x.code == "rate" {
					continue
				}
			}
			resp, b := s.do(http.MethodPost, "/records", x.header.Clone(), body)
			if resp.StatusCode != x.status || resp.Header.Get(HeaderCode) != x.code {
				t.Errorf("%s: %s, code %q: %q", x.name, resp.Status, resp.Header.Get(HeaderCode), b)
				continue
			}
			if x.code == "" {
				var p record.Promise
				if err := record.OpenAnswer(v.Org.Genesis, b, &p, v.Org.Board.Public()); err != nil || p.Ballot != good.ID() ||
					resp.Header.Get(HeaderIndex) != fmt.Sprint(len(v.Org.Log())) || resp.Header.Get("Content-Type") != TypePromise {
					t.Errorf("%s: %+v %v, %v", x.name, p, resp.Header, err)
				}
				continue
			}
			var p record.Refusal
			if err := record.OpenAnswer(v.Org.Genesis, b, &p, v.Org.Board.Public()); err != nil || p.Code != x.code || resp.Header.Get("Content-Type") != TypeRefusal {
				t.Errorf("%s: %+v %v, %v", x.name, p, resp.Header, err)
			}
			if (x.status == 429 || x.status == 503) != (resp.Header.Get("Retry-After") != "") {
				t.Errorf("%s: Retry-After %q", x.name, resp.Header.Get("Retry-After"))
			}
		}
	}
	// Parties are heard beyond the limit; whoever only says to be one is not.
	issue := v.Org.Sign(v.Round.ID, &record.Issue{Registrar: 1, Entry: 0}, simulate.NewKey(t))
	if resp, _ := s.do(http.MethodPost, "/records", cbor.Clone(), bytes.NewReader(issue.Raw())); resp.Header.Get(HeaderCode) != "rate" {
		t.Errorf("beyond the limit: %s", resp.Header.Get(HeaderCode))
	}
}

func unknownKind(t *testing.T) []byte {
	t.Helper()
	payload, err := record.Encode([]any{"manifesto", make([]byte, 32), []any{}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := record.Encode([][]byte{payload, make([]byte, 64)})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestG12_AddressesAreLimited(t *testing.T) {
	v := openVote(t, simulate.Config{}, 3)
	s := serve(t, v.Org, func(_ *board.Config, o *Options) {
		o.Limits = Limits{Rate: 1e-9, Burst: 30, Penalty: 20}
		o.Proxies = nil
	})
	cbor := func() http.Header {
		return http.Header{"Content-Type": {TypeRecord}, "X-Forwarded-For": {"203.0.113.9"}}
	}
	post := func(raw []byte) string {
		resp, _ := s.do(http.MethodPost, "/records", cbor(), bytes.NewReader(raw))
		return resp.Header.Get(HeaderCode)
	}
	bad := slices.Clone(v.Ballot(1, []int{simulate.Yes}).Raw())
	bad[len(bad)-1] ^= 1
	if got := post(bad); got != "proof" {
		t.Fatalf("a bad proof: %q", got)
	}
	n := 0
	for post(v.Ballot(0, []int{simulate.Yes}).Raw()) != "rate" {
		if n++; n > 30 {
			t.Fatal("the address is not limited")
		}
	}
	if n != 30-1-20 {
		t.Errorf("after a bad proof %d records were taken, want the burst less the penalty", n)
	}
	if resp, _ := s.get("/checkpoint"); resp.StatusCode != 200 {
		t.Errorf("reading is limited too: %s", resp.Status)
	}
}

func TestReceiptsOverHTTP(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	s := serve(t, v.Org, func(_ *board.Config, o *Options) { o.Limits.Receipts = 1 })
	ballot := v.Ballot(0, []int{simulate.Yes})
	id := ballot.ID()
	for _, path := range []string{
		"/receipts/" + id.String(), // not recorded yet
		"/receipts/" + id.Short(), "/receipts/" + strings.ToUpper(v.Org.Genesis.String()), "/receipts/", "/receipts/" + v.Org.Genesis.String() + "/",
		"/receipts/" + strings.Repeat("g", 64),
	} {
		if resp, _ := s.get(path); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	s.post(ballot)
	resp, text := s.get("/receipts/" + id.String())
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Fatalf("%s %s", resp.Status, text)
	}
	receipt, err := boardlog.ParseReceipt(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Verify(policyOf(t, v.Org)); err != nil || record.ID(receipt.Record) != id {
		t.Errorf("%v: %v", receipt, err)
	}
}

func TestJ13_PathsAreParsedStrictly(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	s := serve(t, v.Org)
	size := len(v.Org.Log())
	whole := fmt.Sprintf("/tile/entries/000.p/%d", size)
	for path, status := range map[string]int{
		"/checkpoint": 200, whole: 200, fmt.Sprintf("/tile/0/000.p/%d", size): 200, fmt.Sprintf("/tile/0/000.p/%d", size-1): 200,
		"/tile/0/000": 404, fmt.Sprintf("/tile/0/000.p/%d", size+1): 404, "/tile/0/001.p/1": 404, "/tile/1/000.p/1": 404,
		"/tile/0/000.p/0": 404, "/tile/0/000.p/256": 404, "/tile/0/000.p/01": 404, "/tile/0/0": 404, "/tile/0/x000/000.p/1": 404,
		"/tile/00/000.p/1": 404, "/tile/-1/000.p/1": 404, "/tile/64/000.p/1": 404, "/tile/data/000.p/1": 404, "/tile/8/0/000.p/1": 404,
		"/tile/0/000.p/1/": 404, "/tile//0/000.p/1": 404, "/tile/0/000.p/1?x=..": 200,
		"/tile/../checkpoint": 404, "/tile/0/../../checkpoint": 404, "/tile/..%2fcheckpoint": 404, "/tile/%2e%2e/checkpoint": 404,
		"/tile/entries/../../../etc/passwd": 404, "/tile/entries/..%5c..%5cetc": 404, "/tile/entries/%00": 404, "/%63heckpoint": 404,
		"/tile/entries/" + strings.Repeat("x000/", 500) + "000": 404, "//checkpoint": 404, "/./checkpoint": 404, "/checkpoint/": 404,
		"/": 200, "/tile": 404, "/vote": 404, "/vote/": 404, "/vote/" + v.ID.String(): 200, "/vote/" + v.ID.String() + "/": 404, "/vote/" + v.Round.ID.String(): 404,
		"/vote/" + strings.ToUpper(v.ID.String()): 404, "/round/" + v.Round.ID.String(): 200, "/round/" + v.ID.String(): 404, "/round/..": 404, "/pages/": 404,
		"/pages/style.css": 200, "/pages/../checkpoint": 404, "/pages/..": 404, "/pages/%2e%2e/page.go": 404, "/pages/style.css/": 404, "/vote/" + v.ID.String() + "/statements": 404,
		"/tile/": 404, "/audit/": 404, "/audit/../checkpoint": 404, "/votes/": 404, "/votes/..": 404,
		"/rounds/" + v.ID.String(): 404, "/votes/" + v.Round.ID.String(): 404, "/votes/" + v.ID.String(): 200, "/healthz": 200,
	} {
		resp, b := s.get(path)
		if resp.StatusCode != status {
			t.Errorf("%.80s: %s, want %d", path, resp.Status, status)
		}
		if status == 404 && bytes.Contains(b, []byte(v.Org.LogSigner.Name())) {
			t.Errorf("%.80s: %q", path, b)
		}
	}
}

func TestTilesAreCachedForever(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 300})
	for i := range 260 {
		o.Time(simulate.Begin + uint64(i))
	}
	s := serve(t, o)
	for path, want := range map[string]string{
		"/tile/0/000": cacheForever, "/tile/entries/000": cacheForever, "/tile/1/000.p/1": cacheShortly, "/tile/entries/001.p/1": cacheShortly,
		"/checkpoint": "no-cache", "/votes": "no-store", "/tile/2/000": "no-store", "/healthz": "no-store",
	} {
		if resp, _ := s.get(path); resp.Header.Get("Cache-Control") != want {
			t.Errorf("%s: %s, Cache-Control %q, want %q", path, resp.Status, resp.Header.Get("Cache-Control"), want)
		}
	}
}

func TestEveryAnswerIsSecured(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	s := serve(t, v.Org, func(_ *board.Config, o *Options) { o.TLS = true })
	for _, x := range []struct{ method, path string }{
		{"GET", "/checkpoint"}, {"GET", "/nothing"}, {"DELETE", "/checkpoint"}, {"POST", "/records"}, {"GET", "/records"}, {"GET", "/%2e"},
		{"GET", "/votes"}, {"GET", "/audit/board.tar"}, {"HEAD", "/audit/board.tar"}, {"HEAD", "/checkpoint"}, {"OPTIONS", "/records"}, {"GET", "/healthz"},
	} {
		resp, _ := s.do(x.method, x.path, nil, nil)
		h := resp.Header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s %s: Content-Security-Policy %q", x.method, x.path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") == "" ||
			!strings.HasPrefix(h.Get("Strict-Transport-Security"), "max-age=") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: %v", x.method, x.path, h)
		}
		if resp.StatusCode == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", x.method, x.path)
		}
	}
	if resp, _ := s.do("DELETE", "/checkpoint", nil, nil); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE: %s, Allow %q", resp.Status, resp.Header.Get("Allow"))
	}
	if resp, b := s.do("HEAD", "/checkpoint", nil, nil); resp.StatusCode != 200 || len(b) != 0 {
		t.Errorf("HEAD: %s, %d bytes", resp.Status, len(b))
	}
}

func TestHealth(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	s := serve(t, o)
	if resp, b := s.get("/healthz"); resp.StatusCode != 200 || string(b) != "ok\n" {
		t.Errorf("%s %q", resp.Status, b)
	}
	s.b.Close()
	if resp, _ := s.get("/healthz"); resp.StatusCode != 503 {
		t.Errorf("after the board was closed: %s", resp.Status)
	}
	resp, b := s.do(http.MethodPost, "/records", http.Header{"Content-Type": {TypeRecord}}, bytes.NewReader(o.Officer(o.Genesis, &record.Roll{}).Raw()))
	var p record.Refusal
	if err := record.OpenAnswer(o.Genesis, b, &p, o.Board.Public()); resp.StatusCode != 503 || err != nil || p.Code != board.CodeStopping {
		t.Errorf("%s %+v, %v", resp.Status, p, err)
	}
}

// The source behind a client is one of the log's files and of nothing else.
func TestSourceOfTheLogOnly(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	s := serve(t, o)
	if _, err := s.b.Source().ReadFile(context.Background(), "../../etc/passwd"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
