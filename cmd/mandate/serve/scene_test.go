package serve

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/console"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/vault"
	"mandate/cmd/mandate/voter"
)

// clock is a clock that can be moved ahead.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) reach(unix uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := time.Until(time.Unix(int64(unix), 0).Add(-c.ahead)); d > 0 {
		c.ahead += d
	}
}

// scene is a house under test with an organiser's browser.
type scene struct {
	*testing.T
	dir   string
	clock *clock
	house *House
	b     *browser
	rows  [][][]string // by registrar: lines of the codes handed out
	log   io.Writer    // of everything, at the debug level; nil: the test's, of warnings

	configure func(*Config) // nil: as small makes it
}

func small(trustees int) Config {
	c := Config{Publish: Duration{time.Second}, Registrars: []RegistrarConfig{{Name: "One", Operator: "Commission", Channel: "code"}, {Name: "Two", Operator: "Auditors", Channel: "code"}}}
	for i := range trustees {
		c.Trustees = append(c.Trustees, TrusteeConfig{Name: fmt.Sprintf("Trustee %c", 'A'+i)})
	}
	return c
}

func newScene(t *testing.T, trustees int) *scene {
	s := &scene{T: t, dir: t.TempDir(), clock: &clock{}}
	s.start(trustees)
	t.Cleanup(func() { s.house.Close() })
	return s
}

func (s *scene) start(trustees int) {
	s.Helper()
	c := small(trustees)
	if s.configure != nil {
		s.configure(&c)
	}
	out, level := io.Writer(s.Output()), slog.LevelWarn
	if s.log != nil {
		out, level = s.log, slog.LevelDebug
	}
	var err error
	s.house, err = Open(context.Background(), s.dir, c, Options{
		Log: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), Clock: s.clock.now, Fast: true, Vault: vault.Options{WorkFactor: 4},
	})
	if err != nil {
		s.Fatal(err)
	}
	s.signIn()
}

// restart ends the program and starts it again.
func (s *scene) restart(trustees int) {
	s.Helper()
	if err := s.house.Close(); err != nil {
		s.Fatal(err)
	}
	s.start(trustees)
}

func (s *scene) signIn() {
	s.Helper()
	link := s.house.Console.SignIn()
	base, path, _ := strings.Cut(strings.TrimPrefix(link, "http://"), "/")
	s.b = newBrowser(s.T, "http://"+base)
	s.b.get("/"+path).want(http.StatusOK, "signs you in once")
	s.b.send("/"+path).want(http.StatusOK, "Overview")
}

// trustee is the browser of a trustee at their page.
func (s *scene) trustee(i int) (*browser, string) {
	h := s.house.Keys.List(console.RoleTrustee)[i]
	return s.person(h)
}

func (s *scene) person(h *console.Holder) (*browser, string) {
	return newBrowser(s.T, s.house.places.local("ceremony")), "/ceremony/" + h.Token
}

// keys has every trustee make a key.
func (s *scene) keys() {
	s.Helper()
	for i := range s.house.Keys.List(console.RoleTrustee) {
		b, at := s.trustee(i)
		b.get(at+"/").want(http.StatusOK, "Make your key")
		b.send(at+"/make", "passphrase", phrase(i), "again", phrase(i)).want(http.StatusOK, "Your key is unlocked")
	}
}

func phrase(i int) string { return fmt.Sprintf("correct horse battery %d", i) }

// unlock has every trustee unlock the key.
func (s *scene) unlock() {
	s.Helper()
	for i := range s.house.Keys.List(console.RoleTrustee) {
		b, at := s.trustee(i)
		b.get(at+"/").want(http.StatusOK, "Your key is locked")
		b.send(at+"/unlock", "passphrase", phrase(i)).want(http.StatusOK, "Your key is unlocked")
	}
}

// open has every trustee open the result of a vote.
func (s *scene) open(vote record.ID) {
	s.Helper()
	for i := range s.house.Keys.List(console.RoleTrustee) {
		b, at := s.trustee(i)
		b.get(at+"/").send(at+"/unlock", "passphrase", phrase(i)).want(http.StatusOK, "Your part of opening the result is needed")
		b.send(at+"/open", "vote", vote.String()).want(http.StatusOK, "sealed ballot box").confirm().want(http.StatusOK)
	}
}

// until waits until the board has come to something.
func (s *scene) until(what string, there func(*fold.State) bool) {
	s.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		ok := false
		s.house.Board.View(func(st *fold.State) { ok = there(st) })
		if ok {
			return
		}
	}
	s.Fatalf("never came: %s", what)
}

// phase waits until a vote is that far.
func (s *scene) phase(vote record.ID, p fold.Phase) {
	s.Helper()
	s.until(p.String(), func(st *fold.State) bool { return st.Vote(vote).Phase == p })
}

func members(n int) string {
	var list strings.Builder
	list.WriteString("Member Number;Full Name;Email;Chapter\r\n")
	for i := range n {
		fmt.Fprintf(&list, "M-%03d;Member %d;m%d@example.org;%s\r\n", i+1, i+1, i+1, []string{"Harbour", "Hill"}[i%2])
	}
	return list.String()
}

// list uploads and commits a list, and returns the roll's record.
func (s *scene) list(csv string) string {
	s.Helper()
	s.b.get("/console/lists/new").want(http.StatusOK)
	s.b.upload("/console/lists", "file", "members.csv", []byte(csv), "title", "Members in good standing", "as-of", "2026-11-01").want(http.StatusOK, "What is in it")
	at := s.b.at
	s.b.send(at+"/commit", "segment", "").want(http.StatusOK).confirm()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if s.b.get(at); strings.Contains(s.b.page, "On the board:") {
			_, rest, _ := strings.Cut(s.b.page, "<dd><code>")
			return rest[:64]
		}
	}
	s.Fatalf("the roll did not come to the board:\n%s", words(s.b.page))
	return ""
}

// round opens a round of a roll and returns it.
func (s *scene) round(rollRecord string, slots, petitions int) record.ID {
	s.Helper()
	now := s.clock.now().UTC()
	s.b.get("/console/rounds/new?roll=" + rollRecord).want(http.StatusOK)
	s.b.send("/console/rounds", "title-en", "Cards", "title-es", "Tarjetas", "roll", rollRecord, "slots", fmt.Sprint(slots), "petitions", fmt.Sprint(petitions),
		"opens", now.Add(-time.Minute).Format("2006-01-02T15:04"), "closes", now.AddDate(1, 0, 0).Format("2006-01-02T15:04")).want(http.StatusOK).confirm().want(http.StatusOK, "The registrars check the roll")
	id, err := record.ParseID(s.b.at[strings.LastIndexByte(s.b.at, '/')+1:])
	if err != nil {
		s.Fatal(err)
	}
	s.until("ready", func(st *fold.State) bool {
		for slot := range slots {
			if !st.Round(id).Ready(slot) {
				return false
			}
		}
		return true
	})
	for i, r := range s.house.Registrars { // each has its own look at the board
		s.eventually(fmt.Sprintf("registrar %d to serve the round", i+1), func() bool {
			standing, err := r.Desk.Standing(id)
			return err == nil && standing.Ready
		})
	}
	return id
}

// eventually waits for something that comes of itself.
func (s *scene) eventually(what string, there func() bool) {
	s.Helper()
	for end := time.Now().Add(time.Minute); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("waited in vain for %s", what)
		}
	}
}

// codes downloads the codes of all registrars.
func (s *scene) codes(round record.ID) {
	s.Helper()
	s.rows = nil
	for i := range s.house.Registrars {
		at := "/console/rounds/" + round.String()
		for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			s.b.get(at).send(at+"/codes", "registrar", fmt.Sprint(i+1), "which", "new")
			if s.b.status == http.StatusOK {
				break
			}
			if time.Now().After(end) {
				s.b.want(http.StatusOK)
			}
		}
		if got := s.b.header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") {
			s.Fatalf("codes are %q:\n%s", got, words(s.b.page))
		}
		rows, err := csv.NewReader(strings.NewReader(s.b.page)).ReadAll()
		if err != nil {
			s.Fatal(err)
		}
		s.rows = append(s.rows, rows[1:])
	}
}

// voters are members with cards.
type voters struct {
	client  *member.Client
	wallets []*member.Wallet
}

// collect has the first n members of the lists of codes collect cards.
func (s *scene) collect(round record.ID, n int) *voters {
	s.Helper()
	view, err := s.house.dial()
	if err != nil {
		s.Fatal(err)
	}
	v := &voters{client: voter.New(view, member.Options{Address: s.house.URL, Clock: s.clock.now, Lag: 400 * 24 * time.Hour})}
	for m := range n {
		var opening *roll.Opening
		var w *member.Wallet
		for i := range s.rows {
			typed, err := issuing.ParseCode(s.rows[i][m][4])
			if err != nil {
				s.Fatal(err)
			}
			code, ok := typed.For(issuing.Desk{Round: round, Registrar: uint64(i + 1)})
			if !ok {
				s.Fatal("a code of another registrar")
			}
			if i == 0 {
				if opening, err = v.client.Enter(s.Context(), round, 1, code); err != nil {
					s.Fatal(err)
				}
				if w, err = v.client.NewWallet(s.Context(), nil, round, opening); err != nil {
					s.Fatal(err)
				}
			}
			if err := v.client.Collect(s.Context(), w, i+1, code); err != nil {
				s.Fatal(err)
			}
		}
		v.wallets = append(v.wallets, w)
	}
	return v
}

// vote has the members cast ballots that select an option each in one contest.
func (s *scene) vote(v *voters, vote record.ID, option func(i int) [][]int) {
	s.Helper()
	for i, w := range v.wallets {
		booth, err := v.client.Begin(s.Context(), w, vote)
		for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			booth, err = v.client.Begin(s.Context(), w, vote) // what the board knows is in a checkpoint a moment later
		}
		if err != nil {
			s.Fatal(err)
		}
		ballot, err := booth.Encrypt(option(i))
		if err != nil {
			s.Fatal(err)
		}
		if _, err := ballot.Cast(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
}

// called returns the vote whose page the organiser is at.
func (s *scene) called() record.ID {
	s.Helper()
	s.b.want(http.StatusOK, "The vote is on the board.")
	id, err := record.ParseID(s.b.at[strings.LastIndexByte(s.b.at, '/')+1:])
	if err != nil {
		s.Fatalf("%v:\n%s", err, words(s.b.page))
	}
	return id
}

// verified checks the board with the verifier.
func (s *scene) verified(vote record.ID) {
	s.Helper()
	verdict, err := checked(s.Context(), s.house.URL, vote)
	for end := time.Now().Add(time.Minute); verdict == "unfinished" && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		verdict, err = checked(s.Context(), s.house.URL, vote)
	}
	if err != nil || verdict != "verified" {
		s.Fatalf("the verifier says %q (%v)", verdict, err)
	}
}

// again gives members a fresh look at the board after it was started again.
func (s *scene) again(v *voters) *voters {
	s.Helper()
	view, err := s.house.dial()
	if err != nil {
		s.Fatal(err)
	}
	return &voters{client: voter.New(view, member.Options{Address: s.house.URL, Clock: s.clock.now, Lag: 400 * 24 * time.Hour}), wallets: v.wallets}
}

// unlockQuietly is unlock, of trustees whose pages may ask for something.
func (s *scene) unlockQuietly() {
	s.Helper()
	for i := range s.house.Keys.List(console.RoleTrustee) {
		b, at := s.trustee(i)
		b.get(at+"/").send(at+"/unlock", "passphrase", phrase(i)).want(http.StatusOK, "Your key is unlocked")
	}
}
