package mirror_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/bulletin/mirror"
	"mandate/verifier"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/corpus/electiontest"
	"mandate/verifier/evidence"
)

// A board serves the log of an organisation, which the test changes.
type board struct {
	t   *testing.T
	url string

	mu   sync.Mutex
	org  *simulate.Org
	size int
	pkg  *boardlog.Package
	post http.HandlerFunc
}

func serve(t *testing.T, o *simulate.Org) *board {
	t.Helper()
	b := &board{t: t, org: o}
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	b.url = s.URL
	return b
}

func (b *board) show(o *simulate.Org) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.org, b.size = o, 0
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodPost {
		b.post(w, r)
		return
	}
	if log := b.org.Log(); len(log) != b.size {
		raw := electiontest.Of(b.org, log, record.ID{}).Package
		p, err := boardlog.OpenPackage(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			b.t.Error(err)
			return
		}
		b.pkg, b.size = p, len(log)
	}
	content, err := b.pkg.ReadFile(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Write(content)
}

func scene(t *testing.T) *simulate.Vote {
	t.Helper()
	r := simulate.New(t, simulate.Config{}).Round()
	r.Cards(0, 1, 2, 3)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	return v
}

func open(t *testing.T, dir, url string) *mirror.Mirror {
	t.Helper()
	m, err := mirror.Open(t.Context(), mirror.Options{Board: url, Dir: dir, Log: slog.New(slog.DiscardHandler), Stale: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func update(t *testing.T, m *mirror.Mirror) {
	t.Helper()
	if err := m.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// source is the log that a handler serves.
func source(t *testing.T, m *mirror.Mirror) (*httpsource.Source, string) {
	t.Helper()
	s := httptest.NewServer(m.Handler())
	t.Cleanup(s.Close)
	src, err := httpsource.New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return src, s.URL
}

// wantEvidence returns the one file of evidence that a mirror has kept, as judged by who knows the vote's id and, where needed, a log.
func wantEvidence(t *testing.T, m *mirror.Mirror, dir, kind string, v *simulate.Vote, log boardlog.Source) {
	t.Helper()
	names, err := m.Evidence()
	if err != nil || len(names) != 1 {
		t.Fatalf("evidence %v, %v; want one", names, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "evidence", names[0]))
	if err != nil {
		t.Fatal(err)
	}
	e, err := evidence.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	j, err := evidence.Judge(t.Context(), e, evidence.Options{Vote: v.ID, Source: log, Live: true})
	if err != nil || !j.Proven || j.Kind != kind {
		t.Errorf("%+v, %v; want proof of kind %s", j, err, kind)
	}
}

// The copy is the log, at every size, and whoever reads it reads what they would read from the board.
func TestACopyIsTheLog(t *testing.T) {
	v := scene(t)
	b, dir := serve(t, v.Org), t.TempDir()
	m := open(t, dir, b.url)
	update(t, m)
	early := len(v.Org.Log())
	src, url := source(t, m)
	earlyEdge := boardlog.TilePath(boardlog.TileAt(0, 0, uint64(early)))
	for _, more := range []int{1, 200, 300, 0, 7} {
		b.mu.Lock()
		for range more {
			v.Org.Time(v.Org.State.Now() + 1)
		}
		b.mu.Unlock()
		update(t, m)
		f := verifier.NewFollower(src)
		if err := f.Update(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f.State().Root() != v.Org.State.Root() || m.Size() != v.Org.State.Size() {
			t.Fatalf("%d records, want %d", m.Size(), v.Org.State.Size())
		}
		if _, err := src.ReadFile(t.Context(), earlyEdge); err != nil {
			t.Errorf("a reader with an earlier checkpoint: %v", err)
		}
	}
	if report, err := verifier.Verify(t.Context(), src, verifier.Options{Vote: v.ID}); err != nil || report.Verdict != verifier.Unfinished {
		t.Errorf("%+v %v", report, err)
	}
	get := func(path string) []byte {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
		}
		return body
	}
	pkg := get("/audit/board.tar")
	p, err := boardlog.OpenPackage(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	if report, err := verifier.Verify(t.Context(), p, verifier.Options{Vote: v.ID}); err != nil || report.Verdict != verifier.Unfinished {
		t.Errorf("%+v %v", report, err)
	}
	raw := v.Org.Log()[17]
	if !bytes.Equal(get("/records/"+record.IDOf(raw).String()), raw) {
		t.Error("another record")
	}
	r, err := boardlog.ParseReceipt(get("/receipts/" + record.IDOf(raw).String()))
	if err != nil {
		t.Fatal(err)
	}
	key, err := checkpoint.ParseLogKey(v.Org.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(boardlog.Policy{Origin: v.Org.Config.Origin, Log: key}); err != nil || r.Index != 17 {
		t.Error(err)
	}
	// Another process takes it up without the board.
	b.show(simulate.New(t, simulate.Config{}))
	again := open(t, dir, b.url)
	if again.Size() != v.Org.State.Size() {
		t.Errorf("%d records after it was opened again", again.Size())
	}
	if err := again.Update(t.Context()); err == nil {
		t.Error("another board's log is taken")
	}
}

// A byte that is changed in the folder is noticed, and the copy made again.
func TestADamagedCopyIsMadeAgain(t *testing.T) {
	v := scene(t)
	for range 300 {
		v.Org.Time(v.Org.State.Now() + 1)
	}
	b, dir := serve(t, v.Org), t.TempDir()
	update(t, open(t, dir, b.url))
	for _, name := range []string{"tile/entries/000", "tile/0/000", "tile/1/000.p/1"} {
		path := filepath.Join(dir, "log", name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		m := open(t, dir, b.url)
		if m.Size() != 0 {
			t.Errorf("%s: a damaged copy is served", name)
		}
		update(t, m)
		if healed := open(t, dir, b.url); healed.Size() != v.Org.State.Size() {
			t.Errorf("%s: %d records", name, healed.Size())
		}
	}
}

// G1: the board shows a mirror another history than before: one that is larger, smaller or as large.
func TestG1_AMirrorKeepsEvidenceOfTwoHistories(t *testing.T) {
	for name, more := range map[string]int{"larger": 3, "as large": 1, "smaller": 0} {
		t.Run(name, func(t *testing.T) {
			v := scene(t)
			base := len(v.Org.Log())
			other := v.On(v.Org.Until(base))
			v.Cast(0, v.Choice(0)...)
			v.Cast(1, v.Choice(0)...)
			other.Cast(2, other.Choice(1)...)
			for range more {
				other.Org.Time(other.Org.State.Now() + 1)
			}
			b, dir := serve(t, v.Org), t.TempDir()
			m := open(t, dir, b.url)
			update(t, m)
			b.show(other.Org)
			var fork *boardlog.HistoryError
			for range 2 {
				if err := m.Update(t.Context()); !errors.As(err, &fork) {
					t.Fatal(err)
				}
			}
			wantEvidence(t, m, dir, "fork", v, nil)
			if open(t, dir, b.url).Size() != uint64(base)+2 {
				t.Error("the copy is not the one that was seen first")
			}
		})
	}
}

// G1: two mirrors that were shown two histories find out by comparing, in either direction.
func TestG1_MirrorsCompare(t *testing.T) {
	v := scene(t)
	other := v.On(v.Org.Until(len(v.Org.Log())))
	v.Cast(0, v.Choice(0)...)
	other.Cast(2, other.Choice(1)...)
	other.Org.Time(other.Org.State.Now() + 1)
	dirs := []string{t.TempDir(), t.TempDir()}
	one, two := open(t, dirs[0], serve(t, v.Org).url), open(t, dirs[1], serve(t, other.Org).url)
	update(t, one)
	update(t, two)
	_, urlOne := source(t, one)
	_, urlTwo := source(t, two)
	if err := one.Compare(t.Context(), urlOne); err != nil {
		t.Error(err)
	}
	var fork *boardlog.HistoryError
	if err := one.Compare(t.Context(), urlTwo); !errors.As(err, &fork) {
		t.Error(err)
	}
	if err := two.Compare(t.Context(), urlOne); !errors.As(err, &fork) {
		t.Error(err)
	}
	wantEvidence(t, one, dirs[0], "fork", v, nil)
	wantEvidence(t, two, dirs[1], "fork", v, nil)
}

// G2: a board that goes on to show an old state of its log.
func TestG2_AMirrorNoticesAFrozenBoard(t *testing.T) {
	v := scene(t)
	old := v.Org.Until(len(v.Org.Log()))
	v.Cast(0, v.Choice(0)...)
	b, dir := serve(t, v.Org), t.TempDir()
	m := open(t, dir, b.url)
	update(t, m)
	b.show(old)
	for range 2 {
		if err := m.Update(t.Context()); !errors.Is(err, mirror.ErrOlder) {
			t.Fatal(err)
		}
	}
	live, err := httpsource.New(b.url)
	if err != nil {
		t.Fatal(err)
	}
	wantEvidence(t, m, dir, "head", v, live)
}

func answer(t *testing.T, v *simulate.Vote, w http.ResponseWriter, a record.Answer) []byte {
	t.Helper()
	signed, err := record.SignAnswer(v.Org.Genesis, a, v.Org.Board, rand.Reader)
	if err != nil {
		t.Error(err)
	}
	if r, ok := a.(*record.Refusal); ok {
		w.Header().Set("Content-Type", "application/mandate-refusal")
		w.Header().Set("Mandate-Code", r.Code)
		w.WriteHeader(http.StatusConflict)
	} else {
		w.Header().Set("Content-Type", "application/mandate-promise")
		w.Header().Set("Mandate-Index", "41")
	}
	w.Write(signed)
	return signed
}

// G4: whom the board does not answer sends through a mirror: the board gets the same bytes, the sender the board's signed answer with its reason.
func TestG4_ARecordGoesThroughAMirrorUnchanged(t *testing.T) {
	v := scene(t)
	b := serve(t, v.Org)
	m := open(t, t.TempDir(), b.url)
	update(t, m)
	_, url := source(t, m)
	c, err := overhttp.Dial(url, nil, client.Options{Attempts: 1})
	if err == nil {
		c, err = c.Trust(v.Org.GenesisBody(), v.Org.Genesis)
	}
	if err != nil {
		t.Fatal(err)
	}
	ballot, refused := v.Ballot(0, v.Choice(0)...), v.Ballot(1, v.Choice(0)...)
	var got [][]byte
	b.post = func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		got = append(got, raw)
		if r.URL.Path != "/records" || r.Header.Get("Content-Type") != "application/cbor" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		if bytes.Equal(raw, refused.Raw()) {
			answer(t, v, w, &record.Refusal{Scope: v.ID, Record: refused.ID(), Code: "spoiled", Sentence: "It was opened."})
			return
		}
		answer(t, v, w, &record.Promise{Vote: v.ID, Ballot: record.IDOf(raw), At: 5})
	}
	a, err := c.Submit(t.Context(), ballot)
	if err != nil || a.Index != 41 || len(a.Promise) == 0 {
		t.Errorf("%+v, %v", a, err)
	}
	var no *client.Refused
	if _, err := c.Submit(t.Context(), refused); !errors.As(err, &no) || no.Code != "spoiled" || no.Sentence != "It was opened." {
		t.Errorf("%v", err)
	}
	// Its receipt, once the board has it; until then no answer that would accuse the board.
	b.mu.Lock()
	v.Org.Post(ballot)
	b.mu.Unlock()
	if text, err := c.Receipt(t.Context(), ballot.ID()); err != nil || !bytes.Contains(text, []byte("index")) {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := c.Receipt(t.Context(), refused.ID()); !errors.Is(err, client.ErrUnknown) {
		t.Errorf("a record that was refused: %v", err)
	}
	if len(got) < 2 || !bytes.Equal(got[0], ballot.Raw()) || !bytes.Equal(got[1], refused.Raw()) {
		t.Error("the board got other bytes than were sent")
	}
	// A client to whom the board itself does not answer finds the way through the mirror.
	silent := httptest.NewServer(nil)
	silent.Close()
	around, err := overhttp.Dial(silent.URL, nil, client.Options{Attempts: 1}, url)
	if err == nil {
		around, err = around.Trust(v.Org.GenesisBody(), v.Org.Genesis)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, err := around.Submit(t.Context(), ballot); err != nil || len(a.Promise) == 0 || !bytes.Equal(got[2], ballot.Raw()) {
		t.Errorf("%+v, %v", a, err)
	}
	if err := verifier.NewFollower(around.Source()).Update(t.Context()); err != nil {
		t.Error(err)
	}
	b.post = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	if _, err := c.Submit(t.Context(), ballot); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("a silent board: %v", err)
	}
}

// G12: many who ask a mirror for receipts that are not there do not have it ask a silent board once for each.
func TestG12_ASilentBoardIsAskedOnceForAll(t *testing.T) {
	b := serve(t, scene(t).Org)
	var silent atomic.Bool
	var asked atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !silent.Load() {
			b.ServeHTTP(w, r)
			return
		}
		asked.Add(1)
		time.Sleep(50 * time.Millisecond)
		http.NotFound(w, r)
	}))
	t.Cleanup(front.Close)
	m := open(t, t.TempDir(), front.URL)
	update(t, m)
	silent.Store(true)
	time.Sleep(1100 * time.Millisecond) // a mirror that has just looked does not look again
	h := m.Handler()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/receipts/"+record.IDOf([]byte{byte(i)}).String(), nil).WithContext(t.Context()))
			if w.Code != http.StatusNotFound {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n == 0 || n > 50 {
		t.Errorf("the board was asked %d times", n)
	}
}

// G3: a ballot that the board promised through a mirror, and left out. The mirror remembers the promise, also when it is started again.
func TestG3_AMirrorRemembersPromises(t *testing.T) {
	v := scene(t)
	b, dir := serve(t, v.Org), t.TempDir()
	m := open(t, dir, b.url)
	update(t, m)
	_, url := source(t, m)
	b.post = func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		answer(t, v, w, &record.Promise{Vote: v.ID, Ballot: record.IDOf(raw), At: 5})
	}
	dropped, kept := v.Ballot(0, v.Choice(0)...), v.Ballot(1, v.Choice(1)...)
	for _, ballot := range []*record.Record{dropped, kept} {
		resp, err := http.Post(url+"/records", "application/cbor", bytes.NewReader(ballot.Raw()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	b.mu.Lock()
	v.Org.Post(kept)
	b.mu.Unlock()
	update(t, m)
	if names, err := m.Evidence(); err != nil || len(names) > 0 {
		t.Fatalf("before the ballot box is sealed: %v %v", names, err)
	}
	b.mu.Lock()
	v.Close()
	v.Promises()
	v.Seal()
	v.Org.Time(v.Org.State.Now() + 1)
	b.mu.Unlock()
	m = open(t, dir, b.url)
	update(t, m)
	log, err := httpsource.New(b.url)
	if err != nil {
		t.Fatal(err)
	}
	wantEvidence(t, m, dir, "promise", v, log)
	if left, err := os.ReadDir(filepath.Join(dir, "promises")); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}

// A mirror that is killed at any moment goes on from its folder, and what it serves is always whole.
func TestKilledMirrorsGoOn(t *testing.T) {
	if url := os.Getenv("MIRROR_TEST_BOARD"); url != "" {
		m := open(t, os.Getenv("MIRROR_TEST_DIR"), url)
		for t.Context().Err() == nil {
			m.Update(t.Context())
		}
		return
	}
	v := scene(t)
	for range 3000 {
		v.Org.Time(v.Org.State.Now() + 1)
	}
	b, dir := serve(t, v.Org), t.TempDir()
	seen := uint64(0)
	for i := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledMirrorsGoOn$")
		cmd.Env = append(os.Environ(), "MIRROR_TEST_BOARD="+b.url, "MIRROR_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+i*40) * time.Millisecond) // whenever it is: nothing depends on how far it has come
		cmd.Process.Kill()
		cmd.Wait()
		b.mu.Lock()
		for range 40 {
			v.Org.Time(v.Org.State.Now() + 1)
		}
		b.mu.Unlock()
		m := open(t, dir, b.url)
		if size := m.Size(); size < seen {
			t.Fatalf("%d records after %d", size, seen)
		} else {
			seen = size
		}
	}
	m := open(t, dir, b.url)
	update(t, m)
	src, _ := source(t, m)
	f := verifier.NewFollower(src)
	if err := f.Update(context.Background()); err != nil || f.State().Root() != v.Org.State.Root() {
		t.Error(err)
	}
}
