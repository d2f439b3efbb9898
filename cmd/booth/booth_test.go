//go:build !js

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/ballot/text"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/web"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// A town is an organisation with an open vote, over real HTTP.
type town struct {
	t           *testing.T
	url         string
	board       *board.Board
	round, vote record.ID
	codes       []map[string]string // of each registrar, by member number

	mu    sync.Mutex
	ahead time.Duration
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func both(en, es string) text.Texts { return text.Texts{"en": en, "es": es} }

func newTown(t *testing.T) *town {
	w := &town{t: t}
	ctx, dir, quiet := t.Context(), t.TempDir(), slog.New(slog.DiscardHandler)
	skey, vkey, err := note.GenerateKey(rand.Reader, "town.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer := must(note.NewSigner(skey))(t)
	officer, boardKey := must(sigma.GenerateKey(rand.Reader))(t), must(sigma.GenerateKey(rand.Reader))(t)
	w.board = must(board.Open(context.WithoutCancel(ctx), board.Config{
		Path: filepath.Join(dir, "board"), Signer: signer, LogKey: vkey, Key: boardKey, Clock: w.now, Look: 20 * time.Millisecond,
		CheckpointInterval: 20 * time.Millisecond, RecordRate: rate.Inf, Log: quiet, Genesis: &record.Genesis{
			Title: both("Town", "Pueblo"), Commission: []record.Officer{{Name: "Commission", Key: officer.Public().Encoding()}},
		},
	}))(t)
	t.Cleanup(func() { w.board.Close() })
	s := httptest.NewServer(web.New(w.board, web.Options{Log: quiet}))
	t.Cleanup(s.Close)
	w.url = s.URL
	dial := func() party.Board {
		return must(party.Dial(w.url, client.Options{Attempts: 2, Wait: time.Millisecond}))(t)
	}
	view := dial()
	for err = view.Update(ctx); err != nil; err = view.Update(ctx) { // the first checkpoint takes a moment
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	com := commission.New(view, officer, quiet)
	safe := must(vault.Create(filepath.Join(dir, "trustee"), []byte("x"), vault.Options{WorkFactor: 3}))(t)
	key := must(party.Key(safe, "signing-key"))(t)
	holder := trustee.New(dial(), safe, key, quiet)

	members := must(roll.New("Townspeople", "", "2026-01-01", []roll.Member{{Number: "1", Name: "Ana Ruiz"}, {Number: "2", Name: "Bo Lind"}}))(t)
	private := must(members.Marshal())(t)
	now := uint64(w.now().Unix())
	round := &record.Round{Title: both("Spring cards", "Tarjetas de primavera"), Roll: must(com.PostRoll(ctx, members))(t), Slots: 1, Opens: now - 60, Closes: now + 86400}
	var desks []*registrar.Registrar
	for i := range 2 {
		r := must(registrar.Create(filepath.Join(dir, "registrar", string(rune('a'+i))), []byte("x"),
			registrar.Options{Board: dial(), Clock: w.now, Log: quiet, Vault: vault.Options{WorkFactor: 3}}))(t)
		t.Cleanup(func() { r.Close() })
		if err := r.AddRoll(private); err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(r.Handler())
		t.Cleanup(s.Close)
		desks = append(desks, r)
		round.Registrars = append(round.Registrars, record.Registrar{Name: "Office " + string(rune('A'+i)), Operator: "Hall", Channel: "letter", URL: s.URL, Key: r.Key()})
	}
	w.round = must(com.PostRound(ctx, round))(t)
	for range 2 { // a desk opens when it has seen the keys of all
		for _, r := range desks {
			if err := r.Step(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range desks {
		var b bytes.Buffer
		if err := r.Codes(&b, w.round); err != nil {
			t.Fatal(err)
		}
		codes := make(map[string]string)
		for _, row := range must(csv.NewReader(&b).ReadAll())(t)[1:] {
			codes[row[1]] = row[5]
		}
		w.codes = append(w.codes, codes)
	}
	c := simulate.YesNo("bridge")
	c.Title = both("A bridge?", "¿Un puente?")
	for i, o := range []text.Texts{both("Yes", "Sí"), both("No", "No"), both("Abstain", "Abstención")} {
		c.Options[i].Title = o
	}
	w.vote = must(com.Call(ctx, w.round, &record.Vote{
		Title: both("Shall we build a bridge?", "¿Construimos un puente?"), Template: "members-decide", Threshold: 1, Quorum: 1,
		Trustees: []record.Trustee{{Name: "Trustee", Key: key.Public().Encoding()}}, Contests: []contest.Contest{c},
		Opens: now + 100, Closes: now + 1000, Grace: 100, Step: 100, Revote: true,
		Programs: []record.Program{{Name: "booth", Hash: sha256.Sum256(must(os.ReadFile(filepath.Join(files(t, ""), "booth.wasm")))(t))}},
	}))(t)
	w.until(holder.Step, func(v *fold.Vote) bool { return v.Ceremony.Ready() })
	w.mu.Lock()
	w.ahead = 200 * time.Second
	w.mu.Unlock()
	w.until(com.Step, func(v *fold.Vote) bool { return v.Phase == fold.Open })
	return w
}

// until has a party take steps until a vote has come to something.
func (w *town) until(step func(context.Context) (bool, error), there func(*fold.Vote) bool) {
	w.t.Helper()
	for done := false; !done; time.Sleep(10 * time.Millisecond) {
		if _, err := step(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		w.board.View(func(s *fold.State) { done = there(s.Vote(w.vote)) })
	}
}

// files builds the programs once for all tests, with tags, and lays them beside the worker's scripts.
var files = func() func(t *testing.T, tags string) string {
	var mu sync.Mutex
	made := make(map[string]string)
	return func(t *testing.T, tags string) string {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if dir := made[tags]; dir != "" {
			return dir
		}
		dir := must(os.MkdirTemp("", "booth-test"))(t)
		removed = append(removed, dir)
		run := exec.Command("go", "run", "./cmd/booth/build", "-plain", "-tags="+tags, "-o", dir)
		run.Dir = "../.."
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, name := range []string{"worker.js", "store.js"} {
			b := must(os.ReadFile(filepath.Join("../../bulletin/booth/static", name)))(t)
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		made[tags] = dir
		return dir
	}
}()

var removed []string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range removed {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// A device runs the booth's worker under node.
type device struct {
	t       *testing.T
	in      io.WriteCloser
	mu      sync.Mutex
	waiting map[int]chan message
	seen    []request
	told    []string // progress
	random  []string // who has called Math.random
	started chan message
	next    int
}

type request struct {
	URL, Method, Credentials, Redirect, Referrer, Cache string
	Bytes                                               int
}

type message struct {
	ID       int
	Ready    bool
	Failed   *failure
	Result   json.RawMessage
	Error    *failure
	Fatal    bool
	Progress *struct{ What string }
	Request  *request
	Random   string
}

type failure struct{ Code, Sentence, Hint, Evidence string }

func (f *failure) Error() string { return f.Code + ": " + f.Sentence }

// options of a device.
type with struct{ database, randomness, program, tags, dir string }

// start starts a device, as far as its program lets it.
func start(t *testing.T, o with) *device {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if testing.Short() {
		t.Skip("builds programs for a browser")
	}
	if o.dir == "" {
		o.dir = files(t, o.tags)
	}
	cmd := exec.Command(node, "testdata/drive.mjs", o.dir, o.database, o.randomness, o.program)
	d := &device{t: t, waiting: make(map[int]chan message), started: make(chan message, 2)}
	d.in = must(cmd.StdinPipe())(t)
	out := must(cmd.StdoutPipe())(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var m message
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				t.Logf("node: %s", lines.Bytes())
				continue
			}
			d.take(m)
		}
		d.take(message{Failed: &failure{Code: "ended", Sentence: stderr.String()}})
	}()
	t.Cleanup(func() {
		d.in.Close()
		select {
		case <-read:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-read
		}
		cmd.Wait()
	})
	return d
}

func (d *device) take(m message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case m.Request != nil:
		d.seen = append(d.seen, *m.Request)
	case m.Random != "":
		d.random = append(d.random, m.Random)
	case m.Progress != nil:
		d.told = append(d.told, m.Progress.What)
	case m.Ready, m.Failed != nil:
		select {
		case d.started <- m:
		default:
		}
		if m.Failed != nil {
			for id, c := range d.waiting {
				c <- message{Error: m.Failed}
				delete(d.waiting, id)
			}
		}
	case d.waiting[m.ID] != nil:
		d.waiting[m.ID] <- m
		delete(d.waiting, m.ID)
	}
}

// board starts a device at a board.
func (w *town) device(o with) *device {
	w.t.Helper()
	d := start(w.t, o)
	if m := <-d.started; m.Failed != nil {
		w.t.Fatal(m.Failed)
	}
	d.do("start", map[string]any{"board": w.url, "lang": "en"}, nil)
	return d
}

// call calls a method; its result goes to out.
func (d *device) call(method string, params map[string]any, out any) error {
	d.t.Helper()
	answer := make(chan message, 1)
	d.mu.Lock()
	d.next++
	id := d.next
	d.waiting[id] = answer
	d.mu.Unlock()
	b := must(json.Marshal(map[string]any{"id": id, "method": method, "params": params}))(d.t)
	if _, err := d.in.Write(append(b, '\n')); err != nil {
		d.t.Fatal(err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return m.Error
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(m.Result, out)
	case <-time.After(2 * time.Minute):
		d.t.Fatal(method + " takes too long")
		return nil
	}
}

// do is call of what must work.
func (d *device) do(method string, params map[string]any, out any) {
	d.t.Helper()
	if err := d.call(method, params, out); err != nil {
		d.t.Fatalf("%s: %v", method, err)
	}
}

// fails is call of what must fail with a code.
func (d *device) fails(code, method string, params map[string]any) {
	d.t.Helper()
	err := d.call(method, params, nil)
	var f *failure
	if !errors.As(err, &f) || f.Code != code {
		d.t.Errorf("%s: %v, want %s", method, err, code)
	}
}

func (d *device) requests() []request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]request(nil), d.seen...)
}

type obj = map[string]any

// card has a device collect a member's whole card.
func (d *device) card(w *town, member string) {
	d.t.Helper()
	d.do("card.create", obj{"round": w.round, "code": w.codes[0][member]}, nil)
	d.do("card.kept", obj{"round": w.round}, nil)
	for i := range w.codes {
		d.do("card.collect", obj{"round": w.round, "code": w.codes[i][member]}, nil)
	}
}
