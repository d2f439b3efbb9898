package member

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/registrar/issuing/overhttp"
	"mandate/crypto/blind"
	"mandate/verifier/light"
)

// A scene is an organisation with an open vote and registrars that answer over HTTP.
type scene struct {
	t       testing.TB
	dir     string
	board   *partytest.Board
	view    *partytest.View // the member's
	round   *simulate.Round
	vote    *simulate.Vote
	desks   []*desk
	client  *Client
	seconds *uint64 // what the device's clock is ahead of the board's
}

// A desk is a registrar that signs whatever it is asked to, and can misbehave.
type desk struct {
	t      testing.TB
	scene  *scene
	index  int // from 1
	server *httptest.Server
	codes  map[issuing.Code]int

	mu       sync.Mutex
	requests []issuing.CardRequest
	paths    []string

	forged *blind.SecretKey                                         // for slot 0, of a registrar in league with the board: it signs for whatever keys
	before func(r *issuing.CardRequest)                             // is called when a card is asked for
	entry  func(o *roll.Opening) *roll.Opening                      // changes what is said of an entry
	answer func(entry int, a *credential.Answer) *credential.Answer // changes an answer
	refuse error                                                    // *issuing.Error
}

func (d *desk) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paths = append(d.paths, req.URL.Path)
	body, err := io.ReadAll(req.Body)
	if err != nil {
		d.t.Error(err)
	}
	out, err := d.serve(req.URL.Path, body)
	var refusal *issuing.Error
	if errors.As(err, &refusal) {
		w.WriteHeader(refusal.Status)
		w.Write(refusal.Body())
		return
	}
	if err != nil {
		d.t.Errorf("registrar %d: %v", d.index, err)
		w.WriteHeader(500)
		return
	}
	w.Header().Set("Content-Type", issuing.ContentType)
	w.Write(out)
}

func (d *desk) serve(path string, body []byte) ([]byte, error) {
	if d.refuse != nil {
		return nil, d.refuse
	}
	if path == issuing.EntryPath {
		r, err := issuing.ParseEntryRequest(body)
		if err != nil {
			return nil, err
		}
		e, ok := d.codes[r.Code]
		if !ok {
			return nil, issuing.Refuse(issuing.CodeCode)
		}
		o := d.scene.round.Roll.Opening(e)
		if d.entry != nil {
			o = *d.entry(&o)
		}
		return issuing.EncodeOpening(&o)
	}
	r, err := issuing.ParseCardRequest(body)
	if err != nil {
		return nil, err
	}
	e, ok := d.codes[r.Code]
	if !ok {
		return nil, issuing.Refuse(issuing.CodeCode)
	}
	if d.before != nil {
		d.before(r)
	}
	keys := slices.Clone(d.scene.round.Registrars[d.index-1].Slots)
	if d.forged != nil {
		keys[0] = d.forged
	} else if r.Keys != d.scene.cardKeys() {
		return nil, issuing.Refuse(issuing.CodeKeys)
	}
	d.requests = append(d.requests, *r)
	issuer, err := credential.NewIssuer(d.scene.round.ID, uint64(d.index), keys)
	if err != nil {
		return nil, err
	}
	signed, err := issuer.Sign(r.Blinded)
	if err != nil {
		return nil, err
	}
	a := &credential.Answer{Signatures: signed, Issue: d.issue(e).Raw()}
	if d.answer != nil {
		a = d.answer(e, a)
	}
	return a.Encode()
}

// cardKeys names the keys as who has read the whole log knows them.
func (s *scene) cardKeys() (name record.ID) {
	s.board.Do(func(org *simulate.Org) {
		r := org.State.Round(s.round.ID)
		slots := make([][]*blind.PublicKey, r.Manifest.Slots)
		for i := range slots {
			slots[i] = r.Slot(i).Keys
		}
		var err error
		if name, err = credential.CardKeys(r.ID, slots); err != nil {
			s.t.Error(err)
		}
	})
	return name
}

func (d *desk) issue(entry int) *record.Record {
	return d.scene.round.By(d.index, &record.Issue{Registrar: uint64(d.index), Entry: uint64(entry)})
}

// code draws a code of a member.
func (d *desk) code(entry int) issuing.Code {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := issuing.NewCode()
	d.codes[c] = entry
	return c
}

// newScene makes an organisation with a vote that is open, unless config says how many registrars it has.
func newScene(t testing.TB, config simulate.Config, change ...func(*record.Vote)) *scene {
	t.Helper()
	s := newRound(t, config)
	s.board.Do(func(*simulate.Org) {
		s.vote = s.round.Vote(change...)
		s.vote.Ceremony()
		s.vote.Open()
	})
	return s
}

// newRound makes an organisation in which cards can be collected, and no vote.
func newRound(t testing.TB, config simulate.Config) *scene {
	t.Helper()
	s := &scene{t: t, dir: t.TempDir(), seconds: new(uint64)}
	if config.Registrars == 0 {
		config.Registrars = 2
	}
	org := simulate.New(t, config)
	s.board = partytest.New(org)
	private, id := org.PostRoll()
	for i := range config.Registrars {
		d := &desk{t: t, scene: s, index: i + 1, codes: make(map[issuing.Code]int)}
		d.server = httptest.NewServer(d)
		t.Cleanup(d.server.Close)
		s.desks = append(s.desks, d)
	}
	s.round = org.RoundOf(private, id, func(m *record.Round) {
		for i := range m.Registrars {
			m.Registrars[i].URL = s.desks[i].server.URL + "/" // a slash at the end does not matter
		}
	})
	s.round.Accept()
	s.round.Keys()
	s.view = s.board.View()
	s.client = New(wholeLog{s.view}, s.options())
	return s
}

func (s *scene) options() Options {
	return Options{Address: "https://board.example", Registrars: overhttp.New(), Clock: func() time.Time {
		return time.Unix(int64(s.round.Org.State.Now()+*s.seconds), 0) // no test changes the time while a client looks at the board
	}}
}

func (s *scene) file(name string) string { return filepath.Join(s.dir, name) }

// begin draws a member's card and collects nothing.
func (s *scene) begin(entry int, name string) *Wallet {
	s.t.Helper()
	o, err := s.client.Enter(s.t.Context(), s.round.ID, 1, s.desks[0].code(entry))
	if err != nil {
		s.t.Fatal(err)
	}
	var keep Keep
	if name != "" {
		keep = folderKeep(s.file(name))
	}
	w, err := s.client.NewWallet(s.t.Context(), keep, s.round.ID, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// collect gets what is missing.
func (s *scene) collect(w *Wallet) {
	s.t.Helper()
	for _, i := range w.Missing() {
		if err := s.client.Collect(s.t.Context(), w, i, s.desks[i-1].code(int(w.Entry()))); err != nil {
			s.t.Fatal(err)
		}
	}
}

// card is a member's whole card.
func (s *scene) card(entry int, name string) *Wallet {
	s.t.Helper()
	w := s.begin(entry, name)
	s.collect(w)
	return w
}

// prepare makes a ballot.
func (s *scene) prepare(w *Wallet, selections ...[]int) *Prepared {
	s.t.Helper()
	b, err := s.client.Begin(s.t.Context(), w, s.vote.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := b.Encrypt(selections)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// cast casts a ballot.
func (s *scene) cast(w *Wallet, selections ...[]int) *Receipt {
	s.t.Helper()
	r, err := s.prepare(w, selections...).Cast(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// reopen reads a card from its file again, as a new process does.
func (s *scene) reopen(w *Wallet) *Wallet {
	s.t.Helper()
	again, err := OpenWallet(s.t.Context(), w.keep)
	if err != nil {
		s.t.Fatal(err)
	}
	return again
}

// wantProblem fails unless err is of a kind and says what to do.
func wantProblem(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
		return
	}
	var p *Problem
	if !errors.As(err, &p) || len(p.Hint) < 20 {
		t.Errorf("%v: does not say what to do", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

// A folderKeep keeps a card in files whose names begin alike.
type folderKeep string

func (k folderKeep) file(name string) string {
	if name == CardName {
		return string(k)
	}
	return string(k) + "." + name
}

func (k folderKeep) Put(_ context.Context, name string, content []byte) error {
	return os.WriteFile(k.file(name), content, 0o600)
}

func (k folderKeep) Get(_ context.Context, name string) ([]byte, error) {
	return os.ReadFile(k.file(name))
}

func (k folderKeep) Place(name string) string { return k.file(name) }

func pathOf(w *Wallet) string { return string(w.keep.(folderKeep)) }

// wholeLog is a board whose whole log is read.
type wholeLog struct{ party.Board }

func (b wholeLog) Update(ctx context.Context, _ light.Focus) error { return b.Board.Update(ctx) }

// evidence returns what was kept against others.
func (s *scene) evidence() []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, "*.evidence-*"))
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// deskOf is where a registrar's codes are good.
func deskOf(d *desk) issuing.Desk {
	return issuing.Desk{Round: d.scene.round.ID, Registrar: uint64(d.index)}
}
