package endtoend

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/rules"
	"mandate/ballot/text"
	"mandate/bulletin/board"
	"mandate/bulletin/booth"
	"mandate/bulletin/client"
	"mandate/bulletin/web"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/cmd/mandate/voter"
	"mandate/crypto/sigma"
)

// Names that are markup if a page takes them for it.
const (
	evil = `<img src=x onerror=alert(1)>`
	bold = `<b>Bo</b> & "Lind"`
)

// A town is an organisation with all its parties, an open vote of four contests, and a petition.
type town struct {
	t          testing.TB
	dir        string
	url        string // of the board, as members know it
	honest     http.Handler
	front      *front // answers there
	origin     string // of the board's log
	board      *board.Board
	boardKey   sigma.SecretKey
	genesis    record.ID
	commission *commission.Commission
	trustees   []*trustee.Trustee
	registrars []*registrar.Registrar
	desks      []*front
	roll       *roll.Roll

	round, vote, petition record.ID
	another               record.ID  // a neighbour's ballot
	codes                 [][]string // of each registrar, by roll entry, as text
	links                 [][]string

	mu    sync.Mutex
	ahead time.Duration
	next  int // of names: the last that a test has used
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

func option(id, en, es string) contest.Option { return contest.Option{ID: id, Title: both(en, es)} }

// A front is a server whose answers a test can change, to play a board that is not honest.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	change func(w http.ResponseWriter, r *http.Request, honest http.Handler)
}

func newFront(t testing.TB, honest http.Handler) *front {
	f := new(front)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		change := f.change
		f.mu.Unlock()
		if change == nil {
			honest.ServeHTTP(w, r)
			return
		}
		change(w, r, honest)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *front) set(change func(w http.ResponseWriter, r *http.Request, honest http.Handler)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change = change
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

// reach moves everybody's clock to a time.
func (w *town) reach(seconds uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead = max(w.ahead, time.Until(time.Unix(int64(seconds), 0)))
}

// member returns the roll entry of a member whom no other test uses.
func (w *town) member() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return w.entry(names[w.next])
}

// entry is a member's place on the roll.
func (w *town) entry(name string) int {
	for i := range w.roll.Len() {
		if w.roll.Member(i).Name == name {
			return i
		}
	}
	w.t.Errorf("%s is not on the roll", name)
	return 0
}

// neighbours is how many members vote with programs of their own.
const neighbours = 7

var names = []string{"Eve " + evil, "Ana Ruiz", "Chi Nguyen", "Dee Walker", "Fay Haddad", "Gus Moreno", "Hana Sato", "Iker Etxeberria", "Kim Park", "Lea Roy", "Max Stein", "Nia Obi", "Ola Berg", "Pia Wolf", "Jo Rivers", "Eli Stone"}

func newTown(t *testing.T) *town {
	w := &town{t: t, dir: t.TempDir(), origin: "town.example/log"}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	quiet := slog.New(slog.DiscardHandler)
	w.foundBoard(ctx, quiet)
	dial := func() party.Board {
		return must(party.Dial(w.url, client.Options{Attempts: 2, Wait: time.Millisecond}))(t)
	}
	w.foundParties(dial, quiet)

	var people []roll.Member
	for i, name := range names {
		people = append(people, roll.Member{Number: fmt.Sprintf("M-%d", 100+i), Name: name, Email: "m@example.org"})
	}
	for i := range neighbours {
		people = append(people, roll.Member{Number: fmt.Sprintf("N-%d", 100+i), Name: fmt.Sprintf("Neighbour %d", i+1)})
	}
	w.roll = must(roll.New("Townspeople", "", w.now().Format(time.DateOnly), people))(t)
	w.openRound(ctx)
	w.callVote(ctx)
	w.proposePetition(ctx)
	w.board.View(func(s *fold.State) { w.reach(s.Vote(w.vote).Manifest.Opens) })
	w.until(func(v *fold.Vote) bool { return v.Phase == fold.Open }, w.commission.Step)
	w.neighboursVote(ctx, dial())
	w.flush(ctx)
	var running sync.WaitGroup
	for _, r := range w.registrars {
		running.Go(func() { r.Run(ctx) })
	}
	t.Cleanup(func() { stop(); running.Wait() })
	return w
}

func (w *town) foundBoard(ctx context.Context, quiet *slog.Logger) {
	skey, vkey, err := note.GenerateKey(rand.Reader, w.origin)
	if err != nil {
		w.t.Fatal(err)
	}
	officer := must(sigma.GenerateKey(rand.Reader))(w.t)
	w.boardKey = must(sigma.GenerateKey(rand.Reader))(w.t)
	w.board = must(board.Open(ctx, board.Config{
		Path: filepath.Join(w.dir, "board"), Signer: must(note.NewSigner(skey))(w.t), LogKey: vkey, Key: w.boardKey, Clock: w.now,
		Look: 50 * time.Millisecond, CheckpointInterval: 50 * time.Millisecond, RecordRate: rate.Inf, Log: quiet, Genesis: &record.Genesis{
			Title: both("The Town Tenants’ Union", "El Sindicato de Inquilinos"), Commission: []record.Officer{{Name: "Elections commission", Key: officer.Public().Encoding()}},
		},
	}))(w.t)
	w.t.Cleanup(func() { w.board.Close() })
	w.honest = web.New(w.board, web.Options{Log: quiet, Limits: web.Limits{Rate: rate.Inf}})
	w.front = newFront(w.t, w.honest)
	w.url = w.front.URL
	view := must(party.Dial(w.url, client.Options{Attempts: 2, Wait: time.Millisecond}))(w.t)
	for err = view.Update(ctx); err != nil && w.t.Context().Err() == nil; err = view.Update(ctx) { // the first checkpoint takes a moment
		time.Sleep(10 * time.Millisecond)
	}
	w.board.View(func(s *fold.State) { _, w.genesis = s.Genesis() })
	w.commission = commission.New(view, officer, quiet)
}

func (w *town) foundParties(dial func() party.Board, quiet *slog.Logger) {
	for i := range 2 {
		name := string(rune('1' + i))
		safe := must(vault.Create(filepath.Join(w.dir, "trustee-"+name), []byte("x"), vault.Options{WorkFactor: 3}))(w.t)
		key := must(party.Key(safe, "signing-key"))(w.t)
		w.trustees = append(w.trustees, trustee.New(dial(), safe, key, quiet))

		r := must(registrar.Create(filepath.Join(w.dir, "registrar-"+name), []byte("x"), registrar.Options{
			Board: dial(), BoardAddress: w.url, Link: w.url + "/booth/card", Clock: w.now, Look: time.Second, Log: quiet, Vault: vault.Options{WorkFactor: 3},
		}))(w.t)
		w.t.Cleanup(func() { r.Close() })
		w.registrars = append(w.registrars, r)
		w.desks = append(w.desks, newFront(w.t, r.Handler()))
	}
}

func (w *town) openRound(ctx context.Context) {
	private := must(w.roll.Marshal())(w.t)
	now := uint64(w.now().Unix())
	round := &record.Round{
		Title: both("Cards of this spring", "Tarjetas de esta primavera"), Roll: must(w.commission.PostRoll(ctx, w.roll))(w.t),
		Slots: 3, PetitionSlots: 1, Opens: now - 60, Closes: now + 180*86400,
	}
	for i, r := range w.registrars {
		if err := r.AddRoll(private); err != nil {
			w.t.Fatal(err)
		}
		round.Registrars = append(round.Registrars, record.Registrar{
			Name: []string{"Town office", "Auditors"}[i], Operator: []string{"Town hall", "Auditors’ board"}[i], Channel: []string{"e-mail", "letter"}[i], URL: w.desks[i].URL, Key: r.Key(),
		})
	}
	w.round = must(w.commission.PostRound(ctx, round))(w.t)
	for range 2 { // they make their keys, and then see each other's
		var making sync.WaitGroup
		for _, r := range w.registrars {
			making.Go(func() {
				if err := r.Step(ctx); err != nil {
					w.t.Error(err)
				}
			})
		}
		making.Wait()
	}
	for _, r := range w.registrars {
		var list bytes.Buffer
		if err := r.Codes(&list, w.round); err != nil {
			w.t.Fatal(err)
		}
		var codes, links []string
		for _, row := range must(csv.NewReader(&list).ReadAll())(w.t)[1:] {
			codes, links = append(codes, row[4]), append(links, row[5])
		}
		w.codes, w.links = append(w.codes, codes), append(w.links, links)
	}
}

// contests are one of each kind. Two names are markup.
func contests() []contest.Contest {
	most := contest.Decision{Method: contest.MethodPlurality, Seats: 1, Den: 1, QuorumDen: 1, Base: contest.BaseBallots, Lots: true}
	two := most
	two.Seats, two.Binding = 2, true
	return []contest.Contest{
		{
			ID: "dues", Kind: contest.KindChoice, Title: both("Shall the dues be raised?", "¿Se aumentan las cuotas?"), Max: 1,
			Options: []contest.Option{option("yes", "Yes", "Sí"), option("no", "No", "No"), option("abstain", "Abstain", "Abstención")},
			Decision: contest.Decision{
				Method: contest.MethodThreshold, Num: 1, Den: 2, Strict: true, Base: contest.BaseOptions, Over: []uint64{0, 1}, QuorumNum: 1, QuorumDen: 10, Binding: true,
			},
		},
		{
			ID: "place", Kind: contest.KindChoice, Title: both("Which places suit you?", "¿Qué lugares le convienen?"), Max: 4, Decision: most,
			Options: []contest.Option{option("hall", "Town hall", "Ayuntamiento"), option("school", "School", "Escuela"), option("park", "Park", "Parque"), option("online", "Online", "En línea")},
		},
		{
			ID: "auditors", Kind: contest.KindChoice, Title: both("Elect two auditors.", "Elija a dos auditores."), Max: 2, Decision: two,
			Options: []contest.Option{option("mia", "Mia Wolf", "Mia Wolf"), option("evil", evil, evil), option("noa", "Noa Stein", "Noa Stein"), option("pau", "Pau Serra", "Pau Serra")},
		},
		{
			ID: "delegates", Kind: contest.KindRanked, Title: both("Rank the delegates.", "Ordene a las personas delegadas."), Depth: 5, Shuffled: true,
			Options: []contest.Option{option("rosa", "Rosa Blum", "Rosa Blum"), option("bo", bold, bold), option("sam", "Sam Field", "Sam Field"), option("tess", "Tess Ode", "Tess Ode"), option("uma", "Uma Nair", "Uma Nair")},
			Ranking: contest.RankingDecision{Method: contest.MethodScottishSTV, Seats: 2, QuorumDen: 1, Binding: true},
		},
	}
}

func (w *town) ceremony() commission.Ceremony {
	c := commission.Ceremony{Threshold: 2, Quorum: 2, Mixes: 2}
	for i := range w.trustees {
		safe := must(vault.Open(filepath.Join(w.dir, "trustee-"+string(rune('1'+i))), []byte("x")))(w.t)
		key := must(party.Key(safe, "signing-key"))(w.t)
		c.Trustees = append(c.Trustees, record.Trustee{Name: "Trustee " + string(rune('1'+i)), Key: key.Public().Encoding()})
	}
	return c
}

func (w *town) callVote(ctx context.Context) {
	who, now := w.ceremony(), uint64(w.now().Unix())
	w.vote = must(w.commission.Call(ctx, w.round, &record.Vote{
		Title: both("Dues, places and delegates", "Cuotas, lugares y personas delegadas"), Template: "members-decide", Threshold: who.Threshold, Quorum: who.Quorum, Mixes: who.Mixes,
		Trustees: who.Trustees, Contests: contests(), Opens: now + 100, Closes: now + 9000, Grace: 100, Step: 100, Revote: true, Programs: booth.Programs(),
	}))(w.t)
	w.until(func(v *fold.Vote) bool { return v.Ceremony.Ready() }, w.trustees[0].Step, w.trustees[1].Step)
}

// proposePetition proposes a vote that a petition calls.
func (w *town) proposePetition(ctx context.Context) {
	file := must(rules.TemplateFile("members-decide"))(w.t)
	for _, change := range [][2]string{{"anonymous = true", "anonymous = false"}, {"sponsors = 10", "sponsors = 1"}, {`share    = "5 %"`, `share    = "15 %"`}} {
		if !strings.Contains(file, change[0]) {
			w.t.Fatalf("the rules have no %q", change[0])
		}
		file = strings.Replace(file, change[0], change[1], 1)
	}
	by := must(rules.Parse([]byte(file)))(w.t)
	responder := must(sigma.GenerateKey(rand.Reader))(w.t)
	w.petition = must(w.commission.Propose(ctx, w.round, by, rules.Parameters{
		Now: uint64(w.now().Unix()), Title: both("Shall the union found a strike fund?", "¿Se crea un fondo de huelga?"), Reason: "Members ask for it.",
		Responder: responder.Public().Encoding(), Sponsors: []record.Member{commission.Member(w.roll, 2)},
	}, w.ceremony()))(w.t)
}

// neighboursVote has the last members of the roll collect cards and vote without a browser.
func (w *town) neighboursVote(ctx context.Context, view party.Board) {
	c := voter.New(view, member.Options{Address: w.url, Clock: w.now})
	for i := range neighbours {
		wallet := w.card(ctx, c, w.entry(fmt.Sprintf("Neighbour %d", i+1)))
		b := must(c.Begin(ctx, wallet, w.vote))(w.t)
		rankings := [][]int{{0, 2}, {0, 2, 3}, {0, 3}, {2, 0}, {3, 4}, {4, 3, 0}, {1}}
		p := must(b.Encrypt([][]int{{i % 3}, {i % 4}, {2, 3}, rankings[i]}))(w.t)
		w.another = must(p.Cast(ctx))(w.t).Ballot
	}
}

// card collects a card without a browser.
func (w *town) card(ctx context.Context, c *member.Client, entry int) *member.Wallet {
	w.t.Helper()
	read := func(i int) issuing.Code {
		typed := must(issuing.ParseCode(w.codes[i][entry]))(w.t)
		code, ok := typed.For(issuing.Desk{Round: w.round, Registrar: uint64(i + 1)})
		if !ok {
			w.t.Fatal("a code of another registrar")
		}
		return code
	}
	opening := must(c.Enter(ctx, w.round, 1, read(0)))(w.t)
	wallet := must(c.NewWallet(ctx, nil, w.round, opening))(w.t)
	for i := range w.desks {
		if err := c.Collect(ctx, wallet, i+1, read(i)); err != nil {
			w.t.Fatal(err)
		}
	}
	return wallet
}

func (w *town) flush(ctx context.Context) {
	for _, r := range w.registrars {
		if err := r.Flush(ctx); err != nil {
			w.t.Error(err)
		}
	}
}

// until has parties take steps until the vote has come to something.
func (w *town) until(there func(*fold.Vote) bool, steps ...func(context.Context) (bool, error)) {
	w.t.Helper()
	end := time.Now().Add(2 * time.Minute)
	for done := false; !done; time.Sleep(10 * time.Millisecond) {
		for _, step := range steps {
			if _, err := step(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
		w.board.View(func(s *fold.State) { done = there(s.Vote(w.vote)) })
		if time.Now().After(end) {
			w.t.Fatal("nothing happens on the board")
		}
	}
}

// count closes the vote and has the trustees open its result.
func (w *town) count() {
	w.t.Helper()
	w.board.View(func(s *fold.State) { w.reach(s.Vote(w.vote).Manifest.Closes) })
	w.until(func(v *fold.Vote) bool { return v.Phase == fold.Certified }, w.commission.Step, w.trustees[0].Step, w.trustees[1].Step)
}
