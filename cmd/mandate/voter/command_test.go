package voter

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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
	"mandate/ballot/simulate"
	"mandate/ballot/text"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/web"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// A town is an organisation of real parties, each of its own, over real HTTP.
type town struct {
	t          *testing.T
	dir        string
	board      *board.Board
	url        string
	commission *commission.Commission
	trustee    *trustee.Trustee
	registrars []*registrar.Registrar
	roll       *roll.Roll
	round      record.ID
	vote       record.ID
	ceremony   commission.Ceremony
	links      []map[string]string // of each registrar, by member number
	log        *slog.Logger
	said       strings.Builder // all that the commands have written

	mu    sync.Mutex
	ahead time.Duration
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) dial() party.Board {
	w.t.Helper()
	b, err := party.Dial(w.url, client.Options{Attempts: 2, Wait: time.Millisecond})
	w.must(err)
	return b
}

func newKey(t *testing.T) sigma.SecretKey {
	t.Helper()
	k, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func both(en, es string) text.Texts { return text.Texts{"en": en, "es": es} }

// newTown makes a town in which cards can be collected. With no slots for petitions a vote is called, without rules.
func newTown(t *testing.T, petitions uint64) *town {
	t.Helper()
	w := &town{t: t, dir: t.TempDir(), log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	ctx := t.Context()
	skey, vkey, err := note.GenerateKey(rand.Reader, "town.example/log")
	w.must(err)
	signer, err := note.NewSigner(skey)
	w.must(err)
	officer := newKey(t)
	w.board, err = board.Open(context.WithoutCancel(ctx), board.Config{
		Path: filepath.Join(w.dir, "board"), Signer: signer, LogKey: vkey, Key: newKey(t), Clock: w.now, Look: 20 * time.Millisecond,
		CheckpointInterval: 20 * time.Millisecond, RecordRate: rate.Inf, Log: w.log, Genesis: &record.Genesis{
			Title: both("Town", "Pueblo"), Commission: []record.Officer{{Name: "Commission", Key: officer.Public().Encoding()}},
		},
	})
	w.must(err)
	t.Cleanup(func() { w.board.Close() })
	s := httptest.NewServer(web.New(w.board, web.Options{Log: w.log}))
	t.Cleanup(s.Close)
	w.url = s.URL
	view := w.dial()
	for range 100 { // the first checkpoint takes a moment
		if err = view.Update(ctx); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.must(err)
	w.commission = commission.New(view, officer, w.log)
	v, err := vault.Create(filepath.Join(w.dir, "trustee"), []byte("x"), vault.Options{WorkFactor: 3})
	w.must(err)
	key, err := party.Key(v, "signing-key")
	w.must(err)
	w.trustee = trustee.New(w.dial(), v, key, w.log)

	w.roll, err = roll.New("Townspeople", "", "2026-01-01", []roll.Member{{Number: "1", Name: "Ana Ruiz"}, {Number: "2", Name: "Bo Lind"}, {Number: "3", Name: "Cem Ak"}})
	w.must(err)
	private, err := w.roll.Marshal()
	w.must(err)
	rollID, err := w.commission.PostRoll(ctx, w.roll)
	w.must(err)
	now := uint64(w.now().Unix())
	round := &record.Round{Title: both("Spring cards", "Tarjetas de primavera"), Roll: rollID, Slots: 1 + petitions, PetitionSlots: petitions, Opens: now - 60, Closes: now + 86400}
	for i := range 2 {
		r, err := registrar.Create(filepath.Join(w.dir, "registrar", string(rune('a'+i))), []byte("x"),
			registrar.Options{Board: w.dial(), Clock: w.now, Log: w.log, Vault: vault.Options{WorkFactor: 3}})
		w.must(err)
		t.Cleanup(func() { r.Close() })
		w.must(r.AddRoll(private))
		s := httptest.NewServer(r.Handler())
		t.Cleanup(s.Close)
		w.registrars = append(w.registrars, r)
		round.Registrars = append(round.Registrars, record.Registrar{Name: "Office " + string(rune('A'+i)), Operator: "Hall", Channel: "letter", URL: s.URL, Key: r.Key()})
	}
	w.round, err = w.commission.PostRound(ctx, round)
	w.must(err)
	for range 2 { // in the second pass each sees the keys of all
		for _, r := range w.registrars {
			w.must(r.Step(ctx))
		}
	}
	for i, r := range w.registrars {
		var b bytes.Buffer
		w.must(r.Codes(&b, w.round))
		rows, err := csv.NewReader(&b).ReadAll()
		w.must(err)
		w.links = append(w.links, make(map[string]string))
		for _, row := range rows[1:] {
			w.links[i][row[1]] = row[5]
		}
	}
	w.ceremony = commission.Ceremony{Threshold: 1, Quorum: 1, Trustees: []record.Trustee{{Name: "Trustee", Key: key.Public().Encoding()}}}
	if petitions > 0 {
		return w
	}
	w.vote, err = w.commission.Call(ctx, w.round, &record.Vote{
		Title: both("Shall we build a bridge?", "¿Construimos un puente?"), Template: "members-decide", Threshold: 1, Quorum: 1,
		Trustees: w.ceremony.Trustees, Contests: []contest.Contest{bridge()},
		Opens: now + 100, Closes: now + 1000, Grace: 100, Step: 100, Revote: true,
	})
	w.must(err)
	w.until(w.trustee.Step, func(v *fold.Vote) bool { return v.Ceremony.Ready() })
	return w
}

func bridge() contest.Contest {
	c := simulate.YesNo("bridge")
	c.Title = both("A bridge?", "¿Un puente?")
	for i, o := range []text.Texts{both("Yes", "Sí"), both("No", "No"), both("Abstain", "Abstención")} {
		c.Options[i].Title = o
	}
	return c
}

// until has a party take steps until a vote has come to something.
func (w *town) until(step func(context.Context) (bool, error), there func(*fold.Vote) bool) {
	w.t.Helper()
	for range 500 {
		_, err := step(w.t.Context())
		w.must(err)
		done := false
		w.board.View(func(s *fold.State) { done = there(s.Vote(w.vote)) })
		if done {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("nothing happens")
}

func (w *town) open() {
	w.pass(200 * time.Second)
	w.until(w.commission.Step, func(v *fold.Vote) bool { return v.Phase == fold.Open })
}

type command func(ctx context.Context, args []string, in io.Reader, out, err io.Writer, o member.Options) int

// run runs a command and returns its exit status and what it wrote.
func (w *town) run(c command, stdin string, args ...string) (status int, out, err string) {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	status = c(w.t.Context(), args, strings.NewReader(stdin), &stdout, &stderr, member.Options{Clock: w.now})
	w.said.WriteString(stdout.String() + stderr.String())
	w.t.Logf("mandate %s: %d\n%s%s", strings.Join(args, " "), status, stdout.String(), stderr.String())
	return status, stdout.String(), stderr.String()
}

func value(t *testing.T, out, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^`+name+`: (.*)$`).FindAllStringSubmatch(out, -1)
	if m == nil {
		t.Fatalf("no %q in\n%s", name, out)
	}
	return m[len(m)-1][1]
}

func (w *town) says(text string, words ...string) {
	w.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			w.t.Errorf("%q is not said in\n%s", word, text)
		}
	}
}

// A member from the first letter to the receipt, with every command, and everything that can go wrong on the way.
func TestCommands(t *testing.T) {
	w := newTown(t, 0)
	ana := filepath.Join(w.dir, "ana.card")
	link, link2 := w.links[0]["1"], w.links[1]["1"]
	_, code, _ := strings.Cut(link, "code=")

	// A card, with one of two codes at first.
	mistyped := "Z" + code[1:]
	if code[0] == 'Z' {
		mistyped = "Y" + code[1:]
	}
	status, out, errs := w.run(runCard, "hello\n"+mistyped+"\n\n"+strings.ToLower(code)+"\n", "-card", ana, "-board", w.url)
	if status != exitError {
		t.Fatalf("half a card: exit %d", status)
	}
	w.says(out, "Ana Ruiz", "member number 1", "Registrar 1 (Office A) has signed: 1 of 2", "Still missing: registrar 2, Office B (by letter, run by Hall)")
	w.says(errs, "28 letters and digits", "was not typed right", "error: the card is not complete", "hint: open their messages")
	if info, err := os.Stat(ana); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}

	// A code of somebody else, a used one, and the right one from a file.
	file := filepath.Join(w.dir, "codes")
	w.must(os.WriteFile(file, []byte(w.links[1]["2"]+"\n"+link+"\n"+link2+"\n"), 0o600))
	status, out, errs = w.run(runCard, "", "-card", ana, "-codes", file)
	if status != exitDone {
		t.Fatalf("the other half: exit %d", status)
	}
	w.says(errs, "this code is for Bo Lind")
	w.says(out, "Registrar 1 (Office A) has answered already.", "The card is complete", "2 registrars have not yet said on the board")
	if value(t, out, "round") != w.round.String() {
		t.Error("another round")
	}

	// A second card for the same member is refused, wherever it comes from.
	status, _, errs = w.run(runCard, link+"\n", "-card", filepath.Join(w.dir, "second.card"), "-board", w.url+"/", "-lang", "es")
	if status != exitError {
		t.Errorf("a second card: exit %d", status)
	}
	w.says(errs, "A card was issued for your entry already")

	// The same card again, of its words.
	words := filepath.Join(w.dir, "words")
	wallet, err := openWallet(t.Context(), ana)
	w.must(err)
	w.must(os.WriteFile(words, []byte(strings.Join(wallet.Words(), " ")), 0o600))
	restored := filepath.Join(w.dir, "restored.card")
	if status, _, _ = w.run(runCard, link+"\n"+link2+"\n", "-card", restored, "-board", w.url, "-words", words, "-round", w.round.String()); status != exitDone {
		t.Errorf("the card of its words: exit %d", status)
	}

	// Voting, before and after it opens.
	status, _, errs = w.run(runVote, "", "-card", ana)
	if status != exitError {
		t.Errorf("before opening: exit %d", status)
	}
	w.says(errs, "no vote is open for this card")
	status, _, errs = w.run(runVote, "", "-card", ana, "-vote", w.vote.String())
	if status != exitError {
		t.Errorf("before opening: exit %d", status)
	}
	w.says(errs, "voting has not opened; it is to open on")
	w.open()
	status, out, _ = w.run(runReceipt, "", "-card", ana)
	if status != exitDone {
		t.Errorf("nothing cast: exit %d", status)
	}
	w.says(out, "nothing was cast with this card", "vote: "+w.vote.String(), "Shall we build a bridge? (open)")

	// A ballot that is checked on a second device, then one that is cast.
	status, out, errs = w.run(runVote, "7\n3\ncheck\nno\nmaybe\ncast\n", "-card", ana, "-lang", "es")
	if status != exitDone {
		t.Fatalf("voting: exit %d", status)
	}
	w.says(out, "¿Un puente?", "Sí", "An empty line is a blank vote", "The ballot is recorded", "It is the ballot of this card that counts")
	w.says(errs, "there is no such option", "your card was issued only just now", "hint: the vote's id is taken from the board; compare "+w.vote.String())
	opened := value(t, out, "opened")
	ids := regexp.MustCompile(`(?m)^ballot: (.*)$`).FindAllStringSubmatch(out, -1)
	checked, cast := ids[0][1], ids[len(ids)-1][1]
	status, out, _ = w.run(runCheck, "", "-board", w.url, "-ballot", checked, opened)
	if status != exitDone {
		t.Errorf("checking: exit %d", status)
	}
	w.says(out, "A bridge?\n    Abstain", "can never be cast")
	b, err := os.ReadFile(opened)
	w.must(err)
	status, _, errs = w.run(runCheck, string(b), "-board", w.url, "-ballot", cast, "-")
	if status != exitError {
		t.Errorf("checking against another id: exit %d", status)
	}
	w.says(errs, "had shown ballot")

	// What a checked ballot has shown is reported by the device that made it; a ballot that was cast is not.
	for range 2 {
		status, out, _ = w.run(runVote, "", "-card", ana, "-vote", w.vote.String(), "-report", checked)
		if status != exitDone {
			t.Errorf("reporting: exit %d", status)
		}
		w.says(out, "is on the board", "index: ")
	}
	status, _, errs = w.run(runVote, "", "-card", ana, "-vote", w.vote.String(), "-report", cast)
	if status != exitError {
		t.Errorf("reporting a ballot that was cast: exit %d", status)
	}
	w.says(errs, "has opened no ballot")

	// The receipt, for everybody.
	status, out, _ = w.run(runReceipt, "", "-card", ana, "-vote", w.vote.String())
	if status != exitDone {
		t.Errorf("receipt: exit %d", status)
	}
	w.says(out, checked+"  ballot opened for checking, never to be cast; made by this device; reported to show something else than was chosen", cast+"  ballot 0: counts; made by this device")
	if files, _ := filepath.Glob(ana + ".*.0.receipt"); len(files) != 1 {
		t.Errorf("receipts: %v", files)
	} else if b, err := os.ReadFile(files[0]); err != nil || !bytes.HasPrefix(b, []byte("c2sp.org/tlog-proof@v1\n")) {
		t.Errorf("%v, %.40q", err, b)
	}

	// A thief with a copy of the card replaces the ballot; the member's own device says so, and takes it back.
	if status, _, _ = w.run(runVote, "yes\ncast\n", "-card", restored, "-vote", w.vote.String()); status != exitDone {
		t.Errorf("the other device: exit %d", status)
	}
	status, out, errs = w.run(runReceipt, "", "-card", ana)
	if status != exitError {
		t.Errorf("a foreign ballot: exit %d", status)
	}
	w.says(out, "NOT made by this device")
	w.says(errs, "alert: a ballot was cast with this card that this device has not made")
	status, _, errs = w.run(runVote, "\ncast\n", "-card", ana, "-vote", w.vote.String())
	if status != exitDone {
		t.Errorf("taking it back: exit %d", status)
	}
	w.says(errs, "alert: a ballot was cast with this card")
	status, out, _ = w.run(runVote, "1\nstop\n", "-card", ana, "-vote", w.vote.String())
	if status != exitError {
		t.Errorf("thrown away: exit %d", status)
	}
	w.says(out, "Nothing was cast")
	choices := filepath.Join(w.dir, "choices")
	w.must(os.WriteFile(choices, []byte("yes\ncast\n"), 0o600))
	if status, _, _ = w.run(runVote, "", "-card", ana, "-vote", w.vote.String(), "-choices", choices); status != exitDone {
		t.Errorf("choices from a file: exit %d", status)
	}

	// Issue records that the registrars keep back.
	if status, out, _ = w.run(runCard, "", "-card", ana, "-post-issues"); status != exitDone {
		t.Errorf("issues: exit %d", status)
	}
	w.says(out, "Issue records put on the board: 2.")

	// The round has closed: nobody gets a new card, and who has lost everything but the card's file gets it again.
	w.pass(48 * time.Hour)
	view := w.dial()
	for range 200 { // until a checkpoint has the new time
		w.must(view.Update(t.Context()))
		if view.State().Now() >= uint64(w.now().Add(-time.Hour).Unix()) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, r := range w.registrars {
		w.must(r.Step(t.Context()))
	}
	status, _, errs = w.run(runCard, w.links[0]["3"]+"\n", "-card", filepath.Join(w.dir, "late.card"), "-board", w.url)
	if status != exitError {
		t.Errorf("after the round: exit %d", status)
	}
	w.says(errs, "The time for collecting cards of this round is over")
	w.must(os.Remove(restored + ".memory"))
	if status, _, _ = w.run(runCard, link+"\n"+link2+"\n", "-card", restored); status != exitDone {
		t.Errorf("the card made again after the round: exit %d", status)
	}

	// Nothing that anybody could vote with was ever printed.
	_, code2, _ := strings.Cut(link2, "code=")
	for _, secret := range []string{code, strings.ToLower(code), code2, strings.Join(wallet.Words()[:6], " ")} {
		if strings.Contains(w.said.String(), secret) {
			t.Error("a secret was printed")
		}
	}

	// A board that has stopped.
	w.board.Close()
	for name, c := range map[string]command{"vote": runVote, "receipt": runReceipt} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		var errs bytes.Buffer
		args := []string{"-card", ana, "-board", "http://127.0.0.1:1"}
		if status := c(ctx, args, strings.NewReader(""), io.Discard, &errs, member.Options{Clock: w.now}); status != exitError || !strings.Contains(errs.String(), "hint: check the board's address") {
			t.Errorf("%s without a board: exit %d, %s", name, status, errs.String())
		}
		cancel()
	}
}

func TestCommandsSayHowTheyAreCalled(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, run := range map[string]func(context.Context, []string, io.Reader, io.Writer, io.Writer) int{
		"card": RunCard, "vote": RunVote, "check": RunCheck, "receipt": RunReceipt,
	} {
		call := func(args ...string) (int, string, string) {
			var out, errs strings.Builder
			status := run(t.Context(), args, strings.NewReader(""), &out, &errs)
			return status, out.String(), errs.String()
		}
		status, out, errs := call("-h")
		if status != exitDone || errs != "" || !strings.Contains(out, "Usage:\n    mandate "+name) || !strings.Contains(out, "Example:") || !strings.Contains(out, "Exit status:") {
			t.Errorf("%s -h: %d\n%s%s", name, status, out, errs)
		}
		bad := [][]string{{}, {"-nosuch"}, {"-card", "x", "-vote", "12", "-round", "12", "-ballot", "12", "x"}}
		if name != "check" {
			bad = append(bad, []string{"-card", "x", "extra"})
		}
		for _, args := range bad {
			if status, out, errs := call(args...); status != exitUsage || out != "" || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, "hint: mandate "+name+" -h") {
				t.Errorf("%s %v: %d\n%s%s", name, args, status, out, errs)
			}
		}
		args := []string{"-card", missing}
		if name == "check" {
			args = []string{"-board", "http://127.0.0.1:1", missing}
		}
		if status, _, errs := call(args...); status != exitError || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, "\nhint: ") {
			t.Errorf("%s %v: %d %s", name, args, status, errs)
		}
	}
	if strings.Contains(cardUsage, "-code CODE") || strings.Contains(voteUsage, "-choice ") {
		t.Error("a secret can be given in a flag")
	}
}
