package member

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/bulletin/store"
	"mandate/bulletin/web"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/light"
)

// A phone sees a real board over HTTP through a light reader; what it sends is recorded, and the board can be made to lie.
type phone struct {
	*scene
	server *httptest.Server
	real   http.Handler

	mu   sync.Mutex
	sent []string // "GET /path" or "POST /records <bytes>"
	size []int    // of each, headers and body
	lie  func(w http.ResponseWriter, r *http.Request) bool
}

var quiet = slog.New(slog.DiscardHandler)

// newPhone serves the log of a scene as it is.
func newPhone(s *scene) *phone {
	s.t.Helper()
	p := &phone{scene: s}
	org := s.round.Org
	path := filepath.Join(s.t.TempDir(), "log")
	log, err := store.OpenLog(context.Background(), store.Options{Path: path, Origin: org.LogSigner.Name(), Signer: org.LogSigner, Logger: quiet})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := log.AppendBatch(context.Background(), org.Log()); err != nil {
		s.t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		s.t.Fatal(err)
	}
	now := org.State.Now()
	b, err := board.Open(context.Background(), board.Config{
		Path: path, Signer: org.LogSigner, LogKey: org.LogKey, Key: org.Board, Log: quiet, RecordRate: rate.Inf,
		CheckpointInterval: 10 * time.Millisecond, Look: time.Hour, Clock: func() time.Time { return time.Unix(int64(now), 0) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { b.Close() })
	p.real = web.New(b, web.Options{Log: quiet})
	p.server = httptest.NewServer(p)
	s.t.Cleanup(p.server.Close)
	return p
}

func (p *phone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	n := len(body) + len(r.URL.String())
	for k, v := range r.Header {
		n += len(k) + len(strings.Join(v, ""))
	}
	p.sent, p.size = append(p.sent, r.Method+" "+r.URL.String()+" "+string(body)), append(p.size, n)
	lie := p.lie
	p.mu.Unlock()
	if lie != nil && lie(w, r) {
		return
	}
	p.real.ServeHTTP(w, r)
}

func (p *phone) reset() (sent []string, size []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent, size = p.sent, p.size
	p.sent, p.size = nil, nil
	return sent, size
}

// connect returns a client as a booth has it; seen is what the device has seen of the board before.
func (p *phone) connect() *Client {
	p.t.Helper()
	c, err := overhttp.Dial(p.server.URL, nil, client.Options{Attempts: 2, Wait: time.Millisecond})
	if err != nil {
		p.t.Fatal(err)
	}
	return New(Join(light.NewReader(p.source(), light.Options{}), c), p.options())
}

func (p *phone) source() light.Source {
	p.t.Helper()
	src, err := httpsource.New(p.server.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	src.Attempts = 1
	return src
}

// A member from the first code to the history, on a phone that reads as little as it can.
func TestAPhone(t *testing.T) {
	s := newScene(t, simulate.Config{Members: 300, Revote: true})
	p := newPhone(s)
	ctx := t.Context()
	c := p.connect()
	rounds, err := c.Rounds(ctx, "en")
	if err != nil || len(rounds) != 1 || len(rounds[0].Registrars) != 2 {
		t.Fatalf("%+v, %v", rounds, err)
	}
	desk, err := FindDesk(rounds, record.ID{}, s.desks[0].typed(42))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := c.Enter(ctx, desk.Window.Round, desk.Registrar, desk.Code)
	if err != nil || entry.Index != 42 {
		t.Fatal(err)
	}
	w, err := c.NewWallet(ctx, folderKeep(s.file("card")), desk.Window.Round, entry)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.desks {
		if err := c.Collect(ctx, w, i+1, s.desks[i].code(42)); err != nil {
			t.Fatal(err)
		}
	}
	issues, foreign, err := c.Issues(ctx, w)
	if err != nil || foreign || len(issues) != 2 || issues[0].Published || !issues[1].Answered {
		t.Errorf("%+v, %v, %v", issues, foreign, err)
	}
	if n, err := c.PostIssues(ctx, w); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	settle(t, p)
	if issues, foreign, err := c.Issues(ctx, w); err != nil || foreign || !issues[0].Published || !issues[1].Published {
		t.Errorf("%+v, %v, %v", issues, foreign, err)
	}
	// None of this has told the board who the member is.
	sent, _ := p.reset()
	for _, r := range sent {
		if strings.Contains(r, "42") && strings.HasPrefix(r, "GET") && !strings.Contains(r, "/tile/") && !strings.Contains(r, s.round.ID.String()) && !strings.Contains(r, "outline/") {
			t.Errorf("asked for %.200s", r)
		}
	}

	// On another day: a fresh device, with the card in its storage.
	c = p.connect()
	if w, err = OpenWallet(ctx, w.keep); err != nil {
		t.Fatal(err)
	}
	prepare := func(option int) *Prepared {
		t.Helper()
		b, err := c.Begin(ctx, w, s.vote.ID)
		if err != nil || b.Late || len(b.Foreign) > 0 {
			t.Fatalf("%+v, %v", b, err)
		}
		made, err := b.Encrypt([][]int{{option}})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	checked := prepare(simulate.No)
	opened, err := checked.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, p)
	if look, err := p.connect().Verify(ctx, opened.Text(), checked.Ballot()); err != nil || look.Selections[0][0] != simulate.No || !look.Spoiled {
		t.Errorf("%+v, %v", look, err)
	}
	first, err := prepare(simulate.Yes).Cast(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if counts, err := c.Counts(ctx, w, first); err != nil || !counts {
		t.Errorf("%v, %v", counts, err)
	}
	second, err := prepare(simulate.No).Cast(ctx)
	if err != nil || second.Number != 1 {
		t.Fatal(err)
	}
	h, err := c.History(ctx, w)
	if err != nil || len(h) != 1 || h[0].Foreign || len(h[0].Lost) > 0 || len(h[0].Entries) != 3 {
		t.Fatalf("%+v, %v", h, err)
	}
	if e := h[0].Entries; e[0].Kind != "check" || !e[1].Accepted || e[1].Counts || !e[2].Counts || !e[2].Mine {
		t.Errorf("%+v", e)
	}
	// The receipt, on a third device, with and without the ballot.
	proven, err := p.connect().CheckReceipt(ctx, first.Text, nil)
	if err != nil || proven.Index != first.Index || proven.Newest <= proven.Index || proven.Vote != nil {
		t.Errorf("%+v, %v", proven, err)
	}
	for _, r := range []*Receipt{first, second} {
		raw := w.memory.in(s.vote.ID, false).find(r.Ballot).Ballot
		if proven, err := p.connect().CheckReceipt(ctx, r.Text, raw); err != nil || !proven.Accepted || proven.Counts != (r == second) || proven.Vote.ID != s.vote.ID {
			t.Errorf("%+v, %v", proven, err)
		}
	}
	// And by its words, which only name it.
	src := p.source()
	words := strings.Join(Words(second.Ballot), " ")
	named, err := p.connect().CheckWords(ctx, src, words)
	if err != nil || len(named) != 1 || named[0].Record != second.Ballot || !named[0].Counts || named[0].Index != second.Index {
		t.Errorf("%+v, %v", named, err)
	}
	var problem *Problem
	if _, err := p.connect().CheckWords(ctx, src, strings.Join(Words(record.ID{9}), "-")); !errors.As(err, &problem) || problem.Code != CodeUnknown {
		t.Errorf("words of nothing: %v", err)
	}
	if _, err := p.connect().CheckWords(ctx, src, words[4:]); !errors.As(err, &problem) || problem.Code != CodeTypo {
		t.Errorf("words that are none: %v", err)
	}
	if got := w.Sent(s.vote.ID); len(got) != 2 || got[0].Receipt == nil || got[1].Number != 1 {
		t.Errorf("%+v", got)
	}
}

// settle waits until a checkpoint covers what was sent.
func settle(t *testing.T, p *phone) {
	t.Helper()
	time.Sleep(50 * time.Millisecond)
	c := p.connect()
	if err := c.View(t.Context(), light.Focus{}, func(*fold.State) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// typed is a code as a member types it.
func (d *desk) typed(entry int) string {
	return deskOf(d).Text(d.code(entry))
}

// What a voting session sends has the same form and size whatever the choice, and names nothing but the credential.
func TestF14_RequestsDoNotDependOnTheChoice(t *testing.T) {
	s := newScene(t, simulate.Config{Members: 30})
	wallets := []*Wallet{s.card(3, "a"), s.card(4, "b"), s.card(5, "c")}
	s.board.Do(func(*simulate.Org) { s.round.Issues(3, 4, 5) })
	p := newPhone(s)
	var sizes [][]int
	var paths [][]string
	for i, choice := range [][]int{{simulate.Yes}, {simulate.No}, {}} {
		p.reset()
		w := wallets[i]
		b, err := p.connect().Begin(t.Context(), w, s.vote.ID)
		if err != nil {
			t.Fatal(err)
		}
		made, err := b.Encrypt([][]int{choice})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := made.Cast(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent, size := p.reset()
		cred, err := w.credential(s.vote.Manifest.Slot)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for j, r := range sent {
			path, body, _ := strings.Cut(r[strings.Index(r, " ")+1:], " ")
			r = strings.NewReplacer(made.Ballot().String(), "BALLOT", cred.Key.String(), "KEY").Replace(path)
			if strings.HasPrefix(r, "/tile/") || r == "/receipts/BALLOT" && j > 0 && slices.Contains(kinds, r) {
				continue // the log has grown, or the receipt was asked for again
			}
			kinds = append(kinds, r)
			if strings.HasPrefix(r, "/records") {
				rec, err := record.Decode([]byte(body))
				if err != nil || rec.ID() != made.Ballot() {
					t.Errorf("sent %v", err)
				}
				sizes = append(sizes, []int{size[j]})
			}
		}
		paths = append(paths, kinds)
	}
	for i := range paths {
		if !slices.Equal(paths[i], paths[0]) || !slices.Equal(sizes[i], sizes[0]) {
			t.Errorf("requests %q of %v bytes, and %q of %v", paths[i], sizes[i], paths[0], sizes[0])
		}
	}
	t.Logf("%q", paths[0])
}

// A board that lies to a phone is caught in words.
func TestAPhoneAndALyingBoard(t *testing.T) {
	s := newScene(t, simulate.Config{Members: 30, Revote: true})
	wallets := []*Wallet{s.card(3, "a"), s.card(4, "b"), s.card(5, "c"), s.card(6, "d")}
	s.board.Do(func(*simulate.Org) { s.round.Issues(3, 4, 5, 6) })
	p := newPhone(s)
	ctx := t.Context()
	asked := len(s.desks[0].paths)
	prepare := func(w *Wallet) *Prepared {
		t.Helper()
		b, err := p.connect().Begin(ctx, w, s.vote.ID)
		if err != nil {
			t.Fatal(err)
		}
		made, err := b.Encrypt([][]int{{simulate.Yes}})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	other, err := prepare(wallets[0]).Cast(ctx)
	if err != nil {
		t.Fatal(err)
	}
	on := func(prefix string, answer func(w http.ResponseWriter, r *http.Request)) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.lie = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, prefix) {
				return false
			}
			answer(w, r)
			return true
		}
	}
	honest := func() { p.mu.Lock(); p.lie = nil; p.mu.Unlock() }

	t.Run("G8 another ballot's receipt", func(t *testing.T) {
		made := prepare(wallets[1])
		on("/receipts/", func(w http.ResponseWriter, _ *http.Request) { w.Write(other.Text) })
		_, err := made.Cast(ctx)
		wantProblem(t, err, ErrAlarm)
		if CodeOf(err) != CodeAlarm {
			t.Errorf("code %q", CodeOf(err))
		}
		honest()
		if r, err := p.connect().Resume(ctx, wallets[1], s.vote.ID); err != nil || r.Ballot != made.Ballot() {
			t.Errorf("%v, %v", r, err)
		}
	})
	t.Run("G8 the promise of another ballot", func(t *testing.T) {
		made := prepare(wallets[2])
		on("/records", func(w http.ResponseWriter, r *http.Request) {
			raw := wallets[0].memory.in(s.vote.ID, false).find(other.Ballot).Ballot
			r.Body = io.NopCloser(bytes.NewReader(raw))
			r.ContentLength = int64(len(raw))
			p.real.ServeHTTP(w, r)
		})
		_, err := made.Cast(ctx)
		wantProblem(t, err, ErrAlarm)
		honest()
	})
	t.Run("G3 promised and dropped", func(t *testing.T) {
		made := prepare(wallets[3])
		on("/receipts/", func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
		_, err := made.Cast(ctx)
		wantProblem(t, err, ErrAlarm, "knows nothing of it")
		honest()
	})
	t.Run("G2 an older board", func(t *testing.T) {
		w := wallets[0]
		c := p.connect()
		if _, err := c.Counts(ctx, w, other); err != nil {
			t.Fatal(err)
		}
		old := s.round.Org.CheckpointAt(len(s.round.Org.Log())) // as it was when the board was started
		on("/checkpoint", func(rw http.ResponseWriter, _ *http.Request) { rw.Write(old) })
		for _, c := range []*Client{c, p.connect()} {
			_, err := c.Begin(ctx, w, s.vote.ID)
			wantProblem(t, err, ErrOldBoard)
			if CodeOf(err) != CodeOldBoard {
				t.Errorf("code %q", CodeOf(err))
			}
		}
		_, err := p.connect().CheckReceipt(ctx, other.Text, nil)
		wantProblem(t, err, ErrOldBoard)
		honest()
	})
	t.Run("I11 words of another ballot", func(t *testing.T) {
		on("/words/", func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(`{"records":["` + other.Ballot.String() + `"]}`))
		})
		_, err := p.connect().CheckWords(ctx, p.source(), strings.Join(Words(record.ID{7}), " "))
		if err == nil || !strings.Contains(err.Error(), "has other words") {
			t.Errorf("%v", err)
		}
		on("/records/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("another")) })
		_, err = p.connect().CheckWords(ctx, p.source(), strings.Join(Words(other.Ballot), " "))
		wantProblem(t, err, ErrAlarm, "hands out another record")
		honest()
	})
	t.Run("C8 the chain without the last ballot", func(t *testing.T) {
		on("/chain/", func(w http.ResponseWriter, _ *http.Request) {
			w.Write(light.AppendHeader(nil, 1<<40, 0))
		})
		_, err := p.connect().Begin(ctx, wallets[0], s.vote.ID)
		wantProblem(t, err, ErrAlarm, "does not any more")
		_, err = p.connect().Counts(ctx, wallets[0], other)
		wantProblem(t, err, ErrAlarm, "does not any more")
		honest()
	})
	t.Run("a roll without some entries", func(t *testing.T) {
		on("/outline/roll/", func(w http.ResponseWriter, _ *http.Request) { w.Write(light.AppendHeader(nil, 9, 0)) })
		_, err := p.connect().Enter(ctx, s.round.ID, 1, s.desks[0].code(3))
		var problem *Problem
		if !errors.As(err, &problem) || problem.Code != CodeBoardDown || len(s.desks[0].paths) > asked {
			t.Errorf("%v", err)
		}
		honest()
		if _, err := p.connect().Enter(ctx, s.round.ID, 1, s.desks[0].code(3)); err != nil {
			t.Error(err)
		}
	})
	t.Run("an outline without the trustees' tests", func(t *testing.T) {
		on("/outline/", func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			p.real.ServeHTTP(rec, r)
			e, err := light.ParseExtract(rec.Body.Bytes())
			if err != nil {
				t.Error(err)
				return
			}
			out := light.AppendHeader(nil, e.Size, e.Supports)
			for _, x := range e.Records {
				if r, err := record.Decode(x.Raw); err == nil && r.Kind() == "keygen-test" {
					continue
				}
				out, _ = light.AppendRecord(out, x.Index, x.Raw)
			}
			w.Write(out)
		})
		_, err := p.connect().Begin(ctx, wallets[0], s.vote.ID)
		wantProblem(t, err, ErrAlarm)
		honest()
	})
	t.Run("nobody there", func(t *testing.T) {
		on("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
		_, err := p.connect().Begin(ctx, wallets[0], s.vote.ID)
		var problem *Problem
		if !errors.As(err, &problem) || problem.Code != CodeBoardDown {
			t.Errorf("%v", err)
		}
		honest()
	})
}

// A phone supports a petition, before and after its support is published.
func TestAPhoneSupports(t *testing.T) {
	s, w := petitioned(t)
	s.board.Do(func(*simulate.Org) { s.round.Issues(3) })
	p := newPhone(s)
	c := p.connect()
	if look, err := c.Look(t.Context(), w, s.vote.ID); err != nil || !look.Late {
		t.Errorf("a card of which nothing was seen on the board yet: %+v, %v", look, err)
	}
	if _, _, err := c.Issues(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	look, err := c.Look(t.Context(), w, s.vote.ID)
	if err != nil || look.Supported || look.Late || look.Need != 2 || look.Have != 0 {
		t.Fatalf("%+v, %v", look, err)
	}
	a, err := c.Support(t.Context(), w, s.vote.ID)
	if err != nil || a.Receipt != nil || a.Due == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	again, err := p.connect().Support(t.Context(), w, s.vote.ID)
	if err != nil || again.Record != a.Record {
		t.Errorf("%+v, %v", again, err)
	}
	if look, err := c.Look(t.Context(), w, s.vote.ID); err != nil || !look.Supported {
		t.Errorf("%+v, %v", look, err)
	}
	sent, _ := p.reset()
	for _, r := range sent {
		voting, err := w.credential(s.vote.Manifest.Slot)
		if err != nil || strings.Contains(r, voting.Key.String()) {
			t.Errorf("what supports is sent with what votes (%v): %.100s", err, r)
		}
	}
}

// A registrar and the board are in league: the registrar posts a second key of a slot, which is void, and the board shows a phone that one
// and hides the first. What is asked for under the second could be told from all other cards. The other registrar, which has read the whole
// log, refuses; and a board that shows it the right keys after that is caught by the phone itself.
func TestF7_AVoidKeyShownToOnePhone(t *testing.T) {
	s := newRound(t, simulate.Config{Members: 30})
	forged := blindtest.Key(t, blindtest.Keys-1)
	s.board.Do(func(org *simulate.Org) {
		body, err := credential.NewSlotKey(s.round.ID, 1, 0, forged)
		if err != nil {
			t.Fatal(err)
		}
		if o := org.Append(s.round.By(1, body).Raw()); o.Code != "dup" {
			t.Fatalf("the second key is judged %+v", o)
		}
	})
	ctx := t.Context()
	w := s.begin(3, "card")
	board := newDishonestBoard(s)
	hide := func(shown *blind.SecretKey) {
		board.hide = func(r *record.Record) bool {
			k, ok := r.Body.(*record.SlotKey)
			return ok && k.Registrar == 1 && k.Slot == 0 && !bytes.Equal(k.Modulus[:], shown.Public().Modulus())
		}
	}
	hide(forged)
	s.desks[0].forged = forged
	if err := board.connect().Collect(ctx, w, 1, s.desks[0].code(3)); err != nil {
		t.Fatal("the registrar in league with the board signs: ", err)
	}
	err := board.connect().Collect(ctx, w, 2, s.desks[1].code(3))
	wantProblem(t, err, ErrAlarm, "other keys than it shows us", "registrar 2")
	if CodeOf(err) != CodeKeys {
		t.Errorf("code %q", CodeOf(err))
	}
	if len(s.desks[1].requests) > 0 || !slices.Equal(w.Missing(), []int{2}) {
		t.Errorf("missing %v; the honest registrar kept %d requests", w.Missing(), len(s.desks[1].requests))
	}
	if got := s.evidence(); len(got) != 1 || !strings.Contains(got[0], "checkpoint") || !strings.Contains(got[0], "moduli") {
		t.Errorf("evidence: %.300q", got)
	}

	// The other way about: the right keys for the honest registrar, after the first has answered for its own.
	hide(s.round.Registrars[0].Slots[0])
	asked := len(s.desks[1].paths)
	err = board.connect().Collect(ctx, w, 2, s.desks[1].code(3))
	wantProblem(t, err, ErrAlarm, "other keys of the registrars than when the first of them answered")
	if CodeOf(err) != CodeKeys || len(s.desks[1].paths) != asked {
		t.Errorf("code %q, the registrar was asked %v", CodeOf(err), s.desks[1].paths[asked:])
	}
	for _, text := range s.evidence() {
		if strings.Contains(text, "signatures") {
			t.Error("the evidence has signatures, which name the credential")
		}
	}
	// With one set of keys, the log's, the card comes to be.
	s.desks[0].forged = nil
	w = s.reopen(w)
	for i := range s.desks {
		if err := board.connect().Collect(ctx, w, i+1, s.desks[i].code(3)); err != nil {
			t.Fatal(err)
		}
	}
	hide(forged)
	w.memory.Answers[1] = answer{}
	err = board.connect().Collect(ctx, w, 2, s.desks[1].code(3))
	wantProblem(t, err, ErrAlarm)
}

// A dishonestBoard serves a log with void records in it, of which it hides some from a phone.
type dishonestBoard struct {
	*store.Log
	scene *scene
	hide  func(r *record.Record) bool
}

func newDishonestBoard(s *scene) *dishonestBoard {
	s.t.Helper()
	org := s.round.Org
	log, err := store.OpenLog(context.Background(), store.Options{Path: filepath.Join(s.t.TempDir(), "log"), Origin: org.LogSigner.Name(), Signer: org.LogSigner, Logger: quiet})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { log.Close() })
	last, err := log.AppendBatch(context.Background(), org.Log())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := log.Await(context.Background(), last+uint64(len(org.Log()))-1); err != nil {
		s.t.Fatal(err)
	}
	return &dishonestBoard{Log: log, scene: s}
}

// Get returns every extract as the whole log but for what is hidden and for the entries of the roll, which are an extract of their own.
func (b *dishonestBoard) Get(_ context.Context, path string, _ int64) ([]byte, error) {
	roll := strings.HasPrefix(path, "outline/roll/")
	var size uint64
	var records []byte
	for i, raw := range b.scene.round.Org.Log() {
		r, err := record.Decode(raw)
		if err != nil {
			return nil, err
		}
		if _, part := r.Body.(*record.RollPart); part != roll || !roll && b.hide(r) {
			continue
		}
		if records, err = light.AppendRecord(records, uint64(i), raw); err != nil {
			return nil, err
		}
		size = uint64(i) + 1
	}
	if !roll {
		size = b.Size()
	}
	return append(light.AppendHeader(nil, size, 0), records...), nil
}

// connect returns a client of a phone that has seen nothing yet.
func (b *dishonestBoard) connect() *Client {
	b.scene.t.Helper()
	c, err := overhttp.Dial("http://localhost:1", nil, client.Options{Attempts: 1}) // nothing is submitted
	if err != nil {
		b.scene.t.Fatal(err)
	}
	return New(Join(light.NewReader(b, light.Options{}), c), b.scene.options())
}
