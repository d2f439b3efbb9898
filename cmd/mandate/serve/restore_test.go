package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/bulletin/store"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/voter"
)

// run runs a command and wants an exit status. It returns all that was printed.
func run(t *testing.T, want int, command func(ctx context.Context, args []string, out, err io.Writer) int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if got := command(t.Context(), args, &out, &out); got != want {
		t.Fatalf("%q: exit status %d, want %d\n%s", args, got, want, out.String())
	}
	return out.String()
}

func save(t *testing.T, address, file string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mock calls a vote with two options that opens at once, and returns it once ballots are taken.
func (s *scene) mock(round fmt.Stringer, closes time.Time) (vote [32]byte) {
	s.Helper()
	s.b.get("/console/drafts/new").want(http.StatusOK)
	s.b.send("/console/drafts", "template", "simple").want(http.StatusOK)
	draft := s.b.at
	s.b.send(draft, "title-en", "Shall we?", "title-es", "¿Sí?", "round", round.String(), "mock", "yes", "revote", "yes",
		"opens", s.clock.now().UTC().Add(-time.Minute).Format("2006-01-02T15:04:05"), "closes", closes.UTC().Format("2006-01-02T15:04:05"),
		"contest-0", "1", "contest-0-title-en", "Shall we?", "contest-0-title-es", "¿Sí?", "contest-0-kind", "choice", "contest-0-min", "0", "contest-0-max", "1",
		"contest-0-decide", "share", "contest-0-pass", "1", "contest-0-share", "50 %", "contest-0-more", "yes", "contest-0-of", "options", "contest-0-quorum", "0 %", "contest-0-binding", "yes",
		"contest-0-option-0", "1", "contest-0-option-0-title-en", "Yes", "contest-0-option-0-title-es", "Sí",
		"contest-0-option-1", "1", "contest-0-option-1-title-en", "No", "contest-0-option-1-title-es", "No", "do", "check").want(http.StatusOK, "The vote in words")
	s.b.send(draft + "/call").want(http.StatusOK).confirm()
	id := s.called()
	s.phase(id, fold.Open)
	return id
}

// The disk dies on the day of the vote. The folder comes back from a copy that is older than the last ballot and the last card; the log is made
// whole from a reader's copy, and nobody gets a second card. The result verifies, with every ballot.
func TestG11_F17_DeadDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.keys()
	round := s.round(s.list(members(6)), 2, 0)
	s.codes(round)
	people := s.collect(round, 3)
	closes := s.clock.now().Add(time.Hour)
	vote := s.mock(round, closes)
	first, last := *people, *people
	first.wallets, last.wallets = people.wallets[:2], people.wallets[2:]
	s.vote(&first, vote, func(int) [][]int { return [][]int{{0}} })

	keep := t.TempDir()
	at := func(name string) string { return filepath.Join(keep, name) }
	if err := os.WriteFile(at("phrase"), []byte("a passphrase for copies\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, 0, operate.RunBackup, "-dir", s.dir, "-out", at("copy.age"), "-passphrase-file", at("phrase"))
	run(t, 1, operate.RunBackup, "-dir", s.dir, "-out", at("copy.age"), "-passphrase-file", at("phrase"))
	save(t, s.house.URL+"/audit/board.tar", at("early.tar"))
	// What the copy does not know: a ballot, and a card.
	s.vote(&last, vote, func(int) [][]int { return [][]int{{1}} })
	var late issuing.Code
	{
		all := s.rows
		s.rows = [][][]string{all[0][3:], all[1][3:]}
		s.collect(round, 1)
		typed, err := issuing.ParseCode(all[0][3][4])
		if err != nil {
			t.Fatal(err)
		}
		late, _ = typed.For(issuing.Desk{Round: round, Registrar: 1})
		s.rows = all
	}
	cast := 0
	s.eventually("three ballots under a checkpoint", func() bool {
		save(t, s.house.URL+"/audit/board.tar", at("reader.tar"))
		s.house.Board.View(func(st *fold.State) { cast = int(st.Vote(vote).Counted()) })
		a, _ := os.Stat(at("early.tar"))
		b, _ := os.Stat(at("reader.tar"))
		return b.Size() > a.Size()
	})
	if err := s.house.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}

	b, err := os.ReadFile(at("copy.age"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("cut.age"), b[:len(b)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run(t, 1, operate.RunRestore, "-dir", s.dir, "-from", at("cut.age"), "-passphrase-file", at("phrase")); !strings.Contains(out, "not whole") {
		t.Errorf("a copy that was cut off: %s", out)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
	run(t, 0, operate.RunRestore, "-dir", s.dir, "-from", at("copy.age"), "-passphrase-file", at("phrase"))
	if out := run(t, 1, operate.RunRestore, "-dir", s.dir, "-from", at("copy.age"), "-passphrase-file", at("phrase")); !strings.Contains(out, "not empty") {
		t.Errorf("a folder that is in use: %s", out)
	}
	if h, err := Open(t.Context(), s.dir, small(2), Options{Clock: s.clock.now, Fast: true}); !errors.Is(err, store.ErrRestored) {
		if err == nil {
			h.Close()
		}
		t.Fatalf("a restored board was opened: %v", err)
	}
	resume := func(want int, text string, args ...string) {
		t.Helper()
		all := append([]string{"resume", "-dir", s.dir}, args...)
		if out := run(t, want, operate.RunRestore, all...); !strings.Contains(out, text) {
			t.Errorf("%q: %s", args, out)
		}
	}
	resume(1, "were not heard", "-nothing-newer", "-against", at("reader.tar"))
	var alone []string // all registrars were on the dead disk
	for i := range s.house.Registrars {
		alone = append(alone, "-without", s.house.Registrars[i].Entry.URL)
	}
	resume(1, "nobody's checkpoint", append(alone, "-nothing-newer")...)
	resume(1, "stays closed", append(alone, "-against", at("early.tar"))...)
	resume(1, "bringing in", append(alone, "-against", at("reader.tar"))...)
	resume(0, "can be started", append(alone, "-against", at("reader.tar"), "-nothing-newer")...)

	s.start(2)
	s.until("the ballots", func(st *fold.State) bool { return int(st.Vote(vote).Counted()) == cast })
	view, err := s.house.dial()
	if err != nil {
		t.Fatal(err)
	}
	again := voter.New(view, member.Options{Address: s.house.URL, Clock: s.clock.now, Lag: 400 * 24 * time.Hour})
	opening, err := again.Enter(t.Context(), round, 1, late)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.NewWallet(t.Context(), nil, round, opening)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Collect(t.Context(), second, 1, late); err == nil || !strings.Contains(err.Error(), "loss of data") {
		t.Errorf("a second card: %v", err)
	}
	run(t, 0, operate.RunRestore, "release", "-dir", s.dir, "-registrar", "registrar-1", "-round", round.String(), "-entry", "5")

	// The vote goes on, with a ballot that replaces one, and ends.
	s.unlockQuietly()
	everybody := s.again(people)
	everybody.wallets = people.wallets[:1]
	s.vote(everybody, vote, func(int) [][]int { return [][]int{{1}} })
	s.clock.reach(uint64(closes.Add(time.Hour).Unix()))
	s.phase(vote, fold.Sealed)
	s.open(vote)
	s.phase(vote, fold.Certified)
	s.verified(vote)
	s.house.Board.View(func(st *fold.State) {
		if r := st.Vote(vote).Result.Contests[0]; fmt.Sprint(r.Counts) != "[1 2]" {
			t.Errorf("%v", r.Counts)
		}
	})
}
