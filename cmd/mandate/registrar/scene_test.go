package registrar

import (
	"bytes"
	"context"
	"encoding/csv"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/registrar/issuing/overhttp"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

var passphrase = []byte("correct horse battery staple")

// A scene is an organisation with one registrar of a real folder, and a second one that only simulate knows.
type scene struct {
	t       testing.TB
	dir     string
	board   *partytest.Board
	view    *partytest.View
	round   *simulate.Round
	options Options
	r       *Registrar
	server  *httptest.Server
	client  issuing.Client
	codes   map[int]issuing.Code
	clock   *clock
	log     *lockedBuffer
	slots   int
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func names(n int) []roll.Member {
	out := make([]roll.Member, n)
	for i := range out {
		out[i] = roll.Member{Number: "M-77" + strconv.Itoa(1000+i), Name: "Wilhelmina Quarterstaff " + strconv.Itoa(i), Email: "w" + strconv.Itoa(i) + "@members.example"}
	}
	return out
}

// set up without the roll having been given to the registrar, and nothing done yet.
func newBareScene(t testing.TB, members, slots int, change ...func(*record.Round)) *scene {
	t.Helper()
	s := &scene{t: t, client: issuing.Client{Transport: overhttp.New()}, dir: t.TempDir(), slots: slots, clock: &clock{now: time.Unix(simulate.Begin, 0)}, log: &lockedBuffer{}}
	org := simulate.New(t, simulate.Config{Members: members, Registrars: 2, Slots: uint64(slots)})
	s.board = partytest.New(org)
	private, err := roll.New("All members", "", "2027-01-01", names(members))
	if err != nil {
		t.Fatal(err)
	}
	announcement, entries := private.Announcement(1)
	id := org.Post(org.Officer(org.Genesis, announcement))
	for _, part := range roll.Parts(1, entries) {
		org.Post(org.Officer(id, part))
	}
	s.options = Options{
		Clock: s.clock.Now, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Vault: vault.Options{WorkFactor: 3}, Publish: time.Hour, Stale: 24 * time.Hour,
	}
	s.view = s.board.View()
	s.options.Board = s.view
	s.r, err = Create(filepath.Join(s.dir, "registrar"), passphrase, s.options)
	if err != nil {
		t.Fatal(err)
	}
	s.serve()
	t.Cleanup(func() { s.server.Close(); s.r.Close() })
	change = append(change, func(m *record.Round) {
		m.Registrars[0].Key, m.Registrars[0].URL = s.r.Key(), s.server.URL
	})
	s.round = org.RoundOf(private, id, change...)
	return s
}

// newScene is a scene in which members can collect cards.
func newScene(t testing.TB, members, slots int, change ...func(*record.Round)) *scene {
	t.Helper()
	s := newBareScene(t, members, slots, change...)
	s.testKeys()
	s.addRoll()
	s.step()
	s.otherKeys(2)
	s.step()
	s.newCodes()
	return s
}

// testKeys puts test keys where the registrar would make its own, which takes a while.
func (s *scene) testKeys() {
	s.t.Helper()
	for slot := range s.slots {
		if err := s.r.vault.Write(slotKeyName(s.round.ID, slot), blindtest.Key(s.t, blindtest.Keys-1-slot).Marshal()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// otherKeys posts the keys of a registrar that only simulate knows.
func (s *scene) otherKeys(registrar int) {
	s.t.Helper()
	s.board.Do(func(org *simulate.Org) {
		for slot := range s.slots {
			org.Post(s.round.By(registrar, s.round.SlotKey(registrar, slot)))
		}
	})
}

// cardKeys names all keys of a round as the whole log has them; zero while there is one missing.
func (s *scene) cardKeys(round record.ID) (name record.ID) {
	s.board.Do(func(org *simulate.Org) { name, _ = cardKeys(org.State.Round(round)) })
	return name
}

func (s *scene) addRoll() {
	s.t.Helper()
	b, err := s.round.Roll.Marshal()
	if err == nil {
		err = s.r.AddRoll(b)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) serve() {
	s.server = httptest.NewServer(s.r.Handler())
}

func (s *scene) step() {
	s.t.Helper()
	if err := s.r.Step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// restart closes the registrar and opens its folder again.
func (s *scene) restart() {
	s.t.Helper()
	s.server.Close()
	if err := s.r.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.reopen(filepath.Join(s.dir, "registrar"))
}

func (s *scene) reopen(dir string) {
	s.t.Helper()
	s.view = s.board.View()
	s.options.Board = s.view
	var err error
	if s.r, err = Open(dir, passphrase, s.options); err != nil {
		s.t.Fatal(err)
	}
	s.serve()
	s.step()
}

// newCodes draws codes for the entries, or for all that have none, and keeps them for ask.
func (s *scene) newCodes(entries ...int) [][]string {
	s.t.Helper()
	var b bytes.Buffer
	if err := s.r.Codes(&b, s.round.ID, entries...); err != nil {
		s.t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.codes == nil {
		s.codes = make(map[int]issuing.Code)
	}
	for _, row := range rows[1:] {
		entry, err := strconv.Atoi(row[0])
		if err != nil {
			s.t.Fatal(err)
		}
		s.codes[entry] = s.code(row[4])
	}
	return rows[1:]
}

func (s *scene) code(text string) issuing.Code {
	s.t.Helper()
	typed, err := issuing.ParseCode(text)
	if err != nil {
		s.t.Fatal(err)
	}
	c, ok := typed.For(issuing.Desk{Round: s.round.ID, Registrar: 1})
	if !ok {
		s.t.Fatal("the code is not for this registrar")
	}
	return c
}

// requests are a card's requests to the registrar.
func (s *scene) requests(secret credential.Secret) *credential.Requests {
	s.t.Helper()
	var keys []*blind.PublicKey
	s.board.Do(func(org *simulate.Org) {
		for slot := range s.slots {
			keys = append(keys, org.State.Round(s.round.ID).Slot(slot).Keys[0])
		}
	})
	req, err := credential.NewRequests(secret, s.round.ID, 1, keys)
	if err != nil {
		s.t.Fatal(err)
	}
	return req
}

// ask asks for a card and returns the answer as it came, or the refusal.
func (s *scene) ask(code issuing.Code, req *credential.Requests) (*credential.Answer, error) {
	return s.client.Card(context.Background(), s.server.URL, &issuing.CardRequest{Round: s.round.ID, Code: code, Keys: s.cardKeys(s.round.ID), Blinded: req.Bytes()})
}

// open checks an answer as a member does.
func (s *scene) open(entry int, req *credential.Requests, a *credential.Answer) *record.Record {
	s.t.Helper()
	key, err := s.r.Key().Public()
	if err != nil {
		s.t.Fatal(err)
	}
	_, issue, err := req.Open(s.genesis(), s.round.ID, uint64(entry), key, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return issue
}

func (s *scene) genesis() record.ID { return s.round.Org.Genesis }

// collect gives an entry a card.
func (s *scene) collect(entry int) (credential.Secret, *credential.Answer) {
	s.t.Helper()
	secret := credential.NewSecret()
	req := s.requests(secret)
	a, err := s.ask(s.codes[entry], req)
	if err != nil {
		s.t.Fatalf("entry %d: %v", entry, err)
	}
	s.open(entry, req, a)
	return secret, a
}

// wantRefusal fails unless err is the refusal with a code.
func wantRefusal(t testing.TB, err error, code string) {
	t.Helper()
	refusal, ok := err.(*issuing.Error)
	if !ok || refusal.Code != code {
		t.Errorf("got %v, want a refusal with code %q", err, code)
	}
}

// issued returns the issue records of the registrar on the board, one slice for each record.
func (s *scene) issued() [][]uint64 {
	var lists [][]uint64
	s.board.Do(func(org *simulate.Org) {
		for _, raw := range org.Log() {
			r, err := record.Decode(raw)
			if err != nil {
				s.t.Fatal(err)
			}
			switch b := r.Body.(type) {
			case *record.Issues:
				lists = append(lists, b.Entries)
			case *record.Issue:
				lists = append(lists, []uint64{b.Entry})
			}
		}
	})
	return lists
}
